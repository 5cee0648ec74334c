"""Judge what a check's run came to: exit code, test numbers, a percentage, what the output has and has not."""

from __future__ import annotations

import math
import re
import signal
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from migrate.bounded import TimeUp, bounded
from migrate.plan_checks import Check, Patterns, Percent, Tests
from migrate.process import OUTPUT_LIMIT, Outcome, readable, tail
from migrate.validation.junit import TestReport
from migrate.validation.places import places
from migrate.validation.results import TAIL_LINES, Before, CheckResult, Criterion, Ended, FailedTest

# https://docs.pytest.org/en/stable/reference/exit-codes.html
_PYTEST_EXIT = {2: "interrupted", 3: "internal error", 4: "usage error", 5: "no tests collected"}
_LISTED = 50
"""Failed tests that a result lists."""
_NAMED = 3
_LEAST_S = 5.0
"""Patterns get that much, also where a command took all of its time."""


class Ran(Struct, frozen=True):
    """One attempt at a check, not judged yet.

    Attributes:
        outcome: of its command; None where it has none.
        report: of its tests; None where it has none, or none was written.
        probes: what else was looked at, judged already. probed: how each look ended.
        interrupted: a Ctrl-C ended it.
    """

    outcome: Outcome | None
    report: TestReport | None = None
    probes: tuple[Criterion, ...] = ()
    probed: tuple[Outcome, ...] = ()
    interrupted: bool = False

    def and_probed(self, outcome: Outcome, criteria: Sequence[Criterion]) -> Ran:
        """The same, and another look."""
        return replace(self, probes=(*self.probes, *criteria), probed=(*self.probed, outcome))

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return (*([] if self.outcome is None else [self.outcome]), *self.probed)

    @property
    def output(self) -> bytes:
        return b"".join(outcome.output for outcome in self.outcomes)


def judge(check: Check, ran: Ran, root: Path, before: Ran | None = None, attempt: int = 1) -> CheckResult:
    """Compare what came of a check with what the plan asks for.

    Without any other criterion, exit code 0 is the criterion. With `tests`, the numbers of the run's JUnit XML are, and
    an exit code of 0, or of 1 where tests failed, as that may be what the plan expects; a plan that counts `failed` and
    not `errors` gets no errors either, since an error is not a pass. With `percent`, the last number in the output is
    the criterion and the exit code is only shown (such a script exits 1 when it has findings), unless a signal ended
    the command. `exit` says which exit codes are right, whatever else is asked for.

    Args:
        root: the tree that was looked at, for the places of failures.
        before: the same on the tree as it was before phase 1.
        attempt: the number of this one, from 1.
    """
    stopped = _stopped(check, ran)
    criteria: tuple[Criterion, ...] = ()
    if stopped is None:
        spent_s = sum(each.seconds for each in ran.outcomes)
        try:
            with bounded(max(_LEAST_S, check.timeout_seconds - spent_s)):
                criteria = (*ran.probes, *_judge(check, ran, before))
        except TimeUp:
            stopped = "timed-out", f"timed out after {check.timeout_seconds:g} s, looking for patterns in the output"
    if stopped is None:
        message = _why_failed(check, ran, criteria)
        ended: Ended = "passed" if not message else "failed"
        if message and _uncollected(check, ran) is not None:
            ended = "collection-error"
    else:
        ended, message = stopped
    outcome = ran.outcome
    return CheckResult(
        name=check.name,
        title=check.title,
        command=check.run or (),
        ended=ended,
        passed=not message,
        required=check.required,
        exit_code=None if outcome is None else outcome.returncode,
        seconds=sum(each.seconds for each in ran.outcomes),
        timed_out=ended == "timed-out",
        attempts=attempt,
        criteria=criteria,
        message=message,
        tail=tail(ran.output, TAIL_LINES),
        failed_tests=tuple(_failed_tests(check, ran, root, before)) if message else (),
        before=None if before is None else _before(check, before, root),
        form=check.form,
    )


