"""Walks over `ast` trees that visit only what may hold a wanted word."""

from __future__ import annotations

import ast
import bisect
import re
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from migrate.modules import ModuleName, resolve_relative
from migrate.source import Source

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
WITHOUT_BODY = (ast.Expr, ast.Assign, ast.Return, ast.ImportFrom, ast.Import)
"""The most frequent of the statements that hold no others."""
SCOPES = (*DEFINITIONS, ast.Lambda, *COMPREHENSIONS)


class TypeParameters(ast.AST):
    """Stands for the scope of PEP 695's type parameters, which `ast` has no node for."""

    def __init__(self, definition: ast.AST, names: frozenset[str]) -> None:
        super().__init__()
        self.definition = definition
        self.names = names


_MISPLACED_IN_FSTRINGS = sys.version_info < (3, 12)
"""Before Python 3.12 the positions of expressions inside f-strings are wrong."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node with its way down from the module.

    Attributes:
        node: the node itself.
        scopes: the scope nodes that enclose it, outermost first, the module left out; `TypeParameters` among them.
        parents: all ancestors, outermost first.
    """

    node: ast.AST
    scopes: tuple[ast.AST, ...]
    parents: tuple[ast.AST, ...] = field(repr=False)

    @property
    def is_exact(self) -> bool:
        """Can the node's position be relied on?"""
        return not (_MISPLACED_IN_FSTRINGS and any(isinstance(p, ast.JoinedStr) for p in self.parents))


def statements(
    body: Sequence[ast.stmt], scopes: tuple[ast.AST, ...] = ()
) -> Iterator[tuple[ast.stmt, tuple[ast.AST, ...]]]:
    """Every statement at any depth with the scopes around it, in source order; no expression is visited."""
    for statement in body:
        yield statement, scopes
        if isinstance(statement, WITHOUT_BODY):
            continue
        inner = (*scopes, statement) if isinstance(statement, SCOPES) else scopes
        for nested in bodies(statement):
            yield from statements(nested, inner)


