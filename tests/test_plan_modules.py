from __future__ import annotations

from typing import Any

import pytest

from migrate.plan import parse_plan
from migrate.plan_modules import module_files

CHECKS: dict[str, Any] = {"phase5": {"check": [{"name": "true", "run": ["true"]}]}}
REDIRECT = {"module": "a.old", "docstring": "Old.", "exports": ["b:Name"]}
MOVES = {"phase3": {"move": [{"old": "a.old:Name", "new": "b:Name"}, {"old": "c", "new": "d"}]}}
CALLS = {"phase4": {"call": [{"callee": "b:f", "add": {"x": "y"}, "imports": ["e:y"]}]}}


@pytest.mark.parametrize(
    ("phases", "modules"),
    [
        pytest.param(CHECKS, [], id="checks name none"),
        pytest.param({"phase1": {"redirect": [REDIRECT]}}, ["a", "a/old", "b"], id="redirects, and their homes"),
        pytest.param({"phase2": {"redirect": [REDIRECT]}}, ["a", "a/old", "b"], id="the same in phase 2"),
        pytest.param(MOVES, ["a", "a/old", "b", "c", "d"], id="moves, of objects and of modules"),
        pytest.param(CALLS, ["b", "e"], id="callees, and what new values name"),
    ],
)
def test_modules_and_their_packages(phases: dict[str, Any], modules: list[str]) -> None:
    plan = parse_plan({"plan": {"name": "plan"}, **phases}, "migrate.toml")
    assert sorted(module_files(plan)) == sorted(f"{m}{end}" for m in modules for end in (".py", "/__init__.py"))


def test_source_roots() -> None:
    plan = parse_plan(
        {"plan": {"name": "plan", "source_roots": ["src", "."]}, "phase4": CALLS["phase4"]}, "migrate.toml"
    )
    assert module_files(plan)[:2] == ("b.py", "b/__init__.py")
    assert {"src/e.py", "src/e/__init__.py"} < set(module_files(plan))
