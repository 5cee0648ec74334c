"""On what, and with which versions, something was measured; nothing that names a host."""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from benchmarks.speed.tools import AST_GREP, BANNED, FLOOR, OURS, RUFF, Place

_ASK = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"


def machine(folder: Path) -> dict[str, str]:
    """Processors, memory, system and the disk of `folder`, in words."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return {
        "processors": f"{cpus} × {_processor()}",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {'.'.join(re.findall(r'[0-9]+', platform.release())[:2])}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "git": _said(["git", "--version"]).removeprefix("git version "),
        "a flush of one small file": f"{_flush_ms(folder):.2f} ms",
    }


def versions(place: Place) -> dict[str, str]:
    """The version of each tool that is there."""
    found = {OURS: f"{version('ssot-migrate')}{_commit()}", FLOOR: _said(["git", "--version"]).split()[-1]}
    if program := place.program("ast-grep"):
        found[AST_GREP] = _said([program, "--version"]).split()[-1]
    if program := place.program("ruff"):
        found[RUFF] = found[BANNED] = _said([program, "--version"]).split()[-1]
    if python := place.program("python"):
        for name in ("Bowler", "LibCST", "rope"):
            if said := _said([python, "-c", _ASK, name.lower()]):
                found[name] = said
    return found


def _flush_ms(folder: Path) -> float:
    """Median milliseconds that flushing one small new file takes."""
    taken = []
    for _ in range(20):
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1000


def _commit() -> str:
    said = _said(["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"])
    return f" at {said}" if said else ""


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _said(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
