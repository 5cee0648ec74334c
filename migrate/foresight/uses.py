"""The users of some modules: every place in a file that takes a name from one of them."""

from __future__ import annotations

import ast
import itertools
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from migrate.edits import Span
from migrate.foresight.surface import imports_in_text, listed_names
from migrate.locate.aliases import ImportedName, blocks, imported_names, is_type_checking
from migrate.locate.strings import called_names, names_path
from migrate.locate.uses import Use as ImportedUse
from migrate.locate.uses import find_uses
from migrate.modules import ModuleName, resolve_relative
from migrate.provenance import Provenance
from migrate.source import Source, UnparsableSource, readable
from migrate.syntax import Place, bodies, lines_with, places_on

PATCHERS = frozenset({"patch", "setattr", "delattr", "spy"})
"""Functions that replace what a string names."""
_ANY_ERROR = frozenset({"Exception", "BaseException"})
_IMPORT_ERRORS = _ANY_ERROR | {"ImportError", "ModuleNotFoundError"}
_ATTRIBUTE_ERRORS = _ANY_ERROR | {"AttributeError"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

Kind = Literal["import", "attribute", "star", "assign", "patch", "path", "string", "module", "load"]


class Use(Struct, frozen=True):
    """One place that takes a name from a module.

    Attributes:
        module: dotted. name: what is taken; `*` for everything.
        kind: imported, read as an attribute of the module, set as one, patched by a function, looked up by its path
            in a string, or only named in a string. Of `module` the name is what the file calls the module itself at
            its top level, by which others may use it. Of `load`, an import of the module itself, the name is empty.
        path: relative to the root. line, last_line: from 1. column: from 0, in UTF-8 bytes.
        span: the bytes of the statement, expression or string.
        hidden_by: what would hide that the name is gone, as a phrase for people.
        is_for_types: it runs for type checkers only.
        reads: of a star import, the names that the file reads and binds nowhere else.
        via: the module that the name is taken from in the file, where that one has it by a star import.
        is_loaded: if the name is a module inside of the package `module`, the file itself sees to it that it is loaded.
        is_path: a string has the path to something in it, and what takes that loads the modules on the way.
    """

    module: str
    name: str
    kind: Kind
    path: str
    line: int
    column: int
    last_line: int
    span: Span
    hidden_by: str = ""
    is_for_types: bool = False
    reads: frozenset[str] = frozenset()
    via: str = ""
    is_loaded: bool = False
    is_path: bool = False

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


def find_users(
    path: str,
    content: bytes,
    importer: ModuleName,
    modules: Collection[str],
    aliases: Mapping[str, str] | None = None,
    *,
    in_place: bool = False,
) -> tuple[Use, ...]:
    """Every use of a name of `modules` in a file, by place; in one that CPython does not read, the imports alone.

    What only running the code could tell is not found: names that are put together, `vars(m)["Name"]`,
    `operator.attrgetter("Name")(m)`, modules that are passed on as values of a call.

    Args:
        path: relative to the root, with `/`. modules: dotted names.
        aliases: what other modules call those, as `pkg.facade.mod`, to the module.
        in_place: the files of the modules stay for now: what one uses of another counts, and an import of a module.
    """
    if importer.name in modules:
        modules = set(modules) - {importer.name} if in_place else ()
    if not modules:
        return ()
    source = Source(content)
    try:
        tree = source.parse()
        finder = _Finder(path, source, tree, importer, frozenset(modules), aliases or {}, in_place)
        return tuple(sorted(finder.find(), key=lambda use: use.order))
    except (UnparsableSource, RecursionError):
        return tuple(_in_text(path, readable(content), importer, modules))


class _Finder:
    def __init__(
        self,
        path: str,
        source: Source,
        tree: ast.Module,
        importer: ModuleName,
        modules: frozenset[str],
        aliases: Mapping[str, str],
        in_place: bool,
    ) -> None:
        self._path = path
        self._source = source
        self._tree = tree
        self._importer = importer
        self._modules = modules
        self._aliases = aliases
        self._in_place = in_place
        wanted = modules | aliases.keys()
        self._packages = frozenset(package for module in wanted for package in accumulated(module)) - modules

    def find(self) -> Iterator[Use]:
        names = list(imported_names(self._tree, self._importer))
        hidden = _hidden_imports(self._tree)
        for name in names:
            if self._in_place and name.path in self._modules:
                yield self._use(name.path, "", "load", name.alias, self._source.span(name.statement))
            if name.source in self._modules and name.path not in self._modules:
                yield self._use(
                    name.source,
                    name.alias.name,
                    "import",
                    name.alias,
                    self._source.span(name.statement),
                    hidden.get(id(name.statement), ""),
                    not name.block.is_load_time and _is_for_types(name),
                )
            elif name.dotted in self._modules and not name.block.scopes and name.block.is_load_time:
                yield self._use(name.dotted, name.local, "module", name.alias)
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
        hidden_by: str = "",
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
            hidden_by,
            is_for_types,
        )

    def _stars(self) -> Iterator[Use]:
        for block in blocks(self._tree.body):
            for statement in block.statements:
                if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
                    module = resolve_relative(self._importer, statement.level, statement.module or "")
                    if module in self._modules:
                        yield replace(self._use(module, "*", "star", statement), reads=self._unbound)

    @cached_property
    def _unbound(self) -> frozenset[str]:
        """Names that the module reads, or lists in `__all__`, and does not bind itself."""
        top = self._source.symbols()
        bound = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
        read = set(listed_names(self._tree) or ())
        pending = [top]
        while pending:
            table = pending.pop()
            pending += table.get_children()
            read |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (s.is_global() or table is top)}
        return frozenset(read - bound)

    def _attributes(self, names: Sequence[ImportedName]) -> Iterator[Use]:
        """`m.Name` after `import m`, `getattr(m, "Name")`, `patch.object(m, "Name")`."""
        local: dict[str, set[str]] = {}
        for name in names:
            if name.dotted in self._modules or name.dotted in self._aliases or name.dotted in self._packages:
                local.setdefault(name.local, set()).add(name.dotted)
        for variable, module in _assign_imports(self._source, self._tree, self._modules):
            local.setdefault(variable, set()).add(module)
        if not local:
            return
        followed = Provenance(self._source, self._tree, self._importer).follow(local)
        for use in find_uses(self._source, followed):
            bound = followed.meaning(use.variable)
            for dotted in bound.objects if bound is not None else ():
                module, rest = self._split([dotted, *use.chain])
                if module and not rest:
                    yield from self._multiple(module, use)
                    yield from self._of_choice(module, use)
                elif (
                    0 < len(rest) <= len(use.chain)
                ):  # else it is a variable, and the attribute was read where it got it
                    yield self._of_module(module, rest, use)

    def _of_module(self, module: str, rest: tuple[str, ...], use: ImportedUse) -> Use:
        literal = use.literal if len(rest) == 1 else None
        node = literal if literal is not None else use.nodes[len(use.chain) - len(rest) + 1]
        parents = use.place.parents
        call = next((p for p in reversed(parents) if isinstance(p, ast.Call) and literal in p.args), None)
        kind: Kind = "attribute"
        hidden_by = _hidden_by(use.place, _ATTRIBUTE_ERRORS)
        if literal is not None and call is not None:
            called = called_names(call.func)
            if isinstance(call.func, ast.Attribute) and called & PATCHERS:
                kind, hidden_by = "patch", _created(call)
            elif called == {"setattr"}:
                kind = "assign"
            elif called == {"hasattr"} or (called == {"getattr"} and len(call.args) > 2):
                hidden_by = "a default" if called == {"getattr"} else "`hasattr`"
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            parent = use.parents_of(node)[-1]
            kind = "attribute" if isinstance(parent, ast.AugAssign) else "assign"
        is_for_types = use.quoted is not None or _is_annotation(use.place, self._annotates_later)
        found = self._use(module, rest[0], kind, node, hidden_by=hidden_by, is_for_types=is_for_types)
        return replace(found, is_loaded=found.dotted in self._loaded)

    def _of_choice(self, module: str, use: ImportedUse) -> Iterator[Use]:
        """`(m if fast else other).Name`, `reload(m).Name`."""
        inner: ast.AST = use.nodes[-1]
        for parent in reversed(use.parents_of(use.nodes[-1])):
            if isinstance(parent, ast.Attribute) and isinstance(parent.ctx, ast.Load) and inner is not use.nodes[-1]:
                hidden_by = _hidden_by(use.place, _ATTRIBUTE_ERRORS)
                yield self._use(module, parent.attr, "attribute", parent, hidden_by=hidden_by)
            if not _is_perhaps(parent, inner):
                return
            inner = parent

    @cached_property
    def _loaded(self) -> frozenset[str]:
        """Modules that are loaded when this one is, by its own imports; objects that these name among them."""
        paths = [name.path for name in imported_names(self._tree, self._importer)]
        return frozenset(module for path in (*paths, self._importer.name) for module in accumulated(path))

    def _multiple(self, module: str, use: ImportedUse) -> Iterator[Use]:
        """`patch.multiple(m, Name=…)`."""
        outside = use.parents_of(use.nodes[-1])
        call = outside[-1] if outside else None
        if isinstance(call, ast.Call) and use.nodes[-1] in call.args[:1]:
            yield from self._patched_together(module, call)

    def _patched_together(self, module: str, call: ast.Call) -> Iterator[Use]:
        if {"patch", "multiple"} <= called_names(call.func):
            for keyword in call.keywords:
                if keyword.arg and keyword.arg not in _OF_PATCH:
                    yield self._use(module, keyword.arg, "patch", keyword.value, hidden_by=_created(call))

    @cached_property
    def _annotates_later(self) -> bool:
        return any(
            isinstance(statement, ast.ImportFrom)
            and statement.module == "__future__"
            and any(alias.name == "annotations" for alias in statement.names)
            for statement in self._tree.body
        )

    def _split(self, parts: Sequence[str]) -> tuple[str, tuple[str, ...]]:
        """The longest of the modules that a dotted path begins with, by whatever name, and what follows it."""
        words = ".".join(parts).split(".")
        for length in range(len(words), 0, -1):
            path = ".".join(words[:length])
            module = path if path in self._modules else self._aliases.get(path, "")
            if module:
                return module, tuple(words[length:])
        return "", ()

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
                    kind, call = _string_kind(place, node, is_whole=whole is not None)
                    hidden_by = _created(call) if call is not None else ""
                    use = self._use(found[1], rest.partition(".")[0], kind, node, hidden_by=hidden_by)
                    yield replace(use, is_path="." in rest)
                    break
                if whole is not None:
                    yield from self._module_in_string(found[1], place)

    def _module_in_string(self, module: str, place: Place) -> Iterator[Use]:
        """`patch.multiple("pkg.mod", Name=…)`, `import_module("pkg.mod").Name`, `sys.modules["pkg.mod"].Name`."""
        around = place.parents[-1]
        if isinstance(around, ast.Call) and place.node in around.args[:1]:
            yield from self._patched_together(module, around)
        if not (gives_module(around, place.node) and len(place.parents) > 1):
            return
        outside = place.parents[-2]
        if isinstance(outside, ast.Attribute) and isinstance(outside.ctx, ast.Load):
            yield self._use(module, outside.attr, "attribute", outside, hidden_by=_hidden_by(place, _ATTRIBUTE_ERRORS))
        elif isinstance(outside, ast.Call) and called_names(outside.func) == {"getattr"} and len(outside.args) > 1:
            name = outside.args[1]
            if outside.args[0] is around and isinstance(name, ast.Constant) and isinstance(name.value, str):
                hidden_by = "a default" if len(outside.args) > 2 else _hidden_by(place, _ATTRIBUTE_ERRORS)
                yield self._use(module, name.value, "attribute", outside, hidden_by=hidden_by)


