"""Rehearse a plan: its phases, their validation and the way back, by the same code, in a throw-away worktree."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from migrate import interrupts
from migrate.console import Echo, Voice
from migrate.errors import MigrateError
from migrate.executors.workers import ALL, Workers
from migrate.findings import Finding, findings_of
from migrate.phase import run_phase
from migrate.phase_options import PhaseEnd, PhaseOptions
from migrate.plan_modules import module_files
from migrate.rehearsal import Back, Outcome, Rehearsal, Rehearsed, WayBack
from migrate.run import dirty_files
from migrate.session import Session
from migrate.throwaway.filling import TMPDIR_HELPS
from migrate.tree_state import State, changed_since, differences, marks, tree_state
from migrate.validation.results import CheckResult
from migrate.way_back import roll_back_runs, runs_to_roll_back
from migrate.worktrees import current_state
from rollback.errors import (
    GitFailed,
    GitNotRun,
    JournalUnusable,
    NotKept,
    NotRecorded,
    NotRestored,
    RepositoryError,
    WriteFailed,
    count,
    escape,
    explain,
)
from rollback.journal import Journal, RunRecord

_NOT_OF_THE_PHASE = (GitFailed, GitNotRun, JournalUnusable, NotKept, NotRecorded, NotRestored, WriteFailed)
"""Errors that say nothing of what the phase would do in the user's tree: the rehearsal has no room, say."""


class CopyFailed(RepositoryError):
    """The rehearsal cannot go on, for a reason that is about its copy."""

    def __init__(self, top: Path, error: RepositoryError) -> None:
        is_of_the_copy = isinstance(error, WriteFailed) and (top / error.path).is_relative_to(top)
        super().__init__(
            f"the rehearsal cannot go on: in its copy in {escape(str(top.parent))}, not in your tree: {_why(error)}"
            + (f"; {TMPDIR_HELPS}" if is_of_the_copy else "")
        )
        self.error = error


def _why(error: RepositoryError) -> str:
    """Without what such an error says of the user's tree, and of a way out."""
    if isinstance(error, WriteFailed):
        return f"{escape(error.path)}: cannot write: {explain(error.error)}"
    if isinstance(error, JournalUnusable):
        return f"{escape(str(error.path))}: journal unusable: {escape(error.why)}"
    if isinstance(error, NotRestored | NotRecorded):
        return f"run {error.run.id} could not be taken back: {escape(error.why)}"
    return str(error)


class TreeMoved(RepositoryError):
    """Somebody applied a phase, or took one back, while the tree was copied."""

    def __init__(self) -> None:
        super().__init__(
            "a phase was applied or rolled back while the tree was copied; nothing was rehearsed; "
            "run `migrate rehearse` again"
        )


class RehearseOptions(Struct, frozen=True):
    """The options of `migrate rehearse`; those that phases have as well mean the same.

    Attributes:
        keep_going: go on after a phase that does not go through; errors are overridden as by --force, and tell.
        checks: run those of phase 5.
    """

    force: bool = False
    strict: bool = False
    allow_dirty: bool = False
    verify: str | None = None
    verify_timeout: float | None = None
    keep_going: bool = False
    checks: bool = True
    workers: Workers = ALL

    def for_phase(self, phase: int) -> PhaseOptions:
        """The options of a phase in the worktree, where whatever is uncommitted may be touched."""
        return PhaseOptions(
            yes=True,
            dry_run=phase == 5 and not self.checks,
            allow_dirty=True,
            force=self.force or self.keep_going,
            strict=self.strict,
            verify=None if phase == 5 else self.verify,
            verify_timeout=None if phase == 5 else self.verify_timeout,
            keep_going=self.keep_going,
            workers=self.workers,
        )


