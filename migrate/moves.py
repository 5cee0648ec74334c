"""The plan's moves as an index: where does this object live now?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from msgspec import Struct

from migrate.plan import Move, Plan
from migrate.refs import ObjectRef


class Home(Struct, frozen=True):
    """Where a dotted path leads now.

    Attributes:
        old: its longest moved prefix, dotted.
        new: where that lives now; without a name for a module.
        rest: the attributes behind the prefix.
        move: the plan's entry.
    """

    old: str
    new: ObjectRef
    rest: tuple[str, ...]
    move: Move


@dataclass(frozen=True)
class MoveIndex:
    """The moves of phase 3, looked up by dotted path."""

    moves: tuple[Move, ...]

    @classmethod
    def of(cls, plan: Plan) -> MoveIndex:
        if plan.phase3 is None:
            return cls(())
        default = {"rename_uses": plan.phase3.rename_uses}
        return cls(tuple(m if m.rename_uses is not None else m.model_copy(update=default) for m in plan.phase3.move))

    @cached_property
    def by_path(self) -> dict[str, Move]:
        return {m.old.dotted: m for m in self.moves}

    @cached_property
    def _roots(self) -> frozenset[str]:
        """First names of what moves."""
        return frozenset(m.old.module.partition(".")[0] for m in self.moves)

    @cached_property
    def ancestors(self) -> frozenset[str]:
        """Dotted paths below which something moves: packages, modules, and objects with moved members."""
        found: set[str] = set()
        for m in self.moves:
            parts = m.old.dotted.split(".")
            found |= {".".join(parts[:length]) for length in range(1, len(parts))}
        return frozenset(found)

    @cached_property
    def owners(self) -> frozenset[str]:
        """Objects of which a member moves, dotted."""
        return frozenset(f"{m.old.module}.{m.old.name.rpartition('.')[0]}" for m in self.moves if "." in m.old.name)

    @cached_property
    def owner_leaves(self) -> frozenset[str]:
        """Last names of `owners`."""
        return frozenset(path.rpartition(".")[2] for path in self.owners)

    @cached_property
    def passed_on(self) -> frozenset[str]:
        """Last names of the modules and objects of which a part moves: other modules may pass them on."""
        return frozenset(path.rpartition(".")[2] for path in self.split)

    @cached_property
    def split(self) -> frozenset[str]:
        """Modules and objects of which a part moves, dotted."""
        return frozenset(m.old.dotted.rpartition(".")[0] for m in self.moves if m.old.name)

    @cached_property
    def inner_modules(self) -> tuple[tuple[str, ...], ...]:
        """Modules that move as a whole out of a package, in parts: their package may be passed on."""
        return tuple(tuple(m.old.module.split(".")) for m in self.moves if not m.old.name and "." in m.old.module)

    @cached_property
    def old_modules(self) -> frozenset[str]:
        return frozenset(m.old.module for m in self.moves)

    @cached_property
    def split_modules(self) -> frozenset[str]:
        """Modules of which names move one by one."""
        return frozenset(m.old.module for m in self.moves if m.old.name)

    @cached_property
    def has_modules(self) -> bool:
        """Does a whole module move?"""
        return any(not m.old.name for m in self.moves)

    def home(self, dotted: str) -> Home | None:
        """Where `dotted` lives now by its longest moved prefix; None when it stays."""
        parts = dotted.split(".")
        if parts[0] not in self._roots:  # as most that is imported
            return None
        for length in range(len(parts), 0, -1):
            move = self.by_path.get(".".join(parts[:length]))
            if move is None:
                continue
            if not move.old.name and is_within(dotted, move.new.module) and is_within(move.new.module, move.old.module):
                return None  # the new home lies inside the old one: this is there already
            return Home(move.old.dotted, move.new, tuple(parts[length:]), move)
        return None

    def new_module(self, module: str) -> str | None:
        """Where `module` lives now by a whole-module move; None when it stays."""
        home = self.home(module)
        if home is None or home.new.name:
            return None
        return ".".join([home.new.module, *home.rest])

    def splits(self, module: str) -> bool:
        """Do some names of `module`, which moves as a whole, go elsewhere than the module itself?"""
        moved_to = self.new_module(module)
        return any(
            m.old.module == module and m.old.name and (moved_to is None or m.new != ObjectRef(moved_to, m.old.name))
            for m in self.moves
        )

    def new_home(self, module: str, name: str) -> ObjectRef | None:
        """What `from module import name` has to import now; None when that stays, or takes more than an import.

        A new home without a name is a top-level module, which only `import` reaches.
        """
        home = self.home(f"{module}.{name}")
        if home is None or "." in home.new.name:
            return None
        if home.new.name:
            return home.new if not home.rest else None
        package, _, leaf = ".".join([home.new.module, *home.rest]).rpartition(".")
        return ObjectRef(package, leaf) if package else ObjectRef(leaf)


def is_within(module: str, outer: str) -> bool:
    """Is a dotted path `outer` or something below it?"""
    return module == outer or module.startswith(outer + ".")
