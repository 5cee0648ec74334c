"""Colours for the lines that are shown: pieces of text with the class that the style sheet knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby

from pygments.lexers.python import PythonLexer
from pygments.token import (
    Comment,
    Keyword,
    Literal,
    Name,
    Number,
    Operator,
    String,
    _TokenType,
    is_token_subtype,
)

Piece = tuple[str, str]
"""A class, empty for plain text, and the text."""

_CLASSES = (
    (Comment, "c"),
    (String.Doc, "s"),
    (String.Escape, "e"),
    (String.Interpol, "e"),
    (String, "s"),
    (Number, "m"),
    (Literal, "s"),
    (Keyword.Namespace, "k"),
    (Keyword, "k"),
    (Operator.Word, "k"),
    (Name.Decorator, "d"),
    (Name.Class, "f"),
    (Name.Function, "f"),
    (Name.Exception, "f"),
    (Name.Builtin, "b"),
)


def highlight(lines: Sequence[str], inside: str = "") -> tuple[tuple[Piece, ...], ...]:
    """Colour some lines that follow each other.

    Args:
        lines: without line ends.
        inside: the quotes of the string in which the first line begins, as `open_strings` tells.
    Returns:
        For each line its pieces; put together they are the line.
    """
    text = "".join(f"{line}\n" for line in lines)
    # An `r` before the quotes: within a string that began earlier nothing is known of its escapes.
    opening = f"r{inside}" if inside else ""
    found: list[list[Piece]] = [[]]
    at = 0
    for _, kind, value in _lexer().get_tokens_unprocessed(opening + text):
        start, at = at, at + len(value)
        if at <= len(opening):
            continue
        value = value[max(0, len(opening) - start) :]
        for number, part in enumerate(value.split("\n")):
            if number:
                found.append([])
            if part:
                found[-1].append((_class(kind), part))
    coloured = tuple(tuple(_joined(pieces)) for pieces in found[: len(lines)])
    if tuple("".join(text for _, text in pieces) for pieces in coloured) == tuple(lines):
        return coloured
    return tuple((("", line),) if line else () for line in lines)  # the lexer has lost something


@cache
def _lexer() -> PythonLexer:
    return PythonLexer()


@cache
def _class(kind: _TokenType) -> str:
    return next((name for wanted, name in _CLASSES if is_token_subtype(kind, wanted)), "")


def _joined(pieces: Sequence[Piece]) -> Iterator[Piece]:
    for name, group in groupby(pieces, key=lambda piece: piece[0]):
        yield name, "".join(text for _, text in group)
