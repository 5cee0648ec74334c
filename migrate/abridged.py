"""What of a rewritten module has to be parsed anew: the statements that its edits touch, the others blanked out."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby, pairwise

from msgspec import Struct

from migrate.edits import Edit, Span
from migrate.source import Source, UnparsableSource, compile_error, parse_module
from migrate.syntax import DEFINITIONS, bodies


class Abridged(Struct, frozen=True):
    """A rewritten module without the statements that are as they were.

    A statement of a module begins at a fresh line, outside of brackets, strings and blocks. So what stands between two
    such places is parsed alike whatever stands around it, and compiles alike where neither `from __future__` nor a
    `global` of the module's own reaches into it: `abridge` keeps the former and declines the latter. If this text
    compiles, then the rewritten module does if the one before it did.

    Attributes:
        statements: the module's own statements, before the edits, of which this is what became.
        text: the rewritten module, decoded, with a `pass` and a line end for each line in place of neighbouring others.
        tree: what `statements` have become, each where it is in the rewritten module.
    """

    statements: tuple[ast.stmt, ...]
    text: str
    tree: ast.Module

    @property
    def compiles(self) -> bool:
        """Does CPython compile it? If not, the whole module may still be fine, and has to be asked."""
        return compile_error(self.text) is None


class _Unit(Struct, frozen=True):
    """Statements of a module that share lines, mostly one, and the bytes from its first line to the next one's."""

    statements: tuple[ast.stmt, ...]
    start: int
    end: int


def abridge(source: Source, tree: ast.Module, edits: Sequence[Edit], after: Source) -> Abridged | None:
    """Leave out what `edits` cannot have changed.

    Args:
        source, tree: the module before the edits.
        edits: those that made `after`, by place.
    Returns:
        The rest; None where that is not certain, or not a part.
    """
    units = list(_units(source, tree.body))
    if len(units) < 2 or _declares_global(tree.body):
        return None
    future = [number for number, unit in enumerate(units) if any(map(_is_future, unit.statements))]
    kept = max(future, default=-1)
    touched = [number <= kept or is_touched for number, is_touched in enumerate(_touched(units, edits))]
    if all(touched):
        return None
    pieces: list[str] = []
    statements: list[ast.stmt] = []
    gaps: set[int] = set()
    lines = 1
    done = moved = 0  # bytes of `after` so far, and by how many edits have moved them
    at = 0
    for is_touched, run in groupby(zip(touched, units, strict=True), key=lambda pair: pair[0]):
        group = [unit for _, unit in run]
        while at < len(edits) and edits[at].span.end <= group[-1].end:
            moved += len(edits[at].after) - (edits[at].span.end - edits[at].span.start)
            at += 1
        piece = after.content[done : group[-1].end + moved]
        if piece and group[-1] is not units[-1] and not _ends_afresh(piece):
            return None
        done += len(piece)
        count = _line_count(piece)
        if is_touched:
            pieces.append(piece.decode(after.encoding))
            statements += (statement for unit in group for statement in unit.statements)
        else:
            pieces.append("pass" + "\n" * count)
            gaps.add(lines)
        lines += count
    text = "".join(pieces).removeprefix("\ufeff")
    parsed = _parse(text, gaps)
    if parsed is None or _declares_global(parsed.body) or _futures(parsed.body) != _futures(tree.body):
        return None
    return Abridged(tuple(statements), text, parsed)


def _parse(text: str, gaps: Collection[int]) -> ast.Module | None:
    """The tree without what stands in gaps; None where a gap is swallowed, by a string that does not end before it."""
    try:
        tree = parse_module(text)
    except UnparsableSource:
        return None
    left = [statement for statement in tree.body if statement.lineno not in gaps]
    if len(tree.body) - len(left) != len(gaps):
        return None
    tree.body = left
    return tree


def _touched(units: Sequence[_Unit], edits: Sequence[Edit]) -> Iterator[bool]:
    """Does an edit change bytes of each unit, or put some where it begins or ends?"""
    at = 0
    for unit in units:
        while at < len(edits) and edits[at].span.end < unit.start:
            at += 1
        near = at
        while near < len(edits) and edits[near].span.start <= unit.end and not _touches(edits[near].span, unit):
            near += 1
        yield near < len(edits) and edits[near].span.start <= unit.end


def _touches(span: Span, unit: _Unit) -> bool:
    return span.start == span.end or (span.start < unit.end and span.end > unit.start)


def _units(source: Source, body: Sequence[ast.stmt]) -> Iterator[_Unit]:
    """All bytes of a module with statements, in order; what stands above the first one belongs to it."""
    lines: list[tuple[int, list[ast.stmt]]] = []
    last = 0
    for statement in body:
        decorators = statement.decorator_list if isinstance(statement, DEFINITIONS) else ()
        first = min([statement.lineno, *(each.lineno for each in decorators)])
        if lines and first <= last:
            lines[-1][1].append(statement)
        else:
            lines.append((first, [statement]))
        last = max(last, statement.end_lineno or first)
    bounds = [0, *(source.line_starts[first - 1] for first, _ in lines[1:]), len(source.content)]
    for (_, statements), (start, end) in zip(lines, pairwise(bounds), strict=False):
        yield _Unit(tuple(statements), start, end)


def _line_count(piece: bytes) -> int:
    """Lines that end at `\\n`, `\\r` or `\\r\\n`; the last one may have no end."""
    if b"\r" in piece:
        return len(piece.splitlines())
    return piece.count(b"\n") + (piece != b"" and not piece.endswith(b"\n"))


def _ends_afresh(piece: bytes) -> bool:
    """Does a statement begin behind it, whatever stands before? A `\\r` may become a part of a `\\r\\n`."""
    return piece.endswith(b"\n") and not piece.rstrip(b"\r\n").endswith(b"\\")


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__" and not statement.level


def _futures(body: Sequence[ast.stmt]) -> list[str]:
    return [ast.dump(statement) for statement in body if _is_future(statement)]


def _declares_global(block: Sequence[ast.stmt]) -> bool:
    """Is there a `global` of the module's own?"""
    return any(
        isinstance(statement, ast.Global)
        or (not isinstance(statement, DEFINITIONS) and any(map(_declares_global, bodies(statement))))
        for statement in block
    )
