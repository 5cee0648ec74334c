from __future__ import annotations

import pytest
from checks import check_noop, check_refused, check_rewritten, make_plan, moves

from migrate.transform import compiled_query
from phases import phase3


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("", id="empty"),
        pytest.param("from shop.basket import Basket\n", id="there already"),
        pytest.param("from shop.cart import coupon\n", id="another name of the module"),
        pytest.param("from cart import Cart\nfrom other.shop.cart import Cart\n", id="other modules of that name"),
        pytest.param("from shop.carts import Cart\n", id="a longer module name"),
        pytest.param("from .cart import Cart\n", id="relative, from another package"),
        pytest.param("from ....cart import Cart\n", id="relative, out of the tree"),
        pytest.param("from . import Cart\nimport shop\n", id="only a package"),
        pytest.param("# from shop.cart import Cart\n", id="comment"),
        pytest.param('"""Was: from shop.cart import Cart"""\n', id="docstring"),
        pytest.param("def f():\n    'see shop.cart.Cart'\n", id="docstring of a function"),
        pytest.param("from shop.cart import Cart  # migrate: keep\n", id="kept"),
        pytest.param("from shop.cart import (\n    Cart,  # migrate: keep\n)\n", id="kept by a comment inside"),
        pytest.param("from shop.cart import (\n    Cart,\n)  # migrate:keep, for now\n", id="kept at its end"),
        pytest.param("x = 'shop.cartoon.Cart', 'my.shop.cart', 'pricelists'\n", id="strings of other things"),
        pytest.param("from shop import basket\nfrom shop import other as cart\n", id="other modules of the package"),
    ],
)
def test_noop(source: str) -> None:
    check_noop(source, phase=3)


