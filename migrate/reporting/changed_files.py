"""The files that runs have touched: which of their edits are in the tree, what was there before, what is there now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from msgspec import Struct

from migrate.reporting.data import ChangedFile, FileState
from migrate.reporting.file_diffs import diff
from rollback.changes import read_current
from rollback.errors import RepositoryError, SnapshotPruned
from rollback.git import Git
from rollback.journal import UNBORN, FileRecord, Journal, RunRecord
from rollback.preimages import prove_images
from rollback.stand import Stand, stand_of

Touch = tuple[RunRecord, FileRecord]
"""What one run made of one file."""


class Now(Struct, frozen=True):
    """A file as it is.

    Attributes:
        content: None for no file, or for one that cannot be read; `why` says why then.
    """

    content: bytes | None
    mode: int | None
    why: str = ""

    @property
    def sha256(self) -> str | None:
        return None if self.content is None else hashlib.sha256(self.content).hexdigest()


class TouchedFile(Struct, frozen=True):
    """A file that runs in the tree have written, oldest first."""

    path: str
    touches: tuple[Touch, ...]
    now: Now


def touched_files(git: Git, journal: Journal, standing: Sequence[RunRecord]) -> tuple[TouchedFile, ...]:
    """The files that these runs have written, by path.

    A run that was cut off, or is at work, has them all on record; those that are as it found them it has not written.
    """
    records: dict[str, list[Touch]] = {}
    for run in standing:
        for file in journal.files(run.id):
            records.setdefault(file.path, []).append((run, file))
    return tuple(_written(git, records))


def _written(git: Git, records: Mapping[str, Sequence[Touch]]) -> Iterator[TouchedFile]:
    for path, touches in sorted(records.items()):
        now = _read(git, path)
        written = tuple((run, file) for run, file in touches if run.state == "applied" or not _is_before(file, now))
        if written:
            yield TouchedFile(path, written, now)


def _read(git: Git, path: str) -> Now:
    try:
        return Now(*read_current(git.root, path))
    except RepositoryError as error:
        return Now(None, None, str(error))


def _is_before(file: FileRecord, now: Now) -> bool:
    return not now.why and now.sha256 == file.before_sha256


def changed_files(git: Git, journal: Journal, touched: Sequence[TouchedFile]) -> tuple[ChangedFile, ...]:
    """The same files, beside what was there before the first of their runs."""
    old = _old_files(git, journal, [file.touches[0] for file in touched])
    return tuple(_changed_file(file, old[file.path]) for file in touched)


def _changed_file(file: TouchedFile, before: bytes | str | None) -> ChangedFile:
    """Args: before: the bytes before all runs, None for no file, or why they cannot be had."""
    now = file.now
    phases = tuple(sorted({run.phase for run, _ in file.touches}))
    runs = tuple(run.id for run, _ in file.touches)
    why = now.why or (before if isinstance(before, str) else "")
    shown = None if isinstance(before, str) or now.why else diff(before, now.content)
    first = file.touches[0][1]
    return ChangedFile(file.path, phases, runs, _state(file), first.before_sha256, now.sha256, shown, why)


def _state(file: TouchedFile) -> FileState:
    now, first, last = file.now, file.touches[0][1], file.touches[-1][1]
    if now.why:
        return FileState.UNREADABLE
    if stand_of(last, now.sha256, now.mode) is Stand.AFTER:
        return FileState.AS_LEFT
    if now.sha256 == last.after_sha256:
        return FileState.MODE
    if now.sha256 == first.before_sha256:
        return FileState.AS_BEFORE
    return FileState.GONE if now.content is None else FileState.EDITED


def _old_files(git: Git, journal: Journal, firsts: Sequence[Touch]) -> dict[str, bytes | str | None]:
    """What was there before the first run that touched each file, or why that cannot be told, by path."""
    old: dict[str, bytes | str | None] = {}
    runs = {run.id: run for run, _ in firsts}
    for run in runs.values():
        files = [file for each, file in firsts if each.id == run.id]
        old.update((file.path, None) for file in files if file.before_sha256 is None)
        try:
            if journal.is_pruned(run.id):
                raise SnapshotPruned(run)
            old.update(prove_images(git, run, files))
        except RepositoryError as error:
            began_at = journal.began_at(run.id)
            why = f"run {run.id} does not have its old files any more" if journal.is_pruned(run.id) else str(error)
            old.update((file.path, _committed(git, began_at, file) or why) for file in files if file.path not in old)
    return old


def _committed(git: Git, revision: str, file: FileRecord) -> bytes | None:
    """The file as it was committed when the run began, where that is what the run found."""
    with suppress(RepositoryError):
        content = git.content_at(revision, file.path) if revision not in ("", UNBORN) else None
        if content is not None and hashlib.sha256(content).hexdigest() == file.before_sha256:
            return content
    return None
