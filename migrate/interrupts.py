"""Ctrl-C, SIGTERM and SIGHUP of the process: each ends it the orderly way, once, and only while that is still true."""

from __future__ import annotations

import signal

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_state = {"open": True}


def listen() -> None:
    """From now on each of them raises KeyboardInterrupt in the main thread; those that are ignored stay ignored."""
    reopen()
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, _interrupt)


def close() -> None:
    """The work is done and on record: an interrupt would come too late, and exit 130 would not be true any more."""
    _state["open"] = False


def reopen() -> None:
    """Something new begins that can be interrupted."""
    _state["open"] = True


def _interrupt(_signum: int, _frame: object) -> None:
    """Once is enough: a second signal must not cut into the way back that the first one starts."""
    if not _state["open"]:
        return
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
