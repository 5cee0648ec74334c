from __future__ import annotations

import ast
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.source import Source
from migrate.syntax import (
    BLANK,
    any_word,
    bodies,
    chain_roots,
    lines_naming,
    lines_with,
    may_import_all,
    places_on,
    statements,
    statements_on,
)

EVERYTHING = """\
if a:
    b
elif c:
    d
else:
    e
for f in g:
    h
else:
    i
while j:
    k
else:
    l
try:
    m
except n:
    o
else:
    p
finally:
    q
with r:
    s
match t:
    case 1:
        u
    case 2:
        v
class W:
    w
async def x():
    async for y in z:
        aa
    async with bb:
        cc
"""


def test_statements_are_found_at_any_depth_in_order() -> None:
    found = [s.value.id for s, _ in statements(ast.parse(EVERYTHING).body) if isinstance(s, ast.Expr)]  # type: ignore[attr-defined]
    assert found == ["b", "d", "e", "h", "i", "k", "l", "m", "o", "p", "q", "s", "u", "v", "w", "aa", "cc"]


def test_statements_come_with_their_scopes() -> None:
    tree = ast.parse("def f():\n if a:\n  class C:\n   x\ny\n")
    found = {ast.unparse(s): [o.name for o in scopes] for s, scopes in statements(tree.body)}  # type: ignore[attr-defined]
    assert found["x"] == ["f", "C"]
    assert found["y"] == []


def test_bodies_of_a_statement_without_blocks() -> None:
    assert list(bodies(ast.parse("x = 1").body[0])) == []


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        pytest.param(b"x\ny\n", [], id="nowhere"),
        pytest.param(b"Carts\nmyCart\nCart_\n", [], id="inside longer words"),
        pytest.param(b"x\nCart\n(Cart)\ny\nCart.x Cart\n", [2, 3, 5], id="each line once"),
        pytest.param(b"x\rCart\r\nCart", [2, 3], id="other line ends"),
        pytest.param("ü = 1\nÜber\n".encode(), [2], id="non-ASCII first letter"),
        pytest.param("# coding: latin-1\nÜber\n".encode("latin-1"), [2], id="Latin-1"),
    ],
)
def test_lines_with(content: bytes, lines: list[int]) -> None:
    assert list(lines_with(Source(content), any_word(["Cart", "Über", "漢"]))) == lines


PIECES = ["Cart", "Über", "漢", "x", "_", "9", " ", ".", "**", ":=", "\n", "\r", "\r\n", "ü", "\f"]


@given(pieces=st.lists(st.sampled_from(PIECES)), encoding=st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "gbk"]))
def test_lines_naming(pieces: list[str], encoding: str) -> None:
    text = f"# coding: {encoding.removesuffix('-sig')}\n" + "".join(pieces)
    source = Source(text.encode(encoding, errors="ignore"))
    words = ["Cart", "Über", "漢"]
    assert lines_naming(source, words) == lines_with(source, any_word(words))
    marked = re.compile(any_word(words).pattern + r"|\*\*|:=")
    assert lines_naming(source, words, ("**", ":=")) == lines_with(source, marked)


OTHERS = [f"other{number}" for number in range(99)]
"""So many names are looked for in another way."""


@pytest.mark.parametrize(
    ("text", "roots"),
    [
        pytest.param("Cart\nx.Carts\nx.y\nx .. Cart\n", set(), id="none"),
        pytest.param("m.Cart\na.b.Cart(1).Cart\n", {"m", "a"}, id="chains"),
        pytest.param("m . \\\n  sub # the (\n  . # one\n  Cart\n", {"m"}, id="blanks and comments"),
        pytest.param("m.Cart.Cart\n", {"m"}, id="twice in one"),
    ],
)
def test_chain_roots(text: str, roots: set[str]) -> None:
    assert chain_roots(text, {"Cart"}) == chain_roots(text, {"Cart", *OTHERS}) == roots
    assert chain_roots(text, ()) == chain_roots(text, OTHERS) == set()


CHAIN = re.compile(rf"(\w+)(?:(?:{BLANK})*\.(?:{BLANK})*\w+)*(?:{BLANK})*\.(?:{BLANK})*\Z")


@given(pieces=st.lists(st.sampled_from(["Cart", "a", "ñ", "9", ".", " ", "\n", "\r", "\\", "# the\n", "(", "=", ")."])))
def test_chain_roots_are_those_of_a_pattern(pieces: list[str]) -> None:
    text = "".join(pieces)
    before = (text[: found.start()] for found in re.finditer(r"\bCart\b", text))
    roots = {found.group(1) for found in map(CHAIN.search, before) if found}
    assert chain_roots(text, {"Cart"}) == chain_roots(text, {"Cart", *OTHERS}) == roots


