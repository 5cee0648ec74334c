"""Replaced files live on under a second name, as long as they are needed."""

from __future__ import annotations

import hashlib
import os

import pytest
from trees import Tree, names

from rollback.journal import FileRecord
from rollback.originals import Originals, drop_others


def record(number: int, path: str, content: bytes, mode: int = 0o644) -> FileRecord:
    return FileRecord(1, number, path, hashlib.sha256(content).hexdigest(), None, mode)


def test_a_kept_file_comes_back_as_itself(committed: Tree) -> None:
    path, file = committed.root / "a.py", record(0, "a.py", b"import a\n")
    inode = path.stat().st_ino
    originals = Originals(committed.open(), 1)
    originals.keep(committed.root, [file])
    path.unlink()
    committed.write("a.py", b"new\n")
    assert originals.has(file)
    originals.link_back(file, path, committed.root / "temp")
    assert (path.stat().st_ino, path.read_bytes(), path.stat().st_nlink) == (inode, b"import a\n", 2)
    assert originals.has(file)
    originals.move_back(file, path)
    assert (path.stat().st_ino, path.read_bytes(), path.stat().st_nlink) == (inode, b"import a\n", 1)
    assert not originals.has(file)
    assert names(committed.root) == {".git", "a.py", "b.py", "pkg"}


def test_a_file_that_was_replaced_is_moved_back_as_itself(committed: Tree) -> None:
    path, file = committed.root / "a.py", record(0, "a.py", b"import a\n")
    inode = path.stat().st_ino
    originals = Originals(committed.open(), 1)
    originals.keep(committed.root, [file])
    path.unlink()
    committed.write("a.py", b"new\n")
    originals.move_back(file, path)
    assert (path.stat().st_ino, path.stat().st_nlink) == (inode, 1)


def test_one_that_was_not_replaced_is_left_without_another_name(committed: Tree) -> None:
    path, file = committed.root / "a.py", record(0, "a.py", b"import a\n")
    originals = Originals(committed.open(), 1)
    originals.keep(committed.root, [file])
    originals.link_back(file, path, committed.root / "temp")
    assert path.stat().st_nlink == 2
    assert not (committed.root / "temp").exists()


@pytest.mark.parametrize("change", ["bytes", "mode"])
def test_one_that_was_changed_by_another_of_its_names_does_not_count(committed: Tree, change: str) -> None:
    path, file = committed.root / "a.py", record(0, "a.py", b"import a\n")
    originals = Originals(committed.open(), 1)
    originals.keep(committed.root, [file])
    if change == "bytes":
        path.write_bytes(b"edited\n")
    else:
        path.chmod(0o600)
    assert not originals.has(file)


def test_only_shared_ones_are_kept_for_long(committed: Tree) -> None:
    (committed.root / "twin.py").hardlink_to(committed.root / "a.py")
    files = [record(0, "a.py", b"import a\n"), record(1, "b.py", b"import b\n", 0o755)]
    originals = Originals(committed.open(), 1)
    originals.keep(committed.root, files)
    for file in files:
        (committed.root / file.path).unlink()
    originals.keep_shared(files)
    assert names(committed.open().private("originals/1")) == {"0"}
    (committed.root / "twin.py").unlink()
    originals.keep_shared(files)
    assert committed.private_files() == set()


def test_those_of_other_runs_go(committed: Tree) -> None:
    git = committed.open()
    drop_others(git, set())
    file = record(0, "a.py", b"import a\n")
    for number in (1, 2):
        Originals(git, number).keep(committed.root, [file])
    git.private("originals/stray").mkdir()
    Originals(git, 2).drop()
    assert names(git.private("originals")) == {"1", "stray"}
    drop_others(git, {1})
    assert names(git.private("originals")) == {"1"}
    drop_others(git, set())
    assert committed.private_files() == set()


def test_a_link_is_kept_as_a_link(committed: Tree) -> None:
    (committed.root / "link.py").symlink_to("a.py")
    originals = Originals(committed.open(), 1)
    originals.keep(committed.root, [record(0, "link.py", b"")])
    assert os.path.islink(committed.open().private("originals/1/0"))  # noqa: PTH114 - beside a folder of numbers
    assert not originals.has(record(0, "link.py", b""))


def test_a_file_with_more_names_is_joined_to_them_again(committed: Tree) -> None:
    (committed.root / "twin.py").hardlink_to(committed.root / "a.py")
    run = committed.apply({"a.py": b"new\n"})
    assert (committed.root / "a.py").stat().st_nlink == 1
    assert committed.read("twin.py") == b"import a\n"
    committed.roll_back(run)
    assert (committed.root / "a.py").samefile(committed.root / "twin.py")


def test_a_file_edited_by_its_other_name_is_restored_alone(committed: Tree) -> None:
    """The other name has newer bytes, which are not ours to overwrite."""
    (committed.root / "twin.py").hardlink_to(committed.root / "a.py")
    run = committed.apply({"a.py": b"new\n"})
    (committed.root / "twin.py").write_bytes(b"edited\n")
    committed.roll_back(run)
    assert (committed.read("a.py"), committed.read("twin.py")) == (b"import a\n", b"edited\n")
    assert committed.private_files() == {"journal.sqlite3"}


def test_a_folder_that_has_gone_is_made_again_for_it(committed: Tree) -> None:
    """As `git clean` does with a folder whose last file the run has removed."""
    (committed.root / "pkg/c.py").rename(committed.root / "pkg/only.py")
    (committed.root / "twin.py").hardlink_to(committed.root / "pkg/only.py")
    before = committed.state()
    run = committed.apply({"pkg/only.py": None})
    (committed.root / "pkg").rmdir()
    committed.roll_back(run)
    assert committed.state() == before
    assert (committed.root / "twin.py").samefile(committed.root / "pkg/only.py")


def test_a_folder_that_has_gone_while_a_run_failed(committed: Tree) -> None:
    def remove_and_fail(_done: int) -> None:
        (committed.root / "pkg").rmdir()
        raise RuntimeError("ours")

    before = committed.state()
    with pytest.raises(RuntimeError, match="ours"):
        committed.apply({"pkg/c.py": None}, progress=remove_and_fail)
    assert committed.state() == before
