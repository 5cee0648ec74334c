"""Where the migration stands: what the journal says of each phase, and what is left to edit in the tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from migrate.console import Voice
from migrate.executors.workers import Workers
from migrate.findings_report import findings_summary
from migrate.preview import Preview
from migrate.previewing import Previews
from migrate.session import Session
from migrate.timeline import SCHEMA, run_json, state_of
from rollback.errors import count
from rollback.journal import RunRecord


@dataclass(frozen=True, slots=True)
class PhaseStatus:
    """One phase: its state by the journal, and a preview of what is left."""

    phase: int
    title: str
    state: str
    last_run: RunRecord | None
    left: Preview


@dataclass(frozen=True, slots=True)
class Status:
    """The whole migration.

    Attributes:
        interrupted: a run that was cut off, and has to be rolled back before anything else.
        next: the command to run next.
    """

    session: Session
    phases: tuple[PhaseStatus, ...]
    interrupted: RunRecord | None
    next: str

    def as_json(self, seconds: float) -> dict[str, Any]:
        """The document of `migrate status --json`."""
        plan = self.session.plan
        return {
            "schema": SCHEMA,
            "plan": plan.name,
            "title": plan.plan.title,
            "interrupted": None if self.interrupted is None else run_json(self.interrupted),
            "phases": [
                {
                    "phase": p.phase,
                    "title": p.title,
                    "state": p.state,
                    "files_left": len(p.left.files),
                    "edits_left": p.left.edits,
                    "errors": len(p.left.errors),
                    "warnings": len(p.left.warnings),
                    "last_run": None if p.last_run is None else run_json(p.last_run),
                }
                for p in self.phases
            ],
            "next": self.next,
            "seconds": round(seconds, 3),
        }


def status_of(session: Session, workers: Workers, voice: Voice) -> Status:
    """Look at the journal and at the tree; nothing is written."""
    runs = session.runs()
    phases: list[PhaseStatus] = []
    previews = Previews(session.git, session.plan, workers)
    for phase in session.plan.phases:
        with voice.progress(f"phase{phase}") as previews.progress:
            left = previews.of(phase)
        own = [run for run in runs if run.phase == phase]
        table = session.plan.phase(phase)
        assert table is not None
        phases.append(PhaseStatus(phase, table.title, state_of(runs, phase), own[-1] if own else None, left))
    interrupted = session.interrupted()
    return Status(session, tuple(phases), interrupted, _next(phases, interrupted))


def _next(phases: list[PhaseStatus], interrupted: RunRecord | None) -> str:
    if interrupted is not None:
        return "migrate rollback"
    for p in phases:
        blocked = bool(p.left.errors) and p.state != "applied"  # errors of an applied phase were accepted by --force
        if p.left.files or blocked or (p.phase == 5 and p.state != "passed"):
            return f"migrate phase{p.phase}"
    return "migrate timeline"


def show_status(voice: Voice, status: Status) -> None:
    """One line per phase, and the next command."""
    plan = status.session.plan
    voice.say(f"{plan.name}: {plan.plan.title}" if plan.plan.title else plan.name, "bold")
    obstacle = status.session.obstacle()
    if obstacle is not None:
        voice.error(str(obstacle))
    for p in status.phases:
        if p.phase == 5:
            left = f"{count(len(p.left.findings), 'deprecated use')} left"
        elif p.left.files:
            left = f"{count(p.left.edits, 'edit')} in {count(len(p.left.files), 'file')} to make"
        else:
            left = "nothing to do"
        findings = f"; {findings_summary(p.left.findings)}" if p.left.findings and p.phase != 5 else ""
        voice.say(f"phase{p.phase}  {p.state:<12}{left}{findings}")
    voice.say(f"next: {status.next}")
