"""The whole tree: every place that is deprecated, as phase 5 finds it, in a fraction of the time."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from msgspec.structs import replace

from migrate.executors.crew import Crew
from migrate.executors.tasks import Task
from migrate.executors.workers import ALL, Workers
from migrate.guarding.file_look import NOTHING, Concern, FileLook, LookSpec, look_at
from migrate.guarding.looked import Looked
from migrate.guarding.search import Search
from migrate.knowledge import Knowledge
from migrate.modules import module_of
from migrate.reexports import Step, names_given
from migrate.source import Source
from rollback.git import Git


@dataclass
class TreeLook(Knowledge):
    """A look at a whole working tree; see `Rounds`, which does the same to rewrite it.

    Every file with a word of the plan's is looked at once. Other files, or some of these again, only where they may
    get at what other modules have new names for.

    Attributes:
        search: of the same tree.
        workers: who looks at the files.
        progress: told how many files of a round are done, and of how many.
    """

    git: Git
    search: Search
    workers: Workers = ALL
    progress: Callable[[int, int], None] | None = None
    _new_words: set[str] = field(init=False, default_factory=set)
    _looks: dict[str, FileLook] = field(init=False, default_factory=dict)

    def prepare(self) -> None:
        """Read what the plan names in the repository."""
        self._new_words = self._prepare()
        words, _ = self._learn_from(())
        while words:
            self._new_words |= words
            words, _ = self._learn_from(())

    def look(self, candidates: Collection[str]) -> Looked:
        """Look until no module tells another one anything new.

        Args:
            candidates: what `search` finds for the plan.
        """
        with Crew(self.git.root, self.workers) as self._crew:
            paths = {*candidates, *self.search.find(self._new_words)} - self._redirected
            self._look_at(paths, frozenset(), surely=paths)
            while True:
                words, again = self._learn_from(self._looks.values())
                users = self.search.find(words) - self._redirected
                if not users and not again:
                    break
                self._look_at(users | again, words, surely=again)
        looks = [self._looks[path] for path in sorted(self._looks)]
        seen = tuple(each for look in looks for each in look.seen)
        return Looked(seen, len(looks), sum(look.kept for look in looks))

    def _given_by_redirects(self) -> dict[str, tuple[str, Step]]:
        """Other names that the plan's redirects, which nothing is found in, give to what is looked for."""
        found: dict[str, tuple[str, Step]] = {}
        for path in sorted(self._redirected):
            source = Source(self.read_if_there(path) or b"")
            name = module_of(path, self.plan.plan.source_roots)
            given = names_given(source, name, self._words, source.parse)
            found |= {dotted: (path, step) for dotted, step in given.items()}
        return found

    @property
    def _words(self) -> frozenset[str]:
        """Last names of what is looked for."""
        return frozenset(self._known_words | {heir.rpartition(".")[2] for heir in self._subclasses})

    def _look_at(self, paths: Collection[str], new: frozenset[str], surely: Collection[str]) -> None:
        """Look at files that have one of the plan's words, or of new ones, or have asked about what is known by now.

        Args:
            surely: those of `paths` that count even if they get at nothing that is new.
        """
        tasks = [Task(path, (self._concerns(path), path in surely)) for path in sorted(paths)]
        spec = LookSpec(self._spec(), self._words, new)
        progress = self.progress
        tick = None if progress is None else lambda done: progress(done, len(tasks))
        for look in self._crew.run(tasks, spec, look_at, tick):
            before = self._looks.get(look.path)
            if before is not None and not look.is_whole:
                look = replace(before, unresolved=before.unresolved | look.unresolved, given=look.given)
            self._looks[look.path] = look

    def _concerns(self, path: str) -> Concern:
        """What a file was parsed for before."""
        return self._looks[path].concerns if path in self._looks else NOTHING

    def _learn_from(self, looks: Collection[FileLook]) -> tuple[frozenset[str], set[str]]:
        """Take up what files have told; last names that are new, and files that have asked about what is known now."""
        told = {look.path for look in looks if any(map(self._is_new, look.subclasses))}
        heirs = self._note_heirs(looks)
        given = {name: (look.path, step) for look in looks for name, step in look.given.items()}
        given |= self._given_by_redirects()
        for name, (path, step) in given.items():
            if self._file_of(name.rpartition(".")[0]) == path:
                self._reexports.steps.setdefault(name, step)
        again, words = self._learn(looks, given)
        return frozenset(words | heirs), again | told | self._read_exports(looks)

    def _is_there(self, path: str) -> bool:
        return self.git.is_file(path)
