from __future__ import annotations

import pytest
from checks import PLAN, calls, make_plan, moves

from migrate.locate.callees import Known
from migrate.locate.calls import locate_calls
from migrate.locate.imports import locate_imports
from migrate.locate.sites import Located, Module
from migrate.modules import module_of
from migrate.moves import MoveIndex
from migrate.plan import Plan
from migrate.source import Source


def parsed(source: str | bytes, path: str = "app/main.py") -> Module:
    read = Source(source.encode() if isinstance(source, str) else source)
    return Module(path, read, read.parse(), module_of(path, ["."]))


RENAME = calls("shop.basket:Basket", rename={"metadata": "context"}, remove=["legacy"])


def imports(source: str | bytes, plan: Plan = PLAN, path: str = "app/main.py") -> Located:
    return locate_imports(
        parsed(source, path), MoveIndex.of(plan), {r.module: {e.bound for e in r.exports} for r in plan.redirects}
    )


def spans(source: str, located: Located) -> list[str]:
    content = source.encode()
    return [content[s.span.start : s.span.end].decode() for s in located.sites]


@pytest.mark.parametrize(
    ("source", "sites"),
    [
        pytest.param("from shop.cart import coupon\n", [], id="none"),
        pytest.param("if a: from shop.cart import Cart; b\n", ["from shop.cart import Cart"], id="only the statement"),
        pytest.param("from shop.cart import (\n  Cart\n)  # c\n", ["from shop.cart import (\n  Cart\n)"], id="over lines"),
        pytest.param("'漢'; from shop.cart import Cart;'漢'\n", ["from shop.cart import Cart"], id="between non-ASCII"),
        pytest.param("\ufefffrom shop.cart import Cart\n", ["from shop.cart import Cart"], id="after a BOM"),
        pytest.param("\x0cfrom shop.cart import Cart\r\x0c\rfrom shop.prices import a\n", ["from shop.cart import Cart", "from shop.prices import a"], id="form feed and CR"),
    ],
)  # fmt: skip
def test_import_spans(source: str, sites: list[str]) -> None:
    assert spans(source, imports(source)) == sites


def test_latin_1_spans() -> None:
    source = "# coding: latin-1\nx = 'größe'; from shop.cart import Cart; y = 'ß'\n".encode("latin-1")
    (site,) = imports(source).sites
    assert source[site.span.start : site.span.end] == b"from shop.cart import Cart"


def test_a_site_names_what_moves() -> None:
    (site,) = imports("from shop.cart import Cart as C, coupon, checkout\n").sites
    assert site.subject == "shop.cart:Cart, shop.cart:checkout"


@pytest.mark.parametrize(
    ("source", "place"),
    [
        pytest.param("x = 1; y = 'shop.cart.Cart'\n", (1, 11), id="string"),
        pytest.param("x = '漢', 'shop.cart.Cart'\n", (1, 11), id="columns are bytes of UTF-8"),
        pytest.param("import shop.cart as c\nf(1, \\\n  c)\n", (3, 2), id="continued"),
        pytest.param("x = (1,\n  f'{a} shop.cart.Cart')\n", (2, 2), id="f-string"),
        pytest.param("x = ('a '\n  'shop.cart.Cart')\n", (1, 5), id="joined strings"),
    ],
)
def test_places_of_findings(source: str, place: tuple[int, int]) -> None:
    (finding,) = imports(source).findings
    assert (finding.line, finding.column) == place


def test_one_finding_for_a_string_that_names_two() -> None:
    assert len(imports("x = 'shop.cart.Cart shop.cart.checkout shop.prices'\n").findings) == 1


def test_the_longest_module_is_named() -> None:
    plan = moves(a="shop:Cart -> b:Cart", b="shop.cart:Cart -> b:Cart")
    (finding,) = imports("x = 'shop.cart.Cart'\n", plan).findings
    assert finding.subject == "shop.cart:Cart"


def test_modules_beyond_the_encoding_are_not_in_the_file() -> None:
    plan = moves(a="漢:Cart -> b:Cart", b="shop.cart:Cart -> b:Cart")
    source = "# coding: latin-1\nx = 'ü shop.cart.Cart'\n".encode("latin-1")
    (finding,) = imports(source, plan).findings
    assert finding.subject == "shop.cart:Cart"


