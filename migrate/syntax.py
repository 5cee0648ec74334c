"""Walks over `ast` trees that visit only what may hold a wanted word."""

from __future__ import annotations

import ast
import bisect
import re
import string
import sys
from collections.abc import Collection, Container, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import AnyStr

from msgspec import Struct

from migrate.modules import ModuleName, resolve_relative
from migrate.source import Source

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
WITHOUT_BODY = frozenset({
    ast.Expr, ast.Assign, ast.Return, ast.ImportFrom, ast.Import, ast.Assert, ast.AugAssign, ast.AnnAssign, ast.Raise,
    ast.Pass, ast.Continue, ast.Break, ast.Delete, ast.Global, ast.Nonlocal,
})  # fmt: skip
"""Statements that hold no others."""
SCOPES = (*DEFINITIONS, ast.Lambda, *COMPREHENSIONS)


class TypeParameters(ast.AST):
    """Stands for the scope of PEP 695's type parameters, which `ast` has no node for."""

    def __init__(self, definition: ast.AST, names: frozenset[str]) -> None:
        super().__init__()
        self.definition = definition
        self.names = names


_MISPLACED_IN_FSTRINGS = sys.version_info < (3, 12)
"""Before Python 3.12 the positions of expressions inside f-strings are wrong."""


class Place(Struct, frozen=True):
    """A node with its way down from the module.

    Attributes:
        node: the node itself.
        scopes: the scope nodes that enclose it, outermost first, the module left out; `TypeParameters` among them.
        parents: all ancestors, outermost first.
    """

    node: ast.AST
    scopes: tuple[ast.AST, ...]
    parents: tuple[ast.AST, ...]

    @property
    def is_exact(self) -> bool:
        """Can the node's position be relied on?"""
        return not any(map(_misplaces, self.parents))


def statements(
    body: Sequence[ast.stmt], scopes: tuple[ast.AST, ...] = ()
) -> Iterator[tuple[ast.stmt, tuple[ast.AST, ...]]]:
    """Every statement at any depth with the scopes around it, in source order; no expression is visited."""
    for statement in body:
        yield statement, scopes
        if type(statement) in WITHOUT_BODY:
            continue
        inner = (*scopes, statement) if isinstance(statement, DEFINITIONS) else scopes
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


_STAR = re.compile(rb"import[\s\\]*\*")


def may_import_all(content: bytes) -> bool:
    """May there be a star import in a text?"""
    return _STAR.search(content) is not None


def any_word(words: Collection[str]) -> re.Pattern[str]:
    """A pattern of any of `words`; as bytes, too, where `\\b` sees no boundary beside a letter beyond ASCII."""
    # The boundary before a word is looked for behind it: a pattern that begins with a literal is searched far faster.
    escaped = map(re.escape, sorted(words))
    return re.compile("(?:" + "|".join(rf"{word}(?<!\w{word})" for word in escaped) + r")(?!\w)")


BLANK = r"[\s\\]|#[^\r\n]*[\r\n]"
"""A pattern of what may stand between two tokens."""
_CHAIN = re.compile(rf"(\w+)(?:(?:{BLANK})*\.(?:{BLANK})*\w+)*(?:{BLANK})*\Z")
_DOT = re.compile(rf"\.(?:{BLANK})*\Z")
_PLAIN = f"{string.ascii_letters}{string.digits}_."
_BEHIND_DOT = re.compile(rf"\.(?:{BLANK})*+(\w+)")
_CHAIN_WITHIN = 400
"""Characters before its last dot in which an attribute chain is looked for."""
_MANY = 30
"""Words from which on it takes longer to look for each than at all attributes of a text."""


def chain_roots(text: str, leaves: Collection[str]) -> frozenset[str]:
    """First names of attribute chains that have one of `leaves` behind a dot: `m` of `m.sub.Name`."""
    found = _before_dots_of_many(text, frozenset(leaves)) if len(leaves) >= _MANY else _before_dots_of_few(text, leaves)
    return frozenset(root for before in found if (root := _chain_root(before)))


def _before_dots_of_few(text: str, leaves: Collection[str]) -> Iterator[str]:
    for leaf in leaves:
        yield from _before_dots(text, leaf)


