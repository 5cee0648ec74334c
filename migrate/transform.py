"""transform_file: locate, rewrite and verify one file; pure, so that any executor may run it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from importlib import import_module
from itertools import pairwise

from migrate.edits import Edit, Span, apply_edits, in_order
from migrate.fallback import locate_in_unparsable
from migrate.findings import Finding
from migrate.locate.calls import locate_calls
from migrate.locate.decisions import Elsewhere
from migrate.locate.imports import locate_imports
from migrate.locate.sites import CallSite, ImportSite, Located, Module, Site, StringSite, UseSite
from migrate.locate.uses import literal_span
from migrate.modules import ModuleName, module_of
from migrate.moves import MoveIndex
from migrate.plan import Plan
from migrate.rewrite import CompiledQuery, NotRewritable
from migrate.source import Source, UnparsableSource
from migrate.targets import Targets
from migrate.verify import NotAsPlanned, verify_compiles, verify_tree
from phases.import_names import PRAGMA

_LINE_END = re.compile(r"\r\n|\r|\n")
_BLANKS = re.compile(rb"[ \t\f]*")
_LAST_ON_LINE = re.compile(rb"[ \t\f]*(?:[#\r\n]|\Z)")
_CONTINUATION = re.compile(rb"\\(?:\r\n|\r|\n)\Z")
_NAME = re.compile(r"\.?\s*(\w+)")
_COMMENT = re.compile(r"#[^\r\n]*")
_VALUE = "_migrate_value_{}_"


@dataclass(frozen=True)
class PhaseSpec:
    """What `transform_file` has to do, the same for every file of a phase.

    Attributes:
        phase: 1 to 5.
        aliases: (dotted re-export, dotted object of the plan) pairs found in the repository.
        maybe: such pairs where the re-export may also be something else.
        exports: (module, what a star import of it binds; None where that is not certain).
        taken: dotted names that other modules take from where they are.
        cycles: (module, new home that loads it, the chain of modules in words).
        hidden: old modules of which the package binds the name to something else.
    """

    plan: Plan
    phase: int
    aliases: tuple[tuple[str, str], ...] = ()
    maybe: tuple[tuple[str, str], ...] = ()
    exports: tuple[tuple[str, frozenset[str] | None], ...] = ()
    taken: frozenset[str] = frozenset()
    cycles: tuple[tuple[str, str, str], ...] = ()
    hidden: frozenset[str] = frozenset()

    @property
    def elsewhere(self) -> Elsewhere:
        """What phase 3 knows of other modules."""
        cycles = {(module, new): chain for module, new, chain in self.cycles}
        aliases = dict(self.maybe) | dict(self.aliases)
        doubtful = frozenset(name for name, _ in self.maybe) - {name for name, _ in self.aliases}
        return Elsewhere(aliases, doubtful, dict(self.exports), self.taken, cycles, self.hidden)


@dataclass(frozen=True, slots=True)
class FileResult:
    """The outcome for one file.

    Attributes:
        path: relative to the root, with `/`.
        before_sha256: of the bytes that were looked at, in hexadecimal.
        edits: by place, none overlapping.
        findings: what is left to a person.
        kept: sites with a `# migrate: keep` comment.
        unresolved, loads, dropped, rerouted: what concerns other modules; see `locate.sites.Located`.
        bug: why the verification refused the edits; nothing may be written then.
    """

    path: str
    before_sha256: str
    edits: tuple[Edit, ...] = ()
    findings: tuple[Finding, ...] = ()
    kept: int = 0
    unresolved: frozenset[str] = frozenset()
    loads: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()
    rerouted: frozenset[str] = frozenset()
    bug: str | None = None


@lru_cache(maxsize=16)
def compiled_query(plan: Plan, phase: int) -> CompiledQuery:
    """The query of a phase, compiled once per process: Bowler's fixer classes do not pickle."""
    return CompiledQuery(import_module(f"phases.phase{phase}").build(plan))