_OF_PATCH = frozenset({"spec", "create", "spec_set", "autospec", "new_callable"})
"""Keywords of `patch.multiple` itself."""


def _is_perhaps(node: ast.AST, inner: ast.AST) -> bool:
    """May an expression be the module that the expression `inner` in it is?"""
    match node:
        case ast.IfExp(test=test):
            return inner is not test
        case ast.Call(func=function, args=[first]):
            return inner is first and "reload" in called_names(function)
        case ast.NamedExpr(value=value):
            return inner is value
    return isinstance(node, ast.BoolOp)


def _created(call: ast.Call) -> str:
    """Does a patch make what is not there?"""
    for keyword in call.keywords:
        value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
        if (keyword.arg, value) in (("create", True), ("raising", False)):
            return f"`{keyword.arg}`"
    return ""


def gives_module(node: ast.AST, path: ast.AST) -> bool:
    """Is it `import_module(path)` or `sys.modules[path]`?"""
    match node:
        case ast.Call(func=function, args=[first]):
            return first is path and "import_module" in called_names(function)
        case ast.Subscript(value=ast.Attribute(attr="modules", value=ast.Name(id="sys")), slice=key):
            return key is path
    return False


def _assign_imports(source: Source, tree: ast.Module, modules: Collection[str]) -> Iterator[tuple[str, str]]:
    """Turn each `m = import_module("pkg.mod")` in the tree into `import pkg.mod as m`, and tell variable and module."""
    if "import_module" not in source.text and "sys.modules" not in source.text:
        return
    for block in blocks(tree.body):
        for index, statement in enumerate(block.statements):
            match statement:
                case (
                    ast.Assign(targets=[ast.Name(id=variable)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=variable), value=ast.expr() as value)
                ):
                    path = value.args[0] if isinstance(value, ast.Call) and value.args else None
                    path = value.slice if isinstance(value, ast.Subscript) else path
                    module = path.value if isinstance(path, ast.Constant) else None
                    if path is None or not gives_module(value, path) or not isinstance(module, str):
                        continue
                    if module in modules:
                        alias = ast.copy_location(ast.alias(module, variable), statement)
                        assert isinstance(block.statements, list)
                        block.statements[index] = ast.copy_location(ast.Import([alias]), statement)
                        yield variable, module


