"""The definition of a callee, found through the repository's modules, and its signature; nothing is imported or run."""

from __future__ import annotations

import ast
import builtins
import itertools
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

from migrate.exports import star_exports
from migrate.locate.aliases import is_type_checking
from migrate.modules import ModuleName, candidate_files, module_of, resolve_relative
from migrate.provenance import MODULE, Binding, FollowedNames, Provenance, alternatives, attributes, root_name
from migrate.refs import ObjectRef
from migrate.signatures import Kind, Parameter, Signature
from migrate.source import Source, UnparsableSource
from migrate.syntax import DEFINITIONS, Place, TypeParameters, statements

_RETURNS_ITSELF = frozenset(
    {"abc.abstractmethod", "functools.total_ordering", "types.coroutine"}
    | {f"typing.{name}" for name in ("final", "override", "no_type_check", "runtime_checkable")}
)
"""Decorators that hand back what they are given."""
_PASSES_ON = frozenset(
    {"functools.cache", "functools.lru_cache", "contextlib.contextmanager", "contextlib.asynccontextmanager"}
    | {"warnings.deprecated", "typing.deprecated"}
)
"""Decorators that make a function which takes the same arguments."""
_ON_CLASSES = _RETURNS_ITSELF | {"dataclasses.dataclass", "warnings.deprecated", "typing.deprecated"}
_TAKES_OPTIONS = frozenset({"functools.lru_cache", "dataclasses.dataclass", "warnings.deprecated", "typing.deprecated"})
_BINDS: Mapping[str, Kind] = {"builtins.staticmethod": "staticmethod", "builtins.classmethod": "classmethod"}
_BOUND_UNASKED: Mapping[str, Kind] = {
    "__new__": "staticmethod",
    "__init_subclass__": "classmethod",
    "__class_getitem__": "classmethod",
}
"""https://docs.python.org/3/reference/datamodel.html"""

