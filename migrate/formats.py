"""The option `--format`, and how it goes together with `--json`."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"

    @property
    def is_document(self) -> bool:
        """Is stdout for one JSON document?"""
        return self in (Format.JSON, Format.SARIF)


class PhaseFormat(StrEnum):
    """Those of a phase and of `migrate check`, which have no log for code scanning."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def read_format(command: str, format: Format | PhaseFormat | None, *, json: bool) -> Format:
    """The format that a command line asks for; `--json` is `--format json`.

    Raises:
        UsageError: both, and they contradict each other.
    """
    from migrate.errors import UsageError

    if json and format not in (None, Format.JSON):
        raise UsageError(f"{command}: --json and --format {format}; leave out one of them")
    return Format.JSON if json else Format(format or Format.TEXT)
