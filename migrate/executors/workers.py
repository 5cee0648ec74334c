"""Who is to run the steps of a command, as its options say."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Workers:
    """What `--jobs` says.

    Attributes:
        jobs: processes at the most; None for one per usable processor, 1 for none besides this one.
    """

    jobs: int | None = None

    @property
    def processes(self) -> int:
        """Processes at the most on this machine."""
        return self.jobs or usable_processors()


ALL = Workers()
"""A process for each processor of this machine."""


def usable_processors() -> int:
    """Processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
