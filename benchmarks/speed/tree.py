"""A clone that tools may write to, and that is as it was afterwards."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_SETTLED_S = 1.1
"""After that long git need not read a file again whose time is that of its index."""


def clone(repository: Path, folder: Path) -> Path:
    """A working tree of a repository; the objects stay where they are."""
    _git(folder, "clone", "--quiet", "--shared", str(repository.resolve()), str(folder / "tree"))
    settle(folder / "tree")
    return folder / "tree"


def settle(root: Path) -> None:
    """Have git's index know each file as it is, as in a tree that somebody has worked in."""
    time.sleep(_SETTLED_S)
    _git(root, "read-tree", "HEAD")
    _git(root, "update-index", "-q", "--refresh")


def restore(root: Path) -> None:
    """Take back whatever a tool has written."""
    _git(root, "reset", "--quiet", "--hard")
    _git(root, "clean", "--quiet", "-ffdx")


@contextmanager
def staged(root: Path, words: Sequence[str]) -> Iterator[None]:
    """While it lasts one small file that has some words is staged."""
    file = root / "staged_for_a_benchmark.py"
    file.write_text("".join(f"# {word}\nx = 1\n" for word in words), encoding="utf-8")
    _git(root, "add", file.name)
    yield
    _git(root, "rm", "--quiet", "--force", file.name)


def changed_paths(root: Path) -> list[str]:
    """Files that differ from what is committed, and those that are new."""
    status = _git(root, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all")
    return sorted(os.fsdecode(entry[3:]) for entry in status.split(b"\0") if entry)


def committed(root: Path, path: str) -> bytes | None:
    """A file as it is committed; None where it is not."""
    done = subprocess.run(["git", "cat-file", "blob", f"HEAD:{path}"], cwd=root, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def now(root: Path, path: str) -> bytes | None:
    """A file as it is; None where there is none."""
    return (root / path).read_bytes() if (root / path).is_file() else None


def measures_of(root: Path) -> tuple[int, int]:
    """How many Python files are committed, and their bytes."""
    paths = [path for path in _git(root, "ls-files", "-z", "*.py").split(b"\0") if path]
    return len(paths), sum((root / os.fsdecode(path)).lstat().st_size for path in paths)


def _git(folder: Path, *command: str) -> bytes:
    return subprocess.run(["git", *command], cwd=folder, capture_output=True, check=True).stdout
