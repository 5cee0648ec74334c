"""What becomes of the arguments of one call, decided before the query runs."""

from __future__ import annotations

from contextvars import ContextVar

from msgspec import Struct

PARTIALS = ("functools.partial", "functools.partialmethod")
"""What is called with a callee and some of its arguments."""


class CallChange(Struct, frozen=True):
    """The operations on one call's arguments.

    A keyword is passed by name, as a key of a `**{…}` literal, or as a keyword of `**dict(…)`. Positional arguments
    count from 0, starred ones too.

    Attributes:
        renamed: (old, new) keywords.
        removed: keywords that go.
        merged: (old, new) keywords that become `new={**new_value, **old_value}`.
        named: (position, keyword) of positional arguments that become keywords.
        added: (keyword, source of its value).
        loose: keywords whose value takes parentheses behind a `**`.
        enclosed: positions of positional arguments that take parentheses.
    """

    renamed: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    merged: tuple[tuple[str, str], ...] = ()
    named: tuple[tuple[int, str], ...] = ()
    added: tuple[tuple[str, str], ...] = ()
    loose: frozenset[str] = frozenset()
    enclosed: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return self.is_deprecated or bool(self.added)

    @property
    def is_deprecated(self) -> bool:
        """Does the call pass what is deprecated, or so, and not only lack something?"""
        return bool(self.renamed or self.removed or self.merged or self.named)


DECIDED_CALL: ContextVar[CallChange | None] = ContextVar("DECIDED_CALL", default=None)
"""What has been decided about the call that the query runs on; without it the plan alone tells."""
