"""Which lines of one text are still there in another one."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from benchmarks.speed.truth import lines_of


class Alignment:
    """The lines of one text and of another that are the same, in order."""

    def __init__(self, old: bytes, new: bytes) -> None:
        self._new = lines_of(new)
        self._steps = list(_steps(lines_of(old), self._new))

    def keeps(self, first: int, last: int) -> bool:
        """Are these lines of the old text, from 0 and half-open, all there, and together?"""
        return any(a <= first and last <= b for a, b, _, _, same in self._steps if same)

    def hunks(self) -> Iterator[tuple[int, int, bytes]]:
        """Lines of the old text that are gone, from 0 and half-open, and what is there instead."""
        for a, b, c, d, same in self._steps:
            if not same:
                yield a, b, b"".join(self._new[c:d])


def _steps(old: list[bytes], new: list[bytes]) -> Iterator[tuple[int, int, int, int, bool]]:
    if old and new and old[-1] != new[-1] and old[-1].rstrip(b"\r\n") == new[-1].rstrip(b"\r\n"):
        new = [*new[:-1], old[-1]]  # a tool that ends the last line is judged for its other lines
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle = SequenceMatcher(None, old[start : len(old) - end], new[start : len(new) - end], autojunk=False)
    runs = [(0, start, 0, start, True)]
    runs += [(a + start, b + start, c + start, d + start, tag == "equal") for tag, a, b, c, d in middle.get_opcodes()]
    runs.append((len(old) - end, len(old), len(new) - end, len(new), True))
    joined = runs[:1]
    for run in runs[1:]:
        last = joined[-1]
        if last[4] and run[4]:
            joined[-1] = (last[0], run[1], last[2], run[3], True)
        else:
            joined.append(run)
    return iter(joined)
