from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path
from typing import NoReturn
from unittest.mock import patch

import pytest

from migrate.side_by_side import side_by_side


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def nothing_left() -> bool:
    return multiprocessing.active_children() == []


def test_both() -> None:
    assert side_by_side(lambda: os.getpid(), lambda: os.getppid()) == (os.getpid(), os.getpid())
    assert nothing_left()


def test_a_big_answer() -> None:
    first, second = side_by_side(lambda: 1, lambda: b"x" * 5_000_000)
    assert (first, len(second)) == (1, 5_000_000)


def test_one_after_the_other_without_fork() -> None:
    with patch.object(multiprocessing, "get_all_start_methods", return_value=["spawn"]):
        assert side_by_side(os.getpid, os.getpid) == (os.getpid(), os.getpid())


def fail(error: BaseException) -> None:
    raise error


class Unsendable(Exception):
    def __init__(self, one: int, other: int) -> None:
        super().__init__("words")

    def __reduce__(self) -> NoReturn:  # other libraries may teach pickle about errors
        raise TypeError


def test_an_error_here(capfd: pytest.CaptureFixture[str]) -> None:
    before = time.monotonic()
    with pytest.raises(ValueError, match="here"):
        side_by_side(lambda: fail(ValueError("here")), lambda: time.sleep(60))
    assert time.monotonic() - before < 4
    assert nothing_left()
    assert capfd.readouterr() == ("", "")


def test_an_error_here_while_the_other_one_tells(capfd: pytest.CaptureFixture[str]) -> None:
    def here() -> None:
        time.sleep(0.5)  # by then the pipe is full
        raise ValueError("here")

    with pytest.raises(ValueError, match="here"):
        side_by_side(here, lambda: b"x" * 5_000_000)
    assert nothing_left()
    assert capfd.readouterr() == ("", "")


def test_an_error_beside() -> None:
    with pytest.raises(KeyError, match="there"):
        side_by_side(lambda: 1, lambda: fail(KeyError("there")))
    assert nothing_left()


def test_errors_in_both() -> None:
    with pytest.raises(ValueError, match="here"):
        side_by_side(lambda: fail(ValueError("here")), lambda: fail(KeyError("there")))


def test_an_error_that_does_not_pickle() -> None:
    with pytest.raises(RuntimeError, match="Unsendable: words"):
        side_by_side(lambda: 1, lambda: fail(Unsendable(1, 2)))
    assert nothing_left()


def test_a_result_that_does_not_pickle(capfd: pytest.CaptureFixture[str]) -> None:
    _, lock = side_by_side(lambda: 1, threading.Lock)
    assert not lock.locked()
    assert capfd.readouterr() == ("", "")


def test_the_work_of_one_that_dies_is_done_here() -> None:
    here = os.getpid()

    def die_there() -> int:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return os.getpid()

    assert side_by_side(lambda: 1, die_there) == (1, here)
    assert nothing_left()


def test_ctrl_c_ends_the_other_one(tmp_path: Path) -> None:
    started, ended = tmp_path / "started", tmp_path / "ended"

    def beside() -> None:
        started.write_text(str(os.getpid()))
        try:
            time.sleep(60)
        finally:
            ended.touch()  # what it has started itself it can end

    def here() -> None:
        while not started.exists() or not started.read_text():
            time.sleep(0.01)
        raise KeyboardInterrupt

    before = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        side_by_side(here, beside)
    assert time.monotonic() - before < 4
    assert ended.exists()
    assert nothing_left()
    assert not is_running(int(started.read_text()))


def test_one_that_does_not_end_is_killed(tmp_path: Path) -> None:
    started = tmp_path / "started"

    def beside() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        started.write_text(str(os.getpid()))
        time.sleep(60)

    def here() -> None:
        while not started.exists() or not started.read_text():
            time.sleep(0.01)
        raise ValueError("here")

    with patch("migrate.side_by_side._PATIENCE_S", 0.2), pytest.raises(ValueError, match="here"):
        side_by_side(here, beside)
    assert nothing_left()
    assert not is_running(int(started.read_text()))
