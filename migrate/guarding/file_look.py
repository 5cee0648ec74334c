"""One file: what of it is deprecated, and what it tells about other files; pure, so that any process may do it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Flag, auto
from functools import cache, cached_property, partial

from msgspec import Struct, field
from msgspec.structs import replace

from migrate.candidates import relevance
from migrate.findings import Finding
from migrate.guarding.may_call import may_call
from migrate.guarding.reach import Reach, reach
from migrate.guarding.redirect_imports import redirect_imports, with_redirects
from migrate.guarding.seen import Seen, see
from migrate.left import what_is_left
from migrate.locate.sites import AddedImport, CallSite, ImportSite, Located, Module, Site
from migrate.locating import PhaseSpec, locate_left, without_kept
from migrate.modules import ModuleName, module_of
from migrate.plan import Plan
from migrate.reexports import Step, names_given
from migrate.source import Source, UnparsableSource


class Concern(Flag):
    """Why a file may be of interest, by the words that git has found in it."""

    IMPORTS = auto()
    CALLS = auto()


NOTHING = Concern(0)
BOTH = Concern.IMPORTS | Concern.CALLS


Test = Callable[[str, bytes], bool]


@dataclass(frozen=True)
class LookSpec:
    """What the steps have to know, the same for every file of a round.

    Attributes:
        phase: what other modules have told, for phase 5.
        words: last names of objects that files may give other names to. new: those that files are looked at for now.
    """

    phase: PhaseSpec
    words: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()

    @cached_property
    def homes(self) -> frozenset[str]:
        """The modules that `names` are in."""
        return frozenset(name.rpartition(".")[0] for name in self.names)

    @cached_property
    def tests(self) -> Mapping[Concern, Test]:
        """Cheap looks at a file's path and text: may it hold what is deprecated?"""
        plan = self.phase.plan
        redirects = {redirect.module for redirect in plan.redirects}
        imports = relevance(with_redirects(plan), 3, self.phase.other_names(3), redirects)
        if plan.phase4 is None:
            return {Concern.IMPORTS: imports, Concern.CALLS: lambda _path, _content: False}
        calls = may_call(plan.phase4.call, self.phase.other_names(4))
        return {Concern.IMPORTS: imports, Concern.CALLS: lambda _path, content: calls(content)}

    @cached_property
    def reach(self) -> Reach:
        """How a file may get at what has one of the new words."""
        return reach(self.new)

    @cached_property
    def names(self) -> frozenset[str]:
        """Dotted names that other modules have for what is looked for."""
        told = self.phase
        pairs = (*told.aliases, *told.maybe, *told.moved, *told.maybe_moved, *told.subclasses)
        return frozenset(name for name, _ in pairs)


class FileLook(Struct, frozen=True):
    """What is found in one file, and what it tells about others.

    Attributes:
        concerns: what it was parsed for.
        seen: what is deprecated, by place. kept: places left alone for their `# migrate: keep`.
        unresolved, subclasses: what concerns other modules; see `locate.sites.Located`.
        given: dotted names by which other modules may import what has one of the words, with what each is bound to.
        is_whole: it was looked at, not only found to get at nothing that is new.
    """

    path: str
    concerns: Concern = NOTHING
    seen: tuple[Seen, ...] = ()
    kept: int = 0
    unresolved: frozenset[str] = frozenset()
    subclasses: frozenset[tuple[str, str]] = frozenset()
    given: Mapping[str, Step] = field(default_factory=dict)
    is_whole: bool = True


def may_hold(path: str, content: bytes, concerns: Concern, spec: LookSpec) -> Concern:
    """Those of `concerns` that a file's text does not rule out."""
    for concern, test in spec.tests.items():
        if concern in concerns and not test(path, content):
            concerns &= ~concern
    return concerns


def look_at(path: str, content: bytes, before: Concern, surely: bool, spec: LookSpec) -> FileLook:
    """Find what is deprecated in one file, and the other names it gives to what has one of the words.

    Args:
        path: relative to the root, with `/`; relative imports are resolved from it.
        before: what it is looked at for whatever its text says.
        surely: also if it gets at nothing that other modules have one of the new words for.
    """
    source, name = Source(content), module_of(path, spec.phase.plan.plan.source_roots)
    parse = cache(source.parse)
    reached = None if surely else spec.reach(content, name)
    is_reached = reached is None or not reached.isdisjoint(spec.names)
    given = names_given(source, name, spec.words, parse) if is_reached or name.name in spec.homes else {}
    if not is_reached:
        return FileLook(path, unresolved=reached or frozenset(), given=given, is_whole=False)
    concerns = before | may_hold(path, content, BOTH & ~before, spec)
    if not concerns:
        return FileLook(path, given=given)
    try:
        return replace(_look_at(path, source, name, parse, concerns, spec.phase), given=given)
    except RecursionError:
        message = "the file is nested too deeply for its sites to be located; mend it, or leave it out with exclude"
        seen = see(Finding(5, path, 1, 0, "unparseable", "", message), source)
        return FileLook(path, concerns, (seen,), given=given)


def _look_at(
    path: str,
    source: Source,
    name: ModuleName,
    parse: Callable[[], ast.Module],
    concerns: Concern,
    spec: PhaseSpec,
) -> FileLook:
    module: Module | None = None
    try:
        module = Module(path, source, parse(), name)
        located = locate_left(module, spec, imports=Concern.IMPORTS in concerns, calls=Concern.CALLS in concerns)
    except UnparsableSource as error:
        module = None  # it may parse and have scopes that CPython rejects
        located = _in_unparsable(path, source, error, spec.plan)
    located = without_kept(source, located, path)
    left = what_is_left(path, source, located, partial(_is_selected, path, source, spec.plan))
    findings = [*{(f.line, f.column, f.code, f.subject): f for f in reversed(left)}.values()]  # the first of each place
    if module is not None and Concern.IMPORTS in concerns:
        told = frozenset((f.line, f.column) for f in findings)
        findings += redirect_imports(module, spec.plan, spec.hidden, told)
    return FileLook(
        path,
        concerns,
        tuple(see(finding, source) for finding in sorted(findings, key=lambda f: f.order)),
        located.kept,
        located.unresolved,
        located.subclasses,
    )


def _in_unparsable(path: str, source: Source, error: UnparsableSource, plan: Plan) -> Located:
    from migrate.fallback import locate_in_unparsable
    from migrate.transform import compiled_query

    return locate_in_unparsable(path, source, error, plan, 5, compiled_query(plan, 5))


def _is_selected(path: str, source: Source, plan: Plan, site: Site) -> bool:
    """As phase 5's query would have it; asked only where what has been located does not tell."""
    match site:
        case CallSite(change=change):
            return change.is_deprecated
        case ImportSite(targets=None):
            from migrate.selection import is_selected
            from migrate.transform import compiled_query

            return is_selected(compiled_query(plan, 5), path, source, site)
    return not isinstance(site, AddedImport)
