"""What git is asked for a dry run, begun before the plan is checked and the engine loaded: git takes about as long."""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any, Generic, TypeVar

from migrate.executors.workers import usable_processors
from migrate.needles import PYTHON, words_of_calls, words_of_moves
from migrate.refs import ObjectRef
from migrate.whereabouts import Whereabouts
from rollback.git import Git, Search

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


@dataclass(frozen=True)
class AskedGit(Git):
    """A working tree about which some is being asked; the answers tell of it as it was then, and are given once.

    Attributes:
        found: of searches, by root and what was asked. links: as of `Git.passed_over`, by root.
    """

    found: dict[tuple[Path, Search], Answer[tuple[str, ...]]] = field(default_factory=dict, repr=False, compare=False)
    links: dict[Path, Answer[dict[str, str]]] = field(default_factory=dict, repr=False, compare=False)

    def search(self, asked: Search, threads: int | None = None) -> tuple[str, ...]:
        """As in git."""
        self._wait()
        answer = self.found.pop((self.root, asked), None)
        return super().search(asked, threads) if answer is None else answer.result()

    def passed_over(self) -> dict[str, str]:
        """As in git."""
        answer = self.links.pop(self.root, None)
        return super().passed_over() if answer is None else answer.result()

    def _wait(self) -> None:
        """Whoever has heard of files may fork processes for them."""
        answers: tuple[Answer[Any], ...] = (*self.found.values(), *self.links.values())
        for answer in answers:
            answer.wait()


def ask_early(where: Whereabouts, phase: int) -> Whereabouts:
    """Ask git what a look at a phase is going to ask, and do not wait; what goes wrong is raised where it asks.

    This process is at work meanwhile, so one processor is not git's.

    What that is, is read from a plan that nobody has checked: another question than was foreseen is asked anew.
    """
    git = where.git
    known = {each.name: getattr(git, each.name) for each in fields(git)}
    threads = max(1, usable_processors() - 1)
    found = {(git.root, asked): Answer(partial(git.search, asked, threads)) for asked in _foreseen(where, phase)}
    return Whereabouts(AskedGit(**known, found=found, links={git.root: Answer(git.passed_over)}), where.plan_file)


def _foreseen(where: Whereabouts, phase: int) -> list[Search]:
    try:
        if not where.plan_file.is_file():  # a pipe can be read once
            return []
        plan = tomllib.loads(where.plan_file.read_bytes().removeprefix(codecs.BOM_UTF8).decode())
        words = _words(plan, phase)
        around = plan.get("plan", {})
        pathspecs, exclude = (*PYTHON, *around.get("include", ())), tuple(around.get("exclude", ()))
    except (OSError, ValueError, RecursionError, AttributeError, LookupError, TypeError):
        return []  # it is no plan, which somebody else is going to say
    is_text = all(isinstance(word, str) for word in (*words, *pathspecs, *exclude))
    if not words or not is_text or not all(word.isascii() for word in words):
        return []
    return [Search(tuple(sorted(words)), True, True, pathspecs, exclude, False)]


def _words(plan: Mapping[str, Any], phase: int) -> frozenset[str]:
    if phase == 3:
        return words_of_moves(ObjectRef.parse(move["old"]) for move in plan["phase3"]["move"])
    calls = plan["phase4"]["call"]
    attributes = [name for call in calls for name in call.get("attributes", ())]
    old = [name for call in calls for key in ("rename", "remove") for name in call.get(key, ())]
    return words_of_calls((ObjectRef.parse(call["callee"]) for call in calls), attributes, old)
