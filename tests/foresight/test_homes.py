from __future__ import annotations

from collections.abc import Mapping

import pytest

from migrate.foresight.homes import Has, Homes
from migrate.foresight.surface import read_surface
from migrate.modules import ModuleName

FILES = {
    "shop/__init__.py": "from shop.new import A as exported\n",
    "shop/new.py": "class A: ...\nfrom shop.money import Coin, Gone as Lost\nfrom os import sep\nimport json, shop.money\n",
    "shop/money.py": "class Coin: ...\n_hidden = 1\n__version__ = '1'\n",
    "shop/starred.py": "from shop.money import *\nfrom shop.listed import *\n",
    "shop/listed.py": "__all__ = ['_one', 'sub']\n_one = two = 1\n",
    "shop/outer.py": "from elsewhere import *\n",
    "shop/dynamic.py": "def __getattr__(name): ...\n",
    "shop/made.py": "globals()['x'] = 1\ndef f():\n    global y\n    y = 1\n",
    "shop/bare.py": "x: int\ny = 1\ndel y\n",
    "shop/broken.py": "class A: ...\ndef (\n",
    "shop/typed.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop.money import Coin\n",
    "shop/circle.py": "from shop.circle2 import X\n",
    "shop/circle2.py": "from shop.circle import X\n",
    "shop/old.py": "class Old: ...\n",
    "shop/pack/__init__.py": "",
    "shop/pack/sub.py": "",
    "plain/mod.py": "X = 1\n",
    "email/mine.py": "X = 1\n",
    "src/inside/__init__.py": "",
    "src/inside/mod.py": "X = 1\n",
}
REDIRECTS = {
    "shop.old": {"Old": "shop.new.A", "Broken": "shop.new.Nope", "Other": "shop.old2.Thing"},
    "shop.old2": {"Thing": "shop.money.Coin"},
}


def homes(redirects: Mapping[str, Mapping[str, str]] = REDIRECTS) -> Homes:
    folders = {"plain", "shop", "email", "shop/pack", "src/inside"}
    contents = {path: text.encode() for path, text in FILES.items()}
    return Homes(contents.get, [".", "src"], folders.__contains__, redirects)


@pytest.mark.parametrize(
    ("module", "name", "expected"),
    [
        ("shop.new", "A", "yes"),
        ("shop.new", "Coin", "yes"),
        ("shop.new", "__doc__", "yes"),
        ("shop.money", "__version__", "yes"),
        ("shop", "exported", "yes"),
        ("shop", "new", "yes"),
        ("shop.pack", "sub", "yes"),
        ("shop.starred", "Coin", "yes"),
        ("shop.starred", "_one", "yes"),
        ("shop.broken", "A", "yes"),
        ("plain.mod", "X", "yes"),
        ("inside.mod", "X", "yes"),
        ("shop.old", "Old", "yes"),
        ("shop.old", "Other", "yes"),
        ("shop.old", "__all__", "yes"),
        ("shop.new", "shop", "yes"),
        ("shop.new", "B", "no: shop/new.py: shop/new.py does not define B"),
        ("shop.new", "Lost", "no: shop/money.py: shop/money.py does not define Gone"),
        ("shop.bare", "x", "no: shop/bare.py: shop/bare.py does not define x"),
        ("shop.bare", "y", "no: shop/bare.py: shop/bare.py does not define y"),
        ("shop.money", "__author__", "no: shop/money.py: shop/money.py does not define __author__"),
        ("shop.starred", "_hidden", "no: shop/starred.py: shop/starred.py does not define _hidden"),
        ("shop.starred", "two", "no: shop/starred.py: shop/starred.py does not define two"),
        ("shop.typed", "Coin", "no: shop/typed.py: shop/typed.py imports Coin for type checkers only"),
        ("shop.circle", "X", "no: shop/circle.py: shop.circle.X is imported in a circle and defined nowhere"),
        ("shop.nope", "X", "no: shop/nope.py: there is no module shop.nope"),
        ("plain.nope", "X", "no: plain/nope.py: there is no module plain.nope"),
        ("inside.nope", "X", "no: inside/nope.py: there is no module inside.nope"),
        ("shop.old", "Broken", "no: shop/new.py: shop/new.py does not define Nope"),
        ("shop.old", "Gone", "no: shop/old.py: shop.old becomes a redirect without Gone"),
        ("shop.new.A", "inner", "unchecked: shop/new.py: shop.new.A.inner is inside of an object, which is not checked"),
        ("shop.new", "sep", "unchecked: : os is in the standard library"),
        ("shop.new", "json", "unchecked: : json is not checked"),
        ("elsewhere", "X", "unchecked: : elsewhere is not in this repository"),
        ("email.nope", "X", "unchecked: : email.nope is in the standard library"),
        ("shop.outer", "X", "unchecked: : elsewhere is not in this repository"),
        ("shop.dynamic", "X", "unchecked: shop/dynamic.py: shop/dynamic.py makes names in its __getattr__"),
        ("shop.made", "x", "unchecked: shop/made.py: shop/made.py makes names while it runs"),
        ("shop.broken", "X", "unchecked: shop/broken.py: shop/broken.py does not parse"),
    ],
)  # fmt: skip
def test_has(module: str, name: str, expected: str) -> None:
    answer = homes().has(module, name)
    told = answer.has.value if answer.has is Has.YES else f"{answer.has.value}: {answer.path}: {answer.reason}"
    assert told == expected


@pytest.mark.parametrize(
    ("module", "name", "expected"),
    [
        ("shop.money", "Coin", Has.YES),
        ("shop.money", "_hidden", Has.NO),
        ("shop.listed", "_one", Has.YES),
        ("shop.listed", "two", Has.NO),
        ("shop.starred", "Coin", Has.YES),
        ("shop.pack", "sub", Has.NO),
        ("shop.old", "Old", Has.YES),
        ("shop.old", "Gone", Has.NO),
        ("shop.made", "x", Has.UNCHECKED),
        ("shop.made", "y", Has.UNCHECKED),
        ("shop.outer", "X", Has.UNCHECKED),
    ],
)
def test_brings(module: str, name: str, expected: Has) -> None:
    assert homes().brings(module, name).has is expected


def test_before_the_redirects() -> None:
    former = read_surface(b"class Ancient: ...\n", ModuleName("shop.old", is_package=False))
    today = homes().before({"shop.old": ("shop/old.py", former)})
    assert today.has("shop.old", "Ancient").has is Has.YES
    assert homes().before({}).has("shop.old", "Old").has is Has.YES
    assert homes().has("shop.old", "Ancient").has is Has.NO


def test_split_and_defining() -> None:
    found = homes()
    assert found.split("shop.new.A.inner") == ("shop.new", "A.inner")
    assert found.split("numpy.array") == ("numpy", "array")
    assert found.split("numpy") == ("", "numpy")
    assert found.defining(["shop.new", "shop.money"], "Coin") == ("shop.new", "shop.money")
    assert found.is_folder("plain")
    assert not found.is_folder("shop.gone")


def test_star_imports_all_over() -> None:
    """Each module is looked at once."""
    count = 40
    text = "".join(f"from pkg.m{number} import *\n" for number in range(count))
    contents = {f"pkg/m{number}.py": text.encode() for number in range(count)} | {"pkg/__init__.py": b""}
    found = Homes(contents.get, ["."], lambda _: True)
    assert found.has("pkg.m0", "X").reason == "pkg/m0.py does not define X"
    contents["pkg/m39.py"] = b"X = 1\n"
    assert Homes(contents.get, ["."], lambda _: True).has("pkg.m0", "X").has is Has.YES