@lru_cache(maxsize=8)
def _paths(modules: frozenset[str]) -> re.Pattern[str]:
    longest = "|".join(re.escape(module) for module in sorted(modules, key=len, reverse=True))
    return re.compile(rf"(?<![\w.])({longest})((?:\.[^\W\d]\w*)*)((?::[^\W\d]\w*(?:\.\w+)*)?)(?!\w)")


def _string_kind(place: Place, node: ast.Constant, *, is_whole: bool) -> tuple[Kind, ast.Call | None]:
    """What a string with a path is for, and the call that patches it."""
    if not is_whole:
        return "string", None
    call = place.parents[-1]
    if isinstance(call, ast.keyword) and call.arg == "target":
        call = place.parents[-2]
    if isinstance(call, ast.Call) and called_names(call.func) & PATCHERS and node not in call.args[1:]:
        return "patch", call
    return ("path" if names_path(place) else "string"), None


def _is_docstring(place: Place) -> bool:
    return len(place.parents) >= 2 and isinstance(place.parents[-1], ast.Expr)


def _is_for_types(name: ImportedName) -> bool:
    return not name.block.scopes or all(isinstance(scope, ast.ClassDef) for scope in name.block.scopes)


def _hidden_imports(tree: ast.Module) -> dict[int, str]:
    """Identities of the imports in what catches an ImportError, with what that is."""
    found: dict[int, str] = {}
    pending: list[tuple[Sequence[ast.stmt], str]] = [(tree.body, "")]
    while pending:
        block, hidden_by = pending.pop()
        for statement in block:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                if hidden_by:
                    found[id(statement)] = hidden_by
                continue
            outside = "" if isinstance(statement, _FUNCTIONS) else hidden_by
            caught_by = catches(statement, _IMPORT_ERRORS)
            for inner in bodies(statement):
                inside = caught_by if caught_by and inner is getattr(statement, "body", None) else outside
                pending.append((inner, inside))
    return found


