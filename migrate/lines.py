"""The lines of a file, as git counts them: they end at `\\n` only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import overload


class Lines(Sequence[bytes]):
    """Lines with their ends, of which the last one may have none; no more of them are made than are asked for.

    They are found from the place that was asked for last, so it is cheap to stay near one.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._line = self._offset = 0

    @cached_property
    def _length(self) -> int:
        content = self._content
        return content.count(b"\n") + (content != b"" and not content.endswith(b"\n"))

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> list[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | list[bytes]:
        if isinstance(index, int):
            line = range(len(self))[index]
            return self._content[self.start(line) : self.start(line + 1)]
        first, last, step = index.indices(len(self))
        if step != 1:
            return [self[line] for line in range(first, last, step)]
        return lines_of(self._content[self.start(first) : self.start(max(first, last))])

    def start(self, line: int) -> int:
        """The offset in bytes of a line, from 0; of the end of the file where there is no such line."""
        if line >= len(self):
            return len(self._content)
        while self._line < line:
            self._offset = self._content.index(b"\n", self._offset) + 1
            self._line += 1
        while self._line > line:
            self._offset = self._content.rfind(b"\n", 0, self._offset - 1) + 1
            self._line -= 1
        return self._offset

    def at(self, offset: int) -> int:
        """The line that has the byte at an offset; behind the end of the file, the last one."""
        if offset >= self._offset:
            line = self._line + self._content.count(b"\n", self._offset, offset)
        else:
            line = self._line - self._content.count(b"\n", offset, self._offset)
        self._line, self._offset = line, self._content.rfind(b"\n", 0, offset) + 1
        return min(line, max(0, len(self) - 1))


def lines_of(content: bytes) -> list[bytes]:
    """All of them."""
    if b"\r" not in content:  # splitlines would end a line there, too
        return content.splitlines(keepends=True)
    lines = [line + b"\n" for line in content.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines
