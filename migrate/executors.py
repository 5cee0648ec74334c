"""Map `transform_file` over many files: in this process, or in a pool of them; same results, same order."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from migrate.transform import FileResult, PhaseSpec, transform_file
from rollback.signals import deferred_signals

File = tuple[str, bytes]
Step = Callable[[str, bytes, PhaseSpec], FileResult]

POOL_PAYS_BYTES = 600_000
"""Below this much source one process is done before a second one has started."""
_BATCH_BYTES = 250_000
_POLL_S = 0.05


def transform_files(
    files: Sequence[File],
    spec: PhaseSpec,
    jobs: int | None = None,
    progress: Callable[[int], None] | None = None,
    step: Step = transform_file,
) -> tuple[FileResult, ...]:
    """Run `step` on every file.

    Args:
        files: (path, content) pairs.
        jobs: processes at the most; None for one per usable processor, 1 for none besides this one.
        progress: told how many files are done.
    Returns:
        One result per file, in the order of `files`, whatever ran them.
    """
    workers = jobs or usable_processors()
    if workers == 1 or sum(len(content) for _, content in files) < POOL_PAYS_BYTES:
        return _in_process(files, spec, progress, step)
    batches = list(_batches(files))
    done: list[FileResult] = []
    # Held back, as Ctrl-C would break the locks of the pool, and a forked worker would take it as its parent does.
    with deferred_signals() as held, _pool(min(workers, len(batches))) as executor:
        try:
            for future in [executor.submit(_run_batch, batch, spec, step) for batch in batches]:
                while wait([future], _POLL_S).not_done:
                    held.deliver()
                done += future.result()
                if progress is not None:
                    progress(len(done))
                held.deliver()
        except BrokenProcessPool:
            pass  # a worker died, perhaps for lack of memory: the rest is done here, one by one
        except BaseException:
            executor.shutdown(wait=True, cancel_futures=True)
            raise
    rest = files[len(done) :]
    return (*done, *_in_process(rest, spec, progress, step, len(done)))


def usable_processors() -> int:
    """Processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_process(
    files: Sequence[File], spec: PhaseSpec, progress: Callable[[int], None] | None, step: Step, before: int = 0
) -> tuple[FileResult, ...]:
    done: list[FileResult] = []
    for result in _one_by_one(files, spec, step):
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


def _pool(workers: int) -> ProcessPoolExecutor:
    # forked workers have the parser and the query's modules loaded already
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
    return ProcessPoolExecutor(workers, multiprocessing.get_context(method), initializer=_start_worker)


def _start_worker() -> None:
    """Ctrl-C goes to every process of the terminal; only the parent decides what it means."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.freeze()


def _run_batch(batch: Sequence[File], spec: PhaseSpec, step: Step) -> list[FileResult]:
    return list(_one_by_one(batch, spec, step))


def _one_by_one(files: Iterable[File], spec: PhaseSpec, step: Step) -> Iterator[FileResult]:
    for path, content in files:
        with collector_paused():
            result = step(path, content, spec)
            gc.collect(0)
        yield result


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
