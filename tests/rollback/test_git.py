"""The one place that runs git, against real repositories and hostile surroundings."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from trees import ODD_NAMES, Tree

import rollback.git
from rollback.errors import GitFailed, GitMissing, GitNotRun, GitTooOld, NotARepository, NotSearched, NotTrusted
from rollback.git import MINIMUM, Git, _Done


def fake_git(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    folder.mkdir()
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def test_open_finds_the_top_and_the_prefix(committed: Tree) -> None:
    git = Git.open(committed.root / "pkg")
    assert (git.root, git.toplevel, git.prefix) == (committed.root / "pkg", committed.root, "pkg/")
    assert committed.open().prefix == ""


def test_open_takes_folders_with_newlines(tmp_path: Path, tree: Tree) -> None:
    odd = tree.root / "one\ntwo" / "three\n"
    odd.mkdir(parents=True)
    git = Git.open(odd)
    assert (git.root, git.prefix) == (odd, "one\ntwo/three\n/")


def test_open_follows_a_link_to_the_root(tmp_path: Path, committed: Tree) -> None:
    link = tmp_path / "link"
    link.symlink_to(committed.root)
    assert Git.open(link).root == committed.root


def test_open_refuses_what_is_no_working_tree(tmp_path: Path, tree: Tree) -> None:
    tree.git("init", "--quiet", "--bare", str(tmp_path / "bare"))
    (tmp_path / "file").touch()
    for place in (tmp_path, tmp_path / "bare", tree.root / ".git", tmp_path / "absent", tmp_path / "file"):
        with pytest.raises(NotARepository) as caught:
            Git.open(place)
        assert str(caught.value) == f"{place}: not a git repository; run inside one, or name it with --root"


def test_open_without_git(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tree.root))
    with pytest.raises(GitMissing, match=f"install git {MINIMUM} or newer"):
        tree.open()


@pytest.mark.parametrize(
    ("printed", "found"),
    [
        pytest.param("git version 2.24.4", "2.24.4", id="one too old"),
        pytest.param("git version 1.9.rc1 (Apple Git-1)", "1.9.rc1", id="with a vendor"),
        pytest.param("no number", "no number", id="unknown"),
    ],
)
def test_open_with_an_old_git(
    tmp_path: Path, tree: Tree, monkeypatch: pytest.MonkeyPatch, printed: str, found: str
) -> None:
    fake_git(tmp_path / "bin", monkeypatch, f"echo '{printed}'")
    with pytest.raises(GitTooOld, match=f"git {found} is too old; git {MINIMUM} or newer is needed"):
        tree.open()


def test_open_a_repository_of_somebody_else(tmp_path: Path, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_git(tmp_path / "bin", monkeypatch, f'GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec {shutil.which("git")} "$@"')
    with pytest.raises(NotTrusted, match=r"git does not trust this repository.*safe\.directory") as caught:
        tree.open()
    assert caught.value.root == tree.root
    (tree.root / "pkg").mkdir()
    with pytest.raises(NotTrusted) as caught:
        Git.open(tree.root / "pkg")
    assert caught.value.root == tree.root  # not the folder: git trusts whole repositories


def test_open_a_repository_of_somebody_else_with_the_first_git_to_refuse(
    tmp_path: Path, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As git 2.35.2 puts it; the next ones speak of "dubious ownership" and name the repository.
    complaint = "fatal: unsafe repository ('/r' is owned by someone else)"
    script = f'[ "$1" != version ] || exec echo git version 2.35.2; echo "{complaint}" >&2; exit 128'
    fake_git(tmp_path / "bin", monkeypatch, script)
    with pytest.raises(NotTrusted) as caught:
        tree.open()
    assert caught.value.root == tree.root


def test_open_with_the_oldest_git_that_will_do(tmp_path: Path, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    real = shutil.which("git")
    fake_git(tmp_path / "bin", monkeypatch, f'[ "$1" != version ] || exec echo git version {MINIMUM}; exec {real} "$@"')
    assert tree.open().root == tree.root


def test_open_with_a_broken_configuration(tree: Tree) -> None:
    (tree.root / ".git/config").write_text("[core\n")
    with pytest.raises(GitFailed, match="rev-parse failed with exit code 128: fatal: bad config line 1"):
        tree.open()


def test_run_raises_with_the_last_line_of_git(committed: Tree) -> None:
    with pytest.raises(GitFailed, match="git rev-parse failed with exit code 128: fatal: Needed a single") as caught:
        committed.open().run("rev-parse", "--verify", "nowhere")
    assert (caught.value.command, caught.value.returncode) == (("rev-parse", "--verify", "nowhere"), 128)


def test_run_shows_no_control_characters_of_a_message(committed: Tree) -> None:
    with pytest.raises(GitFailed) as caught:
        committed.open().run("cat-file", "-e", "HEAD:\x1b[31m")
    assert "\x1b" not in str(caught.value)


def test_run_after_the_root_is_gone(tmp_path: Path, committed: Tree) -> None:
    git = Git.open(committed.root / "pkg")
    (committed.root / "pkg/c.py").unlink()
    (committed.root / "pkg").rmdir()
    with pytest.raises(NotARepository):
        git.run("status")


def test_environment_cannot_redirect_git(tmp_path: Path, committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_NAMESPACE", "other")
    monkeypatch.setenv("GIT_PREFIX", "pkg/")
    monkeypatch.setenv("GIT_LITERAL_PATHSPECS", "1")
    git = committed.open()
    assert git.toplevel == committed.root
    assert git.grep(["import"], words=True, pathspecs=["*.py"]) == ("a.py", "b.py", "pkg/c.py")


def test_environment_keeps_who_commits_and_which_configuration(
    committed: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_COMMITTER_NAME", "Someone")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "demo.value")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "seen")
    git = committed.open()
    assert git.run("var", "GIT_COMMITTER_IDENT").startswith(b"Someone <")
    assert git.run("config", "demo.value") == b"seen\n"


def test_a_linked_worktree_has_a_git_directory_of_its_own(tmp_path: Path, committed: Tree) -> None:
    committed.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Git.open(tmp_path / "linked" / "pkg")
    assert linked.private("x") == committed.root / ".git/worktrees/linked/migrate/x"
    assert (linked.worktree, linked.common_dir) == ("linked", committed.root / ".git")
    main = Git.open(committed.root / "pkg")
    assert main.private("x") == committed.root / ".git/migrate/x"
    assert (main.worktree, main.common_dir) == ("", committed.root / ".git")


@pytest.mark.skipif(sys.platform == "darwin", reason="names must be UTF-8 there")
def test_grep_names_odd_files(tree: Tree) -> None:
    for path in ODD_NAMES:
        tree.write(path, b"the needle\n")
    tree.write("other.py", b"hay\n")
    assert tree.open().grep(["needle"], words=True) == tuple(sorted(ODD_NAMES))
    tree.commit()
    assert tree.open().grep(["needle"], words=True) == tuple(sorted(ODD_NAMES))


@pytest.mark.parametrize(
    ("patterns", "options", "found"),
    [
        pytest.param([], {}, (), id="no pattern"),
        pytest.param(["absent"], {}, (), id="no file"),
        pytest.param(["a.c"], {}, ("dot.py",), id="a dot is a dot"),
        pytest.param(["a.c"], {"fixed": False}, ("dot.py", "sub/abc.py"), id="regular expression"),
        pytest.param(["abc"], {}, ("sub/abc.py",), id="whole words"),
        pytest.param(["abc"], {"words": False}, ("long.py", "sub/abc.py"), id="parts of words"),
        pytest.param(["abc", "a.c"], {}, ("dot.py", "sub/abc.py"), id="any of two"),
        pytest.param(["-e"], {"words": False}, ("dash.py",), id="pattern that looks like an option"),
        pytest.param(["abc"], {"words": False, "exclude": ["sub/**"]}, ("long.py",), id="excluded glob"),
        pytest.param(["abc"], {"words": False, "exclude": ["*.py"]}, ("sub/abc.py",), id="a star stays in its folder"),
        pytest.param(["abc"], {"words": False, "pathspecs": ["sub"]}, ("sub/abc.py",), id="pathspec"),
        pytest.param(["nul"], {}, ("binary.py",), id="file with NUL bytes"),
    ],
)
def test_grep(tree: Tree, patterns: list[str], options: dict[str, object], found: tuple[str, ...]) -> None:
    tree.write("dot.py", b"a.c\n")
    tree.write("long.py", b"abcd\n")
    tree.write("sub/abc.py", b"abc\n")
    tree.write("dash.py", b"x -e y\n")
    tree.write("binary.py", b"\0\xff nul\n")
    assert tree.open().grep(patterns, **{"words": True, **options}) == found


def test_grep_without_perl(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its regular expressions are faster than those of the C library, but not in every git."""
    tree.write("a.py", b"import\t*\n")
    tree.write("b.py", b"import\nimportant\n")
    pattern, told = r"import[[:space:]]*(\*|\\)", []

    def without_perl(root: Path, args: Sequence[str], *rest: Any, **options: Any) -> Any:
        if args[0] == "grep":
            told.append("-P" in args)
        refused = _Done(128, b"", b"fatal: cannot use Perl-compatible regexes when not compiled with USE_LIBPCRE")
        return refused if "-P" in args else execute(root, args, *rest, **options)

    execute = rollback.git._execute
    git = tree.open()
    assert git.grep([pattern], words=False, fixed=False) == ("a.py",)
    monkeypatch.setattr("rollback.git._execute", without_perl)
    assert git.grep([pattern], words=False, fixed=False) == ("a.py",)
    assert told[0]
    assert not any(told[1:])


