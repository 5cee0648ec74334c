"""`[[phase5.check]]`: what has to hold in the end, and how it is found out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field

from migrate.plan_errors import Mistake, Table, entry
from migrate.plan_fields import (
    Command,
    Count,
    Environment,
    ExitCodes,
    Expressions,
    Flag,
    Folder,
    Keywords,
    Label,
    Line,
    Pattern,
    Percentage,
    Retries,
    Text,
    Timeout,
)


class Tests(Table):
    """How many tests of a check's run must have which result; what is not named may be anything."""

    __test__: ClassVar[bool] = False  # pytest collects classes by this name

    passed: Count | None = Field(None, examples=["8"])
    failed: Count | None = Field(None, examples=["0"])
    skipped: Count | None = Field(None, examples=["0"])
    errors: Count | None = Field(None, examples=["0"])
    newly_failed: Count | None = Field(None, examples=["0"])

    @classmethod
    def _across(cls, data: Mapping[str, Any]) -> Iterator[Mistake]:
        if all(data.get(result) is None for result in cls.model_fields):
            yield Mistake((), "expects nothing; write at least one of passed, failed, skipped, errors, newly_failed")


class Percent(Table):
    """A number in a check's output, the first group of `pattern`, and how high it must be."""

    pattern: Pattern = Field(examples=["'([0-9.]+)%'"])
    above: Percentage | None = Field(None, examples=["90"])
    at_least: Percentage | None = Field(None, examples=["90"])

    @classmethod
    def _across(cls, data: Mapping[str, Any]) -> Iterator[Mistake]:
        limits = [key for key in ("above", "at_least") if data.get(key) is not None]
        if len(limits) != 1:
            wrong = "both 'above' and 'at_least'" if limits else "no limit"
            yield Mistake((), f"{wrong}; write one of them, e.g. above = 90")


class Patterns(Table):
    """Regular expressions that must be found in a check's output, and others that must not."""

    present: Expressions = Field((), examples=["'^Ready$'"])
    absent: Expressions = Field((), examples=["'DeprecationWarning'"])

    @classmethod
    def _across(cls, data: Mapping[str, Any]) -> Iterator[Mistake]:
        if not data.get("present") and not data.get("absent"):
            yield Mistake((), "asks for nothing; write present or absent, e.g. absent = 'DeprecationWarning'")


class Check(Table):
    """`[[phase5.check]]`: a command, or another way to look at the tree, and what its results must be."""

    name: Label = Field(examples=['"test suite"'])
    criterion: Line = Field("", examples=['"All tests pass (8/8)"'])
    run: Command | None = Field(None, examples=['["python", "-m", "pytest"]'])
    env: Environment = Field(Keywords({}), examples=['env = { TZ = "UTC" }'])
    folder: Folder = Field(".", examples=['"services/shop"'])
    timeout_seconds: Timeout = Field(300.0, examples=["300"])
    exit: ExitCodes | None = Field(None, examples=["0"])
    tests: Tests | None = Field(None, examples=["tests = { passed = 8, failed = 0 }"])
    percent: Percent | None = Field(None, examples=["percent = { pattern = '([0-9.]+)%', above = 90 }"])
    pattern: Patterns | None = Field(None, examples=["pattern = { absent = 'DeprecationWarning' }"])
    compiles: Flag = Field(False, examples=["true"])
    imports: Flag = Field(False, examples=["true"])
    baseline: Flag = Field(False, examples=["true"])
    retries: Retries = Field(0, examples=["2"])
    required: Flag = Field(True, examples=["false"])
    note: Text = Field("", examples=['"why"'])

    @property
    def title(self) -> str:
        """What it stands for in a checklist."""
        return self.criterion or self.name

    @property
    def form(self) -> str:
        """What it runs and asks for, as a sha256: two checks of one form are the same check."""
        asked = self.model_dump(mode="json", exclude={"name", "note"}, exclude_defaults=True)
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    @classmethod
    def _across(cls, data: Mapping[str, Any]) -> Iterator[Mistake]:
        if data.get("run") is None:
            if not data.get("compiles") and not data.get("imports"):
                yield Mistake(
                    ("run",), 'missing; write run = ["python", "-m", "pytest"], or compiles or imports = true'
                )
            for key in ("exit", "tests", "percent", "pattern", "env"):
                if key in data:
                    yield Mistake((key,), "is about a command, and there is none; write run, or leave it out")
        if entry(data.get("tests"), "newly_failed") is not None and not data.get("baseline"):
            where = "the tests that failed before phase 1"
            yield Mistake(("tests", "newly_failed"), f"is counted against {where}; write baseline = true as well")
