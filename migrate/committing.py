"""One commit of exactly what a phase wrote, whatever is staged, edited or checked out beside it meanwhile.

It is made as git makes one below the surface: from an index of our own, which is HEAD's with the phase's files in it.
So nothing that others have written or staged gets in, and what git keeps of a squashed merge, say, stays. Filters and
line ends are those of the working tree, as with `git add`. Hooks do not run.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from rollback.changes import FileChange
from rollback.errors import GitFailed, RepositoryError, escape, name_paths
from rollback.git import Git, join_paths
from rollback.snapshot import PRIVATE_INDEX, scratch

_UNDER_WAY = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "sequencer": "a cherry-pick or a revert",
}
"""What git has in the git directory while something is under way: `wt_status_get_state` in git's wt-status.c."""

_TELLING = ("error: ", "fatal: ", "gpg: ")


class NotCommitted(RepositoryError):
    """The commit could not be made; neither HEAD nor the index has changed."""


class Base(Struct, frozen=True):
    """What a commit is put upon.

    Attributes:
        commit: what HEAD names; None before the first one.
        branch: the ref that HEAD is a name for; "" when it is detached.
    """

    commit: str | None
    branch: str

    @classmethod
    def of(cls, git: Git) -> Base:
        branch = git.run("symbolic-ref", "--quiet", "HEAD", ok=(0, 1))
        return cls(git.head(), os.fsdecode(branch.removesuffix(b"\n")))

    def __str__(self) -> str:
        at = self.commit[:12] if self.commit is not None else "no commit"
        return f"{escape(self.branch.removeprefix('refs/heads/')) or 'no branch'} at {at}"


def commit_problem(git: Git) -> str | None:
    """Why no commit can be made now, and what to do about it, in a line; None where nothing is known."""
    for name, what in _UNDER_WAY.items():
        if os.path.lexists(git.git_dir / name):
            return f"{what} is under way; finish it or give it up first (`git status` says how)"
    lock = git.git_dir / "index.lock"
    if os.path.lexists(lock):
        return f"another git is at work in the index, or was killed there: {lock}; wait for it, or remove that file"
    return git.identity_problem()


def commit_changes(git: Git, base: Base, changes: Sequence[FileChange], message: str) -> tuple[str, tuple[str, ...]]:
    """Commit what a phase made of its files.

    In the index their entries become those of the commit, but for those that somebody has staged something else for.
    The caller holds the lock.

    Args:
        base: what it was when the phase began.
        changes: with paths relative to the root; each file is in `base` with the bytes before.
        message: subject, or subject, blank line and body.
    Returns:
        The new commit's id, and the paths that are not in the tree as they are in the commit.
    Raises:
        NotCommitted: HEAD has moved, something else is under way, or git refuses.
        KeyboardInterrupt: Ctrl-C where the commit is signed.
    """
    if (problem := commit_problem(git)) is not None:
        raise NotCommitted(problem)
    if (now := Base.of(git)) != base:
        raise NotCommitted(f"HEAD is {now} now, and was {base} when the phase began")
    try:
        with scratch(git) as folder:
            return _commit(git, base, changes, message, folder), _edited(git, changes)
    except GitFailed as error:
        raise NotCommitted(_in_full(error)) from error
    except OSError as error:
        raise NotCommitted(f"the commit could not be prepared: {error.strerror}") from error


def _commit(git: Git, base: Base, changes: Sequence[FileChange], message: str, folder: Path) -> str:
    private = _PrivateIndex(git, folder)
    private.read(base.commit)
    paths = [git.prefix + change.path for change in changes]
    before = private.entries(paths)
    private.put(changes, before)
    after = private.entries(paths)
    commit = _commit_tree(git, private.write_tree(), base.commit, message)
    untouched = [path for path, entry in _entries(git.whole, paths).items() if entry == before.get(path)]
    parent = base.commit or "0" * len(commit)
    git.run("update-ref", "-m", f"commit: {message.partition(chr(10))[0]}", "HEAD", commit, parent)
    try:
        _set_entries(git, {path: after[path] for path in untouched})
    except GitFailed:  # another git holds the index
        git.run("update-ref", "-m", "commit: undone", "HEAD", parent, commit)
        raise
    git.run("update-index", "-q", "--refresh", ok=(0, 1, 128))
    return commit


