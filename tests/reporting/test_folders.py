"""Files by folder, and names for places of a page."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from migrate.reporting.anchors import Anchors
from migrate.reporting.folders import DEEPEST, Folder, folder_tree


@dataclass(frozen=True)
class File:
    path: str


def drawn(folder: Folder[File], indent: str = "") -> list[str]:
    """The tree as lines."""
    lines = []
    for inner in folder.folders:
        lines += [indent + inner.name, *drawn(inner, f"{indent}  ")]
    return lines + [indent + entry.name for entry in folder.files]


def tree(*paths: str) -> list[str]:
    return drawn(folder_tree(map(File, paths)))


def test_no_files() -> None:
    assert tree() == []


def test_a_tree() -> None:
    assert tree("b.py", "app/pages/b.py", "app/a.py", "tests/unit/pages/a.py", "tests/unit/pages/b.py", "app/pages/a.py") == [
        "app/",
        "  pages/",
        "    a.py",
        "    b.py",
        "  a.py",
        "tests/unit/pages/",
        "  a.py",
        "  b.py",
        "b.py",
    ]  # fmt: skip


def test_folders_very_deep_are_written_with_their_files() -> None:
    paths = ["/".join([*"abcdefghij"[:depth], "x.py"]) for depth in range(11)]
    lines = tree(*paths)
    assert lines[DEEPEST : DEEPEST + 2] == ["            g/h/i/j/x.py", "            g/h/i/x.py"]
    assert len(lines) == DEEPEST + 11
    assert tree("/".join(["a"] * 3000)) == [f"{'a/' * 2999}", "  a"]


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=5), unique_by="/".join, max_size=12))
def test_every_file_is_there_once(parts: list[list[str]]) -> None:
    paths = {f"{'/'.join(each)}.py" for each in parts}
    assert sorted(file.path for file in folder_tree(map(File, sorted(paths))).every()) == sorted(paths)


def test_names_of_places() -> None:
    anchors = Anchors()
    assert anchors.of("file", "app/odd ü.py") == "file-app/odd-.py"
    assert anchors.of("file", "app/odd é.py") == "file-app/odd-.py~2"
    assert anchors.of("file", "app/odd ü.py") == "file-app/odd-.py"
    assert anchors.of("finding", "code", "a.py", 3) == "finding-code-a.py-3"


@given(st.lists(st.text(max_size=300), unique=True))
def test_no_two_places_have_one_name(paths: list[str]) -> None:
    anchors = Anchors()
    assert len({anchors.of("file", path) for path in paths}) == len(paths)
