"""What a command that was cut off left behind in the git directory, and nobody needs."""

from __future__ import annotations

import shutil
from contextlib import suppress

from rollback.command_folder import drop_command_folders
from rollback.errors import GitFailed
from rollback.git import Git
from rollback.journal import STANDING, Journal
from rollback.originals import drop_others
from rollback.snapshot import SCRATCH, give_up


def tidy(git: Git, journal: Journal) -> None:
    """Delete refs and originals that no run can use any more, and scratch; the caller holds the lock.

    Raises:
        JournalUnusable: the journal cannot be read or written.
    """
    for ref in journal.announced():
        with suppress(GitFailed):  # another git may be at work on the refs; there is no hurry
            give_up(git, journal, ref)
    drop_others(git, {run.id for run in journal.runs() if run.state in STANDING and run.ref is not None})
    shutil.rmtree(git.private(SCRATCH), ignore_errors=True)
    drop_command_folders(git)
