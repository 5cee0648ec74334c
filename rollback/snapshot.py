"""Exact pre-images as git objects under a private ref, which `git gc` keeps."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rollback.errors import GitFailed, WriteFailed
from rollback.git import Git
from rollback.journal import Journal

REFS = "refs/migrate/"

PRIVATE_INDEX = ("core.splitIndex=false", "core.sparseCheckout=false", "core.untrackedCache=false")
"""Settings under which an index file of our own stands alone and may hold any path."""

_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "migrate"), ("EMAIL", "migrate@localhost"))
}


@dataclass(frozen=True, slots=True)
class Image:
    """One file of a snapshot; `path` is relative to the working tree's top.

    `mode` is git's: "100644", "100755", or "120000" for a symbolic link and its target.
    """

    path: str
    content: bytes
    mode: str


def git_mode(mode: int) -> str:
    """What git can keep of permission bits; the journal keeps all of them."""
    return "100755" if mode & 0o100 else "100644"


def run_ref(plan: str, run_id: int) -> str:
    """The ref that keeps the pre-images of a run."""
    return f"{REFS}{plan}/run-{run_id}"


def next_run_id(git: Git, journal: Journal) -> int:
    """A number that neither this journal nor a ref of another worktree or an older journal has."""
    taken = [int(found[1]) for ref in refs(git) if (found := re.search(r"/run-(\d+)$", ref))]
    return max([journal.last_id(), *taken]) + 1


def refs(git: Git) -> tuple[str, ...]:
    """All private refs of the repository, its linked worktrees included."""
    return tuple(git.run("for-each-ref", "--format=%(refname)", REFS).decode().splitlines())


def take(git: Git, ref: str, images: Sequence[Image], subject: str) -> str:
    """Keep `images` as one commit under the new ref `ref`, on disk when this returns.

    The user's index, HEAD and branches are not involved; the commit has no parent.

    Returns:
        The commit's id.
    Raises:
        GitFailed: the ref exists, or an object cannot be written.
        WriteFailed: the private folder cannot be written.
    """
    durable = _durably(git)
    with scratch(git) as folder:
        index = {"GIT_INDEX_FILE": str(folder / "index")}
        blobs = _write_blobs(git, folder, images, durable)
        entries = [
            f"{image.mode} {blob}\t".encode() + os.fsencode(image.path) + b"\0"
            for image, blob in zip(images, blobs, strict=True)
        ]
        git.run("update-index", "-z", "--index-info", input=b"".join(entries), env=index, config=PRIVATE_INDEX)
        tree = git.run("write-tree", env=index, config=[*PRIVATE_INDEX, *durable]).decode().strip()
        dates = {f"GIT_{who}_DATE": f"@{int(time.time())} +0000" for who in ("AUTHOR", "COMMITTER")}
        command = ("commit-tree", "-F", "-", tree)
        commit = git.run(*command, input=subject.encode(), env=_IDENTITY | dates, config=durable).decode().strip()
        git.run("update-ref", ref, commit, "0" * len(commit), config=durable)
    return commit


def drop(git: Git, ref: str, commit: str) -> None:
    """Give up the snapshot `commit`, unless `ref` keeps another one by now."""
    with suppress(GitFailed):
        git.run("update-ref", "-d", ref, commit)


@contextmanager
def scratch(git: Git) -> Iterator[Path]:
    """An empty private folder for as long as the block lasts; only the lock's holder may use it."""
    folder = git.git_path("migrate/scratch")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise WriteFailed(str(folder), error, "nothing written") from error
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_blobs(git: Git, folder: Path, images: Sequence[Image], durable: Sequence[str]) -> list[str]:
    """Hash exact bytes, past all filters, in one git process for all files."""
    names = []
    for number, image in enumerate(images):
        name = folder / str(number)
        try:
            name.write_bytes(image.content)
        except OSError as error:
            raise WriteFailed(str(name), error, "nothing written") from error
        names.append(_quote(name))
    command = ("hash-object", "-w", "--no-filters", "--stdin-paths")
    return git.run(*command, input=b"".join(names), config=durable).decode().split()


def _quote(path: Path) -> bytes:
    """A line of `--stdin-paths`: git undoes C quoting there, so the folder may have a newline in its name."""
    return b'"' + b"".join(b"\\%03o" % byte for byte in os.fsencode(path)) + b'"\n'


def _durably(git: Git) -> tuple[str, ...]:
    if git.version >= (2, 36):
        return ("core.fsync=objects,reference",)
    return ("core.fsyncObjectFiles=true",)
