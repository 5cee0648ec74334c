"""The state of a working tree, by what git lists of it and what the system says of each file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256

from msgspec import Struct

from migrate.cache.places import Places
from migrate.modules import SUFFIXES
from rollback.git import Git

_SUFFIXES = tuple(suffix.encode() for suffix in SUFFIXES)
_PASSED_OVER = (b"120000", b"160000")
"""Modes of links and submodules, which are told of by name."""


class State(Struct, frozen=True):
    """A tree at one moment.

    Attributes:
        digest: another one after any change of a file that is listed, or of which files are.
        listed: the marks of the files that it is about, by path relative to the root.
        places: what the system said.
    """

    digest: str
    listed: Mapping[bytes, bytes]
    places: Places


def take_state(git: Git, *, only_python: bool) -> State:
    """Look at every file that git lists below the root: tracked, or neither tracked nor ignored.

    The index counts only where git searches it instead of the working tree, so that staging alone changes nothing.

    Args:
        only_python: of other files only links and submodules.
    Raises:
        GitFailed: git could not list them.
    """
    places, lines, listed = Places(os.fsencode(git.root)), list[bytes](), dict[bytes, bytes]()
    for entry in git.listing().split(b"\0"):
        if entry[:2] == b"? ":
            about, mode, path = b"?", b"", entry[2:]
        else:
            about, _, path = entry.partition(b"\t")
            mode = about[2:8]
            if about[:2] == b"H " and about[-2:] == b" 0":
                about = mode  # whatever blob: git looks at the file
        if not path or (only_python and not path.endswith(_SUFFIXES) and mode not in _PASSED_OVER):
            continue
        mark = listed[path] = places.mark(path)
        lines += (about, path, mark)
    return State(sha256(b"\0".join(lines)).hexdigest(), listed, places)
