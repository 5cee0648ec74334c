"""By which dotted names may a file get at what has one of some last names? Read from its text alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain

from migrate.modules import ModuleName, resolve_relative

_BLANK = rb"(?:\s++|\\(?:\r\n?|\n)|#[^\r\n]*+[\r\n])*+"
_BLANKS = b" \t\r\n\f\\"
_LINE_ENDS = frozenset(b"\r\n")
_STAR = re.compile(rb"import(?<!\wimport)" + _BLANK + rb"\(?" + _BLANK + rb"\*")
_ASKED_FOR = re.compile(rb"attr" + _BLANK + rb"\([^()]*['\"]\Z")
"""`getattr(module, "Name")`"""
_NEAR = 200
_WITHIN = 20_000
"""Bytes before a name in which the statement begins that imports it."""
_LISTED = re.compile(rb"\s*+\(?(?:[\w\s,\\]|#[^\r\n]*[\r\n])*")
_FROM = re.compile(rb"(?<![\w.])from(?!\w)")
_SOURCE = re.compile(rb"[\s\\]*(\.*[\w.\s\\]*)")
_GAP = re.compile(rb"[\s\\]+")

Reach = Callable[[bytes, ModuleName], frozenset[str] | None]


def reach(leaves: frozenset[str]) -> Reach:
    """How a file may get at objects with these last names.

    Returns:
        A function of a file's content and its module. It gives the dotted names that the file imports and that end in
        one of `leaves`; None where that cannot be told, as it may be by an attribute, a string or a star import.
        May be too many, never too few.
    """
    # each by itself: literal bytes are found far faster than one of several
    named = [re.compile(re.escape(leaf.encode()) + rb"(?!\w)") for leaf in sorted(leaves)]
    is_plain = all(leaf.isascii() for leaf in leaves)

    def told(content: bytes, importer: ModuleName) -> frozenset[str] | None:
        if not is_plain or (b"*" in content and _STAR.search(content)):
            return None
        found: set[str] = set()
        for name in chain.from_iterable(pattern.finditer(content) for pattern in named):
            near = content[max(0, name.start() - _NEAR) : name.start()]
            before = near.rstrip(_BLANKS)
            if not before or before.endswith(b".") or (before.endswith((b"'", b'"')) and _ASKED_FOR.search(near)):
                return None
            line = before.rfind(b"\n") + 1
            is_comment = b"#" in before[line:] or (not line and name.start() > _NEAR)
            if is_comment and not _LINE_ENDS.isdisjoint(near[len(before) :]):
                return None  # a comment in between
            source = _imported_from(content, name.start())
            if source is None:
                return None
            bare = source.lstrip(".")
            module = resolve_relative(importer, len(source) - len(bare), bare) if source else None
            if module is not None:
                found.add(f"{module}.{name.group().decode()}")
        return frozenset(found)

    return told


def _imported_from(content: bytes, start: int) -> str | None:
    """The module that the statement at `start`, if it is a `from … import …`, takes a name from.

    Returns:
        As it is written, without blanks; empty where nothing is imported there; None where that is not certain.
    """
    at = content.rfind(b"import", max(0, start - _WITHIN), start)
    if at < 0 or not _LISTED.fullmatch(content, at + 6, start):
        return ""
    begins = [found.end() for found in _FROM.finditer(content, max(0, at - _NEAR), at)]
    source = _SOURCE.fullmatch(content, begins[-1], at) if begins else None
    return None if source is None else _GAP.sub(b"", source.group(1)).decode("ascii", "replace")
