"""Phase 4: calls of a changed constructor, function or method pass what it takes now; attributes follow.

`functools.partial(Callee, …)` is a call of its first argument:
https://docs.python.org/3/library/functools.html#functools.partial
"""

from __future__ import annotations

from collections.abc import Callable

from bowler import Query
from bowler.types import LN, Capture, Filename
from fissix.pytree import Node

from migrate.call_changes import DECIDED_CALL, PARTIALS, CallChange
from migrate.plan import Plan
from migrate.plan_calls import Call
from phases.call_arguments import change_arguments, entries, is_opaque, passes_on
from phases.patterns import attribute_of, call_of, text_leaf

EXAMPLE = (
    'shop.basket.Basket(owner, metadata={"a": 1})\n',
    'shop.basket.Basket(owner, context={"a": 1}, audit={})\n',
)


def build(plan: Plan) -> Query:
    """Select what each `[[phase4.call]]` is about by qualified name, and carry out what it says.

    A call must be spelled with its callee's qualified name, `pkg.mod.Name(…)` or `functools.partial(pkg.mod.Name, …)`,
    and an attribute behind a construction, `pkg.mod.Name().attribute`; whoever knows what a local name is bound to
    hands it over so, and says in `DECIDED_CALL` what only the rest of the module or the callee's signature can tell.
    Without that, a call that passes both the old and the new keyword is not selected, and positions stay.
    """
    query = Query()
    for call in plan.phase4.call if plan.phase4 else ():
        dotted = call.callee.dotted
        query = query.select_pattern(call_of(dotted)).filter(has_something_to_change(call)).modify(_change(call))
        for partial in PARTIALS:
            query = (
                query.select_pattern(call_of(partial))
                .filter(passes_on(dotted))
                .filter(has_something_to_change(call))
                .modify(_change(call))
            )
        for old, new in call.attributes.items():
            query = query.select_pattern(attribute_of(dotted, old)).modify(_rename_attribute(new))
    return query


def has_something_to_change(call: Call) -> Callable[[LN, Capture, Filename], bool]:
    """The filter of one `[[phase4.call]]`."""

    def selected(node: LN, capture: Capture, filename: Filename) -> bool:  # noqa: ARG001
        return bool(_decided(call, capture["call"]))

    return selected


def _change(call: Call) -> Callable[[Node, Capture, Filename], None]:
    def change(node: Node, capture: Capture, filename: Filename) -> None:  # noqa: ARG001
        change_arguments(capture["call"], _decided(call, capture["call"]))

    return change


def _rename_attribute(new: str) -> Callable[[Node, Capture, Filename], None]:
    def change(node: Node, capture: Capture, filename: Filename) -> None:  # noqa: ARG001
        name = capture["name"]
        name.replace(text_leaf(new, name.prefix))

    return change


def _decided(call: Call, trailer: Node) -> CallChange:
    """What becomes of the arguments; as far as the plan alone tells where nobody has said.

    `add` completes the calls that `rename` or `remove` changes; on its own it goes to every call.
    """
    decided = DECIDED_CALL.get()
    if decided is not None:
        return decided
    present = {entry.name for entry in entries(trailer)}
    if any(old in present and new in present for old, new in call.rename.items()):
        return CallChange()
    change = CallChange(
        renamed=tuple((old, new) for old, new in call.rename.items() if old in present),
        removed=tuple(name for name in call.remove if name in present),
    )
    if is_opaque(trailer) or (call.old and not change):  # the mapping may hold the keyword already
        return change
    added = tuple((name, value) for name, value in call.add.items() if name not in present)
    return CallChange(change.renamed, change.removed, added=added)
