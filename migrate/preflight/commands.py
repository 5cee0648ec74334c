"""Validation commands of phase 5 whose executable, or a file they name, is not there."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from migrate.findings import Finding
from migrate.plan import Plan
from migrate.plan_checks import Check
from migrate.validation.environment import Target

_FILE = re.compile(r"[\w.~-][\w./~ -]*\.(?:py|sh|toml|cfg|ini|ya?ml|json)")
_PATH = re.compile(r"[\w.~-][\w.~ -]*/[\w./~ -]*")
_TABLE = re.compile(r"^[ \t]*\[\[[ \t]*phase5[ \t]*\.[ \t]*check[ \t]*\]\]", re.MULTILINE)
_PYTHON = re.compile(r"^[ \t]*python[ \t]*=", re.MULTILINE)
_CODE = ("-c", "-m")
"""Options behind which a word is no path, as of Python and of shells."""


def missing_commands(plan: Plan, root: Path, plan_path: str, plan_text: str = "") -> Iterator[Finding]:
    """One finding for each executable and each file that a check of the plan names and that is not there.

    Args:
        plan_path: where findings are placed, at the line of the check in `plan_text`.
    """
    target = Target.of(plan, root)
    if target.problem is not None:
        message = f"{target.problem}; make it before phase 5, or correct the plan"
        yield Finding(5, plan_path, _line(_PYTHON, plan_text), 0, "missing-command", "", message)
    tables = [plan_text.count("\n", 0, found.start()) + 1 for found in _TABLE.finditer(plan_text)]
    for index, check in enumerate(plan.phase5.check if plan.phase5 is not None else ()):
        key = f"phase5.check[{index}].run"
        line = tables[index] if index < len(tables) else 1
        if check.run is None:
            continue
        program = target.command(check.run)[0]
        if not _is_executable(root, program):
            message = f"{key}: there is no executable {program!r}; install it, or correct the command"
            yield Finding(5, plan_path, line, 0, "missing-command", "", message)
        for path in _files(check, root):
            if not (root / path).exists():
                message = f"{key}: there is no {path}; write it before phase 5, or correct the command"
                yield Finding(5, plan_path, line, 0, "missing-command", "", message)


def _line(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.search(text)
    return 1 if found is None else text.count("\n", 0, found.start()) + 1


def _is_executable(root: Path, program: str) -> bool:
    """Is there such a program on PATH, or below the root where it is written as a path?"""
    if "/" not in program:
        return program == "python" or shutil.which(program) is not None  # without one, it is this interpreter
    return (root / program).is_file() and os.access(root / program, os.X_OK)


def _files(check: Check, root: Path) -> Iterator[str]:
    """Arguments that are written like paths in the repository, without pytest's `::node`."""
    words: Sequence[str] = (check.run or ())[1:]
    for before, word in zip(("", *words), words, strict=False):
        path = word.partition("::")[0]
        if before in _CODE or path.startswith(("-", "/", "../")):
            continue
        # `origin/main` is written like a path, and is none; behind an option stands its value, as in `-k a/b`.
        is_value = before.startswith("-") and "=" not in before
        is_inside = (root / path.partition("/")[0]).is_dir() and not is_value
        if _FILE.fullmatch(path) or (_PATH.fullmatch(path) and is_inside):
            yield path
