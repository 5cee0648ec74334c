"""A file is the old one or the new one, and no temporary file stays behind."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from trees import names

from rollback.atomic import make_folder, remove, write_atomic


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o755, 0o4755])
def test_replace_with_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    write_atomic(path, b"new", mode, tmp_path / "temp")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert names(tmp_path) == {"a.py"}


def test_a_new_file_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "a.py", b"new", None, tmp_path / "temp")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.py").stat().st_mode) == 0o640


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "a.py").symlink_to("target")
    write_atomic(tmp_path / "a.py", b"new", 0o644, tmp_path / "temp")
    assert (tmp_path / "target").read_bytes() == b"old"
    assert not (tmp_path / "a.py").is_symlink()


def test_a_taken_temporary_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "temp").write_bytes(b"somebody's")
    with pytest.raises(FileExistsError):
        write_atomic(tmp_path / "a.py", b"new", 0o644, tmp_path / "temp")
    assert (tmp_path / "temp").read_bytes() == b"somebody's"
    assert not (tmp_path / "a.py").exists()


def test_a_temporary_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "temp").symlink_to("elsewhere")
    with pytest.raises(FileExistsError):
        write_atomic(tmp_path / "a.py", b"new", 0o644, tmp_path / "temp")
    assert not (tmp_path / "elsewhere").exists()


def test_a_failed_replace_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.py").mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomic(tmp_path / "a.py", b"new", 0o644, tmp_path / "temp")
    assert names(tmp_path) == {"a.py"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_root_does_not_take_files_over(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    os.chown(path, 1234, 4321)
    write_atomic(path, b"new", 0o4755, tmp_path / "temp")
    status = path.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 4321, 0o4755)


def test_remove_what_is_there_and_what_is_not(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    remove(tmp_path / "a.py")
    remove(tmp_path / "a.py")
    assert names(tmp_path) == set()


def test_make_folder_and_those_above(tmp_path: Path) -> None:
    make_folder(tmp_path / "a/b/c")
    make_folder(tmp_path / "a/b/c")
    assert (tmp_path / "a/b/c").is_dir()
