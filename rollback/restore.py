"""Taking a run back: git checkout into a private folder, every byte compared, then all files or none."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from rollback.atomic import make_folder, remove, sync_folder, write_atomic
from rollback.changes import check_path, read_current
from rollback.errors import (
    DriftedSince,
    GitFailed,
    Interrupted,
    LaterRuns,
    NotApplied,
    OutsideRoot,
    SnapshotDamaged,
    WriteFailed,
)
from rollback.git import Git, join_paths
from rollback.journal import STANDING, UNFINISHED, FileRecord, Journal, RunRecord
from rollback.signals import deferred_signals
from rollback.snapshot import PRIVATE_INDEX, REFS, Image, git_mode, refs, scratch, take


class Stand(Enum):
    """Where a file stands in respect of a run."""

    BEFORE = "as it was before the run"
    AFTER = "as the run left it"
    OTHER = "something else: edited since"


@dataclass(frozen=True, slots=True)
class RollbackResult:
    """What a rollback did.

    Attributes:
        run: as it is on record now.
        restored: the files that were put back or deleted, relative to the run's root.
        kept: the ref with newer versions that had to give way, or None.
        kept_paths: what is in it, relative to the working tree's top: `git show <kept>:<path>`.
    """

    run: RunRecord
    restored: tuple[str, ...]
    kept: str | None
    kept_paths: tuple[str, ...]


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
    From the first write on, signals wait until all files are done.

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
        SnapshotDamaged: the pre-images are gone.
    Raises, with the rest to be restored by a second rollback:
        WriteFailed: the operating system refused a write.
    """
    run = journal.run(run.id)
    _refuse_order(journal, run)
    root = git.toplevel / run.prefix
    files = journal.files(run.id)
    drifted = [file for file in files if _find_stand(root, file) is Stand.OTHER]
    if drifted and not force:
        raise DriftedSince(run, [file.path for file in drifted], len(files))
    images = _read_images(git, run, files)
    with deferred_signals():
        kept, kept_paths = _keep(git, journal, run, root, drifted)
        journal.move(run.id, "rolling-back", reason)
        restored = []
        for number, file in enumerate(files, 1):
            try:
                sweep(root, file)
                if put_back(root, file, images.get(file.path)):
                    restored.append(file.path)
            except OSError as error:
                raise WriteFailed(file.path, error, "run `migrate rollback` again to restore the rest") from error
            if progress is not None:
                progress(number)
        remove_folders(root, journal.folders(run.id))
        return RollbackResult(journal.move(run.id, state, reason), tuple(restored), kept, kept_paths)


def select_runs(runs: Sequence[RunRecord], target: int | None, all_: bool) -> tuple[RunRecord, ...]:
    """The runs to roll back, newest first.

    Args:
        runs: of one plan, oldest first.
        target: back to before this phase: from its earliest run that is still applied on, or from the first one of
            a later phase where it has none.
        all_: every applied run. With neither, the newest applied runs of one phase.
    Returns:
        An interrupted run comes first, and alone unless more is asked for. Runs without files never do.
    """
    interrupted = [run for run in runs if run.state in UNFINISHED]
    applied = [run for run in runs if run.state == "applied" and run.files]
    if interrupted and target is None and not all_:
        return tuple(interrupted[::-1])
    if target is not None:
        phases = [run.phase for run in applied]
        later = [phase for phase in phases if phase > target]
        first = target if target in phases else later[0] if later else None
        applied = applied[phases.index(first) :] if first is not None else []
    elif not all_:
        last = [(run.plan, run.phase) == (applied[-1].plan, applied[-1].phase) for run in applied]
        while False in last:
            applied, last = applied[last.index(False) + 1 :], last[last.index(False) + 1 :]
    return (*interrupted[::-1], *applied[::-1])


def find_stand(root: Path, file: FileRecord) -> Stand:
    """Compare one file with the journal: its bytes, and whether it is executable.

    Raises:
        OutsideRoot, Unreadable: there is something that `read_file` refuses.
    """
    content, mode = read_current(root, file.path)
    digest = None if content is None else hashlib.sha256(content).hexdigest()
    if mode is not None and file.mode is not None and (mode ^ file.mode) & 0o100:
        return Stand.OTHER
    if digest == file.before_sha256:
        return Stand.BEFORE
    return Stand.AFTER if digest == file.after_sha256 else Stand.OTHER


def put_back(root: Path, file: FileRecord, content: bytes | None) -> bool:
    """Restore one file to `content`, or to not being there; False when it was so already.

    Raises:
        OSError: the file is as it was.
    """
    path = root / file.path
    if content is None:
        if not os.path.lexists(path):
            return False
        remove(path)
        return True
    with suppress(OutsideRoot):  # a link that was kept by force gives way to the file
        if read_current(root, file.path) == (content, file.mode):
            return False
    make_folder(path.parent)
    write_atomic(path, content, file.mode, root / file.temp)
    return True


def sweep(root: Path, file: FileRecord) -> None:
    """Delete the temporary file that a killed process left beside `file`."""
    temp = root / file.temp
    if temp.is_file():
        remove(temp)


def remove_folders(root: Path, folders: Sequence[str]) -> None:
    """Delete those of `folders` that are empty, children first."""
    for folder in reversed(folders):
        with suppress(OSError):
            (root / folder).rmdir()
            sync_folder((root / folder).parent)


