"""A Dask cluster on this machine: a scheduler and workers as processes of their own, on real TCP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent
START_S = 60.0

_WATCHED = """
import os, runpy, sys, threading, time
def end_with(parent):
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)
threading.Thread(target=end_with, args=(int(sys.argv[1]),), daemon=True).start()
sys.argv[:2] = []
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
"""Nothing that a test has started outlives it, however it ends."""


class Loopback:
    """A scheduler on a port of its own, and workers that are told from each other by their numbers.

    Args:
        folder: for what they write.
        allowed_failures: workers that a task may end before the scheduler gives it up.
    """

    def __init__(self, folder: Path, allowed_failures: int = 1) -> None:
        self._folder = folder
        self._allowed = allowed_failures
        self.workers: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self.scheduler = self._start(
            "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-jupyter",
            "--scheduler-file", str(file),
        )  # fmt: skip
        wait_until(lambda: file.exists() and bool(self._registered(file)))
        self.address: str = self._registered(file)

    def _start(self, module: str, *words: str, home: Path = TESTS.parent) -> subprocess.Popen[bytes]:
        environment = {
            # They are killed, so that coverage would measure them as long as they wait, and keep nothing of it.
            **{name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DASK_", "COV"))},
            "PYTHONPATH": os.pathsep.join(map(str, (home, TESTS, TESTS / "executors"))),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(self._allowed),
            "DASK_TEMPORARY_DIRECTORY": str(self._folder),
        }
        with (self._folder / "said").open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-P", "-c", _WATCHED, str(os.getpid()), module, *words],
                cwd=self._folder, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            )  # fmt: skip

    @staticmethod
    def _registered(file: Path) -> str:
        with suppress(ValueError):  # half written
            return str(json.loads(file.read_text())["address"])
        return ""

    def add_worker(self, home: Path = TESTS.parent) -> subprocess.Popen[bytes]:
        """Start one more; it may take a moment to come.

        Args:
            home: where its packages are.
        """
        worker = self._start(
            "distributed.cli.dask_worker", self.address, "--no-dashboard", "--no-nanny", "--nthreads", "1",
            "--host", "127.0.0.1", "--death-timeout", "30", home=home,
        )  # fmt: skip
        self.workers.append(worker)
        return worker

    def have(self, number: int) -> None:
        """See that so many workers are alive and known to the scheduler, and no others."""
        from distributed import Client

        for worker in self.workers[number:]:
            end(worker)
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < number:
            self.add_worker()
        with Client(self.address, timeout=START_S, set_as_default=False) as client:
            pids = {worker.pid for worker in self.workers}
            wait_until(lambda: set(client.run(os.getpid, on_error="ignore").values()) == pids)

    def counts(self) -> tuple[int, int]:
        """Clients that the scheduler knows of, and their tasks."""
        from distributed import Client

        with Client(self.address, timeout=START_S, set_as_default=False) as client:
            found: tuple[int, int] = client.run_on_scheduler(_counts)
        return found

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            end(process)


def _counts(dask_scheduler: Any) -> tuple[int, int]:
    others = [name for name in dask_scheduler.clients if name != "fire-and-forget"]
    return len(others) - 1, len(dask_scheduler.tasks)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started here, at once."""
    process.kill()
    process.wait(START_S)


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + START_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)
