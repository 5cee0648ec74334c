"""The parts of a first plan, decided from what is known of both homes and of the users."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from migrate.drafting.names import NameDraft
from migrate.drafting.signature_change import CallDraft
from migrate.drafting.validation import Command
from migrate.foresight.uses import Use
from migrate.refs import ObjectRef

_MORE_WANTED = 3
"""A module is about an object that is used so many times as often as what would be lost with it."""


class MoveDraft(Struct, frozen=True):
    """One move of phase 3.

    Attributes:
        why: as a phrase for people; empty where it goes without saying.
    """

    old: ObjectRef
    new: ObjectRef
    why: str = ""


class RedirectDraft(Struct, frozen=True):
    """One module that becomes a redirect.

    Attributes:
        new: what its docstring recommends.
        names: all of the old module, the most used first.
    """

    module: str
    new: ObjectRef
    names: tuple[NameDraft, ...]

    @property
    def docstring(self) -> str:
        return f"DEPRECATED: use {self.new}."

    @property
    def exports(self) -> tuple[NameDraft, ...]:
        return tuple(name for name in self.names if self._is_exported(name))

    def _is_exported(self, name: NameDraft) -> bool:
        home = name.home
        return home is not None and bool(home.name) and "." not in home.name and home.module != self.module

    @property
    def left(self) -> tuple[NameDraft, ...]:
        """Names that somebody uses, or may use, and that only a person can find a home for."""
        return tuple(name for name in self.names if name.is_lost or (name.mentioned and self._goes(name)))

    @property
    def drop(self) -> tuple[NameDraft, ...]:
        """Definitions that go with the old module, that nobody uses and no file speaks of."""
        return tuple(name for name in self.names if self._goes(name) and not name.mentioned)

    def _goes(self, name: NameDraft) -> bool:
        return name.home is None and not name.uses and bool(name.size)

    def as_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {"module": self.module, "docstring": self.docstring}
        data["exports"] = [name.export for name in self.exports]
        return data | ({"drop": [name.name for name in self.drop]} if self.drop else {})


class Draft(Struct, frozen=True):
    """A whole first plan.

    Attributes:
        names: of the old module and of the modules in it, the most used first.
        redirects: modules that become one; where there is none, `why_not` says why.
        exclude: globs of folders with other people's code, which stays as it is.
        minutes: by phase; empty as long as it is not known what each has to do.
    """

    old: ObjectRef
    new: ObjectRef
    names: tuple[NameDraft, ...] = ()
    users: tuple[Use, ...] = ()
    redirects: tuple[RedirectDraft, ...] = ()
    why_not: str = ""
    moves: tuple[MoveDraft, ...] = ()
    calls: tuple[CallDraft, ...] = ()
    notes: tuple[str, ...] = ()
    source_roots: tuple[str, ...] = (".",)
    exclude: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()
    minutes: Mapping[int, int] = field(default_factory=dict)

    @property
    def renames(self) -> tuple[CallDraft, ...]:
        return tuple(call for call in self.calls if call.rename)

    @property
    def slug(self) -> str:
        """The plan's name."""
        leaves = dict.fromkeys(_kebab(ref.leaf) for ref in (self.old, self.new))
        text = re.sub(r"[^a-z0-9._-]+", "-", "-to-".join(leaves)).strip("-.")
        return text[:100].strip("-.") or "migration"

    @property
    def phases(self) -> tuple[int, ...]:
        wanted = {1: self.redirects, 3: self.moves, 4: self.renames, 5: True}
        return tuple(phase for phase, part in wanted.items() if part)

    def data(self) -> dict[str, Any]:
        """The plan as its TOML holds it."""
        header: dict[str, Any] = {"name": self.slug, "title": self.title(0)}
        if self.minutes:
            header["budget_minutes"] = sum(self.minutes.values())
        if self.exclude:
            header["exclude"] = list(self.exclude)
        if self.source_roots != (".",):
            header["source_roots"] = list(self.source_roots)
        data: dict[str, Any] = {"plan": header}
        for phase in self.phases:
            table: dict[str, Any] = {"title": self.title(phase)}
            if phase in self.minutes:
                table["minutes"] = self.minutes[phase]
            data[f"phase{phase}"] = table | self._tables(phase)
        return data

    def _tables(self, phase: int) -> dict[str, Any]:
        if phase == 1:
            return {"redirect": [redirect.as_data() for redirect in self.redirects]}
        if phase == 3:
            return {"move": [{"old": str(move.old), "new": str(move.new)} for move in self.moves]}
        if phase == 4:
            return {"call": [{"callee": str(call.callee), "rename": dict(call.rename)} for call in self.renames]}
        checks = [{"name": command.name, "run": list(command.run)} for command in self.commands]
        return {"check": checks} if checks else {}

    def title(self, phase: int) -> str:
        """Of a phase; of the whole plan for 0."""
        if phase == 0:
            if self.old == self.new:
                return f"{self.old.leaf} has {'a new signature' if self.old.name else 'new signatures'}"
            is_renamed = self.old.module == self.new.module
            return f"{self.old.name} becomes {self.new.name}" if is_renamed else f"{self.old.leaf} moves to {self.new}"
        if phase == 1:
            several = len(self.redirects) > 1
            return "The old modules become redirects" if several else f"{_last(self.old.module)} becomes a redirect"
        if phase == 3 and "." in self.old.name + self.new.name:
            is_same = self.old.name == self.new.name
            return f"Use {self.new} instead" if is_same else f"Use {self.new.name} instead of {self.old.name}"
        new = f"{self.new.name} from {self.new.module}" if self.new.name else f"from {self.new.module}"
        return {3: f"Import {new}", 4: "Follow the new signature", 5: "Validate"}[phase]


