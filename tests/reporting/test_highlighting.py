"""Colours, strings that are open, and cells: what is shown is what is there."""

from __future__ import annotations

import io
import sysconfig
import tokenize
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.reporting import highlight as module
from migrate.reporting.cells import ESCAPED, Cell, CellRow, cell_rows, spelled_out
from migrate.reporting.file_diffs import Fold, Hunk, Line, Row, diff
from migrate.reporting.highlight import highlight
from migrate.reporting.strings import open_strings

TEXT = st.text(st.sampled_from("abc \t'\"#\\(){}\n:=1@\x00\x1b\u202e\udcff\u00e9\U0001f600f"), max_size=60)


@given(st.lists(TEXT.map(lambda text: text.replace("\n", " ")), max_size=6), st.sampled_from(["", '"""', "'''"]))
def test_the_pieces_are_the_lines(lines: list[str], inside: str) -> None:
    assert ["".join(text for _, text in pieces) for pieces in highlight(lines, inside)] == lines


def test_colours() -> None:
    ((keyword, _, name, *_), (comment,)) = highlight(["def page():", "# a comment"])
    assert (keyword, name, comment) == (("k", "def"), ("f", "page"), ("c", "# a comment"))


def test_a_line_within_a_string_is_one() -> None:
    assert highlight(["def page():"], '"""') == ((("s", "def page():"),),)
    assert highlight(['the end""" + x'], '"""')[0][0] == ("s", 'the end"""')


def test_a_lexer_that_loses_something_gives_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loses:
        def get_tokens_unprocessed(self, text: str) -> list[tuple[int, object, str]]:
            return [(0, module.Keyword, text[1:])]

    monkeypatch.setattr(module, "_lexer", Loses)
    assert highlight(["def", ""]) == ((("", "def"),), ())


@pytest.mark.parametrize(
    ("content", "inside"),
    [
        pytest.param(b"x = 1\n|y", "", id="no string"),
        pytest.param(b'"""a\n|b"""', '"""', id="in one"),
        pytest.param(b"'''a\n|b'''", "'''", id="in one of the other kind"),
        pytest.param(b'"""a\nb"""\n|x', "", id="after one"),
        pytest.param(b'# """\n|x', "", id="quotes in a comment"),
        pytest.param(b'x = \'"""\'\n|x', "", id="quotes in a string"),
        pytest.param(b'"""a \\""" b\n|c"""', '"""', id="quotes that are escaped"),
        pytest.param(b'""""a\n|b"""', '"""', id="a quote first"),
        pytest.param(b'|"""a"""', "", id="where it begins"),
        pytest.param(b'x = "no end\n"""a\n|b', '"""', id="after a string without an end"),
        pytest.param(b'"""a\\', "", id="a backslash at the very end"),
    ],
)
def test_open_strings(content: bytes, inside: str) -> None:
    offset = content.find(b"|") if b"|" in content else len(content)
    assert open_strings(content.replace(b"|", b""), [offset]) == (inside,)


def test_no_places_are_in_no_strings() -> None:
    assert open_strings(b'"""', []) == ()


@pytest.mark.parametrize("name", ["argparse.py", "typing.py", "ast.py", "difflib.py", "doctest.py", "optparse.py"])
def test_open_strings_in_the_standard_library(name: str) -> None:
    """As Python's own tokenizer has it."""
    content = (Path(sysconfig.get_path("stdlib")) / name).read_bytes()
    lines = content.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines))]
    expected = [False] * len(lines)
    opened = 0
    for token in tokenize.tokenize(io.BytesIO(content).readline):
        kind = tokenize.tok_name[token.type]
        if kind == "STRING" and token.string.lstrip("rRbBuUfF")[:3] in ('"""', "'''"):
            expected[token.start[0] : token.end[0]] = [True] * (token.end[0] - token.start[0])
        elif kind == "FSTRING_START":
            opened = token.start[0]
        elif kind == "FSTRING_END" and token.end[0] > opened:
            expected[opened : token.end[0]] = [True] * (token.end[0] - opened)
    assert [inside != "" for inside in open_strings(content, starts)] == expected


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        pytest.param("a\tb é", [("k", "a\tb é")], id="nothing odd"),
        pytest.param("a\x1b[31mb", [("k", "a"), (ESCAPED, "\\x1b"), ("k", "[31mb")], id="an escape"),
        pytest.param("\u202e\x00", [(ESCAPED, "\\u202e\\x00")], id="nothing else"),
        pytest.param("x\udcff", [("k", "x"), (ESCAPED, "\\udcff")], id="a byte that is no text"),
    ],
)
def test_what_is_not_printable_is_spelled_out(text: str, pieces: list[tuple[str, str]]) -> None:
    assert list(spelled_out(("k", text))) == pieces


def _text(cell: Cell | None, marked: bool | None = None) -> str:
    assert cell is not None
    return "".join(text for is_marked, pieces in cell.runs if marked in (None, is_marked) for _, text in pieces)


def test_cells_have_colours_and_marks() -> None:
    (hunk,) = diff(b"x = f(metadata=1)\n", b"x = f(context=1)\n").hunks
    (row,) = cell_rows(hunk)
    assert isinstance(row, CellRow)
    assert (_text(row.old), _text(row.old, True)) == ("x = f(metadata=1)", "metadata")
    assert (_text(row.new), _text(row.new, True)) == ("x = f(context=1)", "context")
    assert row.new is not None
    assert ("m", "1") in [piece for _, pieces in row.new.runs for piece in pieces]


def test_cells_of_one_side_and_folds() -> None:
    (hunk,) = diff(b"a = 1\n", b"a = 1\n" + b"b\n" * 60).hunks
    rows = list(cell_rows(hunk))
    assert sum(isinstance(row, Fold) for row in rows) == 1
    assert [row.old is None for row in rows if isinstance(row, CellRow)] == [False] + [True] * 15


def test_the_rest_of_a_cut_line_has_no_colours() -> None:
    line = Line(1, "def f", cut_before=3)
    (row,) = cell_rows(Hunk((Row("removed", line, None),), 0))
    assert isinstance(row, CellRow)
    assert row.old is not None
    assert row.old.runs == ((False, (("", "def f"),)),)


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_cells_show_the_lines(before: bytes, after: bytes) -> None:
    for hunk in diff(before, after).hunks:
        for row, shown in zip(hunk.rows, cell_rows(hunk), strict=True):
            assert isinstance(row, Row)
            assert isinstance(shown, CellRow)
            for line, cell in ((row.old, shown.old), (row.new, shown.new)):
                assert (line is None) == (cell is None)
                if line is not None:
                    text = "".join(part for _, part in spelled_out(("", line.text)))
                    assert _text(cell) == text
                    marked = "".join(line.text[start:end] for start, end in line.marks)
                    assert _text(cell, True) == "".join(part for _, part in spelled_out(("", marked)))