def test_kept_sites_are_counted() -> None:
    assert check_noop("from shop.cart import Cart  # migrate: keep\n", phase=3).kept == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("from shop.cart import Cart\n", "from shop.basket import Basket as Cart\n", id="renamed"),
        pytest.param("from shop.cart import checkout\n", "from shop.pay import checkout\n", id="same name"),
        pytest.param("from shop.cart import Cart as C\n", "from shop.basket import Basket as C\n", id="alias"),
        pytest.param("from shop.cart import Cart as Basket\n", "from shop.basket import Basket\n", id="alias is the new name"),
        pytest.param("from shop.cart import Cart as Cart\n", "from shop.basket import Basket as Cart\n", id="redundant alias"),
        pytest.param("from shop.cart import checkout as checkout\n", "from shop.pay import checkout as checkout\n", id="explicit re-export"),
        pytest.param("from shop.cart import(Cart)\n", "from shop.basket import(Basket as Cart)\n", id="parentheses"),
        pytest.param("from shop.cart import (Cart,)\n", "from shop.basket import (Basket as Cart,)\n", id="comma at the end"),
        pytest.param("from  shop . cart  import  Cart\n", "from shop.basket import  Basket as Cart\n", id="odd spaces"),
        pytest.param("from shop.cart \\\n    import Cart\n", "from shop.basket import Basket as Cart\n", id="continued before import"),
        pytest.param("from shop.cart import \\\n    Cart\n", "from shop.basket import \\\n    Basket as Cart\n", id="continued after import"),
        pytest.param("from shop.cart import Cart # why\n", "from shop.basket import Basket as Cart # why\n", id="comment"),
        pytest.param("from shop.cart import checkout, refund\n", "from shop.pay import checkout, refund\n", id="two of one home"),
        pytest.param(
            "from shop.cart import checkout, \\\n    refund\n", "from shop.pay import checkout, \\\n    refund\n", id="continued between names"
        ),
        pytest.param(
            "from shop.cart import Cart, coupon\n",
            "from shop.basket import Basket as Cart\nfrom shop.cart import coupon\n",
            id="one of two",
        ),
        pytest.param(
            "from shop.cart import coupon, Cart\n",
            "from shop.cart import coupon\nfrom shop.basket import Basket as Cart\n",
            id="the other of two",
        ),
        pytest.param(
            "from shop.cart import coupon, Cart, checkout, voucher, refund as r\n",
            "from shop.cart import coupon, voucher\nfrom shop.basket import Basket as Cart\nfrom shop.pay import checkout, refund as r\n",
            id="three homes",
        ),
        pytest.param(
            "from shop.cart import checkout, Cart as a, refund as a\n",
            "from shop.pay import checkout\nfrom shop.basket import Basket as a\nfrom shop.pay import refund as a\n",
            id="a name bound twice stays bound last",
        ),
        pytest.param(
            "def f():\n\tfrom shop.cart import Cart, coupon\n\treturn Cart\n",
            "def f():\n\tfrom shop.basket import Basket as Cart\n\tfrom shop.cart import coupon\n\treturn Cart\n",
            id="in a function, with tabs",
        ),
        pytest.param(
            "try:\n    from shop.cart import Cart\nexcept ImportError:\n    Cart = None\n",
            "try:\n    from shop.basket import Basket as Cart\nexcept ImportError:\n    Cart = None\n",
            id="in try",
        ),
        pytest.param(
            "if TYPE_CHECKING:\n    from shop.cart import (\n        Cart,\n        coupon,\n    )\n",
            "if TYPE_CHECKING:\n    from shop.basket import Basket as Cart\n    from shop.cart import (\n        coupon,\n    )\n",
            id="for type checkers",
        ),
        pytest.param(
            "import a; from shop.cart import Cart, coupon; b = 1\n",
            "import a; from shop.basket import Basket as Cart; from shop.cart import coupon; b = 1\n",
            id="between semicolons",
        ),
        pytest.param(
            "from shop.cart import Cart, coupon; b = 1\n",
            "from shop.basket import Basket as Cart; from shop.cart import coupon; b = 1\n",
            id="before a semicolon",
        ),
        pytest.param(
            "if a: from shop.cart import Cart, coupon\n",
            "if a: from shop.basket import Basket as Cart; from shop.cart import coupon\n",
            id="on the line of its if",
        ),
        pytest.param(
            "from shop.cart import Cart, coupon  # noqa: F401\n",
            "from shop.basket import Basket as Cart  # noqa: F401\nfrom shop.cart import coupon  # noqa: F401\n",
            id="a pragma for both",
        ),
        pytest.param(
            "from shop.cart import Cart, coupon  # both\n",
            "from shop.basket import Basket as Cart\nfrom shop.cart import coupon  # both\n",
            id="a comment stays at the end",
        ),
        pytest.param(
            "from shop.cart import (  # all\n    coupon,  # ten percent\n    # the cart\n    Cart,  # (old)\n    voucher,\n)  # end\n",
            "from shop.cart import (  # all\n    coupon,  # ten percent\n    voucher,\n)\n"
            "from shop.basket import (\n    # the cart\n    Basket as Cart,  # (old)\n)  # end\n",
            id="comments go with their names",
        ),
        pytest.param(
            "from shop.cart import (\n    Cart\n    , coupon\n)\n",
            "from shop.basket import Basket as Cart\nfrom shop.cart import (\n    coupon\n)\n",
            id="commas first",
        ),
        pytest.param(
            "from shop.cart import (\n    Cart  # a\n    , coupon  # b\n)\n",
            "from shop.basket import (\n    Basket as Cart  # a\n)\nfrom shop.cart import (\n    coupon  # b\n)\n",
            id="commas first, with comments",
        ),
        pytest.param(
            "from shop.cart import (Cart, # one\n    coupon)\n",
            "from shop.basket import (Basket as Cart # one\n)\nfrom shop.cart import (\n    coupon)\n",
            id="a comment after the first of two on a line",
        ),
        pytest.param(
            "from shop.cart import (coupon, # one\n    Cart)\n",
            "from shop.cart import (coupon # one\n)\nfrom shop.basket import Basket as Cart\n",
            id="a comment after the other of two",
        ),
        pytest.param(
            "from shop.cart import (coupon\n    # why\n    , Cart)\n",
            "from shop.cart import (coupon\n    # why\n)\nfrom shop.basket import Basket as Cart\n",
            id="a comment before a comma",
        ),
        pytest.param(
            "from shop.cart import (\n    coupon, a,\n    Cart, b, c, checkout,\n    refund, d\n)\n",
            "from shop.cart import (\n    coupon, a,\n    b, c,\n    d\n)\n"
            "from shop.basket import Basket as Cart\nfrom shop.pay import checkout, refund\n",
            id="lines stay lines when their first name goes",
        ),
        pytest.param(
            "from shop.cart import coupon, \\\n    Cart, b\n",
            "from shop.cart import coupon, \\\n    b\nfrom shop.basket import Basket as Cart\n",
            id="continued lines, too",
        ),
        pytest.param(
            "from shop.cart import (  # keep me\n    Cart,\n    checkout,\n    # the end\n)\n",
            "from shop.basket import (  # keep me\n    Basket as Cart,\n    # the end\n)\nfrom shop.pay import checkout\n",
            id="comments of the list stay where all names leave",
        ),
        pytest.param(
            "from shop.cart import (  # noqa: F401\n    Cart,\n    coupon,\n)\n",
            "from shop.basket import (  # noqa: F401\n    Basket as Cart,\n)\n"
            "from shop.cart import (  # noqa: F401\n    coupon,\n)\n",
            id="a pragma in the list goes for both",
        ),
        pytest.param(
            "if a: \\\n  from shop.cart import Cart, coupon\n",
            "if a: \\\n  from shop.basket import Basket as Cart; from shop.cart import coupon\n",
            id="after a continued line",
        ),
        pytest.param("from shop.prices import tax\n", "from shop.pricing.prices import tax\n", id="module"),
        pytest.param("from shop.prices.eu import tax as t\n", "from shop.pricing.prices.eu import tax as t\n", id="submodule"),
        pytest.param("from pricelist import (\n    a,\n    b,\n)\n", "from shop.pricing.lists import (\n    a,\n    b,\n)\n", id="top-level module"),
        pytest.param("from shop.prices import *\n", "from shop.pricing.prices import *\n", id="star from a module"),
        pytest.param("from shop.prices.eu import *\n", "from shop.pricing.prices.eu import *\n", id="star from a submodule"),
        pytest.param("class C:\n    from shop.cart import Cart\n", "class C:\n    from shop.basket import Basket as Cart\n", id="in a class"),
        pytest.param("from shop.cart import Cart, Cart as C\n", "from shop.basket import Basket as Cart, Basket as C\n", id="twice"),
        pytest.param(
            "match a:\n    case 1:\n        from shop.cart import Cart\n",
            "match a:\n    case 1:\n        from shop.basket import Basket as Cart\n",
            id="in a match",
        ),
        pytest.param(
            "\x0cfrom shop.cart import Cart, coupon\n",
            "\x0cfrom shop.basket import Basket as Cart\n\x0cfrom shop.cart import coupon\n",
            id="after a form feed",
        ),
        pytest.param("from shop.cart import Cart", "from shop.basket import Basket as Cart", id="no final newline"),
        pytest.param(
            "from shop.cart import Cart, coupon",
            "from shop.basket import Basket as Cart\nfrom shop.cart import coupon",
            id="one of two, no final newline",
        ),
    ],
)  # fmt: skip
def test_rewritten(before: str, after: str) -> None:
    check_rewritten(before, after, phase=3)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        pytest.param("shop/api.py", "from .cart import Cart\n", "from .basket import Basket as Cart\n", id="sibling"),
        pytest.param("shop/__init__.py", "from .cart import Cart\n", "from .basket import Basket as Cart\n", id="own submodule"),
        pytest.param("shop/x/api.py", "from ..cart import Cart\n", "from ..basket import Basket as Cart\n", id="one up"),
        pytest.param("shop/x/y/api.py", "from ...cart import Cart\n", "from ...basket import Basket as Cart\n", id="three dots are one token"),
        pytest.param("shop/api.py", "from .prices import tax\n", "from shop.pricing.prices import tax\n", id="to another package"),
        pytest.param("shop/api.py", "from . cart import Cart\n", "from .basket import Basket as Cart\n", id="a space after the dot"),
        pytest.param("shop/api.py", "from .prices.eu import tax\n", "from shop.pricing.prices.eu import tax\n", id="submodule"),
        pytest.param(
            "shop/x/api.py",
            "from ..cart import coupon, Cart\n",
            "from ..cart import coupon\nfrom ..basket import Basket as Cart\n",
            id="one of two",
        ),
        pytest.param("shop/prices/eu.py", "from . import tax\n", "from shop.pricing.prices import tax\n", id="from its package"),
    ],
)  # fmt: skip
def test_relative(path: str, before: str, after: str) -> None:
    check_rewritten(before, after, phase=3, path=path)


