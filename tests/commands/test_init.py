"""`migrate init`: the plan it writes, what it says and refuses, and that the plan works from init to the last phase."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sample import Sample

MakeShop = Callable[..., Sample]
Files = Mapping[str, str | bytes]

SHOP: Files = {
    "shop/__init__.py": "",
    "shop/cart.py": "class Cart:\n    def __init__(self, owner): ...\n",
    "shop/basket.py": "class Basket:\n    def __init__(self, owner): ...\n",
    "app.py": "from shop.cart import Cart\n\nCart(1)\n",
}
OLD, NEW = "shop.cart:Cart", "shop.basket:Basket"


@pytest.fixture
def make_shop(make_repository: Callable[[Mapping[str, Any]], Any]) -> MakeShop:
    """Make a repository of some files; each of `later` is one more commit."""

    def make(files: Files = SHOP, *later: Files) -> Sample:
        root: Path = make_repository(files).root
        sample = Sample(root)
        for more in later:
            for path, content in more.items():
                sample.write(path, content)
            sample.commit()
        return sample

    return make


@pytest.fixture
def shop(make_shop: MakeShop) -> Sample:
    return make_shop()


def plan_of(sample: Sample, path: str = "migrate.toml") -> dict[str, Any]:
    return tomllib.loads(sample.read(path).decode())


def apply_all(sample: Sample) -> None:
    """Every phase but the last, which must all go through."""
    for phase in (1, 3, 4):
        if f"phase{phase}" in plan_of(sample):
            sample.call(f"phase{phase}", "--yes")


def python(sample: Sample, code: str, folder: str = ".") -> str:
    """What a program of the repository prints; it must not fail."""
    done = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", f"import sys; sys.path.insert(0, {folder!r}); {code}"],
        cwd=sample.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- from init to the last phase

_EMPTY = {"shop/__init__.py": ""}
_PACKAGE = {
    "old/__init__.py": "from .core import Core\n",
    "old/core.py": "class Core: ...\n",
    "old/sub/__init__.py": "",
    "old/sub/x.py": "def f(): return 'old'\n",
    "new/__init__.py": "from .core import Core\n",
    "new/core.py": "class Core: ...\n",
    "new/sub/__init__.py": "",
    "new/sub/x.py": "def f(): return 'new'\n",
}


@pytest.mark.parametrize(
    ("files", "arguments", "code"),
    [
        pytest.param(SHOP, [OLD, NEW], "import app, shop.cart; print(app.Cart.__name__, shop.cart.Cart.__name__)",
                     id="a class in another module"),
        pytest.param(
            {**SHOP, "shop/cart.py": "class Cart:\n    def __init__(self, owner, metadata=None): ...\n",
             "shop/basket.py": "class Basket:\n    def __init__(self, owner, agent_metadata=None):\n        self.got = agent_metadata\n",
             "app.py": "from shop.cart import Cart\nc = Cart(1, metadata=2)\nassert c.got == 2\n"},
            [OLD, NEW], "import app; print(app.Cart.__name__)", id="with another keyword"),
        pytest.param(
            {**_EMPTY, "shop/old.py": "class A: ...\ndef f(): ...\n", "shop/new.py": "class A: ...\ndef f(): return 1\n",
             "app.py": "import shop.old\nfrom shop.old import A\nfrom shop import old\nassert shop.old.f() == old.f() == 1\n"},
            ["shop.old", "shop.new"], "import app, shop.old", id="a module"),
        pytest.param(
            {**_PACKAGE, "app.py": "from old import Core, core\nfrom old.sub.x import f\nimport old.sub.x\nassert old.sub.x.f() == f() == 'new'\n"},
            ["old", "new"], "import app, old, old.core, old.sub.x; print(old.sub.x.f())", id="a package with its modules"),
        pytest.param(
            {**_PACKAGE, "old/extra.py": "from .core import Core\nE = 1\n",
             "app.py": "from old import extra, Core\nfrom old.extra import E\nfrom old.core import Core as C\nassert Core is C\n"},
            ["old", "new"], "import app, old.extra", id="a package of which a module stays"),
        pytest.param({"ns/old/core.py": "class Core: ...\n", "ns/new/core.py": "class Core: ...\n",
                      "app.py": "from ns.old.core import Core\nfrom ns.old import core\nassert core.Core is Core\n"},
                     ["ns.old", "ns.new"], "import app, ns.old.core", id="a package without __init__"),
        pytest.param({"old/__init__.py": "class Core: ...\n", "old/new.py": "class Core: ...\n",
                      "app.py": "from old import Core\nimport old\nold.Core()\n"},
                     ["old", "old.new"], "import app, old", id="into itself"),
        pytest.param({**_EMPTY, "shop/old/__init__.py": "class Core: ...\n", "shop/old/other.py": "from . import Core\nY = 1\n",
                      "shop/new.py": "class Core: ...\n", "app.py": "from shop.old import Core\nfrom shop.old.other import Y\n"},
                     ["shop.old:Core", "shop.new:Core"], "import app", id="an object of a package"),
        pytest.param({**SHOP, "shop/cart.py": "class Cart: ...\nclass Basket: ...\n", "app.py": "from shop.cart import Cart\nCart()\n"},
                     [OLD, "shop.cart:Basket"], "import app; print(app.Cart.__name__)", id="a new name in its module"),
        pytest.param(
            {**_EMPTY, "shop/cart.py": "class Cart:\n    @staticmethod\n    def total(x, currency): return 0\n",
             "shop/pay.py": "def total(x, money_currency): return money_currency\n",
             "app.py": "from shop.cart import Cart\nassert Cart.total(1, currency=2) == 2\n"},
            ["shop.cart:Cart.total", "shop.pay:total"], "import app", id="a member becomes a function"),
        pytest.param(
            {**_EMPTY, "shop/cart.py": "from shop.money import *\n__all__ = ['Cart', 'VAT', 'EUR']\nVAT = 1\nclass Cart: ...\n",
             "shop/money.py": "EUR = 1\n", "shop/basket.py": "from shop.money import EUR\nclass Cart: ...\nVAT = 2\n",
             "app.py": "from shop.cart import *\nassert (VAT, EUR) == (2, 1)\nCart()\n"},
            ["shop.cart", "shop.basket"], "import app; from shop.cart import Cart, VAT, EUR", id="star imports and __all__"),
        pytest.param({**SHOP, "shop/cart.py": "class Cart:\n    def broken(:\n\nfrom shop.money import EUR\n",
                      "shop/money.py": "EUR = 1\n", "app.py": "from shop.cart import Cart, EUR\n"},
                     [OLD, NEW], "import app, shop.cart", id="a module that does not parse"),
        pytest.param({**_EMPTY, "shop/compat.py": "class OrderedDict: ...\n", "app.py": "from shop.compat import OrderedDict\n"},
                     ["shop.compat", "collections"], "import app, shop.compat", id="to the standard library"),
        pytest.param({**SHOP, "shop/cart.py": "class Cart: ...\nLIMIT = 1\n", "app.py": "from shop.cart import Cart, LIMIT\n"},
                     [OLD, NEW], "import app; print(app.Cart.__name__)", id="a module that others still need"),
    ],
)  # fmt: skip
def test_the_plan_works(files: Files, arguments: Sequence[str], code: str, make_shop: MakeShop) -> None:
    sample = make_shop(files)
    sample.call("init", *arguments)
    sample.commit()
    sample.call("check")
    apply_all(sample)
    for phase in (1, 3, 4):
        if f"phase{phase}" in plan_of(sample):
            sample.call(f"phase{phase}", "--check")
    assert set(python(sample, code).split()) <= {"Basket", "new"}


@pytest.mark.parametrize(
    ("files", "arguments", "after"),
    [
        pytest.param(
            {"app/settings.py": "from pydantic import BaseModel, BaseSettings\n\nclass S(BaseSettings): ...\n",
             "app/more.py": "import pydantic\n\nclass S(pydantic.BaseSettings): ...\n"},
            ["pydantic:BaseSettings", "pydantic_settings:BaseSettings"],
            {"app/settings.py": "from pydantic import BaseModel\nfrom pydantic_settings import BaseSettings\n\nclass S(BaseSettings): ...\n",
             "app/more.py": "import pydantic_settings\n\nclass S(pydantic_settings.BaseSettings): ...\n"},
            id="a class of a dependency moves to another one"),
        pytest.param(
            {"a.py": "from distutils.version import LooseVersion\n\nLooseVersion('1')\n"},
            ["distutils.version:LooseVersion", "packaging.version:Version"],
            {"a.py": "from packaging.version import Version as LooseVersion\n\nLooseVersion('1')\n"},
            id="from the standard library to a dependency"),
        pytest.param(
            {"a.py": "import mock\nfrom mock import patch\n\nmock.Mock()\n", "tests/test_a.py": "import mock\n\n@mock.patch('a.x')\ndef test(m): ...\n"},
            ["mock", "unittest.mock"],
            {"a.py": "import unittest.mock\nfrom unittest.mock import patch\n\nunittest.mock.Mock()\n",
             "tests/test_a.py": "import unittest.mock\n\n@unittest.mock.patch('a.x')\ndef test(m): ...\n"},
            id="a module of a dependency that the standard library has"),
        pytest.param(
            {"a.py": "import collections\n\nclass A(collections.Mapping): ...\n"},
            ["collections:Mapping", "collections.abc:Mapping"],
            {"a.py": "import collections.abc\n\nclass A(collections.abc.Mapping): ...\n"},
            id="a class of the standard library"),
        pytest.param(
            {"a.py": "import oldlib.core.x\nfrom oldlib import core\n\noldlib.core.x.f()\n"},
            ["oldlib", "newlib"],
            {"a.py": "import newlib.core.x\nfrom newlib import core\n\nnewlib.core.x.f()\n"},
            id="a dependency under a new name"),
    ],
)  # fmt: skip
def test_a_library_upgrade(files: Files, arguments: Sequence[str], after: Files, make_shop: MakeShop) -> None:
    sample = make_shop(files)
    said = sample.call("init", *arguments)
    assert "No redirect: the old module is not in this repository." in said.err
    plan = plan_of(sample)
    assert "phase1" not in plan
    assert plan["phase5"]["check"][0]["name"] == f"{arguments[1].partition(':')[0]} imports"
    sample.commit()
    assert "check: no findings" in sample.call("check").out
    apply_all(sample)
    assert {path: sample.read(path).decode() for path in after} == dict(after)


def test_a_library_upgrade_is_validated_by_its_last_phase(make_shop: MakeShop) -> None:
    sample = make_shop({"a.py": "from string import maketrans\n"})
    sample.call("init", "string:maketrans", "textwrap:dedent")
    sample.commit()
    apply_all(sample)
    (check,) = plan_of(sample)["phase5"]["check"]
    assert check["run"][-1] == "from textwrap import dedent"
    sample.call("phase5", "--yes")
    sample.edit_plan("import dedent", "import no_such_name")
    assert "no_such_name" in sample.call("phase5", "--yes", code=1).out


def test_one_signature_at_two_times(make_shop: MakeShop) -> None:
    sample = make_shop(
        {**_EMPTY, "shop/pay.py": "def charge(amount, metadata=None): ...\n",
         "app.py": "from shop.pay import charge\n\ncharge(1, metadata=2)\n"},
        {"shop/pay.py": "def charge(amount, context=None): ...\n"},
    )  # fmt: skip
    said = sample.call("init", "shop.pay:charge", "shop.pay:charge", "--since", "HEAD~1")
    assert "No redirect" not in said.err
    assert "charge (1 place) stays: only its calls change" in said.out
    plan = plan_of(sample)
    assert plan["phase4"]["call"] == [{"callee": "shop.pay:charge", "rename": {"metadata": "context"}}]
    assert set(plan) == {"plan", "phase4", "phase5"}
    sample.commit()
    sample.call("check")
    apply_all(sample)
    assert sample.read("app.py").endswith(b"charge(1, context=2)\n")
    python(sample, "import app")


def test_the_signatures_of_a_module_at_two_times(make_shop: MakeShop) -> None:
    sample = make_shop(
        {**_EMPTY, "shop/pay.py": "def charge(amount, metadata=None): ...\ndef same(x): ...\ndef unused(x): ...\n",
         "app.py": "from shop import pay\n\npay.charge(1, metadata=2)\npay.same(x=1)\n"},
        {"shop/pay.py": "def charge(amount, context=None): ...\ndef same(x): ...\ndef unused(y): ...\n"},
    )  # fmt: skip
    sample.call("init", "shop.pay", "shop.pay", "--since", "HEAD~1")
    plan = plan_of(sample)
    assert plan["plan"]["title"] == "pay has new signatures"
    assert plan["phase4"]["call"] == [{"callee": "shop.pay:charge", "rename": {"metadata": "context"}}]
    sample.commit()
    sample.call("check")
    apply_all(sample)
    python(sample, "import app")


def test_a_signature_that_is_not_known(make_shop: MakeShop) -> None:
    sample = make_shop({"app.py": "import os\n\nos.getcwd()\n"})
    said = sample.call("init", "os:getcwd", "os:getcwd", "--since", "HEAD", "-q", code=2).complaint
    assert said == "init: --since: Signatures are not compared: os is not in this repository"


def test_calls_by_the_old_name_are_counted(make_shop: MakeShop) -> None:
    """Phase 3 makes calls of the new object of them, so that phase 4 has something to do after it."""
    sample = make_shop({
        **SHOP, "shop/cart.py": "class Cart:\n    def __init__(self, metadata): ...\n",
        "shop/basket.py": "class Basket:\n    def __init__(self, agent_metadata): ...\n",
        "app.py": "from shop.cart import Cart\n\nCart(metadata=1)\nCart(metadata=2)\n",
        "new.py": "from shop.basket import Basket\n\nBasket(metadata=1)\nBasket(agent_metadata=1)\n",
    })  # fmt: skip
    said = sample.call("init", OLD, NEW)
    assert "phase4  3 edits in 2 files, 10 min; no findings\n" in said.out
    sample.commit()
    apply_all(sample)
    assert b"(metadata" not in sample.read("app.py") + sample.read("new.py")


def test_nobody_passes_what_was_renamed(make_shop: MakeShop) -> None:
    """The entry stays: `migrate check` and later calls are judged by it."""
    sample = make_shop({
        **SHOP, "shop/cart.py": "class Cart:\n    def __init__(self, metadata=1): ...\n",
        "shop/basket.py": "class Basket:\n    def __init__(self, agent_metadata=1): ...\n",
    })  # fmt: skip
    assert "phase4  nothing to change, 5 min; no findings\n" in sample.call("init", OLD, NEW).out


def test_moved_and_changed_since(make_shop: MakeShop) -> None:
    """The old module is a redirect already; what it took before, only git knows."""
    sample = make_shop(
        {**SHOP, "shop/cart.py": "def charge(amount, metadata=None): ...\n",
         "app.py": "from shop.cart import charge\n\ncharge(1, metadata=2)\n"},
        {"shop/cart.py": "from shop.pay import charge\n", "shop/pay.py": "def charge(amount, context=None): ...\n"},
    )  # fmt: skip
    said = sample.call("init", "shop.cart:charge", "shop.pay:charge", "--since", "HEAD~1")
    assert "No redirect: shop.cart is one already." in said.err
    sample.commit()
    sample.call("check")
    apply_all(sample)
    assert sample.read("app.py") == b"from shop.pay import charge\n\ncharge(1, context=2)\n"
    python(sample, "import app")


def test_what_a_person_has_to_decide_is_in_the_comments(make_shop: MakeShop) -> None:
    sample = make_shop({
        **_EMPTY, "shop/cart.py": "def total(c, currency='x'): ...\n", "shop/pay.py": "def total(c, unit='x', *, tax): ...\n",
        "app.py": "from shop.cart import total\n\ntotal(1, currency=1)\n",
    })  # fmt: skip
    said = sample.call("init", "shop.cart:total", "shop.pay:total")
    assert "1 callee with other arguments: see the comments before phase 5.\n" in said.err
    text = sample.read("migrate.toml").decode()
    assert "phase4" not in tomllib.loads(text)
    assert (
        "# shop.pay:total takes other arguments now; what becomes of them is yours to decide:\n"
        "#   was (c, currency=…)\n"
        "#   is  (c, unit=…, *, tax)\n"
        "#   currency is gone, perhaps for unit: rename or remove it\n"
        "#   tax is required now: add a value\n"
        "#   argument 2 was currency and is unit: see what is passed by position\n"
    ) in text


# --- redirects that there are, and that there cannot be


def test_a_redirect_that_is_there_already(make_shop: MakeShop) -> None:
    sample = make_shop(
        {**SHOP, "shop/cart.py": "class Cart: ...\ndef pay(): ...\n", "app.py": "from shop.cart import Cart, pay\n"},
        {"shop/cart.py": '"""DEPRECATED"""\nfrom shop.basket import Basket as Cart\n\n__all__ = ["Cart"]\n'},
    )
    said = sample.call("init", OLD, NEW)
    assert "pay (1 place) left to you: an earlier version defined it; its uses are broken already" in said.out
    assert "No redirect: shop.cart is one already." in said.err
    assert list(plan_of(sample)) == ["plan", "phase3", "phase5"]


def test_a_redirect_that_lacks_what_users_need(make_shop: MakeShop) -> None:
    sample = make_shop({
        **SHOP, "shop/cart.py": '"""DEPRECATED"""\nfrom shop.basket import Basket as Cart\n',
        "shop/basket.py": "class Basket: ...\ndef pay(): ...\n", "app.py": "from shop.cart import Cart, pay\n",
    })  # fmt: skip
    sample.call("init", OLD, NEW)
    (redirect,) = plan_of(sample)["phase1"]["redirect"]
    assert redirect["exports"] == ["shop.basket:Basket as Cart", "shop.basket:pay"]
    assert (
        '"shop.basket:pay",  # 1 place; the new home has one of that name; compare the two'
        in sample.read("migrate.toml").decode()
    )
    sample.commit()
    sample.call("check")
    apply_all(sample)
    python(sample, "import app, shop.cart")


@pytest.mark.parametrize(
    ("files", "arguments", "reason"),
    [
        pytest.param({"shop/basket.py": "from shop.cart import Cart\nclass Basket(Cart): ...\n"}, [OLD, NEW],
                     "shop.basket itself takes Cart from shop.cart; move its definition there first", id="a subclass of the old one"),
        pytest.param({"shop/basket.py": "from shop.cart import Cart as Basket\n"}, [OLD, NEW],
                     "shop.basket itself takes Cart from shop.cart; move its definition there first", id="a facade"),
        pytest.param({"shop/new.py": "from .cart import Cart\n"}, ["shop.cart", "shop.new"],
                     "shop.new itself takes Cart from shop.cart; move its definition there first", id="a facade module"),
        pytest.param({"shop/__init__.py": "from .cart import Cart\n__version__ = 1\n", "app.py": "from shop import Cart\n"},
                     ["shop:Cart", NEW], "shop only passes Cart on, from shop.cart.Cart", id="a package that passes it on"),
        pytest.param({"shop/cart.py": "class Cart: ...\nA = 1\nB = 2\n_c = 3\n"}, [OLD, NEW],
                     "shop.cart has more than Cart, which would be lost with it", id="a module of many things"),
        pytest.param({"b.py": "from shop.cart import helper\n", "shop/cart.py": "class Cart: ...\ndef helper(): ...\n"}, [OLD, NEW],
                     "others still take from it what shop.basket does not have (helper)", id="others need it"),
    ],
)  # fmt: skip
def test_no_redirect_and_why(files: Files, arguments: list[str], reason: str, make_shop: MakeShop) -> None:
    sample = make_shop({**SHOP, **files})
    assert f"No redirect: {reason}.\n" in sample.call("init", *arguments).err
    assert f"# No redirect: {reason}.\n" in sample.read("migrate.toml").decode()
    assert "phase1" not in plan_of(sample)


def test_an_import_inside_of_a_function_is_no_circle(make_shop: MakeShop) -> None:
    sample = make_shop({
        **SHOP, "shop/basket.py": "class Basket:\n    def __init__(self, owner): ...\n\n\ndef old():\n    from shop.cart import Cart\n\n    return Cart\n",
    })  # fmt: skip
    sample.call("init", OLD, NEW)
    assert "phase1" in plan_of(sample)


# --- what is written


def test_the_whole_plan_of_a_small_shop(make_shop: MakeShop) -> None:
    sample = make_shop({
        **SHOP, "Makefile": "test:\n\ttrue\n", "tests/test_app.py": "from shop.cart import Cart\n\ndef test(): Cart(1)\n",
        "shop/cart.py": "from shop.money import EUR\n\nclass Cart:\n    def __init__(self, owner): ...\n\ndef unused(): ...\n",
        "shop/money.py": "EUR = 1\n", "more.py": "from shop.cart import EUR\n",
    })  # fmt: skip
    done = sample.migrate("init", OLD, NEW)
    assert done.out == (
        "3 places in 3 files (3 imports) take something from shop.cart\n"
        "  Cart (2 places) → shop.basket:Basket\n"
        "  EUR (1 place) → shop.money:EUR\n"
        "phase1  1 edit in 1 file, 10 min; no findings\n"
        "phase3  3 edits in 3 files, 10 min; no findings\n"
        "phase5  3 checks, 15 min\n"
        "migrate.toml: written\n"
        "next: migrate check\n"
    )
    assert done.err == "looking for users\n"
    assert (
        sample.read("migrate.toml").decode()
        == """\
