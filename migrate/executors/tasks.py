"""Tasks on files, and how a worker does a batch of them."""

from __future__ import annotations

import gc
import os
import pickle
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct

from rollback.changes import read_file
from rollback.errors import RepositoryError

Result = TypeVar("Result")
Step = Callable[..., Result]
"""A pure function at the top level of a module: `step(path, content, *about, spec)`."""

_GARBAGE = 20_000
"""Objects made and not yet given up at which it pays to look for cyclic garbage."""
_LEAST, _MOST = 40_000, 1_000_000
"""Bytes of a batch."""
_SHARES = 3
"""Batches of a worker into which what is left would be divided."""


class Task(Struct, frozen=True):
    """One file for a step.

    Attributes:
        path: relative to the root, with `/`.
        about: what the step is told besides the file.
        content: the file's bytes; None where they are read by whoever runs the step.
        stamp: of the file to be read, as whoever asks for the step sees it; None where that is the same machine.
    """

    path: str
    about: tuple[Any, ...] = ()
    content: bytes | None = None
    stamp: tuple[int, int] | None = None


class Unread(Struct, frozen=True):
    """In the place of a result: the file could not be read there, or it was another one."""

    path: str


class Job(Struct, frozen=True):
    """What is the same for all tasks of a round; `packed` for whoever runs it elsewhere.

    Attributes:
        root: of the files, whose folders are looked at once for each job; None where none is to be read.
        spec: what the step has to know.
    """

    root: Path | None
    step: Step[Any]
    spec: Any

    def pack(self) -> bytes:
        """The job as bytes."""
        return pickle.dumps(self, pickle.HIGHEST_PROTOCOL)


def run_batch(packed: bytes, batch: Sequence[Task]) -> list[Any]:
    """One result, or `Unread`, for each task; the job is unpacked once in a process."""
    return list(each_of(_unpacked(packed), batch))


@lru_cache(maxsize=2)
def _unpacked(packed: bytes) -> Job:
    job: Job = pickle.loads(packed)  # noqa: S301 - from the process that has asked for the work
    return job


def each_of(job: Job, tasks: Iterable[Task]) -> Generator[Any, None, None]:
    """The result, or `Unread`, of each task in turn."""
    checked: set[str] = set()
    with collector_paused():
        for task in tasks:
            content = _content(job.root, task, checked)
            if content is None:
                yield Unread(task.path)
                continue
            yield job.step(task.path, content, *task.about, job.spec)
            if gc.get_count()[0] > _GARBAGE:
                gc.collect(0)


def _content(root: Path | None, task: Task, checked: set[str]) -> bytes | None:
    """The bytes of a task's file; None where it cannot be read here, or is not as it was seen."""
    if task.content is not None or root is None:
        return task.content
    try:
        content, _ = read_file(root, task.path, checked)
    except RepositoryError:
        return None
    return content if task.stamp in (None, stamp_of(root, task.path)) else None


def size_of(root: Path, task: Task) -> int:
    """Bytes of a task's file; 0 where there is none."""
    return len(task.content) if task.content is not None else stamp_of(root, task.path)[0]


def stamp_of(root: Path, path: str) -> tuple[int, int]:
    """Bytes of a file, and when it was modified in whole seconds, as no file system has it coarser; 0 for no file."""
    try:
        status = os.lstat(f"{root}/{path}")
    except OSError:
        return 0, 0
    return status.st_size, int(status.st_mtime)


def in_batches(tasks: Sequence[Task], sizes: Sequence[int], workers: int) -> Iterator[list[Task]]:
    """Neighbouring tasks in batches that get smaller, so that all workers end at about the same time.

    Guided self-scheduling: each batch is a share of what is left (Polychronopoulos and Kuck 1987,
    https://doi.org/10.1109/TC.1987.5009495).

    Args:
        sizes: bytes of each task.
    """
    left = sum(sizes)
    batch: list[Task] = []
    size = 0
    for task, bytes_ in zip(tasks, sizes, strict=True):
        batch.append(task)
        size += bytes_
        if size >= min(max(left // (workers * _SHARES), _LEAST), _MOST):
            yield batch
            left -= size
            batch, size = [], 0
    if batch:
        yield batch


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
