"""How far the migration has come, in a word and a sentence: done only where nothing speaks against it."""

from __future__ import annotations

from collections.abc import Iterator

from migrate.reporting.data import Criteria, ReportData
from migrate.reporting.words import plural
from migrate.timeline import PhaseLine

Outcome = tuple[str, str]
"""A word for the whole (done, failed, open, none, stopped), and a sentence."""


def outcome(data: ReportData) -> Outcome:
    """What is reached, and what is missing."""
    if data.obstacle:
        return "stopped", data.obstacle
    if not any(run.stands for run in data.way_back.runs):
        if any(run.run.state == "rolled-back" for run in data.way_back.runs):
            return "none", "Everything that was applied has been taken back."
        return "none", "Nothing is applied yet."
    applied, are_all = _applied(data)
    if data.edits_left:
        return "open", f"{applied}; {plural(data.edits_left, 'edit')} left to make."
    missing = list(_missing(data))
    state, checks = ("done", "the plan has no checks") if data.plan.phase5 is None else _checked(data.criteria)
    if state == "done" and (missing or not are_all):
        state = "open"
    return state, f"{'; '.join([applied, *missing, checks])}."


def _applied(data: ReportData) -> tuple[str, bool]:
    """Which phases are in the tree, in words; and whether all are that have anything to do."""
    lines = [line for line in data.timeline.phases if line.phase != 5]
    left = {phase.phase: phase.edits for phase in data.left}
    parts = [line.phase for line in lines if line.state == "applied" and left.get(line.phase) and _is_part(line)]
    whole = [line.phase for line in lines if line.state == "applied" and line.phase not in parts]
    idle = [line.phase for line in lines if line.state != "applied" and not left.get(line.phase)]
    if len(whole) == len(lines):
        return "All phases applied", True
    said = [f"{len(whole)} of {len(lines)} editing phases applied"]
    said += [f"phase {phase} in part" for phase in parts]
    said += [f"phase {phase} has nothing to do" for phase in idle]
    return ", ".join(said), len(whole) + len(idle) == len(lines)


def _is_part(line: PhaseLine) -> bool:
    """Was only some of what was offered taken, the last time?"""
    return [run.partial for run in line.runs if run.state == "applied"][-1]


def _missing(data: ReportData) -> Iterator[str]:
    """What the tree itself still has."""
    if data.criteria.deprecated:
        yield f"{plural(data.criteria.deprecated, 'old import or keyword', 'old imports and keywords')} in the tree"
    errors = sum(finding.severity == "error" and finding.stands for finding in data.findings)
    if errors:
        yield f"{plural(errors, 'error')} among the findings"


def _checked(criteria: Criteria) -> Outcome:
    if criteria.run is None:
        return "open", "the checks have not been run"
    if not criteria.is_newest:
        return "open", "the checks were last run before the newest change"
    of_all = f"of {plural(len(criteria.planned), 'check')}"
    failed, unmet, missing = (criteria.number(state) for state in ("failed", "unmet", "not-run"))
    if failed:
        return "failed", f"{failed} {of_all} failed"
    if missing:
        altered = sum(check.is_altered for check in criteria.planned)
        return "open", f"{missing} {of_all} not run{' as the plan has it now' * (0 < altered == missing)}"
    if criteria.run.state == "failed":
        return "failed", f"phase 5 failed{': ' if criteria.run.detail else ''}{criteria.run.detail}"
    beside = f"; {unmet} that the plan does not require failed" if unmet else ""
    passed = f"{plural(len(criteria.planned) - unmet, 'check')} passed{beside}"
    return ("open", f"{passed}; {criteria.since}") if criteria.since else ("done", passed)
