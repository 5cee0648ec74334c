"""Phase 3 where one module has to know about another one: re-exports, star imports, circles, names taken."""

from __future__ import annotations

from typing import Any

import pytest
from checks import make_plan, moves
from repositories import MakeRepository

from migrate.plan import Plan
from migrate.plan_redirects import Redirect
from migrate.preview import Preview
from migrate.previewing import preview

NAME = moves(a="shop.cart:Cart -> shop.basket:Basket")
MEMBER = moves(a="log.conf:central.get -> log.fast:get")
TOP = moves(a="cart -> basket")
SUB = moves(a="os.path -> ospaths")
RENAMING = make_plan(
    {"phase3": {"move": [{"old": "shop.cart:Cart", "new": "shop.basket:Basket", "rename_uses": True}]}}
)
HOMES = {
    "shop/__init__.py": "",
    "shop/cart.py": "class Cart: ...\nclass Coupon: ...\n",
    "shop/basket.py": "class Basket: ...\n",
}
LOGS = {"log/__init__.py": "", "log/conf.py": "central = object()\n", "log/fast.py": "def get(name): ...\n"}


def after(found: Preview) -> dict[str, str]:
    return {file.path: file.after.decode() for file in found.files}


def reported(found: Preview) -> list[tuple[str, int, str]]:
    return [(finding.path, finding.line, finding.code) for finding in found.findings]


def run(make_repository: MakeRepository, plan: Plan, files: dict[str, str]) -> Preview:
    found = preview(make_repository(files).open(), plan, 3)
    again = preview(make_repository({**files, **after(found)}).open(), plan, 3)
    assert again.files == (), "a second run finds something to do"
    return found


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"x.py": "from log.conf import central\n", "app.py": "from x import central\ncentral.get(1)\n"},
            {"app.py": "from log.fast import get\nget(1)\n"},
            id="passed on",
        ),
        pytest.param(
            {"x.py": "from log.conf import central as c\n", "app.py": "from x import c\nc.get(1)\nc.x\n"},
            {"app.py": "from x import c\nfrom log.fast import get\nget(1)\nc.x\n"},
            id="renamed on the way",
        ),
        pytest.param(
            {"x.py": "from log.conf import central as c\n", "y.py": "from x import c as d\n", "app.py": "import y\ny.d.get(1)\n"},
            {"app.py": "import log.fast\nlog.fast.get(1)\n"},
            id="renamed twice, through a module",
        ),
        pytest.param(
            {"x/__init__.py": "from log.conf import *\n", "app.py": "from x import central\ncentral.get(1)\n"},
            {"app.py": "from log.fast import get\nget(1)\n"},
            id="by a star import",
        ),
        pytest.param(
            {"x.py": "from log import conf\n", "app.py": "from x import conf\nconf.central.get(1)\n"},
            {"app.py": "from log import fast\nfast.get(1)\n"},
            id="the module is passed on",
        ),
        pytest.param(
            {"x.py": "import log.conf as lc\n", "app.py": "import x\nx.lc.central.get(1)\nx.lc.y\n"},
            {"app.py": "import x\nimport log.fast\nlog.fast.get(1)\nx.lc.y\n"},
            id="the module with another name",
        ),
        pytest.param(
            {"x.py": "class central: ...\n", "app.py": "from x import central\ncentral.get(1)\n"}, {}, id="a namesake"
        ),
    ],
)  # fmt: skip
def test_reexports(make_repository: MakeRepository, files: dict[str, str], expected: dict[str, str]) -> None:
    found = run(make_repository, MEMBER, {**LOGS, **files})
    assert {path: text for path, text in after(found).items() if path not in ("x/__init__.py",)} == expected


