from __future__ import annotations

import pytest
from checks import make_plan, moves

from migrate.moves import MoveIndex

INDEX = MoveIndex.of(
    moves(
        name="shop.cart:Cart -> shop.basket:Basket",
        module="shop.prices -> shop.pricing.prices",
        inner="shop.prices.tax -> taxes",
        nested="tools -> tools.old",
        outer="kit.all -> kit",
        one="shop.prices:Price -> shop.money:Price",
        member="shop.cart:Cart.total -> shop.basket:Basket.sum",
        second="shop.cart:Cart.add -> shop.basket:Basket.put",
    )
)


@pytest.mark.parametrize(
    ("module", "name", "home"),
    [
        pytest.param("shop.cart", "coupon", None, id="another name of the module"),
        pytest.param("cart", "Cart", None, id="another module's name"),
        pytest.param("shop.cart", "Cart", "shop.basket:Basket", id="name"),
        pytest.param("shop.prices", "Offer", "shop.pricing.prices:Offer", id="a module's name"),
        pytest.param("shop.prices", "Price", "shop.money:Price", id="a name before its module"),
        pytest.param("shop.prices.vat", "rate", "shop.pricing.prices.vat:rate", id="submodules come along"),
        pytest.param("shop.prices.tax", "rate", "taxes:rate", id="the longest module wins"),
        pytest.param("shop.pricest", "rate", None, id="modules are whole components"),
        pytest.param("tools", "saw", "tools.old:saw", id="into a package of the old name"),
        pytest.param("tools.old", "saw", None, id="which is there already"),
        pytest.param("tools.old.deep", "saw", None, id="and so are its submodules"),
        pytest.param("kit.all", "saw", "kit:saw", id="out of a submodule"),
        pytest.param("kit", "saw", None, id="is there already"),
    ],
)
def test_new_home(module: str, name: str, home: str | None) -> None:
    found = INDEX.new_home(module, name)
    assert (None if found is None else str(found)) == home


def test_owners_of_members() -> None:
    assert INDEX.owners == {"shop.cart.Cart"}
    assert INDEX.owner_leaves == {"Cart"}


def test_old_modules() -> None:
    assert INDEX.old_modules == {"shop.cart", "shop.prices", "shop.prices.tax", "tools", "kit.all"}


def test_a_plan_without_phase_3() -> None:
    index = MoveIndex.of(make_plan({"phase5": {}}))
    assert index.new_home("shop.cart", "Cart") is None
    assert index.old_modules == frozenset()
