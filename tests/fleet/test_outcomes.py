"""From an exit code and what a command printed to a row of the table."""

from __future__ import annotations

import json
import pickle
import signal
from typing import Any

import pytest
from msgspec.structs import replace

from migrate.fleet.outcomes import Ended, Outcome, not_started, outcome_of
from migrate.fleet.tasks import Task

TASK = Task("shop", "/x/shop", "/x/shop", ("phase3", "--yes"))
LOOK = replace(TASK, command=("check",), looks_only=True)

ERROR = {"path": "a.py", "line": 3, "code": "import-cycle", "severity": "error", "message": "in a circle"}
WARNING = {**ERROR, "code": "star-import", "severity": "warning", "message": "a star"}
TWO_FILES = [{"edits": [1, 2]}, {"edits": [3]}]
CHECK = {"name": "suite", "passed": False, "ended": "failed", "message": "passed = 8, found 7"}


def phase(mode: str, *, manual: Any = (), files: Any = (), **more: Any) -> dict[str, Any]:
    return {"schema": 1, "mode": mode, "files": list(files), "manual": list(manual), **more}


def end(code: int, document: object = None, said: str = "", task: Task = TASK, *, stopped: bool = False) -> Outcome:
    out = b"" if document is None else json.dumps(document).encode()
    return outcome_of(task, Ended(code, out, said.encode(), 0.25, stopped))


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        pytest.param(end(0, phase("applied", files=TWO_FILES)), ("done", 3, 2, 0, ""), id="applied"),
        pytest.param(
            end(0, phase("nothing-to-do", manual=[WARNING])), ("nothing to do", 0, 0, 1, ""), id="nothing to do"
        ),
        pytest.param(
            end(0, phase("dry-run", files=TWO_FILES), task=LOOK), ("done", 3, 2, 0, ""), id="what a dry run would do"
        ),
        pytest.param(
            end(0, {"phases": [phase("nothing-to-do"), phase("applied", files=TWO_FILES)]}),
            ("done", 3, 2, 0, ""),
            id="all phases",
        ),
        pytest.param(
            end(0, {"phases": [phase("nothing-to-do")]}), ("nothing to do", 0, 0, 0, ""), id="all phases, nothing"
        ),
        pytest.param(
            end(0, {"rolled_back": [{"files": 2}, {"files": 1}]}), ("done", 0, 3, 0, ""), id="taken back"
        ),
        pytest.param(end(0, {"rolled_back": []}), ("nothing to do", 0, 0, 0, ""), id="nothing to take back"),
        pytest.param(
            end(0, {"phases": [{"files_left": 2, "edits_left": 3, "errors": 1, "warnings": 2}]}, task=LOOK),
            ("done", 3, 2, 3, ""),
            id="status",
        ),
        pytest.param(
            end(0, {"phases": [{"files": 2, "edits": 3, "errors": 0, "warnings": 1}], "findings": [WARNING]}, task=LOOK),
            ("done", 3, 2, 1, ""),
            id="check",
        ),
        pytest.param(end(0), ("done", 0, 0, 0, ""), id="no document"),
        pytest.param(
            end(1, {"findings": [WARNING, ERROR]}, task=LOOK),
            ("findings", 0, 0, 2, "a.py:3: import-cycle: in a circle"),
            id="check with an error",
        ),
        pytest.param(
            end(1, {"findings": [WARNING]}, task=replace(LOOK, fails_over="warning")),
            ("findings", 0, 0, 1, "a.py:3: star-import: a star"),
            id="guard, or --strict",
        ),
        pytest.param(
            end(1, phase("dry-run", files=TWO_FILES), task=LOOK), ("findings", 3, 2, 0, ""), id="--check with edits"
        ),
        pytest.param(
            end(1, phase("dry-run", files=TWO_FILES, manual=[ERROR]), "phase3: blocked\nnext: migrate phase3"),
            ("findings", 0, 0, 1, "a.py:3: import-cycle: in a circle"),
            id="blocked by its findings",
        ),
        pytest.param(
            end(1, phase("dry-run", files=TWO_FILES, manual=[WARNING]),
                "x verify\n    exit code 0: found 1\nphase3: verification failed; rolled back\nnext: migrate phase3"),
            ("failed", 0, 0, 1, "phase3: verification failed; rolled back"),
            id="verification failed",
        ),
        pytest.param(
            end(1, phase("dry-run", manual=[ERROR]), "phase3: failed", replace(TASK, fails_over=None)),
            ("failed", 0, 0, 1, "phase3: failed"),
            id="failed with --force",
        ),
        pytest.param(
            end(1, phase("applied", checks=[{**CHECK, "passed": True}, CHECK, {**CHECK, "ended": "not-run"}])),
            ("failed", 0, 0, 0, "check 'suite': passed = 8, found 7"),
            id="a check failed",
        ),
        pytest.param(
            end(1, phase("applied", checks=[{**CHECK, "message": "", "ended": "timed-out"}]), task=LOOK),
            ("failed", 0, 0, 0, "check 'suite': timed-out"),
            id="a check of a rehearsal ran out of time",
        ),
        pytest.param(
            end(1, {"error": "phase3: phase1 comes first\nmore", "exit_code": 1}),
            ("failed", 0, 0, 0, "phase3: phase1 comes first"),
            id="out of order",
        ),
        pytest.param(
            end(2, {"error": "migrate.toml: no such file", "exit_code": 2}),
            ("failed", 0, 0, 0, "migrate.toml: no such file"),
            id="no plan",
        ),
        pytest.param(
            end(3, {"error": "a\x1bb.py: dirty", "exit_code": 3}),
            ("blocked", 0, 0, 0, "a\\x1bb.py: dirty"),
            id="in the way, control characters spelled out",
        ),
        pytest.param(
            end(3, {"phases": []}, "== phase1: x\na.py: dirty\n  more\nstopped at phase1; 1 run\nnext: mend it"),
            ("blocked", 0, 0, 0, "a.py: dirty"),
            id="in the way of all phases",
        ),
        pytest.param(end(1), ("failed", 0, 0, 0, "it said nothing"), id="no word"),
        pytest.param(
            end(1, said="internal error: KeyError: 1; please report it"),
            ("failed", 0, 0, 0, "internal error: KeyError: 1; please report it"),
            id="a mistake of ours",
        ),
        pytest.param(end(0, [1]), ("done", 0, 0, 0, ""), id="a document that is none"),
        pytest.param(
            end(130, phase("applied")),
            ("interrupted", 0, 0, 0, "interrupted; nothing is left half done"),
            id="interrupted",
        ),
        pytest.param(
            end(-signal.SIGTERM, stopped=True),
            ("interrupted", 0, 0, 0, "interrupted; nothing is left half done"),
            id="told to end before it listened",
        ),
        pytest.param(end(0, phase("applied"), stopped=True), ("done", 0, 0, 0, ""), id="too late to be interrupted"),
        pytest.param(end(-signal.SIGTERM), ("failed", 0, 0, 0, "ended by SIGTERM"), id="ended by somebody else"),
        pytest.param(end(-signal.SIGKILL), ("failed", 0, 0, 0, "ended by SIGKILL"), id="killed"),
        pytest.param(end(-77), ("failed", 0, 0, 0, "ended by signal 77"), id="a signal without a name"),
        pytest.param(not_started(TASK, "no process"), ("failed", 0, 0, 0, "no process"), id="not started"),
    ],
)  # fmt: skip
def test_row(outcome: Outcome, expected: tuple[str, int, int, int, str]) -> None:
    assert (outcome.state, outcome.edits, outcome.files, outcome.findings, outcome.message) == expected
    assert (outcome.name, outcome.root) == ("shop", "/x/shop")
    assert outcome.is_done == (outcome.state in ("done", "nothing to do"))
    assert pickle.loads(pickle.dumps(outcome)) == outcome


