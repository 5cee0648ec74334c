"""The modules that a plan names, and the files that they may be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from migrate.modules import candidate_files
from migrate.plan import Plan


def module_files(plan: Plan) -> tuple[str, ...]:
    """The paths, relative to the root, at which the plan's modules and the packages that they are in may live."""
    names = {package for module in _modules(plan) for package in accumulate(module.split("."), "{}.{}".format)}
    return tuple(sorted({path for name in names for path in candidate_files(name, plan.plan.source_roots)}))


def _modules(plan: Plan) -> Iterator[str]:
    for redirect in plan.redirects:
        yield redirect.module
        yield from (export.module for export in redirect.exports)
    for move in plan.phase3.move if plan.phase3 is not None else ():
        yield from (move.old.module, move.new.module)
    for call in plan.phase4.call if plan.phase4 is not None else ():
        yield call.callee.module
        yield from (imported.module for imported in call.imports)