@pytest.mark.parametrize("others", [0, 201], ids=["few untracked files", "many"])
def test_grep_sees_what_belongs_to_the_tree(tree: Tree, others: int) -> None:
    tree.write(".gitignore", b"ignored*\n")
    for path in ("ignored-but-tracked.py", "assumed.py", "deleted.py", "linked.py"):
        tree.write(path, b"needle\n")
    tree.write("assumed.py", b"hay\n")
    tree.git("add", "--force", ".", "ignored-but-tracked.py")
    tree.git("update-index", "--assume-unchanged", "assumed.py")
    tree.write("assumed.py", b"needle\n")
    tree.write("ignored.py", b"needle\n")
    tree.write("untracked.py", b"needle\n")
    for number in range(others):
        tree.write(f"others/{number}.py", b"hay\n")
    (tree.root / "deleted.py").unlink()
    (tree.root / "linked.py").unlink()
    (tree.root / "linked.py").symlink_to("untracked.py")
    tree.git("init", "--quiet", "nested")
    tree.write("nested/inner.py", b"needle\n")
    assert tree.open().grep(["needle"], words=True) == (
        "assumed.py",
        "ignored-but-tracked.py",
        "untracked.py",
    )


def test_grep_is_not_led_astray_by_configuration(committed: Tree) -> None:
    for key, value in {
        "color.ui": "always", "grep.fullName": "true", "grep.patternType": "perl", "submodule.recurse": "true",
        "grep.lineNumber": "true", "core.quotePath": "true",
    }.items():  # fmt: skip
        committed.git("config", key, value)
    committed.write("pkg/ü.py", b"import c\n")
    assert Git.open(committed.root / "pkg").grep(["import"], words=True) == ("c.py", "ü.py")


