from __future__ import annotations

from collections.abc import Mapping

import pytest
from checks import make_plan

from migrate.reexports import Reexports, Words, names_told

PLAN = make_plan({"phase5": {}}, source_roots=["."])
WANTED = {"shop.basket.Basket"}


def follow(name: str, modules: Mapping[str, str]) -> str | None:
    contents = {path: source.encode() for path, source in modules.items()}
    return Reexports(PLAN, contents.get).aliases([name], WANTED).get(name)


@pytest.mark.parametrize(
    ("name", "modules"),
    [
        pytest.param("shop.basket.Basket", {}, id="the object itself is no alias"),
        pytest.param("os.path.Basket", {}, id="a module outside"),
        pytest.param("Basket", {}, id="no module at all"),
        pytest.param("a.Basket", {"a.py": "class Basket: ...\n"}, id="a class of that name"),
        pytest.param("a.Basket", {"a.py": "from b import Basket\n"}, id="from somewhere else"),
        pytest.param("a.Basket", {"a.py": "x = (\n"}, id="a module that does not parse"),
        pytest.param("a.Basket", {"a.py": "def f(x, x): ...\n"}, id="a module whose scopes CPython rejects"),
        pytest.param("a.Basket", {"a.py": "from a import Basket\n"}, id="from itself"),
        pytest.param("a.Basket", {"a.py": "from b import Basket\n", "b.py": "from a import Basket\n"}, id="circle"),
        pytest.param("a.Basket", {"a.py": "def f():\n from shop.basket import Basket\n"}, id="only in a function"),
        pytest.param("a.Basket", {"a.py": "from shop.basket import Basket\nBasket = 1\n"}, id="bound again"),
        pytest.param(
            "a.Basket",
            {"a.py": "try:\n from shop.basket import Basket\nexcept ImportError:\n from b import Basket\n"},
            id="one of two",
        ),
        pytest.param(
            "a.Basket", {"a.py": "from shop.basket import *\nclass Basket: ...\n"}, id="star and a definition"
        ),
        pytest.param("a.Basket", {"a.py": "from shop.basket import *\nBasket = f()\n"}, id="star and an assignment"),
        pytest.param("a.Basket", {"a.py": "from shop.other import *\n"}, id="star from elsewhere"),
        pytest.param("a.Basket", {"a.py": "def f():\n from shop.basket import x\nfrom ... import *\n"}, id="star out"),
        pytest.param(
            "a.Basket", {"a/__init__.py": "from a.gone import *\n"}, id="star from a module inside that is not there"
        ),
        pytest.param(
            "a.Basket",
            {"a/__init__.py": "from b.gone import *\n", "b/__init__.py": "from a.lost import *\n"},
            id="stars from modules that are not there, in two packages",
        ),
    ],
)
def test_not_an_alias(name: str, modules: Mapping[str, str]) -> None:
    assert follow(name, modules) is None


@pytest.mark.parametrize(
    ("name", "modules"),
    [
        pytest.param("a.Basket", {"a.py": "from shop.basket import Basket\n"}, id="module"),
        pytest.param("shop.Basket", {"shop/__init__.py": "from .basket import Basket\n"}, id="package"),
        pytest.param("a.Korb", {"a.py": "from shop.basket import Basket as Korb\n"}, id="alias"),
        pytest.param("a.Korb", {"a.py": "from shop.basket import Basket\nKorb = Basket\n"}, id="assigned"),
        pytest.param(
            "a.Korb", {"a.py": "from shop.basket import Basket\nB = C = Basket\nKorb = C\n"}, id="assigned twice over"
        ),
        pytest.param("a.Korb", {"a.py": "from shop import basket\nKorb = basket.Basket\n"}, id="assigned from a module"),
        pytest.param(
            "a.X",
            {"a.py": "from b.c import Y as X\n", "b/c.py": "from . import Z as Y\n", "b/__init__.py": "from shop.basket import Basket as Z\n"},
            id="chain of three",
        ),
        pytest.param("a.Basket", {"a.py": "from shop.basket import *\n"}, id="star"),
        pytest.param(
            "a.Basket", {"a.py": "'''Basket'''\nfrom shop.basket import *\n__all__ = ['Basket']\n"}, id="star and __all__"
        ),
        pytest.param(
            "a.Basket",
            {"a.py": "from b import *\nfrom c import *\n", "b.py": "x = 1\n", "c.py": "from shop.basket import *\n"},
            id="one of two stars",
        ),
        pytest.param(
            "a.Basket", {"a.py": "from b import *\n", "b.py": "from a import *\nfrom shop.basket import *\n"}, id="stars in a circle"
        ),
        pytest.param(
            "a.Basket",
            {"a.py": "try:\n from b import Basket\nexcept ImportError:\n from c import Basket\n",
             "b.py": "from d import Basket\n", "c.py": "from d import Basket\n", "d.py": "from shop.basket import Basket\n"},
            id="two ways to the same object",
        ),
        pytest.param("a.b.Basket", {"a.py": "from shop import basket as b\n"}, id="by way of a module's name"),
        pytest.param("a.b.Basket", {"a.py": "import shop.basket as b\n"}, id="by way of a dotted module's name"),
    ],
)  # fmt: skip
def test_alias(name: str, modules: Mapping[str, str]) -> None:
    assert follow(name, modules) == "shop.basket.Basket"


