from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate import plan_file
from migrate.plan_file import PlanText, write_plan
from rollback import atomic
from rollback.errors import OutsideRoot


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"", PlanText(""), id="empty"),
        pytest.param(b"a\nb", PlanText("a\nb"), id="plain"),
        pytest.param(b"a\r\nb\r\n", PlanText("a\nb\n", crlf=True), id="CRLF"),
        pytest.param(b"\xef\xbb\xbfa\n", PlanText("a\n", bom=True), id="byte order mark"),
        pytest.param(b"a\r\nb\n", PlanText("a\r\nb\n"), id="mixed line ends stay"),
        pytest.param("é\r\n".encode(), PlanText("é\n", crlf=True), id="beyond ASCII"),
    ],
)
def test_text(content: bytes, expected: PlanText) -> None:
    assert PlanText.of(content) == expected
    assert expected.encode() == content


@given(st.text(alphabet="a\r\n\ufeffé"))
def test_text_comes_back(text: str) -> None:
    assert PlanText.of(text.encode()).encode() == text.encode()


def test_writes_in_one_step_with_the_same_mode(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_plan(path, b"new", tmp_path)
    assert (path.read_bytes(), path.stat().st_mode & 0o7777) == (b"new", 0o640)
    assert names(tmp_path) == ["plan.toml"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/plan.toml").write_bytes(b"old")
    (tmp_path / "plan.toml").symlink_to("real/plan.toml")
    write_plan(tmp_path / "plan.toml", b"new", tmp_path)
    assert (tmp_path / "plan.toml").is_symlink()
    assert (tmp_path / "real/plan.toml").read_bytes() == b"new"


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        write_plan(tmp_path / "plan.toml", b"new", tmp_path)
    assert names(tmp_path) == []


def test_a_read_only_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(b"old")
    with patch.object(plan_file.os, "access", return_value=False), pytest.raises(PermissionError):  # root may write all
        write_plan(path, b"new", tmp_path)
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("step", [(atomic, "stage"), (Path, "replace")])
def test_a_failure_leaves_the_file_and_nothing_else(step: tuple[object, str], tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(b"old")
    with patch.object(*step, side_effect=OSError(28, "full")), pytest.raises(OSError, match="full"):
        write_plan(path, b"new", tmp_path)
    assert (names(tmp_path), path.read_bytes()) == (["plan.toml"], b"old")


def test_a_link_out_of_the_root_is_refused(tmp_path: Path) -> None:
    """A repository may bring one along: nothing outside of the root is ever written."""
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside.toml").write_bytes(b"theirs")
    for target in ("outside.toml", "not-there.toml"):
        link = root / "migrate.toml"
        link.symlink_to(tmp_path / target)
        with pytest.raises(OutsideRoot, match=r"migrate\.toml: is a link out of the root; not touched"):
            write_plan(link, b"new", root, create=True)
        link.unlink()
    assert (tmp_path / "outside.toml").read_bytes() == b"theirs"
    assert not (tmp_path / "not-there.toml").exists()


def test_a_plan_outside_of_the_root_is_written_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    write_plan(tmp_path / "plan.toml", b"new", tmp_path / "root", create=True)
    assert (tmp_path / "plan.toml").read_bytes() == b"new"
