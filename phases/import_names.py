"""The names of one `from … import …` statement with their layout, and statements made of some of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from fissix.pgen2 import token
from fissix.pygram import python_symbols as symbols
from fissix.pytree import Leaf, Node
from msgspec import Struct
from msgspec.structs import replace


class ImportedName(Struct, frozen=True):
    """One name of the list.

    Attributes:
        name: as it is called in the module. asname: what it is bound to, None without `as`.
        lead: white space and own-line comments before it. text: the source of the name itself.
        gap: what stands between the name and its comma. trail: the comment on its line, after the comma.
        row: what leads the first name on its line, and the number of that line in the list.
    """

    name: str
    asname: str | None
    lead: str
    text: str
    gap: str = ""
    trail: str = ""
    row: tuple[int, str] = (0, "")

    @property
    def bound(self) -> str:
        return self.asname or self.name

    def renamed(self, name: str, bound: str) -> ImportedName:
        """The same place in the list for what is called `name` and bound to `bound`; no redundant alias."""
        if (name, bound) == (self.name, self.bound):
            return self
        if bound == name:
            return replace(self, name=name, asname=None, text=name)
        if self.asname == bound:
            return replace(self, name=name, text=name + self.text[len(self.name) :])
        return replace(self, name=name, asname=bound, text=f"{name} as {bound}")

    def followed_by(self, text: str) -> ImportedName:
        """One more name, `text`, right behind this one."""
        lead = self.lead[self.lead.rindex("\n") :] if "\n" in self.lead else " "
        name, _, asname = text.partition(" as ")
        return ImportedName(name, asname or None, lead, text, row=self.row)


class ImportList(Struct, frozen=True):
    """The part of a statement after `import`.

    Attributes:
        names: empty for a star import.
        parenthesised: the list stands in parentheses. opening: the prefix of `(`, or of the first name without.
        closing: the prefix of `)`.
        trailing_comma: the last name has a comma of its own.
        after_open: the comment on the line of `(`.
    """

    names: tuple[ImportedName, ...]
    parenthesised: bool
    opening: str
    after_open: str
    closing: str
    trailing_comma: bool

    @property
    def is_star(self) -> bool:
        return not self.names

    def holds_comment(self, names: Sequence[ImportedName]) -> bool:
        return any("#" in part for n in names for part in (n.lead, n.text, n.gap, n.trail))


def read_import_list(node: Node) -> ImportList:
    """Take apart the names of an `import_from` node."""
    at = next(i for i, c in enumerate(node.children) if isinstance(c, Leaf) and c.value == "import")
    rest = node.children[at + 1 :]
    parenthesised = isinstance(rest[0], Leaf) and rest[0].type == token.LPAR
    if parenthesised:
        opening, listed, closing = rest[0].prefix, rest[1], rest[2].prefix
    else:
        opening, listed, closing = rest[0].prefix, rest[0], ""
    if isinstance(listed, Leaf) and listed.type == token.STAR:
        return ImportList((), parenthesised, opening, "", closing, False)

    children = listed.children if listed.type == symbols.import_as_names else [listed]
    names: list[ImportedName] = []
    after_open, trailing_comma = "", False
    for index, child in enumerate(children):
        if isinstance(child, Leaf) and child.type == token.COMMA:
            names[-1] = replace(names[-1], gap=_without_backslashes(child.prefix) if parenthesised else child.prefix)
            trailing_comma = index == len(children) - 1
            continue
        # without parentheses a prefix is blank, perhaps with a backslash and a line end
        on_line, lead = _split_prefix(child.prefix) if parenthesised else ("", child.prefix)
        if names:
            names[-1] = replace(names[-1], trail=on_line)
        else:
            after_open = on_line
        number, leader = names[-1].row if names else (0, lead)
        row = (number + 1, lead[lead.rindex("\n") :] if parenthesised else lead) if "\n" in lead else (number, leader)
        names.append(replace(_read_name(child, lead), row=row))
    if parenthesised:
        on_line, closing = _split_prefix(closing)
        names[-1] = replace(names[-1], trail=on_line)
    return ImportList(tuple(names), parenthesised, opening, after_open, closing, trailing_comma)


def imported_modules(node: Node) -> list[tuple[str, str]]:
    """(module, alias or nothing) of each name of an `import_name` node."""
    listed = node.children[1]
    entries = listed.children[::2] if listed.type == symbols.dotted_as_names else [listed]
    found: list[tuple[str, str]] = []
    for entry in entries:
        words = [leaf.value for leaf in entry.leaves() if leaf.type == token.NAME]
        if entry.type == symbols.dotted_as_name:
            found.append((".".join(words[:-2]), words[-1]))
        else:
            found.append((".".join(words), ""))
    return found


PRAGMA = re.compile(r"\s*#\s*(?:noqa|type:|pylint:|pyright:|isort:|pragma:|flake8:|ruff:)", re.IGNORECASE)
"""A comment that tools read: it goes for every statement that its own one becomes."""


def write_statement(source: str, listed: ImportList, names: Sequence[ImportedName], *, stays: bool) -> str:
    """The statement `from {source} import {names}` in the layout of `listed`.

    Args:
        source: dots and module.
        names: some or all of the list's names, in order, perhaps renamed.
        stays: the statement takes the place of the old one, with the comments that belong to no name. Others leave
            the list, and without comments of their own they fit on a line.
    """
    pragma = PRAGMA.match(listed.after_open) is not None
    if not (stays or pragma or listed.holds_comment(names)):
        return f"from {source} import {', '.join(n.text for n in names)}"
    if not listed.parenthesised:
        parts = [names[0].text]
        for before, name in pairwise(names):
            parts.append(f"{before.gap},{_lead_after(before, name) or ' '}{name.text}")
        return f"from {source} import{listed.opening}{''.join(parts)}"

    parts = [listed.after_open if stays or pragma else ""]
    for index, name in enumerate(names):
        last = index == len(names) - 1
        lead = _lead_after(names[index - 1], name) if index else name.lead
        if index == 0 and "\n" not in lead:
            first = listed.names[0].lead
            lead = first[first.rindex("\n") :] if "\n" in first else first
        comma = f"{name.gap}," if not last or listed.trailing_comma else name.gap.rstrip()
        parts.append(f"{lead}{name.text}{comma}{name.trail}")
    closing = listed.closing
    if not stays and "\n" in closing:
        closing = closing[closing.rindex("\n") :]
    if "#" in parts[-1] and "\n" not in closing:
        closing = "\n" + closing.lstrip(" ")
    return f"from {source} import{listed.opening}({''.join(parts)}{closing})"


def _lead_after(before: ImportedName, name: ImportedName) -> str:
    """A name whose line began with one that is gone begins that line itself."""
    return name.lead if "\n" in name.lead or before.row == name.row else name.row[1]


def _split_prefix(prefix: str) -> tuple[str, str]:
    """What still belongs to the line before, and what leads the next token."""
    prefix = _without_backslashes(prefix)
    if "\n" not in prefix:
        return "", prefix
    cut = prefix.index("\n")
    return prefix[:cut], prefix[cut:]


def _without_backslashes(prefix: str) -> str:
    """Between parentheses lines go on by themselves; in a comment a backslash is text."""
    return re.sub(r"(?m)^([^#\n]*?)[ \t]*\\$", r"\1", prefix)


def _read_name(child: Leaf | Node, lead: str) -> ImportedName:
    text = str(child)[len(child.prefix) :]
    if isinstance(child, Leaf):
        return ImportedName(child.value, None, lead, text)
    name, asname = child.children[0].value, child.children[2].value
    if "#" not in text and "\n" in text:  # it may have to do without parentheses
        text = f"{name} as {asname}"
    return ImportedName(name, asname, lead, text)
