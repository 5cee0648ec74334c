"""Throw-away worktrees: the tree as it is now, or as it was before phase 1, to try things on; the user's stays as is.

Each is a linked worktree of git's in a fresh temporary folder, so that whatever runs in it finds the history, branches
and configuration. Its files are written byte for byte, past all filters. What git ignores, unless it is asked for, and
what is in submodules is not there. Neither hooks nor filter programs run. Nothing of it is left afterwards but objects
that nobody needs, which `git gc` takes.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import accumulate
from pathlib import Path

from msgspec import Struct, field

from migrate.session import Session
from migrate.throwaway.discard import discard, discard_abandoned
from migrate.throwaway.errors import BeforeIsGone, NotDiscarded, NoWorktree
from migrate.throwaway.filling import TMPDIR_HELPS, Filling, Source
from migrate.throwaway.record import recorded
from migrate.throwaway.watcher import watched
from rollback.git import Git
from rollback.journal import STANDING, UNBORN, FileRecord, Journal, RunRecord
from rollback.preimages import prove_images
from rollback.signals import Held, deferred_signals
from rollback.snapshot import list_blobs

Tell = Callable[[str], None]
"""Told what a person should know of."""
Progress = Callable[[int, int], None]
"""Told how many files are there, and of how many."""

_PATIENCE_S = 5.0
"""How long a process that a check has left behind may keep the folder from going."""
_QUIET_S = 0.2
"""What such a process makes again and again is there again by then."""


def _tell_nobody(_text: str) -> None: ...


@contextmanager
def current_state(
    git: Git, tell: Tell = _tell_nobody, progress: Progress | None = None, ignored: Sequence[str] = ()
) -> Iterator[Git]:
    """A worktree with the files of the working tree as they are: committed, staged, edited, new, deleted.

    Its HEAD is the same commit, detached, or an empty one before the first; its index is a copy of the index.

    Args:
        git: of the working tree.
        tell: told where this worktree, or an earlier one of an owner who is dead, could not be taken away.
        progress: told how many files are there.
        ignored: files that git ignores and that have to be there all the same, relative to the root.
    Returns:
        Git in the worktree, in the same folder of it.
    Raises:
        NoWorktree: there is no room, or a folder may not be written.
        Unreadable: a file may not be read.
        GitFailed: git refused.
    """
    with _worktree(git, git.head() or git.empty_commit(), tell) as (made, held):
        made.copy_index(git)
        copies = [*_files(git), *(git.prefix + path for path in ignored)]
        _fill(made, _Contents(copies=copies), git, held, progress)
        with held.listening():
            yield _same_folder(made, git)


@contextmanager
def before_phase_1(session: Session, tell: Tell = _tell_nobody, progress: Progress | None = None) -> Iterator[Git]:
    """A worktree with the files as they were before the first phase of the plan that stands in the tree was applied.

    It holds, the later ones over the earlier ones,

    - the commit that HEAD named when the oldest run that stands began. Where a file has not changed since, by git's
      account, it is copied from the tree, with what filters made of it; where it has, it is as in the commit, raw. A
      change that was not committed then, of a file that no run has touched, is not on record and so not in it;
    - what those runs kept of the files that they were to change: the bytes and modes before the oldest of them.
      Files that one has created are not there;
    - what has come since and was made by no run, committed or not: a suite that was written for the migration can be
      run on it, too.

    With no run that stands it is `current_state`, and in a rehearsal that of the tree that is rehearsed. Its HEAD is
    that commit, and so is its index. No lock is needed, and none is taken.

    Args:
        tell: as for `current_state`; also told where that commit is gone, and HEAD stands in for it.
    Raises:
        BeforeIsGone: the snapshot of one of the runs was given up.
        SnapshotDamaged: it is gone, or not as the journal says.
        NoWorktree, Unreadable, GitFailed: as for `current_state`.
    """
    if session.origin is not None:
        with before_phase_1(session.origin, tell, progress) as git:
            yield git
        return
    git = session.git
    before = _standing(session)
    if before is None:
        with current_state(git, tell, progress) as made:
            yield made
        return
    commit = _commit_of(git, before.began_at, tell) or git.empty_commit()
    contents = _contents_before(git.whole, commit, before.images)
    with _worktree(git, commit, tell) as (made, held):
        made.read_tree(commit)
        _fill(made, contents, git, held, progress)
        with held.listening():
            yield _same_folder(made, git)


@contextmanager
def _worktree(git: Git, commit: str, tell: Tell) -> Iterator[tuple[Git, Held]]:
    """An empty worktree of `commit`, discarded with the block; signals are held back in it unless they are let through.

    Returns:
        Git at its top, and what holds the signals.
    """
    place = Path(os.path.realpath(os.environ.get("TMPDIR") or tempfile.gettempdir()))
    with deferred_signals() as held:
        for left in discard_abandoned(git):
            tell(str(left))
        with recorded(git, place) as record, ExitStack() as until_it_is_gone:
            try:
                until_it_is_gone.enter_context(watched(git, record))
                try:
                    record.folder.mkdir(0o700)
                except OSError as error:
                    raise NoWorktree(place, error, TMPDIR_HELPS) from error
                git.add_worktree(record.folder / record.name, commit)
                # Some code looks at the name of the folder that it is in.
                top = record.folder / (git.toplevel.name if git.toplevel.name.isprintable() else "tree")
                git.move_worktree(record.folder / record.name, top)
                yield Git.open(top), held
            finally:
                try:
                    discard(git, record, _PATIENCE_S, _QUIET_S)
                except NotDiscarded as error:
                    tell(str(error))


def _same_folder(made: Git, git: Git) -> Git:
    root = made.toplevel / git.prefix
    try:
        root.mkdir(parents=True, exist_ok=True)  # it may hold nothing but ignored files
    except OSError as error:
        raise NoWorktree(root, error) from error
    return Git.open(root)


class _Contents(Struct, frozen=True):
    """What a worktree is filled with, by path relative to its top.

    Attributes:
        blobs: mode and id of what comes out of git.
        images: bytes and permission bits of files; of those that are not to be there, None.
        copies: what is taken from the tree as it is, where it is there.
    """

    blobs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    images: Mapping[str, tuple[bytes, int] | None] = field(default_factory=dict)
    copies: Sequence[str] = ()


def _fill(made: Git, contents: _Contents, git: Git, held: Held, progress: Progress | None) -> None:
    filling, source = Filling(made.toplevel), Source(git.toplevel)
    total = len(contents.blobs) + len(contents.images) + len(contents.copies)
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)
        held.deliver()

    with made.blobs() as blobs:
        for path, (mode, blob) in contents.blobs.items():
            if mode == "160000":
                filling.folder(path)
            elif mode == "120000":
                filling.link(path, blobs.read(blob))
            else:
                filling.write(path, blobs.read(blob), 0o777 if mode == "100755" else 0o666, exact=False)
            tick()
    for path, image in contents.images.items():
        if image is not None:
            filling.write(path, *image, exact=True)
        tick()
    for path in contents.copies:
        filling.copy(source, path)
        tick()


def _files(git: Git) -> list[str]:
    """What is in the working tree, ignored files and repositories that git does not track left out."""
    return [path for path in git.whole.present() if not path.endswith("/")]


class _Standing(Struct, frozen=True):
    """What the runs of a plan that stand have on record.

    Attributes:
        began_at: the commit that HEAD named when the oldest began, as the journal has it.
        images: of each file that they touched, relative to the working tree's top, bytes and permission bits before the
            oldest run that touched it; None where there was none.
    """

    began_at: str
    images: Mapping[str, tuple[bytes, int] | None]


def _standing(session: Session) -> _Standing | None:
    """None where nothing of the plan stands.

    Raises:
        BeforeIsGone, SnapshotDamaged: what it had before is not there any more.
    """
    git = session.git
    with Journal.open(git, create=False) as journal:
        runs = [run for run in journal.runs(session.plan.name) if run.prefix == git.prefix and run.state in STANDING]
        if not runs:
            return None
        first: dict[str, tuple[RunRecord, FileRecord]] = {}
        for run in runs:
            if journal.is_pruned(run.id):
                raise BeforeIsGone(run)
            for file in journal.files(run.id):
                first.setdefault(file.path, (run, file))
        began_at = journal.began_at(runs[0].id)
    images: dict[str, tuple[bytes, int] | None] = {}
    for run in runs:
        files = [file for by, file in first.values() if by is run]
        kept = prove_images(git, run, files)
        for file in files:
            images[git.prefix + file.path] = None if file.mode is None else (kept[file.path], file.mode)
    return _Standing(began_at, images)


def _commit_of(git: Git, began_at: str, tell: Tell) -> str | None:
    """The commit that a run began at; None where there was none yet."""
    if began_at == UNBORN:
        return None
    found = git.commit_of(began_at) if began_at else None
    if found is None:
        what = f"the commit {began_at} is gone" if began_at else "the commit is not on record"
        tell(f"as before phase 1: {what}, so what no phase has touched is as in HEAD")
    return found or git.head()


def _contents_before(whole: Git, commit: str, images: Mapping[str, tuple[bytes, int] | None]) -> _Contents:
    kept = _Paths(path for path, image in images.items() if image is not None)
    blobs = list_blobs(whole, commit)
    then = {path: about for path, about in blobs.items() if path not in images and kept.have_room_for(path)}
    changed = whole.changed_since(commit)
    files = _Paths([*then, *kept.files])
    new = [path for path in _files(whole) if path not in blobs and path not in images and files.have_room_for(path)]
    unchanged = [path for path in then if path not in changed]
    return _Contents({path: then[path] for path in then if path in changed}, images, [*unchanged, *new])


class _Paths:
    """Files, and the folders that they need."""

    def __init__(self, files: Iterable[str]) -> None:
        self.files = frozenset(files)
        self._folders = {folder for path in self.files for folder in _folders_of(path)}

    def have_room_for(self, path: str) -> bool:
        """Neither is it one of the folders, nor one of the files a folder that it needs."""
        return path not in self._folders and self.files.isdisjoint(_folders_of(path))


def _folders_of(path: str) -> Iterator[str]:
    return accumulate(path.split("/")[:-1], "{}/{}".format)