class _PrivateIndex:
    """An index file of our own, beside the working tree."""

    def __init__(self, git: Git, folder: Path) -> None:
        self._git = git
        self._env = {"GIT_INDEX_FILE": str(folder / "index")}

    def read(self, commit: str | None) -> None:
        self._run("read-tree", *([commit] if commit is not None else ["--empty"]))

    def entries(self, paths: Sequence[str]) -> dict[str, bytes]:
        return _entries(self._git.whole, paths, self._env)

    def put(self, changes: Sequence[FileChange], before: Mapping[str, bytes]) -> None:
        """Take the bytes after each change.

        Files that have them, git takes by itself, as it knows all rules for line ends; it is seen to afterwards that
        they still had them. Where others have come into a file, its bytes are handed to git.

        Args:
            before: the entry of each path, relative to the top.
        """
        unknown = [change.path for change in changes if self._name(change) not in before]
        if unknown:
            raise NotCommitted(f"{name_paths(unknown)}: not in the commit that it would be put upon")
        edited = {*_edited(self._git, changes)}
        as_left = (self._name(change) for change in changes if change.path not in edited)
        self._run("update-index", "-z", "--stdin", input=join_paths(as_left))
        edited.update(_edited(self._git, changes))
        for change in changes:
            if change.path in edited:
                self._put_bytes(change, before[self._name(change)])

    def write_tree(self) -> str:
        return self._run("write-tree").decode("ascii").strip()

    def _put_bytes(self, change: FileChange, entry: bytes) -> None:
        mode, blob, _ = entry.split()
        assert change.after is not None, "no phase removes a file"
        name = self._name(change)
        is_raw = change.before == self._run("cat-file", "blob", blob.decode("ascii"))
        how = "--no-filters" if is_raw else f"--path={name}"
        made = self._run("hash-object", "-w", "--stdin", how, input=change.after).strip()
        self._run("update-index", "-z", "--index-info", input=b"%s %s 0\t%s\0" % (mode, made, os.fsencode(name)))

    def _name(self, change: FileChange) -> str:
        return self._git.prefix + change.path

    def _run(self, *args: str, input: bytes = b"") -> bytes:
        return self._git.whole.run(*args, input=input, env=self._env, config=PRIVATE_INDEX)


def _commit_tree(git: Git, tree: str, parent: str | None, message: str) -> str:
    """Signed where the user's are; the signer may ask on the terminal."""
    told = git.run("config", "--type=bool", "--get", "commit.gpgSign", ok=(0, 1)).strip()
    signed = ["-S"] if told == b"true" else []
    above = ["-p", parent] if parent is not None else []
    text = git.run("stripspace", input=message.encode("utf-8", "surrogateescape"))
    settings = ["i18n.commitEncoding=utf-8"]
    command = ("commit-tree", *signed, *above, "-F", "-", tree)
    try:
        return git.run(*command, input=text, config=settings, attended=bool(signed)).decode("ascii").strip()
    except GitFailed as error:
        if signed and error.returncode == -signal.SIGINT:  # Ctrl-C where the signer asks
            raise KeyboardInterrupt from error
        raise


def _entries(git: Git, paths: Sequence[str], env: Mapping[str, str] | None = None) -> dict[str, bytes]:
    """Mode, id and stage of those of `paths` that have an entry in the index; of one in conflict, the last."""
    wanted = set(paths)
    output = git.run("ls-files", "--stage", "-z", env=env, config=PRIVATE_INDEX if env else ())
    found = (entry.partition(b"\t") for entry in output.split(b"\0") if entry)
    return {name: facts for facts, _, path in found if (name := os.fsdecode(path)) in wanted}


def _set_entries(git: Git, entries: Mapping[str, bytes]) -> None:
    lines = (facts + b"\t" + os.fsencode(path) + b"\0" for path, facts in entries.items())
    git.whole.run("update-index", "-z", "--index-info", input=b"".join(lines))


def _edited(git: Git, changes: Sequence[FileChange]) -> tuple[str, ...]:
    """The paths that are not as their changes left them."""
    return tuple(change.path for change in changes if _bytes_at(git.root / change.path) != change.after)


def _bytes_at(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _in_full(error: GitFailed) -> str:
    """What git says of a failure, with what a program that it has called says, such as a signer."""
    told = [line.strip() for line in error.stderr.splitlines() if line.startswith(_TELLING)]
    return f"git {error.command[0]}: {escape('; '.join(told))}" if told else str(error)
