"""Steps for workers of a cluster, which import them from here."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from migrate.locating import PhaseSpec
from migrate.transform import FileResult, transform_file


def who_ran(path: str, content: bytes, spec: object) -> int:
    return os.getpid()


def about(path: str, content: bytes, number: int, word: str, spec: object) -> tuple[str, bytes, int, str]:
    return path, content[:4], number, word


def fail(path: str, content: bytes, spec: object) -> FileResult:
    raise ValueError(path)


def die_once(path: str, content: bytes, marker: str, spec: PhaseSpec) -> FileResult:
    """Ends its worker by SIGKILL in the midst of one file, the first time."""
    if path == "17.py" and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return transform_file(path, content, spec)


def die_elsewhere(path: str, content: bytes, here: int, spec: PhaseSpec) -> FileResult:
    """Ends every worker that tries it, and not the process that has asked."""
    if path == "17.py" and os.getpid() != here:
        os.kill(os.getpid(), signal.SIGKILL)
    return transform_file(path, content, spec)


def wait_while_there(path: str, content: bytes, marker: str, spec: object) -> str:
    """Takes as long as there is a file, for some seconds at the most; beside it stands who waits."""
    until = time.monotonic() + 20
    Path(f"{marker}.{os.getpid()}").touch()
    while Path(marker).exists() and time.monotonic() < until:
        time.sleep(0.02)
    return path
