"""What the constructor of a dataclass takes.

https://docs.python.org/3/library/dataclasses.html
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping, Sequence

from msgspec import Struct

from migrate.definitions.names import Names, flag, keywords
from migrate.definitions.nodes import Definition, NotKnown, Outside, is_class, mangled
from migrate.provenance import Binding
from migrate.signatures import Parameter, Signature
from migrate.syntax import Place, statements


class Fields(Struct, frozen=True):
    """The fields of dataclasses, read through `names`."""

    _names: Names

    def signature(self, owner: Definition) -> Signature:
        """What the constructor of a dataclass takes, without `self`."""
        taken = [f for f in self._fields(owner).values() if f.is_taken]
        return Signature(
            positional=tuple(f.parameter for f in taken if not f.is_keyword_only),
            keyword_only=tuple(f.parameter for f in taken if f.is_keyword_only),
        )

    def _fields(self, owner: Definition) -> dict[str, _Field]:
        """The fields of a dataclass by name: inherited ones first, an overridden one where it was."""
        options = self._names.options(owner)
        assert options is not None
        fields: dict[str, _Field] = {}
        for base in reversed(self._names.order(owner)[1:]):
            fields |= self._inherited_fields(base)
        is_keyword_only = flag(owner, options, "kw_only", default=False)
        for name, annotation in annotated(owner).items():
            marker = self._marker(owner, annotation)
            if marker == "dataclasses.KW_ONLY":
                is_keyword_only = True
            else:
                is_field = marker != "typing.ClassVar"
                fields[name] = self._field(owner, name, is_keyword_only) if is_field else _NO_FIELD
        return fields

    def _inherited_fields(self, base: Definition | Outside) -> dict[str, _Field]:
        """Those of a base class, or of the first of its own bases that has some."""
        if isinstance(base, Outside):
            if not base.name.startswith("builtins."):
                raise NotKnown(base.reason)
            return {}
        if self._names.options(base) is not None:
            return self._fields(base)
        for each in self._names.order(base)[1:]:
            if isinstance(each, Definition) and self._names.options(each) is not None:
                return self._fields(each)
        return {}

    def _marker(self, owner: Definition, annotation: ast.expr) -> str | None:
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

    def _field(self, owner: Definition, name: str, is_keyword_only: bool) -> _Field:
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
            Parameter(mangled(name, owner.inside[-1]), has_default),
            flag(owner, options, "kw_only", default=is_keyword_only),
            flag(owner, options, "init", default=True),
        )

    def _field_options(
        self, owner: Definition, name: str, bindings: Sequence[Binding]
    ) -> Mapping[str, ast.expr] | None:
        """The arguments of `dataclasses.field(…)`; None for another default, or none."""
        calls = [b.value for b in bindings if isinstance(b.value, ast.Call) and self._may_be_field(owner, b.value)]
        if not calls:
            return None
        if len(bindings) > 1 or self._names.dotted(owner.module, calls[0].func, owner.inside) != "dataclasses.field":
            raise NotKnown(f"the default of {owner.name}.{name} only running it could tell")
        options = keywords(owner, calls[0])
        if any(self._named_missing(owner, options[key]) for key in ("default", "default_factory") if key in options):
            raise NotKnown(f"the default of {owner.name}.{name} only running it could tell")
        return options

    def _may_be_field(self, owner: Definition, call: ast.Call) -> bool:
        """May a call return `dataclasses.field(…)`? Classes and what others call otherwise do not."""
        try:
            found = self._names.resolve(owner.module, call.func, owner.inside)
        except NotKnown:
            found = ast.unparse(call.func)
        if isinstance(found, str):
            return "field" in found.rpartition(".")[2].lower()
        return not (isinstance(found, Definition) and is_class(found))

    def _is_missing(self, owner: Definition, binding: Binding) -> bool:
        return binding.value is not None and self._named_missing(owner, binding.value)

    def _named_missing(self, owner: Definition, value: ast.expr) -> bool:
        return self._names.dotted(owner.module, value, owner.inside) == "dataclasses.MISSING"

    def _inherits_attribute(self, owner: Definition, name: str) -> bool:
        """Is there an attribute of that name in the bases? It is a default, too."""
        for each in self._names.order(owner)[1:]:
            if isinstance(each, Outside):
                if hasattr(getattr(builtins, each.name.removeprefix("builtins.")), name):
                    return True
                continue
            options = self._names.options(each)
            if options is not None and flag(each, options, "slots", default=False) and name in annotated(each):
                return False
            bindings = _attribute_bindings(each, name)
            given = self._field_options(each, name, bindings)
            if given is not None and options is None:
                raise NotKnown(f"the default of {owner.name}.{name} only running it could tell")
            if "default" in given if given is not None else bindings:  # a field without one takes the attribute away
                return True
        return hasattr(object, name)


class _Field(Struct, frozen=True):
    parameter: Parameter
    is_keyword_only: bool
    is_taken: bool


_NO_FIELD = _Field(Parameter(""), is_keyword_only=False, is_taken=False)


def annotated(owner: Definition) -> dict[str, ast.expr]:
    """The annotated names of a class in the order in which they first come, each with its last annotation.

    Raises:
        NotKnown: one is annotated under a condition.
    """
    assert isinstance(owner.node, ast.ClassDef)
    found: dict[str, ast.expr] = {}
    for statement, scopes in statements(owner.node.body):
        if scopes or not isinstance(statement, ast.AnnAssign):
            continue
        if statement not in owner.node.body:
            raise NotKnown(f"{owner.name} has fields under a condition at {owner.module.place(statement)}")
        if isinstance(statement.target, ast.Name) and statement.simple:
            found[statement.target.id] = statement.annotation
    return found


def _attribute_bindings(owner: Definition, name: str) -> tuple[Binding, ...]:
    """What binds an attribute in the body of a class.

    Raises:
        NotKnown: something binds it under a condition, or unpacks it, or deletes it.
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
            raise NotKnown(f"{owner.name}.{name} is bound under a condition at {where}")
    return bindings
