"""One form under two moves: of an object that is renamed on the way, and of its whole module."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from benchmarks.matrix.case import Case, Edits, make

OBJECT = (("old:A", "new:B"),)
MODULE = (("old", "new"),)
OBJECT_IN_PACKAGE = (("pkg.old:A", "lib.core.new:B"),)
MODULE_IN_PACKAGE = (("pkg.old", "lib.core.new"),)

USE = "\n\n\ndef seen():\n    return A.home\n"
"""The rest of a file that has imported `A`."""

ONE = {"from old import A": "from new import B as A"}
"""The commonest edit."""

Either = Edits | Mapping[str, Edits] | None


def both(
    name: str,
    group: str,
    before: str | bytes | Mapping[str, str | bytes],
    of_object: Either,
    of_module: Either,
    *,
    moves: tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]] = (OBJECT, MODULE),
    **more: object,
) -> tuple[Case, Case]:
    """The case for the object and the one for the module."""
    build = partial(make, group=group, before=before, **more)  # type: ignore[arg-type]
    return build(id=name, moves=moves[0], edits=of_object), build(id=f"{name}, module", moves=moves[1], edits=of_module)
