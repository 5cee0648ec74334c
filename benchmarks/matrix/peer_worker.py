"""Run by the Python that has the peers: one peer, a job per line of stdin, each in a fork; JSON lines.

Nothing here imports this project. A job has the world's folder, the moves, the way, and the user's files; the answer
is what the peer printed, whether it ended with an error, and which files it warned about.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import logging
import os
import re
import select
import shutil
import signal
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

Job = dict[str, Any]
_WARNS = re.compile(
    r"warn|skip|fail|error|cannot|could not|unable|unsupported|not supported|bad|invalid", re.IGNORECASE
)
_TIMEOUT_S = 60


def libcst(job: Job) -> str:
    """`python -m libcst.tool codemod rename.RenameCommand --old_name=… --new_name=…`, once per move."""
    tool = importlib.import_module("libcst.tool")
    Path(".libcst.codemod.yaml").write_text(
        "generated_code_marker: '@generated'\nformatter: ['cat']\nblacklist_patterns: []\n"
        f"modules: ['libcst.codemod.commands']\nrepo_root: '{job['source_root']}'\n"
    )
    for old, new in job["moves"]:
        target = new if job["way"] == "colon" else new.replace(":", ".")
        if job["way"] == "import":
            target = f"{new}:"
        names = [f"--old_name={old.replace(':', '.')}", f"--new_name={target}"]
        options = ["--jobs=1", "--no-format", "--include-stubs", "--hide-progress"]
        tool.main("libcst.tool", ["codemod", "rename.RenameCommand", *options, *names, *job["files"]])
    return ""


def bowler(job: Job) -> str:
    """`Query(files).select_…(old).rename(new).execute(write=True)`; for an object its name, its module, or both."""
    query_class = importlib.import_module("bowler").Query
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    for old, new in job["moves"]:
        old_module, _, old_name = old.partition(":")
        new_module, _, new_name = new.partition(":")
        query = query_class(job["files"])
        if old_name and job["way"] != "module":
            kind = "select_function" if old_name[0].islower() else "select_class"
            if old_name.isupper() and len(old_name) > 1:
                kind = "select_var"
            query = getattr(query, kind)(old_name).rename(new_name)
        if job["way"] != "name":
            query = query.select_module(old_module).rename(new_module)
        query.execute(write=True, silent=True, interactive=False)
        for failure in query.exceptions or ():
            print(f"failed: {getattr(failure, 'filename', '')}: {failure}", file=sys.stderr)
    return ""


def rope(job: Job) -> str:
    """Rename and MoveGlobal, or MoveModule and Rename, in a project where the new home is still free."""
    project_class = importlib.import_module("rope.base.project").Project
    for old, new in job["moves"]:
        folders = [folder for folder in (job["source_root"],) if folder != "."]
        project = project_class(".", ropefolder=None, source_folders=folders)
        move = _rope_object if ":" in old else _rope_module
        if job["way"] == "move":
            new = f"{new.partition(':')[0]}:{old.partition(':')[2]}"
        move(project, Path(job["source_root"]), old, new, job["files"])
        project.close()
    return ""


def _rope_object(project: Any, base: Path, old: str, new: str, users: list[str]) -> None:
    old_module, _, old_name = old.partition(":")
    new_module, _, new_name = new.partition(":")
    source, goal = base / f"{old_module.replace('.', '/')}.py", base / f"{new_module.replace('.', '/')}.py"
    if goal.as_posix() not in users:
        goal.write_text("")
    project.validate()
    resource = project.get_resource(source.as_posix())
    if new_name != old_name:
        rename = importlib.import_module("rope.refactor.rename").Rename
        project.do(rename(project, resource, _offset(source, old_name)).get_changes(new_name))
    move = importlib.import_module("rope.refactor.move").create_move(project, resource, _offset(source, new_name))
    project.do(move.get_changes(project.get_resource(goal.as_posix())))


def _offset(source: Path, name: str) -> int:
    found = re.search(rf"^(?:class |def |from .* import )?({name})\b", source.read_text(), re.MULTILINE)
    if found is None:
        raise LookupError(f"{name} is not defined in {source}")
    return found.start(1)


def _rope_module(project: Any, base: Path, old: str, new: str, _users: list[str]) -> None:
    home = base / new.replace(".", "/")
    shutil.rmtree(home)
    project.validate()
    resource = project.get_resource((base / old.replace(".", "/")).as_posix())
    old_parent, new_parent = base / Path(*old.split(".")[:-1]), home.parent
    if old_parent != new_parent:
        mover = importlib.import_module("rope.refactor.move").MoveModule(project, resource)
        destination = project.get_folder(new_parent.as_posix()) if new_parent != Path() else project.root
        project.do(mover.get_changes(destination))
        resource = project.get_resource((new_parent / resource.name).as_posix())
    if resource.name != home.name:
        rename = importlib.import_module("rope.refactor.rename").Rename(project, resource)
        project.do(rename.get_changes(home.name))


def import_surgeon(job: Job) -> str:
    """`import-surgeon --apply --force-relative --base-package …`, with or without `--rewrite-dotted`.

    Of its JSON summary the warnings count as said.
    """
    cli = importlib.import_module("import_surgeon.cli")
    said = ""
    for old, new in job["moves"]:
        old_module, _, name = old.partition(":")
        arguments = [".", "--apply", "--no-backup", "--force-relative"]
        arguments += ["--rewrite-dotted"] if job["way"] == "dotted" else []
        arguments += ["--old-module", old_module, "--new-module", new.partition(":")[0]]
        arguments += ["--symbols", name or "A,C,Other,run,TABLE,HOME,sub", "--summary-json", ".summary.json"]
        if "." in old_module:
            arguments += ["--base-package", old_module.partition(".")[0]]
        cli.main(arguments)
        summary = json.loads(Path(".summary.json").read_text())["summary"]
        for entry in summary:
            words = [w for w in entry["warnings"] if not w.startswith(("Rewrote", "Handled"))]
            if words:
                said += f"\nwarning: {entry['file']}: {'; '.join(words)}"
    return said


def reorder(job: Job) -> str:
    """`reorder-python-imports --replace-import old=new`, for an object `old=new:A`."""
    main = importlib.import_module("reorder_python_imports").main
    replacements = []
    for old, new in job["moves"]:
        old_module, _, name = old.partition(":")
        target = f"{new.partition(':')[0]}:{name}" if name else new
        replacements += ["--replace-import", f"{old_module}={target}"]
    main([*replacements, "--application-directories", job["source_root"], *job["files"]])
    return ""


PEERS: dict[str, tuple[str, str, Callable[[Job], str]]] = {
    "LibCST": ("libcst", "libcst.tool", libcst),
    "Bowler": ("bowler", "bowler", bowler),
    "rope": ("rope", "rope.refactor.move", rope),
    "import-surgeon": ("import-surgeon", "import_surgeon.cli", import_surgeon),
    "reorder-python-imports": ("reorder-python-imports", "reorder_python_imports", reorder),
}
"""Name: distribution, module to load once, and how to run it."""


def main(peer: str) -> None:
    """Say the peer's version, then answer jobs."""
    distribution, module, run = PEERS[peer]
    try:
        importlib.import_module(module)
        hello = {"version": version(distribution), "python": ".".join(map(str, sys.version_info[:3]))}
    except ImportError as error:
        hello = {"missing": str(error)}
    print(json.dumps(hello), flush=True)
    if "missing" in hello:
        return
    for line in sys.stdin:
        print(json.dumps(_in_a_fork(run, json.loads(line))), flush=True)


