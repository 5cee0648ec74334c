"""The card of a phase: what it is about and what stands in its way, before a person decides on it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from msgspec import Struct

from migrate.plan import CallPhase, CheckPhase, MovePhase, Plan, RedirectPhase
from rollback.errors import count, escape

_INDENT = 3
_LABELS = 10
_NARROWEST = 20
_NOTES = 5
"""Notes of the plan that a card shows; the rest is counted."""


class Row(Struct, frozen=True):
    """One line of a card, or a few where it is long.

    Attributes:
        alarm: it keeps the phase from being applied.
    """

    label: str
    text: str
    alarm: bool = False


class Card(Struct, frozen=True):
    """A phase in its plan.

    Attributes:
        number, of: which one of the plan's phases it is, from 1, and how many there are.
    """

    phase: int
    number: int
    of: int
    title: str
    rows: tuple[Row, ...]

    @property
    def heading(self) -> str:
        """`== phase3, 2 of 4: Import from the new homes`."""
        title = f": {self.title}" if self.title else ""
        return f"== phase{self.phase}, {self.number} of {self.of}{title}"


def card_of(plan: Plan, phase: int, rows: Iterator[Row], skipped: Mapping[int, int]) -> Card:
    """The card of one phase of the plan.

    Args:
        rows: what was found out about it.
        skipped: earlier phases that were left on purpose, and how many edits each has left.
    """
    table = plan.phase(phase)
    assert table is not None
    minutes = [Row("planned", f"{table.minutes:g} min")] if table.minutes is not None else []
    left = [
        Row("skipped", f"phase{earlier}, which has {count(edits, 'edit')} left") for earlier, edits in skipped.items()
    ]
    number = plan.phases.index(phase) + 1
    return Card(phase, number, len(plan.phases), table.title, (*minutes, *_notes(plan, phase), *left, *rows))


def card_lines(card: Card, width: int) -> Iterator[tuple[str, bool]]:
    """The rows of a card below its heading, broken at words to fit, each with whether it is an alarm.

    Args:
        width: columns of the screen.
    """
    for row in card.rows:
        first = f"{' ' * _INDENT}{row.label:<{_LABELS}}"
        hang = len(first) if width - len(first) >= _NARROWEST else _INDENT * 2
        yield from ((line, row.alarm) for line in broken(first + row.text, width, hang))


def broken(text: str, width: int, hang: int) -> list[str]:
    """`text` in lines that fit, broken at words; all but the first begin with `hang` blanks."""
    return textwrap.wrap(
        text, max(width, _NARROWEST + _INDENT * 2), subsequent_indent=" " * hang, break_on_hyphens=False
    )


def _notes(plan: Plan, phase: int) -> Iterator[Row]:
    """What the plan remarks upon in the tables of the phase."""
    table = plan.phase(phase)
    notes: list[tuple[str, str]] = []
    match table:
        case RedirectPhase():
            notes = [(each.module, each.note) for each in table.redirect]
        case MovePhase():
            notes = [(str(each.old), each.note) for each in table.move]
        case CallPhase():
            notes = [(str(each.callee), each.note) for each in table.call]
        case CheckPhase():
            notes = [(each.name, each.note) for each in table.check]
    notes = [(subject, " ".join(note.split())) for subject, note in notes if note.strip()]
    for subject, note in notes[:_NOTES]:
        yield Row("note", f"{escape(subject)}: {escape(note)}")
    if len(notes) > _NOTES:
        yield Row("", f"and {count(len(notes) - _NOTES, 'more note')} in the plan")
