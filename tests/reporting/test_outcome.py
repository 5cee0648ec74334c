"""The whole in a word and a sentence: done only where nothing speaks against it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from report_values import PLAN, finding, report, result, run

from migrate.reporting.data import CheckLine, PhaseLeft, PlannedFile, ReportData
from migrate.reporting.file_diffs import diff
from migrate.reporting.outcome import outcome

APPLIED = (run(1, 3), run(2, 4))
CHECKED = (*APPLIED, run(3, 5, "passed"))
PASSED = CheckLine("suite", "suite", "x", "", result())
NOT_RUN = CheckLine("suite", "suite", "x", "", None)
ALTERED = CheckLine("suite", "suite", "x", "", None, is_altered=True)
OLD = CheckLine("old", "old", "x", "", result("old", passed=False), is_planned=False)
OPTIONAL = CheckLine("lint", "lint", "x", "", result("lint", passed=False, required=False))
FAILED = CheckLine("suite", "suite", "x", "", result(passed=False))
ERROR = finding("unparseable", severity="error")


def left(phase: int) -> PhaseLeft:
    return PhaseLeft(phase, "", 1, (PlannedFile("a.py", 1, diff(b"a", b"b")),))


def with_criteria(data: ReportData, **facts: object) -> ReportData:
    return replace(data, criteria=replace(data.criteria, **facts))  # type: ignore[arg-type]


def partly(phase: int, number: int = 9) -> ReportData:
    """All phases but one are applied in whole."""
    runs = [each for each in APPLIED if each.phase != phase]
    return report(runs=[*runs, replace(run(number, phase), partial=True)], left=[left(phase)])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(report(), "Nothing is applied yet.", id="nothing"),
        pytest.param(
            report(runs=[run(1, 3, "rolled-back")]), "Everything that was applied has been taken back.", id="taken back"
        ),
    ],
)
def test_nothing_is_in_the_tree(data: ReportData, expected: str) -> None:
    assert outcome(data) == ("none", expected)


def test_an_obstacle_comes_first() -> None:
    assert outcome(report(runs=CHECKED, obstacle="somebody is at work")) == ("stopped", "somebody is at work")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(report(runs=CHECKED, checks=[PASSED]), "All phases applied; 1 check passed.", id="passed"),
        pytest.param(
            report(runs=CHECKED, checks=[PASSED, OPTIONAL]),
            "All phases applied; 1 check passed; 1 that the plan does not require failed.",
            id="passed but for one that is not required",
        ),
        pytest.param(
            report(runs=CHECKED, checks=[PASSED, OLD]),
            "All phases applied; 1 check passed.",
            id="what the plan no longer has does not count",
        ),
        pytest.param(
            report(runs=CHECKED, checks=[PASSED], findings=[finding()]),
            "All phases applied; 1 check passed.",
            id="a warning",
        ),
        pytest.param(
            report(
                runs=CHECKED, checks=[PASSED], findings=[finding("lost-definition", severity="error", stands=False)]
            ),
            "All phases applied; 1 check passed.",
            id="an error on record that may be mended",
        ),
        pytest.param(
            report(runs=APPLIED, plan=PLAN.model_copy(update={"phase5": None})),
            "All phases applied; the plan has no checks.",
            id="no checks",
        ),
        pytest.param(
            report(runs=[run(2, 4), run(3, 5, "passed")], checks=[PASSED]),
            "1 of 2 editing phases applied, phase 3 has nothing to do; 1 check passed.",
            id="a phase has nothing to do",
        ),
    ],
)
def test_done(data: ReportData, expected: str) -> None:
    assert outcome(data) == ("done", expected)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(
            report(runs=[run(1, 3)], left=[left(4)]),
            "1 of 2 editing phases applied; 1 edit left to make.",
            id="a phase is not applied",
        ),
        pytest.param(
            partly(4),
            "1 of 2 editing phases applied, phase 4 in part; 1 edit left to make.",
            id="a phase is applied in part",
        ),
        pytest.param(
            report(runs=CHECKED, checks=[PASSED], left=[left(3)]),
            "All phases applied; 1 edit left to make.",
            id="an old import has come back",
        ),
        pytest.param(
            report(runs=APPLIED, checks=[NOT_RUN]),
            "All phases applied; the checks have not been run.",
            id="no checks run",
        ),
        pytest.param(
            report(runs=CHECKED, checks=[NOT_RUN]), "All phases applied; 1 of 1 check not run.", id="one not run"
        ),
        pytest.param(
            report(runs=CHECKED, checks=[ALTERED, OLD]),
            "All phases applied; 1 of 1 check not run as the plan has it now.",
            id="the plan asks for something else now",
        ),
        pytest.param(
            report(runs=(*APPLIED, run(3, 5, "failed")), checks=[ALTERED, OLD]),
            "All phases applied; 1 of 1 check not run as the plan has it now.",
            id="what failed is no longer asked for",
        ),
        pytest.param(
            with_criteria(report(runs=CHECKED, checks=[PASSED]), is_newest=False),
            "All phases applied; the checks were last run before the newest change.",
            id="a phase was applied since",
        ),
        pytest.param(
            with_criteria(report(runs=CHECKED, checks=[PASSED]), deprecated=1),
            "All phases applied; 1 old import or keyword in the tree; 1 check passed.",
            id="something deprecated is left",
        ),
        pytest.param(
            with_criteria(report(runs=CHECKED, checks=[OPTIONAL]), deprecated=450),
            "All phases applied; 450 old imports and keywords in the tree; 0 checks passed; "
            "1 that the plan does not require failed.",
            id="much that is deprecated is left",
        ),
        pytest.param(
            with_criteria(
                report(runs=APPLIED, plan=PLAN.model_copy(update={"phase5": None})), deprecated=1
            ),
            "All phases applied; 1 old import or keyword in the tree; the plan has no checks.",
            id="something deprecated is left, and there are no checks",
        ),
        pytest.param(
            report(runs=CHECKED, checks=[PASSED], findings=[ERROR, finding()]),
            "All phases applied; 1 error among the findings; 1 check passed.",
            id="an error",
        ),
        pytest.param(
            report(runs=CHECKED, checks=[PASSED], findings=[finding("lost-definition", severity="error", run=1)]),
            "All phases applied; 1 error among the findings; 1 check passed.",
            id="an error on record in a file that nobody has edited",
        ),
        pytest.param(
            with_criteria(report(runs=CHECKED, checks=[PASSED]), changed=("app/a.py",)),
            "All phases applied; 1 check passed; the tree was changed since: app/a.py was edited or deleted.",
            id="a file was edited since",
        ),
        pytest.param(
            with_criteria(report(runs=CHECKED, checks=[PASSED]), changed=("app/a.py", "b.py", "c.py"), knows_files=False),
            "All phases applied; 1 check passed; app/a.py and 2 more files were edited or deleted, "
            "perhaps after the checks.",
            id="files were edited, and nobody knows when",
        ),
    ],
)  # fmt: skip
def test_something_is_missing(data: ReportData, expected: str) -> None:
    assert outcome(data) == ("open", expected)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(
            report(runs=(*APPLIED, run(3, 5, "failed")), checks=[FAILED]),
            "All phases applied; 1 of 1 check failed.",
            id="a check failed",
        ),
        pytest.param(
            report(runs=(*APPLIED, run(3, 5, "failed", detail="interrupted"))),
            "All phases applied; phase 5 failed: interrupted.",
            id="phase 5 was interrupted",
        ),
        pytest.param(
            report(runs=(*APPLIED, run(3, 5, "failed")), checks=[FAILED], findings=[ERROR]),
            "All phases applied; 1 error among the findings; 1 of 1 check failed.",
            id="and there is more",
        ),
    ],
)
def test_failed(data: ReportData, expected: str) -> None:
    assert outcome(data) == ("failed", expected)


def test_a_phase_is_applied_in_whole_once_its_rest_is() -> None:
    runs = [run(1, 3), replace(run(2, 4), partial=True), run(3, 4), run(4, 5, "passed")]
    assert outcome(report(runs=runs, checks=[PASSED])) == ("done", "All phases applied; 1 check passed.")
    assert outcome(report(runs=runs, checks=[PASSED], left=[left(4)]))[1].startswith("All phases applied; 1 edit left")
