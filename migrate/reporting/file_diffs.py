"""Two versions of a file side by side: from bytes to hunks of rows, with what changed within a line marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

from msgspec import Struct

from migrate.reporting.alignment import Block, changed_blocks, pair_lines
from migrate.reporting.strings import open_strings
from migrate.source import readable

Kind = Literal["same", "changed", "removed", "added"]
Mark = tuple[int, int]
"""Half-open range of characters of a line."""

CONTEXT_LINES = 3
LEAST_SKIPPED = 3
"""Unchanged lines between two hunks that are shown all the same: to say how many they are takes as much room."""
LONGEST_LINE = 400
"""Characters of a line that are shown; of a longer one, those around its first change."""
LONGEST_RUN = 40
"""Lines that are removed, or added, in one run before the middle of them is folded."""
SHOWN_OF_RUN = (12, 3)
"""How many of such a run are shown at its beginning and at its end."""
MOST_ROWS = 1_500
"""Rows of one file; what would be beyond is only counted."""
MOST_FOLDED = 2_500
"""Lines of one file that are folded away as plain text; what is beyond is only counted."""

_LEAD = 80
_MOST_WORDS = 600
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_LEAST_IN_COMMON = 0.3
_ENDS = {"\n": "␊", "\r": "␍", "\r\n": "␍␊", "": "no line end"}


class Line(Struct, frozen=True):
    """One line of one version, as it is shown.

    Attributes:
        number: from 1.
        text: without its line end; of a very long line, the part that is shown.
        marks: what differs from the other version, rising and apart.
        cut_before, cut_after: characters that are left out on either side.
        end: the line end in words where it differs from the other version's; empty where not.
    """

    number: int
    text: str
    marks: tuple[Mark, ...] = ()
    cut_before: int = 0
    cut_after: int = 0
    end: str = ""


class Row(Struct, frozen=True):
    """An old line beside a new one; a row that is removed or added has only one of them."""

    kind: Kind
    old: Line | None
    new: Line | None


class Fold(Struct, frozen=True):
    """The middle of a long run of lines that are all removed, or all added.

    Attributes:
        first: number of its first line, from 1.
        lines: as plain text; fewer than `count` where there are very many.
    """

    kind: Literal["removed", "added"]
    first: int
    count: int
    lines: tuple[str, ...]


class Hunk(Struct, frozen=True):
    """Changed lines with some lines around them.

    Attributes:
        skipped: unchanged lines between this hunk and the one before, or the beginning of the file.
        old_inside, new_inside: quotes of the string in which the old and the new lines begin; empty outside of one.
    """

    rows: tuple[Row | Fold, ...]
    skipped: int
    old_inside: str = ""
    new_inside: str = ""


class FileDiff(Struct, frozen=True):
    """Two versions of a file.

    Attributes:
        added, removed: lines, all of them.
        skipped: unchanged lines after the last hunk.
        left_out: changed lines that no row and no fold holds, as there are too many.
    """

    hunks: tuple[Hunk, ...]
    added: int
    removed: int
    skipped: int
    left_out: int = 0


def diff(before: bytes | None, after: bytes | None) -> FileDiff:
    """Compare two versions of a file; None stands for no file.

    A byte order mark that only one of them has is part of its first line.
    """
    is_marked = before is not None and after is not None and readable(before).bom != readable(after).bom
    old, new = _Version.of(before or b"", is_marked), _Version.of(after or b"", is_marked)
    blocks = changed_blocks(old.raw, new.raw)
    groups = list(_grouped(blocks))
    insides = zip(
        open_strings(before or b"", [old.starts[_start(group[0].old_start)] for group in groups]),
        open_strings(after or b"", [new.starts[_start(group[0].new_start)] for group in groups]),
        strict=True,
    )
    hunks: list[Hunk] = []
    shown_to, room = 0, _Room(MOST_ROWS, MOST_FOLDED)
    for group, (old_inside, new_inside) in zip(groups, insides, strict=True):
        start = _start(group[0].old_start)
        rows = tuple(room.take(_folded(_rows(old, new, group), room)))
        if rows:
            hunks.append(Hunk(rows, start - shown_to, old_inside, new_inside))
        shown_to = min(len(old.raw), group[-1].old_end + CONTEXT_LINES)
    return FileDiff(
        tuple(hunks),
        added=sum(block.new_end - block.new_start for block in blocks),
        removed=sum(block.old_end - block.old_start for block in blocks),
        skipped=len(old.raw) - shown_to,
        left_out=room.left_out,
    )


class _Version(Struct, frozen=True):
    """A file as lines of bytes, with the offset of each and of its end."""

    raw: list[bytes]
    starts: list[int]
    encoding: str

    @classmethod
    def of(cls, content: bytes, is_marked: bool) -> _Version:
        """Args: is_marked: the byte order mark is part of the first line."""
        source = readable(content)
        raw = content[0 if is_marked else source.bom :].splitlines(keepends=True)
        return cls(raw, list(source.line_starts), source.encoding)

    def text(self, at: int) -> tuple[str, str]:
        """Line `at`, from 0, and its line end."""
        text = self.raw[at].decode(self.encoding, "backslashreplace")
        bare = text.rstrip("\r\n")
        return bare, text[len(bare) :]


def _start(at: int) -> int:
    return max(0, at - CONTEXT_LINES)


def _grouped(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Blocks that are so near to each other that the lines around them meet."""
    group: list[Block] = []
    for block in blocks:
        if group and block.old_start - group[-1].old_end > 2 * CONTEXT_LINES + LEAST_SKIPPED:
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _rows(old: _Version, new: _Version, group: Sequence[Block]) -> Iterator[Row]:
    at = _start(group[0].old_start)
    shift = group[0].new_start - group[0].old_start
    for block in group:
        yield from _same(old, new, at, block.old_start, shift)
        yield from _changed(old, new, block)
        at, shift = block.old_end, block.new_end - block.old_end
    yield from _same(old, new, at, min(at + CONTEXT_LINES, len(old.raw)), shift)


