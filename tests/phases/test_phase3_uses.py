"""Phase 3 where the uses of an import change with it."""

from __future__ import annotations

import pytest
from checks import check_noop, check_refused, check_rewritten, make_plan, moves, transform

from migrate.plan import Plan

NAME = moves(a="shop.cart:Cart -> shop.basket:Basket")
TWO = moves(a="shop.cart:Cart -> shop.basket:Basket", b="shop.cart:pay -> till:pay")
MODULE = moves(a="shop.cart -> store.cart")
TOP = moves(a="cart -> basket")
SUB = moves(a="os.path -> ospaths")
MEMBER = moves(a="log.conf:central.get -> log.fast:get")
UTC = moves(a="datetime:timezone.utc -> datetime:UTC")
INTO = moves(a="shop.clock:UTC -> datetime:timezone.utc")


@pytest.mark.parametrize(
    ("plan", "source"),
    [
        pytest.param(NAME, "import shop.cart\nshop.cart.coupon()\n", id="another name of the module"),
        pytest.param(NAME, "import shop.cart as c\nc.coupon.Cart\n", id="the name further down"),
        pytest.param(NAME, "import shop.cart as c\n", id="import without a use"),
        pytest.param(NAME, "import shop\nshop.carts.Cart\nshop.Cart\n", id="other modules of the package"),
        pytest.param(NAME, "import my.shop.cart\nmy.shop.cart.Cart\n", id="a longer path"),
        pytest.param(NAME, "def f(shop): shop.cart.Cart\n", id="parameter"),
        pytest.param(NAME, "import shop.cart as c\ndef f(c): c.Cart\n", id="shadowed by a parameter"),
        pytest.param(NAME, "import shop.cart as c\ndef f():\n    c = 1\n    c.Cart\n", id="shadowed by a local"),
        pytest.param(NAME, "import shop.cart as c\n[c.Cart for c in x]\n", id="shadowed in a comprehension"),
        pytest.param(NAME, "import shop.cart as c\nlambda c: c.Cart\n", id="shadowed in a lambda"),
        pytest.param(NAME, "import shop.cart as c\ndef f():\n    for c in x: c.Cart\n", id="shadowed by a loop"),
        pytest.param(NAME, "import shop.cart as c\ndef f():\n    try: x\n    except E as c: c.Cart\n", id="shadowed by except"),
        pytest.param(NAME, "import shop.cart as c\ndef f(x):\n    match x:\n        case [c]: c.Cart\n", id="shadowed by a capture"),
        pytest.param(NAME, "import shop.cart as c\nclass A:\n    c = 1\n    x = c.Cart\n", id="shadowed in a class body"),
        pytest.param(NAME, "import shop.cart as c\nc.Cart  # migrate: keep\n", id="use that is kept"),
        pytest.param(NAME, "import shop.cart as c  # migrate: keep\nc.Cart\n", id="import that is kept"),
        pytest.param(MEMBER, "from log.conf import central\ncentral.close()\n", id="another member"),
        pytest.param(MEMBER, "from log.conf import central\nf(central)\n", id="the object itself"),
        pytest.param(MEMBER, "from log import central\ncentral.get()\n", id="a namesake"),
        pytest.param(UTC, "from datetime import timezone\ntimezone(x)\n", id="a call of the object"),
        pytest.param(SUB, "import os\nos.getcwd()\nself.os.path\n", id="other attributes of the package"),
    ],
)  # fmt: skip
def test_noop(plan: Plan, source: str) -> None:
    check_noop(source, phase=3, plan=plan)


