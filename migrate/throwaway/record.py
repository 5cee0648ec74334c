"""Whose a throw-away worktree is: a record in the git directory, under a lock that the kernel drops with its owner."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from migrate.throwaway.errors import NoWorktree
from rollback.atomic import make_folder, sync_folder
from rollback.git import Git

PREFIX = "ssot-migrate-tree-"
_FOLDER = "migrate-worktrees"
_TRIES = 20


class Record(Struct, frozen=True):
    """One throw-away worktree, while somebody holds its lock.

    Attributes:
        path: of the record, in the git directory that all worktrees share.
        folder: what is thrown away, with the worktree in it. Its name is also that of the worktree, and of the record.
    """

    path: Path
    folder: Path

    @property
    def name(self) -> str:
        return self.path.name

    def forget(self) -> None:
        """Delete the record: nothing is left of what it is about."""
        self.path.unlink(missing_ok=True)
        _remove_if_empty(self.path.parent)


@contextmanager
def recorded(git: Git, place: Path) -> Iterator[Record]:
    """A new record for a folder in `place` that is not there yet, on disk before the folder is made.

    The lock is given up with the block; what becomes of the record then is up to whoever is in it.

    Raises:
        NoWorktree: the git directory cannot be written, or its file system cannot lock.
    """
    descriptor, record = _begin(git, place)
    _held.add(descriptor)
    try:
        yield record
    finally:
        _close(descriptor)


def abandoned(git: Git) -> Iterator[Record]:
    """The records that nobody holds any more, each under its lock as long as it is looked at."""
    try:
        names = sorted(path.name for path in (git.common_dir / _FOLDER).iterdir())
    except OSError:
        return
    for name in names:
        with taken(git, name) as record:
            if record is not None:
                yield record


@contextmanager
def taken(git: Git, name: str) -> Iterator[Record | None]:
    """Hold the record of this name if nobody else does; None where somebody does, or there is none."""
    path = git.common_dir / _FOLDER / name
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    _held.add(descriptor)
    try:
        yield _read(path, descriptor) if _lock(descriptor) else None
    finally:
        _close(descriptor)


def is_there(git: Git, name: str) -> bool:
    """Whether there is a record of this name, held or not; with the last one goes the folder that they are in."""
    _remove_if_empty(git.common_dir / _FOLDER)
    return os.path.lexists(git.common_dir / _FOLDER / name)


def _begin(git: Git, place: Path) -> tuple[int, Record]:
    parent = git.common_dir / _FOLDER
    for left in reversed(range(_TRIES)):
        path = parent / f"{PREFIX}{secrets.token_hex(4)}"
        record = Record(path, place / path.name)
        try:
            make_folder(parent)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.write(descriptor, json.dumps({"folder": os.fspath(record.folder)}).encode())
                os.fsync(descriptor)
                # In the instant before the lock it was nobody's, and may have been taken for an abandoned one.
                if _lock(descriptor) and os.path.samestat(os.fstat(descriptor), path.stat()):
                    sync_folder(parent)
                    return descriptor, record
            except BaseException:
                path.unlink(missing_ok=True)
                os.close(descriptor)
                raise
            os.close(descriptor)
        except OSError as error:
            # Whoever deletes another record takes the folder away as well, once it is empty.
            if not isinstance(error, FileNotFoundError) or not left:
                raise NoWorktree(parent, error) from error
    raise NoWorktree(parent, BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)))


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):  # there are others
        folder.rmdir()


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path, descriptor: int) -> Record:
    """What is on record; nothing of a folder where it is cut short, as nothing was made then."""
    try:
        folder = Path(str(json.loads(os.pread(descriptor, 65536, 0))["folder"]))
    except (ValueError, KeyError, TypeError):
        folder = Path()
    return Record(path, folder)


_held: set[int] = set()


def _close(descriptor: int) -> None:
    if descriptor in _held:
        _held.discard(descriptor)
        os.close(descriptor)


def _close_in_child() -> None:
    """A forked worker shares the lock until it closes it, and may outlive a killed parent."""
    for descriptor in tuple(_held):
        _close(descriptor)


os.register_at_fork(after_in_child=_close_in_child)
