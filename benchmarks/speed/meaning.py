"""What a module says, however it is spelled: every imported name in full, imports left out, keywords in one order.

By it an answer that a tool spells in its own way can be told from a wrong one. Names are resolved by Python's scopes:
a name that a function binds itself hides an import outside, and a class body is no scope for its methods.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_Bindings = dict[str, str | None]
"""Local name to the dotted path that an import binds it to; None where something else binds it."""


@dataclass(frozen=True)
class Imports:
    """What one scope imports, and each dotted path that code reaches through that, with the scopes of that code."""

    imported: set[str] = field(default_factory=set)
    reached: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


@dataclass(frozen=True)
class Meaning:
    """One module, scope by scope: "" for its top level, else the qualified name of a class or a function.

    What is inside a function belongs to it; a second definition of a name is `name#2`.
    """

    units: Mapping[str, str]
    imports: Mapping[str, Imports]
    places: tuple[tuple[int, int, str], ...]
    """First and last line of each scope but the top level, outer ones first."""

    def scope_at(self, line: int) -> str:
        """The innermost scope that a line, counted from 1, belongs to."""
        return next((name for first, last, name in reversed(self.places) if first <= line <= last), "")


def meaning_of(source: bytes) -> Meaning:
    """Read one module.

    Raises:
        SyntaxError, ValueError: it does not parse.
    """
    speller = _Speller(ast.parse(source))
    return Meaning(speller.units, speller.imports, tuple(speller.places))


class _Speller(ast.NodeTransformer):
    def __init__(self, tree: ast.Module) -> None:
        self.units: dict[str, str] = {}
        self.imports: dict[str, Imports] = {"": Imports()}
        self.places: list[tuple[int, int, str]] = []
        self._scopes: list[tuple[str, bool, _Bindings]] = []
        """Scope, whether it is a class body, and what it binds."""
        self._seen: Counter[str] = Counter()
        with self._inside("", tree.body, is_class=False):
            self.units[""] = self._spelled(tree)

    @contextmanager
    def _inside(self, name: str, body: Iterable[ast.AST], *, is_class: bool) -> Iterator[None]:
        bindings: _Bindings = {}
        for local, path in _bound(body):
            bindings[local] = path or bindings.get(local)
            if path is not None:
                self.imports[name].imported.add(path)
        self._scopes.append((name, is_class, bindings))
        yield
        self._scopes.pop()

    def _spelled(self, node: ast.AST) -> str:
        """The text of a scope, without scopes of their own inside it."""
        self.generic_visit(node)
        return ast.unparse(ast.fix_missing_locations(node))

    def _visit_definition(self, node: Definition) -> ast.AST:
        is_class = isinstance(node, ast.ClassDef)
        outer = self._scopes[-1][0]
        own = not self._in_function()
        name = self._name_of(node, outer) if own else outer
        parameters = [] if isinstance(node, ast.ClassDef) else [node.args]
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        with self._inside(name, [*parameters, *node.body], is_class=is_class):
            text = self._spelled(node)
        if not own:
            return node
        self.units[name] = text
        return ast.Expr(ast.Constant(f"scope {name}"))

    def _in_function(self) -> bool:
        return any(not is_class for _, is_class, _ in self._scopes[1:])

    def _name_of(self, node: Definition, outer: str) -> str:
        name = f"{outer}.{node.name}" if outer else node.name
        self._seen[name] += 1
        if self._seen[name] > 1:
            name = f"{name}#{self._seen[name]}"
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        self.places.append((first, node.end_lineno or node.lineno, name))
        self.imports[name] = Imports()
        return name

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _visit_definition  # noqa: N815 - ast calls them so

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        with self._inside(self._scopes[-1][0], [node.args], is_class=False):
            self.generic_visit(node)
        return node

    def visit_Import(self, _node: ast.Import) -> ast.AST:
        return ast.Pass()

    def visit_ImportFrom(self, _node: ast.ImportFrom) -> ast.AST:
        return ast.Pass()

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for part in ("body", "orelse", "finalbody"):
            statements = getattr(node, part, None)
            if isinstance(statements, list):
                kept = [each for each in statements if not isinstance(each, ast.Pass)]
                setattr(node, part, kept or ([ast.Pass()] if part == "body" else []))
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        node.keywords.sort(key=lambda keyword: (keyword.arg is None, keyword.arg or ""))
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._resolved(node, node, ()) or node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        names: list[str] = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            names.append(inner.attr)
            inner = inner.value
        found = self._resolved(inner, node, reversed(names)) if isinstance(inner, ast.Name) else None
        return found or self.generic_visit(node)

    def _resolved(self, name: ast.Name, whole: ast.Name | ast.Attribute, rest: Iterable[str]) -> ast.AST | None:
        if not isinstance(name.ctx, ast.Load):
            return None
        for place, (scope, is_class, bindings) in enumerate(reversed(self._scopes)):
            if name.id in bindings and not (is_class and place):
                path = bindings[name.id]
                if path is None:
                    return None
                dotted = ".".join([path, *rest])
                self.imports[scope].reached[dotted].add(self._scopes[-1][0])
                return ast.Name(dotted, whole.ctx)
        return None


def _bound(body: Iterable[ast.AST]) -> Iterator[tuple[str, str | None]]:
    """The names that a scope binds, and the dotted path of each that an import binds."""
    pending = list(body)
    while pending:
        node = pending.pop(0)
        if isinstance(node, Definition):
            yield node.name, None
            continue
        if isinstance(node, ast.Import):
            yield from ((a.asname or a.name.partition(".")[0], _path(a)) for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            start = start if start.endswith(".") else f"{start}."
            yield from ((a.asname or a.name, f"{start}{a.name}") for a in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, None
        elif isinstance(node, ast.arg):
            yield node.arg, None
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name, None
        if not isinstance(node, ast.Lambda):
            pending += ast.iter_child_nodes(node)


def _path(alias: ast.alias) -> str:
    return alias.name if alias.asname else alias.name.partition(".")[0]
