"""Does the result compile, and does its syntax tree differ only as the phase allows?"""

from __future__ import annotations

import ast
import bisect
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter

from migrate.abridged import Abridged
from migrate.edits import Edit
from migrate.locate.aliases import imported_names
from migrate.locate.sites import AddedImport, AttributeSite, CallSite, ImportSite, Module, Site, StringSite, UseSite
from migrate.locate.uses import literal_span
from migrate.modules import resolve_relative
from migrate.moves import MoveIndex
from migrate.planned import change_attribute, change_call
from migrate.provenance import Provenance
from migrate.source import Source, UnparsableSource
from migrate.syntax import bodies
from migrate.targets import Target


class NotAsPlanned(Exception):
    """The rewritten file is not what the phase is allowed to make of it: a bug, so nothing is written."""


def verify_compiles(before: Source, after: Source, part: Abridged | None = None) -> None:
    """A file that compiled still does.

    Args:
        part: of `after`, what may no longer compile; None for all.
    Raises:
        NotAsPlanned: it no longer does.
    """
    if part is not None and part.compiles:
        return
    problem = after.compiles()
    if problem is not None and before.compiles() is None:
        raise NotAsPlanned(f"line {problem.line} would no longer compile: {problem.reason}")


def verify_tree(
    module: Module,
    sites: Sequence[Site],
    edits: Sequence[Edit],
    after: Source,
    moves: MoveIndex,
    part: Abridged | None = None,
) -> None:
    """Statements without a site are the same bytes; sites differ by exactly what the plan says.

    Consumes `module.tree`: located calls, uses and strings in it are changed to what they have to become.

    Args:
        edits: those that made `after`, by place.
        part: of `after`, what `edits` can have changed; None for all.
    Raises:
        NotAsPlanned: anything else differs, or a rewritten use does not lead to the new home.
    """
    uses = [site for site in sites if isinstance(site, UseSite)]
    if any(site.quoted is None for site in uses):
        part = None  # what a name leads to, the whole module tells
    try:
        tree = after.parse() if part is None else part.tree
    except UnparsableSource as error:
        raise NotAsPlanned(f"line {error.line} would no longer parse: {error.reason}") from None
    imports = {id(site.statement): site for site in sites if isinstance(site, ImportSite)}
    starts = sorted(_start(node) for site in sites if (node := _shown(site)) is not None)
    added = {site.anchor: site.statement for site in sites if isinstance(site, AddedImport)}
    _change_paths(module.source, [site for site in sites if isinstance(site, UseSite | StringSite)])
    for site in sites:
        if isinstance(site, CallSite):
            change_call(site)
        elif isinstance(site, AttributeSite):
            change_attribute(site)
    _verify_uses(module, uses, edits, after, tree)
    statements = module.tree.body if part is None else part.statements
    _Comparison(module, after, imports, added, starts, moves).module(statements, tree.body)


def _shown(site: Site) -> ast.stmt | ast.expr | None:
    """The node that the site is in the tree; of an added import the statement that it follows."""
    match site:
        case ImportSite():
            return site.statement
        case AddedImport():
            return site.anchor
        case UseSite():
            return site.quoted or site.node
    return site.node


def _verify_uses(
    module: Module, sites: Sequence[UseSite], edits: Sequence[Edit], after: Source, tree: ast.Module
) -> None:
    """Look up each rewritten name in the result: it must be bound to the new home, and to nothing else."""
    wanted = {_place_after(after, site.span.start, edits): site for site in sites if site.quoted is None}
    if not wanted:
        return
    names = {site.after.partition(".")[0] for site in wanted.values()}
    followed = Provenance(after, tree, module.name).follow(names)
    for place in followed.places:
        node = place.node
        site = wanted.get((node.lineno, node.col_offset)) if isinstance(node, ast.Name) else None
        if site is None:
            continue
        chain: ast.expr = ast.parse(site.after, mode="eval").body
        found = followed.resolve(chain, place)
        expected = ".".join(site.home.new.dotted.split(".")[: -1 if site.literal is not None else None])
        if found is None or not found.complete or found.objects != (expected,):
            raise NotAsPlanned(f"line {place.node.lineno}: {site.after} would not be {expected}")  # type: ignore[attr-defined]
        del wanted[node.lineno, node.col_offset]  # type: ignore[attr-defined]
    lost = next((at for at, site in wanted.items() if not _is_in_string(site)), None)
    if lost is not None:
        raise NotAsPlanned(f"line {lost[0]}: a use would be lost")


def _is_in_string(site: UseSite) -> bool:
    """In an f-string this interpreter may not tell the place."""
    return any(isinstance(parent, ast.JoinedStr) for parent in site.parents)


def _place_after(after: Source, offset: int, edits: Sequence[Edit]) -> tuple[int, int]:
    """Where what stood at a byte offset stands now."""
    moved = sum(len(edit.after) - (edit.span.end - edit.span.start) for edit in edits if edit.span.end <= offset)
    return after.position(offset + moved)