@pytest.mark.parametrize(
    ("plan", "before", "after"),
    [
        # import old
        pytest.param(NAME, "import shop.cart\nshop.cart.Cart()\n", "import shop.basket\nshop.basket.Basket()\n", id="import"),
        pytest.param(NAME, "import shop.cart\nshop.cart.Cart.a(1).b\n", "import shop.basket\nshop.basket.Basket.a(1).b\n", id="deeper attributes"),
        pytest.param(NAME, "import shop.cart\nx = (shop\n  .cart.Cart)\n", "import shop.basket\nx = (shop.basket.Basket)\n", id="over lines"),
        pytest.param(NAME, "import a, shop.cart, b\nshop.cart.Cart\n", "import a, shop.basket, b\nshop.basket.Basket\n", id="one of several"),
        pytest.param(NAME, "import shop.cart\nshop.cart.Cart\nshop.cart.x\n", "import shop.cart\nimport shop.basket\nshop.basket.Basket\nshop.cart.x\n", id="some uses stay"),
        pytest.param(TWO, "import shop.cart\nshop.cart.Cart\nshop.cart.pay\n", "import shop.basket\nimport till\nshop.basket.Basket\ntill.pay\n", id="two new homes"),
        pytest.param(NAME, "import shop\nshop.cart.Cart\n", "import shop.basket\nshop.basket.Basket\n", id="by way of its package"),
        pytest.param(NAME, "import shop\nshop.cart.Cart\nshop.x\n", "import shop\nimport shop.basket\nshop.basket.Basket\nshop.x\n", id="by way of a package that is used"),
        pytest.param(NAME, "import shop.cart\nshop.cart.Cart\nshop.till.x\n", "import shop.cart\nimport shop.basket\nshop.basket.Basket\nshop.till.x\n", id="the package is used"),
        pytest.param(NAME, "import shop.cart; shop.cart.Cart\n", "import shop.basket; shop.basket.Basket\n", id="on one line"),
        pytest.param(NAME, "def f():\n    import shop.cart\n    return shop.cart.Cart\n", "def f():\n    import shop.basket\n    return shop.basket.Basket\n", id="in a function"),
        pytest.param(NAME, "import shop.cart\ndef f(): shop.cart.Cart\nclass A(shop.cart.Cart): x = shop.cart.Cart\n", "import shop.basket\ndef f(): shop.basket.Basket\nclass A(shop.basket.Basket): x = shop.basket.Basket\n", id="in other scopes"),
        pytest.param(NAME, "import shop.cart\n@shop.cart.Cart\ndef f(x: shop.cart.Cart = shop.cart.Cart) -> shop.cart.Cart: ...\n", "import shop.basket\n@shop.basket.Basket\ndef f(x: shop.basket.Basket = shop.basket.Basket) -> shop.basket.Basket: ...\n", id="around a function"),
        pytest.param(NAME, "import shop.cart\nx: 'shop.cart.Cart | None'\n", "import shop.basket\nx: 'shop.basket.Basket | None'\n", id="quoted annotation"),
        pytest.param(NAME, "import shop.cart\nshop.cart.Cart = 1\ndel shop.cart.Cart\n", "import shop.basket\nshop.basket.Basket = 1\ndel shop.basket.Basket\n", id="assigned from outside"),
        # import old as m
        pytest.param(NAME, "import shop.cart as c\nc.Cart()\n", "import shop.basket as c\nc.Basket()\n", id="alias"),
        pytest.param(NAME, "import shop.cart as c\nc.Cart(c.x)\n", "import shop.cart as c\nimport shop.basket as basket\nbasket.Basket(c.x)\n", id="alias, some uses stay"),
        pytest.param(NAME, "import shop.cart as c\ndef f(c): c.Cart\nc.Cart\n", "import shop.basket as c\ndef f(c): c.Cart\nc.Basket\n", id="alias, shadowed elsewhere"),
        pytest.param(NAME, "try:\n    import shop.cart as c\nexcept ImportError:\n    c = None\nc.Cart\n", "try:\n    import shop.basket as c\nexcept ImportError:\n    c = None\nc.Basket\n", id="alias, None without it"),
        pytest.param(NAME, "import shop.cart as c\ngetattr(c, 'Cart')\npatch.object(c, \"Cart\")\nmonkeypatch.setattr(c, 'Cart', 1)\n", "import shop.basket as c\ngetattr(c, 'Basket')\npatch.object(c, \"Basket\")\nmonkeypatch.setattr(c, 'Basket', 1)\n", id="alias, attribute in a string"),
        pytest.param(NAME, "import shop.cart as c\ncast('list[c.Cart]', x)\nTypeVar('T', bound='c.Cart')\n", "import shop.basket as c\ncast('list[c.Basket]', x)\nTypeVar('T', bound='c.Basket')\n", id="forward references"),
        # from pkg import old
        pytest.param(NAME, "from shop import cart\ncart.Cart\n", "from shop import basket as cart\ncart.Basket\n", id="from"),
        pytest.param(NAME, "from shop import x, cart as c\nc.Cart\n", "from shop import x, basket as c\nc.Basket\n", id="from, alias"),
        pytest.param(NAME, "from shop import cart\ncart.Cart\ncart.x\n", "from shop import cart, basket\nbasket.Basket\ncart.x\n", id="from, some uses stay"),
        pytest.param(TWO, "from shop import cart\ncart.Cart\ncart.pay\n", "from shop import basket\nimport till\nbasket.Basket\ntill.pay\n", id="from, two new homes"),
        # a whole module
        pytest.param(MODULE, "import shop.cart\nshop.cart.x.y\n", "import store.cart\nstore.cart.x.y\n", id="module"),
        pytest.param(MODULE, "import shop.cart\nf(shop.cart)\n", "import store.cart\nf(store.cart)\n", id="module as a value"),
        pytest.param(MODULE, "import shop.cart.sub\nshop.cart.sub.x\n", "import store.cart.sub\nstore.cart.sub.x\n", id="submodule"),
        pytest.param(MODULE, "import shop.cart, shop.till\nshop.cart.x\nshop.till.x\n", "import store.cart, shop.till\nstore.cart.x\nshop.till.x\n", id="module, the package is imported elsewhere"),
        pytest.param(MODULE, "import shop.cart\nshop.x\n", "import shop\nimport store.cart\nshop.x\n", id="module, only the package is used"),
        pytest.param(MODULE, "import shop.cart as c\nc.x\n", "import store.cart as c\nc.x\n", id="module alias"),
        pytest.param(MODULE, "from shop import cart\ncart.x\n", "from store import cart\ncart.x\n", id="module from its package"),
        pytest.param(TOP, "import cart\ncart.x(cart)\n", "import basket\nbasket.x(basket)\n", id="top-level module"),
        pytest.param(TOP, "import cart as c\nc.x\n", "import basket as c\nc.x\n", id="top-level module, alias"),
        pytest.param(TOP, "import cart as basket\nbasket.x\n", "import basket\nbasket.x\n", id="top-level module, alias is the new name"),
        pytest.param(TOP, "try:\n    import cart\nexcept ImportError:\n    cart = None\ncart.x\n", "try:\n    import basket as cart\nexcept ImportError:\n    cart = None\ncart.x\n", id="a name that has to stay"),
        pytest.param(TOP, "import cart\n__all__ = ['cart']\ncart.x\n", "import basket as cart\n__all__ = ['cart']\ncart.x\n", id="a name in __all__"),
        pytest.param(SUB, "import os\nos.path.join()\nos.x\n", "import os\nimport ospaths\nospaths.join()\nos.x\n", id="module of a package that is used"),
        pytest.param(SUB, "import os.path\nos.path.x\nos.y\n", "import os\nimport ospaths\nospaths.x\nos.y\n", id="import of the module, package used"),
        pytest.param(SUB, "import os, sys\nos.path.x\nos.y\n", "import os, ospaths, sys\nospaths.x\nos.y\n", id="one more in a list"),
        pytest.param(SUB, "from os import path, x\npath.y\n", "from os import x\nimport ospaths as path\npath.y\n", id="top-level home of a module from its package"),
        pytest.param(SUB, "import os as o\no.path.x\no.y\n", "import os as o\nimport ospaths\nospaths.x\no.y\n", id="package with an alias"),
        pytest.param(SUB, "def f():\n    import os\n    os.path.x\nimport os\nos.path.y\nos.z\n", "def f():\n    import ospaths\n    ospaths.x\nimport os\nimport ospaths\nospaths.y\nos.z\n", id="two scopes"),
        pytest.param(SUB, "if a:\n    import os\nelse:\n    import os\nos.path.x\nos.y\n", "if a:\n    import os\n    import ospaths\nelse:\n    import os\n    import ospaths\nospaths.x\nos.y\n", id="two branches"),
        # members
        pytest.param(MEMBER, "from log.conf import central\nx = central.get(1)\n", "from log.fast import get\nx = get(1)\n", id="member"),
        pytest.param(MEMBER, "from log.conf import central\ncentral.get(1)\ncentral.close()\n", "from log.conf import central\nfrom log.fast import get\nget(1)\ncentral.close()\n", id="member, other uses"),
        pytest.param(MEMBER, "from log.conf import (\n    central,  # why\n    other,\n)\ncentral.get(1)\n", "from log.fast import (\n    get,  # why\n)\nfrom log.conf import (\n    other,\n)\nget(1)\n", id="member, in a list"),
        pytest.param(MEMBER, "from log.conf import central as c\ndef f(): return c.get(1)\n", "from log.fast import get\ndef f(): return get(1)\n", id="member, alias"),
        pytest.param(MEMBER, "from log.conf import central\nfrom log.fast import get\ncentral.get(1)\n", "from log.fast import get\nget(1)\n", id="member, imported already"),
        pytest.param(MEMBER, "from log.conf import central\ndef g(get): ...\ncentral.get(1)\n", "from log.fast import get\ndef g(get): ...\nget(1)\n", id="member, the name elsewhere"),
        pytest.param(MEMBER, "import log.conf\nlog.conf.central.get(1)\n", "import log.fast\nlog.fast.get(1)\n", id="member through its module"),
        pytest.param(MEMBER, "from log import conf as c\nc.central.get(1)\nc.x\n", "from log import conf as c, fast\nfast.get(1)\nc.x\n", id="member through its module, other uses"),
        pytest.param(UTC, "from datetime import datetime, timezone\ntimezone.utc\n", "from datetime import datetime, UTC\nUTC\n", id="member in the same module"),
        pytest.param(UTC, "from datetime import timezone\ntimezone.utc\ntimezone(x)\n", "from datetime import timezone, UTC\nUTC\ntimezone(x)\n", id="member in the same module, other uses"),
        pytest.param(UTC, "import datetime\ndatetime.timezone.utc\n", "import datetime\ndatetime.UTC\n", id="member through the same module"),
        pytest.param(UTC, "import datetime as dt\ndt.timezone.utc\ndt.x\n", "import datetime as dt\ndt.UTC\ndt.x\n", id="member through the same module, alias"),
        pytest.param(UTC, "if a:\n    from datetime import UTC\n    from datetime import timezone\n    timezone.utc\n", "if a:\n    from datetime import UTC\n    UTC\n", id="a statement with nothing left"),
        pytest.param(INTO, "from shop.clock import UTC, now\nnow(UTC)\n", "from datetime import timezone\nfrom shop.clock import now\nnow(timezone.utc)\n", id="into an object"),
        # duplicates
        pytest.param(NAME, "from shop.basket import Basket\nfrom shop.cart import Cart as Basket\n", "from shop.basket import Basket\n", id="imported before"),
        pytest.param(NAME, "from shop.cart import Cart\nfrom shop.basket import Basket as Cart\n", "from shop.basket import Basket as Cart\n", id="imported after"),
        pytest.param(NAME, "from shop.cart import Cart  # noqa\nfrom shop.basket import Basket as Cart\n", "from shop.basket import Basket as Cart\n", id="a pragma goes with its statement"),
        pytest.param(NAME, "from shop.cart import Cart  # why\nfrom shop.basket import Basket as Cart\n", "# why\nfrom shop.basket import Basket as Cart\n", id="a comment stays"),
        pytest.param(NAME, "from shop.basket import Basket as Cart; from shop.cart import Cart; x\n", "from shop.basket import Basket as Cart; x\n", id="on one line, between"),
        pytest.param(NAME, "from shop.basket import Basket as Cart; from shop.cart import Cart\n", "from shop.basket import Basket as Cart\n", id="on one line, last"),
        pytest.param(NAME, "from shop.basket import Basket as Cart\nfrom shop.cart import (x, Cart)\n", "from shop.basket import Basket as Cart\nfrom shop.cart import (x)\n", id="one name of a list"),
        pytest.param(NAME, "from shop.basket import Basket as Cart\nif a:\n    from shop.cart import Cart\n", "from shop.basket import Basket as Cart\nif a:\n    from shop.basket import Basket as Cart\n", id="another block"),
        pytest.param(NAME, "from shop.basket import Basket as Cart\nCart = 1\nfrom shop.cart import Cart\n", "from shop.basket import Basket as Cart\nCart = 1\nfrom shop.basket import Basket as Cart\n", id="bound in between"),
        pytest.param(NAME, "from shop.cart import Cart\nCart()\nfrom shop.basket import Basket as Cart\n", "from shop.basket import Basket as Cart\nCart()\nfrom shop.basket import Basket as Cart\n", id="used in between"),
    ],
)  # fmt: skip
def test_rewritten(plan: Plan, before: str, after: str) -> None:
    check_rewritten(before, after, phase=3, plan=plan)


