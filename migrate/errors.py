"""Errors a person sees as one line, and the one table of exit codes."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from rollback.errors import RepositoryError


class Exit(IntEnum):
    """Exit codes of the `migrate` process."""

    DONE = 0
    """Done, or nothing to do."""
    FINDINGS = 1
    """Findings, failed checks, a declined prompt, or failed verification; the tree is as before."""
    USAGE = 2
    """The command line or the plan is wrong."""
    REPOSITORY = 3
    """The repository is in the way; nothing was written."""
    INTERRUPTED = 130
    """Ctrl-C or SIGTERM; everything was restored."""


class MigrateError(Exception):
    """An error with one clear line and a documented exit code."""

    exit_code = Exit.FINDINGS


class UsageError(MigrateError):
    """The command line asks for something that does not make sense."""

    exit_code = Exit.USAGE


class PlanError(MigrateError):
    """The plan file is missing, unreadable or wrong; every mistake is one line.

    Attributes:
        mistakes: one line each, `file: key: what is wrong; what would be right`.
    """

    exit_code = Exit.USAGE

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


def exit_code_of(error: BaseException) -> Exit:
    """The exit code that `error` ends the process with."""
    if isinstance(error, MigrateError):
        return error.exit_code
    if isinstance(error, RepositoryError):
        return Exit.REPOSITORY
    if isinstance(error, KeyboardInterrupt):
        return Exit.INTERRUPTED
    return Exit.FINDINGS
