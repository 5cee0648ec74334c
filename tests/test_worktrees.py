"""Throw-away worktrees: the tree as it is, byte for byte, and nothing left of it, however it ends."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import migrate
from migrate.throwaway import record as records
from migrate.throwaway import watcher
from migrate.throwaway.discard import discard, discard_abandoned
from migrate.throwaway.errors import NotDiscarded, NoWorktree
from migrate.throwaway.record import PREFIX, Record, abandoned, recorded, taken
from migrate.worktrees import current_state
from rollback.errors import GitFailed, Unreadable
from rollback.git import Git
from rollback.snapshot import run_ref, take
from tests.conftest import MakeRepository, Repository

HOME = Path(migrate.__file__).parents[1]
TIMEOUT_S = 30.0

FILES: Mapping[str, str | bytes] = {
    "a.py": "import a\n",
    "b.py": b"\xff\r\nno final newline",
    "pkg/c.py": "import c\n",
    "gone.py": "",
    "was_file": "",
    "was_folder/one": "",
    "was_link": "",
    "kept_aside.py": "as committed\n",
    "sparse.py": "as committed\n",
    ".gitignore": "*.log\n/ignored/\n",
}

# A process of its own in the block, which says so and waits.
HOLD = """
import os, signal, sys, time
from pathlib import Path
from migrate.executors.processes import pool
from migrate.worktrees import current_state
from rollback.git import Git
with current_state(Git.open(Path(sys.argv[1]))) as git, pool(2) as workers:
    list(workers.map(abs, range(4)))
    (git.root / "made.log").touch()
    print(git.root, flush=True)
    time.sleep(60)
"""


# Makes a folder again and again.
ANEW = """
import contextlib, os, sys, time
until = time.monotonic() + float(sys.argv[2])
while time.monotonic() < until:
    with contextlib.suppress(OSError):  # somebody deletes it just now
        os.makedirs(sys.argv[1], exist_ok=True)
    time.sleep(0.005)
