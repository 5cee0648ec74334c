"""cards.py: what a phase's card says, in lines that fit."""

from __future__ import annotations

from typing import Any

import pytest
from checks import TABLES
from hypothesis import given
from hypothesis import strategies as st

from migrate.cards import Card, Row, broken, card_lines, card_of
from migrate.plan import Plan, parse_plan


def plan_with(**tables: Any) -> Plan:
    return parse_plan({"plan": {"name": "basket"}, **tables}, "migrate.toml")


def test_a_card_without_anything() -> None:
    card = card_of(plan_with(phase1=TABLES["phase1"]), 1, iter(()), {})
    assert (card.heading, card.rows) == ("== phase1, 1 of 1", ())


def test_in_order() -> None:
    plan = plan_with(phase1=TABLES["phase1"], phase3={**TABLES["phase3"], "title": "Imports", "minutes": 2.5})
    card = card_of(plan, 3, iter([Row("to do", "1 edit"), Row("blocked", "no", alarm=True)]), {1: 7})
    assert card.heading == "== phase3, 2 of 2: Imports"
    assert list(card_lines(card, 80)) == [
        ("   planned   2.5 min", False),
        ("   skipped   phase1, which has 7 edits left", False),
        ("   to do     1 edit", False),
        ("   blocked   no", True),
    ]


@pytest.mark.parametrize(
    ("phase", "subject"),
    [(1, "shop.cart"), (3, "shop.cart:Cart"), (4, "shop.basket:Basket"), (5, "suite")],
)
def test_notes_of_the_plan(phase: int, subject: str) -> None:
    """In each kind of table, on one line, with what could command a terminal spelled out."""
    tables = {**TABLES, "phase5": {"check": [{"name": "suite", "run": ["true"]}]}}
    table: dict[str, Any] = tables[f"phase{phase}"]
    ((key, (first, *others)),) = [(key, value) for key, value in table.items() if isinstance(value, list)]
    noted = {**table, key: [{**first, "note": " As agreed\n\n  on \x1b Monday. \n"}, *others]}
    card = card_of(plan_with(**{f"phase{phase}": noted}), phase, iter(()), {})
    assert card.rows == (Row("note", rf"{subject}: As agreed on \x1b Monday."),)


def test_many_notes_are_counted() -> None:
    moves = [{"old": f"a:N{n}", "new": f"b:N{n}", "note": f"{n}"} for n in range(8)]
    card = card_of(plan_with(phase3={"move": moves}), 3, iter(()), {})
    assert [row.text for row in card.rows[4:]] == ["a:N4: 4", "and 3 more notes in the plan"]


LONG = "2 errors; mend the places, mark them with `# migrate: keep`, or pass --force"


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        pytest.param(80, ["   blocked   2 errors; mend the places, mark them with `# migrate: keep`, or", "             pass --force"], id="80"),
        pytest.param(
            40,
            [
                "   blocked   2 errors; mend the places,",
                "             mark them with `# migrate:",
                "             keep`, or pass --force",
            ],
            id="40",
        ),
        pytest.param(
            28,
            ["   blocked   2 errors; mend", "      the places, mark them", "      with `# migrate:", "      keep`, or pass --force"],
            id="too narrow for a column",
        ),
    ],
)  # fmt: skip
def test_long_rows(width: int, expected: list[str]) -> None:
    card = Card(1, 1, 1, "", (Row("blocked", LONG, alarm=True),))
    assert list(card_lines(card, width)) == [(line, True) for line in expected]


@given(st.text(alphabet=" ab-é", max_size=200), st.integers(26, 120), st.integers(0, 6))
def test_lines_fit_and_say_it_all(text: str, width: int, hang: int) -> None:
    lines = broken(text, width, hang)
    assert all(len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
