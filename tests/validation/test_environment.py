"""Where checks run: the target's interpreter, and an environment that leaves nothing in the tree."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest
from checks import make_plan
from validating import EIGHT, PYTEST, make_check, run, target

from migrate.plan_checks import Tests
from migrate.validation.checks import Surroundings, attempt
from migrate.validation.environment import Target

pytestmark = pytest.mark.processes_unmeasured


@pytest.mark.parametrize(
    ("addopts", "arguments", "expected"),
    [
        pytest.param("", [], ["-o", "cache_dir={scratch}/pytest-cache", "-x"], id="ours alone"),
        pytest.param(
            "--lf -k 'a b'",
            [],
            ["--lf", "-k", "a b", "-o", "cache_dir={scratch}/pytest-cache", "-x"],
            id="after the user's",
        ),
        pytest.param(
            "-p no:cacheprovider", [], ["-p", "no:cacheprovider", "-x"], id="the user's environment has the cache off"
        ),
        pytest.param("", ["-pno:cacheprovider"], ["-x"], id="the command has the cache off"),
    ],
)
def test_options_for_pytest(
    addopts: str, arguments: list[str], expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", addopts)
    monkeypatch.setenv("PYTHONPATH", "src")
    scratch = tmp_path / "s"
    environment = target(tmp_path).environment(["pytest", *arguments], {}, scratch, ["-x"])
    assert shlex.split(environment["PYTEST_ADDOPTS"]) == [word.format(scratch=scratch) for word in expected]
    assert (environment["PYTHONDONTWRITEBYTECODE"], environment["PYTHONPATH"]) == ("1", "src")


def test_own_variables_are_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-q")
    own = {"TZ": "UTC", "PYTEST_ADDOPTS": "-x", "PYTHONDONTWRITEBYTECODE": ""}
    environment = target(tmp_path).environment(["pytest"], own, tmp_path / "s")
    assert (environment["TZ"], environment["PYTHONDONTWRITEBYTECODE"]) == ("UTC", "")
    assert environment["PYTEST_ADDOPTS"].startswith("-x -o ")
    assert "TZ" not in os.environ or os.environ["TZ"] != "UTC"


def test_a_plan_without_an_interpreter(tmp_path: Path) -> None:
    found = Target.of(make_plan(), tmp_path)
    assert (found.python, found.problem, found.home) == ((), None, None)
    assert found.command(["python", "-V"]) == ("python", "-V")
    assert found.interpreter[0] in ("python", "python3")
    environment = found.environment([], {}, tmp_path)
    assert environment["PATH"] == os.environ["PATH"]
    assert environment.get("PYTHONPATH") == os.environ.get("PYTHONPATH")


def test_an_interpreter_of_the_target(tmp_path: Path) -> None:
    """A virtual environment's is a link; it has to be started by its own name."""
    folder = tmp_path / "shop env/bin"
    folder.mkdir(parents=True)
    (folder / "python").symlink_to(sys.executable)
    (folder.parent / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).parent}\n")
    found = Target.of(make_plan(python="shop env/bin/python"), tmp_path)
    assert found.problem is None
    assert found.command(["python", "-V"]) == (str(folder / "python"), "-V")
    assert found.command(["python3", "-V"]) == (str(folder / "python"), "-V")
    assert found.command(["pytest", "-q"]) == ("pytest", "-q")
    environment = found.environment(["python"], {}, tmp_path / "s")
    assert environment["PATH"].split(os.pathsep)[0] == str(folder)
    assert environment["VIRTUAL_ENV"] == str(folder.parent)


def test_an_interpreter_that_takes_a_command(tmp_path: Path) -> None:
    found = Target.of(make_plan(python=["env", "TZ=UTC", "python"]), tmp_path)
    assert found.problem is None
    assert found.command(["python", "-V"]) == ("env", "TZ=UTC", "python", "-V")


@pytest.mark.parametrize(
    ("python", "problem"),
    [
        pytest.param("no-such-python", "plan.python: 'no-such-python' was not found on PATH", id="a name"),
        pytest.param("env/bin/python", "plan.python: there is no executable '{root}/env/bin/python'", id="a path"),
        pytest.param("./pytest.ini", "plan.python: there is no executable '{root}/pytest.ini'", id="no program"),
    ],
)
def test_an_interpreter_that_is_missing(python: str, problem: str, root: Path) -> None:
    found = Target.of(make_plan(python=python), root)
    assert found.problem == problem.format(root=root)


def test_a_copy_of_the_tree_comes_before_what_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter stays that of the user's own tree."""
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    found = Target.of(make_plan(python=".venv/bin/python", source_roots=["src", "."]), tmp_path / "copy", tmp_path)
    assert found.python == (str(tmp_path / ".venv/bin/python"),)
    paths = found.environment([], {}, tmp_path)["PYTHONPATH"].split(os.pathsep)
    assert paths == [str(tmp_path / "copy/src"), str(tmp_path / "copy"), "/somewhere"]
    monkeypatch.delenv("PYTHONPATH")
    assert "/somewhere" not in found.environment([], {}, tmp_path)["PYTHONPATH"]


def test_scratch_and_options_may_have_spaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k 'test_n and not 7'")
    (tmp_path / "test_shop.py").write_text(EIGHT.format(limit=8))
    scratch = tmp_path / "it's a scratch"
    scratch.mkdir()
    tree = target(tmp_path)
    ran = attempt(make_check([*PYTEST, "test_shop.py"], tests={"passed": 7}), tree, Surroundings(tree), scratch)
    assert ran.report is not None
    assert ran.report.passed == 7
    assert (scratch / "pytest-cache").is_dir()
    assert not (tmp_path / ".pytest_cache").exists()


def test_suite_without_a_cache_in_a_strict_configuration(root: Path) -> None:
    (root / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider --strict-config\n")
    (root / "test_shop.py").write_text(EIGHT.format(limit=8))
    assert run(root, make_check([*PYTEST], tests=Tests(passed=8, failed=0))).passed


def test_a_working_folder(root: Path) -> None:
    (root / "services/shop").mkdir(parents=True)
    code = "import os; print(os.path.basename(os.getcwd()), os.environ['TZ'])"
    check = make_check([sys.executable, "-c", code], folder="services/shop", env={"TZ": "Europe/Vienna"})
    assert run(root, check).tail == "shop Europe/Vienna"


def test_a_working_folder_that_is_not_there(root: Path) -> None:
    result = run(root, make_check(folder="gone"))
    assert result.ended == "not-started"
    assert result.message.endswith(f"cannot be started: the folder {str(root / 'gone')!r} does not exist")
