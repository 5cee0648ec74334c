"""Callees of phase 4 that are not there."""

from __future__ import annotations

import pytest
from checks import make_plan
from repositories import MakeRepository

from migrate.previewing import preview

FILES = {
    "shop/__init__.py": "from shop.new import there\n",
    "shop/new.py": "class There:\n    def f(self, b): ...\nthere = There()\n",
    "shop/open/__init__.py": "from elsewhere import *\n",
    "src/own/__init__.py": "",
    "bare/mod.py": "",
}


@pytest.mark.parametrize(
    ("callee", "expected"),
    [
        pytest.param("shop.new:There", [], id="there"),
        pytest.param("shop.there:f", [], id="inside of an object"),
        pytest.param("elsewhere.mod:Missing", [], id="outside of the repository"),
        pytest.param("bare.nope:Missing", [], id="no package"),
        pytest.param("shop.open.nope:Missing", [], id="perhaps from a star import"),
        pytest.param("shop.new:Missing", ["shop/new.py: shop.new:Missing: shop.new has no Missing"], id="object"),
        pytest.param("shop.nope:Missing", ["shop/nope.py: shop.nope:Missing: there is no module shop.nope"], id="module"),
        pytest.param(
            "shop.nope.deep:Missing", ["shop/nope/deep.py: shop.nope.deep:Missing: there is no module shop.nope.deep"],
            id="package",
        ),
        pytest.param("own.nope:Missing", ["own/nope.py: own.nope:Missing: there is no module own.nope"], id="source root"),
    ],
)  # fmt: skip
def test_callees(callee: str, expected: list[str], make_repository: MakeRepository) -> None:
    plan = make_plan({"phase4": {"call": [{"callee": callee, "rename": {"a": "b"}}]}}, source_roots=[".", "src"])
    found = preview(make_repository(FILES).open(), plan, 4)
    told = [f"{f.path}: {f.subject}: {f.message}" for f in found.findings if f.code == "missing-export"]
    assert told == [f"{each}; correct phase4.call[0].callee" for each in expected]
