"""When a phase began, by the clock, and how long questions had waited by then."""

from __future__ import annotations

import time
from dataclasses import dataclass

from migrate.console import Voice


@dataclass(frozen=True, slots=True)
class Begun:
    """When a phase began to look at the tree.

    Attributes:
        at: seconds since the epoch. clock: seconds of the monotonic clock.
        waited_s: what questions had waited by then, in seconds.
    """

    at: float
    clock: float
    waited_s: float

    @classmethod
    def now(cls, voice: Voice) -> Begun:
        return cls(time.time(), time.monotonic(), voice.waited_s)

    @property
    def seconds(self) -> float:
        """Wall time since then."""
        return time.monotonic() - self.clock
