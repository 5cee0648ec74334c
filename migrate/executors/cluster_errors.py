"""What can go wrong between this process and a cluster; each error words its sentence once."""

from __future__ import annotations

from migrate.errors import Exit, MigrateError
from rollback.errors import count, escape


class ClusterError(MigrateError):
    """The cluster is in the way: not the repository, but what it takes to look at it."""

    exit_code = Exit.REPOSITORY

    def __init__(self, address: str, what: str) -> None:
        super().__init__(f"{escape(address)}: {what}")
        self.address = address


class LostAtWork(ClusterError):
    """The cluster has gone while commands were at work on it, which may have written, and may go on."""

    def __init__(self, address: str) -> None:
        super().__init__(
            address,
            "the cluster was lost meanwhile; a command that was at work ends by itself there; "
            "once it is back, --resume finds out about each, and does the rest",
        )


class NoScheduler(ClusterError):
    """Nobody answers at the address, or somebody else does."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(
            address, f"no Dask scheduler answers ({escape(why)}); nothing done; start one there, or correct --scheduler"
        )


class NoWorkers(ClusterError):
    """The scheduler has no workers, and none has come."""

    def __init__(self, address: str, seconds: float) -> None:
        super().__init__(
            address,
            f"the scheduler has had no worker for {seconds:g} s; nothing written; "
            f"start some with `dask worker {escape(address)} --nthreads 1`",
        )


class OtherWorker(ClusterError):
    """A worker would not come to the same results as this process."""

    def __init__(self, address: str, worker: str, how: str, others: int) -> None:
        more = f"; nor can {count(others, 'other worker')} be used" if others else ""
        super().__init__(address, f"worker {escape(worker)} {how}{more}; nothing done")
        self.worker = worker


class SchedulerLost(ClusterError):
    """The scheduler has gone, or has given up what it was asked for."""

    def __init__(self, address: str) -> None:
        super().__init__(address, "the scheduler was lost meanwhile; nothing written; run again once it is back")
