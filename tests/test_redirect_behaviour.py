"""Redirects of each style in a process of their own: who is warned, what is loaded when, what still works."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from migrate.load_graph import LoadGraph
from migrate.plan_redirects import Redirect

pytestmark = pytest.mark.processes_unmeasured

STYLES = ["none", "import", "lazy"]
WARNING = ["import", "lazy"]
EXPORTS = ("shop.basket:Basket as Cart", "shop.pay:checkout", "shop:prices")
HOMES = {
    "shop/__init__.py": "",
    "shop/basket.py": "class Basket: ...\n",
    "shop/pay.py": "def checkout(): ...\n",
    "shop/prices.py": "penny = 1\n",
}
ADVICE = {
    "shop.cart": "shop.cart is deprecated; import Basket from shop.basket and checkout from shop.pay and prices from shop",
    "Cart": "shop.cart.Cart is deprecated; import Basket from shop.basket",
    "checkout": "shop.cart.checkout is deprecated; import checkout from shop.pay",
    "prices": "shop.cart.prices is deprecated; import prices from shop",
}


def pythons() -> list[str]:
    """This Python and what others there are, as it is theirs to say which line a warning is about."""
    others = [shutil.which(f"python3.{minor}") for minor in range(11, 20) if minor != sys.version_info.minor]
    # One that a version manager stands in for may be there by name alone.
    works = [path for path in others if path and not subprocess.run([path, "-c", ""], capture_output=True).returncode]
    return [sys.executable, *works]


@pytest.fixture(params=pythons(), ids=lambda path: Path(path).name)
def python(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["shop/cart.py", "shop/cart/__init__.py"], ids=["module", "package"])
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def redirect(warn: str, exports: Sequence[str] = EXPORTS, module: str = "shop.cart") -> str:
    return Redirect.model_validate({"module": module, "docstring": "Gone.", "exports": exports, "warn": warn}).text()


def run(
    folder: Path, files: Mapping[str, str], *options: str, python: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    """Run `main.py` of the files."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    command = [python, "-E", "-B", *options, "main.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def warned(found: subprocess.CompletedProcess[str]) -> list[tuple[str, int, str]]:
    """(file name, line, text) of each warning."""
    told = re.findall(r"^(.+):(\d+): DeprecationWarning: (.*)$", found.stderr, re.MULTILINE)
    return [(Path(path).name, int(line), text) for path, line, text in told]


# ------------------------------------------------------------------ what is loaded, and who is warned

LOADED = "import sys\nprint([m for m in ('shop.basket', 'shop.pay', 'shop.prices') if m in sys.modules])\n"


@pytest.mark.parametrize(
    ("source", "loaded"),
    [
        pytest.param("import shop.cart\n", "[]", id="the module"),
        pytest.param(
            "import shop.cart as c\nhasattr(c, 'other'), dir(c), c.__all__, c.__doc__\n", "[]", id="looked at"
        ),
        pytest.param("import shop.cart\nshop.cart.checkout\n", "['shop.pay']", id="a name of it"),
        pytest.param("from shop.cart import checkout, prices\n", "['shop.pay', 'shop.prices']", id="two names"),
        pytest.param("from shop.cart import *\n", "['shop.basket', 'shop.pay', 'shop.prices']", id="all names"),
    ],
)
def test_lazy_loads_what_is_used(tmp_path: Path, place: str, source: str, loaded: str) -> None:
    found = run(tmp_path, {**HOMES, place: redirect("lazy"), "main.py": source + LOADED})
    assert found.stdout == loaded + "\n", found.stderr
    other = run(tmp_path, {"main.py": f"import shop.cart\n{LOADED}", place: redirect("none")})
    assert other.stdout == "['shop.basket', 'shop.pay', 'shop.prices']\n"


