"""One file replaced in two steps: its bytes on disk under another name, then the name: old or new after a crash."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def stage(content: bytes, mode: int | None, temp: Path, like: Path) -> None:
    """Write `content` to the new file `temp`, its bytes on disk when this returns.

    Args:
        mode: permission bits; None gives those of the user's umask.
        temp: a free name in the folder of the file it is to replace. The caller can derive it again after a crash, to
            delete what was left there.
        like: the file it is to replace; owner and extended attributes, such as access control lists, are taken over
            from it as far as the system allows.
    Raises:
        OSError: `temp` is not there; FileExistsError when the name was taken, by a file that stays.
    """
    # Nobody else may read the bytes of a private file, not even for a moment.
    first = 0o666 if mode is None else 0o600
    descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, first)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            _keep_attributes(like, descriptor)
            if mode is not None:
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
    except BaseException:
        with suppress(OSError):
            temp.unlink()
        raise


def put(content: bytes, mode: int | None, path: Path) -> None:
    """Put `content` in the place of the file at `path`, or make that file; on disk when this returns.

    Args:
        mode: permission bits; None gives those of the user's umask.
    Raises:
        OSError: the file is as it was.
    """
    temp = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    stage(content, mode, temp, path)
    try:
        temp.replace(path)
    except BaseException:
        temp.unlink(missing_ok=True)
        raise
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


def sync_folders(folders: Iterable[Path]) -> None:
    """Make the names in all `folders` durable, each once; one that is gone has none."""
    for folder in sorted(set(folders)):
        with suppress(FileNotFoundError):
            sync_folder(folder)


def _keep_attributes(like: Path, descriptor: int) -> None:
    """Root in a container must not take a user's files over; others may not give files away."""
    with suppress(OSError):
        old, new = like.lstat(), os.fstat(descriptor)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.fchown(descriptor, old.st_uid, old.st_gid)
    if hasattr(os, "listxattr"):
        names: list[str] = []
        with suppress(OSError):
            names = os.listxattr(like, follow_symlinks=False)
        for name in names:
            with suppress(OSError):
                os.setxattr(descriptor, name, os.getxattr(like, name, follow_symlinks=False))
