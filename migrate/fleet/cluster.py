"""Repositories on the workers of a cluster that see the same folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import uuid4

from migrate.executors.cluster import Cluster, NotDone, connected
from migrate.executors.cluster_errors import ClusterError, LostAtWork
from migrate.executors.introduction import code_here, sight_of
from migrate.fleet.outcomes import Outcome, not_started
from migrate.fleet.processes import Tell, take_turns
from migrate.fleet.remote import mark_of, run_claimed, stop
from migrate.fleet.tasks import Task

_LOST = "lost while it was at work; what it had begun is done, taken back or interrupted, and --resume finds out"


@contextmanager
def clustered(address: str, tasks: Sequence[Task]) -> Iterator[Clustered]:
    """The workers of a cluster, as long as the block lasts.

    Raises:
        ClusterError: it is not there, or a worker differs from this process or does not see the same repositories.
    """
    with connected(address) as cluster:
        files = dict.fromkeys([*(task.plan for task in tasks if task.plan), *(mark_of(task.tree) for task in tasks)])
        cluster.get_to_know({run_claimed.__module__}, list(files))
        yield Clustered(cluster)


class Clustered:
    """As many at once as workers have threads, each in a process of its own beside its worker."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def run(self, tasks: Sequence[Task], tell: Tell) -> None:
        lost: list[ClusterError] = []

        def raise_lost() -> None:
            if lost:
                raise LostAtWork(lost[0].address) from lost[0]

        at_once = max(self._cluster.threads(), 1)
        take_turns(tasks, lambda task: _Claimed(self._cluster, task, lost), at_once, tell, raise_lost)
        raise_lost()


class _Claimed:
    """A task that a worker has, or will have.

    Args:
        lost: takes the error by which the cluster was found to be lost.
    """

    def __init__(self, cluster: Cluster, task: Task, lost: list[ClusterError]) -> None:
        self._cluster = cluster
        self._task = task
        self._lost = lost
        self._claim = f"ssot-migrate-{uuid4().hex}"
        seen = sight_of(mark_of(task.tree))
        self._sent = cluster.submit(run_claimed, task, self._claim, code_here(), seen)

    def stop(self) -> None:
        self._cluster.run_everywhere(stop, self._claim)

    def ended(self) -> Outcome | None:
        is_done = self._sent.outcome.done()
        if self._lost and not is_done:  # each would wait anew for an answer
            return not_started(self._task, f"its cluster was {_LOST}")
        try:
            if not is_done:
                self._cluster.watch()
                return None
            found: Outcome | None = self._cluster.outcome_of(self._sent)
        except NotDone:  # it has ended as many workers as the scheduler lets it; so the one that had begun, too
            found = None
        except ClusterError as error:
            self._lost.append(error)
            return not_started(self._task, f"its cluster was {_LOST}")
        return found or not_started(self._task, f"its worker was {_LOST}")
