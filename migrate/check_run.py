"""Phase 5 as a run of the journal: the plan's checks under the lock, and on record what they came to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from hashlib import sha256
from pathlib import Path

from migrate.errors import UsageError
from migrate.findings import Finding
from migrate.modules import file_of
from migrate.plan_checks import Check
from migrate.session import Session
from migrate.validation.checks import Checked, CheckInterrupted, Surroundings, Watch, run_checks
from migrate.validation.environment import Target
from migrate.validation.judging import not_run
from migrate.validation.results import CheckResult
from rollback.changes import read_current
from rollback.command_folder import command_folder
from rollback.errors import Interrupted, RepositoryError
from rollback.journal import Journal, RunRecord, RunRequest
from rollback.lock import locked

Before = Callable[[], AbstractContextManager[Target]]


def chosen_checks(session: Session, only: Sequence[str]) -> tuple[Check, ...]:
    """The plan's checks in their order; with `only` those of these names.

    Raises:
        UsageError: there is none of such a name.
    """
    checks = session.plan.phase5.check if session.plan.phase5 is not None else ()
    names = [check.name for check in checks]
    for name in only:
        if name not in names:
            known = ", ".join(map(repr, names)) or "no check"
            raise UsageError(f"phase5: --only {name!r}: the plan has no check of this name; it has {known}")
    return tuple(check for check in checks if not only or check.name in only)


def surroundings(session: Session, target: Target, before: Before | None) -> Surroundings:
    """What the plan's checks look at: the target, the files that its phases have changed, and its redirects."""
    plan, phases = session.plan, session.touched()
    redirects = plan.redirects
    roots = plan.plan.source_roots
    found = (file_of(redirect.module, roots, lambda p: (target.root / p).is_file()) for redirect in redirects)
    files = sorted({*phases, *(path for path in found if path is not None)})
    return Surroundings(target, files, redirects, phases, before)


def record_checks(
    session: Session,
    request: RunRequest,
    checks: Sequence[Check],
    around: Surroundings,
    watch: Watch,
    done: Callable[[CheckResult], None],
    *,
    blocked: str = "",
    keep_going: bool = False,
) -> tuple[RunRecord, tuple[CheckResult, ...]]:
    """Run `checks` in order and record what they came to, also where a Ctrl-C ends them.

    Args:
        watch: told of each check before it runs, and gives who hears its output. done: told each result.
        blocked: why phase 5 fails whatever the checks come to; empty where it is up to them.
    Returns:
        The run, "passed" where nothing blocks; and a result for each check of the plan, in its order.
    Raises:
        RepositoryError: another run holds the lock, or an interrupted one has to be rolled back first.
        KeyboardInterrupt: a Ctrl-C; the run is on record as failed, with the checks that had ended and what the one
            that was cut off had said.
    """
    every = session.plan.phase5.check if session.plan.phase5 is not None else ()
    checked: dict[str, Checked] = {}
    seen = _digests(session.git.root, around.phases)
    with locked(session.git, "migrate phase5"), Journal.open(session.git, create=True) as journal:
        if (cut_off := journal.interrupted()) is not None:
            raise Interrupted(cut_off)

        def record(state: str, detail: str) -> RunRecord:
            documents = [_result(check, checked).as_json() for check in every]
            outputs = [output for each in checked.values() for output in each.outputs]
            return journal.record_check_run(request, state, documents, outputs, detail, seen)

        with command_folder(session.git) as scratch:
            try:
                for each in run_checks(checks, around, scratch, watch, keep_going=keep_going):
                    checked[each.result.name] = each
                    done(each.result)
            except BaseException as error:
                if isinstance(error, CheckInterrupted):
                    checked[error.checked.result.name] = error.checked
                record("failed", _why_ended(error))
                raise
        failed = blocked or any(each.result.blocks for each in checked.values())
        left_out = "" if len(checks) == len(every) else f"only {', '.join(check.name for check in checks)}"
        run = record("failed" if failed else "passed", "; ".join(filter(None, (blocked, left_out))))
    return run, tuple(_result(check, checked) for check in every)


def _digests(root: Path, paths: Iterable[str]) -> dict[str, str | None]:
    """The sha256 of each file as it is; None for one that is not there, or cannot be read."""
    found: dict[str, str | None] = {}
    for path in paths:
        found[path] = None
        with suppress(RepositoryError):
            content, _ = read_current(root, path)
            found[path] = None if content is None else sha256(content).hexdigest()
    return found


def _why_ended(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, BrokenPipeError | SystemExit):  # click and rich make the one of the other
        return "nobody read its output any more"
    return str(error)


def _result(check: Check, checked: dict[str, Checked]) -> CheckResult:
    return checked[check.name].result if check.name in checked else not_run(check, "not run")


def findings_json(findings: Sequence[Finding]) -> list[dict[str, object]]:
    return [finding.as_json() for finding in findings]
