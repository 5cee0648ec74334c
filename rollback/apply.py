"""Writing a run's files: compared, kept, recorded, replaced; or everything as before."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from rollback.atomic import make_folder, remove, write_atomic
from rollback.changes import FileChange, read_current
from rollback.errors import (
    Drifted,
    Interrupted,
    NotRestored,
    RepositoryError,
    WriteFailed,
    explain,
)
from rollback.git import Git
from rollback.journal import FileRecord, Journal, RunRecord, RunRequest
from rollback.restore import Stand, find_stand, put_back, remove_folders, sweep
from rollback.signals import deferred_signals
from rollback.snapshot import Image, drop, git_mode, next_run_id, run_ref, take

__all__ = ["RunRequest", "apply_changes"]


def apply_changes(
    git: Git,
    journal: Journal,
    request: RunRequest,
    changes: Sequence[FileChange],
    progress: Callable[[int], None] | None = None,
    state: str = "applied",
) -> RunRecord:
    """Write `changes` as one run; the caller holds the lock.

    Args:
        state: what the run is once everything is written; "verifying" where the caller has more to do, so that a
            crash meanwhile leaves an interrupted run.
        progress: told how many files are done after each one.
    Returns:
        The run, in `state`.
    Raises, with nothing written:
        Interrupted: an earlier run was cut off and has to be rolled back first.
        Drifted: files are not what `before` and `mode` say; names all of them.
        OutsideRoot, Unreadable: a path that may not be written, or not be read.
        WriteFailed, GitFailed, JournalUnusable: the pre-images cannot be kept.
    Raises, with every file as it was and the run on record as "failed":
        Drifted, WriteFailed: while the files were being written.
        Any other exception from `progress` or a signal, KeyboardInterrupt too.
    Raises, with the run on record as interrupted:
        NotRestored: it failed, and taking it back failed as well.
    """
    interrupted = journal.interrupted()
    if interrupted is not None:
        raise Interrupted(interrupted)
    refuse_drift(git.root, changes)
    run_id = next_run_id(git, journal)
    ref = run_ref(request.plan, run_id)
    files = [_record(run_id, number, change) for number, change in enumerate(changes)]
    images = [
        Image(git.prefix + change.path, change.before, git_mode(change.mode))
        for change in changes
        if change.before is not None and change.mode is not None
    ]
    subject = f"Before run {run_id}, phase {request.phase} of {request.plan}\n"
    snapshot: str | None = None
    run: RunRecord | None = None
    touched: list[tuple[FileRecord, FileChange]] = []
    written = 0
    folders = _missing_folders(git.root, changes)
    try:
        with deferred_signals():
            snapshot = take(git, ref, images, subject)
            run = journal.begin(run_id, request, snapshot=snapshot, ref=ref, files=files, folders=folders)
        for number, (file, change) in enumerate(zip(files, changes, strict=True), 1):
            touched.append((file, change))
            _write(git.root, file, change)
            written = number
            if progress is not None:
                progress(number)
        with deferred_signals():
            return journal.move(run.id, state)
    except BaseException as error:
        with deferred_signals():
            if run is not None:
                _take_back(git.root, journal, run, touched, written, folders, error)
            elif snapshot is not None:
                drop(git, ref, snapshot)
        raise


def refuse_drift(root: Path, changes: Sequence[FileChange]) -> None:
    """Compare every file with what its change was computed from.

    Raises:
        Drifted: names every file with other bytes or permission bits.
    """
    drifted = [change.path for change in changes if _is_drifted(root, change)]
    if drifted:
        raise Drifted(drifted)


def _is_drifted(root: Path, change: FileChange) -> bool:
    return read_current(root, change.path) != (change.before, change.mode)


def _record(run_id: int, number: int, change: FileChange) -> FileRecord:
    return FileRecord(run_id, number, change.path, _sha256(change.before), _sha256(change.after), change.mode)


def _sha256(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def _missing_folders(root: Path, changes: Sequence[FileChange]) -> list[str]:
    """Folders that new files need, relative to the root, parents first."""
    missing = set()
    for change in changes:
        folder = change.path.rpartition("/")[0]
        while folder and change.after is not None and not (root / folder).is_dir():
            missing.add(folder)
            folder = folder.rpartition("/")[0]
    return sorted(missing, key=os.fsencode)


def _write(root: Path, file: FileRecord, change: FileChange) -> None:
    if _is_drifted(root, change):
        raise Drifted([change.path], "every other file is as before")
    path = root / change.path
    try:
        if change.after is None:
            remove(path)
        else:
            make_folder(path.parent)
            write_atomic(path, change.after, change.mode, root / file.temp)
    except OSError as error:
        raise WriteFailed(change.path, error) from error


def _take_back(
    root: Path,
    journal: Journal,
    run: RunRecord,
    touched: Sequence[tuple[FileRecord, FileChange]],
    written: int,
    folders: Sequence[str],
    cause: BaseException,
) -> None:
    """Restore what this run has written, from memory: the disk may be full.

    Raises:
        NotRestored: somebody edited a file right after it was written, or a write failed.
    """
    lost: list[str] = []
    why = ""
    for number, (file, change) in enumerate(touched, 1):
        try:
            stand = find_stand(root, file)
            if stand is Stand.AFTER:
                put_back(root, file, change.before)
            elif stand is Stand.OTHER and number <= written:  # beyond that, drift is why it was not written
                lost, why = [*lost, file.path], "edited since"
            sweep(root, file)
        except (OSError, RepositoryError) as error:
            lost, why = [*lost, file.path], explain(error) if isinstance(error, OSError) else str(error)
    remove_folders(root, folders)
    if lost:
        raise NotRestored(run, lost, why) from cause
    journal.move(run.id, "failed", _describe(cause))


def _describe(cause: BaseException) -> str:
    if isinstance(cause, KeyboardInterrupt):
        return "interrupted"
    return str(cause) or type(cause).__name__
