"""What `from module import *` binds, where the module's text makes that certain."""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from migrate.modules import ModuleName, resolve_relative
from migrate.provenance import attributes, imported, root_name
from migrate.syntax import DEFINITIONS

ExportsOf = Callable[[str], frozenset[str] | None]

_UNKNOWN = frozenset({""})
"""Stands for an `__all__` that is not certain; no name is empty."""
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_EXITS = frozenset({"exit", "_exit", "quit"})
_TAKES_MODULE_NAME = frozenset(
    {"getLogger", "get_logger", "files", "warn", "print", "str", "repr", "Flask", "Blueprint"}
)
"""Functions that bind nothing in the module whose `__name__` they are given."""
_BINDS_ELSEWHERE = frozenset({"_convert_", "global_enum"})
_READS_NAMESPACE = frozenset({"get", "keys", "values", "items", "copy"})
_READS_LIST = frozenset({"len", "list", "tuple", "set", "frozenset", "sorted", "iter", "print", "dict", "enumerate"})
_SWALLOWS_NOTHING = frozenset({"open", "catch_warnings"})


def star_exports(tree: ast.Module, importer: ModuleName, of: ExportsOf) -> frozenset[str] | None:
    """The names that `from module import *` binds.

    Submodules that an `__init__` itself imports are attributes of the package and so among its public names; those
    that only other modules import are not known here.

    Args:
        tree: the module. importer: its name.
        of: the same for another module, by its dotted name; None where that is not certain, as in a circle.
    Returns:
        What a literal `__all__` lists, or else the public names bound at module level; None when either is not
        certain, or loading the module fails.

    https://docs.python.org/3/reference/simple_stmts.html#the-import-statement
    """
    reader = _Reader(importer, of)
    end = reader.run(tree.body, _State())
    if end is None or end.listed == _UNKNOWN:
        return None
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    if end.listed is not None:
        others = (node for node in _names(tree, "__all__") if node not in reader.understood)
        return end.listed if all(_only_reads_list(node, parents) for node in others) else None
    if end.is_open or any(_is_public(name) for name in end.unsure) or _may_supply_list(tree, reader.understood):
        return None
    public = frozenset(name for name in end.bound if _is_public(name))
    if not _bound_by_functions(tree) <= public or any(_binds_unseen(node, parents) for node in ast.walk(tree)):
        return None
    return public


@dataclass(slots=True)
class _State:
    """The module's names at one point while it is loaded.

    Attributes:
        bound: names that are there, with the dotted object where an import tells. unsure: those that may be there.
        listed: `__all__`, None when there is none.
        is_open: a star import has bound more, and it is not known what.
    """

    bound: dict[str, str | None] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()
    listed: frozenset[str] | None = None
    is_open: bool = False

    def bind(self, name: str, dotted: str | None = None) -> None:
        self.bound[name] = dotted
        self.unsure -= {name}
        if name == "__all__":
            self.listed = _UNKNOWN

    def unbind(self, name: str) -> None:
        self.bound.pop(name, None)
        self.unsure -= {name}
        if name == "__all__":
            self.listed = None

    def may_bind(self, names: Iterable[str]) -> None:
        self.unsure |= frozenset(names) - self.bound.keys()
        if "__all__" in names:
            self.listed = _UNKNOWN

    def copy(self) -> _State:
        return replace(self, bound=dict(self.bound))


def _join(states: Iterable[_State | None]) -> _State | None:
    """Where several ways meet; None stands for one that nothing comes out of."""
    living = [state for state in states if state is not None]
    if not living:
        return None
    first, *others = living
    everywhere = set(first.bound).intersection(*(state.bound for state in others))
    somewhere = frozenset().union(*(state.unsure | state.bound.keys() for state in living))
    return _State(
        {n: first.bound[n] if all(s.bound[n] == first.bound[n] for s in others) else None for n in everywhere},
        somewhere - everywhere,
        first.listed if all(state.listed == first.listed for state in others) else _UNKNOWN,
        any(state.is_open for state in living),
    )


