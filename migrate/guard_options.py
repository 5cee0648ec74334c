"""The options of the command guard, and which of them contradict each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import Struct

from migrate.executors.workers import ALL, Workers
from migrate.formats import Format, read_format


class GuardOptions(Struct, frozen=True):
    """The options of the command.

    Attributes:
        baseline: the file of findings that are known. update: write it.
        staged: look only at what is staged. ruff: print ruff's configuration instead.
        strict: warnings make it fail, too. cached: a look at the same tree before may be taken for this one.
    """

    format: Format = Format.TEXT
    baseline: Path | None = None
    update: bool = False
    staged: bool = False
    ruff: bool = False
    strict: bool = False
    workers: Workers = ALL
    cached: bool = True

    @classmethod
    def read(cls, format: Format | None, *, json: bool, **options: Any) -> GuardOptions:
        """From the command line; `--json` is `--format json`.

        Raises:
            UsageError: options that contradict each other, with what would be right.
        """
        from migrate.errors import UsageError

        found = cls(read_format("guard", format, json=json), **options)
        if found.update and found.baseline is None:
            raise UsageError("guard: --update-baseline without --baseline; name the file with --baseline FILE")
        if found.update and found.staged:
            raise UsageError("guard: a baseline is of the whole tree; leave out --staged, or --update-baseline")
        if found.ruff and (found.staged or found.baseline is not None or json or format is not None):
            raise UsageError("guard: --ruff only prints ruff's configuration; leave out the other options, or --ruff")
        return found
