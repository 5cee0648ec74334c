"""Every error is one line that a terminal can show."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from rollback import errors
from rollback.errors import RepositoryError, count, escape, explain, name_paths
from rollback.journal import RunRecord
from rollback.lock import Holder

RUN = RunRecord(7, "issue\n620", 3, "applied", 0.0, 1.0, None, 41, 50, 2, "f" * 40, "refs/\x1b", None, "", "")
BAD = "a\x1b[31m\n\u202e\udcff.py"
DENIED = PermissionError(13, "Permission denied")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("ünïcode 'x'.py", "ünïcode 'x'.py", id="printable"),
        pytest.param("a\nb\tc", r"a\nb\tc", id="control characters"),
        pytest.param("\x1b[31mü", r"\x1b[31mü", id="terminal escape"),
        pytest.param("a\u202egpj.py", r"a\u202egpj.py", id="bidirectional override"),
        pytest.param(os.fsdecode(b"\xff.py"), r"\udcff.py", id="undecodable byte"),
    ],
)
def test_escape(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_name_paths_cuts_long_lists() -> None:
    assert name_paths(["a", "b\n"]) == r"a, b\n"
    assert name_paths(list("abcde")) == "a, b, c, d, e"
    assert name_paths(list("abcdefg")) == "a, b, c, d, e and 2 more"


def test_explain_and_count() -> None:
    assert explain(DENIED) == "Permission denied"
    assert explain(OSError()) == "OSError"
    assert (count(1, "file"), count(0, "file")) == ("1 file", "0 files")


@pytest.mark.parametrize(
    "error",
    [
        errors.GitTooOld(BAD, "2.25"),
        errors.NotARepository(Path(BAD)),
        errors.NotTrusted(Path(BAD)),
        errors.GitFailed([], 1, ""),
        errors.GitFailed(["status"], 1, f"x\n{BAD}\n"),
        errors.Locked(Holder(1, BAD, 0.0)),
        errors.Interrupted(RUN),
        errors.NotApplied(RUN),
        errors.Drifted([BAD]),
        errors.DriftedSince(RUN, [BAD], 41),
        errors.LaterRuns(RUN, [RUN], [BAD]),
        errors.SavedPlanDrifted(Path(BAD), [BAD], 2),
        errors.ChangedMeanwhile(RUN, BAD),
        errors.NotRecorded(RUN, "why", BAD),
        errors.SnapshotPruned(RUN),
        errors.GitNotRun(DENIED),
        errors.NotSearched(f"error: {BAD}\n"),
        errors.GitFailed(["status"], -25, ""),
        errors.GitFailed(["status"], -999, ""),
        errors.OutsideRoot(BAD, "why"),
        errors.Unreadable(BAD, DENIED),
        errors.WriteFailed(BAD, DENIED),
        errors.NotRestored(RUN, [BAD], "why"),
        errors.SnapshotDamaged(RUN, BAD),
        errors.JournalUnusable(Path(BAD), BAD),
    ],
    ids=lambda error: type(error).__name__,
)
def test_one_printable_line(error: RepositoryError) -> None:
    assert str(error).isprintable()


RUN_4 = replace(RUN, id=4, plan="demo", ref="refs/migrate/demo/run-4")
HERE = Path("/r")


@pytest.mark.parametrize(
    ("error", "sentence", "facts"),
    [
        (errors.GitMissing("2.25"), "git was not found on PATH; install git 2.25 or newer", {}),
        (errors.GitTooOld("1.9", "2.25"), "git 1.9 is too old; git 2.25 or newer is needed", {"found": "1.9"}),
        (errors.NotARepository(HERE), "/r: not a git repository; run inside one, or name it with --root", {"root": HERE}),
        (
            errors.NotTrusted(HERE),
            "/r: git does not trust this repository, somebody else owns it; if you do, run "
            "`git config --global --add safe.directory /r`",
            {"root": HERE},
        ),
        (errors.GitNotRun(DENIED), "git cannot be run: Permission denied; nothing written", {"error": DENIED}),
        (
            errors.GitFailed(["status", "-z"], 128, "hint: a\nfatal: b\nc\n"),
            "git status failed with exit code 128: fatal: b",
            {"command": ("status", "-z"), "returncode": 128, "stderr": "hint: a\nfatal: b\nc\n"},
        ),
        (errors.GitFailed(["x"], 1, "a\n\nb\n \n"), "git x failed with exit code 1: b", {}),
        (errors.GitFailed(["x"], 1, "error: a\nb\n"), "git x failed with exit code 1: error: a", {}),
        (errors.GitFailed(["x"], 0, "\n"), "git x failed with exit code 0: no message", {}),
        (errors.GitFailed([], -25, ""), "git  was ended by SIGXFSZ (File size limit exceeded): no message", {}),
        (errors.GitFailed(["x"], -99, ""), "git x was ended by signal 99: no message", {}),
        (
            errors.NotSearched("error: failed to stat 'a'\n"),
            "git grep could not search every file: failed to stat 'a'; nothing written; make it readable, or leave it "
            "out with plan.exclude",
            {},
        ),
        (errors.Locked(None), "another migrate is at work in this repository; wait for it to end, then run again", {"holder": None}),
        (
            errors.Locked(Holder(9, "migrate phase3", 86400.0 * 365)),
            "`migrate phase3` (pid 9) is at work in this repository since "
            + time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(86400.0 * 365))
            + "; wait for it to end, then run again",
            {"holder": Holder(9, "migrate phase3", 86400.0 * 365)},
        ),
        (
            errors.Interrupted(RUN_4),
            "run 4 (phase 3 of 'demo') was interrupted; run `migrate rollback` to restore it",
            {"run": RUN_4},
        ),
        (errors.NotApplied(RUN_4), "run 4 (phase 3 of 'demo') is applied; nothing to roll back", {"run": RUN_4}),
        (
            errors.MovedOn(RUN_4, "rolled-back"),
            "run 4 (phase 3) was applied when it was shown and is rolled-back now; nothing restored; "
            "run `migrate rollback` again",
            {"run": RUN_4, "state": "rolled-back"},
        ),
        (
            errors.Drifted(["a", "b"]),
            "2 files changed since the edits were computed: a, b; nothing written; run the phase again",
            {"paths": ("a", "b")},
        ),
        (
            errors.Drifted(["a"], "every other file is as before"),
            "1 file changed since the edits were computed: a; every other file is as before; run the phase again",
            {"paths": ("a",)},
        ),
        (
            errors.SavedPlanDrifted(Path("/p\n.json"), ["a"], 1),
            r"1 of 1 file changed since /p\n.json was made: a; nothing written; make a new dry run",
            {"paths": ("a",)},
        ),
        (
            errors.SavedPlanDrifted(Path("/p.json"), list("abcdef"), 9),
            "6 of 9 files changed since /p.json was made: a, b, c, d, e and 1 more; nothing written; make a new dry run",
            {"paths": tuple("abcdef")},
        ),
        (
            errors.DriftedSince(RUN_4, ["a", "b"], 41),
            "2 of 41 files edited since run 4: a, b; nothing restored; --force keeps the newer versions under a private ref",
            {"run": RUN_4, "paths": ("a", "b"), "total": 41},
        ),
        (
            errors.ChangedMeanwhile(RUN_4, "a\n"),
            r"a\n: changed while run 4 was rolled back; it and those after it stay as they are; run `migrate rollback` again",
            {"run": RUN_4, "path": "a\n"},
        ),
        (
            errors.LaterRuns(RUN_4, [replace(RUN_4, id=5, phase=4), replace(RUN_4, id=6)], ["a", "b"]),
            "run 4 (phase 3) cannot be rolled back before run 5 (phase 4), run 6 (phase 3), which touched the same 2 files: "
            "a, b; nothing restored; `migrate rollback phase3` takes them back newest first",
            {"run": RUN_4, "later": (replace(RUN_4, id=5, phase=4), replace(RUN_4, id=6)), "paths": ("a", "b")},
        ),
        (errors.OutsideRoot("a", "is odd"), "a: is odd; not touched", {"path": "a", "why": "is odd"}),
        (errors.Unreadable("a", DENIED), "a: cannot read: Permission denied", {"path": "a", "error": DENIED}),
        (
            errors.WriteFailed("a", DENIED),
            "a: cannot write: Permission denied; every file is as before",
            {"path": "a", "error": DENIED},
        ),
        (
            errors.NotRestored(RUN_4, ["a", "b"], "why"),
            "run 4 failed and 2 files could not be restored: a, b (why); run `migrate rollback` to restore it",
            {"run": RUN_4, "paths": ("a", "b")},
        ),
        (
            errors.NotRecorded(RUN_4, "", "full"),
            "interrupted; every file of run 4 is as before, but the journal cannot say so (full); run `migrate rollback` "
            "when it can be written",
            {"run": RUN_4},
        ),
        (
            errors.SnapshotPruned(RUN_4),
            "run 4 (phase 3 of 'demo'): its snapshot was given up by `migrate journal prune`; nothing restored; undo "
            "it by hand or with git, and what came after it with `migrate rollback`, a phase at a time",
            {"run": RUN_4},
        ),
        (
            errors.SnapshotDamaged(RUN_4, "it is gone"),
            "run 4: its snapshot refs/migrate/demo/run-4 is damaged: it is gone; nothing restored",
            {"run": RUN_4, "why": "it is gone"},
        ),
        (
            errors.SnapshotDamaged(replace(RUN_4, ref=None), "none"),
            "run 4: its snapshot  is damaged: none; nothing restored",
            {},
        ),
        (
            errors.JournalUnusable(HERE, "full"),
            "/r: journal unusable: full; nothing written (pre-images stay under refs/migrate/)",
            {"path": HERE, "why": "full"},
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, RepositoryError) else "",
)  # fmt: skip
def test_wording(error: RepositoryError, sentence: str, facts: dict[str, object]) -> None:
    assert str(error) == sentence
    assert {name: getattr(error, name) for name in facts} == facts
