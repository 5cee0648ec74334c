"""The names that a module's import statements bind, each with the block and the scopes it stands in."""

from __future__ import annotations

import ast
import bisect
from collections.abc import Iterator, Sequence

from msgspec import Struct

from migrate.modules import ModuleName, resolve_relative
from migrate.syntax import SCOPES, WITHOUT_BODY, bodies
from migrate.targets import Target, module_target

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class Block(Struct, frozen=True):
    """A list of statements.

    Attributes:
        scopes: the scope nodes around it, outermost first. way: the blocks around it and itself, outermost first.
        is_load_time: it runs while the module is being loaded.
    """

    statements: Sequence[ast.stmt]
    scopes: tuple[ast.AST, ...]
    way: tuple[int, ...]
    is_load_time: bool


class ImportedName(Struct, frozen=True, eq=False):
    """One name of an import statement; a star import has none.

    Attributes:
        index: which of the statement's names it is.
        source: absolute module of a `from … import …`; empty for `import …`.
        path: what is imported, dotted: the object of a `from`, the module of an `import`.
    """

    statement: ast.Import | ast.ImportFrom
    block: Block
    index: int
    source: str
    path: str

    @property
    def alias(self) -> ast.alias:
        return self.statement.names[self.index]

    @property
    def is_plain(self) -> bool:
        """`import a.b`, which binds `a`."""
        return not self.source and self.alias.asname is None

    @property
    def local(self) -> str:
        """The name bound."""
        if self.is_plain:
            return self.path.partition(".")[0]
        return self.alias.asname or self.alias.name

    @property
    def dotted(self) -> str:
        """What the name is bound to."""
        return self.path.partition(".")[0] if self.is_plain else self.path

    @property
    def target(self) -> Target:
        """The binding as it is."""
        if self.source:
            return Target(self.source, self.alias.name, self.local)
        return module_target(self.path, self.alias.asname or "")

    @property
    def scope(self) -> ast.AST | None:
        """The innermost scope around the statement; None for the module's."""
        return self.block.scopes[-1] if self.block.scopes else None

    @property
    def start(self) -> tuple[int, int]:
        return self.statement.lineno, self.statement.col_offset

    def covers(self, other: ImportedName) -> bool:
        """Has this statement run whenever the other one runs?"""
        same = self.block.scopes == other.block.scopes and self.block.way[-1] in other.block.way
        return same and (self.start, self.index) < (other.start, other.index)


def imported_names(
    tree: ast.Module, importer: ModuleName, lines: Sequence[int] | None = None
) -> Iterator[ImportedName]:
    """Every name that an import statement of the module binds; those of relative imports out of the tree left out.

    Args:
        lines: numbers, rising, of lines with the word `import`, where they are known.
    """
    for block in blocks(tree.body, lines=lines):
        for statement in block.statements:
            if isinstance(statement, ast.Import):
                for index, alias in enumerate(statement.names):
                    yield ImportedName(statement, block, index, "", alias.name)
            elif isinstance(statement, ast.ImportFrom) and statement.names[0].name != "*":
                source = resolve_relative(importer, statement.level, statement.module or "")
                if source is not None:
                    for index, alias in enumerate(statement.names):
                        yield ImportedName(statement, block, index, source, f"{source}.{alias.name}")


def blocks(
    body: Sequence[ast.stmt],
    scopes: tuple[ast.AST, ...] = (),
    way: tuple[int, ...] = (),
    is_load_time: bool = True,
    lines: Sequence[int] | None = None,
) -> Iterator[Block]:
    """Every block at any depth, outer before inner.

    Args:
        lines: numbers, rising; only blocks in statements that span one of these.
    """
    inside = (*way, id(body))
    yield Block(body, scopes, inside, is_load_time)
    for statement in body:
        if type(statement) in WITHOUT_BODY or not (lines is None or _spans_one(statement, lines)):
            continue
        inner = (*scopes, statement) if isinstance(statement, SCOPES) else scopes
        later = is_load_time and not isinstance(statement, _FUNCTIONS)
        for nested in bodies(statement):
            checked = isinstance(statement, ast.If) and nested is statement.body and is_type_checking(statement.test)
            yield from blocks(nested, inner, inside, later and not checked, lines)


def _spans_one(statement: ast.stmt, lines: Sequence[int]) -> bool:
    at = bisect.bisect_left(lines, statement.lineno)
    return at < len(lines) and lines[at] <= (statement.end_lineno or statement.lineno)


def is_type_checking(test: ast.expr) -> bool:
    """Is a condition `TYPE_CHECKING`, so that its block does not run?"""
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def runs_while_loading(scopes: tuple[ast.AST, ...]) -> bool:
    """Does what stands in these scopes run while the module is being loaded?"""
    return not any(isinstance(scope, _FUNCTIONS) for scope in scopes)


def only_imports_between(first: ImportedName, second: ImportedName) -> bool:
    """Do nothing but import statements stand between two of one block, in either order, and no star import?"""
    block = first.block.statements
    start, end = sorted((block.index(first.statement), block.index(second.statement)))
    return all(
        isinstance(statement, ast.Import | ast.ImportFrom) and statement.names[0].name != "*"
        for statement in block[start:end]
    )