class _Reader:
    """Follows the ways on which a module's statements may run."""

    def __init__(self, importer: ModuleName, of: ExportsOf) -> None:
        self._importer = importer
        self._of = of
        self.understood: set[ast.AST] = set()
        """The `__all__` nodes whose effect is in the states."""

    def run(self, body: Sequence[ast.stmt], state: _State | None, passed: list[_State] | None = None) -> _State | None:
        """The state behind the statements; those before it are added to `passed`."""
        for statement in body:
            if state is None:
                return None
            if passed is not None:
                passed.append(state.copy())
            state = self._step(statement, state)
        return state

    def _step(self, statement: ast.stmt, state: _State) -> _State | None:
        match statement:
            case ast.If(test=test, body=body, orelse=orelse):
                self._evaluate(test, state)
                outcome = _outcome(test)
                return _join(
                    self.run(block, state.copy())
                    for block, excluded in ((body, False), (orelse, True))
                    if outcome is not excluded
                )
            case ast.Try() | ast.TryStar():
                return self._try(statement, state)
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._loop(statement, state)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                for item in items:
                    self._evaluate(item, state)
                passed: list[_State] = []
                after = self.run(body, state, passed)
                if all(_callee(item.context_expr) in _SWALLOWS_NOTHING for item in items):
                    return after
                return _join([after, *passed])
            case ast.Match():
                return self._match(statement, state)
            case ast.Raise():
                return None
            case ast.Expr(value=ast.Call() as call) if _callee(call) in _EXITS:
                return None
            case ast.Import() | ast.ImportFrom():
                self._import(statement, state)
            case ast.Delete(targets=targets):
                for node in (n for target in targets for n in ast.walk(target)):
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
                        self.understood.add(node)
                        state.unbind(node.id)
            case _ if not self._assigns_list(statement, state):
                self._evaluate(statement, state)
        return state

    def _try(self, statement: ast.Try | ast.TryStar, state: _State) -> _State | None:
        passed: list[_State] = []
        after = self.run(statement.body, state.copy(), passed)
        raised = _join([*passed, after])
        ends = [self.run(statement.orelse, after)]
        for handler in statement.handlers:
            assert raised is not None
            entered = raised.copy()
            if handler.name:
                entered.bind(handler.name)
            left = self.run(handler.body, entered)
            if left is not None and handler.name:
                left.unbind(handler.name)
            ends.append(left)
        return self.run(statement.finalbody, _join(ends))

    def _loop(self, statement: ast.For | ast.AsyncFor | ast.While, state: _State) -> _State | None:
        if isinstance(statement, ast.While):
            self._evaluate(statement.test, state)
            once = self.run(statement.body, state.copy())
            return _join([state.copy(), once, self.run(statement.orelse, _join([state, once]))])
        self._evaluate(statement.iter, state)
        before = state.copy()
        self._evaluate(statement.target, state)
        passed: list[_State] = []
        runs_once = isinstance(statement.iter, (ast.Tuple, ast.List)) and any(
            not isinstance(element, ast.Starred) for element in statement.iter.elts
        )
        once = self.run(statement.body, state.copy(), passed)
        after = _join([*passed, once] if runs_once else [before, *passed, once])
        ended = self.run(statement.orelse, None if after is None else after.copy())
        if any(isinstance(node, ast.Break) for part in statement.body for node in ast.walk(part)):
            return _join([after, ended])
        return ended

    def _match(self, statement: ast.Match, state: _State) -> _State | None:
        self._evaluate(statement.subject, state)
        ends: list[_State | None] = []
        for case in statement.cases:
            captured = {str(n) for p in ast.walk(case.pattern) for n in (_captured(p),) if n}
            entered = state.copy()
            for name in captured:
                entered.bind(name)
            ends.append(self.run(case.body, entered))
            state.may_bind(captured)
        last = statement.cases[-1]
        if not (last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None):
            ends.append(state)
        return _join(ends)

    def _import(self, statement: ast.Import | ast.ImportFrom, state: _State) -> None:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                self._bind_submodule(alias.name, state)
        else:
            module = resolve_relative(self._importer, statement.level, statement.module or "")
            if module is None:
                state.is_open = True
                return
            self._bind_submodule(module, state)
            if statement.names[0].name == "*":
                names = self._of(module)
                state.is_open |= names is None
                for name in names or ():
                    state.bind(name, f"{module}.{name}")
                return
        for local, dotted, _alias in imported(statement, self._importer):
            state.bind(local, dotted)
            if local == "__all__":
                state.listed = self._listed_by(dotted)

    def _bind_submodule(self, module: str, state: _State) -> None:
        """Loading a submodule binds it in its package."""
        package = self._importer.name + "."
        if self._importer.is_package and module.startswith(package):
            name = module.removeprefix(package).partition(".")[0]
            state.bind(name, package + name)

    def _assigns_list(self, statement: ast.stmt, state: _State) -> bool:
        """Is it a plain change of `__all__`? Then the state knows."""
        match statement:
            case ast.Assign(targets=[ast.Name(id="__all__") as target], value=value):
                listed = self._strings(value, state)
            case ast.AnnAssign(target=ast.Name(id="__all__") as target, value=ast.expr() as value):
                listed = self._strings(value, state)
            case ast.AugAssign(target=ast.Name(id="__all__") as target, op=ast.Add(), value=value):
                listed = _union(state.listed, self._strings(value, state))
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id="__all__") as target, attr=method), args=[value], keywords=[]
                )
            ) if method in ("append", "extend", "remove"):
                given = self._strings(value if method == "extend" else ast.List([value]), state)
                if method == "remove":
                    listed = None if given is None or state.listed is None else state.listed - given
                else:
                    listed = _union(state.listed, given)
            case _:
                return False
        self._evaluate(value, state)
        state.bind("__all__")
        state.listed = _UNKNOWN if listed is None or listed >= _UNKNOWN else listed
        self.understood |= {target, *_names(value, "__all__")}
        return True

    def _strings(self, value: ast.expr, state: _State) -> frozenset[str] | None:
        """The strings in a literal list or tuple, or in what is put together from such; None for anything else."""
        match value:
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                found: frozenset[str] | None = frozenset()
                for element in elements:
                    match element:
                        case ast.Constant(value=str(name)):
                            found = _union(found, frozenset({name}))
                        case ast.Starred(value=inner):
                            found = _union(found, self._strings(inner, state))
                        case _:
                            return None
                return found
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _union(self._strings(left, state), self._strings(right, state))
            case ast.Call(func=ast.Name(id="list" | "tuple" | "sorted"), args=[inner], keywords=[]):
                return self._strings(inner, state)
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(words)), attr="split"), args=[], keywords=[]):
                return frozenset(words.split())
            case ast.Name(id="__all__"):
                return state.listed
            case ast.Name() | ast.Attribute():
                root = root_name(value)
                dotted = state.bound.get(root.id) if root is not None else None
                return None if dotted is None else self._listed_by(".".join([dotted, *attributes(value)]))
        return None

    def _listed_by(self, dotted: str) -> frozenset[str] | None:
        """`pkg.mod.__all__`; a module that has one exports just that."""
        module, _, name = dotted.rpartition(".")
        return self._of(module) if name == "__all__" else None

    def _evaluate(self, node: ast.AST, state: _State) -> None:
        """Bind what an expression, a definition or a simple statement binds."""
        for name, is_certain in _stored(node, is_certain=True):
            if is_certain:
                state.bind(name)
            else:
                state.may_bind([name])


