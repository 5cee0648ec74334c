"""Run the plan's checks, one after the other, and judge each."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import NoReturn

from msgspec import Struct, field
from msgspec.structs import replace

from migrate.plan_checks import Check
from migrate.plan_redirects import Redirect
from migrate.process import OUTPUT_LIMIT, CommandInterrupted, run_command
from migrate.validation.environment import Target
from migrate.validation.judging import Ran, judge, not_run, not_started
from migrate.validation.junit import Reports
from migrate.validation.places import places, touched
from migrate.validation.probes import Probing, compile_all, import_all
from migrate.validation.results import CheckResult
from rollback.errors import RepositoryError
from rollback.journal import Output

Echo = Callable[[bytes], None]
Watch = Callable[[Check, str], AbstractContextManager[Echo | None]]
"""Told what is about to run, and where it is not the tree as it is, a word on that; gives who hears its output."""

BASELINE = 0
"""The number of the attempt on the tree as it was before phase 1."""

SEARCHED_LIMIT = 64 << 20
"""Bytes of output that are looked at for what the plan wants to find in it, or not to find."""


class Surroundings(Struct, frozen=True):
    """What checks look at, besides their own commands.

    Attributes:
        target: the tree as it is.
        files: the paths that the plan's phases have changed, and its redirects, relative to the root.
        redirects: of the plan.
        phases: phase and number of each run that changed a file, by path.
        before: enters the tree as it was before phase 1.
    """

    target: Target
    files: Sequence[str] = ()
    redirects: Sequence[Redirect] = ()
    phases: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    before: Callable[[], AbstractContextManager[Target]] | None = None


class Checked(Struct, frozen=True):
    """One check, judged, and what its commands had to say."""

    result: CheckResult
    outputs: tuple[Output, ...]


class CheckInterrupted(KeyboardInterrupt):
    """A Ctrl-C ended a check, and all its processes.

    Attributes:
        checked: the check, as far as it had come.
    """

    def __init__(self, checked: Checked) -> None:
        super().__init__()
        self.checked = checked


def run_checks(
    checks: Sequence[Check],
    around: Surroundings,
    scratch: Path,
    watch: Watch = lambda _check, _where: nullcontext(),
    *,
    keep_going: bool = False,
) -> Iterator[Checked]:
    """Run checks in their order, each when the one before it is taken; the first that blocks ends it.

    Args:
        scratch: a folder outside the tree for pytest's cache and reports.
        keep_going: it does not. Without that the rest comes out as not run.
    Raises:
        CheckInterrupted: a Ctrl-C ended a check.
    """
    failed: str | None = None
    with ExitStack() as stack:
        runner = _Runner(around, watch, scratch, stack)
        for check in checks:
            if failed is not None and not keep_going:
                yield Checked(not_run(check, f"not run: {failed!r} failed; --keep-going runs the rest as well"), ())
                continue
            checked = runner.run(check)
            if checked.result.blocks:
                failed = failed or check.name
            yield checked


class _Runner:
    def __init__(self, around: Surroundings, watch: Watch, scratch: Path, stack: ExitStack) -> None:
        self._around = around
        self._watch = watch
        self._scratch = scratch
        self._stack = stack
        self._entered: Target | None = None

    def run(self, check: Check) -> Checked:
        """All attempts at one check, and the same before phase 1 where the plan asks for that."""
        target = self._around.target
        if target.problem is not None:
            return Checked(not_started(check, f"{target.problem}; install it there, or correct the plan"), ())
        outputs: list[Output] = []
        before, seconds = None, 0.0
        if check.baseline and self._around.before is not None:
            try:
                earlier = self._earlier()
            except RepositoryError as error:
                return Checked(not_started(check, f"no tree as before phase 1: {error}"), ())
            before = self._attempt(check, earlier, BASELINE, outputs)
        for number in range(1, check.retries + 2):
            ran = self._attempt(check, target, number, outputs)
            try:
                result = judge(check, ran, target.root, before, number)
            except KeyboardInterrupt:
                self._interrupted(check, ran, number, outputs)
            seconds += result.seconds
            if result.passed or result.ended == "not-started":
                break
        if not result.passed:
            end = ran.output[-OUTPUT_LIMIT:].decode("utf-8", "replace")
            named = list(places(end, target.root, check.folder))
            result = replace(result, touched=touched(named, self._around.phases))
        return Checked(replace(result, seconds=seconds), tuple(outputs))

    def _earlier(self) -> Target:
        if self._entered is None:
            assert self._around.before is not None, "the caller has looked"
            self._entered = self._stack.enter_context(self._around.before())
        return self._entered

    def _attempt(self, check: Check, target: Target, number: int, outputs: list[Output]) -> Ran:
        """Run a check once, and put what it says with the outputs.

        Raises:
            CheckInterrupted: a Ctrl-C came.
        """
        where = f"attempt {number} of {check.retries + 1}" if number > 1 else ""
        with self._watch(check, where if number != BASELINE else "before phase 1") as echo:
            ran = attempt(check, target, self._around, self._scratch, echo)
        outputs.append(Output(check.name, number, ran.output[-OUTPUT_LIMIT:]))
        if ran.interrupted:
            self._interrupted(check, ran, number, outputs)
        return ran

    def _interrupted(self, check: Check, ran: Ran, number: int, outputs: Sequence[Output]) -> NoReturn:
        result = judge(check, replace(ran, interrupted=True), self._around.target.root, attempt=number)
        raise CheckInterrupted(Checked(result, tuple(outputs)))


def attempt(check: Check, target: Target, around: Surroundings, scratch: Path, echo: Echo | None = None) -> Ran:
    """Run a check once. A Ctrl-C ends it and does not go on up: what comes back is marked as interrupted.

    Args:
        scratch: a folder outside the tree for pytest's cache and report.
        echo: called with each piece of output as it arrives, raw.
    """
    own = Path(tempfile.mkdtemp(prefix="check-", dir=scratch.absolute()))
    reports = Reports(own)
    until = time.monotonic() + check.timeout_seconds
    outcome = None
    if check.run is not None:
        options = [] if check.tests is None else [f"--junitxml={reports.path}"]
        try:
            outcome = run_command(
                target.command(check.run, check.folder),
                cwd=target.root / check.folder,
                timeout_s=check.timeout_seconds,
                env=target.environment(check.run, check.env, scratch.absolute(), options),
                echo=echo,
                meanwhile=reports.keep,
                limit=OUTPUT_LIMIT if check.pattern is None and check.percent is None else SEARCHED_LIMIT,
            )
        except CommandInterrupted as error:
            return Ran(error.outcome, interrupted=True)
        if outcome.timed_out or outcome.problem is not None:
            return Ran(outcome)
    ran = Ran(outcome, reports.read() if check.tests is not None else None)
    probing = Probing(target, target.environment((), check.env, scratch.absolute()), own, until, echo)
    try:
        if check.compiles:
            ran = ran.and_probed(*compile_all(around.files, probing))
        if check.imports and not any(outcome.timed_out for outcome in ran.outcomes):
            ran = ran.and_probed(*import_all(around.redirects, probing))
    except CommandInterrupted as error:
        return replace(ran.and_probed(error.outcome, ()), interrupted=True)
    return ran
