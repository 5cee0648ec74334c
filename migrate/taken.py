"""Which names does a module take from where others bind them: `from app import os`, `app.os`, `patch("app.os")`?"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from migrate.findings import Finding
from migrate.locate.aliases import imported_names
from migrate.locate.sites import is_kept
from migrate.locate.strings import called_names
from migrate.modules import ModuleName, module_of, resolve_relative
from migrate.moves import is_within
from migrate.provenance import attributes, root_name
from migrate.source import Source, UnparsableSource
from migrate.syntax import star_sources

FROM = re.compile(
    rb"\bfrom\b[\s\\]*([\w.][\w.\s\\]{0,300}?)(?<!\w)import\b[\s\\]*(\((?:[^()#]|#[^\n]*)*|(?:[^\n;\\]|\\\r?\n)*)"
)
"""A `from … import …`: the module, and what is imported; also where that only stands in a text."""
_WORD = re.compile(rb"[^\W\d]\w*|\*")
_PATCHERS = frozenset({"patch", "setattr", "delattr", "spy"})
_PATH = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+")


@dataclass(frozen=True)
class Wanted:
    """What files are asked about.

    Attributes:
        names: dotted, `module.name` or `module.*`.
        exports: (module, what a star import of it binds) pairs; those of which that is not certain may be left out.
    """

    names: frozenset[str]
    source_roots: tuple[str, ...]
    exports: tuple[tuple[str, frozenset[str] | None], ...] = ()

    @cached_property
    def may_take(self) -> Callable[[bytes], bool]:
        """See `may_take`."""
        return may_take(self.names)

    @cached_property
    def modules(self) -> frozenset[str]:
        """Where the names are bound."""
        return frozenset(name.rpartition(".")[0] for name in self.names)

    @cached_property
    def leaves(self) -> frozenset[bytes]:
        """Last names of the modules. Beyond ASCII a name has other spellings: then it is the empty one."""
        last = {module.rpartition(".")[2] for module in self.modules}
        return frozenset(name.encode() if name.isascii() else b"" for name in last)

    def may_reach(self, importer: ModuleName, content: bytes) -> bool:
        """Does a file name one of the modules, or stand inside of one, which `from . import name` does not name?"""
        if any(leaf in content for leaf in self.leaves):
            return True
        return any(is_within(importer.name, module) for module in self.modules)


def names_taken_by(path: str, content: bytes, wanted: Wanted) -> frozenset[str]:
    """As `names_taken`, for a file of the tree; a step that any process may do."""
    importer = module_of(path, wanted.source_roots)
    if not wanted.may_reach(importer, content) or not wanted.may_take(content):
        return frozenset()
    return names_taken(content, importer, wanted.names, dict(wanted.exports).get)


def patches_in(path: str, content: bytes, wanted: Wanted) -> list[Finding]:
    """Patches that go by way of one of the names; a step that any process may do."""
    if not any(word in content for word in (b"patch", b"setattr", b"delattr", b"spy")):
        return []
    found: list[Finding] = []
    for name, node in patches(content, module_of(path, wanted.source_roots), wanted.names):
        message = (
            f"this patch goes by way of {name}, and {name.rpartition('.')[0]} no longer uses what has moved by "
            "that name; patch the name that it uses now"
        )
        last = node.end_lineno or node.lineno
        found.append(Finding(3, path, node.lineno, node.col_offset, "shim-patch", name, message, last))
    return [finding for finding in found if not is_kept(content, finding)]


def may_take(names: Collection[str]) -> Callable[[bytes], bool]:
    """A cheap look at a file's text: may it take one of these dotted names?"""
    by_leaf: dict[bytes, set[bytes]] = {}
    for name in names:
        module, _, local = name.rpartition(".")
        by_leaf.setdefault(module.rpartition(".")[2].encode(), set()).add(local.encode())
    every = {local for locals_ in by_leaf.values() for local in locals_}
    pattern = b"|".join(re.escape(local) for local in sorted(every - {b"*"})) or b"(?!)"
    by_attribute = re.compile(rb"(?:\.[\s\\]*|['\"])(?:" + pattern + rb")(?!\w)")

    def test(content: bytes) -> bool:
        if by_attribute.search(content):
            return True
        for found in FROM.finditer(content):
            module = found.group(1).rstrip(b" \t\r\n\\")
            last = _WORD.findall(module)
            locals_ = by_leaf.get(last[-1]) if last else None
            if module.endswith(b".") or not module.isascii():
                locals_ = every
            listed = set(_WORD.findall(found.group(2)))
            if locals_ and (b"*" in listed or not locals_.isdisjoint(listed)):
                return True
        return False

    return test


