"""A tree that nobody generated: its sites are what the tool makes of it, and all jobs run on it from end to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from repositories import MakeRepository, Repository

from benchmarks.speed.__main__ import main
from benchmarks.speed.ast_grep import rules
from benchmarks.speed.given import truth_of
from benchmarks.speed.results import Results
from benchmarks.speed.task import Call, Move, Task, modules_of, task_of
from benchmarks.speed.tools import FLOOR, NAMES, OURS, Place, steps
from benchmarks.speed.tree import clone

PLAN = """\
[plan]
name = "cart"
[phase1]
[[phase1.redirect]]
module = "shop.cart"
docstring = "Gone."
exports = ["shop.basket:Basket as Cart"]
[phase3]
[[phase3.move]]
old = "shop.cart:Cart"
new = "shop.basket:Basket"
[phase4]
[[phase4.call]]
callee = "shop.basket:Basket"
rename = { was = "now" }
add = { more = "{}" }
"""
FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": "class Cart: ...\n",
    "shop/basket.py": "class Basket:\n    def __init__(self, now=None, more=None): ...\n",
    "app.py": "import os\nfrom shop.cart import Cart\nx = Cart()\n\n\ndef f():\n    from shop.cart import Cart\n",
    "use.py": "from shop.basket import Basket\n\nBasket(\n    was=1,\n)\nx = Basket(was=2)",
}
TASK = Task(
    (Move("shop.cart", "Cart", "shop.basket", "Basket"),),
    (Call("shop.basket", "Basket", {"was": "now"}, {"more": "{}"}),),
)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    file = tmp_path / "plan.toml"
    file.write_text(PLAN, encoding="utf-8")
    return file


@pytest.fixture
def repository(make_repository: MakeRepository) -> Repository:
    return make_repository(FILES)


def test_task(plan: Path) -> None:
    assert task_of(plan) == TASK
    assert modules_of(plan) == {"shop.cart", "shop.basket"}
    assert [TASK.words(phase) for phase in (3, 4, 0)] == [("cart",), ("Basket",), ("Basket", "cart")]
    plan.write_text('[phase3]\n[[phase3.move]]\nold = "a"\nnew = "b"\n', encoding="utf-8")
    with pytest.raises(ValueError, match="moves the module a"):
        task_of(plan)


def test_truth(repository: Repository, plan: Path, tmp_path: Path) -> None:
    place = Place(clone(repository.root, tmp_path), tmp_path, plan, TASK, None)
    truth = truth_of(place)
    assert [(site.line, site.end_line, site.after) for site in truth.of("app.py", 3)] == [
        (2, 2, "from shop.basket import Basket as Cart\n"),
        (7, 7, "    from shop.basket import Basket as Cart\n"),
    ]
    assert [(site.line, site.end_line, site.after) for site in truth.of("use.py", 4)] == [
        (3, 5, "Basket(\n    now=1,\n    more={},\n)\n"),
        (6, 6, "x = Basket(now=2, more={})"),
    ]
    assert truth.apart == {"shop/cart.py", "shop/basket.py"}
    assert truth.objects(3) == {"shop.cart.Cart", "shop.basket.Basket"}
    assert b"was" in (place.root / "use.py").read_bytes()


def test_steps_without_peers(repository: Repository, plan: Path, tmp_path: Path) -> None:
    place = Place(repository.root, tmp_path, plan, TASK, None)
    found = {group: [(step.job, step.tool) for step in steps(place, group, NAMES)] for group in ("phase3", "apply")}
    assert found["phase3"] == [("phase3", OURS), ("phase3", FLOOR)]
    assert [job for job, tool in found["apply"] if tool == OURS] == [
        "apply phase3",
        "rollback phase3",
        "apply phase4",
        "rollback phase4",
    ]
    assert place.named(3) == ["app.py"]


def test_rules_are_documents() -> None:
    found = [json.loads(part) for phase in (3, 4) for part in rules(TASK, phase).split("\n---\n")]
    assert len({rule["id"] for rule in found}) == 3
    assert all(rule["fix"] and rule["rule"] for rule in found)


@pytest.mark.long
@pytest.mark.unmeasured
def test_from_end_to_end(repository: Repository, plan: Path, tmp_path: Path) -> None:
    kept, page = tmp_path / "results.json", tmp_path / "page.md"
    arguments = ["tree", str(repository.root), str(plan), "--title", "A shop", "--runs", "1", "--json", str(kept)]
    assert main([*arguments, "--write", str(page), "--folder", str(tmp_path)]) == 0
    (tree,) = Results.read(kept).trees
    assert tree.files == 5
    assert {row.job for row in tree.rows if row.tool == OURS} == {
        *("phase3", "phase4", "apply phase3", "rollback phase3", "apply phase4", "rollback phase4"),
        *("check", "guard", "guard --staged", "--help"),
    }
    assert [row.failed for row in tree.rows] == [""] * len(tree.rows)
    assert [(each.phase, each.tool, each.counts["right"]) for each in tree.written] == [(3, OURS, 2), (4, OURS, 2)]
    assert "## A shop" in page.read_text(encoding="utf-8")
    assert str(tmp_path) not in page.read_text(encoding="utf-8")
    assert repository.git("status", "--porcelain") == b""
