"""Map a step over many files: in this process, or in a pool of them; same results, same order."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from rollback.signals import deferred_signals

if TYPE_CHECKING:
    from migrate.locating import PhaseSpec
    from migrate.transform import FileResult

File = tuple[str, bytes]
Step: TypeAlias = "Callable[[str, bytes, PhaseSpec], FileResult]"

POOL_PAYS_BYTES = 600_000
"""Below this much source one process is done before a second one has started."""
_BATCH_BYTES = 250_000
_POLL_S = 0.05
_PARENT_S = 0.5
_GARBAGE = 20_000
"""Objects made and not yet given up at which it pays to look for cyclic garbage."""


Task = TypeVar("Task", bound=tuple[Any, ...])
Spec = TypeVar("Spec")
Result = TypeVar("Result")


def transform_files(
    files: Sequence[File],
    spec: PhaseSpec,
    jobs: int | None = None,
    progress: Callable[[int], None] | None = None,
    step: Step | None = None,
) -> tuple[FileResult, ...]:
    """Run `transform_file`, or another step, on every file.

    Args:
        files: (path, content) pairs.
        jobs: processes at the most; None for one per usable processor, 1 for none besides this one.
        progress: told how many files are done.
    Returns:
        One result per file, in the order of `files`, whatever ran them.
    """
    from migrate.transform import transform_file  # and fissix with it, which not every command needs

    step = step or transform_file
    workers = jobs or usable_processors()
    if workers == 1 or sum(len(content) for _, content in files) < POOL_PAYS_BYTES:
        return run_here(files, spec, progress, step)
    batches = list(_batches(files))
    with pool(min(workers, len(batches))) as executor:
        return run_batches(executor, batches, spec, progress, step)


@contextmanager
def pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that `run_batches` may use; signals are held back, and delivered between batches.

    Ctrl-C would break the locks of the pool, and a forked worker would take it as its parent does.
    """
    # forked workers have the parser and the query's modules loaded already
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
    context = multiprocessing.get_context(method)
    with (
        deferred_signals(),
        ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(os.getpid(),)) as executor,
    ):
        try:
            yield executor
        except BaseException:
            executor.shutdown(wait=True, cancel_futures=True)
            raise


def run_batches(
    executor: ProcessPoolExecutor,
    batches: Sequence[Sequence[Task]],
    spec: Spec,
    progress: Callable[[int], None] | None,
    step: Callable[..., Result],
) -> tuple[Result, ...]:
    """Run `step(*task, spec)` on every task of every batch in a pool, each batch in one go.

    Args:
        executor: from `pool`.
        progress: told how many tasks are done.
    Returns:
        One result per task, in their order.
    """
    done: list[Result] = []
    with deferred_signals() as held:

        def tick(number: int) -> None:
            if progress is not None:
                progress(number)
            held.deliver()

        with suppress(BrokenProcessPool):
            for future in [executor.submit(_run_batch, batch, spec, step) for batch in batches]:
                while wait([future], _POLL_S).not_done:
                    held.deliver()
                done += future.result()
                tick(len(done))
        # where a worker died, perhaps for lack of memory, the rest is done here, one by one
        rest = [task for batch in batches for task in batch][len(done) :]
        return (*done, *run_here(rest, spec, tick, step, len(done)))


def usable_processors() -> int:
    """Processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_here(
    tasks: Sequence[Task],
    spec: Spec,
    progress: Callable[[int], None] | None,
    step: Callable[..., Result],
    before: int = 0,
) -> tuple[Result, ...]:
    """Run `step(*task, spec)` on every task in this process; as `run_batches`, which has done `before` of them."""
    done: list[Result] = []
    for result in _one_by_one(tasks, spec, step):
        done.append(result)
        if progress is not None:
            progress(before + len(done))
    return tuple(done)


def _batches(files: Sequence[File]) -> Iterator[list[File]]:
    batch: list[File] = []
    size = 0
    for path, content in files:
        batch.append((path, content))
        size += len(content)
        if size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _start_worker(parent: int) -> None:
    """Ctrl-C goes to every process of the terminal; only the parent decides what it means."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.freeze()
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()


def _end_with_parent(parent: int) -> None:
    """A worker of a pool waits for its next batch for ever where a `kill -9` has ended the one who would send it."""
    while os.getppid() == parent:
        time.sleep(_PARENT_S)
    os._exit(1)


def _run_batch(batch: Sequence[Task], spec: Spec, step: Callable[..., Result]) -> list[Result]:
    return list(_one_by_one(batch, spec, step))


def _one_by_one(tasks: Iterable[Task], spec: Spec, step: Callable[..., Result]) -> Iterator[Result]:
    with collector_paused():
        for task in tasks:
            yield step(*task, spec)
            if gc.get_count()[0] > _GARBAGE:
                gc.collect(0)


@contextmanager
def collector_paused() -> Iterator[None]:
    """No cyclic garbage is looked for meanwhile: trees are many objects, and none of them is garbage too early."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
