"""The definition of a callee, found through the repository's modules, and its signature."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from migrate.definitions.fields import Fields, annotated
from migrate.definitions.names import ENUMS, PASSES_ON, RETURNS_ITSELF, Names, flag
from migrate.definitions.nodes import Definition, Module, NotKnown, Outside, decorated, is_class, mangled
from migrate.refs import ObjectRef
from migrate.signatures import Kind, Parameter, Signature

_BINDS: Mapping[str, Kind] = {"builtins.staticmethod": "staticmethod", "builtins.classmethod": "classmethod"}
_BOUND_UNASKED: Mapping[str, Kind] = {
    "__new__": "staticmethod",
    "__init_subclass__": "classmethod",
    "__class_getitem__": "classmethod",
}
"""https://docs.python.org/3/reference/datamodel.html"""

_CHECKS_ARGUMENTS = frozenset(
    f"builtins.{name}" for name in ("int", "float", "complex", "str", "bytes", "tuple", "frozenset")
)
"""Built-in classes whose `__new__` does not take what only an `__init__` is meant for."""
CONSTRUCTORS = ("__init__", "__new__")


class Unknown(Struct, frozen=True):
    """Why a signature is not known, as a phrase for people."""

    reason: str


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
    def _names(self) -> Names:
        return Names(self.source_roots, self.read)

    @cached_property
    def _fields(self) -> Fields:
        return Fields(self._names)

    def signature(self, ref: ObjectRef) -> Signature | Unknown:
        """The signature of a function, class or method; a class's is that of its constructor."""
        if ref not in self._known:
            try:
                self._known[ref] = self._read(ref)
            except NotKnown as error:
                self._known[ref] = Unknown(str(error))
            except RecursionError:
                self._known[ref] = Unknown(f"{ref} is nested too deeply to be followed")
        return self._known[ref]

    def place(self, ref: ObjectRef) -> tuple[str, int]:
        """The path and the line, from 1, of the definition that `signature` has read.

        Raises:
            NotKnown: there is none.
        """
        found = self._names.find(ref)
        if not isinstance(found, Definition):
            raise NotKnown(f"{ref} is not defined in this repository")
        return found.module.path, found.node.lineno

    def home(self, ref: ObjectRef) -> str:
        """The dotted path of an object, or of a member, in the module that defines it; empty where it is not known."""
        first, *members = ref.name.split(".")
        try:
            found = self._names.find(ObjectRef(ref.module, first))
        except (NotKnown, RecursionError):
            return ""
        if not isinstance(found, Definition) or found.classes:
            return ""
        return ".".join([found.module.name.name, found.name, *members])

    def _read(self, ref: ObjectRef) -> Signature:
        found = self._names.find(ref)
        if isinstance(found, Module):
            raise NotKnown(f"{found.name.name} is a module")
        if isinstance(found, str):
            where = ref.module if found == ref.dotted else found.rpartition(".")[0] or found
            raise NotKnown(f"{where} is not in this repository")
        return self._of_class(found) if is_class(found) else self._of_function(found)

    def _of_function(self, function: Definition) -> Signature:
        assert isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef)
        kind = self._kind(function)
        prefix = function.classes[-1] if function.classes else None
        found = replace(_read_parameters(function.node.args, prefix), kind=kind)
        return self._without_first(found, function) if kind == "classmethod" else found

    def _kind(self, function: Definition) -> Kind:
        kind: Kind = "method" if function.classes else "function"
        if function.classes:
            kind = _BOUND_UNASKED.get(function.name, kind)
        is_outermost = True
        for decorator in function.node.decorator_list:
            name = self._names.decorator(function, decorator)
            if name in _BINDS and function.classes and is_outermost:
                kind = _BINDS[name]
            elif name not in RETURNS_ITSELF and name not in PASSES_ON:
                raise NotKnown(decorated(function, decorator))
            is_outermost = is_outermost and name in RETURNS_ITSELF  # what wraps it hides what it is
        return kind

    def _without_first(self, signature: Signature, function: Definition) -> Signature:
        if not (signature.by_position or signature.takes_args):
            raise NotKnown(f"{function.name} at {function.module.place(function.node)} takes no first argument")
        return signature.without_first()

    # --- constructors

    def _of_class(self, owner: Definition) -> Signature:
        order = self._names.order(owner)
        for each in order:
            self._check_creation(owner, each)
        made: dict[str, Signature] = {}
        for each in order:
            if isinstance(each, Outside):
                if not made or (each.name in _CHECKS_ARGUMENTS and "__new__" not in made):
                    raise NotKnown(each.reason)
                break
            for name in CONSTRUCTORS:
                if name not in made and (signature := self._constructor(each, name)) is not None:
                    made[name] = replace(signature, kind="class")
        return self._call(owner, made)

    def _call(self, owner: Definition, made: Mapping[str, Signature]) -> Signature:
        """What a call takes that goes to `__new__`, then to `__init__`."""
        init, new = (made.get(name) for name in CONSTRUCTORS)
        if init is None or new is None:
            return init or new or Signature(kind="class")
        takes_all = new.takes_args and new.takes_kwargs and not (new.by_position or new.by_name)
        if takes_all or init == new:
            return init
        raise NotKnown(f"{owner.name} has both __new__ and __init__")

    def _check_creation(self, owner: Definition, each: Definition | Outside) -> None:
        """
        Raises:
            NotKnown: a class in the order has something take or change what a call goes to.
        """
        if isinstance(each, Outside):
            if each.name in ENUMS:
                raise NotKnown(f"{owner.name} is an enumeration")
            if each.name == "typing.TypedDict":
                raise NotKnown(f"{owner.name} is a TypedDict")
            return
        assert isinstance(each.node, ast.ClassDef)
        for node in ast.walk(each.node):  # a base may do so for its subclasses
            if isinstance(node, ast.Attribute) and node.attr in CONSTRUCTORS and isinstance(node.ctx, ast.Store):
                raise NotKnown(f"{node.attr} is assigned at {each.module.place(node)}")
        for keyword in each.node.keywords:
            if keyword.arg is None:
                raise NotKnown(f"{each.name} may have a metaclass of its own")
            if keyword.arg == "metaclass":
                name = self._names.dotted(each.module, keyword.value, each.classes)
                if name not in ("abc.ABCMeta", "builtins.type"):
                    raise NotKnown(f"{each.name} has a metaclass of its own")

    def _constructor(self, owner: Definition, name: str) -> Signature | None:
        """The `__init__` or `__new__` of a class itself, without its first parameter; None where it inherits it."""
        found = self._names.own(owner, name)
        if found is None:
            return self._generated(owner, name)
        if not isinstance(found, Definition) or is_class(found):
            raise NotKnown(f"{owner.name}.{name} is no function")
        signature = self._of_function(found)
        if signature.kind == "classmethod" or (signature.kind == "staticmethod" and name == "__init__"):
            raise NotKnown(f"{owner.name}.{name} is a {signature.kind}")
        return self._without_first(signature, found)

    def _generated(self, owner: Definition, name: str) -> Signature | None:
        if name == "__new__":
            is_tuple = any(
                self._names.dotted(owner.module, base, owner.classes) == "typing.NamedTuple" for base in owner.bases
            )
            return self._of_named_tuple(owner) if is_tuple else None
        options = self._names.options(owner)
        return (
            None if options is None or not flag(owner, options, "init", default=True) else self._fields.signature(owner)
        )

    def _of_named_tuple(self, owner: Definition) -> Signature:
        names = annotated(owner)
        found = tuple(Parameter(n, bool(owner.module.bindings(n, owner.inside))) for n in names)
        return Signature(positional=found)


def _read_parameters(arguments: ast.arguments, owner: ast.ClassDef | None) -> Signature:
    """The signature that a `def` spells, in a class or not."""

    def parameter(argument: ast.arg, *, has_default: bool) -> Parameter:
        return Parameter(mangled(argument.arg, owner), has_default)

    positional = [*arguments.posonlyargs, *arguments.args]
    required = len(positional) - len(arguments.defaults)
    found = tuple(parameter(a, has_default=i >= required) for i, a in enumerate(positional))
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return Signature(
        found[: len(arguments.posonlyargs)],
        found[len(arguments.posonlyargs) :],
        tuple(parameter(a, has_default=default is not None) for a, default in named),
        mangled(arguments.vararg.arg, owner) if arguments.vararg else "",
        mangled(arguments.kwarg.arg, owner) if arguments.kwarg else "",
    )