@pytest.mark.parametrize(
    ("plan", "before", "after", "findings"),
    [
        pytest.param(NAME, "import shop.cart as c\nf(c)\nc.Cart\n", "import shop.cart as c\nimport shop.basket as basket\nf(c)\nbasket.Basket\n", ["module-import"], id="the module as a value"),
        pytest.param(NAME, "import shop.cart as c\nf'{c.Cart=}'\nc.Cart\n", "import shop.cart as c\nimport shop.basket as basket\nf'{c.Cart=}'\nbasket.Basket\n", ["module-import"], id="an f-string prints its source"),
        pytest.param(SUB, "import os\ndel os.path\nos.path.x\n", "import os\nimport ospaths\ndel os.path\nospaths.x\n", ["module-import"], id="a module is deleted"),
    ],
)  # fmt: skip
def test_rewritten_in_part(plan: Plan, before: str, after: str, findings: list[str]) -> None:
    check_rewritten(before, after, phase=3, plan=plan, findings=findings)


@pytest.mark.parametrize(
    ("plan", "source", "code"),
    [
        pytest.param(NAME, "try:\n    import shop.cart\nexcept ImportError:\n    shop = None\nshop.cart.Cart\n", "shadowed", id="fallback"),
        pytest.param(NAME, "import shop.cart as c\nif a:\n    import x as c\nc.Cart\n", "shadowed", id="two modules"),
        pytest.param(NAME, "import shop.cart as c\nc = g(c)\nc.Cart\n", ["module-import", "shadowed"], id="rebound"),
        pytest.param(NAME, "import shop.cart as c\nd = c\nd.Cart\n", "module-import", id="another name of the module"),
        pytest.param(NAME, "def f():\n    global c\n    import shop.cart as c\ndef g(): c.Cart, c.x\n", "shadowed", id="bound for the module in a function"),
        pytest.param(MEMBER, "from log.conf import central\nget = 1\ncentral.get(1)\n", "name-collision", id="name taken"),
        pytest.param(MEMBER, "from log.conf import central\ndef f(get): central.get(1)\n", "name-collision", id="name taken by a parameter"),
        pytest.param(MEMBER, "def f():\n    from log.conf import central\n    get(central.get(1))\n", "name-collision", id="name taken from outside"),
        pytest.param(MEMBER, "from log.conf import central\ncentral.get = 1\n", "member-use", id="assigned"),
        pytest.param(MEMBER, "from log.conf import central\npatch.object(central, 'get')\n", "member-use", id="in a string"),
        pytest.param(MEMBER, "from log.conf import central as c\nd = c\nd.get()\n", "member-use", id="another name"),
        pytest.param(MEMBER, "try:\n    from log.conf import central\nexcept ImportError:\n    central = None\ncentral.get()\n", "shadowed", id="None without it"),
        pytest.param(MEMBER, "from log.conf import central\ncentral.get()\nfrom x import *\n", "name-collision", id="a star import may bind the name"),
        pytest.param(SUB, "import os\nospaths = 1\nos.path.x\n", "name-collision", id="module name taken"),
        pytest.param(INTO, "from shop.clock import UTC\n", "member-use", id="into an object, without a use"),
    ],
)  # fmt: skip
def test_refused(plan: Plan, source: str, code: str | list[str]) -> None:
    check_refused(source, code, phase=3, plan=plan)