def bodies(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks directly inside a statement, in source order."""
    for name in ("body", "handlers", "orelse", "finalbody", "cases"):
        block = getattr(statement, name, None)
        if not block:
            continue
        if isinstance(block[0], ast.stmt):
            yield block
        else:  # handlers of a `try`, cases of a `match`
            yield from (part.body for part in block)


def star_sources(tree: ast.Module, importer: ModuleName) -> frozenset[str]:
    """Modules of which everything is imported at module level."""
    found = {
        resolve_relative(importer, s.level, s.module or "")
        for s, scopes in statements(tree.body)
        if isinstance(s, ast.ImportFrom) and not scopes and s.names[0].name == "*"
    }
    return frozenset(module for module in found if module is not None)


def any_word(words: Collection[str]) -> re.Pattern[str]:
    """A pattern of any of `words`; as bytes, too, where `\\b` sees no boundary beside a letter beyond ASCII."""
    # The boundary before a word is looked for behind it: a pattern that begins with a literal is searched far faster.
    escaped = map(re.escape, sorted(words))
    return re.compile("(?:" + "|".join(rf"{word}(?<!\w{word})" for word in escaped) + r")(?!\w)")


BLANK = r"[\s\\]|#[^\r\n]*[\r\n]"
"""A pattern of what may stand between two tokens."""
_CHAIN = re.compile(rf"(\w+)(?:(?:{BLANK})*\.(?:{BLANK})*\w+)*(?:{BLANK})*\Z")
_CHAIN_WITHIN = 400
"""Characters before its last dot in which an attribute chain is looked for."""


def chain_roots(text: str, leaves: Collection[str]) -> frozenset[str]:
    """First names of attribute chains that have one of `leaves` behind a dot: `m` of `m.sub.Name`."""
    if not leaves:
        return frozenset()
    ends = re.finditer(r"\.(?:" + BLANK + ")*" + any_word(leaves).pattern, text)
    before = (text[max(0, end.start() - _CHAIN_WITHIN) : end.start()] for end in ends)
    return frozenset(chain.group(1) for part in before if (chain := _CHAIN.search(part)))


def lines_with(source: Source, words: re.Pattern[str]) -> tuple[int, ...]:
    """Numbers, rising, of the lines in which a match of `words` begins."""
    # What the encoding cannot express is not in the file; as a reference it is only itself to `re`.
    encoded = re.compile(words.pattern.encode(source.encoding, errors="xmlcharrefreplace"))
    starts = source.line_starts
    return tuple(sorted({bisect.bisect_right(starts, m.start()) for m in encoded.finditer(source.content)}))


def places_on(tree: ast.Module, lines: Sequence[int]) -> Iterator[Place]:
    """Every node that spans one of `lines` (from 1, rising), outer before inner, in source order of the fields.

    Nodes without a position of their own (arguments, comprehension clauses, match cases) are visited with their
    parent.
    """
    yield from _descend(tree, lines, (), ())


def places_within(node: ast.AST, scopes: tuple[ast.AST, ...], parents: tuple[ast.AST, ...]) -> Iterator[Place]:
    """A node and everything below it, as if it stood in the given scopes below the given ancestors."""
    first, last = node.lineno, node.end_lineno or node.lineno  # type: ignore[attr-defined]
    yield from _descend(node, range(first, last + 1), scopes, parents)


def _descend(
    node: ast.AST, lines: Sequence[int], scopes: tuple[ast.AST, ...], parents: tuple[ast.AST, ...]
) -> Iterator[Place]:
    line = getattr(node, "lineno", None)
    if line is not None and not (_MISPLACED_IN_FSTRINGS and any(isinstance(p, ast.JoinedStr) for p in parents)):
        for decorator in getattr(node, "decorator_list", ()):
            line = min(line, decorator.lineno)
        at = bisect.bisect_left(lines, line)
        if at == len(lines) or lines[at] > (node.end_lineno or line):  # type: ignore[attr-defined]
            return
    if not isinstance(node, ast.Module):
        yield Place(node, scopes, parents)
    below = (*parents, node)
    header = _with_type_parameters(node, scopes)
    inside = (*header, node) if isinstance(node, SCOPES) else header
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            children: Sequence[object] = (value,)
        elif isinstance(value, list):
            is_block = len(value) > 1 and isinstance(value[0], ast.stmt)
            children = tuple(_statements_on(value, lines)) if is_block else value
        else:
            continue
        within = inside if _is_inside(node, name) else _around(name, scopes, header)
        for index, child in enumerate(children):
            if isinstance(child, ast.AST):
                if isinstance(node, COMPREHENSIONS) and name == "generators" and index == 0:
                    yield from _first_generator(child, lines, scopes, inside, below)
                else:
                    yield from _descend(child, lines, within, below)


def _statements_on(block: Sequence[ast.stmt], lines: Sequence[int]) -> Iterator[ast.stmt]:
    """The statements of a block that may span one of `lines`, without a look at each of the others."""
    at = 0
    while at < len(block):
        yield block[at]  # `_descend` looks closer
        at += 1
        wanted = bisect.bisect_left(lines, block[at - 1].end_lineno or 0)
        if wanted == len(lines):
            return
        at = bisect.bisect_left(block, lines[wanted], at, key=_last_line)


def _last_line(statement: ast.stmt) -> int:
    assert statement.end_lineno is not None
    return statement.end_lineno


def _with_type_parameters(node: ast.AST, scopes: tuple[ast.AST, ...]) -> tuple[ast.AST, ...]:
    parameters = getattr(node, "type_params", None)
    if not parameters:
        return scopes
    return (*scopes, TypeParameters(node, frozenset(parameter.name for parameter in parameters)))


def _around(field_name: str, scopes: tuple[ast.AST, ...], header: tuple[ast.AST, ...]) -> tuple[ast.AST, ...]:
    """The scopes of what is not in a body: decorators and defaults do not see the type parameters."""
    if field_name == "decorator_list":
        return scopes
    if field_name in ("defaults", "kw_defaults") and scopes and isinstance(scopes[-1], TypeParameters):
        return scopes[:-1]
    return header


def _first_generator(
    clause: ast.AST,
    lines: Sequence[int],
    outside: tuple[ast.AST, ...],
    inside: tuple[ast.AST, ...],
    parents: tuple[ast.AST, ...],
) -> Iterator[Place]:
    """The first `for … in ITERABLE` of a comprehension: the iterable is evaluated outside."""
    assert isinstance(clause, ast.comprehension)
    below = (*parents, clause)
    yield from _descend(clause.target, lines, inside, below)
    yield from _descend(clause.iter, lines, outside, below)
    for condition in clause.ifs:
        yield from _descend(condition, lines, inside, below)


def _is_inside(node: ast.AST, field_name: str) -> bool:
    """Does this child belong to the scope that `node` opens (rather than to the one around it)?"""
    if isinstance(node, (*DEFINITIONS, ast.Lambda)):
        return field_name == "body"
    return isinstance(node, COMPREHENSIONS)