ON_IMPORT = [
    pytest.param("import shop.cart\n", 1, id="import"),
    pytest.param("x = 1\nfrom shop.cart import Cart\n", 2, id="from"),
    pytest.param("from shop import cart\n", 1, id="from its package"),
    pytest.param("x = 1\nfrom shop.cart import *\n", 2, id="star"),
    pytest.param("def f():\n    from shop.cart import Cart\nf()\n", 2, id="in a function"),
    pytest.param("from shop.cart import (\n    Cart,\n    checkout,\n)\nfrom shop.cart import prices\n", 1, id="the first one"),
    pytest.param("class A:\n    def f(self):\n        __import__('shop.cart')\nA().f()\n", 3, id="by a call"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "line"), ON_IMPORT)
def test_import_warns_the_first_importer(tmp_path: Path, python: str, place: str, source: str, line: int) -> None:
    files = {**HOMES, place: redirect("import"), "user.py": source, "main.py": "import user\nimport shop.cart\n"}
    found = run(tmp_path, files, "-W", "always", python=python)
    assert (found.returncode, warned(found)) == (0, [("user.py", line, ADVICE["shop.cart"])]), found.stderr


ON_USE = [
    pytest.param("import shop.cart\nimport shop.cart as c\nfrom shop import cart\n", [], id="the module alone"),
    pytest.param("import shop.cart\nx = 1\nshop.cart.Cart()\n", [(3, "Cart")], id="attribute"),
    pytest.param("import shop.cart\nclass A(\n    shop.cart.Cart\n): ...\n", [(3, "Cart")], id="attribute on a line of its own"),
    pytest.param("import shop.cart as c\nc.Cart\nc.checkout\nc.Cart\n", [(2, "Cart"), (3, "checkout"), (4, "Cart")], id="each use"),
    pytest.param("import shop.cart\ngetattr(\n    shop.cart, 'Cart')\n", [(2, "Cart")], id="getattr"),
    pytest.param("x = 1\nfrom shop.cart import Cart\n", [(2, "Cart")], id="from"),
    pytest.param("from shop.cart import prices as p\np.penny\n", [(1, "prices")], id="a module"),
    pytest.param("from shop.cart import checkout, Cart\n", [(1, "Cart"), (1, "checkout")], id="two at once"),
    pytest.param("def f():\n    from shop.cart import Cart\nf()\n", [(2, "Cart")], id="in a function"),
    pytest.param("x = 1\nfrom shop.cart import *\n", [(2, "Cart"), (2, "checkout"), (2, "prices")], id="star"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), ON_USE)
def test_lazy_warns_each_line_that_uses_a_name(
    tmp_path: Path, python: str, place: str, source: str, expected: list[tuple[int, str]]
) -> None:
    files = {**HOMES, place: redirect("lazy"), "user.py": source, "main.py": "import user\n"}
    found = run(tmp_path, files, "-W", "always", python=python)
    assert found.returncode == 0, found.stderr
    # `from package import name` asks a package twice, so a package warns twice at the same place
    assert sorted(set(warned(found))) == sorted(("user.py", line, ADVICE[name]) for line, name in expected)
    assert len(warned(found)) <= 2 * len(expected)


@pytest.mark.parametrize(
    ("warn", "source", "lines"),
    [
        pytest.param("none", "from shop.cart import Cart\n", [], id="none"),
        pytest.param("import", "for _ in range(3):\n    import shop.cart\nimport shop.cart\n", [2], id="import"),
        pytest.param("lazy", "import shop.cart\nfor _ in range(3):\n    shop.cart.Cart\nshop.cart.Cart\n", [3, 4], id="lazy"),
        pytest.param("lazy", "for _ in range(3):\n    from shop.cart import Cart\n", [2], id="lazy from"),
    ],
)  # fmt: skip
def test_by_default_each_place_is_told_once(
    tmp_path: Path, python: str, place: str, warn: str, source: str, lines: list[int]
) -> None:
    found = run(tmp_path, {**HOMES, place: redirect(warn), "main.py": source}, python=python)
    assert [(name, line) for name, line, _ in warned(found)] == [("main.py", line) for line in lines]


