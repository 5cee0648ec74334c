"""How many examples of a property a run of the tests tries; `EXAMPLES=10 make test` tries ten times as many."""

from __future__ import annotations

import os


def examples(usual: int) -> int:
    """As many as usual, or what the environment makes of it; other ones in each run."""
    return max(1, round(usual * float(os.environ.get("EXAMPLES", "1"))))
