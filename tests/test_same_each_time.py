"""Sets have another order in each process; results have not."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from repositories import MakeRepository

MOVE = """
[plan]
name = "same"
[phase3]
rename_uses = true
[[phase3.move]]
old = "shop.cart:Cart"
new = "shop.basket:Basket"
"""
CALLS = """
[plan]
name = "same"
[[phase4.call]]
callee = "shop.basket:Basket"
rename = { metadata = "context" }
[[phase4.call]]
callee = "shop.crate:Crate"
rename = { label = "name" }
"""
SHOP = {
    "shop/__init__.py": "",
    "shop/cart.py": "class Cart: ...\n",
    "shop/basket.py": "class Basket:\n    def __init__(self, context=None, **rest): super().__init__(**rest)\n",
    "shop/crate.py": "class Crate:\n    def __init__(self, name=None, **rest): super().__init__(**rest)\n",
    "app/__init__.py": "",
}
CASES = {
    "two star imports after a callee": (
        4,
        {
            "app/other.py": "class Basket:\n    def __init__(self, metadata=None): ...\n",
            "app/uses.py": "from shop.basket import Basket\nfrom shop.basket import *\nfrom app.other import *\nBasket(metadata=1)\n",
        },
        {},
        {("app/uses.py", 4, "shadowed")},
    ),
    "the star import of the callee is the last one": (
        4,
        {
            "app/other.py": "class Basket:\n    def __init__(self, metadata=None): ...\n",
            "app/uses.py": "from shop.basket import Basket\nfrom app.other import *\nfrom shop.basket import *\nBasket(metadata=1)\n",
        },
        {"app/uses.py": 1},
        set(),
    ),
    "a class of two constructors": (
        4,
        {
            "app/both.py": "from shop.basket import Basket\nfrom shop.crate import Crate\nclass Both(Basket, Crate): ...\n",
            "app/uses.py": "from app.both import Both\nBoth(metadata=1)\nBoth(label=1)\nBoth(context=1)\n",
        },
        {},
        {("app/uses.py", 2, "subclass-super"), ("app/uses.py", 3, "subclass-super")},
    ),
    "a name that two modules pass on": (
        3,
        {
            "app/a.py": "from shop.cart import Cart\nx = Cart()\n",
            "app/b.py": "from shop.cart import Cart\ny = Cart()\n",
            "app/s.py": "from app.a import *\nfrom app.b import *\n",
            "app/t.py": "from app.s import Cart\nCart()\n",
        },
        {"app/a.py": 1, "app/b.py": 1},
        {("app/a.py", 1, "name-collision"), ("app/b.py", 1, "name-collision")},
    ),
    "star imports in a circle": (
        3,
        {
            "app/a.py": "__all__ = ['one']\nfrom app.b import *\none = 1\n",
            "app/b.py": "from app.a import *\ntwo = 2\n",
            "app/uses.py": "from shop.cart import Cart\nfrom app.a import *\nfrom app.b import *\nCart()\n",
        },
        {"app/uses.py": 1},
        {("app/uses.py", 1, "name-collision")},
    ),
}


@pytest.mark.processes_unmeasured
@pytest.mark.parametrize(("phase", "files", "edits", "findings"), CASES.values(), ids=CASES)
def test_in_every_process(
    phase: int,
    files: dict[str, str],
    edits: dict[str, int],
    findings: set[tuple[str, int, str]],
    make_repository: MakeRepository,
) -> None:
    repository = make_repository({"migrate.toml": MOVE if phase == 3 else CALLS, **SHOP, **files})
    command = [sys.executable, "-P", "-m", "migrate", f"phase{phase}", "--dry-run", "--json", "--quiet"]
    for seed in ("0", "1", "2", "4"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(command, cwd=repository.root, env=environment, capture_output=True, check=True)
        found = json.loads(done.stdout)
        assert {file["path"]: len(file["edits"]) for file in found["files"]} == edits
        assert {(each["path"], each["line"], each["code"]) for each in found["manual"]} == findings
