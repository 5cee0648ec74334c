"""What becomes of each name that users take from an old module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from msgspec import Struct, field

from migrate.foresight.homes import Has, Homes
from migrate.foresight.surface import Surface
from migrate.foresight.uses import Kind, Use
from migrate.moves import is_within
from migrate.plan_fields import read_identifier
from migrate.refs import ObjectRef


class NameDraft(Struct, frozen=True):
    """One name of the old module.

    Attributes:
        module: the old one.
        home: where it is to come from, a module for a submodule; None where only a person can tell.
        why: where the home is from, or why there is none, as a phrase for people.
        uses: the places that take it.
        size: lines of its definition in the old module; 0 where it has none.
        is_sure: nothing has to be compared: it is the same object, or the one that was asked for.
        stays: it is not to move at all: only a member of it does, or its calls change.
        mentioned: a place that speaks of it, `path:line`, where nothing is known to take it.
    """

    module: str
    name: str
    home: ObjectRef | None
    why: str
    uses: tuple[Use, ...] = ()
    size: int = 0
    is_sure: bool = True
    stays: bool = False
    mentioned: str = ""

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef(self.module, self.name)

    @property
    def is_needed(self) -> bool:
        """Does anything take the object itself, and not only replace it or name it?"""
        return _is_needed(self.uses)

    @property
    def is_lost(self) -> bool:
        """Does somebody need it that only a person can help?"""
        return self.home is None and self.is_needed and not self.stays

    @property
    def is_submodule(self) -> bool:
        """Is it a module of its own, which an import finds without its package's help?"""
        return self.home is not None and not self.home.name

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


