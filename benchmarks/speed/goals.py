"""What has to show, each with the figure that was measured for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.speed.results import Row, Tree, ratio
from benchmarks.speed.tools import AST_GREP, FLOOR, OURS, RUFF

_MEMORY = 250 * 1_000_000
_GROWTH = 1.3


@dataclass(frozen=True, slots=True)
class Goal:
    """One line: what, at most how much, and what it came to; None where it was not measured."""

    what: str
    target: str
    figure: str | None
    is_met: bool | None


_TIMES: tuple[tuple[str, str, str, str, float], ...] = (
    ("phase3", AST_GREP, "ast-grep's", "at most 1/8", 1 / 8),
    ("phase3", "Bowler", "Bowler's", "at most 1/150", 1 / 150),
    ("phase3", RUFF, "ruff's parse of the tree", "below", 1),
    ("phase3", FLOOR, "`git grep -E`", "at most 4 times", 4),
    ("phase4", AST_GREP, "ast-grep's", "at most 1/4", 1 / 4),
)


def goals(trees: Sequence[Tree]) -> Iterator[Goal]:
    """Those for the tree that was given, and that for trees that grow.

    A tree may be given more than once, as for peers that take so long that they are run at another time.
    """
    given = [tree for tree in trees if tree.size is None]
    for job, tool, whose, words, most in _TIMES:
        what = f"phase {job[-1]} dry run, wall time against {whose}"
        found_times = (ratio(tree.row(job, OURS), tree.row(job, tool)) for tree in given)
        times = next((each for each in found_times if each is not None), None)
        figure = None if times is None else _times(times)
        yield Goal(what, words, figure, None if times is None else times < most or (most != 1 and times == most))
    peak = max((row.memory() for tree in given for row in tree.rows if row.tool == OURS), default=None)
    figure = None if peak is None else f"{peak / 1e6:.0f} MB"
    yield Goal("peak memory of any command", "under 250 MB", figure, None if peak is None else peak < _MEMORY)
    for job in ("phase3", "phase4"):
        found = growth(trees, job)
        what = f"phase {job[-1]} dry run, growth from the smallest generated tree to the largest"
        most_words = f"at most {_GROWTH} times that of `git grep -E`"
        figure = None if found is None else f"{found[-1].ours / found[-1].floor:.2f} times"
        yield Goal(what, most_words, figure, None if found is None else found[-1].ours / found[-1].floor <= _GROWTH)


@dataclass(frozen=True, slots=True)
class Growth:
    """How many times the time on the smallest tree one of `size` takes, here and in the floor."""

    size: float
    ours: float
    floor: float
    ours_s: float
    floor_s: float


def growth(trees: Sequence[Tree], job: str) -> list[Growth] | None:
    """That of each generated tree on which a job was timed, by size; None where there is only one."""
    measured: list[tuple[float, float, float]] = []
    for tree in sorted((tree for tree in trees if tree.size is not None), key=lambda tree: tree.size or 0):
        ours, floor = _median(tree.row(job, OURS)), _median(tree.row(job, FLOOR))
        if ours is not None and floor is not None:
            measured.append((tree.size or 0, ours, floor))
    if len(measured) < 2:
        return None
    _, first, first_floor = measured[0]
    return [Growth(size, ours / first, floor / first_floor, ours, floor) for size, ours, floor in measured]


def _median(row: Row | None) -> float | None:
    return None if row is None else row.median()


def _times(ratio: float) -> str:
    return f"{ratio:.2f} times" if ratio >= 0.5 else f"1/{1 / ratio:.1f}"
