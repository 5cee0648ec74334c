"""What a phase looks for in one module, and what it has to know of others for that."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from migrate.candidates import concerns_members_only, relevance
from migrate.locate.callees import Known, owner_of
from migrate.locate.calls import locate_calls
from migrate.locate.decisions import Elsewhere
from migrate.locate.imports import locate_imports
from migrate.locate.sites import AddedImport, ImportSite, Located, Module, Site, UseSite
from migrate.modules import ModuleName
from migrate.moves import MoveIndex
from migrate.plan import Plan
from migrate.signatures import Signature
from migrate.source import Source


class PhaseSpec(Struct, frozen=True):
    """What a step on one file has to do, the same for every file of a phase.

    Attributes:
        phase: 1 to 5.
        aliases: (dotted re-export, dotted object of the plan) pairs found in the repository.
        maybe: such pairs where the re-export may also be something else.
        moved, maybe_moved: in phase 5 those of what moves, and the first two of callees; a redirect may pass on both.
        exports: (module, what a star import of it binds; None where that is not certain).
        taken: dotted names that other modules take from where they are.
        cycles: (module, new home that loads it, the chain of modules in words).
        hidden: old modules of which the package binds the name to something else.
        signatures: (dotted callee, its signature) pairs; those that are not known left out.
        subclasses: (dotted class, dotted class of the plan whose constructor it inherits) pairs.
    """

    plan: Plan
    phase: int
    aliases: tuple[tuple[str, str], ...] = ()
    maybe: tuple[tuple[str, str], ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
    maybe_moved: tuple[tuple[str, str], ...] = ()
    exports: tuple[tuple[str, frozenset[str] | None], ...] = ()
    taken: frozenset[str] = frozenset()
    cycles: tuple[tuple[str, str, str], ...] = ()
    hidden: frozenset[str] = frozenset()
    signatures: tuple[tuple[str, Signature], ...] = ()
    subclasses: tuple[tuple[str, str], ...] = ()

    @property
    def parts(self) -> tuple[int, ...]:
        """The phases whose sites are looked for."""
        return parts_of(self.phase)

    def other_names(self, part: int) -> frozenset[str]:
        """Last names that other modules give to the objects of one of `parts`, and to heirs of its classes."""
        names = self._of_moves if part == 3 else (self.aliases, self.maybe)
        return frozenset(name.rpartition(".")[2] for pairs in (*names, self.subclasses) for name, _ in pairs)

    @property
    def known(self) -> Known:
        """What phase 4 knows of other modules."""
        cycles = {(module, new): chain for module, new, chain in self.cycles}
        subclasses, exports = _grouped(self.subclasses), dict(self.exports)
        return Known(
            dict(self.aliases), dict(self.maybe), dict(self.signatures), subclasses, cycles, self.hidden, exports
        )

    def concerns_members_only(self, content: bytes) -> bool:
        """May a file have to do with phase 4 by an attribute's name alone?"""
        others = {name.rpartition(".")[2] for name, _ in (*self.aliases, *self.maybe, *self.subclasses)}
        return self.plan.phase4 is not None and concerns_members_only(self.plan.phase4.call, others)(content)

    @property
    def elsewhere(self) -> Elsewhere:
        """What phase 3 knows of other modules."""
        cycles = {(module, new): chain for module, new, chain in self.cycles}
        aliases, maybe = map(dict, self._of_moves)
        doubtful = frozenset(maybe.keys() - aliases.keys())
        return Elsewhere(maybe | aliases, doubtful, dict(self.exports), self.taken, cycles, self.hidden)

    @property
    def _of_moves(self) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        return (self.moved, self.maybe_moved) if self.phase == 5 else (self.aliases, self.maybe)


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for key, value in pairs:
        found[key] = (*found.get(key, ()), value)
    return found


def parts_of(phase: int) -> tuple[int, ...]:
    """The phases whose sites a phase looks for."""
    return (3, 4) if phase == 5 else (phase,)


def passed_on(plan: Plan, phase: int) -> frozenset[str]:
    """What other modules may pass on of what phase 3 or 4 looks for.

    Callees, or modules and objects of which a part moves.
    """
    if phase == 4 and plan.phase4 is not None:
        owners = {owner for call in plan.phase4.call if (owner := owner_of(call))}
        return frozenset({call.callee.dotted for call in plan.phase4.call} | owners)
    if phase == 3:
        moves = MoveIndex.of(plan)
        return frozenset(moves.split | {module[0] for module in moves.inner_modules})
    return frozenset()


def locate(module: Module, spec: PhaseSpec) -> Located:
    """What phase 3, 4 or 5 finds in a module."""
    if spec.phase == 5:
        return locate_left(module, spec, imports=_may_import(module, spec))
    if spec.phase == 3:
        return _imports(module, spec)
    return Located() if spec.plan.phase4 is None else locate_calls(module, spec.plan, spec.known)


def _may_import(module: Module, spec: PhaseSpec) -> bool:
    """In phase 5 a file may be here for its calls alone."""
    return relevance(spec.plan, 3, spec.other_names(3))(module.path, module.source.content)


def locate_left(module: Module, spec: PhaseSpec, *, imports: bool = True, calls: bool = True) -> Located:
    """What phases 3 and 4 would find in a module, or one of them, as phase 5 sees it."""
    found = _imports(module, spec) if imports else Located()
    if not calls or spec.plan.phase4 is None:
        return found
    in_calls = locate_calls(module, spec.plan, spec.known, spec.phase)
    return replace(
        found,
        sites=(*found.sites, *in_calls.sites),
        findings=(*found.findings, *in_calls.findings),
        unresolved=found.unresolved | in_calls.unresolved,
        loads=found.loads | in_calls.loads,
        subclasses=in_calls.subclasses,
    )


def _imports(module: Module, spec: PhaseSpec) -> Located:
    redirected = {r.module: frozenset(export.bound for export in r.exports) for r in spec.plan.redirects}
    return locate_imports(module, MoveIndex.of(spec.plan), redirected, spec.elsewhere)


def without_kept(source: Source, located: Located, path: str) -> Located:
    """Leave out sites and findings with a `# migrate: keep` on one of their lines, and count them.

    Imports and their uses have been asked about it where they were located, as one depends on the other.
    """
    module = Module(path, source, ast.Module([], []), ModuleName("", is_package=False))
    if not module.keep_lines:
        return located

    def is_kept(site: Site) -> bool:
        if isinstance(site, UseSite | AddedImport) or (isinstance(site, ImportSite) and site.targets is not None):
            return False
        first, last = site.span.start, max(site.span.start, site.span.end - 1)
        return module.is_kept(source.position(first)[0], source.position(last)[0])

    sites = tuple(site for site in located.sites if not is_kept(site))
    findings = tuple(f for f in located.findings if not module.is_kept(f.line, max(f.line, f.last_line)))
    left_out = len(located.sites) - len(sites) + len(located.findings) - len(findings)
    return replace(located, sites=sites, findings=findings, kept=located.kept + left_out)
