"""Sites of a file that this interpreter cannot parse but fissix can, such as a newer f-string on an older Python."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

from fissix.pgen2 import token
from fissix.pygram import python_symbols as symbols
from fissix.pytree import Leaf, Node

from migrate.call_changes import CallChange
from migrate.edits import Span
from migrate.findings import Finding
from migrate.locate.sites import CallSite, ImportSite, Located
from migrate.locate.strings import moved_object_in
from migrate.modules import ModuleName, module_of, resolve_relative
from migrate.moves import MoveIndex
from migrate.plan import CallPhase, MovePhase, Plan
from migrate.plan_calls import Call
from migrate.refs import ObjectRef
from migrate.rewrite import CompiledQuery, NotRewritable
from migrate.source import Source, UnparsableSource
from phases.call_arguments import arguments, keyword_leaf, keywords, positional, spreads_mapping
from phases.import_names import read_import_list
from phases.patterns import import_source

_BINDERS = frozenset({"class", "def", "as", "for", "global", "nonlocal", "del"})
_PARAMETERS = frozenset(
    {symbols.parameters, symbols.typedargslist, symbols.varargslist, symbols.lambdef, symbols.old_lambdef}
)
_ASSIGNERS = frozenset({"=", ":="})


def locate_in_unparsable(
    path: str, source: Source, error: UnparsableSource, plan: Plan, phase: int, query: CompiledQuery
) -> Located:
    """Find the sites in a file that CPython rejects, where fissix reads it and the names leave no doubt.

    Without symbol tables a call counts only if its name is bound by imports of the callee and by nothing else
    anywhere in the file.

    Returns:
        The sites that are certain; and an `unparseable` finding where neither parser reads the file, or where
        something else in it may be a site.
    """
    try:
        text = source.text
        tree = query.parse_module(text)
    except (UnparsableSource, NotRewritable):
        return Located(findings=(_unparseable(path, error, phase, plan),))
    found = _Unparsable(source, text, tree, module_of(path, plan.plan.source_roots), plan)
    imports = tuple(found.imports()) if phase in (3, 5) else ()
    calls = tuple(found.calls()) if phase in (4, 5) else ()
    if phase == 3:
        found.look_at_strings()
    if calls or phase in (4, 5):
        found.look_at_other_calls(calls)
    doubts = (_unparseable(path, error, phase, plan),) if found.in_doubt else ()
    return Located((*imports, *calls), (*doubts, *(found.self_import(path, *own) for own in found.self_imports)))


def _unparseable(path: str, error: UnparsableSource, phase: int, plan: Plan) -> Finding:
    table = plan.phase3 if phase == 3 else plan.phase4
    subject = ""
    if isinstance(table, MovePhase):
        subject = str(table.move[0].old)
    elif isinstance(table, CallPhase):
        subject = str(table.call[0].callee)
    return Finding(
        phase, path, error.line, error.column, "unparseable", subject,
        f"the file does not parse ({error.reason}), so its sites cannot be located; mend it, or leave it out with "
        "exclude",
    )  # fmt: skip


class _Unparsable:
    def __init__(self, source: Source, text: str, tree: Node, name: ModuleName, plan: Plan) -> None:
        self._source = source
        self._text = text
        self._tree = tree
        self._name = name
        self._plan = plan
        self._moves = MoveIndex.of(plan)
        self._starts: dict[int, int] = {}
        self.in_doubt = False
        self.self_imports: list[tuple[Node, ObjectRef]] = []
        self._leaves: list[Leaf] = list(tree.leaves())
        at = 0
        for leaf in self._leaves:
            self._starts[id(leaf)] = at + len(leaf.prefix)
            at += len(leaf.prefix) + len(leaf.value)

    def imports(self) -> Iterator[ImportSite]:
        for node in self._nodes(symbols.import_from):
            module = resolve_relative(self._name, *import_source(node))
            if module is None:
                continue
            listed = read_import_list(node)
            found = ((n.name, self._moves.new_home(module, n.name)) for n in listed.names)
            homes = {name: home for name, home in found if home is not None and home.name}
            star = self._moves.new_module(module) if listed.is_star else None
            if star is not None or homes:
                own = [name for name, home in homes.items() if home.module == self._name.name]
                if own or star == self._name.name:
                    self.self_imports.append((node, ObjectRef(module, own[0] if own else "")))
                    continue
                if star is not None and self._moves.splits(module):
                    self.in_doubt = True
                    continue
                subject = ", ".join(str(ObjectRef(module, name)) for name in homes) or module
                yield ImportSite(self._span(node), subject, None)
            elif listed.is_star:
                self.in_doubt |= module in self._moves.old_modules
            self.in_doubt |= any(
                f"{module}.{n.name}" in self._moves.ancestors
                or (n.name not in homes and self._moves.home(f"{module}.{n.name}") is not None)
                for n in listed.names
            )
        for _, dotted in self._module_imports():
            root = dotted.partition(".")[0]
            self.in_doubt |= dotted in self._moves.old_modules or self._moves.new_module(dotted) is not None
            self.in_doubt |= root in self._moves.ancestors and any(m in self._text for m in self._moves.old_modules)

    def self_import(self, path: str, node: Node, old: ObjectRef) -> Finding:
        line, column = self._source.position(self._span(node).start)
        what = old.name or "all of it"
        return Finding(
            3, path, line, column, "self-import", str(old),
            f"{self._name.name} is the new home of {what} and would import it from itself; remove the import",
            self._source.position(self._span(node).end)[0],
        )  # fmt: skip

    def look_at_strings(self) -> None:
        """A string may name a moved object by its old path; docstrings are prose."""
        redirected = {r.module: frozenset(export.bound for export in r.exports) for r in self._plan.redirects}
        self.in_doubt |= any(
            leaf.type == token.STRING
            and leaf.parent.type not in (symbols.simple_stmt, symbols.file_input)
            and moved_object_in(leaf.value, self._moves, redirected) is not None
            for leaf in self._leaves
        )

    def look_at_other_calls(self, certain: Collection[CallSite]) -> None:
        """Any other call that passes an old keyword may be a site unless its callee is surely something else."""
        wanted = {call.callee.dotted: call for call in self._plan.phase4.call} if self._plan.phase4 else {}
        leaves = frozenset(dotted.rpartition(".")[2] for dotted in wanted)
        gone = {k for call in wanted.values() for k in call.old}
        adds = frozenset(d.rpartition(".")[2] for d, call in wanted.items() if call.concerns_all)
        bound = self._bound()
        subclassed = self._is_subclassed(_names_for(bound, leaves))
        local, local_adds = leaves | _names_for(bound, leaves), adds | _names_for(bound, adds)
        done = {site.span.end for site in certain}
        attributes = {name for call in wanted.values() for name in call.attributes}
        self.in_doubt |= any(
            node.children[0].value == "." and node.children[1].value in attributes
            for node in self._nodes(symbols.trailer)
        )
        for node in self._nodes(symbols.decorator):
            words = [leaf.value for leaf in node.children[1].leaves() if leaf.type == token.NAME]
            inside = (part for child in node.children[2:] for part in child.pre_order())
            passed = {str(part.children[0]).strip() for part in inside if part.type == symbols.argument}
            if not gone.isdisjoint(passed) or (words[-1] in local_adds and len(node.children) > 3):
                self.in_doubt |= words[0] in bound or words[-1] in leaves
        for trailer in self._nodes(symbols.trailer):
            if trailer.children[0].value != "(" or trailer.parent.type != symbols.power:
                continue
            if self._span(trailer).end in done:
                continue
            passes_old = not gone.isdisjoint(keywords(trailer))
            last = _last_name(trailer)
            spreads = spreads_mapping(trailer) and last in local
            if passes_old and subclassed:
                self.in_doubt = True
            elif passes_old or spreads or last in local_adds:
                self.in_doubt |= self._may_be_wanted(trailer, bound, frozenset(wanted), leaves)

    def _may_be_wanted(
        self, trailer: Node, bound: Mapping[str, frozenset[str]], wanted: frozenset[str], leaves: frozenset[str]
    ) -> bool:
        """May the callee of a call that is no certain site be an object of the plan after all?"""
        name, attributes, first = _called(trailer.parent)
        if name is None or first is not trailer:
            before = list(itertools.takewhile(lambda child: child is not trailer, trailer.parent.children))
            names = {leaf.value for part in before for leaf in part.leaves() if leaf.type == token.NAME}
            if _last_name(trailer) is not None and (first is not None or isinstance(before[0], Leaf)):
                return _last_name(trailer) in leaves  # a method of what a call gives, or of a literal
            return not names.isdisjoint(bound) or not names.isdisjoint(leaves)
        if name.value in bound:
            paths = {".".join([object_, *attributes]) for object_ in bound[name.value]}
            # calls() has looked at the plan's own objects; what is inside of them is something else
            return not all(p in wanted or any(p.startswith(w + ".") for w in wanted) for p in paths)
        if attributes:
            return False
        occurrences = list(self._occurrences(name.value))
        if any(leaf.parent.type == symbols.expr_stmt and _binds(leaf, before) for leaf, before in occurrences):
            return True
        return self._has_star and not any(_binds(leaf, before) for leaf, before in occurrences)

    @cached_property
    def _has_star(self) -> bool:
        return any(read_import_list(node).is_star for node in self._nodes(symbols.import_from))

    def _is_subclassed(self, names: frozenset[str]) -> bool:
        """Is one of `names` among the bases of a class?"""
        headers = (
            itertools.takewhile(lambda c: str(c).strip() != ":", n.children) for n in self._nodes(symbols.classdef)
        )
        bases = (leaf for header in headers for part in list(header)[2:] for leaf in part.leaves())
        return any(leaf.type == token.NAME and leaf.value in names for leaf in bases)

    def calls(self) -> Iterator[CallSite]:
        """The calls of the plan's objects that pass something old, or lack something new."""
        wanted = {call.callee.dotted: call for call in self._plan.phase4.call} if self._plan.phase4 else {}
        bound = self._bound()
        for node in self._nodes(symbols.power):
            name, attributes, trailer = _called(node)
            objects = bound.get(name.value, frozenset()) if name is not None else frozenset()
            found = [wanted[d] for o in objects if (d := ".".join([o, *attributes])) in wanted]
            if not found or trailer is None or name is None:
                continue
            call, passed = found[0], keywords(trailer)
            old = [k for k in call.old if k in passed]
            spread = spreads_mapping(trailer)
            by_position = call.keyword_only and positional(trailer)
            if not (old or spread or by_position or (not call.old and any(k not in passed for k in call.add))):
                continue
            if (
                spread
                or by_position
                or call.imports
                or len(objects) > 1
                or any(a in passed and b in passed for a, b in call.rename.items())
                or any(_is_bare_generator(a) for a in arguments(trailer))
                or self._is_bound_elsewhere(name.value)
            ):
                self.in_doubt = True
                continue
            values = (self._span(a.children[2] if keyword_leaf(a) is not None else a) for a in arguments(trailer))
            arguments_span = self._span(trailer)
            callee = Span(self._span(name).start, arguments_span.start)
            span = Span(callee.start, arguments_span.end)
            yield CallSite(span, callee, tuple(values), call, None, _change(call, passed))
        self.in_doubt |= any(
            self._is_passed_on(name)
            for name, objects in bound.items()
            if any(object_ in wanted or any(w.startswith(object_ + ".") for w in wanted) for object_ in objects)
        )

    def _nodes(self, kind: int) -> Iterator[Node]:
        return iter(self._by_kind.get(kind, ()))

    @cached_property
    def _by_kind(self) -> dict[int, list[Node]]:
        found: dict[int, list[Node]] = {}
        for node in self._tree.pre_order():
            found.setdefault(node.type, []).append(node)
        return found

    def _bound(self) -> dict[str, frozenset[str]]:
        """Local names that imports bind, to the objects bound."""
        found: dict[str, set[str]] = {}
        for local, dotted in self._module_imports(first=True):
            found.setdefault(local, set()).add(dotted)
        for node in self._nodes(symbols.import_from):
            module = resolve_relative(self._name, *import_source(node)) or ""
            for name in read_import_list(node).names:
                found.setdefault(name.bound, set()).add(f"{module}.{name.name}")
        return {local: frozenset(objects) for local, objects in found.items()}

    def _module_imports(self, *, first: bool = False) -> Iterator[tuple[str, str]]:
        """(local name, module) of each `import a.b` and `import a.b as c`.

        Args:
            first: give what the local name stands for, `a` for `import a.b`, rather than the module imported.
        """
        for node in self._nodes(symbols.import_name):
            listed = node.children[1]
            for entry in listed.children if listed.type == symbols.dotted_as_names else [listed]:
                words = [leaf.value for leaf in entry.leaves() if leaf.type == token.NAME]
                if entry.type == symbols.dotted_as_name:
                    yield words[-1], ".".join(words[:-2])
                elif words:
                    yield words[0], words[0] if first else ".".join(words)

    def _occurrences(self, name: str) -> Iterator[tuple[Leaf, str]]:
        """Each place where `name` stands by itself outside of imports, with the token before it."""
        before = ""
        for leaf in self._leaves:
            if leaf.type == token.NAME and leaf.value == name and before != "." and not _in_import(leaf):
                yield leaf, before
            before = leaf.value

    def _is_bound_elsewhere(self, name: str) -> bool:
        return self._has_star or any(_binds(leaf, before) for leaf, before in self._occurrences(name))

    def _is_passed_on(self, name: str) -> bool:
        """Is the object given another name, or handed to a call together with a keyword it no longer takes?"""
        assert self._plan.phase4 is not None
        gone = {k for call in self._plan.phase4.call for k in call.old}
        for leaf, before in self._occurrences(name):
            whole = leaf.parent if leaf.parent.type == symbols.power and _called(leaf.parent)[2] is None else leaf
            if before == "=" and whole.parent.type in (symbols.expr_stmt, symbols.annassign):
                return True
            if whole.parent.type == symbols.arglist and not gone.isdisjoint(keywords(whole.parent.parent)):
                return True
        return False

    def _span(self, node: Leaf | Node) -> Span:
        leaves = list(node.leaves())
        start = self._starts[id(leaves[0])]
        end = self._starts[id(leaves[-1])] + len(leaves[-1].value)
        return Span(self._bytes(start), self._bytes(end))

    def _bytes(self, characters: int) -> int:
        return self._source.bom + len(self._text[:characters].encode(self._source.encoding))


