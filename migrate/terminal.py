"""What a person reads of runs and of time: the status, the timeline, the way back."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime

from rich import box
from rich.table import Table
from rich.text import Text

from migrate.console import Voice, printable
from migrate.gantt import ASCII, NAME, Marks, chart, legend
from migrate.timeline import Estimate, Timeline, shown_state
from rollback.errors import count, escape
from rollback.journal import RunRecord
from rollback.restore import RollbackResult

_STATE_STYLES = {"applied": "green", "passed": "green", "failed": "red", "rolled-back": "yellow", "interrupted": "red"}

_WIDEST, _WIDE, _MIDDLING = 140, 100, 60
"""Columns of a terminal for all of a table, for most of it, and for half."""


def show_timeline(voice: Voice, timeline: Timeline) -> None:
    """Planned against actual minutes per phase, the budget, a small chart, and what may be left."""
    show_phases(voice, timeline)
    plan = timeline.plan
    if timeline.seconds:
        who = f"the tool {duration(timeline.tool_seconds)}, a person {duration(timeline.person_seconds)}"
        pauses = timeline.pauses
        paused = sum(pause.seconds for pause in pauses)
        beside = f"; {count(len(pauses), 'pause')} of {duration(paused)} not counted" if pauses else ""
        voice.say(f"spent: {duration(timeline.seconds)}: {who}{beside}")
    if plan.plan.budget_minutes is not None:
        left = plan.plan.budget_minutes - timeline.seconds / 60
        verdict = f"{duration(left * 60)} left" if left >= 0 else f"{duration(-left * 60)} over"
        voice.say(f"budget: {_minutes(plan.plan.budget_minutes)}, {verdict}")
    if timeline.estimate is not None:
        voice.say(estimate_in_words(timeline, timeline.estimate))
    if timeline.seconds and voice.is_terminal:
        marks = Marks() if voice.has_unicode else ASCII
        voice.say()
        for line in chart(timeline, voice.width, marks):
            voice.say(line)
        voice.say(f"{' ' * NAME}{legend(marks)}")
    for hint in plan.hints():
        voice.note(f"hint: {hint}")


def estimate_in_words(timeline: Timeline, estimate: Estimate) -> str:
    """`left: 258 edits, at 12.3 a minute so far, and phase 5: about 41 min; 1 h 02 min in all, of 150 min`."""
    if not estimate.minutes:
        return "left: nothing" if not estimate.edits_left else f"left: {count(estimate.edits_left, 'edit')}"
    rate = estimate.edits_per_minute
    edits = f"{count(estimate.edits_left, 'edit')}, " if estimate.edits_left else ""
    how = f"at {rate:.3g} a minute so far" if rate is not None and estimate.edits_left else "by the plan"
    total = timeline.seconds + estimate.minutes * 60
    budget = timeline.plan.plan.budget_minutes
    of = "" if budget is None else f" of {_minutes(budget)}"
    return f"left: {edits}about {duration(estimate.minutes * 60)} ({how}); {duration(total)} in all{of}"


def show_phases(voice: Voice, timeline: Timeline) -> None:
    """The phases as a table; on a narrow terminal with fewer columns."""
    wide, middling = voice.width >= _WIDE, voice.width >= _MIDDLING
    table = Table(box=box.SIMPLE, show_edge=False, pad_edge=False)
    table.add_column("phase", no_wrap=True)
    if middling:
        table.add_column("title", overflow="fold")
    for heading in ("planned", "actual", *(("tool", "person") if middling else ())):
        table.add_column(heading, justify="right", no_wrap=True)
    widest = voice.width >= _WIDEST
    for heading in ("start", "end") if widest else ():
        table.add_column(heading, no_wrap=True)
    table.add_column("state", no_wrap=True)
    for heading in ("files", "edits", "manual") if wide else ():
        table.add_column(heading, justify="right", no_wrap=True)
    for line in timeline.phases:
        spent = [duration(seconds) for seconds in (line.seconds, line.tool_seconds, line.person_seconds)]
        actual, *who = spent if line.runs else ("", "", "")
        numbers = [str(number) if line.runs else "" for number in (line.files, line.edits, line.manual)]
        table.add_row(
            f"phase{line.phase}",
            *((line.title,) if middling else ()),
            _minutes(line.planned_minutes),
            actual,
            *(who if middling else ()),
            *((_clock(line.started_at), _clock(line.ended_at)) if widest else ()),
            _styled_state(line.state),
            *(numbers if wide else ()),
        )
    plan = timeline.plan
    table.add_section()
    total = [duration(seconds) for seconds in (timeline.seconds, timeline.tool_seconds, timeline.person_seconds)]
    table.add_row(
        "total", *(("",) if middling else ()), _minutes(plan.total_minutes), *(total if middling else total[:1])
    )
    voice.show(table)


def _styled_state(state: str) -> Text:
    return Text(state, style=_STATE_STYLES.get(state, ""))


def run_line(run: RunRecord) -> str:
    """One run in words."""
    when = datetime.fromtimestamp(run.started_at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    detail = f": {run.detail}" if run.detail else ""
    files = count(run.files, "file")
    return f"run {run.id}: phase{run.phase} of {run.plan}, {files}, {when}, {shown_state(run)}{detail}"


def show_runs(voice: Voice, runs: Sequence[RunRecord], pruned: Mapping[int, bool]) -> None:
    """All runs as a table, oldest first."""
    table = Table(box=box.SIMPLE, show_edge=False, pad_edge=False)
    table.add_column("run", justify="right", no_wrap=True)
    for heading in ("plan", "phase", "root", "started", "state"):
        table.add_column(heading, overflow="fold")
    for heading in ("files", "edits"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("pre-images", overflow="fold")
    for run in runs:
        when = datetime.fromtimestamp(run.started_at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        where = "given up" if pruned[run.id] else run.ref or ""
        cells = (run.plan, f"phase{run.phase}", run.prefix or ".", when)
        table.add_row(
            str(run.id),
            *(Text(printable(cell)) for cell in cells),
            _styled_state(shown_state(run)),
            str(run.files),
            str(run.edits),
            Text(printable(where)),
        )
    voice.show(table)


def tell_kept(voice: Voice, result: RollbackResult) -> None:
    """How to see the versions that had to give way to a rollback."""
    voice.say("newer versions of files edited meanwhile are kept; see them with:")
    for path in result.kept_paths:
        voice.say(f"  git show {shell_word(f'{result.kept}:{path}')}")


def tell_modes(voice: Voice, result: RollbackResult) -> None:
    """Which permission bits were changed after the run, and had to give way."""
    for path, old, new in result.modes:
        voice.note(f"{escape(path)}: permissions {old:04o} of after the run are {new:04o} again, as before it")


def shell_word(text: str) -> str:
    """`text` in quotes, to be pasted into a shell; with what a terminal could act on in bash's and zsh's `$'…'`."""
    if text.isprintable():
        return "'" + text.replace("'", "'\\''") + "'"
    plain = {c for c in text if c.isprintable() and c not in "'\\"}
    return "$'" + "".join(c if c in plain else "".join(f"\\{b:03o}" for b in os.fsencode(c)) for c in text) + "'"


def tell_commits(voice: Voice, run: RunRecord, commits: Sequence[str]) -> None:
    """A rollback changes files, not history: name the commits that have what was taken back."""
    if commits:
        named = ", ".join(commits[:3]) + (f" and {len(commits) - 3} more" if len(commits) > 3 else "")
        voice.note(
            f"{'commit' if len(commits) == 1 else 'commits'} {named} of phase{run.phase}'s files "
            f"{'stays' if len(commits) == 1 else 'stay'} in the history, which is untouched; "
            "`git status` shows what is different from it now"
        )


def duration(seconds: float) -> str:
    """`0.4 s`, `38 s`, `2 min 05 s`, `1 h 10 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _minutes(minutes: float | None) -> str:
    return "" if minutes is None else f"{minutes:g} min"


def _clock(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S")
