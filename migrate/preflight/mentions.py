"""Old modules that files other than Python mention: documents, configuration, workflows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from migrate.findings import Finding
from migrate.modules import SUFFIXES, candidate_files
from migrate.plan import Plan
from migrate.report_mark import is_report
from rollback.errors import count
from rollback.git import Git

_STAGED = re.compile(r"(?:^|/)\.migrate-\d+-\d+\.tmp$")
_NUL_WITHIN = 8000
"""Bytes at the beginning in which a NUL says that a file is no text, as for git."""


def mentions(git: Git, plan: Plan, read: Callable[[str], bytes | None], without: Collection[str]) -> Iterator[Finding]:
    """One finding for each file and old module that it mentions by its dotted path or its file's path.

    Args:
        without: paths of files to pass over, as the plan itself.
    """
    words = {
        word: phase_and_module
        for phase_and_module in _old_modules(plan)
        for word in _spellings(plan, phase_and_module[1])
    }
    if not words:
        return
    others = [".", *(f":(exclude)*{suffix}" for suffix in SUFFIXES)]
    longest = sorted(words, key=len, reverse=True)
    pattern = re.compile(rb"(?<![\w.])(?:" + b"|".join(re.escape(word).encode() for word in longest) + rb")(?!\w)")
    for path in git.grep(longest, words=False, pathspecs=others, exclude=plan.plan.exclude):
        is_ours = bool(_STAGED.search(path))  # what an interrupted run has left
        content = read(path) if path not in without and not is_ours else None
        if content is None or b"\0" in content[:_NUL_WITHIN] or is_report(content):
            continue
        found: dict[tuple[int, str], list[int]] = {}
        for match in pattern.finditer(content):
            found.setdefault(words[match.group().decode()], []).append(match.start())
        for (phase, module), places in sorted(found.items()):
            line = content.count(b"\n", 0, places[0]) + 1
            column = places[0] - content.rfind(b"\n", 0, places[0]) - 1
            times = "once" if len(places) == 1 else f"{count(len(places), 'time')}, here first"
            message = f"mentions {module} {times}; no phase changes this file, so bring it up to date by hand"
            yield Finding(phase, path, line, column, "text-mention", module, message)


def _old_modules(plan: Plan) -> list[tuple[int, str]]:
    """Every module that the plan gives up, with the first phase that does."""
    found: dict[str, int] = {}
    for phase in (1, 2):
        for redirect in getattr(plan.phase(phase), "redirect", ()):
            found.setdefault(redirect.module, phase)
    for move in plan.phase3.move if plan.phase3 is not None else ():
        if "." in move.old.module:  # a word alone may be anything
            found.setdefault(move.old.module, 3)
    return [(phase, module) for module, phase in found.items()]


def _spellings(plan: Plan, module: str) -> Iterator[str]:
    if "." in module:
        yield module
    yield from (path.removesuffix("/__init__.py") for path in candidate_files(module, plan.plan.source_roots))
