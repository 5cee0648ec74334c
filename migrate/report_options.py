"""The options of the command report, and which of them contradict each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from migrate.errors import UsageError
from migrate.executors.workers import ALL, Workers
from rollback.errors import escape

_ENDINGS = {".html": "html", ".htm": "html", ".md": "markdown", ".markdown": "markdown"}
_EXAMPLE = "migrate report report.html, or report.md for a pull request"


class ReportFormat(StrEnum):
    """What a report is written as."""

    HTML = "html"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)  # no Struct, as `migrate --help` would have to load them
class ReportOptions:
    """The options of the command.

    Attributes:
        file: where the report goes; None for stdout, or with `json` for nowhere else.
        format: None where there is no file at all.
        json: print the data of the report on stdout.
        force: replace a file that is no report.
    """

    file: Path | None
    format: ReportFormat | None
    json: bool = False
    force: bool = False
    workers: Workers = ALL

    @property
    def to_stdout(self) -> bool:
        """Is stdout for the report itself?"""
        return self.format is not None and self.file is None

    @classmethod
    def read(
        cls, file: Path | None, format: ReportFormat | None, *, json: bool, force: bool, workers: Workers
    ) -> ReportOptions:
        """From the command line; the format is that of the file's ending unless it is named.

        Raises:
            UsageError: what is missing, or contradicts itself, with what would be right.
        """
        if file is None:
            if not json:
                raise UsageError(f"report: no FILE; write {_EXAMPLE}; `-` with --format is stdout")
            if format is not None:
                raise UsageError(f"report: --format {format.value} without a FILE to write it to; name one")
            return cls(None, None, json=True, force=force, workers=workers)
        if str(file) == "-":
            if json:
                raise UsageError("report: both `-` and --json are for stdout; name a file, or leave one of them out")
            if format is None:
                raise UsageError("report: `-` has no ending to tell the format; pass --format html or markdown")
            return cls(None, format, force=force, workers=workers)
        if format is None:
            ending = _ENDINGS.get(file.suffix.lower())
            if ending is None:
                shown = escape(str(file))
                raise UsageError(f"report: {shown} ends in neither .html nor .md; name it so, or pass --format")
            format = ReportFormat(ending)
        return cls(file, format, json=json, force=force, workers=workers)
