"""What can go wrong between the tool and the repository; each error words its sentence once.

The exit code of each kind is decided in `migrate.errors`, the one table of exit codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class RepositoryError(Exception):
    """The repository is in the way; nothing was written."""


class GitMissing(RepositoryError):
    """`git` is not on PATH."""

    def __init__(self, minimum: str) -> None:
        super().__init__(f"git was not found on PATH; install git {minimum} or newer")


class GitTooOld(RepositoryError):
    """The installed git lacks options this tool relies on."""

    def __init__(self, found: str, minimum: str) -> None:
        super().__init__(f"git {found} is too old; git {minimum} or newer is needed")
        self.found = found


class NotARepository(RepositoryError):
    """The root is not inside a git working tree."""

    def __init__(self, root: Path) -> None:
        super().__init__(f"{root}: not a git repository; run inside one, or name it with --root")
        self.root = root


class GitFailed(RepositoryError):
    """A git command failed that should not have."""

    def __init__(self, command: Sequence[str], returncode: int, stderr: str) -> None:
        last = stderr.strip().splitlines()[-1] if stderr.strip() else "no message"
        super().__init__(f"git {command[0] if command else ''} failed with exit code {returncode}: {last}")
        self.command = tuple(command)
        self.returncode = returncode
        self.stderr = stderr


def name_paths(paths: Sequence[str], limit: int = 5) -> str:
    """List `paths` for one line of a message, control characters escaped, cut after `limit`."""
    shown = ", ".join(p.encode("unicode_escape", "surrogateescape").decode("ascii") if not p.isprintable() else p for p in paths[:limit])
    return shown if len(paths) <= limit else f"{shown} and {len(paths) - limit} more"
