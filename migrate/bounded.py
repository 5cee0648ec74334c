"""A bound on the time of a computation that we cannot look into, such as the search for a regular expression."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TimeUp(Exception):
    """The computation took longer than it may."""


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """End the block after that many seconds of wall time.

    By an alarm, which works in the main thread alone; elsewhere nothing is bounded. `re` looks for signals as it goes:
    https://github.com/python/cpython/blob/v3.11.0/Modules/_sre/sre_lib.h (MAYBE_CHECK_SIGNALS)

    Raises:
        TimeUp: they are over.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _ring(_number: int, _frame: FrameType | None) -> None:
    raise TimeUp
