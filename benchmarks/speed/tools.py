"""The tools, and the command with which each does a job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.speed.ast_grep import rules
from benchmarks.speed.task import Task

HOME = Path(__file__).parents[2]
OURS, FLOOR, AST_GREP, RUFF, BANNED = "ssot-migrate", "git grep", "ast-grep", "ruff parse", "ruff TID251"
SLOW = ("Bowler", "LibCST", "rope")
NAMES = (OURS, FLOOR, RUFF, BANNED, AST_GREP, *SLOW)
PHASES = {"phase3": 3, "phase4": 4}
GROUPS: dict[str, tuple[str, ...]] = {
    "phase3": ("phase3",),
    "phase4": ("phase4",),
    "apply": ("apply phase3", "rollback phase3", "apply phase4", "rollback phase4"),
    "look": ("check", "guard", "guard --staged", "--help"),
}
"""Jobs that are timed in one alternation, in this order."""
_REMARKS = {
    ("LibCST", 3): "given only the files that `git grep -lw` names",
    ("rope", 3): "writes, as its second step needs the first one's files",
    ("rope", 4): "writes, as its second step needs the first one's files",
    (FLOOR, 0): "a search, and no more",
    (RUFF, 0): "`--select E902`: parses every file, and no more",
    (BANNED, 0): "finds imports only",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One command of an alternation.

    Attributes:
        slow: run fewer times.
        codes: exit codes of a success.
    """

    job: str
    tool: str
    command: tuple[str, ...]
    slow: bool = False
    codes: tuple[int, ...] = (0,)
    remark: str = ""


@dataclass(frozen=True)
class Place:
    """Where the tools work: a clone that may be written to, a folder beside it, the peers' environment, the plan."""

    root: Path
    beside: Path
    plan: Path
    task: Task
    peers: Path | None

    def environment(self) -> dict[str, str]:
        """For every command: bytecode is kept as in any installation, but outside of all trees."""
        left_out = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "NO_COLOR")
        kept = {k: v for k, v in os.environ.items() if k not in left_out and not k.startswith("GIT_")}
        bytecode = str(self.beside / "bytecode")
        return {**kept, "PYTHONPATH": str(HOME), "PYTHONPYCACHEPREFIX": bytecode}

    def program(self, name: str) -> str | None:
        """A program of the peers' environment."""
        path = self.peers / "bin" / name if self.peers else None
        return str(path) if path is not None and path.exists() else None

    def named(self, phase: int) -> list[str]:
        """The Python files that have one of a phase's words."""
        words = [part for word in self.task.words(phase) for part in ("-e", word)]
        found = subprocess.run(
            ["git", "grep", "-lzwF", *words, "--", "*.py"], cwd=self.root, capture_output=True, check=False
        )
        return [os.fsdecode(path) for path in found.stdout.split(b"\0") if path]


def steps(place: Place, group: str, tools: Sequence[str]) -> Iterator[Step]:
    """The commands of one alternation by those of `tools` that can take part."""
    for job in GROUPS[group]:
        if OURS in tools:
            yield Step(job, OURS, _ours(place, job), codes=(0, 1) if group == "look" else (0,))
    jobs = GROUPS[group] if group != "apply" else ("apply phase3",)
    for job in jobs:
        phase = PHASES.get(job, 3 if group == "apply" else 0)
        if FLOOR in tools and job != "--help":
            pattern = "|".join(place.task.words(phase))
            yield Step(job, FLOOR, ("git", "grep", "-lE", pattern, "--", "*.py"), False, (0, 1), _remark(FLOOR, 0))
        ruff = place.program("ruff")
        if ruff and RUFF in tools and job in ("phase3", "phase4", "guard"):
            yield Step(job, RUFF, (*_ruff(ruff), "--select", "E902", "."), False, (0, 1), _remark(RUFF, 0))
        if ruff and BANNED in tools and job == "guard":
            yield Step(job, BANNED, (*_ruff(ruff), *_banned(place.task), "."), False, (0, 1), _remark(BANNED, 0))
        if job in PHASES:
            yield from _dry_runs(place, job, tools)


def _dry_runs(place: Place, job: str, tools: Sequence[str]) -> Iterator[Step]:
    phase = PHASES[job]
    for tool in (AST_GREP, *SLOW):
        command = peer_command(place, tool, phase, write=False) if tool in tools else None
        if command is not None:
            codes = (0, 1) if tool in (AST_GREP, "LibCST") else (0,)
            yield Step(job, tool, command, tool in SLOW, codes, _remark(tool, phase))


def writer(place: Place, tool: str, phase: int) -> Step | None:
    """The command by which a tool changes the tree; None where it has none."""
    job = f"phase{phase}"
    if tool == OURS:
        return Step(job, tool, _ours(place, f"apply {job}"))
    command = peer_command(place, tool, phase, write=True)
    codes = (0, 1) if tool in (AST_GREP, "LibCST") else (0,)
    return None if command is None else Step(job, tool, command, tool in SLOW, codes, _remark(tool, phase))


def peer_command(place: Place, tool: str, phase: int, *, write: bool) -> tuple[str, ...] | None:
    """How one of the peers does a phase; None where it is not there, cannot, or has no dry run."""
    if tool == AST_GREP:
        program = place.program("ast-grep")
        if program is None:
            return None
        file = place.beside / f"ast-grep-{phase}.yml"
        file.write_text(rules(place.task, phase), encoding="utf-8")
        return (program, "scan", "--rule", str(file), *(["--update-all"] if write else []), ".")
    python = place.program("python")
    if tool not in SLOW or python is None or (tool, phase) == ("LibCST", 4) or (tool == "rope" and not write):
        return None
    job = place.beside / f"{tool}-{phase}{'-write' if write else ''}.json"
    document = {**asdict(place.task), "phase": phase, "write": write, "files": place.named(phase)}
    job.write_text(json.dumps(document), encoding="utf-8")
    worker = str(Path(__file__).with_name("peer_worker.py"))
    return (python, "-P", "-W", "ignore", worker, tool.lower(), str(job))


def _ours(place: Place, job: str) -> tuple[str, ...]:
    arguments = {
        "phase3": ("phase3", "--dry-run"),
        "phase4": ("phase4", "--dry-run"),
        "apply phase3": ("phase3", "--yes", "--force"),
        "apply phase4": ("phase4", "--yes", "--force"),
        "rollback phase3": ("rollback", "--yes"),
        "rollback phase4": ("rollback", "--yes"),
        "check": ("check",),
        "guard": ("guard",),
        "guard --staged": ("guard", "--staged"),
        "--help": ("--help",),
    }[job]
    # as its users install it, beside the peers; an editable install searches for its own code each time
    installed = place.program("python") if place.program("migrate") else None
    tool = (installed or sys.executable, "-m", "migrate")
    if job == "--help":
        return (*tool, *arguments)
    where = ("--plan", str(place.plan), "--root", str(place.root))
    return (*tool, *arguments, *where)


def _ruff(program: str) -> tuple[str, ...]:
    return (program, "check", "--no-cache", "--isolated", "--quiet")


def _banned(task: Task) -> Iterator[str]:
    yield from ("--select", "TID251")
    for move in task.moves:
        name = f'"{move.old_module}.{move.old_name}"'
        yield from ("--config", f'lint.flake8-tidy-imports.banned-api.{name}.msg = "moved"')


def _remark(tool: str, phase: int) -> str:
    return _REMARKS.get((tool, phase), "")
