"""The list of repositories, and each mistake in it with its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migrate.errors import UsageError
from migrate.fleet.repositories import read_repositories
from rollback.errors import escape


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two repositories, `one` and `deep/two`, and a folder and a file that are none."""
    for path in ("one/.git", "one/shop", "deep/two/.git", "plain"):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("one")
    (tmp_path / "circle").symlink_to("circle")
    return tmp_path


def write(folder: Path, text: str | bytes) -> Path:
    file = folder / "repos.txt"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("one\ndeep/two\n", ["one", "deep/two"], id="in their order"),
        pytest.param("# all\n\n  one  \n\t\n#deep/two\n", ["one"], id="comments, blank lines, spaces around"),
        pytest.param("one", ["one"], id="no last line end"),
        pytest.param("\ufeffone\r\n./deep/two\r\n", ["one", "./deep/two"], id="BOM and line ends of Windows"),
        pytest.param("one/shop\n", ["one/shop"], id="a folder in a repository"),
    ],
)
def test_right(text: str, names: list[str], folder: Path) -> None:
    entries = read_repositories(write(folder, text))
    assert [(entry.name, entry.mistake) for entry in entries] == [(name, "") for name in names]
    assert [entry.root for entry in entries] == [folder / name for name in names]


def test_the_working_tree_of_a_root(folder: Path) -> None:
    one, shop = read_repositories(write(folder, "one\none/shop\n"))
    assert one.tree == shop.tree == folder / "one"


def test_a_name_that_is_no_utf_8_and_has_a_line_end_of_unicode(folder: Path) -> None:
    name = "\u2028caf\udce9"
    (folder / name / ".git").mkdir(parents=True)
    (entry,) = read_repositories(write(folder, os.fsencode(name)))
    assert (entry.root, entry.mistake) == (folder / name, "")


def test_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    (entry,) = read_repositories(write(folder, "~/one"))
    assert entry.root == folder / "one"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        pytest.param("gone\n", "1: gone: no such folder; paths count from the folder of the list", id="missing"),
        pytest.param("file\n", "1: file: not a folder", id="file"),
        pytest.param("plain\n", "1: plain: not a git repository; run `git init` there, or leave it out", id="no git"),
        pytest.param("one\n# x\n./one/\n", "3: ./one/: listed twice, first in line 1; leave one out", id="twice"),
        pytest.param("one\nlink\n", "2: link: listed twice, first in line 1; leave one out", id="twice by a link"),
        pytest.param("go\x1b[2Jne\n", "1: go\\x1b[2Jne: no such folder; paths count from the folder of the list",
                     id="control characters"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line(text: str, mistake: str, folder: Path) -> None:
    file = write(folder, text)
    *_, entry = read_repositories(file)
    assert (entry.mistake, entry.tree) == (f"{file}:{mistake}", None)


@pytest.mark.parametrize("name", ["circle", "a\0b", "~nobody-of-this-name/x"])
def test_what_the_system_does_not_take(name: str, folder: Path) -> None:
    (entry,) = read_repositories(write(folder, name))
    assert f"repos.txt:1: {escape(name)}: " in entry.mistake


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", "names no repository; write one path a line", id="empty"),
        pytest.param("# none\n\n", "names no repository; write one path a line", id="only a comment"),
        pytest.param(
            None, "cannot be read: No such file or directory; write one path of a repository a line", id="gone"
        ),
    ],
)
def test_no_list(text: str | None, why: str, folder: Path) -> None:
    file = folder / "repos.txt" if text is None else write(folder, text)
    with pytest.raises(UsageError) as raised:
        read_repositories(file)
    assert str(raised.value) == f"fleet: {file}: {why}"
