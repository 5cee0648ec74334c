"""The time between the first run and the last, cut into what the tool, a person and nobody took."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.spent import PAUSE_S, seconds_of, segments
from rollback.journal import RunRecord


def run(phase: int, start: float, end: float | None, state: str = "applied", **facts: Any) -> RunRecord:
    """A run that was applied at `end`, or ended then in another state."""
    applied_at = end if state in ("applied", "rolled-back") else None
    ended_at = facts.pop("back_at", None if state == "applied" else end)
    return RunRecord(
        1,
        "demo",
        phase,
        state,
        start,
        applied_at,
        ended_at,
        1,
        1,
        0,
        None,
        None,
        None,
        "",
        "",
        person_seconds=facts.pop("waited", 0.0),
    )


def shown(*runs: RunRecord) -> list[tuple[int, str, float, float]]:
    return [(each.phase, each.who, each.start, each.end) for each in segments(runs)]


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        pytest.param([], [], id="no run"),
        pytest.param([run(1, 10, None, "applying")], [], id="at work"),
        pytest.param([run(1, 10, 12)], [(1, "tool", 10, 12)], id="one run"),
        pytest.param([run(1, 10, 12, waited=1.5)], [(1, "person", 10, 11.5), (1, "tool", 11.5, 12)], id="asked"),
        pytest.param([run(1, 10, 12, waited=9)], [(1, "person", 10, 12)], id="asked for longer than it took"),
        pytest.param(
            [run(1, 10, 12), run(3, 20, 21)],
            [(1, "tool", 10, 12), (3, "person", 12, 20), (3, "tool", 20, 21)],
            id="what lies between is the later one's",
        ),
        pytest.param(
            [run(1, 10, 12), run(3, 12 + PAUSE_S, 4000)],
            [(1, "tool", 10, 12), (3, "person", 12, 3612), (3, "tool", 3612, 4000)],
            id="an hour is no pause",
        ),
        pytest.param(
            [run(1, 10, 12), run(3, 12.5 + PAUSE_S, 4000)],
            [(1, "tool", 10, 12), (3, "pause", 12, 3612.5), (3, "tool", 3612.5, 4000)],
            id="more than an hour is",
        ),
        pytest.param(
            [run(3, 10, 12, "rolled-back", back_at=30), run(3, 40, 41)],
            [(3, "tool", 10, 12), (3, "person", 12, 30), (3, "person", 30, 40), (3, "tool", 40, 41)],
            id="rolled back",
        ),
        pytest.param([run(5, 10, 70, "failed")], [(5, "tool", 10, 70)], id="checks that failed"),
        pytest.param(
            [run(1, 10, 20), run(2, 15, 25)], [(1, "tool", 10, 20), (2, "tool", 20, 25)], id="a clock that was set back"
        ),
    ],
)
def test_segments(runs: list[RunRecord], expected: list[tuple[int, str, float, float]]) -> None:
    assert shown(*runs) == expected


@given(
    st.lists(
        st.tuples(
            st.integers(1, 5),
            st.floats(0, 1e5),
            st.none() | st.floats(0, 1e4),
            st.floats(0, 1e4),
            st.none() | st.floats(0, 1e4),
        ),
        max_size=8,
    )
)
def test_segments_follow_each_other(facts: list[tuple[int, float, float | None, float, float | None]]) -> None:
    runs = [
        run(phase, start, None if took is None else start + took, "applied" if back is None else "rolled-back",
            waited=waited, **({} if back is None else {"back_at": start + (took or 0) + back}))
        for phase, start, took, waited, back in facts
    ]  # fmt: skip
    found = segments(runs)
    for each, after in itertools.pairwise(found):
        assert each.start < each.end <= after.start
    total = seconds_of(found, "tool") + seconds_of(found, "person") + seconds_of(found, "pause")
    assert total == pytest.approx(sum(each.seconds for each in found))
    for who in ("tool", "person", "pause"):
        assert seconds_of(found, who) == pytest.approx(sum(seconds_of(found, who, phase) for phase in range(1, 6)))  # type: ignore[arg-type]
