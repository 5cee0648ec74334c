"""The options of `migrate fleet`, and what of a command makes sense in many repositories at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from migrate.check_command import CheckOptions
from migrate.errors import UsageError
from migrate.executors.workers import ALL, Kind, Workers
from migrate.guard_options import GuardOptions
from migrate.phase_options import PhaseOptions
from migrate.plan import Plan
from migrate.rollback_command import Choice
from rollback.errors import escape

PHASES = tuple(f"phase{number}" for number in range(1, 6))
COMMANDS = ("check", "guard", "status", "rehearse", *PHASES, "run", "rollback")

_NOT_HERE = {
    "root": "each repository of the list is its own root; leave it out",
    "plan": "one plan is for all; write it before {name}",
    "json": "a fleet prints one document; write it before {name}",
    "format": "a fleet prints a table, or one document with --json before {name}; leave it out",
    "ruff": "that is of the plan and not of a repository; run `migrate guard --ruff`",
    "interactive": "there is no one to ask; pass --yes, or --dry-run to look",
}


class FleetOptions(Struct, frozen=True):
    """The options of the command.

    Attributes:
        file: the list of repositories. command: what to run in each, with its options.
        plan: the one for all; None for each repository's own.
        workers: what runs the repositories; its `jobs` are so many at once.
        record: None for the one beside the list.
        given: the options of the command, by name, as it takes them.
    """

    file: Path
    command: tuple[str, ...]
    given: Mapping[str, Any]
    plan: Path | None = None
    workers: Workers = ALL
    resume: bool = False
    record: Path | None = None

    @property
    def name(self) -> str:
        return self.command[0]

    @property
    def is_phase(self) -> bool:
        """Is it a command that applies phases, or shows what it would apply?"""
        return self.name in (*PHASES, "run")

    @property
    def looks_only(self) -> bool:
        """The command writes nothing into a repository."""
        given = self.given
        if self.is_phase:
            return bool(given["dry_run"] or given["check"])
        return self.name != "rollback" and not (given.get("write") or given.get("update_baseline"))

    @property
    def fails_over(self) -> str | None:
        """As `Task.fails_over`."""
        if self.given.get("force"):
            return None
        return "warning" if self.given.get("strict") or self.name == "guard" else "error"

    @property
    def record_file(self) -> Path:
        """Where outcomes are put on record: that of a look does not take the place of what was written."""
        ending = ".fleet.look.jsonl" if self.looks_only else ".fleet.jsonl"
        return self.record or self.file.with_name(self.file.name + ending)

    def refuse_nonsense(self) -> None:
        """What contradicts itself, would ask somebody, or is not about one repository of many.

        Raises:
            UsageError: with what would be right.
        """
        name, given = self.name, self.given
        if self.workers.kind is Kind.DASK and not self.workers.shared:
            raise UsageError("fleet: --executor dask runs each repository beside a worker, which has to see the same "
                             "folders; add --shared-fs where they do")  # fmt: skip
        for option, why in _NOT_HERE.items():
            if given.get(option):
                raise UsageError(f"fleet: --{option} after {name}: {why.format(name=name)}")
        if "executor" in given:
            Workers.read(given["jobs"], given["executor"], given["scheduler"], shared=given["shared_fs"])
        if self.is_phase:
            if not (given["yes"] or self.looks_only):
                raise UsageError(
                    f"fleet: {name} would ask in each repository, and there is no one to answer; "
                    f"pass --yes, --dry-run or --check after {name}"
                )
            _refuse_phase(name, given)
        elif name == "rollback":
            self._refuse_rollback()
        elif name == "check":
            CheckOptions(suggest=given["suggest"], write=given["write"]).refuse_nonsense()
            if given["write"] and self.plan is not None:
                raise UsageError("fleet: check --write would put lines for each repository into the one plan; leave "
                                 "out --write, or --plan where each has its own")  # fmt: skip
        elif name == "guard":
            GuardOptions.read(None, json=True, baseline=given["baseline"], update=given["update_baseline"],
                              staged=given["staged"])  # fmt: skip

    def refuse_plan(self, plan: Plan) -> None:
        """Raises UsageError: the plan for all has no such phase."""
        if self.name in PHASES and plan.phase(int(self.name[-1])) is None:
            has = ", ".join(f"phase{number}" for number in plan.phases)
            raise UsageError(f"fleet: {self.name}: {escape(str(self.plan))} has no [{self.name}]; it has {has}")

    def _refuse_rollback(self) -> None:
        given = self.given
        Choice.read(given["phase"], given["only"], everything=given["everything"])
        if not (given["phase"] or given["only"] or given["everything"]):
            raise UsageError("fleet: rollback: the last phase may be another one in each repository, and once more is "
                             "one more; name what to take back: rollback phase3, --only phase3 or --all")  # fmt: skip
        if not given["yes"]:
            raise UsageError("fleet: rollback would ask in each repository, and there is no one to answer; "
                             "pass --yes after rollback")  # fmt: skip

    def again(self, command: Sequence[str], *more: str) -> list[str]:
        """The words of the same fleet with another command, or to go on with this one."""
        words = ["migrate", "fleet", str(self.file)]
        words += ["--plan", str(self.plan)] if self.plan is not None else []
        words += self.workers.words
        words += ["--record", str(self.record)] if self.record is not None and more else []
        return [*words, *more, *command]


def _refuse_phase(name: str, given: Mapping[str, Any]) -> None:
    flags = ("dry_run", "check", "yes", "force", "strict", "commit", "ignore_revs", "keep_going")
    flagged: dict[str, Any] = {flag: bool(given[flag]) for flag in flags}
    PhaseOptions(
        **flagged,
        verify=given["verify"],
        verify_timeout=given["verify_timeout"],
        saved=given["saved"],
        only=tuple(given["only"] or ()),
    ).refuse_nonsense(name, can_ask=False)