def test_what_grep_leaves_out_with_the_index_alone(tree: Tree) -> None:
    """Between them, both name every file that `grep` does without it."""
    tree.write(".gitignore", b"ignored*\n")
    for path in ("a.py", "ignored-but-tracked.py", "assumed.py", "skipped.py", "linked.py", "pkg/c.py", "a.txt"):
        tree.write(path, b"needle\n")
    (tree.root / "linked.py").unlink()
    (tree.root / "linked.py").symlink_to("a.py")
    tree.git("add", "--force", ".")
    tree.git("update-index", "--assume-unchanged", "assumed.py")
    tree.git("update-index", "--skip-worktree", "skipped.py")
    tree.write("assumed.py", b"edited\n")
    for path in ("ignored.py", "untracked.py", "pkg/ü\n.py"):
        tree.write(path, b"needle\n")
    (tree.root / "link.py").symlink_to("a.py")
    tree.git("init", "--quiet", "nested")
    tree.write("nested/inner.py", b"needle\n")
    git = tree.open()
    assert git.unseen(["*.py"]) == ("assumed.py", "pkg/ü\n.py", "skipped.py", "untracked.py")
    assert git.unseen(["*.py"], ["pkg/**"]) == ("assumed.py", "skipped.py", "untracked.py")
    assert Git.open(tree.root / "pkg").unseen() == ("ü\n.py",)
    in_index = git.grep(["needle"], words=True, pathspecs=["*.py"], in_index=True)
    assert {*in_index} - {*git.unseen()} == {"a.py", "ignored-but-tracked.py", "pkg/c.py"}
    assert {*in_index, *git.unseen(["*.py"])} >= {*git.grep(["needle"], words=True, pathspecs=["*.py"])}
    (tree.root / "skipped.py").unlink()
    assert git.unseen(["*.py"]) == ("assumed.py", "pkg/ü\n.py", "untracked.py"), "a file that is not there"


def blob(content: bytes) -> str:
    """The id that git gives to a content."""
    return hashlib.sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()


def test_ignored_files_among_others(committed: Tree) -> None:
    names = ["gen/x.py", "o[d]d.py", "b.py", "inner/c.py"]
    for name in (*names, "odd.py", "seen.py"):
        committed.write(name, b"")
    committed.write(".gitignore", b"/gen/\no*.py\n[bc].py\n")
    committed.git("add", "--force", "b.py")
    committed.git("init", "--quiet", "inner")
    git = committed.open()
    assert git.ignored(names) == ("gen/x.py", "o[d]d.py"), "neither a tracked one, nor one of another repository"
    assert git.ignored(["seen.py", "a.py", "absent.py", "gen/y.py"]) == ()
    assert git.ignored([]) == ()
    assert Git.open(committed.root / "gen").ignored(["x.py", "odd.py"]) == ("x.py",)


def test_nothing_is_staged(committed: Tree) -> None:
    committed.write("a.py", b"edited\n")
    committed.write("untracked.py", b"")
    assert committed.open().staged(["*.py"]) == {}


def test_what_is_staged(committed: Tree) -> None:
    for path in ("gone.py", "renamed.py", "linked.py", "mode.py", "excluded.py", "other.txt"):
        committed.write(path, f"{path}\n".encode() * 9)
    committed.commit()
    committed.write("a.py", b"staged\n")
    committed.git("rm", "--quiet", "gone.py")
    committed.git("mv", "renamed.py", "renamed to.py")
    (committed.root / "linked.py").unlink()
    (committed.root / "linked.py").symlink_to("a.py")
    (committed.root / "mode.py").chmod(0o755)
    committed.write("excluded.py", b"staged\n")
    committed.write("other.txt", b"staged\n")
    committed.write("pkg/new\n.py", b"new\n")
    committed.git("add", "--all")
    committed.write("a.py", b"edited\n")
    committed.write("added.py", b"not yet\n")
    committed.git("add", "--intent-to-add", "added.py")
    assert committed.open().staged(["*.py"], ["excluded.py"]) == {
        "a.py": blob(b"staged\n"),
        "gone.py": None,
        "renamed.py": None,
        "renamed to.py": blob(b"renamed.py\n" * 9),
        "mode.py": blob(b"mode.py\n" * 9),
        "pkg/new\n.py": blob(b"new\n"),
    }
    assert Git.open(committed.root / "pkg").staged([]) == {"new\n.py": blob(b"new\n")}


