"""Definitions that nothing is known to use, and that some file of the tree speaks of all the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from msgspec import Struct

from migrate.modules import SUFFIXES
from migrate.source import Source, UnparsableSource
from rollback.git import Git

_NUL_WITHIN = 8000
"""Bytes at the beginning in which a NUL says that a file is no text, as for git."""
_A_PLAN = re.compile(rb"^\s*\[\[phase[12]\.redirect\]\]", re.MULTILINE)


class Mentions(Struct, frozen=True):
    """A search in the text of all files: configuration, notebooks, scripts, and Python that no parser reads.

    Attributes:
        read: the bytes of a file, or None where there is none to read.
    """

    git: Git
    read: Callable[[str], bytes | None]

    def of(self, names: Mapping[str, Collection[str]], without: Collection[str]) -> dict[tuple[str, str], str]:
        """Where definitions are mentioned first, as `path:line`; those that no file speaks of are left out.

        Args:
            names: of each module. without: files that do not count, as the modules' own.
        """
        wanted = {module: frozenset(found) for module, found in names.items() if found}
        leaves = sorted({module.rpartition(".")[2] for module in wanted})
        found: dict[tuple[str, str], str] = {}
        for path in self.git.grep(leaves, words=False):
            content = self.read(path) if path not in without else None
            if content is None or b"\0" in content[:_NUL_WITHIN] or _is_plan(path, content):
                continue
            for module in wanted:
                for name, line in _mentioned(path, content, module, wanted[module]):
                    found.setdefault((module, name), f"{path}:{line}")
        return found


def _is_plan(path: str, content: bytes) -> bool:
    """A plan has the names of redirects in it, and uses none of them."""
    return path.endswith(".toml") and _A_PLAN.search(content) is not None


def _mentioned(path: str, content: bytes, module: str, names: Collection[str]) -> Iterator[tuple[str, int]]:
    """Names of a module that a file has by their path; or, where it speaks of the module, by themselves."""
    paths = re.compile(_BEFORE + re.escape(module.encode()) + rb"[.:](" + _any(names) + rb")(?!\w)")
    found = {match[1]: match.start(1) for match in reversed(list(paths.finditer(content)))}
    if _speaks_of(content, module):
        # What Python reads is known to the letter, but for names in strings.
        around = rb"([\"'])(" if _is_read(path, content) else _BEFORE_NAME + rb"("
        behind = rb")\1" if _is_read(path, content) else rb")(?!\w)"
        for match in re.finditer(around + _any(names) + behind, content):
            name = match[match.lastindex or 0]
            found.setdefault(name, match.start())
    for name, start in found.items():
        yield name.decode(), content.count(b"\n", 0, start) + 1


_BEFORE = rb"(?:(?<![\w.])|(?<=\\[nrt]))"
"""In the strings of a notebook a line ends in `\\n`."""
_BEFORE_NAME = rb"(?:(?<!\w)|(?<=\\[nrt]))"


def _speaks_of(content: bytes, module: str) -> bool:
    package, _, leaf = (part.encode() for part in module.rpartition("."))
    word = re.escape(leaf) + rb"(?!\w)"
    if re.search(_BEFORE + re.escape(module.encode()) + rb"(?!\w)", content):
        return True
    if re.search(rb"\bfrom\s+\.[\w.]*(?<!\w)" + word, content):
        return True
    outside = rb"|" + re.escape(package) if package else rb""
    return (
        re.search(rb"\bfrom\s+(?:\.[\w.]*" + outside + rb")\s+import\b", content) is not None
        and re.search(rb"(?<!\w)" + word, content) is not None
    )


def _is_read(path: str, content: bytes) -> bool:
    if not path.endswith(SUFFIXES):
        return False
    try:
        Source(content).parse()
    except (UnparsableSource, RecursionError):
        return False
    return True


def _any(names: Collection[str]) -> bytes:
    return b"|".join(re.escape(name.encode()) for name in sorted(names, key=lambda name: (-len(name), name)))
