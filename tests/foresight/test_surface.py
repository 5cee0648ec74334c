from __future__ import annotations

import pytest

from migrate.foresight.surface import Surface, imports_in_text, read_surface
from migrate.modules import ModuleName

HERE = ModuleName("shop.old", is_package=False)


def surface(text: str | bytes, name: ModuleName = HERE) -> Surface:
    return read_surface(text.encode() if isinstance(text, str) else text, name)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("f: int\n", id="annotation alone"),
        pytest.param("class f: ...\ndel f\n", id="deleted"),
        pytest.param("import f\nif a:\n    f = 1\ndel (f, f.x, e[0])\n", id="deleted, however bound"),
        pytest.param("import f\ng = f.g\ndel f, g\n", id="deleted, with what was taken from it"),
        pytest.param("try:\n    import f\n    del f\nfinally: ...\n", id="deleted in a block"),
        pytest.param("def f():\n    x = 1\n    import os\n    class C: ...\n", id="in a function"),
        pytest.param("class f:\n    x = 1\n    def g(): ...\n", id="in a class"),
        pytest.param("f = [x for x in y for z in x]\n", id="comprehension"),
        pytest.param("f = {x: 1 for x in y}\n", id="dict comprehension"),
        pytest.param("f = lambda x: (z := 1)\n", id="lambda"),
        pytest.param("f = 1\nf.x = 2\nf[0] = 3\n", id="attribute and item"),
        pytest.param("try:\n    f = 1\nexcept E as e:\n    pass\n", id="name of an error, which is deleted"),
    ],
)
def test_what_binds_nothing_else(text: str) -> None:
    assert set(surface(text).entries) <= {"f", "e"} - {"e"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("class X: ...\n", "class", id="class"),
        pytest.param("@d\nasync def X(): ...\n", "function", id="coroutine"),
        pytest.param("if a:\n    def X(): ...\n", "function", id="in an if"),
        pytest.param("try:\n    pass\nfinally:\n    X = 1\n", "value", id="in a finally"),
        pytest.param("a, (*X, b) = c\n", "value", id="unpacked"),
        pytest.param("X: int = 1\n", "value", id="annotated"),
        pytest.param("del X\nX: int\nX = 1\n", "value", id="after a deletion"),
        pytest.param("X = 1\nif a:\n    del X\n", "value", id="perhaps deleted"),
        pytest.param("X = 1\ndef f(X):\n    del X\n", "value", id="another is deleted"),
        pytest.param("X += 1\n", "value", id="augmented"),
        pytest.param("for X in a: ...\n", "value", id="loop"),
        pytest.param("with a as (X, b): ...\n", "value", id="with"),
        pytest.param("print(X := 1)\n", "value", id="assignment expression"),
        pytest.param("print([X := a for a in b])\n", "value", id="assignment expression in a comprehension"),
        pytest.param("match a:\n    case [X, *b]: ...\n", "value", id="pattern"),
        pytest.param("match a:\n    case [b, *X]: ...\n", "value", id="pattern with a star"),
        pytest.param("match a:\n    case {'b': 1, **X}: ...\n", "value", id="pattern of a mapping"),
        pytest.param("match a:\n    case C(b=D() as X): ...\n", "value", id="pattern inside"),
        pytest.param("import X.y\n", "import", id="import"),
        pytest.param("from a import b as X\n", "import", id="from"),
    ],
)
def test_what_binds(text: str, kind: str) -> None:
    entries = surface(text).entries["X"]
    assert {entry.kind for entry in entries} == {kind}


