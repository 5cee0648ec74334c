"""migrate rehearse: the whole plan on a copy of the tree, with nothing written and nothing left."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sample import CONFLICT, FILES, MIGRATE, PLAN, TIMEOUT_S, MakeSample, Sample, finish, struck_when_done, wait_for
from terminal import CTRL_C, terminal

import migrate.rehearsing
from migrate.tree_state import differences, tree_state
from rollback.errors import GitFailed, JournalUnusable, NotRecorded, NotRestored, RepositoryError, WriteFailed
from rollback.git import Git
from rollback.journal import Journal

CHECK = """
[[phase5.check]]
name = {name!r}
run = {run!r}
"""

# With a limit on the size of files, as on a disk that is full at some point.
_LIMITED = """
import resource, runpy, signal, sys
size = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
sys.argv[:2] = ["migrate"]
runpy.run_module("migrate", run_name="__main__", alter_sys=True)
"""


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the copies are made; in the end there is none."""
    folder = tmp_path / "room"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    yield folder
    assert list(folder.glob("*-tree-*")) == []


@pytest.fixture
def make_sample(make_sample: MakeSample, room: Path) -> MakeSample:
    """Samples that know of the room, which has to be there before they look at the environment."""
    return make_sample


@pytest.fixture
def sample(make_sample: MakeSample) -> Sample:
    return make_sample()


def facts(sample: Sample) -> dict[str, object]:
    """All of the repository but its objects, git's own files included."""
    git = sample.root / ".git"
    return {
        **sample.state(),
        "refs": sample.git("for-each-ref"),
        "worktrees": sample.git("worktree", "list", "--porcelain"),
        "git": {
            path.relative_to(git): path.read_bytes() if path.is_file() else None
            for path in git.rglob("*")
            if "objects" not in path.parts
        },
    }


@contextmanager
def nothing_left(sample: Sample) -> Iterator[None]:
    before = facts(sample)
    yield
    assert facts(sample) == before


def add_checks(sample: Sample, **runs: list[str]) -> None:
    """Checks by name, in the place of the plan's own."""
    plan = PLAN[: PLAN.index("[[phase5.check]]")]
    sample.write("migrate.toml", plan + "".join(CHECK.format(name=name, run=run) for name, run in runs.items()))
    sample.commit()


def table(out: str) -> dict[str, str]:
    """The rows of the table by phase, with single spaces."""
    lines = [" ".join(line.split()) for line in out.split("\n")]
    start = next(number for number, line in enumerate(lines) if line.startswith("phase outcome"))
    rows = (line.removeprefix("way back").partition(" ") if line.startswith("way back") else line.partition(" ")
            for line in lines[start + 2 :] if line.startswith(("phase", "way back", "total")))  # fmt: skip
    return {name or "way back": rest for name, _, rest in rows}


# What goes through


def test_the_whole_plan(sample: Sample) -> None:
    with nothing_left(sample):
        done = sample.call("rehearse")
    found = table(done.out)
    assert found["phase1"].startswith("applied 1 1 no findings 0")
    assert found["phase3"].startswith("applied 4 3 1 warning (star-import 1) ")
    assert found["phase5"].startswith("passed 1 warning (deprecated-import 1) ")
    assert found["way back"].startswith("to the byte 5 ")
    assert [found[f"phase{n}"].rpartition(" s ")[2] for n in range(1, 6)] == [f"{n} min" for n in (2, 3, 5, 2, 1)]
    assert found["total"].endswith("13 min")
    assert "phase4: 2 edits in 2 files; 1 warning (keyword-spread 1) (" in done.out
    assert "way back: 4 runs taken back; 5 files as at the start, to the byte (" in done.out
    assert done.out.endswith(
        "rehearse: 5 phases would go through, and back; your tree is as it was\nnext: migrate phase1\n"
    )
    assert "running old names import" in done.err


def test_quiet_is_the_table_and_the_verdict(sample: Sample) -> None:
    done = sample.call("rehearse", "--quiet")
    assert done.out.startswith("phase      outcome")
    assert "phase4: " not in done.out
    assert done.err == ""


def test_verbose_lists_the_findings(sample: Sample) -> None:
    done = sample.call("rehearse", "--verbose", "--no-checks")
    assert "app/star.py:1:0: warning: star-import: " in done.out
    assert "diff --git" not in done.out


