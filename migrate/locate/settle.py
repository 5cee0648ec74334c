"""Imports whose uses change with them: which import each use needs, and what it is spelled like then."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from msgspec import Struct

from migrate.locate.aliases import ImportedName, only_imports_between, runs_while_loading
from migrate.locate.decisions import Decisions, Group, MovedUse
from migrate.locate.uses import Use, inexact
from migrate.moves import Home, is_within
from migrate.refs import ObjectRef
from migrate.targets import Target, module_target


class _Need(Struct, frozen=True):
    """An import that moved uses need: of a module, or of a name in it."""

    module: str
    name: str


def settle(decisions: Decisions, group: Group, path: str, moved: list[MovedUse], staying: list[Use]) -> None:
    """Decide about a group of which some uses need a new spelling.

    Args:
        path: what the name is bound to, dotted.
        staying: the other uses, and those that come along with the import as it is.
    """
    if any(decisions.module.is_kept_node(name.statement) for name in group.names):
        decisions.kept |= {name.start for name in group.names}
        return
    (_Plain if group.is_plain else _Bound)(decisions, group, path).settle(moved, staying)


def rename(decisions: Decisions, group: Group, uses: Sequence[Use]) -> None:
    """`rename_uses`: import the object under its new name, and give every use that name; or say why not."""
    wanted = {decisions.targets.get(name) for name in group.names}
    first = next(iter(wanted))
    if len(wanted) != 1 or first is None or len(first) != 1 or any(n.alias.asname for n in group.names):
        return
    (target,) = first
    new = target.name or target.module.rpartition(".")[2]
    home = decisions.moves.home(group.names[0].path)
    if new == group.local or home is None or not home.move.rename_uses:
        return
    problem = _why_not_renamed(decisions, group, uses, new, target)
    if problem is not None:
        decisions.report(
            group.names[0].statement, "name-collision", str(home.move.old),
            f"{group.local} stays the name of {home.move.new} here: {problem}",
        )  # fmt: skip
        return
    _drop(decisions, group)
    decisions.bind(group.variable, new)
    for name in group.names:
        decisions.targets[name] = (Target(target.module, target.name, new),)
    decisions.couple((name.statement for name in group.names), group.number)
    here = Home(home.old, ObjectRef(target.module, target.name), (), home.move)
    owner = "" if target.name else new
    for use in uses:
        decisions.spell(group, MovedUse(use, here, use.nodes[0], None, is_object=True), owner)


def _why_not_renamed(decisions: Decisions, group: Group, uses: Sequence[Use], new: str, target: Target) -> str | None:
    if decisions.must_stay(group.variable):
        return "other modules, or __all__, know it by that name"
    if group.others or any(name.scope is not group.variable[1] for name in group.names):
        return "more than imports bind it"
    for use in uses:
        problem = inexact(decisions.module.source, use)
        if problem is None and decisions.module.is_kept_node(use.nodes[0]):
            problem = "it is marked to be kept"
        if problem is not None:
            return f"its use on line {use.name.lineno} cannot be renamed, as {problem}"
    dotted = f"{target.module}.{target.name}" if target.name else target.module
    hidden = next((use for use in uses if decisions.hides(group.variable, new, use.place)), None)
    if hidden is not None:
        return f"{new} is bound in a scope around line {hidden.name.lineno}"
    return decisions.clash(group, new, dotted)


def _drop(decisions: Decisions, group: Group) -> None:
    """The name goes; a module that takes it from here would miss it."""
    if group.variable[1] is None:
        decisions.dropped.add(f"{decisions.module.name.name}.{group.local}")


class _Settling:
    def __init__(self, decisions: Decisions, group: Group, path: str) -> None:
        self._decisions = decisions
        self._module = decisions.module
        self._group = group
        self._path = path

    def _usable(self, moved: Sequence[MovedUse]) -> list[MovedUse]:
        """The uses that can be given a new spelling; the others are reported, or kept as they ask for it."""
        found: list[MovedUse] = []
        for each in moved:
            if self._module.is_kept_node(each.use.nodes[-1]):
                self._decisions.kept.add((each.node.lineno, each.node.col_offset))
                continue
            problem = inexact(self._module.source, each.use) or _unspellable(each) or self._read_elsewhere(each.use)
            if problem is None:
                found.append(each)
            else:
                self._decisions.report_use(
                    each.use, "member-use" if each.is_object else "module-import", each.home,
                    f"this use of {each.home.move.old} is not rewritten, as {problem}; write {each.home.move.new}",
                )  # fmt: skip
        return found

    def _read_elsewhere(self, use: Use) -> str | None:
        """At run time forward references are looked up in the module, for type checkers in the scopes around them."""
        local, scope = use.variable
        if use.quoted is None or scope is None:
            return None
        is_global = any(name.local == local and name.scope is None for name in self._decisions.names)
        return f"{local} is a name of the module, too, where a forward reference is looked up" if is_global else None

    def _report_all(self, moved: Sequence[MovedUse], code: str, reason: str) -> None:
        for each in moved:
            self._decisions.report_use(
                each.use, code, each.home, f"this use of {each.home.move.old} is not rewritten: {reason}; "
                f"write {each.home.move.new}",
            )  # fmt: skip

    def _is_certain(self) -> bool:
        """Do imports alone bind the name, in the scope where they stand?"""
        return not self._group.others and all(name.scope is self._group.variable[1] for name in self._group.names)

    def _seeing(self, local: str, moved: Sequence[MovedUse]) -> list[MovedUse]:
        """The uses at which `local` would be what the group's imports bind; the others are reported."""
        seeing = [each for each in moved if not self._decisions.hides(self._group.variable, local, each.use.place)]
        self._report_all(
            [each for each in moved if each not in seeing],
            "name-collision",
            f"{local} is bound in a scope around it",
        )
        return seeing

    def _spell(self, each: MovedUse, owner: str) -> None:
        self._decisions.spell(self._group, each, owner)

    def _add(self, needed: Sequence[Target]) -> None:
        """Bind the targets at every import of the group that no other one of it goes before."""
        for target in needed:
            given: list[ImportedName] = []
            for name in self._group.names:
                after = self._decisions.after(name)
                is_there = any(_provides(each, target) for each in after)
                if not is_there and not any(earlier.covers(name) for earlier in given):
                    self._decisions.targets[name] = (*after, target)
                    is_there = True
                if is_there:
                    given.append(name)

    def _mark(self) -> None:
        self._decisions.couple((name.statement for name in self._group.names), self._group.number)


