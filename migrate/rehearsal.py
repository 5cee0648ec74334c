"""What a rehearsal came to, as values: each phase, the way back, and whether all of it would go through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from msgspec import Struct

from migrate.findings import Finding
from migrate.validation.results import CheckResult
from rollback.errors import count, name_paths

SCHEMA = 1

Outcome = Literal[
    "applied", "nothing-to-do", "passed", "checks-left-out", "blocked", "failed", "refused", "not-rehearsed"
]
"""How a phase ended. "blocked": by its findings. "failed": a check, or --verify. "refused": for another reason."""

Back = Literal["to-the-byte", "not-to-the-byte", "refused"]


class Rehearsed(Struct, frozen=True):
    """One phase of a rehearsal.

    Attributes:
        edits, files: that were made, or would be where it was blocked.
        why: why it did not go through, as a sentence; empty where it did.
        dirty: files to touch with uncommitted changes in the user's tree, each with the change in a word.
        allows_dirty: the phase would not refuse for them.
        findings: what is left to a person. checks: the results of phase 5.
        seconds: wall time.
    """

    phase: int
    title: str
    planned_minutes: float | None
    outcome: Outcome
    edits: int = 0
    files: int = 0
    why: str = ""
    dirty: tuple[tuple[str, str], ...] = ()
    allows_dirty: bool = False
    findings: tuple[Finding, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    seconds: float = 0.0

    @property
    def name(self) -> str:
        return f"phase{self.phase}"

    @property
    def goes_through(self) -> bool:
        return not self.refusal and self.outcome not in ("blocked", "failed", "refused", "not-rehearsed")

    @property
    def refusal(self) -> str:
        """Why the phase would refuse in the user's tree; empty where it would not."""
        if not self.dirty or self.allows_dirty:
            return ""
        shown = name_paths([f"{path} ({state})" for path, state in self.dirty])
        return (
            f"{self.name} would refuse: {count(len(self.dirty), 'file')} with uncommitted changes: {shown}; "
            "commit them, or pass --allow-dirty"
        )

    @property
    def trouble(self) -> str:
        """What is in its way, in a few words."""
        words = {"blocked": "would be blocked", "failed": "failed", "not-rehearsed": "was not rehearsed"}
        return f"{self.name} {words.get(self.outcome, 'would refuse')}"

    def as_json(self) -> dict[str, Any]:
        return {
            "phase": self.phase,
            "title": self.title,
            "outcome": self.outcome,
            "goes_through": self.goes_through,
            "edits": self.edits,
            "files": self.files,
            "why": self.why,
            "dirty": [{"path": path, "state": state} for path, state in self.dirty],
            "manual": [finding.as_json() for finding in self.findings],
            "checks": [check.as_json() for check in self.checks],
            "seconds": round(self.seconds, 3),
            "planned_minutes": self.planned_minutes,
        }


class WayBack(Struct, frozen=True):
    """All phases taken back again, at the end of a rehearsal.

    Attributes:
        runs, files: how many were taken back.
        different: files of the phases that are not as they were at the start.
        left_by_commands: files that the checks or --verify have changed, made or deleted.
        why: why it was refused.
    """

    outcome: Back
    runs: int
    files: int
    seconds: float
    different: tuple[str, ...] = ()
    left_by_commands: tuple[str, ...] = ()
    why: str = ""

    @property
    def goes_through(self) -> bool:
        return self.outcome == "to-the-byte"

    @property
    def trouble(self) -> str:
        return "the way back is not to the byte" if self.outcome == "not-to-the-byte" else "the way back would refuse"

    def as_json(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "runs": self.runs,
            "files": self.files,
            "why": self.why,
            "different": list(self.different),
            "left_by_commands": list(self.left_by_commands),
            "seconds": round(self.seconds, 3),
        }


class Rehearsal(Struct, frozen=True):
    """A whole one.

    Attributes:
        changed_meanwhile: files of the user's tree, from its top, that a check or somebody else has changed.
        notes: what was not in the worktree, and what else a person should know.
        seconds: wall time, the making of the worktree and its end included.
    """

    plan: str
    phases: tuple[Rehearsed, ...]
    way_back: WayBack
    changed_meanwhile: tuple[str, ...]
    notes: tuple[str, ...]
    seconds: float

    @property
    def goes_through(self) -> bool:
        return not any(True for _ in self.troubles)

    @property
    def troubles(self) -> Iterator[Rehearsed | WayBack]:
        """What did not go through, first things first."""
        parts: Sequence[Rehearsed | WayBack] = (*self.phases, self.way_back)
        return (part for part in parts if not part.goes_through)

    def as_json(self, following: str) -> dict[str, Any]:
        """The document of `migrate rehearse --json`.

        Args:
            following: what to do next.
        """
        return {
            "schema": SCHEMA,
            "plan": self.plan,
            "goes_through": self.goes_through,
            "phases": [phase.as_json() for phase in self.phases],
            "way_back": self.way_back.as_json(),
            "changed_meanwhile": list(self.changed_meanwhile),
            "notes": list(self.notes),
            "next": following,
            "seconds": round(self.seconds, 3),
        }
