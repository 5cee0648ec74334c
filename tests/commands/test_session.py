"""session.py: which folder, plan and journal a command works with."""

from __future__ import annotations

from pathlib import Path

import pytest
from sample import PLAN, Sample

from migrate.errors import PlanError, UsageError
from migrate.session import open_session
from migrate.whereabouts import find_repository
from rollback.errors import NotARepository


@pytest.fixture
def top(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The top of a repository with a plan there, one of a project further down, and one with another name."""
    sample.write("projects/one/migrate.toml", PLAN.replace('"basket"', '"one"'))
    sample.write("projects/one/app/main.py", "")
    sample.write("plans/two.toml", PLAN.replace('"basket"', '"two"'))
    monkeypatch.chdir(sample.root)
    return sample.root


@pytest.mark.parametrize(
    ("folder", "root", "plan", "name", "expected"),
    [
        pytest.param(".", None, None, "basket", "", id="here"),
        pytest.param("app", None, None, "basket", "", id="upward"),
        pytest.param("projects/one/app", None, None, "one", "projects/one/", id="the nearest one upward"),
        pytest.param("app", "..", None, "basket", "", id="root, seen from the current folder"),
        pytest.param(".", "projects/one", None, "one", "projects/one/", id="root with a plan in it"),
        pytest.param("app", None, "../plans/two.toml", "two", "", id="plan alone works on the whole tree"),
        pytest.param("projects/one", None, "../../plans/two.toml", "two", "", id="so it does from a project"),
        pytest.param(".", None, "projects/one/migrate.toml", "one", "projects/one/", id="a migrate.toml by name"),
        pytest.param(".", "projects/one", "plans/two.toml", "two", "projects/one/", id="plan and root"),
        pytest.param(
            "projects/one", ".", "../../plans/two.toml", "two", "projects/one/", id="root here, plan elsewhere"
        ),
    ],
)
def test_where(
    folder: str,
    root: str | None,
    plan: str | None,
    name: str,
    expected: str,
    top: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(top / folder)
    found = open_session(None if root is None else Path(root), None if plan is None else Path(plan))
    assert (found.plan.name, found.git.prefix) == (name, expected)
    assert found.git.toplevel == top
    assert (found.runs(), found.written(), found.interrupted(), found.at_work(), found.obstacle()) == (
        (),
        {},
        None,
        None,
        None,
    )


def test_a_plan_outside_the_repository(top: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(PLAN)
    assert open_session(None, tmp_path / "plan.toml").git.root == top


def test_a_folder_with_the_name_of_the_plan_is_passed_over(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (top / "app/migrate.toml").mkdir()
    monkeypatch.chdir(top / "app")
    assert open_session(None, None).git.prefix == ""


def test_refusals(top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"--root: .*gone is not a folder"):
        open_session(tmp_path / "gone", None)
    with pytest.raises(PlanError, match=r"shop/migrate\.toml: no such file"):
        open_session(top / "shop", None)
    (top / "wrong.toml").write_text(PLAN.replace("budget_minutes", 'source_roots = [".", "src"]\nbudget_minutes'))
    with pytest.raises(PlanError, match=r"wrong\.toml: plan\.source_roots\[1\]: 'src' is no folder in "):
        open_session(None, top / "wrong.toml")
    with pytest.raises(NotARepository):
        find_repository(tmp_path)
    (top / "migrate.toml").unlink()
    monkeypatch.chdir(top / "shop")
    with pytest.raises(PlanError, match=r"migrate\.toml: not found from .* up to "):
        open_session(None, None)
