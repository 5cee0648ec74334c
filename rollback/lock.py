"""One writer at a time per working tree; a lock left by a dead process does not count."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct
from msgspec.structs import asdict

from rollback.atomic import make_folder
from rollback.errors import JournalUnusable, Locked, explain
from rollback.git import Git


class Holder(Struct, frozen=True):
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
    path = git.private("lock")
    try:
        make_folder(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise JournalUnusable(path, explain(error)) from error
    _open.add(descriptor)
    try:
        if not _take(path, descriptor):
            raise Locked(_read_holder(descriptor))
        _write(descriptor, json.dumps(asdict(Holder(os.getpid(), command, time.time()))))
        try:
            yield
        finally:
            if descriptor in _open:
                _write(descriptor, "")
    finally:
        _close(descriptor)


def is_held(git: Git) -> bool:
    """Whether some process holds the lock now; nothing is created or written."""
    try:
        refuse_held(git)
    except Locked:
        return True
    return False


def refuse_held(git: Git) -> None:
    """Nobody else is at work in this working tree; nothing is created or written.

    Raises:
        Locked: somebody is.
    """
    try:
        descriptor = os.open(git.private("lock"), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Locked(_read_holder(descriptor)) from None
    finally:
        os.close(descriptor)


_open: set[int] = set()


def _close(descriptor: int) -> None:
    if descriptor in _open:
        _open.discard(descriptor)
        os.close(descriptor)


def _close_in_child() -> None:
    """A forked worker shares the lock until it closes it, and may outlive a killed parent."""
    for descriptor in tuple(_open):
        _close(descriptor)


os.register_at_fork(after_in_child=_close_in_child)


def _take(path: Path, descriptor: int) -> bool:
    for pause_s in (0.05, 0.05, 0.0):  # `refuse_held` in another process holds it for an instant
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(pause_s)
        except OSError as error:
            raise JournalUnusable(path, f"cannot lock: {explain(error)}") from error
    return False


def _write(descriptor: int, text: str) -> None:
    """The name is a courtesy to others: without room for it the lock holds as well."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode("ascii"), 0)


def _read_holder(descriptor: int) -> Holder | None:
    """None while the holder is just writing its name, or when that is no JSON of ours."""
    try:
        facts = json.loads(os.pread(descriptor, 65536, 0))
        return Holder(int(facts["pid"]), str(facts["command"]), float(facts["started"]))
    except (ValueError, KeyError, TypeError):
        return None
