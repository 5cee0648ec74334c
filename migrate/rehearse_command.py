"""The command rehearse: each phase as it goes, a table, the verdict, and what to do next."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from migrate.console import Voice
from migrate.errors import Exit, UsageError
from migrate.findings_report import findings_summary, hint_at_explain, show_findings
from migrate.process import split_verify
from migrate.rehearsal import Rehearsal, Rehearsed, WayBack
from migrate.rehearsing import RehearseOptions, rehearse
from migrate.session import Session
from migrate.terminal import duration
from migrate.timeline import timeline
from migrate.verdict import show_result
from rollback.errors import count, name_paths

_WIDE, _MIDDLING = 100, 60
"""Columns of a terminal for all of the table, and for most of it."""

_AGAIN = "and run `migrate rehearse` again"
_STYLES = {"applied": "green", "passed": "green", "blocked": "red", "failed": "red", "refused": "red"}
_IGNORED = "a rehearsal is without the files that git ignores, such as local settings; a command may miss one"


def refuse_nonsense(options: RehearseOptions) -> None:
    """Options that contradict themselves.

    Raises:
        UsageError: with what would be right.
    """
    if options.verify_timeout is not None and options.verify is None:
        raise UsageError("rehearse: --verify-timeout without --verify; pass a command to verify with, or leave it out")
    if options.verify is not None:
        split_verify(options.verify)


def rehearse_command(session: Session, options: RehearseOptions, voice: Voice) -> tuple[Exit, dict[str, Any]]:
    """Rehearse the plan and tell of it.

    Returns:
        The exit code and the JSON document.
    Raises:
        RepositoryError: somebody is at work in the tree, a run was interrupted, or there is no room for a copy.
    """
    refuse_nonsense(options)
    found = rehearse(session, options, voice, lambda phase: _tell(voice, phase))
    _tell_back(voice, found.way_back)
    for note in found.notes:
        voice.note(note)
    hint_at_explain(voice, [finding for phase in found.phases for finding in phase.findings])
    _show(voice, found)
    following = _next(session, found, options)
    well = found.goes_through and not found.changed_meanwhile
    if well:
        voice.say(f"rehearse: {_verdict(found)}", "green")
    else:
        voice.error(f"rehearse: {_verdict(found)}")
    voice.say(f"next: {following}")
    return Exit.DONE if well else Exit.FINDINGS, found.as_json(following)


def _verdict(found: Rehearsal) -> str:
    done = [phase for phase in found.phases if phase.outcome != "checks-left-out"]
    troubles = [trouble.trouble for trouble in found.troubles if trouble.outcome != "not-rehearsed"]
    verdict = "; ".join(troubles) if troubles else f"{count(len(done), 'phase')} would go through, and back"
    if not (changed := found.changed_meanwhile):
        return f"{verdict}; your tree is as it was"
    return (
        f"{verdict}; {count(len(changed), 'file')} of your tree changed meanwhile, by a check or by somebody else: "
        f"{name_paths(changed)}"
    )


def _tell(voice: Voice, phase: Rehearsed) -> None:
    """A phase as it ends."""
    if voice.quiet:
        return
    if voice.verbose:
        show_findings(voice, phase.findings)
    seconds = "" if phase.outcome == "not-rehearsed" else f" ({phase.seconds:.1f} s)"
    voice.say(f"{phase.name}: {_in_words(phase)}{seconds}", "" if phase.goes_through else "red")
    if phase.refusal:
        voice.say(f"    {phase.refusal}", "red")
    for check in phase.checks:
        if not check.passed and check.ended != "not-run":
            show_result(voice, check)
    if phase.outcome == "failed":
        voice.note(_IGNORED)


def _in_words(phase: Rehearsed) -> str:
    made = f"{count(phase.edits, 'edit')} in {count(phase.files, 'file')}"
    left = findings_summary(phase.findings)
    passed = sum(check.passed for check in phase.checks)
    words = {
        "applied": f"{made}; {left}",
        "nothing-to-do": f"nothing to do; {left}",
        "passed": f"{passed} of {count(len(phase.checks), 'check')} passed; {left}",
        "checks-left-out": f"no check was run; {left}",
        "blocked": f"would be {phase.why}: {made}; {left}",
        "failed": f"{phase.why}; {left}",
        "refused": f"would refuse: {phase.why}",
        "not-rehearsed": "not rehearsed",
    }
    return words[phase.outcome]


def _tell_back(voice: Voice, way_back: WayBack) -> None:
    if voice.quiet:
        return
    seconds = f"({way_back.seconds:.1f} s)"
    taken = f"{count(way_back.runs, 'run')} taken back"
    if way_back.outcome == "to-the-byte":
        voice.say(f"way back: {taken}; {count(way_back.files, 'file')} as at the start, to the byte {seconds}")
    elif way_back.outcome == "refused":
        voice.say(f"way back: would refuse: {way_back.why}", "red")
    else:
        voice.say(f"way back: {taken}; not as at the start: {name_paths(way_back.different)} {seconds}", "red")
    if way_back.left_by_commands:
        many = count(len(way_back.left_by_commands), "file")
        named = name_paths(way_back.left_by_commands)
        voice.note(f"{many} changed or made by the checks or --verify, which no rollback takes back: {named}")


def _show(voice: Voice, found: Rehearsal) -> None:
    """The table; on a narrow terminal with fewer columns."""
    wide, middling = voice.width >= _WIDE, voice.width >= _MIDDLING
    table = Table(box=box.SIMPLE, show_edge=False, pad_edge=False)
    table.add_column("phase", no_wrap=True)
    table.add_column("outcome", overflow="fold")
    for heading in ("edits", "files") if middling else ():
        table.add_column(heading, justify="right", no_wrap=True)
    if wide:
        table.add_column("findings", overflow="fold")
    for heading in ("time", *(("planned",) if middling else ())):
        table.add_column(heading, justify="right", no_wrap=True)

    def add_row(name: str, outcome: Text, edits: str, files: str, findings: str, time: str, planned: str) -> None:
        numbers = (edits, files) if middling else ()
        about = (findings,) if wide else ()
        table.add_row(name, outcome, *numbers, *about, time, *((planned,) if middling else ()))

    for phase in found.phases:
        outcome = Text(phase.outcome.replace("-", " "), style=_STYLES.get(phase.outcome, ""))
        if phase.refusal:
            outcome.append(", would refuse", "red")
        edits, files = (str(number) if phase.edits else "" for number in (phase.edits, phase.files))
        summary = "" if phase.outcome in ("refused", "not-rehearsed") else findings_summary(phase.findings)
        time = "" if phase.outcome == "not-rehearsed" else duration(phase.seconds)
        add_row(phase.name, outcome, edits, files, summary, time, _minutes(phase.planned_minutes))
    back = found.way_back
    outcome = Text(back.outcome.replace("-", " "), style="green" if back.goes_through else "red")
    table.add_section()
    add_row("way back", outcome, "", str(back.files), "", duration(back.seconds), "")
    planned = [phase.planned_minutes for phase in found.phases if phase.planned_minutes is not None]
    add_row("total", Text(), "", "", "", duration(found.seconds), _minutes(sum(planned)) if planned else "")
    voice.show(table)


def _minutes(minutes: float | None) -> str:
    return "" if minutes is None else f"{minutes:g} min"


def _next(session: Session, found: Rehearsal, options: RehearseOptions) -> str:
    """The command that comes next, or what to mend."""
    trouble = next(found.troubles, None)
    if trouble is None and found.changed_meanwhile:
        return f"find out what has changed those files, {_AGAIN}"
    if trouble is None:
        return _next_phase(session, found, options)
    if isinstance(trouble, WayBack):
        return f"find out what changes those files, a check or --verify, {_AGAIN}"
    if trouble.outcome == "blocked":
        where = "`migrate check --suggest`" if trouble.phase < 3 else f"`migrate {trouble.name} --dry-run`"
        return f"mend what {where} shows, or pass --force, {_AGAIN}"
    if trouble.refusal and trouble.outcome == "applied":
        return f"commit those files, or pass --allow-dirty, {_AGAIN}"
    return f"mend it {_AGAIN}"


def _next_phase(session: Session, found: Rehearsal, options: RehearseOptions) -> str:
    to_do = [phase for phase in found.phases if phase.outcome == "applied"]
    checks = [phase for phase in found.phases if phase.phase == 5]
    if not to_do and checks:
        passed = timeline(session.plan, session.runs()).phases[-1].state == "passed"
        return "migrate timeline" if passed else "migrate phase5"
    if not to_do:
        return "migrate timeline"
    first = to_do[0]
    blocked = any(options.for_phase(first.phase).fails(finding) for finding in first.findings)
    needed = {"--force": options.force and blocked, "--allow-dirty": bool(first.dirty)}
    return " ".join([f"migrate {first.name}", *(option for option, is_needed in needed.items() if is_needed)])