def _same(old: _Version, new: _Version, start: int, end: int, shift: int) -> Iterator[Row]:
    for at in range(start, end):
        text, _ = old.text(at)
        other, _ = new.text(at + shift)  # in another encoding the same bytes are another text
        yield Row("same", _line(at, text), _line(at + shift, other))


def _changed(old: _Version, new: _Version, block: Block) -> Iterator[Row]:
    old_texts = [old.text(at) for at in range(block.old_start, block.old_end)]
    new_texts = [new.text(at) for at in range(block.new_start, block.new_end)]
    pairs = pair_lines([text for text, _ in old_texts], [text for text, _ in new_texts])
    i = j = 0
    for old_at, new_at in (*pairs, (len(old_texts), len(new_texts))):
        while i < old_at or j < new_at:  # lines without a partner stand beside each other
            ends = _differing(old_texts[i][1], new_texts[j][1]) if i < old_at and j < new_at else ("", "")
            left = _line(block.old_start + i, old_texts[i][0], end=ends[0]) if i < old_at else None
            right = _line(block.new_start + j, new_texts[j][0], end=ends[1]) if j < new_at else None
            kind: Kind = "changed" if left and right else "removed" if left else "added"
            yield Row(kind, left, right)
            i, j = i + (left is not None), j + (right is not None)
        if old_at < len(old_texts) and new_at < len(new_texts):
            yield _pair(block.old_start + i, old_texts[i], block.new_start + j, new_texts[j])
            i, j = i + 1, j + 1


def _pair(old_at: int, old: tuple[str, str], new_at: int, new: tuple[str, str]) -> Row:
    old_marks, new_marks = _marks(old[0], new[0])
    ends = _differing(old[1], new[1])
    return Row("changed", _line(old_at, old[0], old_marks, ends[0]), _line(new_at, new[0], new_marks, ends[1]))


def _differing(old_end: str, new_end: str) -> tuple[str, str]:
    """Two line ends in words where they differ; empty where not."""
    return (_ENDS[old_end], _ENDS[new_end]) if old_end != new_end else ("", "")


