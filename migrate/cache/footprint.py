"""What was looked at on the way to an answer beside what git lists: an answer holds where that, too, is the same."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256

from migrate.cache.places import Places
from migrate.cache.state import State
from migrate.modules import SUFFIXES
from rollback.errors import RepositoryError
from rollback.git import Git

Marks = Mapping[tuple[str, str], str | None]
"""By what was asked, and the path, see `rollback.git.Asked`: what there was; None where nobody can tell."""

_SUFFIXES = tuple(suffix.encode() for suffix in SUFFIXES)


class Footprint:
    """Of one computation; takes the mark of each place right before it is looked at."""

    def __init__(self, git: Git, state: State) -> None:
        self.marks: dict[tuple[str, str], str | None] = {}
        self._git = git
        self._state = state

    def asked(self, what: str, path: str) -> None:
        """As `rollback.git.Asked`."""
        path = path.rstrip("/")
        if (what, path) in self.marks:
            return
        with suppress(ValueError):  # not what the name of a file can be
            if what != "path" or os.fsencode(path) not in self._state.listed:
                self.marks[what, path] = mark_of(self._git, self._state.places, what, path)

    def is_as_it_was(self, after: State) -> bool:
        """Has nothing been there meanwhile that is not there any more, or the other way round?

        Args:
            after: the state of the tree now, taken anew.
        """
        before = self._state
        if after.digest != before.digest or not holds(self.marks, self._git, after.places):
            return False
        for folder in before.places.times:
            after.places.folder(folder)
        return all(after.places.times.get(folder) == times for folder, times in before.places.times.items())


def holds(marks: Marks, git: Git, places: Places) -> bool:
    """Is all as it was?"""
    return all(mark is not None and mark_of(git, places, *asked) == mark for asked, mark in marks.items())


def mark_of(git: Git, places: Places, what: str, path: str) -> str | None:
    """What there is, in as much as an answer can depend on it.

    Raises:
        ValueError: `path` cannot be the name of a file.
    """
    raw = os.fsencode(path)
    if what == "history":
        return _history(git)
    mark = places.mark(raw)
    if what != "path":
        mark += b" " + _names(os.fsencode(git.root / path), places, raw, deep=what == "below")
    return mark.decode("utf-8", "surrogateescape")


def _names(full: bytes, places: Places, path: bytes, *, deep: bool) -> bytes:
    """The Python files in a folder, and folders with an `__init__.py`; with `deep`, those at any depth."""
    found: list[bytes] = []
    for folder, folders, files in os.walk(full):
        inside = folder[len(full) :]
        places.folder(path + inside)
        found += (inside + b"/" + name for name in (*files, *folders) if name.endswith(_SUFFIXES))
        if not deep:
            found += (name + b"/" for name in folders if os.path.isfile(full + b"/" + name + b"/__init__.py"))  # noqa: PTH113
            break
    return sha256(b"\0".join(sorted(found))).hexdigest().encode()


def _history(git: Git) -> str | None:
    """Where the commits begin that can be looked at, and what stands in for some of them."""
    try:
        replaced = git.run("for-each-ref", "--format=%(refname) %(objectname)", "refs/replace")
        is_used = git.run("config", "--get", "core.useReplaceRefs", ok=(0, 1))
        known = [(git.head() or "").encode(), replaced, is_used]
    except RepositoryError:
        return None
    for name in ("shallow", "info/grafts"):
        with suppress(OSError):
            known.append((git.common_dir / name).read_bytes())
    return sha256(b"\0".join(known)).hexdigest()
