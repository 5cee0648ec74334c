"""Which modules of the repository does loading a module execute, and through which chain of imports?"""

from __future__ import annotations

import ast
import re
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import accumulate

from msgspec import Struct, field

from migrate.modules import ModuleName, file_of, module_of, resolve_relative
from migrate.source import Source, UnparsableSource
from migrate.syntax import bodies

_Imported = tuple[str, tuple[str, ...]]
"""A module's absolute name, and the names that are taken from it and may be its submodules."""

_BLANK = r"[ \t\f]"
_IMPORT = re.compile(
    rf"{_BLANK}*(?:"
    rf"from\b(?P<module>[\w.{_BLANK[1:-1]}]*?)\bimport\b{_BLANK}*"
    r"(?:\((?P<listed>(?:[^)#]|#[^\n]*)*+)|(?P<names>[^\n;#]*+))"
    rf"|import\b(?P<modules>[^\n;#]*+))"
)
_COMMENT = re.compile(r"#[^\n]*")
_NOT_LOADED = re.compile(
    r"(?:async[ \t]+)?def\b"
    r"|if[ \t(]+(?:(?:\w+\.)?TYPE_CHECKING|False|0|__name__[ \t]*==[ \t]*(['\"])__main__\1)[ \t)]*:"
)


class LoadGraph(Struct, frozen=True):
    """Modules of the repository and the imports that run while each is loaded.

    These are the imports at module level and in class bodies, in `if`, `try`, `with`, `for`, `while` and `match`,
    too; not those in functions, nor those under `if TYPE_CHECKING`, `if False` and `if __name__ == "__main__"`. Of a
    condition that only running the code could decide, both branches count. Calls (`importlib.import_module`) are
    not followed. A module that cannot be parsed counts with what looks like such an import: it may be mended before it
    is loaded next.

    Attributes:
        read: the bytes of a file of the repository, or None when there is no such file.
        source_roots: where absolute imports resolve from.
    """

    read: Callable[[str], bytes | None]
    source_roots: Sequence[str]
    _files: dict[str, tuple[str, bytes] | None] = field(default_factory=dict)
    _edges: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _confirmed: set[str] = field(default_factory=set)
    _searches: dict[str, tuple[dict[str, str], deque[str]]] = field(default_factory=dict)

    def chain(self, start: str, targets: Collection[str]) -> tuple[str, ...] | None:
        """The shortest chain of modules start → … → a target in which each imports the next while it is loaded.

        The packages that `start` lies in are loaded already when its body runs, so no chain leads to or through them.

        Args:
            start: dotted name of a module. targets: likewise.
        Returns:
            The names from `start` to the target; None when there is no chain, or no such module in the repository.
        """
        if self._file(start) is None:
            return None
        loaded = frozenset(_with_packages(start))
        wanted = frozenset(targets) - loaded
        # The edges are those of a first look, which may be too many: only what a chain goes through is parsed.
        while (found := self._search(start, wanted, loaded)) is not None:
            unsure = [module for module in found[:-1] if module not in self._confirmed]
            if not unsure:
                return found
            for module in unsure:
                self._confirm(module)
        return None

    def explore(self, start: str) -> None:
        """Follow all that loading a module loads, so that `chain` from there has it at hand."""
        if self._file(start) is not None:
            self._reach(start, frozenset(), frozenset(_with_packages(start)))

    def between(self, starts: Collection[str], target: str) -> frozenset[str]:
        """The modules of the repository that loading one of `starts` may load, and that may load `target`."""
        importers: dict[str, set[str]] = {}
        seen = set(starts)
        pending = deque(seen)
        while pending:
            module = pending.popleft()
            for imported in (*self._imports(module), *_with_packages(module)):
                if imported != module:
                    importers.setdefault(imported, set()).add(module)
                if imported not in seen:
                    seen.add(imported)
                    pending.append(imported)
        found: set[str] = set()
        pending.append(target)
        while pending:
            for importer in importers.get(pending.popleft(), ()):
                if importer not in found:
                    found.add(importer)
                    pending.append(importer)
        return frozenset(module for module in found if self._file(module) is not None)

    def _search(self, start: str, wanted: frozenset[str], loaded: Collection[str]) -> tuple[str, ...] | None:
        if not wanted:
            return None
        reached = self._reach(start, wanted, loaded)
        return None if reached is None else _back(reached, start, self._searches[start][0])

    def _reach(self, start: str, wanted: frozenset[str], loaded: Collection[str]) -> str | None:
        """The first of `wanted` that a search finds; it goes on where the last one from the same start has ended."""
        importer, pending = self._searches.setdefault(start, ({}, deque([start])))
        reached = sorted(wanted & importer.keys(), key=list(importer).index)
        while pending and not reached:
            module = pending.popleft()
            for imported in self._imports(module):
                if imported not in importer and imported not in loaded:
                    importer[imported] = module
                    pending.append(imported)
                    if imported in wanted:
                        reached.append(imported)
        return reached[0] if reached else None

    def _imports(self, module: str) -> tuple[str, ...]:
        """Modules of the repository that loading `module` loads, its own packages among them."""
        if module not in self._edges:
            found = self._file(module)
            self._edges[module] = () if found is None else self._present(_written(found[1], self._name(found[0])))
        return self._edges[module]

    def _confirm(self, module: str) -> None:
        """Put what the module's tree says in the place of what its text looks like."""
        self._confirmed.add(module)
        found = self._file(module)
        assert found is not None
        try:
            tree = Source(found[1]).parse()
            self._edges[module] = self._present(_loaded(tree.body, self._name(found[0])))
            self._searches.clear()
        except (UnparsableSource, RecursionError):
            return

    def _name(self, path: str) -> ModuleName:
        return module_of(path, self.source_roots)

    def _present(self, imported: Iterable[_Imported]) -> tuple[str, ...]:
        """The modules in the repository, each once, in the order in which they are loaded."""
        found: dict[str, None] = {}
        for module, names in imported:
            found.update(dict.fromkeys(name for name in _with_packages(module) if self._file(name) is not None))
            if self._may_have_submodules(module):
                submodules = (f"{module}.{name}" for name in names)
                found.update(dict.fromkeys(name for name in submodules if self._file(name) is not None))
        return tuple(found)

    def _may_have_submodules(self, module: str) -> bool:
        """Is it a package, or a folder without `__init__`?"""
        found = self._file(module)
        if found is None:
            return module.partition(".")[0] not in sys.stdlib_module_names
        return found[0].endswith("/__init__.py")

    def _file(self, module: str) -> tuple[str, bytes] | None:
        """Path and bytes of a module of the repository."""
        if module not in self._files:
            contents: dict[str, bytes] = {}

            def exists(path: str) -> bool:
                content = self.read(path)
                if content is not None:
                    contents[path] = content
                return content is not None

            path = file_of(module, self.source_roots, exists)
            self._files[module] = None if path is None else (path, contents[path])
        return self._files[module]