def test_phases_that_are_applied_have_nothing_to_do(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    sample.call("phase2", "--yes")
    sample.write("app/main.py", sample.read("app/main.py"))
    with nothing_left(sample):
        done = sample.call("rehearse")
    assert [table(done.out)[f"phase{n}"].split()[0] for n in range(1, 6)] == [
        "nothing", "nothing", "applied", "applied", "passed"
    ]  # fmt: skip
    assert done.out.endswith("next: migrate phase3\n")


def test_what_comes_next_when_all_is_done(sample: Sample) -> None:
    for phase in range(1, 5):
        sample.call(f"phase{phase}", "--yes")
    assert sample.call("rehearse").out.endswith("next: migrate phase5\n")
    sample.call("phase5", "--yes")
    with nothing_left(sample):
        assert sample.call("rehearse").out.endswith("next: migrate timeline\n")


def test_a_plan_without_checks_with_nothing_to_do(sample: Sample) -> None:
    sample.write("migrate.toml", PLAN[: PLAN.index("[phase2]")])
    sample.commit()
    sample.call("phase1", "--yes")
    done = sample.call("rehearse")
    assert done.out.endswith("1 phase would go through, and back; your tree is as it was\nnext: migrate timeline\n")


def test_uncommitted_work_is_in_it(sample: Sample) -> None:
    sample.write("app/new.py", "from shop.cart import Cart\n")
    (sample.root / "app/second.py").unlink()
    with nothing_left(sample):
        done = sample.call("rehearse", "--allow-dirty")
    assert table(done.out)["phase3"].startswith("applied 4 3 ")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("shop/cart.py", id="a module that becomes a redirect"),
        pytest.param("shop/basket.py", id="the new home, and of what is called"),
        pytest.param("shop/__init__.py", id="the package"),
    ],
)
def test_modules_of_the_plan_that_git_ignores_are_in_it(sample: Sample, path: str) -> None:
    expected = {row: facts.split("warning")[0] for row, facts in table(sample.call("rehearse").out).items()}
    sample.write(".gitignore", f"{path}\nother.py\n")
    sample.write("shop/other.py", "import nobody_has_this\n")
    sample.git("rm", "--quiet", "--cached", path)
    sample.commit()
    with nothing_left(sample):
        done = sample.call("rehearse", "--allow-dirty")
    found = {row: facts.split("warning")[0] for row, facts in table(done.out).items()}
    assert [found[f"phase{n}"].split()[:3] for n in (1, 3, 4)] == [expected[f"phase{n}"].split()[:3] for n in (1, 3, 4)]
    assert found["phase5"].startswith("passed ")


def test_an_ignored_file_to_touch_is_an_uncommitted_change(sample: Sample) -> None:
    """As for the phase itself."""
    sample.write(".gitignore", "shop/cart.py\n")
    sample.git("rm", "--quiet", "--cached", "shop/cart.py")
    sample.commit()
    said = "1 file with uncommitted changes: shop/cart.py (ignored); commit them, or pass --allow-dirty"
    assert f"phase1 would refuse: {said}" in sample.call("rehearse", code=1).out
    assert "shop/cart.py (ignored)" in sample.call("phase1", "--yes", code=3).err


def test_a_plan_that_is_not_tracked_and_one_elsewhere(sample: Sample, tmp_path: Path) -> None:
    sample.git("rm", "--quiet", "--cached", "migrate.toml")
    sample.git("commit", "--quiet", "--message", "untracked")
    with nothing_left(sample):
        sample.call("rehearse")
    (sample.root / "migrate.toml").rename(tmp_path / "elsewhere.toml")
    with nothing_left(sample):
        sample.call("rehearse", "--plan", str(tmp_path / "elsewhere.toml"))


def test_a_root_in_a_folder(make_sample: MakeSample) -> None:
    inner = {f"inner/{path}": content for path, content in FILES.items()}
    sample = make_sample({**dict.fromkeys(FILES, None), **inner, "outer.py": ""})
    with nothing_left(sample):
        done = sample.call("rehearse", "--root", "inner")
    assert table(done.out)["way back"].startswith("to the byte 5 ")


