"""Gather what a report tells: from the plan, the journal, the tree as it is, and old files kept in git."""

from __future__ import annotations

import hashlib
import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any

from migrate.guarding.look import TreeLook
from migrate.guarding.search import Search
from migrate.plan import Plan
from migrate.preflight.look import PhaseAhead, Preflight, look
from migrate.previewing import Progress
from migrate.reporting.data import (
    KINDS,
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
    SiteCount,
    WayBack,
)
from migrate.reporting.file_diffs import diff
from migrate.session import Session
from migrate.timeline import state_of, timeline
from migrate.tree import Tree
from migrate.validation.results import CheckResult
from migrate.validation_command import in_words
from migrate.way_back import refuse_drift_since, runs_to_roll_back
from rollback.changes import read_current
from rollback.errors import RepositoryError, SnapshotPruned
from rollback.git import Git
from rollback.journal import UNBORN, FileRecord, Journal, RunRecord
from rollback.preimages import prove_images
from rollback.stand import Stand, stand_of

Ticking = Callable[[str], AbstractContextManager[Progress | None]]
"""A bar for a step that takes a while, by its name."""

LASTING = ("invalid-call", "lost-definition")
"""Codes of findings that are not found again once the phase is applied: nothing of the plan is left at their places."""


def gather(session: Session, jobs: int | None, ticking: Ticking) -> ReportData:
    """Look at the journal and at the tree; nothing is written.

    Raises:
        RewriteBug, Unreadable, OutsideRoot: as `preview`.
        JournalUnusable: the journal cannot be read.
    """
    started, git, plan = time.monotonic(), session.git, session.plan
    with ticking("report: looking at the tree") as progress:
        ahead = look(git, plan, session.plan_file, jobs, progress)
    deprecated = None
    if plan.phase5 is not None:
        with ticking("report: what is left") as progress:
            deprecated = _deprecated(git, plan, jobs, progress)
    runs = session.runs()
    with Journal.open(git, create=False) as journal:
        lines = tuple(RunLine(run, journal.is_pruned(run.id), journal.kept(run.id)) for run in runs)
        standing = [line.run for line in lines if line.stands]
        touched = {run.id: journal.files(run.id) for run in standing}
        files = tuple(_changed_files(git, journal, standing, touched))
        recorded = {run.id: journal.findings(run.id) for run in standing}
        criteria = _criteria(plan, runs, journal, deprecated)
    obstacle = session.obstacle()
    found = [ReportedFinding.of(finding) for finding in ahead.findings]
    lasting, settled = _on_record(found, recorded, touched, {file.path: file for file in files})
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
        sites=_sites(standing, ahead.phases),
        files=files,
        left=left,
        findings=tuple(sorted((*found, *lasting), key=lambda f: f.order)),
        settled=settled,
        way_back=WayBack(lines, tuple(_rollback_options(git, plan, standing))),
        notes=ahead.notes,
        next=_next(ahead, runs, interrupted=session.interrupted() is not None),
        seconds=time.monotonic() - started,
    )


def _branch(git: Git) -> str:
    return git.run("symbolic-ref", "--quiet", "--short", "HEAD", ok=(0, 1)).decode("utf-8", "replace").strip()


def _left(phase: PhaseAhead) -> PhaseLeft:
    files = tuple(PlannedFile(each.path, len(each.edits), diff(each.before, each.after)) for each in phase.changes)
    return PhaseLeft(phase.phase, phase.title, phase.edits, files, phase.commands)


def _sites(standing: Sequence[RunRecord], phases: Sequence[PhaseAhead]) -> tuple[SiteCount, ...]:
    """Edits by kind; those of runs that an older version recorded are of no known kind."""
    done: Counter[str] = Counter()
    for run in standing:
        done.update(run.sites)
        done["unknown"] += run.edits - sum(run.sites.values())
    left = Counter(edit.kind for phase in phases for file in phase.changes for edit in file.edits)
    kinds = [*KINDS, *sorted({*done, *left} - {*KINDS})]
    return tuple(SiteCount(kind, done[kind], left[kind]) for kind in kinds if done[kind] or left[kind])


def _next(ahead: Preflight, runs: Sequence[RunRecord], *, interrupted: bool) -> str:
    if interrupted:
        return "migrate rollback"
    for phase in ahead.phases:
        if phase.edits or (phase.phase == 5 and state_of(runs, 5) != "passed"):
            return f"migrate phase{phase.phase}"
    return "migrate guard"


# Files


def _changed_files(
    git: Git, journal: Journal, standing: Sequence[RunRecord], touched: Mapping[int, Sequence[FileRecord]]
) -> Iterator[ChangedFile]:
    records: dict[str, list[tuple[RunRecord, FileRecord]]] = {}
    for run in standing:
        for file in touched[run.id]:
            records.setdefault(file.path, []).append((run, file))
    old = _old_files(git, journal, [entries[0] for entries in records.values()])
    for path, entries in sorted(records.items()):
        yield _changed_file(git, path, entries, old[path])


