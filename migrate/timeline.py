"""The plan's phases joined with the journal: planned, applied, rolled back, failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from migrate.plan import Plan
from rollback.journal import UNFINISHED, RunRecord

SCHEMA = 1
_STATES = dict.fromkeys(UNFINISHED, "interrupted")


@dataclass(frozen=True, slots=True)
class PhaseLine:
    """One phase of the timeline.

    Attributes:
        state: "pending", "applied", "passed", "failed", "rolled-back", "running" or "interrupted", by its last run.
        planned_minutes: from the plan; None where it gives none.
        seconds: spent in all runs of the phase, those that failed or were rolled back included.
        started_at, ended_at: of the first and the last run, seconds since the epoch.
        files, edits, manual: of the runs that stand, or of the last run where none does.
    """

    phase: int
    title: str
    state: str
    planned_minutes: float | None
    seconds: float
    started_at: float | None
    ended_at: float | None
    files: int
    edits: int
    manual: int
    runs: tuple[RunRecord, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Planned against actual time, per phase and in all."""

    plan: Plan
    phases: tuple[PhaseLine, ...]

    @property
    def seconds(self) -> float:
        return sum(line.seconds for line in self.phases)

    def as_json(self) -> dict[str, Any]:
        """The document of `migrate timeline --json`."""
        return {
            "schema": SCHEMA,
            "plan": self.plan.name,
            "title": self.plan.plan.title,
            "budget_minutes": self.plan.plan.budget_minutes,
            "planned_minutes": self.plan.total_minutes,
            "actual_seconds": round(self.seconds, 3),
            "phases": [_phase_json(line) for line in self.phases],
            "hints": list(self.plan.hints()),
        }


def timeline(plan: Plan, runs: Sequence[RunRecord]) -> Timeline:
    """Join the plan with its runs.

    Args:
        runs: of this plan, oldest first.
    """
    return Timeline(plan, tuple(_line(plan, phase, runs) for phase in plan.phases))


def _line(plan: Plan, phase: int, every: Sequence[RunRecord]) -> PhaseLine:
    table = plan.phase(phase)
    assert table is not None
    runs = [run for run in every if run.phase == phase]
    standing = [run for run in runs if run.state == "applied"] or list(runs[-1:])
    ends = [end for run in runs if (end := _end(run)) is not None]
    return PhaseLine(
        phase=phase,
        title=table.title,
        state=state_of(every, phase),
        planned_minutes=table.minutes,
        seconds=sum(run.seconds for run in runs),
        started_at=runs[0].started_at if runs else None,
        ended_at=max(ends) if ends else None,
        files=sum(run.files for run in standing),
        edits=sum(run.edits for run in standing),
        manual=standing[-1].manual if standing else 0,
        runs=tuple(runs),
    )


def state_of(every: Sequence[RunRecord], phase: int) -> str:
    """Where a phase stands by the plan's runs, oldest first.

    What phase 5 found holds only until another phase is applied or rolled back; some checks that pass are not all.
    """
    runs = [run for run in every if run.phase == phase and not (run.state == "passed" and run.partial)]
    if not runs:
        return "pending"
    if any(run.state in _STATES for run in runs):
        return "interrupted"
    if runs[-1].state in ("failed", "rolled-back") and any(run.state == "applied" for run in runs):
        return "applied"
    if runs[-1].state == "passed" and any((_end(r) or 0) > (_end(runs[-1]) or 0) for r in every if r.files):
        return "pending"
    return runs[-1].state


def _end(run: RunRecord) -> float | None:
    return run.ended_at if run.ended_at is not None else run.applied_at


def iso(seconds: float | None) -> str | None:
    """Seconds since the epoch as UTC, ISO 8601 with milliseconds."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _phase_json(line: PhaseLine) -> dict[str, Any]:
    return {
        "phase": line.phase,
        "title": line.title,
        "state": line.state,
        "planned_minutes": line.planned_minutes,
        "actual_seconds": round(line.seconds, 3),
        "started_at": iso(line.started_at),
        "ended_at": iso(line.ended_at),
        "files": line.files,
        "edits": line.edits,
        "manual": line.manual,
        "runs": [run_json(run) for run in line.runs],
    }


def shown_state(run: RunRecord) -> str:
    """The state of a run for people: one that was cut off is interrupted, however far it had come."""
    return _STATES.get(run.state, run.state)


def run_json(run: RunRecord) -> dict[str, Any]:
    """One run of the journal."""
    return {
        "run": run.id,
        "state": shown_state(run),
        "started_at": iso(run.started_at),
        "ended_at": iso(_end(run)),
        "seconds": round(run.seconds, 3),
        "files": run.files,
        "edits": run.edits,
        "manual": run.manual,
        "commit": run.commit,
        "detail": run.detail,
    }
