"""A line of code as the page shows it: colours and changes as runs of text, what is not printable spelled out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from migrate.reporting.file_diffs import Fold, Hunk, Line, Mark, Row
from migrate.reporting.highlight import Piece, highlight
from rollback.errors import escape

ESCAPED = "x"
"""The class of what stands for a character that cannot be shown."""


class Cell(Struct, frozen=True):
    """One line of one version.

    Attributes:
        runs: the text in order: whether it is part of the change, and its pieces.
    """

    line: Line
    runs: tuple[tuple[bool, tuple[Piece, ...]], ...]


class CellRow(Struct, frozen=True):
    """A row of a hunk with its cells; None on the side that has no line."""

    kind: str
    old: Cell | None
    new: Cell | None


def cell_rows(hunk: Hunk) -> Iterator[CellRow | Fold]:
    """The rows of a hunk, coloured."""
    rows = [row for row in hunk.rows if isinstance(row, Row)]
    old = iter(_cells([row.old for row in rows if row.old is not None], hunk.old_inside))
    new = iter(_cells([row.new for row in rows if row.new is not None], hunk.new_inside))
    for row in hunk.rows:
        if isinstance(row, Fold):
            yield row
        else:
            yield CellRow(row.kind, next(old) if row.old is not None else None, next(new) if row.new else None)


def _cells(lines: Sequence[Line], inside: str) -> Iterator[Cell]:
    for line, pieces in zip(lines, highlight([line.text for line in lines], inside), strict=True):
        is_cut = line.cut_before > 0  # the colours of the rest of a line are a guess
        yield Cell(line, tuple(_runs(((("", line.text),) if is_cut else pieces), line.marks)))


def _runs(pieces: Sequence[Piece], marks: Sequence[Mark]) -> Iterator[tuple[bool, tuple[Piece, ...]]]:
    for is_marked, group in groupby(_split(pieces, marks), key=lambda part: part[0]):
        yield is_marked, tuple(shown for _, piece in group for shown in spelled_out(piece))


def _split(pieces: Sequence[Piece], marks: Sequence[Mark]) -> Iterator[tuple[bool, Piece]]:
    """The pieces, cut where a mark begins or ends."""
    edges = [edge for mark in marks for edge in mark]
    at = passed = 0
    for name, text in pieces:
        while passed < len(edges) and edges[passed] < at + len(text):
            head = edges[passed] - at
            if head > 0:
                yield passed % 2 == 1, (name, text[:head])
                text, at = text[head:], at + head
            passed += 1
        if text:
            yield passed % 2 == 1, (name, text)
            at += len(text)


def spelled_out(piece: Piece) -> Iterator[Piece]:
    """The piece, with what is not printable spelled out in pieces of their own; tabs stay."""
    name, text = piece
    if text.isprintable():
        yield piece
        return
    for is_plain, group in groupby(text, key=lambda c: c.isprintable() or c == "\t"):
        run = "".join(group)
        yield (name, run) if is_plain else (ESCAPED, escape(run))