def renaming(*pairs: str) -> Plan:
    table = [{"old": old, "new": new, "rename_uses": True} for old, new in (pair.split(" -> ") for pair in pairs)]
    return make_plan({"phase3": {"move": table}})


RENAMING = renaming("shop.cart:Cart -> shop.basket:Basket", "shop.prices -> shop.costs")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("from shop.cart import Cart\nCart(Cart)\n", "from shop.basket import Basket\nBasket(Basket)\n", id="uses"),
        pytest.param("from shop.cart import Cart as C\nC()\n", "from shop.basket import Basket as C\nC()\n", id="an alias stays"),
        pytest.param("from shop.cart import Cart, x\ndef f(a: 'Cart'): f'{Cart}'\n", "from shop.basket import Basket\nfrom shop.cart import x\ndef f(a: 'Basket'): f'{Basket}'\n", id="in strings"),
        pytest.param("from shop.cart import Cart\ndef f(Cart): Cart\nCart\n", "from shop.basket import Basket\ndef f(Cart): Cart\nBasket\n", id="shadowed elsewhere"),
        pytest.param("from shop import prices\nprices.x\n", "from shop import costs\ncosts.x\n", id="module"),
        pytest.param("from shop.cart import Cart\nfrom shop.basket import Basket\nCart()\n", "from shop.basket import Basket\nBasket()\n", id="imported already"),
    ],
)  # fmt: skip
def test_uses_are_renamed(before: str, after: str) -> None:
    check_rewritten(before, after, phase=3, plan=RENAMING)


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param("Basket = 1\nCart()\n", id="bound"),
        pytest.param("def f(Basket): Cart\n", id="parameter"),
        pytest.param("__all__ = ['Cart']\n", id="exported"),
        pytest.param("Cart = Cart or None\n", id="bound to more"),
        pytest.param("f'{Cart=}'\n", id="printed"),
    ],
)
def test_a_name_that_cannot_be_renamed_stays(rest: str) -> None:
    before, after = "from shop.cart import Cart\n", "from shop.basket import Basket as Cart\n"
    check_rewritten(before + rest, after + rest, phase=3, plan=RENAMING, findings=["name-collision"])


