"""What was measured, as values and as JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.speed.measure import Taken


@dataclass(frozen=True)
class Row:
    """One job of one tool. `peak` is what all its processes held at once, in bytes; None where that is not known."""

    job: str
    tool: str
    runs: Sequence[Taken]
    peak: int | None = None
    remark: str = ""
    failed: str = ""

    def median(self) -> float | None:
        """Seconds of wall time."""
        return statistics.median(taken.wall_s for taken in self.runs) if self.runs else None

    def memory(self) -> int:
        """Bytes: those of all processes at once, or else of the largest."""
        return self.peak if self.peak is not None else max((taken.largest for taken in self.runs), default=0)


@dataclass(frozen=True)
class Written:
    """What a tool made of the sites of one phase, and what that took; `counts` is empty where it was not judged."""

    phase: int
    tool: str
    counts: dict[str, int] = field(default_factory=dict)
    taken: Taken | None = None
    remark: str = ""
    failed: str = ""


@dataclass(frozen=True)
class Tree:
    """All that was measured on one tree.

    Attributes:
        size: how many times the usual generated tree; None for a tree that was given.
        candidates: files with a word of phase 3, and of phase 4.
        sites: places that phase 3, and phase 4, has to change.
        source: how the sites are known.
    """

    title: str
    size: float | None
    files: int
    bytes: int
    candidates: dict[str, int]
    sites: dict[str, int]
    source: str
    rows: Sequence[Row]
    written: Sequence[Written]

    def row(self, job: str, tool: str) -> Row | None:
        """What a tool took for a job."""
        return next((row for row in self.rows if (row.job, row.tool) == (job, tool)), None)


@dataclass(frozen=True)
class Results:
    """What one invocation measured, with what on which machine."""

    command: str
    machine: dict[str, str]
    versions: dict[str, str]
    trees: Sequence[Tree]

    def write(self, file: Path) -> None:
        """Keep it as JSON."""
        file.write_text(json.dumps({"schema": 1, **asdict(self)}, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Results:
        """What `write` has kept."""
        data = json.loads(file.read_text(encoding="utf-8"))
        return cls(data["command"], data["machine"], data["versions"], [_tree(tree) for tree in data["trees"]])


def ratio(row: Row | None, other: Row | None) -> float | None:
    """How many times the other's wall time, pair by pair, and of these the median; None without a pair."""
    if row is None or other is None:
        return None
    pairs = [(mine.wall_s, its.wall_s) for mine, its in zip(row.runs, other.runs, strict=False)]
    return statistics.median(mine / its for mine, its in pairs) if pairs else None


def versions_of(results: Iterable[Results]) -> dict[str, str]:
    """The versions of all tools that took part."""
    return {tool: version for each in results for tool, version in each.versions.items()}


def _tree(data: dict[str, Any]) -> Tree:
    rows = [Row(**{**row, "runs": [Taken(**taken) for taken in row["runs"]]}) for row in data["rows"]]
    written = [Written(**{**each, "taken": each["taken"] and Taken(**each["taken"])}) for each in data["written"]]
    return Tree(**{**data, "rows": rows, "written": written})
