"""A rollback brings every byte back, or says why not and restores nothing."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from trees import ODD_NAMES, Tree, names

from rollback.errors import (
    ChangedMeanwhile,
    DriftedSince,
    Interrupted,
    JournalUnusable,
    LaterRuns,
    NotApplied,
    NotRecorded,
    OutsideRoot,
    SnapshotDamaged,
    WriteFailed,
)
from rollback.journal import Journal, RunRecord
from rollback.restore import roll_back

CHANGES: dict[str, bytes | None] = {
    "a.py": b"new a\n",
    "b.py": None,
    "new/deep/d.py": b"new d\n",
    "pkg/c.py": b"new c\r\n",
}


def test_there_and_back(committed: Tree) -> None:
    before = committed.state()
    told: list[int] = []
    result = committed.roll_back(committed.apply(CHANGES), progress=told.append)
    assert committed.state() == before
    assert result.restored == ("a.py", "b.py", "new/deep/d.py", "pkg/c.py")
    assert (result.kept, result.kept_paths, told) == (None, (), [1, 2, 3, 4])
    assert (result.run.state, result.run.detail) == ("rolled-back", "rolled back")
    assert committed.private_files() == {"journal.sqlite3"}


@pytest.mark.skipif(sys.platform == "darwin", reason="names must be UTF-8 there")
@pytest.mark.parametrize("is_committed", [True, False])
def test_odd_names(tree: Tree, is_committed: bool) -> None:
    for number, path in enumerate(ODD_NAMES):
        tree.write(path, f"old {number}\n".encode(), 0o600 + number)
    if is_committed:
        tree.commit()
    before = tree.state()
    tree.roll_back(tree.apply(dict.fromkeys(ODD_NAMES, b"new\n")))
    assert tree.state() == before


@pytest.mark.parametrize("mode", [0o600, 0o444, 0o755, 0o4711])
def test_modes(committed: Tree, mode: int) -> None:
    committed.write("a.py", b"old\n", mode)
    before = committed.state()
    run = committed.apply({"a.py": b"new\n"})
    assert committed.state()["a.py"] == (b"new\n", mode)
    committed.roll_back(run)
    assert committed.state() == before


def test_uncommitted_staged_untracked_and_ignored_content(committed: Tree) -> None:
    committed.write(".gitignore", b"ignored.py\n")
    committed.write("a.py", b"staged\n")
    committed.git("add", "a.py")
    committed.write("a.py", b"uncommitted\n")
    committed.write("untracked.py", b"untracked\n")
    committed.write("ignored.py", b"ignored\n")
    committed.git("rm", "--quiet", "--cached", "b.py")
    before, index = committed.state(), (committed.root / ".git/index").read_bytes()
    run = committed.apply(dict.fromkeys(["a.py", "untracked.py", "ignored.py", "b.py"], b"new\n"))
    committed.roll_back(run)
    assert committed.state() == before
    assert (committed.root / ".git/index").read_bytes() == index
    assert committed.git("show", ":a.py") == b"staged\n"


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param("* text eol=crlf", id="eol"),
        pytest.param("* text=auto ident", id="ident"),
        pytest.param("* filter=shout", id="smudge filter"),
        pytest.param("* filter=broken", id="required filter that fails"),
        pytest.param("* text working-tree-encoding=UTF-16", id="encoding"),
    ],
)
@pytest.mark.parametrize("place", [".gitattributes", ".git/info/attributes"])
def test_filters_change_no_byte(committed: Tree, attributes: str, place: str) -> None:
    for key, value in {
        "core.autocrlf": "true", "filter.shout.clean": "tr A-Z a-z", "filter.shout.smudge": "tr a-z A-Z",
        "filter.broken.clean": "false", "filter.broken.smudge": "false", "filter.broken.required": "true",
    }.items():  # fmt: skip
        committed.git("config", key, value)
    committed.write(place, attributes.encode() + b"\n")
    committed.write("a.py", b"mixed\r\nlines\n$Id$\n$Id: 1 $\r")
    before = committed.state()
    committed.roll_back(committed.apply(CHANGES))
    assert committed.state() == before


def test_hooks_and_monitors_do_not_run(committed: Tree) -> None:
    committed.git("config", "core.fsmonitor", f"touch '{committed.root}/ran-monitor'; false")
    for name in ("post-checkout", "post-index-change", "reference-transaction"):
        hook = committed.root / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch '{committed.root}/ran-{name}'\n")
        hook.chmod(0o755)
    before = committed.state()
    committed.roll_back(committed.apply(CHANGES))
    assert committed.state() == before


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"core.splitIndex": "true"}, id="split index"),
        pytest.param({"core.sparseCheckout": "true", "core.sparseCheckoutCone": "true"}, id="sparse checkout"),
        pytest.param({"core.untrackedCache": "true", "feature.manyFiles": "true"}, id="many files"),
        pytest.param({"submodule.recurse": "true"}, id="submodules"),
        pytest.param({"core.fileMode": "false"}, id="no file modes"),
    ],
)
def test_settings_of_the_user(committed: Tree, settings: dict[str, str]) -> None:
    for key, value in settings.items():
        committed.git("config", key, value)
    before = committed.state()
    private = names(committed.root / ".git")
    committed.roll_back(committed.apply(CHANGES))
    assert committed.state() == before
    assert names(committed.root / ".git") - private == {"migrate"}


def test_before_the_first_commit_and_after_garbage_collection(tree: Tree) -> None:
    tree.write("a.py", b"never committed\n")
    before = tree.state()
    run = tree.apply({"a.py": b"new\n"})
    tree.git("gc", "--quiet", "--prune=now")
    tree.roll_back(run)
    assert tree.state() == before


def test_a_detached_head_and_commits_in_between(committed: Tree) -> None:
    committed.git("checkout", "--quiet", "--detach")
    before = committed.state()
    run = committed.apply(CHANGES)
    committed.commit("the phase")
    committed.roll_back(run)
    assert committed.state() == before
    assert committed.git("log", "-1", "--format=%s") == b"the phase\n"


def test_a_linked_worktree(tmp_path: Path, committed: Tree) -> None:
    committed.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Tree(tmp_path / "linked", tmp_path / "linked" / "pkg")
    before, other = linked.state(), committed.state()
    linked.roll_back(linked.apply({"c.py": b"new\n", "d/e.py": b"new\n"}))
    assert linked.state() == before
    assert committed.state() == other
    assert committed.private_files() == set()


def test_from_another_folder_of_the_same_tree(committed: Tree) -> None:
    before = committed.state()
    run = Tree(committed.top, committed.root / "pkg").apply({"c.py": b"new\n"})
    assert run.prefix == "pkg/"
    assert committed.roll_back(run).restored == ("c.py",)
    assert committed.state() == before


def test_folders_with_something_else_in_them_stay(committed: Tree) -> None:
    run = committed.apply({"new/deep/d.py": b"x", "new/e.py": b"x"})
    committed.write("new/theirs.py", b"theirs\n")
    committed.roll_back(run)
    assert names(committed.root / "new") == {"theirs.py"}


def test_a_removed_file_comes_back_with_its_folder(committed: Tree) -> None:
    before = committed.state()
    run = committed.apply({"pkg/c.py": None})
    (committed.root / "pkg").rmdir()
    committed.roll_back(run)
    assert committed.state() == before


def test_files_that_are_back_already_are_no_drift(committed: Tree) -> None:
    run = committed.apply(CHANGES)
    committed.write("a.py", b"import a\n", 0o664)
    (committed.root / "new/deep/d.py").unlink()
    assert committed.roll_back(run).restored == ("a.py", "b.py", "pkg/c.py")
    assert committed.state()["a.py"] == (b"import a\n", 0o644)


def edit(tree: Tree) -> None:
    tree.write("a.py", b"newer a\n")


def delete(tree: Tree) -> None:
    (tree.root / "a.py").unlink()


def make_executable(tree: Tree) -> None:
    (tree.root / "a.py").chmod(0o755)


def link(tree: Tree) -> None:
    (tree.root / "a.py").unlink()
    (tree.root / "a.py").symlink_to("../outside.py")


def recreate(tree: Tree) -> None:
    tree.write("b.py", b"newer b\n")


def edit_new(tree: Tree) -> None:
    tree.write("new/deep/d.py", b"newer d\n")


@pytest.mark.parametrize(
    ("action", "path", "kept"),
    [
        (edit, "a.py", b"newer a\n"),
        (delete, "a.py", None),
        (make_executable, "a.py", b"new a\n"),
        (link, "a.py", b"../outside.py"),
        (recreate, "b.py", b"newer b\n"),
        (edit_new, "new/deep/d.py", b"newer d\n"),
    ],
)
def test_newer_versions(committed: Tree, action: Callable[[Tree], None], path: str, kept: bytes | None) -> None:
    before = committed.state()
    run = committed.apply(CHANGES)
    action(committed)
    newer = committed.state()
    with pytest.raises(
        DriftedSince, match=r"1 of 4 files edited since run 1: .*; nothing restored; --force keeps"
    ) as caught:
        committed.roll_back(run)
    assert (caught.value.paths, caught.value.total) == ((path,), 4)
    assert committed.state() == newer
    assert committed.on_record(1).state == "applied"
    result = committed.roll_back(run, force=True)
    assert committed.state() == before
    if kept is None:
        assert (result.kept, result.kept_paths) == (None, ())
    else:
        assert (result.kept, result.kept_paths) == ("refs/migrate/demo/kept-run-1", (path,))
        assert committed.git("show", f"{result.kept}:{path}") == kept


def test_newer_versions_are_kept_beside_each_other(committed: Tree) -> None:
    run = committed.apply({"a.py": b"new\n"})
    kept = []
    for content in (b"one\n", b"two\n", b"three\n"):
        committed.write("a.py", content)
        kept.append(committed.roll_back(run, force=True).kept)
        with committed.journal() as journal:
            journal.move(1, "applied")
    assert kept == [f"refs/migrate/demo/kept-run-1{suffix}" for suffix in ("", "-2", "-3")]
    assert [committed.git("show", f"{ref}:a.py") for ref in kept] == [b"one\n", b"two\n", b"three\n"]


@pytest.mark.parametrize("force", [True, False])
@pytest.mark.parametrize(
    ("replacement", "why"),
    [
        ("folder", "pkg/c.py: is not a plain file"),
        ("linked folder", "leads out of the root at the symbolic link pkg"),
        ("repository", "belongs to the submodule or nested repository pkg"),
    ],
)
def test_what_cannot_be_replaced(tmp_path: Path, committed: Tree, replacement: str, why: str, force: bool) -> None:
    run = committed.apply(CHANGES)
    if replacement == "folder":
        (committed.root / "pkg/c.py").unlink()
        (committed.root / "pkg/c.py").mkdir()
    elif replacement == "linked folder":
        (committed.root / "pkg").rename(tmp_path / "outside")
        (committed.root / "pkg").symlink_to("../outside")
    else:
        committed.git("init", "--quiet", "pkg")
    newer = committed.state()
    with pytest.raises(OutsideRoot, match=why):
        committed.roll_back(run, force=force)
    assert committed.state() == newer


def test_later_runs_come_first(committed: Tree) -> None:
    before = committed.state()
    first = committed.apply({"a.py": b"1\n", "b.py": b"1\n"}, phase=2)
    apart = committed.apply({"pkg/c.py": b"2\n"}, phase=3)
    second = Tree(committed.top, committed.root).apply({"a.py": b"3\n"}, phase=4)
    with pytest.raises(
        LaterRuns, match=r"run 1 \(phase 2\) cannot be rolled back before run 3 \(phase 4\), which"
    ) as caught:
        committed.roll_back(first)
    assert [run.id for run in caught.value.later] == [second.id]
    for run in (second, first, apart):
        committed.roll_back(run)
    assert committed.state() == before


def test_a_run_is_rolled_back_once(committed: Tree) -> None:
    run = committed.apply(CHANGES)
    committed.roll_back(run)
    with pytest.raises(NotApplied, match=r"run 1 \(phase 3 of 'demo'\) is rolled-back; nothing to roll back"):
        committed.roll_back(run)


def test_a_run_that_is_not_on_record(committed: Tree) -> None:
    run = committed.apply(CHANGES)
    with pytest.raises(JournalUnusable, match="there is no run 9"):
        committed.roll_back(replace(run, id=9))


def test_an_interrupted_run_comes_first(committed: Tree) -> None:
    first = committed.apply({"a.py": b"1\n"})
    second = committed.apply({"b.py": b"1\n"})
    with committed.journal() as journal:
        journal.move(2, "applying")
    with pytest.raises(Interrupted, match="run 2"):
        committed.roll_back(first)
    committed.roll_back(second)
    committed.roll_back(first)


def test_a_snapshot_that_is_gone(committed: Tree) -> None:
    run = committed.apply(CHANGES)
    committed.git("update-ref", "-d", str(run.ref))
    committed.git("gc", "--quiet", "--prune=now")
    newer = committed.state()
    with pytest.raises(
        SnapshotDamaged, match="its snapshot refs/migrate/demo/run-1 is damaged: it is gone; nothing restored"
    ):
        committed.roll_back(run)
    assert committed.state() == newer


def unpack(tree: Tree) -> None:
    """Make each object of a pack a file of its own."""
    for pack in (tree.root / ".git/objects/pack").glob("*.pack"):
        content = pack.read_bytes()
        pack.unlink()
        pack.with_suffix(".idx").unlink()
        subprocess.run(["git", "unpack-objects", "-q"], cwd=tree.root, input=content, check=True)


@pytest.mark.parametrize("lost", ["{}:a.py", "{}:pkg"], ids=["blob", "tree"])
def test_a_snapshot_with_an_object_missing(committed: Tree, lost: str) -> None:
    committed.write("a.py", b"only in the snapshot\n")
    run = committed.apply(CHANGES)
    name = committed.git("rev-parse", lost.format(run.snapshot)).decode().strip()
    unpack(committed)
    (committed.root / ".git/objects" / name[:2] / name[2:]).unlink()
    assert_damaged(committed, run)


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(
            "UPDATE files SET before_sha256 = hex(zeroblob(32)) WHERE path = CAST('a.py' AS BLOB)",
            id="other bytes",
        ),
        pytest.param("UPDATE runs SET snapshot = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'", id="no files"),
        pytest.param("UPDATE runs SET snapshot = NULL, ref = NULL", id="no snapshot"),
    ],
)
def test_a_snapshot_that_is_not_the_one_on_record(committed: Tree, statement: str) -> None:
    committed.git("hash-object", "-w", "-t", "tree", "/dev/null")
    run = committed.apply(CHANGES)
    connection = sqlite3.connect(committed.root / ".git/migrate/journal.sqlite3")
    connection.execute(statement)
    connection.commit()
    connection.close()
    assert_damaged(committed, run)


def assert_damaged(tree: Tree, run: RunRecord) -> None:
    newer = tree.state()
    with pytest.raises(SnapshotDamaged, match=r"is damaged: .*; nothing restored"):
        tree.roll_back(run)
    assert tree.state() == newer
    assert tree.on_record(1).state == "applied"
    assert tree.private_files() == {"journal.sqlite3"}


def test_a_write_that_fails_can_be_taken_up_again(committed: Tree) -> None:
    before = committed.state()
    run = committed.apply(CHANGES)
    blocked = committed.root / "pkg/.migrate-1-3.tmp"
    blocked.mkdir()
    applied = committed.state()
    with pytest.raises(
        WriteFailed, match=r"pkg/c\.py: cannot write: .*; nothing restored; run `migrate rollback` again"
    ):
        committed.roll_back(run)
    assert committed.state() == applied
    assert committed.on_record(1).state == "rolling-back"
    blocked.rmdir()
    assert committed.roll_back(run).restored == tuple(CHANGES)
    assert committed.state() == before


def refuse_once(monkeypatch: pytest.MonkeyPatch, name: str, when: Callable[..., bool]) -> None:
    """Let the first call of `os.<name>` for which `when` holds fail."""
    real = getattr(os, name)
    left = [True]

    def call(*args: object, **kwargs: object) -> object:
        if left and when(*args):
            left.clear()
            raise OSError(5, os.strerror(5))
        return real(*args, **kwargs)

    monkeypatch.setattr(os, name, call)


def test_a_replacement_that_fails_can_be_taken_up_again(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    before = committed.state()
    run = committed.apply(CHANGES)
    refuse_once(monkeypatch, "replace", lambda old, new: str(new).endswith("c.py"))
    with pytest.raises(
        WriteFailed,
        match=r"^pkg/c\.py: cannot write: Input/output error; run `migrate rollback` again to restore the rest$",
    ):
        committed.roll_back(run)
    assert committed.on_record(1).state == "rolling-back"
    assert committed.read("a.py") == b"import a\n"
    assert committed.read("pkg/c.py") == b"new c\r\n"
    assert not list(committed.root.rglob("*.tmp"))
    assert committed.roll_back(run).restored == ("pkg/c.py",)
    assert committed.state() == before


def test_names_that_cannot_be_made_durable(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    before = committed.state()
    run = committed.apply(CHANGES)
    inode = (committed.root / "pkg").stat().st_ino
    refuse_once(monkeypatch, "fsync", lambda descriptor: os.fstat(descriptor).st_ino == inode)
    with pytest.raises(
        WriteFailed, match="cannot write: Input/output error; run `migrate rollback` again to make it last"
    ):
        committed.roll_back(run)
    assert committed.on_record(1).state == "rolling-back"
    assert committed.state() == before
    assert committed.roll_back(run).restored == ()
    assert committed.on_record(1).state == "rolled-back"


def test_a_file_edited_while_others_are_restored_is_not_overwritten(committed: Tree) -> None:
    before = committed.state()
    run = committed.apply(CHANGES)
    with pytest.raises(
        ChangedMeanwhile, match=r"^pkg/c\.py: changed while run 1 was rolled back; it and those after it"
    ):
        committed.roll_back(run, progress=lambda done: committed.write("pkg/c.py", b"edited\n"))
    assert committed.read("pkg/c.py") == b"edited\n"
    assert committed.on_record(1).state == "rolling-back"
    assert not list(committed.root.rglob("*.tmp"))
    result = committed.roll_back(run, force=True)
    assert committed.git("show", f"{result.kept}:pkg/c.py") == b"edited\n"
    assert committed.state() == before


@pytest.mark.parametrize("newer", [b"newer\n", None], ids=["edited again", "deleted"])
def test_a_newer_version_that_changes_after_it_was_kept(committed: Tree, newer: bytes | None) -> None:
    run = committed.apply(CHANGES)
    committed.write("pkg/c.py", b"edited\n")

    def change(_done: int) -> None:
        if newer is None:
            (committed.root / "pkg/c.py").unlink(missing_ok=True)
        else:
            committed.write("pkg/c.py", newer)

    with pytest.raises(ChangedMeanwhile):
        committed.roll_back(run, force=True, progress=change)
    assert (committed.root / "pkg/c.py").exists() == (newer is not None)


def test_ctrl_c_waits_until_all_files_are_back(committed: Tree) -> None:
    before = committed.state()
    run = committed.apply(CHANGES)
    with pytest.raises(KeyboardInterrupt):
        committed.roll_back(run, progress=lambda done: os.kill(os.getpid(), signal.SIGINT))
    assert committed.state() == before
    assert committed.on_record(1).state == "rolled-back"


def test_a_snapshot_that_is_gone_is_not_missed_where_nothing_has_to_be_restored(committed: Tree) -> None:
    run = committed.apply({"a.py": b"new\n"})
    committed.git("update-ref", "-d", str(run.ref))
    committed.git("gc", "--quiet", "--prune=now")
    committed.write("a.py", b"import a\n")
    assert committed.roll_back(run).restored == ()
    assert committed.on_record(1).state == "rolled-back"


def test_nothing_is_overwritten_unless_it_is_asked_for(committed: Tree) -> None:
    run = committed.apply({"a.py": b"new\n"})
    committed.write("a.py", b"edited\n")
    with committed.journal() as journal, pytest.raises(DriftedSince):
        roll_back(committed.open(), journal, run)


def test_what_the_journal_says_of_a_rollback(committed: Tree) -> None:
    run = committed.apply({"a.py": b"new\n"})
    committed.write("a.py", b"edited\n")
    with committed.journal() as journal:
        result = roll_back(committed.open(), journal, run, force=True, reason="why", state="failed")
        events = [(event.event, event.detail) for event in journal.events(1)]
    assert events == [
        ("applying", committed.git("rev-parse", "HEAD").decode().strip()),
        ("applied", ""),
        ("kept", "refs/migrate/demo/kept-run-1"),
        ("rolling-back", "why"),
        ("failed", "why"),
    ]
    assert (result.run.state, result.run.detail) == ("failed", "why")
    subject = committed.git("log", "-1", "--format=%s", str(result.kept)).decode()
    assert subject == "Files edited since run 1, kept before its rollback\n"
    subject = committed.git("log", "-1", "--format=%s%n%b", str(run.ref)).decode()
    assert re.fullmatch(r"Before run 1, phase 3 of demo\nTaken at \d+ ns by process \d+\.\n+", subject)


def test_a_file_that_vanishes_just_now_is_as_good_as_deleted(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    run = committed.apply({"new.py": b"new\n"})
    unlink = Path.unlink

    def vanish(path: Path, missing_ok: bool = False) -> None:
        if path.name == "new.py":
            unlink(path)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", vanish)
    committed.roll_back(run)
    assert committed.on_record(1).state == "rolled-back"


@pytest.mark.parametrize("what", ["link", "repository", "file"])
def test_a_root_that_has_become_something_else(tmp_path: Path, committed: Tree, what: str) -> None:
    root = Tree(committed.top, committed.root / "pkg")
    run = root.apply({"c.py": b"new\n"})
    (committed.root / "pkg").rename(tmp_path / "outside")
    if what == "link":
        (committed.root / "pkg").symlink_to(tmp_path / "outside")
    elif what == "repository":
        (committed.root / "pkg").mkdir()
        subprocess.run(["git", "init", "--quiet"], cwd=committed.root / "pkg", check=True)
        (committed.root / "pkg/c.py").write_bytes(b"new\n")
    else:
        (committed.root / "pkg").write_bytes(b"")
    with pytest.raises(OutsideRoot, match="pkg"):
        committed.roll_back(run, force=True)
    assert (tmp_path / "outside/c.py").read_bytes() == b"new\n"


def test_a_root_that_is_gone_comes_back(committed: Tree) -> None:
    run = Tree(committed.top, committed.root / "pkg").apply({"c.py": b"new\n"})
    (committed.root / "pkg/c.py").unlink()
    (committed.root / "pkg").rmdir()
    committed.roll_back(run, force=True)
    assert committed.read("pkg/c.py") == b"import c"


def test_a_file_of_the_users_with_a_name_like_ours_stays(committed: Tree) -> None:
    run = committed.apply({"a.py": b"new\n", "b.py": b"new\n"})
    committed.write(".migrate-1-1.tmp", b"mine\n")
    with pytest.raises(WriteFailed, match=r"^b\.py: cannot write: File exists; nothing restored; "):
        committed.roll_back(run)
    assert committed.read("a.py") == b"new\n"
    assert committed.read(".migrate-1-1.tmp") == b"mine\n"
    (committed.root / ".migrate-1-1.tmp").unlink()
    committed.roll_back(run)
    assert committed.read("b.py") == b"import b\n"


def test_permissions_that_had_to_give_way_are_told(committed: Tree) -> None:
    run = committed.apply({"a.py": b"new\n", "b.py": b"new\n"})
    (committed.root / "a.py").chmod(0o600)
    assert committed.roll_back(run).modes == (("a.py", 0o600, 0o644),)
    assert (committed.root / "a.py").stat().st_mode & 0o777 == 0o644


def test_a_journal_that_cannot_say_that_all_is_restored(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    before = committed.state()
    run = committed.apply(CHANGES)
    move = Journal.move

    def refuse(journal: Journal, run_id: int, state: str, detail: str = "") -> RunRecord:
        if state == "rolled-back":
            raise JournalUnusable(journal.path, "database or disk is full")
        return move(journal, run_id, state, detail)

    monkeypatch.setattr(Journal, "move", refuse)
    with pytest.raises(
        NotRecorded,
        match=r"^rolled back; every file of run 1 is as before, but the journal cannot say so \(database or disk is full\)",
    ):
        committed.roll_back(run)
    monkeypatch.undo()
    assert committed.state() == before
    assert committed.roll_back(run).restored == ()


def test_folders_that_an_earlier_rollback_made_again_are_flushed(
    committed: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = committed.apply({"pkg/c.py": None})
    flushed = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (flushed.append(os.fstat(descriptor).st_ino), sync(descriptor)))
    committed.roll_back(run)
    assert {(committed.root / folder).stat().st_ino for folder in ("pkg", ".")} <= set(flushed)
