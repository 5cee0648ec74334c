"""How much of a text fits on a screen, and where a person is in it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from rich.cells import cell_len

TAB = 8
"""Columns between the stops of a terminal."""

_FOLDED, _ENDS = 30, 6
"""So many lines that go are folded, and so many of them are shown at each end."""


def rows_of(text: str, width: int) -> int:
    """How many rows one line takes on a terminal that breaks it.

    Args:
        text: as it is shown, without a line end. width: columns of the terminal.
    """
    return max(1, -(-cell_len(text.expandtabs(TAB)) // max(1, width)))


def end_of_page(lines: Sequence[str], start: int, width: int, rows: int | None) -> int:
    """The first line that does not fit any more, where `start` is the first one shown; it gets on at least one line.

    Args:
        rows: of the screen that may be used; None for as many as it takes.
    """
    if rows is None:
        return len(lines)
    left = rows
    for number in range(start, len(lines)):
        left -= rows_of(lines[number], width)
        if left < 0 and number > start:
            return number
    return len(lines)


def folded(diff: Sequence[bytes], phase: int) -> list[bytes]:
    """A diff to be read, without what only `git apply` needs, and with not all of many lines that go in a row.

    So it is where a redirect replaces a module.
    """
    lines: list[bytes] = []
    run: list[bytes] = []
    for line in (*diff, b""):
        if line.startswith(b"diff "):
            continue
        if line.startswith(b"-") and not line.startswith(b"--- "):
            run.append(line)
            continue
        if len(run) > _FOLDED:
            gone = len(run) - 2 * _ENDS
            remark = f"… {gone} more lines that go; `migrate phase{phase} --dry-run` shows them\n".encode()
            run = [*run[:_ENDS], remark, *run[-_ENDS:]]
        lines += (*run, line)
        run = []
    return lines[:-1]


class Place(Struct, frozen=True):
    """Where a person is in several texts.

    Attributes:
        file: the number of the text, from 0. line: the first one not shown yet, from 0.
    """

    file: int = 0
    line: int = 0

    def after(self, lines: Sequence[int]) -> Place | None:
        """Where reading goes on: in this text, or at the beginning of the next; None at the end of the last.

        Args:
            lines: how many each text has.
        """
        if self.line < lines[self.file]:
            return self
        return Place(self.file + 1) if self.file + 1 < len(lines) else None

    def before(self) -> Place | None:
        """The beginning of the text before this one; None in the first one."""
        return Place(self.file - 1) if self.file else None