def _last(dotted: str) -> str:
    return dotted.rpartition(".")[2]


def _kebab(name: str) -> str:
    """`user-execution-engine` of `UserExecutionEngine` and of `user_execution_engine`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name)
    return words.replace("_", "-").lower()


def why_no_redirect(old: ObjectRef, new: ObjectRef, names: Sequence[NameDraft], *, rest: int, is_parsed: bool) -> str:
    """Why an old module does not become a redirect; empty where it does.

    It does where it moves as a whole; and for one object, where the module is about that object, and nothing else of it
    is used about as often.

    Args:
        names: of the old module. is_parsed: the sizes of its definitions are known.
        rest: lines of the other definitions that would be lost.
    """
    if old == new:
        return "nothing moves"
    if old.module == new.module:
        return "both are in one module"
    if "." in old.name or "." in new.name:
        member = old if "." in old.name else new
        return f"{member} is a member of an object"
    if not RedirectDraft(old.module, new, tuple(names)).exports:
        return "nothing of it has another home"
    if not old.name:
        return ""
    lost = [name for name in names if name.is_lost]
    own = next((name for name in names if name.name == old.name), None)
    is_wanted = own is not None and own.places >= _MORE_WANTED * sum(name.places for name in lost)
    is_about_it = own is not None and own.size >= rest
    if not is_parsed or (is_about_it and is_wanted):
        return ""
    if not lost:
        return f"{old.module} has more than {old.name}, which would be lost with it"
    listed = ", ".join(name.name for name in lost[:3]) + (" and others" if len(lost) > 3 else "")
    return f"others still take from it what {new.module} does not have ({listed})"


def draft_moves(
    old: ObjectRef, new: ObjectRef, names: Sequence[NameDraft], kept: Sequence[str] = ()
) -> tuple[MoveDraft, ...]:
    """The moves of phase 3: a module as a whole where all that is used of it is in the new one, else name by name.

    Args:
        names: of the old module and of the modules in it that move.
        kept: modules in the old package that others use and that the new one lacks.
    """
    if old == new:
        return ()
    if old.name:
        return tuple(_one_by_one(old, new, names))
    used = [name for name in names if name.is_needed]
    if not kept and all(name.is_submodule or name.home == _counterpart(name, old, new) for name in used):
        return (MoveDraft(old, new),)
    moves: list[MoveDraft] = []
    for module in dict.fromkeys(name.module for name in used):
        inside = [name for name in used if name.module == module]
        target = ObjectRef(new.module + module.removeprefix(old.module))
        holds_others = any(each == module or each.startswith(f"{module}.") for each in (*kept, old.module))
        if not holds_others and all(name.home == ObjectRef(target.module, name.name) for name in inside):
            moves.append(MoveDraft(ObjectRef(module), target))
        else:
            moves += _one_by_one(ObjectRef(module), target, inside)
    return tuple(moves)


def _counterpart(name: NameDraft, old: ObjectRef, new: ObjectRef) -> ObjectRef:
    """The object of the same name in the new home of its module."""
    return ObjectRef(new.module + name.module.removeprefix(old.module), name.name)


def _one_by_one(old: ObjectRef, new: ObjectRef, names: Sequence[NameDraft]) -> Iterator[MoveDraft]:
    if old.name:
        yield MoveDraft(old, new)
    for name in names:
        if name.home is None or name.is_submodule or name.stays or not name.is_needed:
            continue
        if name.name != old.name and name.home.module != old.module:
            yield MoveDraft(name.ref, name.home, "" if name.is_sure else name.why)