def transform_file(path: str, content: bytes, spec: PhaseSpec) -> FileResult:
    """Locate the sites of a phase in one file, rewrite each, and verify the result.

    Args:
        path: relative to the root, with `/`; relative imports are resolved from it.
        content: the file's bytes.
    Returns:
        The edits and findings; no edit where the verification fails, with `bug` saying why.
    """
    source = Source(content)
    if spec.phase in (1, 2):
        return _redirect(path, source, spec)
    try:
        return _rewrite_sites(path, source, spec)
    except RecursionError:
        message = "nested too deeply for its sites to be located; change it by hand, or leave it out with exclude"
        found = Finding(spec.phase, path, 1, 0, "unparseable", "", f"the file is {message}")
        return FileResult(path, sha256(content).hexdigest(), findings=(found,))


def _redirect(path: str, source: Source, spec: PhaseSpec) -> FileResult:
    """The query runs over a stand-in: what the old file holds, readable or not, does not matter.

    The stand-in is not empty, as fissix makes no root node of an empty module.
    """
    digest = sha256(source.content).hexdigest()
    rewritten = compiled_query(spec.plan, spec.phase).run("pass", path)
    assert rewritten.selected, "the caller looked up the file by its redirect"
    after = (rewritten.text.removesuffix("\n") + "\n").encode()
    if after == source.content:
        return FileResult(path, digest)
    return FileResult(path, digest, (Edit(Span(0, len(source.content)), after, "redirect", 0),))


def _rewrite_sites(path: str, source: Source, spec: PhaseSpec) -> FileResult:
    digest = sha256(source.content).hexdigest()
    name = module_of(path, spec.plan.plan.source_roots)
    query = compiled_query(spec.plan, spec.phase)
    module: Module | None = None
    try:
        module = Module(path, source, source.parse(), name)
        located = _locate(module, spec)
    except UnparsableSource as error:
        module = None  # it may parse and have scopes that CPython rejects
        located = locate_in_unparsable(path, source, error, spec.plan, spec.phase, query)
    located = _without_kept(source, located, path)
    about_others = located.unresolved, located.loads, located.dropped, located.rerouted
    if spec.phase == 5:
        left = _left(path, source, located, query)
        return FileResult(path, digest, (), left, located.kept, *about_others)

    rewriter = _Rewriter(source, query, path, spec.phase)
    done = rewriter.rewrite_all(located.sites)
    findings = (*located.findings, *rewriter.findings)
    result = FileResult(
        path,
        digest,
        in_order(rewriter.edits),
        tuple(sorted(findings, key=lambda f: f.order)),
        located.kept,
        *about_others,
    )
    if not result.edits:
        return result
    bug = _verify(source, module, done, result, spec)
    return replace(result, edits=(), bug=bug) if bug else result


