"""Subclasses of the plan's classes: what they pass on to the constructor, or the method, that they inherit."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

from migrate.locate.callees import CONSTRUCTORS, Callees, owner_of
from migrate.locate.inherited import report_inherited
from migrate.plan_calls import Call
from migrate.syntax import Place, statements


class Heirs:
    """The classes of one module that are the plan's, or inherit from them.

    Attributes:
        found: (dotted class of this module, dotted class of the plan whose constructor it inherits) pairs.
    """

    def __init__(self, callees: Callees) -> None:
        self._callees = callees
        self.found: set[tuple[str, str]] = set()

    def classes(self, definition: ast.ClassDef, place: Place) -> frozenset[str]:
        """The plan's classes, dotted, that a class is or inherits from."""
        return frozenset(self._classes(definition, place))

    def inherits(self, definition: ast.ClassDef, place: Place, wanted: str, member: str) -> bool:
        """Is it the class `wanted`, dotted, or one that has `member`, where that is not empty, from there?"""
        if self._callees.real(self._dotted(definition, place) or "") == wanted:
            return True
        return wanted in self.classes(definition, place) and not _defines(definition, (member,))

    def _classes(self, definition: ast.ClassDef, place: Place) -> Iterator[str]:
        own = self._callees.real(self._dotted(definition, place) or "")
        if own in self._callees.classes:
            yield own
        for base in definition.bases:
            found, _ = self._callees.class_of(base, place)
            if found is not None:
                yield found
            else:
                yield from (call.callee.dotted for call in self._callees.inherited_by(base, place))

    def look_at(self, definition: ast.ClassDef, place: Place) -> None:
        """Report what a class and its callers pass on; note it where other modules may do so, too."""
        own = self._dotted(definition, place)
        real = self._callees.real(own or "")
        for dotted in sorted(self.classes(definition, place)):
            for call in self._callees.calls:
                if owner_of(call) == dotted:
                    self._look_for_method(definition, call)
                elif call.callee.dotted == dotted:
                    self._look_for_constructor(definition, call, is_itself=real == dotted)
                    if own is not None and real != dotted and not self._constructs(definition, call):
                        self.found.add((own, dotted))

    def _look_for_constructor(self, definition: ast.ClassDef, call: Call, *, is_itself: bool) -> None:
        inherits = is_itself or not self._constructs(definition, call)
        passing = [] if is_itself else [n for n in calls_in(definition) if is_super_call(n.func, CONSTRUCTORS)]
        if inherits:
            firsts = _first_parameters(definition)
            passing += (n for n in calls_in(definition) if _is_own_class(n.func, firsts))
        if not is_itself and inherits:
            passing += self._calls_by_name.get(definition.name, ())
        for node in passing:
            self._report(node, definition, call)

    def _constructs(self, definition: ast.ClassDef, call: Call) -> bool:
        """Is the class surely not made by the constructor that it inherits from a callee?

        It has one of its own, a field of the old name where a decorator makes one, or takes that of a class before.
        """
        if _defines(definition, CONSTRUCTORS):
            return True
        if definition.decorator_list and not _annotated(definition).isdisjoint(call.old):
            return True
        for base in definition.bases:
            before = self._definitions.get(base.id) if isinstance(base, ast.Name) else None
            if before is None or before is definition or before.bases:
                return False  # the callee's own class, or one of which nothing is known here
            constructors = [s for s in before.body if isinstance(s, ast.FunctionDef) and s.name in CONSTRUCTORS]
            if constructors:
                return not any(each.args.kwarg for each in constructors)  # which may go to the next one
        return False

    @cached_property
    def _definitions(self) -> dict[str, ast.ClassDef | None]:
        """The module's own classes by name; None where there are several of one name."""
        found: dict[str, ast.ClassDef | None] = {}
        for statement, scopes in statements(self._callees.module.tree.body):
            if isinstance(statement, ast.ClassDef) and not scopes:
                found[statement.name] = None if statement.name in found else statement
        return found

    def _look_for_method(self, definition: ast.ClassDef, call: Call) -> None:
        for node in calls_in(definition):
            if is_super_call(node.func, (call.callee.leaf,)):
                self._report(node, definition, call)

    def _report(self, node: ast.Call, definition: ast.ClassDef, call: Call) -> None:
        report_inherited(self._callees, node, call, definition.name)

    def _dotted(self, definition: ast.ClassDef, place: Place) -> str | None:
        """The path of a class that other modules can reach; None inside of functions."""
        if not all(isinstance(scope, ast.ClassDef) for scope in place.scopes):
            return None
        names = [scope.name for scope in place.scopes if isinstance(scope, ast.ClassDef)]
        return ".".join([self._callees.module.name.name, *names, definition.name])

    @cached_property
    def _calls_by_name(self) -> dict[str, list[ast.Call]]:
        """The module's calls of plain names, by name; those without keywords only where they matter."""
        found: dict[str, list[ast.Call]] = {}
        matters = self._callees.changes_all
        for node in ast.walk(self._callees.module.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and (node.keywords or matters):
                found.setdefault(node.func.id, []).append(node)
        return found


def calls_in(definition: ast.ClassDef) -> Iterator[ast.Call]:
    """The calls in a class; those in classes inside of it are theirs."""
    pending: list[ast.AST] = [*definition.body]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.ClassDef):
            continue
        if isinstance(node, ast.Call):
            yield node
        pending += ast.iter_child_nodes(node)


def _annotated(definition: ast.ClassDef) -> frozenset[str]:
    """The names that a class annotates in its body."""
    targets = (s.target for s in definition.body if isinstance(s, ast.AnnAssign))
    return frozenset(target.id for target in targets if isinstance(target, ast.Name))


def _defines(definition: ast.ClassDef, names: tuple[str, ...]) -> bool:
    return any(isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef) and s.name in names for s in definition.body)


def is_super(owner: ast.expr) -> bool:
    """`super()`, also with arguments."""
    return isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name) and owner.func.id == "super"


def is_super_call(function: ast.expr, methods: tuple[str, ...]) -> bool:
    return isinstance(function, ast.Attribute) and function.attr in methods and is_super(function.value)


def _first_parameters(definition: ast.ClassDef) -> frozenset[str]:
    """What the methods of a class call their instance or their class."""
    methods = [s for s in definition.body if isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef)]
    firsts = (next(iter((*method.args.posonlyargs, *method.args.args)), None) for method in methods)
    return frozenset(first.arg for first in firsts if first is not None)


def _is_own_class(function: ast.expr, firsts: frozenset[str]) -> bool:
    """`cls`, `type(self)`, `self.__class__` or `__class__`, whatever the first parameters are called."""
    match function:
        case ast.Name(id="__class__"):
            return True
        case ast.Name(id=name) | ast.Attribute(value=ast.Name(id=name), attr="__class__"):
            return name in firsts
        case ast.Call(func=ast.Name(id="type"), args=[ast.Name(id=name)], keywords=[]):
            return name in firsts
    return False
