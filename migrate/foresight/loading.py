"""What happens, step by step, while a module is loaded; and where an import would find another one half loaded."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from migrate.foresight.surface import assigned
from migrate.foresight.uses import accumulated, catches
from migrate.load_graph import outcome
from migrate.modules import ModuleName, resolve_relative
from migrate.provenance import attributes, imported, root_name
from migrate.source import Source, UnparsableSource
from migrate.syntax import bodies


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a module does while it is loaded.

    Attributes:
        does: import a module, take names from one, take all it has, bind names, or read what is behind a dotted path.
        module: what is imported, or the dotted path. names: taken or bound.
        is_hidden: an error is caught.
    """

    does: Literal["import", "take", "star", "bind", "read"]
    line: int
    module: str = ""
    names: tuple[str, ...] = ()
    is_hidden: bool = False


@dataclass(frozen=True)
class Script:
    """All that a module does while it is loaded, in order.

    Attributes:
        is_open: it may have names that no step binds.
    """

    steps: tuple[Step, ...] = ()
    is_open: bool = False


def read_script(content: bytes, importer: ModuleName) -> Script:
    """The steps of a module; none of one that CPython does not read.

    Of a condition that only running the code could decide, both branches count, one after the other; functions are
    not followed.
    """
    try:
        tree = Source(content).parse()
    except (UnparsableSource, RecursionError):
        return Script(is_open=True)
    steps = tuple(_Reader(importer, tree).steps(tree.body, is_hidden=False))
    is_open = any(step.does == "bind" and "__getattr__" in step.names for step in steps)
    return Script(steps, is_open)


class _Reader:
    def __init__(self, importer: ModuleName, tree: ast.Module) -> None:
        self._importer = importer
        self._modules: dict[str, str] = {}
        self._annotates = not any(
            isinstance(s, ast.ImportFrom) and s.module == "__future__" and any(a.name == "annotations" for a in s.names)
            for s in tree.body
        )

    def steps(self, body: Sequence[ast.stmt], *, is_hidden: bool, in_class: bool = False) -> Iterator[Step]:
        for statement in body:
            match statement:
                case ast.Import() | ast.ImportFrom():
                    yield from self._import(statement, is_hidden, in_class)
                case ast.If(test=test, body=then, orelse=otherwise):
                    yield from self._expression(test, is_hidden)
                    decided = outcome(test)
                    for block, excluded in ((then, False), (otherwise, True)):
                        if decided is not excluded:
                            yield from self.steps(block, is_hidden=is_hidden, in_class=in_class)
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    yield from self._define(statement, is_hidden, in_class)
                case ast.Try() | ast.TryStar():
                    caught = bool(catches(statement, {"ImportError", "AttributeError", "Exception", "BaseException"}))
                    yield from self.steps(statement.body, is_hidden=is_hidden or caught, in_class=in_class)
                    # What handles an error comes before what follows: it runs only after one.
                    for block in (*(h.body for h in statement.handlers), statement.orelse, statement.finalbody):
                        yield from self.steps(block, is_hidden=is_hidden or caught, in_class=in_class)
                case _:
                    inside = list(bodies(statement))
                    if not inside:
                        yield from self._expression(statement, is_hidden)
                    hidden = is_hidden or bool(catches(statement, {"ImportError", "Exception"}))
                    names = tuple(name for name, _ in assigned(statement))
                    if names and not in_class and inside:
                        yield Step("bind", statement.lineno, names=names)
                    for block in inside:
                        yield from self.steps(block, is_hidden=hidden, in_class=in_class)
                    if names and not in_class:
                        yield Step("bind", statement.lineno, names=names)

    def _import(self, statement: ast.Import | ast.ImportFrom, is_hidden: bool, in_class: bool) -> Iterator[Step]:
        line = statement.lineno
        if isinstance(statement, ast.Import):
            yield from (Step("import", line, alias.name, is_hidden=is_hidden) for alias in statement.names)
        else:
            module = resolve_relative(self._importer, statement.level, statement.module or "")
            if module is None or module == "__future__":
                return
            names = tuple(alias.name for alias in statement.names)
            if names == ("*",):
                yield Step("star", line, module, is_hidden=is_hidden)
                return
            yield Step("take", line, module, names, is_hidden)
        bound = {local: dotted for local, dotted, _ in imported(statement, self._importer)}
        self._modules |= bound
        if not in_class:
            yield Step("bind", line, names=tuple(bound))

    def _define(
        self, statement: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, is_hidden: bool, in_class: bool
    ) -> Iterator[Step]:
        head: list[ast.AST] = [*statement.decorator_list]
        if isinstance(statement, ast.ClassDef):
            head += [*statement.bases, *statement.keywords]
        else:
            head += [*statement.args.defaults, *(each for each in statement.args.kw_defaults if each is not None)]
            if self._annotates:
                parameters = (node for node in ast.walk(statement.args) if isinstance(node, ast.arg))
                head += [each.annotation for each in parameters if each.annotation is not None]
                head += [statement.returns] if statement.returns is not None else []
        for node in head:
            yield from self._expression(node, is_hidden)
        if isinstance(statement, ast.ClassDef):
            yield from self.steps(statement.body, is_hidden=is_hidden, in_class=True)
        if not in_class:
            yield Step("bind", statement.lineno, names=(statement.name,))

    def _expression(self, node: ast.AST, is_hidden: bool) -> Iterator[Step]:
        """Reads of attributes of what the module has imported."""
        pending = [node]
        while pending:
            node = pending.pop()
            if isinstance(node, ast.Lambda):
                continue
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                root = root_name(node)
                if root is not None and root.id in self._modules:
                    path = ".".join([self._modules[root.id], *attributes(node)])
                    yield Step("read", node.lineno, path, is_hidden=is_hidden)
                    continue
            if isinstance(node, ast.AnnAssign) and not self._annotates:
                pending += [node.target, *([node.value] if node.value is not None else [])]
                continue
            pending += ast.iter_child_nodes(node)


