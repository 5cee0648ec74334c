"""Phase 4: calls of a changed constructor or function get the keywords that it takes now."""

from __future__ import annotations

from collections.abc import Callable

from bowler import Query
from bowler.types import LN, Capture, Filename
from fissix.pytree import Node

from migrate.plan import Call, Plan
from phases.call_arguments import add_keyword, keywords, remove_keyword, rename_keyword, spreads_mapping
from phases.patterns import call_of

EXAMPLE = (
    'shop.basket.Basket(owner, metadata={"a": 1})\n',
    'shop.basket.Basket(owner, context={"a": 1}, audit={})\n',
)


def build(plan: Plan) -> Query:
    """Select the calls of each `[[phase4.call]]` by qualified name, and rename, add and remove keywords.

    A call must be spelled with its callee's qualified name, `pkg.mod.Name(…)`; whoever knows what a local name is
    bound to hands it over so. A call that passes both the old and the new keyword is not selected.
    """
    query = Query()
    for call in plan.phase4.call if plan.phase4 else ():
        query = (
            query.select_pattern(call_of(call.callee.dotted))
            .filter(has_something_to_change(call))
            .modify(_change(call))
        )
    return query


def has_something_to_change(call: Call) -> Callable[[LN, Capture, Filename], bool]:
    """The filter of one `[[phase4.call]]`.

    `add` completes the calls that `rename` or `remove` changes; on its own it goes to every call.
    """

    def selected(node: LN, capture: Capture, filename: Filename) -> bool:  # noqa: ARG001
        present = keywords(capture["call"])
        if any(old in present and new in present for old, new in call.rename.items()):
            return False
        if call.rename or call.remove:
            return any(name in present for name in (*call.rename, *call.remove))
        return not spreads_mapping(capture["call"]) and any(name not in present for name in call.add)

    return selected


def _change(call: Call) -> Callable[[Node, Capture, Filename], None]:
    def change(node: Node, capture: Capture, filename: Filename) -> None:  # noqa: ARG001
        trailer = capture["call"]
        for name in call.remove:
            if name in keywords(trailer):
                remove_keyword(trailer, name)
        for old, new in call.rename.items():
            if old in keywords(trailer):
                rename_keyword(trailer, old, new)
        if not spreads_mapping(trailer):  # the mapping may hold the keyword already
            for name, value in call.add.items():
                if name not in keywords(trailer):
                    add_keyword(trailer, name, value)

    return change
