"""kill -9 at every durable step, of writing and of restoring; the next rollback brings every byte back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from trees import Tree

import rollback
from rollback.errors import Interrupted, Locked
from rollback.lock import locked

FILES = {"a.py": b"a\r\n" * 5000, "b.py": b"", "pkg/c.py": b"import c", "pkg/with\nnewline.py": b"\xff\0"}
CHANGES: dict[str, bytes | None] = {
    **dict.fromkeys(FILES, b"new\n" * 9000),
    "b.py": None,
    "new/deep/d.py": b"new d\n",
}

# Kills itself at the n-th fsync: in the middle of a file, before and after its replacement.
CHILD = """
import os, signal, sys
from pathlib import Path
from trees import Tree
from test_crash import CHANGES
from rollback.lock import locked

step, root, number = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
tree = Tree(root, root)
sync, done = os.fsync, 0

def kill(at):
    global done
    done += 1
    if done == at:
        os.kill(os.getpid(), signal.SIGKILL)

def fsync(descriptor):
    kill(number)
    sync(descriptor)

with locked(tree.open(), f"migrate {step}"):
    if step == "progress":
        tree.apply(CHANGES, progress=lambda _: kill(number))
    else:
        os.fsync = fsync
        tree.apply(CHANGES) if step == "apply" else tree.roll_back(tree.on_record(1))
"""


def crash(tree: Tree, step: str, number: int) -> None:
    folders = [Path(rollback.__file__).parents[1], Path(__file__).parent]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    command = [sys.executable, "-c", CHILD, step, str(tree.root), str(number)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == -9, done.stderr


@pytest.fixture
def dirty(committed: Tree) -> Tree:
    for number, (path, content) in enumerate(FILES.items()):
        committed.write(path, content, 0o600 + number)
    return committed


def test_the_files_of_the_crash_are_worth_it(dirty: Tree) -> None:
    before = dirty.state()
    run = dirty.apply(CHANGES)
    assert dirty.state() != before
    dirty.roll_back(run)
    assert dirty.state() == before


@pytest.mark.parametrize("step", [("progress", 1), ("progress", 5), *(("apply", number) for number in range(1, 12))])
def test_killed_while_writing(dirty: Tree, step: tuple[str, int]) -> None:
    before = dirty.state()
    crash(dirty, *step)
    assert dirty.state() != before
    assert_interrupted_then_restored(dirty, before)


@pytest.mark.parametrize("number", [*range(1, 11)])
def test_killed_while_restoring(dirty: Tree, number: int) -> None:
    before = dirty.state()
    dirty.apply(CHANGES)
    crash(dirty, "restore", number)
    assert_interrupted_then_restored(dirty, before)


def assert_interrupted_then_restored(tree: Tree, before: dict[str, tuple[bytes, int]]) -> None:
    with pytest.raises(Interrupted, match=r"run 1 \(phase 3 of 'demo'\) was interrupted; run `migrate rollback`"):
        tree.apply({"other.py": b"x"})
    with tree.journal() as journal:
        run = journal.interrupted()
    assert run is not None
    with locked(tree.open(), "migrate rollback"):
        tree.roll_back(run)
    assert tree.state() == before
    assert tree.on_record(1).state == "rolled-back"
    assert tree.private_files() == {"journal.sqlite3", "lock"}
    with locked(tree.open(), "migrate phase3"), pytest.raises(Locked), locked(tree.open(), "migrate phase3"):
        pytest.fail("two at once")  # pragma: no cover
