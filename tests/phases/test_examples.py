"""Every phase's EXAMPLE is what its query does."""

from __future__ import annotations

from importlib import import_module

import pytest
from checks import make_plan

from migrate.plan import Plan
from migrate.rewrite import CompiledQuery

REDIRECT = {
    "redirect": [
        {"module": "shop.cart", "docstring": "DEPRECATED: use shop.basket.", "exports": ["shop.basket:Basket as Cart"]}
    ]
}
CALL = {"callee": "shop.basket:Basket", "rename": {"metadata": "context"}, "add": {"audit": "{}"}}
TABLES = {
    1: {"phase1": REDIRECT},
    2: {"phase2": REDIRECT},
    3: {"phase3": {"move": [{"old": "shop.cart:Cart", "new": "shop.basket:Basket"}]}},
    4: {"phase4": {"call": [CALL]}},
    5: {"phase3": {"move": [{"old": "shop.cart:Cart", "new": "shop.basket:Basket"}]}, "phase5": {}},
}


def run(phase: int, text: str) -> tuple[str, bool]:
    query = import_module(f"phases.phase{phase}").build(make_plan(TABLES[phase]))
    found = CompiledQuery(query).run(text.removesuffix("\n"), "shop/cart.py")
    # one statement may become two: the query joins them on one line
    return found.text.replace("; ", "\n").removesuffix("\n") + "\n", found.selected


@pytest.mark.parametrize("phase", TABLES)
def test_example(phase: int) -> None:
    before, after = import_module(f"phases.phase{phase}").EXAMPLE
    assert run(phase, before) == (after, True)
    assert run(phase, after)[0] == after


@pytest.mark.parametrize("phase", TABLES)
def test_a_plan_without_the_phase_selects_nothing(phase: int) -> None:
    module = import_module(f"phases.phase{phase}")
    other = "phase5" if phase != 5 else "phase2"
    plan: Plan = make_plan({other: TABLES[2]["phase2"] if other == "phase2" else {}})
    found = CompiledQuery(module.build(plan)).run(module.EXAMPLE[0].removesuffix("\n"), "shop/cart.py")
    assert not found.selected
