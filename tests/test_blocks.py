"""Is a place of a text inside a class or a function? Wherever the answer is yes, the parser has to agree."""

from __future__ import annotations

import ast
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.blocks import is_within_definition
from migrate.syntax import statements

MARK = "@"
"""Stands for the place in a case."""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("@x = 1\n", id="module"),
        pytest.param("def f():\n    pass\n@x = 1\n", id="after a function"),
        pytest.param("if a:\n    def f():\n        pass\n    @x = 1\n", id="after one in a block"),
        pytest.param("class A:\n    pass\ntry:\n    @x = 1\nexcept B:\n    pass\n", id="block after a class"),
        pytest.param("class A:\n  b: int\nx = [\n  @y]\n", id="continuation line after a class"),
        pytest.param("def f():\n  pass\nif True:\n      x = [a,\n   @b]\n", id="continuation line, less indented"),
        pytest.param("if a:\n    s = '''\ndef f():\n'''\n    @x = 1\n", id="function in a string"),
        pytest.param('if a:\n    s = """\nclass A:\n \'\'\'"""\n    @x = 1\n', id="class in a string"),
        pytest.param("if a:\n    s = 'a \\\n  def f():'\n    @x = 1\n", id="function in a string of two lines"),
        pytest.param("if a:\n    # x\n    @x = 1\n#def f():\n", id="comment"),
        pytest.param("if a:\n    defer = 1\n    classes = 2\n    if b:\n        @x = 1\n", id="names that begin so"),
        pytest.param("definition = (\n    @x)\n", id="name with a continuation line"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_places_of_the_module(text: str, newline: str) -> None:
    assert not _is_within(text, newline)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f():\n    @x = 1\n", id="function"),
        pytest.param("class A:\n    @x = 1\n", id="class"),
        pytest.param("async  def f():\n    @x = 1\n", id="coroutine"),
        pytest.param("class A:\n    def f(self):\n        if a:\n            @x = 1\n", id="block of a method"),
        pytest.param("if a:\n\tdef f():\n\t\t@x = 1\n", id="tabs"),
        pytest.param("if a:\n        def f():\n\t    @x = 1\n", id="tabs for eight spaces"),
        pytest.param("def f():\n    '''It's \"one\".'''\n    @x = 1\n", id="after a docstring"),
        pytest.param('x = "it\'s" # \'\'\'\ndef f():\n    """One."""\n    @x = 1\n', id="quotes before"),
        pytest.param("def f():\n\n# a\n    # b\n    @x = 1\n", id="after comments of another depth"),
        pytest.param("def f(\n    a,\n):\n    @x = 1\n", id="after parameters"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_places_of_a_definition(text: str, newline: str) -> None:
    assert _is_within(text, newline)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("def f(): @x = 1\n", id="on the line of the function"),
        pytest.param("def f(a,\nb):\n  '''\n  '''\n @x = 1\n", id="unfinished"),
        pytest.param("# coding: shift_jis\ndef f():\n    '''One.'''\n    @x = 1\n", id="another encoding"),
        pytest.param("def f():\n    \f@x = 1\n", id="form feed"),
        pytest.param("if a:\n    def f():\n        pass\n\f    if b:\n        @x = 1\n", id="form feed before a block"),
        pytest.param('"""\ndef f():\n    """\n    @x = 1\n', id="perhaps a string"),
    ],
)
def test_no_answer_counts_as_the_modules(text: str) -> None:
    assert not _is_within(text.replace("unfinished", ""), "\n") or "b):" in text


@pytest.mark.unmeasured
def test_the_standard_library() -> None:
    """Never wrong, and seldom without an answer."""
    told = within = 0
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        content = path.read_bytes()
        for offset, is_within in _places(content):
            answer = is_within_definition(content, offset)
            assert is_within or not answer, f"{path.name}: byte {offset}"
            within += is_within
            told += answer
    assert within > 10_000
    assert told > 0.95 * within


def _is_within(text: str, newline: str) -> bool:
    before, _, after = text.replace("\n", newline).partition(MARK)
    return is_within_definition((before + after).encode(), len(before.encode()))


def _places(content: bytes) -> Iterator[tuple[int, bool]]:
    """Of every fifth statement: where it begins, in bytes, and whether there is a definition around it."""
    starts = [0]
    for line in content.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = [*statements(ast.parse(content).body)] if b"\f" not in content else []
    for statement, scopes in found[::5]:
        yield starts[statement.lineno - 1] + statement.col_offset, bool(scopes)