def _provides(binding: Target, wanted: Target) -> bool:
    if wanted.local or binding.local:
        return binding == wanted
    return is_within(binding.module, wanted.module)


def _unspellable(each: MovedUse) -> str | None:
    """Why the new home cannot stand where the old one does; None when it can."""
    names = each.home.new.name.count(".") + 1 if each.home.new.name else 0
    is_bare = each.is_object and names == 1
    module = each.home.new.module
    if is_bare or (not names and "." not in module and not each.is_object):
        parent = each.use.parents_of(each.node)[-1]
        if isinstance(parent, ast.MatchValue):
            return "a pattern of one name would catch anything"
    parts = [module.partition(".")[0], *each.home.new.name.split(".")]
    is_private = any(part.startswith("__") and not part.endswith("__") for part in parts)
    if is_private and any(isinstance(scope, ast.ClassDef) for scope in each.use.place.scopes):
        return "a private name is another one inside a class"
    if each.literal is not None and (is_bare or not names):
        return "its name stands in a string"
    if isinstance(each.node, ast.Attribute) and not isinstance(each.node.ctx, ast.Load) and each.literal is None:
        # an attribute of a module or an object can be set from outside, a name or a module cannot
        return "it is assigned to or deleted" if is_bare or not names else None
    return None


class _Bound(_Settling):
    """`import old as m`, `from pkg import old`, `from old import obj`."""

    def settle(self, moved: list[MovedUse], staying: list[Use]) -> None:
        usable = self._usable(moved)
        if not usable:
            return
        stays = bool(staying) or len(usable) < len(moved) or self._decisions.must_stay(self._group.variable)
        own = any(name in self._decisions.targets for name in self._group.names)
        if not stays and not own and self._is_module_alone(usable):
            self._rebind(usable)
            return
        if not self._is_certain():
            self._report_shadowed(usable)
            return
        self._split(usable, stays=stays or own)

    def _report_shadowed(self, moved: Sequence[MovedUse]) -> None:
        self._report_all(moved, "shadowed", f"{self._group.local} is bound to something else, too")

    def _is_module_alone(self, moved: Sequence[MovedUse]) -> bool:
        """Is the name the old module, of which all uses go to one new module?"""
        owner = self._decisions.canonical(self._path)
        return (
            all(self._group.others)
            and all(not each.is_object and each.home.move.old.module == owner for each in moved)
            and len({each.home.new.module for each in moved}) == 1
        )

    def _rebind(self, moved: Sequence[MovedUse]) -> None:
        """The same name for the new module."""
        module = moved[0].home.new.module
        at_load_time = any(runs_while_loading(each.use.place.scopes) for each in moved)
        if any(
            self._decisions.leads_in_a_circle(name, module, at_load_time=at_load_time) for name in self._group.names
        ):
            return
        for name in self._group.names:
            self._decisions.targets[name] = (module_target(module, self._group.local, is_from=bool(name.source)),)
        _drop(self._decisions, self._group)  # it is another module now
        for each in moved:
            self._spell(each, self._group.local)
        self._mark()

    def _split(self, moved: list[MovedUse], *, stays: bool) -> None:
        """Imports of their own for what moved; the old one goes when nothing else needs it."""
        needs: dict[_Need, list[MovedUse]] = {}
        for each in moved:
            first = each.home.new.name.partition(".")[0] if each.is_object else ""
            needs.setdefault(_Need(each.home.new.module, first), []).append(each)
        done: list[Target] = []
        spelled: list[tuple[MovedUse, str]] = []
        for need, uses in needs.items():
            if need == _Need(self._path, ""):  # the name is that module
                stays = True
                spelled += ((each, self._group.local) for each in uses)
                continue
            target = self._target(need)
            at_load_time = bool(need.name) or any(runs_while_loading(u.use.place.scopes) for u in uses)
            if any(
                self._decisions.leads_in_a_circle(
                    name, need.module, at_load_time=at_load_time and name.block.is_load_time
                )
                for name in self._group.names
            ):
                stays = True
                continue
            problem = None
            if target.bound != self._group.local or stays:
                problem = self._decisions.clash(self._group, target.bound, target.dotted)
            if problem is not None:
                self._report_all(uses, "name-collision", problem)
                stays = True
                continue
            seeing = self._seeing(target.bound, uses)
            stays |= len(seeing) < len(uses)
            if not seeing:
                continue
            uses = seeing
            done.append(target)
            self._decisions.bind(self._group.variable, target.bound)
            owner = "" if need.name else target.bound
            spelled += ((each, owner) for each in uses)
        if not spelled:
            return
        if stays and any(target.bound == self._group.local for target in done):
            uses_ = [each for each, _ in spelled]
            self._report_all(uses_, "name-collision", f"{self._group.local} has to stay as it is")
            return
        if not stays:
            for name in self._group.names:
                self._decisions.targets[name] = ()
            if all(target.bound != self._group.local for target in done):
                _drop(self._decisions, self._group)
        self._add(done)
        for each, owner in spelled:
            self._spell(each, owner)
        self._mark()

    def _target(self, need: _Need) -> Target:
        if need.name:
            return Target(need.module, need.name, need.name)
        leaf = need.module.rpartition(".")[2]
        return module_target(need.module, leaf, is_from=any(name.source for name in self._group.names))