@pytest.mark.parametrize("path", ODD_NAMES)
def test_what_is_staged_before_the_first_commit(tree: Tree, path: str) -> None:
    tree.write(path, b"new\r\n\0")
    tree.git("add", "--all")
    git = tree.open()
    assert git.staged([]) == git.in_index() == {path: blob(b"new\r\n\0")}
    with git.blobs() as blobs:
        assert blobs.read(blob(b"new\r\n\0")) == b"new\r\n\0"


def test_what_is_staged_whatever_the_settings(committed: Tree) -> None:
    for key in ("diff.noprefix", "diff.renames", "diff.mnemonicPrefix", "core.quotePath"):
        committed.git("config", key, "true")
    committed.git("config", "diff.external", "false")
    committed.git("mv", "a.py", "ü.py")
    assert committed.open().staged(["*.py"]) == {"a.py": None, "ü.py": blob(b"import a\n")}


def test_what_is_staged_in_another_index(committed: Tree, tmp_path: Path) -> None:
    """As git makes one for the hooks of `git commit FILE`."""
    index = tmp_path / "next index"
    shutil.copy(committed.root / ".git/index", index)
    committed.write("a.py", b"staged\n")
    committed.git("add", "a.py")
    git = committed.open()
    assert git.staged([], index=index) == {}
    assert git.in_index(index)["a.py"] == blob(b"import a\n")
    assert git.in_index()["a.py"] == blob(b"staged\n")


def test_the_index_in_a_conflict_has_only_what_is_settled(committed: Tree) -> None:
    committed.git("checkout", "--quiet", "-b", "other")
    committed.write("a.py", b"theirs\n")
    committed.commit()
    committed.git("checkout", "--quiet", "main")
    committed.write("a.py", b"ours\n")
    committed.commit()
    with pytest.raises(subprocess.CalledProcessError):
        committed.git("merge", "--quiet", "other")
    git = committed.open()
    assert git.in_index() == {"b.py": blob(b"import b\n"), "pkg/c.py": blob(b"import c")}
    assert git.staged([]) == {}
    assert Git.open(committed.root / "pkg").in_index() == {"c.py": blob(b"import c")}


def test_links_and_submodules_are_not_in_the_index_as_files(committed: Tree) -> None:
    (committed.root / "link.py").symlink_to("a.py")
    head = committed.git("rev-parse", "HEAD").decode().strip()
    committed.git("add", "link.py")
    committed.git("update-index", "--add", "--cacheinfo", f"160000,{head},inner")
    assert committed.open().in_index().keys() == {"a.py", "b.py", "pkg/c.py"}
    assert committed.open().staged([]) == {}


def test_contents_of_blobs(committed: Tree) -> None:
    with committed.open().blobs() as blobs:
        assert blobs.read(blob(b"import c")) == b"import c"
        with pytest.raises(GitFailed, match=r"git cat-file failed .*: 0{40} missing"):
            blobs.read("0" * 40)
        assert blobs.read(blob(b"import a\n")) == b"import a\n"


def test_dirty_says_how(committed: Tree) -> None:
    committed.write(".gitignore", b"*.log\n")
    for path in ("deleted.py", "staged.py", "renamed.py", "mode.py", "gone.py", "both.py"):
        committed.write(path, f"{path}\n".encode() * 9)
    committed.commit()
    committed.write("a.py", b"edited\n")
    (committed.root / "deleted.py").unlink()
    committed.write("staged.py", b"staged\n")
    committed.write("both.py", b"staged\n")
    committed.git("add", "staged.py", "both.py")
    committed.write("both.py", b"edited\n")
    committed.git("mv", "renamed.py", "renamed to.py")
    (committed.root / "mode.py").chmod(0o755)
    committed.write("new/untracked.py", b"")
    committed.write("x.log", b"")
    committed.write("added.py", b"")
    committed.git("add", "--intent-to-add", "added.py")
    wanted = {
        "x.log": "ignored",
        "a.py": "modified",
        "deleted.py": "deleted",
        "staged.py": "staged",
        "both.py": "modified",
        "renamed.py": "staged",
        "renamed to.py": "staged",
        "mode.py": "modified",
        "new/untracked.py": "untracked",
        "added.py": "untracked",
    }
    found = committed.open().dirty([*wanted, "b.py", "never-there.py", "a.py"])
    assert found == wanted
    assert list(found) == list(wanted)


def test_dirty_of_nothing(committed: Tree) -> None:
    assert committed.open().dirty([]) == {}


def test_dirty_in_a_subfolder_and_before_the_first_commit(tree: Tree) -> None:
    tree.write("pkg/new.py", b"")
    tree.write("new.py", b"")
    tree.write("pkg/added.py", b"")
    tree.git("add", "pkg/added.py")
    found = Git.open(tree.root / "pkg").dirty(["new.py", "added.py"])
    assert found == {"new.py": "untracked", "added.py": "staged"}


