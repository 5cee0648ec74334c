"""Uses that no code shows as such: through a star import, in type comments, doctests and other strings."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator, Sequence

from migrate.locate.decisions import Decisions, Group
from migrate.locate.forward import forward_reference, quoted_expression
from migrate.locate.scopes import DOCTEST, TYPE_COMMENT
from migrate.moves import Home
from migrate.syntax import Place, lines_naming, lines_with, places_on

HomeOf = Callable[[str, Sequence[str]], Home | None]


def report_through_stars(decisions: Decisions, home_of: HomeOf, passed_on: Collection[str]) -> None:
    """Uses of a name that nothing in the module binds but, perhaps, a star import of a module that passes it on."""
    stars = sorted({star for star, _ in decisions.identifiers.stars})
    words = frozenset(word for word in passed_on if not decisions.identifiers.is_bound(word)) if stars else frozenset()
    if not words:
        return
    module = decisions.module
    for place in places_on(module.tree, lines_naming(module.source, words)):
        name = place.node
        if not (isinstance(name, ast.Name) and name.id in words):
            continue
        chain: list[str] = []
        for parent in reversed(place.parents):
            if not isinstance(parent, ast.Attribute):
                break
            chain.append(parent.attr)
        for star in stars:
            path = f"{star}.{name.id}"
            decisions.unresolved.add(path)
            home = home_of(path, chain) if path in decisions.elsewhere.aliases else None
            if home is not None:
                decisions.report(
                    name, "star-import", str(home.move.old),
                    f"the star import from {star} brings in {name.id}, and {home.move.old} is used through it; "
                    f"write {home.move.new}",
                )  # fmt: skip


def report_mentions(decisions: Decisions, groups: Collection[Group], home_of: HomeOf) -> None:
    """Texts that use an imported name as code does: what they say has to stay true, so the name has to stay."""
    paths = {group.local: group.names[0].dotted for group in groups if group.names}
    if not paths:
        return
    pattern = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, sorted(paths)))})((?:\.\w+)+)")
    for text, node, line in _texts(decisions, pattern):
        for found in pattern.finditer(text):
            local, chain = found.group(1), found.group(2)[1:].split(".")
            path = paths[local]
            home = home_of(path, chain)
            if home is None or len(chain) <= len(home.rest):
                continue
            decisions.read_unseen.add(local)
            if f"{path}.{'.'.join(chain)}".startswith(found.group()):
                continue  # spelled with its whole path, it is told as a string
            decisions.report(
                _at(node, line), "string-reference", str(home.move.old),
                f"a text names {home.move.old} as {found.group()}; it is not rewritten, change it by hand",
            )  # fmt: skip


def _texts(decisions: Decisions, pattern: re.Pattern[str]) -> Iterator[tuple[str, ast.AST | None, int]]:
    """Type comments, doctests and strings that are no types, with the node or the line of each."""
    module = decisions.module
    if "type:" in module.source.text:
        for number in lines_with(module.source, pattern):
            line = module.source.line(number).decode(module.source.encoding)
            yield from ((found.group(1), None, number) for found in TYPE_COMMENT.finditer(line))
    for place in places_on(module.tree, lines_with(module.source, pattern)):
        node = place.node
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or _is_data(place):
            continue
        if isinstance(place.parents[-1], ast.Expr):
            for found in DOCTEST.finditer(node.value):
                yield found.group(1), None, node.lineno + node.value.count("\n", 0, found.start())
        elif not forward_reference(place) or quoted_expression(module.source, node) is None:
            yield node.value, node, node.lineno


def _is_data(place: Place) -> bool:
    """Part of an f-string, which is looked at as code, or of a `Literal`, which is only a value."""
    return any(
        isinstance(parent, ast.JoinedStr)
        or (isinstance(parent, ast.Subscript) and ast.unparse(parent.value).rpartition(".")[2] == "Literal")
        for parent in place.parents[-3:]
    )


def _at(node: ast.AST | None, line: int) -> ast.AST:
    return node or ast.Pass(lineno=line, col_offset=0, end_lineno=line, end_col_offset=0)
