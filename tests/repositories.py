"""A small real git repository for a test."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from rollback.git import Git


@dataclass(frozen=True)
class Repository:
    """A git working tree of its own."""

    root: Path

    def git(self, *args: str) -> bytes:
        return subprocess.run(["git", *args], cwd=self.root, check=True, capture_output=True).stdout

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for path, content in files.items():
            full = self.root / os.fsdecode(path)
            full.parent.mkdir(parents=True, exist_ok=True)
            full.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "work")

    def open(self) -> Git:
        return Git.open(self.root)


MakeRepository = Callable[[Mapping[str, str | bytes]], Repository]


def new_root(folder: Path) -> Path:
    """Where the next repository goes."""
    return next(root for number in count() if not (root := folder / f"repository{number}").exists())
