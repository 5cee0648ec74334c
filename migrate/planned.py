"""What the syntax tree of a site has to become, worked out on the tree alone; the verification compares with it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from migrate.call_changes import CallChange
from migrate.locate.sites import AttributeSite, CallSite


def change_call(site: CallSite) -> None:
    """Change a call's node into what it has to become."""
    node, change = site.node, site.change
    assert node is not None, "verified files are parsed"
    literals = [node.keywords[index] for index in site.literals]
    first = 1 if site.partial else 0
    named = [(first + position, name) for position, name in change.named]
    node.keywords[:0] = [ast.keyword(name, node.args[index]) for index, name in named]
    for index, _ in reversed(named):
        del node.args[index]
    values = dict(_passed(node, literals))
    merged = {new: (values[new], values[old]) for old, new in change.merged if old in values and new in values}
    gone = {*change.removed, *(old for old, _ in change.merged)}
    node.keywords = list(_kept(node.keywords, change, gone, merged, literals))
    at = next((i for i, keyword in enumerate(node.keywords) if keyword.arg is None), len(node.keywords))
    node.keywords[at:at] = [ast.keyword(name, ast.parse(value, mode="eval").body) for name, value in change.added]


def change_attribute(site: AttributeSite) -> None:
    site.node.attr = site.after


def _passed(node: ast.Call, literals: Sequence[ast.keyword]) -> Iterator[tuple[str, ast.expr]]:
    for keyword in node.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value
        elif keyword in literals and isinstance(keyword.value, ast.Dict):
            yield from zip(_keys(keyword.value), keyword.value.values, strict=True)
        elif keyword in literals and isinstance(keyword.value, ast.Call):
            yield from ((str(k.arg), k.value) for k in keyword.value.keywords)


def _kept(
    keywords: list[ast.keyword],
    change: CallChange,
    gone: set[str],
    merged: dict[str, tuple[ast.expr, ast.expr]],
    literals: Sequence[ast.keyword],
) -> Iterator[ast.keyword]:
    """The keywords that stay, by their new names and with their new values."""
    renamed = dict(change.renamed)
    for keyword in keywords:
        value = keyword.value
        if keyword.arg is not None:
            if keyword.arg not in gone:
                new = merged.get(keyword.arg)
                yield ast.keyword(renamed.get(keyword.arg, keyword.arg), _merged(new) if new else value)
        elif keyword in literals and isinstance(value, ast.Dict):
            items = [
                (renamed.get(key, key), _merged(merged[key]) if key in merged else item)
                for key, item in zip(_keys(value), value.values, strict=True)
                if key not in gone
            ]
            if items or not value.keys:
                shown = dict(zip(_keys(value), value.keys, strict=True))
                constants: list[ast.expr | None] = [_renamed_key(shown, new, renamed) for new, _ in items]
                yield ast.keyword(None, ast.Dict(constants, [item for _, item in items]))
        elif keyword in literals and isinstance(value, ast.Call):
            had_any = bool(value.keywords)
            value.keywords = list(_kept(value.keywords, change, gone, merged, ()))
            if value.keywords or not had_any:
                yield keyword
        else:
            yield keyword


def _renamed_key(shown: dict[str, ast.expr | None], new: str, renamed: dict[str, str]) -> ast.expr:
    old = next((old for old, name in renamed.items() if name == new and old in shown), new)
    key = shown[old]
    assert isinstance(key, ast.Constant)
    return ast.Constant(new, key.kind)


def _merged(values: tuple[ast.expr, ast.expr]) -> ast.Dict:
    """`{**new_value, **old_value}`."""
    return ast.Dict([None, None], list(values))


def _keys(mapping: ast.Dict) -> list[str]:
    return [str(key.value) for key in mapping.keys if isinstance(key, ast.Constant)]
