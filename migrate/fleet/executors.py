"""What runs the repositories of a fleet; another kind is one more class and one more line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from migrate.fleet.child import Main
from migrate.fleet.processes import Tell, forked, run_tasks, start_process
from migrate.fleet.tasks import Task
from migrate.fleet_arguments import Kind


class Executor(Protocol):
    """Runs tasks; a cluster would submit `processes.run_repository` for each of them."""

    def run(self, tasks: Sequence[Task], tell: Tell) -> None:
        """Run every task, those with the same `tree` one after the other, and `tell` of each as it ends, in here.

        Raises:
            KeyboardInterrupt: the fleet is to end. Nothing is running any more, and what had begun was told of.
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


EXECUTORS: dict[Kind, Callable[[Main, int], Executor]] = {
    Kind.SERIAL: lambda _main, _at_once: Serial(),
    Kind.PROCESSES: Processes,
}
"""By the command line of this process, and how many repositories at once."""
