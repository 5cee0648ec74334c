"""cli.py makes only the command that is called, and nobody sees a difference."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from migrate.cli import _with_command, app

NAMES = [*typer.main.get_command(app).commands]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", NAMES)
def test_help_is_the_same(name: str) -> None:
    arguments = [name, "--help"]
    made, whole = (CliRunner().invoke(each, arguments, prog_name="migrate") for each in (_with_command(arguments), app))
    assert (made.output, made.exit_code) == (whole.output, 0)


@pytest.mark.parametrize("name", sorted({*NAMES} - {"journal", "fleet"}))
def test_no_other_command_is_made(name: str) -> None:
    group = typer.main.get_command(_with_command([name, "--json"]))
    assert [*group.commands] == [name]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="nothing"),
        pytest.param(["--help"], id="help"),
        pytest.param(["--root", "check", "phase3"], id="an option that has a value"),
        pytest.param(["phse3"], id="a mistake, which is compared with all names"),
        pytest.param(["journal", "list"], id="a group"),
        pytest.param(["fleet", "repos.txt", "check"], id="one that runs others"),
    ],
)
def test_all_are_made(arguments: list[str]) -> None:
    assert _with_command(arguments) is app


@pytest.mark.processes_unmeasured
def test_help_loads_little() -> None:
    """Whoever asks for help does not wait for what reads plans, files or trees."""
    command = [sys.executable, "-X", "importtime", "-m", "migrate", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert loaded & {"typer", "pydantic", "msgspec", "bowler", "fissix", "sqlite3", "distributed"} == {"typer"}