@pytest.mark.parametrize("both_added", [True, False])
def test_dirty_in_a_conflict(committed: Tree, both_added: bool) -> None:
    path = "new.py" if both_added else "a.py"
    committed.git("switch", "--quiet", "--create", "side")
    committed.write(path, b"side\n")
    committed.commit()
    committed.git("switch", "--quiet", "-")
    committed.write(path, b"main\n")
    committed.commit()
    with pytest.raises(Exception, match="merge"):
        committed.git("merge", "side")
    assert committed.open().dirty([path]) == {path: "unmerged"}


def test_dirty_where_both_sides_of_a_conflict_deleted_it(committed: Tree) -> None:
    blob = committed.git("rev-parse", "HEAD:a.py").decode().strip()
    committed.git("rm", "--quiet", "--cached", "a.py")
    committed.git("update-index", "--add", "--cacheinfo", f"100644,{blob},other.py")
    entries = f"100644 {blob} 1\ta.py\n".encode()
    subprocess.run(["git", "update-index", "--index-info"], cwd=committed.root, input=entries, check=True)
    assert committed.open().dirty(["a.py", "other.py"]) == {"a.py": "unmerged", "other.py": "deleted"}


@pytest.mark.skipif(sys.platform == "darwin", reason="names must be UTF-8 there")
def test_dirty_takes_odd_names(tree: Tree) -> None:
    for path in ODD_NAMES:
        tree.write(path, b"")
    git = tree.open()
    assert git.dirty(ODD_NAMES) == dict.fromkeys(ODD_NAMES, "untracked")
    tree.commit()
    assert git.dirty(ODD_NAMES) == {}
    tree.write(ODD_NAMES[-1], b"edited")
    assert git.dirty(ODD_NAMES) == {ODD_NAMES[-1]: "modified"}


def test_reading_leaves_the_index_alone(committed: Tree) -> None:
    time.sleep(0.01)
    (committed.root / "a.py").touch()
    index = committed.root / ".git/index"
    before = index.read_bytes(), index.stat().st_mtime_ns
    git = committed.open()
    git.grep(["import"], words=True)
    git.dirty(["a.py"])
    assert (index.read_bytes(), index.stat().st_mtime_ns) == before


def test_head(tree: Tree) -> None:
    assert tree.open().head() is None
    tree.write("a.py", b"")
    tree.commit()
    assert tree.open().head() == tree.git("rev-parse", "HEAD").decode().strip()


def test_identity_problem(committed: Tree) -> None:
    assert committed.open().identity_problem() is None
    committed.git("config", "user.useConfigOnly", "true")
    Path(os.environ["HOME"], ".gitconfig").unlink()
    problem = committed.open().identity_problem()
    assert problem is not None
    assert problem.startswith("git does not know who commits (fatal: ")
    assert problem.endswith("set user.name and user.email with `git config`")