def test_call_spans() -> None:
    source = "from shop.basket import Basket as B\nx = '漢', B (\n  B(metadata=(1)), *y, metadata=2, **{'z': 3}) . x\n"
    located = locate_calls(parsed(source), PLAN, Known())
    content = source.encode()
    outer, inner = located.sites
    assert spans(source, located) == ["B (\n  B(metadata=(1)), *y, metadata=2, **{'z': 3})", "B(metadata=(1))"]
    assert content[outer.callee.start : outer.callee.end] == b"B "
    assert [content[v.start : v.end] for v in outer.values] == [b"B(metadata=(1))", b"*y", b"2", b"3"]
    assert [content[v.start : v.end] for v in inner.values] == [b"1"]


@pytest.mark.parametrize(
    ("source", "unresolved"),
    [
        pytest.param("from facade import Basket\nBasket(1)\n", set(), id="no old keyword"),
        pytest.param("from facade import Basket\nBasket(metadata=1)\n", {"facade.Basket"}, id="old keyword"),
        pytest.param("from facade import Basket\nBasket(**x)\n", {"facade.Basket"}, id="mapping"),
        pytest.param("import facade as f\nf.x.Basket(legacy=1)\n", {"facade.x.Basket"}, id="attribute"),
        pytest.param("from .x import Basket\nBasket(legacy=1)\n", {"app.x.Basket"}, id="relative"),
        pytest.param("class Basket: ...\nBasket(metadata=1)\n", set(), id="its own class"),
        pytest.param("from shop.basket import Basket\nBasket.Basket(metadata=1)\n", set(), id="inside the object"),
        pytest.param("from facade import Korb\nKorb(metadata=1)\n", set(), id="another name"),
        pytest.param(
            "try:\n from a import Basket\nexcept E:\n from b import Basket\nBasket(metadata=1)\n",
            {"a.Basket", "b.Basket"},
            id="two of them",
        ),
    ],
)
def test_what_only_other_modules_can_tell(source: str, unresolved: set[str]) -> None:
    plan = calls("shop.basket:Basket", rename={"metadata": "context"}, remove=["legacy"])
    located = locate_calls(parsed(source), plan, Known())
    assert (located.sites, located.unresolved) == ((), unresolved)


@pytest.mark.parametrize(
    ("source", "unresolved"),
    [
        pytest.param("from facade import Basket\nBasket().owner\n", set(), id="another attribute"),
        pytest.param("from facade import Basket\nx.metadata\n", set(), id="of something else"),
        pytest.param("from shop.basket import Basket\nBasket().metadata\n", set(), id="the class itself"),
        pytest.param("from facade import Basket\nb = Basket()\nb.metadata\n", {"facade.Basket"}, id="made"),
        pytest.param("from facade import Basket\ndef f(b: Basket): b.metadata\n", {"facade.Basket"}, id="annotated"),
        pytest.param("import facade\ngetattr(facade.Basket(), 'metadata')\n", {"facade.Basket"}, id="getattr"),
        pytest.param(
            "from shop.basket import Basket\nfrom facade import Basket\nBasket().metadata\n",
            {"facade.Basket"},
            id="one of two",
        ),
    ],
)
def test_what_only_other_modules_can_tell_of_instances(source: str, unresolved: set[str]) -> None:
    plan = calls("shop.basket:Basket", rename={"metadata": "context"}, attributes={"metadata": "context"})
    assert locate_calls(parsed(source), plan, Known()).unresolved == unresolved


def test_any_call_may_be_a_reexport_where_keywords_are_only_added() -> None:
    plan = calls("m:f", add={"a": "1"})
    assert locate_calls(parsed("from facade import f\nf()\n"), plan, Known()).unresolved == {"facade.f"}


