"""The command run: phase after phase, until one fails or a person leaves."""

from __future__ import annotations

import time
from typing import Any

from migrate import interrupts
from migrate.console import Voice
from migrate.documents import SCHEMA
from migrate.errors import Exit, MigrateError, exit_code_of
from migrate.phase import run_phase
from migrate.phase_options import PhaseOptions
from migrate.rollback_offer import offer_rollback
from migrate.session import Session
from migrate.stepper import Stepper
from rollback.errors import RepositoryError


def run_all(session: Session, options: PhaseOptions, voice: Voice) -> tuple[int, dict[str, Any]]:
    """Run every phase of the plan in order; on a terminal a person decides on each.

    Returns:
        The exit code of the first phase that did not go through, else 0, and the JSON document; after a Ctrl-C, 130
        and what had ended by then.
    Raises:
        RepositoryError: somebody is at work, or a run was interrupted; no phase was begun.
    """
    started = time.monotonic()
    if not options.looks_only and (obstacle := session.obstacle()) is not None:
        raise obstacle
    documents: list[dict[str, Any]] = []
    try:
        if options.yes or options.looks_only:
            code = _run_through(session, options, voice, documents)
        else:
            code = Stepper(session, options, voice, documents).run()
    except KeyboardInterrupt:
        code = Exit.INTERRUPTED
    document = {
        "schema": SCHEMA,
        "plan": session.plan.name,
        "phases": documents,
        "seconds": round(time.monotonic() - started, 3),
    }
    return code, document


def _run_through(session: Session, options: PhaseOptions, voice: Voice, documents: list[dict[str, Any]]) -> Exit:
    """Without a question: all phases with `--check`, else up to the first that does not go through."""
    code = Exit.DONE
    for phase in session.plan.phases:
        suspect = None
        interrupts.reopen()
        _announce(session, phase, voice)
        try:
            end = run_phase(session, phase, options, voice)
        except (MigrateError, RepositoryError) as error:
            voice.error(str(error))
            code = exit_code_of(error)
        else:
            documents.append(end.document())
            suspect = end.suspect
            code = end.code if not options.check else max(code, end.code)
        if code and not options.check:
            interrupts.reopen()
            offer_rollback(session, phase, voice, "migrate run", asked=False, suspect=suspect)
            break
    return code


def _announce(session: Session, phase: int, voice: Voice) -> None:
    table = session.plan.phase(phase)
    assert table is not None
    minutes = f", planned {table.minutes:g} min" if table.minutes is not None else ""
    voice.say(f"== phase{phase}: {table.title}{minutes}", "bold")
