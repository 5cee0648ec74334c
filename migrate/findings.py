"""Finding: what a person has to look at, with a code, a severity and a place; and the table of codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from msgspec import Struct

Severity = Literal["error", "warning"]

SEVERITIES: dict[str, Severity] = {
    # Errors block the phase unless --force.
    "unparseable": "error",
    "keyword-conflict": "error",
    "self-import": "error",
    "import-cycle": "error",
    "missing-export": "error",
    "missing-target": "error",
    "dangling-name": "error",
    "lost-definition": "error",
    "missing-command": "error",
    "signature-mismatch": "error",
    # Warnings are counted and listed; --strict makes them errors.
    "attribute-read": "warning",
    "explicit-reexport": "warning",
    "instance-replace": "warning",
    "invalid-call": "warning",
    "keyword-spread": "warning",
    "member-use": "warning",
    "method-call": "warning",
    "module-import": "warning",
    "name-collision": "warning",
    "positional-argument": "warning",
    "redirect-import": "warning",
    "shadowed": "warning",
    "shim-patch": "warning",
    "star-import": "warning",
    "string-reference": "warning",
    "subclass-super": "warning",
    "unbound-name": "warning",
    "unsupported-call": "warning",
    "text-mention": "warning",
    "minutes-mismatch": "warning",
    "deprecated-import": "warning",
    "deprecated-keyword": "warning",
    "uncertain-keyword": "warning",
}
"""Every code this version reports; `docs/findings/<code>.md` explains each."""


class Finding(Struct, frozen=True):
    """One place that the tool reports and leaves to a person.

    Attributes:
        phase: number of the phase it is about, 1 to 5.
        path: relative to the root, with `/`.
        line: from 1. column: from 0, in UTF-8 bytes, as in `ast`.
        code: a key of `SEVERITIES`.
        subject: the object reference it is about, `pkg.mod:Name`.
        message: one sentence, with what to do next.
        last_line: the last line of what it is about; a `# migrate: keep` on any of them silences it.
        is_certain: it surely is about the subject, and not perhaps about something else.
    """

    phase: int
    path: str
    line: int
    column: int
    code: str
    subject: str
    message: str
    last_line: int = 0
    is_certain: bool = True

    @property
    def severity(self) -> Severity:
        return SEVERITIES[self.code]

    def as_json(self) -> dict[str, object]:
        """The FINDING of the JSON contract."""
        return {
            "phase": self.phase,
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "severity": self.severity,
            "subject": self.subject,
            "message": self.message,
        }

    @property
    def order(self) -> tuple[str, int, int, str]:
        return (self.path, self.line, self.column, self.code)


def findings_of(documents: Iterable[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """The findings that `as_json` made documents of."""
    keys = ("phase", "path", "line", "column", "code", "subject", "message")
    return tuple(Finding(**{key: document[key] for key in keys}) for document in documents)


def errors_first(findings: Iterable[Finding]) -> list[Finding]:
    """The order that findings are listed in: by severity, then by place."""
    return sorted(findings, key=lambda f: (f.severity != "error", f.order))
