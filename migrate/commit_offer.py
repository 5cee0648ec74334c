"""After the commit of a phase: its line for `.git-blame-ignore-revs`, written there if that is wished for."""

from __future__ import annotations

from migrate import interrupts
from migrate.blame_ignore import NAME, append, how_to_tell, line_for
from migrate.console import Voice
from rollback.errors import RepositoryError
from rollback.git import Git
from rollback.journal import RunRecord


def tell_commit(git: Git, voice: Voice, run: RunRecord, *, asked: bool, always: bool) -> None:
    """Name the commit of a run, and write its line if asked to; where that cannot be, it is said, and nothing fails.

    Args:
        asked: somebody can be asked. always: the line is written without asking.
    Raises:
        KeyboardInterrupt: Ctrl-C at the question; nothing is written, and the commit stands.
    """
    if run.commit is None:
        return
    line = line_for(run.commit, run.plan, run.phase)
    voice.say(f"commit {run.commit}; for {NAME}:")
    voice.say(line)
    if not (always or (asked and _wished(voice))):
        return
    try:
        appended = append(git, line)
    except RepositoryError as error:
        voice.error(f"{error}; the line was not added, and the commit stands")
        return
    voice.say(f"{NAME}: {'the line is added, and not committed' if appended else 'the commit is in it'}")
    if (command := how_to_tell(git)) is not None:
        voice.say_once(f"git is told of it by: {command}")


def _wished(voice: Voice) -> bool:
    interrupts.reopen()  # the phase is done, and the question can be left all the same
    voice.forget_typed()
    wished = voice.confirm(f"append this line to {NAME}?")
    interrupts.close()
    return wished
