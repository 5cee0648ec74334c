"""The bytes and modes of files below a folder, to be compared with what they are later."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

State = tuple[int, str]
"""A file's type and permission bits, and the SHA-256 of its bytes, or of where a link leads."""

Mark = tuple[int, ...]
"""What the system says of a file without a look into it; who writes to it changes that."""


def tree_state(top: Path) -> dict[str, State]:
    """Every plain file and symbolic link below `top` but git's own, by path relative to it.

    Raises:
        OSError: one cannot be read.
    """
    start = len(os.fspath(top)) + 1
    return {full[start:]: _state(full) for full in _files(os.fspath(top))}


def differences(before: Mapping[str, State], after: Mapping[str, State]) -> tuple[list[str], list[str]]:
    """The paths that are not as they were, or gone; and those that are new."""
    changed = [path for path, state in before.items() if after.get(path) != state]
    return sorted(changed), sorted(after.keys() - before.keys())


def marks(top: Path, paths: Iterable[str]) -> dict[str, Mark]:
    """Of those of `paths`, relative to `top`, at which there is something else than a folder."""
    found: dict[str, Mark] = {}
    for path in paths:
        with suppress(OSError):  # it is gone, or was never there
            about = os.lstat(f"{top}/{path}")
            if not stat.S_ISDIR(about.st_mode):
                found[path] = (about.st_mode, about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino)
    return found


def changed_since(top: Path, before: Mapping[str, Mark], states: Mapping[str, State], now: Iterable[str]) -> list[str]:
    """The paths that are not as they were, gone or new; only files whose marks differ are read.

    Args:
        before: the marks of then. states: what there was then, by path. now: where there may be files now.
    """
    after = marks(top, {*before, *now})
    touched = (path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    return sorted(path for path in touched if _state_now(f"{top}/{path}") != states.get(path))


def _state_now(full: str) -> State | None:
    """None where there is nothing that can be read."""
    try:
        return _state(full)
    except OSError:
        return None


def _files(top: str) -> Iterator[str]:
    for folder, folders, files in os.walk(top):
        if ".git" in folders:
            folders.remove(".git")
        links = (name for name in folders if os.path.islink(f"{folder}/{name}"))  # noqa: PTH114 - of many
        yield from (f"{folder}/{name}" for name in (*files, *links) if name != ".git")


def _state(full: str) -> State:
    about = os.lstat(full)
    if stat.S_ISLNK(about.st_mode):
        content = os.readlink(os.fsencode(full))  # noqa: PTH115 - any bytes
    elif stat.S_ISREG(about.st_mode):
        content = Path(full).read_bytes()
    else:
        content = b""  # of a named pipe that a check has left, say
    return about.st_mode, hashlib.sha256(content).hexdigest()