def test_a_package_moves_its_own_names() -> None:
    plan = moves(a="shop:Cart -> shop.basket:Basket", b="shop.api:run -> run:main")
    check_rewritten(
        "from . import Cart\n", "from shop.basket import Basket as Cart\n", phase=3, plan=plan, path="shop/api.py"
    )
    check_rewritten("from shop import Cart\n", "from shop.basket import Basket as Cart\n", phase=3, plan=plan)
    check_rewritten("from .api import run\n", "from run import main as run\n", phase=3, plan=plan, path="shop/cli.py")


def test_renamed_where_it_is() -> None:
    plan = moves(a="shop.cart:Cart -> shop.cart:Basket")
    check_rewritten(
        "from shop.cart import coupon, Cart\n", "from shop.cart import coupon, Basket as Cart\n", phase=3, plan=plan
    )
    check_rewritten(
        "from .cart import (\n    Cart,\n)\n",
        "from .cart import (\n    Basket as Cart,\n)\n",
        phase=3,
        plan=plan,
        path="shop/a.py",
    )


def test_into_a_submodule_of_the_old_module() -> None:
    plan = moves(a="tools -> tools.old")
    check_rewritten("from tools import saw\n", "from tools.old import saw\n", phase=3, plan=plan)
    check_noop("from tools.old import saw\nfrom tools.old.x import *\n", phase=3, plan=plan)


