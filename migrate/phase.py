"""The commands phase1 to phase5: preview, show, ask, apply; dry run and apply are one path."""

from __future__ import annotations

import time
from dataclasses import replace

from migrate import interrupts
from migrate.annotating import annotate_check
from migrate.console import Voice
from migrate.documents import Mode, phase_document
from migrate.editor import edit_text
from migrate.errors import Exit, UsageError
from migrate.findings import Finding
from migrate.findings_report import findings_summary, list_findings
from migrate.formats import Format
from migrate.interactive import choose_edits
from migrate.phase_options import PhaseEnd, PhaseOptions, can_ask
from migrate.plan import CheckPhase
from migrate.preview import Preview
from migrate.previewing import preview
from migrate.rollback_offer import offer_rollback
from migrate.run import (
    VERIFY_TIMEOUT_S,
    ApplyOptions,
    apply_phase,
    refuse_dirty,
    refuse_no_identity,
    refuse_out_of_order,
)
from migrate.saved import load_saved
from migrate.session import Session
from migrate.terminal import show_diff, summary, tell_commits, tell_kept
from migrate.validation_command import validate
from migrate.verdict import show_result
from migrate.way_back import commits_since
from rollback.errors import count
from rollback.restore import RollbackResult


def run_one(session: Session, phase: int, options: PhaseOptions, voice: Voice) -> PhaseEnd:
    """As `run_phase`, and after checks that failed the offer to roll back."""
    end = run_phase(session, phase, options, voice)
    if end.failed:
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
    started_at, started = time.time(), time.monotonic()
    obstacle = session.obstacle()
    if obstacle is not None:
        if not options.looks_only:
            raise obstacle
        voice.error(str(obstacle))
    with voice.progress(f"phase{phase}") as progress:
        if options.saved is not None:
            found = load_saved(session.git, session.plan, phase, options.saved)
        else:
            found = preview(session.git, session.plan, phase, options.jobs, progress)
    if not options.looks_only and not options.force:
        refuse_out_of_order(session, phase, options.jobs)
    if isinstance(table, CheckPhase):
        return validate(session, found, options, voice, started_at)
    command = _PhaseCommand(session, options, voice, found, started_at, started)
    return command.edit()


