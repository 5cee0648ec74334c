"""One writer at a time per working tree; a lock left by a dead process does not count."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from rollback.errors import JournalUnusable, Locked, explain
from rollback.git import Git


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock; `started` is in seconds since the epoch."""

    pid: int
    command: str
    started: float


@contextmanager
def locked(git: Git, command: str) -> Iterator[None]:
    """Hold the lock of this working tree, under the name `command`.

    The kernel drops the lock with the process, however it ends, so nothing has to be cleaned up.

    Raises:
        Locked: another process, or this one, holds it already.
        JournalUnusable: the git directory cannot be written, or its file system cannot lock.
    """
    path = git.git_path("migrate/lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise JournalUnusable(path, explain(error)) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Locked(_read_holder(descriptor)) from None
        except OSError as error:
            raise JournalUnusable(path, f"cannot lock: {explain(error)}") from error
        _held.add(descriptor)
        try:
            holder = Holder(os.getpid(), command, time.time())
            _write(descriptor, json.dumps(asdict(holder)).encode("ascii"))
            yield
            _write(descriptor, b"")
        finally:
            _held.discard(descriptor)
    finally:
        os.close(descriptor)


_held: set[int] = set()


def _forget_in_child() -> None:
    """A forked worker shares the lock until it closes it, and may outlive a killed parent."""
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_forget_in_child)


def _write(descriptor: int, content: bytes) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, content, 0)


def _read_holder(descriptor: int) -> Holder | None:
    """None while the holder is just writing its name, or when that is no JSON of ours."""
    try:
        facts = json.loads(os.pread(descriptor, 65536, 0))
        return Holder(int(facts["pid"]), str(facts["command"]), float(facts["started"]))
    except (ValueError, KeyError, TypeError):
        return None
