"""Does a place of a text stand inside a class or a function? Read from its indentation; certain, or not told."""

from __future__ import annotations

import re

_DEFINITION = re.compile(rb"(?:class|def|async[ \t]+def)(?!\w)")
_INDENTATION = re.compile(rb"[ \t\f]*+")
_NO_STATEMENT = (b"", *(bytes([code]) for code in b"#\r\n)]}"))
"""What no line begins with that begins a statement."""
_MAY_BE_LATER = re.compile(rb"\"\"\"|'''|\\[\r\n]")
"""Without any of these, from the end of the line before on, a line is no part of a string that ends behind it."""
_CODE = re.compile(
    rb"(?:[^\"'#]++"
    rb"|#[^\r\n]*+"
    rb"|\"{3}(?:[^\"\\]|\\.|\"(?!\"\"))*+\"{3}"
    rb"|'{3}(?:[^'\\]|\\.|'(?!''))*+'{3}"
    rb"|\"(?!\"\")(?:[^\"\\\r\n]|\\(?:\r\n|.))*+\""
    rb"|'(?!'')(?:[^'\\\r\n]|\\(?:\r\n|.))*+')*+",
    re.DOTALL,
)
"""Whole strings and comments, and what is between them."""
_COOKIE = re.compile(rb"coding[:=](?![ \t]*utf-?8)")
_FIRST_LINES = 400


def is_within_definition(content: bytes, start: int) -> bool:
    """Is the statement that has something at `start` surely one of a class's or a function's body?

    False where it is one of the module's own, and where the text alone does not tell. What stands in a string or a
    comment may be either.

    Args:
        start: in bytes.
    """
    at = _line_start(content, start)
    width = _width(content, at)
    while width and at:
        at = _line_start(content, at - 1)
        text = _text_start(content, at)
        if content[text : text + 1] in _NO_STATEMENT:
            continue
        of_line = _width(content, at)
        if of_line is None:
            return False
        if of_line < width:
            width = of_line
            if _DEFINITION.match(content, text):
                return _is_code(content, at, start)
    return False


def _line_start(content: bytes, at: int) -> int:
    """Where the line begins that holds the byte at a place, or that ends with it."""
    return max(content.rfind(b"\n", 0, at), content.rfind(b"\r", 0, at)) + 1


def _text_start(content: bytes, line: int) -> int:
    found = _INDENTATION.match(content, line)
    assert found is not None, "it may be empty"
    return found.end()


def _width(content: bytes, line: int) -> int | None:
    """Columns before the first text of a line; None where a form feed begins them anew."""
    indentation = content[line : _text_start(content, line)]
    return None if b"\f" in indentation else len(indentation.expandtabs(8))


def _is_code(content: bytes, line: int, start: int) -> bool:
    """Is a line before a place, which may be in code, surely code and no part of a string?"""
    if not _MAY_BE_LATER.search(content, max(0, line - 3), start):
        return True
    return not _COOKIE.search(content, 0, _FIRST_LINES) and _CODE.fullmatch(content, 0, line) is not None
