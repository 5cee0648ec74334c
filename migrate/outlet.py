"""One stream that text goes to; rich is loaded only for what it is needed for, which is not a line into a pipe."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 120
"""Columns of a table where there is no terminal to ask."""

_TAKEN_FOR_TERMINALS = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "JUPYTER_COLUMNS", "JUPYTER_LINES")
"""By these variables rich may take a pipe for a terminal."""


class Outlet:
    """Where results, or remarks, go to."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    @cached_property
    def console(self) -> Console:
        """What rich makes of the stream."""
        from rich.console import Console

        width = None if self.stream.isatty() else PIPE_WIDTH
        return Console(file=self.stream, width=width, highlight=False, markup=False, emoji=False, soft_wrap=True)

    @cached_property
    def is_terminal(self) -> bool:
        """Does text get colours here?"""
        return not self._is_pipe and self.console.is_terminal

    @property
    def width(self) -> int:
        """Columns of a line."""
        return PIPE_WIDTH if self._is_pipe else self.console.width

    @property
    def encoding(self) -> str:
        """Of the stream, in lower case."""
        return (self.stream.encoding or "utf-8").lower()

    def print(self, text: str = "", style: str = "", end: str = "\n") -> None:
        """Write a text; control characters but line ends and tabs have been spelled out."""
        if self._is_pipe and "\t" not in text:  # which rich fills up by the cells that characters take
            self.stream.write(text + end)
            self.stream.flush()
            return
        from rich.text import Text

        self.console.print(Text(text, style=style), end=end)

    @cached_property
    def _is_pipe(self) -> bool:
        return not self.stream.isatty() and not any(name in os.environ for name in _TAKEN_FOR_TERMINALS)
