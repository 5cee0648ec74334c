"""Gather what is needed to look ahead of a plan's moves, and look; loads nothing of what only redirects need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from migrate.findings import Finding
from migrate.foresight.homes import Homes
from migrate.foresight.moves import MovesAhead
from migrate.foresight.survey import Survey
from migrate.foresight.targets import homes_of, targets_of
from migrate.modules import module_of
from migrate.plan import Plan
from rollback.git import Git


def look_at_moves(
    git: Git, plan: Plan, read: Callable[[str], bytes], read_if_there: Callable[[str], bytes | None]
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """What phase 3 would point imports at and is not there; remarks on what cannot be checked."""
    homes = homes_of(git, plan, read_if_there)
    whole = {move.old.module for move in plan.phase3.move if not move.old.name} if plan.phase3 is not None else set()
    former = {t.module: (t.path, t.former) for t in targets_of(git, plan, homes, read, whole)}
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
