"""Provenance: which object a local name is bound to at a place, as far as imports tell."""

from __future__ import annotations

import ast
import itertools
import symtable
import sys
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import TypeAlias

from msgspec import Struct

from migrate.modules import ModuleName, resolve_relative
from migrate.source import Source
from migrate.syntax import (
    COMPREHENSIONS,
    DEFINITIONS,
    SCOPES,
    Place,
    TypeParameters,
    lines_naming,
    places_on,
    statements,
)

TYPE_PARAMETERS = ("TypeVar", "ParamSpec", "TypeVarTuple")
"""Node names of PEP 695's parameters, which `ast` has since Python 3.12."""
_INLINES_COMPREHENSIONS = sys.version_info >= (3, 12)
MODULE = None
"""The module's own scope where a scope node stands for the others."""


class Bound(Struct, frozen=True):
    """What a name is bound to.

    Attributes:
        objects: each as `pkg.mod.Name`, in the order of the bindings; more than one where only running the code
            could tell which.
        complete: the name has no other binding that could be meant.
    """

    objects: tuple[str, ...]
    complete: bool


Variable: TypeAlias = tuple[str, ast.AST | None]
"""A name and the scope node whose variable it is."""


class Binding(Struct, frozen=True):
    """One place that binds a name: to `dotted`, or to what `value` stands for there, or to who knows what."""

    name: str
    place: Place
    scope: ast.AST | None
    dotted: str | None = None
    value: ast.expr | None = None
    harmless: bool = False
    """Binds None or deletes: a fallback that no call goes through."""
    is_default: bool = False
    """Binds a parameter to `value` where the caller passes nothing."""


def imported(statement: ast.Import | ast.ImportFrom, importer: ModuleName) -> Iterator[tuple[str, str, ast.alias]]:
    """(local name, dotted object, alias) of each name that an import statement binds; stars left out."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            if alias.asname:
                yield alias.asname, alias.name, alias
            else:
                first = alias.name.partition(".")[0]
                yield first, first, alias
        return
    module = resolve_relative(importer, statement.level, statement.module or "")
    if module is None:
        return
    for alias in statement.names:
        if alias.name != "*":
            yield alias.asname or alias.name, f"{module}.{alias.name}", alias


_VALUE_INSIDE = (":=", "lambda")
"""What gives a name a value within an expression."""


class Provenance:
    """The bindings of one module's names, looked up through its scopes.

    Scopes are CPython's own, from `symtable`; what binds a name in a scope is read from the tree. Names bound by a
    star import are not known here. What does not depend on the names asked for is read from the tree once.
    """

    def __init__(self, source: Source, tree: ast.Module, importer: ModuleName) -> None:
        self.source = source
        self.tree = tree
        self.importer = importer

    @cached_property
    def objects(self) -> dict[str, frozenset[str]]:
        """Local names that some import or the module's own definitions bind, to the objects bound."""
        found: dict[str, set[str]] = {}
        for statement, scopes in self._statements:
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                for local, dotted, _alias in imported(statement, self.importer):
                    found.setdefault(local, set()).add(dotted)
            elif isinstance(statement, DEFINITIONS) and not scopes:
                found.setdefault(statement.name, set()).add(f"{self.importer.name}.{statement.name}")
        return {local: frozenset(objects) for local, objects in found.items()}

    @cached_property
    def assigned(self) -> dict[str, frozenset[str]]:
        """For each name, those that it or an attribute of it is assigned to in any scope: `Ctx = m.Context`.

        Also where it is one of several values, `Ctx = Context if new else Old`, or a parameter's default.
        """
        found: dict[str, set[str]] = {}
        nodes: Iterator[ast.AST] = (statement for statement, _scopes in self._statements)
        inside = places_on(self.tree, lines_naming(self.source, (), _VALUE_INSIDE))
        for node in itertools.chain(nodes, (place.node for place in inside)):
            for target, value in plain_assignment(node):
                for root in filter(None, map(root_name, alternatives(value))):
                    found.setdefault(root.id, set()).add(target.id)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                for parameter, default in defaults(node.args):
                    for root in filter(None, map(root_name, alternatives(default))):
                        found.setdefault(root.id, set()).add(parameter.arg)
        return {root: frozenset(names) for root, names in found.items()}

    @cached_property
    def tables(self) -> _Tables:
        """CPython's symbol tables.

        Raises:
            UnparsableSource: CPython rejects what the module's scopes declare.
        """
        return _Tables(self.source)

    @cached_property
    def _statements(self) -> tuple[tuple[ast.stmt, tuple[ast.AST, ...]], ...]:
        return tuple(statements(self.tree.body))

    def follow(self, names: Collection[str]) -> FollowedNames:
        """Prepare the look-up of `names` (keys of `objects`).

        Raises:
            UnparsableSource: scopes matter, and CPython rejects the module's.
        """
        return FollowedNames(self, frozenset(names))


