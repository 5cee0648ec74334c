"""github.py: one line of output for each annotation, whatever its words are."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.findings import Finding
from migrate.github import Annotation, Quoted, annotation_of
from migrate.guarding.seen import Seen, see
from migrate.source import Source

_COMMAND = re.compile(r"::(\w+) file=([^,:]*),line=(\d+),col=(\d+),title=([^,:]*)::(.*)")


def seen_at(text: str = "import shop.cart\n", line: int = 1, column: int = 0, **facts: Any) -> Seen:
    given = {"path": "app/page.py", "code": "star-import", "subject": "shop.cart:Cart", "message": "name them"}
    return see(Finding(3, line=line, column=column, **{**given, **facts}), Source(text.encode()))


def command(seen: Seen, prefix: str = "", *, fails: bool = False) -> tuple[str, ...]:
    """Level, file, line, column, title and message, still encoded."""
    found = _COMMAND.fullmatch(str(annotation_of(seen, prefix, fails=fails)))
    assert found is not None
    return found.groups()


def decoded(text: str) -> str:
    """As the runner reads it."""
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


@pytest.mark.parametrize(
    ("annotation", "line"),
    [
        pytest.param(Annotation("error", "suite", "no"), "::error title=suite::no", id="no place"),
        pytest.param(Annotation("warning", "suite", "no", "a.py"), "::warning file=a.py,title=suite::no", id="a file"),
        pytest.param(Annotation("error", "a, b", "no", "a.py", 3), "::error file=a.py,line=3,title=a%2C b::no", id="a line"),
    ],
)  # fmt: skip
def test_only_what_is_known_is_told(annotation: Annotation, line: str) -> None:
    assert str(annotation) == line


def test_a_finding_has_its_column_in_characters_from_1() -> None:
    assert command(seen_at("x = 1\né; f(metadata=1)\n", 2, 4)) == (
        "warning",
        "app/page.py",
        "2",
        "4",
        "star-import",
        "name them",
    )


@pytest.mark.parametrize(("fails", "level"), [(True, "error"), (False, "warning")])
def test_what_fails_is_an_error(fails: bool, level: str) -> None:
    assert command(seen_at(code="missing-export"), fails=fails)[0] == level


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


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        pytest.param("app/page.py", "packages/a%2Cb/app/page.py", id="of the tree"),
        pytest.param("/plans/plan.toml", "/plans/plan.toml", id="a plan elsewhere"),
    ],
)
def test_paths_are_from_the_top_of_the_working_tree(path: str, shown: str) -> None:
    assert command(seen_at(path=path), "packages/a,b/")[1] == shown


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


@given(path=st.text(min_size=1), title=st.text(min_size=1), message=st.text())
def test_no_word_gets_out_of_its_line(path: str, title: str, message: str) -> None:
    line = str(Annotation("error", title, message, path, 1, 1))
    found = _COMMAND.fullmatch(line)
    assert found is not None
    assert line.isprintable()
    for text, shown in ((path, found[2]), (title, found[5])):
        if all(c.isprintable() or c in "\r\n" for c in text):
            assert decoded(shown) == text


@pytest.mark.parametrize(
    ("chunks", "heard"),
    [
        pytest.param([], b"", id="nothing"),
        pytest.param([b"fine\n"], b"| fine\n", id="a line"),
        pytest.param(
            [b"::error::mine\n  ::stop-commands::x\n"], b"| ::error::mine\n|   ::stop-commands::x\n", id="commands"
        ),
        pytest.param([b"a\n:", b":error::b", b"\n"], b"| a\n| ::error::b\n", id="in pieces"),
        pytest.param([b"10%\r::error::\r\n"], b"| 10%\r| ::error::\n", id="a progress bar"),
        pytest.param([b"x ##[stop-commands]y\n"], b"| x ## [stop-commands]y\n", id="the older form"),
        pytest.param([b"no end"], b"| no end\n", id="no end of line"),
    ],
)
def test_output_is_no_command(chunks: list[bytes], heard: bytes) -> None:
    said: list[bytes] = []
    quoted = Quoted(said.append)
    for chunk in chunks:
        quoted(chunk)
    quoted.finish()
    assert b"".join(said) == heard
