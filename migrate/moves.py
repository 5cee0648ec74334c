"""The plan's moves as an index: where does this object live now?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from migrate.plan import Move, Plan
from migrate.refs import ObjectRef


@dataclass(frozen=True)
class MoveIndex:
    """The moves of phase 3, looked up by module and name."""

    moves: tuple[Move, ...]

    @classmethod
    def of(cls, plan: Plan) -> MoveIndex:
        return cls(plan.phase3.move if plan.phase3 else ())

    @cached_property
    def names(self) -> dict[ObjectRef, Move]:
        """Moves of one top-level object each, to where an import can name it."""
        return {m.old: m for m in self.moves if m.old.name and not _is_member(m)}

    @cached_property
    def members(self) -> dict[ObjectRef, tuple[Move, ...]]:
        """Moves of an object's member, `mod:obj.attr`, or to one, by the object."""
        found: dict[ObjectRef, tuple[Move, ...]] = {}
        for m in self.moves:
            if _is_member(m):
                owner = ObjectRef(m.old.module, m.old.name.partition(".")[0])
                found[owner] = (*found.get(owner, ()), m)
        return found

    @cached_property
    def modules(self) -> tuple[Move, ...]:
        """Moves of whole modules, the longest old name first."""
        return tuple(sorted((m for m in self.moves if not m.old.name), key=lambda m: -len(m.old.module)))

    @cached_property
    def old_modules(self) -> frozenset[str]:
        return frozenset(m.old.module for m in self.moves)

    def new_module(self, module: str) -> str | None:
        """Where `module` lives now by a whole-module move; None when it stays."""
        for m in self.modules:
            if _is_within(module, m.new.module) and _is_within(m.new.module, m.old.module):
                return None  # the new home lies inside the old one: this is there already
            if _is_within(module, m.old.module):
                return m.new.module + module[len(m.old.module) :]
        return None

    def splits(self, module: str) -> bool:
        """Do some names of `module`, which moves as a whole, go elsewhere than the module itself?"""
        moved_to = self.new_module(module)
        return any(
            m.old.module == module and m.old.name and (moved_to is None or m.new != ObjectRef(moved_to, m.old.name))
            for m in self.moves
        )

    def new_home(self, module: str, name: str) -> ObjectRef | None:
        """Where `module:name` lives now; None when it stays."""
        ref = ObjectRef(module, name)
        move = self.names.get(ref)
        if move is not None:
            return move.new
        if any(m.old == ref for m in self.members.get(ref, ())):
            return None
        moved = self.new_module(module)
        return ObjectRef(moved, name) if moved is not None else None


def _is_member(move: Move) -> bool:
    return "." in move.old.name or "." in move.new.name


def _is_within(module: str, outer: str) -> bool:
    return module == outer or module.startswith(outer + ".")