_STAR = re.compile(rb"\bfrom\b[\s\\]*([\w.][\w.\s\\]{0,300}?)(?<!\w)import\b[\s\\]*\(?[\s\\]*\*")


def star_imported(content: bytes, importer: ModuleName) -> frozenset[str]:
    """Modules of which a file's text imports everything; may be too many, as it may stand in a string."""
    found: set[str] = set()
    for match in _STAR.finditer(content):
        text = re.sub(rb"[\s\\]+", b"", match.group(1)).decode("utf-8", "replace")
        name = text.lstrip(".")
        module = resolve_relative(importer, len(text) - len(name), name)
        if module is not None:
            found.add(module)
    return frozenset(found)


def names_taken(
    content: bytes,
    importer: ModuleName,
    names: Collection[str],
    exports: Callable[[str], frozenset[str] | None],
) -> frozenset[str]:
    """Those of `names` (dotted, `module.name` or `module.*`) that the module reads from where they are bound.

    Strings count, too, as in `patch("module.name")` and `patch.object(module, "name")`. May be too many, never too
    few, as far as the text tells.

    Args:
        exports: what a star import of a module binds; None where that is not certain.
    """
    by_module: dict[str, set[str]] = {}
    for name in names:
        module, _, local = name.rpartition(".")
        by_module.setdefault(module, set()).add(local)
    source = Source(content)
    try:
        tree = source.parse()
    except UnparsableSource:
        return frozenset(name for name in names if name.rpartition(".")[2].encode() in content)
    taken: set[str] = set()
    for star in star_sources(tree, importer) & by_module.keys():
        known = exports(star)
        taken |= {f"{star}.{local}" for local in by_module[star] if known is None or local in known or local == "*"}
    bound: dict[str, set[str]] = {}
    modules: set[str] = set()
    for each in imported_names(tree, importer):
        if each.alias.name in by_module.get(each.source, ()):
            taken.add(each.path)
        modules |= {module for module in (each.source, each.path) if module in by_module}
        if each.dotted in by_module or any(module.startswith(each.dotted + ".") for module in by_module):
            bound.setdefault(each.local, set()).add(each.dotted)
    wanted = {f"{module}.{local}" for module, locals_ in by_module.items() for local in locals_}
    words = {name.rpartition(".")[2] for name in wanted}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in words:
            root = root_name(node)
            for dotted in bound.get(root.id, ()) if root is not None else ():
                taken |= {".".join([dotted, *attributes(node)])} & wanted
        elif isinstance(node, ast.Call):
            text = _named_attribute(node)
            taken |= {f"{module}.{text}" for module in modules if text in by_module[module]}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            if "." in text and any(word in text for word in words):
                paths = (prefix for path in _PATH.findall(text) for prefix in accumulate(path.split("."), _joined))
                taken |= wanted & set(paths)
    return frozenset(taken)


def _named_attribute(call: ast.Call) -> str:
    """The second argument of `getattr(m, "name")`, `patch.object(m, "name")` and whatever else takes two like that."""
    second = call.args[1] if len(call.args) > 1 else None
    return second.value if isinstance(second, ast.Constant) and isinstance(second.value, str) else ""


def patches(content: bytes, importer: ModuleName, names: Collection[str]) -> Iterator[tuple[str, ast.Constant]]:
    """Strings in calls of `patch` and its like that lead through one of `names`, each with that name."""
    try:
        tree = Source(content).parse()
    except UnparsableSource:
        return
    bound: dict[str, str] = {}
    for each in imported_names(tree, importer):
        bound.setdefault(each.local, each.dotted)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args or not called_names(node.func) & _PATCHERS:
            continue
        first = node.args[0]
        second = _named_attribute(node)
        root = root_name(first)
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            paths = set(accumulate(first.value.split("."), _joined)) & set(names)
            if paths:
                yield min(paths), first
        elif second and root is not None and root.id in bound and isinstance(node.args[1], ast.Constant):
            whole = ".".join([bound[root.id], *attributes(first), second])
            paths = set(accumulate(whole.split("."), _joined)) & set(names)
            if paths:
                yield min(paths), node.args[1]


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}"
