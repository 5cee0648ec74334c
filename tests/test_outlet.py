"""outlet.py: what goes into a pipe is what rich would write there, without rich."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.console import printable
from migrate.outlet import PIPE_WIDTH, Outlet

NAMES = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "JUPYTER_COLUMNS", "JUPYTER_LINES")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def by_rich(text: str, style: str, end: str) -> str:
    from rich.text import Text

    outlet = Outlet(io.StringIO())
    outlet.console.print(Text(text, style=style), end=end)
    assert isinstance(outlet.stream, io.StringIO)
    return outlet.stream.getvalue()


TEXTS = st.text(
    st.one_of(st.sampled_from("ab \t\n→漢🙂\u0301\x1b\r\x07[/red]"), st.characters(exclude_categories=["Cs"]))
)


@given(TEXTS, st.sampled_from(["", "red", "bold"]), st.sampled_from(["\n", " ", ""]))
def test_as_rich_writes_it(text: str, style: str, end: str) -> None:
    outlet = Outlet(stream := io.StringIO())
    outlet.print(printable(text), style, end)
    assert stream.getvalue() == by_rich(printable(text), style, end)


@pytest.mark.parametrize("text", ["x" * 500, "word " * 200, "  indented", "trailing   ", "a\n\n  b\n", ""])
def test_long_and_blank_lines(text: str) -> None:
    outlet = Outlet(stream := io.StringIO())
    outlet.print(text)
    assert stream.getvalue() == by_rich(text, "", "\n") == text + "\n"


def test_a_pipe_is_no_terminal() -> None:
    outlet = Outlet(io.StringIO())
    assert (outlet.is_terminal, outlet.width, outlet.encoding) == (False, PIPE_WIDTH, "utf-8")
    assert outlet.console.width == PIPE_WIDTH


def test_a_terminal_gets_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    outlet = Outlet(stream := Terminal())
    outlet.print("red", "red")
    assert outlet.is_terminal
    assert stream.getvalue() == "\x1b[31mred\x1b[0m\n"


def test_who_wants_colours_in_a_pipe_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    outlet = Outlet(stream := io.StringIO())
    outlet.print("red", "red")
    assert outlet.is_terminal
    assert "\x1b[31mred" in stream.getvalue()


def test_rich_is_not_loaded_for_a_pipe() -> None:
    script = "import sys; from migrate.console import Voice; Voice().say('said'); print('rich' in sys.modules)"
    plain = {name: value for name, value in os.environ.items() if name not in NAMES}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=plain, check=True)
    assert done.stdout == "said\nFalse\n"