@pytest.mark.parametrize(
    ("outcome", "code"), [(end(-signal.SIGKILL), 137), (end(-signal.SIGTERM, stopped=True), 130), (end(3), 3)]
)
def test_exit_code(outcome: Outcome, code: int) -> None:
    assert (outcome.exit_code, outcome.as_json()["exit_code"]) == (code, code)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome("a", "/a", "done", 0, 2, 1, 3), "2 edits in 1 file, 3 findings"),
        (Outcome("a", "/a", "done", 0, 0, 2), "2 files"),
        (Outcome("a", "/a", "findings", 1, 1, 1, 1, "a.py:1: x"), "1 edit in 1 file, 1 finding"),
        (Outcome("a", "/a", "failed", 1, 1, 1, 1, "no"), "no"),
        (Outcome("a", "/a", "nothing to do", 0), ""),
    ],
)
def test_in_words(outcome: Outcome, words: str) -> None:
    assert outcome.in_words() == words


def test_what_was_said_is_kept_where_it_is_asked_for() -> None:
    assert end(0, phase("applied"), "\x1b[1mbold\x1b[0m\n").said == ""
    assert end(0, phase("applied"), "\x1b[1mbold\x1b[0m\n", replace(TASK, verbose=True)).said == "bold"


@pytest.mark.parametrize(
    ("task", "arguments"),
    [
        (TASK, "phase3 --json --root /x/shop --quiet --yes"),
        (replace(TASK, plan="/p", jobs=1, verbose=True), "phase3 --json --root /x/shop --plan /p --jobs 1 --yes"),
    ],
)
def test_arguments(task: Task, arguments: str) -> None:
    assert " ".join(task.arguments) == arguments
    assert pickle.loads(pickle.dumps(task)) == task
