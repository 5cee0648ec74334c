"""The commands phase1 to phase5: preview, show, ask, apply; dry run and apply are one path."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from migrate import interrupts
from migrate.begun import Begun
from migrate.console import Voice
from migrate.documents import Mode, phase_document
from migrate.errors import Exit, UsageError
from migrate.findings_report import list_findings
from migrate.formats import Format
from migrate.obstacles import blocking, what_blocks, why_nothing
from migrate.phase_options import PhaseEnd, PhaseOptions, can_ask
from migrate.plan import CheckPhase
from migrate.preview import Preview
from migrate.preview_report import show_diff, summary
from migrate.previewing import preview
from migrate.session import EditingRuns, Session
from rollback.errors import count

if TYPE_CHECKING:
    from migrate.applying import Applying

# what only some commands need is imported where they do: it takes as long as a look at the files


def run_one(session: Session, phase: int, options: PhaseOptions, voice: Voice) -> PhaseEnd:
    """As `run_phase`, and after checks that failed the offer to roll back."""
    end = run_phase(session, phase, options, voice)
    if end.failed:
        from migrate.rollback_offer import offer_rollback

        interrupts.reopen()
        asked = not options.yes and can_ask()
        offer_rollback(session, phase, voice, f"migrate phase{phase}", asked=asked, suspect=end.suspect)
    return end


def run_phase(session: Session, phase: int, options: PhaseOptions, voice: Voice) -> PhaseEnd:
    """One phase command after its options are checked.

    Raises:
        UsageError: the plan has no such phase.
        RepositoryError, MigrateError: refused or failed; the tree is as before.
    """
    table = session.plan.phase(phase)
    if table is None:
        raise UsageError(f"phase{phase}: {session.plan_file} has no [phase{phase}]; it has "
                         + ", ".join(f"phase{n}" for n in session.plan.phases))  # fmt: skip
    begun = Begun.now(voice)
    seen = None if options.force else session.editing_runs()
    obstacle = session.obstacle()
    if obstacle is not None:
        if not options.looks_only:
            raise obstacle
        voice.error(str(obstacle))
    with voice.progress(f"phase{phase}") as progress:
        if options.saved is not None:
            from migrate.saved import load_saved

            found = load_saved(session.git, session.plan, phase, options.saved)
        else:
            found = preview(session.git, session.plan, phase, options.workers, progress)
    if not options.looks_only and not options.force:
        from migrate.run import refuse_out_of_order

        refuse_out_of_order(session, phase, options.workers)
    if isinstance(table, CheckPhase):
        from migrate.validation_command import validate

        return validate(session, found, options, voice, begun)
    return _PhaseCommand(session, options, voice, found, begun, seen).edit()


class _PhaseCommand:
    def __init__(
        self,
        session: Session,
        options: PhaseOptions,
        voice: Voice,
        found: Preview,
        begun: Begun,
        seen: EditingRuns | None,
    ) -> None:
        self._session = session
        self._options = options
        self._voice = voice
        self._found = found
        self._begun = begun
        self._seen = seen
        self._blocking = blocking(found, options)
        self._name = f"phase{found.phase}"

    @cached_property
    def _applying(self) -> Applying:
        from migrate.applying import Applying

        options = self._options
        return Applying(self._session, options, self._voice, asked=not options.yes and can_ask())

    def edit(self) -> PhaseEnd:
        """Phases 1 to 4."""
        options, found = self._options, self._found
        if options.check:
            self._list_findings()
            self._voice.note(summary(found, "would change"))
            code = Exit.FINDINGS if found.files or self._blocking else Exit.DONE
            if self._blocking and not found.files:
                self._voice.note(self._what_blocks("nothing to change; blocked"))
            if not self._voice.quiet:
                self._next(f"migrate {self._name} --dry-run" if code else None)
            return self._end(code, "dry-run" if found.files else "nothing-to-do", found, applied=not found.files)
        self._show(found)
        if options.dry_run:
            return self._dry_run()
        if self._blocking:
            return self._blocked()
        if not found.files:
            self._voice.say(f"{self._name}: nothing to do: {why_nothing(found)}")
            self._next()
            return self._end(Exit.DONE, "nothing-to-do", found, applied=True)
        self._applying.refuse(found)
        chosen = self._applying.choose(found) if options.interactive else found
        if not chosen.files:
            self._voice.say(f"{self._name}: no hunk accepted; nothing written")
            self._next(f"migrate {self._name}")
            return self._end(Exit.FINDINGS, "dry-run", found, applied=False)
        if not (options.yes or options.interactive) and not self._voice.confirm(
            f"apply {count(chosen.edits, 'edit')} in {count(len(chosen.files), 'file')}?"
        ):
            self._voice.say(f"{self._name}: not applied; nothing written")
            self._next(f"migrate {self._name}")
            return self._end(Exit.FINDINGS, "dry-run", found, applied=False)
        return self._apply(chosen)

    def _show(self, found: Preview) -> None:
        is_shown_by_hunk = self._options.interactive
        if not (self._voice.quiet or is_shown_by_hunk or self._options.format is Format.GITHUB):
            show_diff(self._voice, found)
        self._list_findings()
        for note in found.notes:
            self._voice.note(note)
        if found.files:
            self._voice.say(summary(found, "would change" if self._options.dry_run else "to change"))
        if self._voice.verbose:
            self._voice.note(f"{count(found.candidates, 'candidate')} parsed in {found.seconds:.2f} s")

    def _list_findings(self) -> None:
        options = self._options
        if options.lists_findings:
            list_findings(self._voice, [self._found.findings], self._session.git, options.format, options.fails)

    def _dry_run(self) -> PhaseEnd:
        found = self._found
        if self._blocking:
            self._voice.say(self._what_blocks("would be blocked"), "red")
        elif not found.files:
            self._voice.say(f"{self._name}: nothing to do: {why_nothing(found)}")
        if found.files or self._blocking:
            self._next(f"migrate {self._name}" + (" --force" if self._blocking and found.files else ""))
        else:
            self._next()
        return self._end(Exit.DONE, "dry-run" if found.files else "nothing-to-do", found, applied=False)

    def _blocked(self) -> PhaseEnd:
        self._voice.error(self._what_blocks("nothing written; blocked"))
        self._next(f"migrate {self._name}" + (" --force" if self._found.files else ""))
        mode: Mode = "dry-run" if self._found.files else "nothing-to-do"
        return self._end(Exit.FINDINGS, mode, self._found, applied=False)

    def _what_blocks(self, verb: str) -> str:
        return f"{self._name}: {verb} by {what_blocks(self._found, self._options)}"

    def _apply(self, chosen: Preview) -> PhaseEnd:
        applied = self._applying.apply(self._found, chosen, self._begun, self._seen)
        if not applied.stands:
            self._next(f"migrate {self._name} --dry-run")
            return self._end(Exit.FINDINGS, "dry-run", chosen, applied=False)
        try:
            self._applying.tell_commit(applied)
        except KeyboardInterrupt:  # too late for what was asked of this command, which is done
            self._voice.note("not added")
        self._next(f"migrate {self._name}" if applied.run.partial else None)
        return self._end(Exit.DONE, "applied", chosen, applied=not applied.run.partial)

    def _next(self, command: str | None = None) -> None:
        """Name the next command: this one again, the next phase of the plan, or the timeline."""
        later = [n for n in self._session.plan.phases if n > self._found.phase]
        following = command or (f"migrate phase{later[0]}" if later else "migrate timeline")
        if self._session.interrupted() is not None:
            following = "migrate rollback"
        self._voice.say(f"next: {following}")

    def _end(self, code: Exit, mode: Mode, shown: Preview, *, applied: bool) -> PhaseEnd:
        document = partial(phase_document, shown, mode, self._begun.seconds)
        return PhaseEnd(code, document, applied)
