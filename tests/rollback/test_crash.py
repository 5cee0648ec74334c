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

pytestmark = pytest.mark.processes_unmeasured

FILES = {"a.py": b"a\r\n" * 5000, "b.py": b"", "pkg/c.py": b"import c", "pkg/with\nnewline.py": b"\xff\0"}
CHANGES: dict[str, bytes | None] = {
    **dict.fromkeys(FILES, b"new\n" * 9000),
    "b.py": None,
    "new/deep/d.py": b"new d\n",
}

# Kills itself at the n-th call that makes something last or gives it its name: a file of the tree, its folder, a second
# name in the git directory. With 0 it prints how many there are.
CHILD = """
import os, signal, sys
from pathlib import Path
from trees import Tree
from test_crash import CHANGES
from rollback.lock import locked

step, root, number = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
tree = Tree(root, root)
done = 0

def wrap(real):
    def call(*args, **kwargs):
        global done
        done += 1
        if done == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)
    return call

with locked(tree.open(), f"migrate {step}"):
    for name in ("fsync", "replace", "link", "unlink", "mkdir", "rmdir"):
        setattr(os, name, wrap(getattr(os, name)))
    tree.apply(CHANGES) if step == "apply" else tree.roll_back(tree.on_record(1))
print(done)
"""

CALLS = {"apply": 44, "restore": 36}
"""How many such calls there are, at most: what deletes a folder takes more or less of them, by version."""


def start(tree: Tree, step: str, number: int) -> subprocess.CompletedProcess[str]:
    folders = [Path(rollback.__file__).parents[1], Path(__file__).parent]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))}
    command = [sys.executable, "-c", CHILD, step, str(tree.root), str(number)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def crash(tree: Tree, step: str, number: int) -> None:
    done = start(tree, step, number)
    if done.returncode != -9:
        assert int(done.stdout) < number, (done.stdout, done.stderr)


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


def test_how_many_calls_there_are(dirty: Tree) -> None:
    counted = {step: int(start(dirty, step, 0).stdout) for step in CALLS}
    assert all(CALLS[step] * 0.7 < number <= CALLS[step] for step, number in counted.items()), counted


@pytest.mark.parametrize("number", range(1, CALLS["apply"] + 1))
def test_killed_while_writing(dirty: Tree, number: int) -> None:
    before = dirty.state()
    crash(dirty, "apply", number)
    with dirty.journal() as journal:
        runs = journal.runs()
    if not runs:
        assert dirty.state() == before
        dirty.roll_back(dirty.apply(CHANGES))
        assert_nothing_left(dirty, before)
    elif runs[0].state == "applied":
        dirty.roll_back(runs[0])
        assert_nothing_left(dirty, before)
    else:
        assert_interrupted_then_restored(dirty, before)


@pytest.mark.parametrize("number", range(1, CALLS["restore"] + 1))
def test_killed_while_restoring(dirty: Tree, number: int) -> None:
    before = dirty.state()
    dirty.apply(CHANGES)
    crash(dirty, "restore", number)
    state = dirty.on_record(1).state
    if state == "applied":
        dirty.roll_back(dirty.on_record(1))
    elif state == "rolling-back":
        assert_interrupted_then_restored(dirty, before)
    assert_nothing_left(dirty, before)


def assert_interrupted_then_restored(tree: Tree, before: dict[str, tuple[bytes, int]]) -> None:
    with pytest.raises(Interrupted, match=r"run 1 \(phase 3 of 'demo'\) was interrupted; run `migrate rollback`"):
        tree.apply({"other.py": b"x"})
    with tree.journal() as journal:
        run = journal.interrupted()
    assert run is not None
    with locked(tree.open(), "migrate rollback"):
        tree.roll_back(run)
    assert tree.on_record(1).state == "rolled-back"
    assert_nothing_left(tree, before)
    with locked(tree.open(), "migrate phase3"), pytest.raises(Locked), locked(tree.open(), "migrate phase3"):
        pytest.fail("two at once")  # pragma: no cover


def assert_nothing_left(tree: Tree, before: dict[str, tuple[bytes, int]]) -> None:
    assert tree.state() == before
    assert tree.private_files() <= {"journal.sqlite3", "lock"}
    with tree.journal() as journal:
        assert journal.announced() == ()
        assert tree.refs() == [run.ref for run in journal.runs()]