class _Plain(_Settling):
    """`import a.b`, which binds `a`."""

    def settle(self, moved: list[MovedUse], staying: list[Use]) -> None:
        decisions, group = self._decisions, self._group
        wholly = {name: new for name in group.names if (new := decisions.moves.new_module(name.path)) is not None}
        if not moved and not wholly:
            return
        must_stay = decisions.must_stay(group.variable)
        can_stay = self._can_stay(moved, wholly)
        if can_stay and (must_stay or not self._is_certain()):
            self._keep_name(wholly)
            return
        if not self._is_certain():
            self._report_unkept(moved, wholly)
            return
        usable = self._usable(moved)
        left = [(each.use, each.home.old) for each in moved if each not in usable]
        usable, needs, blocked = self._possible(usable)
        left += ((each.use, each.home.old) for each in blocked)
        blocked_modules = {each.home.new.module for each in blocked}
        paths = [".".join([self._path, *use.chain]) for use in staying] + [
            ".".join([self._path, *use.chain]) for use, _ in left
        ]
        for name in group.names:
            decisions.targets[name] = self._after(name, wholly.get(name), paths, usable, blocked_modules)
        self._keep_root(paths)
        self._add([Target(module, "", "") for module in needs])
        for each in usable:
            self._spell(each, each.home.new.module)
        for name in group.names:
            if decisions.targets[name] == (name.target,):
                del decisions.targets[name]
        if all(t.bound != group.local for name in group.names for t in decisions.after(name)):
            _drop(decisions, group)
        self._mark()

    def _possible(self, usable: Sequence[MovedUse]) -> tuple[list[MovedUse], list[str], list[MovedUse]]:
        """The uses whose new module can be imported here, those modules, and the other uses."""
        needs: dict[str, list[MovedUse]] = {}
        for each in usable:
            needs.setdefault(each.home.new.module, []).append(each)
        done: list[MovedUse] = []
        blocked: list[MovedUse] = []
        modules: list[str] = []
        for module, uses in needs.items():
            root = module.partition(".")[0]
            at_load_time = any(runs_while_loading(each.use.place.scopes) for each in uses)
            if self._decisions.leads_in_a_circle(self._group.names[0], module, at_load_time=at_load_time):
                blocked += uses
                continue
            problem = None if root == self._group.local else self._decisions.clash(self._group, root, root)
            if problem is not None:
                self._report_all(uses, "name-collision", problem)
                blocked += uses
                continue
            seeing = self._seeing(root, uses)
            blocked += (each for each in uses if each not in seeing)
            done += seeing
            if seeing:
                modules.append(module)
                self._decisions.bind(self._group.variable, root)
        return done, modules, blocked

    def _after(
        self,
        name: ImportedName,
        new: str | None,
        left: Sequence[str],
        usable: Sequence[MovedUse],
        blocked: set[str],
    ) -> tuple[Target, ...]:
        """What one `import a.b` becomes, if it is only for its own path."""
        needed = any(is_within(path, name.path) for path in left)
        if new is not None:
            if any(is_within(new, module) for module in blocked):
                self._report_old(name, new, "its uses cannot follow")
                return (name.target,)
            root = new.partition(".")[0]
            if root != self._group.local and not any(is_within(new, u.home.new.module) for u in usable):
                problem = self._decisions.clash(self._group, root, root)
                if problem is not None:
                    self._decisions.report(
                        name.alias, "name-collision", name.path,
                        f"{name.path} is not imported from its new place {new}: {problem}",
                    )  # fmt: skip
                    return (name.target,)
            after = Target(new, "", "")
            self._decisions.bind(self._group.variable, root)
            # what stands in a string or the like still needs the old module
            stuck = needed and any(self._decisions.moves.home(path) for path in left if is_within(path, name.path))
            if stuck:
                self._report_old(name, new, "a use of it cannot follow")
                return name.target, after
            return (after,)
        went = [each for each in usable if is_within(".".join([self._path, *each.use.chain]), name.path)]
        if went and not needed and not self._decisions.must_stay(self._group.variable):
            stays = any(is_within(each.home.new.module, name.path) for each in went)
            return (name.target,) if stays and all(each.home.new.module == name.path for each in went) else ()
        return (name.target,)

    def _keep_root(self, left: Sequence[str]) -> None:
        """Where uses of the first name are left, an import goes on binding it."""
        decisions, local = self._decisions, self._group.local
        if not left and not decisions.must_stay(self._group.variable):
            return
        binding = [n for n in self._group.names if any(t.bound == local for t in decisions.after(n))]
        kept: list[ImportedName] = []
        for name in self._group.names:
            after = decisions.after(name)
            if name in binding or any(earlier.covers(name) for earlier in kept):
                kept.append(name)
                continue
            if any(other.block is name.block and only_imports_between(name, other) for other in binding):
                continue
            if decisions.moves.new_module(name.path) is None:
                decisions.targets[name] = (name.target, *after)  # what it loads may be used through the package
                kept.append(name)
                continue
            parent = name.path.rpartition(".")[0]
            while decisions.moves.new_module(parent) is not None:
                parent = parent.rpartition(".")[0]
            if not parent:
                parent = name.path
                self._report_old(
                    name, str(decisions.moves.new_module(parent)), f"{local} may be read here in other ways"
                )
            decisions.targets[name] = (Target(parent, "", ""), *after)
            kept.append(name)

    def _report_old(self, name: ImportedName, new: str, reason: str) -> None:
        self._decisions.report(
            name.alias, "module-import", name.path, f"the import of {name.path}, which is {new} now, stays: {reason}"
        )

    def _can_stay(self, moved: Sequence[MovedUse], wholly: dict[ImportedName, str]) -> bool:
        """Can the name be bound to the new module, so that every use stays right?"""
        names = self._group.names
        itself = [name for name in names if name.path == self._group.local]
        if not itself or len(wholly) < len(names) or any(each.home.move.old.name for each in moved):
            return False
        return all(
            any(name.block is other.block and only_imports_between(name, other) for other in itself) for name in names
        )

    def _keep_name(self, wholly: dict[ImportedName, str]) -> None:
        """`import old` becomes `import new as old`, and `import old.sub` beside it `import new.sub`."""
        local = self._group.local
        for name, new in wholly.items():
            if not self._decisions.leads_in_a_circle(name, new, at_load_time=False):
                self._decisions.targets[name] = (Target(new, "", local if name.path == local else ""),)

    def _report_unkept(self, moved: Sequence[MovedUse], wholly: dict[ImportedName, str]) -> None:
        reason = f"{self._group.local} is bound to something else, too"
        self._report_all(moved, "shadowed", reason)
        for name, new in wholly.items():
            self._report_old(name, new, reason)
