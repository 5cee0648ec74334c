"""Reading never leaves the root, follows no link and waits for no pipe."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from trees import Tree

from rollback.changes import check_prefix, read_current, read_file
from rollback.errors import OutsideRoot, Unreadable


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o755, 0o444, 0o4711])
def test_bytes_and_mode(tree: Tree, mode: int) -> None:
    tree.write("pkg/a.py", b"\xef\xbb\xbf\r\n\0\xff", mode)
    assert read_file(tree.root, "pkg/a.py") == (b"\xef\xbb\xbf\r\n\0\xff", mode)


def test_a_missing_file(tree: Tree) -> None:
    assert read_current(tree.root, "pkg/a.py") == (None, None)
    with pytest.raises(Unreadable, match=r"pkg/a\.py: cannot read: No such file or directory"):
        read_file(tree.root, "pkg/a.py")


def test_a_name_too_long(tree: Tree) -> None:
    with pytest.raises(Unreadable, match="cannot read: File name too long"):
        read_current(tree.root, "a" * 300)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="Linux has a file that opens but does not read")
def test_a_folder_whose_name_is_too_long(tree: Tree) -> None:
    with pytest.raises(Unreadable, match="cannot read: File name too long"):
        read_file(tree.root, f"{'x' * 300}/a.py")


def test_a_file_that_cannot_be_read_after_all() -> None:
    with pytest.raises(Unreadable, match="mem: cannot read: Input/output error"):
        read_file(Path("/proc/self"), "mem")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        pytest.param("/etc/passwd", "is an absolute path", id="absolute"),
        pytest.param("../a.py", "leads out of the root with '..'", id="upward"),
        pytest.param("pkg/../../a.py", "leads out of the root with '..'", id="upward in the middle"),
        pytest.param("", "is not a path relative to the root", id="empty"),
        pytest.param("./a.py", "is not a path relative to the root", id="dot"),
        pytest.param("pkg//a.py", "is not a path relative to the root", id="two slashes"),
        pytest.param("a\0.py", "is not a path relative to the root", id="NUL"),
        pytest.param(".git/config", "is git's own", id="in .git"),
        pytest.param("pkg/.GIT/config", "is git's own", id="in .GIT"),
        pytest.param("out/a.py", "leads out of the root at the symbolic link out", id="folder link out"),
        pytest.param("a\ud800.py", "cannot be the name of a file", id="no name"),
        pytest.param("pkg/out/a.py", "leads out of the root at the symbolic link pkg/out", id="deeper folder link out"),
        pytest.param("in/a.py", "is reached through a symbolic link in the root at the symbolic link in", id="folder link inside"),
        pytest.param("pkg/a.py/b.py", "lies below pkg/a.py, which is not a folder", id="below a file"),
        pytest.param("nested/a.py", "belongs to the submodule or nested repository nested", id="nested repository"),
        pytest.param("sub/pkg/a.py", "belongs to the submodule or nested repository sub", id="submodule"),
        pytest.param("out.py", "is a symbolic link that leads out of the root", id="file link out"),
        pytest.param("dangling.py", "is a symbolic link that leads nowhere", id="dangling link"),
        pytest.param("loop.py", "is a symbolic link that leads nowhere", id="link to itself"),
        pytest.param("in.py", "is a symbolic link; its target is a file of its own", id="file link inside"),
        pytest.param("pkg", "is not a plain file", id="folder"),
        pytest.param("pipe", "is not a plain file", id="named pipe"),
    ],
)  # fmt: skip
def test_refusals(tmp_path: Path, tree: Tree, path: str, why: str) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/a.py").write_bytes(b"secret")
    tree.write("pkg/a.py", b"")
    tree.write("sub/pkg/a.py", b"")
    tree.write("sub/.git", b"gitdir: ../.git/modules/sub\n")
    tree.git("init", "--quiet", "nested")
    tree.write("nested/a.py", b"")
    for link, target in {
        "out": "../outside", "pkg/out": "../../outside", "in": "pkg", "in.py": "pkg/a.py", "loop.py": "loop.py",
        "out.py": "../outside/a.py", "dangling.py": "nowhere",
    }.items():  # fmt: skip
        (tree.root / link).symlink_to(target)
    os.mkfifo(tree.root / "pipe")
    for read in (read_file, read_current):
        with pytest.raises(OutsideRoot) as caught:
            read(tree.root, path)
        assert caught.value.why == why
        assert str(caught.value).endswith(f"{why}; not touched")


@pytest.mark.parametrize("prefix", ["", "a/", "a/b/", "a/b/c/", "a/b/c/d/", "gone/b/"])
def test_a_root_that_is_what_it_was(tree: Tree, prefix: str) -> None:
    (tree.root / "a/b/c/d").mkdir(parents=True)
    check_prefix(tree.root, prefix)


@pytest.mark.parametrize("level", ["a", "a/b", "a/b/c", "a/b/c/d"])
def test_a_root_below_what_became_a_link(tmp_path: Path, tree: Tree, level: str) -> None:
    (tree.root / "a/b/c/d").mkdir(parents=True)
    (tree.root / level).rename(tmp_path / "elsewhere")
    (tree.root / level).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutsideRoot, match=f"leads out of the root at the symbolic link {level};"):
        check_prefix(tree.root, "a/b/c/d/")


def test_the_root_itself_may_be_a_repository_and_a_link(tmp_path: Path, tree: Tree) -> None:
    tree.write("a.py", b"x")
    (tmp_path / "link").symlink_to(tree.root)
    assert read_file(tmp_path / "link", "a.py")[0] == b"x"
