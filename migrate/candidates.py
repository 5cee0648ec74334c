"""Which files are worth parsing: `git grep` for words that any site must contain; may be too many, never too few."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from migrate.modules import SUFFIXES, candidate_files
from migrate.moves import MoveIndex
from migrate.plan import Call, Plan
from rollback.git import Git

_PYTHON = tuple(f"*{suffix}" for suffix in SUFFIXES)


def find_candidates(git: Git, plan: Plan, phase: int, words: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Paths of the files that contain a word of the phase, relative to the root, sorted.

    Args:
        words: further names that the phase's objects go by, as found so far.
    """
    exclude = plan.plan.exclude
    found: set[str] = set()
    if phase in (3, 5) and plan.phase3 is not None:
        found |= _importers(git, plan, exclude)
    if phase in (4, 5) and plan.phase4 is not None:
        leaves = {call.callee.leaf for call in plan.phase4.call} | words
        found |= set(git.grep(sorted(leaves), words=True, pathspecs=_PYTHON, exclude=exclude))
    return tuple(sorted(found))


def _importers(git: Git, plan: Plan, exclude: tuple[str, ...]) -> set[str]:
    assert plan.phase3 is not None
    leaves = {move.old.module.rpartition(".")[2] for move in plan.phase3.move}
    found = set(git.grep(sorted(leaves), words=True, pathspecs=_PYTHON, exclude=exclude))
    # Inside a package, `from . import Name` reaches the package without naming it.
    for move in plan.phase3.move:
        for path in candidate_files(move.old.module, plan.plan.source_roots):
            if path.endswith("/__init__.py") and (git.root / path).is_file():
                folder = path.removesuffix("__init__.py")
                inside = tuple(f":(glob){_literal(folder)}**/*{suffix}" for suffix in SUFFIXES)
                words = [move.old.name.partition(".")[0]] if move.old.name else ["import"]
                found |= set(git.grep(words, words=True, pathspecs=inside, exclude=exclude))
    return found


def _literal(folder: str) -> str:
    """A folder name for a glob pathspec."""
    return re.sub(r"([\[\]*?\\])", r"\\\1", folder)


def relevance(plan: Plan, phase: int) -> Callable[[str, bytes], bool]:
    """A cheap look at a candidate's text: can it hold a site at all?"""
    tests: list[Callable[[str, bytes], bool]] = []
    if phase in (3, 5) and plan.phase3 is not None:
        tests.append(_may_import(plan))
    if phase in (4, 5) and plan.phase4 is not None:
        tests.append(_may_call(plan.phase4.call))
    return lambda path, content: any(test(path, content) for test in tests)


# What follows `import`, up to the end of the statement: a list in parentheses, with comments, or a logical line.
_IMPORTED = re.compile(rb"\bimport\b(?:\s|\\\r?\n)*(?:\((?:[^()#]|#[^\n]*)*|(?:[^\n\\]|\\\r?\n)*)")


def _may_import(plan: Plan) -> Callable[[str, bytes], bool]:
    """The full dotted path anywhere, or the last name of the module, or a moved name, in an import statement."""
    moves = MoveIndex.of(plan)
    dotted = re.compile(_any(moves.old_modules) + rb"(?!\w)")
    relative = re.compile(rb"\bfrom[\s\\]*\.[\s\\.\w]*\bimport\b")
    leaves = re.compile(rb"\b" + _any(module.rpartition(".")[2] for module in moves.old_modules) + rb"\b")
    names = re.compile(rb"\b" + _any(m.old.name.partition(".")[0] for m in moves.moves if m.old.name) + rb"\b")

    def test(_path: str, content: bytes) -> bool:
        if dotted.search(content):
            return True
        inside = relative.search(content) is not None
        if inside and (moves.modules or any(leaves.search(r.group()) for r in relative.finditer(content))):
            return True
        for found in _IMPORTED.finditer(content):
            if leaves.search(found.group()) or (inside and names.search(found.group())):
                return True
        return False

    return test


def _any(words: Iterable[str]) -> bytes:
    """A pattern of any of `words`; of nothing where there are none."""
    escaped = [re.escape(word) for word in sorted(set(words))]
    return ("(?:" + "|".join(escaped) + ")").encode() if escaped else b"(?!)"


def _may_call(calls: tuple[Call, ...]) -> Callable[[str, bytes], bool]:
    """A keyword that some call passes and shall not, or a mapping spread; any call where keywords are only added."""
    if any(not (call.rename or call.remove) for call in calls):
        return lambda _path, _content: True
    old = "|".join(sorted({re.escape(name) for call in calls for name in (*call.rename, *call.remove)}))
    keyword = re.compile(rf"\b(?:{old})\s*\\?\s*=(?!=)".encode())
    leaves = "|".join(sorted({re.escape(call.callee.leaf) for call in calls}))
    called = re.compile(rf"\b(?:{leaves})\s*\\?\s*\(".encode())
    other_names = re.compile(rf"\b(?:{leaves})\s+as\b|=\s*(?:[\w.]+\.)?(?:{leaves})\b\s*(?:[\n\r#;]|$)".encode())

    def test(_path: str, content: bytes) -> bool:
        if keyword.search(content):
            return True
        if b"**" not in content:
            return False
        return other_names.search(content) is not None or any(
            b"**" in _arguments(content, found.end()) for found in called.finditer(content)
        )

    return test


_BRACKETS = re.compile(rb"[()]")


def _arguments(content: bytes, start: int) -> bytes:
    """What follows an opening parenthesis up to its match, counting those in strings and comments as well.

    A stray closing one in a string would end it early, so a few more lines are taken along.
    """
    depth = 1
    for found in _BRACKETS.finditer(content, start):
        depth += 1 if found.group() == b"(" else -1
        if not depth:
            return content[start : found.end() + 400]
    return content[start:]


@lru_cache(maxsize=64)
def _renaming(names: frozenset[str]) -> re.Pattern[bytes]:
    leaves = "|".join(sorted(re.escape(name) for name in names))
    return re.compile(rf"\b(?:{leaves})\s+as\s+(\w+)|\b(\w+)\s*=\s*(?:[\w.]+\.)?(?:{leaves})\b\s*(?:[\n\r#;]|$)".encode())


def other_names(content: bytes, names: frozenset[str]) -> frozenset[str]:
    """Names that the text gives to one of `names`: `import A as B`, `B = A`."""
    found = _renaming(names).finditer(content)
    return frozenset((f.group(1) or f.group(2)).decode("utf-8", "replace") for f in found) - names
