"""Of a rewritten module only what its edits touch is parsed anew: as the whole of it would be."""

from __future__ import annotations

import ast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from migrate.abridged import Abridged, abridge
from migrate.edits import Edit, Span, apply_edits, in_order
from migrate.source import Source, UnparsableSource


def shorten(before: bytes, *changes: tuple[bytes, bytes]) -> tuple[Abridged | None, Source]:
    """What is left where each first text, which `before` has once, becomes the second."""
    edits = []
    for old, new in changes:
        assert before.count(old) == 1
        start = before.index(old)
        edits.append(Edit(Span(start, start + len(old)), new, "import", 0))
    return of(Source(before), *edits)


def of(source: Source, *edits: Edit) -> tuple[Abridged | None, Source]:
    ordered = in_order(edits)
    after = Source(apply_edits(source.content, ordered))
    return abridge(source, source.parse(), ordered, after), after


@pytest.mark.parametrize(
    ("before", "changes"),
    [
        pytest.param(b"", (), id="empty"),
        pytest.param(b"# only a comment\n", (), id="no statement"),
        pytest.param(b"x = 1\n", ((b"1", b"2"),), id="one statement"),
        pytest.param(b"x = 1; y = 2\n", ((b"1", b"3"),), id="statements of one line"),
        pytest.param(b"x = 1\ny = 2\n", ((b"1", b"3"), (b"2", b"4")), id="all touched"),
        pytest.param(b"x = 1\nif x:\n    global y\nz = 2\nw = 3\n", ((b"3", b"4"),), id="a global of the module"),
        pytest.param(b"x = 1\ny = 2\nz = 3\n", ((b"1\n", b"(1 +\n"),), id="an end that is none"),
        pytest.param(b"a\rb\rx = 1\r", ((b"1", b"2"),), id="CR"),
        pytest.param(b"x = 1\n\\\ny = 2\nz = 3\n", ((b"2", b"4"),), id="a backslash before a statement"),
    ],
)  # fmt: skip
def test_nothing_left_out(before: bytes, changes: tuple[tuple[bytes, bytes], ...]) -> None:
    part, _ = shorten(before, *changes)
    assert part is None or not part.compiles


@pytest.mark.parametrize(
    ("before", "change", "left"),
    [
        pytest.param(b"x = 1\ny = 2\nz = 3\n", (b"3", b"4"), "pass\n\nz = 4\n", id="the last"),
        pytest.param(b"x = 1\ny = 2\nz = 3\n", (b"1", b"4"), "x = 4\npass\n\n", id="the first"),
        pytest.param(b"a\nx = 1\n# c\n\ny = 2\nz = 3", (b"y = 2\n", b""), "pass\n\n\n\npass\n", id="what went"),
        pytest.param(b"a\n@d\ndef f():\n    return 1\n\nx = 1\nb\n", (b"1\n\n", b"2\n\n"), "pass\n@d\ndef f():\n    return 2\n\npass\n\n", id="a decorator"),
        pytest.param(b'"""d"""\nfrom __future__ import annotations\na\nb\nx = 1\n', (b"1", b"2"), '"""d"""\nfrom __future__ import annotations\npass\n\nx = 2\n', id="from __future__ stays"),
        pytest.param(b"a\r\nx = 1\r\nb\r\n", (b"1", b"2"), "pass\nx = 2\r\npass\n", id="CRLF"),
        pytest.param(b'"""\na\n"""\nx = 1\nb\n', (b"1", b"2"), "pass\n\n\nx = 2\npass\n", id="a string of several lines"),
        pytest.param(b"\xef\xbb\xbfx = 1\nb\n", (b"1", b"2"), "x = 2\npass\n", id="a BOM"),
        pytest.param(b"# coding: latin-1\nx = '\xe4', 5\nb\n", (b"5", b"6"), "# coding: latin-1\nx = 'ä', 6\npass\n", id="latin-1"),
        pytest.param(b"def f():\n    global y\nx = 1\nb\n", (b"1", b"2"), "pass\n\nx = 2\npass\n", id="a global of a function"),
    ],
)  # fmt: skip
def test_left(before: bytes, change: tuple[bytes, bytes], left: str) -> None:
    part, after = shorten(before, change)
    assert part is not None
    assert part.text == left
    assert part.compiles
    assert_like_the_whole(part, after)


def test_what_comes_in_between_stays_with_its_neighbours() -> None:
    part, after = of(Source(b"a\nx\ny\nb\n"), Edit(Span(4, 4), b"import n\n", "import", 0))
    assert part is not None
    assert part.text == "pass\nx\nimport n\ny\npass\n"
    assert_like_the_whole(part, after)


def test_what_no_longer_compiles_does_not_in_part() -> None:
    part, _ = shorten(b"def f():\n    return 1\nx = 1\n", (b"x = 1", b"return 1"))
    assert part is not None
    assert not part.compiles


def assert_like_the_whole(part: Abridged, after: Source) -> None:
    whole = {_key(statement) for statement in after.parse().body}
    assert {_key(statement) for statement in part.tree.body} <= whole


def _key(statement: ast.stmt) -> str:
    return ast.dump(statement, include_attributes=True)


PIECES = (
    "", "\n", "# c\n", "# c \\\n", "\\\n", "x = 1\n", "x = 1; y = 2\n", "x = (1,\n 2)\n", "x = 1 + \\\n 2\n", "'''a\nb'''\n",
    "from __future__ import annotations\n", "import a\n", "from a import *\n", "global x\n", "return\n", "if x:\n  y\n",
    "if x:\n  y\nelse:\n  z\n", "else:\n  z\n", "try:\n  import a\nexcept E:\n  pass\n", "@d\n", "@d\nclass A:\n  def f(self):\n    return 1\n",
    "def f():\n\tglobal x\n\tx = 1\n", "async def f():\n  await x\n", "await x\n", "  y\n", "x = (\n", ")\n", "'''\n", "\f\n", "\fx = 1\n",
    "ä = 'ö'\n", "x: int\n", "break\n", "x = 1\r\n", "x = 1\r", "x = 1", "while x:\n  break\n", "match x:\n  case 1:\n    pass\n",
)  # fmt: skip


@given(
    st.lists(st.sampled_from(PIECES), min_size=2, max_size=7),
    st.data(),
)
def test_a_part_is_read_as_in_the_whole(pieces: list[str], data: st.DataObject) -> None:
    source = Source("".join(pieces).encode())
    try:
        tree = source.parse()
    except UnparsableSource:
        return
    places = [0]
    for piece in pieces:
        places.append(places[-1] + len(piece.encode()))
    chosen = data.draw(st.lists(st.integers(0, len(pieces) - 1), unique=True, max_size=3))
    edits = []
    for index in sorted(chosen):
        end = places[index + data.draw(st.sampled_from([0, 1]))]
        edits.append(Edit(Span(places[index], end), data.draw(st.sampled_from(PIECES)).encode(), "import", 0))
    assume(len({edit.span for edit in edits}) == len(edits))
    after = Source(apply_edits(source.content, in_order(edits)))
    part = abridge(source, tree, in_order(edits), after)
    if part is None or not part.compiles:
        return
    assert after.compiles() is None or source.compiles() is not None
    body = after.parse().body
    at = 0
    for statement in part.tree.body:  # in order, and nothing that the whole does not have
        at = next(n for n in range(at, len(body)) if _key(body[n]) == _key(statement)) + 1
    left_out = [s for s in tree.body if all(s is not each for each in part.statements)]
    assert len(body) == len(part.tree.body) + len(left_out)
