"""Edits by kind: those that runs have made and that are in the tree, and those still to make; none is both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from migrate.preflight.look import PhaseAhead
from migrate.reporting.changed_files import Touch, TouchedFile
from migrate.reporting.data import KINDS, SiteCount
from rollback.journal import RunRecord

Edits = dict[int, Counter[str]]
"""How many edits of each kind, by phase."""


def edits_made(standing: Sequence[RunRecord], touched: Iterable[TouchedFile], phases: Sequence[PhaseAhead]) -> Edits:
    """The edits of runs that are in the tree.

    Those of a file that was put back are not. What is found again in one that was edited since counts as still to
    make, where its phase had left nothing there. A run of an older version has its edits on record without their
    files, or even without their kinds; these count as they are.

    Args:
        standing: runs, oldest first. touched: their files. phases: what is still to make.
    """
    again = {
        (phase.phase, file.path): Counter(edit.kind for edit in file.edits)
        for phase in phases
        for file in phase.changes
    }
    left_some = {run.phase: run.partial for run in standing}  # as the last one of each phase
    made: Edits = {run.phase: Counter() for run in standing}
    for file in touched:
        mine: Edits = {}
        for run, record in in_tree(file):
            mine.setdefault(run.phase, Counter()).update(record.sites)
        for phase, kinds in mine.items():
            is_edited = file.now.sha256 not in {record.after_sha256 for _, record in file.touches}
            found = again.get((phase, file.path), Counter()) if is_edited and not left_some[phase] else Counter()
            made[phase] += kinds - found
    with_files = {run.id for file in touched for run, record in file.touches if record.sites}
    for run in standing:
        if run.id not in with_files and run.state == "applied":
            made[run.phase].update(run.sites)
            made[run.phase]["unknown"] += run.edits - sum(run.sites.values())
    return made


def in_tree(file: TouchedFile) -> Sequence[Touch]:
    """Those of a file's runs whose edits are in it: up to the one that left it as it is, and none if it is as before.

    All of them where it is something else, as nobody can tell.
    """
    digest, touches = file.now.sha256, file.touches
    for number in range(len(touches), 0, -1):
        if touches[number - 1][1].after_sha256 == digest:
            return touches[:number]
    return () if touches[0][1].before_sha256 == digest and not file.now.why else touches


def site_counts(made: Mapping[int, Mapping[str, int]], phases: Sequence[PhaseAhead]) -> tuple[SiteCount, ...]:
    """What is made and what is left, by kind."""
    done: Counter[str] = Counter()
    for kinds in made.values():
        done.update(kinds)
    left = Counter(edit.kind for phase in phases for file in phase.changes for edit in file.edits)
    every = [*KINDS, *sorted({*done, *left} - {*KINDS})]
    return tuple(SiteCount(kind, done[kind], left[kind]) for kind in every if done[kind] or left[kind])
