"""Phase 5 in one file: the sites of phases 3 and 4 that are still there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from migrate.findings import Finding
from migrate.locate.sites import AddedImport, AttributeSite, CallSite, ImportSite, Located, Site
from migrate.source import Source

_OF_IMPORTS = (
    "star-import", "module-import", "member-use", "name-collision", "self-import", "import-cycle", "explicit-reexport",
)  # fmt: skip
_OF_CALLS = (
    "keyword-conflict", "invalid-call", "unbound-name", "name-collision", "star-import", "import-cycle", "shadowed",
    "subclass-super", "unsupported-call", "instance-replace",
)  # fmt: skip


def what_is_left(
    path: str, source: Source, located: Located, is_selected: Callable[[Site], bool]
) -> tuple[Finding, ...]:
    """The sites that are still there, and the findings that say the same, as findings of phase 5.

    Args:
        is_selected: does phase 5's query select a site? Not all that changes is deprecated.
    """
    found: list[Finding] = []
    for site in located.sites:
        if is_selected(site):
            for code, message in _told(site):
                line, column = source.position(site.span.start)
                found.append(Finding(5, path, line, column, code, site.subject, message))
    for finding in located.findings:
        is_call = finding.phase == 5  # what is about imports keeps phase 3
        code = "deprecated-keyword" if is_call else "deprecated-import"
        if finding.code == "unparseable" or finding.code in (_OF_CALLS if is_call else _OF_IMPORTS):
            if finding.code == "unparseable":
                code = "unparseable"
            elif not finding.is_certain:  # which is told of calls alone
                code = "uncertain-keyword"
            found.append(replace(finding, phase=5, path=path, code=code))
    return tuple(sorted(found, key=lambda f: f.order))


def _told(site: Site) -> Iterator[tuple[str, str]]:
    match site:
        case ImportSite():
            yield "deprecated-import", f"still imports {site.subject} from its old home; run phase3"
        case CallSite():
            yield "deprecated-keyword", f"still passes {_what(site)}; run phase4"
        case AttributeSite():
            yield (
                "deprecated-keyword",
                f"still uses {site.node.attr!r}, which {site.subject} no longer has; run phase4",
            )
        case AddedImport():
            pass
        case _:
            yield "deprecated-import", f"still names {site.subject} by its old path; run phase3"


def _what(site: CallSite) -> str:
    if site.change.named and not (site.change.renamed or site.change.removed or site.change.merged):
        return f"by position what {site.subject} takes by name only"
    return f"a keyword that {site.subject} no longer takes"