def test_in_a_linked_worktree(sample: Sample, tmp_path: Path) -> None:
    sample.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = Sample(tmp_path / "side")
    side.write("new.py", "")
    before = side.files()
    with nothing_left(sample):
        side.call("rehearse")
    assert side.files() == before


def test_submodules_are_not_in_it(make_sample: MakeSample) -> None:
    sample, other = make_sample(), make_sample()
    sample.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.root), "lib")
    sample.commit()
    assert "lib: a submodule, not in the rehearsal\n" in sample.call("rehearse").err


# What does not


def test_files_with_uncommitted_changes(sample: Sample) -> None:
    sample.write("app/main.py", sample.read("app/main.py") + b"# edited\n")
    sample.write("shop/cart.py", "staged = 1\n")
    sample.git("add", "shop/cart.py")
    with nothing_left(sample):
        done = sample.call("rehearse", "--force", code=1)
    assert (
        "    phase3 would refuse: 1 file with uncommitted changes: app/main.py (modified); "
        "commit them, or pass --allow-dirty\n"
    ) in done.out
    found = table(done.out)
    assert found["phase1"].startswith("applied, would refuse 1 1 ")
    assert found["phase4"].startswith("applied 2 2 "), "phase 3 would have been at it before"
    assert done.err.endswith("rehearse: phase1 would refuse; phase3 would refuse; your tree is as it was\n")
    assert done.out.endswith("next: commit those files, or pass --allow-dirty, and run `migrate rehearse` again\n")
    allowed = sample.call("rehearse", "--force", "--allow-dirty")
    assert "would refuse" not in allowed.out
    assert allowed.out.endswith("next: migrate phase1 --allow-dirty\n")


def test_what_earlier_phases_have_made_is_no_uncommitted_change(sample: Sample) -> None:
    for phase in (1, 2, 3):
        sample.call(f"phase{phase}", "--yes")
    assert sample.git("status", "--porcelain") != ""
    sample.call("rehearse")


def test_errors_block_and_end_it(make_sample: MakeSample) -> None:
    sample = make_sample({"app/conflict.py": CONFLICT})
    with nothing_left(sample):
        done = sample.call("rehearse", code=1)
    found = table(done.out)
    assert found["phase4"].startswith("blocked 2 2 1 error (keyword-conflict 1)")
    assert found["phase5"] == "not rehearsed 1 min"
    assert found["way back"].startswith("to the byte 5 ")
    assert "phase4: would be blocked by 1 error: 2 edits in 2 files; 1 error (keyword-conflict 1), " in done.out
    assert done.err.endswith("rehearse: phase4 would be blocked; your tree is as it was\n")
    assert done.out.endswith(
        "next: mend what `migrate phase4 --dry-run` shows, or pass --force, and run `migrate rehearse` again\n"
    )


def test_errors_that_are_overridden(make_sample: MakeSample) -> None:
    sample = make_sample({"app/conflict.py": CONFLICT})
    done = sample.call("rehearse", "--force")
    assert table(done.out)["phase4"].startswith("applied 2 2 1 error ")
    sample.call("run", "--yes", code=1)
    assert sample.call("rehearse", "--force").out.endswith("next: migrate phase4 --force\n")


def test_errors_of_redirects_and_going_on(make_sample: MakeSample) -> None:
    sample = make_sample({"app/lost.py": "from shop.cart import nobody\n", "app/conflict.py": CONFLICT})
    stopped = sample.call("rehearse", code=1)
    assert stopped.out.endswith(
        "next: mend what `migrate check --suggest` shows, or pass --force, and run `migrate rehearse` again\n"
    )
    assert [row.startswith("not rehearsed") for row in table(stopped.out).values()].count(True) == 4
    with nothing_left(sample):
        done = sample.call("rehearse", "--keep-going", code=1)
    found = table(done.out)
    assert [found[f"phase{n}"].split()[0] for n in range(1, 6)] == [
        "blocked", "applied", "applied", "blocked", "passed"
    ]  # fmt: skip
    assert "phase1: would be blocked by 1 error, and was applied here all the same: 1 edit in 1 file" in done.out
    assert done.err.endswith("rehearse: phase1 would be blocked; phase4 would be blocked; your tree is as it was\n")


def test_strict(sample: Sample) -> None:
    done = sample.call("rehearse", "--strict", code=1)
    assert "phase3: would be blocked by 1 finding: 4 edits in 3 files" in done.out
    last = sample.call("rehearse", "--strict", "--keep-going", code=1)
    assert "phase5: would be blocked by 1 finding: 0 edits" in last.out


