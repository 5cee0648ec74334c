"""The identifiers of a module: what occurs, what is bound, what is used and by which strings and comments."""

from __future__ import annotations

import sys

import pytest

from migrate.locate.scopes import DOCTEST, TYPE_COMMENT, Names
from migrate.locate.sites import Module
from migrate.modules import module_of
from migrate.source import Source


def names(source: str | bytes, path: str = "app/main.py") -> Names:
    read = Source(source.encode() if isinstance(source, str) else source)
    return Names(Module(path, read, read.parse(), module_of(path, ["."])))


@pytest.mark.parametrize(
    ("source", "listed"),
    [
        pytest.param("x = ['a']\n", "", id="no __all__"),
        pytest.param("__all__ = []\n", "", id="empty"),
        pytest.param("x = 'a'\n__all__ = []\n", "", id="beside another list"),
        pytest.param("def f():\n    __all__ = ['a']\nclass A:\n    __all__ = ['b']\n", "", id="in a function and a class"),
        pytest.param("# __all__ = ['a']\nx = '__all__', 'b'\n", "", id="comment and string"),
        pytest.param("for x in __all__:\n    f('a')\n", "", id="a statement with others inside"),
        pytest.param("m.__all__ = ['a']\n", "", id="another module's"),
        pytest.param("__all__ = [1, b'a', x]\n", "", id="no strings"),
        pytest.param("__all__ = ['a', 'b']\n", "a b", id="list"),
        pytest.param("__all__ = ('a',)\n", "a", id="tuple"),
        pytest.param("__all__: list[str] = ['a']\n", "a", id="annotated"),
        pytest.param("__all__ = ['a'] + ['b']\n__all__ += ('c',)\n", "a b c", id="sums"),
        pytest.param("__all__ = []\n__all__.append('a')\n__all__.extend(['b'])\n", "a b", id="methods"),
        pytest.param("if x:\n    __all__ = ['a']\nelse:\n    __all__ = ['b']\n", "a b", id="branches"),
        pytest.param("try:\n    x\nexcept E:\n    __all__ = ['a']\nfinally:\n    __all__ += ['b']\n", "a b", id="try"),
        pytest.param("__all__ = ['a' if x else 'b', *['c']]\n", "a b c", id="deeper"),
        pytest.param("x = __all__ = ['a']\n", "a", id="two targets"),
        pytest.param("__all__ = [\n    'a',  # 'b'\n]\n", "a", id="over lines"),
        pytest.param("__all__ = ['é.ü', \"b\" 'c']\n", "é.ü bc", id="beyond ASCII and in two literals"),
    ],
)  # fmt: skip
def test_listed_in_all(source: str, listed: str) -> None:
    assert names(source).listed_in_all == set(listed.split())


@pytest.mark.parametrize(
    ("source", "path", "stars"),
    [
        pytest.param("import a\nfrom a import b\n", "app/main.py", set(), id="no star"),
        pytest.param("from .... import *\n", "app/main.py", set(), id="out of the tree"),
        pytest.param("x = 'from a import *'\n", "app/main.py", set(), id="string"),
        pytest.param("class A:\n    from a import *\n", "app/main.py", set(), id="in a class, which CPython rejects later"),
        pytest.param("from a.b import *\n", "app/main.py", {("a.b", 1)}, id="absolute"),
        pytest.param("\nfrom .b import *\nfrom . import *\n", "app/main.py", {("app.b", 2), ("app", 3)}, id="relative"),
        pytest.param("from .b import *\n", "app/__init__.py", {("app.b", 1)}, id="relative, in a package"),
        pytest.param("from .. import *\n", "app/sub/main.py", {("app", 1)}, id="two levels"),
        pytest.param("if x:\n    from a import *\nelse:\n    from a import *\n", "app/main.py", {("a", 2), ("a", 4)}, id="twice"),
        pytest.param("try:\n    from a import *\nexcept E:\n    from b import *\n", "app/main.py", {("a", 2), ("b", 4)}, id="fallback"),
        pytest.param("from \\\n  a import *\n", "app/main.py", {("a", 1)}, id="continued"),
    ],
)  # fmt: skip
def test_stars(source: str, path: str, stars: set[tuple[str, int]]) -> None:
    assert names(source, path).stars == tuple(sorted(stars, key=lambda star: star[1]))


BOUND = {
    "assignment": "x = 1\n",
    "annotation": "x: int = 1\n",
    "augmented": "x += 1\n",
    "deletion": "del x\n",
    "import": "import x.y\n",
    "import as": "import a as x\n",
    "from": "from a import b as x\n",
    "function": "def x(): ...\n",
    "coroutine": "async def x(): ...\n",
    "class": "class x: ...\n",
    "parameter": "def f(x): ...\n",
    "star parameter": "def f(*x): ...\n",
    "keyword parameter": "def f(*, x=1, **y): ...\n",
    "parameter of a lambda": "lambda x: 1\n",
    "local": "def f():\n    x = 1\n",
    "deep inside": "def f():\n    class A:\n        def g():\n            x = 1\n",
    "class body": "class A:\n    x = 1\n",
    "loop": "for x in a: ...\n",
    "with": "with a as (b, x): ...\n",
    "except": "try: ...\nexcept E as x: ...\n",
    "capture": "match a:\n    case {'b': x}: ...\n",
    "rest of a pattern": "match a:\n    case [*x]: ...\n",
    "comprehension": "[1 for x in a]\n",
    "walrus": "if (x := 1): ...\n",
    "global": "def f():\n    global x\n    x = 1\n",
    "nonlocal": "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n",
}


