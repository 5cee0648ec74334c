"""What looking at a tree costs: check, guard, and guard --staged of one file, beside git's own search and ruff's parse.

    python -m benchmarks.look_cost ROOT PLAN [--runs N]

Whole processes, in one run and in alternation; medians, and ratios of each pair to the floor. ROOT is cloned, as one
file is staged there and nothing of ROOT may be touched; its files are written anew, so that each is in git's index as
it is. The floor is one `git grep` for the last names of the modules and callees of the plan. ruff parses every file
(`--select E902`), if it is on PATH. Bytecode is written, as in any installation.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path

HOME = Path(__file__).parents[1]


def words_of(plan: Path) -> list[str]:
    """The last names of the modules that the plan moves or redirects, and of its callees."""
    data = tomllib.loads(plan.read_text("utf-8"))
    redirects = [r["module"] for phase in ("phase1", "phase2") for r in data.get(phase, {}).get("redirect", ())]
    moved = [move["old"].partition(":")[0] for move in data.get("phase3", {}).get("move", ())]
    callees = [call["callee"].replace(":", ".") for call in data.get("phase4", {}).get("call", ())]
    return sorted({name.rpartition(".")[2] for name in (*redirects, *moved, *callees)})


def copy_of(root: Path, folder: Path, words: Sequence[str]) -> Path:
    """A clone of `root` in which one small file that has a word of the plan is staged."""
    clone = folder / "tree"
    subprocess.run(["git", "clone", "--quiet", "--shared", str(root), str(clone)], check=True)
    (clone / "staged_for_a_benchmark.py").write_text("".join(f"# {word}\nx = 1\n" for word in words), "utf-8")
    subprocess.run(["git", "add", "staged_for_a_benchmark.py"], cwd=clone, check=True)
    return clone


def timed(command: Sequence[str], root: Path, environment: dict[str, str]) -> float:
    """Seconds of wall time that one command takes; it may fail over what it finds."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, check=False)
    taken = time.perf_counter() - started
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return taken


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args(arguments)
    words = words_of(given.plan)
    migrate, plan = [sys.executable, "-m", "migrate"], ["--plan", str(given.plan.resolve())]
    patterns = [part for word in words for part in ("-e", word)]
    commands = {
        "git grep": ["git", "grep", "-lwF", *patterns, "--", "*.py"],
        "check": [*migrate, "check", *plan],
        "guard": [*migrate, "guard", *plan],
        "guard --staged": [*migrate, "guard", "--staged", *plan],
        "--help": [*migrate, "--help"],
    }
    if ruff := shutil.which("ruff"):
        commands["ruff"] = [ruff, "check", "--no-cache", "--isolated", "--quiet", "--select", "E902", "."]
    with tempfile.TemporaryDirectory() as folder:
        kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment = {**kept, "PYTHONPATH": str(HOME), "PYTHONPYCACHEPREFIX": str(Path(folder) / "bytecode")}
        clone = copy_of(given.root.resolve(), Path(folder), words)
        times: dict[str, list[float]] = {name: [] for name in commands}
        for run in range(given.runs + 1):
            for name, command in commands.items():
                taken = timed(command, clone, environment)
                times[name] += [taken] if run else []  # the first one warms up
    for name, taken_all in times.items():
        ratios = [each / floor for each, floor in zip(taken_all, times["git grep"], strict=True)]
        median, least, most = statistics.median(taken_all), min(taken_all), max(taken_all)
        ratio = statistics.median(ratios)
        print(f"{name:15} median {median:6.2f} s, {least:.2f} to {most:.2f}; {ratio:5.1f} times git grep")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(
        f"largest process {peak / (1024 if sys.platform == 'linux' else 1024**2):.0f} MiB; {os.cpu_count()} processors"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
