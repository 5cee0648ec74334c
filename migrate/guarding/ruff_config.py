"""The part of a plan that ruff can watch over, as its configuration: TID251, `banned-api`.

https://docs.astral.sh/ruff/rules/banned-api/
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from migrate.moves import MoveIndex, is_within
from migrate.plan import Plan
from migrate.plan_redirects import Redirect
from migrate.refs import ObjectRef
from rollback.errors import escape


def ruff_config(plan: Plan, *, strict: bool) -> str:
    """The configuration, for `pyproject.toml`; comments say what has no equivalent.

    Args:
        strict: also forbid what `migrate guard` only warns of.
    """
    config = _Config(plan, strict=strict)
    lines = [
        f"# What `migrate guard` can leave to ruff, of the plan {plan.name}; for pyproject.toml.",
        *(f"# {line}" for line in config.ways_out()),
        "[tool.ruff.lint]",
        'extend-select = ["TID251"]',
        "",
        "[tool.ruff.lint.flake8-tidy-imports.banned-api]",
        *config.entries(),
        "",
        "# Only `migrate guard` sees:",
        *(f"# - {line}" for line in config.rest()),
    ]
    return "\n".join(lines) + "\n"


class _Config:
    def __init__(self, plan: Plan, *, strict: bool) -> None:
        self._plan = plan
        self._strict = strict
        self._moves = MoveIndex.of(plan)
        self._unbannable: list[tuple[str, str]] = []

    def entries(self) -> Iterator[str]:
        """A line for each module or object that may not be imported."""
        lines = [*self._lines()]
        keys = [line.removeprefix("# ").partition(".msg = ")[0] for line in lines]
        for at, (key, line) in enumerate(zip(keys, lines, strict=True)):
            if key not in keys[:at]:  # a module and an object may have the same dotted name
                yield line

    def _lines(self) -> Iterator[str]:
        for move in self._moves.moves:
            if not move.old.name and is_within(move.new.module, move.old.module):
                self._unbannable.append((str(move.old), str(move.new)))
            else:
                yield _entry(move.old.dotted, f"moved to {move.new}")
        for redirect in self._plan.redirects:
            yield from self._redirect(redirect)

    def _redirect(self, redirect: Redirect) -> Iterator[str]:
        if self._moves.new_module(redirect.module) is not None:
            return
        homes = ", ".join(dict.fromkeys(export.module for export in redirect.exports))
        inside = [export.module for export in redirect.exports if is_within(export.module, redirect.module)]
        only_warned_of = redirect.module in self._moves.old_modules and not self._strict
        if inside:
            self._unbannable.append((redirect.module, inside[0]))
            for export in redirect.exports:
                old = f"{redirect.module}.{export.bound}"
                if self._moves.home(old) is None:
                    line = _entry(old, f"moved to {ObjectRef(export.module, export.name)}")
                    yield f"# {line}  # with --strict" if only_warned_of else line
            return
        line = _entry(redirect.module, f"only a redirect; import from {homes}")
        yield f"# {line}  # with --strict" if only_warned_of else line

    def ways_out(self) -> Iterator[str]:
        """What ruff goes by where the plan says otherwise."""
        yield "Instead of `# migrate: keep`, ruff knows `# noqa: TID251`."
        if self._plan.plan.exclude:
            excluded = escape(", ".join(self._plan.plan.exclude))
            yield f"Files that the plan excludes go under [tool.ruff.lint.per-file-ignores]: {excluded}"

    def rest(self) -> Iterator[str]:
        """What is left to `migrate guard`."""
        for old, new in self._unbannable:
            yield f"{old}: to forbid it would forbid {new}, which is inside of it, too"
        if self._moves.moves:
            yield "names that other modules pass on, and aliases: `x = old.module`, then `x.Name`"
            if any(move.old.name for move in self._moves.moves):
                yield from (f"star imports: `from {module} import *`" for module in sorted(self._moves.split_modules))
            if any(move.strings != "none" for move in self._moves.moves):
                yield 'old paths in strings: `patch("old.module.Name")`'
        for call in self._plan.phase4.call if self._plan.phase4 is not None else ():
            if call.old:
                yield f"keywords in calls of {call.callee}: {', '.join(call.old)}"
            if call.keyword_only:
                yield f"arguments of {call.callee} that are passed by position: {', '.join(call.keyword_only)}"
            if call.attributes:
                yield f"attributes of instances of {call.callee}: {', '.join(call.attributes)}"
        roots = [root for root in self._plan.plan.source_roots if root != "."]
        if roots:
            yield f"for relative imports, ruff has to know the source roots, too: [tool.ruff] src = {json.dumps(roots)}"


def _entry(dotted: str, message: str) -> str:
    return f"{_string(dotted)}.msg = {_string(message)}"


def _string(text: str) -> str:
    """A basic string of TOML; what JSON has for a string is one."""
    return json.dumps(escape(text), ensure_ascii=False)
