"""Take a throw-away worktree away: its folder, what git knows of it, its private refs, and then its record."""

from __future__ import annotations

import os
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path

from migrate.throwaway.errors import NotDiscarded
from migrate.throwaway.record import PREFIX, Record, abandoned
from rollback.errors import RepositoryError, explain
from rollback.git import Git
from rollback.snapshot import drop_worktree_refs, refs_of_worktree

_PAUSE_S = 0.2


def discard(git: Git, record: Record, patience_s: float = 0.0, quiet_s: float = 0.0) -> None:
    """Leave nothing of a throw-away worktree; the caller holds its record.

    It may be done again, and on what was only begun. `git worktree prune` would look at the user's own worktrees as
    well, and `git worktree remove` refuses for what a check may have left.

    Args:
        git: of any working tree of the repository.
        patience_s: how long to try, in seconds, where a process is still at work in the folder.
        quiet_s: how long nothing of it must have come back, in seconds, before it counts as gone.
    Raises:
        NotDiscarded: something is still there, or comes back; the record is still there, too.
    """
    until = time.monotonic() + patience_s
    cleared_at = None
    while True:
        now = time.monotonic()
        comes_back = False
        try:
            comes_back = cleared_at is not None and not _is_gone(git, record)
            if cleared_at is None or comes_back:
                _clear(git, record)
                cleared_at = now
            if now - cleared_at >= quiet_s and not comes_back:
                record.forget()
                return
        except (OSError, RepositoryError) as error:
            cleared_at = None
            if now >= until:
                why = explain(error) if isinstance(error, OSError) else str(error)
                raise NotDiscarded(record.folder, why) from error
        if comes_back and now >= until:
            raise NotDiscarded(record.folder, "a process that is still at work in it makes it anew")
        time.sleep(_PAUSE_S)


def discard_abandoned(git: Git) -> tuple[NotDiscarded, ...]:
    """Take away what owners who are dead left behind; what cannot be taken away is returned."""
    left = []
    for record in abandoned(git):
        try:
            discard(git, record)
        except NotDiscarded as error:
            left.append(error)
    return tuple(left)


def _clear(git: Git, record: Record) -> None:
    _remove(record.folder, record.name)
    _remove(_administration(git, record), record.name)
    with suppress(OSError):  # the user has others
        (git.common_dir / "worktrees").rmdir()
    drop_worktree_refs(git, record.name)


def _is_gone(git: Git, record: Record) -> bool:
    folders = (record.folder, _administration(git, record))
    return not any(map(os.path.lexists, folders)) and not refs_of_worktree(git, record.name)


def _administration(git: Git, record: Record) -> Path:
    """Where git keeps a linked worktree's HEAD and index: https://git-scm.com/docs/gitrepository-layout"""
    return git.common_dir / "worktrees" / record.name


def _remove(folder: Path, name: str) -> None:
    """Delete a folder of ours.

    Raises:
        OSError: something of it is still there.
    """
    if folder.name != name or not name.startswith(PREFIX):
        return  # a record that was cut short, from before its folder was made, or one that is not ours
    for last in (False, True):
        try:
            shutil.rmtree(folder)
        except OSError:
            if not os.path.lexists(folder):
                return
            if last:
                raise
            _make_deletable(folder)


def _make_deletable(folder: Path) -> None:
    """Whoever owns a folder may always give itself leave to delete what is in it."""
    for top, folders, _ in os.walk(folder):
        for each in (top, *(os.path.join(top, name) for name in folders)):  # noqa: PTH118 - of many, as os.walk has them
            with suppress(OSError):
                if stat.S_ISDIR(os.lstat(each).st_mode):
                    os.chmod(each, 0o700)  # noqa: PTH101
