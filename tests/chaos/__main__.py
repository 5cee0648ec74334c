"""`python -m chaos`: all faults, bounded to a few minutes; the figures as a table, into docs/reliability.md with --write."""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from chaos.processes import adopt_orphans
from chaos.seccomp import is_available
from chaos.trials import Bench, Tally, at_every_call, kill_at_random, power_cut, signal_at_random
from chaos.workload import APPLY, HOME, ROLL_BACK, fast_folder, make_workload

MANY, FEW = 400, 20
"""Files of the run that is killed at random moments, and of the one that is looked at call by call."""

FAULTS = ("kill", "SIGINT", "SIGTERM", "ENOSPC", "full", "EIO", "EACCES", "vanish")

BEGIN, END = "<!-- figures: make chaos -->\n", "<!-- end of figures -->\n"


@dataclass(frozen=True, slots=True)
class Size:
    """How much of it: `every` n-th call, and so many random moments."""

    kills_applying: int
    kills_rolling_back: int
    signals: int
    every: int
    lucky: int


FULL = Size(1000, 200, 50, 1, 1)
SHORT = Size(12, 6, 2, 41, 1)


def run_share(size: Size, share: int, shares: int, seed: int) -> dict[str, Tally]:
    """The `share`-th part of all trials, by title."""
    adopt_orphans()
    warm_up()
    folder = Path(tempfile.mkdtemp(prefix="migrate-chaos-", dir=fast_folder()))
    luck = random.Random(seed * 1000 + share)
    part = share, shares
    try:
        many = Bench(make_workload(_made(folder / "many"), MANY), folder / "many")
        few = Bench(make_workload(_made(folder / "few"), FEW), folder / "few")
        steps: dict[str, Callable[[], Tally]] = {
            f"kill -9 at random moments, apply, {MANY} files": partial(
                kill_at_random, many, APPLY, _part(size.kills_applying, share, shares), luck
            ),
            f"kill -9 at random moments, rollback and recovery, {MANY} files": partial(
                kill_at_random, many, ROLL_BACK, _part(size.kills_rolling_back, share, shares), luck
            ),
        }
        for number in (signal.SIGINT, signal.SIGTERM):
            for name, step in (("apply", APPLY), ("rollback", ROLL_BACK)):
                hits = _part(size.signals, share, shares)
                title = f"{number.name} at random moments, {name}, {MANY} files"
                steps[title] = partial(signal_at_random, many, step, number, hits, luck)
        if is_available():
            for name, step in (("apply", APPLY), ("rollback", ROLL_BACK)):
                for fault in FAULTS:
                    title = f"{_TITLES[fault]} at every write-path call, {name}, {FEW} files"
                    steps[title] = partial(at_every_call, few, step, fault, part, size.every)
                title = f"power cut before every write-path call, {name}, {FEW} files"
                steps[title] = partial(power_cut, few, step, size.lucky, luck, part, size.every)
        found = {}
        for title, do in steps.items():
            started = time.monotonic()
            found[title] = do()
            if share == 0:
                print(f"{time.monotonic() - started:6.1f} s  {title}", file=sys.stderr, flush=True)
        return found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_TITLES = {
    "kill": "kill -9 of all processes",
    "full": "disk full from there on",
    "vanish": "a file that vanishes",
}
_TITLES |= {fault: f"{fault}, once" if fault.startswith("E") else fault for fault in FAULTS if fault not in _TITLES}


def warm_up() -> None:
    """Import all that the commands import, so that each child has it from the start."""
    import migrate.cli
    import migrate.phase
    import migrate.rollback_command
    import migrate.stepping  # noqa: F401


def _part(number: int, share: int, shares: int) -> int:
    return number // shares + (share < number % shares)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def table(found: dict[str, Tally]) -> list[str]:
    """The figures as Markdown."""
    lines = ["| fault | trials | left by the fault | wrong afterwards |", "| --- | ---: | --- | ---: |"]
    for title, tally in found.items():
        ends = ", ".join(f"{number} {end}" for end, number in sorted(tally.ends.items()))
        lines.append(f"| {title} | {tally.hit} | {ends} | {len(tally.problems)} |")
    return lines


def environment() -> str:
    git = subprocess.run(["git", "version"], capture_output=True, text=True, check=True).stdout.strip()
    return f"{platform.python_implementation()} {platform.python_version()}, {git}, {platform.system()} {platform.machine()}"


def write(file: Path, lines: list[str]) -> None:
    """Put the figures in their place in a document."""
    text = file.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    file.write_text(f"{head}{BEGIN}{chr(10).join(lines)}\n{END}{tail}", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a sample, in seconds")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes side by side")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the figures into this document")
    parser.add_argument("--share", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    size = SHORT if given.short else FULL
    if given.share is not None:
        found = run_share(size, given.share, given.jobs, given.seed)
        json.dump({title: asdict(tally) for title, tally in found.items()}, sys.stdout)
        return 0
    started = time.monotonic()
    command = [sys.executable, "-m", "chaos", "--jobs", str(given.jobs), "--seed", str(given.seed)]
    command += ["--short"] if given.short else []
    paths = os.pathsep.join((str(HOME), str(HOME / "tests")))
    children = [
        subprocess.Popen(
            [*command, "--share", str(share)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": paths}
        )
        for share in range(given.jobs)
    ]
    total: dict[str, Tally] = {}
    for child in children:
        output, _ = child.communicate()
        if child.returncode != 0:
            print(f"a process of the harness ended with {child.returncode}", file=sys.stderr)
            return 1
        for title, facts in json.loads(output).items():
            total.setdefault(title, Tally()).add(Tally(**facts))
    lines = table(total)
    trials = sum(tally.hit for tally in total.values())
    problems = [problem for tally in total.values() for problem in tally.problems]
    lines += ["", f"{trials} faults, {len(problems)} times anything wrong. {environment()}; seed {given.seed}."]
    if not is_available():
        lines.append("Faults at single calls were left out: this system does not let a process watch its children's.")
    print("\n".join(lines))
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    for tally in total.values():
        for problem in tally.problems[:3]:
            print(f"- {problem}", file=sys.stderr)
    if given.write is not None:
        write(given.write, lines)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
