"""Sites of a file that this interpreter cannot parse but fissix can, such as a newer f-string on an older Python."""

from __future__ import annotations

from collections.abc import Iterator

from fissix.pgen2 import token
from fissix.pygram import python_symbols as symbols
from fissix.pytree import Leaf, Node

from migrate.edits import Span
from migrate.findings import Finding
from migrate.locate import CallSite, ImportSite, Located
from migrate.modules import ModuleName, module_of, resolve_relative
from migrate.moves import MoveIndex
from migrate.plan import Call, Plan
from migrate.refs import ObjectRef
from migrate.rewrite import CompiledQuery, NotRewritable
from migrate.source import Source, UnparsableSource
from phases.call_arguments import arguments, keyword_leaf, keywords, spreads_mapping
from phases.import_names import read_import_list
from phases.patterns import import_source

_BINDERS = frozenset({"class", "def", "as", "for", "global", "nonlocal", "del"})
_PARAMETERS = frozenset({symbols.parameters, symbols.typedargslist, symbols.varargslist, symbols.lambdef})


def locate_in_unparsable(
    path: str, source: Source, error: UnparsableSource, plan: Plan, phase: int, query: CompiledQuery
) -> Located:
    """Find the sites in a file that CPython rejects, where fissix reads it and the names leave no doubt.

    Without symbol tables a call counts only if its name is bound by imports of the callee and by nothing else
    anywhere in the file.

    Returns:
        The sites; or one `unparseable` finding where neither parser reads the file or a name is in doubt.
    """
    try:
        text = source.text
        tree = query.parse(text if text.endswith("\n") else text + "\n")
    except (UnparsableSource, NotRewritable):
        return Located(findings=(_unparseable(path, error, phase, plan),))
    found = _Unparsable(path, source, text, tree, module_of(path, plan.plan.source_roots), plan)
    imports = tuple(found.imports()) if phase in (3, 5) else ()
    calls, doubt = found.calls() if phase in (4, 5) else ((), False)
    return Located(imports, calls, (_unparseable(path, error, phase, plan),) if doubt else ())


def _unparseable(path: str, error: UnparsableSource, phase: int, plan: Plan) -> Finding:
    table = plan.phase3 if phase == 3 else plan.phase4
    subject = ""
    if table is not None:
        subject = str(table.move[0].old if hasattr(table, "move") else table.call[0].callee)
    return Finding(
        phase, path, error.line, error.column, "unparseable", subject,
        f"the file does not parse ({error.reason}), so its sites cannot be located; mend it, or leave it out with "
        "exclude",
    )  # fmt: skip


class _Unparsable:
    def __init__(self, path: str, source: Source, text: str, tree: Node, name: ModuleName, plan: Plan) -> None:
        self._path = path
        self._source = source
        self._text = text
        self._tree = tree
        self._name = name
        self._plan = plan
        self._moves = MoveIndex.of(plan)
        self._starts: dict[int, int] = {}
        at = 0
        for leaf in tree.leaves():
            self._starts[id(leaf)] = at + len(leaf.prefix)
            at += len(leaf.prefix) + len(leaf.value)

    def imports(self) -> Iterator[ImportSite]:
        for node in self._import_nodes():
            module, names = self._imported(node)
            moved = [name for name, _ in names if module and self._moves.new_home(module, name)]
            if moved:
                subject = ", ".join(str(ObjectRef(module, name)) for name in moved)
                yield ImportSite(self._span(node), subject, None)

    def calls(self) -> tuple[tuple[CallSite, ...], bool]:
        """The call sites, and whether some call is in doubt."""
        assert self._plan.phase4 is not None
        wanted = {call.callee.dotted: call for call in self._plan.phase4.call}
        bound: dict[str, Call] = {}
        for node in self._import_nodes():
            module, names = self._imported(node)
            for name, local in names:
                if f"{module}.{name}" in wanted:
                    bound[local] = wanted[f"{module}.{name}"]
        sites: list[CallSite] = []
        doubt = False
        for node in self._tree.pre_order():
            call = self._called(node, bound)
            if call is None:
                continue
            trailer = node.children[1]
            passed = keywords(trailer)
            if not any(name in passed for name in (*call.rename, *call.remove)):
                continue
            clash = any(a in passed and b in passed for a, b in call.rename.items())
            if clash or spreads_mapping(trailer) or self._is_bound_elsewhere(node.children[0].value):
                doubt = True
                continue
            values = tuple(
                self._span(a.children[2] if keyword_leaf(a) is not None else a) for a in arguments(trailer)
            )
            sites.append(
                CallSite(
                    Span(self._span(node.children[0]).start, self._span(trailer).end),
                    self._span(node.children[0]),
                    values,
                    call,
                    None,
                )
            )
        return tuple(sites), doubt

    def _import_nodes(self) -> Iterator[Node]:
        for node in self._tree.pre_order():
            if node.type == symbols.import_from:
                yield node

    def _imported(self, node: Node) -> tuple[str, list[tuple[str, str]]]:
        module = resolve_relative(self._name, *import_source(node)) or ""
        return module, [(name.name, name.bound) for name in read_import_list(node).names]

    @staticmethod
    def _called(node: Leaf | Node, bound: dict[str, Call]) -> Call | None:
        if node.type != symbols.power or not isinstance(node.children[0], Leaf):
            return None
        trailer = node.children[1]
        if trailer.type != symbols.trailer or trailer.children[0].type != token.LPAR:
            return None
        return bound.get(node.children[0].value)

    def _is_bound_elsewhere(self, name: str) -> bool:
        before = ""
        for leaf in self._tree.leaves():
            if leaf.type == token.NAME and leaf.value == name and not _in_import(leaf):
                following = leaf.next_sibling
                assigned = isinstance(following, Leaf) and following.value in ("=", ":=", ":", ",")
                if before in _BINDERS or assigned or leaf.parent.type in _PARAMETERS:
                    return True
            before = leaf.value
        return False

    def _span(self, node: Leaf | Node) -> Span:
        leaves = list(node.leaves())
        start = self._starts[id(leaves[0])]
        end = self._starts[id(leaves[-1])] + len(leaves[-1].value)
        return Span(self._bytes(start), self._bytes(end))

    def _bytes(self, characters: int) -> int:
        return self._source.bom + len(self._text[:characters].encode(self._source.encoding))


def _in_import(leaf: Leaf) -> bool:
    node = leaf.parent
    while node is not None:
        if node.type == symbols.import_from:
            return True
        node = node.parent
    return False
