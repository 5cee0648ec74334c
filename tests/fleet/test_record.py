"""The record of a fleet: durable lines, a torn last one, and what cannot be resumed."""

from __future__ import annotations

import fcntl
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from migrate.errors import MigrateError
from migrate.fleet import record
from migrate.fleet.outcomes import Outcome
from migrate.fleet.record import Header, digest_of, recording
from migrate.fleet.tasks import Task

HEADER = Header(("phase3", "--yes"), "ab12")
GOOD = Outcome("one", "/x/one", "done", 0, 2, 1, 0, "", 0.5)
BAD = Outcome("two", "/x/two", "blocked", 3, message="dirty")


def task(outcome: Outcome, plan_sha256: str | None = "ab12") -> Task:
    return Task(outcome.name, outcome.root, outcome.root, HEADER.command, "/plan", plan_sha256)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A record of one that is done and one that is not."""
    path = tmp_path / "repos.txt.fleet.jsonl"
    with recording(path, HEADER, resume=False) as new:
        for outcome in (GOOD, BAD):
            new.add(outcome, task(outcome))
    return path


def again(path: Path, header: Header = HEADER) -> dict[str, tuple[Outcome, str | None]]:
    with recording(path, header, resume=True) as old:
        return old.ended


def test_a_line_each_behind_what_it_is_of(file: Path) -> None:
    header, *lines = map(json.loads, file.read_text("ascii").splitlines())
    assert header == {"schema": 1, "fleet": ["phase3", "--yes"], "plan_sha256": "ab12"}
    assert [(line["root"], line["exit_code"], line["plan_sha256"]) for line in lines] == [
        ("/x/one", 0, "ab12"),
        ("/x/two", 3, "ab12"),
    ]


def test_resumed(file: Path) -> None:
    with recording(file, HEADER, resume=True) as old:
        assert (old.done(task(GOOD)), old.done(task(BAD))) == (GOOD, None)
        assert old.done(task(GOOD, "other")) is None, "its own plan is another one"
        old.add(Outcome("two", "/x/two", "done", 0), task(BAD))
        old.add(Outcome("one", "/x/one", "failed", 1), task(GOOD))
    assert {root: outcome.is_done for root, (outcome, _) in again(file).items()} == {"/x/one": False, "/x/two": True}


@pytest.mark.parametrize("torn", [b"{", b'{"name": "two"', b'{"name": "two", "root": "\xc3'])
def test_a_kill_in_the_midst_of_a_line(torn: bytes, file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole + torn)
    assert again(file)["/x/two"] == (BAD, "ab12")
    assert file.read_bytes() == whole


def test_a_new_one_takes_the_place_of_an_old_one(file: Path) -> None:
    with recording(file, Header(("check",), None), resume=False):
        pass
    assert json.loads(file.read_text()) == {"schema": 1, "fleet": ["check"], "plan_sha256": None}


@pytest.mark.parametrize(
    ("content", "header", "why"),
    [
        pytest.param(None, HEADER, "no record to resume by; leave out --resume to begin", id="none"),
        pytest.param("", HEADER, "not the record of a fleet; leave out --resume to begin", id="empty"),
        pytest.param('{"sche', HEADER, "not the record of a fleet; leave out --resume to begin", id="torn at once"),
        pytest.param("[1]\n", HEADER, "not the record of a fleet; leave out --resume to begin", id="other JSON"),
        pytest.param({"schema": 2}, HEADER, "not the record of a fleet; leave out --resume to begin", id="newer"),
        pytest.param({}, Header(("phase3", "--dry-run"), "ab12"), "the record of `phase3 --yes`; resume with that, or "
                     "leave out --resume to begin", id="other options"),
        pytest.param({}, Header(("phase3", "--yes"), "cd"), "the plan has changed since; leave out --resume to begin "
                     "with it as it is now", id="other plan"),
        pytest.param({}, Header(("phase3", "--yes"), None), "the plan has changed since; leave out --resume to begin "
                     "with it as it is now", id="no plan for all"),
    ],
)  # fmt: skip
def test_what_cannot_be_resumed(content: str | dict[str, Any] | None, header: Header, why: str, tmp_path: Path) -> None:
    path = tmp_path / "record"
    if isinstance(content, dict):
        facts = {"schema": 1, "fleet": ["phase3", "--yes"], "plan_sha256": "ab12"}
        content = json.dumps({**facts, **content}) + "\n"
    if content is not None:
        path.write_text(content)
    with pytest.raises(MigrateError) as raised:
        again(path, header)
    assert (str(raised.value), raised.value.exit_code) == (f"fleet: {path}: {why}", 2)
    assert path.exists() == (content is not None)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "line 4 is damaged"),
        ("[]", "line 4 is damaged"),
        ('{"name": 1}', "line 4 is damaged"),
        (json.dumps({"state": "gone"}), "line 4: 'gone' is no state"),
    ],
)
def test_a_damaged_line(line: str, why: str, file: Path) -> None:
    if "state" in line:
        line = json.dumps({**json.loads(file.read_text().splitlines()[1]), **json.loads(line)})
    file.write_text(f"{file.read_text()}{line}\n")
    with pytest.raises(MigrateError, match=why):
        again(file)


@pytest.mark.parametrize("content", ["a list of mine\n", "no line end"])
def test_another_file_is_not_replaced(content: str, tmp_path: Path) -> None:
    path = tmp_path / "mine"
    path.write_text(content)
    with pytest.raises(MigrateError, match="not the record of a fleet, and not replaced"):
        recording(path, HEADER, resume=False).__enter__()
    assert path.read_text() == content


@pytest.mark.parametrize("resume", [True, False])
def test_what_the_system_refuses(resume: bool, tmp_path: Path) -> None:
    why = "cannot be written: Is a directory; name another with --record FILE"
    with pytest.raises(MigrateError, match=why):
        recording(tmp_path, HEADER, resume=resume).__enter__()


def test_a_file_system_without_locks(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(MigrateError, match="cannot be locked: Function not implemented"):
        again(file)


def test_another_fleet_is_at_work(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "_PATIENCE_S", 0.1)
    with recording(file, HEADER, resume=True), pytest.raises(MigrateError, match="another fleet is at work") as raised:
        again(file)
    assert raised.value.exit_code == 3


def test_what_a_killed_fleet_had_at_work_is_waited_for(file: Path) -> None:
    ready = threading.Event()

    def hold() -> None:
        with recording(file, HEADER, resume=True):
            ready.set()
            time.sleep(0.2)

    other = threading.Thread(target=hold)
    other.start()
    ready.wait()
    assert len(again(file)) == 2
    other.join()


def test_a_line_that_is_written_in_parts(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = record.os.write
    monkeypatch.setattr(record.os, "write", lambda descriptor, line: write(descriptor, line[:7]))
    with recording(file, HEADER, resume=False) as new:
        new.add(GOOD, task(GOOD))
    assert again(file) == {"/x/one": (GOOD, "ab12")}


def test_digest(tmp_path: Path) -> None:
    (tmp_path / "plan").write_bytes(b"")
    assert digest_of(tmp_path / "plan") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest_of(tmp_path / "gone") is None
