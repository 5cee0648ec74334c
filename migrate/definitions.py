"""The definition of a callee, found through the repository's modules, and its signature; nothing is imported or run."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

from migrate.locate.aliases import is_type_checking
from migrate.modules import ModuleName, file_of, module_of, resolve_relative
from migrate.provenance import attributes, imported, root_name
from migrate.refs import ObjectRef
from migrate.signatures import Kind, Parameter, Signature
from migrate.source import Source, UnparsableSource
from migrate.syntax import DEFINITIONS, bodies

_TRANSPARENT = frozenset(
    {
        "functools.cache", "functools.lru_cache", "functools.total_ordering", "contextlib.contextmanager",
        "contextlib.asynccontextmanager", "abc.abstractmethod", "types.coroutine", "enum.member", "warnings.deprecated",
    }
    | {
        f"{module}.{name}"
        for module in ("typing", "typing_extensions")
        for name in ("final", "override", "no_type_check", "runtime_checkable", "dataclass_transform", "deprecated")
    }
)  # fmt: skip
"""Decorators after which the same arguments are taken."""
_BASES = frozenset(
    {"object", "abc.ABC"} | {f"{m}.{n}" for m in ("typing", "typing_extensions") for n in ("Generic", "Protocol")}
)
"""Base classes outside the repository that say nothing about the constructor."""
_CONSTRUCTORS = ("__new__", "__init__")


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why a signature is not known, as a phrase for people."""

    reason: str


class _NotKnown(Exception):
    """Carries the reason."""


@dataclass(frozen=True, slots=True, eq=False)
class _Scope:
    """A module, or a class in one: where names are bound."""

    module: _Module
    body: Sequence[ast.stmt]


@dataclass(frozen=True, eq=False)
class _Module:
    path: str
    name: ModuleName
    tree: ast.Module

    @cached_property
    def scope(self) -> _Scope:
        return _Scope(self, self.tree.body)

    def place(self, node: ast.stmt | ast.expr) -> str:
        return f"{self.path}:{node.lineno}"


@dataclass(frozen=True, slots=True, eq=False)
class _Class:
    node: ast.ClassDef
    scope: _Scope

    @property
    def inside(self) -> _Scope:
        return _Scope(self.scope.module, self.node.body)


@dataclass(frozen=True, slots=True, eq=False)
class _Function:
    node: ast.FunctionDef | ast.AsyncFunctionDef
    scope: _Scope
    owner: _Class | None


@dataclass(frozen=True, slots=True)
class _Order:
    """Classes in the order in which attributes are looked up; `missing` says why there may be more of them."""

    classes: tuple[_Class, ...]
    missing: str = ""


_Definition: TypeAlias = _Class | _Function


