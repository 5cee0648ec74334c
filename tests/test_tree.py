"""The files of a working tree, as one command reads them."""

from __future__ import annotations

import pytest
from repositories import MakeRepository

from migrate import tree as tree_module
from migrate.tree import Tree, not_looked_into
from rollback.errors import OutsideRoot, Unreadable


def test_what_was_read_last_is_kept(make_repository: MakeRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_module, "_KEPT", 8)
    repository = make_repository({name: f"{name}\n" for name in ("a.py", "b.py", "c.py")})  # 5 bytes each
    tree = Tree(repository.open())
    assert [tree.read(name) for name in ("a.py", "a.py", "b.py")] == [b"a.py\n", b"a.py\n", b"b.py\n"]
    for name in ("a.py", "b.py"):
        (repository.root / name).write_text("new\n")
    assert tree.read("b.py") == b"b.py\n"
    assert tree.read("a.py") == b"new\n"
    assert tree.read("b.py") == b"new\n"
    assert set(tree.modes) == {"a.py", "b.py"}


def test_a_file_larger_than_all_that_is_kept(make_repository: MakeRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_module, "_KEPT", 2)
    repository = make_repository({"a.py": "x = 1\n"})
    tree = Tree(repository.open())
    tree.read("a.py")
    (repository.root / "a.py").unlink()
    assert tree.read("a.py") == b"x = 1\n"


def test_links_are_followed_within_the_root_to_read_and_never_to_write(make_repository: MakeRepository) -> None:
    repository = make_repository({"real/a.py": "x = 1\n"})
    (repository.root / "link").symlink_to("real")
    (repository.root / "b.py").symlink_to("real/a.py")
    (repository.root / "out.py").symlink_to(repository.root.parent / "elsewhere.py")
    (repository.root.parent / "elsewhere.py").write_text("x = 2\n")
    (repository.root / "nowhere.py").symlink_to("gone.py")
    tree = Tree(repository.open())
    for path in ("real/a.py", "link/a.py", "b.py"):
        assert tree.read_if_there(path) == b"x = 1\n"
    for path in ("out.py", "nowhere.py", "gone.py", "no/folder.py", "real", "../elsewhere.py", ".git/config"):
        assert tree.read_if_there(path) is None
    for path in ("link/a.py", "b.py"):
        with pytest.raises(OutsideRoot):
            tree.read(path)
    with pytest.raises(Unreadable):
        tree.read("gone.py")


def test_links_in_a_circle_lead_nowhere(make_repository: MakeRepository) -> None:
    repository = make_repository({"a.py": ""})
    (repository.root / "one.py").symlink_to("two.py")
    (repository.root / "two.py").symlink_to("one.py")
    repository.git("add", "--all")
    git = repository.open()
    assert list(not_looked_into(git, git.passed_over())) == []
    assert Tree(git).read_if_there("one.py") is None
