"""`migrate check`: what would break, phase by phase, before anything is touched; and the plan lines against it."""

from __future__ import annotations

import codecs
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from migrate.console import Voice
from migrate.errors import Exit, PlanError, UsageError
from migrate.executors.workers import ALL, Workers
from migrate.findings import Finding
from migrate.findings_report import findings_summary, list_findings
from migrate.formats import Format
from migrate.plan import Plan, parse_plan
from migrate.plan_file import PlanText, write_plan
from migrate.preflight.look import PhaseAhead, Preflight, look, path_of
from migrate.preflight.suggest import Line, Suggestion, complete, in_words, patch, suggest
from migrate.session import Session
from rollback.errors import RepositoryError, Unreadable, WriteFailed, count, escape

SCHEMA = 1


class PlanChanged(RepositoryError):
    """The plan's file is not what it was when the tree was checked against it."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{escape(path)}: changed while it was checked; nothing written; run `migrate check` again")


class CheckOptions(Struct, frozen=True):
    """The options of `migrate check`."""

    strict: bool = False
    suggest: bool = False
    write: bool = False
    workers: Workers = ALL
    format: Format = Format.TEXT

    def fails(self, finding: Finding) -> bool:
        """Is it a reason to exit with 1?"""
        return self.strict or finding.severity == "error"

    def refuse_nonsense(self) -> None:
        """Raises UsageError: `--write` without anything to write."""
        if self.write and not self.suggest:
            raise UsageError("check: --write puts suggested lines into the plan; pass --suggest as well")


def check_command(session: Session, options: CheckOptions, voice: Voice) -> tuple[Exit, dict[str, Any]]:
    """Look at all phases, say what blocks each, and suggest lines for the plan if asked to.

    Raises:
        RepositoryError, MigrateError: as a phase's dry run.
    """
    started = time.monotonic()
    if (obstacle := session.obstacle()) is not None:
        voice.error(str(obstacle))
    with voice.progress("check") as progress:
        found = look(session.git, session.plan, session.plan_file, options.workers, progress)
    _show(session, found, options, voice)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "plan": session.plan.name,
        "findings": [finding.as_json() for finding in found.findings],
        "phases": [phase.as_json() for phase in found.phases],
        "notes": list(found.notes),
        "suggestion": None,
    }
    blocking = [finding for finding in found.findings if options.fails(finding)]
    suggestion = suggest(found, lambda line: _is_valid(session, line))
    if options.suggest:
        document["suggestion"] = _tell(session, suggestion, options, voice)
    voice.say(f"check: {findings_summary(found.findings)}", "red" if blocking else "green")
    voice.say(f"next: {_next(session, found, suggestion, options, blocking)}")
    document["seconds"] = round(time.monotonic() - started, 3)
    return (Exit.FINDINGS if blocking else Exit.DONE), document


def _show(session: Session, found: Preflight, options: CheckOptions, voice: Voice) -> None:
    lists = [phase.findings for phase in found.phases]
    list_findings(voice, lists, session.git, options.format, options.fails)
    for note in found.notes:
        voice.note(escape(note))
    for phase in found.phases:
        voice.say(_line(phase), "red" if phase.errors else "")


def _line(phase: PhaseAhead) -> str:
    """`phase3  would make 131 edits in 102 files; blocked by 2 errors (missing-export 2); 91 warnings (…)`."""
    if phase.phase == 5:
        what = f"would run {count(phase.commands, 'check')}"
    elif phase.edits:
        what = f"would make {count(phase.edits, 'edit')} in {count(phase.files, 'file')}"
    else:
        what = "has nothing to change"
    blocked = "; blocked by " if phase.errors else "; "
    return f"phase{phase.phase}  {what}{blocked}{findings_summary(phase.findings)}"


def _tell(session: Session, suggestion: Suggestion, options: CheckOptions, voice: Voice) -> dict[str, Any]:
    """Show the suggested lines as a patch of the plan, write them if asked to, and name what is left."""
    path = path_of(session.plan_file, session.git.root)
    try:
        before = PlanText.of(session.plan_file.read_bytes())
        is_same = _read(before, session.plan_file) == session.plan
    except OSError as error:
        raise Unreadable(path, error) from None
    except (ValueError, PlanError):
        is_same = False
    if not is_same:
        raise PlanChanged(path)
    after = PlanText(complete(before.text, suggestion.lines), before.bom, before.crlf)
    _read(after, session.plan_file)
    rows = patch(path, *(text.encode().decode("utf-8-sig") for text in (before, after)))
    written = options.write and bool(rows)
    if rows:
        voice.diff([row.encode() for row in rows.splitlines(keepends=True)])
        reasons = (f"{line.value}: {line.why}" for line in suggestion.lines)
        for reason in reasons if voice.verbose else ():
            voice.note(reason)
    else:
        voice.say("nothing to suggest: no hole that a line of the plan would surely close")
    if suggestion.left:
        voice.say(f"left to you: {count(len(suggestion.left), 'name')} without a certain home")
        for words in in_words(suggestion.left):
            voice.say(f"  {escape(words)}")
    if written:
        try:
            write_plan(session.plan_file, after.encode(), session.git.root)
        except OSError as error:
            raise WriteFailed(path, error, "the plan is as before") from None
        voice.say(f"{escape(path)}: {count(len(suggestion.lines), 'suggestion')} written", "green")
    return {
        "lines": [line.as_json() for line in suggestion.lines],
        "left": [each.as_json() for each in suggestion.left],
        "patch": rows,
        "written": written,
    }


def _is_valid(session: Session, line: Line) -> bool:
    """Would the plan be one with this line?"""
    try:
        text = PlanText.of(session.plan_file.read_bytes())
        if _read(text, session.plan_file) != session.plan:
            return True  # it has changed meanwhile, and that is told where the lines are put in
        _read(PlanText(complete(text.text, [line])), session.plan_file)
    except PlanError:
        return False
    except (OSError, ValueError):
        return True  # likewise
    return True


def _read(text: PlanText, plan_file: Path) -> Plan:
    return parse_plan(tomllib.loads(text.encode().removeprefix(codecs.BOM_UTF8).decode()), str(plan_file))


def _next(
    session: Session,
    found: Preflight,
    suggestion: Suggestion,
    options: CheckOptions,
    blocking: Sequence[Finding],
) -> str:
    if session.interrupted() is not None:
        return "migrate rollback"
    if options.suggest and suggestion.lines:
        return "migrate check" if options.write else "migrate check --suggest --write"
    if blocking:
        if suggestion.lines or suggestion.left:
            return "mend them and run `migrate check` again" if options.suggest else "migrate check --suggest"
        return "mend them and run `migrate check` again"
    pending = next((phase for phase in found.phases if phase.edits or phase.phase == 5), None)
    return f"migrate phase{pending.phase}" if pending is not None else "migrate timeline"