_BASES = frozenset({"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"})
"""Base classes outside the repository that say nothing about the constructor."""
_ENUMS = frozenset(f"enum.{name}" for name in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum"))
_CHECKS_ARGUMENTS = frozenset(
    f"builtins.{name}" for name in ("int", "float", "complex", "str", "bytes", "tuple", "frozenset")
)
"""Built-in classes whose `__new__` does not take what only an `__init__` is meant for."""
_CONSTRUCTORS = ("__init__", "__new__")
_KNOWN = (
    _PASSES_ON
    | _ON_CLASSES
    | _BASES
    | _ENUMS
    | {"abc.ABCMeta", "typing.ClassVar", "typing.NamedTuple", "typing.TypedDict", "typing.overload"}
    | {"dataclasses.field", "dataclasses.KW_ONLY", "dataclasses.MISSING", "functools.cached_property"}
)
"""Objects of the standard library that are known by name, even where that library is the repository."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why a signature is not known, as a phrase for people."""

    reason: str


class _NotKnown(Exception):
    """Carries the reason."""


@dataclass(frozen=True, eq=False)
class _Module:
    path: str
    name: ModuleName
    source: Source
    tree: ast.Module
    _followed: dict[str, FollowedNames] = field(default_factory=dict)

    def followed(self, name: str) -> FollowedNames:
        if name not in self._followed:
            try:
                self._followed[name] = Provenance(self.source, self.tree, self.name).follow({name})
            except UnparsableSource as error:
                raise _NotKnown(f"{self.path}:{error.line} does not parse") from None
        return self._followed[name]

    def owner(self, name: str, scopes: tuple[ast.AST, ...]) -> ast.AST | None:
        """The scope whose variable `name` is, seen from the innermost of `scopes`; None for the module."""
        return self.followed(name).variable(name, Place(self.tree, scopes, ()))[1]

    def bindings(self, name: str, scopes: tuple[ast.ClassDef, ...] = ()) -> tuple[Binding, ...]:
        """What binds a name of the module, or of the innermost of `scopes`, in source order.

        In a module a deletion and a None count for nothing: no call that works goes through them.
        """
        found = self.followed(name).bindings((name, scopes[-1] if scopes else MODULE))
        return tuple(b for b in found if not _is_declaration(b) and (scopes or not b.harmless))

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


@dataclass(frozen=True, slots=True)
class _Definition:
    """A function or class with the classes around it, outermost first."""

    module: _Module
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


@dataclass(frozen=True, slots=True)
class _Outside:
    """A base class that is not read: one outside the repository or, without a name, one that is not certain."""

    name: str
    reason: str


_Found: TypeAlias = _Definition | _Module | str
"""What a name stands for; a string is the dotted path of an object outside the repository."""
_Order: TypeAlias = tuple[_Definition | _Outside, ...]


@dataclass
class _Names:
    """What names stand for, through modules, classes and their bases."""

    source_roots: Sequence[str]
    read: Callable[[str], bytes | None]
    _modules: dict[str, _Module | None] = field(default_factory=dict)
    _exports: dict[str, frozenset[str] | None] = field(default_factory=dict)
    _open: set[Hashable] = field(default_factory=set)

    def find(self, ref: ObjectRef) -> _Found:
        """What a reference stands for.

        Raises:
            _NotKnown: that is not certain.
        """
        found = self.module(ref.module) or self._locate(ref.module)
        for name in ref.name.split(".") if ref.name else ():
            found = self.attribute(found, name)
        return found

    def module(self, name: str) -> _Module | None:
        """A module of the repository; None when there is none of that name."""
        if name not in self._modules:
            contents = ((path, self.read(path)) for path in candidate_files(name, self.source_roots))
            path, content = next(((p, c) for p, c in contents if c is not None), ("", b""))
            self._modules[name] = self._parsed(path, content) if path else None
        return self._modules[name]

    def _parsed(self, path: str, content: bytes) -> _Module:
        source = Source(content)
        try:
            return _Module(path, module_of(path, self.source_roots), source, source.parse())
        except UnparsableSource as error:
            raise _NotKnown(f"{path}:{error.line} does not parse") from None

    def _locate(self, dotted: str) -> _Found:
        """What an absolute dotted path stands for; the longest module in it counts."""
        outer, _, name = dotted.rpartition(".")
        if outer:
            return self.attribute(self.module(outer) or self._locate(outer), name)
        return self.module(name) or ("typing" if name == "typing_extensions" else name)

    def attribute(self, found: _Found, name: str) -> _Found:
        """What `found.name` stands for."""
        if isinstance(found, str):
            return f"{found}.{name}"
        if isinstance(found, _Module):
            bound = self._bound(found, name)
            bound = self.module(f"{found.name.name}.{name}") if bound is None else bound
            if bound is None:
                raise _NotKnown(f"{found.path} does not define {name}")
            return bound
        if not isinstance(found.node, ast.ClassDef):
            raise _NotKnown(f"{found.name} in {found.module.path} is no class")
        return self._member(found, name)

    def resolve(self, module: _Module, expression: ast.expr, scopes: tuple[ast.AST, ...]) -> _Found:
        """What a name or an attribute chain stands for in some scopes of a module."""
        root = root_name(expression)
        if root is None:
            raise _NotKnown(_not_told(ast.unparse(expression), module, expression))
        found = self._variable(module, root, scopes)
        for name in attributes(expression):
            found = self.attribute(found, name)
        return found

    def dotted(self, module: _Module, expression: ast.expr, scopes: tuple[ast.AST, ...]) -> str | None:
        """The path of an object outside the repository; None for anything else."""
        try:
            found = self.resolve(module, expression, scopes)
        except _NotKnown:
            return None
        return found if isinstance(found, str) else None

    def _variable(self, module: _Module, name: ast.Name, scopes: tuple[ast.AST, ...]) -> _Found:
        owner = module.owner(name.id, scopes)
        classes = tuple(s for s in scopes if isinstance(s, ast.ClassDef))
        if owner is MODULE:
            found = self._bound(module, name.id)
            if found is None and hasattr(builtins, name.id):
                return f"builtins.{name.id}"
        else:
            found = self._bound(module, name.id, classes) if classes and owner is scopes[-1] else None
        if found is None:
            raise _NotKnown(f"{module.place(name)} does not tell what {name.id} is")
        return found

    def _bound(self, module: _Module, name: str, scopes: tuple[ast.ClassDef, ...] = ()) -> _Found | None:
        """What a module, or the innermost of the classes `scopes` in it, binds a name to; None when it does not."""
        known = f"{module.name.name}.{name}"
        if not scopes and known in _KNOWN:
            return known
        with self._entering((module.path, name, scopes), f"{known} is imported in a circle"):
            bindings = module.bindings(name, scopes)
            found = self._targets(module, self._implementations(module, bindings, scopes), scopes)
            after = max((b.place.node.lineno for b in bindings), default=0)  # type: ignore[attr-defined]
            starred = set() if scopes else {self._locate(path) for path in self._starred(module, name, after)}
        if len(found | starred) > 1:
            why = f"several star imports in {module.path} may bind {name}"
            raise _NotKnown(f"{name} is bound more than once in {module.path}" if found else why)
        return next(iter(found | starred), None)

    def _targets(self, module: _Module, bindings: Sequence[Binding], scopes: tuple[ast.ClassDef, ...]) -> set[_Found]:
        """What the bindings of one name bind it to."""
        try:
            return {self._target(module, binding, scopes) for binding in bindings}
        except _NotKnown:
            if len(bindings) > 1:
                raise _NotKnown(f"{bindings[0].name} is bound more than once in {module.path}") from None
            raise

    def _implementations(
        self, module: _Module, bindings: Sequence[Binding], scopes: tuple[ast.ClassDef, ...]
    ) -> Sequence[Binding]:
        """Without overloads and what stands for types only, where what they are for comes behind them."""
        rest = [b for b in bindings if not _is_for_types(b) and not self._is_overload(module, b, scopes)]
        return rest if rest and rest[-1] is bindings[-1] else bindings

    def _is_overload(self, module: _Module, binding: Binding, scopes: tuple[ast.ClassDef, ...]) -> bool:
        decorators = getattr(binding.place.node, "decorator_list", ())
        return any(self.dotted(module, decorator, scopes) == "typing.overload" for decorator in decorators)

    def _target(self, module: _Module, binding: Binding, scopes: tuple[ast.ClassDef, ...]) -> _Found:
        node, around = binding.place.node, _without_type_parameters(binding.place.scopes)
        if scopes and binding.place.parents[-1] is not scopes[-1]:
            raise _NotKnown(f"{scopes[-1].name}.{binding.name} is bound under a condition at {module.place(node)}")
        if isinstance(node, DEFINITIONS) and around == scopes:
            return _Definition(module, node, scopes)
        if binding.dotted is not None:
            own = f"{module.name.name}.{binding.name}"
            submodule = self.module(own) if binding.dotted == own else None
            return submodule or self._locate(binding.dotted)
        if binding.value is not None and len(alternatives(binding.value)) == 1 and root_name(binding.value):
            return self._aliased(module, binding, around, scopes)
        raise _NotKnown(_not_told(binding.name, module, node))

    def _aliased(
        self, module: _Module, binding: Binding, around: tuple[ast.AST, ...], scopes: tuple[ast.ClassDef, ...]
    ) -> _Found:
        assert binding.value is not None
        found = self.resolve(module, binding.value, around)
        if scopes and not (isinstance(found, _Definition) and (found.classes == scopes or _is_class(found))):
            # which of its arguments is `self` depends on more than where it comes from
            raise _NotKnown(f"{scopes[-1].name}.{binding.name} is assigned at {module.place(binding.value)}")
        return found

    def _starred(self, module: _Module, name: str, after: int) -> Iterator[str]:
        """Where star imports behind line `after` take a name from."""
        for statement, source in module.stars:
            if statement.lineno < after:
                continue
            exports = self._exports_of(source)
            if exports is None and hasattr(builtins, name):
                continue  # nobody gives another meaning to such a name without saying so
            if exports is None:
                raise _NotKnown(f"the star import in {module.place(statement)} may bind {name}")
            if name in exports:
                yield f"{source}.{name}"

    def _exports_of(self, name: str) -> frozenset[str] | None:
        if name not in self._exports:
            self._exports[name] = None  # modules in a circle are not certain
            try:
                module = self.module(name)
            except _NotKnown:
                module = None
            if module is not None:
                self._exports[name] = star_exports(module.tree, module.name, self._exports_of)
        return self._exports[name]

    @contextmanager
    def _entering(self, key: Hashable, reason: str) -> Iterator[None]:
        if key in self._open:
            raise _NotKnown(reason)
        self._open.add(key)
        try:
            yield
        finally:
            self._open.remove(key)

    # --- classes

    def own(self, owner: _Definition, name: str) -> _Found | None:
        """What a class itself binds a name to, as long as nothing outside of its body binds that again."""
        path = ".".join([*(c.name for c in owner.inside), name])
        if path in owner.module.stores:
            raise _NotKnown(f"{path} is assigned again in {owner.module.path}")
        return self._bound(owner.module, name, owner.inside)

    def _member(self, owner: _Definition, name: str) -> _Found:
        """What is inside of a class, or of the first of its base classes that has it."""
        for each in self.order(owner):
            if isinstance(each, _Outside):
                raise _NotKnown(each.reason)
            found = self.own(each, name)
            if found is not None:
                return found
            if name == "__init__" and self.options(each) is not None:
                raise _NotKnown(f"the __init__ of {each.name} is made by @dataclass")
        raise _NotKnown(f"{owner.name} has no {name!r}")

    def order(self, owner: _Definition) -> _Order:
        """The classes in which attributes are looked up; nothing is certain behind an `_Outside`.

        https://docs.python.org/3/howto/mro.html
        """
        with self._entering(owner, f"{owner.name} inherits from itself"):
            for decorator in owner.node.decorator_list:
                if self.decorator(owner, decorator) not in _ON_CLASSES:
                    raise _NotKnown(_decorated(owner, decorator))
            orders = [order for base in owner.bases if (order := self._order_of_base(owner, base))]
        everything = [each for order in orders for each in order]
        uncertain = next((each for each in everything if isinstance(each, _Outside) and not each.name), None)
        if len(orders) < 2:
            return (owner, *everything)
        if uncertain is not None:
            # Its own bases may come before those of the others. Only the first base is next in any case.
            return (owner, orders[0][0], uncertain, *everything)
        return (owner, *_merged([*orders, tuple(order[0] for order in orders)], owner))

    def _order_of_base(self, owner: _Definition, base: ast.expr) -> _Order:
        """Empty for a base that says nothing about a constructor."""
        if root_name(base) is None:
            return (_Outside("", f"{owner.name} inherits from {ast.unparse(base)}, which only running it could tell"),)
        try:
            found = self.resolve(owner.module, base, owner.classes)
            if isinstance(found, _Definition) and _is_class(found):
                return self.order(found)
        except _NotKnown as error:
            return (_Outside("", str(error)),)
        if not isinstance(found, str):
            return (_Outside("", f"{owner.name} inherits from {ast.unparse(base)}, which is no class"),)
        path = found.removeprefix("builtins.")
        reason = f"{owner.name} inherits from {path}, which is not in this repository"
        return () if found in _BASES else (_Outside(found, reason),)

    def decorator(self, owner: _Definition, decorator: ast.expr) -> str:
        """Which of the known decorators one is; empty for another."""
        called = isinstance(decorator, ast.Call)
        name = self.dotted(owner.module, decorator.func if called else decorator, owner.classes)  # type: ignore[attr-defined]
        return "" if name is None or (called and name not in _TAKES_OPTIONS) else name

    def options(self, owner: _Definition) -> Mapping[str, ast.expr] | None:
        """The arguments of the `@dataclass` on a class; None without one."""
        for decorator in owner.node.decorator_list:
            if self.decorator(owner, decorator) == "dataclasses.dataclass":
                return _keywords(owner, decorator)
        return None


@dataclass
class Definitions:
    """Definitions in a repository's modules.

    Attributes:
        source_roots: folders from which absolute imports resolve.
        read: the bytes of a file of the repository, or None when there is no such file.
    """

    source_roots: Sequence[str]
    read: Callable[[str], bytes | None]
    _known: dict[ObjectRef, Signature | Unknown] = field(default_factory=dict)

    @cached_property
    def _names(self) -> _Names:
        return _Names(self.source_roots, self.read)

    def signature(self, ref: ObjectRef) -> Signature | Unknown:
        """The signature of a function, class or method; a class's is that of its constructor."""
        if ref not in self._known:
            try:
                self._known[ref] = self._read(ref)
            except _NotKnown as error:
                self._known[ref] = Unknown(str(error))
            except RecursionError:
                self._known[ref] = Unknown(f"{ref} is nested too deeply to be followed")
        return self._known[ref]

    def home(self, ref: ObjectRef) -> str:
        """The dotted path of an object, or of a member, in the module that defines it; empty where it is not known."""
        first, *members = ref.name.split(".")
        try:
            found = self._names.find(ObjectRef(ref.module, first))
        except (_NotKnown, RecursionError):
            return ""
        if not isinstance(found, _Definition) or found.classes:
            return ""
        return ".".join([found.module.name.name, found.name, *members])

    def _read(self, ref: ObjectRef) -> Signature:
        found = self._names.find(ref)
        if isinstance(found, _Module):
            raise _NotKnown(f"{found.name.name} is a module")
        if isinstance(found, str):
            where = ref.module if found == ref.dotted else found.rpartition(".")[0] or found
            raise _NotKnown(f"{where} is not in this repository")
        return self._of_class(found) if _is_class(found) else self._of_function(found)

    def _of_function(self, function: _Definition) -> Signature:
        assert isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef)
        kind = self._kind(function)
        prefix = function.classes[-1] if function.classes else None
        found = replace(_read_parameters(function.node.args, prefix), kind=kind)
        return self._without_first(found, function) if kind == "classmethod" else found

    def _kind(self, function: _Definition) -> Kind:
        kind: Kind = "method" if function.classes else "function"
        if function.classes:
            kind = _BOUND_UNASKED.get(function.name, kind)
        is_outermost = True
        for decorator in function.node.decorator_list:
            name = self._names.decorator(function, decorator)
            if name in _BINDS and function.classes and is_outermost:
                kind = _BINDS[name]
            elif name not in _RETURNS_ITSELF and name not in _PASSES_ON:
                raise _NotKnown(_decorated(function, decorator))
            is_outermost = is_outermost and name in _RETURNS_ITSELF  # what wraps it hides what it is
        return kind

    def _without_first(self, signature: Signature, function: _Definition) -> Signature:
        if not (signature.by_position or signature.takes_args):
            raise _NotKnown(f"{function.name} at {function.module.place(function.node)} takes no first argument")
        return signature.without_first()

    # --- constructors

    def _of_class(self, owner: _Definition) -> Signature:
        order = self._names.order(owner)
        for each in order:
            self._check_creation(owner, each)
        made: dict[str, Signature] = {}
        for each in order:
            if isinstance(each, _Outside):
                if not made or (each.name in _CHECKS_ARGUMENTS and "__new__" not in made):
                    raise _NotKnown(each.reason)
                break
            for name in _CONSTRUCTORS:
                if name not in made and (signature := self._constructor(each, name)) is not None:
                    made[name] = replace(signature, kind="class")
        return self._call(owner, made)

    def _call(self, owner: _Definition, made: Mapping[str, Signature]) -> Signature:
        """What a call takes that goes to `__new__`, then to `__init__`."""
        init, new = (made.get(name) for name in _CONSTRUCTORS)
        if init is None or new is None:
            return init or new or Signature(kind="class")
        takes_all = new.takes_args and new.takes_kwargs and not (new.by_position or new.by_name)
        if takes_all or init == new:
            return init
        raise _NotKnown(f"{owner.name} has both __new__ and __init__")

    def _check_creation(self, owner: _Definition, each: _Definition | _Outside) -> None:
        """
        Raises:
            _NotKnown: a class in the order has something take or change what a call goes to.
        """
        if isinstance(each, _Outside):
            if each.name in _ENUMS:
                raise _NotKnown(f"{owner.name} is an enumeration")
            if each.name == "typing.TypedDict":
                raise _NotKnown(f"{owner.name} is a TypedDict")
            return
        assert isinstance(each.node, ast.ClassDef)
        for node in ast.walk(each.node):  # a base may do so for its subclasses
            if isinstance(node, ast.Attribute) and node.attr in _CONSTRUCTORS and isinstance(node.ctx, ast.Store):
                raise _NotKnown(f"{node.attr} is assigned at {each.module.place(node)}")
        for keyword in each.node.keywords:
            if keyword.arg is None:
                raise _NotKnown(f"{each.name} may have a metaclass of its own")
            if keyword.arg == "metaclass":
                name = self._names.dotted(each.module, keyword.value, each.classes)
                if name not in ("abc.ABCMeta", "builtins.type"):
                    raise _NotKnown(f"{each.name} has a metaclass of its own")

    def _constructor(self, owner: _Definition, name: str) -> Signature | None:
        """The `__init__` or `__new__` of a class itself, without its first parameter; None where it inherits it."""
        found = self._names.own(owner, name)
        if found is None:
            return self._generated(owner, name)
        if not isinstance(found, _Definition) or _is_class(found):
            raise _NotKnown(f"{owner.name}.{name} is no function")
        signature = self._of_function(found)
        if signature.kind == "classmethod" or (signature.kind == "staticmethod" and name == "__init__"):
            raise _NotKnown(f"{owner.name}.{name} is a {signature.kind}")
        return self._without_first(signature, found)

    def _generated(self, owner: _Definition, name: str) -> Signature | None:
        if name == "__new__":
            is_tuple = any(
                self._names.dotted(owner.module, base, owner.classes) == "typing.NamedTuple" for base in owner.bases
            )
            return self._of_named_tuple(owner) if is_tuple else None
        options = self._names.options(owner)
        return None if options is None or not _flag(owner, options, "init", default=True) else self._of_fields(owner)

    def _of_named_tuple(self, owner: _Definition) -> Signature:
        names = _annotated(owner)
        found = tuple(Parameter(n, bool(owner.module.bindings(n, owner.inside))) for n in names)
        return Signature(positional=found)

    # --- dataclasses

    def _of_fields(self, owner: _Definition) -> Signature:
        """What the constructor of a dataclass takes.

        https://docs.python.org/3/library/dataclasses.html
        """
        taken = [f for f in self._fields(owner).values() if f.is_taken]
        return Signature(
            positional=tuple(f.parameter for f in taken if not f.is_keyword_only),
            keyword_only=tuple(f.parameter for f in taken if f.is_keyword_only),
        )

    def _fields(self, owner: _Definition) -> dict[str, _Field]:
        """The fields of a dataclass by name: inherited ones first, an overridden one where it was."""
        options = self._names.options(owner)
        assert options is not None
        fields: dict[str, _Field] = {}
        for base in reversed(self._names.order(owner)[1:]):
            fields |= self._inherited_fields(base)
        is_keyword_only = _flag(owner, options, "kw_only", default=False)
        for name, annotation in _annotated(owner).items():
            marker = self._marker(owner, annotation)
            if marker == "dataclasses.KW_ONLY":
                is_keyword_only = True
            else:
                is_field = marker != "typing.ClassVar"
                fields[name] = self._field(owner, name, is_keyword_only) if is_field else _NO_FIELD
        return fields

    def _inherited_fields(self, base: _Definition | _Outside) -> dict[str, _Field]:
        """Those of a base class, or of the first of its own bases that has some."""
        if isinstance(base, _Outside):
            if not base.name.startswith("builtins."):
                raise _NotKnown(base.reason)
            return {}
        if self._names.options(base) is not None:
            return self._fields(base)
        for each in self._names.order(base)[1:]:
            if isinstance(each, _Definition) and self._names.options(each) is not None:
                return self._fields(each)
        return {}

    def _marker(self, owner: _Definition, annotation: ast.expr) -> str | None:
        """The object outside the repository that an annotation names, `typing.ClassVar` of `ClassVar[int]`.

        A string in a module that postpones annotations is one within another to `dataclasses`, which looks no deeper.
        """
        scopes = () if owner.module.postpones else owner.inside
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str) and not owner.module.postpones:
            scopes = ()
            try:
                annotation = ast.parse(annotation.value.strip(), mode="eval").body
            except (SyntaxError, ValueError):
                return None
        if isinstance(annotation, ast.Subscript):
            annotation = annotation.value
        return self._names.dotted(owner.module, annotation, scopes)

    def _field(self, owner: _Definition, name: str, is_keyword_only: bool) -> _Field:
        bindings = _attribute_bindings(owner, name)
        options = self._field_options(owner, name, bindings)
        if options is not None:
            has_default = not options.keys().isdisjoint({"default", "default_factory"})
        elif bindings:
            has_default = not self._is_missing(owner, bindings[-1])
        else:
            has_default = self._inherits_attribute(owner, name)
        options = options or {}
        return _Field(
            Parameter(_mangled(name, owner.inside[-1]), has_default),
            _flag(owner, options, "kw_only", default=is_keyword_only),
            _flag(owner, options, "init", default=True),
        )

    def _field_options(
        self, owner: _Definition, name: str, bindings: Sequence[Binding]
    ) -> Mapping[str, ast.expr] | None:
        """The arguments of `dataclasses.field(…)`; None for another default, or none."""
        calls = [b.value for b in bindings if isinstance(b.value, ast.Call) and self._may_be_field(owner, b.value)]
        if not calls:
            return None
        if len(bindings) > 1 or self._names.dotted(owner.module, calls[0].func, owner.inside) != "dataclasses.field":
            raise _NotKnown(f"the default of {owner.name}.{name} only running it could tell")
        options = _keywords(owner, calls[0])
        if any(self._named_missing(owner, options[key]) for key in ("default", "default_factory") if key in options):
            raise _NotKnown(f"the default of {owner.name}.{name} only running it could tell")
        return options

    def _may_be_field(self, owner: _Definition, call: ast.Call) -> bool:
        """May a call return `dataclasses.field(…)`? Classes and what others call otherwise do not."""
        try:
            found = self._names.resolve(owner.module, call.func, owner.inside)
        except _NotKnown:
            found = ast.unparse(call.func)
        if isinstance(found, str):
            return "field" in found.rpartition(".")[2].lower()
        return not (isinstance(found, _Definition) and _is_class(found))

    def _is_missing(self, owner: _Definition, binding: Binding) -> bool:
        return binding.value is not None and self._named_missing(owner, binding.value)

    def _named_missing(self, owner: _Definition, value: ast.expr) -> bool:
        return self._names.dotted(owner.module, value, owner.inside) == "dataclasses.MISSING"

    def _inherits_attribute(self, owner: _Definition, name: str) -> bool:
        """Is there an attribute of that name in the bases? It is a default, too."""
        for each in self._names.order(owner)[1:]:
            if isinstance(each, _Outside):
                if hasattr(getattr(builtins, each.name.removeprefix("builtins.")), name):
                    return True
                continue
            options = self._names.options(each)
            if options is not None and _flag(each, options, "slots", default=False) and name in _annotated(each):
                return False
            bindings = _attribute_bindings(each, name)
            given = self._field_options(each, name, bindings)
            if given is not None and options is None:
                raise _NotKnown(f"the default of {owner.name}.{name} only running it could tell")
            if "default" in given if given is not None else bindings:  # a field without one takes the attribute away
                return True
        return hasattr(object, name)


