"""Signals wait for the block to end, then do what they would have done."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from rollback.signals import DEFERRED, deferred_signals, was_late


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


def send(number: signal.Signals = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


def test_what_has_come_is_delivered_at_a_point_of_ones_choice() -> None:
    with deferred_signals() as held:
        held.deliver()
        send()
        with pytest.raises(KeyboardInterrupt):
            held.deliver()
        held.deliver()


def test_a_nested_block_delivers_for_the_outermost() -> None:
    with deferred_signals(), deferred_signals() as held:
        send()
        with pytest.raises(KeyboardInterrupt):
            held.deliver()


def test_what_came_too_late_is_forgotten() -> None:
    was_late()
    with deferred_signals() as held:
        held.forget()
        assert not was_late()
        send()
        held.forget()
        held.forget()
    assert was_late()
    assert not was_late()


def fail_after_a_signal() -> None:
    with deferred_signals():
        send()
        raise ValueError("ours")


def test_what_came_before_the_block_is_not_of_it() -> None:
    was_late()
    with pytest.raises(ValueError, match="ours"):
        fail_after_a_signal()
    assert was_late()
    with deferred_signals() as held:
        held.deliver()
    assert not was_late()


def test_listening_lets_signals_through_at_once() -> None:
    with deferred_signals() as held:
        with held.listening():
            assert not held.is_holding
            with pytest.raises(KeyboardInterrupt):
                send()
        assert held.is_holding
        send()
        with pytest.raises(KeyboardInterrupt), held.listening():
            pytest.fail("what had come before comes first")  # pragma: no cover
        assert held.is_holding


def test_a_handler_that_ignores_what_comes_next_has_its_way() -> None:
    """As the command line does: the first one ends it, the second must not cut into the way back."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {each: signal.getsignal(each) for each in numbers}

    def once(_number: int, _frame: object) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    try:
        signal.signal(signal.SIGINT, once)
        with deferred_signals() as held:
            send()
            with pytest.raises(KeyboardInterrupt):
                held.deliver()
            send(signal.SIGTERM)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def test_outside_a_block_and_the_main_thread_nothing_is_delivered() -> None:
    with deferred_signals() as held:
        pass
    with held.listening():
        assert not held.is_holding
    reached = []

    def work() -> None:
        with deferred_signals() as same:
            same.deliver()
            with same.listening():
                reached.append(same.is_holding)

    with deferred_signals() as held:
        os.kill(os.getpid(), signal.SIGINT)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert reached == [True]
        held.forget()
