"""Commands for phase 5: imports, the tests of the users or all, make targets."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from migrate.drafting.validation import Command, find_commands, is_test

pytestmark = pytest.mark.processes_unmeasured


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All of PATH: with `python` and `make`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("python", "make"):
        _install(folder, name)
    monkeypatch.setenv("PATH", os.fspath(folder))
    return folder


def _install(folder: Path, name: str) -> None:
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o755)


def commands(root: Path, *users: str, tracked: tuple[str, ...] = ()) -> list[Command]:
    return list(find_commands(root, {}, users, (*users, *tracked), ["."]))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("app.py", False, id="no test"),
        pytest.param("tests/conftest.py", False, id="what tests share"),
        pytest.param("test_data.json", False, id="data"),
        pytest.param("contest_.py", False, id="only ends like one"),
        pytest.param("tests/latest.py", False, id="a word with test in it"),
        pytest.param("test_a.py", True, id="at the root"),
        pytest.param("a b/test_a.py", True, id="in a folder with a space"),
        pytest.param("pkg/cart_test.py", True, id="named at the end"),
    ],
)
def test_what_pytest_collects(path: str, expected: bool) -> None:
    assert is_test(path) is expected


def test_nothing_to_run(bin_folder: Path, tmp_path: Path) -> None:
    assert commands(tmp_path, "app.py", "tests/conftest.py") == []


def test_tests_of_the_users_sorted_once_each(bin_folder: Path, tmp_path: Path) -> None:
    found = commands(tmp_path, "b/x_test.py", "app.py", "a b/test_y.py", "b/x_test.py", tracked=("test_other.py",))
    assert found == [Command("tests of the users", ("python", "-m", "pytest", "a b/test_y.py", "b/x_test.py"))]


def test_all_tests_where_no_user_is_one(bin_folder: Path, tmp_path: Path) -> None:
    assert commands(tmp_path, "app.py", tracked=("test_app.py",)) == [
        Command("all tests", ("python", "-m", "pytest"))
    ]  # fmt: skip


def test_of_many_files_the_outermost_folders(bin_folder: Path, tmp_path: Path) -> None:
    paths = [f"tests/{folder}/test_{n}.py" for folder in ("a", "a/deep", "ab", "c d") for n in range(40)]
    (found,) = commands(tmp_path, *paths)
    assert found.run[3:] == ("tests/a", "tests/ab", "tests/c d")
    (found,) = commands(tmp_path, *paths, "test_top.py")
    assert found.run[3:] == (".",)


def test_names_that_are_no_options_and_no_text(bin_folder: Path, tmp_path: Path) -> None:
    """A plan is TOML, which is UTF-8: a file whose name is not cannot be named in it."""
    (found,) = commands(tmp_path, "-x/test_a.py", "b\udcff/test_b.py")
    assert found.run[3:] == ("./-x/test_a.py",)


@pytest.mark.parametrize(
    ("files", "roots", "is_told"),
    [
        pytest.param({}, ["."], False, id="at the root"),
        pytest.param({"pytest.ini": "[pytest]\npythonpath = src\n"}, ["src"], False, id="pytest knows"),
        pytest.param({"pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['src']\n"}, ["src"], False, id="by pyproject"),
        pytest.param({"pyproject.toml": "[project]\nname = 'x'\n"}, ["src"], False, id="to be installed"),
        pytest.param({"setup.py": ""}, ["src"], False, id="to be installed by setup.py"),
        pytest.param({}, ["a:b"], False, id="no path can name it"),
        pytest.param({}, ["src"], True, id="nothing said"),
        pytest.param({}, [".", "src"], True, id="some of it below a folder"),
        pytest.param({"pyproject.toml": "[tool.ruff]\n#pythonpath = 1\n"}, ["src"], True, id="other settings"),
    ],
)  # fmt: skip
def test_where_pytest_finds_modules(
    files: dict[str, str], roots: list[str], is_told: bool, bin_folder: Path, tmp_path: Path
) -> None:
    _install(bin_folder, "env")
    for path, text in files.items():
        (tmp_path / path).write_text(text)
    (found,) = find_commands(tmp_path, {}, ["tests/test_a.py"], (), roots)
    plain = ("python", "-m", "pytest", "tests/test_a.py")
    assert found.run == (("env", "PYTHONPATH=src", *plain) if is_told else plain)
    assert found.note.startswith("Nothing says where pytest finds what is below src;") == is_told
    (bin_folder / "env").unlink()
    assert next(find_commands(tmp_path, {}, ["tests/test_a.py"], (), roots)).run == plain


def test_tests_below_a_source_root_really_run(tmp_path: Path) -> None:
    (tmp_path / "my src").mkdir()
    (tmp_path / "my src/cart.py").write_text("Cart = 1\n")
    (tmp_path / "test_cart.py").write_text("from cart import Cart\ndef test(): assert Cart\n")
    (found,) = find_commands(tmp_path, {}, ["test_cart.py"], (), [".", "my src"])
    assert found.run[:2] == ("env", "PYTHONPATH=my src")
    subprocess.run([*found.run[:2], sys.executable, *found.run[3:], "-p", "no:cacheprovider"], cwd=tmp_path, check=True)


@pytest.mark.parametrize(
    ("makefile", "targets"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("all:\n\ttest: no\n\tcheck:\n", [], id="only inside a recipe"),
        pytest.param("test = 1\ncheck := 2\nlint ::= 3\ntest ?= 4\n", [], id="variables"),
        pytest.param("# test: is missing\n", [], id="a comment"),
        pytest.param(".PHONY: test check\n", [], id="only declared phony"),
        pytest.param("tests:\ntest-all:\npretest:\n", [], id="longer names"),
        pytest.param("test:\n\tpytest\n", ["test"], id="a rule"),
        pytest.param(
            "lint: ; ruff check\ncheck: lint test\ntest::\n", ["test", "check", "lint"], id="in a fixed order"
        ),
        pytest.param("all test  check : build\n", ["test", "check"], id="several targets of one rule"),
        pytest.param("test: X := 1\n", ["test"], id="a variable of a target"),
        pytest.param("test:\r\n\tpytest\r\n", ["test"], id="lines of Windows"),
    ],
)
def test_make_targets(makefile: str, targets: list[str], bin_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_bytes(makefile.encode())
    assert commands(tmp_path) == [Command(f"make {target}", ("make", target)) for target in targets]


def test_the_makefile_that_make_reads_counts(bin_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("test:\n")
    (tmp_path / "GNUmakefile").write_text("check:\n")
    assert [command.name for command in commands(tmp_path)] == ["make check"]


def test_a_makefile_in_another_encoding(bin_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_bytes(b"# f\xfcr alle\ntest:\n")
    assert [command.name for command in commands(tmp_path)] == ["make test"]


def test_a_folder_of_that_name_is_none(bin_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "GNUmakefile").mkdir()
    (tmp_path / "Makefile").write_text("test:\n")
    assert [command.name for command in commands(tmp_path)] == ["make test"]


def test_no_make_installed(bin_folder: Path, tmp_path: Path) -> None:
    (bin_folder / "make").unlink()
    (tmp_path / "Makefile").write_text("test:\n")
    assert commands(tmp_path) == []


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        pytest.param(["python", "python3"], "python", id="both"),
        pytest.param(["python3"], "python3", id="only python3, as on Debian"),
        pytest.param([], "python", id="neither: whoever runs the plan may have one"),
    ],
)
def test_what_python_is_called(installed: list[str], expected: str, bin_folder: Path, tmp_path: Path) -> None:
    (bin_folder / "python").unlink()
    for name in installed:
        _install(bin_folder, name)
    (found,) = commands(tmp_path, "test_a.py")
    assert found.run[0] == expected


def test_imports_of_modules_and_names() -> None:
    imports = {"old": [("shop.cart", ["Cart", "pay"]), ("shop.till", [])], "nothing": []}
    (found,) = find_commands(Path("/nowhere"), imports, (), (), ["."])
    assert found.name == "old"
    assert found.run[1:] == ("-c", "from shop.cart import Cart, pay; import shop.till")


def test_imports_below_source_roots_really_run(tmp_path: Path) -> None:
    folder = tmp_path / "it's/src"
    folder.mkdir(parents=True)
    (folder / "cart.py").write_text("Cart = 1\n")
    (found,) = find_commands(tmp_path, {"old": [("cart", ["Cart"])]}, (), (), ["it's/src"])
    assert shutil.which(found.run[0])
    subprocess.run([sys.executable, "-I", *found.run[1:]], cwd=tmp_path, check=True)
