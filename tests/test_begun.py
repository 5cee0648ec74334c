"""What a phase has waited for a person: reading, and pauses, which are not counted."""

from __future__ import annotations

from migrate.begun import Begun
from migrate.console import Voice
from migrate.spent import PAUSE_S


def test_nothing_was_asked() -> None:
    voice = Voice()
    voice.waits.append(9.0)
    begun = Begun.now(voice)
    assert (begun.person_seconds, begun.without_pauses) == (0.0, begun.at)


def test_a_question_left_alone_overnight_is_a_pause() -> None:
    voice = Voice()
    voice.waits.append(9.0)
    begun = Begun.now(voice)
    voice.waits += [2.0, 10 * PAUSE_S, PAUSE_S]
    assert begun.person_seconds == 2.0 + PAUSE_S
    assert begun.without_pauses == begun.at + 10 * PAUSE_S, "so that it lies between this run and the one before"


def test_a_person_in_an_editor_is_waited_for() -> None:
    voice = Voice()
    with voice.waiting():
        pass
    assert [0 <= wait < 5 for wait in voice.waits] == [True]
