"""Signatures: which parameter an argument of a call fills, and what makes a call invalid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

Kind: TypeAlias = Literal["function", "class", "method", "classmethod", "staticmethod"]


class Parameter(Struct, frozen=True):
    """One parameter that takes a single argument."""

    name: str
    has_default: bool = False

    def __str__(self) -> str:
        return f"{self.name}=…" if self.has_default else self.name


class Signature(Struct, frozen=True):
    """What a caller passes who names the callee through its module or class.

    A class has its constructor's parameters without `self`, a class method has no `cls`, a method has `self` first.

    Attributes:
        positional: parameters that take an argument by position or by name.
        args_name, kwargs_name: of `*args` and `**kwargs`; empty where there is none.
    """

    positional_only: tuple[Parameter, ...] = ()
    positional: tuple[Parameter, ...] = ()
    keyword_only: tuple[Parameter, ...] = ()
    args_name: str = ""
    kwargs_name: str = ""
    kind: Kind = "function"

    @property
    def takes_args(self) -> bool:
        return bool(self.args_name)

    @property
    def takes_kwargs(self) -> bool:
        return bool(self.kwargs_name)

    @property
    def by_position(self) -> tuple[str, ...]:
        """The parameters that positional arguments fill, in order; more of them go to `*args`."""
        return tuple(p.name for p in (*self.positional_only, *self.positional))

    @property
    def by_name(self) -> tuple[str, ...]:
        """The parameters that keywords fill; others go to `**kwargs`."""
        return tuple(p.name for p in (*self.positional, *self.keyword_only))

    def accepts(self, name: str) -> bool:
        """Can a keyword of that name be passed?"""
        return self.takes_kwargs or name in self.by_name

    def without_first(self) -> Signature:
        """Without the parameter that the first positional argument fills."""
        if self.positional_only:
            return replace(self, positional_only=self.positional_only[1:])
        return replace(self, positional=self.positional[1:])

    def bound(self) -> Signature:
        """As seen from an instance: a method without its `self`, which is a function then; others as they are."""
        return replace(self.without_first(), kind="function") if self.kind == "method" else self

    def problems(
        self, positional: int, keywords: Iterable[str], *, star: bool, spread: bool, partial: bool
    ) -> tuple[str, ...]:
        """What makes a call invalid whatever its `*x` and `**x` hold, one phrase each.

        Args:
            positional: how many plain arguments come before any `*x`.
            keywords: names that are passed as `name=…`.
            star, spread: the call passes `*x`, `**x`.
            partial: the call is `functools.partial`'s, and more arguments may come later.
        Returns:
            Too many arguments, then keywords in their order, then missing parameters in theirs.
        """
        names = tuple(keywords)
        found = [*self._too_many(positional), *self._wrong_keywords(positional, names)]
        if not partial:
            found += self._missing(positional, names, star=star, spread=spread)
        return tuple(found)

    def _too_many(self, positional: int) -> Iterator[str]:
        most = len(self.by_position)
        if positional > most and not self.takes_args:
            yield f"takes at most {most} positional argument{'' if most == 1 else 's'}"

    def _wrong_keywords(self, positional: int, keywords: Sequence[str]) -> Iterator[str]:
        by_position = self.by_position
        taken = set(by_position[:positional]).intersection(self.by_name)
        for name in keywords:
            if name in taken:
                yield f"takes {name!r} twice"
            elif not self.accepts(name):
                yield f"takes {name!r} by position only" if name in by_position else f"has no parameter {name!r}"
            taken.add(name)

    def _missing(self, positional: int, keywords: Sequence[str], *, star: bool, spread: bool) -> Iterator[str]:
        passed = frozenset(keywords).intersection(self.by_name)
        within_star = star
        for index, parameter in enumerate((*self.positional_only, *self.positional)):
            if index < positional:
                continue
            # What `*x` fills has no gaps: it ends before the first parameter that has its argument by name.
            within_star = within_star and parameter.name not in passed
            by_name = parameter.name in passed or (spread and index >= len(self.positional_only))
            if not (parameter.has_default or within_star or by_name):
                yield f"misses {parameter.name!r}"
        for parameter in self.keyword_only:
            if not (parameter.has_default or spread or parameter.name in passed):
                yield f"misses {parameter.name!r}"

    def __str__(self) -> str:
        parts = [str(parameter) for parameter in self.positional_only]
        parts += ["/"] if parts else []
        parts += map(str, self.positional)
        if self.args_name or self.keyword_only:
            parts.append(f"*{self.args_name}")
        parts += map(str, self.keyword_only)
        parts += [f"**{self.kwargs_name}"] if self.kwargs_name else []
        return f"({', '.join(parts)})"
