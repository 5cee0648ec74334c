"""Plan lines that close what a preflight has found open: where that is certain, and what is left to a person."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Sequence

import tomlkit
from msgspec import Struct
from tomlkit.items import Array, InlineTable, Table

from migrate.foresight.holes import Hole, Unused
from migrate.preflight.look import Preflight
from rollback.errors import count, escape

_SHOWN = 3
"""Candidates that people are shown; `--json` has all."""


class Line(Struct, frozen=True):
    """One string to put into a list of the plan.

    Attributes:
        phase, index: which redirect. key: `exports` or `drop`. position: of the string it replaces; None to add it.
        why: as a phrase for people.
    """

    phase: int
    index: int
    key: str
    value: str
    why: str
    position: int | None = None

    def as_json(self) -> dict[str, object]:
        place = f"phase{self.phase}.redirect[{self.index}].{self.key}"
        place += "" if self.position is None else f"[{self.position}]"
        return {"key": place, "value": self.value, "why": self.why}


class Left(Struct, frozen=True):
    """A name that only a person can find a home for.

    Attributes:
        subject: `pkg.old:Name`. candidates: objects of that name, `pkg.mod:Name`, to compare it with.
    """

    subject: str
    why: str
    candidates: tuple[str, ...]
    uses: int

    def as_json(self) -> dict[str, object]:
        return {"subject": self.subject, "why": self.why, "candidates": list(self.candidates), "uses": self.uses}


class Suggestion(Struct, frozen=True):
    """What to add to a plan, and what remains."""

    lines: tuple[Line, ...]
    left: tuple[Left, ...]


def suggest(found: Preflight, is_valid: Callable[[Line], bool] = lambda _: True) -> Suggestion:
    """The lines that close each hole of a preflight where that is certain; the rest is left to a person.

    Args:
        is_valid: would the plan still be one with a line?
    """
    lines: list[Line] = []
    left: list[Left] = []
    given: dict[str, str] = {}
    for hole in sorted(found.holes, key=lambda hole: not hole.origin.is_certain):
        # What one redirect comes to pass on, another one can take from the same home.
        value = hole.origin.export(hole.name) if hole.origin.is_certain else given.get(hole.origin.dotted, "")
        line = _export(hole, value) if value else None
        if line is not None and is_valid(line):
            lines.append(line)
            given[f"{hole.module}.{hole.name}"] = value
        else:
            left.append(_left(hole))
    lines += map(_drop, found.unused)
    return Suggestion(tuple(lines), tuple(left))


def _export(hole: Hole, value: str) -> Line:
    home = value.partition(" as ")[0]
    value = home if home.rpartition(":")[2] == hole.name else f"{home} as {hole.name}"
    why = f"{hole.module} takes it from there; {count(len(hole.uses), 'use')}"
    return Line(hole.phase, hole.index, "exports", value, why, hole.position)


def _drop(unused: Unused) -> Line:
    return Line(unused.phase, unused.index, "drop", unused.name, "nobody in the repository uses it")


def _left(hole: Hole) -> Left:
    origin = hole.origin
    candidates = tuple(_ref(dotted) for dotted in origin.namesakes)
    if origin.is_certain:
        why = f"it comes from {origin.dotted}, but the plan does not take that name; import it from there"
    elif origin.is_module:
        why = f"{origin.dotted} is a module, which the redirect no longer loads: its users have to import it"
    elif origin.problem:
        why = f"it comes from {origin.dotted}, but {origin.problem}"
    elif origin.perhaps_from:
        why = f"it may come from {origin.perhaps_from} by a star import, which cannot be checked"
    elif origin.unclear:
        why = f"{origin.unclear}: where is it to come from?"
    elif origin.line and candidates:
        why = (
            "it is defined in the old file, and others of that name elsewhere: is one of them meant to take its place?"
        )
    elif origin.line:
        why = "it is defined in the old file alone: its definition has to move first"
    else:
        why = "the old module does not have it today either: its uses are broken already"
    return Left(f"{hole.module}:{hole.name}", why, candidates, len(hole.uses))


def _ref(dotted: str) -> str:
    module, _, name = dotted.rpartition(".")
    return f"{module}:{name}"


def complete(text: str, lines: Sequence[Line]) -> str:
    """A plan's TOML text with the lines put in; comments and layout stay."""
    document = tomlkit.parse(text)
    for line in lines:
        redirect = document[f"phase{line.phase}"]["redirect"][line.index]
        if line.key not in redirect:
            _begin(redirect, line.key)
        values = redirect[line.key]
        assert isinstance(values, Array), "the plan has been read"
        if line.position is not None or line.value not in values:
            written = put_in(values.as_string(), line.value, line.position)
            redirect[line.key] = tomlkit.parse(f"list = {written}\n")["list"]
    return tomlkit.dumps(document)


