"""blame_ignore.py: one line more, once, in the file's own ways; and what is refused."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from migrate import blame_ignore
from migrate.blame_ignore import NAME, append, how_to_tell, line_for, with_line
from rollback.errors import OutsideRoot, Unreadable, WriteFailed
from rollback.git import Git
from tests.conftest import MakeRepository

SHA, OTHER = "a" * 40, "b" * 40
LINE = line_for(SHA, "basket", 1)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"{LINE}\n", id="the same line"),
        pytest.param(f"# ours\r\n\r\n  {SHA.upper()}\t# formatted\r\n{OTHER}\r\n", id="written in another way"),
        pytest.param(f"{OTHER}\n{SHA}", id="without a final newline"),
    ],
)
def test_a_commit_is_not_named_twice(content: str) -> None:
    assert with_line(content.encode(), LINE) is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("", f"{LINE}\n", id="an empty file"),
        pytest.param(f"{OTHER}\n", f"{OTHER}\n{LINE}\n", id="one line"),
        pytest.param(f"{OTHER}", f"{OTHER}\n{LINE}", id="no final newline"),
        pytest.param(f"{OTHER}\r\n", f"{OTHER}\r\n{LINE}\r\n", id="CRLF"),
        pytest.param(f"# x\r\n{OTHER}", f"# x\r\n{OTHER}\r\n{LINE}", id="CRLF, no final newline"),
        pytest.param(f"\n{OTHER}\r\n", f"\n{OTHER}\r\n{LINE}\r\n", id="an empty line of another kind"),
        pytest.param(f"# x\n{OTHER}\r\n", f"# x\n{OTHER}\r\n{LINE}\n", id="line ends of both kinds"),
        pytest.param(f"# {SHA}\n", f"# {SHA}\n{LINE}\n", id="in a comment only"),
        pytest.param(f"{SHA[:12]}\n", f"{SHA[:12]}\n{LINE}\n", id="a part of its name"),
    ],
)
def test_one_line_more(content: str, expected: str) -> None:
    assert with_line(content.encode(), LINE) == expected.encode()


def test_a_new_file_says_what_it_is() -> None:
    made = with_line(None, LINE)
    assert made == (
        b"# Commits that git blame passes over, once it is told: git config blame.ignoreRevsFile .git-blame-ignore-revs\n"
        + LINE.encode()
        + b"\n"
    )
    assert with_line(made, LINE) is None


@pytest.fixture
def git(make_repository: MakeRepository) -> Git:
    return make_repository({"a.py": "", "sub/b.py": ""}).open()


def commit(git: Git, message: str) -> str:
    git.run("add", "a.py")
    git.run("commit", "--quiet", "--message", message)
    return str(git.head())


def test_git_reads_what_is_written(git: Git) -> None:
    """One commit made a line what it is; with the file, git blames the one before."""
    (git.root / "a.py").write_bytes(b"from shop.cart import Cart as Basket\n")
    first = commit(git, "first")
    (git.root / "a.py").write_bytes(b"from shop.basket import Cart as Basket\n")
    second = commit(git, "second")
    assert append(git, line_for(second, "basket", 1))
    assert git.run("status", "--porcelain") == f"?? {NAME}\n".encode()
    blamed = git.run("blame", "--porcelain", f"--ignore-revs-file={NAME}", "a.py")
    assert blamed.startswith(first.encode())
    assert not append(git, line_for(second, "basket", 1))


def test_mode_and_link_count_stay(git: Git) -> None:
    path = git.root / NAME
    path.write_text(f"{OTHER}\n")
    path.chmod(0o640)
    assert append(git, LINE)
    assert (path.read_text(), path.stat().st_mode & 0o777) == (f"{OTHER}\n{LINE}\n", 0o640)
    assert sorted(each.name for each in git.root.iterdir()) == [".git", NAME, "a.py", "sub"]


def test_only_at_the_top(git: Git) -> None:
    below = Git.open(git.root / "sub")
    with pytest.raises(OutsideRoot) as refused:
        append(below, LINE)
    assert str(refused.value) == (
        f"{NAME}: belongs at the top of the working tree, {git.root}, out of the root; not touched"
    )
    assert not (git.root / NAME).exists()


@pytest.mark.parametrize("target", ["inside", "../outside", "/dev/null", "nowhere"])
def test_no_link_is_followed(target: str, git: Git) -> None:
    (git.root / "inside").write_text("theirs\n")
    (git.root.parent / "outside").write_text("theirs\n")
    (git.root / NAME).symlink_to(target)
    with pytest.raises(OutsideRoot, match=r"^\.git-blame-ignore-revs: is a symbolic link.*; not touched$"):
        append(git, LINE)
    assert (git.root / NAME).is_symlink()
    assert (git.root / "inside").read_text() == (git.root.parent / "outside").read_text() == "theirs\n"
    assert not (git.root / "nowhere").exists()


def test_a_folder_is_no_list(git: Git) -> None:
    (git.root / NAME).mkdir()
    with pytest.raises(OutsideRoot, match=r"is not a plain file; not touched$"):
        append(git, LINE)


def test_a_file_that_may_not_be_written(git: Git) -> None:
    (git.root / NAME).write_text(f"{OTHER}\n")
    with patch.object(blame_ignore.os, "access", return_value=False), pytest.raises(WriteFailed) as refused:
        append(git, LINE)
    assert str(refused.value) == f"{NAME}: cannot write: Permission denied; it is as before"
    with (
        patch.object(blame_ignore, "put", side_effect=OSError(28, "No space left on device")),
        pytest.raises(WriteFailed),
    ):
        append(git, LINE)
    gone = Unreadable(NAME, OSError(5, "Input/output error"))
    with patch.object(blame_ignore, "read_current", side_effect=gone), pytest.raises(Unreadable):
        append(git, LINE)
    assert (git.root / NAME).read_text() == f"{OTHER}\n"


@pytest.mark.parametrize(
    ("told", "command"),
    [
        pytest.param((), f"git config blame.ignoreRevsFile {NAME}", id="of nothing"),
        pytest.param(("other",), f"git config --add blame.ignoreRevsFile {NAME}", id="of another file, which stays"),
        pytest.param(("other", NAME), None, id="of both"),
        pytest.param((f"./{NAME}",), None, id="in another spelling"),
    ],
)
def test_how_git_is_told(told: tuple[str, ...], command: str | None, git: Git) -> None:
    for value in told:
        git.run("config", "--add", "blame.ignoreRevsFile", value)
    assert how_to_tell(git) == command
    assert Path(git.git_dir, "config").exists()
