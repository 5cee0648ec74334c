"""A process that forks for each job: load a world's user file, evaluate the probe, say what it saw; JSON lines."""

from __future__ import annotations

import ast
import doctest
import gc
import importlib
import importlib.util
import json
import os
import re
import select
import signal
import sys
import typing
import unittest.mock  # noqa: F401 - here once, and not again in each child
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

_MISSING = object()


class World:
    """What probes may call."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._moves = job["moves"]
        self._text = Path(job["path"]).read_bytes().decode("latin-1")
        self.module: ModuleType | None = None

    def load(self, name: str) -> ModuleType:
        """Import a module by a name that no tool can see."""
        return importlib.import_module(name)

    def patched(self, name: str = "A") -> str:
        """In which home `name`, or what has become of it, is not what it was."""
        old, new = self._moves[0]
        if ":" not in old:
            old, new = f"{old}:{name}", f"{new}:{name}"
        homes = [home for home, ref in (("old", old), ("new", new)) if not self._is_original(ref, home)]
        return " and ".join(homes) or "neither"

    def _is_original(self, ref: str, home: str) -> bool:
        module, _, name = ref.partition(":")
        found = getattr(self.load(module), name, _MISSING)
        if isinstance(found, dict):
            return found == {"home": home}
        return isinstance(found, type) and (found.home, found.make(), found.Inner.home) == (home,) * 3  # type: ignore[attr-defined]

    def hints(self, function: Any) -> list[str]:
        """The homes of a function's annotations."""
        return [hint.home for hint in typing.get_type_hints(function).values()]

    def evaluated(self, text: str) -> str:
        """The home of a type that stands in a string."""
        return str(eval(text, vars(self.module)).home)  # noqa: S307 - a case's own text

    def casts(self) -> list[str]:
        """The homes of the quoted types in the file's `cast` calls."""
        calls = [node for node in ast.walk(ast.parse(self._text)) if isinstance(node, ast.Call)]
        firsts = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "cast"]
        return [self.evaluated(str(first.value)) for first in firsts if isinstance(first, ast.Constant)]

    def type_comments(self) -> list[str]:
        """The homes of the types in `# type:` comments."""
        return [self.evaluated(found) for found in re.findall(r"# type: ([\w.]+)", self._text)]

    def doctests(self) -> list[str]:
        """What the examples in the docstrings add to `told`."""
        told: list[str] = []
        runner = doctest.DocTestRunner(verbose=False)
        for test in doctest.DocTestFinder().find(self.module, globs={"told": told}):
            runner.run(test, out=lambda _: None)
        return ["failed"] * runner.failures + told

    def static(self) -> list[str]:
        """Which home the file's `from` imports name."""
        homes = {"old": "old", "new": "new"}
        return [homes.get(module, module) for module in re.findall(r"^\s*from (\w+) import \w", self._text, re.M)]


def main() -> None:
    """Answer each job on stdin: root, path, module, probe, setup, moves, timeout_s."""
    sys.dont_write_bytecode = True
    gc.freeze()  # a child's collector would copy every page of its parent
    for line in sys.stdin:
        job = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _answer(job, writing)
        os.close(writing)
        answer = _read(reading, job["timeout_s"])
        if answer is None:
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        print(answer or '{"error": "ended, or did not end in time"}', flush=True)


def _answer(job: dict[str, Any], writing: int) -> NoReturn:
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    sys.path.insert(0, job["root"])
    try:
        said = json.dumps({"value": _look(job)})
    except BaseException as error:  # whatever the world's code does, it is what was seen
        said = json.dumps({"error": f"{type(error).__name__}: {error}".splitlines()[0].replace(job["root"], "")})
    os.write(writing, said.encode())
    os._exit(0)


def _read(reading: int, timeout_s: float) -> str | None:
    """The child's answer, which fits into a pipe; None when there is none in time."""
    ready, _, _ = select.select([reading], [], [], timeout_s)
    said = os.read(reading, 65536) if ready else b""
    os.close(reading)
    return said.decode() or None


def _look(job: dict[str, Any]) -> Any:
    world = World(job)
    if job["probe"] == "static()":
        return world.static()
    exec(job["setup"], {"load": world.load})  # noqa: S102 - a case's own text
    world.module = _load_user(job["module"], job["path"])
    helpers = {name: getattr(world, name) for name in dir(World) if not name.startswith("_")}
    return eval(job["probe"], {**vars(world.module), **helpers})  # noqa: S307


def _load_user(name: str, path: str) -> ModuleType:
    if path.endswith(".py"):
        return importlib.import_module(name)
    loader = SourceFileLoader(name, path)
    spec = spec_from_loader(name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
