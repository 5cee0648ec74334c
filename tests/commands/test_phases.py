"""The phase commands and `run`: what they say, what they write, and where they must not write."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sample import CONFLICT, FILES, PLAN, REDIRECT, MakeSample, Sample

SAYS = f'{sys.executable} -S -c "'


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["phase1", "--check"], 1),
        (["phase1", "--dry-run"], 0),
        (["phase3", "--dry-run", "--json"], 0),
        (["phase4", "--check"], 0),
        (["phase5", "--dry-run"], 0),
        (["phase5", "--check"], 1),
        (["run", "--dry-run"], 0),
        (["run", "--check"], 1),
        (["status", "--no-cache"], 0),
        (["timeline", "--no-cache"], 0),
        (["guard", "--no-cache"], 1),
        (["rollback", "--yes"], 0),
    ],
)
def test_looking_writes_nothing(arguments: list[str], code: int, sample: Sample) -> None:
    """Not even in the git directory: no journal, no lock, no index that is younger."""
    with sample.nothing_written():
        sample.call(*arguments, code=code)
    assert not (sample.root / ".git/migrate").exists()


def test_looking_writes_nothing_as_a_process(sample: Sample) -> None:
    with sample.nothing_written():
        checked = sample.migrate_anew("phase1", "--check", code=1)
        sample.migrate_anew("phase1", "--dry-run")
    assert checked.err == "phase1: 1 edit in 1 file would change; no findings\n"
    assert sample.call("phase1", "--check", "--quiet", code=1).out == ""


def test_a_dry_run_and_the_real_one_show_the_same(sample: Sample) -> None:
    dry, applied = sample.call("phase1", "--dry-run"), sample.call("phase1", "--yes")
    shown = "".join(line for line in dry.out.splitlines(keepends=True) if not line.startswith("next:"))
    assert applied.out.startswith(shown.replace("would change", "to change"))
    assert dry.out.endswith("next: migrate phase1\n")
    assert applied.out.endswith(
        "phase1: applied as run 1: 1 edit in 1 file, 0 findings left to a person\nnext: migrate phase2\n"
    )
    assert sample.read("shop/cart.py") == REDIRECT


def test_a_second_run_has_nothing_to_do(sample: Sample) -> None:
    for phase in ("phase1", "phase2", "phase3", "phase4"):
        sample.call(phase, "--yes")
        with sample.nothing_written():
            assert f"{phase}: nothing to do: " in sample.call(phase, "--yes").out
            assert f"{phase}: nothing to do: " in sample.call(phase, "--dry-run").out
            sample.call(phase, "--check")
    done = sample.call("phase3", "--yes")
    assert "phase3: nothing to do: no site left to change in " in done.out
    assert "; 1 warning (star-import 1) left to a person\nnext: migrate phase4\n" in done.out
    assert "every redirect is in place" in sample.call("phase2", "--yes").out


def test_options_before_and_after_the_command(sample: Sample, tmp_path: Path) -> None:
    where = ["--root", str(sample.root), "--jobs", "1"]
    after = sample.call("phase1", "--dry-run", "--json", "-q", *where, cwd=tmp_path)
    before = sample.call("-q", "--json", *where, "phase1", "--dry-run", cwd=tmp_path)
    assert {**before.document, "seconds": 0} == {**after.document, "seconds": 0}
    assert before.err == after.err == "phase1: 1 edit in 1 file would change; no findings\nnext: migrate phase1\n"
    plan = ["--plan", str(sample.root / "migrate.toml")]
    assert sample.call(*plan, "status").out == sample.call("status", *plan).out


def test_quiet_and_verbose(sample: Sample) -> None:
    assert "diff --git" not in sample.call("phase3", "--dry-run", "-q").out
    assert "candidates parsed in" in sample.call("phase3", "--dry-run", "-v").err
    verify = f"{SAYS}print('from the command')\""
    assert "from the command" in sample.call("phase1", "--yes", "-v", "--verify", verify).err
    assert "from the command" not in sample.call("phase2", "--yes", "--verify", verify).err


def test_the_process_prints_one_document(sample: Sample) -> None:
    done = sample.migrate_anew("phase1", "--yes", "--json", "--verify", f"{SAYS}print('{{}}')\"", "-v")
    assert json.loads(done.out)["mode"] == "applied"
    assert "phase1: applied as run 1" in done.err


def test_a_failed_verification_takes_the_phase_back(sample: Sample) -> None:
    see = f"{SAYS}import sys; sys.exit('as before' if b'DEPRECATED' not in open('shop/cart.py', 'rb').read() else 'written')\""
    with sample.untouched():
        done = sample.migrate("phase1", "--yes", "--verify", see, code=1)
    assert "| written\n" in done.out
    assert done.out.endswith("next: migrate phase1 --dry-run\n")
    assert done.err == "phase1: verification failed; rolled back, its files are as before\n"
    (run,) = sample.call("timeline", "--json").document["phases"][0]["runs"]
    assert run["state"] == "failed"
    assert run["detail"].startswith("--verify failed: exit code 0: found 1; ")
    with sample.untouched():
        done = sample.call("phase1", "--yes", "--verify", "no-such-program", code=1)
        assert "'no-such-program' was not found on PATH" in done.out
    assert "verify (" in sample.call("phase1", "--yes", "--verify", f'{SAYS}pass"').out


def test_a_verification_that_is_written_for_a_shell(sample: Sample) -> None:
    with sample.untouched():
        done = sample.call("phase1", "--yes", "--verify", "cd shop && cat cart.py && exit 3", code=1)
    assert "| DEPRECATED" in done.out.replace('"""', "")
    assert "exit code 0: found 3" in done.out
    sample.call("phase1", "--yes", "--verify", "X=1; test -e shop/cart.py && test $X = 1")


def test_a_verification_that_edits_a_file(sample: Sample) -> None:
    """The phase takes itself back all the same; what the command wrote is kept, and the way to see it is printed."""
    see = f"{SAYS}open('shop/cart.py', 'a').write('# mine'); raise SystemExit(1)\""
    with sample.untouched():
        done = sample.call("phase1", "--yes", "--verify", see, code=1)
    (command,) = [line.strip() for line in done.out.splitlines() if line.endswith(":shop/cart.py'")]
    assert sample.git(*command.replace("'", "").split()[1:]).encode() == REDIRECT + b"# mine"
    assert sample.call("timeline", "--json").document["phases"][0]["state"] == "failed"


def test_a_verification_that_takes_too_long(sample: Sample) -> None:
    see = f"{SAYS}import time; print('half way', flush=True); time.sleep(60)\""
    with sample.untouched():
        done = sample.migrate("phase1", "--yes", "--verify", see, "--verify-timeout", "0.5", code=1)
    assert "    timed out after 0.5 s\n    | half way\n" in done.out
    assert done.err == "phase1: verification failed; rolled back, its files are as before\n"
    with sample.nothing_written():
        complaint = sample.call("phase1", "--yes", "--verify-timeout", "5", code=2).complaint
    assert complaint.startswith("phase1: --verify-timeout without --verify; ")


def test_a_verification_that_stands_in_the_way_of_its_rollback(sample: Sample) -> None:
    see = f"{SAYS}import os; os.rename('shop', 'shop2'); os.symlink('shop2', 'shop'); raise SystemExit(1)\""
    before = sample.state()
    done = sample.call("phase1", "--yes", "--quiet", "--verify", see, code=3)
    assert done.err == (
        "--verify failed: exit code 0: found 1; and run 1 could not be rolled back: shop/cart.py: is reached through a "
        "symbolic link in the root at the symbolic link shop; not touched; mend that, then run `migrate rollback`\n"
    )
    (sample.root / "shop").unlink()
    (sample.root / "shop2").rename(sample.root / "shop")
    assert "run 1 (phase 1 of 'basket') was interrupted" in sample.call("phase1", "--yes", code=3).complaint
    sample.call("rollback", "--yes")
    assert {**sample.state(), "index-time": 0} == {**before, "index-time": 0}


