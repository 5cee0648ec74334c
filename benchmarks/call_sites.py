"""Phase 4, judged call by call: what LibCST says is called, beside what the phase edited or reported there.

    python -m benchmarks.call_sites ROOT PLAN REPORT [--after ROOT_AFTER] [--list]

REPORT is what `migrate phase4 --dry-run --force --json` prints for ROOT. With `--after` the tree after the run is
looked at as well. The exit code is 1 when a call is left, edited although it is no call of the callee, or edited into
something else than the plan says, and on any violation in the tree after.

Which object a name stands for is LibCST's answer (`ScopeProvider`: the assignments that an access refers to); through
other modules of the tree it is followed with `ast`. Nothing of the tool under test is imported.
https://libcst.readthedocs.io/en/latest/metadata.html#scope-metadata

Categories of calls:

    rewritten      calls of the callee, edited
    reported CODE  calls of the callee, not edited, or not in all its places, with a finding on them
    kept           calls of the callee with a `# migrate: keep`
    left           calls of the callee, neither edited nor reported: a miss
    extra          edits where LibCST sees no call of the callee, or no certain one, or nothing to change
    wrong          edited calls that do not pass what the plan says afterwards
    unread         places in files that neither LibCST nor CPython parses
    other member   calls of another member of the callee with an old keyword, to stay as they are
    namesake       calls with an old keyword of something else that is only called like the callee or its members
    replace        `dataclasses.replace` with an old keyword, of something that nothing here says to be an instance
    carried        calls with an old keyword of a value that may hold the callee, which no scope analysis can tell
"""

# ruff: noqa: N802 - visitors of LibCST are called so

from __future__ import annotations

import argparse
import ast
import io
import json
import re
import subprocess
import sys
import time
import tokenize
import tomllib
import warnings
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import libcst as cst
from libcst.helpers import get_full_name_for_node
from libcst.metadata import (
    Assignment,
    BaseAssignment,
    BuiltinAssignment,
    CodeRange,
    GlobalScope,
    ImportAssignment,
    MetadataWrapper,
    PositionProvider,
    Scope,
    ScopeProvider,
)

from benchmarks.left_behind import KEEP, LINE_END, SUFFIXES, absolute, counts, files_of, package_of

WORKERS = 2
PARTIALS = frozenset({"functools.partial", "functools.partialmethod", "_functools.partial"})
REPLACES = frozenset({"dataclasses.replace", "copy.replace"})
CREATOR = re.compile(r"from_request|create_")
CALL_CODES = frozenset(
    {
        "instance-replace", "invalid-call", "keyword-conflict", "keyword-spread", "method-call", "name-collision",
        "positional-argument", "shadowed", "star-import", "subclass-super", "unbound-name", "unparseable",
        "unsupported-call",
    }
)  # fmt: skip
NOT_ADDED = frozenset({"keyword-spread", "name-collision", "positional-argument", "unbound-name"})
FAILING = ("left", "extra", "wrong")
UNTOUCHED = ("other member", "namesake", "carried")
RECORD = (*UNTOUCHED, "replace")
SHOWN = 160
UNKNOWN = ""
BOUND = ("instance", "own member")
Chain = cst.Name | cst.Attribute
Function = ast.FunctionDef | ast.AsyncFunctionDef
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Callee:
    """One `[[phase4.call]]` of the plan; `dotted` is its path without a colon, in the end that of its definition."""

    module: str
    name: str
    rename: tuple[tuple[str, str], ...] = ()
    remove: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    keyword_only: tuple[str, ...] = ()

    @property
    def dotted(self) -> str:
        return f"{self.module}.{self.name}"

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def old(self) -> frozenset[str]:
        return frozenset((*(old for old, _ in self.rename), *self.remove))

    @property
    def adds_alone(self) -> bool:
        """Does what is added go to every call?"""
        return bool(self.add) and not self.old


@dataclass(frozen=True)
class Edit:
    """One edit of the report, as half-open character offsets in the text before."""

    start: int
    end: int
    after: str
    kind: str

    @property
    def is_of_call(self) -> bool:
        return self.kind.endswith(("-keyword", "-argument"))


@dataclass
class Report:
    """The phase's own document, by path."""

    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    findings: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def of(cls, document: dict[str, Any]) -> Report:
        report = cls({file["path"]: file for file in document.get("files", ())})
        for found in document.get("manual", ()):
            report.findings.setdefault(found["path"], []).append(found)
        return report

    def edits(self, path: str, text: Text) -> list[Edit]:
        edits = [
            Edit(text.at(e["line"], e["column"]), text.at(e["end_line"], e["end_column"]), e["after"], e["kind"])
            for e in self.files.get(path, {}).get("edits", ())
        ]
        return sorted(edits, key=lambda e: (e.start, e.end))

    def notes(self, path: str, text: Text) -> list[tuple[int, str]]:
        """Findings that are about calls, each at its offset."""
        found = self.findings.get(path, ())
        return [(text.at(f["line"], f["column"]), f["code"]) for f in found if f["code"] in CALL_CODES]


class Text:
    """A file's text without its byte order mark; lines count from 1."""

    def __init__(self, text: str, encoding: str = "utf-8") -> None:
        self.text, self.encoding = text, encoding
        self._starts = [0, *(end.end() for end in LINE_END.finditer(self.text))]

    @classmethod
    def of(cls, content: bytes) -> Text:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return cls(content.decode(encoding), encoding)

    def at(self, line: int, column: int) -> int:
        """The offset of a column in UTF-8 bytes."""
        text = self.line(line)
        inside = column if text.isascii() else len(text.encode()[:column].decode(errors="replace"))
        return self.chars(line, inside)

    def chars(self, line: int, column: int) -> int:
        """The offset of a column in characters."""
        return self._starts[min(line, len(self._starts)) - 1] + column

    def span(self, place: CodeRange) -> tuple[int, int]:
        """Offsets of a place by LibCST, which leaves out form feeds before a statement."""
        start, end = (
            self.chars(at.line, at.column) + len(line) - len(line.lstrip("\f"))
            for at in (place.start, place.end)
            for line in (self.line(at.line),)
        )
        return start, end

    def line(self, number: int) -> str:
        ends = [*self._starts[1:], len(self.text)]
        return self.text[self._starts[number - 1] : ends[number - 1]] if 1 <= number <= len(self._starts) else ""

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column in UTF-8 bytes of an offset."""
        line = bisect_right(self._starts, offset)
        return line, len(self.text[self._starts[line - 1] : offset].encode())

    def span_of(self, node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.at(node.lineno, node.col_offset), self.at(node.end_lineno, node.end_col_offset)


def read_callees(plan: dict[str, Any]) -> tuple[Callee, ...]:
    callees = []
    for entry in plan.get("phase4", {}).get("call", []):
        module, _, name = entry["callee"].partition(":")
        rename = tuple(entry.get("rename", {}).items())
        lists = (tuple(entry.get(key, ())) for key in ("remove", "add", "keyword_only"))
        callees.append(Callee(module, name, rename, *lists))
    return tuple(callees)


# --- Modules of the tree, with ast ---


@dataclass(frozen=True)
class Bound:
    """One binding of a module's name: an import, alias or class by the dotted paths it leads to, or neither."""

    kind: str
    targets: tuple[str, ...] = ()
    makes_itself: bool = False


