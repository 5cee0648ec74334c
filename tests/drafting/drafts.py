"""Parts of drafts, for tests."""

from __future__ import annotations

from migrate.drafting.names import NameDraft
from migrate.edits import Span
from migrate.foresight.uses import Kind, Use
from migrate.refs import ObjectRef

OLD, NEW = ObjectRef.parse("shop.cart:Cart"), ObjectRef.parse("shop.basket:Basket")


def uses(name: str, number: int = 1, kind: Kind = "import", module: str = "shop.cart") -> tuple[Use, ...]:
    """Places that take a name, each in a file of its own."""
    return tuple(Use(module, name, kind, f"app{n}.py", 1, 0, 1, Span(0, 1)) for n in range(number))


def named(
    name: str, home: str = "", places: int = 1, size: int = 0, *, module: str = "shop.cart", kind: Kind = "import"
) -> NameDraft:
    """A name of `shop.cart`, and where it is to come from."""
    where = ObjectRef.parse(home) if home else None
    return NameDraft(module, name, where, "because", uses(name, places, kind, module), size)
