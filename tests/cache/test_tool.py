"""The tool's fingerprint: another one after any change of what an answer comes from."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from migrate.cache import tool
from migrate.cache.tool import fingerprint


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package in the place of all that count."""
    folder = tmp_path / "package"
    (folder / "inner").mkdir(parents=True)
    (folder / "__init__.py").write_text("a = 1\n")
    (folder / "inner/grammar.txt").write_text("b\n")
    spec = ModuleSpec("package", None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    monkeypatch.setattr(tool, "find_spec", lambda _: spec)
    return folder


def test_the_same_each_time() -> None:
    assert fingerprint() == fingerprint() is not None


def test_bytecode_does_not_count(package: Path) -> None:
    first = fingerprint()
    (package / "__pycache__").mkdir()
    (package / "__pycache__/a.pyc").write_bytes(b"")
    assert fingerprint() == first


EDITS = [
    pytest.param(lambda package: (package / "__init__.py").write_text("a = 2\n"), id="source"),
    pytest.param(lambda package: (package / "inner/grammar.txt").write_text("c\n"), id="what it reads"),
    pytest.param(lambda package: (package / "inner/new.py").write_text(""), id="new"),
    pytest.param(lambda package: (package / "inner/grammar.txt").unlink(), id="gone"),
]


@pytest.mark.parametrize("edit", EDITS)
def test_a_file_of_the_tool(package: Path, edit: Callable[[Path], Any]) -> None:
    first = fingerprint()
    os.utime(package / "__init__.py", (1, 1))
    second = fingerprint()
    edit(package)
    os.utime(package / "__init__.py", (1, 1))
    assert len({first, second, fingerprint()}) == 3


AROUND = [
    pytest.param(sys, "version", "4.0", id="Python"),
    pytest.param(sys, "getrecursionlimit", lambda: 7, id="how deep files may be nested"),
    pytest.param(sys, "getfilesystemencoding", lambda: "latin-1", id="how names are read"),
    pytest.param(os, "geteuid", lambda: 12345, id="user"),
    pytest.param(os, "getgroups", lambda: [12345], id="other groups of the user"),
    pytest.param(sys, "get_int_max_str_digits", lambda: 12345, id="how long numbers may be"),
    pytest.param(tool.shutil, "which", lambda _: sys.executable, id="another git"),
    pytest.param(tool.shutil, "which", lambda _: None, id="no git"),
]


@pytest.mark.parametrize(("module", "name", "value"), AROUND)
def test_what_is_around_it(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, value: object) -> None:
    first = fingerprint()
    monkeypatch.setattr(module, name, value)
    assert fingerprint() not in (first, None)


def test_a_package_in_an_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = ModuleSpec("package", None, is_package=True)
    spec.submodule_search_locations = ["/nowhere/archive.zip/package"]
    monkeypatch.setattr(tool, "find_spec", lambda _: spec)
    assert fingerprint() is None


def test_a_package_that_is_a_module_or_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "find_spec", lambda _: None)
    assert fingerprint() is None
    monkeypatch.setattr(tool, "find_spec", lambda _: ModuleSpec("package", None))
    assert fingerprint() is None
