"""What becomes of each name of an old module: its home and why, on small trees in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest
from drafts import uses

from migrate.drafting.names import NameDraft, NameDrafts, kinds
from migrate.edits import Span
from migrate.foresight.homes import Homes
from migrate.foresight.uses import Use
from migrate.refs import ObjectRef

TREE = {
    "shop/__init__.py": "",
    "shop/basket.py": "class Basket: ...\ndef pay(): ...\n",
    "shop/money.py": "EUR = 1\n_VAT = 2\n",
}


def draft(
    old_text: str | None,
    users: Collection[Use] = (),
    *,
    old: str = "shop.cart:Cart",
    new: str = "shop.basket:Basket",
    tree: Mapping[str, str] = TREE,
    path: str = "shop/cart.py",
    elsewhere: Mapping[str, tuple[str, ...]] | None = None,
    former: Collection[str] = (),
) -> dict[str, NameDraft]:
    """The drafts of an old module of that text, by name."""
    files = {**tree, **({path: old_text} if old_text is not None else {})}
    folders = {name.rpartition("/")[0] for name in files}
    contents = {name: text.encode() for name, text in files.items()}
    homes = Homes(contents.get, ["."], folders.__contains__)
    one, other = ObjectRef.parse(old), ObjectRef.parse(new)
    found = homes.surface(one.module)
    surface = found[1] if found is not None else None
    drafts = NameDrafts(one, other, homes, surface, lambda names: elsewhere or {}, former)
    return {name.name: name for name in drafts.draft(users)}


def home(found: NameDraft) -> str | None:
    return None if found.home is None else str(found.home)


def star(*reads: str, module: str = "shop.cart") -> Use:
    return Use(module, "*", "star", "app.py", 1, 0, 1, Span(0, 1), reads=frozenset(reads))


@pytest.mark.parametrize(
    ("text", "users", "name", "expected", "why"),
    [
        pytest.param("class Cart: ...\n", uses("Cart"), "Cart", "shop.basket:Basket", "as asked for", id="the object itself"),
        pytest.param("", (), "Cart", "shop.basket:Basket", "as asked for", id="though nobody has it or takes it"),
        pytest.param("", uses("Cart", kind="patch"), "Cart", "shop.basket:Basket", "as asked for", id="though only patched"),
        pytest.param("from shop.money import EUR\n", uses("EUR"), "EUR", "shop.money:EUR",
                     "the old module takes it from there", id="an import of the old module"),
        pytest.param("from .money import EUR as E\n", uses("E"), "E", "shop.money:EUR",
                     "the old module takes it from there", id="by another name, relatively"),
        pytest.param("from shop.basket import pay\n", uses("pay"), "pay", "shop.basket:pay",
                     "the old module takes it from there", id="from the new home: the very same"),
        pytest.param("from typing import Any\n", uses("Any"), "Any", "typing:Any",
                     "the old module takes it from there", id="from outside of the repository"),
        pytest.param("from shop.money import *\n", uses("EUR"), "EUR", "shop.money:EUR",
                     "the old module takes it from there", id="by a star import"),
        pytest.param("def pay(): ...\n", uses("pay"), "pay", "shop.basket:pay",
                     "the new home has one of that name; compare the two", id="a namesake in the new home"),
        pytest.param("def only(): ...\n", uses("only"), "only", None, "defined only there; move its definition first",
                     id="defined only there"),
        pytest.param("if x:\n    from shop.money import EUR\nelse:\n    import EUR\n", uses("EUR"), "EUR", None,
                     "it comes from shop.money:EUR or EUR; decide where it is to come from", id="from one of two"),
        pytest.param("", uses("gone"), "gone", None, "not there today; its uses are broken already", id="not there"),
        pytest.param("from shop.money import GBP\n", uses("GBP"), "GBP", None,
                     "the old module takes it from shop.money.GBP, which is not there", id="taken from where it is not"),
        pytest.param("from shop.money import EUR\n", uses("EUR", kind="patch"), "EUR", None,
                     "only patched or named in strings; see what `migrate check` says", id="only patched"),
        pytest.param("def only(): ...\n", uses("only", kind="string"), "only", None,
                     "only patched or named in strings; see what `migrate check` says", id="only named in a string"),
    ],
)  # fmt: skip
def test_homes(text: str, users: Collection[Use], name: str, expected: str | None, why: str) -> None:
    found = draft(text, users)[name]
    assert (home(found), found.why) == (expected, why)
    assert found.is_sure == ("compare the two" not in why)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("import os\n__version__ = 1\nLIMIT = 3\n_private = 1\ndef _f(): ...\n", ["Cart"],
                     id="imports, values, private ones: nobody takes them"),
        pytest.param("def f(): ...\nclass Cart: ...\n", ["Cart", "f"], id="what is defined is a matter even if unused"),
        pytest.param("__all__ = ['LIMIT']\nLIMIT = 3\n", ["Cart", "LIMIT"], id="so is a listed value"),
    ],
)  # fmt: skip
def test_names_that_nobody_takes(text: str, names: list[str]) -> None:
    assert list(draft(text)) == names


def test_the_object_comes_first_then_the_most_used() -> None:
    users = (*uses("Cart", 1), *uses("b", 2), *uses("a", 2), *uses("c", 3), *uses("x", 9, module="shop.other"))
    assert list(draft("", users)) == ["Cart", "c", "a", "b"]


def test_the_new_home_is_not_asked_about_a_module_of_its_own() -> None:
    tree = {**TREE, "shop/cart/other.py": ""}
    found = draft("class Cart: ...\n", uses("other"), tree=tree, path="shop/cart/__init__.py")
    assert list(found) == ["Cart"]


@pytest.mark.parametrize(
    ("text", "reads", "taken"),
    [
        pytest.param("class Cart: ...\n", ["print", "Other"], [], id="none of it"),
        pytest.param("class Cart: ...\ndef f(): ...\n", ["Cart", "f"], ["Cart", "f"], id="two of them"),
        pytest.param(
            "from shop.money import *\n", ["EUR", "_VAT"], ["EUR"], id="passed on by a star import of its own"
        ),
        pytest.param("__all__ = ['f']\ndef f(): ...\ndef g(): ...\n", ["f", "g"], ["f"], id="only what is listed"),
        pytest.param("__all__ = ['_f']\ndef _f(): ...\n", ["_f"], ["_f"], id="a private name that is listed"),
        pytest.param("def _f(): ...\n", ["_f"], [], id="a private name"),
    ],
)
def test_star_imports(text: str, reads: list[str], taken: list[str]) -> None:
    found = draft(text, [star(*reads)])
    assert sorted(name for name, each in found.items() if each.uses) == taken


def test_a_star_import_from_outside_brings_what_was_asked_for() -> None:
    found = draft(
        None, [star("Mapping", "print", module="collections")], old="collections:Mapping", new="collections.abc:Mapping"
    )
    assert {name: each.places for name, each in found.items()} == {"Mapping": 1}


@pytest.mark.parametrize(
    ("text", "name", "expected", "why"),
    [
        pytest.param("class Basket: ...\n", "Basket", "shop.basket:Basket", "the new home has one of that name", id="there too"),
        pytest.param("from shop.money import pay\n", "pay", "shop.basket:pay", "the new home has one of that name",
                     id="there too, though the old one takes it from elsewhere"),
        pytest.param("from shop.money import EUR\n", "EUR", "shop.money:EUR", "the old module takes it from there",
                     id="not there, but taken from elsewhere"),
        pytest.param("def only(): ...\n", "only", None, "defined only there; move its definition first", id="not there"),
    ],
)  # fmt: skip
def test_whole_modules(text: str, name: str, expected: str | None, why: str) -> None:
    found = draft(text, uses(name), old="shop.cart", new="shop.basket")[name]
    assert (home(found), found.why, found.is_sure) == (expected, why, True)


def test_constants_of_a_whole_module_come_along_where_the_new_one_has_them() -> None:
    tree = {**TREE, "shop/new.py": "LIMIT = 3\nlogger = 1\n"}
    found = draft("LIMIT = 3\nRATE = 1\nlogger = 1\n", old="shop.cart", new="shop.new", tree=tree)
    assert {name: home(each) for name, each in found.items()} == {"LIMIT": "shop.new:LIMIT"}


def test_of_a_whole_module_what_is_only_patched_comes_along_if_it_is_public() -> None:
    tree = {**TREE, "shop/new.py": "logger = 1\ndef f(): ...\n"}
    users = [*uses("logger", kind="patch"), *uses("f", kind="patch")]
    found = draft("logger = 1\ndef f(): ...\n", users, old="shop.cart", new="shop.new", tree=tree)
    assert {name: home(each) for name, each in found.items()} == {"f": "shop.new:f", "logger": None}


def test_names_of_a_package_and_its_modules() -> None:
    tree = {"old/core.py": "Core = 1\n", "old/extra.py": "", "new/__init__.py": "", "new/core.py": "Core = 1\n"}
    users = [*uses("Core", module="old"), *uses("core", module="old"), *uses("extra", module="old")]
    found = draft(
        "from .core import Core\nfrom . import core\n", users, old="old", new="new", tree=tree, path="old/__init__.py"
    )
    assert {name: (home(each), each.is_submodule, each.why) for name, each in found.items()} == {
        "Core": ("new.core:Core", False, "the old module takes it from there"),
        "core": ("new.core", True, "a module of its own"),
        "extra": (None, False, "there is no module new.extra; move it first"),
    }


def test_a_new_home_inside_of_the_old_package_stays() -> None:
    tree = {"old/core/__init__.py": "", "old/extra.py": ""}
    found = draft("", [*uses("core", module="old"), *uses("extra", module="old")], old="old", new="old.core", tree=tree,
                  path="old/__init__.py")  # fmt: skip
    assert {name: (each.stays, each.is_lost, each.why) for name, each in found.items()} == {
        "core": (True, False, "the new home is there already"),
        "extra": (False, True, "there is no module old.core.extra; move it first"),
    }


@pytest.mark.parametrize(
    ("new", "why"),
    [
        pytest.param(
            "unittest.mock", "not checked, as unittest.mock is in the standard library", id="standard library"
        ),
        pytest.param("newlib", "not checked, as newlib is not in this repository", id="a dependency"),
    ],
)
def test_a_new_module_outside_of_the_repository(new: str, why: str) -> None:
    found = draft(None, uses("patch", module="mock"), old="mock", new=new)["patch"]
    assert (home(found), found.why) == (f"{new}:patch", why)


def test_a_module_of_a_package_that_moves_out_of_the_repository() -> None:
    found = draft(
        "", uses("core", module="old"), old="old", new="dep", tree={"old/core.py": ""}, path="old/__init__.py"
    )
    assert home(found["core"]) == "dep.core"
    assert found["core"].why.startswith("not checked")


def test_a_member_moves_and_its_object_stays() -> None:
    found = draft("class Cart: ...\n", uses("Cart"), old="shop.cart:Cart.total", new="shop.basket:pay")["Cart"]
    assert (found.home, found.stays, found.is_lost) == (None, True, False)
    assert found.why == "Cart.total moves to shop.basket:pay, the rest of it stays"


def test_only_the_signature_changes() -> None:
    found = draft("class Cart: ...\n", uses("Cart"), new="shop.cart:Cart")["Cart"]
    assert (found.home, found.stays, found.why) == (None, True, "only its calls change")


def test_objects_of_the_same_name_elsewhere_are_to_be_compared() -> None:
    elsewhere = {"only": ("shop.cart.only", "app.x.only", "app.y.only"), "gone": ("app.x.gone",), "past": ()}
    users = [*uses("only"), *uses("gone"), *uses("past")]
    found = draft("def only(): ...\n", users, elsewhere=elsewhere, former=["gone", "past"])
    assert found["only"].why == "defined only there; compare it with app.x:only, app.y:only"
    assert found["gone"].why == "an earlier version defined it; compare it with app.x:gone"
    assert found["past"].why == "an earlier version defined it; its uses are broken already"


def test_a_module_that_no_parser_reads() -> None:
    found = draft("class Cart:\n    def broken(:\n\nfrom shop.money import EUR\n", [*uses("EUR"), *uses("Cart")])
    assert {name: home(each) for name, each in found.items()} == {"Cart": "shop.basket:Basket", "EUR": "shop.money:EUR"}


def test_kinds_in_the_singular_and_the_plural() -> None:
    assert kinds(()) == ""
    every = [*uses("a", 2), *uses("a", kind="attribute"), *uses("a", 2, kind="star"), *uses("a", kind="patch")]
    every += [*uses("a", 2, kind="path"), *uses("a", kind="string")]
    assert kinds(every) == "2 imports, 1 attribute, 2 star imports, 1 patch, 2 paths in strings, 1 string"