class FollowedNames:
    """Some local names of a module, and the names that are plain aliases of them, or that they are defaults of."""

    def __init__(self, module: Provenance, names: frozenset[str]) -> None:
        self._module = module
        self._importer = module.importer
        self.names = names
        self._scoped: dict[Variable, list[Binding]] = {}
        self._meanings: dict[Variable, Bound | None] = {}
        self.names |= self._aliases()
        self.places = self._find_places() if self.names else ()
        for binding in self._bindings():
            self._scoped.setdefault((binding.name, binding.scope), []).append(binding)

    def _find_places(self) -> tuple[Place, ...]:
        return tuple(places_on(self._module.tree, lines_naming(self._module.source, self.names)))

    def _aliases(self) -> frozenset[str]:
        """Names assigned from a followed name, or from an attribute of one; aliases of aliases, too."""
        found: set[str] = set()
        pending = list(self.names)
        while pending:
            new = self._module.assigned.get(pending.pop(), frozenset()) - found
            found |= new
            pending += new
        return frozenset(found)

    def resolve(self, expression: ast.expr, place: Place) -> Bound | None:
        """What a name or an attribute chain stands for at `place`; None when no import or definition tells."""
        return self._resolve(expression, place, frozenset())

    def variable(self, name: str, place: Place) -> Variable:
        """Which variable `name` is at `place`."""
        return name, self._owner(name, place)

    def bindings(self, variable: Variable) -> tuple[Binding, ...]:
        """All places that bind a variable."""
        return tuple(self._scoped.get(variable, ()))

    def meaning(self, variable: Variable) -> Bound | None:
        """What a variable stands for; None when no import or definition tells."""
        if variable not in self._meanings:
            self._meanings[variable] = self._meaning(variable, frozenset())
        return self._meanings[variable]

    def _resolve(self, expression: ast.expr, place: Place, seen: frozenset[Variable]) -> Bound | None:
        root = root_name(expression)
        if root is None:
            return self._one_of(alternatives(expression), place, seen)
        if root.id not in self.names:
            return None
        variables = self._variables(root.id, place, seen)
        if not seen.isdisjoint(variables):
            return None
        # what a variable means on the way depends on where the way began
        meanings = [self._meaning(v, seen) if seen else self.meaning(v) for v in variables]
        chain = attributes(expression)
        objects = (".".join([o, *chain]) for meaning in meanings if meaning is not None for o in meaning.objects)
        found = tuple(dict.fromkeys(objects))
        return Bound(found, all(meaning is not None and meaning.complete for meaning in meanings)) if found else None

    def _variables(self, name: str, place: Place, seen: frozenset[Variable]) -> tuple[Variable, ...]:
        """The variables of which one is meant by `name` at a place: more than one only in the body of a class.

        That reads a name of its own from the module as long as nothing has bound it, whatever functions around it have:
        https://docs.python.org/3/reference/executionmodel.html#resolution-of-names
        """
        variable, outer = (name, self._owner(name, place)), (name, MODULE)
        if not isinstance(variable[1], ast.ClassDef):
            return (variable,)
        if variable in seen:  # `X = X`
            return (outer,)
        before = [b for b in self.bindings(variable) if _start(b.place.node) < _start(place.node)]
        before = [b for b in before if b.place.node not in place.parents]
        is_repeated = any(isinstance(parent, ast.For | ast.While) for parent in place.parents)
        if not before and not is_repeated:
            return (outer,)
        is_bound = any(b.place.parents[-1] is variable[1] for b in before)
        is_deleted = any(b.harmless for b in self.bindings(variable))
        is_one = (is_bound and not is_deleted) or not self.bindings(outer)
        return (variable,) if is_one else (variable, outer)

    def _one_of(self, values: Sequence[ast.expr], place: Place, seen: frozenset[Variable]) -> Bound | None:
        """What an expression stands for that is one of several."""
        if len(values) == 1 and root_name(values[0]) is None:
            return None
        found = [self._resolve(value, place, seen) for value in values]
        objects = tuple(dict.fromkeys(o for bound in found if bound is not None for o in bound.objects))
        return Bound(objects, all(bound is not None and bound.complete for bound in found)) if objects else None

    def _meaning(self, variable: Variable, seen: frozenset[Variable]) -> Bound | None:
        objects: list[str] = []
        complete = True
        for binding in self._scoped.get(variable, ()):
            if binding.dotted is not None:
                objects.append(binding.dotted)
                continue
            alias = None
            if binding.value is not None:
                alias = self._resolve(binding.value, binding.place, seen | {variable})
            objects += alias.objects if alias is not None else ()
            complete &= binding.harmless or (alias is not None and alias.complete and not binding.is_default)
        return Bound(tuple(dict.fromkeys(objects)), complete) if objects else None

    def _owner(self, name: str, place: Place) -> ast.AST | None:
        """The scope node whose variable `name` is at `place`, by CPython's symbol tables; None for the module."""
        if name not in self._bound_below_module:
            return MODULE
        return self._module.tables.owner(name, place.scopes)

    @cached_property
    def _bound_below_module(self) -> frozenset[str]:
        """Names that something else than the module's own statements binds; only for them scopes matter."""
        return frozenset(
            name
            for place in self.places
            for name in _bound_names(place.node)
            if name in self.names and _binding_place(place).scopes
        )

    def _bindings(self) -> Iterator[Binding]:
        for place in self.places:
            node = place.node
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for local, dotted, _alias in imported(node, self._importer):
                    if local in self.names:
                        yield Binding(local, place, self._owner(local, place), dotted)
                continue
            if isinstance(node, ast.Name) and self._is_plain_target(node, place):
                continue  # comes with its assignment
            for target, value in plain_assignment(node):
                if target.id in self.names:
                    yield self._assigned(target.id, value, place)
            for name in _bound_names(node):
                if name in self.names:
                    scope = self._owner(name, _binding_place(place))
                    own = isinstance(node, DEFINITIONS) and scope is MODULE and not place.scopes
                    deleted = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del)
                    defined = f"{self._importer.name}.{name}" if own else None
                    default = _default(node, place.parents[-1]) if isinstance(node, ast.arg) else None
                    yield Binding(
                        name, place, scope, defined, default, harmless=deleted, is_default=default is not None
                    )

    def _is_plain_target(self, node: ast.Name, place: Place) -> bool:
        around = itertools.dropwhile(lambda parent: isinstance(parent, ast.Tuple | ast.List), reversed(place.parents))
        return any(target is node for target, _ in plain_assignment(next(around, node)))

    def _assigned(self, name: str, value: ast.expr, place: Place) -> Binding:
        scope = self._owner(name, place)
        if isinstance(value, ast.Constant) and value.value is None:
            return Binding(name, place, scope, harmless=True)
        return Binding(name, place, scope, value=value)


