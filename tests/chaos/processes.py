"""Run the tool in a forked child: to its end, until a moment, or call by call with every write answered from here."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from chaos.calls import Operation, read_operation
from chaos.seccomp import Listener, install

DEADLINE_S = 60.0
"""How long a child may take without a filtered call before the harness gives up."""

Decide = Callable[[int, Operation], "int | str | None"]
"""Told number and operation; answers None (go on), an error number, "kill", or the name of a signal to send."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended.

    Attributes:
        code: its exit code, or the negative number of the signal that ended it.
        output: what it printed, stdout and stderr together.
        operations: how many it was about to do below the watched folder.
        seconds: how long it took.
    """

    code: int
    output: str
    operations: int = 0
    seconds: float = 0.0


def adopt_orphans() -> None:
    """Become the parent of processes whose own parent is killed, so that they can be waited for."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def run(root: Path, arguments: Sequence[str]) -> Ending:
    """`migrate ARGUMENTS` in `root`, to its end."""
    return _end(*_start(root, arguments, None), time.monotonic())


def run_until(root: Path, arguments: Sequence[str], moment_s: float, number: int = signal.SIGKILL) -> Ending:
    """The same, with a signal after `moment_s` seconds: to the tool's own process, not to a git that it runs."""
    started = time.monotonic()
    child, output = _start(root, arguments, None)
    while (left := started + moment_s - time.monotonic()) > 0:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            break
        time.sleep(min(left, 0.0005))
    os.kill(child, number)
    return _end(child, output, started)


def run_watched(root: Path, arguments: Sequence[str], folder: Path, decide: Decide) -> Ending:
    """The same, with `decide` asked about every operation below `folder` before it is done."""
    started = time.monotonic()
    ours, theirs = socket.socketpair()
    child, output = _start(root, arguments, theirs)
    theirs.close()
    with ours:
        _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
    listener = Listener(descriptors[0])
    inside = f"{folder.resolve()}/"
    number = 0
    try:
        while (call := listener.receive(DEADLINE_S)) is not None:
            try:
                operation = read_operation(call)
            except (FileNotFoundError, ProcessLookupError):  # the caller was killed just now
                operation = None
            answer = None
            if operation is not None and operation.path.startswith(inside):
                answer = decide(number, operation)
                number += 1
            if answer is None:
                listener.go_on(call)
            elif isinstance(answer, int):
                listener.fail(call, answer)
            elif answer == "kill":
                _kill_all(child)
            else:
                os.kill(child, getattr(signal, answer))
                listener.go_on(call)
    finally:
        listener.close()
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None and number == 0:
            _kill_all(child)
    done = _end(child, output, started)
    return Ending(done.code, done.output, number, done.seconds)


def wait_for_orphans() -> None:
    """Reap what killed children left running, until nothing is left."""
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _start(root: Path, arguments: Sequence[str], watcher: socket.socket | None) -> tuple[int, int]:
    output = os.open(tempfile.gettempdir(), os.O_TMPFILE | os.O_RDWR, 0o600)
    child = os.fork()
    if child == 0:
        code = 70
        try:
            # What is measured here is lost with `os._exit`, and a signal that comes while coverage holds its lock
            # would leave it locked.
            sys.settrace(None)
            os.setsid()
            for number in (signal.SIGINT, signal.SIGTERM):  # whoever runs the harness in the background ignores them
                signal.signal(number, signal.default_int_handler)
            os.chdir(root)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(output, 1)
            os.dup2(output, 2)
            if watcher is not None:
                descriptor = install()
                socket.send_fds(watcher, [b"x"], [descriptor])
                os.close(descriptor)
                watcher.close()
            code = _main(arguments)
        finally:
            os._exit(code)
    return child, output


def _main(arguments: Sequence[str]) -> int:
    from migrate.cli import main

    try:
        main(arguments)
    except SystemExit as end:
        return int(end.code or 0)


def _end(child: int, output: int, started: float) -> Ending:
    status = os.waitpid(child, 0)[1]
    seconds = time.monotonic() - started
    text = os.pread(output, 1 << 20, 0).decode("utf-8", "replace")
    os.close(output)
    return Ending(os.waitstatus_to_exitcode(status), text, seconds=seconds)


def _kill_all(child: int) -> None:
    """A machine that stops takes every process with it, git too."""
    for each in [child, *_descendants(child)]:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


def _descendants(process: int) -> list[int]:
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in os.listdir(f"/proc/{process}/task"):
            children = Path(f"/proc/{process}/task/{task}/children").read_text().split()
            for each in map(int, children):
                found += [each, *_descendants(each)]
    return found
