"""What the modules of a repository have told about each other so far: re-exports, star imports, heirs, signatures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from migrate.definitions.lookup import Definitions, Unknown
from migrate.exports import star_exports
from migrate.findings import Finding
from migrate.locate.callees import owner_of
from migrate.locating import PhaseSpec, parts_of, passed_on
from migrate.modules import file_of, module_of
from migrate.moves import MoveIndex
from migrate.plan import Plan
from migrate.plan_calls import Call
from migrate.reexports import Reexports
from migrate.signatures import Signature
from migrate.source import Source, UnparsableSource

ReadIfThere = Callable[[str], bytes | None]
"""The bytes of a file by its path, None where there is none."""


class Told(Protocol):
    """What one file has told; see `locate.sites.Located`."""

    @property
    def path(self) -> str: ...
    @property
    def unresolved(self) -> frozenset[str]: ...
    @property
    def subclasses(self) -> frozenset[tuple[str, str]]: ...


@dataclass
class _OtherNames:
    """What other modules call the objects that one phase looks for.

    Attributes:
        wanted: the objects, dotted. aliases, maybe: other names, to what each is, or may be.
        words: last names that files have been looked at for.
    """

    wanted: set[str]
    words: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    maybe: dict[str, str] = field(default_factory=dict)

    def learn(
        self, reexports: Reexports, given: Collection[str], unresolved: Collection[str], heirs: Collection[str]
    ) -> tuple[set[str], set[str]]:
        """Find out which names are one of the objects.

        Args:
            given: names that modules give to something. unresolved: those that files have asked about.
            heirs: classes that inherit a constructor.
        Returns:
            Names that are new, and those of `given` that are, or may be, one of the objects.
        """
        aliases, maybe = self.aliases, self.maybe
        wanted = {*self.wanted, *heirs}
        known = wanted | aliases.keys() | maybe.keys()
        renamed, uncertain = reexports.aliases(given, known), dict(reexports.uncertain(given, known))
        uncertain |= {name: real for name, real in renamed.items() if real in maybe}
        renamed = {name: real for name, real in renamed.items() if real not in maybe}
        new = {**reexports.aliases(unresolved, wanted), **renamed}
        new = {name: aliases.get(real, real) for name, real in new.items() if name not in aliases}
        uncertain |= reexports.uncertain({*unresolved} - new.keys(), wanted)
        doubts = {
            name: aliases.get(real, maybe.get(real, real))
            for name, real in uncertain.items()
            if name not in aliases and name not in new and name not in maybe
        }
        aliases |= new
        maybe |= doubts
        return new.keys() | doubts.keys(), renamed.keys() | uncertain.keys()


@dataclass
class Knowledge:
    """What is known for one phase of a plan; every file that is looked at may add to it.

    Attributes:
        read_if_there: files of the repository, by path.
        after_moves: look at phase 4 as if phase 3 was done: calls by the old name of a callee are calls of it.
        notes: remarks for people.
    """

    plan: Plan
    phase: int
    read_if_there: ReadIfThere
    after_moves: bool = field(default=False, kw_only=True)
    notes: list[str] = field(init=False, default_factory=list)
    _parts: dict[int, _OtherNames] = field(init=False, default_factory=dict)
    _exports: dict[str, frozenset[str] | None] = field(init=False, default_factory=dict)
    _asked: set[str] = field(init=False, default_factory=set)
    _subclasses: dict[str, set[str]] = field(init=False, default_factory=dict)
    _signatures: dict[str, Signature] = field(init=False, default_factory=dict)
    _mismatches: list[Finding] = field(init=False, default_factory=list)
    _hidden: frozenset[str] = field(init=False, default=frozenset())
    _known_words: set[str] = field(init=False, default_factory=set)
    _heirs_tried: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        for part in parts_of(self.phase):
            wanted = passed_on(self.plan, part)
            # a module by another package's name is used in other ways than those that its own name tells
            words = {name.rpartition(".")[2] for name in wanted} if part == 4 else set()
            self._parts[part] = _OtherNames({*wanted}, words)

    def _prepare(self) -> set[str]:
        """Read what the plan names in the repository.

        Returns:
            Names for the plan's objects that are not the plan's own.
        """
        self._reexports = Reexports(self.plan, self.read_if_there)
        self._known_words = {name.rpartition(".")[2] for part in self._parts.values() for name in part.wanted}
        self._redirected = {path for r in self.plan.redirects if (path := self._file_of(r.module))}
        modules = {m.old.module for m in MoveIndex.of(self.plan).moves} if self.phase in (3, 5) else set()
        if self.phase in (4, 5) and self.plan.phase4 is not None:
            modules |= {call.callee.module for call in self.plan.phase4.call}
        if modules:
            files = (module for module in modules if self._file_of(module))  # others are what the name is bound to
            self._hidden = frozenset(module for module in files if self._reexports.hides(module))
        new_words = self._read_definitions()
        self._known_words |= new_words
        return new_words

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
        if self.after_moves:
            homes |= self._old_names()
        homes = {home: dotted for home, dotted in homes.items() if home not in ("", dotted)}
        self._parts[4].aliases |= homes
        self._parts[4].wanted |= homes.keys()
        words = {home.rpartition(".")[2] for home in homes}
        self._parts[4].words |= words
        return words - self._known_words

    def _old_names(self) -> dict[str, str]:
        """What phase 3 moves to where the plan's callees, or classes around them, are: the old path to the new one."""
        found: dict[str, str] = {}
        wanted = passed_on(self.plan, 4)
        for move in MoveIndex.of(self.plan).moves:
            if move.old.name:
                found |= {move.old.dotted: move.new.dotted} if move.new.dotted in wanted else {}
            else:
                inside = (dotted for dotted in wanted if dotted.startswith(f"{move.new.module}."))
                found |= {move.old.module + dotted.removeprefix(move.new.module): dotted for dotted in inside}
        return found

    def _spec(self) -> PhaseSpec:
        """What is known, as a file's step takes it."""
        last = self._parts[max(self._parts)]
        moved = self._parts[3] if self.phase == 5 else _OtherNames(set())
        return PhaseSpec(
            self.plan,
            self.phase,
            tuple(sorted(last.aliases.items())),
            tuple(sorted(last.maybe.items())),
            tuple(sorted(moved.aliases.items())),
            tuple(sorted(moved.maybe.items())),
            tuple(sorted(self._exports.items(), key=lambda item: item[0])),
            hidden=self._hidden,
            signatures=tuple(sorted(self._signatures.items(), key=lambda item: item[0])),
            subclasses=tuple(
                (heir, base) for heir, bases in sorted(self._subclasses.items()) for base in sorted(bases)
            ),
        )

    def _learn(self, told: Collection[Told], given: Collection[str]) -> tuple[set[str], set[str]]:
        """Take up other modules' names for the plan's objects.

        Args:
            given: names, dotted, that modules give to something that has one of `_known_words`.
        Returns:
            Files to look at again, and last names to look for that are new.
        """
        unresolved = {n for r in told for n in r.unresolved if not n.endswith(".*")} - self._asked
        self._asked |= unresolved
        if len(self._subclasses) > self._heirs_tried:  # what led nowhere may lead to one of these
            unresolved = {name for name in self._asked if not name.endswith(".*")}
            self._heirs_tried = len(self._subclasses)
        learned, words = set[str](), set[str]()
        for part, names in self._parts.items():
            heirs = self._subclasses if part == 4 else ()
            new, of_given = names.learn(self._reexports, given, unresolved, heirs)
            learned |= new
            fresh = {name.rpartition(".")[2] for name in of_given} - names.words if new else set()
            names.words |= fresh  # a word may be known, and nobody has looked for it on behalf of this phase
            words |= fresh
        self._known_words |= words
        return {r.path for r in told if not r.unresolved.isdisjoint(learned)}, words

    def _note_heirs(self, told: Iterable[Told]) -> set[str]:
        """The last names of classes newly found to inherit a constructor."""
        new = {pair for r in told for pair in r.subclasses if self._is_new(pair)}
        for heir, base in new:
            self._subclasses.setdefault(heir, set()).add(base)
        return {heir.rpartition(".")[2] for heir, _ in new}

    def _is_new(self, pair: tuple[str, str]) -> bool:
        """Is it not known yet that a class, dotted, inherits the constructor of another one?"""
        return pair[1] not in self._subclasses.get(pair[0], ())

    def _read_exports(self, told: Collection[Told]) -> set[str]:
        """Find out what star imports bind; the files that asked."""
        asked = {name for r in told for name in r.unresolved if name.endswith(".*")} - self._asked
        self._asked |= asked
        for name in sorted(asked):  # of a circle, what is known depends on which module is asked about first
            self._exports_of(name.removesuffix(".*"))
        return {r.path for r in told if not r.unresolved.isdisjoint(asked)}

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

    def _file_of(self, module: str) -> str | None:
        return file_of(module, self.plan.plan.source_roots, self._is_there)

    def _is_there(self, path: str) -> bool:
        return self.read_if_there(path) is not None


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
