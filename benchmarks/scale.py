"""`python -m benchmarks.scale`: what a dry run costs, as fixed + per MB searched + per MB parsed + per edit; the page.

Generated trees of several sizes and numbers of sites are made, phases 3 and 4 are run on each by one process, and the
four costs are fitted to the processor time by least squares of the relative errors. How well they tell each measured
figure is on the page, and what they make of trees that nobody can generate here.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.speed.generator import generate
from benchmarks.speed.machine import machine
from benchmarks.speed.measure import measured
from benchmarks.speed.task import task_of
from benchmarks.speed.tools import Place
from benchmarks.speed.tree import clone, measures_of
from migrate.executors.workers import Workers
from migrate.plan import load_plan
from migrate.rounds import Rounds
from migrate.tree import Tree
from rollback.git import Git

TREES = ((0.02, 0.02), (0.25, 1.0), (1.0, 0.25), (1.0, 1.0), (1.0, 4.0), (4.0, 0.25), (4.0, 1.0), (4.0, 4.0))
"""Times the usual number of files, and of sites."""
_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Run:
    """A dry run of one phase on one tree.

    Attributes:
        size, sites: times the usual number of files, and of sites.
        searched, parsed: MB (1,000,000 bytes) of Python that git searches, and that are parsed.
        cpu_s: seconds of processor time by one process and by git, median. wall_s: the same by as many as there are.
        git_s: seconds of processor time of the search alone.
    """

    size: float
    sites: float
    phase: int
    files: int
    searched: float
    parsed: float
    edits: int
    cpu_s: float = 0
    wall_s: float = 0
    git_s: float = 0

    @property
    def quantities(self) -> tuple[float, ...]:
        """What each cost is multiplied with."""
        return 1.0, self.searched, self.parsed, float(self.edits)


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of processor time."""

    fixed: float
    per_searched: float
    per_parsed: float
    per_edit: float

    def of(self, run: Run) -> float:
        """What a run would take."""
        costs = (self.fixed, self.per_searched, self.per_parsed, self.per_edit)
        return sum(cost * quantity for cost, quantity in zip(costs, run.quantities, strict=True))


def fit(runs: Sequence[Run]) -> Costs:
    """The costs whose squared relative errors are least; none is below zero."""
    active = list(range(4))
    while True:
        solved = _least_squares([[run.quantities[i] / run.cpu_s for i in active] for run in runs])
        below = [i for i, cost in zip(active, solved, strict=True) if cost < 0]
        if not below:
            costs = dict(zip(active, solved, strict=True))
            return Costs(*(costs.get(i, 0.0) for i in range(4)))
        active = [i for i in active if i not in below]


def _least_squares(rows: Sequence[Sequence[float]]) -> list[float]:
    """The x with the least squares of `rows · x - 1`, by the normal equations."""
    width = len(rows[0])
    matrix = [[sum(r[i] * r[j] for r in rows) for j in range(width)] + [sum(r[i] for r in rows)] for i in range(width)]
    for i in range(width):
        pivot = max(range(i, width), key=lambda row: abs(matrix[row][i]))
        matrix[i], matrix[pivot] = matrix[pivot], matrix[i]
        for row in range(width):
            if row != i:
                factor = matrix[row][i] / matrix[i][i]
                matrix[row] = [a - factor * b for a, b in zip(matrix[row], matrix[i], strict=True)]
    return [matrix[i][width] / matrix[i][i] for i in range(width)]


def measure(folder: Path, size: float, sites: float, runs: int) -> Iterator[Run]:
    """Both phases on one generated tree."""
    made = generate(folder / "generated", size, sites=sites)
    place = Place(clone(made.repository, folder), folder, made.plan, task_of(made.plan), None)
    files, searched = measures_of(place.root)
    for phase in (3, 4):
        git, plan = Git.open(place.root), load_plan(made.plan)
        tree = Tree(git)
        results = Rounds(plan, phase, tree.read_if_there, git, tree.read, Workers(1)).run()
        parsed = sum((place.root / result.path).stat().st_size for result in results)
        edits = sum(len(result.edits) for result in results)
        yield _timed(Run(size, sites, phase, files, searched / _MB, parsed / _MB, edits), place, runs)


def _timed(run: Run, place: Place, runs: int) -> Run:
    migrate = [str(Path(sys.executable).with_name("migrate")), f"phase{run.phase}", "--dry-run", "--quiet"]
    where = ["--plan", str(place.plan), "--root", str(place.root)]
    words = [option for word in place.task.words(run.phase) for option in ("-e", word)]
    commands = {
        "cpu_s": [*migrate, "--jobs", "1", *where],
        "wall_s": [*migrate, *where],
        "git_s": ["git", "grep", "-lFw", *words, "--", "*.py"],
    }
    found: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs + 1):
        for name, command in commands.items():
            taken = measured(command, place.root, place.environment())
            if taken.failed:
                raise RuntimeError(f"{' '.join(command)}: {taken.failed}")
            found[name].append(taken.wall_s if name == "wall_s" else taken.cpu_s)
    cpu_s, wall_s, git_s = (statistics.median(values[1:]) for values in found.values())  # one warms up
    return replace(run, cpu_s=cpu_s, wall_s=wall_s, git_s=git_s)