@dataclass(frozen=True, slots=True)
class _Field:
    parameter: Parameter
    is_keyword_only: bool
    is_taken: bool


_NO_FIELD = _Field(Parameter(""), is_keyword_only=False, is_taken=False)


def _is_class(found: _Definition) -> bool:
    return isinstance(found.node, ast.ClassDef)


def _is_declaration(binding: Binding) -> bool:
    """`name: type` alone."""
    parent = binding.place.parents[-1] if binding.place.parents else None
    return isinstance(parent, ast.AnnAssign) and parent.target is binding.place.node and parent.value is None


def _is_for_types(binding: Binding) -> bool:
    """Does it stand in the block of an `if TYPE_CHECKING`?"""
    way = (*binding.place.parents, binding.place.node)
    return any(
        isinstance(outer, ast.If) and inner in outer.body and is_type_checking(outer.test)
        for outer, inner in itertools.pairwise(way)
    )


def _without_type_parameters(scopes: tuple[ast.AST, ...]) -> tuple[ast.AST, ...]:
    return tuple(scope for scope in scopes if not isinstance(scope, TypeParameters))


def _not_told(name: str, module: _Module, node: ast.AST) -> str:
    return f"what {name} is in {module.place(node)} only running it could tell"


def _decorated(found: _Definition, by: ast.expr) -> str:
    return f"{found.name} is decorated with @{ast.unparse(by)} at {found.module.place(by)}"


