"""Imports from a redirect of phases 1 and 2 that no move of phase 3 takes care of."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator

from msgspec import Struct

from migrate.findings import Finding
from migrate.locate.aliases import blocks, imported_names
from migrate.locate.sites import Module
from migrate.modules import resolve_relative
from migrate.moves import MoveIndex
from migrate.plan import Move, MovePhase, Plan
from migrate.plan_redirects import Redirect
from migrate.refs import ObjectRef
from migrate.syntax import lines_naming


def with_redirects(plan: Plan) -> Plan:
    """The plan with a move of every redirect that has none, for the words and texts that phase 3 is looked for by."""
    moved = MoveIndex.of(plan).old_modules
    more = tuple(
        Move.model_construct(
            old=ObjectRef(redirect.module), new=ObjectRef(redirect.exports[0].module), strings="none", rename_uses=False
        )
        for redirect in plan.redirects
        if redirect.module not in moved
    )
    if not more:
        return plan
    phase3 = plan.phase3 or MovePhase.model_construct(move=())
    return plan.model_copy(update={"phase3": phase3.model_copy(update={"move": (*phase3.move, *more)})})


def redirect_imports(
    module: Module, plan: Plan, hidden: Container[str], told: Container[tuple[int, int]]
) -> Iterator[Finding]:
    """The imports of a module that take something from a redirect where no move of the plan covers that name.

    Args:
        hidden: modules of which the package binds the name to something else.
        told: lines and columns of statements that phase 3 is going to change, as a whole.
    """
    look = _Look(module, MoveIndex.of(plan), {redirect.module: redirect for redirect in plan.redirects})
    if not look.redirects:
        return
    lines = lines_naming(module.source, ("import",))
    for name in imported_names(module.tree, module.name, lines):
        if name.source in look.redirects:
            if look.moves.home(name.path) is None:
                yield from look.finding(name.statement, name.alias, ObjectRef(name.source, name.alias.name))
        elif name.path in look.redirects and name.start not in told:
            is_attribute = bool(name.source)
            if look.moves.new_module(name.path) is None and not (is_attribute and name.path in hidden):
                yield from look.finding(name.statement, name.alias, ObjectRef(name.path))
    for block in blocks(module.tree.body, lines=lines):
        for statement in block.statements:
            if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
                source = resolve_relative(module.name, statement.level, statement.module or "")
                if source in look.redirects and (statement.lineno, statement.col_offset) not in told:
                    yield from look.finding(statement, statement, ObjectRef(source or "", "*"))


class _Look(Struct, frozen=True):
    module: Module
    moves: MoveIndex
    redirects: dict[str, Redirect]

    def finding(self, statement: ast.stmt, node: ast.stmt | ast.alias, ref: ObjectRef) -> Iterator[Finding]:
        """At `node`, unless the statement is marked to be kept."""
        if self.module.is_kept_node(statement):
            return
        code = "redirect-import" if ref.module in self.moves.old_modules else "deprecated-import"
        subject = ref.module if ref.name in ("", "*") else str(ref)
        yield self.module.finding(5, node, code, subject, self._message(ref, subject))

    def _message(self, ref: ObjectRef, subject: str) -> str:
        exports = self.redirects[ref.module].exports
        homes = ", ".join(dict.fromkeys(export.module for export in exports))
        if not ref.name:
            return f"imports the redirect {subject}; import {homes}"
        if ref.name == "*":
            return f"imports everything from the redirect {subject}; import what is needed from {homes}"
        home = next((ObjectRef(e.module, e.name) for e in exports if e.bound == ref.name), None)
        if home is None:
            return f"imports {subject} from a redirect that does not have it; import it from its home"
        return f"imports {subject} by way of a redirect; import {home}"
