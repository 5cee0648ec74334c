"""Files that this interpreter cannot parse: what fissix reads is rewritten, the rest is reported."""

from __future__ import annotations

import sys

import pytest
from checks import calls, check_noop, check_refused, check_rewritten, make_plan, moves

OLD = "if a <> b: pass\n"
"""No Python 3 takes `<>`; fissix does."""
IMPORT = "from shop.basket import Basket\n"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("from shop.cart import coupon\n", id="another name of the module"),
        pytest.param("from .cart import Cart\nfrom .... import Cart\n", id="other modules"),
        pytest.param("import shop, shop.basket as b\n", id="imports of other modules"),
        pytest.param("from shop.basket import *\n", id="star from another module"),
        pytest.param("from shop.cart import Cart  # migrate: keep\n", id="kept"),
    ],
)
def test_no_import_to_change(source: str) -> None:
    check_noop(OLD + source, phase=3)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("Basket(metadata=1)\n", id="a name from nowhere"),
        pytest.param("class Basket: pass\nBasket(metadata=1)\n", id="a class of that name"),
        pytest.param("from x import Basket\nBasket(1)\nx(metadata=1)\n", id="same name from another module"),
        pytest.param(IMPORT + "Basket(1)\nx.Basket(metadata=1)\nf(1).g(metadata=1)\n", id="other calls"),
        pytest.param(IMPORT + "x = f()\nx.log(metadata=1)\n@g(metadata=1)\ndef g(): pass\n", id="local objects"),
        pytest.param(IMPORT + "Basket.of(metadata=1)\n(Basket)\n'a'.join(metadata=1)\n", id="other callees"),
        pytest.param(
            IMPORT + "isinstance(x, Basket)\nf(Basket, x=1)\nx = [Basket]\n", id="passed on without a keyword"
        ),
        pytest.param(IMPORT + "Basket(metadata=1)  # migrate: keep\n", id="kept"),
        pytest.param("from shop.billing import charge\ncharge(currency=1)\n", id="nothing to add"),
    ],
)
def test_no_call_to_change(source: str) -> None:
    check_noop(OLD + source, phase=4)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("from shop.cart import Cart\n", "from shop.basket import Basket as Cart\n", id="name"),
        pytest.param(
            "def f():\n    from shop.cart import Cart, coupon  # noqa\n",
            "def f():\n    from shop.basket import Basket as Cart  # noqa\n    from shop.cart import coupon  # noqa\n",
            id="one of two",
        ),
        pytest.param("from shop.prices import *\n", "from shop.pricing.prices import *\n", id="star from a module"),
        pytest.param(
            "from shop.cart import (\r\n    Cart,  # ü\r\n)\r\n",
            "from shop.basket import (\r\n    Basket as Cart,  # ü\r\n)\r\n",
            id="CRLF",
        ),
        pytest.param(
            "from shop.cart import Cart\n# end",
            "from shop.basket import Basket as Cart\n# end",
            id="comment at the end",
        ),
        pytest.param(
            "'漢'; from shop.cart import Cart", "'漢'; from shop.basket import Basket as Cart", id="at the end"
        ),
    ],
)
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_imports(before: str, after: str, bom: str) -> None:
    check_rewritten(bom + OLD + before, bom + OLD + after, phase=3, parses=False)


def test_latin_1() -> None:
    before = f"# coding: latin-1\n{OLD}x = 'größe'; from shop.cart import Cart\n".encode("latin-1")
    after = before.replace(b"shop.cart import Cart", b"shop.basket import Basket as Cart")
    check_rewritten(before, after, phase=3, parses=False)


