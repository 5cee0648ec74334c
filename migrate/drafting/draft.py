"""The parts of a first plan, decided from what is known of both homes and of the users."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from migrate.drafting.names import NameDraft
from migrate.drafting.signature_change import CallDraft
from migrate.drafting.validation import Command
from migrate.foresight.uses import Use
from migrate.refs import ObjectRef

_SUBJECT_SHARE = 0.5
"""A module is about an object that makes up this much of its definitions …"""
_MORE_WANTED = 3
"""… and that is used so many times as often as what would be lost."""


@dataclass(frozen=True, slots=True)
class MoveDraft:
    """One move of phase 3.

    Attributes:
        why: as a phrase for people; empty where it goes without saying.
    """

    old: ObjectRef
    new: ObjectRef
    why: str = ""


@dataclass(frozen=True)
class Draft:
    """A whole first plan.

    Attributes:
        names: of the old module, the most used first.
        is_redirect: the old module becomes a redirect; `why_not` says why where it does not.
        minutes: by phase; empty as long as it is not known what each has to do.
    """

    old: ObjectRef
    new: ObjectRef
    names: tuple[NameDraft, ...]
    users: tuple[Use, ...]
    is_redirect: bool
    why_not: str
    moves: tuple[MoveDraft, ...]
    calls: tuple[CallDraft, ...]
    notes: tuple[str, ...]
    source_roots: tuple[str, ...]
    commands: tuple[Command, ...] = ()
    minutes: Mapping[int, int] = field(default_factory=dict)

    @property
    def exports(self) -> tuple[NameDraft, ...]:
        """What the redirect has."""
        return tuple(n for n in self.names if n.home is not None and self._is_exported(n)) if self.is_redirect else ()

    def _is_exported(self, name: NameDraft) -> bool:
        assert name.home is not None
        return bool(name.home.name) and "." not in name.home.name and name.home.module != self.old.module

    @property
    def left(self) -> tuple[NameDraft, ...]:
        """Names that somebody uses and that only a person can find a home for."""
        return tuple(name for name in self.names if name.home is None and name.is_needed)

    @property
    def drop(self) -> tuple[NameDraft, ...]:
        """Definitions that go with the old module, and that nobody uses."""
        return (
            tuple(name for name in self.names if name.home is None and not name.uses and name.size)
            if self.is_redirect
            else ()
        )

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
    def docstring(self) -> str:
        return f"DEPRECATED: use {self.new}."

    @property
    def phases(self) -> tuple[int, ...]:
        wanted = {1: self.exports, 3: self.moves, 4: self.renames, 5: True}
        return tuple(phase for phase, part in wanted.items() if part)

    def data(self) -> dict[str, Any]:
        """The plan as its TOML holds it."""
        header: dict[str, Any] = {"name": self.slug, "title": self.title(0)}
        if self.minutes:
            header["budget_minutes"] = sum(self.minutes.values())
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
            redirect: dict[str, Any] = {"module": self.old.module, "docstring": self.docstring}
            redirect["exports"] = [name.export for name in self.exports]
            if self.drop:
                redirect["drop"] = [name.name for name in self.drop]
            return {"redirect": [redirect]}
        if phase == 3:
            return {"move": [{"old": str(move.old), "new": str(move.new)} for move in self.moves]}
        if phase == 4:
            return {"call": [{"callee": str(call.callee), "rename": dict(call.rename)} for call in self.renames]}
        return {"check": [{"name": command.name, "run": list(command.run)} for command in self.commands]}

    def title(self, phase: int) -> str:
        """Of a phase; of the whole plan for 0."""
        return {
            0: f"{self.old.leaf} moves to {self.new}" if self.old != self.new else f"{self.old.leaf} changes",
            1: f"{self.old.module.rpartition('.')[2]} becomes a redirect",
            3: f"Import {self.new.leaf} from its home",
            4: "Follow the new signature",
            5: "Validate",
        }[phase]

    def with_commands(self, commands: Sequence[Command]) -> Draft:
        return replace(self, commands=tuple(commands))


def _kebab(name: str) -> str:
    """`user-execution-engine` of `UserExecutionEngine` and of `user_execution_engine`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name)
    return words.replace("_", "-").lower()


def becomes_redirect(old: ObjectRef, new: ObjectRef, names: Sequence[NameDraft], *, is_parsed: bool) -> str:
    """Why an old module does not become a redirect; empty where it does.

    It does where it moves as a whole; and for one object, where nothing else that is used would be lost, or the module
    is about that object.
    """
    if old.module == new.module:
        return "both are in one module"
    if not any(name.home is not None and name.home.name and name.home.module != old.module for name in names):
        return "nothing of it has another home"
    if not old.name:
        return ""
    if "." in old.name or "." in new.name:
        return f"{old.leaf} is a member of an object"
    lost = [name for name in names if name.home is None and name.is_needed]
    size = sum(name.size for name in names)
    own = next((name for name in names if name.name == old.name), None)
    wanted = _MORE_WANTED * sum(name.places for name in lost)
    is_about_it = own is not None and own.size >= _SUBJECT_SHARE * size and own.places >= wanted
    if is_about_it or not lost or not is_parsed:
        return ""
    listed = ", ".join(name.name for name in lost[:3]) + (" and others" if len(lost) > 3 else "")
    return f"it also defines what others use ({listed})"


def draft_moves(old: ObjectRef, new: ObjectRef, names: Sequence[NameDraft]) -> tuple[MoveDraft, ...]:
    """The moves of phase 3: a module as a whole where all that is used of it is in the new one, else name by name."""
    if old == new:
        return ()
    used = [name for name in names if name.is_needed]
    if not old.name and all(name.home == ObjectRef(new.module, name.name) for name in used):
        return (MoveDraft(old, new),)
    moves = [MoveDraft(old, new)] if old.name else []
    for name in used:
        if name.home is None or name.name == old.name or name.home.module == old.module:
            continue
        if "." in old.name and name.name == old.name.partition(".")[0]:
            continue  # the object whose member moves
        why = "" if name.is_sure else name.why
        moves.append(MoveDraft(ObjectRef(old.module, name.name), name.home, why))
    return tuple(moves)
