"""Span, Edit and their application: the only place where new bytes are put into old ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from msgspec import Struct


class Span(Struct, frozen=True, order=True):
    """Half-open range `[start, end)` in bytes of a file, counted from 0."""

    start: int
    end: int


class Edit(Struct, frozen=True):
    """One replacement.

    Attributes:
        span: the bytes that go.
        after: the bytes that come.
        kind: what the edit is, e.g. `import` or `rename-keyword`.
        site: number of the site the edit belongs to; edits of one site are accepted or refused together.
    """

    span: Span
    after: bytes
    kind: str
    site: int


class OverlappingEdits(ValueError):
    """Two edits claim the same bytes: a bug in whoever made them."""


def in_order(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Sort `edits` by place.

    Raises:
        OverlappingEdits: two of them share bytes, or insert at the same place.
    """
    ordered = sorted(edits, key=lambda edit: edit.span)
    for left, right in pairwise(ordered):
        if right.span.start < left.span.end or right.span == left.span:
            raise OverlappingEdits(f"{left.span} and {right.span}")
    return tuple(ordered)


def apply_edits(source: bytes, edits: Sequence[Edit]) -> bytes:
    """Replace each edit's span in `source`; every other byte stays.

    Raises:
        OverlappingEdits: two edits share bytes.
    """
    parts: list[bytes] = []
    done = 0
    for edit in in_order(edits):
        parts += (source[done : edit.span.start], edit.after)
        done = edit.span.end
    parts.append(source[done:])
    return b"".join(parts)