@pytest.mark.parametrize(
    ("head", "before", "after"),
    [
        pytest.param(IMPORT, "Basket(metadata=1)", "Basket(context=1, audit={})", id="name"),
        pytest.param("import shop.basket as b\n", "b.Basket(metadata=1)", "b.Basket(context=1, audit={})", id="module"),
        pytest.param(
            "import x, shop.basket\n",
            "shop . basket.Basket(metadata=1)",
            "shop . basket.Basket(context=1, audit={})",
            id="dotted module",
        ),
        pytest.param("from shop import basket\n", "basket.Basket(legacy=1)", "basket.Basket(audit={})", id="submodule"),
        pytest.param(
            IMPORT,
            "Basket(*x, metadata=(1), y=2).add(metadata=3)",
            "Basket(*x, context=(1), y=2, audit={}).add(metadata=3)",
            id="chained",
        ),
        pytest.param(
            IMPORT,
            "async def f(a=Basket, *, b: Basket = 1):\n  return await Basket(metadata=1)",
            "async def f(a=Basket, *, b: Basket = 1):\n  return await Basket(context=1, audit={})",
            id="awaited, beside annotations and defaults",
        ),
        pytest.param(
            IMPORT,
            "x = lambda a=Basket: Basket(metadata=1)\nBasket.x = 1\ny[Basket] = Basket == 2",
            "x = lambda a=Basket: Basket(context=1, audit={})\nBasket.x = 1\ny[Basket] = Basket == 2",
            id="read in all ways",
        ),
        pytest.param(
            "from shop.billing import charge\n", "charge(1, x = 2)", 'charge(1, x = 2, currency="EUR")', id="only added"
        ),
        pytest.param(
            "# größe\n" + IMPORT,
            "Basket(metadata='ü', x=Basket(legacy=1))",
            "Basket(context='ü', x=Basket(audit={}), audit={})",
            id="nested",
        ),
    ],
)
def test_calls(head: str, before: str, after: str) -> None:
    check_rewritten(OLD + head + before, OLD + head + after, phase=4, parses=False)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 parses it")
def test_a_newer_f_string() -> None:
    newer = "x = f\"{'\\n'.join(y)}\"\n"
    check_rewritten(
        newer + "from shop.cart import Cart\n",
        newer + "from shop.basket import Basket as Cart\n",
        phase=3,
        parses=False,
    )
    check_rewritten(
        f"{newer}{IMPORT}Basket(metadata=1)", f"{newer}{IMPORT}Basket(context=1, audit={{}})", phase=4, parses=False
    )


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("from shop.cart import *\n", id="star from a module with moved names"),
        pytest.param("import shop.cart\n", id="import of the module"),
        pytest.param("import shop\nshop.cart.Cart()\n", id="by way of its package"),
        pytest.param("import x, shop.prices.eu as c\n", id="import of a moved submodule"),
        pytest.param("from shop import cart\n", id="module from its package"),
        pytest.param("exec('shop.cart.Cart')\n", id="string"),
        pytest.param("patch(f'shop.cart.Cart')\n", id="f-string"),
    ],
)
def test_imports_in_doubt(source: str) -> None:
    check_refused(OLD + source, "unparseable", phase=3)


def test_the_new_home_does_not_import_from_itself() -> None:
    (finding,) = check_refused(
        OLD + "from .cart import (\n  Cart)\n", "self-import", phase=3, path="shop/basket.py"
    ).findings
    assert (finding.subject, finding.line, finding.column, finding.last_line) == ("shop.cart:Cart", 2, 0, 3)
    check_refused(OLD + "from shop.prices import *\n", "self-import", phase=3, path="shop/pricing/prices.py")


