"""What a tool made of a tree's sites: right, right in other words, missed, wrong, or a file that no longer compiles."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from benchmarks.speed.alignment import Alignment
from benchmarks.speed.meaning import Imports, Meaning, meaning_of
from benchmarks.speed.truth import Site, Truth, lines_of

Read = Callable[[str], bytes | None]
"""Bytes of a file by path; None where there is none."""


class Outcome(StrEnum):
    """What became of one site that had to change."""

    RIGHT = "right"
    OTHERWISE = "other text"
    MISSED = "missed"
    WRONG = "wrong"
    BROKEN = "broken"


@dataclass(frozen=True)
class Judgement:
    """Sites by outcome; `strays` are places changed that had to stay, `files` those that were written."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    strays: int = 0
    files: int = 0
    notes: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """All of it as numbers by name."""
        return {**{str(o): self.outcomes[o] for o in Outcome}, "strays": self.strays, "files": self.files}


def judge(truth: Truth, phase: int, changed: Iterable[str], before: Read, after: Read) -> Judgement:
    """Compare what a tool wrote with what it had to.

    Args:
        changed: the paths that it wrote, added or removed.
    """
    outcomes: Counter[Outcome] = Counter()
    strays, notes = 0, []
    written = {path for path in changed if path not in truth.apart}
    for path in sorted(written | truth.paths(phase)):
        sites, was = truth.of(path, phase), before(path)
        if was is None:
            strays += 1
            notes.append(f"{path}: added")
            continue
        file = _File(was, after(path), truth.expected(path, phase, was), sites, truth.objects(phase))
        found = Counter(file.outcome(site) for site in sites)
        outcomes += found
        lines = file.strays() if path in written else []
        strays += len(lines)
        notes += [f"{path}: {outcome} {count}" for outcome, count in found.items() if outcome is not Outcome.RIGHT]
        notes += [f"{path}:{line}: changed, and had to stay" for line in lines]
    return Judgement(outcomes, strays, len(written), tuple(notes))


class _File:
    def __init__(
        self, before: bytes, after: bytes | None, expected: bytes, sites: list[Site], objects: frozenset[str]
    ) -> None:
        self._before, self._after, self._expected = before, after, expected
        self._sites, self._objects = sites, objects

    def outcome(self, site: Site) -> Outcome:
        if self._after is None or self._is_broken:
            return Outcome.BROKEN
        if self._after == self._expected:
            return Outcome.RIGHT
        if self._after == self._before:
            return Outcome.MISSED
        first, last = self._place_in_expected(site)
        if self._from_expected.keeps(first, last):
            return Outcome.RIGHT
        is_kept = self._from_before.keeps(site.line - 1, site.end_line)
        if self._meanings is None:
            return Outcome.MISSED if is_kept else Outcome.WRONG
        was, wanted, is_now = self._meanings
        scope = was.scope_at(site.line)
        scopes = {scope, *self._users(was.imports[scope])}
        if self._same(scope, scopes, is_now, wanted):
            return Outcome.OTHERWISE
        if is_kept or self._same(scope, scopes, is_now, was):
            return Outcome.MISSED
        return Outcome.WRONG

    def strays(self) -> list[int]:
        """Lines, of the file as it was, where something was changed that had to stay."""
        if self._after is None:
            return [1]
        if self._after == self._expected:
            return []
        found = []
        for first, last, text in self._from_before.hunks():
            if any(site.line - 1 < max(last, first + 1) and first < site.end_line for site in self._sites):
                continue
            old = b"".join(lines_of(self._before)[first:last])
            if not self._is_spelling(first + 1, old, text):
                found.append(first + 1)
        return found

    def _is_spelling(self, line: int, old: bytes, new: bytes) -> bool:
        """Did only the words change in which this place says what it has to?"""
        if self._meanings is None or _comments(old) != _comments(new):
            return False
        was, wanted, is_now = self._meanings
        scope = was.scope_at(line)
        return is_now.units.get(scope) == wanted.units.get(scope)

    def _same(self, scope: str, scopes: set[str], one: Meaning, other: Meaning) -> bool:
        """Do these scopes say the same, and does `scope` import the same that nothing uses?"""
        if any(one.units.get(each) != other.units.get(each) for each in scopes):
            return False
        return self._idle(one.imports.get(scope)) == self._idle(other.imports.get(scope))

    def _users(self, imports: Imports) -> set[str]:
        """The scopes that reach one of the plan's objects, or what is inside it, through some imports."""
        paths = (path for path in imports.reached if self._is_planned(path))
        return {scope for path in paths for scope in imports.reached[path]}

    def _is_planned(self, path: str) -> bool:
        return any(path == name or path.startswith(f"{name}.") for name in self._objects)

    def _idle(self, imports: Imports | None) -> set[str]:
        """What is imported of the plan's modules, and not reached through that."""
        if imports is None:
            return set()
        used = tuple(f"{path}." for path in imports.reached)
        mine = {path for path in imports.imported if self._is_of_modules(path)}
        return {path for path in mine if not any(each.startswith(f"{path}.") for each in used)}

    def _is_of_modules(self, path: str) -> bool:
        modules = {name.rpartition(".")[0] for name in self._objects}
        return path in modules or path.rpartition(".")[0] in modules

    def _place_in_expected(self, site: Site) -> tuple[int, int]:
        """The lines of a site, from 0 and half-open, in the file as it has to become."""
        shift = sum(
            each.after.count("\n") - (each.end_line - each.line + 1) for each in self._sites if each.line < site.line
        )
        return site.line - 1 + shift, site.line - 1 + shift + site.after.count("\n")

    @cached_property
    def _from_before(self) -> Alignment:
        return Alignment(self._before, self._after or b"")

    @cached_property
    def _from_expected(self) -> Alignment:
        return Alignment(self._expected, self._after or b"")

    @cached_property
    def _meanings(self) -> tuple[Meaning, Meaning, Meaning] | None:
        """As it was, as it has to be, as it is; None where one of them does not parse."""
        try:
            with warnings.catch_warnings(action="ignore"):
                return meaning_of(self._before), meaning_of(self._expected), meaning_of(self._after or b"")
        except (SyntaxError, ValueError, RecursionError):
            return None

    @cached_property
    def _is_broken(self) -> bool:
        assert self._after is not None
        return self._after != self._before and compiles(self._before) and not compiles(self._after)


def _comments(text: bytes) -> Counter[bytes]:
    return Counter(re.findall(rb"#[^\r\n]*", text))


def compiles(source: bytes) -> bool:
    """Does this interpreter take it?"""
    try:
        with warnings.catch_warnings(action="ignore"):
            compile(source, "<file>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