def not_run(check: Check, why: str) -> CheckResult:
    """A check whose turn did not come."""
    return CheckResult(
        check.name, check.title, check.run or (), "not-run", passed=False, required=check.required, exit_code=None,
        seconds=0.0, timed_out=False, attempts=0, criteria=(), message=why, tail="", form=check.form,
    )  # fmt: skip


def not_started(check: Check, why: str) -> CheckResult:
    """A check that could not begin."""
    return judge(check, Ran(Outcome(None, b"", 0.0, timed_out=False, problem=why)), Path())


def _before(check: Check, before: Ran, root: Path) -> Before:
    if check.tests is not None:  # "newly_failed" compares with this very run
        check = check.model_copy(update={"tests": check.tests.model_copy(update={"newly_failed": None})})
    result = judge(check, before, root)
    return Before(result.passed, result.message, result.seconds)


def _stopped(check: Check, ran: Ran) -> tuple[Ended, str] | None:
    """How a check ended that did not come to its criteria."""
    if ran.interrupted:
        return "interrupted", "interrupted"
    for outcome in ran.outcomes:
        if outcome.problem is not None:
            return "not-started", outcome.problem
        if outcome.timed_out:
            return "timed-out", f"timed out after {check.timeout_seconds:g} s"
    return None


def _failed_tests(check: Check, ran: Ran, root: Path, before: Ran | None) -> Iterator[FailedTest]:
    known = None if before is None or before.report is None else before.report.failing
    for problem in (ran.report.problems if ran.report is not None else ())[:_LISTED]:
        named = list(places(problem.text, root, check.folder))
        path, line = named[-1] if named else ("", 0)
        yield FailedTest(
            problem.test, problem.message, path, line, None if known is None else problem.test not in known
        )


def _judge(check: Check, ran: Ran, before: Ran | None) -> Iterator[Criterion]:
    if ran.outcome is None:
        return
    code = ran.outcome.returncode
    assert code is not None, "it has come to its end"
    text = readable(ran.outcome.output)
    if check.tests is not None:
        yield from _judge_tests(check.tests, ran.report, before)
    if check.percent is not None:
        yield from _judge_percent(check.name, check.percent, text)
    if check.pattern is not None:
        yield from _judge_patterns(check.pattern, text, ran.outcome.dropped)
    names = _PYTEST_EXIT if check.tests is not None else None
    if check.exit or check.tests is not None or check.percent is None or code < 0:
        known_failures = ran.report is not None and ran.report.problems
        right = check.exit or ((0, 1) if known_failures else (0,))
        yield Criterion(f"exit code {' or '.join(map(str, right))}", code in right, _name_exit(code, names))


def _judge_tests(wanted: Tests, report: TestReport | None, before: Ran | None) -> Iterator[Criterion]:
    numbers = {
        "passed": wanted.passed,
        "failed": wanted.failed,
        "skipped": wanted.skipped,
        "errors": 0 if wanted.errors is None and wanted.failed is not None else wanted.errors,
    }
    for key, number in numbers.items():
        if number is not None:
            found = "no test report" if report is None else str(getattr(report, key))
            yield Criterion(f"{key} = {number}", found == str(number), found)
    if wanted.newly_failed is not None:
        yield _judge_newly_failed(wanted.newly_failed, report, None if before is None else before.report)


def _judge_newly_failed(most: int, report: TestReport | None, before: TestReport | None) -> Criterion:
    """A file that cannot be collected any more hides its tests: it is one new failure, and its tests are not told."""
    text = f"newly failed = {most}"
    if report is None:
        return Criterion(text, False, "no test report")
    if before is None:
        return Criterion(text, False, "no test report from before phase 1 to compare with")
    new = sorted(report.failing - before.failing)
    named = f": {', '.join(new[:_NAMED])}{' …' if len(new) > _NAMED else ''}" if new else ""
    return Criterion(text, len(new) == most, f"{len(new)}{named}")


def _judge_percent(name: str, wanted: Percent, text: str) -> Iterator[Criterion]:
    number, found = _last_number(wanted.pattern, text)
    if wanted.above is not None:
        yield Criterion(f"{name} above {wanted.above:g} %", number > wanted.above, found)
    if wanted.at_least is not None:
        yield Criterion(f"{name} at least {wanted.at_least:g} %", number >= wanted.at_least, found)


