"""Edits of call sites and attributes: a stand-in with the qualified name goes through the query."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from migrate.edits import Edit, Span, apply_edits
from migrate.locate.sites import AddedImport, AttributeSite, CallSite
from migrate.rewrite import CompiledQuery, NotRewritable
from migrate.rewriting.text import encoded, plain, smallest_edit
from migrate.source import Source

_VALUE = "_migrate_value_{}_"
_PLACEHOLDER = re.compile(_VALUE.format(r"(\d+)"))


def stand_in(source: Source, site: CallSite) -> str:
    """The call with its callee's qualified name and a placeholder for each value.

    Argument values never pass through fissix's grammar; comments and layout between them do.
    """
    between = _between(source, site)
    text = _head(source, site) + between[0]
    for index, part in enumerate(between[1:]):
        text += _VALUE.format(index) + part
    return text


def call_edits(
    source: Source, site: CallSite, query: CompiledQuery, path: str, number: int, inside: Sequence[Edit]
) -> tuple[Edit, ...]:
    """What changes of a call: what stands between its values, as a rule.

    Args:
        inside: the edits of calls among its values; they move with these.
    """
    before = stand_in(source, site)
    text = query.run(before, path, call=site.change).text
    head = _head(source, site)
    if text == before:
        return ()
    if not text.startswith(head):
        raise NotRewritable("the query changes more than the arguments")
    between = _between(source, site)
    pieces = _PLACEHOLDER.split(text.removeprefix(head))
    kept, after = [int(index) for index in pieces[1::2]], pieces[::2]
    edges, newline = _edges(site), source.newline_at(site.span.start)
    edits: list[Edit] = []
    # what stands between two values that both stay is compared by itself; a removed value goes with its surroundings,
    # and from the first to the last value that stands elsewhere now all is one edit
    for left, right, new in _stretches(source, site, kept, after, inside):
        old = between[left + 1] if right == left + 1 else None
        if old != new:
            span = Span(edges[2 * (left + 1)], edges[2 * right + 1])
            edits.append(smallest_edit(source, span, new, newline, _kind(site, old, new), number))
    return tuple(edits)


def attribute_edit(source: Source, site: AttributeSite, query: CompiledQuery, path: str, number: int) -> Edit:
    """The attribute's new name."""
    dotted = site.call.callee.dotted
    after = query.run(f"{dotted}().{site.node.attr}", path).text
    if after != f"{dotted}().{site.after}":
        raise NotRewritable(f"the query makes {after} of {site.node.attr}")
    return Edit(site.span, encoded(source, site.after), "rename-attribute", number)


def added_import(source: Source, site: AddedImport, number: int) -> Edit:
    return Edit(site.span, encoded(source, site.text), "add-import", number)


def _head(source: Source, site: CallSite) -> str:
    """The callee's qualified name; that of `partial` up to and with its first argument."""
    if site.passed_on is None:
        return site.call.callee.dotted
    between = plain(source.slice(Span(site.callee.end, site.passed_on.start)))
    return site.partial + between + site.call.callee.dotted


def _edges(site: CallSite) -> list[int]:
    """Where what stands between values begins and ends, in turn."""
    return [site.head, *(edge for value in site.values for edge in (value.start, value.end)), site.span.end]


def _between(source: Source, site: CallSite) -> list[str]:
    edges = _edges(site)
    return [plain(source.slice(Span(start, end))) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _stretches(
    source: Source, site: CallSite, kept: Sequence[int], after: Sequence[str], inside: Sequence[Edit]
) -> Iterator[tuple[int, int, str]]:
    """(value before, value behind, new text between) of each stretch of a call that is compared by itself."""
    count = len(site.values)
    bounds = [-1, *kept, count]
    moved = [i for i, index in enumerate(kept) if any(other > index for other in kept[:i])]
    moved += [i for i, index in enumerate(kept) if any(other < index for other in kept[i + 1 :])]
    first, last = (min(moved), max(moved)) if moved else (len(kept) + 1, -1)
    for i, (left, right) in enumerate(pairwise(bounds)):
        if i < first or i > last + 1:
            yield left, right, after[i]
        elif i == first:
            text = after[i]
            for index, part in zip(kept[first : last + 1], after[first + 1 :], strict=False):
                text += plain(_with_edits(source, site.values[index], inside)) + part
            yield bounds[first], bounds[last + 2], text


def _with_edits(source: Source, span: Span, edits: Sequence[Edit]) -> str:
    moved = (
        Edit(Span(e.span.start - span.start, e.span.end - span.start), e.after, e.kind, e.site)
        for e in edits
        if span.start <= e.span.start and e.span.end <= span.end
    )
    return apply_edits(source.content[span.start : span.end], tuple(moved)).decode(source.encoding)


def _kind(site: CallSite, old: str | None, new: str) -> str:
    return next(_kinds(site, old, new), "rename-keyword")


def _kinds(site: CallSite, old: str | None, new: str) -> Iterator[str]:
    """What an edit may be called, the most telling first."""
    if old is None:
        yield "merge-keyword" if "{**" in new else "remove-keyword"
        return
    came = set(re.findall(r"\w+", new)) - set(re.findall(r"\w+", old))
    change = site.change
    if change.merged and old.count("*") + old.count("}") < new.count("*") + new.count("}"):
        yield "merge-keyword"
    for names, kind in (
        ([new_name for _, new_name in change.renamed], "rename-keyword"),
        ([name for _, name in change.named], "name-argument"),
        ([name for name, _ in change.added], "add-keyword"),
    ):
        if not came.isdisjoint(names):
            yield kind
