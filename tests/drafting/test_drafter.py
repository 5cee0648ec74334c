"""A first plan of a small repository."""

from __future__ import annotations

from collections.abc import Mapping

from repositories import MakeRepository

from migrate.drafting.draft import Draft
from migrate.drafting.drafter import Drafter
from migrate.drafting.text import render
from migrate.refs import ObjectRef


def draft(make_repository: MakeRepository, files: Mapping[str, str], old: str, new: str) -> Draft:
    git = make_repository(files).open()
    return Drafter(git, ObjectRef.parse(old), ObjectRef.parse(new)).draft()


def test_what_some_file_mentions_is_not_dropped(make_repository: MakeRepository) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/new.py": "class Cart: ...\n",
        "shop/old.py": "class Cart:\n    a = 1\n    b = 2\n    c = 3\ndef main(): ...\ndef spare(): ...\n",
        "app.py": "from shop.old import Cart\n",
        "pyproject.toml": '[project.scripts]\nx = "shop.old:main"\n',
    }
    found = draft(make_repository, files, "shop.old:Cart", "shop.new:Cart")
    redirect = found.redirects[0]
    assert [name.name for name in redirect.drop] == ["spare"]
    assert [(name.name, name.mentioned) for name in redirect.left] == [("main", "pyproject.toml:2")]
    assert "#   main (mentioned in pyproject.toml:2): defined only there; move its definition first" in render(
        found, ""
    )
