"""`migrate check` as the real process, and in the test's own one."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from sample import CONFLICT, PLAN, REDIRECT, MakeSample, Sample, finish, wait_for

from migrate import check_command
from migrate.plan import load_plan

QUIET_PLAN = PLAN.replace("budget_minutes = 20\n", "").replace(', "app/gone.py"', "")
HOLES: dict[str, str | bytes | None] = {
    "migrate.toml": QUIET_PLAN,
    "shop/money.py": "EUR = 1\n",
    "shop/till.py": "from shop.money import EUR\n\nclass Till: ...\n\ndef spare(): ...\n\ndef only_here(): ...\n",
    "app/money.py": "from shop.till import EUR\n",
    "app/only.py": "from shop.till import only_here\n",
    "app/spread.py": None,
    "app/star.py": None,
}
HINT = "explain a code: migrate explain dangling-name\n"
CLEAN: dict[str, str | bytes | None] = {"migrate.toml": QUIET_PLAN, "app/spread.py": None, "app/star.py": None}


def check_line(done_err: str) -> str:
    return next(line for line in done_err.splitlines() if line.startswith("check: "))


def test_nothing_wrong(make_sample: MakeSample) -> None:
    sample = make_sample(CLEAN)
    with sample.nothing_written():
        done = sample.migrate("check")
        again = sample.migrate("check", "--strict", "--suggest")
    assert done.out.splitlines() == [
        "phase1  would make 1 edit in 1 file; no findings",
        "phase2  would make 1 edit in 1 file; no findings",
        "phase3  would make 4 edits in 3 files; no findings",
        "phase4  would make 2 edits in 2 files; no findings",
        "phase5  would run 1 check; no findings",
        "check: no findings",
        "next: migrate phase1",
    ]
    assert done.err == ""
    assert "nothing to suggest: no hole that a line of the plan would surely close" in again.out


def test_a_module_that_is_a_link_is_one_finding_among_others(make_sample: MakeSample) -> None:
    sample = make_sample(HOLES)
    (sample.root / "shop/cart.py").unlink()
    (sample.root / "shop/cart.py").symlink_to("pay.py")
    sample.git("commit", "-am", "link")
    done = sample.migrate("check", code=1)
    assert (
        "shop/cart.py:1:0: error: missing-target: the module's file is a symbolic link; its target is a file of its own; "
        "a redirect takes the place of a file of this tree; correct phase1.redirect or source_roots"
    ) in done.out.splitlines()
    assert "check: 5 errors (dangling-name 2, lost-definition 2, missing-target 1)" in done.out.splitlines()
    refused = "shop/cart.py: is a symbolic link; its target is a file of its own; not touched"
    assert [sample.call(f"phase{phase}", "--yes", code=3).complaint for phase in (1, 3)] == [refused] * 2


def test_holes_are_errors(make_sample: MakeSample) -> None:
    sample = make_sample(HOLES)
    with sample.nothing_written():
        done = sample.migrate("check", code=1)
    assert done.out.splitlines()[:4] == [
        "app/money.py:1:22: error: dangling-name: EUR is imported from shop.till, which becomes a redirect without it; "
        'add "shop.money:EUR" to phase2.redirect[0].exports',
        "app/only.py:1:22: error: dangling-name: only_here is imported from shop.till, which becomes a redirect without "
        "it; it is defined only there, so move its definition first",
        "shop/till.py:5:0: error: lost-definition: spare is defined only in this file, which becomes a redirect without "
        'it, and nobody in this repository uses it; move its definition to a module that stays, or write drop = ["spare"]',
        "shop/till.py:7:0: error: lost-definition: only_here is defined only in this file, which becomes a redirect "
        "without it, and 1 place uses it (app/only.py:1); move its definition to a module that stays and export it from there",
    ]
    assert done.out.splitlines()[-2:] == [
        "check: 4 errors (dangling-name 2, lost-definition 2)", "next: migrate check --suggest",
    ]  # fmt: skip


def test_warnings_count_with_strict_only(make_sample: MakeSample) -> None:
    sample = make_sample({**CLEAN, "README.md": "See shop.cart.\n"})
    assert sample.call("check").out.endswith("check: 1 warning (text-mention 1)\nnext: migrate phase1\n")
    assert sample.call("check", "--strict", code=1).out.endswith("next: mend them and run `migrate check` again\n")


def test_suggest_then_write_then_check(make_sample: MakeSample) -> None:
    sample = make_sample(HOLES)
    with sample.nothing_written():
        shown = sample.call("check", "--suggest", code=1)
    assert '+exports = ["shop.pay:Till", "shop.money:EUR"]\n+drop = ["spare"]\n' in shown.out
    assert (
        "left to you: 1 name without a certain home\n  shop.till:only_here (1 use): it is defined in the old file alone"
        in shown.out
    )
    assert shown.out.endswith("next: migrate check --suggest --write\n")
    before = sample.files()
    written = sample.migrate("check", "--suggest", "--write", code=1)
    assert "migrate.toml: 2 suggestions written\n" in written.out
    assert written.out.endswith("next: migrate check\n")
    changed = {path for path, print_ in sample.files().items() if before.get(path) != print_}
    assert changed == {"migrate.toml"}
    redirect = load_plan(sample.root / "migrate.toml").redirects[1]
    assert (list(map(str, redirect.exports)), redirect.drop) == (["shop.pay:Till", "shop.money:EUR"], ("spare",))
    left = sample.call("check", code=1)
    assert check_line(left.out) == "check: 2 errors (dangling-name 1, lost-definition 1)"
    with sample.untouched():
        again = sample.call("check", "--suggest", "--write", code=1)
    assert "nothing to suggest" in again.out
    assert "written" not in again.out


def test_write_keeps_what_the_file_is_like(make_sample: MakeSample) -> None:
    content = b"\xef\xbb\xbf" + QUIET_PLAN.replace("\n", "\r\n").encode() + b"# the end"
    sample = make_sample({**HOLES, "migrate.toml": content})
    (sample.root / "migrate.toml").chmod(0o600)
    sample.call("check", "--suggest", "--write", code=1)
    after = sample.read("migrate.toml")
    assert after.startswith(b"\xef\xbb\xbf")
    assert after.endswith(b"# the end")
    assert after.count(b"\r\n") == after.count(b"\n") == content.count(b"\n") + 1
    assert (sample.root / "migrate.toml").stat().st_mode & 0o777 == 0o600


def test_json(make_sample: MakeSample) -> None:
    sample = make_sample(HOLES)
    with sample.untouched():
        document = sample.migrate("check", "--json", code=1).document
    assert {finding["code"] for finding in document["findings"]} == {"dangling-name", "lost-definition"}
    assert document["suggestion"] is None
    told = sample.call("check", "--json", "--suggest", "--write", code=1)
    assert told.document["suggestion"]["written"] is True
    assert told.err.startswith("app/money.py:1:22: error: dangling-name: ")
    sample.write("migrate.toml", PLAN.replace("module =", "modul ="))
    refused = sample.call("check", "--json", code=2)
    assert refused.document["exit_code"] == 2


def test_quiet(make_sample: MakeSample) -> None:
    out = make_sample(HOLES).call("check", "--quiet", code=1).out.splitlines()
    assert [line.partition(" ")[0] for line in out] == [
        "phase1",
        "phase2",
        "phase3",
        "phase4",
        "phase5",
        "check:",
        "next:",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        pytest.param(
            ["--write"], 2, "check: --write puts suggested lines into the plan; pass --suggest as well", id="write"
        ),
        pytest.param(["--sugest"], 2, "migrate check: No such option: --sugest", id="unknown option"),
        pytest.param(["shop"], 2, "migrate check: Got unexpected extra argument", id="an argument"),
        pytest.param(["--plan", "gone.toml"], 2, "gone.toml: no such file; ", id="no plan"),
        pytest.param(["--jobs", "0"], 2, "migrate check: Invalid value for '--jobs'", id="no jobs"),
    ],
)
def test_refusals(arguments: list[str], code: int, expected: str, sample: Sample) -> None:
    with sample.nothing_written():
        assert sample.migrate("check", *arguments, code=code).complaint.startswith(expected)


def test_a_wrong_plan_gets_a_line_for_each_mistake(sample: Sample) -> None:
    sample.write("migrate.toml", PLAN.replace('name = "basket"', 'name = "B b"').replace("rename =", "renames ="))
    done = sample.migrate("check", code=2)
    keys = [line.partition(".toml: ")[2].partition(":")[0] for line in done.err.splitlines()]
    assert (keys, done.out) == (["plan.name", "phase4.call[0].renames", "phase4.call[0]"], "")


def test_not_a_git_repository(sample: Sample, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "migrate.toml").write_text(PLAN)
    done = sample.migrate("check", cwd=plain, code=3)
    assert done.complaint == f"{plain}: not a git repository; run inside one, or name it with --root"


def test_a_plan_outside_of_the_root(make_sample: MakeSample, tmp_path: Path) -> None:
    sample = make_sample(HOLES)
    plan = tmp_path / "elsewhere.toml"
    plan.write_text(QUIET_PLAN)
    with sample.untouched():
        done = sample.call("check", "--plan", str(plan), "--suggest", "--write", code=1)
    assert f"--- a/{str(plan).lstrip('/')}\n" in done.out
    assert f"{plan}: 2 suggestions written" in done.out
    assert load_plan(plan).redirects[1].drop == ("spare",)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(PermissionError(13, "Permission denied"), "cannot write: Permission denied", id="read-only"),
        pytest.param(OSError(28, "No space left on device"), "cannot write: No space left on device", id="full disk"),
    ],
)
def test_a_plan_that_cannot_be_written(error: OSError, expected: str, make_sample: MakeSample) -> None:
    sample = make_sample(HOLES)
    with sample.untouched(), patch.object(check_command, "write_plan", side_effect=error):
        done = sample.call("check", "--suggest", "--write", code=3)
    assert done.err == f"{HINT}migrate.toml: {expected}; the plan is as before\n"


@pytest.mark.parametrize("text", [QUIET_PLAN.replace('title = "Redirect the till"', ""), "not a plan", "a = 1\n"])
def test_a_plan_that_changes_meanwhile(text: str, make_sample: MakeSample) -> None:
    sample = make_sample(HOLES)
    looked = check_command.look

    def change(*arguments: object) -> object:
        sample.write("migrate.toml", text)
        return looked(*arguments)  # type: ignore[arg-type]

    with patch.object(check_command, "look", change):
        done = sample.call("check", "--suggest", "--write", code=3)
    assert done.err == f"{HINT}migrate.toml: changed while it was checked; nothing written; run `migrate check` again\n"
    assert sample.read("migrate.toml").decode() == text


def test_a_dropped_name_that_is_used_is_not_exported_by_itself(make_sample: MakeSample) -> None:
    """The plan would contradict itself."""
    plan = QUIET_PLAN.replace('exports = ["shop.pay:Till"]', 'exports = ["shop.pay:Till"]\ndrop = ["EUR", "spare"]')
    sample = make_sample({**HOLES, "migrate.toml": plan})
    done = sample.call("check", "--suggest", "--write", code=1)
    assert "EUR (1 use): it comes from shop.money.EUR, but the plan has it in phase2.redirect[0].drop" in done.out
    sample.call("check", code=1)


def test_an_interrupted_run_is_mentioned(make_sample: MakeSample) -> None:
    sample = make_sample(CLEAN)
    code = "import os; os.rename('shop', 'shop2'); os.symlink('shop2', 'shop'); raise SystemExit(1)"
    sample.call("phase1", "--yes", "--verify", f'{sys.executable} -S -c "{code}"', code=3)
    (sample.root / "shop").unlink()
    (sample.root / "shop2").rename(sample.root / "shop")
    with sample.untouched():
        done = sample.call("check")
    assert "run 1 (phase 1 of 'basket') was interrupted; run `migrate rollback` to restore it" in done.err
    assert done.out.endswith("next: migrate rollback\n")


@pytest.mark.parametrize("phase", [1, 2, 3])
def test_phases_refuse_over_errors_of_their_own(phase: int, make_sample: MakeSample) -> None:
    files: dict[str, str | bytes | None] = {
        **CLEAN,
        "shop/cart.py": "class Cart: ...\ndef only_cart(): ...\n" if phase == 1 else REDIRECT,
        "app/only.py": "from shop.till import only_here\n" if phase == 2 else "",
    }
    if phase == 3:
        files["shop/pay.py"] = "class Till: ...\n"
        files["shop/till.py"] = b'"""DEPRECATED: use shop.pay."""\nfrom shop.pay import Till\n\n__all__ = ["Till"]\n'
    sample = make_sample(files)
    with sample.untouched():
        done = sample.call(f"phase{phase}", "--yes", code=1)
    assert ("missing-export" if phase == 3 else "lost-definition" if phase == 1 else "dangling-name") in done.out
    before = sample.files()
    sample.call(f"phase{phase}", "--yes", "--force")
    assert sample.files() != before


def test_a_redirect_in_place_is_nothing_to_do(make_sample: MakeSample) -> None:
    """What it lacks is told by check all the same; the phase has nothing to write, and stops nobody."""
    sample = make_sample({**CLEAN, "shop/cart.py": REDIRECT, "app/gone.py": "from shop.cart import gone\n"})
    with sample.untouched():
        done = sample.call("phase1", "--yes")
        told = sample.call("check", code=1)
    assert "nothing to do" in done.out
    assert "app/gone.py:1:22: error: dangling-name: gone is imported from shop.cart" in told.out


def test_the_origin_is_named_after_the_phases(make_sample: MakeSample) -> None:
    sample = make_sample(HOLES)
    for phase in (1, 2, 3, 4):
        sample.call(f"phase{phase}", "--yes", "--force")
        sample.commit()
    done = sample.call("check", code=1)
    assert 'EUR is imported from shop.till, which becomes a redirect without it; add "shop.money:EUR" to' in done.out
    assert (
        "only_here is imported from shop.till, which becomes a redirect without it; it is defined only there"
        in done.out
    )
    assert [line for line in done.out.splitlines() if line.startswith("phase2")] == [
        "phase2  has nothing to change; blocked by 2 errors (dangling-name 2)"
    ]


def test_odd_names_show_no_control_characters(make_sample: MakeSample) -> None:
    path = "app/o\x1b[31m\nd\x07.py"
    sample = make_sample({**HOLES, path: "from shop.till import only_here as x\n\x0cx\n"})
    done = sample.migrate("check", "--suggest", code=1)
    assert not {"\x1b", "\x07", "\x0c"} & set(done.out + done.err)
    assert all(not line.startswith("d\\x07") for line in done.out.splitlines())
    assert r"app/o\x1b[31m\nd\x07.py:1:22: error: dangling-name" in done.out
    found = json.loads(sample.call("check", "--json", code=1).out)["findings"]
    assert path in {finding["path"] for finding in found}


def test_options_before_the_command(make_sample: MakeSample) -> None:
    sample = make_sample(CLEAN)
    done = sample.call("--root", str(sample.root), "--quiet", "check", cwd=Path("/"))
    assert done.out.endswith("next: migrate phase1\n")


def test_ctrl_c(make_sample: MakeSample) -> None:
    """Nothing is left running, and nothing was written."""
    sample = make_sample({**CLEAN, "app/many.py": "from shop.cart import Cart\n"})
    (sample.root / "bin").mkdir()
    real = next(Path(folder, "git") for folder in os.get_exec_path() if Path(folder, "git").exists())
    slow = sample.root / "bin/git"
    slow.write_text(
        f'#!/bin/sh\nfor a; do [ "$a" = grep ] && : > {sample.root}/bin/started && sleep 0.5; done\nexec {real} "$@"\n'
    )
    slow.chmod(0o755)
    process = sample.start("check", "--jobs", "2", PATH=f"{slow.parent}{os.pathsep}{sample.env['PATH']}")
    wait_for((sample.root / "bin/started").exists, process)
    os.killpg(process.pid, signal.SIGINT)
    done = finish(process, 130)
    assert "interrupted" in done.err
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_what_is_foretold_is_what_happens(sample: Sample) -> None:
    """Edits, files and findings that are left, phase by phase."""
    sample.write("app/conflict.py", CONFLICT)
    sample.commit()
    done = sample.call("check", "--json", code=1)
    foretold = {phase["phase"]: (phase["edits"], phase["files"]) for phase in done.document["phases"]}
    happened: dict[int, tuple[int, int]] = {5: (0, 0)}
    for phase in (1, 2, 3, 4):
        files = sample.call(f"phase{phase}", "--yes", "--force", "--json").document["files"]
        happened[phase] = sum(len(file["edits"]) for file in files), len(files)
    assert foretold == happened
    assert "priority app/gone.py: not in the tree" in done.err


def test_calls_by_the_old_name_are_foretold(make_sample: MakeSample) -> None:
    """Phase 3 makes calls of the callee of them, whether there is a redirect or not."""
    plan = """\
