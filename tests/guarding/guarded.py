"""A plan to be guarded, and findings of `migrate guard` made by hand or found in a small repository."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from msgspec import structs
from repositories import Repository

from migrate.executors.workers import Workers
from migrate.findings import Finding
from migrate.guarding.look import Looked, TreeLook
from migrate.guarding.search import Search
from migrate.guarding.seen import Seen, see
from migrate.guarding.staged import StagedLook, staged
from migrate.plan import Plan, parse_plan
from migrate.source import Source
from migrate.tree import Tree

MODULES: Mapping[str, str] = {
    "shop/__init__.py": "",
    "shop/basket.py": "class Basket:\n    def __init__(self, owner=None, context=None): ...\n",
    "shop/pay.py": "class Till: ...\n\ndef checkout(basket): ...\n\nEUR = 1\n",
    "shop/cart.py": "from shop.basket import Basket as Cart\nfrom shop.pay import checkout\n",
    "shop/till.py": "from shop.pay import EUR, Till\n",
    "shop/pricing/__init__.py": "",
    "shop/pricing/prices.py": "def net(): ...\n",
    "shop/prices.py": "from shop.pricing.prices import net\n",
}


def make_plan(**changes: Any) -> Plan:
    """`shop.cart` redirects, and one of its names moves; `shop.till` redirects, and none does; `shop.prices` moves."""
    tables: dict[str, Any] = {
        "plan": {"name": "basket"},
        "phase1": {
            "redirect": [
                {
                    "module": "shop.cart",
                    "docstring": "Old.",
                    "exports": ["shop.basket:Basket as Cart", "shop.pay:checkout"],
                },
                {"module": "shop.till", "docstring": "Old.", "exports": ["shop.pay:EUR", "shop.pay:Till"]},
            ]
        },
        "phase3": {
            "move": [
                {"old": "shop.cart:Cart", "new": "shop.basket:Basket"},
                {"old": "shop.prices", "new": "shop.pricing.prices"},
            ]
        },
        "phase4": {"call": [{"callee": "shop.basket:Basket", "rename": {"metadata": "context"}}]},
        "phase5": {},
    }
    tables |= changes
    return parse_plan({key: value for key, value in tables.items() if value is not None}, "migrate.toml")


def seen_at(
    content: str | bytes = "from shop.cart import Cart\n",
    line: int = 1,
    column: int = 0,
    **facts: Any,
) -> Seen:
    """A finding as the look gives it."""
    given = {"path": "app/page.py", "code": "deprecated-import", "subject": "shop.cart:Cart", "message": "run phase3"}
    finding = Finding(5, line=line, column=column, **{**given, **facts})
    return see(finding, Source(content.encode() if isinstance(content, str) else content))


def at_path(seen: Seen, path: str) -> Seen:
    return structs.replace(seen, finding=structs.replace(seen.finding, path=path))


def look_at_tree(repository: Repository, plan: Plan, jobs: int = 1) -> Looked:
    """What `migrate guard` finds."""
    git = repository.open()
    search = Search(git, plan)
    look = TreeLook(plan, 5, Tree(git).read_if_there, git, search, Workers(jobs))
    look.prepare()
    return look.look(search.candidates())


def look_at_staged(repository: Repository, plan: Plan) -> Looked:
    """What `migrate guard --staged` finds."""
    git = repository.open()
    with staged(git, plan) as files:
        return StagedLook(plan, 5, files.index.read, git, files).look()


def places(looked: Looked) -> list[tuple[str, int, int, str, str]]:
    """Path, line, column, code and subject of each finding."""
    found = (each.finding for each in looked.seen)
    return [(f.path, f.line, f.column, f.code, f.subject) for f in found]


LINES = (
    "from shop.cart import Cart", "from shop.cart import Cart as C, checkout", "import shop.cart as sc", "from shop import cart",
    "from shop.cart import *", "import shop.prices", "from shop import prices as p", "from shop.prices import net",
    "from shop.till import Till", "import shop.till", "from shop.basket import Basket", "import shop.basket",
    "from shop import basket", "cart.Cart", "sc.Cart()", "getattr(cart, 'Cart')", "from lib0 import Basket as L0", "import lib1", "from lib1 import *", "from lib2 import C as L2",
    "from shop.cart import Cart  # migrate: keep", "Basket(metadata=1)", "Basket(1, **{'metadata': 2})", "basket.Basket(metadata=3)",
    "shop.basket.Basket(\n    metadata=4,\n)", "L0(metadata=5)", "lib1.Basket(metadata=6)", "Basket(context=7)",
    "patch('shop.cart.Cart')", "patch('shop.prices.net')", "def f(Basket): return Basket(metadata=8)",
    "def g():\n    from shop.cart import Cart\n    return Cart()", "class H(Basket): pass", "H(metadata=9)", "x = Basket",
    "x(metadata=10)", "b = Basket(); b.metadata", "partial(Basket, metadata=11)", "# shop.cart.Cart",
    "if TYPE_CHECKING:\n    from shop.cart import Cart", "dataclasses.replace(b, metadata=12)", "é = 'ü'; L2()", "x: 'Cart' = 1",
    "from lib0 import Wagon", "from shop.cart import Cart as Wagon", "Wagon(metadata=13)", "import lib3", "lib3.sc.Cart", "lib3.cart.Cart",
    "Alias = Basket", "from lib3 import Alias as A", "A(metadata=14)", "from lib2 import H as H2", "H2(metadata=15)", "from lib0 import *",
    "class Z(H2):\n    def f(self): super().__init__(metadata=16)", "from lib1 import p as q", "q.net()", "with Basket() as w: w.metadata",
)  # fmt: skip
"""Lines of which files at random are made; most only mean something after some others."""


def files_at_random(seed: int) -> dict[str, str]:
    """Modules that take names from each other, and others that use them."""
    chance = random.Random(seed)
    names = [f"lib{n}.py" for n in range(4)] + [f"app/page{n}.py" for n in range(12)]
    files = {name: "\n".join(chance.choices(LINES, k=chance.randint(2, 12))) + "\n" for name in names}
    return {
        name: text.replace(f"from {name[:4]} import", "from lib3 import") for name, text in files.items()
    }  # not itself