# A first plan, drafted by `migrate init shop.cart:Cart shop.basket:Basket`.
# Read it, correct it, then run `migrate check`.
#
# Inventory: 3 places in 3 files (3 imports) take something from shop.cart.
#
#   places  files  name
#        2      2  Cart → shop.basket:Basket (as asked for)
#        1      1  EUR → shop.money:EUR (the old module takes it from there)

[plan]
name = "cart-to-basket"
title = "Cart moves to shop.basket:Basket"
budget_minutes = 35

[phase1]
title = "cart becomes a redirect"
minutes = 10

[[phase1.redirect]]
module = "shop.cart"
docstring = "DEPRECATED: use shop.basket:Basket."
exports = [
  "shop.basket:Basket as Cart",  # 2 places
  "shop.money:EUR",  # 1 place
]
# Defined only there, and nothing in this repository uses it:
drop = [
  "unused",
]

[phase3]
title = "Import Basket from shop.basket"
minutes = 10

[[phase3.move]]
old = "shop.cart:Cart"
new = "shop.basket:Basket"

[[phase3.move]]
old = "shop.cart:EUR"
new = "shop.money:EUR"

[phase5]
title = "Validate"
minutes = 15

[[phase5.check]]
name = "shop.cart still imports"
run = ["python", "-c", "from shop.cart import Cart, EUR"]