@dataclass
class Names:
    """What a module binds, and the modules whose names it takes with a star."""

    bound: dict[str, list[Bound]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    exported: frozenset[str] | None = None


@dataclass(frozen=True)
class Meaning:
    """What a name may stand for: a dotted path (or UNKNOWN), and how it got there."""

    origin: str
    how: str = ""


@dataclass(frozen=True)
class Signature:
    """A callee's parameters by position, for who calls it through its module or class."""

    parameters: tuple[str, ...]
    has_self: bool = False


class Modules:
    """The modules of a tree; each is parsed when it is asked for."""

    def __init__(self, root: Path, roots: Sequence[str], paths: Iterable[str], callees: Sequence[Callee]) -> None:
        self._root, self._roots = root, roots
        self._files: dict[str, str] = {}
        for path in sorted(paths, key=lambda path: (path.endswith(".pyi"), not path.endswith("__init__.py"))):
            self._files.setdefault(self.name_of(path), path)
        self._packages = {name[:i] for name in self._files for i, letter in enumerate(name) if letter == "."}
        self._stops = frozenset(callee.dotted for callee in callees)
        self._old = frozenset[str]().union(*(callee.old for callee in callees))
        self._names: dict[str, Names] = {}

    def name_of(self, path: str) -> str:
        package = package_of(path, self._roots)
        last = Path(path).stem
        return ".".join(package if last == "__init__" else (*package, last))

    def resolve(self, dotted: str, seen: frozenset[str] = frozenset()) -> frozenset[Meaning]:
        """The objects that a path may lead to; `how` is the modules on the way that pass it on."""
        if any(dotted == stop or dotted.startswith(stop + ".") for stop in self._stops):
            return frozenset({Meaning(dotted)})
        module, _, rest = dotted.partition(".")
        while rest and (module in self._files or module in self._packages):
            name, _, behind = rest.partition(".")
            tail = f".{behind}" if behind else ""
            inside = f"{module}.{name}"
            bound = [b for b in self.names(module).bound.get(name, ()) if inside not in b.targets]
            if bound and inside in seen:
                return frozenset({Meaning(UNKNOWN)})
            if bound:
                seen |= {inside}
                return frozenset(chain.from_iterable(self._followed(module, inside, b, tail, seen) for b in bound))
            if inside in self._files or inside in self._packages:
                module, rest = inside, behind
                continue
            stars = [star for star in self.names(module).stars if f"{star}.*" not in seen and self.exports(star, name)]
            seen |= {f"{module}.*"}
            found = chain.from_iterable(self.resolve(f"{star}.{rest}", seen) for star in stars)
            return frozenset(_through(module, m) for m in found) or frozenset({Meaning(UNKNOWN)})
        return frozenset({Meaning(dotted)})

    def home(self, callee: Callee) -> Callee:
        """The callee by the module that defines it, where the plan names one that passes it on."""
        found = [meaning for meaning in self.resolve(callee.dotted) if meaning.how and meaning.origin]
        if len(found) == 1:
            parts = found[0].origin.split(".")
            for i in range(len(parts) - 1, 0, -1):
                if (module := ".".join(parts[:i])) in self._files:
                    return replace(callee, module=module, name=".".join(parts[i:]))
        return callee

    def _followed(self, module: str, inside: str, bound: Bound, tail: str, seen: frozenset[str]) -> Iterator[Meaning]:
        if bound.kind in ("class", "def"):
            yield Meaning(inside + tail)
        for target in bound.targets if bound.kind in ("import", "alias") else ():
            found = self.resolve(target + tail, seen)
            yield from (_through(module, m) if bound.kind == "import" or m.how else m for m in found)
        if bound.kind == "other":
            yield Meaning(UNKNOWN)

    def exports(self, module: str, name: str, seen: frozenset[str] = frozenset()) -> bool:
        """May a star import of the module bind the name?"""
        if module not in self._files or module in seen:
            return False
        names = self.names(module)
        if names.exported is not None and name not in names.exported:
            return False
        has = name in names.bound or any(self.exports(star, name, seen | {module}) for star in names.stars)
        return has and (names.exported is not None or not name.startswith("_"))

    def inherits(self, dotted: str, seen: frozenset[str] = frozenset()) -> str | None:
        """The callee whose constructor the class at a path inherits, by an own one of none on the way."""
        module, _, name = dotted.rpartition(".")
        if module not in self._files or dotted in seen:
            return None
        for bound in self.names(module).bound.get(name, ()):
            if bound.kind != "class" or bound.makes_itself:
                continue
            for base in chain.from_iterable(self.resolve(target) for target in bound.targets):
                if base.origin in self._stops:
                    return base.origin
                if base.origin and (further := self.inherits(base.origin, seen | {dotted})):
                    return further
        return None

    def names(self, module: str) -> Names:
        if module not in self._names:
            self._names[module] = self._read(module) if module in self._files else Names()
        return self._names[module]

    def tree(self, module: str) -> ast.Module | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse((self._root / self._files[module]).read_bytes())
        except (KeyError, SyntaxError, ValueError, RecursionError):
            return None

    def _read(self, module: str) -> Names:
        names = Names()
        tree = self.tree(module)
        if tree is None:
            return names
        package = package_of(self._files[module], self._roots)
        for node in _of_module(tree):
            for name, bound in self._bindings(node, module, package):
                if name == "*":
                    names.stars += bound.targets
                else:
                    names.bound.setdefault(name, []).append(bound)
        names.exported = _dunder_all(tree)
        return names

    def _bindings(self, node: ast.AST, module: str, package: tuple[str, ...]) -> Iterator[tuple[str, Bound]]:
        if isinstance(node, ast.Import):
            for a in node.names:
                top = a.name.partition(".")[0]
                yield (a.asname, Bound("import", (a.name,))) if a.asname else (top, Bound("import", (top,)))
        elif isinstance(node, ast.ImportFrom):
            source = absolute("." * node.level + (node.module or ""), package)
            for a in node.names if source else ():
                yield a.asname or a.name, Bound("import", (str(source) if a.name == "*" else f"{source}.{a.name}",))
        elif isinstance(node, ast.ClassDef):
            bases = tuple(f"{module}.{base}" for base in map(_dotted, node.bases) if base)
            yield node.name, Bound("class", bases, _makes_itself(node, self._old))
        elif isinstance(node, Function):
            yield node.name, Bound("def")
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                yield from _assigned(target, node.value, module)
        elif isinstance(node, ast.For | ast.AsyncFor):
            yield from ((name.id, Bound("other")) for name in _names_in(node.target))
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            yield from ((name.id, Bound("other")) for name in _names_in(node.optional_vars))

    def signature(self, callee: Callee) -> Signature | None:
        """The callee's parameters by position; None where its definition does not show them."""
        node: ast.AST | None = self.tree(callee.module)
        owner = None
        for part in callee.name.split("."):
            body = getattr(node, "body", ())
            owner, node = (
                node,
                next((s for s in body if isinstance(s, ast.ClassDef | Function) and s.name == part), None),
            )
        if isinstance(node, ast.ClassDef):
            makers = [s for s in node.body if isinstance(s, Function) and s.name == "__init__"]
            listed = _parameters(makers[-1])[1:] if makers else _fields(node)
            return None if listed is None else Signature(listed)
        if not isinstance(node, Function):
            return None
        decorators = {_dotted(decorator) for decorator in node.decorator_list}
        if not isinstance(owner, ast.ClassDef) or "staticmethod" in decorators:
            return Signature(_parameters(node))
        if "classmethod" in decorators:
            return Signature(_parameters(node)[1:])
        return Signature(_parameters(node), has_self=True)


def _through(module: str, meaning: Meaning) -> Meaning:
    return replace(meaning, how=f"{module} {meaning.how}".strip())


def _of_module(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run in a module's own scope, and those of functions that bind its names with `global`."""
    for child in ast.iter_child_nodes(tree):
        yield child
        if isinstance(child, Function):
            declared = {name for n in ast.walk(child) if isinstance(n, ast.Global) for name in n.names}
            yield from (n for n in ast.walk(child) if declared and _binds_any(n, declared))
        elif not isinstance(child, ast.ClassDef | ast.Lambda):
            yield from _of_module(child)


def _names_in(target: ast.expr) -> list[ast.Name]:
    return [node for node in ast.walk(target) if isinstance(node, ast.Name)]


def _binds_any(node: ast.AST, names: set[str]) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return any((a.asname or a.name) in names for a in node.names)
    return isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id in names for t in node.targets)


def _assigned(target: ast.expr, value: ast.expr | None, module: str) -> Iterator[tuple[str, Bound]]:
    if isinstance(target, ast.Name):
        if (bound := _of_value(value, module)) is not None:
            yield target.id, bound
    elif isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        for one, other in zip(target.elts, value.elts, strict=False):
            yield from _assigned(one, other, module)
    else:
        yield from ((name.id, Bound("other")) for name in _names_in(target))


def _of_value(value: ast.expr | None, module: str) -> Bound | None:
    """An alias where the value is a path or a choice between some; nothing for None, which nobody calls."""
    if value is None or (isinstance(value, ast.Constant) and value.value is None):
        return None
    choices = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
    choices = value.values if isinstance(value, ast.BoolOp) else choices
    paths = [_dotted(choice) for choice in choices]
    return Bound("alias", tuple(f"{module}.{path}" for path in paths)) if all(paths) else Bound("other")


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return node.id if isinstance(node, ast.Name) else ""


def _makes_itself(node: ast.ClassDef, old: frozenset[str]) -> bool:
    """Has the class a constructor of its own, or a field that is called like an old keyword?"""
    return any(
        (isinstance(s, Function) and s.name in ("__init__", "__new__"))
        or (isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name) and s.target.id in old)
        for s in node.body
    )


