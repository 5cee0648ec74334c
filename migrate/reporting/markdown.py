"""The report as Markdown for the description of a pull request, in no more characters than one may have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from migrate import __version__
from migrate.report_mark import MARKDOWN_MARK
from migrate.reporting.data import KINDS, ChangedFile, CheckLine, PlannedFile, ReportData, ReportedFinding
from migrate.reporting.markdown_words import code, length, text
from migrate.reporting.outcome import outcome
from migrate.reporting.words import FILE_STATES, clock, duration, minutes, number, plural, utc
from migrate.timeline import shown_state

LIMIT = 60_000
"""Characters; GitHub takes 65,536."""

_FIRST = 15
"""Lines of each list that come before any list has more."""

_PLACES = 5
"""Places that one message names."""

_ROOT = "."


@dataclass
class _Part:
    """A piece of the report.

    Attributes:
        head: lines that are there in any case. items: lines of which the last ones may be left out.
        what: what an item is; a table's last row tells how many are missing where `columns` is not 0.
        rank: parts of a lower one get their items first.
    """

    head: list[str]
    items: list[str] = field(default_factory=list)
    what: str = "line"
    columns: int = 0
    rank: int = 0
    taken: int = 0

    def lines(self) -> Iterator[str]:
        yield from self.head
        yield from self.items[: self.taken]
        missing = len(self.items) - self.taken
        if missing:
            yield self._more(missing)

    def _more(self, missing: int) -> str:
        said = f"… and {missing:,} more {self.what if missing == 1 else f'{self.what}s'}"
        return f"| {said} |{' |' * (self.columns - 1)}" if self.columns else f"- {said}"

    @property
    def fixed(self) -> int:
        """Characters that it takes without items."""
        most = length(self._more(len(self.items))) + 1 if self.items else 0
        return sum(length(line) + 1 for line in self.head) + most


def markdown_text(data: ReportData, limit: int = LIMIT) -> str:
    """The whole report, at most `limit` characters long."""
    parts = list(_parts(data))
    room = limit - sum(part.fixed for part in parts)
    by_rank = sorted(parts, key=lambda part: part.rank)
    for most in (_FIRST, None):
        for part in by_rank:
            room = _fill(part, room, most)
    return "".join(f"{line}\n" for part in parts for line in part.lines())


def _fill(part: _Part, room: int, most: int | None) -> int:
    """Take as many items as there is room for, and `most` at the most; the room that is left."""
    while part.taken < len(part.items) and (most is None or part.taken < most):
        needed = length(part.items[part.taken]) + 1
        if needed > room:
            break
        room -= needed
        part.taken += 1
    return room


def _parts(data: ReportData) -> Iterator[_Part]:
    yield _Part(list(_opening(data)))
    yield _timeline(data)
    yield _criteria(data)
    yield _sites(data)
    yield from _findings(data)
    yield from _files(data)
    yield from _left(data)
    yield from _rollback(data)
    next_line = f"Made by ssot-migrate {__version__}, {utc(data.made_at)}. Next: {code(data.next)}"
    yield _Part(["", "---", "", f"<sub>{next_line}</sub>"])


def _opening(data: ReportData) -> Iterator[str]:
    state, sentence = outcome(data)
    sign = {"done": "✅", "failed": "❌", "open": "🚧", "none": "⬜", "stopped": "⛔"}[state]
    added, removed = sum(file.added for file in data.files), sum(file.removed for file in data.files)
    errors = data.by_severity()["error"]
    among = f", {plural(errors, 'error')} among them" if errors else ""
    yield MARKDOWN_MARK
    yield f"## {text(data.title, 200)}"
    yield ""
    yield f"{sign} {text(sentence)}"
    yield ""
    yield (
        f"{plural(len(data.files), 'file')} changed (+{added:,} −{removed:,}), {plural(data.edits_done, 'edit')} made, "
        f"{number(data.edits_left)} left; {plural(len(data.findings), 'finding')} left to a person{among}."
    )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _timeline(data: ReportData) -> _Part:
    plan, timeline = data.plan, data.timeline
    rows = [
        _row(
            f"{line.phase} {text(line.title, 120)}".strip(),
            line.state,
            minutes(line.planned_minutes),
            duration(line.seconds) if line.runs else "–",
            duration(line.person_seconds) if line.runs else "–",
            number(data.files_changed(line.phase)) if line.runs else "–",
            number(data.edits_made.get(line.phase, 0)) if line.runs else "–",
        )
        for line in timeline.phases
    ]
    totals = (minutes(plan.total_minutes), duration(timeline.seconds), duration(timeline.person_seconds))
    estimate = f" Estimate of what is {data.estimate}." if data.estimate else ""
    budget = plan.plan.budget_minutes
    beside = "" if budget is None else f" of a budget of {minutes(budget)}"
    return _Part([
        "",
        "### Timeline",
        "",
        "| phase | state | planned | actual | of it person | files | edits |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
        *rows,
        _row("**total**", "", *(f"**{total}**" for total in totals), "", ""),
        "",
        f"{duration(timeline.seconds)}{beside}.{estimate}",
    ])  # fmt: skip


def _criteria(data: ReportData) -> _Part:
    criteria = data.criteria
    head = ["", "### Criteria", ""]
    if criteria.run is None:
        head += ["The checks have not been run." if criteria.checks else "The plan has no checks.", ""]
    elif criteria.since:
        head += [f"As run {criteria.run.id} found it; **{text(criteria.since)}**.", ""]
    left = f": {plural(criteria.deprecated, 'old import or keyword', 'old imports and keywords')} in the tree"
    head.append(
        f"- [{' ' if criteria.deprecated else 'x'}] Nothing deprecated is left{left * (criteria.deprecated > 0)}"
    )
    return _Part(head, [_check(check) for check in criteria.checks], "check")


def _check(check: CheckLine) -> str:
    said = f"- [{'x' if check.state == 'passed' else ' '}] {text(check.title, 200)}"
    if not check.is_planned:
        said += " (no longer in the plan in this form)"
    if check.state == "unmet":
        said += " (not required)"
    if check.state == "not-run":
        return f"{said} (not run{' in this form' * check.is_altered})"
    result = check.result
    assert result is not None, "it was run"
    if result.passed:
        return said
    before = f"; {text(check.before)}" if check.before else ""
    return f"{said}: {text(result.message)}{before}"


def _sites(data: ReportData) -> _Part:
    if not data.sites:
        return _Part(["", "### Sites", "", "No edit was made, and none is left to make."])
    rows = [
        _row(text(KINDS.get(site.kind, site.kind)), number(site.before), number(site.done), number(site.left))
        for site in data.sites
    ]
    head = ["", "### Sites", "", "| form | before | done | left |", "| --- | ---: | ---: | ---: |"]
    total = _row(
        "**all**", *(f"**{number(n)}**" for n in (data.edits_done + data.edits_left, data.edits_done, data.edits_left))
    )
    return _Part([*head, *rows, total])


def _findings(data: ReportData) -> Iterator[_Part]:
    if not data.findings:
        yield _Part(["", "### Findings", "", "Nothing is left to a person."])
        return
    counts = Counter((f.severity != "error", f.code, f.severity) for f in data.findings)
    rows = [_row(code(name), severity, number(n)) for (_, name, severity), n in sorted(counts.items())]
    head = ["", "### Findings", "", "| code | severity | places |", "| --- | --- | ---: |"]
    yield _Part(head, rows, "code", columns=3)
    items = []
    for name, group in groupby(data.findings, key=lambda f: f.code):
        said: dict[str, list[ReportedFinding]] = {}
        for finding in group:
            said.setdefault(finding.message, []).append(finding)
        items += [f"- {code(name)} {text(message)} {_places(same)}" for message, same in said.items()]
    open_, close = _details("Places")
    yield _Part(open_, items, "message", rank=1)
    yield _Part(close)


def _places(findings: Sequence[ReportedFinding]) -> str:
    named = ", ".join(code(f"{finding.path}:{finding.line}") for finding in findings[:_PLACES])
    return named if len(findings) <= _PLACES else f"{named} and {len(findings) - _PLACES:,} more"


def _details(summary: str) -> tuple[list[str], list[str]]:
    """GitHub reads Markdown within, after an empty line."""
    return ["", "<details>", f"<summary>{summary}</summary>", ""], ["", "</details>"]


def _files(data: ReportData) -> Iterator[_Part]:
    if not data.files:
        yield _Part(["", "### Files", "", "No file is changed by a run that stands."])
        return
    head = ["", "### Files", "", "| folder | files | + | − |", "| --- | ---: | ---: | ---: |"]
    yield _Part(head, list(_folder_rows(data.files)), "folder", columns=4, rank=2)
    open_, close = _details(plural(len(data.files), "file"))
    yield _Part(open_, [_file(file) for file in _most_telling(data.files)], "file", rank=3)
    yield _Part(close)


def _most_telling(files: Sequence[ChangedFile]) -> list[ChangedFile]:
    """Files that are not as they were left come first, then the others by path."""
    return sorted(files, key=lambda file: (not FILE_STATES[file.state], file.path))


def _file(file: ChangedFile) -> str:
    phases = ", ".join(map(str, file.phases))
    state = FILE_STATES[file.state]
    said = f"- {code(file.path)} phase {phases}, +{file.added:,} −{file.removed:,}"
    return f"{said}, **{state}**" if state else said


def _folder_rows(files: Sequence[ChangedFile | PlannedFile]) -> Iterator[str]:
    """Those with the most files first."""
    folders: dict[str, list[ChangedFile | PlannedFile]] = {}
    for file in files:
        folders.setdefault(file.path.rpartition("/")[0] or _ROOT, []).append(file)
    for folder, inside in sorted(folders.items(), key=lambda entry: (-len(entry[1]), entry[0])):
        lines = (sum(f.added for f in inside), sum(f.removed for f in inside))
        yield _row(code(folder), number(len(inside)), *map(number, lines))


def _left(data: ReportData) -> Iterator[_Part]:
    phases = [phase for phase in data.left if phase.files]
    if not phases:
        return
    head = ["", "### Still to change", "", "| phase | edits | files |", "| --- | ---: | ---: |"]
    rows = [
        _row(f"{phase.phase} {text(phase.title, 120)}".strip(), number(phase.edits), number(len(phase.files)))
        for phase in phases
    ]
    yield _Part([*head, *rows])
    open_, close = _details("Which files")
    items = [
        f"- {code(file.path)} phase {phase.phase}, {plural(file.edits, 'edit')}"
        for phase in phases
        for file in phase.files
    ]
    yield _Part(open_, items, "file", rank=4)
    yield _Part(close)


def _rollback(data: ReportData) -> Iterator[_Part]:
    head = ["", "### Rollback", ""]
    if not data.way_back.runs:
        yield _Part([*head, "No run of this plan is on record, so there is nothing to take back."])
        return
    for option in data.way_back.options:
        if option.refusal:
            head.append(f"- {code(option.command)} refuses: {text(option.refusal)}")
        elif option.runs:
            runs = ", ".join(f"run {run.id} (phase {run.phase})" for run in option.runs[:20])
            more = f" and {len(option.runs) - 20} more" if len(option.runs) > 20 else ""
            head.append(f"- {code(option.command)} takes back {runs}{more}, to the byte")
        else:
            head.append(f"- {code(option.command)} has nothing to take back")
    rows = [
        _row(
            str(line.run.id),
            str(line.run.phase),
            shown_state(line.run),
            clock(line.run.started_at),
            number(line.run.files),
            "given up" if line.is_pruned else code(line.run.ref) if line.run.ref else "",
        )
        for line in reversed(data.way_back.runs)
    ]
    head += [
        "",
        "| run | phase | state | began (UTC) | files | old files |",
        "| ---: | ---: | --- | --- | ---: | --- |",
    ]
    yield _Part(head, rows, "run", columns=6, rank=5)