class _Rewriter:
    """Makes the edits of one file, site by site in rising order."""

    def __init__(self, source: Source, query: CompiledQuery, path: str, phase: int) -> None:
        self._source = source
        self._query = query
        self._path = path
        self._phase = phase
        self._ahead: list[Span] = []
        self._groups: dict[int, int] = {}
        self._number = 0
        self.edits: list[Edit] = []
        self.findings: list[Finding] = []

    def rewrite_all(self, sites: Iterable[Site]) -> list[Site]:
        """Add the edits of all sites, rising by place; return the sites that have been rewritten.

        Where one site cannot be, those that belong together with it stay as they are.
        """
        done: list[tuple[int, Site]] = []
        failed: set[int] = set()
        for site in sites:
            number = self._number_of(site)
            if self._rewrite(site, number):
                done.append((number, site))
            elif isinstance(site, ImportSite | UseSite) and site.group is not None:
                failed.add(number)
        self.edits = [edit for edit in self.edits if edit.site not in failed]
        return [site for number, site in done if number not in failed]

    def _rewrite(self, site: Site, number: int) -> bool:
        """Add the edits of a site, or a finding; say whether there are edits."""
        # a call comes before the calls among its arguments
        self._ahead = [span for span in self._ahead if span.end > site.span.start]
        if any(span.start <= site.span.start and site.span.end <= span.end for span in self._ahead):
            return False  # goes with the argument that it stands in
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
        self.edits += new
        self._ahead += (edit.span for edit in new)
        return True

    def _number_of(self, site: Site) -> int:
        group = site.group if isinstance(site, ImportSite | UseSite) else None
        number = self._number if group is None else self._groups.setdefault(group, self._number)
        if number == self._number:
            self._number += 1
        return number

    def _edits(self, site: Site, number: int) -> tuple[Edit, ...]:
        if isinstance(site, ImportSite):
            if site.disappears:
                return (_removal(self._source, site, number),)
            return _import_edits(self._source, site, self._query, self._path, number)
        if isinstance(site, UseSite):
            return _use_edits(self._source, site, self._query, self._path, number)
        if isinstance(site, StringSite):
            return _string_edits(self._source, site, self._query, self._path, number)
        return _call_edits(self._source, site, self._query, self._path, number)

    def _report(self, site: Site, message: str) -> None:
        line, column = self._source.position(site.span.start)
        self.findings.append(Finding(self._phase, self._path, line, column, "unparseable", site.subject, message))


def _locate(module: Module, spec: PhaseSpec) -> Located:
    redirected = frozenset(r.module for r in spec.plan.redirects)
    calls = Located()
    if spec.phase in (4, 5) and spec.plan.phase4 is not None:
        calls = locate_calls(module, spec.plan, dict(spec.aliases), spec.phase, dict(spec.maybe))
    if spec.phase == 4:
        return calls
    imports = locate_imports(module, MoveIndex.of(spec.plan), redirected, spec.elsewhere)
    if spec.phase == 3:
        return imports
    return replace(
        imports,
        sites=(*imports.sites, *calls.sites),
        findings=(*imports.findings, *calls.findings),
        unresolved=imports.unresolved | calls.unresolved,
    )


def _verify(source: Source, module: Module | None, done: list[Site], result: FileResult, spec: PhaseSpec) -> str | None:
    after = Source(apply_edits(source.content, result.edits))
    try:
        verify_compiles(source, after)
        if module is not None:
            verify_tree(module, done, result.edits, after, MoveIndex.of(spec.plan))
        else:
            compiled_query(spec.plan, spec.phase).parse_module(after.text)
    except (NotAsPlanned, NotRewritable) as error:
        return str(error)
    return None


def accept_edits(path: str, content: bytes, edits: tuple[Edit, ...]) -> bytes:  # noqa: ARG001 - as transform_file
    """The file with only `edits`, a part of what `transform_file` found.

    Raises:
        NotAsPlanned: the file compiled, and would not with just these edits.
    """
    after = apply_edits(content, edits)
    verify_compiles(Source(content), Source(after))
    return after


def _without_kept(source: Source, located: Located, path: str) -> Located:
    """Leave out sites and findings with a `# migrate: keep` on one of their lines, and count them.

    Imports and their uses have been asked about it where they were located, as one depends on the other.
    """
    module = Module(path, source, ast.Module([], []), ModuleName("", is_package=False))
    if not module.keep_lines:
        return located

    def is_kept(site: Site) -> bool:
        if isinstance(site, UseSite) or (isinstance(site, ImportSite) and site.targets is not None):
            return False
        first, last = site.span.start, max(site.span.start, site.span.end - 1)
        return module.is_kept(source.position(first)[0], source.position(last)[0])

    sites = tuple(site for site in located.sites if not is_kept(site))
    findings = tuple(f for f in located.findings if not module.is_kept(f.line, max(f.line, f.last_line)))
    left_out = len(located.sites) - len(sites) + len(located.findings) - len(findings)
    return replace(located, sites=sites, findings=findings, kept=located.kept + left_out)


