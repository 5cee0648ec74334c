"""Collect every mistake of a plan at once and word each as one line: file, key, wrong, right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator

from migrate.errors import PlanError

T = TypeVar("T")

KEY = "\0"
"""Stands in a sentence for the mistake's own full key, known only when the line is printed."""

_SHOWN_CHARACTERS = 80


class Mistake(NamedTuple):
    """One mistake: `where` is the path of keys and list positions from the table that found it."""

    where: tuple[str | int, ...]
    sentence: str


class MistakesError(ValueError):
    """Several mistakes found by one validator, which pydantic would let raise only one."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(mistake.sentence for mistake in self.mistakes))


class WrongKindError(ValueError):
    """A value of another TOML kind than `expected`; the table adds an example of its key."""

    def __init__(self, value: object, expected: str) -> None:
        self.expected = expected
        super().__init__(f"{_kind(value)}; expected {expected}")


class Table(BaseModel):
    """A table of the plan: frozen, no unknown keys, every mistake in one go."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    belongs: ClassVar[Mapping[str, str]] = {
        "redirect": "[[phase1.redirect]] or [[phase2.redirect]]",
        "move": "[[phase3.move]]",
        "call": "[[phase4.call]]",
        "check": "[[phase5.check]]",
        "commit": "[phase1] to [phase4]",
        "budget_minutes": "[plan]",
        "exclude": "[plan]",
        "include": "[plan]",
        "source_roots": "[plan]",
    }
    """Keys that are right elsewhere, and where."""

    @model_validator(mode="wrap")
    @classmethod
    def _collect(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(data, cls):
            return data
        if not isinstance(data, Mapping) or not all(isinstance(key, str) for key in data):
            raise WrongKindError(data, "a table")
        mistakes: list[Mistake] = []
        table: Self | None = None
        try:
            table = handler(data)
        except ValidationError as error:
            mistakes += cls._worded(error)
        mistakes += cls._across(data)
        if table is None or mistakes:
            raise MistakesError(mistakes)
        return table

    @classmethod
    def _across(cls, data: Mapping[str, Any]) -> Iterator[Mistake]:  # noqa: ARG003
        """Mistakes that show only when several keys are read together.

        Reads the raw table, so these are found even when a single key is wrong as well.
        """
        yield from ()

    @classmethod
    def _worded(cls, error: ValidationError) -> Iterator[Mistake]:
        for detail in error.errors(include_url=False, include_input=False):
            where = detail["loc"]
            field = str(where[0])
            if detail["type"] == "extra_forbidden":
                yield Mistake(where, cls._unknown(field))
            elif detail["type"] == "missing":
                example = cls._example(field)
                # Tables are written by their header, other values behind their key.
                right = example if re.match(r'\[[^"]', example) else f"{field} = {example}"
                yield Mistake(where, f"missing; write {right}")
            else:
                cause = detail["ctx"]["error"]
                if isinstance(cause, MistakesError):
                    yield from (Mistake(where + each.where, each.sentence) for each in cause.mistakes)
                elif isinstance(cause, WrongKindError) and len(where) == 1:
                    yield Mistake(where, f"{cause}, e.g. {cls._example(field)}")
                else:
                    yield Mistake(where, str(cause))

    @classmethod
    def _example(cls, field: str) -> str:
        examples = cls.model_fields[field].examples
        assert examples, f"{cls.__name__}.{field} needs an example"
        return str(examples[0])

    @classmethod
    def _unknown(cls, key: str) -> str:
        if key in cls.belongs:
            return f"unknown key here; it belongs in {cls.belongs[key]}"
        known = tuple(cls.model_fields)
        # A cut, because comparing takes the product of both lengths.
        near = get_close_matches(key[:_SHOWN_CHARACTERS], known, n=1)
        if near:
            return f"unknown key; did you mean '{near[0]}'?"
        return f"unknown key; known here: {', '.join(known)}"


def refuse(filename: str, mistakes: Iterable[Mistake]) -> PlanError:
    """The error that lists `mistakes`, one line each, safe to print on a terminal."""
    return PlanError([printable(_line(filename, mistake)) for mistake in mistakes])


def printable(text: str) -> str:
    """`text` with everything a terminal could act on written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def shown(text: str) -> str:
    """A value from the plan as it appears in a sentence: quoted, escaped, not too long."""
    return repr(text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…")


def entry(table: object, key: str) -> Any:
    """The value of `key` in a raw table or a finished model; None where there is none."""
    return table.get(key) if isinstance(table, Mapping) else getattr(table, key, None)


def column(tables: object, key: str) -> list[Any]:
    """The value of `key` in each of `tables`; empty when that is not a list."""
    return [entry(table, key) for table in tables] if isinstance(tables, list | tuple) else []


def readable(read: Callable[[Any], T], values: object) -> list[tuple[int, T]]:
    """The values that `read` accepts, with their positions; the others are reported elsewhere."""
    accepted: list[tuple[int, T]] = []
    for position, value in enumerate(values if isinstance(values, list | tuple) else ()):
        try:
            accepted.append((position, read(value)))
        except ValueError:
            continue
    return accepted


def repeated(values: Iterable[tuple[int, T]]) -> Iterator[tuple[int, int, T]]:
    """`(position, first position, value)` of every value that came before."""
    first: dict[T, int] = {}
    for position, value in values:
        if value in first:
            yield position, first[value], value
        first.setdefault(value, position)


def _line(filename: str, mistake: Mistake) -> str:
    key = _dotted(mistake.where)
    return ": ".join(filter(None, (filename, key, mistake.sentence.replace(KEY, key))))


def _dotted(where: Iterable[str | int]) -> str:
    """`phase1.redirect[0].exports`; a key that TOML would quote is quoted."""
    text = ""
    for part in where:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            bare = re.fullmatch(r"[A-Za-z0-9_-]+", part) is not None and len(part) <= _SHOWN_CHARACTERS
            text += f"{'.' if text else ''}{part if bare else shown(part)}"
    return text


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, list | tuple):
        return "a list"
    return "a table" if isinstance(value, Mapping) else "a value of another kind"