def _dunder_all(tree: ast.Module) -> frozenset[str] | None:
    """`__all__` where it is written as one list; None where everything may be in it."""
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == "__all__"]
    for node in tree.body:
        if len(found) == 1 and isinstance(node, ast.Assign) and found[0] in node.targets:
            try:
                return frozenset(ast.literal_eval(node.value))
            except (ValueError, TypeError):
                return None
    return None


def _parameters(node: Function) -> tuple[str, ...]:
    return tuple(a.arg for a in (*node.args.posonlyargs, *node.args.args))


def _fields(node: ast.ClassDef) -> tuple[str, ...] | None:
    decorators = [_dotted(d.func if isinstance(d, ast.Call) else d).rpartition(".")[2] for d in node.decorator_list]
    bases = [_dotted(base).rpartition(".")[2] for base in node.bases]
    if bases != ["NamedTuple"] and ("dataclass" not in decorators or bases):
        return None
    annotated = [s for s in node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]
    inside = [s for s in annotated if "ClassVar" not in ast.dump(s.annotation) and not _is_no_parameter(s.value)]
    return tuple(s.target.id for s in inside if isinstance(s.target, ast.Name))


def _is_no_parameter(value: ast.expr | None) -> bool:
    keywords = value.keywords if isinstance(value, ast.Call) else []
    return any(k.arg == "init" and isinstance(k.value, ast.Constant) and k.value.value is False for k in keywords)


# --- One file, with LibCST ---


@dataclass(frozen=True)
class Task:
    """What the look at each file needs to know."""

    root: str
    source_roots: tuple[str, ...]
    callees: tuple[Callee, ...]
    paths: tuple[str, ...]
    redirects: frozenset[str]
    members: frozenset[str]
    report: Report


@dataclass(frozen=True)
class Site:
    """One call, or one edit outside of any; `line` and `column` as in the report."""

    path: str
    line: int
    column: int
    category: str
    how: str
    text: str
    note: str = ""

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"

    def __str__(self) -> str:
        about = f"{self.category} ({self.how})" if self.how else self.category
        return f"{self.place}: {about}{': ' + self.note if self.note else ''}: {self.text[:SHOWN]}"


@dataclass(frozen=True)
class Looked:
    """The outcome for one file: its sites, and the texts of calls that are none of the callee, nested sites masked."""

    path: str
    how: str
    sites: tuple[Site, ...] = ()
    untouched: tuple[tuple[str, str], ...] = ()
    others: Counter[str] = field(default_factory=Counter)


@dataclass
class Passed:
    """The arguments of one call: old keywords, by the node to look for edits at, and all there is besides."""

    named: dict[str, cst.CSTNode] = field(default_factory=dict)
    literal: dict[str, cst.CSTNode] = field(default_factory=dict)
    positional: list[cst.Arg] = field(default_factory=list)
    starred: bool = False
    opaque: bool = False
    inner: list[cst.Call] = field(default_factory=list)

    def old(self, names: frozenset[str]) -> dict[str, cst.CSTNode]:
        return {name: node for name, node in (self.literal | self.named).items() if name in names}


