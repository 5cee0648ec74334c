"""Gather what a report tells: from the plan, the journal, the tree as it is, and old files kept in git."""

from __future__ import annotations

import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import Any

from migrate.executors.workers import Workers
from migrate.guarding.look import TreeLook
from migrate.guarding.search import Search
from migrate.plan import Plan
from migrate.plan_checks import Check
from migrate.preflight.look import PhaseAhead, Preflight, look
from migrate.previewing import Progress
from migrate.reporting.changed_files import TouchedFile, changed_files, touched_files
from migrate.reporting.data import (
    ChangedFile,
    CheckLine,
    Criteria,
    FileState,
    PhaseLeft,
    PlannedFile,
    ReportData,
    ReportedFinding,
    RollbackOption,
    RunLine,
    WayBack,
)
from migrate.reporting.file_diffs import diff
from migrate.reporting.site_counts import edits_made, site_counts
from migrate.session import Session
from migrate.timeline import state_of, timeline
from migrate.tree import Tree
from migrate.validation.results import CheckResult
from migrate.validation_command import in_words
from migrate.way_back import refuse_drift_since, runs_to_roll_back
from rollback.errors import RepositoryError
from rollback.git import Git
from rollback.journal import Journal, RunRecord

Ticking = Callable[[str], AbstractContextManager[Progress | None]]
"""A bar for a step that takes a while, by its name."""

LASTING = ("invalid-call", "lost-definition")
"""Codes of findings that are not found again once the phase is applied: nothing of the plan is left at their places."""


def gather(session: Session, workers: Workers, ticking: Ticking) -> ReportData:
    """Look at the journal and at the tree; nothing is written.

    Raises:
        RewriteBug, Unreadable, OutsideRoot: as `preview`.
        JournalUnusable: the journal cannot be read.
    """
    started, git, plan = time.monotonic(), session.git, session.plan
    with ticking("report: looking at the tree") as progress:
        ahead = look(git, plan, session.plan_file, workers, progress)
    with ticking("report: what is left") as progress:
        deprecated = _deprecated(git, plan, workers, progress)
    runs = session.runs()
    with Journal.open(git, create=False) as journal:
        lines = tuple(RunLine(run, journal.is_pruned(run.id), journal.kept(run.id)) for run in runs)
        standing = [line.run for line in lines if line.stands]
        touched = touched_files(git, journal, standing)
        files = changed_files(git, journal, touched)
        recorded = {run.id: journal.findings(run.id) for run in standing}
        criteria = _criteria(plan, runs, journal, files, deprecated)
    made = edits_made(standing, touched, ahead.phases)
    obstacle = session.obstacle()
    found = [ReportedFinding.of(finding) for finding in ahead.findings]
    lasting, settled = _on_record(found, recorded, {file.path: file for file in touched})
    left = tuple(_left(phase) for phase in ahead.phases)
    return ReportData(
        plan=plan,
        root=git.root.name,
        made_at=time.time(),
        branch=_branch(git),
        head=git.head() or "",
        obstacle="" if obstacle is None else str(obstacle),
        timeline=timeline(plan, runs, {phase.phase: phase.edits for phase in ahead.phases if phase.phase < 5}),
        criteria=criteria,
        sites=site_counts(made, ahead.phases),
        edits_made={phase: kinds.total() for phase, kinds in made.items()},
        files=files,
        left=left,
        findings=tuple(sorted((*found, *lasting), key=lambda f: f.order)),
        settled=settled,
        way_back=WayBack(lines, tuple(_rollback_options(git, plan, standing))),
        notes=ahead.notes,
        next=_next(ahead, runs, criteria, interrupted=session.interrupted() is not None),
        seconds=time.monotonic() - started,
    )


