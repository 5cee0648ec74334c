from __future__ import annotations

import ast
import symtable
import sys

import pytest

from migrate.modules import ModuleName
from migrate.provenance import Provenance
from migrate.source import Source, UnparsableSource

HOME = ("shop.basket.Basket",)
SINCE_312 = pytest.mark.skipif(sys.version_info < (3, 12), reason="PEP 695 came with Python 3.12")


def resolve(source: str | bytes, importer: str = "app.main") -> tuple[tuple[str, ...], bool] | None:
    """What the callee of the one call that passes `here=` is bound to: its objects, and whether that is all."""
    read = Source(source.encode() if isinstance(source, str) else source)
    tree = read.parse()
    provenance = Provenance(read, tree, ModuleName(importer, is_package=False))
    followed = provenance.follow(provenance.objects)
    (found,) = (
        followed.resolve(place.node.func, place)
        for place in followed.places
        if isinstance(place.node, ast.Call) and any(k.arg == "here" for k in place.node.keywords)
    )
    return None if found is None else (found.objects, found.complete)


@pytest.mark.parametrize(
    ("source", "importer"),
    [
        pytest.param("from shop.basket import Basket\nBasket(here=1)", "app.main", id="plain"),
        pytest.param("from shop.basket import Basket as B\nB(here=1)", "app.main", id="alias"),
        pytest.param("from .basket import Basket\nBasket(here=1)", "shop.main", id="relative"),
        pytest.param("from . import basket\nbasket.Basket(here=1)", "shop.main", id="relative module"),
        pytest.param("from shop import basket as b\nb.Basket(here=1)", "app.main", id="module of a package"),
        pytest.param("import shop.basket\nshop.basket.Basket(here=1)", "app.main", id="dotted module"),
        pytest.param("import shop.basket as b\nb.Basket(here=1)", "app.main", id="aliased module"),
        pytest.param("import shop.basket, shop.till\nshop.basket.Basket(here=1)", "app.main", id="two submodules"),
        pytest.param("class Basket: ...\nBasket(here=1)", "shop.basket", id="its own module"),
        pytest.param(
            "class Basket:\n @classmethod\n def of(cls): return Basket(here=1)", "shop.basket", id="its own method"
        ),
        pytest.param("from shop.basket import Basket\nB = Basket\nB(here=1)", "app.main", id="another name"),
        pytest.param("from shop.basket import Basket\nB: type = Basket\nB(here=1)", "app.main", id="annotated name"),
        pytest.param("from shop.basket import Basket\nA = B = Basket\nB(here=1)", "app.main", id="two more names"),
        pytest.param("from shop.basket import Basket\nA = Basket\nB = A\nB(here=1)", "app.main", id="a name's name"),
        pytest.param("import shop\nb = shop.basket\nb.Basket(here=1)", "app.main", id="name for a module"),
        pytest.param(
            "from shop.basket import Basket\ndef f():\n B = Basket\n return B(here=1)", "app.main", id="local name"
        ),
        pytest.param(
            "def f():\n from shop.basket import Basket\n def g(): return Basket(here=1)", "app.main", id="closure"
        ),
        pytest.param(
            "try:\n from shop.basket import Basket\nexcept ImportError:\n Basket = None\nBasket(here=1)",
            "app.main",
            id="None as the fallback",
        ),
        pytest.param("from shop.basket import Basket\nBasket(here=1)\ndel Basket", "app.main", id="deleted later"),
        pytest.param(
            "if A:\n from shop.basket import Basket\nelse:\n from shop.basket import Basket\nBasket(here=1)",
            "app.main",
            id="imported twice",
        ),
        pytest.param(
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n from shop.basket import Basket\n"
            "def f():\n from shop.basket import Basket\n Basket(here=1)",
            "app.main",
            id="once for types, once for real",
        ),
        pytest.param(
            "def f():\n global Basket\n from shop.basket import Basket\ndef g(): Basket(here=1)",
            "app.main",
            id="imported into the module by a function",
        ),
        pytest.param("from shop.basket import Basket\nclass C:\n b = Basket(here=1)", "app.main", id="class body"),
        pytest.param(
            "from shop.basket import Basket\nclass C:\n Basket = 1\n def f(self): Basket(here=1)",
            "app.main",
            id="methods do not see the class's names",
        ),
        pytest.param(
            "from shop.basket import Basket\nclass C:\n Basket = 1\n b = [Basket(here=1) for _ in ()]",
            "app.main",
            id="nor do a class's comprehensions",
        ),
        pytest.param(
            "from shop.basket import Basket\nb = [Basket for Basket in Basket(here=1)]",
            "app.main",
            id="the first iterable is outside of the comprehension",
        ),
        pytest.param(
            "from shop.basket import Basket\n[Basket for Basket in x]\nBasket(here=1)",
            "app.main",
            id="a comprehension keeps its names",
        ),
        pytest.param(
            "from shop.basket import Basket\ndef f(Basket=Basket(here=1)): ...", "app.main", id="default of a parameter"
        ),
        pytest.param(
            "from shop.basket import Basket\nf = lambda Basket=Basket(here=1): 1", "app.main", id="default in a lambda"
        ),
        pytest.param("from shop.basket import Basket\n@Basket(here=1)\ndef f(Basket): ...", "app.main", id="decorator"),
        pytest.param("from shop.basket import Basket\ndef f(Basket: Basket(here=1)): ...", "app.main", id="annotation"),
        pytest.param("from shop.basket import Basket\ndef f() -> Basket(here=1): ...", "app.main", id="return type"),
        pytest.param("from shop.basket import Basket\nclass C(Basket(here=1)): ...", "app.main", id="base class"),
        pytest.param(
            "from shop.basket import Basket\ndef f():\n Basket = 1\nBasket(here=1)", "app.main", id="other's local"
        ),
        pytest.param(
            "from shop.basket import Basket\ndef f(Basket): ...\ndef g():\n def h(): Basket(here=1)",
            "app.main",
            id="seen through a function that does not use it",
        ),
        pytest.param(
            "from shop.basket import Basket\ndef f(): Basket = 1\nclass f:\n def g(): Basket(here=1)",
            "app.main",
            id="scopes of one name",
        ),
        pytest.param(
            "# coding: latin-1\nfrom shop.basket import Basket\ndef é(Basket): ...\ndef ü(): Basket(here=1)".encode(
                "latin-1"
            ),
            "app.main",
            id="Latin-1 with scopes",
        ),
        pytest.param("from shop.basket import Basket as Körbchen\nKörbchen(here=1)", "app.main", id="non-ASCII inside"),
        pytest.param("from shop.basket import Basket as Übertopf\nÜbertopf(here=1)", "app.main", id="non-ASCII first"),
        pytest.param(
            "# coding: latin-1\nfrom shop.basket import Basket\nµ = Basket\nBasket(here=1)".encode("latin-1"),
            "app.main",
            id="a letter that Python normalises to one beyond Latin-1",
        ),
    ],
)
def test_certain(source: str | bytes, importer: str) -> None:
    expected = ("shop.basket.Basket",)
    assert resolve(source, importer) == (expected, True)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def f(Basket): Basket(here=1)", id="parameter"),
        pytest.param("def f(Basket, /): Basket(here=1)", id="positional-only parameter"),
        pytest.param("def f(*, Basket): Basket(here=1)", id="keyword-only parameter"),
        pytest.param("def f(*Basket): Basket(here=1)", id="all positional arguments"),
        pytest.param("def f(**Basket): Basket(here=1)", id="all keyword arguments"),
        pytest.param("async def f(Basket): Basket(here=1)", id="parameter of an async function"),
        pytest.param("def f(Basket):\n def g(): Basket(here=1)", id="parameter of an outer function"),
        pytest.param("def f(Basket):\n x = lambda: Basket(here=1)", id="parameter seen from a lambda"),
        pytest.param("def f(Basket):\n class C:\n  def g(self): Basket(here=1)", id="parameter seen from a method"),
        pytest.param("x = lambda Basket: Basket(here=1)", id="lambda parameter"),
        pytest.param("x = lambda: [(Basket := 1), Basket(here=1)]", id="walrus in a lambda"),
        pytest.param("def f():\n Basket = 1\n Basket(here=1)", id="local"),
        pytest.param("def f():\n Basket(here=1)\n Basket = 1", id="local that is bound later"),
        pytest.param("def f():\n if x:\n  Basket: int = 1\n Basket(here=1)", id="local in one branch"),
        pytest.param("def f():\n Basket += 1\n Basket(here=1)", id="augmented"),
        pytest.param("def f():\n for Basket in x: Basket(here=1)", id="for"),
        pytest.param("def f():\n with x as Basket: Basket(here=1)", id="with"),
        pytest.param("def f():\n with x as (a, *Basket): Basket(here=1)", id="with and a starred target"),
        pytest.param("def f():\n try: ...\n except E as Basket: Basket(here=1)", id="except as"),
        pytest.param("def f():\n def Basket(): ...\n Basket(here=1)", id="nested function"),
        pytest.param("def f():\n class Basket: ...\n Basket(here=1)", id="nested class"),
        pytest.param("def f():\n a, (b, Basket) = x\n Basket(here=1)", id="unpacking"),
        pytest.param("def f():\n if (Basket := x): Basket(here=1)", id="walrus"),
        pytest.param("def f():\n [Basket := y for y in x]\n Basket(here=1)", id="walrus in a comprehension"),
        pytest.param("def f():\n match x:\n  case Basket: Basket(here=1)", id="match capture"),
        pytest.param("def f():\n match x:\n  case [1, *Basket]: Basket(here=1)", id="match star"),
        pytest.param("def f():\n match x:\n  case {1: 2, **Basket}: Basket(here=1)", id="match rest"),
        pytest.param("def f():\n match x:\n  case int() as Basket: Basket(here=1)", id="match as"),
        pytest.param("[Basket(here=1) for Basket in x]", id="comprehension"),
        pytest.param("{Basket: 1 for Basket in x if Basket(here=1)}", id="comprehension's condition"),
        pytest.param("(1 for a, Basket in x for b in Basket(here=1))", id="comprehension's second iterable"),
        pytest.param("{z for Basket in x for z in [Basket(here=1) for y in Basket]}", id="nested comprehension"),
        pytest.param("class C:\n Basket = 1\n x = Basket(here=1)", id="class body"),
        pytest.param("class C:\n def Basket(self): ...\n x = Basket(here=1)", id="method used in the class body"),
        pytest.param("def f():\n del Basket\n Basket(here=1)", id="del makes it local"),
        pytest.param("def f(x: int):\n y = x.Basket(here=1)", id="attribute of something else"),
        pytest.param("def f():\n Basket().Basket(here=1)", id="attribute of a call"),
        pytest.param("def f():\n Basket = Basket\n Basket(here=1)", id="bound to itself"),
        pytest.param("def f[Basket](): Basket(here=1)", id="type parameter", marks=SINCE_312),
        pytest.param("def f[**Basket](): Basket(here=1)", id="parameter specification", marks=SINCE_312),
        pytest.param("def f[*Basket](): Basket(here=1)", id="type variable tuple", marks=SINCE_312),
        pytest.param("def f[Basket](x: Basket(here=1)): ...", id="type parameter in an annotation", marks=SINCE_312),
        pytest.param("def f[Basket]() -> Basket(here=1): ...", id="type parameter in a result", marks=SINCE_312),
        pytest.param("class C[Basket](list[Basket(here=1)]): ...", id="type parameter in a base", marks=SINCE_312),
        pytest.param(
            "class C[Basket]:\n def f(self): Basket(here=1)", id="type parameter seen from a method", marks=SINCE_312
        ),
        pytest.param("type X[Basket] = Basket(here=1)", id="type parameter of an alias", marks=SINCE_312),
        pytest.param("type X[T: Basket(here=1), Basket] = 1", id="type parameter in a bound", marks=SINCE_312),
    ],
)
def test_hidden(source: str) -> None:
    assert resolve("from shop.basket import Basket\n" + source) is None