def test_an_explicit_reexport_of_a_stub() -> None:
    source = "from shop.cart import Cart as Cart\n"
    check_refused(source, "explicit-reexport", phase=3, plan=NAME, path="app/main.pyi")
    after = "from shop.basket import Basket as Cart\n__all__ = ['Cart']\n"
    check_rewritten(source + "__all__ = ['Cart']\n", after, phase=3, plan=NAME, path="app/main.pyi")
    check_rewritten(source, "from shop.basket import Basket as Cart\n", phase=3, plan=NAME)
    module = moves(a="shop.cart -> store.cart")
    check_rewritten(source, "from store.cart import Cart as Cart\n", phase=3, plan=module, path="app/main.pyi")


def test_rename_uses_of_the_whole_phase() -> None:
    move = {"old": "shop.cart:Cart", "new": "shop.basket:Basket"}
    plan = make_plan({"phase3": {"rename_uses": True, "move": [move]}})
    before = "from shop.cart import Cart\nCart()\n"
    check_rewritten(before, "from shop.basket import Basket\nBasket()\n", phase=3, plan=plan)
    plan = make_plan({"phase3": {"rename_uses": True, "move": [{**move, "rename_uses": False}]}})
    check_rewritten(before, "from shop.basket import Basket as Cart\nCart()\n", phase=3, plan=plan)


@pytest.mark.parametrize(
    ("source", "sites"),
    [
        pytest.param("from shop.cart import Cart\nfrom shop.cart import pay\n", [0, 1], id="imports alone"),
        pytest.param("import shop.cart as c\nc.Cart\nc.Cart\nfrom shop.cart import pay\n", [0, 0, 0, 1], id="an import and its uses"),
        pytest.param("import shop.cart as c, shop.cart as d\nc.Cart\nd.pay\n", [0, 0], id="two in one statement"),
        pytest.param("def f():\n    import shop.cart as c\n    c.Cart\nimport shop.cart as c\nc.pay\n", [0, 0, 1], id="two variables"),
        pytest.param("from shop.cart import Cart\nfrom shop.cart import Cart\n", [0, 0], id="one that makes the other go"),
    ],
)  # fmt: skip
def test_what_belongs_together_is_one_site(source: str, sites: list[int]) -> None:
    assert [edit.site for edit in transform(source, phase=3, plan=TWO).edits] == sites