def test_a_member_that_moves() -> None:
    plan = moves(a="shop.cart:Cart.total -> shop.basket:Basket.sum")
    check_refused(OLD + "from shop.cart import Cart\n", "unparseable", phase=3, plan=plan)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("Basket(metadata=1, context=2)", id="old and new keyword"),
        pytest.param("Basket(metadata=1, **x)", id="mapping beside"),
        pytest.param("Basket(**x)", id="mapping"),
        pytest.param("from x import Basket\nBasket(metadata=1)", id="imported from two places"),
        pytest.param("import Basket\nBasket(metadata=1)", id="a module of that name"),
        pytest.param("B = Basket\nB(metadata=1)", id="another name"),
        pytest.param("B: type = Basket\nB(metadata=1)", id="another name, annotated"),
        pytest.param("partial(Basket, metadata=1)", id="partial"),
        pytest.param("charge(x for x in y)", id="a generator without parentheses"),
        pytest.param("def f(Basket): Basket(metadata=1)", id="parameter"),
        pytest.param("def f(a, Basket=1): Basket(metadata=1)", id="parameter with a default"),
        pytest.param("def f(a, Basket: int): Basket(metadata=1)", id="parameter with an annotation"),
        pytest.param("def f(*Basket): Basket(metadata=1)", id="starred parameter"),
        pytest.param("def f(a, **Basket): Basket(metadata=1)", id="keyword parameter"),
        pytest.param("lambda Basket: Basket(metadata=1)", id="lambda"),
        pytest.param("lambda a, Basket: Basket(metadata=1)", id="second parameter of a lambda"),
        pytest.param("Basket = 1\nBasket(metadata=1)", id="assigned"),
        pytest.param("Basket: int\nBasket(metadata=1)", id="declared"),
        pytest.param("Basket += 1\nBasket(metadata=1)", id="augmented"),
        pytest.param("a, (b, *Basket) = x\nBasket(metadata=1)", id="unpacked"),
        pytest.param("for a, Basket in x: Basket(metadata=1)", id="loop"),
        pytest.param("[Basket(metadata=1) for Basket in x]", id="comprehension"),
        pytest.param("with x as (a, Basket): Basket(metadata=1)", id="with"),
        pytest.param("with x as a, y as Basket: Basket(metadata=1)", id="second of with"),
        pytest.param("try: pass\nexcept E as Basket: Basket(metadata=1)", id="except"),
        pytest.param("(Basket := 1)\nBasket(metadata=1)", id="walrus"),
        pytest.param("f(Basket := 1)\nBasket(metadata=1)", id="walrus in a call"),
        pytest.param("def f():\n  global a, Basket\n  Basket(metadata=1)", id="global"),
        pytest.param("del a, Basket\nBasket(metadata=1)", id="deleted"),
        pytest.param("class Basket: pass\nBasket(metadata=1)", id="class"),
        pytest.param("def Basket(): pass\nBasket(metadata=1)", id="function"),
        pytest.param("a, Basket = 1, 2\nBasket(metadata=1)", id="second target"),
        pytest.param("try: pass\nexcept E, Basket: Basket(metadata=1)", id="except of old"),
        pytest.param("from x import *\nBasket(metadata=1)", id="star import that may bind the name"),
        pytest.param("(Basket)(metadata=1)", id="in parentheses"),
        pytest.param("Basket[int](metadata=1)", id="subscript"),
        pytest.param("f(Basket)(metadata=1)", id="what a call gives"),
        pytest.param("f().Basket(metadata=1)", id="attribute of what a call gives"),
        pytest.param("import shop.basket\n(shop.basket).Basket(metadata=1)", id="module in parentheses"),
        pytest.param("from facade import Korb\nKorb(metadata=1)", id="another name from another module"),
        pytest.param("import facade\nfacade.Korb(metadata=1)", id="another name in another module"),
        pytest.param("from facade import charge as c, Basket as B\nB(**x)", id="mapping to a name of another module"),
        pytest.param("from facade import charge\ncharge()", id="another module's function lacks a keyword"),
        pytest.param("@Basket(metadata=1)\ndef f(): pass", id="decorator"),
        pytest.param("class C(Basket):\n def __init__(self): super().__init__(metadata=1)", id="subclass"),
        pytest.param("class C(x, Basket): pass\nC(metadata=1)", id="call of a subclass"),
    ],
)
def test_calls_in_doubt(source: str) -> None:
    check_refused(f"{OLD}{IMPORT}from shop.billing import charge\n{source}\n", "unparseable", phase=4)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("from shop.basket import *\nBasket(metadata=1)", id="star"),
        pytest.param("from facade import *\nKorb(metadata=1)", id="star from another module"),
        pytest.param("B = x.Basket\nB(metadata=1)", id="assigned"),
        pytest.param("from facade import Basket\nBasket(metadata=1)", id="same name from another module"),
    ],
)
def test_calls_that_may_be_the_object(source: str) -> None:
    check_refused(f"{OLD}{source}\n", "unparseable", phase=4)


