"""Names for places of a page that links lead to: readable, and no two alike."""

from __future__ import annotations

import re

_ODD = re.compile(r"[^A-Za-z0-9._/-]+")
_LONGEST = 200


class Anchors:
    """The names of one page, by what they stand for."""

    def __init__(self) -> None:
        self._names: dict[tuple[object, ...], str] = {}
        self._taken: set[str] = set()

    def of(self, kind: str, *what: object) -> str:
        """The name of a place, always the same for the same: `file-shop/cart.py`, `finding-star-import-shop/a.py-3`."""
        key = (kind, *what)
        if key not in self._names:
            plain = _ODD.sub("-", "-".join((kind, *map(str, what))))[:_LONGEST]
            name, number = plain, 2
            while name in self._taken:
                name, number = f"{plain}~{number}", number + 1
            self._taken.add(name)
            self._names[key] = name
        return self._names[key]
