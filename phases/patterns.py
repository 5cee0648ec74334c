"""Tree patterns and small tree edits that more than one phase uses (fissix, lib2to3's successor)."""

from __future__ import annotations

from bowler.types import LN, Capture, Filename
from fissix.pgen2 import token
from fissix.pytree import Leaf, Node

IMPORT_FROM = "import_from< 'from' any* >"
"""Every `from … import …` statement, absolute or relative."""

IMPORT_NAME = "import_name< 'import' any* >"
"""Every `import …` statement."""
DOTTED = "power< NAME trailer< '.' NAME > any* >"
"""Every expression that begins with `a.b`."""


def call_of(dotted: str) -> str:
    """The pattern of a call whose callee is spelled `dotted`, e.g. `shop.billing.charge(…)`."""
    first, *rest = dotted.split(".")
    trailers = " ".join(f"trailer< '.' '{part}' >" for part in rest)
    return f"power< '{first}' {trailers} call=trailer< '(' any* ')' > >"


def attribute_of(dotted: str, name: str) -> str:
    """The pattern of an attribute of a new object, e.g. `shop.basket.Basket().owner`."""
    first, *rest = dotted.split(".")
    trailers = " ".join(f"trailer< '.' '{part}' >" for part in rest)
    return f"power< '{first}' {trailers} trailer< '(' ')' > trailer< '.' name='{name}' > >"


def mark_selected(node: LN, capture: Capture, filename: Filename) -> None:  # noqa: ARG001 - Bowler's signature
    """A callback that changes nothing but leaves word that the node was selected."""
    node.changed()


def text_leaf(text: str, prefix: str = "") -> Leaf:
    """Source text as one leaf, whatever it holds."""
    return Leaf(token.NAME, text, prefix=prefix)


def import_source(node: Node) -> tuple[int, str]:
    """Level and module text of an `import_from` node: `from ..a.b import c` is (2, 'a.b')."""
    level, module = 0, ""
    for child in node.children[1:]:
        if isinstance(child, Leaf) and child.value == "import":
            break
        if isinstance(child, Leaf) and child.type == token.DOT:
            level += 1
        else:
            module = "".join(leaf.value for leaf in child.leaves())
    return level, module


def dotted_prefix(node: Node) -> list[str]:
    """`['a', 'b']` of `a.b` and of `a.b(c).d`."""
    names = [node.children[0].value]
    for trailer in node.children[1:]:
        if not isinstance(trailer, Node) or len(trailer.children) != 2 or trailer.children[0].type != token.DOT:
            break
        names.append(trailer.children[1].value)
    return names
