"""Phase 5: what is left of the deprecated imports and keywords; this query selects and changes nothing."""

from __future__ import annotations

from bowler import Query
from bowler.types import LN, Capture, Filename

from migrate.modules import module_of, resolve_relative
from migrate.moves import MoveIndex
from migrate.plan import Plan
from phases.call_arguments import keywords
from phases.import_names import read_import_list
from phases.patterns import IMPORT_FROM, call_of, import_source, mark_selected

EXAMPLE = ("from shop.cart import Cart\n", "from shop.cart import Cart\n")


def build(plan: Plan) -> Query:
    """Select imports of moved objects from their old home, and calls that still pass a keyword of before."""
    moves = MoveIndex.of(plan)

    def imports_a_moved_object(node: LN, capture: Capture, filename: Filename) -> bool:  # noqa: ARG001
        importer = module_of(str(filename), plan.plan.source_roots)
        module = resolve_relative(importer, *import_source(node))
        if module is None:
            return False
        listed = read_import_list(node)
        if listed.is_star:
            return module in moves.old_modules or moves.new_module(module) is not None
        return any(moves.new_home(module, name.name) for name in listed.names)

    query = Query().select_pattern(IMPORT_FROM).filter(imports_a_moved_object).modify(mark_selected)
    for call in plan.phase4.call if plan.phase4 else ():
        old = frozenset((*call.rename, *call.remove))

        def passes_an_old_keyword(
            node: LN,  # noqa: ARG001
            capture: Capture,
            filename: Filename,  # noqa: ARG001
            old: frozenset[str] = old,
        ) -> bool:
            return not old.isdisjoint(keywords(capture["call"]))

        query = query.select_pattern(call_of(call.callee.dotted)).filter(passes_an_old_keyword).modify(mark_selected)
    return query