def _left(path: str, source: Source, located: Located, query: CompiledQuery) -> tuple[Finding, ...]:
    """Phase 5: the sites that its query selects."""
    found: list[Finding] = []
    for site in located.sites:
        line, column = source.position(site.span.start)
        if isinstance(site, ImportSite):
            if _selects(query, _plain(source.slice(site.span)), path, site.targets):
                message = f"still imports {site.subject} from its old home; run phase3"
                found.append(Finding(5, path, line, column, "deprecated-import", site.subject, message))
        elif isinstance(site, CallSite):
            stand_in, _ = _stand_in(source, site)
            if _selects(query, stand_in, path):
                message = f"still passes a keyword that {site.call.callee} no longer takes; run phase4"
                found.append(Finding(5, path, line, column, "deprecated-keyword", site.subject, message))
        elif _selects(query, f"{site.home.old}.{_BEHIND}", path):
            message = f"still names {site.subject} by its old path; run phase3"
            found.append(Finding(5, path, line, column, "deprecated-import", site.subject, message))
    for finding in located.findings:
        if finding.code == "keyword-conflict":
            found.append(
                Finding(5, path, finding.line, finding.column, "deprecated-keyword", finding.subject, finding.message)
            )
        elif finding.code in ("star-import", "module-import", "member-use", "name-collision", "unparseable"):
            is_call = finding.code == "star-import" and finding.phase == 5  # what is about imports keeps phase 3
            code = "deprecated-keyword" if is_call else "deprecated-import"
            code = "unparseable" if finding.code == "unparseable" else code
            found.append(Finding(5, path, finding.line, finding.column, code, finding.subject, finding.message))
    return tuple(sorted(found, key=lambda f: f.order))


def _selects(query: CompiledQuery, text: str, path: str, targets: Targets | None = None) -> bool:
    try:
        return query.run(text, path, targets).selected
    except NotRewritable:
        return True  # it has been located, so it is there


def _import_edits(source: Source, site: ImportSite, query: CompiledQuery, path: str, number: int) -> tuple[Edit, ...]:
    before = source.slice(site.span)
    after = query.run(_plain(before), path, site.targets).text
    if after == _plain(before):
        return ()
    after = _with_line_ends(before, _on_lines_of_their_own(source, site, after), _newline_at(source, site.span))
    return (Edit(site.span, _encoded(source, after), "import", number),)


_BEHIND = "_migrate_rest_"
"""Stands behind a moved path, so that it is an attribute chain also where it has one part."""


def _moved_path(query: CompiledQuery, site: UseSite | StringSite, path: str) -> None:
    """Have the query rewrite the old path, by its qualified name.

    Raises:
        NotRewritable: it does not come to what has been decided.
    """
    after = query.run(f"{site.home.old}.{_BEHIND}", path).text
    if after != f"{site.home.new.dotted}.{_BEHIND}":
        raise NotRewritable(f"the query makes {after.removesuffix('.' + _BEHIND)} of {site.home.old}")


def _use_edits(source: Source, site: UseSite, query: CompiledQuery, path: str, number: int) -> tuple[Edit, ...]:
    """The use in its new spelling; nothing where that is the old one."""
    _moved_path(query, site, path)
    found = [Edit(span, _encoded(source, after), "use", number) for span, after in _pieces(source, site)]
    if site.literal is not None:
        inside = literal_span(source, site.literal)
        assert inside is not None, "others are not located"
        last = site.home.new.leaf
        if source.slice(inside) != last:
            found.append(Edit(inside, _encoded(source, last), "use", number))
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


def _string_edits(source: Source, site: StringSite, query: CompiledQuery, path: str, number: int) -> tuple[Edit, ...]:
    _moved_path(query, site, path)
    return (Edit(site.span, _encoded(source, site.after), "string", number),)


def _removal(source: Source, site: ImportSite, number: int) -> Edit:
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


