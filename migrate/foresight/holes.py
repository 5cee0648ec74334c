"""Values of the look ahead: redirects with the files they replace, names they lack, and where those come from."""

from __future__ import annotations

from msgspec import Struct

from migrate.findings import Finding
from migrate.foresight.surface import Surface
from migrate.foresight.uses import Use
from migrate.plan_redirects import Redirect


class Origin(Struct, frozen=True):
    """Where a module about to become a redirect has a name from.

    Attributes:
        dotted: the object it takes from elsewhere, `pkg.mod.Name`, where that is certain.
        line: of its own definition, from 1; 0 where it has none.
        namesakes: objects of the same name elsewhere, `pkg.mod.Name`; others than this one, or perhaps the same.
        problem: why it cannot be taken from `dotted`, as a phrase for people.
        perhaps_from: a module out of sight that the old one imports everything from.
        is_module: it is a module inside of the package, which the redirect no longer loads.
        unclear: where it may come from, where only running the old module could tell, as a phrase for people.
    """

    dotted: str = ""
    line: int = 0
    namesakes: tuple[str, ...] = ()
    problem: str = ""
    perhaps_from: str = ""
    is_module: bool = False
    unclear: str = ""

    @property
    def is_certain(self) -> bool:
        """Can the redirect export the name from there without doubt?"""
        return bool(self.dotted) and not self.problem and not self.is_module

    @property
    def is_absent(self) -> bool:
        """Does the module not have the name today either?"""
        return not (self.dotted or self.line or self.perhaps_from or self.unclear)

    def export(self, bound: str) -> str:
        """As the plan's `exports` write it, for a name `bound` of the redirect."""
        module, _, name = self.dotted.rpartition(".")
        return f"{module}:{name}" + (f" as {bound}" if name != bound else "")


class Hole(Struct, frozen=True):
    """A name that users of a module need and its redirect lacks.

    Attributes:
        phase, index: which of the plan's redirects.
        uses: the places that take the name, by path and line.
        position: which of its exports is wrong; None where one is missing.
    """

    phase: int
    index: int
    module: str
    name: str
    uses: tuple[Use, ...]
    origin: Origin
    position: int | None = None

    @property
    def key(self) -> str:
        """The plan's key that an export would be added to, or that has the wrong one."""
        key = f"phase{self.phase}.redirect[{self.index}].exports"
        return key if self.position is None else f"{key}[{self.position}]"


class Unused(Struct, frozen=True):
    """A public definition that goes with a module that becomes a redirect, and that nobody in the repository uses."""

    phase: int
    index: int
    module: str
    name: str


class Target(Struct, frozen=True):
    """One redirect of the plan with the file that it is about to replace.

    Attributes:
        path: of that file. former: what it defines, or defined before it became a redirect.
    """

    phase: int
    index: int
    redirect: Redirect
    path: str
    surface: Surface
    former: Surface

    @property
    def module(self) -> str:
        return self.redirect.module

    @property
    def key(self) -> str:
        """The plan's key of the redirect."""
        return f"phase{self.phase}.redirect[{self.index}]"

    @property
    def exports(self) -> frozenset[str]:
        return frozenset(export.bound for export in self.redirect.exports)


class Outlook(Struct, frozen=True):
    """What the redirects of a plan would break.

    Attributes:
        holes: names that users need, by redirect and name.
        unused: definitions that would be lost to nobody.
        remarks: on what cannot be checked, and on what the plan says of names that are not there.
    """

    findings: tuple[Finding, ...] = ()
    holes: tuple[Hole, ...] = ()
    unused: tuple[Unused, ...] = ()
    remarks: tuple[str, ...] = ()
