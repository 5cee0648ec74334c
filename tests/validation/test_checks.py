"""Checks: real commands and real pytest runs, judged by exit code, test numbers and percentages."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from validating import EIGHT, PYTEST, run

from migrate.plan_checks import Check, Percent, Tests
from migrate.validation.results import CheckResult, Criterion

pytestmark = pytest.mark.processes_unmeasured


def check(
    run: Sequence[str], *, tests: Tests | None = None, percent: Percent | None = None, timeout_s: float = 60
) -> Check:
    return Check(name="shop", run=tuple(run), timeout_seconds=timeout_s, tests=tests, percent=percent)


def run_python(root: Path, code: str, percent: Percent | None = None) -> CheckResult:
    return run(root, check([sys.executable, "-c", code], percent=percent))


def run_suite(root: Path, tests: Tests, *arguments: str) -> CheckResult:
    return run(root, check([*PYTEST, *arguments], tests=tests))


def found(result: CheckResult) -> dict[str, str]:
    return {criterion.text: criterion.found for criterion in result.criteria}


# Exit code.


def test_exit_code_0_passes(root: Path) -> None:
    result = run_python(root, "print('fine')")
    assert result.passed
    assert result.criteria == (Criterion("exit code 0", True, "0"),)
    assert (result.name, result.exit_code, result.timed_out, result.tail) == ("shop", 0, False, "fine")
    assert result.command[1:] == ("-c", "print('fine')")


def test_failure_quotes_the_last_line(root: Path) -> None:
    result = run_python(root, "from json import no_such_name")
    assert result.criteria == (Criterion("exit code 0", False, "1"),)
    assert result.message.startswith("exit code 0: found 1; last words: ImportError: cannot import name 'no_such_name'")


def test_silent_failure(root: Path) -> None:
    assert run_python(root, "raise SystemExit(3)").message == "exit code 0: found 3"


def test_failure_by_signal_names_it(root: Path) -> None:
    result = run_python(root, "import os; os.kill(os.getpid(), 9)")
    assert (result.exit_code, result.message) == (-9, "exit code 0: found -9 (SIGKILL)")


def test_failure_by_signal_without_a_name(root: Path) -> None:
    result = run_python(root, "import os; os.kill(os.getpid(), 40)")
    assert result.message == "exit code 0: found -40 (a signal)"


def test_command_not_found(root: Path) -> None:
    result = run(root, check(["shop-no-such"]))
    assert result.message == "'shop-no-such' was not found on PATH; install it or write its path"
    assert (result.exit_code, result.criteria) == (None, ())


def test_timeout(root: Path) -> None:
    code = "import time; print('waiting', flush=True); time.sleep(60)"
    result = run(root, check([sys.executable, "-c", code], timeout_s=0.5))
    assert (result.ended, result.timed_out, result.criteria) == ("timed-out", True, ())
    assert result.message == "timed out after 0.5 s"
    assert result.tail == "waiting"


@pytest.mark.parametrize(
    ("passed", "timed_out", "ended"),
    [(True, False, "passed"), (False, False, "failed"), (False, True, "timed-out")],
    ids=["passed", "failed", "timed out"],
)
def test_a_result_on_record_of_an_older_version(passed: bool, timed_out: bool, ended: str) -> None:
    """It has no title, no attempts and nothing of what failed."""
    document = {
        "name": "suite", "command": ["pytest"], "passed": passed, "exit_code": 0, "seconds": 1.5, "timed_out": timed_out,
        "criteria": [{"text": "exit code 0", "passed": passed, "found": "0"}], "message": "", "tail": "",
    }  # fmt: skip
    result = CheckResult.of(document)
    assert (result.title, result.ended, result.required, result.attempts) == ("suite", ended, True, 1)
    assert result.as_json() == {**result.as_json(), **document}


def test_as_json(root: Path) -> None:
    document = run_python(root, "print('fine')").as_json()
    seconds = document.pop("seconds")
    assert seconds == round(seconds, 3)
    assert document == {
        "name": "shop",
        "title": "shop",
        "command": [sys.executable, "-c", "print('fine')"],
        "ended": "passed",
        "passed": True,
        "required": True,
        "exit_code": 0,
        "timed_out": False,
        "attempts": 1,
        "criteria": [{"text": "exit code 0", "passed": True, "found": "0"}],
        "message": "",
        "tail": "fine",
        "failed_tests": [],
        "before": None,
        "touched": [],
        "form": check([sys.executable, "-c", "print('fine')"]).form,
    }


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        pytest.param({}, True, id="the same"),
        pytest.param({"note": "why"}, True, id="a note"),
        pytest.param({"name": "another"}, True, id="another name"),
        pytest.param({"required": True}, True, id="what is so anyway"),
        pytest.param({"run": ["python", "-q"]}, False, id="another command"),
        pytest.param({"criterion": "All"}, False, id="what it stands for"),
        pytest.param({"env": {"A": "b"}}, False, id="another environment"),
        pytest.param({"tests": {"passed": 12}}, False, id="another number"),
        pytest.param({"required": False}, False, id="not required"),
    ],
)
def test_the_form_of_a_check(other: dict[str, object], is_same: bool) -> None:
    mine: dict[str, object] = {"name": "shop", "run": ["python"], "tests": {"passed": 8}}
    forms = {Check.model_validate(each).form for each in (mine, {**mine, **other})}
    assert (len(forms) == 1) == is_same


# Test numbers.


def test_8_of_8(root: Path) -> None:
    (root / "test_shop.py").write_text(EIGHT.format(limit=8))
    result = run_suite(root, Tests(passed=8, failed=0), "test_shop.py")
    assert result.passed
    assert found(result) == {"passed = 8": "8", "failed = 0": "0", "errors = 0": "0", "exit code 0": "0"}


def test_7_of_8(root: Path) -> None:
    (root / "test_shop.py").write_text(EIGHT.format(limit=7))
    result = run_suite(root, Tests(passed=8, failed=0), "test_shop.py")
    assert [criterion.passed for criterion in result.criteria] == [False, False, True, True]
    assert result.message == ("passed = 8: found 7; failed = 0: found 1; first: test_shop.test_n[7]: assert 7 < 7")
    assert "1 failed, 7 passed" in result.tail


def test_failures_the_plan_expects(root: Path) -> None:
    (root / "test_shop.py").write_text(EIGHT.format(limit=7))
    result = run_suite(root, Tests(passed=7, failed=1), "test_shop.py")
    assert (result.passed, result.exit_code) == (True, 1)


def test_numbers_the_plan_does_not_name_may_be_anything(root: Path) -> None:
    (root / "test_shop.py").write_text(EIGHT.format(limit=7))
    result = run_suite(root, Tests(passed=7), "test_shop.py")
    assert result.passed
    assert found(result) == {"passed = 7": "7", "exit code 0 or 1": "1"}


MIXED = """
import pytest

