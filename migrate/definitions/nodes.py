"""Modules and definitions of a repository as syntax trees, and why something in them is not known."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from msgspec import Struct

from migrate.modules import ModuleName, resolve_relative
from migrate.provenance import MODULE, Binding, FollowedNames, Provenance, attributes, root_name
from migrate.source import Source, UnparsableSource
from migrate.syntax import Place, statements


class NotKnown(Exception):
    """Carries the reason."""


@dataclass(frozen=True, eq=False)
class Module:
    path: str
    name: ModuleName
    source: Source
    tree: ast.Module
    _followed: dict[str, FollowedNames] = field(default_factory=dict)

    def followed(self, name: str) -> FollowedNames:
        if name not in self._followed:
            try:
                self._followed[name] = self._provenance.follow({name})
            except UnparsableSource as error:
                raise NotKnown(f"{self.path}:{error.line} does not parse") from None
        return self._followed[name]

    @cached_property
    def _provenance(self) -> Provenance:
        return Provenance(self.source, self.tree, self.name)

    def owner(self, name: str, scopes: tuple[ast.AST, ...]) -> ast.AST | None:
        """The scope whose variable `name` is, seen from the innermost of `scopes`; None for the module."""
        return self.followed(name).variable(name, Place(self.tree, scopes, ()))[1]

    def bindings(self, name: str, scopes: tuple[ast.ClassDef, ...] = ()) -> tuple[Binding, ...]:
        """What binds a name of the module, or of the innermost of `scopes`, in source order.

        In a module a deletion and a None count for nothing: no call that works goes through them.
        """
        found = self.followed(name).bindings((name, scopes[-1] if scopes else MODULE))
        return tuple(b for b in found if not is_declaration(b) and (scopes or not b.harmless))

    @cached_property
    def stars(self) -> tuple[tuple[ast.ImportFrom, str], ...]:
        """Star imports of the module's own, with the modules they import from."""
        found = [s for s, scopes in statements(self.tree.body) if isinstance(s, ast.ImportFrom) and not scopes]
        named = ((s, resolve_relative(self.name, s.level, s.module or "")) for s in found if s.names[0].name == "*")
        return tuple((statement, source) for statement, source in named if source is not None)

    @cached_property
    def stores(self) -> frozenset[str]:
        """Attribute chains that something is assigned to, `Basket.__init__`, in any scope."""
        nodes = (n for n in ast.walk(self.tree) if isinstance(n, ast.Attribute) and not isinstance(n.ctx, ast.Load))
        return frozenset(".".join([root.id, *attributes(n)]) for n in nodes if (root := root_name(n)) is not None)

    @cached_property
    def postpones(self) -> bool:
        """Are annotations strings, by `from __future__ import annotations`?"""
        futures = (s for s in self.tree.body if isinstance(s, ast.ImportFrom) and s.module == "__future__")
        return any(alias.name == "annotations" for s in futures for alias in s.names)

    def place(self, node: ast.AST) -> str:
        return f"{self.path}:{node.lineno}"  # type: ignore[attr-defined]


class Definition(Struct, frozen=True):
    """A function or class with the classes around it, outermost first."""

    module: Module
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    classes: tuple[ast.ClassDef, ...] = ()

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def inside(self) -> tuple[ast.ClassDef, ...]:
        """The class scopes around what stands in this class."""
        assert isinstance(self.node, ast.ClassDef)
        return (*self.classes, self.node)

    @property
    def bases(self) -> list[ast.expr]:
        assert isinstance(self.node, ast.ClassDef)
        return [b.value if isinstance(b, ast.Subscript) else b for b in self.node.bases]


class Outside(Struct, frozen=True):
    """A base class that is not read: one outside the repository or, without a name, one that is not certain."""

    name: str
    reason: str


Found: TypeAlias = Definition | Module | str
"""What a name stands for; a string is the dotted path of an object outside the repository."""
Order: TypeAlias = tuple[Definition | Outside, ...]


def is_class(found: Definition) -> bool:
    return isinstance(found.node, ast.ClassDef)


def not_told(name: str, module: Module, node: ast.AST) -> str:
    return f"what {name} is in {module.place(node)} only running it could tell"


def decorated(found: Definition, by: ast.expr) -> str:
    return f"{found.name} is decorated with @{ast.unparse(by)} at {found.module.place(by)}"


def mangled(name: str, owner: ast.ClassDef | None) -> str:
    """A private name as it is outside of its class.

    https://docs.python.org/3/reference/expressions.html#private-name-mangling
    """
    prefix = owner.name.lstrip("_") if owner is not None else ""
    return f"_{prefix}{name}" if prefix and name.startswith("__") and not name.endswith("__") else name


def is_declaration(binding: Binding) -> bool:
    """`name: type` alone."""
    parent = binding.place.parents[-1] if binding.place.parents else None
    return isinstance(parent, ast.AnnAssign) and parent.target is binding.place.node and parent.value is None
