"""What commands are told to write is in the git directory, and the next holder of the lock finds what was left."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from trees import Tree

from rollback.command_folder import command_folder, drop_command_folders
from rollback.errors import JournalUnusable


def make_something(folder: Path) -> None:
    (folder / "pytest-cache").mkdir()
    (folder / "pytest-cache/file").touch()


def test_nothing_is_left(committed: Tree) -> None:
    with command_folder(committed.open()) as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.is_relative_to(committed.root / ".git/migrate")
        make_something(folder)
    assert committed.private_files() == set()


def fail_within(tree: Tree) -> None:
    with command_folder(tree.open()) as folder:
        make_something(folder)
        raise KeyboardInterrupt


def test_nothing_is_left_after_an_error(committed: Tree) -> None:
    with pytest.raises(KeyboardInterrupt):
        fail_within(committed)
    assert committed.private_files() == set()


def test_what_one_that_was_killed_has_left_goes_first(committed: Tree) -> None:
    git = committed.open()
    left = git.private("commands/left")
    left.mkdir(parents=True)
    make_something(left)
    with command_folder(git) as folder:
        assert list(folder.parent.iterdir()) == [folder]
    assert committed.private_files() == set()
    left.mkdir(parents=True)
    drop_command_folders(git)
    drop_command_folders(git)
    assert committed.private_files() == set()


def test_what_cannot_be_deleted_is_in_nobodys_way(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of the killed one may still be writing there."""
    git = committed.open()
    git.private("commands/left").mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_args, **_more: None)
        with command_folder(git) as folder:
            assert list(folder.iterdir()) == []


def test_it_cannot_be_made(committed: Tree) -> None:
    git = committed.open()
    git.private("").mkdir()
    git.private("commands").touch()
    with pytest.raises(JournalUnusable, match="commands: journal unusable: File exists"), command_folder(git):
        pytest.fail("made")  # pragma: no cover