def test_a_verification_that_commits(sample: Sample) -> None:
    see = f"{SAYS}import subprocess; subprocess.run(['git', 'commit', '-qam', 'inside']); raise SystemExit(1)\""
    done = sample.call("phase1", "--yes", "--verify", see, code=1)
    head = sample.git("rev-parse", "HEAD").strip()
    assert f"commit {head} of phase1's files stays in the history, which is untouched; " in done.err
    assert sample.git("status", "--porcelain") == " M shop/cart.py\n"


def test_a_check_that_fails(sample: Sample) -> None:
    sample.edit_plan("print('all imported')", "print('one'); print('two'); raise SystemExit(3)")
    for phase in (1, 2, 3, 4):
        sample.call(f"phase{phase}", "--yes")
    done = sample.call("phase5", "--yes", code=1)
    assert "✗ old names import (" in done.out
    assert "    exit code 0: found 3; last words: two\n" in done.out
    assert "    | one\n    | two\n" in done.out
    assert "- [ ] old names import\n" in done.out
    assert "or take it back: `migrate rollback`\n" in done.out
    assert done.err.endswith("phase5: 1 of 1 check failed\nstopped at phase5; 4 runs of this plan in the tree\n")
    assert "    | " not in sample.call("phase5", "--yes", "-q", code=1).out


def test_strict_counts_what_is_left(sample: Sample) -> None:
    for phase in (1, 2, 3, 4):
        sample.call(f"phase{phase}", "--yes", "--force")
    assert "phase5: 1 check passed" in sample.call("phase5", "--yes").out
    assert sample.call("phase5", "--yes", "--strict", code=1).err.endswith(
        "phase5: deprecated uses left: 1 warning (deprecated-import 1)\n"
    )
    sample.write("app/star.py", "")
    assert "phase5: no deprecated import or keyword is left\n" in sample.call("phase5", "--yes", "--strict").out


def test_phase_5_without_checks(sample: Sample) -> None:
    sample.edit_plan(PLAN[PLAN.index("[[phase5.check]]") :], "")
    assert "phase5: 0 checks passed" in sample.call("phase5", "--yes", "--force").out


def test_looking_at_phase_5_names_its_checks(sample: Sample) -> None:
    done = sample.call("phase5", "--dry-run")
    assert "would run old names import: python -c 'import shop.cart" in done.out
    assert "app/star.py:1:0: warning: deprecated-import" in done.out


def test_run_steps_through_all_phases(sample: Sample) -> None:
    done = sample.migrate("run", "--yes")
    heads = [line for line in done.out.splitlines() if line.startswith("==")]
    assert heads[0] == "== phase1: Redirect the cart, planned 2 min"
    assert len(heads) == 5
    assert "phase5: 1 check passed" in done.out
    again = sample.call("run", "--yes", "--json").document
    assert [p["mode"] for p in again["phases"]] == ["nothing-to-do"] * 4 + ["applied"]
    assert "next: migrate timeline" in sample.call("status").out


def test_run_stops_at_the_first_failure(make_sample: MakeSample) -> None:
    sample = make_sample({"app/conflict.py": CONFLICT})
    done = sample.migrate("run", "--yes", code=1)
    assert "== phase5" not in done.out
    assert "stopped at phase4; 3 runs of this plan in the tree" in done.err
    assert done.out.endswith("next: mend it and go on with `migrate run`, or take it back: `migrate rollback`\n")
    sample.write("app/conflict.py", "")
    sample.call("run", "--yes")
    sample.call("rollback", "--all", "--yes")
    sample.write("app/conflict.py", CONFLICT)
    assert sample.git("status", "--porcelain") == ""


