"""Circles of imports that a redirect gives rise to, in each state that the repository goes through, edge by edge."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from msgspec import Struct

from migrate.foresight.later import Later
from migrate.foresight.loading import Frame, Loading, Script, TooMuch, read_script
from migrate.load_graph import LoadGraph
from migrate.modules import file_of, module_of
from migrate.plan_redirects import Redirect
from migrate.redirect_text import RESERVED

_ENOUGH = 500_000
"""Steps in thought after which no further module is taken as the first one that is loaded."""


class Edge(Struct, frozen=True):
    """One module imports another while it is loaded.

    Attributes:
        path: the importing file. line: of the import, from 1; 0 for a lazy redirect that looks up a name.
    """

    importer: str
    imported: str
    path: str
    line: int

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{self.importer} → {self.imported} ({place})"


@dataclass(frozen=True)
class Circle:
    """A chain of imports that fails, as the last one leads back to where the first one begins.

    Attributes:
        edges: those of a chain through the redirect begin there.
        is_moved: it fails only after phase 3.
        start: a module that, when it is loaded first, fails for it.
    """

    edges: tuple[Edge, ...]
    is_moved: bool = False
    start: str = field(default="", compare=False)

    def leads_through(self, module: str) -> bool:
        return self.edges[0].importer == module


@dataclass
class _State:
    """The repository with some redirects in place.

    Attributes:
        read: the bytes of a file, or None when there is no such file.
        redirects: by module. parsed: scripts by path and bytes, for all states.
    """

    read: Callable[[str], bytes | None]
    source_roots: Sequence[str]
    redirects: Mapping[str, Redirect]
    parsed: dict[tuple[str, bytes], Script]
    is_moved: bool = False

    @cached_property
    def _planned(self) -> dict[str, bytes]:
        files = ((self.file(module), redirect) for module, redirect in self.redirects.items())
        return {path: _eager_text(redirect) for path, redirect in files if path}

    @cached_property
    def graph(self) -> LoadGraph:
        return LoadGraph(self._text, self.source_roots)

    def file(self, module: str) -> str:
        return file_of(module, self.source_roots, lambda path: self.read(path) is not None) or ""

    def script(self, module: str) -> Script | None:
        path = self.file(module)
        content = self._text(path) if path else None
        if content is None:
            return None
        if (path, content) not in self.parsed:
            self.parsed[path, content] = read_script(content, module_of(path, self.source_roots))
        return self.parsed[path, content]

    def _text(self, path: str) -> bytes | None:
        return self._planned[path] if path in self._planned else self.read(path)

    def members(self, redirect: Redirect) -> frozenset[str]:
        """The modules that the redirect loads, and that load it: none where no chain leads back."""
        homes = [export.module for export in redirect.exports]
        around = {package for module in (redirect.module, *homes) for package in _packages(module)}
        starts = {module for module in (*homes, *around) if module != redirect.module}
        if all(self.graph.chain(start, {redirect.module}) is None for start in sorted(starts)):
            return frozenset()
        return self.graph.between(starts, redirect.module)

    def loading(self, members: Collection[str], redirect: Redirect | None = None) -> Loading:
        """Loads the members in thought.

        Args:
            redirect: in the place of the one of its module.
        """
        redirects = {**self.redirects, **({} if redirect is None else {redirect.module: redirect})}
        lazy = {
            each.module: {export.bound: (export.module, export.name) for export in each.exports}
            for each in redirects.values()
            if each.warn == "lazy"
        }
        planned = Script()
        if redirect is not None and redirect.warn != "lazy":
            path = self.file(redirect.module)
            planned = read_script(_eager_text(redirect), module_of(path, self.source_roots))

        wanted = set(members)

        def script(module: str) -> Script | None:
            if redirect is not None and module == redirect.module:
                return planned
            found = self.script(module) if module in wanted else None
            if found is not None:  # what a star import binds has to be known
                wanted.update(step.module for step in found.steps if step.does == "star")
            return found

        return Loading(script, lazy)


@dataclass
class Circles:
    """Chains of imports that fail once redirects are in place, and did not before.

    Attributes:
        read: the bytes of a file of the repository as it is, or None when there is no such file.
        redirects: the plan's, by module. second: those of phase 2.
        later: the files after phase 3; None where that changes none.
    """

    read: Callable[[str], bytes | None]
    source_roots: Sequence[str]
    redirects: Mapping[str, Redirect]
    second: Collection[str] = ()
    later: Later | None = None
    _parsed: dict[tuple[str, bytes], Script] = field(default_factory=dict, repr=False)

    @cached_property
    def _today(self) -> _State:
        return self._state(self.read, {})

    @cached_property
    def _states(self) -> tuple[_State, ...]:
        """After each of the phases 1 to 3 that changes something."""
        first = {module: redirect for module, redirect in self.redirects.items() if module not in self.second}
        states = [self._state(self.read, first)] if first and self.second else []
        states.append(self._state(self.read, self.redirects))
        if self.later is not None and self.later.edits:
            states.append(self._state(self.later.read_if_there, self.redirects, is_moved=True))
        return tuple(states)

    @cached_property
    def _after_moves(self) -> tuple[LoadGraph, LoadGraph]:
        """After phase 3, without and with the redirects."""
        if self.later is None or not self.later.edits:
            return self._today.graph, self._states[-1].graph
        return self._state(self.later.read_if_there, {}).graph, self._states[-1].graph

    def _state(
        self, read: Callable[[str], bytes | None], redirects: Mapping[str, Redirect], *, is_moved: bool = False
    ) -> _State:
        return _State(read, self.source_roots, redirects, self._parsed, is_moved)

    def no_longer_loads(self, module: str, submodule: str) -> bool:
        """Does loading a package load a module in it today, and not when it is a redirect?"""
        before, after = self._after_moves
        if before.chain(module, {submodule}) is None:
            return False
        return self.redirects[module].warn == "lazy" or after.chain(module, {submodule}) is None

    def of(self, redirect: Redirect, *, anywhere: bool = True) -> Circle | None:
        """The shortest circle in the first state, from the redirect's phase on, that has one.

        The loading of each of the modules that may be on one is gone through, statement by statement: an import fails
        where it takes a name from a module that is being loaded and has not bound it so far.

        Args:
            anywhere: whichever module is loaded first, as far as that is not too many; otherwise, the redirect or a
                home, only chains through the redirect, and those that fail today as well.
        """
        states = [s for s in self._states if redirect.module in s.redirects or redirect.module not in self.redirects]
        # Where phase 3 has an import of a home, there is one of the redirect before: it adds no member.
        members = frozenset[str]().union(*(state.members(redirect) for state in states if not state.is_moved))
        if members:
            members |= self._today.graph.between({redirect.module, *_packages(redirect.module)}, redirect.module)
        for state in states if members else ():
            found = self._found(state, redirect, members, anywhere=anywhere)
            if found:
                return min(found, key=lambda circle: (not circle.leads_through(redirect.module), len(circle.edges)))
        return None

    def mends_as_lazy(self, redirect: Redirect) -> bool:
        """Would there be no circle if the redirect were a lazy one?"""
        if redirect.warn == "lazy" or any(export.bound in RESERVED["lazy"] for export in redirect.exports):
            return False
        return self.of(redirect.model_copy(update={"warn": "lazy"})) is None

    def _found(self, state: _State, redirect: Redirect, members: frozenset[str], *, anywhere: bool) -> list[Circle]:
        loading = state.loading(members, redirect)
        today = self._today.loading({*members, redirect.module})
        homes = dict.fromkeys(export.module for export in redirect.exports)
        found: list[Circle] = []
        for start in dict.fromkeys((redirect.module, *homes, *(sorted(members) if anywhere else ()))):
            if loading.steps > _ENOUGH and start not in homes:
                break
            try:
                frames = loading.circle(start)
            except TooMuch:
                continue
            modules = [frame.module for frame in frames]
            if redirect.module in modules:
                at = modules.index(redirect.module)
                frames = (*frames[at:], *frames[:at])
                is_compared = anywhere and not self._is_in_place(redirect)
                is_new = not is_compared or today.loads(start)
            else:  # one of another redirect is found there
                is_mine = anywhere and frames and self.redirects.keys().isdisjoint(modules)
                is_new = bool(is_mine) and today.loads(start)
            if is_new:
                found.append(Circle(tuple(self._edges(state, frames)), state.is_moved, start))
        return found

    def _is_in_place(self, redirect: Redirect) -> bool:
        return self.read(self._today.file(redirect.module)) == redirect.text().encode()

    def _edges(self, state: _State, circle: Sequence[Frame]) -> Iterator[Edge]:
        for frame, after in zip(circle, (*circle[1:], circle[0]), strict=True):
            path, line = state.file(frame.module), frame.line
            if state.is_moved and self.later is not None and frame.module not in state.redirects:
                line = self.later.line_as_it_is(path, line)
            yield Edge(frame.module, after.module, path, line)


def _eager_text(redirect: Redirect) -> bytes:
    """What a redirect says that imports its names while it is loaded."""
    return redirect.model_copy(update={"warn": "none"}).text().encode()


def _packages(module: str) -> Iterable[str]:
    """`a`, `a.b` of `a.b.c`."""
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]
