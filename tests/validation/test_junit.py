"""Test numbers out of reports: as pytest writes them, with reruns, with several workers, and none at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from migrate.validation.junit import Problem, TestReport, read_report

pytestmark = pytest.mark.processes_unmeasured


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param("<testsuites><testsuite", id="cut short"),
        pytest.param("<html/>", id="something else"),
    ],
)
def test_no_report_to_read(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "junit.xml").write_text(text)
    assert read_report(tmp_path / "junit.xml") is None


def test_a_report_that_another_parser_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """junitparser takes lxml where it is installed, and its errors with it; this is how it declares them."""

    class XMLSyntaxError(SyntaxError):
        pass

    def refuse(_path: str) -> None:
        raise XMLSyntaxError

    monkeypatch.setattr("migrate.validation.junit.JUnitXml.fromfile", refuse)
    assert read_report(tmp_path / "junit.xml") is None


def numbers(report: TestReport | None) -> tuple[int, int, int, int]:
    assert report is not None
    return report.passed, report.failed, report.skipped, report.errors


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        pytest.param("", (0, 0, 0, 0), id="no test"),
        pytest.param('<testcase name="a"/><testcase name="b"/>', (2, 0, 0, 0), id="two pass"),
        pytest.param(
            '<testcase classname="C" name="a"/><testcase classname="D" name="a"/>',
            (2, 0, 0, 0),
            id="same name, two classes",
        ),
        pytest.param('<testcase name="a"/>' * 3, (1, 0, 0, 0), id="flaky: two reruns, then a pass"),
        pytest.param(
            '<testcase name="a"/>' * 3 + '<testcase name="a"><failure/></testcase>', (0, 1, 0, 0), id="never passes"
        ),
        pytest.param(
            '<testcase name="a"/><testcase name="a"><skipped/></testcase>', (0, 0, 1, 0), id="skipped in a rerun"
        ),
        pytest.param(
            '<testcase name="a"><failure/></testcase><testcase name="a"><error/></testcase>',
            (0, 1, 0, 1),
            id="fails, and its teardown too",
        ),
        pytest.param('<testcase name="a"/><testcase name="a"><error/></testcase>', (0, 0, 0, 1), id="teardown fails"),
    ],
)
def test_each_test_counts_once(cases: str, expected: tuple[int, int, int, int], tmp_path: Path) -> None:
    (tmp_path / "junit.xml").write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    assert numbers(read_report(tmp_path / "junit.xml")) == expected


def test_report_with_one_bare_suite(tmp_path: Path) -> None:
    (tmp_path / "junit.xml").write_text(
        '<testsuite><testcase name="a"/><testcase name="b"><failure>\n one\n two\n</failure></testcase>'
        '<testcase classname="C" name="c"><error/></testcase></testsuite>'
    )
    report = read_report(tmp_path / "junit.xml")
    assert numbers(report) == (1, 1, 0, 1)
    assert report is not None
    assert report.problems == (Problem("b", "failed", "two", "\n one\n two\n"), Problem("C.c", "error", "", ""))
    assert report.failing == {"b", "C.c"}
    assert str(report.problems[0]) == "b: two"


SUITE = """
import pathlib, pytest

def test_flaky():
    seen = pathlib.Path(__file__).with_name("seen")
    number = len(seen.read_text()) if seen.exists() else 0
    seen.write_text("x" * (number + 1))
    assert number == 2

def test_never():
    raise OSError("no stock")

@pytest.mark.parametrize("n", range(4))
def test_n(n):
    pass
"""


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "xdist"])
def test_reruns(workers: list[str], tmp_path: Path) -> None:
    """pytest-rerunfailures writes a case without a result for each attempt that failed."""
    (tmp_path / "test_shop.py").write_text(SUITE)
    report = tmp_path / "junit.xml"
    command = [sys.executable, "-m", "pytest", "-q", "--reruns", "3", f"--junitxml={report}", *workers]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert b"1 failed, 5 passed, 5 rerun" in done.stdout, done.stdout
    assert numbers(read_report(report)) == (5, 1, 0, 0)


def test_workers_that_cannot_collect_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text("import no_such\n")
    report = tmp_path / "junit.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", f"--junitxml={report}"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    found = read_report(report)
    assert numbers(found) == (0, 0, 0, 1)
    assert found is not None
    assert [(problem.test, problem.is_collection) for problem in found.problems] == [("test_shop", True)]


def test_a_worker_that_dies(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text("import os\ndef test_a(): os._exit(3)\ndef test_b(): pass\n")
    report = tmp_path / "junit.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", f"--junitxml={report}"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    found = read_report(report)
    assert found is not None
    assert (found.passed, found.failed + found.errors) == (1, 1)
