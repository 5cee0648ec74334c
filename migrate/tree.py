"""The files of a working tree, as one command reads them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rollback.changes import read_file
from rollback.errors import OutsideRoot, Unreadable
from rollback.git import Git

_KEPT = 24_000_000


@dataclass
class Tree:
    """The files of the repository as read during one command.

    What was read last is kept, up to 24 MB; the rest is read again when it is asked for, and may have changed then.

    Attributes:
        modes: permission bits of the files that have been read, by path.
    """

    git: Git
    modes: dict[str, int] = field(default_factory=dict)
    _contents: dict[str, bytes] = field(default_factory=dict)
    _size: int = 0
    _folders: set[str] = field(default_factory=set)

    def read(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            Unreadable, OutsideRoot: it cannot be read, or must not be.
        """
        content = self._contents.pop(path, None)
        if content is None:
            self.git.asked("path", path)
            content, self.modes[path] = read_file(self.git.root, path, self._folders)
            self._size += len(content)
        self._contents[path] = content  # the last one that goes
        while self._size > _KEPT and len(self._contents) > 1:
            self._size -= len(self._contents.pop(next(iter(self._contents))))
        return content

    def read_if_there(self, path: str) -> bytes | None:
        """A module that others import through: a symbolic link within the root is read where it leads."""
        if path not in self._contents and not os.path.lexists(f"{self.git.root}/{path}"):  # as most that are asked for
            self.git.asked("path", path)
            return None
        with suppress(Unreadable):
            try:
                return self.read(path)
            except OutsideRoot:
                root, real = Path(os.path.realpath(self.git.root)), Path(os.path.realpath(self.git.root / path))
                with suppress(OutsideRoot):
                    return self.read(real.relative_to(root).as_posix()) if real.is_relative_to(root) else None
        return None


def not_looked_into(git: Git, passed_over: Mapping[str, str]) -> Iterator[str]:
    """Submodules, and links to Python files or folders that lead out of the root: never written, so never read.

    Args:
        passed_over: from `Git.passed_over`.
    """
    root = Path(os.path.realpath(git.root))
    for path, kind in sorted(passed_over.items()):
        if kind == "submodule":
            yield f"{path}: a submodule is not looked into; run the plan in it"
        elif not Path(os.path.realpath(root / path)).is_relative_to(root):  # `resolve` fails where links go in a circle
            yield f"{path}: a link out of the root is not followed"
