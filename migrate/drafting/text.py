"""A drafted plan as TOML, with comments that say where everything comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from migrate.drafting.draft import Draft
from migrate.drafting.names import NameDraft, kinds
from rollback.errors import count

_LISTED = 40
"""Names that the inventory lists before it counts the rest."""
_INDENT = "  "


def render(draft: Draft, command: str) -> str:
    """The plan's text.

    Args:
        command: the command line that drafted it.
    """
    data = draft.data()
    parts = [list(_opening(draft, command)), list(_header(data["plan"]))]
    for phase in draft.phases:
        table = data[f"phase{phase}"]
        rows = [f"[phase{phase}]", f"title = {_quoted(table['title'])}"]
        rows += [f"minutes = {table['minutes']}"] if "minutes" in table else []
        parts.append(rows)
        parts += list({1: _redirect, 3: _moves, 4: _calls, 5: _checks}[phase](draft))
    doubts = list(_doubts(draft))
    parts += [doubts] if doubts else []
    return "\n\n".join("\n".join(rows) for rows in parts) + "\n"


def _opening(draft: Draft, command: str) -> Iterator[str]:
    yield f"# A first plan, drafted by `{_plain(command)}`."
    yield "# Read it, correct it, then run `migrate check`."
    yield "#"
    places, files = len(draft.users), len({use.path for use in draft.users})
    if places:
        what = f"{count(places, 'place')} in {count(files, 'file')} ({kinds(draft.users)})"
        yield f"# Inventory: {what} take something from {draft.old.module}."
    else:
        yield f"# Inventory: nothing in this repository takes anything from {draft.old.module}."
    used = [name for name in draft.names if name.uses]
    if used:
        yield "#"
        yield "#   places  files  name"
    for name in used[:_LISTED]:
        yield f"#   {name.places:6}  {name.files:5}  {_plain(_what(name))}"
    if len(used) > _LISTED:
        yield f"#   and {len(used) - _LISTED} more"
    if not draft.is_redirect and draft.why_not:
        yield "#"
        yield f"# No redirect: {_plain(draft.why_not)}."
    for note in draft.notes:
        yield "#"
        yield f"# {_plain(note)}"


def _what(name: NameDraft) -> str:
    return f"{name.name}: {name.why}" if name.home is None else f"{name.name} → {name.home} ({name.why})"


def _header(header: dict[str, object]) -> Iterator[str]:
    yield "[plan]"
    for key, value in header.items():
        yield f"{key} = {_value(value)}"


def _redirect(draft: Draft) -> Iterator[list[str]]:
    rows = [
        "[[phase1.redirect]]",
        f"module = {_quoted(draft.old.module)}",
        f"docstring = {_quoted(draft.docstring)}",
        "exports = [",
        *_commented([(name.export, _remark(name)) for name in draft.exports]),
        "]",
    ]
    if draft.drop:
        rows += ["# Defined only there, and nobody in this repository uses them:"]
        rows += ["drop = [", *_commented([(name.name, "") for name in draft.drop]), "]"]
    if draft.left:
        rows += ["# Left to you; `migrate check` names every place:"]
        left = (f"{name.name} ({count(name.places, 'place')}): {name.why}" for name in draft.left)
        rows += [f"#   {_plain(each)}" for each in left]
    yield rows


def _remark(name: NameDraft) -> str:
    uses = count(name.places, "place") if name.uses else "not used here"
    return uses if name.is_sure else f"{uses}; {name.why}"


def _commented(entries: Sequence[tuple[str, str]]) -> Iterator[str]:
    for value, remark in entries:
        yield f"{_INDENT}{_quoted(value)}," + (f"  # {_plain(remark)}" if remark else "")


def _moves(draft: Draft) -> Iterator[list[str]]:
    for move in draft.moves:
        rows = ["[[phase3.move]]" + (f"  # {_plain(move.why)}" if move.why else "")]
        yield [*rows, f"old = {_quoted(str(move.old))}", f"new = {_quoted(str(move.new))}"]


def _calls(draft: Draft) -> Iterator[list[str]]:
    for call in draft.renames:
        renamed = ", ".join(f"{old} = {_quoted(new)}" for old, new in call.rename.items())
        yield [
            f"# was {_plain(str(call.old))}",
            f"# is  {_plain(str(call.new))}",
            "[[phase4.call]]",
            f"callee = {_quoted(str(call.callee))}",
            f"rename = {{ {renamed} }}",
        ]


def _checks(draft: Draft) -> Iterator[list[str]]:
    for command in draft.commands:
        words = [_quoted(word) for word in command.run]
        run = f"run = [{', '.join(words)}]"
        rows = [run] if len(run) <= 110 else ["run = [", *(f"{_INDENT}{word}," for word in words), "]"]
        yield ["[[phase5.check]]", f"name = {_quoted(command.name)}", *rows]


def _doubts(draft: Draft) -> Iterator[str]:
    """What may have to become entries of phase 4, as comments."""
    for call in draft.calls:
        if not call.doubts:
            continue
        yield f"# {call.callee} takes other arguments now; what becomes of them is yours to decide:"
        yield f"#   was {_plain(str(call.old))}"
        yield f"#   is  {_plain(str(call.new))}"
        for doubt in call.doubts:
            yield f"#   {_plain(doubt)}"
        yield f"# As an entry: [[phase4.call]] with callee = {_quoted(str(call.callee))} and rename, add or remove."


def _value(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    """A TOML basic string: as in JSON, but for U+007F."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _plain(text: str) -> str:
    """One line for a comment: TOML allows no control characters there."""
    return "".join(c if c.isprintable() else " " for c in text)