def test_a_phase_that_cannot_be_applied(sample: Sample) -> None:
    (sample.root / "shop/cart.py").unlink()
    (sample.root / "shop/cart.py").symlink_to("till.py")
    sample.commit()
    with nothing_left(sample):
        done = sample.call("rehearse", code=1)
    assert (
        "phase1: would refuse: shop/cart.py: is a symbolic link; its target is a file of its own; not touched"
        in done.out
    )
    assert done.err.endswith("rehearse: phase1 would refuse; your tree is as it was\n")
    assert done.out.endswith("next: mend it and run `migrate rehearse` again\n")
    assert table(done.out)["way back"].startswith("to the byte 0 ")


# Commands


def test_verify_after_each_phase(sample: Sample) -> None:
    with nothing_left(sample):
        done = sample.call("rehearse", "--verify", "! grep -q 'from shop.basket' app/main.py", code=1)
    assert "phase3: --verify failed: exit code 0: found 1; 1 warning" in done.out
    assert table(done.out)["phase3"].startswith("failed 4 3 ")
    assert table(done.out)["way back"].startswith("to the byte 2 ")
    assert done.err.endswith("rehearse: phase3 failed; your tree is as it was\n")
    assert "a rehearsal is without the files that git ignores" in done.err
    going_on = sample.call("rehearse", "--keep-going", "--verify", "! grep -q 'from shop.basket' app/main.py", code=1)
    assert table(going_on.out)["phase4"].startswith("applied ")
    assert table(going_on.out)["phase5"].startswith("passed ")


def test_checks_that_fail(sample: Sample) -> None:
    add_checks(sample, first=["sh", "-c", "echo broken; exit 7"], second=["true"])
    with nothing_left(sample):
        done = sample.call("rehearse", code=1)
    assert "phase5: 1 of 2 checks failed; 1 warning" in done.out
    assert "✗ first (" in done.out
    assert "    | broken\n" in done.out
    assert "second" not in done.out
    assert "a rehearsal is without the files that git ignores" in done.err
    going_on = sample.call("rehearse", "--keep-going", "--json", code=1).document["phases"][4]
    assert [check["ended"] for check in going_on["checks"]] == ["failed", "passed"]


def test_without_checks(sample: Sample) -> None:
    add_checks(sample, never=["sh", "-c", "exit 1"])
    done = sample.call("rehearse", "--no-checks")
    assert "phase5: no check was run; 1 warning (deprecated-import 1) (" in done.out
    assert table(done.out)["phase5"].startswith("checks left out ")
    assert "rehearse: 4 phases would go through" in done.out


def test_commands_see_the_copy_and_the_users_programs(sample: Sample, tmp_path: Path) -> None:
    """The original may be installed, editable; a virtual environment in the tree is the only place of an interpreter."""
    sample.write(".gitignore", "/.venv/\n")
    (sample.root / ".venv/bin").mkdir(parents=True)
    (sample.root / ".venv/bin/python").symlink_to(sys.executable)
    sample.write(".venv/bin/tool", '#!/bin/sh\nexec "$@"\n')
    (sample.root / ".venv/bin/tool").chmod(0o755)
    installed = tmp_path / "installed"
    installed.mkdir()
    (installed / "original.pth").write_text(f"{sample.root}\n")
    code = (
        "import os, site, sys; site.addsitedir(os.environ['INSTALLED']); import shop.pay;"
        " open(os.environ['SEEN'], 'a').write(os.path.realpath(shop.pay.__file__) + chr(10))"
    )
    sample.env |= {"INSTALLED": str(installed), "SEEN": str(tmp_path / "seen")}
    add_checks(
        sample, plan=["python", "-c", code], path=[".venv/bin/tool", "python", "-P", "-c", code],
        gone=[".venv/bin/gone"],
    )  # fmt: skip
    sample.edit_plan("[plan]\n", '[plan]\npython = ".venv/bin/python"\n')
    with nothing_left(sample):
        done = sample.call(
            "rehearse", "--keep-going", "--verify", f".venv/bin/tool python -P -c {shlex.quote(code)}", code=1
        )
    assert "phase5: 1 of 3 checks failed" in done.out
    assert "'.venv/bin/gone' cannot be started" in done.out
    seen = (tmp_path / "seen").read_text().splitlines()
    assert len(seen) == 6, "four phases, and two checks"
    assert not any(path.startswith(str(sample.root)) for path in seen)
    assert all(path.endswith(f"/{sample.root.name}/shop/pay.py") for path in seen)


