"""What names stand for, through modules, classes and their bases; nothing is imported or run."""

from __future__ import annotations

import ast
import builtins
import itertools
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from migrate.definitions.nodes import Definition, Found, Module, NotKnown, Order, Outside, decorated, is_class, not_told
from migrate.exports import star_exports
from migrate.locate.aliases import is_type_checking
from migrate.modules import candidate_files, module_of
from migrate.provenance import MODULE, Binding, alternatives, attributes, root_name
from migrate.refs import ObjectRef
from migrate.source import Source, UnparsableSource
from migrate.syntax import DEFINITIONS, TypeParameters

RETURNS_ITSELF = frozenset(
    {"abc.abstractmethod", "functools.total_ordering", "types.coroutine"}
    | {f"typing.{name}" for name in ("final", "override", "no_type_check", "runtime_checkable")}
)
"""Decorators that hand back what they are given."""
PASSES_ON = frozenset(
    {"functools.cache", "functools.lru_cache", "contextlib.contextmanager", "contextlib.asynccontextmanager"}
    | {"warnings.deprecated", "typing.deprecated"}
)
"""Decorators that make a function which takes the same arguments."""
_ON_CLASSES = RETURNS_ITSELF | {"dataclasses.dataclass", "warnings.deprecated", "typing.deprecated"}
_TAKES_OPTIONS = frozenset({"functools.lru_cache", "dataclasses.dataclass", "warnings.deprecated", "typing.deprecated"})
_BASES = frozenset({"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"})
"""Base classes outside the repository that say nothing about the constructor."""
ENUMS = frozenset(f"enum.{name}" for name in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum"))
_KNOWN = (
    PASSES_ON
    | _ON_CLASSES
    | _BASES
    | ENUMS
    | {"abc.ABCMeta", "typing.ClassVar", "typing.NamedTuple", "typing.TypedDict", "typing.overload"}
    | {"dataclasses.field", "dataclasses.KW_ONLY", "dataclasses.MISSING", "functools.cached_property"}
)
"""Objects of the standard library that are known by name, even where that library is the repository."""


@dataclass
class Names:
    """What names stand for, through modules, classes and their bases."""

    source_roots: Sequence[str]
    read: Callable[[str], bytes | None]
    _modules: dict[str, Module | None] = field(default_factory=dict)
    _exports: dict[str, frozenset[str] | None] = field(default_factory=dict)
    _open: set[Hashable] = field(default_factory=set)

    def find(self, ref: ObjectRef) -> Found:
        """What a reference stands for.

        Raises:
            NotKnown: that is not certain.
        """
        found = self.module(ref.module) or self._locate(ref.module)
        for name in ref.name.split(".") if ref.name else ():
            found = self.attribute(found, name)
        return found

    def module(self, name: str) -> Module | None:
        """A module of the repository; None when there is none of that name."""
        if name not in self._modules:
            contents = ((path, self.read(path)) for path in candidate_files(name, self.source_roots))
            path, content = next(((p, c) for p, c in contents if c is not None), ("", b""))
            self._modules[name] = self._parsed(path, content) if path else None
        return self._modules[name]

    def _parsed(self, path: str, content: bytes) -> Module:
        source = Source(content)
        try:
            return Module(path, module_of(path, self.source_roots), source, source.parse())
        except UnparsableSource as error:
            raise NotKnown(f"{path}:{error.line} does not parse") from None

    def _locate(self, dotted: str) -> Found:
        """What an absolute dotted path stands for; the longest module in it counts."""
        outer, _, name = dotted.rpartition(".")
        if outer:
            return self.attribute(self.module(outer) or self._locate(outer), name)
        return self.module(name) or ("typing" if name == "typing_extensions" else name)

    def attribute(self, found: Found, name: str) -> Found:
        """What `found.name` stands for."""
        if isinstance(found, str):
            return f"{found}.{name}"
        if isinstance(found, Module):
            bound = self._bound(found, name)
            bound = self.module(f"{found.name.name}.{name}") if bound is None else bound
            if bound is None:
                raise NotKnown(f"{found.path} does not define {name}")
            return bound
        if not isinstance(found.node, ast.ClassDef):
            raise NotKnown(f"{found.name} in {found.module.path} is no class")
        return self._member(found, name)

    def resolve(self, module: Module, expression: ast.expr, scopes: tuple[ast.AST, ...]) -> Found:
        """What a name or an attribute chain stands for in some scopes of a module."""
        root = root_name(expression)
        if root is None:
            raise NotKnown(not_told(ast.unparse(expression), module, expression))
        found = self._variable(module, root, scopes)
        for name in attributes(expression):
            found = self.attribute(found, name)
        return found

    def dotted(self, module: Module, expression: ast.expr, scopes: tuple[ast.AST, ...]) -> str | None:
        """The path of an object outside the repository; None for anything else."""
        try:
            found = self.resolve(module, expression, scopes)
        except NotKnown:
            return None
        return found if isinstance(found, str) else None

    def _variable(self, module: Module, name: ast.Name, scopes: tuple[ast.AST, ...]) -> Found:
        owner = module.owner(name.id, scopes)
        classes = tuple(s for s in scopes if isinstance(s, ast.ClassDef))
        if owner is MODULE:
            found = self._bound(module, name.id)
            if found is None and hasattr(builtins, name.id):
                return f"builtins.{name.id}"
        else:
            found = self._bound(module, name.id, classes) if classes and owner is scopes[-1] else None
        if found is None:
            raise NotKnown(f"{module.place(name)} does not tell what {name.id} is")
        return found

    def _bound(self, module: Module, name: str, scopes: tuple[ast.ClassDef, ...] = ()) -> Found | None:
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
            raise NotKnown(f"{name} is bound more than once in {module.path}" if found else why)
        return next(iter(found | starred), None)

    def _targets(self, module: Module, bindings: Sequence[Binding], scopes: tuple[ast.ClassDef, ...]) -> set[Found]:
        """What the bindings of one name bind it to."""
        try:
            return {self._target(module, binding, scopes) for binding in bindings}
        except NotKnown:
            if len(bindings) > 1:
                raise NotKnown(f"{bindings[0].name} is bound more than once in {module.path}") from None
            raise

    def _implementations(
        self, module: Module, bindings: Sequence[Binding], scopes: tuple[ast.ClassDef, ...]
    ) -> Sequence[Binding]:
        """Without overloads and what stands for types only, where what they are for comes behind them."""
        rest = [b for b in bindings if not _is_for_types(b) and not self._is_overload(module, b, scopes)]
        return rest if rest and rest[-1] is bindings[-1] else bindings

    def _is_overload(self, module: Module, binding: Binding, scopes: tuple[ast.ClassDef, ...]) -> bool:
        decorators = getattr(binding.place.node, "decorator_list", ())
        return any(self.dotted(module, decorator, scopes) == "typing.overload" for decorator in decorators)

    def _target(self, module: Module, binding: Binding, scopes: tuple[ast.ClassDef, ...]) -> Found:
        node, around = binding.place.node, _without_type_parameters(binding.place.scopes)
        if scopes and binding.place.parents[-1] is not scopes[-1]:
            raise NotKnown(f"{scopes[-1].name}.{binding.name} is bound under a condition at {module.place(node)}")
        if isinstance(node, DEFINITIONS) and around == scopes:
            return Definition(module, node, scopes)
        if binding.dotted is not None:
            own = f"{module.name.name}.{binding.name}"
            submodule = self.module(own) if binding.dotted == own else None
            return submodule or self._locate(binding.dotted)
        if binding.value is not None and len(alternatives(binding.value)) == 1 and root_name(binding.value):
            return self._aliased(module, binding, around, scopes)
        raise NotKnown(not_told(binding.name, module, node))

    def _aliased(
        self, module: Module, binding: Binding, around: tuple[ast.AST, ...], scopes: tuple[ast.ClassDef, ...]
    ) -> Found:
        assert binding.value is not None
        found = self.resolve(module, binding.value, around)
        if scopes and not (isinstance(found, Definition) and (found.classes == scopes or is_class(found))):
            # which of its arguments is `self` depends on more than where it comes from
            raise NotKnown(f"{scopes[-1].name}.{binding.name} is assigned at {module.place(binding.value)}")
        return found

    def _starred(self, module: Module, name: str, after: int) -> Iterator[str]:
        """Where star imports behind line `after` take a name from."""
        for statement, source in module.stars:
            if statement.lineno < after:
                continue
            exports = self._exports_of(source)
            if exports is None and hasattr(builtins, name):
                continue  # nobody gives another meaning to such a name without saying so
            if exports is None:
                raise NotKnown(f"the star import in {module.place(statement)} may bind {name}")
            if name in exports:
                yield f"{source}.{name}"

    def _exports_of(self, name: str) -> frozenset[str] | None:
        if name not in self._exports:
            self._exports[name] = None  # modules in a circle are not certain
            try:
                module = self.module(name)
            except NotKnown:
                module = None
            if module is not None:
                self._exports[name] = star_exports(module.tree, module.name, self._exports_of)
        return self._exports[name]

    @contextmanager
    def _entering(self, key: Hashable, reason: str) -> Iterator[None]:
        if key in self._open:
            raise NotKnown(reason)
        self._open.add(key)
        try:
            yield
        finally:
            self._open.remove(key)

    # --- classes

    def own(self, owner: Definition, name: str) -> Found | None:
        """What a class itself binds a name to, as long as nothing outside of its body binds that again."""
        path = ".".join([*(c.name for c in owner.inside), name])
        if path in owner.module.stores:
            raise NotKnown(f"{path} is assigned again in {owner.module.path}")
        return self._bound(owner.module, name, owner.inside)

    def _member(self, owner: Definition, name: str) -> Found:
        """What is inside of a class, or of the first of its base classes that has it."""
        for each in self.order(owner):
            if isinstance(each, Outside):
                raise NotKnown(each.reason)
            found = self.own(each, name)
            if found is not None:
                return found
            if name == "__init__" and self.options(each) is not None:
                raise NotKnown(f"the __init__ of {each.name} is made by @dataclass")
        raise NotKnown(f"{owner.name} has no {name!r}")

    def order(self, owner: Definition) -> Order:
        """The classes in which attributes are looked up; nothing is certain behind an `Outside`.

        https://docs.python.org/3/howto/mro.html
        """
        with self._entering(owner, f"{owner.name} inherits from itself"):
            for decorator in owner.node.decorator_list:
                if self.decorator(owner, decorator) not in _ON_CLASSES:
                    raise NotKnown(decorated(owner, decorator))
            orders = [order for base in owner.bases if (order := self._order_of_base(owner, base))]
        everything = [each for order in orders for each in order]
        uncertain = next((each for each in everything if isinstance(each, Outside) and not each.name), None)
        if len(orders) < 2:
            return (owner, *everything)
        if uncertain is not None:
            # Its own bases may come before those of the others. Only the first base is next in any case.
            return (owner, orders[0][0], uncertain, *everything)
        return (owner, *_merged([*orders, tuple(order[0] for order in orders)], owner))

    def _order_of_base(self, owner: Definition, base: ast.expr) -> Order:
        """Empty for a base that says nothing about a constructor."""
        if root_name(base) is None:
            return (Outside("", f"{owner.name} inherits from {ast.unparse(base)}, which only running it could tell"),)
        try:
            found = self.resolve(owner.module, base, owner.classes)
            if isinstance(found, Definition) and is_class(found):
                return self.order(found)
        except NotKnown as error:
            return (Outside("", str(error)),)
        if not isinstance(found, str):
            return (Outside("", f"{owner.name} inherits from {ast.unparse(base)}, which is no class"),)
        path = found.removeprefix("builtins.")
        reason = f"{owner.name} inherits from {path}, which is not in this repository"
        return () if found in _BASES else (Outside(found, reason),)

    def decorator(self, owner: Definition, decorator: ast.expr) -> str:
        """Which of the known decorators one is; empty for another."""
        called = isinstance(decorator, ast.Call)
        name = self.dotted(owner.module, decorator.func if called else decorator, owner.classes)  # type: ignore[attr-defined]
        return "" if name is None or (called and name not in _TAKES_OPTIONS) else name

    def options(self, owner: Definition) -> Mapping[str, ast.expr] | None:
        """The arguments of the `@dataclass` on a class; None without one."""
        for decorator in owner.node.decorator_list:
            if self.decorator(owner, decorator) == "dataclasses.dataclass":
                return keywords(owner, decorator)
        return None


def _is_for_types(binding: Binding) -> bool:
    """Does it stand in the block of an `if TYPE_CHECKING`?"""
    way = (*binding.place.parents, binding.place.node)
    return any(
        isinstance(outer, ast.If) and inner in outer.body and is_type_checking(outer.test)
        for outer, inner in itertools.pairwise(way)
    )


def _without_type_parameters(scopes: tuple[ast.AST, ...]) -> tuple[ast.AST, ...]:
    return tuple(scope for scope in scopes if not isinstance(scope, TypeParameters))


def keywords(owner: Definition, call: ast.expr) -> Mapping[str, ast.expr]:
    """The keyword arguments of a call, or none of what is no call.

    Raises:
        NotKnown: it passes a mapping, or something by position.
    """
    if not isinstance(call, ast.Call):
        return {}
    if call.args or any(keyword.arg is None for keyword in call.keywords):
        raise NotKnown(f"the options in {owner.module.place(call)} only running it could tell")
    return {str(keyword.arg): keyword.value for keyword in call.keywords}


def flag(owner: Definition, options: Mapping[str, ast.expr], name: str, *, default: bool) -> bool:
    """An option that is True or False."""
    value = options.get(name)
    if value is None:
        return default
    if not isinstance(value, ast.Constant):
        raise NotKnown(not_told(name, owner.module, value))
    return bool(value.value)


def _merged(orders: Sequence[Order], owner: Definition) -> Order:
    """The C3 merge of base classes' orders."""
    found: list[Definition | Outside] = []
    rest = [list(order) for order in orders if order]
    while rest:
        chosen = next((o[0] for o in rest if not any(o[0] in other[1:] for other in rest)), None)
        if chosen is None:
            raise NotKnown(f"the base classes of {owner.name} are in no consistent order")
        found.append(chosen)
        rest = [left for order in rest if (left := [c for c in order if c != chosen])]
    return tuple(found)
