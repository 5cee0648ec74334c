"""Which runs a rollback takes back."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from trees import Tree

from rollback.errors import Interrupted, LaterRuns, NotApplied
from rollback.journal import RunRecord
from rollback.order import refuse_order, select_runs


def record(run_id: int, phase: int, state: str = "applied", files: int = 1, plan: str = "demo") -> RunRecord:
    return RunRecord(run_id, plan, phase, state, 0.0, 1.0, None, files, 1, 0, "f" * 40, f"run-{run_id}", None, "", "")


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
        pytest.param(RUNS[:1], None, False, [1], id="the only run"),
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


@pytest.mark.parametrize(
    ("runs", "only", "chosen"),
    [
        pytest.param(RUNS, 3, [8, 6, 3], id="all runs of a phase"),
        pytest.param(RUNS, 1, [1], id="the first"),
        pytest.param(RUNS, 2, [], id="a phase that is not applied"),
        pytest.param([*RUNS, record(10, 4, "applying")], 4, [10, 4], id="an interrupted one first"),
        pytest.param([*RUNS, record(10, 4, "applying")], 1, [1], id="an interrupted one of another phase"),
        pytest.param([record(1, 1, "rolling-back"), record(2, 1, "verifying")], 1, [2, 1], id="two of them"),
    ],
)
def test_select_only(runs: list[RunRecord], only: int, chosen: list[int]) -> None:
    assert [run.id for run in select_runs(runs, None, False, only)] == chosen


def test_several_interrupted_ones_newest_first() -> None:
    runs = [record(number, 1, "applying") for number in range(1, 6)]
    assert [run.id for run in select_runs(runs, None, False)] == [5, 4, 3, 2, 1]
    assert [run.id for run in select_runs([*runs, record(9, 2)], None, True)] == [5, 4, 3, 2, 1, 9]


def test_a_later_phase_that_was_applied_earlier_goes_back_too() -> None:
    runs = [record(1, 1), record(2, 4), record(3, 2), record(4, 3)]
    assert [run.id for run in select_runs(runs, 3, False)] == [4, 3, 2]
    assert [run.id for run in select_runs(runs, 5, False)] == []


def test_the_last_phase_goes_back_as_far_as_its_snapshots() -> None:
    runs = [replace(record(1, 3), ref=None), record(2, 3), record(3, 3)]
    assert [run.id for run in select_runs(runs, None, False)] == [3, 2]
    assert [run.id for run in select_runs(runs[:2], None, False)] == [2]
    assert [run.id for run in select_runs(runs[:1], None, False)] == [1], "to be refused by name"
    assert [run.id for run in select_runs(runs, 3, False)] == [3, 2, 1]
    assert [run.id for run in select_runs(runs, None, True)] == [3, 2, 1]


@pytest.mark.parametrize("others", [{"plan": "other"}, {"prefix": "pkg/"}])
def test_later_runs_of_another_plan_or_root_are_named_as_such(committed: Tree, others: dict[str, str]) -> None:
    first = committed.apply({"pkg/c.py": b"1"})
    if "plan" in others:
        committed.apply({"pkg/c.py": b"2"}, plan="other")
        where = r"run 2 \(phase 3 of 'other' in \.\)"
    else:
        Tree(committed.top, committed.root / "pkg").apply({"c.py": b"2"})
        where = r"run 2 \(phase 3 of 'demo' in pkg/\)"
    with committed.journal() as journal, pytest.raises(LaterRuns, match=where) as caught:
        refuse_order(journal, [first])
    assert str(caught.value).endswith("; nothing restored; roll those back first, with their plan and root")


def test_several_are_taken_back_in_their_order(committed: Tree) -> None:
    first, second, third = (committed.apply({"a.py": content}) for content in (b"1", b"2", b"3"))
    apart = committed.apply({"b.py": b"4"})
    with committed.journal() as journal:
        refuse_order(journal, [third, second, first])
        refuse_order(journal, [apart])
        refuse_order(journal, [])
        for runs, later in (
            ([second, first], [third.id]),
            ([third, first], [second.id]),
            ([first], [second.id, third.id]),
        ):
            with pytest.raises(LaterRuns) as refused:
                refuse_order(journal, runs)
            assert [run.id for run in refused.value.later] == later
            assert refused.value.paths == ("a.py",)


def test_an_interrupted_run_may_be_the_first_of_several(committed: Tree) -> None:
    first, second = (committed.apply({path: b"x"}) for path in ("a.py", "b.py"))
    with committed.journal() as journal:
        journal.move(second.id, "applying")
        cut_off = journal.run(second.id)
        refuse_order(journal, [cut_off, first])
        with pytest.raises(Interrupted):
            refuse_order(journal, [first, cut_off])
        journal.move(second.id, "rolled-back")
        with pytest.raises(NotApplied):
            refuse_order(journal, [first, journal.run(second.id)])
