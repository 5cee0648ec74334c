"""Phase 3: `from old import A` becomes `from new import B as A`, and `old.A` becomes `new.B`.

The idea of keeping the bound name and changing only where it comes from is the seed's; its two search-and-replace
patterns are the two simplest cases.
"""

from __future__ import annotations

from bowler import Query
from bowler.types import LN, Capture, Filename
from fissix.pygram import python_symbols as symbols
from fissix.pytree import Leaf, Node

from migrate.modules import ModuleName, module_of, resolve_relative
from migrate.moves import MoveIndex
from migrate.plan import Plan
from migrate.targets import DECIDED, Target, Targets, module_target
from phases.import_names import ImportedName, ImportList, imported_modules, read_import_list, write_statement
from phases.patterns import DOTTED, IMPORT_FROM, IMPORT_NAME, dotted_prefix, import_source, text_leaf

EXAMPLE = (
    "from shop.cart import Cart, coupon\n",
    "from shop.basket import Basket as Cart\nfrom shop.cart import coupon\n",
)


def build(plan: Plan) -> Query:
    """Select every import statement that names a moved object, and point it at the new home; and every use of one.

    A statement whose names part ways becomes one statement per home, joined by `; `; whoever knows the indentation
    may put them on lines of their own. What the plan alone cannot tell is read from `DECIDED`: there whoever knows
    the module's other statements says what each name becomes. A use must be spelled with its object's qualified
    name, and is given the new one.
    """
    moves = MoveIndex.of(plan)

    def importer(filename: Filename) -> ModuleName:
        return module_of(str(filename), plan.plan.source_roots)

    def names_a_moved_object(node: LN, capture: Capture, filename: Filename) -> bool:  # noqa: ARG001
        if DECIDED.get() is not None:
            return True
        module = resolve_relative(importer(filename), *import_source(node))
        if module is None:
            return False
        listed = read_import_list(node)
        if listed.is_star:
            return moves.new_module(module) is not None
        homes = (moves.new_home(module, name.name) for name in listed.names)
        return any(home is not None and home.name for home in homes)

    def point_at_new_home(node: Node, capture: Capture, filename: Filename) -> Leaf:  # noqa: ARG001
        level, text = import_source(node)
        module = resolve_relative(importer(filename), level, text)
        assert module is not None, "the filter has seen to it"
        old = "." * level + text
        listed = read_import_list(node)
        decided = DECIDED.get()
        if listed.is_star and decided is None:
            new = _spelling(old, level, text, module, moves.new_module(module) or module)
            rest = "*" if not listed.parenthesised else "(*)"
            return text_leaf(f"from {new} import{listed.opening}{rest}", node.prefix)
        if listed.is_star:
            assert decided is not None
            listed, decided = _named(listed, decided)
        groups = _by_home(moves, module, listed, decided)
        homes = [home for home, _ in groups]
        comments = "#" in listed.after_open + listed.closing
        staying = homes.index(module) if module in homes else 0 if comments or len(groups) == 1 else None
        statements = [
            write_statement(_spelling(old, level, text, module, home), listed, names, stays=index == staying)
            for index, (home, names) in enumerate(groups)
        ]
        statements += (f"import {t.clause}" for targets in decided or () for t in targets if not t.name)
        return text_leaf("; ".join(statements), node.prefix)

    def has_been_decided(node: LN, capture: Capture, filename: Filename) -> bool:  # noqa: ARG001
        return DECIDED.get() is not None or any(moves.new_module(path) for path, _ in imported_modules(node))

    def point_at_new_module(node: Node, capture: Capture, filename: Filename) -> Leaf:  # noqa: ARG001
        listed = imported_modules(node)
        decided = DECIDED.get()
        if decided is None:
            decided = tuple((Target(moves.new_module(path) or path, "", local),) for path, local in listed)
        return text_leaf(_import_statement(node, decided), node.prefix)

    def is_moved(node: LN, capture: Capture, filename: Filename) -> bool:  # noqa: ARG001
        return moves.home(".".join(dotted_prefix(node))) is not None

    def spell_anew(node: Node, capture: Capture, filename: Filename) -> Leaf:  # noqa: ARG001
        path = dotted_prefix(node)
        home = moves.home(".".join(path))
        assert home is not None, "the filter has seen to it"
        behind = "".join(map(str, node.children[len(path) :]))
        return text_leaf(".".join([home.new.dotted, *home.rest]) + behind, node.prefix)

    query = Query().select_pattern(IMPORT_FROM).filter(names_a_moved_object).modify(point_at_new_home)
    query = query.select_pattern(IMPORT_NAME).filter(has_been_decided).modify(point_at_new_module)
    return query.select_pattern(DOTTED).filter(is_moved).modify(spell_anew)