def test_a_reexport_in_doubt(make_repository: MakeRepository) -> None:
    files = {"x.py": "try:\n    from log.conf import central\nexcept ImportError:\n    from y import central\n", "app.py": "from x import central\ncentral.get(1)\n"}  # fmt: skip
    found = run(make_repository, MEMBER, {**LOGS, **files})
    assert (after(found), reported(found)) == ({}, [("app.py", 2, "shadowed")])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("Cart()\n", "from shop.basket import Basket as Cart\nCart()\n", id="what is used"),
        pytest.param("Cart(Coupon)\n", "from shop.basket import Basket as Cart\nfrom shop.cart import Coupon\nCart(Coupon)\n", id="two homes"),
        pytest.param("x: 'Cart'\n", "from shop.basket import Basket as Cart\nx: 'Cart'\n", id="in a string"),
        pytest.param("eval('Cart')\n", None, id="names are read in ways that cannot be seen"),
        pytest.param("Coupon\n", None, id="nothing moved is used"),
        pytest.param("from other import *\nCart()\n", None, id="another star import of an unknown module"),
        pytest.param("from shop.basket import *\nCart()\n", "from shop.basket import Basket as Cart\nfrom shop.basket import *\nCart()\n", id="another star import"),
        pytest.param("def f(Cart): Cart\nCart\n", None, id="bound besides"),
    ],
)  # fmt: skip
def test_star_imports(make_repository: MakeRepository, source: str, expected: str | None) -> None:
    star = "from shop.cart import *\n"
    found = run(make_repository, NAME, {**HOMES, "app.py": star + source})
    assert after(found) == ({} if expected is None else {"app.py": expected})
    assert reported(found) == ([("app.py", 1, "star-import")] if expected is None else [])


def test_a_star_import_that_others_read_through(make_repository: MakeRepository) -> None:
    files = {**HOMES, "app.py": "from shop.cart import *\nCart()\n", "main.py": "from app import Coupon\n"}
    found = run(make_repository, NAME, files)
    assert after(found) == {"app.py": "from shop.basket import Basket as Cart\nfrom shop.cart import Coupon\nCart()\n"}
    files["main.py"] = "from app import *\nCoupon\n"
    found = run(make_repository, NAME, files)
    assert (after(found), reported(found)) == ({}, [("app.py", 1, "star-import")])


@pytest.mark.parametrize(
    ("page", "codes"),
    [
        pytest.param("from shop.cart import Cart\n", ["import-cycle"], id="while it is loaded"),
        pytest.param("def page():\n    from shop.cart import Cart\n", [], id="in a function"),
        pytest.param("if TYPE_CHECKING:\n    from shop.cart import Cart\n", [], id="for type checkers"),
        pytest.param("import shop.cart\ndef page(): shop.cart.Cart\n", [], id="used in a function"),
        pytest.param("import shop.cart\nclass Page(shop.cart.Cart): ...\n", ["import-cycle"], id="used while it is loaded"),
        pytest.param("from shop.cart import Cart\nimport shop.basket\n", ["import-cycle"], id="a circle that does no harm"),
        pytest.param("from shop.cart import Cart\nfrom shop.basket import x\n", [], id="a circle that is there already"),
    ],
)  # fmt: skip
def test_circles(make_repository: MakeRepository, page: str, codes: list[str]) -> None:
    loads = {
        "shop/basket.py": "from shop.middle import x\nclass Basket: ...\n",
        "shop/middle.py": "import shop.page\nx = 1\n",
    }
    found = run(make_repository, NAME, {**HOMES, **loads, "shop/page.py": page})
    assert [finding.code for finding in found.findings] == codes
    assert bool(found.files) is not bool(codes)
    for finding in found.findings:
        assert "shop.basket → shop.middle → shop.page" in finding.message


def test_a_circle_by_way_of_the_old_module_is_nothing_new(make_repository: MakeRepository) -> None:
    files = {
        "shop/cart.py": "from shop.basket import Basket as Cart\n",
        "shop/basket.py": "import shop.page\nclass Basket: ...\n",
    }
    found = run(make_repository, NAME, {**HOMES, **files, "shop/page.py": "from shop.cart import Cart\n"})
    assert after(found) == {"shop/page.py": "from shop.basket import Basket as Cart\n"}