@pytest.mark.parametrize(
    ("text", "source"),
    [
        pytest.param("class X: ...\n", None, id="definition"),
        pytest.param("from a.b import X\n", "a.b.X", id="from"),
        pytest.param("from a.b import Y as X\n", "a.b.Y", id="from as"),
        pytest.param("from .b import X\n", "shop.b.X", id="relative"),
        pytest.param("from . import X\n", "shop.X", id="relative module"),
        pytest.param("import a.b as X\n", "a.b", id="import as"),
        pytest.param("import a.b\nX = a.b.Y\n", "a.b.Y", id="alias of an attribute"),
        pytest.param("from a import Y\nX = Y\n", "a.Y", id="alias"),
        pytest.param("class Y: ...\nX = Y\n", "shop.old.Y", id="alias of a definition"),
        pytest.param("X = Y()\n", None, id="call"),
        pytest.param("from a import Y\nX = Y if b else None\n", None, id="one of two"),
        pytest.param(
            "try:\n    from a import X\nexcept ImportError:\n    from b import X\n", None, id="from one of two"
        ),
        pytest.param("try:\n    from a import X\nexcept ImportError:\n    X = None\n", None, id="or nothing"),
        pytest.param(
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a import X\n", "a.X", id="for types"
        ),
        pytest.param(
            "import typing\nif typing.TYPE_CHECKING:\n    from a import X\nelse:\n    from b import X\n",
            "b.X",
            id="loaded",
        ),
        pytest.param("from a import *\n", None, id="star"),
        pytest.param("from a import X\ndef f():\n    global X\n    X = 1\n", None, id="set by a function"),
    ],
)
def test_source(text: str, source: str | None) -> None:
    assert surface(text).source("X") == source


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", "", id="not there"),
        pytest.param("from a import X\n", "", id="taken"),
        pytest.param("X = 1\n", "", id="made"),
        pytest.param("def __getattr__(name): ...\nX = 1\n", "", id="made, and others on demand"),
        pytest.param("if a:\n    X = 1\nelse:\n    X = 2\n", "", id="made in two ways"),
        pytest.param(
            "try:\n    from a import X\nexcept ImportError:\n    from b import Y as X\n", "it comes from a:X or b:Y", id="two"
        ),
        pytest.param(
            "try:\n    from a import X\nexcept ImportError:\n    X = 1\n",
            "it comes from a:X or its own definition in line 4", id="or its own",
        ),
        pytest.param(
            "from a import X\ndef f():\n    global X\n",
            "it comes from a:X at first, and from a function that declares it `global`", id="set by a function later",
        ),
        pytest.param(
            "def f():\n    global X\n    X = 1\n", "it comes from a function that declares it `global`", id="set by a function",
        ),
        pytest.param("globals()['X'] = 1\n", "the module may make it while it runs", id="made somehow"),
    ],
)  # fmt: skip
def test_why_unclear(text: str, why: str) -> None:
    assert surface(text).why_unclear("X") == why


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        pytest.param("x = 1\n", None, id="none"),
        pytest.param("__all__ = ['a', \"b\"]\n", {"a", "b"}, id="list"),
        pytest.param("__all__: list[str] = ('a',)\n", {"a"}, id="annotated"),
        pytest.param("__all__ = ['a']\n__all__ += ['b']\n", {"a", "b"}, id="added"),
        pytest.param("__all__ = []\n", set(), id="empty"),
    ],
)
def test_listed(text: str, listed: set[str] | None) -> None:
    assert surface(text).listed == listed


def test_public_and_starred() -> None:
    found = surface("__all__ = ['_a']\n")
    assert [found.is_public(name) for name in ("_a", "b", "_c")] == [True, True, False]
    assert [found.is_starred(name) for name in ("_a", "b", "_c")] == [True, False, False]
    assert [surface("").is_starred(name) for name in ("_a", "b")] == [False, True]


def test_definitions() -> None:
    text = "__all__ = ['V', '_p']\nclass A: ...\ndef b(): ...\nV = 1\nW = 2\ndef _p(): ...\ndef _q(): ...\nA = 3\nfrom x import Y\n"
    assert [(e.name, e.line) for e in surface(text).definitions] == [("A", 2), ("b", 3), ("V", 4), ("_p", 6)]
    assert surface(text).defines("W")
    assert not surface(text).defines("Y")


@pytest.mark.parametrize(
    ("text", "is_dynamic"),
    [
        pytest.param("x = globals()\ny = globals()['a']\n", False, id="read"),
        pytest.param("def f(d): d['a'] = 1\n", False, id="another mapping"),
        pytest.param("import sys\nsys.modules['other'] = 1\n", False, id="another module"),
        pytest.param("def __getattr__(name): ...\n", True, id="getattr"),
        pytest.param("globals()['a'] = 1\n", True, id="item"),
        pytest.param("globals().update(a=1)\n", True, id="update"),
        pytest.param("exec('a = 1')\n", True, id="exec"),
        pytest.param("import sys\nsetattr(sys.modules[__name__], 'a', 1)\n", True, id="setattr"),
        pytest.param("import sys\nsys.modules[__name__] = object()\n", True, id="another object"),
    ],
)
def test_names_that_are_made(text: str, is_dynamic: bool) -> None:
    assert surface(text).is_dynamic == is_dynamic


def test_late_names_and_stars() -> None:
    found = surface("from a import *\nfrom .b import *\nfrom ....c import *\ndef f():\n    global X, Y\n    X = 1\n")
    assert (found.late, found.stars) == ({"X", "Y"}, ("a", "shop.b"))
    assert not found.binds("X")


def test_a_file_that_no_parser_reads() -> None:
    text = (
        "class A(:\n    def inner(self): ...\nasync  def f(): ...\n"
        "from a.b import (C,  # why\n    D as E,\n)\nfrom . import g\nfrom h import *\nif x:\n    from .i import J\n"
        "from ....k import L\n"
    )
    for newline in ("\n", "\r\n", "\r"):
        found = surface(text.replace("\n", newline))
        assert not found.is_parsed
        assert {name: (e[0].kind, e[0].line, e[0].dotted) for name, e in found.entries.items()} == {
            "A": ("class", 1, ""), "f": ("function", 3, ""), "C": ("import", 4, "a.b.C"), "E": ("import", 4, "a.b.D"),
            "g": ("import", 7, "shop.g"), "J": ("import", 10, "shop.i.J"),
        }  # fmt: skip
        assert found.stars == ("h",)


def test_bytes_that_are_no_text() -> None:
    assert surface(b"\xff\xfe class\nclass A:\n").entries["A"][0].line == 2


def test_imports_in_text() -> None:
    found = list(imports_in_text("from a import b ; x\n  from .c import (\n)\n# from d import e\n", HERE))
    assert found == [(1, "a", (("b", "b"),)), (2, "shop.c", ())]