def _hidden_by(place: Place, errors: Collection[str]) -> str:
    """What around a place would catch one of the errors that it may raise."""
    inner: ast.AST = place.node
    for parent in reversed(place.parents):
        if isinstance(parent, _FUNCTIONS):
            break
        is_in_body = isinstance(parent, ast.stmt) and inner in getattr(parent, "body", ())
        if is_in_body and (caught_by := catches(parent, errors)):
            return caught_by
        inner = parent
    return ""


def catches(statement: ast.AST, errors: Collection[str]) -> str:
    """Does a statement catch one of the errors in its body? Then what that is, as a phrase."""
    match statement:
        case ast.Try(handlers=handlers) | ast.TryStar(handlers=handlers):
            caught = any(each.type is None or _names(each.type) & set(errors) for each in handlers)
            return "a `try`" if caught else ""
        case ast.With(items=items) | ast.AsyncWith(items=items):
            calls = [item.context_expr for item in items if isinstance(item.context_expr, ast.Call)]
            caught = any(
                "suppress" in called_names(call.func) and any(_names(each) & set(errors) for each in call.args)
                for call in calls
            )
            return "`suppress`" if caught else ""
    return ""


def _names(expression: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}


def _is_annotation(place: Place, annotates_later: bool) -> bool:
    """Does it stand in an annotation that is not evaluated, or in an `if TYPE_CHECKING`?"""
    inner: ast.AST = place.node
    for parent in reversed(place.parents):
        if isinstance(parent, ast.AnnAssign) and inner is parent.annotation:
            is_local = bool(place.scopes) and isinstance(place.scopes[-1], _FUNCTIONS)
            return annotates_later or _ANNOTATES_LATER or (is_local and isinstance(parent.target, ast.Name))
        if isinstance(parent, ast.arg) or inner is getattr(parent, "returns", None):
            return annotates_later or _ANNOTATES_LATER
        if isinstance(parent, ast.If) and is_type_checking(parent.test) and inner in parent.body:
            return True
        inner = parent
    return False


_ANNOTATES_LATER = sys.version_info >= (3, 14)


def accumulated(module: str) -> Iterator[str]:
    """`a`, `a.b`, `a.b.c` of `a.b.c`."""
    return itertools.accumulate(module.split("."), lambda package, name: f"{package}.{name}")


def _in_text(path: str, source: Source, importer: ModuleName, modules: Collection[str]) -> Iterator[Use]:
    for line, module, names in imports_in_text(source.text, importer):
        if module in modules:
            start = source.line_starts[line - 1] if line <= len(source.line_starts) else 0
            for name, _ in names:
                kind: Kind = "star" if name == "*" else "import"
                yield Use(module, name, kind, path, line, 0, line, Span(start, start))
