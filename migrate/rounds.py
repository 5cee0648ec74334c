"""All files of a phase, again and again until no module tells another one anything new."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from migrate.candidates import find_candidates, find_star_imports, find_words, relevance
from migrate.definitions.lookup import Definitions, Unknown
from migrate.executors import transform_files
from migrate.exports import star_exports
from migrate.findings import Finding
from migrate.load_graph import LoadGraph
from migrate.locate.callees import owner_of
from migrate.locate.sites import is_kept
from migrate.modules import file_of, module_of
from migrate.moves import MoveIndex
from migrate.plan import Move, Plan
from migrate.plan_calls import Call
from migrate.reexports import Reexports
from migrate.signatures import Signature
from migrate.source import Source, UnparsableSource
from migrate.taken import may_take, names_taken, patches, star_imported
from migrate.transform import FileResult, PhaseSpec, passed_on
from rollback.git import Git

Read = Callable[[str], bytes]
"""The bytes of a file that is there, by its path."""
ReadIfThere = Callable[[str], bytes | None]


@dataclass
class Rounds:
    """The files that a phase may change, and what they have told about each other so far.

    Each round looks at the files that something new is known about: names that another module passes on, names that
    a star import binds, new homes that load their importer, names that other modules take from one.

    Attributes:
        read, read_if_there: files of the repository, by path.
        progress: told how many files of a round are done, and of how many.
        notes: remarks for people.
    """

    git: Git
    plan: Plan
    phase: int
    read: Read
    read_if_there: ReadIfThere
    jobs: int | None = None
    progress: Callable[[int, int], None] | None = None
    results: dict[str, FileResult] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _aliases: dict[str, str] = field(default_factory=dict)
    _maybe: dict[str, str] = field(default_factory=dict)
    _exports: dict[str, frozenset[str] | None] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)
    _cycles: dict[tuple[str, str], str] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _dropped: set[str] = field(default_factory=set)
    _loads: set[tuple[str, str]] = field(default_factory=set)
    _subclasses: dict[str, str] = field(default_factory=dict)
    _signatures: dict[str, Signature] = field(default_factory=dict)
    _mismatches: list[Finding] = field(default_factory=list)
    _hidden: frozenset[str] = frozenset()
    _known_words: set[str] = field(default_factory=set)

    def run(self) -> list[FileResult]:
        """Transform every file until nothing new comes up."""
        self._reexports = Reexports(self.plan, self.read_if_there)
        self._graph = LoadGraph(self.read_if_there, self.plan.plan.source_roots)
        self._wanted = passed_on(self.plan, self.phase)
        self._known_words = {name.rpartition(".")[2] for name in self._wanted}
        self._redirected = {path for r in self.plan.redirects if (path := self._file_of(r.module))}
        modules = {m.old.module for m in MoveIndex.of(self.plan).moves} if self.phase in (3, 5) else set()
        if self.phase in (4, 5) and self.plan.phase4 is not None:
            modules |= {call.callee.module for call in self.plan.phase4.call}
        if modules:
            files = (module for module in modules if self._file_of(module))  # others are what the name is bound to
            self._hidden = frozenset(module for module in files if self._reexports.hides(module))
        self._known_words |= (new_words := self._read_definitions())
        words = set(self._known_words)
        found: Collection[str] = find_candidates(self.git, self.plan, self.phase, self.read)
        found = {*found, *find_words(self.git, self.plan, new_words)}
        candidates = set(found)
        while found:  # what texts tell of other names is known before the first look
            _, words, found = self._follow_reexports(words, found)
            candidates |= {*found}
        self._look_at(sorted(candidates))
        while True:
            heirs, their_words = self._look_for_heirs()
            again, words, found = self._follow_reexports(words | their_words, {*found, *heirs})
            again |= set(heirs)
            again |= self._read_exports() | self._look_for_circles() | self._look_for_takers()
            if not again and not found:
                return list(self.results.values())
            self._look_at(sorted(again | set(found)))

    def _look_at(self, paths: Iterable[str]) -> None:
        files = [(path, self.read(path)) for path in paths if path not in self._redirected]
        spec = PhaseSpec(
            self.plan,
            self.phase,
            tuple(sorted(self._aliases.items())),
            tuple(sorted(self._maybe.items())),
            tuple(sorted(self._exports.items(), key=lambda item: item[0])),
            frozenset(self._taken),
            tuple((module, new, chain) for (module, new), chain in sorted(self._cycles.items())),
            self._hidden,
            tuple(sorted(self._signatures.items(), key=lambda item: item[0])),
            tuple(sorted(self._subclasses.items())),
        )
        tests = [relevance(self.plan, part, spec.other_names(part)) for part in spec.parts]
        relevant = [(path, content) for path, content in files if any(test(path, content) for test in tests)]
        progress = self.progress
        tick = None if progress is None else lambda done: progress(done, len(relevant))
        for result in transform_files(relevant, spec, self.jobs, tick):
            self.results[result.path] = result

    def _follow_reexports(self, words: set[str], found: Collection[str]) -> tuple[set[str], set[str], tuple[str, ...]]:
        """Other modules' names for the plan's objects: files to look at again, and those that have the new names."""
        if not self._wanted:
            return set(), set(), ()
        aliases, maybe = self._aliases, self._maybe
        wanted = self._wanted | set(self._subclasses)
        renamed, doubtful = self._reexports.renamed(
            ((p, self.read(p)) for p in found), words, wanted | set(aliases) | set(maybe)
        )
        uncertain = {n: real for n, real in renamed.items() if real in maybe} | dict(doubtful)
        renamed = {n: real for n, real in renamed.items() if real not in maybe}
        unresolved = {n for r in self.results.values() for n in r.unresolved if not n.endswith(".*")} - self._asked
        self._asked |= unresolved
        new = {**self._reexports.aliases(unresolved, wanted), **renamed}
        new = {name: aliases.get(real, real) for name, real in new.items() if name not in aliases}
        uncertain |= self._reexports.uncertain(unresolved - set(new), wanted)
        doubts = {
            name: aliases.get(real, maybe.get(real, real))
            for name, real in uncertain.items()
            if name not in aliases and name not in new and name not in maybe
        }
        if not new and not doubts:
            return set(), set(), ()
        aliases |= new
        maybe |= doubts
        words = {name.rpartition(".")[2] for name in (*renamed, *uncertain)} - self._known_words
        self._known_words |= words
        again = {r.path for r in self.results.values() if not r.unresolved.isdisjoint({*new, *doubts})}
        return again, words, find_words(self.git, self.plan, words)

    def _look_for_heirs(self) -> tuple[tuple[str, ...], set[str]]:
        """Classes found to inherit a constructor: the files that may name them, and their names."""
        found = {heir: base for r in self.results.values() for heir, base in r.subclasses}
        new = {heir: base for heir, base in found.items() if heir not in self._subclasses}
        self._subclasses |= new
        words = {heir.rpartition(".")[2] for heir in new}
        return find_words(self.git, self.plan, words), words

    def _read_definitions(self) -> set[str]:
        """What the plan's callees take, as far as the repository tells, with a note on each that is not known.

        Returns:
            Names by which the modules that define callees know them, where the plan names another module.
        """
        if self.phase not in (4, 5) or self.plan.phase4 is None:
            return set()
        definitions = Definitions(self.plan.plan.source_roots, self.read_if_there)
        homes: dict[str, str] = {}
        for index, call in enumerate(self.plan.phase4.call):
            found = definitions.signature(call.callee)
            if isinstance(found, Unknown):
                self.notes.append(f"{call.callee}: calls are not checked against its signature: {found.reason}")
            else:
                self._signatures[call.callee.dotted] = found
                self._mismatches += _mismatches(index, call, found, definitions.place(call.callee))
            home = definitions.home(call.callee)
            homes[home] = call.callee.dotted
            if owner := owner_of(call):
                homes[home.rpartition(".")[0]] = owner
        homes = {home: dotted for home, dotted in homes.items() if home not in ("", dotted)}
        self._aliases |= homes
        self._wanted |= homes.keys()
        return {home.rpartition(".")[2] for home in homes} - self._known_words

    def _read_exports(self) -> set[str]:
        """What star imports bind, and the files that asked."""
        asked = {name for r in self.results.values() for name in r.unresolved if name.endswith(".*")} - self._asked
        self._asked |= asked
        for name in asked:
            self._exports_of(name.removesuffix(".*"))
        return {r.path for r in self.results.values() if not r.unresolved.isdisjoint(asked)}

    def _exports_of(self, module: str) -> frozenset[str] | None:
        if module not in self._exports:
            self._exports[module] = None  # modules in a circle are not certain
            path = self._file_of(module)
            content = self.read_if_there(path) if path is not None else None
            if path is not None and content is not None:
                importer = module_of(path, self.plan.plan.source_roots)
                try:
                    tree = Source(content).parse()
                    self._exports[module] = star_exports(tree, importer, self._exports_of)
                except (UnparsableSource, RecursionError):
                    self._exports[module] = None
        return self._exports[module]

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
                if chain is not None and not self._is_loaded_by_old(new):
                    self._cycles[module, loaded] = " → ".join(chain)
                    again.add(result.path)
        return again

    def _is_loaded_by_old(self, new: str) -> bool:
        """Does an old module load the new one already, as a redirect does? Then the circle is nothing new.

        A lazy redirect does so as soon as it is asked for a name: where its users would load the new home themselves.
        """
        moves = [m for m in MoveIndex.of(self.plan).moves if m.new.module == new != m.old.module]
        return any(self._graph.chain(m.old.module, {new}) is not None or self._is_passed_on(m) for m in moves)

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
        test = may_take(passed_on)
        taken: set[str] = set()
        dropped = set(passed_on)
        words = {module.rpartition(".")[2] if local == "*" else local for module, _, local in map(_split, dropped)}
        for path in find_words(self.git, self.plan, words - {""}, everywhere=True):
            content = self.read(path)
            if test(content):
                taken |= names_taken(content, module_of(path, self.plan.plan.source_roots), dropped, self._exports_of)
        taken = {passed_on[name] for name in taken} - self._taken
        self._taken |= taken
        return {r.path for r in self.results.values() if not r.dropped.isdisjoint(taken)}

    def about_the_plan(self) -> list[Finding]:
        """Callees, and imports of added values, that their modules do not have; what a signature contradicts."""
        found = [*self._mismatches] if self.phase == 4 else []
        for index, call in enumerate(self.plan.phase4.call if self.plan.phase4 and self.phase == 4 else ()):
            wanted = [("callee", call.callee.module, call.callee.name.partition(".")[0])]
            wanted += [(f"imports[{i}]", export.module, export.name) for i, export in enumerate(call.imports)]
            for key, module, name in wanted:
                path = self._reexports.lacks(module, name)
                if path is not None:
                    message = f"{module} has no {name}; correct phase4.call[{index}].{key}"
                    found.append(Finding(4, path, 1, 0, "missing-export", f"{module}:{name}", message))
        return found

    def findings(self) -> list[Finding]:
        """Patches of a name in a module that, after this phase, no longer uses the object by that name."""
        names = {name for r in self.results.values() for name in r.rerouted}
        if not names or self.phase != 3:
            return []
        found: list[Finding] = []
        for path in find_words(self.git, self.plan, {name.rpartition(".")[2] for name in names}):
            content = self.read(path)
            if not any(word in content for word in (b"patch", b"setattr", b"delattr", b"spy")):
                continue
            importer = module_of(path, self.plan.plan.source_roots)
            for name, node in patches(content, importer, names):
                message = (
                    f"this patch goes by way of {name}, and {name.rpartition('.')[0]} no longer uses what has moved by "
                    "that name; patch the name that it uses now"
                )
                last = node.end_lineno or node.lineno
                found.append(Finding(3, path, node.lineno, node.col_offset, "shim-patch", name, message, last))
        return [f for f in found if not is_kept(self.read(f.path), f)]

    def _passed_on_by_stars(self, names: Collection[str]) -> dict[str, str]:
        """The names, and what they are called in modules that import everything from theirs, each to the name."""
        found = {name: name for name in names}
        pending = {name.rpartition(".")[0] for name in names}
        seen = set(pending)
        while pending:
            more: set[str] = set()
            for module, stars in self._star_importers.items():
                if not stars.isdisjoint(pending):
                    for name, origin in [item for item in found.items() if item[0].rpartition(".")[0] in stars]:
                        found.setdefault(f"{module}.{name.rpartition('.')[2]}", origin)
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

    def _file_of(self, module: str) -> str | None:
        return file_of(module, self.plan.plan.source_roots, lambda path: (self.git.root / path).is_file())


def _mismatches(index: int, call: Call, signature: Signature, place: tuple[str, int]) -> Iterator[Finding]:
    """What the plan says of a callee that its definition, at `place`, contradicts."""
    parameters = (*signature.positional_only, *signature.positional, *signature.keyword_only)
    names = {parameter.name for parameter in parameters}
    sentences: list[str] = []
    for position, name in enumerate(call.keyword_only):
        if name not in names:
            key = f"phase4.call[{index}].keyword_only[{position}]"
            sentences.append(f"{call.callee} has no parameter {name!r}; its signature is {signature}; correct {key}")
    if call.attributes and signature.kind != "class":
        what = "a function" if signature.kind == "function" else "a method"
        key = f"phase4.call[{index}].attributes"
        sentences.append(f"{call.callee} is {what}, and only instances of classes have attributes; remove {key}")
    for key, name in [
        *((f"rename.{old}", new) for old, new in call.rename.items()),
        *((f"add.{n}", n) for n in call.add),
    ]:
        if not signature.accepts(name):
            where = f"correct phase4.call[{index}].{key}, or give it that parameter first"
            sentences.append(f"{call.callee} does not take {name!r}; its signature is {signature}; {where}")
    sentences += [
        f"{call.callee} still takes {name!r}; its signature is {signature}; take that parameter out first"
        for name in call.old
        if name in signature.by_name
    ]
    path, line = place
    for sentence in sentences:
        yield Finding(4, path, line, 0, "signature-mismatch", str(call.callee), sentence)


def _split(name: str) -> tuple[str, str, str]:
    return name.rpartition(".")
