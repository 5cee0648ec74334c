"""Random histories: runs, failures, kills, rollbacks, and a user who edits, commits, stashes, switches branches meanwhile.

A model says what each step of the tool must do to the tree: which files it restores, and when it must refuse. What the user
does is read from the disk, as it is the user's business.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from trees import Tree

from rollback.errors import DriftedSince, Interrupted, LaterRuns
from rollback.journal import RunRecord

PATHS = ("a.py", "b.py", "pkg/c.py", "pkg/d.py", "new/deep/e.py")
File = tuple[bytes, int] | None
"""Bytes and permission bits, or that there is none."""

contents = st.sampled_from([b"0\n", b"1\n", b"2\r\n", b"3"])
modes = st.sampled_from([0o644, 0o755, 0o600, 0o444])
paths = st.sampled_from(PATHS)
wanted = st.dictionaries(paths, st.one_of(st.none(), contents), min_size=1, max_size=4)


@dataclass
class Applied:
    """One run that stands in the tree: its files before and after it."""

    record: RunRecord
    before: dict[str, File]
    after: dict[str, File]


class Ours(Exception):
    """What a run fails of."""


class Histories(RuleBasedStateMachine):
    """A repository, and the model of its files."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="histories-")).resolve()
        self.tree = Tree(self.folder, self.folder)
        self.model: dict[str, File] = {}
        self.standing: list[Applied] = []
        self.interrupted: Applied | None = None

    def teardown(self) -> None:
        """However it came to be: taken back newest first, every file is as it was before its oldest run."""
        try:
            self.resume(force=True)
            while self.standing:
                self.take_back(self.standing[-1], force=True)
                self.files_are_as_the_model_says()
        finally:
            shutil.rmtree(self.folder)

    @initialize(start=st.dictionaries(paths, st.tuples(contents, modes)))
    def begin(self, start: dict[str, tuple[bytes, int]]) -> None:
        self.tree.git("init", "--quiet")
        self.tree.write("other.txt", b"nobody touches this\n")
        for path, (content, mode) in start.items():
            self.tree.write(path, content, mode)
        self.tree.commit()
        self.look()

    # The user.

    @rule(path=paths, content=contents, mode=modes)
    def edit(self, path: str, content: bytes, mode: int) -> None:
        full = self.tree.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.unlink(missing_ok=True)
        self.tree.write(path, content, mode)
        self.look()

    @rule(path=paths)
    def delete(self, path: str) -> None:
        (self.tree.root / path).unlink(missing_ok=True)
        self.look()

    @rule(arguments=st.sampled_from([
        ("add", "--all"), ("commit", "--quiet", "--all", "--message", "work"), ("stash", "--include-untracked"),
        ("stash", "pop"), ("checkout", "--quiet", "-B", "topic"), ("checkout", "--quiet", "-f", "HEAD~1"),
        ("gc", "--quiet", "--prune=now"), ("reset", "--quiet"), ("reset", "--hard", "--quiet"), ("clean", "-fdq"),
    ]))  # fmt: skip
    def use_git(self, arguments: tuple[str, ...]) -> None:
        temporary = set(self.tree.root.rglob(".migrate-*"))
        subprocess.run(["git", *arguments], cwd=self.tree.root, capture_output=True, check=False)
        for path in set(self.tree.root.rglob(".migrate-*")) - temporary:
            path.unlink()  # the user had stashed or committed what a kill left, and has it back after the way back
        self.look()

    # The tool.

    @precondition(lambda self: self.interrupted is None)
    @rule(changes=wanted, phase=st.integers(1, 4))
    def apply(self, changes: dict[str, bytes | None], phase: int) -> None:
        changes = self.real(changes)
        before = {path: self.model[path] for path in changes}
        index = self.index()
        record = self.tree.apply(changes, phase=phase)
        self.expect(changes)
        self.standing.append(Applied(record, before, {path: self.model[path] for path in changes}))
        assert self.index() == index

    @precondition(lambda self: self.interrupted is None)
    @rule(changes=wanted, number=st.integers(1, 4))
    def fail(self, changes: dict[str, bytes | None], number: int) -> None:
        changes = self.real(changes)
        index = self.index()

        def stop(done: int) -> None:
            if done == min(number, len(changes)):
                raise Ours

        with pytest.raises(Ours):
            self.tree.apply(changes, progress=stop)
        assert self.index() == index

    @precondition(lambda self: self.interrupted is None)
    @rule(changes=wanted, number=st.integers(1, 4))
    def be_killed(self, changes: dict[str, bytes | None], number: int) -> None:
        changes = self.real(changes)
        before = {path: self.model[path] for path in changes}
        child = os.fork()
        if child == 0:
            try:
                self.tree.apply(
                    changes, progress=lambda done: os._exit(9) if done == min(number, len(changes)) else None
                )
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
        with self.tree.journal() as journal:
            record = journal.interrupted()
        assert record is not None
        self.expect(dict(list(changes.items())[:number]))
        self.interrupted = Applied(record, before, {p: self.result(before[p], c) for p, c in changes.items()})

    @precondition(lambda self: self.interrupted is not None)
    @rule(changes=wanted)
    def be_refused(self, changes: dict[str, bytes | None]) -> None:
        with pytest.raises(Interrupted):
            self.tree.apply(changes)
        for each in self.standing:
            with pytest.raises((Interrupted, LaterRuns)):
                self.tree.roll_back(each.record)

    @rule(force=st.booleans())
    def resume(self, force: bool) -> None:
        if self.interrupted is not None and self.take_back(self.interrupted, force):
            self.interrupted = None

    @precondition(lambda self: self.standing and self.interrupted is None)
    @rule(number=st.integers(0, 20), force=st.booleans())
    def roll_back(self, number: int, force: bool) -> None:
        self.take_back(self.standing[number % len(self.standing)], force)

    def take_back(self, run: Applied, force: bool) -> bool:
        """Roll `run` back, or see it refused for the right reason; says which."""
        index = self.index()
        later = [
            each for each in self.standing if each.record.id > run.record.id and each.before.keys() & run.before.keys()
        ]
        newer = [path for path in run.before if self.has_drifted(run, path)]
        if later:
            with pytest.raises(LaterRuns) as refused:
                self.tree.roll_back(run.record, force=force)
            assert [each.id for each in refused.value.later] == [each.record.id for each in later]
            return False
        if newer and not force:
            with pytest.raises(DriftedSince) as drifted:
                self.tree.roll_back(run.record)
            assert drifted.value.paths == tuple(newer)
            return False
        result = self.tree.roll_back(run.record, force=force)
        for path in newer:
            file = self.model[path]
            if file is not None:
                assert self.tree.git("show", f"{result.kept}:{path}") == file[0]
        self.model |= run.before
        if run in self.standing:
            self.standing.remove(run)
        assert self.index() == index
        return True

    # The model.

    def real(self, changes: dict[str, bytes | None]) -> dict[str, bytes | None]:
        """Without files that are not there and shall not be; but one change at the least."""
        return {p: c for p, c in changes.items() if c is not None or self.model[p] is not None} or {"a.py": b"9\n"}

    def has_drifted(self, run: Applied, path: str) -> bool:
        now, before, after = self.model[path], run.before[path], run.after[path]
        if now is not None and before is not None and (now[1] ^ before[1]) & 0o100:
            return True
        return _bytes(now) not in (_bytes(before), _bytes(after))

    def expect(self, changes: dict[str, bytes | None]) -> None:
        for path, content in changes.items():
            self.model[path] = self.result(self.model[path], content)

    @staticmethod
    def result(before: File, content: bytes | None) -> File:
        if content is None:
            return None
        return content, before[1] if before is not None else 0o644

    def look(self) -> None:
        """Take the tree as the user left it."""
        self.model = {path: self.read(path) for path in PATHS}

    def read(self, path: str) -> File:
        full = self.tree.root / path
        return (full.read_bytes(), stat.S_IMODE(full.stat().st_mode)) if full.is_file() else None

    def index(self) -> bytes:
        index = self.tree.root / ".git/index"
        return index.read_bytes() if index.exists() else b""

    @invariant()
    def files_are_as_the_model_says(self) -> None:
        if self.model:
            assert {path: self.read(path) for path in PATHS} == self.model

    @invariant()
    def nothing_lies_about(self) -> None:
        if self.interrupted is None:
            assert not list(self.tree.root.rglob(".migrate-*"))
            assert self.tree.private_files() <= {"journal.sqlite3", "lock"} if self.model else True


def _bytes(file: File) -> bytes | None:
    return None if file is None else file[0]


Histories.TestCase.settings = settings(
    max_examples=int(os.environ.get("HISTORIES", "20")),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestHistories = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")(Histories.TestCase)
TestHistories.pytestmark.append(pytest.mark.usefixtures("_own_git_configuration"))