def test_a_circle_by_way_of_another_old_module(make_repository: MakeRepository) -> None:
    """What loads the new home is not what this module imports from."""
    files = {
        "shop/cart.py": "from shop.basket import Basket as Cart\n",
        "shop/till.py": "class Till: ...\n",
        "shop/basket.py": "import shop.page\nclass Basket: ...\nclass Till: ...\n",
    }
    plan = moves(a="shop.cart:Cart -> shop.basket:Basket", b="shop.till:Till -> shop.basket:Till")
    found = run(make_repository, plan, {**HOMES, **files, "shop/page.py": "from shop.till import Till\n"})
    assert reported(found) == [("shop/page.py", 1, "import-cycle")]
    page = "from shop.cart import Cart\n"
    assert reported(run(make_repository, plan, {**HOMES, **files, "shop/page.py": page})) == []


def redirect(warn: str) -> str:
    exports = ["shop.basket:Basket as Cart", "shop.basket:Coupon"]
    found = Redirect.model_validate({"module": "shop.cart", "docstring": "Gone.", "exports": exports, "warn": warn})
    return found.text()


@pytest.mark.parametrize("warn", ["none", "import", "lazy"])
@pytest.mark.parametrize("planned", [True, False], ids=["planned", "of an earlier plan"])
@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"app.py": "from shop.cart import Cart, Coupon\nCart()\n"},
            {"app.py": "from shop.basket import Basket as Cart\nfrom shop.cart import Coupon\nCart()\n"},
            id="import",
        ),
        pytest.param(
            {"app.py": "import shop.cart\nshop.cart.Cart()\n"},
            {"app.py": "import shop.basket\nshop.basket.Basket()\n"},
            id="attribute",
        ),
        pytest.param(
            {"app.py": "from shop.cart import *\nCart()\n"},
            {"app.py": "from shop.basket import Basket as Cart\nCart()\n"},
            id="star",
        ),
        pytest.param(
            {"app.py": "from shop.cart import *\nCart()\n", "main.py": "from app import Cart, Coupon\n"},
            {"app.py": "from shop.basket import Basket as Cart\nfrom shop.cart import Coupon\nCart()\n"},
            id="star that others read through",
        ),
        pytest.param(
            {"app.py": "def f():\n    import shop.cart as c\n    return c.Cart\n"},
            {"app.py": "def f():\n    import shop.basket as c\n    return c.Basket\n"},
            id="in a function",
        ),
    ],
)  # fmt: skip
def test_through_a_redirect(
    make_repository: MakeRepository, warn: str, planned: bool, files: dict[str, str], expected: dict[str, str]
) -> None:
    """The old module is a redirect already, in any style: its users are changed all the same, it is not."""
    tables: dict[str, Any] = {"phase3": {"move": [{"old": "shop.cart:Cart", "new": "shop.basket:Basket"}]}}
    if planned:
        exports = ["shop.basket:Basket as Cart", "shop.basket:Coupon"]
        redirects = [{"module": "shop.cart", "docstring": "Gone.", "exports": exports, "warn": warn}]
        tables["phase1"] = {"redirect": redirects}
    homes = {**HOMES, "shop/cart.py": redirect(warn), "shop/basket.py": "class Basket: ...\nclass Coupon: ...\n"}
    found = run(make_repository, make_plan(tables), {**homes, **files})
    assert after(found) == expected
    assert reported(found) == []


@pytest.mark.parametrize("warn", ["none", "import", "lazy"])
def test_a_name_passed_on_by_a_redirect(make_repository: MakeRepository, warn: str) -> None:
    """A move of what the redirect imports: the uses by the redirect's name follow, too."""
    plan = moves(a="shop.basket:Basket.of -> shop.fast:of")
    files = {**HOMES, "shop/cart.py": redirect(warn), "shop/fast.py": "def of(): ...\n"}
    found = run(make_repository, plan, {**files, "app.py": "from shop.cart import Cart\nCart.of()\n"})
    assert after(found) == {"app.py": "from shop.fast import of\nof()\n"}


