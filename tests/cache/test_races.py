"""What changes while it is looked at, or right before, must not be taken for known later."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from repositories import Repository
from shop import OWN, USES, ask_status, edit, kept, looks_counted

from migrate.cache.answers import Answers
from migrate.cache.places import Places
from migrate.cache.store import Store
from migrate.executors.workers import Workers
from migrate.guarding.look import TreeLook
from migrate.guarding.search import Search
from migrate.plan import load_plan
from migrate.previewing import Previews
from migrate.rounds import Rounds
from migrate.tree import Tree
from rollback.git import Git

_MORE = USES.format("shop.basket") + "Basket(metadata=2)\n"


@contextmanager
def meanwhile(before: Callable[[], Any], after: Callable[[], Any] = lambda: None) -> Iterator[None]:
    """Something happens before the first phase's files are looked at, and something after them."""
    run, is_first = Rounds.run, [True]

    def disturbed(rounds: Rounds) -> Any:
        is_it = is_first.pop() if is_first else False
        if is_it:
            before()
        found = run(rounds)
        if is_it:
            after()
        return found

    with patch.object(Rounds, "run", disturbed):
        yield


def _new_and_gone(path: Path, content: str) -> tuple[Callable[[], Any], Callable[[], Any]]:
    return lambda: path.write_text(content), path.unlink


def _there_and_back(path: Path, content: str) -> tuple[Callable[[], Any], Callable[[], Any]]:
    original = path.read_text()
    return lambda: edit(path, content), lambda: edit(path, original)


DISTURBED = [
    pytest.param(lambda root: (lambda: (root / "app/uses.py").write_text(_MORE),), id="edited"),
    pytest.param(lambda root: (lambda: (root / "app/new.py").write_text(_MORE),), id="new"),
    pytest.param(lambda root: _new_and_gone(root / "app/new.py", _MORE), id="new, and gone again"),
    pytest.param(
        lambda root: _there_and_back(root / "app/uses.py", USES.format("shop.basket").replace("metadata", "contents")),
        id="edited, and back again with the old date",
    ),
    pytest.param(lambda root: (lambda: (root / "ignored/names.py").write_text(OWN),), id="ignored module edited"),
    pytest.param(
        lambda root: _there_and_back(root / "ignored/names.py", "from app.none.my import Basket\n"),
        id="ignored module edited, and back again with the old date",
    ),
    pytest.param(
        lambda root: (lambda: None, lambda: edit(root / "ignored/names.py", "from app.none.my import Basket\n")),
        id="ignored module edited after it was looked at",
    ),
    pytest.param(lambda root: _new_and_gone(root / "nowhere.py", OWN), id="a module's place taken for a moment"),
    pytest.param(
        lambda root: (lambda: (root / "app").rename(root / "apps"), lambda: (root / "apps").rename(root / "app")),
        id="folder away for a moment",
    ),
    pytest.param(
        lambda root: (
            lambda: (root / "app").rename(root.parent / "app"),
            lambda: (root.parent / "app").rename(root / "app"),
        ),
        id="folder out of the tree for a moment",
    ),
]  # fmt: skip


@pytest.mark.parametrize("disturbance", DISTURBED)
def test_changes_while_it_is_looked_at(root: Path, disturbance: Callable[[Path], Any]) -> None:
    with meanwhile(*disturbance(root)):
        ask_status(root, cached=True)
    assert kept(root) == []
    assert ask_status(root, cached=True) == ask_status(root, cached=False)


def test_no_change_while_it_is_looked_at(root: Path) -> None:
    with meanwhile(lambda: None):
        ask_status(root, cached=True)
    assert len(kept(root)) == 1