def _union(left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    return None if left is None or right is None else left | right


def _stored(node: ast.AST, *, is_certain: bool) -> Iterator[tuple[str, bool]]:
    """Names that a node binds in the scope it stands in, and whether it is certain to come to that."""
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Store):
            yield node.id, is_certain
        return
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return
    if isinstance(node, _COMPREHENSIONS):
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr):
                yield inner.target.id, False
        return
    for name, value in ast.iter_fields(node):
        if isinstance(node, (*DEFINITIONS, ast.Lambda)) and name in ("body", "type_params"):
            continue
        children = value if isinstance(value, list) else [value]
        for index, child in enumerate(children):
            if isinstance(child, ast.AST):
                may_be_skipped = (
                    (isinstance(node, (ast.BoolOp, ast.Compare)) and index > 0) or name in ("orelse", "msg")
                ) or (isinstance(node, ast.IfExp) and name == "body")
                yield from _stored(child, is_certain=is_certain and not may_be_skipped)
    if isinstance(node, DEFINITIONS):
        yield node.name, is_certain


def _captured(pattern: ast.AST) -> str | None:
    if isinstance(pattern, ast.MatchMapping):
        return pattern.rest
    return pattern.name if isinstance(pattern, (ast.MatchAs, ast.MatchStar)) else None


