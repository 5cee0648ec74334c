"""The table and the totals as a person reads them."""

from __future__ import annotations

import pytest

from migrate.console import Voice
from migrate.fleet.outcomes import Outcome
from migrate.fleet.table import show_table, totals

ROWS = [
    Outcome("one", "/one", "done", 0, 2, 1, 0, "", 0.25),
    Outcome("two\x07", "/two", "blocked", 3, message="m" * 200, seconds=75.0),
    Outcome("three", "/three", "not run", message="the fleet was interrupted"),
    Outcome("four", "/four", "findings", 1, 0, 0, 3, "app.py:1: x", 0.1),
]


@pytest.mark.parametrize("width", [60, 120])
def test_a_line_each(width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("migrate.outlet.PIPE_WIDTH", width)
    show_table(Voice(), ROWS, {"/one"})
    heading, _, *lines = capsys.readouterr().out.splitlines()
    assert heading.split() == ["repository", "state", "what", "time"]
    assert len(lines) == len(ROWS)
    assert max(len(line.rstrip()) for line in lines) <= width
    assert [line.split()[0] for line in lines] == ["one", "two\\x07", "three", "four"]
    assert (lines[0].split()[-1], lines[1].split()[-4:]) == ("before", ["1", "min", "15", "s"])
    assert "…" in lines[1]


@pytest.mark.parametrize(
    ("rows", "ran", "said"),
    [
        (ROWS, 3, "x in 4 repositories: 1 done, 1 with findings, 1 blocked, 1 not run; 2 edits in 1 file; 3 findings; "
                  "3 repositories now in 2.0 s, 1.5 repositories a second"),
        (ROWS[2:3], 0, "x in 1 repository: 1 not run; none run now"),
        ([Outcome("a", "/a", "done", 0, 0, 4)], 1, "x in 1 repository: 1 done; 4 files; 2.0 s, 0.5 repositories a second"),
    ],
)  # fmt: skip
def test_totals(rows: list[Outcome], ran: int, said: str) -> None:
    assert totals("x", rows, ran, 2.0) == said
