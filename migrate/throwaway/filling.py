"""Write files into a new tree, byte for byte: no filter of git's, no program, and the modes as they are."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path

from migrate.throwaway.errors import NoWorktree
from rollback.errors import Unreadable

TMPDIR_HELPS = "TMPDIR=/a/folder/with/more/room puts it there"

_CHUNK = 1 << 20


class Filling:
    """A tree that is being filled; every path is relative to its top, with "/".

    Every method raises NoWorktree where the system refuses to write.
    """

    def __init__(self, top: Path) -> None:
        self._top = os.fspath(top)
        self._made = {""}

    def copy(self, source: Source, path: str) -> None:
        """Take over a file, or a symbolic link as one, with its mode and its time; a folder becomes an empty one.

        What is not there, or is no such thing, is left out.

        Raises:
            Unreadable: it may not be read.
        """
        kind = source.kind(path)
        if stat.S_ISLNK(kind):
            self.link(path, source.target(path))
        elif stat.S_ISDIR(kind):
            self.folder(path)
        elif stat.S_ISREG(kind):
            with source.opened(path) as descriptor, self._new(path, 0o600) as copy:
                while chunk := source.read(path, descriptor):
                    self._write(copy, chunk)
                about = os.fstat(descriptor)
                os.fchmod(copy, stat.S_IMODE(about.st_mode))
                os.utime(copy, ns=(about.st_atime_ns, about.st_mtime_ns))

    def write(self, path: str, content: bytes, mode: int, *, exact: bool) -> None:
        """Make a file.

        Args:
            mode: permission bits; when not `exact`, without those of the umask.
        """
        with self._new(path, mode) as copy:
            self._write(copy, content)
            if exact:
                os.fchmod(copy, mode)

    def link(self, path: str, target: bytes) -> None:
        """Make a symbolic link."""
        with _refusing(self._top):
            self._make_parents(path)
            os.symlink(target, os.fsencode(f"{self._top}/{path}"))  # noqa: PTH211 - any bytes

    def folder(self, path: str) -> None:
        """Make a folder, if it is not there."""
        with _refusing(self._top):
            self._make_parents(f"{path}/")

    @contextmanager
    def _new(self, path: str, mode: int) -> Iterator[int]:
        with _refusing(self._top):
            self._make_parents(path)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(f"{self._top}/{path}", flags, mode)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _write(self, descriptor: int, content: bytes) -> None:
        with _refusing(self._top):
            view = memoryview(content)
            while view:
                view = view[os.write(descriptor, view) :]

    def _make_parents(self, path: str) -> None:
        folder = path.rpartition("/")[0]
        if folder not in self._made:
            os.makedirs(f"{self._top}/{folder}", exist_ok=True)  # noqa: PTH103 - of many
            self._made.add(folder)


class Source:
    """The tree that files are taken from."""

    def __init__(self, top: Path) -> None:
        self._top = os.fspath(top)
        self._folders: dict[str, bool] = {}

    def kind(self, path: str) -> int:
        """The mode of what is at a path, of a link its own; 0 for nothing.

        What lies behind a link that has taken the place of a folder is somewhere else, and nothing here.
        """
        if not all(map(self._is_folder, accumulate(path.split("/")[:-1], "{}/{}".format))):
            return 0
        try:
            return os.lstat(f"{self._top}/{path}").st_mode
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise Unreadable(path, error) from error

    def target(self, path: str) -> bytes:
        """Where a link leads, as it says."""
        try:
            return os.readlink(os.fsencode(f"{self._top}/{path}"))  # noqa: PTH115 - as it is, not tidied
        except OSError as error:
            raise Unreadable(path, error) from error

    @contextmanager
    def opened(self, path: str) -> Iterator[int]:
        """A plain file, to be read."""
        # Should it become a link or a named pipe just now, that is neither followed nor waited for.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(f"{self._top}/{path}", flags)
        except OSError as error:
            raise Unreadable(path, error) from error
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def read(self, path: str, descriptor: int) -> bytes:
        """The next piece of an opened file; empty at its end."""
        try:
            return os.read(descriptor, _CHUNK)
        except OSError as error:
            raise Unreadable(path, error) from error

    def _is_folder(self, folder: str) -> bool:
        if folder not in self._folders:
            try:
                self._folders[folder] = stat.S_ISDIR(os.lstat(f"{self._top}/{folder}").st_mode)
            except OSError:
                self._folders[folder] = False
        return self._folders[folder]


@contextmanager
def _refusing(top: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NoWorktree(Path(top), error, TMPDIR_HELPS) from error
