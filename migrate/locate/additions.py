"""What the values of added keywords need at a call: names that mean what the plan means, and imports of them."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from migrate.edits import Span
from migrate.locate.aliases import is_type_checking
from migrate.locate.scopes import Names
from migrate.locate.sites import AddedImport, Module
from migrate.modules import resolve_relative
from migrate.plan_calls import Call, is_builtin
from migrate.plan_exports import Export
from migrate.provenance import FollowedNames, root_name
from migrate.source import Source
from migrate.syntax import Place, star_sources

_REST_OF_LINE = re.compile(rb"[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n|\Z)")
_BLANKS = re.compile(rb"[ \t\f]*")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
GROUP = 0
"""The number of the group that a module's added imports and the calls that need them are."""


class Problem(Struct, frozen=True):
    """Why a call cannot be given a value: a finding's code, and what is the matter."""

    code: str
    message: str


@dataclass
class Additions:
    """The imports that the values of one module's calls need.

    Attributes:
        followed: everything that a name is in the module.
        same: is a dotted path another module's name for an object?
        cycles: (module, new home that loads it), to the chain of modules in words.
        identifiers: those of the module.
        loads: what the module would come to import while it is loaded; see `locate.sites.Located`.
    """

    module: Module
    followed: Callable[[str], FollowedNames]
    same: Callable[[str, str], bool]
    cycles: Mapping[tuple[str, str], str]
    identifiers: Names
    loads: set[str] = field(default_factory=set)
    _needed: dict[tuple[int | None, str], AddedImport] = field(default_factory=dict)

    def need(self, call: Call, added: Collection[str], place: Place, callee: ast.Name | None) -> Problem | bool:
        """Note what the values of the keywords `added` need at a call.

        Args:
            callee: the name by which the callee is reached, where it is one.
        Returns:
            Whether any import has to come into the file; or why the values cannot stand there, and nothing is noted.
        """
        if "await" in "".join(call.add[keyword] for keyword in added) and not _may_await(place):
            return Problem("unsupported-call", "the added value awaits, and the call is not in an async function")
        exports = {export.bound: export for export in call.imports}
        missing: list[Export] = []
        for name in sorted(frozenset[str]().union(*(call.added_names[keyword] for keyword in added))):
            found = self._look_up(name, exports.get(name), place)
            if isinstance(found, Problem):
                return found
            if found and name in exports:
                missing.append(exports[name])
        if not missing:
            return False
        anchor = self._anchor(callee, place)
        for export in missing:
            if anchor is None or not anchor.scopes:
                circle = self._circle(export, anchor)
                if circle is not None:
                    return circle
        for export in missing:
            self._note(export, anchor)
        return True

    @property
    def imports(self) -> tuple[AddedImport, ...]:
        """The statements to add, those at one place as one; all of them and the calls that need them go together."""
        needed = sorted(self._needed.values(), key=lambda each: each.span)
        at_top = [each for each in needed if each.anchor is None or each.anchor in self.module.tree.body]
        first = {each.statement: each for each in reversed(at_top)}  # it is there for the whole module
        by_place: dict[Span, list[AddedImport]] = {}
        for each in self._needed.values():
            if first.get(each.statement, each) is each:
                by_place.setdefault(each.span, []).append(each)
        return tuple(_joined(found) for found in by_place.values())

    def _look_up(self, name: str, export: Export | None, place: Place) -> Problem | bool:
        """Is a name still to be imported for a value at `place`?"""
        followed = self.followed(name)
        variable = followed.variable(name, place)
        bindings = followed.bindings(variable)
        if export is not None:
            bindings = tuple(each for each in bindings if not _is_only_for_types(each.place))
        if not bindings:
            if export is not None:
                return self._may_import(export)
            if is_builtin(name) or star_sources(self.module.tree, self.module.name):
                return False
            return Problem("unbound-name", f"{name} is not bound there; name it in imports of the plan")
        line = min(getattr(each.place.node, "lineno", 1) for each in bindings)
        if export is not None:
            wanted = f"{export.module}.{export.name}"
            meaning = followed.meaning(variable)
            is_same = meaning is not None and meaning.complete
            if is_same and meaning is not None and all(o == wanted or self.same(o, wanted) for o in meaning.objects):
                return not any(_covers(each.place, variable[1], place) for each in bindings) and Problem(
                    "unbound-name", f"{name} is bound on line {line}, which need not have run by then; bind it first"
                )
        elif not is_builtin(name):
            return False  # whatever it is there, the plan says so
        remedy = "give its import an alias in the plan" if export is not None else "rename that one"
        return Problem("name-collision", f"{name} is something else there, bound on line {line}; {remedy}")

    def _may_import(self, export: Export) -> Problem | bool:
        """Can a name that nothing in the module binds be imported without a change to what it is elsewhere?"""
        if export.module == self.module.name.name:
            return Problem("unbound-name", f"{export.bound} is not defined in this module, as imports in the plan says")
        if star_sources(self.module.tree, self.module.name):
            return Problem("name-collision", f"a star import may bind {export.bound}; name what it brings in")
        if is_builtin(export.bound) and self.identifiers.is_used(export.bound):
            return Problem("name-collision", f"{export.bound} is Python's own in this file; give the import an alias")
        return True

    def _anchor(self, callee: ast.Name | None, place: Place, seen: frozenset[str] = frozenset()) -> Place | None:
        """The import that brings the callee in, where it is the only one and runs before the call."""
        if callee is None or callee.id in seen:
            return None
        followed = self.followed(callee.id)
        variable = followed.variable(callee.id, place)
        bindings = followed.bindings(variable)
        only = bindings[0].place if len(bindings) == 1 else None
        if only is not None and bindings[0].value is not None:  # an alias
            return self._anchor(root_name(bindings[0].value), only, seen | {callee.id})
        if only is None or not isinstance(only.node, ast.Import | ast.ImportFrom):
            return None
        inside = itertools.takewhile(lambda parent: not isinstance(parent, _FUNCTIONS), reversed(only.parents))
        runs_always = all(isinstance(parent, ast.Module | ast.Try | ast.With) for parent in inside)
        return only if runs_always else None

    def _circle(self, export: Export, anchor: Place | None) -> Problem | None:
        own, loaded = self.module.name.name, f"{export.module}:{export.name}"
        last = anchor.node if anchor is not None else _last_of_head(self.module.tree)
        if any(source == export.module for source in _sources_up_to(self.module, last)):
            return None  # it has been loaded from there by then
        chain = self.cycles.get((own, loaded))
        if chain is not None:
            return Problem("import-cycle", f"an import from {export.module} would fail while that is loaded ({chain})")
        self.loads.add(loaded)
        return None

    def _note(self, export: Export, anchor: Place | None) -> None:
        statement = anchor.node if anchor is not None else _last_of_head(self.module.tree)
        assert statement is None or isinstance(statement, ast.stmt)
        key = id(statement), export.statement
        if key not in self._needed:
            at, text = _insertion(self.module.source, self.module.tree, statement, export.statement)
            subject = f"{export.module}:{export.name}"
            self._needed[key] = AddedImport(Span(at, at), text, export.statement, subject, statement, group=GROUP)


