"""Calls of the plan's objects, by provenance: exact spans of callee and arguments, and findings for the rest."""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Mapping, Sequence
from functools import cached_property

from migrate.edits import Span
from migrate.findings import Finding
from migrate.locate.sites import CallSite, Located, Module
from migrate.locate.uses import shows_itself
from migrate.plan import Call, Plan
from migrate.provenance import Bound, FollowedNames, Provenance
from migrate.refs import ObjectRef
from migrate.syntax import BLANK, Place, chain_roots, star_sources


def locate_calls(
    module: Module, plan: Plan, aliases: Mapping[str, str], phase: int = 4, maybe: Mapping[str, str] | None = None
) -> Located:
    """Find the calls that phase 4 changes: the callee is, by provenance, an object of the plan.

    Args:
        aliases: dotted re-exports of the plan's objects, to the object each is.
        phase: the phase that findings are reported under.
        maybe: dotted re-exports that may also be something else, to the object each may be.
    """
    assert plan.phase4 is not None
    wanted = {call.callee.dotted: call for call in plan.phase4.call}
    doubtful = {alias: wanted[real] for alias, real in (maybe or {}).items() if real in wanted}
    wanted |= {alias: wanted[real] for alias, real in aliases.items() if real in wanted} | doubtful
    keywords = frozenset(k for call in plan.phase4.call for k in (*call.rename, *call.remove))
    return _CallLocator(module, wanted, frozenset(doubtful), keywords, phase).locate()


_OPENING = re.compile(rf"(?:{BLANK})*\(".encode())