@pytest.mark.parametrize("warn", ["none", "import", "lazy"])
def test_the_home_of_a_redirect_moves_on(make_repository: MakeRepository, warn: str) -> None:
    """A later plan moves the home again: the redirect's imports follow, what stands in strings does as usual."""
    files = {**HOMES, "shop/cart.py": redirect(warn), "shop/crate.py": "class Basket: ...\nclass Coupon: ...\n"}
    found = run(make_repository, moves(a="shop.basket -> shop.crate"), files)
    assert "from shop.crate import Basket as Cart\n" in after(found)["shop/cart.py"]
    assert len(reported(found)) == {"none": 0, "import": 1, "lazy": 2}[warn]
    assert {code for _, _, code in reported(found)} <= {"string-reference"}
    names = [
        {"old": f"shop.basket:{name}", "new": f"shop.crate:{name}", "strings": "all"} for name in ("Basket", "Coupon")
    ]
    found = run(make_repository, make_plan({"phase3": {"move": names}}), files)
    if warn == "lazy":
        assert after(found)["shop/cart.py"] == redirect(warn).replace("shop.basket", "shop.crate")
        assert reported(found) == []


@pytest.mark.parametrize("plan", [NAME, moves(a="shop.cart -> shop.basket")], ids=["object", "module"])
@pytest.mark.parametrize(
    "page",
    [
        pytest.param("from shop.cart import Coupon\n", id="import"),
        pytest.param("import shop.cart\ndef page(): shop.cart.Coupon\n", id="used in a function"),
        pytest.param("import shop.cart\nclass Page(shop.cart.Coupon): ...\n", id="used while it is loaded"),
    ],
)
@pytest.mark.parametrize("warn", ["none", "import", "lazy"])
def test_a_circle_by_way_of_a_redirect_is_nothing_new(
    make_repository: MakeRepository, warn: str, page: str, plan: Plan
) -> None:
    """A lazy redirect loads the home as soon as a name is used, so an import from the home comes no sooner."""
    files = {
        "shop/cart.py": redirect(warn),
        "shop/basket.py": "import shop.page\nclass Basket: ...\nclass Coupon: ...\n",
        "shop/page.py": page.replace("Coupon", "Cart") if plan is NAME else page,
    }
    found = run(make_repository, plan, {**HOMES, **files})
    assert reported(found) == []
    assert "shop/page.py" in after(found)


def test_a_circle_through_a_moved_module(make_repository: MakeRepository) -> None:
    plan = moves(a="shop.cart -> shop.basket")
    files = {"shop/__init__.py": "", "shop/basket.py": "import shop.page\nclass Cart: ...\n", "shop/basket_sub.py": ""}
    found = run(make_repository, plan, {**files, "shop/page.py": "from shop.cart import Cart\n"})
    assert reported(found) == [("shop/page.py", 1, "import-cycle")]
    files = {
        "lib/__init__.py": "import page\n",
        "lib/cart.py": "",
        "page.py": "from shop import cart\n",
        "shop/__init__.py": "",
    }
    found = run(make_repository, moves(a="shop -> lib"), files)
    assert after(found) == {"page.py": "from lib import cart\n"}


def test_a_module_in_a_package_of_its_own_new_home(make_repository: MakeRepository) -> None:
    files = {"shop/__init__.py": "from . import cart\n", "shop/basket.py": ""}
    found = run(make_repository, moves(a="shop.cart -> shop.basket"), files)
    assert after(found) == {"shop/__init__.py": "from . import basket as cart\n"}


@pytest.mark.parametrize(
    "use", ["from shop import cart\ncart()\n", "import shop\nshop.cart()\n", "import shop.cart as c\nc()\n"]
)
@pytest.mark.parametrize("plan", [moves(a="shop.cart -> shop.basket"), moves(a="shop.cart:x -> shop.basket:x")])
def test_a_name_of_the_package_that_is_not_the_module(make_repository: MakeRepository, plan: Plan, use: str) -> None:
    files = {
        "shop/__init__.py": "from .cart import cart\n",
        "shop/cart.py": "def cart(): ...\n",
        "app.py": use + "shop.cart.x\n",
    }
    found = run(make_repository, plan, files)
    assert "app.py" not in after(found)


