"""The faults, one trial each: run the tool, let something happen to it, and hold what is left against what may be left."""

from __future__ import annotations

import errno
import os
import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaos.calls import Operation
from chaos.power import Disk
from chaos.processes import Decide, Ending, run, run_until, run_watched, wait_for_orphans
from chaos.workload import (
    APPLY,
    ROLL_BACK,
    Fingerprint,
    Workload,
    bytes_and_mode,
    differences,
    fingerprint,
    litter,
    states,
    torn,
)

STANDING = ("applying", "verifying", "applied", "rolling-back")

NO_ROOM = frozenset(("create", "write", "mkdir", "link", "symlink"))
"""Operations that a full disk refuses."""

ERRORS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EACCES": errno.EACCES}


@dataclass
class Tally:
    """What became of one kind of trial.

    Attributes:
        trials: how many there were. hit: those in which the fault met the tool at work.
        ends: by what was left right after the fault, how often.
        problems: what must not be, in words.
    """

    trials: int = 0
    hit: int = 0
    ends: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def count(self, end: str) -> None:
        self.ends[end] = self.ends.get(end, 0) + 1

    def add(self, other: Tally) -> None:
        self.trials += other.trials
        self.hit += other.hit
        for end, number in other.ends.items():
            self.ends[end] = self.ends.get(end, 0) + number
        self.problems += other.problems


@dataclass(frozen=True, slots=True)
class Bench:
    """A workload, a place for copies of it, and by step the `window` of it, which is measured once."""

    workload: Workload
    folder: Path
    windows: dict[Sequence[str], tuple[float, float]] = field(default_factory=dict)

    def fresh(self, step: Sequence[str]) -> Path:
        """A copy of the repository, ready for `step`."""
        return self.workload.copy(self.folder / "trial", applied=step is ROLL_BACK) / "repo"

    def start(self, step: Sequence[str]) -> Fingerprint:
        """The repository before `step`."""
        return self.workload.after if step is ROLL_BACK else self.workload.before


def name_of(step: Sequence[str]) -> str:
    return "rollback" if step is ROLL_BACK else "apply"


