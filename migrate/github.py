"""GitHub's workflow commands: a line of output that becomes an annotation, of a line of code or of the run.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands

Of each step GitHub shows the first ten errors and the first ten warnings; the log has them all:
https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md#limitations
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence

from msgspec import Struct

from migrate.findings import Severity
from migrate.guarding.seen import Seen
from rollback.errors import escape

_DATA = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_PROPERTY = (*_DATA, (":", "%3A"), (",", "%2C"))


class Annotation(Struct, frozen=True):
    """What GitHub is to show; as a string, the workflow command.

    Attributes:
        path: from the top of the working tree, with `/`; empty for what has no place.
        line: from 1; 0 for none. column: in characters, from 1; 0 for none.
    """

    level: Severity
    title: str
    message: str
    path: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """`::error file=…,line=…,col=…,title=…::message`, on one line whatever its words are."""
        properties = {"file": self.path, "line": self.line or "", "col": self.column or "", "title": self.title}
        listed = ",".join(f"{name}={_escaped(str(value), _PROPERTY)}" for name, value in properties.items() if value)
        return f"::{self.level} {listed}::{_escaped(escape(self.message), _DATA)}"


def annotation_of(seen: Seen, prefix: str, *, fails: bool) -> Annotation:
    """A finding; what does not fail is a warning.

    Args:
        prefix: the root relative to the working tree's top, with a final "/", or "".
    """
    finding = seen.finding
    path = posixpath.join(prefix, finding.path)  # a plan that lies elsewhere has a path of its own
    level: Severity = "error" if fails else "warning"
    return Annotation(level, finding.code, finding.message, path, finding.line, seen.column)


class Quoted:
    """Hands the output of a command on, in lines that the runner does not take for commands.

    It looks for `::` at the start of a line, behind blanks, and for the older `##[` anywhere in it:
    https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs

    Args:
        hear: gets whole lines; the last one may lack its end.
    """

    def __init__(self, hear: Callable[[bytes], None]) -> None:
        self._hear = hear
        self._begun = b""

    def __call__(self, chunk: bytes) -> None:
        *lines, self._begun = (self._begun + chunk).replace(b"\r\n", b"\n").split(b"\n")
        if lines:
            self._hear(b"".join(_quoted(line) + b"\n" for line in lines))

    def finish(self) -> None:
        """There is no more of it."""
        if self._begun:
            self._hear(_quoted(self._begun) + b"\n")
            self._begun = b""


def _quoted(line: bytes) -> bytes:
    # A lone CR would begin a line anew.
    return b"| " + line.replace(b"\r", b"\r| ").replace(b"##[", b"## [")


def _escaped(text: str, table: Sequence[tuple[str, str]]) -> str:
    for character, code in table:  # the percent sign comes first
        text = text.replace(character, code)
    return "".join(c if c.isprintable() else escape(c) for c in text)
