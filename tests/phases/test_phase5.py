from __future__ import annotations

import pytest
from checks import calls, check_noop, check_refused, make_plan, moves
from repositories import MakeRepository, Repository

from migrate.plan import Plan, parse_plan
from migrate.previewing import preview
from migrate.transform import compiled_query

IMPORT = "from shop.basket import Basket\n"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("", id="empty"),
        pytest.param("from shop.cart import coupon\n", id="another name of the module"),
        pytest.param("from shop.cart import Cart  # migrate: keep\n", id="import that is kept"),
        pytest.param(IMPORT + "Basket(metadata=1)  # migrate: keep\n", id="call that is kept"),
        pytest.param(IMPORT + "Basket(1)\nBasket(context=1)\n", id="only what is to be added is missing"),
        pytest.param("from shop.billing import charge\ncharge()\n", id="nothing deprecated about a call"),
        pytest.param(IMPORT + "Basket(**x)\n", id="what a mapping holds is not known"),
        pytest.param("x = 'shop.cart.Cart'\n", id="strings"),
    ],
)
def test_noop(source: str) -> None:
    check_noop(source, phase=5)


@pytest.mark.parametrize(
    ("source", "code", "subject"),
    [
        pytest.param("from shop.cart import Cart, coupon\n", "deprecated-import", "shop.cart:Cart", id="import"),
        pytest.param("from shop.cart import *\n", "deprecated-import", "shop.cart", id="star import"),
        pytest.param("from shop.prices import *\n", "deprecated-import", "shop.prices", id="star import of a module"),
        pytest.param("from shop.prices.eu import *\n", "deprecated-import", "shop.prices.eu", id="and of a submodule"),
        pytest.param("import shop.prices\n", "deprecated-import", "shop.prices", id="module import"),
        pytest.param("f('')\npatch('shop.cart.Cart')\n", "deprecated-import", "shop.cart:Cart", id="string"),
        pytest.param(IMPORT + "Basket(1, metadata=2)\n", "deprecated-keyword", "shop.basket:Basket", id="keyword"),
        pytest.param(
            IMPORT + "Basket(\n  legacy=2)\n", "deprecated-keyword", "shop.basket:Basket", id="removed keyword"
        ),
        pytest.param(
            IMPORT + "Basket(metadata=2, context=1)\n", "deprecated-keyword", "shop.basket:Basket", id="both keywords"
        ),
    ],
)
def test_findings(source: str, code: str, subject: str) -> None:
    (finding,) = check_refused(source, code, phase=5).findings
    assert (finding.phase, finding.subject, finding.severity) == (5, subject, "warning")


@pytest.mark.parametrize(
    ("source", "path"),
    [
        pytest.param("from shop.cart import Cart\n", "shop/basket.py", id="in the new home itself"),
        pytest.param("from shop.prices import *\n", "shop/pricing/prices.py", id="everything, in the new home itself"),
        pytest.param("from shop.cart import Cart as Cart\n", "stubs/api.pyi", id="passed on by a stub"),
    ],
)
def test_imports_that_phase_3_leaves_to_a_person(source: str, path: str) -> None:
    plan = make_plan(
        {"phase3": {"move": [
            {"old": "shop.cart:Cart", "new": "shop.basket:Basket", "rename_uses": True},
            {"old": "shop.prices", "new": "shop.pricing.prices"},
        ]}}
    )  # fmt: skip
    check_refused(source, "deprecated-import", phase=5, plan=plan, path=path)


def test_an_import_that_would_be_circular(make_repository: MakeRepository) -> None:
    files = {
        "shop/cart.py": "class Cart: ...\n",
        "shop/basket.py": "import shop.page\nclass Basket: ...\n",
        "shop/page.py": "from shop.cart import Cart\n",
    }
    git = make_repository(files).open()
    plan = moves(a="shop.cart:Cart -> shop.basket:Basket")
    assert [(f.path, f.code) for f in preview(git, plan, 3).findings] == [("shop/page.py", "import-cycle")]
    assert [(f.path, f.code) for f in preview(git, plan, 5).findings] == [("shop/page.py", "deprecated-import")]


