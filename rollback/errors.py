"""What can go wrong between the tool and the repository; each error words its sentence once.

The exit code of each kind is decided in `migrate.errors`, the one table of exit codes.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollback.journal import RunRecord
    from rollback.lock import Holder


def escape(text: str) -> str:
    """`text` on one line, with control, bidirectional and undecodable characters spelled out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


NAMED = 5
"""How many paths a sentence names; errors have all of them as `paths`."""


def name_paths(paths: Sequence[str], limit: int = NAMED) -> str:
    """List `paths` for one line of a message, control characters escaped, cut after `limit`."""
    shown = ", ".join(escape(path) for path in paths[:limit])
    return shown if len(paths) <= limit else f"{shown} and {len(paths) - limit} more"


def explain(error: OSError) -> str:
    """The operating system's reason in its own words, without the path."""
    return error.strerror or type(error).__name__


def count(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class RepositoryError(Exception):
    """The repository is in the way; nothing was written."""


class GitMissing(RepositoryError):
    """`git` is not on PATH."""

    def __init__(self, minimum: str) -> None:
        super().__init__(f"git was not found on PATH; install git {minimum} or newer")


class GitTooOld(RepositoryError):
    """The installed git lacks options this tool relies on."""

    def __init__(self, found: str, minimum: str) -> None:
        super().__init__(f"git {escape(found)} is too old; git {minimum} or newer is needed")
        self.found = found


class NotARepository(RepositoryError):
    """The root is not inside a git working tree."""

    def __init__(self, root: Path) -> None:
        super().__init__(f"{escape(str(root))}: not a git repository; run inside one, or name it with --root")
        self.root = root


class NotTrusted(RepositoryError):
    """Git refuses the repository because somebody else owns it (`safe.directory`)."""

    def __init__(self, root: Path) -> None:
        shown = escape(str(root))
        super().__init__(
            f"{shown}: git does not trust this repository, somebody else owns it; if you do, run "
            f"`git config --global --add safe.directory {shown}`"
        )
        self.root = root


class GitNotRun(RepositoryError):
    """The operating system did not start git."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"git cannot be run: {explain(error)}; nothing written")
        self.error = error


class GitFailed(RepositoryError):
    """A git command failed that should not have."""

    def __init__(self, command: Sequence[str], returncode: int, stderr: str) -> None:
        why = escape(_gist(stderr))
        how = f"failed with exit code {returncode}" if returncode >= 0 else f"was ended by {_name_signal(-returncode)}"
        super().__init__(f"git {command[0] if command else ''} {how}: {why}")
        self.command = tuple(command)
        self.returncode = returncode
        self.stderr = stderr


def _gist(stderr: str) -> str:
    """The line of git's complaint that says what is wrong; advice may follow it."""
    lines = [line for line in stderr.strip().splitlines() if line.strip()]
    named = [line for line in lines if line.startswith(("fatal: ", "error: "))]
    return (named or lines or ["no message"])[-1]


class NotSearched(RepositoryError):
    """Files that may hold sites could not be read."""

    def __init__(self, stderr: str) -> None:
        super().__init__(
            f"git grep could not search every file: {escape(_gist(stderr).removeprefix('error: '))}; nothing written; "
            "make it readable, or leave it out with plan.exclude"
        )


def _name_signal(number: int) -> str:
    """`SIGXFSZ (File size limit exceeded)`, or `signal 77`."""
    try:
        return f"{signal.Signals(number).name} ({signal.strsignal(number)})"
    except ValueError:
        return f"signal {number}"


class Locked(RepositoryError):
    """Another process holds the lock of this working tree; `holder` is None when it left no name."""

    def __init__(self, holder: Holder | None) -> None:
        if holder is None:
            who = "another migrate is at work in this repository"
        else:
            since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(holder.started))
            who = f"`{escape(holder.command)}` (pid {holder.pid}) is at work in this repository since {since}"
        super().__init__(f"{who}; wait for it to end, then run again")
        self.holder = holder


class Interrupted(RepositoryError):
    """An earlier run was cut off while it wrote."""

    def __init__(self, run: RunRecord) -> None:
        super().__init__(
            f"run {run.id} (phase {run.phase} of '{escape(run.plan)}') was interrupted; "
            "run `migrate rollback` to restore it"
        )
        self.run = run


class NotApplied(RepositoryError):
    """The run has nothing in the tree that could be taken back."""

    def __init__(self, run: RunRecord) -> None:
        super().__init__(
            f"run {run.id} (phase {run.phase} of '{escape(run.plan)}') is {run.state}; nothing to roll back"
        )
        self.run = run


class Drifted(RepositoryError):
    """Files are not what they were when the edits were computed."""

    def __init__(self, paths: Sequence[str], outcome: str = "nothing written") -> None:
        super().__init__(
            f"{count(len(paths), 'file')} changed since the edits were computed: {name_paths(paths)}; "
            f"{outcome}; run the phase again"
        )
        self.paths = tuple(paths)


class SavedPlanDrifted(RepositoryError):
    """Files are not what they were when a saved plan was made."""

    def __init__(self, file: Path, paths: Sequence[str], total: int) -> None:
        super().__init__(
            f"{len(paths)} of {count(total, 'file')} changed since {escape(str(file))} was made: {name_paths(paths)}; "
            "nothing written; make a new dry run"
        )
        self.paths = tuple(paths)


