"""Two versions of a file side by side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.reporting import file_diffs
from migrate.reporting.file_diffs import LONGEST_LINE, SHOWN_OF_RUN, FileDiff, Fold, Line, Row, diff

SOURCES = st.lists(
    st.sampled_from([b"a", b"b = 1", b"", b"\xc3\xa9", b"\xff", b'"""', b"x\x00y", b"\x1b[0m", b"long " * 200])
).map(lambda lines: lines)
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])


def rows(found: FileDiff) -> list[Row | Fold]:
    return [row for hunk in found.hunks for row in hunk.rows]


def shown(found: FileDiff) -> list[str]:
    """Each row in one line: ` `, `~`, `-` or `+`, and what is on either side, changes in brackets."""
    signs = {"same": " ", "changed": "~", "removed": "-", "added": "+"}
    return [
        f"{signs[row.kind]} {row.count} lines"
        if isinstance(row, Fold)
        else f"{signs[row.kind]} {_line(row.old)} | {_line(row.new)}"
        for row in rows(found)
    ]


def _line(line: Line | None) -> str:
    if line is None:
        return ""
    text = line.text
    for start, end in reversed(line.marks):
        text = f"{text[:start]}[{text[start:end]}]{text[end:]}"
    return text + line.end


@pytest.mark.parametrize("content", [None, b"", b"a\nb\n"], ids=["no file", "empty", "text"])
def test_the_same_twice_is_no_difference(content: bytes | None) -> None:
    found = diff(content, content)
    assert (found.hunks, found.added, found.removed, found.left_out) == ((), 0, 0, 0)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            b"from shop.cart import Cart\n",
            b"from shop.basket import Basket as Cart\n",
            ["~ from shop.[cart] import Cart | from shop.[basket] import [Basket as ]Cart"],
            id="words that changed are marked",
        ),
        pytest.param(
            b"x = f(metadata=1)\n",
            b"y = 2\n",
            ["~ x = f(metadata=1) | y = 2"],
            id="nothing is marked where too little is the same",
        ),
        pytest.param(
            b"    metadata={\n",
            b"    agent_context={\n",
            ["~     [metadata]={ |     [agent_context]={"],
            id="one word in a line of little else",
        ),
        pytest.param(
            b"f(\n    a,\n)\n",
            b"f(\n    a,\n    b,\n)\n",
            ["  f( | f(", "      a, |     a,", "+  |     b,", "  ) | )"],
            id="a line is added",
        ),
        pytest.param(b"a\nb\nc\n", b"a\nc\n", ["  a | a", "- b | ", "  c | c"], id="a line is removed"),
        pytest.param(
            b"alpha\nbeta\n", b"12345\n67890\n", ["~ alpha | 12345", "~ beta | 67890"], id="lines side by side"
        ),
        pytest.param(b"a\nb", b"a\nb\n", ["  a | a", "~ bno line end | b␊"], id="the last line gets its end"),
        pytest.param(b"a\r\n", b"a\n", ["~ a␍␊ | a␊"], id="another line end"),
        pytest.param(b"a\r\nb = 1\r\n", b"a\r\nb = 2\r\n", ["  a | a", "~ b = [1] | b = [2]"], id="Windows line ends"),
        pytest.param(b"# \xe9\nx\n", b"# \xe9\ny\n", ["  # \u00e9 | # \u00e9", "~ x | y"], id="bytes that are no UTF-8"),
        pytest.param(
            b"# coding: latin-1\n# \xe9\n", b"# coding: latin-1\n# \xe8\n",
            ["  # coding: latin-1 | # coding: latin-1", "~ # [\u00e9] | # [\u00e8]"],
            id="in the file's own encoding",
        ),
        pytest.param(b"\xef\xbb\xbfx = 1\n", b"\xef\xbb\xbfx = 2\n", ["~ x = [1] | x = [2]"], id="a byte order mark"),
        pytest.param(
            b"\xef\xbb\xbfx = 1\ny\n", b"x = 1\ny\n", ["~ [\ufeff]x = 1 | x = 1", "  y | y"], id="the byte order mark is gone"
        ),
        pytest.param(b"x\n", b"\xef\xbb\xbfx\n", ["~ x | [\ufeff]x"], id="a byte order mark is new"),
        pytest.param(b"", b"\xef\xbb\xbf", ["+  | \ufeff"], id="nothing but a byte order mark is new"),
        pytest.param(None, b"\xef\xbb\xbfx\n", ["+  | x"], id="a new file with a byte order mark"),
        pytest.param(
            b"a\r\n\r\n\r\nb\r\n", b"a\n\n\nb\n", ["~ a␍␊ | a␊", "~ ␍␊ | ␊", "~ ␍␊ | ␊", "~ b␍␊ | b␊"],
            id="another line end of blank lines",
        ),
        pytest.param(None, b"new\n", ["+  | new"], id="there was no file"),
        pytest.param(b"old\n", None, ["- old | "], id="there is no file any more"),
        pytest.param(
            b"f( a )\n", b"f(b  ,c )\n", ["~ f([ a] ) | f([b  ,c] )"], id="blanks between two changes are part of them"
        ),
    ],
)  # fmt: skip
def test_rows(before: bytes | None, after: bytes | None, expected: list[str]) -> None:
    assert shown(diff(before, after)) == expected