def _marks(old: str, new: str) -> tuple[tuple[Mark, ...], tuple[Mark, ...]]:
    """What differs, word by word.

    Nothing is marked where little is left in common, but for one place that differs between words that do not.
    """
    old_words, new_words = _WORD.findall(old), _WORD.findall(new)
    if max(len(old_words), len(new_words)) > _MOST_WORDS:
        return _marks_of_ends(old, new)
    matcher = SequenceMatcher(None, old_words, new_words, autojunk=False)
    in_common = sum(len("".join(old_words[m.a : m.a + m.size]).strip()) for m in matcher.get_matching_blocks())
    changes = sum(tag != "equal" for tag, *_ in matcher.get_opcodes())
    if not in_common or (changes > 1 and in_common < _LEAST_IN_COMMON * min(len(old.strip()), len(new.strip()))):
        return (), ()
    old_marks: list[Mark] = []
    new_marks: list[Mark] = []
    old_ends, new_ends = _ends(old_words), _ends(new_words)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            _add(old_marks, (old_ends[i1], old_ends[i2]), old)
            _add(new_marks, (new_ends[j1], new_ends[j2]), new)
    return tuple(old_marks), tuple(new_marks)


def _marks_of_ends(old: str, new: str) -> tuple[tuple[Mark, ...], tuple[Mark, ...]]:
    """All but what is the same at both ends."""
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    tail = next((at for at in range(shorter - head) if old[-1 - at] != new[-1 - at]), shorter - head)
    return tuple(((head, len(text) - tail),) if len(text) > head + tail else () for text in (old, new))  # type: ignore[return-value]


def _ends(words: Sequence[str]) -> list[int]:
    ends = [0]
    for word in words:
        ends.append(ends[-1] + len(word))
    return ends


def _add(marks: list[Mark], mark: Mark, text: str) -> None:
    """Add a mark; one with nothing but blanks since the last one becomes part of it."""
    if mark[0] == mark[1]:
        return
    if marks and not text[marks[-1][1] : mark[0]].strip():
        mark = (marks.pop()[0], mark[1])
    marks.append(mark)


def _line(at: int, text: str, marks: tuple[Mark, ...] = (), end: str = "") -> Line:
    if len(text) <= LONGEST_LINE:
        return Line(at + 1, text, marks, end=end)
    first = marks[0][0] if marks else 0
    start = min(max(0, first - _LEAD), len(text) - LONGEST_LINE)
    stop = start + LONGEST_LINE
    moved = tuple((max(a, start) - start, min(b, stop) - start) for a, b in marks if a < stop and b > start)
    return Line(at + 1, text[start:stop], moved, start, len(text) - stop, end)


class _Room:
    """How much of one file there is still room for."""

    def __init__(self, rows: int, folded: int) -> None:
        self._rows = rows
        self._folded = folded
        self.left_out = 0

    def take(self, rows: Iterator[Row | Fold]) -> Iterator[Row | Fold]:
        for row in rows:
            if self._rows > 0:
                self._rows -= 1
                yield row
            elif isinstance(row, Fold):
                self.left_out += row.count
            elif row.kind != "same":
                self.left_out += (row.old is not None) + (row.new is not None)

    def fold(self, lines: Sequence[Line]) -> tuple[str, ...]:
        """Those of the lines that there is room for, as plain text."""
        taken = lines[: self._folded]
        self._folded -= len(taken)
        return tuple(
            f"{line.text}… {line.cut_after} more characters" if line.cut_after else line.text for line in taken
        )


def _folded(rows: Iterator[Row], room: _Room) -> Iterator[Row | Fold]:
    head, tail = SHOWN_OF_RUN
    for kind, group in groupby(rows, key=lambda row: row.kind):
        run = list(group)
        if len(run) <= LONGEST_RUN or kind in ("same", "changed"):
            yield from run
            continue
        lines = [line for row in run[head : len(run) - tail] if (line := row.old or row.new) is not None]
        yield from run[:head]
        yield Fold("removed" if kind == "removed" else "added", lines[0].number, len(lines), room.fold(lines))
        yield from run[len(run) - tail :]
