"""What was done to the tree, durably: runs, their files and events, in SQLite inside the git directory."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from msgspec import Struct, field

from rollback.atomic import make_folder
from rollback.errors import JournalUnusable, escape, explain
from rollback.git import Git

SCHEMA = 4
"""The version of schema.sql, kept in the database as `user_version`."""

UNFINISHED = ("applying", "verifying", "rolling-back")
"""States of a run that was cut off, when nobody holds the lock."""

UNBORN = "unborn"
"""What is on record as the commit of HEAD where there was none yet."""

STANDING = ("applied", *UNFINISHED)
"""States of a run that has, or may have, its edits in the tree."""


class RunRequest(Struct, frozen=True):
    """What a run is about, before it has a number.

    Attributes:
        started_at: seconds since the epoch, when the phase began to look at the tree.
        edits, manual: how many edits are written, and findings left for a person.
        sites: how many edits of each kind.
        person_seconds: how long it has waited for answers.
        partial: only some of what was offered is taken.
        findings: what is left for a person, as JSON types.
    """

    plan: str
    phase: int
    started_at: float
    edits: int = 0
    manual: int = 0
    sites: Mapping[str, int] = field(default_factory=dict)
    person_seconds: float = 0.0
    partial: bool = False
    findings: Sequence[Mapping[str, object]] = ()


class Output(Struct, frozen=True):
    """What a command of a run had to say.

    Attributes:
        name: of the check, or "verify".
        attempt: from 1; 0 for a run on the tree as it was before phase 1.
        output: its last bytes, as they came.
    """

    name: str
    attempt: int
    output: bytes


class RunRecord(Struct, frozen=True):
    """One phase applied once, or one run of the checks.

    Attributes:
        state: "applying", "verifying" (written, and not yet verified or committed), "applied", "failed",
            "rolling-back", "rolled-back", or "passed".
        started_at, applied_at, ended_at: seconds since the epoch; `ended_at` is when it failed,
            passed or was rolled back.
        files, edits, manual: counts.
        snapshot, ref: the commit with the pre-images, and the private ref that keeps it.
        commit: the commit made of the run's files, if one was.
        detail: why it failed or was rolled back.
        prefix: its root, relative to the working tree's top: "" or "a/b/".
        sites: how many edits of each kind.
        person_seconds: of `seconds`, what it waited for answers.
        partial: only some of what was offered was taken.
    """

    id: int
    plan: str
    phase: int
    state: str
    started_at: float
    applied_at: float | None
    ended_at: float | None
    files: int
    edits: int
    manual: int
    snapshot: str | None
    ref: str | None
    commit: str | None
    detail: str
    prefix: str
    sites: Mapping[str, int] = field(default_factory=dict)
    person_seconds: float = 0.0
    partial: bool = False

    @property
    def seconds(self) -> float:
        """How long it took to apply, or to end without that; 0 while it is at work."""
        done = self.applied_at if self.applied_at is not None else self.ended_at
        return 0.0 if done is None else max(0.0, done - self.started_at)


class FileRecord(Struct, frozen=True):
    """One file of a run: what it was, and what the run made of it.

    Attributes:
        number: from 0 within the run.
        path: relative to the run's root, with "/".
        before_sha256, after_sha256: of the bytes before and after; None where there is no file.
        mode: permission bits before; None when there was no file.
        sites: how many edits of each kind; empty where that is not on record.
    """

    run_id: int
    number: int
    path: str
    before_sha256: str | None
    after_sha256: str | None
    mode: int | None
    sites: Mapping[str, int] = field(default_factory=dict)

    @property
    def temp(self) -> str:
        """The path of this file's temporary file: known again after a crash."""
        return f"{self.path.rpartition('/')[0]}/.migrate-{self.run_id}-{self.number}.tmp".lstrip("/")


class Event(Struct, frozen=True):
    """Something that happened to a run, `at` seconds since the epoch."""

    at: float
    event: str
    detail: str


_REQUESTED = "id, prefix, plan, phase, started_at, edits, manual, sites, person_seconds, partial, findings"
_PLACES = ", ".join("?" for _ in _REQUESTED.split(", "))
_BEGIN_ANEW = "move the file aside to begin a new one"

_RUN = """SELECT id, plan, phase, state, started_at, applied_at, ended_at,
    (SELECT count(*) FROM files WHERE run_id = runs.id), edits, manual,
    snapshot, ref, commit_id, detail, prefix, {} FROM runs"""
_SINCE_3 = "sites, person_seconds, partial"
_BEFORE_3 = "'{}', 0.0, 0"
"""What an older database, which is only read, has in their place."""


