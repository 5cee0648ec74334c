"""The data of a report as one JSON document; `schemas/report.schema.json` says what it holds."""

from __future__ import annotations

from typing import Any

from migrate.reporting.data import CheckLine, ReportData, ReportedFinding, RunLine
from migrate.reporting.outcome import outcome
from migrate.timeline import iso, run_json

SCHEMA = 1


def report_document(data: ReportData) -> dict[str, Any]:
    """All of `data` but the lines of the files, which git has."""
    state, sentence = outcome(data)
    criteria = data.criteria
    return {
        "schema": SCHEMA,
        "plan": data.plan.name,
        "title": data.plan.plan.title,
        "root": data.root,
        "branch": data.branch,
        "head": data.head,
        "made_at": iso(data.made_at),
        "verdict": {"state": state, "sentence": sentence},
        "obstacle": data.obstacle,
        "timeline": data.timeline.as_json(),
        "criteria": {
            "run": None if criteria.run is None else criteria.run.id,
            "is_current": criteria.is_current,
            "changed": list(criteria.changed),
            "deprecated": criteria.deprecated,
            "checks": [_check(check) for check in criteria.checks],
        },
        "sites": [
            {"kind": site.kind, "before": site.before, "done": site.done, "left": site.left} for site in data.sites
        ],
        "files": [
            {
                "path": file.path,
                "phases": list(file.phases),
                "runs": list(file.runs),
                "state": file.state.value,
                "before_sha256": file.before_sha256,
                "now_sha256": file.now_sha256,
                "added": None if file.diff is None else file.added,
                "removed": None if file.diff is None else file.removed,
                "why": file.why,
            }
            for file in data.files
        ],
        "left": [
            {
                "phase": phase.phase,
                "title": phase.title,
                "edits": phase.edits,
                "checks": phase.checks,
                "files": [
                    {"path": file.path, "edits": file.edits, "added": file.added, "removed": file.removed}
                    for file in phase.files
                ],
            }
            for phase in data.left
        ],
        "findings": [_finding(finding) for finding in data.findings],
        "settled": [{"code": code, "number": number} for code, number in sorted(data.settled.items())],
        "rollback": {
            "runs": [_run(line) for line in data.way_back.runs],
            "options": [
                {"command": option.command, "runs": [run.id for run in option.runs], "refusal": option.refusal}
                for option in data.way_back.options
            ],
        },
        "notes": list(data.notes),
        "next": data.next,
        "seconds": round(data.seconds, 3),
    }


def _check(check: CheckLine) -> dict[str, Any]:
    return {
        "name": check.name,
        "title": check.title,
        "command": check.command,
        "note": check.note,
        "state": check.state,
        "is_planned": check.is_planned,
        "is_altered": check.is_altered,
        "result": None if check.result is None else check.result.as_json(),
    }


def _finding(finding: ReportedFinding) -> dict[str, Any]:
    return {
        "phase": finding.phase,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "code": finding.code,
        "severity": finding.severity,
        "subject": finding.subject,
        "message": finding.message,
        "run": finding.run,
        "remark": finding.remark,
    }


def _run(line: RunLine) -> dict[str, Any]:
    return {
        "run": run_json(line.run),
        "phase": line.run.phase,
        "stands": line.stands,
        "ref": line.run.ref,
        "pruned": line.is_pruned,
        "kept": list(line.kept),
    }