_HEAD = """# What a dry run costs, and what ten million files would

Written by `{command}` (`make scale`); nothing here is typed by hand. What is beside which other tool is in
[benchmarks.md](benchmarks.md), how other machines take part in [cluster.md](cluster.md).

A dry run loads itself, has git search the tree for the plan's words, parses the files that may hold a site, and
rewrites and verifies those that do. So its processor time is

    fixed + MB searched × a + MB parsed × b + edits × c

MB are 1,000,000 bytes of Python source. The four costs are fitted to dry runs by one process (`--jobs 1`) on generated
trees, by least squares of the relative errors.
"""
_MEASURED = """
## How well that tells what was measured

Each figure is the median of several runs. "Git alone" is the processor time of a search for the same words by `git grep
-lFw`, "wall" that of a run by as many processes as there are processors. The cost per MB searched is that of git
reading and searching files that the system has in memory. Where it has not, the disk decides: a tree that is searched
for the first time takes as long as reading it.
"""
_ASKED = """
## What it comes to

By the model, in processor time: divide it by the processors that take part, but for the fixed part. Larger trees than
those above were not run here. A first look at one is bound by its disk instead, and git's index of 10 million
files is itself about 1 GB.
"""
_FOOT = """
What the sites cost can be shared out, to processes and to a cluster: parsing and editing. The search is git's own, by
as many threads as the machine has processors. In a fleet the fixed part is paid by the first repository of each worker,
as the others are forked off a process in which everything is loaded ([fleet.md](fleet.md)).

Memory does not grow with the tree: lists of all files are read as they come, and 24 MB of file contents are kept at the
most, besides what is edited. It grows with the files that name what the plan is about: a path and a size for each.

## On what
"""

ASKED = (
    ("8,816 files, as the real tree", 8_816, 1, 1),
    ("100,000 files, the same sites", 100_000, 1, 1),
    ("1 million files, the same sites", 1_000_000, 1, 1),
    ("10 million files, the same sites", 10_000_000, 1, 1),
    ("10 million files, sites in the same part of them", 10_000_000, 10_000_000 / 8_816, 1),
    ("10,000 repositories of 100 files, 10 of them with sites each", 100, 0.05, 10_000),
)
"""What, files, times the usual number of sites, how many such trees."""


def page(runs: Sequence[Run], about: dict[str, str], command: str) -> str:
    """docs/scale.md: the costs, how well they tell what was measured, and what they come to."""
    lines = [_HEAD.format(command=command)]
    costs = {phase: fit([run for run in runs if run.phase == phase]) for phase in (3, 4)}
    lines += [
        "| Seconds of processor time | fixed | per MB searched | per MB parsed | per edit |",
        "|---|---|---|---|---|",
    ]
    for phase, cost in costs.items():
        per_mb = f"{cost.per_searched * 1000:.2f} ms | {cost.per_parsed * 1000:.0f} ms"
        lines.append(f"| phase {phase} | {cost.fixed:.2f} s | {per_mb} | {cost.per_edit * 1000:.2f} ms |")
    lines += [
        _MEASURED,
        "| Tree | Phase | MB searched | MB parsed | Edits | Measured | By the model | Git alone | Wall |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for run in runs:
        told = costs[run.phase].of(run)
        model = f"{told:.2f} s ({told / run.cpu_s - 1:+.0%})"
        lines.append(
            f"| {run.files:,} files | {run.phase} | {run.searched:,.0f} | {run.parsed:.1f} | {run.edits} "
            f"| {run.cpu_s:.2f} s | {model} | {run.git_s:.2f} s | {run.wall_s:.2f} s |"
        )
    usual = {run.phase: run for run in runs if (run.size, run.sites) == (1, 1)}
    lines += [_ASKED, "| What | Phase 3 | Phase 4 |", "|---|---|---|"]
    for what, files, sites, trees in ASKED:
        cells = []
        for phase, cost in costs.items():
            like = usual[phase]
            part = files / like.files
            run = replace(
                like, searched=like.searched * part, parsed=like.parsed * sites, edits=round(like.edits * sites)
            )
            cells.append(_duration(cost.of(run) * trees))
        lines.append(f"| {what} | {' | '.join(cells)} |")
    lines += [_FOOT, *(f"- {name}: {value}" for name, value in about.items())]
    return "\n".join(lines) + "\n"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, keep the results, and write the page; to stdout where no file is named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="of each command, besides one that warms up")
    parser.add_argument("--folder", type=Path, help="where to put trees meanwhile")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the results, or take those that are kept")
    parser.add_argument("--write", type=Path, metavar="FILE", help="the page goes there")
    options = parser.parse_args(arguments)
    if options.json and options.json.exists():
        kept = json.loads(options.json.read_text("utf-8"))
        runs, about = [Run(**run) for run in kept["runs"]], kept["about"]
    else:
        runs = []
        with tempfile.TemporaryDirectory(prefix="scale-", dir=options.folder) as folder:
            about = machine(Path(folder))
            for size, sites in TREES:
                with tempfile.TemporaryDirectory(dir=folder) as name:
                    for run in measure(Path(name).resolve(), size, sites, options.runs):
                        sys.stderr.write(f"{run}\n")
                        runs.append(run)
        if options.json:
            options.json.write_text(json.dumps({"runs": list(map(asdict, runs)), "about": about}, indent=1), "utf-8")
    text = page(runs, about, f"python -m benchmarks.scale --runs {options.runs}")
    if options.write:
        options.write.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