def _outcome(test: ast.expr) -> bool | None:
    """What a condition is when another module imports this one; None when only running it could tell."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            outcome = _outcome(operand)
            return None if outcome is None else not outcome
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]):
            return False
    return None


def _callee(call: ast.expr) -> str:
    """The last name of what is called, `getLogger` of `logging.getLogger(…)`; empty for what is no plain call."""
    match call:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
    return ""


def _may_supply_list(tree: ast.Module, understood: Container[ast.AST]) -> bool:
    """May there be an `__all__` that the statements do not show? A star import asks `__getattr__` for it, too."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id="__all__") if node not in understood:
                return True
            case ast.Constant(value="__all__"):
                return True
            case ast.FunctionDef(name="__getattr__", body=body) if node in tree.body:
                if not isinstance(body[-1], ast.Raise):
                    return True
    return False


def _is_public(name: str) -> bool:
    return not name.startswith("_")


def _names(tree: ast.AST, name: str) -> list[ast.Name]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name]


def _bound_by_functions(tree: ast.Module) -> frozenset[str]:
    """Public names that functions or classes declare `global`; with a deletion among them, one that is never bound."""
    found: set[str] = set()
    for definition in ast.walk(tree):
        if isinstance(definition, DEFINITIONS):
            inside = list(ast.walk(definition))
            declared = {name for node in inside if isinstance(node, ast.Global) for name in node.names}
            found |= {name for name in declared if _is_public(name)}
            if any(isinstance(n, ast.Name) and isinstance(n.ctx, ast.Del) and n.id in declared for n in inside):
                found.add("")
    return frozenset(found)


def _only_reads_list(node: ast.Name, parents: dict[ast.AST, ast.AST]) -> bool:
    """Does this use of `__all__` leave the list as it is?"""
    match parents[node]:
        case ast.For(iter=used) | ast.comprehension(iter=used):
            return used is node
        case ast.Compare() | ast.Return() | ast.BinOp():
            return True
        case ast.Subscript(ctx=ast.Load()):
            return True
        case ast.Call() as call:
            return _callee(call) in _READS_LIST
    return False


def _binds_unseen(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """May this node bind names of the module in a way that its statements do not show?"""
    match node:
        case ast.Name(id="exec"):
            parent = parents[node]
            return not (isinstance(parent, ast.Call) and parent.func is node and len(parent.args) > 1)
        case ast.Name(id="globals" | "locals" | "vars"):
            call = parents[node]
            if not (isinstance(call, ast.Call) and call.func is node):
                return True
            return not (call.args or _only_reads_namespace(call, parents, is_global=node.id == "globals"))
        case ast.Name(id="__name__"):
            parent = parents[node]
            if isinstance(parent, ast.keyword):
                parent = parents[parent]
            if isinstance(parent, ast.Subscript):
                return _last_name(parent.value) == "modules"
            return isinstance(parent, ast.Call) and _callee(parent) not in _TAKES_MODULE_NAME
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _BINDS_ELSEWHERE
    return False


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _only_reads_namespace(call: ast.Call, parents: dict[ast.AST, ast.AST], *, is_global: bool) -> bool:
    around: ast.AST | None = call
    while not is_global and around is not None:
        around = parents.get(around)
        if isinstance(around, (*DEFINITIONS, ast.Lambda)):
            return True  # the names of a function, or of a class
    match parents[call]:
        case ast.Subscript(ctx=ast.Load(), value=used):
            return used is call
        case ast.Attribute(attr=name):
            return name in _READS_NAMESPACE
        case ast.Compare():
            return True
    return False
