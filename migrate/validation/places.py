"""Places in the repository that the output of a command names, and which phase touched those files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from migrate.validation.results import Touched

# Python's own traceback; pytest's `path:line: Error`; where an ImportError says that a name is missing. Not a warning:
# `path:line: DeprecationWarning: …`, or in pytest's summary `path:line` above a line that is indented.
_PLACE = re.compile(
    r'File "(?P<file>[^"\n]+)", line (?P<line>\d+)'
    r"|^(?:E +)?(?P<short>[^\s:][^:\n]*\.pyi?):(?P<at>\d+)(?:(?!: \w*Warning: ):|$(?!\n  ))"
    r"|\((?P<module>/[^()\n]+\.pyi?)\)",
    re.MULTILINE,
)


def places(text: str, root: Path, folder: str = ".") -> Iterator[tuple[str, int]]:
    """The places that `text` names, in its order: path relative to the root, and line, or 0 where it names none.

    Args:
        root: the tree; places outside of it are left out, as are those below an environment or a cache in it that are
            not there.
        folder: where the command ran, relative to the root; its relative paths count from there, or from the root.
    """
    top = os.path.realpath(root)
    for found in _PLACE.finditer(text):
        named = found["file"] or found["short"] or found["module"]
        if "\0" in named:  # an output may say anything; no file is called so
            continue
        line = int(found["line"] or found["at"] or 0)
        for start in dict.fromkeys((os.path.join(top, folder), top)):  # noqa: PTH118 - text, not files
            path = os.path.normpath(os.path.join(start, named))  # noqa: PTH118
            inside = next((p for p in (path, os.path.realpath(path)) if p.startswith(top + os.sep)), None)
            if inside is not None and os.path.isfile(path):  # noqa: PTH113
                yield os.path.relpath(inside, top), line
                break


def touched(named: Sequence[tuple[str, int]], phases: Mapping[str, Sequence[tuple[int, int]]]) -> tuple[Touched, ...]:
    """Those of the places whose files a phase has changed; each file once for each run, in the order of the places.

    Args:
        phases: phase and number of each run that changed a file, by its path.
    """
    lines = dict(named)
    return tuple(Touched(path, line, phase, run) for path, line in lines.items() for phase, run in phases.get(path, ()))
