"""The files of a working tree, as one command reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rollback.changes import read_file
from rollback.errors import OutsideRoot, Unreadable
from rollback.git import Git


@dataclass
class Tree:
    """The files of the repository as read during one command."""

    git: Git
    modes: dict[str, int] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)

    def read(self, path: str) -> bytes:
        if path not in self.contents:
            self.contents[path], self.modes[path] = read_file(self.git.root, path, self.folders)
        return self.contents[path]

    def read_if_there(self, path: str) -> bytes | None:
        """A module that others import through: a symbolic link within the root is read where it leads."""
        real = (self.git.root / path).resolve()
        if not (real.is_file() and real.is_relative_to(self.git.root)):
            return None
        try:
            return self.read(real.relative_to(self.git.root).as_posix())
        except (Unreadable, OutsideRoot):
            return None


def not_looked_into(git: Git, passed_over: Mapping[str, str]) -> Iterator[str]:
    """Submodules, and links to Python files or folders that lead out of the root: never written, so never read.

    Args:
        passed_over: from `Git.passed_over`.
    """
    root = git.root.resolve()
    for path, kind in sorted(passed_over.items()):
        if kind == "submodule":
            yield f"{path}: a submodule is not looked into; run the plan in it"
        elif not (root / path).resolve().is_relative_to(root):
            yield f"{path}: a link out of the root is not followed"