@pytest.mark.parametrize(
    ("content", "may"),
    [
        pytest.param(b"import a\nx = b * c\n", False, id="none"),
        pytest.param(b"from a import *\n", True, id="plain"),
        pytest.param(b"from a import \\\r\n *\n", True, id="continued"),
    ],
)
def test_may_import_all(content: bytes, may: bool) -> None:
    assert may_import_all(content) is may


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        pytest.param([], [], id="nowhere"),
        pytest.param([1], ["FunctionDef"], id="decorator"),
        pytest.param([5], ["FunctionDef", "Try", "Assign"], id="first of several lines"),
        pytest.param([6, 8], ["FunctionDef", "Try", "Assign", "Expr", "Expr"], id="two on one line"),
        pytest.param([7], ["FunctionDef", "Try"], id="header of a block"),
    ],
)
def test_statements_on(lines: list[int], found: list[str]) -> None:
    tree = ast.parse("@a(\n  1)\ndef f():\n  try:\n    x = (\n      1)\n  except E:\n    g(); h()\ny\n")
    assert [type(statement).__name__ for statement in statements_on(tree.body, lines)] == found


def test_only_nodes_on_the_lines_are_visited() -> None:
    source = "a = 1\nb = [\n  c,\n  d,\n]\n"
    found = [type(p.node).__name__ for p in places_on(ast.parse(source), [3]) if hasattr(p.node, "lineno")]
    assert found == ["Assign", "List", "Name"]


def test_a_decorator_belongs_to_its_function() -> None:
    tree = ast.parse("@a\n@b(\n  c,\n)\ndef f(): ...\n")
    found = [p.node.id for p in places_on(tree, [3]) if isinstance(p.node, ast.Name)]
    assert found == ["c"]


@pytest.mark.parametrize(
    ("source", "scopes"),
    [
        pytest.param("X", [], id="module"),
        pytest.param("def f(): X", ["FunctionDef"], id="function"),
        pytest.param("async def f(): X", ["AsyncFunctionDef"], id="async function"),
        pytest.param("class C: X", ["ClassDef"], id="class"),
        pytest.param("lambda: X", ["Lambda"], id="lambda"),
        pytest.param("[X for a in b]", ["ListComp"], id="element"),
        pytest.param("{X: 1 for a in b}", ["DictComp"], id="key"),
        pytest.param("{1 for a in X}", [], id="first iterable"),
        pytest.param("{1 for a in b for c in X}", ["SetComp"], id="second iterable"),
        pytest.param("(1 for a in b if X)", ["GeneratorExp"], id="condition"),
        pytest.param("(1 for X.a in b)", ["GeneratorExp"], id="target"),
        pytest.param("[[X for a in b] for c in d]", ["ListComp", "ListComp"], id="nested"),
        pytest.param("[1 for c in [1 for a in X]]", [], id="first iterable of a first iterable"),
        pytest.param("def f(a=X): ...", [], id="default"),
        pytest.param("def f(*, a=X): ...", [], id="keyword-only default"),
        pytest.param("def f(a: X): ...", [], id="annotation"),
        pytest.param("def f() -> X: ...", [], id="result"),
        pytest.param("@X\ndef f(): ...", [], id="decorator"),
        pytest.param("class C(X): ...", [], id="base"),
        pytest.param("class C(metaclass=X): ...", [], id="class keyword"),
        pytest.param("lambda a=X: 1", [], id="lambda default"),
        pytest.param("def f():\n class C:\n  def g(self): X", ["FunctionDef", "ClassDef", "FunctionDef"], id="deep"),
    ],
)
def test_scopes(source: str, scopes: list[str]) -> None:
    (place,) = (p for p in places_on(ast.parse(source), [1, 2, 3]) if isinstance(p.node, ast.Name) and p.node.id == "X")
    assert [type(scope).__name__ for scope in place.scopes] == scopes


def test_expressions_in_an_f_string_are_visited() -> None:
    source = 'x = f"""\n\n{Cart(1)}\n{\'Cart\'}"""\ny = Cart\n'
    lines = lines_with(Source(source.encode()), re.compile("Cart"))
    found = [p for p in places_on(ast.parse(source), lines) if isinstance(p.node, ast.Name) and p.node.id == "Cart"]
    assert [p.is_exact for p in found] == [sys.version_info >= (3, 12), True]
