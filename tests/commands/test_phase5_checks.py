"""Phase 5 as a command: a real suite of 8 tests, its criteria, what is kept of it, and the way back when it fails."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from sample import PLAN, Done, MakeSample, Sample, applied_through_4
from terminal import terminal

from rollback.git import Git
from rollback.journal import Journal, RunRequest
from rollback.lock import locked

SUITE = """\
import pytest
from shop.basket import Basket

CONTEXTS = [None, {}, {"by": "mail"}, {"by": "web"}, 1, "one", [1], (2,)]

@pytest.mark.parametrize("context", CONTEXTS)
def test_context(context):
    assert Basket(context).context == context
"""

CHECKS = """\
[[phase5.check]]
name = "imports"
criterion = "No syntax errors in deprecated files"
imports = true
compiles = true
[[phase5.check]]
name = "suite"
criterion = "All tests pass (8/8)"
run = ["python", "-m", "pytest", "-q", "-p", "no:randomly", "tests/test_basket.py"]
tests = { passed = 8, failed = 0 }
timeout_seconds = 20
[[phase5.check]]
name = "compliance"
criterion = "Compliance > 90 %"
run = ["python", "compliance.py"]
percent = { pattern = "Compliance Score: ([0-9.]+)%", above = 90 }
"""


@pytest.fixture
def shop(make_sample: MakeSample, monkeypatch: pytest.MonkeyPatch) -> Sample:
    """A sample with a suite of 8 tests, all phases but the last applied."""
    files = {
        "migrate.toml": PLAN[: PLAN.index("[[phase5.check]]")] + CHECKS,
        "tests/test_basket.py": SUITE,
        "tests/conftest.py": "import sys; sys.path.insert(0, '.')\n",
        "compliance.py": "print('Compliance Score: 96.0%')\n",
        "app/star.py": "",
        "app/spread.py": "",
    }
    sample = make_sample(files, prepare=applied_through_4)
    sample.env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sample.env.pop("PYTEST_ADDOPTS", None)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    return sample


def checks_of(done: Done) -> dict[str, Any]:
    return {check["name"]: check for check in done.document["checks"]}


def table(text: str) -> list[str]:
    """The criteria table: its rows, single blanks between the cells."""
    return [
        " ".join(line.split()) for line in text.splitlines() if line.startswith((" ✓ ", " ✗ ", "✓  ", "✗  ", "–  "))
    ]


def test_8_of_8(shop: Sample) -> None:
    before = shop.git("status", "--porcelain", "--ignored")
    done = shop.call("phase5", "--yes")
    assert done.out.endswith(
        "- [x] No syntax errors in deprecated files\n"
        "- [x] All tests pass (8/8)\n"
        "- [x] Compliance > 90 %\n"
        "phase5: 3 checks passed\n"
        "next: migrate timeline\n"
    )
    assert shop.git("status", "--porcelain", "--ignored") == before, "no cache and no report in the tree"
    document = shop.call("phase5", "--yes", "--json").document
    assert [check["ended"] for check in document["checks"]] == ["passed"] * 3
    assert [c["text"] for c in document["checks"][0]["criteria"]] == [
        "touched files compile", "shop.cart imports", "shop.till imports",
    ]  # fmt: skip
    assert document["checks"][0]["criteria"][0]["found"] == "5 of 5"


def test_7_of_8(shop: Sample) -> None:
    """The basket, which no phase touched, is at fault; the test says so, and nothing is blamed on a phase."""
    shop.write(
        "shop/basket.py",
        "class Basket:\n    def __init__(self, context=None):\n        self.context = context or None\n",
    )
    shop.write("tests/test_basket.py", SUITE.replace(", 1,", ", 2,").replace("{}, ", "", 1).replace("(2,)", "(2,), []"))
    done = shop.call("phase5", "--yes", code=1)
    assert "    passed = 8: found 7; failed = 0: found 1; first: tests.test_basket.test_context[context7]: " in done.out
    assert "    tests/test_basket.py:8: tests.test_basket.test_context[context7]: assert None == []" in done.out
    assert (
        "- [x] No syntax errors in deprecated files\n- [ ] All tests pass (8/8)\n- [ ] Compliance > 90 % (not run)\n"
        in done.out
    )
    assert "that this migration has changed" not in done.out
    assert "phase5: 1 of 3 checks failed, 1 not run\n" in done.err
    going = checks_of(shop.call("phase5", "--yes", "--keep-going", "--json", code=1))
    assert {name: check["ended"] for name, check in going.items()} == {
        "imports": "passed", "suite": "failed", "compliance": "passed",
    }  # fmt: skip
    assert [each["line"] for each in going["suite"]["failed_tests"]] == [8]


@pytest.mark.parametrize(
    ("suite", "ended", "message"),
    [
        pytest.param(
            "import shop_no_such\n", "collection-error",
            "could not be collected: tests.test_basket: ModuleNotFoundError: No module named 'shop_no_such'",
            id="collection error",
        ),
        pytest.param(
            "import time\ndef test_slow(): time.sleep(600)\n", "timed-out", "timed out after 2 s", id="time-out"
        ),
    ],
)  # fmt: skip
def test_a_collection_error_and_a_time_out(suite: str, ended: str, message: str, shop: Sample) -> None:
    shop.edit_plan("timeout_seconds = 20", "timeout_seconds = 2")
    shop.write("tests/test_basket.py", suite)
    check = checks_of(shop.call("phase5", "--yes", "--json", code=1))["suite"]
    assert (check["ended"], check["timed_out"]) == (ended, ended == "timed-out")
    assert check["message"].endswith(message)


@pytest.mark.parametrize(("score", "passed"), [("90.0", False), ("90.1", True), ("89.9", False)])
def test_90_percent_is_not_above_90(score: str, passed: bool, shop: Sample) -> None:
    shop.write("compliance.py", f"print('Compliance Score: {score}%')\n")
    check = checks_of(shop.call("phase5", "--yes", "--json", code=0 if passed else 1))["compliance"]
    assert check["criteria"] == [{"text": "compliance above 90 %", "passed": passed, "found": score}]


def test_who_touched_what_failed(shop: Sample) -> None:
    shop.write("app/main.py", shop.read("app/main.py").replace(b"def main", b"raise OSError('closed')\n\ndef main"))
    shop.write("tests/test_basket.py", "import app.main\n")
    done = shop.call("phase5", "--yes", code=1)
    assert (
        "files of the tracebacks that this migration has changed:\n"
        "  app/main.py:12: phase3 (run 3)\n"
        "  app/main.py:12: phase4 (run 4)\n"
    ) in done.out
    assert done.out.endswith("or take it back: `migrate rollback phase3`\n")
    touched = checks_of(shop.call("phase5", "--yes", "--json", code=1))["suite"]["touched"]
    assert [(each["phase"], each["run"]) for each in touched] == [(3, 3), (4, 4)]


def test_the_rollback_that_is_offered(shop: Sample) -> None:
    shop.write(
        "tests/test_basket.py", "import app.main\n\ndef test_main():\n    app.main.main()\n    assert 0, app.main\n"
    )
    shop.edit_plan("passed = 8, ", "")
    broken = shop.read("app/main.py")
    shop.write("tests/conftest.py", "import sys; sys.path.insert(0, '.')\nimport app.main\napp.main.checkout = None\n")
    with terminal(shop, "phase5") as person:
        person.answer("run 3 checks? [y/N] ", "y")
        person.answer("roll back to before phase3? [y/N] ", "y")
        assert person.end() == 1
    assert "phase4: run 4 rolled back; 2 files as before, to the byte\n" in person.text
    assert "phase3: run 3 rolled back; 3 files as before, to the byte\n" in person.text
    assert shop.read("app/main.py") != broken


def test_only(shop: Sample) -> None:
    done = shop.call("phase5", "--yes", "--only", "compliance")
    assert "- [ ] All tests pass (8/8) (not run)\n" in done.out
    assert done.out.endswith("phase5: 1 check passed\nnext: migrate phase5\n")
    assert shop.call("timeline", "--json").document["phases"][4]["state"] == "pending", "a part is not the whole"
    both = checks_of(shop.call("phase5", "--yes", "--json", "--only", "compliance", "--only", "imports"))
    assert {name: check["ended"] for name, check in both.items()} == {
        "imports": "passed", "suite": "not-run", "compliance": "passed",
    }  # fmt: skip
    shop.call("phase5", "--yes")
    shop.call("phase5", "--yes", "--only", "compliance")
    assert shop.call("timeline", "--json").document["phases"][4]["state"] == "passed"


def test_only_a_check_that_there_is(shop: Sample) -> None:
    done = shop.call("phase5", "--yes", "--only", "tests", code=2)
    assert (
        "phase5: --only 'tests': the plan has no check of this name; it has 'imports', 'suite', 'compliance'"
        in done.err
    )


@pytest.mark.parametrize("option", [["--only", "suite"], ["--keep-going"]])
def test_options_of_phase_5_alone(option: list[str], shop: Sample) -> None:
    complaint = shop.call("phase3", "--yes", *option, code=2).complaint
    assert complaint == f"phase3: {option[0]} is about the checks of phase5; leave it out here"


def test_what_is_not_required(shop: Sample) -> None:
    shop.edit_plan("percent =", "required = false\npercent =")
    shop.write("compliance.py", "print('Compliance Score: 12%')\n")
    done = shop.call("phase5", "--yes")
    assert "! compliance (" in done.out
    assert "- [ ] Compliance > 90 % (not required)\n" in done.out
    assert "phase5: 2 checks passed; 1 that the plan does not require failed\n" in done.out


def test_a_flaky_check(shop: Sample, tmp_path: Path) -> None:
    shop.write(
        "compliance.py",
        f"import os\nseen = {str(tmp_path / 'seen')!r}\n"
        "print('Compliance Score:', '96%' if os.path.exists(seen) else '12%')\nopen(seen, 'w').close()\n",
    )
    shop.edit_plan("percent =", "retries = 2\npercent =")
    done = shop.call("phase5", "--yes")
    assert ", attempt 2)" in done.out
    assert "running compliance (attempt 2 of 3): python compliance.py\n" in done.err


def test_output_is_kept(shop: Sample) -> None:
    shop.write("compliance.py", "print('x' * 70); [print(n) for n in range(100)]; print('Compliance Score: 96%')\n")
    shop.call("phase5", "--yes")
    with Journal.open(Git.open(shop.root), create=False) as journal:
        outputs = {output.name: output.output for output in journal.outputs(journal.last_id())}
    assert outputs["compliance"].startswith(b"x" * 70 + b"\n0\n1\n")
    assert outputs["suite"].count(b"8 passed") == 1


def test_an_interpreter_of_its_own(shop: Sample) -> None:
    (shop.root / "env/bin").mkdir(parents=True)
    python = shop.root / "env/bin/python"
    python.write_text(f'#!/bin/sh\necho "by the target\'s own"\nexec {shutil.which("python")} "$@"\n')
    python.chmod(0o755)
    shop.edit_plan('name = "basket"', 'name = "basket"\npython = "env/bin/python"')
    done = shop.call("phase5", "--yes", "-v")
    assert done.err.count("by the target's own") == 5, "two commands, and three of the probes"
    python.unlink()
    done = shop.call("phase5", "--yes", code=1)
    assert f"plan.python: there is no executable '{python}'; install it there, or correct the plan" in done.out
    check = shop.call("check", code=1)
    assert f"migrate.toml:3:0: error: missing-command: plan.python: there is no executable '{python}'" in check.out


def test_ctrl_c_ends_a_check_and_its_children(shop: Sample, tmp_path: Path) -> None:
    """What had ended is on record, the time that it took, and what the check had said until then."""
    pid = tmp_path / "pid"
    code = f"import subprocess, time; print('on the way', flush=True); p = subprocess.Popen(['sleep', '600']); open({str(pid)!r}, 'w').write(str(p.pid)); time.sleep(600)"
    shop.write("compliance.py", code)
    process = shop.start("phase5", "--yes")
    until = time.monotonic() + 60
    while not (pid.exists() and pid.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    while Path(f"/proc/{pid.read_text()}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    (run,) = shop.call("timeline", "--json").document["phases"][4]["runs"]
    assert (run["state"], run["detail"]) == ("failed", "interrupted")
    with Journal.open(Git.open(shop.root), create=False) as journal:
        ended = {check["name"]: (check["ended"], check["attempts"]) for check in journal.checks(run["run"])}
        outputs = {output.name: output.output for output in journal.outputs(run["run"])}
    assert ended == {"imports": ("passed", 1), "suite": ("passed", 1), "compliance": ("interrupted", 1)}
    assert outputs["compliance"] == b"on the way\n"
    assert shop.call("journal", "show", str(run["run"])).out.count("- [ ] Compliance > 90 % interrupted\n") == 1


def test_the_panel(shop: Sample) -> None:
    shop.write(
        "compliance.py", "import time\nprint('on the way', flush=True)\ntime.sleep(1)\nprint('Compliance Score: 96%')\n"
    )
    for columns in (80, 40):
        with terminal(shop, "phase5", COLUMNS=str(columns)) as person:
            person.answer("run 3 checks? [y/N] ", "y")
            assert person.end() == 0
        assert "on the way" in person.text
        assert " s of 300 s " in person.text
        is_list = "  \u2713 passed = 8: 8" in person.text
        assert is_list == (columns == 40), "four columns have no room there"
        assert person.text.rstrip().endswith("next: migrate timeline")


def test_a_failure_of_before_is_told_from_a_new_one(shop: Sample) -> None:
    """The suite is new and untracked; before phase 1 it runs on the old files."""
    shop.edit_plan("tests = { passed = 8, failed = 0 }", "tests = { newly_failed = 0 }\nbaseline = true")
    shop.write(
        "tests/test_new.py",
        "def test_old(): assert 0, 'as ever'\n"
        "def test_cart(): assert 'Cart' in open('app/main.py').read().partition('import')[2].partition('\\n')[0]\n"
        "def test_from(): assert 'from shop.cart' in open('app/main.py').read()\n",
    )
    shop.edit_plan("tests/test_basket.py", "tests")
    before = shop.state()
    done = shop.call("phase5", "--yes", "--json", code=1)
    after = shop.state()
    assert {key: after[key] for key in ("files", "status")} == {key: before[key] for key in ("files", "status")}
    check = checks_of(done)["suite"]
    assert check["criteria"][0] == {
        "text": "newly failed = 0", "passed": False, "found": "1: tests.test_new.test_from",
    }  # fmt: skip
    assert [(test["test"], test["is_new"]) for test in check["failed_tests"]] == [
        ("tests.test_new.test_old", False), ("tests.test_new.test_from", True),
    ]  # fmt: skip
    assert "running suite (before phase 1): python -m pytest" in done.err
    assert "tests.test_new.test_from (new): " in done.err
    assert "tests.test_new.test_old (failed before phase 1 as well): " in done.err
    assert shop.git("worktree", "list").count("\n") == 1


def test_a_failure_that_the_migration_has_not_caused(shop: Sample) -> None:
    shop.edit_plan("percent =", "baseline = true\npercent =")
    shop.write("compliance.py", "print('Compliance Score: 12%')\n")
    shop.commit()
    done = shop.call("phase5", "--yes", code=1)
    assert "before phase 1 it passed: the migration, or an edit since, has caused this\n" in done.out
    shop.call("rollback", "--all", "--yes")
    shop.commit()
    shop.call("run", "--yes", "--keep-going", code=1)
    done = shop.call("phase5", "--yes", code=1)
    assert "before phase 1 it failed as well (compliance above 90 %: found 12; " in done.out


def test_a_baseline_that_is_interrupted_leaves_nothing(shop: Sample, tmp_path: Path) -> None:
    started = tmp_path / "started"
    shop.write("compliance.py", f"import time; open({str(started)!r}, 'w').close(); time.sleep(600)\n")
    shop.edit_plan("percent =", "baseline = true\npercent =")
    process = shop.start("phase5", "--yes", "--only", "compliance")
    until = time.monotonic() + 60
    while not started.exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert shop.git("worktree", "list").count("\n") == 1
    with Journal.open(Git.open(shop.root), create=False) as journal:
        checks = {check["name"]: (check["ended"], check["attempts"]) for check in journal.checks(journal.last_id())}
    assert checks["compliance"] == ("interrupted", 1)


def test_the_record_agrees_with_the_verdict(shop: Sample) -> None:
    """What is left of the old fails the phase where it is asked to; the checks alone do not make it pass."""
    shop.write("app/star.py", "from shop.cart import *\n")
    assert "phase5: 3 checks passed\n" in shop.call("phase5", "--yes").out
    done = shop.call("phase5", "--yes", "--strict", code=1)
    assert "phase5: deprecated uses left: 1 warning (deprecated-import 1)\n" in done.err
    fifth = shop.call("timeline", "--json").document["phases"][4]
    assert fifth["state"] == "failed"
    assert [(run["state"], run["detail"]) for run in fifth["runs"]] == [
        ("passed", ""), ("failed", "deprecated uses left: 1 warning (deprecated-import 1)"),
    ]  # fmt: skip
    shop.write("app/star.py", "def broken(:\n    from shop.cart import Cart\n")
    done = shop.call("phase5", "--yes", code=1)
    assert "(unparseable 1)" in done.err
    assert shop.call("timeline", "--json").document["phases"][4]["state"] == "failed"
    shop.call("phase5", "--yes", "--force")
    assert shop.call("timeline", "--json").document["phases"][4]["state"] == "passed"


def test_an_output_that_nobody_reads(shop: Sample) -> None:
    with shop.start("phase5", "--yes") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        process.stderr.read()
    assert process.returncode != 0
    (run,) = shop.call("timeline", "--json").document["phases"][4]["runs"]
    assert (run["state"], run["detail"]) == ("failed", "nobody read its output any more")


def test_a_result_of_an_older_version_is_shown_as_one_of_today(shop: Sample) -> None:
    old = {
        "name": "suite", "command": ["pytest"], "passed": False, "exit_code": 0, "seconds": 1.5, "timed_out": False,
        "criteria": [], "message": "no report", "tail": "",
    }  # fmt: skip
    with locked(Git.open(shop.root), "test"), Journal.open(Git.open(shop.root), create=True) as journal:
        run = journal.record_check_run(RunRequest("basket", 5, time.time()), "failed", [old])
    done = shop.call("journal", "show", str(run.id), "--json")
    (check,) = done.document["checks"]
    assert check == {**check, **old, "title": "suite", "ended": "failed", "attempts": 1, "touched": []}
    assert "- [ ] suite no report\n" in shop.call("journal", "show", str(run.id)).out


def test_edits_left_in_a_phase_that_was_applied(shop: Sample) -> None:
    """A file that came later, or hunks that were not taken."""
    assert shop.call("timeline", "--json").document["estimate"]["edits_left"] == 0
    shop.write("app/late.py", "from shop.cart import Cart\n\nCart(metadata=1)\n")
    estimate = shop.call("timeline", "--json").document["estimate"]
    assert estimate["edits_left"] > 0
    assert {each["phase"]: bool(each["minutes"]) for each in estimate["phases"]}[3]