def test_findings_of_phase_5_are_reported_under_it() -> None:
    source = "from shop.basket import Basket\nBasket(**x)\n"
    (finding,) = locate_calls(parsed(source), PLAN, Known(), phase=5).findings
    assert (finding.phase, finding.code, finding.subject) == (5, "keyword-spread", "shop.basket:Basket")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        pytest.param("Basket(**{'metadata': 1, 'legacy': 2})", None, id="literal, all known"),
        pytest.param("Basket(metadata=1, **{'x': 2})", None, id="literal beside an old keyword"),
        pytest.param("Basket(**x)", "**x; look for 'metadata', 'legacy' in it", id="nothing known"),
        pytest.param("Basket(metadata=1, **x)", "**x; look for 'legacy', 'context' in it, 'audit' not added", id="one known"),
        pytest.param(
            "Basket(legacy=2, metadata=1, audit=3, **x)", "**x; look for 'context' in it", id="all old ones known"
        ),
        pytest.param("Basket(legacy=2, context=1, **x)", "**x; look for 'metadata' in it, 'audit' not added", id="the new one"),
        pytest.param("Basket(**x, **f(y)['z'])", "**x, **f(y)['z']; look for 'metadata', 'legacy' in it", id="two"),
        pytest.param(
            f"Basket(**{'x' * 50})", "a mapping with **; look for 'metadata', 'legacy' in it", id="a long one"
        ),
    ],
)  # fmt: skip
def test_what_to_look_for_in_a_mapping(call: str, said: str | None) -> None:
    found = locate_calls(parsed(f"from shop.basket import Basket\n{call}\n"), PLAN, Known()).findings
    expected = [] if said is None else [f"call to shop.basket:Basket passes {said}, edit by hand"]
    assert [finding.message for finding in found] == expected


def test_a_plan_without_moves() -> None:
    assert imports("x = 'shop.cart'\nfrom a import b\n", make_plan({"phase5": {}})) == Located()


@pytest.mark.parametrize("source", ["from whole.mod import *\n", "if a: from whole.mod import *\n"])
def test_a_star_import_of_a_module_whose_names_part(source: str) -> None:
    both = moves(a="whole.mod -> whole.home", b="whole.mod:Special -> other.place:Special")
    located = imports(source, both)
    assert (located.sites, [f.code for f in located.findings]) == ((), ["star-import"])
    for plan in (
        moves(a="whole.mod -> whole.home"),
        moves(a="whole.mod -> whole.home", b="whole.mod:Special -> whole.home:Special"),
        moves(a="whole.mod -> whole.home", b="whole.other:Special -> other.place:Special"),
    ):
        located = imports(source, plan)
        assert (len(located.sites), located.findings) == (1, ())


STAR = "from shop.basket import *\n"


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param(STAR + "Basket(metadata=1)\n", [2], id="old keyword"),
        pytest.param(STAR + "def f():\n  return [Basket(legacy=1)]\n", [3], id="inside"),
        pytest.param("from facade import *\nKorb(metadata=1)\n", [2], id="by way of a facade"),
        pytest.param("from other import *\n" + STAR + "Basket(metadata=1)\n", [3], id="one of two stars"),
        pytest.param(STAR + "Basket(context=1)\n", [], id="new keyword"),
        pytest.param(STAR + "Basket(**x)\n", [], id="mapping"),
        pytest.param(STAR + "dict(metadata=1)\nx.Basket(metadata=1)\n", [], id="other callees"),
        pytest.param(STAR + "class Basket: ...\nBasket(metadata=1)\n", [], id="bound by a class"),
        pytest.param(STAR + "def f(Basket): Basket(metadata=1)\n", [], id="bound by a parameter"),
        pytest.param("Basket(metadata=1)\n", [], id="no star"),
    ],
)
def test_calls_of_what_a_star_import_may_bind(source: str, lines: list[int]) -> None:
    located = locate_calls(parsed(source), PLAN, Known({"facade.Korb": "shop.basket.Basket"}))
    assert located.sites == ()
    assert [(f.code, f.subject, f.line) for f in located.findings] == [
        ("star-import", "shop.basket:Basket", line) for line in lines
    ]


def test_a_star_import_of_what_only_gets_a_keyword() -> None:
    plan = calls("m:f", add={"a": "1"})
    source = "from m import *\nf()\nf(a=1)\nf(**x)\n"
    assert [f.line for f in locate_calls(parsed(source), plan, Known()).findings] == [2]


def test_what_a_star_import_may_bind_is_for_other_modules_to_tell() -> None:
    located = locate_calls(parsed("from facade import *\nKorb(legacy=1)\n"), RENAME, Known())
    assert located.unresolved == {"facade.Korb"}


def test_a_reexport_that_may_be_something_else() -> None:
    maybe = {"facade.Basket": "shop.basket.Basket"}
    source = "from facade import Basket\nBasket(1)\nBasket(metadata=1)\n"
    located = locate_calls(parsed(source), PLAN, Known(maybe=maybe))
    assert (located.sites, [(f.code, f.line) for f in located.findings]) == ((), [("shadowed", 3)])
