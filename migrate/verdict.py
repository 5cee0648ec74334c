"""What a person reads of phase 5: each check as it ends, the criteria, the checklist, what may be the cause."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from migrate.console import Voice, printable
from migrate.validation.results import CheckResult, FailedTest

_NARROW = 60
"""Columns that a table of four needs."""
_NAMED = 10
"""Failed tests and touched files that are named; `--json` and the report have more."""


def mark(result: CheckResult) -> tuple[str, str]:
    """A tick, a cross, or another sign for a check, and its style."""
    if result.passed:
        return "✓", "green"
    if result.ended == "not-run":
        return "–", ""
    return ("✗", "red") if result.required else ("!", "yellow")


def show_result(voice: Voice, result: CheckResult) -> None:
    """One check as it ends; where it failed, why, and the end of its output."""
    sign, style = mark(result)
    again = f", attempt {result.attempts}" if result.attempts > 1 else ""
    beside = "" if result.required else ", not required"
    voice.say(f"{sign} {result.name} ({result.seconds:.1f} s{again}{beside})", style)
    if result.passed:
        return
    voice.say(f"    {result.message}", style)
    if result.before is not None:
        voice.say(f"    {before_in_words(result)}", "bold")
    if voice.quiet or result.ended == "not-run":
        return
    for test in result.failed_tests[:_NAMED]:
        voice.say(f"    {_test(test)}")
    if len(result.failed_tests) > _NAMED:
        voice.say(f"    … and {len(result.failed_tests) - _NAMED} more tests")
    for line in result.tail.split("\n") if result.tail else ():
        voice.say(f"    | {line}")


def before_in_words(result: CheckResult) -> str:
    """What is told by how a check that failed went before phase 1, which has to be known."""
    before = result.before
    assert before is not None, "the caller has looked"
    if before.passed:
        return "before phase 1 it passed: the migration, or an edit since, has caused this"
    new = [test.is_new for test in result.failed_tests]
    if result.failed_tests and not any(new):
        return "before phase 1 the same tests failed: the migration has not caused this"
    more = f"; {sum(map(bool, new))} of the tests below are new" if any(new) else ""
    return f"before phase 1 it failed as well ({before.message}){more}"


def _test(test: FailedTest) -> str:
    place = f"{test.path}:{test.line}: " if test.path else ""
    known = {None: "", True: " (new)", False: " (failed before phase 1 as well)"}[test.is_new]
    return f"{place}{test.test}{known}: {test.message}"


def show_criteria(voice: Voice, results: Sequence[CheckResult]) -> None:
    """The criteria of all checks as a table, met or not."""
    if not results:
        return
    if voice.width < _NARROW:
        _list_criteria(voice, results)
        return
    table = Table(box=box.SIMPLE, show_edge=False, pad_edge=False)
    table.add_column("", no_wrap=True)
    for heading in ("check", "criterion", "found"):
        table.add_column(heading, overflow="fold")
    table.add_column("time", justify="right", no_wrap=True)
    for result in results:
        for row in _rows(result):
            table.add_row(*row)
    voice.show(table)


def _list_criteria(voice: Voice, results: Sequence[CheckResult]) -> None:
    """The same, one below the other."""
    for result in results:
        for number, (sign, _, criterion, found, time) in enumerate(_rows(result)):
            if number == 0:
                mine, style = mark(result)
                voice.say(f"{mine} {result.name}  {time}".rstrip(), style)
            line = Text.assemble(sign, " ", criterion, ": ", found) if result.criteria else found
            voice.show(Padding(line, (0, 0, 0, 2)))


def _rows(result: CheckResult) -> list[tuple[Text, Text, Text, Text, Text]]:
    time = Text(f"{result.seconds:.1f} s" if result.attempts else "")
    if not result.criteria:  # it has not come to them
        sign, style = mark(result)
        ended = Text(result.ended.replace("-", " "))
        return [(Text(sign, style), Text(printable(result.name)), ended, Text(printable(result.message)), time)]
    rows = []
    for number, criterion in enumerate(result.criteria):
        sign, style = ("✓", "green") if criterion.passed else ("✗", "red") if result.required else ("!", "yellow")
        name = Text(printable(result.name) if number == 0 else "")
        text, found = Text(printable(criterion.text)), Text(printable(criterion.found))
        rows.append((Text(sign, style), name, text, found, time if number == 0 else Text()))
    return rows


def show_checklist(voice: Voice, results: Sequence[CheckResult]) -> None:
    """The plan's success criteria as a checklist in Markdown, filled in."""
    for result in results:
        beside = "" if result.required else " (not required)"
        beside += " (not run)" if result.ended == "not-run" else ""
        voice.say(f"- [{'x' if result.passed else ' '}] {result.title}{beside}")


def show_touched(voice: Voice, failed: Sequence[CheckResult]) -> set[int]:
    """Which phases have touched the files that the failures' tracebacks name.

    Returns:
        The phases.
    """
    found = {(each.path, each.phase, each.run): each for result in failed for each in result.touched}
    if not found:
        return set()
    voice.say("files of the tracebacks that this migration has changed:")
    for each in list(found.values())[:_NAMED]:
        line = f":{each.line}" if each.line else ""
        voice.say(f"  {each.path}{line}: phase{each.phase} (run {each.run})")
    if len(found) > _NAMED:
        voice.say(f"  … and {len(found) - _NAMED} more")
    return {each.phase for each in found.values()}
