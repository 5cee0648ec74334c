"""A linked working tree of our own, filled by others: its HEAD, its index, its refs; and what is in a working tree."""

from __future__ import annotations

from pathlib import Path

import pytest
from trees import ODD_NAMES, Tree, names

from rollback.errors import GitFailed
from rollback.git import Git
from rollback.snapshot import Image, drop_worktree_refs, refs_of_worktree, run_ref, take


@pytest.fixture
def linked(tmp_path: Path, committed: Tree) -> Git:
    """A worktree without a file."""
    git = committed.open()
    git.add_worktree(tmp_path / "linked", git.head() or "")
    return Git.open(tmp_path / "linked")


def status(root: Path) -> bytes:
    return Tree(root, root).git("status", "--porcelain", "-z", "--ignored")


def test_the_whole_of_a_folder(committed: Tree) -> None:
    git = Git.open(committed.root / "pkg")
    assert git.whole == committed.open()
    assert git.whole.whole == git.whole


def test_what_is_in_an_empty_repository(tree: Tree) -> None:
    assert tree.open().present() == ()


def test_what_is_in_a_working_tree(committed: Tree) -> None:
    committed.write(".gitignore", b"*.log\n")
    committed.write("tracked.log", b"")
    committed.git("add", "--force", "tracked.log")
    committed.write("ignored.log", b"")
    committed.write("new/one", b"")
    committed.write("meant", b"")
    committed.git("add", "--intent-to-add", "meant")
    (committed.root / "a.py").unlink()
    committed.git("rm", "--quiet", "b.py")
    committed.git("init", "--quiet", "theirs")
    committed.write("theirs/one", b"")
    everything = (".gitignore", "a.py", "meant", "new/one", "pkg/c.py", "theirs/", "tracked.log")
    assert committed.open().present() == everything
    assert Git.open(committed.root / "pkg").present() == ("c.py",)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names(tree: Tree, name: str) -> None:
    tree.write(name, b"")
    assert tree.open().present() == (name,)
    tree.commit()
    head = tree.open().head() or ""
    assert tree.open().changed_since(head) == frozenset()
    tree.write(name, b"changed")
    assert tree.open().changed_since(head) == {name}


def test_conflicts_are_one_path(committed: Tree) -> None:
    committed.git("checkout", "--quiet", "-b", "other")
    committed.write("a.py", b"theirs")
    committed.commit()
    committed.git("checkout", "--quiet", "-")
    committed.write("a.py", b"ours")
    committed.commit()
    with pytest.raises(Exception, match="merge"):
        committed.git("merge", "--quiet", "other")
    assert committed.open().present() == ("a.py", "b.py", "pkg/c.py")
    assert committed.open().changed_since("HEAD") == {"a.py"}


def test_what_has_changed_since_a_commit(committed: Tree) -> None:
    git = committed.open()
    first = git.head() or ""
    committed.write("b.py", b"import b\n", 0o644)  # was executable
    committed.write("new", b"")
    assert git.changed_since(first) == {"b.py"}
    committed.commit()
    committed.write("a.py", b"staged")
    committed.git("add", "a.py")
    committed.write("a.py", b"import a\n")  # as it was again, but for the index
    (committed.root / "pkg/c.py").unlink()
    assert git.changed_since(first) == {"b.py", "new", "pkg/c.py"}
    assert Git.open(committed.root / "pkg").changed_since(first) == {"c.py"}
    committed.git("checkout", "--quiet", "pkg")
    committed.git("update-index", "--assume-unchanged", "pkg/c.py")
    committed.write("pkg/c.py", b"not looked at")
    assert git.changed_since(first) == {"b.py", "new"}


def test_the_empty_commit_is_the_same_each_time(tree: Tree) -> None:
    git = tree.open()
    commit = git.empty_commit()
    assert git.empty_commit() == commit
    assert git.run("ls-tree", commit) == b""
    assert git.run("log", "--format=%an %s", commit) == b"migrate nothing\n"
    assert git.head() is None


def test_a_worktree_is_empty_and_may_move(tmp_path: Path, committed: Tree, linked: Git) -> None:
    assert (linked.worktree, linked.head()) == ("linked", committed.open().head())
    assert names(linked.root) == {".git"}
    linked.move_worktree(linked.root, tmp_path / "moved")
    moved = Git.open(tmp_path / "moved")
    assert (moved.root, moved.worktree, moved.git_dir) == (tmp_path / "moved", "linked", linked.git_dir)
    assert not linked.root.exists()


def test_a_worktree_that_git_does_not_make(tmp_path: Path, committed: Tree) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there/file").touch()
    with pytest.raises(GitFailed, match="already exists"):
        committed.open().add_worktree(tmp_path / "there", "HEAD")
    assert committed.git("worktree", "list").count(b"\n") == 1


