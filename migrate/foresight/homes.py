"""Does a module have a name, also through its re-exports? Nothing is imported or run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from msgspec import Struct

from migrate.foresight.surface import Surface, read_surface
from migrate.modules import SUFFIXES, candidate_files, file_of, module_of


class Has(Enum):
    """Whether a module has a name."""

    YES = "yes"
    NO = "no"
    UNCHECKED = "unchecked"


class Answer(Struct, frozen=True):
    """Whether a module has a name.

    Attributes:
        path: the file where the name is missing, relative to the root.
        reason: why not, or why that cannot be told, as a phrase for people.
    """

    has: Has
    path: str = ""
    reason: str = ""

    @property
    def is_missing(self) -> bool:
        return self.has is Has.NO


_YES = Answer(Has.YES)

MODULE_ATTRIBUTES = frozenset({
    "__name__", "__doc__", "__package__", "__loader__", "__spec__", "__file__", "__cached__", "__builtins__",
    "__dict__", "__class__", "__dir__", "__getattribute__", "__setattr__", "__delattr__", "__repr__", "__str__",
    "__eq__", "__ne__", "__hash__", "__reduce__", "__reduce_ex__", "__sizeof__", "__init__", "__new__",
    "__init_subclass__", "__subclasshook__", "__format__", "__lt__", "__le__", "__gt__", "__ge__", "__getstate__",
})  # fmt: skip
"""What every module has: its own attributes, and those of any object."""


@dataclass
class Homes:
    """The modules of a repository, as they are or as they are about to be.

    Attributes:
        read: the bytes of a file of the repository, or None when there is no such file.
        source_roots: where absolute imports resolve from.
        exists: is there a folder of that path below the root with modules in it, as `holds_modules` says?
        redirects: the names that each module which becomes a redirect will have, with the object behind each.
    """

    read: Callable[[str], bytes | None]
    source_roots: Sequence[str]
    exists: Callable[[str], bool]
    redirects: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    _surfaces: dict[str, tuple[str, Surface] | None] = field(default_factory=dict, repr=False)

    def path(self, module: str) -> str | None:
        """The file of a module of the repository."""
        return file_of(module, self.source_roots, lambda path: self.read(path) is not None)

    def surface(self, module: str) -> tuple[str, Surface] | None:
        """Path and surface of a module as it is in the tree; None for one outside of the repository."""
        if module not in self._surfaces:
            path = self.path(module)
            content = None if path is None else self.read(path)
            found = None
            if path is not None and content is not None:
                found = path, read_surface(content, module_of(path, self.source_roots))
            self._surfaces[module] = found
        return self._surfaces[module]

    def before(self, former: Mapping[str, tuple[str, Surface]]) -> Homes:
        """The modules without any redirect: those that are one already as they were before.

        Args:
            former: path and surface of such modules, by name.
        """
        return Homes(self.read, self.source_roots, self.exists, {}, {**self._surfaces, **former})

    def has(self, module: str, name: str) -> Answer:
        """Will the module have the name, once the redirects are in place?"""
        return self._has(module, name, set())

    def brings(self, module: str, name: str) -> Answer:
        """Does `from module import *` bring in the name?"""
        return self._brings(module, name, set())

    def _brings(self, module: str, name: str, seen: set[str]) -> Answer:
        found = self.surface(module) if module not in self.redirects else None
        if module in self.redirects and name not in self.redirects[module]:
            return self._without(module, name)
        if found is not None:
            path, surface = found
            if not surface.is_starred(name):
                return Answer(Has.NO, path, f"a star import of {module} leaves out {name}")
            # A module inside of a package comes only where the package lists it, or has imported it itself.
            is_there = surface.listed is not None or surface.binds(name) or surface.stars
            if not (is_there or surface.is_dynamic or name in surface.late):
                return Answer(Has.NO, path, f"{path} does not define {name}")
        return self._has(module, name, seen)

    def _has(self, module: str, name: str, seen: set[str]) -> Answer:
        dotted = f"{module}.{name}"
        if dotted in seen:
            path = self.path(module) or self.candidate(module)
            return Answer(Has.NO, path, f"{dotted} is imported in a circle and defined nowhere")
        seen.add(dotted)  # what is met again has been told: a yes goes all the way up
        if module in self.redirects:
            return self._in_redirect(module, name, seen)
        found = self.surface(module)
        if found is None:
            return self._outside(module, dotted)
        path, surface = found
        if self.path(dotted) is not None or name in MODULE_ATTRIBUTES:
            return _YES
        answers = [self._entry(entry.dotted, seen) for entry in surface.entries.get(name, ()) if entry.is_loaded]
        answers += [self._brings(star, name, seen) for star in surface.stars]
        if any(answer.has is Has.YES for answer in answers):
            return _YES
        if "__getattr__" in surface.entries:
            return Answer(Has.UNCHECKED, path, f"{path} makes names in its __getattr__")
        if surface.is_dynamic or name in surface.late:
            return Answer(Has.UNCHECKED, path, f"{path} makes names while it runs")
        if unchecked := next((answer for answer in answers if answer.has is Has.UNCHECKED), None):
            return unchecked
        if surface.binds(name) and answers:
            return answers[0]
        if not surface.is_parsed:
            return Answer(Has.UNCHECKED, path, f"{path} does not parse")
        if surface.binds(name):
            return Answer(Has.NO, path, f"{path} imports {name} for type checkers only")
        return Answer(Has.NO, path, f"{path} does not define {name}")

    def _in_redirect(self, module: str, name: str, seen: set[str]) -> Answer:
        names = self.redirects[module]
        if name in names:
            return self._entry(names[name], seen)
        if self.path(f"{module}.{name}") is not None or name in MODULE_ATTRIBUTES | {"__all__"}:
            return _YES
        return self._without(module, name)

    def _without(self, module: str, name: str) -> Answer:
        path = self.path(module) or self.candidate(module)
        return Answer(Has.NO, path, f"{module} becomes a redirect without {name}")

    def _entry(self, dotted: str, seen: set[str]) -> Answer:
        """Is what a name is bound to there? An object made in the module itself, whose path is empty, is."""
        if not dotted or self.path(dotted) is not None:
            return _YES
        module, _, name = dotted.rpartition(".")
        return self._has(module, name, seen) if module else Answer(Has.UNCHECKED, "", f"{dotted} is not checked")

    def _outside(self, module: str, dotted: str) -> Answer:
        if self.is_own(module):
            path = self.candidate(module)
            outer, _, name = module.rpartition(".")
            if outer and (found := self.surface(outer)) is not None and found[1].binds(name):
                return Answer(Has.UNCHECKED, found[0], f"{dotted} is inside of an object, which is not checked")
            return Answer(Has.NO, path, f"there is no module {module}")
        where = "the standard library" if module.partition(".")[0] in sys.stdlib_module_names else "this repository"
        reason = f"{module} is in {where}" if where == "the standard library" else f"{module} is not in {where}"
        return Answer(Has.UNCHECKED, "", reason)

    def candidate(self, module: str) -> str:
        """Where a module that is not there would be, in the first source root."""
        return next(path for path in candidate_files(module, self.source_roots) if not path.endswith("/__init__.py"))

    def is_own(self, module: str) -> bool:
        """Is a package around the module in the repository, so that the module would have to be, too?

        A folder that holds Python files is one even without an `__init__`.
        """
        if self.path(module.partition(".")[0]) is not None:
            return True
        is_standard = module.partition(".")[0] in sys.stdlib_module_names  # which a folder does not hide
        return any(
            self.path(prefix) is not None or (self.is_folder(prefix) and not is_standard)
            for prefix in _prefixes(module)
        )

    def is_folder(self, module: str) -> bool:
        """Is it a folder of modules without an `__init__`, or may be one?"""
        return any(self.exists(folder) for folder in self.folders(module))

    def folders(self, module: str) -> list[str]:
        """Where a package of that name may be, relative to the root."""
        inside = module.replace(".", "/")
        return [inside if root == "." else f"{root.rstrip('/')}/{inside}" for root in self.source_roots]

    def split(self, dotted: str) -> tuple[str, str]:
        """Module and name of a dotted object; the longest module of the repository in it counts."""
        for prefix in _prefixes(dotted):
            if self.path(prefix) is not None:
                return prefix, dotted[len(prefix) + 1 :]
        module, _, name = dotted.rpartition(".")
        return module, name

    def defining(self, modules: Collection[str], name: str) -> tuple[str, ...]:
        """Those of `modules` that have a name of their own, or pass it on."""
        return tuple(module for module in modules if self.has(module, name).has is Has.YES)


def holds_modules(folder: Path) -> bool:
    """Is it a folder with modules or packages in it, which can be imported from without an `__init__`, too?"""
    try:
        return any(each.suffix in SUFFIXES or (each / "__init__.py").is_file() for each in folder.iterdir())
    except OSError:
        return False


def _prefixes(dotted: str) -> list[str]:
    """`a.b`, `a` of `a.b.c`: the longest first."""
    parts = dotted.split(".")
    return [".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]
