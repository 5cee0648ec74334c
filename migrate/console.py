"""Where text goes: results to stdout, progress and errors to stderr, plain where nobody looks."""

from __future__ import annotations

import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from migrate.outlet import Outlet
from rollback.errors import escape

if TYPE_CHECKING:
    from migrate.previewing import Progress

Echo = Callable[[bytes], None]

SLOW_S = 0.5
"""A progress bar appears when a step takes longer than this."""

_STYLES = {b"+": "green", b"-": "red", b"@": "cyan"}


class Voice:
    """How a command speaks.

    Attributes:
        quiet: results only. verbose: details as well.
        json: stdout is for one JSON document; people's text goes to stderr.
        waits: how long each question has waited for its answer, and each text for a person to be done with it, so far,
            in seconds.
    """

    def __init__(self, *, quiet: bool = False, verbose: bool = False, json: bool = False) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self.json = json
        self.waits: list[float] = []
        self._said: set[str] = set()
        self._out = Outlet(sys.stderr if json else sys.stdout)
        self._err = Outlet(sys.stderr)

    @property
    def is_terminal(self) -> bool:
        """Do results go to a terminal?"""
        return self._out.is_terminal

    @property
    def width(self) -> int:
        """Columns of a line of results."""
        return self._out.width

    @property
    def rows(self) -> int | None:
        """Rows of the screen that results go to; None where they go elsewhere."""
        return self._out.console.height if self._out.is_terminal else None

    @property
    def has_unicode(self) -> bool:
        """Can results have more than ASCII?"""
        return self._out.encoding.startswith("utf")

    def say(self, text: str = "", style: str = "") -> None:
        """A result; control characters are spelled out."""
        self._out.print(printable(text), style)

    def say_once(self, text: str) -> None:
        """A result that is said only the first time."""
        if text not in self._said:
            self._said.add(text)
            self.say(text)

    def show(self, renderable: Any) -> None:
        """A table or another of rich's objects."""
        self._out.console.print(renderable, soft_wrap=False)

    def exact(self, text: str) -> None:
        """A text of this tool's own, as it is."""
        stream = sys.stderr if self.json else sys.stdout
        stream.write(text)
        stream.flush()

    def note(self, text: str, style: str = "") -> None:
        """A remark beside the results."""
        if not self.quiet:
            self._err.print(printable(text), style)

    def error(self, text: str) -> None:
        self._err.print(printable(text), "red")

    def document(self, document: dict[str, Any]) -> None:
        """The one JSON document of a command."""
        import json

        json.dump(document, sys.stdout, indent=2)
        sys.stdout.write("\n")
        sys.stdout.flush()

    def diff(self, lines: list[bytes], encoding: str = "utf-8", *, asked: bool = False) -> None:
        """A diff: its exact bytes into a pipe, coloured and with control characters spelled out on a terminal.

        Args:
            encoding: of the file, for the terminal.
            asked: a question about it follows; where results go into a file, it is on the terminal of the questions.
        """
        outlet = self._err if asked and not self._out.is_terminal and self._err.is_terminal else self._out
        if not outlet.is_terminal:
            stream = sys.stderr if self.json else sys.stdout
            stream.flush()
            stream.buffer.write(b"".join(lines))
            stream.buffer.flush()
            return
        for line in lines:
            style = "bold" if line.startswith((b"diff ", b"--- ", b"+++ ")) else _STYLES.get(line[:1], "")
            outlet.print(shown(line, encoding), style)

    def ask(self, question: str, at_end: str = "") -> str:
        """The answer to a question, lower case and stripped; empty for Enter, `at_end` for the end of input."""
        self._err.print(printable(question), end=" ")
        with self.waiting():
            try:
                return input().strip().lower()
            except EOFError:
                self._err.print()
                return at_end

    def forget_typed(self) -> None:
        """Drop what was typed ahead of the next question."""
        if sys.stdin is not None and sys.stdin.isatty():
            termios.tcflush(sys.stdin, termios.TCIFLUSH)

    def reply(self, text: str) -> None:
        """An answer to somebody at a prompt, who has asked for it; also with `quiet`."""
        self._err.print(printable(text))

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """A person is at work in the block, and the tool waits."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.waits.append(time.monotonic() - began)

    def confirm(self, question: str) -> bool:
        """Yes only if the answer says so; Enter means no."""
        return self.ask(f"{question} [y/N]") in ("y", "yes")

    def echo(self, chunk: bytes) -> None:
        """Output of a command that runs, as it comes."""
        from migrate.process import readable

        if self.verbose and not self.quiet:
            self._err.print(printable(readable(chunk)), end="")

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Say what is going on; on a terminal with a clock until it is done."""
        self.note(what)
        if self.quiet or self.verbose or not self._err.is_terminal:
            yield
            return
        from rich.progress import Progress, SpinnerColumn, TimeElapsedColumn

        with Progress(SpinnerColumn(), TimeElapsedColumn(), console=self._err.console, transient=True) as bar:
            bar.add_task(what, total=None)
            yield

    @contextmanager
    def watching(self, what: str, title: str, timeout_s: float) -> Iterator[Echo | None]:
        """Say that a command runs, and give who hears its output: on a terminal, a panel with a clock until it is done.

        With `verbose` all of the output is shown, and stays.

        Args:
            title: of the panel. timeout_s: when it will be ended, seconds from now.
        """
        self.note(what)
        if self.quiet:
            yield None
        elif not self._err.is_terminal:
            yield self.echo if self.verbose else None
        else:
            from migrate.panel import OutputPanel

            with OutputPanel(self._err.console, title, timeout_s) as panel:

                def hear(chunk: bytes) -> None:
                    self.echo(chunk)
                    panel.hear(chunk)

                yield hear

    @contextmanager
    def progress(self, what: str) -> Iterator[Progress | None]:
        """A bar on stderr for a step that takes a while; None where nobody would see it."""
        if self.quiet or not self._err.is_terminal:
            yield None
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        bar = Progress(*columns, console=self._err.console, transient=True)
        task = bar.add_task(what, total=None)
        started = time.monotonic()

        def tick(done: int, total: int) -> None:
            if not bar.live.is_started and time.monotonic() - started > SLOW_S:
                bar.start()
            bar.update(task, completed=done, total=total)

        try:
            yield tick
        finally:
            bar.stop()


def shown(line: bytes, encoding: str = "utf-8") -> str:
    """A line of a diff as a terminal gets it: without its end, control characters spelled out."""
    return printable(line.decode(encoding, "replace").removesuffix("\n"))


def printable(text: str) -> str:
    """`text` with control characters spelled out, line ends and tabs left."""
    return "\n".join("\t".join(escape(part) for part in line.split("\t")) for line in text.split("\n"))
