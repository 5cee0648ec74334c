"""Phase 3 in one module: what each import statement becomes, and which uses and strings go with it."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cached_property

from msgspec.structs import replace

from migrate.locate.aliases import ImportedName, only_imports_between
from migrate.locate.decisions import Decisions, Elsewhere, Group, MovedUse, is_below, subject_of
from migrate.locate.settle import rename, settle
from migrate.locate.sites import ImportSite, Located, Module, Site, StringSite
from migrate.locate.stars import locate_stars
from migrate.locate.strings import Redirected, locate_strings
from migrate.locate.unseen import report_mentions, report_through_stars
from migrate.locate.uses import Use, find_uses
from migrate.moves import Home, MoveIndex, is_within
from migrate.provenance import FollowedNames, Variable, plain_assignment
from migrate.syntax import Place, chain_roots
from migrate.targets import Target, module_target

NOTHING_KNOWN = Elsewhere()


def locate_imports(
    module: Module, moves: MoveIndex, redirected: Redirected, elsewhere: Elsewhere = NOTHING_KNOWN
) -> Located:
    """Find what phase 3 changes in a module: imports, the uses that go with them, and strings.

    Args:
        redirected: a `patch()` of one of their names no longer reaches the code.
    """
    decisions = Decisions(module, moves, elsewhere)
    imports = _Imports(decisions).locate()
    strings = locate_strings(module, moves, redirected, decisions.identifiers)
    quoted = {id(site.quoted) for site in decisions.uses}
    paths = (site for site in strings.sites if not (isinstance(site, StringSite) and id(site.node) in quoted))
    uses = (use if use.group is None else replace(use, group=decisions.group(use.group)) for use in decisions.uses)
    sites: list[Site] = [*imports, *uses, *paths]
    return Located(
        tuple(sorted(sites, key=lambda site: site.span)),
        (*decisions.findings, *strings.findings),
        frozenset(decisions.unresolved),
        frozenset(decisions.loads),
        frozenset(decisions.dropped),
        frozenset(decisions.rerouted),
        kept=len(decisions.kept) + strings.kept,
    )


class _Imports:
    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions
        self._module = decisions.module
        self._moves = decisions.moves

    def locate(self) -> list[ImportSite]:
        for name in self._decisions.names:
            self._by_itself(name)
        self._with_uses()
        report_through_stars(self._decisions, self._home, self._passed_on)
        stars = list(locate_stars(self._decisions))
        self._drop_duplicates()
        return [*stars, *self._sites()]

    # One import at a time, whatever its uses

    def _by_itself(self, name: ImportedName) -> None:
        """A name that goes on being bound, to the same object in its new home."""
        if name.is_plain:
            return
        if name.source:
            home = self._moves.new_home(name.source, name.alias.name)
            target = None
            if home is not None:
                is_module = not home.name
                target = (
                    module_target(home.module, name.local) if is_module else Target(home.module, home.name, name.local)
                )
        else:
            new = self._moves.new_module(name.path)
            target = module_target(new, name.local) if new else None
        if target is None:
            return
        new, at_load_time = self._loaded(name, target)
        if self._module.is_kept_node(name.statement):
            self._decisions.kept.add(name.start)
        elif self._is_hidden(name):
            self._decisions.report(
                name.alias, "shadowed", subject_of(name),
                f"its package binds {name.path.rpartition('.')[2]} to something else than the module {name.path}; "
                "change this import by hand",
            )  # fmt: skip
        elif self._is_explicit_reexport(name, target):
            self._decisions.report(
                name.alias, "explicit-reexport", subject_of(name),
                f"a stub passes {name.local} on only as 'import {name.local} as {name.local}', and it is called "
                f"{target.name} now; name {name.local} in __all__, then run phase3 again",
            )  # fmt: skip
        elif not self._decisions.leads_in_a_circle(name, new, at_load_time=at_load_time):
            self._decisions.targets[name] = (target,)

    def _is_hidden(self, name: ImportedName) -> bool:
        """Is the module reached as an attribute of its package, where that is something else?"""
        return name.path in self._decisions.elsewhere.hidden

    def _loaded(self, name: ImportedName, target: Target) -> tuple[str, bool]:
        """The module that the new import takes something from, and whether that has to be loaded by then.

        A module can be imported while it is being loaded, an object in it cannot. What is below a moved module may
        be either; it is written `module:name`.
        """
        home = self._moves.home(name.path)
        assert home is not None, "it has a target"
        is_moved_module = not home.move.old.name and not home.rest
        if is_moved_module or not target.name:
            return f"{target.module}.{target.name}" if target.name else target.module, False
        loaded = target.module if home.move.old.name else f"{target.module}:{target.name}"
        return loaded, name.block.is_load_time

    def _is_explicit_reexport(self, name: ImportedName, target: Target) -> bool:
        """`from old import A as A` in a stub exports A; with another name before `as` it does not."""
        if not self._module.path.endswith(".pyi") or name.alias.asname != name.alias.name:
            return False
        return target.name != name.local and name.local not in self._decisions.identifiers.listed_in_all

    # Imports whose uses change with them

    def _with_uses(self) -> None:
        interesting = {name.local for name in self._decisions.names if self._may_have_moved_uses(name)}
        interesting |= self._roots_of_reexports()
        if not interesting:
            return
        followed = self._decisions.provenance.follow(interesting)
        names: dict[tuple[int, str], list[ImportedName]] = {}
        for name in self._decisions.names:
            names.setdefault((id(name.statement), name.local), []).append(name)
        groups: dict[Variable, Group] = {}

        def group_of(variable: Variable) -> Group:
            if variable not in groups:
                group = groups[variable] = _group(variable, followed, names, len(groups))
                if _is_bound_by_star(self._decisions, group):
                    group.others.append(False)
            return groups[variable]

        for name in self._decisions.names:
            if name.local in interesting:
                group_of(followed.variable(name.local, self._decisions.place_of(name)))
        for use in find_uses(self._module.source, followed):
            group_of(use.variable).uses.append(use)
            if use.quoted is not None and use.variable[1] is not None:
                self._decisions.read_unseen.add(use.name.id)
            if isinstance(use.variable[1], ast.ClassDef):
                self._look_outside(use, followed, names)
        report_mentions(self._decisions, groups.values(), self._home)
        for group in groups.values():
            if group.names:
                self._settle(group)
            else:
                self._report_aliased(group, followed)

    def _look_outside(
        self, use: Use, followed: FollowedNames, names: dict[tuple[int, str], list[ImportedName]]
    ) -> None:
        """What a class body reads before it binds it is the name around the class."""
        scopes = use.place.scopes
        around = Place(use.name, scopes[: scopes.index(use.variable[1])], ())
        outer = _group(followed.variable(use.name.id, around), followed, names, 0)
        read = use.name.lineno, use.name.col_offset
        ends = (_end(binding.place.node) for binding in followed.bindings(use.variable))
        if not outer.names or read > min(ends, default=read):
            return
        self._decisions.read_unseen.add(use.name.id)
        home = self._home(outer.names[0].dotted, use.chain)
        own = _group(use.variable, followed, names, 0)
        if home is not None and not own.names and (outer.is_plain or len(use.chain) > len(home.rest)):
            self._decisions.report_use(
                use, "shadowed", home,
                f"this is {home.move.old} where the class has not yet bound {use.name.id}; change this use by hand",
            )  # fmt: skip

    def _may_have_moved_uses(self, name: ImportedName) -> bool:
        if name.is_plain:
            return name.dotted in self._moves.ancestors or self._moves.new_module(name.dotted) is not None
        if name.dotted in self._moves.ancestors or name.dotted in self._decisions.elsewhere.aliases:
            return True
        if name.dotted.rpartition(".")[2] in self._passed_on:
            self._decisions.unresolved.add(name.dotted)
        home = self._moves.home(name.path)
        if home is not None and "." in home.new.name:
            return True
        return name in self._decisions.targets and home is not None and bool(home.move.rename_uses)

    @cached_property
    def _passed_on(self) -> frozenset[str]:
        """Last names of modules and objects below which something moves: other modules may pass them on."""
        return self._moves.passed_on | frozenset(a.rpartition(".")[2] for a in self._decisions.elsewhere.aliases)

    def _roots_of_reexports(self) -> frozenset[str]:
        """Names through which another module's name for an object is reached: `x` in `x.obj.attr`."""
        words = self._passed_on | {parts[-1] for parts in self._moves.inner_modules}
        return chain_roots(self._module.source.text, words) & {name.local for name in self._decisions.names}

    def _settle(self, group: Group) -> None:
        paths = dict.fromkeys(name.dotted for name in group.names)
        if len(paths) > 1 or len({name.is_plain for name in group.names}) > 1:
            self._report_uncertain(group, paths)
            return
        (path,) = paths
        moved, riding, staying = self._sorted(group, path)
        if group.is_plain or moved:
            settle(self._decisions, group, path, moved, [*riding, *staying])
        elif not staying:
            rename(self._decisions, group, riding)
        self._report_whole(group, path)
        self._report_left(group)

    def _report_left(self, group: Group) -> None:
        """The import of what is an attribute of another object now, where that object has not taken its place."""
        for name in group.names:
            home = self._moves.home(name.path) if not name.is_plain else None
            if home is not None and "." in home.new.name and name.target in self._decisions.after(name):
                self._decisions.report(
                    name.alias, "member-use", str(home.move.old),
                    f"the import of {home.move.old} is not rewritten, as it is bound to {home.move.new} now; "
                    f"import {home.move.new.module}:{home.move.new.name.partition('.')[0]} and use it from there",
                )  # fmt: skip

    def _sorted(self, group: Group, path: str) -> tuple[list[MovedUse], list[Use], list[Use]]:
        """Uses that need a new spelling, uses that come along with the import, and uses that stay."""
        moved: list[MovedUse] = []
        riding: list[Use] = []
        staying: list[Use] = []
        for use in group.uses:
            home = self._home(path, use.chain)
            depth = len(use.chain) - len(home.rest) if home is not None else 0
            if home is not None and self._decisions.is_doubtful(".".join([path, *use.chain])):
                self._decisions.report_use(
                    use, "shadowed", home,
                    f"this may lead to {home.move.old} or to something else of that name in another module; "
                    "change this use by hand",
                )  # fmt: skip
                staying.append(use)
            elif home is None:
                self._ask_about(path, use)
                staying.append(use)
            elif depth <= 0 and not group.is_plain and "." not in home.new.name:
                riding.append(use)
            else:
                depth = max(depth, 0)
                literal = use.literal if depth == len(use.chain) else None
                node = use.nodes[depth if literal is None else depth - 1]
                owner = self._decisions.canonical(path)
                moved.append(MovedUse(use, home, node, literal, is_below(owner, home.move.old.module)))
        return moved, riding, staying

    def _home(self, path: str, attributes: Sequence[str]) -> Home | None:
        """Where a use leads now; None where it can stay as it is."""
        dotted = ".".join([path, *attributes])
        real = self._decisions.canonical(dotted)
        home = self._moves.home(real)
        if home is None or real == dotted:
            return home
        # What another module passes on, that module imports from the new home by then.
        passed_on = self._decisions.passed_on(dotted)
        return None if passed_on is not None and is_within(passed_on, home.old) else home

    def _ask_about(self, path: str, use: Use) -> None:
        """A use that may reach an object by another module's name for it: only that module can tell."""
        parts = [path]
        for attribute in use.chain:
            parts.append(attribute)
            dotted = ".".join(parts)
            if attribute in self._passed_on and dotted not in self._moves.ancestors:
                self._decisions.unresolved.add(dotted)
        whole = ".".join(parts).split(".")
        for module in self._moves.inner_modules:
            at = _index(whole, module)
            if at > 0:
                self._decisions.unresolved.add(".".join(whole[: at + 1]))

    def _report_uncertain(self, group: Group, paths: Iterable[str]) -> None:
        self._report_left(group)
        for name in group.names:
            new = self._moves.new_module(name.path) if name.is_plain else None
            if new is not None:
                self._decisions.report(
                    name.alias, "module-import", name.path,
                    f"the import of {name.path}, which is {new} now, is not rewritten: {group.local} is bound to "
                    "something else, too",
                )  # fmt: skip
        for use in group.uses:
            homes = [home for path in paths if (home := self._home(path, use.chain)) is not None]
            deep = [home for home in homes if len(use.chain) > len(home.rest) or group.is_plain]
            if deep:
                self._decisions.report_use(
                    use, "shadowed", deep[0],
                    f"{group.local} leads to {deep[0].move.old} in one place and to something else in another; "
                    "change this use by hand",
                )  # fmt: skip

    def _report_aliased(self, group: Group, followed: FollowedNames) -> None:
        """`mm = old_module`, then `mm.A`: followed as far as to say so."""
        meaning = followed.meaning(group.variable)
        for path in meaning.objects if meaning is not None else ():
            for use in group.uses:
                self._report_opaque(use, path, group.variable[1])
                home = self._home(path, use.chain)
                if home is not None and len(use.chain) > len(home.rest):
                    is_object = is_below(self._decisions.canonical(path), home.move.old.module)
                    self._decisions.report_use(
                        use, "member-use" if is_object else "module-import", home,
                        f"{group.local} is another name of {path}, and {home.move.old} is used through it; "
                        f"write {home.move.new}",
                    )  # fmt: skip

    def _report_whole(self, group: Group, path: str) -> None:
        """A module of which names move one by one, handed on as a whole."""
        for use in group.uses:
            self._report_opaque(use, path, group.variable[1])

    def _report_opaque(self, use: Use, path: str, scope: ast.AST | None) -> None:
        owner = self._decisions.canonical(".".join([path, *use.chain]))
        if use.literal is not None or owner not in self._moves.split_modules or not self._moves.splits(owner):
            return
        whole = use.nodes[-1]
        outside = use.parents_of(whole)[-1]
        targets = [target for target, value in plain_assignment(outside) if value is whole]
        is_followed = len(targets) == len(getattr(outside, "targets", targets)) and not isinstance(scope, ast.ClassDef)
        if targets and is_followed and not isinstance(next(iter(use.place.scopes[::-1]), None), ast.ClassDef):
            return  # another name of it
        self._decisions.report(
            whole, "module-import", owner,
            f"the module {owner} is used as a whole here; what is taken from it is not rewritten",
        )  # fmt: skip

    # What comes out

    def _drop_duplicates(self) -> None:
        """Leave out what the same block binds to the same object already."""
        by_block: dict[int, list[ImportedName]] = {}
        for name in self._decisions.names:
            by_block.setdefault(name.block.way[-1], []).append(name)
        for names in by_block.values():
            if any(name in self._decisions.targets for name in names):
                self._drop_duplicates_of(names)

    def _drop_duplicates_of(self, names: Sequence[ImportedName]) -> None:
        targets = self._decisions.targets
        seen: dict[Target, ImportedName] = {}
        for name in names:
            left: list[Target] = []
            for target in self._decisions.after(name):
                earlier = seen.get(target)
                if earlier is None:
                    seen[target] = name
                    left.append(target)
                elif name in targets and self._is_droppable(name, target) and self._stays_bound(earlier, name):
                    if earlier in targets:
                        self._decisions.couple((earlier.statement, name.statement))
                else:
                    if (
                        earlier in targets
                        and self._is_droppable(earlier, target)
                        and only_imports_between(earlier, name)
                    ):
                        targets[earlier] = tuple(t for t in targets[earlier] if t != target)
                        seen[target] = name
                    left.append(target)
            if name in targets:
                targets[name] = tuple(left)

    def _is_droppable(self, name: ImportedName, target: Target) -> bool:
        """Is the name bound to nothing else in its scope, and is no comment lost with it?"""
        if "#" in self._module.source.slice(self._module.source.span(name.statement)):
            return False
        followed = self._decisions.followed(target.bound)
        variable = followed.variable(target.bound, self._decisions.place_of(name))
        after: dict[int, list[str]] = {}
        for other in self._decisions.names:
            bound = [t.dotted for t in self._decisions.after(other) if t.bound == target.bound]
            after.setdefault(id(other.statement), []).extend(bound)
        return all(
            id(binding.place.node) in after and set(after[id(binding.place.node)]) <= {target.dotted}
            for binding in followed.bindings(variable)
        )

    def _needs_pass(self, name: ImportedName, gone: Container[int]) -> bool:
        """Would a block or a line that goes on be left without a statement?"""
        block, statement = name.block.statements, name.statement
        if block[0] is statement and len(name.block.way) > 1 and all(id(other) in gone for other in block):
            return True
        at = block.index(statement)
        around = [other for other in block[max(0, at - 1) : at + 2] if other is not statement and id(other) in gone]
        if any(
            other.lineno <= (statement.end_lineno or 0) and statement.lineno <= (other.end_lineno or 0)
            for other in around
        ):
            return True  # two of one line
        source = self._module.source
        span = source.span(statement)
        before = (
            source.content[source.line_starts[statement.lineno - 1] - 3 : span.start] if statement.lineno > 1 else b""
        )
        behind = source.line(statement.end_lineno or statement.lineno)[(statement.end_col_offset or 0) :]
        is_continued = re.search(rb"\\\r?\n?[ \t\f]*\Z", before) is not None
        return is_continued or re.match(rb"[ \t\f]*;[ \t\f]*(?:[#\r\n\\]|\Z)", behind) is not None

    def _stays_bound(self, first: ImportedName, second: ImportedName) -> bool:
        """Is it certain that nothing unseen binds the name anew between two statements of one block?"""
        if only_imports_between(first, second):
            return True
        names = self._decisions.identifiers
        is_starred = first.scope is None and any(line < second.statement.lineno for _, line in names.stars)
        return not names.is_dynamic and not is_starred

    def _sites(self) -> Iterator[ImportSite]:
        by_statement: dict[int, list[ImportedName]] = {}
        for name in self._decisions.names:
            by_statement.setdefault(id(name.statement), []).append(name)
        gone = {at for at, names in by_statement.items() if not any(map(self._decisions.after, names))}
        for names in by_statement.values():
            targets = tuple(self._decisions.after(name) for name in names)
            changed = [name for after, name in zip(targets, names, strict=True) if after != (name.target,)]
            if not changed:
                continue
            statement = names[0].statement
            subject = ", ".join(dict.fromkeys(map(subject_of, changed)))
            span = self._module.source.span(statement)
            group = self._decisions.group_of(statement)
            empties = id(statement) in gone and self._needs_pass(names[0], gone)
            yield ImportSite(span, subject, statement, targets, group, empties)


