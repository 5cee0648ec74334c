"""Pre-images are exact, survive garbage collection, and involve nothing of the user's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs
from trees import ODD_NAMES, Tree, names

import rollback.snapshot
from rollback.errors import GitFailed, NotKept, WriteFailed
from rollback.journal import RunRequest
from rollback.snapshot import Image, _make_durable, git_mode, give_up, next_run_id, refs, run_ref, scratch, take

REF = "refs/migrate/demo/run-1"


def shown(tree: Tree, commit: str, path: str) -> bytes:
    return tree.git("cat-file", "blob", f"{commit}:{path}")


@pytest.mark.parametrize("content", [b"crlf\r\nlf\n$Id: x$\n", b"\xef\xbb\xbf\r\xff\0"], ids=["text", "binary"])
def test_exact_bytes_past_filters(tree: Tree, content: bytes) -> None:
    tree.git("config", "core.autocrlf", "true")
    tree.git("config", "filter.upper.clean", "tr a-z A-Z")
    tree.write(".gitattributes", b"*.py filter=upper ident text eol=lf\n")
    commit = take(tree.open(), REF, [Image("a.py", content, "100644")], "subject\n")
    assert shown(tree, commit, "a.py") == content
    assert tree.git("rev-parse", REF).decode().strip() == commit
    assert tree.private_files() == set()


def test_odd_names_and_modes(tree: Tree) -> None:
    images = [Image(path, path.encode("utf-8", "surrogateescape"), "100755") for path in ODD_NAMES]
    commit = take(tree.open(), REF, [*images, Image("link", b"target", "120000")], "subject\n")
    listed = tree.git("ls-tree", "-r", "-z", commit).split(b"\0")[:-1]
    assert {entry.partition(b"\t")[2] for entry in listed} == {
        *(os.fsencode(path) for path in ODD_NAMES),
        b"link",
    }
    assert {entry[:6] for entry in listed} == {b"100755", b"120000"}


def test_no_files_at_all(tree: Tree) -> None:
    commit = take(tree.open(), REF, [], "only new files\n")
    assert tree.git("ls-tree", commit) == b""


def test_nothing_of_the_users_is_involved(committed: Tree) -> None:
    committed.git("config", "core.splitIndex", "true")
    committed.git("config", "commit.gpgSign", "true")
    committed.write("a.py", b"staged\n")
    committed.git("add", "a.py")
    before = (committed.root / ".git/index").read_bytes(), committed.git("rev-parse", "HEAD")
    files = names(committed.root / ".git")
    take(committed.open(), REF, [Image("a.py", b"x", "100644")], "subject\n")
    assert ((committed.root / ".git/index").read_bytes(), committed.git("rev-parse", "HEAD")) == before
    assert names(committed.root / ".git") - files == {"migrate"}
    assert committed.private_files() == set()


def test_without_an_identity(tree: Tree) -> None:
    Path(os.environ["HOME"], ".gitconfig").unlink()
    tree.git("config", "user.useConfigOnly", "true")
    commit = take(tree.open(), REF, [Image("a.py", b"x", "100644")], "subject\n")
    assert b"author migrate <migrate@localhost>" in tree.git("cat-file", "commit", commit)


def test_garbage_collection_keeps_it(tree: Tree) -> None:
    commit = take(tree.open(), REF, [Image("a.py", b"only here", "100644")], "subject\n")
    tree.git("gc", "--quiet", "--prune=now")
    tree.git("repack", "-a", "-d", "-q")
    assert shown(tree, commit, "a.py") == b"only here"
    assert refs(tree.open()) == (REF,)


def test_sha256_repository(tmp_path: Path, tree: Tree) -> None:
    tree.git("init", "--quiet", "--object-format=sha256", str(tmp_path / "long"))
    long = Tree(tmp_path / "long", tmp_path / "long")
    assert len(take(long.open(), REF, [Image("a.py", b"x", "100644")], "subject\n")) == 64


def test_root_with_a_newline_in_its_name(tmp_path: Path, tree: Tree) -> None:
    odd = tmp_path / 'a\n"b\\c'
    tree.root.rename(odd)
    moved = Tree(odd, odd)
    assert shown(moved, take(moved.open(), REF, [Image("a.py", b"x", "100644")], "s\n"), "a.py") == b"x"


def test_a_snapshot_is_never_overwritten(tree: Tree) -> None:
    git = tree.open()
    first = take(git, REF, [Image("a.py", b"x", "100644")], "subject\n")
    with pytest.raises(GitFailed, match="refs/migrate/demo/run-1 exists already"):
        take(git, REF, [Image("a.py", b"y", "100644")], "subject\n")
    assert tree.git("rev-parse", REF).decode().strip() == first


def test_a_ref_that_nobody_needs_is_given_up(tree: Tree) -> None:
    git = tree.open()
    take(git, REF, [], "subject\n")
    (tree.root / f".git/{REF}.lock").touch()
    with tree.journal() as journal:
        for _ in range(2):  # the second time it is not there
            journal.announce(REF)
            give_up(git, journal, REF)
            assert (refs(git), journal.announced()) == ((), ())


def test_a_ref_that_was_made_to_point_to_a_branch_is_given_up_alone(committed: Tree) -> None:
    git = committed.open()
    committed.git("branch", "theirs")
    committed.git("symbolic-ref", REF, "refs/heads/theirs")
    with committed.journal() as journal:
        journal.announce(REF)
        give_up(git, journal, REF)
        assert (refs(git), journal.announced()) == ((), ())
    assert committed.git("rev-parse", "theirs") == committed.git("rev-parse", "HEAD")


@pytest.mark.skipif(sys.platform == "darwin", reason="names must be UTF-8 there")
@pytest.mark.parametrize(
    ("worktree", "part"),
    [
        ("", ""),
        ("side_2-b", "worktrees/side_2-b/"),
        ("a b", "worktrees/a%20b/"),
        ("a%20b", "worktrees/a%2520b/"),
        ("x.lock", "worktrees/x%2Elock/"),
        ("caf\u00e9", "worktrees/caf%C3%A9/"),
        (os.fsdecode(b"\xff\n"), "worktrees/%FF%0A/"),
    ],
)
def test_a_linked_worktree_has_refs_of_its_own(tree: Tree, worktree: str, part: str) -> None:
    git = tree.open()
    if worktree:
        git = replace(git, git_dir=git.common_dir / "worktrees" / worktree)
    ref = run_ref(git, "demo", "run-1")
    assert ref == f"refs/migrate/demo/{part}run-1"
    assert tree.git("check-ref-format", ref) == b""


def test_run_numbers_are_above_all_refs_and_the_journal(tree: Tree) -> None:
    git = tree.open()
    with tree.journal() as journal:
        assert next_run_id(git, journal) == 1
        for ref in (
            run_ref(git, "demo", "run-9"),
            "refs/migrate/x/worktrees/y/run-12",
            "refs/migrate/demo/kept-run-40",
        ):
            take(git, ref, [], "subject\n")
        assert next_run_id(git, journal) == 13
        for _ in range(13):
            journal.record_check_run(RunRequest("demo", 5, 0.0), "passed", [])
        assert next_run_id(git, journal) == 14


def test_a_private_folder_that_cannot_be_made(tree: Tree) -> None:
    (tree.root / ".git/migrate").write_bytes(b"in the way")
    with (
        pytest.raises(WriteFailed, match="scratch: cannot write: Not a directory; nothing written"),
        scratch(tree.open()),
    ):
        pytest.fail("it was made")  # pragma: no cover


def test_no_crash_report_is_left(tree: Tree) -> None:
    before = names(tree.root / ".git")
    with pytest.raises(GitFailed, match="fast-import failed with exit code 128: fatal: "):
        take(tree.open(), "refs/migrate/no..ref", [Image("a.py", b"x", "100644")], "subject\n")
    assert names(tree.root / ".git") - before == {"migrate"}
    assert tree.private_files() == set()


def test_a_private_folder_that_cannot_be_written(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    git = tree.open()
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(WriteFailed, match="scratch: cannot write: No space left on device; nothing written"):
        take(git, REF, [Image("a.py", b"x", "100644")], "subject\n")
    assert tree.private_files() == set()


def test_what_git_wrote_is_flushed(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: set[str] = set()
    sync = os.fsync

    def record(descriptor: int) -> None:
        flushed.add(os.path.relpath(Path(f"/proc/self/fd/{descriptor}").readlink(), tree.root / ".git"))
        sync(descriptor)

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("Linux only")
    monkeypatch.setattr(os, "fsync", record)
    take(tree.open(), REF, [Image("a.py", b"x", "100644")], "subject\n")
    assert flushed == {
        "objects/pack", "objects", ".", "refs", "refs/migrate", "refs/migrate/demo", "refs/migrate/demo/run-1",
    }  # fmt: skip


def test_refs_that_are_packed_or_in_tables_are_flushed(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    git = tree.open()
    take(git, REF, [], "subject\n")
    tree.git("pack-refs", "--all")
    (tree.root / ".git/reftable").mkdir()
    flushed: list[object] = []
    monkeypatch.setattr("rollback.snapshot.sync_folders", flushed.extend)
    monkeypatch.setattr("rollback.snapshot._sync_file", flushed.append)
    _make_durable(git, REF)
    assert tree.root / ".git/reftable" in flushed
    assert tree.root / ".git" / REF not in flushed


def test_what_cannot_be_flushed(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(WriteFailed, match="run-1: cannot write: Input/output error; nothing written"):
        take(tree.open(), REF, [Image("a.py", b"x", "100644")], "subject\n")


@pytest.mark.parametrize(("mode", "kept"), [(0o644, "100644"), (0o600, "100644"), (0o711, "100755"), (0o655, "100644")])
def test_git_mode(mode: int, kept: str) -> None:
    assert git_mode(mode) == kept


@pytest.mark.parametrize("system", ["false", "true"])
def test_names_that_differ_in_case_stay_apart(tree: Tree, system: str) -> None:
    """A repository that was copied from a system without case says so, and git would fold them."""
    tree.git("config", "core.ignoreCase", system)
    images = [Image(path, path.encode(), "100644") for path in ("Pkg/a.py", "pkg/A.py", "pkg/a.py", "x.py", "X.py")]
    commit = take(tree.open(), REF, images, "subject\n")
    assert {path: shown(tree, commit, path) for path in (image.path for image in images)} == {
        image.path: image.content for image in images
    }


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_snapshot_that_is_not_exact_is_not_taken(
    tmp_path: Path, tree: Tree, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    tree.git("init", "--quiet", f"--object-format={algorithm}", str(tmp_path / "other"))
    other = Tree(tmp_path / "other", tmp_path / "other")
    images = [Image(f"{n}.py", b"%d" % n, "100644") for n in range(3)]
    take(other.open(), "refs/migrate/demo/run-1", images, "subject\n")
    stream = rollback.snapshot._stream
    for number, wrong in enumerate((images[1:], [structs.replace(images[0], mode="100755"), *images[1:]]), 2):
        monkeypatch.setattr(rollback.snapshot, "_stream", lambda ref, _, subject, w=wrong: stream(ref, w, subject))
        with pytest.raises(NotKept, match=r"git did not keep the exact bytes of 1 file: 0\.py; nothing written; "):
            take(other.open(), f"refs/migrate/demo/run-{number}", images, "subject\n")


def test_odd_names_of_a_linked_worktree_make_plain_refs(tmp_path: Path, committed: Tree) -> None:
    folder = tmp_path / os.fsdecode(b"w \xe9.lock\xe2\x80\x8b")
    committed.git("worktree", "add", "--quiet", "--detach", os.fspath(folder))
    linked = Tree(folder, folder)
    run = linked.apply({"a.py": b"new\n"})
    assert run.ref is not None
    assert re.fullmatch(r"refs/migrate/demo/worktrees/[\w%-]+/run-1", run.ref)
    linked.write("a.py", b"newer\n")
    assert linked.roll_back(run, force=True).kept in linked.refs()


def test_refs_of_any_name_are_listed(committed: Tree) -> None:
    subprocess.run([b"git", b"update-ref", b"refs/migrate/\xff", b"HEAD"], cwd=committed.root, check=True)
    assert refs(committed.open()) == (os.fsdecode(b"refs/migrate/\xff"),)
    assert committed.apply({"a.py": b"new\n"}).id == 1


@pytest.mark.parametrize("content", [b"", b"\0" * 41])
def test_a_ref_that_a_power_cut_emptied_is_given_up(committed: Tree, content: bytes) -> None:
    ref = committed.root / ".git" / REF
    ref.parent.mkdir(parents=True)
    ref.write_bytes(content)
    with committed.journal() as journal:
        journal.announce(REF)
    assert committed.apply({"a.py": b"new\n"}).ref == REF


def test_scratch_is_for_the_owner_only(tree: Tree) -> None:
    with scratch(tree.open()) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
