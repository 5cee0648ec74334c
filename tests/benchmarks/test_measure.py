"""Whole processes: their time, their memory, how they end; and the order in which they take turns."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchmarks.speed.alternate import alternate
from benchmarks.speed.measure import Taken, measured, peak_of_tree
from benchmarks.speed.tools import Step

MEGABYTE = 1_000_000


def run(program: str, **options: object) -> Taken:
    return measured([sys.executable, "-c", program], Path.cwd(), os.environ, **options)  # type: ignore[arg-type]


def test_time_and_memory_of_a_process() -> None:
    large = b"x" * 200 * MEGABYTE  # what the one who measures holds must not count
    taken = run("x = b'x' * 60_000_000; import time; time.sleep(0.3)")
    assert taken.failed == ""
    assert 0.3 <= taken.wall_s < 10
    assert 0 < taken.cpu_s < taken.wall_s
    assert 60 * MEGABYTE < taken.largest < 120 * MEGABYTE < len(large)


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("raise SystemExit(3)", "exit code 3: said nothing"),
        ("print('one'); print('no such tree'); raise SystemExit(2)", "exit code 2: no such tree"),
        ("import time; time.sleep(60)", "not done after 1 s"),
    ],
)
def test_failures(program: str, said: str) -> None:
    assert run(program, limit_s=1).failed == said


def test_an_exit_code_that_counts_as_a_success() -> None:
    assert run("raise SystemExit(1)", codes=(0, 1)).failed == ""


def test_a_program_that_is_not_there() -> None:
    assert "No such file" in measured(["no-such-program-at-all"], Path.cwd(), os.environ).failed


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="the system does not tell")
def test_peak_of_all_processes_at_once() -> None:
    program = (
        "import subprocess, sys, time\nx = b'x' * 40_000_000\n"
        "subprocess.run([sys.executable, '-c', 'import time; x = b\"x\" * 50_000_000; time.sleep(0.5)'])\n"
    )
    peak = peak_of_tree([sys.executable, "-c", program], Path.cwd(), os.environ)
    assert peak is not None
    assert 90 * MEGABYTE < peak < 150 * MEGABYTE


def test_one_that_ends_at_once_has_no_peak() -> None:
    assert peak_of_tree(["true"], Path.cwd(), os.environ) is None


def test_turns() -> None:
    steps = [Step("job", name, ("x",), slow=name == "slow") for name in ("a", "b", "slow", "fails")]
    seen: list[str] = []

    def pretend(step: Step) -> Taken:
        seen.append(step.tool)
        return Taken(float(len(seen)), 0.0, 0, "broke" if step.tool == "fails" and len(seen) > 6 else "")

    found = alternate(steps, pretend, 3, 1)
    assert seen == ["fails", "b", "a", "a", "b", "slow", "fails", "b", "a", "a", "b"]
    assert {step.tool: [taken.wall_s for taken in runs] for step, runs in found.items()} == {
        "a": [4, 9, 10],
        "b": [5, 8, 11],
        "slow": [6],
        "fails": [7],
    }
    assert found[steps[3]][0].failed == "broke"


def test_turns_of_what_has_an_order() -> None:
    steps = [Step("job", name, ("x",)) for name in ("apply", "rollback")]
    seen: list[str] = []

    def pretend(step: Step) -> Taken:
        seen.append(step.tool)
        return Taken(1.0, 0.0, 0)

    alternate(steps, pretend, 2, 1, both_ways=False)
    assert seen == ["apply", "rollback"] * 3
