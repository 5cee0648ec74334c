"""New bytes are complete and on disk under another name before anything is replaced."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from trees import names

from rollback.atomic import make_folder, put, stage, sync_folders


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o755, 0o4755, 0o444])
def test_stage_with_mode(tmp_path: Path, mode: int) -> None:
    stage(b"new", mode, tmp_path / "temp", tmp_path / "a.py")
    assert (tmp_path / "temp").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "temp").stat().st_mode) == mode
    assert names(tmp_path) == {"temp"}


def test_a_new_file_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        stage(b"new", None, tmp_path / "temp", tmp_path / "a.py")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "temp").stat().st_mode) == 0o640


def test_a_taken_temporary_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "temp").write_bytes(b"somebody's")
    with pytest.raises(FileExistsError):
        stage(b"new", 0o644, tmp_path / "temp", tmp_path / "a.py")
    assert (tmp_path / "temp").read_bytes() == b"somebody's"


def test_a_temporary_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "temp").symlink_to("elsewhere")
    with pytest.raises(FileExistsError):
        stage(b"new", 0o644, tmp_path / "temp", tmp_path / "a.py")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("failing", ["fsync", "fchmod"])
def test_what_cannot_be_staged_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, failing, refuse)
    with pytest.raises(OSError, match="No space left on device"):
        stage(b"new", 0o644, tmp_path / "temp", tmp_path / "a.py")
    assert names(tmp_path) == set()


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="Linux only")
def test_extended_attributes_are_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    try:
        os.setxattr(path, "user.origin", b"upstream")
    except OSError:
        pytest.skip("this file system has none")
    stage(b"new", 0o644, tmp_path / "temp", path)
    assert os.getxattr(tmp_path / "temp", "user.origin") == b"upstream"


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="Linux only")
def test_attributes_that_cannot_be_kept_are_no_reason_to_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    (tmp_path / "a.py").write_bytes(b"old")
    monkeypatch.setattr(os, "listxattr", lambda *_, **__: ["user.a", "user.b"])
    monkeypatch.setattr(os, "getxattr", refuse)
    stage(b"new", 0o644, tmp_path / "temp", tmp_path / "a.py")
    monkeypatch.setattr(os, "listxattr", refuse)
    stage(b"new", 0o644, tmp_path / "temp2", tmp_path / "a.py")
    monkeypatch.delattr(os, "listxattr")
    stage(b"new", 0o644, tmp_path / "temp3", tmp_path / "a.py")
    assert names(tmp_path) == {"a.py", "temp", "temp2", "temp3"}


def test_the_owner_is_taken_over_where_that_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, int]] = []
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    stage(b"new", 0o644, tmp_path / "temp1", path)
    assert given == []
    mine = path.lstat()
    monkeypatch.setattr(os, "fchown", lambda _, user, group: given.append((user, group)))
    for user, group in ((mine.st_uid + 1, mine.st_gid), (mine.st_uid, mine.st_gid + 1)):
        theirs = os.stat_result([mine.st_mode, 1, 1, 1, user, group, 3, 0, 0, 0])
        monkeypatch.setattr(Path, "lstat", lambda _, theirs=theirs: theirs)
        stage(b"new", 0o644, tmp_path / f"temp{group}{user}", path)
        assert given.pop() == (user, group)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_root_does_not_take_files_over(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    os.chown(path, 1234, 4321)
    stage(b"new", 0o4755, tmp_path / "temp", path)
    status = (tmp_path / "temp").stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 4321, 0o4755)


def test_make_folder_and_those_above(tmp_path: Path) -> None:
    make_folder(tmp_path / "a/b/c")
    make_folder(tmp_path / "a/b/c")
    assert (tmp_path / "a/b/c").is_dir()


def test_sync_folders_passes_over_those_that_are_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (synced.append(descriptor), sync(descriptor)))
    sync_folders([tmp_path, tmp_path / "gone", tmp_path])
    assert len(synced) == 1


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o400])
def test_nobody_else_may_read_the_bytes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int) -> None:
    modes = []
    chmod = os.fchmod

    def note(descriptor: int, bits: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        chmod(descriptor, bits)

    monkeypatch.setattr(os, "fchmod", note)
    stage(b"secret", mode, tmp_path / "temp", tmp_path / "a.py")
    assert modes == [0o600]


def test_put_replaces_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "list"
    put(b"first", None, path)
    before = path.stat().st_ino
    put(b"second", 0o640, path)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode), names(tmp_path)) == (b"second", 0o640, {"list"})
    assert path.stat().st_ino != before


@pytest.mark.parametrize("error", [OSError(28, "full"), KeyboardInterrupt()])
def test_what_cannot_be_put_leaves_the_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def refuse(*_: object) -> None:
        raise error

    (tmp_path / "list").write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(type(error)):
        put(b"new", 0o644, tmp_path / "list")
    assert ((tmp_path / "list").read_bytes(), names(tmp_path)) == (b"old", {"list"})
