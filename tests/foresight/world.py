"""What `check` predicts of a repository, beside what Python says once the phases are applied."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks import make_plan
from repositories import Repository

from migrate.executors.workers import Workers
from migrate.findings import Finding
from migrate.plan import Plan
from migrate.preflight.look import Preflight, look
from migrate.previewing import Previews

_PROBE = """
import contextlib, importlib, json, operator, os, sys, traceback, typing, unittest.mock, warnings  # what users import
warnings.simplefilter("ignore")
root, roots, modules = json.loads(sys.stdin.read())
sys.path[:0] = [os.path.join(root, each) for each in roots]
sys.dont_write_bytecode = True
def describe(error):
    frames = [f.filename for f in traceback.extract_tb(error.__traceback__)]
    inside = [os.path.relpath(f, root) for f in frames if f.startswith(root)]
    name = getattr(error, "name", None)
    if isinstance(error, ImportError) and "cannot import name" in str(error):
        name = str(error).split("'")[1]
    elif isinstance(error, AttributeError):
        words = str(error).split("'")
        name = words[-2] if name is None or "<module" in str(error) else name
        if "<module" in str(error):  # unittest.mock
            name = words[-2]
    return {"type": type(error).__name__, "path": inside[-1] if inside else "", "name": name, "text": str(error)}
for module in modules:
    reader, writer = os.pipe()
    if os.fork() == 0:
        found = []
        try:
            loaded = importlib.import_module(module)
            for key, value in list(vars(loaded).items()):
                if key.startswith("use"):
                    value()
        except BaseException as error:
            found.append(describe(error))
        os.write(writer, json.dumps(found).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        print(json.dumps([module, json.loads(stream.read() or b'[{"type": "died", "path": "", "name": "", "text": ""}]')]), flush=True)
    os.wait()
"""


@dataclass(frozen=True)
class Failure:
    """How a module ends that Python is told to import: the error, the file and what it is about."""

    kind: str
    path: str
    name: str
    text: str = ""


def predict(repository: Repository, plan: Plan) -> Preflight:
    return look(repository.open(), plan, repository.root / "migrate.toml", Workers(1))


def apply(repository: Repository, plan: Plan, phases: Collection[int] = (1, 2, 3, 4)) -> None:
    """Phases 1 to 4, whatever stands against them."""
    for phase in [phase for phase in plan.phases if phase in phases]:
        found = Previews(repository.open(), plan, Workers(1)).of(phase)
        for file in found.files:
            (repository.root / file.path).write_bytes(file.after)


def observe(root: Path, plan: Plan, modules: Sequence[str]) -> dict[str, Failure | None]:
    """Import each of the modules by itself, call what it has that begins with `use`, and see how that ends."""
    task = json.dumps([str(root), list(plan.plan.source_roots), list(modules)])
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _PROBE], input=task.encode(), capture_output=True, check=True, cwd=root
    )
    found: dict[str, Failure | None] = {}
    for line in done.stdout.splitlines():
        module, errors = json.loads(line)
        failures = [Failure(e["type"], e["path"], str(e["name"]), e["text"]) for e in errors]
        found[module] = failures[0] if failures else None
    assert set(found) == set(modules), done.stderr.decode()
    return found


def redirect_plan(
    exports: Collection[str],
    moves: Mapping[str, str] | None = None,
    module: str = "shop.old",
    more: Mapping[str, Any] | None = None,
    **header: Any,
) -> Plan:
    """A plan with one redirect and moves."""
    tables: dict[str, Any] = {
        "phase1": {"redirect": [{"module": module, "docstring": "DEPRECATED.", "exports": list(exports)}]}
    }
    if moves:
        tables["phase3"] = {"move": [{"old": old, "new": new} for old, new in moves.items()]}
    return make_plan({**tables, **(more or {})}, **header)


def codes(found: Preflight, *wanted: str) -> list[Finding]:
    return [finding for finding in found.findings if finding.code in wanted]


def name_of(finding: Finding) -> str:
    return finding.subject.rpartition(":")[2]


def make(root: Path) -> Repository:
    """An empty repository."""
    repository = Repository(root)
    repository.git("init", "--quiet", "--initial-branch=main")
    repository.git("config", "user.name", "Dev")
    repository.git("config", "user.email", "dev@example.org")
    return repository
