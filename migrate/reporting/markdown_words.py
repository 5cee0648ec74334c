"""Names and sentences as Markdown that GitHub shows as they are: no markup, no mentions, no links of its own."""

from __future__ import annotations

import re

from rollback.errors import escape

_APART = "\u200b"
"""A space without width: what stands beside it is no mention and no number of an issue any more."""

_PLAIN_CODE = re.compile(r"[\w ./:@#~^=+,;()\[\]{}!?%&*<>$'\"-]*")
_CHARACTERS = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", **{c: f"\\{c}" for c in "\\`*_[]~$"}}
_SPECIAL = re.compile("[" + re.escape("".join(_CHARACTERS)) + "]")
_CLOSING = re.compile(r"(?<= )(#*)#$")
_LEADING = re.compile(r"^(?:([#+=-])|(\d+)([.)]))")
# What GitHub makes a link, a mention or a picture of: @name, #123, GH-123, addresses, :name:, numbers of commits.
# https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
_LINKED = re.compile(r"(?:@|#|\bGH-)(?=\w)|:(?=//|[\w+-]+:)|www(?=\.)", re.IGNORECASE)
_COMMIT = re.compile(r"(?<![^\W_])[0-9a-f]{7,40}(?![^\W_])", re.IGNORECASE)
_NO_COMMIT = 6
"""Digits that are too few for the number of a commit."""


def text(value: str, longest: int = 600) -> str:
    """A sentence, on one line.

    Args:
        longest: characters before it is cut.
    """
    shown = escape(shortened(value, longest))
    apart = _COMMIT.sub(_set_apart, _LINKED.sub(rf"\g<0>{_APART}", shown))
    marked = _SPECIAL.sub(lambda found: _CHARACTERS[found.group()], apart)
    open_ended = _CLOSING.sub(r"\1\\#", marked)
    return _LEADING.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", open_ended)


def _set_apart(found: re.Match[str]) -> str:
    digits = found.group()
    return _APART.join(digits[at : at + _NO_COMMIT] for at in range(0, len(digits), _NO_COMMIT))


def code(value: str, longest: int = 200) -> str:
    """A name, as code; GitHub looks for no mentions in it.

    In a table a `|` ends a cell even within backticks, so what holds one, or a backtick, is written another way.
    """
    shown = escape(shortened(value, longest))
    if not shown.strip():
        return "` `"
    if _PLAIN_CODE.fullmatch(shown) and shown == shown.strip():
        return f"`{shown}`"
    return f"<code>{text(shown, len(shown))}</code>"


def shortened(value: str, longest: int) -> str:
    """The beginning and the end of what is too long."""
    if len(value) <= longest:
        return value
    head = longest * 2 // 3
    return f"{value[:head]}…{value[len(value) - (longest - head - 1) :]}"


def length(value: str) -> int:
    """Characters as GitHub counts them, in units of UTF-16."""
    return len(value.encode("utf-16-le", "surrogatepass")) // 2
