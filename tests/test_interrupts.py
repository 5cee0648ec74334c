"""An interrupt that came too late for one step, and whether it is too late for what the step was a part of."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from migrate import interrupts
from rollback.signals import deferred_signals


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    before = [signal.getsignal(each) for each in interrupts.ENDING]
    interrupts.listen()
    interrupts.begin()
    yield
    interrupts.begin()
    for each, handler in zip(interrupts.ENDING, before, strict=True):
        signal.signal(each, handler)


def strike(number: signal.Signals = signal.SIGINT) -> None:
    signal.raise_signal(number)


def nothing() -> None:
    """No signal comes."""
    with deferred_signals() as held:
        held.forget()
    interrupts.close()


def after_the_end() -> None:
    interrupts.close()
    strike()


def twice_after_the_end() -> None:
    interrupts.close()
    strike()
    strike(signal.SIGTERM)


def in_the_last_moment() -> None:
    """As `run.apply_phase` ends."""
    with deferred_signals() as held:
        strike()
        interrupts.close()
        held.forget()


def while_it_failed() -> None:
    with suppress(ValueError), deferred_signals():
        strike(signal.SIGHUP)
        raise ValueError


@pytest.mark.parametrize("number", interrupts.ENDING)
def test_in_time(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt):
        strike(number)
    assert [signal.getsignal(each) for each in interrupts.ENDING] == [signal.SIG_IGN] * 3


LATE = [after_the_end, twice_after_the_end, in_the_last_moment, while_it_failed]


@pytest.mark.parametrize("step", [nothing, *LATE])
def test_too_late_for_the_step(step: Callable[[], None]) -> None:
    step()


@pytest.mark.parametrize("step", LATE)
def test_not_too_late_for_what_goes_on(step: Callable[[], None]) -> None:
    step()
    with pytest.raises(KeyboardInterrupt):
        interrupts.reopen()
    assert [signal.getsignal(each) for each in interrupts.ENDING] == [signal.SIG_IGN] * 3
    interrupts.reopen()


def test_nothing_came_and_it_goes_on() -> None:
    nothing()
    interrupts.reopen()
    with pytest.raises(KeyboardInterrupt):
        strike()


@pytest.mark.parametrize("step", LATE)
def test_a_command_knows_of_none_before_it(step: Callable[[], None]) -> None:
    step()
    interrupts.begin()
    interrupts.reopen()


def test_what_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    interrupts.listen()
    strike(signal.SIGHUP)
    interrupts.reopen()
