"""Re-export chains: is `pkg.facade.Name` an object of the plan, passed on through other modules?"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from migrate.candidates import may_give_other_name
from migrate.modules import ModuleName, file_of, module_of, resolve_relative
from migrate.plan import Plan
from migrate.provenance import Provenance, plain_assignment
from migrate.source import Source, UnparsableSource
from migrate.syntax import Place, statements

_MOST_LINKS = 20


@dataclass(frozen=True)
class Reexports:
    """Follows dotted names through the repository's modules.

    Attributes:
        read: the bytes of a file of the repository, or None when there is no such file.
    """

    plan: Plan
    read: Callable[[str], bytes | None]

    def aliases(self, dotted: Collection[str], wanted: Collection[str]) -> Mapping[str, str]:
        """Those of `dotted` that are one of `wanted`, by another module's name for it."""
        found: dict[str, str] = {}
        for name in dotted:
            real = self._follow(name, frozenset(wanted))
            if real is not None and real != name:
                found[name] = real
        return found

    def renamed(
        self, files: Iterable[tuple[str, bytes]], words: Collection[str], wanted: Collection[str]
    ) -> Mapping[str, str]:
        """Other names that modules give to one of `wanted` for others to import, with what each is.

        Args:
            files: (path, content) pairs. words: the last names of `wanted` to look for in them.
        """
        found: dict[str, str] = {}
        for path, content in files:
            if not may_give_other_name(content, words):
                continue
            for name in _names_given_to(content, words):
                dotted = f"{module_of(path, self.plan.plan.source_roots).name}.{name}"
                real = self._follow(dotted, frozenset(wanted))
                if real is not None and real != dotted:
                    found[dotted] = real
        return found

    def _follow(self, dotted: str, wanted: frozenset[str], links: int = _MOST_LINKS) -> str | None:
        if dotted in wanted:
            return dotted
        if not links:
            return None
        reached = {self._follow(step, wanted, links - 1) for step in self._one_step(dotted)} - {None}
        return reached.pop() if len(reached) == 1 else None

    def _one_step(self, dotted: str) -> frozenset[str]:
        """What the module of `dotted` imports that name from; several where only star imports can bind it."""
        module, _, name = dotted.rpartition(".")
        path = file_of(module, self.plan.plan.source_roots, lambda path: self.read(path) is not None)
        if path is None:
            return frozenset()
        source = Source(self.read(path) or b"")
        try:
            tree = source.parse()
        except UnparsableSource:
            return frozenset()
        importer = module_of(path, self.plan.plan.source_roots)
        provenance = Provenance(source, tree, importer)
        anywhere = Place(tree, (), ())
        bound = provenance.follow(provenance.imports).resolve(ast.Name(name), anywhere)
        if bound is not None:
            return frozenset({bound.dotted}) if bound.certain else frozenset()
        if re.search(rf"\b{re.escape(name)}\b", source.text):
            return frozenset()
        return frozenset(f"{star}.{name}" for star in star_sources(tree, importer))


def star_sources(tree: ast.Module, importer: ModuleName) -> frozenset[str]:
    """Modules of which everything is imported at module level."""
    found = {
        resolve_relative(importer, s.level, s.module or "")
        for s, scopes in statements(tree.body)
        if isinstance(s, ast.ImportFrom) and not scopes and s.names[0].name == "*"
    }
    return frozenset(module for module in found if module is not None)



def _names_given_to(content: bytes, words: Collection[str]) -> frozenset[str]:
    """Names that a module's own statements give to one of `words`; what functions do inside stays there."""
    try:
        tree = Source(content).parse()
    except UnparsableSource:
        return frozenset()
    given: set[str] = set()
    for statement, scopes in statements(tree.body):
        if scopes:
            continue
        if isinstance(statement, ast.ImportFrom):
            given |= {a.asname for a in statement.names if a.asname and a.name in words}
        for target, value in plain_assignment(statement):
            last = value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""
            given |= {target.id} if last in words else set()
    return frozenset(given)