@pytest.mark.parametrize(
    ("warn", "source", "line"),
    [
        pytest.param("none", "from shop.cart import Cart\n", None, id="none"),
        pytest.param("lazy", "import shop.cart\nfrom shop import cart\n", None, id="lazy and not used"),
        pytest.param("import", "x = 1\nimport shop.cart\n", 2, id="import"),
        pytest.param("lazy", "import shop.cart\nshop.cart.Cart\n", 2, id="lazy"),
        pytest.param("lazy", "x = 1\nfrom shop.cart import Cart\n", 2, id="lazy from"),
    ],
)
def test_as_an_error(tmp_path: Path, place: str, warn: str, source: str, line: int | None) -> None:
    files = {**HOMES, place: redirect(warn), "main.py": source}
    found = run(tmp_path, files, "-W", "error::DeprecationWarning")
    assert (found.returncode, "DeprecationWarning: shop.cart" in found.stderr) == ((1, True) if line else (0, False))
    assert line is None or f'main.py", line {line}, in <module>' in found.stderr


# ------------------------------------------------------------------ what works as before


@pytest.mark.parametrize("warn", STYLES)
@pytest.mark.parametrize(
    "source",
    [
        pytest.param("from shop.cart import Cart, checkout, prices\nassert prices.penny == 1\nassert Cart.__name__ == 'Basket'\n", id="from"),
        pytest.param("import shop.cart as c, shop.basket, shop.pay\nassert (c.Cart, c.checkout) == (shop.basket.Basket, shop.pay.checkout)\n", id="attributes"),
        pytest.param("from shop.cart import *\nassert prices.penny == 1\nassert Cart and checkout\nassert 'sys' not in globals()\n", id="star"),
        pytest.param("import shop.cart as c\nassert c.__all__ == ['Cart', 'checkout', 'prices']\nassert c.__doc__ == 'Gone.'\n", id="what it says of itself"),
        pytest.param("import shop.cart as c\nassert {n for n in dir(c) if n[0] != '_'} == {'Cart', 'checkout', 'prices'}\nassert dir(c) == sorted(dir(c)) and '__name__' in dir(c)\n", id="dir"),
        pytest.param("import inspect, shop.cart as c\nassert [n for n, _ in inspect.getmembers(c) if n[0] != '_'] == ['Cart', 'checkout', 'prices']\n", id="inspect"),
        pytest.param("import shop.cart as c\nassert hasattr(c, 'Cart') and not hasattr(c, 'other') and not hasattr(c, 'Basket')\n", id="hasattr"),
        pytest.param("import shop.cart as c\ntry:\n    c.other\nexcept AttributeError as e:\n    assert str(e) == \"module 'shop.cart' has no attribute 'other'\", e\n    assert (e.name, e.obj) == ('other', c)\nelse:\n    assert False\n", id="unknown attribute"),
        pytest.param("try:\n    from shop.cart import other\nexcept ImportError as e:\n    assert str(e).startswith(\"cannot import name 'other' from 'shop.cart' (\"), e\nelse:\n    assert False\n", id="unknown import"),
        pytest.param("import importlib, shop.cart as c\nassert importlib.reload(c) is c\nassert c.Cart.__name__ == 'Basket'\n", id="reload"),
        pytest.param("from unittest.mock import patch\nimport shop.cart as c\nreal = c.Cart\nwith patch('shop.cart.Cart') as fake:\n    assert c.Cart is fake\n    from shop.cart import Cart\n    assert Cart is fake\nassert c.Cart is real\nwith patch.object(c, 'Cart', 3):\n    assert c.Cart == 3\nassert c.Cart is real\nwith patch.multiple('shop.cart', Cart=1, checkout=2):\n    assert (c.Cart, c.checkout) == (1, 2)\nassert c.Cart is real and c.checkout.__name__ == 'checkout'\n", id="patch"),
        pytest.param("import sys, threading\nimport shop.cart as c\nfound = []\nthreads = [threading.Thread(target=lambda: found.append(c.Cart)) for _ in range(8)]\n[t.start() for t in threads]\n[t.join() for t in threads]\nassert found == [c.Cart] * 8\n", id="threads"),
        pytest.param("import pickle, shop.cart as c\nassert pickle.loads(pickle.dumps(c.Cart)) is c.Cart\n", id="pickle"),
    ],
)  # fmt: skip
def test_works(tmp_path: Path, place: str, warn: str, source: str) -> None:
    found = run(tmp_path, {**HOMES, place: redirect(warn), "main.py": source + "print('done')\n"}, "-W", "ignore")
    assert found.stdout == "done\n", found.stderr


