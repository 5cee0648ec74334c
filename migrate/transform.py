"""transform_file: locate, rewrite and verify one file; pure, so that any executor may run it."""

from __future__ import annotations

from functools import lru_cache, partial
from hashlib import sha256
from importlib import import_module

from msgspec import Struct
from msgspec.structs import replace

from migrate.abridged import abridge
from migrate.candidates import relevance
from migrate.edits import Edit, Span, apply_edits, in_order
from migrate.fallback import locate_in_unparsable
from migrate.findings import Finding
from migrate.left import what_is_left
from migrate.locate.sites import Located, Module, Site
from migrate.locating import PhaseSpec, locate, without_kept
from migrate.modules import module_of
from migrate.moves import MoveIndex
from migrate.plan import Plan
from migrate.rewrite import CompiledQuery, NotRewritable
from migrate.rewriting.rewriter import Rewriter
from migrate.selection import is_selected
from migrate.source import Source, UnparsableSource
from migrate.verify import NotAsPlanned, verify_compiles, verify_tree


class FileResult(Struct, frozen=True):
    """The outcome for one file.

    Attributes:
        path: relative to the root, with `/`.
        before_sha256: of the bytes that were looked at, in hexadecimal.
        edits: by place, none overlapping.
        findings: what is left to a person.
        kept: sites with a `# migrate: keep` comment.
        unresolved, loads, dropped, rerouted, subclasses: what concerns other modules; see `locate.sites.Located`.
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
    subclasses: frozenset[tuple[str, str]] = frozenset()
    bug: str | None = None


@lru_cache(maxsize=16)
def compiled_query(plan: Plan, phase: int) -> CompiledQuery:
    """The query of a phase, compiled once per process: Bowler's fixer classes do not pickle."""
    return CompiledQuery(import_module(f"phases.phase{phase}").build(plan))


def transform_if_relevant(path: str, content: bytes, spec: PhaseSpec) -> FileResult | None:
    """As `transform_file`; None for a file whose text cannot hold a site at all."""
    is_relevant = any(relevance(spec.plan, part, spec.other_names(part))(path, content) for part in spec.parts)
    return transform_file(path, content, spec) if is_relevant else None


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
        located = locate(module, spec)
    except UnparsableSource as error:
        module = None  # it may parse and have scopes that CPython rejects
        located = Located()
        if spec.phase != 4 or not spec.concerns_members_only(source.content):  # it is no error, whatever it is about
            located = locate_in_unparsable(path, source, error, spec.plan, spec.phase, query)
    located = without_kept(source, located, path)
    about_others = located.unresolved, located.loads, located.dropped, located.rerouted, located.subclasses
    if spec.phase == 5:
        left = what_is_left(path, source, located, partial(is_selected, query, path, source))
        return FileResult(path, digest, (), left, located.kept, *about_others)

    rewriter = Rewriter(source, query, path, spec.phase)
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


def _verify(source: Source, module: Module | None, done: list[Site], result: FileResult, spec: PhaseSpec) -> str | None:
    after = Source(apply_edits(source.content, result.edits))
    part = None if module is None else abridge(source, module.tree, result.edits, after)
    try:
        verify_compiles(source, after, part)
        if module is not None:
            verify_tree(module, done, result.edits, after, MoveIndex.of(spec.plan), part)
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
