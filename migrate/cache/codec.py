"""Results of steps in JSON types and back, to the type; only what is listed here can come out of a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import sha256
from typing import Any

from msgspec import Struct

from migrate.edits import Edit, Span
from migrate.findings import Finding
from migrate.guarding.file_look import Concern, FileLook
from migrate.guarding.seen import Seen
from migrate.plan import Plan
from migrate.transform import FileResult

_CLASSES: Mapping[str, type[Any]] = {each.__name__: each for each in (FileResult, Edit, Span, Finding, FileLook, Seen)}
_PLAIN = frozenset({str, int, bool, type(None)})


def encode(value: object) -> Any:
    """A value in JSON types; what JSON does not tell apart is a list that begins with a letter.

    Raises:
        TypeError: there is something in it that is not listed.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, bytes):
        return ["b", value.decode("latin-1")]
    if isinstance(value, tuple):
        return ["t", *map(encode, value)]
    if isinstance(value, list):
        return ["l", *map(encode, value)]
    if isinstance(value, frozenset):
        return ["s", *map(encode, value)]
    if isinstance(value, dict):
        return ["m", *([encode(key), encode(each)] for key, each in value.items())]
    if isinstance(value, Concern):
        return ["e", value.value]
    if _CLASSES.get(kind.__name__) is kind:
        return ["c", kind.__name__, *(encode(getattr(value, name)) for name in _names(kind))]
    raise TypeError(kind.__name__)


def decode(document: Any) -> Any:
    """What `encode` was given.

    Raises:
        ValueError, TypeError, KeyError, IndexError: it is not of `encode`.
    """
    if not isinstance(document, list):
        return document
    read = _READ[document[0]]
    return read(document[1:])


def canonical(value: object) -> str:
    """A text that tells apart what steps may be told; the same in every process, whatever the order of sets.

    Raises:
        TypeError: it has something in it that is not known to be told apart.
    """
    if type(value) in _PLAIN:
        return repr(value)
    if isinstance(value, Plan):
        return value.sha256
    if isinstance(value, tuple):
        return f"({','.join(map(canonical, value))})"
    if isinstance(value, frozenset):
        return f"{{{','.join(sorted(map(canonical, value)))}}}"
    if isinstance(value, Enum):
        return repr(value)
    if isinstance(value, Struct) or (is_dataclass(value) and not isinstance(value, type)):
        inside = (f"{name}={canonical(getattr(value, name))}" for name in _names(type(value)))
        return f"{type(value).__qualname__}({','.join(inside)})"
    raise TypeError(type(value).__name__)


def name_of(step: Callable[..., Any], spec: object) -> str:
    """Of all results of a step that was told the same.

    Raises:
        TypeError: see `canonical`.
    """
    text = f"{step.__module__}.{step.__qualname__} {canonical(spec)}"
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _names(kind: type[Any]) -> tuple[str, ...]:
    found = _NAMES.get(kind)
    if found is None:
        is_struct = issubclass(kind, Struct)
        found = kind.__struct_fields__ if is_struct else tuple(each.name for each in fields(kind))
        _NAMES[kind] = found
    return found


_NAMES: dict[type[Any], tuple[str, ...]] = {}
_READ: Mapping[str, Callable[[list[Any]], Any]] = {
    "b": lambda items: items[0].encode("latin-1"),
    "t": lambda items: tuple(map(decode, items)),
    "l": lambda items: list(map(decode, items)),
    "s": lambda items: frozenset(map(decode, items)),
    "m": lambda items: {decode(key): decode(each) for key, each in items},
    "e": lambda items: Concern(items[0]),
    "c": lambda items: _CLASSES[items[0]](*map(decode, items[1:])),
}
