"""Steps that a Ctrl-C must not cut in half, and the moments in between at which it may take effect."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

DEFERRED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_Handler = Callable[[int, FrameType | None], object] | int


class Held:
    """The signals that `deferred_signals` holds back in this process."""

    def __init__(self) -> None:
        self.is_holding = False
        self._was_late = False
        self._received: list[int] = []
        self._handlers: dict[signal.Signals, _Handler] = {}

    def deliver(self) -> None:
        """Let a signal that has come take effect here: a handler that raises does so out of this call."""
        if self._received:
            with self.listening():
                pass

    def forget(self) -> None:
        """Drop what has come: it is too late for it, here; `was_late` tells whoever goes on to something else."""
        self._was_late = self._was_late or bool(self._received)
        self._received.clear()

    def was_late(self) -> bool:
        """Whether a signal was dropped since this was asked last."""
        was_late, self._was_late = self._was_late, False
        return was_late

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Let signals take effect at once while the block lasts, one that has come before first.

        Outside the main thread, and where none are held back, nothing changes.
        """
        was_holding = self.is_holding and _in_main_thread()
        try:
            if was_holding:
                self.release()
                self.raise_first()
            yield
        finally:
            if was_holding:
                self.hold()

    def hold(self) -> None:
        """Begin to hold signals back; those that are ignored stay ignored."""
        self._handlers = {}
        for each in DEFERRED:
            handler = signal.getsignal(each)
            if handler is not None and handler != signal.SIG_IGN:
                self._handlers[each] = handler
                signal.signal(each, self._remember)
        self.is_holding = True

    def release(self) -> None:
        """Give the signals back to whom they belonged."""
        self.is_holding = False
        for each, handler in self._handlers.items():
            signal.signal(each, handler)

    def raise_first(self) -> None:
        """Send this process the first signal that came, once more."""
        if self._received:
            first = self._received[0]
            self._received.clear()
            signal.raise_signal(first)

    def _remember(self, number: int, _frame: FrameType | None) -> None:
        self._received.append(number)


_HELD = Held()


@contextmanager
def deferred_signals() -> Iterator[Held]:
    """Hold back SIGINT, SIGTERM and SIGHUP until the block is done, then deliver the first one.

    Only the main thread can do so; elsewhere, and for signals that are ignored anyway, nothing changes. Blocks may be
    nested: the outermost one holds and delivers. Where it ends with an error, that error is what comes out.
    """
    if _HELD.is_holding or not _in_main_thread():
        yield _HELD
        return
    _HELD.hold()
    try:
        yield _HELD
    except BaseException:
        _HELD.release()
        _HELD.forget()
        raise
    _HELD.release()
    _HELD.raise_first()


def was_late() -> bool:
    """Whether a signal was dropped since this was asked last: it came when all was done, or an error came out first."""
    return _HELD.was_late()


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
