"""Steps that a Ctrl-C must not cut in half."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

DEFERRED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def deferred_signals() -> Iterator[None]:
    """Hold back SIGINT, SIGTERM and SIGHUP until the block is done, then deliver the first one.

    Only the main thread can do so; elsewhere, and for signals that are ignored anyway,
    nothing changes. Blocks may be nested: the outermost one delivers.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def remember(signum: int, _frame: FrameType | None) -> None:
        received.append(signum)

    before = {each: signal.getsignal(each) for each in DEFERRED}
    held = {each: handler for each, handler in before.items() if handler not in (None, signal.SIG_IGN)}
    try:
        for each in held:
            signal.signal(each, remember)
        yield
    finally:
        for each, handler in held.items():
            signal.signal(each, handler)
        if received:
            signal.raise_signal(received[0])
