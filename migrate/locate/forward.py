"""Forward references: strings that hold a type, and the expressions in them."""

from __future__ import annotations

import ast
import re

from migrate.source import Source
from migrate.syntax import Place

_OPAQUE = frozenset({"Literal"})
_GENERICS = frozenset({
    "Optional", "Union", "List", "Dict", "Set", "FrozenSet", "Tuple", "Type", "Callable", "Iterable", "Iterator",
    "Sequence", "Mapping", "MutableMapping", "MutableSequence", "Collection", "Awaitable", "Coroutine",
    "AsyncIterator", "AsyncIterable", "Generator", "AsyncGenerator", "ClassVar", "Final", "Annotated", "Deque",
    "DefaultDict", "Counter", "ChainMap", "Generic", "Protocol", "Concatenate", "TypeGuard", "TypeIs", "Required",
    "NotRequired", "ReadOnly", "Unpack", "InitVar",
})  # fmt: skip
_FIRST_IS_TYPE = frozenset({"cast", "ForwardRef", "assert_type"})
_PLAIN = re.compile(r"""([rRuU]?)('''|\"\"\"|'|")(.*)\2""", re.DOTALL)


def forward_reference(place: Place) -> bool:
    """Is this string a type: part of an annotation, of `cast`, a bound of `TypeVar`, an argument of `Optional[…]`?"""
    child: ast.AST = place.node
    for parent in reversed(place.parents):
        match parent:
            case ast.Subscript(value=value, slice=inner) if inner is child:
                name = _last_name(value)
                if name in _OPAQUE:
                    return False
                if name == "Annotated" and isinstance(inner, ast.Tuple) and inner.elts[0] is not _below(place, inner):
                    return False
                if name in _GENERICS:
                    return True
            case ast.arg(annotation=annotation) if annotation is child:
                return True
            case ast.AnnAssign(annotation=annotation):
                return annotation is child
            case ast.FunctionDef(returns=returns) | ast.AsyncFunctionDef(returns=returns):
                return returns is child
            case ast.Call(func=func, args=args, keywords=keywords):
                return _is_type_argument(_last_name(func), args, keywords, child)
            case ast.keyword() | ast.Tuple() | ast.List() | ast.BinOp() | ast.Starred():
                pass
            case _:
                return False
        child = parent
    return False


def _is_type_argument(function: str, args: list[ast.expr], keywords: list[ast.keyword], child: ast.AST) -> bool:
    if function in _FIRST_IS_TYPE:
        return bool(args) and args[0] is child
    if function in ("TypeVar", "NewType"):
        bounds = (k for k in keywords if k.arg in ("bound", "default"))
        return any(argument is child for argument in args[1:]) or any(k is child for k in bounds)
    return False


def _below(place: Place, ancestor: ast.AST) -> ast.AST:
    """The child of `ancestor` on the way down to the place."""
    at = place.parents.index(ancestor)
    return place.parents[at + 1] if at + 1 < len(place.parents) else place.node


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def quoted_expression(source: Source, node: ast.Constant) -> ast.expr | None:
    """The type in a string, with the positions that it has in the file; None where they cannot be told."""
    if node.lineno != node.end_lineno:
        return None
    found = _PLAIN.fullmatch(source.slice(source.span(node)))
    if found is None or found.group(3) != node.value:
        return None
    try:
        expression = ast.parse(found.group(3), mode="eval").body
    except (SyntaxError, ValueError):
        return None
    columns = node.col_offset + len(found.group(1)) + len(found.group(2))
    for inner in ast.walk(expression):
        if isinstance(inner, ast.expr | ast.keyword):
            if inner.lineno != 1:
                return None
            inner.lineno = inner.end_lineno = node.lineno
            inner.col_offset += columns
            inner.end_col_offset = (inner.end_col_offset or 0) + columns
    return expression
