"""Giving up snapshots that are not needed any more, so that `git gc` can free their room."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from rollback.git import Git
from rollback.journal import Journal, RunRecord
from rollback.tidy import tidy


class Pruned(Struct, frozen=True):
    """A run whose snapshot was given up, and the refs that kept it and newer versions of its files.

    Git may refuse to delete one now; the journal has such as announced, and the next run tries again.
    """

    run: RunRecord
    refs: tuple[str, ...]


def select_to_prune(runs: Sequence[RunRecord], before: float, *, applied: bool) -> tuple[RunRecord, ...]:
    """The runs whose snapshots may go.

    Args:
        before: seconds since the epoch; only runs that ended earlier.
        applied: also those that are in the tree, and cannot be taken back afterwards.
    """
    states = ("failed", "rolled-back", *(("applied",) if applied else ()))
    return tuple(run for run in runs if run.ref is not None and run.state in states and _end(run) < before)


def prune(git: Git, journal: Journal, runs: Sequence[RunRecord]) -> tuple[Pruned, ...]:
    """Delete the refs of `runs`; the caller holds the lock. The journal says first that they are nobody's.

    Raises:
        JournalUnusable: the journal cannot be written.
    """
    done = []
    for run in runs:
        refs = (*((run.ref,) if run.ref is not None else ()), *journal.kept(run.id))
        journal.prune(run.id)
        done.append(Pruned(run, refs))
    tidy(git, journal)
    return tuple(done)


def _end(run: RunRecord) -> float:
    return max(run.ended_at or 0.0, run.applied_at or 0.0)
