"""Tasks as processes of this machine, so many at once; each ends, whatever happens to the fleet."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from migrate.fleet.child import Main, serve_forked
from migrate.fleet.outcomes import Ended, Outcome, not_started, outcome_of
from migrate.fleet.tasks import Task
from rollback.errors import explain
from rollback.signals import deferred_signals

Tell = Callable[[Outcome], None]

_POLL_S = 0.005
_HOME = str(Path(__file__).parents[2])
# As `python -m migrate`, but that the folder it starts in, which is the target's, is no place to import from. It is
# watched from the first moment on: loading the rest takes half a second.
_PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]); from migrate.fleet.child import end_with; end_with(int(sys.argv[2])); "
    "from migrate.cli import main; main(sys.argv[3:])"
)


class Running(Protocol):
    """A process at work on a task."""

    @property
    def pid(self) -> int | None: ...

    def poll(self) -> int | None:
        """Its exit code, negative for a signal, once it has ended."""


Start = Callable[[Task, int, int], Running]
"""Start a task as a process that prints into two open files; OSError where there can be none."""


def forked(main: Main) -> Start:
    """Fork this process, which has the commands loaded; `main` runs a command line and gives its exit code."""
    context = multiprocessing.get_context("fork")

    def start(task: Task, out: int, err: int) -> Running:
        process = context.Process(target=serve_forked, args=(main, task.arguments, task.root, out, err, os.getpid()))
        process.start()
        return _Forked(process)

    return start


class _Forked:
    def __init__(self, process: multiprocessing.context.ForkProcess) -> None:
        self._process = process
        self.pid = process.pid

    def poll(self) -> int | None:
        return self._process.exitcode


def start_process(task: Task, out: int, err: int) -> Running:
    """Start Python anew, with this package and nothing else of this process."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _PROGRAM, _HOME, str(os.getpid()), *task.arguments],
        cwd=task.root,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        start_new_session=True,
    )


class Work(Protocol):
    """A task that is under way, wherever that is."""

    def stop(self) -> None:
        """Tell it to end, everything restored."""

    def ended(self) -> Outcome | None:
        """What came of it, once it has ended."""


def run_repository(task: Task, is_stopped: Callable[[], bool] = bool) -> Outcome:
    """Run one task to its end in a process of its own, for any worker that sees the same folders.

    Args:
        is_stopped: asked all the time; where it says so, the process is told to end.
    """
    outcomes = [Outcome(task.name, task.root, "not run", message="the fleet was interrupted")]

    def end_where_stopped() -> None:
        if is_stopped():
            raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        run_tasks([task], start_process, 1, outcomes.append, end_where_stopped)
    return outcomes[-1]


def run_tasks(
    tasks: Sequence[Task], start: Start, at_once: int, tell: Tell, watch: Callable[[], object] = bool
) -> None:
    """Run tasks as processes of this machine; see `take_turns`."""
    take_turns(tasks, lambda task: _Work(task, start), at_once, tell, watch)


def take_turns(
    tasks: Sequence[Task],
    begin: Callable[[Task], Work],
    at_once: int,
    tell: Tell,
    watch: Callable[[], object] = bool,
) -> None:
    """Run tasks in their order, `at_once` at the most, and one at a time in each working tree.

    Args:
        begin: begin with a task; OSError where this one cannot be begun. Any other error of it ends them all.
        tell: told of each that has ended, here and one at a time.
        watch: called all the time; what it raises ends them all as a Ctrl-C does.
    Raises:
        KeyboardInterrupt: a Ctrl-C or SIGTERM. No other task was started; those at work were told to end, have done
            so, and were told of.
    """
    waiting, at_work = list(tasks), dict[str, Work]()
    with deferred_signals() as held:
        try:
            while waiting or at_work:
                held.deliver()
                watch()
                for task in [each for each in waiting if each.tree not in at_work][: at_once - len(at_work)]:
                    if task.tree not in at_work:
                        waiting.remove(task)
                        try:
                            at_work[task.tree] = begin(task)
                        except OSError as error:
                            tell(not_started(task, f"no process for it: {explain(error)}"))
                _collect(at_work, tell)
        except BaseException:
            for work in at_work.values():
                work.stop()
            while at_work:
                _collect(at_work, tell)
            raise


def _collect(at_work: dict[str, Work], tell: Tell) -> None:
    """Tell of those that have ended; wait an instant where none has."""
    ended = [(tree, found) for tree, work in at_work.items() if (found := work.ended()) is not None]
    for tree, outcome in ended:
        del at_work[tree]
        tell(outcome)
    if not ended:
        time.sleep(_POLL_S)


class _Work:
    """A task, its process, and the files that it prints into."""

    def __init__(self, task: Task, start: Start) -> None:
        self._task = task
        self._began = time.monotonic()
        self._is_stopped = False
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - until it has ended
        try:
            self._process = start(task, self._out.fileno(), self._err.fileno())
        except BaseException:
            self._out.close()
            self._err.close()
            raise

    def stop(self) -> None:
        """Tell it to end; SIGTERM, as who starts a fleet in the background has SIGINT ignored."""
        self._is_stopped = True
        self._signal(os.kill, signal.SIGTERM)

    def ended(self) -> Outcome | None:
        """What came of it, once it has ended."""
        code = self._process.poll()
        if code is None:
            return None
        if code < 0:  # it could not end what it had started itself
            self._signal(os.killpg, signal.SIGKILL)
        seconds = time.monotonic() - self._began
        return outcome_of(self._task, Ended(code, _all(self._out), _all(self._err), seconds, self._is_stopped))

    def _signal(self, send: Callable[[int, int], None], number: int) -> None:
        assert self._process.pid is not None, "it was started"
        with suppress(ProcessLookupError, PermissionError):
            send(self._process.pid, number)


def _all(file: IO[bytes]) -> bytes:
    with file:
        file.seek(0)
        return file.read()