def test_a_patch_leaves_nothing_in_a_lazy_redirect(tmp_path: Path) -> None:
    main = (
        "from unittest.mock import patch\nimport shop.cart as c, shop.basket\n"
        "with patch('shop.cart.Cart'): pass\nassert 'Cart' not in vars(c)\n"
        "with patch('shop.basket.Basket') as fake: assert c.Cart is fake\nprint('done')\n"
    )
    found = run(tmp_path, {**HOMES, "shop/cart.py": redirect("lazy"), "main.py": main}, "-W", "ignore")
    assert found.stdout == "done\n", found.stderr


@pytest.mark.parametrize("warn", STYLES)
def test_monkeypatch(tmp_path: Path, warn: str) -> None:
    main = (
        "import pytest\nimport shop.cart as c\nreal = c.Cart\n"
        "with pytest.MonkeyPatch.context() as patch:\n"
        "    patch.setattr('shop.cart.Cart', 1)\n    assert c.Cart == 1\n"
        "assert c.Cart is real\nprint('done')\n"
    )
    found = run(tmp_path, {**HOMES, "shop/cart.py": redirect(warn), "main.py": main}, "-W", "ignore")
    assert found.stdout == "done\n", found.stderr


def test_a_module_imported_by_a_function_of_importlib(tmp_path: Path) -> None:
    main = "import importlib\nimportlib.import_module('shop.cart')\n"
    found = run(tmp_path, {**HOMES, "shop/cart.py": redirect("import"), "main.py": main}, "-W", "always")
    assert [(name, text) for name, _, text in warned(found)] == [("__init__.py", ADVICE["shop.cart"])]


@pytest.mark.parametrize("warn", STYLES)
@pytest.mark.parametrize(
    ("exports", "homes", "message"),
    [
        pytest.param(["shop.basket:Nothing as Cart"], {}, "cannot import name 'Nothing' from 'shop.basket'", id="the home does not have it"),
        pytest.param(["shop:nothing as Cart"], {}, "shop", id="the package does not have it"),
        pytest.param(["shop.gone:Cart"], {}, "No module named 'shop.gone'", id="no such home"),
    ],
)  # fmt: skip
def test_a_redirect_that_leads_nowhere(
    tmp_path: Path, warn: str, exports: list[str], homes: dict[str, str], message: str
) -> None:
    """Also where it is lazy, the error says what is missing at home, and it is an ImportError."""
    main = "try:\n    from shop.cart import Cart\nexcept ImportError as error:\n    print(error)\n"
    found = run(tmp_path, {**HOMES, **homes, "shop/cart.py": redirect(warn, exports), "main.py": main})
    assert message in found.stdout, found.stderr
    assert "shop.cart" not in found.stdout


def test_a_home_that_cannot_be_loaded_is_not_an_unknown_name(tmp_path: Path) -> None:
    """Python makes "cannot import name" of an AttributeError, and tells nothing of where it comes from."""
    files = {**HOMES, "shop/basket.py": "import sys\nsys.nothing\n", "shop/cart.py": redirect("lazy")}
    found = run(tmp_path, {**files, "main.py": "from shop.cart import Cart\n"})
    assert 'basket.py", line 2, in <module>' in found.stderr
    assert found.stderr.endswith("ImportError: cannot import name 'Basket' from 'shop.basket'\n")


