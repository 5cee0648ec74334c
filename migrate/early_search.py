"""What git is asked for a dry run, begun before the engine is loaded: git takes about as long as that does."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from migrate.candidates import find_candidates
from migrate.plan import Plan
from rollback.git import Git


@dataclass(frozen=True, slots=True)
class EarlySearch:
    """Answers of git about one phase, on the tree as it was when they were asked for; they may take a while.

    Attributes:
        candidates: as of `find_candidates`. passed_over: as of `Git.passed_over`.
    """

    phase: int
    candidates: Future[tuple[str, ...]]
    passed_over: Future[dict[str, str]]


def begin_search(git: Git, plan: Plan, phase: int) -> EarlySearch:
    """Ask, and do not wait; what goes wrong is raised where an answer is taken."""
    threads = ThreadPoolExecutor(2)
    passed_over = threads.submit(git.passed_over)
    candidates = threads.submit(find_candidates, git, plan, phase)
    threads.shutdown(wait=False)
    return EarlySearch(phase, candidates, passed_over)
