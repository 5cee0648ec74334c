"""Which identifiers a module has, in which of its scopes."""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Iterator
from functools import cached_property
from itertools import chain

from migrate.locate.sites import Module
from migrate.modules import resolve_relative
from migrate.syntax import may_import_all, statements

DOCTEST = re.compile(r"^[ \t]*(?:>>>|\.\.\.)(.*)$", re.MULTILINE)
"""A line of an example in a docstring."""
TYPE_COMMENT = re.compile(r"#[ \t]*type:(?![ \t]*ignore\b)[ \t]*([^#\r\n]+)")
_DYNAMIC = frozenset({"globals", "locals", "vars", "eval", "exec"})


class Names:
    """The identifiers of one module."""

    def __init__(self, module: Module) -> None:
        self._module = module

    @cached_property
    def stars(self) -> tuple[tuple[str, int], ...]:
        """Modules of which everything is imported at module level, each with the line of the statement, in order."""
        found: list[tuple[str, int]] = []
        if not may_import_all(self._module.source.content):
            return ()
        for statement, scopes in statements(self._module.tree.body):
            if isinstance(statement, ast.ImportFrom) and not scopes and statement.names[0].name == "*":
                source = resolve_relative(self._module.name, statement.level, statement.module or "")
                if source is not None:
                    found.append((source, statement.lineno))
        return tuple(found)

    @cached_property
    def listed_in_all(self) -> frozenset[str]:
        """Strings in statements about `__all__`."""
        found: set[str] = set()
        if "__all__" not in self._module.source.text:
            return frozenset()
        for statement, scopes in statements(self._module.tree.body):
            if scopes or not isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr):
                continue
            inside = list(ast.walk(statement))
            if any(isinstance(n, ast.Name) and n.id == "__all__" for n in inside):
                found |= {n.value for n in inside if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        return frozenset(found)

    def occurs(self, name: str) -> bool:
        """Is there a variable of that name anywhere?"""
        if name not in self._module.source.text and self._module.source.text.isascii():
            return False  # beyond ASCII there are other spellings of the same name
        return name in self._bound or name in self._read

    def is_bound(self, name: str) -> bool:
        """Does anything but a star import bind the name, in any scope?"""
        return name in self._bound

    def is_imported(self, name: str) -> bool:
        """Does an import bind the name, in any scope?"""
        return any(symbol.get_name() == name and symbol.is_imported() for symbol in self._symbols)

    def is_used(self, name: str) -> bool:
        """Is the name read, or does a string have it as a word?"""
        return name in self._read or name in self._words

    @cached_property
    def outside_code(self) -> frozenset[str]:
        """Words of type comments and of doctests: they read the module's names, too."""
        text = self._module.source.text
        found = chain(TYPE_COMMENT.findall(text), DOCTEST.findall(text)) if "#" in text or ">>>" in text else ()
        return frozenset(word for part in found for word in re.findall(r"\w+", part))

    @cached_property
    def is_dynamic(self) -> bool:
        """May names be read in ways that cannot be seen?"""
        # of a module's own names or the built-in ones; a parameter may be called so
        names = (s.get_name() for s in self._symbols if s.is_referenced() and s.is_global())
        return not _DYNAMIC.isdisjoint(names)

    @cached_property
    def _symbols(self) -> tuple[symtable.Symbol, ...]:
        return tuple(_all_symbols(self._module.source.symbols()))

    @cached_property
    def _bound(self) -> frozenset[str]:
        return frozenset(s.get_name() for s in self._symbols if s.is_assigned() or s.is_imported() or s.is_parameter())

    @cached_property
    def _read(self) -> frozenset[str]:
        return frozenset(s.get_name() for s in self._symbols if s.is_referenced())

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(
            word
            for node in ast.walk(self._module.tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            for word in re.findall(r"\w+", node.value)
        )


def _all_symbols(table: symtable.SymbolTable) -> Iterator[symtable.Symbol]:
    yield from table.get_symbols()
    for child in table.get_children():
        yield from _all_symbols(child)