def root_name(expression: ast.expr) -> ast.Name | None:
    """`a` of `a.b.c`; None when the chain does not begin with a name."""
    while isinstance(expression, ast.Attribute):
        expression = expression.value
    return expression if isinstance(expression, ast.Name) else None


def attributes(expression: ast.expr) -> list[str]:
    """`['b', 'c']` of `a.b.c`."""
    found: list[str] = []
    while isinstance(expression, ast.Attribute):
        found.append(expression.attr)
        expression = expression.value
    return found[::-1]


def alternatives(value: ast.expr) -> tuple[ast.expr, ...]:
    """The expressions of which one is the value: both of `a if x else b` and of `a or b`, `a` of `(n := a)`."""
    match value:
        case ast.NamedExpr(value=inner):
            return alternatives(inner)
        case ast.IfExp(body=first, orelse=second):
            return (*alternatives(first), *alternatives(second))
        case ast.BoolOp(op=ast.Or(), values=values):
            return tuple(each for value in values for each in alternatives(value))
    return (value,)


def plain_assignment(node: ast.AST) -> Iterator[tuple[ast.Name, ast.expr]]:
    """`X = value`, `X: T = value` or `(X := value)`; of `X, y[0] = value, other` the names that get a value each."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _unpacked(target, node.value)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and isinstance(node.target, ast.Name) and node.value:
        yield node.target, node.value


def _unpacked(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.Name, ast.expr]]:
    match target, value:
        case ast.Name() as name, _:
            yield name, value
        case ((ast.Tuple(elts=names) | ast.List(elts=names)), (ast.Tuple(elts=values) | ast.List(elts=values))):
            is_starred = any(isinstance(each, ast.Starred) for each in (*names, *values))
            if len(names) == len(values) and not is_starred:
                for pair in zip(names, values, strict=True):
                    yield from _unpacked(*pair)


def _start(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def defaults(arguments: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr]]:
    """The parameters that have a default, with it."""
    positional = [*arguments.posonlyargs, *arguments.args]
    yield from zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True)
    for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            yield parameter, default


def _default(parameter: ast.arg, arguments: ast.AST) -> ast.expr | None:
    assert isinstance(arguments, ast.arguments)
    return next((default for each, default in defaults(arguments) if each is parameter), None)


def _bound_names(node: ast.AST) -> tuple[str, ...]:
    """Names that the node itself binds, imports included."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.arg(arg=name):
            return (name,)
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return (name,)
        case ast.ExceptHandler(name=str(name)):
            return (name,)
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return (name,)
        case ast.MatchMapping(rest=str(name)):
            return (name,)
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return tuple(a.asname or a.name.partition(".")[0] for a in aliases)
        case _ if type(node).__name__ in TYPE_PARAMETERS:
            return (str(getattr(node, "name", "")),)
    return ()


