"""The names of one file that may be another module's for something of the plan; asked for only as they are needed."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from migrate.locate.aliases import imported_names
from migrate.modules import ModuleName, resolve_relative
from migrate.moves import MoveIndex
from migrate.plan import Plan
from migrate.provenance import alternatives, attributes, plain_assignment, root_name
from migrate.syntax import DEFINITIONS, statements


def may_ask(content: bytes, plan: Plan) -> bool:
    """May a file, by its text, use something by another module's name?"""
    words = _old_names(plan) | _moved_names(plan)
    return _concerns_all(plan) or any(not word.isascii() or word.encode() in content for word in words)


def names_asked(tree: ast.Module, importer: ModuleName, plan: Plan) -> frozenset[str]:
    """Dotted names that a module imports and uses in a way that matters to the plan, whatever they are.

    May be too many; the plan's own names for things, which need no asking, are left out.
    """
    own = MoveIndex.of(plan).ancestors | _callees(plan)
    imported: dict[str, set[str]] = {}
    for name in imported_names(tree, importer):
        imported.setdefault(name.local, set()).add(name.dotted)
    stars = _star_imports(tree, importer)
    asked: set[str] = set()
    for root, chain in _followed(tree, _interesting(tree, plan)):
        for dotted in (*imported.get(root, ()), *(f"{module}.{root}" for module in stars)):
            parts = [dotted]
            asked.add(dotted)
            for attribute in chain:
                parts.append(attribute)
                asked.add(".".join(parts))
    return frozenset(asked) - own


def _star_imports(tree: ast.Module, importer: ModuleName) -> frozenset[str]:
    """The modules that everything is imported from; functions cannot."""
    sources = (
        resolve_relative(importer, statement.level, statement.module or "")
        for statement, scopes in statements(tree.body)
        if not scopes and isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*"
    )
    return frozenset(filter(None, sources))


Chain = tuple[str, tuple[str, ...]]
"""A name and the attributes behind it."""


def _interesting(tree: ast.Module, plan: Plan) -> Iterator[Chain]:
    old, moved = _old_names(plan), _moved_names(plan)
    every = _concerns_all(plan)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (every or _passes(node, old)):
            values = (keyword.value for keyword in node.keywords if keyword.arg not in old)
            yield from _chains([node.func, *node.args, *values])
        elif isinstance(node, ast.ClassDef):
            if any(isinstance(n, ast.Call) and (every or _passes(n, old)) for n in ast.walk(node)):
                yield from _chains(node.bases)
        elif isinstance(node, ast.Attribute) and node.attr in moved | old:
            yield from _chains([node])


def _followed(tree: ast.Module, found: Iterable[Chain]) -> set[Chain]:
    """Chains, and those that their first names come from within the module."""
    sources: dict[str, set[Chain]] = {}
    for node in ast.walk(tree):
        for target, value in plain_assignment(node):
            sources.setdefault(target.id, set()).update(_chains(alternatives(value)))
        if isinstance(node, ast.NamedExpr):
            sources.setdefault(node.target.id, set()).update(_chains([node.value]))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            sources.setdefault(node.target.id, set()).update(_chains([node.annotation]))
        elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
            sources.setdefault(node.optional_vars.id, set()).update(_chains([node.context_expr]))
        elif isinstance(node, DEFINITIONS):
            outer = node.bases if isinstance(node, ast.ClassDef) else [node.returns] if node.returns else []
            sources.setdefault(node.name, set()).update(_chains(outer))
        if isinstance(node, ast.arguments):
            for argument, given in _parameters(node):
                sources.setdefault(argument.arg, set()).update(_chains([e for e in (argument.annotation, given) if e]))
    all_found = set(found)
    pending = [root for root, _ in all_found]
    seen = set(pending)
    while pending:
        more = sources.get(pending.pop(), set()) - all_found
        all_found |= more
        pending += (fresh := {root for root, _ in more} - seen)
        seen |= fresh
    return all_found


def _parameters(node: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    plain = [*node.posonlyargs, *node.args]
    defaults = [None] * (len(plain) - len(node.defaults)) + list(node.defaults)
    yield from zip(plain, defaults, strict=True)
    yield from zip(node.kwonlyargs, node.kw_defaults, strict=True)


def _chains(expressions: Iterable[ast.expr]) -> Iterator[Chain]:
    for expression in (each for whole in expressions for each in alternatives(whole)):
        inner = expression
        while isinstance(inner, ast.Call | ast.Subscript | ast.Await | ast.Starred):
            inner = inner.func if isinstance(inner, ast.Call) else inner.value
        root = root_name(inner)
        if root is not None:
            yield root.id, tuple(attributes(inner))
        elif isinstance(inner, ast.Attribute):  # `make().copy`
            yield from _chains([inner.value])


def _passes(node: ast.Call, old: Collection[str]) -> bool:
    """By name, or in a mapping that may be written out."""
    return any(
        keyword.arg in old or (keyword.arg is None and isinstance(keyword.value, ast.Dict | ast.Call))
        for keyword in node.keywords
    )


def _old_names(plan: Plan) -> frozenset[str]:
    """Keywords and attributes that are gone."""
    calls = plan.phase4.call if plan.phase4 is not None else ()
    return frozenset(name for call in calls for name in (*call.old, *call.attributes))


def _moved_names(plan: Plan) -> frozenset[str]:
    """What is behind the dot where a moved object is used through something that another module may pass on."""
    moves = MoveIndex.of(plan)
    modules = (module.rpartition(".")[2] for module in moves.old_modules)
    return frozenset((*modules, *(part for move in moves.moves for part in move.old.name.split(".") if part)))


def _concerns_all(plan: Plan) -> bool:
    return plan.phase4 is not None and any(call.concerns_all for call in plan.phase4.call)


def _callees(plan: Plan) -> frozenset[str]:
    return frozenset(call.callee.dotted for call in plan.phase4.call) if plan.phase4 is not None else frozenset()
