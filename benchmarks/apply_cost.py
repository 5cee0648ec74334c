"""What applying a phase costs over its dry run: journal, snapshot and durable writes; in one run, in alternation.

    python -m benchmarks.apply_cost ROOT PLAN PHASE [--runs N]

ROOT is a clean repository in which the phase has edits to make; each application is rolled back again, which is timed
as well. Phases before it are not looked at (--force).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path


def timed(root: Path, plan: Path, *arguments: str) -> float:
    """Seconds that one command takes as a whole process.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    command = [
        sys.executable,
        "-m",
        "migrate",
        *arguments,
        "--plan",
        str(plan.resolve()),
        "--root",
        str(root.resolve()),
    ]
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[1])
    return time.perf_counter() - started


def flush_ms(root: Path) -> float:
    """Median milliseconds that flushing one small new file takes on the disk of `root`."""
    probe = root / ".git" / "flush-probe"
    taken = []
    for _ in range(20):
        with probe.open("wb") as file:
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - started)
    probe.unlink()
    return statistics.median(taken) * 1000


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("plan", type=Path)
    parser.add_argument("phase", type=int)
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args(arguments)
    phase = f"phase{given.phase}"
    times: dict[str, list[float]] = {"dry run": [], "apply": [], "rollback": []}
    # What the index does not know of the files (after a copy, say) git reads anew each time: 0.6 s for 13,000 of them.
    subprocess.run(["git", "update-index", "-q", "--refresh"], cwd=given.root, check=False)
    timed(given.root, given.plan, phase, "--dry-run")
    for _ in range(given.runs):
        times["dry run"].append(timed(given.root, given.plan, phase, "--dry-run"))
        times["apply"].append(timed(given.root, given.plan, phase, "--yes", "--force"))
        times["rollback"].append(timed(given.root, given.plan, "rollback", "--yes"))
    for name, taken in times.items():
        median, least, most = (value * 1000 for value in (statistics.median(taken), min(taken), max(taken)))
        print(f"{name:8} median {median:6.0f} ms, {least:.0f} to {most:.0f}")
    pairs = list(zip(times["dry run"], times["apply"], strict=True))
    extra = statistics.median(apply - dry for dry, apply in pairs) * 1000
    ratio = statistics.median(apply / dry for dry, apply in pairs)
    print(f"apply over dry run: {extra:+.0f} ms, {ratio:.2f} times; one flush takes {flush_ms(given.root):.2f} ms here")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
