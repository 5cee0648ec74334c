"""In the process of one repository: it ends with its fleet, and has nothing of it but what it is told."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from migrate import interrupts
from migrate.errors import Exit
from rollback.signals import deferred_signals

Main = Callable[[Sequence[str]], int]
"""The command line: arguments in, exit code out."""

_PARENT_S = 0.1


def end_with(parent: int) -> None:
    """From now on this process ends as by SIGTERM, everything restored, where its parent has ended before it."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_S)
    os.kill(os.getpid(), signal.SIGTERM)


def serve_forked(main: Main, arguments: Sequence[str], root: str, out: int, err: int, parent: int) -> None:
    """Run the command line in a process that was just forked off a fleet, and end it with the exit code.

    Args:
        root: the folder to work in.
        out, err: descriptors of files for what is printed.
        parent: the fleet's process.
    """
    os.setsid()  # only the fleet decides what a Ctrl-C means, and nobody is asked for a passphrase
    end_with(parent)
    gc.freeze()
    _connect(out, err)
    with suppress(OSError):  # the command says what is wrong with it
        os.chdir(root)
    code = int(Exit.INTERRUPTED)
    with suppress(KeyboardInterrupt):
        with deferred_signals() as held:
            held.release()
        for number in interrupts.ENDING:  # also where the fleet ignores them, in the background or under nohup
            signal.signal(number, signal.default_int_handler)
        interrupts.listen()
        held.raise_first()  # what has come since the fork
        code = main(arguments)
    sys.exit(code)


def _connect(out: int, err: int) -> None:
    """Whatever a test or a caller has in the place of the streams, these are real ones."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(old, new)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lasts
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = open(number, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
