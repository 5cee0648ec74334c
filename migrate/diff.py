"""Unified diffs made from the edits themselves: exact bytes, and no comparison of whole files."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from migrate.edits import Edit, Span, apply_edits

CONTEXT_LINES = 3
_NO_NEWLINE = b"\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines `start` to `end` (from 0, end exclusive) of the old file, and what they become."""

    start: int
    end: int
    new: tuple[bytes, ...]


def unified_diff(path: str, before: bytes, edits: Sequence[Edit]) -> list[bytes]:
    """The diff of one file, in lines with their ends, as `git apply` reads it.

    Args:
        path: relative to the root, with `/`.
        before: the file's bytes. edits: by place, none overlapping.
    Returns:
        No line where `edits` change nothing. Lines end at `\\n` only, as git counts them.
    """
    if apply_edits(before, edits) == before:
        return []
    old = _lines(before)
    trimmed = (_trimmed(old, block) for block in _blocks(before, old, edits))
    blocks = [block for block in trimmed if block.start < block.end or block.new]
    name = quoted(path)
    lines = [
        b"diff --git %s %s\n" % (_prefixed(b"a/", name), _prefixed(b"b/", name)),
        b"--- %s\n" % _prefixed(b"a/", name),
        b"+++ %s\n" % _prefixed(b"b/", name),
    ]
    shift = 0
    for hunk in _hunks(blocks):
        start = max(0, hunk[0].start - CONTEXT_LINES)
        end = min(len(old), hunk[-1].end + CONTEXT_LINES)
        body: list[bytes] = []
        at = start
        for block in hunk:
            body += (b" " + line for line in old[at : block.start])
            body += (b"-" + line for line in old[block.start : block.end])
            body += (b"+" + line for line in block.new)
            at = block.end
        body += (b" " + line for line in old[at:end])
        grown = sum(len(b.new) - (b.end - b.start) for b in hunk)
        lines.append(b"@@ -%s +%s @@\n" % (_range(start, end - start), _range(start + shift, end - start + grown)))
        for line in body:
            lines += (line,) if line.endswith(b"\n") else (line + b"\n", _NO_NEWLINE)
        shift += grown
    return lines


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


def _lines(content: bytes) -> list[bytes]:
    lines = [line + b"\n" for line in content.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _blocks(before: bytes, old: Sequence[bytes], edits: Sequence[Edit]) -> Iterator[_Block]:
    """The lines that the edits touch; edits on neighbouring lines share a block, new lines have one of their own."""
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    group: list[Edit] = []
    first, last = 0, -1
    for edit in edits:
        top = max(0, bisect.bisect_right(starts, edit.span.start, hi=len(old)) - 1)
        bottom = max(top, bisect.bisect_left(starts, edit.span.end, hi=len(old)) - 1)
        inserts_lines = edit.span.start == edit.span.end == starts[top] and edit.after.endswith(b"\n")
        if group and top > last + 1:
            yield _block(before, starts, first, last, group)
            group = []
        if inserts_lines and not group:
            yield _Block(top, top, tuple(_lines(edit.after)))
            continue
        if not group:
            first = top
        group.append(edit)
        last = max(last, bottom) if len(group) > 1 else bottom
    if group:
        yield _block(before, starts, first, last, group)


def _block(before: bytes, starts: Sequence[int], first: int, last: int, group: Sequence[Edit]) -> _Block:
    end = min(last + 1, len(starts) - 1)
    offset = starts[first]
    moved = [Edit(Span(e.span.start - offset, e.span.end - offset), e.after, e.kind, e.site) for e in group]
    return _Block(first, end, tuple(_lines(apply_edits(before[offset : starts[end]], moved))))


def _trimmed(old: Sequence[bytes], block: _Block) -> _Block:
    """The block without the lines at its ends that stay the same."""
    start, end, new = block.start, block.end, list(block.new)
    while start < end and new and old[start] == new[0]:
        start += 1
        del new[0]
    while start < end and new and old[end - 1] == new[-1]:
        end -= 1
        del new[-1]
    return _Block(start, end, tuple(new))


def _hunks(blocks: Sequence[_Block]) -> Iterator[list[_Block]]:
    hunk: list[_Block] = []
    for block in blocks:
        if hunk and block.start - hunk[-1].end > 2 * CONTEXT_LINES:
            yield hunk
            hunk = []
        hunk.append(block)
    yield hunk


def _range(start: int, count: int) -> bytes:
    """`start` from 0; an empty range names the line before it: https://www.gnu.org/software/diffutils/manual/"""
    return b"%d,%d" % (start + 1 if count else start, count)
