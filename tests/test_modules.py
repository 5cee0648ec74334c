from __future__ import annotations

import pytest

from migrate.modules import ModuleName, candidate_files, file_of, module_of, resolve_relative


@pytest.mark.parametrize(
    ("path", "roots", "name", "package"),
    [
        pytest.param("shop/cart.py", ["."], "shop.cart", "shop", id="module"),
        pytest.param("shop/__init__.py", ["."], "shop", "shop", id="package"),
        pytest.param("main.py", ["."], "main", "", id="top level"),
        pytest.param("__init__.py", ["."], "", "", id="an __init__ in the root itself"),
        pytest.param("src/shop/cart.py", ["src"], "shop.cart", "shop", id="below a source root"),
        pytest.param("src/shop/cart.py", [".", "src"], "shop.cart", "shop", id="the nearest root counts"),
        pytest.param("srcs/cart.py", ["src", "."], "srcs.cart", "srcs", id="a root is a whole folder name"),
        pytest.param("tests/test_cart.py", ["src"], "tests.test_cart", "tests", id="outside every root"),
        pytest.param("shop/cart.pyi", ["."], "shop.cart", "shop", id="stub"),
        pytest.param("shop/cart.pyw", ["."], "shop.cart", "shop", id="windowed script"),
        pytest.param("bin/run", ["."], "bin.run", "bin", id="no ending"),
    ],
)
def test_module_of(path: str, roots: list[str], name: str, package: str) -> None:
    found = module_of(path, roots)
    assert (found.name, found.package) == (name, package)


def test_candidate_files() -> None:
    assert list(candidate_files("shop.cart", ["src", "."])) == [
        "src/shop/cart/__init__.py",
        "src/shop/cart.py",
        "shop/cart/__init__.py",
        "shop/cart.py",
    ]


@pytest.mark.parametrize(
    ("there", "found"),
    [
        pytest.param([], None, id="outside the repository"),
        pytest.param(["shop/cart.py"], "shop/cart.py", id="module"),
        pytest.param(["shop/cart.py", "shop/cart/__init__.py"], "shop/cart/__init__.py", id="package before module"),
        pytest.param(["shop/cart.py", "src/shop/cart.py"], "src/shop/cart.py", id="first root first"),
    ],
)
def test_file_of(there: list[str], found: str | None) -> None:
    assert file_of("shop.cart", ["src", "."], there.__contains__) == found


MODULE = ModuleName("a.b.c", is_package=False)
PACKAGE = ModuleName("a.b.c", is_package=True)
TOP = ModuleName("main", is_package=False)
ROOT = ModuleName("", is_package=True)


@pytest.mark.parametrize(
    ("importer", "level", "module", "absolute"),
    [
        pytest.param(MODULE, 0, "x.y", "x.y", id="absolute"),
        pytest.param(MODULE, 1, "x", "a.b.x", id="sibling"),
        pytest.param(MODULE, 1, "", "a.b", id="own package"),
        pytest.param(PACKAGE, 1, "x", "a.b.c.x", id="a package's own submodule"),
        pytest.param(PACKAGE, 1, "", "a.b.c", id="a package from itself"),
        pytest.param(MODULE, 2, "x.y", "a.x.y", id="one up"),
        pytest.param(PACKAGE, 3, "x", "a.x", id="two up from a package"),
        pytest.param(MODULE, 3, "x", None, id="out of the top package"),
        pytest.param(MODULE, 9, "x", None, id="far out"),
        pytest.param(TOP, 1, "x", None, id="a script has no package"),
        pytest.param(ROOT, 1, "x", None, id="nor has an __init__ in the root"),
    ],
)
def test_resolve_relative(importer: ModuleName, level: int, module: str, absolute: str | None) -> None:
    assert resolve_relative(importer, level, module) == absolute
