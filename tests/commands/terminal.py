"""A real pseudo-terminal with `migrate` at it, and a person who reads and types."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from nursery import TIMEOUT_S, Forked
from sample import Sample

ROWS, COLUMNS = 50, 160
CTRL_C, CTRL_D = "\x03", "\x04"

_STYLE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """What a person at the terminal sees and does."""

    def __init__(self, master: int, process: Forked) -> None:
        self._master = master
        self._process = process
        self._read = 0
        self.pid = process.pid
        self.raw = b""

    @property
    def text(self) -> str:
        """Everything on the screen so far, without colours."""
        return _STYLE.sub(b"", self.raw).replace(b"\r\n", b"\n").decode("utf-8", "replace")

    def expect(self, text: str) -> None:
        """Wait until `text` appears after what was expected before."""
        until = time.monotonic() + TIMEOUT_S
        while text not in self.text[self._read :]:
            assert time.monotonic() < until, self.text
            assert self._take(), f"ended without {text!r}: {self.text}"
        self._read = self.text.index(text, self._read) + len(text)

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def answer(self, question: str, keys: str) -> None:
        """Wait for `question`, and answer it with `keys` and Enter."""
        self.expect(question)
        self.type(f"{keys}\n")

    def end(self) -> int:
        """Read to the end; the exit code."""
        while self._take():
            pass
        code = self._process.wait()
        assert "Traceback" not in self.text, self.text
        return code

    def _take(self) -> bool:
        """Read what there is; False at the end."""
        ready, _, _ = select.select([self._master], [], [], TIMEOUT_S)
        assert ready, self.text
        piece = b""
        with suppress(OSError):  # Linux: nobody has the other side open any more
            piece = os.read(self._master, 65536)
        self.raw += piece
        return piece != b""


@contextmanager
def terminal(
    sample: Sample, *args: str, columns: int = COLUMNS, rows: int = ROWS, out: Path | None = None, **env: str
) -> Iterator[Terminal]:
    """`migrate ARGS` at a terminal of its own.

    Args:
        columns, rows: its size. out: a file that takes stdout instead.
    """
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    with nullcontext(slave) if out is None else out.open("wb") as stdout:
        process = Forked(
            args, sample.root, {**sample.env, **env}, slave, stdout if out is None else stdout.fileno(), slave
        )
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        process.kill()
        process.wait()
        os.close(master)
