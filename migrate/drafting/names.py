"""What becomes of each name that users take from an old module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from migrate.foresight.homes import Has, Homes
from migrate.foresight.surface import Surface
from migrate.foresight.uses import Kind, Use
from migrate.refs import ObjectRef


@dataclass(frozen=True, slots=True)
class NameDraft:
    """One name of the old module.

    Attributes:
        home: where it is to come from; None where only a person can tell.
        why: where the home is from, or why there is none, as a phrase for people.
        uses: the places that take it.
        size: lines of its definition in the old module; 0 where it has none.
        is_sure: nothing has to be compared: it is the same object, or the one that was asked for.
    """

    name: str
    home: ObjectRef | None
    why: str
    uses: tuple[Use, ...] = ()
    size: int = 0
    is_sure: bool = True

    @property
    def is_needed(self) -> bool:
        """Does anything take the object itself, and not only replace it or name it?"""
        return _is_needed(self.uses)

    @property
    def places(self) -> int:
        return len(self.uses)

    @property
    def files(self) -> int:
        return len({use.path for use in self.uses})

    @property
    def export(self) -> str:
        """The name as an export of a redirect."""
        assert self.home is not None
        return str(self.home) if self.home.name == self.name else f"{self.home} as {self.name}"


@dataclass(frozen=True)
class NameDrafts:
    """Finds a home for the names of an old module.

    Attributes:
        old, new: as asked for; objects or modules.
        surface: of the old module; None where it is not in the repository.
        namesakes: objects of some names elsewhere in the repository.
    """

    old: ObjectRef
    new: ObjectRef
    homes: Homes
    surface: Surface | None
    namesakes: Callable[[Sequence[str]], Mapping[str, tuple[str, ...]]]
    _elsewhere: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def draft(self, users: Iterable[Use]) -> list[NameDraft]:
        """Every name that is used or public, the most used first."""
        by_name: dict[str, list[Use]] = {}
        for use in users:
            for name in sorted(use.reads) if use.kind == "star" else [use.name]:
                if use.kind != "star" or (self.surface is not None and self.surface.binds(name)):
                    by_name.setdefault(name, []).append(use)
        subject = self.old.name.partition(".")[0]
        names = dict.fromkeys([*([subject] if subject else []), *by_name, *self._public()])
        unknown = [name for name in names if self._is_own(name)]
        self._elsewhere.update(self.namesakes(unknown))
        drafts = [self._draft(name, tuple(by_name.get(name, ()))) for name in names if not _is_special(name)]
        return sorted(drafts, key=lambda draft: (draft.name != subject, -draft.places, draft.name))

    def _public(self) -> list[str]:
        return [entry.name for entry in self.surface.definitions] if self.surface is not None else []

    def _is_own(self, name: str) -> bool:
        return self.surface is not None and self.surface.source(name) is None

    def _draft(self, name: str, uses: tuple[Use, ...]) -> NameDraft:
        if uses and not _is_needed(uses) and name != self.old.name:
            return NameDraft(name, None, "only patched or named in strings; see what `migrate check` says", uses)
        entries = self.surface.entries.get(name, ()) if self.surface is not None else ()
        size = max((entry.size for entry in entries if entry.is_definition), default=0)
        if self.old.name == name:
            return NameDraft(name, self.new, "as asked for", uses, size)
        taken = self.surface.source(name) if self.surface is not None else None
        if taken is not None:
            module, last = self.homes.split(taken)
            if module and module != self.old.module and "." not in last and not self.homes.has(module, last).is_missing:
                return NameDraft(name, ObjectRef(module, last), "the old module takes it from there", uses)
        if self.homes.has(self.new.module, name).has is Has.YES:
            home = ObjectRef(self.new.module, name)
            is_sure = not self.old.name  # whole modules: that is what was asked for
            why = "the new home has one of that name" + ("" if is_sure else "; compare the two")
            return NameDraft(name, home, why, uses, size, is_sure=is_sure)
        if not self.old.name and self.homes.has(self.new.module, name).has is Has.UNCHECKED:
            return NameDraft(
                name, ObjectRef(self.new.module, name), "not checked: the new home is not here", uses, size
            )
        return NameDraft(name, None, self._why_not(name, is_there=bool(entries)), uses, size)

    def _why_not(self, name: str, *, is_there: bool) -> str:
        others = [other for other in self._elsewhere.get(name, ()) if other != f"{self.old.module}.{name}"]
        listed = ", ".join(f"{module}:{last}" for module, _, last in (other.rpartition(".") for other in others[:3]))
        if is_there:
            return "defined only there" + (f"; compare it with {listed}" if listed else "; move its definition first")
        return "not there today" + (f"; compare it with {listed}" if listed else "; its uses are broken already")


def _is_needed(uses: Iterable[Use]) -> bool:
    return any(use.breaks or use.kind in ("star", "path") for use in uses)


def _is_special(name: str) -> bool:
    return name == "*" or (name.startswith("__") and name.endswith("__"))


def kinds(uses: Iterable[Use]) -> str:
    """`101 imports, 13 patches` of some uses."""
    words: dict[Kind, tuple[str, str]] = {
        "import": ("import", "imports"),
        "attribute": ("attribute", "attributes"),
        "star": ("star import", "star imports"),
        "patch": ("patch", "patches"),
        "path": ("path in a string", "paths in strings"),
        "string": ("string", "strings"),
    }
    found = Counter(use.kind for use in uses)
    return ", ".join(f"{found[kind]} {words[kind][found[kind] > 1]}" for kind in words if found[kind])