class _Nodes(cst.CSTVisitor):
    """Calls with the classes around them, values of plain names, star imports, and what holds a value otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[cst.Call, tuple[cst.ClassDef, ...]]] = []
        self.values: dict[cst.CSTNode, cst.BaseExpression] = {}
        self.holders: list[tuple[str, cst.BaseExpression]] = []
        self.stars: list[cst.ImportFrom] = []
        self.first: dict[cst.CSTNode, cst.ClassDef] = {}
        self._classes: list[cst.ClassDef] = []

    def visit_Call(self, node: cst.Call) -> None:
        self.calls.append((node, tuple(self._classes)))

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._classes.append(node)
        for statement in node.body.body:
            if isinstance(statement, cst.FunctionDef) and not _is_static(statement):
                params = (*statement.params.posonly_params, *statement.params.params)
                if params:
                    self.first[params[0]] = node

    def leave_ClassDef(self, original_node: cst.ClassDef) -> None:  # noqa: ARG002 - LibCST passes it by name
        self._classes.pop()

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        if isinstance(node.names, cst.ImportStar):
            self.stars.append(node)

    def visit_Assign(self, node: cst.Assign) -> None:
        for target in node.targets:
            self._bind(target.target, node.value)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        if node.value is not None:
            self._bind(node.target, node.value)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self._bind(node.target, node.value)

    def visit_For(self, node: cst.For) -> None:
        self._hold(node.target, node.iter)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self._hold(node.target, node.iter)

    def visit_Param(self, node: cst.Param) -> None:
        if node.default is not None:
            self.holders.append((node.name.value, node.default))

    def _bind(self, target: cst.BaseExpression, value: cst.BaseExpression) -> None:
        if isinstance(target, cst.Name):
            self.values[target] = value
        elif isinstance(target, cst.Tuple | cst.List) and isinstance(value, cst.Tuple | cst.List):
            for one, other in zip(target.elements, value.elements, strict=False):
                self._bind(one.value, other.value)
        self._hold(target, value)

    def _hold(self, target: cst.BaseExpression, value: cst.BaseExpression) -> None:
        if isinstance(target, cst.Name | cst.Attribute):
            self.holders.append((_last(target), value))
        elif isinstance(target, cst.Tuple | cst.List):
            for element in target.elements:
                self._hold(element.value, value)


def _is_static(node: cst.FunctionDef) -> bool:
    return any(get_full_name_for_node(d.decorator) == "staticmethod" for d in node.decorators)


def _last(node: cst.CSTNode) -> str:
    """The last name of `a.b`, of whatever stands before it."""
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""


def _root(node: cst.BaseExpression) -> cst.Name | None:
    while isinstance(node, cst.Attribute):
        node = node.value
    return node if isinstance(node, cst.Name) else None


class _File:
    """The calls of one file; `edits` and `notes` (findings) at their offsets in its text."""

    def __init__(
        self, task: Task, modules: Modules, path: str, content: bytes, edits: list[Edit], notes: list[tuple[int, str]]
    ) -> None:
        self._task, self._modules, self._path = task, modules, path
        self._text = Text.of(content)
        self._edits, self._notes = edits, notes
        self._package = package_of(path, task.source_roots)
        self._name = modules.name_of(path)
        self._callees = {callee.dotted: callee for callee in task.callees}
        self._all_old = frozenset[str]().union(*(callee.old for callee in task.callees))
        wrapper = MetadataWrapper(cst.parse_module(content), unsafe_skip_copy=True)
        self._positions = wrapper.resolve(PositionProvider)
        self._scopes = wrapper.resolve(ScopeProvider)
        self._nodes = _Nodes()
        wrapper.module.visit(self._nodes)
        self._referents: dict[cst.CSTNode, set[BaseAssignment]] = {}
        for scope in {scope for scope in self._scopes.values() if scope is not None}:
            for access in scope.accesses:
                self._referents.setdefault(access.node, set()).update(access.referents)
        self._stars = [
            source
            for node in self._nodes.stars
            if (source := absolute("." * len(node.relative) + _name_of(node.module), self._package))
        ]

    def look(self) -> Looked:
        calls = self._nodes.calls
        passed = {call: self._passed(call) for call, _ in calls}
        outer = {inner: call for call, p in passed.items() for inner in p.inner}
        edits = self._by_call(outer)
        targets = {call: self._target(call, classes, passed[call]) for call, classes in calls}
        starts = {self._span(call)[0] for call, target in targets.items() if target is not None}
        sites: list[Site] = []
        frames: list[tuple[str, cst.Call]] = []
        for call, _ in calls:
            own, target = edits.pop(call, []), targets[call]
            if target is not None:
                site = self._judged(call, target, passed[call], own, starts)
            else:
                site = self._other(call, passed[call], own, is_inner=call in outer)
                if site is not None and site.category in UNTOUCHED:
                    frames.append((site.category, call))
            sites += [site] if site is not None else []
        for edit in chain.from_iterable(edits.values()):
            sites.append(self._site(edit.start, "extra", "", f"an edit ({edit.kind}) outside of any call"))
        masked = [self._span(call) for call, target in targets.items() if target is not None]
        return Looked(
            self._path,
            "libcst",
            tuple(sites),
            tuple((category, self._masked(call, masked)) for category, call in frames),
            Counter(edit.kind for edit in self._edits if not edit.is_of_call),
        )

    # What is called

    def _target(self, call: cst.Call, classes: tuple[cst.ClassDef, ...], passed: Passed) -> _Target | None:
        """The callee that a call is of, for certain or perhaps; None where it is of none."""
        found = self._meanings(call.func)
        if {m.origin for m in found} & PARTIALS and passed.positional:
            target = self._of_callee(self._meanings(passed.positional[0].value), "partial")
            if target is not None:
                del passed.positional[0]
            return target
        if target := self._of_callee(found):
            return target
        return self._of_constructor(call, classes)

    def _of_callee(self, found: frozenset[Meaning], prefix: str = "") -> _Target | None:
        reached: dict[str, list[str]] = {}
        others = set()
        for meaning in found:
            origin = meaning.origin
            inherited = None if origin in self._callees or not origin else self._modules.inherits(origin)
            if origin in self._callees or inherited:
                how = f"{meaning.how}, inherited constructor" if inherited else meaning.how
                reached.setdefault(inherited or origin, []).append(how)
            else:
                others.add(origin or meaning.how or "something unknown")
        if not reached:
            return None
        dotted, hows = next(iter(sorted(reached.items())))
        how = " or ".join(sorted(set(hows)))
        others |= reached.keys() - {dotted}
        return _Target(self._callees[dotted], f"{prefix}: {how}" if prefix else how, tuple(sorted(others)))

    def _of_constructor(self, call: cst.Call, classes: tuple[cst.ClassDef, ...]) -> _Target | None:
        """`super().__init__(…)` in a subclass of the callee, and the same with the class's name."""
        function = call.func
        if not isinstance(function, cst.Attribute) or _last(function) not in ("__init__", "__new__"):
            return None
        owner = function.value
        if isinstance(owner, cst.Call) and _last(owner.func) == "super" and classes:
            for base in classes[-1].bases:
                if target := self._of_callee(self._meanings(base.value)):
                    return replace(target, how="super() in a subclass", others=())
        if isinstance(owner, cst.Name | cst.Attribute) and (target := self._of_callee(self._meanings(owner))):
            return replace(target, how="the constructor by its name", others=())
        return None

    def _meanings(self, node: cst.BaseExpression, seen: frozenset[cst.CSTNode] = frozenset()) -> frozenset[Meaning]:
        if isinstance(node, cst.NamedExpr):
            return self._meanings(node.value, seen)
        if isinstance(node, cst.IfExp):
            return self._meanings(node.body, seen) | self._meanings(node.orelse, seen)
        if isinstance(node, cst.BooleanOperation):
            return self._meanings(node.left, seen) | self._meanings(node.right, seen)
        if isinstance(node, cst.Name) and node.value == "None":
            return frozenset()
        if own := self._own_class(node):
            return frozenset({Meaning(own, "own class")})
        if isinstance(node, cst.Subscript):
            found = self._meanings(node.value, seen)
            return found if {m.origin for m in found} <= self._callees.keys() else frozenset({Meaning(UNKNOWN)})
        if isinstance(node, cst.Call) and node.args and {m.origin for m in self._meanings(node.func)} & PARTIALS:
            return frozenset(replace(m, how=f"{m.how}, what partial made") for m in self._meanings(node.args[0].value))
        root = _root(node)
        if isinstance(node, cst.Attribute) and (classes := self._classes(node.value, seen)):
            return self._members(classes, f".{node.attr.value}")
        if root is None or not isinstance(node, cst.Name | cst.Attribute):
            return frozenset({Meaning(UNKNOWN, "a value")})
        full = get_full_name_for_node(node) or ""
        assignments = self._assignments(node, root)
        if not assignments:
            return self._by_star(full)
        return frozenset(chain.from_iterable(self._meaning(a, full, seen) for a in assignments))

    def _assignments(self, node: Chain, root: cst.Name) -> set[BaseAssignment]:
        """LibCST's: what the access refers to; all in the scope where that is nothing."""
        inner: cst.BaseExpression = node
        while True:
            if found := self._referents.get(inner):
                return found
            if not isinstance(inner, cst.Attribute):
                break
            inner = inner.value
        scope = self._scopes.get(node) or self._scopes.get(root)
        return set(scope[root.value]) if isinstance(scope, Scope) else set()

    def _by_star(self, full: str) -> frozenset[Meaning]:
        name = full.partition(".")[0]
        stars = [star for star in self._stars if self._modules.exports(star, name)]
        found = chain.from_iterable(self._modules.resolve(f"{star}.{full}") for star in stars)
        return frozenset(Meaning(m.origin, "star import") for m in found) or frozenset({Meaning(UNKNOWN, "unbound")})

    def _meaning(self, assignment: BaseAssignment, full: str, seen: frozenset[cst.CSTNode]) -> Iterable[Meaning]:
        if isinstance(assignment, ImportAssignment):
            return self._imported(assignment, full)
        rest = full[len(assignment.name) :]
        if isinstance(assignment, BuiltinAssignment) or not isinstance(assignment, Assignment):
            return [Meaning(f"builtins.{full}", "builtin")]
        node = assignment.node
        if isinstance(node, cst.ClassDef | cst.FunctionDef):
            return self._defined(assignment, node, rest)
        if isinstance(node, cst.Param) and node in self._nodes.first:
            owner = self._class_name(self._nodes.first[node])
            return [Meaning(owner + rest, "own class" if not rest else "own member")]
        value = self._nodes.values.get(node)
        if rest and isinstance(node, cst.Param) and node.annotation is not None:
            return self._members(self._meanings(node.annotation.annotation), rest)
        if value is None or node in seen:
            return [Meaning(UNKNOWN, "parameter" if isinstance(node, cst.Param) else "local value")]
        if rest and (classes := self._classes(value, seen | {node})):
            return self._members(classes, rest)
        if rest and not isinstance(value, cst.Name | cst.Attribute):
            return [Meaning(UNKNOWN, "local value")]
        aliased = []
        for held in self._meanings(value, seen | {node}):
            group = self._modules.resolve(held.origin + rest) if rest and held.origin else [held]
            aliased += [Meaning(meaning.origin, f"{held.how}, local alias") for meaning in group]
        return aliased

    def _classes(self, value: cst.BaseExpression, seen: frozenset[cst.CSTNode] = frozenset()) -> frozenset[Meaning]:
        """What is called to make a value, where it is made by a call or by one of several."""
        if isinstance(value, cst.Call):
            return self._meanings(value.func, seen)
        if isinstance(value, cst.NamedExpr):
            return self._classes(value.value, seen)
        if isinstance(value, cst.IfExp | cst.BooleanOperation):
            sides = (value.body, value.orelse) if isinstance(value, cst.IfExp) else (value.left, value.right)
            return frozenset(
                chain.from_iterable(self._classes(s, seen) or {Meaning(UNKNOWN, "a value")} for s in sides)
            )
        return frozenset()

    def _members(self, classes: Iterable[Meaning], rest: str) -> frozenset[Meaning]:
        owners = {dotted.rpartition(".")[0] for dotted in self._callees} | self._callees.keys()
        return frozenset(
            Meaning(c.origin + rest, f"instance by {c.how}") if c.origin in owners else Meaning(UNKNOWN, "local value")
            for c in classes
        )

    def _defined(self, assignment: Assignment, node: cst.ClassDef | cst.FunctionDef, rest: str) -> Iterable[Meaning]:
        names = [q.name for q in assignment.get_qualified_names_for(assignment.name)]
        dotted = f"{self._name}.{names[0]}{rest}"
        if dotted in self._callees:
            return [Meaning(dotted, "own module")]
        is_local = not isinstance(assignment.scope, GlobalScope)
        if is_local and not rest and isinstance(node, cst.ClassDef) and not self._makes_itself(node):
            for base in node.bases:
                for meaning in self._meanings(base.value):
                    if meaning.origin in self._callees:
                        return [Meaning(meaning.origin, "subclass in a function, inherited constructor")]
        return [Meaning(dotted, "own module" if not is_local else "local definition")]

    def _makes_itself(self, node: cst.ClassDef) -> bool:
        tree = ast.parse(cst.Module([node.with_changes(decorators=(), leading_lines=())]).code).body[0]
        assert isinstance(tree, ast.ClassDef)
        return _makes_itself(tree, self._all_old)

    def _own_class(self, node: cst.BaseExpression) -> str | None:
        """The class in whose methods `self.__class__` and `type(self)` stand; `cls` is looked up as a name."""
        if isinstance(node, cst.Attribute) and node.attr.value == "__class__":
            inner: cst.BaseExpression = node.value
        elif isinstance(node, cst.Call) and _last(node.func) == "type" and len(node.args) == 1:
            inner = node.args[0].value
        else:
            return None
        found = self._meanings(inner) if isinstance(inner, cst.Name) else frozenset()
        return next((m.origin for m in found if m.how == "own class"), None)

    def _class_name(self, node: cst.ClassDef) -> str:
        scope = self._scopes.get(node)
        prefix = scope._name_prefix if isinstance(scope, Scope) else ""
        return ".".join(filter(None, (self._name, prefix, node.name.value)))

    def _imported(self, assignment: ImportAssignment, full: str) -> Iterator[Meaning]:
        statement = assignment.node
        for path, rest, renamed in _paths(assignment, full):
            dotted = absolute(path, self._package)
            if dotted is None:
                continue
            is_attribute = bool(rest) or isinstance(statement, cst.Import)
            how = "module attribute" if is_attribute else "direct import"
            for meaning in self._modules.resolve(dotted + rest):
                through = f", re-export through {meaning.how.partition(' ')[0]}" if meaning.how else ""
                yield Meaning(meaning.origin, f"{how}{', renamed' if renamed else ''}{through}")

    # What is passed

    def _passed(self, call: cst.Call) -> Passed:
        passed = Passed()
        for arg in call.args:
            if arg.star == "**":
                self._spread(arg.value, passed)
            elif arg.star == "*":
                passed.starred = True
            elif arg.keyword is not None:
                passed.named[arg.keyword.value] = arg.keyword
            elif not passed.starred:
                passed.positional.append(arg)
        return passed

    def _spread(self, value: cst.BaseExpression, passed: Passed) -> None:
        """`**{…}` and `**dict(…)`, also inside each other, say what they pass; other mappings do not."""
        if isinstance(value, cst.Dict):
            for element in value.elements:
                if isinstance(element, cst.StarredDictElement):
                    self._spread(element.value, passed)
                elif isinstance(element, cst.DictElement) and (key := _string(element.key)) is not None:
                    passed.literal[key] = element.key
                else:
                    passed.opaque = True
        elif isinstance(value, cst.Call) and {m.origin for m in self._meanings(value.func)} == {"builtins.dict"}:
            passed.inner.append(value)
            for arg in value.args:
                if arg.keyword is not None:
                    passed.literal[arg.keyword.value] = arg.keyword
                elif arg.star == "*":
                    passed.opaque = True
                else:
                    self._spread(arg.value, passed)
        else:
            passed.opaque = True

    # What became of it

    def _judged(
        self, call: cst.Call, target: _Target, passed: Passed, own: list[Edit], starts: set[int]
    ) -> Site | None:
        callee = target.callee
        old = passed.old(callee.old)
        moved = self._positional(callee, passed, target.how)
        missing = callee.adds_alone and not passed.starred and bool(set(callee.add) - {*passed.named, *passed.literal})
        looks = passed.opaque and bool(callee.old - passed.named.keys() or (missing and callee.adds_alone))
        unsure = bool(callee.keyword_only) and passed.starred
        codes = self._codes(call, starts)
        if not (old or moved or missing or looks or unsure):
            return self._at(call, "extra", target.how, "a call of the callee with nothing to change") if own else None
        if target.others and own:
            return self._at(call, "extra", target.how, f"may also be {', '.join(target.others)}")
        if self._is_kept(call) and not own:
            return self._at(call, "kept", target.how)
        undone = [name for name, node in old.items() if not _touched(self._span(node), own)]
        undone += [f"argument {n}" for n, arg in moved if not _named(self._span(arg)[0], own)]
        undone += ["what is added"] if missing and not passed.opaque and not own else []
        undone += ["what ** passes"] if (looks or (missing and passed.opaque)) and not codes and not own else []
        undone += ["what * passes"] if unsure and not codes and not own else []
        note = f"passes {', '.join(sorted({*old, *(['**'] if looks else [])}))}" if old or looks else ""
        if codes and (undone or not own):
            part = "in part rewritten, " if own else ""
            return self._at(call, f"{part}reported {' '.join(codes)}", target.how, note)
        start, end = self._span(call)
        if undone and any(edit.start <= start and end <= edit.end for edit in self._edits):
            return self._at(call, "rewritten", target.how, "inside an edit of the call around it")
        if undone:
            also = f"; may also be {', '.join(target.others)}" if target.others else ""
            return self._at(call, "left", target.how, f"not changed: {', '.join(undone)}{also}")
        if problem := self._after(call, target, passed, is_reported=not NOT_ADDED.isdisjoint(codes)):
            return self._at(call, "wrong", target.how, problem)
        return self._at(call, "rewritten", target.how, f"also reported {' '.join(codes)}" if codes else "")

    def _positional(self, callee: Callee, passed: Passed, how: str) -> list[tuple[int, cst.Arg]]:
        """Arguments that `keyword_only` wants by name, with all behind them; all where parameters are not known."""
        if not callee.keyword_only:
            return []
        known = self._by_position(callee, how)
        places = [known.index(name) for name in callee.keyword_only if name in known]
        first = min(places) if len(places) == len(callee.keyword_only) else 0
        return list(enumerate(passed.positional))[first:]

    def _after(self, call: cst.Call, target: _Target, passed: Passed, *, is_reported: bool) -> str | None:
        """What is wrong with what the call passes in the text that the edits make; None if nothing is."""
        callee = target.callee
        start, end = self._span(call)
        after = self._rebuilt_calls.get((moved_start(start, self._edits), moved_end(end, self._edits)))
        if after is None:
            return "not found in the text that the edits make"
        before, given = {*passed.named, *passed.literal}, _names_of(after) - {None}
        filled = self._by_position(callee, target.how)[: len(passed.positional)]
        moved = {filled[n] for n, _ in self._positional(callee, passed, target.how) if n < len(filled)}
        expected = {dict(callee.rename).get(name, name) for name in before} - set(callee.remove) | moved
        if twice := [name for name, number in Counter(k.arg for k in after.keywords).items() if name and number > 1]:
            return f"passes {', '.join(twice)} twice"
        if lacking := expected - given:
            return f"does not pass {', '.join(sorted(lacking))}"
        completed = callee.adds_alone or bool(before & callee.old)
        may_lack = passed.opaque or passed.starred or is_reported or not completed
        if not may_lack and (lacking := set(callee.add) - given - set(filled)):
            return f"does not pass {', '.join(sorted(lacking))}"
        if more := given - expected - set(callee.add):
            return f"also passes {', '.join(sorted(map(str, more)))}"
        return None

    def _by_position(self, callee: Callee, how: str) -> tuple[str, ...]:
        """The parameters that positional arguments fill; none where they are not known."""
        signature = _signature(self._modules, callee)
        if signature is None:
            return ()
        is_bound = signature.has_self and how.startswith(BOUND)
        return signature.parameters[int(is_bound) :]

    @cached_property
    def _rebuilt_calls(self) -> dict[tuple[int, int], ast.Call]:
        """The calls of the text that the edits make, by their offsets; none where it does not parse."""
        text = Text(rebuilt(self._text, self._edits))
        try:
            tree = ast.parse(text.text)
        except (SyntaxError, ValueError):
            return {}
        return {text.span_of(node): node for node in ast.walk(tree) if isinstance(node, ast.Call)}

    def _other(self, call: cst.Call, passed: Passed, own: list[Edit], *, is_inner: bool) -> Site | None:
        """A call of something else: what must stay as it is, and edits that have no place there."""
        found = self._meanings(call.func)
        how = " or ".join(sorted({m.how if m.how and not m.origin else f"{m.how} {m.origin}".strip() for m in found}))
        if own:
            kinds = ", ".join(sorted({edit.kind for edit in own}))
            return self._at(call, "extra", how, f"edited ({kinds}), and no call of the callee to LibCST")
        if is_inner or not passed.old(self._all_old):
            return None
        for callee in self._task.callees:
            if any(m.origin.startswith(callee.dotted + ".") for m in found):
                return self._at(call, "other member", how, self._reported(call))
        if {m.origin for m in found} & REPLACES and passed.positional:
            return self._replaced(call, passed.positional[0].value)
        last = _last(call.func)
        if last in self._holders or any(self._of_callee(self._meanings(a.value)) for a in passed.positional):
            return self._at(call, "carried", how, self._reported(call))
        if last in self._task.members or CREATOR.match(last):
            return self._at(call, "namesake", how, self._reported(call))
        return None

    def _replaced(self, call: cst.Call, instance: cst.BaseExpression) -> Site:
        """`replace(context, old=…)` is a call of the constructor where a type or a call says what `context` is."""
        callee = self._callee_of_instance(instance)
        codes = self._codes(call, set())
        if callee is None or callee.old.isdisjoint(self._passed(call).named):
            return self._at(call, "replace", "", self._reported(call))
        if not codes and self._is_kept(call):
            return self._at(call, "kept", "replace of an instance")
        return self._at(call, f"reported {' '.join(codes)}" if codes else "left", "replace of an instance")

    def _callee_of_instance(self, node: cst.BaseExpression) -> Callee | None:
        """The callee that is the class of an instance, by its annotation or the call that makes it."""
        classes = self._classes(node)
        for assignment in self._assignments(node, node) if isinstance(node, cst.Name) else ():
            bound = assignment.node if isinstance(assignment, Assignment) else None
            value = self._nodes.values.get(bound) if bound is not None else None
            if isinstance(bound, cst.Param) and bound.annotation is not None:
                classes |= self._meanings(bound.annotation.annotation)
            else:
                classes |= (self._classes(value) if value is not None else None) or {Meaning(UNKNOWN)}
        target = self._of_callee(classes)
        return target.callee if target is not None and not target.others else None

    def _reported(self, call: cst.Call) -> str:
        codes = self._codes(call, set())
        return f"reported {' '.join(codes)}" if codes else ""

    @cached_property
    def _holders(self) -> frozenset[str]:
        """Names of attributes, parameters and loop variables that are given a value with the callee in it."""
        return frozenset(
            name
            for name, value in self._nodes.holders
            if any(self._of_callee(self._meanings(part)) for part in _parts(value))
        )

    # Places

    def _span(self, node: cst.CSTNode) -> tuple[int, int]:
        return self._text.span(self._positions[node])

    def _site(self, offset: int, category: str, how: str, note: str = "") -> Site:
        line, column = self._text.place(offset)
        return Site(self._path, line, column, category, how, self._text.line(line).strip(), note)

    def _at(self, call: cst.Call, category: str, how: str, note: str = "") -> Site:
        return self._site(self._span(call)[0], category, how, note)

    def _codes(self, call: cst.Call, starts: set[int]) -> list[str]:
        """Codes of findings on the call: at its start, or inside and at the start of no other call of a callee."""
        start, end = self._span(call)
        found = {code for at, code in self._notes if at == start or code == "unparseable"}
        inside = {code for at, code in self._notes if start < at < end and at not in starts}
        return sorted(found | inside)

    def _is_kept(self, call: cst.Call) -> bool:
        place = self._positions[call]
        return any(KEEP.search(self._text.line(n)) for n in range(place.start.line, place.end.line + 1))

    def _by_call(self, outer: dict[cst.Call, cst.Call]) -> dict[cst.Call | None, list[Edit]]:
        """Edits by the innermost call between whose parentheses they stand; those of `**dict(…)` by its call."""
        spans = [(self._span(call), self._span(call.func)[1], call) for call, _ in self._nodes.calls]
        found: dict[cst.Call | None, list[Edit]] = {}
        for edit in self._edits:
            if not edit.is_of_call:
                continue
            around = [(s, call) for s, name_end, call in spans if name_end <= edit.start and edit.end < s[1]]
            around = around or [(s, call) for s, _, call in spans if s[0] <= edit.start and edit.end <= s[1]]
            call = min(around, key=lambda item: item[0][1] - item[0][0])[1] if around else None
            while call in outer:
                call = outer[call]
            found.setdefault(call, []).append(edit)
        return found

    def _masked(self, call: cst.Call, masked: Iterable[tuple[int, int]]) -> str:
        start, end = self._span(call)
        text, at = "", start
        for inner_start, inner_end in sorted(span for span in masked if start <= span[0] and span[1] <= end):
            if inner_start >= at:
                text += self._text.text[at:inner_start] + "\0"
                at = inner_end
        return text + self._text.text[at:end]


