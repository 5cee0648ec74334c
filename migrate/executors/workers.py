"""Who is to run the steps of a command, as its options say."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Workers:
    """What `--jobs`, `--executor`, `--scheduler` and `--shared-fs` say.

    Attributes:
        jobs: processes at the most; None for one per usable processor, 1 for none besides this one.
        scheduler: address of a Dask scheduler, `tcp://HOST:PORT`; None for this machine.
        shared_fs: the scheduler's workers see the root at the same path; otherwise contents are sent to them.
    """

    jobs: int | None = None
    scheduler: str | None = None
    shared_fs: bool = False

    @property
    def processes(self) -> int:
        """Processes at the most on this machine."""
        return self.jobs or usable_processors()


ALL = Workers()
"""A process for each processor of this machine."""


def usable_processors() -> int:
    """Processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
