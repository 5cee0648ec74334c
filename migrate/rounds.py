"""All files of a phase, again and again until no module tells another one anything new."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from msgspec.structs import replace

from migrate.candidates import find_candidates, find_star_imports, find_words
from migrate.executors.crew import SEARCHING_PAYS, Crew
from migrate.executors.tasks import Task
from migrate.executors.workers import ALL, Workers
from migrate.findings import Finding
from migrate.knowledge import Knowledge
from migrate.load_graph import LoadGraph
from migrate.modules import module_of
from migrate.moves import MoveIndex, is_within
from migrate.plan import Move
from migrate.reexports import Words, names_told
from migrate.taken import Wanted, names_taken_by, patches_in, star_imported
from migrate.transform import FileResult, transform_if_relevant
from rollback.git import Git

Read = Callable[[str], bytes]
"""The bytes of a file that is there, by its path."""


@dataclass
class Rounds(Knowledge):
    """The files that a phase may change, and what they have told about each other so far.

    Each round looks at the files that something new is known about: names that another module passes on, names that
    a star import binds, new homes that load their importer, names that other modules take from one. The last two only
    matter where something is rewritten, so not to phase 5.

    Attributes:
        read: files of the repository that are there, by path.
        workers: who looks at the files.
        planned: what stands in for files of the tree, by path.
        progress: told how many files of a round are done, and of how many.
        aside: what else is to be done, called where it costs no time: while other processes look at files; not at all
            where they do not.
    """

    git: Git
    read: Read
    workers: Workers = ALL
    planned: Mapping[str, bytes] = field(default_factory=dict)
    progress: Callable[[int, int], None] | None = None
    aside: Callable[[], object] | None = None
    results: dict[str, FileResult] = field(init=False, default_factory=dict)
    _taken: set[str] = field(init=False, default_factory=set)
    _cycles: dict[tuple[str, str], str] = field(init=False, default_factory=dict)
    _dropped: set[str] = field(init=False, default_factory=set)
    _given: set[str] = field(init=False, default_factory=set)
    _loads: set[tuple[str, str]] = field(init=False, default_factory=set)

    def run(self) -> list[FileResult]:
        """Transform every file until nothing new comes up."""
        with Crew(self.git.root, self.workers) as self._crew:
            return self._run()

    def _run(self) -> list[FileResult]:
        self._graph = LoadGraph(self.read_if_there, self.plan.plan.source_roots)
        new_words = self._prepare()
        words = set(self._known_words)
        by_text = find_candidates(self.git, self.plan, self.phase)
        found: Collection[str] = {*by_text, *find_words(self.git, self.plan, new_words)}
        candidates = set(found)
        while found:  # what texts tell of other names is known before the first look
            _, words, found = self._follow_reexports(words, found)
            candidates |= {*found}
        self._look_at(sorted(candidates), self._meanwhile)
        while True:
            their_words = self._note_heirs(self.results.values())
            heirs = find_words(self.git, self.plan, their_words)
            again, words, found = self._follow_reexports(words | their_words, {*found, *heirs})
            again |= set(heirs) | self._read_exports(self.results.values())
            if self.phase != 5:
                again |= self._look_for_circles() | self._look_for_takers()
            if not again and not found:
                return list(self.results.values())
            self._look_at(sorted(again | set(found)))

    def _meanwhile(self) -> None:
        """Follow what new homes load, which is asked for each file that would come to import one; and the rest."""
        plan = self.plan
        moves = plan.phase3.move if plan.phase3 is not None and self.phase == 3 else ()
        calls = plan.phase4.call if plan.phase4 is not None and self.phase == 4 else ()
        homes = {move.new.module for move in moves} | {export.module for call in calls for export in call.imports}
        for home in sorted(homes):
            self._graph.explore(home)
        if self.aside is not None:
            self.aside()

    def _look_at(self, paths: Iterable[str], meanwhile: Callable[[], None] | None = None) -> None:
        tasks = self._tasks(path for path in paths if path not in self._redirected)
        cycles = tuple((module, new, chain) for (module, new), chain in sorted(self._cycles.items()))
        spec = replace(self._spec(), taken=frozenset(self._taken), cycles=cycles)
        progress = self.progress
        tick = None if progress is None else lambda done: progress(done, len(tasks))
        for result in self._crew.run(tasks, spec, transform_if_relevant, tick, meanwhile=meanwhile):
            if result is not None:
                self.results[result.path] = result

    def _tasks(self, paths: Iterable[str]) -> list[Task]:
        return [Task(path, content=self.planned.get(path)) for path in paths]

    def _follow_reexports(self, words: set[str], found: Collection[str]) -> tuple[set[str], set[str], tuple[str, ...]]:
        """Other modules' names for the plan's objects: files to look at again, and those that have the new names."""
        if not self._known_words:
            return set(), set(), ()
        spec = Words(frozenset(words), tuple(self.plan.plan.source_roots))
        self._given.update(*self._crew.run(self._tasks(sorted(found)), spec, names_told, pays=SEARCHING_PAYS))
        again, new_words = self._learn(self.results.values(), self._given)  # what led nowhere may lead to what is new
        return again, new_words, find_words(self.git, self.plan, new_words)

    def _look_for_circles(self) -> set[str]:
        """New homes that load the module which would come to import them: files to look at again."""
        again: set[str] = set()
        for result in list(self.results.values()):
            if not result.loads:
                continue
            module = module_of(result.path, self.plan.plan.source_roots).name
            for loaded in sorted(result.loads):
                new, _, name = loaded.partition(":")
                if (module, loaded) in self._loads or (name and self._file_of(f"{new}.{name}")):
                    continue  # a module can be imported while it is being loaded
                self._loads.add((module, loaded))
                chain = self._graph.chain(new, {module})
                if chain is not None and not self._is_loaded_by_old(new, module):
                    self._cycles[module, loaded] = " → ".join(chain)
                    again.add(result.path)
        return again

    def _is_loaded_by_old(self, new: str, module: str) -> bool:
        """Does an old module that `module` loads load the new one already, as a redirect does?

        Then the circle is nothing new here: one that a redirect gives rise to is a matter of the redirect's phase.

        A lazy redirect does so as soon as it is asked for a name: where its users would load the new home themselves.
        """
        moves = [m for m in MoveIndex.of(self.plan).moves if m.new.module == new != m.old.module]
        moves = [m for m in moves if self._is_loaded_with(m.old.module, module)]
        return any(self._graph.chain(m.old.module, {new}) is not None or self._is_passed_on(m) for m in moves)

    def _is_loaded_with(self, old: str, module: str) -> bool:
        """Is an old module loaded by another one, or as a package around it?"""
        return is_within(module, old) or self._graph.chain(module, {old}) is not None

    def _is_passed_on(self, move: Move) -> bool:
        """Is what moves the new object already, by the old module's name for it?"""
        names = (move.old.name,) if move.old.name else self._exports_of(move.old.module) or ()
        homes = {f"{move.old.module}.{name}": f"{move.new.module}.{move.new.name or name}" for name in names}
        return any(self._reexports.aliases([old], {new}) for old, new in homes.items())

    def _look_for_takers(self) -> set[str]:
        """Names that would be gone and that other modules take from there: files to look at again."""
        dropped = {name for r in self.results.values() for name in r.dropped} - self._dropped
        self._dropped |= dropped
        if not dropped:
            return set()
        passed_on = self._passed_on_by_stars(dropped)
        dropped = set(passed_on)
        stars = {star for found in self._star_importers.values() for star in found}
        exports = {module: self._exports_of(module) for module in sorted({_split(n)[0] for n in dropped} & stars)}
        wanted = Wanted(frozenset(dropped), tuple(self.plan.plan.source_roots), tuple(exports.items()))
        words = {module.rpartition(".")[2] if local == "*" else local for module, _, local in map(_split, dropped)}
        found = find_words(self.git, self.plan, words - {""}, everywhere=True)
        taken = frozenset[str]().union(*self._crew.run(self._tasks(found), wanted, names_taken_by))
        new = {origin for name in taken for origin in passed_on[name]} - self._taken
        self._taken |= new
        return {r.path for r in self.results.values() if not r.dropped.isdisjoint(new)}

    def about_the_plan(self) -> list[Finding]:
        """Callees, and imports of added values, that their modules do not have; what a signature contradicts."""
        found = [*self._mismatches] if self.phase == 4 else []
        for index, call in enumerate(self.plan.phase4.call if self.plan.phase4 and self.phase == 4 else ()):
            wanted = [("callee", call.callee.module, call.callee.name.partition(".")[0])]
            wanted += [(f"imports[{i}]", export.module, export.name) for i, export in enumerate(call.imports)]
            for key, module, name in wanted:
                path = self._reexports.lacks(module, name)
                problem = f"{module} has no {name}"
                if path is None:
                    path = self._reexports.lacks_module(module)
                    problem = f"there is no module {module}"
                if path is not None:
                    message = f"{problem}; correct phase4.call[{index}].{key}"
                    found.append(Finding(4, path, 1, 0, "missing-export", f"{module}:{name}", message))
        return found

    def findings(self) -> list[Finding]:
        """Patches of a name in a module that, after this phase, no longer uses the object by that name."""
        names = {name for r in self.results.values() for name in r.rerouted}
        if not names or self.phase != 3:
            return []
        paths = find_words(self.git, self.plan, {name.rpartition(".")[2] for name in names})
        wanted = Wanted(frozenset(names), tuple(self.plan.plan.source_roots))
        with Crew(self.git.root, self.workers) as crew:
            return [finding for found in crew.run(self._tasks(paths), wanted, patches_in) for finding in found]

    def _passed_on_by_stars(self, names: Collection[str]) -> dict[str, set[str]]:
        """The names, and what they are called in modules that import everything from theirs, each to the names."""
        found = {name: {name} for name in sorted(names)}
        pending = {name.rpartition(".")[0] for name in names}
        seen = set(pending)
        while pending:
            more: set[str] = set()
            for module, stars in self._star_importers.items():
                if not stars.isdisjoint(pending):
                    for name, origins in [item for item in found.items() if item[0].rpartition(".")[0] in stars]:
                        found.setdefault(f"{module}.{name.rpartition('.')[2]}", set()).update(origins)
                    more.add(module)
            pending = more - seen
            seen |= more
        return found

    @cached_property
    def _star_importers(self) -> dict[str, frozenset[str]]:
        """Modules that import everything from others, with these."""
        found: dict[str, frozenset[str]] = {}
        for path in find_star_imports(self.git, self.plan):
            importer = module_of(path, self.plan.plan.source_roots)
            found[importer.name] = star_imported(self.read(path), importer)
        return found

    def _is_there(self, path: str) -> bool:
        return self.git.is_file(path)


def _split(name: str) -> tuple[str, str, str]:
    return name.rpartition(".")
