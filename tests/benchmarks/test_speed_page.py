"""The page from results, and what has to show computed from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.speed.__main__ import main
from benchmarks.speed.goals import goals, growth
from benchmarks.speed.measure import Taken
from benchmarks.speed.page import page
from benchmarks.speed.results import Results, Row, Tree, Written, ratio
from benchmarks.speed.tools import AST_GREP, FLOOR, OURS, RUFF

MEGABYTE = 1_000_000


def row(job: str, tool: str, *seconds: float, peak: int | None = 100 * MEGABYTE, failed: str = "") -> Row:
    return Row(job, tool, [Taken(each, each / 2, 30 * MEGABYTE) for each in seconds], peak, failed=failed)


RIGHT = {"right": 9, "other text": 0, "missed": 0, "wrong": 0, "broken": 0, "strays": 0, "files": 5}
REAL = Tree(
    "A public tree",
    None,
    8816,
    162 * MEGABYTE,
    {"3": 286, "4": 371},
    {"3": 9, "4": 7},
    "somebody knows",
    [
        row("phase3", OURS, 1.0, 1.2, 2.0),
        row("phase3", FLOOR, 0.25, 0.3, 0.4, peak=None),
        row("phase3", AST_GREP, 10.0, 10.8, 10.0),
        row("phase3", "Bowler", 240.0),
        row("phase3", RUFF, 2.0, 2.0, 2.1),
        row("phase4", OURS, 3.0),
        row("phase4", AST_GREP, 6.0),
        row("guard", OURS, 3.0, peak=260 * MEGABYTE),
        row("phase4", "rope", failed="not done after 9 s"),
    ],
    [
        Written(3, OURS, RIGHT, Taken(1.5, 1.0, MEGABYTE)),
        Written(3, "rope", {**RIGHT, "right": 2, "wrong": 7}, Taken(50.0, 49.0, 90 * MEGABYTE), "writes"),
    ],
)
ONE, SIXTEEN = (
    replace(
        REAL,
        title=f"A generated tree, {size:g}x",
        size=size,
        rows=[row("phase3", OURS, ours), row("phase3", FLOOR, floor)],
        written=[],
    )
    for size, ours, floor in ((1.0, 1.0, 0.2), (16.0, 9.0, 2.4))
)
RESULTS = Results("python -m benchmarks.speed tree ROOT PLAN", {"memory": "8 GiB"}, {OURS: "1.2.3"}, [REAL])


def test_a_ratio_is_taken_pair_by_pair() -> None:
    assert ratio(REAL.row("phase3", OURS), REAL.row("phase3", FLOOR)) == pytest.approx(4.0)
    assert ratio(REAL.row("phase3", "Bowler"), REAL.row("phase3", OURS)) == 240
    assert ratio(REAL.row("phase4", "rope"), REAL.row("phase4", OURS)) is None
    assert ratio(None, None) is None


def test_goals() -> None:
    found = list(goals([REAL, SIXTEEN, ONE]))
    assert [(goal.figure, goal.is_met) for goal in found] == [
        ("1/9.0", True),
        ("1/240.0", True),
        ("0.60 times", True),
        ("4.00 times", True),
        ("0.50 times", False),
        ("260 MB", False),
        ("0.75 times", True),
        (None, None),
    ]


def test_slow_peers_may_run_at_another_time() -> None:
    others = replace(REAL, rows=[each for each in REAL.rows if each.tool != "Bowler"])
    again = replace(REAL, title="Again", rows=[each for each in REAL.rows if each.tool in (OURS, "Bowler")])
    assert list(goals([others, again])) == list(goals([REAL]))


def test_goals_of_nothing_are_not_measured() -> None:
    assert {goal.is_met for goal in goals([])} == {None}


def test_growth() -> None:
    found = growth([SIXTEEN, REAL, ONE], "phase3")
    assert found is not None
    assert [(each.size, each.ours, each.floor) for each in found] == [(1, 1, 1), (16, 9, pytest.approx(12))]
    assert growth([ONE], "phase3") is None


def test_page() -> None:
    text = page([RESULTS, replace(RESULTS, command="python -m benchmarks.speed generated", trees=[SIXTEEN, ONE])])
    lines = text.splitlines()
    assert "| phase 4 dry run, wall time against ast-grep's | at most 1/4 | 0.50 times | **not met** |" in lines
    assert "python -m benchmarks.speed generated" in lines
    headings = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert headings[1:5] == ["Trees that grow", REAL.title, ONE.title, SIXTEEN.title]
    phase3 = lines[lines.index("### Phase 3, dry run") :]
    assert phase3[4] == (
        "| ssot-migrate 1.2.3 | 3 | 1.20 s | 1.00 s … 2.00 s | 4.00 | 1.00 | 600 ms | 100 / 30 MB | 9 | 0 | 0 | 0 | 0 | 0 |  |"
    )
    assert "– / 30 MB" in phase3[5]
    rope = next(line for line in phase3 if line.startswith("| rope"))
    assert (
        rope
        == "| rope† | 1 | 50.00 s |  | 200 | 50.00 | 49.00 s | – / 90 MB | 2 | 0 | 0 | 7 | 0 | 0 | writes; timed once, while it wrote |"
    )
    assert next(line for line in reversed(phase3) if line.startswith("| rope")).endswith("| not done after 9 s |")


def test_page_from_files(tmp_path: Path) -> None:
    first, second, written = tmp_path / "a.json", tmp_path / "b.json", tmp_path / "page.md"
    RESULTS.write(first)
    replace(RESULTS, trees=[ONE, SIXTEEN, replace(REAL, files=7)]).write(second)
    assert Results.read(first) == RESULTS
    assert main(["page", str(first), str(second), "--write", str(written)]) == 0
    text = written.read_text(encoding="utf-8")
    assert "7 Python files" in text
    assert "8,816 Python files, 162 MB. Phase 3 has 9 places to change" not in text.split(ONE.title)[0]
