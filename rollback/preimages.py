"""The pre-images of a run, read back by git checkout into a private folder, every byte proved by the journal."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from rollback.errors import GitFailed, SnapshotDamaged
from rollback.git import Git
from rollback.journal import FileRecord, RunRecord
from rollback.snapshot import PRIVATE_INDEX, list_blobs, scratch


def read_images(git: Git, run: RunRecord, files: Sequence[FileRecord]) -> dict[str, bytes]:
    """The pre-image of every file that had one, by path.

    `git checkout` does the reading, into a private folder under a private index: a checkout in
    the working tree would replace files in steps that a crash can cut in half, through filters
    whose result is neither the pre- nor the post-image.

    Raises:
        SnapshotDamaged: one is gone, or is not what the journal says.
    """
    wanted = {run.prefix + file.path: file for file in files if file.before_sha256 is not None}
    if not wanted:
        return {}
    images: dict[str, bytes] = {}
    with _checked_out(git, run) as folder:
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


def prove_images(git: Git, run: RunRecord, files: Sequence[FileRecord]) -> dict[str, bytes]:
    """Every pre-image of `files` is there and is the one on record; nothing is written to tell.

    Returns:
        Those of the files that had one, by path.
    Raises:
        SnapshotDamaged: one is not.
    """
    wanted = {run.prefix + file.path: file for file in files if file.before_sha256 is not None}
    images = _read_blobs(git, run, list(wanted))
    for name, file in wanted.items():
        if not _is_pre_image(file, images.get(name)):
            raise SnapshotDamaged(run, f"the pre-image of {file.path} is not the one on record")
    return {file.path: images[name] for name, file in wanted.items()}


@contextmanager
def _checked_out(git: Git, run: RunRecord) -> Iterator[Path]:
    """`git checkout <snapshot> -- .` in an empty folder: the snapshot has the run's files and nothing else.

    Never with a list of paths on standard input: were this process killed before it is sent, git would read an empty
    one and check the snapshot out as a branch, HEAD and all.
    """
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
        command = ("checkout", "--quiet", "--no-recurse-submodules", run.snapshot, "--", ".")
        # A required filter that fails, say, must not stand in the way: the blobs have it all.
        with suppress(GitFailed):
            if all(setting.count("=") == 1 for setting in settings):
                git.run(*command, env=env, config=settings)
        yield tree


def _without_filters(git: Git) -> list[str]:
    """Settings that switch the user's filter drivers off: their programs may be slow, and the bytes are kept raw.

    One with "=" in its name cannot be set on the command line, and so not be switched off.
    """
    listed = git.run(
        "config", "-z", "--name-only", "--get-regexp", r"^filter\..*\.(smudge|process|required)$", ok=(0, 1)
    )
    keys = [os.fsdecode(key) for key in listed.split(b"\0") if key]
    return [f"{key}=false" if key.endswith(".required") else f"{key}=" for key in dict.fromkeys(keys)]


def _read_blobs(git: Git, run: RunRecord, names: Sequence[str]) -> dict[str, bytes]:
    """The exact bytes of `names` in the snapshot, past all filters."""
    try:
        blobs = list_blobs(git, run.snapshot or "")
        present = [name for name in names if name in blobs]
        output = git.run("cat-file", "--batch", input="".join(f"{blobs[name][1]}\n" for name in present).encode())
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


def _is_pre_image(file: FileRecord, content: bytes | None) -> bool:
    return content is not None and hashlib.sha256(content).hexdigest() == file.before_sha256
