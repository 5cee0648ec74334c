"""documents.py, timeline.py, report.py and errors.py: values in, values out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec.structs import replace

from migrate.documents import phase_document
from migrate.edits import Edit, Span
from migrate.errors import Exit, MigrateError, PlanError, UsageError, exit_code_of
from migrate.findings import Finding
from migrate.findings_report import findings_summary
from migrate.plan import Plan, parse_plan
from migrate.preview import FilePreview, Preview
from migrate.preview_report import summary
from migrate.terminal import duration, run_line
from migrate.timeline import iso, state_of, timeline
from rollback.errors import GitMissing, RepositoryError
from rollback.journal import RunRecord

PLAN: Plan = parse_plan(
    {
        "plan": {"name": "test", "budget_minutes": 10},
        "phase4": {"minutes": 4, "call": [{"callee": "m:f", "remove": ["x"]}]},
        "phase5": {},
    },
    "migrate.toml",
)
RUN = RunRecord(1, "test", 4, "applied", 1000.0, 1002.5, None, 2, 3, 1, None, None, None, "", "")


def ended(state: str, seconds: float, **facts: Any) -> RunRecord:
    return replace(RUN, state=state, ended_at=RUN.started_at + seconds, **facts)


def preview_of(before: bytes, *edits: Edit, findings: tuple[Finding, ...] = (), kept: int = 0) -> Preview:
    files = (FilePreview("a.py", before, 0o644, edits),) if edits else ()
    return Preview(PLAN, 4, files, findings, 1, kept, (), 0.1)


@pytest.mark.parametrize(
    ("before", "start", "end", "place", "text"),
    [
        pytest.param("é(x)\n".encode(), 3, 4, (1, 3, 1, 4), "x", id="utf-8"),
        pytest.param(b"# coding: latin-1\n\xe9(x)\n", 20, 21, (2, 3, 2, 4), "x", id="latin-1 counts in utf-8"),
        pytest.param(b"# coding: latin-1\n\xe9(x)\n", 18, 19, (2, 0, 2, 2), "é", id="latin-1 text"),
        pytest.param(b"\xef\xbb\xbff(x)\n", 5, 6, (1, 2, 1, 3), "x", id="byte order mark"),
        pytest.param(b"\xff\xfe(\n", 0, 4, (1, 0, 2, 0), "ÿþ(\n", id="no text in any encoding"),
        pytest.param(b"f(\r\n  x)\r\n", 2, 7, (1, 2, 2, 3), "\r\n  x", id="two lines"),
        pytest.param(b"f()", 2, 2, (1, 2, 1, 2), "", id="insertion"),
    ],
)
def test_places_of_edits(before: bytes, start: int, end: int, place: tuple[int, ...], text: str) -> None:
    found = preview_of(before, Edit(Span(start, end), b"y", "remove-keyword", 0))
    document = phase_document(found, "dry-run", 0.12345)
    (edit,) = document["files"][0]["edits"]
    assert tuple(edit[key] for key in ("line", "column", "end_line", "end_column")) == place
    assert (edit["before"], edit["after"], edit["kind"]) == (text, "y", "remove-keyword")
    assert document["seconds"] == 0.123
    assert "checks" not in document


def test_summaries_count_in_words() -> None:
    error = Finding(4, "a.py", 1, 0, "keyword-conflict", "m:f", "both")
    warnings = [replace(error, code=code) for code in ("keyword-spread", "shadowed", "shadowed")]
    assert findings_summary(()) == "no findings"
    assert findings_summary((error,)) == "1 error (keyword-conflict 1)"
    assert findings_summary(warnings) == "3 warnings (keyword-spread 1, shadowed 2)"
    found = preview_of(b"f(x)\n", Edit(Span(2, 3), b"y", "x", 0), findings=(error,), kept=2)
    assert summary(found, "would change") == (
        "phase4: 1 edit in 1 file would change; 2 sites kept by a `# migrate: keep` comment; 1 error (keyword-conflict 1)"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (10, "10 s"),
        (38.4, "38 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 00 min"),
        (4200, "1 h 10 min"),
        (360_000, "100 h 00 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("runs", "state"),
    [
        ([], "pending"),
        (["applied"], "applied"),
        (["applied", "rolled-back"], "applied"),
        (["applied", "failed"], "applied"),
        (["rolled-back", "failed"], "failed"),
        (["failed", "rolled-back"], "rolled-back"),
        (["applied", "applying"], "interrupted"),
        (["rolling-back", "applied"], "interrupted"),
    ],
)
def test_state_of_a_phase(runs: list[str], state: str) -> None:
    assert state_of([replace(RUN, state=each) for each in runs], 4) == state


CHECKED = ended("passed", 100.0, phase=5, applied_at=None, files=0)


@pytest.mark.parametrize(
    ("runs", "state"),
    [
        pytest.param([RUN, CHECKED], "passed", id="after the last edit"),
        pytest.param([replace(CHECKED, state="failed"), CHECKED], "passed", id="once more"),
        pytest.param([CHECKED, replace(CHECKED, state="failed")], "failed", id="no more"),
        pytest.param([CHECKED, replace(RUN, id=9, applied_at=1200.0)], "pending", id="a phase applied since"),
        pytest.param(
            [replace(CHECKED, id=8), replace(RUN, id=9, started_at=10.0, applied_at=20.0)],
            "pending",
            id="a phase applied since, by a clock that was set back",
        ),
        pytest.param([ended("rolled-back", 150.0), CHECKED], "pending", id="a phase rolled back since"),
        pytest.param([ended("failed", 50.0), CHECKED], "passed", id="a phase that failed before"),
    ],
)
def test_what_was_checked_holds_until_the_next_edit(runs: list[RunRecord], state: str) -> None:
    assert state_of(runs, 5) == state


def test_the_timeline_adds_up_all_runs_and_counts_those_that_stand() -> None:
    """A failed run has taken its time; its edits are not in the tree."""
    runs = [
        ended("failed", 1.0, id=1, applied_at=None, files=9, edits=9),
        replace(RUN, id=2, files=1, edits=1, manual=5, started_at=1004.0, applied_at=1006.5, person_seconds=0.5),
        replace(RUN, id=3, started_at=1010.0, applied_at=1011.0),
        replace(ended("passed", 60.0, id=4, phase=5, applied_at=None), started_at=9000.0, ended_at=9060.0),
    ]
    found = timeline(PLAN, runs)
    fourth, fifth = found.phases
    assert (fourth.state, fourth.files, fourth.edits, fourth.manual) == ("applied", 3, 4, 1)
    assert (fourth.tool_seconds, fourth.person_seconds) == (1.0 + 2.0 + 1.0, 3.0 + 0.5 + 3.5)
    assert (fourth.seconds, fourth.started_at, fourth.ended_at) == (11.0, 1000.0, 1011.0)
    assert (fifth.state, fifth.seconds, fifth.planned_minutes) == ("passed", 60.0, None)
    assert [(pause.start, pause.end) for pause in found.pauses] == [(1011.0, 9000.0)]
    document = found.as_json()
    assert (document["actual_seconds"], document["planned_minutes"], document["budget_minutes"]) == (71.0, 4, 10)
    assert (document["tool_seconds"], document["person_seconds"], document["estimate"]) == (64.0, 7.0, None)
    assert document["phases"][0]["ended_at"] == "1970-01-01T00:16:51.000Z"
    assert [run["run"] for run in document["phases"][0]["runs"]] == [1, 2, 3]
    assert document["hints"] == ["the phases' planned minutes add up to 4, the budget is 10 minutes"]


@pytest.mark.parametrize(
    ("runs", "left", "rate", "minutes"),
    [
        pytest.param([], {4: 6}, None, {4: 4, 5: None}, id="by the plan"),
        pytest.param([], {4: 0}, None, {4: 0, 5: None}, id="nothing to edit"),
        pytest.param([replace(RUN, started_at=1000.0, applied_at=1060.0)], {}, 3.0, {4: 0, 5: None}, id="applied"),
        pytest.param(
            [replace(RUN, started_at=1000.0, applied_at=1060.0), ended("failed", 1.0, id=2)],
            {4: 6}, 3.0 / 1.0, {4: 2.0, 5: None}, id="by what was done in a minute",
        ),
    ],
)  # fmt: skip
def test_estimate(
    runs: list[RunRecord], left: dict[int, int], rate: float | None, minutes: dict[int, float | None]
) -> None:
    found = timeline(PLAN, runs[:1], left).estimate
    assert found is not None
    assert (found.edits_left, found.edits_per_minute, dict(found.phases)) == (sum(left.values()), rate, minutes)
    assert found.minutes == sum(m or 0 for m in minutes.values())


def test_validation_that_is_done_takes_no_more_time() -> None:
    found = timeline(PLAN, [CHECKED], {4: 0}).estimate
    assert found is not None
    assert found.phases[5] == 0.0
    assert found.as_json()["minutes"] == 0.0


def test_a_run_that_is_at_work_has_no_end() -> None:
    (line, _) = timeline(PLAN, [replace(RUN, state="applying", applied_at=None)]).phases
    assert (line.state, line.seconds, line.ended_at) == ("interrupted", 0.0, None)


def test_times_are_utc() -> None:
    there = datetime(2024, 2, 29, 23, 30, 0, 250_000, timezone(timedelta(hours=-5)))
    assert iso(there.timestamp()) == "2024-03-01T04:30:00.250Z"
    assert iso(None) is None


def test_a_run_in_words() -> None:
    when = datetime.fromtimestamp(1000.0, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    assert run_line(RUN) == f"run 1: phase4 of test, 2 files, {when}, applied"
    assert (
        run_line(replace(RUN, files=1, state="failed", detail="no"))
        == f"run 1: phase4 of test, 1 file, {when}, failed: no"
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MigrateError("x"), Exit.FINDINGS),
        (UsageError("x"), Exit.USAGE),
        (PlanError(["x", "y"]), Exit.USAGE),
        (RepositoryError("x"), Exit.REPOSITORY),
        (GitMissing("2"), Exit.REPOSITORY),
        (KeyboardInterrupt(), Exit.INTERRUPTED),
        (ValueError("x"), Exit.FINDINGS),
    ],
)
def test_exit_codes(error: BaseException, code: Exit) -> None:
    assert exit_code_of(error) is code


def test_a_plan_error_is_one_line_for_each_mistake() -> None:
    assert str(PlanError(["one", "two"])) == "one\ntwo"
