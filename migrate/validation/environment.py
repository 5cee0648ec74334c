"""Where the plan's checks run, by which interpreter, and with which environment."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from migrate.plan import Plan

PYTEST_INI = (
    "pytest.toml",
    ".pytest.toml",
    "pytest.ini",
    ".pytest.ini",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
)
"""Files that may hold pytest's settings."""

CURRENT_TEST = "PYTEST_CURRENT_TEST"
"""The variable in which pytest says which test runs; a command of ours is no part of one."""

_PYTHON = ("python", "python3")
_OF_ANOTHER_TREE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")


class Target(Struct, frozen=True):
    """A tree to check.

    Attributes:
        root: the commands run here, or in a folder below.
        python: the plan's interpreter, with the path written out; empty for the one on PATH.
        source_roots: where imports resolve from, absolute.
        home: the user's own root, where the tree is a copy of it; its code may be installed and must not win over the
            copy's, and its programs are not in the copy where git ignores them.
    """

    root: Path
    python: tuple[str, ...]
    source_roots: tuple[str, ...]
    home: Path | None = None

    @classmethod
    def of(cls, plan: Plan, root: Path, home: Path | None = None) -> Target:
        """The tree at `root`, by the plan's interpreter.

        Args:
            home: the user's own root, where the interpreter is, for a `root` that is a copy of it.
        """
        program, *more = plan.plan.python or ("",)
        if "/" in program:
            program = os.path.abspath((home or root) / program)  # noqa: PTH100 - a virtual environment's is a link, and stays one
        roots = tuple(str(root / folder) for folder in plan.plan.source_roots)
        return cls(root, (program, *more) if program else (), roots, home if home != root else None)

    @property
    def interpreter(self) -> tuple[str, ...]:
        """The command to run Python code with; without a `python` on PATH, `run_command` takes our own."""
        return self.python or (next((name for name in _PYTHON if shutil.which(name)), "python"),)

    @property
    def problem(self) -> str | None:
        """Why the plan's interpreter cannot be used, as a sentence; None where it is there, or the plan has none."""
        if not self.python:
            return None
        program = self.python[0]
        if "/" not in program:
            return None if shutil.which(program) else f"plan.python: {program!r} was not found on PATH"
        if os.access(program, os.X_OK) and Path(program).is_file():
            return None
        return f"plan.python: there is no executable {program!r}"

    def command(self, run: Sequence[str], folder: str = ".") -> tuple[str, ...]:
        """What to start for a check's `run`: `python` is the plan's interpreter.

        Args:
            folder: where it runs, relative to the root. A program that is there in the user's tree, and not in the
                copy, is the user's.
        """
        program, *arguments = run
        if self.python and program in _PYTHON:
            return (*self.python, *arguments)
        if self.home is not None and "/" in program and not (self.root / folder / program).exists():
            theirs = self.home / folder / program
            program = os.path.abspath(theirs) if theirs.exists() else program  # noqa: PTH100 - as it is, a link too
        return (program, *arguments)

    def environment(
        self, run: Sequence[str], own: Mapping[str, str], scratch: Path, options: Sequence[str] = ()
    ) -> dict[str, str]:
        """Our environment for a command, changed so that it leaves no cache in the tree and finds the interpreter.

        Args:
            run: the command; looked at only for pytest options that speak against ours.
            own: variables of the check's own.
            scratch: absolute; pytest's cache goes here.
            options: more options for any pytest that the command starts.
        """
        # A hook of git's has some of these set, and git in a copy has to find the copy.
        unwanted = (CURRENT_TEST, *(_OF_ANOTHER_TREE if self.home is not None else ()))
        inherited = {key: value for key, value in os.environ.items() if key not in unwanted}
        given = {**inherited, **self._found_first(), **own}
        addopts = given.get("PYTEST_ADDOPTS", "")
        # With its cache plugin off, pytest knows no cache_dir: a warning, or exit code 4 when it is strict.
        cache = [] if _has_no_cache(run, self.root, addopts) else ["-o", f"cache_dir={scratch / 'pytest-cache'}"]
        return {
            "PYTHONDONTWRITEBYTECODE": "1",
            **given,
            "PYTEST_ADDOPTS": f"{addopts} {shlex.join([*cache, *options])}".strip(),
        }

    def _found_first(self) -> dict[str, str]:
        changed: dict[str, str] = {}
        if self.python and "/" in self.python[0]:
            folder = Path(self.python[0]).parent
            changed["PATH"] = os.pathsep.join([str(folder), os.environ.get("PATH", os.defpath)])
            if (folder.parent / "pyvenv.cfg").is_file():  # https://docs.python.org/3/library/venv.html
                changed["VIRTUAL_ENV"] = str(folder.parent)
        if self.home is not None:
            before = [path for path in [os.environ.get("PYTHONPATH")] if path]
            changed["PYTHONPATH"] = os.pathsep.join([*self.source_roots, *before])
        return changed


def _has_no_cache(run: Sequence[str], root: Path, addopts: str) -> bool:
    switch = "no:cacheprovider"
    if switch in addopts or any(switch in word for word in run):
        return True
    return any(switch in _text_of(root / name) for name in PYTEST_INI)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
