"""Stepping with a person: for each phase its card, its diff and a prompt; then apply, verify, and on to the next."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from migrate import interrupts
from migrate.applying import Applying
from migrate.begun import Begun
from migrate.cards import card_of
from migrate.check_run import chosen_checks
from migrate.console import Voice
from migrate.documents import Mode, phase_document
from migrate.errors import Exit, MigrateError, PlanError, exit_code_of
from migrate.obstacles import why_nothing
from migrate.phase_options import PhaseOptions
from migrate.plan import PHASES
from migrate.preview import Preview
from migrate.rollback_offer import offer_rollback
from migrate.run import DirtyFiles, NoCommit, RunsMoved
from migrate.session import Session
from migrate.step_look import StepLook, look_at
from migrate.step_menu import APPLY, CHECKS, HUNKS, QUIT, SKIP
from migrate.step_prompt import StepPrompt
from migrate.timeline import state_of
from migrate.validation_command import validate
from rollback.errors import Drifted, Interrupted, Locked, RepositoryError, count

_AGAIN = "migrate run"


class _Stopped(Exception):
    """A phase that did not go through, after it has said why.

    Attributes:
        suspect: the first phase that touched what failed; None where that is not known.
    """

    def __init__(self, suspect: int | None = None) -> None:
        super().__init__()
        self.suspect = suspect


class Stepper:
    """One way through the plan's phases.

    A phase that was skipped is no obstacle to later ones on the same way: that was decided.
    """

    def __init__(self, session: Session, options: PhaseOptions, voice: Voice, documents: list[dict[str, Any]]) -> None:
        """
        Args:
            documents: gets that of each phase that was looked at; one for each part of it that was applied.
        """
        self._session = session
        self._options = options
        self._voice = voice
        self._applying = Applying(session, options, voice, asked=True)
        self._begun = Begun.now(voice)
        self._known = session.editing_runs()
        self._moved = False
        self._skipped: dict[int, int] = {}
        self._left: dict[int, str] = {}
        self._documents = documents

    def run(self) -> Exit:
        """Step through the phases until the end, a failure, or until the person leaves.

        Returns:
            The exit code.
        Raises:
            UsageError: `--only` names no check.
            KeyboardInterrupt: Ctrl-C; the phase that was under way is as before.
        """
        chosen_checks(self._session, self._options.only)
        for phase in PHASES:
            if self._session.plan.phase(phase) is None:
                continue
            interrupts.reopen()
            suspect, code = None, Exit.FINDINGS
            try:
                if not (self._checks() if phase == 5 else self._edits(phase)):
                    return self._end(Exit.FINDINGS)
                continue
            except _Stopped as stopped:
                suspect = stopped.suspect
            except (MigrateError, RepositoryError) as error:
                self._voice.error(str(error))
                code = exit_code_of(error)
            interrupts.reopen()
            offer_rollback(self._session, phase, self._voice, _AGAIN, asked=True, suspect=suspect)
            return code
        return self._end(Exit.FINDINGS if self._skipped else Exit.DONE)

    def _edits(self, phase: int) -> bool:
        """Phases 1 to 4; False where the person leaves."""
        hunks_at_once = self._options.interactive
        self._begun = Begun.now(self._voice)
        while True:
            look = self._look(phase)
            if not look.found.files and (not look.barred or state_of(look.runs, phase) == "applied"):
                self._voice.say(f"phase{phase}: nothing to do: {why_nothing(look.found)}")
                self._record(look, look.found, "nothing-to-do")
                return True
            prompt = self._show(look)
            decision, chosen = self._decide(prompt, look.found, at_once=hunks_at_once and not look.barred)
            hunks_at_once = False
            if decision in (QUIT, SKIP):
                return self._leave(look, decision)
            if decision == APPLY and self._apply(look, chosen):
                return True

    def _checks(self) -> bool:
        """Phase 5; False where the person leaves."""
        runs = self._session.runs()
        if state_of(runs, 5) == "passed":
            last = max(run.id for run in runs if run.phase == 5 and run.state == "passed" and not run.partial)
            self._voice.say(
                f"phase5: passed as run {last}, and nothing was applied since; `migrate phase5` checks again"
            )
            return True
        while True:
            self._begun = Begun.now(self._voice)
            look = self._look(5)
            decision = self._show(look).ask()
            if decision in (QUIT, SKIP):
                return self._leave(look, decision)
            if decision == CHECKS:
                self._begun = Begun.now(self._voice)
                now = self._look(5)
                end = validate(
                    self._session, now.found, replace(self._options, yes=True, within_run=True), self._voice, now.begun
                )
                self._documents.append(end.document())
                if end.code:
                    raise _Stopped(end.suspect)
                return True

    def _look(self, phase: int) -> StepLook:
        self._reread()
        with self._voice.progress(f"phase{phase}") as progress:
            refuse, earlier = self._applying.refuse, self._to_look_at_before(phase)
            return look_at(self._session, phase, self._options, self._begun, progress, refuse, earlier)

    def _to_look_at_before(self, phase: int) -> list[int]:
        """Once somebody else has applied or taken back a phase, those that were done may not be any more."""
        self._moved = self._moved or self._session.editing_runs() != self._known
        if not self._moved or self._options.force:
            return []
        return [each for each in self._session.plan.phases if each < phase and each not in self._skipped]

    def _reread(self) -> None:
        """Take up what somebody has changed in the plan; a plan that is wrong now is said, and the old one stays."""
        try:
            session = self._session.reread()
        except PlanError as error:
            self._voice.error(str(error))
            self._voice.note("the plan is taken as it was before")
            return
        if session.plan != self._session.plan:
            self._session = session
            self._applying = Applying(session, self._options, self._voice, asked=True)

    def _show(self, look: StepLook) -> StepPrompt:
        self._voice.forget_typed()  # what was typed was about what was on the screen then
        rows = look.rows(self._session, self._options)
        card = card_of(self._session.plan, look.found.phase, rows, self._skipped)
        prompt = StepPrompt(self._voice, card, look)
        prompt.show_card()
        return prompt

    def _decide(self, prompt: StepPrompt, found: Preview, *, at_once: bool) -> tuple[str, Preview]:
        """What was decided, and what of the phase it is about; hunks that were taken are to be applied."""
        decision = HUNKS if at_once else prompt.ask()
        while decision == HUNKS:
            chosen = self._applying.choose(found)
            if chosen.files:
                return APPLY, chosen
            self._voice.say("no hunk accepted; nothing written")
            decision = prompt.ask()
        return decision, found

    def _apply(self, look: StepLook, chosen: Preview) -> bool:
        """Apply, verify and commit it.

        Returns:
            Is all of the phase in the tree? Else it is to be looked at again.
        Raises:
            _Stopped: the verification failed.
        """
        name = f"phase{look.found.phase}"
        try:
            self._applying.refuse(chosen)
            applied = self._applying.apply(look.found, chosen, look.begun, look.seen)
        except (Drifted, Interrupted, Locked, DirtyFiles, NoCommit, RunsMoved) as error:
            self._voice.error(str(error))
            interrupts.reopen()
            self._voice.say(f"{name} is looked at anew:")
            return False
        self._begun = Begun.now(self._voice)
        self._known = (*self._known, (applied.run.id, applied.run.phase, applied.run.state))
        self._record(look, chosen, "applied" if applied.stands else "dry-run")
        interrupts.reopen()
        if not applied.stands:
            raise _Stopped
        self._applying.tell_commit(applied)
        return not applied.run.partial

    def _leave(self, look: StepLook, decision: str) -> bool:
        """Skip the phase, or quit; both are decisions that the end tells of.

        Returns:
            Does it go on with the next phase?
        """
        found = look.found
        what = "not run" if found.phase == 5 else f"{count(found.edits, 'edit')} left"
        self._left[found.phase] = f"skipped, {what}" if decision == SKIP else what
        self._record(look, found, "dry-run")
        if decision == SKIP:
            self._skipped[found.phase] = found.edits
            self._voice.say(f"phase{found.phase}: skipped, {what}")
        return decision == SKIP

    def _record(self, look: StepLook, shown: Preview, mode: Mode) -> None:
        checks = () if shown.phase == 5 else None
        self._documents.append(phase_document(shown, mode, look.begun.seconds, checks))

    def _end(self, code: Exit) -> Exit:
        """Where each phase stands, and the next command."""
        runs = self._session.runs()
        for phase in self._session.plan.phases:
            self._voice.say(f"phase{phase}  {state_of(runs, phase):<12}{self._left.get(phase, '')}".rstrip())
        self._voice.say(f"next: {_AGAIN if code else 'migrate timeline'}")
        return code
