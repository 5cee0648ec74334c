"""A text in the person's editor: the terminal is the editor's until it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from migrate.errors import MigrateError
from rollback.errors import escape

_GRACE_S = 5.0
"""How long an editor may take to end when this process is told to."""

_FOR_A_SHELL = frozenset("|&;<>()$`\\\"'*?[#~=%\n")
_NOT_FOUND, _NOT_STARTED = 127, 126  # as shells have it


class EditorFailed(MigrateError):
    """The editor could not be started, or ended with an error."""

    def __init__(self, editor: str, why: str) -> None:
        super().__init__(f"the editor, {escape(editor)!r}, {why}")


def edit_text(text: bytes, editor: str, suffix: str = ".diff") -> bytes:
    """Open `text` in an editor, and wait for its end.

    Args:
        editor: a command for a shell, which gets the name of a file as one more argument, as git does it:
            https://git-scm.com/docs/git-var#Documentation/git-var.txt-GITEDITOR
        suffix: of the file's name; editors colour by it.
    Returns:
        What is in the file then.
    Raises:
        EditorFailed: it ended with an error, as after a Ctrl-C, or left no file that can be read.
        KeyboardInterrupt: this process is told to end.
    """
    with tempfile.TemporaryDirectory(prefix="ssot-migrate-") as folder:
        file = Path(folder) / f"hunk{suffix}"
        file.write_bytes(text)
        status = _run(_command(editor, str(file)))
        if status:
            raise EditorFailed(editor, _explain(status))
        try:
            return file.read_bytes()
        except OSError as error:
            raise EditorFailed(editor, f"left no file to read: {error.strerror}") from error


def _command(editor: str, file: str) -> list[str]:
    """As git starts it, by a shell only where it is written for one.

    A shell that is sent a Ctrl-C dies of it, even where the editor takes it for itself; so it gets a trap.
    """
    if _FOR_A_SHELL.isdisjoint(editor) and editor.split():
        return [*editor.split(), file]
    return ["sh", "-c", f'trap : INT QUIT; {editor} "$@"', editor, file]


def _explain(status: int) -> str:
    """The end of a process, or of a shell that says how its command ended."""
    if status == _NOT_FOUND:
        return "was not found; set GIT_EDITOR or `git config core.editor`"
    number = -status if status < 0 else status - 128
    try:
        return f"was ended by {signal.Signals(number).name}"
    except ValueError:
        return f"ended with exit code {status}"


def _run(command: list[str]) -> int:
    with _terminal() as screen, _patient():
        try:
            process = subprocess.Popen(command, stdout=screen, stderr=screen)
        except FileNotFoundError:
            return _NOT_FOUND
        except OSError:
            return _NOT_STARTED
        try:
            return process.wait()
        except BaseException:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_S)
            process.kill()
            process.wait()
            raise


@contextmanager
def _terminal() -> Iterator[int | None]:
    """Where the editor may draw, also while this process writes to a file; the terminal is as before afterwards."""
    streams = [stream.fileno() for stream in (sys.stdout, sys.stderr) if stream.isatty()]
    if not streams:
        yield None
        return
    sys.stdout.flush()
    mode = termios.tcgetattr(streams[0])
    try:
        yield streams[0]
    finally:
        with suppress(termios.error):
            termios.tcsetattr(streams[0], termios.TCSADRAIN, mode)


@contextmanager
def _patient() -> Iterator[None]:
    """Ctrl-C and Ctrl-\\ are for the editor; a program that is started has neither handled nor ignored them."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGQUIT)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # which the editor takes over
            signal.signal(number, _pass)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _pass(_signum: int, _frame: FrameType | None) -> None:
    """Nothing is done; a handler that is a function is not taken over by a program that is started."""
