"""Phase 2: the second, consolidated module becomes a redirect as well."""

from __future__ import annotations

from bowler import Query

from migrate.plan import Plan
from phases.redirects import redirect_query

EXAMPLE = (
    "class Cart:\n    def total(self):\n        return 0\n",
    '"""DEPRECATED: use shop.basket."""\nfrom shop.basket import Basket as Cart\n\n__all__ = ["Cart"]\n',
)


def build(plan: Plan) -> Query:
    """The query of phase 2: every `[[phase2.redirect]]`."""
    return redirect_query(plan, plan.phase2.redirect if plan.phase2 else ())
