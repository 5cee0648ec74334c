"""What a draft holds: a redirect or not, moves, names and titles."""

from __future__ import annotations

import pytest
from drafts import NEW, OLD, named

from migrate.drafting.draft import Draft, MoveDraft, RedirectDraft, draft_moves, why_no_redirect
from migrate.drafting.names import NameDraft
from migrate.plan import parse_plan
from migrate.refs import ObjectRef

ref = ObjectRef.parse
CART = named("Cart", "shop.basket:Basket", places=9, size=90)
MODULES = ref("shop.cart"), ref("shop.basket")


@pytest.mark.parametrize(
    ("old", "new", "names", "reason"),
    [
        pytest.param("a.b:X", "a.b:X", [], "nothing moves", id="its signature alone changes"),
        pytest.param("a.b:X", "a.b:Y", [named("X", "a.b:Y")], "both are in one module", id="renamed in its module"),
        pytest.param("shop.cart:Cart.total", "shop.pay:total", [named("Cart")],
                     "shop.cart:Cart.total is a member of an object", id="a member moves"),
        pytest.param("shop.cart:total", "shop.pay:Till.total", [named("total", "shop.pay:Till.total")],
                     "shop.pay:Till.total is a member of an object", id="becomes a member"),
        pytest.param("shop.cart", "shop.basket", [named("Cart"), named("pay")], "nothing of it has another home",
                     id="the new module has none of its names"),
        pytest.param("shop.cart:Cart", "shop.basket:Basket", [named("Cart", "shop.basket:Basket", 2, 9), named("pay", "", 1)],
                     "others still take from it what shop.basket does not have (pay)", id="wanted about as often"),
        pytest.param("shop.cart:Cart", "shop.basket:Basket", [named("Cart", "shop.basket:Basket", 9, 1), named("pay", "", 1, 9)],
                     "others still take from it what shop.basket does not have (pay)", id="a small part of the module"),
        pytest.param("shop.cart:Cart", "shop.basket:Basket",
                     [named("Cart", "shop.basket:Basket"), *(named(name, "", 2) for name in "abcd")],
                     "others still take from it what shop.basket does not have (a, b, c and others)", id="many names"),
    ],
)  # fmt: skip
def test_no_redirect(old: str, new: str, names: list[NameDraft], reason: str) -> None:
    rest = sum(name.size for name in names if name.home is None)
    assert why_no_redirect(ref(old), ref(new), names, rest=rest, is_parsed=True) == reason


def test_no_redirect_of_what_has_much_else() -> None:
    reason = "shop.cart has more than Cart, which would be lost with it"
    assert why_no_redirect(OLD, NEW, [CART], rest=91, is_parsed=True) == reason
    assert why_no_redirect(OLD, NEW, [CART], rest=90, is_parsed=True) == ""


@pytest.mark.parametrize(
    ("old", "new", "names", "is_parsed"),
    [
        pytest.param(OLD, NEW, [CART], True, id="the only one"),
        pytest.param(OLD, NEW, [named("Cart", "shop.basket:Basket", 0)], True, id="nobody uses it"),
        pytest.param(OLD, NEW, [CART, named("EUR", "shop.money:EUR")], True, id="others have a home"),
        pytest.param(OLD, NEW, [CART, named("unused", "", 0, 9)], True, id="the others are used by nobody"),
        pytest.param(OLD, NEW, [CART, named("get_db", "", 9, kind="patch")], True, id="others are only patched"),
        pytest.param(OLD, NEW, [CART, named("helper", "", 3, 90)], True, id="half of it, and three times as often"),
        pytest.param(OLD, NEW, [named("Cart", "shop.basket:Basket"), named("pay", "", 5)], False, id="no parser reads it"),
        pytest.param(*MODULES, [named("Cart", "shop.basket:Cart"), named("pay", "", 5)], True, id="a whole module"),
    ],
)  # fmt: skip
def test_a_redirect(old: ObjectRef, new: ObjectRef, names: list[NameDraft], is_parsed: bool) -> None:
    rest = sum(name.size for name in names if name.home is None)
    assert why_no_redirect(old, new, names, rest=rest, is_parsed=is_parsed) == ""


def test_exports_what_is_left_and_what_may_go() -> None:
    core = NameDraft("shop.cart", "core", ref("shop.basket.core"), "a module of its own", named("core").uses)
    names = (CART, core, named("inner", "shop.cart:other"), named("lost", "", 2, 5), named("unused", "", 0, 5),
             named("seen", "", 1, 5, kind="patch"), named("deep", "shop.x:A.b"))  # fmt: skip
    redirect = RedirectDraft("shop.cart", NEW, names)
    assert [name.export for name in redirect.exports] == ["shop.basket:Basket as Cart"]
    assert [name.name for name in redirect.left] == ["lost"]
    assert [name.name for name in redirect.drop] == ["unused"]
    assert redirect.as_data() == {
        "module": "shop.cart",
        "docstring": "DEPRECATED: use shop.basket:Basket.",
        "exports": ["shop.basket:Basket as Cart"],
        "drop": ["unused"],
    }


