"""The command fleet: one plan over many repositories, each by itself; what came of each, and how to go on."""

from __future__ import annotations

import importlib
import shlex
import time
from collections.abc import Sequence
from typing import Any

from migrate import interrupts
from migrate.console import Voice
from migrate.errors import Exit, exit_code_of
from migrate.executors.cluster_errors import ClusterError
from migrate.executors.workers import Kind
from migrate.fleet.child import Main
from migrate.fleet.executors import Executor, executing
from migrate.fleet.outcomes import Outcome
from migrate.fleet.record import Header, Record, digest_of, recording
from migrate.fleet.repositories import Entry, read_repositories
from migrate.fleet.table import show_failures, show_progress, show_table, totals
from migrate.fleet.tasks import Task
from migrate.fleet_options import PHASES, FleetOptions
from migrate.plan import Plan, load_plan
from migrate.whereabouts import FILENAME
from rollback.errors import escape
from rollback.signals import deferred_signals

SCHEMA = 1

_QUERIES = tuple(f"phases.{name}" for name in PHASES)
_LOADED = {
    "check": ("migrate.check_command", *_QUERIES),
    "guard": ("migrate.guard_command", "migrate.guarding.look", "migrate.guarding.search", "migrate.guarding.baseline"),
    "status": ("migrate.status", *_QUERIES),
    "rehearse": ("migrate.rehearse_command", *_QUERIES),
    "rollback": ("migrate.rollback_command",),
}
"""What each repository would load for itself, if this process had not before it is forked; others apply phases."""
_LOADED_TO_APPLY = ("migrate.phase", "migrate.stepping", *_QUERIES)


def fleet_command(options: FleetOptions, main: Main, voice: Voice) -> tuple[Exit, dict[str, Any]]:
    """Run a command in every repository of a list.

    Args:
        main: the command line, for processes that are forked off this one.
    Returns:
        The exit code and the JSON document.
    Raises:
        UsageError, PlanError: the list, the plan, the record or the command is wrong; nothing was run.
        RecordBusy: another fleet is at work.
        ClusterError: the cluster is not there, or a worker differs from this process; nothing was run.
    """
    options.refuse_nonsense()
    plan = None
    if options.plan is not None:
        plan = load_plan(options.plan)
        options.refuse_plan(plan)
    return _Fleet(options, main, voice, plan).run()


