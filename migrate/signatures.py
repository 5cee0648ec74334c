"""What a callee takes, as far as its definition's text says, and what is wrong with a call of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["function", "class", "method", "classmethod", "staticmethod"]


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    has_default: bool

    def __str__(self) -> str:
        return f"{self.name}=…" if self.has_default else self.name


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of a callee for who names it through its module or its class.

    That is without `self` for a class and without `cls` for a class method, and with `self` for a plain method.

    Attributes:
        positional: those that can be passed by position and by name.
        args, kwargs: names of `*args` and `**kwargs`; empty where there is none.
    """

    positional_only: tuple[Parameter, ...] = ()
    positional: tuple[Parameter, ...] = ()
    keyword_only: tuple[Parameter, ...] = ()
    args: str = ""
    kwargs: str = ""
    kind: Kind = "function"

    @property
    def by_position(self) -> tuple[str, ...]:
        """The parameters that positional arguments fill, in order."""
        return tuple(parameter.name for parameter in (*self.positional_only, *self.positional))

    def bound(self) -> Signature:
        """The same for who calls it through an instance."""
        if self.kind != "method":
            return self
        if self.positional_only:
            return replace(self, positional_only=self.positional_only[1:])
        return replace(self, positional=self.positional[1:])

    def accepts(self, name: str) -> bool:
        """Can a keyword of that name be passed?"""
        return bool(self.kwargs) or any(p.name == name for p in (*self.positional, *self.keyword_only))

    def problems(
        self, positional: int, keywords: Iterable[str], *, star: bool, spread: bool, partial: bool
    ) -> tuple[str, ...]:
        """What is surely wrong with a call, in the order of the parameters, then of the keywords.

        Args:
            positional: how many positional arguments stand before any starred one.
            keywords: the names passed, one that is passed twice twice.
            star: there is a starred argument, which may fill any number of parameters.
            spread: there is a mapping, which may hold any keyword.
            partial: the rest of the arguments comes later.
        """
        return tuple(self._problems(positional, Counter(keywords), star=star, spread=spread, partial=partial))

    def _problems(
        self, positional: int, keywords: Counter[str], *, star: bool, spread: bool, partial: bool
    ) -> Iterator[str]:
        filled = self.by_position[:positional]
        by_position_only = {p.name for p in self.positional_only}
        for index, parameter in enumerate((*self.positional_only, *self.positional, *self.keyword_only)):
            name = parameter.name
            is_keyword = index >= len(self.by_position)
            passed = keywords[name] if name not in by_position_only else 0
            if passed + (name in filled) > 1:
                yield f"takes {name!r} twice"
            may_come = partial or (star and not is_keyword) or (spread and name not in by_position_only)
            if not (parameter.has_default or passed or name in filled or may_come):
                yield f"misses {name!r}"
        known = {p.name for p in (*self.positional, *self.keyword_only)}
        for name, times in keywords.items():
            if name in known:
                continue
            if not self.kwargs:
                yield f"takes {name!r} by position only" if name in by_position_only else f"has no parameter {name!r}"
            elif times > 1:
                yield f"takes {name!r} twice"
        if positional > len(self.by_position) and not self.args:
            yield f"takes at most {len(self.by_position)} positional arguments"

    def __str__(self) -> str:
        parts = [str(parameter) for parameter in self.positional_only]
        parts += ["/"] if parts else []
        parts += map(str, self.positional)
        parts += [f"*{self.args}"] if self.args or self.keyword_only else []
        parts += map(str, self.keyword_only)
        parts += [f"**{self.kwargs}"] if self.kwargs else []
        return f"({', '.join(parts)})"
