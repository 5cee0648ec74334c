"""One phase end to end, after its preview: refuse, lock, journal, write, verify, commit, or take it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from msgspec import Struct
from msgspec.structs import replace

from migrate import interrupts
from migrate.commit_message import message_of
from migrate.committing import Base, commit_changes, commit_problem
from migrate.edits import Edit
from migrate.errors import MigrateError
from migrate.executors.workers import Workers
from migrate.plan_checks import Check
from migrate.preview import FilePreview, Preview
from migrate.previewing import edits_left
from migrate.process import split_verify
from migrate.session import EditingRuns, Session, editing_runs
from migrate.transform import accept_edits
from migrate.validation.checks import Surroundings, attempt
from migrate.validation.environment import Target
from migrate.validation.judging import judge
from migrate.validation.results import CheckResult
from rollback.apply import apply_changes
from rollback.command_folder import command_folder
from rollback.errors import JournalUnusable, RepositoryError, count, name_paths
from rollback.git import Git
from rollback.journal import Journal, Output, RunRecord, RunRequest
from rollback.lock import locked
from rollback.restore import RollbackResult, roll_back
from rollback.signals import Held, deferred_signals

VERIFY_TIMEOUT_S = 3600.0
"""How long a `--verify` command may take, unless told otherwise."""

Echo = Callable[[bytes], None]
Tick = Callable[[int], None]
Back = Callable[[RollbackResult], None]


class DirtyFiles(RepositoryError):
    """Files the phase would touch have changes that git does not have."""

    def __init__(self, states: dict[str, str], total: int, *, commit: bool) -> None:
        shown = name_paths([f"{path} ({state})" for path, state in states.items()])
        way_out = "commit them"
        way_out += " first" if commit else ", or pass --allow-dirty; rollback brings them back as they are"
        what = f"uncommitted changes in {len(states)} of {count(total, 'file')} to touch: {shown}"
        super().__init__(f"{what}; nothing written; {way_out}")
        self.states = states
        self.paths = tuple(states)


class NoCommit(RepositoryError):
    """`--commit` where no commit can be made."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"--commit: {problem}; nothing written")


class OutOfOrder(MigrateError):
    """An earlier phase of the plan still has edits to make."""

    def __init__(self, phase: int, earlier: int, edits: int) -> None:
        super().__init__(
            f"phase{phase}: phase{earlier} comes first and still has {count(edits, 'edit')} to make; "
            f"run `migrate phase{earlier}`, or pass --force"
        )
        self.earlier = earlier


class RunsMoved(RepositoryError):
    """Another phase was applied or taken back since this one was looked at."""

    def __init__(self, phase: int, seen: EditingRuns, now: EditingRuns) -> None:
        other = next(run for run in reversed((*seen, *now)) if run not in seen or run not in now)
        number, of, _ = other
        state = next((state for found, _, state in now if found == number), "gone from the journal")
        super().__init__(
            f"run {number}, of phase{of}, is {state} since the edits were computed; nothing written; "
            f"run `migrate phase{phase}` again"
        )


