"""Gather what is needed to look ahead of a plan's redirects, and look."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial

from migrate.edits import Edit
from migrate.findings import Finding
from migrate.foresight.circles import Circles
from migrate.foresight.history import earlier_surfaces
from migrate.foresight.holes import Outlook, Target
from migrate.foresight.homes import Homes, holds_modules
from migrate.foresight.later import Later
from migrate.foresight.mentioned import Mentions
from migrate.foresight.moves import MovesAhead
from migrate.foresight.redirects import Ahead
from migrate.foresight.surface import read_surface
from migrate.foresight.survey import Survey
from migrate.modules import module_of
from migrate.plan import Plan
from rollback.errors import OutsideRoot
from rollback.git import Git


def look_ahead(
    git: Git,
    plan: Plan,
    read: Callable[[str], bytes],
    read_if_there: Callable[[str], bytes | None],
    moved: Mapping[str, Sequence[Edit]],
    only: Collection[str] | None = None,
) -> Outlook:
    """What the redirects of a plan would break in the tree as it is.

    Args:
        read, read_if_there: files of the repository, by path.
        moved: the edits of phase 3, by path.
        only: the modules to look at; None for all redirects of the plan.
    """
    redirects = {redirect.module: redirect for redirect in plan.redirects}
    second = {redirect.module for redirect in plan.phase2.redirect} if plan.phase2 is not None else set()
    later = Later(read, read_if_there, moved)
    homes = homes_of(git, plan, later.read_if_there)
    wanted = redirects.keys() if only is None else redirects.keys() & set(only)
    targets = _targets(git, plan, homes, read, wanted)
    former = {target.module: (target.path, target.former) for target in targets}
    survey = Survey(git, plan, later.read)
    users = survey.users(frozenset(former)) if targets else ()
    return Ahead(
        plan,
        targets,
        homes,
        homes_of(git, plan, read_if_there).before(former),
        Circles(read_if_there, plan.plan.source_roots, redirects, second, later),
        tuple(sorted(map(later.as_it_is, users), key=lambda use: use.order)),
        survey.namesakes,
        Mentions(git, read_if_there).of,
    ).look()


def look_at_moves(
    git: Git, plan: Plan, read: Callable[[str], bytes], read_if_there: Callable[[str], bytes | None]
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """What phase 3 would point imports at and is not there; remarks on what cannot be checked."""
    homes = homes_of(git, plan, read_if_there)
    whole = {move.old.module for move in plan.phase3.move if not move.old.name} if plan.phase3 is not None else set()
    former = {t.module: (t.path, t.former) for t in _targets(git, plan, homes, read, whole)}
    survey = Survey(git, plan, read)
    return MovesAhead(plan, homes, homes.before(former), survey.users_in_place, partial(_submodules, git, homes)).look()


def _submodules(git: Git, homes: Homes, package: str) -> Iterator[str]:
    """The modules inside of a package, at any depth."""
    path = homes.path(package)
    if path is None or path.endswith("/__init__.py"):
        for folder in homes.folders(package):
            for file in sorted(git.folder(folder, deep=True).rglob("*.py")):
                module = module_of(file.relative_to(git.root).as_posix(), homes.source_roots).name
                if module != package and homes.path(module) is not None:
                    yield module


def homes_of(git: Git, plan: Plan, read_if_there: Callable[[str], bytes | None]) -> Homes:
    """The modules of the repository with the plan's redirects in place."""
    names = {
        redirect.module: {export.bound: f"{export.module}.{export.name}" for export in redirect.exports}
        for redirect in plan.redirects
    }
    return Homes(read_if_there, plan.plan.source_roots, lambda path: holds_modules(git.folder(path)), names)


def _targets(git: Git, plan: Plan, homes: Homes, read: Callable[[str], bytes], wanted: Collection[str]) -> list[Target]:
    """The redirects of modules in `wanted` whose file is there, and one that may be replaced."""
    found: list[Target] = []
    for phase in (1, 2):
        for index, redirect in enumerate(getattr(plan.phase(phase), "redirect", ())):
            path = homes.path(redirect.module) if redirect.module in wanted else None
            if path is None:
                continue
            with suppress(OutsideRoot):  # a link is no file to replace
                surface = read_surface(read(path), module_of(path, plan.plan.source_roots))
                earlier = earlier_surfaces(git, path, plan.plan.source_roots)
                former = surface if surface.makes_objects else next(earlier, surface)
                found.append(Target(phase, index, redirect, path, surface, former))
    return found
