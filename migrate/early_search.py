"""What git is asked for a dry run, begun before the engine is loaded: git takes about as long as that does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Thread
from typing import Generic, TypeVar

from migrate.candidates import find_candidates
from migrate.plan import Plan
from rollback.git import Git

Result = TypeVar("Result")


class Answer(Generic[Result]):
    """What a call returns, or raises, in a thread of its own that begins at once."""

    def __init__(self, call: Callable[[], Result]) -> None:
        self._call = call
        self._returned: list[Result] = []
        self._raised: Exception | None = None
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._returned.append(self._call())
        except Exception as error:
            self._raised = error

    def wait(self) -> None:
        """Wait for its end; there is no thread any more then, so that processes can be forked."""
        self._thread.join()

    def result(self) -> Result:
        """Wait for it, and return or raise what has come of it."""
        self.wait()
        if self._raised is not None:
            raise self._raised
        return self._returned[0]


@dataclass(frozen=True, slots=True)
class EarlySearch:
    """Answers of git about one phase, on the tree as it was when they were asked for.

    Attributes:
        candidates: as of `find_candidates`. passed_over: as of `Git.passed_over`.
    """

    phase: int
    candidates: Answer[tuple[str, ...]]
    passed_over: Answer[dict[str, str]]

    def found(self) -> tuple[str, ...]:
        """The candidates, when nothing is being asked any more."""
        self.passed_over.wait()
        return self.candidates.result()


def begin_search(git: Git, plan: Plan, phase: int) -> EarlySearch:
    """Ask, and do not wait; what goes wrong is raised where an answer is taken."""
    return EarlySearch(phase, Answer(partial(find_candidates, git, plan, phase)), Answer(git.passed_over))