[plan]
name = "basket"
[phase3]
[[phase3.move]]
old = "shop.till:Till"
new = "shop.pay:Purse"
[[phase3.move]]
old = "shop.old_pay"
new = "shop.pay"
[phase4]
[[phase4.call]]
callee = "shop.pay:Purse"
rename = { k = "key" }
"""
    sample = make_sample({
        "migrate.toml": plan,
        "shop/pay.py": "class Purse:\n    def __init__(self, key=1): ...\n",
        "shop/till.py": "class Till:\n    def __init__(self, k=1): ...\n",
        "shop/old_pay.py": "class Purse:\n    def __init__(self, k=1): ...\n",
        "app/main.py": "from shop.till import Till\nTill(k=1)\nTill(k=1, key=2)\n",
        "app/second.py": "import shop.old_pay\nshop.old_pay.Purse(k=1)\n",
        "app/odd ü.py": "",
        "app/star.py": "",
        "app/spread.py": "",
    })  # fmt: skip
    found = sample.call("check", "--json", code=1).document
    (calls,) = (phase for phase in found["phases"] if phase["phase"] == 4)
    assert (calls["edits"], calls["files"]) == (2, 2)
    assert [(f["code"], f["path"], f["line"]) for f in found["findings"]] == [("keyword-conflict", "app/main.py", 3)]
    sample.call("phase3", "--yes")
    then = sample.call("phase4", "--dry-run", "--json").document
    assert sum(len(file["edits"]) for file in then["files"]) == 2