class Aside(Voice):
    """Shows what is under way; results are kept back, for somebody else to tell them."""

    def __init__(self, voice: Voice) -> None:
        super().__init__(quiet=voice.quiet, verbose=voice.verbose, json=voice.json)

    def say(self, text: str = "", style: str = "") -> None: ...

    def show(self, renderable: Any) -> None: ...

    def note(self, text: str, style: str = "") -> None: ...

    def error(self, text: str) -> None: ...

    def diff(self, lines: list[bytes], encoding: str = "utf-8", *, asked: bool = False) -> None: ...

    @contextmanager
    def watching(self, what: str, title: str, timeout_s: float) -> Iterator[Echo | None]:
        super().note(what)
        with super().watching(what, title, timeout_s) as echo:
            yield echo


def rehearse(session: Session, options: RehearseOptions, voice: Voice, tell: Callable[[Rehearsed], None]) -> Rehearsal:
    """Apply every phase of the plan to a copy of the tree as it is, run its checks, and take everything back.

    Nothing of the user's is written: not the tree, not the index, not the journal. What a command of the plan, or
    somebody else, has written there meanwhile is in the result.

    Args:
        tell: told of each phase as it ends.
    Raises:
        RepositoryError: somebody is at work in the tree, or a run was interrupted; or there is no room for a copy, or
            for what happens in it.
        KeyboardInterrupt: Ctrl-C; the worktree is gone.
    """
    started = time.monotonic()
    if (obstacle := session.obstacle()) is not None:
        raise obstacle
    runs = _runs(session)
    # The plan's own modules: a phase reads and writes them where they are, whether git ignores them or not.
    ignored = session.git.ignored(module_files(session.plan))
    before = marks(session.git.toplevel, _files(session, ignored))
    notes: list[str] = []
    with ExitStack() as stack:
        with voice.progress("copying the tree") as progress:
            git = stack.enter_context(current_state(session.git, notes.append, progress, ignored))
        if session.obstacle() is not None or _runs(session) != runs:
            raise TreeMoved
        copy = Session(git, session.plan, session.plan_file, session)
        notes += [f"{path}: a submodule, not in the rehearsal" for path in _submodules(session)]
        start = tree_state(git.toplevel)
        phases = _Phases(session, copy, options, Aside(voice)).run(tell)
        with voice.working("taking everything back"):
            way_back = _take_back(copy, start)
    top = session.git.toplevel
    changed = changed_since(top, before, start, _files(session, ignored))
    not_ours = tuple(path for path in changed if not _is_output(top / path))
    return Rehearsal(session.plan.name, phases, way_back, not_ours, tuple(notes), time.monotonic() - started)


def _files(session: Session, ignored: Sequence[str]) -> list[str]:
    """What is, or may be, in the user's tree, from its top: all but what git ignores, and of that `ignored`."""
    return [*session.git.whole.present(), *(session.git.prefix + path for path in ignored)]


def _runs(session: Session) -> tuple[tuple[int, str], ...]:
    with Journal.open(session.git, create=False) as journal:
        return tuple((run.id, run.state) for run in journal.runs())


def _submodules(session: Session) -> list[str]:
    return sorted(path for path, kind in session.git.passed_over().items() if kind == "submodule")


def _is_output(path: Path) -> bool:
    """Is it the file that our own stdout or stderr goes into?"""
    for stream in (1, 2):
        with suppress(OSError):
            if os.path.samestat(path.stat(), os.fstat(stream)):
                return True
    return False


