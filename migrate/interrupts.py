"""Ctrl-C, SIGTERM and SIGHUP of the process: each ends it the orderly way, once, and only while that is still true."""

from __future__ import annotations

import signal
from typing import NoReturn

from rollback.signals import was_late

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_state = {"open": True, "came": False}


def listen() -> None:
    """From now on each of them raises KeyboardInterrupt in the main thread; those that are ignored stay ignored."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, _interrupt)


def begin() -> None:
    """A command begins; what came before is none of its business."""
    was_late()
    _state.update(open=True, came=False)


def close() -> None:
    """The work is done and on record: an interrupt would come too late, and exit 130 would not be true any more."""
    _state["open"] = False


def reopen() -> None:
    """Something new begins, or what the work was a part of goes on: that can be interrupted.

    Raises:
        KeyboardInterrupt: an interrupt came too late for the work before. It is not too late for this.
    """
    _state["open"] = True
    if was_late() or _state["came"]:
        _end()


def settle() -> None:
    """What came has been heard: this process ends with the exit code that says what has become of it.

    CPython kills one that runs a module (`-m`) by SIGINT at its end where KeyboardInterrupt has left `exec` of a text,
    in which dataclasses are made, though somebody has caught it; unless it has run another text since:
    `run_eval_code_obj` in https://github.com/python/cpython/blob/v3.11.7/Python/pythonrun.c
    """
    exec("")  # noqa: S102 - see above


def _interrupt(_signum: int, _frame: object) -> None:
    if _state["open"]:
        _end()
    _state["came"] = True


def _end() -> NoReturn:
    """Once is enough: a second signal must not cut into the way back that the first one starts."""
    _state["came"] = False
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