def _refuse_order(journal: Journal, run: RunRecord) -> None:
    if run.state not in STANDING:
        raise NotApplied(run)
    interrupted = journal.interrupted()
    if interrupted is not None and interrupted.id != run.id:
        raise Interrupted(interrupted)
    touched = {run.prefix + file.path for file in journal.files(run.id)}
    later = [
        other
        for other in journal.runs()
        if other.id > run.id
        and other.state in STANDING
        and any(other.prefix + file.path in touched for file in journal.files(other.id))
    ]
    if later:
        raise LaterRuns(run, later)


def _find_stand(root: Path, file: FileRecord) -> Stand:
    """A symbolic link in place of the file is an edit; what cannot be replaced is refused."""
    try:
        return find_stand(root, file)
    except OutsideRoot:
        check_path(root, file.path)
        if (root / file.path).is_symlink():
            return Stand.OTHER
        raise


def _keep(
    git: Git, journal: Journal, run: RunRecord, root: Path, drifted: Sequence[FileRecord]
) -> tuple[str | None, tuple[str, ...]]:
    """Keep the newer versions of `drifted` files; those that are gone need no keeping."""
    images = [image for file in drifted if (image := _read_newer(root, run.prefix + file.path, file)) is not None]
    if not images:
        return None, ()
    taken = refs(git)
    ref = name = f"{REFS}{run.plan}/kept-run-{run.id}"
    number = 1
    while ref in taken:
        number += 1
        ref = f"{name}-{number}"
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


def _read_images(git: Git, run: RunRecord, files: Sequence[FileRecord]) -> dict[str, bytes]:
    """The pre-image of every file that had one, all of them proved by the journal's hashes.

    `git checkout` does the reading, into a private folder under a private index: a checkout in
    the working tree would replace files in steps that a crash can cut in half, through filters
    whose result is neither the pre- nor the post-image.
    """
    wanted = {run.prefix + file.path: file for file in files if file.before_sha256 is not None}
    if not wanted:
        return {}
    images: dict[str, bytes] = {}
    with _checked_out(git, run, list(wanted)) as folder:
        for name in wanted:
            with suppress(OSError):
                images[name] = (folder / name).read_bytes()
        changed = [name for name, file in wanted.items() if not _is_pre_image(file, images.get(name))]
    if changed:
        images.update(_read_blobs(git, run, changed))
    for name, file in wanted.items():
        if not _is_pre_image(file, images.get(name)):
            raise SnapshotDamaged(run, f"the pre-image of {file.path} is not the one on record")
    return {file.path: images[name] for name, file in wanted.items()}


@contextmanager
def _checked_out(git: Git, run: RunRecord, names: Sequence[str]) -> Iterator[Path]:
    """`git checkout <snapshot> -- <names>` in an empty folder."""
    if run.snapshot is None:
        raise SnapshotDamaged(run, "none was taken")
    try:
        git.run("cat-file", "-e", f"{run.snapshot}^{{tree}}")
    except GitFailed as error:
        raise SnapshotDamaged(run, "it is gone") from error
    with scratch(git) as folder:
        tree = folder / "tree"
        tree.mkdir()
        env = {
            "GIT_INDEX_FILE": str(folder / "index"),
            "GIT_WORK_TREE": str(tree),
            "GIT_LITERAL_PATHSPECS": "1",
        }
        plain = ("core.autocrlf=false", "core.eol=lf", "core.attributesFile=/dev/null")
        settings = (*PRIVATE_INDEX, *plain, *_without_filters(git))
        command = ("checkout", "--quiet", "--no-recurse-submodules", run.snapshot)
        # A required filter that fails, say, must not stand in the way: the blobs have it all.
        with suppress(GitFailed):
            git.run(
                *command, "--pathspec-from-file=-", "--pathspec-file-nul",
                input=join_paths(names), env=env, config=settings,
            )  # fmt: skip
        yield tree


def _without_filters(git: Git) -> list[str]:
    """Settings that switch the user's filter drivers off: their programs may be slow, and the bytes are kept raw."""
    listed = git.run(
        "config", "-z", "--name-only", "--get-regexp", r"^filter\..*\.(smudge|process|required)$", ok=(0, 1)
    )
    keys = [os.fsdecode(key) for key in listed.split(b"\0") if key]
    return [f"{key}=false" if key.endswith(".required") else f"{key}=" for key in dict.fromkeys(keys)]


def _read_blobs(git: Git, run: RunRecord, names: Sequence[str]) -> dict[str, bytes]:
    """The exact bytes of `names` in the snapshot, past all filters."""
    try:
        blobs = _list_blobs(git, run)
        present = [name for name in names if name in blobs]
        output = git.run("cat-file", "--batch", input="".join(f"{blobs[name]}\n" for name in present).encode())
    except GitFailed as error:
        raise SnapshotDamaged(run, str(error)) from error
    images: dict[str, bytes] = {}
    start = 0
    for name in present:
        end = output.index(b"\n", start)
        words = output[start:end].split()
        if len(words) != 3:  # "<id> missing"
            raise SnapshotDamaged(run, f"the pre-image of {name} is gone")
        size = int(words[2])
        images[name] = output[end + 1 : end + 1 + size]
        start = end + 1 + size + 1
    return images


def _list_blobs(git: Git, run: RunRecord) -> Mapping[str, str]:
    output = git.run("ls-tree", "-r", "-z", "--full-tree", run.snapshot or "")
    blobs = {}
    for entry in output.split(b"\0")[:-1]:
        facts, _, name = entry.partition(b"\t")
        blobs[os.fsdecode(name)] = facts.split()[2].decode("ascii")
    return blobs


def _is_pre_image(file: FileRecord, content: bytes | None) -> bool:
    return content is not None and hashlib.sha256(content).hexdigest() == file.before_sha256
