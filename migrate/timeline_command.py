"""The command timeline: what the journal has, what is left in the tree, and both as a table and a chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrate.console import Voice
from migrate.errors import MigrateError
from migrate.executors.workers import Workers
from migrate.outstanding import outstanding
from migrate.session import Session
from migrate.terminal import show_timeline
from migrate.timeline import timeline
from rollback.errors import RepositoryError


def timeline_command(session: Session, workers: Workers, voice: Voice, *, cached: bool) -> dict[str, Any]:
    """Show the timeline; neither journal nor tree are changed.

    Args:
        cached: as for `outstanding`.
    Returns:
        The JSON document.
    """
    runs = session.runs()
    found = timeline(session.plan, runs, _edits_left(session, workers, voice, cached=cached))
    show_timeline(voice, found)
    if (obstacle := session.obstacle()) is not None:
        voice.error(str(obstacle))
    voice.say("next: migrate rollback" if session.interrupted() is not None else "next: migrate status")
    return found.as_json()


def _edits_left(session: Session, workers: Workers, voice: Voice, *, cached: bool) -> Mapping[int, int] | None:
    """How many edits are left in each phase, also in those applied; None where nobody can look at the tree."""
    phases = [phase for phase in session.plan.phases if phase != 5]
    try:
        left = outstanding(session.git, session.plan, phases, workers, voice, cached=cached)
    except (MigrateError, RepositoryError) as error:
        voice.note(f"no estimate of what is left: {error}")
        return None
    return {phase: each.edits for phase, each in left.items()}
