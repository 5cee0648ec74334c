"""All jobs by all tools on one tree."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.speed.alternate import alternate
from benchmarks.speed.judge import judge
from benchmarks.speed.measure import Taken, measured, peak_of_tree
from benchmarks.speed.results import Row, Tree, Written
from benchmarks.speed.tools import FLOOR, GROUPS, NAMES, OURS, SLOW, Place, Step, steps, writer
from benchmarks.speed.tree import changed_paths, committed, measures_of, now, restore, settle, staged
from benchmarks.speed.truth import Truth

_SHOWN = 5


@dataclass(frozen=True)
class Effort:
    """How much to measure.

    Attributes:
        runs, slow_runs: of each command, besides one that warms up; of each slow peer, with none.
        limit_s: seconds that one run of a slow peer may take.
        tools: which of them; this one and the floor always take part.
        groups: which alternations.
        judged: also let each tool write, and judge what it wrote.
    """

    runs: int = 5
    slow_runs: int = 1
    limit_s: float = 1800
    tools: Sequence[str] = NAMES
    groups: Sequence[str] = tuple(GROUPS)
    judged: bool = True


def compare(place: Place, truth: Truth, effort: Effort, *, title: str, size: float | None) -> Tree:
    """Let every tool write and judge that, then time what writes nothing, and what is rolled back again."""
    files, total = measures_of(place.root)
    tools = [tool for tool in NAMES if tool in effort.tools or tool in (OURS, FLOOR)]
    written = list(_written(place, truth, effort, tools)) if effort.judged else []
    late = {(f"phase{each.phase}", each.tool) for each in written if each.failed and each.tool in SLOW}
    settle(place.root)
    rows = [row for group in effort.groups if group != "look" for row in _timed(place, effort, group, tools, late)]
    if "look" in effort.groups:
        with staged(place.root, place.task.words(0)):
            rows += _timed(place, effort, "look", tools, late)
    named = {str(phase): len(place.named(phase)) for phase in (3, 4)}
    sites = {str(phase): count for phase, count in truth.counted.items()}
    return Tree(title, size, files, total, named, sites, truth.source, rows, written)


def _timed(
    place: Place, effort: Effort, group: str, tools: Sequence[str], late: Collection[tuple[str, str]]
) -> Iterator[Row]:
    wanted = [step for step in steps(place, group, tools) if (step.job, step.tool) not in late]
    found = alternate(
        wanted, lambda step: _run(place, step, effort), effort.runs, effort.slow_runs, both_ways=group != "apply"
    )
    for step, runs in found.items():
        failed = runs[-1].failed if runs else ""
        peak = None if step.slow or failed else peak_of_tree(step.command, place.root, place.environment())
        yield Row(step.job, step.tool, [] if failed else runs, peak, step.remark, failed)


def _written(place: Place, truth: Truth, effort: Effort, tools: Sequence[str]) -> Iterator[Written]:
    for phase in (3, 4):
        if f"phase{phase}" not in effort.groups:
            continue
        for tool in tools:
            step = writer(place, tool, phase)
            if step is None:
                continue
            taken = _run(place, step, effort)
            if taken.failed:
                yield Written(phase, tool, {}, None, step.remark, taken.failed)
            else:
                yield Written(phase, tool, _judged(place, truth, phase, tool), taken, step.remark)
            if tool == OURS:
                _run(
                    place, Step("rollback", OURS, (*step.command[:3], "rollback", "--yes", *step.command[-4:])), effort
                )
                if left := changed_paths(place.root):
                    raise RuntimeError(f"the rollback of phase {phase} left {len(left)} files, e.g. {left[0]}")
            restore(place.root)


def _judged(place: Place, truth: Truth, phase: int, tool: str) -> dict[str, int]:
    root = place.root
    found = judge(truth, phase, changed_paths(root), lambda path: committed(root, path), lambda path: now(root, path))
    tell(f"phase {phase}, {tool}: {found.counts()}")
    if tool == OURS:
        for note in found.notes[:_SHOWN]:
            tell(f"  {note}")
    return found.counts()


def _run(place: Place, step: Step, effort: Effort) -> Taken:
    taken = measured(step.command, place.root, place.environment(), limit_s=effort.limit_s, codes=step.codes)
    tell(f"{step.job}, {step.tool}: {taken.failed or f'{taken.wall_s:.2f} s'}")
    return taken


def tell(text: str) -> None:
    """Say on stderr how far it is."""
    print(text, file=sys.stderr, flush=True)
