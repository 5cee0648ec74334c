"""When a phase began, by the clock, and what it has waited for a person since then."""

from __future__ import annotations

import time

from msgspec import Struct

from migrate.console import Voice
from migrate.spent import PAUSE_S


class Begun(Struct, frozen=True):
    """When a phase began to look at the tree.

    Attributes:
        voice: how its questions are asked; `asked` of them by then.
        at: seconds since the epoch. clock: seconds of the monotonic clock.
    """

    voice: Voice
    asked: int
    at: float
    clock: float

    @classmethod
    def now(cls, voice: Voice) -> Begun:
        return cls(voice, len(voice.waits), time.time(), time.monotonic())

    @property
    def seconds(self) -> float:
        """Wall time since then."""
        return time.monotonic() - self.clock

    @property
    def person_seconds(self) -> float:
        """How long questions have waited since then, without pauses."""
        return sum(wait for wait in self._waits if wait <= PAUSE_S)

    @property
    def without_pauses(self) -> float:
        """When the phase would have begun if nobody had left a question alone for so long: seconds since the epoch."""
        return self.at + sum(wait for wait in self._waits if wait > PAUSE_S)

    @property
    def _waits(self) -> list[float]:
        return self.voice.waits[self.asked :]
