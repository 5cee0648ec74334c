"""The command line: read options, call, print, exit; no engine here."""

from __future__ import annotations

import gc
import itertools
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TextIO

import typer

from migrate import phase_help
from migrate.executors.workers import Kind, Workers
from migrate.fleet_arguments import FleetArguments
from migrate.formats import Format, PhaseFormat, read_format
from migrate.report_options import ReportFormat

if TYPE_CHECKING:
    from migrate.console import Voice
    from migrate.session import Session
    from migrate.whereabouts import Whereabouts
    from rollback.git import Git

app = typer.Typer(
    name="migrate",
    help="Step a repository through a migration in five phases: look, apply, verify, roll back to the byte.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

PlanFile = Annotated[
    Path | None, typer.Option("--plan", metavar="FILE", help="The plan; default: migrate.toml, found upward.")
]
Root = Annotated[
    Path | None, typer.Option("--root", metavar="DIR", help="The root; default: the folder of migrate.toml.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout; text for people on stderr.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", metavar="N", min=1, help="Processes at the most; default: one per processor.")
]
Executor = Annotated[
    Kind | None,
    typer.Option(
        "--executor", help="What looks at files: this process, processes of this machine, or a Dask cluster.",
        show_default=False,
    ),
]  # fmt: skip
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="ADDRESS", help="Of the cluster: tcp://HOST:PORT or tls://HOST:PORT."),
]
SharedFs = Annotated[
    bool, typer.Option("--shared-fs", help="The cluster's workers see the files at the same path; do not send them.")
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Only the results.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="More details, and output of commands as it comes.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the diff and a summary; write nothing.")]
Check = Annotated[bool, typer.Option("--check", help="Quiet dry run; exit 1 when something would change.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Go on without asking.")]
Interactive = Annotated[bool, typer.Option("--interactive", "-i", help="Ask about each hunk: y/n/a/d/q/j/k/e/?.")]
AllowDirty = Annotated[
    bool, typer.Option("--allow-dirty", help="Touch files with uncommitted changes; rollback brings those back.")
]
Force = Annotated[bool, typer.Option("--force", help="Apply although errors remain or an earlier phase is not done.")]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")]
Verify = Annotated[
    str | None,
    typer.Option("--verify", metavar="COMMAND", help="Run after applying; on failure the phase rolls itself back."),
]
VerifyTimeout = Annotated[
    float | None,
    typer.Option(
        "--verify-timeout",
        metavar="SECONDS",
        min=0.001,
        max=7 * 86400,  # as for a check of the plan
        help="How long --verify may take; default: 3600.",
    ),
]
From = Annotated[
    Path | None,
    typer.Option("--from", metavar="FILE", help="Apply exactly what an earlier --dry-run --json printed into FILE."),
]
KeepGoing = Annotated[bool, typer.Option("--keep-going", help="Phase 5: run the other checks although one has failed.")]
Only = Annotated[
    list[str] | None, typer.Option("--only", metavar="NAME", help="Phase 5: only the check of this name; repeatable.")
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Look at everything anew, and keep nothing; so does MIGRATE_NO_CACHE=1.")
]
Formats = Annotated[
    PhaseFormat | None, typer.Option("--format", help="How to print findings: for people, programs, or GitHub.")
]
Commit = Annotated[
    bool, typer.Option("--commit", help="One commit per phase, of its files only, with the plan's message.")
]
IgnoreRevs = Annotated[
    bool, typer.Option("--ignore-revs", help="With --commit: add it to .git-blame-ignore-revs without asking.")
]