@dataclass(frozen=True)
class _Target:
    """The callee that a call is of, how it was reached, and what else it may be."""

    callee: Callee
    how: str
    others: tuple[str, ...] = ()


@cache
def _signature(modules: Modules, callee: Callee) -> Signature | None:
    return modules.signature(callee)


def _name_of(node: cst.CSTNode | None) -> str:
    return (get_full_name_for_node(node) or "") if node is not None else ""


def _paths(assignment: ImportAssignment, full: str) -> Iterator[tuple[str, str, bool]]:
    """The paths that an import gives to a name, relative ones with their dots, and what is read from them."""
    statement = assignment.node
    if not isinstance(statement, cst.Import | cst.ImportFrom) or isinstance(statement.names, cst.ImportStar):
        return
    module = ""
    if isinstance(statement, cst.ImportFrom):
        module = "." * len(statement.relative) + _name_of(statement.module)
    for alias in statement.names:
        name = _name_of(alias.name)
        path = f"{module}{'' if not module or module.endswith('.') else '.'}{name}"
        bound = _name_of(alias.asname.name) if alias.asname is not None else name
        if isinstance(statement, cst.Import) and alias.asname is None:
            if name.partition(".")[0] == full.partition(".")[0]:
                yield full, "", False
        elif full == bound or full.startswith(bound + "."):
            yield path, full[len(bound) :], alias.asname is not None and bound != name


