"""Commands of a repository that can tell whether a migration worked: imports, pytest, make targets."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from msgspec import Struct

from migrate.validation.environment import PYTEST_INI

_TARGETS = ("test", "check", "lint")
_RULE = re.compile(r"^([^\s#:=][^#:=\n]*?)[ \t]*:(?::(?!=))?(?![:=])", re.MULTILINE)
"""`target other: needed`, also with two colons; no assignment, whose `:=` or `::=` begins alike."""
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")  # in the order in which make looks
_PROJECT = re.compile(r"^\s*\[(?:project|build-system|tool\.poetry)\]", re.MULTILINE)
_PYTHONPATH = re.compile(r"^\s*pythonpath\s*=", re.MULTILINE)
_MOST = 150
"""Test files that a command lists; of more, their folders."""


class Command(Struct, frozen=True):
    """A check for phase 5.

    Attributes:
        note: what a person should know of it, as a sentence.
    """

    name: str
    run: tuple[str, ...]
    note: str = ""


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
    pytest, note = _pytest(root, python, source_roots)
    concerned = sorted({path for path in users if is_test(path) and _is_text(path)})
    if concerned:
        where = concerned if len(concerned) <= _MOST else sorted({_folder(path) for path in concerned})
        yield Command("tests of the users", (*pytest, *map(_argument, _outermost(where))), note)
    elif any(map(is_test, tracked)):
        yield Command("all tests", pytest, note)
    if shutil.which("make"):
        for target in _targets(root):
            yield Command(f"make {target}", ("make", target))


def _python() -> str:
    """What the machine calls Python; some have no `python`."""
    return next((name for name in ("python", "python3") if shutil.which(name)), "python")


def _path_to(source_roots: Sequence[str]) -> list[str]:
    folders = _roots_below(source_roots)
    return ["import sys", f"sys.path[:0] = {folders!r}"] if folders else []


def _roots_below(source_roots: Sequence[str]) -> list[str]:
    """Those that Python, started at the root, does not look into by itself."""
    return [root for root in source_roots if root != "."]


def _pytest(root: Path, python: str, source_roots: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """How to call pytest so that it finds the modules below the source roots, and what there is to say about that."""
    plain, folders = (python, "-m", "pytest"), _roots_below(source_roots)
    is_listed = not any(os.pathsep in folder for folder in folders) and shutil.which("env")
    if not folders or not is_listed or _finds_modules(root):
        return plain, ""
    path = f"PYTHONPATH={os.pathsep.join(folders)}"
    note = (
        f"Nothing says where pytest finds what is below {' and '.join(folders)}; take {path} out where it is installed."
    )
    return ("env", path, *plain), note


def _finds_modules(root: Path) -> bool:
    """Does pytest have a `pythonpath`, or is there a project to install?"""
    if (root / "setup.py").is_file() or _PROJECT.search(_text(root / "pyproject.toml")):
        return True
    return any(_PYTHONPATH.search(_text(root / name)) for name in PYTEST_INI)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


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
        if (root / name).is_file():
            found = {word for rule in _RULE.findall(_text(root / name)) for word in rule.split()}
            return [target for target in _TARGETS if target in found]
    return []
