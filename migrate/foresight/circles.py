"""A redirect that would load itself through its new home, with the chain of imports edge by edge."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from migrate.foresight.surface import read_surface
from migrate.load_graph import LoadGraph
from migrate.locate.aliases import blocks
from migrate.modules import file_of, module_of, resolve_relative
from migrate.plan_redirects import Redirect
from migrate.source import Source, UnparsableSource


@dataclass(frozen=True, slots=True)
class Edge:
    """One module imports another while it is loaded.

    Attributes:
        path: the importing file. line: of the import, from 1; 0 where it is not known.
        names: what it takes; empty where it only loads the module.
    """

    importer: str
    imported: str
    path: str
    line: int = 0
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{self.importer} → {self.imported} ({place})"


@dataclass
class Circles:
    """Chains of imports that lead back to a redirect, in the repository with all redirects in place.

    Attributes:
        read: the bytes of a file of the repository, or None when there is no such file.
        redirects: the plan's, by module.
    """

    read: Callable[[str], bytes | None]
    source_roots: Sequence[str]
    redirects: Mapping[str, Redirect]
    _trees: dict[str, ast.Module | None] = field(default_factory=dict, repr=False)

    @cached_property
    def _planned(self) -> dict[str, bytes]:
        files = ((self._file(module, self.read), redirect) for module, redirect in self.redirects.items())
        return {path: redirect.text().encode() for path, redirect in files if path}

    @cached_property
    def _graph(self) -> LoadGraph:
        return LoadGraph(self._read, self.source_roots)

    def _read(self, path: str) -> bytes | None:
        return self._planned[path] if path in self._planned else self.read(path)

    def _file(self, module: str, read: Callable[[str], bytes | None]) -> str:
        return file_of(module, self.source_roots, lambda path: read(path) is not None) or ""

    def through(self, redirect: Redirect, home: str) -> tuple[Edge, ...]:
        """The shortest chain redirect → new home → … → redirect that fails; empty when there is none.

        A chain is harmless where every name that is taken on it is bound by then: what a module has bound above the
        import that it is at.
        """
        around = _packages(redirect.module)
        starts = [home, *(package for package in _packages(home) if package not in around)]
        chains = [chain for start in starts if (chain := self._graph.chain(start, {redirect.module})) is not None]
        for chain in sorted(chains, key=len):
            modules = (redirect.module, *chain)
            edges = tuple(self._edge(*pair) for pair in itertools.pairwise(modules))
            if self._fails(edges, redirect, home):
                return edges
        return ()

    def _fails(self, edges: tuple[Edge, ...], redirect: Redirect, home: str) -> bool:
        last = edges[-1]
        taken = {export.name for export in redirect.exports if export.module == home}
        if redirect.warn == "lazy":
            if not last.names:
                return False
            by_name = {export.bound: export.name for export in redirect.exports if export.module == home}
            taken = set(by_name.values()) if "*" in last.names else {by_name[n] for n in last.names if n in by_name}
        elif last.names and set(last.names) - self._bound_above(redirect.module, edges[0].line):
            return True
        onward = next((edge for edge in edges[1:] if edge.importer == home), None)
        return onward is not None and bool(taken - self._bound_above(home, onward.line))

    def _bound_above(self, module: str, line: int) -> set[str]:
        path = self._file(module, self._read)
        content = self._read(path) if path else None
        if content is None:
            return set()
        entries = read_surface(content, module_of(path, self.source_roots)).entries
        return {name for name, found in entries.items() if any(e.is_loaded and e.line < line for e in found)}

    def _edge(self, importer: str, imported: str) -> Edge:
        path = self._file(importer, self._read)
        for line, module, names in self._imports(path):
            if module == imported:
                return Edge(importer, imported, path, line, names)
            loads = any(f"{module}.{name}" == imported for name in names) or module.startswith(imported + ".")
            if loads:
                return Edge(importer, imported, path, line)
        return Edge(importer, imported, path)

    def _imports(self, path: str) -> Iterator[tuple[int, str, tuple[str, ...]]]:
        """Line, module and names of each import that runs while a file is loaded."""
        if path not in self._trees:
            try:
                self._trees[path] = Source(self._read(path) or b"").parse()
            except (UnparsableSource, RecursionError):
                self._trees[path] = None
        tree = self._trees[path]
        name = module_of(path, self.source_roots)
        for block in blocks(tree.body) if tree is not None else ():
            for statement in block.statements if block.is_load_time else ():
                if isinstance(statement, ast.ImportFrom):
                    module = resolve_relative(name, statement.level, statement.module or "")
                    if module is not None:
                        yield statement.lineno, module, tuple(alias.name for alias in statement.names)
                elif isinstance(statement, ast.Import):
                    yield from ((statement.lineno, alias.name, ()) for alias in statement.names)


def _packages(module: str) -> list[str]:
    """`a`, `a.b` of `a.b.c`."""
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]
