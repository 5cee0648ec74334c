"""In which places of a module a string over several lines is open, told from its bytes alone."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

# A comment, a string in three quotes, or one in one: what may hold the quotes of another. The bytes of these marks are
# those of ASCII in every encoding that a module may have here.
_TOKEN = re.compile(
    rb"#[^\r\n]*"
    rb'|"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:"""|\Z)'
    rb"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*(?:'''|\Z)"
    rb'|"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*"?'
    rb"|'[^'\\\r\n]*(?:\\.[^'\\\r\n]*)*'?",
    re.DOTALL,
)
_THREE = ('"""', "'''")


def open_strings(content: bytes, offsets: Sequence[int]) -> tuple[str, ...]:
    """For each offset into `content`, the three quotes of the string it is in; empty where it is in none.

    It is for colours only, so a module that does not parse may be judged wrongly.

    Args:
        offsets: in bytes, rising.
    """
    if not offsets or not any(quotes.encode() in content[: offsets[-1]] for quotes in _THREE):
        return ("",) * len(offsets)
    starts: list[int] = []
    ends: list[int] = []
    quotes: list[str] = []
    for token in _TOKEN.finditer(content, 0):
        if token.start() >= offsets[-1]:
            break
        opening = token.group()[:3].decode("latin-1")
        if opening in _THREE:
            starts.append(token.start())
            ends.append(token.end())
            quotes.append(opening)
    return tuple(_open_at(offset, starts, ends, quotes) for offset in offsets)


def _open_at(offset: int, starts: Sequence[int], ends: Sequence[int], quotes: Sequence[str]) -> str:
    at = bisect_right(starts, offset) - 1
    return quotes[at] if at >= 0 and starts[at] < offset < ends[at] else ""
