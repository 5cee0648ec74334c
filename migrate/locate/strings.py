"""Strings that name a moved object by its old path: those that a function takes as a path change, the rest is told."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from msgspec import Struct

from migrate.edits import Span
from migrate.findings import Finding
from migrate.locate.forward import forward_reference, quoted_expression
from migrate.locate.scopes import DOCTEST, TYPE_COMMENT, Names
from migrate.locate.sites import Located, Module, StringSite
from migrate.locate.uses import literal_span
from migrate.modules import ModuleName, resolve_relative
from migrate.moves import Home, MoveIndex
from migrate.refs import ObjectRef
from migrate.syntax import Place, lines_with, places_on

_IMPORTERS = frozenset({
    "import_module", "__import__", "find_spec", "importorskip", "resolve_name", "import_string", "run_module",
    "import_fresh_module", "find_loader", "get_loader",
})  # fmt: skip
"""Functions whose first argument is the path of a module or an object."""
_PATCHERS = frozenset({"patch", "setattr", "delattr"})
Redirected: TypeAlias = Mapping[str, Collection[str]]
"""Modules that are redirects, each with the names it exports."""


def locate_strings(module: Module, moves: MoveIndex, redirected: Redirected, names: Names) -> Located:
    """Find the strings of a module that name a moved object or module by its old path.

    Docstrings and comments are prose and stay, but for doctests and type comments.

    Args:
        redirected: a `patch()` of one of their names no longer reaches the code.
    """
    paths = _Paths.of(moves)
    if paths is None or not paths.may_be_in(module.source.text):
        return Located()
    return _Strings(module, moves, redirected, paths, names).locate()


def moved_object_in(text: str, moves: MoveIndex, redirected: Redirected) -> ObjectRef | None:
    """The first moved object that a string names by its old path."""
    paths = _Paths.of(moves)
    if paths is not None:
        for found in paths.pattern.finditer(text):
            subject = _named(moves, redirected, found)
            if subject is not None:
                return subject
    return None


class _Paths(Struct, frozen=True):
    """The old modules that strings are searched for, the longest first."""

    modules: tuple[str, ...]
    pattern: re.Pattern[str]
    imports: re.Pattern[str]
    """An import statement in a text."""

    @staticmethod
    def of(moves: MoveIndex) -> _Paths | None:
        return _paths(tuple(sorted({m.old.module for m in moves.moves if m.strings != "none"})))

    def may_be_in(self, text: str) -> bool:
        return any(module.rpartition(".")[2] in text for module in self.modules)


_DOT = r"\\{0,2}\."
"""A dot of a path: in a regular expression it is escaped, in the source of a string perhaps twice."""


@lru_cache(maxsize=16)
def _paths(modules: tuple[str, ...]) -> _Paths | None:
    if not modules:
        return None
    longest = sorted(modules, key=len, reverse=True)
    parts = [[*map(re.escape, module.split("."))] for module in longest]
    names = "|".join(_DOT.join(each) for each in parts)
    # What must not stand before it is looked for behind its first word: what begins with a literal is searched faster.
    begun = "|".join(_DOT.join([rf"{first}(?<![\w.]{first})", *rest]) for first, *rest in parts)
    pattern = re.compile(rf"({begun})((?:\\{{0,2}}\.\w+)*)((?::[^\W\d]\w*(?:\.\w+)*)?)(?![\w])")
    imports = re.compile(rf"\b(?:from|import)[ \t]+({names})(?![\w])")
    return _Paths(tuple(longest), pattern, imports)


_IN_PATH = "".join(filter(re.compile(r"[\w.]").match, map(chr, range(128))))
_NEAR = 400
"""Characters before a name in which the start of its path is looked for."""


def _may_begin_a_part(text: str, start: int) -> bool:
    """May what leads up to a name be the start of a string, or what is escaped in one?"""
    before = text[max(0, start - _NEAR) : start].rstrip(_IN_PATH)
    if not before:
        return start > _NEAR
    return before[-1] in "'\"\\" or not before[-1].isascii() or before.endswith(("\\\n", "\\\r", "\\\r\n"))


@dataclass
class _Strings:
    module: Module
    moves: MoveIndex
    redirected: Redirected
    paths: _Paths
    names: Names
    sites: list[StringSite] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    kept: int = 0

    def locate(self) -> Located:
        for place in places_on(self.module.tree, lines_with(self.module.source, self.paths.pattern)):
            node = place.node
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if _is_docstring(place):
                    self._doctests(node, node.value)
                else:
                    self._string(place, node, node.value)
        self._type_comments()
        self._concatenations()
        self._relative_imports()
        return Located(tuple(self.sites), tuple(self.findings), kept=self.kept)

    def _string(self, place: Place, node: ast.Constant, text: str) -> None:
        is_type = forward_reference(place)
        if is_type and self._is_read_as_names(node, text):
            return
        is_target = is_type or names_path(place)
        whole = self.paths.pattern.fullmatch(text)
        if whole is not None and "\\" not in text:
            self._path(place, node, whole, is_target)
            return
        for found in self.paths.pattern.finditer(text):
            if self._is_prose(found, text) and not _goes_on(place, found, text):
                continue
            subject = _named(self.moves, self.redirected, found)
            if subject is None:
                continue
            if is_target and found.start() == 0 and "\\" not in found.group() and not _in_fstring(place):
                self._path(place, node, found, is_target)
            else:
                self._tell(place, node, subject)
            return

    def _is_read_as_names(self, node: ast.Constant, text: str) -> bool:
        """Does a forward reference begin with a name of this module? Then it is one of that name's uses."""
        root = re.match(r"\s*(\w+)", text)
        names: list[str] = re.findall(r"(?<![\w.])[^\W\d]\w*", text) if root else []
        return any(map(self.names.is_imported, names)) and quoted_expression(self.module.source, node) is not None

    def _is_prose(self, found: re.Match[str], text: str) -> bool:
        """A module name of one word alone may be any word of a sentence, unless it is imported there."""
        if "." in found.group() or ":" in found.group():
            return False
        return not any(imported.start(1) == found.start() for imported in self.paths.imports.finditer(text))

    def _path(self, place: Place, node: ast.Constant, found: re.Match[str], is_target: bool) -> None:
        """A string that is a path and nothing else."""
        colon = bool(found.group(3))
        path = found.group().replace(":", ".")
        if not is_target and path in self.names.listed_in_all:
            return
        home = self.moves.home(path)
        if home is None and "." not in path and not is_target:
            return  # of a module that stays
        if home is None and self._is_handed_out(place, node, found):
            return  # a patch of it reaches the object that the new home has
        subject = _named(self.moves, self.redirected, found)
        if home is None or home.move.strings == "none":
            if subject is not None and home is None:
                self._tell(place, node, subject)
            return
        inside = literal_span(self.module.source, node)
        wanted = home.move.strings == "all" or is_target
        wanted = wanted and not _is_added(place) and not _gives_top_level(place, path, home)
        if not wanted or inside is None or _in_fstring(place) or (colon and not home.move.old.name):
            if subject is not None:
                self._tell(place, node, subject)
            return
        if self.module.is_kept_node(node):
            self.kept += 1
            return
        moved = path[: len(path) - sum(len(part) + 1 for part in home.rest)]
        start = inside.start + len(str(node.value)[: found.start()].encode(self.module.source.encoding))
        span = Span(start, start + len(moved.encode(self.module.source.encoding)))
        self.sites.append(StringSite(span, home, node, colon))

    def _is_handed_out(self, place: Place, node: ast.Constant, found: re.Match[str]) -> bool:
        """Is it the patch of a member of what a redirect exports?"""
        name, _, member = (found.group(2) + found.group(3).replace(":", ".")).strip(".").partition(".")
        return bool(member) and name in self.redirected.get(found.group(1), ()) and self._is_patched(place, node)

    def _is_patched(self, place: Place, node: ast.Constant) -> bool:
        call = next((p for p in reversed(place.parents) if isinstance(p, ast.Call)), None)
        return call is not None and node in call.args[:1] and bool(called_names(call.func) & _PATCHERS)

    def _tell(self, place: Place, node: ast.Constant, subject: ObjectRef) -> None:
        shown: ast.AST = next((p for p in reversed(place.parents) if isinstance(p, ast.JoinedStr)), node)
        if subject.module in self.redirected and self._is_patched(place, node):
            self._report(
                shown, "shim-patch", subject,
                f"this patch replaces a name in the redirect {subject.module} and no longer reaches the code under "
                "test; patch the module that uses the name",
            )  # fmt: skip
        else:
            is_module = not subject.name and self.moves.new_module(subject.module) is None
            what = f"the module {subject}, of which names have moved" if is_module else str(subject)
            self._report(
                shown, "string-reference", subject,
                f"a string names {what}; it is not rewritten, change it by hand" + (" if it is about one" * is_module),
            )  # fmt: skip

    def _report(self, node: ast.AST, code: str, subject: ObjectRef, message: str) -> None:
        self.findings.append(self.module.finding(3, node, code, subject, message))

    def _doctests(self, node: ast.Constant, text: str) -> None:
        """Examples in a docstring run as code."""
        for example in DOCTEST.finditer(text):
            for found in self.paths.pattern.finditer(example.group(1)):
                subject = _named(self.moves, self.redirected, found)
                if subject is None or self._is_prose(found, example.group(1)):
                    continue
                message = f"a doctest names {subject}; it is not rewritten, change it by hand"
                line = node.lineno + text.count("\n", 0, example.start())
                last = node.end_lineno or line
                exact = min(line, last)
                self.findings.append(
                    Finding(3, self.module.path, exact, 0 if exact > node.lineno else node.col_offset,
                            "string-reference", str(subject), message, exact)
                )  # fmt: skip
                break

    def _type_comments(self) -> None:
        for comment in TYPE_COMMENT.finditer(self.module.source.text):
            for found in self.paths.pattern.finditer(comment.group(1)):
                subject = _named(self.moves, self.redirected, found)
                if subject is not None and "." in found.group():
                    self._tell_comment(comment, subject)
                    break

    def _tell_comment(self, comment: re.Match[str], subject: ObjectRef) -> None:
        text = self.module.source.text
        offset = self.module.source.bom + len(text[: comment.start()].encode(self.module.source.encoding))
        line, column = self.module.source.position(offset)
        message = f"a type comment names {subject}; it is not rewritten, change it by hand"
        self.findings.append(
            Finding(3, self.module.path, line, column, "string-reference", str(subject), message, line)
        )

    def _pieces(self, place: Place, node: ast.Constant, text: str) -> None:
        """`"pkg." "old.A"`: the path is in none of the pieces."""
        found = self.paths.pattern.search(text)
        if found is None or _is_docstring(place) or "." not in found.group():
            return
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        if any(
            self.paths.pattern.search(self.module.source.line(n).decode(self.module.source.encoding)) for n in lines
        ):
            return  # looked at as a whole
        subject = _named(self.moves, self.redirected, found)
        if subject is not None:
            self._tell(place, node, subject)

    def _relative_imports(self) -> None:
        """`import_module(".old", "pkg")`, `__import__("pkg", fromlist=["old"])`."""
        leaves = re.compile("|".join(rf"{re.escape(m.rpartition('.')[2])}(?!\w)" for m in self.paths.modules))
        if not any(function in self.module.source.text for function in _IMPORTERS):
            return
        for place in places_on(self.module.tree, lines_with(self.module.source, leaves)):
            if not isinstance(place.node, ast.Call) or not called_names(place.node.func) & _IMPORTERS:
                continue
            for path in _imported_by(place.node, self.module.name.package):
                home = self.moves.home(path)
                whole = path.rpartition(".")[0]
                if home is None and path not in self.moves.old_modules:
                    continue
                if place.node.args[:1] and _text(place.node.args[0]) == whole and self.moves.home(whole) is not None:
                    continue  # that string is looked at by itself
                subject = home.move.old if home is not None else ObjectRef(path)
                self._report(
                    place.node, "string-reference", subject,
                    f"this call imports {subject} by a path in parts; it is not rewritten, change it by hand",
                )  # fmt: skip

    def _concatenations(self) -> None:
        """`"pkg." + "old.A"`: no part has the whole path."""
        leaves = sorted({re.escape(module.rpartition(".")[2]) for module in self.paths.modules})
        words = re.compile("|".join(rf"{leaf}(?!\w)" for leaf in leaves))
        whole = self.module.source.text
        if not any(_may_begin_a_part(whole, found.start()) for found in words.finditer(whole)):
            return
        for place in places_on(self.module.tree, lines_with(self.module.source, words)):
            node = place.node
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                self._pieces(place, node, node.value)
                continue
            if not isinstance(node, ast.BinOp) or isinstance(place.parents[-1], ast.BinOp):
                continue
            text = _folded(node)
            parts = (self.paths.pattern.search(part) for part in _constants(node))
            if text is None or any(part is not None and "." in part.group() for part in parts):
                continue
            found = self.paths.pattern.search(text)
            if found is not None and self._is_prose(found, text):
                continue
            subject = _named(self.moves, self.redirected, found) if found else None
            if subject is not None:
                self._report(
                    node, "string-reference", subject,
                    f"a string put together here names {subject}; it is not rewritten, change it by hand",
                )  # fmt: skip


