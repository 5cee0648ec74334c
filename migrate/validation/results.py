"""What a check came to, as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, to_builtins

TAIL_LINES = 20

Ended = Literal["passed", "failed", "collection-error", "timed-out", "interrupted", "not-started", "not-run"]
"""How a check ended. "collection-error": pytest could not even collect a file. "interrupted": by a Ctrl-C. "not-run":
an earlier one had failed, or another was asked for."""


class Criterion(Struct, frozen=True):
    """One thing a check asks for, and what was found: `passed = 8`, found `7`."""

    text: str
    passed: bool
    found: str

    def __str__(self) -> str:
        return f"{self.text}: found {self.found}"


class FailedTest(Struct, frozen=True):
    """A test that failed.

    Attributes:
        test: as the report calls it. message: one line.
        path, line: the last place in the repository that its traceback names; "" and 0 for none.
        is_new: it did not fail before phase 1; None where that is not known.
    """

    test: str
    message: str
    path: str
    line: int
    is_new: bool | None = None


class Touched(Struct, frozen=True):
    """A file that what failed names in a traceback, and that a phase has changed.

    Attributes:
        line: the last one that was named there.
    """

    path: str
    line: int
    phase: int
    run: int


class Before(Struct, frozen=True):
    """The same check on the tree as it was before phase 1.

    Attributes:
        message: why it failed there; empty when it passed.
    """

    passed: bool
    message: str
    seconds: float


class CheckResult(Struct, frozen=True):
    """What one check came to.

    Attributes:
        name: the check's name in the plan. title: what it stands for in a checklist.
        command: as the plan writes it; empty for a check without one.
        passed: it ran to its end and every criterion is met.
        required: the migration is not done without it.
        exit_code: negative for the signal that ended it; None when it never started, or is no command.
        seconds: wall time of all attempts.
        timed_out: it was ended at its deadline.
        attempts: how often it was run; 0 when it was not.
        criteria: all of them, met or not; empty when it never started or timed out.
        message: one line saying why it failed; empty when it passed.
        tail: the last `TAIL_LINES` lines of output, safe to print.
        failed_tests: the first of them.
        before: how it went before phase 1; None where the plan does not ask for that.
        touched: files of the tracebacks that a phase has changed.
        form: that of the check, as the plan had it; empty on record of older versions.
    """

    name: str
    title: str
    command: tuple[str, ...]
    ended: Ended
    passed: bool
    required: bool
    exit_code: int | None
    seconds: float
    timed_out: bool
    attempts: int
    criteria: tuple[Criterion, ...]
    message: str
    tail: str
    failed_tests: tuple[FailedTest, ...] = ()
    before: Before | None = None
    touched: tuple[Touched, ...] = ()
    form: str = ""

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> CheckResult:
        """The result that `as_json` made a document of; an older version's lacks some of it."""
        name, passed, before = str(document["name"]), bool(document["passed"]), document.get("before")
        ended: Ended = "passed" if passed else "timed-out" if document.get("timed_out") else "failed"
        values: dict[str, Any] = {"title": name, "ended": ended, "required": True, "attempts": 1}
        values |= {key: value for key, value in document.items() if key in cls.__struct_fields__}
        values |= {
            "command": tuple(document["command"]),
            "criteria": tuple(Criterion(**each) for each in document["criteria"]),
            "failed_tests": tuple(FailedTest(**each) for each in document.get("failed_tests", ())),
            "touched": tuple(Touched(**each) for each in document.get("touched", ())),
            "before": None if before is None else Before(**before),
        }
        return cls(**values)

    @property
    def blocks(self) -> bool:
        """Is the migration not done for it?"""
        return self.required and not self.passed

    def as_json(self) -> dict[str, Any]:
        """The result as JSON types, under the attributes' names."""
        document: dict[str, Any] = to_builtins(self)
        lists = {name: list(value) for name, value in document.items() if isinstance(value, tuple)}
        return {**document, **lists, "seconds": round(self.seconds, 3)}
