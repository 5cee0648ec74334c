"""Does the result compile, and does its syntax tree differ only as the phase allows?"""

from __future__ import annotations

import ast
import bisect
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter

from migrate.locate import CallSite, ImportSite, Located, Module
from migrate.modules import resolve_relative
from migrate.moves import MoveIndex
from migrate.provenance import imported
from migrate.source import Source, UnparsableSource
from migrate.syntax import bodies


class NotAsPlanned(Exception):
    """The rewritten file is not what the phase is allowed to make of it: a bug, so nothing is written."""


def verify_compiles(before: Source, after: Source) -> None:
    """A file that compiled still does.

    Raises:
        NotAsPlanned: it no longer does.
    """
    problem = after.compiles()
    if problem is not None and before.compiles() is None:
        raise NotAsPlanned(f"line {problem.line} would no longer compile: {problem.reason}")


def verify_tree(module: Module, located: Located, after: Source, moves: MoveIndex) -> None:
    """Statements without a site are the same bytes; sites differ by exactly what the plan says.

    Consumes `module.tree`: located calls in it are changed to what they have to become.

    Raises:
        NotAsPlanned: anything else differs.
    """
    try:
        tree = after.parse()
    except UnparsableSource as error:
        raise NotAsPlanned(f"line {error.line} would no longer parse: {error.reason}") from None
    for site in located.calls:
        _change_as_planned(site)
    imports = {id(site.statement): site for site in located.imports}
    sites = (*(s.statement for s in located.imports), *(s.node for s in located.calls))
    starts = sorted(_start(node) for node in sites if node is not None)
    _Comparison(module, after, imports, starts, moves).blocks(module.tree.body, tree.body)