def test_run_stops_where_the_repository_is_in_the_way(sample: Sample) -> None:
    sample.write("shop/till.py", "dirty = 1\n")
    done = sample.call("run", "--yes", "--json", code=3)
    assert [p["phase"] for p in done.document["phases"]] == [1]
    assert "uncommitted changes in 1 of 1 file to touch: shop/till.py (modified)" in done.err
    sample.call("rollback", "--yes")
    sample.write("shop/cart.py", "dirty = 1\n")
    done = sample.call("run", "--yes", code=3)
    assert "stopped at" not in done.err  # there is nothing to take back


def test_status_and_timeline_at_each_step(sample: Sample) -> None:
    assert sample.call("status").out == (
        "basket: One basket\n"
        "phase1  pending     1 edit in 1 file to make\n"
        "phase2  pending     1 edit in 1 file to make\n"
        "phase3  pending     4 edits in 3 files to make; 1 warning (star-import 1)\n"
        "phase4  pending     nothing to do; 1 warning (keyword-spread 1)\n"
        "phase5  pending     5 deprecated uses left\n"
        "next: migrate phase1\n"
    )
    sample.call("phase1", "--yes")
    sample.call("phase2", "--yes", "--verify", "false", code=1)
    assert "phase2  failed      1 edit in 1 file to make\nphase3  pending" in sample.call("status").out
    assert sample.call("status").out.endswith("next: migrate phase2\n")
    sample.call("rollback", "--yes")
    assert "phase1  rolled-back 1 edit" in sample.call("status").out
    lines = sample.call("timeline").out.splitlines()
    assert lines[0].split() == [
        "phase",
        "title",
        "planned",
        "actual",
        "tool",
        "person",
        "state",
        "files",
        "edits",
        "manual",
    ]
    assert "rolled-back" in lines[2]
    assert "failed" in lines[3]
    assert lines[4].split() == ["phase3", "Import", "from", "the", "new", "homes", "5", "min", "pending"]
    assert lines[-4].startswith("spent: ")
    assert lines[-3].startswith("budget: 20 min, ")
    assert re.fullmatch(r"left: 6 edits, about 11 min 00 s \(by the plan\); 11 min \d\d s in all of 20 min", lines[-2])
    assert lines[-1] == "next: migrate status"
    assert "hint: the phases' planned minutes add up to 13, the budget is 20 minutes\n" in sample.call("timeline").err
    sample.edit_plan('title = "One basket"\nbudget_minutes = 20', "budget_minutes = 0.0001")
    assert "basket\nphase1" in sample.call("status").out
    sample.call("phase1", "--yes")
    assert "s over\n" in sample.call("timeline").out
    sample.edit_plan("budget_minutes = 0.0001", "")
    done = sample.call("timeline")
    assert "budget" not in done.out + done.err


def test_from_a_subfolder_the_plan_is_found_upward(sample: Sample) -> None:
    done = sample.call("phase1", "--dry-run", cwd=sample.root / "app")
    assert done.out.startswith("diff --git a/shop/cart.py b/shop/cart.py\n")
    sample.call("phase1", "--yes", cwd=sample.root / "app")
    assert sample.read("shop/cart.py") == REDIRECT