@pytest.fixture
def till():
    yield
    raise OSError("till is stuck")

def test_passes(): pass
def test_fails(): assert False, "no stock"
def test_teardown(till): pass
@pytest.mark.skip
def test_skipped(): pass
@pytest.mark.xfail
def test_known(): assert False
"""


@pytest.mark.parametrize(
    ("tests", "message"),
    [
        pytest.param(Tests(passed=1, failed=1, skipped=2, errors=1), "", id="every number named"),
        pytest.param(Tests(passed=1, failed=1), "errors = 0: found 1", id="an error is not a pass"),
        pytest.param(Tests(skipped=1), "skipped = 1: found 2", id="an expected failure counts as skipped"),
        pytest.param(Tests(errors=0), "errors = 0: found 1", id="only errors named"),
    ],
)
def test_every_kind_of_result(tests: Tests, message: str, root: Path) -> None:
    (root / "test_shop.py").write_text(MIXED)
    result = run_suite(root, tests, "test_shop.py")
    assert result.message.partition("; first")[0] == message
    assert bool(message) == ("; first: test_shop.test_fails: AssertionError: no stock" in result.message)


def test_collection_error_counts_as_error(root: Path) -> None:
    (root / "test_shop.py").write_text("import shop_no_such\n")
    result = run_suite(root, Tests(passed=8, failed=0), "test_shop.py")
    assert (result.ended, result.timed_out) == ("collection-error", False)
    assert result.message == (
        "passed = 8: found 0; errors = 0: found 1; exit code 0 or 1: found 2 (interrupted); "
        "could not be collected: test_shop: ModuleNotFoundError: No module named 'shop_no_such'"
    )


def test_no_tests_collected(root: Path) -> None:
    (root / "test_shop.py").write_text("")
    result = run_suite(root, Tests(failed=0), "test_shop.py")
    assert [str(criterion) for criterion in result.criteria if not criterion.passed] == [
        "exit code 0: found 5 (no tests collected)"
    ]


def test_missing_test_file_in_the_words_of_pytest(root: Path) -> None:
    result = run_suite(root, Tests(passed=8), "tests/test_gone.py")
    assert result.message == (
        "passed = 8: found 0; exit code 0: found 4 (usage error); "
        "last words: ERROR: file or directory not found: tests/test_gone.py"
    )


def test_no_report(root: Path) -> None:
    result = run(root, check([sys.executable, "-m", "shop_no_such"], tests=Tests(passed=8, failed=0)))
    assert {criterion.found for criterion in result.criteria[:3]} == {"no test report"}
    assert found(result)["exit code 0"] == "1"
    assert result.message.startswith("no test report was written; exit code 0: found 1; last words: ")
    assert result.message.endswith("No module named shop_no_such")


def test_report_that_the_command_sends_elsewhere(root: Path) -> None:
    (root / "test_shop.py").write_text(EIGHT.format(limit=8))
    result = run_suite(root, Tests(passed=8), "test_shop.py", "-q", f"--junit-xml={root.parent / 'own.xml'}")
    assert result.message.startswith(
        "no test report was written where this tool reads it; leave --junit-xml out of 'run'; last words: 8 passed"
    )


def test_suite_that_is_cut_short(root: Path) -> None:
    (root / "test_shop.py").write_text("import os\ndef test_crash():\n    os.kill(os.getpid(), 9)\n")
    result = run_suite(root, Tests(failed=0), "test_shop.py")
    assert "no test report was written; exit code 0: found -9 (SIGKILL)" in result.message


def test_exit_code_1_without_a_failed_test(root: Path) -> None:
    """Something else is wrong: the coverage is too low, say."""
    (root / "test_shop.py").write_text(EIGHT.format(limit=8))
    (root / "conftest.py").write_text("def pytest_sessionfinish(session):\n    session.exitstatus = 1\n")
    result = run_suite(root, Tests(passed=8, failed=0), "test_shop.py", "-q")
    assert result.message == "exit code 0: found 1; last words: 8 passed in " + result.message.rpartition(" in ")[2]


@pytest.mark.parametrize(
    ("conftest", "ended", "message"),
    [
        pytest.param(
            "import shop_no_such\n",
            "collection-error",
            "could not be collected: {root}/tests/conftest.py: ModuleNotFoundError: No module named 'shop_no_such'",
            id="it cannot be imported",
        ),
        pytest.param(
            "def broken(:\n", "collection-error", "/tests/conftest.py: SyntaxError: invalid syntax", id="syntax"
        ),
        pytest.param("import sys; sys.exit(4)\n", "failed", "no test report was written", id="it ends the process"),
    ],
)
def test_conftest_of_the_named_folder(conftest: str, ended: str, message: str, root: Path) -> None:
    """It is imported before there is a report."""
    (root / "tests").mkdir()
    (root / "tests/conftest.py").write_text(conftest)
    result = run_suite(root, Tests(passed=8), "tests")
    assert result.ended == ended
    assert message.format(root=root) in result.message


TWO_RUNS = """
import subprocess, sys
for suite in sys.argv[1:]:
    subprocess.run([sys.executable, "-m", "pytest", "-q", suite], check=False)
