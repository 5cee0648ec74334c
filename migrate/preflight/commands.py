"""Validation commands of phase 5 whose executable, or a file they name, is not there."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from migrate.findings import Finding
from migrate.plan import Check, Plan

_FILE = re.compile(r"[\w.~-][\w./~ -]*\.(?:py|sh|toml|cfg|ini|ya?ml|json)")
_PATH = re.compile(r"[\w.~-][\w.~ -]*/[\w./~ -]*")
_CODE = ("-c", "-m")
"""Options behind which a word is no path, as of Python and of shells."""


def missing_commands(plan: Plan, root: Path, plan_path: str) -> Iterator[Finding]:
    """One finding for each executable and each file that a check of the plan names and that is not there."""
    for index, check in enumerate(plan.phase5.check if plan.phase5 is not None else ()):
        key = f"phase5.check[{index}].run"
        program = check.run[0]
        if not _is_executable(root, program):
            message = f"{key}: there is no executable {program!r}; install it, or correct the command"
            yield Finding(5, plan_path, 1, 0, "missing-command", check.name, message)
        for path in _files(check, root):
            if not (root / path).exists():
                message = f"{key}: there is no {path}; write it before phase 5, or correct the command"
                yield Finding(5, path, 1, 0, "missing-command", check.name, message)


def _is_executable(root: Path, program: str) -> bool:
    """Is there such a program on PATH, or below the root where it is written as a path?"""
    if "/" not in program:
        return shutil.which(program) is not None
    return (root / program).is_file() and os.access(root / program, os.X_OK)


def _files(check: Check, root: Path) -> Iterator[str]:
    """Arguments that are written like paths in the repository, without pytest's `::node`."""
    words: Sequence[str] = check.run[1:]
    for before, word in zip(("", *words), words, strict=False):
        path = word.partition("::")[0]
        if before in _CODE or path.startswith(("-", "/", "../")):
            continue
        # `origin/main` is written like a path, and is none.
        if _FILE.fullmatch(path) or (_PATH.fullmatch(path) and (root / path.partition("/")[0]).is_dir()):
            yield path
