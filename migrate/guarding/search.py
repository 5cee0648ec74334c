"""Which files to look at: `git grep` once, for every word that something deprecated must contain."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

from migrate.candidates import find_candidates, find_words
from migrate.guarding.redirect_imports import with_redirects
from migrate.modules import SUFFIXES, candidate_files
from migrate.moves import MoveIndex
from migrate.plan import Plan
from rollback.git import Git

MANY = 2000
"""So many files are not read one by one because git has no short way to them."""


@dataclass(frozen=True)
class Search:
    """Searches of one working tree; may find too many files, never too few."""

    git: Git
    plan: Plan

    def candidates(self) -> frozenset[str]:
        """Paths of the files that may hold anything deprecated."""
        wider = with_redirects(self.plan)
        moves = MoveIndex.of(wider)
        found = self.find(_words(self.plan, moves))
        files = (path for module in moves.old_modules for path in candidate_files(module, self.plan.plan.source_roots))
        if any(path.endswith("/__init__.py") and self.git.is_folder(path.rpartition("/")[0]) for path in files):
            # inside a package, `from . import Name` does not name it
            found |= {*find_candidates(self.git, wider, 3)}
        return found

    def find(self, words: Collection[str]) -> frozenset[str]:
        """Paths of the files that contain any of `words`, and of all that git does not search by way of its index."""
        if not words:
            return frozenset()
        if not all(word.isascii() for word in words):
            return frozenset(find_words(self.git, self.plan, words))
        with ThreadPoolExecutor(1) as thread:  # one git lists while another one searches
            unseen = thread.submit(lambda: self._unseen)
            in_index = self.git.grep(
                sorted(words), words=True, pathspecs=self._where, exclude=self.plan.plan.exclude, in_index=True
            )
        if len(unseen.result()) > MANY:
            return frozenset(find_words(self.git, self.plan, words))
        return frozenset((*in_index, *self._unseen))

    @cached_property
    def _unseen(self) -> tuple[str, ...]:
        return self.git.unseen(self._where, self.plan.plan.exclude)

    @property
    def _where(self) -> tuple[str, ...]:
        return (*(f"*{suffix}" for suffix in SUFFIXES), *self.plan.plan.include)


def _words(plan: Plan, moves: MoveIndex) -> set[str]:
    words = {module.rpartition(".")[2] for module in moves.old_modules} | moves.owner_leaves
    for call in plan.phase4.call if plan.phase4 is not None else ():
        words |= {call.callee.leaf, *call.attributes}
        words |= {"replace", "_replace"} if call.old else set()  # what copies an instance with other values
    return words
