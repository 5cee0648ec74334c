"""Phases 3 and 4 on trees that nobody wrote for them: dry run, apply, LibCST's opinion, second run, rollback.

    python -m benchmarks.corpus stdlib [--only NAME ...]
    python -m benchmarks.corpus tree ROOT PLAN [PLAN ...]

One row for each phase of a plan. `stdlib` copies the running interpreter's standard library into a temporary git
repository, and for a change of calls gives the callee its new parameters there first; `tree` clones ROOT. Nothing but
that copy is ever written. Needs LibCST besides the tool's own dependencies. Exit code 1 when a check fails.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import call_sites
from benchmarks.left_behind import Report, check_tree, compare, counts

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class CallChange:
    """A plan for phase 4; `definitions` are the parameters to rename first, by file and by function or method."""

    callee: str
    rename: dict[str, str] = field(default_factory=dict)
    add: dict[str, str] = field(default_factory=dict)
    keyword_only: tuple[str, ...] = ()
    definitions: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)

    def toml(self) -> str:
        lines = [f"callee = {json.dumps(self.callee)}"]
        for key in ("rename", "add"):
            if table := getattr(self, key):
                lines.append(f"{key} = {{ {', '.join(f'{k} = {json.dumps(v)}' for k, v in table.items())} }}")
        if self.keyword_only:
            lines.append(f"keyword_only = {json.dumps(self.keyword_only)}")
        return "\n".join(("[[phase4.call]]", *lines, ""))


STDLIB_MOVES = {
    "unittest.mock": ("unittest.mock", "mocking.mock"),
    "os.path": ("os.path", "ospaths"),
    "collections": ("collections", "containers"),
    "OrderedDict": ("collections:OrderedDict", "containers.ordered:OrderedMap"),
    "timezone.utc": ("datetime:timezone.utc", "datetime:UTC"),
}
STDLIB_CALLS = {
    "subprocess.run": CallChange(
        "subprocess:run",
        rename={"check": "must_succeed", "text": "as_text"},
        definitions={"subprocess.py": {"run": {"check": "must_succeed"}}},
    ),
    "json.dumps": CallChange(
        "json:dumps",
        rename={"indent": "indentation", "sort_keys": "sorted", "cls": "encoder"},
        definitions={"json/__init__.py": {"dumps": {"indent": "indentation", "sort_keys": "sorted", "cls": "encoder"}}},
    ),
    "logging.getLogger": CallChange("logging:getLogger", keyword_only=("name",)),
    "Thread": CallChange(
        "threading:Thread",
        rename={"target": "function"},
        add={"daemon": "False"},
        definitions={"threading.py": {"Thread.__init__": {"target": "function"}}},
    ),
}
LEFT_OUT = frozenset({"site-packages", "__pycache__", "lib-dynload"})
SHOWN = 10


@dataclass
class Row:
    """What happened to one plan."""

    name: str
    files: int = 0
    sites: int = 0
    edits: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    looked_at: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def cells(self) -> tuple[str, ...]:
        times = ", ".join(f"{step} {seconds:.1f}" for step, seconds in self.seconds.items())
        verdict = "right" if not self.problems else f"{len(self.problems)} problems"
        left = f"{counts(self.left)} (of {counts(self.looked_at)})"
        return self.name, str(self.files), counts(self.edits), counts(self.findings), left, times, verdict


HEADINGS = ("plan", "files", "edits", "findings", "left behind", "seconds", "checks")


def git(root: Path, *command: str) -> bytes:
    identity = ("-c", "user.name=corpus", "-c", "user.email=corpus@example.invalid", "-c", "core.autocrlf=false")
    return subprocess.run(
        ["git", *identity, *command], cwd=root, env=environment(), capture_output=True, check=True
    ).stdout


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "NO_COLOR": "1"}


def copy_stdlib(root: Path) -> None:
    """The Python files of the running interpreter's library, as one commit in `root`."""
    library = Path(sysconfig.get_path("stdlib"))
    root.mkdir()
    for folder, inside, names in os.walk(library):
        inside[:] = sorted(set(inside) - LEFT_OUT)
        for name in names:
            source = Path(folder) / name
            if source.suffix == ".py" and source.is_file() and not source.is_symlink():
                target = root / source.relative_to(library)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "--all", "--force")
    git(root, "commit", "--quiet", "--message", f"the library of {sys.version.split()[0]}")


def prepare(root: Path, change: CallChange) -> None:
    """Rename the parameters of the definitions, and commit that."""
    for path, functions in change.definitions.items():
        content = (root / path).read_bytes()
        for name, renamed in functions.items():
            content = with_parameters(content, name, renamed)
        (root / path).write_bytes(content)
    if change.definitions:
        git(root, "commit", "--quiet", "--all", "--message", f"new parameters of {change.callee}")


