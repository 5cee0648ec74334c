"""Where a command works: the root, the plan, git, and what the journal says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from migrate.errors import PlanError
from migrate.plan import Plan, load_plan
from migrate.whereabouts import Whereabouts, find_whereabouts
from rollback.errors import Interrupted, Locked, RepositoryError
from rollback.git import Git
from rollback.journal import UNFINISHED, Journal, RunRecord
from rollback.lock import is_held, refuse_held

EditingRuns = tuple[tuple[int, int, str], ...]
"""Number, phase and state of runs that have edited files, oldest first."""


class Session(Struct, frozen=True):
    """One command's surroundings.

    Attributes:
        origin: of the user's tree, where this one is about a copy of it.
    """

    git: Git
    plan: Plan
    plan_file: Path
    origin: Session | None = None

    @property
    def home(self) -> Path:
        """The user's own root: of this tree, or of the one it is a copy of."""
        return self.git.root if self.origin is None else self.origin.home

    def reread(self) -> Session:
        """The same with the plan as it is in its file now.

        Raises:
            PlanError: it is wrong, or is that of another migration.
        """
        plan = load_plan(self.plan_file)
        if plan.name != self.plan.name:
            mistake = f"plan.name: {plan.name!r} is another migration than {self.plan.name!r}; leave, and begin anew"
            raise PlanError([f"{self.plan_file}: {mistake}"])
        return _session(self.git, plan, self.plan_file)

    def runs(self) -> tuple[RunRecord, ...]:
        """The plan's runs in this root, oldest first; nothing is written for it."""
        with Journal.open(self.git, create=False) as journal:
            mine = [run for run in journal.runs(self.plan.name) if run.prefix == self.git.prefix]
            return as_seen(self.git, mine)

    def editing_runs(self) -> EditingRuns:
        """The plan's runs that have edited files here."""
        with Journal.open(self.git, create=False) as journal:
            return editing_runs(journal, self.plan.name, self.git)

    def written(self) -> dict[str, str | None]:
        """What the runs that stand in the tree made of each file: its sha256 by path, the newest run's last."""
        with Journal.open(self.git, create=False) as journal:
            standing = [r for r in journal.runs() if r.state == "applied" and r.prefix == self.git.prefix]
            return {file.path: file.after_sha256 for run in standing for file in journal.files(run.id)}

    def touched(self) -> dict[str, tuple[tuple[int, int], ...]]:
        """The files that the plan's standing runs have changed, with phase and number of those runs, oldest first.

        In a copy, those of the tree that it was made of come first.
        """
        known = {} if self.origin is None else self.origin.touched()
        found: dict[str, list[tuple[int, int]]] = {path: list(runs) for path, runs in known.items()}
        with Journal.open(self.git, create=False) as journal:
            for run in journal.runs(self.plan.name):
                if run.state == "applied" and run.prefix == self.git.prefix:
                    for file in journal.files(run.id):
                        found.setdefault(file.path, []).append((run.phase, run.id))
        return {path: tuple(runs) for path, runs in found.items()}

    def interrupted(self) -> RunRecord | None:
        """A run that was cut off; None also while one is at work."""
        if is_held(self.git):
            return None
        with Journal.open(self.git, create=False) as journal:
            return journal.interrupted()

    def obstacle(self) -> RepositoryError | None:
        """What keeps any phase from being applied now: somebody at work, or an interrupted run."""
        if (busy := self.at_work()) is not None:
            return busy
        run = self.interrupted()
        return None if run is None else Interrupted(run)

    def at_work(self) -> Locked | None:
        """Who is at work in the tree now, as the error that a second one gets; nothing is written where nobody is."""
        try:
            refuse_held(self.git)
        except Locked as error:
            return error
        return None


def editing_runs(journal: Journal, plan: str, git: Git) -> EditingRuns:
    """The same out of a journal that is open."""
    mine = (run for run in journal.runs(plan) if run.prefix == git.prefix and run.phase != 5)
    return tuple((run.id, run.phase, run.state) for run in mine)


def as_seen(git: Git, runs: Sequence[RunRecord]) -> tuple[RunRecord, ...]:
    """The runs for people to see: one that is not finished is "running" while somebody is at work."""
    if not is_held(git):
        return tuple(runs)
    return tuple(replace(run, state="running") if run.state in UNFINISHED else run for run in runs)


def open_session(root: Path | None, plan_file: Path | None) -> Session:
    """Find the repository and load the plan; as `find_whereabouts` and `session_at`."""
    return session_at(find_whereabouts(root, plan_file))


def session_at(where: Whereabouts) -> Session:
    """Load the plan.

    Raises:
        PlanError: it cannot be read, or is wrong; a source root of it is not there.
    """
    return _session(where.git, load_plan(where.plan_file), where.plan_file)


def _session(git: Git, plan: Plan, plan_file: Path) -> Session:
    """Raises PlanError: a source root is not there."""
    mistakes = [
        f"{plan_file}: plan.source_roots[{number}]: {folder!r} is no folder in {git.root}; write where imports start"
        for number, folder in enumerate(plan.plan.source_roots)
        if not (git.root / folder).is_dir()
    ]
    if mistakes:
        raise PlanError(mistakes)
    return Session(git, plan, plan_file)
