"""Run one command: a deadline, bounded output, and nothing left running. No shell, unless a person wrote for one."""

from __future__ import annotations

import errno
import math
import os
import re
import selectors
import shlex
import shutil
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from msgspec import Struct

from migrate.errors import UsageError

OUTPUT_LIMIT = 1 << 20
"""Bytes of output that are put on record: the last ones, where a command says how it ended."""
LINE_LIMIT = 500
"""Characters of one line that `tail` shows."""

_CHUNK = 1 << 16
_POLL_S = 0.05
_DRAIN_S = 0.5
_GRACE_S = 2.0

# ECMA-48: CSI (7 and 8 bit), OSC up to its terminator, DCS/SOS/PM/APC strings, then any other escape.
_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)?"
    r"|\x1b[PX^_][^\x1b\n]*(?:\x1b\\)?"
    r"|\x1b[ -/]*[0-~]"
)


class Outcome(Struct, frozen=True):
    """How a command ended.

    Attributes:
        returncode: its exit code, negative for the signal that ended it; None when it never started.
        output: stdout and stderr as they came, the last bytes up to the limit that was given.
        seconds: wall time.
        timed_out: it was still running at the deadline and was ended.
        problem: one line saying why it could not be started, else None.
        dropped: bytes of output that came before, and were not kept.
    """

    returncode: int | None
    output: bytes
    seconds: float
    timed_out: bool
    problem: str | None
    dropped: int = 0


class CommandInterrupted(KeyboardInterrupt):
    """A Ctrl-C, or another signal that ends us, came while a command ran. Its process group is gone.

    Attributes:
        outcome: how far it had come.
    """

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def run_command(
    argv: Sequence[str],
    *,
    cwd: Path,
    timeout_s: float,
    env: Mapping[str, str] | None = None,
    echo: Callable[[bytes], None] | None = None,
    meanwhile: Callable[[], None] | None = None,
    limit: int = OUTPUT_LIMIT,
) -> Outcome:
    """Run `argv` in a session of its own, with nothing to read on stdin.

    The command's process group ends with it: on timeout, on Ctrl-C, and for what a finished command left in the
    background. What has left the group, for a session of its own, goes on.

    Args:
        argv: the program and its arguments. A bare name is looked up on PATH, a relative path with a
            slash in `cwd`; `python` is this interpreter where PATH has none.
        cwd: folder to run in.
        timeout_s: seconds until the group is ended.
        env: the whole environment; None inherits ours.
        echo: called with each piece of output as it arrives, raw.
        meanwhile: called again and again while it runs, at least every 50 ms while it does not talk, and once when it
            has ended.
        limit: bytes of output that are kept.

    Raises:
        CommandInterrupted: Ctrl-C came; the group is gone.
    """
    started = time.monotonic()
    if not argv or not argv[0]:
        return _not_started("the command is empty")
    program = _find_program(argv[0], cwd, os.environ if env is None else env)
    if program is None:
        return _not_started(f"{argv[0]!r} was not found on PATH; install it or write its path")
    try:
        process = subprocess.Popen(
            # The resolved path also goes in as argv[0]: Python finds its own prefix by it.
            [program, *argv[1:]],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            bufsize=0,
        )
    except (OSError, ValueError) as error:
        return _not_started(_why_not(argv[0], cwd, error))
    output = _Ending(limit)

    def take(chunk: bytes) -> None:
        output.add(chunk)
        if echo is not None:
            echo(chunk)

    def outcome(*, timed_out: bool) -> Outcome:
        seconds = time.monotonic() - started
        return Outcome(process.returncode, output.bytes(), seconds, timed_out, None, output.dropped)

    pipe = process.stdout
    assert pipe is not None
    with pipe:
        try:
            try:
                timed_out = _follow(process, pipe, started + timeout_s, take, meanwhile or _nothing)
            finally:
                _end_group(process)
            _read_rest(pipe, take)
        except KeyboardInterrupt:
            _read_rest(pipe, output.add)
            raise CommandInterrupted(outcome(timed_out=False)) from None
    if meanwhile is not None:
        meanwhile()
    return outcome(timed_out=timed_out)


def _nothing() -> None: ...


# Much as GNU make (job.c, sh_chars_sh and sh_cmds_sh) tells what it hands to a shell from what it runs by itself; but
# not for brackets and "#" within a command, which names of tests have.
_QUOTED = re.compile(r"""'[^']*'|\\.|"(?P<inner>(?:\\.|[^"\\])*)\"""", re.DOTALL)
_FOR_SHELL = re.compile(r"[;&|<>`$*?~\n]|^\s*(?:\w+=|[({!]|\[ )")
_BUILTINS = frozenset([
    ".", ":", "case", "cd", "command", "eval", "exec", "exit", "export", "for", "if", "set", "trap", "ulimit", "umask",
    "unset", "until", "wait", "while",
])  # fmt: skip


