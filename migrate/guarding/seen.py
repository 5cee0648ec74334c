"""A finding together with its line of source: where it is in characters, and what it is known by when lines shift."""

from __future__ import annotations

import re

from msgspec import Struct

from migrate.findings import Finding
from migrate.source import Source, UnparsableSource

FAILING = frozenset({"deprecated-import", "deprecated-keyword", "unparseable"})
"""Codes that make `migrate guard` fail; with --strict all do."""

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BLANK = re.compile(r"\s+")
_KEPT_CHARACTERS = 200


class Seen(Struct, frozen=True):
    """One place that is deprecated.

    Attributes:
        text: the line of source it is on, without its end; undecodable bytes replaced.
    """

    finding: Finding
    text: str

    @property
    def column(self) -> int:
        """The column in characters (Unicode code points), from 1."""
        return len(self.text.encode("utf-8", "replace")[: self.finding.column].decode("utf-8", "ignore")) + 1

    @property
    def squeezed(self) -> str:
        """The line's text, as it is compared: blanks as one, nothing at the ends, and cut off where it gets long."""
        return _BLANK.sub(" ", self.text).strip()[:_KEPT_CHARACTERS]

    def fails(self, *, strict: bool) -> bool:
        """Does it make the command fail?"""
        return strict or self.finding.code in FAILING


def see(finding: Finding, source: Source) -> Seen:
    """A finding with its line of `source`."""
    try:
        encoding = source.encoding
    except UnparsableSource:
        encoding = "utf-8"
    ends = source.line_starts
    raw = source.line(finding.line) if finding.line < len(ends) else b""
    return Seen(finding, _LINE_END.sub(b"", raw).decode(encoding, "replace"))
