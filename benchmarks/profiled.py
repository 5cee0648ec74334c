"""`python -m benchmarks.profiled ROOT PLAN`: what a dry run spends its time on, by py-spy; for docs/profile.md.

py-spy (https://github.com/benfred/py-spy) looks at the stack of each process of a command 500 times a second. A look
counts for the first of the kinds below that it matches, from the innermost frame outwards, and for loading where an
import is anywhere on it; git is not among them, as it has no Python frames.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

RATE = 500
"""Looks a second."""
KINDS: tuple[tuple[str, str], ...] = (
    ("making commands and reading options", r"^(get_command|make_context) "),
    ("between processes", r"/(concurrent|multiprocessing)/|/(threading|selectors|subprocess|tempfile)\.py"),
    ("compiling what was rewritten", r"^compile_error |^compiles "),
    ("parsing", r"^parse_module |^parse .*/ast\.py"),
    ("verifying", r"_verify |verify\.py|abridged\.py"),
    ("Bowler and fissix", r"fissix/|bowler/|rewrite\.py"),
    ("searching texts", r"candidates\.py|comments\.py|names_told|call_text\.py"),
    ("locating", r"/locate/|locating\.py"),
    ("rewriting", r"/rewriting/"),
    ("looking ahead: circles, new homes", r"load_graph\.py|/foresight/"),
    ("diffs", r"diff\.py|preview_report\.py|lines\.py"),
    ("documents", r"documents\.py"),
    ("a file by itself: its tree given up", r"transform\.py"),
    ("reading files", r"changes\.py|tasks\.py"),
    ("what files tell of each other", r"rounds\.py|knowledge\.py|reexports\.py|previewing\.py"),
)
LOADING = "loading code"
OTHER = "the rest"
UNREAD = "looks that met a stack in the making"
"""py-spy does not stop a process for a look, which would slow it down."""


def kind_of(stack: Sequence[str]) -> str:
    """The kind of a stack, given as `function file` from the outermost frame on."""
    if not any(frame.endswith(".py") for frame in stack):
        return UNREAD
    if any("<frozen importlib" in frame for frame in stack):
        return LOADING
    for frame in reversed(stack):
        for kind, pattern in KINDS:
            if re.search(pattern, frame):
                return kind
    return OTHER


def seconds_of(document: Mapping[str, Any]) -> Counter[str]:
    """Seconds by kind, over all processes and threads of a recording in speedscope's format."""
    frames = [f"{frame['name']} {frame['file']}" for frame in document["shared"]["frames"]]
    found = Counter[str]()
    for profile in document["profiles"]:
        for sample, weight in zip(profile["samples"], profile["weights"], strict=True):
            found[kind_of([frames[index] for index in sample])] += weight
    return found


def record(spy: str, code: Path | None, arguments: Sequence[str]) -> Counter[str]:
    """Seconds by kind of one run.

    Args:
        code: whose code runs; None for that of this environment.
    Raises:
        RuntimeError: py-spy made no recording.
    """
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    if code is not None:
        environment["PYTHONPATH"] = str(code)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "recording.json")
        options = ("record", "--rate", str(RATE), "--nonblocking", "--subprocesses", "--format", "speedscope")
        command = [spy, *options, "--output", str(file), "--", sys.executable, "-P", "-m", "migrate", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if not file.exists():
            raise RuntimeError(f"{spy} made no recording: {done.stderr.strip()[-300:]}")
        return seconds_of(json.loads(file.read_text("utf-8")))


def table(columns: Mapping[str, Sequence[Counter[str]]]) -> Iterable[str]:
    """Medians in milliseconds, the largest of the last column first."""
    medians = {
        name: {kind: statistics.median(run[kind] for run in runs) for kind in {kind for run in runs for kind in run}}
        for name, runs in columns.items()
    }
    last = medians[list(medians)[-1]]
    kinds = sorted({kind for each in medians.values() for kind in each}, key=lambda kind: (-last.get(kind, 0), kind))
    yield f"| | {' | '.join(medians)} |"
    yield f"| --- |{' ---: |' * len(medians)}"
    for kind in kinds:
        yield f"| {kind} | {' | '.join(f'{each.get(kind, 0) * 1000:.0f}' for each in medians.values())} |"
    yield f"| all, in ms | {' | '.join(f'{sum(each.values()) * 1000:.0f}' for each in medians.values())} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Record, and print one table for each phase."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profiled", description=__doc__.partition("\n")[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--phases", type=int, nargs="+", default=[3, 4], metavar="N")
    parser.add_argument("--runs", type=int, default=5, help="of each, besides one that warms up")
    parser.add_argument("--py-spy", default=shutil.which("py-spy") or "py-spy", metavar="PROGRAM")
    parser.add_argument("--before", type=Path, metavar="FOLDER", help="a clone with the code to compare with")
    options = parser.parse_args(arguments)
    columns = {"before": options.before.resolve(), "now": None} if options.before else {"now": None}
    for phase in options.phases:
        where = ("--root", str(options.root.resolve()), "--plan", str(options.plan.resolve()))
        found: dict[str, list[Counter[str]]] = {name: [] for name in columns}
        for number in range(options.runs + 1):
            for name, code in columns.items():
                seconds = record(options.py_spy, code, (f"phase{phase}", "--dry-run", *where))
                if number:
                    found[name].append(seconds)
        print(f"\nPhase {phase}, dry run\n")
        print("\n".join(table(found)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