@dataclass(frozen=True, slots=True)
class Frame:
    """A module that is being loaded, the line it is at, and what it takes there."""

    module: str
    line: int
    names: tuple[str, ...] = ()


class _Failed(Exception):
    def __init__(self, circle: tuple[Frame, ...]) -> None:
        super().__init__()
        self.circle = circle


@dataclass
class Loading:
    """Loads modules in thought.

    Attributes:
        script: of a module; None of one that does not matter, as it cannot lead back to the others.
        lazy: of redirects that import nothing while they are loaded, what each of their names is: module and name.
    """

    script: Callable[[str], Script | None]
    lazy: Mapping[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict)

    def circle(self, module: str) -> tuple[Frame, ...]:
        """The modules that are on their way to each other when loading a module fails; empty when it does not.

        The first one is the one that is found half loaded, by the last one.
        """
        self._bound: dict[str, set[str]] = {}
        self._open: set[str] = set()
        self._done: set[str] = set()
        self._stack: list[Frame] = []
        try:
            self._load(module)
        except _Failed as failed:
            return failed.circle
        return ()

    def _load(self, module: str) -> None:
        """A module and the packages around it."""
        for each in accumulated(module):
            script = self.script(each)
            if each in self._bound or script is None:
                continue
            self._bound[each] = set()
            if script.is_open:
                self._open.add(each)
            self._stack.append(Frame(each, 0))
            for step in () if each in self.lazy else script.steps:
                self._stack[-1] = Frame(each, step.line, step.names)
                try:
                    self._do(each, step)
                except _Failed:
                    if not step.is_hidden:
                        raise
                    del self._stack[next(i for i, f in enumerate(self._stack) if f.module == each) + 1 :]
            self._stack.pop()
            self._done.add(each)

    def _do(self, module: str, step: Step) -> None:
        match step.does:
            case "bind":
                self._bound[module].update(step.names)
            case "read":
                self._read(step.module.split("."))
            case _:
                self._load(step.module)
                if step.does == "star":
                    self._bound[module] |= self._bound.get(step.module, set())
                    if step.module not in self._bound or step.module in self._open:
                        self._open.add(module)
                for name in step.names:
                    self._take(step.module, name)

    def _take(self, module: str, name: str) -> None:
        if module in self.lazy and name in self.lazy[module]:
            home, original = self.lazy[module][name]
            self._load(home)
            self._take(home, original)
            return
        inside = f"{module}.{name}"
        if self.script(inside) is not None and name not in self._bound.get(module, ()):
            self._load(inside)
        elif self._lacks(module, name):
            self._fail(module)

    def _read(self, path: Sequence[str]) -> None:
        """Attributes of a module: those of the longest one on the path that is being loaded."""
        for length in range(len(path) - 1, 0, -1):
            module = ".".join(path[:length])
            if module in self._bound:
                name = path[length]
                if f"{module}.{name}" not in self._bound and self._lacks(module, name):
                    self._fail(module)
                return

    def _lacks(self, module: str, name: str) -> bool:
        is_half = module in self._bound and module not in self._done and module not in self._open
        return is_half and name not in self._bound[module] and not (name.startswith("__") and name.endswith("__"))

    def _fail(self, module: str) -> None:
        at = next((i for i, frame in enumerate(self._stack) if frame.module == module), None)
        if at is not None:
            raise _Failed(tuple(self._stack[at:]))