class _Phases:
    """The phases of a plan, rehearsed in order.

    Args:
        session: of the user's tree. copy: of the worktree.
    """

    def __init__(self, session: Session, copy: Session, options: RehearseOptions, voice: Voice) -> None:
        self._session = session
        self._copy = copy
        self._options = options
        self._voice = voice
        self._touched: set[str] = set()

    def run(self, tell: Callable[[Rehearsed], None]) -> tuple[Rehearsed, ...]:
        """One value for each phase of the plan, those after the first that stops it as not rehearsed."""
        done: list[Rehearsed] = []
        stopped = False
        for phase in self._session.plan.phases:
            done.append(self._blank(phase) if stopped else self._rehearse(phase))
            tell(done[-1])
            stops = done[-1].outcome in ("blocked", "failed", "refused") and not self._options.keep_going
            stopped = stopped or stops
        return tuple(done)

    def _blank(self, phase: int) -> Rehearsed:
        table = self._session.plan.phase(phase)
        assert table is not None, "the plan says which phases it has"
        return Rehearsed(phase, table.title, table.minutes, "not-rehearsed")

    def _rehearse(self, phase: int) -> Rehearsed:
        started = time.monotonic()
        blank = self._blank(phase)
        try:
            end = run_phase(self._copy, phase, self._options.for_phase(phase), self._voice)
        except _NOT_OF_THE_PHASE as error:
            raise CopyFailed(self._copy.git.toplevel, error) from error
        except (MigrateError, RepositoryError) as error:
            return replace(blank, outcome="refused", why=str(error), seconds=time.monotonic() - started)
        finally:
            interrupts.reopen()  # what comes too late for a phase does not for the rehearsal
        document = end.document()
        files = {file["path"]: file["before_sha256"] for file in document["files"]}
        findings = findings_of(document["manual"])
        checks = tuple(CheckResult.of(check) for check in document.get("checks", ()))
        outcome, why = self._outcome(phase, end, document["mode"], findings, checks)
        return replace(
            blank,
            outcome=outcome,
            edits=sum(len(file["edits"]) for file in document["files"]),
            files=len(files),
            why=why,
            dirty=self._dirty(files),
            allows_dirty=self._options.allow_dirty,
            findings=findings,
            checks=checks,
            seconds=time.monotonic() - started,
        )

    def _outcome(
        self, phase: int, end: PhaseEnd, mode: str, findings: tuple[Finding, ...], checks: tuple[CheckResult, ...]
    ) -> tuple[Outcome, str]:
        options = self._options
        if end.failed:
            failed = sum(check.blocks and check.ended != "not-run" for check in checks)
            return "failed", f"{failed} of {count(len(checks), 'check')} failed"
        blocking = [] if options.force else [f for f in findings if options.for_phase(phase).fails(f)]
        if phase < 5 and not end.applied and (options.keep_going or not blocking):
            return "failed", self._copy.runs()[-1].detail  # of --verify
        if blocking:
            beside = ", and was applied here all the same" if end.applied and phase < 5 else ""
            return "blocked", f"blocked by {count(len(blocking), 'finding' if options.strict else 'error')}{beside}"
        if phase == 5:
            return ("passed", "") if options.checks else ("checks-left-out", "")
        return ("applied", "") if mode == "applied" else ("nothing-to-do", "")

    def _dirty(self, files: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """What has uncommitted changes in the user's tree, where an earlier phase has not touched it before."""
        mine = {path: sha256 for path, sha256 in files.items() if path not in self._touched}
        self._touched.update(files)
        return tuple(dirty_files(self._session, mine).items())


def _take_back(copy: Session, start: Mapping[str, State]) -> WayBack:
    """Take all phases back, and compare every file with the start."""
    started = time.monotonic()
    touched = {copy.git.prefix + path for run in copy.runs() for path in _files_of(copy, run.id)}
    runs: Sequence[RunRecord] = ()
    why = ""
    try:
        runs = runs_to_roll_back(copy.git, copy.plan.name, None, everything=True)
        roll_back_runs(copy.git, runs, force=False)
    except _NOT_OF_THE_PHASE as error:
        raise CopyFailed(copy.git.toplevel, error) from error
    except RepositoryError as error:
        runs, why = (), str(error)
    finally:
        interrupts.reopen()
    changed, new = differences(start, tree_state(copy.git.toplevel))
    known = {*start, *copy.git.whole.present()}  # what git ignores, a cache say, is nobody's concern
    different = () if why else tuple(path for path in (*changed, *new) if path in touched)
    left = tuple(path for path in (*changed, *new) if path not in touched and path in known)
    files = len({path for run in runs for path in _files_of(copy, run.id)})
    outcome: Back = "refused" if why else "not-to-the-byte" if different else "to-the-byte"
    return WayBack(outcome, len(runs), files, time.monotonic() - started, different, left, why)


def _files_of(copy: Session, run_id: int) -> list[str]:
    with Journal.open(copy.git, create=False) as journal:
        return [file.path for file in journal.files(run_id)]