class _Comparison:
    def __init__(
        self,
        module: Module,
        after: Source,
        imports: Mapping[int, ImportSite],
        starts: Sequence[tuple[int, int]],
        moves: MoveIndex,
    ) -> None:
        self._module = module
        self._after = after
        self._imports = imports
        self._starts = starts
        self._moves = moves

    def blocks(self, old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> None:
        at = done = 0
        for index in self._with_sites(old):
            at = self._same(old[done:index], new, at)
            if id(old[index]) in self._imports:
                at += self._import(old[index], new, at)
            else:
                self._statement(old[index], _next(old[index], new, at))
                at += 1
            done = index + 1
        at = self._same(old[done:], new, at)
        if at != len(new):
            raise NotAsPlanned(f"line {new[at].lineno}: a statement would be added")

    def _with_sites(self, block: Sequence[ast.stmt]) -> Iterator[int]:
        """Indices of the statements in which a site begins."""
        if not block:
            return
        site = bisect.bisect_left(self._starts, _start(block[0]))
        while site < len(self._starts) and self._starts[site] < _end(block[-1]):
            index = bisect.bisect_right(block, self._starts[site], key=_start) - 1
            yield index
            site = bisect.bisect_left(self._starts, _end(block[index]), site + 1)

    def _same(self, old: Sequence[ast.stmt], new: Sequence[ast.stmt], at: int) -> int:
        """Compare neighbours without a site with what stands at `at` in `new`; return what follows there.

        Between the first and the last one's ends all bytes are compared at once, then where each statement stands.
        """
        if not old:
            return at
        same = new[at : at + len(old)]
        if len(same) == len(old) and self._bytes(self._module.source, old) == self._bytes(self._after, same):
            (line, column), (new_line, new_column) = _start(old[0]), _start(same[0])
            for before, after in zip(old, same, strict=True):
                if _moved(before, line, new_line - line, new_column - column) != _place(after):
                    raise NotAsPlanned(f"line {before.lineno}: a statement would begin or end elsewhere")
            return at + len(old)
        for index, before in enumerate(old):
            after = _next(before, new, at + index)
            if self._bytes(self._module.source, [before]) != self._bytes(self._after, [after]):
                raise NotAsPlanned(f"line {before.lineno}: a statement without a site would change")
        raise NotAsPlanned(f"line {old[0].lineno}: what stands between statements without a site would change")

    @staticmethod
    def _bytes(source: Source, run: Sequence[ast.stmt]) -> bytes:
        """From the first decorator of the first statement to the end of the last."""
        return source.content[source.offset(*_start(run[0])) : source.offset(*_end(run[-1]))]

    def _statement(self, old: ast.stmt, new: ast.stmt) -> None:
        old_bodies, new_bodies = list(bodies(old)), list(bodies(new))
        if type(old) is not type(new) or len(old_bodies) != len(new_bodies):
            raise NotAsPlanned(f"line {old.lineno}: the statement would become another one")
        for old_block, new_block in zip(old_bodies, new_bodies, strict=True):
            self.blocks(old_block, new_block)
            old_block.clear()
            new_block.clear()
        if ast.dump(old) != ast.dump(new):
            raise NotAsPlanned(f"line {old.lineno}: more than the keywords of a call would change")

    def _import(self, old: ast.stmt, new: Sequence[ast.stmt], at: int) -> int:
        """Compare one import statement with what it became, at `at`; return how many statements that is."""
        assert isinstance(old, ast.ImportFrom)
        if old.names[0].name == "*":
            star = new[at] if at < len(new) else None
            if not (isinstance(star, ast.ImportFrom) and star.names[0].name == "*"):
                raise NotAsPlanned(f"line {old.lineno}: the star import would be lost")
            before, after = (resolve_relative(self._module.name, each.level, each.module or "") for each in (old, star))
            if before is None or after != self._moves.new_module(before):
                raise NotAsPlanned(f"line {old.lineno}: the star import would be of another module")
            return 1
        wanted = sorted((local, self._home(dotted)) for local, dotted, _ in imported(old, self._module.name))
        found: list[tuple[str, str]] = []
        taken = 0
        while at + taken < len(new):
            statement = new[at + taken]
            if len(found) >= len(wanted) or not isinstance(statement, ast.ImportFrom):
                break
            found += ((local, dotted) for local, dotted, _ in imported(statement, self._module.name))
            taken += 1
        if sorted(found) != wanted:
            raise NotAsPlanned(f"line {old.lineno}: the import would bind other names than before")
        return taken

    def _home(self, dotted: str) -> str:
        module, _, name = dotted.rpartition(".")
        home = self._moves.new_home(module, name)
        return home.dotted if home else dotted


def _next(old: ast.stmt, new: Sequence[ast.stmt], at: int) -> ast.stmt:
    if at >= len(new):
        raise NotAsPlanned(f"line {old.lineno}: a statement would be lost")
    return new[at]


def _start(node: ast.stmt | ast.expr) -> tuple[int, int]:
    """Line and column of a node, of a definition's first decorator."""
    decorators: Sequence[ast.expr] = getattr(node, "decorator_list", ())
    first = decorators[0] if decorators else node
    return first.lineno, first.col_offset


def _end(statement: ast.stmt) -> tuple[int, int]:
    assert statement.end_lineno is not None
    assert statement.end_col_offset is not None
    return statement.end_lineno, statement.end_col_offset


_place = attrgetter("__class__", "lineno", "col_offset", "end_lineno", "end_col_offset")


def _moved(statement: ast.stmt, first: int, lines: int, columns: int) -> tuple[type, int, int, int, int]:
    """The place of a statement moved by `lines`, and on line `first` by `columns`."""
    kind, line, column, end_line, end_column = _place(statement)
    return (
        kind,
        line + lines,
        column + columns if line == first else column,
        end_line + lines,
        end_column + columns if end_line == first else end_column,
    )


def _change_as_planned(site: CallSite) -> None:
    call, node = site.call, site.node
    assert node is not None, "verified files are parsed"
    node.keywords = [k for k in node.keywords if k.arg not in call.remove]
    for keyword in node.keywords:
        if keyword.arg is not None:
            keyword.arg = call.rename.get(keyword.arg, keyword.arg)
    if any(keyword.arg is None for keyword in node.keywords):
        return
    present = {keyword.arg for keyword in node.keywords}
    for name, value in call.add.items():
        if name not in present:
            node.keywords.append(ast.keyword(name, ast.parse(value, mode="eval").body))
