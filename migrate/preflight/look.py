"""All phases of a plan on the tree as it is: what each would change, and what blocks it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from msgspec import Struct, structs

from migrate.executors.workers import ALL, Workers
from migrate.findings import Finding
from migrate.foresight.holes import Hole, Outlook, Unused
from migrate.plan import Plan
from migrate.preflight.commands import missing_commands
from migrate.preflight.mentions import mentions
from migrate.preview import FilePreview, Preview
from migrate.previewing import Previews, Progress
from migrate.side_by_side import side_by_side
from rollback.git import Git


class PhaseAhead(Struct, frozen=True):
    """One phase: what it would change, and what it would report.

    Attributes:
        edits, files: how many it would make, and in how many files; 0 for phase 5.
        commands: how many checks phase 5 would run.
        changes: the files with their edits, by path; as if the phases before were done.
    """

    phase: int
    title: str
    edits: int
    files: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    commands: int = 0
    changes: tuple[FilePreview, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity == "error")

    def as_json(self) -> dict[str, object]:
        return {
            "phase": self.phase,
            "title": self.title,
            "edits": self.edits,
            "files": self.files,
            "errors": len(self.errors),
            "warnings": len(self.findings) - len(self.errors),
        }


class Preflight(Struct, frozen=True):
    """A whole plan, looked at before anything is touched.

    Attributes:
        phases: those of the plan, rising.
        holes: names that users need and a redirect lacks.
        unused: definitions that would be lost to nobody.
    """

    plan: Plan
    phases: tuple[PhaseAhead, ...]
    holes: tuple[Hole, ...]
    unused: tuple[Unused, ...]
    seconds: float

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Of all phases, phase by phase."""
        return tuple(finding for phase in self.phases for finding in phase.findings)

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(note for phase in self.phases for note in phase.notes))


def look(
    git: Git,
    plan: Plan,
    plan_file: Path,
    workers: Workers = ALL,
    progress: Progress | None = None,
) -> Preflight:
    """Resolve the whole tree against the plan; nothing is written.

    Phase 4 is looked at beside the other ones, in a process of its own, as they need nothing of each other.

    Raises:
        RewriteBug, Unreadable, OutsideRoot: as `preview`.
    """
    started = time.monotonic()
    each = replace(workers, jobs=max(1, workers.processes // 2))
    before = partial(_imports, git, plan, plan_file, each, progress)
    calls = partial(_calls, git, plan, each)
    if workers.processes > 1 and plan.phase4 is not None and len(plan.phases) > 1:
        (phases, outlook), fourth = side_by_side(before, calls)
    else:
        (phases, outlook), fourth = before(), calls()
    found = sorted((*phases, *fourth), key=lambda phase: phase.phase)
    seen = tuple(_once(found))
    return Preflight(plan, seen, outlook.holes, outlook.unused, time.monotonic() - started)


_TOLD_ONCE = ("shim-patch", "string-reference")


def _once(phases: Sequence[PhaseAhead]) -> Iterator[PhaseAhead]:
    """A patch or a path of a redirect is a matter of the phase that makes it one, and not of phase 3 again."""
    told: set[tuple[str, int, int]] = set()
    for phase in phases:
        mine = tuple(f for f in phase.findings if f.code not in _TOLD_ONCE or (f.path, f.line, f.column) not in told)
        told |= {(f.path, f.line, f.column) for f in mine if f.code in _TOLD_ONCE and phase.phase < 3}
        yield structs.replace(phase, findings=mine)


def _calls(git: Git, plan: Plan, workers: Workers) -> tuple[PhaseAhead, ...]:
    return (_ahead(Previews(git, plan, workers).of(4, planned=True)),) if plan.phase4 is not None else ()


def _imports(
    git: Git, plan: Plan, plan_file: Path, workers: Workers, progress: Progress | None
) -> tuple[tuple[PhaseAhead, ...], Outlook]:
    previews = Previews(git, plan, workers, progress)
    outlook = previews.ahead()
    others = besides(git, plan, plan_file, previews.read_if_there)
    phases: list[PhaseAhead] = []
    for number in plan.phases:
        if number == 4:
            continue
        if number == 5:
            seen = PhaseAhead(5, _title(plan, 5), 0, 0, (), (), len(plan.phase5.check) if plan.phase5 else 0)
        elif number == 3:
            seen = _ahead(previews.of(3, planned=True))
        else:
            results, missing = previews.redirects(number)
            edited = [result for result in results.values() if result.edits]
            about = [finding for finding in outlook.findings if finding.phase == number]
            seen = PhaseAhead(
                number,
                _title(plan, number),
                sum(len(result.edits) for result in edited),
                len(edited),
                (*missing, *about),
                outlook.remarks,
                changes=previews.changes(edited),
            )
        phases.append(_with(seen, [finding for finding in others if finding.phase == number]))
    return tuple(phases), outlook


def besides(git: Git, plan: Plan, plan_file: Path, read_if_there: Callable[[str], bytes | None]) -> tuple[Finding, ...]:
    """What a look at the plan and at other files than Python finds, and no phase does: of all phases."""
    plan_path = path_of(plan_file, git.root)
    return (
        *mentions(git, plan, read_if_there, {plan_path}),
        *missing_commands(plan, git.root, plan_path, _text(plan_file)),
        *_minutes(plan, plan_file, plan_path),
    )


def _with(phase: PhaseAhead, more: list[Finding]) -> PhaseAhead:
    findings = tuple(sorted((*phase.findings, *more), key=lambda f: (f.severity != "error", f.order)))
    return structs.replace(phase, findings=findings)


def _ahead(found: Preview) -> PhaseAhead:
    findings = tuple(sorted(found.findings, key=lambda f: (f.severity != "error", f.order)))
    return PhaseAhead(
        found.phase,
        _title(found.plan, found.phase),
        found.edits,
        len(found.files),
        findings,
        found.notes,
        changes=found.files,
    )


def _title(plan: Plan, number: int) -> str:
    table = plan.phase(number)
    return table.title if table is not None else ""


def path_of(plan_file: Path, root: Path) -> str:
    """The plan's path, relative to the root where it lies below."""
    path = plan_file.resolve()
    inside = path.is_relative_to(root.resolve())
    return path.relative_to(root.resolve()).as_posix() if inside else os.fspath(plan_file)


def _text(plan_file: Path) -> str:
    """The plan's text; empty for one that is not written yet, or is gone."""
    try:
        return plan_file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


_BUDGET = re.compile(r"^[ \t]*budget_minutes[ \t]*=", re.MULTILINE)


def _minutes(plan: Plan, plan_file: Path, plan_path: str) -> Iterator[Finding]:
    """Planned minutes that do not add up to the budget."""
    for hint in plan.hints():
        source = _text(plan_file)
        found = _BUDGET.search(source)
        line = source.count("\n", 0, found.start()) + 1 if found is not None else 1
        message = f"{hint}; correct the one or the other, or leave it as a reserve"
        yield Finding(plan.phases[0], plan_path, line, 0, "minutes-mismatch", "", message)
