"""Which expressions of one module are the plan's callees, their classes, or heirs of these."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from migrate.call_changes import PARTIALS
from migrate.findings import Finding
from migrate.locate.arguments import Arguments, read_arguments
from migrate.locate.scopes import Names
from migrate.locate.sites import Module
from migrate.locate.uses import literal_span
from migrate.moves import is_within
from migrate.plan import Plan
from migrate.plan_calls import Call
from migrate.provenance import Bound, FollowedNames, Provenance, alternatives, plain_assignment, root_name
from migrate.signatures import Signature
from migrate.syntax import Place, chain_roots, statements

REPLACERS = frozenset({"dataclasses.replace", "copy.replace"})
CONSTRUCTORS = ("__init__", "__new__")
_FUNCTIONS = REPLACERS | frozenset(PARTIALS)
_LIBRARY = _FUNCTIONS | {dotted.partition(".")[0] for dotted in _FUNCTIONS}


class Known(Struct, frozen=True):
    """What other modules of the repository have told about calls.

    Attributes:
        aliases: dotted re-exports, to the object of the plan that each is. maybe: those that may be something else.
        signatures: of callees, by dotted name. subclasses: dotted classes, to those of the plan that they have.
        cycles: (module, module that loads it), to the chain of modules in words.
        hidden: modules of which the package binds the name to something else.
        exports: modules, to the names that a star import of each binds; None where that is not certain.
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    maybe: Mapping[str, str] = field(default_factory=dict)
    signatures: Mapping[str, Signature] = field(default_factory=dict)
    subclasses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cycles: Mapping[tuple[str, str], str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    exports: Mapping[str, frozenset[str] | None] = field(default_factory=dict)

    def is_same(self, dotted: str, wanted: str) -> bool:
        """Is an object `wanted` by another module's name?"""
        return self.aliases.get(dotted) == wanted


class Callees:
    """The plan's callees as one module knows them.

    Attributes:
        calls: the plan's entries. of_classes: those that may be of classes. with_attributes: those that list some.
        classes: dotted classes whose instances matter, the owners of methods too.
        keywords: what some callee no longer takes.
        unresolved: dotted objects that may be a re-export of a callee.
        findings: reported so far, each place once for a code.
    """

    def __init__(self, module: Module, plan: Plan, known: Known, phase: int) -> None:
        assert plan.phase4 is not None
        self.module = module
        self.known = known
        self._phase = phase
        self.calls = plan.phase4.call
        of_functions = [dotted for dotted, signature in known.signatures.items() if signature.kind != "class"]
        self.of_classes = tuple(call for call in self.calls if call.callee.dotted not in of_functions)
        self.with_attributes = tuple(call for call in self.of_classes if call.attributes)
        self._by_path = {call.callee.dotted: call for call in self.calls}
        self.classes = frozenset(self._by_path) | {owner for call in self.calls if (owner := owner_of(call))}
        self.keywords = frozenset(keyword for call in self.calls for keyword in call.old)
        self.changes_all = any(call.concerns_all for call in self.calls)
        self.unresolved: set[str] = set()
        self.findings: list[Finding] = []
        self._told: set[tuple[int, int, str, str]] = set()
        self._followed: dict[str, FollowedNames] = {}

    @cached_property
    def provenance(self) -> Provenance:
        return Provenance(self.module.source, self.module.tree, self.module.name)

    @cached_property
    def identifiers(self) -> Names:
        return Names(self.module)

    @property
    def _paths(self) -> frozenset[str]:
        """Callees, their classes and other modules' names for them, dotted."""
        return self.classes.union(self.known.aliases, self.known.maybe, self.known.subclasses)

    @cached_property
    def leaves(self) -> frozenset[str]:
        """Last names of callees and of their classes, also those that other modules give them."""
        return frozenset(path.rpartition(".")[2] for path in self._paths)

    @cached_property
    def names(self) -> FollowedNames:
        """Local names bound to a callee, to a part of its path, or to what may be a re-export of it."""
        paths, leaves = self._paths, self.leaves
        roots = self._with_assigned(chain_roots(self.module.source.text, leaves))
        chosen = {
            local
            for local, objects in self.provenance.objects.items()
            if local in roots or any(o in paths or o.rpartition(".")[2] in leaves for o in objects)
        }
        if chosen:
            chosen |= {local for local, objects in self.provenance.objects.items() if not _LIBRARY.isdisjoint(objects)}
        return self.provenance.follow(chosen)

    def _with_assigned(self, roots: frozenset[str]) -> frozenset[str]:
        """The names, and those that they are assigned from: `m` and `shop` for `m = shop.basket`."""
        unknown = roots - self.provenance.objects.keys()
        if not unknown:
            return roots
        assigned = [
            (target.id, root.id)
            for statement, _ in statements(self.module.tree.body)
            for target, value in plain_assignment(statement)
            for root in filter(None, map(root_name, alternatives(value)))
        ]
        found = set(roots)
        while more := {root for target, root in assigned if target in found} - found:
            found |= more
        return frozenset(found)

    def followed(self, local: str) -> FollowedNames:
        """Everything that a name is in the module."""
        if local not in self._followed:
            self._followed[local] = self.provenance.follow({local})
        return self._followed[local]

    def call_of(self, expression: ast.expr, place: Place) -> tuple[Call | None, bool]:
        """The plan's entry for an object, if the expression may be one, and whether it is nothing else."""
        bound = self.names.resolve(_unsubscripted(expression), place)
        found = [self._by_path.get(self.real(dotted)) for dotted in bound.objects] if bound is not None else []
        call = next((call for call in found if call is not None), None)
        return call, self._is_certain(bound, expression, place) and all(other is call for other in found)

    def class_of(self, expression: ast.expr, place: Place) -> tuple[str | None, bool]:
        """The class of the plan, or the owner of one of its methods, that an expression may be; and whether it is."""
        bound = self.names.resolve(_unsubscripted(expression), place)
        found = [self.real(dotted) for dotted in bound.objects] if bound is not None else []
        dotted = next((path for path in found if path in self.classes), None)
        if bound is not None:
            self._ask(each for each, real in zip(bound.objects, found, strict=True) if real not in self.classes)
        return dotted, self._is_certain(bound, expression, place) and all(other == dotted for other in found)

    def inherited_by(self, expression: ast.expr, place: Place) -> tuple[Call, ...]:
        """The plan's entries for the classes whose constructors a known subclass inherits, or passes on to."""
        bound = self.names.resolve(_unsubscripted(expression), place)
        for dotted in bound.objects if bound is not None else ():
            inherited = self.known.subclasses.get(self.known.aliases.get(dotted, dotted))
            if inherited is not None:
                return tuple(self._by_path[path] for path in inherited if path in self._by_path)
        return ()

    def library_name(self, expression: ast.expr, place: Place) -> str:
        """`functools.partial` and the like by its qualified name; empty for anything else."""
        bound = self.names.resolve(expression, place)
        if bound is None or not bound.complete or len(bound.objects) != 1:
            return ""
        return bound.objects[0] if bound.objects[0] in _FUNCTIONS else ""

    def note_unresolved(self, expression: ast.expr, place: Place) -> None:
        """Ask whether what an expression is bound to is a callee by another module's name."""
        bound = self.names.resolve(_unsubscripted(expression), place)
        self._ask(bound.objects if bound is not None else ())

    def _ask(self, objects: Iterable[str]) -> None:
        own = self.module.name.name + "."
        for dotted in objects:
            is_known = dotted in self._by_path or any(dotted.startswith(path + ".") for path in self._by_path)
            if not is_known and not dotted.startswith(own) and dotted not in _LIBRARY:
                self.unresolved.add(dotted)

    def real(self, dotted: str) -> str:
        """The object itself for another module's name of it."""
        if dotted in self._by_path:
            return dotted
        return self.known.aliases.get(dotted) or self.known.maybe.get(dotted, dotted)

    def entry(self, dotted: str) -> Call | None:
        """The plan's entry for a dotted path, that of a re-export too."""
        return self._by_path.get(self.real(dotted))

    def arguments(self, node: ast.Call, *, is_partial: bool = False) -> Arguments:
        source = self.module.source
        return read_arguments(
            node,
            lambda key: literal_span(source, key) is not None,
            lambda: not self.identifiers.is_bound("dict"),
            is_partial=is_partial,
        )

    def may_matter(self, node: ast.Call) -> bool:
        """May the call have to change if its callee is one of the plan's?"""
        if self.changes_all or any(keyword.arg is None for keyword in node.keywords):
            return True
        return not self.keywords.isdisjoint(keyword.arg for keyword in node.keywords if keyword.arg)

    def passes_old(self, node: ast.Call, call: Call) -> bool:
        """Does a call pass, by name or in a literal mapping, what the callee no longer takes?"""
        return bool(node.keywords) and not self.arguments(node).names.isdisjoint(call.old)

    def signature(self, call: Call, *, is_bound: bool = False) -> Signature | None:
        """The signature of an entry's callee, where it is known; with `is_bound` as seen from an instance."""
        found = self.known.signatures.get(call.callee.dotted)
        return found.bound() if found is not None and is_bound else found

    def report(self, node: ast.AST, code: str, call: Call, message: str, *, is_certain: bool = True) -> None:
        place = node.lineno, node.col_offset, code, message  # type: ignore[attr-defined]
        if place not in self._told:
            self._told.add(place)
            finding = self.module.finding(self._phase, node, code, call.callee, message)
            self.findings.append(replace(finding, is_certain=is_certain))

    def _is_certain(self, bound: Bound | None, expression: ast.expr, place: Place) -> bool:
        if bound is None or not bound.complete or not self.known.maybe.keys().isdisjoint(bound.objects):
            return False
        if not isinstance(expression, ast.Name) and any(
            is_within(o, h) for o in bound.objects for h in self.known.hidden
        ):
            return False  # reached by an attribute of the package, which is something else
        root = root_name(_unsubscripted(expression))
        return root is None or not self._may_be_rebound_by_star(root.id, place)

    def _may_be_rebound_by_star(self, name: str, place: Place) -> bool:
        """Does a star import behind the binding of a name bind it anew?"""
        if not self.identifiers.stars or self.names.variable(name, place)[1] is not None:
            return False
        bindings = self.names.bindings((name, None))
        first = min((getattr(each.place.node, "lineno", 0) for each in bindings), default=0)
        is_rebound = False
        for star, line in self.identifiers.stars:
            if line > first:
                if star not in self.known.exports:
                    self.unresolved.add(f"{star}.*")
                if name in (self.known.exports.get(star) or ()):  # the last one binds it
                    dotted = f"{star}.{name}"
                    is_known = dotted in self.known.aliases
                    is_rebound = not is_known and dotted not in self._by_path
                    if not is_known:
                        self._ask([dotted])
        return is_rebound


def _unsubscripted(expression: ast.expr) -> ast.expr:
    """`Class` of `Class[int]`, which is called as the class is."""
    return expression.value if isinstance(expression, ast.Subscript) else expression


def owner_of(call: Call) -> str:
    """`pkg.mod.Class` where the callee is `pkg.mod:Class.method`; empty for a callee of a module."""
    owner, _, _ = call.callee.name.rpartition(".")
    return f"{call.callee.module}.{owner}" if owner else ""
