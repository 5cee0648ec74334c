"""After phase 3: list every reference to a moved object by its old path that is neither rewritten nor reported.

    python -m benchmarks.left_behind ROOT PLAN [REPORT] [--compare BEFORE_ROOT]

REPORT is what `migrate phase3 --json` printed. Without it nothing counts as reported, so that on a tree before phase 3
the list is what the phase has to deal with. The exit code is 1 when anything is listed.

Which object a name stands for is LibCST's answer (`ScopeProvider` and its qualified names), not that of the tool under
test, of which nothing is imported here. https://libcst.readthedocs.io/en/latest/metadata.html#scope-metadata
"""

# ruff: noqa: N802, N815 - visitors of LibCST and ast are called so

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import libcst as cst
from libcst.helpers import get_full_name_for_node
from libcst.metadata import (
    ExpressionContext,
    ExpressionContextProvider,
    ImportAssignment,
    MetadataWrapper,
    PositionProvider,
    Scope,
    ScopeProvider,
)

SUFFIXES = (".py", ".pyi", ".pyw")
KEEP = re.compile(r"#\s*migrate:\s*keep\b")
LINE_END = re.compile(r"\r\n|\r|\n")
StringNode = cst.SimpleString | cst.ConcatenatedString | cst.FormattedString


@dataclass(frozen=True)
class Move:
    """One move of the plan; `old` and `new` are dotted, `name` is the part of `old` inside its module."""

    old: str
    new: str
    module: str
    name: str
    strings: bool

    def moves(self, dotted: str) -> bool:
        """Is this the old path, or a path into what it names, and not already inside the new home?"""
        if not is_within(dotted, self.old):
            return False
        return not (is_within(self.new, self.old) and is_within(dotted, self.new))


@dataclass(frozen=True)
class Task:
    """What the check of each file needs to know."""

    root: str
    moves: tuple[Move, ...]
    source_roots: tuple[str, ...]
    by_import: bool


@dataclass(frozen=True)
class Reference:
    """One place that names a moved object by its old path; `lines` is its range, `via` those of its imports."""

    path: str
    lines: tuple[int, int]
    kind: str
    old: str
    text: str
    via: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Looked:
    """The outcome for one file: what was found, and how it was read (`libcst`, `ast`, `unread` or `kept`)."""

    path: str
    how: str
    references: tuple[Reference, ...] = ()
    kept: int = 0


@dataclass
class Report:
    """The phase's own document, as far as it matters here."""

    findings: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, document: dict[str, Any], root: Path) -> Report:
        """Read a document; where its edits are in the tree, its findings have moved with them."""
        report = cls(files=document.get("files", []))
        applied = {}
        for file in report.files:
            path = root / file["path"]
            if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == file["after_sha256"]:
                applied[file["path"]] = file["edits"]
        for found in document.get("manual", []):
            line = found["line"]
            for edit in applied.get(found["path"], ()):
                if (edit["end_line"], edit["end_column"]) <= (found["line"], found["column"]):
                    line += len(LINE_END.findall(edit["after"])) - len(LINE_END.findall(edit["before"]))
            report.findings.setdefault(found["path"], []).append((line, found["code"]))
        return report

    def covers(self, reference: Reference) -> bool:
        """A finding stands on one of the lines; one that says the file does not parse is about all of them."""
        found = self.findings.get(reference.path, ())
        ranges = (reference.lines, *reference.via)
        return any(code == "unparseable" or any(a <= line <= b for a, b in ranges) for line, code in found)


@dataclass(frozen=True)
class LeftBehind:
    """What the check of a tree found."""

    files: Counter[str]
    references: tuple[Reference, ...]
    left: tuple[Reference, ...]
    kept: int


def is_within(dotted: str, outer: str) -> bool:
    return dotted == outer or dotted.startswith(outer + ".")


def read_moves(plan: dict[str, Any]) -> tuple[Move, ...]:
    moves = []
    for entry in plan.get("phase3", {}).get("move", []):
        module, _, name = entry["old"].partition(":")
        old, new = (entry[key].replace(":", ".") for key in ("old", "new"))
        moves.append(Move(old, new, module, name, entry.get("strings", "targets") != "none"))
    return tuple(moves)


