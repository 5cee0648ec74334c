"""After a failure: the way back, asked for on a terminal and named elsewhere."""

from __future__ import annotations

from migrate.console import Voice
from migrate.rollback_command import Choice, roll_back_command
from migrate.session import Session
from rollback.errors import count


def offer_rollback(
    session: Session, phase: int, voice: Voice, again: str, *, asked: bool, suspect: int | None = None
) -> None:
    """Offer to take back what is in the tree after a phase failed.

    Args:
        phase: the one that failed; for phase 5, its checks did.
        again: the command to go on with. asked: somebody can be asked.
        suspect: the first phase that touched what failed; the offer is to go back to before it. None for the last one.
    """
    standing = [run for run in session.runs() if run.state == "applied" and run.files]
    if not standing:
        voice.say(f"next: mend it and go on with `{again}`")
        return
    voice.error(f"stopped at phase{phase}; {count(len(standing), 'run')} of this plan in the tree")
    asks = f"roll phase{standing[-1].phase} back?" if suspect is None else f"roll back to before phase{suspect}?"
    voice.forget_typed()  # what was typed before was no answer to this
    if asked and voice.confirm(asks):
        roll_back_command(session.git, session.plan.name, Choice(suspect), yes=True, force=False, voice=voice)
        return
    back = "migrate rollback" if suspect is None else f"migrate rollback phase{suspect}"
    voice.say(f"next: mend it and go on with `{again}`, or take it back: `{back}`")
