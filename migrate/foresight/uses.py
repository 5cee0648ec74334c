"""The users of some modules: every place in a file that takes a name from one of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from migrate.edits import Span
from migrate.foresight.surface import imports_in_text
from migrate.locate.aliases import ImportedName, blocks, imported_names
from migrate.locate.strings import called_names, names_path
from migrate.locate.uses import find_uses
from migrate.modules import ModuleName, resolve_relative
from migrate.provenance import Provenance
from migrate.source import Source, UnparsableSource, readable
from migrate.syntax import Place, lines_with, places_on

PATCHERS = frozenset({"patch", "setattr", "delattr", "spy"})
"""Functions that replace what a string names."""
_GUARDS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})

Kind = Literal["import", "attribute", "star", "patch", "path", "string"]


@dataclass(frozen=True, slots=True)
class Use:
    """One place that takes a name from a module.

    Attributes:
        module: dotted. name: what is taken; `*` for everything.
        kind: imported, read as an attribute of the module, patched by its path in a string, looked up by its path in
            a string, or only named in a string.
        path: relative to the root. line, last_line: from 1. column: from 0, in UTF-8 bytes.
        span: the bytes of the statement, expression or string.
        is_guarded: an `except ImportError` around it would hide that the name is gone.
        is_for_types: it runs for type checkers only.
        reads: of a star import, the names that the file reads and binds nowhere else.
        via: the module that the name is taken from in the file, where that one has it by a star import.
    """

    module: str
    name: str
    kind: Kind
    path: str
    line: int
    column: int
    last_line: int
    span: Span
    is_guarded: bool = False
    is_for_types: bool = False
    reads: frozenset[str] = frozenset()
    via: str = ""

    def through(self, module: str) -> Use:
        """The same use of a module that the one used here imports everything from."""
        return replace(self, module=module, via=self.module)

    def of(self, name: str) -> Use:
        """A star import as the import of one of its names."""
        return replace(self, name=name, kind="import")

    @property
    def dotted(self) -> str:
        return f"{self.module}.{self.name}"

    @property
    def breaks(self) -> bool:
        """Does something raise here when the name is gone?"""
        return self.kind in ("import", "attribute")

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"

    @property
    def order(self) -> tuple[str, int, int, str]:
        return self.path, self.line, self.column, self.name


def find_users(path: str, content: bytes, importer: ModuleName, modules: Collection[str]) -> tuple[Use, ...]:
    """Every use of a name of `modules` in a file, by place; in one that CPython does not read, the imports alone.

    Args:
        path: relative to the root, with `/`. modules: dotted names.
    """
    if importer.name in modules:
        return ()
    source = Source(content)
    try:
        tree = source.parse()
        finder = _Finder(path, source, tree, importer, frozenset(modules))
        return tuple(sorted(finder.find(), key=lambda use: use.order))
    except (UnparsableSource, RecursionError):
        return tuple(_in_text(path, readable(content), importer, modules))


class _Finder:
    def __init__(
        self, path: str, source: Source, tree: ast.Module, importer: ModuleName, modules: frozenset[str]
    ) -> None:
        self._path = path
        self._source = source
        self._tree = tree
        self._importer = importer
        self._modules = modules
        self._tops = frozenset(module.partition(".")[0] for module in modules)

    def find(self) -> Iterator[Use]:
        names = list(imported_names(self._tree, self._importer))
        guarded = _guarded(self._tree)
        for name in names:
            if name.source in self._modules and name.path not in self._modules:
                alias = name.alias
                yield self._use(
                    name.source,
                    alias.name,
                    "import",
                    alias,
                    self._source.span(name.statement),
                    id(name.statement) in guarded,
                    not name.block.is_load_time and _is_for_types(name),
                )
        yield from self._stars()
        yield from self._attributes(names)
        yield from self._strings()

    def _use(
        self,
        module: str,
        name: str,
        kind: Kind,
        node: ast.expr | ast.stmt | ast.alias,
        span: Span | None = None,
        is_guarded: bool = False,
        is_for_types: bool = False,
    ) -> Use:
        return Use(
            module,
            name,
            kind,
            self._path,
            node.lineno,
            node.col_offset,
            node.end_lineno or node.lineno,
            span or self._source.span(node),
            is_guarded,
            is_for_types,
        )

    def _stars(self) -> Iterator[Use]:
        for block in blocks(self._tree.body):
            for statement in block.statements:
                if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
                    module = resolve_relative(self._importer, statement.level, statement.module or "")
                    if module in self._modules:
                        yield replace(self._use(module, "*", "star", statement), reads=_unbound(self._source))

    def _attributes(self, names: Sequence[ImportedName]) -> Iterator[Use]:
        """`m.Name` after `import m`, `getattr(m, "Name")`, `patch.object(m, "Name")`."""
        local: dict[str, set[str]] = {}
        for name in names:
            if name.dotted in self._modules or (name.is_plain and name.dotted in self._tops):
                local.setdefault(name.local, set()).add(name.dotted)
        if not local:
            return
        followed = Provenance(self._source, self._tree, self._importer).follow(local)
        for use in find_uses(self._source, followed):
            bound = followed.meaning(use.variable)
            for dotted in bound.objects if bound is not None else ():
                module, rest = self._split([dotted, *use.chain])
                if not rest:
                    continue
                depth = len(use.chain) - len(rest) + 1
                node = use.literal if use.literal is not None and len(rest) == 1 else use.nodes[depth]
                is_patch = use.literal is not None and len(rest) == 1 and self._is_patched(use.place, use.literal)
                yield self._use(module, rest[0], "patch" if is_patch else "attribute", node)

    def _split(self, parts: Sequence[str]) -> tuple[str, tuple[str, ...]]:
        """The longest of the modules that a dotted path begins with, and what follows it."""
        words = ".".join(parts).split(".")
        for length in range(len(words) - 1, 0, -1):
            module = ".".join(words[:length])
            if module in self._modules:
                return module, tuple(words[length:])
        return "", ()

    def _is_patched(self, place: Place, literal: ast.Constant) -> bool:
        call = next((p for p in reversed(place.parents) if isinstance(p, ast.Call) and literal in p.args), None)
        return call is not None and bool(called_names(call.func) & PATCHERS) and isinstance(call.func, ast.Attribute)

    def _strings(self) -> Iterator[Use]:
        pattern = _paths(self._modules)
        if not pattern.search(self._source.text):
            return
        for place in places_on(self._tree, lines_with(self._source, pattern)):
            node = place.node
            if not (isinstance(node, ast.Constant) and isinstance(node.value, str)) or _is_docstring(place):
                continue
            whole = pattern.fullmatch(node.value)
            for found in [whole] if whole is not None else pattern.finditer(node.value):
                rest = (found[2] + found[3].replace(":", ".")).strip(".")
                if rest:
                    name = rest.partition(".")[0]
                    yield self._use(found[1], name, _string_kind(place, node, is_whole=whole is not None), node)
                    break


def _unbound(source: Source) -> frozenset[str]:
    """Names that a module reads and does not bind itself."""
    top = source.symbols()
    bound = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    read: set[str] = set()
    pending = [top]
    while pending:
        table = pending.pop()
        pending += table.get_children()
        read |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (s.is_global() or table is top)}
    return frozenset(read - bound)


@lru_cache(maxsize=8)
def _paths(modules: frozenset[str]) -> re.Pattern[str]:
    longest = "|".join(re.escape(module) for module in sorted(modules, key=len, reverse=True))
    return re.compile(rf"(?<![\w.])({longest})((?:\.[^\W\d]\w*)*)((?::[^\W\d]\w*(?:\.\w+)*)?)(?!\w)")


def _string_kind(place: Place, node: ast.Constant, *, is_whole: bool) -> Kind:
    if not is_whole:
        return "string"
    call = place.parents[-1]
    if isinstance(call, ast.keyword) and call.arg == "target":
        call = place.parents[-2]
    if isinstance(call, ast.Call) and called_names(call.func) & PATCHERS and node not in call.args[1:]:
        return "patch"
    return "path" if names_path(place) else "string"


def _is_docstring(place: Place) -> bool:
    return len(place.parents) >= 2 and isinstance(place.parents[-1], ast.Expr)


def _is_for_types(name: ImportedName) -> bool:
    return not name.block.scopes or all(isinstance(scope, ast.ClassDef) for scope in name.block.scopes)


def _guarded(tree: ast.Module) -> frozenset[int]:
    """Identities of the imports in a `try` that catches an ImportError."""
    found: set[int] = set()
    for block in blocks(tree.body):
        for statement in block.statements:
            if isinstance(statement, ast.Try) and any(map(_catches_import_errors, statement.handlers)):
                inside = (node for each in statement.body for node in ast.walk(each))
                found |= {id(node) for node in inside if isinstance(node, ast.Import | ast.ImportFrom)}
    return frozenset(found)


def _catches_import_errors(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(node, ast.Name) and node.id in _GUARDS for node in ast.walk(handler.type))


def _in_text(path: str, source: Source, importer: ModuleName, modules: Collection[str]) -> Iterator[Use]:
    for line, module, names in imports_in_text(source.text, importer):
        if module in modules:
            start = source.line_starts[line - 1] if line <= len(source.line_starts) else 0
            for name, _ in names:
                kind: Kind = "star" if name == "*" else "import"
                yield Use(module, name, kind, path, line, 0, line, Span(start, start))
