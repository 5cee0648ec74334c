"""The words of a finding about a name that a redirect lacks: what to do next, what to compare, who uses it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from migrate.foresight.holes import Origin
from migrate.foresight.uses import Use
from rollback.errors import count

_NAMED = 3
"""Places that a message names before it counts the rest; `--json` has a finding for each."""


def instead(origin: Origin, bound: str, home: str, *, is_used: bool) -> str:
    """The next step for an export that its home does not have.

    Args:
        bound: what the redirect would call it. is_used: by others.
    """
    if origin.is_certain:
        return f'write "{origin.export(bound)}" instead'
    if origin.problem:
        return f"the old module takes it from {origin.dotted}, but {origin.problem}; decide where it comes from"
    if origin.perhaps_from:
        return f"{_perhaps(origin)}; decide where it comes from"
    if origin.unclear:
        return f"in the old module {origin.unclear}; decide where it is to come from"
    if origin.line:
        where = f"{bound} is defined in the file that the redirect replaces"
        return f"{where}; {compare(origin.namesakes)}" if origin.namesakes else f"{where}; move it to {home} first"
    if origin.namesakes:
        return f"correct it; {compare(origin.namesakes)}"
    return "correct it, or mend the uses" if is_used else "correct it, or take it out of the list"


def way_out(origin: Origin, key: str, bound: str) -> str:
    """The next step for a name that a redirect lacks.

    Args:
        key: of the plan's list that lacks it. bound: what the old module calls it.
    """
    if origin.is_certain:
        return f'add "{origin.export(bound)}" to {key}'
    if origin.is_module:
        return f"import {origin.dotted} where it is used, as the redirect no longer loads it"
    if origin.problem:
        return f"it comes from {origin.dotted}, but {origin.problem}; decide where it comes from"
    if origin.perhaps_from:
        return f"{_perhaps(origin)}; decide where it comes from"
    if origin.unclear:
        return f"{origin.unclear}; decide where it is to come from, and export it from there"
    if origin.line:
        where = "it is defined only there"
        return f"{where}; {compare(origin.namesakes)}" if origin.namesakes else f"{where}, so move its definition first"
    where = "it is not there today either"
    return f"{where}; {compare(origin.namesakes)}" if origin.namesakes else f"{where}, so mend the use"


def _perhaps(origin: Origin) -> str:
    return f"it may come from {origin.perhaps_from} by a star import, which cannot be checked"


def compare(namesakes: Sequence[str]) -> str:
    """Objects of the same name, for a person to choose from."""
    listed = [f"{module}:{name}" for module, _, name in (each.rpartition(".") for each in namesakes[:_NAMED])]
    more = f" and {len(namesakes) - _NAMED} more" if len(namesakes) > _NAMED else ""
    return f"compare it with {', '.join(listed)}{more}"


def then(elsewhere: Sequence[str]) -> str:
    return " and export the one that is meant" if elsewhere else " and export it from there"


def users(uses: Iterable[Use], mentioned: str = "") -> str:
    """Who takes a name; where nobody is known to, the place that speaks of it."""
    places = list(dict.fromkeys(use.place for use in uses))
    if not places and mentioned:
        return f"no import of it is in this repository, but it is mentioned in {mentioned}"
    if not places:
        return "nobody in this repository uses it"
    more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
    verb = "uses" if len(places) == 1 else "use"
    return f"{count(len(places), 'place')} {verb} it ({', '.join(places[:_NAMED])}{more})"