def _joined(imports: Sequence[AddedImport]) -> AddedImport:
    """Imports at one place as one: those from one module as one statement, the others one after the other."""
    by_module: dict[str, list[AddedImport]] = {}
    for each in imports:
        by_module.setdefault(each.statement.partition(" import ")[0], []).append(each)
    texts, statements = [], []
    for head, found in by_module.items():
        names = ", ".join(each.statement.partition(" import ")[2] for each in found)
        statements.append(f"{head} import {names}")
        texts.append(found[0].text.replace(found[0].statement, statements[-1]))
    return replace(
        imports[0],
        text="".join(texts),
        statement="\n".join(statements),
        subject=", ".join(each.subject for each in imports),
    )


def _may_await(place: Place) -> bool:
    """May an expression at a place be awaited?"""
    functions = [scope for scope in place.scopes if isinstance(scope, (*_FUNCTIONS, ast.Lambda))]
    return bool(functions) and isinstance(functions[-1], ast.AsyncFunctionDef)


def _is_only_for_types(place: Place) -> bool:
    return any(isinstance(parent, ast.If) and is_type_checking(parent.test) for parent in place.parents)


def _sources_up_to(module: Module, last: ast.AST | None) -> Iterator[str | None]:
    """Modules from which something is surely imported by the time that `last`, a statement of the module, has run."""
    until = getattr(last, "lineno", 0)
    for statement in module.tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.lineno <= until:
            yield resolve_relative(module.name, statement.level, statement.module or "")


def _covers(binding: Place, scope: ast.AST | None, place: Place) -> bool:
    """Has a binding run whenever the code at `place` runs?"""
    if not isinstance(binding.node, ast.stmt):
        return False
    inside = list(itertools.takewhile(lambda parent: not isinstance(parent, _FUNCTIONS), reversed(binding.parents)))
    runs_always = all(isinstance(parent, ast.Module | ast.Try | ast.With) for parent in inside)
    functions = [parent for parent in place.parents if isinstance(parent, (*_FUNCTIONS, ast.Lambda))]
    is_later = bool(functions) and functions[-1] is not scope  # a function runs when its module has been loaded
    is_before = binding.node.lineno <= getattr(place.node, "lineno", 0)
    return (runs_always and (is_later or is_before)) or (is_before and bool(inside) and inside[0] in place.parents)


def _last_of_head(tree: ast.Module) -> ast.stmt | None:
    """The last of the docstring and the imports that a module begins with."""
    last: ast.stmt | None = None
    for index, statement in enumerate(tree.body):
        is_docstring = index == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not (is_docstring or isinstance(statement, ast.Import | ast.ImportFrom)):
            break
        last = statement
    return last


def _insertion(source: Source, tree: ast.Module, anchor: ast.stmt | None, statement: str) -> tuple[int, str]:
    """Where the text of a new statement goes, and that text with what separates it from its neighbours."""
    newline = source.newline
    if anchor is None:
        first = tree.body[0]
        decorators = getattr(first, "decorator_list", ())
        line = min((first.lineno, *(decorator.lineno for decorator in decorators)))
        return source.line_starts[line - 1], f"{statement}{newline}"
    span = source.span(anchor)
    start = source.line_starts[anchor.lineno - 1]
    rest = _REST_OF_LINE.match(source.content, span.end)
    if rest is None or _BLANKS.fullmatch(source.content, start, span.start) is None:
        return span.end, f"; {statement}"
    indentation = source.content[start : span.start].decode(source.encoding)
    if rest.group().endswith((b"\n", b"\r")):
        return rest.end(), f"{indentation}{statement}{newline}"
    return rest.end(), f"{newline}{indentation}{statement}"
