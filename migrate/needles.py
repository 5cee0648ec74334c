"""The words of which the text of any site has one; of a plan, or of what is not known yet to be one."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from migrate.modules import SUFFIXES
from migrate.refs import ObjectRef

PYTHON = tuple(f"*{suffix}" for suffix in SUFFIXES)
"""Pathspecs of the files that are looked into, besides those that a plan includes."""

COPYING = frozenset({"replace", "_replace"})
"""What copies an instance with other values of its fields."""


def words_of_moves(old: Iterable[ObjectRef]) -> frozenset[str]:
    """Last names of the modules that something moves out of, and of the classes that a part of moves."""
    found: set[str] = set()
    for ref in old:
        found.add(ref.module.rpartition(".")[2])
        found.update(ref.name.split(".")[-2:-1])
    return frozenset(found)


def words_of_calls(callees: Iterable[ObjectRef], attributes: Iterable[str], old: Collection[str]) -> frozenset[str]:
    """Callees; attributes that are gone; and what copies, where there are `old` keywords that no call shall pass."""
    return frozenset({ref.leaf for ref in callees} | {*attributes} | (COPYING if old else set()))
