"""The users of modules in a whole tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from migrate.candidates import find_definitions, find_users, may_use
from migrate.foresight import uses
from migrate.foresight.uses import Use
from migrate.modules import ModuleName, module_of
from migrate.plan import Plan
from migrate.syntax import any_word
from rollback.git import Git

_DEFINED = re.compile(rb"^(?:class|(?:async[ \t]+)?def)[ \t]+(\w+)", re.MULTILINE)


class Survey(Struct, frozen=True):
    """Looks for users in the files of a tree.

    Attributes:
        read: the bytes of a file that is there, by its path.
    """

    git: Git
    plan: Plan
    read: Callable[[str], bytes]

    def users(self, modules: Collection[str]) -> tuple[Use, ...]:
        """Every use of a name of `modules`, by place; those through modules that import everything from one, too."""
        return tuple(self._users(modules, in_place=False))

    def users_in_place(self, modules: Collection[str]) -> tuple[Use, ...]:
        """Those of modules whose files stay for now: what they use of each other, and imports of the modules, too."""
        return tuple(self._users(modules, in_place=True))

    def _users(self, modules: Collection[str], *, in_place: bool) -> list[Use]:
        found = list(self._direct(modules, in_place=in_place))
        known = {use.module for use in found} | set(modules)
        passing = _passing(found, {module: (module,) for module in modules}, self._module)
        while passing:
            known |= passing.keys()
            through = self._direct(passing.keys())
            named = [use for use in through if use.kind not in ("module", "load")]
            found += (use.through(source) for use in named for source in passing[use.module])
            passing = _passing(through, passing, self._module)
            passing = {module: sources for module, sources in passing.items() if module not in known}
        called = {f"{self._module(use.path)}.{use.name}": use.module for use in found if use.kind == "module"}
        if called:
            found += self._by_other_names(called, modules)
        return sorted((use for use in dict.fromkeys(found) if use.kind != "module"), key=lambda use: use.order)

    def _direct(self, modules: Collection[str], *, in_place: bool = False) -> tuple[Use, ...]:
        test = may_use(modules)
        found: list[Use] = []
        for path in find_users(self.git, self.plan, modules):
            content = self.read(path)
            if test(content):
                found += uses.find_users(path, content, self._name(path), modules, in_place=in_place)
        return tuple(found)

    def _by_other_names(self, called: Mapping[str, str], modules: Collection[str]) -> Iterable[Use]:
        """Uses of the modules through others that have imported them.

        Args:
            called: what those call them, as `pkg.facade.mod`, to the module.
        """
        facades = {name.rpartition(".")[0] for name in called}
        test, names = may_use(called), any_word({name.rpartition(".")[2] for name in called})
        words = re.compile(names.pattern.encode())
        for path in find_users(self.git, self.plan, facades):
            content = self.read(path)
            if words.search(content) and test(content):
                yield from uses.find_users(path, content, self._name(path), modules, called)

    def _name(self, path: str) -> ModuleName:
        return module_of(path, self.plan.plan.source_roots)

    def _module(self, path: str) -> str:
        return self._name(path).name

    def namesakes(self, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Classes and functions at the top level of other modules than tests, as `pkg.mod.Name`, by name."""
        found: dict[str, list[str]] = {}
        for path in find_definitions(self.git, self.plan, names):
            module = self._module(path)
            for name in dict.fromkeys(match.decode() for match in _DEFINED.findall(self.read(path))):
                if name in names:
                    found.setdefault(name, []).append(f"{module}.{name}")
        return {name: tuple(objects) for name, objects in found.items()}


def _passing(
    found: Iterable[Use], sources: Mapping[str, tuple[str, ...]], module: Callable[[str], str]
) -> dict[str, tuple[str, ...]]:
    """The modules that import everything from others, each with what that comes from.

    Args:
        sources: what each of those others stands for. module: of a path.
    """
    passing: dict[str, tuple[str, ...]] = {}
    for use in found:
        if use.kind == "star" and module(use.path) not in sources:
            before = passing.get(module(use.path), ())
            passing[module(use.path)] = tuple(dict.fromkeys((*before, *sources[use.module])))
    return passing
