"""How a report of this tool is known again: it may be replaced by a newer one, and is not part of what is looked at."""

from __future__ import annotations

HTML_MARK = "ssot-migrate report"
"""The content of the page's `generator`."""

MARKDOWN_MARK = f"<!-- {HTML_MARK} -->"
"""The first line of the Markdown."""

_WITHIN = 600
"""Bytes at the beginning among which the mark is."""


def is_report(content: bytes) -> bool:
    """Was this file written by `migrate report`?

    Args:
        content: the file, or its beginning.
    """
    head = content[:_WITHIN]
    return head.startswith(MARKDOWN_MARK.encode()) or f'name="generator" content="{HTML_MARK}'.encode() in head
