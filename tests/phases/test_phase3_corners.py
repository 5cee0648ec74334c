"""Phase 3 where two imports, a new home or a star import get in each other's way."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from checks import check_noop, check_refused, check_rewritten, make_plan, moves
from repositories import MakeRepository

from migrate.plan import Plan
from migrate.previewing import preview

NAME = moves(a="shop.cart:Cart -> shop.basket:Basket")
NAME_NONE = make_plan({"phase3": {"move": [{"old": "shop.cart:Cart", "new": "shop.basket:Basket", "strings": "none"}]}})
MODULE = moves(a="shop.cart -> store.cart")
TOP = moves(a="cart -> basket")
MEMBER = moves(a="log.conf:central.get -> log.fast:get")
TWO_MEMBERS = moves(a="log.conf:central.get -> log.fast:get", b="web.api:client.get -> web.fast:get")
APART = moves(a="log.conf:central.get -> log.fast:get", b="log.conf:central.put -> log.slow:put")
RENAMING = make_plan(
    {"phase3": {"move": [{"old": "shop.cart:Cart", "new": "shop.basket:Basket", "rename_uses": True}]}}
)


@pytest.mark.parametrize(
    ("plan", "source", "kept"),
    [
        pytest.param(MEMBER, "f().central.get()\n", 0, id="the member's name behind a call"),
        pytest.param(NAME, "from shop.cart import *  # migrate: keep\n", 1, id="star import that is kept"),
        pytest.param(NAME, "import shop.cart as c\nf(c)  # migrate: keep\n", 1, id="what would be reported is kept"),
    ],
)
def test_noop(plan: Plan, source: str, kept: int) -> None:
    assert check_noop(source, phase=3, plan=plan).kept == kept


@pytest.mark.parametrize(
    ("plan", "before", "after", "findings"),
    [
        pytest.param(MEMBER, "from log.conf import central as get\nget.get(1)\n", "from log.fast import get\nget(1)\n", [], id="the new name is the old alias"),
        pytest.param(MODULE, "import shop.cart\nshop.cart.x\nshop.cart.y  # migrate: keep\n", "import shop.cart\nimport store.cart\nstore.cart.x\nshop.cart.y  # migrate: keep\n", ["module-import"], id="a use of a module that is kept"),
        pytest.param(TWO_MEMBERS, "from log.conf import central\ndef f():\n    from web.api import client\n    central.get(1)\n    client.get(2)\n", "from log.fast import get\ndef f():\n    from web.api import client\n    get(1)\n    client.get(2)\n", ["name-collision"], id="two new names, the outer first"),
        pytest.param(TWO_MEMBERS, "def f():\n    from web.api import client\n    client.get(2)\n    central.get(1)\nif a:\n    from log.conf import central\n", "def f():\n    from web.fast import get\n    get(2)\n    central.get(1)\nif a:\n    from log.conf import central\n", ["name-collision"], id="two new names, the inner first"),
        pytest.param(NAME, "def f():\n    import shop.cart as c\n    x: 'c.Cart' = c.Cart()\n", "def f():\n    import shop.basket as c\n    x: 'c.Basket' = c.Basket()\n", [], id="a forward reference to a name of the function"),
        pytest.param(NAME, "import x as c\ndef f():\n    import shop.cart as c\n    x: 'c.Cart' = c.Cart()\n", "import x as c\ndef f():\n    import shop.cart as c\n    import shop.basket as basket\n    x: 'c.Cart' = basket.Basket()\n", ["module-import"], id="a forward reference to a name that the module has, too"),
        pytest.param(RENAMING, "from shop.cart import Cart\nCart()\nCart()  # migrate: keep\n", "from shop.basket import Basket as Cart\nCart()\nCart()  # migrate: keep\n", ["name-collision"], id="a use that is kept"),
    ],
)  # fmt: skip
def test_rewritten(plan: Plan, before: str, after: str, findings: list[str]) -> None:
    check_rewritten(before, after, phase=3, plan=plan, findings=findings)


@pytest.mark.parametrize(
    ("plan", "source", "codes"),
    [
        pytest.param(APART, "from log.conf import central as get\nput = 1\nget.get(1)\nget.put(2)\n", ["name-collision", "name-collision"], id="the alias has to stay, and is a new name"),
        pytest.param(MODULE, "import shop.cart\ndef f(store): shop.cart.x\n", ["module-import", "name-collision"], id="the new package is a parameter"),
        pytest.param(MODULE, "try:\n    import shop.cart\nexcept ImportError:\n    shop = None\nshop.cart.x\n", ["module-import", "shadowed"], id="a package with a fallback"),
        pytest.param(MODULE, "import shop.cart\nstore = 1\n", "name-collision", id="the new package is a variable"),
        pytest.param(MODULE, "import shop.cart\nimport x as shop\nshop.cart.y\n", ["module-import", "shadowed"], id="a package bound twice"),
        pytest.param(MEMBER, "from log.conf import central\nfrom log.conf import *\ncentral.get(1)\n", ["star-import", "shadowed"], id="a star import of the same module"),
    ],
)  # fmt: skip
def test_refused(plan: Plan, source: str, codes: str | list[str]) -> None:
    check_refused(source, codes, phase=3, plan=plan)


@pytest.mark.parametrize(
    ("plan", "path", "source"),
    [
        pytest.param(NAME, "shop/basket.py", "import shop.cart as c\nc.Cart()\n", id="alias"),
        pytest.param(NAME, "shop/basket.py", "import shop.cart as c\nc.Cart(c.x)\n", id="alias, some uses stay"),
        pytest.param(TOP, "basket.py", "try:\n    import cart\nexcept ImportError:\n    cart = None\n", id="a name that has to stay"),
    ],
)  # fmt: skip
def test_the_new_home_does_not_import_itself(plan: Plan, path: str, source: str) -> None:
    check_refused(source, "self-import", phase=3, plan=plan, path=path)


LOGS = {
    "log/__init__.py": "",
    "log/conf.py": "central = object()\n",
    "log/fast.py": "def get(name): ...\n",
    "shop/__init__.py": "",
    "shop/cart.py": "class Cart: ...\n",
    "shop/basket.py": "class Basket: ...\n",
}


def run(make_repository: MakeRepository, plan: Plan, files: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    found = preview(make_repository({**LOGS, **files}).open(), plan, 3)
    return {file.path: file.after.decode() for file in found.files}, [finding.code for finding in found.findings]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param("x = 1\n", [], id="of other names"),
        pytest.param("f()()\nx = 1\n", [], id="that calls what a call returns"),
        pytest.param("get = 1\n", ["name-collision"], id="of the new name"),
        pytest.param("central = 1\n", ["shadowed"], id="of the old name"),
    ],
)
def test_star_imports_of_known_modules(make_repository: MakeRepository, other: str, expected: list[str]) -> None:
    source = "from log.conf import central\nfrom other import *\nfrom another import *\ncentral.get(1)\n"
    files = {"app.py": source, "other.py": other, "another.py": "y = 1\n"}
    after, codes = run(make_repository, MEMBER, files)
    assert codes == expected
    done = source.replace("log.conf import central", "log.fast import get").replace("central.get", "get")
    assert after == ({} if expected else {"app.py": done})


def test_a_star_import_of_an_object_of_which_a_member_moves(make_repository: MakeRepository) -> None:
    files = {"app.py": "from log.conf import *\ncentral.get(1)\n"}
    assert run(make_repository, MEMBER, files) == ({}, ["star-import"])


def test_a_star_import_in_a_module_that_the_new_home_loads(make_repository: MakeRepository) -> None:
    files = {"app.py": "from shop.cart import *\nCart()\n", "shop/basket.py": "import app\nclass Basket: ...\n"}
    assert run(make_repository, NAME, files) == ({}, ["star-import"])


def test_a_star_import_for_type_checkers(make_repository: MakeRepository) -> None:
    star = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop.{} import {}\ndef f(a: 'Cart'): ...\n"
    after, codes = run(make_repository, NAME, {"app.py": star.format("cart", "*")})
    assert (after, codes) == ({"app.py": star.format("basket", "Basket as Cart")}, [])


def test_a_class_defined_twice_is_reported_once() -> None:
    source = "from shop.basket import Basket\nclass B(Basket): ...\nclass B(Basket): ...\nB(metadata=1)\n"
    check_refused(source, "subclass-super", phase=4)


@pytest.mark.parametrize(
    ("plan", "source"),
    [
        pytest.param(NAME, "x = 'shop.cart.other'\n", id="a string of what stays"),
        pytest.param(NAME_NONE, "x = 'shop.cart.Cart'\n", id="no string is looked at"),
    ],
)
def test_strings_of_a_file_that_cannot_be_parsed(plan: Plan, source: str) -> None:
    check_noop("if a <> b: pass\n" + source, phase=3, plan=plan)
