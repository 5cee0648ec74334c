"""Commands of a repository that can tell whether a migration worked: imports, pytest, make targets."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_TARGETS = ("test", "check", "lint")
_RULE = re.compile(r"^([^\s#:=][^#:=\n]*?)[ \t]*:(?::(?!=))?(?![:=])", re.MULTILINE)
"""`target other: needed`, also with two colons; no assignment, whose `:=` or `::=` begins alike."""
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


def find_commands(
    root: Path,
    imports: Mapping[str, Sequence[tuple[str, Sequence[str]]]],
    users: Iterable[str],
    tracked: Iterable[str],
    source_roots: Sequence[str],
) -> Iterator[Command]:
    """Checks for a plan, the quickest first.

    Args:
        imports: what has to import in the end, by the name of the check: modules, each with names of it.
        users: paths of the files that use what moves.
        tracked: all paths of the repository.
    """
    python = _python()
    for name, modules in imports.items():
        if modules:
            yield Command(name, (python, "-c", "; ".join([*_path_to(source_roots), *map(_import, modules)])))
    concerned = sorted({path for path in users if is_test(path) and _is_text(path)})
    if concerned:
        where = concerned if len(concerned) <= _MOST else sorted({_folder(path) for path in concerned})
        yield Command("tests of the users", (python, "-m", "pytest", *map(_argument, _outermost(where))))
    elif any(map(is_test, tracked)):
        yield Command("all tests", (python, "-m", "pytest"))
    if shutil.which("make"):
        for target in _targets(root):
            yield Command(f"make {target}", ("make", target))


def _python() -> str:
    """What the machine calls Python; some have no `python`."""
    return next((name for name in ("python", "python3") if shutil.which(name)), "python")


def _path_to(source_roots: Sequence[str]) -> list[str]:
    if "." in source_roots:
        return []
    return ["import sys", f"sys.path[:0] = {list(source_roots)!r}"]


def _import(module: tuple[str, Sequence[str]]) -> str:
    name, names = module
    return f"from {name} import {', '.join(names)}" if names else f"import {name}"


def _argument(path: str) -> str:
    return f"./{path}" if path.startswith("-") else path


def _is_text(path: str) -> bool:
    """Can a plan name it? One whose bytes are no UTF-8 it cannot."""
    return not any("\udc80" <= character <= "\udcff" for character in path)


def _folder(path: str) -> str:
    return PurePosixPath(path).parent.as_posix()


def _outermost(paths: Sequence[str]) -> list[str]:
    """Without those that lie below others."""
    found = set(paths)
    return [path for path in paths if not any(parent.as_posix() in found for parent in PurePosixPath(path).parents)]


def _targets(root: Path) -> list[str]:
    for name in _MAKEFILES:
        try:
            text = (root / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        found = {word for rule in _RULE.findall(text) for word in rule.split()}
        return [target for target in _TARGETS if target in found]
    return []
