"""Run a case's code, in a process that has none of this project's modules loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self

from benchmarks.matrix.case import Case

_PROBE = Path(__file__).with_name("probe.py")
_TIMEOUT_S = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """What a probe saw: a JSON value, or the error that ended it."""

    value: Any = None
    error: str = ""


class Prober:
    """One process that forks for each probe; for one thread at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-P", "-W", "ignore", str(_PROBE)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(_TIMEOUT_S)
        self._process.stdout.close()

    def look(self, case: Case, root: Path) -> Seen:
        """Run the probe of `case` on the world in `root`."""
        path = PurePosixPath(case.path)
        parts = path.relative_to(PurePosixPath(case.source_root)).with_suffix("").parts
        job = {
            "root": str(root / case.source_root),
            "path": str(root / case.path),
            "module": ".".join(parts[:-1] if parts[-1] == "__init__" else parts),
            "probe": case.probe,
            "setup": case.setup,
            "moves": case.moves,
            "timeout_s": _TIMEOUT_S,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return Seen(found.get("value"), found.get("error", ""))
