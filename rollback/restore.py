"""Taking a run back: pre-images read and proved, staged beside the files, swapped; all files or none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from rollback.atomic import make_folder, stage, sync_folders
from rollback.changes import check_prefix, read_current
from rollback.errors import ChangedMeanwhile, DriftedSince, JournalUnusable, NotRecorded, WriteFailed
from rollback.git import Git
from rollback.journal import UNFINISHED, FileRecord, Journal, RunRecord
from rollback.order import refuse_order
from rollback.originals import Originals
from rollback.preimages import read_images
from rollback.signals import deferred_signals
from rollback.snapshot import Image, git_mode, refs, run_ref, take
from rollback.stand import Look, Stand, look, remove_folders, unstage
from rollback.tidy import tidy


class RollbackResult(Struct, frozen=True):
    """What a rollback did.

    Attributes:
        run: as it is on record now.
        restored: the files that were put back or deleted, relative to the run's root.
        kept: the ref with newer versions that had to give way, or None.
        kept_paths: what is in it, relative to the working tree's top: `git show <kept>:<path>`.
        modes: files whose permission bits were others than the run left, and which are as before it now: path, the bits
            that had to give way, the bits now.
    """

    run: RunRecord
    restored: tuple[str, ...]
    kept: str | None
    kept_paths: tuple[str, ...]
    modes: tuple[tuple[str, int, int], ...] = ()


def roll_back(
    git: Git,
    journal: Journal,
    run: RunRecord,
    *,
    force: bool = False,
    reason: str = "rolled back",
    state: str = "rolled-back",
    progress: Callable[[int], None] | None = None,
) -> RollbackResult:
    """Put every file of `run` back to the byte; the caller holds the lock.

    Works on applied runs and on interrupted ones, whose files may be at either side of the run.
    Signals wait until all files are done.

    Args:
        force: overwrite files edited since, after keeping the newer versions under a private ref.
        reason, state: what the journal says of the run afterwards.
        progress: told how many files are done after each one.
    Raises, with nothing restored:
        NotApplied: the run is not in the tree.
        Interrupted: another run was cut off and comes first.
        LaterRuns: later runs touched the same files.
        DriftedSince: files were edited since, and not `force`.
        OutsideRoot, Unreadable: a folder, a linked folder or a repository stands where a file was.
        SnapshotPruned, SnapshotDamaged: the pre-images were given up, or those that are needed are gone.
    Raises, with the rest to be restored by a second rollback:
        WriteFailed: the operating system refused a write; for want of room before anything is restored.
        ChangedMeanwhile: somebody edited a file just now.
        NotRecorded: all is restored, and the journal cannot say so.
    """
    with deferred_signals():
        run = journal.run(run.id)
        refuse_order(journal, [run])
        tidy(git, journal)
        root = git.toplevel / run.prefix
        files = journal.files(run.id)
        check_prefix(git.toplevel, run.prefix)
        found = {file.path: look(root, file) for file in files}
        drifted = [file for file in files if found[file.path].stand is Stand.OTHER]
        if drifted and not force:
            raise DriftedSince(run, [file.path for file in drifted], len(files))
        wanted = [file for file in files if not found[file.path].is_exactly_before(file)]
        images = read_images(git, run, wanted)
        kept, kept_paths = _keep(git, journal, run, root, drifted)
        if run.state in UNFINISHED:  # else such a name is not ours
            unstage(root, files)
        journal.move(run.id, "rolling-back", reason)
        restoring = _Restoring(root, run, wanted, images, found, Originals(git, run.id))
        restoring.stage()
        restoring.swap(progress)
        remove_folders(root, journal.folders(run.id))
        places = [root / file.path for file in files]  # their folders may be new, also from an earlier rollback
        restoring.sync({folder for place in places for folder in place.parents if folder.is_relative_to(git.toplevel)})
        try:
            done = journal.move(run.id, state, reason)
        except JournalUnusable as error:
            raise NotRecorded(run, reason, error.why) from error
        restoring.originals.drop()
        modes = tuple(
            (file.path, mode, file.mode)
            for file in wanted
            if (mode := found[file.path].mode) is not None and file.mode not in (None, mode) and file not in drifted
        )
        return RollbackResult(done, restoring.restored, kept, kept_paths, modes)


class _Restoring:
    """The files of one run while they are restored."""

    def __init__(
        self,
        root: Path,
        run: RunRecord,
        files: Sequence[FileRecord],
        images: Mapping[str, bytes],
        found: Mapping[str, Look],
        originals: Originals,
    ) -> None:
        self.originals = originals
        self._root = root
        self._run = run
        self._files = files
        self._images = images
        self._found = found
        self._staged: list[FileRecord] = []

    @property
    def restored(self) -> tuple[str, ...]:
        return tuple(file.path for file in self._files)

    def stage(self) -> None:
        """Write the pre-images beside the files: a disk that has no room for them shows it here."""
        for file in self._files:
            if file.path in self._images:
                path = self._root / file.path
                try:
                    make_folder(path.parent)
                    if not self.originals.has(file):
                        stage(self._images[file.path], file.mode, self._root / file.temp, path)
                        self._staged.append(file)
                except OSError as error:
                    unstage(self._root, self._staged)
                    outcome = "nothing restored; run `migrate rollback` again"
                    raise WriteFailed(file.path, error, outcome) from error

    def swap(self, progress: Callable[[int], None] | None) -> None:
        """Put them in the places of the files, unless one has changed since it was looked at."""
        for number, file in enumerate(self._files, 1):
            kept = self.originals.has(file)  # which takes its time: before the look
            if look(self._root, file) != self._found[file.path]:
                unstage(self._root, self._staged)
                raise ChangedMeanwhile(self._run, file.path)
            path = self._root / file.path
            try:
                if file.path not in self._images:
                    path.unlink(missing_ok=True)
                elif kept:
                    self.originals.link_back(file, path, self._root / file.temp)
                else:
                    (self._root / file.temp).replace(path)
            except OSError as error:
                unstage(self._root, self._staged)
                raise WriteFailed(file.path, error, "run `migrate rollback` again to restore the rest") from error
            if progress is not None:
                progress(number)

    def sync(self, folders: Iterable[Path]) -> None:
        """Make all the names last, those too that an earlier rollback put back before it was cut off."""
        try:
            sync_folders(folders)
        except OSError as error:
            where = str(error.filename or "a folder")
            raise WriteFailed(where, error, "run `migrate rollback` again to make it last") from error


def _keep(
    git: Git, journal: Journal, run: RunRecord, root: Path, drifted: Sequence[FileRecord]
) -> tuple[str | None, tuple[str, ...]]:
    """Keep the newer versions of `drifted` files; those that are gone need no keeping."""
    images = [image for file in drifted if (image := _read_newer(root, run.prefix + file.path, file)) is not None]
    if not images:
        return None, ()
    taken = refs(git)
    number = 1
    ref = run_ref(git, run.plan, f"kept-run-{run.id}")
    while ref in taken:
        number += 1
        ref = run_ref(git, run.plan, f"kept-run-{run.id}-{number}")
    journal.announce(ref)
    take(git, ref, images, f"Files edited since run {run.id}, kept before its rollback\n")
    journal.record_kept(run.id, ref)
    return ref, tuple(image.path for image in images)


def _read_newer(root: Path, name: str, file: FileRecord) -> Image | None:
    path = root / file.path
    if path.is_symlink():
        target = os.readlink(path)  # noqa: PTH115 - as it is, not tidied
        return Image(name, os.fsencode(target), "120000")
    content, mode = read_current(root, file.path)
    return None if content is None or mode is None else Image(name, content, git_mode(mode))
