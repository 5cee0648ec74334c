"""A pool of processes on this machine."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from rollback.signals import deferred_signals

_PARENT_S = 0.5


@contextmanager
def pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes for batches, which begin with the first one and end with the block.

    Whoever submits or receives has to hold signals back meanwhile: Ctrl-C would break the locks of the pool, and a
    forked worker would take it as its parent does. In between, they are nobody's business here.
    """
    # forked workers have the parser and the query's modules loaded already
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
    context = multiprocessing.get_context(method)
    executor = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(os.getpid(),))
    try:
        yield executor
    finally:
        with deferred_signals():
            executor.shutdown(wait=True, cancel_futures=True)


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
