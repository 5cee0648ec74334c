"""Compute what a phase would do to the tree as it is: find, locate, rewrite, verify."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migrate.edits import Edit, apply_edits
from migrate.errors import MigrateError
from migrate.executors.tasks import collector_paused
from migrate.executors.workers import ALL, Workers
from migrate.findings import Finding
from migrate.locate.sites import is_kept
from migrate.locating import PhaseSpec
from migrate.modules import file_of
from migrate.plan import Plan
from migrate.preview import FilePreview, Preview
from migrate.rounds import Rounds
from migrate.transform import FileResult, transform_file
from migrate.tree import Tree, not_looked_into
from rollback.errors import Drifted, OutsideRoot
from rollback.git import Git, Search

if TYPE_CHECKING:
    from migrate.foresight.holes import Outlook

Progress = Callable[[int, int], None]
"""Told how many files are done, and of how many."""


class RewriteBug(MigrateError):
    """The verification refused what the rewriter made; nothing is written."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"{path}: the rewrite was refused by its verification ({reason}); nothing written; "
            "please report it, and keep the file as it is with '# migrate: keep' or exclude"
        )


@dataclass(frozen=True)
class _PlannedGit(Git):
    """The working tree with some files as they will be, by path."""

    planned: Mapping[str, bytes] = field(default_factory=dict)

    def search(self, asked: Search, threads: int | None = None) -> tuple[str, ...]:
        """As in git, and those of the planned files that may have a word; perhaps too many."""
        more = (
            path
            for path, content in self.planned.items()
            if asked.patterns and (not asked.fixed or any(pattern.encode() in content for pattern in asked.patterns))
        )
        return tuple(sorted({*super().search(asked, threads), *more}))


def preview(
    git: Git,
    plan: Plan,
    phase: int,
    workers: Workers = ALL,
    progress: Progress | None = None,
) -> Preview:
    """Compute what phase `phase` of `plan` would do.

    Raises:
        RewriteBug: a rewrite did not pass its verification.
        Unreadable, OutsideRoot: a file of the tree cannot be read, or must not be.
    """
    return Previews(git, plan, workers, progress).of(phase)


def edits_left(git: Git, plan: Plan, phase: int, workers: Workers) -> int:
    """How many edits a phase would still make; as `preview`, without a look at what it would break."""
    previews = Previews(git, plan, workers)
    if phase in (1, 2):
        results, _ = previews.redirects_to_apply(phase)
        return sum(len(result.edits) for result in results.values())
    return previews.of(phase).edits


