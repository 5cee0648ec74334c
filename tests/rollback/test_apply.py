"""A run is written completely or not at all, whatever happens on the way."""

from __future__ import annotations

import errno
import os
import re
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from trees import ODD_NAMES, Tree, names

from rollback.apply import _Writing, apply_changes
from rollback.changes import FileChange
from rollback.errors import (
    Drifted,
    GitFailed,
    Interrupted,
    JournalUnusable,
    NotRecorded,
    NotRestored,
    OutsideRoot,
    WriteFailed,
)
from rollback.journal import Journal, RunRequest
from rollback.originals import Originals
from rollback.signals import Held

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


def refuse_once(monkeypatch: pytest.MonkeyPatch, name: str, when: Callable[..., bool], number: int = 5) -> None:
    """Let the first call of `os.<name>` for which `when` holds fail with error `number`."""
    real = getattr(os, name)
    left = [True]

    def call(*args: object, **kwargs: object) -> object:
        if left and when(*args):
            left.clear()
            raise OSError(number, os.strerror(number))
        return real(*args, **kwargs)

    monkeypatch.setattr(os, name, call)


def is_folder(name: str) -> Callable[[int], bool]:
    """Whether a descriptor is that of the folder `name`."""
    return lambda descriptor: Path(name).exists() and os.path.samestat(os.fstat(descriptor), Path(name).stat())


