"""Which tool gives an answer: its own source, the libraries that rewrite, the interpreter, git, and the user."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from hashlib import sha256
from importlib.util import find_spec

PACKAGES = ("migrate", "phases", "rollback", "bowler", "fissix")
"""Packages that an answer comes from."""


def fingerprint() -> str | None:
    """Another one after any change of the tool; None where its files cannot be told, as in a zip archive."""
    facts = [sys.version, sys.platform, sys.getfilesystemencoding(), str(sys.getrecursionlimit())]
    facts += [str(sys.get_int_max_str_digits())]  # a number with more is no Python
    # another user may not be able to read what this one can
    facts += [str(os.geteuid()), str(os.getegid()), str(sorted(os.getgroups()))]
    try:
        git = shutil.which("git")
        facts += [_about(git) if git is not None else ""]
        for package in PACKAGES:
            found = find_spec(package)
            folders = () if found is None else tuple(found.submodule_search_locations or ())
            if not folders:
                return None
            facts += (about for folder in folders for about in _sources(folder))
    except (OSError, ValueError):
        return None
    return sha256("\0".join(facts).encode("utf-8", "surrogateescape")).hexdigest()


def _sources(folder: str) -> Iterator[str]:
    """The files of a package but its bytecode, sorted; who writes to one changes what is said of it.

    Raises:
        OSError: there is no such folder.
    """
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name == "__pycache__":
                continue
            if entry.is_dir():
                yield from _sources(entry.path)
            else:
                yield _about(entry.path)


def _about(path: str) -> str:
    about = os.stat(path)  # noqa: PTH116 - of hundreds of files, each time
    return f"{path}:{about.st_size}:{about.st_mtime_ns}:{about.st_ctime_ns}:{about.st_ino}"