def window(bench: Bench, step: Sequence[str]) -> tuple[float, float]:
    """Seconds after its start between which the tool writes, and ends; from runs without a fault."""
    if step in bench.windows:
        return bench.windows[step]
    begins, ends = [], []
    for _ in range(5):
        repo = bench.fresh(step)
        lock = repo / ".git/migrate/lock"
        lock.unlink(missing_ok=True)
        started = time.monotonic()
        low, high = 0.0, run(repo, step).seconds
        ends.append(high)
        repo = bench.fresh(step)
        lock.unlink(missing_ok=True)
        started = time.monotonic()
        child = os.fork()
        if child == 0:
            while not lock.exists() and time.monotonic() < started + 5:
                time.sleep(0.0002)
            os._exit(min(250, int((time.monotonic() - started) * 1000)))
        run(repo, step)
        low = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) / 1000
        begins.append(low)
    bench.windows[step] = min(begins), sorted(ends)[len(ends) // 2]
    return bench.windows[step]


def kill_at_random(bench: Bench, step: Sequence[str], hits: int, luck: random.Random) -> Tally:
    """`kill -9` at random moments while the tool writes, until `hits` of them met it alive; then recovery.

    Only the tool's own process is killed: a git that it runs goes on, as it would. Every fourth recovery is killed as well,
    and the one after it must do.
    """
    tally = Tally()
    first, last = window(bench, step)
    while tally.hit < hits:
        tally.trials += 1
        repo = bench.fresh(step)
        done = run_until(repo, step, luck.uniform(first, last))
        if done.code == -signal.SIGKILL:
            tally.hit += 1
            tally.count(_stage(repo))
            what = f"{name_of(step)} killed"
            if tally.hit % 4 == 0:
                run_until(repo, ROLL_BACK, luck.uniform(first, last))
            tally.problems += recover(bench, repo, what, often=tally.hit % 4 == 1)
        wait_for_orphans()
    return tally


def signal_at_random(bench: Bench, step: Sequence[str], number: int, hits: int, luck: random.Random) -> Tally:
    """SIGINT or SIGTERM at random moments: exit 130 and everything as before, or the end as if nothing had happened."""
    tally = Tally()
    first, last = window(bench, step)
    while tally.hit < hits:
        tally.trials += 1
        repo = bench.fresh(step)
        done = run_until(repo, step, luck.uniform(first, last), number)
        tally.hit += 1
        tally.problems += ended_well(
            bench, repo, step, done, f"{signal.Signals(number).name} during {name_of(step)}", tally
        )
        wait_for_orphans()
    return tally


def at_every_call(
    bench: Bench,
    step: Sequence[str],
    fault: str,
    share: tuple[int, int] = (0, 1),
    every: int = 1,
    *,
    all_of_them: bool = True,
) -> Tally:
    """One trial for each operation on the write path of `step`, with `fault` at it.

    Args:
        fault: "kill" (and all of git), "SIGINT", "SIGTERM", "ENOSPC", "EIO", "EACCES" once, "full" (ENOSPC from there on
            for all that needs room), or "vanish" (the file is gone).
        share: (k, n): only every n-th, from the k-th on; for n processes side by side.
        every: only every such one of them.
        all_of_them: go on after a problem.
    """
    tally = Tally()
    number = share[0] * every
    while True:
        repo = bench.fresh(step)
        met: list[Operation] = []
        done = run_watched(repo, step, repo, _inject(fault, number, met))
        wait_for_orphans()
        if number >= done.operations:
            return tally
        tally.trials += 1
        tally.hit += bool(met)
        place = met[0] if met else None
        shown = f"{place.kind} {os.path.relpath(place.path, repo)}" if place else "nothing"
        what = f"{fault} at call {number} of {name_of(step)} ({shown})"
        if fault == "kill":
            tally.count(_stage(repo))
            tally.problems += recover(bench, repo, what)
        elif met:
            tally.problems += ended_well(
                bench, repo, step, done, what, tally, gone=place if fault == "vanish" else None
            )
        if tally.problems and not all_of_them:
            return tally
        number += share[1] * every


def _inject(fault: str, wanted: int, met: list[Operation]) -> Decide:
    def decide(number: int, operation: Operation) -> int | str | None:
        if number < wanted:
            return None
        if number == wanted:
            if fault == "vanish" and operation.kind in ("create", "mkdir", "unlink", "rmdir"):
                return None
            met.append(operation)
            if fault == "kill":
                return "kill"
            if fault in ("SIGINT", "SIGTERM"):
                return fault
            if fault == "vanish":
                if not os.path.isdir(operation.path):
                    os.unlink(operation.path)
                return None
            if fault in ERRORS:
                return ERRORS[fault]
        return errno.ENOSPC if fault == "full" and operation.kind in NO_ROOM and met else None

    return decide


def power_cut(
    bench: Bench,
    step: Sequence[str],
    lucky: int,
    luck: random.Random,
    share: tuple[int, int] = (0, 1),
    every: int = 1,
    *,
    all_of_them: bool = True,
) -> Tally:
    """Power lost before each operation on the write path: the strict loss, and `lucky` losses by chance.

    Args:
        all_of_them: go on after a problem.
    """
    tally = Tally()
    repo = bench.fresh(step)
    disk = Disk(repo)
    cuts = bench.folder / "cut"
    log: list[Operation] = []
    done = run_watched(repo, step, repo, lambda _number, operation: log.append(operation))
    wait_for_orphans()
    if done.code != 0:
        tally.problems.append(f"{name_of(step)} failed without a fault: {done.output}")
    for number, operation in enumerate([*log, None]):
        if number % (share[1] * every) == share[0] * every:
            for chance in range(lucky + 1):
                tally.trials += 1
                tally.hit += 1
                copy = bench.workload.copy(cuts, applied=step is ROLL_BACK) / "repo"
                _remove(copy)
                if chance == 0:
                    disk.write_strict(copy)
                else:
                    disk.write_lucky(copy, luck)
                tally.count(_stage(copy))
                shown = f"{operation.kind} {os.path.relpath(operation.path, repo)}" if operation else "the end"
                kind = "strict" if chance == 0 else "lucky"
                what = f"power cut ({kind}) before call {number} of {name_of(step)} ({shown})"
                tally.problems += recover(bench, copy, what, often=chance == 0)
                if tally.problems and not all_of_them:
                    return tally
        if operation is not None:
            disk.do(operation)
    return tally


def recover(bench: Bench, repo: Path, what: str, *, often: bool = True) -> list[str]:
    """After a kill or a power cut: no file torn, and one rollback brings everything back; or nothing was begun.

    Args:
        often: also see that the next phase is refused, or works where nothing stands in its way.
    Returns:
        What is wrong, in words.
    """
    problems = [f"{what}: torn: {path}" for path in torn(repo, bench.workload)]
    standing = [state for state, _ in states(repo) if state in STANDING]
    if standing and standing[-1] != "applied" and often:
        refused = run(repo, APPLY)
        if refused.code != 3 or "was interrupted" not in refused.output:
            problems.append(f"{what}: the next phase does not say so: {refused.code}, {refused.output}")
    steps = (ROLL_BACK,) if standing else (APPLY, ROLL_BACK) if often or litter(repo) else ()
    for step in steps:
        done = run(repo, step)
        if done.code != 0:
            problems.append(f"{what}: {name_of(step)} afterwards: {done.code}, {done.output}")
    wrong = differences(fingerprint(repo), bench.workload.before)
    problems += _few([f"{what}: not as before: {each}" for each in wrong])
    problems += [f"{what}: litter: {each}" for each in litter(repo)]
    return problems


def ended_well(
    bench: Bench,
    repo: Path,
    step: Sequence[str],
    done: Ending,
    what: str,
    tally: Tally,
    gone: Operation | None = None,
) -> list[str]:
    """After a signal or an error: done, or everything as before and one line that says why; and the next run works.

    Args:
        gone: a file that was made to vanish; it may be missing afterwards.
    """
    problems = []
    found = fingerprint(repo)
    expected = bench.start(step)
    if done.code == 0:
        tally.count("done")
        expected = bench.workload.before if step is ROLL_BACK else bench.workload.after
    elif done.code == 130:
        tally.count("interrupted")
    else:
        tally.count("refused")
        lines = [line for line in done.output.splitlines() if line.strip()]
        by_signal = what.startswith("SIG")
        if (
            by_signal
            or done.code not in (1, 3)
            or "Traceback" in done.output
            or "internal error" in done.output
            or not lines
        ):
            problems.append(f"{what}: exit {done.code}: {done.output}")
    if step is ROLL_BACK and done.code != 0:  # a rollback that is cut short goes on with the next one
        expected = {}
    wrong = differences(found, expected) if expected else []
    if gone is not None and expected:
        vanished = os.path.relpath(gone.path, repo)
        alone = [{path: bytes_and_mode(entry) for path, entry in each.items()} for each in (found, expected)]
        wrong = [each for each in differences(*alone) if not each.startswith((repr(vanished), "'.git"))]
    problems += _few([f"{what}: exit {done.code} but {each}; {done.output[-300:]}" for each in wrong])
    cut_off = any(state in STANDING and state != "applied" for state, _ in states(repo))
    if gone is None and (wrong or cut_off or tally.trials % 4 == 0):
        problems += recover(bench, repo, what)
    return problems


def _few(problems: list[str]) -> list[str]:
    """What is wrong with one trial, not all of it four hundred times over."""
    return problems if len(problems) < 4 else [*problems[:2], f"{problems[2]} and {len(problems) - 3} more"]


def _stage(repo: Path) -> str:
    runs = states(repo)
    return runs[-1][0] if runs else "nothing recorded"


def _remove(path: Path) -> None:
    import shutil

    shutil.rmtree(path)