def _named(listed: ImportList, decided: Targets) -> tuple[ImportList, Targets]:
    """The list that a star import would be with its names spelled out."""
    (targets,) = decided
    names = tuple(ImportedName(t.local, None, " " if i else "", t.local) for i, t in enumerate(targets))
    opening = listed.opening or " "
    named = ImportList(names, listed.parenthesised, opening, "", listed.closing, False)
    return named, tuple((target,) for target in targets)


def _by_home(
    moves: MoveIndex, module: str, listed: ImportList, decided: Targets | None
) -> list[tuple[str, list[ImportedName]]]:
    """The names of a statement by the module each is imported from from now on, in order of appearance.

    Where a name is bound twice the second one counts, so there only neighbours are put together.
    """
    if decided is None:
        homes = (moves.new_home(module, name.name) for name in listed.names)
        decided = tuple(
            (
                Target(home.module, home.name, name.bound)
                if home and home.name
                else Target(module, name.name, name.bound),
            )
            for name, home in zip(listed.names, homes, strict=True)
        )
    groups: list[tuple[str, list[ImportedName]]] = []
    bound = [target.bound for targets in decided for target in targets]
    is_order_free = len(set(bound)) == len(bound)
    for name, targets in zip(listed.names, decided, strict=True):
        for index, target in enumerate(t for t in targets if t.name):
            known = [names for other, names in (groups if is_order_free else groups[-1:]) if other == target.module]
            if not known:
                known = [[]]
                groups.append((target.module, known[0]))
            known[0].append(name.renamed(target.name, target.local) if index == 0 else name.followed_by(target.clause))
    return groups


def _import_statement(node: Node, decided: Targets) -> str:
    """`import …` with the targets in place of its names; several in place of a single one become statements."""
    listed = node.children[1]
    entries = listed.children[::2] if listed.type == symbols.dotted_as_names else [listed]
    if len(entries) == 1:
        return "; ".join(_statement(target, entries[0].prefix) for target in decided[0])
    text, modules = "", imported_modules(node)
    for index, targets in enumerate(decided):
        path, local = modules[index]
        before = str(entries[index]).strip()
        clauses = [
            before if target == module_target(path, local) else target.clause for target in targets if not target.name
        ]
        if clauses:
            comma = f"{listed.children[2 * index - 1].prefix}," if text else ""
            text += comma + entries[index if text else 0].prefix + ", ".join(clauses)
    statements = [f"import{text}"] if text else []
    statements += (_statement(target, " ") for targets in decided for target in targets if target.name)
    return "; ".join(statements)


def _statement(target: Target, space: str) -> str:
    source = f"from {target.module} " if target.name else ""
    return f"{source}import{space}{target.clause}"


def _spelling(old: str, level: int, text: str, module: str, home: str) -> str:
    """How to write `home` where `old` stood: relative only if it was, and both live in the same package."""
    if home == module:
        return old
    if level and text and home.rpartition(".")[0] == module.rpartition(".")[0]:
        return "." * level + ".".join([*text.split(".")[:-1], home.rpartition(".")[2]])
    return home
