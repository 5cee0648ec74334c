"""Answers as bytes: JSON behind a line with their checksum, so that what was cut off, or is not ours, is nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from msgspec import Struct, field

from migrate.cache.footprint import Marks

_HEAD = b"ssot-migrate cache 1 "


def sealed(body: bytes) -> bytes:
    """With a first line that tells what it is, and its checksum."""
    return _HEAD + sha256(body).hexdigest().encode() + b"\n" + body


def unsealed(content: bytes) -> bytes | None:
    """What was sealed; None for anything else, or only a part of it."""
    head, _, body = content.partition(b"\n")
    return body if head == _HEAD + sha256(body).hexdigest().encode() else None


class Entry(Struct, frozen=True):
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
        return sealed(json.dumps({"answers": self.answers, "marks": marks}, separators=(",", ":")).encode())

    @classmethod
    def from_bytes(cls, content: bytes) -> Entry | None:
        """None for anything but what `to_bytes` made."""
        body = unsealed(content)
        if body is None:
            return None
        document = json.loads(body)
        return cls(document["answers"], {(what, path): mark for what, path, mark in document["marks"]})
