from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from checks import TABLES, make_plan
from repositories import MakeRepository

from migrate.executors.workers import Workers
from migrate.findings import Finding
from migrate.preflight.look import PhaseAhead, look, path_of

FILES = {
    "migrate.toml": "[plan]\nname = 'x'\n\tbudget_minutes = 5\n",
    "shop/__init__.py": "",
    "shop/cart.py": "class Cart: ...\ndef spare(): ...\n",
    "shop/basket.py": "class Basket:\n    def __init__(self, context): ...\n",
    "shop/pay.py": "def checkout(): ...\ndef refund(): ...\nclass Till: ...\n",
    "shop/till.py": "class Till: ...\n",
    "shop/pricing/prices.py": "",
    "shop/pricing/lists.py": "",
    "app/a.py": "from shop.cart import Cart, gone\nCart(metadata=1)\n",
    "app/b.py": "from unittest.mock import patch\n@patch('shop.cart.spare')\ndef test(_): ...\n",
    "app/c.py": "from shop.basket import Basket\nBasket(metadata=1, context=2)\n",
}


def plan_with(**more: Any) -> Any:
    tables = {phase: TABLES[phase] for phase in ("phase1", "phase2", "phase3")}
    call = {"callee": "shop.basket:Basket", "rename": {"metadata": "context"}}
    return make_plan({**tables, "phase4": {"call": [call]}, **more}, budget_minutes=5)


@pytest.mark.parametrize("jobs", [1, 2])
def test_all_phases(jobs: int, make_repository: MakeRepository) -> None:
    check = {"name": "it", "run": ["true", "gone.py"]}
    plan = plan_with(phase5={"minutes": 3, "check": [check]})
    repository = make_repository(FILES)
    found = look(repository.open(), plan, repository.root / "migrate.toml", Workers(jobs))
    assert [(p.phase, p.edits, p.files, p.commands, len(p.errors)) for p in found.phases] == [
        (1, 1, 1, 0, 2), (2, 1, 1, 0, 0), (3, 1, 1, 0, 0), (4, 1, 1, 0, 1), (5, 0, 0, 1, 1),
    ]  # fmt: skip
    assert [(f.phase, f.code, f.path, f.line) for f in found.findings] == [
        (1, "dangling-name", "app/a.py", 1),
        (1, "lost-definition", "shop/cart.py", 2),
        (1, "shim-patch", "app/b.py", 2),
        (1, "minutes-mismatch", "migrate.toml", 3),
        (4, "keyword-conflict", "app/c.py", 2),
        (5, "missing-command", "migrate.toml", 1),
    ]
    assert found.phases[0].as_json() == {"phase": 1, "title": "", "edits": 1, "files": 1, "errors": 2, "warnings": 2}
    assert [hole.name for hole in found.holes] == ["gone"]
    assert found.unused == ()
    for phase in found.phases:
        assert (sum(len(file.edits) for file in phase.changes), len(phase.changes)) == (phase.edits, phase.files)


def test_phases_that_the_plan_leaves_out(make_repository: MakeRepository) -> None:
    repository = make_repository(FILES)
    plan = make_plan({"phase4": {"call": [{"callee": "shop.basket:Basket", "rename": {"metadata": "context"}}]}})
    found = look(repository.open(), plan, repository.root / "migrate.toml", Workers(2))
    assert [(phase.phase, len(phase.findings)) for phase in found.phases] == [(4, 1)]
    plan = make_plan({"phase5": {}})
    assert look(repository.open(), plan, repository.root / "migrate.toml").findings == ()


def test_a_string_is_told_once(make_repository: MakeRepository) -> None:
    files = {**FILES, "app/b.py": "import importlib\nimportlib.import_module('shop.cart.gone')\n"}
    repository = make_repository(files)
    found = look(repository.open(), plan_with(), repository.root / "migrate.toml", Workers(1))
    assert [(f.phase, f.code) for f in found.findings if f.path == "app/b.py"] == [(1, "string-reference")]


def test_nothing_is_written(make_repository: MakeRepository) -> None:
    repository = make_repository(FILES)
    before = {path: path.stat().st_mtime_ns for path in repository.root.rglob("*")}
    look(repository.open(), plan_with(), repository.root / "migrate.toml", Workers(2))
    assert {path: path.stat().st_mtime_ns for path in repository.root.rglob("*")} == before


def test_minutes_without_a_line_of_its_own(make_repository: MakeRepository) -> None:
    repository = make_repository({**FILES, "migrate.toml": "plan = {name = 'x', budget_minutes = 5}\n"})
    plan = make_plan({"phase5": {"minutes": 3}}, budget_minutes=5)
    (finding,) = look(repository.open(), plan, repository.root / "migrate.toml").findings
    assert (finding.line, finding.code, finding.phase) == (1, "minutes-mismatch", 5)


def test_path_of_a_plan(tmp_path: Path) -> None:
    assert path_of(tmp_path / "sub/plan.toml", tmp_path) == "sub/plan.toml"
    assert path_of(tmp_path / "sub/../plan.toml", tmp_path) == "plan.toml"
    assert path_of(Path("/nowhere/plan.toml"), tmp_path) == "/nowhere/plan.toml"


def test_errors_of_a_phase() -> None:
    error = Finding(1, "a.py", 1, 0, "dangling-name", "a:B", "x")
    warning = Finding(1, "a.py", 1, 0, "shim-patch", "a:B", "x")
    assert PhaseAhead(1, "", 0, 0, (error, warning), ()).errors == (error,)
