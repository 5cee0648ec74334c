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

from rollback.atomic import sync_folders
from rollback.errors import GitFailed, WriteFailed
from rollback.git import Git
from rollback.journal import Journal

REFS = "refs/migrate/"

SCRATCH = "scratch"
"""A private folder for the holder of the lock."""

PRIVATE_INDEX = ("core.splitIndex=false", "core.sparseCheckout=false", "core.untrackedCache=false")
"""Settings under which an index file of our own stands alone and may hold any path."""


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


def run_ref(git: Git, plan: str, name: str) -> str:
    """The ref `name` of a plan; a linked worktree has a folder of its own, where nobody else makes or deletes any."""
    return f"{REFS}{plan}/" + (f"worktrees/{git.worktree}/" if git.worktree else "") + name


def next_run_id(git: Git, journal: Journal) -> int:
    """A number that neither this journal nor a ref of another worktree or an older journal has."""
    taken = [int(found[1]) for ref in refs(git) if (found := re.search(r"/run-(\d+)$", ref))]
    return max([journal.last_id(), *taken]) + 1


def refs(git: Git) -> tuple[str, ...]:
    """All private refs of the repository, its linked worktrees included."""
    return tuple(git.run("for-each-ref", "--format=%(refname)", REFS).decode().splitlines())


def take(git: Git, ref: str, images: Sequence[Image], subject: str) -> str:
    """Keep `images` as one commit under the new ref `ref`, on disk when this returns.

    `git fast-import` takes bytes as they are, past all filters, and writes them into one pack, which takes one flush
    where an object for each file would take one flush each. The user's index, HEAD and branches are not involved; the
    commit has no parent.

    Returns:
        The commit's id.
    Raises:
        GitFailed: the ref exists, or the objects cannot be written.
        WriteFailed: what git wrote cannot be made to last.
    """
    if ref in refs(git):
        raise GitFailed(("update-ref",), 128, f"{ref} exists already")
    settings = ("fastimport.unpackLimit=0", "core.fsync=objects,pack-metadata,reference", "core.logAllRefUpdates=false")
    with _own_git_directory(git) as git_dir:
        printed = git.run(
            "fast-import", "--quiet", "--done", "--date-format=raw", "--depth=0",
            input=_stream(ref, images, subject), config=settings, env={"GIT_DIR": str(git_dir)},
        )  # fmt: skip
    _make_durable(git, ref)
    return printed.decode().strip()


def give_up(git: Git, journal: Journal, ref: str) -> None:
    """Delete a ref that was announced and belongs to no run, if it was made at all.

    Raises:
        GitFailed, JournalUnusable: it stays announced, for another time.
    """
    with suppress(OSError):  # of a git that was killed; nobody else makes refs there
        (git.common_dir / f"{ref}.lock").unlink()
    git.run("update-ref", "-d", ref)
    journal.disown(ref)


@contextmanager
def _own_git_directory(git: Git) -> Iterator[Path]:
    """A git directory like that of a linked worktree, with the repository's objects and refs.

    When fast-import fails, or this process is killed before it has sent everything, it writes a crash report into the
    git directory; there it is out of the user's sight, and goes with the folder.
    """
    with scratch(git) as folder:
        try:
            (folder / "HEAD").write_text("ref: refs/heads/none\n")
            (folder / "commondir").write_bytes(os.fsencode(os.path.relpath(git.common_dir, folder)) + b"\n")
        except OSError as error:
            raise WriteFailed(str(folder), error, "nothing written") from error
        yield folder


@contextmanager
def scratch(git: Git) -> Iterator[Path]:
    """An empty private folder for as long as the block lasts; only the lock's holder may use it."""
    folder = git.private(SCRATCH)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise WriteFailed(str(folder), error, "nothing written") from error
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stream(ref: str, images: Sequence[Image], subject: str) -> bytes:
    """The input of fast-import: https://git-scm.com/docs/git-fast-import#_input_format"""
    # Two snapshots are never the same commit, nor two packs the same file: one that was cut off is in nobody's way.
    message = f"{subject}\nTaken at {time.time_ns()} ns by process {os.getpid()}.\n".encode()
    parts = [
        b"commit %s\nmark :1\n" % ref.encode(),
        b"committer migrate <migrate@localhost> %d +0000\n" % int(time.time()),
        b"data %d\n%s\n" % (len(message), message),
    ]
    for image in images:
        name = os.fsencode(image.path)
        parts.append(b"M %s inline %s\ndata %d\n" % (image.mode.encode(), _quote(name), len(image.content)))
        parts += (image.content, b"\n")
    parts.append(b"\nget-mark :1\ndone\n")
    return b"".join(parts)


def _quote(name: bytes) -> bytes:
    """In C quoting, which may hold any byte."""
    return b'"' + b"".join(b"\\%03o" % byte for byte in name) + b'"'


def _make_durable(git: Git, ref: str) -> None:
    """Flush the names of what git wrote, which git does not, and the ref, which a git before 2.36 does not.

    Raises:
        WriteFailed: the system refused.
    """
    common = git.common_dir
    loose = common / ref
    folders = [common / "objects/pack", common / "objects", common / "reftable"]
    folders += [folder for folder in loose.parents if folder.is_relative_to(common)]
    try:
        if loose.is_file():
            _sync_file(loose)
        sync_folders(folders)
    except OSError as error:
        raise WriteFailed(error.filename or ref, error, "nothing written") from error


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
