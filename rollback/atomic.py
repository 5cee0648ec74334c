"""Durable replacement of one file: after a crash it is the old one or the new one, never a part."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def write_atomic(path: Path, content: bytes, mode: int | None, temp: Path) -> None:
    """Put `content` at `path` in one step, on disk when this returns.

    Args:
        path: what to replace or create; a symbolic link here is replaced, not followed.
        mode: permission bits; None gives a new file those of the user's umask.
        temp: a free name in the same folder. The caller can derive it again after a crash,
            to delete what was left there.
    Raises:
        OSError: nothing changed, and `temp` is gone again; FileExistsError when it was taken.
    """
    descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            _keep_owner(path, descriptor)
            if mode is not None:
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        temp.replace(path)
    except BaseException:
        with suppress(OSError):
            temp.unlink()
        raise
    sync_folder(path.parent)


def remove(path: Path) -> None:
    """Delete `path`, if it is there, on disk when this returns."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Create `folder` and those above it that are missing, on disk when this returns."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _keep_owner(path: Path, descriptor: int) -> None:
    """Root in a container must not take a user's files over; others may not give files away."""
    with suppress(OSError):
        old, new = path.lstat(), os.fstat(descriptor)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.fchown(descriptor, old.st_uid, old.st_gid)
