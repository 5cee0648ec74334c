"""What can go wrong with a throw-away worktree, in words."""

from __future__ import annotations

from pathlib import Path

from rollback.errors import RepositoryError, escape, explain
from rollback.journal import RunRecord


class NoWorktree(RepositoryError):
    """A throw-away worktree cannot be made: no room, or a folder that may not be written.

    Args:
        where: the folder or file that was refused.
        way_out: what would help.
    """

    def __init__(self, where: Path, error: OSError, way_out: str = "") -> None:
        super().__init__(
            f"{escape(str(where))}: no temporary worktree can be made: {explain(error)}; your tree is as it was"
            + (f"; {way_out}" if way_out else "")
        )
        self.where = where
        self.error = error


class NotDiscarded(RepositoryError):
    """Something of a throw-away worktree is still there; the next one that is made tries again."""

    def __init__(self, where: Path, why: str) -> None:
        super().__init__(f"{escape(str(where))}: a temporary worktree is left over: {escape(why)}; delete that folder")
        self.where = where
        self.why = why


class BeforeIsGone(RepositoryError):
    """The files as they were before phase 1 were given up."""

    def __init__(self, run: RunRecord) -> None:
        super().__init__(
            f"the files as they were before run {run.id} (phase {run.phase} of '{escape(run.plan)}') were given up by "
            "`migrate journal prune`"
        )
        self.run = run
