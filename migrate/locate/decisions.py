"""What is decided about one module's imports while phase 3 looks at them: targets, uses, findings."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import msgspec
from msgspec import Struct

from migrate.findings import Finding
from migrate.locate.aliases import ImportedName, imported_names
from migrate.locate.scopes import Names
from migrate.locate.sites import Module, UseSite
from migrate.locate.uses import Use
from migrate.moves import Home, MoveIndex, is_within
from migrate.provenance import FollowedNames, Provenance, Variable
from migrate.refs import ObjectRef
from migrate.syntax import Place, lines_naming
from migrate.targets import Target


class Elsewhere(Struct, frozen=True):
    """What other modules of the repository have told about this one.

    Attributes:
        aliases: dotted re-exports, to the object of the plan that each is.
        doubtful: those of them that may also be something else.
        exports: modules, to the names that a star import of each binds; None where that is not certain.
        taken: dotted names that other modules take from where they are, so they have to stay.
        cycles: (module, new home that loads it), to the chain of modules in words.
        hidden: old modules of which the package binds the name to something else.
    """

    aliases: Mapping[str, str] = msgspec.field(default_factory=dict)
    doubtful: frozenset[str] = frozenset()
    exports: Mapping[str, frozenset[str] | None] = msgspec.field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    cycles: Mapping[tuple[str, str], str] = msgspec.field(default_factory=dict)
    hidden: frozenset[str] = frozenset()


@dataclass(eq=False)
class Group:
    """A variable that imports bind.

    Attributes:
        names: the imports, in source order.
        others: for each other binding, whether it only binds None.
        uses: every place where it is read.
        number: the group's number in the file.
    """

    variable: Variable
    names: list[ImportedName]
    others: list[bool]
    uses: list[Use]
    number: int

    @property
    def local(self) -> str:
        return self.variable[0]

    @property
    def is_plain(self) -> bool:
        return self.names[0].is_plain


class MovedUse(Struct, frozen=True, eq=False):
    """A use of an object that moves, by a path that goes deeper than what its name is bound to.

    Attributes:
        node: the moved part of the use.
        literal: the string that names the last part of it.
        is_object: it is reached through an object of the old module, not through the module.
    """

    use: Use
    home: Home
    node: ast.expr
    literal: ast.Constant | None
    is_object: bool


@dataclass(eq=False)
class Decisions:
    """The state of phase 3 in one module; every step adds to it."""

    module: Module
    moves: MoveIndex
    elsewhere: Elsewhere
    targets: dict[ImportedName, tuple[Target, ...]] = field(default_factory=dict)
    uses: list[UseSite] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unresolved: set[str] = field(default_factory=set)
    loads: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    rerouted: set[str] = field(default_factory=set)
    kept: set[tuple[int, int]] = field(default_factory=set)
    _groups: dict[int, int] = field(default_factory=dict)
    """A number for each statement that goes with other sites, by its id."""
    read_unseen: set[str] = field(default_factory=set)
    """Names that are read in other ways than by code that can be changed, or by code that may mean another scope."""
    _new_names: set[tuple[str, ast.AST | None]] = field(default_factory=set)
    _followed: dict[str, FollowedNames] = field(default_factory=dict)
    _same: dict[int, int] = field(default_factory=dict)
    _told: set[tuple[int, str]] = field(default_factory=set)

    @cached_property
    def names(self) -> tuple[ImportedName, ...]:
        return tuple(imported_names(self.module.tree, self.module.name, self.import_lines))

    @cached_property
    def import_lines(self) -> tuple[int, ...]:
        """Numbers, rising, of the lines with an import statement, or a part of it that says so."""
        return lines_naming(self.module.source, ("import",))

    @cached_property
    def identifiers(self) -> Names:
        return Names(self.module)

    @cached_property
    def provenance(self) -> Provenance:
        return Provenance(self.module.source, self.module.tree, self.module.name)

    def followed(self, local: str) -> FollowedNames:
        """Everything that a name is in the module."""
        if local not in self._followed:
            self._followed[local] = self.provenance.follow({local})
        return self._followed[local]

    def after(self, name: ImportedName) -> tuple[Target, ...]:
        """What an import binds in the end."""
        return self.targets.get(name, (name.target,))

    def canonical(self, dotted: str) -> str:
        """The path with its longest prefix that is a re-export replaced by the object that is."""
        prefix = self._reexport(dotted)
        return dotted if prefix is None else self.elsewhere.aliases[prefix] + dotted[len(prefix) :]

    def passed_on(self, dotted: str) -> str | None:
        """The object that the longest re-export in a path is; None where there is none."""
        prefix = self._reexport(dotted)
        return None if prefix is None else self.elsewhere.aliases[prefix]

    def is_doubtful(self, dotted: str) -> bool:
        """Does the path lead through a re-export that may also be something else, or by a module's name to such?"""
        if any(is_within(dotted, module) for module in self.elsewhere.hidden):
            return True
        return bool(self.elsewhere.doubtful) and self._reexport(dotted) in self.elsewhere.doubtful

    def _reexport(self, dotted: str) -> str | None:
        prefix = dotted if self.elsewhere.aliases else ""
        while prefix and prefix not in self.elsewhere.aliases:
            prefix = prefix.rpartition(".")[0]
        return prefix or None

    def must_stay(self, variable: Variable) -> bool:
        """May the variable be read by others than the code that is seen?"""
        local, scope = variable
        if scope is not None:
            return isinstance(scope, ast.ClassDef)
        if local in self.identifiers.outside_code or local in self.read_unseen or self.identifiers.is_dynamic:
            return True
        return local in self.identifiers.listed_in_all or f"{self.module.name.name}.{local}" in self.elsewhere.taken

    def leads_in_a_circle(self, name: ImportedName, new: str, *, at_load_time: bool) -> bool:
        """Would the new import fail because its module is this one, or loads this one first? Then it is reported.

        Args:
            new: the module, or `module:name` where the name may be a module, too.
        """
        own = self.module.name.name
        loaded, new = new, new.partition(":")[0]
        subject = subject_of(name)
        if new == own:
            self.report(
                name.statement, "self-import", subject,
                f"{own} is the new home of {subject} and would import it from itself; remove the import",
            )  # fmt: skip
            return True
        if at_load_time:
            chain = self.elsewhere.cycles.get((own, loaded))
            is_there = any(other.source == new and other.block.is_load_time for other in self.names)
            if chain is not None and not is_there:
                self.report(
                    name.statement, "import-cycle", subject,
                    f"an import from {new} would fail here while {new} is being loaded, which loads this module "
                    f"({chain}); import it in the function that uses it",
                )  # fmt: skip
                return True
            self.loads.add(loaded)
        return False

    def clash(self, group: Group, local: str, dotted: str) -> str | None:
        """Why `local` cannot be bound to `dotted` beside the group's imports: what else has that name."""
        variable = group.variable
        for use in self.uses:
            is_elsewhere = use.scope is not variable[1] and variable[1] in _below(use.scopes, use.scope)
            if use.after.partition(".")[0] == local and is_elsewhere:
                return f"{local} is the new name of something else on line {use.node.lineno}"
        if not self.identifiers.occurs(local):
            return self._star_clash(group, local)
        scope = variable[1]
        followed = self.followed(local)
        after: dict[int, list[str]] = {}
        for name in self.names:
            bound = [target.dotted for target in self.after(name) if target.bound == local]
            after.setdefault(id(name.statement), []).extend(bound)
        for binding in followed.bindings((local, scope)):
            is_import = id(binding.place.node) in after
            if not is_import or not set(after[id(binding.place.node)]) <= {dotted}:
                return f"{local} is bound on line {binding.place.node.lineno}"  # type: ignore[attr-defined]
        bindings = followed.bindings((local, scope))
        if bindings and not any(after[id(binding.place.node)] for binding in bindings):
            return self._star_clash(group, local)  # it becomes free
        is_bound = bool(bindings)
        for place in followed.places:
            if not isinstance(place.node, ast.Name) or place.node.id != local:
                continue
            owner = followed.variable(local, place)[1]
            is_captured = owner is scope or (scope in place.scopes and owner not in _below(place.scopes, scope))
            # what a class has deleted is looked up outside
            is_captured |= isinstance(owner, ast.ClassDef) and isinstance(place.node.ctx, ast.Del)
            if is_captured and not (owner is scope and is_bound):
                return f"{local} is something else on line {place.node.lineno}"
        return None

    def hides(self, variable: Variable, local: str, place: Place) -> bool:
        """Would `local`, bound where `variable` is, be something else at a place, by a scope in between?"""
        between = _below(place.scopes, variable[1])
        if any(scope in between for name, scope in self._new_names if name == local and scope is not None):
            return True
        if not self.identifiers.occurs(local):
            return False
        owner = self.followed(local).variable(local, place)[1]
        return owner is not None and owner in between

    def spell(self, group: Group, moved: MovedUse, owner: str) -> None:
        """Give a use its new spelling.

        Args:
            owner: what the new module is called there; empty where the object has its own name.
        """
        use, node = moved.use, moved.node
        site = UseSite(
            self.module.source.span(node), moved.home, owner, node, use.parents_of(node), use.place.scopes,
            group.variable[1], moved.literal, use.quoted, group.number,
        )  # fmt: skip
        self.uses.append(site)
        if group.variable[1] is None and site.after.partition(".")[0] != group.local:
            self.rerouted.add(f"{self.module.name.name}.{group.local}")

    def couple(self, statements: Iterable[ast.stmt], number: int | None = None) -> None:
        """Statements, and the uses of group `number`, that are accepted or refused together."""
        numbers = [] if number is None else [number]
        statements = list(statements)
        numbers += (self._groups[id(s)] for s in statements if id(s) in self._groups)
        if not numbers:
            numbers = [-1 - len(self._groups)]
        for statement in statements:
            self._groups[id(statement)] = numbers[0]
        for other in numbers[1:]:
            self._same[self.group(other)] = self.group(numbers[0])

    def group_of(self, statement: ast.stmt) -> int | None:
        """The number that a statement shares with what goes with it."""
        return self.group(self._groups[id(statement)]) if id(statement) in self._groups else None

    def group(self, number: int) -> int:
        """The number that stands for all the groups that `number` goes with."""
        while self._same.get(number, number) != number:
            number = self._same[number]
        return number

    def bind(self, variable: Variable, local: str) -> None:
        """From now on `local` is a name of the scope where `variable` is."""
        self._new_names.add((local, variable[1]))

    def _star_clash(self, group: Group, local: str) -> str | None:
        """May a star import that comes later bind the name anew?"""
        if group.variable[1] is not None:
            return None
        first = min(name.statement.lineno for name in group.names)
        for star in sorted(source for source, line in self.identifiers.stars if line > first):
            if star not in self.elsewhere.exports:
                self.unresolved.add(f"{star}.*")
            exports = self.elsewhere.exports.get(star)
            if exports is None or local in exports:
                return f"the star import from {star} may bind {local}"
        return None

    @staticmethod
    def place_of(name: ImportedName) -> Place:
        """Where an import stands, as far as scopes go."""
        return Place(name.statement, name.block.scopes, ())

    def report(self, node: ast.AST, code: str, subject: str, message: str) -> None:
        """A finding; once per line and code, and not where `# migrate: keep` stands."""
        place = node.lineno, code  # type: ignore[attr-defined]
        if self.module.is_kept_node(node):
            self.kept.add((node.lineno, node.col_offset))  # type: ignore[attr-defined]
        elif place not in self._told:
            self._told.add(place)
            self.findings.append(self.module.finding(3, node, code, subject, message))

    def report_use(self, use: Use, code: str, home: Home, message: str) -> None:
        self.report(use.nodes[-1], code, str(home.move.old), message)


def subject_of(name: ImportedName) -> str:
    """What an import imports, as an object reference."""
    return str(ObjectRef(name.source, name.alias.name)) if name.source else name.path


def is_below(path: str, outer: str) -> bool:
    """Is a dotted path strictly below `outer`?"""
    return path != outer and is_within(path, outer)


def _below(scopes: Sequence[ast.AST], scope: ast.AST | None) -> Sequence[ast.AST]:
    """The scopes inside of `scope`; all of them inside of the module's."""
    return scopes[scopes.index(scope) + 1 :] if scope is not None and scope in scopes else scopes