def _group(
    variable: Variable,
    followed: FollowedNames,
    names: dict[tuple[int, str], list[ImportedName]],
    number: int,
) -> Group:
    group = Group(variable, [], [], [], number)
    for binding in followed.bindings(variable):
        if isinstance(binding.place.node, ast.Import | ast.ImportFrom):
            found = names.get((id(binding.place.node), binding.name), ())
            group.names += (name for name in found if name not in group.names)
            if not found:
                group.others.append(False)
        else:
            group.others.append(binding.harmless and not isinstance(binding.place.node, ast.Name))
    group.names.sort(key=lambda name: (name.start, name.index))
    return group


def _is_bound_by_star(decisions: Decisions, group: Group) -> bool:
    """Does a star import bind the name, too? Another module's exports may not be known; then it is taken not to."""
    if group.variable[1] is not None:
        return False
    sources = {name.source for name in group.names}
    for star, _ in decisions.identifiers.stars:
        if star not in decisions.elsewhere.exports:
            decisions.unresolved.add(f"{star}.*")
        if star in sources or group.local in (decisions.elsewhere.exports.get(star) or ()):
            return True
    return False


def _end(node: ast.AST) -> tuple[int, int]:
    return node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]


def _index(parts: Sequence[str], wanted: Sequence[str]) -> int:
    """Where `wanted` stands in `parts`, side by side; -1 where it does not."""
    length = len(wanted)
    return next((at for at in range(len(parts) - length + 1) if tuple(parts[at : at + length]) == tuple(wanted)), -1)
