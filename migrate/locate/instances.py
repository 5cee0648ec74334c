"""Is an expression an instance of a class of the plan? Surely, perhaps, or surely not."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable
from enum import IntEnum

from msgspec import Struct

from migrate.locate.forward import quoted_expression
from migrate.locate.sites import Module
from migrate.provenance import Binding, FollowedNames, alternatives
from migrate.syntax import DEFINITIONS, Place

_VALUES = (
    ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp,
    ast.GeneratorExp, ast.Compare, ast.Lambda,
)  # fmt: skip
"""Expressions whose type their form tells."""


class Certainty(IntEnum):
    """How sure it is that an expression is an instance of a class."""

    NO = 0
    UNKNOWN = 1
    LIKELY = 2
    """Something says so that need not be true: an annotation, one of several assignments, `self` in a subclass."""
    YES = 3


class _Wanted(Struct, frozen=True):
    """A class, dotted, and the member that an instance must have from it; empty for none in particular."""

    dotted: str
    member: str


class Instances:
    """What expressions of one module are instances of.

    Args:
        class_of: the plan's class that an expression is, and whether it can be nothing else.
        is_heir: is a definition that of a class, dotted, or of one that inherits from it, a member of it too?
        followed: everything that a name is in the module.
    """

    def __init__(
        self,
        module: Module,
        class_of: Callable[[ast.expr, Place], tuple[str | None, bool]],
        is_heir: Callable[[ast.ClassDef, Place, str, str], bool],
        followed: Callable[[str], FollowedNames],
    ) -> None:
        self._module = module
        self._class_of = class_of
        self._is_heir = is_heir
        self._followed = followed

    def certainty(self, expression: ast.expr, place: Place, wanted: str, member: str = "") -> Certainty:
        """How sure it is that the value of `expression` at `place` is an instance of the class `wanted`, dotted.

        Args:
            member: one that the instance must have from that class; a subclass that defines it itself is another.
        """
        return self._of(expression, place, _Wanted(wanted, member), frozenset())

    def _inherits(self, definition: ast.ClassDef, place: Place, wanted: _Wanted) -> bool:
        return self._is_heir(definition, place, wanted.dotted, wanted.member)

    def _of(self, expression: ast.expr, place: Place, wanted: _Wanted, seen: frozenset[object]) -> Certainty:
        found, _ = self._class_of(expression, place)
        if found == wanted.dotted:
            return Certainty.LIKELY  # the class itself
        values = alternatives(expression)
        if len(values) > 1 or values[0] is not expression:
            return _together(self._of(value, place, wanted, seen) for value in values)
        match expression:
            case ast.Call(func=function):
                return self._of_call(function, place, wanted)
            case ast.Name(id=name):
                return self._of_name(name, place, wanted, seen)
            case ast.Await() | ast.Attribute() | ast.Subscript():
                return Certainty.UNKNOWN
        return Certainty.NO if isinstance(expression, _VALUES) else Certainty.UNKNOWN

    def _of_call(self, function: ast.expr, place: Place, wanted: _Wanted) -> Certainty:
        found, is_certain = self._class_of(function, place)
        if found == wanted.dotted:
            return Certainty.YES if is_certain else Certainty.LIKELY
        if found is None and isinstance(function, ast.Name):
            followed = self._followed(function.id)
            bindings = followed.bindings(followed.variable(function.id, place))
            is_type = isinstance(getattr(builtins, function.id, None), type) and function.id not in ("type", "super")
            if not bindings and is_type:
                return Certainty.NO
            own = [b.place for b in bindings if isinstance(b.place.node, ast.ClassDef)]
            if len(own) == len(bindings) > 0:
                heirs = (p for p in own if isinstance(p.node, ast.ClassDef) and self._inherits(p.node, p, wanted))
                return Certainty.LIKELY if any(heirs) else Certainty.NO
        return Certainty.UNKNOWN

    def _of_name(self, name: str, place: Place, wanted: _Wanted, seen: frozenset[object]) -> Certainty:
        followed = self._followed(name)
        variable = followed.variable(name, place)
        bindings = followed.bindings(variable)
        if not bindings:
            return Certainty.NO if hasattr(builtins, name) else Certainty.UNKNOWN
        if variable in seen:
            return Certainty.UNKNOWN
        found = [self._of_binding(each, wanted, seen | {variable}) for each in bindings if not each.harmless]
        return _together(found) if found else Certainty.NO

    def _of_binding(self, binding: Binding, wanted: _Wanted, seen: frozenset[object]) -> Certainty:
        node = binding.place.node
        if isinstance(node, ast.ClassDef) and self._inherits(node, binding.place, wanted):
            return Certainty.LIKELY  # the class itself
        if isinstance(node, (ast.Import, *DEFINITIONS)):
            return Certainty.NO  # a module, a function or a class
        if isinstance(node, ast.arg):
            return self._of_parameter(node, binding.place, wanted)
        if isinstance(node, ast.AnnAssign) and self._is_annotated(node.annotation, binding.place, wanted):
            value = self._of(node.value, binding.place, wanted, seen) if node.value is not None else Certainty.UNKNOWN
            return max(value, Certainty.LIKELY)
        declared = binding.place.parents[-1] if binding.place.parents else None
        if isinstance(declared, ast.AnnAssign) and self._is_annotated(declared.annotation, binding.place, wanted):
            return Certainty.LIKELY
        if binding.value is not None:
            return self._of(binding.value, binding.place, wanted, seen)
        return Certainty.UNKNOWN

    def _of_parameter(self, parameter: ast.arg, place: Place, wanted: _Wanted) -> Certainty:
        if parameter.annotation is not None:
            if self._is_annotated(parameter.annotation, place, wanted):
                return Certainty.LIKELY
            plain = parameter.annotation
            if isinstance(plain, ast.Name) and isinstance(getattr(builtins, plain.id, None), type):
                return Certainty.NO if plain.id != "object" else Certainty.UNKNOWN
            return Certainty.UNKNOWN
        owner = own_class(parameter, place)
        if owner is None:
            return Certainty.UNKNOWN
        assert isinstance(owner.node, ast.ClassDef)
        return Certainty.LIKELY if self._inherits(owner.node, owner, wanted) else Certainty.NO

    def _is_annotated(self, annotation: ast.expr, place: Place, wanted: _Wanted) -> bool:
        """Does an annotation name the class, in quotes or as one of several types, too?"""
        for node in ast.walk(annotation):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                quoted = quoted_expression(self._module.source, node)
                if quoted is not None and self._is_annotated(quoted, place, wanted):
                    return True
            elif isinstance(node, ast.Name | ast.Attribute) and self._class_of(node, place)[0] == wanted.dotted:
                return True
        return False


def own_class(parameter: ast.arg, place: Place) -> Place | None:
    """The class whose method has `parameter` as its `self` or `cls`; None where it is something else."""
    functions = [i for i, node in enumerate(place.parents) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    if not functions:
        return None
    at = functions[-1]
    function, around = place.parents[at], place.parents[at - 1] if at else None
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    first = next(iter((*function.args.posonlyargs, *function.args.args)), None)
    is_static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list)
    if first is not parameter or is_static or not isinstance(around, ast.ClassDef):
        return None
    scopes = place.scopes[: place.scopes.index(around)] if around in place.scopes else ()
    return Place(around, scopes, place.parents[: at - 1])


def _together(found: Iterable[Certainty]) -> Certainty:
    """Of several ways to the value: sure where all are, likely where one is."""
    all_found = list(found)
    if min(all_found) == max(all_found):
        return all_found[0]
    return Certainty.LIKELY if max(all_found) >= Certainty.LIKELY else Certainty.UNKNOWN