"""


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    folder = tmp_path / "room"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture
def repository(make_repository: MakeRepository, room: Path) -> Repository:
    return make_repository(FILES)


def contents(top: Path) -> dict[str, tuple[int, bytes]]:
    """Kind and mode, and bytes or a link's target, of everything but git's own; folders with a final "/"."""
    found = {}
    for folder, folders, files in os.walk(top):
        if ".git" in folders:
            folders.remove(".git")
        for path in (Path(folder, name) for name in (*folders, *files) if name != ".git"):
            mode = path.lstat().st_mode
            content = os.fsencode(path.readlink()) if path.is_symlink() else b"" if path.is_dir() else path.read_bytes()
            found[path.relative_to(top).as_posix()] = (mode, content)
    return found


def facts(repository: Repository) -> dict[str, object]:
    """Everything of a repository that must stay as it is."""
    git = Path(os.fsdecode(repository.git("rev-parse", "--absolute-git-dir").strip()))
    common = Path(repository.root, os.fsdecode(repository.git("rev-parse", "--git-common-dir").strip()))
    index = git / "index"
    return {
        "tree": contents(repository.root),
        "times": {path: path.lstat().st_mtime_ns for path in sorted(repository.root.rglob("*")) if ".git" not in path.parts},
        "status": repository.git("--no-optional-locks", "status", "--porcelain", "-z", "--ignored"),
        "index": (index.read_bytes(), index.stat().st_mtime_ns) if index.exists() else None,
        "refs": repository.git("for-each-ref"),
        "head": (git / "HEAD").read_bytes(),
        "config": (common / "config").read_bytes(),
        "worktrees": repository.git("worktree", "list", "--porcelain"),
        "git": sorted(path.relative_to(common) for path in common.rglob("*") if "objects" not in path.parts),
    }  # fmt: skip


@contextmanager
def nothing_left(repository: Repository, room: Path) -> Iterator[None]:
    before = facts(repository)
    yield
    assert facts(repository) == before
    assert list(room.iterdir()) == []


def is_left(repository: Repository, room: Path) -> bool:
    git = repository.root / ".git"
    return bool(list(room.iterdir())) or (git / "worktrees").exists() or (git / "migrate-worktrees").exists()


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


@contextmanager
def held(repository: Repository) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process that is in the block, with forked workers, and the top of its worktree."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", HOLD, str(repository.root)],
        env={**os.environ, "PYTHONPATH": str(HOME)}, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    with process:
        yield process, Path(process.stdout.readline().rstrip("\n"))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def watchers(repository: Repository) -> set[int]:
    """The processes that wait for the end of one that is at work in the repository."""
    found = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return {int(line.split()[0]) for line in found.splitlines() if f" {repository.root} {PREFIX}" in line}


# What is in it


def test_a_clean_tree(repository: Repository, room: Path) -> None:
    git = repository.open()
    with nothing_left(repository, room), current_state(git) as made:
        assert contents(made.root) == contents(repository.root)
        assert made.run("status", "--porcelain") == b""
        assert (made.head(), made.prefix, made.common_dir) == (git.head(), "", git.common_dir)
        assert made.root.name == repository.root.name
        assert made.run("branch", "--show-current") == b""
        assert stat.S_IMODE(made.root.parent.stat().st_mode) == 0o700


def test_every_kind_of_uncommitted_change(repository: Repository, room: Path) -> None:
    root = repository.root
    repository.git("update-index", "--assume-unchanged", "kept_aside.py")
    repository.git("update-index", "--skip-worktree", "sparse.py")
    (root / "sparse.py").unlink()
    repository.write({
        "a.py": "edited\n",
        "kept_aside.py": "edited, and hidden from git\n",
        "new.py": "new\n",
        "new/er.py": "new\n",
        "staged.py": "staged\n",
        "staged_only.py": "staged, and not in the tree any more\n",
        "meant.py": "meant\n",
        "forced.log": "tracked, and ignored\n",
        os.fsdecode(b"latin-\xe9.py"): "",
        b"latin-\xe9.py": "",  # type: ignore[dict-item] - Repository.write decodes it
        "ignored/one": "",
        "some.log": "",
    })  # fmt: skip
    repository.git("add", "staged.py", "staged_only.py")
    repository.git("add", "--force", "forced.log")
    repository.git("add", "--intent-to-add", "meant.py")
    repository.write({"staged.py": "edited since\n"})
    (root / "staged_only.py").unlink()
    (root / "gone.py").unlink()
    (root / "b.py").chmod(0o755)
    (root / "pkg/c.py").chmod(0o640)
    (root / "was_file").unlink()
    repository.write({"was_file/one": "now a folder\n"})
    (root / "was_folder/one").unlink()
    (root / "was_folder").rmdir()
    (root / "was_folder").symlink_to("pkg")
    (root / "was_link").unlink()
    (root / "was_link").symlink_to("nowhere")
    os.utime(root / "a.py", ns=(10**18, 10**18 + 1))

    wanted = contents(root)
    for path in ("ignored", "ignored/one", "some.log"):
        del wanted[path]
    with nothing_left(repository, room), current_state(repository.open()) as made:
        assert contents(made.root) == wanted
        assert (made.root / "a.py").stat().st_mtime_ns == 10**18 + 1
        for command in (("status", "--porcelain", "-z"), ("ls-files", "--stage", "-z"), ("ls-files", "-v", "-z")):
            assert made.run(*command) == repository.git("--no-optional-locks", *command)


def test_ignored_files_that_are_asked_for(repository: Repository, room: Path) -> None:
    repository.write({"pkg/ignored/one.log": "wanted\n", "pkg/ignored/two.log": "not wanted\n"})
    with (
        nothing_left(repository, room),
        current_state(Git.open(repository.root / "pkg"), ignored=["ignored/one.log", "ignored/none.log"]) as made,
    ):
        assert sorted(contents(made.root)) == ["c.py", "ignored", "ignored/one.log"]
        assert (made.root / "ignored/one.log").read_bytes() == b"wanted\n"


@pytest.mark.parametrize(
    ("setting", "attributes"),
    [
        pytest.param("core.autocrlf=true", "", id="autocrlf"),
        pytest.param("core.eol=crlf", "* text=auto\n", id="eol"),
        pytest.param("core.eol=lf", "*.py text eol=crlf\n", id="attributes"),
        pytest.param("filter.f.smudge=sed s/$/smudged/", "*.py filter=f\n", id="a filter"),
        pytest.param("filter.f.smudge=false", "*.py filter=f\n", id="a filter that fails"),
        pytest.param("filter.f.clean=sed s/smudged//", "*.py filter=f ident\n", id="ident"),
    ],
)
def test_filters_change_nothing(repository: Repository, room: Path, setting: str, attributes: str) -> None:
    repository.git("config", "filter.f.clean", "cat")
    repository.git("config", *setting.split("=", 1))
    repository.git("config", "filter.f.required", "true")
    repository.write({".gitattributes": attributes, "mixed.py": b"one\r\ntwo\n$Id$\rthree"})
    with nothing_left(repository, room), current_state(repository.open()) as made:
        assert contents(made.root) == contents(repository.root)


def test_before_the_first_commit(make_repository: MakeRepository, room: Path) -> None:
    repository = make_repository({})
    repository.git("update-ref", "-d", "HEAD")
    repository.write({"staged.py": "1", "new.py": "2"})
    repository.git("add", "staged.py")
    with nothing_left(repository, room), current_state(repository.open()) as made:
        assert contents(made.root) == contents(repository.root)
        assert made.run("status", "--porcelain") == b"A  staged.py\n?? new.py\n"
        assert made.run("ls-tree", "HEAD") == b""


def test_a_folder_of_the_tree(repository: Repository, room: Path) -> None:
    repository.write({"ignored/one": ""})
    with nothing_left(repository, room):
        with current_state(Git.open(repository.root / "pkg")) as made:
            assert (made.prefix, made.root.name) == ("pkg/", "pkg")
            assert sorted(contents(made.root)) == ["c.py"]
            assert (made.toplevel / "a.py").exists()
        with current_state(Git.open(repository.root / "ignored")) as made:
            assert contents(made.root) == {}


def test_a_linked_worktree(repository: Repository, room: Path, tmp_path: Path) -> None:
    repository.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = Repository(tmp_path / "side")
    side.write({"a.py": "of the side\n", "staged.py": ""})
    side.git("add", "staged.py")
    with nothing_left(repository, room), nothing_left(side, room), current_state(side.open()) as made:
        assert contents(made.root) == contents(side.root)
        assert made.run("status", "--porcelain") == side.git("--no-optional-locks", "status", "--porcelain")


def test_other_repositories_in_the_tree(make_repository: MakeRepository, room: Path) -> None:
    other = make_repository({"inside.py": ""})
    repository = make_repository({"a.py": ""})
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.root), "lib")
    repository.commit()
    repository.git("init", "--quiet", "nested")
    repository.write({"nested/one.py": ""})
    with nothing_left(repository, room), current_state(repository.open()) as made:
        assert sorted(contents(made.root)) == [".gitmodules", "a.py", "lib"]
        assert made.passed_over() == {"lib": "submodule"}


def test_what_is_neither_a_file_nor_a_link(repository: Repository, room: Path) -> None:
    (repository.root / "gone.py").unlink()
    os.mkfifo(repository.root / "gone.py")
    with current_state(repository.open()) as made:
        assert not (made.root / "gone.py").exists()
    assert not is_left(repository, room)


def test_a_file_that_may_not_be_read(repository: Repository, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_opening(monkeypatch, "a.py", PermissionError(13, "Permission denied"))
    with (
        nothing_left(repository, room),
        pytest.raises(Unreadable, match=r"a\.py: cannot read: Permission denied"),
        current_state(repository.open()),
    ):
        pytest.fail("made")  # pragma: no cover


def refuse_opening(monkeypatch: pytest.MonkeyPatch, name: str, error: OSError, *, writing: bool = False) -> None:
    """The system refuses to open files of this name."""
    really = os.open

    def refusing(path: str, flags: int, mode: int = 0o777, **more: int) -> int:
        if os.fspath(path).endswith(name) and bool(flags & os.O_WRONLY) == writing:
            raise error
        return really(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", refusing)


def test_progress(repository: Repository, room: Path) -> None:
    told: list[tuple[int, int]] = []
    with current_state(repository.open(), progress=lambda *counts: told.append(counts)):
        pass
    assert told == [(number, 10) for number in range(1, 11)]


@pytest.mark.parametrize("name", ["one\ntwo", "-dash", "wörk tree"])
def test_odd_names_of_the_repository(make_repository: MakeRepository, room: Path, name: str) -> None:
    made_first = make_repository({"a.py": ""})
    repository = Repository(made_first.root.rename(made_first.root.parent / name))
    with nothing_left(repository, room), current_state(repository.open()) as made:
        assert made.root.name == (name if name.isprintable() else "tree")
        assert sorted(contents(made.root)) == ["a.py"]


# How it ends


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_exception_in_the_block(repository: Repository, room: Path, error: type[BaseException]) -> None:
    def leave_a_mess(top: Path) -> None:
        (top / "more").mkdir()
        (top / "more/file").touch()
        (top / "more").chmod(0o500)
        raise error

    with nothing_left(repository, room), pytest.raises(error), current_state(repository.open()) as made:
        leave_a_mess(made.root)


def test_what_was_kept_for_its_runs_goes_as_well(repository: Repository, room: Path) -> None:
    mine = run_ref(repository.open(), "plan", "run-1")
    take(repository.open(), mine, [], "Before run 1\n")
    with nothing_left(repository, room), current_state(repository.open()) as made:
        take(made, run_ref(made, "plan", "run-2"), [], "Before run 2\n")
        assert repository.git("for-each-ref", "refs/migrate").count(b"\n") == 2
    assert repository.git("for-each-ref", "--format=%(refname)", "refs/migrate").decode() == f"{mine}\n"


def test_two_at_once(repository: Repository, room: Path) -> None:
    told: list[str] = []
    with nothing_left(repository, room), current_state(repository.open(), told.append) as first:
        with current_state(repository.open(), told.append) as second:
            assert first.git_dir != second.git_dir
            (first.root / "a.py").write_bytes(b"changed")
            assert contents(second.root) == contents(repository.root)
        assert (first.root / "a.py").read_bytes() == b"changed"
        assert first.run("status", "--porcelain") == b" M a.py\n"
    assert told == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_it_is_filled(repository: Repository, room: Path, number: signal.Signals) -> None:
    """Whatever handler there is, it comes to act between two files, and all is taken away."""
    ran = []

    def handle(signum: int, _frame: object) -> None:
        ran.append(signum)
        raise KeyboardInterrupt

    def strike(done: int, _total: int) -> None:
        if done == 5:
            signal.raise_signal(number)
            assert ran == []

    before = signal.signal(number, handle)
    try:
        with (
            nothing_left(repository, room),
            pytest.raises(KeyboardInterrupt),
            current_state(repository.open(), progress=strike),
        ):
            pytest.fail("went on")  # pragma: no cover
    finally:
        signal.signal(number, before)
    assert ran == [number]


def test_killed_with_forked_workers_at_work(repository: Repository, room: Path) -> None:
    with nothing_left(repository, room), held(repository) as (process, top):
        assert (top / "made.log").exists()
        process.kill()
        wait_until(lambda: not is_left(repository, room))


def test_killed_with_a_command_still_writing(repository: Repository, room: Path) -> None:
    with held(repository) as (process, top):
        code = "import os\nfor n in range(150): os.makedirs('d%d' % n, exist_ok=True); __import__('time').sleep(0.01)"
        writing = subprocess.Popen([sys.executable, "-c", code], cwd=top, stderr=subprocess.DEVNULL)
        process.kill()
        writing.wait()
        wait_until(lambda: not is_left(repository, room))


def test_killed_and_the_watcher_with_it(repository: Repository, room: Path) -> None:
    """As by a power cut: the next one finds what was left."""
    with held(repository) as (process, top):
        (watching,) = watchers(repository)
        os.kill(watching, signal.SIGKILL)
        take(Git.open(top), run_ref(Git.open(top), "plan", "run-1"), [], "Before run 1\n")
        process.kill()
    assert is_left(repository, room)
    told: list[str] = []
    with current_state(repository.open(), told.append) as made:
        assert not top.exists()
        assert [folder.name for folder in room.iterdir()] == [made.git_dir.name]
    assert not is_left(repository, room)
    assert (repository.git("for-each-ref", "refs/migrate"), told) == (b"", [])


def test_one_that_lives_is_not_touched(repository: Repository, room: Path) -> None:
    with held(repository) as (_, top):
        assert discard_abandoned(repository.open()) == ()
        with current_state(repository.open()):
            pass
        assert contents(top).keys() - {"made.log"} == contents(repository.root).keys()


def test_the_watcher_was_killed(repository: Repository, room: Path) -> None:
    with nothing_left(repository, room), current_state(repository.open()):
        (watching,) = watchers(repository)
        os.kill(watching, signal.SIGKILL)
        wait_until(lambda: watchers(repository) == set())


def test_the_watcher_does_not_outlive_the_block(repository: Repository, room: Path) -> None:
    with current_state(repository.open()):
        assert len(watchers(repository)) == 1
    assert watchers(repository) == set()


# What is in its way


def test_no_such_folder_for_it(repository: Repository, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(room / "absent"))
    with nothing_left(repository, room), pytest.raises(NoWorktree) as caught, current_state(repository.open()):
        pytest.fail("made")  # pragma: no cover
    assert str(caught.value) == (
        f"{room}/absent: no temporary worktree can be made: No such file or directory; your tree is as it was; "
        "TMPDIR=/a/folder/with/more/room puts it there"
    )


def test_no_room_for_it(repository: Repository, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_opening(monkeypatch, "pkg/c.py", OSError(28, "No space left on device"), writing=True)
    with (
        nothing_left(repository, room),
        pytest.raises(NoWorktree, match=r"/room/.*: no temporary worktree can be made: No space left on device"),
        current_state(repository.open()),
    ):
        pytest.fail("made")  # pragma: no cover


def test_a_git_directory_that_cannot_be_written(repository: Repository, room: Path) -> None:
    (repository.root / ".git/migrate-worktrees").write_bytes(b"in the way")
    with (
        nothing_left(repository, room),
        pytest.raises(NoWorktree, match=r"/\.git/migrate-worktrees: no temporary worktree can be made: .*as it was$"),
        current_state(repository.open()),
    ):
        pytest.fail("made")  # pragma: no cover


def test_git_refuses(repository: Repository, room: Path) -> None:
    (repository.root / ".git/worktrees").write_bytes(b"in the way")
    with nothing_left(repository, room), pytest.raises(GitFailed, match="worktree"), current_state(repository.open()):
        pytest.fail("made")  # pragma: no cover


def test_no_process_to_watch_it(repository: Repository, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(room / "absent"))
    with (
        nothing_left(repository, room),
        pytest.raises(NoWorktree, match="No such file or directory; your tree is as it was"),
        current_state(repository.open()),
    ):
        pytest.fail("made")  # pragma: no cover


def test_what_cannot_be_taken_away_is_told_and_tried_again(
    repository: Repository, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("migrate.worktrees._PATIENCE_S", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", refusing_to_remove)
        with current_state(repository.open(), told.append) as made:
            folder = made.root.parent
    sentence = f"{folder}: a temporary worktree is left over: Device or resource busy; delete that folder"
    assert (told, folder.exists()) == ([sentence], True)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", refusing_to_remove)
        (left,) = discard_abandoned(repository.open())
    assert (str(left), left.where) == (sentence, folder)
    with current_state(repository.open(), told.append):
        assert not folder.exists()
    assert (told, is_left(repository, room)) == ([sentence], False)


def refusing_to_remove(path: str, *_rest: object, **_more: object) -> None:
    raise OSError(16, "Device or resource busy")


# Records


def test_no_record_of_nothing(repository: Repository) -> None:
    assert list(abandoned(repository.open())) == []
    with taken(repository.open(), f"{PREFIX}none") as record:
        assert record is None


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"{}", b'{"folder": 1}', b'{"folder": "/"}', b'{"folder": "/tmp"}', b'{"folder": "../x"}'],
)
def test_a_record_that_was_cut_short_or_is_not_ours(repository: Repository, room: Path, text: bytes) -> None:
    folder = repository.root / ".git/migrate-worktrees"
    folder.mkdir(parents=True)
    (folder / f"{PREFIX}0123").write_bytes(text)
    with nothing_of_ours_deleted(repository):
        assert discard_abandoned(repository.open()) == ()
    assert not folder.exists()


@contextmanager
def nothing_of_ours_deleted(repository: Repository) -> Iterator[None]:
    before = contents(repository.root.parent)
    yield
    assert contents(repository.root.parent) == before


def test_a_record_by_another_name_deletes_nothing(repository: Repository, room: Path) -> None:
    (room / "precious").mkdir()
    record = Record(repository.root / ".git/migrate-worktrees/precious", room / "precious")
    discard(repository.open(), record)
    assert (room / "precious").exists()


def test_a_record_taken_for_abandoned_in_its_first_instant(
    repository: Repository, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one looks for abandoned ones between the making of a record and its lock."""
    git = repository.open()
    really = os.fsync
    looked = []

    def looking(descriptor: int) -> None:
        really(descriptor)
        if not looked and stat.S_ISREG(os.fstat(descriptor).st_mode):
            looked.append(discard_abandoned(git))

    monkeypatch.setattr(os, "fsync", looking)
    with recorded(git, room) as record:
        assert record.path.exists()
        assert list(abandoned(git)) == []
    assert looked == [()]


