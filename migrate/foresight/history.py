"""What a file was in git before it became a redirect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migrate.foresight.surface import Surface, read_surface
from migrate.modules import module_of
from rollback.git import Git

_VERSIONS = 10
"""How many earlier versions of a file are looked through."""


def earlier_surfaces(git: Git, path: str, source_roots: Sequence[str]) -> Iterator[Surface]:
    """The surfaces of a module's newest versions in git that defined something, newest first."""
    name = module_of(path, source_roots)
    surfaces = (read_surface(content, name) for content in git.versions(path, _VERSIONS))
    yield from (surface for surface in surfaces if surface.makes_objects)
