"""Test numbers out of JUnit XML reports."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from junitparser import Error, Failure, JUnitXml, JUnitXmlError, Skipped, TestCase, TestSuite
from msgspec import Struct

from migrate.process import tail
from migrate.validation.environment import CURRENT_TEST

COLLECTION = "collection failure"
"""The message that pytest gives a file it cannot collect: `_pytest/junitxml.py`."""


class Problem(Struct, frozen=True):
    """A test that failed, or an error around one.

    Attributes:
        test: what the report calls it, `tests.test_shop.TestCart.test_total`.
        kind: "failed" or "error".
        message: one line, safe to print.
        text: the traceback.
        is_collection: it is about a whole file that could not be collected.
    """

    test: str
    kind: str
    message: str
    text: str
    is_collection: bool = False

    def __str__(self) -> str:
        return f"{self.test}: {self.message}"


class TestReport(Struct, frozen=True):
    """The numbers of one report, or of several.

    Each test counts once for each of its results: one that failed and whose teardown failed as well is a failure and an
    error, as in pytest's last line. One with an error is not passed. What pytest-rerunfailures ran again has a testcase
    for each attempt, without a result for all but the last; these count as the one test that they are.

    Attributes:
        problems: failures and errors, in the report's order.
    """

    __test__ = False  # pytest: this is no test class

    passed: int
    failed: int
    skipped: int
    errors: int
    problems: tuple[Problem, ...]

    @property
    def failing(self) -> frozenset[str]:
        """The tests that failed or had an error."""
        return frozenset(problem.test for problem in self.problems)


class Reports:
    """The reports of all runs of pytest that a command starts, each of which is told to write to the same path.

    A file that has turned up there is moved aside, so that the next run does not write over it; one that is still being
    written stays whole, as it is open.

    A run that a test starts, as a test of a plugin does, is part of that test, and does not count. While a test runs,
    pytest says which in an environment variable, and it replaces variables in the path of the report: that of such a
    run has another path. https://docs.pytest.org/en/stable/example/simple.html#pytest-current-test-environment-variable

    Args:
        folder: an empty one. The reports are kept here.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"${CURRENT_TEST}.xml"
        self._kept: list[Path] = []

    def keep(self) -> None:
        """Look for a report; called often, and when the command has ended."""
        aside = self.path.with_name(f"{len(self._kept)}.xml")
        try:
            os.replace(self.path, aside)  # noqa: PTH105 - as cheap as can be where there is none
        except OSError:
            return
        self._kept.append(aside)

    def read(self) -> TestReport | None:
        """The numbers of all of them; None when there is none, or one is cut short."""
        self.keep()
        reports = [report for path in self._kept if (report := read_report(path)) is not None]
        return _sum(reports) if reports and len(reports) == len(self._kept) else None


def _sum(reports: Sequence[TestReport]) -> TestReport:
    return TestReport(
        passed=sum(report.passed for report in reports),
        failed=sum(report.failed for report in reports),
        skipped=sum(report.skipped for report in reports),
        errors=sum(report.errors for report in reports),
        problems=tuple(problem for report in reports for problem in report.problems),
    )


def read_report(path: Path) -> TestReport | None:
    """Count the results in a JUnit XML file; None when it is missing or cut short."""
    try:
        root = JUnitXml.fromfile(str(path))
    except (OSError, SyntaxError, JUnitXmlError):  # both parsers' errors are SyntaxErrors: ElementTree's, and lxml's,
        return None  # which junitparser takes where it is installed
    suites = [root] if isinstance(root, TestSuite) else list(root)
    tests: dict[tuple[str, ...], list[TestCase]] = {}
    for case in (case for suite in suites for case in suite if isinstance(case, TestCase)):
        tests.setdefault((case.classname or "", case.name or ""), []).append(case)

    def count(kind: type) -> int:
        return sum(any(isinstance(result, kind) for result in _results(cases)) for cases in tests.values())

    return TestReport(
        passed=sum(not list(_results(cases)) for cases in tests.values()),
        failed=count(Failure),
        skipped=count(Skipped),
        errors=count(Error),
        # Each worker of pytest-xdist tells of a file that it cannot collect.
        problems=tuple(
            dict.fromkeys(problem for cases in tests.values() for case in cases for problem in _problems(case))
        ),
    )


def _results(cases: Sequence[TestCase]) -> Iterator[object]:
    return (result for case in cases for result in case.result)


def _problems(case: TestCase) -> Iterator[Problem]:
    where = ".".join(part for part in (case.classname, case.name) if part)
    for result in case.result:
        if isinstance(result, Failure | Error):
            text = result.text or ""
            message = (result.message or "").strip().partition("\n")[0]
            is_collection = message == COLLECTION
            if message in ("", COLLECTION):
                message = text.strip().rpartition("\n")[2].removeprefix("E ").strip()
            kind = "failed" if isinstance(result, Failure) else "error"
            yield Problem(_line(where), kind, _line(message), text, is_collection)


def _line(text: str) -> str:
    return tail(text.encode(errors="replace"), 1)
