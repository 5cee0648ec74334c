"""Between fissix's text, whose lines end in `\\n`, and the bytes of a file."""

from __future__ import annotations

import re

from migrate.edits import Edit, Span
from migrate.rewrite import NotRewritable
from migrate.source import Source

_LINE_END = re.compile(r"\r\n|\r|\n")


def plain(text: str) -> str:
    """The text with `\\n` for every line end, as fissix wants it."""
    return _LINE_END.sub("\n", text)


def encoded(source: Source, text: str) -> bytes:
    """The text in the file's encoding.

    Raises:
        NotRewritable: a letter of it cannot be written there.
    """
    try:
        return text.encode(source.encoding)
    except UnicodeEncodeError as error:
        letter = text[error.start : error.end]
        raise NotRewritable(f"{letter!r} cannot be written in the file's encoding, {source.encoding}") from None


def with_line_ends(before: str, after: str, newline: str) -> str:
    """`after`, whose lines end in `\\n`, with the line ends of `before` where it has as many lines."""
    ends = _LINE_END.findall(before)
    lines = after.split("\n")
    if len(lines) != len(ends) + 1:
        return newline.join(lines)
    return "".join(line + end for line, end in zip(lines, [*ends, ""], strict=True))


def smallest_edit(source: Source, span: Span, after: str, newline: str, kind: str, number: int) -> Edit:
    """The edit without what is the same at both ends, cut at whole words; lines of `after` end in `\\n`."""
    raw = source.slice(span)
    before = plain(raw)
    left = 0
    while left < min(len(before), len(after)) and before[left] == after[left]:
        left += 1
    while left and _is_word(before[left - 1]):
        left -= 1
    right = 0
    while right < min(len(before), len(after)) - left and before[-1 - right] == after[-1 - right]:
        right += 1
    while right and _is_word(before[-right]):
        right -= 1
    kept = _as_in(raw, left), _as_in(raw, len(before) - right)
    start = span.start + len(raw[: kept[0]].encode(source.encoding))
    end = span.end - len(raw[kept[1] :].encode(source.encoding))
    changed = after[left : len(after) - right].replace("\n", newline)
    return Edit(Span(start, end), encoded(source, changed), kind, number)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _as_in(raw: str, length: int) -> int:
    """How many characters of `raw` the first `length` of its plain text are."""
    at = 0
    for _ in range(length):
        at += 2 if raw.startswith("\r\n", at) else 1
    return at