def _parts(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The values that an expression may hand on as they are."""
    if isinstance(node, cst.Tuple | cst.List | cst.Set):
        for element in node.elements:
            yield from _parts(element.value)
    elif isinstance(node, cst.Dict):
        for entry in node.elements:
            yield from _parts(entry.value)
    elif isinstance(node, cst.IfExp):
        yield from (*_parts(node.body), *_parts(node.orelse))
    else:
        yield node


def _string(node: cst.BaseExpression) -> str | None:
    value = node.evaluated_value if isinstance(node, cst.SimpleString | cst.ConcatenatedString) else None
    return value if isinstance(value, str) else None


def _touched(span: tuple[int, int], edits: Iterable[Edit]) -> bool:
    return any(edit.start < span[1] and span[0] < edit.end for edit in edits)


def _named(start: int, edits: Iterable[Edit]) -> bool:
    return any(edit.start <= start <= edit.end for edit in edits)


def _names_of(call: ast.Call) -> set[str | None]:
    """The keywords of a call and of the literals that it spreads; None for other mappings."""
    names: set[str | None] = set()
    for keyword in call.keywords:
        names |= {keyword.arg} if keyword.arg is not None else _keys_of(keyword.value)
    return names


def _keys_of(value: ast.expr) -> set[str | None]:
    if isinstance(value, ast.Dict):
        keys: set[str | None] = set()
        for key, inner in zip(value.keys, value.values, strict=True):
            text = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
            keys |= {text} if key is not None else _keys_of(inner)
        return keys
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict":
        return _names_of(value).union(*(_keys_of(argument) for argument in value.args))
    return {None}


def rebuilt(text: Text, edits: Sequence[Edit]) -> str:
    """The text with the edits' spans replaced."""
    parts, at = [], 0
    for edit in edits:
        parts += [text.text[at : edit.start], edit.after]
        at = edit.end
    return "".join((*parts, text.text[at:]))


def moved_start(offset: int, edits: Iterable[Edit]) -> int:
    """Where what starts at an offset starts after the edits; an insertion there comes before it."""
    return offset + sum(len(edit.after) - (edit.end - edit.start) for edit in edits if edit.end <= offset)


def moved_end(offset: int, edits: Iterable[Edit]) -> int:
    """Where what ends at an offset ends after the edits; an insertion there comes behind it."""
    return moved_start(offset, (edit for edit in edits if edit.start < offset))


# --- All files ---


class Worker:
    """A process's view of the tree."""

    task: Task
    modules: Modules

    @classmethod
    def start(cls, task: Task) -> None:
        cls.task = task
        cls.modules = Modules(Path(task.root), task.source_roots, task.paths, task.callees)
        sys.setrecursionlimit(10_000)
        warnings.simplefilter("ignore")


def look(path: str) -> Looked:
    """One file of the tree before, with the report's edits and findings."""
    content = (Path(Worker.task.root) / path).read_bytes()
    text = _text_of(content)
    if text is None:
        return Looked(path, "unread", tuple(_in_unread(path, content)))
    report = Worker.task.report
    return _look(path, content, report.edits(path, text), report.notes(path, text))


def _look(path: str, content: bytes, edits: list[Edit], notes: list[tuple[int, str]]) -> Looked:
    try:
        return _File(Worker.task, Worker.modules, path, content, edits, notes).look()
    except (cst.ParserSyntaxError, SyntaxError, ValueError, RecursionError) as error:
        note = "" if _compiles(content) is not None else f"LibCST: {type(error).__name__}"
        return Looked(path, "unread", tuple(_in_unread(path, content, note)))


def _text_of(content: bytes) -> Text | None:
    try:
        return Text.of(content)
    except (SyntaxError, UnicodeDecodeError):
        return None


def _in_unread(path: str, content: bytes, note: str = "") -> Iterator[Site]:
    """Lines that look like calls of the callee; left where no edit and no finding is in the file."""
    task = Worker.task
    lines = LINE_END.split(content.decode("utf-8", "replace"))
    old = frozenset[str]().union(*(callee.old for callee in task.callees))
    covered = path in task.report.files or path in task.report.findings
    if not any(re.search(rf"(?<!\w){re.escape(name)}\s*=", line) for name in old for line in lines):
        return
    for number, line in enumerate(lines, 1):
        if any(re.search(rf"(?<!\w){re.escape(callee.last)}\s*\(", line) for callee in task.callees):
            yield Site(path, number, 0, "unread" if covered else "left", "by its text", line.strip(), note)


def glance(path: str) -> Looked:
    """A file that names the callee nowhere: only calls that are like those of its members, with `ast`."""
    task = Worker.task
    content = (Path(task.root) / path).read_bytes()
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError):
        return Looked(path, "unread")
    old = frozenset[str]().union(*(callee.old for callee in task.callees))
    sites = []
    lines = LINE_END.split(Text.of(content).text)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or old.isdisjoint(_names_of(node) - {None}):
            continue
        last = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if last in task.members or CREATOR.match(last):
            line = lines[node.lineno - 1].strip()
            sites.append(Site(path, node.lineno, node.col_offset, "namesake", "the file does not name it", line))
    return Looked(path, "ast", tuple(sites))


