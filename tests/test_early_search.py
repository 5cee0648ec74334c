from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from checks import make_plan
from repositories import MakeRepository

from migrate.candidates import find_candidates
from migrate.early_search import begin_search
from migrate.previewing import preview
from rollback.errors import GitFailed
from rollback.git import Git

FILES = {
    "shop/basket.py": "class Basket: ...\n",
    "shop/pay.py": "def checkout(): ...\ndef refund(): ...\n",
    "app.py": "from shop.cart import Cart\nimport shop.pay\nshop.pay.checkout(money=1)\n",
    "other.py": "x = 1\n",
}
PLAN = make_plan()


@pytest.mark.parametrize("phase", [3, 4])
def test_as_when_it_is_asked_late(phase: int, make_repository: MakeRepository) -> None:
    repository = make_repository(FILES)
    (repository.root / "link.py").symlink_to("/etc")
    repository.commit()
    git = repository.open()
    early = begin_search(git, PLAN, phase)
    assert early.candidates.result() == find_candidates(git, PLAN, phase) != ()
    assert early.passed_over.result() == git.passed_over() == {"link.py": "link"}
    found, late = preview(git, PLAN, phase, early=early), preview(git, PLAN, phase)
    assert replace(found, seconds=0) == replace(late, seconds=0)
    assert found.candidates == 1


def test_git_is_not_asked_again(make_repository: MakeRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    git = make_repository(FILES).open()
    before = threading.active_count()
    early = begin_search(git, PLAN, 3)
    early.found()
    assert threading.active_count() == before
    monkeypatch.setattr("migrate.rounds.find_candidates", None)
    monkeypatch.setattr(Git, "passed_over", None)
    assert [file.path for file in preview(git, PLAN, 3, early=early).files] == ["app.py"]


def test_another_phase_than_it_was_asked_for(make_repository: MakeRepository) -> None:
    git = make_repository(FILES).open()
    found = preview(git, PLAN, 4, early=begin_search(git, PLAN, 3))
    assert replace(found, seconds=0) == replace(preview(git, PLAN, 4), seconds=0)


def test_what_goes_wrong_comes_up_where_it_is_taken(make_repository: MakeRepository) -> None:
    repository = make_repository(FILES)
    git = repository.open()
    (repository.root / ".git/index").write_bytes(b"not an index")
    early = begin_search(git, PLAN, 3)
    with pytest.raises(GitFailed, match="index"):
        preview(git, PLAN, 3, early=early)
