"""Which runs a rollback takes back, and in which order it may."""

from __future__ import annotations

from collections.abc import Sequence

from rollback.errors import Interrupted, LaterRuns, NotApplied, SnapshotPruned
from rollback.journal import STANDING, UNFINISHED, Journal, RunRecord


def select_runs(
    runs: Sequence[RunRecord], target: int | None, all_: bool, only: int | None = None
) -> tuple[RunRecord, ...]:
    """The runs to roll back, newest first.

    Args:
        runs: of one plan, oldest first.
        target: back to before this phase: from the earliest run of it, or of a later phase, that is still applied on.
        only: the applied runs of this phase, and no others.
        all_: every applied run. With none of them, the newest applied runs of one phase, down to one whose snapshot was
            given up.
    Returns:
        An interrupted run comes first, and alone unless more is asked for. Runs without files never do.
    """
    interrupted = [run for run in runs if run.state in UNFINISHED]
    applied = [run for run in runs if run.state == "applied" and run.files]
    if only is not None:
        return tuple(run for run in (*interrupted[::-1], *applied[::-1]) if run.phase == only)
    if interrupted and target is None and not all_:
        return tuple(interrupted[::-1])
    if target is not None:
        before = [run.phase < target for run in applied]
        applied = applied[before.index(False) :] if False in before else []
    elif not all_:
        last = [(run.plan, run.phase) == (applied[-1].plan, applied[-1].phase) for run in applied]
        while False in last:
            applied, last = applied[last.index(False) + 1 :], last[last.index(False) + 1 :]
        pruned = [number for number, run in enumerate(applied[:-1], 1) if run.ref is None]
        applied = applied[pruned[-1] :] if pruned else applied
    return (*interrupted[::-1], *applied[::-1])


def refuse_order(journal: Journal, runs: Sequence[RunRecord]) -> None:
    """`runs` can be taken back, one after the other in this order, and nothing has to be taken back before.

    Raises:
        NotApplied: one is not in the tree.
        SnapshotPruned: the pre-images of one were given up.
        Interrupted: another run was cut off and comes first.
        LaterRuns: later runs touched the same files.
    """
    every = journal.runs()
    gone: set[int] = set()
    interrupted = journal.interrupted()
    for run in runs:
        if run.state not in STANDING:
            raise NotApplied(run)
        if journal.is_pruned(run.id):
            raise SnapshotPruned(run)
        if interrupted is not None and interrupted.id not in (run.id, *gone):
            raise Interrupted(interrupted)
        later = [other for other in every if other.id > run.id and other.state in STANDING and other.id not in gone]
        touched = _touched(journal, run)
        both = {other.id: _touched(journal, other) & touched for other in later}
        in_the_way = [other for other in later if both[other.id]]
        if in_the_way:
            raise LaterRuns(run, in_the_way, sorted(set().union(*both.values())))
        gone.add(run.id)


def _touched(journal: Journal, run: RunRecord) -> set[str]:
    """The files of a run, relative to the working tree's top."""
    return {run.prefix + file.path for file in journal.files(run.id)}
