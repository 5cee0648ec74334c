"""One writer at a time; dead processes and forked workers hold nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from trees import Tree

import rollback
from rollback import lock
from rollback.errors import JournalUnusable, Locked
from rollback.lock import Holder, is_held, locked, refuse_held

HOLD = """
import os, sys, time
from pathlib import Path
from rollback.git import Git
from rollback.lock import locked
with locked(Git.open(Path(sys.argv[1])), "migrate phase3"):
    print(os.getpid(), flush=True)
    time.sleep(60)
"""


def test_taken_and_given_back(tree: Tree) -> None:
    git = tree.open()
    for _ in range(2):
        assert not is_held(git)
        with locked(git, "migrate phase1"):
            assert is_held(git)
    assert (tree.root / ".git/migrate/lock").read_bytes() == b""


def test_asking_creates_nothing(tree: Tree) -> None:
    assert not is_held(tree.open())
    assert tree.private_files() == set()


def test_given_back_after_an_error(tree: Tree) -> None:
    with pytest.raises(ValueError, match="ours"), locked(tree.open(), "migrate phase1"):
        raise ValueError("ours")
    assert not is_held(tree.open())


def test_the_second_is_told_who_is_first(tree: Tree) -> None:
    git = tree.open()
    start = time.time()
    with (
        locked(git, "migrate phase3 --plan a\nb"),
        pytest.raises(Locked) as caught,
        locked(git, "migrate phase1"),
    ):
        pytest.fail("two at once")  # pragma: no cover
    holder = caught.value.holder
    assert holder is not None
    assert (holder.pid, holder.command) == (os.getpid(), "migrate phase3 --plan a\nb")
    assert start <= holder.started <= time.time()
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(holder.started))
    assert str(caught.value) == (
        f"`migrate phase3 --plan a\\nb` (pid {os.getpid()}) is at work in this repository since {since};"
        " wait for it to end, then run again"
    )


@pytest.mark.parametrize("name", [b"", b"{", b"[]", b"{}", b'{"pid": "x", "command": 1, "started": 2}', b"\xff"])
def test_a_holder_without_a_readable_name(tree: Tree, name: bytes) -> None:
    git = tree.open()
    with locked(git, "migrate phase3"):
        (tree.root / ".git/migrate/lock").write_bytes(name)
        with (
            pytest.raises(Locked, match="another migrate is at work in this repository; wait") as caught,
            locked(git, ""),
        ):
            pytest.fail("two at once")  # pragma: no cover
    assert caught.value.holder is None


def test_a_killed_holder_does_not_count(tree: Tree) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(rollback.__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tree.root)], env=environment, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert int(child.stdout.readline()) == child.pid
        with pytest.raises(Locked) as caught, locked(tree.open(), "migrate phase1"):
            pytest.fail("two at once")  # pragma: no cover
        assert caught.value.holder == Holder(child.pid, "migrate phase3", caught.value.holder.started)
        child.kill()
    with locked(tree.open(), "migrate phase1"):
        assert json.loads((tree.root / ".git/migrate/lock").read_bytes())["pid"] == os.getpid()


def test_programs_started_under_the_lock_do_not_keep_it(tree: Tree) -> None:
    with locked(tree.open(), "migrate phase5"):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    with child:
        assert not is_held(tree.open())


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_forked_workers_do_not_keep_it(tree: Tree) -> None:
    until_read, until_written = os.pipe()
    with locked(tree.open(), "migrate phase3"):
        child = os.fork()
        if child == 0:  # pragma: no cover - not measured in the child
            os.close(until_written)
            os.read(until_read, 1)
            os._exit(0)
    try:
        assert not is_held(tree.open())
    finally:
        os.close(until_written)
        os.close(until_read)
        assert os.waitpid(child, 0)[1] == 0


def test_a_forked_worker_that_leaves_the_block_touches_nothing(tree: Tree) -> None:
    lock._close_in_child()
    with locked(tree.open(), "migrate phase3"):
        lock._close_in_child()  # from here on as in a forked child
        unrelated = os.open(tree.root / "unrelated", os.O_RDWR | os.O_CREAT)
        os.write(unrelated, b"content")
    os.close(unrelated)
    assert tree.read("unrelated") == b"content"


def test_two_worktrees_do_not_wait_for_each_other(tmp_path: Path, committed: Tree) -> None:
    committed.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Tree(tmp_path / "linked", tmp_path / "linked")
    with locked(committed.open(), "migrate phase1"), locked(linked.open(), "migrate phase1"):
        pass


def test_a_git_directory_that_cannot_be_written(tree: Tree) -> None:
    (tree.root / ".git/migrate").write_bytes(b"in the way")
    with (
        pytest.raises(JournalUnusable, match="lock: journal unusable: File exists; nothing written"),
        locked(tree.open(), ""),
    ):
        pytest.fail("no lock")  # pragma: no cover


def test_a_lock_that_is_a_link(tmp_path: Path, tree: Tree) -> None:
    (tree.root / ".git/migrate").mkdir()
    (tree.root / ".git/migrate/lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(JournalUnusable, match="Too many levels of symbolic links"), locked(tree.open(), ""):
        pytest.fail("no lock")  # pragma: no cover
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_system_without_locks(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(JournalUnusable, match="cannot lock: No locks available"), locked(tree.open(), ""):
        pytest.fail("no lock")  # pragma: no cover


def test_who_holds_it_is_told_without_taking_it(tree: Tree) -> None:
    refuse_held(tree.open())
    assert tree.private_files() == set()
    with (
        locked(tree.open(), "migrate phase1"),
        pytest.raises(Locked, match=r"`migrate phase1` \(pid \d+\) is at work in this repository since"),
    ):
        refuse_held(tree.open())
    refuse_held(tree.open())
