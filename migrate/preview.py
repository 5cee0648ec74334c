"""What a phase would do to the tree as it is: find, locate, rewrite, verify; nothing is written."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from migrate.candidates import find_candidates, other_names, relevance
from migrate.edits import Edit, apply_edits
from migrate.errors import MigrateError
from migrate.executors import transform_files
from migrate.findings import Finding
from migrate.modules import file_of
from migrate.plan import Plan
from migrate.reexports import Reexports
from migrate.transform import FileResult, PhaseSpec
from rollback.changes import FileChange, read_file
from rollback.errors import Unreadable
from rollback.git import Git

Progress = Callable[[int, int], None]
"""Told how many files are done, and of how many."""


class RewriteBug(MigrateError):
    """The verification refused what the rewriter made; nothing is written."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"{path}: the rewrite was refused by its verification ({reason}); nothing written; "
            "please report it, and keep the file as it is with '# migrate: keep' or exclude"
        )


@dataclass(frozen=True, slots=True)
class FilePreview:
    """One file with the edits that a phase would make."""

    path: str
    before: bytes
    mode: int
    edits: tuple[Edit, ...]

    @property
    def after(self) -> bytes:
        return apply_edits(self.before, self.edits)

    @property
    def change(self) -> FileChange:
        return FileChange(self.path, self.before, self.after, self.mode)

    @property
    def before_sha256(self) -> str:
        return sha256(self.before).hexdigest()

    @property
    def after_sha256(self) -> str:
        return sha256(self.after).hexdigest()


@dataclass(frozen=True, slots=True)
class Preview:
    """A whole phase on the tree as it is.

    Attributes:
        files: those that would change, the plan's priority files first, then by path.
        findings: what is left to a person, by path and line.
        candidates: how many files were parsed.
        kept: sites left alone for their `# migrate: keep`.
        notes: remarks on the plan's priority entries.
        seconds: wall time of computing it.
    """

    plan: Plan
    phase: int
    files: tuple[FilePreview, ...]
    findings: tuple[Finding, ...]
    candidates: int
    kept: int
    notes: tuple[str, ...]
    seconds: float

    @property
    def edits(self) -> int:
        """Sites that would change; a call whose keyword is renamed and another added counts once."""
        return sum(len({edit.site for edit in file.edits}) for file in self.files)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity == "warning")


@dataclass
class _Tree:
    """The files of the repository as read during one preview."""

    git: Git
    modes: dict[str, int] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)

    def read(self, path: str) -> bytes:
        if path not in self.contents:
            self.contents[path], self.modes[path] = read_file(self.git.root, path)
        return self.contents[path]

    def read_if_there(self, path: str) -> bytes | None:
        if not (self.git.root / path).is_file():
            return None
        try:
            return self.read(path)
        except Unreadable:
            return None


def preview(
    git: Git, plan: Plan, phase: int, jobs: int | None = None, progress: Progress | None = None
) -> Preview:
    """Compute what phase `phase` of `plan` would do.

    Raises:
        RewriteBug: a rewrite did not pass its verification.
        Unreadable, OutsideRoot: a file of the tree cannot be read, or must not be.
    """
    started = time.monotonic()
    tree = _Tree(git)
    if phase in (1, 2):
        results, findings = _redirects(tree, plan, phase)
    else:
        results, findings = _sites(tree, plan, phase, jobs, progress)
    for result in results:
        if result.bug is not None:
            raise RewriteBug(result.path, result.bug)
    files = tuple(
        FilePreview(r.path, tree.contents[r.path], tree.modes[r.path], r.edits) for r in results if r.edits
    )
    priority = getattr(plan.phase(phase), "priority", ())
    found = sorted((*findings, *(f for r in results for f in r.findings)), key=lambda f: f.order)
    return Preview(
        plan,
        phase,
        tuple(sorted(files, key=lambda f: (not _is_priority(f.path, priority), f.path))),
        tuple(found),
        len(results),
        sum(r.kept for r in results),
        tuple(_priority_notes(git, priority, files, found)),
        time.monotonic() - started,
    )


