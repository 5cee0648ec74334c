from __future__ import annotations

from collections.abc import Mapping

import pytest
from checks import make_plan
from repositories import MakeRepository

from migrate.edits import Edit, Span
from migrate.foresight.later import Later
from migrate.foresight.survey import Survey
from migrate.foresight.uses import find_users
from migrate.modules import module_of

PLAN = make_plan({"phase5": {}}, exclude=["vendor/**"], include=["bin/tool"])


def survey(make_repository: MakeRepository, files: Mapping[str, str]) -> Survey:
    git = make_repository(files).open()
    return Survey(git, PLAN, lambda path: (git.root / path).read_bytes())


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"a.py": "x = 1\n", "a.md": "from shop.old import X\n"}, [], id="nobody"),
        pytest.param({"a.py": "from shop.old import X\n"}, ["a.py:1 shop.old.X"], id="a user"),
        pytest.param({"vendor/a.py": "from shop.old import X\n"}, ["vendor/a.py:1 shop.old.X"], id="excluded"),
        pytest.param({"bin/tool": "from shop.old import X\n"}, ["bin/tool:1 shop.old.X"], id="included"),
        pytest.param({"a.pyi": "from shop.old import X\n"}, ["a.pyi:1 shop.old.X"], id="stub"),
        pytest.param({"shop/a.py": "from .old import X\n"}, ["shop/a.py:1 shop.old.X"], id="relative"),
        pytest.param({"a.py": "from shop . old import X\n"}, ["a.py:1 shop.old.X"], id="blanks"),
        pytest.param({"a.py": "import shop as s\ns.old.X\n"}, ["a.py:2 shop.old.X"], id="through its package"),
        pytest.param(
            {"f.py": "from shop.old import *\n", "g.py": "from f import *\n", "a.py": "from g import X\n"},
            ["a.py:1 shop.old.X by way of g", "f.py:1 shop.old.*", "g.py:1 shop.old.* by way of f"], id="stars in a row",
        ),
        pytest.param(
            {"f.py": "from shop.old import *\nfrom shop.old2 import *\n", "a.py": "import f\nf.X\n"},
            ["a.py:2 shop.old.X by way of f", "a.py:2 shop.old2.X by way of f", "f.py:1 shop.old.*", "f.py:2 shop.old2.*"],
            id="stars of two",
        ),
        pytest.param(
            {"f.py": "from g import *\nfrom shop.old import *\n", "g.py": "from f import *\n"},
            ["f.py:1 shop.old.* by way of g", "f.py:2 shop.old.*", "g.py:1 shop.old.* by way of f"], id="stars in a circle",
        ),
        pytest.param(
            {"f.py": "import shop.old as o\n", "a.py": "from f import o\no.X\n", "b.py": "import f\nf.o.X\nf.x\n"},
            ["a.py:2 shop.old.X", "b.py:2 shop.old.X"], id="by another name",
        ),
    ],
)  # fmt: skip
def test_users(files: Mapping[str, str], expected: list[str], make_repository: MakeRepository) -> None:
    found = survey(make_repository, {"shop/old.py": "from shop.old2 import X\n", **files}).users(
        {"shop.old", "shop.old2"}
    )
    told = [f"{use.place} {use.dotted}" + (f" by way of {use.via}" if use.via else "") for use in found]
    assert told == expected


def test_inside_a_package(make_repository: MakeRepository) -> None:
    files = {"shop/old/__init__.py": "", "shop/old/a.py": "from . import X\n", "shop/old/b/c.py": "from .. import Y\n"}
    found = survey(make_repository, files).users({"shop.old"})
    assert [(use.path, use.name) for use in found] == [("shop/old/a.py", "X"), ("shop/old/b/c.py", "Y")]


def test_namesakes(make_repository: MakeRepository) -> None:
    files = {
        "shop/a.py": "class X: ...\nclass X: ...\nasync  def y(): ...\n    def Z(): ...\nclass XX: ...\n",
        "shop/b/__init__.py": "def X(): ...\n",
        "tests/c.py": "class X: ...\n",
        "shop/test_d.py": "class X: ...\n",
        "conftest.py": "class X: ...\n",
    }
    found = survey(make_repository, files)
    assert found.namesakes(["X", "y", "Z"]) == {"X": ("shop.a.X", "shop.b.X"), "y": ("shop.a.y",)}
    assert found.namesakes([]) == {}


def test_places_after_edits_are_found_again() -> None:
    before = b"# \xc3\xa9\r\nfrom shop.old import A, B\r\nimport shop.old as m; m.A; m.C\r\nm.D\r\n"
    after = {
        b"from shop.old import A, B": b"from shop.new import A\r\nfrom shop.old import B",
        b"m.A": b"new.A",
    }
    edits = [
        Edit(Span(before.index(old), before.index(old) + len(old)), new, "import", site)
        for site, (old, new) in enumerate(after.items())
    ]
    later = Later(lambda _: before, {"a.py": before}.get, {"a.py": edits})
    assert later.read_if_there("b.py") is None
    content = later.read("a.py")
    assert content == later.read_if_there("a.py")
    found = find_users("a.py", content, module_of("a.py", ["."]), {"shop.old"})
    places = {use.name: later.as_it_is(use) for use in found if use.kind != "module"}
    assert {name: (use.line, use.column, use.last_line) for name, use in places.items()} == {
        "B": (2, 24, 2), "C": (3, 27, 3), "D": (4, 0, 4),
    }  # fmt: skip
    assert before[places["C"].span.start : places["C"].span.end] == b"m.C"
