"""docs/benchmarks.md from results."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.speed.goals import Goal, goals, growth
from benchmarks.speed.results import Results, Row, Tree, Written, ratio, versions_of
from benchmarks.speed.tools import FLOOR, OURS, SLOW

_TEMPLATE = Path(__file__).with_name("page.md")
_JOBS = {
    "phase3": "Phase 3, dry run",
    "phase4": "Phase 4, dry run",
    "apply phase3": "Phase 3, applied",
    "rollback phase3": "Phase 3, rolled back",
    "apply phase4": "Phase 4, applied",
    "rollback phase4": "Phase 4, rolled back",
    "check": "check",
    "guard": "guard",
    "guard --staged": "guard --staged, one small file",
    "--help": "--help: what starting takes",
}
_COUNTS = ("right", "other text", "missed", "wrong", "broken", "strays")


def page(results: Sequence[Results]) -> str:
    """The whole page; of a tree that several results have, by title, the last one counts."""
    trees = list({tree.title: tree for each in results for tree in each.trees}.values())
    trees.sort(key=lambda tree: (tree.size is not None, tree.size or 0))
    versions = versions_of(results)
    return _TEMPLATE.read_text(encoding="utf-8").format(
        commands="\n".join(dict.fromkeys(each.command for each in results)),
        machine="\n".join(_machine(results, versions)),
        goals="\n".join(_goals(goals(trees))),
        growth="\n".join(_growth(trees)),
        trees="\n".join(line for tree in trees for line in _tree(tree, versions)).rstrip(),
    )


def _machine(results: Sequence[Results], versions: dict[str, str]) -> Iterator[str]:
    for said in dict.fromkeys("; ".join(f"{k} {v}" for k, v in each.machine.items()) for each in results):
        yield f"- {said}"
    yield f"- {', '.join(f'{tool} {version}' for tool, version in versions.items())}"


def _goals(found: Iterable[Goal]) -> Iterator[str]:
    yield "| what | target | measured | |"
    yield "| --- | --- | ---: | --- |"
    words = {True: "met", False: "**not met**", None: "not measured"}
    for goal in found:
        yield f"| {goal.what} | {goal.target} | {goal.figure or '–'} | {words[goal.is_met]} |"


def _growth(trees: Sequence[Tree]) -> Iterator[str]:
    if growth(trees, "phase3") is None:
        return
    yield "\n## Trees that grow\n"
    yield "The same places to change among ever more files.\n"
    yield f"| | size | {OURS} | grows | {FLOOR} | grows | its growth over that of {FLOOR} |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for job in ("phase3", "phase4", "check", "guard"):
        for each in growth(trees, job) or ():
            times = f"{each.ours / each.floor:.2f} times"
            cells = [_JOBS[job], f"{each.size:g}x", _seconds(each.ours_s), f"{each.ours:.2f}"]
            yield f"| {' | '.join([*cells, _seconds(each.floor_s), f'{each.floor:.2f}', times])} |"
    yield ""


def _tree(tree: Tree, versions: dict[str, str]) -> Iterator[str]:
    yield f"\n## {tree.title}\n"
    yield (
        f"{tree.files:,} Python files, {tree.bytes / 1e6:,.0f} MB. Phase 3 has {tree.sites['3']} places to change, and "
        f"{tree.candidates['3']} files have a word of it; phase 4 has {tree.sites['4']}, and {tree.candidates['4']}. "
        f"How the places are known: {tree.source}.\n"
    )
    for job, title in _JOBS.items():
        rows = [row for row in tree.rows if row.job == job]
        written = [each for each in tree.written if f"phase{each.phase}" == job]
        if rows or written:
            yield f"### {title}\n"
            yield from _table(rows, written, versions)
            yield ""


def _table(rows: Sequence[Row], written: Sequence[Written], versions: dict[str, str]) -> Iterator[str]:
    by_tool, judged = {row.tool: row for row in rows}, {each.tool: each for each in written}
    counts = _COUNTS if judged else ()
    heads = (
        "tool",
        "runs",
        "median",
        "min … max",
        f"times {FLOOR}",
        f"times {OURS}",
        "processor",
        "memory",
        *counts,
        "",
    )
    yield f"| {' | '.join(heads)} |"
    yield f"| --- |{' ---: |' * (len(heads) - 2)} --- |"
    for tool in dict.fromkeys([*by_tool, *judged]):
        row, made = by_tool.get(tool), judged.get(tool)
        said = dict.fromkeys(each.remark for each in (row, made) if each is not None and each.remark)
        said |= dict.fromkeys(each.failed for each in (row, made) if each is not None and each.failed)
        if made is not None and made.taken is not None and (row is None or not row.runs):
            said["timed once, while it wrote"] = None
            row = Row("", tool, [made.taken])
        cells = [f"{tool} {versions.get(tool, '')}".strip() + ("†" if tool in SLOW else ""), *_times(row, by_tool)]
        cells += [str(made.counts[name]) if made and made.counts else "" for name in counts]
        yield f"| {' | '.join([*cells, '; '.join(said)])} |"


def _times(row: Row | None, by_tool: dict[str, Row]) -> list[str]:
    if row is None or not row.runs:
        return [""] * 7
    walls = [taken.wall_s for taken in row.runs]
    median = row.median() or 0.0
    cpu = statistics.median(taken.cpu_s for taken in row.runs)
    times = [_ratio(ratio(row, by_tool.get(floor))) for floor in (FLOOR, OURS)]
    spread = f"{_seconds(min(walls))} … {_seconds(max(walls))}" if len(walls) > 1 else ""
    largest = max(taken.largest for taken in row.runs) / 1e6
    memory = f"{'–' if row.peak is None else f'{row.peak / 1e6:.0f}'} / {largest:.0f} MB"
    return [str(len(walls)), _seconds(median), spread, *times, _seconds(cpu), memory]


def _ratio(times: float | None) -> str:
    return (
        "" if times is None else f"{times:.0f}" if times >= 100 else f"{times:.2g}" if times < 0.1 else f"{times:.2f}"
    )


def _seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s" if value < 100 else f"{value:.0f} s"