def tracked(root: Path, exclude: Sequence[str] = ()) -> list[str]:
    """The tracked Python files, relative to `root`."""
    where = [*(f"*{suffix}" for suffix in SUFFIXES), *(f":(exclude,glob){glob}" for glob in exclude)]
    listed = subprocess.run(["git", "ls-files", "-z", "--", *where], cwd=root, capture_output=True, check=True)
    paths = {os.fsdecode(path) for path in listed.stdout.split(b"\0") if path}
    return sorted(path for path in paths if (root / path).is_file() and not (root / path).is_symlink())


def check_tree(root: Path, plan: dict[str, Any], report: Report, *, by_import: bool = False) -> LeftBehind:
    """Look at every tracked file that may hold a reference.

    Args:
        by_import: a use is also covered by a finding on the import that its name comes from.
    """
    header = plan.get("plan", {})
    roots = tuple(header.get("source_roots", (".",)))
    task = Task(str(root), read_moves(plan), roots, by_import)
    redirects = {
        path
        for phase in ("phase1", "phase2")
        for redirect in plan.get(phase, {}).get("redirect", [])
        for path in files_of(redirect["module"], roots)
    }
    may_refer = relevance(task.moves, roots)
    paths = [path for path in tracked(root, header.get("exclude", ())) if path not in redirects]
    paths = [path for path in paths if may_refer(path, (root / path).read_bytes())]
    paths.sort(key=lambda path: -(root / path).stat().st_size)
    looked: list[Looked] = []
    if paths:
        with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
            looked = sorted(pool.map(partial(look, task), paths, chunksize=4), key=lambda outcome: outcome.path)
    references = tuple(reference for outcome in looked for reference in outcome.references)
    left = tuple(reference for reference in references if not report.covers(reference))
    return LeftBehind(Counter(o.how for o in looked), references, left, sum(o.kept for o in looked))


def files_of(module: str, roots: Iterable[str]) -> Iterator[str]:
    for root in roots:
        prefix = "" if root == "." else root.rstrip("/") + "/"
        inside = prefix + module.replace(".", "/")
        yield from (f"{inside}{tail}{suffix}" for tail in ("", "/__init__") for suffix in SUFFIXES)


def relevance(moves: Iterable[Move], roots: Sequence[str]) -> Callable[[str, bytes], bool]:
    """A file without the last component of an old path holds no reference, unless by a star or from inside."""
    leaves = {move.old.rpartition(".")[2] for move in moves}
    named = {move.module.rpartition(".")[2] for move in moves if move.name}
    words, modules = (
        re.compile(rb"(?<!\w)(?:" + b"|".join(re.escape(word).encode() for word in sorted(some)) + rb")(?!\w)")
        for some in (leaves, named or {"\0"})
    )
    star = re.compile(rb"import[\s\\(]*\*")
    inside = tuple(
        path.removesuffix("__init__.py")
        for move in moves
        for path in files_of(move.module, roots)
        if not move.name and path.endswith("/__init__.py")
    )

    def may_refer(path: str, content: bytes) -> bool:
        if words.search(content) or path.startswith(inside):
            return True
        return modules.search(content) is not None and star.search(content) is not None

    return may_refer


def look(task: Task, path: str) -> Looked:
    """One file, by LibCST; by `ast` and for its imports alone where LibCST does not get through."""
    content = (Path(task.root) / path).read_bytes()
    package = package_of(path, task.source_roots)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(Exception):  # whatever LibCST stumbles over, the file is looked at in another way
            wrapper = MetadataWrapper(cst.parse_module(content), unsafe_skip_copy=True)
            found, kept = _File(task, path, package, wrapper).references()
            return Looked(path, "libcst", tuple(found), kept)
        try:
            return Looked(path, "ast", tuple(_imports_by_ast(task, path, package, content)))
        except (SyntaxError, ValueError, RecursionError):
            return Looked(path, "unread", tuple(_paths_in_text(task, path, content)))


def package_of(path: str, roots: Iterable[str]) -> tuple[str, ...]:
    """The package that one leading dot stands for in the file `path`."""
    prefixes = ("" if root == "." else root.rstrip("/") + "/" for root in roots)
    prefix = max((p for p in prefixes if path.startswith(p)), key=len, default="")
    return tuple(path[len(prefix) :].split("/")[:-1])


def absolute(dotted: str, package: tuple[str, ...]) -> str | None:
    """`..mod.Name` as seen from `package`; None where the dots lead out of the source root."""
    inside = dotted.lstrip(".")
    up = len(dotted) - len(inside)
    if up == 0:
        return dotted
    if up > len(package):
        return None
    return ".".join([*package[: len(package) - up + 1], *([inside] if inside else [])])


