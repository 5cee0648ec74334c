"""The options of the command guard, and which of them contradict each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


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


@dataclass(frozen=True, slots=True)
class GuardOptions:
    """The options of the command.

    Attributes:
        baseline: the file of findings that are known. update: write it.
        staged: look only at what is staged. ruff: print ruff's configuration instead.
        strict: warnings make it fail, too.
    """

    format: Format = Format.TEXT
    baseline: Path | None = None
    update: bool = False
    staged: bool = False
    ruff: bool = False
    strict: bool = False
    jobs: int | None = None

    @classmethod
    def read(cls, format: Format | None, *, json: bool, **options: Any) -> GuardOptions:
        """From the command line; `--json` is `--format json`.

        Raises:
            UsageError: options that contradict each other, with what would be right.
        """
        from migrate.errors import UsageError

        if json and format not in (None, Format.JSON):
            raise UsageError(f"guard: --json and --format {format.value}; leave out one of them")
        found = cls(Format.JSON if json else format or Format.TEXT, **options)
        if found.update and found.baseline is None:
            raise UsageError("guard: --update-baseline without --baseline; name the file with --baseline FILE")
        if found.update and found.staged:
            raise UsageError("guard: a baseline is of the whole tree; leave out --staged, or --update-baseline")
        if found.ruff and (found.staged or found.baseline is not None or json or format is not None):
            raise UsageError("guard: --ruff only prints ruff's configuration; leave out the other options, or --ruff")
        return found
