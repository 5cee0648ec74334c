"""Run the commands of an alternation: run 1 of each, then run 2 of each, so that what disturbs one disturbs all.

Every second round goes backwards, so that no command always follows the one that takes longest; but not where one
takes back what another one did.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.speed.measure import Taken
from benchmarks.speed.tools import Step

Run = Callable[[Step], Taken]


def alternate(
    steps: Sequence[Step], run: Run, runs: int, slow_runs: int, *, both_ways: bool = True
) -> dict[Step, list[Taken]]:
    """What each command took, in the order of its runs.

    The first round warms up and does not count; slow commands take no part in it, and in `slow_runs` rounds only. One
    that has failed is not run again: what it failed over is then all there is of it.
    """
    taken: dict[Step, list[Taken]] = {step: [] for step in steps}
    failed: dict[Step, Taken] = {}
    for number in range(runs + 1):
        for step in reversed(steps) if both_ways and number % 2 == 0 else steps:
            if step in failed or (step.slow and not 0 < number <= slow_runs):
                continue
            found = run(step)
            if found.failed:
                failed[step] = found
            elif number:
                taken[step].append(found)
    return {step: [failed[step]] if step in failed else found for step, found in taken.items()}
