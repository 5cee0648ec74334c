"""What callers have to change when one signature becomes another: what is certain, and what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from migrate.refs import ObjectRef
from migrate.signatures import Signature

_ALIKE = 0.75
"""From this ratio of `difflib` on, a new name is taken for the old one spelled anew."""


@dataclass(frozen=True, slots=True)
class CallDraft:
    """How calls of one callee may have to change.

    Attributes:
        rename: keywords that surely have a new name.
        doubts: what only a person can decide, one phrase each.
    """

    callee: ObjectRef
    old: Signature
    new: Signature
    rename: Mapping[str, str]
    doubts: tuple[str, ...]

    def as_a_whole(self) -> CallDraft:
        """With renames that explain all of the difference, or with none: two objects may have nothing in common."""
        if not self.doubts:
            return self
        likely = (f"{old} may be {new} now" for old, new in self.rename.items())
        return replace(self, rename={}, doubts=(*likely, *self.doubts))


def compare(callee: ObjectRef, old: Signature, new: Signature, *, is_same_object: bool) -> CallDraft | None:
    """The difference of two signatures as changes of keywords; None where every call can stay.

    A keyword that is gone is surely another one now if that stands at its position, or has a similar name, and nothing
    says otherwise. Of two objects, the similar name alone counts: their parameters need have nothing in common.

    Args:
        is_same_object: the signatures are those of one object at two times.
    """
    gone = [name for name in old.by_name if not new.accepts(name)]
    come = [name for name in new.by_name if name not in old.by_name]
    required = [p.name for p in (*new.positional, *new.keyword_only) if not p.has_default and p.name in come]
    rename: dict[str, str] = {}
    doubts: list[str] = []
    for name in gone:
        likely = _likely(name, old.by_name, new.by_name, come, by_position=is_same_object)
        free = [candidate for candidate in likely if candidate not in rename.values()]
        if len(free) == 1 and (is_same_object or _alike(name, free[0])):
            rename[name] = free[0]
        else:
            choice = f", perhaps for {' or '.join(free)}" if free else ""
            doubts.append(f"{name} is gone{choice}: rename or remove it")
    doubts += [f"{name} is required now: add a value" for name in required if name not in rename.values()]
    doubts += _moved_positions(old, new, rename)
    return CallDraft(callee, old, new, rename, tuple(doubts)) if rename or doubts else None


def _likely(
    name: str, before: Sequence[str], after: Sequence[str], come: Sequence[str], *, by_position: bool
) -> list[str]:
    """New names that may stand for an old one: at its position, or alike."""
    found: list[str] = []
    index = before.index(name)
    if by_position and index < len(after) and after[index] in come and before[:index] == after[:index]:
        found.append(after[index])
    found += [candidate for candidate in come if _alike(name, candidate) and candidate not in found]
    return found


def _alike(one: str, other: str) -> bool:
    words, others = set(one.split("_")), set(other.split("_"))
    return words <= others or others <= words or SequenceMatcher(None, one, other).ratio() >= _ALIKE


def _moved_positions(old: Signature, new: Signature, rename: Mapping[str, str]) -> list[str]:
    """Positions at which an argument would fill another parameter than before."""
    for place, (before, after) in enumerate(zip(old.by_position, new.by_position, strict=False), 1):
        if rename.get(before, before) != after:
            return [f"argument {place} was {before} and is {after}: see what is passed by position"]
    return []
