"""The users of modules in the running interpreter's own library, next to a plain walk over its trees."""

from __future__ import annotations

import ast
import sysconfig
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.foresight.surface import read_surface
from migrate.foresight.uses import find_users
from migrate.modules import module_of
from migrate.source import Source

MODULES = frozenset({"os", "re", "types", "collections.abc"})
LIBRARY = Path(sysconfig.get_path("stdlib"))


@pytest.mark.long
@pytest.mark.unmeasured
def test_the_standard_library() -> None:
    total = 0
    for path in sorted(LIBRARY.glob("*.py"))[::4]:
        content, name = path.read_bytes(), module_of(path.name, ["."])
        tree = ast.parse(content)
        expected = set(_attributes(tree))
        found = {
            (use.module, use.name, use.line, use.column)
            for use in find_users(path.name, content, name, MODULES)
            if use.kind in ("attribute", "assign")
        }
        if name.name not in MODULES:
            assert expected <= found, path.name
            total += len(expected)
        surface = read_surface(content, name)
        bound = {symbol.get_name() for symbol in Source(content).symbols().get_symbols() if symbol.is_assigned()}
        assert surface.entries.keys() - {"*"} >= {n for n in bound if _is_kept(tree, n)}, path.name
    assert total > 300


def _attributes(tree: ast.Module) -> Iterator[tuple[str, str, int, int]]:
    """`os.X` wherever the file binds `os` once, by an import of its own."""
    names = Counter(_bound(tree))
    for statement in tree.body:
        for alias in statement.names if isinstance(statement, ast.Import) else ():
            if alias.name in MODULES and "." not in alias.name and names[alias.name] == 1 and not alias.asname:
                for node in ast.walk(tree):
                    match node:
                        case ast.Attribute(value=ast.Name(id=alias.name), ctx=ast.Load() | ast.Store()):
                            yield alias.name, node.attr, node.lineno, node.col_offset


def _bound(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name


def _is_kept(tree: ast.Module, name: str) -> bool:
    """Is a name bound by an assignment of the module itself, and deleted nowhere?"""
    deleted = any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Del) for n in ast.walk(tree))
    targets = (t for s in tree.body if isinstance(s, ast.Assign) for t in s.targets)
    return not deleted and any(isinstance(t, ast.Name) and t.id == name for t in targets)