def _change(call: Call, passed: Collection[str]) -> CallChange:
    """What becomes of a call that passes the keywords `passed`, and no mapping."""
    return CallChange(
        renamed=tuple((old, new) for old, new in call.rename.items() if old in passed),
        removed=tuple(name for name in call.remove if name in passed),
        added=tuple((name, value) for name, value in call.add.items() if name not in passed),
    )


def _called(power: Node) -> tuple[Leaf | None, list[str], Node | None]:
    """`a`, ['b', 'c'] and the trailer `(…)` of `a.b.c(…)`; no trailer where it is no call, no name where no chain."""
    children = power.children[1:] if str(power.children[0]).strip() == "await" else power.children
    attributes: list[str] = []
    name = children[0]
    if not isinstance(name, Leaf) or name.type != token.NAME:
        return None, attributes, None
    for trailer in children[1:]:
        if trailer.type != symbols.trailer or trailer.children[0].value == "[":
            break
        if trailer.children[0].value == "(":
            return name, attributes, trailer
        attributes.append(trailer.children[1].value)
    return name, attributes, None


def _last_name(trailer: Node) -> str | None:
    """`c` of `a.b.c(…)` and of `c(…)`; None where something else stands before the parenthesis."""
    before = trailer.prev_sibling
    if isinstance(before, Node) and before.type == symbols.trailer and before.children[0].value == ".":
        before = before.children[1]
    return str(before.value) if isinstance(before, Leaf) and before.type == token.NAME else None