def test_another_module_under_an_exported_name(make_repository: MakeRepository) -> None:
    files = {**HOMES, "app.py": "import shop.cart as c\nc.Cart\n", "main.py": "from app import c\nc.Coupon\n"}
    found = run(make_repository, NAME, files)
    assert after(found) == {"app.py": "import shop.cart as c\nimport shop.basket as basket\nbasket.Basket\n"}


def test_modules_nested_too_deeply(make_repository: MakeRepository) -> None:
    deep = "if a: pass\n" + "elif b: pass\n" * 1500
    files = {**HOMES, "app.py": "from shop.cart import *\nCart()\n", "x.py": deep + "from shop.cart import Cart as C\n"}
    files["shop/cart.py"] += deep
    found = run(make_repository, NAME, files)
    assert ("app.py", 1, "star-import") in reported(found)


@pytest.mark.parametrize(
    "main",
    [
        pytest.param("from app import cart\n", id="imported"),
        pytest.param("import app\napp.cart.x\n", id="through the module"),
        pytest.param("from . import app as a\na.cart.x\n", id="through an alias"),
        pytest.param("patch('app.cart.x')\n", id="in a string"),
        pytest.param("import app\npatch.object(app, 'cart')\n", id="its name in a string"),
        pytest.param("from app import *\ncart.x\n", id="by a star import"),
    ],
)
def test_a_name_that_others_take_stays(make_repository: MakeRepository, main: str) -> None:
    main = main.replace("from . ", "from pkg ")
    files = {"app.py": "import cart\ncart.x\n", "pkg/__init__.py": "import app\n", "main.py": main}
    if "pkg" in main:
        files = {"pkg/__init__.py": "", "pkg/app.py": files["app.py"], "main.py": main}
    path = "pkg/app.py" if "pkg" in main else "app.py"
    assert after(run(make_repository, TOP, files))[path] == "import basket as cart\ncart.x\n"
    del files["main.py"]
    assert after(run(make_repository, TOP, files))[path] == "import basket\nbasket.x\n"


def test_an_import_that_others_take_stays_beside_the_new_one(make_repository: MakeRepository) -> None:
    files = {"app.py": "import os\nimport os.path\nos.path.x\n", "main.py": "from app import os\n"}
    found = run(make_repository, SUB, files)
    assert after(found)["app.py"] == "import os\nimport ospaths\nospaths.x\n"
    plan = moves(a="boxes -> crates")
    files = {"app.py": "import boxes\nimport boxes.abc\nboxes.abc.x\n", "main.py": "from app import boxes\n"}
    found = run(make_repository, plan, files)
    assert after(found)["app.py"] == "import crates as boxes\nimport crates.abc\nboxes.abc.x\n"
    files["app.py"] = "import boxes.abc\nboxes.abc.x\n"
    found = run(make_repository, plan, files)
    assert after(found)["app.py"] == "import boxes.abc\nimport crates.abc\ncrates.abc.x\n"
    assert reported(found) == [("app.py", 1, "module-import")]


def test_a_renamed_use_that_others_take_stays(make_repository: MakeRepository) -> None:
    files = {**HOMES, "app.py": "from shop.cart import Cart\nCart()\n", "test_app.py": "patch('app.Cart')\n"}
    found = run(make_repository, RENAMING, files)
    assert after(found) == {"app.py": "from shop.basket import Basket as Cart\nCart()\n"}
    assert reported(found) == [("app.py", 1, "name-collision")]


def test_scripts_without_an_ending(make_repository: MakeRepository) -> None:
    files = {
        **HOMES,
        "bin/tool": "#!/usr/bin/env python3\nfrom shop.cart import Cart\n",
        "README": "from shop.cart import Cart\n",
    }
    plan = make_plan({"phase3": {"move": [{"old": "shop.cart:Cart", "new": "shop.basket:Basket"}]}}, include=["bin/*"])
    found = run(make_repository, plan, files)
    assert after(found) == {"bin/tool": "#!/usr/bin/env python3\nfrom shop.basket import Basket as Cart\n"}


