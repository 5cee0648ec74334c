"""Pre-images come back by git checkout, whatever the user's settings say."""

from __future__ import annotations

import os
import sys

import pytest
from trees import ODD_NAMES, Tree, names

import rollback.git
from rollback.apply import apply_changes
from rollback.errors import GitFailed
from rollback.journal import RunRequest
from rollback.preimages import _checked_out


@pytest.mark.skipif(sys.platform == "darwin", reason="names must be UTF-8 there")
def test_git_checkout_alone_finds_every_file(tree: Tree) -> None:
    """What it misses is read from the blobs, which hides a mistake in its options."""
    for path in ODD_NAMES:
        tree.write(path, os.fsencode(path) + b"\r\n")
    tree.git("config", "core.sparseCheckout", "true")
    (tree.root / ".git/info").mkdir(exist_ok=True)
    (tree.root / ".git/info/sparse-checkout").write_text("/elsewhere/\n")
    tree.git("config", "core.autocrlf", "input")
    run = tree.apply(dict.fromkeys(ODD_NAMES, b"new\n"))
    with _checked_out(tree.open(), run) as folder:
        assert {path: (folder / path).read_bytes() for path in ODD_NAMES} == {
            path: os.fsencode(path) + b"\r\n" for path in ODD_NAMES
        }


def test_a_git_that_never_gets_its_input_changes_nothing(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where this process is killed before it has sent it: git reads an empty list of paths."""
    committed.write("a.py", b"uncommitted\n")
    committed.git("add", "a.py")
    run = committed.apply({"a.py": b"new\n"})

    def facts() -> tuple[object, ...]:
        head = (committed.root / ".git/HEAD").read_bytes()
        return committed.state(), head, (committed.root / ".git/index").read_bytes(), committed.git("for-each-ref")

    before = facts()
    execute = rollback.git._execute
    monkeypatch.setattr("rollback.git._execute", lambda root, args, _="", env=None: execute(root, args, b"", env))
    git = committed.open()
    names_before = names(committed.root / ".git")
    with _checked_out(git, run) as folder:
        assert (folder / "a.py").read_bytes() == b"uncommitted\n"
    assert facts() == before
    with committed.journal() as journal, pytest.raises(GitFailed):
        apply_changes(git, journal, RunRequest("demo", 3, 0.0, 1, 0), [committed.change("a.py", b"newer\n")])
    assert facts() == before
    with pytest.raises(GitFailed):
        git.commit(["a.py"], "message")
    assert facts() == before
    assert names(committed.root / ".git") - {"COMMIT_EDITMSG"} == names_before - {"COMMIT_EDITMSG"}
