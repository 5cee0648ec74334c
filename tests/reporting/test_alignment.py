"""Which lines of two versions belong together."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.reporting import alignment
from migrate.reporting.alignment import Block, changed_blocks, pair_lines

LINES = st.lists(st.sampled_from(["a", "b", "c", "", "x = 1", "return"]), max_size=30)


@pytest.mark.parametrize("lines", [[], ["a"], ["", "", ""]], ids=["no lines", "one line", "lines alike"])
def test_the_same_lines_have_no_blocks(lines: list[str]) -> None:
    assert changed_blocks(lines, list(lines)) == ()


@pytest.mark.parametrize(
    ("old", "new", "blocks"),
    [
        pytest.param("", "ab", [Block(0, 0, 0, 2)], id="everything is new"),
        pytest.param("ab", "", [Block(0, 2, 0, 0)], id="everything is gone"),
        pytest.param("abc", "aXc", [Block(1, 2, 1, 2)], id="one line in the middle"),
        pytest.param("abc", "abcX", [Block(3, 3, 3, 4)], id="a line at the end"),
        pytest.param("abcde", "XbcYe", [Block(0, 1, 0, 1), Block(3, 4, 3, 4)], id="two blocks"),
        pytest.param("ab", "ba", [Block(0, 1, 0, 0), Block(2, 2, 1, 2)], id="two lines change places"),
        pytest.param(" a b ", " a X b ", [Block(3, 3, 3, 5)], id="a line between lines alike"),
        pytest.param("aXbXc", "aXYbXc", [Block(2, 2, 2, 3)], id="landmarks between lines alike"),
    ],
)
def test_blocks(old: str, new: str, blocks: list[Block]) -> None:
    assert list(changed_blocks(list(old), list(new))) == blocks


@given(LINES, LINES)
def test_what_is_outside_of_the_blocks_is_the_same(old: list[str], new: list[str]) -> None:
    blocks = changed_blocks(old, new)
    rebuilt, at = [], 0
    for block in blocks:
        assert block.old_start > at or block is blocks[0]
        assert block.old_end > block.old_start or block.new_end > block.new_start
        rebuilt += [*old[at : block.old_start], *new[block.new_start : block.new_end]]
        at = block.old_end
    assert [*rebuilt, *old[at:]] == new


def test_a_block_without_landmarks_that_is_too_large_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = list("xaaxbbx"), list("yaaybby")
    assert len(changed_blocks(old, new)) == 3
    monkeypatch.setattr(alignment, "_CLOSE_LOOK", 3)
    assert changed_blocks(old, new) == (Block(0, 7, 0, 7),)


@pytest.mark.parametrize(
    ("old", "new", "pairs"),
    [
        pytest.param([], ["a"], [], id="nothing to pair"),
        pytest.param(["a"], ["other"], [(0, 0)], id="one for one is a pair whatever it says"),
        pytest.param(["one line", ""], ["", "quite another"], [], id="nothing alike"),
        pytest.param(
            ["from old import A, B"],
            ["from new import A", "from old import B"],
            [(0, 1)],
            id="the more similar of two",
        ),
        pytest.param(
            ["a = Basket(", "    metadata=request.data)", "print(a)"],
            ["a = Basket(", "    context=request.data,", "    audit={})", "print(a, b)"],
            [(0, 0), (1, 1), (2, 3)],
            id="in order",
        ),
    ],
)
def test_pairs(old: list[str], new: list[str], pairs: list[tuple[int, int]]) -> None:
    assert list(pair_lines(old, new)) == pairs


def test_lines_of_a_large_block_are_paired_by_their_place() -> None:
    old = [f"value_{number} = old" for number in range(40)]
    new = [f"value_{number} = new" for number in range(40)]
    new[3] = "something else entirely"
    assert list(pair_lines(old, new)) == [(at, at) for at in range(40) if at != 3]


@given(LINES, LINES)
def test_pairs_rise(old: list[str], new: list[str]) -> None:
    pairs = pair_lines(old, new)
    assert all(a < c and b < d for (a, b), (c, d) in itertools.pairwise(pairs))
    assert all(0 <= i < len(old) and 0 <= j < len(new) for i, j in pairs)