def _redirects(tree: _Tree, plan: Plan, phase: int) -> tuple[list[FileResult], list[Finding]]:
    from migrate.transform import transform_file

    results: list[FileResult] = []
    findings: list[Finding] = []
    table = plan.phase(phase)
    for redirect in getattr(table, "redirect", ()):
        path = file_of(redirect.module, plan.plan.source_roots, lambda p: (tree.git.root / p).is_file())
        if path is None:
            where = " or ".join(plan.plan.source_roots)
            message = f"no file of this module under source root {where}; correct phase{phase}.redirect or source_roots"
            findings.append(
                Finding(phase, redirect.module.replace(".", "/") + ".py", 1, 0, "missing-target", redirect.module, message)
            )
        else:
            results.append(transform_file(path, tree.read(path), PhaseSpec(plan, phase)))
    return results, findings


def _sites(
    tree: _Tree, plan: Plan, phase: int, jobs: int | None, progress: Progress | None
) -> tuple[list[FileResult], list[Finding]]:
    """Transform the candidates; then again those that reach an object of the plan through a re-export."""
    is_relevant = relevance(plan, phase)
    redirected = {
        path
        for r in plan.redirects
        if (path := file_of(r.module, plan.plan.source_roots, lambda p: (tree.git.root / p).is_file()))
    }

    def look_at(paths: list[str], aliases: Mapping[str, str]) -> None:
        files = [(path, tree.read(path)) for path in paths]
        relevant = [(path, content) for path, content in files if is_relevant(path, content)]
        spec = PhaseSpec(plan, phase, tuple(sorted(aliases.items())))
        tick = None if progress is None else lambda done: progress(done, len(relevant))
        for result in transform_files(relevant, spec, jobs, tick):
            results[result.path] = result

    results: dict[str, FileResult] = {}
    seen: set[str] = set()
    words: frozenset[str] = frozenset()
    aliases: dict[str, str] = {}
    settled: set[str] = set()
    wanted = {call.callee.dotted for call in plan.phase4.call} if phase in (4, 5) and plan.phase4 else set()
    reexports = Reexports(plan, tree.read_if_there)
    while True:
        paths = [p for p in find_candidates(tree.git, plan, phase, words) if p not in seen and p not in redirected]
        seen |= set(paths)
        look_at(paths, aliases)
        while unresolved := {name for r in results.values() for name in r.unresolved} - settled:
            settled |= unresolved
            new = reexports.aliases(unresolved, wanted)
            if new:
                aliases |= new
                look_at([r.path for r in results.values() if not r.unresolved.isdisjoint(new)], aliases)
        more = _more_words(plan, phase, tree, seen, words)
        if more <= words:
            return list(results.values()), []
        words |= more


def _more_words(plan: Plan, phase: int, tree: _Tree, seen: set[str], words: frozenset[str]) -> frozenset[str]:
    """Other names that modules of the tree give to the callees of phase 4; their users never spell the first one."""
    if phase not in (4, 5) or plan.phase4 is None:
        return frozenset()
    names = words | {call.callee.leaf for call in plan.phase4.call}
    return frozenset().union(*(other_names(tree.contents[path], names) for path in seen))


def _is_priority(path: str, priority: tuple[str, ...]) -> bool:
    return any(path == entry or (entry.endswith("/") and path.startswith(entry)) for entry in priority)


def _priority_notes(git: Git, priority: tuple[str, ...], files: tuple[FilePreview, ...], found: list[Finding]):  # type: ignore[no-untyped-def]
    touched = {f.path for f in files} | {f.path for f in found}
    for entry in priority:
        if not (git.root / entry).exists():
            yield f"priority {entry}: not in the tree"
        elif not any(_is_priority(path, (entry,)) for path in touched):
            yield f"priority {entry}: nothing to do there"