@dataclass
class Previews:
    """Previews of the phases of one plan, on one reading of the tree."""

    git: Git
    plan: Plan
    workers: Workers = ALL
    progress: Progress | None = None

    def __post_init__(self) -> None:
        self._tree = Tree(self.git)
        self._rounds: dict[tuple[int, bool], tuple[Rounds, list[FileResult]]] = {}
        self._refused: dict[int, OutsideRoot] = {}

    @collector_paused()
    def of(self, phase: int, *, planned: bool = False) -> Preview:
        """As `preview`.

        Args:
            planned: as if the phases before it were done.
        """
        started = time.monotonic()
        plan = self.plan
        notes: Sequence[str] = ()
        if phase in (1, 2):
            results, missing = self.redirects_to_apply(phase)
            ahead = self.ahead({module for module, result in results.items() if result.edits})
            findings, notes = [*missing, *(f for f in ahead.findings if f.phase == phase)], ahead.remarks
            done = list(results.values())
        else:
            ahead_of_moves = cache(self._moves_ahead)
            rounds, done = self._look(phase, planned, ahead_of_moves if phase == 3 else None)
            about_homes, unchecked = ahead_of_moves() if phase == 3 else ((), ())
            findings = [*rounds.findings(), *rounds.about_the_plan(), *about_homes]
            notes = [*rounds.notes, *unchecked]
        for result in done:
            if result.bug is not None:
                raise RewriteBug(result.path, result.bug)
        files = self.changes(done)
        priority = getattr(plan.phase(phase), "priority", ())
        found = sorted((*findings, *(f for r in done for f in r.findings)), key=lambda f: f.order)
        passed_over = not_looked_into(self.git, self.git.passed_over()) if phase > 2 else ()
        return Preview(
            plan,
            phase,
            tuple(sorted(files, key=lambda f: (not is_priority(f.path, priority), f.path))),
            tuple(found),
            len(done),
            sum(r.kept for r in done),
            (*_priority_notes(self.git, priority, files, found), *notes, *passed_over),
            time.monotonic() - started,
        )

    def _moves_ahead(self) -> tuple[Sequence[Finding], Sequence[str]]:
        from migrate.foresight.moves_outlook import look_at_moves

        return look_at_moves(self.git, self.plan, self._tree.read, self._tree.read_if_there)

    def changes(self, results: Iterable[FileResult]) -> tuple[FilePreview, ...]:
        """The files that have edits.

        Raises:
            Drifted: one of them is no longer what was looked at.
        """
        return tuple(self._change(result) for result in results if result.edits)

    def _change(self, result: FileResult) -> FilePreview:
        content = self._tree.read(result.path)
        if sha256(content).hexdigest() != result.before_sha256:
            raise Drifted([result.path])
        return FilePreview(result.path, content, self._tree.modes[result.path], result.edits)

    @collector_paused()
    def ahead(self, modules: Collection[str] | None = None) -> Outlook:
        """What redirects would break, by their modules; None for all.

        A `# migrate: keep` silences what is broken today already, and warnings: a line that stays as it is may break.
        """
        from migrate.foresight.holes import Outlook
        from migrate.foresight.outlook import look_ahead

        if modules is not None and not modules:
            return Outlook()
        moved: dict[str, tuple[Edit, ...]] = {}
        if self.plan.phase3 is not None:
            moved = {result.path: result.edits for result in self._look(3, planned=True)[1]}
        tree = self._tree
        found = look_ahead(self.git, self.plan, tree.read, tree.read_if_there, moved, modules)
        absent = {f"{hole.module}:{hole.name}" for hole in found.holes if hole.origin.is_absent}
        kept = (f for f in found.findings if f.severity == "warning" or f.subject in absent)
        silenced = {f for f in kept if self._is_kept(f)}
        return replace(found, findings=tuple(f for f in found.findings if f not in silenced))

    def read_if_there(self, path: str) -> bytes | None:
        """The bytes of a file, or None when there is no such file."""
        return self._tree.read_if_there(path)

    def _is_kept(self, finding: Finding) -> bool:
        content = self._tree.read_if_there(finding.path)
        return content is not None and is_kept(content, finding)

    def _look(
        self, phase: int, planned: bool, aside: Callable[[], object] | None = None
    ) -> tuple[Rounds, list[FileResult]]:
        key = (phase, planned and (bool(self._planned) or phase == 4))
        if key not in self._rounds:
            git, tree = self.git, self._tree
            read, read_if_there = tree.read, tree.read_if_there
            in_place: Mapping[str, bytes] = {}
            if key[1]:
                in_place = self._planned
                git = _PlannedGit(git.root, git.toplevel, git.prefix, git.git_dir, git.common_dir, git.asked, in_place)
                read, read_if_there = self._read_planned, self._read_planned_if_there
            after_moves = planned and phase == 4 and self.plan.phase3 is not None
            rounds = Rounds(
                self.plan,
                phase,
                read_if_there,
                git,
                read,
                self.workers,
                in_place,
                self.progress,
                after_moves=after_moves,
                aside=aside,
            )
            self._rounds[key] = rounds, rounds.run()
        return self._rounds[key]

    @cached_property
    def _planned(self) -> dict[str, bytes]:
        """What becomes of the files that redirects are still to replace, by path."""
        results = [result for phase in (1, 2) for result in self.redirects(phase)[0].values() if result.edits]
        return {result.path: apply_edits(self._tree.read(result.path), result.edits) for result in results}

    def _read_planned(self, path: str) -> bytes:
        return self._planned[path] if path in self._planned else self._tree.read(path)

    def _read_planned_if_there(self, path: str) -> bytes | None:
        return self._planned[path] if path in self._planned else self._tree.read_if_there(path)

    def redirects_to_apply(self, phase: int) -> tuple[dict[str, FileResult], list[Finding]]:
        """As `redirects`.

        Raises:
            OutsideRoot: one of the files is a link, or another that must not be written.
        """
        found = self.redirects(phase)
        if phase in self._refused:
            raise self._refused[phase]
        return found

    def redirects(self, phase: int) -> tuple[dict[str, FileResult], list[Finding]]:
        """What becomes of each module that phase 1 or 2 redirects, and the findings about those that cannot be."""
        results: dict[str, FileResult] = {}
        findings: list[Finding] = []
        tree, plan = self._tree, self.plan
        for redirect in getattr(plan.phase(phase), "redirect", ()):
            path = file_of(redirect.module, plan.plan.source_roots, tree.git.is_file)
            if path is None:
                where = " or ".join(plan.plan.source_roots)
                message = f"no file of this module under source root {where}"
                path = redirect.module.replace(".", "/") + ".py"
            else:
                try:
                    results[redirect.module] = transform_file(path, tree.read(path), PhaseSpec(plan, phase))
                    continue
                except OutsideRoot as error:
                    self._refused.setdefault(phase, error)
                    message = f"the module's file {error.why}; a redirect takes the place of a file of this tree"
            message += f"; correct phase{phase}.redirect or source_roots"
            findings.append(Finding(phase, path, 1, 0, "missing-target", redirect.module, message))
        return results, findings


def is_priority(path: str, priority: tuple[str, ...]) -> bool:
    """Is a file one that the plan wants to see first?"""
    return any(path == entry or (entry.endswith("/") and path.startswith(entry)) for entry in priority)


def _priority_notes(
    git: Git, priority: tuple[str, ...], files: tuple[FilePreview, ...], found: list[Finding]
) -> Iterator[str]:
    touched = {f.path for f in files} | {f.path for f in found}
    for entry in priority:
        if not git.is_there(entry):
            yield f"priority {entry}: not in the tree"
        elif not any(is_priority(path, (entry,)) for path in touched):
            yield f"priority {entry}: nothing to do there"
