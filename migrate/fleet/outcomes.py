"""What came of the command in one repository: from an exit code and what it printed to a row of the table."""

from __future__ import annotations

import json
import signal
from typing import Any, Literal, get_args

from msgspec import Struct

from migrate.errors import Exit
from migrate.fleet.tasks import Task
from migrate.process import readable
from rollback.errors import count, escape

State = Literal["done", "nothing to do", "findings", "failed", "blocked", "not run", "interrupted"]
STATES: tuple[State, ...] = get_args(State)

_ENDED = (-signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP)
_BY_SIGNAL = 128
_BESIDE = ("next: ", "== ", "stopped at ", "explain a code: ", " ", "\t", "}")
"""How a line begins that is not the one about an error."""


class Outcome(Struct, frozen=True):
    """One repository's row.

    Attributes:
        name, root: as in its task.
        exit_code: of the command, 128 and the number for a signal; None where it was not started.
        edits, files: made, or to be made where the command only looks; files that a rollback took back.
        findings: that the command lists.
        message: the line on what is wrong; empty where nothing is.
        seconds: wall time.
        said: what the command had to say to people; not on record.
    """

    name: str
    root: str
    state: State
    exit_code: int | None = None
    edits: int = 0
    files: int = 0
    findings: int = 0
    message: str = ""
    seconds: float = 0.0
    said: str = ""

    @property
    def is_done(self) -> bool:
        """Nothing is left to do here for this command."""
        return self.exit_code == Exit.DONE

    def as_json(self) -> dict[str, Any]:
        """The entry in the document of `migrate fleet --json`."""
        return {
            "root": self.root,
            "state": self.state,
            "exit_code": self.exit_code,
            "edits": self.edits,
            "files": self.files,
            "findings": self.findings,
            "message": self.message,
            "seconds": round(self.seconds, 3),
        }

    def in_words(self) -> str:
        """The cell of the table: what is wrong, or what was found or done."""
        if self.message and self.state != "findings":
            return self.message
        parts = []
        if self.edits:
            parts.append(f"{count(self.edits, 'edit')} in {count(self.files, 'file')}")
        elif self.files:
            parts.append(count(self.files, "file"))
        if self.findings:
            parts.append(count(self.findings, "finding"))
        return ", ".join(parts)


class Ended(Struct, frozen=True):
    """How a process ended.

    Attributes:
        returncode: its exit code, negative for the signal that ended it.
        out, err: what it printed. stopped: it was told to end, as the fleet was.
    """

    returncode: int
    out: bytes
    err: bytes
    seconds: float
    stopped: bool = False


def not_started(task: Task, why: str) -> Outcome:
    """The row of a repository for which there is no process."""
    return Outcome(task.name, task.root, "failed", message=why)


def outcome_of(task: Task, ended: Ended) -> Outcome:
    """The row of a repository in which the command has ended, however it did."""
    said = readable(ended.err).strip()
    code = ended.returncode
    document: dict[str, Any] = {}
    if code == Exit.INTERRUPTED or (ended.stopped and code in _ENDED):
        state: State = "interrupted"
        message, code = "interrupted; nothing is left half done", int(Exit.INTERRUPTED)
    elif code < 0:
        state, message = "failed", f"ended by {_signal(-code)}"
        code = _BY_SIGNAL - code
    else:
        document = _document(ended.out)
        state = _state(task, code, document)
        message = "" if code == Exit.DONE else _message(task, document, said)
    edits, files = _sizes(task, document)
    findings = len(_findings(document)) or _counted(document)
    shown = said if task.verbose else ""
    return Outcome(task.name, task.root, state, code, edits, files, findings, message, ended.seconds, shown)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _document(out: bytes) -> dict[str, Any]:
    try:
        found = json.loads(out)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _state(task: Task, code: int, document: dict[str, Any]) -> State:
    if code == Exit.DONE:
        return "nothing to do" if _is_nothing(document) else "done"
    if code == Exit.REPOSITORY:
        return "blocked"
    if code != Exit.FINDINGS or "error" in document or not document:
        return "failed"
    return "findings" if _blocking(task, document) or (task.looks_only and not _failed_checks(document)) else "failed"


def _parts(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The phases of a document of several, the runs of a rollback, or the document itself."""
    parts: list[dict[str, Any]] = document.get("phases", document.get("rolled_back", [document]))
    return parts


def _is_nothing(document: dict[str, Any]) -> bool:
    if "rolled_back" in document:
        return not document["rolled_back"]
    modes = {part.get("mode") for part in _parts(document)}
    return modes == {"nothing-to-do"}


def _sizes(task: Task, document: dict[str, Any]) -> tuple[int, int]:
    """Edits and files that the command has made, or would make where it only looks."""
    edits = files = 0
    for part in _parts(document):
        found = part.get("files", part.get("files_left", 0))
        if not isinstance(found, list):
            edits += part.get("edits", part.get("edits_left", 0))
            files += found
        elif task.looks_only or part.get("mode") == "applied":
            edits += sum(len(file["edits"]) for file in found)
            files += len(found)
    return edits, files


def _findings(document: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document.get("findings", [])
    return found or [finding for part in _parts(document) for finding in part.get("manual", ())]


def _counted(document: dict[str, Any]) -> int:
    """Findings of a document that only counts them."""
    return sum(part.get("errors", 0) + part.get("warnings", 0) for part in _parts(document))


def _blocking(task: Task, document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        finding for finding in _findings(document) if task.fails_over in ("warning", finding.get("severity", "error"))
    ]


def _failed_checks(document: dict[str, Any]) -> list[dict[str, Any]]:
    checks = [check for part in _parts(document) for check in part.get("checks", ())]
    return [check for check in checks if not check["passed"] and check["ended"] != "not-run"]


def _message(task: Task, document: dict[str, Any], said: str) -> str:
    """The line on what is wrong; empty where the numbers say it all."""
    if document.get("error"):
        return escape(str(document["error"]).split("\n")[0])
    for check in _failed_checks(document):
        return escape(f"check {check['name']!r}: {check['message'] or check['ended']}")
    for finding in _blocking(task, document):
        return escape(f"{finding['path']}:{finding['line']}: {finding['code']}: {finding['message']}")
    lines = [line for line in said.split("\n") if line and not line.startswith(_BESIDE)]
    return escape(lines[-1]) if lines else "" if document else "it said nothing"
