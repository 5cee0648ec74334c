"""guarding/staged.py: the files that are staged, as they are in the index, and what others tell about them."""

from __future__ import annotations

import os
from collections.abc import Mapping

import pytest
from guarded import MODULES, files_at_random, look_at_staged, look_at_tree, make_plan, places
from repositories import MakeRepository, Repository

from migrate.guarding.staged import Staged, StagedLook, hook_index, staged

Files = Mapping[str, str | bytes]

CART = "from shop.cart import Cart\n"
CALL = "from shop.basket import Basket\nBasket(metadata=1)\n"


def stage(repository: Repository, files: Files) -> None:
    repository.write(files)
    repository.git("add", "--", *files)


def paths(repository: Repository) -> list[str]:
    return [path for path, *_ in places(look_at_staged(repository, make_plan()))]


@pytest.fixture
def repository(make_repository: MakeRepository) -> Repository:
    """Something deprecated is there already; it is not what the commit is about."""
    return make_repository({**MODULES, "old.py": CART, "gone.py": CART, "page.py": ""})


def test_nothing_is_staged(repository: Repository) -> None:
    repository.write({"page.py": CART, "new.py": CART})
    looked = look_at_staged(repository, make_plan())
    assert (looked.seen, looked.files, looked.kept) == ((), 0, 0)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"page.py": "from shop.basket import Basket\nBasket(context=1)\n"}, id="what is new"),
        pytest.param({"page.py": f"# {CART}"}, id="a comment"),
        pytest.param({"page.py": "from shop.cart import Cart  # migrate: keep\n"}, id="kept"),
        pytest.param({"notes.txt": CART}, id="no Python"),
        pytest.param({"excluded/page.py": CART}, id="excluded"),
        pytest.param({"shop/cart.py": f"{CART}from shop.till import Till\n"}, id="the redirect itself"),
    ],
)
def test_noop(files: Files, repository: Repository) -> None:
    stage(repository, files)
    plan = make_plan(plan={"name": "basket", "exclude": ["excluded/*"]})
    assert places(look_at_staged(repository, plan)) == []


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (CART, "deprecated-import"),
        ("import shop.prices\n", "deprecated-import"),
        (CALL, "deprecated-keyword"),
        ("from shop.till import Till\n", "deprecated-import"),
        ("from shop.cart import checkout\n", "redirect-import"),
        (f"{CART}x = (\n", "unparseable"),
    ],
)
def test_a_staged_file_is_looked_at(source: str, code: str, repository: Repository) -> None:
    stage(repository, {"page.py": source})
    looked = look_at_staged(repository, make_plan())
    assert {(each.finding.path, each.finding.code) for each in looked.seen} == {("page.py", code)}
    assert looked.files == 1


def test_what_is_staged_counts_not_the_working_tree(repository: Repository) -> None:
    stage(repository, {"page.py": CART, "clean.py": ""})
    repository.write({"page.py": "", "clean.py": CART})
    assert paths(repository) == ["page.py"]


def test_new_renamed_and_deleted_files(repository: Repository) -> None:
    stage(repository, {"new.py": CART})
    repository.git("mv", "old.py", "moved.py")
    repository.git("rm", "--quiet", "gone.py")
    assert paths(repository) == ["moved.py", "new.py"]
    git = repository.open()
    with staged(git, make_plan()) as found:
        assert sorted(found.files) == ["moved.py", "new.py"]
        assert found.removed == {"gone.py", "old.py"}


def test_a_file_deleted_in_the_working_tree_alone_is_staged(repository: Repository) -> None:
    stage(repository, {"page.py": CART})
    (repository.root / "page.py").unlink()
    assert paths(repository) == ["page.py"]


def test_odd_names(repository: Repository) -> None:
    names = ["a b.py", "ü.py", "line\nend.py", "'q\".py", os.fsdecode(b"\xff.py")]
    stage(repository, dict.fromkeys(names, CART))
    assert sorted(paths(repository)) == sorted(names)


def test_a_link_is_not_looked_into(repository: Repository) -> None:
    (repository.root / "link.py").symlink_to("old.py")
    repository.git("add", "link.py")
    assert paths(repository) == []


def test_the_first_commit(make_repository: MakeRepository) -> None:
    repository = make_repository({})
    repository.git("update-ref", "-d", "HEAD")
    stage(repository, {**MODULES, "page.py": CART})
    assert paths(repository) == ["page.py"]


