"""Phase 5: what is left of the deprecated imports and keywords; this query selects and changes nothing."""

from __future__ import annotations

from bowler import Query
from bowler.types import LN, Capture, Filename

from migrate.call_changes import DECIDED_CALL, PARTIALS
from migrate.modules import module_of, resolve_relative
from migrate.moves import MoveIndex
from migrate.plan import Plan
from migrate.targets import DECIDED
from phases.call_arguments import entries, passes_on
from phases.import_names import imported_modules, read_import_list
from phases.patterns import (
    DOTTED,
    IMPORT_FROM,
    IMPORT_NAME,
    attribute_of,
    call_of,
    dotted_prefix,
    import_source,
    mark_selected,
)

EXAMPLE = ("from shop.cart import Cart\n", "from shop.cart import Cart\n")


def build(plan: Plan) -> Query:
    """Select imports and uses of moved objects by their old home, calls that still pass a keyword of before, and
    attributes that are gone.

    A use must be spelled with its object's qualified name. An import is also selected where `DECIDED` has it change.
    """
    moves = MoveIndex.of(plan)

    def imports_a_moved_object(node: LN, capture: Capture, filename: Filename) -> bool:  # noqa: ARG001
        if DECIDED.get() is not None:
            return True
        importer = module_of(str(filename), plan.plan.source_roots)
        module = resolve_relative(importer, *import_source(node))
        if module is None:
            return False
        listed = read_import_list(node)
        if listed.is_star:
            return module in moves.old_modules or moves.new_module(module) is not None
        return any(moves.new_home(module, name.name) for name in listed.names)

    def imports_a_moved_module(node: LN, capture: Capture, filename: Filename) -> bool:  # noqa: ARG001
        return DECIDED.get() is not None or any(moves.new_module(path) for path, _ in imported_modules(node))

    def is_moved(node: LN, capture: Capture, filename: Filename) -> bool:  # noqa: ARG001
        return moves.home(".".join(dotted_prefix(node))) is not None

    query = Query().select_pattern(IMPORT_FROM).filter(imports_a_moved_object).modify(mark_selected)
    query = query.select_pattern(IMPORT_NAME).filter(imports_a_moved_module).modify(mark_selected)
    query = query.select_pattern(DOTTED).filter(is_moved).modify(mark_selected)
    for call in plan.phase4.call if plan.phase4 else ():
        dotted = call.callee.dotted

        def passes_an_old_keyword(
            node: LN,  # noqa: ARG001
            capture: Capture,
            filename: Filename,  # noqa: ARG001
            old: frozenset[str] = frozenset(call.old),
        ) -> bool:
            decided = DECIDED_CALL.get()
            by_position = decided is not None and bool(decided.named)
            return by_position or not old.isdisjoint(entry.name for entry in entries(capture["call"]))

        query = query.select_pattern(call_of(dotted)).filter(passes_an_old_keyword).modify(mark_selected)
        for partial in PARTIALS:
            query = query.select_pattern(call_of(partial)).filter(passes_on(dotted))
            query = query.filter(passes_an_old_keyword).modify(mark_selected)
        for attribute in call.attributes:
            query = query.select_pattern(attribute_of(dotted, attribute)).modify(mark_selected)
    return query