def _begin(redirect: Table | InlineTable, key: str) -> None:
    """A list of its own, behind the exports: a blank line and comments at the end belong to what follows."""
    if isinstance(redirect, InlineTable):
        redirect[key] = tomlkit.array()
        return
    values = tomlkit.array()
    values.indent(0)
    values.trivia.indent = redirect["exports"].trivia.indent
    redirect.value._insert_after("exports", key, values)


_TOKEN = re.compile(
    r'''(?P<comment>\#[^\n]*)
    |(?P<string>"""(?:[^\\]|\\.)*?"{3,5}|\'{3}.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\')
    |(?P<comma>,)|(?P<end>\])''',
    re.VERBOSE | re.DOTALL,
)


def put_in(written: str, value: str, position: int | None = None) -> str:
    """A TOML list of strings with one more: at the end, or in the place of another; all else stays.

    In a list on several lines it gets a line of its own, behind the last one and what is noted there.
    """
    tokens = list(_TOKEN.finditer(written))
    strings = [token for token in tokens if token.lastgroup == "string"]
    if position is not None:
        old = strings[position]
        return f'{written[: old.start()]}"{value}"{written[old.end() :]}'
    if not strings:
        end = tokens[-1].start()
        return f'{written[:end]}"{value}"{written[end:]}'
    last = strings[-1]
    comma = next((token for token in tokens if token.lastgroup == "comma" and token.start() >= last.end()), None)
    outside = _TOKEN.sub(lambda token: "" if token.lastgroup == "string" else token.group(), written)
    if "\n" not in outside:
        return f'{written[: last.end()]}, "{value}"{written[last.end() :]}'
    rest = written if comma is not None else f"{written[: last.end()]},{written[last.end() :]}"
    behind = comma.end() if comma is not None else last.end() + 1
    noted = re.compile(r"[ \t]*#[^\n]*").match(rest, behind)
    at = noted.end() if noted is not None else behind
    return f'{rest[:at]}\n{_indent(written, strings)}"{value}",{rest[at:]}'


def _indent(written: str, strings: Sequence[re.Match[str]]) -> str:
    """What stands before the last string that begins a line."""
    for string in reversed(strings):
        before = written[written.rfind("\n", 0, string.start()) + 1 : string.start()]
        if not before.strip():
            return before
    return "  "


def patch(path: str, before: str, after: str) -> str:
    """A unified diff of a plan."""
    path = escape(path.lstrip("/"))
    # Lines as git has them: `splitlines` ends some at a form feed, too.
    old, new = (re.findall(r"[^\n]*\n|[^\n]+", text) for text in (before, after))
    rows = difflib.unified_diff(old, new, f"a/{path}", f"b/{path}", n=2)
    return "".join(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows)


def in_words(left: Sequence[Left]) -> Iterator[str]:
    """What is left to a person, a name a line and its candidates behind it."""
    for each in left:
        yield f"{each.subject} ({count(each.uses, 'use')}): {each.why}"
        for candidate in each.candidates[:_SHOWN]:
            yield f"    {candidate}"
        if len(each.candidates) > _SHOWN:
            yield f"    and {len(each.candidates) - _SHOWN} more"
