"""What the system says of files and folders, without a look into them: who changes one changes that, too."""

from __future__ import annotations

import os
import stat

PLAIN = b""
"""Of a folder that is one, and reached through nothing else."""
ABSENT = b"-"


class Places:
    """Marks of what is below one root; a folder is looked at once.

    A file's mark has its kind, size, times, inode and device. Nobody can set the time of the last change (`ctime`) but
    by changing the file, so an edit of the same size with the old date back in its place has another mark.

    Attributes:
        newest: the latest `ctime` met so far, in nanoseconds since the epoch.
        devices: on which there are files or folders.
        times: marks of folders, which whoever adds, removes or renames something in them changes.
    """

    def __init__(self, root: bytes) -> None:
        self.newest = 0
        self.devices: set[int] = set()
        self.times: dict[bytes, bytes] = {}
        self._root = root
        self._folders: dict[bytes, bytes] = {}

    def mark(self, path: bytes) -> bytes:
        """Of what is at a path relative to the root; what a link leads to counts.

        A folder's mark says only that it is one.
        """
        place = self.folder(path.rpartition(b"/")[0])
        if place in (b"-", b"f"):  # nothing is below nothing, or below a file
            return place
        full = os.path.join(self._root, path)  # noqa: PTH118 - bytes, and of a great many files
        try:
            about = os.lstat(full)
        except (OSError, ValueError):  # a NUL in the name of a module
            return place + ABSENT
        if stat.S_ISREG(about.st_mode) and place == PLAIN:
            return self._of(about)
        if stat.S_ISLNK(about.st_mode) or place != PLAIN:
            return place + self._of(about) + b" > " + os.path.realpath(full) + b" " + self._behind(full)
        return self._of(about)

    def folder(self, path: bytes) -> bytes:
        """`PLAIN`, or what stands in the way on the path to a folder: a link, a file, another repository, nothing."""
        known = self._folders.get(path)
        if known is None:
            known = self._folders[path] = self._look_at(path)
        return known

    def _look_at(self, path: bytes) -> bytes:
        full = os.path.join(self._root, path)  # noqa: PTH118
        if path:
            above = self.folder(path.rpartition(b"/")[0])
            if above != PLAIN:
                return above
        try:
            about = os.lstat(full)
        except (OSError, ValueError):
            return ABSENT
        self.times[path] = self._note(about)
        if stat.S_ISLNK(about.st_mode):
            return b"l"
        if not stat.S_ISDIR(about.st_mode):
            return b"f"
        return b"n" if path and os.path.lexists(full + b"/.git") else PLAIN

    def _behind(self, full: bytes) -> bytes:
        try:
            return self._of(os.stat(full))  # noqa: PTH116
        except OSError:
            return ABSENT

    def _of(self, about: os.stat_result) -> bytes:
        return b"d" if stat.S_ISDIR(about.st_mode) else self._note(about)

    def _note(self, about: os.stat_result) -> bytes:
        if about.st_ctime_ns > self.newest:
            self.newest = about.st_ctime_ns
        self.devices.add(about.st_dev)
        return b"%o %d %d %d %d %d" % (
            about.st_mode,
            about.st_size,
            about.st_mtime_ns,
            about.st_ctime_ns,
            about.st_ino,
            about.st_dev,
        )
