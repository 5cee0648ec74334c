"""Star imports from a module that moves, or of which names move: expanded where it is certain what they bind."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migrate.locate.aliases import Block, blocks
from migrate.locate.decisions import Decisions
from migrate.locate.sites import ImportSite
from migrate.modules import resolve_relative
from migrate.targets import Target


def locate_stars(decisions: Decisions) -> Iterator[ImportSite]:
    """The star imports that change; the others that concern the plan are reported."""
    module = decisions.module
    for block in blocks(module.tree.body, lines=decisions.import_lines):
        for statement in block.statements:
            if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
                source = resolve_relative(module.name, statement.level, statement.module or "")
                site = _star(decisions, statement, source, block) if source is not None else None
                if site is not None:
                    yield site


def _star(decisions: Decisions, statement: ast.ImportFrom, source: str, block: Block) -> ImportSite | None:
    module, moves = decisions.module, decisions.moves
    moved_to = moves.new_module(source)
    if moved_to is None and source not in moves.old_modules:
        return None
    if module.is_kept_node(statement):
        decisions.kept.add((statement.lineno, statement.col_offset))
        return None
    if moved_to == module.name.name:
        decisions.report(
            statement, "self-import", source,
            f"{moved_to} is the new home of {source} and would import everything from itself; remove the import",
        )  # fmt: skip
        return None
    span = module.source.span(statement)
    if moved_to is not None and not moves.splits(source):
        return ImportSite(span, source, statement)
    targets = _expanded(decisions, statement, source)
    if targets is None:
        decisions.report(
            statement, "star-import", source,
            f"star import from {source}: which names it binds is not certain; name them, then run phase3 again",
        )  # fmt: skip
        return None
    gone = {"*", *(decisions.elsewhere.exports[source] or ())} - {target.local for target in targets}
    decisions.dropped |= {f"{module.name.name}.{name}" for name in gone}
    if block.is_load_time:
        decisions.loads |= {target.module for target in targets if target.module != source}
    subject = ", ".join(f"{source}:{target.local}" for target in targets if target.module != source)
    return ImportSite(span, subject, statement, (tuple(targets),))


def _expanded(decisions: Decisions, statement: ast.ImportFrom, source: str) -> list[Target] | None:
    """What a star import binds of what the module uses; None where that is not certain."""
    module, names, known = decisions.module, decisions.identifiers, decisions.elsewhere.exports
    others = [
        resolve_relative(module.name, s.level, s.module or "")
        for s in ast.walk(module.tree)
        if isinstance(s, ast.ImportFrom) and s.names[0].name == "*" and s is not statement
    ]
    sources = [source, *(other or "" for other in others)]
    decisions.unresolved |= {f"{each}.*" for each in sources if each not in known}
    exports = [known.get(each) for each in sources]
    own = exports[0]
    if (
        own is None
        or f"{module.name.name}.*" in decisions.elsewhere.taken
        or names.is_dynamic
        or module.name.is_package
    ):
        return None
    if any(theirs is None or not theirs.isdisjoint(own) for theirs in exports[1:]):
        return None
    taken = decisions.elsewhere.taken
    used = sorted(name for name in own if names.is_used(name) or f"{module.name.name}.{name}" in taken)
    if any(names.is_bound(name) for name in used):
        return None
    targets: list[Target] = []
    for name in used:
        target = _target(decisions, source, name)
        if target is None:
            return None
        targets.append(target)
    return targets if any(target.module != source for target in targets) else None


def _target(decisions: Decisions, source: str, name: str) -> Target | None:
    if f"{source}.{name}" in decisions.moves.ancestors:
        return None  # its uses would have to change, too
    home = decisions.moves.new_home(source, name)
    if home is None:
        return Target(source, name, name)
    is_own = home.module == decisions.module.name.name
    return (
        None
        if is_own or (decisions.module.name.name, home.module) in decisions.elsewhere.cycles
        else Target(home.module, home.name, name)
    )
