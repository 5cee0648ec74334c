"""The list of repositories, one path a line, read with every mistake in its place."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct

from migrate.errors import UsageError
from rollback.errors import escape, explain


class ListUnusable(UsageError):
    """The list cannot be read, or names no repository at all."""


class Entry(Struct, frozen=True):
    """One line of the list.

    Attributes:
        name: as it is written there. line: its number, from 1.
        root: its folder, absolute and without links.
        tree: the top of the working tree that `root` is in; None where there is none, and then there is a mistake.
        mistake: what is wrong with the line, as `file:line: what`; empty where nothing is.
    """

    name: str
    line: int
    root: Path
    tree: Path | None = None
    mistake: str = ""


def read_repositories(file: Path) -> tuple[Entry, ...]:
    """The entries of a list, in its order; paths count from the list's folder, `#` begins a comment line.

    Whether git takes a folder for a repository is found out by whoever works in it: here it needs a `.git`, of its own
    or of a folder above.

    Raises:
        ListUnusable: the list cannot be read, or is empty.
    """
    shown = escape(str(file))
    try:
        source = file.read_bytes()
    except OSError as error:
        raise ListUnusable(
            f"fleet: {shown}: cannot be read: {explain(error)}; write one path of a repository a line"
        ) from None
    # line ends only: a folder's name may have any of the characters at which str.splitlines breaks
    lines = [os.fsdecode(line.strip()) for line in source.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    entries: list[Entry] = []
    first: dict[Path, int] = {}
    for number, name in enumerate(lines, 1):
        if name and not name.startswith("#"):
            entries.append(_entry(file, name, number, first))
    if not entries:
        raise ListUnusable(f"fleet: {shown}: names no repository; write one path a line")
    return tuple(entries)


def _entry(file: Path, name: str, line: int, first: dict[Path, int]) -> Entry:
    def wrong(what: str) -> Entry:
        return Entry(name, line, root, None, f"{escape(str(file))}:{line}: {escape(name)}: {what}")

    root = file.parent / name
    try:
        root = file.parent / Path(name).expanduser()
        is_folder = root.is_dir()
        root = root.resolve()
    except (OSError, ValueError, RuntimeError) as error:  # may not be entered; a NUL; a circle, no such user
        return wrong(f"cannot be looked at: {explain(error) if isinstance(error, OSError) else error}")
    if not is_folder:
        return wrong("not a folder" if root.exists() else "no such folder; paths count from the folder of the list")
    if root in first:
        return wrong(f"listed twice, first in line {first[root]}; leave one out")
    first[root] = line
    tree = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)
    if tree is None:
        return wrong("not a git repository; run `git init` there, or leave it out")
    return Entry(name, line, root, tree)
