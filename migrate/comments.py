"""A module's code without its comments, which are told from its strings without a parser; pure.

https://docs.python.org/3/reference/lexical_analysis.html#string-and-bytes-literals
"""

from __future__ import annotations

import re
from collections.abc import Callable

_ESCAPED = rb"\\(?:\r\n|[\s\S])"
_FIELDS = rb"\{\{|\}\}|\{[^{}%s]*+\}"


def _strings(quote: bytes) -> bytes:
    """Patterns of literals in one kind of quote, the long ones first.

    The first and the third are right for f-strings, too, as they hold no quote of their own kind within a field, which
    they may since Python 3.12; the others are of all other literals.
    """
    more, rest = rb"%s(?!%s%s)" % (quote, quote, quote), rb"(?<![fFtT])(?<![fFtT][rR])"
    long, short = quote * 3, rb"%s(?!%s)" % (quote, quote)
    fields = _FIELDS % quote, _FIELDS % (quote + rb"\r\n")
    return b"|".join((
        rb"%s(?:[^%s\\{}]++|%s|%s|%s)*+%s" % (long, quote, _ESCAPED, more, fields[0], long),
        rest + rb"%s(?:[^%s\\]++|%s|%s)*+%s" % (long, quote, _ESCAPED, more, long),
        rb"%s(?:[^%s\\{}\r\n]++|%s|%s)*+%s" % (short, quote, _ESCAPED, fields[1], quote),
        rest + rb"%s(?:[^%s\\\r\n]++|%s)*+%s" % (short, quote, _ESCAPED, quote),
        rb"%s%s(?!%s)" % (quote, quote, quote),
    ))  # fmt: skip


# Up to a comment, to what may be an import at the start of a line, or to what is not understood.
_CODE = re.compile(rb"(?:[^'\"#\r\n]++|[\r\n]++(?![ \t]*+from\b)|%s|%s)*+" % (_strings(b"'"), _strings(b'"')))
_COMMENT = re.compile(rb"#[^\r\n]*+(?:[\r\n]++[ \t]*+#[^\r\n]*+)*+")
"""One, or several lines of them."""
_TYPE = re.compile(rb"#[ \t]*type:")
"""https://peps.python.org/pep-0484/#type-comments"""
_DECLARED = re.compile(rb"(?:[^\r\n]*[\r\n]{1,2})?[^\r\n]*coding[:=]")
"""https://docs.python.org/3/reference/lexical_analysis.html#encoding-declarations"""
_LINE_START = re.compile(rb"[\r\n]++[ \t]*+")
_INDENT = re.compile(rb"[ \t]*+")
_FROM = re.compile(
    rb"from[ \t]++([\w.]++)[ \t]++import[ \t]*+(\((?:[^()#]++|#[^\r\n]*+)*+\)|[^\r\n;\\()#'\"]++)"
    rb"(?=[ \t]*+(?:[\r\n;#]|\Z))"
)

IsDropped = Callable[[bytes, bytes], bool]
"""Told the module of a `from … import …`, and what is imported, with parentheses and comments."""


def code_of(content: bytes, is_dropped: IsDropped = lambda _module, _names: False) -> bytes | None:
    """The text of a module with each comment gone, up to the end of its line, or of the last of several such lines.

    Type comments, which are read, stay, with those around them.

    Args:
        is_dropped: which imports go as well, of those that begin a line.
    Returns:
        None where that cannot be told for sure: a string that does not end, another encoding than UTF-8, or an f-string
        with more than plain fields.
    """
    if _DECLARED.match(content):  # bytes of a character may look like a backslash
        return None
    parts: list[bytes] = []
    kept = 0
    at = -1  # as if a line ended before the first one
    while at < len(content):
        start = _LINE_START.match(content, at) if at >= 0 else _INDENT.match(content)
        if start is not None:
            gone = start.end()
            statement = _FROM.match(content, gone)
            is_gone = statement is not None and is_dropped(statement[1], statement[2])
            at = statement.end() if statement is not None and is_gone else gone
        else:
            comment = _COMMENT.match(content, at)
            if comment is None:
                return None
            gone, at = comment.span()
            is_gone = _TYPE.search(comment.group()) is None
        if is_gone:
            parts.append(content[kept:gone])
            kept = at
        at = _end_of_code(content, at)
    return b"".join((*parts, content[kept:]))


def _end_of_code(content: bytes, start: int) -> int:
    found = _CODE.match(content, start)
    assert found is not None
    return found.end()
