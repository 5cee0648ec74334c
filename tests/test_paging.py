"""paging.py: how much fits on a screen, where reading goes on, and what need not be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.paging import Place, end_of_page, folded, rows_of


@pytest.mark.parametrize(
    ("text", "width", "rows"),
    [
        pytest.param("", 80, 1, id="an empty line"),
        pytest.param("x" * 80, 80, 1, id="exactly a row"),
        pytest.param("x" * 81, 80, 2, id="one column more"),
        pytest.param("字" * 41, 80, 2, id="wide characters"),
        pytest.param("\tx", 8, 2, id="a tab"),
        pytest.param("e\u0301" * 80, 80, 1, id="combining characters"),
        pytest.param("xyz", 0, 3, id="a screen without a width"),
    ],
)
def test_rows(text: str, width: int, rows: int) -> None:
    assert rows_of(text, width) == rows


@pytest.mark.parametrize(
    ("start", "rows", "end"),
    [
        pytest.param(0, None, 4, id="no screen"),
        pytest.param(0, 3, 2, id="a long line takes two rows"),
        pytest.param(0, 2, 1, id="and does not fit"),
        pytest.param(1, 1, 2, id="alone it is shown all the same"),
        pytest.param(2, 9, 4, id="the rest"),
        pytest.param(0, 0, 1, id="no room at all"),
    ],
)
def test_end_of_page(start: int, rows: int | None, end: int) -> None:
    assert end_of_page(["a", "b" * 15, "c", "d"], start, 10, rows) == end


@given(st.lists(st.text("ab", max_size=30)), st.integers(1, 12), st.integers(1, 6))
def test_every_line_is_shown_once(lines: list[str], width: int, rows: int) -> None:
    start = pages = 0
    while start < len(lines):
        end = end_of_page(lines, start, width, rows)
        assert start < end <= len(lines)
        assert end == start + 1 or sum(rows_of(line, width) for line in lines[start:end]) <= rows
        start, pages = end, pages + 1
    assert pages <= len(lines)


@pytest.mark.parametrize(
    ("place", "after", "before"),
    [
        pytest.param(Place(0, 0), Place(0, 0), None, id="nothing shown yet"),
        pytest.param(Place(0, 4), Place(0, 4), None, id="within the first"),
        pytest.param(Place(0, 5), Place(1), None, id="the first is shown"),
        pytest.param(Place(1, 2), Place(1, 2), Place(0), id="within the last"),
        pytest.param(Place(1, 3), None, Place(0), id="all is shown"),
    ],
)
def test_places(place: Place, after: Place | None, before: Place | None) -> None:
    assert (place.after([5, 3]), place.before()) == (after, before)


HEAD = [b"--- a/x.py\n", b"+++ b/x.py\n", b"@@ -1,9 +1,9 @@\n"]


def gone(number: int) -> list[bytes]:
    return [b"-%d\n" % n for n in range(number)]


@pytest.mark.parametrize("number", [0, 1, 30])
def test_few_lines_that_go_are_all_shown(number: int) -> None:
    lines = [*HEAD, b" a\n", *gone(number), b"+b\n", b"\\ No newline at end of file\n"]
    assert folded([b"diff --git a/x.py b/x.py\n", *lines], 1) == lines


def test_many_lines_that_go() -> None:
    """Each run on its own; lines that stay or come are all shown."""
    stay = [b" stays\n"] * 40
    comes = [b"+comes\n"] * 40
    remark = "… 19 more lines that go; `migrate phase2 --dry-run` shows them\n".encode()
    run = [*gone(6), remark, *gone(31)[-6:]]
    assert folded([*HEAD, *gone(31), *stay, *gone(31), *comes], 2) == [*HEAD, *run, *stay, *run, *comes]


def test_nothing_to_fold() -> None:
    assert folded([], 1) == []
