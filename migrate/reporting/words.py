"""Numbers, times and states as a report writes them."""

from __future__ import annotations

from datetime import UTC, datetime

from migrate.reporting.data import FileState
from migrate.terminal import duration

__all__ = ["FILE_STATES", "clock", "duration", "minutes", "number", "plural", "utc"]

FILE_STATES = {
    FileState.AS_LEFT: "",
    FileState.EDITED: "edited since",
    FileState.MODE: "mode changed since",
    FileState.GONE: "gone since",
    FileState.AS_BEFORE: "as before, by hand",
    FileState.UNREADABLE: "cannot be read",
}
"""What is worth saying of a file beside its name."""


def number(value: int) -> str:
    """`1,234`"""
    return f"{value:,}"


def plural(value: int, noun: str, many: str = "") -> str:
    """`1 file`, `1,234 files`."""
    return f"{value:,} {noun if value == 1 else many or f'{noun}s'}"


def minutes(value: float | None) -> str:
    """`30 min`; a dash where the plan does not say."""
    return "–" if value is None else f"{value:g} min"


def utc(seconds: float | None) -> str:
    """`2025-09-12 10:08 UTC`"""
    return "–" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def clock(seconds: float | None) -> str:
    """`2025-09-12 10:08:06`, in UTC."""
    return "–" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
