from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.edits import Edit, OverlappingEdits, Span, apply_edits, in_order


def edit(start: int, end: int, after: bytes = b"x", site: int = 0) -> Edit:
    return Edit(Span(start, end), after, "import", site)


@given(st.binary(max_size=40))
def test_no_edits_change_nothing(source: bytes) -> None:
    assert apply_edits(source, ()) == source


@given(
    pieces=st.lists(st.tuples(st.binary(max_size=4), st.binary(min_size=1, max_size=4), st.binary(max_size=4))),
    tail=st.binary(max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_only_the_spans_change(pieces: list[tuple[bytes, bytes, bytes]], tail: bytes, order: object) -> None:
    source, expected, edits = b"", b"", []
    for kept, gone, new in pieces:
        start = len(source) + len(kept)
        edits.append(edit(start, start + len(gone), new))
        source += kept + gone
        expected += kept + new
    order.shuffle(edits)  # type: ignore[attr-defined]
    assert apply_edits(source + tail, edits) == expected + tail
    assert [e.span for e in in_order(edits)] == sorted(e.span for e in edits)


@pytest.mark.parametrize(
    ("edits", "after"),
    [
        pytest.param([edit(2, 2)], b"abxcdef", id="an insertion"),
        pytest.param([edit(2, 2), edit(2, 4, b"y")], b"abxyef", id="an insertion right before a replacement"),
        pytest.param([edit(2, 4, b"y"), edit(4, 4)], b"abyxef", id="an insertion right after a replacement"),
        pytest.param([edit(0, 6, b"")], b"", id="everything goes"),
        pytest.param([edit(0, 0), edit(6, 6, b"y")], b"xabcdefy", id="both ends"),
    ],
)
def test_edits_side_by_side(edits: list[Edit], after: bytes) -> None:
    assert apply_edits(b"abcdef", edits) == after


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param([edit(1, 3), edit(2, 4)], id="shared byte"),
        pytest.param([edit(1, 5), edit(2, 3)], id="one inside the other"),
        pytest.param([edit(1, 5), edit(3, 3)], id="an insertion inside a replacement"),
        pytest.param([edit(1, 3), edit(1, 3, b"y")], id="the same span"),
        pytest.param([edit(2, 2), edit(2, 2, b"y")], id="two insertions at one place"),
    ],
)
def test_overlaps_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(OverlappingEdits, match="Span"):
        apply_edits(b"abcdef", edits)
