"""The cases, one module per kind of form."""

from benchmarks.matrix.case import Case
from benchmarks.matrix.cases import (
    blocks,
    chains,
    files,
    from_imports,
    homes,
    members,
    modules,
    namesakes,
    relative,
    scopes,
    strings,
)

GROUPS: tuple[tuple[Case, ...], ...] = (
    namesakes.CASES,
    from_imports.CASES,
    modules.CASES,
    members.CASES,
    relative.CASES,
    strings.CASES,
    chains.CASES,
    scopes.CASES,
    blocks.CASES,
    homes.CASES,
    files.CASES,
)

CASES: tuple[Case, ...] = tuple(case for group in GROUPS for case in group)
