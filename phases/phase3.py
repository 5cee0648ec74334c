"""Phase 3: `from old import A` becomes `from new import B as A`; the local name stays what it was.

The idea of keeping the bound name and changing only where it comes from is the seed's; its two search-and-replace
patterns are the two simplest cases.
"""

from __future__ import annotations

from bowler import Query
from bowler.types import LN, Capture, Filename
from fissix.pytree import Leaf, Node

from migrate.modules import ModuleName, module_of, resolve_relative
from migrate.moves import MoveIndex
from migrate.plan import Plan
from phases.import_names import ImportedName, ImportList, read_import_list, write_statement
from phases.patterns import IMPORT_FROM, import_source, text_leaf

EXAMPLE = (
    "from shop.cart import Cart, coupon\n",
    "from shop.basket import Basket as Cart\nfrom shop.cart import coupon\n",
)


def build(plan: Plan) -> Query:
    """Select every `from … import …` that names a moved object, and point it at the new home.

    A statement whose names part ways becomes one statement per home, joined by `; `; whoever knows the indentation
    may put them on lines of their own.
    """
    moves = MoveIndex.of(plan)

    def importer(filename: Filename) -> ModuleName:
        return module_of(str(filename), plan.plan.source_roots)

    def names_a_moved_object(node: LN, capture: Capture, filename: Filename) -> bool:  # noqa: ARG001
        module = resolve_relative(importer(filename), *import_source(node))
        if module is None:
            return False
        listed = read_import_list(node)
        if listed.is_star:
            return moves.new_module(module) is not None
        return any(moves.new_home(module, name.name) for name in listed.names)

    def point_at_new_home(node: Node, capture: Capture, filename: Filename) -> Leaf:  # noqa: ARG001
        level, text = import_source(node)
        module = resolve_relative(importer(filename), level, text)
        assert module is not None, "the filter has seen to it"
        old = "." * level + text
        listed = read_import_list(node)
        if listed.is_star:
            new = _spelling(old, level, text, module, moves.new_module(module) or module)
            rest = "*" if not listed.parenthesised else "(*)"
            return text_leaf(f"from {new} import{listed.opening}{rest}", node.prefix)
        groups = _by_home(moves, module, listed)
        homes = [home for home, _ in groups]
        comments = "#" in listed.after_open + listed.closing
        staying = homes.index(module) if module in homes else 0 if comments or len(groups) == 1 else None
        statements = [
            write_statement(_spelling(old, level, text, module, home), listed, names, stays=index == staying)
            for index, (home, names) in enumerate(groups)
        ]
        return text_leaf("; ".join(statements), node.prefix)

    return Query().select_pattern(IMPORT_FROM).filter(names_a_moved_object).modify(point_at_new_home)


def _by_home(moves: MoveIndex, module: str, listed: ImportList) -> list[tuple[str, list[ImportedName]]]:
    """The names of a statement by the module each is imported from from now on, in order of appearance.

    Where a name is bound twice the second one counts, so there only neighbours are put together.
    """
    groups: list[tuple[str, list[ImportedName]]] = []
    is_order_free = len({name.bound for name in listed.names}) == len(listed.names)
    for name in listed.names:
        new = moves.new_home(module, name.name)
        home = module if new is None else new.module
        known = [names for other, names in (groups if is_order_free else groups[-1:]) if other == home]
        if not known:
            known = [[]]
            groups.append((home, known[0]))
        known[0].append(name if new is None else name.renamed(new.name))
    return groups


def _spelling(old: str, level: int, text: str, module: str, home: str) -> str:
    """How to write `home` where `old` stood: relative only if it was, and both live in the same package."""
    if home == module:
        return old
    if level and text and home.rpartition(".")[0] == module.rpartition(".")[0]:
        return "." * level + ".".join([*text.split(".")[:-1], home.rpartition(".")[2]])
    return home