@dataclass(frozen=True, slots=True)  # no Struct, as `migrate --help` would have to load them
class Common:
    """The options that every command takes, before or after its name."""

    plan: Path | None = None
    root: Path | None = None
    json: bool = False
    jobs: int | None = None
    quiet: bool = False
    verbose: bool = False
    executor: Kind | None = None
    scheduler: str | None = None
    shared_fs: bool = False

    def over(self, context: typer.Context) -> Common:
        """These options, and where they say nothing, the ones before the command's name."""
        before = context.obj if isinstance(context.obj, Common) else Common()
        return Common(
            self.plan or before.plan,
            self.root or before.root,
            self.json or before.json,
            self.jobs or before.jobs,
            self.quiet or before.quiet,
            self.verbose or before.verbose,
            self.executor or before.executor,
            self.scheduler or before.scheduler,
            self.shared_fs or before.shared_fs,
        )

    @property
    def workers(self) -> Workers:
        """Raises UsageError: the options on it contradict each other."""
        return Workers.read(self.jobs, self.executor, self.scheduler, shared=self.shared_fs)

    def printing(self, format: Format) -> Common:
        """These options, with stdout for what `format` prints."""
        return replace(self, json=format.is_document)

    def voice(self) -> Voice:
        from migrate.console import Voice

        return Voice(quiet=self.quiet, verbose=self.verbose, json=self.json)

    def whereabouts(self) -> Whereabouts:
        from migrate.whereabouts import find_whereabouts

        return find_whereabouts(self.root, self.plan)

    def session(self) -> Session:
        from migrate.session import open_session

        return open_session(self.root, self.plan)

    def repository(self, voice: Voice, without: str) -> tuple[Git, str | None]:
        """The repository and the plan's name; None for the name where the plan has gone or was broken since.

        The way back must not depend on the plan, unless one was named.
        """
        from migrate.errors import PlanError
        from migrate.whereabouts import find_repository

        try:
            session = self.session()
        except PlanError as error:
            if self.plan is not None:
                raise
            voice.note(f"{error.mistakes[0]}; {without}")
            return find_repository(self.root), None
        return session.git, session.plan.name


