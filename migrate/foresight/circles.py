"""A redirect that would load itself through its new home, with the chain of imports edge by edge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from migrate.foresight.loading import Frame, Loading, Script, TooMuch, read_script
from migrate.load_graph import LoadGraph
from migrate.modules import file_of, module_of
from migrate.plan_redirects import Redirect

_ENOUGH = 500_000
"""Steps in thought after which no further module is taken as the first one that is loaded."""

_ENOUGH = 500_000
"""Steps in thought after which no further module is taken as the first one that is loaded."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One module imports another while it is loaded.

    Attributes:
        path: the importing file. line: of the import, from 1.
    """

    importer: str
    imported: str
    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer} → {self.imported} ({self.path}:{self.line})"


@dataclass
class Circles:
    """Chains of imports that lead back to a redirect, in the repository with all redirects in place.

    Attributes:
        read: the bytes of a file of the repository, or None when there is no such file.
        redirects: the plan's, by module.
    """

    read: Callable[[str], bytes | None]
    source_roots: Sequence[str]
    redirects: Mapping[str, Redirect]
    _scripts: dict[str, Script | None] = field(default_factory=dict, repr=False)

    @cached_property
    def _planned(self) -> dict[str, bytes]:
        files = ((self._file(module, self.read), redirect) for module, redirect in self.redirects.items())
        return {path: _eager_text(redirect) for path, redirect in files if path}

    @cached_property
    def _graph(self) -> LoadGraph:
        return LoadGraph(self._read, self.source_roots)

    @cached_property
    def _today(self) -> LoadGraph:
        return LoadGraph(self.read, self.source_roots)

    def _read(self, path: str) -> bytes | None:
        return self._planned[path] if path in self._planned else self.read(path)

    def _file(self, module: str, read: Callable[[str], bytes | None]) -> str:
        return file_of(module, self.source_roots, lambda path: read(path) is not None) or ""

    def no_longer_loads(self, module: str, submodule: str) -> bool:
        """Does loading a package load a module in it today, and not when it is a redirect?"""
        if self._today.chain(module, {submodule}) is None:
            return False
        return self.redirects[module].warn == "lazy" or self._graph.chain(module, {submodule}) is None

    def of(self, redirect: Redirect, *, anywhere: bool = True) -> tuple[Edge, ...]:
        """The chain redirect → new home → … → redirect on which an import fails; empty when there is none.

        The loading of each of the modules that may be on such a chain is gone through, statement by statement: an
        import fails where it takes a name from a module that is being loaded and has not bound it so far.

        Args:
            anywhere: whichever module is loaded first, as far as that is not too many; otherwise, the redirect or a
                home.
        """
        members = self._members(redirect)
        if not members:
            return ()
        lazy = {
            each.module: {export.bound: (export.module, export.name) for export in each.exports}
            for each in {**self.redirects, redirect.module: redirect}.values()
            if each.warn == "lazy"
        }
        planned = Script()
        path = self._file(redirect.module, self._read)
        if redirect.warn != "lazy":
            planned = read_script(_eager_text(redirect), module_of(path, self.source_roots))

        def script(module: str) -> Script | None:
            if module == redirect.module:
                return planned
            return self._script(module) if module in members else None

        loading = Loading(script, lazy)
        homes = dict.fromkeys(export.module for export in redirect.exports)
        found: list[tuple[Edge, ...]] = []
        for start in dict.fromkeys((redirect.module, *homes, *(sorted(members) if anywhere else ()))):
            if loading.steps > _ENOUGH and start not in homes:
                break
            try:
                circle = loading.circle(start)
            except TooMuch:
                continue
            modules = [frame.module for frame in circle]
            if redirect.module in modules:
                at = modules.index(redirect.module)
                found.append(self._edges((*circle[at:], *circle[:at])))
        return min(found, key=len, default=())

    def _edges(self, circle: Sequence[Frame]) -> tuple[Edge, ...]:
        following = (*circle[1:], circle[0])
        return tuple(
            Edge(frame.module, after.module, self._file(frame.module, self._read), frame.line)
            for frame, after in zip(circle, following, strict=True)
        )

    def _script(self, module: str) -> Script | None:
        if module not in self._scripts:
            path = self._file(module, self._read)
            content = self._read(path) if path else None
            found = None if content is None else read_script(content, module_of(path, self.source_roots))
            self._scripts[module] = found
        return self._scripts[module]

    def _members(self, redirect: Redirect) -> frozenset[str]:
        """The modules that the redirect loads, and that load it: none where no chain leads back."""
        homes = [export.module for export in redirect.exports]
        around = {package for module in (redirect.module, *homes) for package in _packages(module)}
        starts = {module for module in (*homes, *around) if module != redirect.module}
        if all(self._graph.chain(start, {redirect.module}) is None for start in sorted(starts)):
            return frozenset()
        return self._graph.between(starts, redirect.module)


def _eager_text(redirect: Redirect) -> bytes:
    """What a redirect says that imports its names while it is loaded."""
    return redirect.model_copy(update={"warn": "none"}).text().encode()


def _packages(module: str) -> Iterable[str]:
    """`a`, `a.b` of `a.b.c`."""
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]