def _in_a_fork(run: Callable[[Job], str], job: Job) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.setsid()
        answer = _run(run, job)
        with os.fdopen(writing, "w") as stream:
            json.dump(answer, stream)
        os._exit(0)
    os.close(writing)
    said = b""
    while True:
        ready, _, _ = select.select([reading], [], [], _TIMEOUT_S)
        part = os.read(reading, 65536) if ready else b""
        said += part
        if not part:
            break
    os.close(reading)
    if not ready:
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    told: dict[str, Any] = json.loads(said) if said else {"output": "", "crashed": "ended, or did not end in time"}
    lines = [line for line in told["output"].splitlines() if _WARNS.search(line)]
    told["warned"] = [path for path in job["files"] if any(_names(line, path) for line in lines)]
    return told


def _names(line: str, path: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(path)}(?![\w-])", line) is not None


def _run(run: Callable[[Job], str], job: Job) -> dict[str, Any]:
    os.chdir(job["root"])
    output = Path(job["root"]).with_name(Path(job["root"]).name + ".out")
    crashed = ""
    said = ""
    with output.open("w+b") as stream:
        for number in (1, 2):
            os.dup2(stream.fileno(), number)
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), write_through=True)
        sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), write_through=True)
        try:
            said = run(job)
        except SystemExit as end:
            crashed = "" if end.code in (0, 1, None) else f"exit {end.code}"
        except BaseException as error:
            crashed = f"{type(error).__name__}: {error}".splitlines()[0]
            with contextlib.suppress(Exception):
                print(f"error: {error!r}", file=sys.stderr)
        stream.seek(0)
        text = stream.read().decode(errors="replace")
    output.unlink()
    return {"output": text + said, "crashed": crashed}


if __name__ == "__main__":
    main(sys.argv[1])
