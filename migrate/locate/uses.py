"""Uses of imported names: each name with the attributes behind it, also in forward references and `getattr`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from msgspec import Struct

from migrate.edits import Span
from migrate.fstrings import place_exactly
from migrate.locate.forward import forward_reference, quoted_expression
from migrate.provenance import FollowedNames, Variable
from migrate.source import Source
from migrate.syntax import Place, places_within

_GETTERS = frozenset({"getattr", "setattr", "hasattr", "delattr"})
_METHODS = frozenset({"setattr", "delattr", "spy"})
"""Methods that name an attribute as these do: `monkeypatch.setattr(m, "A", …)`, `mocker.spy(m, "A")`."""


class Use(Struct, frozen=True, eq=False):
    """One use of a name: `m` in `m.A.method`.

    Attributes:
        place: of the name. variable: whose name it is.
        chain: the attributes behind it; the last one may be named by a string.
        nodes: the name itself, then the expression up to each attribute.
        literal: the string that names the last attribute, as in `getattr(m, "A")`.
        quoted: the string that the whole use stands in.
    """

    place: Place
    variable: Variable
    chain: tuple[str, ...]
    nodes: tuple[ast.expr, ...]
    literal: ast.Constant | None = None
    quoted: ast.Constant | None = None

    @property
    def name(self) -> ast.Name:
        assert isinstance(self.place.node, ast.Name)
        return self.place.node

    def parents_of(self, node: ast.expr) -> tuple[ast.AST, ...]:
        """The ancestors of one of `nodes`."""
        parents = self.place.parents
        return parents[: len(parents) - self.nodes.index(node)]


def find_uses(source: Source, followed: FollowedNames) -> Iterator[Use]:
    """Every place where a followed name is read."""
    for place in followed.places:
        node = place.node
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load) and node.id in followed.names:
                yield _use(place, followed, None)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and forward_reference(place):
            expression = quoted_expression(source, node)
            if expression is None:
                continue
            for inner in places_within(expression, place.scopes, (*place.parents, node)):
                if isinstance(inner.node, ast.Name) and inner.node.id in followed.names:
                    yield _use(inner, followed, node)


def _use(place: Place, followed: FollowedNames, quoted: ast.Constant | None) -> Use:
    name = place.node
    assert isinstance(name, ast.Name)
    chain: list[str] = []
    nodes: list[ast.expr] = [name]
    outside = list(place.parents)
    while outside and isinstance(outside[-1], ast.Attribute) and outside[-1].value is nodes[-1]:
        whole = outside.pop()
        assert isinstance(whole, ast.Attribute)
        chain.append(whole.attr)
        nodes.append(whole)
    literal = _named_attribute(outside[-1], nodes[-1]) if outside and quoted is None else None
    if literal is not None:
        chain.append(str(literal.value))
    return Use(place, followed.variable(name.id, place), tuple(chain), tuple(nodes), literal, quoted)


def _named_attribute(call: ast.AST, owner: ast.expr) -> ast.Constant | None:
    """The string of `getattr(owner, "name")` and its like."""
    if not (isinstance(call, ast.Call) and len(call.args) > 1 and call.args[0] is owner):
        return None
    name = call.args[1]
    if not (isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value.isidentifier()):
        return None
    match call.func:
        case ast.Name(id=function) if function in _GETTERS:
            return name
        case ast.Attribute(attr="object", value=ast.Name(id="patch") | ast.Attribute(attr="patch")):
            return name
        case ast.Attribute(attr=method) if method in _METHODS:
            return name
    return None


def inexact(source: Source, use: Use) -> str | None:
    """Why the bytes of a use cannot be replaced; None when they can."""
    strings = [parent for parent in use.place.parents if isinstance(parent, ast.JoinedStr)]
    if strings and not place_exactly(source, strings[0]):
        return "it stands in an f-string whose places this interpreter does not tell"
    if any(shows_itself(source, parent) for parent in use.place.parents):
        return "an f-string with `=` prints it"
    if use.literal is not None and literal_span(source, use.literal) is None:
        return "the name of its attribute is not written as one plain string"
    return None


def shows_itself(source: Source, node: ast.AST) -> bool:
    """Is it `{expression=}` of an f-string, which prints its own source?"""
    if not isinstance(node, ast.FormattedValue):
        return False
    # From Python 3.12 on the text is a string before the field; before, only the source tells.
    after = source.content[source.span(node.value).end :]
    return re.match(rb"[\s)]*=(?!=)", after) is not None


def literal_span(source: Source, node: ast.Constant) -> Span | None:
    """The bytes between the quotes of a plain string on one line; None for any other literal."""
    if node.lineno != node.end_lineno:
        return None
    span = source.span(node)
    found = re.fullmatch(r"""([rRuU]?)('''|\"\"\"|'|")(.*)\2""", source.slice(span), re.DOTALL)
    if found is None or found.group(3) != node.value:
        return None
    start = span.start + len(found.group(1) + found.group(2))
    return Span(start, span.end - len(found.group(2)))