def _binding_place(place: Place) -> Place:
    """Where the names of a node are bound: a parameter stands in its function's header and belongs inside."""
    if isinstance(place.node, ast.arg):
        owner = next(p for p in reversed(place.parents) if isinstance(p, SCOPES))
        return Place(place.node, (*place.scopes, owner), place.parents)
    return place


class _Tables:
    """CPython's symbol tables of one module, found by function and class nodes.

    Comprehensions and lambdas bind only their own targets and parameters, so the tree tells about them; since
    Python 3.12 `symtable` no longer lists inlined comprehensions.
    """

    def __init__(self, source: Source) -> None:
        self._top = source.symbols()
        self._owners: dict[tuple[str, tuple[ast.AST, ...]], ast.AST | None] = {}
        self._inside: dict[int, dict[tuple[str, int], symtable.SymbolTable]] = {}
        self._own_names: dict[ast.AST, frozenset[str]] = {}
        self._bound_in: dict[ast.AST, frozenset[str]] = {}

    def owner(self, name: str, scopes: tuple[ast.AST, ...]) -> ast.AST | None:
        """The scope among `scopes` (outermost first) whose variable `name` is seen from the innermost one."""
        variable = (name, scopes)
        if variable not in self._owners:
            self._owners[variable] = self._find_owner(name, scopes)
        return self._owners[variable]

    def _child(self, table: symtable.SymbolTable, scope: ast.AST) -> symtable.SymbolTable:
        """The symbol table of `scope`, a function or class whose enclosing table is `table`."""
        inside = self._inside.get(table.get_id())
        if inside is None:
            inside = self._inside[table.get_id()] = {}
            for child in _definitions(table):
                inside.setdefault((child.get_name(), child.get_lineno()), child)
        return inside[scope.name, scope.lineno]  # type: ignore[attr-defined]

    def _find_owner(self, name: str, scopes: tuple[ast.AST, ...]) -> ast.AST | None:
        table = self._top
        chain: list[tuple[ast.AST, symtable.SymbolTable]] = []
        for scope in scopes:
            if isinstance(scope, DEFINITIONS):
                table = self._child(table, scope)
            chain.append((scope, table))
        innermost = True
        for scope, table in reversed(chain):
            if isinstance(scope, DEFINITIONS):
                if innermost or not isinstance(scope, ast.ClassDef):
                    symbol = _lookup(table, name)
                    if symbol is not None and symbol.is_declared_global():
                        return MODULE
                    if symbol is not None and symbol.is_local() and self._is_really_local(name, scope):
                        return scope
            elif isinstance(scope, TypeParameters):
                if name in scope.names:
                    return scope.definition
                continue  # they see the names of a class around them
            elif name in self._names_of(scope):
                return scope
            innermost = False
        return MODULE

    def _is_really_local(self, name: str, scope: ast.AST) -> bool:
        """Since Python 3.12 the targets of inlined comprehensions are listed among a function's own names."""
        if not _INLINES_COMPREHENSIONS:
            return True
        if scope not in self._bound_in:
            self._bound_in[scope] = frozenset(_bound_inside(scope))
        return name in self._bound_in[scope]

    def _names_of(self, scope: ast.AST) -> frozenset[str]:
        if scope not in self._own_names:
            self._own_names[scope] = _own_names(scope)
        return self._own_names[scope]


