"""Phase 1: the deprecated module becomes a redirect, whatever state its file is in."""

from __future__ import annotations

from bowler import Query

from migrate.plan import Plan
from phases.redirects import redirect_query

EXAMPLE = (
    "class Cart:\n    def total(self):\n        return 0\n",
    '"""DEPRECATED: use shop.basket."""\nfrom shop.basket import Basket as Cart\n\n__all__ = ["Cart"]\n',
)


def build(plan: Plan) -> Query:
    """The query of phase 1: every `[[phase1.redirect]]`."""
    return redirect_query(plan, plan.phase1.redirect if plan.phase1 else ())
