"""Edits of import statements, of the uses that go with them, and of paths in strings."""

from __future__ import annotations

import ast
import re

from migrate.edits import Edit, Span
from migrate.locate.sites import ImportSite, StringSite, UseSite
from migrate.locate.uses import literal_span
from migrate.rewrite import CompiledQuery, NotRewritable
from migrate.rewriting.text import encoded, plain, with_line_ends
from migrate.source import Source
from phases.import_names import PRAGMA

_BLANKS = re.compile(rb"[ \t\f]*")
_LAST_ON_LINE = re.compile(rb"[ \t\f]*(?:[#\r\n]|\Z)")
_CONTINUATION = re.compile(rb"\\(?:\r\n|\r|\n)\Z")
_NAME = re.compile(r"\.?\s*(\w+)")
_COMMENT = re.compile(r"#[^\r\n]*")


def import_edits(source: Source, site: ImportSite, query: CompiledQuery, path: str, number: int) -> tuple[Edit, ...]:
    before = source.slice(site.span)
    after = query.run(plain(before), path, site.targets).text
    if after == plain(before):
        return ()
    after = with_line_ends(before, _on_lines_of_their_own(source, site, after), source.newline_at(site.span.start))
    return (Edit(site.span, encoded(source, after), "import", number),)


BEHIND = "_migrate_rest_"
"""Stands behind a moved path, so that it is an attribute chain also where it has one part."""


def _moved_path(query: CompiledQuery, site: UseSite | StringSite, path: str) -> None:
    """Have the query rewrite the old path, by its qualified name.

    Raises:
        NotRewritable: it does not come to what has been decided.
    """
    after = query.run(f"{site.home.old}.{BEHIND}", path).text
    if after != f"{site.home.new.dotted}.{BEHIND}":
        raise NotRewritable(f"the query makes {after.removesuffix('.' + BEHIND)} of {site.home.old}")


def use_edits(source: Source, site: UseSite, query: CompiledQuery, path: str, number: int) -> tuple[Edit, ...]:
    """The use in its new spelling; nothing where that is the old one."""
    _moved_path(query, site, path)
    found = [Edit(span, encoded(source, after), "use", number) for span, after in _pieces(source, site)]
    if site.literal is not None:
        inside = literal_span(source, site.literal)
        assert inside is not None, "others are not located"
        last = site.home.new.leaf
        if source.slice(inside) != last:
            found.append(Edit(inside, encoded(source, last), "use", number))
    return tuple(found)


def _pieces(source: Source, site: UseSite) -> list[tuple[Span, str]]:
    """What changes of a use, and into what; comments between its parts stay where they are."""
    before = source.slice(site.span)
    if before == site.after:
        return []
    names = list(_NAME.finditer(_COMMENT.sub(lambda comment: " " * len(comment.group()), before)))
    new = site.after.split(".")
    if "#" not in before or not names:
        return [(site.span, site.after)]
    if len(names) == len(new):
        changes = [(old, after) for old, after in zip(names, new, strict=True) if old.group(1) != after]
    else:  # all of it where the first name is, as the line ends behind are inside parentheses
        changes = [(names[0], site.after), *((name, "") for name in names[1:])]
    found: list[tuple[Span, str]] = []
    for name, after in changes:
        start, end = name.span(1) if after else name.span()
        offset = site.span.start + len(before[:start].encode(source.encoding))
        found.append((Span(offset, offset + len(before[start:end].encode(source.encoding))), after))
    return found


def string_edit(source: Source, site: StringSite, query: CompiledQuery, path: str, number: int) -> Edit:
    _moved_path(query, site, path)
    return Edit(site.span, encoded(source, site.after), "string", number)


def removal(source: Source, site: ImportSite, number: int) -> Edit:
    """A statement of which nothing is left goes with its line; another comment than a pragma stays."""
    if site.empties:
        return Edit(site.span, b"pass", "import", number)
    content, starts = source.content, source.line_starts
    start = starts[source.position(site.span.start)[0] - 1]
    last = source.position(site.span.end)[0]
    end = starts[last] if last < len(starts) else len(content)
    behind = content[site.span.end : end].decode(source.encoding)
    is_first = _BLANKS.fullmatch(content, start, site.span.start) is not None
    if is_first and (not behind.strip() or PRAGMA.match(behind)):
        return Edit(Span(start, end), b"", "import", number)
    if is_first and behind.lstrip().startswith("#"):
        return Edit(Span(site.span.start, site.span.end + len(behind) - len(behind.lstrip())), b"", "import", number)
    following = re.match(rb"[ \t\f]*;[ \t\f]*", content[site.span.end : end])
    if following is not None and not _LAST_ON_LINE.match(content, site.span.end + following.end()):
        return Edit(Span(site.span.start, site.span.end + following.end()), b"", "import", number)
    before = re.search(rb"[ \t\f]*;[ \t\f]*\Z", content[start : site.span.start])
    if before is not None:
        return Edit(Span(start + before.start(), site.span.end), b"", "import", number)
    raise NotRewritable("it shares its line with something else")


def _on_lines_of_their_own(source: Source, site: ImportSite, after: str) -> str:
    """Put the statements that one became on lines of their own, unless it shared its line."""
    try:
        parts = ast.parse(after).body
    except SyntaxError:  # the verification says so
        return after
    if len(parts) == 1:
        return after
    start = source.line_starts[source.position(site.span.start)[0] - 1]
    is_first = _BLANKS.fullmatch(source.content, start, site.span.start) is not None
    continued = _CONTINUATION.search(source.content[max(0, start - 3) : start]) is not None
    if continued or not is_first or _LAST_ON_LINE.match(source.content, site.span.end) is None:
        return after
    indentation = source.content[start : site.span.start].decode(source.encoding)
    last = source.position(site.span.end)[0]
    following = source.content[site.span.end : source.line_starts[last] if last < len(source.line_starts) else None]
    comment = following.decode(source.encoding).strip()
    pragma = f"  {comment}" if PRAGMA.match(comment) else ""
    text = Source(after.encode())
    statements = [text.slice(text.span(part)) for part in parts]
    return f"{pragma}\n{indentation}".join(statements)