class NameDrafts(Struct, frozen=True):
    """Finds a home for the names of an old module.

    Attributes:
        old, new: as asked for; objects or modules.
        surface: of the old module; None where it is not in the repository.
        namesakes: objects of some names elsewhere in the repository.
        former: names that earlier versions of the old module defined, where it is a redirect by now.
    """

    old: ObjectRef
    new: ObjectRef
    homes: Homes
    surface: Surface | None
    namesakes: Callable[[Sequence[str]], Mapping[str, tuple[str, ...]]]
    former: Collection[str] = ()
    _elsewhere: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def draft(self, users: Iterable[Use]) -> list[NameDraft]:
        """Every name that is used or public, the most used first."""
        by_name: dict[str, list[Use]] = {}
        for use in users:
            if use.module != self.old.module:
                continue
            for name in sorted(use.reads) if use.kind == "star" else [use.name]:
                if use.kind != "star" or self._comes_with_all(name):
                    by_name.setdefault(name, []).append(use)
        names = dict.fromkeys([*([self._subject] if self._subject else []), *by_name, *self._public()])
        wanted = [name for name in names if _is_spelled(name) and not _is_special(name) and not self._stays(name)]
        self._elsewhere.update(self.namesakes([name for name in wanted if self._is_own(name)]))
        drafts = [self._draft(name, tuple(by_name.get(name, ()))) for name in wanted]
        return sorted(drafts, key=lambda draft: (draft.name != self._subject, -draft.places, draft.name))

    @property
    def _subject(self) -> str:
        """What was asked about, without its member; empty for a module."""
        return self.old.name.partition(".")[0]

    def _public(self) -> list[str]:
        """What others may use: definitions; of a whole module also constants that the new one has."""
        if self.surface is None:
            return []
        constants = (name for name in self.surface.entries if name.isupper() and self.surface.defines(name))
        moved = [n for n in constants if not self.old.name and self.homes.has(self.new.module, n).has is Has.YES]
        return [*(entry.name for entry in self.surface.definitions), *moved]

    def _comes_with_all(self, name: str) -> bool:
        """Does a star import of the old module bring the name?"""
        if name == self._subject:
            return True
        if self.surface is None:
            return False
        listed = self.surface.listed
        is_brought = name in listed if listed is not None else not name.startswith("_")
        return is_brought and (self.surface.binds(name) or self._through_star(name) is not None)

    def _stays(self, name: str) -> bool:
        """Is it a submodule of a package of which only an object moves?"""
        return bool(self.old.name) and name != self._subject and self._is_submodule(name)

    def _is_submodule(self, name: str) -> bool:
        dotted = f"{self.old.module}.{name}"
        if self.homes.path(dotted) is None:
            return False
        return self.surface is None or not self.surface.binds(name) or self.surface.source(name) == dotted

    def _is_own(self, name: str) -> bool:
        return self.surface is not None and self._taken(name) is None

    def _taken(self, name: str) -> str | None:
        """The dotted object that the old module takes a name from, by an import or a star import."""
        if self.surface is None:
            return None
        return self.surface.source(name) if self.surface.binds(name) else self._through_star(name)

    def _through_star(self, name: str) -> str | None:
        stars = self.surface.stars if self.surface is not None else ()
        star = next((star for star in stars if self.homes.has(star, name).has is Has.YES), None)
        return None if star is None else f"{star}.{name}"

    def _draft(self, name: str, uses: tuple[Use, ...]) -> NameDraft:
        entries = self.surface.entries.get(name, ()) if self.surface is not None else ()
        size = max((entry.size for entry in entries if entry.is_definition), default=0)

        def draft(home: ObjectRef | None, why: str, *, is_sure: bool = True, stays: bool = False) -> NameDraft:
            return NameDraft(self.old.module, name, home, why, uses, size, is_sure, stays)

        if self.old == self.new and self._subject in ("", name):
            return draft(None, "only its calls change", stays=True)
        if self.old.name == name:
            return draft(self.new, "as asked for")
        if name == self._subject:
            return draft(None, f"{self.old.name} moves to {self.new}, the rest of it stays", stays=True)
        if self._is_submodule(name) and is_within(self.new.module, f"{self.old.module}.{name}"):
            return draft(None, "the new home is there already", stays=True)
        found = self._submodule(name) if self._is_submodule(name) else self._home(name)
        if found is None and uses and not _is_needed(uses):
            return draft(None, "only patched or named in strings; see what `migrate check` says")
        if found is None:
            return draft(None, self._why_not(name, is_there=bool(entries)))
        home, why, is_sure = found
        is_api = not self.old.name and (home.name == "" or name in self._public())
        if uses and not _is_needed(uses) and not is_api:
            return draft(None, "only patched or named in strings; see what `migrate check` says")
        return draft(home, why, is_sure=is_sure)

    def _submodule(self, name: str) -> tuple[ObjectRef, str, bool] | None:
        module = f"{self.new.module}.{name}"
        if self.homes.path(module) is not None:
            return ObjectRef(module), "a module of its own", True
        if self.homes.is_own(self.new.module):
            return None
        return ObjectRef(module), f"not checked, as {self.homes.has(self.new.module, name).reason}", True

    def _home(self, name: str) -> tuple[ObjectRef, str, bool] | None:
        """Where a name is to come from, why, and whether that is sure."""
        is_whole = not self.old.name
        answer = self.homes.has(self.new.module, name)
        here = ObjectRef(self.new.module, name)
        if is_whole and answer.has is Has.YES:
            return here, "the new home has one of that name", True
        taken = self._taken(name)
        if taken is not None:
            module, last = self.homes.split(taken)
            if is_whole and f"{module}.".startswith(f"{self.old.module}."):
                module = self.new.module + module.removeprefix(self.old.module)
            is_object = (
                module not in ("", self.old.module) and _is_spelled(last) and all(map(_is_spelled, module.split(".")))
            )
            if is_object and not self.homes.has(module, last).is_missing:
                return ObjectRef(module, last), "the old module takes it from there", True
        if answer.has is Has.YES:
            return here, "the new home has one of that name; compare the two", False
        if is_whole and answer.has is Has.UNCHECKED:
            return here, f"not checked, as {answer.reason}", True
        return None

    def _why_not(self, name: str, *, is_there: bool) -> str:
        others = [other for other in self._elsewhere.get(name, ()) if other != f"{self.old.module}.{name}"]
        listed = ", ".join(f"{module}:{last}" for module, _, last in (other.rpartition(".") for other in others[:3]))
        if self._is_submodule(name):
            return f"there is no module {self.new.module}.{name}; move it first"
        if is_there and (taken := self._taken(name)) is not None:
            return f"the old module takes it from {taken}, which is not there"
        if self.surface is not None and (unclear := self.surface.why_unclear(name)):
            return f"{unclear}; decide where it is to come from"
        if is_there:
            return "defined only there" + (f"; compare it with {listed}" if listed else "; move its definition first")
        gone = "an earlier version defined it" if name in self.former else "not there today"
        return gone + (f"; compare it with {listed}" if listed else "; its uses are broken already")


def _is_needed(uses: Iterable[Use]) -> bool:
    return any(use.breaks or use.kind in ("star", "path") for use in uses)


def _is_spelled(name: str) -> bool:
    """Can a plan name it? In a file that no parser reads, what looks like a name may be none."""
    try:
        return read_identifier(name) == name
    except ValueError:
        return False


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
