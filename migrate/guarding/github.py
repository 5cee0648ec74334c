"""GitHub's workflow commands: a line of output for each finding, which becomes an annotation of its line.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migrate.guarding.seen import Seen
from rollback.errors import escape

_DATA = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_PROPERTY = (*_DATA, (":", "%3A"), (",", "%2C"))


def workflow_commands(seen: Sequence[Seen], prefix: str, *, strict: bool) -> Iterator[str]:
    """`::error file=…,line=…,col=…,title=…::message` for each finding; what does not fail is a warning.

    Args:
        prefix: the root relative to the working tree's top, with a final "/", or "".
    """
    for each in seen:
        finding = each.finding
        properties = {
            "file": prefix + finding.path,
            "line": str(finding.line),
            "col": str(each.column),
            "title": finding.code,
        }
        level = "error" if each.fails(strict=strict) else "warning"
        listed = ",".join(f"{name}={_escaped(value, _PROPERTY)}" for name, value in properties.items())
        yield f"::{level} {listed}::{_escaped(escape(finding.message), _DATA)}"


def _escaped(text: str, table: Sequence[tuple[str, str]]) -> str:
    for character, code in table:  # the percent sign comes first
        text = text.replace(character, code)
    return "".join(c if c.isprintable() else escape(c) for c in text)
