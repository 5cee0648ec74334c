from __future__ import annotations

import sys
from pathlib import Path

import pytest
from checks import make_plan

from migrate.preflight.commands import missing_commands


def missing(root: Path, *run: str) -> list[str]:
    plan = make_plan(
        {"phase5": {"check": [{"name": "fine", "run": [sys.executable]}, {"name": "it", "run": list(run)}]}}
    )
    found = list(missing_commands(plan, root, "migrate.toml", "[[phase5.check]]\n\n [[ phase5 . check ]]\n"))
    assert all(
        (f.code, f.phase, f.severity, f.subject, f.line) == ("missing-command", 5, "error", "", 3) for f in found
    )
    return [f"{finding.path}: {finding.message}" for finding in found]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_a.py").touch()
    (tmp_path / "run.sh").write_text("#!/bin/sh\n")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/run").write_text("#!/bin/sh\n")
    return tmp_path


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(["true"], id="a program"),
        pytest.param([sys.executable, "-m", "pytest", "tests/test_a.py", "-v"], id="a file that is there"),
        pytest.param(["true", "tests/test_a.py::TestIt::test_one[a/b]"], id="a test in it"),
        pytest.param(["true", "tests/", "tests"], id="a folder"),
        pytest.param(["true", "-c", "import gone.py"], id="code"),
        pytest.param(["true", "-m", "pkg.py"], id="a module"),
        pytest.param(["true", "--config=gone.toml", "-gone.py"], id="options"),
        pytest.param(["true", "/nowhere/gone.py", "../gone.py"], id="out of the root"),
        pytest.param(["true", "origin/main", "a/b"], id="what looks like a path"),
        pytest.param(["true", "gone", "a.b", "x.py=1"], id="words"),
        pytest.param(["true", "-k", "tests/gone"], id="the value of an option"),
        pytest.param(["python", "-c", "pass"], id="python, which is this one where PATH has none"),
        pytest.param(["./run.sh"], id="a script"),
        pytest.param(["tools/run"], id="a script in a folder"),
    ],
)
def test_nothing_missing(run: list[str], root: Path) -> None:
    (root / "tools/run").chmod(0o755)
    (root / "run.sh").chmod(0o755)
    assert missing(root, *run) == []


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(
            ["no-such-program"],
            ["migrate.toml: phase5.check[1].run: there is no executable 'no-such-program'; install it, or correct the command"],
            id="program",
        ),
        pytest.param(
            ["./gone.sh"],
            ["migrate.toml: phase5.check[1].run: there is no executable './gone.sh'; install it, or correct the command"],
            id="script",
        ),
        pytest.param(
            ["true", "tests/test_gone.py::test_one"],
            ["migrate.toml: phase5.check[1].run: there is no tests/test_gone.py; write it before phase 5, or correct the command"],
            id="test file",
        ),
        pytest.param(
            ["true", "tests/gone/"],
            ["migrate.toml: phase5.check[1].run: there is no tests/gone/; write it before phase 5, or correct the command"],
            id="folder",
        ),
        pytest.param(
            ["true", "gone.ini", "a b.py"],
            [
                "migrate.toml: phase5.check[1].run: there is no gone.ini; write it before phase 5, or correct the command",
                "migrate.toml: phase5.check[1].run: there is no a b.py; write it before phase 5, or correct the command",
            ],
            id="several",
        ),
    ],
)  # fmt: skip
def test_missing(run: list[str], expected: list[str], root: Path) -> None:
    assert missing(root, *run) == expected


def test_a_script_that_may_not_be_run(root: Path) -> None:
    assert len(missing(root, "./run.sh")) == 1


def test_a_plan_without_checks(root: Path) -> None:
    assert list(missing_commands(make_plan({"phase5": {}}), root, "migrate.toml")) == []
    move = {"move": [{"old": "a:B", "new": "c:D"}]}
    assert list(missing_commands(make_plan({"phase3": move}), root, "migrate.toml")) == []
