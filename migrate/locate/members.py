"""Attributes of instances of the plan's classes that have another name now, and copies of instances with changes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.edits import Span
from migrate.locate.callees import REPLACERS, Callees
from migrate.locate.instances import Certainty, Instances
from migrate.locate.sites import AttributeSite
from migrate.locate.uses import shows_itself
from migrate.plan_calls import Call
from migrate.syntax import Place, lines_naming, places_on

_GETTERS = frozenset({"getattr", "hasattr", "setattr", "delattr"})


class Members:
    """What one module does to instances, besides calls."""

    def __init__(self, callees: Callees, instances: Instances) -> None:
        self._callees = callees
        self._instances = instances
        self._module = callees.module

    def locate(self) -> Iterator[AttributeSite]:
        """The attributes that surely are those of an instance; the others are reported."""
        attributes = {name for call in self._callees.with_attributes for name in call.attributes}
        words = attributes | ({"_replace", *self._replacers()} if self._callees.keywords else set())
        if not words:
            return
        for place in places_on(self._module.tree, lines_naming(self._module.source, words)):
            for call in self._callees.with_attributes:
                match place.node:
                    case ast.Attribute(attr=name) as node if name in call.attributes:
                        yield from self._look_at_attribute(place, node, call)
                    case ast.Call() as node:
                        self._look_at_getter(place, node, call)
                    case ast.MatchClass() as node:
                        self._look_at_pattern(place, node, call)
            if isinstance(place.node, ast.Call):
                for call in self._callees.of_classes:
                    self._look_at_call(place, place.node, call)

    def _replacers(self) -> set[str]:
        """`replace`, and other names of the file for it."""
        objects = self._callees.provenance.objects
        return {"replace"} | {local for local, found in objects.items() if not REPLACERS.isdisjoint(found)}

    def _look_at_attribute(self, place: Place, node: ast.Attribute, call: Call) -> Iterator[AttributeSite]:
        certainty = self._instances.certainty(node.value, place, call.callee.dotted)
        span = self._name_of(place, node) if certainty is Certainty.YES else None
        if span is not None:
            yield AttributeSite(span, call, node)
        elif certainty:
            self._report_attribute(node, node.attr, call, certainty)

    def _name_of(self, place: Place, node: ast.Attribute) -> Span | None:
        """The bytes of the attribute's name, where they are known."""
        source = self._module.source
        if not place.is_exact or any(shows_itself(source, parent) for parent in place.parents):
            return None
        end = source.span(node).end
        span = Span(end - len(node.attr.encode(source.encoding)), end)
        return span if source.slice(span) == node.attr else None

    def _report_attribute(self, node: ast.AST, name: str, call: Call, certainty: Certainty) -> None:
        self._callees.report(
            node, "attribute-read", call,
            f"attribute {name!r} of {_who(certainty)} {call.callee}, which has {call.attributes[name]!r} now; "
            f"change it by hand{'' if certainty is Certainty.YES else ' if it is one'}",
        )  # fmt: skip

    def _look_at_getter(self, place: Place, node: ast.Call, call: Call) -> None:
        match node:
            case ast.Call(func=ast.Name(id=getter), args=[owner, ast.Constant(value=str(name)), *_]) if (
                getter in _GETTERS and name in call.attributes
            ):
                certainty = self._instances.certainty(owner, place, call.callee.dotted)
                if certainty:
                    self._report_attribute(node, name, call, certainty)

    def _look_at_call(self, place: Place, node: ast.Call, call: Call) -> None:
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr="_replace")):
                self._look_at_copy(place, node, owner, call)
            case ast.Call(func=function, args=[owner, *_]) if self._replaces(function, place):
                self._look_at_copy(place, node, owner, call)

    def _replaces(self, function: ast.expr, place: Place) -> bool:
        """Is it `dataclasses.replace` or `copy.replace`?"""
        root = function
        while isinstance(root, ast.Attribute):
            root = root.value
        if not isinstance(root, ast.Name):
            return False
        bound = self._callees.followed(root.id).resolve(function, place)
        return bound is not None and not REPLACERS.isdisjoint(bound.objects)

    def _look_at_copy(self, place: Place, node: ast.Call, owner: ast.expr, call: Call) -> None:
        """`dataclasses.replace(instance, old=…)`."""
        if not self._callees.passes_old(node, call):
            return
        certainty = self._instances.certainty(owner, place, call.callee.dotted)
        if certainty:
            self._callees.report(
                node, "instance-replace", call,
                f"a copy of {_who(certainty)} {call.callee} is given a keyword that it no longer takes; "
                f"change it by hand{'' if certainty is Certainty.YES else ' if it is one'}",
            )  # fmt: skip

    def _look_at_pattern(self, place: Place, node: ast.MatchClass, call: Call) -> None:
        """`case Class(old=…)` reads the attribute."""
        found, _ = self._callees.class_of(node.cls, place)
        if found == call.callee.dotted:
            for name in node.kwd_attrs:
                if name in call.attributes:
                    self._report_attribute(node, name, call, Certainty.LIKELY)


def _who(certainty: Certainty) -> str:
    match certainty:
        case Certainty.YES:
            return "an instance of"
        case Certainty.LIKELY:
            return "what looks like an instance of"
    return "what may be an instance of"
