"""What a killed command left in the git directory goes, and nothing else does."""

from __future__ import annotations

import pytest
from trees import Tree

from rollback.errors import GitFailed
from rollback.snapshot import Image, refs, take
from rollback.tidy import tidy

REF = "refs/migrate/demo/run-9"


def test_nothing_to_tidy(committed: Tree) -> None:
    run = committed.apply({"a.py": b"new\n"})
    with committed.journal() as journal:
        tidy(committed.open(), journal)
    assert committed.refs() == [run.ref]


def test_a_ref_that_was_announced_and_not_claimed(committed: Tree) -> None:
    git = committed.open()
    run = committed.apply({"a.py": b"new\n"})
    with committed.journal() as journal:
        journal.announce(REF)
        take(git, REF, [Image("a.py", b"x", "100644")], "subject\n")
        git.private("scratch/deep").mkdir(parents=True)
        git.private("commands/deep").mkdir(parents=True)
        tidy(git, journal)
        assert journal.announced() == ()
    assert committed.refs() == [run.ref]
    assert committed.private_files() == {"journal.sqlite3"}


def test_a_ref_that_another_git_is_at_work_on(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays announced, and is in nobody's way."""
    git = committed.open()
    with committed.journal() as journal:
        journal.announce(REF)
        take(git, REF, [], "subject\n")
        (committed.root / ".git/packed-refs.lock").touch()
        tidy(git, journal)
        assert (refs(git), journal.announced()) == ((REF,), (REF,))
    committed.roll_back(committed.apply({"a.py": b"new\n"}))
    (committed.root / ".git/packed-refs.lock").unlink()
    with committed.journal() as journal:
        tidy(git, journal)
        assert (refs(git)[:1], journal.announced()) == (("refs/migrate/demo/run-10",), ())


def test_a_snapshot_that_was_cut_off_keeps_its_number_free(committed: Tree) -> None:
    """The next run takes a number that no ref has."""
    git = committed.open()
    with committed.journal() as journal:
        journal.announce("refs/migrate/demo/run-1")
    take(git, "refs/migrate/demo/run-1", [], "subject\n")
    run = committed.apply({"a.py": b"new\n"})
    assert (run.id, committed.refs()) == (1, ["refs/migrate/demo/run-1"])
    assert committed.git("show", "refs/migrate/demo/run-1:a.py") == b"import a\n"


def test_a_run_whose_snapshot_fails_leaves_no_ref(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise GitFailed(["fast-import"], 1, "ours")

    monkeypatch.setattr("rollback.apply.take", refuse)
    with pytest.raises(GitFailed, match="ours"):
        committed.apply({"a.py": b"new\n"})
    with committed.journal() as journal:
        assert journal.announced() == ()