def test_git_in_a_command_finds_the_copy(sample: Sample, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    add_checks(sample, git=["sh", "-c", f"git rev-parse --show-toplevel --git-dir > {seen}; git add app"])
    (index,) = (sample.root / ".git").glob("index")
    with nothing_left(sample):
        sample.migrate("rehearse", GIT_DIR=str(sample.root / ".git"), GIT_INDEX_FILE=str(index), GIT_PREFIX="")
    assert str(sample.root) + "\n" not in seen.read_text()
    assert f"{sample.root}/.git/worktrees/" in seen.read_text()


def test_what_commands_leave_is_told(sample: Sample) -> None:
    sample.write(".gitignore", "*.log\n")
    sample.write("notes.txt", "kept\n")
    add_checks(sample, mess=["sh", "-c", "touch some.log made.txt; echo more >> notes.txt"])
    with nothing_left(sample):
        done = sample.call("rehearse")
    told = "2 files changed or made by the checks or --verify, which no rollback takes back: notes.txt, made.txt\n"
    assert told in done.err
    assert table(done.out)["way back"].startswith("to the byte 5 ")


def test_a_check_that_edits_what_a_phase_has_written(sample: Sample) -> None:
    add_checks(sample, format=["sh", "-c", "echo '# formatted' >> app/main.py"])
    with nothing_left(sample):
        done = sample.call("rehearse", code=1)
    assert "way back: would refuse: 1 of 2 files edited since run 4: app/main.py; nothing restored" in done.out
    assert done.err.endswith("rehearse: the way back would refuse; your tree is as it was\n")
    assert done.out.endswith(
        "next: find out what changes those files, a check or --verify, and run `migrate rehearse` again\n"
    )


def test_what_commands_leave_is_told_also_where_the_way_back_refuses(sample: Sample) -> None:
    add_checks(sample, mess=["sh", "-c", "echo '# more' >> app/main.py; echo more >> README.md; touch made.txt"])
    with nothing_left(sample):
        done = sample.call("rehearse", "--json", code=1)
    back = done.document["way_back"]
    assert (back["outcome"], back["runs"], back["files"], back["different"]) == ("refused", 0, 0, [])
    assert back["left_by_commands"] == ["README.md", "made.txt"]
    assert (
        "2 files changed or made by the checks or --verify, which no rollback takes back: README.md, made" in done.err
    )


@pytest.mark.parametrize(
    ("command", "changed"),
    [
        pytest.param(
            "touch app/main.py; cat app/main.py > a.log; chmod 600 app/*.py; chmod 644 app/*.py", [], id="none"
        ),
        pytest.param("mv app/main.py x; cp x app/main.py; rm x", [], id="the same bytes in another file"),
        pytest.param("echo '# more' >> app/main.py", ["app/main.py"], id="edited"),
        pytest.param(
            "sed -i s/shop/till/ README.md; touch -d @1 README.md", ["README.md"], id="edited, with an old time"
        ),
        pytest.param("chmod 755 app/main.py", ["app/main.py"], id="permissions"),
        pytest.param("rm app/main.py; touch made.txt", ["app/main.py", "made.txt"], id="gone and new"),
        pytest.param("rm README.md; ln -s app README.md", ["README.md"], id="a link in the place of a file"),
        pytest.param("rm README.md; mkdir README.md", ["README.md"], id="a folder in the place of a file"),
        pytest.param(
            "echo 1 >> ignored.py; touch new.log", ["ignored.py"], id="ignored ones count where the plan names them"
        ),
    ],
)
def test_a_check_that_changes_the_tree_itself(sample: Sample, command: str, changed: list[str]) -> None:
    """By its absolute path; a phase would not, but it cannot say that the tree is as it was."""
    add_checks(sample, away=["sh", "-c", f"cd '{sample.root}'; {command}"])
    sample.edit_plan('old = "shop.till:Till"', 'old = "ignored:Till"')
    sample.write(".gitignore", "*.log\nignored.py\n")
    sample.write("ignored.py", "class Till: ...\n")
    sample.commit()
    (sample.root / "app/main.py").chmod(0o644)
    found = sample.call("rehearse", "--json", code=1 if changed else 0)
    assert found.document["changed_meanwhile"] == changed
    assert found.document["goes_through"]
    many = f"{len(changed)} file{'s' if len(changed) > 1 else ''}"
    told = f"{many} of your tree changed meanwhile, by a check or by somebody else: {', '.join(changed)}"
    assert f"; {told if changed else 'your tree is as it was'}\n" in found.err
    following = "find out what has changed those files, and run `migrate rehearse` again"
    assert (found.document["next"] == following) == bool(changed)


def test_its_own_output_is_no_change_of_the_tree(sample: Sample) -> None:
    with (sample.root / "out.txt").open("wb") as out, (sample.root / "err.txt").open("wb") as err:
        code = subprocess.run(
            [*MIGRATE, "rehearse"], cwd=sample.root, env=sample.env, stdout=out, stderr=err, check=False
        )
    assert code.returncode == 0, sample.read("err.txt")
    assert sample.read("out.txt").endswith(b"; your tree is as it was\nnext: migrate phase1\n")


def test_a_way_back_that_is_not_to_the_byte(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were there a bug in it, this is where it shows."""
    really = migrate.rehearsing.roll_back_runs

    def damaging(git: Git, *args: Any, **more: Any) -> object:
        result = really(git, *args, **more)
        (git.root / "app/main.py").chmod(0o600)
        return result

    monkeypatch.setattr(migrate.rehearsing, "roll_back_runs", damaging)
    with nothing_left(sample):
        done = sample.call("rehearse", "--no-checks", code=1)
    assert "way back: 4 runs taken back; not as at the start: app/main.py (" in done.out
    assert table(done.out)["way back"].startswith("not to the byte ")
    assert done.err.endswith("rehearse: the way back is not to the byte; your tree is as it was\n")


# What is in its way


def test_options_that_contradict_themselves(sample: Sample) -> None:
    with nothing_left(sample):
        done = sample.call("rehearse", "--verify-timeout", "3", code=2)
        assert done.complaint.startswith("rehearse: --verify-timeout without --verify; ")
        assert sample.call("rehearse", "--verify", "'", code=2).complaint.startswith("--verify: no closing quotation")


def test_an_interrupted_run(sample: Sample) -> None:
    import sqlite3

    sample.call("phase1", "--yes")
    with sqlite3.connect(sample.root / ".git/migrate/journal.sqlite3") as journal:
        journal.execute("UPDATE runs SET state = 'applying', applied_at = NULL")
    journal.close()
    with nothing_left(sample):
        done = sample.call("rehearse", code=3)
    assert done.complaint == "run 1 (phase 1 of 'basket') was interrupted; run `migrate rollback` to restore it"


def test_a_phase_that_is_applied_meanwhile(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    really = migrate.rehearsing.current_state

    def applying(*args: Any) -> AbstractContextManager[Git]:
        sample.call("phase1", "--yes")
        return really(*args)

    monkeypatch.setattr(migrate.rehearsing, "current_state", applying)
    done = sample.call("rehearse", code=3)
    assert done.complaint == (
        "a phase was applied or rolled back while the tree was copied; nothing was rehearsed; "
        "run `migrate rehearse` again"
    )


def test_no_folder_for_a_copy(sample: Sample, room: Path) -> None:
    sample.env["TMPDIR"] = str(room / "absent")
    with nothing_left(sample):
        done = sample.call("rehearse", code=3)
    assert done.complaint == (
        f"{room}/absent: no temporary worktree can be made: No such file or directory; your tree is as it was; "
        "TMPDIR=/a/folder/with/more/room puts it there"
    )


@pytest.mark.parametrize("size", [1, 100, 1500, 20_000, 60_000])
def test_no_room(make_sample: MakeSample, size: int) -> None:
    sample = make_sample({"app/big.py": "from shop.cart import Cart\n" + "# more\n" * 12_000})
    for name in [name for name in sample.env if name.startswith("COV")]:
        del sample.env[name]  # coverage writes files of its own
    with nothing_left(sample):
        process = sample.start(
            "rehearse", "--quiet", "--no-checks", program=(sys.executable, "-c", _LIMITED, str(size))
        )
        done = finish(process, 3)
    assert done.err.count("\n") == 1, done.err
    assert "every file is as before" not in done.err


COPY = "/room/tree/shop"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        pytest.param(
            WriteFailed("app/main.py", OSError(28, "No space left on device")),
            "app/main.py: cannot write: No space left on device; TMPDIR=/a/folder/with/more/room puts it there",
            id="no room in the copy",
        ),
        pytest.param(
            WriteFailed("/shop/.git/x", OSError(28, "No space left on device")),
            "/shop/.git/x: cannot write: No space left on device",
            id="nor in the git directory, for which another folder is no help",
        ),
        pytest.param(
            JournalUnusable(Path("/shop/.git/j"), "disk I/O error"),
            "/shop/.git/j: journal unusable: disk I/O error",
            id="journal",
        ),
        pytest.param(
            GitFailed(["fast-import"], 1, "fatal: x"), "git fast-import failed with exit code 1: fatal: x", id="git"
        ),
    ],
)
def test_an_error_that_is_about_the_copy(error: RepositoryError, said: str) -> None:
    told = f"the rehearsal cannot go on: in its copy in /room/tree, not in your tree: {said}"
    assert str(migrate.rehearsing.CopyFailed(Path(COPY), error)) == told


@pytest.mark.parametrize(("step", "error"), [("run_phase", NotRestored), ("roll_back_runs", NotRecorded)])
def test_what_could_not_be_taken_back_in_the_copy(
    sample: Sample, monkeypatch: pytest.MonkeyPatch, step: str, error: type[Exception]
) -> None:
    """Nothing is to be rolled back in the user's tree."""
    sample.call("phase1", "--yes")
    with Journal.open(Git.open(sample.root), create=False) as journal:
        run = journal.run(1)

    def failing(*_: object, **__: object) -> None:
        raise error(run, [], "disk full")

    monkeypatch.setattr(migrate.rehearsing, step, failing)
    with nothing_left(sample):
        done = sample.call("rehearse", "--quiet", "--no-checks", code=3)
    assert done.complaint.endswith(", not in your tree: run 1 could not be taken back: disk full")


# Signals and kills


def busy(sample: Sample, tmp_path: Path) -> Path:
    """A check that says so and goes on for long; the file that it says it in."""
    said = tmp_path / "said"
    add_checks(sample, busy=["sh", "-c", f"pwd > {said}.part; mv {said}.part {said}; exec sleep 20"])
    return said


def await_nothing_left(sample: Sample, room: Path) -> None:
    """The record goes last."""
    until = time.monotonic() + TIMEOUT_S
    while list(room.glob("*-tree-*")) or (sample.root / ".git/migrate-worktrees").exists():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_while_a_check_runs(sample: Sample, tmp_path: Path, number: signal.Signals) -> None:
    said = busy(sample, tmp_path)
    with nothing_left(sample):
        process = sample.start("rehearse")
        wait_for(said.exists, process)
        process.send_signal(number)
        done = finish(process, 130)
    assert not Path(said.read_text().strip()).exists()
    assert done.err.endswith("interrupted; no file is left half done; `migrate status` shows where it stands\n")


@pytest.mark.parametrize("after_s", [0.2, 0.4, 0.6, 0.8, 1.0, 1.3])
def test_interrupted_at_some_moment(sample: Sample, after_s: float) -> None:
    with nothing_left(sample):
        process = sample.start("rehearse", "--no-checks")
        time.sleep(after_s)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    # Where Python itself is still starting, and what measures coverage with it, it ends with 1.
    starting = [1] if err.endswith(b"KeyboardInterrupt\n") else []
    assert process.returncode in (0, 130, -signal.SIGINT, *starting), "done, interrupted, or not yet listening"


@pytest.mark.parametrize("step", [pytest.param(1, id="phase 1"), pytest.param(5, id="the way back")])
def test_interrupted_when_a_step_is_just_done(sample: Sample, step: int) -> None:
    """Too late for the step, which is on record, and not for the rehearsal."""
    with nothing_left(sample):
        process = sample.start("rehearse", "--no-checks", program=struck_when_done(step))
        done = finish(process, 130)
    assert done.err.endswith("interrupted; no file is left half done; `migrate status` shows where it stands\n")
    assert "would go through" not in done.out


def test_ctrl_c_at_a_terminal(sample: Sample, tmp_path: Path) -> None:
    said = busy(sample, tmp_path)
    with nothing_left(sample), terminal(sample, "rehearse") as screen:
        screen.expect("phase4: 2 edits in 2 files")
        screen.expect("busy")
        while not said.exists():
            time.sleep(0.01)
        screen.type(CTRL_C)
        screen.expect("interrupted; no file is left half done")
        assert screen.end() == 130


def test_killed_while_a_check_runs(sample: Sample, tmp_path: Path, room: Path) -> None:
    """Its command goes on, in a folder that is not there any more."""
    said = busy(sample, tmp_path)
    before = facts(sample)
    process = sample.start("rehearse")
    wait_for(said.exists, process)
    process.kill()
    process.communicate()
    await_nothing_left(sample, room)
    assert facts(sample) == before
    assert list(room.iterdir()) == []


@pytest.mark.parametrize("after_s", [0.2, 0.4, 0.6, 0.8, 1.0, 1.3])
def test_killed_at_some_moment(sample: Sample, room: Path, after_s: float) -> None:
    before = facts(sample)
    process = sample.start("rehearse", "--no-checks")
    time.sleep(after_s)
    process.kill()
    process.communicate()
    await_nothing_left(sample, room)
    assert facts(sample) == before


def test_two_at_once(sample: Sample) -> None:
    with nothing_left(sample):
        both = [sample.start("rehearse") for _ in range(2)]
        for process in both:
            assert finish(process, 0).out.endswith("next: migrate phase1\n")


def test_a_phase_during_a_rehearsal(sample: Sample, tmp_path: Path) -> None:
    """Neither waits for the other, and neither takes the other's for its own."""
    said, go_on = tmp_path / "said", tmp_path / "go on"
    add_checks(sample, wait=["sh", "-c", f"touch '{said}'; while [ ! -e '{go_on}' ]; do sleep 0.05; done"])
    process = sample.start("rehearse")
    wait_for(said.exists, process)
    sample.call("phase1", "--yes")
    go_on.touch()
    assert "would go through, and back; 1 file of your tree changed meanwhile" in finish(process, 1).err
    assert sample.git("for-each-ref", "refs/migrate").count("\n") == 1
    sample.call("rollback", "--yes")


# On a terminal


@pytest.mark.parametrize("columns", ["40", "80"])
def test_at_a_terminal(sample: Sample, columns: str) -> None:
    with terminal(sample, "rehearse", COLUMNS=columns) as screen:
        assert screen.end() == 0
    assert "\x1b[" in screen.raw.decode()
    lines = screen.text.splitlines()
    lines = lines[next(number for number, line in enumerate(lines) if line.split()[:2] == ["phase", "outcome"]) :]
    assert any(line.startswith("way back") and "to the byte" in line for line in lines)
    assert all(len(line.rstrip()) <= int(columns) for line in lines if line.startswith(("phase", "total", "───")))


def test_no_colour(sample: Sample) -> None:
    with terminal(sample, "rehearse", "--no-checks", NO_COLOR="1") as screen:
        assert screen.end() == 0
    assert "\x1b[32m" not in screen.raw.decode()


# States of trees


def test_every_difference_of_two_trees(tmp_path: Path) -> None:
    for name in ("same", "bytes", "mode", "gone", "link"):
        (tmp_path / name).write_text("content")
    (tmp_path / "folder").mkdir()
    (tmp_path / "to_folder").symlink_to("folder")
    (tmp_path / ".git").write_text("gitdir: elsewhere")
    before = tree_state(tmp_path)
    assert sorted(before) == ["bytes", "gone", "link", "mode", "same", "to_folder"]
    assert differences(before, tree_state(tmp_path)) == ([], [])
    (tmp_path / "bytes").write_text("CONTENT")
    (tmp_path / "mode").chmod(0o755)
    (tmp_path / "gone").unlink()
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("same")
    (tmp_path / "to_folder").unlink()
    (tmp_path / "to_folder").symlink_to("elsewhere")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder/new").touch()
    changed = ["bytes", "gone", "link", "mode", "to_folder"]
    assert differences(before, tree_state(tmp_path)) == (changed, ["folder/new", "pipe"])
