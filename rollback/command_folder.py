"""A private folder for what commands are told to write, such as pytest's cache and its reports."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rollback.errors import JournalUnusable, explain
from rollback.git import Git

_FOLDER = "commands"


@contextmanager
def command_folder(git: Git) -> Iterator[Path]:
    """An empty folder for as long as the block lasts; only the lock's holder may use it.

    It is in the git directory, so that the next holder finds what one that was killed has left.

    Raises:
        JournalUnusable: the git directory cannot be written.
    """
    drop_command_folders(git)
    parent = git.private(_FOLDER)
    try:
        # Of its own: a process of the one that was killed may still be writing into that one's.
        parent.mkdir(0o700, parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=parent))
    except OSError as error:
        raise JournalUnusable(parent, explain(error)) from error
    try:
        yield folder
    finally:
        drop_command_folders(git)


def drop_command_folders(git: Git) -> None:
    """Delete what was left of them; the caller holds the lock."""
    shutil.rmtree(git.private(_FOLDER), ignore_errors=True)
