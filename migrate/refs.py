"""ObjectRef: parse and print `package.module:Name`, Python packaging's object reference.

Source of the notation: https://packaging.python.org/en/latest/specifications/entry-points/#data-model
"""

from __future__ import annotations

from msgspec import Struct


class ObjectRef(Struct, frozen=True, order=True):
    """A module, or an object inside one.

    Attributes:
        module: dotted absolute module name, `pkg.mod`.
        name: dotted name inside the module (`Name`, `Class.method`); empty for the whole module.
    """

    module: str
    name: str = ""

    @classmethod
    def parse(cls, text: str) -> ObjectRef:
        """Read `package.module:Name` or `package.module`.

        Raises:
            ValueError: worded for a person, saying what would be right.
        """
        module, colon, name = text.partition(":")
        if not _is_dotted(module):
            raise ValueError(f"{text!r} is not an object reference; write 'package.module:Name'")
        if colon and not _is_dotted(name):
            raise ValueError(f"{text!r} has no name after the colon; write 'package.module:Name'")
        return cls(module, name)

    @property
    def dotted(self) -> str:
        """`pkg.mod.Name`, as the object is spelled in code."""
        return f"{self.module}.{self.name}" if self.name else self.module

    @property
    def leaf(self) -> str:
        """The last component: the word any use of the object must contain."""
        return self.dotted.rpartition(".")[2]

    def __str__(self) -> str:
        return f"{self.module}:{self.name}" if self.name else self.module


def _is_dotted(text: str) -> bool:
    return bool(text) and all(part.isidentifier() for part in text.split("."))
