"""Signals wait for the block to end, then do what they would have done."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from rollback.signals import DEFERRED, deferred_signals


@pytest.fixture(autouse=True)
def _same_handlers_afterwards() -> Iterator[None]:
    before = [signal.getsignal(each) for each in DEFERRED]
    yield
    assert [signal.getsignal(each) for each in DEFERRED] == before


def test_nothing_happens_without_a_signal() -> None:
    with deferred_signals():
        pass


def interrupt(steps: list[str]) -> None:
    with deferred_signals():
        with deferred_signals():
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            steps.append("inner")
        steps.append("outer")


def test_an_interrupt_waits_for_the_outermost_block() -> None:
    steps: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupt(steps)
    assert steps == ["inner", "outer"]


def test_the_callers_handler_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    received = []
    before = signal.signal(signal.SIGTERM, lambda signum, frame: received.append(signum))
    try:
        with deferred_signals():
            os.kill(os.getpid(), signal.SIGTERM)
            assert received == []
        assert received == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with deferred_signals():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_error_in_the_block_comes_through() -> None:
    with pytest.raises(ValueError, match="ours"), deferred_signals():
        raise ValueError("ours")


def test_other_threads_are_left_alone() -> None:
    steps = []

    def work() -> None:
        with deferred_signals():
            steps.append("done")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert steps == ["done"]
