"""On a worker of a cluster: one repository's command, begun at most once, and ended where the fleet is."""

from __future__ import annotations

from pathlib import Path

from migrate.executors.introduction import Sight, code_here, sight_of
from migrate.fleet.outcomes import Outcome, not_started
from migrate.fleet.processes import run_repository
from migrate.fleet.tasks import Task

_STOPPED: set[str] = set()


def mark_of(tree: str) -> str:
    """The file by which a working tree is known from everywhere: git needs it, and no command of ours writes it."""
    git = Path(tree, ".git")
    return str(git if git.is_file() else git / "HEAD")


def stop(claim: str) -> None:
    """Told to every worker: the one that has this claim is to end its command, everything restored."""
    _STOPPED.add(claim)


def run_claimed(task: Task, claim: str, code: str, seen: Sight) -> Outcome | None:
    """Run one task, unless a worker has begun with it before.

    A cluster does what was lost with a worker once more. A command that writes must not be begun again behind the back
    of whoever is to hear of it, so who begins says so to the scheduler, under a name that is never used again.

    Args:
        claim: that name. code: what the worker has to run. seen: the file `mark_of` tells, as the fleet sees it.
    Returns:
        None where the task was begun before, and what came of that is not known here.
    """
    from distributed import Event

    if code_here() != code:
        return not_started(task, "its worker has other source files of ssot-migrate; install the same there")
    if sight_of(seen.path) != seen:
        return not_started(task, f"its worker does not see the same {seen.path}")
    event = Event(claim)
    if event.is_set():
        return None
    event.set()
    return run_repository(task, lambda: claim in _STOPPED)
