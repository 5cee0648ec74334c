"""docs/matrix.md from the verdicts."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.matrix.case import Case
from benchmarks.matrix.judge import Outcome, Verdict
from benchmarks.matrix.peers import NAMES

_SYMBOLS = {
    Outcome.RIGHT: "✓",
    Outcome.UNTIDY: "✓ text lost",
    Outcome.REPORTED: "reported",
    Outcome.MISSED: "missed",
    Outcome.BROKEN: "**broken**",
    Outcome.CANNOT: "–",
}

_TEMPLATE = Path(__file__).with_name("page.md")


@dataclass(frozen=True)
class Column:
    """One tool's verdicts."""

    name: str
    version: str
    verdicts: Mapping[Case, Verdict]

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}"


def page(columns: Sequence[Column], cases: Sequence[Case], notes: Iterable[str]) -> str:
    """The whole page.

    Args:
        columns: this tool first.
        notes: what could not be run, a sentence each.
    """
    tables: list[str] = []
    for group in dict.fromkeys(case.group for case in cases):
        heading = f"`{group}`" if group.startswith(("from ", "import ")) else group[0].upper() + group[1:]
        tables += [f"## {heading}", "", *_table(columns, [case for case in cases if case.group == group]), ""]
    titles = {column.name: column.title for column in columns}
    return _TEMPLATE.read_text(encoding="utf-8").format(
        count=len(cases),
        summary="\n".join([f"Python {platform.python_version()}.", *_listed(notes), "", *_summary(columns, cases)]),
        tables="\n".join(tables).rstrip(),
        **{name.partition("-")[0].lower(): titles.get(name, name) for name in NAMES},
    )


def _listed(notes: Iterable[str]) -> list[str]:
    lines = [f"- {note}" for note in notes]
    return ["", *lines] if lines else []


def _summary(columns: Sequence[Column], cases: Sequence[Case]) -> Iterator[str]:
    yield "| tool | right | text lost | reported | missed in silence | broken | – |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for column in columns:
        found = Counter(column.verdicts[case].outcome for case in cases)
        yield f"| {column.title} | " + " | ".join(str(found[outcome]) for outcome in Outcome) + " |"


def _table(columns: Sequence[Column], cases: Sequence[Case]) -> Iterator[str]:
    yield "| case | form | " + " | ".join(column.name for column in columns) + " |"
    yield "| --- | --- |" + " --- |" * len(columns)
    for case in cases:
        star = "\\*" if case.best == "reported" else ""
        cells = [_SYMBOLS[column.verdicts[case].outcome] for column in columns]
        yield f"| {_plain(case.id)}{star} | {_code(case.shows)} | " + " | ".join(cells) + " |"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")


def _code(text: str) -> str:
    shown = "".join(char if char.isprintable() else " " for char in text).replace("|", "\\|")
    fence = "``" if "`" in shown else "`"
    return f"{fence}{shown}{fence}"
