"""What runs the repositories of a fleet; another kind is one more class and one more line here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from migrate.executors.workers import Kind, Workers
from migrate.fleet.child import Main
from migrate.fleet.processes import Tell, forked, run_tasks, start_process
from migrate.fleet.tasks import Task


class Executor(Protocol):
    """Runs tasks."""

    def run(self, tasks: Sequence[Task], tell: Tell) -> None:
        """Run every task, those with the same `tree` one after the other, and `tell` of each as it ends, in here.

        Raises:
            KeyboardInterrupt: the fleet is to end. Nothing is running any more, and what had begun was told of.
            ClusterError: the cluster that ran them is lost. What had begun was told of.
        """


class Serial:
    """One after the other, each in a Python started anew."""

    def run(self, tasks: Sequence[Task], tell: Tell) -> None:
        run_tasks(tasks, start_process, 1, tell)


class Processes:
    """Some at once, forked off this process, in which the commands are loaded already."""

    def __init__(self, main: Main, at_once: int) -> None:
        self._main = main
        self._at_once = at_once

    def run(self, tasks: Sequence[Task], tell: Tell) -> None:
        run_tasks(tasks, forked(self._main), self._at_once, tell)


@contextmanager
def executing(workers: Workers, main: Main, at_once: int, tasks: Sequence[Task]) -> Iterator[Executor]:
    """What the options say, as long as the block lasts.

    Args:
        main: the command line of this process. at_once: how many repositories. tasks: all that may have to be run.
    Raises:
        ClusterError: the cluster is not there, or a worker differs from this process; nothing was run.
    """
    if workers.kind is Kind.DASK:
        from migrate.fleet.cluster import clustered

        assert workers.scheduler is not None, "it goes with the kind"
        with clustered(workers.scheduler, tasks) as executor:
            yield executor
    else:
        yield Serial() if workers.kind is Kind.SERIAL else Processes(main, at_once)
