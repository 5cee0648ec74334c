"""A panel on a terminal while a command runs: the last lines of its output under a clock."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from migrate.process import tail
from rollback.errors import escape

LINES = 8
"""Lines of output in the panel, at most; a low terminal has fewer."""

_KEPT = 1 << 14
_CTRL_C = len("^C") + 1
"""Columns that stay free: a terminal echoes `^C` behind the panel, and a line more could not be taken back."""


class OutputPanel:
    """What a command says, as it says it; the panel is gone when it is left.

    Args:
        what: what runs. timeout_s: when it will be ended, seconds from now.
    """

    def __init__(self, console: Console, what: str, timeout_s: float) -> None:
        self._what = what
        self._timeout_s = timeout_s
        self._heard = b""
        self._started = time.monotonic()
        self._live = Live(self, console=console, refresh_per_second=4, transient=True, redirect_stdout=False,
                          redirect_stderr=False)  # fmt: skip

    def __enter__(self) -> OutputPanel:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def hear(self, chunk: bytes) -> None:
        """Take a piece of output, raw."""
        self._heard = (self._heard + chunk)[-_KEPT:]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        elapsed = time.monotonic() - self._started
        clock = f"{elapsed:.0f} s of {self._timeout_s:.0f} s"
        lines = max(1, min(LINES, console.height - 6))
        said = [line.replace("\t", "    ") for line in tail(self._heard, lines).split("\n")]
        width = options.max_width - _CTRL_C
        room = width - 4
        body = Text("\n".join(line if len(line) <= room else f"{line[: room - 1]}…" for line in said), no_wrap=True)
        title = Text(escape(self._what), overflow="ellipsis", no_wrap=True)
        title.truncate(max(8, room - 2), overflow="ellipsis")
        yield Panel(body, title=title, title_align="left", subtitle=Text(clock), subtitle_align="right", width=width)