def _branch(git: Git) -> str:
    return git.run("symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1)).decode("utf-8", "replace").strip()


def _left(phase: PhaseAhead) -> PhaseLeft:
    files = tuple(PlannedFile(each.path, len(each.edits), diff(each.before, each.after)) for each in phase.changes)
    return PhaseLeft(phase.phase, phase.title, phase.edits, files, phase.commands)


def _next(ahead: Preflight, runs: Sequence[RunRecord], criteria: Criteria, *, interrupted: bool) -> str:
    if interrupted:
        return "migrate rollback"
    for phase in ahead.phases:
        is_checked = state_of(runs, 5) == "passed" and criteria.is_current and not criteria.number("not-run")
        if phase.edits or (phase.phase == 5 and not is_checked):
            return f"migrate phase{phase.phase}"
    return "migrate guard"


# Findings


def _on_record(
    found: Sequence[ReportedFinding],
    recorded: Mapping[int, Sequence[Mapping[str, Any]]],
    touched: Mapping[str, TouchedFile],
) -> tuple[list[ReportedFinding], Counter[str]]:
    """What runs that stand have on record and is not found now: what lasts all the same, and how many do not."""
    now = Counter((f.code, f.path, f.subject) for f in found)
    lasting: list[ReportedFinding] = []
    settled: Counter[str] = Counter()
    for run_id, findings in recorded.items():
        for each in map(_recorded, findings):
            key = (each.code, each.path, each.subject)
            if now[key] > 0:
                now[key] -= 1
            elif each.code in LASTING and each.path in touched and _has(touched[each.path], run_id):
                is_ours = _only_runs_since(touched[each.path], run_id)
                lasting.append(_lasting(each, run_id, is_ours=is_ours))
            else:
                settled[each.code] += 1
    return lasting, settled


def _recorded(finding: Mapping[str, Any]) -> ReportedFinding:
    return ReportedFinding(
        int(finding["phase"]),
        str(finding["path"]),
        int(finding["line"]),
        int(finding["column"]),
        str(finding["code"]),
        str(finding["severity"]),
        str(finding["subject"]),
        str(finding["message"]),
    )


def _lasting(finding: ReportedFinding, run_id: int, *, is_ours: bool) -> ReportedFinding:
    if is_ours:
        remark = "not found again; the line is that of before the run"
    else:
        remark = "the file was edited since, so see whether it is mended"
    return ReportedFinding(
        finding.phase,
        finding.path,
        finding.line,
        finding.column,
        finding.code,
        finding.severity,
        finding.subject,
        finding.message,
        run_id,
        f"on record of run {run_id}; {remark}",
        is_ours,
    )


def _has(file: TouchedFile, run_id: int) -> bool:
    return any(run.id == run_id for run, _ in file.touches)


def _only_runs_since(file: TouchedFile, run_id: int) -> bool:
    """Has nobody but the tool edited a file since a run that has touched it?"""
    records = [record for run, record in file.touches if run.id >= run_id]
    follow = all(later.before_sha256 == each.after_sha256 for each, later in pairwise(records))
    return follow and file.now.sha256 == records[-1].after_sha256


# Criteria


def _criteria(
    plan: Plan, runs: Sequence[RunRecord], journal: Journal, files: Sequence[ChangedFile], deprecated: int
) -> Criteria:
    own = [run for run in runs if run.phase == 5]
    last = own[-1] if own else None
    if last is None:
        return Criteria(None, False, tuple(_check_lines(plan, ())), deprecated)
    results = [CheckResult.of(document) for document in journal.checks(last.id)]
    is_newest = not any(run.files and _last_change(run) > _last_change(last) for run in runs)
    seen = journal.seen(last.id)
    changed = tuple(file.path for file in files if _is_changed(file, seen))
    return Criteria(last, is_newest, tuple(_check_lines(plan, results)), deprecated, changed, bool(seen))


def _is_changed(file: ChangedFile, seen: Mapping[str, str | None]) -> bool:
    """Is a file not as the checks found it? Where that is not on record, not as its runs left it?"""
    if file.path in seen:
        return file.now_sha256 != seen[file.path]
    return file.state not in (FileState.AS_LEFT, FileState.MODE)


def _check_lines(plan: Plan, results: Sequence[CheckResult]) -> Iterator[CheckLine]:
    """The plan's checks, each with its result; then what else was run, also under a name that the plan still has."""
    by_name = {result.name: result for result in results}
    for check in plan.phase5.check if plan.phase5 is not None else ():
        found = by_name.get(check.name)
        is_altered = found is not None and found.ended != "not-run" and not _is_of(check, found)
        if not is_altered:
            by_name.pop(check.name, None)
        yield CheckLine(
            check.name, check.title, in_words(check), check.note, None if is_altered else found, is_altered=is_altered
        )
    for result in by_name.values():
        yield CheckLine(result.name, result.title, shlex.join(result.command), "", result, is_planned=False)


def _is_of(check: Check, result: CheckResult) -> bool:
    """Is it a result of this very check? On record of older versions there is less to tell it by."""
    if result.form:
        return result.form == check.form
    return (result.title, result.command) == (check.title, check.run or ())


def _last_change(run: RunRecord) -> float:
    return max(run.applied_at or 0.0, run.ended_at or 0.0)


def _deprecated(git: Git, plan: Plan, workers: Workers, progress: Progress | None) -> int:
    """How many old imports and keywords `migrate guard` would fail over; files that do not parse are findings."""
    search = Search(git, plan)
    look = TreeLook(plan, 5, Tree(git).read_if_there, git, search, workers, progress)
    look.prepare()
    seen = look.look(search.candidates()).seen
    return sum(each.fails(strict=False) and each.finding.code != "unparseable" for each in seen)


# The way back


def _rollback_options(git: Git, plan: Plan, standing: Sequence[RunRecord]) -> Iterator[RollbackOption]:
    """What `migrate rollback` and `migrate rollback --all` would do."""
    for command, everything in (("migrate rollback", False), ("migrate rollback --all", True)):
        runs: tuple[RunRecord, ...] = ()
        try:
            runs = runs_to_roll_back(git, plan.name, None, everything)
            refuse_drift_since(git, runs)
        except RepositoryError as error:
            yield RollbackOption(command, runs, str(error))
        else:
            yield RollbackOption(command, runs)
        if len({run.phase for run in standing}) < 2:  # both are the same
            break
