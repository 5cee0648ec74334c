"""Which runs a rollback takes back."""

from __future__ import annotations

import pytest

from rollback.journal import RunRecord
from rollback.order import select_runs


def record(run_id: int, phase: int, state: str = "applied", files: int = 1, plan: str = "demo") -> RunRecord:
    return RunRecord(run_id, plan, phase, state, 0.0, 1.0, None, files, 1, 0, None, None, None, "", "")


RUNS = [
    record(1, 1),
    record(2, 3, "rolled-back"),
    record(3, 3),
    record(4, 4),
    record(5, 3, "failed"),
    record(6, 3),
    record(7, 3, files=0),
    record(8, 3),
    record(9, 5, "passed", files=0),
]


@pytest.mark.parametrize(
    ("runs", "target", "all_", "chosen"),
    [
        pytest.param([], None, False, [], id="no runs"),
        pytest.param([record(1, 5, "passed", 0)], None, True, [], id="only checks"),
        pytest.param(RUNS, None, False, [8, 6], id="the last phase, in two runs"),
        pytest.param(RUNS[:4], None, False, [4], id="the last phase, in one run"),
        pytest.param([record(1, 3, plan="x"), record(2, 3)], None, False, [2], id="of one plan"),
        pytest.param(RUNS, 4, False, [8, 6, 4], id="back to before a phase"),
        pytest.param(RUNS, 3, False, [8, 6, 4, 3], id="from the earliest run of a phase on"),
        pytest.param(RUNS, 2, False, [8, 6, 4, 3], id="a phase that is not applied, but later ones are"),
        pytest.param(RUNS, 5, False, [], id="a phase that is not applied, nor are later ones"),
        pytest.param(RUNS, None, True, [8, 6, 4, 3, 1], id="all"),
        pytest.param([*RUNS, record(10, 4, "applying")], None, False, [10], id="interrupted, alone"),
        pytest.param(
            [record(1, 1), record(2, 2, "rolling-back"), record(3, 1)],
            1,
            False,
            [2, 3, 1],
            id="interrupted, first",
        ),
        pytest.param([record(1, 1), record(2, 2, "applying")], None, True, [2, 1], id="interrupted, then all"),
    ],
)
def test_select_runs(runs: list[RunRecord], target: int | None, all_: bool, chosen: list[int]) -> None:
    assert [run.id for run in select_runs(runs, target, all_)] == chosen
