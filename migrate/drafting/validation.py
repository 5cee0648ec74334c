"""Commands of a repository that can tell whether a migration worked: pytest on the tests concerned, make targets."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_TARGET = re.compile(r"^(test|check|lint)[ \t]*:(?!=)", re.MULTILINE)
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")  # in the order in which make looks
_MOST = 150
"""Test files that a command lists; of more, their folders."""


@dataclass(frozen=True, slots=True)
class Command:
    """A check for phase 5."""

    name: str
    run: tuple[str, ...]


def is_test(path: str) -> bool:
    """Does pytest collect a file of this name?"""
    name = PurePosixPath(path).name
    return (name.startswith("test_") and name.endswith(".py")) or name.endswith("_test.py")


def find_commands(root: Path, modules: Sequence[tuple[str, Sequence[str]]], users: Sequence[str]) -> Iterator[Command]:
    """Checks for a plan, the quickest first.

    Args:
        modules: redirects, each with the names that it exports.
        users: paths of the files that use what moves.
    """
    for module, names in modules:
        yield Command(f"{module} still imports", ("python", "-c", f"from {module} import {', '.join(names)}"))
    tests = sorted({path for path in users if is_test(path)})
    if tests:
        where = tests if len(tests) <= _MOST else sorted({PurePosixPath(path).parent.as_posix() for path in tests})
        yield Command("tests of the users", ("python", "-m", "pytest", *_outermost(where)))
    if shutil.which("make"):
        for target in _targets(root):
            yield Command(f"make {target}", ("make", target))


def _outermost(paths: Sequence[str]) -> list[str]:
    """Without those that lie below others."""
    return [path for path in paths if not any(path.startswith(f"{other}/") for other in paths)]


def _targets(root: Path) -> list[str]:
    for name in _MAKEFILES:
        try:
            text = (root / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        return list(dict.fromkeys(_TARGET.findall(text)))
    return []