def split_verify(text: str) -> tuple[str, ...]:
    """The argument list of a `--verify` command: of `sh -c` where it has anything that only a shell understands.

    Without that a shell would split it just so, and a program that is missing is told more clearly.

    Raises:
        UsageError: `text` is empty or has an open quote.
    """
    try:
        argv = tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"--verify: {str(error).lower()} in {text!r}; close the quote") from None
    if not argv or not argv[0]:
        raise UsageError('--verify: the command is empty; write e.g. --verify "python -m pytest tests"')
    bare = _QUOTED.sub(lambda quoted: "".join(re.findall(r"[`$]", quoted["inner"] or "")), text)
    return ("sh", "-c", text) if _FOR_SHELL.search(bare) or argv[0] in _BUILTINS else argv


def readable(output: bytes) -> str:
    """`output` as text: no terminal escapes, newlines as line ends, without what a progress bar overwrote."""
    text = _ANSI.sub("", output.decode("utf-8", "replace")).replace("\r\n", "\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))


def tail(output: bytes, lines: int) -> str:
    """The last `lines` lines of `output`, safe to print: other control characters are shown escaped."""
    kept = readable(output[-lines * 4 * _CHUNK :]).rstrip().split("\n")[-lines:]
    return "\n".join(_shown(line.rstrip()) for line in kept)


def _shown(line: str) -> str:
    cut = line if len(line) <= LINE_LIMIT else line[: LINE_LIMIT - 1] + "…"
    return "".join(c if _is_harmless(c) else c.encode("unicode_escape").decode("ascii") for c in cut)


def _is_harmless(char: str) -> bool:
    # Not str.isprintable(): that would also escape the no-break space.
    return char == "\t" or not unicodedata.category(char).startswith(("C", "Zl", "Zp"))


class _Ending:
    """Keeps the last `limit` bytes of what it is given, in at most twice the memory."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()
        self._seen = 0

    @property
    def dropped(self) -> int:
        """Bytes that came before those that are kept."""
        return max(0, self._seen - self._limit)

    def add(self, chunk: bytes) -> None:
        self._seen += len(chunk)
        self._kept += chunk
        if len(self._kept) > 2 * self._limit:
            del self._kept[: -self._limit]

    def bytes(self) -> bytes:
        return bytes(self._kept[-self._limit :])


def _not_started(problem: str) -> Outcome:
    return Outcome(None, b"", 0.0, False, problem)


def _find_program(name: str, cwd: Path, env: Mapping[str, str]) -> str | None:
    """The path to start `name` by, or None when it is a bare name that PATH does not have."""
    if "/" in name:
        return os.path.join(cwd.absolute(), name)  # noqa: PTH118 - Path would drop a leading ./ and a trailing /
    folders = env.get("PATH", os.defpath).split(os.pathsep)
    # Relative folders on PATH count from where the command runs, not from where we do.
    path = os.pathsep.join(str(cwd.absolute() / folder) for folder in folders)
    return shutil.which(name, path=path) or (sys.executable if name == "python" else None)


def _why_not(name: str, cwd: Path, error: OSError | ValueError) -> str:
    if isinstance(error, ValueError):
        return f"{name!r} cannot be started: {error}"
    if not cwd.is_dir():
        return f"{name!r} cannot be started: the folder {str(cwd)!r} does not exist"
    reasons = {
        errno.ENOENT: "there is no such file, or its '#!' line names no program",
        errno.EACCES: "it is not an executable file; chmod +x it, or name its interpreter first",
        errno.ENOEXEC: "it is not a program; give it a '#!' line, or name its interpreter first",
    }
    return f"{name!r} cannot be started: {reasons.get(error.errno or 0, error.strerror)}"


def _follow(
    process: subprocess.Popen[bytes],
    pipe: IO[bytes],
    deadline: float,
    take: Callable[[bytes], None],
    meanwhile: Callable[[], None],
) -> bool:
    """Read until the command has ended; True when it was still running at `deadline`.

    A process in the background may hold the pipe open after the command has ended: it gets
    `_DRAIN_S` for what it still has to say.
    """
    drained = math.inf
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            meanwhile()
            now = time.monotonic()
            if process.poll() is not None:
                drained = min(drained, now + _DRAIN_S)
            elif now >= deadline:
                return True
            if now >= drained:
                return False
            if selector.select(max(0.0, min(_POLL_S, deadline - now)) if drained == math.inf else _POLL_S):
                chunk = os.read(pipe.fileno(), _CHUNK)
                if not chunk:
                    break
                take(chunk)
    while process.poll() is None:
        if time.monotonic() >= deadline:
            return True
        meanwhile()
        time.sleep(_POLL_S)
    return False


def _read_rest(pipe: IO[bytes], take: Callable[[bytes], None]) -> None:
    """Take what the command said while it was being ended: one pipe full at most, without waiting."""
    os.set_blocking(pipe.fileno(), False)
    try:
        chunk = os.read(pipe.fileno(), _CHUNK)
    except BlockingIOError:
        return
    if chunk:
        take(chunk)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM to the command's whole group, a grace, SIGKILL, also where an exception cuts the grace short."""
    try:
        if _signal_group(process, signal.SIGTERM):
            _wait_for_group(process)
    finally:
        if _signal_group(process, signal.SIGKILL):
            _wait_for_group(process)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> bool:
    """Signal the group; False when nobody is left to hear it (or nobody we may signal)."""
    process.poll()
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _wait_for_group(process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _GRACE_S
    while _signal_group(process, 0) and time.monotonic() < until:
        time.sleep(0.01)
