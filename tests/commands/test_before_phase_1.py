"""The tree as it was before phase 1: the commit, what the runs kept, and what has come since."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from sample import FILES, PLAN, MakeSample, Sample

from migrate.session import Session, open_session
from migrate.throwaway.errors import BeforeIsGone
from migrate.worktrees import before_phase_1, current_state
from rollback.errors import SnapshotDamaged
from rollback.git import Git

Files = Mapping[str, tuple[int, bytes]]


@pytest.fixture(autouse=True)
def _room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "room"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    yield
    assert list(folder.iterdir()) == []


def files(root: Path) -> Files:
    """Mode, and bytes or a link's target, of everything but git's own."""
    return {
        path.relative_to(root).as_posix(): (
            stat.S_IMODE(path.lstat().st_mode),
            str(path.readlink()).encode() if path.is_symlink() else path.read_bytes(),
        )
        for path in root.rglob("*")
        if (path.is_symlink() or path.is_file()) and ".git" not in path.relative_to(root).parts
    }


def session(sample: Sample, folder: str = ".") -> Session:
    return open_session(sample.root / folder, None)


@contextmanager
def before(sample: Sample, tell: Callable[[str], None] = lambda _: pytest.fail("told")) -> Iterator[Git]:
    with sample.untouched(), before_phase_1(session(sample), tell) as made:
        yield made
    assert sample.git("worktree", "list").count("\n") == 1


def test_without_a_run_it_is_the_tree_as_it_is(sample: Sample) -> None:
    sample.write("app/main.py", "edited\n")
    sample.write("new.py", "new\n")
    sample.git("mv", "README.md", "READ.me")
    with before(sample) as made:
        assert files(made.root) == files(sample.root)
        assert made.run("status", "--porcelain").decode() == sample.git("status", "--porcelain")


def test_runs_that_were_taken_back_do_not_count(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    sample.call("rollback", "--yes")
    sample.call("phase1", "--yes", "--verify", "false", code=1)
    sample.write("app/main.py", "edited\n")
    with before(sample) as made:
        assert files(made.root) == files(sample.root)


@pytest.mark.parametrize("options", [(), ("--commit",)], ids=["not committed", "committed"])
def test_every_phase_is_taken_off(sample: Sample, options: tuple[str, ...]) -> None:
    start, head = files(sample.root), sample.git("rev-parse", "HEAD").strip()
    sample.call("run", "--yes", *options)
    assert files(sample.root) != start
    with before(sample) as made:
        assert files(made.root) == start
        assert made.head() == head
        assert made.run("status", "--porcelain") == b""


def test_the_first_of_several_runs_has_the_file_as_it_was(sample: Sample) -> None:
    start = files(sample.root)
    for phase in ("phase1", "phase2"):
        sample.call(phase, "--yes")
    sample.write("app/main.py", sample.read("app/main.py") + b"# edited\n")
    edited = sample.read("app/main.py")
    sample.call("phase3", "--yes", "--allow-dirty")
    sample.write("app/main.py", sample.read("app/main.py") + b"# and again\n")
    sample.call("phase4", "--yes", "--allow-dirty")
    with before(sample) as made:
        assert files(made.root) == {**start, "app/main.py": (0o644, edited)}


def test_what_was_dirty_before_a_run_that_touched_it(sample: Sample) -> None:
    sample.write("shop/cart.py", "class Cart: ...\n\ndef checkout(): ...\n# not committed\n")
    (sample.root / "shop/cart.py").chmod(0o600)
    start = files(sample.root)
    sample.call("phase1", "--yes", "--allow-dirty")
    with before(sample) as made:
        assert files(made.root) == start


def test_what_changed_since_is_as_in_the_commit(sample: Sample) -> None:
    (sample.root / "tool").write_bytes(b"#!/bin/sh\n")
    (sample.root / "tool").chmod(0o755)
    (sample.root / "link").symlink_to("README.md")
    sample.write("removed.py", "")
    sample.write("moved.py", "")
    sample.write("replaced", "a file\n")
    sample.write("folder/one.py", "")
    sample.commit()
    start = files(sample.root)
    sample.call("phase1", "--yes")
    sample.write("README.md", "edited and committed\n")
    sample.git("commit", "--quiet", "--all", "--message", "since")
    sample.write("app/main.py", "edited\n")
    sample.write("shop/basket.py", "staged\n")
    sample.git("add", "shop/basket.py")
    (sample.root / "tool").chmod(0o644)
    (sample.root / "link").unlink()
    (sample.root / "link").symlink_to("elsewhere")
    (sample.root / "removed.py").unlink()
    sample.git("mv", "moved.py", "moved_to.py")
    (sample.root / "replaced").unlink()
    sample.write("replaced/by_a_folder.py", "")
    (sample.root / "folder/one.py").unlink()
    (sample.root / "folder").rmdir()
    sample.write("folder", "a file now\n")
    with before(sample) as made:
        assert files(made.root) == {**start, "moved_to.py": (0o644, b"")}


def test_what_is_new_since_is_there(sample: Sample) -> None:
    """A suite that was written for the migration, committed or not."""
    start = files(sample.root)
    sample.call("phase1", "--yes")
    sample.write("tests/test_new.py", "untracked\n")
    sample.write("tests/test_staged.py", "staged\n")
    sample.git("add", "tests/test_staged.py")
    sample.write("tests/test_committed.py", "committed\n")
    sample.git("add", "tests/test_committed.py")
    sample.git("commit", "--quiet", "--message", "suite", "tests/test_committed.py")
    sample.write(".gitignore", "*.log\n")
    sample.write("some.log", "")
    sample.git("init", "--quiet", "nested")
    new = {".gitignore", *(f"tests/test_{kind}.py" for kind in ("new", "staged", "committed"))}
    with before(sample) as made:
        found = files(made.root)
        assert found.keys() - start.keys() == new
        assert {path: found[path] for path in start} == start


def test_a_file_that_a_run_has_made_is_not_there(make_sample: MakeSample) -> None:
    from rollback.apply import apply_changes
    from rollback.changes import FileChange
    from rollback.journal import Journal, RunRequest
    from rollback.lock import locked

    sample = make_sample()
    start, git = files(sample.root), session(sample).git
    change = FileChange("shop/made/by_a_run.py", None, b"made\n", None)
    with locked(git, "test"), Journal.open(git, create=True) as journal:
        apply_changes(git, journal, RunRequest("basket", 1, 0.0, 1, 0), [change])
    with before(sample) as made:
        assert files(made.root) == start


def test_what_is_hidden_from_git_counts_as_unchanged(sample: Sample) -> None:
    sample.git("update-index", "--assume-unchanged", "README.md")
    sample.git("update-index", "--skip-worktree", "app/star.py")
    sample.write("README.md", "settings of this machine\n")
    (sample.root / "app/star.py").unlink()
    start = files(sample.root)
    sample.call("phase1", "--yes")
    with before(sample) as made:
        assert files(made.root) == start


@pytest.mark.parametrize(
    ("attributes", "content"),
    [
        pytest.param("* text=auto eol=crlf\n", b"one\ntwo\n", id="line ends"),
        pytest.param("o*.py filter=shout\n", b"one\r\ntwo", id="a filter"),
        pytest.param("*.py ident\n", b"one\r\n$Id$\n", id="ident"),
    ],
)
def test_filters_change_nothing(make_sample: MakeSample, attributes: str, content: bytes) -> None:
    sample = make_sample({".gitattributes": attributes, "odd.py": content, "other.py": b"one\n"})
    sample.git("config", "filter.shout.smudge", "tr a-z A-Z")
    sample.git("config", "filter.shout.clean", "tr A-Z a-z")
    for name in ("odd.py", "other.py"):
        (sample.root / name).unlink()
        sample.git("checkout", "--", name)  # as the filter makes it
    start, committed = files(sample.root), sample.git("cat-file", "blob", "HEAD:other.py").encode()
    assert start["odd.py"][1] != content
    sample.call("phase1", "--yes")
    sample.write("other.py", b"changed\n")
    with before(sample) as made:
        assert files(made.root) == {**start, "other.py": (0o644, committed)}


def test_a_phase_before_the_first_commit(sample: Sample) -> None:
    sample.git("update-ref", "-d", "HEAD")
    start = files(sample.root)
    sample.call("phase1", "--yes", "--allow-dirty")
    sample.git("commit", "--quiet", "--message", "first")
    with before(sample) as made:
        assert files(made.root) == start
        assert made.run("ls-tree", "HEAD") == b""


def test_the_commit_is_gone(sample: Sample) -> None:
    sample.git("checkout", "--quiet", "--orphan", "side")
    sample.git("commit", "--quiet", "--message", "aside")
    sample.write("app/main.py", "edited\n")
    sample.git("commit", "--quiet", "--all", "--message", "aside")
    gone = sample.git("rev-parse", "HEAD").strip()
    start = files(sample.root)
    sample.call("phase1", "--yes")
    sample.git("checkout", "--quiet", "--force", "main")
    sample.git("branch", "--quiet", "-D", "side")
    sample.git("reflog", "expire", "--expire=now", "--all")
    sample.git("gc", "--quiet", "--prune=now")
    told: list[str] = []
    with before(sample, told.append) as made:
        assert files(made.root) == {**start, "app/main.py": (0o644, str(FILES["app/main.py"]).encode())}
    assert told == [f"as before phase 1: the commit {gone} is gone, so what no phase has touched is as in HEAD"]


def test_the_commit_is_not_on_record(sample: Sample) -> None:
    import sqlite3

    start = files(sample.root)
    sample.call("phase1", "--yes")
    with sqlite3.connect(sample.root / ".git/migrate/journal.sqlite3") as journal:
        journal.execute("DROP TRIGGER events_are_not_changed")
        journal.execute("UPDATE events SET detail = ''")
    journal.close()
    told: list[str] = []
    with before(sample, told.append) as made:
        assert files(made.root) == start
    assert told == ["as before phase 1: the commit is not on record, so what no phase has touched is as in HEAD"]


def test_a_run_of_another_plan_stays(make_sample: MakeSample) -> None:
    sample = make_sample({"other.toml": PLAN.replace('"basket"', '"other"')})
    sample.call("phase1", "--yes", "--plan", "other.toml")
    sample.commit()
    start = files(sample.root)
    sample.call("phase2", "--yes")
    with before(sample) as made:
        assert files(made.root) == start


def test_a_root_in_a_folder(make_sample: MakeSample) -> None:
    inner = {f"inner/{path}": content for path, content in FILES.items()}
    sample = make_sample({**dict.fromkeys(FILES, None), **inner, "outer.py": ""})
    start = files(sample.root)
    for phase in ("phase1", "phase2", "phase3"):
        sample.call(phase, "--yes", "--root", "inner")
    with before_phase_1(session(sample, "inner")) as made:
        assert (made.prefix, files(made.toplevel)) == ("inner/", start)


def test_a_copy_has_the_same_before_as_its_origin(sample: Sample) -> None:
    start = files(sample.root)
    sample.call("phase1", "--yes")
    origin = session(sample)
    with current_state(origin.git) as copy:
        (copy.root / "app/main.py").write_bytes(b"edited in the copy\n")
        with before_phase_1(replace(origin, git=copy, origin=origin)) as made:
            assert files(made.root) == start


def test_a_snapshot_that_was_given_up(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    sample.call("journal", "prune", "--applied", "--older-than", "0", "--yes")
    with pytest.raises(BeforeIsGone) as caught, before(sample):
        pytest.fail("made")  # pragma: no cover
    assert str(caught.value) == (
        "the files as they were before run 1 (phase 1 of 'basket') were given up by `migrate journal prune`"
    )


def test_a_snapshot_that_is_gone(sample: Sample) -> None:
    sample.call("phase1", "--yes")
    sample.git("update-ref", "-d", "refs/migrate/basket/run-1")
    sample.git("gc", "--quiet", "--prune=now")
    with pytest.raises(SnapshotDamaged), before(sample):
        pytest.fail("made")  # pragma: no cover
