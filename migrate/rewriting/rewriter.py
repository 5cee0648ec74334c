"""The edits of one file's sites, each through the phase's query."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from migrate.edits import Edit, Span
from migrate.findings import Finding
from migrate.locate.sites import AddedImport, AttributeSite, ImportSite, Site, StringSite, UseSite
from migrate.rewrite import CompiledQuery, NotRewritable
from migrate.rewriting.calls import added_import, attribute_edit, call_edits
from migrate.rewriting.imports import import_edits, removal, string_edit, use_edits
from migrate.source import Source


class Rewriter:
    """Makes the edits of one file, a site inside another one before that one.

    Attributes:
        edits: what has come of it. findings: sites that the query does not rewrite.
    """

    def __init__(self, source: Source, query: CompiledQuery, path: str, phase: int) -> None:
        self._source = source
        self._query = query
        self._path = path
        self._phase = phase
        self._groups: dict[int, int] = {}
        self._same: dict[int, int] = {}
        self._count = 0
        self.edits: list[Edit] = []
        self.findings: list[Finding] = []

    def rewrite_all(self, sites: Sequence[Site]) -> list[Site]:
        """Add the edits of all sites, rising by place; return the sites that have been rewritten.

        Where one site cannot be, those that belong together with it stay as they are.
        """
        done: list[tuple[int, Site]] = []
        failed: set[int] = set()
        for number, site in reversed([(self._number_of(site), site) for site in sites]):
            if self._rewrite(site, number):
                done.append((number, site))
            elif site.group is not None:
                failed.add(number)
        failed = {self._stands_for(number) for number in failed}
        edits = (replace(edit, site=self._stands_for(edit.site)) for edit in self.edits)
        self.edits = [edit for edit in edits if edit.site not in failed]
        return [site for number, site in reversed(done) if self._stands_for(number) not in failed]

    def _rewrite(self, site: Site, number: int) -> bool:
        """Add the edits of a site, or a finding; say whether there are edits."""
        try:
            new = self._edits(site, number)
        except NotRewritable as error:
            self._report(site, f"this place cannot be rewritten ({error}); change it by hand")
            return False
        if not new:
            if isinstance(site, UseSite):
                return True  # spelled as before
            self._report(
                site,
                "the rewriter does not recognise this place (an unusual spelling of a name?); change it by hand",
            )
            return False
        for edit in new:
            self._take_in(edit.span, number)
        self.edits += new
        return True

    def _take_in(self, span: Span, number: int) -> None:
        """Edits of what goes, or moves, with its surroundings are part of that one."""
        for edit in [e for e in self.edits if span.start <= e.span.start and e.span.end <= span.end]:
            self.edits.remove(edit)
            self._same[self._stands_for(edit.site)] = self._stands_for(number)

    def _stands_for(self, number: int) -> int:
        """The number of all sites that are accepted or refused together with site `number`."""
        while self._same.get(number, number) != number:
            number = self._same[number]
        return number

    def _number_of(self, site: Site) -> int:
        number = self._count if site.group is None else self._groups.setdefault(site.group, self._count)
        if number == self._count:
            self._count += 1
        return number

    def _edits(self, site: Site, number: int) -> tuple[Edit, ...]:
        source, how = self._source, (self._query, self._path, number)
        match site:
            case ImportSite():
                return (removal(source, site, number),) if site.disappears else import_edits(source, site, *how)
            case UseSite():
                return use_edits(source, site, *how)
            case StringSite():
                return (string_edit(source, site, *how),)
            case AttributeSite():
                return (attribute_edit(source, site, *how),)
            case AddedImport():
                return (added_import(source, site, number),)
        return call_edits(source, site, *how, self.edits)

    def _report(self, site: Site, message: str) -> None:
        line, column = self._source.position(site.span.start)
        self.findings.append(Finding(self._phase, self._path, line, column, "unparseable", site.subject, message))