def test_a_star_import_of_a_module_whose_names_part() -> None:
    plan = moves(a="whole.mod -> whole.home", b="whole.mod:Special -> other.place:Special")
    check_refused(OLD + "from whole.mod import *\n", "unparseable", phase=3, plan=plan)
    check_noop(OLD + '"""shop.cart.Cart"""\n', phase=3)


def test_a_module_passed_on() -> None:
    head = f"{OLD}import shop.basket as b\n"
    check_refused(head + "B = b.Basket\nB(metadata=1)\n", "unparseable", phase=4)
    check_refused(head + "partial(b.Basket, metadata=1)\n", "unparseable", phase=4)


def test_what_is_certain_is_done_beside_what_is_in_doubt() -> None:
    check_rewritten(
        OLD + "import shop.cart\nfrom shop.cart import Cart\n",
        OLD + "import shop.cart\nfrom shop.basket import Basket as Cart\n",
        phase=3,
        findings=["unparseable"],
        parses=False,
    )


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param(b"from shop.cart import Cart\n)\n", 2, id="neither parser reads it"),
        pytest.param(b"from shop.cart import Cart\nx = '\xff'\n", 2, id="not its encoding"),
        pytest.param(b"# coding: no-such-codec\nfrom shop.cart import Cart\n", 1, id="unknown codec"),
        pytest.param(b"# coding: utf-7\nfrom shop.cart import Cart\n", 1, id="a codec in which ASCII is not itself"),
        pytest.param(b"from shop.cart import Cart\0\n", 1, id="NUL"),
        pytest.param(OLD.encode() + b"from shop.cart import Cart\r" + OLD.encode(), 1, id="a line end fissix lacks"),
    ],
)
@pytest.mark.parametrize("phase", [3, 4, 5])
def test_unparseable(content: bytes, line: int, phase: int) -> None:
    (finding,) = check_refused(content, "unparseable", phase=phase).findings
    assert (finding.severity, finding.line) == ("error", line)


def test_phase_5_finds_what_is_left() -> None:
    source = f"{OLD}from shop.cart import Cart\n{IMPORT}Basket(metadata=1)\n"
    check_refused(source, ["deprecated-import", "deprecated-keyword"], phase=5)
    plan = moves(a="shop.cart:Cart -> shop.basket:Basket")
    check_refused(source, "deprecated-import", phase=5, plan=plan)
    plan = calls("shop.basket:Basket", remove=["metadata"])
    check_refused(source, "deprecated-keyword", phase=5, plan=plan)
    check_noop(source, phase=5, plan=make_plan({"phase5": {}}))


def test_an_attribute_in_a_file_that_never_names_the_class() -> None:
    plan = calls("shop.basket:Basket", attributes={"metadata": "context"})
    check_noop(f"{OLD}x.metadata\n", phase=4, plan=plan)
    check_noop(f"{OLD}replace(x, metadata=1)\n", phase=4, plan=calls("shop.basket:Basket", remove=["metadata"]))
    check_refused(f"{OLD}def f(x: 'Basket'): x.metadata\n", "unparseable", phase=4, plan=plan)
    check_refused(
        f"{OLD}x.metadata\nE()\n", "unparseable", phase=4, plan=plan, subclasses=(("m.E", "shop.basket.Basket"),)
    )
