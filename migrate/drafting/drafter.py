"""A first plan from two references: what is asked of the repository, and what becomes of the answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import PurePosixPath

from msgspec.structs import replace

from migrate.definitions.lookup import Definitions, Unknown
from migrate.drafting.draft import Draft, RedirectDraft, draft_moves, why_no_redirect
from migrate.drafting.names import NameDraft, NameDrafts
from migrate.drafting.signature_change import CallDraft, compare
from migrate.drafting.validation import Command, find_commands
from migrate.errors import UsageError
from migrate.foresight.history import earlier_surfaces
from migrate.foresight.homes import Homes, holds_modules
from migrate.foresight.mentioned import Mentions
from migrate.foresight.surface import Surface
from migrate.foresight.survey import Survey
from migrate.foresight.uses import Use
from migrate.modules import candidate_files, module_of
from migrate.plan import parse_plan
from migrate.plan_fields import read_folder
from migrate.refs import ObjectRef
from migrate.tree import Tree
from rollback.git import Git

_VENDORED = frozenset({"vendor", "vendored", "_vendor", "third_party", "node_modules", "site-packages"})
"""Folders that hold other people's code."""


class Drafter:
    """What is asked of the repository for one draft.

    Attributes:
        since: a git revision whose signatures are compared with today's.
    """

    def __init__(self, git: Git, old: ObjectRef, new: ObjectRef, since: str | None = None) -> None:
        self._git = git
        self._old = old
        self._new = new
        self._since = since
        self._tree = Tree(git)
        self._tracked = git.tracked()
        self._roots = self._source_roots()
        self._homes = Homes(self._tree.read_if_there, self._roots, lambda path: holds_modules(git.root / path))
        scope = parse_plan({"plan": {"name": "init", "source_roots": list(self._roots)}, "phase5": {}}, "init")
        self._survey = Survey(git, scope, self._tree.read)

    def _source_roots(self) -> tuple[str, ...]:
        """Where the two modules are imported from: below a folder such as `src`, if that is where they are."""
        roots: list[str] = []
        for module in dict.fromkeys((self._old.module, self._new.module)):
            files = list(candidate_files(module, ["."]))
            usual = next((root for root in (".", "src") if self._is_below(root, files)), None)
            if usual is not None:
                roots.append(usual)
                continue
            for path in self._tracked:
                folder = next((path.removesuffix("/" + file) for file in files if path.endswith("/" + file)), None)
                if folder is not None and self._may_be_root(folder):
                    roots.append(folder)
        return tuple(sorted(dict.fromkeys(roots), key=lambda root: (len(root), root))) or (".",)

    def _is_below(self, root: str, files: Sequence[str]) -> bool:
        return any((self._git.root / root / file).is_file() for file in files)

    def _may_be_root(self, folder: str) -> bool:
        """Are imports resolved from there: no package, nothing hidden, nobody else's code, and a plan can name it?"""
        parts = PurePosixPath(folder).parts
        is_ours = not any(part.startswith(".") or part in _VENDORED for part in parts)
        return is_ours and _is_spelled(folder) and not (self._git.root / folder / "__init__.py").is_file()

    def draft(self) -> Draft:
        """The plan, without minutes.

        Raises:
            UsageError: a reference names nothing, `since` no commit, or there is nothing to plan.
        """
        old, new = self._old, self._new
        self._refuse_nothing()
        pairs, stuck = self._pairs()
        users = self._survey.users(frozenset([*(one.module for one, _ in pairs), *stuck]))
        if self._surface(old.module) is None and not users and not self._is_package:
            raise UsageError(
                f"init: OLD: there is no module {old.module} here, and nothing uses it; check the spelling"
            )
        names = self._with_mentions([(one, other, self._names(one, other, users)) for one, other in pairs])
        self._refuse_unknown(names[0][2])
        redirects, why_not = self._redirects(names)
        relevant = self._relevant([name for _, _, found in names for name in found], redirects, why_not)
        if not redirects and old.name:
            taken = {use.order for name in relevant for use in name.uses}
            users = tuple(use for use in users if use.order in taken)
        self._refuse_strangers(relevant)
        kept = [module for module in stuck if any(use.module == module for use in users)]
        calls, notes = self._calls(relevant)
        draft = Draft(
            old, new, relevant, users, redirects, why_not, draft_moves(old, new, relevant, kept), calls,
            (*notes, *map(self._stays, kept)), self._roots, tuple(self._vendored(users)),
        )  # fmt: skip
        return replace(draft, commands=tuple(self._commands(draft)))

    # --- modules

    @cached_property
    def _is_package(self) -> bool:
        path = self._homes.path(self._old.module)
        return self._homes.is_folder(self._old.module) if path is None else path.endswith("/__init__.py")

    def _pairs(self) -> tuple[list[tuple[ObjectRef, ObjectRef]], list[str]]:
        """Old and new home, then those of each module in an old package; and the modules that have no counterpart."""
        old, new = self._old, self._new
        pairs: list[tuple[ObjectRef, ObjectRef]] = [(old, new)]
        stuck: list[str] = []
        if old.name or not self._is_package:
            return pairs, stuck
        is_outside = self._homes.path(new.module) is None and not self._homes.is_folder(new.module)
        for module in sorted(self._submodules()):
            counterpart = new.module + module.removeprefix(old.module)
            if is_outside or self._homes.path(counterpart) is not None:
                pairs.append((ObjectRef(module), ObjectRef(counterpart)))
            elif not f"{module}.".startswith(f"{new.module}."):  # a new home inside of the old one is there already
                stuck.append(module)
        return pairs, stuck

    def _submodules(self) -> Iterator[str]:
        for path in self._tracked:
            if path.endswith(".py"):
                module = module_of(path, self._roots).name
                if module.startswith(f"{self._old.module}.") and self._homes.path(module) == path:
                    yield module

    def _stays(self, module: str) -> str:
        counterpart = self._new.module + module.removeprefix(self._old.module)
        return f"{module} stays, as there is no module {counterpart}."

    def _surface(self, module: str) -> Surface | None:
        found = self._homes.surface(module)
        return None if found is None else found[1]

    # --- names

    def _names(self, old: ObjectRef, new: ObjectRef, users: Sequence[Use]) -> list[NameDraft]:
        surface = self._surface(old.module)
        former = self._former(old.module) if surface is not None and _is_bare(surface) else frozenset()
        return NameDrafts(old, new, self._homes, surface, self._survey.namesakes, former).draft(users)

    def _with_mentions(
        self, found: Sequence[tuple[ObjectRef, ObjectRef, Sequence[NameDraft]]]
    ) -> list[tuple[ObjectRef, ObjectRef, list[NameDraft]]]:
        """The names with the places that speak of those that would go, and that nothing is known to take."""
        going = {old.module: [n.name for n in names if n.home is None and not n.uses] for old, _, names in found}
        own = {path for module in going if (path := self._homes.path(module)) is not None}
        where = Mentions(self._git, self._tree.read_if_there).of(going, own)
        return [
            (old, new, [replace(n, mentioned=where.get((n.module, n.name), "") if not n.uses else "") for n in names])
            for old, new, names in found
        ]

    def _former(self, module: str) -> frozenset[str]:
        """Names that earlier versions of a module defined."""
        path = self._homes.path(module)
        assert path is not None
        surfaces = earlier_surfaces(self._git, path, self._roots)
        return frozenset(name for surface in surfaces for name in surface.entries if surface.defines(name))

    def _relevant(
        self, names: Sequence[NameDraft], redirects: Sequence[RedirectDraft], why_not: str
    ) -> tuple[NameDraft, ...]:
        """The names that the plan is about: of a module that stays, what was asked for alone."""
        if not self._old.name:
            return tuple(sorted(names, key=lambda name: -name.places))
        subject = self._old.name.partition(".")[0]
        is_all = redirects or why_not == self._is_one_already
        return tuple(name for name in names if is_all or name.name == subject)

    # --- redirects

    def _redirects(
        self, found: Sequence[tuple[ObjectRef, ObjectRef, Sequence[NameDraft]]]
    ) -> tuple[tuple[RedirectDraft, ...], str]:
        """The modules that become redirects; where none does, why not."""
        redirects: list[RedirectDraft] = []
        reasons: list[str] = []
        for old, new, names in found:
            why_not = self._why_no_redirect(old, new, names)
            if why_not:
                reasons.append(why_not)
            else:
                redirects.append(RedirectDraft(old.module, new, tuple(names)))
        return tuple(redirects), "" if redirects else reasons[0]

    @property
    def _is_one_already(self) -> str:
        return f"{self._old.module} is one already"

    def _why_no_redirect(self, old: ObjectRef, new: ObjectRef, names: Sequence[NameDraft]) -> str:
        surface = self._surface(old.module)
        if surface is None:
            return "the old module is not in this repository"
        exports = RedirectDraft(old.module, new, tuple(names)).exports
        is_bare = bool(exports) and _is_bare(surface)
        if is_bare and all(n.home is not None and surface.source(n.name) == n.home.dotted for n in exports):
            return self._is_one_already
        source = surface.source(old.name)
        if surface.is_parsed and source not in (None, new.dotted) and old.module != new.module:
            return f"{old.module} only passes {old.name} on, from {source}"
        why_not = why_no_redirect(old, new, names, rest=_rest(surface, names), is_parsed=surface.is_parsed)
        if why_not:
            return why_not
        back = next((name for name in exports if self._is_taken_back(name, old, new)), None)
        if back is not None:
            return f"{new.module} itself takes {back.name} from {old.module}; move its definition there first"
        return ""

    def _is_taken_back(self, name: NameDraft, old: ObjectRef, new: ObjectRef) -> bool:
        """Does the new home of a name load the very object from the old module?"""
        surface = self._surface(new.module)
        if surface is None or name.home is None or name.home.module != new.module:
            return False
        entries = (entry for each in surface.entries.values() for entry in each)
        return any(entry.is_loaded and entry.dotted == f"{old.module}.{name.name}" for entry in entries)

    # --- refusals

    def _refuse_nothing(self) -> None:
        """Raises UsageError: the new home would have to be here, and is not."""
        old, new = self._old, self._new
        if self._homes.path(new.module) is None and not self._homes.is_folder(new.module):
            is_beside = _top(old) == _top(new) and self._homes.path(old.module) is not None
            if self._homes.is_own(new.module) or is_beside:
                raise UsageError(f"init: NEW: there is no module {new.module} here; write where {_what(new)} is now")
        elif new.name:
            answer = self._homes.has(new.module, new.name.partition(".")[0])
            if answer.is_missing:
                raise UsageError(f"init: NEW: {answer.reason}; write where the object is now")

    def _refuse_unknown(self, names: Sequence[NameDraft]) -> None:
        """Raises UsageError: nobody has heard of the old object."""
        if not self._old.name:
            return
        subject = self._old.name.partition(".")[0]
        surface = self._surface(self._old.module)
        is_there = surface is not None and (surface.binds(subject) or not surface.is_parsed or surface.stars)
        used = any(name.uses for name in names if name.name == subject)
        if not is_there and not used and self._since is None:
            what = f"{self._old.module} has no {subject}" if surface is not None else f"{self._old.module} is not here"
            raise UsageError(f"init: OLD: {what}, and nothing takes {subject} from it; check the spelling")

    def _refuse_strangers(self, names: Sequence[NameDraft]) -> None:
        """Raises UsageError: two modules have nothing in common that anybody needs."""
        needed = [name for name in names if name.is_needed]
        if self._old.name or self._old == self._new or not needed or any(name.home is not None for name in needed):
            return
        listed = ", ".join(name.name for name in needed[:3]) + (" and others" if len(needed) > 3 else "")
        raise UsageError(
            f"init: NEW: {self._new} has nothing of what is used of {self._old} ({listed}); move that there first, or "
            "check the spelling"
        )

    # --- calls

    def _calls(self, names: Sequence[NameDraft]) -> tuple[tuple[CallDraft, ...], tuple[str, ...]]:
        """Changes of calls, from the signatures of both objects, or of one at two times."""
        today = Definitions(self._roots, self._tree.read_if_there)
        before = self._definitions_then() if self._since is not None else today
        calls: list[CallDraft] = []
        notes: list[str] = []
        for old, new in self._callees(names):
            was, is_now = before.signature(old), today.signature(new)
            if self._since is not None and isinstance(was, Unknown):
                was = before.signature(new)
            if isinstance(was, Unknown) or isinstance(is_now, Unknown):
                reason = was.reason if isinstance(was, Unknown) else is_now.reason  # type: ignore[union-attr]
                notes += [f"Signatures are not compared: {reason}."] if self._old.name else []
                continue
            is_same = self._since is not None and old.leaf == new.leaf
            change = compare(old, new, was, is_now, is_same_object=is_same)
            if change is not None:
                calls.append(change if is_same else change.as_a_whole())
        if self._old == self._new and not calls:
            what = f"{self._new} takes" if self._old.name else f"all that is used of {self._new} takes"
            then = f"{what} the same arguments as in {self._since}; name an earlier revision"
            raise UsageError(f"init: --since: {notes[0].rstrip('.') if notes else then}")
        return tuple(calls), tuple(notes)

    def _definitions_then(self) -> Definitions:
        assert self._since is not None
        commit = self._git.commit_of(self._since)
        if commit is None:
            raise UsageError(f"init: --since: {self._since!r} names no commit; write a branch, a tag or a commit")
        return Definitions(self._roots, lambda path: self._git.content_at(commit, path))

    def _callees(self, names: Sequence[NameDraft]) -> Iterator[tuple[ObjectRef, ObjectRef]]:
        if self._old.name:
            yield self._old, self._new
            return
        for name in names:
            home = name.ref if self._old == self._new else name.home
            if home is not None and home.name and name.is_needed:
                yield name.ref, home

    # --- the rest

    def _vendored(self, users: Sequence[Use]) -> Iterator[str]:
        """Globs of folders with other people's code that uses the old module; not where one of the two homes is."""
        homes = [self._homes.path(ref.module) or "" for ref in (self._old, self._new)]
        found: set[str] = set()
        for use in users:
            parts = PurePosixPath(use.path).parts
            depth = next((depth for depth, part in enumerate(parts[:-1], 1) if part in _VENDORED), 0)
            folder = "/".join(parts[:depth])
            if folder and _is_spelled(folder) and not any(c in folder for c in "*?["):
                found.add(folder)
        for folder in sorted(found):
            if not any(home.startswith(f"{folder}/") for home in homes):
                yield f"{folder}/**"

    def _is_vendored(self, path: str) -> bool:
        return not _VENDORED.isdisjoint(PurePosixPath(path).parts)

    def _commands(self, draft: Draft) -> Iterator[Command]:
        redirects = [(redirect.module, [name.name for name in redirect.exports]) for redirect in draft.redirects]
        title = f"{redirects[0][0]} still imports" if len(redirects) == 1 else "the old modules still import"
        ours = [path for path in self._tracked if not self._is_vendored(path)]
        paths = [use.path for use in draft.users if not self._is_vendored(use.path)]
        imports = {title: redirects, f"{draft.new.module} imports": list(self._outside(draft))}
        return find_commands(self._git.root, imports, paths, ours, self._roots)

    def _outside(self, draft: Draft) -> Iterator[tuple[str, list[str]]]:
        """Names that users will take from a module that is not in the repository, and that only a run can check."""
        wanted: dict[str, dict[str, None]] = {}
        for name in draft.names:
            if name.home is not None and name.is_needed and self._homes.path(name.home.module) is None:
                found = wanted.setdefault(name.home.module, {})
                found.update({name.home.name.partition(".")[0]: None} if name.home.name else {})
        yield from ((module, sorted(names)) for module, names in sorted(wanted.items()))


def _is_bare(surface: Surface) -> bool:
    """Does a module define no class and no function, other than to answer for names?"""
    return surface.is_parsed and bool(surface.entries) and not surface.makes_objects


def _rest(surface: Surface, names: Sequence[NameDraft]) -> int:
    """Lines of the definitions of a module that have no other home."""
    kept = {name.name for name in names if name.home is not None}
    lost = (found for name, found in surface.entries.items() if name not in kept and not name.startswith("__"))
    return sum(max((entry.size for entry in found if entry.is_definition), default=0) for found in lost)


def _is_spelled(folder: str) -> bool:
    """Can a plan name the folder?"""
    try:
        return read_folder(folder) == folder
    except ValueError:
        return False


def _top(ref: ObjectRef) -> str:
    return ref.module.partition(".")[0]


def _what(ref: ObjectRef) -> str:
    return "the object" if ref.name else "the module"