@pytest.mark.parametrize("warn", STYLES)
def test_a_redirect_to_a_redirect(tmp_path: Path, warn: str) -> None:
    files = {"a.py": redirect(warn, ["b:B as A"], "a"), "b.py": redirect(warn, ["shop.basket:Basket as B"], "b")}
    main = "from a import A\nassert A.__name__ == 'Basket'\n"
    found = run(tmp_path, {**HOMES, **files, "main.py": main}, "-W", "always")
    assert found.returncode == 0, found.stderr
    who = {name for name, _, _ in warned(found)}
    assert who == {"none": set(), "import": {"main.py", "a.py"}, "lazy": {"main.py", "a.py"}}[warn]


# ------------------------------------------------------------------ circles

CIRCLE = {
    "shop/__init__.py": "",
    "shop/basket.py": "from shop.page import show\nclass Basket: ...\n",
    "main.py": "import shop.basket\nassert shop.basket.show() is shop.basket.Basket\nprint('done')\n",
}
BY_MODULE = "import shop.cart\ndef show(): return shop.cart.Cart\n"


@pytest.mark.parametrize(
    ("warn", "page", "works"),
    [
        pytest.param("none", BY_MODULE, False, id="none"),
        pytest.param("import", BY_MODULE, False, id="import"),
        pytest.param("lazy", BY_MODULE, True, id="lazy"),
        pytest.param("lazy", "from shop import cart\ndef show(): return cart.Cart\n", True, id="lazy, from its package"),
        pytest.param("lazy", "from shop.cart import Cart\ndef show(): return Cart\n", False, id="lazy, but used while it is loaded"),
    ],
)  # fmt: skip
def test_circle(tmp_path: Path, warn: str, page: str, works: bool) -> None:
    """The new home loads a module that still imports from the old one."""
    files = {**CIRCLE, "shop/cart.py": redirect(warn, ["shop.basket:Basket as Cart"]), "shop/page.py": page}
    found = run(tmp_path, files)
    assert found.stdout == ("done\n" if works else "")
    assert works or "ImportError: cannot import name 'Basket' from " in found.stderr


@pytest.mark.parametrize(
    ("warn", "chain"),
    [
        pytest.param("none", ("shop.cart", "shop.basket"), id="none"),
        pytest.param("import", ("shop.cart", "shop.basket"), id="import"),
        pytest.param("lazy", None, id="lazy"),
    ],
)
def test_load_graph(warn: str, chain: tuple[str, ...] | None) -> None:
    long = "shop.departments.household.kitchen.containers.baskets:a_name_that_does_not_fit_on_the_line"
    files = {**CIRCLE, "shop/cart.py": redirect(warn, [long, *EXPORTS]), "shop/page.py": BY_MODULE}
    graph = LoadGraph({path: text.encode() for path, text in files.items()}.get, ["."])
    assert graph.chain("shop.cart", {"shop.basket"}) == chain
    assert graph.chain("shop.basket", {"shop.cart"}) == ("shop.basket", "shop.page", "shop.cart")


def test_a_submodule_while_it_is_loaded(tmp_path: Path) -> None:
    """`from package import submodule` works in a circle, so it does through a redirect."""
    files = {
        "shop/__init__.py": "",
        "shop/prices.py": "from shop.page import p\npenny = 1\n",
        "shop/page.py": "from shop.cart import prices as p\n",
        "main.py": "import shop.prices\nassert shop.prices.p is shop.prices\nprint('done')\n",
    }
    for warn in STYLES:
        found = run(tmp_path, {**files, "shop/cart.py": redirect(warn, ["shop:prices"])}, "-W", "ignore")
        assert found.stdout == "done\n", found.stderr
