"""transform_file: locate, rewrite and verify one file; pure, so that any executor may run it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from importlib import import_module

from migrate.candidates import concerns_members_only, relevance
from migrate.edits import Edit, Span, apply_edits, in_order
from migrate.fallback import locate_in_unparsable
from migrate.findings import Finding
from migrate.left import what_is_left
from migrate.locate.callees import Known, owner_of
from migrate.locate.calls import locate_calls
from migrate.locate.decisions import Elsewhere
from migrate.locate.imports import locate_imports
from migrate.locate.sites import AddedImport, ImportSite, Located, Module, Site, UseSite
from migrate.modules import ModuleName, module_of
from migrate.moves import MoveIndex
from migrate.plan import Plan
from migrate.rewrite import CompiledQuery, NotRewritable
from migrate.rewriting.rewriter import Rewriter
from migrate.signatures import Signature
from migrate.source import Source, UnparsableSource
from migrate.verify import NotAsPlanned, verify_compiles, verify_tree


@dataclass(frozen=True)
class PhaseSpec:
    """What `transform_file` has to do, the same for every file of a phase.

    Attributes:
        phase: 1 to 5.
        aliases: (dotted re-export, dotted object of the plan) pairs found in the repository.
        maybe: such pairs where the re-export may also be something else.
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
    exports: tuple[tuple[str, frozenset[str] | None], ...] = ()
    taken: frozenset[str] = frozenset()
    cycles: tuple[tuple[str, str, str], ...] = ()
    hidden: frozenset[str] = frozenset()
    signatures: tuple[tuple[str, Signature], ...] = ()
    subclasses: tuple[tuple[str, str], ...] = ()

    @property
    def parts(self) -> tuple[int, ...]:
        """The phases whose sites are looked for."""
        return (3, 4) if self.phase == 5 else (self.phase,)

    def other_names(self, part: int) -> frozenset[str]:
        """Last names that other modules give to the objects of one of `parts`, and to heirs of its classes."""
        of_others = frozenset[str]().union(*(passed_on(self.plan, p) for p in self.parts if p != part))
        of_others -= passed_on(self.plan, part)
        names = [name for name, real in (*self.aliases, *self.maybe) if real not in of_others]
        return frozenset(name.rpartition(".")[2] for name in (*names, *(heir for heir, _ in self.subclasses)))

    @property
    def known(self) -> Known:
        """What phase 4 knows of other modules."""
        cycles = {(module, new): chain for module, new, chain in self.cycles}
        subclasses, exports = dict(self.subclasses), dict(self.exports)
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
        aliases = dict(self.maybe) | dict(self.aliases)
        doubtful = frozenset(name for name, _ in self.maybe) - {name for name, _ in self.aliases}
        return Elsewhere(aliases, doubtful, dict(self.exports), self.taken, cycles, self.hidden)


@dataclass(frozen=True, slots=True)
class FileResult:
    """The outcome for one file.

    Attributes:
        path: relative to the root, with `/`.
        before_sha256: of the bytes that were looked at, in hexadecimal.
        edits: by place, none overlapping.
        findings: what is left to a person.
        kept: sites with a `# migrate: keep` comment.
        unresolved, loads, dropped, rerouted, subclasses: what concerns other modules; see `locate.sites.Located`.
        bug: why the verification refused the edits; nothing may be written then.
    """

    path: str
    before_sha256: str
    edits: tuple[Edit, ...] = ()
    findings: tuple[Finding, ...] = ()
    kept: int = 0
    unresolved: frozenset[str] = frozenset()
    loads: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()
    rerouted: frozenset[str] = frozenset()
    subclasses: frozenset[tuple[str, str]] = frozenset()
    bug: str | None = None


def passed_on(plan: Plan, phase: int) -> frozenset[str]:
    """Objects of the plan that other modules may pass on: callees, and modules and objects of which a part moves."""
    wanted: set[str] = set()
    if phase in (4, 5) and plan.phase4 is not None:
        wanted |= {call.callee.dotted for call in plan.phase4.call}
        wanted |= {owner for call in plan.phase4.call if (owner := owner_of(call))}
    if phase in (3, 5):
        moves = MoveIndex.of(plan)
        wanted |= moves.split | {module[0] for module in moves.inner_modules}
    return frozenset(wanted)


@lru_cache(maxsize=16)
def compiled_query(plan: Plan, phase: int) -> CompiledQuery:
    """The query of a phase, compiled once per process: Bowler's fixer classes do not pickle."""
    return CompiledQuery(import_module(f"phases.phase{phase}").build(plan))