def test_a_lock_that_is_held_for_an_instant_by_another(
    repository: Repository, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git, really = repository.open(), os.fsync
    theirs = []

    def taking(descriptor: int) -> None:
        really(descriptor)
        if not theirs and stat.S_ISREG(os.fstat(descriptor).st_mode):
            (path,) = (git.common_dir / "migrate-worktrees").iterdir()
            with taken(git, path.name) as record:
                theirs.append(record)
                monkeypatch.setattr(os, "fsync", really)
                assert not records._lock(descriptor)

    monkeypatch.setattr(os, "fsync", taking)
    with recorded(git, room) as record:
        assert theirs[0] is not None
        assert record.name != theirs[0].name or record == theirs[0]


def test_forked_children_let_go(repository: Repository, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git = repository.open()
    with recorded(git, room) as record, watcher.watched(git, record):
        (pipe,) = watcher._pipes
        copy = os.dup(pipe)
        with monkeypatch.context() as patch:
            patch.setattr(watcher, "_pipes", {copy})
            watcher._close_in_child()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(copy)
        assert list(abandoned(git)) == []
        records._close_in_child()  # from here on as in a forked child
        assert list(abandoned(git)) == [record]


def test_patience_with_what_comes_back(repository: Repository, room: Path) -> None:
    git = repository.open()
    with recorded(git, room) as record:
        record.folder.mkdir()
        code = f"import os, time; time.sleep(0.5); os.makedirs({str(record.folder / 'again')!r})"
        with subprocess.Popen([sys.executable, "-c", code]):
            discard(git, record, patience_s=10.0, quiet_s=1.5)
    assert not is_left(repository, room)


@pytest.mark.parametrize(
    ("seconds", "patience_s", "is_left_over"),
    [
        pytest.param(0.5, 20.0, False, id="for a while"),
        pytest.param(60.0, 1.0, True, id="for longer than there is patience"),
    ],
)
def test_a_process_in_a_session_of_its_own_that_makes_its_folder_anew(
    repository: Repository,
    room: Path,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    patience_s: float,
    is_left_over: bool,
) -> None:
    monkeypatch.setattr("migrate.worktrees._PATIENCE_S", patience_s)
    told: list[str] = []
    with current_state(repository.open(), told.append) as made:
        folder = made.toplevel / "mine"
        making = subprocess.Popen([sys.executable, "-c", ANEW, str(folder), str(seconds)], start_new_session=True)
        wait_until(folder.exists)
    if is_left_over:
        (sentence,) = told
        assert sentence.startswith(f"{made.toplevel.parent}: a temporary worktree is left over: ")
        # It depends on the instant in which the last try ends.
        assert "a process that is still at work in it makes it anew" in sentence or "Directory not empty" in sentence
        making.kill()
        making.wait()
        told.clear()
        with current_state(repository.open(), told.append):
            assert not made.toplevel.exists()
    making.wait()
    assert (told, is_left(repository, room)) == ([], False)


def test_patience_has_an_end(repository: Repository, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.rmtree", refusing_to_remove)
    with recorded(repository.open(), room) as record:
        record.folder.mkdir()
        with pytest.raises(NotDiscarded, match="Device or resource busy"):
            discard(repository.open(), record, patience_s=0.5)
        assert record.path.exists()