def _is_added(place: Place) -> bool:
    """Is it joined with something by `+`?"""
    parent = place.parents[-1]
    return isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add)


def _gives_top_level(place: Place, path: str, home: Home) -> bool:
    """`__import__("a.b")` gives `a`, so what is used of it would have to change, too."""
    call = place.parents[-1]
    if not isinstance(call, ast.Call) or "__import__" not in called_names(call.func):
        return False
    listed = next((k.value for k in call.keywords if k.arg == "fromlist"), call.args[3] if len(call.args) > 3 else None)
    is_whole = isinstance(listed, ast.List | ast.Tuple) and bool(listed.elts)
    is_unused = isinstance(place.parents[-2], ast.Expr)
    return not is_whole and not is_unused and ("." in path or "." in home.new.dotted)


def _text(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _imported_by(call: ast.Call, package: str) -> Iterator[str]:
    """Dotted paths that a relative `import_module`, or the `fromlist` of `__import__`, leads to."""
    arguments = {keyword.arg: keyword.value for keyword in call.keywords}
    first = call.args[0] if call.args else arguments.get("name")
    if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
        return
    base = call.args[1] if len(call.args) > 1 else arguments.get("package")
    listed = arguments.get("fromlist")
    if first.value.startswith("."):
        if isinstance(base, ast.Constant) and isinstance(base.value, str):
            package = base.value
        elif not (isinstance(base, ast.Name) and base.id in ("__package__", "__name__")):
            return
        dots = len(first.value) - len(first.value.lstrip("."))
        path = resolve_relative(ModuleName(package, is_package=True), dots, first.value.lstrip("."))
        if path is not None:
            yield path
    elif isinstance(listed, ast.List | ast.Tuple):
        for each in listed.elts:
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield f"{first.value}.{each.value}"


def _named(moves: MoveIndex, redirected: Redirected, found: re.Match[str]) -> ObjectRef | None:
    """What a dotted path in a string refers to, if the plan moves it or makes its module a redirect."""
    module = found.group(1).replace("\\", "")
    rest = (found.group(2).replace("\\", "") + found.group(3).replace(":", ".")).strip(".")
    home = moves.home(".".join(filter(None, [module, rest])))
    if home is not None:
        return home.move.old if home.move.old.name or not rest else ObjectRef(module, rest.partition(".")[0])
    name = rest.partition(".")[0]
    if not name or module in redirected or f"{module}.{rest}" in moves.ancestors:
        return ObjectRef(module, name)
    return None


def names_path(place: Place) -> bool:
    """Is the string taken as the path of a module or an object?"""
    node, parent = place.node, place.parents[-1]
    match parent:
        case ast.Call(func=func, args=args) if args and args[0] is node:
            return bool(called_names(func) & (_IMPORTERS | {"patch"})) or _is_method(func) or _is_modules(_owner(func))
        case ast.Call(func=ast.Attribute(attr="setitem" | "delitem"), args=[first, second, *_]):
            return second is node and _is_modules(first)
        case ast.keyword(arg="target" | "name") if len(place.parents) > 1:
            call = place.parents[-2]
            return isinstance(call, ast.Call) and bool(called_names(call.func) & (_IMPORTERS | {"patch"}))
        case ast.Subscript(value=value):
            return _is_modules(value)
        case ast.Compare(left=left, comparators=[right]) if left is node:
            return _is_modules(right)
        case ast.Dict(keys=keys) if node in keys and len(place.parents) > 1:
            call = place.parents[-2]
            return isinstance(call, ast.Call) and "patch" in called_names(call.func) and _is_modules(call.args[0])
    return False


def _is_method(function: ast.expr) -> bool:
    """`monkeypatch.setattr("path", …)`, not the built-in `setattr`."""
    return isinstance(function, ast.Attribute) and function.attr in ("setattr", "delattr")


def _owner(function: ast.expr) -> ast.expr | None:
    return function.value if isinstance(function, ast.Attribute) else None


def _is_modules(node: ast.expr | None) -> bool:
    """`sys.modules`, or its name in a string, as `patch.dict` takes it."""
    match node:
        case ast.Attribute(attr="modules", value=ast.Name(id="sys")) | ast.Constant(value="sys.modules"):
            return True
    return False


def called_names(function: ast.expr) -> set[str]:
    """The names of an attribute chain: `mock`, `patch` and `object` of `mock.patch.object`."""
    found: set[str] = set()
    while isinstance(function, ast.Attribute):
        found.add(function.attr)
        function = function.value
    if isinstance(function, ast.Name):
        found.add(function.id)
    return found


def _is_docstring(place: Place) -> bool:
    return len(place.parents) >= 2 and isinstance(place.parents[-1], ast.Expr)


def _in_fstring(place: Place) -> bool:
    return any(isinstance(parent, ast.JoinedStr) for parent in place.parents)


def _goes_on(place: Place, found: re.Match[str], text: str) -> bool:
    """Does a path end with a dot where an f-string or a `+` puts something behind it?"""
    is_part = any(isinstance(parent, ast.JoinedStr | ast.BinOp) for parent in place.parents[-1:])
    return is_part and text[found.end() :] == "."


def _folded(node: ast.expr) -> str | None:
    """The text of strings joined by `+`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _folded(node.left), _folded(node.right)
        return left + right if left is not None and right is not None else None
    return None


def _constants(node: ast.expr) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value
