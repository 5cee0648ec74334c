"""early_search.py: git has been asked before the plan was checked, and is asked again where that was not the question."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs
from repositories import MakeRepository, Repository

from migrate.candidates import find_candidates
from migrate.early_search import AskedGit, ask_early
from migrate.plan import Plan, load_plan
from migrate.previewing import preview
from migrate.whereabouts import Whereabouts
from rollback.errors import GitFailed
from rollback.git import Git, Search

PLAN = """
[plan]
name = "early"
exclude = ["vendor/**"]
include = ["bin/tool"]
[phase3]
move = [{ old = "shop.cart:Cart", new = "shop.basket:Basket" }, { old = "shop.old:A.b", new = "shop.basket:b" }]
[phase4]
call = [
  { callee = "shop.pay:checkout", rename = { money = "amount" } },
  { callee = "shop.pay:Till", attributes = { drawer = "box" } },
]
"""
FILES = {
    "migrate.toml": PLAN,
    "shop/basket.py": "class Basket: ...\ndef b(): ...\n",
    "shop/pay.py": "def checkout(): ...\nclass Till: ...\n",
    "app.py": "from shop.cart import Cart\nimport shop.pay\nshop.pay.checkout(money=1)\n",
    "vendor/app.py": "from shop.cart import Cart\n",
    "other.py": "x = 1\n",
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What git itself is asked for."""
    found: list[str] = []
    search, passed_over = Git.search, Git.passed_over

    def record_search(git: Git, asked: Search, threads: int | None = None) -> tuple[str, ...]:
        found.append(" ".join(asked.patterns))
        return search(git, asked, threads)

    def record_links(git: Git) -> dict[str, str]:
        found.append("links")
        return passed_over(git)

    monkeypatch.setattr(Git, "search", record_search)
    monkeypatch.setattr(Git, "passed_over", record_links)
    return found


def ask(repository: Repository, phase: int, plan: str = PLAN) -> tuple[Git, Plan]:
    (repository.root / "migrate.toml").write_text(plan)
    where = ask_early(Whereabouts(repository.open(), repository.root / "migrate.toml"), phase)
    return where.git, load_plan(where.plan_file)


def answered(git: Git) -> bool:
    """Was all of it asked for?"""
    assert isinstance(git, AskedGit)
    return not git.found and not git.links


@pytest.mark.parametrize("phase", [3, 4])
def test_as_when_it_is_asked_late(phase: int, make_repository: MakeRepository, asked: list[str]) -> None:
    repository = make_repository(FILES)
    (repository.root / "link.py").symlink_to("/etc")
    repository.commit()
    before = threading.active_count()
    git, plan = ask(repository, phase)
    found = preview(git, plan, phase)
    assert answered(git)
    assert threading.active_count() == before
    words = {3: "A cart old", 4: "Till _replace checkout drawer replace"}[phase]
    assert (asked.count(words), asked.count("links")) == (1, 1)
    late = repository.open()
    assert structs.replace(found, seconds=0) == structs.replace(preview(late, plan, phase), seconds=0)
    assert [file.path for file in found.files] == ["app.py"]
    assert "vendor/app.py" not in find_candidates(late, plan, phase)


def test_each_answer_is_given_once(make_repository: MakeRepository) -> None:
    repository = make_repository(FILES)
    git, plan = ask(repository, 3)
    assert find_candidates(git, plan, 3) == ("app.py",)
    (repository.root / "other.py").write_text("import shop.cart\n")
    assert find_candidates(git, plan, 3) == ("app.py", "other.py")


def test_another_root_is_another_question(make_repository: MakeRepository) -> None:
    repository = make_repository({**FILES, "inner/app.py": "import shop.cart\n"})
    git, plan = ask(repository, 3)
    inner = replace(git, root=repository.root / "inner", prefix="inner/")
    assert find_candidates(inner, plan, 3) == ("app.py",)
    assert find_candidates(git, plan, 3) == ("app.py", "inner/app.py")


@pytest.mark.parametrize(
    ("plan", "phase"),
    [
        pytest.param("[plan", 3, id="no TOML"),
        pytest.param("", 3, id="empty"),
        pytest.param("phase3 = 1", 3, id="a number"),
        pytest.param("[phase3]\nmove = 1", 3, id="moves are a number"),
        pytest.param("[phase3]\nmove = [1]", 3, id="a move is a number"),
        pytest.param("[phase3]\nmove = [{ old = 1 }]", 3, id="an old name is a number"),
        pytest.param("[phase3]\nmove = [{ old = 'a b' }]", 3, id="an old name is none"),
        pytest.param("[phase3]\nmove = []", 3, id="no moves"),
        pytest.param("plan = 1\n[phase3]\nmove = [{ old = 'a:B' }]", 3, id="the header is a number"),
        pytest.param("plan.include = [1]\n[phase3]\nmove = [{ old = 'a:B' }]", 3, id="a path is a number"),
        pytest.param("plan.exclude = 1\n[phase3]\nmove = [{ old = 'a:B' }]", 3, id="paths are a number"),
        pytest.param("[phase4]\ncall = [{ callee = 'a:B', rename = 1 }]", 4, id="keywords are a number"),
        pytest.param("[phase4]\ncall = [{ callee = 'a:B', attributes = [1] }]", 4, id="an attribute is a number"),
        pytest.param("[phase3]\nmove = [{ old = 'a:B' }]", 4, id="another phase"),
        pytest.param("[phase3]\nmove = [{ old = 'größe:B' }]", 3, id="beyond ASCII"),
        pytest.param("x = " + "[" * 5000, 3, id="nested"),
    ],
)
def test_nothing_is_asked_about_what_is_no_plan(
    plan: str, phase: int, make_repository: MakeRepository, tmp_path: Path
) -> None:
    repository = make_repository(FILES)
    (tmp_path / "plan.toml").write_text(plan)
    git = ask_early(Whereabouts(repository.open(), tmp_path / "plan.toml"), phase).git
    assert isinstance(git, AskedGit)
    assert git.found == {}
    assert git.passed_over() == {}


def test_a_pipe_is_left_for_who_reads_the_plan(make_repository: MakeRepository, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    git = ask_early(Whereabouts(make_repository(FILES).open(), tmp_path / "pipe"), 3).git
    assert isinstance(git, AskedGit)
    assert git.found == {}


def test_there_may_be_no_plan(make_repository: MakeRepository, tmp_path: Path) -> None:
    git = ask_early(Whereabouts(make_repository(FILES).open(), tmp_path / "gone.toml"), 3).git
    assert isinstance(git, AskedGit)
    assert git.found == {}


def test_what_goes_wrong_comes_up_where_it_is_taken(make_repository: MakeRepository) -> None:
    repository = make_repository(FILES)
    where = Whereabouts(repository.open(), repository.root / "migrate.toml")
    (repository.root / ".git/index").write_bytes(b"not an index")
    git, plan = ask_early(where, 3).git, load_plan(where.plan_file)
    with pytest.raises(GitFailed, match="index"):
        preview(git, plan, 3)