def test_a_name_that_is_taken_by_way_of_a_star_import(make_repository: MakeRepository) -> None:
    files = {
        "app.py": "import cart\ncart.x\n",
        "mid.py": "from app import *\n",
        "main.py": "from mid import cart\ncart.y\n",
    }
    assert after(run(make_repository, TOP, files))["app.py"] == "import basket as cart\ncart.x\n"


def test_a_taker_that_the_plan_excludes(make_repository: MakeRepository) -> None:
    files = {"app/__init__.py": "import cart\ncart.x\n", "app/legacy.py": "from .import cart\ncart.y\n"}
    plan = make_plan({"phase3": {"move": [{"old": "cart", "new": "basket"}]}}, exclude=["app/legacy.py"])
    assert after(run(make_repository, plan, files)) == {"app/__init__.py": "import basket as cart\ncart.x\n"}


@pytest.mark.parametrize(
    ("x", "use", "expected"),
    [
        pytest.param("import log.conf\n", "import x\nx.log.conf.central.get(1)\n", "import log.fast\nlog.fast.get(1)\n", id="a root"),
        pytest.param("from log import conf\n", "import x\nx.conf.central.get(1)\nx.y\n", "import x\nimport log.fast\nlog.fast.get(1)\nx.y\n", id="a module"),
    ],
)  # fmt: skip
def test_passed_on_without_another_name(make_repository: MakeRepository, x: str, use: str, expected: str) -> None:
    assert after(run(make_repository, MEMBER, {**LOGS, "x.py": x, "app.py": use}))["app.py"] == expected


def test_a_star_import_of_what_passes_a_module_on(make_repository: MakeRepository) -> None:
    files = {**LOGS, "x.py": "from log.conf import central\n", "app.py": "from x import *\ncentral.get(1)\n"}
    assert reported(run(make_repository, MEMBER, files)) == [("app.py", 2, "star-import")]


def test_the_root_of_a_moved_module_is_passed_on(make_repository: MakeRepository) -> None:
    files = {"p/__init__.py": "", "p/t.py": "", "c.py": "import p.t\n", "d.py": "import c\nc.p.t.U\n"}
    found = run(make_repository, moves(a="p.t -> p.u"), files)
    assert after(found) == {"c.py": "import p.u\n", "d.py": "import p.u\np.u.U\n"}


@pytest.mark.parametrize(
    "test",
    [
        pytest.param("@patch('app.central')\ndef test(): ...\n", id="the name"),
        pytest.param("with mock.patch('app.central.get'): ...\n", id="a member"),
        pytest.param("import app\npatch.object(app, 'central')\n", id="the name in a string"),
    ],
)
def test_patches_that_no_longer_reach_the_code(make_repository: MakeRepository, test: str) -> None:
    app = "from log.conf import central\ncentral.get(1)\ncentral.x\n"
    found = run(make_repository, MEMBER, {**LOGS, "app.py": app, "test_app.py": test})
    assert after(found) == {"app.py": "from log.conf import central\nfrom log.fast import get\nget(1)\ncentral.x\n"}
    assert [(path, code) for path, _, code in reported(found)] == [("test_app.py", "shim-patch")]


def test_patches_of_names_that_stay(make_repository: MakeRepository) -> None:
    files = {**HOMES, "app.py": "from shop.cart import Cart\nCart()\n", "test_app.py": "patch('app.Cart')\n"}
    assert reported(run(make_repository, NAME, files)) == []


def test_a_name_of_a_package_that_is_no_file_of_its_own(make_repository: MakeRepository) -> None:
    files = {"os.py": "import posixpath as path\n", "app.py": "import os\nos.path.x\n"}
    assert after(run(make_repository, SUB, files)) == {"app.py": "import ospaths\nospaths.x\n"}


def test_an_import_that_stays_for_what_cannot_be_seen(make_repository: MakeRepository) -> None:
    files = {"app.py": "import boxes.abc\nboxes.abc.x\neval('y')\n"}
    found = run(make_repository, moves(a="boxes -> crates"), files)
    assert after(found) == {"app.py": "import boxes.abc\nimport crates.abc\ncrates.abc.x\neval('y')\n"}
    assert reported(found) == [("app.py", 1, "module-import")]