[[phase5.check]]
name = "tests of the users"
run = ["python", "-m", "pytest", "tests/test_app.py"]

[[phase5.check]]
name = "make test"
run = ["make", "test"]
"""
    )
    sample.commit()
    sample.migrate("check")


def test_the_same_repository_gives_the_same_bytes(shop: Sample) -> None:
    shop.migrate_anew("init", OLD, NEW, PYTHONHASHSEED="1")
    first = shop.read("migrate.toml")
    shop.commit()
    shop.migrate_anew("init", OLD, NEW, "--force", "--jobs", "1", PYTHONHASHSEED="2")
    assert shop.read("migrate.toml") == first
    shop.migrate("init", OLD, NEW, "--plan", "other.toml", "--root", ".")
    assert shop.read("other.toml") == first


def test_nothing_but_the_plan_is_written(shop: Sample) -> None:
    before, git = shop.files(), sorted((shop.root / ".git").rglob("*"))
    index = shop.read(".git/index")
    shop.migrate("init", OLD, NEW)
    after = shop.files()
    assert after.keys() - before.keys() == {"migrate.toml"}
    assert {path: after[path] for path in before} == before
    assert sorted((shop.root / ".git").rglob("*")) == git
    assert shop.read(".git/index") == index


def test_source_roots_are_found(make_shop: MakeShop) -> None:
    sample = make_shop({
        **{f"it's/src/{path}": content for path, content in SHOP.items()},
        "vendor/shop/cart.py": "", ".tox/lib/shop/cart.py": "", "tests/a b/test_x.py": "from shop.cart import Cart\n",
    })  # fmt: skip
    sample.call("init", OLD, NEW)
    plan = plan_of(sample)
    assert plan["plan"]["source_roots"] == ["it's/src"]
    assert [check["run"][-1] for check in plan["phase5"]["check"]] == [
        """import sys; sys.path[:0] = ["it's/src"]; from shop.cart import Cart""",
        "tests/a b/test_x.py",
    ]
    sample.commit()
    sample.call("check")
    apply_all(sample)
    python(sample, "import app, shop.cart", "it's/src")


def test_files_that_git_does_not_know_yet(make_shop: MakeShop) -> None:
    sample = make_shop({"README": ""})
    for path, content in SHOP.items():
        sample.write(f"src/{path}", content)
    sample.call("init", OLD, NEW)
    plan = plan_of(sample)
    assert plan["plan"]["source_roots"] == ["src"]
    assert "phase1" in plan
    sample.call("check")


def test_a_repository_without_a_commit(tmp_path: Path, shop: Sample) -> None:
    root = tmp_path / "fresh"
    root.mkdir()
    sample = Sample(root)
    sample.git("init", "--quiet")
    for path, content in SHOP.items():
        sample.write(path, content)
    sample.migrate("init", OLD, NEW)
    said = sample.migrate("init", OLD, OLD, "--since", "HEAD", "-q", "--force", code=2).complaint
    assert said == "init: --since: 'HEAD' names no commit; write a branch, a tag or a commit"


def test_a_package_without_init_and_a_misspelt_new_home(make_shop: MakeShop) -> None:
    sample = make_shop({"ns/old.py": "A = 1\n", "ns/new.py": "A = 1\n", "app.py": "from ns.old import A\n"})
    said = sample.call("init", "ns.old:A", "ns.nwe:A", "-q", code=2).complaint
    assert said == "init: NEW: there is no module ns.nwe here; write where the object is now"
    said = sample.call("init", "collections:Maping", "collections.abc:Mapping", "-q", code=2).complaint
    assert said.startswith("init: OLD: there is no module collections here")
    sample.write("b.py", "import collections\n\ncollections.Mapping\n")
    said = sample.call("init", "collections:Maping", "collections.abc:Mapping", "-q", code=2).complaint
    assert said == "init: OLD: collections is not here, and nothing takes Maping from it; check the spelling"


def test_names_that_no_plan_can_spell(make_shop: MakeShop) -> None:
    """In a file that does not parse, `class` looks like a function; and a folder of that name is no source root."""
    sample = make_shop({
        **SHOP, "shop/cart.py": "class Cart:\n    broken(\ndef class(): ...\ndef ok(): ...\n",
        "b\\c/shop/cart.py": "", "d/other/till.py": "T = 1\n", "e\\f/other/till.py": "T = 1\n",
    })  # fmt: skip
    sample.call("init", OLD, NEW)
    assert "class" not in sample.read("migrate.toml").decode().split()
    sample.call("init", "other.till:T", "shop.basket:Basket", "--force")
    assert plan_of(sample)["plan"]["source_roots"] == [".", "d"]


def test_other_peoples_code_stays(make_shop: MakeShop) -> None:
    user = "from shop.cart import Cart\n"
    sample = make_shop(
        {
            **SHOP,
            "vendor/x.py": user,
            "vendor/test_x.py": user,
            "web/node_modules/a/y.py": user,
            "third_party/own.py": "x = 1\n",
        }
    )
    sample.call("init", OLD, NEW)
    assert plan_of(sample)["plan"]["exclude"] == ["vendor/**", "web/node_modules/**"]
    assert [check["name"] for check in plan_of(sample)["phase5"]["check"]] == ["shop.cart still imports"]
    sample.commit()
    sample.call("check")
    apply_all(sample)
    assert sample.read("vendor/x.py").decode() == sample.read("web/node_modules/a/y.py").decode() == user


def test_vendored_code_that_is_the_matter_is_not_excluded(make_shop: MakeShop) -> None:
    sample = make_shop(
        {
            "vendor/__init__.py": "",
            "vendor/a.py": "A = 1\n",
            "vendor/b.py": "A = 1\n",
            "vendor/c.py": "from vendor.a import A\n",
        }
    )
    sample.call("init", "vendor.a:A", "vendor.b:A")
    assert "exclude" not in plan_of(sample)["plan"]


def test_a_patch_alone_needs_no_export(make_shop: MakeShop) -> None:
    sample = make_shop({
        **SHOP, "shop/cart.py": "from shop.money import get\n\nclass Cart: ...\n", "shop/money.py": "def get(): ...\n",
        "tests/test_a.py": "from unittest.mock import patch\n\n@patch('shop.cart.get')\ndef test(m): ...\n",
    })  # fmt: skip
    said = sample.call("init", OLD, NEW)
    assert "get (1 place) left to you: only patched or named in strings; see what `migrate check` says" in said.out
    assert plan_of(sample)["phase1"]["redirect"][0]["exports"] == ["shop.basket:Basket as Cart"]
    assert "1 warning (shim-patch 1)" in said.out


def test_odd_file_names(make_shop: MakeShop) -> None:
    """Names are data: a control character is spelled out, and what is no UTF-8 cannot be named in a plan."""
    user = "from shop.cart import Cart\n"
    names = ["tests/test_a\x1b[31m.py", "tests/test_\n.py", 'tests/test_".py', "tests/test_ü\u202e.py"]
    sample = make_shop({**SHOP, **dict.fromkeys(names, user)})
    (sample.root / os.fsdecode(b"tests/test_\xff.py")).write_bytes(user.encode())
    done = sample.migrate("init", OLD, NEW)
    assert not any(control in done.out + done.err for control in ("\x1b", "\u202e"))
    check = next(check for check in plan_of(sample)["phase5"]["check"] if check["name"] == "tests of the users")
    assert sorted(check["run"][3:]) == sorted(names)
    sample.commit()
    sample.call("check")


# --- what it says, and where


def test_a_dry_run_prints_the_plan_and_nothing_else(shop: Sample) -> None:
    with shop.nothing_written():
        done = shop.migrate("init", OLD, NEW, "--dry-run")
    assert done.err.splitlines()[-2:] == ["migrate.toml: not written", "next: the same without --dry-run"]
    assert "1 place in 1 file (1 import) takes Cart from shop.cart" in done.err
    shop.migrate("init", OLD, NEW)
    assert done.out == shop.read("migrate.toml").decode()


def test_a_dry_run_into_the_plan_file(shop: Sample) -> None:
    """`migrate init … --dry-run > migrate.toml`: the shell has made an empty file by then."""
    with (shop.root / "migrate.toml").open("wb") as target:
        subprocess.run(
            [sys.executable, "-m", "migrate", "init", OLD, NEW, "--dry-run", "-q"], cwd=shop.root, env=shop.env,
            stdout=target, stderr=subprocess.PIPE, check=True,
        )  # fmt: skip
    shop.commit()
    shop.migrate("check")


def test_quiet(shop: Sample) -> None:
    done = shop.migrate("init", OLD, NEW, "--dry-run", "-q")
    assert done.err == ""
    assert tomllib.loads(done.out)["plan"]["name"] == "cart-to-basket"
    done = shop.migrate("init", OLD, NEW, "-q")
    assert done.err == ""
    assert [line.split()[0] for line in done.out.splitlines()] == [
        "1",
        "phase1",
        "phase3",
        "phase5",
        "migrate.toml:",
        "next:",
    ]


def test_json(shop: Sample) -> None:
    done = shop.migrate("init", OLD, NEW, "--json")
    document = done.document
    assert document["text"] == shop.read("migrate.toml").decode()
    assert document["written"] is True
    assert document["names"] == [
        {"name": OLD, "home": NEW, "why": "as asked for", "places": 1, "files": 1},
    ]  # fmt: skip
    assert [phase["minutes"] for phase in document["phases"]] == [10, 10, 5]
    assert done.err.endswith("next: migrate check\n")
    dry = shop.call("init", OLD, NEW, "--json", "--dry-run")
    assert {**dry.document, "seconds": 0} == {**document, "written": False, "seconds": 0}


def test_another_plan_file_is_named_in_the_next_step(shop: Sample) -> None:
    (shop.root / "pl ans").mkdir()
    done = shop.migrate("init", OLD, NEW, "--plan", "pl ans/cart.toml")
    assert done.out.splitlines()[-2:] == [
        "pl ans/cart.toml: written",
        "next: migrate check --plan 'pl ans/cart.toml'",
    ]
    shop.commit()
    shop.migrate("check", "--plan", "pl ans/cart.toml")


def test_from_a_subfolder_the_plan_goes_to_the_top(make_shop: MakeShop) -> None:
    sample = make_shop({**SHOP, "docs/x.md": ""})
    sample.migrate("init", OLD, NEW, cwd=sample.root / "docs")
    sample.commit()
    sample.migrate("check", cwd=sample.root / "docs")


def test_root_is_where_imports_start(make_shop: MakeShop) -> None:
    sample = make_shop({f"service/{path}": content for path, content in SHOP.items()})
    sample.migrate("init", OLD, NEW, "--root", "service")
    assert "source_roots" not in plan_of(sample, "service/migrate.toml")["plan"]
    sample.commit()
    sample.migrate("check", cwd=sample.root / "service")


def test_a_second_run_is_refused_and_force_replaces(shop: Sample) -> None:
    shop.migrate("init", OLD, NEW)
    shop.write("migrate.toml", "# mine\n")
    with shop.untouched():
        said = shop.migrate("init", OLD, NEW, code=2).complaint
    assert said.endswith(
        "migrate.toml is there already; pass --force to replace it, --plan FILE to write another one, or --dry-run to look"
    )
    shop.migrate("init", OLD, NEW, "--force")
    assert plan_of(shop)["plan"]["name"] == "cart-to-basket"


# --- refusals

_REF = "write 'package.module:Name', or 'package.module' for a whole module"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(["shop/cart.py", NEW], f"init: OLD: 'shop/cart.py' is not an object reference; {_REF}", id="a path"),
        pytest.param([OLD, "shop.basket:"], f"init: NEW: 'shop.basket:' has no name after the colon; {_REF}", id="no name"),
        pytest.param(["", NEW], f"init: OLD: '' is not an object reference; {_REF}", id="empty"),
        pytest.param(["shop\x1b[1m:A", NEW], f"init: OLD: 'shop\\x1b[1m:A' is not an object reference; {_REF}", id="control characters"),
        pytest.param([OLD, "shop.basket"], "init: OLD is an object and NEW a module; write both with a colon, or both without", id="mixed"),
        pytest.param(["shop.cart", NEW], "init: OLD is a module and NEW an object; write both with a colon, or both without", id="mixed again"),
        pytest.param([OLD, OLD], f"init: OLD and NEW are both {OLD}; write where it moves to, or pass --since REV to follow its signature", id="the same twice"),
        pytest.param(["shop.kart:Cart", NEW], "init: OLD: there is no module shop.kart here, and nothing uses it; check the spelling", id="unknown module"),
        pytest.param(["shop.cart:Kart", NEW], "init: OLD: shop.cart has no Kart, and nothing takes Kart from it; check the spelling", id="unknown name"),
        pytest.param(["os:nothing", "sys:nothing"], "init: OLD: there is no module os here, and nothing uses it; check the spelling", id="nobody uses that library"),
        pytest.param(["shop.money:Cart", "shop.baskt:Basket"], "init: NEW: there is no module shop.baskt here; write where the object is now", id="both misspelt"),
        pytest.param([OLD, "shop.baskt:Basket"], "init: NEW: there is no module shop.baskt here; write where the object is now", id="misspelt new module"),
        pytest.param(["shop.cart", "shop.baskt"], "init: NEW: there is no module shop.baskt here; write where the module is now", id="misspelt new module, as a whole"),
        pytest.param([OLD, "shop.basket:Baskt"], "init: NEW: shop/basket.py does not define Baskt; write where the object is now", id="misspelt new name"),
        pytest.param(["shop.cart", "shop.basket"], "init: NEW: shop.basket has nothing of what is used of shop.cart (Cart); move that there first, or check the spelling", id="modules with nothing in common"),
        pytest.param([OLD, NEW, "--since", "no-such"], "init: --since: 'no-such' names no commit; write a branch, a tag or a commit", id="no commit"),
        pytest.param([OLD, NEW, "--since", "--all"], "init: --since: '--all' names no commit; write a branch, a tag or a commit", id="an option of git's"),
        pytest.param([OLD, OLD, "--since", "HEAD"], f"init: --since: {OLD} takes the same arguments as in HEAD; name an earlier revision", id="no change since"),
        pytest.param(["shop.cart", "shop.cart", "--since", "HEAD"], "init: --since: all that is used of shop.cart takes the same arguments as in HEAD; name an earlier revision", id="no change of a module since"),
        pytest.param(["os:getcwd", "os:getcwd", "--since", "HEAD"], "init: OLD: there is no module os here, and nothing uses it; check the spelling", id="a signature that is not here"),
        pytest.param([OLD, NEW, "--plan", "gone/x.toml"], "init: there is no folder gone; write the plan to one that is there", id="no folder"),
        pytest.param([OLD, NEW, "--plan", "shop", "--force"], "init: shop is a folder; name the file to write with --plan FILE", id="a folder"),
        pytest.param([OLD, "other:class"], "init: NEW: 'other:class' has the reserved word 'class'; write a name Python code can spell", id="a word of Python"),
    ],
)  # fmt: skip
def test_refused(arguments: list[str], complaint: str, shop: Sample) -> None:
    with shop.nothing_written():
        done = shop.call("init", *arguments, "-q", code=2)
    assert done.complaint == complaint


def test_not_a_repository_and_no_folder(shop: Sample, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    assert "not a git repository" in shop.migrate("init", OLD, NEW, code=3, cwd=folder).complaint
    assert "is not a folder" in shop.migrate("init", OLD, NEW, "--root", "gone", code=2).complaint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(shop: Sample) -> None:
    shop.root.chmod(0o555)
    try:
        done = shop.migrate("init", OLD, NEW, "-q", code=3)
    finally:
        shop.root.chmod(0o755)
    assert "migrate.toml" in done.complaint
    assert not (shop.root / "migrate.toml").exists()


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that nobody may write to")
def test_a_folder_that_nobody_may_write(shop: Sample) -> None:
    with shop.untouched():
        done = shop.call("init", OLD, NEW, "-q", "--plan", "/proc/x.toml", code=3)
    assert done.complaint.startswith("/proc/x.toml: ")
    assert done.complaint.endswith("no plan was written")


def test_a_plan_that_is_no_file_to_replace(shop: Sample) -> None:
    done = shop.call("init", OLD, NEW, "-q", "--plan", "/dev/full/x.toml", code=2)
    assert "there is no folder /dev/full" in done.complaint
