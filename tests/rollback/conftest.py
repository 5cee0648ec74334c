"""Fixtures: real git repositories, out of reach of the developer's own git configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from trees import Tree


@pytest.fixture(autouse=True)
def _own_git_configuration(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Dev\n\temail = dev@example.org\n[init]\n\tdefaultBranch = main\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)


@pytest.fixture
def tree(tmp_path: Path, _own_git_configuration: None) -> Tree:
    """A repository without a commit."""
    root = tmp_path / "repo"
    root.mkdir()
    made = Tree(root.resolve(), root.resolve())
    made.git("init", "--quiet")
    return made


@pytest.fixture
def committed(tree: Tree) -> Tree:
    """A repository with `a.py`, `b.py` and `pkg/c.py` committed."""
    tree.write("a.py", b"import a\n")
    tree.write("b.py", b"import b\n", 0o755)
    tree.write("pkg/c.py", b"import c")
    tree.commit()
    return tree
