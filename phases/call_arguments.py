"""The arguments of one call as fissix nodes: rename, add, remove, merge and name them, in the call's own layout."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from bowler.types import LN, Capture, Filename
from fissix.fixer_util import Comma
from fissix.pgen2 import token
from fissix.pygram import python_symbols as symbols
from fissix.pytree import Leaf, Node
from msgspec import Struct

from migrate.call_changes import CallChange
from migrate.rewrite import NotRewritable
from phases.patterns import text_leaf

Argument: TypeAlias = Leaf | Node
_STRING = re.compile(r"""([rRuU]?)('''|\"\"\"|'|")([^\\]*)\2""", re.DOTALL)
_COMMENT = re.compile(r"#[^\n]*")


class Entry(Struct, frozen=True, eq=False):
    """A keyword with its value: `name=value`, or an item of a `**{"name": value}` literal.

    Attributes:
        label: the leaf that holds the name.
        nodes: all nodes of the entry, in order. closing: the bracket that ends the list it stands in.
        spread: the `**` argument it stands in.
    """

    name: str
    label: Leaf
    nodes: tuple[Argument, ...]
    closing: Leaf
    spread: Node | None

    @property
    def value(self) -> Argument:
        last = self.nodes[-1]
        return last.children[2] if self.nodes[0] is last else last


def change_arguments(trailer: Node, change: CallChange) -> None:
    """Carry out what has been decided about the call that `trailer` is the `(…)` of.

    Raises:
        NotRewritable: a keyword is not there by that spelling.
    """
    present = {entry.name for entry in entries(trailer)}
    if not {*change.removed, *(old for old, _ in (*change.renamed, *change.merged))} <= present:
        raise NotRewritable("a keyword is spelled in another way")
    for position in change.enclosed:
        _enclose(positional(trailer)[position])
    for position, name in reversed(change.named):
        _name(positional(trailer)[position], name)
    for old, new in change.merged:
        _merge(trailer, old, new, change.loose)
    for name in (*change.removed, *(old for old, _ in change.merged)):
        while found := [entry for entry in entries(trailer) if entry.name == name]:
            _remove(found[0], is_merged=name in dict(change.merged))
    for old, new in change.renamed:
        for entry in [entry for entry in entries(trailer) if entry.name == old]:
            _rename(entry, new)
    for name, value in change.added:
        _add(trailer, name, value)


def arguments(trailer: Node) -> list[Argument]:
    """The arguments between the parentheses, commas left out."""
    return _listed(trailer, symbols.arglist)


def keyword_leaf(argument: Argument) -> Leaf | None:
    """The name in `name=value`; None for any other argument."""
    if isinstance(argument, Node) and argument.type == symbols.argument and len(argument.children) == 3:
        name, equals = argument.children[:2]
        if isinstance(name, Leaf) and isinstance(equals, Leaf) and equals.type == token.EQUAL:
            return name
    return None


def keywords(trailer: Node) -> frozenset[str]:
    """The names of the explicit keyword arguments."""
    return frozenset(leaf.value for a in arguments(trailer) if (leaf := keyword_leaf(a)) is not None)


def positional(trailer: Node) -> list[Argument]:
    """The arguments that are neither `name=value` nor `**mapping`."""
    return [a for a in arguments(trailer) if keyword_leaf(a) is None and not _is_spread(a)]


def entries(trailer: Node) -> Iterator[Entry]:
    """Every keyword that the call passes, as far as its text tells."""
    for argument in arguments(trailer):
        if (leaf := keyword_leaf(argument)) is not None:
            yield Entry(leaf.value, leaf, (argument,), trailer.children[-1], None)
        elif isinstance(argument, Node) and _is_spread(argument):
            yield from _literal_entries(argument)


def spreads_mapping(trailer: Node) -> bool:
    """Does the call pass `**mapping`, of whatever form?"""
    return any(map(_is_spread, arguments(trailer)))


def is_opaque(trailer: Node) -> bool:
    """Does the call pass `**mapping` of which the text does not tell all keys?"""
    return any(isinstance(a, Node) and _is_spread(a) and not _is_literal(a) for a in arguments(trailer))


def passes_on(dotted: str) -> Callable[[LN, Capture, Filename], bool]:
    """A filter: the first argument is `dotted`."""

    def selected(node: LN, capture: Capture, filename: Filename) -> bool:  # noqa: ARG001
        present = arguments(capture["call"])
        return bool(present) and str(present[0]).removeprefix(present[0].prefix) == dotted  # behind comments, too

    return selected


def _listed(brackets: Node, kind: int) -> list[Argument]:
    inside = brackets.children[1:-1]
    if inside and inside[0].type == kind:
        inside = inside[0].children
    return [a for a in inside if not (isinstance(a, Leaf) and a.type == token.COMMA)]


def _is_spread(argument: Argument) -> bool:
    if not isinstance(argument, Node):
        return False
    stars = argument.children[0]
    return isinstance(stars, Leaf) and stars.type == token.DOUBLESTAR


def _mapping(spread: Node) -> Argument:
    """What is spread, without the parentheses around it."""
    found = spread.children[1]
    while _is_parenthesised(found):
        found = found.children[1]
    return found


def _items(mapping: Argument) -> list[Argument] | None:
    """Keys, colons and values of a dict display; None where it is none, or spreads another mapping."""
    if not (isinstance(mapping, Node) and mapping.type == symbols.atom and mapping.children[0].value == "{"):
        return None
    items = _listed(mapping, symbols.dictsetmaker)
    is_flat = len(items) % 3 == 0 and all(isinstance(each, Leaf) and each.value == ":" for each in items[1::3])
    return items if is_flat else None


def _dict_call(mapping: Argument) -> Node | None:
    """The `(…)` of `dict(…)`."""
    if isinstance(mapping, Node) and mapping.type == symbols.power and len(mapping.children) == 2:
        name, trailer = mapping.children
        if isinstance(name, Leaf) and name.value == "dict" and trailer.children[0].value == "(":
            return trailer
    return None


def _key(leaf: Argument) -> str | None:
    found = _STRING.fullmatch(leaf.value) if isinstance(leaf, Leaf) and leaf.type == token.STRING else None
    return found.group(3) if found is not None else None


def _is_literal(spread: Node) -> bool:
    mapping = _mapping(spread)
    items, called = _items(mapping), _dict_call(mapping)
    if items is not None:
        return all(_key(key) is not None for key in items[::3])
    return called is not None and all(keyword_leaf(a) is not None for a in arguments(called))


def _literal_entries(spread: Node) -> Iterator[Entry]:
    if not _is_literal(spread):
        return
    mapping = _mapping(spread)
    called = _dict_call(mapping)
    for argument in arguments(called) if called is not None else ():
        assert called is not None
        leaf = keyword_leaf(argument)
        assert leaf is not None
        yield Entry(leaf.value, leaf, (argument,), called.children[-1], spread)
    items = _items(mapping) or []
    for key, colon, value in zip(items[::3], items[1::3], items[2::3], strict=True):
        name = _key(key)
        assert name is not None
        assert isinstance(key, Leaf)
        yield Entry(name, key, (key, colon, value), mapping.children[-1], spread)


def _rename(entry: Entry, new: str) -> None:
    """`old=x` becomes `new=x`; a key keeps its quotes."""
    found = _STRING.fullmatch(entry.label.value)
    entry.label.value = new if found is None else f"{found.group(1)}{found.group(2)}{new}{found.group(2)}"
    entry.label.changed()


def _remove(entry: Entry, *, is_merged: bool) -> None:
    """`f(a, name=x)` becomes `f(a)`; comments around it stay. A literal of which nothing is left goes, too.

    Args:
        is_merged: the value, with the comments in it, stands elsewhere now.
    """
    value = entry.value if is_merged else None
    if entry.spread is not None and sum(1 for _ in _literal_entries(entry.spread)) == 1:
        trailer = entry.spread.parent
        while trailer.type != symbols.trailer:
            trailer = trailer.parent
        _take_out((entry.spread,), trailer.children[-1], value)
    else:
        _take_out(entry.nodes, entry.closing, value)


def _take_out(nodes: tuple[Argument, ...], closing: Leaf, merged: Argument | None) -> None:
    before, following, comma = nodes[0].prefix, nodes[-1].next_sibling, nodes[0].prev_sibling
    is_followed = _is_comma(following)
    if _is_comma(comma) and (not is_followed or (_begins_line(comma) and _begins_line(following))):
        after, behind = following if is_followed else closing, following.prefix if is_followed else closing.prefix
        before = comma.prefix + (before.lstrip(" \t") if _begins_line(comma) else before)
        comma.remove()
    elif is_followed:
        after = following.next_sibling or closing
        behind = following.prefix + after.prefix
        if _begins_line(following) and "#" not in before + behind:
            behind = before
        following.remove()
    else:
        after, behind = closing, closing.prefix
    inside = list(merged.leaves())[1:] if merged is not None else []
    leaves = [leaf for node in nodes for leaf in node.leaves() if not any(leaf is other for other in inside)]
    comments = [comment for leaf in leaves[1:] for comment in _COMMENT.findall(leaf.prefix)]
    for node in nodes:
        node.remove()
    prefix = _joined(before, behind, is_last=after is closing)
    indentation = prefix.rpartition("\n")[2] if "\n" in prefix else ""
    if comments and "\n" not in prefix:
        prefix = f"{prefix.rstrip()}  "
    after.prefix = prefix + "".join(f"{comment}\n{indentation}" for comment in comments)


def _is_comma(node: object) -> bool:
    return isinstance(node, Leaf) and node.type == token.COMMA


def _begins_line(comma: Leaf) -> bool:
    """Does a comma stand before its argument, on that one's line?"""
    return "\n" in comma.prefix


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


def _enclose(argument: Argument) -> None:
    """`x` becomes `(x)`."""
    if _is_parenthesised(argument):
        return
    text, prefix = str(argument)[len(argument.prefix) :], argument.prefix
    argument.replace(text_leaf(f"({text})", prefix))


def _name(argument: Argument, name: str) -> None:
    """`x` becomes `name=x`."""
    text, prefix = str(argument)[len(argument.prefix) :], argument.prefix
    value = text_leaf(text)
    argument.replace(Node(symbols.argument, [Leaf(token.NAME, name, prefix=prefix), Leaf(token.EQUAL, "="), value]))


def _merge(trailer: Node, old: str, new: str, loose: frozenset[str]) -> None:
    """`new=x` becomes `new={**x, **y}`, with `y` the value of `old`; that one is left for who removes it."""
    by_name = {entry.name: entry for entry in entries(trailer)}
    parts = [_operand(by_name[name].value, is_loose=name in loose) for name in (new, old)]
    value = by_name[new].value
    value.replace(text_leaf("{" + ", ".join(f"**{part}" for part in parts) + "}", value.prefix))


def _operand(value: Argument, *, is_loose: bool) -> str:
    text = str(value)[len(value.prefix) :]
    return f"({text})" if is_loose and not _is_parenthesised(value) else text


def _is_parenthesised(value: Argument) -> bool:
    return isinstance(value, Node) and value.type == symbols.atom and str(value.children[0].value) == "("


def _add(trailer: Node, name: str, value: str) -> None:
    """`f(a)` becomes `f(a, name=value)`, following the call's own lines, indentation and trailing comma.

    It stands before a `**mapping`.
    """
    present = arguments(trailer)
    new = f"{name}={value}"
    if not present:
        for emptied in trailer.children[1:-1]:
            emptied.remove()
        trailer.insert_child(1, text_leaf(new))
        return
    spreads = [argument for argument in present if _is_spread(argument)]
    if spreads:
        _add_before(trailer, spreads[0], new)
    else:
        _add_last(trailer, new)


def _add_before(trailer: Node, spread: Argument, new: str) -> None:
    present, closing = arguments(trailer), trailer.children[-1]
    listed = _argument_list(trailer)
    at = next(i for i, child in enumerate(listed.children) if child is spread)
    on_line, newline, rest = str(spread.prefix).partition("\n")
    if (style := _leading_comma(listed)) is not None:
        listed.insert_child(at, style)
        listed.insert_child(at, text_leaf(new, spread.prefix))
        spread.prefix = present[1].prefix if spread is present[0] else spread.prefix
        return
    if spread is present[0]:
        leaf, spread.prefix = text_leaf(new, spread.prefix), f"\n{_indentation(present, closing)}" if newline else " "
    elif newline:
        leaf = text_leaf(new, f"{on_line}\n{_indentation(present[: present.index(spread) + 1], closing)}")
        spread.prefix = newline + rest
    else:
        leaf = text_leaf(new, spread.prefix)
        spread.prefix = spread.prefix or " "
    listed.insert_child(at, Comma())
    listed.insert_child(at, leaf)


def _add_last(trailer: Node, new: str) -> None:
    present, closing = arguments(trailer), trailer.children[-1]
    listed = _argument_list(trailer)
    trailing_comma = _is_comma(listed.children[-1])
    on_line, newline, rest = closing.prefix.partition("\n")
    if not trailing_comma and (style := _leading_comma(listed)) is not None:
        if newline:
            style.prefix, closing.prefix = on_line + style.prefix, newline + rest
        last = str(listed.children[-1].prefix)
        listed.append_child(style)
        listed.append_child(text_leaf(new, last if not last.strip(" \t") else " "))
        return
    if newline:
        prefix = f"{on_line}\n{_indentation(present, closing)}"
        closing.prefix = newline + rest
    elif len(present) > 1 and all("\n" in a.prefix for a in present[1:]):
        prefix = "\n" + _indentation(present, closing)
    else:
        prefix = " "
    if not trailing_comma:
        listed.append_child(Comma())
    listed.append_child(text_leaf(new, prefix))
    if trailing_comma:
        listed.append_child(Comma())


def _leading_comma(listed: Node) -> Leaf | None:
    """A comma as it stands at the beginning of a line where the call puts them there; None where it does not."""
    commas = [child for child in listed.children[:-1] if _is_comma(child)]
    if not commas or not all(_begins_line(c) and "\n" not in c.next_sibling.prefix for c in commas):
        return None
    comma = Comma()
    comma.prefix = "\n" + str(commas[-1].prefix).rpartition("\n")[2]
    return comma


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