def _read_parameters(arguments: ast.arguments, owner: ast.ClassDef | None) -> Signature:
    """The signature that a `def` spells, in a class or not."""

    def parameter(argument: ast.arg, *, has_default: bool) -> Parameter:
        return Parameter(_mangled(argument.arg, owner), has_default)

    positional = [*arguments.posonlyargs, *arguments.args]
    required = len(positional) - len(arguments.defaults)
    found = tuple(parameter(a, has_default=i >= required) for i, a in enumerate(positional))
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return Signature(
        found[: len(arguments.posonlyargs)],
        found[len(arguments.posonlyargs) :],
        tuple(parameter(a, has_default=default is not None) for a, default in named),
        _mangled(arguments.vararg.arg, owner) if arguments.vararg else "",
        _mangled(arguments.kwarg.arg, owner) if arguments.kwarg else "",
    )


def _mangled(name: str, owner: ast.ClassDef | None) -> str:
    """A private name as it is outside of its class.

    https://docs.python.org/3/reference/expressions.html#private-name-mangling
    """
    prefix = owner.name.lstrip("_") if owner is not None else ""
    return f"_{prefix}{name}" if prefix and name.startswith("__") and not name.endswith("__") else name


def _annotated(owner: _Definition) -> dict[str, ast.expr]:
    """The annotated names of a class in the order in which they first come, each with its last annotation.

    Raises:
        _NotKnown: one is annotated under a condition.
    """
    assert isinstance(owner.node, ast.ClassDef)
    found: dict[str, ast.expr] = {}
    for statement, scopes in statements(owner.node.body):
        if scopes or not isinstance(statement, ast.AnnAssign):
            continue
        if statement not in owner.node.body:
            raise _NotKnown(f"{owner.name} has fields under a condition at {owner.module.place(statement)}")
        if isinstance(statement.target, ast.Name) and statement.simple:
            found[statement.target.id] = statement.annotation
    return found


