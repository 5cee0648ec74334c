"""A fleet as a person reads it: a line for each repository that has ended, the table, the totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from migrate.console import Voice
from migrate.fleet.outcomes import STATES, Outcome
from migrate.terminal import duration
from rollback.errors import count, escape

_STYLES = {"done": "green", "findings": "yellow", "failed": "red", "blocked": "red", "interrupted": "red"}
_TOTALS = {"findings": "with findings"}

_STATE, _TIME = max(map(len, STATES)), len("10 min 00 s")
_GAP = 3
"""Columns that a state and a time take at the most, and those between two cells."""


def show_progress(voice: Voice, outcome: Outcome, number: int, total: int) -> None:
    """One repository has ended, as so many have now."""
    width = len(str(total))
    words = outcome.in_words()
    what = f": {words}" if words else ""
    line = f"{number:{width}}/{total} {escape(outcome.name)}: {outcome.state}{what} ({duration(outcome.seconds)})"
    voice.note(line, _STYLES.get(outcome.state, ""))
    if voice.verbose and outcome.said:
        voice.note(outcome.said)


def show_table(voice: Voice, outcomes: Sequence[Outcome], before: Collection[str]) -> None:
    """A row for each repository, in the order of the list.

    Args:
        before: roots of those that an earlier fleet was done with; they took no time of this one.
    """
    names = [Text(escape(outcome.name)) for outcome in outcomes]
    name_width = min(max(name.cell_len for name in (*names, Text("repository"))), voice.width // 2)
    rest = max(voice.width - name_width - _STATE - _TIME - 3 * _GAP, _GAP)
    table = Table(box=box.SIMPLE, show_edge=False, pad_edge=False)
    table.add_column("repository", overflow="fold")
    table.add_column("state", no_wrap=True, min_width=_STATE)
    table.add_column("what", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True, min_width=_TIME)
    for name, outcome in zip(names, outcomes, strict=True):
        if outcome.root in before and outcome.is_done:
            took = "before"
        else:
            took = "" if outcome.exit_code is None else duration(outcome.seconds)
        state = Text(outcome.state, style=_STYLES.get(outcome.state, ""))
        what = Text(escape(outcome.in_words()))
        what.truncate(rest, overflow="ellipsis")
        table.add_row(name, state, what, took)
    voice.show(table)


def show_failures(voice: Voice, outcomes: Sequence[Outcome]) -> None:
    """The line on what is wrong, in full, for each repository that has one."""
    for outcome in outcomes:
        if outcome.message and not outcome.is_done and outcome.state != "not run":
            name = f"{escape(outcome.name)}: "
            voice.error(outcome.message if name in outcome.message else f"{name}{outcome.message}")


def totals(command: str, outcomes: Sequence[Outcome], ran: int, seconds: float) -> str:
    """`phase3 in 50 repositories: 49 done, 1 failed; 98 edits in 49 files; 6.1 s, 8.2 repositories a second`.

    Args:
        ran: how many were run now. seconds: how long that took.
    """
    states = Counter(outcome.state for outcome in outcomes)
    named = ", ".join(f"{states[state]} {_TOTALS.get(state, state)}" for state in STATES if states[state])
    parts = [f"{command} in {_repositories(len(outcomes))}: {named}"]
    edits, files, findings = (sum(getattr(o, name) for o in outcomes) for name in ("edits", "files", "findings"))
    if edits:
        parts.append(f"{count(edits, 'edit')} in {count(files, 'file')}")
    elif files:
        parts.append(count(files, "file"))
    if findings:
        parts.append(count(findings, "finding"))
    if ran:
        now = "" if ran == len(outcomes) else f"{_repositories(ran)} now in "
        parts.append(f"{now}{duration(seconds)}, {ran / max(seconds, 0.001):.1f} repositories a second")
    else:
        parts.append("none run now")
    return "; ".join(parts)


def _repositories(number: int) -> str:
    return "1 repository" if number == 1 else f"{number} repositories"