def _show_version(wanted: bool) -> None:
    if wanted:
        from migrate import __version__

        typer.echo(f"ssot-migrate {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    context: typer.Context,
    plan: PlanFile = None,
    root: Root = None,
    json: Json = False,
    jobs: Jobs = None,
    executor: Executor = None,
    scheduler: Scheduler = None,
    shared_fs: SharedFs = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    version: Annotated[  # noqa: ARG001 - handled by its callback
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = Common(plan, root, json, jobs, quiet, verbose, executor, scheduler, shared_fs)


def _finish(common: Common, voice: Voice, code: int, document: dict[str, Any]) -> NoReturn:
    if common.json:
        voice.document(document)
    raise typer.Exit(int(code))


def _applying_command(name: str, help_line: str, phase: int | None) -> None:
    """Define the command of one phase, or with None the one that runs them all; their options are the same."""

    def command(
        context: typer.Context,
        dry_run: DryRun = False,
        check: Check = False,
        yes: Yes = False,
        interactive: Interactive = False,
        allow_dirty: AllowDirty = False,
        force: Force = False,
        strict: Strict = False,
        verify: Verify = None,
        verify_timeout: VerifyTimeout = None,
        commit: Commit = False,
        ignore_revs: IgnoreRevs = False,
        saved: From = None,
        keep_going: KeepGoing = False,
        only: Only = None,
        format: Formats = None,
        plan: PlanFile = None,
        root: Root = None,
        json: Json = False,
        jobs: Jobs = None,
        executor: Executor = None,
        scheduler: Scheduler = None,
        shared_fs: SharedFs = False,
        quiet: Quiet = False,
        verbose: Verbose = False,
    ) -> None:
        from migrate.phase_options import PhaseOptions, can_ask

        common = Common(plan, root, json, jobs, quiet, verbose, executor, scheduler, shared_fs).over(context)
        printed = read_format(name, format, json=common.json)
        common = common.printing(printed)
        options = PhaseOptions(
            dry_run,
            check,
            yes,
            interactive,
            allow_dirty,
            force,
            strict,
            verify,
            commit,
            common.workers,
            saved,
            verify_timeout,
            keep_going,
            tuple(only or ()),
            printed,
            ignore_revs,
        )
        options.refuse_nonsense(name, can_ask=can_ask())
        where = common.whereabouts()
        if phase in (3, 4) and options.looks_only and saved is None:
            from migrate.early_search import ask_early

            where = ask_early(where, phase)
        from migrate.session import session_at

        session = session_at(where)
        voice = common.voice()
        if phase is None:
            from migrate.stepping import run_all

            code, document = run_all(session, options, voice)
        else:
            from migrate.phase import run_one

            end = run_one(session, phase, options, voice)
            code, document = end.code, end.document() if common.json else {}
        _finish(common, voice, code, document)

    app.command(name, help=help_line)(command)


for _number, _help_line in phase_help.HELP.items():
    _applying_command(f"phase{_number}", _help_line, _number)
_applying_command("run", phase_help.RUN, None)


@app.command()
def rehearse(
    context: typer.Context,
    force: Force = False,
    strict: Strict = False,
    allow_dirty: AllowDirty = False,
    verify: Verify = None,
    verify_timeout: VerifyTimeout = None,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Go on after a phase, or a check, that does not go through.")
    ] = False,
    no_checks: Annotated[bool, typer.Option("--no-checks", help="Only the phases; run no check of phase 5.")] = False,
    plan: PlanFile = None,
    root: Root = None,
    json: Json = False,
    jobs: Jobs = None,
    executor: Executor = None,
    scheduler: Scheduler = None,
    shared_fs: SharedFs = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Try the whole plan, its checks and the way back, on a copy of the tree that is thrown away."""
    from migrate.rehearse_command import rehearse_command
    from migrate.rehearsing import RehearseOptions

    common = Common(plan, root, json, jobs, quiet, verbose, executor, scheduler, shared_fs).over(context)
    options = RehearseOptions(
        force, strict, allow_dirty, verify, verify_timeout, keep_going, not no_checks, common.workers
    )
    voice = common.voice()
    code, document = rehearse_command(common.session(), options, voice)
    _finish(common, voice, code, document)


@app.command()
def init(
    context: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD", help="What moves: package.module:Name, or a module.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its new home, of the same kind.")],
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="REV", help="Follow the signature as it was in this git revision."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a plan that is there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan; write nothing.")] = False,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="The file to write; default: migrate.toml at the root."),
    ] = None,
    root: Annotated[
        Path | None, typer.Option("--root", metavar="DIR", help="The root; default: the top of the working tree.")
    ] = None,
    json: Json = False,
    jobs: Jobs = None,
    executor: Executor = None,
    scheduler: Scheduler = None,
    shared_fs: SharedFs = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Scan the repository for the users of OLD and write a first plan that takes them to NEW."""
    from migrate.init_command import InitOptions, init_command
    from migrate.whereabouts import find_repository
    from rollback.git import Git

    common = Common(plan, root, json, jobs, quiet, verbose, executor, scheduler, shared_fs).over(context)
    voice = common.voice()
    git = find_repository(common.root)
    git = git if common.root is not None else Git.open(git.toplevel)
    code, document = init_command(git, InitOptions(old, new, since, common.plan, force, dry_run, common.workers), voice)
    _finish(common, voice, code, document)


@app.command("check")
def check_(
    context: typer.Context,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Show plan lines that would close holes, as a patch of the plan.")
    ] = False,
    write: Annotated[bool, typer.Option("--write", help="With --suggest: put those lines into the plan file.")] = False,
    strict: Strict = False,
    format: Formats = None,
    plan: PlanFile = None,
    root: Root = None,
    json: Json = False,
    jobs: Jobs = None,
    executor: Executor = None,
    scheduler: Scheduler = None,
    shared_fs: SharedFs = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Look at the whole tree before anything is touched: what each phase would change, and what would break."""
    from migrate.check_command import CheckOptions, check_command

    common = Common(plan, root, json, jobs, quiet, verbose, executor, scheduler, shared_fs).over(context)
    options = CheckOptions(strict, suggest, write, common.workers, read_format("check", format, json=common.json))
    options.refuse_nonsense()
    common = common.printing(options.format)
    voice = common.voice()
    code, document = check_command(common.session(), options, voice)
    _finish(common, voice, code, document)


@app.command()
def status(
    context: typer.Context,
    no_cache: NoCache = False,
    plan: PlanFile = None,
    root: Root = None,
    json: Json = False,
    jobs: Jobs = None,
    executor: Executor = None,
    scheduler: Scheduler = None,
    shared_fs: SharedFs = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Show where the migration stands: each phase's state, and what is left to edit."""
    from migrate.status import show_status, status_of

    common = Common(plan, root, json, jobs, quiet, verbose, executor, scheduler, shared_fs).over(context)
    voice = common.voice()
    started = time.monotonic()
    found = status_of(common.session(), common.workers, voice, cached=not no_cache)
    show_status(voice, found)
    _finish(common, voice, 0, found.as_json(time.monotonic() - started) if common.json else {})


@app.command()
def guard(
    context: typer.Context,
    format: Annotated[
        Format | None,
        typer.Option("--format", help="How to print findings: for people, programs, GitHub, or code scanning."),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Findings that FILE lists are known, and no failure."),
    ] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Write FILE, or lower it to what is left.")
    ] = False,
    staged: Annotated[
        bool, typer.Option("--staged", help="Only the staged files, as they are staged; for pre-commit.")
    ] = False,
    ruff: Annotated[
        bool,
        typer.Option("--ruff", help="Print the configuration by which ruff finds the same imports, where it can."),
    ] = False,
    strict: Strict = False,
    no_cache: NoCache = False,
    plan: PlanFile = None,
    root: Root = None,
    json: Json = False,
    jobs: Jobs = None,
    executor: Executor = None,
    scheduler: Scheduler = None,
    shared_fs: SharedFs = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """For CI and pre-commit: exit 1 when a deprecated import or keyword of the plan is in the tree."""
    from migrate.guard_command import guard_command
    from migrate.guard_options import GuardOptions

    common = Common(plan, root, json, jobs, quiet, verbose, executor, scheduler, shared_fs).over(context)
    options = GuardOptions.read(
        format, json=common.json, baseline=baseline, update=update_baseline, staged=staged, ruff=ruff, strict=strict,
        workers=common.workers, cached=not no_cache,
    )  # fmt: skip
    common = common.printing(options.format)
    voice = common.voice()
    code, document = guard_command(common.session(), options, voice)
    _finish(common, voice, code, document)


@app.command(
    cls=FleetArguments,
    epilog="Example: migrate fleet repos.txt --plan migrate.toml phase3 --dry-run",
)
def fleet(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="REPOS.txt", help="The list: one path of a repository a line.", show_default=False)
    ],
    command: Annotated[
        str, typer.Argument(metavar="COMMAND", help=f"What to run in each: {phase_help.FLEET}.", show_default=False)
    ],
    words: Annotated[list[str] | None, typer.Argument(metavar="OPTION", help="As that command takes them.")] = None,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="One plan for all; default: each repository's own migrate.toml."),
    ] = None,
    json: Json = False,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", metavar="N", min=1, help="Repositories at once; default: one per processor."),
    ] = None,
    executor: Annotated[
        Kind | None,
        typer.Option(
            "--executor",
            help="What runs them: one after the other, processes side by side, or workers of a Dask cluster.",
            show_default=False,
        ),
    ] = None,
    scheduler: Scheduler = None,
    shared_fs: Annotated[
        bool, typer.Option("--shared-fs", help="The cluster's workers see the repositories at the same paths.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Only those with which the record is not done: failed, or not run.")
    ] = False,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="FILE", help="Where outcomes are kept; default: beside the list."),
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Run COMMAND in many repositories, each with its own journal; a failure in one is a row in the table."""
    from migrate.errors import UsageError
    from migrate.fleet_command import fleet_command
    from migrate.fleet_options import COMMANDS, FleetOptions

    common = Common(plan, None, json, jobs, quiet, verbose, executor, scheduler, shared_fs).over(context)
    if common.root is not None:
        raise UsageError("fleet: --root: each repository of the list is its own root; leave it out")
    if command not in COMMANDS:
        raise UsageError(f"fleet: {command!r} is no command for a fleet; it takes {phase_help.FLEET}")
    group: Any = context.parent
    with group.command.commands[command].make_context(command, list(words or ()), parent=group) as inner:
        given = dict(inner.params)
    options = FleetOptions(file, (command, *(words or ())), given, common.plan, common.workers, resume, record)
    voice = common.voice()
    code, document = fleet_command(options, _exit_code, voice)
    _finish(common, voice, code, document)


@app.command()
def explain(
    context: typer.Context,
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="Of a finding, as keyword-conflict; without it: all of them.")
    ] = None,
    plan: PlanFile = None,
    root: Root = None,
    json: Json = False,
    jobs: Jobs = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Print the page on a finding's code: an example, why it is left to you, and what to do."""
    from migrate.explain_command import explain_command

    common = Common(plan, root, json, jobs, quiet, verbose).over(context)
    voice = common.voice()
    _finish(common, voice, 0, explain_command(code, voice))


