"""Where the migration stands: what the journal says of each phase, and what is left to edit in the tree."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from migrate.console import Voice
from migrate.executors.workers import Workers
from migrate.findings_report import codes_summary
from migrate.outstanding import Outstanding, outstanding
from migrate.session import Session
from migrate.timeline import SCHEMA, run_json, state_of
from rollback.errors import count
from rollback.journal import RunRecord


class PhaseStatus(Struct, frozen=True):
    """One phase: its state by the journal, and what is left to do."""

    phase: int
    title: str
    state: str
    last_run: RunRecord | None
    left: Outstanding


class Status(Struct, frozen=True):
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
                    "files_left": p.left.files,
                    "edits_left": p.left.edits,
                    "errors": p.left.errors,
                    "warnings": p.left.warnings,
                    "last_run": None if p.last_run is None else run_json(p.last_run),
                }
                for p in self.phases
            ],
            "next": self.next,
            "seconds": round(seconds, 3),
        }


def status_of(session: Session, workers: Workers, voice: Voice, *, cached: bool) -> Status:
    """Look at the journal and at the tree, neither of which is changed.

    Args:
        cached: as for `outstanding`.
    """
    runs, plan = session.runs(), session.plan
    phases: list[PhaseStatus] = []
    for phase, left in outstanding(session.git, plan, plan.phases, workers, voice, cached=cached).items():
        own = [run for run in runs if run.phase == phase]
        table = plan.phase(phase)
        assert table is not None
        phases.append(PhaseStatus(phase, table.title, state_of(runs, phase), own[-1] if own else None, left))
    interrupted = session.interrupted()
    return Status(session, tuple(phases), interrupted, _next(phases, interrupted))


def _next(phases: list[PhaseStatus], interrupted: RunRecord | None) -> str:
    if interrupted is not None:
        return "migrate rollback"
    for p in phases:
        blocked = p.left.errors and p.state != "applied"  # errors of an applied phase were accepted by --force
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
            left = f"{count(p.left.findings, 'deprecated use')} left"
        elif p.left.files:
            left = f"{count(p.left.edits, 'edit')} in {count(p.left.files, 'file')} to make"
        else:
            left = "nothing to do"
        findings = f"; {codes_summary(p.left.codes)}" if p.left.findings and p.phase != 5 else ""
        voice.say(f"phase{p.phase}  {p.state:<12}{left}{findings}")
    voice.say(f"next: {status.next}")
