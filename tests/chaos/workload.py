"""A repository to migrate under faults, what it was, and what a fault may leave of it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from chaos.processes import run

HOME = Path(__file__).parents[2]
"""Where the packages under test are."""

PLAN = """\
[plan]
name = "chaos"
source_roots = ["."]

[phase3]
[[phase3.move]]
old = "shop.cart:Cart"
new = "shop.basket:Basket"
"""

_ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "dev@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}

_MODES = (0o644, 0o755, 0o600, 0o444)

Fingerprint = dict[str, tuple[str, int, str]]
"""By path: kind, permission bits, and sha256 of the bytes, the target of a link, or the names that share an inode."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One repository, made once and copied for each trial.

    Attributes:
        master: the copy that nobody works in; `repo` inside is the repository.
        before, after: its fingerprint as it is, and with phase 3 applied.
        applied: the same repository with phase 3 applied, or None where it was not asked for.
    """

    master: Path
    before: Fingerprint
    after: Fingerprint
    applied: Path

    def copy(self, target: Path, *, applied: bool = False) -> Path:
        """A fresh copy of the repository at `target`, hard links and all."""
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run(["cp", "-a", str(self.applied if applied else self.master), str(target)], check=True)
        return target


APPLY = ("phase3", "--yes", "-q", "--allow-dirty", "--jobs", "1", "--from", "../saved.json")
ROLL_BACK = ("rollback", "--yes")


def fast_folder() -> Path:
    """Where trials take place: in memory if there is room, as a killed process leaves the same behind on any disk."""
    memory = Path("/dev/shm")
    return (
        memory
        if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 29
        else Path(tempfile.gettempdir())
    )


def make_workload(folder: Path, files: int) -> Workload:
    """A repository with `files` files to change, in the states that files of a real one are in.

    Committed, edited, half staged, untracked, and tracked though ignored; with both line ends and without a last one; with all kinds of
    permission bits, hostile names, hard links and links.
    """
    os.environ.clear()
    os.environ.update(_ENVIRONMENT)
    master = folder / "master"
    repo = master / "repo"
    repo.mkdir(parents=True)
    git(repo, "init", "--quiet", "--initial-branch=main")
    (repo / "migrate.toml").write_text(PLAN)
    (repo / ".gitignore").write_text("ignored_*\n")
    for name, text in (("cart", "class Cart: pass\n"), ("basket", "class Basket: pass\n"), ("__init__", "")):
        (repo / "shop").mkdir(exist_ok=True)
        (repo / f"shop/{name}.py").write_text(text)
    paths = [repo / _name(number) for number in range(files)]
    for number, path in enumerate(paths):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(_content(number))
        path.chmod(_MODES[number % len(_MODES)])
    git(repo, "add", "--all", "--force")
    git(repo, "reset", "--quiet", "--", *[str(path) for path in paths[3::7] if "ignored_" not in path.name])
    git(repo, "commit", "--quiet", "--message", "work")
    git(repo, "gc", "--quiet")
    for path in paths[::5]:
        path.chmod(0o644)
        path.write_bytes(path.read_bytes() + b"# not committed")
    git(repo, "add", "--", *[str(path) for path in paths[::10]])
    twin = repo / "twin.txt"
    twin.hardlink_to(paths[1])
    (repo / "a_link").symlink_to(_name(2))
    git(repo, "status", "--porcelain")
    before = fingerprint(repo)
    applied = folder / "applied"
    save(repo)
    subprocess.run(["cp", "-a", str(master), str(applied)], check=True)
    done = run(applied / "repo", APPLY)
    if done.code != 0:
        raise RuntimeError(f"the workload cannot be migrated: {done.output}")
    after = fingerprint(applied / "repo")
    changed = [path for path in before if before[path][2] != after.get(path, ("", 0, ""))[2]]
    if len([path for path in changed if path.endswith(".py")]) != files:
        raise RuntimeError(f"not {files} files changed, but {changed}")
    return Workload(master, before, after, applied)


def save(repo: Path) -> None:
    """The dry run that `APPLY` applies."""
    done = subprocess.run(
        [sys.executable, "-m", "migrate", "phase3", "--dry-run", "--json"],
        cwd=repo, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(HOME)},
    )  # fmt: skip
    (repo.parent / "saved.json").write_bytes(done.stdout)


def _name(number: int) -> str:
    odd = {4: "with space", 5: "with\nnewline", 6: "quote's\"", 8: "-dash", 9: os.fsdecode(b"latin-\xe9")}
    folder = f"pkg_{number % 9}"
    kind = "ignored_" if number % 11 == 7 else ""
    return f"{folder}/{kind}{odd.get(number, f'module_{number:03}')}.py"


def _content(number: int) -> bytes:
    end = b"\r\n" if number % 3 == 0 else b"\n"
    lines = [b"from shop.cart import Cart", *([b"# " + b"x" * 70] * (number % 50)), b"print(Cart)"]
    return end.join(lines) + (b"" if number % 4 == 1 else end)


def git(repo: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=repo, check=True, capture_output=True, env=dict(_ENVIRONMENT)).stdout


def fingerprint(repo: Path) -> Fingerprint:
    """Everything below `repo` that a user could miss: all files and folders, and git's own apart from its objects.

    Links to the same inode share the value of the first of them by name.
    """
    found: Fingerprint = {}
    inodes: dict[int, str] = {}
    for folder, folders, files in os.walk(repo):
        here = os.path.relpath(folder, repo)
        if here == ".git":
            folders[:] = [name for name in folders if name not in ("objects", "migrate", "logs")]
        if here.startswith(".git/refs/migrate"):
            folders.clear()
            continue
        folders.sort()
        for name in (*folders, *sorted(files)):
            path = os.path.join(folder, name)
            shown = os.path.normpath(os.path.join(here, name))
            if shown == ".git/refs/migrate":
                continue
            facts = os.lstat(path)
            mode = stat.S_IMODE(facts.st_mode)
            if stat.S_ISLNK(facts.st_mode):
                found[shown] = ("link", mode, os.readlink(path))
            elif stat.S_ISDIR(facts.st_mode):
                found[shown] = ("folder", mode, "")
            else:
                with open(path, "rb") as file:
                    digest = hashlib.sha256(file.read()).hexdigest()
                shared = inodes.setdefault(facts.st_ino, shown) if facts.st_nlink > 1 else ""
                found[shown] = ("file", mode, f"{digest} {shared}".strip())
    return found


def differences(found: Fingerprint, expected: Fingerprint) -> list[str]:
    """Paths that are not as expected, with what is wrong."""
    told = []
    for path in sorted(found.keys() | expected.keys()):
        if found.get(path) != expected.get(path):
            told.append(f"{path!r}: {found.get(path)} instead of {expected.get(path)}")
    return told


def torn(repo: Path, workload: Workload) -> list[str]:
    """Files that are neither as before the phase nor as after it; temporary files do not count here."""
    found = fingerprint(repo)
    paths = workload.before.keys() | workload.after.keys()
    bad = []
    for path in paths:
        now, before, after = (
            bytes_and_mode(each[path]) if path in each else None for each in (found, workload.before, workload.after)
        )
        if now not in (before, after):
            bad.append(f"{path!r}: {now}")
    return bad


def bytes_and_mode(entry: tuple[str, int, str]) -> tuple[str, int, str]:
    """Without what else shares the inode: a file that was replaced has one of its own until it is restored."""
    return entry[0], entry[1], entry[2].partition(" ")[0]


def litter(repo: Path) -> list[str]:
    """What the tool has no more use for: private files besides journal and lock, and refs of no run."""
    folder = repo / ".git/migrate"
    left = [] if not folder.exists() else sorted(set(os.listdir(folder)) - {"journal.sqlite3", "lock"})
    refs = git(repo, "for-each-ref", "--format=%(refname)", "refs/migrate/").decode().split()
    known = {ref for _, ref in states(repo)}
    crash_reports = [path.name for path in (repo / ".git").glob("fast_import_crash_*")]
    return [*left, *(ref for ref in refs if ref not in known), *crash_reports]


def states(repo: Path) -> list[tuple[str, str]]:
    """State and ref of each run in the journal, oldest first."""
    path = repo / ".git/migrate/journal.sqlite3"
    if not path.exists():
        return []
    connection = sqlite3.connect(path)
    try:
        return list(connection.execute("SELECT state, ref FROM runs ORDER BY id"))
    except sqlite3.OperationalError:  # the file is there, its tables are not yet
        return []
    finally:
        connection.close()


def read_json(text: str) -> dict[str, object]:
    document: dict[str, object] = json.loads(text)
    return document
