"""The arguments of one call as fissix nodes: rename, add and remove keywords, in the call's own layout."""

from __future__ import annotations

from typing import TypeAlias

from fissix.fixer_util import Comma
from fissix.pgen2 import token
from fissix.pygram import python_symbols as symbols
from fissix.pytree import Leaf, Node

from phases.patterns import text_leaf

Argument: TypeAlias = Leaf | Node


def arguments(trailer: Node) -> list[Argument]:
    """The arguments between the parentheses, commas left out."""
    listed = trailer.children[1:-1]
    if listed and listed[0].type == symbols.arglist:
        listed = listed[0].children
    return [a for a in listed if not (isinstance(a, Leaf) and a.type == token.COMMA)]


def keyword_leaf(argument: Argument) -> Leaf | None:
    """The name in `name=value`; None for any other argument."""
    if isinstance(argument, Node) and argument.type == symbols.argument and len(argument.children) == 3:
        name, equals = argument.children[:2]
        if isinstance(name, Leaf) and isinstance(equals, Leaf) and equals.type == token.EQUAL:
            return name
    return None


def keywords(trailer: Node) -> dict[str, Argument]:
    """The explicit keyword arguments by name."""
    return {leaf.value: a for a in arguments(trailer) if (leaf := keyword_leaf(a)) is not None}


def spreads_mapping(trailer: Node) -> bool:
    """Does the call pass `**mapping`?"""
    return any(
        isinstance(a, Node) and isinstance(a.children[0], Leaf) and a.children[0].type == token.DOUBLESTAR
        for a in arguments(trailer)
    )


def rename_keyword(trailer: Node, old: str, new: str) -> None:
    """`f(old=x)` becomes `f(new=x)`."""
    leaf = keyword_leaf(keywords(trailer)[old])
    assert leaf is not None
    leaf.value = new
    leaf.changed()


def remove_keyword(trailer: Node, name: str) -> None:
    """`f(a, name=x)` becomes `f(a)`; comments around it stay."""
    argument = keywords(trailer)[name]
    closing = trailer.children[-1]
    before, following = argument.prefix, argument.next_sibling
    if isinstance(following, Leaf) and following.type == token.COMMA:
        after = following.next_sibling or closing
        behind = following.prefix + after.prefix
        following.remove()
    else:
        after, behind = closing, closing.prefix
        comma = _previous_comma(argument)
        if comma is not None:
            before = comma.prefix + before
            comma.remove()
    argument.remove()
    after.prefix = _joined(before, behind, is_last=after is closing)


def _joined(before: str, behind: str, *, is_last: bool) -> str:
    """What stands between two tokens now that the argument between `before` and `behind` is gone."""
    on_line, newline, rest = behind.partition("\n")
    if "\n" in before and newline:
        if "#" in on_line:  # the comment keeps a line of its own
            return f"{before}{on_line.lstrip()}\n{rest}"
        return f"{before.rpartition(newline)[0]}\n{rest}"
    if "\n" in before:
        return before if "#" in before or not is_last else behind
    return behind if newline or is_last else before


def add_keyword(trailer: Node, name: str, value: str) -> None:
    """`f(a)` becomes `f(a, name=value)`, following the call's own lines, indentation and trailing comma."""
    present = arguments(trailer)
    closing = trailer.children[-1]
    if not present:
        trailer.insert_child(1, text_leaf(f"{name}={value}"))
        return
    listed = _argument_list(trailer)
    trailing_comma = isinstance(listed.children[-1], Leaf) and listed.children[-1].type == token.COMMA
    on_line, newline, rest = closing.prefix.partition("\n")
    if newline:
        prefix = f"{on_line}\n{_indentation(present, closing)}"
        closing.prefix = newline + rest
    elif len(present) > 1 and all("\n" in a.prefix for a in present[1:]):
        prefix = "\n" + _indentation(present, closing)
    else:
        prefix = " "
    if not trailing_comma:
        listed.append_child(Comma())
    listed.append_child(text_leaf(f"{name}={value}", prefix))
    if trailing_comma:
        listed.append_child(Comma())


def _argument_list(trailer: Node) -> Node:
    """The arglist of a call with arguments; made where the grammar leaves it out for a single one."""
    only = trailer.children[1]
    if only.type == symbols.arglist:
        return only
    only.remove()
    listed = Node(symbols.arglist, [only])
    trailer.insert_child(1, listed)
    return listed


def _indentation(present: list[Argument], closing: Leaf) -> str:
    """The white space before the last argument that begins a line, or a little more than before the parenthesis."""
    for argument in reversed(present):
        if "\n" in argument.prefix:
            return str(argument.prefix).rpartition("\n")[2]
    return str(closing.prefix).rpartition("\n")[2] + "    "


def _previous_comma(argument: Argument) -> Leaf | None:
    before = argument.prev_sibling
    return before if isinstance(before, Leaf) and before.type == token.COMMA else None