@app.command()
def timeline(
    context: typer.Context,
    no_cache: NoCache = False,
    plan: PlanFile = None,
    root: Root = None,
    json: Json = False,
    jobs: Jobs = None,
    executor: Executor = None,
    scheduler: Scheduler = None,
    shared_fs: SharedFs = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Show planned against actual minutes per phase, with the plan's budget, and estimate what is left."""
    from migrate.timeline_command import timeline_command

    common = Common(plan, root, json, jobs, quiet, verbose, executor, scheduler, shared_fs).over(context)
    voice = common.voice()
    _finish(common, voice, 0, timeline_command(common.session(), common.workers, voice, cached=not no_cache))


@app.command()
def report(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="report.html, or report.md; - is stdout.", show_default=False, readable=False
        ),
    ] = None,
    format: Annotated[
        ReportFormat | None, typer.Option("--format", help="What to write; default: by the ending of FILE.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that is no report; never one that git tracks.")
    ] = False,
    plan: PlanFile = None,
    root: Root = None,
    json: Json = False,
    jobs: Jobs = None,
    executor: Executor = None,
    scheduler: Scheduler = None,
    shared_fs: SharedFs = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write what was done and what is left as one page for reviewers, or as Markdown for a pull request."""
    from migrate.console import Voice
    from migrate.report_command import report_command
    from migrate.report_options import ReportOptions

    common = Common(plan, root, json, jobs, quiet, verbose, executor, scheduler, shared_fs).over(context)
    options = ReportOptions.read(file, format, json=common.json, force=force, workers=common.workers)
    voice = Voice(quiet=common.quiet, verbose=common.verbose, json=common.json or options.to_stdout)
    _finish(common, voice, 0, report_command(common.session(), options, voice))


@app.command()
def rollback(
    context: typer.Context,
    phase: Annotated[str | None, typer.Argument(metavar="[phaseN]", help="Back to before this phase.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Take every phase back.")] = False,
    only: Annotated[
        str | None,
        typer.Option("--only", metavar="phaseN", help="This phase alone; refused if a later one touched its files."),
    ] = None,
    yes: Yes = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite files edited since; the newer versions are kept in git.")
    ] = False,
    plan: PlanFile = None,
    root: Root = None,
    json: Json = False,
    jobs: Jobs = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Take the last applied phase back to the byte, or everything back to before a phase."""
    from migrate.errors import UsageError
    from migrate.phase_options import can_ask
    from migrate.rollback_command import Choice, roll_back_command

    common = Common(plan, root, json, jobs, quiet, verbose).over(context)
    voice = common.voice()
    choice = Choice.read(phase, only, everything=everything)
    if not yes and not can_ask():
        raise UsageError("rollback: no terminal to ask on; pass --yes to roll back")
    git, name = common.repository(voice, "rolling back without the plan")
    code, document = roll_back_command(git, name, choice, yes=yes, force=force, voice=voice)
    _finish(common, voice, code, document)