"""


def test_every_run_of_pytest_counts(root: Path) -> None:
    """As in `make test`: each writes its report to the same path."""
    (root / "test_a.py").write_text(EIGHT.format(limit=7))
    (root / "test_b.py").write_text(EIGHT.format(limit=8))
    two_runs = check([sys.executable, "-c", TWO_RUNS, "test_a.py", "test_b.py"], tests=Tests(passed=15, failed=1))
    result = run(root, two_runs)
    assert result.passed, result.message
    result = run(root, two_runs.model_copy(update={"tests": Tests(passed=8, failed=0)}))
    assert result.message == "passed = 8: found 15; failed = 0: found 1; first: test_a.test_n[7]: assert 7 < 7"


@pytest.mark.parametrize(
    "first",
    [
        pytest.param("import datetime, time; time.time = lambda: 4102444800.0", id="a clock that is set forward"),
        pytest.param("import time; time.sleep(0.5)", id="one that ends last"),
    ],
)
def test_runs_count_whatever_their_clocks_say(first: str, root: Path) -> None:
    """A test may freeze the time, and runs may overlap."""
    (root / "test_a.py").write_text(f"def test_bad():\n    {first}\n    assert False\n")
    (root / "test_b.py").write_text(EIGHT.format(limit=8))
    code = """
import subprocess, sys
runs = [subprocess.Popen([sys.executable, "-m", "pytest", "-q", suite]) for suite in sys.argv[1:]]
for each in runs:
    each.wait()
