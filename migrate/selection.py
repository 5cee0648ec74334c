"""Does phase 5's query select a site?"""

from __future__ import annotations

from migrate.call_changes import CallChange
from migrate.locate.sites import AddedImport, AttributeSite, CallSite, ImportSite, Site
from migrate.rewrite import CompiledQuery, NotRewritable
from migrate.rewriting.calls import stand_in
from migrate.rewriting.imports import BEHIND
from migrate.rewriting.text import plain
from migrate.source import Source
from migrate.targets import Targets


def is_selected(query: CompiledQuery, path: str, source: Source, site: Site) -> bool:
    """Run the query on a site of the file `path`, as the phases that rewrite would."""
    match site:
        case ImportSite():
            return _selects(query, plain(source.slice(site.span)), path, site.targets)
        case CallSite():
            text = stand_in(source, site)
            # beyond ASCII there are other letters that CPython takes for the same, and fissix does not
            if not text.isascii():
                return site.change.is_deprecated
            return _selects(query, text, path, call=site.change)
        case AttributeSite():
            return _selects(query, f"{site.call.callee.dotted}().{site.node.attr}", path)
        case AddedImport():
            return False
    return _selects(query, f"{site.home.old}.{BEHIND}", path)


def _selects(
    query: CompiledQuery, text: str, path: str, targets: Targets | None = None, call: CallChange | None = None
) -> bool:
    try:
        return query.run(text, path, targets, call).selected
    except NotRewritable:
        return True  # it has been located, so it is there
