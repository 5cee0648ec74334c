"""Moves whose new home lacks what they promise."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from checks import make_plan
from repositories import MakeRepository

from migrate.executors.workers import Workers
from migrate.previewing import Previews, preview

BASE = {"shop/__init__.py": "", "shop/new.py": "class New: ...\n", "shop/old.py": "class Old: ...\nclass Spare: ...\n"}
PACKAGES = {
    "old/__init__.py": "", "old/s1.py": "X = 1\n", "old/s2.py": "Y = 1\n", "old/spare.py": "Z = 1\n",
    "new/__init__.py": "", "new/s1.py": "",
}  # fmt: skip
TAKERS = {
    "a.py": "from old.s1 import X\n", "b.py": "import old.s1\nold.s1.X\n", "c.py": "import old.s2\n",
    "d.py": "from old.s2 import Y\n", "e.py": "from old import s2\n", "old/s1.py": "from .s2 import Y\nX = Y\n",
}  # fmt: skip
WHY = "as shop/new.py does not define"


def moved(make_repository: MakeRepository, files: Mapping[str, str], moves: Mapping[str, str]) -> list[str]:
    plan = make_plan({"phase3": {"move": [{"old": old, "new": new} for old, new in moves.items()]}})
    found = preview(make_repository({**BASE, **files}).open(), plan, 3)
    return [
        *(f"{f.path}: {f.subject}: {f.message}" for f in found.findings if f.code == "missing-export"),
        *(f"note: {note}" for note in found.notes),
    ]


@pytest.mark.parametrize(
    ("files", "moves", "expected"),
    [
        pytest.param({}, {"shop.old:Old": "shop.new:New"}, [], id="object"),
        pytest.param(
            {"shop/new.py": "class New:\n    def inner(self): ...\n"}, {"shop.old:Old": "shop.new:New.inner"}, [], id="member"
        ),
        pytest.param(
            {}, {"shop.old:Old.s": "shop.new:New.nothere"},
            ["shop/new.py: shop.new:New.nothere: phase3.move[0].new: shop.new:New.nothere will not be there, as New in shop/new.py "
             "has no nothere; correct it, or put it there first"], id="member that is not there",
        ),
        pytest.param({}, {"shop.old": "shop.new"}, [], id="module that nobody uses"),
        pytest.param({"plain/x.py": ""}, {"shop.old": "plain"}, [], id="folder without an __init__"),
        pytest.param(
            {}, {"shop.old:Old": "shop.new:Nope"},
            [f"shop/new.py: shop.new:Nope: phase3.move[0].new: shop.new:Nope will not be there, {WHY} Nope; correct it, or put it "
             "there first"], id="object that is not there",
        ),
        pytest.param(
            {}, {"shop.old": "shop.nope"},
            ["shop/nope.py: shop.nope: phase3.move[0].new: shop.nope will not be there, as there is no module shop.nope; correct "
             "it, or put it there first"], id="module that is not there",
        ),
        pytest.param(
            {}, {"shop.old:Old": "numpy:array", "shop.old:Spare": "os:sep", "shop.old2": "flask"},
            ["note: not checked: numpy:array, as numpy is not in this repository",
             "note: not checked: os:sep, as os is in the standard library",
             "note: not checked: flask, as flask is not in this repository"], id="out of sight",
        ),
        pytest.param(
            {"a.py": "from shop.old import Old, __doc__, nowhere\n"}, {"shop.old": "shop.new"},
            [f"shop/new.py: shop.new:Old: phase3.move[0].new: shop.new will not have Old, which 1 place of shop.old takes from "
             f"there (a.py:1), {WHY} Old; put it there first"], id="a name of a module",
        ),
        pytest.param(
            {"a.py": "from shop.old import Old\n", "b.py": "import shop.old\nshop.old.Old\n"}, {"shop.old": "shop.new"},
            [f"shop/new.py: shop.new:Old: phase3.move[0].new: shop.new will not have Old, which 2 places of shop.old take from "
             f"there (a.py:1, b.py:2), {WHY} Old; put it there first"], id="taken twice",
        ),
        pytest.param(
            {"a.py": "from shop.old import Old\n"}, {"shop.old": "shop.new", "shop.old:Old": "shop.new:New"}, [],
            id="a name that goes elsewhere",
        ),
        pytest.param(
            {"a.py": "from shop.old import *\nOld\nprint\n"}, {"shop.old": "shop.new"},
            [f"shop/new.py: shop.new:Old: phase3.move[0].new: shop.new will not have Old, which 1 place of shop.old takes from "
             f"there (a.py:1), {WHY} Old; put it there first"], id="by a star import",
        ),
        pytest.param(
            {"shop/f.py": "from shop.old import *\nSpare = 1\n", "a.py": "from shop.f import Old, Spare\n"},
            {"shop.old": "shop.new"},
            [f"shop/new.py: shop.new:Old: phase3.move[0].new: shop.new will not have Old, which 1 place of shop.old takes from "
             f"there (a.py:1), {WHY} Old; put it there first"], id="by way of another module",
        ),
        pytest.param({**PACKAGES, "new/s2.py": "Y = 1\n", "new/s1.py": "X = 1\n", **TAKERS}, {"old": "new"}, [], id="package"),
        pytest.param(
            {**PACKAGES, **TAKERS}, {"old": "new"},
            ["new/s1.py: new.s1:X: phase3.move[0].new: new.s1 will not have X, which 2 places of old.s1 take from there (a.py:1, "
             "b.py:2), as new/s1.py does not define X; put it there first",
             "new/s2.py: new.s2: phase3.move[0].new: there will be no module new.s2, which 4 places take as old.s2 (c.py:1, d.py:1, "
             "e.py:1 and 1 more); put it there first, or give old.s2 a move of its own"], id="modules of a package",
        ),
        pytest.param(
            {**PACKAGES, **TAKERS}, {"old": "new", "old.s1": "shop.new", "old.s2": "old2"},
            ["shop/new.py: shop.new:X: phase3.move[1].new: shop.new will not have X, which 2 places of old.s1 take from there "
             "(a.py:1, b.py:2), as shop/new.py does not define X; put it there first",
             "note: not checked: old2, as old2 is not in this repository"],
            id="modules of a package that go elsewhere",
        ),
        pytest.param({**PACKAGES, "old/new/__init__.py": "", **TAKERS}, {"old": "old.new"},
            ["old/new/s1.py: old.new.s1: phase3.move[0].new: there will be no module old.new.s1, which 3 places take as old.s1 "
             "(a.py:1, b.py:1, b.py:2); put it there first, or give old.s1 a move of its own",
             "old/new/s2.py: old.new.s2: phase3.move[0].new: there will be no module old.new.s2, which 4 places take as old.s2 "
             "(c.py:1, d.py:1, e.py:1 and 1 more); put it there first, or give old.s2 a move of its own"],
            id="package that moves into itself",
        ),
        pytest.param({"a.py": "import shop.old\nshop.old.Old = 1\n"}, {"shop.old": "shop.new"}, [], id="set"),
    ],
)  # fmt: skip
def test_moves(
    files: Mapping[str, str], moves: Mapping[str, str], expected: list[str], make_repository: MakeRepository
) -> None:
    assert moved(make_repository, files, moves) == expected


def test_a_module_that_becomes_a_redirect(make_repository: MakeRepository) -> None:
    """What its users take from it counts as it is today, and as it was when the redirect is in place."""
    redirect = {"module": "shop.old", "docstring": "D.", "exports": ["shop.new:New"]}
    plan = make_plan({"phase1": {"redirect": [redirect]}, "phase3": {"move": [{"old": "shop.old", "new": "shop.new"}]}})
    repository = make_repository({**BASE, "a.py": "from shop.old import Old\n"})
    found = Previews(repository.open(), plan, Workers(1)).of(3, planned=True)
    assert [f.subject for f in found.findings if f.code == "missing-export"] == ["shop.new:Old"]
    repository.write({"shop/old.py": plan.redirects[0].text()})
    repository.commit()
    assert [f.subject for f in preview(repository.open(), plan, 3).findings] == ["shop.new:Old"]