def _stand_in(source: Source, site: CallSite) -> tuple[str, list[str]]:
    """The call with its callee's qualified name and a placeholder for each value, and what stands between those.

    Argument values never pass through fissix's grammar; comments and layout between them do.
    """
    edges = [site.callee.end, *(edge for v in site.values for edge in (v.start, v.end)), site.span.end]
    between = [_plain(source.slice(Span(start, end))) for start, end in zip(edges[::2], edges[1::2], strict=True)]
    text = site.call.callee.dotted + between[0]
    for index, part in enumerate(between[1:]):
        text += _VALUE.format(index) + part
    return text, between


def _call_edits(source: Source, site: CallSite, query: CompiledQuery, path: str, number: int) -> tuple[Edit, ...]:
    stand_in, before = _stand_in(source, site)
    text = query.run(stand_in, path).text
    if text == stand_in:
        return ()
    newline = _newline_at(source, site.span)
    edges = [site.callee.end, *(edge for v in site.values for edge in (v.start, v.end)), site.span.end]
    kept = [int(found) for found in re.findall(_VALUE.format(r"(\d+)"), text)]
    after = re.split(_VALUE.format(r"\d+"), text.removeprefix(site.call.callee.dotted))
    edits: list[Edit] = []
    # what stands between two values that both stay is compared by itself; a removed value goes with its surroundings
    bounds = [-1, *kept, len(site.values)]
    for (left, right), new in zip(pairwise(bounds), after, strict=True):
        start, end = edges[2 * (left + 1)], edges[2 * right + 1]
        old = before[left + 1] if right == left + 1 else None
        if old == new:
            continue
        kind = "remove-keyword" if old is None else "add-keyword" if right == len(site.values) else "rename-keyword"
        edits.append(_smallest(source, Span(start, end), new, newline, kind, number))
    return tuple(edits)


def _smallest(source: Source, span: Span, after: str, newline: str, kind: str, number: int) -> Edit:
    """The edit without what is the same at both ends, cut at whole words; lines of `after` end in `\\n`."""
    raw = source.slice(span)
    before = _plain(raw)
    left = 0
    while left < min(len(before), len(after)) and before[left] == after[left]:
        left += 1
    while left and _is_word(before[left - 1]):
        left -= 1
    right = 0
    while right < min(len(before), len(after)) - left and before[-1 - right] == after[-1 - right]:
        right += 1
    while right and _is_word(before[-right]):
        right -= 1
    kept = _as_in(raw, left), _as_in(raw, len(before) - right)
    start = span.start + len(raw[: kept[0]].encode(source.encoding))
    end = span.end - len(raw[kept[1] :].encode(source.encoding))
    changed = after[left : len(after) - right].replace("\n", newline)
    return Edit(Span(start, end), _encoded(source, changed), kind, number)


def _encoded(source: Source, text: str) -> bytes:
    try:
        return text.encode(source.encoding)
    except UnicodeEncodeError as error:
        letter = text[error.start : error.end]
        raise NotRewritable(f"{letter!r} cannot be written in the file's encoding, {source.encoding}") from None


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _as_in(raw: str, length: int) -> int:
    """How many characters of `raw` the first `length` of its plain text are."""
    at = 0
    for _ in range(length):
        at += 2 if raw.startswith("\r\n", at) else 1
    return at


def _with_line_ends(before: str, after: str, newline: str) -> str:
    """`after`, whose lines end in `\\n`, with the line ends of `before` where it has as many lines."""
    ends = _LINE_END.findall(before)
    lines = after.split("\n")
    if len(lines) != len(ends) + 1:
        return newline.join(lines)
    return "".join(line + end for line, end in zip(lines, [*ends, ""], strict=True))


def _plain(text: str) -> str:
    """The text with `\\n` for every line end, as fissix wants it."""
    return _LINE_END.sub("\n", text)


def _newline_at(source: Source, span: Span) -> str:
    """The line end in use where a span stands."""
    return source.newline_at(span.start)
