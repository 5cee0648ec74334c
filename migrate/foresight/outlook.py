"""Gather what is needed to look ahead of a plan's redirects, and look."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from migrate.edits import Edit
from migrate.foresight.circles import Circles
from migrate.foresight.holes import Outlook
from migrate.foresight.later import Later
from migrate.foresight.mentioned import Mentions
from migrate.foresight.redirects import Ahead
from migrate.foresight.survey import Survey
from migrate.foresight.targets import homes_of, targets_of
from migrate.plan import Plan
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
    targets = targets_of(git, plan, homes, read, wanted)
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
