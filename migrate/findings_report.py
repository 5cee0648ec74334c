"""Findings, one line each, for a person or for GitHub; and how many there are of each code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from migrate.console import Voice
from migrate.findings import SEVERITIES, Finding, errors_first
from migrate.formats import Format
from rollback.errors import count, escape
from rollback.git import Git

_LISTED = 200
"""Findings listed before the rest is only counted; --json and -v have all."""


def list_findings(
    voice: Voice, lists: Sequence[Sequence[Finding]], git: Git, format: Format, fails: Callable[[Finding], bool]
) -> None:
    """The findings of each list, as `--format` has it; people who asked for quiet are spared them, GitHub is not.

    Args:
        git, fails: as for `annotate_findings`.
    """
    for findings in lists:
        if format is Format.GITHUB:
            from migrate.annotating import annotate_findings

            annotate_findings(voice, findings, git, fails)
        elif not voice.quiet:
            show_findings(voice, findings)
    hint_at_explain(voice, [finding for findings in lists for finding in findings])


def show_findings(voice: Voice, findings: Sequence[Finding]) -> None:
    """The findings, errors first, one line each: `path:line:column: code: message`."""
    ordered = errors_first(findings)
    listed = ordered if voice.verbose else ordered[:_LISTED]
    for finding in listed:
        voice.say(in_words(finding), severity_style(finding))
    if len(listed) < len(ordered):
        voice.say(f"… and {len(ordered) - len(listed)} more findings; -v or --json lists all")


def hint_at_explain(voice: Voice, findings: Sequence[Finding]) -> None:
    """After a list of findings: where to read about them."""
    if findings:
        voice.note(f"explain a code: migrate explain {errors_first(findings)[0].code}")


def in_words(finding: Finding) -> str:
    """`path:line:column: severity: code: message`, on one line."""
    place = f"{escape(finding.path)}:{finding.line}:{finding.column}"
    return f"{place}: {finding.severity}: {finding.code}: {escape(finding.message)}"


def severity_style(finding: Finding) -> str:
    """Its colour."""
    return "red" if finding.severity == "error" else "yellow"


def findings_summary(findings: Sequence[Finding]) -> str:
    """`2 errors (keyword-conflict 2), 1 warning (star-import 1)`."""
    return codes_summary(Counter(f.code for f in findings))


def codes_summary(numbers: Mapping[str, int]) -> str:
    """The same of how many findings there are of each code."""
    parts = []
    for severity in ("error", "warning"):
        codes = Counter({code: number for code, number in numbers.items() if SEVERITIES[code] == severity})
        if codes:
            listed = ", ".join(f"{code} {number}" for code, number in sorted(codes.items()))
            parts.append(f"{count(codes.total(), severity)} ({listed})")
    return ", ".join(parts) or "no findings"
