"""Moves whose new home lacks what they promise."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrate.findings import Finding
from migrate.foresight.homes import MODULE_ATTRIBUTES, Answer, Has, Homes
from migrate.foresight.uses import Use
from migrate.plan import Move, Plan
from rollback.errors import count, name_paths


def not_checked(found: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Remarks on objects of which nothing can be said, by the reason."""
    return tuple(f"not checked: {name_paths(list(objects))}, as {reason}" for reason, objects in found.items())


@dataclass(frozen=True, slots=True)
class MovesAhead:
    """What phase 3 would point imports at.

    Attributes:
        today: the modules without the plan's redirects.
        users: every use of a name of some modules.
    """

    plan: Plan
    homes: Homes
    today: Homes
    users: Callable[[Collection[str]], Sequence[Use]]

    def look(self) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
        """Findings about new homes that lack something, and remarks on those that cannot be checked."""
        findings: list[Finding] = []
        unchecked: dict[str, list[str]] = {}
        moves = self.plan.phase3.move if self.plan.phase3 is not None else ()
        whole = {move.old.module for move in moves if not move.old.name}
        users = self.users(whole) if whole else ()
        for index, move in enumerate(moves):
            key = f"phase3.move[{index}].new"
            answer = self._answer(move)
            if answer.has is Has.UNCHECKED:
                unchecked.setdefault(answer.reason, []).append(str(move.new))
            elif answer.is_missing:
                message = f"{key}: {move.new} will not be there, as {answer.reason}; correct it, or put it there first"
                findings.append(Finding(3, answer.path, 1, 0, "missing-export", str(move.new), message))
            elif not move.old.name:
                findings += self._names(move, key, [use for use in users if use.module == move.old.module])
        return tuple(findings), not_checked(unchecked)

    def _answer(self, move: Move) -> Answer:
        new = move.new
        if new.name:
            return self.homes.has(new.module, new.name.partition(".")[0])
        if self.homes.path(new.module) is not None or self.homes.is_folder(new.module):
            return Answer(Has.YES)
        if self.homes.is_own(new.module):
            return Answer(Has.NO, self.homes.candidate(new.module), f"there is no module {new.module}")
        return Answer(Has.UNCHECKED, "", f"{new.module} is not in this repository")

    def _names(self, move: Move, key: str, users: Sequence[Use]) -> Iterator[Finding]:
        """Names that users take from a module that moves as a whole, and that its new home lacks."""
        named = {m.old.dotted for m in self.plan.phase3.move} if self.plan.phase3 is not None else set()
        found: dict[str, list[Use]] = {}
        for use in users:
            if use.breaks or use.kind == "star":
                for name in sorted(use.reads) if use.kind == "star" else [use.name]:
                    if f"{use.module}.{name}" not in named and name not in MODULE_ATTRIBUTES and self._takes(use, name):
                        found.setdefault(name, []).append(use)
        for name, uses in sorted(found.items()):
            if f"{move.new.module}.".startswith(f"{move.old.module}.{name}."):
                continue  # the new home lies inside of the old one: this is the way to it
            is_starred = all(use.kind == "star" or use.via for use in uses)
            answer = (self.homes.brings if is_starred else self.homes.has)(move.new.module, name)
            if answer.is_missing:
                message = (
                    f"{key}: {move.new} will not have {name}, which {count(len(uses), 'place')} of {move.old} "
                    f"{'takes' if len(uses) == 1 else 'take'} from there ({uses[0].place}"
                    f"{', …' if len(uses) > 1 else ''}), as {answer.reason}; put it there first"
                )
                yield Finding(3, answer.path, 1, 0, "missing-export", f"{move.new.module}:{name}", message)

    def _takes(self, use: Use, name: str) -> bool:
        """Does the use get the name from its module today?"""
        if use.via:
            between = self.today.surface(use.via)
            if between is not None and between[1].binds(name):
                return False
        is_starred = use.kind == "star" or use.via
        return (self.today.brings if is_starred else self.today.has)(use.module, name).has is Has.YES