@dataclass
class Definitions:
    """Definitions in a repository's modules.

    Attributes:
        source_roots: folders from which absolute imports resolve.
        read: the bytes of a file of the repository, or None when there is no such file.
    """

    source_roots: Sequence[str]
    read: Callable[[str], bytes | None]
    _modules: dict[str, _Module | None] = field(default_factory=dict)

    def signature(self, ref: ObjectRef) -> Signature | Unknown:
        """The signature of a function, class or method; a class's is that of its constructor."""
        try:
            found = self._find(ref.dotted, frozenset())
            return self._of_class(found) if isinstance(found, _Class) else self._of_function(found)
        except _NotKnown as error:
            return Unknown(str(error))
        except RecursionError:
            return Unknown(f"{ref} is nested too deeply to be followed")

    def home(self, ref: ObjectRef) -> str:
        """The dotted path of an object, or of a member, in the module that defines it; empty where it is not known."""
        first, *members = ref.name.split(".")
        try:
            found = self._find(f"{ref.module}.{first}", frozenset())
        except (_NotKnown, RecursionError):
            return ""
        if found.scope.body is not found.scope.module.tree.body:
            return ""
        return ".".join([found.scope.module.name.name, found.node.name, *members])

    # --- finding a definition

    def _find(self, dotted: str, seen: frozenset[str]) -> _Definition:
        """What the dotted path of an object is in the end."""
        if dotted in seen:
            raise _NotKnown(f"{dotted} is imported in a circle")
        parts = dotted.split(".")
        for length in range(len(parts) - 1, 0, -1):
            module = self._module(".".join(parts[:length]))
            if module is not None:
                return self._in_scope(module.scope, parts[length:], seen | {dotted})
        raise _NotKnown(f"{'.'.join(parts[:-1]) or dotted} is not in this repository")

    def _in_scope(self, scope: _Scope, names: Sequence[str], seen: frozenset[str]) -> _Definition:
        name, *rest = names
        found = self._bound(scope, name, seen)
        if not rest:
            return found
        if not isinstance(found, _Class):
            raise _NotKnown(f"{name} in {scope.module.path} is no class")
        return self._member(found, rest, seen)

    def _member(self, owner: _Class, names: Sequence[str], seen: frozenset[str]) -> _Definition:
        """What is inside of a class, or of the first of its base classes that has it."""
        order = self._resolution_order(owner)
        for each in order.classes:
            if _binding(each.node.body, names[0]):
                return self._in_scope(each.inside, names, seen)
        raise _NotKnown(order.missing or f"{owner.node.name} has no {names[0]!r}")

    def _bound(self, scope: _Scope, name: str, seen: frozenset[str]) -> _Definition:
        """What a name of a module or class is bound to."""
        module = scope.module
        nodes = _binding(scope.body, name)
        nodes = [n for n in nodes if not _is_overload(n)] or nodes
        if not nodes:
            return self._through_star(module, name, seen)
        if len(nodes) > 1:
            raise _NotKnown(f"{name} is bound more than once in {module.path}")
        match nodes[0]:
            case ast.ClassDef() as node:
                return _Class(node, scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef() as node:
                return _Function(node, scope, self._owner(scope))
            case ast.Import() | ast.ImportFrom() as node:
                dotted = next(dotted for local, dotted, _ in imported(node, module.name) if local == name)
                return self._find(dotted, seen)
            case ast.Assign(targets=[ast.Name()], value=value) | ast.AnnAssign(value=ast.expr() as value):
                root = root_name(value)
                if root is not None and root.id != name and _is_bound_here(scope.body, root.id):
                    path = f"{module.path} {id(scope.body)} {name}"
                    if path in seen:
                        raise _NotKnown(f"{name} in {module.path} is assigned in a circle")
                    return self._in_scope(scope, [root.id, *attributes(value)], seen | {path})
                if root is not None:
                    return self._find(self._dotted(root.id, attributes(value), scope), seen)
        raise _NotKnown(f"what {name} is in {module.place(nodes[0])} only running it could tell")

    def _owner(self, scope: _Scope) -> _Class | None:
        if scope.body is scope.module.tree.body:
            return None
        node = next(n for n in ast.walk(scope.module.tree) if isinstance(n, ast.ClassDef) and n.body is scope.body)
        return _Class(node, scope)

    def _through_star(self, module: _Module, name: str, seen: frozenset[str]) -> _Definition:
        """What a module has by a star import; the plan says that it has it, so there is a star that brings it."""
        stars = [s for s in _statements(module.tree.body) if _is_star(s)]
        found: list[str] = []
        for star in stars:
            assert isinstance(star, ast.ImportFrom)
            source = self._module(resolve_relative(module.name, star.level, star.module or "") or "")
            if source is None:
                raise _NotKnown(f"the star import in {module.place(star)} may bind {name}")
            if _binding(source.tree.body, name) or any(map(_is_star, _statements(source.tree.body))):
                found.append(f"{source.name.name}.{name}")
        if len(found) == 1:
            return self._find(found[0], seen)
        why = f"several star imports in {module.path} may bind" if found else f"{module.path} does not define"
        raise _NotKnown(f"{why} {name}")

    def _dotted(self, name: str, chain: Sequence[str], scope: _Scope) -> str:
        """The path of an object that is named in a module or class, by what its module binds the name to."""
        module = scope.module
        for node in _binding(module.tree.body, name):
            if isinstance(node, ast.Import | ast.ImportFrom):
                root = next(dotted for local, dotted, _ in imported(node, module.name) if local == name)
                return ".".join([root, *chain])
        return ".".join([module.name.name, name, *chain])

    def _module(self, name: str) -> _Module | None:
        if name not in self._modules:
            path = file_of(name, self.source_roots, lambda path: self.read(path) is not None)
            self._modules[name] = None
            if path is not None:
                try:
                    tree = Source(self.read(path) or b"").parse()
                except UnparsableSource as error:
                    raise _NotKnown(f"{path}:{error.line} does not parse") from None
                self._modules[name] = _Module(path, module_of(path, self.source_roots), tree)
        return self._modules[name]

    # --- reading it

    def _of_function(self, function: _Function) -> Signature:
        kind: Kind = "function" if function.owner is None else "method"
        for decorator in function.node.decorator_list:
            name = self._named(decorator, function.scope)
            if name in ("staticmethod", "classmethod") and function.owner is not None:
                kind = "staticmethod" if name == "staticmethod" else "classmethod"
            elif name not in _TRANSPARENT:
                raise _NotKnown(self._decorated(function.node, decorator, function.scope.module))
        found = replace(read_parameters(function.node.args), kind=kind)
        if kind == "classmethod":
            return replace(replace(found, kind="method").bound(), kind=kind)
        return found

    def _of_class(self, owner: _Class) -> Signature:
        for decorator in owner.node.decorator_list:
            name = self._named(decorator, owner.scope)
            if name not in _TRANSPARENT and name != "dataclasses.dataclass":
                raise _NotKnown(self._decorated(owner.node, decorator, owner.scope.module))
        order = self._resolution_order(owner)
        for each in order.classes:
            found = self._constructor(each, order)
            if found is not None:
                return replace(found, kind="class")
        if order.missing:
            raise _NotKnown(order.missing)
        return Signature(kind="class")

    def _constructor(self, owner: _Class, order: _Order) -> Signature | None:
        """The constructor that a class defines itself; None where it inherits one."""
        own = {name: _binding(owner.node.body, name) for name in _CONSTRUCTORS}
        own = {name: nodes for name, nodes in own.items() if nodes}
        read = {name: self._own_method(owner, name) for name in own}
        if "__init__" in read:
            new = read.get("__new__")
            if new is not None and not (new.takes_args and new.takes_kwargs):
                raise _NotKnown(f"{owner.node.name} has both __new__ and __init__")
            return read["__init__"]
        if self._makes_constructor(owner):
            if read:
                raise _NotKnown(f"{owner.node.name} is a dataclass with a __new__")
            if order.missing:
                raise _NotKnown(order.missing)
            return self._of_fields(order.classes[order.classes.index(owner) :])
        if any(
            self._named(base, owner.scope) in ("typing.NamedTuple", "typing_extensions.NamedTuple")
            for base in owner.node.bases
        ):
            fields = tuple(Parameter(f.name, f.has_default) for f in self._fields(owner, is_keyword_only=False))
            return Signature(positional=fields)
        return read.get("__new__")

    def _own_method(self, owner: _Class, name: str) -> Signature:
        found = self._bound(owner.inside, name, frozenset())
        if not isinstance(found, _Function):
            raise _NotKnown(f"{owner.node.name}.{name} is no function")
        signature = self._of_function(found)
        return replace(signature, kind="method").bound() if signature.kind != "classmethod" else signature

    def _resolution_order(self, owner: _Class, seen: tuple[ast.ClassDef, ...] = ()) -> _Order:
        """The classes in which attributes are looked up, as far as they are in the repository.

        https://docs.python.org/3/howto/mro.html
        """
        if owner.node in seen:
            raise _NotKnown(f"{owner.node.name} inherits from itself")
        for keyword in owner.node.keywords:
            if keyword.arg == "metaclass" and self._named(keyword.value, owner.scope) != "abc.ABCMeta":
                raise _NotKnown(f"{owner.node.name} has a metaclass of its own")
        orders: list[_Order] = []
        for expression in owner.node.bases:
            base = self._base(expression, owner)
            if isinstance(base, str):
                orders.append(_Order((), base))
            elif base is not None:
                orders.append(self._resolution_order(base, (*seen, owner.node)))
        missing = next((order.missing for order in orders if order.missing), "")
        if missing:  # what comes first is certain with a single base only
            return _Order((owner, *(orders[0].classes if len(orders) == 1 else ())), missing)
        heads = [order.classes[0] for order in orders]
        return _Order((owner, *_merged([*(list(order.classes) for order in orders), heads], owner)))

    def _base(self, base: ast.expr, owner: _Class) -> _Class | str | None:
        """A base class; why it is not known; None for one that says nothing about the constructor."""
        name = self._named(base, owner.scope)
        if name in _BASES or name in ("typing.NamedTuple", "typing_extensions.NamedTuple"):
            return None
        try:
            found = self._find(name, frozenset())
        except _NotKnown:
            found = None
        if not isinstance(found, _Class):
            if name.rpartition(".")[2].endswith(("Enum", "Flag")):
                raise _NotKnown(f"{owner.node.name} is an enumeration")
            return f"{owner.node.name} inherits from {name or ast.unparse(base)}, which is not in this repository"
        for decorator in found.node.decorator_list:
            if self._named(decorator, found.scope) not in _TRANSPARENT | {"dataclasses.dataclass"}:
                raise _NotKnown(self._decorated(found.node, decorator, found.scope.module))
        return found

    def _named(self, expression: ast.expr, scope: _Scope) -> str:
        """The dotted path of a decorator or base, without what it is called or subscripted with."""
        while isinstance(expression, ast.Call | ast.Subscript):
            expression = expression.func if isinstance(expression, ast.Call) else expression.value
        root = root_name(expression)
        if root is None:
            return ""
        chain = attributes(expression)
        if not chain and hasattr(builtins, root.id) and not _binding(scope.module.tree.body, root.id):
            return root.id
        return self._dotted(root.id, chain, scope)

    @staticmethod
    def _decorated(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, by: ast.expr, module: _Module) -> str:
        return f"{node.name} is decorated with @{ast.unparse(by)} at {module.place(by)}"

    # --- dataclasses

    def _makes_constructor(self, owner: _Class) -> bool:
        arguments = self._dataclass(owner)
        return arguments is not None and arguments.get("init") is not False

    def _dataclass(self, owner: _Class) -> dict[str, object] | None:
        """The constant arguments of the `@dataclass` on a class; None without one."""
        for decorator in owner.node.decorator_list:
            if self._named(decorator, owner.scope) == "dataclasses.dataclass":
                keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
                return {str(k.arg): k.value.value for k in keywords if isinstance(k.value, ast.Constant)}
        return None

    def _of_fields(self, order: Sequence[_Class]) -> Signature:
        """What the constructor of a dataclass takes: inherited fields first, an overridden one where it was.

        https://docs.python.org/3/library/dataclasses.html
        """
        found: dict[str, _Field] = {}
        for each in reversed(order):
            arguments = self._dataclass(each)
            if arguments is not None:
                is_keyword_only = arguments.get("kw_only") is True
                found |= {f.name: f for f in self._fields(each, is_keyword_only=is_keyword_only)}
        taken = [f for f in found.values() if f.is_taken]
        positional = tuple(Parameter(f.name, f.has_default) for f in taken if not f.is_keyword_only)
        return Signature((), positional, tuple(Parameter(f.name, f.has_default) for f in taken if f.is_keyword_only))

    def _fields(self, owner: _Class, *, is_keyword_only: bool) -> Iterator[_Field]:
        for statement in owner.node.body:
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            kind = _type_name(statement.annotation)
            if kind == "ClassVar":
                continue
            if kind == "KW_ONLY":
                is_keyword_only = True
                continue
            options: dict[str, object] = {}
            value = statement.value
            if isinstance(value, ast.Call) and self._named(value, owner.scope) == "dataclasses.field":
                names = {str(k.arg) for k in value.keywords}
                options = {str(k.arg): k.value.value for k in value.keywords if isinstance(k.value, ast.Constant)}
                has_default = not names.isdisjoint({"default", "default_factory"})
            else:
                has_default = value is not None
            keyword_only = options.get("kw_only", is_keyword_only) is True
            yield _Field(statement.target.id, has_default, keyword_only, options.get("init") is not False)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    has_default: bool
    is_keyword_only: bool
    is_taken: bool


def read_parameters(arguments: ast.arguments) -> Signature:
    """The signature that a `def` spells."""
    positional = [*arguments.posonlyargs, *arguments.args]
    required = len(positional) - len(arguments.defaults)
    found = tuple(Parameter(a.arg, i >= required) for i, a in enumerate(positional))
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return Signature(
        found[: len(arguments.posonlyargs)],
        found[len(arguments.posonlyargs) :],
        tuple(Parameter(a.arg, default is not None) for a, default in named),
        arguments.vararg.arg if arguments.vararg else "",
        arguments.kwarg.arg if arguments.kwarg else "",
    )


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module or class, those in blocks too; what stands for types only, and functions, left out."""
    for statement in body:
        yield statement
        if not isinstance(statement, DEFINITIONS):
            for block in bodies(statement):
                if not (isinstance(statement, ast.If) and block is statement.body and is_type_checking(statement.test)):
                    yield from _statements(block)


def _binding(body: Sequence[ast.stmt], name: str) -> list[ast.stmt]:
    """The statements that bind a name of a module or class."""
    return [statement for statement in _statements(body) if name in _names(statement)]


def _is_bound_here(body: Sequence[ast.stmt], name: str) -> bool:
    """Is a name bound in a module or class by something else than an import?"""
    return any(not isinstance(node, ast.Import | ast.ImportFrom) for node in _binding(body, name))


def _is_star(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*"


def _names(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in aliases)
        case ast.AnnAssign(value=None):
            return
        case _:
            for value in (v for _, field_value in ast.iter_fields(statement) for v in _listed(field_value)):
                if isinstance(value, ast.expr | ast.withitem):
                    yield from (
                        n.id for n in ast.walk(value) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
                    )


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _is_overload(statement: ast.stmt) -> bool:
    decorators = getattr(statement, "decorator_list", ())
    return any(_type_name(decorator) == "overload" for decorator in decorators)


def _type_name(annotation: ast.expr) -> str:
    """`ClassVar` of `typing.ClassVar[int]`, quoted too."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value, mode="eval").body
        except (SyntaxError, ValueError):
            return ""
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    return annotation.attr if isinstance(annotation, ast.Attribute) else getattr(annotation, "id", "")


def _merged(orders: list[list[_Class]], owner: _Class) -> list[_Class]:
    """The C3 merge of base classes' orders."""
    found: list[_Class] = []
    rest = [list(order) for order in orders if order]
    while rest:
        heads = (order[0] for order in rest)
        chosen = next((h for h in heads if not any(h.node in [c.node for c in order[1:]] for order in rest)), None)
        if chosen is None:
            raise _NotKnown(f"the base classes of {owner.node.name} are in no consistent order")
        found.append(chosen)
        rest = [[c for c in order if c.node is not chosen.node] for order in rest]
        rest = [order for order in rest if order]
    return found
