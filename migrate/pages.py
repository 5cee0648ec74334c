"""The pages on findings that ship with the tool: one in Markdown for each code, and their index."""

from __future__ import annotations

import difflib
import re
from importlib import resources

from msgspec import Struct

from migrate.errors import MigrateError, UsageError
from migrate.findings import SEVERITIES, Severity
from rollback.errors import escape

FOLDER = "finding_pages"
"""Inside this package: in a clone a link to `docs/findings`, where the tool is installed a folder of copies."""

_INDEX = "README"
_ROW = re.compile(r"^\| \[(?P<code>[\w-]+)\]\((?P=code)\.md\) \| \w+ \| (?P<phases>[\d, ]+) \| (?P<title>.+) \|$", re.M)


class UnknownCode(UsageError):
    """No finding has that code; `near` are those that are spelled much alike, the nearest first."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.near = tuple(difflib.get_close_matches(code.lower(), codes(), cutoff=0.5))
        meant = f"did you mean {_either(self.near)}? " if self.near else ""
        super().__init__(f"explain: no finding has the code '{escape(code)}'; {meant}`migrate explain` lists them all")


class PagesMissing(MigrateError):
    """The tool is not installed as it should be: it has no pages."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{escape(str(resources.files('migrate') / FOLDER))}: no page {name}.md; install the tool again, "
            "or in a clone of it let git make symbolic links (core.symlinks)"
        )


class Entry(Struct, frozen=True):
    """What the index says of a code.

    Attributes:
        phases: numbers from 1 to 5 of those that report it; the one it is mostly about comes first.
        title: in a few words, which may hold Markdown's backticks.
    """

    code: str
    phases: tuple[int, ...]
    title: str

    @property
    def severity(self) -> Severity:
        return SEVERITIES[self.code]


def codes() -> tuple[str, ...]:
    """Every code of a finding, by name."""
    return tuple(sorted(SEVERITIES))


def page(code: str) -> str:
    """The Markdown text of a code's page; links in it are relative to `docs/findings`.

    Raises:
        UnknownCode: no finding of this version has that code.
        PagesMissing: the pages are not where the tool is.
    """
    if code not in SEVERITIES:
        raise UnknownCode(code)
    return _read(code)


def index() -> tuple[Entry, ...]:
    """What the index of all pages says of each code, by name.

    Raises:
        PagesMissing: as `page`.
    """
    rows = _ROW.finditer(_read(_INDEX))
    entries = (Entry(row["code"], tuple(int(n) for n in row["phases"].split(",")), row["title"]) for row in rows)
    return tuple(sorted(entries, key=lambda entry: entry.code))


def _read(name: str) -> str:
    file = resources.files("migrate") / FOLDER / f"{name}.md"
    try:
        return file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise PagesMissing(name) from None


def _either(words: tuple[str, ...]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last