def test_many_stars_end_soon() -> None:
    modules = {f"m{i}.py": "".join(f"from m{j} import *\n" for j in range(12)) for i in range(12)}
    assert follow("m0.Basket", modules) is None


def test_modules_are_read_once() -> None:
    read: list[str] = []

    def content(path: str) -> bytes | None:
        read.append(path)
        return b"from shop.basket import Basket, Lid\n" if path == "a.py" else None

    reexports = Reexports(PLAN, content)
    assert reexports.aliases(["a.Basket", "a.Lid"], WANTED) == {"a.Basket": "shop.basket.Basket"}
    assert read.count("a.py") == 2  # is it there, what does it hold


@pytest.mark.parametrize(
    ("source", "names"),
    [
        pytest.param("from shop.basket import Basket\n", [], id="the same name"),
        pytest.param("from x import Basket as B\n", [], id="another object"),
        pytest.param("def f():\n from shop.basket import Basket as B\n", [], id="inside a function"),
        pytest.param("from shop.basket import Basket as B\nB = (\n", [], id="does not parse"),
        pytest.param("from shop.basket import Basket as B\n", ["a.B"], id="alias"),
        pytest.param("from shop.basket import Basket as _B\nB: type = _B\n", ["a._B"], id="alias of an alias"),
        pytest.param("import shop.basket\nB = shop.basket.Basket\n", ["a.B"], id="assigned"),
        pytest.param(
            "from shop.basket import Basket\nA = B = Basket\nC = 1\nD = f()\n", ["a.A", "a.B"], id="two names"
        ),
    ],
)
def test_renamed(source: str, names: list[str]) -> None:
    files = {"a.py": source.encode()}
    reexports = Reexports(PLAN, files.get)
    given = names_told("a.py", files["a.py"], Words(frozenset({"Basket"}), (".",)))
    assert reexports.aliases(given, WANTED) == dict.fromkeys(names, "shop.basket.Basket")
    assert reexports.uncertain(given, WANTED) == {}


EITHER = "try:\n from shop.basket import Basket\nexcept ImportError:\n from b import Basket\n"


@pytest.mark.parametrize(
    ("name", "modules"),
    [
        pytest.param("a.Basket", {"a.py": EITHER}, id="one of two"),
        pytest.param("a.Basket", {"a.py": "from shop.basket import Basket\nBasket = f(Basket)\n"}, id="bound again"),
        pytest.param("c.Korb", {"a.py": EITHER, "c.py": "from a import Basket as Korb\n"}, id="passed on"),
        pytest.param("c.Basket", {"a.py": EITHER, "c.py": "from a import *\n"}, id="passed on by a star"),
        pytest.param("c.a.Basket", {"a.py": EITHER, "c.py": "import a\n"}, id="by way of a module"),
    ],
)
def test_uncertain(name: str, modules: Mapping[str, str]) -> None:
    contents = {path: source.encode() for path, source in modules.items()}
    reexports = Reexports(PLAN, contents.get)
    assert reexports.aliases([name], WANTED) == {}
    assert reexports.uncertain([name], WANTED) == {name: "shop.basket.Basket"}


@pytest.mark.parametrize(
    ("name", "modules"),
    [
        pytest.param("shop.basket.Basket", {}, id="the object itself"),
        pytest.param("a.Basket", {"a.py": "from shop.basket import Basket\n"}, id="certain"),
        pytest.param("a.Basket", {"a.py": "class Basket: ...\n"}, id="something else"),
        pytest.param("a.Basket", {"a.py": "from b import Basket\n", "b.py": "from a import Basket\n"}, id="circle"),
        pytest.param("os.Basket", {}, id="outside"),
    ],
)
def test_not_uncertain(name: str, modules: Mapping[str, str]) -> None:
    contents = {path: source.encode() for path, source in modules.items()}
    assert Reexports(PLAN, contents.get).uncertain([name], WANTED) == {}


def test_renamed_in_one_of_two_ways() -> None:
    files = {"a.py": EITHER.replace("import Basket", "import Basket as Korb").encode()}
    reexports = Reexports(PLAN, files.get)
    given = names_told("a.py", files["a.py"], Words(frozenset({"Basket"}), (".",)))
    assert given == {"a.Korb"}
    assert (reexports.aliases(given, WANTED), reexports.uncertain(given, WANTED)) == (
        {},
        {"a.Korb": "shop.basket.Basket"},
    )