def _names_for(bound: Mapping[str, frozenset[str]], leaves: frozenset[str]) -> frozenset[str]:
    """Local names of imports whose own last name is one of `leaves`."""
    return frozenset(
        local for local, objects in bound.items() if any(dotted.rpartition(".")[2] in leaves for dotted in objects)
    )


def _is_bare_generator(argument: Leaf | Node) -> bool:
    """`f(x for x in y)`: nothing can follow it."""
    return isinstance(argument, Node) and any(child.type == symbols.comp_for for child in argument.children)


def _binds(leaf: Leaf, before: str) -> bool:
    """May the name be bound here to something else? What only reads it does not count."""
    following = leaf.next_sibling
    if leaf.parent.type == symbols.argument:
        return bool(following is not None and str(following).strip() == ":=")
    if before in _BINDERS or (isinstance(following, Leaf) and following.value in _ASSIGNERS):
        return True
    node: Leaf | Node = leaf
    while node.parent is not None:
        kind, sibling = node.parent.type, node.next_sibling
        if kind in (symbols.power, symbols.trailer, symbols.suite, symbols.decorator):
            return False
        if kind in _PARAMETERS or kind == symbols.tname:
            is_value = str(node.prev_sibling or "").strip() in ("=", ":")
            return not is_value
        if kind == symbols.expr_stmt:
            return sibling is not None and (sibling.type == symbols.annassign or str(sibling).strip().endswith("="))
        if kind in (symbols.for_stmt, symbols.comp_for):
            return str(node.prev_sibling).strip() == "for"
        if kind == symbols.except_clause:
            return str(node.prev_sibling or "").strip() in ("as", ",")
        if kind in (symbols.with_item, symbols.with_stmt):
            return str(node.prev_sibling or "").strip() == "as"
        if kind in (symbols.del_stmt, symbols.global_stmt):
            return True
        node = node.parent
    return False


def _in_import(leaf: Leaf) -> bool:
    node = leaf.parent
    while node is not None:
        if node.type in (symbols.import_from, symbols.import_name):
            return True
        node = node.parent
    return False
