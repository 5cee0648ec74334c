"""Real Python text of any size: top-level statements of the running interpreter's standard library."""

from __future__ import annotations

import ast
import os
import re
import sysconfig
import warnings
from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from pathlib import Path
from random import Random

_LEFT_OUT = frozenset({"site-packages", "__pycache__", "lib-dynload"})
_BY_NAME = ("globals", "locals", "vars(", "exec(", "eval(", "__dict__", "sys.modules")
"""What reaches any name of a module: a careful tool keeps a name there that it would else replace."""
_MANY = 200
"""Files looked at for one text before it is taken as it is."""


class Filler:
    """Text of the library without any of `words`; the same calls in the same order give the same text."""

    def __init__(self, random: Random, words: Collection[str]) -> None:
        self._random = random
        self._words = re.compile("|".join(map(re.escape, (*words, *_BY_NAME))))
        self._chunks: dict[Path, list[str]] = {}

    def text(self, size: int) -> str:
        """Statements that make about `size` characters; they parse, and nothing says that they run."""
        taken: list[str] = []
        left = size
        for _ in range(_MANY):
            chunks = self._chunks_of(self._random.choice(_files()))
            start = self._random.randrange(len(chunks)) if chunks else 0
            for chunk in chunks[start:]:
                if len(chunk) <= left * 1.1:
                    taken.append(chunk)
                    left -= len(chunk)
                if left <= size * 0.05:
                    return "".join(taken)
        return "".join(taken)

    def _chunks_of(self, path: Path) -> list[str]:
        if path not in self._chunks:
            self._chunks[path] = [chunk for chunk in _statements(path) if not self._words.search(chunk)]
        return self._chunks[path]


@cache
def _files() -> list[Path]:
    """The library's own files, sorted."""
    library = Path(sysconfig.get_path("stdlib"))
    found: list[Path] = []
    for folder, folders, files in os.walk(library):
        folders[:] = [name for name in folders if name not in _LEFT_OUT]
        found += (Path(folder, name).relative_to(library) for name in files if name.endswith(".py"))
    return [library / path for path in sorted(found)]


@lru_cache(maxsize=1024)
def _statements(path: Path) -> tuple[str, ...]:
    """The top-level statements of a file as whole lines, with the comments behind each."""
    return tuple(_read_statements(path))


def _read_statements(path: Path) -> Iterator[str]:
    try:
        text = path.read_bytes().decode("utf-8")
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(text)
            compile(tree, path.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return
    if not tree.body or re.search(r"[\r\f\v\x1c-\x1e\x85\u2028\u2029\0]", text):
        return
    lines = text.splitlines(keepends=True)
    starts = [min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]) for node in tree.body]
    if len(set(starts)) < len(starts):
        return
    ends = [*starts[1:], len(lines) + 1]
    for node, start, end in zip(tree.body, starts, ends, strict=True):
        if _can_stand_anywhere(node):
            chunk = "".join(lines[start - 1 : end - 1])
            yield chunk if chunk.endswith("\n") else f"{chunk}\n"


def _can_stand_anywhere(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        return True
    return not any(map(_ties_its_module, ast.walk(node)))


def _ties_its_module(node: ast.AST) -> bool:
    """Is it a statement that is wrong, or makes names uncertain, at another place of another module?"""
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__" or any(alias.name == "*" for alias in node.names)
    return isinstance(node, ast.Global)
