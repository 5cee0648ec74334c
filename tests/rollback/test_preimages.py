"""Pre-images come back by git checkout, whatever the user's settings say."""

from __future__ import annotations

import os
import sys

import pytest
from msgspec.structs import replace
from trees import ODD_NAMES, Tree, names

import rollback.git
from rollback.apply import apply_changes
from rollback.errors import GitFailed, SnapshotDamaged
from rollback.journal import RunRequest
from rollback.preimages import _checked_out, prove_images, read_images


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
    monkeypatch.setattr("rollback.git._execute", lambda root, args, _="", env=None, **__: execute(root, args, b"", env))
    git = committed.open()
    names_before = names(committed.root / ".git")
    with _checked_out(git, run) as folder:
        assert (folder / "a.py").read_bytes() == b"uncommitted\n"
    assert facts() == before
    with committed.journal() as journal, pytest.raises(GitFailed):
        apply_changes(git, journal, RunRequest("demo", 3, 0.0, 1, 0), [committed.change("a.py", b"newer\n")])
    assert facts() == before
    assert names(committed.root / ".git") == names_before


@pytest.mark.parametrize("kind", ["smudge", "process"])
def test_filters_of_the_user_are_not_run(committed: Tree, kind: str) -> None:
    """Not even to be undone: their programs may be slow, or gone."""
    committed.write(".gitattributes", b"* filter=odd.name\n")
    committed.git("config", f"filter.odd.name.{kind}", f"touch '{committed.root}/ran'; cat")
    committed.git("config", "filter.odd.name.required", "true")
    committed.write("a.py", b"bytes\r\n")
    run = committed.apply({"a.py": b"new\n", ".gitattributes": b"# new\n"})
    with _checked_out(committed.open(), run) as folder:
        assert (folder / "a.py").read_bytes() == b"bytes\r\n"
        assert (folder / ".gitattributes").exists()
    assert not (committed.root / "ran").exists()


def test_what_checkout_does_not_bring_is_read_from_the_blobs(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = {"a.py": b"", "b.py": b"\n\n\x00", "pkg/c.py": b"x" * 5000 + b"\n", "d e.py": b"last"}
    for path, content in contents.items():
        committed.write(path, content)
    run = committed.apply(dict.fromkeys(contents, b"new\n"))
    with committed.journal() as journal:
        files = journal.files(run.id)
    git = committed.open()
    assert read_images(git, run, files) == contents
    real = type(git).run
    asked: list[str] = []

    def run_git(self: object, *arguments: str, **options: object) -> object:
        asked.append(arguments[0])
        return b"" if arguments[0] == "checkout" else real(git, *arguments, **options)

    monkeypatch.setattr(type(git), "run", run_git)
    assert read_images(git, run, files) == contents
    assert asked.count("cat-file") == 2
    assert read_images(git, run, files[1:2]) == {"b.py": contents["b.py"]}
    assert read_images(git, run, []) == {}


def test_what_checkout_brought_is_not_read_again(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    run = committed.apply({"a.py": b"new\n"})
    with committed.journal() as journal:
        files = journal.files(run.id)
    monkeypatch.setattr("rollback.preimages._read_blobs", lambda *_: pytest.fail("read again"))
    assert read_images(committed.open(), run, files) == {"a.py": b"import a\n"}


def test_a_filter_that_cannot_be_switched_off_does_not_run(committed: Tree) -> None:
    ran = committed.root.parent / "ran"
    committed.git("config", "filter.a=b.smudge", f"tee '{ran}'")
    (committed.root / ".git/info").mkdir(exist_ok=True)
    (committed.root / ".git/info/attributes").write_text("*.py filter=a=b\n")
    run = committed.apply({"a.py": b"new\n"})
    committed.roll_back(run)
    assert committed.read("a.py") == b"import a\n"
    assert not ran.exists()


def test_images_can_be_proved_before_anything_is_restored(committed: Tree) -> None:
    committed_b = committed.read("b.py")
    run = committed.apply({"a.py": b"new\n", "b.py": None, "new.py": b"new\n"})
    with committed.journal() as journal:
        files = journal.files(run.id)
    before = {"a.py": b"import a\n", "b.py": committed_b}
    assert prove_images(committed.open(), run, files) == before
    wrong = [replace(files[0], before_sha256="0" * 64)]
    with pytest.raises(SnapshotDamaged, match=r"the pre-image of a\.py is not the one on record"):
        prove_images(committed.open(), run, wrong)
    committed.git("update-ref", "-d", run.ref or "")
    committed.git("gc", "--quiet", "--prune=now")
    with pytest.raises(SnapshotDamaged):
        prove_images(committed.open(), run, files)


def test_kept_images_are_read_without_a_file(committed: Tree) -> None:
    committed.write("b.py", b"\r\n\xff", 0o755)
    committed.git("config", "core.autocrlf", "true")
    run = committed.apply({"a.py": b"new\n", "b.py": b"", "made.py": b"made\n"})
    with committed.journal() as journal:
        files = journal.files(run.id)
    before = committed.private_files()
    found = prove_images(committed.open(), run, files)
    assert found == {"a.py": b"import a\n", "b.py": b"\r\n\xff"}
    assert committed.private_files() == before
    damaged = [replace(file, before_sha256="0" * 64) for file in files if file.path == "a.py"]
    with pytest.raises(SnapshotDamaged, match=r"the pre-image of a\.py is not the one on record"):
        prove_images(committed.open(), run, damaged)