def _changed_file(
    git: Git, path: str, entries: Sequence[tuple[RunRecord, FileRecord]], before: bytes | str | None
) -> ChangedFile:
    """Args: before: the bytes before all runs, None for no file, or why they cannot be had."""
    first, last = entries[0][1], entries[-1][1]
    phases = tuple(sorted({run.phase for run, _ in entries}))
    runs = tuple(run.id for run, _ in entries)
    why = before if isinstance(before, str) else ""
    now: bytes | None = None
    try:
        now, mode = read_current(git.root, path)
    except RepositoryError as error:
        why, state = str(error), FileState.UNREADABLE
    else:
        state = _state(first, last, now, mode)
    shown = None if isinstance(before, str) or state is FileState.UNREADABLE else diff(before, now)
    return ChangedFile(path, phases, runs, state, first.before_sha256, _sha256(now), shown, why)


def _state(first: FileRecord, last: FileRecord, now: bytes | None, mode: int | None) -> FileState:
    digest = _sha256(now)
    if stand_of(last, digest, mode) is Stand.AFTER:
        return FileState.AS_LEFT
    if digest == first.before_sha256:
        return FileState.AS_BEFORE
    return FileState.GONE if now is None else FileState.EDITED


def _old_files(
    git: Git, journal: Journal, firsts: Sequence[tuple[RunRecord, FileRecord]]
) -> dict[str, bytes | str | None]:
    """What was there before the first run that touched each file, or why that cannot be told, by path."""
    old: dict[str, bytes | str | None] = {}
    runs = {run.id: run for run, _ in firsts}
    for run in runs.values():
        files = [file for each, file in firsts if each.id == run.id]
        old.update((file.path, None) for file in files if file.before_sha256 is None)
        try:
            if journal.is_pruned(run.id):
                raise SnapshotPruned(run)
            old.update(prove_images(git, run, files))
        except RepositoryError as error:
            began_at = journal.began_at(run.id)
            why = f"run {run.id} does not have its old files any more" if journal.is_pruned(run.id) else str(error)
            old.update((file.path, _committed(git, began_at, file) or why) for file in files if file.path not in old)
    return old


def _committed(git: Git, revision: str, file: FileRecord) -> bytes | None:
    """The file as it was committed when the run began, where that is what the run found."""
    with suppress(RepositoryError):
        content = git.content_at(revision, file.path) if revision not in ("", UNBORN) else None
        if content is not None and _sha256(content) == file.before_sha256:
            return content
    return None


def _sha256(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


# Findings


def _on_record(
    found: Sequence[ReportedFinding],
    recorded: Mapping[int, Sequence[Mapping[str, Any]]],
    touched: Mapping[int, Sequence[FileRecord]],
    files: Mapping[str, ChangedFile],
) -> tuple[list[ReportedFinding], Counter[str]]:
    """What runs that stand have on record and is not found now: what lasts all the same, and how many do not."""
    now = Counter((f.code, f.path, f.subject) for f in found)
    lasting: list[ReportedFinding] = []
    settled: Counter[str] = Counter()
    for run_id, findings in recorded.items():
        mine = {file.path: file for file in touched[run_id]}
        for each in map(_recorded, findings):
            key = (each.code, each.path, each.subject)
            if now[key] > 0:
                now[key] -= 1
            elif each.code in LASTING and each.path in mine:
                is_ours = _only_runs_since(mine[each.path], run_id, touched, files[each.path])
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
    )


def _only_runs_since(
    file: FileRecord, run_id: int, touched: Mapping[int, Sequence[FileRecord]], now: ChangedFile
) -> bool:
    """Has nobody but the tool edited a file since a run?"""
    digest = file.after_sha256
    for later in sorted(number for number in touched if number > run_id):
        for other in touched[later]:
            if other.path == file.path:
                if other.before_sha256 != digest:
                    return False
                digest = other.after_sha256
    return now.now_sha256 == digest


# Criteria


def _criteria(plan: Plan, runs: Sequence[RunRecord], journal: Journal, deprecated: int | None) -> Criteria:
    own = [run for run in runs if run.phase == 5]
    last = own[-1] if own else None
    results = [CheckResult.of(document) for document in journal.checks(last.id)] if last is not None else []
    by_name = {result.name: result for result in results}
    planned = plan.phase5.check if plan.phase5 is not None else ()
    lines = [
        CheckLine(check.name, check.title, in_words(check), check.note, by_name.pop(check.name, None))
        for check in planned
    ]
    lines += [
        CheckLine(result.name, result.title, shlex.join(result.command), "", result, is_planned=False)
        for result in by_name.values()
    ]
    is_current = last is not None and not any(run.files and _last_change(run) > _last_change(last) for run in runs)
    return Criteria(last, is_current, tuple(lines), deprecated)


def _last_change(run: RunRecord) -> float:
    return max(run.applied_at or 0.0, run.ended_at or 0.0)


def _deprecated(git: Git, plan: Plan, jobs: int | None, progress: Progress | None) -> int:
    """How many old imports and keywords `migrate guard` would fail over."""
    search = Search(git, plan)
    look = TreeLook(plan, 5, Tree(git).read_if_there, git, search, jobs, progress)
    look.prepare()
    return sum(each.fails(strict=False) for each in look.look(search.candidates()).seen)


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