class _File:
    def __init__(self, task: Task, path: str, package: tuple[str, ...], wrapper: MetadataWrapper) -> None:
        self._task = task
        self._path = path
        self._package = package
        self._wrapper = wrapper
        self._module = wrapper.module

    def references(self) -> tuple[list[Reference], int]:
        """Those that count, and how many stand on a line that is kept."""
        nodes = _Nodes()
        self._module.visit(nodes)
        found: list[tuple[cst.CSTNode, str, str, tuple[cst.CSTNode, ...]]] = []
        imports: dict[cst.CSTNode, list[str]] = {}
        bound: set[str] = set()
        for statement in nodes.imports:
            for name, dotted in _bindings(statement):
                resolved = absolute(dotted, self._package)
                if resolved is None:
                    continue
                if any(is_within(resolved, m.old) or is_within(m.old, resolved) for m in self._task.moves):
                    bound.add(name)
            if olds := self._imported(statement):
                imports[statement] = olds
                found += [(statement, "import", old, ()) for old in olds]
        for string in nodes.strings:
            if old := self._in_string(string):
                found.append((string, "string", old, ()))
        if bound:
            found += self._uses(nodes, bound, imports)
        if not found:
            return [], 0
        return self._placed(found, imports)

    def _imported(self, statement: cst.Import | cst.ImportFrom) -> list[str]:
        moves = self._task.moves
        olds: list[str] = []
        if isinstance(statement, cst.Import):
            names = [dotted for dotted in (get_full_name_for_node(a.name) for a in statement.names) if dotted]
            olds += [m.old for dotted in names for m in moves if not m.name and m.moves(dotted)]
        else:
            module = absolute(_module_of(statement), self._package)
            if module is None:
                return []
            if isinstance(statement.names, cst.ImportStar):
                olds += [m.old for m in moves if (module == m.module if m.name else m.moves(module))]
            else:
                names = [f"{module}.{get_full_name_for_node(alias.name)}" for alias in statement.names]
                olds += [m.old for dotted in names for m in moves if m.moves(dotted)]
        return list(dict.fromkeys(olds))

    def _uses(
        self, nodes: _Nodes, bound: set[str], imports: dict[cst.CSTNode, list[str]]
    ) -> Iterator[tuple[cst.CSTNode, str, str, tuple[cst.CSTNode, ...]]]:
        scopes = self._wrapper.resolve(ScopeProvider)
        contexts = self._wrapper.resolve(ExpressionContextProvider)
        for chain, root in nodes.chains:
            if root.value not in bound:
                continue
            if chain is root and contexts.get(root) is not ExpressionContext.LOAD:
                continue  # a binding or a deletion follows the import, and is none of its uses
            scope = scopes.get(chain) or scopes.get(root)
            if scope is None:
                continue
            for node in _prefixes(chain):
                resolved = self._resolved(scope, node, root.value)
                if old := next((m.old for name in resolved for m in self._task.moves if m.moves(name)), None):
                    yield node, "use", old, self._via(scope, root.value, imports)
                    break
        seen: set[tuple[cst.CSTNode, str]] = set()
        for known in {scope for scope in scopes.values() if scope is not None}:
            for assignment in known.assignments:
                if not isinstance(assignment, ImportAssignment) or assignment.name not in bound:
                    continue
                for access in assignment.references:
                    if isinstance(access.node, cst.SimpleString | cst.ConcatenatedString):
                        for old in self._in_annotation(access.node, assignment):
                            if (access.node, old) not in seen:
                                seen.add((access.node, old))
                                via = self._via(access.scope, assignment.name, imports)
                                yield access.node, "annotation", old, via

    def _resolved(self, scope: Scope, node: cst.Name | cst.Attribute, root: str) -> list[str]:
        """LibCST's qualified names that come from an import, absolute.

        After `import a.b` it leaves `a.c.D` open, although the name `a` has been bound; so that is added here.
        """
        names = {q.name for q in scope.get_qualified_names_for(node) if q.source.name == "IMPORT"}
        for assignment in scope[root]:
            if isinstance(assignment, ImportAssignment) and isinstance(assignment.node, cst.Import):
                plain = (alias for alias in assignment.node.names if alias.asname is None)
                if any((get_full_name_for_node(alias.name) or "").partition(".")[0] == root for alias in plain):
                    names.add(get_full_name_for_node(node) or "")
        return [name for name in (absolute(name, self._package) for name in sorted(names)) if name]

    def _via(self, scope: Scope, root: str, imports: dict[cst.CSTNode, list[str]]) -> tuple[cst.CSTNode, ...]:
        """Imports that bind the name; those that are references themselves, unless told to count all."""
        nodes = {a.node for a in scope[root] if isinstance(a, ImportAssignment)}
        return tuple(node for node in nodes if self._task.by_import or node in imports)

    def _in_annotation(self, string: cst.SimpleString | cst.ConcatenatedString, bound: ImportAssignment) -> list[str]:
        text = string.evaluated_value
        statement = bound.node
        if not isinstance(text, str) or not isinstance(statement, cst.Import | cst.ImportFrom):
            return []
        root = bound.name.partition(".")[0]
        olds: list[str] = []
        for chain in re.findall(rf"(?<![\w.]){re.escape(root)}(?:\.\w+)*", text):
            for name, dotted in _bindings(statement):
                resolved = absolute(dotted + chain[len(root) :], self._package)
                if name == root and resolved is not None:
                    olds += [m.old for m in self._task.moves if m.moves(resolved)]
        return olds

    def _in_string(self, string: StringNode) -> str | None:
        text = _leading_text(string)
        if not text:
            return None
        for move in self._task.moves:
            if not move.strings or not text.startswith(move.old):
                continue
            rest = text[len(move.old) :]
            if rest[:1].isalnum() or rest.startswith("_"):
                continue
            if "." not in move.old and not re.fullmatch(r"[\w.:]*", rest):
                continue  # a single word at the beginning of a sentence
            path = re.match(r"[\w.]*", text)
            if path is not None and move.moves(path.group().rstrip(".")):
                return move.old
        return None

    def _placed(
        self, found: list[tuple[cst.CSTNode, str, str, tuple[cst.CSTNode, ...]]], imports: dict[cst.CSTNode, list[str]]
    ) -> tuple[list[Reference], int]:
        positions = self._wrapper.resolve(PositionProvider)
        lines = LINE_END.split(self._module.code)

        def range_of(node: cst.CSTNode) -> tuple[int, int]:
            place = positions[node]
            return place.start.line, place.end.line

        def is_kept(span: tuple[int, int]) -> bool:
            return any(KEEP.search(line) for line in lines[span[0] - 1 : span[1]])

        references, kept = [], 0
        for node, kind, old, imported in found:
            span = range_of(node)
            via = tuple(range_of(statement) for statement in imported)
            if is_kept(span) or any(is_kept(range_of(s)) for s in imported if s in imports):
                kept += 1
            else:
                references.append(Reference(self._path, span, kind, old, lines[span[0] - 1].strip(), via))
        return sorted(references, key=lambda r: r.lines), kept