def test_the_editor(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of git itself is cleaned, and must not lose what was set for git."""
    for name in ("GIT_EDITOR", "VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    git = committed.open()
    monkeypatch.setenv("EDITOR", "mine --wait")
    assert git.editor() == "mine --wait"
    committed.git("config", "core.editor", "theirs 'two words'")
    assert git.editor() == "theirs 'two words'"
    monkeypatch.setenv("GIT_EDITOR", "ours")
    assert git.editor() == "ours"


def test_a_signal_waits_for_git_to_end(committed: Tree) -> None:
    git = committed.open()
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        git.run("slow", config=["alias.slow=!sleep 0.6 && touch done"])
    timer.join()
    assert (committed.root / "done").exists()


def test_the_terminal_interrupt_does_not_reach_git(committed: Tree) -> None:
    session = committed.open().run(
        "session",
        config=[f"alias.session=!{shlex.quote(sys.executable)} -c 'import os; print(os.getsid(0))'"],
    )
    assert int(session) != os.getsid(0)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_grep_says_what_it_may_not_read(committed: Tree) -> None:  # pragma: no cover - where tests run as root
    (committed.root / "a.py").chmod(0)
    with pytest.raises(NotSearched, match=r"git grep could not search every file: .*'a\.py': Permission denied"):
        committed.open().grep(["import"], words=True)


@pytest.mark.parametrize("stderr", ["error: failed to stat 'a.py': Permission denied", "warning: x\nerror: y"])
def test_grep_is_not_content_with_a_part(committed: Tree, monkeypatch: pytest.MonkeyPatch, stderr: str) -> None:
    git = committed.open()
    monkeypatch.setattr("rollback.git._execute", lambda *_, **__: _Done(0, b"b.py\0", stderr.encode()))
    with pytest.raises(
        NotSearched, match=r"git grep could not search every file: .*; nothing written; make it readable"
    ):
        git.grep(["import"], words=True)


def test_grep_does_not_mind_warnings(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    git = committed.open()
    monkeypatch.setattr("rollback.git._execute", lambda *_, **__: _Done(0, b"b.py\0", b"warning: could not open 'x/'"))
    assert git.grep(["import"], words=True) == ("b.py",)


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), MemoryError()])
def test_git_that_cannot_be_started(committed: Tree, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    git = committed.open()

    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(subprocess, "Popen", refuse)
    if isinstance(error, OSError):
        with pytest.raises(GitNotRun, match="git cannot be run: Too many open files; nothing written"):
            git.run("version")
    else:
        with pytest.raises(MemoryError):
            git.run("version")


def test_git_that_cannot_be_talked_to(committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    git = committed.open()
    monkeypatch.setattr(subprocess.Popen, "communicate", fail)
    with pytest.raises(GitNotRun, match="git cannot be run: Input/output error"):
        git.run("version")


def test_git_that_is_ended_by_a_signal(committed: Tree) -> None:
    with pytest.raises(GitFailed, match=r"git -c was ended by SIGTERM \(Terminated\): no message"):
        committed.open().run("-c", "alias.die=!kill $PPID", "die")


def test_commits_of_files(committed: Tree) -> None:
    start = committed.git("rev-parse", "HEAD").decode().strip()
    git = committed.open()
    odd = "a" * 40
    assert git.commits_of(["a.py"], start) == ()
    made = {}
    for name, path in (
        ("first", "a.py"),
        ("other", "b.py"),
        ("second", "\nodd.py"),
        ("hex", odd),
        ("third", "pkg/c.py"),
    ):
        committed.write(path, name.encode())
        committed.write("other.txt", name.encode())
        committed.commit()
        made[name] = committed.git("rev-parse", "HEAD").decode().strip()
    committed.git("commit", "--quiet", "--allow-empty", "--message", "empty")
    assert git.commits_of(["a.py"], start) == (made["first"],)
    assert git.commits_of(["pkg/c.py", "a.py", "\nodd.py"], start) == (made["third"], made["second"], made["first"])
    assert git.commits_of([odd], start) == (made["hex"],)
    assert git.commits_of(["a.py"], made["first"]) == ()
    assert git.commits_of([], start) == ()
    committed.git("mv", "pkg/c.py", "pkg/moved.py")
    committed.commit()
    assert git.commits_of(["pkg/c.py"], made["third"]) == git.commits_of(["pkg/moved.py"], start) == (git.head(),)
    with pytest.raises(GitFailed):
        git.commits_of(["a.py"], "0" * 40)


def test_commits_of_files_in_a_merge(committed: Tree) -> None:
    start = committed.git("rev-parse", "HEAD").decode().strip()
    committed.git("checkout", "--quiet", "-b", "other")
    committed.write("a.py", b"theirs\n")
    committed.commit()
    theirs = committed.git("rev-parse", "HEAD").decode().strip()
    committed.git("checkout", "--quiet", "-")
    committed.write("b.py", b"ours\n")
    committed.commit()
    committed.git("merge", "--quiet", "--no-edit", "other")
    merge = committed.git("rev-parse", "HEAD").decode().strip()
    assert committed.open().commits_of(["a.py"], start) == (merge, theirs)


def test_what_is_no_file_of_this_repository(committed: Tree) -> None:
    committed.git("init", "--quiet", "vendor/lib\n")
    library = Tree(committed.root / "vendor/lib\n", committed.root / "vendor/lib\n")
    library.write("x.py", b"x")
    library.commit()
    (committed.root / "li\tnk.py").symlink_to("a.py")
    assert committed.open().passed_over() == {}
    committed.git("-c", "advice.addEmbeddedRepo=false", "add", "--all")
    assert committed.open().passed_over() == {"li\tnk.py": "link", "vendor/lib\n": "submodule"}
    assert Tree(committed.top, committed.top / "vendor").open().passed_over() == {"lib\n": "submodule"}


def test_dirty_in_every_way(committed: Tree) -> None:
    committed.write(".gitignore", b"ignored.py\n")
    for path in ("gone.py", "kind.py", "moved.py", "both.py"):
        committed.write(path, b"x\n")
    committed.commit()
    committed.write("a.py", b"modified\n")
    committed.write("b.py", b"staged\n", 0o755)
    committed.git("add", "b.py")
    (committed.root / "gone.py").unlink()
    (committed.root / "kind.py").unlink()
    (committed.root / "kind.py").symlink_to("a.py")
    committed.git("mv", "moved.py", "here.py")
    committed.git("rm", "--quiet", "--cached", "both.py")
    committed.write("ignored.py", b"x")
    committed.write("intended.py", b"x")
    committed.git("add", "--intent-to-add", "intended.py")
    wanted = [
        "a.py",
        "b.py",
        "gone.py",
        "kind.py",
        "moved.py",
        "here.py",
        "both.py",
        "ignored.py",
        "intended.py",
        "pkg/c.py",
    ]
    assert committed.open().dirty(wanted) == {
        "a.py": "modified", "b.py": "staged", "gone.py": "deleted", "kind.py": "modified", "moved.py": "staged",
        "here.py": "staged", "both.py": "untracked", "ignored.py": "ignored", "intended.py": "untracked",
    }  # fmt: skip
    assert committed.open().dirty(["not/there.py"]) == {}


def test_a_submodule_does_not_make_anything_dirty(committed: Tree) -> None:
    committed.git("init", "--quiet", "lib")
    library = Tree(committed.root / "lib", committed.root / "lib")
    library.write("x.py", b"x")
    library.commit()
    committed.commit()
    library.write("x.py", b"y")
    library.commit()
    assert committed.open().dirty(["lib"]) == {}


@pytest.mark.parametrize("setting", ["diff.relative", "log.showSignature", "log.decorate", "diff.noprefix"])
def test_commits_of_files_whatever_the_settings(committed: Tree, setting: str) -> None:
    since = committed.open().head()
    committed.write("pkg/c.py", b"new\n")
    committed.commit()
    committed.git("config", setting, "true")
    git = Git.open(committed.root / "pkg")
    assert git.commits_of(["pkg/c.py"], since) == (git.head(),)
    assert git.commits_of(["a.py"], since) == ()
    assert git.commits_of(["a.py"], None) == (since,)


def test_edits_that_git_does_not_show(committed: Tree) -> None:
    git = committed.open()
    assert git.hidden(["a.py", "b.py"]) == {}
    committed.git("update-index", "--assume-unchanged", "a.py", "pkg/c.py")
    committed.git("update-index", "--skip-worktree", "b.py", "pkg/c.py")
    assert git.hidden(["a.py", "b.py", "gone.py"]) == {"a.py": "assume-unchanged", "b.py": "skip-worktree"}
    assert git.hidden(["pkg/c.py"]) == {"pkg/c.py": "skip-worktree"}
    committed.write("a new file.py", b"")
    committed.git("add", "a new file.py")
    committed.git("update-index", "--assume-unchanged", "a new file.py")
    assert git.hidden(["a new file.py"]) == {"a new file.py": "assume-unchanged"}


def test_a_git_directory_behind_a_link_is_no_linked_worktree(tmp_path: Path, committed: Tree) -> None:
    (committed.root / ".git").rename(tmp_path / "x y.lock")
    (committed.root / ".git").symlink_to(tmp_path / "x y.lock")
    assert committed.open().worktree == ""
    assert committed.apply({"a.py": b"new\n"}).ref == "refs/migrate/demo/run-1"


def versions(tree: Tree, path: str, most: int = 10) -> list[bytes]:
    return list(tree.open().versions(path, most))


@pytest.mark.parametrize("path", ODD_NAMES)
def test_versions_of_a_file_with_an_odd_name(tree: Tree, path: str) -> None:
    for content in (b"one\r\n", b"two\n\0"):
        tree.write(path, content)
        tree.write("other.py", content)
        tree.commit()
    assert versions(tree, path) == [b"two\n\0", b"one\r\n"]
    assert versions(tree, path, 1) == [b"two\n\0"]
    assert tree.open().content_at("HEAD~1", path) == b"one\r\n"


def test_versions_before_the_first_commit(tree: Tree) -> None:
    tree.write("a.py", b"x")
    assert versions(tree, "a.py") == []
    assert tree.open().content_at("HEAD", "a.py") is None
    assert tree.open().commit_of("HEAD") is None


def test_versions_of_a_file_that_was_deleted_and_is_back(tree: Tree) -> None:
    tree.write("a.py", b"first")
    tree.commit()
    (tree.root / "a.py").unlink()
    tree.commit()
    tree.write("a.py", b"second")
    tree.commit()
    tree.write("a.py", b"not committed")
    assert versions(tree, "a.py") == [b"second", b"first"]
    assert versions(tree, "a.py", 2) == [b"second"], "the commit that deleted it counts"
    assert versions(tree, "never.py") == []


def test_versions_in_a_subfolder(tree: Tree) -> None:
    tree.write("a.py", b"at the top")
    tree.write("pkg/a.py", b"inside")
    tree.commit()
    inside = Tree(tree.top, tree.root / "pkg")
    assert versions(inside, "a.py") == [b"inside"]
    assert inside.open().content_at("HEAD", "a.py") == b"inside"
    assert versions(tree, "a.py") == [b"at the top"]


def test_a_folder_and_a_glob_are_no_file(tree: Tree) -> None:
    tree.write("pkg/a.py", b"inside")
    tree.commit()
    assert tree.open().content_at("HEAD", "pkg") is None
    assert versions(tree, "*") == versions(tree, "pkg") == []


def test_versions_in_a_shallow_clone(tree: Tree, tmp_path: Path) -> None:
    for content in (b"one", b"two", b"three"):
        tree.write("a.py", content)
        tree.commit()
    tree.git("clone", "--quiet", "--depth", "2", tree.top.as_uri(), str(tmp_path / "clone"))
    clone = Tree(tmp_path / "clone", tmp_path / "clone")
    assert versions(clone, "a.py") == [b"three", b"two"]


def test_versions_whatever_the_configuration_shows(tree: Tree) -> None:
    tree.write("a.py", b"one")
    tree.commit()
    tree.git("mv", "a.py", "b.py")
    tree.commit()
    tree.git("config", "log.follow", "true")
    tree.git("config", "log.showSignature", "true")
    tree.git("config", "log.decorate", "full")
    assert versions(tree, "b.py") == [b"one"]
    assert versions(tree, "a.py") == [b"one"]


def test_signed_commits(tree: Tree, tmp_path: Path) -> None:
    """Git would print about the signature in between."""
    tree.write("a.py", b"one")
    tree.commit()
    commit = tree.git("cat-file", "commit", "HEAD")
    head, _, message = commit.partition(b"\n\n")
    signed = head + b"\ngpgsig -----BEGIN SSH SIGNATURE-----\n x\n -----END SSH SIGNATURE-----\n\n" + message
    (tmp_path / "commit").write_bytes(signed)
    made = tree.git("hash-object", "-t", "commit", "-w", "--literally", str(tmp_path / "commit")).decode().strip()
    tree.git("update-ref", "HEAD", made)
    tree.git("config", "log.showSignature", "true")
    assert versions(tree, "a.py") == [b"one"]


@pytest.mark.parametrize("revision", ["HEAD", "main", "HEAD^{tree}", "nowhere", "-x", "--all", "", "v1", "HEAD:a.py"])
def test_commit_of(tree: Tree, revision: str) -> None:
    tree.write("a.py", b"one")
    tree.commit()
    tree.git("branch", "--move", "main")
    tree.git("tag", "--annotate", "--message", "one", "v1")
    head = tree.git("rev-parse", "HEAD").decode().strip()
    assert tree.open().commit_of(revision) == (head if revision in ("HEAD", "main", "v1") else None)
    if revision.startswith("-"):
        assert tree.open().content_at(revision, "a.py") is None


@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
def test_long_lists_come_in_pieces(chunk: int, committed: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollback.git._CHUNK", chunk)
    for path in ("pkg/new.py", "pkg/ä\n.py"):
        committed.write(path, b"")
    (committed.root / "link").symlink_to("pkg")
    committed.git("add", "link")
    git = committed.open()
    assert git.unseen(["*.py"]) == ("pkg/new.py", "pkg/ä\n.py")
    assert git.passed_over() == {"link": "link"}


def test_a_long_list_that_git_cannot_give(committed: Tree) -> None:
    git = committed.open()
    (committed.root / ".git/index").write_bytes(b"not an index")
    for ask in (git.unseen, git.passed_over):
        with pytest.raises(GitFailed, match="index"):
            ask()


def test_what_is_asked_is_told_before_it_is_looked_at(committed: Tree) -> None:
    committed.write("pkg/ü.py", b"needle\n")
    (committed.root / "link.py").symlink_to("pkg/ü.py")
    told: list[tuple[str, str]] = []
    git = replace(committed.open(), asked=lambda what, path: told.append((what, path)))
    assert (git.is_there("pkg"), git.is_file("pkg"), git.is_folder("pkg")) == (True, False, True)
    assert (git.is_there("link.py"), git.is_file("link.py"), git.is_folder("link.py")) == (True, True, False)
    assert (git.is_there("x"), git.is_file("x"), git.is_folder("x")) == (False, False, False)
    assert git.folder("pkg") == git.folder("pkg", deep=True) == committed.root / "pkg"
    assert told == [
        *(("path", path) for path in ("pkg", "link.py", "x") for _ in range(3)),
        ("names", "pkg"),
        ("below", "pkg"),
    ]
    told.clear()
    assert git.grep(["needle"], words=True) == ("pkg/ü.py",)
    assert {*told} == {("path", "pkg/ü.py")}
    told.clear()
    list(git.versions("a.py", 1))
    assert told == [("history", "a.py")]
    assert git == committed.open()


def test_the_listing_has_all_that_is_not_ignored(tree: Tree) -> None:
    tree.write(".gitignore", b"ignored\n")
    for path in ("a\n.py", "assumed", "skipped", "pkg/ü", "ignored"):
        tree.write(path, b"")
    (tree.root / "link").symlink_to("a")
    tree.git("add", "--all")
    tree.git("update-index", "--assume-unchanged", "assumed")
    tree.git("update-index", "--skip-worktree", "skipped")
    tree.write("new", b"")
    tree.git("init", "--quiet", "nested")
    tree.write("nested/inner", b"")
    empty = b"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    entries = tree.open().listing().split(b"\0")
    assert entries.pop() == b""
    assert {entry for entry in entries if b" 100644 " in entry and not entry.endswith(b".gitignore")} == {
        b"H 100644 " + empty + b" 0\ta\n.py",
        b"h 100644 " + empty + b" 0\tassumed",
        b"S 100644 " + empty + b" 0\tskipped",
        b"H 100644 " + empty + b" 0\tpkg/" + "ü".encode(),
    }
    assert {entry for entry in entries if b"100644" not in entry and b"120000" not in entry} == {b"? new", b"? nested/"}
    assert [entry[-6:] for entry in entries if b" 120000 " in entry] == [b"0\tlink"]
    below = Git.open(tree.root / "pkg").listing().split(b"\0")
    assert below == [b"H 100644 " + empty + b" 0\t" + "ü".encode(), b""]


def test_a_name_that_cannot_be_is_not_there(tree: Tree) -> None:
    git = tree.open()
    for path in ("x" * 300, "a/" * 3000, "a\0b"):
        assert (git.is_there(path), git.is_file(path), git.is_folder(path)) == (False, False, False)