def _judge_patterns(wanted: Patterns, text: str, dropped: int) -> Iterator[Criterion]:
    """What is not known to be absent is not absent: of a huge output only the end is kept.

    Args:
        dropped: bytes that came before `text`.
    """
    nothing = f"nothing, but the first {dropped} bytes are not kept" if dropped else "nothing"
    for pattern in wanted.present:
        found = re.search(pattern, text, re.MULTILINE)
        yield Criterion(f"output has {pattern!r}", found is not None, _line_of(text, found) if found else nothing)
    for pattern in wanted.absent:
        found = re.search(pattern, text, re.MULTILINE)
        is_absent = found is None and not dropped
        yield Criterion(f"output has no {pattern!r}", is_absent, _line_of(text, found) if found else nothing)


def _line_of(text: str, found: re.Match[str]) -> str:
    start, end = text.rfind("\n", 0, found.start()) + 1, text.find("\n", found.end())
    return tail(text[start : None if end < 0 else end].encode(errors="replace"), 1).strip() or "it"


def _last_number(pattern: str, text: str) -> tuple[float, str]:
    """The number in the last match and how it is spelled; not-a-number, which no bound accepts, and why."""
    last = None
    for last in re.finditer(pattern, text, re.MULTILINE):  # noqa: B007 - only the last one counts
        pass
    if last is None:
        return math.nan, f"no match for {pattern!r} in the output"
    spelled = last.group(1 if last.re.groups else 0) or ""
    try:
        number = float(spelled)
    except ValueError:
        number = math.nan
    return (number, spelled) if math.isfinite(number) else (math.nan, f"{spelled!r}, which is not a number")


def _name_exit(code: int, names: Mapping[int, str] | None = None) -> str:
    if code < 0:
        known = {int(number): number.name for number in signal.Signals}
        return f"{code} ({known.get(-code, 'a signal')})"
    name = (names or {}).get(code)
    return f"{code} ({name})" if name else str(code)


def _why_failed(check: Check, ran: Ran, criteria: Sequence[Criterion]) -> str:
    failed = [criterion for criterion in criteria if not criterion.passed]
    if not failed:
        return ""
    words = [str(criterion) for criterion in failed if criterion.found != "no test report"]
    if check.tests is not None and ran.report is None:
        words.insert(0, _no_report(check.run or ()))
    if (uncollected := _uncollected(check, ran)) is not None:
        words.append(f"could not be collected: {uncollected}")
    elif ran.report is not None and ran.report.problems:
        words.append(f"first: {ran.report.problems[0]}")
    elif ran.outcome is not None and (last := _last_words(ran.outcome.output)):
        words.append(f"last words: {last}")
    return "; ".join(words)


def _uncollected(check: Check, ran: Ran) -> str | None:
    """The first file that pytest could not collect, and why; None where there is none."""
    if check.tests is None:
        return None
    if ran.report is not None:
        return next((str(problem) for problem in ran.report.problems if problem.is_collection), None)
    # Of the folders that its arguments name it takes each conftest.py before it has a report.
    text = readable(b"" if ran.outcome is None else ran.outcome.output[-OUTPUT_LIMIT:])
    found = re.search(r"^ImportError while loading conftest '([^'\n]+)'\.", text, re.MULTILINE)
    if found is None:
        return None
    reasons = [line.removeprefix("E ").strip() for line in text[found.end() :].split("\n") if line.startswith("E ")]
    return tail(": ".join([found[1], *reasons[-1:]]).encode(errors="replace"), 1)


def _no_report(run: Sequence[str]) -> str:
    own = next((word for word in run if word.startswith(("--junitxml", "--junit-xml"))), None)
    hint = "" if own is None else f" where this tool reads it; leave {own.partition('=')[0]} out of 'run'"
    return f"no test report was written{hint}"


def _last_words(output: bytes) -> str:
    """The last line that is not empty, or pytest's last ERROR line, which may come before other lines."""
    lines = [line for line in tail(output, TAIL_LINES).split("\n") if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or [""])[-1].strip()
