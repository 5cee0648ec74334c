"""The surface of one module: which names it has, and where each of them comes from."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from migrate.locate.aliases import blocks
from migrate.modules import ModuleName, resolve_relative
from migrate.provenance import alternatives, attributes, imported, root_name
from migrate.source import Source, UnparsableSource
from migrate.syntax import COMPREHENSIONS, DEFINITIONS, bodies

Kind = Literal["class", "function", "value", "import"]


class Entry(Struct, frozen=True):
    """One place where a module binds one of its names.

    Attributes:
        line: from 1. size: lines of the definition.
        dotted: the object that an import, or an assignment from an imported name, binds.
        is_loaded: it is bound while the module is loaded, not for type checkers only.
    """

    name: str
    kind: Kind
    line: int
    size: int = 1
    dotted: str = ""
    is_loaded: bool = True

    @property
    def is_definition(self) -> bool:
        """Is the object made here, and not taken from elsewhere?"""
        return not self.dotted


class Surface(Struct, frozen=True):
    """What one module binds at its top level.

    Attributes:
        entries: by name, in source order.
        late: names that its functions bind by `global`, perhaps while it is loaded.
        makes_names: it puts names into its namespace by other means than statements.
        listed: the strings in its `__all__`; None without one.
        stars: modules that it imports everything from.
        is_parsed: CPython reads the file; otherwise the entries are what its lines look like.
    """

    entries: Mapping[str, tuple[Entry, ...]]
    listed: frozenset[str] | None = None
    stars: tuple[str, ...] = ()
    is_parsed: bool = True
    late: frozenset[str] = frozenset()
    makes_names: bool = False

    @property
    def is_dynamic(self) -> bool:
        """Does it answer for names that no statement of it binds?"""
        return "__getattr__" in self.entries or self.makes_names

    @property
    def makes_objects(self) -> bool:
        """Does it define a class or a function, other than to answer for names?"""
        return any(
            entry.kind in ("class", "function") and not entry.name.startswith("__")
            for entries in self.entries.values()
            for entry in entries
        )

    def binds(self, name: str) -> bool:
        return name in self.entries

    def is_public(self, name: str) -> bool:
        """May others use the name: not private, or listed in `__all__`?"""
        return name in (self.listed or ()) or not name.startswith("_")

    def is_starred(self, name: str) -> bool:
        """Would a star import take the name, if it is there?"""
        return name in self.listed if self.listed is not None else not name.startswith("_")

    def defines(self, name: str) -> bool:
        """Is the object of this name made here?"""
        return any(entry.is_definition for entry in self.entries.get(name, ()))

    def source(self, name: str) -> str | None:
        """The dotted object that the name is taken from; None where it is made here, or that is not certain."""
        taken = self.sources(name)
        return taken[0] if len(taken) == 1 and taken[0] and name not in self.late else None

    def sources(self, name: str) -> tuple[str, ...]:
        """The dotted objects that the name may be taken from, in source order; an empty one for what is made here."""
        entries = self.entries.get(name, ())
        loaded = [entry for entry in entries if entry.is_loaded]
        return tuple(dict.fromkeys(entry.dotted for entry in loaded or entries))

    def why_unclear(self, name: str) -> str:
        """Why the source cannot be told where there is one all the same, as a phrase for people; else empty."""
        taken = [":".join(filter(None, each.rpartition(".")[::2])) for each in self.sources(name) if each]
        if name in self.late:
            at_first = f" from {' or '.join(taken)} at first, and" if taken else ""
            return f"it comes{at_first} from a function that declares it `global`"
        own = [f"its own definition in line {entry.line}" for entry in self.entries.get(name, ()) if not entry.dotted]
        if len(self.sources(name)) > 1:
            return f"it comes from {' or '.join([*taken, *own[:1]])}"
        is_made = self.is_dynamic and not self.binds(name)
        return "the module may make it while it runs" if is_made else ""

    @property
    def definitions(self) -> tuple[Entry, ...]:
        """Public classes and functions made here, and values that `__all__` lists; each name once, by line."""
        found = {
            name: entry
            for name, entries in self.entries.items()
            for entry in reversed(entries)
            if entry.is_definition and self.is_public(name) and self._is_api(entry)
        }
        return tuple(sorted(found.values(), key=lambda entry: entry.line))

    def _is_api(self, entry: Entry) -> bool:
        return entry.kind != "value" or entry.name in (self.listed or ())


def read_surface(content: bytes, importer: ModuleName) -> Surface:
    """The surface of a module, also of one that no parser reads: what it replaces must be known all the same."""
    source = Source(content)
    try:
        tree = source.parse()
    except (UnparsableSource, RecursionError):
        return _surface_of_text(content, importer)
    entries: dict[str, list[Entry]] = {}
    for entry in _entries(tree, importer):
        entries.setdefault(entry.name, []).append(entry)
    for entry in list(_aliases(tree, importer, entries)):
        if held := entries.get(entry.name):  # else it is deleted again
            entries[entry.name] = [entry if each.line == entry.line else each for each in held]
    late = frozenset(_late_names(tree)) if "global" in source.text else frozenset()
    return Surface(
        {name: tuple(found) for name, found in entries.items()},
        listed_names(tree),
        tuple(_stars(tree, importer)),
        late=late,
        makes_names=_MAKES_NAMES.search(source.text) is not None and any(map(_makes_names, ast.walk(tree))),
    )


def _entries(tree: ast.Module, importer: ModuleName) -> Iterator[Entry]:
    deleted = list(_deletions(tree))
    for entry in _bound(tree, importer):
        if not any(name == entry.name and entry.line in lines for name, lines in deleted):
            yield entry


def _deletions(tree: ast.Module) -> Iterator[tuple[str, range]]:
    """Names that a `del` takes away, and the lines before it in its block: what is bound there is gone again."""
    for block in blocks(tree.body):
        for statement in block.statements if not block.scopes else ():
            if isinstance(statement, ast.Delete):
                for target in statement.targets:
                    for node in ast.walk(target):
                        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
                            yield node.id, range(block.statements[0].lineno, statement.lineno)


def _bound(tree: ast.Module, importer: ModuleName) -> Iterator[Entry]:
    for block in blocks(tree.body):
        if block.scopes:
            continue
        for statement in block.statements:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                for local, dotted, alias in imported(statement, importer):
                    yield Entry(local, "import", alias.lineno, 1, dotted, block.is_load_time)
            elif isinstance(statement, DEFINITIONS):
                kind: Kind = "class" if isinstance(statement, ast.ClassDef) else "function"
                size = (statement.end_lineno or statement.lineno) - statement.lineno + 1
                yield Entry(statement.name, kind, statement.lineno, size, "", block.is_load_time)
            else:
                for name, line in assigned(statement):
                    yield Entry(name, "value", line, 1, "", block.is_load_time)


def assigned(statement: ast.stmt) -> Iterator[tuple[str, int]]:
    """Names that a statement itself binds, with their lines; those in the blocks inside it left out."""
    if isinstance(statement, ast.AnnAssign) and statement.value is None:
        return  # an annotation alone binds nothing
    blocks_inside = {id(each) for block in bodies(statement) for each in block}
    pending: list[tuple[ast.AST, bool]] = [(node, False) for node in ast.iter_child_nodes(statement)]
    while pending:
        node, is_inner = pending.pop()
        is_inner = is_inner or isinstance(node, COMPREHENSIONS)
        match node:
            case ast.Name(id=name, ctx=ast.Store()) if not is_inner:
                yield name, node.lineno
            case ast.NamedExpr(target=ast.Name(id=name)):  # also out of a comprehension
                yield name, node.lineno
                pending.append((node.value, is_inner))
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield name, node.lineno
                pending += ((child, is_inner) for child in ast.iter_child_nodes(node))
            case ast.stmt() | ast.Lambda():
                pass
            case _:
                children = (child for child in ast.iter_child_nodes(node) if id(child) not in blocks_inside)
                pending += ((child, is_inner) for child in children)


def _late_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield from node.names


_MAKES_NAMES = re.compile(r"\b(?:globals|vars|locals|exec|setattr|eval)[ \t]*\(|\bmodules[ \t]*\[")


def _makes_names(node: ast.AST) -> bool:
    """`globals()[name] = …`, `globals().update(…)`, `exec(…)`, `setattr(sys.modules[__name__], …)` and their like."""
    match node:
        case ast.Subscript(value=ast.Call(func=ast.Name(id="globals" | "vars" | "locals"), args=[]), ctx=ast.Store()):
            return True
        case ast.Call(func=ast.Attribute(attr="update" | "setdefault" | "__setitem__", value=ast.Call(func=function))):
            return isinstance(function, ast.Name) and function.id in ("globals", "vars", "locals")
        case ast.Call(func=ast.Name(id="exec")):
            return True
        case ast.Call(func=ast.Name(id="setattr"), args=[ast.Subscript() as owner, *_]):
            return _is_itself(owner)
        case ast.Subscript(ctx=ast.Store()):
            return _is_itself(node)  # another object takes the module's place
    return False


def _is_itself(node: ast.Subscript) -> bool:
    """`sys.modules[__name__]`."""
    match node:
        case ast.Subscript(value=ast.Attribute(attr="modules"), slice=ast.Name(id="__name__")):
            return True
    return False


def _aliases(tree: ast.Module, importer: ModuleName, entries: Mapping[str, list[Entry]]) -> Iterator[Entry]:
    """`Name = module.Other` takes the object from elsewhere as an import does; so does `Name = Other`."""
    for block in blocks(tree.body):
        for statement in block.statements if not block.scopes else ():
            if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1):
                continue
            target, value = statement.targets[0], statement.value
            root = root_name(value)
            if not isinstance(target, ast.Name) or root is None or len(alternatives(value)) > 1:
                continue
            found = entries.get(root.id, ())
            own = f"{importer.name}.{root.id}" if all(e.kind in ("class", "function") for e in found) else ""
            taken = {entry.dotted or own for entry in found if entry.is_loaded}
            dotted = taken.pop() if len(taken) == 1 else ""
            if dotted:
                whole = ".".join([dotted, *attributes(value)])
                yield Entry(target.id, "import", target.lineno, 1, whole, block.is_load_time)


def _stars(tree: ast.Module, importer: ModuleName) -> Iterator[str]:
    for block in blocks(tree.body):
        for statement in block.statements if not block.scopes else ():
            if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
                module = resolve_relative(importer, statement.level, statement.module or "")
                if module is not None:
                    yield module


def listed_names(tree: ast.Module) -> frozenset[str] | None:
    """All strings that are put into `__all__` by plain statements; None where there is none."""
    values: list[ast.expr] = []
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                values.append(value)
            case ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.expr() as value):
                values.append(value)
            case ast.AugAssign(target=ast.Name(id="__all__"), value=value):
                values.append(value)
    if not values:
        return None
    nodes = (node for value in values for node in ast.walk(value))
    return frozenset(n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str))


_DEFINED = re.compile(r"^(?:(class)|(?:async[ \t]+)?def)[ \t]+(\w+)", re.MULTILINE)
_FROM = re.compile(
    r"^(?:[ \t]*)from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]*(\((?:[^)#]|#[^\n]*)*\)|[^\n;#\\]*)", re.MULTILINE
)
_COMMENT = re.compile(r"#[^\n]*")


def _surface_of_text(content: bytes, importer: ModuleName) -> Surface:
    """What the lines of a file look like that CPython does not read."""
    text = content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    entries: dict[str, list[Entry]] = {}
    for found in _DEFINED.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        entry = Entry(found[2], "class" if found[1] else "function", line)
        entries.setdefault(entry.name, []).append(entry)
    stars: list[str] = []
    for line, module, names in imports_in_text(text, importer):
        for name, local in names:
            if name == "*":
                stars.append(module)
            else:
                entries.setdefault(local, []).append(Entry(local, "import", line, 1, f"{module}.{name}"))
    return Surface({name: tuple(found) for name, found in entries.items()}, None, tuple(stars), is_parsed=False)


def imports_in_text(text: str, importer: ModuleName) -> Iterator[tuple[int, str, tuple[tuple[str, str], ...]]]:
    """What looks like `from … import …` at the beginning of a line: (line, module, (name, local name) pairs).

    Some may stand in a string. For files that no parser reads.
    """
    for found in _FROM.finditer(text):
        dots = len(found[1]) - len(found[1].lstrip("."))
        module = resolve_relative(importer, dots, found[1].lstrip("."))
        if module is None:
            continue
        names: list[tuple[str, str]] = []
        for part in _COMMENT.sub("", found[2]).strip("()").split(","):
            words = part.split()
            if words:
                names.append((words[0], words[-1]))
        yield text.count("\n", 0, found.start(1)) + 1, module, tuple(names)
