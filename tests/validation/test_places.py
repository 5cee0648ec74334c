"""Places that outputs name, and who touched those files."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.validation.places import places, touched
from migrate.validation.results import Touched


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for path in ("shop/cart.py", "tests/test_cart.py", "tests/odd name.py"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    (tmp_path / "outside.py").touch()
    return root


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("all fine\n8 passed", [], id="none"),
        pytest.param('File "/x\0y", line 3\n  File "/x\0/y.py", line 1', [], id="a NUL in the name"),
        pytest.param('  File "{root}/gone.py", line 3, in total', [], id="a file that is not there"),
        pytest.param('  File "{root}/../outside.py", line 3, in f', [], id="outside"),
        pytest.param('  File "<string>", line 1, in <module>', [], id="no file"),
        pytest.param('  File "{root}/shop/cart.py", line 3, in total', [("shop/cart.py", 3)], id="a traceback"),
        pytest.param('  File "shop/cart.py", line 3', [("shop/cart.py", 3)], id="a relative one"),
        pytest.param("shop/cart.py:12: AssertionError", [("shop/cart.py", 12)], id="pytest"),
        pytest.param("tests/odd name.py:1: in <module>", [("tests/odd name.py", 1)], id="a blank in the name"),
        pytest.param("E   shop/cart.py:12: DeprecationWarning", [("shop/cart.py", 12)], id="pytest's errors"),
        pytest.param("shop/cart.py:12: DeprecationWarning: use basket", [], id="a warning"),
        pytest.param("shop/cart.py:12\n  {root}/shop/cart.py:12: UserWarning: late", [], id="pytest's warnings"),
        pytest.param("shop/cart.py:12", [("shop/cart.py", 12)], id="the end of a line"),
        pytest.param(
            "ImportError: cannot import name 'Cart' from 'shop.cart' ({root}/shop/cart.py)",
            [("shop/cart.py", 0)],
            id="a name that is missing",
        ),
        pytest.param(
            'File "tests/test_cart.py", line 1\nFile "shop/cart.py", line 2\nFile "tests/test_cart.py", line 9',
            [("tests/test_cart.py", 1), ("shop/cart.py", 2), ("tests/test_cart.py", 9)],
            id="several",
        ),
    ],
)
def test_places(text: str, expected: list[tuple[str, int]], shop: Path) -> None:
    assert list(places(text.format(root=shop), shop)) == expected


def test_paths_count_from_the_folder_or_from_the_root(shop: Path) -> None:
    text = "test_cart.py:3: Error\nshop/cart.py:4: Error"
    assert list(places(text, shop, "tests")) == [("tests/test_cart.py", 3), ("shop/cart.py", 4)]


def test_a_root_behind_a_link(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(shop)
    text = f'File "{tmp_path}/link/shop/cart.py", line 3'
    assert list(places(text, tmp_path / "link")) == [("shop/cart.py", 3)]
    assert list(places(text, shop)) == [("shop/cart.py", 3)]


def test_touched() -> None:
    named = [("a.py", 1), ("b.py", 2), ("a.py", 9), ("c.py", 0)]
    assert touched(named, {}) == ()
    assert touched(named, {"a.py": [(1, 1), (3, 2)], "c.py": [(3, 2)], "z.py": [(3, 2)]}) == (
        Touched("a.py", 9, 1, 1),
        Touched("a.py", 9, 3, 2),
        Touched("c.py", 0, 3, 2),
    )
