"""A timeline as a small chart of characters: what was planned above what it took, for each phase."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from migrate.timeline import Timeline

NAME = len("phase1 ")
LEAST = 12
"""Columns of the narrowest chart."""


class Marks(Struct, frozen=True):
    """What stands for a column that was planned, or spent by the tool or a person."""

    planned: str = "░"
    tool: str = "█"
    person: str = "▒"


ASCII = Marks("-", "#", "+")


def chart(timeline: Timeline, width: int, marks: Marks) -> Iterator[str]:
    """The lines of a chart.

    Pauses are cut out. The planned phases follow each other from the left; the actual ones stand where they took place.
    What took less than a column has one all the same.

    Args:
        width: columns of a line, at most.
    """
    room = max(LEAST, width - NAME)
    pauses = timeline.pauses
    spent = [segment for line in timeline.phases for segment in line.segments if segment.who != "pause"]
    begin = min((segment.start for segment in (*spent, *pauses)), default=0.0)

    def at(moment: float) -> float:
        """Minutes on the chart of a moment in time."""
        cut = sum(max(0.0, min(moment, pause.end) - pause.start) for pause in pauses if pause.start < moment)
        return (moment - begin - cut) / 60

    planned = timeline.plan.total_minutes
    total = max(planned, max((at(segment.end) for segment in spent), default=0.0))
    if total <= 0:
        return
    columns = room / total
    yield " " * NAME + _scale(total, room)
    offset = 0.0
    for line in timeline.phases:
        minutes = line.planned_minutes or 0.0
        name = f"phase{line.phase} "
        bar = _bar([(offset, offset + minutes, marks.planned)] if minutes else [], columns, room)
        yield f"{name}{bar}".rstrip()
        offset += minutes
        own = sorted((segment for segment in line.segments if segment.who != "pause"), key=lambda each: each.start)
        if own:
            parts = [(at(each.start), at(each.end), marks.tool if each.who == "tool" else marks.person) for each in own]
            yield f"{' ' * NAME}{_bar(parts, columns, room)}".rstrip()


def legend(marks: Marks) -> str:
    """What the marks mean."""
    return f"{marks.planned} planned  {marks.tool} the tool  {marks.person} a person"


def _scale(total: float, room: int) -> str:
    end = f"{total:.0f} min" if total >= 10 else f"{total * 60:.0f} s" if total < 1 else f"{total:.1f} min"
    return "0" + end.rjust(room - 1)


def _bar(parts: list[tuple[float, float, str]], columns: float, room: int) -> str:
    cells = [" "] * room
    for start, end, mark in parts:
        first = min(int(start * columns), room - 1)
        last = max(first + 1, min(round(end * columns), room))
        cells[first:last] = mark * (last - first)
    return "".join(cells)
