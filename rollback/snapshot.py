"""Exact pre-images as git objects under a private ref, which `git gc` keeps."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from rollback.atomic import sync_folders
from rollback.errors import GitFailed, NotKept, WriteFailed
from rollback.git import Git
from rollback.journal import Journal

REFS = "refs/migrate/"

SCRATCH = "scratch"
"""A private folder for the holder of the lock."""

EXACT_NAMES = ("core.ignoreCase=false", "core.precomposeUnicode=false")
"""Settings under which git takes names as the bytes they are; the repository may come from a system with others."""

PRIVATE_INDEX = ("core.splitIndex=false", "core.sparseCheckout=false", "core.untrackedCache=false", *EXACT_NAMES)
"""Settings under which an index file of our own stands alone and may hold any path."""


class Image(Struct, frozen=True):
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
    # Like %20 in an address: not every name can be a part of a ref, or be shown and typed.
    worktree = _in_a_ref(git.worktree)
    return f"{REFS}{plan}/" + (f"worktrees/{worktree}/" if worktree else "") + name


def _in_a_ref(worktree: str) -> str:
    return re.sub(rb"[^\w-]", lambda odd: b"%%%02X" % ord(odd[0]), os.fsencode(worktree)).decode("ascii")


def next_run_id(git: Git, journal: Journal) -> int:
    """A number that neither this journal nor a ref of another worktree or an older journal has."""
    taken = [int(found[1]) for ref in refs(git) if (found := re.search(r"/run-(\d+)$", ref))]
    return max([journal.last_id(), *taken]) + 1


def refs(git: Git) -> tuple[str, ...]:
    """All private refs of the repository, its linked worktrees included."""
    return tuple(os.fsdecode(git.run("for-each-ref", "--format=%(refname)", REFS)).splitlines())


def take(git: Git, ref: str, images: Sequence[Image], subject: str) -> str:
    """Keep `images` as one commit under the new ref `ref`, on disk when this returns.

    `git fast-import` takes bytes as they are, past all filters, and writes them into one pack, which takes one flush
    where an object for each file would take one flush each. The user's index, HEAD and branches are not involved; the
    commit has no parent.

    Returns:
        The commit's id.
    Raises:
        GitFailed: the ref exists, or the objects cannot be written.
        NotKept: git did not take all of them as they are.
        WriteFailed: what git wrote cannot be made to last.
    """
    if ref in refs(git):
        raise GitFailed(("update-ref",), 128, f"{ref} exists already")
    durable = ("fastimport.unpackLimit=0", "core.fsync=objects,pack-metadata,reference", "core.fsyncMethod=fsync")
    settings = (*durable, "core.logAllRefUpdates=false", *EXACT_NAMES)
    with _own_git_directory(git) as git_dir:
        printed = git.run(
            "fast-import", "--quiet", "--done", "--date-format=raw", "--depth=0",
            input=_stream(ref, images, subject), config=settings, env={"GIT_DIR": str(git_dir)},
        )  # fmt: skip
    snapshot = printed.decode().strip()
    _prove(git, snapshot, images)
    _make_durable(git, ref)
    return snapshot


def list_blobs(git: Git, snapshot: str) -> dict[str, tuple[str, str]]:
    """Mode and blob id of each path of a snapshot.

    Raises:
        GitFailed: it is gone or damaged.
    """
    blobs = {}
    for entry in git.run("ls-tree", "-r", "-z", "--full-tree", snapshot).split(b"\0")[:-1]:
        facts, _, name = entry.partition(b"\t")
        mode, _, blob = facts.decode("ascii").split()
        blobs[os.fsdecode(name)] = (mode, blob)
    return blobs


def give_up(git: Git, journal: Journal, ref: str) -> None:
    """Delete a ref that was announced and belongs to no run, if it was made at all.

    Raises:
        GitFailed, JournalUnusable: it stays announced, for another time.
    """
    _delete(git, ref)
    journal.disown(ref)


def refs_of_worktree(git: Git, worktree: str) -> tuple[str, ...]:
    """All private refs of the linked worktree of this name, whatever the plan."""
    inside = f"/worktrees/{_in_a_ref(worktree)}/"
    return tuple(ref for ref in refs(git) if inside in ref)


def drop_worktree_refs(git: Git, worktree: str) -> None:
    """Delete all private refs of a linked worktree that is gone, and what a git that was killed left beside them.

    Raises:
        GitFailed: some of them are still there.
    """
    # Git would lock the packed refs to delete one that is a file, and killed in that moment leave the lock to the user.
    for folder in git.common_dir.glob(f"{REFS}*/worktrees/{_in_a_ref(worktree)}"):
        shutil.rmtree(folder, ignore_errors=True)
        for empty in folder.parents[:3]:  # worktrees, the plan's, and ours
            with suppress(OSError):
                empty.rmdir()
    for ref in refs_of_worktree(git, worktree):  # packed meanwhile, or kept in another way
        _delete(git, ref)
    with suppress(OSError):
        (git.common_dir / REFS).rmdir()


def _delete(git: Git, ref: str) -> None:
    with suppress(OSError):  # of a git that was killed; nobody else makes refs there
        (git.common_dir / f"{ref}.lock").unlink()
    with suppress(OSError):  # nor is there another way to be rid of one that a power cut emptied
        if not re.fullmatch(rb"[0-9a-f]{40,64}\n", (git.common_dir / ref).read_bytes()):
            (git.common_dir / ref).unlink()
    git.run("update-ref", "--no-deref", "-d", ref)  # never what somebody made it point to


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
            folder.mkdir(0o700, parents=True)  # what is in it may be for its owner only
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


def _prove(git: Git, snapshot: str, images: Sequence[Image]) -> None:
    """The commit has just these images, by path, mode and hash.

    Raises:
        NotKept: some are missing, or not the same.
    """
    found = list_blobs(git, snapshot)
    algorithm = {40: "sha1", 64: "sha256"}[len(snapshot)]
    wrong = [image.path for image in images if found.get(image.path) != (image.mode, _hash(image.content, algorithm))]
    if wrong:
        raise NotKept(wrong)


def _hash(content: bytes, algorithm: str) -> str:
    """A blob's id: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects"""
    return hashlib.new(algorithm, b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


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