class _PhaseCommand:
    def __init__(
        self,
        session: Session,
        options: PhaseOptions,
        voice: Voice,
        found: Preview,
        started_at: float,
        started: float,
    ) -> None:
        self._session = session
        self._options = options
        self._voice = voice
        self._found = found
        self._started_at = started_at
        self._started = started
        self._name = f"phase{found.phase}"

    def edit(self) -> PhaseEnd:
        """Phases 1 to 4."""
        options, found = self._options, self._found
        if options.check:
            self._list_findings()
            self._voice.note(summary(found, "would change"))
            code = Exit.FINDINGS if found.files or self._blocking() else Exit.DONE
            if self._blocking() and not found.files:
                self._voice.note(self._what_blocks("nothing to change; blocked"))
            if not self._voice.quiet:
                self._next(f"migrate {self._name} --dry-run" if code else None)
            return self._end(code, "dry-run" if found.files else "nothing-to-do", found, applied=not found.files)
        self._show(found)
        if options.dry_run:
            return self._dry_run()
        if self._blocking():
            return self._blocked()
        if not found.files:
            self._voice.say(f"{self._name}: nothing to do: {self._why_nothing()}")
            self._next()
            return self._end(Exit.DONE, "nothing-to-do", found, applied=True)
        refuse_dirty(self._session, found.files, self._apply_options)
        if options.commit:
            refuse_no_identity(self._session.git)
        chosen = self._choose() if options.interactive else found
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
        return self._apply(chosen, partial=chosen.files != found.files)

    def _choose(self) -> Preview:
        git = self._session.git
        return choose_edits(self._found, self._voice, lambda text: edit_text(text, git.editor()))

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
        if self._blocking():
            self._voice.say(self._what_blocks("would be blocked"), "red")
        elif not found.files:
            self._voice.say(f"{self._name}: nothing to do: {self._why_nothing()}")
        if found.files or self._blocking():
            self._next(f"migrate {self._name}" + (" --force" if self._blocking() and found.files else ""))
        else:
            self._next()
        return self._end(Exit.DONE, "dry-run" if found.files else "nothing-to-do", found, applied=False)

    def _blocking(self) -> tuple[Finding, ...]:
        if self._options.force:
            return ()
        return self._found.findings if self._options.strict else self._found.errors

    def _blocked(self) -> PhaseEnd:
        self._voice.error(self._what_blocks("nothing written; blocked"))
        self._next(f"migrate {self._name}" + (" --force" if self._found.files else ""))
        mode: Mode = "dry-run" if self._found.files else "nothing-to-do"
        return self._end(Exit.FINDINGS, mode, self._found, applied=False)

    def _what_blocks(self, verb: str) -> str:
        what = count(len(self._blocking()), "finding" if self._options.strict else "error")
        way_out = "mend the places, mark them with `# migrate: keep`, or pass --force to go on without them"
        if self._found.phase < 3:  # no mark makes a redirect answer for what it does not have
            way_out = "mend the places or the plan (`migrate check --suggest`), or pass --force to go on all the same"
        return f"{self._name}: {verb} by {what}; {way_out}"

    def _why_nothing(self) -> str:
        found = self._found
        if found.phase < 3:
            return "every redirect is in place" if found.candidates else "no redirect can be written"
        left = f"; {findings_summary(found.findings)} left to a person" if found.findings else ""
        return f"no site left to change in {count(found.candidates, 'candidate file')}{left}"

    @property
    def _apply_options(self) -> ApplyOptions:
        options = self._options
        timeout_s = VERIFY_TIMEOUT_S if options.verify_timeout is None else options.verify_timeout
        return ApplyOptions(options.verify, options.commit, options.allow_dirty, timeout_s)

    def _apply(self, chosen: Preview, *, partial: bool) -> PhaseEnd:
        with self._voice.progress(f"writing {self._name}") as progress:
            total = len(chosen.files)
            tick = None if progress is None else lambda done: progress(done, total)
            options = replace(self._apply_options, partial=partial)
            applied = apply_phase(
                self._session, chosen, options, self._started_at, self._voice.echo, tick, self._tell_back
            )
        if applied.verified is not None:
            show_result(self._voice, applied.verified)
            if self._options.format is Format.GITHUB:
                annotate_check(self._voice, applied.verified, self._session.git)
            if not applied.verified.passed:
                self._voice.error(f"{self._name}: verification failed; rolled back, its files are as before")
                if applied.rolled_back is not None:
                    self._tell_back(applied.rolled_back)
                tell_commits(self._voice, applied.run, commits_since(self._session.git, applied.run))
                self._next(f"migrate {self._name} --dry-run")
                return self._end(Exit.FINDINGS, "dry-run", chosen, applied=False)
        run = applied.run
        self._voice.say(
            f"{self._name}: applied as run {run.id}: {count(chosen.edits, 'edit')} in "
            f"{count(len(chosen.files), 'file')}, {count(len(chosen.findings), 'finding')} left to a person",
            "green",
        )
        if any(finding.code == "invalid-call" for finding in chosen.findings):
            self._voice.note("note: an invalid-call of a call that was changed is not found again; keep this list")
        if run.commit is not None:
            self._voice.say(f"commit {run.commit}; for .git-blame-ignore-revs:")
            self._voice.say(f"{run.commit}  # {self._session.plan.name} phase {chosen.phase}")
        self._next(f"migrate {self._name}" if partial else None)
        return self._end(Exit.DONE, "applied", chosen, applied=not partial)

    def _tell_back(self, result: RollbackResult) -> None:
        if result.kept is not None:
            tell_kept(self._voice, result)

    def _next(self, command: str | None = None) -> None:
        """Name the next command: this one again, the next phase of the plan, or the timeline."""
        later = [n for n in self._session.plan.phases if n > self._found.phase]
        following = command or (f"migrate phase{later[0]}" if later else "migrate timeline")
        if self._session.interrupted() is not None:
            following = "migrate rollback"
        self._voice.say(f"next: {following}")

    def _end(self, code: Exit, mode: Mode, shown: Preview, *, applied: bool) -> PhaseEnd:
        document = phase_document(shown, mode, time.monotonic() - self._started)
        return PhaseEnd(code, document, applied)
