"""The plan's phases joined with the journal: planned, applied, rolled back, failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from migrate.plan import Plan
from migrate.spent import Segment, seconds_of, segments
from rollback.journal import UNFINISHED, RunRecord

SCHEMA = 1
_STATES = dict.fromkeys(UNFINISHED, "interrupted")


class PhaseLine(Struct, frozen=True):
    """One phase of the timeline.

    Attributes:
        state: "pending", "applied", "passed", "failed", "rolled-back", "running" or "interrupted", by its last run.
        planned_minutes: from the plan; None where it gives none.
        segments: how its time was spent, also in runs that failed or were rolled back; see `spent`.
        started_at, ended_at: of the first and the last run, seconds since the epoch.
        files, edits, manual: of the runs that stand, or of the last run where none does.
    """

    phase: int
    title: str
    state: str
    planned_minutes: float | None
    segments: tuple[Segment, ...]
    started_at: float | None
    ended_at: float | None
    files: int
    edits: int
    manual: int
    runs: tuple[RunRecord, ...]

    @property
    def tool_seconds(self) -> float:
        return seconds_of(self.segments, "tool")

    @property
    def person_seconds(self) -> float:
        return seconds_of(self.segments, "person")

    @property
    def seconds(self) -> float:
        """Spent by the tool and by a person; pauses are not."""
        return self.tool_seconds + self.person_seconds


class Estimate(Struct, frozen=True):
    """What is left to do.

    Attributes:
        edits_left: in phases 1 to 4.
        edits_per_minute: of the phases that are applied, with the time that people took; None where there are none.
        phases: minutes that each phase may take yet, by edits at that rate or by the plan; 0 where it is done, None
            where the plan does not say either.
    """

    edits_left: int
    edits_per_minute: float | None
    phases: Mapping[int, float | None]

    @property
    def minutes(self) -> float:
        """For all phases that anything can be said of."""
        return sum(minutes or 0.0 for minutes in self.phases.values())

    def as_json(self) -> dict[str, Any]:
        """The estimate in the timeline's document."""
        rate = self.edits_per_minute
        return {
            "edits_left": self.edits_left,
            "edits_per_minute": None if rate is None else round(rate, 3),
            "minutes": round(self.minutes, 3),
            "phases": [
                {"phase": phase, "minutes": None if minutes is None else round(minutes, 3)}
                for phase, minutes in self.phases.items()
            ],
        }


class Timeline(Struct, frozen=True):
    """Planned against actual time, per phase and in all.

    Attributes:
        estimate: what is left, and how long that may take; None where nobody has looked.
    """

    plan: Plan
    phases: tuple[PhaseLine, ...]
    estimate: Estimate | None = None

    @property
    def tool_seconds(self) -> float:
        return sum(line.tool_seconds for line in self.phases)

    @property
    def person_seconds(self) -> float:
        return sum(line.person_seconds for line in self.phases)

    @property
    def seconds(self) -> float:
        return self.tool_seconds + self.person_seconds

    @property
    def pauses(self) -> tuple[Segment, ...]:
        """Of everybody, in the order of time."""
        found = (segment for line in self.phases for segment in line.segments if segment.who == "pause")
        return tuple(sorted(found, key=lambda segment: segment.start))

    def as_json(self) -> dict[str, Any]:
        """The document of `migrate timeline --json`."""
        return {
            "schema": SCHEMA,
            "plan": self.plan.name,
            "title": self.plan.plan.title,
            "budget_minutes": self.plan.plan.budget_minutes,
            "planned_minutes": self.plan.total_minutes,
            "actual_seconds": round(self.seconds, 3),
            "tool_seconds": round(self.tool_seconds, 3),
            "person_seconds": round(self.person_seconds, 3),
            "estimate": None if self.estimate is None else self.estimate.as_json(),
            "phases": [_phase_json(line) for line in self.phases],
            "hints": list(self.plan.hints()),
        }


def timeline(plan: Plan, runs: Sequence[RunRecord], left: Mapping[int, int] | None = None) -> Timeline:
    """Join the plan with its runs.

    Args:
        runs: of this plan, oldest first.
        left: how many edits are left in phases 1 to 4; None where nobody has looked.
    """
    spent = segments(runs)
    lines = tuple(_line(plan, phase, runs, spent) for phase in plan.phases)
    return Timeline(plan, lines, None if left is None else estimate(lines, left))


def estimate(lines: Sequence[PhaseLine], left: Mapping[int, int]) -> Estimate:
    """How long the rest may take: by the edits made in a minute so far, or by the plan where there are none."""
    done = [line for line in lines if line.phase != 5 and line.edits and line.state == "applied"]
    edits, minutes = sum(line.edits for line in done), sum(line.seconds for line in done) / 60
    rate = edits / minutes if minutes > 0 else None
    phases: dict[int, float | None] = {}
    for line in lines:
        if line.phase == 5:
            phases[5] = 0.0 if line.state == "passed" else line.planned_minutes
        elif not left.get(line.phase):
            phases[line.phase] = 0.0
        else:
            phases[line.phase] = line.planned_minutes if rate is None else left[line.phase] / rate
    return Estimate(sum(left.values()), rate, phases)


def _line(plan: Plan, phase: int, every: Sequence[RunRecord], spent: Sequence[Segment]) -> PhaseLine:
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
        segments=tuple(segment for segment in spent if segment.phase == phase),
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
    if runs[-1].state == "passed" and any(_ended_after(run, runs[-1]) for run in every if run.files):
        return "pending"
    return runs[-1].state


def _ended_after(run: RunRecord, other: RunRecord) -> bool:
    """Numbers tell the order of runs, also where a clock was set back; only times tell when one was rolled back."""
    return run.id > other.id or (run.state == "rolled-back" and (_end(run) or 0.0) > (_end(other) or 0.0))


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
        "tool_seconds": round(line.tool_seconds, 3),
        "person_seconds": round(line.person_seconds, 3),
        "segments": [_segment_json(segment) for segment in line.segments],
        "started_at": iso(line.started_at),
        "ended_at": iso(line.ended_at),
        "files": line.files,
        "edits": line.edits,
        "manual": line.manual,
        "runs": [run_json(run) for run in line.runs],
    }


def _segment_json(segment: Segment) -> dict[str, Any]:
    return {
        "who": segment.who,
        "started_at": iso(segment.start),
        "ended_at": iso(segment.end),
        "seconds": round(segment.seconds, 3),
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
        "person_seconds": round(run.person_seconds, 3),
        "partial": run.partial,
        "files": run.files,
        "edits": run.edits,
        "sites": [{"kind": kind, "edits": edits} for kind, edits in sorted(run.sites.items())],
        "manual": run.manual,
        "commit": run.commit,
        "detail": run.detail,
    }
