"""The users of modules in a whole tree, and which of them phase 3 will have taken care of."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrate.candidates import find_definitions, find_users, may_use
from migrate.edits import Edit, apply_edits
from migrate.foresight import uses
from migrate.foresight.uses import Use
from migrate.modules import module_of
from migrate.moves import MoveIndex
from migrate.plan import Plan
from rollback.git import Git

_DEFINED = re.compile(rb"^(?:class|(?:async[ \t]+)?def)[ \t]+(\w+)", re.MULTILINE)
_TESTS = re.compile(r"(?:^|/)(?:tests?/|test_|conftest\.py)|_test\.py$")


@dataclass(frozen=True)
class Survey:
    """Looks for users in the files of a tree.

    Attributes:
        read: the bytes of a file that is there, by its path.
    """

    git: Git
    plan: Plan
    read: Callable[[str], bytes]

    def users(self, modules: Collection[str]) -> tuple[Use, ...]:
        """Every use of a name of `modules`, by place; those through modules that import everything from one, too."""
        found = self._direct(modules)
        passing = {self._module(use.path): use.module for use in found if use.kind == "star"}
        passing = {module: source for module, source in passing.items() if module not in modules}
        if passing:
            found = (*found, *self._passed_on(passing))
        return tuple(sorted(found, key=lambda use: use.order))

    def _direct(self, modules: Collection[str]) -> tuple[Use, ...]:
        test = may_use(modules)
        found: list[Use] = []
        for path in find_users(self.git, self.plan, modules):
            content = self.read(path)
            if test(content):
                found += uses.find_users(path, content, module_of(path, self.plan.plan.source_roots), modules)
        return tuple(found)

    def _passed_on(self, passing: Mapping[str, str]) -> Iterable[Use]:
        """Uses of what a module has by a star import alone, as uses of where it comes from."""
        for use in self._direct(passing.keys()):
            if use.kind != "star":
                yield use.through(passing[use.module])

    def _module(self, path: str) -> str:
        return module_of(path, self.plan.plan.source_roots).name

    def namesakes(self, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Classes and functions at the top level of other modules than tests, as `pkg.mod.Name`, by name."""
        found: dict[str, list[str]] = {}
        for path in find_definitions(self.git, self.plan, names):
            if _TESTS.search(path):
                continue
            module = self._module(path)
            for name in dict.fromkeys(match.decode() for match in _DEFINED.findall(self.read(path))):
                if name in names:
                    found.setdefault(name, []).append(f"{module}.{name}")
        return {name: tuple(objects) for name, objects in found.items()}


def left_after_moves(
    found: Sequence[Use],
    edits: Mapping[str, Sequence[Edit]],
    moves: MoveIndex,
    read: Callable[[str], bytes],
    source_roots: Sequence[str],
) -> tuple[Use, ...]:
    """The uses that phase 3 does not take to another module.

    Args:
        edits: of phase 3, by path.
    """
    modules = {use.module for use in found}
    left: list[Use] = []
    for path in dict.fromkeys(use.path for use in found):
        here = [use for use in found if use.path == path]
        changed = edits.get(path, ())
        again = _after(path, changed, modules, read, source_roots) if changed else frozenset()
        for use in here:
            touched = any(edit.span.start <= use.span.end and use.span.start <= edit.span.end for edit in changed)
            if moves.home(use.dotted) is None or not touched or (use.dotted, use.kind) in again:
                left.append(use)
    return tuple(left)


def _after(
    path: str,
    edits: Sequence[Edit],
    modules: Collection[str],
    read: Callable[[str], bytes],
    source_roots: Sequence[str],
) -> frozenset[tuple[str, str]]:
    """What a file still uses of the modules once it has been changed."""
    content = apply_edits(read(path), tuple(edits))
    if not may_use(modules)(content):
        return frozenset()
    again = uses.find_users(path, content, module_of(path, source_roots), modules)
    return frozenset((use.dotted, use.kind) for use in again)
