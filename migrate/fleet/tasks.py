"""One repository's share of a fleet, as a value that any process can be sent."""

from __future__ import annotations

from msgspec import Struct


class Task(Struct, frozen=True):
    """One command in one repository; all that whoever runs it has to know.

    Attributes:
        name: of the repository, as in the list. root: its folder, absolute.
        tree: the top of its working tree: tasks of one tree share a journal and a lock, so one runs at a time.
        command: the command and its options.
        plan: the plan for all, absolute; None for the repository's own.
        plan_sha256: of the plan that counts, as it was when the fleet began; None where it could not be read.
        jobs: processes for the command at the most; None leaves it to the command.
        looks_only: the command writes nothing into the repository. fails_over: with `--strict` "warning", with
            `--force` None: the mildest finding that keeps the command from its work.
        verbose: what is said to people is kept in full.
    """

    name: str
    root: str
    tree: str
    command: tuple[str, ...]
    plan: str | None = None
    plan_sha256: str | None = None
    jobs: int | None = None
    looks_only: bool = False
    fails_over: str | None = "error"
    verbose: bool = False

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command line of this repository; options of the command come last, and may say something else."""
        name, *options = self.command
        plan = () if self.plan is None else ("--plan", self.plan)
        jobs = () if self.jobs is None else ("--jobs", str(self.jobs))
        quiet = () if self.verbose else ("--quiet",)
        return (name, "--json", "--root", self.root, *plan, *jobs, *quiet, *options)
