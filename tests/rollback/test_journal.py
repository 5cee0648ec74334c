"""The journal keeps what it is told, refuses what makes no sense, and reading changes nothing."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from trees import Tree

import rollback
from rollback.apply import apply_changes
from rollback.errors import JournalUnusable
from rollback.git import Git
from rollback.journal import UNBORN, FileRecord, Journal, Output, RunRecord, RunRequest, _guarded

SHA = "0" * 64
REQUEST = RunRequest("demo", 3, 1000.0, 7, 2)


def begin(
    journal: Journal, run_id: int = 1, request: RunRequest = REQUEST, paths: tuple[str, ...] = ("a.py",)
) -> RunRecord:
    files = [FileRecord(run_id, number, path, SHA, SHA, 0o644) for number, path in enumerate(paths)]
    return journal.begin(
        run_id, request, snapshot="f" * 40, ref=f"refs/migrate/demo/run-{run_id}", files=files, folders=[]
    )


def database(tree: Tree) -> Path:
    return tree.root / ".git/migrate/journal.sqlite3"


def test_no_journal_reads_as_an_empty_one(tree: Tree) -> None:
    with Journal.open(tree.open(), create=False) as journal:
        assert journal.runs() == journal.files(1) == journal.events(1) == journal.folders(1) == ()
        assert journal.checks(1) == []
        assert journal.last_id() == 0
        assert journal.interrupted() is None
        with pytest.raises(JournalUnusable, match="there is no run 1"):
            journal.run(1)
        with pytest.raises(JournalUnusable, match="it was opened for reading and is not there"):
            begin(journal)
    assert tree.private_files() == set()


def test_an_empty_file_reads_as_an_empty_journal_until_it_is_made(tree: Tree) -> None:
    database(tree).parent.mkdir()
    database(tree).touch()
    with Journal.open(tree.open(), create=False) as journal:
        assert journal.runs() == ()
    assert database(tree).read_bytes() == b""
    with tree.journal() as journal:
        assert begin(journal).id == 1


def test_a_run_from_begin_to_end(tree: Tree) -> None:
    with tree.journal() as journal:
        run = begin(journal)
        assert (run.state, run.files, run.edits, run.manual, run.seconds) == ("applying", 1, 7, 2, 0.0)
        assert journal.interrupted() == run
        applied = journal.move(1, "applied")
        assert applied.applied_at is not None
        assert applied.seconds == applied.applied_at - 1000.0
        assert journal.interrupted() is None
        assert journal.record_commit(1, "abc").commit == "abc"
        assert journal.move(1, "rolling-back", "why").state == "rolling-back"
        assert journal.interrupted() == journal.run(1)
        journal.record_kept(1, "refs/x")
        ended = journal.move(1, "rolled-back", "why")
        assert (ended.detail, ended.applied_at, ended.seconds) == ("why", applied.applied_at, applied.seconds)
        assert ended.ended_at is not None
        assert [(event.event, event.detail) for event in journal.events(1)] == [
            ("applying", ""), ("applied", ""), ("committed", "abc"), ("rolling-back", "why"), ("kept", "refs/x"),
            ("rolled-back", "why"),
        ]  # fmt: skip


def test_a_failed_run_took_until_it_failed(tree: Tree) -> None:
    with tree.journal() as journal:
        begin(journal)
        run = journal.move(1, "failed", "no\nspace \udcff")
    assert run.ended_at is not None
    assert run.seconds == run.ended_at - 1000.0
    assert run.detail == r"no\nspace \udcff"


def test_a_clock_set_back_is_no_negative_time(tree: Tree) -> None:
    with tree.journal() as journal:
        begin(journal, request=RunRequest("demo", 3, 9e12, 0, 0))
        assert journal.move(1, "applied").seconds == 0.0


def test_runs_are_told_apart_by_plan(tree: Tree) -> None:
    with tree.journal() as journal:
        begin(journal, 4)
        begin(journal, 7, RunRequest("other", 1, 0.0, 0, 0))
        assert [run.id for run in journal.runs()] == [4, 7]
        assert [run.id for run in journal.runs("other")] == [7]
        assert journal.runs("third") == ()
        assert journal.last_id() == 7


def test_files_and_folders_keep_their_names_and_order(tree: Tree) -> None:
    paths = ("z.py", os.fsdecode(b"b/\xff\n.py"), "ü.py")
    with tree.journal() as journal:
        journal.begin(
            1, REQUEST, snapshot="f" * 40, ref="refs/migrate/demo/run-1", folders=["b/c", "b"],
            files=[FileRecord(1, n, path, None, SHA, None) for n, path in enumerate(paths)],
        )  # fmt: skip
        assert [file.path for file in journal.files(1)] == list(paths)
        assert journal.files(1)[1].temp == os.fsdecode(b"b/.migrate-1-1.tmp")
        assert journal.files(1)[0].temp == ".migrate-1-0.tmp"
        assert journal.folders(1) == ("b", "b/c")


def test_the_edits_of_each_file_are_on_record(committed: Tree) -> None:
    change = replace(committed.change("a.py", b"1\n"), sites={"import": 2, "use": 1})
    with committed.journal() as journal:
        apply_changes(committed.open(), journal, REQUEST, [change])
        (file,) = journal.files(1)
    assert (file.path, file.sites) == ("a.py", {"import": 2, "use": 1})


def test_the_root_is_on_record(tree: Tree) -> None:
    (tree.root / "pkg").mkdir()
    with Journal.open(Git.open(tree.root / "pkg"), create=True) as journal:
        assert begin(journal).prefix == "pkg/"


def test_the_commit_that_a_run_began_at(committed: Tree) -> None:
    first = committed.open().head()
    committed.apply({"a.py": b"1\n"})
    committed.commit()
    committed.roll_back(committed.on_record(1))
    committed.apply({"a.py": b"2\n"})
    with committed.journal() as journal:
        begin(journal, 3)
        assert [journal.began_at(number) for number in (1, 2, 3, 4)] == [first, committed.open().head(), "", ""]
    assert first != committed.open().head()


def test_a_run_may_begin_before_the_first_commit(tree: Tree) -> None:
    tree.write("a.py", b"")
    tree.apply({"a.py": b"1\n"})
    with tree.journal() as journal:
        assert journal.began_at(1) == UNBORN


@pytest.mark.parametrize(("passed", "state"), [(True, "passed"), (False, "failed")])
def test_a_check_run(tree: Tree, passed: bool, state: str) -> None:
    checks: list[dict[str, object]] = [{"name": "süite", "passed": 8, "detail": "\udcff"}]
    with tree.journal() as journal:
        begin(journal)
        request = RunRequest("demo", 5, time.time() - 2.5, manual=1, partial=True)
        seen = {"a.py": SHA, "b\udcff.py": None}
        run = journal.record_check_run(request, state, checks, [Output("süite", 1, b"\xff8 passed\0")], "only\n", seen)
        assert (run.id, run.phase, run.state, run.files, run.manual, run.partial) == (2, 5, state, 0, 1, True)
        assert (run.detail, 2.5 <= run.seconds < 60) == ("only\\n", True)
        assert journal.checks(2) == checks
        assert journal.checks(1) == []
        assert (journal.seen(2), journal.seen(1), journal.seen(3)) == (seen, {}, {})
        assert journal.outputs(2) == (Output("süite", 1, b"\xff8 passed\0"),)
        assert [event.event for event in journal.events(2)] == [state]


def test_what_a_run_was_about_is_kept(tree: Tree) -> None:
    findings = [{"code": "star-import", "path": "b\udcff.py"}]
    request = RunRequest("demo", 3, 1000.0, 7, 1, {"import": 5, "use": 2}, 12.5, True, findings)
    with tree.journal() as journal:
        begin(journal, request=request)
        journal.record_output(1, Output("verify", 1, b"1"))
        journal.record_output(1, Output("verify", 1, b"2"))
    with tree.journal() as journal:
        run = journal.run(1)
        assert (run.edits, run.sites, run.person_seconds, run.partial) == (7, {"import": 5, "use": 2}, 12.5, True)
        assert journal.findings(1) == findings
        assert journal.outputs(1) == (Output("verify", 1, b"2"),)
        assert (journal.findings(2), journal.outputs(2)) == ([], ())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE runs SET state = 'odd'",
        "UPDATE runs SET phase = 6",
        "UPDATE runs SET state = 'applied'",
        "UPDATE runs SET state = 'rolled-back'",
        "UPDATE runs SET ref = NULL",
        "UPDATE files SET mode = NULL",
        "UPDATE files SET before_sha256 = 'short'",
        "INSERT INTO files (run_id, number, path) VALUES (1, 9, CAST('a.py' AS BLOB))",
        "UPDATE events SET at = 0",
        "DELETE FROM events",
        "INSERT INTO events (run_id, at, event) VALUES (1, 0, 'odd')",
    ],
)
def test_the_schema_refuses(tree: Tree, statement: str) -> None:
    with tree.journal() as journal:
        begin(journal)
    connection = sqlite3.connect(database(tree))
    try:
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)
    finally:
        connection.close()


def test_a_refused_run_leaves_nothing(tree: Tree) -> None:
    with tree.journal() as journal:
        with pytest.raises(sqlite3.IntegrityError):
            begin(journal, paths=("a.py", "a.py"))
        assert journal.runs() == ()
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            journal.record_kept(1, "refs/x")
        begin(journal)


def test_reading_changes_nothing(tree: Tree) -> None:
    with tree.journal() as journal:
        begin(journal)
    before = database(tree).read_bytes(), database(tree).stat().st_mtime_ns
    with Journal.open(tree.open(), create=False) as journal:
        assert len(journal.runs()) == 1
        assert tree.private_files() == {"journal.sqlite3"}
    assert (database(tree).read_bytes(), database(tree).stat().st_mtime_ns) == before


def test_closing_twice(tree: Tree) -> None:
    journal = tree.journal()
    journal.close()
    journal.close()
    assert journal.runs() == ()


@pytest.mark.parametrize("create", [True, False])
def test_a_file_that_is_no_database(tree: Tree, create: bool) -> None:
    database(tree).parent.mkdir()
    database(tree).write_bytes(b"something else\n" * 100)
    with pytest.raises(
        JournalUnusable,
        match=r"journal\.sqlite3: journal unusable: file is not a database; move the file aside to begin a new one; ",
    ) as caught:
        Journal.open(tree.open(), create=create)
    assert str(caught.value).startswith(f"{database(tree)}: ")


@pytest.mark.parametrize("first", [2, -1], ids=["all but its first pages", "its last page"])
def test_a_damaged_database(tree: Tree, first: int) -> None:
    with tree.journal() as journal:
        begin(journal, paths=tuple(f"file-{n}.py" for n in range(200)))
    content = bytearray(database(tree).read_bytes())
    damaged = len(content[4096 * first :])
    content[-damaged:] = b"\xff" * damaged
    database(tree).write_bytes(content)
    with pytest.raises(JournalUnusable, match="journal unusable") as caught:
        Journal.open(tree.open(), create=True)
    assert "\n" not in str(caught.value)


def test_a_database_damaged_meanwhile(tree: Tree) -> None:
    with tree.journal() as journal:
        begin(journal)
        database(tree).write_bytes(b"something else\n" * 100)
        with pytest.raises(JournalUnusable) as caught:
            journal.runs()
    assert str(caught.value).startswith(f"{database(tree)}: ")


def test_a_journal_of_a_newer_version(tree: Tree) -> None:
    tree.journal().close()
    connection = sqlite3.connect(database(tree))
    connection.execute("PRAGMA user_version = 5")
    connection.close()
    with pytest.raises(
        JournalUnusable, match=r"journal\.sqlite3: .*a newer version wrote it \(schema 5, this one knows 4\)"
    ):
        Journal.open(tree.open(), create=False)


def test_an_error_of_the_disk_names_the_limit_of_files(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (4096, 4096))
    with (
        pytest.raises(
            JournalUnusable, match=r"disk I/O error; files may not grow beyond 4096 bytes here \(ulimit -f\)"
        ),
        _guarded(database(tree)),
    ):
        raise sqlite3.OperationalError("disk I/O error")
    monkeypatch.setattr("resource.getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    with pytest.raises(JournalUnusable, match=r"unusable: disk I/O error; nothing written"), _guarded(database(tree)):
        raise sqlite3.OperationalError("disk I/O error")


def make_older(tree: Tree, version: int) -> None:
    """A journal as an older version wrote it, with a run that was rolled back by force."""
    folder = tree.root / ".git/migrate"
    folder.mkdir()
    connection = sqlite3.connect(folder / "journal.sqlite3")
    connection.executescript((Path(__file__).parent / f"schema_{version}.sql").read_text())
    connection.execute(
        "INSERT INTO runs (id, prefix, plan, phase, state, started_at, ended_at, snapshot, ref)"
        " VALUES (1, x'', 'demo', 3, 'rolled-back', 1.0, 2.0, 'f', 'refs/migrate/demo/run-1')"
    )
    connection.execute("INSERT INTO files (run_id, number, path) VALUES (1, 0, CAST('a.py' AS BLOB))")
    connection.execute("INSERT INTO events (run_id, at, event, detail) VALUES (1, 1.5, 'kept', 'refs/migrate/demo/x')")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("version", [1, 2, 3])
def test_an_older_journal_is_read_as_it_is(tree: Tree, version: int) -> None:
    make_older(tree, version)
    before = database(tree).read_bytes()
    with Journal.open(tree.open(), create=False) as journal:
        assert [(run.id, run.sites, run.person_seconds, run.partial) for run in journal.runs()] == [(1, {}, 0.0, False)]
        assert (journal.findings(1), journal.outputs(1), journal.seen(1)) == ([], (), {})
        assert [(file.path, file.sites) for file in journal.files(1)] == [("a.py", {})]
        assert journal.kept(1) == ("refs/migrate/demo/x",)
    assert database(tree).read_bytes() == before


@pytest.mark.parametrize("version", [1, 2, 3])
def test_an_older_journal_is_brought_up_when_it_is_written(tree: Tree, version: int) -> None:
    make_older(tree, version)
    with tree.journal() as journal:
        assert [(event.event, event.at) for event in journal.events(1)] == [("kept", 1.5)]
        begin(journal, 2)
        journal.announce("refs/migrate/demo/run-3")
        journal.prune(1)
        assert journal.announced() == ("refs/migrate/demo/run-1", "refs/migrate/demo/run-3", "refs/migrate/demo/x")
    with tree.journal() as journal:
        assert journal.is_pruned(1)
    connection = sqlite3.connect(database(tree))
    with pytest.raises(sqlite3.IntegrityError, match="events are append-only"):
        connection.execute("DELETE FROM events")
    with pytest.raises(sqlite3.IntegrityError, match="events are append-only"):
        connection.execute("UPDATE events SET at = 0")
    fresh = Tree(tree.top.parent / "fresh", tree.top.parent / "fresh")
    fresh.top.mkdir()
    fresh.git("init", "--quiet")
    fresh.journal().close()
    shape = "SELECT type, name, replace(replace(sql, 'IF NOT EXISTS ', ''), '\"', '') FROM sqlite_master ORDER BY name"
    tables = [sqlite3.connect(database(each)).execute(shape).fetchall() for each in (tree, fresh)]
    assert [row[:2] for row in tables[0]] == [row[:2] for row in tables[1]]
    connection.close()


def test_a_git_directory_that_cannot_be_written(tree: Tree) -> None:
    (tree.root / ".git/migrate").write_bytes(b"in the way")
    with pytest.raises(JournalUnusable, match="File exists"):
        tree.journal()


def test_a_root_with_odd_characters(tmp_path: Path, tree: Tree) -> None:
    odd = tmp_path / os.fsdecode(b"a?b#c%41\n d\xff")
    tree.root.rename(odd)
    with Tree(odd, odd).journal() as journal:
        begin(journal)
    assert (odd / ".git/migrate/journal.sqlite3").exists()


CRASH = """
import os, sys
from pathlib import Path
import sqlite3
from rollback.git import Git
from rollback.journal import Journal
journal = Journal.open(Git.open(Path(sys.argv[1])), create=True)
with journal._transaction() as connection:
    connection.execute("PRAGMA cache_spill = 1")
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("UPDATE runs SET detail = ?", ("x" * 1000000,))
    os._exit(9)
"""


def test_a_reader_repairs_what_a_killed_writer_left(tree: Tree) -> None:
    with tree.journal() as journal:
        begin(journal)
    environment = {**os.environ, "PYTHONPATH": str(Path(rollback.__file__).parents[1])}
    assert subprocess.run([sys.executable, "-c", CRASH, str(tree.root)], env=environment).returncode == 9
    assert "journal.sqlite3-journal" in tree.private_files()
    with Journal.open(tree.open(), create=False) as journal:
        assert journal.run(1).detail == ""
