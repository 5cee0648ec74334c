"""Steps on many files, by whoever the options say; results come in the order of the tasks."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from migrate.executors.processes import pool
from migrate.executors.tasks import Job, Step, Task, Unread, each_of, in_batches, run_batch, size_of
from migrate.executors.workers import Kind, Workers
from rollback.changes import read_file
from rollback.signals import deferred_signals

if TYPE_CHECKING:
    from migrate.executors.cluster import Cluster

PARSING_PAYS = 600_000
"""Bytes below which one process has parsed them before a second one has started."""
SEARCHING_PAYS = 4_000_000
"""The same where their text is only searched."""
_POLL_S = 0.05

Tick = Callable[[int], None]
"""Told how many tasks are done."""


class Crew:
    """Runs steps on the files of one root; what it starts for that lasts until its block ends."""

    def __init__(self, root: Path, workers: Workers) -> None:
        self._root = root
        self._workers = workers
        self._stack = ExitStack()
        self._executor: Executor | None = None
        self._cluster: Cluster | None = None

    def __enter__(self) -> Crew:
        if not gc.isenabled():  # then what is looked through is what steps make
            gc.freeze()
            self._stack.callback(gc.unfreeze)  # or a caller that goes on would keep its garbage for good
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def run(
        self,
        tasks: Sequence[Task],
        spec: object,
        step: Step[Any],
        tick: Tick | None = None,
        pays: int = PARSING_PAYS,
        meanwhile: Callable[[], None] | None = None,
    ) -> Iterator[Any]:
        """Run `step(path, content, *about, spec)` on every task.

        Args:
            pays: bytes from which it is worth while to start other processes; a cluster is asked for any file, as
                whoever names one has decided, and would not want to hear only with a larger tree that it is not there.
            meanwhile: called once where other processes do it, which this one would only wait for.
        Yields:
            One result per task, in their order.
        Raises:
            Unreadable, OutsideRoot: a file of the tree cannot be read, or must not be.
            ClusterError: there is no cluster, or none any more, that can do it.
        """
        memory = self._workers.memory
        known = {} if memory is None else memory.recall(step, spec, tasks)
        asked = [task for number, task in enumerate(tasks) if number not in known]
        with closing(self._run(asked, spec, step, pays, meanwhile)) as found:
            for number, task in enumerate(tasks):
                if number in known:
                    yield known[number]
                else:
                    result = next(found)
                    if memory is not None:
                        memory.note(step, spec, task, result)
                    yield result
                if tick is not None:
                    tick(number + 1)
            for _ in found:  # to its end, where it puts back what it has changed
                raise AssertionError("more results than tasks")

    def _run(
        self,
        tasks: Sequence[Task],
        spec: object,
        step: Step[Any],
        pays: int,
        meanwhile: Callable[[], None] | None,
    ) -> Generator[Any, None, None]:
        job = Job(self._root, step, spec)
        # it holds signals back, and whoever wants no more of it may not wait for its end
        with closing(self._results(job, tasks, pays, meanwhile)) as results:
            for task, result in zip(tasks, results, strict=True):
                yield self._again(job, task) if isinstance(result, Unread) else result

    def _results(
        self, job: Job, tasks: Sequence[Task], pays: int, meanwhile: Callable[[], None] | None
    ) -> Generator[Any, None, None]:
        sizes = [size_of(self._root, task) for task in tasks]
        if self._workers.kind is Kind.DASK and tasks:
            return self._on_cluster(job, tasks, sizes)
        if self._workers.processes == 1 or (self._executor is None and sum(sizes) < pays) or len(tasks) < 2:
            return each_of(job, tasks)
        return self._elsewhere(job, tasks, sizes, meanwhile)

    def _on_cluster(self, job: Job, tasks: Sequence[Task], sizes: Sequence[int]) -> Generator[Any, None, None]:
        from migrate.executors.cluster import connected, steps

        shared = self._workers.shared
        if self._cluster is None:
            assert self._workers.scheduler is not None, "it goes with the kind"
            self._cluster = self._stack.enter_context(connected(self._workers.scheduler))
            seen = [f"{self._root}/{task.path}" for task in tasks if task.content is None] if shared else []
            self._cluster.get_to_know({job.step.__module__}, seen)
        yield from steps(self._cluster, job, tasks, sizes, shared=shared)

    def _again(self, job: Job, task: Task) -> Any:
        """What nobody could read is read here, to say why; unless it can be by now."""
        content, _ = read_file(self._root, task.path)
        return job.step(task.path, content, *task.about, job.spec)

    def _elsewhere(
        self, job: Job, tasks: Sequence[Task], sizes: Sequence[int], meanwhile: Callable[[], None] | None
    ) -> Generator[Any, None, None]:
        if self._executor is None:
            self._executor = self._stack.enter_context(pool(self._workers.processes))
        packed, done = job.pack(), 0
        batches = in_batches(tasks, sizes, self._workers.processes)
        futures: list[Future[list[Any]]] = []
        with deferred_signals(), suppress(BrokenExecutor):
            futures += (self._executor.submit(run_batch, packed, batch) for batch in batches)
        if meanwhile is not None:
            meanwhile()  # a Ctrl-C is heard at once
        with deferred_signals() as held:
            with suppress(BrokenExecutor):
                for future in futures:
                    while wait([future], _POLL_S).not_done:
                        held.deliver()
                    for result in future.result():
                        done += 1
                        yield result
                    held.deliver()
            # where a worker died, perhaps for lack of memory, the rest is done here, one by one
            for result in each_of(job, tasks[done:]):
                yield result
                held.deliver()
