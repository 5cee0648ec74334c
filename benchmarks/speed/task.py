"""What a plan asks of a tool, reduced to what the peers can be told."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Move:
    """An object and its new home."""

    old_module: str
    old_name: str
    new_module: str
    new_name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A callee, keywords to rename, and keywords to add where a call has one of the former."""

    module: str
    name: str
    rename: Mapping[str, str]
    add: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Task:
    """One migration: its objects that move, its calls that change, and the words that name them."""

    moves: tuple[Move, ...]
    calls: tuple[Call, ...]

    def words(self, phase: int) -> tuple[str, ...]:
        """The last names of what a phase is about, as a search of the tree would ask for them."""
        modules = {move.old_module.rpartition(".")[2] for move in self.moves}
        callees = {call.name.rpartition(".")[2] for call in self.calls}
        return tuple(sorted({3: modules, 4: callees}.get(phase, modules | callees)))

    def objects(self, phase: int) -> frozenset[str]:
        """The dotted paths of what a phase is about, old and new."""
        if phase == 4:
            return frozenset(f"{call.module}.{call.name}" for call in self.calls)
        old = {f"{move.old_module}.{move.old_name}" for move in self.moves}
        return frozenset(old | {f"{move.new_module}.{move.new_name}" for move in self.moves})


def task_of(plan: Path) -> Task:
    """What a plan file asks for.

    Raises:
        ValueError: it moves whole modules, which the peers are not asked for here.
    """
    data = tomllib.loads(plan.read_text("utf-8"))
    moves = []
    for move in data.get("phase3", {}).get("move", ()):
        (old_module, _, old_name), (new_module, _, new_name) = move["old"].partition(":"), move["new"].partition(":")
        if not old_name:
            raise ValueError(f"{plan}: moves the module {old_module}; only plans that move objects can be compared")
        moves.append(Move(old_module, old_name, new_module, new_name))
    return Task(tuple(moves), tuple(_call(call) for call in data.get("phase4", {}).get("call", ())))


def _call(call: Mapping[str, Any]) -> Call:
    module, _, name = call["callee"].partition(":")
    return Call(module, name, call.get("rename", {}), call.get("add", {}))


def modules_of(plan: Path) -> frozenset[str]:
    """Every module that a plan names: old ones, new ones, redirects, the callees' own."""
    data, task = tomllib.loads(plan.read_text("utf-8")), task_of(plan)
    redirects = {r["module"] for phase in ("phase1", "phase2") for r in data.get(phase, {}).get("redirect", ())}
    moved = {module for move in task.moves for module in (move.old_module, move.new_module)}
    return frozenset(redirects | moved | {call.module for call in task.calls})
