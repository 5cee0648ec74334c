"""A small real working tree, and the two steps that every test of this folder takes."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rollback.apply import apply_changes
from rollback.changes import FileChange, read_current
from rollback.git import Git
from rollback.journal import Journal, RunRecord, RunRequest
from rollback.restore import RollbackResult, roll_back

ODD_NAMES = [
    "plain.py",
    "with space.py",
    "with\nnewline.py",
    "with\ttab.py",
    "with\"quote's.py",
    "-dash.py",
    "back\\slash.py",
    "glob[1]*?.py",
    ":(top)magic.py",
    "ünïcode.py",
    os.fsdecode(b"latin-\xe9.py"),
    "deep/er/-n.py",
]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@dataclass(frozen=True)
class Tree:
    """A git working tree; `root` is the folder the tool works on."""

    top: Path
    root: Path

    def git(self, *args: str) -> bytes:
        return subprocess.run(["git", *args], cwd=self.root, check=True, capture_output=True).stdout

    def write(self, path: str, content: bytes, mode: int = 0o644) -> None:
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(content)
        full.chmod(mode)

    def read(self, path: str) -> bytes:
        return (self.root / path).read_bytes()

    def commit(self, message: str = "work") -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def open(self) -> Git:
        return Git.open(self.root)

    def journal(self) -> Journal:
        return Journal.open(self.open(), create=True)

    def state(self) -> dict[str, tuple[bytes, int]]:
        """Every file outside `.git`: its bytes, or a link's target, and its permission bits; and every folder."""
        found: dict[str, tuple[bytes, int]] = {}
        for folder, folders, files in os.walk(self.top):
            with suppress(ValueError):
                folders.remove(".git")
            found[os.path.relpath(folder, self.top) + "/"] = (b"", 0)
            for name in files:
                path = Path(folder, name)
                content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
                found[os.path.relpath(path, self.top)] = (content, stat.S_IMODE(path.lstat().st_mode))
        return found

    def private_files(self) -> set[str]:
        folder = self.open().private("")
        return names(folder) if folder.exists() else set()

    def refs(self) -> list[str]:
        return self.git("for-each-ref", "--format=%(refname)", "refs/migrate/").decode().split()

    def change(self, path: str, after: bytes | None) -> FileChange:
        before, mode = read_current(self.root, path)
        return FileChange(path, before, after, mode)

    def apply(
        self,
        changes: Mapping[str, bytes | None],
        phase: int = 3,
        plan: str = "demo",
        progress: Callable[[int], None] | None = None,
    ) -> RunRecord:
        request = RunRequest(plan, phase, 1000.0, len(changes), 1)
        with self.journal() as journal:
            computed = [self.change(path, after) for path, after in changes.items()]
            return apply_changes(self.open(), journal, request, computed, progress)

    def roll_back(
        self,
        run: RunRecord,
        force: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> RollbackResult:
        with self.journal() as journal:
            return roll_back(self.open(), journal, run, force=force, progress=progress)

    def on_record(self, run_id: int) -> RunRecord:
        with self.journal() as journal:
            return journal.run(run_id)
