"""How much each phase has left to do in the tree as it is: in numbers, which are kept for the next look at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from migrate.cache.answers import Answers
from migrate.findings import SEVERITIES
from rollback.git import Git

if TYPE_CHECKING:
    from migrate.console import Voice
    from migrate.executors.workers import Workers
    from migrate.plan import Plan
    from migrate.preview import Preview


class Outstanding(Struct, frozen=True):
    """What one phase would still do.

    Attributes:
        files, edits: that it would make.
        codes: how many findings of each code there are.
    """

    files: int
    edits: int
    codes: Mapping[str, int]

    @property
    def findings(self) -> int:
        return sum(self.codes.values())

    @property
    def errors(self) -> int:
        return self._of("error")

    @property
    def warnings(self) -> int:
        return self._of("warning")

    def _of(self, severity: str) -> int:
        return sum(number for code, number in self.codes.items() if SEVERITIES[code] == severity)

    def as_json(self) -> dict[str, Any]:
        return {"files": self.files, "edits": self.edits, "codes": dict(self.codes)}

    @classmethod
    def of(cls, preview: Preview) -> Outstanding:
        """What a preview comes to."""
        return cls(len(preview.files), preview.edits, dict(Counter(finding.code for finding in preview.findings)))


def outstanding(
    git: Git, plan: Plan, phases: Collection[int], workers: Workers, voice: Voice, *, cached: bool
) -> dict[int, Outstanding]:
    """How much is left of each of `phases`.

    Args:
        cached: take what is known from the cache, and keep there what is found out.
    Raises:
        RewriteBug, RepositoryError: as `previewing.preview`.
    """
    answers = Answers(git, plan, only_python=False, is_on=cached)
    known = {phase: answers.get(_question(phase)) for phase in phases}
    found = {phase: Outstanding(**answer) for phase, answer in known.items() if answer is not None}
    if len(found) == len(phases):
        return found
    from migrate.previewing import Previews

    with answers.learn() as learning:
        previews = Previews(learning.git, plan, learning.workers(workers))
        for phase in phases:
            if phase not in found:
                with voice.progress(f"phase{phase}") as previews.progress:
                    found[phase] = Outstanding.of(previews.of(phase))
                learning.keep(_question(phase), found[phase].as_json())
    return {phase: found[phase] for phase in phases}


def _question(phase: int) -> str:
    return f"phase{phase}"
