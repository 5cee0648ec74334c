"""The sites of a tree that nobody generated: what this tool makes of it, statement by statement.

So on such a tree the peers are compared with this tool and not with a truth of their own. Whether the tool itself is
right there is another benchmark's question: `benchmarks.corpus` has each of its sites checked by LibCST.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

from benchmarks.speed.alignment import Alignment
from benchmarks.speed.measure import measured
from benchmarks.speed.task import modules_of
from benchmarks.speed.tools import OURS, Place, Step, writer
from benchmarks.speed.tree import changed_paths, committed
from benchmarks.speed.truth import Site, Truth, lines_of

SOURCE = "what this tool makes of it, which `make corpus` has LibCST check"


def truth_of(place: Place) -> Truth:
    """Apply each phase to the clone, and roll it back.

    Raises:
        RuntimeError: the tool failed.
    """
    sites: dict[str, list[Site]] = {}
    for phase in (3, 4):
        step = writer(place, OURS, phase)
        assert step is not None
        _run(place, step)
        for path in changed_paths(place.root):
            before, after = committed(place.root, path), (place.root / path).read_bytes()
            sites.setdefault(path, []).extend(_sites(phase, before or b"", after))
        _run(place, Step("rollback", OURS, (*step.command[:3], "rollback", "--yes", *step.command[-4:])))
    named = {phase: place.task.objects(phase) for phase in (3, 4)}
    return Truth(sites, _apart(place), named, SOURCE)


def _run(place: Place, step: Step) -> None:
    taken = measured(step.command, place.root, place.environment())
    if taken.failed and "exit code 1" not in taken.failed:
        raise RuntimeError(f"{' '.join(step.command)}: {taken.failed}")


def _apart(place: Place) -> frozenset[str]:
    endings = [
        f"{module.replace('.', '/')}{end}" for module in modules_of(place.plan) for end in (".py", "/__init__.py")
    ]
    return frozenset(ending for ending in endings if (place.root / ending).exists())


def _sites(phase: int, before: bytes, after: bytes) -> Iterator[Site]:
    """The statements, or else the lines, in which two versions of a file differ."""
    lines = lines_of(before)
    spans = _statements(before)
    groups: list[tuple[int, int, list[tuple[int, int, bytes]]]] = []
    for first, last, new in Alignment(before, after).hunks():
        if first == last:  # an insertion belongs to the line before it
            first, new = max(0, first - 1), b"".join([*lines[max(0, first - 1) : first], new])
            last = max(last, first + 1) if lines else last
        touched = [(a, b) for a, b in spans if a < last and first < b]
        start = min([first, *(a for a, _ in touched)])
        end = max([last, *(b for _, b in touched)])
        if groups and start < groups[-1][1]:
            previous = groups.pop()
            groups.append((min(previous[0], start), max(previous[1], end), [*previous[2], (first, last, new)]))
        else:
            groups.append((start, end, [(first, last, new)]))
    for start, end, hunks in groups:
        text = lines[start:end]
        for first, last, new in reversed(hunks):
            text[first - start : last - start] = [new]
        yield Site(phase, "edit", start + 1, end, b"".join(text).decode("utf-8", "surrogateescape"))


def _statements(source: bytes) -> list[tuple[int, int]]:
    """Lines, from 0 and half-open, of all statements without a body; none where the file does not parse."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    simple = (node for node in ast.walk(tree) if isinstance(node, ast.stmt) and not hasattr(node, "body"))
    return [(node.lineno - 1, node.end_lineno or node.lineno) for node in simple]