def test_what_is_unchanged_is_counted() -> None:
    before = [b"line %d\n" % number for number in range(1, 41)]
    after = list(before)
    after[9], after[29] = b"ten\n", b"thirty\n"
    found = diff(b"".join(before), b"".join(after))
    assert [hunk.skipped for hunk in found.hunks] == [6, 13]
    assert found.skipped == 7
    numbers = [row.old.number for row in rows(found) if isinstance(row, Row) and row.old]
    assert numbers == [*range(7, 14), *range(27, 34)]


def test_a_gap_of_a_line_or_two_is_shown() -> None:
    before = [b"line %d\n" % number for number in range(20)]
    after = list(before)
    after[2], after[11] = b"two\n", b"eleven\n"
    assert len(diff(b"".join(before), b"".join(after)).hunks) == 1
    after[11], after[13] = before[11], b"thirteen\n"
    assert len(diff(b"".join(before), b"".join(after)).hunks) == 2


def test_a_hunk_knows_the_string_it_begins_in() -> None:
    before = b'"""' + b"words\n" * 20 + b'old"""\n'
    (hunk,) = diff(before, before.replace(b"old", b"new")).hunks
    assert (hunk.old_inside, hunk.new_inside) == ('"""', '"""')


def test_the_middle_of_a_long_run_is_folded() -> None:
    found = diff(b"".join(b"old %d\n" % number for number in range(1800)), b"new\n")
    first, *others = rows(found)
    assert isinstance(first, Row)
    assert (first.kind, found.removed, found.added) == ("changed", 1800, 1)
    folds = [row for row in others if isinstance(row, Fold)]
    assert [(fold.kind, fold.first, fold.count, fold.lines[0]) for fold in folds] == [
        ("removed", 2 + SHOWN_OF_RUN[0], 1799 - sum(SHOWN_OF_RUN), "old 13")
    ]
    assert len(rows(found)) == 2 + sum(SHOWN_OF_RUN)
    added = rows(diff(b"", b"x = 1\n" * 100))
    assert [row.kind for row in added if isinstance(row, Fold)] == ["added"]


def test_a_file_of_very_many_changes_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_diffs, "MOST_ROWS", 10)
    monkeypatch.setattr(file_diffs, "MOST_FOLDED", 5)
    before = b"".join(b"old %d\nsame\n\n" % number for number in range(9))
    found = diff(before, before.replace(b"old", b"new"))
    assert len(rows(found)) == 10
    assert found.left_out == 2 * (9 - 4)
    folded = diff(b"x\n" * 100, b"")
    assert [(row.count, len(row.lines)) for row in rows(folded) if isinstance(row, Fold)] == []
    assert folded.left_out == 90
    monkeypatch.setattr(file_diffs, "MOST_ROWS", 15)
    folded = diff(b"x\n" * 100, b"")
    assert [(row.count, len(row.lines)) for row in rows(folded) if isinstance(row, Fold)] == [(85, 5)]


@pytest.mark.parametrize("at", [0, 5_000, 99_990], ids=["beginning", "middle", "end"])
def test_a_very_long_line_is_shown_around_its_first_change(at: int) -> None:
    old = "a" * at + " old " + "b" * (100_000 - at)
    (row,) = rows(diff(f"{old}\n".encode(), f"{old.replace(' old ', ' new ')}\n".encode()))
    assert isinstance(row, Row)
    assert row.old is not None
    assert row.new is not None
    for line, word in ((row.old, "old"), (row.new, "new")):
        assert len(line.text) == LONGEST_LINE
        assert line.cut_before + LONGEST_LINE + line.cut_after == len(old)
        assert [line.text[start:end] for start, end in line.marks] == [word]


def test_a_line_of_very_many_words_is_marked_from_end_to_end() -> None:
    words = " ".join(f"w{number}" for number in range(1000))
    (row,) = rows(diff(f"x {words} y\n".encode(), f"x {words.replace('w500', 'other')} y\n".encode()))
    assert isinstance(row, Row)
    assert row.new is not None
    assert [row.new.text[start:end] for start, end in row.new.marks] == ["other"]


def test_a_folded_line_that_is_very_long_is_cut() -> None:
    (fold,) = [row for row in rows(diff(b"x" * 1000 + b"\n" * 100, b"")) if isinstance(row, Fold)]
    assert fold.lines == ("",) * fold.count
    (fold,) = [row for row in rows(diff((b"x" * 1000 + b"\n") * 100, b"")) if isinstance(row, Fold)]
    assert fold.lines[0] == "x" * LONGEST_LINE + "… 600 more characters"


@given(SOURCES, SOURCES, ENDS)
def test_any_two_versions(old: list[bytes], new: list[bytes], end: bytes) -> None:
    """Every line is somewhere: in a row, in a fold, or counted."""
    before, after = end.join(old), end.join(new)
    found = diff(before, after)
    assert found.added - found.removed == len(after.splitlines()) - len(before.splitlines())
    skipped = sum(hunk.skipped for hunk in found.hunks) + found.skipped
    for side, content in (("old", before), ("new", after)):
        lines = [getattr(row, side) for row in rows(found) if isinstance(row, Row)]
        kind = "removed" if side == "old" else "added"
        folded = sum(row.count for row in rows(found) if isinstance(row, Fold) and row.kind == kind)
        numbers = [line.number for line in lines if line is not None]
        assert numbers == sorted(set(numbers))
        assert len(numbers) + folded + skipped == len(content.splitlines())
        for line in lines:
            if line is not None:
                assert all(0 <= start < stop <= len(line.text) for start, stop in line.marks)
