"""Run by the Python that has the peers, in the tree: one peer does one phase; a script that imports nothing from here.

    python peer_worker.py PEER JOB.json

A job has the phase, whether to write, the moves and calls of the plan, and the files that name them.
"""

from __future__ import annotations

import importlib
import json
import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Job = dict[str, Any]


def bowler(job: Job) -> None:
    """One query over the whole tree; Bowler works in one process whatever is asked."""
    query = importlib.import_module("bowler").Query(["."])
    logging.disable(logging.CRITICAL)
    for move in job["moves"] if job["phase"] == 3 else ():
        query = query.select_class(move["old_name"]).rename(move["new_name"])
        query = query.select_module(move["old_module"]).rename(move["new_module"])
    for call in job["calls"] if job["phase"] == 4 else ():
        query = query.select_function(call["name"]).is_call()
        query = query.modify(_bowler_change(call["rename"], call["add"]))
    query.execute(write=job["write"], silent=True, interactive=False)


def _bowler_change(rename: dict[str, str], add: dict[str, str]) -> Callable[..., None]:
    """What becomes of a call; of two of Bowler's own changes to the arguments of one call, the second is lost."""
    leaf = importlib.import_module("fissix.pytree").Leaf
    token = importlib.import_module("fissix.pgen2.token")

    def change(_node: Any, capture: Any, _filename: Any) -> None:
        parameters = capture["function_parameters"]
        inside = parameters.children[1:-1]
        is_list = any(each.type == token.COMMA for part in inside for each in part.children)
        arguments = inside[0].children if is_list else inside
        names = {
            each.children[0].value: each.children[0]
            for each in arguments
            if len(each.children) == 3 and str(each.children[1]).strip() == "="
        }
        changed = [(old, new) for old, new in rename.items() if old in names and new not in names]
        for old, new in changed:
            names[old].value = new
            names[old].changed()
        if not changed or any(str(each).strip().startswith("**") for each in arguments):
            return
        for name, value in add.items():
            if name not in names:
                has_comma = arguments[-1].type == token.COMMA
                prefix = arguments[-2 if has_comma else -1].prefix or (" " if len(arguments) == 1 else "")
                added = [leaf(token.COMMA, ","), leaf(token.NAME, f"{name}={value}", prefix=prefix)]
                for each in reversed(added) if has_comma else added:
                    if is_list:
                        inside[0].append_child(each)
                    else:
                        parameters.insert_child(len(parameters.children) - 1, each)

    return change


def libcst(job: Job) -> None:
    """`libcst.tool codemod rename.RenameCommand` once per move, with as many processes as it likes."""
    tool = importlib.import_module("libcst.tool")
    settings = Path(".libcst.codemod.yaml")
    settings.write_text(
        "generated_code_marker: '@generated'\nformatter: ['cat']\nblacklist_patterns: []\n"
        "modules: ['libcst.codemod.commands']\nrepo_root: '.'\n"
    )
    try:
        for move in job["moves"]:
            old = f"--old_name={move['old_module']}.{move['old_name']}"
            new = f"--new_name={move['new_module']}:{move['new_name']}"
            options = ["--no-format", "--hide-progress", *([] if job["write"] else ["--unified-diff=3"])]
            tool.main("libcst.tool", ["codemod", "rename.RenameCommand", *options, old, new, *job["files"]])
    finally:
        settings.unlink()


def rope(job: Job) -> None:
    """Rename and MoveGlobal, or Rename of a parameter and ChangeSignature; files that do not parse are passed over.

    rope changes what is still at its old place. So the new home is emptied first, and the constructor takes the old
    keyword again; whoever called this puts both back.
    """
    project_class = importlib.import_module("rope.base.project").Project
    project = project_class(".", ropefolder=None, ignore_syntax_errors=True)
    if job["phase"] == 3:
        for move in job["moves"]:
            _rope_move(project, move)
    else:
        for call in job["calls"]:
            for old, new in call["rename"].items():
                _rope_call(project, call, old, new)
    project.close()


def _rope_move(project: Any, move: dict[str, str]) -> None:
    source, goal = _file(move["old_module"]), _file(move["new_module"])
    goal.write_text("")
    project.validate()
    resource = project.get_resource(source.as_posix())
    rename = importlib.import_module("rope.refactor.rename").Rename
    project.do(rename(project, resource, _offset(source, move["old_name"])).get_changes(move["new_name"]))
    create_move = importlib.import_module("rope.refactor.move").create_move
    mover = create_move(project, resource, _offset(source, move["new_name"]))
    project.do(mover.get_changes(project.get_resource(goal.as_posix())))


def _rope_call(project: Any, call: dict[str, Any], old: str, new: str) -> None:
    file = _file(call["module"])
    text = file.read_text()
    start = _offset(file, call["name"])
    constructor = text.index("def __init__", start)
    end = re.compile(r"^    (?:def|@)|^\S", re.MULTILINE).search(text, constructor + 1)
    stop = end.start() if end else len(text)
    changed = re.sub(rf"(?<![\w.]){new}\b", old, text[constructor:stop])
    for name in call["add"]:
        changed = re.sub(rf",\s*{name}\s*(?::[^,=)]+)?=[^,)]+", "", changed)
        changed = re.sub(rf"^.*(?<![\w.]){name}\b.*\n", "", changed, flags=re.MULTILINE)
    file.write_text(text[:constructor] + changed + text[stop:])
    project.validate()
    resource = project.get_resource(file.as_posix())
    place = re.compile(rf"(?<![\w.]){old}\b").search(file.read_text(), constructor)
    if place is None:
        raise LookupError(f"the constructor of {call['name']} does not take {new}")
    rename = importlib.import_module("rope.refactor.rename").Rename
    project.do(rename(project, resource, place.start()).get_changes(new))
    signature = importlib.import_module("rope.refactor.change_signature")
    for name, value in call["add"].items():
        change = signature.ChangeSignature(project, resource, file.read_text().index("__init__", start))
        adder = signature.ArgumentAdder(len(change.get_args()), name, "None", value)
        try:
            project.do(change.get_changes([adder]))
        except AssertionError:  # there is a call with **
            print(f"ChangeSignature failed, {name} is not added")


def _file(module: str) -> Path:
    return Path(f"{module.replace('.', '/')}.py")


def _offset(source: Path, name: str) -> int:
    found = re.search(rf"^(?:class |def )({name})\b", source.read_text(), re.MULTILINE)
    if found is None:
        raise LookupError(f"{name} is not defined in {source}")
    return found.start(1)


PEERS: dict[str, Callable[[Job], None]] = {"bowler": bowler, "libcst": libcst, "rope": rope}


if __name__ == "__main__":
    PEERS[sys.argv[1]](json.loads(Path(sys.argv[2]).read_text()))