class CommitFailed(RepositoryError):
    """The commit could not be made; the phase was rolled back."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"--commit: {error}; the phase was rolled back")


class WayBackBlocked(RepositoryError):
    """What was applied has to go back, and cannot; the run stays on record as interrupted."""

    def __init__(self, run: RunRecord, reason: str, error: RepositoryError) -> None:
        why = error.why if isinstance(error, JournalUnusable) else error  # which thinks that nothing is written
        super().__init__(
            f"{reason}; and run {run.id} could not be rolled back: {why}; mend that, then run `migrate rollback`"
        )
        self.run = run


class ApplyOptions(Struct, frozen=True):
    """How a phase is applied.

    Attributes:
        verify: a command to run afterwards; None for none.
        commit: make one commit of the phase's files.
        allow_dirty: touch files with uncommitted changes.
        verify_timeout_s: how long `verify` may take, seconds.
        partial: only some of what was offered is applied, or something else was written by hand.
        person_seconds: how long the phase has waited for answers.
        seen: the runs that were on record when the phase was looked at; None where that is not asked for.
    """

    verify: str | None = None
    commit: bool = False
    allow_dirty: bool = False
    verify_timeout_s: float = VERIFY_TIMEOUT_S
    partial: bool = False
    person_seconds: float = 0.0
    seen: EditingRuns | None = None


class Applied(Struct, frozen=True):
    """A phase that was applied, and perhaps rolled back again by its verification.

    Attributes:
        run: as it stands in the journal.
        verified: the result of `--verify`; None without.
        rolled_back: how the phase was taken back; None where it stands.
        edited: paths that somebody has edited since they were written; their edits are not in the commit.
    """

    run: RunRecord
    verified: CheckResult | None
    rolled_back: RollbackResult | None = None
    edited: tuple[str, ...] = ()

    @property
    def stands(self) -> bool:
        """Is it in the tree?"""
        return self.verified is None or self.verified.passed


def refuse_out_of_order(session: Session, phase: int, workers: Workers) -> None:
    """Every earlier phase of the plan has nothing left to edit.

    Raises:
        OutOfOrder: one has.
    """
    for earlier in session.plan.phases:
        if earlier < min(phase, 5):
            edits = edits_left(session.git, session.plan, earlier, workers)
            if edits:
                raise OutOfOrder(phase, earlier, edits)


def dirty_files(session: Session, files: Mapping[str, str]) -> dict[str, str]:
    """Those of `files` with uncommitted changes that no run has made, each with the change in a word.

    Args:
        files: sha256 of their content, by path.
    """
    dirty = session.git.dirty(files)
    ours = session.written() if dirty else {}
    return {path: state for path, state in dirty.items() if ours.get(path) != files[path]}


def refuse_dirty(session: Session, files: Sequence[FilePreview], options: ApplyOptions) -> None:
    """The files to touch are as git has them, unless dirty ones are allowed; with `--commit` never.

    What an earlier phase of this journal made of a file, and nobody has edited since, is no obstacle: the phases
    follow each other without a commit between them.

    Raises:
        DirtyFiles: some are not.
    """
    if options.allow_dirty and not options.commit:
        return
    paths = [file.path for file in files]
    if options.commit:  # which would take along edits that nobody sees
        dirty = {**session.git.hidden(paths), **session.git.dirty(paths)}
    else:
        dirty = dirty_files(session, {file.path: file.before_sha256 for file in files})
    if dirty:
        raise DirtyFiles(dirty, len(files), commit=options.commit)


def refuse_no_commit(git: Git) -> None:
    """A commit could be made.

    Raises:
        NoCommit: git does not know who commits, or something else is under way, such as a merge.
    """
    problem = commit_problem(git)
    if problem is not None:
        raise NoCommit(problem)


def keep_only(file: FilePreview, edits: Sequence[Edit]) -> FilePreview:
    """The file with only the accepted `edits`.

    Raises:
        NotAsPlanned: it would no longer compile with just these.
    """
    accept_edits(file.path, file.before, tuple(edits))
    return FilePreview(file.path, file.before, file.mode, tuple(edits))


def apply_phase(
    session: Session,
    plan: Preview,
    options: ApplyOptions,
    started_at: float,
    echo: Echo | None = None,
    tick: Tick | None = None,
    back: Back = lambda _result: None,
) -> Applied:
    """Write what `plan` shows, as one run of the journal; then verify and commit it if asked to.

    Args:
        started_at: when the phase began to look at the tree, seconds since the epoch.
        echo: told the verification's output as it comes. tick: told how many files are written.
        back: told how the run was taken back, where an error ends it after it was written.
    Raises:
        RepositoryError: the repository is in the way; the tree is as before.
        KeyboardInterrupt: Ctrl-C; everything is restored. One that comes when all is done changes nothing any more.
    """
    with deferred_signals() as held:
        applied = _apply(session, plan, options, started_at, echo, tick, back, held)
        interrupts.close()
        held.forget()
        return applied


def _apply(
    session: Session,
    plan: Preview,
    options: ApplyOptions,
    started_at: float,
    echo: Echo | None,
    tick: Tick | None,
    back: Back,
    held: Held,
) -> Applied:
    git = session.git
    request = RunRequest(
        session.plan.name,
        plan.phase,
        started_at,
        plan.edits,
        len(plan.findings),
        Counter(edit.kind for file in plan.files for edit in file.edits),
        person_seconds=options.person_seconds,
        partial=options.partial,
        findings=[finding.as_json() for finding in plan.findings],
    )
    command = f"migrate phase{plan.phase}"
    with locked(git, command), Journal.open(git, create=True) as journal:
        now = editing_runs(journal, session.plan.name, git)
        if options.seen is not None and options.seen != now and journal.interrupted() is None:  # that is told later
            raise RunsMoved(plan.phase, options.seen, now)
        changes = [file.change for file in plan.files]
        more_to_do = options.verify is not None or options.commit
        edited: tuple[str, ...] = ()
        if options.commit:
            refuse_no_commit(git)
            base = Base.of(git)
            refuse_dirty(session, plan.files, options)  # once more, upon this base
        run = apply_changes(git, journal, request, changes, tick, "verifying" if more_to_do else "applied")
        if options.verify is not None:
            with _rolled_back_on_error(git, journal, run, "interrupted during --verify", back), held.listening():
                verified, output = verify(session, options.verify, options.verify_timeout_s, echo)
                journal.record_output(run.id, Output("verify", 1, output))
            if not verified.passed:
                reason = f"--verify failed: {verified.message}"
                taken = _take_back(git, journal, run, reason)
                return Applied(taken.run, verified, taken)
        else:
            verified = None
        if options.commit:
            with _rolled_back_on_error(git, journal, run, "the commit was not made", back):
                held.deliver()
                message = message_of(session.plan, plan, partial=options.partial)
                sha, edited = _commit(git, base, plan, message)
                journal.record_commit(run.id, sha)
        if more_to_do:
            with _rolled_back_on_error(git, journal, run, "the journal cannot say that it is done", back):
                run = journal.move(run.id, "applied")
        return Applied(run, verified, edited=edited)


@contextmanager
def _rolled_back_on_error(git: Git, journal: Journal, run: RunRecord, reason: str, back: Back) -> Iterator[None]:
    try:
        yield
    except BaseException:
        back(_take_back(git, journal, run, reason))
        raise


def _take_back(git: Git, journal: Journal, run: RunRecord, reason: str) -> RollbackResult:
    """By force: the command itself may have changed a file, as a formatter does; what it made of it is kept.

    Raises:
        WayBackBlocked: it cannot be done now.
    """
    try:
        return roll_back(git, journal, run, force=True, reason=reason, state="failed")
    except RepositoryError as error:
        raise WayBackBlocked(run, reason, error) from error


def _commit(git: Git, base: Base, phase: Preview, message: str) -> tuple[str, tuple[str, ...]]:
    try:
        return commit_changes(git, base, [file.change for file in phase.files], message)
    except RepositoryError as error:
        raise CommitFailed(error) from error


def verify(session: Session, command: str, timeout_s: float, echo: Echo | None = None) -> tuple[CheckResult, bytes]:
    """Run a `--verify` command in the root, as it was written; its exit code decides. The caller holds the lock.

    Returns:
        The result, and the output.
    Raises:
        KeyboardInterrupt: a Ctrl-C ended it.
    """
    check = Check(name="verify", run=split_verify(command), timeout_seconds=timeout_s)
    target = replace(Target.of(session.plan, session.git.root, session.home), python=())
    with command_folder(session.git) as scratch:
        ran = attempt(check, target, Surroundings(target), scratch, echo)
    if ran.interrupted:
        raise KeyboardInterrupt
    return judge(check, ran, session.git.root), ran.output
