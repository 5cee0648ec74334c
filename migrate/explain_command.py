"""`migrate explain`: the page on a finding's code, or all codes in a line each."""

from __future__ import annotations

from typing import Any

from migrate.console import Voice
from migrate.pages import Entry, index, page

SCHEMA = 1

_GROUPS = {
    "error": "errors: they stop phases 1 to 4",
    "warning": "warnings: --strict makes them errors",
}


def explain_command(code: str | None, voice: Voice) -> dict[str, Any]:
    """Print a code's page, rendered on a terminal and as it is elsewhere; without a code list them all.

    Returns:
        The document for `--json`, which has the page; then nothing is printed beside it.
    Raises:
        UnknownCode: with those that are near.
        PagesMissing: the tool is not installed as it should be.
    """
    if code is None:
        return _all(voice)
    text = page(code)
    (entry,) = (each for each in index() if each.code == code)
    if not voice.json:
        _show(text, voice)
    voice.note(f"next: migrate {'guard' if entry.phases == (5,) and entry.severity == 'warning' else 'check'}")
    return {"schema": SCHEMA, **_as_json(entry), "markdown": text}


def _show(text: str, voice: Voice) -> None:
    if not voice.is_terminal:
        voice.exact(text)
        return
    from migrate.markdown import TerminalMarkdown

    voice.show(TerminalMarkdown(text, "docs/findings"))


def _all(voice: Voice) -> dict[str, Any]:
    from rich.table import Table
    from rich.text import Text

    entries = index()
    for severity, heading in _GROUPS.items() if not voice.json else ():
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for entry in entries:
            if entry.severity == severity:
                table.add_row(Text(entry.code, "red" if severity == "error" else "yellow"), entry.title)
        voice.say(heading, "bold")
        voice.show(table)
        voice.say()
    voice.note("next: migrate explain CODE")
    return {"schema": SCHEMA, "codes": [_as_json(entry) for entry in entries]}


def _as_json(entry: Entry) -> dict[str, Any]:
    return {
        "code": entry.code,
        "severity": entry.severity,
        "phases": list(entry.phases),
        "title": entry.title,
    }