def test_source_roots_decide_what_a_relative_import_means() -> None:
    plan = make_plan(
        {"phase3": {"move": [{"old": "shop.cart:Cart", "new": "shop.basket:Cart"}]}}, source_roots=["src", "."]
    )
    check_rewritten(
        "from .cart import Cart\n", "from .basket import Cart\n", phase=3, plan=plan, path="src/shop/api.py"
    )
    check_noop("from .cart import Cart\n", phase=3, plan=plan, path="lib/shop/api.py")


@pytest.mark.parametrize(
    ("source", "code", "subject"),
    [
        pytest.param("from shop.cart import *\n", "star-import", "shop.cart", id="star from a module with moved names"),
        pytest.param("x = 'shop.cart.Cart'\n", "string-reference", "shop.cart:Cart", id="string"),
        pytest.param("x = 'shop.cart'\n", "string-reference", "shop.cart", id="string of the module"),
        pytest.param("x = 'shop.prices.eu.tax'\n", "string-reference", "shop.prices:eu", id="string of a moved module"),
        pytest.param("x = f'{a}shop.cart.Cart'\n", "string-reference", "shop.cart:Cart", id="f-string"),
        pytest.param("x = '''\nfrom shop.cart import Cart\n'''\n", "string-reference", "shop.cart", id="code in a string"),
        pytest.param("patch('shop.cart.coupon')\n", "shim-patch", "shop.cart:coupon", id="patch of a redirect"),
        pytest.param("@mock.patch('shop.cart.coupon.x')\ndef f(): ...\n", "shim-patch", "shop.cart:coupon", id="patch decorator"),
        pytest.param("monkeypatch.setattr('shop.cart.coupon', 1)\n", "shim-patch", "shop.cart:coupon", id="pytest's setattr"),
        pytest.param("patch('x', 'shop.cart.Cart')\n", "string-reference", "shop.cart:Cart", id="another argument of patch"),
    ],
)  # fmt: skip
def test_findings(source: str, code: str, subject: str) -> None:
    result = check_refused(source, code, phase=3)
    assert result.findings[0].subject == subject


def test_a_finding_names_its_place() -> None:
    (finding,) = check_refused("\nif a:\n    x = 1, 'shop.cart'\n", "string-reference", phase=3).findings
    assert (finding.path, finding.line, finding.column, finding.phase) == ("app/main.py", 3, 11, 3)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("from shop.cart import Cart\n", id="from the redirect"),
        pytest.param("from .cart import Cart, coupon\n", id="with another name"),
    ],
)
def test_the_new_home_does_not_import_from_itself(source: str) -> None:
    check_refused(source, "self-import", phase=3, path="shop/basket.py")


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("from shop.prices import *\n", id="star"),
        pytest.param("from shop.prices import tax\n", id="name"),
    ],
)
def test_a_moved_module_does_not_import_from_itself(source: str) -> None:
    assert check_refused(source, "self-import", phase=3, path="shop/pricing/prices.py").findings[0].phase == 3


@pytest.mark.parametrize(
    ("source", "told_by_text"),
    [
        pytest.param("from shop.cart import \U0001d402art\n", True, id="name"),
        pytest.param("from shop.\U0001d41cart import Cart\n", False, id="module"),
    ],
)
def test_letters_that_cpython_takes_for_the_same(source: str, told_by_text: bool) -> None:
    check_rewritten(source, "from shop.basket import Basket as Cart\n", phase=3, told_by_text=told_by_text)


def test_a_plan_without_phase_3() -> None:
    plan = make_plan({"phase5": {}})
    assert not compiled_query(plan, 3).run("from shop.cart import Cart", "a.py").selected
    check_noop("from shop.cart import Cart\n", phase=3, plan=plan)


def test_the_query_alone_joins_statements_with_semicolons() -> None:
    before, after = phase3.EXAMPLE
    plan = moves(a="shop.cart:Cart -> shop.basket:Basket")
    assert not compiled_query(plan, 3).run("from .... import Cart", "a.py").selected
    assert compiled_query(plan, 3).run(before.strip(), "a.py").text == after.strip().replace("\n", "; ")