FOLLOWED: Files = {
    "lib/__init__.py": "from lib.api import Public\n",
    "lib/api.py": "from shop.basket import Basket as Public\n",
    "lib/stars.py": "from lib.api import *\n",
    "lib/heir.py": "from shop.basket import Basket\n\nclass Heir(Basket):\n    pass\n",
}


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("from lib import Public\nPublic(metadata=1)\n", id="name"),
        pytest.param("import lib\nlib.Public(metadata=1)\n", id="attribute"),
        pytest.param("from lib.api import Public as P\nP(metadata=1)\n", id="alias"),
        pytest.param("from lib.heir import Heir\nHeir(metadata=1)\n", id="heir"),
        pytest.param("from lib.heir import Heir\nclass Later(Heir): ...\nLater(metadata=1)\n", id="heir of an heir"),
        pytest.param("from lib import Public\nx = Public\nx(metadata=1)\n", id="assigned"),
        pytest.param("from lib import *\nPublic(metadata=1)\n", id="star"),
        pytest.param("from lib.stars import *\nPublic(metadata=1)\n", id="star of a star"),
        pytest.param("from lib import stars\nstars.Public(metadata=1)\n", id="attribute, by a star"),
        pytest.param("from lib import Public as P\nf = lambda p=P: p(metadata=1)\n", id="default"),
        pytest.param("from lib import Public as P\nasync def f(): (await P(metadata=1))[0]\n", id="awaited"),
        pytest.param(
            "from lib.heir import Heir\nclass H(Heir):\n  def f(self): super().__init__(metadata=1)\n", id="super"
        ),
    ],
)
def test_names_that_other_modules_pass_on_are_followed_as_in_the_tree(
    source: str, make_repository: MakeRepository
) -> None:
    repository = make_repository({**MODULES, **FOLLOWED})
    stage(repository, {"page.py": source})
    found = places(look_at_staged(repository, make_plan()))
    expected = "uncertain-keyword" if "lambda p=P" in source else "deprecated-keyword"
    assert [(path, code) for path, *_, code, _ in found] == [("page.py", expected)]
    assert found == places(look_at_tree(repository, make_plan()))


@pytest.mark.parametrize("seed", range(6))
def test_each_file_by_itself_has_what_the_tree_has(seed: int, make_repository: MakeRepository) -> None:
    repository = make_repository({**MODULES, **files_at_random(seed)})
    found, plan, git = places(look_at_tree(repository, make_plan())), make_plan(), repository.open()
    with staged(git, plan) as nothing:
        index = nothing.index
        for path in files_at_random(seed):
            content = index.read(path)
            assert content is not None
            one = Staged({path: content}, frozenset(), index)
            alone = places(StagedLook(plan, 5, index.read, git, one).look())
            assert alone == [place for place in found if place[0] == path]


def test_other_modules_are_read_from_the_index_too(make_repository: MakeRepository) -> None:
    repository = make_repository({**MODULES, **FOLLOWED})
    stage(repository, {"page.py": "from lib import Public\nPublic(metadata=1)\n"})
    repository.write({"lib/api.py": "class Public: ...\n"})
    assert paths(repository) == ["page.py"]
    repository.git("add", "lib/api.py")
    assert paths(repository) == []


def test_below_a_subfolder_paths_are_from_there(make_repository: MakeRepository) -> None:
    below = {f"sub/{path}": content for path, content in MODULES.items()}
    repository = make_repository({**below, "outside.py": ""})
    stage(repository, {"sub/page.py": CART, "outside.py": CART})
    inner = Repository(repository.root / "sub")
    assert paths(inner) == ["page.py"]


def test_the_index_that_git_names_for_a_hook(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """`git commit FILE` and `git commit --all` stage into an index of their own."""
    repository.git("read-tree", "--index-output=.git/other", "HEAD")
    repository.write({"page.py": CART})
    git = repository.open()
    assert hook_index(git) is None
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/other")
    repository.git("add", "page.py")
    assert hook_index(git) == repository.root / ".git/other"
    assert paths(repository) == ["page.py"]
    monkeypatch.setenv("GIT_DIR", str(repository.root.parent))
    assert hook_index(git) is None, "that of another repository"
