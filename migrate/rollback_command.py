"""The command rollback: show what would be taken back, ask, and take it back newest first."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from migrate.console import Voice
from migrate.errors import Exit, UsageError
from migrate.terminal import run_line, tell_commits, tell_kept, tell_modes
from migrate.way_back import commits_since, refuse_drift_since, roll_back_runs, runs_to_roll_back
from rollback.errors import count
from rollback.git import Git
from rollback.restore import RollbackResult

SCHEMA = 1


class Choice(Struct, frozen=True):
    """What to take back: the last applied phase, unless one of these says otherwise.

    Attributes:
        target: back to before this phase. only: this phase, and no other. everything: all of them.
    """

    target: int | None = None
    only: int | None = None
    everything: bool = False

    @classmethod
    def read(cls, phase: str | None, only: str | None, *, everything: bool) -> Choice:
        """From `rollback phase3` (`3` will do), `--only phase3` and `--all`.

        Raises:
            UsageError: it is no phase, or they contradict each other.
        """
        choice = cls(_phase(phase), _phase(only), everything)
        if everything and (phase or only):
            raise UsageError(f"rollback: --all takes every phase back; leave out {phase or only!r} or --all")
        if phase and only:
            raise UsageError(f"rollback: --only {only} takes one phase back; leave out {phase!r} or --only")
        return choice


def _phase(text: str | None) -> int | None:
    if text is None:
        return None
    found = re.fullmatch(r"(?:phase)?([1-5])", text)
    if found is None:
        raise UsageError(f"rollback: {text!r} is no phase; write phase1 to phase5, or --all")
    return int(found[1])


def roll_back_command(
    git: Git, plan: str | None, choice: Choice, *, yes: bool, force: bool, voice: Voice
) -> tuple[Exit, dict[str, Any]]:
    """Take phases back.

    Args:
        plan: the plan's name; None when it cannot be read, for the runs of every plan.
    Returns:
        The exit code and the JSON document.
    """
    started = time.monotonic()
    runs = runs_to_roll_back(git, plan, choice.target, choice.everything, choice.only)
    if not runs:
        voice.say("nothing to roll back")
        voice.say("next: migrate status")
        return Exit.DONE, _document(plan, (), started)
    for run in runs:
        voice.say(run_line(run))
    if not force:
        refuse_drift_since(git, runs)
    if not yes and not voice.confirm(f"take {count(len(runs), 'run')} back, newest first?"):
        voice.say("nothing rolled back")
        voice.say("next: migrate rollback")
        return Exit.FINDINGS, _document(plan, (), started)
    results = roll_back_runs(git, runs, force=force, done=lambda result: _tell(voice, result))
    for run in runs:
        tell_commits(voice, run, commits_since(git, run))
    voice.say("next: migrate status" if plan is not None else "next: git status")
    return Exit.DONE, _document(plan, results, started)


def _tell(voice: Voice, result: RollbackResult) -> None:
    run = result.run
    voice.say(f"phase{run.phase}: run {run.id} rolled back; {count(run.files, 'file')} as before, to the byte", "green")
    tell_modes(voice, result)
    if result.kept is not None:
        tell_kept(voice, result)


def _document(plan: str | None, results: Sequence[RollbackResult], started: float) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "plan": plan,
        "rolled_back": [
            {
                "run": r.run.id,
                "phase": r.run.phase,
                "files": r.run.files,
                "restored": list(r.restored),
                "kept": r.kept,
                "kept_paths": list(r.kept_paths),
            }
            for r in results
        ],
        "seconds": round(time.monotonic() - started, 3),
    }