def test_right_after_an_edit_it_is_waited_for_the_clock(root: Path) -> None:
    """Within one tick of the clock a second edit may leave the same times as the first one."""
    stamps: list[int] = []
    stamp = Store.stamp

    def slow(store: Store) -> Any:
        found = stamp(store)
        if not stamps:  # as if the edit was made in the same tick
            (root / "app/uses.py").write_text(_MORE)
            found = (root / "app/uses.py").stat().st_ctime_ns, root.stat().st_dev
        stamps.append(1)
        return found

    with patch.object(Store, "stamp", slow):
        first = ask_status(root, cached=True)
    assert len(stamps) > 2
    with looks_counted() as looks:
        assert ask_status(root, cached=True) == first
    assert looks == []


CLOCKS = [
    pytest.param(lambda _: (0, 0), id="the clock stands still"),
    pytest.param(lambda _: None, id="no clock, as nothing can be written"),
    pytest.param(lambda _: (time.time_ns(), -1), id="the files are on another device"),
]


@pytest.mark.parametrize("stamp", CLOCKS)
def test_no_time_to_go_by(root: Path, stamp: Callable[[Store], tuple[int, int] | None]) -> None:
    (root / ".git/migrate/cache").mkdir(parents=True)
    with patch.object(Store, "stamp", stamp):
        assert ask_status(root, cached=True) == ask_status(root, cached=False)
    assert kept(root) == []


def test_files_on_another_device_that_have_been_so_for_a_while(root: Path) -> None:
    later = time.time_ns() + 4_000_000_000
    (root / ".git/migrate/cache").mkdir(parents=True)
    with (
        patch.object(Store, "stamp", lambda _: (later, -1)),
        patch("migrate.cache.answers.time.time_ns", lambda: later),
    ):
        ask_status(root, cached=True)
    assert len(kept(root)) == 1


def test_git_fails(root: Path) -> None:
    git, plan = Git.open(root), load_plan(root / "migrate.toml")
    (root / ".git/index").write_bytes(b"broken")
    answers = Answers(git, plan, only_python=False)
    assert answers.get("phase1") is None
    with answers.learn() as learning:
        learning.keep("phase1", {})
    assert kept(root) == []


def test_git_fails_at_the_end(root: Path) -> None:
    git, plan = Git.open(root), load_plan(root / "migrate.toml")
    answers = Answers(git, plan, only_python=False)
    with answers.learn() as learning:
        learning.keep("phase1", {})
        (root / ".git/index").write_bytes(b"broken")
    assert kept(root) == []


def test_what_is_looked_at_is_on_record(shop: Repository) -> None:
    """Whatever this process asks the system about, below the root, is listed by git or has been told of."""
    git, plan = Git.open(shop.root), load_plan(shop.root / "migrate.toml")
    told, looked = set[str](), set[str]()
    prefix = f"{shop.root}/"

    def note(function: Callable[..., Any]) -> Callable[..., Any]:
        def noted(path: Any = ".", *args: Any, **options: Any) -> Any:
            full = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
            if full.startswith(prefix) and not full.startswith(f"{prefix}.git/"):
                looked.add(full.removeprefix(prefix).rstrip("/"))
            return function(path, *args, **options)

        return noted

    watched = replace(git, asked=lambda _, path: told.add(path.rstrip("/")))
    names = ("stat", "lstat", "open", "scandir", "listdir", "readlink")
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(patch.object(os, name, note(getattr(os, name))))
        previews = Previews(watched, plan, Workers(1))
        for phase in plan.phases:
            previews.of(phase)
        search = Search(watched, plan)
        look = TreeLook(plan, 5, Tree(watched).read_if_there, watched, search, Workers(1))
        look.prepare()
        look.look(search.candidates())
    listed = {*git.present()}
    around = {str(folder) for path in (*listed, *told) for folder in Path(path).parents}
    marked = {f"{folder}/.git".removeprefix("./") for folder in around}
    assert "ignored/names.py" in looked & told
    assert looked - listed - told - around - marked == set()


def test_a_mark_tells_every_edit_apart(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a")
    first = Places(os.fsencode(tmp_path)).mark(b"f")
    assert Places(os.fsencode(tmp_path)).mark(b"f") == first
    time.sleep(0.02)
    edit(tmp_path / "f", "b")
    assert Places(os.fsencode(tmp_path)).mark(b"f") != first
