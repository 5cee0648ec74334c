"""What was looked at beside what git lists: an answer holds only as long as all of it is the same."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from migrate.cache.answers import Answers
from migrate.plan import load_plan
from rollback.git import Git

PLACE = "ignored/__init__.py"
"""Git does not list it, and no link leads to it."""


@pytest.fixture
def answers(root: Path) -> Callable[[], Answers]:
    """What is known of the tree as it is."""
    git, plan = Git.open(root), load_plan(root / "migrate.toml")
    return lambda: Answers(git, plan, only_python=False)


def _keep(answers: Answers, question: str, look: Callable[[Git], Any]) -> None:
    with answers.learn() as learning:
        look(learning.git)
        learning.keep(question, {"files": 1})


def _is_file(git: Git) -> bool:
    return git.is_file(PLACE)


def _nothing(_: Git) -> None:
    pass


def test_known(answers: Callable[[], Answers]) -> None:
    _keep(answers(), "a", _is_file)
    assert answers().get("a") == {"files": 1}
    assert answers().get("b") is None


def test_nothing_was_worked_out(answers: Callable[[], Answers], root: Path) -> None:
    with answers().learn() as learning:
        _is_file(learning.git)
    assert list((root / ".git/migrate/cache").iterdir()) == []


def test_edited_after_it_was_looked_at(answers: Callable[[], Answers], root: Path) -> None:
    _keep(answers(), "a", lambda git: (_is_file(git), (root / PLACE).write_text("a = 1\n")))
    (root / ".git/migrate/cache").rmdir()  # there is nothing in it


def test_edited_right_before_it_is_looked_at(answers: Callable[[], Answers], root: Path) -> None:
    """It may be edited again within the same tick of the clock."""
    _keep(answers(), "a", lambda git: ((root / PLACE).write_text("a = 1\n"), _is_file(git)))
    (root / ".git/migrate/cache").rmdir()  # there is nothing in it


def test_two_answers_about_one_state(answers: Callable[[], Answers], root: Path) -> None:
    """Beside another one, an answer depends on what it did before."""
    _keep(answers(), "a", _is_file)
    _keep(answers(), "b", lambda git: git.is_file("nowhere/x.py"))
    assert (answers().get("a"), answers().get("b")) == ({"files": 1}, {"files": 1})
    (root / PLACE).write_text("a = 1\n")
    assert (answers().get("a"), answers().get("b")) == (None, None)


def test_an_answer_that_does_not_hold_any_more_is_not_kept_beside_another(
    answers: Callable[[], Answers], root: Path
) -> None:
    first = answers()
    _keep(first, "a", _is_file)
    before = answers()
    assert before.get("a")
    (root / PLACE).write_text("a = 1\n")
    time.sleep(0.05)  # long enough to be told from an edit that is yet to come
    _keep(before, "b", _is_file)
    assert (answers().get("a"), answers().get("b")) == (None, {"files": 1})


def test_a_history_that_git_cannot_tell(answers: Callable[[], Answers], root: Path) -> None:
    (root / ".git/packed-refs").write_text("broken\n")
    _keep(answers(), "a", lambda git: git.asked("history", "shop/cart.py"))
    assert answers().get("a") is None


def _write(path: str) -> Callable[[Path], Any]:
    def change(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("")

    return change


NAMES: list[Any] = [
    (False, _write("ignored/new.py"), False),
    (False, _write("ignored/inner/__init__.py"), False),
    (False, _write("ignored/inner/new.py"), True),
    (False, _write("ignored/new.txt"), True),
    (False, _write("ignored/names.py"), True),
    (False, lambda root: shutil.rmtree(root / "ignored"), False),
    (True, _write("ignored/inner/new.py"), False),
    (True, _write("ignored/inner/new.txt"), True),
    (True, lambda root: (root / "ignored/names.py").unlink(), False),
]


@pytest.mark.parametrize(("deep", "change", "is_known"), NAMES)
def test_names_in_a_folder(
    answers: Callable[[], Answers], root: Path, deep: bool, change: Callable[[Path], Any], is_known: bool
) -> None:
    for link in ("shop/link.py", "kit"):
        (root / link).unlink()
    _keep(answers(), "a", lambda git: git.folder("ignored", deep=deep))
    change(root)
    assert (answers().get("a") is not None) == is_known


ODD = ["", ".", "..", "../x", "/", "/etc/passwd", "a//b", "nul\0", "\ud800", "shop/", "shop/cart.py/x", "shop/link.py/x", "kit/names.py"]  # fmt: skip


@pytest.mark.parametrize("path", ODD, ids=ascii)
@pytest.mark.parametrize("what", ["path", "names", "below"])
def test_odd_places(answers: Callable[[], Answers], path: str, what: str) -> None:
    _keep(answers(), "a", lambda git: git.asked(what, path))
    assert answers().get("a") == {"files": 1}
