"""Processes of `migrate` that are forked from one that has imported it, which takes ten times as long as what most of them do.

Such a process has its own session, terminal, environment, signals and exit code, as if it were started anew. What comes
before `main` is done already: where that is what a test is about, the process has to be a new one (`Sample.start`).
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

HOME = Path(__file__).parents[2]
TIMEOUT_S = 60.0

_IMPORTED = ("cli", "check_command", "fleet_command", "guard_command", "init_command", "journal_command", "rehearse_command",
             "report_command", "rollback_command", "stepping", "timeline_command")  # fmt: skip


class Forked:
    """A process of `migrate`; the way to it is that of `subprocess.Popen`."""

    def __init__(
        self, arguments: Sequence[str], cwd: Path, env: Mapping[str, str], stdin: int, stdout: int, stderr: int
    ) -> None:
        changed = {name for name in {**os.environ, **env} if os.environ.get(name) != env.get(name)}
        assert not {name for name in changed if name.startswith("PYTHON")} - {"PYTHONPATH", "PYTHONIOENCODING"}
        self._reports, theirs = socket.socketpair()
        self._reports.settimeout(TIMEOUT_S)
        with theirs:
            socket.send_fds(_nursery(), [b"x"], [stdin, stdout, stderr, theirs.fileno()])
        self._reports.sendall(json.dumps([[*arguments], str(cwd), {**env}]).encode() + b"\n")
        self._lines = self._reports.makefile("r")
        self.pid = int(self._lines.readline())
        self.returncode: int | None = None

    def wait(self) -> int:
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(int(self._lines.readline()))
            self._lines.close()
            self._reports.close()
        return self.returncode

    def kill(self) -> None:
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)


@functools.cache
def _nursery() -> socket.socket:
    """The way to the process that forks them; it ends when nobody has the other side of this any more."""
    ours, theirs = socket.socketpair()
    with theirs:
        number = theirs.fileno()
        environment = {**os.environ, "PYTHONPATH": str(HOME)}
        command = [sys.executable, __file__, str(number)]
        process = subprocess.Popen(command, cwd=HOME, env=environment, stdin=subprocess.DEVNULL, pass_fds=[number])
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours


def _main() -> None:
    """Fork for each request; returns in a process that was asked for."""
    del sys.path[0]  # the folder of this file
    for name in _IMPORTED:
        importlib.import_module(f"migrate.{name}")
    requests = socket.socket(fileno=int(sys.argv[1]))
    while True:
        _, descriptors, _, _ = socket.recv_fds(requests, 1, 4)
        if not descriptors:
            os._exit(0)  # what was measured here is in what each process has measured
        if os.fork() == 0:
            break
        for descriptor in descriptors:
            os.close(descriptor)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
    requests.close()
    *standard, number = descriptors
    with socket.socket(fileno=number) as reports:
        with reports.makefile("r") as lines:
            arguments, cwd, env = json.loads(lines.readline())
        if child := os.fork():
            for descriptor in standard:
                os.close(descriptor)
            with suppress(BrokenPipeError):
                reports.sendall(b"%d\n" % child)
                reports.sendall(b"%d\n" % os.waitpid(child, 0)[1])
            os._exit(0)
    _settle(standard, cwd, env)
    sys.argv = ["migrate", *arguments]
    sys.path.insert(0, cwd)  # as `python -m` does


def _settle(standard: Sequence[int], cwd: str, env: Mapping[str, str]) -> None:
    """Be like a process that was started in `cwd` with these descriptors and this environment."""
    os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    encoding, _, errors = env.get("PYTHONIOENCODING", "").partition(":")
    for number, (name, descriptor) in enumerate(zip(("stdin", "stdout", "stderr"), standard, strict=True)):
        os.dup2(descriptor, number)
        os.close(descriptor)
        old = getattr(sys, name)
        handling = old.errors if name == "stderr" else errors or old.errors
        new = os.fdopen(number, old.mode, encoding=encoding or old.encoding, errors=handling, closefd=False)
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)
    sys.stderr.reconfigure(line_buffering=True)
    if os.isatty(0):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # the one that controls the process, so that Ctrl-C on it is a SIGINT


if __name__ == "__main__":
    _main()
    runpy.run_module("migrate", run_name="__main__", alter_sys=True)
