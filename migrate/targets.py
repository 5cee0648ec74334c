"""What an import statement becomes: the targets of each of its names, decided before the query runs."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TypeAlias

from msgspec import Struct


class Target(Struct, frozen=True):
    """One binding that an import statement makes.

    Attributes:
        module: absolute dotted module.
        name: what is imported from it; empty for the module itself.
        local: the name bound; empty for a plain `import a.b`, which binds `a`.
    """

    module: str
    name: str
    local: str

    @property
    def dotted(self) -> str:
        """The object that is bound: for a plain `import a.b` that is `a`."""
        if not self.local:
            return self.module.partition(".")[0]
        return f"{self.module}.{self.name}" if self.name else self.module

    @property
    def bound(self) -> str:
        return self.local or self.module.partition(".")[0]

    @property
    def clause(self) -> str:
        """What stands for it after `import`."""
        what = self.name or self.module
        return what if self.local in ("", what) else f"{what} as {self.local}"


def module_target(module: str, local: str, *, is_from: bool = False) -> Target:
    """The binding of a whole module to `local`, without a redundant alias.

    Args:
        is_from: written `from package import module` where there is a package.
    """
    package, _, leaf = module.rpartition(".")
    if is_from and package:
        return Target(package, leaf, local)
    return Target(module, "", "" if local == module else local)


Targets: TypeAlias = tuple[tuple[Target, ...], ...]
"""For each name of a statement in order: the bindings that take its place, none where it goes."""

DECIDED: ContextVar[Targets | None] = ContextVar("DECIDED", default=None)
"""What has been decided about the statement that the query runs on; without it the plan alone tells."""
