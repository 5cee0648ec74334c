from __future__ import annotations

import pytest
from checks import check_noop, check_rewritten, make_plan

from migrate.plan import Plan

REDIRECT = (
    '"""DEPRECATED: use shop.basket."""\n'
    "from shop.basket import Basket as Cart\n"
    "from shop.pay import checkout\n"
    "\n"
    '__all__ = ["Cart", "checkout"]\n'
)


def test_noop() -> None:
    check_noop(REDIRECT, phase=1, path="shop/cart.py")


@pytest.mark.parametrize(
    "before",
    [
        pytest.param("class Cart:\n    pass\n", id="module"),
        pytest.param("", id="empty"),
        pytest.param("\n", id="blank"),
        pytest.param(REDIRECT.removesuffix("\n"), id="no final newline"),
        pytest.param(REDIRECT + "x = 1\n", id="a redirect with more in it"),
        pytest.param(REDIRECT.replace("\n", "\r\n"), id="another line end"),
        pytest.param("\ufeff" + REDIRECT, id="BOM"),
        pytest.param("# a comment alone", id="comment"),
        pytest.param("x = 1  # migrate: keep\n", id="a keep comment is about sites, not about the redirect"),
    ],
)
def test_rewritten(before: str) -> None:
    check_rewritten(before, REDIRECT, phase=1, path="shop/cart.py")


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(b"def f():\n    async with x: pass\nclass (\n", id="not Python"),
        pytest.param(b"print 'old'\n", id="Python 2"),
        pytest.param(b"\xff\xfe\0\0", id="not text"),
        pytest.param(b"# coding: no-such-codec\n", id="unknown codec"),
    ],
)
def test_what_the_file_held_does_not_matter(before: bytes) -> None:
    check_rewritten(before, REDIRECT, phase=1, path="shop/cart.py", parses=False)


def test_package() -> None:
    check_rewritten("x = 1\n", REDIRECT, phase=1, path="shop/cart/__init__.py")


def test_non_ascii_text() -> None:
    plan = make_plan(
        {"phase1": {"redirect": [{"module": "alt", "docstring": "VERALTET: größer.", "exports": ["neu:Größe"]}]}}
    )
    after = '"""VERALTET: größer."""\nfrom neu import Größe\n\n__all__ = ["Größe"]\n'
    check_rewritten("x = 1\n", after, phase=1, plan=plan, path="alt.py")


@pytest.mark.parametrize(
    ("module", "path"),
    [
        pytest.param("shop.cart", "src/shop/cart.py", id="below the nearest root"),
        pytest.param("src.shop.cart", "src/shop/cart.py", id="below the farther root"),
        pytest.param("shop.cart", "shop/cart.py", id="below the root itself"),
    ],
)
def test_source_roots(module: str, path: str) -> None:
    redirect = {"module": module, "docstring": "Gone.", "exports": ["new:Cart"]}
    plan = make_plan({"phase1": {"redirect": [redirect]}}, source_roots=[".", "src"])
    check_rewritten(
        "x = 1\n", '"""Gone."""\nfrom new import Cart\n\n__all__ = ["Cart"]\n', phase=1, plan=plan, path=path
    )


@pytest.mark.parametrize("phase", [1, 2])
@pytest.mark.parametrize("warn", ["none", "import", "lazy"])
def test_style(phase: int, warn: str) -> None:
    """The query writes the redirect's text as it is, over any of the other styles, too."""

    def plan(warn: str) -> Plan:
        redirect = {"module": "shop.cart", "docstring": "Gone.", "exports": ["neu:Größe", "neu:b as c"], "warn": warn}
        return make_plan({f"phase{phase}": {"redirect": [redirect]}})

    (redirect,) = plan(warn).redirects
    for before in ("class Cart: ...\n", "", *(plan(other).redirects[0].text() for other in ("none", "import", "lazy"))):
        check_rewritten(before, redirect.text(), phase=phase, plan=plan(warn), path="shop/cart.py")
    check_noop(redirect.text(), phase=phase, plan=plan(warn), path="shop/cart.py")


def test_each_redirect_has_its_file() -> None:
    names = {"a": "one", "b": "two"}
    redirects = [{"module": m, "docstring": "Gone.", "exports": [f"new:{n}"]} for m, n in names.items()]
    plan = make_plan({"phase1": {"redirect": redirects}})
    for module, name in names.items():
        after = f'"""Gone."""\nfrom new import {name}\n\n__all__ = ["{name}"]\n'
        check_rewritten("x = 1\n", after, phase=1, plan=plan, path=f"{module}.py")
