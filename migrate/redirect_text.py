"""The whole text of a module that has become a redirect, in each of its styles of deprecation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from types import ModuleType
from typing import Literal, TypeAlias

from migrate.plan_exports import Export

Warn: TypeAlias = Literal["none", "import", "lazy"]

# What formatters break lines at unless they are told otherwise. In a longer line they are broken here in their
# manner, with a trailing comma, which keeps the lines as they are at any other length, too.
_WIDTH = 88
_NAMED = 5
"""So many names stand in the warning of an import; with more, only their homes do."""

_LAZY = '''\
else:
    import importlib as _importlib
    import warnings as _warnings

    _HOMES = {{
{rows}
    }}

    def __getattr__(name: str) -> object:
        """Import what is used from its home, and warn at that line (PEP 562)."""
        if name not in _HOMES:
            raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
        home, attribute = _HOMES[name].split(":")
        # Level 2 is the line that uses the name: Python leaves out the frames of
        # importlib that `from ... import` may have in between. Nothing is kept here,
        # so that each such line is told; how often, the warning filters decide.
        _warnings.warn(
            f"{{__name__}}.{{name}} is deprecated; import {{attribute}} from {{home}}",
            DeprecationWarning,
            stacklevel=2,
        )
        try:
            module = _importlib.import_module(home)
            if hasattr(module, "__path__") and not hasattr(module, attribute):
                return _importlib.import_module(f"{{home}}.{{attribute}}")
            return getattr(module, attribute)
        except AttributeError as error:
            # As it is, it would tell of an unknown name here, and nothing of the home.
            message = f"cannot import name {{attribute!r}} from {{home!r}}"
            raise ImportError(message) from error

    def __dir__() -> list[str]:
        return sorted({{*globals(), *_HOMES}})

'''

RESERVED: Mapping[str, frozenset[str]] = {
    "import": frozenset({"__all__", "__name__", "_warnings", "DeprecationWarning"}),
    "lazy": frozenset({"__all__", "__getattr__", "__dir__", "_HOMES", "_importlib", "_typing", "_warnings"})
    # A patch sets the name here, in front of the builtin.
    | {"AttributeError", "DeprecationWarning", "ImportError", "getattr", "globals", "hasattr", "sorted"}
    # What every module has is never looked for in `__getattr__`.
    | {"__builtins__", "__cached__", "__file__", "__path__", *dir(ModuleType), *dir(ModuleType(""))},
}
"""Names that the text of a style needs for itself, so that no export can be bound to them."""


def redirect_text(warn: Warn, docstring: str, exports: Sequence[Export]) -> str:
    """The whole text of a redirect; its bytes are this in UTF-8.

    Args:
        warn: `"none"`: imports of the exports and `__all__`, nothing else. `"import"`: a DeprecationWarning as well,
            at the line that imports the module first. `"lazy"`: nothing is imported until it is used, with a
            DeprecationWarning at each line that does; so no circle of imports leads through the module. What is not
            an export has a private name in both.
        docstring: one line that can stand between triple quotes as it is.
        exports: none bound to a name that is `RESERVED` for the style.
    """
    opening = f'"""{docstring}"""'
    if warn == "none":
        return "\n".join((opening, *(export.statement for export in exports), "", _listed(exports), ""))
    text = _with_warning(exports) if warn == "import" else _looked_up(exports)
    listed = _listed(exports)
    if len(listed) > _WIDTH:
        listed = "\n".join(("__all__ = [", *(f'    "{export.bound}",' for export in exports), "]"))
    return f"{opening}\n\n{text}\n{listed}\n"


def _with_warning(exports: Sequence[Export]) -> str:
    # The module's own path stands in no string, where a later search for uses of the module would find it.
    return f"""\
import warnings as _warnings

{_imports(exports)}

# Level 2 is the line that imports this module: Python leaves out the frames of
# importlib in between.
_warnings.warn(
    f"{{__name__}} is deprecated; import {_advice(exports)}",
    DeprecationWarning,
    stacklevel=2,
)
"""


def _looked_up(exports: Sequence[Export]) -> str:
    # An `else` keeps `__getattr__` from type checkers, which would have it give a type to every unknown name.
    imports = _imports(exports, "    ")
    rows = "\n".join(f'        "{export.bound}": "{export.module}:{export.name}",' for export in exports)
    return f"import typing as _typing\n\nif _typing.TYPE_CHECKING:\n{imports}\n{_LAZY.format(rows=rows)}"


def _listed(exports: Sequence[Export]) -> str:
    names = ", ".join(f'"{export.bound}"' for export in exports)
    return f"__all__ = [{names}]"


def _imports(exports: Sequence[Export], indent: str = "") -> str:
    """In the plan's order; neighbours from one home in one statement, but for aliases: linters want it so."""
    statements: list[str] = []
    for (home, is_plain), neighbours in groupby(exports, lambda e: (e.module, e.bound == e.name)):
        names = [each.name if is_plain else f"{each.name} as {each.bound}" for each in neighbours]
        statements += [_import(home, listed, indent) for listed in ([names] if is_plain else ([n] for n in names))]
    return "\n".join(statements)


def _import(home: str, names: Sequence[str], indent: str) -> str:
    line = f"{indent}from {home} import {', '.join(names)}"
    if len(line) <= _WIDTH:
        return line
    return "\n".join((f"{indent}from {home} import (", *(f"{indent}    {name}," for name in names), f"{indent})"))


def _advice(exports: Sequence[Export]) -> str:
    """`A, B from m and C from n`."""
    names: dict[str, dict[str, None]] = {}
    for export in exports:
        names.setdefault(export.module, {})[export.name] = None
    if len(exports) > _NAMED:
        return f"from {' or '.join(names)}"
    return " and ".join(f"{', '.join(names[home])} from {home}" for home in names)
