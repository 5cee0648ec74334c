"""The chart of a timeline, in so many columns."""

from __future__ import annotations

import pytest
from checks import TABLES, make_plan
from hypothesis import given
from hypothesis import strategies as st
from test_spent import run

from migrate.gantt import ASCII, LEAST, NAME, Marks, chart, legend
from migrate.timeline import timeline

PHASES = {
    "phase1": {**TABLES["phase1"], "minutes": 30},
    "phase3": {**TABLES["phase3"], "minutes": 60},
    "phase5": {"minutes": 10},
}


def lines(runs: list[object], width: int = 47, marks: Marks = ASCII, plan: object = None) -> list[str]:
    return list(chart(timeline(plan or make_plan(PHASES), runs), width, marks))  # type: ignore[arg-type]


def test_nothing_planned_and_nothing_done() -> None:
    assert lines([], plan=make_plan({"phase5": {}})) == []


def test_only_planned() -> None:
    assert lines([]) == [
        "       0                                100 min",
        "phase1 ------------",
        "phase3             ------------------------",
        "phase5                                     ----",
    ]


def test_planned_and_done() -> None:
    """The second phase was prepared for half an hour; overnight is cut out."""
    runs = [run(1, 0, 600), run(3, 600 + 1800, 600 + 2400), run(5, 60_000, 60_600, "passed")]
    assert lines(runs) == [
        "       0                                100 min",
        "phase1 ------------",
        "       ####",
        "phase3             ------------------------",
        "           ++++++++++++####",
        "phase5                                     ----",
        "                           ####",
    ]


def test_what_took_no_time_has_a_column() -> None:
    assert lines([run(1, 0, 0.5)])[2] == "       #"


def test_over_the_plan() -> None:
    shown = lines([run(1, 0, 200 * 60)])
    assert shown[0].endswith("200 min")
    assert shown[2] == "       " + "#" * 40


@pytest.mark.parametrize(("minutes", "end"), [(0.5, "30 s"), (2.5, "2.5 min"), (10, "10 min")])
def test_scale(minutes: float, end: str) -> None:
    assert lines([], plan=make_plan({"phase5": {"minutes": minutes}}))[0] == "       0" + end.rjust(39)


def test_marks() -> None:
    assert legend(Marks()) == "░ planned  █ the tool  ▒ a person"
    assert legend(ASCII).isascii()


@given(
    st.lists(st.tuples(st.sampled_from([1, 3, 5]), st.floats(0, 1e5), st.floats(0, 1e4)), max_size=6),
    st.integers(1, 200),
)
def test_it_fits(facts: list[tuple[int, float, float]], width: int) -> None:
    for line in lines([run(phase, start, start + took) for phase, start, took in facts], width):
        assert len(line) <= max(width, NAME + LEAST)
