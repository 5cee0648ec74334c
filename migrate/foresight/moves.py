"""Moves whose new home lacks what they promise."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from migrate.findings import Finding
from migrate.foresight.homes import MODULE_ATTRIBUTES, Answer, Has, Homes
from migrate.foresight.members import Members
from migrate.foresight.uses import Use
from migrate.moves import MoveIndex
from migrate.plan import Move, Plan
from rollback.errors import count, name_paths

_NAMED = 3
"""Places that a message names before it counts the rest."""


def not_checked(found: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Remarks on objects of which nothing can be said, by the reason."""
    return tuple(f"not checked: {name_paths(list(objects))}, as {reason}" for reason, objects in found.items())


@dataclass(frozen=True)
class MovesAhead:
    """What phase 3 would point imports at.

    Attributes:
        today: the modules without the plan's redirects.
        users: every use of some modules, whose files are still there.
        submodules: the modules of the repository that are inside of a package.
    """

    plan: Plan
    homes: Homes
    today: Homes
    users: Callable[[Collection[str]], Sequence[Use]]
    submodules: Callable[[str], Iterable[str]]

    def look(self) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
        """Findings about new homes that lack something, and remarks on those that cannot be checked."""
        findings: list[Finding] = []
        unchecked: dict[str, list[str]] = {}
        moves = self.plan.phase3.move if self.plan.phase3 is not None else ()
        going = {index: self._going(move) for index, move in enumerate(moves)}
        modules = {old for pairs in going.values() for old in pairs}
        users = [use for use in self.users(modules) if not self._is_replaced(use)] if modules else []
        for index, move in enumerate(moves):
            key = f"phase3.move[{index}].new"
            answer = self._answer(move)
            if answer.has is Has.UNCHECKED:
                unchecked.setdefault(answer.reason, []).append(str(move.new))
            elif answer.is_missing:
                message = f"{key}: {move.new} will not be there, as {answer.reason}; correct it, or put it there first"
                findings.append(Finding(3, answer.path, 1, 0, "missing-export", str(move.new), message))
            else:
                for old, new in going[index].items():
                    findings += self._module(key, old, new, [use for use in users if use.module == old])
        return tuple(findings), not_checked(unchecked)

    def _going(self, move: Move) -> dict[str, str]:
        """A module that moves as a whole, and those inside of it that go with it, each to its new name."""
        if move.old.name:
            return {}
        index = MoveIndex.of(self.plan)
        found = {move.old.module: move.new.module}
        for module in sorted(self.submodules(move.old.module)):
            home = index.home(module)
            if home is not None and home.old == move.old.module:
                found[module] = ".".join([move.new.module, *home.rest])
        return found

    def _is_replaced(self, use: Use) -> bool:
        """Is it in a file that is a redirect by then?"""
        return use.path in self._redirected

    @cached_property
    def _redirected(self) -> frozenset[str | None]:
        return frozenset(map(self.homes.path, self.homes.redirects))

    def _module(self, key: str, old: str, new: str, users: Sequence[Use]) -> Iterator[Finding]:
        """What users take from a module that goes elsewhere, and will not find there."""
        if self._is_module(new):
            yield from self._names(key, old, new, [use for use in users if use.kind != "load"])
            return
        taken = list({use.place: use for use in users if use.breaks or use.kind in ("star", "load")}.values())
        package, _, name = new.rpartition(".")
        if taken and self.homes.is_own(new) and self.homes.has(package, name).is_missing:
            message = (
                f"{key}: there will be no module {new}, which {_takers(taken)} as {old} ({_places(taken)}); put it "
                f"there first, or give {old} a move of its own"
            )
            yield Finding(3, self.homes.candidate(new), 1, 0, "missing-export", new, message)

    def _is_module(self, module: str) -> bool:
        return self.homes.path(module) is not None or self.homes.is_folder(module)

    def _answer(self, move: Move) -> Answer:
        new = move.new
        if new.name:
            found = self.homes.has(new.module, new.name.partition(".")[0])
            return Members(self.homes).has(new) if found.has is Has.YES and "." in new.name else found
        if self._is_module(new.module):
            return Answer(Has.YES)
        if self.homes.is_own(new.module):
            return Answer(Has.NO, self.homes.candidate(new.module), f"there is no module {new.module}")
        return Answer(Has.UNCHECKED, "", f"{new.module} is not in this repository")

    def _names(self, key: str, old: str, new: str, users: Sequence[Use]) -> Iterator[Finding]:
        """Names that users take from a module that moves as a whole, and that its new home lacks."""
        named = {m.old.dotted for m in self.plan.phase3.move} if self.plan.phase3 is not None else set()
        found: dict[str, list[Use]] = {}
        for use in users:
            if use.breaks or use.kind == "star":
                for name in sorted(use.reads) if use.kind == "star" else [use.name]:
                    if f"{use.module}.{name}" not in named and name not in MODULE_ATTRIBUTES and self._takes(use, name):
                        found.setdefault(name, []).append(use)
        for name, uses in sorted(found.items()):
            if f"{new}.".startswith(f"{old}.{name}."):
                continue  # the new home lies inside of the old one: this is the way to it
            is_starred = all(use.kind == "star" or use.via for use in uses)
            answer = (self.homes.brings if is_starred else self.homes.has)(new, name)
            if answer.is_missing:
                message = (
                    f"{key}: {new} will not have {name}, which {_takers(uses, f' of {old}')} from there "
                    f"({_places(uses)}), as {answer.reason}; put it there first"
                )
                yield Finding(3, answer.path, 1, 0, "missing-export", f"{new}:{name}", message)

    def _takes(self, use: Use, name: str) -> bool:
        """Does the use get the name from its module today?"""
        if use.via:
            between = self.today.surface(use.via)
            if between is not None and between[1].binds(name):
                return False
        is_starred = use.kind == "star" or use.via
        return (self.today.brings if is_starred else self.today.has)(use.module, name).has is Has.YES


def _takers(uses: Sequence[Use], of: str = "") -> str:
    number = len({use.place for use in uses})
    return f"{count(number, 'place')}{of} {'takes' if number == 1 else 'take'}"


def _places(uses: Sequence[Use]) -> str:
    places = list(dict.fromkeys(use.place for use in uses))
    return ", ".join(places[:_NAMED]) + (f" and {len(places) - _NAMED} more" if len(places) > _NAMED else "")
