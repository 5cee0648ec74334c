"""Does the result compile, and does its syntax tree differ only as the phase allows?"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from migrate.edits import Span
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
    starts = sorted([s.span.start for s in located.imports] + [s.span.start for s in located.calls])
    _Comparison(module, after, imports, starts, moves).blocks(module.tree.body, tree.body)


class _Comparison:
    def __init__(
        self,
        module: Module,
        after: Source,
        imports: Mapping[int, ImportSite],
        starts: Sequence[int],
        moves: MoveIndex,
    ) -> None:
        self._module = module
        self._after = after
        self._imports = imports
        self._starts = starts
        self._moves = moves

    def blocks(self, old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> None:
        at = 0
        for statement in old:
            if id(statement) in self._imports:
                at += self._import(statement, new[at:])
                continue
            if at >= len(new):
                raise NotAsPlanned(f"line {statement.lineno}: a statement would be lost")
            self._statement(statement, new[at])
            at += 1
        if at != len(new):
            raise NotAsPlanned(f"line {new[at].lineno}: a statement would be added")

    def _statement(self, old: ast.stmt, new: ast.stmt) -> None:
        span, after = _whole(self._module.source, old), _whole(self._after, new)
        if not any(span.start <= start < span.end for start in self._starts):
            if self._module.source.content[span.start : span.end] != self._after.content[after.start : after.end]:
                raise NotAsPlanned(f"line {old.lineno}: a statement without a site would change")
            return
        old_bodies, new_bodies = list(bodies(old)), list(bodies(new))
        if type(old) is not type(new) or len(old_bodies) != len(new_bodies):
            raise NotAsPlanned(f"line {old.lineno}: the statement would become another one")
        for old_block, new_block in zip(old_bodies, new_bodies, strict=True):
            self.blocks(old_block, new_block)
            old_block.clear()
            new_block.clear()
        if ast.dump(old) != ast.dump(new):
            raise NotAsPlanned(f"line {old.lineno}: more than the keywords of a call would change")

    def _import(self, old: ast.stmt, following: Sequence[ast.stmt]) -> int:
        """Compare one import statement with what it became; return how many statements that is."""
        assert isinstance(old, ast.ImportFrom)
        if old.names[0].name == "*":
            if not (following and isinstance(following[0], ast.ImportFrom) and following[0].names[0].name == "*"):
                raise NotAsPlanned(f"line {old.lineno}: the star import would be lost")
            before, after = (
                resolve_relative(self._module.name, star.level, star.module or "") for star in (old, following[0])
            )
            if before is None or after != self._moves.new_module(before):
                raise NotAsPlanned(f"line {old.lineno}: the star import would be of another module")
            return 1
        wanted = sorted((local, self._home(dotted)) for local, dotted, _ in imported(old, self._module.name))
        found: list[tuple[str, str]] = []
        taken = 0
        for statement in following:
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


def _whole(source: Source, statement: ast.stmt) -> Span:
    """The bytes of a statement from its first decorator on."""
    span = source.span(statement)
    decorators = (source.span(decorator).start for decorator in getattr(statement, "decorator_list", ()))
    return Span(min(span.start, *decorators, span.start), span.end)


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
