from __future__ import annotations

import bisect
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.lines import Lines, lines_of


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        pytest.param(b"", [], id="empty"),
        pytest.param(b"\n", [b"\n"], id="one blank line"),
        pytest.param(b"a", [b"a"], id="no end"),
        pytest.param(b"a\n", [b"a\n"], id="one line"),
        pytest.param(b"a\n\nb", [b"a\n", b"\n", b"b"], id="blank line, and no end"),
        pytest.param(b"a\r\nb\r\n", [b"a\r\n", b"b\r\n"], id="of Windows"),
        pytest.param(b"a\rb\n", [b"a\rb\n"], id="a carriage return ends no line"),
        pytest.param(
            b"a\x0cb\x0bc\x1cd\x85e\n", [b"a\x0cb\x0bc\x1cd\x85e\n"], id="nor does any other control character"
        ),
    ],
)
def test_lines(content: bytes, lines: list[bytes]) -> None:
    assert lines_of(content) == lines
    assert list(Lines(content)) == lines


CONTENTS = st.lists(st.sampled_from([b"a", b"bc", b"\r", b"\n", b"\n\n"])).map(b"".join)


@given(CONTENTS, st.data())
def test_from_wherever_it_looked_last(content: bytes, data: st.DataObject) -> None:
    lines, expected = Lines(content), lines_of(content)
    starts = list(accumulate(map(len, expected), initial=0))
    assert len(lines) == len(expected)
    bounds = st.one_of(st.none(), st.integers(-6, 6))
    for _ in range(data.draw(st.integers(1, 8))):
        match data.draw(st.integers(0, 3)):
            case 0:
                offset = data.draw(st.integers(0, len(content)))
                assert lines.at(offset) == max(0, bisect.bisect_right(starts, offset, hi=len(expected)) - 1)
            case 1:
                line = data.draw(st.integers(0, len(expected) + 2))
                assert lines.start(line) == starts[min(line, len(expected))]
            case 2:
                cut = slice(data.draw(bounds), data.draw(bounds), data.draw(st.sampled_from([None, 1, 2, -1])))
                assert lines[cut] == expected[cut]
            case _ if expected:
                line = data.draw(st.integers(-len(expected), len(expected) - 1))
                assert lines[line] == expected[line]


def test_no_such_line() -> None:
    with pytest.raises(IndexError):
        Lines(b"a\n")[1]