def test_an_import_and_its_uses() -> None:
    source = "import shop.cart as c\nx = c.Cart, c.coupon\n"
    codes = ["deprecated-import", "deprecated-import"]
    assert [f.line for f in check_refused(source, codes, phase=5).findings] == [1, 2]


def test_relative_imports() -> None:
    check_refused("from .cart import Cart\n", "deprecated-import", phase=5, path="shop/api.py")
    check_noop("from .cart import Cart\nfrom .... import Cart\n", phase=5, path="app/api.py")


def test_findings_are_in_order_of_place() -> None:
    source = "from shop.basket import Basket\nBasket(metadata=1)\nfrom shop.cart import Cart\nimport shop.prices\n"
    codes = ["deprecated-keyword", "deprecated-import", "deprecated-import"]
    result = check_refused(source, codes, phase=5)
    assert [f.line for f in result.findings] == [2, 3, 4]


def test_what_does_not_parse_is_no_success() -> None:
    check_refused("from shop.cart import Cart\n)\n", "unparseable", phase=5)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("from shop.cart import Cart\n)\n", id="neither parser reads it"),
        pytest.param("from shop.cart import Cart\nprint x\n", id="Python 2"),
    ],
)
def test_plans_of_one_kind(source: str) -> None:
    check_refused(source, "unparseable", phase=5, plan=moves(a="shop.cart:Cart -> shop.basket:Basket"))
    check_refused(source, "unparseable", phase=5, plan=calls("shop.cart:Cart", remove=["x"]))
    check_refused(source, "unparseable", phase=5, plan=make_plan({"phase5": {}}))


def test_the_query_only_selects() -> None:
    query = compiled_query(make_plan(), 5)
    for text in ("from shop.cart import Cart", "from shop.cart import *", "shop.basket.Basket(metadata=1)"):
        found = query.run(text, "a.py")
        assert (found.text, found.selected) == (text, True)
    for text in ("from shop.cart import coupon", "from .... import x", "shop.basket.Basket(x=1)", "Basket(metadata=1)"):
        assert not query.run(text, "a.py").selected


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("from shop import cart\ncart.Cart\n", id="package"),
        pytest.param("import shop.cart\nshop.cart.Cart\n", id="module"),
        pytest.param("from shop.first import cart\ncart.Cart(metadata=1)\n", id="passed on"),
        pytest.param("import shop.second\nshop.second.sc.Cart\n", id="passed on twice"),
    ],
)
def test_the_old_name_of_a_callee_is_left_behind_a_redirect(source: str, make_repository: MakeRepository) -> None:
    """The redirect passes the callee of phase 4 on; for phase 3 that is its old home all the same."""
    move = {"old": "shop.cart:Cart", "new": "shop.basket:Basket"}
    call = {"callee": "shop.basket:Basket", "rename": {"metadata": "context"}}
    plan = parse_plan(
        {"plan": {"name": "t"}, "phase3": {"move": [move]}, "phase4": {"call": [call]}, "phase5": {}}, "migrate.toml"
    )
    files = {
        "shop/__init__.py": "",
        "shop/basket.py": "class Basket: ...\n",
        "shop/cart.py": "from shop.basket import Basket as Cart\n",
        "shop/first.py": "from shop import cart\nimport shop.cart as sc\n",
        "shop/second.py": "from shop.first import sc\n",
        "shop/page.py": source,
    }
    repository = make_repository(files)
    assert paths_changed(repository, plan) == ["shop/page.py"]
    found = [f for f in preview(repository.open(), plan, 5).findings if f.code == "deprecated-import"]
    assert [(f.path, f.line) for f in found if f.path == "shop/page.py"] == [("shop/page.py", 1), ("shop/page.py", 2)]


def paths_changed(repository: Repository, plan: Plan) -> list[str]:
    """What phase 3 would change."""
    return [file.path for file in preview(repository.open(), plan, 3).files]
