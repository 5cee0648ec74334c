"""The JSON documents of the commands; `schemas/` says what each holds, and tests hold them to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from migrate.preview import FilePreview, Preview
from migrate.source import Source, readable

if TYPE_CHECKING:
    from migrate.validation.results import CheckResult

SCHEMA = 1
Mode = Literal["dry-run", "applied", "nothing-to-do"]


def phase_document(
    preview: Preview, mode: Mode, seconds: float, checks: Sequence[CheckResult] | None = None
) -> dict[str, Any]:
    """What a phase would do or has done.

    Args:
        seconds: wall time of the command.
        checks: phase 5's results; left out for the others.
    """
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "plan": preview.plan.name,
        "phase": preview.phase,
        "mode": mode,
        "files": [_file(file) for file in preview.files],
        "manual": [finding.as_json() for finding in preview.findings],
        "seconds": round(seconds, 3),
    }
    if checks is not None:
        document["checks"] = [check.as_json() for check in checks]
    return document


def _file(file: FilePreview) -> dict[str, Any]:
    source = readable(file.before)
    return {
        "path": file.path,
        "before_sha256": file.before_sha256,
        "after_sha256": file.after_sha256,
        "edits": [_edit(source, file, index) for index in range(len(file.edits))],
    }


def _edit(source: Source, file: FilePreview, index: int) -> dict[str, Any]:
    edit = file.edits[index]
    line, column = source.position(edit.span.start)
    end_line, end_column = source.position(edit.span.end)
    before = file.before[edit.span.start : edit.span.end]
    return {
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "kind": edit.kind,
        "before": before.decode(source.encoding, "surrogateescape"),
        "after": edit.after.decode(source.encoding, "surrogateescape"),
    }
