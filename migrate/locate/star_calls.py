"""Calls of what nothing in the file binds but, perhaps, a star import: they stay, and are reported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from migrate.locate.call_decisions import decide
from migrate.locate.callees import CONSTRUCTORS, Callees
from migrate.locate.heirs import calls_in, is_super_call
from migrate.plan_calls import Call
from migrate.provenance import alternatives, attributes, plain_assignment, root_name
from migrate.syntax import statements


@dataclass(frozen=True)
class StarCalls:
    """The calls of one module that may reach a callee of the plan by way of its star imports."""

    callees: Callees

    def report(self) -> None:
        """Report those that would have to change; note what other modules have to tell about the rest."""
        if not self._stars:
            return
        for node in ast.walk(self.callees.module.tree):
            if isinstance(node, ast.Call) and self.callees.may_matter(node):
                self._look_at_call(node)
            elif isinstance(node, ast.ClassDef):
                self._look_at_class(node)

    def _look_at_call(self, node: ast.Call) -> None:
        callees = self.callees
        if (call := self._entry(node.func)) is not None:
            if callees.passes_old(node, call) or decide(call, callees.arguments(node), callees.signature(call)).change:
                self._report(node, node.func, call)
            return
        passed_on = [*node.args]
        if isinstance(node.func, ast.Attribute) and node.func.attr in CONSTRUCTORS:
            passed_on.append(node.func.value)
        for expression in passed_on:
            if (call := self._entry(expression)) is not None and callees.passes_old(node, call):
                self._report(node, expression, call)

    def _look_at_class(self, definition: ast.ClassDef) -> None:
        for base in definition.bases:
            if (call := self._entry(base)) is None:
                continue
            for node in calls_in(definition):
                if is_super_call(node.func, CONSTRUCTORS) and self.callees.passes_old(node, call):
                    self._report(node, base, call)

    def _report(self, node: ast.Call, name: ast.expr, call: Call) -> None:
        self.callees.report(
            node, "star-import", call,
            f"a star import may be where {ast.unparse(name)} comes from, which is {call.callee} then; "
            "import it by name, then run phase4 again",
        )  # fmt: skip

    def _entry(self, expression: ast.expr) -> Call | None:
        """The plan's entry for a name, or an attribute of one, that only a star import can bind."""
        root = root_name(expression)
        if root is None:
            return None
        chain = attributes(expression)
        paths = [".".join([star, name, *chain]) for name in self._meant_by(root.id) for star in self._stars]
        call = next((found for path in paths if (found := self.callees.entry(path)) is not None), None)
        if call is None:
            self.callees.unresolved.update(paths)
        return call

    def _meant_by(self, name: str) -> Iterator[str]:
        """The name itself where nothing binds it, or such names that it is another one of."""
        is_bound = self.callees.identifiers.is_bound
        if not is_bound(name):
            yield name
        else:
            yield from (other for other in self._aliases.get(name, ()) if not is_bound(other))

    @cached_property
    def _stars(self) -> tuple[str, ...]:
        return tuple(sorted({module for module, _ in self.callees.identifiers.stars}))

    @cached_property
    def _aliases(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for statement, _ in statements(self.callees.module.tree.body):
            for target, value in plain_assignment(statement):
                names = (each.id for each in alternatives(value) if isinstance(each, ast.Name))
                found.setdefault(target.id, set()).update(names)
        return found
