"""The report as one page of HTML that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from importlib import resources
from itertools import groupby
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct

from migrate import __version__
from migrate.report_mark import HTML_MARK
from migrate.reporting import words
from migrate.reporting.anchors import Anchors
from migrate.reporting.cells import CellRow, cell_rows
from migrate.reporting.code_pages import CodePage, code_page
from migrate.reporting.data import KINDS, ChangedFile, PlannedFile, ReportData, ReportedFinding
from migrate.reporting.file_diffs import FileDiff, Fold
from migrate.reporting.folders import folder_tree
from migrate.reporting.outcome import outcome
from migrate.timeline import shown_state
from rollback.errors import escape

_FEW = 12
"""Files up to which the folders are open from the beginning."""


def html_page(data: ReportData) -> bytes:
    """The page, in UTF-8.

    What is not printable is spelled out wherever it stands, so no byte of the tree is lost or does anything.
    """
    style, script = _asset("report.css"), _asset("report.js")
    anchors = Anchors()
    codes = sorted({finding.code for finding in data.findings} | set(data.settled))
    pages = [page for code in codes if (page := code_page(code, codes)) is not None]
    text = _environment().get_template("report.html.j2").render(
        data=data,
        report_mark=HTML_MARK,
        version=__version__,
        csp=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'",
        style=Markup(style),  # noqa: S704 - our own, without `</`
        script=Markup(script),  # noqa: S704
        outcome=outcome(data),
        bars=list(_bars(data)),
        groups=list(_groups(data.findings, pages)),
        pages=pages,
        tree=folder_tree(data.files),
        left=[(phase, folder_tree(phase.files)) for phase in data.left if phase.files],
        places={file.path for file in data.files},
        found_in=_found_in(data.findings),
        id=anchors.of,
        few=_FEW,
        kinds=KINDS,
        totals=_total,
        share=partial(_share, max((site.before for site in data.sites), default=1)),
        drift=list(_drift(data.files)),
    )  # fmt: skip
    return text.encode("utf-8", "backslashreplace")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("migrate.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {
        "duration": words.duration,
        "minutes": words.minutes,
        "number": words.number,
        "plural": words.plural,
        "utc": words.utc,
        "clock": words.clock,
        "file_state": words.FILE_STATES.__getitem__,
        "run_state": shown_state,
        "hunks": _hunks,
        "is_fold": lambda row: isinstance(row, Fold),
    }
    return environment


def _shown(value: Any) -> Any:
    """What an expression of a template comes to, with control characters spelled out; tabs stay, line ends do not."""
    return "\t".join(map(escape, value.split("\t"))) if type(value) is str else value


def _asset(name: str) -> str:
    return resources.files("migrate.reporting").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode('ascii')}"


def _hunks(diff: FileDiff) -> Iterator[tuple[int, Iterable[CellRow | Fold]]]:
    for hunk in diff.hunks:
        yield hunk.skipped, cell_rows(hunk)


def _share(most: int, number: int) -> int:
    """Of `most`, in thousandths."""
    return round(1000 * number / most)


def _total(files: Iterable[ChangedFile | PlannedFile], count: Literal["added", "removed"]) -> int:
    """Lines added or removed in all of `files`."""
    return sum(getattr(file, count) for file in files)


def _drift(files: Sequence[ChangedFile]) -> Iterator[str]:
    """`2 files edited since`, for each state that is worth it."""
    states = Counter(file.state for file in files)
    for state, told in words.FILE_STATES.items():
        if told and states[state]:
            yield f"{words.plural(states[state], 'file')} {told}"


class Bar(Struct, frozen=True):
    """A phase's bars in thousandths of the width: where each begins and how long it is."""

    planned: tuple[int, int]
    person: tuple[int, int]
    tool: tuple[int, int]


def _bars(data: ReportData) -> Iterator[Bar]:
    """For each phase of the timeline, one after the other, pauses left out; the last one is of all."""
    lines, budget = data.timeline.phases, (data.plan.plan.budget_minutes or 0) * 60
    planned = [(line.planned_minutes or 0) * 60 for line in lines]
    width = max(sum(planned), data.timeline.seconds, budget) or 1
    was_planned = spent = 0.0
    for line, minutes in zip(lines, planned, strict=True):
        person = _bar(spent, line.person_seconds, width)
        tool = _bar(spent + line.person_seconds, line.tool_seconds, width)
        yield Bar(_bar(was_planned, minutes, width), person, tool)
        was_planned, spent = was_planned + minutes, spent + line.seconds
    person_seconds = data.timeline.person_seconds
    tool = _bar(person_seconds, data.timeline.tool_seconds, width)
    yield Bar(_bar(0, was_planned, width), _bar(0, person_seconds, width), tool)


def _bar(start: float, length: float, width: float) -> tuple[int, int]:
    """At least 4 long for what is there at all, so that it can be seen."""
    thousandths = max(4, round(1000 * length / width)) if length else 0
    return min(round(1000 * start / width), 1000 - thousandths), thousandths


class CodeGroup(Struct, frozen=True):
    """The findings of one code, by path and line."""

    code: str
    severity: str
    page: CodePage | None
    findings: tuple[ReportedFinding, ...]

    @property
    def messages(self) -> dict[tuple[str, str], list[ReportedFinding]]:
        """The findings by what they say, in the order of the first of each."""
        found: dict[tuple[str, str], list[ReportedFinding]] = {}
        for finding in self.findings:
            found.setdefault((finding.message, finding.remark), []).append(finding)
        return found


def _groups(findings: Sequence[ReportedFinding], pages: Sequence[CodePage]) -> Iterator[CodeGroup]:
    by_code = {page.code: page for page in pages}
    for (severity, code), group in groupby(findings, key=lambda f: (f.severity, f.code)):
        yield CodeGroup(code, severity, by_code.get(code), tuple(group))


def _found_in(findings: Sequence[ReportedFinding]) -> dict[str, list[ReportedFinding]]:
    found: dict[str, list[ReportedFinding]] = {}
    for finding in findings:
        found.setdefault(finding.path, []).append(finding)
    return found
