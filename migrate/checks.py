"""Run the plan's validation commands and judge them: exit code, test numbers, a percentage."""

from __future__ import annotations

import math
import os
import re
import shlex
import signal
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from junitparser import Error, Failure, JUnitXml, JUnitXmlError, Skipped, TestCase, TestSuite

from migrate.plan import Check, Percent, Tests
from migrate.process import Outcome, readable, run_command, tail

TAIL_LINES = 20

# https://docs.pytest.org/en/stable/reference/exit-codes.html
_PYTEST_EXIT = {2: "interrupted", 3: "internal error", 4: "usage error", 5: "no tests collected"}
PYTEST_INI = (
    "pytest.toml",
    ".pytest.toml",
    "pytest.ini",
    ".pytest.ini",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
)
"""Files that may hold pytest's settings."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing a check asks for, and what was found: `passed = 8`, found `7`."""

    text: str
    passed: bool
    found: str

    def __str__(self) -> str:
        return f"{self.text}: found {self.found}"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check came to.

    Attributes:
        name: the check's name in the plan.
        command: as the plan writes it.
        passed: it ran to its end and every criterion is met.
        exit_code: negative for the signal that ended it; None when it never started.
        seconds: wall time.
        timed_out: it was ended at its deadline.
        criteria: all of them, met or not; empty when it never started or timed out.
        message: one line saying why it failed; empty when it passed.
        tail: the last `TAIL_LINES` lines of output, safe to print.
    """

    name: str
    command: tuple[str, ...]
    passed: bool
    exit_code: int | None
    seconds: float
    timed_out: bool
    criteria: tuple[Criterion, ...]
    message: str
    tail: str

    def as_json(self) -> dict[str, Any]:
        """The result as JSON types, under the attributes' names."""
        return asdict(self) | {
            "command": list(self.command),
            "criteria": [asdict(criterion) for criterion in self.criteria],
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class TestReport:
    """The numbers of one JUnit XML report, counted as pytest counts in its last line.

    Attributes:
        first_problem: the first failure or error, as `where: why`; empty when there is none.
    """

    __test__ = False  # pytest: this is no test class

    passed: int
    failed: int
    skipped: int
    errors: int
    first_problem: str


def run_check(check: Check, root: Path, scratch: Path, echo: Callable[[bytes], None] | None = None) -> CheckResult:
    """Run one check in `root` and judge it.

    Without `tests` or `percent`, exit code 0 is the criterion. With `tests`, the numbers of the run's
    JUnit XML are, and an exit code of 0 or 1, as 1 may be what the plan expects; a plan that counts
    `failed` and not `errors` gets no errors either, since an error is not a pass. With `percent`, the
    last number in the output is the criterion and the exit code is only shown (such a script exits 1
    when it has findings), unless a signal ended the command.

    Args:
        check: as in the plan.
        root: the repository; the command runs here.
        scratch: a folder outside the tree for pytest's cache and report; made if missing.
        echo: called with each piece of output as it arrives, raw.
    """
    scratch = scratch.absolute()
    scratch.mkdir(parents=True, exist_ok=True)
    report_file = Path(tempfile.mkdtemp(prefix="check-", dir=scratch)) / "junit.xml"
    options = [] if check.tests is None else [f"--junitxml={report_file}"]
    outcome = run_command(
        check.run,
        cwd=root,
        timeout_s=check.timeout_seconds,
        env=check_environment(check.run, root, scratch, options),
        echo=echo,
    )
    if outcome.problem is not None:
        return _result(check, outcome, (), outcome.problem)
    if outcome.timed_out:
        return _result(check, outcome, (), f"timed out after {check.timeout_seconds:g} s")
    report = None if check.tests is None else read_report(report_file)
    criteria = tuple(_judge(check, outcome, report))
    return _result(check, outcome, criteria, _why_failed(check, outcome, report, criteria))


def check_environment(run: Sequence[str], root: Path, scratch: Path, options: Sequence[str] = ()) -> dict[str, str]:
    """Our environment, changed so that a command leaves no cache in the tree.

    Args:
        run: the command; looked at only for pytest options that speak against ours.
        root: the repository.
        scratch: absolute; pytest's cache goes here.
        options: more options for any pytest that the command starts.
    """
    addopts = os.environ.get("PYTEST_ADDOPTS", "")
    # With its cache plugin off, pytest knows no cache_dir: a warning, or exit code 4 when it is strict.
    cache = [] if _has_no_cache(run, root, addopts) else ["-o", f"cache_dir={scratch / 'pytest-cache'}"]
    return os.environ | {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_ADDOPTS": f"{addopts} {shlex.join([*cache, *options])}".strip(),
    }


def read_report(path: Path) -> TestReport | None:
    """Count the results in a JUnit XML file; None when it is missing or cut short."""
    try:
        root = JUnitXml.fromfile(str(path))
    except (OSError, ParseError, JUnitXmlError):
        return None
    suites = [root] if isinstance(root, TestSuite) else list(root)
    cases = [case for suite in suites for case in suite if isinstance(case, TestCase)]
    results = [(case, result) for case in cases for result in case.result]

    def count(kind: type) -> int:
        return sum(isinstance(result, kind) for _, result in results)

    problems = (_describe(case, result) for case, result in results if isinstance(result, Failure | Error))
    return TestReport(
        passed=sum(not case.result for case in cases),
        failed=count(Failure),
        skipped=count(Skipped),
        errors=count(Error),
        first_problem=next(problems, ""),
    )


def _describe(case: TestCase, result: Failure | Error) -> str:
    where = ".".join(part for part in (case.classname, case.name) if part)
    why = (result.message or "").strip().partition("\n")[0]
    if why in ("", "collection failure"):
        why = (result.text or "").strip().rpartition("\n")[2].removeprefix("E ").strip()
    return tail(f"{where}: {why}".encode(errors="replace"), 1)


def _has_no_cache(run: Sequence[str], root: Path, addopts: str) -> bool:
    switch = "no:cacheprovider"
    if switch in addopts or any(switch in word for word in run):
        return True
    return any(switch in _text_of(root / name) for name in PYTEST_INI)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _judge(check: Check, outcome: Outcome, report: TestReport | None) -> list[Criterion]:
    code = outcome.returncode
    assert code is not None
    criteria: list[Criterion] = []
    if check.tests is not None:
        criteria += _judge_tests(check.tests, report)
        criteria.append(Criterion("exit code 0 or 1", code in (0, 1), _name_exit(code, _PYTEST_EXIT)))
    if check.percent is not None:
        criteria += _judge_percent(check.name, check.percent, readable(outcome.output))
    if check.tests is None and (check.percent is None or code < 0):
        criteria.append(Criterion("exit code 0", code == 0, _name_exit(code)))
    return criteria


def _judge_tests(wanted: Tests, report: TestReport | None) -> list[Criterion]:
    numbers = {
        "passed": wanted.passed,
        "failed": wanted.failed,
        "skipped": wanted.skipped,
        "errors": 0 if wanted.errors is None and wanted.failed is not None else wanted.errors,
    }
    criteria = []
    for key, number in numbers.items():
        if number is not None:
            found = "no test report" if report is None else str(getattr(report, key))
            criteria.append(Criterion(f"{key} = {number}", found == str(number), found))
    return criteria


def _judge_percent(name: str, wanted: Percent, text: str) -> list[Criterion]:
    number, found = _last_number(wanted.pattern, text)
    criteria = []
    if wanted.above is not None:
        criteria.append(Criterion(f"{name} above {wanted.above:g} %", number > wanted.above, found))
    if wanted.at_least is not None:
        criteria.append(Criterion(f"{name} at least {wanted.at_least:g} %", number >= wanted.at_least, found))
    return criteria


def _last_number(pattern: str, text: str) -> tuple[float, str]:
    """The number in the last match and how it is spelled; not-a-number, which no bound accepts, and why."""
    last = None
    for last in re.finditer(pattern, text, re.MULTILINE):  # noqa: B007 - only the last one counts
        pass
    if last is None:
        return math.nan, f"no match for {pattern!r} in the output"
    spelled = last.group(1 if last.re.groups else 0) or ""
    try:
        number = float(spelled)
    except ValueError:
        number = math.nan
    return (number, spelled) if math.isfinite(number) else (math.nan, f"{spelled!r}, which is not a number")


def _name_exit(code: int, names: Mapping[int, str] | None = None) -> str:
    if code < 0:
        known = {int(number): number.name for number in signal.Signals}
        return f"{code} ({known.get(-code, 'a signal')})"
    name = (names or {}).get(code)
    return f"{code} ({name})" if name else str(code)


def _why_failed(check: Check, outcome: Outcome, report: TestReport | None, criteria: Sequence[Criterion]) -> str:
    failed = [criterion for criterion in criteria if not criterion.passed]
    if not failed:
        return ""
    words = [str(criterion) for criterion in failed if criterion.found != "no test report"]
    if check.tests is not None and report is None:
        words.insert(0, _no_report(check.run))
    if report is not None and report.first_problem:
        words.append(f"first: {report.first_problem}")
    elif last := _last_words(outcome.output):
        words.append(f"last words: {last}")
    return "; ".join(words)


def _no_report(run: Sequence[str]) -> str:
    own = next((word for word in run if word.startswith(("--junitxml", "--junit-xml"))), None)
    hint = "" if own is None else f" where this tool reads it; leave {own.partition('=')[0]} out of 'run'"
    return f"no test report was written{hint}"


def _last_words(output: bytes) -> str:
    """The last line that is not empty, or pytest's last ERROR line, which may come before other lines."""
    lines = [line for line in tail(output, TAIL_LINES).split("\n") if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or [""])[-1].strip()


def _result(check: Check, outcome: Outcome, criteria: tuple[Criterion, ...], message: str) -> CheckResult:
    return CheckResult(
        name=check.name,
        command=tuple(check.run),
        passed=not message,
        exit_code=outcome.returncode,
        seconds=outcome.seconds,
        timed_out=outcome.timed_out,
        criteria=criteria,
        message=message,
        tail=tail(outcome.output, TAIL_LINES),
    )
