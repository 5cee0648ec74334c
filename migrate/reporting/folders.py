"""Files by folder: a tree in which a folder with nothing but one folder is written in one line with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from msgspec import Struct


class HasPath(Protocol):
    @property
    def path(self) -> str: ...


F = TypeVar("F", bound=HasPath)

DEEPEST = 6
"""Levels of folders; files further down are listed with the rest of their path."""


class Entry(Struct, Generic[F], frozen=True):
    """A file, under its name within the folder."""

    name: str
    file: F


class Folder(Struct, Generic[F], frozen=True):
    """A folder.

    Attributes:
        name: relative to the folder above, with "/" at its end; empty for the root.
        folders, files: directly in it, by name.
    """

    name: str
    folders: tuple[Folder[F], ...]
    files: tuple[Entry[F], ...]

    def every(self) -> Iterator[F]:
        """All files in it, at any depth."""
        yield from (entry.file for entry in self.files)
        for folder in self.folders:
            yield from folder.every()


def folder_tree(files: Iterable[F]) -> Folder[F]:
    """The root folder with `files` in it."""
    return _folder("", [(file.path.split("/"), file) for file in files], 0)


def _folder(name: str, files: Sequence[tuple[list[str], F]], depth: int) -> Folder[F]:
    inside: dict[str, list[tuple[list[str], F]]] = {}
    here: list[Entry[F]] = []
    for parts, file in files:
        if len(parts) == 1 or depth == DEEPEST:
            here.append(Entry("/".join(parts), file))
        else:
            inside.setdefault(parts[0], []).append((parts[1:], file))
    folders = tuple(_compressed(part, inside[part], depth) for part in sorted(inside))
    return Folder(name, folders, tuple(sorted(here, key=lambda entry: entry.name)))


def _compressed(part: str, files: Sequence[tuple[list[str], F]], depth: int) -> Folder[F]:
    name = f"{part}/"
    while len({parts[0] for parts, _ in files}) == 1 and all(len(parts) > 1 for parts, _ in files):
        name += f"{files[0][0][0]}/"
        files = [(parts[1:], file) for parts, file in files]
    return _folder(name, files, depth + 1)
