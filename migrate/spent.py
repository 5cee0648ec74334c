"""How the time of a migration was spent: by the tool at work, by a person, or not on it at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from rollback.journal import RunRecord

PAUSE_S = 3600.0
"""Nobody is taken to look at one diff for longer: what lies between two runs and lasts longer is a pause."""

Who = Literal["tool", "person", "pause"]


class Segment(Struct, frozen=True):
    """A stretch of time, in seconds since the epoch.

    Attributes:
        phase: what it was spent on; for a pause, what came after it.
        who: "tool" at work, a "person" reading, answering or mending, or a "pause" of everybody.
    """

    phase: int
    start: float
    end: float
    who: Who

    @property
    def seconds(self) -> float:
        return self.end - self.start


def segments(runs: Sequence[RunRecord]) -> tuple[Segment, ...]:
    """Cut the time from the first run to the last into segments that follow each other.

    What lies between two runs is counted to the phase of the later one: it is when that was looked at and prepared. So
    is what a rollback ends. Of a run's own time, what it waited for answers is the person's.

    Args:
        runs: of one plan, in any order; one that is at work or was cut off has no end, and takes no time.
    """
    spans: list[tuple[float, float, RunRecord]] = []
    for run in runs:
        spans.append((run.started_at, run.started_at + run.seconds, run))
        if run.state == "rolled-back" and run.ended_at is not None:
            spans.append((run.ended_at, run.ended_at, run))
    found: list[Segment] = []
    at: float | None = None
    for start, end, run in sorted(spans, key=lambda span: span[:2]):
        if at is not None and start > at:
            found.append(Segment(run.phase, at, start, "person" if start - at <= PAUSE_S else "pause"))
        begin = start if at is None else max(start, at)  # clocks may be set back
        waited = min(run.person_seconds if end > start else 0.0, max(0.0, end - begin))
        if begin + waited > begin:
            found.append(Segment(run.phase, begin, begin + waited, "person"))
        if end > begin + waited:
            found.append(Segment(run.phase, begin + waited, end, "tool"))
        at = max(begin, end)
    return tuple(found)


def seconds_of(found: Sequence[Segment], who: Who, phase: int | None = None) -> float:
    """What the tool or a person spent on one phase, or on all of them."""
    return sum(segment.seconds for segment in found if segment.who == who and phase in (None, segment.phase))
