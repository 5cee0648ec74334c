"""The modules that redirects take the place of, and the repository once they have."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress

from migrate.foresight.history import earlier_surfaces
from migrate.foresight.holes import Target
from migrate.foresight.homes import Homes, holds_modules
from migrate.foresight.surface import read_surface
from migrate.modules import module_of
from migrate.plan import Plan
from rollback.errors import OutsideRoot
from rollback.git import Git


def homes_of(git: Git, plan: Plan, read_if_there: Callable[[str], bytes | None]) -> Homes:
    """The modules of the repository with the plan's redirects in place."""
    names = {
        redirect.module: {export.bound: f"{export.module}.{export.name}" for export in redirect.exports}
        for redirect in plan.redirects
    }
    return Homes(read_if_there, plan.plan.source_roots, lambda path: holds_modules(git.folder(path)), names)


def targets_of(
    git: Git, plan: Plan, homes: Homes, read: Callable[[str], bytes], wanted: Collection[str]
) -> list[Target]:
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