def _change_paths(source: Source, sites: Sequence[UseSite | StringSite]) -> None:
    """Put into the tree what uses and strings have to become."""
    in_strings: dict[int, list[tuple[ast.Constant, int, int, str]]] = {}
    for site in sites:
        text = site.quoted if isinstance(site, UseSite) else site.node
        if text is not None:
            inside = literal_span(source, text)
            assert inside is not None, "others are not located"
            before = source.content[inside.start : site.span.start].decode(source.encoding)
            old = source.slice(site.span)
            in_strings.setdefault(id(text), []).append((text, len(before), len(before) + len(old), site.after))
            continue
        assert isinstance(site, UseSite)
        new = ast.copy_location(ast.parse(site.after, mode="eval").body, site.node)
        if isinstance(site.node, ast.Attribute) and isinstance(new, ast.Attribute | ast.Name):
            new.ctx = site.node.ctx
        _replace(site.parents[-1], site.node, new)
        if site.literal is not None:
            site.literal.value = site.home.new.leaf
    for changes in in_strings.values():
        for text, start, end, new_text in sorted(changes, key=lambda change: -change[1]):
            value = str(text.value)
            text.value = value[:start] + new_text + value[end:]


def _replace(parent: ast.AST, old: ast.expr, new: ast.expr) -> None:
    for name, value in ast.iter_fields(parent):
        if value is old:
            setattr(parent, name, new)
        elif isinstance(value, list):
            value[:] = [new if each is old else each for each in value]


class _Comparison:
    def __init__(
        self,
        module: Module,
        after: Source,
        imports: Mapping[int, ImportSite],
        added: Mapping[ast.stmt | None, str],
        starts: Sequence[tuple[int, int]],
        moves: MoveIndex,
    ) -> None:
        self._module = module
        self._after = after
        self._imports = imports
        self._added = added
        self._starts = starts
        self._moves = moves

    def module(self, old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> None:
        self.blocks(old, new[self._new_imports(None, new, 0) :])

    def blocks(self, old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> None:
        at = done = 0
        for index in self._with_sites(old):
            at = self._same(old[done:index], new, at)
            if id(old[index]) in self._imports:
                at += self._import(old[index], new, at)
            else:
                self._statement(old[index], _next(old[index], new, at))
                at += 1
            at += self._new_imports(old[index], new, at)
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
            raise NotAsPlanned(f"line {old.lineno}: more than its sites would change")

    def _new_imports(self, anchor: ast.stmt | None, new: Sequence[ast.stmt], at: int) -> int:
        """Compare the imports that come in behind `anchor` with what stands at `at`; return how many they are."""
        if anchor not in self._added:
            return 0
        wanted = ast.parse(self._added[anchor]).body
        found = new[at : at + len(wanted)]
        if len(found) != len(wanted) or any(ast.dump(a) != ast.dump(b) for a, b in zip(found, wanted, strict=True)):
            raise NotAsPlanned("an import would not be added where it is needed")
        return len(wanted)

    def _import(self, old: ast.stmt, new: Sequence[ast.stmt], at: int) -> int:
        """Compare one import statement with what it became, at `at`; return how many statements that is."""
        site = self._imports[id(old)]
        if site.targets is None:
            assert isinstance(old, ast.ImportFrom)
            return self._star(old, new, at)
        if site.disappears:
            if not site.empties:
                return 0
            if not isinstance(_next(old, new, at), ast.Pass):
                raise NotAsPlanned(f"line {old.lineno}: the block would not be empty")
            return 1
        wanted = sorted((t for targets in site.targets for t in targets), key=_key)
        found: list[Target] = []
        taken = 0
        while at + taken < len(new) and len(found) < len(wanted):
            statement = new[at + taken]
            if not isinstance(statement, ast.ImportFrom | ast.Import):
                break
            only = ast.Module([statement], [])
            found += (name.target for name in imported_names(only, self._module.name))
            taken += 1
        if sorted(found, key=_key) != wanted:
            raise NotAsPlanned(f"line {old.lineno}: the import would bind other names than it should")
        return taken

    def _star(self, old: ast.ImportFrom, new: Sequence[ast.stmt], at: int) -> int:
        star = new[at] if at < len(new) else None
        if not (isinstance(star, ast.ImportFrom) and star.names[0].name == "*"):
            raise NotAsPlanned(f"line {old.lineno}: the star import would be lost")
        before, after = (resolve_relative(self._module.name, each.level, each.module or "") for each in (old, star))
        if before is None or after != self._moves.new_module(before):
            raise NotAsPlanned(f"line {old.lineno}: the star import would be of another module")
        return 1


def _key(target: Target) -> tuple[str, str, str]:
    return target.bound, target.module, target.name


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
