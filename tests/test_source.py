from __future__ import annotations

import ast
import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.source import Source, UnparsableSource

TRICKY = {
    "ascii": b"a = b\n",
    "no final newline": b"a = 1\nb = 2",
    "non-ASCII UTF-8": "s = 'größe 漢字 😀'; b = 1\nü = s\n".encode(),
    "Latin-1 cookie": "# -*- coding: latin-1 -*-\ns = 'größe'; b = s\n".encode("latin-1"),
    "Latin-1 cookie on the second line": "#!python\n# coding: latin-1\ns = 'é'; b = s\n".encode("latin-1"),
    "Shift-JIS cookie": "# coding: shift_jis\ns = '表ソ能'; b = s\n".encode("shift_jis"),
    "BOM": "\ufeffs = 'ü'; b = 1\nc = b\n".encode(),
    "BOM and a cookie": "\ufeff# coding: utf-8\ns = 'ü'; b = 1\n".encode(),
    "CR": b"a = 1\rb = a\rc = b\r",
    "CRLF": b"a = 1\r\nb = a\r\n\r\nc = b\r\n",
    "CRLF without the last": b"a = 1\r\nb = a",
    "all line ends": b"a = 1\r\nb = a\rc = b\nd = c\n\re = d",
    "CR and a late line that looks like a cookie": "# ü\rb = 'ü'; a = b\r# coding: latin-1\rc = 'ü'; d = b\r".encode(),
    "form feed between lines": b"a = 1\n\x0c\nb = a\n",
    "form feed before a statement": b"a = 1\n\x0cb = a\n",
    "vertical tab, file separator and NEL in a string": "s = '\x0b\x1c\x85\u2028'; b = s\nc = b\n".encode(),
    "tabs": b"if 1:\n\ta = 1;\tb = a\n",
    "a continued line": b"a = 1 + \\\n  2; b = a\n",
    "a string over lines": "s = '''ü\nü\r\nü\rü'''; b = s\n".encode(),
    "empty": b"",
    "one newline": b"\n",
    "only a BOM": b"\xef\xbb\xbf",
}


@pytest.mark.parametrize("content", TRICKY.values(), ids=TRICKY)
def test_every_name_is_found_at_its_own_bytes(content: bytes) -> None:
    source = Source(content)
    names = [node for node in ast.walk(source.parse()) if isinstance(node, ast.Name)]
    for node in names:
        assert source.slice(source.span(node)) == node.id
        assert source.position(source.span(node).start) == (node.lineno, node.col_offset)


@pytest.mark.parametrize("content", TRICKY.values(), ids=TRICKY)
def test_lines_joined_are_the_content(content: bytes) -> None:
    source = Source(content)
    lines = [source.line(number) for number in range(1, len(source.line_starts))]
    assert b"".join(lines) == content[source.bom :]
    assert source.text == content[source.bom :].decode(source.encoding)


@given(
    lines=st.lists(
        st.tuples(
            st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=8),
            st.sampled_from(["\n", "\r", "\r\n"]),
        ),
        max_size=6,
    ),
    last=st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=4),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "latin-1"]),
)
def test_offset_and_position_are_inverse(lines: list[tuple[str, str]], last: str, encoding: str) -> None:
    body = "".join(text + end for text, end in lines) + last
    cookie = "# coding: latin-1\n" if encoding == "latin-1" else "#\n"
    source = Source((cookie + body).encode(encoding, errors="replace"))
    at = source.bom
    for character in source.text:
        line, column = source.position(at)
        assert source.offset(line, column) == at
        at += len(character.encode(source.encoding))
    assert source.offset(*source.position(len(source.content))) == len(source.content)


@pytest.mark.parametrize(
    ("content", "newline"),
    [
        pytest.param(b"a\n", "\n", id="LF"),
        pytest.param(b"a\r\nb\n", "\r\n", id="the first of two kinds"),
        pytest.param(b"a\rb", "\r", id="CR"),
        pytest.param(b"a", "\n", id="none"),
    ],
)
def test_newline(content: bytes, newline: str) -> None:
    assert Source(content).newline == newline


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param(b"a = 1\n\nb = (\n", 3, id="a bracket is never closed"),
        pytest.param(b"a = 'caf\xe9'\n", 1, id="bytes that are not UTF-8"),
        pytest.param(b"# coding: no-such-codec\na = 1\n", 1, id="an unknown codec"),
        pytest.param(b"# coding: rot13\nn = 1\n", 1, id="a codec that is not for text"),
        pytest.param(b"\xef\xbb\xbf# coding: latin-1\na = 1\n", 1, id="BOM and cookie contradict each other"),
        pytest.param(b"a = 1\0\n", 1, id="a NUL"),
        pytest.param(b"a = " + b"(" * 400 + b")" * 400, 1, id="nested too deeply"),
        pytest.param(b"x = " + b"-" * 200_000 + b"1", 1, id="more operators than the parser can stack"),
    ],
)
def test_unparsable(content: bytes, line: int) -> None:
    source = Source(content)
    with pytest.raises(UnparsableSource) as caught:
        source.parse()
    assert caught.value.line == line
    assert caught.value.reason
    problem = source.compiles()
    assert problem is not None
    assert problem.reason


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param(b"\n\na = '\xe9'\n", 3, id="LF"),
        pytest.param(b"\r#\ra = '\xe9'\r", 3, id="CR"),
        pytest.param(b"\xef\xbb\xbf\r\n\r\na = '\xe9'\r\n", 3, id="BOM and CRLF"),
    ],
)
def test_undecodable_text_names_its_line(content: bytes, line: int) -> None:
    with pytest.raises(UnparsableSource, match="not utf-8") as caught:
        _ = Source(content).text
    assert caught.value.line == line


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"# coding: rot13\nn = 1\n", id="not for text"),
        pytest.param(b"# coding: no-such-codec\n", id="unknown"),
        pytest.param(b"# coding: utf-7\n", id="ASCII means something else in it"),
        pytest.param(b"# coding: utf-16\n", id="of two bytes each"),
    ],
)
def test_text_in_an_unusable_codec(content: bytes) -> None:
    with pytest.raises(UnparsableSource):
        _ = Source(content).text


def test_a_module_may_parse_and_not_compile() -> None:
    source = Source(b"a = 1\nreturn a\n")
    assert isinstance(source.parse(), ast.Module)
    problem = source.compiles()
    assert problem is not None
    assert problem.line == 2
    assert Source(b"a = 1\n").compiles() is None


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(enabled: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        Source(b"'\\d'\n").parse()  # a SyntaxWarning of the target's is none of ours
        Source(b"1 is 1\n").compiles()
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


@pytest.mark.parametrize(
    ("content", "offset", "newline"),
    [
        pytest.param(b"a\r\nb\n", 0, "\r\n", id="its own line's"),
        pytest.param(b"a\r\nb\n", 3, "\n", id="not the line's before"),
        pytest.param(b"a\rb", 2, "\r", id="the first line's where it has none"),
        pytest.param(b"a", 0, "\n", id="none in the file"),
    ],
)
def test_newline_at(content: bytes, offset: int, newline: str) -> None:
    assert Source(content).newline_at(offset) == newline


def test_a_line_is_decoded_once() -> None:
    source = Source("# coding: latin-1\nx = 'é', 'ü', 1\n".encode("latin-1"))
    places = [source.offset(2, column) for column in (4, 5, 8, 14)]
    assert places == [22, 23, 25, 30]
    assert len(source._known_pieces) == 1