class Journal:
    """The journal of one working tree; close it, or use it as a context manager.

    Every method raises JournalUnusable when the database cannot be read or written.
    """

    def __init__(self, path: Path, prefix: str, connection: sqlite3.Connection | None, version: int = SCHEMA) -> None:
        self.path = path
        self._prefix = prefix
        self._connection = connection
        self._version = version

    @classmethod
    def open(cls, git: Git, *, create: bool) -> Journal:
        """Open the journal of `git`'s working tree.

        Args:
            create: make it when there is none. Otherwise nothing is written, and no journal
                reads as an empty one.
        Raises:
            JournalUnusable: no database, damaged, or written by a newer version.
        """
        path = git.private("journal.sqlite3")
        with _guarded(path):
            if not create and not path.exists():
                return cls(path, git.prefix, None)
            make_folder(path.parent)
            connection = _connect(path, create=create)
            try:
                version = _prepare(connection, path, create=create)
                journal = cls(path, git.prefix, connection, version)
                if not version:
                    journal.close()
                return journal
            except BaseException:
                connection.close()
                raise

    def close(self) -> None:
        """Close the database; the journal then reads as empty."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def runs(self, plan: str | None = None) -> tuple[RunRecord, ...]:
        """All runs, or those of one plan, oldest first."""
        rows = self._select(f"{self._run} WHERE plan = coalesce(?, plan) ORDER BY id", plan)
        return tuple(_run_record(row) for row in rows)

    def run(self, run_id: int) -> RunRecord:
        """The run as it is on record now."""
        rows = self._select(f"{self._run} WHERE id = ?", run_id)
        if not rows:
            raise JournalUnusable(self.path, f"there is no run {run_id}")
        return _run_record(rows[0])

    def interrupted(self) -> RunRecord | None:
        """The run that was cut off; it is at work instead while somebody holds the lock."""
        found = [run for run in self.runs() if run.state in UNFINISHED]
        return found[-1] if found else None

    def files(self, run_id: int) -> tuple[FileRecord, ...]:
        """The files of a run, in the order they were written."""
        sites = "sites" if self._version >= 4 else "'{}'"
        rows = self._select(
            f"SELECT run_id, number, path, before_sha256, after_sha256, mode, {sites} FROM files"  # noqa: S608
            " WHERE run_id = ? ORDER BY number",
            run_id,
        )
        return tuple(_file_record(row) for row in rows)

    def folders(self, run_id: int) -> tuple[str, ...]:
        """The folders a run created, parents before children."""
        rows = self._select("SELECT path FROM folders WHERE run_id = ? ORDER BY path", run_id)
        return tuple(os.fsdecode(row[0]) for row in rows)

    def events(self, run_id: int) -> tuple[Event, ...]:
        """What happened to a run, oldest first."""
        rows = self._select("SELECT at, event, detail FROM events WHERE run_id = ? ORDER BY id", run_id)
        return tuple(Event(*row) for row in rows)

    def began_at(self, run_id: int) -> str:
        """The commit that HEAD named when a run began, or `UNBORN`; "" where it is not on record."""
        return next((event.detail for event in self.events(run_id) if event.event == "applying"), "")

    def checks(self, run_id: int) -> list[dict[str, object]]:
        """The results that `record_check_run` was given."""
        rows = self._select("SELECT checks FROM runs WHERE id = ?", run_id)
        results: list[dict[str, object]] = json.loads(rows[0][0]) if rows else []
        return results

    def findings(self, run_id: int) -> list[dict[str, object]]:
        """What a run left to a person, as its request had it; nothing for runs of older versions."""
        rows = self._select("SELECT findings FROM runs WHERE id = ?", run_id) if self._version >= 3 else []
        found: list[dict[str, object]] = json.loads(rows[0][0]) if rows else []
        return found

    def seen(self, run_id: int) -> dict[str, str | None]:
        """What `record_check_run` was given of the files; nothing for runs of older versions."""
        rows = self._select("SELECT seen FROM runs WHERE id = ?", run_id) if self._version >= 4 else []
        found: dict[str, str | None] = json.loads(rows[0][0]) if rows else {}
        return found

    def outputs(self, run_id: int) -> tuple[Output, ...]:
        """What the commands of a run had to say, by name and attempt; nothing for runs of older versions."""
        query = "SELECT name, attempt, output FROM outputs WHERE run_id = ? ORDER BY rowid"
        return tuple(Output(*row) for row in (self._select(query, run_id) if self._version >= 3 else []))

    def is_pruned(self, run_id: int) -> bool:
        """Whether the snapshot of a run was given up."""
        return any(event.event == "pruned" for event in self.events(run_id))

    def last_id(self) -> int:
        """The highest number given to a run, or 0."""
        rows = self._select("SELECT max(id) FROM runs")
        return int(rows[0][0] or 0) if rows else 0

    def begin(
        self,
        run_id: int,
        request: RunRequest,
        *,
        snapshot: str,
        ref: str,
        files: Sequence[FileRecord],
        folders: Sequence[str],
        head: str = "",
    ) -> RunRecord:
        """Record a run as "applying", with all its files and the commit it began at, before a file is written."""
        with self._transaction() as connection:
            connection.execute(
                f"INSERT INTO runs ({_REQUESTED}, state, snapshot, ref) VALUES ({_PLACES}, 'applying', ?, ?)",  # noqa: S608 - constants
                (*self._requested(run_id, request), snapshot, ref),
            )
            connection.executemany(
                "INSERT INTO files (run_id, number, path, before_sha256, after_sha256, mode, sites)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        *(run_id, f.number, os.fsencode(f.path), f.before_sha256, f.after_sha256, f.mode),
                        json.dumps(dict(f.sites)),
                    )
                    for f in files
                ],
            )
            connection.executemany(
                "INSERT INTO folders (run_id, path) VALUES (?, ?)",
                [(run_id, os.fsencode(path)) for path in folders],
            )
            connection.execute("DELETE FROM announced WHERE ref = ?", (ref,))
            _add_event(connection, run_id, "applying", head)
        return self.run(run_id)

    def move(self, run_id: int, state: str, detail: str = "") -> RunRecord:
        """Record that a run has come to `state`, now."""
        with self._transaction() as connection:
            connection.execute(
                """UPDATE runs SET state = :state, detail = :detail,
                    applied_at = CASE WHEN :state = 'applied' THEN :now ELSE applied_at END,
                    ended_at = CASE WHEN :state IN ('failed', 'rolled-back') THEN :now ELSE ended_at END
                WHERE id = :id""",
                {"id": run_id, "state": state, "detail": escape(detail), "now": time.time()},
            )
            _add_event(connection, run_id, state, detail)
        return self.run(run_id)

    def record_kept(self, run_id: int, ref: str) -> None:
        """Record where the newer versions of a run's files were kept."""
        with self._transaction() as connection:
            _add_event(connection, run_id, "kept", ref)
            connection.execute("DELETE FROM announced WHERE ref = ?", (ref,))

    def announce(self, ref: str) -> None:
        """Record that `ref` is about to be made; it is nobody's until `begin` or `record_kept` claims it."""
        with self._transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO announced (ref) VALUES (?)", (ref,))

    def disown(self, ref: str) -> None:
        """Record that an announced ref is gone."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM announced WHERE ref = ?", (ref,))

    def announced(self) -> tuple[str, ...]:
        """Refs that were announced and not claimed, or given up: nobody needs them."""
        return tuple(row[0] for row in self._select("SELECT ref FROM announced ORDER BY ref"))

    def kept(self, run_id: int) -> tuple[str, ...]:
        """The refs with newer versions of a run's files, oldest first."""
        if self.is_pruned(run_id):
            return ()
        return tuple(event.detail for event in self.events(run_id) if event.event == "kept")

    def prune(self, run_id: int) -> None:
        """Give up a run's snapshot and the newer versions kept for it; their refs are announced, to be deleted."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO announced (ref) SELECT ref FROM runs WHERE id = ? AND ref IS NOT NULL"
                " UNION SELECT detail FROM events WHERE run_id = ? AND event = 'kept'",
                (run_id, run_id),
            )
            connection.execute("UPDATE runs SET snapshot = NULL, ref = NULL WHERE id = ?", (run_id,))
            _add_event(connection, run_id, "pruned", "")

    def record_commit(self, run_id: int, sha: str) -> RunRecord:
        """Record the commit that was made of a run's files."""
        with self._transaction() as connection:
            connection.execute("UPDATE runs SET commit_id = ? WHERE id = ?", (sha, run_id))
            _add_event(connection, run_id, "committed", sha)
        return self.run(run_id)

    def record_output(self, run_id: int, output: Output) -> None:
        """Keep what a command of a run had to say."""
        with self._transaction() as connection:
            _add_output(connection, run_id, output)

    def record_check_run(
        self,
        request: RunRequest,
        state: str,
        checks: Sequence[Mapping[str, object]],
        outputs: Sequence[Output] = (),
        detail: str = "",
        seen: Mapping[str, str | None] | None = None,
    ) -> RunRecord:
        """Record a run that only checked the tree, and ends now: no files, nothing to roll back.

        Args:
            state: "passed" or "failed".
            checks: the results, as JSON types. outputs: what each command had to say.
            detail: why it failed, or what it left out.
            seen: sha256 by path of files that were there to be looked at, as they were; None for no file.
        """
        run_id = self.last_id() + 1
        with self._transaction() as connection:
            connection.execute(
                f"INSERT INTO runs ({_REQUESTED}, state, ended_at, checks, detail, seen)"  # noqa: S608 - constants
                f" VALUES ({_PLACES}, ?, ?, ?, ?, ?)",
                (
                    *self._requested(run_id, request),
                    *(state, time.time(), json.dumps(checks), escape(detail), json.dumps(dict(seen or {}))),
                ),
            )
            for output in outputs:
                _add_output(connection, run_id, output)
            _add_event(connection, run_id, state, detail)
        return self.run(run_id)

    @property
    def _run(self) -> str:
        return _RUN.format(_SINCE_3 if self._version >= 3 else _BEFORE_3)

    def _requested(self, run_id: int, request: RunRequest) -> tuple[object, ...]:
        """The values of `_REQUESTED`."""
        return (
            run_id, os.fsencode(self._prefix), request.plan, request.phase, request.started_at, request.edits,
            request.manual, json.dumps(dict(request.sites)), request.person_seconds, request.partial,
            json.dumps(list(request.findings)),
        )  # fmt: skip

    def _select(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        if self._connection is None:
            return []
        with _guarded(self.path):
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        if self._connection is None:
            raise JournalUnusable(self.path, "it was opened for reading and is not there")
        with _guarded(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # after some failures SQLite has rolled back by itself
                    self._connection.execute("ROLLBACK")
                raise


def _connect(path: Path, *, create: bool) -> sqlite3.Connection:
    # mode=rw even for reading: a reader has to finish or undo what a killed writer left in the
    # database's own rollback file; otherwise it changes nothing.
    address = f"file:{quote(os.fsencode(path))}?mode={'rwc' if create else 'rw'}"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=30)


def _prepare(connection: sqlite3.Connection, path: Path, *, create: bool) -> int:
    """Check the database, and make its tables if asked to; the version of its schema, 0 when it has none."""
    connection.execute("PRAGMA foreign_keys = ON")
    # FULL alone does not flush the folder after a commit: a power cut may bring SQLite's own rollback file back,
    # and with it the state before the commit. https://www.sqlite.org/pragma.html#pragma_synchronous
    connection.execute("PRAGMA synchronous = EXTRA")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA:
        raise JournalUnusable(path, f"a newer version wrote it (schema {version}, this one knows {SCHEMA})")
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise JournalUnusable(path, f"{verdict}; {_BEGIN_ANEW}")
    if not create:
        return int(version)
    names = ["schema.sql"] if version == 0 else [f"schema_from_{number}.sql" for number in range(version, SCHEMA)]
    for name in names:
        script = resources.files("rollback").joinpath(name).read_text(encoding="utf-8")
        connection.executescript(f"BEGIN IMMEDIATE; {script}; COMMIT;")
    return SCHEMA


@contextmanager
def _guarded(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # ours, not the database's: let it be seen
    except sqlite3.Error as error:
        raise JournalUnusable(path, _explain(error)) from error
    except OSError as error:
        raise JournalUnusable(path, explain(error)) from error


def _explain(error: sqlite3.Error) -> str:
    """SQLite's words, and what may be behind an error of its file system calls."""
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if "disk I/O" in str(error) and limit != resource.RLIM_INFINITY:
        return f"{error}; files may not grow beyond {limit} bytes here (ulimit -f)"
    if error.__class__ is sqlite3.DatabaseError:
        return f"{error}; {_BEGIN_ANEW}"
    return str(error)


def _add_event(connection: sqlite3.Connection, run_id: int, event: str, detail: str) -> None:
    connection.execute(
        "INSERT INTO events (run_id, at, event, detail) VALUES (?, ?, ?, ?)",
        (run_id, time.time(), event, escape(detail)),
    )


def _add_output(connection: sqlite3.Connection, run_id: int, output: Output) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO outputs (run_id, name, attempt, output) VALUES (?, ?, ?, ?)",
        (run_id, output.name, output.attempt, output.output),
    )


def _file_record(row: tuple[Any, ...]) -> FileRecord:
    facts = [*row[:2], os.fsdecode(row[2]), *row[3:6], json.loads(row[6])]
    return FileRecord(*facts)


def _run_record(row: tuple[Any, ...]) -> RunRecord:
    facts = [*row[:14], os.fsdecode(row[14]), json.loads(row[15]), row[16], bool(row[17])]
    return RunRecord(*facts)
