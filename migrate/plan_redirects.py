"""`[[phase1.redirect]]` and `[[phase2.redirect]]`: a module that becomes nothing but a way to its new home."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Annotated, Any

from pydantic import Field

from migrate.plan_errors import Mistake, Table, readable, repeated, shown
from migrate.plan_exports import Exports, read_exported
from migrate.plan_fields import AtLeastOne, Docstring, Module, Names, Text, one_of, read_identifier, read_module
from migrate.redirect_text import RESERVED, Warn, redirect_text


class Redirect(Table):
    """A module that becomes nothing but imports from its new home.

    Attributes:
        warn: what whoever still uses the module is told, and when its exports are imported; see `redirect_text`.
        drop: public names that are defined in the old module alone and may go.
    """

    module: Module = Field(examples=['"package.module"'])
    docstring: Docstring = Field(examples=['"DEPRECATED: import from package.module."'])
    exports: Annotated[Exports, AtLeastOne] = Field(examples=['["package.module:Name as OldName"]'])
    warn: Annotated[Warn, one_of("none", "import", "lazy")] = Field("none", examples=['"none"'])
    drop: Names = Field((), examples=['["name"]'])
    note: Text = Field("", examples=['"why"'])

    def text(self) -> str:
        """The module's whole new text; its bytes are this in UTF-8."""
        return redirect_text(self.warn, self.docstring, self.exports)

    @classmethod
    def _across(cls, data: Mapping[str, Any]) -> Iterator[Mistake]:
        exports = readable(read_exported, data.get("exports"))
        for position, first, name in repeated((i, export.bound) for i, export in exports):
            sentence = f"binds {name!r} again, after exports[{first}]; remove one or give it another alias"
            yield Mistake(("exports", position), sentence)
        bound = {export.bound for _, export in exports}
        for position, name in readable(read_identifier, data.get("drop")):
            if name in bound:
                yield Mistake(("drop", position), f"{shown(name)} is exported; remove it here or there")
        modules = [module for _, module in readable(read_module, [data.get("module")])]
        for module in modules:
            for position, export in exports:
                if export.module == module:
                    sentence = f"'{export}' is in the redirect itself; write the module that will define it"
                    yield Mistake(("exports", position), sentence)
        warn = data.get("warn")
        if not isinstance(warn, str):
            return
        for position, export in exports:
            if export.bound in RESERVED.get(warn, ()):
                sentence = f"binds {export.bound!r}, which the redirect itself needs with warn = {shown(warn)}"
                yield Mistake(("exports", position), f"{sentence}; give it another alias")
        if warn == "lazy":
            homes = [export.module for _, export in exports]
            for module, (position, export) in product(modules, exports):
                home = next((home for home in homes if f"{home}.".startswith(f"{module}.{export.bound}.")), None)
                if home is not None:
                    # Python binds a submodule in its package, where `__getattr__` is not asked any more.
                    sentence = f"binds {export.bound!r}, and loading {home} binds that to a submodule"
                    yield Mistake(("exports", position), f"{sentence}; give it another alias, or write warn = 'import'")
