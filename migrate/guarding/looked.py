"""What a look at files has found, and the same as a document, for the next look at the very same tree."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, to_builtins

from migrate.findings import Finding
from migrate.guarding.seen import Seen


class Looked(Struct, frozen=True):
    """What was found.

    Attributes:
        seen: by path and place.
        files: how many files have been read. kept: places left alone for their `# migrate: keep`.
        notes: what was not looked into. details: remarks for those who want to know more.
    """

    seen: tuple[Seen, ...]
    files: int
    kept: int
    notes: tuple[str, ...] = ()
    details: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """In JSON types, as `from_json` reads it."""
        document: dict[str, Any] = to_builtins(self)
        return document

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Looked:
        seen = tuple(Seen(Finding(**each["finding"]), each["text"]) for each in document["seen"])
        notes, details = tuple(document["notes"]), tuple(document["details"])
        return cls(seen, document["files"], document["kept"], notes, details)
