"""What `migrate check` foretells of imports, against what is found once phases 1 to 4 are applied; both ways.

    python -m benchmarks.foretold ROOT PLAN

ROOT is cloned; nothing of it is touched. In the clone `check` is asked for its dangling names, the phases are applied
with --force, and then every `from module import name` of the modules that became redirects is compared with what their
files bind. Only `ast` and `git` do that: nothing of the tool is imported. What phase 3 moved in the same statement is
compared by path, module and name, as lines may have shifted. The exit code is 1 where one side has what the other has
not. Names taken by other means than an import of the name itself (attributes, strings) are counted apart.
"""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

HOME = Path(__file__).parents[1]
Use = tuple[str, str, str]
"""Path, module, name."""


def migrate(root: Path, plan: Path, *arguments: str) -> str:
    """What a command prints; it may end with findings."""
    command = [sys.executable, "-m", "migrate", *arguments, "--plan", str(plan), "--root", str(root)]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"migrate {arguments[0]} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def file_of(root: Path, module: str, roots: Sequence[str]) -> Path:
    """The file of a module below one of the source roots."""
    for folder in roots:
        for ending in (".py", "/__init__.py"):
            path = root / folder / (module.replace(".", "/") + ending)
            if path.is_file():
                return path
    raise SystemExit(f"{module} has no file")


def has_module(file: Path, name: str) -> bool:
    """Is there a module of that name inside the package that a file is of?"""
    inside = (file.with_name(f"{name}.py"), file.with_name(name) / "__init__.py")
    return file.name == "__init__.py" and any(path.is_file() for path in inside)


def bound_by(path: Path) -> frozenset[str]:
    """The names that a redirect binds."""
    tree = ast.parse(path.read_bytes())
    names = {a.asname or a.name for s in ast.walk(tree) if isinstance(s, ast.ImportFrom | ast.Import) for a in s.names}
    defined = {s.name for s in tree.body if isinstance(s, ast.FunctionDef | ast.ClassDef)}
    listed = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return frozenset(names | defined | (listed if "__getattr__" in defined else set()))


def module_of(path: str, roots: Sequence[str]) -> tuple[str, bool]:
    """The dotted name of a file, and whether it is a package."""
    root = max((r for r in roots if r == "." or path.startswith(f"{r}/")), key=len, default=".")
    inside = path if root == "." else path.removeprefix(f"{root}/")
    name = inside.removesuffix(".py").replace("/", ".")
    return name.removesuffix(".__init__"), path.endswith("__init__.py")


def imports(root: Path, modules: Sequence[str], roots: Sequence[str]) -> Iterator[Use]:
    """Every name that a file which parses imports from one of `modules`."""
    listed = subprocess.run(["git", "ls-files", "-z", "*.py"], cwd=root, capture_output=True, check=True).stdout
    for path in filter(None, listed.decode().split("\0")):
        try:
            tree = ast.parse((root / path).read_bytes())
        except (SyntaxError, ValueError):
            continue
        name, is_package = module_of(path, roots)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                source = node.module or ""
                if node.level:
                    parts = name.split(".")
                    parts = parts[: len(parts) - node.level + is_package]
                    source = ".".join([*parts, *filter(None, [node.module])])
                if source in modules and name != source:
                    yield from ((path, source, alias.name) for alias in node.names if alias.name != "*")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("plan", type=Path)
    given = parser.parse_args(arguments)
    plan = given.plan.resolve()
    data = tomllib.loads(plan.read_text("utf-8"))
    roots = data["plan"].get("source_roots", ["."])
    modules = [r["module"] for phase in ("phase1", "phase2") for r in data.get(phase, {}).get("redirect", ())]
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "tree"
        subprocess.run(["git", "clone", "--quiet", "--shared", str(given.root.resolve()), str(clone)], check=True)
        before = set(imports(clone, modules, roots))
        findings = json.loads(migrate(clone, plan, "check", "--json"))["findings"]
        dangling = [f for f in findings if f["code"] == "dangling-name"]
        foretold = {(f["path"], *f["subject"].split(":", 1)) for f in dangling}
        for phase in range(1, 5):
            migrate(clone, plan, f"phase{phase}", "--yes", "--force")
        bound = {module: bound_by(file_of(clone, module, roots)) for module in modules}
        found = {use for use in imports(clone, modules, roots) if use[2] not in bound[use[1]]}
        found = {use for use in found if not has_module(file_of(clone, use[1], roots), use[2])}
        by_other_means = {use for use in foretold - found if use not in before}
    only_foretold, only_found = foretold - found - by_other_means, found - foretold
    print(f"{len(dangling)} places and {len(foretold)} names foretold, {len(found)} imports found that do not resolve")
    print(f"{len(by_other_means)} foretold of attributes and strings, which are not compared")
    for what, uses in (("foretold, not found", only_foretold), ("found, not foretold", only_found)):
        print(f"{what}: {len(uses)}")
        for path, module, name in sorted(uses):
            print(f"  {path}: {module}:{name}")
    return int(bool(only_foretold or only_found))


if __name__ == "__main__":
    raise SystemExit(main())
