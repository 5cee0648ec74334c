"""Paths and module names: which module a file is, which file a module is, what a relative import means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

SUFFIXES = (".py", ".pyi", ".pyw")
"""Endings of the files that are read as Python."""


DEEPEST = 64
"""Dots of a path that may lead to an object. With a package that imports everything from a module inside of it that is
not there, `p.m` is `p.m.m`, and so on without an end."""


class ModuleName(Struct, frozen=True):
    """A file's place in the import system.

    Attributes:
        name: dotted absolute name; empty for `__init__.py` directly in a source root.
        is_package: the file is an `__init__`.
    """

    name: str
    is_package: bool

    @property
    def package(self) -> str:
        """What level 1 of a relative import stands for."""
        return self.name if self.is_package else self.name.rpartition(".")[0]


def module_of(path: str, source_roots: Sequence[str]) -> ModuleName:
    """The module that the file `path` (relative to the root, with `/`) is, by its nearest source root."""
    inside = path
    for root in sorted(source_roots, key=len, reverse=True):
        prefix = "" if root == "." else root.rstrip("/") + "/"
        if path.startswith(prefix):
            inside = path[len(prefix) :]
            break
    for suffix in SUFFIXES:
        inside = inside.removesuffix(suffix)
    parts = inside.split("/")
    is_package = parts[-1] == "__init__"
    return ModuleName(".".join(parts[:-1] if is_package else parts), is_package)


def candidate_files(module: str, source_roots: Sequence[str]) -> Iterator[str]:
    """Paths at which `module` may live, in the order in which the import system looks."""
    inside = module.replace(".", "/")
    for root in source_roots:
        prefix = "" if root == "." else root.rstrip("/") + "/"
        yield f"{prefix}{inside}/__init__.py"
        yield f"{prefix}{inside}.py"


def file_of(module: str, source_roots: Sequence[str], exists: Callable[[str], bool]) -> str | None:
    """The file that `module` is imported from, or None when it lies outside the repository."""
    return next((path for path in candidate_files(module, source_roots) if exists(path)), None)


def resolve_relative(importer: ModuleName, level: int, module: str) -> str | None:
    """The absolute name of `from {'.' * level}{module} import …` in `importer`.

    None when the dots climb out of the source root, which is an ImportError at run time. Level 0 is absolute.
    """
    if level == 0:
        return module
    package = importer.package.split(".") if importer.package else []
    if level - 1 > len(package) or (not package and level > 0):
        return None
    base = package[: len(package) - (level - 1)]
    if not base:
        return None
    return ".".join([*base, module] if module else base)