class _Fleet:
    def __init__(self, options: FleetOptions, main: Main, voice: Voice, plan: Plan | None) -> None:
        self._options = options
        self._main = main
        self._voice = voice
        self._plan = plan
        self._entries = read_repositories(options.file)
        good = sum(not entry.mistake for entry in self._entries)
        self._at_once = min(options.workers.processes, good) or 1
        self._outcomes: dict[Entry, Outcome] = {}
        self._ran = 0

    def run(self) -> tuple[Exit, dict[str, Any]]:
        started = time.monotonic()
        options = self._options
        digest = None if options.plan is None else digest_of(options.plan)
        tasks = {entry: self._task(entry, digest) for entry in self._entries if not entry.mistake}
        end: BaseException | None = None
        with (
            executing(options.workers, self._main, self._at_once, list(tasks.values())) as executor,
            recording(options.record_file, Header(options.command, digest), resume=options.resume) as record,
        ):
            before = self._take_over(tasks, record)
            left = {entry: task for entry, task in tasks.items() if entry not in self._outcomes}
            try:
                self._run(executor, left, record)
            except (KeyboardInterrupt, ClusterError) as error:
                end = error
        seconds = time.monotonic() - started
        why = "the cluster was lost" if isinstance(end, ClusterError) else "the fleet was interrupted"
        for entry, task in tasks.items():
            if entry not in self._outcomes:
                self._outcomes[entry] = Outcome(task.name, task.root, "not run", message=why)
        rows = [self._outcomes[entry] for entry in self._entries]
        code = exit_of(rows) if end is None else exit_code_of(end)
        self._show(rows, before, seconds, code)
        if isinstance(end, ClusterError):
            self._voice.error(str(end))
        return code, self._document(rows, seconds)

    def _task(self, entry: Entry, digest: str | None) -> Task:
        options = self._options
        plan = None if options.plan is None else str(options.plan.absolute())
        return Task(
            entry.name,
            str(entry.root),
            str(entry.tree),
            options.command,
            plan,
            digest if plan is not None else digest_of(entry.root / FILENAME),
            self._jobs_of_each,
            options.looks_only,
            options.fails_over,
            self._voice.verbose,
        )

    @property
    def _jobs_of_each(self) -> int | None:
        """Processes for each command; None where that is up to the command, as nothing else is at work beside it."""
        options = self._options
        is_alone = self._at_once == 1 and options.workers.kind is not Kind.DASK
        return None if is_alone or options.given.get("executor") is Kind.DASK else 1

    def _take_over(self, tasks: dict[Entry, Task], record: Record) -> set[str]:
        """Rows that are known before anything is run; the roots of those that an earlier fleet was done with."""
        for entry in self._entries:
            if entry.mistake:
                self._outcomes[entry] = Outcome(entry.name, str(entry.root), "failed", message=entry.mistake)
        known = {entry: done for entry, task in tasks.items() if (done := record.done(task)) is not None}
        self._outcomes |= known
        return {done.root for done in known.values()}

    def _run(self, executor: Executor, tasks: dict[Entry, Task], record: Record) -> None:
        """Raises KeyboardInterrupt or ClusterError, once what had begun has ended, or is lost, and is on record."""
        options = self._options
        by_root = {task.root: (entry, task) for entry, task in tasks.items()}

        def tell(outcome: Outcome) -> None:
            entry, task = by_root[outcome.root]
            record.add(outcome, task)
            self._outcomes[entry] = outcome
            self._ran += 1
            show_progress(self._voice, outcome, self._ran, len(tasks))

        if options.workers.kind is Kind.PROCESSES and tasks:
            for module in _LOADED.get(options.name, _LOADED_TO_APPLY):
                importlib.import_module(module)
        with deferred_signals():
            executor.run(list(tasks.values()), tell)
            interrupts.close()

    def _show(self, rows: Sequence[Outcome], before: set[str], seconds: float, code: Exit) -> None:
        voice, options = self._voice, self._options
        show_table(voice, rows, before)
        show_failures(voice, rows)
        said = totals(shlex.join(options.command), rows, self._ran, seconds)
        voice.say(f"fleet: {said}", "" if code == Exit.DONE else "red")
        voice.say(f"next: {self._next(rows)}")

    def _next(self, rows: Sequence[Outcome]) -> str:
        options = self._options
        bad = {row.state for row in rows if not row.is_done}
        is_check = options.is_phase and options.looks_only and bad == {"findings"}  # `--check` says so by that
        if bad and not is_check:
            again = _in_words(options.again(options.command, "--resume"))
            return f"mend it and go on with `{again}`" if bad - {"not run", "interrupted"} else again
        return _in_words(options.again(self._following()))

    def _following(self) -> list[str]:
        """What comes after the command, where it went through everywhere."""
        options = self._options
        if options.is_phase and options.looks_only:
            rest = [word for word in options.command if word not in ("--dry-run", "--check", "--yes", "-y")]
            return [*rest, "--yes"]
        phases = [] if self._plan is None else [f"phase{number}" for number in self._plan.phases]
        if options.name in PHASES:
            phases = [phase for phase in phases if phase > options.name]
        if phases and options.name in (*PHASES, "check", "rehearse"):
            return [phases[0], "--dry-run"]
        return ["check" if options.name == "status" else "status"]

    def _document(self, rows: Sequence[Outcome], seconds: float) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "plan": None if self._plan is None else self._plan.name,
            "command": list(self._options.command),
            "repositories": [row.as_json() for row in rows],
            "seconds": round(seconds, 3),
        }


def exit_of(rows: Sequence[Outcome]) -> Exit:
    """The exit code of a fleet that has come to its end."""
    bad = [row for row in rows if not row.is_done]
    if not bad:
        return Exit.DONE
    return Exit.REPOSITORY if all(row.state == "blocked" for row in bad) else Exit.FINDINGS


def _in_words(words: Sequence[str]) -> str:
    return escape(shlex.join(words))
