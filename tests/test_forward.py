"""Forward references: which strings are types, and where the expressions in them stand in the file."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

import pytest

from migrate.locate.forward import forward_reference, quoted_expression
from migrate.source import Source
from migrate.syntax import Place, places_on


def strings(source: Source) -> Iterator[Place]:
    """Every place of a string, in source order."""
    lines = range(1, len(source.line_starts) + 1)
    for place in places_on(source.parse(), lines):
        if isinstance(place.node, ast.Constant) and isinstance(place.node.value, str):
            yield place


def are_types(text: str) -> dict[str, bool]:
    """Whether each string of a module, by its value, is a type."""
    return {str(place.node.value): forward_reference(place) for place in strings(Source(text.encode()))}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x = 'a'\n", id="value"),
        pytest.param("x: int = 'a'\n", id="value of an annotated variable"),
        pytest.param("x[y['a']]: int\n", id="target of an annotation"),
        pytest.param("def f(x='a', *, y='b'): ...\n", id="default"),
        pytest.param("def f(x=Optional): 'a'\n", id="docstring"),
        pytest.param("@f('a')\ndef g() -> int: return 'b'\n", id="decorator and body"),
        pytest.param("class A('a'): ...\n", id="base class"),
        pytest.param("f('a', b='c', *'d', **'e')\n", id="arguments"),
        pytest.param("x['a'], x[1, 'b'], x[['c']]\n", id="keys"),
        pytest.param("'a'.b, 'c'['d'], 'e' + 'f'\n", id="operands"),
        pytest.param("lambda x='a': 'b'\n", id="lambda"),
        pytest.param("['a', ('b',), {'c'}, {'d': 'e'}]\n", id="displays"),
        pytest.param("['a' for x in 'b' if 'c']\n", id="comprehension"),
        pytest.param("f'a{x:b}'\n", id="f-string"),
        pytest.param("Literal['a', 'b']\n", id="Literal"),
        pytest.param("x: Literal['a', 'b']\n", id="annotation with Literal"),
        pytest.param("def f(x: Optional[typing.Literal['a']]): ...\n", id="Literal inside"),
        pytest.param("x: Annotated[int, 'a', f('b')]\n", id="metadata"),
        pytest.param("x: list[t.Annotated[int, 'a']]\n", id="metadata inside"),
        pytest.param("Annotated[int, 'a']\n", id="metadata of an alias"),
        pytest.param("x: f('a')\n", id="argument in an annotation"),
        pytest.param("x: f(a='b')\n", id="keyword in an annotation"),
        pytest.param("x: [y for y in 'a']\n", id="comprehension in an annotation"),
        pytest.param("cast(int, 'a')\n", id="value of cast"),
        pytest.param("assert_type(x, 'a')\n", id="value of assert_type"),
        pytest.param("TypeVar('a', covariant='b')\n", id="name of TypeVar"),
        pytest.param("NewType('a', name='b')\n", id="name of NewType"),
        pytest.param("Optional()['a'], f().union['b'](x['c'])\n", id="not a generic"),
    ],
)
def test_other_strings(text: str) -> None:
    assert not any(are_types(text).values())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x: 'a'\n", id="variable"),
        pytest.param("x: 'a' = 1\n", id="variable with a value"),
        pytest.param("x.y: 'a'\n", id="attribute"),
        pytest.param("class A:\n    x: 'a'\n", id="in a class"),
        pytest.param("def f(x: 'a', /, y: 'b', *z: 'c', u: 'd' = 1, **v: 'e') -> 'f': ...\n", id="function"),
        pytest.param("async def f(x: 'a') -> 'b': ...\n", id="coroutine"),
        pytest.param("class A:\n    def f(self, x: 'a') -> 'b': ...\n", id="method"),
        pytest.param("x: Optional['a']\ny: Union['b', 'c']\n", id="generic"),
        pytest.param("x: typing.Optional['a'] | t.List['b']\n", id="generic of a module"),
        pytest.param("x: dict['a', list['b']]\n", id="built-in generic"),
        pytest.param("x: tuple['a', ...]\n", id="tuple"),
        pytest.param("x: Callable[['a', 'b'], 'c']\n", id="Callable"),
        pytest.param("x: 'a' | None | 'b'\n", id="union"),
        pytest.param("x: tuple[*'a']\n", id="starred"),
        pytest.param("x: Box['a', Box['b']]\n", id="generic of its own"),
        pytest.param("x: Annotated['a', 1]\n", id="type of Annotated"),
        pytest.param("x: Annotated[list['a'], 1]\n", id="type inside Annotated"),
        pytest.param("x: Annotated['a']\n", id="Annotated without metadata"),
        pytest.param("X = Optional['a']\nY = t.Callable[['b'], 'c']\n", id="alias"),
        pytest.param("class A(Generic['a'], t.List['b']): ...\n", id="base class"),
        pytest.param("f(Optional['a'], x=Union['b', 'c'])\n", id="generic as an argument"),
        pytest.param("cast('a', x), t.cast('b', y)\n", id="cast"),
        pytest.param("cast(list['a'], x)\n", id="cast, inside"),
        pytest.param("ForwardRef('a'), assert_type('b', x)\n", id="ForwardRef and assert_type"),
        pytest.param("TypeVar(T, 'a', 'b')\n", id="constraints"),
        pytest.param("TypeVar(T, bound='a', default='b')\n", id="bound and default"),
        pytest.param("TypeVar(T, bound=x | 'a')\n", id="bound, a union"),
        pytest.param("t.NewType(N, 'a')\n", id="NewType"),
        pytest.param("Required['a'], NotRequired['b'], ReadOnly['c'], TypeIs['d'], Unpack['e']\n", id="later generics"),
    ],
)
def test_types(text: str) -> None:
    found = are_types(text)
    assert found
    assert all(found.values()), found


@pytest.mark.parametrize(
    ("text", "types"),
    [
        pytest.param("x: Annotated['a', 'b']\n", "a", id="type and metadata"),
        pytest.param("x: dict['a', Literal['b']] = 'c'\n", "a", id="Literal beside a type"),
        pytest.param("cast('a', 'b')\n", "a", id="type and value of cast"),
        pytest.param("TypeVar('a', 'b', bound='c', name='d')\n", "bc", id="name and types of TypeVar"),
        pytest.param("def f(x: 'a' = 'b') -> 'c':\n    'd'\n    return 'e'\n", "ac", id="function"),
    ],
)
def test_types_and_others(text: str, types: str) -> None:
    assert {value for value, is_type in are_types(text).items() if is_type} == set(types)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="PEP 695 came with Python 3.12")
def test_functions_with_type_parameters() -> None:
    assert are_types("def f[T](x: 'a') -> 'b': ...\nclass A[T]:\n    x: list['c']\n") == dict.fromkeys("abc", True)


def spelled(content: bytes) -> list[list[str] | None]:
    """For each string that is a type, the text at each expression in it, by its place; None where there is none."""
    source = Source(content)
    found: list[list[str] | None] = []
    for place in strings(source):
        if forward_reference(place):
            assert isinstance(place.node, ast.Constant)
            expression = quoted_expression(source, place.node)
            found.append(None if expression is None else [source.slice(source.span(n)) for n in inner(expression)])
    return found


def inner(expression: ast.expr) -> Iterator[ast.expr]:
    return (node for node in ast.walk(expression) if isinstance(node, ast.expr))


@pytest.mark.parametrize(
    ("text", "expressions"),
    [
        pytest.param("x: 'a'\n", ["a"], id="name"),
        pytest.param("x: 'a.b.C'\n", ["a.b.C", "a.b", "a"], id="attribute"),
        pytest.param('x: "a.B"\n', ["a.B", "a"], id="double quotes"),
        pytest.param("x: 'a[b.C, d]'\n", ["a[b.C, d]", "a", "b.C, d", "b.C", "d", "b"], id="generic"),
        pytest.param("x: 'a | None'\n", ["a | None", "a", "None"], id="union"),
        pytest.param("x: 'a . b  '\n", ["a . b", "a"], id="blanks"),
        pytest.param("x: '(a)'\n", ["a"], id="parentheses"),
        pytest.param("x: r'a.B'\n", ["a.B", "a"], id="raw"),
        pytest.param("x: R\"a.B\"\n", ["a.B", "a"], id="raw, capital"),
        pytest.param("x: u'a.B'\n", ["a.B", "a"], id="u"),
        pytest.param("x: U'a.B'\n", ["a.B", "a"], id="U"),
        pytest.param("x: '''a.B'''\n", ["a.B", "a"], id="three quotes"),
        pytest.param('x: r"""a.B"""\n', ["a.B", "a"], id="three double quotes, raw"),
        pytest.param("é: 'a.B'\n", ["a.B", "a"], id="behind a letter beyond ASCII"),
        pytest.param("y = '漢😀'; x: 'a.B'\n", ["a.B", "a"], id="behind wider letters"),
        pytest.param("x: 'é.ü.B'\n", ["é.ü.B", "é.ü", "é"], id="letters beyond ASCII inside"),
        pytest.param("é: '''漢.b | ü'''\n", ["漢.b | ü", "漢.b", "ü", "漢"], id="letters beyond ASCII everywhere"),
        pytest.param("def f(\n  é: 'a.B',\n): ...\n", ["a.B", "a"], id="on another line"),
        pytest.param("if x:\n\ty: 'a.B'\n", ["a.B", "a"], id="behind a tab"),
        pytest.param("\x0cx: 'a.B'\n", ["a.B", "a"], id="behind a form feed"),
        pytest.param("x = 1\rx: 'a.B'\r\n", ["a.B", "a"], id="behind CR"),
        pytest.param("\ufeffx: 'a.B'\n", ["a.B", "a"], id="behind a BOM"),
        pytest.param("x: 'a(b, c=d)'\n", ["a(b, c=d)", "a", "b", "d"], id="call with a keyword"),
    ],
)  # fmt: skip
def test_quoted_expressions(text: str, expressions: list[str]) -> None:
    assert spelled(text.encode()) == [expressions]


def test_quoted_expressions_in_latin_1() -> None:
    content = "# coding: latin-1\né: 'ü.B'; x: 'ß.c'\n".encode("latin-1")
    assert spelled(content) == [["ü.B", "ü"], ["ß.c", "ß"]]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x: '''\na'''\n", id="over lines"),
        pytest.param("x: 'a\\\nb'\n", id="continued"),
        pytest.param("x: '\\x61'\n", id="escape"),
        pytest.param("x: '(\\n a)'\n", id="escaped line end"),
        pytest.param("x: 'a' 'b'\n", id="two literals"),
        pytest.param("x: 'a' \"b\"\n", id="two literals in other quotes"),
        pytest.param("x: ('a'  # why\n 'b')\n", id="two literals over lines"),
        pytest.param("x: ''\n", id="empty"),
        pytest.param("x: 'a b'\n", id="no expression"),
        pytest.param("x: 'x = 1'\n", id="a statement"),
        pytest.param("x: ' a'\n", id="indented"),
        pytest.param("x: '(a'\n", id="unclosed"),
    ],
)
def test_strings_without_an_expression(text: str) -> None:
    assert spelled(text.encode()) == [None]


def test_a_tree_that_does_not_fit_its_text() -> None:
    source = Source(b"x: 'a'\n")
    (place,) = strings(source)
    assert isinstance(place.node, ast.Constant)
    place.node.value = "b"
    assert quoted_expression(source, place.node) is None