class _Nodes(cst.CSTVisitor):
    """Import statements, longest `a.b.c` chains that are read or written, and strings that are no docstrings."""

    def __init__(self) -> None:
        super().__init__()
        self.imports: list[cst.Import | cst.ImportFrom] = []
        self.chains: list[tuple[cst.Name | cst.Attribute, cst.Name]] = []
        self.strings: list[StringNode] = []
        self._docstrings: set[cst.CSTNode] = set()

    def visit_Module(self, node: cst.Module) -> None:
        self._skip_docstring(node.body)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._skip_docstring(node.body.body)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._skip_docstring(node.body.body)

    def _skip_docstring(self, body: Sequence[cst.BaseStatement | cst.BaseSmallStatement]) -> None:
        first = body[0] if body else None
        if isinstance(first, cst.SimpleStatementLine):
            first = first.body[0]
        if isinstance(first, cst.Expr):
            self._docstrings.add(first.value)

    def visit_Import(self, node: cst.Import) -> bool:
        self.imports.append(node)
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        self.imports.append(node)
        return False

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        inner: cst.BaseExpression = node
        while isinstance(inner, cst.Attribute):
            inner = inner.value
        if isinstance(inner, cst.Name):
            self.chains.append((node, inner))
        else:
            inner.visit(self)
        return False

    def visit_Name(self, node: cst.Name) -> None:
        self.chains.append((node, node))

    def visit_Arg(self, node: cst.Arg) -> bool:
        node.value.visit(self)  # and not its keyword
        return False

    def visit_MatchKeywordElement(self, node: cst.MatchKeywordElement) -> bool:
        node.pattern.visit(self)
        return False

    def visit_NameItem(self, node: cst.NameItem) -> bool:  # noqa: ARG002 - `global name` is no use of it
        return False

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        if node not in self._docstrings:
            self.strings.append(node)

    def visit_ConcatenatedString(self, node: cst.ConcatenatedString) -> bool:
        if node not in self._docstrings:
            self.strings.append(node)
        for part in _parts(node):
            if isinstance(part, cst.FormattedString):
                for expression in part.parts:
                    expression.visit(self)
        return False

    def visit_FormattedString(self, node: cst.FormattedString) -> None:
        self.strings.append(node)


