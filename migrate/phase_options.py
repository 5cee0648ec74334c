"""The options of a phase command, and how it ends."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from migrate.errors import Exit, UsageError
from migrate.executors.workers import ALL, Workers
from migrate.findings import Finding
from migrate.formats import Format
from migrate.process import split_verify


class PhaseOptions(Struct, frozen=True):
    """The options of a phase command, as DESIGN section 2 has them.

    Attributes:
        within_run: `migrate run` has shown the phase, and says itself what comes next.
    """

    dry_run: bool = False
    check: bool = False
    yes: bool = False
    interactive: bool = False
    allow_dirty: bool = False
    force: bool = False
    strict: bool = False
    verify: str | None = None
    commit: bool = False
    workers: Workers = ALL
    saved: Path | None = None
    verify_timeout: float | None = None
    keep_going: bool = False
    only: tuple[str, ...] = ()
    format: Format = Format.TEXT
    ignore_revs: bool = False
    within_run: bool = False

    @property
    def looks_only(self) -> bool:
        return self.dry_run or self.check

    @property
    def lists_findings(self) -> bool:
        """`--check` is for people who want to hear less, as those who have seen a card; GitHub is told all the same."""
        return not (self.check or self.within_run) or self.format is Format.GITHUB

    def fails(self, finding: Finding) -> bool:
        """Is it a reason to stop, as long as --force does not override it?"""
        return self.strict or finding.severity == "error"

    def refuse_nonsense(self, command: str, *, can_ask: bool) -> None:
        """Combinations that contradict themselves, and questions that nobody could answer.

        Raises:
            UsageError: with what would be right.
        """
        if self.interactive and (self.yes or self.looks_only):
            raise UsageError(f"{command}: --interactive asks about each hunk; leave out --yes, --dry-run and --check")
        if self.looks_only and (self.commit or self.verify):
            raise UsageError(f"{command}: nothing is written, so there is nothing to verify or commit; leave out "
                             "--verify and --commit, or --dry-run and --check")  # fmt: skip
        if self.ignore_revs and not self.commit:
            raise UsageError(f"{command}: --ignore-revs is about the commit of --commit; pass --commit, too")
        if self.saved is not None and self.interactive:
            raise UsageError(f"{command}: --from applies all of a saved plan; leave out --interactive, or --from")
        if self.saved is not None and command in ("run", "phase5"):
            raise UsageError(f"{command}: --from is for one phase that edits; use it with phase1 to phase4")
        if command not in ("run", "phase5") and (self.keep_going or self.only):
            option = "--only" if self.only else "--keep-going"
            raise UsageError(f"{command}: {option} is about the checks of phase5; leave it out here")
        if self.verify_timeout is not None and self.verify is None:
            raise UsageError(
                f"{command}: --verify-timeout without --verify; pass a command to verify with, or leave it out"
            )
        if self.verify is not None:
            split_verify(self.verify)
        if not (self.yes or self.looks_only or can_ask):
            raise UsageError(f"{command}: no terminal to ask on; pass --yes to apply, or --dry-run to look")


class PhaseEnd(Struct, frozen=True):
    """How a phase command ended.

    Attributes:
        document: makes the one for `--json`, which takes as long as some of the work, only where it is wanted.
        applied: the phase is in the tree: applied now, or there was nothing to do.
        failed: checks of phase 5 failed, and it may be right to roll back.
        suspect: the first phase that touched what failed; None where none did.
    """

    code: Exit
    document: Callable[[], dict[str, Any]]
    applied: bool
    failed: bool = False
    suspect: int | None = None


def can_ask() -> bool:
    """Is there a person at the other end?"""
    return sys.stdin is not None and sys.stdin.isatty()
