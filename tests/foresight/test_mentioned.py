"""Files of any kind that speak of what nothing is known to use."""

from __future__ import annotations

import pytest
from repositories import MakeRepository
from world import redirect_plan

from migrate.executors.workers import Workers
from migrate.foresight.mentioned import Mentions
from migrate.previewing import Previews

PLAN = '[[phase1.redirect]]\nmodule = "a.old"\nexports = []\ndrop = ["tool"]\n# a.old:tool\n'


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        pytest.param("x.md", "tool\n", None, id="the name alone"),
        pytest.param("x.md", "b.a.old:tool, a.older:tool\n", None, id="of other modules"),
        pytest.param("x.md", "a.old:tools\n", None, id="another name"),
        pytest.param("a/old.py", "a.old:tool\n", None, id="its own file"),
        pytest.param("migrate.toml", PLAN, None, id="a plan"),
        pytest.param("x.py", "from a.old import T\ntool = T()\n# tool\n", None, id="another object of a file that is read"),
        pytest.param("x.bin", "a.old:tool\0\n", None, id="no text"),
        pytest.param("pyproject.toml", '[project.scripts]\nx = "a.old:tool"\n', 2, id="entry point"),
        pytest.param("conf.yaml", "a: 1\nb:\n  - a.old.tool\n", 3, id="configuration"),
        pytest.param("bin/x", "#!/usr/bin/env python\nimport a.old\na.old.tool()\n", 3, id="script"),
        pytest.param("bin/x", "from a.old import (\n    tool,\n)\n", 2, id="import of a script"),
        pytest.param("bin/x", "from a import old\nold.tool()\n", 2, id="module of a script"),
        pytest.param("x.py", "import a.old as o\nprint o.tool\n", 2, id="Python 2"),
        pytest.param("a/x.py", "from . import old\nprint old.tool\n", 2, id="Python 2, relative"),
        pytest.param("a/x.py", "from .old import T\nprint getattr(T, 'tool')\n", 2, id="Python 2, relative name"),
        pytest.param("x.py", "import a.old as o\nf = o.__dict__['tool']\n", 2, id="name in a string"),
        pytest.param("x.ipynb", '{"source": ["x\\\\na.old.tool()\\\\n"]}\n', 1, id="notebook"),
        pytest.param("x.ipynb", '{"source": ["from a.old import *\\\\ntool()\\\\n"]}\n', 1, id="notebook, by itself"),
    ],
)  # fmt: skip
def test_mentions(path: str, text: str, line: int | None, make_repository: MakeRepository) -> None:
    git = make_repository({"a/old.py": "def tool(): ...\n", path: text.replace("\\\\", "\\")}).open()

    def read(name: str) -> bytes:
        return (git.root / name).read_bytes()

    expected = {} if line is None else {("a.old", "tool"): f"{path}:{line}"}
    assert Mentions(git, read).of({"a.old": ["tool", "other"], "b.old": []}, {"a/old.py"}) == expected


def test_what_is_mentioned_is_not_dropped(make_repository: MakeRepository) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/new.py": "class New: ...\n",
        "shop/old.py": "class New: ...\ndef tool(): ...\ndef spare(): ...\n",
        "pyproject.toml": '[project.scripts]\ntool = "shop.old:tool"\n',
    }
    outlook = Previews(make_repository(files).open(), redirect_plan(["shop.new:New"]), Workers(1)).ahead()
    assert [unused.name for unused in outlook.unused] == ["spare"]
    assert [finding.message.partition("without it, and ")[2] for finding in outlook.findings] == [
        "no import of it is in this repository, but it is mentioned in pyproject.toml:2; move its definition to a module "
        "that stays and export it from there",
        'nobody in this repository uses it; move its definition to a module that stays, or write drop = ["spare"]',
    ]
