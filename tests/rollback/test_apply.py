"""A run is written completely or not at all, whatever happens on the way."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from trees import ODD_NAMES, Tree, names

from rollback.apply import apply_changes
from rollback.changes import FileChange
from rollback.errors import Drifted, GitFailed, Interrupted, NotRestored, OutsideRoot, WriteFailed
from rollback.journal import RunRequest

CHANGES: dict[str, bytes | None] = {
    "a.py": b"new a\n",
    "b.py": None,
    "new/deep/d.py": b"new d\n",
    "pkg/c.py": b"new c\r\n",
}
REQUEST = RunRequest("demo", 3, 1000.0, 4, 1)


def at(number: int, action: Callable[[], object]) -> Callable[[int], None]:
    """A progress callback that does `action` after file `number`."""

    def progress(done: int) -> None:
        if done == number:
            action()

    return progress


def fail() -> None:
    raise RuntimeError("ours")


def assert_as_before(tree: Tree, before: dict[str, tuple[bytes, int]], detail: str) -> None:
    assert tree.state() == before
    with tree.journal() as journal:
        (run,) = journal.runs()
    assert (run.state, run.detail) == ("failed", detail)
    assert tree.private_files() == {"journal.sqlite3"}


def test_files_are_written_and_recorded(committed: Tree) -> None:
    committed.write("a.py", b"uncommitted\n", 0o600)
    told: list[int] = []
    run = committed.apply(CHANGES, progress=told.append)
    assert told == [1, 2, 3, 4]
    state = committed.state()
    assert state["a.py"] == (b"new a\n", 0o600)
    assert state["pkg/c.py"] == (b"new c\r\n", 0o644)
    assert state["new/deep/d.py"][0] == b"new d\n"
    assert "b.py" not in state
    assert (run.id, run.plan, run.phase, run.state, run.files) == (1, "demo", 3, "applied", 4)
    assert (run.ref, run.edits, run.manual) == ("refs/migrate/demo/run-1", 4, 1)
    assert committed.git("show", f"{run.snapshot}:a.py") == b"uncommitted\n"
    with committed.journal() as journal:
        assert [(file.path, file.mode) for file in journal.files(1)] == [
            ("a.py", 0o600), ("b.py", 0o755), ("new/deep/d.py", None), ("pkg/c.py", 0o644),
        ]  # fmt: skip
        assert journal.folders(1) == ("new", "new/deep")
        assert [event.event for event in journal.events(1)] == ["applying", "applied"]
    assert committed.private_files() == {"journal.sqlite3"}


def test_odd_names(tree: Tree) -> None:
    for path in ODD_NAMES:
        tree.write(path, b"old\n")
    tree.apply(dict.fromkeys(ODD_NAMES, b"new\n"))
    assert {content for content, _ in tree.state().values()} == {b"", b"new\n"}


def test_the_index_is_left_alone(committed: Tree) -> None:
    committed.write("a.py", b"staged\n")
    committed.git("add", "a.py")
    index = (committed.root / ".git/index").read_bytes()
    committed.apply(CHANGES)
    assert (committed.root / ".git/index").read_bytes() == index


def test_all_drifted_files_are_named_and_nothing_is_written(committed: Tree) -> None:
    changes = [committed.change(path, after) for path, after in CHANGES.items()]
    committed.write("a.py", b"edited\n")
    (committed.root / "pkg/c.py").chmod(0o600)
    committed.write("new/deep/d.py", b"somebody's\n")
    before = committed.state()
    with committed.journal() as journal, pytest.raises(Drifted) as caught:
        apply_changes(committed.open(), journal, REQUEST, changes)
    assert caught.value.paths == ("a.py", "new/deep/d.py", "pkg/c.py")
    assert str(caught.value) == (
        "3 files changed since the edits were computed: a.py, new/deep/d.py, pkg/c.py; nothing written; run the phase again"
    )
    assert committed.state() == before
    assert committed.refs() == []
    with committed.journal() as journal:
        assert journal.runs() == ()


@pytest.mark.parametrize("path", ["../out.py", "/tmp/out.py", "link/out.py", "link.py", "nested/a.py"])
def test_nothing_outside_the_root(tmp_path: Path, committed: Tree, path: str) -> None:
    (tmp_path / "outside").mkdir()
    (committed.root / "link").symlink_to("../outside")
    (committed.root / "link.py").symlink_to("../outside/out.py")
    committed.git("init", "--quiet", "nested")
    with committed.journal() as journal, pytest.raises(OutsideRoot, match="not touched"):
        apply_changes(
            committed.open(),
            journal,
            REQUEST,
            [committed.change("a.py", b"x"), FileChange(path, None, b"x", None)],
        )
    assert names(tmp_path / "outside") == set()
    assert committed.read("a.py") == b"import a\n"


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_an_error_on_the_way_restores_everything(committed: Tree, number: int) -> None:
    committed.write("a.py", b"uncommitted\n", 0o600)
    before = committed.state()
    with pytest.raises(RuntimeError, match="ours"):
        committed.apply(CHANGES, progress=at(number, fail))
    assert_as_before(committed, before, "ours")


@pytest.mark.parametrize("number", [1, 3, 4])
def test_ctrl_c_restores_everything(committed: Tree, number: int) -> None:
    before = committed.state()
    with pytest.raises(KeyboardInterrupt):
        committed.apply(CHANGES, progress=at(number, lambda: os.kill(os.getpid(), signal.SIGINT)))
    assert_as_before(committed, before, "interrupted")


def test_an_exception_without_words(committed: Tree) -> None:
    def stop() -> None:
        raise SystemExit

    before = committed.state()
    with pytest.raises(SystemExit):
        committed.apply(CHANGES, progress=at(1, stop))
    assert_as_before(committed, before, "SystemExit")


def test_a_write_that_fails_restores_everything(committed: Tree) -> None:
    (committed.root / "pkg/.migrate-1-3.tmp").mkdir()
    before = committed.state()
    with pytest.raises(WriteFailed, match=r"pkg/c\.py: cannot write: File exists; every file is as before"):
        committed.apply(CHANGES)
    assert_as_before(committed, before, "pkg/c.py: cannot write: File exists; every file is as before")


def test_a_replacement_that_cannot_be_made_durable_is_restored(
    committed: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = committed.state()
    calls: list[int] = []

    def sync(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:  # the first is the file's, the second its folder's, after the replacement
            raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.fsync", sync)
    with pytest.raises(WriteFailed, match=r"a\.py: cannot write: Input/output error"):
        committed.apply(CHANGES)
    assert_as_before(committed, before, "a.py: cannot write: Input/output error; every file is as before")


def test_a_file_edited_while_others_are_written_stays_as_it_is(committed: Tree) -> None:
    before = committed.state()
    with pytest.raises(
        Drifted, match=r"1 file changed .*: pkg/c\.py; every other file is as before; run the phase again"
    ):
        committed.apply(CHANGES, progress=at(1, lambda: committed.write("pkg/c.py", b"edited\n")))
    assert committed.state() == {**before, "pkg/c.py": (b"edited\n", 0o644)}
    assert committed.on_record(1).state == "failed"


def test_a_file_edited_right_after_it_was_written_is_not_overwritten(committed: Tree) -> None:
    def edit_and_fail() -> None:
        committed.write("a.py", b"edited\n")
        (committed.root / "new/deep/d.py").unlink()
        (committed.root / "new/deep/d.py").mkdir()
        fail()

    with pytest.raises(
        NotRestored, match=r"run 1 failed and 2 files could not be restored: a\.py, new/deep/d\.py"
    ) as caught:
        committed.apply(CHANGES, progress=at(4, edit_and_fail))
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert committed.read("a.py") == b"edited\n"
    assert committed.read("b.py") == b"import b\n"
    assert committed.read("pkg/c.py") == b"import c"
    assert committed.on_record(1).state == "applying"
    (committed.root / "new/deep/d.py").rmdir()
    result = committed.roll_back(committed.on_record(1), force=True)
    assert committed.read("a.py") == b"import a\n"
    assert committed.git("show", f"{result.kept}:a.py") == b"edited\n"


def test_a_restore_that_fails_leaves_the_run_interrupted(committed: Tree) -> None:
    def fill_and_fail() -> None:
        (committed.root / ".migrate-1-0.tmp").mkdir()
        fail()

    with pytest.raises(NotRestored, match=r"a\.py \(File exists\); run `migrate rollback` to restore it"):
        committed.apply(CHANGES, progress=at(2, fill_and_fail))
    (committed.root / ".migrate-1-0.tmp").rmdir()
    committed.roll_back(committed.on_record(1))
    assert committed.read("a.py") == b"import a\n"


def test_an_interrupted_run_comes_first(committed: Tree) -> None:
    committed.apply({"a.py": b"x"})
    with committed.journal() as journal:
        journal.move(1, "applying")
    before = committed.state()
    with pytest.raises(Interrupted, match=r"run 1 \(phase 3 of 'demo'\) was interrupted"):
        committed.apply({"pkg/c.py": b"x"})
    assert committed.state() == before


def test_a_run_that_cannot_be_recorded_keeps_no_snapshot(committed: Tree) -> None:
    before = committed.state()
    change = committed.change("a.py", b"x")
    with committed.journal() as journal, pytest.raises(sqlite3.IntegrityError):
        apply_changes(committed.open(), journal, REQUEST, [change, change])
    assert committed.state() == before
    assert committed.refs() == []


def test_a_snapshot_that_cannot_be_taken(committed: Tree) -> None:
    before = committed.state()
    with pytest.raises(GitFailed, match="update-ref failed"):
        committed.apply({"a.py": b"x"}, plan="no..ref")
    assert committed.state() == before
    with committed.journal() as journal:
        assert journal.runs() == ()


def test_numbers_of_two_worktrees_do_not_collide(tmp_path: Path, committed: Tree) -> None:
    committed.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Tree(tmp_path / "linked", tmp_path / "linked")
    assert [each.apply({"a.py": b"x"}).id for each in (committed, linked)] == [1, 2]
    assert committed.refs() == ["refs/migrate/demo/run-1", "refs/migrate/demo/run-2"]
    linked.roll_back(linked.on_record(2))
    assert linked.read("a.py") == b"import a\n"
    assert committed.read("a.py") == b"x"
