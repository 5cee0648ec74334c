"""Every error is one line that a terminal can show."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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


def test_wording() -> None:
    assert str(errors.Interrupted(RUN)) == (
        r"run 7 (phase 3 of 'issue\n620') was interrupted; run `migrate rollback` to restore it"
    )
    assert str(errors.DriftedSince(RUN, ["shop/api.py", "shop/cli.py"], 41)) == (
        "2 of 41 files edited since run 7: shop/api.py, shop/cli.py; nothing restored;"
        " --force keeps the newer versions under a private ref"
    )