def _bound_inside(scope: ast.AST) -> Iterator[str]:
    """Names that a function or class binds itself: not those of scopes inside it, but for `:=` in comprehensions."""
    if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from (node.arg for node in ast.walk(scope.args) if isinstance(node, ast.arg))
    pending: list[tuple[ast.AST, bool]] = [(node, False) for node in getattr(scope, "body", ())]
    while pending:
        node, in_comprehension = pending.pop()
        if not in_comprehension:
            yield from _bound_names(node)
        elif isinstance(node, ast.NamedExpr):
            yield node.target.id
        if isinstance(node, DEFINITIONS):
            header = (*node.decorator_list, *getattr(node, "bases", ()), *getattr(node, "keywords", ()))
            arguments = getattr(node, "args", None)
            defaults = (*arguments.defaults, *arguments.kw_defaults) if arguments is not None else ()
            pending += ((child, in_comprehension) for child in (*header, *defaults) if child is not None)
        elif isinstance(node, ast.Lambda):
            defaults = (*node.args.defaults, *node.args.kw_defaults)
            pending += ((child, in_comprehension) for child in defaults if child is not None)
        else:
            inside = in_comprehension or isinstance(node, COMPREHENSIONS)
            pending += ((child, inside) for child in ast.iter_child_nodes(node))


def _lookup(table: symtable.SymbolTable, name: str) -> symtable.Symbol | None:
    try:
        return table.lookup(name)
    except KeyError:
        return None


def _own_names(scope: ast.AST) -> frozenset[str]:
    """Names that a comprehension or a lambda binds in its own scope."""
    if isinstance(scope, ast.Lambda):
        walrus = (n.target.id for n in ast.walk(scope.body) if isinstance(n, ast.NamedExpr))
        return frozenset(walrus) | {n.arg for n in ast.walk(scope.args) if isinstance(n, ast.arg)}
    clauses: list[ast.comprehension] = scope.generators  # type: ignore[attr-defined]
    return frozenset(n.id for clause in clauses for n in ast.walk(clause.target) if isinstance(n, ast.Name))


def _definitions(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """Tables of functions and classes directly inside; those of type parameters and annotations are looked through."""
    for child in table.get_children():
        if str(child.get_type()) in ("function", "class"):
            yield child
        else:
            yield from _definitions(child)
