"""`[[phase4.call]]`: what becomes of the calls of one function, class or method, and of its instances' attributes."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from migrate.plan_errors import Mistake, Table, readable, repeated, shown
from migrate.plan_exports import Exports, read_exported
from migrate.plan_fields import (
    Additions,
    CalleeRef,
    Keywords,
    Names,
    Renames,
    Text,
    one_of,
    read_expression,
    read_object,
)

OnConflict: TypeAlias = Literal["report", "keep-new", "merge-dict"]


class Call(Table):
    """What calls of `callee` rename, gain or lose.

    Attributes:
        rename, attributes: old names to new ones. add: names to the source of their values.
        keyword_only: parameters whose positional arguments become keywords.
        on_conflict: what becomes of a call that passes both the old and the new keyword.
        imports: what the values of `add` name.
    """

    callee: CalleeRef = Field(examples=['"package.module:Name"'])
    rename: Renames = Field(default=Keywords({}), examples=['{ old_keyword = "new_keyword" }'])
    add: Additions = Field(default=Keywords({}), examples=['{ keyword = "None" }'])
    remove: Names = Field((), examples=['["keyword"]'])
    keyword_only: Names = Field((), examples=['["parameter"]'])
    on_conflict: Annotated[OnConflict, one_of("report", "keep-new", "merge-dict")] = Field(
        "report", examples=['"report"']
    )
    imports: Exports = Field((), examples=['["package.module:Name"]'])
    attributes: Renames = Field(default=Keywords({}), examples=['{ old_attribute = "new_attribute" }'])
    note: Text = Field("", examples=['"why"'])

    @property
    def old(self) -> tuple[str, ...]:
        """The keywords that no call shall pass any more."""
        return (*self.rename, *self.remove)

    @property
    def concerns_all(self) -> bool:
        """May any call of the callee have to change, whatever keywords it passes?"""
        return bool(self.keyword_only) or (bool(self.add) and not self.old)

    @cached_property
    def added_names(self) -> Mapping[str, frozenset[str]]:
        """For each keyword in `add`: the names that its value reads from where it is written."""
        return {name: free_names(value) for name, value in self.add.items()}

    @classmethod
    def _across(cls, data: Mapping[str, Any]) -> Iterator[Mistake]:
        if not any(data.get(key) for key in ("rename", "add", "remove", "keyword_only", "attributes")):
            yield Mistake((), "changes nothing; write rename, add, remove, keyword_only or attributes")
        rename, add, attributes = (_table(data.get(key)) for key in ("rename", "add", "attributes"))
        remove, keyword_only = (_list(data.get(key)) for key in ("remove", "keyword_only"))
        yield from _rename_mistakes("rename", rename, "keyword")
        yield from _rename_mistakes("attributes", attributes, "attribute")
        yield from _add_mistakes(add, rename, remove)
        yield from _remove_mistakes(remove, rename)
        yield from _keyword_only_mistakes(keyword_only, rename, remove)
        for _, ref in readable(read_object, [data.get("callee")]):
            owner, _, last = ref.name.rpartition(".")
            if owner and last in ("__init__", "__new__"):
                right = f"{ref.module}:{owner}"
                yield Mistake(("callee",), f"{shown(str(ref))} is called by way of its class; write {shown(right)}")
        yield from _import_mistakes(data.get("imports"), add)
        if data.get("on_conflict") not in (None, "report") and not rename:
            yield Mistake(("on_conflict",), "nothing is renamed, so nothing can be in conflict; leave it out")


def free_names(expression: str) -> frozenset[str]:
    """The names that an expression reads without binding them itself, builtins too."""
    tree = ast.parse(expression, mode="eval")
    nodes = list(ast.walk(tree))
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    bound |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    return frozenset(n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)) - bound


def is_builtin(name: str) -> bool:
    """Does Python itself give the name a meaning?"""
    return hasattr(builtins, name)


def _table(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _list(value: object) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else ()


def _rename_mistakes(key: str, rename: Mapping[str, Any], kind: str) -> Iterator[Mistake]:
    sources: dict[str, str] = {}
    for old, new in rename.items():
        if not isinstance(new, str):
            continue
        where = (key, old)
        if old == new:
            yield Mistake(where, f"{shown(old)} is renamed to itself; write the new {kind}")
        elif new in rename:
            yield Mistake(
                where,
                f"{shown(new)} is itself renamed, so a second run would rename again; write the final {kind}",
            )
        if new in sources:
            sentence = f"{shown(new)} is already the new name of {shown(sources[new])}; write another"
            yield Mistake(where, sentence)
        sources.setdefault(new, old)


def _add_mistakes(add: Mapping[str, Any], rename: Mapping[str, Any], remove: tuple[Any, ...]) -> Iterator[Mistake]:
    for name in add:
        if name in rename:
            yield Mistake(("add", name), f"{shown(name)} is renamed as well; keep one of the two")
        elif name in remove:
            yield Mistake(("add", name), f"{shown(name)} is removed as well; keep one of the two")
        elif name in rename.values():
            yield Mistake(("add", name), f"{shown(name)} is the new name of a keyword; keep one of the two")


def _remove_mistakes(remove: tuple[Any, ...], rename: Mapping[str, Any]) -> Iterator[Mistake]:
    for where, name in _listed("remove", remove):
        if name in rename:
            yield Mistake(where, f"{shown(name)} is renamed as well; keep one of the two")
        elif name in rename.values():
            yield Mistake(where, f"{shown(name)} is the new name of a keyword; keep one of the two")
    yield from _repetitions("remove", remove)


def _keyword_only_mistakes(
    names: tuple[Any, ...], rename: Mapping[str, Any], remove: tuple[Any, ...]
) -> Iterator[Mistake]:
    for where, name in _listed("keyword_only", names):
        if name in rename:
            yield Mistake(where, f"{shown(name)} is renamed; write its new name, {shown(str(rename[name]))}")
        elif name in remove:
            yield Mistake(where, f"{shown(name)} is removed as well; keep one of the two")
    yield from _repetitions("keyword_only", names)


def _listed(key: str, names: tuple[Any, ...]) -> Iterator[tuple[tuple[str, int], str]]:
    """The strings of a list, each with its place in the plan."""
    return (((key, position), name) for position, name in enumerate(names) if isinstance(name, str))


def _repetitions(key: str, names: tuple[Any, ...]) -> Iterator[Mistake]:
    for position, _, name in repeated((position, name) for (_, position), name in _listed(key, names)):
        yield Mistake((key, position), f"{shown(name)} is listed before; remove one")


def _import_mistakes(imports: object, add: Mapping[str, Any]) -> Iterator[Mistake]:
    exports = readable(read_exported, imports)
    values = [value for _, value in readable(read_expression, list(add.values()))]
    used = frozenset[str]().union(*map(free_names, values))
    for position, first, name in repeated((i, export.bound) for i, export in exports):
        sentence = f"binds {name!r} again, after imports[{first}]; remove one or give it another alias"
        yield Mistake(("imports", position), sentence)
    for position, export in exports:
        if export.bound not in used and len(values) == len(add):
            sentence = f"no value in add names {export.bound!r}; remove it, or use it in one"
            yield Mistake(("imports", position), sentence)
