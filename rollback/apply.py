"""Writing a run's files: kept, recorded, staged beside them, swapped; or everything as before."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from rollback.atomic import make_folder, stage, sync_folders
from rollback.changes import FileChange, read_current
from rollback.errors import (
    Drifted,
    Interrupted,
    JournalUnusable,
    NotRecorded,
    NotRestored,
    RepositoryError,
    WriteFailed,
    explain,
)
from rollback.git import Git
from rollback.journal import UNBORN, FileRecord, Journal, RunRecord, RunRequest
from rollback.originals import Originals
from rollback.signals import Held, deferred_signals
from rollback.snapshot import Image, git_mode, give_up, next_run_id, run_ref, take
from rollback.stand import Stand, look, remove_folders, unstage
from rollback.tidy import tidy

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

    Signals take effect between two files. One that comes when the run is on record is delivered when this returns, and
    the run stands.

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
        NotRecorded: it failed, every file is as it was, and the journal cannot say so.
    """
    interrupted = journal.interrupted()
    if interrupted is not None:
        raise Interrupted(interrupted)
    with deferred_signals() as held:
        tidy(git, journal)
        refuse_drift(git.root, changes)
        held.deliver()
        run_id = next_run_id(git, journal)
        files = [_record(run_id, number, change) for number, change in enumerate(changes)]
        folders = _missing_folders(git.root, changes)
        run = _begin(git, journal, request, files, changes, folders)
        writing = _Writing(git.root, files, changes, Originals(git, run.id), held)
        try:
            writing.stage()
            writing.swap(progress)
            writing.sync()
            writing.refuse_late_edits()
            held.deliver()
            done = journal.move(run.id, state)
        except BaseException as error:
            _take_back(journal, run, writing, folders, error)
            raise
        writing.originals.keep_shared(files)
        return done


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
    digests = _sha256(change.before), _sha256(change.after)
    return FileRecord(run_id, number, change.path, *digests, change.mode, change.sites)


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


def _begin(
    git: Git,
    journal: Journal,
    request: RunRequest,
    files: Sequence[FileRecord],
    changes: Sequence[FileChange],
    folders: Sequence[str],
) -> RunRecord:
    """Keep the pre-images and put the run on record, both on disk when this returns."""
    run_id = files[0].run_id
    ref = run_ref(git, request.plan, f"run-{run_id}")
    images = [
        Image(git.prefix + change.path, change.before, git_mode(change.mode))
        for change in changes
        if change.before is not None and change.mode is not None
    ]
    journal.announce(ref)
    try:
        snapshot = take(git, ref, images, f"Before run {run_id}, phase {request.phase} of {request.plan}\n")
        return journal.begin(
            run_id, request, snapshot=snapshot, ref=ref, files=files, folders=folders, head=git.head() or UNBORN
        )
    except BaseException:
        with suppress(RepositoryError):  # what stays is given up by the next run
            if ref in journal.announced():  # a commit of SQLite may fail at its last flush, and hold
                give_up(git, journal, ref)
        raise


class _Writing:
    """The files of one run while they are written."""

    def __init__(
        self,
        root: Path,
        files: Sequence[FileRecord],
        changes: Sequence[FileChange],
        originals: Originals,
        held: Held,
    ) -> None:
        self.originals = originals
        self._root = root
        self._held = held
        self._pairs = list(zip(files, changes, strict=True))
        self._staged: list[FileRecord] = []
        self._begun = self._swapped = 0

    def stage(self) -> None:
        """Write all new bytes beside the files: a disk that has no room for them shows it here."""
        for file, change in self._pairs:
            path = self._root / file.path
            if change.after is not None:
                try:
                    make_folder(path.parent)
                    stage(change.after, change.mode, self._root / file.temp, path)
                except OSError as error:
                    raise WriteFailed(change.path, error) from error
                self._staged.append(file)
            self._held.deliver()

    def swap(self, progress: Callable[[int], None] | None) -> None:
        """Put what was staged in the places of the files, each compared once more."""
        try:
            self.originals.keep(self._root, [file for file, change in self._pairs if change.before is not None])
        except OSError as error:
            raise WriteFailed("the git directory", error) from error
        for number, (file, change) in enumerate(self._pairs, 1):
            if _is_drifted(self._root, change):
                raise Drifted([change.path], "every other file is as before")
            self._begun = number
            try:
                if change.after is None:
                    (self._root / file.path).unlink()
                else:
                    (self._root / file.temp).replace(self._root / file.path)
            except OSError as error:
                raise WriteFailed(change.path, error) from error
            self._swapped = number
            if progress is not None:
                progress(number)
            self._held.deliver()

    def sync(self) -> None:
        """Make all the new names last."""
        folders = {(self._root / file.path).parent for file, _ in self._pairs}
        try:
            sync_folders(folders)
        except OSError as error:
            raise WriteFailed(error.filename or "a folder", error) from error

    def refuse_late_edits(self) -> None:
        """Nobody has written into a file in the instant between the last comparison and its replacement.

        Raises:
            Drifted: somebody has; `undo` brings back the file as it was left then.
        """
        late = [file.path for file, _ in self._pairs if self.originals.is_kept(file) and not self.originals.has(file)]
        if late:
            raise Drifted(late, "every other file is as before")

    def undo(self, folders: Sequence[str]) -> tuple[list[str], str]:
        """Restore what was swapped, the files themselves where they were kept, and else their bytes from memory.

        Returns:
            The files that could not be restored, and why: somebody edited them right after they were written, or the
            system refused.
        """
        lost: list[str] = []
        why = ""
        unstage(self._root, self._staged)
        # The last one may have been swapped all the same, and the error come afterwards, as on NFS and FUSE.
        for number, (file, change) in enumerate(self._pairs[: self._begun], 1):
            path = self._root / file.path
            try:
                stand = look(self._root, file).stand
                if stand is Stand.OTHER and number <= self._swapped:
                    lost, why = [*lost, file.path], "edited since"
                elif stand is Stand.AFTER:
                    self._put_back(file, change.before, path)
            except (OSError, RepositoryError) as error:
                lost, why = [*lost, file.path], explain(error) if isinstance(error, OSError) else str(error)
        remove_folders(self._root, folders)
        try:
            self.sync()
        except WriteFailed as error:
            lost, why = [*lost, error.path], explain(error.error)
        return lost, why

    def _put_back(self, file: FileRecord, before: bytes | None, path: Path) -> None:
        """Raises OSError: the file is as the run left it."""
        if before is None:
            path.unlink()
            return
        make_folder(path.parent)
        if self.originals.is_kept(file):
            self.originals.move_back(file, path)
        else:
            stage(before, file.mode, self._root / file.temp, path)
            (self._root / file.temp).replace(path)


def _take_back(
    journal: Journal, run: RunRecord, writing: _Writing, folders: Sequence[str], cause: BaseException
) -> None:
    """Undo a run that failed, and say so in the journal.

    Raises:
        NotRestored, NotRecorded: the run stays on record as interrupted.
    """
    lost, why = writing.undo(folders)
    if lost:
        raise NotRestored(run, lost, why) from cause
    writing.originals.drop()
    try:
        journal.move(run.id, "failed", _describe(cause))
    except JournalUnusable as error:
        raise NotRecorded(run, _describe(cause), error.why) from cause


def _describe(cause: BaseException) -> str:
    if isinstance(cause, KeyboardInterrupt):
        return "interrupted"
    return str(cause) or type(cause).__name__
