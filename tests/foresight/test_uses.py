from __future__ import annotations

from collections.abc import Mapping

import pytest

from migrate.foresight.uses import Use, find_users
from migrate.modules import ModuleName, module_of

MODULES = frozenset({"shop.old"})


def users(text: str | bytes, path: str = "app.py", aliases: Mapping[str, str] | None = None) -> tuple[Use, ...]:
    content = text.encode() if isinstance(text, str) else text
    return find_users(path, content, module_of(path, ["."]), MODULES, aliases)


def told(text: str | bytes, **how: object) -> list[tuple[str, str, int, int]]:
    return [(u.kind, u.name, u.line, u.column) for u in users(text, **how) if u.kind != "module"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("from shop import other\nother.X\n", id="another module"),
        pytest.param("from shop.older import X\n", id="a longer name"),
        pytest.param("from shop.old.sub import X\n", id="a module inside"),
        pytest.param("import shop.old\n", id="only imported"),
        pytest.param("import shop\nshop.other.X\n", id="package alone"),
        pytest.param("# shop.old.X\n'''shop.old.X'''\n", id="comment and docstring"),
        pytest.param("x = 'myshop.old.X shop.older.Y'\n", id="other strings"),
        pytest.param("from ...old import X\n", id="out of the tree"),
        pytest.param("import importlib\nimportlib.import_module(name).X\n", id="a module by a variable"),
    ],
)
def test_no_use(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("from shop.old import X\n", [("import", "X", 1, 21)], id="from"),
        pytest.param("from shop.old import (\n  X, Y as Z)\n", [("import", "X", 2, 2), ("import", "Y", 2, 5)], id="several"),
        pytest.param("from shop.old import *\n", [("star", "*", 1, 0)], id="star"),
        pytest.param("import shop.old\nx = shop.old.X.y\n", [("attribute", "X", 2, 4)], id="attribute"),
        pytest.param("import shop.old as m\nx = m.X if a else b\n", [("attribute", "X", 2, 4)], id="attribute or another"),
        pytest.param("import shop.old as m\nx = m.X.y.z\nx(x.X)\n", [("attribute", "X", 2, 4)], id="in a variable"),
        pytest.param("import shop.old as m\nx = m.X\nx.X\n", [("attribute", "X", 2, 4)], id="in a variable of one attribute"),
        pytest.param("import shop\nm = shop.old\nm.X\n", [("attribute", "X", 3, 0)], id="module in a variable"),
        pytest.param("import shop.old as m\nm.X = 1\n", [("assign", "X", 2, 0)], id="set"),
        pytest.param("import shop.old as m\nm.X.y = 1\n", [("attribute", "X", 2, 0)], id="set below"),
        pytest.param("import shop.old as m\nsetattr(m, 'X', 1)\n", [("assign", "X", 2, 11)], id="setattr"),
        pytest.param("from shop import old\npatch.object(old, 'X')\n", [("patch", "X", 2, 18)], id="patch.object"),
        pytest.param("from shop import old\nmonkeypatch.setattr(old, 'X', 1)\n", [("patch", "X", 2, 25)], id="monkeypatch"),
        pytest.param("mock.patch('shop.old.X.y')\n", [("patch", "X", 1, 11)], id="patch"),
        pytest.param("patch(target='shop.old.X')\n", [("patch", "X", 1, 13)], id="patch by keyword"),
        pytest.param("patch('other', 'shop.old.X')\n", [("string", "X", 1, 15)], id="a patch's other argument"),
        pytest.param("resolve_name('shop.old:X')\n", [("path", "X", 1, 13)], id="path"),
        pytest.param("x = 'see shop.old.X'\n", [("string", "X", 1, 4)], id="string"),
        pytest.param("x = 'shop.old'\n", [], id="the module in a string"),
        pytest.param("import shop.old as m\n(m if a else b).X.y\n", [("attribute", "X", 2, 0)], id="chosen"),
        pytest.param("import shop.old as m\nx = (a or (b and m)).X\n", [("attribute", "X", 2, 4)], id="chosen by or"),
        pytest.param("import shop.old as m\nreload(n := m).X\n", [("attribute", "X", 2, 0)], id="loaded again"),
        pytest.param("import shop.old as m\n(a if m else b).X\nf(m).X\n", [], id="not the value"),
        pytest.param("import shop as s\ns.old.X\n", [("attribute", "X", 2, 0)], id="through the package"),
    ],
)  # fmt: skip
def test_uses(text: str, expected: list[tuple[str, str, int, int]]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("from shop.old import X\n", "", id="nothing"),
        pytest.param("try:\n    from shop.old import X\nexcept ImportError: ...\n", "a `try`", id="try"),
        pytest.param(
            "try:\n    from shop.old import X\nexcept (KeyError, ImportError): ...\n", "a `try`", id="several errors"
        ),
        pytest.param("try:\n    from shop.old import X\nexcept: ...\n", "a `try`", id="bare"),
        pytest.param("try:\n    from shop.old import X\nexcept KeyError: ...\n", "", id="another error"),
        pytest.param("try: ...\nexcept ImportError:\n    from shop.old import X\n", "", id="in the handler"),
        pytest.param("try: ...\nexcept ImportError: ...\nelse:\n    from shop.old import X\n", "", id="in the else"),
        pytest.param(
            "try:\n    def f():\n        from shop.old import X\nexcept ImportError: ...\n", "", id="function"
        ),
        pytest.param("try:\n    if a:\n        from shop.old import X\nexcept ImportError: ...\n", "a `try`", id="if"),
        pytest.param("with suppress(ImportError):\n    from shop.old import X\n", "`suppress`", id="suppress"),
        pytest.param("with open(a):\n    from shop.old import X\n", "", id="with"),
        pytest.param("import shop.old as m\ntry:\n    m.X\nexcept AttributeError: ...\n", "a `try`", id="attribute"),
        pytest.param(
            "import shop.old as m\ntry:\n    m.X\nexcept ImportError: ...\n", "", id="attribute, another error"
        ),
        pytest.param("import shop.old as m\ntry:\n    f = lambda: m.X\nexcept AttributeError: ...\n", "", id="lambda"),
        pytest.param("import shop.old as m\ngetattr(m, 'X', None)\n", "a default", id="default"),
        pytest.param("import shop.old as m\ngetattr(m, 'X')\n", "", id="no default"),
        pytest.param("import shop.old as m\nhasattr(m, 'X')\n", "`hasattr`", id="hasattr"),
        pytest.param("patch('shop.old.X', create=True)\n", "`create`", id="create"),
        pytest.param("patch('shop.old.X', create=False)\n", "", id="create nothing"),
        pytest.param("monkeypatch.setattr('shop.old.X', 1, raising=False)\n", "`raising`", id="raising"),
    ],
)
def test_hidden_by(text: str, expected: str) -> None:
    (use,) = (use for use in users(text) if use.kind != "module")
    assert use.hidden_by == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("from shop.old import X\n", False, id="loaded"),
        pytest.param("if TYPE_CHECKING:\n    from shop.old import X\n", True, id="TYPE_CHECKING"),
        pytest.param("if TYPE_CHECKING: ...\nelse:\n    from shop.old import X\n", False, id="otherwise"),
        pytest.param("import shop.old as m\ndef f(a: m.X): ...\n", False, id="annotation"),
        pytest.param("import shop.old as m\ndef f(a: 'm.X'): ...\n", True, id="string"),
        pytest.param(
            "from __future__ import annotations\nimport shop.old as m\ndef f() -> m.X: ...\n", True, id="later"
        ),
        pytest.param(
            "from __future__ import annotations\nimport shop.old as m\ndef f(a=m.X): ...\n", False, id="default"
        ),
        pytest.param("import shop.old as m\ndef f():\n    a: m.X = 1\n", True, id="local"),
        pytest.param("import shop.old as m\ndef f():\n    a.b: m.X = 1\n", False, id="local attribute"),
    ],
)
def test_is_for_types(text: str, expected: bool) -> None:
    (use,) = (use for use in users(text) if use.kind != "module")
    assert use.is_for_types == expected


