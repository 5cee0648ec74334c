"""A drafted plan as TOML, with comments that say where everything comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from migrate.drafting.draft import Draft, RedirectDraft
from migrate.drafting.names import NameDraft, kinds
from rollback.errors import count, escape

_LISTED = 40
"""Names that the inventory lists before it counts the rest."""
_INDENT = "  "
_WIDTH = 110


def render(draft: Draft, command: str) -> str:
    """The plan's text.

    Args:
        command: the command line that drafted it.
    """
    data = draft.data()
    parts = [list(_opening(draft, command)), list(_header(data["plan"]))]
    for phase in draft.phases:
        if phase == 5:
            parts += filter(None, [list(_doubts(draft))])
        table = data[f"phase{phase}"]
        rows = [f"[phase{phase}]", f"title = {_quoted(table['title'])}"]
        rows += [f"minutes = {table['minutes']}"] if "minutes" in table else []
        parts.append(rows)
        parts += list({1: _redirects, 3: _moves, 4: _calls, 5: _checks}[phase](draft))
    return "\n\n".join("\n".join(rows) for rows in parts) + "\n"


def _opening(draft: Draft, command: str) -> Iterator[str]:
    yield f"# A first plan, drafted by `{_plain(command)}`."
    yield "# Read it, correct it, then run `migrate check`."
    yield "#"
    yield f"# Inventory: {_plain(inventory(draft))}."
    used = [name for name in draft.names if name.uses]
    if used:
        yield "#"
        yield "#   places  files  name"
    for name in used[:_LISTED]:
        yield f"#   {name.places:6}  {name.files:5}  {_plain(_what(draft, name))}"
    if len(used) > _LISTED:
        yield f"#   and {count(len(used) - _LISTED, 'more name')}"
    if draft.why_not and draft.old != draft.new:
        yield "#"
        yield f"# No redirect: {_plain(draft.why_not)}."
    for note in draft.notes:
        yield "#"
        yield f"# {_plain(note)}"


def inventory(draft: Draft) -> str:
    """How many places take something from the old module, as a sentence without a full stop."""
    wanted = [name for name in draft.names if name.uses]
    what = draft.names[0].name if draft.old.name and len(draft.names) == 1 else "something"
    if not draft.users:
        what = what if what != "something" else "anything"
        return f"nothing in this repository takes {what} from {draft.old.module}"
    places = len(draft.users)
    where = f"{count(places, 'place')} in {count(len({use.path for use in draft.users}), 'file')}"
    within = "" if all(name.module == draft.old.module for name in wanted) else " and the modules in it"
    verb = "takes" if places == 1 else "take"
    return f"{where} ({kinds(draft.users)}) {verb} {what} from {draft.old.module}{within}"


def spelled(draft: Draft, name: NameDraft) -> str:
    """A name; with its module where that is not the old one itself."""
    return name.name if name.module == draft.old.module else str(name.ref)


def _what(draft: Draft, name: NameDraft) -> str:
    label = spelled(draft, name)
    return f"{label}: {name.why}" if name.home is None else f"{label} → {name.home} ({name.why})"


def _header(header: dict[str, object]) -> Iterator[str]:
    yield "[plan]"
    for key, value in header.items():
        remark = "  # other people's code, which stays as it is" if key == "exclude" else ""
        yield f"{key} = {_value(value)}{remark}"


def _redirects(draft: Draft) -> Iterator[list[str]]:
    for redirect in draft.redirects:
        yield list(_redirect(redirect))


def _redirect(redirect: RedirectDraft) -> Iterator[str]:
    yield "[[phase1.redirect]]"
    yield f"module = {_quoted(redirect.module)}"
    yield f"docstring = {_quoted(redirect.docstring)}"
    yield "exports = ["
    yield from _commented([(name.export, _remark(name)) for name in redirect.exports])
    yield "]"
    if redirect.drop:
        yield f"# Defined only there, and nothing in this repository uses {'them' if redirect.drop[1:] else 'it'}:"
        yield "drop = ["
        yield from _commented([(name.name, "") for name in redirect.drop])
        yield "]"
    if redirect.left:
        yield "# Left to you; `migrate check` names every place:"
        for name in redirect.left:
            where = f"mentioned in {name.mentioned}" if name.mentioned else count(name.places, "place")
            yield "#   " + _plain(f"{name.name} ({where}): {name.why}")


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
        renamed = ", ".join(f"{_key(old)} = {_quoted(new)}" for old, new in call.rename.items())
        yield [
            f"# was {_plain(str(call.old))}",
            f"# is  {_plain(str(call.new))}",
            "[[phase4.call]]",
            f"callee = {_quoted(str(call.callee))}",
            f"rename = {{ {renamed} }}",
        ]


def _checks(draft: Draft) -> Iterator[list[str]]:
    if not draft.commands:
        yield ["# Neither tests nor make targets were found; add what tells that it worked, as [[phase5.check]]."]
    for command in draft.commands:
        words = [_quoted(word) for word in command.run]
        run = f"run = [{', '.join(words)}]"
        rows = [run] if len(run) <= _WIDTH else ["run = [", *(f"{_INDENT}{word}," for word in words), "]"]
        note = [f"# {_plain(command.note)}"] if command.note else []
        yield [*note, "[[phase5.check]]", f"name = {_quoted(command.name)}", *rows]


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
        entry = (
            "the entry above takes"
            if call.rename
            else f"[[phase4.call]] with callee = {_quoted(str(call.callee))} takes"
        )
        yield f"# {entry} rename, add, remove and keyword_only for that."


def _value(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return _quoted(value) if isinstance(value, str) else str(value)


def _key(name: str) -> str:
    """A bare key where TOML allows one: in ASCII."""
    return name if name.isascii() else _quoted(name)


def _quoted(text: str) -> str:
    """A TOML basic string: as in JSON, but for U+007F."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _plain(text: str) -> str:
    """One line for a comment, where TOML allows no control characters: they are spelled out."""
    return escape(text)