def _parts(node: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if isinstance(node, cst.ConcatenatedString):
        yield node.left
        yield from _parts(node.right)
    else:
        yield node


def _leading_text(node: StringNode) -> str:
    """The text of a string; of one with replacement fields, what comes before the first."""
    text = ""
    for part in _parts(node):
        if isinstance(part, cst.FormattedString):
            for piece in part.parts:
                if not isinstance(piece, cst.FormattedStringText):
                    return text
                text += piece.value
        elif isinstance(part, cst.SimpleString):
            value = part.evaluated_value
            if not isinstance(value, str):
                return text
            text += value
    return text


def _prefixes(chain: cst.Name | cst.Attribute) -> Iterator[cst.Name | cst.Attribute]:
    """`a`, `a.b`, `a.b.c` of `a.b.c`."""
    if isinstance(chain, cst.Attribute) and isinstance(chain.value, cst.Name | cst.Attribute):
        yield from _prefixes(chain.value)
    yield chain


def _module_of(statement: cst.ImportFrom) -> str:
    name = get_full_name_for_node(statement.module) if statement.module is not None else None
    return "." * len(statement.relative) + (name or "")


def _bindings(statement: cst.Import | cst.ImportFrom) -> Iterator[tuple[str, str]]:
    """The names a statement binds, each with the dotted path it stands for."""
    if isinstance(statement.names, cst.ImportStar):
        return
    module = "" if isinstance(statement, cst.Import) else _module_of(statement)
    for alias in statement.names:
        name = get_full_name_for_node(alias.name) or ""
        dotted = f"{module}{'' if not module or module.endswith('.') else '.'}{name}"
        if alias.asname is not None:
            yield get_full_name_for_node(alias.asname.name) or "", dotted
        elif isinstance(statement, cst.Import):
            top = name.partition(".")[0]
            yield top, top
        else:
            yield name, dotted


def _imports_by_ast(task: Task, path: str, package: tuple[str, ...], content: bytes) -> Iterator[Reference]:
    lines = LINE_END.split(content.decode("utf-8", "replace"))
    for node in ast.walk(ast.parse(content)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            olds = [m.old for name in names for m in task.moves if not m.name and m.moves(name)]
        elif isinstance(node, ast.ImportFrom):
            module = absolute("." * node.level + (node.module or ""), package)
            names = [f"{module}.{alias.name}" for alias in node.names] if module else []
            olds = [m.old for name in names for m in task.moves if m.moves(name)]
            if node.names[0].name == "*":
                olds = [m.old for m in task.moves if module and (m.module == module if m.name else m.moves(module))]
        else:
            continue
        span = (node.lineno, node.end_lineno or node.lineno)
        if not any(KEEP.search(line) for line in lines[span[0] - 1 : span[1]]):
            for old in dict.fromkeys(olds):
                yield Reference(path, span, "import", old, lines[span[0] - 1].strip())


def _paths_in_text(task: Task, path: str, content: bytes) -> Iterator[Reference]:
    """A file that nothing reads: any import or dotted path that looks like a reference."""
    for number, line in enumerate(LINE_END.split(content.decode("utf-8", "replace")), 1):
        for move in task.moves:
            name = rf"\bfrom\s+{re.escape(move.module)}\s+import\b.*\b{re.escape(move.name.partition('.')[0])}\b"
            whole = rf"\b(?:from|import)\s+{re.escape(move.module)}(?!\w)"
            code = line.partition("#")[0]
            if re.search(name if move.name else whole, code) and not KEEP.search(line):
                yield Reference(path, (number, number), "unread", move.old, line.strip())


# --- what else may have changed -------------------------------------------------------------------------------------


class _Normalised(ast.NodeTransformer):
    """A tree without what phase 3 may change.

    Import statements and `pass` go (so a body may be empty). A chain `a.b.c` becomes one name and keeps its context;
    any other attribute loses its name. String constants become empty, in f-strings as well.
    """

    def visit_Import(self, node: ast.stmt) -> None:  # noqa: ARG002
        return None

    visit_ImportFrom = visit_Import
    visit_Pass = visit_Import

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name("_", node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            inner = inner.value
        if isinstance(inner, ast.Name):
            return ast.Name("_", node.ctx)
        return ast.Attribute(self.visit(node.value), "_", node.ctx)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant("") if isinstance(node.value, str) else node


def normalised(content: bytes) -> str:
    return ast.dump(_Normalised().visit(ast.parse(content)), indent=0)


def compare_file(before: Path, after: Path, path: str) -> str | None:
    """What is wrong with the change of one file; None where all is well."""
    old, new = (before / path).read_bytes(), (after / path).read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(old, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return None  # it did not compile before
        try:
            compile(new, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            return f"{path}: compiled before and does not now: {error}"
        one, other = normalised(old).splitlines(), normalised(new).splitlines()
    if one != other:
        at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
        return f"{path}: changed outside of imports, names and strings: {one[at : at + 2]} -> {other[at : at + 2]}"
    return None


@dataclass(frozen=True)
class Comparison:
    """Two trees, before and after: which files changed, and what must not have."""

    changed: tuple[str, ...]
    violations: tuple[str, ...]
    forms: Counter[str]


def compare(before: Path, after: Path, report: Report) -> Comparison:
    """Compare all tracked Python files of two trees, and the changed ones with the report."""
    paths, earlier = tracked(after), tracked(before)
    violations = [f"{path}: only in one of the trees" for path in sorted(set(paths) ^ set(earlier))]
    both = sorted(set(paths) & set(earlier))
    changed = tuple(path for path in both if (before / path).read_bytes() != (after / path).read_bytes())
    told = {file["path"] for file in report.files}
    if report.files:
        violations += [f"{path}: changed, and not in the report" for path in changed if path not in told]
        violations += [f"{path}: in the report, and not changed" for path in sorted(told - set(changed))]
    if changed:
        with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
            violations += filter(None, pool.map(partial(compare_file, before, after), changed, chunksize=8))
    forms = Counter(form_of(edit) for file in report.files for edit in file["edits"])
    return Comparison(changed, tuple(violations), forms)


def form_of(edit: dict[str, Any]) -> str:
    """`from-import`, `import`, `string`, `use`, or `new import`, by the edit's kind and its text before."""
    before, after = edit["before"].lstrip(), edit["after"].lstrip()
    if "string" in edit["kind"] or re.match(r"(?i)[rbuft]{0,2}['\"]", before):
        return "string"
    for text, form in ((before, "{}"), (after if not before else "", "new import")):
        if re.match(r"from[\s.\\]", text):
            return form.format("from-import")
        if re.match(r"import[\s\\]", text):
            return form.format("import")
    return "use" if before else "insertion"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("root", type=Path, help="the tree after phase 3, a git working tree")
    parser.add_argument("plan", type=Path, help="the plan, TOML")
    parser.add_argument("report", type=Path, nargs="?", help="what `migrate phase3 --json` printed")
    parser.add_argument("--compare", type=Path, metavar="BEFORE_ROOT", help="the tree before phase 3")
    parser.add_argument("--by-import", action="store_true", help="a finding on an import covers the uses of its names")
    parser.add_argument("--counts", action="store_true", help="do not list the places")
    options = parser.parse_args()

    plan = tomllib.loads(options.plan.read_text(encoding="utf-8"))
    document = json.loads(options.report.read_text(encoding="utf-8")) if options.report else {}
    report = Report.of(document, options.root)
    found = check_tree(options.root, plan, report, by_import=options.by_import)
    if not options.counts:
        for reference in found.left:
            print(f"{reference.path}:{reference.lines[0]}: {reference.kind} of {reference.old}: {reference.text[:160]}")
    print(f"files looked at: {counts(found.files)}; kept places: {found.kept}")
    print(f"references: {counts(Counter(r.kind for r in found.references))}")
    in_files = len({reference.path for reference in found.left})
    print(f"left behind: {counts(Counter(r.kind for r in found.left))}; in {in_files} files")
    wrong = bool(found.left)
    if options.compare:
        compared = compare(options.compare, options.root, report)
        for violation in compared.violations:
            print(violation)
        print(f"changed files: {len(compared.changed)}; edits: {counts(compared.forms)}")
        print(f"violations: {len(compared.violations)}")
        wrong = wrong or bool(compared.violations)
    return int(wrong)


def counts(counter: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counter.items())) or "none"


if __name__ == "__main__":
    sys.exit(main())
