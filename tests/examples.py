"""How many examples of a property a run of the tests tries; `EXAMPLES=10 make test` tries twenty times as many."""

from __future__ import annotations

import os


def examples(usual: int) -> int:
    """Half as many as are tried where time does not count, or what the environment says; other ones in each run."""
    return max(1, round(usual * float(os.environ.get("EXAMPLES", "0.5"))))