def test_the_users_hook_does_not_run(tmp_path: Path, committed: Tree) -> None:
    hook = committed.root / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    committed.open().add_worktree(tmp_path / "linked", "HEAD")
    assert not (tmp_path / "ran").exists()


def test_the_index_of_a_commit(linked: Git) -> None:
    linked.read_tree("HEAD")
    assert linked.tracked() == {"a.py", "b.py", "pkg/c.py"}
    assert names(linked.root) == {".git"}


@pytest.mark.parametrize("options", [(), ("--split-index",), ("--untracked-cache",)], ids=["plain", "split", "cache"])
def test_a_copy_of_an_index(committed: Tree, linked: Git, options: tuple[str, ...]) -> None:
    committed.git("update-index", *options)
    committed.write("a.py", b"staged")
    committed.git("add", "a.py")
    committed.write("meant", b"")
    committed.git("add", "--intent-to-add", "meant")
    committed.git("update-index", "--assume-unchanged", "b.py")
    committed.git("update-index", "--skip-worktree", "pkg/c.py")
    before = (committed.root / ".git/index").read_bytes()
    linked.copy_index(committed.open())
    for command in (("ls-files", "--stage"), ("ls-files", "-v"), ("diff", "--cached")):
        assert linked.run(*command) == committed.git(*command)
    Tree(linked.root, linked.root).write("meant", b"")
    done = linked._run(["status", "--short"])
    assert (done.stdout, done.stderr) == (b"MD a.py\n A meant\n", b"")
    assert (committed.root / ".git/index").read_bytes() == before
    for shared in linked.git_dir.glob("sharedindex.*"):
        shared.unlink()
    assert linked.run("ls-files", "--stage") == committed.git("ls-files", "--stage")


def test_a_copy_of_no_index(tmp_path: Path, tree: Tree) -> None:
    git = tree.open()
    git.add_worktree(tmp_path / "linked", git.empty_commit())
    linked = Git.open(tmp_path / "linked")
    linked.copy_index(git)
    assert linked.tracked() == frozenset()


def test_a_worktrees_refs_and_nobody_elses(committed: Tree, linked: Git) -> None:
    image = [Image("a.py", b"content", "100644")]
    git = committed.open()
    own = [run_ref(linked, plan, name) for plan in ("one", "two") for name in ("run-1", "run-2")]
    others = [run_ref(git, "one", "run-3"), "refs/migrate/one/worktrees/linked-too/run-4"]
    assert refs_of_worktree(git, "linked") == ()
    for ref in (*own, *others):
        take(linked, ref, image, "subject\n")
    assert refs_of_worktree(git, "linked") == tuple(own)
    drop_worktree_refs(git, "linked")
    assert committed.refs() == others
    drop_worktree_refs(git, "linked")
    assert not (git.common_dir / "refs/migrate/two").exists()


def test_refs_that_were_packed_meanwhile(committed: Tree, linked: Git) -> None:
    git = committed.open()
    for number in (1, 2):
        take(linked, run_ref(linked, "one", f"run-{number}"), [], "subject\n")
        committed.git("pack-refs", "--all")
    take(linked, run_ref(linked, "one", "run-3"), [], "subject\n")
    drop_worktree_refs(git, "linked")
    assert committed.refs() == []
    assert not (git.common_dir / "refs/migrate").exists()


def test_refs_that_are_files_go_without_a_lock_on_the_others(committed: Tree, linked: Git) -> None:
    git = committed.open()
    take(linked, run_ref(linked, "one", "run-1"), [], "subject\n")
    (git.common_dir / "packed-refs.lock").touch()
    drop_worktree_refs(git, "linked")
    assert committed.refs() == []


def test_what_a_killed_git_left_beside_a_worktrees_refs(committed: Tree) -> None:
    git = committed.open()
    folder = git.common_dir / "refs/migrate/one/worktrees/gone"
    folder.mkdir(parents=True)
    (folder / "run-1.lock").touch()
    (folder / "run-2").touch()  # emptied by a power cut
    drop_worktree_refs(git, "gone")
    assert not (git.common_dir / "refs/migrate").exists()


def test_refs_of_a_worktree_with_an_odd_name(tmp_path: Path, committed: Tree) -> None:
    git = committed.open()
    git.add_worktree(tmp_path / "*ü ", "HEAD")
    linked = Git.open(tmp_path / "*ü ")
    take(linked, run_ref(linked, "one", "run-1"), [], "subject\n")
    assert len(refs_of_worktree(git, linked.worktree)) == 1
    assert refs_of_worktree(git, "ab") == ()
    drop_worktree_refs(git, linked.worktree)
    assert committed.refs() == []
    assert not (git.common_dir / "refs/migrate").exists()
