"""guarding/github.py: one line of output for each finding, whatever its words are."""

from __future__ import annotations

import os
import re

import pytest
from guarded import seen_at
from hypothesis import given
from hypothesis import strategies as st

from migrate.guarding.github import workflow_commands
from migrate.guarding.seen import Seen

_COMMAND = re.compile(r"::(\w+) file=([^,:]*),line=(\d+),col=(\d+),title=([^,:]*)::(.*)")


def command(seen: Seen, prefix: str = "", *, strict: bool = False) -> tuple[str, ...]:
    """Level, file, line, column, title and message, still encoded."""
    (line,) = workflow_commands([seen], prefix, strict=strict)
    found = _COMMAND.fullmatch(line)
    assert found is not None, line
    return found.groups()


def decoded(text: str) -> str:
    """As the runner reads it."""
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_nothing_found_says_nothing() -> None:
    assert list(workflow_commands([], "", strict=True)) == []


def test_a_finding_is_a_line() -> None:
    assert list(workflow_commands([seen_at("x = 1\né; f(metadata=1)\n", 2, 4)], "", strict=False)) == [
        "::error file=app/page.py,line=2,col=4,title=deprecated-import::run phase3"
    ]


@pytest.mark.parametrize(
    ("code", "strict", "level"),
    [
        ("deprecated-import", False, "error"),
        ("deprecated-keyword", False, "error"),
        ("unparseable", False, "error"),
        ("redirect-import", False, "warning"),
        ("redirect-import", True, "error"),
    ],
)
def test_what_fails_is_an_error(code: str, strict: bool, level: str) -> None:
    assert command(seen_at(code=code), strict=strict)[0] == level


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("a b.py", "a b.py"),
        ("ü.py", "ü.py"),
        ("a,b.py", "a%2Cb.py"),
        ("a:b.py", "a%3Ab.py"),
        ("a::error::b.py", "a%3A%3Aerror%3A%3Ab.py"),
        ("100%.py", "100%25.py"),
        ("%0A.py", "%250A.py"),
        ("a\r\nb.py", "a%0D%0Ab.py"),
        ("a\x1b[1mb.py", "a\\x1b[1mb.py"),
        (os.fsdecode(b"a\xff.py"), "a\\udcff.py"),
    ],
)
def test_paths_are_escaped(path: str, shown: str) -> None:
    assert command(seen_at(path=path))[1] == shown


def test_paths_are_from_the_top_of_the_working_tree() -> None:
    assert command(seen_at(), "packages/a,b/")[1] == "packages/a%2Cb/app/page.py"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("a: b, c", "a: b, c"),
        ("100%", "100%25"),
        ("a\nb", "a\\nb"),
        ("a\r::stop-commands::x", "a\\r::stop-commands::x"),
        ("a\x07\u202eb", "a\\x07\\u202eb"),
    ],
)
def test_messages_are_escaped(message: str, shown: str) -> None:
    assert command(seen_at(message=message))[-1] == shown


@given(st.text(), st.text())
def test_no_word_gets_out_of_its_line(path: str, message: str) -> None:
    _, file, *_, last = command(seen_at(path=path, message=message))
    assert (file + last).isprintable()
    plain = "".join(c for c in path if c.isprintable() or c in "\r\n")
    if plain == path:
        assert decoded(file) == path
