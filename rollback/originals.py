"""The files that a run replaces, kept alive by a second name in the git directory.

A run that fails gets them back by a rename, which needs no room on a full disk and brings back the file itself, with
its other names (hard links), times and attributes. Where the git directory is on another file system, or the system has
no hard links, they are written anew from their bytes.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Container, Sequence
from contextlib import suppress
from pathlib import Path

from rollback.atomic import make_folder, sync_folder
from rollback.changes import read_plain
from rollback.git import Git
from rollback.journal import FileRecord

_FOLDER = "originals"

_NO_LINKS = (errno.EPERM, errno.EXDEV, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
"""Another file system, one without hard links, or the file of somebody else: see link(2)."""


class Originals:
    """Those of one run."""

    def __init__(self, git: Git, run_id: int) -> None:
        self._folder = git.private(_FOLDER) / str(run_id)

    def keep(self, root: Path, files: Sequence[FileRecord]) -> None:
        """Keep what stands at the place of each of `files`, where the system has hard links, on disk when this returns.

        Raises:
            OSError: the git directory cannot be written.
        """
        make_folder(self._folder)
        for file in files:
            try:
                os.link(root / file.path, self._place(file), follow_symlinks=False)
            except OSError as error:
                if error.errno not in (*_NO_LINKS, errno.ENOENT):  # who looks at the file next finds it gone
                    raise
        sync_folder(self._folder)

    def is_kept(self, file: FileRecord) -> bool:
        """Whether the original is there, whatever has become of its bytes by another of its names."""
        return os.path.lexists(self._place(file))

    def has(self, file: FileRecord) -> bool:
        """Whether the original is there, and nobody changed it by another of its names."""
        try:
            content, mode = read_plain(self._place(file))
        except OSError:
            return False
        return hashlib.sha256(content).hexdigest() == file.before_sha256 and mode == file.mode

    def move_back(self, file: FileRecord, path: Path) -> None:
        """Move the original to `path`, which needs no room on the disk.

        Raises:
            OSError: it cannot be moved.
        """
        place = self._place(file)
        place.replace(path)
        with suppress(FileNotFoundError):  # of two names for one file, a rename leaves both
            place.unlink()

    def link_back(self, file: FileRecord, path: Path, temp: Path) -> None:
        """Put the original at `path` and keep it here too, so that a power cut cannot take both its names.

        Args:
            temp: a free name in the folder of `path`.
        Raises:
            OSError: it cannot be linked, or put there.
        """
        os.link(self._place(file), temp)
        temp.replace(path)
        with suppress(FileNotFoundError):
            temp.unlink()

    def keep_shared(self, files: Sequence[FileRecord]) -> None:
        """Give up all originals but those that have more names, so that a later rollback can join them again."""
        kept = False
        for file in files:
            place = self._place(file)
            with suppress(OSError):
                if place.lstat().st_nlink > 1:
                    kept = True
                else:
                    place.unlink()
        if not kept:
            self.drop()

    def drop(self) -> None:
        """Give up all of them."""
        shutil.rmtree(self._folder, ignore_errors=True)
        with suppress(OSError):  # those of other runs are in it
            self._folder.parent.rmdir()

    def _place(self, file: FileRecord) -> Path:
        return self._folder / str(file.number)


def drop_others(git: Git, wanted: Container[int]) -> None:
    """Give up the originals of all runs but those in `wanted`."""
    folder = git.private(_FOLDER)
    with suppress(OSError):
        for each in folder.iterdir():
            if not each.name.isdigit() or int(each.name) not in wanted:
                shutil.rmtree(each, ignore_errors=True)
    with suppress(OSError):
        folder.rmdir()