def with_parameters(content: bytes, function: str, renamed: dict[str, str]) -> bytes:
    """A module with other parameter names in one function, which is dotted for a method, and where it reads them."""
    node: ast.AST = ast.parse(content)
    for part in function.split("."):
        node = next(n for n in ast.iter_child_nodes(node) if getattr(n, "name", None) == part)
    lines = content.splitlines(keepends=True)
    names = list(_places(node, renamed.keys()))
    if missing := renamed.keys() - {name for _, _, name in names}:
        raise ValueError(f"{function} has no {', '.join(sorted(missing))}")
    for line, column, name in sorted(names, reverse=True):
        before, after = lines[line - 1][:column], lines[line - 1][column + len(name) :]
        lines[line - 1] = before + renamed[name].encode() + after
    return b"".join(lines)


def _places(function: ast.AST, names: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """Where a function declares and reads parameters: lines from 1, columns in UTF-8 bytes."""
    for node in ast.walk(function):
        if isinstance(node, ast.arg) and node.arg in names:
            yield node.lineno, node.col_offset, node.arg
        elif isinstance(node, ast.Name) and node.id in names:
            yield node.lineno, node.col_offset, node.id


def digests(root: Path) -> dict[str, str]:
    """The SHA-256 of each file's bytes as they are on disk."""
    paths = [path for path in git(root, "ls-files", "-z").split(b"\0") if path]
    found = {os.fsdecode(path): root / os.fsdecode(path) for path in paths}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items() if path.is_file()}


