"""Findings as a person reads them: one line each, and how many there are of each code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from migrate.console import Voice
from migrate.findings import Finding
from rollback.errors import count, escape

_LISTED = 200
"""Findings listed before the rest is only counted; --json and -v have all."""


def show_findings(voice: Voice, findings: Sequence[Finding]) -> None:
    """The findings, errors first, one line each: `path:line:column: code: message`."""
    ordered = sorted(findings, key=lambda f: (f.severity != "error", f.order))
    listed = ordered if voice.verbose else ordered[:_LISTED]
    for finding in listed:
        place = f"{escape(finding.path)}:{finding.line}:{finding.column}"
        voice.say(f"{place}: {finding.severity}: {finding.code}: {escape(finding.message)}", _severity_style(finding))
    if len(listed) < len(ordered):
        voice.say(f"… and {len(ordered) - len(listed)} more findings; -v or --json lists all")


def _severity_style(finding: Finding) -> str:
    return "red" if finding.severity == "error" else "yellow"


def findings_summary(findings: Sequence[Finding]) -> str:
    """`2 errors (keyword-conflict 2), 1 warning (star-import 1)`."""
    parts = []
    for severity in ("error", "warning"):
        codes = Counter(f.code for f in findings if f.severity == severity)
        if codes:
            listed = ", ".join(f"{code} {number}" for code, number in sorted(codes.items()))
            parts.append(f"{count(codes.total(), severity)} ({listed})")
    return ", ".join(parts) or "no findings"
