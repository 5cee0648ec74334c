from __future__ import annotations

from pathlib import Path

import pytest
from repositories import MakeRepository

from migrate.foresight.history import earlier_surfaces
from migrate.foresight.homes import holds_modules


def test_earlier_versions_that_defined_something(make_repository: MakeRepository) -> None:
    repository = make_repository({"a.py": "class First: ...\n"})
    for text in ("class Second: ...\n", "from b import Second\n", "def __getattr__(name): ...\n"):
        repository.write({"a.py": text})
        repository.commit()
    found = earlier_surfaces(repository.open(), "a.py", ["."])
    assert [list(surface.entries) for surface in found] == [["Second"], ["First"]]
    assert list(earlier_surfaces(repository.open(), "nope.py", ["."])) == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param([], False, id="empty"),
        pytest.param(["x.md", "sub/x.py"], False, id="none of its own"),
        pytest.param(["x.py"], True, id="module"),
        pytest.param(["x.pyi"], True, id="stub"),
        pytest.param(["sub/__init__.py"], True, id="package"),
    ],
)
def test_holds_modules(files: list[str], expected: bool, tmp_path: Path) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    assert holds_modules(tmp_path) == expected
    assert not holds_modules(tmp_path / "nope")