def test_a_project_within_a_larger_repository(make_sample: MakeSample) -> None:
    """Paths count from the folder of the plan; what lies outside it is not looked at."""
    inner = {f"projects/one/{path}": content for path, content in FILES.items()}
    sample = make_sample({**dict.fromkeys(FILES, None), **inner, "other.py": "from shop.cart import Cart\n"})
    project = sample.root / "projects/one"
    listed = sample.call("phase3", "--dry-run", "--json", cwd=project / "app").document["files"]
    assert [file["path"] for file in listed] == ["app/second.py", "app/main.py", "app/odd ü.py"]
    sample.call("run", "--yes", "--commit", cwd=project)
    assert sample.read("projects/one/shop/cart.py") == REDIRECT
    assert sample.read("other.py") == b"from shop.cart import Cart\n"
    assert sample.git("status", "--porcelain") == ""
    # the plan by name: from the outside, and with another folder as the root
    assert sample.call("status", "--plan", "projects/one/migrate.toml", "--root", str(project)).out.endswith(
        "timeline\n"
    )
    assert sample.call("status", "--plan", "projects/one/migrate.toml").out.endswith("timeline\n")
    sample.write("plan.toml", PLAN)
    assert "missing-target" in sample.call("phase1", "--dry-run", "--plan", "plan.toml").out
    sample.call("rollback", "--all", "--yes", cwd=project)
    assert sample.read("projects/one/shop/cart.py") == inner["projects/one/shop/cart.py"].encode()  # type: ignore[union-attr]


def test_the_diff_of_a_pipe_applies(sample: Sample) -> None:
    """`migrate phase3 --dry-run | git apply` does what the phase does."""
    sample.call("phase1", "--yes")
    sample.call("phase2", "--yes")
    before = sample.files()
    shown = subprocess.run(
        [sys.executable, "-m", "migrate", "phase3", "--dry-run"],
        cwd=sample.root, env=sample.env, stdin=subprocess.DEVNULL, capture_output=True, check=True,
    ).stdout  # fmt: skip
    subprocess.run(["git", "apply"], input=shown, cwd=sample.root, env=sample.env, check=True)
    patched = sample.files()
    assert patched != before
    subprocess.run(["git", "apply", "--reverse"], input=shown, cwd=sample.root, env=sample.env, check=True)
    assert sample.files() == before
    sample.call("phase3", "--yes")
    assert sample.files() == patched


def test_symbolic_links_among_the_modules(make_sample: MakeSample) -> None:
    """A re-export is followed through a link within the root, and no further; a link is never written to."""
    uses = "from shop.{} import Basket\n\nBasket(metadata=1)\n"
    sample = make_sample(
        {
            "real.py": "from shop.basket import Basket\n",
            "app/main.py": uses.format("again"),
            "app/second.py": uses.format("away"),
        }
    )
    (sample.root / "shop/again.py").symlink_to("../real.py")
    (sample.root / "shop/away.py").symlink_to(__file__)
    (sample.root / "shop/git.py").symlink_to("../.git/config")
    sample.write("app/star.py", uses.format("git"))
    sample.commit()
    sample.call("phase4", "--yes", "--force")
    assert sample.git("diff", "--name-only") == "app/main.py\n"
    (sample.root / "shop/cart.py").unlink()
    (sample.root / "shop/cart.py").symlink_to("pay.py")
    with sample.untouched():
        done = sample.call("phase1", "--yes", "--allow-dirty", code=3)
    assert done.complaint == "shop/cart.py: is a symbolic link; its target is a file of its own; not touched"


def test_many_findings_are_cut_unless_asked_for(make_sample: MakeSample) -> None:
    sample = make_sample({"app/stars.py": "from shop.cart import *\n" * 203})
    done = sample.call("phase3", "--dry-run")
    assert "… and 4 more findings; -v or --json lists all\n" in done.out
    assert done.out.count("star-import: ") == 200
    assert sample.call("phase3", "--dry-run", "-v").out.count("star-import: ") == 204
    assert len(sample.call("phase3", "--dry-run", "--json").document["manual"]) == 204


def test_a_kept_line(make_sample: MakeSample) -> None:
    sample = make_sample({"app/main.py": "from shop.till import Till  # migrate: keep\n"})
    assert "3 files would change; 1 site kept" not in sample.call("phase3", "--dry-run").out
    assert "; 1 site kept by a `# migrate: keep` comment; " in sample.call("phase3", "--dry-run").out