def _attribute_bindings(owner: _Definition, name: str) -> tuple[Binding, ...]:
    """What binds an attribute in the body of a class.

    Raises:
        _NotKnown: something binds it under a condition, or unpacks it, or deletes it.
    """
    assert isinstance(owner.node, ast.ClassDef)
    if name.startswith("__") and not name.endswith("__"):  # no symbol table has it under that name
        found = (s for s in owner.node.body if isinstance(s, ast.AnnAssign) and s.value is not None)
        named = [s for s in found if isinstance(s.target, ast.Name) and s.target.id == name]
        return tuple(Binding(name, Place(s, owner.inside, owner.inside), owner.node, value=s.value) for s in named)
    bindings = owner.module.bindings(name, owner.inside)
    for binding in bindings:
        if binding.place.parents[-1] is not owner.node:
            where = owner.module.place(binding.place.node)
            raise _NotKnown(f"{owner.name}.{name} is bound under a condition at {where}")
    return bindings


def _keywords(owner: _Definition, call: ast.expr) -> Mapping[str, ast.expr]:
    """The keyword arguments of a call, or none of what is no call.

    Raises:
        _NotKnown: it passes a mapping, or something by position.
    """
    if not isinstance(call, ast.Call):
        return {}
    if call.args or any(keyword.arg is None for keyword in call.keywords):
        raise _NotKnown(f"the options in {owner.module.place(call)} only running it could tell")
    return {str(keyword.arg): keyword.value for keyword in call.keywords}


def _flag(owner: _Definition, options: Mapping[str, ast.expr], name: str, *, default: bool) -> bool:
    """An option that is True or False."""
    value = options.get(name)
    if value is None:
        return default
    if not isinstance(value, ast.Constant):
        raise _NotKnown(_not_told(name, owner.module, value))
    return bool(value.value)


def _merged(orders: Sequence[_Order], owner: _Definition) -> _Order:
    """The C3 merge of base classes' orders."""
    found: list[_Definition | _Outside] = []
    rest = [list(order) for order in orders if order]
    while rest:
        chosen = next((o[0] for o in rest if not any(o[0] in other[1:] for other in rest)), None)
        if chosen is None:
            raise _NotKnown(f"the base classes of {owner.name} are in no consistent order")
        found.append(chosen)
        rest = [left for order in rest if (left := [c for c in order if c != chosen])]
    return tuple(found)
