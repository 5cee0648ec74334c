"""Who is to run the steps of a command, as its options say."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

from migrate.errors import UsageError
from rollback.errors import escape

if TYPE_CHECKING:
    from migrate.executors.tasks import Task

SCHEDULER_VARIABLE = "DASK_SCHEDULER_ADDRESS"
"""Dask's own variable for the address of a scheduler; it counts where `--scheduler` is not given."""

_ADDRESS = re.compile(r"(?:tcp|tls)://(?:\[[0-9A-Fa-f:.]+\]|[^\s/:@\[\]]+):[0-9]{1,5}")


class Kind(StrEnum):
    """What runs the steps, or the repositories of a fleet, as `--executor` has it."""

    SERIAL = "serial"
    PROCESSES = "processes"
    DASK = "dask"


class Memory(Protocol):
    """What steps have found in files before."""

    def recall(self, step: Callable[..., Any], spec: object, tasks: Sequence[Task]) -> dict[int, Any]:
        """The results that are known, by the numbers of their tasks."""

    def note(self, step: Callable[..., Any], spec: object, task: Task, result: Any) -> None:
        """Take up what a step has found."""


@dataclass(frozen=True, slots=True)
class Workers:
    """What `--executor`, `--jobs`, `--scheduler` and `--shared-fs` say.

    Attributes:
        jobs: processes at the most; None for one per usable processor, 1 for none besides this one.
        scheduler: the address of a Dask cluster; only with that kind, and always with it.
        shared: its workers read the files themselves, below the same root.
        memory: asked before they are, and told what they find.
    """

    jobs: int | None = None
    kind: Kind = Kind.PROCESSES
    scheduler: str | None = None
    shared: bool = False
    memory: Memory | None = field(default=None, repr=False, compare=False)

    @classmethod
    def read(cls, jobs: int | None, executor: Kind | None, scheduler: str | None, *, shared: bool) -> Workers:
        """From the command line.

        Raises:
            UsageError: options that contradict each other, or need what is not installed, with what would be right.
        """
        kind = executor or Kind.PROCESSES
        if kind is Kind.DASK:
            if jobs is not None:
                raise UsageError("--jobs is about processes of this machine, and --executor dask uses all workers of "
                                 "the cluster; leave one of them out")  # fmt: skip
            return cls(None, kind, _address(scheduler), shared)
        for option, given in (("--scheduler", scheduler), ("--shared-fs", shared)):
            if given:
                raise UsageError(f"{option} is about a cluster; add --executor dask, or leave it out")
        if kind is Kind.SERIAL and jobs not in (None, 1):
            raise UsageError(f"--executor serial runs one after the other; leave it out, or --jobs {jobs}")
        return cls(jobs, kind)

    @property
    def processes(self) -> int:
        """Processes at the most on this machine."""
        return self.jobs or usable_processors() if self.kind is Kind.PROCESSES else 1

    @property
    def words(self) -> tuple[str, ...]:
        """The options that say the same."""
        words = [] if self.jobs is None else ["--jobs", str(self.jobs)]
        words += [] if self.kind is Kind.PROCESSES else ["--executor", self.kind.value]
        words += [] if self.scheduler is None else ["--scheduler", self.scheduler]
        return (*words, *(("--shared-fs",) if self.shared else ()))


ALL = Workers()
"""A process for each processor of this machine."""


def usable_processors() -> int:
    """Processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _address(given: str | None) -> str:
    """Of the scheduler, in the only forms that are an address on a network."""
    address, name = given or os.environ.get(SCHEDULER_VARIABLE), "--scheduler" if given else SCHEDULER_VARIABLE
    if not address:
        raise UsageError(
            "--executor dask needs the address of a scheduler; "
            f"pass --scheduler tcp://HOST:PORT, or set {SCHEDULER_VARIABLE}"
        )
    if not _ADDRESS.fullmatch(address) or not 0 < int(address.rpartition(":")[2]) < 65536:
        raise UsageError(f"{name}: {escape(address)!r} is no address; write tcp://HOST:PORT, or tls://HOST:PORT")
    if find_spec("distributed") is None:
        raise UsageError("--executor dask: Dask is not installed; run `pip install 'ssot-migrate[dask]'`")
    return address