def _back(module: str, start: str, importer: dict[str, str]) -> tuple[str, ...]:
    chain = [module]
    while chain[-1] != start:
        chain.append(importer[chain[-1]])
    return tuple(reversed(chain))


def _with_packages(module: str) -> Iterator[str]:
    """`a`, `a.b`, `a.b.c` of `a.b.c`."""
    return accumulate(module.split("."), lambda package, name: f"{package}.{name}")


def _written(content: bytes, importer: ModuleName) -> Iterator[_Imported]:
    """All imports that may run while a module with this text is loaded; some may stand in strings or not run."""
    text = content.decode("utf-8", errors="replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\\\n", " ")
    at = text.find("import")
    while at >= 0:
        line = text.rfind("\n", 0, at) + 1
        start = 1 + max(line - 1, text.rfind(";", line, at), text.rfind(":", line, at))
        found = _IMPORT.match(text, start)
        if found is not None and not _is_deferred(text, line, start):
            yield from _read(found, importer)
        at = text.find("import", at + 1)


def _read(found: re.Match[str], importer: ModuleName) -> Iterator[_Imported]:
    """What a match of `_IMPORT` imports."""
    if found["modules"] is not None:
        for name in _first_words(found["modules"]):
            yield name, ()
        return
    written = "".join(found["module"].split())
    name = written.lstrip(".")
    module = resolve_relative(importer, len(written) - len(name), name)
    if module:
        names = found["names"] if found["listed"] is None else _COMMENT.sub("", found["listed"])
        yield module, tuple(_first_words(names))


def _first_words(listed: str) -> Iterator[str]:
    """`a.b` and `c` of `a . b as x, c`."""
    for part in listed.split(","):
        name, _, _ = " ".join(part.split()).partition(" as ")
        if name:
            yield name.replace(" ", "")


def _is_deferred(text: str, line: int, start: int) -> bool:
    """Does the import at `start`, in the line that begins at `line`, look as if loading the module did not run it?

    The blocks around it are those whose first lines are indented less.
    """
    indent, body = _indent(text[line : text.find("\n", start)])
    if start > line and _NOT_LOADED.match(body):
        return True
    while indent and line:
        end = line - 1
        line = text.rfind("\n", 0, end) + 1
        around, body = _indent(text[line:end])
        # A line that begins with a bracket closes what began above it.
        if around < indent and body and body[0] not in ")]}#":
            if _NOT_LOADED.match(body):
                return True
            indent = around
    return False


def _indent(line: str) -> tuple[int, str]:
    """The width of the indentation, and what follows it."""
    body = line.lstrip()
    blanks = line[: len(line) - len(body)]
    return len(blanks.expandtabs()) if "\t" in blanks else len(blanks), body


def _loaded(body: Iterable[ast.stmt], importer: ModuleName) -> Iterator[_Imported]:
    """The imports that run when the statements do."""
    for statement in body:
        match statement:
            case ast.Import(names=aliases):
                yield from ((alias.name, ()) for alias in aliases)
            case ast.ImportFrom(module=relative, level=level, names=aliases):
                module = resolve_relative(importer, level, relative or "")
                if module is not None:
                    yield module, tuple(alias.name for alias in aliases)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                pass
            case ast.If(test=test, body=then, orelse=otherwise):
                decided = outcome(test)
                yield from _loaded(then if decided is not False else (), importer)
                yield from _loaded(otherwise if decided is not True else (), importer)
            case _:
                for block in bodies(statement):
                    yield from _loaded(block, importer)


def outcome(test: ast.expr) -> bool | None:
    """What a condition is while the module is loaded by another; None where only running the code could tell."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            negated = outcome(operand)
            return None if negated is None else not negated
        case ast.BoolOp(op=op, values=values):
            decisive = isinstance(op, ast.Or)
            outcomes = {outcome(value) for value in values}
            if decisive in outcomes:
                return decisive
            return None if None in outcomes else not decisive
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() as op], comparators=[right]):
            if {ast.dump(left), ast.dump(right)} == _MAIN:
                return isinstance(op, ast.NotEq)
    return None


_MAIN = {ast.dump(ast.parse(side, mode="eval").body) for side in ("__name__", "'__main__'")}
