"""`.git-blame-ignore-revs`: the commits that `git blame` passes over, one a line."""

from __future__ import annotations

import os

from rollback.atomic import put
from rollback.changes import read_current
from rollback.errors import OutsideRoot, WriteFailed
from rollback.git import Git

NAME = ".git-blame-ignore-revs"
"""Where forges look for it, and people: at the top of the working tree."""

_HEAD = f"# Commits that git blame passes over, once it is told: git config blame.ignoreRevsFile {NAME}\n".encode()


def line_for(commit: str, plan: str, phase: int) -> str:
    """The line of one commit; git takes what follows a `#` for a comment, and hosts of repositories do as well."""
    return f"{commit}  # {plan} phase {phase}"


def with_line(content: bytes | None, line: str) -> bytes | None:
    """The file with one more line at its end; its line ends, and whether it has a final newline, stay.

    Args:
        content: None where there is no file yet; a new one begins with a comment.
        line: as `line_for` has it.
    Returns:
        None where the commit is in the file.
    """
    row = line.encode()
    if content is None:
        return _HEAD + row + b"\n"
    if _commit(row) in map(_commit, content.splitlines()):
        return None
    ended = [each for each in content.split(b"\n")[:-1] if each]
    newline = b"\r\n" if ended and all(each.endswith(b"\r") for each in ended) else b"\n"
    if content and not content.endswith(b"\n"):
        return content + newline + row
    return content + row + newline


def append(git: Git, line: str) -> bool:
    """Put a line at the end of the file, in one step; nothing is committed.

    Returns:
        False where the commit is in the file.
    Raises:
        OutsideRoot: the root is not the top of the working tree, or the file is a link or something else than a file.
        Unreadable, WriteFailed: the system refuses; the file is as before.
    """
    if git.prefix:
        raise OutsideRoot(NAME, f"belongs at the top of the working tree, {git.toplevel}, out of the root")
    before, mode = read_current(git.root, NAME)
    after = with_line(before, line)
    if after is None:
        return False
    path = git.root / NAME
    try:
        if before is not None and not os.access(path, os.W_OK):  # a rename would go through all the same
            raise PermissionError(13, os.strerror(13), os.fspath(path))
        put(after, mode, path)
    except OSError as error:
        raise WriteFailed(NAME, error, "it is as before") from error
    return True


def how_to_tell(git: Git) -> str | None:
    """The command by which git heeds the file, beside others that it heeds already; None where it has been told."""
    told = git.run("config", "--null", "--get-all", "blame.ignoreRevsFile", ok=(0, 1))
    names = [name for name in told.split(b"\0") if name]
    if any(name in (NAME.encode(), f"./{NAME}".encode()) for name in names):
        return None
    return f"git config {'--add ' if names else ''}blame.ignoreRevsFile {NAME}"


def _commit(row: bytes) -> bytes:
    return row.partition(b"#")[0].strip().lower()
