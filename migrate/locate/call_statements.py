"""A quick look at one module: may a statement of it hold a call to change? Perhaps too often, never too rarely."""

from __future__ import annotations

import ast
import bisect
from collections.abc import Collection, Iterable, Iterator, Sequence

from migrate.locate.callees import Callees
from migrate.locate.sites import Module
from migrate.needles import COPYING
from migrate.provenance import alternatives, attributes, defaults, plain_assignment, root_name
from migrate.source import Source, UnparsableSource
from migrate.syntax import bodies, first_line, lines_naming, may_import_all, statements_on

_DECLARATIONS = ("global", "nonlocal")


def may_hold_calls(callees: Callees) -> bool:
    """May a close look find anything in the module of `callees`, or ask whether something there is a callee?

    A call that passes a keyword which is gone, or a mapping that may hold it, has that and a name of its callee in
    one statement. Where the module has another name for the callee, as it does in a subclass, this is not so.
    """
    source, tree = callees.module.source, callees.module.tree
    members = {name for call in callees.with_attributes for name in call.attributes}
    names = callees.leaves | (COPYING if callees.keywords else frozenset())
    if callees.changes_all or _removes_by_position(callees):
        return True
    if may_import_all(source.content) or _has_partials(source.content):
        return True
    if members and lines_naming(source, members):
        return True
    named = lines_naming(source, names)
    passing = lines_naming(source, callees.keywords, ("**", ":="))  # `:=` gives it another name
    found = statements_on(tree.body, named)
    return any(_concerns(source, s, names, named, passing) for s in found) or _is_rejected(callees.module)


def _removes_by_position(callees: Callees) -> bool:
    """May a call pass what is gone without its name?"""
    signatures = ((call, callees.signature(call)) for call in callees.calls if call.remove)
    return any(not set(s.by_position).isdisjoint(call.remove) for call, s in signatures if s is not None)


def _has_partials(content: bytes) -> bool:
    """A name for a partial of a callee may be called anywhere."""
    return b"functools" in content and b"partial" in content


def _is_rejected(module: Module) -> bool:
    """Does CPython reject what the scopes declare? Where names are looked up, that is found out and told."""
    declared = statements_on(module.tree.body, lines_naming(module.source, _DECLARATIONS))
    if not any(isinstance(statement, ast.Global | ast.Nonlocal) for statement in declared):
        return False
    try:
        module.source.symbols()
    except UnparsableSource:
        return True
    return False


def _concerns(
    source: Source, statement: ast.stmt, names: Collection[str], named: Sequence[int], passing: Sequence[int]
) -> bool:
    """May a statement by itself, without those in its blocks, call what has one of `names`, or rename it?

    Args:
        named, passing: lines, rising, with one of `names` · with what may have to change in a call.
    """
    match statement:
        case ast.Expr(value=ast.Constant()):
            return False
        case ast.Import(names=imported) | ast.ImportFrom(names=imported):
            return any(each.asname and each.name.rpartition(".")[2] in names for each in imported)
        case ast.Assign() | ast.AnnAssign() if _is_any((v for _, v in plain_assignment(statement)), names):
            return True
        case ast.FunctionDef(args=arguments) | ast.AsyncFunctionDef(args=arguments) if _is_any(
            (default for _, default in defaults(arguments)), names
        ):
            return True
        case ast.ClassDef():
            return _has(named, *next(_own_lines(source, statement)))
    return any(_has(named, *lines) and _has(passing, *lines) for lines in _own_lines(source, statement))


def _is_any(values: Iterable[ast.expr], names: Collection[str]) -> bool:
    """May one of `values` be what has one of `names`, or an attribute of it?"""
    for value in (each for several in values for each in alternatives(several)):
        root = root_name(value)
        if root is not None and (root.id in names or any(name in names for name in attributes(value))):
            return True
    return False


def _own_lines(source: Source, statement: ast.stmt) -> Iterator[tuple[int, int]]:
    """First and last line of each part of a statement that is in none of its blocks, with neighbours on that line."""
    start = first_line(statement)
    for block in bodies(statement):
        line = first_line(block[0])
        begins_line = source.line(line)[: block[0].col_offset].isspace()
        yield start, line - 1 if begins_line and line > start else line
        start = block[-1].end_lineno or start
    yield start, statement.end_lineno or start


def _has(lines: Sequence[int], first: int, last: int) -> bool:
    at = bisect.bisect_left(lines, first)
    return at < len(lines) and lines[at] <= last
