"""What is staged: only those files, as they are in the index; of others only what these files ask for."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from msgspec import Struct

from migrate.guarding.asked import may_ask, names_asked
from migrate.guarding.file_look import BOTH, NOTHING, FileLook, LookSpec, look_at, may_hold
from migrate.guarding.looked import Looked
from migrate.knowledge import Knowledge
from migrate.modules import SUFFIXES, module_of
from migrate.plan import Plan
from migrate.source import Source, UnparsableSource
from rollback.git import Blobs, Git


class Staged(Struct, frozen=True):
    """The staged Python files of the plan.

    Attributes:
        files: path to content. removed: paths of files that the commit removes.
        index: where they are staged.
    """

    files: Mapping[str, bytes]
    removed: frozenset[str]
    index: Index


@dataclass(frozen=True)
class Index:
    """The files of an index, by path."""

    git: Git
    file: Path | None
    blobs: Blobs
    _read: dict[str, bytes] = field(default_factory=dict)

    @cached_property
    def entries(self) -> Mapping[str, str]:
        return self.git.in_index(self.file)

    def read(self, path: str) -> bytes | None:
        """The content of a file, None where there is none; links are not followed."""
        blob = self.entries.get(path)
        if blob is None:
            return None
        if blob not in self._read:
            self._read[blob] = self.blobs.read(blob)
        return self._read[blob]


@contextmanager
def staged(git: Git, plan: Plan) -> Iterator[Staged]:
    """Read what is staged; other files can be read as long as the block lasts."""
    file = hook_index(git)
    pathspecs = (*(f"*{suffix}" for suffix in SUFFIXES), *plan.plan.include)
    found = git.staged(pathspecs, plan.plan.exclude, file)
    removed = frozenset(path for path, blob in found.items() if blob is None)
    with git.blobs() as blobs:
        files = {path: blobs.read(blob) for path, blob in sorted(found.items()) if blob is not None}
        yield Staged(files, removed, Index(git, file, blobs))


def hook_index(git: Git) -> Path | None:
    """The index that git has told a hook to look at: `git commit FILE` and `git commit -a` have one of their own."""
    named, repository = os.environ.get("GIT_INDEX_FILE"), os.environ.get("GIT_DIR")
    if not named:
        return None
    if repository is not None and Path(repository).resolve() != git.git_dir.resolve():
        return None  # that of another repository
    return git.toplevel / named


@dataclass
class StagedLook(Knowledge):
    """A look at staged files alone.

    Each asks for the names it uses; the modules that these lead through are read from the index.
    """

    git: Git
    staged: Staged

    def look(self) -> Looked:
        """Look at every staged file, until none asks for anything new."""
        files = self.staged.files
        spec = LookSpec(self._spec())
        asking = {path for path, content in files.items() if may_ask(content, self.plan)}
        if not asking and not any(may_hold(path, content, BOTH, spec) for path, content in files.items()):
            return Looked((), len(files), 0)
        self._prepare()
        asked = frozenset().union(*(self._asked_by(path) for path in sorted(asking)))
        between, bases = self._between(asked) if self.plan.phase4 is not None else ((), frozenset())
        asked |= bases
        looks: list[FileLook] = []
        state: tuple[int, ...] = ()
        while state != self._state():
            state = self._state()
            spec = LookSpec(self._spec())
            looks = [look_at(path, files[path], NOTHING, True, spec) for path in files if path not in self._redirected]
            others = [self._look_between(path, spec) for path in between]
            self._note_heirs((*others, *looks))
            self._learn((*others, *looks), asked)
            self._read_exports((*others, *looks))
        return Looked(tuple(each for look in looks for each in look.seen), len(files), sum(look.kept for look in looks))

    def _state(self) -> tuple[int, ...]:
        """Changes whenever something new is known."""
        names = (len(each) for part in self._parts.values() for each in (part.aliases, part.maybe))
        return (*names, sum(map(len, self._subclasses.values())), len(self._exports))

    def _asked_by(self, path: str) -> frozenset[str]:
        try:
            tree = Source(self.staged.files[path]).parse()
            return names_asked(tree, module_of(path, self.plan.plan.source_roots), self.plan)
        except (UnparsableSource, RecursionError):
            return frozenset()

    def _look_between(self, path: str, spec: LookSpec) -> FileLook:
        content = self.read_if_there(path)
        assert content is not None, "it has been read"
        return look_at(path, content, NOTHING, True, spec)

    def _between(self, asked: Collection[str]) -> tuple[tuple[str, ...], frozenset[str]]:
        """The files of the classes from some names up to those of the plan, and what those files call their bases."""
        paths, names = set[str](), set[str]()
        for dotted in asked:
            homes, bases = self._bases(dotted)
            paths |= {path for home in homes if (path := self._file_of(home.rpartition(".")[0])) is not None}
            names |= bases
        return tuple(sorted(paths)), frozenset(names)

    def _bases(self, dotted: str) -> tuple[set[str], set[str]]:
        """Where the classes from `dotted` up to one of the plan are defined, and all their bases; else nothing."""
        callees = self._parts[4].wanted
        pending, bases, homes, is_reached = [dotted], set[str](), set[str](), False
        while pending:
            name = pending.pop()
            if name in callees or self._reexports.aliases([name], callees):
                is_reached = True
                continue
            ends = self._reexports.ends(name)
            homes |= ends
            more = {base for end in ends for base in self._reexports.bases(end)} - bases - {dotted}
            bases |= more
            pending += more
        return (homes, bases) if is_reached else (set(), set())

    def _is_there(self, path: str) -> bool:
        return path in self.staged.index.entries
