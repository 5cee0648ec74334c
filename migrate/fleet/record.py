"""What has come of each repository so far, one durable line each: a fleet that was killed goes on from there."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from migrate.errors import Exit, MigrateError, UsageError
from migrate.fleet.outcomes import STATES, Outcome
from migrate.fleet.tasks import Task
from rollback.atomic import sync_folder
from rollback.errors import escape, explain

SCHEMA = 1

_PATIENCE_S = 5.0
_POLL_S = 0.05
_KEPT = ("name", "root", "state", "exit_code", "edits", "files", "findings", "message", "seconds")


class RecordBusy(MigrateError):
    """Another fleet writes this record, or what it has started is still at work."""

    exit_code = Exit.REPOSITORY

    def __init__(self, path: Path) -> None:
        super().__init__(f"fleet: {escape(str(path))}: another fleet is at work with this record; wait for it to end")


class RecordUnusable(UsageError):
    """The file is none that this fleet can write, or resume by."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"fleet: {escape(str(path))}: {why}")


class Header(Struct, frozen=True):
    """What a record is of; only the same can be resumed.

    Attributes:
        command: the command and its options. plan_sha256: of the plan for all; None where each repository has its own.
    """

    command: tuple[str, ...]
    plan_sha256: str | None


def digest_of(plan: Path) -> str | None:
    """The SHA-256 of a plan's file; None where it cannot be read."""
    try:
        return sha256(plan.read_bytes()).hexdigest()
    except OSError:
        return None


class Record:
    """The record of a fleet at work, under a lock that all processes forked off this one hold as well.

    Attributes:
        ended: the outcomes on record, by root, with the digest of the plan that each is of; the last one counts.
    """

    def __init__(self, descriptor: int, ended: dict[str, tuple[Outcome, str | None]]) -> None:
        self._descriptor = descriptor
        self.ended = ended

    def done(self, task: Task) -> Outcome | None:
        """What is on record of a task that needs not be run again."""
        outcome, plan_sha256 = self.ended.get(task.root, (None, None))
        return outcome if outcome is not None and outcome.is_done and plan_sha256 == task.plan_sha256 else None

    def add(self, outcome: Outcome, task: Task) -> None:
        """Put an outcome on record; it is on disk when this returns."""
        facts = {key: value for key, value in asdict(outcome).items() if key in _KEPT}
        _append(self._descriptor, {**facts, "plan_sha256": task.plan_sha256})


@contextmanager
def recording(path: Path, header: Header, *, resume: bool) -> Iterator[Record]:
    """Begin a record in the place of an old one, or go on with that.

    Raises:
        RecordUnusable: it cannot be written, is no record, or is one of another command or plan.
        RecordBusy: another fleet is at work with it, and stays so for seconds.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | (0 if resume else os.O_CREAT), 0o666)
    except OSError as error:
        if resume and isinstance(error, FileNotFoundError):
            raise RecordUnusable(path, "no record to resume by; leave out --resume to begin") from error
        raise RecordUnusable(path, f"cannot be written: {explain(error)}; name another with --record FILE") from error
    try:
        _lock(descriptor, path)
        with open(descriptor, "rb", closefd=False) as file:
            whole, newline, torn = file.read().rpartition(b"\n")
        lines = (whole + newline).splitlines()
        ended = _read(path, lines, header) if resume else {}
        if resume:
            os.ftruncate(descriptor, len(whole + newline))  # a kill came in the midst of the last line
        else:
            if torn or lines:
                _refuse_other_file(path, lines)
            os.ftruncate(descriptor, 0)
            facts = {"schema": SCHEMA, "fleet": list(header.command), "plan_sha256": header.plan_sha256}
            _append(descriptor, facts)
            sync_folder(path.absolute().parent)
        yield Record(descriptor, ended)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    """What a killed fleet had at work takes a moment to put everything back."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > until:
                raise RecordBusy(path) from None
            time.sleep(_POLL_S)
        except OSError as error:
            raise RecordUnusable(
                path, f"cannot be locked: {explain(error)}; name another with --record FILE"
            ) from error


def _append(descriptor: int, facts: dict[str, Any]) -> None:
    line = json.dumps(facts).encode("ascii") + b"\n"
    while line:
        line = line[os.write(descriptor, line) :]
    os.fsync(descriptor)


def _header(lines: list[bytes]) -> Header | None:
    try:
        facts = json.loads(lines[0])
        return Header(tuple(facts["fleet"]), facts["plan_sha256"]) if facts["schema"] == SCHEMA else None
    except (IndexError, ValueError, KeyError, TypeError):
        return None


def _refuse_other_file(path: Path, lines: list[bytes]) -> None:
    if _header(lines) is None:
        raise RecordUnusable(path, "not the record of a fleet, and not replaced; name another with --record FILE")


def _read(path: Path, lines: list[bytes], header: Header) -> dict[str, tuple[Outcome, str | None]]:
    found = _header(lines)
    if found is None:
        raise RecordUnusable(path, "not the record of a fleet; leave out --resume to begin")
    if found.command != header.command:
        said = " ".join(found.command)
        raise RecordUnusable(path, f"the record of `{escape(said)}`; resume with that, or leave out --resume to begin")
    if found.plan_sha256 != header.plan_sha256:
        raise RecordUnusable(path, "the plan has changed since; leave out --resume to begin with it as it is now")
    ended = {}
    for number, line in enumerate(lines[1:], 2):
        try:
            facts = json.loads(line)
            outcome = Outcome(**{key: facts[key] for key in _KEPT})
            ended[outcome.root] = outcome, facts["plan_sha256"]
        except (ValueError, KeyError, TypeError) as error:
            why = f"line {number} is damaged; leave out --resume to begin"
            raise RecordUnusable(path, why) from error
        if outcome.state not in STATES:
            raise RecordUnusable(path, f"line {number}: {outcome.state!r} is no state; leave out --resume to begin")
    return ended
