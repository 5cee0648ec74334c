"""The command phase5: what is left of the old, then the plan's checks; and what may have caused a failure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from migrate.annotating import annotate_check
from migrate.begun import Begun
from migrate.check_run import chosen_checks, findings_json, record_checks, surroundings
from migrate.console import Echo, Voice
from migrate.documents import Mode, phase_document
from migrate.errors import Exit
from migrate.findings import Finding
from migrate.findings_report import findings_summary, list_findings
from migrate.formats import Format
from migrate.github import Quoted
from migrate.obstacles import blocking
from migrate.phase_options import PhaseEnd, PhaseOptions
from migrate.plan_checks import Check
from migrate.preview import Preview
from migrate.session import Session
from migrate.validation.environment import Target
from migrate.validation.results import CheckResult
from migrate.verdict import show_checklist, show_criteria, show_result, show_touched
from migrate.worktrees import before_phase_1
from rollback.errors import count
from rollback.journal import RunRequest

_AGAIN = "migrate phase5"


def validate(session: Session, found: Preview, options: PhaseOptions, voice: Voice, begun: Begun) -> PhaseEnd:
    """Phase 5, after its query has looked at the tree.

    Args:
        found: what is left of deprecated imports and keywords.
        begun: when the phase began to look at the tree.
    Raises:
        UsageError: `--only` names no check.
        RepositoryError: another run holds the lock, or an interrupted one has to be rolled back first.
    """
    command = _Validation(session, found, options, voice, begun)
    return command.look() if options.looks_only else command.run()


class _Validation:
    def __init__(self, session: Session, found: Preview, options: PhaseOptions, voice: Voice, begun: Begun) -> None:
        self._session = session
        self._found = found
        self._options = options
        self._voice = voice
        self._begun = begun
        self._checks = chosen_checks(session, options.only)
        if options.lists_findings:
            list_findings(voice, [found.findings], session.git, options.format, self._fails)
        voice.say(f"phase5: {_left(found)}")

    def look(self) -> PhaseEnd:
        """Name the checks, and run none."""
        for check in self._checks:
            self._voice.say(f"would run {check.name}: {in_words(check)}")
        blocked = self._options.check and any(map(self._fails, self._found.findings))
        self._next(_AGAIN)
        return self._end(Exit.FINDINGS if blocked else Exit.DONE, "dry-run", ())

    def run(self) -> PhaseEnd:
        """Ask, run the checks, say what came of them."""
        voice, options = self._voice, self._options
        asked = f"run {count(len(self._checks), 'check')}?"
        if self._checks and not options.yes and not voice.confirm(asked):
            voice.say("phase5: no check was run")
            self._next(_AGAIN)
            return self._end(Exit.FINDINGS, "dry-run", ())
        target = Target.of(self._session.plan, self._session.git.root, self._session.home)
        request = RunRequest(
            self._session.plan.name,
            5,
            self._begun.without_pauses,
            manual=len(self._found.findings),
            person_seconds=self._begun.person_seconds,
            partial=bool(options.only),
            findings=findings_json(self._found.findings),
        )
        _, results = record_checks(
            self._session,
            request,
            self._checks,
            surroundings(self._session, target, self._before),
            self._watch,
            self._tell,
            blocked=_left(self._found) if blocking(self._found, options) else "",
            keep_going=options.keep_going,
        )
        return self._judge(results)

    def _tell(self, result: CheckResult) -> None:
        show_result(self._voice, result)
        if self._options.format is Format.GITHUB:
            folder = next(check.folder for check in self._checks if check.name == result.name)
            annotate_check(self._voice, result, self._session.git, folder)

    @contextmanager
    def _before(self) -> Iterator[Target]:
        """The tree as it was before phase 1, by the same interpreter."""
        with before_phase_1(self._session, self._voice.note) as git:
            yield Target.of(self._session.plan, git.root, self._session.home)

    @contextmanager
    def _watch(self, check: Check, where: str) -> Iterator[Echo | None]:
        beside = f" ({where})" if where else ""
        what, title = f"running {check.name}{beside}: {in_words(check)}", f"{check.name}{beside}"
        with self._voice.watching(what, title, check.timeout_seconds) as echo:
            if echo is None or self._options.format is not Format.GITHUB:
                yield echo
                return
            quoted = Quoted(echo)
            try:
                yield quoted
            finally:
                quoted.finish()

    def _judge(self, results: Sequence[CheckResult]) -> PhaseEnd:
        voice = self._voice
        names = {check.name for check in self._checks}
        mine = [result for result in results if result.name in names]
        show_criteria(voice, mine)
        show_checklist(voice, results)
        failed = [result for result in mine if result.blocks and result.ended != "not-run"]
        waiting = sum(result.ended == "not-run" for result in mine)
        touched = show_touched(voice, failed)
        if failed or blocking(self._found, self._options):
            what = f"{len(failed)} of {count(len(mine), 'check')} failed" if failed else _left(self._found)
            what += f", {waiting} not run" if waiting else ""
            voice.error(f"phase5: {what}")
            if not failed:
                voice.say("next: mend it and run `migrate phase5` again, or pass --force")
            return self._end(Exit.FINDINGS, "applied", results, suspect=min(touched, default=None), failed=bool(failed))
        unmet = sum(not result.passed for result in mine)
        beside = f"; {unmet} that the plan does not require failed" if unmet else ""
        voice.say(f"phase5: {count(len(mine) - unmet, 'check')} passed{beside}", "green")
        self._next(_AGAIN if self._options.only else "migrate timeline")
        return self._end(Exit.DONE, "applied", results)

    def _fails(self, finding: Finding) -> bool:
        """Is it a reason to exit with 1? With --check, whatever is surely left is."""
        return self._options.fails(finding) or (self._options.check and finding.is_certain)

    def _next(self, command: str) -> None:
        if self._options.within_run:
            return
        self._voice.say(f"next: {'migrate rollback' if self._session.interrupted() is not None else command}")

    def _end(
        self,
        code: Exit,
        mode: Mode,
        results: Sequence[CheckResult],
        *,
        suspect: int | None = None,
        failed: bool = False,
    ) -> PhaseEnd:
        document = partial(phase_document, self._found, mode, self._begun.seconds, results)
        return PhaseEnd(code, document, code == Exit.DONE and mode == "applied", failed, suspect)


def in_words(check: Check) -> str:
    """What a check runs or looks at, on one line."""
    looks = {"compile the touched files": check.compiles, "import the redirects": check.imports}
    parts = [shlex.join(check.run)] if check.run is not None else []
    return ", ".join([*parts, *(words for words, wanted in looks.items() if wanted)])


def _left(found: Preview) -> str:
    """What phase 5's query found, in words."""
    if not found.findings:
        return "no deprecated import or keyword is left"
    return f"deprecated uses left: {findings_summary(found.findings)}"
