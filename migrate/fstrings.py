"""Exact positions of the expressions inside f-strings, which `ast` places wrongly before Python 3.12."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

from msgspec import Struct

from migrate.source import Source, UnparsableSource

_MISPLACED = sys.version_info < (3, 12)
# Between the literals of one string stand blanks, line ends (in parentheses or behind a backslash) and comments.
_LITERAL = re.compile(r"""(?:[ \t\f]|\\?(?:\r\n|\r|\n)|\#[^\r\n]*)*+([A-Za-z]*)('{3}|"{3}|'|")""")
_LINE_END = re.compile(r"\r\n|\r|\n")
_BLANKS = " \t\f\r\n"
_CLOSING = {"(": ")", "[": "]", "{": "}"}

_Position = tuple[int, int, int, int]
"""Line and column of the start and of the end, as the attributes of an `ast` node."""


class _Unmatched(Exception):
    """The text is not read as the parser read it."""


def place_exactly(source: Source, joined: ast.JoinedStr) -> bool:
    """Correct, in place, the positions of the nodes inside an f-string.

    Replacement fields get theirs from `{` to `}`, format specifications from `:` to before `}`, as Python 3.12 has
    them; expressions get that of their own text, those in nested fields and in f-strings inside f-strings too. The
    constants between the fields keep what the parser gave them.

    Args:
        joined: an f-string of a tree of `source` that is not itself inside another one.
    Returns:
        Whether all of these are exact. When not, no node has changed.

    https://docs.python.org/3/whatsnew/3.12.html#pep-701-syntactic-formalization-of-f-strings
    """
    if not _MISPLACED:
        return True
    try:
        placed = tuple(_placed(source, joined, _position(joined)))
    except (_Unmatched, RecursionError):
        return False
    for node, position in placed:
        node.lineno, node.col_offset, node.end_lineno, node.end_col_offset = position
    return True


def _position(node: ast.expr) -> _Position:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _placed(source: Source, joined: ast.JoinedStr, where: _Position) -> Iterator[tuple[ast.expr, _Position]]:
    """Each node inside the f-string that stands at `where`, with its position."""
    line, column, end_line, end_column = where
    encoded = source.content[source.offset(line, column) : source.offset(end_line, end_column)]
    text = _Text(encoded.decode(source.encoding), line, column)
    yield from _placed_fields(source, joined.values, tuple(_fields(text.text)), text)


def _placed_fields(
    source: Source, values: Sequence[ast.expr], fields: Sequence[_Field], text: _Text
) -> Iterator[tuple[ast.expr, _Position]]:
    formatted = [value for value in values if isinstance(value, ast.FormattedValue)]
    for value, field in zip_longest(formatted, fields):
        if value is None or field is None or value.conversion not in field.conversions:
            raise _Unmatched
        yield value, text.position(field.start, field.end)
        yield from _placed_expression(source, value.value, text, field)
        if (value.format_spec is None) != (field.colon is None):
            raise _Unmatched
        if isinstance(value.format_spec, ast.JoinedStr) and field.colon is not None:
            yield value.format_spec, text.position(field.colon, field.end - 1)
            yield from _placed_fields(source, value.format_spec.values, field.nested, text)


def _placed_expression(
    source: Source, node: ast.expr, text: _Text, field: _Field
) -> Iterator[tuple[ast.expr, _Position]]:
    """The nodes of a field's expression, placed as in a parse of its text alone."""
    written = text.text[field.start + 1 : field.expression_end]
    try:
        statements = Source(f"({written})".encode()).parse().body
    except UnparsableSource:
        raise _Unmatched from None
    alone = statements[0]
    if len(statements) != 1 or not isinstance(alone, ast.Expr) or ast.dump(alone.value) != ast.dump(node):
        raise _Unmatched
    if (alone.value.lineno, alone.value.col_offset) == (
        1,
        0,
    ):  # a tuple or a generator, to which the added parentheses belong
        stripped = field.start + 1 + len(written) - len(written.lstrip(_BLANKS))
        yield node, text.position(stripped, stripped + len(written.strip(_BLANKS)))
        pairs = _children(alone.value, node)
    else:
        pairs = iter([(alone.value, node)])
    first_line, first_column = text.place(field.start)  # the brace is where the added parenthesis was
    for place_of, target in _expressions(pairs):
        line, column, end_line, end_column = _position(place_of)
        position = (
            line + first_line - 1,
            column + first_column if line == 1 else column,
            end_line + first_line - 1,
            end_column + first_column if end_line == 1 else end_column,
        )
        yield target, position
        if isinstance(target, ast.JoinedStr):
            yield from _placed(source, target, position)


def _expressions(pairs: Iterable[tuple[ast.AST, ast.AST]]) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Both trees' nodes that have a position, in step; those inside f-strings are left out."""
    for left, right in pairs:
        if hasattr(left, "lineno"):  # arguments and keywords are no expressions and have positions, too
            yield left, right  # type: ignore[misc]
        if not isinstance(left, ast.JoinedStr):
            yield from _expressions(_children(left, right))


def _children(left: ast.AST, right: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    return zip(ast.iter_child_nodes(left), ast.iter_child_nodes(right), strict=True)


@dataclass(frozen=True)
class _Text:
    """Some of a file's text, with the line and column at which it begins."""

    text: str
    line: int
    column: int

    @cached_property
    def _line_ends(self) -> tuple[int, ...]:
        return tuple(found.end() for found in _LINE_END.finditer(self.text))

    def place(self, index: int) -> tuple[int, int]:
        before = [end for end in self._line_ends if end <= index]
        start = before[-1] if before else 0
        width = len(self.text[start:index].encode("utf-8"))
        return self.line + len(before), width if before else self.column + width

    def position(self, start: int, end: int) -> _Position:
        return *self.place(start), *self.place(end)


class _Field(Struct, frozen=True):
    """A replacement field, in indexes of the text it stands in.

    Attributes:
        start: of the `{`. end: behind the `}`.
        expression_end: the expression begins behind the `{`.
        conversions: what the node may have for one.
        colon: where the format specification begins, if there is one. nested: the fields in that.
    """

    start: int
    expression_end: int
    conversions: frozenset[int]
    colon: int | None
    nested: tuple[_Field, ...]
    end: int


def _fields(text: str) -> Iterator[_Field]:
    """The replacement fields of one f-string of one or more literals."""
    at = 0
    while at < len(text):
        opening = _LITERAL.match(text, at)
        if opening is None:
            raise _Unmatched
        prefix, quote = opening[1].lower(), opening[2]
        end = _literal_end(text, opening.end(), quote)
        if "f" in prefix:
            scanner = _Scanner(text, opening.end(), end, is_raw="r" in prefix)
            yield from scanner.fields()
        at = end + len(quote)


def _literal_end(text: str, at: int, quote: str) -> int:
    """Where the closing quote begins; a backslash protects what follows it in raw literals, too."""
    while not text.startswith(quote, at):
        if at >= len(text):
            raise _Unmatched
        at += 2 if text[at] == "\\" else 1
    return at


class _Scanner:
    """Reads one literal the way CPython 3.11's `fstring_find_literal` and `fstring_find_expr` do.

    https://github.com/python/cpython/blob/3.11/Parser/string_parser.c
    """

    def __init__(self, text: str, at: int, end: int, *, is_raw: bool) -> None:
        self._text = text
        self._at = at
        self._end = end
        self._is_raw = is_raw

    def fields(self, *, is_nested: bool = False) -> Iterator[_Field]:
        """The fields up to the literal's end, or to the `}` behind a format specification."""
        while self._at < self._end:
            here = self._text[self._at]
            if here == "\\" and not self._is_raw:
                self._skip_escape()
            elif here in "{}" and not is_nested and self._text.startswith(here, self._at + 1):
                self._at += 2
            elif here == "{":
                yield self._field()
            elif here == "}":
                return
            else:
                self._at += 1

    def _skip_escape(self) -> None:
        if self._text.startswith("\\N{", self._at):
            self._at = self._text.find("}", self._at, self._end) + 1
            if self._at == 0:
                raise _Unmatched
        else:  # a brace is one behind a backslash, too
            self._at += 1 if self._text.startswith(("{", "}"), self._at + 1) else 2

    def _field(self) -> _Field:
        start = self._at
        self._at += 1
        expression_end = self._skip_expression()
        conversions = {-1}
        if self._take("="):
            conversions = {-1, ord("r")}
            while self._at < self._end and self._text[self._at].isspace():
                self._at += 1
        if self._take("!"):
            conversions = {ord(self._text[self._at])}
            self._at += 1
        colon = self._at - 1 if self._take(":") else None
        nested = () if colon is None else tuple(self.fields(is_nested=True))
        if not self._take("}"):
            raise _Unmatched
        return _Field(start, expression_end, frozenset(conversions), colon, nested, self._at)

    def _take(self, character: str) -> bool:
        found = self._at < self._end and self._text[self._at] == character
        self._at += found
        return found

    def _skip_expression(self) -> int:
        """Go to what ends the expression, and return that index."""
        closing: list[str] = []
        while self._at < self._end:
            here = self._text[self._at]
            if here in "'\"":
                self._skip_string(here)
                continue
            if here in _CLOSING:
                closing.append(_CLOSING[here])
            elif closing:
                if here in ")]}" and here != closing.pop():
                    raise _Unmatched
            elif here in "!=<>" and self._text.startswith("=", self._at + 1):
                self._at += 1  # a comparison
            elif here in "!:=}":
                return self._at
            self._at += 1
        raise _Unmatched

    def _skip_string(self, quote: str) -> None:
        if self._text.startswith(quote * 3, self._at):
            quote *= 3
        closing = self._text.find(quote, self._at + len(quote), self._end)
        if closing < 0:
            raise _Unmatched
        self._at = closing + len(quote)
