"""`package.module:Name as Alias`: an import as the plan writes it, for a redirect or beside an added keyword."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer

from migrate.plan_errors import Table
from migrate.plan_fields import Identifier, Module, Strings, read_export


class Export(Table):
    """One name to import, written `pkg.mod:Name` or `pkg.mod:Name as Alias`."""

    module: Module = Field(examples=['"package.module"'])
    name: Identifier = Field(examples=['"Name"'])
    asname: Identifier | None = Field(None, examples=['"Alias"'])

    @property
    def bound(self) -> str:
        """The name that the import binds."""
        return self.asname or self.name

    @property
    def statement(self) -> str:
        """The import statement, without a line end."""
        alias = "" if self.bound == self.name else f" as {self.bound}"
        return f"from {self.module} import {self.name}{alias}"

    def __str__(self) -> str:
        return f"{self.module}:{self.name}" + (f" as {self.asname}" if self.asname else "")


def read_exported(value: object) -> Export:
    if isinstance(value, Export):
        return value
    module, name, asname = read_export(value)
    return Export(module=module, name=name, asname=asname)


Exports = Annotated[
    tuple[Annotated[Export, BeforeValidator(read_exported), PlainSerializer(str, return_type=str)], ...],
    Strings,
]
