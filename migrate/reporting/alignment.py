"""Which lines of two versions of a file belong together: blocks that differ, and pairs of lines within a block."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T", str, bytes)

_CLOSE_LOOK = 250_000
"""Lines times lines up to which a block without landmarks is compared in full; a larger one counts as replaced."""

_PAIRED = 900
"""Lines times lines of a block up to which each line is compared with each."""

_SIMILAR = 0.5
"""Share of characters in common from which two lines are versions of one line."""

_LONG = 400
"""Characters of a line that are looked at to tell how similar it is to another."""


class Block(Struct, frozen=True):
    """Lines that differ: old ones `[old_start, old_end)` give way to new ones `[new_start, new_end)`, from 0."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def changed_blocks(old: Sequence[T], new: Sequence[T]) -> tuple[Block, ...]:
    """The blocks of lines in which two versions differ, in order; there is at least one equal line between two.

    Lines that are the same at both ends, and those that both have just once, are landmarks, as in Bram Cohen's
    patience diff; difflib compares what is between them. https://bramcohen.livejournal.com/73318.html
    """
    blocks: list[Block] = []
    at_old = at_new = 0
    for start_old, start_new, size in (*_merged(sorted(_matches(old, new))), (len(old), len(new), 0)):
        if start_old > at_old or start_new > at_new:
            blocks.append(Block(at_old, start_old, at_new, start_new))
        at_old, at_new = start_old + size, start_new + size
    return tuple(blocks)


def pair_lines(old: Sequence[str], new: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """The pairs of old and new lines of a block that are versions of one line, by their places in it, rising.

    One line for one line is a pair, whatever it says.
    """
    if len(old) == len(new) == 1:
        return ((0, 0),)
    if not old or not new or len(old) * len(new) > _PAIRED:
        return tuple((at, at) for at in range(min(len(old), len(new))) if _similarity(old[at], new[at]) >= _SIMILAR)
    # best[i][j]: the highest sum of similarities of pairs among old[i:] and new[j:]
    likeness = [[_similarity(a, b) for b in new] for a in old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            together = likeness[i][j] + best[i + 1][j + 1] if likeness[i][j] >= _SIMILAR else 0.0
            best[i][j] = max(together, best[i + 1][j], best[i][j + 1])
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(old) and j < len(new):
        if likeness[i][j] >= _SIMILAR and best[i][j] == likeness[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return tuple(pairs)


def _similarity(a: str, b: str) -> float:
    a, b = a.strip()[:_LONG], b.strip()[:_LONG]
    if not a or not b:
        return 0.0
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if matcher.real_quick_ratio() < _SIMILAR or matcher.quick_ratio() < _SIMILAR:
        return 0.0
    return matcher.ratio()


def _matches(old: Sequence[T], new: Sequence[T]) -> Iterator[tuple[int, int, int]]:
    """Runs of equal lines as (place in old, place in new, length), in no order; they may touch."""
    ranges = [(0, len(old), 0, len(new))]
    while ranges:
        old_start, old_end, new_start, new_end = ranges.pop()
        head = _common(old[old_start:old_end], new[new_start:new_end])
        yield old_start, new_start, head
        old_start, new_start = old_start + head, new_start + head
        tail = _common(old[old_start:old_end][::-1], new[new_start:new_end][::-1])
        old_end, new_end = old_end - tail, new_end - tail
        yield old_end, new_end, tail
        landmarks = _landmarks(old[old_start:old_end], new[new_start:new_end])
        if not landmarks:
            if (old_end - old_start) * (new_end - new_start) <= _CLOSE_LOOK:
                matcher = SequenceMatcher(None, old[old_start:old_end], new[new_start:new_end], autojunk=False)
                yield from ((old_start + a, new_start + b, size) for a, b, size in matcher.get_matching_blocks())
            continue
        at_old, at_new = old_start, new_start
        for i, j in landmarks:
            ranges.append((at_old, old_start + i, at_new, new_start + j))
            at_old, at_new = old_start + i, new_start + j
        ranges.append((at_old, old_end, at_new, new_end))  # each but the first begins with its landmark


def _common(a: Sequence[T], b: Sequence[T]) -> int:
    for number, (one, other) in enumerate(zip(a, b, strict=False)):
        if one != other:
            return number
    return min(len(a), len(b))


def _landmarks(old: Sequence[T], new: Sequence[T]) -> list[tuple[int, int]]:
    """Places of lines that both have just once, as many as are in the same order in both."""
    once_old = {line for line, number in Counter(old).items() if number == 1}
    once_new = {line for line, number in Counter(new).items() if number == 1}
    places = {line: at for at, line in enumerate(new) if line in once_new}
    pairs = [(at, places[line]) for at, line in enumerate(old) if line in once_old and line in places]
    return _rising(pairs)


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of `pairs`, which rise in their first places, that rises in its second places as well."""
    ends: list[int] = []  # the lowest last place of a rising part of each length
    last: list[int] = []  # and which pair that is
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        if length == len(ends):
            ends.append(place)
            last.append(number)
        else:
            ends[length], last[length] = place, number
        before.append(last[length - 1] if length else -1)
    found: list[tuple[int, int]] = []
    at = last[-1] if last else -1
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]


def _merged(matches: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """The same runs, those that touch in both versions as one, and none of length 0."""
    pending: tuple[int, int, int] | None = None
    for old, new, size in matches:
        if not size:
            continue
        if pending is not None and (old, new) == (pending[0] + pending[2], pending[1] + pending[2]):
            pending = (*pending[:2], pending[2] + size)
        else:
            if pending is not None:
                yield pending
            pending = (old, new, size)
    if pending is not None:
        yield pending