def transform_file(path: str, content: bytes, spec: PhaseSpec) -> FileResult:
    """Locate the sites of a phase in one file, rewrite each, and verify the result.

    Args:
        path: relative to the root, with `/`; relative imports are resolved from it.
        content: the file's bytes.
    Returns:
        The edits and findings; no edit where the verification fails, with `bug` saying why.
    """
    source = Source(content)
    if spec.phase in (1, 2):
        return _redirect(path, source, spec)
    try:
        return _rewrite_sites(path, source, spec)
    except RecursionError:
        message = "nested too deeply for its sites to be located; change it by hand, or leave it out with exclude"
        found = Finding(spec.phase, path, 1, 0, "unparseable", "", f"the file is {message}")
        return FileResult(path, sha256(content).hexdigest(), findings=(found,))


def _redirect(path: str, source: Source, spec: PhaseSpec) -> FileResult:
    """The query runs over a stand-in: what the old file holds, readable or not, does not matter.

    The stand-in is not empty, as fissix makes no root node of an empty module.
    """
    digest = sha256(source.content).hexdigest()
    rewritten = compiled_query(spec.plan, spec.phase).run("pass", path)
    assert rewritten.selected, "the caller looked up the file by its redirect"
    after = (rewritten.text.removesuffix("\n") + "\n").encode()
    if after == source.content:
        return FileResult(path, digest)
    return FileResult(path, digest, (Edit(Span(0, len(source.content)), after, "redirect", 0),))


def _rewrite_sites(path: str, source: Source, spec: PhaseSpec) -> FileResult:
    digest = sha256(source.content).hexdigest()
    name = module_of(path, spec.plan.plan.source_roots)
    query = compiled_query(spec.plan, spec.phase)
    module: Module | None = None
    try:
        module = Module(path, source, source.parse(), name)
        located = _locate(module, spec)
    except UnparsableSource as error:
        module = None  # it may parse and have scopes that CPython rejects
        located = Located()
        if spec.phase != 4 or not spec.concerns_members_only(source.content):  # it is no error, whatever it is about
            located = locate_in_unparsable(path, source, error, spec.plan, spec.phase, query)
    located = _without_kept(source, located, path)
    about_others = located.unresolved, located.loads, located.dropped, located.rerouted, located.subclasses
    if spec.phase == 5:
        left = what_is_left(path, source, located, query)
        return FileResult(path, digest, (), left, located.kept, *about_others)

    rewriter = Rewriter(source, query, path, spec.phase)
    done = rewriter.rewrite_all(located.sites)
    findings = (*located.findings, *rewriter.findings)
    result = FileResult(
        path,
        digest,
        in_order(rewriter.edits),
        tuple(sorted(findings, key=lambda f: f.order)),
        located.kept,
        *about_others,
    )
    if not result.edits:
        return result
    bug = _verify(source, module, done, result, spec)
    return replace(result, edits=(), bug=bug) if bug else result


def _locate(module: Module, spec: PhaseSpec) -> Located:
    redirected = frozenset(r.module for r in spec.plan.redirects)
    calls = Located()
    if spec.phase in (4, 5) and spec.plan.phase4 is not None:
        calls = locate_calls(module, spec.plan, spec.known, spec.phase)
    if spec.phase == 4 or not _may_import(module, spec):
        return calls
    imports = locate_imports(module, MoveIndex.of(spec.plan), redirected, spec.elsewhere)
    if spec.phase == 3:
        return imports
    return replace(
        imports,
        sites=(*imports.sites, *calls.sites),
        findings=(*imports.findings, *calls.findings),
        unresolved=imports.unresolved | calls.unresolved,
        loads=imports.loads | calls.loads,
        subclasses=calls.subclasses,
    )


def _may_import(module: Module, spec: PhaseSpec) -> bool:
    """In phase 5 a file may be here for its calls alone."""
    if spec.phase != 5:
        return True
    return relevance(spec.plan, 3, spec.other_names(3))(module.path, module.source.content)


def _verify(source: Source, module: Module | None, done: list[Site], result: FileResult, spec: PhaseSpec) -> str | None:
    after = Source(apply_edits(source.content, result.edits))
    try:
        verify_compiles(source, after)
        if module is not None:
            verify_tree(module, done, result.edits, after, MoveIndex.of(spec.plan))
        else:
            compiled_query(spec.plan, spec.phase).parse_module(after.text)
    except (NotAsPlanned, NotRewritable) as error:
        return str(error)
    return None


def accept_edits(path: str, content: bytes, edits: tuple[Edit, ...]) -> bytes:  # noqa: ARG001 - as transform_file
    """The file with only `edits`, a part of what `transform_file` found.

    Raises:
        NotAsPlanned: the file compiled, and would not with just these edits.
    """
    after = apply_edits(content, edits)
    verify_compiles(Source(content), Source(after))
    return after


def _without_kept(source: Source, located: Located, path: str) -> Located:
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
