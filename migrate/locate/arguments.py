"""What one call passes: positional arguments, keywords, keys of `**{…}` and `**dict(…)` literals, other mappings."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from msgspec import Struct

_LOOSE = (ast.BoolOp, ast.Compare, ast.IfExp, ast.Lambda, ast.NamedExpr)


class Passed(Struct, frozen=True, eq=False):
    """One keyword of a call.

    Attributes:
        name: the keyword. value: its value.
        holder: `name=value` in the tree; the literal mapping's own `**…` where it stands in one.
        key: the string that names it in a `{…}`; None for `name=value`, also in `dict(…)`.
        inner: `name=value` inside of `dict(…)`.
    """

    name: str
    value: ast.expr
    holder: ast.keyword
    key: ast.Constant | None = None
    inner: ast.keyword | None = None


@dataclass(frozen=True, eq=False)
class Arguments:
    """The arguments of a call; with `is_partial` those behind the callee, which is the first one then.

    Attributes:
        plain: positional arguments in order, starred ones too.
        passed: keywords in source order, those of literal mappings too.
        opaque: mappings that are spread and whose keys are not all known.
    """

    plain: tuple[ast.expr, ...]
    passed: tuple[Passed, ...]
    opaque: tuple[ast.keyword, ...]
    is_partial: bool = False

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(each.name for each in self.passed)

    @property
    def has_star(self) -> bool:
        return any(isinstance(argument, ast.Starred) for argument in self.plain)

    @property
    def before_star(self) -> int:
        """How many arguments surely are by position, before any starred one."""
        stars = (i for i, argument in enumerate(self.plain) if isinstance(argument, ast.Starred))
        return next(stars, len(self.plain))

    def of(self, name: str) -> list[Passed]:
        return [each for each in self.passed if each.name == name]


def is_loose(value: ast.expr) -> bool:
    """Does an expression bind less tightly than `|`, so that it takes parentheses behind a `**`?

    https://docs.python.org/3/reference/expressions.html#dictionary-displays
    """
    return isinstance(value, _LOOSE) or (isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not))


def read_arguments(
    call: ast.Call, is_plain_key: Callable[[ast.Constant], bool], knows_dict: Callable[[], bool], *, is_partial: bool
) -> Arguments:
    """Read a call's arguments.

    Args:
        is_plain_key: is a string written so that its text can be replaced?
        knows_dict: is `dict` Python's own here?
        is_partial: the first positional argument is the callee.
    """
    passed: list[Passed] = []
    opaque: list[ast.keyword] = []
    for keyword in call.keywords:
        if keyword.arg is not None:
            passed.append(Passed(keyword.arg, keyword.value, keyword))
        elif (literal := _literal(keyword, is_plain_key, knows_dict)) is not None:
            passed += literal
        else:
            opaque.append(keyword)
    return Arguments(tuple(call.args[is_partial:]), tuple(passed), tuple(opaque), is_partial)


def values(arguments: Arguments) -> Iterator[ast.expr]:
    """The expressions that only move, in any order; a literal mapping counts by its values."""
    yield from arguments.plain
    yield from (each.value for each in arguments.passed)
    yield from (keyword.value for keyword in arguments.opaque)


def _literal(
    spread: ast.keyword, is_plain_key: Callable[[ast.Constant], bool], knows_dict: Callable[[], bool]
) -> list[Passed] | None:
    """The keywords in `**{…}` and `**dict(…)`; None where they are not all known."""
    match spread.value:
        case ast.Dict(keys=keys, values=values):
            found: list[Passed] = []
            for key, value in zip(keys, values, strict=True):
                if not (isinstance(key, ast.Constant) and isinstance(key.value, str) and is_plain_key(key)):
                    return None
                found.append(Passed(key.value, value, spread, key=key))
            return found
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords) if knows_dict():
            if any(keyword.arg is None for keyword in keywords):
                return None
            return [Passed(str(k.arg), k.value, spread, inner=k) for k in keywords]
    return None