@pytest.mark.parametrize("source", [pytest.param(source, id=name) for name, source in BOUND.items()])
def test_bound(source: str) -> None:
    found = names(source)
    assert found.is_bound("x")
    assert found.occurs("x")


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("x\n", id="module"),
        pytest.param("f(a.b[x])\n", id="inside"),
        pytest.param("x.y = 1\n", id="owner of an attribute"),
        pytest.param("def f():\n    return x\n", id="function"),
        pytest.param("class A(x): ...\n", id="base class"),
        pytest.param("@x\ndef f(): ...\n", id="decorator"),
        pytest.param("def f(a=x): ...\n", id="default"),
        pytest.param("y: x\n", id="annotation"),
        pytest.param("f'{x}'\n", id="f-string"),
        pytest.param("[y for y in x]\n", id="comprehension"),
        pytest.param("lambda: x\n", id="lambda"),
    ],
)
def test_read(source: str) -> None:
    found = names(source)
    assert found.occurs("x")
    assert found.is_used("x")
    assert not found.is_bound("x")


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("a.x\n", id="attribute"),
        pytest.param("f(x=1)\n", id="keyword"),
        pytest.param("import a.x\n", id="submodule"),
        pytest.param("from x import a\n", id="module of a from"),
        pytest.param("from a import x as b\n", id="name that is renamed"),
        pytest.param("from a import *\n", id="star import"),
        pytest.param("# x\n", id="comment"),
        pytest.param("xx, _x, x1\n", id="longer names"),
        pytest.param("match a:\n    case A(x=1): ...\n", id="attribute of a pattern"),
        pytest.param("b'x'\n", id="bytes"),
    ],
)
def test_not_there(source: str) -> None:
    found = names(source)
    assert not found.occurs("x")
    assert not found.is_bound("x")
    assert not found.is_used("x")


@pytest.mark.parametrize(
    ("source", "used"),
    [
        pytest.param("x = 1\n", False, id="only bound"),
        pytest.param("import x\n", False, id="only imported"),
        pytest.param("'xx', 'x1', 'éx'\n", False, id="longer words"),
        pytest.param("'x'\n", True, id="string"),
        pytest.param("'see a.x, please'\n", True, id="word of a string"),
        pytest.param("'a' '.x'\n", True, id="string in two literals"),
        pytest.param("f'{a} x'\n", True, id="f-string"),
        pytest.param("def f():\n    '''x'''\n", True, id="docstring"),
        pytest.param("'\\x78'\n", True, id="escape"),
        pytest.param("__all__ = ['x']\n", True, id="__all__"),
    ],
)
def test_used(source: str, used: bool) -> None:
    assert names(source).is_used("x") is used


@pytest.mark.skipif(sys.version_info < (3, 12), reason="PEP 695 came with Python 3.12")
def test_type_parameters() -> None:
    found = names("def f[x](a): ...\nclass A[y]: ...\ntype z[u] = v\n")
    assert all(found.occurs(name) for name in "xyzuv")
    assert [name for name in "xyzuv" if found.is_bound(name)] == ["x", "y", "z", "u"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        pytest.param("x = 1  # a type\n", "", id="another comment"),
        pytest.param("# typed: a\n", "", id="another word"),
        pytest.param('"""a\n> b\n>> c\n.. d\n"""\n', "", id="no doctest"),
        pytest.param("x = 1  # type: a.B\n", "a B", id="type comment"),
        pytest.param("x = []  # type: list[a.B]  # c\n", "list a B", id="comment behind it"),
        pytest.param("def f(x):\n    # type: (a) -> b\n    pass\n", "a b", id="of a function"),
        pytest.param("x = 1  #type:a\r\ny = 2  #\ttype:  b\r\n", "a b", id="blanks and CRLF"),
        pytest.param('"""\n>>> a.b(c)\n... d\ne\n"""\n', "a b c d", id="doctest"),
        pytest.param('def f():\n    """\n        >>> a\n        1\n    """\n', "a", id="doctest, indented"),
        pytest.param("x = 1  # type: é\n", "é", id="beyond ASCII"),
        pytest.param("x = 1  # type: a\n'''\n>>> b\n'''\n", "a b", id="both"),
    ],
)
def test_outside_code(source: str, words: str) -> None:
    assert names(source).outside_code == set(words.split())


def test_outside_code_in_latin_1() -> None:
    source = "# coding: latin-1\nx = 'ß'  # type: é.B\n".encode("latin-1")
    assert names(source).outside_code == {"é", "B"}


@pytest.mark.parametrize(
    ("source", "dynamic"),
    [
        pytest.param("x.eval(), 'exec', a.locals\n", False, id="namesakes"),
        pytest.param("f(vars=1)\n", False, id="keyword"),
        pytest.param("def f(globals): return globals['x']\n", False, id="a parameter"),
        pytest.param("def f():\n  vars = {}\n  def g(): return vars\n", False, id="a local name in a closure"),
        pytest.param("globals()['x']\n", True, id="globals"),
        pytest.param("class C: x = vars()\n", True, id="vars in a class"),
        pytest.param("def f(eval=None):\n  def g(): return eval\n  return exec\n", True, id="one of both"),
        pytest.param("def f(): return locals()\n", True, id="locals"),
        pytest.param("vars(x)\n", True, id="vars"),
        pytest.param("class A:\n    x = eval('1')\n", True, id="eval"),
        pytest.param("exec(code)\n", True, id="exec"),
        pytest.param("e = eval\n", True, id="another name"),
    ],
)
def test_is_dynamic(source: str, dynamic: bool) -> None:
    assert names(source).is_dynamic is dynamic


def test_patterns_say_where_they_found_something() -> None:
    assert [found.start() for found in TYPE_COMMENT.finditer("x  # type: a\n# type: b")] == [3, 13]
    assert [found.group(1) for found in DOCTEST.finditer(">>> a\n  ... b\n>>>\nc >>> d\n")] == [" a", " b", ""]
