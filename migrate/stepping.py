"""The command run: phase after phase, until one fails."""

from __future__ import annotations

import time
from typing import Any

from migrate import interrupts
from migrate.console import Voice
from migrate.documents import SCHEMA
from migrate.errors import Exit, MigrateError, exit_code_of
from migrate.phase import PhaseOptions, can_ask, run_phase
from migrate.rollback_command import Choice, roll_back_command
from migrate.session import Session
from rollback.errors import RepositoryError, count


def run_all(session: Session, options: PhaseOptions, voice: Voice) -> tuple[int, dict[str, Any]]:
    """Run every phase of the plan in order; each asks before it writes.

    Returns:
        The exit code of the first phase that did not go through, else 0, and the JSON document.
    Raises:
        RepositoryError: somebody is at work, or a run was interrupted; no phase was begun.
    """
    started = time.monotonic()
    if not options.looks_only and (obstacle := session.obstacle()) is not None:
        raise obstacle
    documents: list[dict[str, Any]] = []
    code = Exit.DONE
    for phase in session.plan.phases:
        interrupts.reopen()
        _announce(session, phase, voice)
        try:
            end = run_phase(session, phase, options, voice)
        except (MigrateError, RepositoryError) as error:
            voice.error(str(error))
            code = exit_code_of(error)
        else:
            documents.append(end.document)
            code = end.code if not options.check else max(code, end.code)
        if code and not options.check:
            interrupts.reopen()
            _offer_rollback(session, phase, voice, asked=not options.yes and not options.looks_only)
            break
    document = {
        "schema": SCHEMA,
        "plan": session.plan.name,
        "phases": documents,
        "seconds": round(time.monotonic() - started, 3),
    }
    return code, document


def _announce(session: Session, phase: int, voice: Voice) -> None:
    table = session.plan.phase(phase)
    assert table is not None
    minutes = f", planned {table.minutes:g} min" if table.minutes is not None else ""
    voice.say(f"== phase{phase}: {table.title}{minutes}", "bold")


def _offer_rollback(session: Session, phase: int, voice: Voice, *, asked: bool) -> None:
    """The way back after a failure: asked for on a terminal, named elsewhere."""
    standing = [run for run in session.runs() if run.state == "applied" and run.files]
    if not standing:
        return
    voice.error(f"stopped at phase{phase}; {count(len(standing), 'run')} of this plan in the tree")
    if asked and can_ask() and voice.confirm("roll the last applied phase back?"):
        roll_back_command(session.git, session.plan.name, Choice(), yes=True, force=False, voice=voice)
    else:
        voice.say("next: mend it and go on with `migrate run`, or take it back: `migrate rollback --all`")