@SINCE_312
@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def f[T](x=Basket(here=1)): ...", id="default"),
        pytest.param("def f[Basket](x=Basket(here=1)): ...", id="default does not see the type parameter"),
        pytest.param("@Basket(here=1)\ndef f[Basket](): ...", id="nor does a decorator"),
        pytest.param("def f[T](*, x=Basket(here=1)) -> T: ...", id="keyword-only default"),
        pytest.param("def f[Basket](): ...\nBasket(here=1)", id="outside of the function"),
        pytest.param("def f[T]() -> Basket(here=1): ...", id="result"),
        pytest.param("class C[T]:\n def m[U](self, x: T): return Basket(here=1)", id="method"),
        pytest.param("def f(Basket):\n ...\ndef g[T](): Basket(here=1)", id="scopes in a module with type parameters"),
        pytest.param("type X = Basket(here=1)", id="alias"),
        pytest.param("class C:\n Basket = 1\n def m[T](self): Basket(here=1)", id="class names and generic methods"),
    ],
)
def test_certain_beside_type_parameters(source: str) -> None:
    assert resolve("from shop.basket import Basket\n" + source) == (HOME, True)


@pytest.mark.parametrize(
    ("source", "objects"),
    [
        pytest.param("from x import Basket\n", ("x.Basket", *HOME), id="imported from two places"),
        pytest.param("class Basket: ...\n", ("app.main.Basket", *HOME), id="defined as well"),
        pytest.param("Basket = fake()\n", HOME, id="assigned as well"),
        pytest.param("for Basket in x: ...\n", HOME, id="a loop's variable as well"),
        pytest.param("def f():\n global Basket\n Basket = fake\n", HOME, id="assigned by a function"),
        pytest.param("Basket, x = y\n", HOME, id="unpacked"),
        pytest.param("Basket += 1\n", HOME, id="augmented"),
        pytest.param("match x:\n case Basket: ...\n", HOME, id="captured"),
        pytest.param("try: ...\nexcept E as Basket: ...\n", HOME, id="caught"),
        pytest.param("import Basket.x\n", ("Basket", *HOME), id="a module of that name"),
        pytest.param("[Basket := y for y in x]\n", HOME, id="walrus in a comprehension"),
        pytest.param("from shop.basket import Basket as B\nBasket = wrap(B)\n", HOME, id="wrapped"),
        pytest.param("if x:\n Basket = Basket\n", HOME, id="bound to itself"),
    ],
)
def test_bound_to_something_else_as_well(source: str, objects: tuple[str, ...]) -> None:
    found = resolve(source + "from shop.basket import Basket\nBasket(here=1)\n")
    assert found == (objects, len(objects) > 1)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("Basket = wrap(Basket)\nB = Basket\nB(here=1)", id="the name it stands for is bound again"),
        pytest.param("B = Basket\nB = Other\nB(here=1)", id="bound twice"),
        pytest.param("B = Basket\nfor B in x: ...\nB(here=1)", id="a loop's variable, too"),
        pytest.param("def f():\n global B\n B = Basket\nB = 1\nB(here=1)", id="bound by a function as well"),
    ],
)
def test_names_that_are_not_certain(source: str) -> None:
    assert resolve("from shop.basket import Basket\n" + source) == (HOME, False)


