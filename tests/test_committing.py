"""committing.py: a commit of bytes that are given, and of nothing else; through git itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from migrate.committing import Base, NotCommitted, commit_changes, commit_problem
from rollback.changes import FileChange
from rollback.git import Git
from rollback.lock import locked
from tests.conftest import MakeRepository

ODD_NAMES = ("new\nline.py", "-dash.py", ":(top)x.py", "*.py", "a b.py", os.fsdecode(b"\xff.py"), "pkg/\u00fc.py")


def git_at(root: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True).stdout


def commit(git: Git, files: dict[str, bytes], message: str = "ours\n") -> tuple[str, tuple[str, ...]]:
    """Write new bytes into files that are committed, and commit these."""
    changes = []
    for path, after in files.items():
        full = git.root / path
        changes.append(FileChange(path, full.read_bytes(), after, full.stat().st_mode & 0o777))
        full.write_bytes(after)
    with locked(git, "test"):
        return commit_changes(git, Base.of(git), changes, message)


@pytest.fixture
def root(make_repository: MakeRepository) -> Path:
    return make_repository(dict.fromkeys((*ODD_NAMES, "a.py", "b.py"), "old\n")).root


def test_odd_names(root: Path) -> None:
    sha, edited = commit(Git.open(root), dict.fromkeys(ODD_NAMES, b"new\n"))
    assert (sha.encode(), edited) == (git_at(root, "rev-parse", "HEAD").strip(), ())
    shown = git_at(root, "show", "--format=", "--name-only", "-z", "HEAD").split(b"\0")
    assert sorted(filter(None, shown)) == sorted(map(os.fsencode, ODD_NAMES))
    assert git_at(root, "status", "--porcelain") == b""


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        pytest.param("Für alle\n", "Für alle\n", id="UTF-8 whatever the settings"),
        pytest.param(
            "# 7: a subject\n\nbody  \n\n\n", "# 7: a subject\n\nbody\n", id="no comment, no blanks at the end"
        ),
    ],
)
def test_messages(message: str, kept: str, root: Path) -> None:
    git_at(root, "config", "i18n.commitEncoding", "ISO-8859-1")
    git_at(root, "config", "commit.cleanup", "strip")
    commit(Git.open(root), {"a.py": b"new\n"}, message)
    git_at(root, "config", "i18n.logOutputEncoding", "UTF-8")
    shown = git_at(root, "log", "-1", "--format=%B").decode()
    assert shown == f"{kept}\n"
    assert git_at(root, "reflog", "-1", "--format=%gs").decode() == f"commit: {kept.partition(chr(10))[0]}\n"


def test_a_root_below_the_top(root: Path) -> None:
    commit(Git.open(root / "pkg"), {"\u00fc.py": b"new\n"})
    assert git_at(root, "show", "HEAD:pkg/\u00fc.py") == b"new\n"
    assert git_at(root, "status", "--porcelain") == b""


def test_a_linked_worktree(root: Path, tmp_path: Path) -> None:
    git_at(root, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    before = git_at(root, "rev-parse", "HEAD")
    commit(Git.open(tmp_path / "linked"), {"a.py": b"new\n"})
    assert git_at(root, "rev-parse", "HEAD") == before
    assert git_at(root, "show", "linked:a.py") == b"new\n"
    assert git_at(tmp_path / "linked", "status", "--porcelain") == b""


@pytest.mark.parametrize("setting", ["core.splitIndex", "core.untrackedCache", "feature.manyFiles"])
def test_an_index_of_another_kind(setting: str, root: Path) -> None:
    git_at(root, "config", setting, "true")
    git_at(root, "update-index", "--force-write-index")
    (root / "b.py").write_text("staged\n")
    git_at(root, "add", "b.py")
    commit(Git.open(root), {"a.py": b"new\n"})
    assert git_at(root, "show", "--format=", "--name-only", "HEAD") == b"a.py\n"
    assert git_at(root, "status", "--porcelain") == b"M  b.py\n"


@pytest.mark.parametrize("role", ["author", "committer"])
def test_nobody_to_commit_as(role: str, root: Path) -> None:
    git_at(root, "config", "--unset", "user.name")
    git_at(root, "config", "--unset", "user.email")
    git_at(root, "config", "user.useConfigOnly", "true")
    other = "committer" if role == "author" else "author"
    git_at(root, "config", f"{other}.name", "Dev")
    git_at(root, "config", f"{other}.email", "dev@example.org")
    problem = commit_problem(Git.open(root))
    assert problem is not None
    assert problem.startswith("git does not know who commits (fatal: ")
    with pytest.raises(NotCommitted, match="who commits"):
        commit(Git.open(root), {"a.py": b"new\n"})


def test_a_file_that_git_does_not_know(root: Path) -> None:
    (root / "new.py").write_text("old\n")
    before = git_at(root, "ls-files", "--stage"), git_at(root, "rev-parse", "HEAD")
    with pytest.raises(NotCommitted, match=r"new.py: not in the commit that it would be put upon"):
        commit(Git.open(root), {"new.py": b"new\n"})
    assert (git_at(root, "ls-files", "--stage"), git_at(root, "rev-parse", "HEAD")) == before


def test_where_a_base_is(root: Path) -> None:
    git = Git.open(root)
    assert str(Base.of(git)) == f"main at {git.head()}"[: len("main at ") + 12]
    git_at(root, "checkout", "--quiet", "--detach")
    assert str(Base.of(git)).startswith("no branch at ")
    git_at(root, "checkout", "--quiet", "--orphan", "fresh")
    assert str(Base.of(git)) == "fresh at no commit"
