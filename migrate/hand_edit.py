"""Hunks as a text for an editor, and the edited text read back, strictly, as edits of whole lines."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from itertools import accumulate

from msgspec import Struct

from migrate.diff import Block, Hunk, hunks, trimmed
from migrate.edits import Edit, OverlappingEdits, Span, apply_edits, in_order
from migrate.lines import lines_of
from migrate.source import readable
from rollback.errors import count, escape

BY_HAND = "by-hand"
"""The kind of an edit that a person wrote."""

_GUIDE = b"""# ---
# Lines that begin with '-' go. To keep one, write ' ' in place of '-'.
# Lines that begin with '+' come. Change them, delete them, add others.
# Lines that begin with ' ' stay, and must be left as they are.
# Lines that begin with '#' are ignored.
# If nothing is left, the edit is dropped and the hunk is asked about again.
"""


_OUTDATED = b"""# ---
# What you wrote before; hunks beside it were decided since. Each line has a '#' in front.
"""

_Line = tuple[bytes, bytes]
"""A line behind its sign, one of ` `, `-` and `+`."""

_QUOTED = 50
"""Characters of a line that a message shows at most."""


class NotTaken(Exception):
    """An edited text that is no edit of its hunks: where, what, and what would be right."""


class HandEdit:
    """The hunks of one site, with whatever of the file's accepted edits stands among them, to be edited by hand.

    The editor gets UTF-8 and `\\n` where that can be turned back exactly; else the file's bytes as they are. A byte
    order mark and the absence of a final newline are not shown, and stay.

    Attributes:
        absorbed: the accepted edits that are part of the text; what is read from it takes their place.
    """

    def __init__(self, before: bytes, site: Sequence[Edit], accepted: Sequence[Edit] = ()) -> None:
        """
        Args:
            before: the file's bytes.
            site: the edits in question. accepted: others of the file, which do not overlap with them.
        """
        together = in_order((*site, *accepted))
        after = apply_edits(before, together)
        own = [block for hunk in hunks(before, in_order(site)) for block in hunk.blocks]
        self._site = site[0].site
        self._hunks = [
            hunk
            for hunk in hunks(before, together)
            if any(hunk.start <= block.start and block.end <= hunk.end for block in own)
        ]
        self._old = _without_bom(lines_of(before))
        self._starts = list(accumulate((len(line) for line in self._old), initial=len(before) - _length(self._old)))
        self._old_look, self._new_look = _Look.of(before), _Look.of(after)
        self._ends_bare = not after.endswith(b"\n")
        inside = {edit for hunk in self._hunks for block in hunk.blocks for edit in block.edits}
        covered = [Span(hunk.start and self._starts[hunk.start], self._starts[hunk.end]) for hunk in self._hunks]
        self.absorbed = tuple(
            edit for edit in accepted if edit in inside or any(_holds(span, edit.span) for span in covered)
        )

    def text(self, title: str, draft: bytes = b"", why: str = "", *, outdated: bool = False) -> bytes:
        """What the editor opens.

        Args:
            title: one line on what this is.
            draft: what came back from the editor before, and was not taken; empty for the hunks as they are.
            why: the reason for that.
            outdated: the draft is about other accepted edits than these, and comes as a comment below the hunks.
        """
        head = f"# {title}\n# {f'not taken: {why}' if why else 'How to edit it is said at the end.'}\n"
        written = [line for _, line in _significant(draft)]
        body = b"".join(line + b"\n" for line in written)
        if outdated and written:
            body = self._shown() + _OUTDATED + b"".join(b"#" + line + b"\n" for line in written)
        return head.encode("utf-8", "surrogateescape") + (body or self._shown()) + _GUIDE

    def read(self, edited: bytes) -> tuple[Edit, ...] | None:
        """The edits that the text stands for; those that were left as they were, as they are.

        Returns:
            By place, the site's number in all that are new; None where no change is left.
        Raises:
            NotTaken: a line is not what it may be.
        """
        parts = self._parts(list(_significant(edited)))
        kept: list[Edit] = []
        written: list[Edit] = []
        every: list[Edit] = []
        for hunk, part in zip(self._hunks, parts, strict=False):
            offered = {(block.start, block.end, block.new): block.edits for block in self._offered(hunk)}
            for block in self._blocks(self._entries(hunk, part), hunk):
                edit = self._edit(block)
                every.append(edit)
                same = offered.get((block.start, block.end, block.new))
                kept += same or ()
                written += (edit,) if same is None else ()
        if not every:
            return None
        try:
            return in_order((*kept, *written))
        except OverlappingEdits:  # an edit may reach into lines around its own that stay the same
            return in_order(every)

    def _shown(self) -> bytes:
        looks = {b" ": self._old_look, b"-": self._old_look, b"+": self._new_look}
        shown: list[bytes] = []
        for hunk in self._hunks:
            shown.append(hunk.header)
            shown += (sign + looks[sign].show(line) + b"\n" for sign, line in self._body(hunk))
        return b"".join(shown)

    def _body(self, hunk: Hunk) -> list[_Line]:
        return [
            (sign, line.removeprefix(codecs.BOM_UTF8) if hunk.start == 0 else line)
            for sign, line in hunk.body(self._old)
        ]

    def _parts(self, lines: Sequence[tuple[int, bytes]]) -> list[list[tuple[int, bytes]]]:
        """The lines of each hunk with their numbers; none where no hunk has any.

        Raises:
            NotTaken: the hunks cannot be told apart any more.
        """
        parts: list[list[tuple[int, bytes]]] = []
        for number, line in lines:
            if line.startswith(b"@@"):
                parts.append([])
            elif parts:
                parts[-1].append((number, line))
            elif line:
                raise NotTaken(f"line {number}: {_quote(line)} stands before the line with '@@'; write it below")
        if not any(parts):
            return []
        if len(parts) != len(self._hunks):
            here, there = len(parts), len(self._hunks)
            raise NotTaken(f"{count(here, 'line')} with '@@' where there {_were(there)}; leave those as they are")
        return parts

    def _entries(self, hunk: Hunk, part: Sequence[tuple[int, bytes]]) -> list[_Line]:
        """Each line behind its sign, in the file's own bytes.

        Raises:
            NotTaken: a line that is not new is not as in the file, or a new one cannot be written in its encoding.
        """
        entries: list[_Line] = []
        at = hunk.start
        for number, line in part:
            sign, text = line[:1] or b" ", line[1:]  # editors take the blank from an empty line
            if sign == b"+":
                entries.append((sign, self._read_new(number, text)))
                continue
            if sign not in (b" ", b"-"):
                raise NotTaken(f"line {number}: {_quote(line)} begins with none of ' ', '-' and '+'")
            if at == hunk.end:
                raise NotTaken(f"line {number}: {_quote(text)} is beyond the end of the hunk; begin new lines with '+'")
            expected = self._old_look.show(self._old[at])
            if text != expected:
                raise NotTaken(f"line {number}: {_quote(text)} is not what the file has there, {_quote(expected)}; "
                               "change only lines with '+'")  # fmt: skip
            entries.append((sign, self._old[at]))
            at += 1
        missing = next((line for line in map(self._old_look.show, self._old[at : hunk.end]) if line), None)
        if missing is not None:
            raise NotTaken(f"{_quote(missing)} is missing at the end of a hunk; change only lines with '+'")
        return [*entries, *((b" ", line) for line in self._old[at : hunk.end])]

    def _blocks(self, entries: list[_Line], hunk: Hunk) -> Iterator[Block]:
        """What changes, each run of changed lines one block."""
        if hunk.end == len(self._old):
            entries = self._at_the_end(entries)
        start = at = hunk.start
        new: list[bytes] = []
        for sign, line in (*entries, (b" ", b"")):
            if sign == b" ":
                block = trimmed(self._old, Block(start, at, tuple(new)))
                if block.start < block.end or block.new:
                    yield block
                start, new = at + 1, []
            elif sign == b"+":
                new.append(line)
            at += sign != b"+"

    def _at_the_end(self, entries: Sequence[_Line]) -> list[_Line]:
        """The last lines of the file: only the very last one may have no end, and has none if that was offered."""
        last = max((index for index, (sign, _) in enumerate(entries) if sign != b"-"), default=-1)
        ended: list[_Line] = []
        for index, (sign, line) in enumerate(entries):
            if sign == b" " and index < last and not line.endswith(b"\n"):
                ended += ((b"-", line), (b"+", line + self._new_look.newline))
            elif sign == b"+" and index == last and self._ends_bare:
                ended.append((sign, line.removesuffix(self._new_look.newline)))
            else:
                ended.append((sign, line))
        return ended

    def _offered(self, hunk: Hunk) -> Iterator[Block]:
        """The blocks of the hunk as they are read back, those that touch as one."""
        bodies = (self._body(Hunk(block.start, block.end, 0, (block,))) for block in hunk.blocks)
        touching: list[Block] = []
        for block, body in zip(hunk.blocks, bodies, strict=True):
            new = tuple(line for sign, line in body if sign == b"+")
            if touching and touching[-1].end == block.start:
                before = touching.pop()
                block = Block(before.start, block.end, (*before.new, *new), (*before.edits, *block.edits))
            else:
                block = Block(block.start, block.end, new, block.edits)
            touching.append(block)
        yield from (trimmed(self._old, block) for block in touching)

    def _edit(self, block: Block) -> Edit:
        span = Span(self._starts[block.start], self._starts[block.end])
        return Edit(span, b"".join(block.new), BY_HAND, self._site)

    def _read_new(self, number: int, text: bytes) -> bytes:
        try:
            return self._new_look.read(text)
        except UnicodeError:
            encoding = self._new_look.encoding
            raise NotTaken(f"line {number}: {_quote(text)} cannot be written in {encoding}, as the file is") from None


class _Look(Struct, frozen=True):
    """How the lines of a file look in an editor.

    Attributes:
        encoding: shown as UTF-8 instead; "" where the bytes are shown as they are.
        newline: how lines end.
    """

    encoding: str
    newline: bytes

    @staticmethod
    def of(content: bytes) -> _Look:
        lines = lines_of(content)
        ended = [line for line in lines if line.endswith(b"\n")]
        newline = b"\r\n" if ended and all(line.endswith(b"\r\n") for line in ended) else b"\n"
        look = _Look(readable(content).encoding, newline)
        try:
            is_exact = all(look.read(look.show(line)) == line.removesuffix(newline) + newline for line in lines)
        except UnicodeError:
            is_exact = False
        return look if is_exact else _Look("", newline)

    def show(self, line: bytes) -> bytes:
        """A line of the file, without its end."""
        bare = line.removesuffix(self.newline)
        if not self.encoding:
            return bare
        return bare.decode(self.encoding, "surrogateescape").encode("utf-8", "surrogateescape")

    def read(self, shown: bytes) -> bytes:
        """The line, with its end, that looks like that.

        Raises:
            UnicodeError: the file's encoding does not have it.
        """
        if not self.encoding:
            return shown + self.newline
        return shown.decode("utf-8", "surrogateescape").encode(self.encoding, "surrogateescape") + self.newline


def _significant(text: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines that are no comments, with their numbers from 1, without those that are empty at the end."""
    lines = text.split(b"\n")
    if len(lines) > 1 and all(line.endswith(b"\r") for line in lines[:-1]):
        lines = [line.removesuffix(b"\r") for line in lines]
    numbered = [(number, line) for number, line in enumerate(lines, 1) if not line.startswith(b"#")]
    while numbered and not numbered[-1][1]:
        numbered.pop()
    yield from numbered


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _without_bom(lines: list[bytes]) -> list[bytes]:
    return [lines[0].removeprefix(codecs.BOM_UTF8), *lines[1:]] if lines else lines


def _length(lines: Sequence[bytes]) -> int:
    return sum(map(len, lines))


def _were(number: int) -> str:
    return "was 1" if number == 1 else f"were {number}"


def _quote(line: bytes) -> str:
    """A line in quotes, on one line, and not all of a long one."""
    text = escape(line.decode("utf-8", "replace"))
    return f"'{text[:_QUOTED]}…'" if len(text) > _QUOTED else f"'{text}'"