def test_names_that_stand_for_each_other() -> None:
    assert resolve("from shop.basket import A\nA = B\nB = A\nB(here=1)") == (("shop.basket.A",), False)


def test_a_relative_import_from_nowhere_binds_nothing() -> None:
    source = Source(b"from ... import Basket\nfrom . import other\n")
    provenance = Provenance(source, source.parse(), ModuleName("app.main", is_package=False))
    assert provenance.objects == {"other": {"app.other"}}


def test_a_star_import_binds_nothing_known() -> None:
    source = Source(b"from shop.basket import *\n")
    assert Provenance(source, source.parse(), ModuleName("app.main", is_package=False)).objects == {}


def test_nothing_to_follow() -> None:
    source = Source(b"Basket(here=1)\n")
    followed = Provenance(source, source.parse(), ModuleName("app", is_package=False)).follow(())
    assert followed.places == ()


def test_scopes_that_cpython_rejects() -> None:
    source = "from shop.basket import Basket\ndef f(Basket): ...\ndef g(a, a): ...\nBasket(here=1)"
    with pytest.raises(UnparsableSource, match="duplicate argument"):
        resolve(source)


def test_tables_are_listed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[object] = []
    children = symtable.SymbolTable.get_children

    def counted(table: symtable.SymbolTable) -> list[symtable.SymbolTable]:
        listed.append(table)
        return children(table)

    monkeypatch.setattr(symtable.SymbolTable, "get_children", counted)
    functions = "".join(f"def f{i}():\n    from shop.basket import Basket\n    Basket(1)\n" for i in range(9))
    assert resolve(functions + "from shop.basket import Basket\nBasket(here=1)\n") == (HOME, True)
    assert len(listed) == 1