def test_reads_of_a_star_import() -> None:
    text = "from shop.old import *\nA\ndef f(x):\n    y = B + x\n    global C\n    return C\nD = 1\nD\nfrom e import F\nF\n"
    (use,) = users(text + "__all__ = ['G', 'D']\nlambda h: h + I\nclass K:\n    L = J\n")
    assert use.reads == {"A", "B", "C", "G", "I", "J"}


def test_modules_that_the_file_loads_itself() -> None:
    text = "import shop.old\nfrom shop.old import sub\ndef f():\n    import shop.old.late.deep\nshop.old.{}\n"
    names = {
        name: [u.is_loaded for u in users(text.format(name)) if u.kind == "attribute"] for name in ("sub", "late", "X")
    }
    assert names == {"sub": [True], "late": [True], "X": [False]}
    inside = users("import shop.old\nshop.old.sub\n", path="shop/old/sub.py")
    assert [use.is_loaded for use in inside if use.kind == "attribute"] == [True]


def test_what_a_file_calls_the_module() -> None:
    text = "import shop.old as a\nfrom shop import old as b, old\ndef f():\n    import shop.old as c\nimport shop.old\n"
    assert [use.name for use in users(text) if use.kind == "module"] == ["a", "b", "old"]


def test_other_names_of_the_module() -> None:
    aliases = {"shop.facade.o": "shop.old"}
    assert told("from shop.facade import o\no.X\n", aliases=aliases) == [("attribute", "X", 2, 0)]
    assert told("import shop.facade as f\nf.o.X\n", aliases=aliases) == [("attribute", "X", 2, 0)]
    assert told("import shop.facade\nshop.facade.p.X\n", aliases=aliases) == []


def test_the_module_itself_is_no_user() -> None:
    assert users("from shop.old import X\n", path="shop/old.py") == ()


def test_a_file_that_no_parser_reads() -> None:
    text = "def (\nfrom shop.old import X, Y as Z\r\nfrom shop.old import *\nshop.old.W\n"
    assert told(text) == [("import", "X", 2, 0), ("import", "Y", 2, 0), ("star", "*", 3, 0)]
    assert told(b"\xff\nfrom shop.old import X\n") == [("import", "X", 2, 0)]


def test_through_and_of() -> None:
    (use,) = users("from shop.old import *\nA\n")
    through = use.through("shop.older")
    assert (through.module, through.via, through.dotted, through.breaks) == (
        "shop.older",
        "shop.old",
        "shop.older.*",
        False,
    )
    assert (use.of("A").dotted, use.of("A").breaks, use.place) == ("shop.old.A", True, "app.py:1")


def test_columns_are_those_of_utf_8() -> None:
    text = "# coding: latin-1\nimport shop.old as m\nx = '\xe9'; m.X\n".encode("latin-1")
    assert told(text) == [("attribute", "X", 3, 10)]
    assert find_users("a.py", text, ModuleName("a", False), MODULES)[-1].span.start == text.index(b"m.X")