class DriftedSince(RepositoryError):
    """Files were edited after the run that is to be rolled back."""

    def __init__(self, run: RunRecord, paths: Sequence[str], total: int) -> None:
        super().__init__(
            f"{len(paths)} of {count(total, 'file')} edited since run {run.id}: {name_paths(paths)}; "
            "nothing restored; --force keeps the newer versions under a private ref"
        )
        self.run = run
        self.paths = tuple(paths)
        self.total = total


class ChangedMeanwhile(RepositoryError):
    """A file was edited while it was being restored; what came before it is restored, the rest is as it was."""

    def __init__(self, run: RunRecord, path: str) -> None:
        super().__init__(
            f"{escape(path)}: changed while run {run.id} was rolled back; it and those after it stay as they are; "
            "run `migrate rollback` again"
        )
        self.run = run
        self.path = path


class MovedOn(RepositoryError):
    """A run is not what it was when it was shown."""

    def __init__(self, run: RunRecord, state: str) -> None:
        super().__init__(
            f"run {run.id} (phase {run.phase}) was {run.state} when it was shown and is {state} now; nothing restored; "
            "run `migrate rollback` again"
        )
        self.run = run
        self.state = state


class LaterRuns(RepositoryError):
    """Later runs touched the same files and are still applied."""

    def __init__(self, run: RunRecord, later: Sequence[RunRecord], paths: Sequence[str]) -> None:
        others = [r for r in later if (r.plan, r.prefix) != (run.plan, run.prefix)]
        named = ", ".join(
            f"run {r.id} (phase {r.phase}"
            + (f" of '{escape(r.plan)}' in {escape(r.prefix) or '.'})" if r in others else ")")
            for r in later
        )
        way_out = (
            "roll those back first, with their plan and root"
            if others
            else f"`migrate rollback phase{run.phase}` takes them back newest first"
        )
        super().__init__(
            f"run {run.id} (phase {run.phase}) cannot be rolled back before {named}, which touched the same "
            f"{count(len(paths), 'file')}: {name_paths(paths)}; nothing restored; {way_out}"
        )
        self.run = run
        self.later = tuple(later)
        self.paths = tuple(paths)


class OutsideRoot(RepositoryError):
    """A path that may not be written: it is not a plain file of this working tree."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{escape(path)}: {why}; not touched")
        self.path = path
        self.why = why


class Unreadable(RepositoryError):
    """The operating system does not let a file of the tree be read."""

    def __init__(self, path: str, error: OSError) -> None:
        super().__init__(f"{escape(path)}: cannot read: {explain(error)}")
        self.path = path
        self.error = error


class WriteFailed(RepositoryError):
    """The operating system refused a write; `outcome` says how the tree was left."""

    def __init__(self, path: str, error: OSError, outcome: str = "every file is as before") -> None:
        super().__init__(f"{escape(path)}: cannot write: {explain(error)}; {outcome}")
        self.path = path
        self.error = error


class NotRestored(RepositoryError):
    """A failed run could not be taken back on the spot; it stays on record as interrupted."""

    def __init__(self, run: RunRecord, paths: Sequence[str], why: str) -> None:
        super().__init__(
            f"run {run.id} failed and {count(len(paths), 'file')} could not be restored: {name_paths(paths)} "
            f"({why}); run `migrate rollback` to restore it"
        )
        self.run = run
        self.paths = tuple(paths)
        self.why = why


class NotRecorded(RepositoryError):
    """A failed run was taken back, and the journal could not be told; it stays on record as interrupted."""

    def __init__(self, run: RunRecord, cause: str, why: str) -> None:
        super().__init__(
            f"{cause or 'interrupted'}; every file of run {run.id} is as before, but the journal cannot say so "
            f"({escape(why)}); run `migrate rollback` when it can be written"
        )
        self.run = run
        self.why = why


class NotKept(RepositoryError):
    """Git did not keep the pre-images as they are, so nothing may be written over the files."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(
            f"git did not keep the exact bytes of {count(len(paths), 'file')}: {name_paths(paths)}; nothing written; "
            "look for what is unusual in `git config --list`"
        )
        self.paths = tuple(paths)


class SnapshotPruned(RepositoryError):
    """The pre-images of a run were given up on purpose."""

    def __init__(self, run: RunRecord) -> None:
        super().__init__(
            f"run {run.id} (phase {run.phase} of '{escape(run.plan)}'): its snapshot was given up by "
            "`migrate journal prune`; nothing restored; undo it by hand or with git, "
            "and what came after it with `migrate rollback`, a phase at a time"
        )
        self.run = run


class SnapshotDamaged(RepositoryError):
    """The pre-images of a run are gone or not what the journal says."""

    def __init__(self, run: RunRecord, why: str) -> None:
        super().__init__(
            f"run {run.id}: its snapshot {escape(run.ref or '')} is damaged: {escape(why)}; nothing restored"
        )
        self.run = run
        self.why = why


class JournalUnusable(RepositoryError):
    """The journal or its lock cannot be opened, read or written."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{escape(str(path))}: journal unusable: {escape(why)}; nothing written "
            "(pre-images stay under refs/migrate/)"
        )
        self.path = path
        self.why = why
