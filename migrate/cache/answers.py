"""Questions about a tree: answered from what is kept, or worked out and kept for the next time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from migrate.cache.entries import Entry
from migrate.cache.footprint import Footprint, holds
from migrate.cache.state import State, take_state
from migrate.cache.store import Store
from migrate.cache.tool import fingerprint
from migrate.plan import Plan
from rollback.errors import RepositoryError
from rollback.git import Git

if TYPE_CHECKING:
    from migrate.cache.results import Results
    from migrate.executors.workers import Workers

FOLDER = "cache"
"""Of `Git.private`."""
OFF = "MIGRATE_NO_CACHE"
"""The environment variable that, with any value, means `--no-cache`."""

_TRIES = 3
_WAIT_S = 0.1
_POLL_S = 0.002
_OTHER_CLOCK_NS = 3_000_000_000
"""A file on another device than the git directory is as it was only when it is older than that."""


class Learning(Struct, frozen=True):
    """Answers being worked out.

    Attributes:
        git: what to work with, so that it is known what was looked at.
        results: what is known of single files; None where nothing is kept.
    """

    git: Git
    results: Results | None = None
    answers: dict[str, Any] = field(default_factory=dict)

    def workers(self, workers: Workers) -> Workers:
        """Those who are asked only about files of which nothing is known."""
        return replace(workers, memory=self.results)

    def keep(self, question: str, answer: Any) -> None:
        """Note an answer, of JSON types; it is kept if nothing changes in the tree until the end."""
        self.answers[question] = answer


class Answers:
    """What is known about the tree as it is now, for one plan and this tool.

    Args:
        only_python: the questions are about Python files, and about no others.
    """

    def __init__(self, git: Git, plan: Plan, *, only_python: bool, is_on: bool = True) -> None:
        self._git = git
        self._only_python = only_python
        self._entry, self._digest = Entry(), ""
        self._store: Store | None = None
        tool = fingerprint() if is_on and not os.environ.get(OFF) else None
        if tool is None:
            return
        self._store = Store(git.private(FOLDER))
        self._about = f"{tool} {plan.sha256} {only_python} {git.root}"
        self._look_up()

    def get(self, question: str) -> Any | None:
        """The answer, of JSON types; None where it is not known."""
        return self._entry.answers.get(question)

    @contextmanager
    def learn(self) -> Iterator[Learning]:
        """Work answers out in the block; where it ends with an error, none is kept."""
        settled = self._settle()
        if settled is None or self._store is None:
            yield Learning(self._git)
            return
        before, edge = settled
        footprint = Footprint(self._git, before)
        from migrate.cache.results import Results

        results = Results(before.listed, self._store.read(self._results_key))
        learning = Learning(replace(self._git, asked=footprint.asked), results)
        yield learning
        if learning.answers and before.places.newest < edge:
            with suppress(RepositoryError):
                if footprint.is_as_it_was(self._take_state()):
                    self._keep(before, Entry(learning.answers, footprint.marks))
                    self._store.write(self._results_key, results.to_bytes())

    def _look_up(self) -> None:
        """Find what is kept about the tree as it is."""
        assert self._store is not None
        with suppress(RepositoryError):
            state = self._take_state()
            content = self._store.read(self._key(state))
            entry = None if content is None else Entry.from_bytes(content)
            if entry is not None and holds(entry.marks, self._git, state.places):
                self._entry, self._digest = entry, state.digest

    def _keep(self, state: State, new: Entry) -> None:
        """Keep new answers beside those that are known of the same state."""
        assert self._store is not None
        old = self._entry
        if state.digest == self._digest and all(
            new.marks.get(asked, mark) == mark for asked, mark in old.marks.items()
        ):
            new = Entry({**old.answers, **new.answers}, {**old.marks, **new.marks})
        self._store.write(self._key(state), new.to_bytes())

    def _settle(self) -> tuple[State, int] | None:
        """The state of the tree, and a time, in nanoseconds, which the last change in it must be before.

        A file that changes after that gets another mark; one that has changed in the same tick of the clock may not.

        Returns:
            None where the tree does not come to rest, or nothing can be kept.
        """
        for _ in range(_TRIES if self._store is not None else 0):
            clock, stamp = time.time_ns(), self._stamp()
            if stamp is None:
                return None
            try:
                state = self._take_state()
            except RepositoryError:
                return None
            edge, device = stamp
            if state.places.devices != {device}:
                edge = min(edge, clock - _OTHER_CLOCK_NS)
            if state.places.newest < edge:
                return state, edge
            self._wait_for(state.places.newest)
        return None

    def _wait_for(self, time_ns: int) -> None:
        """Wait a moment for the file system's clock to go on."""
        until = time.monotonic() + _WAIT_S
        while time.monotonic() < until:
            time.sleep(_POLL_S)
            stamp = self._stamp()
            if stamp is None or stamp[0] > time_ns:
                return

    def _stamp(self) -> tuple[int, int] | None:
        return None if self._store is None else self._store.stamp()

    def _take_state(self) -> State:
        return take_state(self._git, only_python=self._only_python)

    def _key(self, state: State) -> str:
        return f"answers-{_hashed(self._about, state.digest)}"

    @property
    def _results_key(self) -> str:
        return f"files-{_hashed(self._about)}"


def _hashed(*texts: str) -> str:
    return sha256(" ".join(texts).encode("utf-8", "surrogateescape")).hexdigest()
