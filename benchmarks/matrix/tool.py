"""What the matrix asks of a tool."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.matrix.case import Case


@dataclass(frozen=True, slots=True)
class Ran:
    """How a tool ended on one world.

    Attributes:
        reported: it named a user's file as one that needs a person.
        crashed: the error that ended it, in a line.
    """

    reported: bool = False
    crashed: str = ""


class Tool(Protocol):
    """A tool, and the ways to call it for a case; the way with the best outcome counts."""

    name: str
    version: str

    def ways(self, case: Case, /) -> tuple[str, ...]:
        """The names of the ways; empty when the tool has no notion of such a move."""

    def renames(self, way: str, /) -> bool:
        """Can it move and rename at once? Otherwise the new home has its objects by their old names as well."""

    def run(self, case: Case, root: Path, way: str, /) -> Ran:
        """Let the tool loose on the world in `root`."""
