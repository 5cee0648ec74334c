"""What happens, step by step, while a module is loaded; and where an import would find another one half loaded."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from migrate.foresight.surface import assigned
from migrate.foresight.uses import accumulated, catches
from migrate.load_graph import outcome
from migrate.modules import ModuleName, resolve_relative
from migrate.provenance import attributes, imported, root_name
from migrate.source import Source, UnparsableSource
from migrate.syntax import bodies


class Step(Struct, frozen=True):
    """One thing that a module does while it is loaded.

    Attributes:
        does: import a module, take names from one, take all it has, bind names, or read attributes of one.
        module: what is imported, or read. names: taken or bound; of a read, one behind the other.
        caught: errors that do not end the loading.
    """

    does: Literal["import", "take", "star", "bind", "read"]
    line: int
    module: str = ""
    names: tuple[str, ...] = ()
    caught: frozenset[str] = frozenset()


class Script(Struct, frozen=True):
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
    steps = tuple(_Reader(importer, tree).steps(tree.body, frozenset()))
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

    def steps(self, body: Sequence[ast.stmt], caught: frozenset[str], *, in_class: bool = False) -> Iterator[Step]:
        for statement in body:
            match statement:
                case ast.Import() | ast.ImportFrom():
                    yield from self._import(statement, caught, in_class)
                case ast.If(test=test, body=then, orelse=otherwise):
                    yield from self._expression(test, caught)
                    decided = outcome(test)
                    for block, excluded in ((then, False), (otherwise, True)):
                        if decided is not excluded:
                            yield from self.steps(block, caught, in_class=in_class)
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    yield from self._define(statement, caught, in_class)
                case ast.Try() | ast.TryStar():
                    inside = caught | _caught(statement)
                    yield from self.steps(statement.body, inside, in_class=in_class)
                    # What handles an error comes before what follows: it runs only after one.
                    for block in (*(h.body for h in statement.handlers), statement.orelse, statement.finalbody):
                        yield from self.steps(block, inside, in_class=in_class)
                case _:
                    blocks = list(bodies(statement))
                    if not blocks:
                        yield from self._expression(statement, caught)
                    names = tuple(name for name, _ in assigned(statement))
                    if names and not in_class and blocks:
                        yield Step("bind", statement.lineno, names=names)
                    for block in blocks:
                        yield from self.steps(block, caught | _caught(statement), in_class=in_class)
                    if names and not in_class:
                        yield Step("bind", statement.lineno, names=names)

    def _import(self, statement: ast.Import | ast.ImportFrom, caught: frozenset[str], in_class: bool) -> Iterator[Step]:
        line = statement.lineno
        if isinstance(statement, ast.Import):
            yield from (Step("import", line, alias.name, caught=caught) for alias in statement.names)
        else:
            module = resolve_relative(self._importer, statement.level, statement.module or "")
            if module is None or module == "__future__":
                return
            names = tuple(alias.name for alias in statement.names)
            if names == ("*",):
                yield Step("star", line, module, caught=caught)
                return
            yield Step("take", line, module, names, caught)
        bound = {local: dotted for local, dotted, _ in imported(statement, self._importer)}
        self._modules |= bound
        if not in_class:
            yield Step("bind", line, names=tuple(bound))

    def _define(
        self, statement: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, caught: frozenset[str], in_class: bool
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
            yield from self._expression(node, caught)
        if isinstance(statement, ast.ClassDef):
            yield from self.steps(statement.body, caught, in_class=True)
        if not in_class:
            yield Step("bind", statement.lineno, names=(statement.name,))

    def _expression(self, node: ast.AST, caught: frozenset[str]) -> Iterator[Step]:
        """Reads of attributes of what the module has imported."""
        pending = [node]
        while pending:
            node = pending.pop()
            if isinstance(node, ast.Lambda):
                continue
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                root = root_name(node)
                if root is not None and root.id in self._modules:
                    yield Step("read", node.lineno, self._modules[root.id], tuple(attributes(node)), caught)
                    continue
            if isinstance(node, ast.AnnAssign) and not self._annotates:
                pending += [node.target, *([node.value] if node.value is not None else [])]
                continue
            pending += ast.iter_child_nodes(node)


def _caught(statement: ast.stmt) -> frozenset[str]:
    """Which of the errors that a module half loaded gives rise to does a statement catch?"""
    kinds = ("ImportError", "AttributeError")
    return frozenset(kind for kind in kinds if catches(statement, {kind, "Exception", "BaseException"}))


class Frame(Struct, frozen=True):
    """A module that is being loaded, and the line it is at; 0 for a lazy redirect that looks up a name."""

    module: str
    line: int


class _Failed(Exception):
    def __init__(self, circle: tuple[Frame, ...], error: str) -> None:
        super().__init__()
        self.circle = circle
        self.error = error


class TooMuch(Exception):
    """It cannot be told how the loading of a module ends."""


_MOST_STEPS = 50_000
"""For one module: a module that fails in a `try` is loaded again where it is imported next."""


@dataclass
class Loading:
    """Loads modules in thought.

    Attributes:
        script: of a module; None of one that does not matter, as it cannot lead back to the others.
        lazy: of redirects that import nothing while they are loaded, what each of their names is: module and name.
        steps: how many have been gone through so far.
    """

    script: Callable[[str], Script | None]
    lazy: Mapping[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict)

    steps: int = 0

    def circle(self, module: str) -> tuple[Frame, ...]:
        """The modules that are on their way to each other when loading a module fails; empty when it does not.

        The first one is the one that is found half loaded, by the last one.

        Raises:
            TooMuch: modules are loaded again and again, or a chain is too long.
        """
        self._last_step = self.steps + _MOST_STEPS
        self._bound: dict[str, set[str]] = {}
        self._open: set[str] = set()
        self._done: set[str] = set()
        self._stack: list[Frame] = []
        try:
            self._load(module)
        except _Failed as failed:
            return failed.circle
        except RecursionError:
            raise TooMuch from None
        return ()

    def loads(self, module: str) -> bool:
        """Does nothing fail, as far as can be told, when a module is the first one that is loaded?"""
        try:
            return not self.circle(module)
        except TooMuch:
            return True

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
                self.steps += 1
                if self.steps > self._last_step:
                    raise TooMuch
                self._stack[-1] = Frame(each, step.line)
                try:
                    self._do(each, step)
                except _Failed as failed:
                    if failed.error not in step.caught:
                        raise
                    at = next(i for i, frame in enumerate(self._stack) if frame.module == each)
                    for frame in self._stack[at + 1 :]:  # as if they had never been loaded
                        if frame.module not in self._done:  # a lazy redirect that was asked for a name
                            del self._bound[frame.module]
                    del self._stack[at + 1 :]
            self._stack.pop()
            self._done.add(each)

    def _do(self, module: str, step: Step) -> None:
        match step.does:
            case "bind":
                self._bound[module].update(step.names)
            case "read":
                self._read(step.module, step.names)
            case _:
                self._load(step.module)
                if step.does == "star":
                    for name in self._unloaded(step.module):
                        self._take(step.module, name)
                    self._bound[module] |= self._bound.get(step.module, set())
                    self._bound[module].update(self.lazy.get(step.module, ()))
                    if step.module not in self._bound or step.module in self._open:
                        self._open.add(module)
                for name in step.names:
                    self._take(step.module, name)

    def _unloaded(self, module: str) -> Mapping[str, tuple[str, str]]:
        """What a module loads only when it is asked for it: each name that is not bound there."""
        bound = self._bound.get(module, ())
        return {name: home for name, home in self.lazy.get(module, {}).items() if name not in bound}

    def _take(self, module: str, name: str) -> None:
        if (later := self._unloaded(module).get(name)) is not None:
            self._stack.append(Frame(module, 0))
            try:
                self._load(later[0])
                self._take(*later)
            except _Failed as failed:
                raise _Failed(failed.circle, "ImportError") from None  # whatever it was
            self._stack.pop()
            return
        inside = f"{module}.{name}"
        if self.script(inside) is not None and name not in self._bound.get(module, ()):
            self._load(inside)
        elif self._lacks(module, name):
            self._fail(module, "ImportError")

    def _read(self, module: str, names: Sequence[str]) -> None:
        """Attributes, of modules in packages and then of what is in one; a package gets a module when that is done."""
        for name in names:
            if name in self._unloaded(module):
                self._take(module, name)
                return
            inside = f"{module}.{name}"
            if name not in self._bound.get(module, ()):
                if inside in self._bound and inside not in self._done:
                    self._fail(inside, "AttributeError")
                elif inside not in self._bound and self._lacks(module, name):
                    self._fail(module, "AttributeError")
            if self.script(inside) is None:
                return
            module = inside

    def _lacks(self, module: str, name: str) -> bool:
        is_half = module in self._bound and module not in self._done and module not in self._open
        return is_half and name not in self._bound[module] and not (name.startswith("__") and name.endswith("__"))

    def _fail(self, module: str, error: str) -> None:
        at = next((i for i, frame in enumerate(self._stack) if frame.module == module), None)
        if at is not None:
            raise _Failed(tuple(self._stack[at:]), error)
