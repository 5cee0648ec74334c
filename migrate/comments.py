"""A module's text without its comments, and without its strings, told apart without a parser; pure.

https://docs.python.org/3/reference/lexical_analysis.html#string-and-bytes-literals
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LEXEME = re.compile(
    rb"#[^\r\n]*"
    rb'|"""(?:[^"\\]|\\[\s\S]|"(?!""))*+"""'
    rb"|'''(?:[^'\\]|\\[\s\S]|'(?!''))*+'''"
    rb'|"(?!"")(?:[^"\\\r\n]|\\(?:\r\n|[\s\S]))*+"'
    rb"|'(?!'')(?:[^'\\\r\n]|\\(?:\r\n|[\s\S]))*+'"
    rb'|""(?!")'
    rb"|''(?!')"
    rb"|['\"]"  # of a string that does not end
)
_DECLARED = re.compile(rb"(?:[^\r\n]*[\r\n]{1,2})?[^\r\n]*coding[:=]")
"""https://docs.python.org/3/reference/lexical_analysis.html#encoding-declarations"""
_TYPE = re.compile(rb"#[ \t]*type:")
"""https://peps.python.org/pep-0484/#type-comments"""
_FORMATTED = re.compile(rb"[fFtT]")


@dataclass(frozen=True, slots=True)
class Code:
    """A module's text without its comments.

    Attributes:
        text: with its strings. bare: of the same length, with blanks in the place of each string.
    """

    text: bytes
    bare: bytes


def read_code(content: bytes) -> Code | None:
    """The text of a module with each comment gone, up to the end of its line; type comments, which are read, stay.

    Returns:
        None where that cannot be told for sure: a string that does not end, another encoding than UTF-8, or an f-string
        that may hold quotes of its own kind, as since Python 3.12.
    """
    if _DECLARED.match(content):  # bytes of a character may look like a backslash
        return None
    text: list[bytes] = []
    bare: list[bytes] = []
    end = 0
    for found in _LEXEME.finditer(content):
        lexeme, start = found.group(), found.start()
        is_comment = lexeme[:1] == b"#"
        if is_comment and _TYPE.search(lexeme):
            continue
        if not is_comment and (len(lexeme) == 1 or (_is_formatted(content, start) and not _is_whole(lexeme))):
            return None
        text += [content[end:start]] if is_comment else [content[end:start], lexeme]
        bare += [content[end:start]] if is_comment else [content[end:start], b" " * len(lexeme)]
        end = found.end()
    return Code(b"".join((*text, content[end:])), b"".join((*bare, content[end:])))


def _is_formatted(content: bytes, start: int) -> bool:
    return _FORMATTED.search(content, max(0, start - 2), start) is not None


def _is_whole(text: bytes) -> bool:
    """Does an f-string surely end with the first quote of its kind? Within a field, more braces are open than shut."""
    return text.count(b"{") == text.count(b"}") and b"{{" not in text and b"}}" not in text
