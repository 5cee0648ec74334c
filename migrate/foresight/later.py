"""The files of a repository as they will be after phase 3, and where a place in them is today."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from migrate.edits import Edit, Span, apply_edits
from migrate.foresight.uses import Use
from migrate.source import readable


class Later(Struct, frozen=True):
    """Files with the edits of phase 3 in them.

    Attributes:
        now, now_if_there: the bytes of a file as it is, by its path.
        edits: of phase 3, by path.
    """

    now: Callable[[str], bytes]
    now_if_there: Callable[[str], bytes | None]
    edits: Mapping[str, Sequence[Edit]]

    def read(self, path: str) -> bytes:
        return apply_edits(self.now(path), tuple(self.edits.get(path, ())))

    def read_if_there(self, path: str) -> bytes | None:
        content = self.now_if_there(path)
        return None if content is None else apply_edits(content, tuple(self.edits.get(path, ())))

    def line_as_it_is(self, path: str, line: int) -> int:
        """A line of a file after phase 3, as it is counted today."""
        edits = sorted(self.edits.get(path, ()), key=lambda edit: edit.span)
        if not edits or not line:
            return line
        start, _ = _before(readable(self.read(path)).line_starts[line - 1], edits)
        return readable(self.now(path)).position(start)[0]

    def as_it_is(self, use: Use) -> Use:
        """A use that was found later, at the place where it is today."""
        edits = sorted(self.edits.get(use.path, ()), key=lambda edit: edit.span)
        if not edits:
            return use
        content = self.now(use.path)
        later, source = readable(self.read(use.path)), readable(content)
        first, last = later.offset(use.line, use.column), later.line_starts[use.last_line - 1]
        start, within = _before(first, edits)
        if within is not None:  # the edit changes the statement around it
            found = re.search(rb"(?<!\w)" + re.escape(use.name.encode()) + rb"(?!\w)", content[start : within.end])
            start += found.start() if found is not None else 0
        line, column = source.position(start)
        end, _ = _before(last, edits)
        span = Span(_before(use.span.start, edits)[0], _before(use.span.end, edits)[0])
        return replace(use, line=line, column=column, last_line=max(line, source.position(end)[0]), span=span)


def _before(offset: int, edits: Sequence[Edit]) -> tuple[int, Span | None]:
    """Where a byte was before the edits, and the bytes that an edit replaced by some with it among them."""
    shift = 0
    for edit in edits:
        start = edit.span.start + shift
        if offset < start:
            break
        if offset < start + len(edit.after):
            return edit.span.start, edit.span
        shift += len(edit.after) - (edit.span.end - edit.span.start)
    return offset - shift, None
