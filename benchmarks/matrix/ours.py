"""This project's tool: `migrate phase3 --yes --json` in a fresh git repository, in this process."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from typer.testing import CliRunner

from benchmarks.matrix.case import Case
from benchmarks.matrix.tool import Ran
from migrate import __version__
from migrate.cli import app
from migrate.executors.workers import Workers
from migrate.plan import load_plan
from migrate.previewing import preview
from rollback.git import Git

_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Dev",
    "GIT_AUTHOR_EMAIL": "dev@example.org",
    "GIT_COMMITTER_NAME": "Dev",
    "GIT_COMMITTER_EMAIL": "dev@example.org",
}


class Ours:
    """This project's tool."""

    name = "ssot-migrate"
    version = __version__

    def ways(self, _case: Case, /) -> tuple[str, ...]:
        """There is one."""
        return ("phase3",)

    def renames(self, _way: str, /) -> bool:
        """Yes."""
        return True

    def run(self, case: Case, root: Path, way: str, /) -> Ran:
        """Apply phase 3; a finding that names one of the user's files is a report."""
        (root / "migrate.toml").write_text(plan_of(case), encoding="utf-8")
        for command in (["init", "--quiet", "--template="], ["add", "--all"], ["commit", "--quiet", "--message=world"]):
            subprocess.run(["git", *command], cwd=root, env=_clean() | _GIT, check=True)
        arguments = [way, "--yes", "--json", "--quiet", "--jobs", "1", "--root", str(root)]
        result = CliRunner(env=_GIT).invoke(app, [*arguments, "--plan", str(root / "migrate.toml")])
        try:
            document = json.loads(result.stdout)
        except ValueError:
            return Ran(crashed=_words(result.exception, result.output))
        if "error" in document:
            return Ran(crashed=str(document["error"]).splitlines()[0])
        return Ran(reported=any(finding["path"] in case.files for finding in document["manual"]))


class Previewed(Ours):
    """The same without journal and snapshot: what a dry run of phase 3 says, written."""

    def run(self, case: Case, root: Path, _way: str, /) -> Ran:
        """Write what phase 3 would, unless errors block it."""
        (root / "migrate.toml").write_text(plan_of(case), encoding="utf-8")
        subprocess.run(["git", "init", "--quiet", "--template="], cwd=root, env=_clean() | _GIT, check=True)
        found = preview(Git.open(root), load_plan(root / "migrate.toml"), 3, workers=Workers(1))
        for file in () if found.errors else found.files:
            (root / file.path).write_bytes(file.after)
        return Ran(reported=any(finding.path in case.files for finding in found.findings))


def _clean() -> dict[str, str]:
    """The environment without what would point git elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def _words(error: BaseException | None, output: str) -> str:
    return (f"{type(error).__name__}: {error}" if error else output).partition("\n")[0]


def plan_of(case: Case) -> str:
    """The plan of a case, in TOML."""
    lines = ["[plan]", 'name = "matrix"', case.plan, "", "[phase3]"]
    for old, new in case.moves:
        lines += ["[[phase3.move]]", f'old = "{old}"', f'new = "{new}"', f'strings = "{case.strings}"']
    return "\n".join(lines) + "\n"
