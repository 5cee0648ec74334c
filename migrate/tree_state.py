"""The bytes and modes of all files below a folder, to be compared with what they are later."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

State = tuple[int, str]
"""A file's type and permission bits, and the SHA-256 of its bytes, or of where a link leads."""


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