class Trial:
    """One phase of a plan, tried on `root`; `before` is a clone that stays as it is."""

    def __init__(self, name: str, phase: int, root: Path, before: Path, plan: Path, keep: Path) -> None:
        self._root, self._before, self._path, self._keep = root, before, plan, keep
        self._phase = phase
        self._plan: dict[str, Any] = tomllib.loads(plan.read_text(encoding="utf-8"))
        self._row = Row(name)

    def run(self, *, by_import: bool) -> Row:
        row, phase = self._row, f"phase{self._phase}"
        at_first = digests(self._root)
        early = ["--force"] if any(f"phase{n}" in self._plan for n in range(1, self._phase)) else []
        dry = self._migrate("dry run", phase, "--dry-run", *early, ok=(0, 1))
        errors = any(found["severity"] == "error" for found in dry.get("manual", ()))
        if digests(self._root) != at_first:
            row.problems.append("the dry run wrote to the tree")
        applied = self._migrate("apply", phase, "--yes", *(["--force"] if errors else early))
        row.files = len(applied.get("files", ()))
        row.findings = Counter(found["code"] for found in applied.get("manual", ()))
        if [file["after_sha256"] for file in applied.get("files", ())] != [
            f["after_sha256"] for f in dry.get("files", ())
        ]:
            row.problems.append("the dry run and the run differ")
        started = time.monotonic()
        if self._phase == 3:
            self._check_imports(applied, by_import=by_import)
        else:
            self._check_calls(applied)
        row.seconds["LibCST"] = time.monotonic() - started
        again = self._migrate("again", phase, "--dry-run", *early, ok=(0, 1))
        if again.get("files"):
            row.problems.append(f"a second run edits {len(again['files'])} files, e.g. {again['files'][0]['path']}")
        if row.files:
            self._migrate("rollback", "rollback", "--yes")
        now = digests(self._root)
        differ = sorted(path for path in at_first.keys() | now.keys() if at_first.get(path) != now.get(path))
        if differ:
            row.problems.append(f"{len(differ)} files differ after the rollback, e.g. {differ[0]}")
        if status := git(self._root, "status", "--porcelain").decode(errors="replace").strip():
            row.problems.append(f"git status after the rollback: {status.splitlines()[0]}")
        return row

    def _migrate(self, step: str, *arguments: str, ok: tuple[int, ...] = (0,)) -> dict[str, Any]:
        command = [sys.executable, "-m", "migrate", *arguments, "--quiet", "--json"]
        where = ["--plan", str(self._path), "--root", str(self._root)]
        started = time.monotonic()
        done = subprocess.run([*command, *where], cwd=PROJECT, env=environment(), capture_output=True, check=False)
        self._row.seconds[step] = time.monotonic() - started
        (self._keep / f"{self._row.name}-{step.replace(' ', '-')}.json").write_bytes(done.stdout)
        if done.returncode not in ok:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            self._row.problems.append(f"{step}: exit code {done.returncode}: {said[-1] if said else 'said nothing'}")
        try:
            document: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            return {}
        return document

    def _check_imports(self, applied: dict[str, Any], *, by_import: bool) -> None:
        row, report = self._row, Report.of(applied, self._root)
        found = check_tree(self._root, self._plan, report, by_import=by_import)
        row.looked_at, row.left = found.files, Counter(reference.kind for reference in found.left)
        for reference in found.left:
            text = f"{reference.kind} of {reference.old}: {reference.text[:120]}"
            row.problems.append(f"{reference.path}:{reference.lines[0]}: {text}")
        compared = compare(self._before, self._root, report)
        row.edits = compared.forms
        row.problems += compared.violations

    def _check_calls(self, applied: dict[str, Any]) -> None:
        row, report = self._row, call_sites.Report.of(applied)
        task = call_sites.make_task(self._before, self._plan, report)
        judgement = call_sites.judge(task)
        row.looked_at, row.left = judgement.files, Counter(site.category for site in judgement.disagreements)
        row.edits = Counter(edit["kind"] for file in report.files.values() for edit in file["edits"])
        row.problems += map(str, judgement.disagreements)
        row.problems += call_sites.compare(task, self._root)
        lines = (*map(str, judgement.sites), *call_sites.summary(judgement))
        (self._keep / f"{row.name}-calls.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


class Corpus:
    """The copy of a tree and a second one that stays as it is; both start anew for every plan."""

    def __init__(self, work: Path, keep: Path) -> None:
        self.root, self._before, self._keep = work / "tree", work / "before", keep
        self._first = ""

    def start(self) -> None:
        git(self.root.parent, "clone", "--quiet", "--no-hardlinks", str(self.root), str(self._before))
        self._first = git(self.root, "rev-parse", "HEAD").decode().strip()

    def rows(self, name: str, plan: Path, change: CallChange | None, *, by_import: bool) -> Iterator[Row]:
        """One for each phase, 3 or 4, that the plan has."""
        git(self.root, "reset", "--quiet", "--hard", self._first)
        if change is not None:
            prepare(self.root, change)
        git(self._before, "fetch", "--quiet", "origin", "HEAD")
        git(self._before, "reset", "--quiet", "--hard", "FETCH_HEAD")
        phases = [n for n in (3, 4) if f"phase{n}" in tomllib.loads(plan.read_text(encoding="utf-8"))]
        for phase in phases:
            named = f"{name} phase{phase}" if len(phases) > 1 else name
            yield Trial(named, phase, self.root, self._before, plan, self._keep).run(by_import=by_import)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--by-import", action="store_true", help="a finding on an import covers the uses of its names")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="put the JSON documents of all runs here")
    commands = parser.add_subparsers(dest="corpus", required=True)
    library = commands.add_parser("stdlib", help="the running interpreter's standard library")
    names = [*STDLIB_MOVES, *STDLIB_CALLS]
    library.add_argument("--only", nargs="+", choices=sorted(names), default=names)
    tree = commands.add_parser("tree", help="a clone of a tree of your own")
    tree.add_argument("root", type=Path)
    tree.add_argument("plans", type=Path, nargs="+", metavar="plan")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="corpus-") as temporary:
        work = Path(temporary).resolve()
        keep = (options.keep or work / "documents").resolve()
        keep.mkdir(parents=True, exist_ok=True)
        corpus = Corpus(work, keep)
        if options.corpus == "stdlib":
            copy_stdlib(corpus.root)
            plans = {name: write_plan(work / f"{name}.toml", name) for name in options.only}
        else:
            git(work, "clone", "--quiet", "--no-hardlinks", str(options.root.resolve()), str(corpus.root))
            plans = {plan.stem: plan.resolve() for plan in options.plans}
        corpus.start()
        print(f"{len(git(corpus.root, 'ls-files', '-z', '*.py').split(bytes(1))) - 1} Python files")
        rows: list[Row] = []
        for name, plan in plans.items():
            change = STDLIB_CALLS.get(name) if options.corpus == "stdlib" else None
            for row in corpus.rows(name, plan, change, by_import=options.by_import):
                rows.append(row)
                tell(row)
        (keep / "problems.txt").write_text(
            "".join(f"{r.name}: {p}\n" for r in rows for p in r.problems), encoding="utf-8"
        )
    for cells in (HEADINGS, ("---",) * len(HEADINGS), *(row.cells() for row in rows)):
        print(f"| {' | '.join(cells)} |")
    return int(any(row.problems for row in rows))


def tell(row: Row) -> None:
    print(f"{row.name}: {row.cells()[-1]}", file=sys.stderr, flush=True)
    for problem in row.problems[:SHOWN]:
        print(f"  {problem}", file=sys.stderr)
    if len(row.problems) > SHOWN:
        print(f"  and {len(row.problems) - SHOWN} more", file=sys.stderr)


def write_plan(path: Path, name: str) -> Path:
    if name in STDLIB_CALLS:
        table = f"[phase4]\n{STDLIB_CALLS[name].toml()}"
    else:
        old, new = map(json.dumps, STDLIB_MOVES[name])
        table = f"[phase3]\n[[phase3.move]]\nold = {old}\nnew = {new}\n"
    slug = name.lower().replace("_", "-")
    path.write_text(f"[plan]\nname = {json.dumps(slug)}\n\n{table}", encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main())
