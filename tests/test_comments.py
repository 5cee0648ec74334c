from __future__ import annotations

import io
import re
import sysconfig
import tokenize
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.comments import code_of


def without_blank_lines(text: str) -> list[str]:
    """A run of comments goes with the lines that it has to itself."""
    return [line for line in text.splitlines() if line.strip()]


def by_tokens(text: str) -> str:
    lines = io.StringIO(text, newline="").readlines()
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(text, newline="").readline))):
        if token.type == tokenize.COMMENT and not re.search(r"#[ \t]*type:", token.string):
            (line, start), (_, end) = token.start, token.end
            lines[line - 1] = lines[line - 1][:start] + lines[line - 1][end:]
    return "".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("x = 1\n", id="no comment"),
        pytest.param('x = "# no"\n', id="in a string"),
        pytest.param("x = '# no'\n", id="in a string of single quotes"),
        pytest.param('"""\n# no\n"""\n', id="in a long string"),
        pytest.param("'''\n# no\n\"\"\"\n'''\n", id="in a long string with other quotes"),
        pytest.param('"\\"# no"\n', id="behind a quote that is escaped"),
        pytest.param('r"\\"# no"\n', id="in a raw string"),
        pytest.param('x = "a\\\n# no"\n', id="on the next line of a string"),
        pytest.param('x = "a\\\r\n# no"\r\n', id="on the next line, of Windows"),
        pytest.param('x = f"{y}# no"\n', id="in an f-string"),
        pytest.param("x = 1  # type: int\n", id="a type comment"),
        pytest.param("def f(x):\n    # why #\ttype: (int) -> str\n    pass\n", id="a type comment in another"),
        pytest.param('x = "{# no"\n', id="in a string with a brace"),
    ],
)
def test_nothing_to_take_away(text: str) -> None:
    assert code_of(text.encode()) == text.encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("# a\n", "\n", id="a line"),
        pytest.param("# a", "", id="the last line"),
        pytest.param("x = 1  # a\r\ny = 2\r\n", "x = 1  \r\ny = 2\r\n", id="behind code"),
        pytest.param("# a 'quote\nx = 1 # it's\n", "\nx = 1 \n", id="with a quote"),
        pytest.param('x = ""# a\n', 'x = ""\n', id="behind an empty string"),
        pytest.param("x = ''''''# a\n", "x = ''''''\n", id="behind an empty long string"),
        pytest.param('x = "a" # b "c"\n', 'x = "a" \n', id="with a string"),
        pytest.param("x = [  # a\n    1,  # b\n]\n", "x = [  \n    1,  \n]\n", id="in brackets"),
        pytest.param("x = 1  # a\n# b\n\n    # c\ny = 2\n", "x = 1  \ny = 2\n", id="several lines"),
        pytest.param('x = f"{y}"  # {\n', 'x = f"{y}"  \n', id="behind an f-string"),
        pytest.param('x = """a""" """b""" # c\n', 'x = """a""" """b""" \n', id="behind long strings"),
        pytest.param('x = """a"b""c\\""""# d\n', 'x = """a"b""c\\""""\n', id="behind quotes in a long string"),
    ],
)
def test_comments_are_taken_away(text: str, expected: str) -> None:
    assert code_of(text.encode()) == expected.encode()
    assert without_blank_lines(by_tokens(text)) == without_blank_lines(expected)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('x = "a\n# b\n', id="a string that does not end"),
        pytest.param('"""\n# b\n', id="a long string that does not end"),
        pytest.param("# it\nx = '\n", id="a quote alone"),
        pytest.param("# coding: shift-jis\nx = 1  # a\n", id="another encoding"),
        pytest.param("#!/usr/bin/python\n# -*- coding: cp932 -*-\n# a\n", id="another encoding on the second line"),
        pytest.param("#!/usr/bin/python\r# vim: set fileencoding=cp932 :\r# a\r", id="another encoding, lines by CR"),
        pytest.param('x = f"{y["#"]}"\n', id="an f-string with quotes of its kind"),
        pytest.param('x = rf"{{}}{y["#"]}"\n', id="an f-string with braces and quotes of its kind"),
        pytest.param('x = f"}}{ {y["#"]} }"\n', id="an f-string with a set in it"),
        pytest.param('x = Fr"""{y["""#"""]}"""\n', id="a long f-string with quotes of its kind"),
    ],
)
def test_what_cannot_be_told(text: str) -> None:
    assert code_of(text.encode()) is None


def test_the_standard_library() -> None:
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    told = 0
    for file in files:
        content = file.read_bytes()
        found = code_of(content)
        if found is not None:
            told += 1
            assert without_blank_lines(by_tokens(found.decode())) == without_blank_lines(by_tokens(content.decode())), (
                file
            )
    assert told > len(files) * 0.7


PIECES = ['"', "'", '"""', "'''", "#", "\\", "\n", "\r\n", "x", "f", "r", "{", "}", "{{", "}}", "(", ")", " ", " = "]


@given(st.lists(st.sampled_from(PIECES), max_size=16).map("".join))
def test_like_the_tokenizer_whatever_the_text(text: str) -> None:
    try:
        compile(text, "<text>", "exec")
        expected = by_tokens(text)
    except (SyntaxError, ValueError, tokenize.TokenError):
        return
    found = code_of(text.encode())
    assert found is None or without_blank_lines(by_tokens(found.decode())) == without_blank_lines(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("from a import b\n", "\n", id="alone"),
        pytest.param("# first\n\nif x:\n    from a import b as c, d  # why\n", "\n\nif x:\n    \n", id="in a block"),
        pytest.param("x = 1\r\nfrom a import (\r\n    b,  # (1\r\n)\r\n", "x = 1\r\n\r\n", id="a list"),
        pytest.param("from a import b; x = 1", "; x = 1", id="with another statement"),
        pytest.param("from a import b\nfrom c import d\nfrom a import e", "\nfrom c import d\n", id="others stay"),
        pytest.param("x = 1; from a import b\n", "x = 1; from a import b\n", id="not at the start of a line"),
        pytest.param('"""\nfrom a import b\n"""\n', '"""\nfrom a import b\n"""\n', id="in a string"),
        pytest.param("from a import (b\n", "from a import (b\n", id="does not end"),
        pytest.param("from a import b \\\n  , c\n", "from a import b \\\n  , c\n", id="over two lines"),
        pytest.param("raise x \\\nfrom a\n", "raise x \\\nfrom a\n", id="raise from"),
        pytest.param("fromage = 1\n", "fromage = 1\n", id="another word"),
    ],
)
def test_imports_are_taken_away(text: str, expected: str) -> None:
    assert code_of(text.encode(), lambda module, _: module == b"a") == expected.encode()


def test_what_is_told_of_an_import() -> None:
    told: list[tuple[bytes, bytes]] = []
    code_of(b"from a.b import c as d, e # f\nfrom g import (\n  h, # i\n)\n", lambda *each: bool(told.append(each)))
    assert told == [(b"a.b", b"c as d, e "), (b"g", b"(\n  h, # i\n)")]
