"""There and back on real git in every state that a repository can be in: every byte, mode, link and index entry.

Each case is a repository that a function makes. Then a run changes every file there is, removes one and makes another in a
folder of its own; it is rolled back, or fails at its last file, or is killed and recovered from. Whatever happens, sha256 and
mode of every file, which names share a file, and `git ls-files -s` are as before.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from trees import ODD_NAMES, Tree

from rollback.lock import locked

Make = Callable[[Path], Tree]


def new(folder: Path, *options: str) -> Tree:
    """A repository with three committed files."""
    folder.mkdir(parents=True)
    tree = Tree(folder, folder)
    tree.git("init", "--quiet", *options)
    tree.write("a.py", b"import a\n")
    tree.write("b.py", b"import b\n", 0o755)
    tree.write("pkg/c.py", b"import c")
    tree.commit()
    return tree


def configured(*settings: str) -> Callable[[Path], Tree]:
    """A repository with `key=value` settings, made before its files are written."""

    def make(folder: Path) -> Tree:
        tree = new(folder)
        for setting in settings:
            tree.git("config", *setting.split("=", 1))
        tree.write("a.py", b"mixed\r\nlines\n$Id$\r")
        return tree

    return make


def with_attributes(line: str, *settings: str) -> Make:
    def make(folder: Path) -> Tree:
        tree = configured(*settings)(folder)
        tree.write(".gitattributes", line.encode() + b"\n")
        tree.write("pkg/d.py", b"$Id: 1 $\nunix\n")
        return tree

    return make


def plain(folder: Path) -> Tree:
    return new(folder)


def uncommitted(folder: Path) -> Tree:
    tree = new(folder)
    tree.write("a.py", b"edited\n", 0o600)
    tree.write("pkg/c.py", b"edited, too", 0o755)
    return tree


def staged_hunks(folder: Path) -> Tree:
    tree = new(folder)
    tree.write("a.py", b"staged\nimport a\n")
    tree.git("add", "a.py")
    tree.write("a.py", b"staged\nimport a\nnot staged\n")
    tree.write("added.py", b"added\n")
    tree.git("add", "added.py")
    tree.git("rm", "--quiet", "--cached", "b.py")
    tree.write("later.py", b"only intended\n")
    tree.git("add", "--intent-to-add", "later.py")
    return tree


def conflict(folder: Path) -> Tree:
    tree = new(folder)
    tree.git("checkout", "--quiet", "-b", "other")
    tree.write("a.py", b"theirs\n")
    tree.commit()
    tree.git("checkout", "--quiet", "-")
    tree.write("a.py", b"ours\n")
    tree.commit()
    with pytest.raises(Exception, match="returned non-zero exit status 1"):
        tree.git("merge", "--quiet", "other")
    return tree


def untracked_and_ignored(folder: Path) -> Tree:
    tree = new(folder)
    tree.write(".gitignore", b"ignored*\n")
    tree.write("untracked.py", b"untracked\n", 0o640)
    tree.write("ignored.py", b"ignored\n", 0o604)
    tree.write("ignored/deep/x.py", b"ignored, too\n")
    return tree


def flags(folder: Path) -> Tree:
    tree = new(folder)
    tree.git("update-index", "--assume-unchanged", "a.py")
    tree.git("update-index", "--skip-worktree", "b.py")
    tree.write("a.py", b"git does not look\n")
    return tree


def linked_worktree(folder: Path) -> Tree:
    main = new(folder / "main")
    main.git("worktree", "add", "--quiet", "-b", "topic", str(folder / "run-7"))
    return Tree(folder / "run-7", folder / "run-7")


def subfolder(folder: Path) -> Tree:
    tree = new(folder)
    tree.write("pkg/sub/d.py", b"d\n")
    tree.commit()
    return Tree(tree.top, tree.top / "pkg")


def detached(folder: Path) -> Tree:
    tree = new(folder)
    tree.git("checkout", "--quiet", "--detach")
    return tree


def unborn(folder: Path) -> Tree:
    folder.mkdir()
    tree = Tree(folder, folder)
    tree.git("init", "--quiet")
    tree.write("a.py", b"never committed\n")
    tree.write("pkg/c.py", b"staged only\n")
    tree.git("add", "pkg/c.py")
    return tree


def sparse(*options: str) -> Make:
    def make(folder: Path) -> Tree:
        tree = new(folder)
        tree.write("elsewhere/d.py", b"d\n")
        tree.write("elsewhere/deep/e.py", b"e\n")
        tree.commit()
        tree.git("sparse-checkout", "init", "--cone", *options)
        tree.git("sparse-checkout", "set", "pkg")
        tree.write("elsewhere/d.py", b"here though it should not be\n")
        return tree

    return make


def hostile_names(folder: Path) -> Tree:
    tree = new(folder)
    for number, name in enumerate([*ODD_NAMES, "x" * 250 + ".py", "\x1b[31mred\x07.py", " ", "\u202egpj.py"]):
        tree.write(name, f"old {number}\n".encode(), 0o600 + number % 0o70)
    tree.git("add", "--", "plain.py", "./-dash.py")
    return tree


def read_only(folder: Path) -> Tree:
    tree = new(folder)
    tree.write("a.py", b"read-only\n", 0o444)
    tree.write("none.py", b"nobody may read it\n", 0o400)
    return tree


def odd_modes(folder: Path) -> Tree:
    tree = new(folder)
    for number, mode in enumerate((0o4755, 0o2711, 0o1644, 0o777, 0o666, 0o604)):
        tree.write(f"m{number}.py", b"x\n", mode)
    return tree


def hard_links(folder: Path) -> Tree:
    tree = new(folder)
    (tree.root / "pkg/twin.py").hardlink_to(tree.root / "a.py")
    (tree.root / "pkg/third.py").hardlink_to(tree.root / "a.py")
    outside = folder.parent / "outside.py"
    outside.write_bytes(b"outside\n")
    (tree.root / "shared.py").hardlink_to(outside)
    return tree


def links(folder: Path) -> Tree:
    tree = new(folder)
    (tree.root / "to_a.py").symlink_to("a.py")
    (tree.root / "to_pkg").symlink_to("pkg")
    (tree.root / "nowhere").symlink_to("gone")
    tree.commit()
    return tree


def odd_contents(folder: Path) -> Tree:
    tree = new(folder)
    for number, content in enumerate((b"", b"\0\xff", b"\xef\xbb\xbf\r\n", b"\n" * 3, b"x" * 3_000_000, b"data 5\n")):
        tree.write(f"c{number}.py", content)
    return tree


def separate_git_directory(folder: Path) -> Tree:
    return new(folder / "work", f"--separate-git-dir={folder}/elsewhere.git")


def git_directory_on_another_disk(folder: Path) -> Tree:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == folder.parent.stat().st_dev:
        pytest.skip("there is no other file system")
    other = Path(tempfile.mkdtemp(dir=memory))
    tree = new(folder / "work", f"--separate-git-dir={other}/git")
    (folder / "to_delete").symlink_to(other)
    return tree


def bare_with_a_worktree(folder: Path) -> Tree:
    main = new(folder / "main")
    main.git("clone", "--quiet", "--bare", ".", str(folder / "bare.git"))
    Tree(folder / "bare.git", folder / "bare.git").git("worktree", "add", "--quiet", str(folder / "work"))
    return Tree(folder / "work", folder / "work")


def within_a_submodule(folder: Path) -> Tree:
    new(folder / "library")
    main = new(folder / "main")
    main.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../library", "vendor/library")
    main.commit()
    return Tree(folder / "main/vendor/library", folder / "main/vendor/library")


def sha256_objects(folder: Path) -> Tree:
    return new(folder, "--object-format=sha256")


def shallow_clone(folder: Path) -> Tree:
    main = new(folder / "main")
    main.write("a.py", b"second\n")
    main.commit()
    main.git("clone", "--quiet", "--depth=1", f"file://{folder}/main", str(folder / "clone"))
    return Tree(folder / "clone", folder / "clone")


def shared_objects(folder: Path) -> Tree:
    main = new(folder / "main")
    main.git("clone", "--quiet", "--shared", ".", str(folder / "clone"))
    return Tree(folder / "clone", folder / "clone")


def stale_lock_of_git(folder: Path) -> Tree:
    """Another git was killed: nothing of ours needs the index or the packed refs."""
    tree = new(folder)
    (tree.root / ".git/index.lock").touch()
    (tree.root / ".git/packed-refs.lock").touch()
    return tree


CASES: dict[str, Make] = {
    "plain": plain,
    "uncommitted edits": uncommitted,
    "staged hunks": staged_hunks,
    "a merge conflict": conflict,
    "untracked and ignored": untracked_and_ignored,
    "assume-unchanged, skip-worktree": flags,
    "autocrlf true": configured("core.autocrlf=true"),
    "autocrlf input": configured("core.autocrlf=input", "core.safecrlf=true"),
    "core.eol": configured("core.eol=crlf", "core.autocrlf=true"),
    "no file modes": configured("core.fileMode=false"),
    "no links": configured("core.symlinks=false"),
    "many files": configured("feature.manyFiles=true", "core.untrackedCache=true"),
    "split index": configured("core.splitIndex=true"),
    "every commit signed": configured("commit.gpgSign=true", "gpg.program=false"),
    "reflogs everywhere": configured("core.logAllRefUpdates=always"),
    "eol=crlf": with_attributes("* text eol=crlf"),
    "eol=lf": with_attributes("* text eol=lf", "core.autocrlf=true"),
    "ident": with_attributes("* text=auto ident"),
    "encoding": with_attributes("*.py text working-tree-encoding=UTF-16LE"),
    "filter": with_attributes("* filter=f", "filter.f.clean=tr A-Z a-z", "filter.f.smudge=tr a-z A-Z"),
    "failing filter": with_attributes("* filter=f", "filter.f.smudge=false", "filter.f.clean=cat", "filter.f.required=true"),
    "linked worktree": linked_worktree,
    "subfolder as root": subfolder,
    "detached HEAD": detached,
    "unborn HEAD": unborn,
    "sparse checkout": sparse(),
    "sparse index": sparse("--sparse-index"),
    "hostile names": hostile_names,
    "read-only files": read_only,
    "odd modes": odd_modes,
    "hard links": hard_links,
    "symbolic links": links,
    "odd contents": odd_contents,
    "separate git directory": separate_git_directory,
    "git directory on another disk": git_directory_on_another_disk,
    "bare repository with a worktree": bare_with_a_worktree,
    "within a submodule": within_a_submodule,
    "SHA-256 objects": sha256_objects,
    "shallow clone": shallow_clone,
    "shared objects": shared_objects,
    "stale locks of git": stale_lock_of_git,
}  # fmt: skip


def exactly(tree: Tree) -> dict[str, object]:
    """Everything about a working tree, and the index: entries, flags and bytes."""
    inodes: dict[int, str] = {}
    found: dict[str, object] = {}
    for folder, folders, files in os.walk(tree.top):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in (*folders, *sorted(files)):
            path = Path(folder, name)
            facts = path.lstat()
            mode = stat.S_IMODE(facts.st_mode)
            if path.is_symlink():
                found[str(path)] = ("link", str(path.readlink()))
            elif path.is_dir():
                found[str(path)] = ("folder", mode)
            elif name != ".git":
                shared = inodes.setdefault(facts.st_ino, str(path)) if facts.st_nlink > 1 else ""
                owner = (facts.st_uid, facts.st_gid)
                found[str(path)] = (mode, owner, hashlib.sha256(path.read_bytes()).hexdigest(), shared)
    index = Path(os.fsdecode(tree.git("rev-parse", "--git-path", "index")).strip())
    found["index"] = (tree.root / index).read_bytes() if (tree.root / index).exists() else None
    found["ls-files"] = tree.git("ls-files", "--stage", "-v", "--full-name", "-z", ":/") if found["index"] else b""
    found["head"] = tree.git("symbolic-ref", "--quiet", "HEAD") if "detached" not in str(tree.top) else b""
    return found


@pytest.fixture(params=CASES, ids=lambda name: name.replace(" ", "-"))
def case(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tree]:
    name: str = request.param
    if sys.platform == "darwin" and name == "hostile names":
        pytest.skip("names must be UTF-8 there")
    folder = tmp_path.resolve() / name.replace(" ", "_")
    tree = CASES[name](folder)
    # What a hook or a user's shell may have set must not lead anywhere else.
    (tmp_path / "other").mkdir()
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"):
        monkeypatch.setattr(Tree, "git", _clean(Tree.git))
        monkeypatch.setenv(variable, str(tmp_path / "other"))

    yield tree
    for each in folder.glob("to_delete"):
        shutil.rmtree(each.readlink(), ignore_errors=True)


def _clean(real: Callable[..., bytes]) -> Callable[..., bytes]:
    """`Tree.git` past the variables that are set to lead it astray."""

    def git(tree: Tree, *arguments: str) -> bytes:
        with pytest.MonkeyPatch.context() as patch:
            for variable in [name for name in os.environ if name.startswith("GIT_") and "CONFIG" not in name]:
                patch.delenv(variable)
            return real(tree, *arguments)

    return git


def changes(tree: Tree) -> dict[str, bytes | None]:
    """Every plain file of the root gets other bytes, but one that goes; and a new one comes."""
    wanted: dict[str, bytes | None] = {"new folder/deep/new.py": b"new\r\n"}
    for folder, folders, files in os.walk(tree.root):
        folders[:] = [name for name in folders if name != ".git" and not Path(folder, name, ".git").exists()]
        for name in files:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink() and name != ".git":
                wanted[os.path.relpath(path, tree.root)] = path.read_bytes()[:1000] + b"# changed \r\n"
    wanted[sorted(wanted)[0]] = None
    return wanted


def test_rolled_back(case: Tree) -> None:
    before = exactly(case)
    run = case.apply(changes(case))
    assert exactly(case) != before
    case.roll_back(run)
    assert exactly(case) == before


def test_failed(case: Tree) -> None:
    before = exactly(case)
    wanted = changes(case)

    def fail(done: int) -> None:
        if done == len(wanted):
            raise RuntimeError("ours")

    with pytest.raises(RuntimeError, match="ours"):
        case.apply(wanted, progress=fail)
    assert exactly(case) == before


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # threads of the test runner
def test_killed_and_recovered(case: Tree) -> None:
    before = exactly(case)
    wanted = changes(case)

    def die(done: int) -> None:
        if done == len(wanted) - 1:
            os._exit(9)

    child = os.fork()
    if child == 0:
        try:
            with locked(case.open(), "migrate phase3"):
                case.apply(wanted, progress=die)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert exactly(case) != before
    with case.journal() as journal:
        run = journal.interrupted()
    assert run is not None
    case.roll_back(run)
    assert exactly(case) == before
