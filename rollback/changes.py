"""One file's change, and reading files in a way that never leaves the root."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path

from msgspec import Struct, field

from rollback.errors import OutsideRoot, Unreadable


class FileChange(Struct, frozen=True):
    """What one run does to one file.

    Attributes:
        path: relative to the root, with "/".
        before: exact bytes on disk; None when the file is not there.
        after: bytes to write; None removes the file.
        mode: permission bits of the file that is there, which stay as they are; None when it is not there.
        sites: how many edits of each kind, for the record.
    """

    path: str
    before: bytes | None
    after: bytes | None
    mode: int | None
    sites: Mapping[str, int] = field(default_factory=dict)


def read_file(root: Path, path: str, checked: set[str] | None = None) -> tuple[bytes, int]:
    """The bytes and permission bits of a plain file below `root`.

    Args:
        checked: folders found to be in order a moment ago, added to; for reading many files, never for writing.
    Raises:
        OutsideRoot: the path leads out of the root, through a symbolic link or into another
            repository, or is not a plain file.
        Unreadable: it is missing, or may not be read.
    """
    full = os.path.join(root, path)  # noqa: PTH118 - of a great many files, each is read through here
    try:
        check_path(root, path, checked)
        kind = os.lstat(full).st_mode
        if stat.S_ISLNK(kind):
            raise OutsideRoot(path, _describe_link(root, Path(full)))
        if not stat.S_ISREG(kind):
            raise OutsideRoot(path, "is not a plain file")
        return read_plain(full)
    except OSError as error:
        raise Unreadable(path, error) from error


def read_plain(full: Path | str) -> tuple[bytes, int]:
    """The bytes and permission bits of a plain file; should it become a link just now, it is not followed.

    Raises:
        OSError: there is none.
    """
    # O_NONBLOCK: nor should it become a named pipe, wait for a writer.
    descriptor = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(), stat.S_IMODE(os.fstat(descriptor).st_mode)


def read_current(root: Path, path: str) -> tuple[bytes | None, int | None]:
    """Like `read_file`, but (None, None) for a file that is not there."""
    try:
        return read_file(root, path)
    except Unreadable as error:
        if isinstance(error.error, FileNotFoundError):
            return None, None
        raise


def check_path(root: Path, path: str, checked: set[str] | None = None) -> None:
    """Refuse a path that is not a place for a plain file in this working tree.

    Raises:
        OutsideRoot: absolute, with "..", below a symbolic link, a file or another repository, or in `.git`.
    """
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        raise OutsideRoot(path, "cannot be the name of a file") from None
    if path.startswith("/"):
        raise OutsideRoot(path, "is an absolute path")
    parts = path.split("/")
    if ".." in parts:
        raise OutsideRoot(path, "leads out of the root with '..'")
    if not path or "\0" in path or "" in parts or "." in parts:
        raise OutsideRoot(path, "is not a path relative to the root")
    if any(part.lower() == ".git" for part in parts):
        raise OutsideRoot(path, "is git's own")
    known = set() if checked is None else checked
    if path.rpartition("/")[0] in known:
        return
    for parent in _folders_of(path):
        if parent not in known:
            _check_folder(root, path, parent)
            known.add(parent)


def check_prefix(toplevel: Path, prefix: str) -> None:
    """Refuse a root, relative to the working tree's top, that has become something else since it was on record.

    Raises:
        OutsideRoot: it is, or is below, a symbolic link, a file or another repository.
    """
    for parent in _folders_of(f"{prefix}_"):
        _check_folder(toplevel, prefix, parent)


def _folders_of(path: str) -> Iterator[str]:
    """Every folder that a path leads through, outermost first."""
    return accumulate(path.split("/")[:-1], "{}/{}".format)


def _check_folder(root: Path, path: str, parent: str) -> None:
    full = root / parent
    if full.is_symlink():
        where = "leads out of" if not _is_inside(root, full) else "is reached through a symbolic link in"
        raise OutsideRoot(path, f"{where} the root at the symbolic link {parent}")
    if full.exists() and not full.is_dir():
        raise OutsideRoot(path, f"lies below {parent}, which is not a folder")
    if os.path.lexists(full / ".git"):
        raise OutsideRoot(path, f"belongs to the submodule or nested repository {parent}")


def _describe_link(root: Path, link: Path) -> str:
    if not link.exists():
        return "is a symbolic link that leads nowhere"
    if not _is_inside(root, link):
        return "is a symbolic link that leads out of the root"
    return "is a symbolic link; its target is a file of its own"


def _is_inside(root: Path, link: Path) -> bool:
    return Path(os.path.realpath(link)).is_relative_to(os.path.realpath(root))
