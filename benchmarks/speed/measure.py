"""What one command takes: time, processor time, memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LAUNCHER = Path(__file__).with_name("launch.py")
_EVERY_S = 0.01
"""How often memory is looked at."""
_LOOKS = 10
_TAIL = 400
"""So many bytes of an output say what went wrong."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One run of one command, as a whole process with all that it starts.

    Attributes:
        cpu_s: seconds of processor time, user's and system's.
        largest: resident bytes of the largest of its processes, at most.
        failed: why it counts for nothing, in a line; empty when it does count.
    """

    wall_s: float
    cpu_s: float
    largest: int
    failed: str = ""


def measured(
    command: Sequence[str],
    root: Path,
    environment: Mapping[str, str],
    *,
    limit_s: float = 3600,
    codes: Sequence[int] = (0,),
) -> Taken:
    """Run a command in `root`; `codes` are the exit codes of a success."""
    with tempfile.NamedTemporaryFile(prefix="speed-") as output:
        launcher = _launch(command, root, environment, limit_s, output.name)
        said, _ = launcher.communicate()
        found = json.loads(said)
        failed = ""
        if found["late"]:
            failed = f"not done after {limit_s:.0f} s"
        elif found["code"] not in codes:
            failed = f"exit code {found['code']}: {_last_line(Path(output.name))}"
    return Taken(found["wall_s"], found["user_s"] + found["system_s"], found["largest"], failed)


def peak_of_tree(
    command: Sequence[str], root: Path, environment: Mapping[str, str], *, limit_s: float = 3600
) -> int | None:
    """Bytes that a command and all that it starts hold at once, at most.

    The proportional set size, by which a page that several processes share counts once. It is sampled, so a peak of
    a few milliseconds may be missed: https://docs.kernel.org/filesystems/proc.html

    Returns:
        None where the system does not tell, or the command ends before it could be looked at some times.
    """
    if not Path("/proc/self/smaps_rollup").exists():
        return None
    peak = looks = 0
    with tempfile.NamedTemporaryFile(prefix="speed-") as output:
        launcher = _launch(command, root, environment, limit_s, output.name)
        while launcher.poll() is None:
            held = sum(map(_proportional, _descendants(launcher.pid)))
            peak, looks = max(peak, held), looks + (held > 0)
            time.sleep(_EVERY_S)
        launcher.communicate()
    return peak if looks >= _LOOKS else None


def _launch(
    command: Sequence[str], root: Path, environment: Mapping[str, str], limit_s: float, output: str
) -> subprocess.Popen[bytes]:
    start = [sys.executable, "-I", "-S", str(_LAUNCHER), str(limit_s), output]
    return subprocess.Popen([*start, *command], cwd=root, env=dict(environment), stdout=subprocess.PIPE)


def _descendants(process: int) -> set[int]:
    """The processes that one has started, and those that they have."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1])
    found, pending = set[int](), {process}
    while pending:
        pending = {child for child, parent in parents.items() if parent in pending} - found
        found |= pending
    return found


def _proportional(process: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _last_line(file: Path) -> str:
    text = file.read_bytes()[-_TAIL:].decode(errors="replace").strip()
    return text.splitlines()[-1] if text else "said nothing"