def _compiles(content: bytes) -> str | None:
    """What CPython says against a file; None if nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(content, "<file>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError) as error:
            return str(error)
    return None


def tracked(root: Path, plan: dict[str, Any]) -> list[str]:
    """The tracked Python files, those of the plan's `include` too, without its `exclude`."""
    header = plan.get("plan", {})
    where = [*(f"*{suffix}" for suffix in SUFFIXES), *(f":(glob){glob}" for glob in header.get("include", ()))]
    where += [f":(exclude,glob){glob}" for glob in header.get("exclude", ())]
    return [path for path in all_files(root, *where) if not (root / path).is_symlink()]


def all_files(root: Path, *where: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z", "--", *where], cwd=root, capture_output=True, check=True)
    paths = {path.decode("utf-8", "surrogateescape") for path in listed.stdout.split(b"\0") if path}
    return sorted(path for path in paths if (root / path).is_file())


def _words(names: Iterable[str]) -> re.Pattern[bytes]:
    listed = "|".join(map(re.escape, sorted(names))) or r"(?!)"
    return re.compile(rf"(?<!\w)(?:{listed})(?!\w)".encode())


@dataclass(frozen=True)
class Choice:
    """Files to look at with LibCST, and those to glance at for namesakes."""

    thorough: tuple[str, ...]
    brief: tuple[str, ...]


def choose(task: Task) -> Choice:
    """A call of the callee is in a file with its last name, or that of an alias or subclass in some module.

    The file must also hold what makes a call a site: an old keyword, or a `**` where one may hide. Files with edits
    are looked at anyway, those that phases 1 and 2 replace as a whole are not.
    """
    root = Path(task.root)
    contents = {path: (root / path).read_bytes() for path in task.paths}
    names = _all_names(task, contents)
    old = frozenset[str]().union(*(callee.old for callee in task.callees))
    words, sites = _words(names), _words(old)
    any_call = any(callee.keyword_only or callee.adds_alone for callee in task.callees)
    thorough, brief = [], []
    for path, content in contents.items():
        if path in task.report.files:
            thorough.append(path)
        elif path in task.redirects:
            continue
        elif words.search(content):
            if any_call or _passes(content, old):
                thorough.append(path)
        elif sites.search(content):
            brief.append(path)
    thorough.sort(key=lambda path: -len(contents[path]))
    return Choice(tuple(thorough), tuple(brief))


def _passes(content: bytes, old: frozenset[str]) -> bool:
    """Does any call pass an old keyword, or something with `**`? Also where that cannot be told."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError):
        return True
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(keyword.arg is None or keyword.arg in old for call in calls for keyword in call.keywords)


def _all_names(task: Task, contents: dict[str, bytes]) -> set[str]:
    """Last names under which modules pass the callee, or a subclass with its constructor, on."""
    modules = Modules(Path(task.root), task.source_roots, task.paths, task.callees)
    dotted = {callee.dotted for callee in task.callees}
    names, new = set[str](), {callee.last for callee in task.callees}
    while new:
        names |= new
        words = _words(new)
        new = set()
        for path, content in contents.items():
            if not words.search(content):
                continue
            module = modules.name_of(path)
            for name, bounds in modules.names(module).bound.items():
                paths = [target for bound in bounds for target in bound.targets]
                if name in names or not any(target.rpartition(".")[2] in names for target in paths):
                    continue
                origins = {m.origin for m in modules.resolve(f"{module}.{name}")}
                if origins & dotted or any(modules.inherits(origin) for origin in origins if origin):
                    new.add(name)
    return names


def members(modules: Modules, callees: Iterable[Callee]) -> frozenset[str]:
    """The last names of the callees and of their methods."""
    names = set()
    for callee in callees:
        names.add(callee.last)
        node: ast.AST | None = modules.tree(callee.module)
        for part in callee.name.split("."):
            body = getattr(node, "body", ())
            node = next((s for s in body if isinstance(s, ast.ClassDef) and s.name == part), None)
        names |= {s.name for s in getattr(node, "body", ()) if isinstance(s, Function) and not s.name.startswith("__")}
    return frozenset(names)


@dataclass
class Judgement:
    """What was found in all files."""

    looked: list[Looked]

    @property
    def sites(self) -> list[Site]:
        return [site for outcome in self.looked for site in outcome.sites]

    def of(self, *categories: str) -> list[Site]:
        return [site for site in self.sites if site.category in categories]

    @property
    def disagreements(self) -> list[Site]:
        return self.of(*FAILING)

    @property
    def files(self) -> Counter[str]:
        return Counter(outcome.how for outcome in self.looked)


def make_task(root: Path, plan: dict[str, Any], report: Report) -> Task:
    roots = tuple(plan.get("plan", {}).get("source_roots", (".",)))
    paths = tuple(tracked(root, plan))
    modules = Modules(root, roots, paths, ())
    callees = tuple(map(modules.home, read_callees(plan)))
    redirects = [r["module"] for phase in ("phase1", "phase2") for r in plan.get(phase, {}).get("redirect", ())]
    replaced = frozenset(chain.from_iterable(files_of(module, roots) for module in redirects))
    return Task(str(root), roots, callees, paths, replaced, members(modules, callees), report)


def judge(task: Task) -> Judgement:
    choice = choose(task)
    if progress := sys.stderr.isatty() or len(choice.thorough) > 100:
        print(f"{len(choice.thorough)} files for LibCST, {len(choice.brief)} for ast", file=sys.stderr, flush=True)
    with ProcessPoolExecutor(WORKERS, initializer=Worker.start, initargs=(task,)) as pool:
        looked = [
            *_watched(pool.map(look, choice.thorough, chunksize=2), len(choice.thorough), progress),
            *pool.map(glance, choice.brief, chunksize=16),
        ]
    return Judgement(sorted(looked, key=lambda outcome: outcome.path))


def _watched(results: Iterable[Result], total: int, progress: bool) -> Iterator[Result]:
    started, step = time.monotonic(), max(1, total // 10)
    for number, result in enumerate(results, 1):
        yield result
        if progress and number % step == 0:
            print(f"  {number} of {total}, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


# --- The tree after ---


def compare(task: Task, after: Path) -> list[str]:
    """What is not as it has to be in the tree after the run."""
    root = Path(task.root)
    before_files, after_files = all_files(root), all_files(after)
    violations = [f"{path}: only in one of the trees" for path in sorted(set(before_files) ^ set(after_files))]
    both = sorted(set(before_files) & set(after_files))
    changed = [path for path in both if (root / path).read_bytes() != (after / path).read_bytes()]
    edited = {path for path, file in task.report.files.items() if file.get("edits")}
    violations += [f"{path}: changed, and without an edit in the report" for path in changed if path not in edited]
    violations += [f"{path}: edits in the report, and not changed" for path in sorted(edited - set(changed))]
    python = set(task.paths)
    with ProcessPoolExecutor(WORKERS, initializer=Worker.start, initargs=(task,)) as pool:
        found = pool.map(partial(compare_file, str(after)), (path for path in changed if path in python), chunksize=2)
        violations += chain.from_iterable(found)
    return violations


def compare_file(after: str, path: str) -> list[str]:
    """One changed file, by (a) to (f) of its parts below."""
    old, new = ((Path(root) / path).read_bytes() for root in (Worker.task.root, after))
    old_text, new_text = _text_of(old), _text_of(new)
    if old_text is None or new_text is None:
        return [f"{path}: changed, and cannot be decoded"]
    edits = Worker.task.report.edits(path, old_text)
    found = list(_syntax_violations(old, new))
    expected = rebuilt(old_text, edits)
    if (marked := old[:3] == b"\xef\xbb\xbf") != (new[:3] == b"\xef\xbb\xbf"):
        found.append("the byte order mark changed")
    if (b"\xef\xbb\xbf" if marked else b"") + expected.encode(old_text.encoding.removesuffix("-sig")) != new:
        at = next((i for i, (a, b) in enumerate(zip(expected, new_text.text, strict=False)) if a != b), -1)
        line = new_text.text.count("\n", 0, max(at, 0)) + 1
        found.append(f"differs from the text that the report's edits make, from line {line}")
    found += _comment_violations(old_text, new_text)
    found += _site_violations(path, old, new, edits, Worker.task.report.notes(path, old_text))
    return [f"{path}: {violation}" for violation in found]


def _syntax_violations(old: bytes, new: bytes) -> Iterator[str]:
    if _compiles(old) is None and (error := _compiles(new)):
        yield f"compiled before and does not now: {error}"
    try:
        trees = [ast.parse(content) for content in (old, new)]
    except (SyntaxError, ValueError, RecursionError):
        return
    before, after = (_twice(tree) for tree in trees)
    for names in (after - before).elements():
        yield f"a call passes a keyword twice: {names}"


def _twice(tree: ast.AST) -> Counter[str]:
    """Keywords that a call passes more than once, literals after `**` counted."""
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            names = Counter(name for keyword in node.keywords for name in _names_of(ast.Call(node, [], [keyword])))
            found.update(name for name, number in names.items() if name is not None and number > 1)
    return found


def _comment_violations(old: Text, new: Text) -> Iterator[str]:
    before, after = _comments(old.text), _comments(new.text)
    if before is None or after is None:
        return
    yield from (f"a comment is gone: {comment}" for comment in (before - after).elements())
    yield from (f"a comment is new: {comment}" for comment in (after - before).elements())


def _comments(text: str) -> Counter[str] | None:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return None
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def _site_violations(
    path: str, old: bytes, new: bytes, edits: list[Edit], notes: list[tuple[int, str]]
) -> Iterator[str]:
    """Calls of others keep their bytes, and no call of the callee passes an old keyword without a finding."""
    before = _look(path, old, [], notes)
    after = _look(path, new, [], [(moved_start(at, edits), code) for at, code in notes])
    gone, come = (
        Counter(one.untouched) - Counter(other.untouched) for one, other in ((before, after), (after, before))
    )
    yield from (f"{category} changed: {text[:SHOWN]}" for category, text in gone.elements())
    yield from (f"{category} is new: {text[:SHOWN]}" for category, text in come.elements())
    for site in after.sites:
        if site.category == "left":
            yield f"{site.line}:{site.column}: still to change ({site.how}): {site.note}: {site.text[:SHOWN]}"


# --- Output ---


def summary(judgement: Judgement) -> Iterator[str]:
    """Counts by category, and by how the callee was reached."""
    by_category = Counter(site.category for site in judgement.sites)
    yield f"files looked at: {counts(judgement.files)}"
    for category in sorted(by_category, key=lambda name: (name in RECORD, name not in FAILING, name)):
        yield f"{category}: {by_category[category]}"
        hows = Counter(site.how for site in judgement.of(category))
        for how, number in sorted(hows.items(), key=lambda item: (-item[1], item[0])) if category not in RECORD else ():
            yield f"    {number} {how}"
        notes = Counter(site.note for site in judgement.of(category) if site.note and category == "rewritten")
        yield from (f"    {number} of them {note}" for note, number in sorted(notes.items()))
    others: Counter[str] = sum((outcome.others for outcome in judgement.looked), Counter())
    if others:
        yield f"edits outside of calls, not judged: {counts(others)}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("root", type=Path, help="the tree before phase 4, a git working tree")
    parser.add_argument("plan", type=Path, help="the plan, TOML")
    parser.add_argument("report", type=Path, help="what `migrate phase4 --dry-run --force --json` printed")
    parser.add_argument("--after", type=Path, metavar="ROOT_AFTER", help="the tree after phase 4")
    parser.add_argument("--list", action="store_true", help="list the sites of all categories")
    options = parser.parse_args()

    plan = tomllib.loads(options.plan.read_text(encoding="utf-8"))
    report = Report.of(json.loads(options.report.read_text(encoding="utf-8")))
    task = make_task(options.root.resolve(), plan, report)
    judgement = judge(task)
    for site in judgement.sites if options.list else judgement.disagreements:
        print(site)
    for line in summary(judgement):
        print(line)
    wrong = bool(judgement.disagreements)
    if options.after:
        violations = compare(task, options.after.resolve())
        for violation in violations:
            print(violation)
        print(f"violations after: {len(violations)}")
        wrong = wrong or bool(violations)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