"""
    result = run(root, check([sys.executable, "-c", code, "test_a.py", "test_b.py"], tests=Tests(failed=0)))
    assert "failed = 0: found 1" in result.message


def test_a_run_within_a_test_is_part_of_the_test(root: Path) -> None:
    (root / "inner.py").write_text("def test_inner(): assert False\n")
    (root / "test_shop.py").write_text(
        "import subprocess, sys\n"
        "def test_outer():\n"
        "    inner = [sys.executable, '-m', 'pytest', 'inner.py']\n"
        "    assert subprocess.run(inner, check=False).returncode == 1\n"
    )
    result = run_suite(root, Tests(passed=1, failed=0), "test_shop.py")
    assert result.passed, result.message


def test_a_run_that_is_cut_short_after_another(root: Path) -> None:
    (root / "test_a.py").write_text(EIGHT.format(limit=8))
    code = (
        TWO_RUNS
        + "import os, shlex\noption = shlex.split(os.environ['PYTEST_ADDOPTS'])[-1]\n"
        + "open(option.removeprefix('--junitxml='), 'w').write('<test')"
    )
    result = run(root, check([sys.executable, "-c", code, "test_a.py"], tests=Tests(passed=8)))
    assert result.message.startswith("no test report was written")


# Percentages.


@pytest.mark.parametrize(
    ("printed", "wanted", "number"),
    [
        pytest.param("Compliance: 96.0%", {"above": 90}, "96.0", id="above"),
        pytest.param("Compliance: 90.0%", {"at_least": 90}, "90.0", id="exactly at least"),
        pytest.param("Tests: 12%\\nTotal: 97%\\n0 findings", {"above": 90}, "97", id="the last one counts"),
        pytest.param("\\x1b[1m96\\x1b[32m.5\\x1b[0m%", {"above": 90}, "96.5", id="colours in the number"),
    ],
)
def test_percent_passes(printed: str, wanted: dict[str, float], number: str, root: Path) -> None:
    result = run_python(root, f"print('{printed}')", percent=Percent(pattern="([0-9.]+)%", **wanted))
    assert result.passed, result.message
    assert [criterion.found for criterion in result.criteria] == [number]


@pytest.mark.parametrize(
    ("printed", "pattern", "wanted", "message"),
    [
        pytest.param(
            "Score: 90.0%",
            "([0-9.]+)%",
            {"above": 90},
            "shop above 90 %: found 90.0; last words: Score: 90.0%",
            id="90.0 is not above 90",
        ),
        pytest.param(
            "89.9%",
            "([0-9.]+)%",
            {"at_least": 90},
            "shop at least 90 %: found 89.9; last words: 89.9%",
            id="not at least",
        ),
        pytest.param(
            "all good",
            "([0-9.]+)%",
            {"above": 90},
            "shop above 90 %: found no match for '([0-9.]+)%' in the output; last words: all good",
            id="no match",
        ),
        pytest.param(
            "v1.2.3%",
            "([0-9.]+)%",
            {"above": 1},
            "shop above 1 %: found '1.2.3', which is not a number; last words: v1.2.3%",
            id="not a number",
        ),
        pytest.param(
            "inf%",
            "(.*)%",
            {"above": 90},
            "shop above 90 %: found 'inf', which is not a number; last words: inf%",
            id="infinity is no percentage",
        ),
        pytest.param(
            "high",
            "([0-9]+)?high",
            {"above": 90},
            "shop above 90 %: found '', which is not a number; last words: high",
            id="group without a part",
        ),
    ],
)
def test_percent_fails(printed: str, pattern: str, wanted: dict[str, float], message: str, root: Path) -> None:
    result = run_python(root, f"print('{printed}')", percent=Percent(pattern=pattern, **wanted))
    assert result.message == message


def test_percent_shows_the_exit_code_without_judging_it(root: Path) -> None:
    result = run_python(root, "print('96%'); raise SystemExit(1)", percent=Percent(pattern="^([0-9]+)%$", above=90))
    assert (result.passed, result.exit_code) == (True, 1)


def test_percent_of_a_command_ended_by_a_signal(root: Path) -> None:
    code = "import os; print('96%', flush=True); os.kill(os.getpid(), 11)"
    result = run_python(root, code, percent=Percent(pattern="([0-9]+)%", above=90))
    assert result.message == "exit code 0: found -11 (SIGSEGV); last words: 96%"


def test_numbers_and_percentage_of_one_run(root: Path) -> None:
    (root / "test_shop.py").write_text(EIGHT.format(limit=8))
    wanted = check([*PYTEST], tests=Tests(passed=8), percent=Percent(pattern=r"\[ *([0-9]+)%\]", at_least=100))
    result = run(root, wanted)
    assert found(result) == {"passed = 8": "8", "exit code 0": "0", "shop at least 100 %": "100"}
