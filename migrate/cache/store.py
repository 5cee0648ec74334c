"""The folder of answers in the git directory: a file for each key, the oldest of which go when there are too many."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from rollback.changes import read_plain

MOST_BYTES = 32_000_000
"""Of all files together."""
_USED_AGAIN_S = 3600.0
"""After so long, a file that is read is marked as used."""
_LEFT_BEHIND_S = 3600.0
"""So old a temporary file is nobody's."""


class Store:
    """Files by key. Whatever goes wrong with one, it is as if it was not there: an answer can be worked out again."""

    def __init__(self, folder: Path, most: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most = most

    def read(self, key: str) -> bytes | None:
        """What was written last under a key; None where there is nothing, or nothing that can be read."""
        path = self._folder / key
        try:
            content, _ = read_plain(path)
            if time.time() - path.stat().st_mtime > _USED_AGAIN_S:
                os.utime(path)
        except OSError:
            return None
        return content

    def write(self, key: str, content: bytes) -> None:
        """Put a file in place in one step, and make room for it.

        It is not waited for the disk: what a power cut leaves of a file has the wrong checksum.
        """
        if len(content) > self._most // 4:
            return
        temp = self._folder / f".{key}.{os.getpid()}.tmp"
        with suppress(OSError):
            try:
                self._create(temp, content)
                temp.replace(self._folder / key)
            except BaseException:
                temp.unlink(missing_ok=True)
                raise
            self._make_room()

    def stamp(self) -> tuple[int, int] | None:
        """The file system's time now, in nanoseconds since the epoch, and its device; None where nothing is kept.

        As for git's index, a file whose time is not before this one may change again without getting another time.
        """
        temp = self._folder / f".{os.getpid()}.tmp"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._create(temp, b"")
            about = temp.stat()
            temp.unlink()
        except OSError:
            return None
        return about.st_ctime_ns, about.st_dev

    def _create(self, path: Path, content: bytes) -> None:
        with suppress(FileNotFoundError):  # of a process of this number that was killed
            path.unlink()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, 0o666), "wb") as file:
            file.write(content)

    def _make_room(self) -> None:
        """Delete what was not used for longest until the rest is small enough."""
        found: list[tuple[float, int, Path]] = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                about = entry.stat(follow_symlinks=False)
                path = Path(entry.path)
                if not entry.name.endswith(".tmp"):
                    found.append((about.st_mtime, about.st_size, path))
                elif time.time() - about.st_mtime > _LEFT_BEHIND_S:
                    path.unlink(missing_ok=True)
        size = sum(size for _, size, _ in found)
        for _, bytes_, path in sorted(found):
            if size <= self._most:
                return
            path.unlink(missing_ok=True)
            size -= bytes_
