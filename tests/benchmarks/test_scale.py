"""The cost model: costs that were there are found again, and the page says what they come to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.scale import Costs, Run, fit, page

COSTS = Costs(0.3, 0.0015, 0.09, 0.0002)
RUNS = [
    replace(run, cpu_s=COSTS.of(run), wall_s=1, git_s=0.1)
    for run in (
        Run(s, k, 3, int(8816 * s), 162.0 * s, 5.0 * k, int(131 * k)) for s in (0.1, 1, 4) for k in (0.25, 1, 3)
    )
]


def test_the_costs_are_found_again() -> None:
    found = fit(RUNS)
    assert [found.fixed, found.per_searched, found.per_parsed, found.per_edit] == pytest.approx(
        [COSTS.fixed, COSTS.per_searched, COSTS.per_parsed, COSTS.per_edit], rel=0.2
    )
    assert [found.of(run) for run in RUNS] == pytest.approx([run.cpu_s for run in RUNS])


def test_no_cost_is_below_zero() -> None:
    costs = Costs(0.3, 0.0015, 0.09, -0.01)
    found = fit([replace(run, edits=run.edits % 7, cpu_s=costs.of(replace(run, edits=run.edits % 7))) for run in RUNS])
    assert found.per_edit == 0
    assert found.fixed > 0


def test_page() -> None:
    text = page([*RUNS, *(replace(run, phase=4) for run in RUNS)], {"processors": "2"}, "python -m benchmarks.scale")
    assert "| phase 3 | 0.30 s | 1.50 ms | 90 ms | 0.20 ms |" in text
    assert "| 8,816 files | 3 | 162 | 5.0 | 131 |" in text
    assert "| 10 million files, the same sites |" in text
    assert "(+0%)" in text