@pytest.mark.parametrize(
    ("old", "new", "names", "moves"),
    [
        pytest.param(OLD, OLD, [CART], [], id="nothing moves"),
        pytest.param(OLD, NEW, [named("Cart", "shop.basket:Basket", 0)], ["shop.cart:Cart > shop.basket:Basket"],
                     id="nobody uses it yet"),
        pytest.param(OLD, NEW, [CART, named("EUR", "shop.money:EUR"), named("gone"), named("seen", "shop.x:seen", kind="patch"),
                                named("unused", "shop.x:unused", 0)],
                     ["shop.cart:Cart > shop.basket:Basket", "shop.cart:EUR > shop.money:EUR"], id="with what others take"),
        pytest.param(*MODULES, [], ["shop.cart > shop.basket"], id="a module that nobody uses"),
        pytest.param(*MODULES, [named("a", "shop.basket:a"), named("seen", kind="patch")], ["shop.cart > shop.basket"],
                     id="all that is taken is there"),
        pytest.param(*MODULES, [named("a", "shop.basket:a"), named("b", "shop.money:b"), named("gone")],
                     ["shop.cart:a > shop.basket:a", "shop.cart:b > shop.money:b"], id="name by name where something is missing"),
        pytest.param(*MODULES, [named("a", "shop.basket:a"), named("x", "shop.basket.core:x", module="shop.cart.core")],
                     ["shop.cart > shop.basket"], id="a package with its modules"),
        pytest.param(*MODULES, [named("a", "shop.basket:a"), named("gone"), named("x", "shop.basket.core:x", module="shop.cart.core")],
                     ["shop.cart:a > shop.basket:a", "shop.cart.core > shop.basket.core"], id="a package that lacks a name"),
    ],
)  # fmt: skip
def test_moves(old: ObjectRef, new: ObjectRef, names: list[NameDraft], moves: list[str]) -> None:
    assert [f"{move.old} > {move.new}" for move in draft_moves(old, new, names)] == moves


def test_moves_around_a_module_that_stays() -> None:
    names = [
        named("a", "shop.basket:a"),
        named("x", "shop.basket.core:x", module="shop.cart.core"),
        named("y", "shop.basket.sub:y", module="shop.cart.sub"),
    ]
    moves = draft_moves(*MODULES, names, kept=["shop.cart.sub.extra"])
    assert [f"{move.old} > {move.new}" for move in moves] == [
        "shop.cart:a > shop.basket:a",
        "shop.cart.core > shop.basket.core",
        "shop.cart.sub:y > shop.basket.sub:y",
    ]


def test_what_has_to_be_compared_says_so() -> None:
    doubtful = NameDraft(
        "shop.cart", "pay", ref("shop.basket:pay"), "compare the two", named("pay").uses, is_sure=False
    )
    assert draft_moves(OLD, NEW, [CART, doubtful])[1] == MoveDraft(
        doubtful.ref, ref("shop.basket:pay"), "compare the two"
    )


@pytest.mark.parametrize(
    ("old", "new", "slug", "title", "third"),
    [
        pytest.param("shop.cart:Cart", "shop.basket:Basket", "cart-to-basket", "Cart moves to shop.basket:Basket",
                     "Import Basket from shop.basket", id="an object"),
        pytest.param("a:total", "b:total", "total", "total moves to b:total", "Import total from b", id="keeps its name"),
        pytest.param("a:HTTPServer2", "b:user_engine", "http-server2-to-user-engine", "HTTPServer2 moves to b:user_engine",
                     "Import user_engine from b", id="words of capitals and of underscores"),
        pytest.param("a:Old", "a:New", "old-to-new", "Old becomes New", "Import New from a", id="in one module"),
        pytest.param("distutils.version", "packaging.version", "version", "version moves to packaging.version",
                     "Import from packaging.version", id="a module"),
        pytest.param("a:T.m", "b:T.n", "m-to-n", "m moves to b:T.n", "Use T.n instead of T.m", id="a member"),
        pytest.param("a:T.m", "b:m", "m", "m moves to b:m", "Use m instead of T.m", id="no member any more"),
        pytest.param("a:T.m", "b:T.m", "m", "m moves to b:T.m", "Use b:T.m instead", id="a member of the same name"),
        pytest.param("a:__x", "b:y", "x-to-y", "__x moves to b:y", "Import y from b", id="begins with underscores"),
        pytest.param("a:größe", "b:大", "gr-e-to", "größe moves to b:大", "Import 大 from b", id="not in ASCII"),
        pytest.param("a:大", "b:小", "to", "大 moves to b:小", "Import 小 from b", id="not in ASCII at all"),
        pytest.param(f"a:{'x' * 200}", "b:y", "x" * 100, f"{'x' * 200} moves to b:y", "Import y from b", id="very long"),
    ],
)  # fmt: skip
def test_names_and_titles(old: str, new: str, slug: str, title: str, third: str) -> None:
    draft = Draft(ref(old), ref(new), moves=(MoveDraft(ref(old), ref(new)),))
    assert (draft.slug, draft.title(0), draft.title(3)) == (slug, title, third)
    assert parse_plan(draft.data(), "migrate.toml").name == slug


def test_phases_are_those_with_something_in_them() -> None:
    assert Draft(OLD, OLD).phases == (5,)
    assert Draft(OLD, OLD).title(0) == "Cart has a new signature"
    whole = Draft(
        OLD, NEW, (CART,), redirects=(RedirectDraft("shop.cart", NEW, (CART,)),), moves=(MoveDraft(OLD, NEW),)
    )
    assert whole.phases == (1, 3, 5)
    assert whole.title(1) == "cart becomes a redirect"
    assert Draft(OLD, NEW, redirects=whole.redirects * 2).title(1) == "The old modules become redirects"
