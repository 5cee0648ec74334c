from __future__ import annotations

import logging

import pytest
from bowler import Query

from migrate.rewrite import CompiledQuery, NotRewritable
from phases.patterns import IMPORT_FROM, mark_selected


@pytest.fixture(scope="module")
def query() -> CompiledQuery:
    return CompiledQuery(Query().select_pattern(IMPORT_FROM).modify(mark_selected))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x", id="name"),
        pytest.param("import a", id="another statement"),
        pytest.param("f(x=1)", id="call"),
        pytest.param("print(exec, print)", id="names that were statements"),
        pytest.param("f(match=1, type=2, case=3)", id="soft keywords"),
    ],
)
def test_not_selected(query: CompiledQuery, text: str) -> None:
    found = query.run(text, "a.py")
    assert (found.text, found.selected) == (text, False)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from a import b", id="plain"),
        pytest.param("from . a import (\n    b,  # c\n    d\n)", id="over lines, with a comment"),
        pytest.param("from ...a \\\n    import b as c", id="continued"),
        pytest.param("from größe import 漢 as ü", id="non-ASCII"),
        pytest.param("from a import *", id="star"),
    ],
)
def test_selected(query: CompiledQuery, text: str) -> None:
    found = query.run(text, "a.py")
    assert (found.text, found.selected) == (text, True)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("match x:\n  case 1: pass", id="a statement that the old grammar lacks"),
        pytest.param("f(", id="a bracket is never closed"),
        pytest.param("if x:\n    y\n  z", id="indentation"),
        pytest.param("x = '''", id="a string is never closed"),
    ],
)
def test_not_rewritable(query: CompiledQuery, text: str) -> None:
    with pytest.raises(NotRewritable):
        query.run(text, "a.py")


def test_a_last_comment_needs_its_line_end(query: CompiledQuery) -> None:
    with pytest.raises(NotRewritable, match="not the whole text"):
        query.parse("x = 1\n# y")
    assert str(query.parse_module("x = 1\n# y")) == "x = 1\n# y\n"


def test_nesting_too_deep(query: CompiledQuery) -> None:
    def refused(depth: int) -> bool:
        try:
            found = query.run("(" * depth + "x" + ")" * depth, "a.py")
        except NotRewritable:
            return True
        assert found.text.count("(") == depth
        return False

    low, high = 1, 4000
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if refused(middle) else (middle, high)
    assert all(refused(depth) for depth in range(high, high + 20))


def test_queries_of_several_phases_do_not_log_to_the_root(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        CompiledQuery(Query().select_root()).run("x", "a.py")
    assert caplog.records == []
