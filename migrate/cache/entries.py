"""Answers as bytes: JSON behind a line with their checksum, so that what was cut off, or is not ours, is nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from migrate.cache.footprint import Marks

_HEAD = b"ssot-migrate answers 1 "


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one state of a tree.

    Attributes:
        answers: JSON types by question.
        marks: what else has to be as it was.
    """

    answers: Mapping[str, Any] = field(default_factory=dict)
    marks: Marks = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """As `from_bytes` reads it."""
        marks = [[*asked, mark] for asked, mark in self.marks.items()]
        body = json.dumps({"answers": self.answers, "marks": marks}, separators=(",", ":")).encode()
        return _HEAD + sha256(body).hexdigest().encode() + b"\n" + body

    @classmethod
    def from_bytes(cls, content: bytes) -> Entry | None:
        """None for anything but what `to_bytes` made."""
        head, _, body = content.partition(b"\n")
        if head != _HEAD + sha256(body).hexdigest().encode():
            return None
        document = json.loads(body)
        return cls(document["answers"], {(what, path): mark for what, path, mark in document["marks"]})
