"""Phase 3 on trees that nobody wrote for it: dry run, apply, LibCST's opinion, second run, rollback, one row a plan.

    python -m benchmarks.corpus stdlib [--only NAME ...]
    python -m benchmarks.corpus tree ROOT PLAN [PLAN ...]

`stdlib` copies the running interpreter's standard library into a temporary git repository; `tree` clones ROOT. Nothing
but that copy is ever written. Needs LibCST besides the tool's own dependencies. Exit code 1 when a check fails.
"""

from __future__ import annotations

import argparse
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.left_behind import Report, check_tree, compare, counts

PROJECT = Path(__file__).resolve().parent.parent
STDLIB_MOVES = {
    "unittest.mock": ("unittest.mock", "mocking.mock"),
    "os.path": ("os.path", "ospaths"),
    "collections": ("collections", "containers"),
    "OrderedDict": ("collections:OrderedDict", "containers.ordered:OrderedMap"),
    "timezone.utc": ("datetime:timezone.utc", "datetime:UTC"),
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


HEADINGS = ("move", "files", "edits", "findings", "left behind", "seconds", "checks")


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


def digests(root: Path) -> dict[str, str]:
    """The SHA-256 of each file's bytes as they are on disk."""
    paths = [path for path in git(root, "ls-files", "-z").split(b"\0") if path]
    found = {os.fsdecode(path): root / os.fsdecode(path) for path in paths}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items() if path.is_file()}


class Trial:
    """One plan, tried on `root`; `before` is a clone that stays as it is."""

    def __init__(self, name: str, root: Path, before: Path, plan: Path, keep: Path) -> None:
        self._root, self._before, self._plan, self._keep = root, before, plan, keep
        self._row = Row(name)

    def run(self, *, by_import: bool) -> Row:
        row = self._row
        at_first = digests(self._root)
        dry = self._migrate("dry run", "phase3", "--dry-run", ok=(0, 1))
        errors = any(found["severity"] == "error" for found in dry.get("manual", ()))
        if digests(self._root) != at_first:
            row.problems.append("the dry run wrote to the tree")
        applied = self._migrate("apply", "phase3", "--yes", *(["--force"] if errors else []))
        row.files = len(applied.get("files", ()))
        row.findings = Counter(found["code"] for found in applied.get("manual", ()))
        if [file["after_sha256"] for file in applied.get("files", ())] != [
            f["after_sha256"] for f in dry.get("files", ())
        ]:
            row.problems.append("the dry run and the run differ")
        self._check(applied, by_import=by_import)
        again = self._migrate("again", "phase3", "--dry-run", ok=(0, 1))
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
        where = ["--plan", str(self._plan), "--root", str(self._root)]
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

    def _check(self, applied: dict[str, Any], *, by_import: bool) -> None:
        row, report = self._row, Report.of(applied, self._root)
        started = time.monotonic()
        plan = tomllib.loads(self._plan.read_text(encoding="utf-8"))
        found = check_tree(self._root, plan, report, by_import=by_import)
        row.looked_at, row.left = found.files, Counter(reference.kind for reference in found.left)
        for reference in found.left:
            text = f"{reference.kind} of {reference.old}: {reference.text[:120]}"
            row.problems.append(f"{reference.path}:{reference.lines[0]}: {text}")
        compared = compare(self._before, self._root, report)
        row.edits = compared.forms
        row.problems += compared.violations
        row.seconds["LibCST"] = time.monotonic() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--by-import", action="store_true", help="a finding on an import covers the uses of its names")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="put the JSON documents of all runs here")
    commands = parser.add_subparsers(dest="corpus", required=True)
    library = commands.add_parser("stdlib", help="the running interpreter's standard library")
    library.add_argument("--only", nargs="+", choices=sorted(STDLIB_MOVES), default=list(STDLIB_MOVES))
    tree = commands.add_parser("tree", help="a clone of a tree of your own")
    tree.add_argument("root", type=Path)
    tree.add_argument("plans", type=Path, nargs="+", metavar="plan")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="corpus-") as temporary:
        work = Path(temporary).resolve()
        root, before, keep = work / "tree", work / "before", (options.keep or work / "documents").resolve()
        keep.mkdir(parents=True, exist_ok=True)
        if options.corpus == "stdlib":
            copy_stdlib(root)
            plans = {name: write_plan(work / f"{name}.toml", name, *STDLIB_MOVES[name]) for name in options.only}
        else:
            git(work, "clone", "--quiet", "--no-hardlinks", str(options.root.resolve()), str(root))
            plans = {plan.stem: plan.resolve() for plan in options.plans}
        git(work, "clone", "--quiet", "--no-hardlinks", str(root), str(before))
        print(f"{len(git(root, 'ls-files', '-z', '*.py').split(bytes(1))) - 1} Python files")
        rows: list[Row] = []
        for name, plan in plans.items():
            rows.append(Trial(name, root, before, plan, keep).run(by_import=options.by_import))
            print(f"{name}: {rows[-1].cells()[-1]}", file=sys.stderr, flush=True)
            for problem in rows[-1].problems[:SHOWN]:
                print(f"  {problem}", file=sys.stderr)
            if len(rows[-1].problems) > SHOWN:
                print(f"  and {len(rows[-1].problems) - SHOWN} more", file=sys.stderr)
        (keep / "problems.txt").write_text(
            "".join(f"{r.name}: {p}\n" for r in rows for p in r.problems), encoding="utf-8"
        )
    for cells in (HEADINGS, ("---",) * len(HEADINGS), *(row.cells() for row in rows)):
        print(f"| {' | '.join(cells)} |")
    return int(any(row.problems for row in rows))


def write_plan(path: Path, name: str, old: str, new: str) -> Path:
    slug = name.lower().replace("_", "-")
    move = f"[phase3]\n[[phase3.move]]\nold = {json.dumps(old)}\nnew = {json.dumps(new)}\n"
    path.write_text(f"[plan]\nname = {json.dumps(slug)}\n\n{move}", encoding="utf-8")
    return path


if __name__ == "__main__":
    sys.exit(main())
