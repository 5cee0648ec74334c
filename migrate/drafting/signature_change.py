"""What callers have to change when one signature becomes another: what is certain, and what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from msgspec import Struct
from msgspec.structs import replace

from migrate.refs import ObjectRef
from migrate.signatures import Signature
from rollback.errors import count

_ALIKE = 0.75
"""From this ratio of `difflib` on, a new name is taken for the old one spelled anew."""
_MOST = 3
"""New names that are offered for one that is gone, where none is likely."""


class CallDraft(Struct, frozen=True):
    """How calls of one callee may have to change.

    Attributes:
        callee: by its new reference. former: by its old one.
        rename: keywords that surely have a new name.
        doubts: what only a person can decide, one phrase each.
    """

    callee: ObjectRef
    former: ObjectRef
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


def compare(
    former: ObjectRef, callee: ObjectRef, old: Signature, new: Signature, *, is_same_object: bool
) -> CallDraft | None:
    """The difference of two signatures as changes of keywords; None where every call can stay.

    A keyword that is gone is surely another one now if that stands in its place, or has a similar name, and nothing
    says otherwise. Of two objects, the similar name alone counts: their parameters need have nothing in common.

    Args:
        former, callee: the callee's old and new reference.
        is_same_object: the signatures are those of one object at two times.
    """
    by_position_only = {parameter.name for parameter in new.positional_only}
    gone = [name for name in old.by_name if name in by_position_only or not new.accepts(name)]
    come = [name for name in new.by_name if name not in old.by_name]
    added = _required(old, new)
    required = [name for name in added if name in come]
    # With more required names than there were old ones, one may be new altogether, and any place be its own.
    by_place = is_same_object and len(required) <= len(gone)
    likely = {name: _likely(name, old, new, gone, come) for name in gone}
    rename: dict[str, str] = {}
    doubts: list[str] = []
    for name, found in likely.items():
        contested = any(set(found) & set(likely[other]) for other in gone if other != name)
        if name in by_position_only:
            doubts.append(f"{name} goes by position only now: pass it so")
        elif len(found) == 1 and not contested and (by_place or _alike(name, found[0])):
            rename[name] = found[0]
        else:
            choice = f", perhaps for {' or '.join(found or come[:_MOST])}" if found or come else ""
            doubts.append(f"{name} is gone{choice}: rename or remove it")
    doubts += [f"{name} is required now: add a value" for name in added if name not in rename.values()]
    doubts += _moved_positions(old, new, rename)
    if old.takes_kwargs and not new.takes_kwargs:
        doubts.append("other keywords than those are not taken now")
    return CallDraft(callee, former, old, new, rename, tuple(doubts)) if rename or doubts else None


def _required(old: Signature, new: Signature) -> list[str]:
    """Parameters of the new signature that a call of the old one need not pass."""
    always = {p.name for p in (*old.positional, *old.keyword_only) if not p.has_default}
    found = [
        parameter.name
        for index, parameter in enumerate(new.positional_only)
        if not (parameter.has_default or parameter.name in always)
        and (index >= len(old.positional_only) or old.positional_only[index].has_default)
    ]
    return found + [p.name for p in (*new.positional, *new.keyword_only) if not p.has_default and p.name not in always]


def _likely(name: str, old: Signature, new: Signature, gone: Sequence[str], come: Sequence[str]) -> list[str]:
    """New names that may stand for an old one: in its place, or alike."""
    found = [candidate for candidate in come if _alike(name, candidate)]
    in_place = _in_place(name, old, new, gone, come)
    if in_place is not None and in_place not in found:
        found.insert(0, in_place)
    return [candidate for candidate in found if _is_free(name, candidate, old, new)]


def _in_place(name: str, old: Signature, new: Signature, gone: Sequence[str], come: Sequence[str]) -> str | None:
    """The new name at the position of an old one; of two that have none, the only one."""
    before, after = old.by_position, new.by_position
    if name not in before:
        alone = len(gone) == len(come) == 1
        return come[0] if alone and come[0] not in after else None
    index = before.index(name)
    if index >= len(after) or after[index] not in come:
        return None
    pairs = zip(before[:index], after[:index], strict=True)
    return after[index] if all(b == a or (b in gone and a in come) for b, a in pairs) else None


def _is_free(name: str, candidate: str, old: Signature, new: Signature) -> bool:
    """Is the new name never filled by position in a call that passes the old one by name?"""
    if candidate not in new.by_position:
        return True
    most = old.by_position.index(name) if name in old.by_position else len(old.by_position)
    can_be_more = name not in old.by_position and old.takes_args
    return new.by_position.index(candidate) >= most and not can_be_more


def _alike(one: str, other: str) -> bool:
    words, others = set(one.split("_")), set(other.split("_"))
    return words <= others or others <= words or SequenceMatcher(None, one, other).ratio() >= _ALIKE


def _moved_positions(old: Signature, new: Signature, rename: Mapping[str, str]) -> list[str]:
    """Positions at which an argument would fill another parameter than before, or none."""
    for place, (before, after) in enumerate(zip(old.by_position, new.by_position, strict=False), 1):
        is_unnamed = place <= min(len(old.positional_only), len(new.positional_only))
        if rename.get(before, before) != after and not (is_unnamed and before not in new.by_position):
            return [f"argument {place} was {before} and is {after}: see what is passed by position"]
    if new.takes_args:
        return []
    if len(old.by_position) <= len(new.by_position):
        return [f"at most {count(len(new.by_position), 'argument')} by position now"] if old.takes_args else []
    place = len(new.by_position) + 1
    before = old.by_position[place - 1]
    named = rename.get(before, before)
    if named in new.by_name:
        return [f'argument {place} was {before} and goes by name only now: keyword_only = ["{named}"] names it']
    return [f"argument {place} was {before} and cannot be passed by position now"]