def test_names_that_cannot_be_made_durable_are_taken_back(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    before = committed.state()
    refuse_once(monkeypatch, "fsync", is_folder(str(committed.root / "pkg")))
    with pytest.raises(WriteFailed, match=r": cannot write: Input/output error; every file is as before"):
        committed.apply(CHANGES)
    assert committed.state() == before
    assert committed.on_record(1).state == "failed"


@pytest.mark.parametrize("path", ["a.py", "b.py", "new/deep/d.py", "pkg/c.py"])
def test_a_replacement_that_fails_restores_everything(
    committed: Tree, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    before = committed.state()
    refuse_once(monkeypatch, "replace", lambda _, new: str(new).endswith(path))
    refuse_once(monkeypatch, "unlink", lambda gone, **_: str(gone).endswith(path))
    with pytest.raises(WriteFailed, match=f"^{path}: cannot write: Input/output error; every file is as before$"):
        committed.apply(CHANGES)
    assert_as_before(committed, before, f"{path}: cannot write: Input/output error; every file is as before")


@pytest.mark.parametrize("place", [".git/migrate/originals", ".git/objects/pack"])
def test_what_cannot_be_kept_is_not_touched(committed: Tree, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    before = committed.state()
    (committed.root / place).mkdir(parents=True, exist_ok=True)
    refuse_once(monkeypatch, "fsync", is_folder(str(committed.root / place)))
    with pytest.raises(WriteFailed, match="cannot write: Input/output error"):
        committed.apply(CHANGES)
    assert committed.state() == before


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_is_found_out_before_anything_is_replaced(
    committed: Tree, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    before = committed.state()
    refuse_once(monkeypatch, "link", lambda *_: True, number)
    replaced: list[object] = []
    monkeypatch.setattr(os, "replace", lambda *args: replaced.append(args))
    with pytest.raises(WriteFailed, match="the git directory: cannot write: "):
        committed.apply(CHANGES)
    assert (committed.state(), replaced) == (before, [])


@pytest.mark.parametrize("number", [errno.EPERM, errno.EXDEV, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK])
def test_without_hard_links_the_bytes_are_written_anew(
    committed: Tree, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refuse)
    before = committed.state()
    with pytest.raises(RuntimeError, match="ours"):
        committed.apply(CHANGES, progress=at(4, fail))
    assert_as_before(committed, before, "ours")


def test_a_restore_that_fails_leaves_the_run_interrupted(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(1, "Operation not permitted")

    def fill_and_fail() -> None:
        (committed.root / ".migrate-1-0.tmp").mkdir()
        fail()

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(NotRestored, match=r"a\.py \(File exists\); run `migrate rollback` to restore it"):
        committed.apply(CHANGES, progress=at(2, fill_and_fail))
    (committed.root / ".migrate-1-0.tmp").rmdir()
    committed.roll_back(committed.on_record(1))
    assert committed.read("a.py") == b"import a\n"


def test_a_restore_that_cannot_be_made_durable_leaves_the_run_interrupted(
    committed: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = committed.state()

    def refuse_and_fail() -> None:
        refuse_once(monkeypatch, "fsync", is_folder(str(committed.root / "pkg")))
        fail()

    with pytest.raises(NotRestored, match=r"1 file could not be restored: .* \(Input/output error\)"):
        committed.apply(CHANGES, progress=at(4, refuse_and_fail))
    assert committed.state() == before
    committed.roll_back(committed.on_record(1))
    assert committed.state() == before


def test_a_journal_that_cannot_be_written_any_more(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(journal: Journal, *_: object) -> None:
        raise JournalUnusable(journal.path, "database or disk is full")

    before = committed.state()
    monkeypatch.setattr(Journal, "move", refuse)
    message = (
        "ours; every file of run 1 is as before, but the journal cannot say so (database or disk is full); "
        "run `migrate rollback` when it can be written"
    )
    with pytest.raises(NotRecorded, match=re.escape(message)):
        committed.apply(CHANGES, progress=at(2, fail))
    assert committed.state() == before
    assert committed.on_record(1).state == "applying"


def test_a_file_edited_while_others_are_written_stays_as_it_is(committed: Tree) -> None:
    before = committed.state()
    with pytest.raises(
        Drifted, match=r"1 file changed .*: pkg/c\.py; every other file is as before; run the phase again"
    ):
        committed.apply(CHANGES, progress=at(1, lambda: committed.write("pkg/c.py", b"edited\n")))
    assert committed.state() == {**before, "pkg/c.py": (b"edited\n", 0o644)}
    assert committed.on_record(1).state == "failed"


def test_a_file_that_somebody_has_put_back_meanwhile(committed: Tree) -> None:
    def restore_and_fail() -> None:
        committed.write("a.py", b"import a\n")
        fail()

    before = committed.state()
    with pytest.raises(RuntimeError, match="ours"):
        committed.apply(CHANGES, progress=at(2, restore_and_fail))
    assert_as_before(committed, before, "ours")


def test_a_file_edited_right_after_it_was_written_is_not_overwritten(committed: Tree) -> None:
    def edit_and_fail() -> None:
        committed.write("a.py", b"edited\n")
        (committed.root / "new/deep/d.py").unlink()
        (committed.root / "new/deep/d.py").mkdir()
        fail()

    with pytest.raises(
        NotRestored,
        match=r"run 1 failed and 2 files could not be restored: a\.py, new/deep/d\.py \(new/deep/d\.py: is not a plain file",
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
    with pytest.raises(GitFailed, match="fast-import failed"):
        committed.apply({"a.py": b"x"}, plan="no..ref")
    assert committed.state() == before
    with committed.journal() as journal:
        assert journal.runs() == ()


def test_numbers_of_two_worktrees_do_not_collide(tmp_path: Path, committed: Tree) -> None:
    committed.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Tree(tmp_path / "linked", tmp_path / "linked")
    assert [each.apply({"a.py": b"x"}).id for each in (committed, linked)] == [1, 2]
    assert committed.refs() == ["refs/migrate/demo/run-1", "refs/migrate/demo/worktrees/linked/run-2"]
    linked.roll_back(linked.on_record(2))
    assert linked.read("a.py") == b"import a\n"
    assert committed.read("a.py") == b"x"


def test_a_record_that_was_made_although_its_commit_failed(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite may fail at the flush after a commit: the run is on record then, and its snapshot must stay."""
    begin = Journal.begin

    def fail_afterwards(journal: Journal, *args: object, **kwargs: object) -> None:
        begin(journal, *args, **kwargs)
        raise JournalUnusable(journal.path, "disk I/O error")

    before = committed.state()
    monkeypatch.setattr(Journal, "begin", fail_afterwards)
    with pytest.raises(JournalUnusable):
        committed.apply(CHANGES)
    monkeypatch.undo()
    assert committed.state() == before
    run = committed.on_record(1)
    assert (run.state, committed.refs()) == ("applying", [run.ref])
    committed.roll_back(run)
    assert (committed.state(), committed.on_record(1).state) == (before, "rolled-back")


def test_a_file_edited_right_after_it_was_written_is_named_with_the_reason(committed: Tree) -> None:
    def edit_and_fail() -> None:
        committed.write("a.py", b"edited\n")
        fail()

    with pytest.raises(NotRestored, match=r"1 file could not be restored: a\.py \(edited since\)"):
        committed.apply(CHANGES, progress=at(1, edit_and_fail))


def test_files_and_changes_belong_together(committed: Tree) -> None:
    with pytest.raises(ValueError, match="zip"):
        _Writing(committed.root, [], [committed.change("a.py", b"x")], Originals(committed.open(), 1), Held())


@pytest.mark.parametrize("path", ["a.py", "b.py", "new/deep/d.py", "pkg/c.py"])
def test_a_replacement_that_was_made_although_it_failed_is_taken_back(
    committed: Tree, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """As on a network file system that loses the answer."""
    before = committed.state()
    for name in ("replace", "unlink"):
        do = getattr(os, name)

        def act(*args: object, do: Callable[..., None] = do, **more: object) -> None:
            do(*args, **more)
            if str(args[-1]).endswith(path):
                monkeypatch.undo()
                raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, name, act)
    with pytest.raises(WriteFailed, match=f"^{path}: cannot write: Input/output error; every file is as before$"):
        committed.apply(CHANGES)
    assert_as_before(committed, before, f"{path}: cannot write: Input/output error; every file is as before")


def test_a_file_that_vanishes_before_it_is_kept_is_named(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    before = committed.state()
    link = os.link

    def late(source: Path, *args: object, **more: object) -> None:
        if source.name == "c.py":
            source.unlink()
        link(source, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(Drifted, match=r"pkg/c\.py; every other file is as before"):
        committed.apply(CHANGES)
    assert committed.state() == {path: found for path, found in before.items() if path != "pkg/c.py"}
    assert committed.on_record(1).state == "failed"


def test_what_is_written_into_a_file_in_the_last_instant_is_not_lost(
    committed: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the last comparison and the replacement: it is in the original, which was kept."""
    before = committed.state()
    replace = os.replace

    def late(source: Path, target: Path) -> None:
        if target.name == "c.py" and source.suffix == ".tmp":
            with target.open("ab") as file:
                file.write(b"  # precious")
        replace(source, target)

    monkeypatch.setattr(os, "replace", late)
    with pytest.raises(Drifted, match=r"pkg/c\.py; every other file is as before"):
        committed.apply(CHANGES)
    assert committed.state() == {**before, "pkg/c.py": (b"import c  # precious", 0o644)}
    assert committed.on_record(1).state == "failed"
