"""Import sites and call sites of one module, by `ast` and provenance: exact byte spans, and findings for the rest."""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from migrate.edits import Span
from migrate.findings import Finding
from migrate.modules import ModuleName, resolve_relative
from migrate.moves import MoveIndex
from migrate.plan import Call, Plan
from migrate.provenance import Bound, FollowedNames, Provenance, attributes, root_name
from migrate.refs import ObjectRef
from migrate.source import Source
from migrate.syntax import Place, any_word, lines_with, places_on, star_sources, statements


@dataclass(frozen=True, slots=True)
class ImportSite:
    """A `from … import …` statement that names a moved object.

    Attributes:
        span: the statement, without what follows it on its line.
        subject: the moved objects it names, as one text for people.
        statement: the statement in the tree; None where CPython could not parse the file.
    """

    span: Span
    subject: str
    statement: ast.ImportFrom | None


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call of the plan's object that the phase changes.

    Attributes:
        span: from the callee's first byte to the closing parenthesis.
        callee: from its first byte to the opening parenthesis.
        values: the arguments' values in source order, none overlapping.
        call: the plan's entry.
        node: the call in the tree; None where CPython could not parse the file.
    """

    span: Span
    callee: Span
    values: tuple[Span, ...]
    call: Call
    node: ast.Call | None


@dataclass(frozen=True, slots=True)
class Located:
    """What one module holds for a phase.

    Attributes:
        imports, calls: sites by rising start.
        findings: places that are left to a person.
        unresolved: dotted objects that may be a re-export of a wanted one; only their modules can tell.
    """

    imports: tuple[ImportSite, ...] = ()
    calls: tuple[CallSite, ...] = ()
    findings: tuple[Finding, ...] = ()
    unresolved: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Module:
    """One parsed module with its place in the repository."""

    path: str
    source: Source
    tree: ast.Module
    name: ModuleName

    def finding(self, phase: int, node: ast.AST, code: str, subject: object, message: str) -> Finding:
        line, column, last = node.lineno, node.col_offset, node.end_lineno  # type: ignore[attr-defined]
        return Finding(phase, self.path, line, column, code, str(subject), message, last)


def locate_imports(module: Module, moves: MoveIndex, redirected: frozenset[str]) -> Located:
    """Find the import statements that phase 3 changes, and what refers to a moved object in another way.

    Args:
        redirected: modules that are redirects; a `patch()` of one of their names no longer reaches the code.
    """
    sites: list[ImportSite] = []
    findings: list[Finding] = []
    for statement, _scopes in statements(module.tree.body):
        if isinstance(statement, ast.Import):
            findings += _module_imports(module, moves, statement)
        elif isinstance(statement, ast.ImportFrom):
            old = resolve_relative(module.name, statement.level, statement.module or "")
            if old is None:
                continue
            found = _from_import(module, moves, statement, old)
            if isinstance(found, ImportSite):
                sites.append(found)
            elif found is not None:
                findings.append(found)
            findings += _imported_modules(module, moves, statement, old)
    told = {finding.subject for finding in findings}
    findings += (use for use in _module_uses(module, moves) if use.subject not in told)
    findings += string_references(module, moves, redirected)
    return Located(imports=tuple(sites), findings=tuple(findings))


def _module_uses(module: Module, moves: MoveIndex) -> Iterator[Finding]:
    """`pkg.old.Name` after no more than `import pkg`: the old module by way of its package."""
    if not any(old in module.source.text for old in moves.old_modules):
        return
    path = _any_path(tuple(sorted(moves.old_modules, key=len, reverse=True)))
    packages = {
        alias.name
        for statement, _ in statements(module.tree.body)
        if isinstance(statement, ast.Import)
        for alias in statement.names
        if alias.asname is None
    }
    for place in places_on(module.tree, lines_with(module.source, path)):
        root = root_name(place.node) if isinstance(place.node, ast.Attribute) else None
        if root is None or not any(name.partition(".")[0] == root.id for name in packages):
            continue
        dotted = ".".join([root.id, *attributes(place.node)])  # type: ignore[arg-type]
        if dotted in moves.old_modules:
            yield module.finding(
                3, place.node, "module-import", dotted,
                f"use of {dotted} by way of its package; it is not rewritten, change it by hand",
            )  # fmt: skip


def _from_import(module: Module, moves: MoveIndex, statement: ast.ImportFrom, old: str) -> ImportSite | Finding | None:
    if statement.names[0].name == "*":
        moved_to = moves.new_module(old)
        if moved_to == module.name.name:
            return module.finding(
                3, statement, "self-import", old,
                f"{moved_to} is the new home of {old} and would import everything from itself; remove the import",
            )  # fmt: skip
        if moved_to is not None and not moves.splits(old):
            return ImportSite(module.source.span(statement), old, statement)
        if moved_to is None and old not in moves.old_modules:
            return None
        return module.finding(
            3, statement, "star-import", old,
            f"star import from {old}: which names it binds is not certain; name them, then run phase3 again",
        )  # fmt: skip
    moved = {alias.name: home for alias in statement.names if (home := moves.new_home(old, alias.name))}
    if not moved:
        return None
    own = [name for name, home in moved.items() if home.module == module.name.name]
    if own:
        return module.finding(
            3, statement, "self-import", ObjectRef(old, own[0]),
            f"{module.name.name} is the new home of {own[0]} and would import it from itself; remove the import",
        )  # fmt: skip
    subject = ", ".join(str(ObjectRef(old, name)) for name in moved)
    return ImportSite(module.source.span(statement), subject, statement)


def _module_imports(module: Module, moves: MoveIndex, statement: ast.Import) -> Iterator[Finding]:
    for alias in statement.names:
        if alias.name in moves.old_modules or moves.new_module(alias.name) is not None:
            yield module.finding(
                3, alias, "module-import", alias.name,
                f"import of the whole module {alias.name}; its uses are not rewritten, change them by hand",
            )  # fmt: skip


def _imported_modules(module: Module, moves: MoveIndex, statement: ast.ImportFrom, package: str) -> Iterator[Finding]:
    """`from pkg import old_module`, and imports of an object of which a member moves."""
    for alias in statement.names:
        dotted = f"{package}.{alias.name}"
        if dotted in moves.old_modules and moves.new_home(package, alias.name) is None:
            yield module.finding(
                3, alias, "module-import", dotted,
                f"import of the whole module {dotted}; its uses are not rewritten, change them by hand",
            )  # fmt: skip
        for move in moves.members.get(ObjectRef(package, alias.name), ()):
            yield module.finding(
                3, alias, "member-use", move.old,
                f"uses of {move.old} by way of {alias.asname or alias.name} are not rewritten; write {move.new}",
            )  # fmt: skip


def string_references(module: Module, moves: MoveIndex, redirected: frozenset[str]) -> Iterator[Finding]:
    """Strings that name a moved object or module by its old path; docstrings and comments are prose and stay."""
    olds = _old_paths(moves)
    if not olds or not any(old in module.source.text for old in olds):
        return
    path = _any_path(olds)
    for place in places_on(module.tree, lines_with(module.source, path)):
        node = place.node
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or _is_docstring(place):
            continue
        subject = moved_object_in(node.value, moves, redirected)
        if subject is not None:
            shown = next((p for p in reversed(place.parents) if isinstance(p, ast.JoinedStr)), node)
            yield _string_finding(module, place, shown, subject, subject.module in redirected)


def moved_object_in(text: str, moves: MoveIndex, redirected: frozenset[str]) -> ObjectRef | None:
    """The first moved object that a string names by its old path."""
    olds = _old_paths(moves)
    for found in _any_path(olds).finditer(text) if olds else ():
        subject = _named(moves, redirected, found.group(1), found.group(2).lstrip("."))
        if subject is not None:
            return subject
    return None


def _old_paths(moves: MoveIndex) -> tuple[str, ...]:
    """Modules whose paths are looked for in strings, the longest first."""
    return tuple(sorted({m.old.module for m in moves.moves if m.strings != "none"}, key=len, reverse=True))


def _any_path(modules: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"(?<![\w.])(" + "|".join(map(re.escape, modules)) + r")((?:\.\w+)*)(?!\w)")


def _named(moves: MoveIndex, redirected: frozenset[str], old_module: str, rest: str) -> ObjectRef | None:
    """What a dotted path in a string refers to, if the plan moves it or makes its module a redirect."""
    name = rest.partition(".")[0]
    ref = ObjectRef(old_module, name)
    if not name or old_module in redirected or moves.new_home(old_module, name) or ref in moves.members:
        return ref
    return None


def _string_finding(module: Module, place: Place, shown: ast.AST, subject: ObjectRef, redirected: bool) -> Finding:
    call = next((p for p in reversed(place.parents) if isinstance(p, ast.Call)), None)
    if redirected and call is not None and place.node in call.args[:1] and _is_patch(call.func):
        return module.finding(
            3, shown, "shim-patch", subject,
            f"this patch replaces a name in the redirect {subject.module} and no longer reaches the code under test; "
            "patch the module that uses the name",
        )  # fmt: skip
    return module.finding(
        3, shown, "string-reference", subject, f"a string names {subject}; it is not rewritten, change it by hand"
    )


def _is_patch(function: ast.expr) -> bool:
    names = set(ast.unparse(function).split("."))
    return not names.isdisjoint({"patch", "setattr", "delattr"})


def _is_docstring(place: Place) -> bool:
    return len(place.parents) >= 2 and isinstance(place.parents[-1], ast.Expr)


def locate_calls(
    module: Module, plan: Plan, aliases: Mapping[str, str], phase: int = 4, maybe: Mapping[str, str] | None = None
) -> Located:
    """Find the calls that phase 4 changes: the callee is, by provenance, an object of the plan.

    Args:
        aliases: dotted re-exports of the plan's objects, to the object each is.
        phase: the phase that findings are reported under.
        maybe: dotted re-exports that may also be something else, to the object each may be.
    """
    assert plan.phase4 is not None
    wanted = {call.callee.dotted: call for call in plan.phase4.call}
    doubtful = {alias: wanted[real] for alias, real in (maybe or {}).items() if real in wanted}
    wanted |= {alias: wanted[real] for alias, real in aliases.items() if real in wanted} | doubtful
    keywords = frozenset(k for call in plan.phase4.call for k in (*call.rename, *call.remove))
    return _CallLocator(module, wanted, frozenset(doubtful), keywords, phase).locate()


_BLANK = r"[\s\\]|#[^\r\n]*[\r\n]"
_CHAIN = re.compile(rf"(\w+)(?:(?:{_BLANK})*\.(?:{_BLANK})*\w+)*(?:{_BLANK})*\Z")
_OPENING = re.compile(rf"(?:{_BLANK})*\(".encode())
_CHAIN_WITHIN = 400
"""Characters before its last dot in which an attribute chain is looked for."""


class _CallLocator:
    def __init__(
        self,
        module: Module,
        wanted: Mapping[str, Call],
        doubtful: frozenset[str],
        keywords: frozenset[str],
        phase: int,
    ) -> None:
        self._module = module
        self._wanted = wanted
        self._doubtful = doubtful
        self._keywords = keywords
        self._phase = phase
        self._sites: list[CallSite] = []
        self._findings: list[Finding] = []
        self._unresolved: set[str] = set()
        self._subclasses: set[tuple[str, ObjectRef]] = set()

    def locate(self) -> Located:
        provenance = Provenance(self._module.source, self._module.tree, self._module.name)
        followed = provenance.follow(self._worth_following(provenance))
        for place in followed.places:
            if isinstance(place.node, ast.Call):
                self._look_at(place, place.node, followed)
            elif isinstance(place.node, ast.ClassDef):
                self._look_at_subclass(place, place.node, followed)
        self._look_at_stars()
        self._sites.sort(key=lambda site: site.span)
        return Located((), tuple(self._sites), tuple(self._findings), frozenset(self._unresolved))

    def _look_at_stars(self) -> None:
        """Calls with an old keyword of a bare name that nothing in the file binds but, perhaps, a star import."""
        stars = star_sources(self._module.tree, self._module.name)
        if not stars:
            return
        bound = _bound_names(self._module.source.symbols())
        for node in ast.walk(self._module.tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id in bound:
                continue
            passed = frozenset(k.arg for k in node.keywords)
            if self._keywords and passed.isdisjoint(self._keywords):
                continue
            paths = [f"{star}.{node.func.id}" for star in sorted(stars)]
            call = next((self._wanted[path] for path in paths if path in self._wanted), None)
            if call is None:
                self._unresolved.update(paths)
            elif self._needs_change(call, passed):
                self._report(
                    node, "star-import", call,
                    f"a star import may be where {node.func.id} comes from, which is {call.callee} then; "
                    "import it by name, then run phase4 again",
                )  # fmt: skip

    def _needs_change(self, call: Call, passed: frozenset[str | None]) -> bool:
        if call.rename or call.remove:
            return not passed.isdisjoint((*call.rename, *call.remove))
        return None not in passed and any(name not in passed for name in call.add)

    def _worth_following(self, provenance: Provenance) -> frozenset[str]:
        """Local names bound to a wanted object, to a part of its path, or to what may be a re-export of it."""
        leaves = {dotted.rpartition(".")[2] for dotted in self._wanted}
        roots = self._roots_of_chains(leaves)
        return frozenset(
            local
            for local, objects in provenance.objects.items()
            if local in roots
            or any(dotted in self._wanted or dotted.rpartition(".")[2] in leaves for dotted in objects)
        )

    def _roots_of_chains(self, leaves: Collection[str]) -> frozenset[str]:
        """First names of attribute chains that end in one of `leaves`: `m` of `m.sub.Name`."""
        text = self._module.source.text
        ends = re.finditer(r"\.(?:" + _BLANK + ")*" + any_word(leaves).pattern, text)
        before = (text[max(0, end.start() - _CHAIN_WITHIN) : end.start()] for end in ends)
        return frozenset(chain.group(1) for part in before if (chain := _CHAIN.search(part)))

    def _look_at(self, place: Place, node: ast.Call, followed: FollowedNames) -> None:
        passed = {k.arg for k in node.keywords}
        bound = followed.resolve(node.func, place)
        call, is_certain = self._call_of(bound)
        if bound is not None and (None in passed or not passed.isdisjoint(self._keywords) or not self._keywords):
            self._unresolved |= {dotted for dotted in bound.objects if self._may_be_reexport(dotted)}
        if call is not None:
            self._decide(place, node, call, is_certain)
        elif not passed.isdisjoint(self._keywords):
            self._look_for_indirect_call(place, node, followed)

    def _call_of(self, bound: Bound | None) -> tuple[Call | None, bool]:
        """The plan's entry for what is called, if it may be one, and whether it is nothing else."""
        found = [self._wanted.get(dotted) for dotted in bound.objects] if bound is not None else []
        call = next((call for call in found if call is not None), None)
        is_certain = bound is not None and bound.complete and self._doubtful.isdisjoint(bound.objects)
        return call, is_certain and all(other is call for other in found)

    def _may_be_reexport(self, dotted: str) -> bool:
        own = dotted.startswith(self._module.name.name + ".")
        return dotted not in self._wanted and not own and not any(dotted.startswith(w + ".") for w in self._wanted)

    def _look_for_indirect_call(self, place: Place, node: ast.Call, followed: FollowedNames) -> None:
        """`partial(Callee, old=…)`: the callee is an argument of a call that passes the keyword on."""
        for argument in node.args:
            call, _ = self._call_of(followed.resolve(argument, place))
            if call is not None:
                self._report(
                    node, "unsupported-call", call,
                    f"{call.callee} is passed on with a keyword it no longer takes; change this call by hand",
                )  # fmt: skip

    def _look_at_subclass(self, place: Place, node: ast.ClassDef, followed: FollowedNames) -> None:
        """`super().__init__(old=…)` in a subclass, and calls of a subclass that inherits the constructor."""
        call = next((c for base in node.bases if (c := self._call_of(followed.resolve(base, place))[0])), None)
        if call is None:
            return
        old = frozenset((*call.rename, *call.remove))
        constructs = any(isinstance(s, ast.FunctionDef) and s.name in ("__init__", "__new__") for s in node.body)
        inside = [n for n in ast.walk(node) if isinstance(n, ast.Call) and _is_super_constructor(n.func)]
        if not constructs:
            if (node.name, call.callee) not in self._subclasses:
                inside += self._calls_by_name.get(node.name, ())
            self._subclasses.add((node.name, call.callee))
        for passing in inside:
            if not old.isdisjoint(k.arg for k in passing.keywords if k.arg):
                self._report(
                    passing, "subclass-super", call,
                    f"{node.name} passes a keyword on to {call.callee} that it no longer takes; change it by hand",
                )  # fmt: skip

    @cached_property
    def _calls_by_name(self) -> dict[str, list[ast.Call]]:
        """The module's calls of plain names that pass a keyword the plan changes, by name."""
        found: dict[str, list[ast.Call]] = {}
        for node in ast.walk(self._module.tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if not self._keywords.isdisjoint(k.arg for k in node.keywords if k.arg):
                found.setdefault(node.func.id, []).append(node)
        return found

    def _decide(self, place: Place, node: ast.Call, call: Call, is_certain: bool) -> None:
        named = {k.arg for k in node.keywords if k.arg is not None}
        literal, opaque = _spread(node)
        old = (*call.rename, *call.remove)
        adds = [name for name in call.add if name not in named | literal]
        spread = opaque or bool(literal)
        changed = [name for name in old if name in named] if old else [] if spread else adds
        hidden = [name for name in old if name in literal]
        if not is_certain and (changed or hidden):
            self._report(
                node, "shadowed", call,
                f"the name called here is bound to {call.callee} in one place and to something else in another; "
                "change this call by hand",
            )  # fmt: skip
            return
        if conflict := [(a, b) for a, b in call.rename.items() if a in named and b in named | literal]:
            for before, after in conflict:
                self._report(
                    node, "keyword-conflict", call,
                    f"call to {call.callee} passes both {before!r} and {after!r}; decide which one stays",
                )  # fmt: skip
            return
        look_for = hidden or ([name for name in old if name not in named] if opaque else [])
        not_added = adds if spread and (changed or not old) else []
        if look_for or not_added:
            todo = [f"look for {_listed(look_for)} in it"] if look_for else []
            todo += [f"{_listed(not_added)} not added"] if not_added else []
            self._report(
                node, "keyword-spread", call,
                f"call to {call.callee} passes a mapping with **; {', '.join(todo)}, edit by hand",
            )  # fmt: skip
        if not changed:
            return
        site = self._site(place, node, call)
        if site is None:
            self._report(
                node, "unsupported-call", call,
                f"call to {call.callee} is written in a way that has no exact place; change it by hand",
            )  # fmt: skip
        else:
            self._sites.append(site)

    def _site(self, place: Place, node: ast.Call, call: Call) -> CallSite | None:
        source = self._module.source
        if not place.is_exact or any(_shows_itself(source, parent) for parent in place.parents):
            return None
        span, name = source.span(node), source.span(node.func)
        opening = _OPENING.match(source.content, name.end)
        values = [source.span(argument) for argument in node.args]
        values += (source.span(keyword.value) for keyword in node.keywords)
        values.sort()
        if opening is None or not all(opening.end() <= v.start and v.end < span.end for v in values):
            return None
        return CallSite(span, Span(name.start, opening.end() - 1), tuple(values), call, node)

    def _report(self, node: ast.Call, code: str, call: Call, message: str) -> None:
        self._findings.append(self._module.finding(self._phase, node, code, call.callee, message))


def _bound_names(table: symtable.SymbolTable) -> frozenset[str]:
    """Names that anything in a module or further inside binds."""
    own = (s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_parameter())
    return frozenset(own).union(*(_bound_names(child) for child in table.get_children()))


def _shows_itself(source: Source, node: ast.AST) -> bool:
    """Is it `{expression=}` of an f-string, which prints its own source?"""
    if not isinstance(node, ast.FormattedValue):
        return False
    after = source.content[source.span(node.value).end : source.span(node).end]
    return re.match(rb"[\s)]*=", after) is not None


def _is_super_constructor(function: ast.expr) -> bool:
    """`super().__init__` or `super().__new__`, also with arguments to `super`."""
    if not isinstance(function, ast.Attribute) or function.attr not in ("__init__", "__new__"):
        return False
    owner = function.value
    return isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name) and owner.func.id == "super"


def _spread(node: ast.Call) -> tuple[frozenset[str], bool]:
    """Keys of `**{…}` literals, and whether the call spreads a mapping whose keys are not known."""
    keys: set[str] = set()
    opaque = False
    for keyword in node.keywords:
        if keyword.arg is None:
            if isinstance(keyword.value, ast.Dict) and all(
                isinstance(key, ast.Constant) and isinstance(key.value, str) for key in keyword.value.keys
            ):
                keys |= {key.value for key in keyword.value.keys if isinstance(key, ast.Constant)}  # type: ignore[misc]
            else:
                opaque = True
    return frozenset(keys), opaque


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
