"""What a report tells, as frozen values; nothing here reads or writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import Enum
from typing import Literal

from msgspec import Struct

from migrate.findings import Finding
from migrate.plan import Plan
from migrate.reporting.file_diffs import FileDiff
from migrate.terminal import estimate_in_words
from migrate.timeline import Timeline
from migrate.validation.results import CheckResult
from migrate.verdict import before_in_words
from rollback.errors import count
from rollback.journal import STANDING, RunRecord

CheckState = Literal["passed", "failed", "unmet", "not-run"]
"""`unmet`: it failed, and the plan does not require it."""

KINDS: Mapping[str, str] = {
    "redirect": "modules replaced by a redirect",
    "import": "imports",
    "use": "uses of a name or a module",
    "string": "paths in strings",
    "add-import": "imports that added values need",
    "rename-keyword": "keywords renamed",
    "add-keyword": "keywords added",
    "remove-keyword": "keywords removed",
    "merge-keyword": "keywords merged",
    "name-argument": "arguments named",
    "rename-attribute": "attributes renamed",
    "by-hand": "hunks edited by hand",
    "unknown": "edits of a run on record without their kinds",
}
"""The kinds of edits in words, in the order they are shown."""


class SiteCount(Struct, frozen=True):
    """Edits of one kind: made and in the tree, and still to make."""

    kind: str
    done: int
    left: int

    @property
    def before(self) -> int:
        return self.done + self.left


class CheckLine(Struct, frozen=True):
    """One check of the plan, or of the last run of phase 5 where the plan does not have it any more.

    Attributes:
        title: what it stands for in a checklist.
        command: what it runs or looks at, on one line.
        note: the plan's own words about it.
        result: None where the last run of phase 5 does not have it in this form.
        is_planned: the plan has it, in this form.
        is_altered: that run has one of this name, which ran or asked for something else.
    """

    name: str
    title: str
    command: str
    note: str
    result: CheckResult | None
    is_planned: bool = True
    is_altered: bool = False

    @property
    def state(self) -> CheckState:
        if self.result is None or self.result.ended == "not-run":
            return "not-run"
        if self.result.passed:
            return "passed"
        return "failed" if self.result.required else "unmet"

    @property
    def before(self) -> str:
        """What is told by how one that failed went before phase 1."""
        known = self.result is not None and not self.result.passed and self.result.before is not None
        return before_in_words(self.result) if self.result is not None and known else ""


class Criteria(Struct, frozen=True):
    """The plan's checklist, filled in by the newest run of phase 5.

    Attributes:
        run: that run; None where there is none.
        is_newest: nothing was applied or taken back since.
        checks: those of the plan, then those that the run has besides.
        deprecated: uses of old homes and keywords that are in the tree now.
        changed: files that phases have touched and that are not as the checks found them.
        knows_files: it is on record how they found them. Otherwise `changed` are not as their phases left them.
    """

    run: RunRecord | None
    is_newest: bool
    checks: tuple[CheckLine, ...]
    deprecated: int
    changed: tuple[str, ...] = ()
    knows_files: bool = True

    @property
    def is_current(self) -> bool:
        """Is the tree what the checks have looked at, as far as can be told?"""
        return self.run is not None and self.is_newest and not self.changed

    @property
    def since(self) -> str:
        """What has happened to the tree since; empty where nothing has."""
        if self.run is None or self.is_current:
            return ""
        if not self.is_newest:
            return "the tree was changed since: a phase was applied or taken back"
        more = len(self.changed) - 1
        named = self.changed[0] + (f" and {count(more, 'more file')}" if more else "")
        done = f"{named} {'were' if more else 'was'} edited or deleted"
        return f"the tree was changed since: {done}" if self.knows_files else f"{done}, perhaps after the checks"

    @property
    def planned(self) -> tuple[CheckLine, ...]:
        return tuple(check for check in self.checks if check.is_planned)

    def number(self, state: CheckState) -> int:
        """How many checks of the plan stand so."""
        return sum(check.state == state for check in self.planned)


class FileState(Enum):
    """A file now, in respect of the last run that touched it."""

    AS_LEFT = "as-left"
    EDITED = "edited-since"
    MODE = "mode-changed"
    GONE = "gone"
    AS_BEFORE = "as-before"
    UNREADABLE = "unreadable"


class ChangedFile(Struct, frozen=True):
    """One file that runs that stand have touched.

    Attributes:
        path: relative to the root, with "/".
        phases, runs: that touched it, rising.
        before_sha256, now_sha256: of the bytes before the first of them, and now; None where there is no file.
        diff: between these two; None where one of them cannot be read, and `why` says why.
    """

    path: str
    phases: tuple[int, ...]
    runs: tuple[int, ...]
    state: FileState
    before_sha256: str | None
    now_sha256: str | None
    diff: FileDiff | None
    why: str = ""

    @property
    def added(self) -> int:
        return 0 if self.diff is None else self.diff.added

    @property
    def removed(self) -> int:
        return 0 if self.diff is None else self.diff.removed


class PlannedFile(Struct, frozen=True):
    """One file that a phase would change."""

    path: str
    edits: int
    diff: FileDiff

    @property
    def added(self) -> int:
        return self.diff.added

    @property
    def removed(self) -> int:
        return self.diff.removed


class PhaseLeft(Struct, frozen=True):
    """What a phase would do to the tree as it is now, if those before it were done.

    Attributes:
        checks: how many phase 5 would run.
        notes: remarks of the plan and its priority files.
    """

    phase: int
    title: str
    edits: int
    files: tuple[PlannedFile, ...]
    checks: int = 0


class ReportedFinding(Struct, frozen=True):
    """What is left to a person.

    Attributes:
        run: the run that has it on record where it cannot be found again; None for what is found now.
        remark: what is to be known about one that is on record.
        stands: nobody has edited the file since, so that it cannot be mended there.
    """

    phase: int
    path: str
    line: int
    column: int
    code: str
    severity: str
    subject: str
    message: str
    run: int | None = None
    remark: str = ""
    stands: bool = True

    @classmethod
    def of(cls, finding: Finding) -> ReportedFinding:
        return cls(
            finding.phase,
            finding.path,
            finding.line,
            finding.column,
            finding.code,
            finding.severity,
            finding.subject,
            finding.message,
        )

    @property
    def order(self) -> tuple[bool, str, str, int, int]:
        """Errors first, then by code and place."""
        return (self.severity != "error", self.code, self.path, self.line, self.column)


class RunLine(Struct, frozen=True):
    """One run of the plan.

    Attributes:
        is_pruned: its old files were given up.
        kept: refs with newer versions of files that had to give way to a rollback.
    """

    run: RunRecord
    is_pruned: bool
    kept: tuple[str, ...]

    @property
    def stands(self) -> bool:
        """Its edits are, or may be, in the tree."""
        return self.run.state in (*STANDING, "running") and self.run.files > 0


class RollbackOption(Struct, frozen=True):
    """What one rollback command would do now.

    Attributes:
        runs: that it would take back, newest first.
        refusal: why it would not; empty where nothing is in its way.
    """

    command: str
    runs: tuple[RunRecord, ...]
    refusal: str = ""


class WayBack(Struct, frozen=True):
    """The runs of the plan, oldest first, and what can be taken back."""

    runs: tuple[RunLine, ...]
    options: tuple[RollbackOption, ...]


class ReportData(Struct, frozen=True):
    """All that a report tells.

    Attributes:
        root: name of the root's folder.
        made_at: seconds since the epoch.
        branch, head: what git's HEAD names; empty where it names none.
        obstacle: what has to be dealt with before anything else: an interrupted run, somebody at work.
        edits_made: those that are in the tree, by phase.
        left: phases 1 to 5 of the plan, as far as it has them.
        settled: findings of runs that stand which are not found any more, by code.
        notes: remarks of the look at the tree.
        seconds: how long the look took.
    """

    plan: Plan
    root: str
    made_at: float
    branch: str
    head: str
    obstacle: str
    timeline: Timeline
    criteria: Criteria
    sites: tuple[SiteCount, ...]
    edits_made: Mapping[int, int]
    files: tuple[ChangedFile, ...]
    left: tuple[PhaseLeft, ...]
    findings: tuple[ReportedFinding, ...]
    settled: Mapping[str, int]
    way_back: WayBack
    notes: tuple[str, ...]
    next: str
    seconds: float

    @property
    def title(self) -> str:
        return self.plan.plan.title or self.plan.name

    @property
    def edits_left(self) -> int:
        return sum(phase.edits for phase in self.left)

    @property
    def files_left(self) -> int:
        """Files that some phase would change."""
        return len({file.path for phase in self.left for file in phase.files})

    def files_changed(self, phase: int) -> int:
        """Files that runs of a phase which stand have touched."""
        return sum(phase in file.phases for file in self.files)

    @property
    def edits_done(self) -> int:
        return sum(site.done for site in self.sites)

    @property
    def estimate(self) -> str:
        """What is left, and how long it may take; empty where nothing is, or nobody can tell."""
        found = self.timeline.estimate
        is_something = found is not None and (found.edits_left or found.minutes)
        return estimate_in_words(self.timeline, found) if found is not None and is_something else ""

    def by_severity(self) -> Counter[str]:
        return Counter(finding.severity for finding in self.findings)