def _before_dots_of_many(text: str, leaves: Container[str]) -> Iterator[str]:
    """As `_before_dots`, in one pass."""
    for found in _BEHIND_DOT.finditer(text):
        if found[1] in leaves:
            yield text[max(0, found.start() - _CHAIN_WITHIN) : found.start()]


def _chain_root(before: str) -> str:
    """The first name of an attribute chain at the end of a text; empty where it has none."""
    plain = before.rstrip(_PLAIN)
    chain = before[len(plain) :]
    if all(chain.split(".")) and _is_before_chain(plain):
        return chain.partition(".")[0]
    found = _CHAIN.search(before)
    return found.group(1) if found is not None else ""


def _is_before_chain(text: str) -> bool:
    """Is there surely nothing at the end of a text that an attribute chain behind it belongs to?"""
    code = text.rstrip()
    if code.endswith((".", "\\")) or not code or (code == text and not code.isascii()):
        return False
    return "#" not in code[max(code.rfind("\n"), code.rfind("\r")) + 1 :]


def _before_dots(text: str, leaf: str) -> Iterator[str]:
    """What stands before a dot that `leaf`, a whole word, follows."""
    for at in _whole(text, leaf):
        near = text[max(0, at - _CHAIN_WITHIN) : at]
        if not (near[-1:].isspace() or near.endswith((".", "\\"))):
            continue
        dot = near.rstrip()
        if dot.endswith(".") or "\\" in near or "#" in near:
            found = _DOT.search(near)
            if found is not None:
                yield text[max(0, at - len(near) + found.start() - _CHAIN_WITHIN) : at - len(near) + found.start()]


def lines_naming(source: Source, words: Collection[str], marks: Collection[str] = ()) -> tuple[int, ...]:
    """Numbers, rising, of the lines in which one of `words` begins, whole, as `any_word` has it, or one of `marks`."""
    found: set[int] = set()
    content, starts = source.content, source.line_starts
    for word in words:
        # As in `lines_with`. Literal bytes are found far faster than any pattern.
        plain = word.encode(source.encoding, errors="xmlcharrefreplace")
        found.update(bisect.bisect_right(starts, at) for at in _whole(content, plain))
    for mark in marks:
        found.update(bisect.bisect_right(starts, at) for at in _anywhere(content, mark.encode()))
    return tuple(sorted(found))


def _whole(text: AnyStr, word: AnyStr) -> Iterator[int]:
    """Where a word stands that no letter, digit or underscore adjoins."""
    for at in _anywhere(text, word):
        if not (_is_word(text[at - 1 : at]) or _is_word(text[at + len(word) : at + len(word) + 1])):
            yield at


def _anywhere(text: AnyStr, part: AnyStr) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _is_word(character: str | bytes) -> bool:
    """Is it what `\\w` stands for? Of bytes only ASCII is."""
    return character.isalnum() or character in ("_", b"_")


def lines_with(source: Source, words: re.Pattern[str]) -> tuple[int, ...]:
    """Numbers, rising, of the lines in which a match of `words` begins."""
    # What the encoding cannot express is not in the file; as a reference it is only itself to `re`.
    encoded = _encoded(words.pattern, source.encoding)
    starts = source.line_starts
    return tuple(sorted({bisect.bisect_right(starts, m.start()) for m in encoded.finditer(source.content)}))


@lru_cache(maxsize=64)
def _encoded(pattern: str, encoding: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode(encoding, errors="xmlcharrefreplace"))


def has_word(text: AnyStr, word: AnyStr) -> bool:
    """Is a word anywhere in a text, with no letter, digit or underscore beside it?"""
    return next(_whole(text, word), None) is not None


def statements_on(block: Sequence[ast.stmt], lines: Sequence[int]) -> Iterator[ast.stmt]:
    """Every statement at any depth that spans one of `lines` (from 1, rising), outer before inner."""
    for statement in _statements_on(block, lines):
        at = bisect.bisect_left(lines, first_line(statement))
        if at < len(lines) and lines[at] <= _last_line(statement):
            yield statement
            for nested in () if type(statement) in WITHOUT_BODY else bodies(statement):
                yield from statements_on(nested, lines)


