"""A process that waits for the owner of a throw-away worktree to end, and discards what an owner that was killed left.

It is in a session of its own, so that a signal to the owner's process group does not reach it. It learns of the end
by the end of a pipe that only the owner writes to, and in case that somebody else came to hold the pipe, by its parent.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import migrate
from migrate.throwaway.discard import discard
from migrate.throwaway.errors import NotDiscarded, NoWorktree
from migrate.throwaway.record import Record, is_there, taken
from rollback.git import Git

_HOME = Path(migrate.__file__).parents[1]
_START = "import sys; sys.path.insert(0, sys.argv[1]); from migrate.throwaway.watcher import main; main(sys.argv[2:])"

_POLL_S = 0.5
_PATIENCE_S = 60.0
"""A command of a check may go on for a while after the tool was killed, and write."""
_QUIET_S = 1.0
"""A git that was started in the last moment is done by then."""

_FAREWELL = b"."
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def watched(git: Git, record: Record) -> Iterator[None]:
    """Have somebody discard the worktree of `record` if this process ends within the block.

    Raises:
        NoWorktree: the process could not be started.
    """
    command = [sys.executable, "-I", "-c", _START, str(_HOME), str(os.getpid()), str(git.toplevel), record.name]
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
            start_new_session=True, bufsize=0,
        )  # fmt: skip
    except OSError as error:
        raise NoWorktree(Path(sys.executable), error) from error
    pipe = process.stdin
    assert pipe is not None
    _pipes.add(pipe.fileno())
    try:
        yield
    finally:
        _pipes.discard(pipe.fileno())
        with suppress(BrokenPipeError), pipe:  # somebody killed it
            pipe.write(_FAREWELL)
        process.wait()


def main(arguments: Sequence[str]) -> None:
    """Wait for the owner's farewell, or for its death.

    Args:
        arguments: its process id, the top folder of its working tree, and the name of the record.
    """
    owner, toplevel, name = arguments
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
    if _is_over_well(int(owner)):
        return
    git = Git.open(Path(toplevel))
    until = time.monotonic() + _PATIENCE_S
    while True:
        with taken(git, name) as record:
            if record is not None:
                with suppress(NotDiscarded):  # the next one tries again
                    discard(git, record, _PATIENCE_S, _QUIET_S)
                return
        if time.monotonic() > until or not is_there(git, name):
            return
        time.sleep(_POLL_S / 10)  # the kernel is about to take the lock from the owner, or somebody discards already


def _is_over_well(owner: int) -> bool:
    """Wait for the end; True where the owner said farewell, and nothing is left to do."""
    while os.getppid() == owner:
        if select.select([0], [], [], _POLL_S)[0]:
            return os.read(0, 1) == _FAREWELL
    return bool(select.select([0], [], [], 0)[0]) and os.read(0, 1) == _FAREWELL


_pipes: set[int] = set()


def _close_in_child() -> None:
    """A forked worker may outlive a killed parent, and the pipe would not end."""
    for descriptor in tuple(_pipes):
        _pipes.discard(descriptor)
        os.close(descriptor)


os.register_at_fork(after_in_child=_close_in_child)
