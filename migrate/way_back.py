"""Back to before a phase: which runs go, what stands in the way of any of them, and taking them back in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from migrate import interrupts
from rollback.changes import check_prefix
from rollback.errors import DriftedSince, GitFailed, MovedOn
from rollback.git import Git
from rollback.journal import UNBORN, Journal, RunRecord
from rollback.lock import locked, refuse_held
from rollback.order import refuse_order, select_runs
from rollback.preimages import prove_images
from rollback.restore import RollbackResult, roll_back
from rollback.signals import deferred_signals
from rollback.stand import Stand, look, stand_of


def runs_to_roll_back(
    git: Git, plan: str | None, target: int | None, everything: bool, only: int | None = None
) -> tuple[RunRecord, ...]:
    """The runs that a rollback takes back, newest first.

    Args:
        plan: name of the plan, of whose runs those in the root of `git`; None for the runs of every plan and root.
        target: back to before this phase; None for the last applied one.
        only: this phase and no other.
    Raises:
        Locked: somebody is at work.
        RepositoryError: one of them cannot be taken back, or not before others.
    """
    refuse_held(git)
    with Journal.open(git, create=False) as journal:
        interrupted = journal.interrupted()
        runs = [run for run in journal.runs() if plan is None or (run.plan, run.prefix) == (plan, git.prefix)]
        if interrupted is not None and interrupted not in runs and only is None:
            runs.append(interrupted)  # it is in everybody's way
        chosen = select_runs(runs, target, everything, only)
        refuse_order(journal, chosen)
        return chosen


def commits_since(git: Git, run: RunRecord) -> tuple[str, ...]:
    """The commits of the run's files since it began, newest first; or that of `--commit`, where git cannot tell."""
    with Journal.open(git, create=False) as journal:
        began_at = journal.began_at(run.id)
        paths = [run.prefix + file.path for file in journal.files(run.id)]
    known = () if run.commit is None else (run.commit,)
    try:
        return git.commits_of(paths, None if began_at == UNBORN else began_at) if began_at else known
    except GitFailed:
        return known


def refuse_drift_since(git: Git, runs: Sequence[RunRecord]) -> None:
    """The same as `roll_back_runs` without force begins with, to be asked before anybody is asked anything.

    Raises:
        DriftedSince: files were edited since.
        OutsideRoot, Unreadable: what stands in the place of one cannot be replaced.
    """
    with Journal.open(git, create=False) as journal:
        _refuse_drift(git, journal, runs, force=False)


def _refuse_drift(git: Git, journal: Journal, runs: Sequence[RunRecord], *, force: bool) -> None:
    """No file of `runs`, newest first, was edited since they wrote it, nor between two of them: all go back, or none.

    Args:
        force: such files may be overwritten.
    Raises:
        DriftedSince: of the first run that has such files.
        OutsideRoot, Unreadable: what stands in the place of one cannot be replaced.
    """
    will_be: dict[Path, tuple[str | None, int | None]] = {}  # once the newer runs are taken back
    for run in runs:
        check_prefix(git.toplevel, run.prefix)
        root = git.toplevel / run.prefix
        drifted = []
        for file in journal.files(run.id):
            path = root / file.path
            stand = stand_of(file, *will_be[path]) if path in will_be else look(root, file).stand
            if stand is Stand.OTHER:
                drifted.append(file.path)
            will_be[path] = (file.before_sha256, file.mode)
        if drifted and not force:
            raise DriftedSince(run, drifted, run.files)


def roll_back_runs(
    git: Git, runs: Sequence[RunRecord], *, force: bool, done: Callable[[RollbackResult], None] = lambda _result: None
) -> tuple[RollbackResult, ...]:
    """Take `runs` back, in order; signals take effect between two of them.

    Args:
        done: told of each that is back, when the last one is or one has failed.
    Raises:
        MovedOn: one is not what `runs` says it is.
        RepositoryError: none is taken back, as one of them cannot be; or one failed, and those before it are back.
    """
    results: list[RollbackResult] = []
    with (
        deferred_signals() as held,
        locked(git, "migrate rollback"),
        Journal.open(git, create=True) as journal,
    ):
        for run in runs:
            if (now := journal.run(run.id).state) != run.state:
                raise MovedOn(run, now)
        refuse_order(journal, runs)
        _refuse_drift(git, journal, runs, force=force)
        for run in runs[1:]:  # the first one is proved when it is read
            prove_images(git, run, journal.files(run.id))
        try:
            for run in runs:
                held.deliver()
                results.append(roll_back(git, journal, run, force=force))
        finally:  # a closed stdout is no reason to stop halfway
            for result in results:
                done(result)
        interrupts.close()
        held.forget()
    return tuple(results)
