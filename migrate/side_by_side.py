"""Two pieces of work at once: one in this process, one in a forked one."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

_PATIENCE_S = 5.0


def side_by_side(here: Callable[[], A], beside: Callable[[], B]) -> tuple[A, B]:
    """Run both, `beside` in another process where there are such.

    An error of either is raised, that of `here` first. Where the other process dies, or its result does not pickle,
    its work is done here.
    """
    if "fork" not in multiprocessing.get_all_start_methods():
        return here(), beside()
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(beside, sender))
    process.start()
    sender.close()
    is_started = False
    try:
        first = here()
        try:
            is_started = receiver.recv()
            done, value = receiver.recv()
        except EOFError:
            return first, beside()
    except BaseException:
        if not is_started:
            receiver.poll(_PATIENCE_S)  # before it has begun, a signal would be lost
        if process.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGINT)  # it ends what it has started itself
        process.join(_PATIENCE_S)
        process.kill()
        raise
    finally:
        receiver.close()
        process.join()
    if not done:
        raise value
    return first, value


def _work(task: Callable[[], object], sender: Connection) -> None:
    try:
        sender.send(True)
        answer = (True, task())
    except BaseException as error:
        answer = (False, _sendable(error))
    with suppress(Exception, KeyboardInterrupt):  # nobody listens, or it does not pickle
        sender.send(answer)


def _sendable(error: BaseException) -> BaseException:
    """The error, or its words where it does not survive the way to another process."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
