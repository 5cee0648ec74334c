"""The peers, each in a process of the Python that has it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.matrix.case import Case
from benchmarks.matrix.tool import Ran

NAMES = ("LibCST", "Bowler", "rope", "import-surgeon", "reorder-python-imports")
_WORKER = Path(__file__).with_name("peer_worker.py")
_RENAMES = frozenset({"LibCST", "Bowler", "rope"})
_MOVES_ONLY = "move"
_SURGEON = {"import-surgeon": ("dotted", "plain")}
_WAYS_OF_OBJECTS = {
    "LibCST": ("colon", "dot"),
    "Bowler": ("name and module", "name", "module"),
    "rope": ("rename and move", _MOVES_ONLY),
    **_SURGEON,
}
_WAYS_OF_MODULES = {"LibCST": ("dot", "import"), "Bowler": ("module",), **_SURGEON}


class NoSuchPeer(Exception):
    """The peers' Python does not have it."""


class Peer:
    """One peer; for one thread at a time."""

    def __init__(self, name: str, python: str) -> None:
        """Start it.

        Raises:
            NoSuchPeer: `python` cannot import it.
        """
        self.name = name
        self._process = subprocess.Popen(
            [python, "-P", "-W", "ignore", str(_WORKER), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        hello = self._listen()
        if "missing" in hello:
            self.close()
            raise NoSuchPeer(f"{name}: {hello['missing']}")
        self.version: str = hello["version"]
        self.python: str = hello["python"]

    def ways(self, case: Case) -> tuple[str, ...]:
        """Of the ways to say a move, those that fit this one."""
        if case.is_member_move:
            return ("colon", "dot") if self.name == "LibCST" else ()
        ways = _WAYS_OF_MODULES if case.is_module_move else _WAYS_OF_OBJECTS
        return ways.get(self.name, ("the one",))

    def renames(self, way: str) -> bool:
        """Of objects; modules can be renamed with all of them."""
        return self.name in _RENAMES and way != _MOVES_ONLY

    def run(self, case: Case, root: Path, way: str) -> Ran:
        """Send the job and wait."""
        job = {
            "root": str(root),
            "moves": case.moves,
            "way": way,
            "files": list(case.files),
            "source_root": case.source_root,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer = self._listen()
        return Ran(bool(answer["warned"]), answer["crashed"])

    def close(self) -> None:
        """End its process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _listen(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer
