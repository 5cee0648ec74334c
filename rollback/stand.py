"""Where a file of the tree stands in respect of a run; and what a run may leave beside its files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from enum import Enum
from pathlib import Path

from msgspec import Struct

from rollback.atomic import sync_folder
from rollback.changes import check_path, read_current
from rollback.errors import OutsideRoot
from rollback.journal import FileRecord


class Stand(Enum):
    """Where a file stands in respect of a run."""

    BEFORE = "as it was before the run"
    AFTER = "as the run left it"
    OTHER = "something else: edited since"


class Look(Struct, frozen=True):
    """One file as it was found.

    Attributes:
        digest: sha256 of its bytes, or of a link's target; None when it is not there.
        mode: its permission bits; None for a link, and when it is not there.
    """

    stand: Stand
    digest: str | None
    mode: int | None

    def is_exactly_before(self, file: FileRecord) -> bool:
        """Nothing is left to restore, not even permission bits that git does not know."""
        return self.stand is Stand.BEFORE and self.mode == file.mode


def look(root: Path, file: FileRecord) -> Look:
    """Compare one file with the journal: its bytes, and whether it is executable.

    A symbolic link in place of the file is an edit.

    Raises:
        OutsideRoot, Unreadable: what stands there cannot be replaced.
    """
    try:
        content, mode = read_current(root, file.path)
    except OutsideRoot:
        check_path(root, file.path)
        if not (root / file.path).is_symlink():
            raise
        target = os.readlink(root / file.path)  # noqa: PTH115 - as it is, not tidied
        return Look(Stand.OTHER, _sha256(os.fsencode(target)), None)
    digest = None if content is None else _sha256(content)
    return Look(stand_of(file, digest, mode), digest, mode)


def stand_of(file: FileRecord, digest: str | None, mode: int | None) -> Stand:
    """Where a file with this sha256 and these permission bits would stand; None for both when it is not there."""
    if mode is not None and file.mode is not None and (mode ^ file.mode) & 0o100:
        return Stand.OTHER
    if digest == file.before_sha256:
        return Stand.BEFORE
    return Stand.AFTER if digest == file.after_sha256 else Stand.OTHER


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def unstage(root: Path, files: Iterable[FileRecord]) -> None:
    """Delete what was staged beside `files`, also by a process that was killed."""
    for file in files:
        with suppress(OSError):
            (root / file.temp).unlink()


def remove_folders(root: Path, folders: Sequence[str]) -> None:
    """Delete those of `folders` that are empty, children first."""
    for folder in reversed(folders):
        with suppress(OSError):
            (root / folder).rmdir()
            sync_folder((root / folder).parent)