def first_line(statement: ast.stmt) -> int:
    """The line of a statement, or of the first decorator of a definition."""
    decorators: Sequence[ast.expr] = getattr(statement, "decorator_list", ())
    return decorators[0].lineno if decorators else statement.lineno


def places_on(tree: ast.Module, lines: Sequence[int]) -> Iterator[Place]:
    """Every node that spans one of `lines` (from 1, rising), outer before inner, in source order of the fields.

    Nodes without a position of their own (arguments, comprehension clauses, match cases) are visited with their
    parent; contexts, such as `Load`, are not.
    """
    yield from _Walk(lines).from_node(tree, (), ())


def places_within(node: ast.AST, scopes: tuple[ast.AST, ...], parents: tuple[ast.AST, ...]) -> Iterator[Place]:
    """A node and everything below it, as if it stood in the given scopes below the given ancestors."""
    first, last = node.lineno, node.end_lineno or node.lineno  # type: ignore[attr-defined]
    yield from _Walk(range(first, last + 1)).from_node(node, scopes, parents)


class _Walk:
    """One walk down a tree; a list rather than generators in each other, which are slow in deep trees."""

    def __init__(self, lines: Sequence[int]) -> None:
        self._lines = lines
        self._found: list[Place] = []

    def from_node(self, node: ast.AST, scopes: tuple[ast.AST, ...], parents: tuple[ast.AST, ...]) -> list[Place]:
        self._descend(node, scopes, parents, is_misplaced=any(map(_misplaces, parents)))
        return self._found

    def _descend(
        self, node: ast.AST, scopes: tuple[ast.AST, ...], parents: tuple[ast.AST, ...], *, is_misplaced: bool
    ) -> None:
        kind = type(node)
        line = None if is_misplaced else getattr(node, "lineno", None)
        if line is not None:
            if kind in DEFINITIONS:
                for decorator in node.decorator_list:  # type: ignore[attr-defined]
                    line = min(line, decorator.lineno)
            at = bisect.bisect_left(self._lines, line)
            if at == len(self._lines) or self._lines[at] > (node.end_lineno or line):  # type: ignore[attr-defined]
                return
        if kind is not ast.Module:
            self._found.append(Place(node, scopes, parents))
        if kind is ast.Name or kind is ast.Constant:
            return
        below = (*parents, node)
        is_misplaced = is_misplaced or _misplaces(node)
        header = _with_type_parameters(node, scopes)
        is_scope = kind in SCOPES
        inside = (*header, node) if is_scope else header
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                is_block = len(value) > 1 and isinstance(value[0], ast.stmt)
                children: Iterable[object] = _statements_on(value, self._lines) if is_block else value
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                children = (value,)
            else:
                continue
            within = inside if is_scope and _is_inside(node, name) else _around(name, scopes, header)
            first = name == "generators"  # of a comprehension
            for child in children:
                if isinstance(child, ast.AST):
                    if first:
                        self._first_generator(child, scopes, inside, below, is_misplaced=is_misplaced)
                    else:
                        self._descend(child, within, below, is_misplaced=is_misplaced)
                    first = False

    def _first_generator(
        self,
        clause: ast.AST,
        outside: tuple[ast.AST, ...],
        inside: tuple[ast.AST, ...],
        parents: tuple[ast.AST, ...],
        *,
        is_misplaced: bool,
    ) -> None:
        """The first `for … in ITERABLE` of a comprehension: the iterable is evaluated outside."""
        assert isinstance(clause, ast.comprehension)
        below = (*parents, clause)
        self._descend(clause.target, inside, below, is_misplaced=is_misplaced)
        self._descend(clause.iter, outside, below, is_misplaced=is_misplaced)
        for condition in clause.ifs:
            self._descend(condition, inside, below, is_misplaced=is_misplaced)


def _misplaces(node: ast.AST) -> bool:
    """Do nodes inside have positions that cannot be relied on?"""
    return _MISPLACED_IN_FSTRINGS and isinstance(node, ast.JoinedStr)


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


def _is_inside(node: ast.AST, field_name: str) -> bool:
    """Does this child belong to the scope that `node` opens (rather than to the one around it)?"""
    if isinstance(node, (*DEFINITIONS, ast.Lambda)):
        return field_name == "body"
    return isinstance(node, COMPREHENSIONS)
