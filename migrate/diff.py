"""Unified diffs made from the edits themselves: exact bytes, and no comparison of whole files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from migrate.edits import Edit, Span, apply_edits
from migrate.lines import Lines, lines_of

CONTEXT_LINES = 3
_NO_NEWLINE = b"\\ No newline at end of file\n"


class Block(Struct, frozen=True):
    """Lines that change, with what they become.

    Attributes:
        start, end: lines of the old file, from 0, `end` exclusive; equal where lines only come in.
        new: the lines that come, with their ends.
        edits: those that make it, perhaps reaching beyond its lines where those stay the same.
    """

    start: int
    end: int
    new: tuple[bytes, ...]
    edits: tuple[Edit, ...] = ()


class Hunk(Struct, frozen=True):
    """Blocks that stand close together, and the lines around them.

    Attributes:
        start, end: lines of the old file with context, from 0, `end` exclusive.
        shift: how many lines the hunks before it have added.
    """

    start: int
    end: int
    shift: int
    blocks: tuple[Block, ...]

    @property
    def grown(self) -> int:
        """How many lines it adds."""
        return sum(len(block.new) - (block.end - block.start) for block in self.blocks)

    @property
    def header(self) -> bytes:
        """Its `@@` line."""
        length = self.end - self.start
        return b"@@ -%s +%s @@\n" % (
            _range(self.start, length),
            _range(self.start + self.shift, length + self.grown),
        )

    def body(self, old: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """Each line of it behind its sign, one of ` `, `-` and `+`.

        Args:
            old: the lines of the whole old file.
        """
        at = self.start
        for block in self.blocks:
            yield from ((b" ", line) for line in old[at : block.start])
            yield from ((b"-", line) for line in old[block.start : block.end])
            yield from ((b"+", line) for line in block.new)
            at = block.end
        yield from ((b" ", line) for line in old[at : self.end])


def unified_diff(path: str, before: bytes, edits: Sequence[Edit]) -> list[bytes]:
    """The diff of one file, in lines with their ends, as `git apply` reads it.

    Args:
        path: relative to the root, with `/`.
        before: the file's bytes. edits: by place, none overlapping.
    Returns:
        No line where `edits` change nothing. Lines end at `\n` only, as git counts them.
    """
    if apply_edits(before, edits) == before:
        return []
    old = Lines(before)
    name = quoted(path)
    lines = [
        b"diff --git %s %s\n" % (_prefixed(b"a/", name), _prefixed(b"b/", name)),
        b"--- %s\n" % _prefixed(b"a/", name),
        b"+++ %s\n" % _prefixed(b"b/", name),
    ]
    for hunk in _hunks(before, old, edits):
        lines.append(hunk.header)
        for line in (sign + line for sign, line in hunk.body(old)):
            lines += (line,) if line.endswith(b"\n") else (line + b"\n", _NO_NEWLINE)
    return lines


def hunks(before: bytes, edits: Sequence[Edit]) -> list[Hunk]:
    """What `edits` change, with three lines of context, by place; changes that stand close share a hunk.

    Args:
        edits: by place, none overlapping.
    """
    return _hunks(before, Lines(before), edits)


def _hunks(before: bytes, old: Lines, edits: Sequence[Edit]) -> list[Hunk]:
    changed = (trimmed(old, block) for block in _blocks(before, old, edits))
    found: list[Hunk] = []
    shift = 0
    for blocks in _close(block for block in changed if block.start < block.end or block.new):
        start = max(0, blocks[0].start - CONTEXT_LINES)
        found.append(Hunk(start, min(len(old), blocks[-1].end + CONTEXT_LINES), shift, tuple(blocks)))
        shift += found[-1].grown
    return found


def quoted(path: str) -> bytes:
    """A path as git writes it in a diff: C-quoted where it holds control characters, quotes or odd bytes."""
    raw = path.encode("utf-8", "surrogateescape")
    if all(0x20 <= byte < 0x7F and byte not in b'"\\' for byte in raw):
        return raw
    named = {0x22: b'\\"', 0x5C: b"\\\\", 0x0A: b"\\n", 0x09: b"\\t", 0x0D: b"\\r"}
    quoted_bytes = (named.get(byte) or (bytes([byte]) if 0x20 <= byte < 0x7F else b"\\%03o" % byte) for byte in raw)
    return b'"' + b"".join(quoted_bytes) + b'"'


def _prefixed(prefix: bytes, name: bytes) -> bytes:
    return b'"' + prefix + name[1:] if name.startswith(b'"') else prefix + name


def _blocks(before: bytes, old: Lines, edits: Sequence[Edit]) -> Iterator[Block]:
    """The lines that the edits touch; edits on neighbouring lines share a block, new lines have one of their own."""
    group: list[Edit] = []
    first, last = 0, -1
    open_end = -1
    for edit in edits:
        top = old.at(edit.span.start)
        bottom = max(top, old.at(max(0, edit.span.end - 1)))
        if _is_open(edit, old.start(top), open_end):
            open_end = edit.span.end
            if bottom + 1 < len(old) and edit.span.end == old.start(
                bottom + 1
            ):  # the next line becomes a part of this one
                bottom += 1
        inserts_lines = edit.span.start == edit.span.end == old.start(top) and edit.after.endswith(b"\n")
        if group and top > last + 1:
            yield _block(before, old, first, last, group)
            group = []
        if inserts_lines and not group:
            yield Block(top, top, tuple(lines_of(edit.after)), (edit,))
            continue
        if not group:
            first = top
        group.append(edit)
        last = max(last, bottom) if len(group) > 1 else bottom
    if group:
        yield _block(before, old, first, last, group)


def _is_open(edit: Edit, start: int, open_end: int) -> bool:
    """Does a line of the result go on where the edit ends?

    Args:
        start: of the line in which the edit begins, in bytes.
        open_end: where the last edit ended that left a line open.
    """
    if edit.after:
        return not edit.after.endswith(b"\n")
    return edit.span.start > start or edit.span.start == open_end


def _block(before: bytes, old: Lines, first: int, last: int, group: Sequence[Edit]) -> Block:
    end = min(last + 1, len(old))
    offset = old.start(first)
    moved = [Edit(Span(e.span.start - offset, e.span.end - offset), e.after, e.kind, e.site) for e in group]
    return Block(first, end, tuple(lines_of(apply_edits(before[offset : old.start(end)], moved))), tuple(group))


def trimmed(old: Sequence[bytes], block: Block) -> Block:
    """The block without the lines at its ends that stay the same."""
    start, end, new = block.start, block.end, list(block.new)
    while start < end and new and old[start] == new[0]:
        start += 1
        del new[0]
    while start < end and new and old[end - 1] == new[-1]:
        end -= 1
        del new[-1]
    return Block(start, end, tuple(new), block.edits)


def _close(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """The blocks in groups whose context would touch."""
    group: list[Block] = []
    for block in blocks:
        if group and block.start - group[-1].end > 2 * CONTEXT_LINES:
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _range(start: int, count: int) -> bytes:
    """`start` from 0; an empty range names the line before it: https://www.gnu.org/software/diffutils/manual/"""
    return b"%d,%d" % (start + 1 if count else start, count)