journal_app = typer.Typer(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
app.add_typer(
    journal_app, name="journal", help="List the runs of this working tree, show one, and prune their snapshots."
)


@journal_app.callback()
def journal(
    context: typer.Context,
    plan: PlanFile = None,
    root: Root = None,
    json: Json = False,
    jobs: Jobs = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """List every run of this working tree: what it did, where it stands, and how to get its pre-images."""
    from migrate.journal_command import list_command

    common = Common(plan, root, json, jobs, quiet, verbose).over(context)
    if context.invoked_subcommand is not None:
        context.obj = common
        return
    voice = common.voice()
    git, _ = common.repository(voice, "the journal does not need it")
    _finish(common, voice, 0, list_command(git, voice))


@journal_app.command()
def show(
    context: typer.Context,
    run: Annotated[int, typer.Argument(metavar="RUN", help="The run's number.")],
    output: Annotated[
        str | None, typer.Option("--output", metavar="NAME", help="Only what the check NAME had to say.")
    ] = None,
    plan: PlanFile = None,
    root: Root = None,
    json: Json = False,
    jobs: Jobs = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Show all that is on record of one run: its files, its checks, and what its commands had to say."""
    from migrate.journal_command import show_command

    common = Common(plan, root, json, jobs, quiet, verbose).over(context)
    voice = common.voice()
    git, _ = common.repository(voice, "the journal does not need it")
    _finish(common, voice, 0, show_command(git, run, output, voice))


@journal_app.command()
def prune(
    context: typer.Context,
    older_than: Annotated[
        float, typer.Option("--older-than", metavar="DAYS", min=0, help="Only runs that ended so many days ago.")
    ] = 30,
    applied: Annotated[
        bool, typer.Option("--applied", help="Also runs that are applied; they cannot be rolled back afterwards.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go; delete nothing.")] = False,
    yes: Yes = False,
    plan: PlanFile = None,
    root: Root = None,
    json: Json = False,
    jobs: Jobs = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Give up the snapshots of old runs that failed or were rolled back; the runs stay on record."""
    from migrate.errors import UsageError
    from migrate.journal_command import prune_command
    from migrate.phase_options import can_ask

    common = Common(plan, root, json, jobs, quiet, verbose).over(context)
    if not (yes or dry_run or can_ask()):
        raise UsageError("journal prune: no terminal to ask on; pass --yes to prune, or --dry-run to look")
    voice = common.voice()
    git, _ = common.repository(voice, "the journal does not need it")
    code, document = prune_command(git, older_than * 86400, applied=applied, dry_run=dry_run, yes=yes, voice=voice)
    _finish(common, voice, code, document)


_CLICK_ERROR: type[Exception] = typer.BadParameter.__mro__[2]
"""`ClickException`: of click, or of the copy of it that newer versions of typer bring along."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process with the documented exit code."""
    from migrate import interrupts

    is_collecting = gc.isenabled()
    gc.disable()  # what is imported is no garbage, and who runs steps looks through what those make
    try:
        interrupts.listen()
        _fill_streams()
        sys.exit(_exit_code(arguments))
    finally:
        interrupts.settle()
        if arguments is None:
            gc.freeze()  # what ends with the process need not be looked through
        elif is_collecting:
            gc.enable()


def _fill_streams() -> None:
    """Started with a stream shut (`>&-`), that stream is None, and the next file opened takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115, PTH123 - for as long as the process lasts
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # A tick that the terminal's encoding does not have is no reason to fail, nor is half a character that is typed.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _exit_code(arguments: Sequence[str] | None) -> int:
    from migrate import interrupts
    from migrate.errors import Exit, MigrateError, exit_code_of
    from rollback.errors import RepositoryError

    interrupts.begin()
    try:
        given = list(arguments) if arguments is not None else None
        code = _with_command(sys.argv[1:] if given is None else given)(
            given, standalone_mode=False, prog_name="migrate"
        )
        sys.stdout.flush()
    except _CLICK_ERROR as error:
        return _usage(error)
    except (typer.Abort, KeyboardInterrupt):
        code = Exit.INTERRUPTED
    except (BrokenPipeError, SystemExit) as error:
        # click and rich answer a broken pipe with an exit of their own
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            raise
        return _unheard()
    except (MigrateError, RepositoryError) as error:
        _complain(str(error))
        paths = getattr(error, "paths", ())
        _name_all(paths)
        code = exit_code_of(error)
        _document_refusal(str(error), code, paths, sys.argv[1:] if arguments is None else arguments)
        return code
    except Exception as error:  # the last line of defence: one line instead of a traceback
        return _bug(error, arguments)
    if code == Exit.INTERRUPTED:  # newer versions of typer make this of a Ctrl-C, older ones an Abort
        if sys.stderr.isatty():  # which has echoed a ^C
            sys.stderr.write("\n")
        _complain("interrupted; no file is left half done; `migrate status` shows where it stands")
    return int(code or 0)


def _with_command(arguments: Sequence[str]) -> typer.Typer:
    """The application, with no more than the command that comes first: making all takes as long as many of them do."""
    first = next(iter(arguments), "")
    commands = [each for each in app.registered_commands if each.callback and _name(each.name, each.callback) == first]
    if not commands or first == "fleet":  # which runs other ones
        return app
    alone = copy(app)
    alone.registered_commands, alone.registered_groups = commands, []
    return alone


def _name(name: str | None, callback: Callable[..., Any]) -> str:
    """What a command is called, as typer has it."""
    return name or callback.__name__.lower().replace("_", "-")


def _asks_for(format: str, arguments: Sequence[str]) -> bool:
    return f"--format={format}" in arguments or ("--format", format) in itertools.pairwise(arguments)


def _name_all(paths: Sequence[str]) -> None:
    """Every file that stands in the way, one a line, where the sentence names only the first ones."""
    from rollback.errors import NAMED, escape

    if len(paths) > NAMED:
        for path in paths:
            _complain(f"  {escape(path)}")


def _document_refusal(message: str, code: int, paths: Sequence[str], arguments: Sequence[str]) -> None:
    """Where stdout is for one document, it is, also where a command refuses."""
    from migrate.console import Voice

    document: dict[str, Any]
    if "--json" in arguments or _asks_for("json", arguments):
        document = {"schema": 1, "error": message, "exit_code": int(code)}
        document |= {"paths": list(paths)} if paths else {}
    elif _asks_for("sarif", arguments):
        from migrate.guarding.sarif import failed_log

        document = failed_log(message, int(code))
    else:
        return
    with suppress(OSError):
        Voice(json=True).document(document)


def _bug(error: Exception, arguments: Sequence[str] | None) -> int:
    import traceback

    given = sys.argv[1:] if arguments is None else arguments
    if "-v" in given or "--verbose" in given:
        _complain("".join(traceback.format_exception(error)))
    if isinstance(error, OSError):  # a full disk behind stdout, say
        _complain(f"cannot go on: {error}")
    else:
        what = f"internal error: {type(error).__name__}: {error}"
        _complain(f"{what}; please report it with the output of the same command and -v")
    return 1


def _usage(error: Any) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help
        typer.echo(error.format_message())
        return 0
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "migrate"
    _complain(f"{command}: {error.format_message().removesuffix('.')}; see {command} --help")
    return 2


def _unheard() -> int:
    _silence(sys.stdout)
    try:
        _complain("stdout was closed before everything was printed; `migrate status` shows where it stands")
    except (BrokenPipeError, SystemExit):  # 2>&1 | head
        _silence(sys.stderr)
    return 1


def _silence(stream: TextIO) -> None:
    """What is left in the buffer goes nowhere, instead of into an error at the interpreter's end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _complain(message: str) -> None:
    from migrate.console import Voice

    Voice().error(message)
