"""A saved plan: the document of a dry run, read back and held against the tree as it is now."""

from __future__ import annotations

import json
import time
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from migrate.edits import Edit, OverlappingEdits, Span, apply_edits, in_order
from migrate.errors import UsageError
from migrate.findings import SEVERITIES, Finding
from migrate.plan import Plan
from migrate.preview import FilePreview, Preview
from migrate.source import Source, readable
from migrate.transform import accept_edits
from migrate.verify import NotAsPlanned
from rollback.changes import read_file
from rollback.errors import OutsideRoot, SavedPlanDrifted, Unreadable, escape
from rollback.git import Git

_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Count = Annotated[int, Field(ge=0)]
_Number = Annotated[int, Field(ge=1)]


class _Table(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _Edit(_Table):
    line: _Number
    column: _Count
    end_line: _Number
    end_column: _Count
    kind: str
    before: str
    after: str


class _File(_Table):
    path: str
    before_sha256: _Sha256
    after_sha256: _Sha256
    edits: Annotated[list[_Edit], Field(min_length=1)]


class _Finding(_Table):
    phase: int
    path: str
    line: _Number
    column: _Count
    code: str
    subject: str
    message: str


class _Document(_Table):
    schema_: Annotated[Literal[1], Field(alias="schema")]
    plan: str
    phase: int
    mode: Literal["dry-run", "nothing-to-do", "applied"]
    files: list[_File]
    manual: list[_Finding]


def load_saved(git: Git, plan: Plan, phase: int, file: Path) -> Preview:
    """What an earlier `migrate phaseN --dry-run --json` printed, as the preview that it was.

    Args:
        file: the document.
    Raises:
        UsageError: it is no such document, is about another plan or phase, or was changed by hand.
        SavedPlanDrifted: files are not what they were at that dry run; names all of them.
        OutsideRoot: it names a path that may not be written.
    """
    started = time.monotonic()
    document = _read(file)
    shown = escape(str(file))
    if (document.plan, document.phase) != (plan.name, phase):
        raise UsageError(
            f"--from: {shown} is of phase{document.phase} of '{escape(document.plan)}', "
            f"not of phase{phase} of '{plan.name}'; make it with `migrate phase{phase} --dry-run --json`"
        )
    if document.mode == "applied":
        raise UsageError(f"--from: {shown} is what an applied phase printed; make one with --dry-run --json")
    if document.mode == "nothing-to-do" and document.files:
        raise _damaged(file, "files: there are some, and mode is 'nothing-to-do'")
    if "" in {each.path for each in document.files}:
        raise _damaged(file, "files: a path is empty")
    if len({each.path for each in document.files}) != len(document.files):
        raise _damaged(file, "files: a path is in it twice")
    contents: dict[str, tuple[bytes, int]] = {}
    drifted = []
    for each in document.files:
        try:
            contents[each.path] = read_file(git.root, each.path)
        except Unreadable:
            drifted.append(each.path)
        except OutsideRoot:
            if not _has_changed_kind(git.root / each.path):
                raise
            drifted.append(each.path)
        else:
            if sha256(contents[each.path][0]).hexdigest() != each.before_sha256:
                drifted.append(each.path)
    if drifted:
        raise SavedPlanDrifted(file, drifted, len(document.files))
    files = tuple(_preview(file, number, each, *contents[each.path]) for number, each in enumerate(document.files))
    findings = tuple(_finding(file, number, each) for number, each in enumerate(document.manual))
    return Preview(plan, phase, files, findings, len(files), 0, (), time.monotonic() - started)


def _read(file: Path) -> _Document:
    try:
        return _Document.model_validate(json.loads(file.read_bytes()))
    except OSError as error:
        raise UsageError(f"--from: {escape(str(file))}: cannot read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "document"
        raise _damaged(file, f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}") from error
    except ValueError as error:  # no JSON, or not in UTF-8
        raise _damaged(file, f"no JSON: {error}") from error
    except RecursionError as error:
        raise _damaged(file, "nested too deeply") from error


def _damaged(file: Path, why: str) -> UsageError:
    return UsageError(
        f"--from: {escape(str(file))}: {escape(why)}; pass what `migrate phaseN --dry-run --json` printed, as it is"
    )


def _has_changed_kind(path: Path) -> bool:
    """A link or folder that stands where the file was is drift; a path out of the root never was a file of the plan."""
    return path.is_symlink() or path.is_dir()


def _preview(file: Path, number: int, each: _File, content: bytes, mode: int) -> FilePreview:
    source = readable(content)
    try:
        edits = in_order(_edit(source, site, edit) for site, edit in enumerate(each.edits))
    except (ValueError, IndexError, OverlappingEdits) as error:
        raise _damaged(file, f"files.{number}: {error}") from error
    if sha256(apply_edits(content, edits)).hexdigest() != each.after_sha256:
        raise _damaged(file, f"files.{number}: the edits do not give after_sha256")
    try:
        accept_edits(each.path, content, edits)
    except NotAsPlanned as error:
        raise _damaged(file, f"files.{number}: {error}") from error
    return FilePreview(each.path, content, mode, edits)


def _edit(source: Source, site: int, edit: _Edit) -> Edit:
    span = Span(source.offset(edit.line, edit.column), source.offset(edit.end_line, edit.end_column))
    before, after = (text.encode(source.encoding, "surrogateescape") for text in (edit.before, edit.after))
    if source.content[span.start : span.end] != before:
        raise ValueError(f"edits.{site}.before is not what stands there")
    return Edit(span, after, edit.kind, site)


def _finding(file: Path, number: int, each: _Finding) -> Finding:
    if each.code not in SEVERITIES:
        raise _damaged(file, f"manual.{number}.code: {each.code!r} is no finding's code")
    return Finding(each.phase, each.path, each.line, each.column, each.code, each.subject, each.message)
