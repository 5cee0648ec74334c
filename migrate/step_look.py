"""One phase as `migrate run` shows it: what a look at the tree has found, and what keeps it from being applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from migrate.begun import Begun
from migrate.cards import Row
from migrate.check_run import chosen_checks
from migrate.diff import unified_diff
from migrate.findings import Finding, errors_first
from migrate.findings_report import findings_summary
from migrate.obstacles import blocking, what_blocks
from migrate.phase_options import PhaseOptions
from migrate.preflight.look import besides
from migrate.preview import Preview
from migrate.previewing import Previews, Progress, edits_left
from migrate.run import DirtyFiles, NoCommit, OutOfOrder
from migrate.session import EditingRuns, Session
from migrate.timeline import shown_state
from migrate.validation_command import in_words
from rollback.errors import count, escape
from rollback.journal import RunRecord


class StepLook(Struct, frozen=True):
    """A phase, looked at.

    Attributes:
        found: what it would do. beside: what `migrate check` finds of it besides, such as mentions in documents.
        diffs: of each file, in lines.
        barred: what keeps it from being applied, in words; empty where nothing does.
        runs: of the phase so far, oldest first.
        seen: the runs that were on record.
    """

    begun: Begun
    found: Preview
    beside: tuple[Finding, ...]
    diffs: tuple[list[bytes], ...]
    barred: str
    runs: tuple[RunRecord, ...]
    seen: EditingRuns

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What `migrate check` says of it, errors first."""
        return tuple(errors_first((*self.found.findings, *self.beside)))

    def rows(self, session: Session, options: PhaseOptions) -> Iterator[Row]:
        """What the phase's card says of it."""
        if self.found.phase == 5:
            yield from self._checks(session, options)
        else:
            yield from self._edits()
        if self.runs:
            last = self.runs[-1]
            yield Row("last", _run(last))
        if self.barred:
            yield Row("blocked", self.barred, alarm=True)

    def _edits(self) -> Iterator[Row]:
        found = self.found
        files = f"{count(found.edits, 'edit')} in {count(len(found.files), 'file')}"
        kept = f"; {count(found.kept, 'site')} kept by a `# migrate: keep` comment" if found.kept else ""
        yield Row("to do", f"{files if found.files else 'nothing to change'}{kept}")
        yield Row("check", findings_summary(self.findings))
        for note in found.notes:
            yield Row("", escape(note))

    def _checks(self, session: Session, options: PhaseOptions) -> Iterator[Row]:
        checks = chosen_checks(session, options.only)
        yield Row("to run", count(len(checks), "check"))
        for check in checks:
            yield Row("", f"{escape(check.name)}: {escape(in_words(check))}")
        if self.found.findings:
            yield Row("left", f"deprecated uses: {findings_summary(self.found.findings)}")
        else:
            yield Row("left", "no deprecated import or keyword")
        yield Row("check", findings_summary(self.beside))


def look_at(
    session: Session,
    phase: int,
    options: PhaseOptions,
    begun: Begun,
    progress: Progress | None,
    refuse: Callable[[Preview], None],
    earlier: Sequence[int] = (),
) -> StepLook:
    """Look at one phase; nothing is written.

    Args:
        earlier: phases that must have no edit left.
        refuse: raises DirtyFiles or NoCommit where the files cannot be written.
    Raises:
        RewriteBug, Unreadable, OutsideRoot: as `previewing.preview`.
    """
    seen = session.editing_runs()
    previews = Previews(session.git, session.plan, options.workers, progress)
    found = previews.of(phase)
    beside = besides(session.git, session.plan, session.plan_file, previews.read_if_there)
    diffs = tuple(unified_diff(file.path, file.before, file.edits) for file in found.files)
    barred = _bar(session, found, options, refuse, earlier)
    runs = tuple(run for run in session.runs() if run.phase == phase)
    return StepLook(begun, found, tuple(f for f in beside if f.phase == phase), diffs, barred, runs, seen)


def _bar(
    session: Session,
    found: Preview,
    options: PhaseOptions,
    refuse: Callable[[Preview], None],
    earlier: Sequence[int],
) -> str:
    """What keeps the phase from being applied now; nothing where nothing does."""
    if (obstacle := session.obstacle()) is not None:
        return str(obstacle)
    for phase in earlier:
        if edits := edits_left(session.git, session.plan, phase, options.workers):
            return str(OutOfOrder(found.phase, phase, edits))
    if found.phase == 5:
        return ""
    if blocking(found, options):
        return what_blocks(found, options)
    try:
        refuse(found)
    except (DirtyFiles, NoCommit) as error:
        return str(error).replace("; nothing written", "")
    return ""


def _run(run: RunRecord) -> str:
    """`run 3, applied in part: 2 edits in 1 file`."""
    part = " in part" if run.partial else ""
    what = f": {count(run.edits, 'edit')} in {count(run.files, 'file')}" if run.files else ""
    detail = f"; {run.detail}" if run.detail else ""
    return f"run {run.id}, {shown_state(run)}{part}{what}{detail}"