class _CallLocator:
    def __init__(
        self,
        module: Module,
        wanted: Mapping[str, Call],
        doubtful: frozenset[str],
        keywords: frozenset[str],
        phase: int,
    ) -> None:
        self._module = module
        self._wanted = wanted
        self._doubtful = doubtful
        self._keywords = keywords
        self._phase = phase
        self._sites: list[CallSite] = []
        self._findings: list[Finding] = []
        self._unresolved: set[str] = set()
        self._subclasses: set[tuple[str, ObjectRef]] = set()

    def locate(self) -> Located:
        provenance = Provenance(self._module.source, self._module.tree, self._module.name)
        followed = provenance.follow(self._worth_following(provenance))
        for place in followed.places:
            if isinstance(place.node, ast.Call):
                self._look_at(place, place.node, followed)
            elif isinstance(place.node, ast.ClassDef):
                self._look_at_subclass(place, place.node, followed)
        self._look_at_stars()
        self._sites.sort(key=lambda site: site.span)
        return Located(tuple(self._sites), tuple(self._findings), frozenset(self._unresolved))

    def _look_at_stars(self) -> None:
        """Calls with an old keyword of a bare name that nothing in the file binds but, perhaps, a star import."""
        stars = star_sources(self._module.tree, self._module.name)
        if not stars:
            return
        bound = _bound_names(self._module.source.symbols())
        for node in ast.walk(self._module.tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id in bound:
                continue
            passed = frozenset(k.arg for k in node.keywords)
            if self._keywords and passed.isdisjoint(self._keywords):
                continue
            paths = [f"{star}.{node.func.id}" for star in sorted(stars)]
            call = next((self._wanted[path] for path in paths if path in self._wanted), None)
            if call is None:
                self._unresolved.update(paths)
            elif self._needs_change(call, passed):
                self._report(
                    node, "star-import", call,
                    f"a star import may be where {node.func.id} comes from, which is {call.callee} then; "
                    "import it by name, then run phase4 again",
                )  # fmt: skip

    def _needs_change(self, call: Call, passed: frozenset[str | None]) -> bool:
        if call.rename or call.remove:
            return not passed.isdisjoint((*call.rename, *call.remove))
        return None not in passed and any(name not in passed for name in call.add)

    def _worth_following(self, provenance: Provenance) -> frozenset[str]:
        """Local names bound to a wanted object, to a part of its path, or to what may be a re-export of it."""
        leaves = {dotted.rpartition(".")[2] for dotted in self._wanted}
        roots = chain_roots(self._module.source.text, leaves)
        return frozenset(
            local
            for local, objects in provenance.objects.items()
            if local in roots
            or any(dotted in self._wanted or dotted.rpartition(".")[2] in leaves for dotted in objects)
        )

    def _look_at(self, place: Place, node: ast.Call, followed: FollowedNames) -> None:
        passed = {k.arg for k in node.keywords}
        bound = followed.resolve(node.func, place)
        call, is_certain = self._call_of(bound)
        if bound is not None and (None in passed or not passed.isdisjoint(self._keywords) or not self._keywords):
            self._unresolved |= {dotted for dotted in bound.objects if self._may_be_reexport(dotted)}
        if call is not None:
            self._decide(place, node, call, is_certain)
        elif not passed.isdisjoint(self._keywords):
            self._look_for_indirect_call(place, node, followed)

    def _call_of(self, bound: Bound | None) -> tuple[Call | None, bool]:
        """The plan's entry for what is called, if it may be one, and whether it is nothing else."""
        found = [self._wanted.get(dotted) for dotted in bound.objects] if bound is not None else []
        call = next((call for call in found if call is not None), None)
        is_certain = bound is not None and bound.complete and self._doubtful.isdisjoint(bound.objects)
        return call, is_certain and all(other is call for other in found)

    def _may_be_reexport(self, dotted: str) -> bool:
        own = dotted.startswith(self._module.name.name + ".")
        return dotted not in self._wanted and not own and not any(dotted.startswith(w + ".") for w in self._wanted)

    def _look_for_indirect_call(self, place: Place, node: ast.Call, followed: FollowedNames) -> None:
        """`partial(Callee, old=…)`: the callee is an argument of a call that passes the keyword on."""
        for argument in node.args:
            call, _ = self._call_of(followed.resolve(argument, place))
            if call is not None:
                self._report(
                    node, "unsupported-call", call,
                    f"{call.callee} is passed on with a keyword it no longer takes; change this call by hand",
                )  # fmt: skip

    def _look_at_subclass(self, place: Place, node: ast.ClassDef, followed: FollowedNames) -> None:
        """`super().__init__(old=…)` in a subclass, and calls of a subclass that inherits the constructor."""
        call = next((c for base in node.bases if (c := self._call_of(followed.resolve(base, place))[0])), None)
        if call is None:
            return
        old = frozenset((*call.rename, *call.remove))
        constructs = any(isinstance(s, ast.FunctionDef) and s.name in ("__init__", "__new__") for s in node.body)
        inside = [n for n in ast.walk(node) if isinstance(n, ast.Call) and _is_super_constructor(n.func)]
        if not constructs:
            if (node.name, call.callee) not in self._subclasses:
                inside += self._calls_by_name.get(node.name, ())
            self._subclasses.add((node.name, call.callee))
        for passing in inside:
            if not old.isdisjoint(k.arg for k in passing.keywords if k.arg):
                self._report(
                    passing, "subclass-super", call,
                    f"{node.name} passes a keyword on to {call.callee} that it no longer takes; change it by hand",
                )  # fmt: skip

    @cached_property
    def _calls_by_name(self) -> dict[str, list[ast.Call]]:
        """The module's calls of plain names that pass a keyword the plan changes, by name."""
        found: dict[str, list[ast.Call]] = {}
        for node in ast.walk(self._module.tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if not self._keywords.isdisjoint(k.arg for k in node.keywords if k.arg):
                found.setdefault(node.func.id, []).append(node)
        return found

    def _decide(self, place: Place, node: ast.Call, call: Call, is_certain: bool) -> None:
        named = {k.arg for k in node.keywords if k.arg is not None}
        literal, opaque = _spread(node)
        old = (*call.rename, *call.remove)
        adds = [name for name in call.add if name not in named | literal]
        spread = opaque or bool(literal)
        changed = [name for name in old if name in named] if old else [] if spread else adds
        hidden = [name for name in old if name in literal]
        if not is_certain and (changed or hidden):
            self._report(
                node, "shadowed", call,
                f"the name called here is bound to {call.callee} in one place and to something else in another; "
                "change this call by hand",
            )  # fmt: skip
            return
        if conflict := [(a, b) for a, b in call.rename.items() if a in named and b in named | literal]:
            for before, after in conflict:
                self._report(
                    node, "keyword-conflict", call,
                    f"call to {call.callee} passes both {before!r} and {after!r}; decide which one stays",
                )  # fmt: skip
            return
        look_for = hidden or ([name for name in old if name not in named] if opaque else [])
        not_added = adds if spread and (changed or not old) else []
        if look_for or not_added:
            todo = [f"look for {_listed(look_for)} in it"] if look_for else []
            todo += [f"{_listed(not_added)} not added"] if not_added else []
            self._report(
                node, "keyword-spread", call,
                f"call to {call.callee} passes a mapping with **; {', '.join(todo)}, edit by hand",
            )  # fmt: skip
        if not changed:
            return
        site = self._site(place, node, call)
        if site is None:
            self._report(
                node, "unsupported-call", call,
                f"call to {call.callee} is written in a way that has no exact place; change it by hand",
            )  # fmt: skip
        else:
            self._sites.append(site)

    def _site(self, place: Place, node: ast.Call, call: Call) -> CallSite | None:
        source = self._module.source
        if not place.is_exact or any(shows_itself(source, parent) for parent in place.parents):
            return None
        span, name = source.span(node), source.span(node.func)
        opening = _OPENING.match(source.content, name.end)
        values = [source.span(argument) for argument in node.args]
        values += (source.span(keyword.value) for keyword in node.keywords)
        values.sort()
        if opening is None or not all(opening.end() <= v.start and v.end < span.end for v in values):
            return None
        return CallSite(span, Span(name.start, opening.end() - 1), tuple(values), call, node)

    def _report(self, node: ast.Call, code: str, call: Call, message: str) -> None:
        self._findings.append(self._module.finding(self._phase, node, code, call.callee, message))


def _bound_names(table: symtable.SymbolTable) -> frozenset[str]:
    """Names that anything in a module or further inside binds."""
    own = (s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_parameter())
    return frozenset(own).union(*(_bound_names(child) for child in table.get_children()))


def _is_super_constructor(function: ast.expr) -> bool:
    """`super().__init__` or `super().__new__`, also with arguments to `super`."""
    if not isinstance(function, ast.Attribute) or function.attr not in ("__init__", "__new__"):
        return False
    owner = function.value
    return isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name) and owner.func.id == "super"


def _spread(node: ast.Call) -> tuple[frozenset[str], bool]:
    """Keys of `**{…}` literals, and whether the call spreads a mapping whose keys are not known."""
    keys: set[str] = set()
    opaque = False
    for keyword in node.keywords:
        if keyword.arg is None:
            if isinstance(keyword.value, ast.Dict) and all(
                isinstance(key, ast.Constant) and isinstance(key.value, str) for key in keyword.value.keys
            ):
                keys |= {key.value for key in keyword.value.keys if isinstance(key, ast.Constant)}  # type: ignore[misc]
            else:
                opaque = True
    return frozenset(keys), opaque


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
