"""What a locator finds in one module: sites, each with its exact bytes, and findings."""

from __future__ import annotations

import ast
import bisect
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from msgspec import Struct

from migrate.call_changes import CallChange
from migrate.edits import Span
from migrate.findings import Finding
from migrate.modules import ModuleName
from migrate.moves import Home
from migrate.plan_calls import Call
from migrate.source import Source
from migrate.targets import Targets

KEEP = re.compile(rb"#[^\S\r\n]*migrate:[^\S\r\n]*keep\b")


class ImportSite(Struct, frozen=True):
    """An import statement that changes.

    Attributes:
        span: the statement, without what follows it on its line.
        subject: the moved objects it names, as one text for people.
        statement: the statement in the tree; None where CPython could not parse the file.
        targets: what each of its names becomes; None where the plan alone tells.
        group: sites of one group are accepted or refused together; None for a site that stands alone.
        empties: `pass` takes its place where it disappears: nothing would be left of its block or its line.
    """

    span: Span
    subject: str
    statement: ast.ImportFrom | ast.Import | None
    targets: Targets | None = None
    group: int | None = None
    empties: bool = False

    @property
    def disappears(self) -> bool:
        """Is nothing left of the statement?"""
        return self.targets is not None and not any(self.targets)


class UseSite(Struct, frozen=True):
    """A use of a moved object through a name that an import binds: `m.A`, or `A` itself.

    Attributes:
        span: the bytes of the moved part: `m.A` of `m.A.method`.
        home: where its object lives now.
        owner: what the new module is called at this place; empty where the object is imported by its own name.
        node: the expression with that span; its parent is the last of `parents`.
        scopes: the scope nodes around it. scope: the one whose variable the use's name is.
        literal: the string that holds the last name, as in `getattr(m, "A")`; then `node` is `m`.
        quoted: the string that holds the whole use, as a forward reference does.
    """

    span: Span
    home: Home
    owner: str
    node: ast.expr
    parents: tuple[ast.AST, ...]
    scopes: tuple[ast.AST, ...]
    scope: ast.AST | None
    literal: ast.Constant | None = None
    quoted: ast.Constant | None = None
    group: int | None = None

    @property
    def subject(self) -> str:
        return str(self.home.move.old)

    @property
    def after(self) -> str:
        """The new spelling of the use; of what stands before the last name where that one is in a string."""
        names = self.home.new.name.split(".") if self.home.new.name else []
        if self.literal is not None:
            names = names[:-1]
        return ".".join([self.owner, *names] if self.owner else names)


class StringSite(Struct, frozen=True):
    """A string that holds the old path of a moved object.

    Attributes:
        span: the bytes of the moved part of the path, inside the quotes.
        node: the string in the tree.
        colon: the path is written `package.module:Name`.
    """

    span: Span
    home: Home
    node: ast.Constant
    colon: bool = False
    group: int | None = None

    @property
    def subject(self) -> str:
        return str(self.home.move.old)

    @property
    def after(self) -> str:
        """The new path of the moved part."""
        return str(self.home.new) if self.colon else self.home.new.dotted


class CallSite(Struct, frozen=True):
    """A call of the plan's object that the phase changes.

    Attributes:
        span: from the callee's first byte to the closing parenthesis.
        callee: from its first byte to the opening parenthesis.
        values: what only moves, in source order, none overlapping: arguments' values, those in literal mappings too.
        call: the plan's entry. change: what becomes of the arguments.
        node: the call in the tree; None where CPython could not parse the file.
        literals: positions, among the node's keywords, of the mappings that are written out and all known.
        partial: the qualified name of `functools.partial` or its like; empty for a plain call.
        passed_on: the callee as the first argument of such.
    """

    span: Span
    callee: Span
    values: tuple[Span, ...]
    call: Call
    node: ast.Call | None
    change: CallChange
    literals: frozenset[int] = frozenset()
    partial: str = ""
    passed_on: Span | None = None
    group: int | None = None

    @property
    def subject(self) -> str:
        return str(self.call.callee)

    @property
    def head(self) -> int:
        """Where the callee ends, also where it is an argument."""
        return self.callee.end if self.passed_on is None else self.passed_on.end


class AttributeSite(Struct, frozen=True):
    """An attribute of an instance of the plan's class that has another name now.

    Attributes:
        span: the bytes of the attribute's name.
        node: the expression that ends with it.
    """

    span: Span
    call: Call
    node: ast.Attribute
    group: int | None = None

    @property
    def subject(self) -> str:
        return str(self.call.callee)

    @property
    def after(self) -> str:
        return self.call.attributes[self.node.attr]


class AddedImport(Struct, frozen=True):
    """A statement that comes into the file, as values of added keywords name what it imports.

    Attributes:
        span: empty, where the text goes. text: the statement with what separates it from its neighbours.
        statement: the statement itself. subject: what it imports, `pkg.mod:Name`.
        anchor: the statement it follows; None at the beginning of the module.
    """

    span: Span
    text: str
    statement: str
    subject: str
    anchor: ast.stmt | None
    group: int | None = None


Site: TypeAlias = ImportSite | UseSite | StringSite | CallSite | AttributeSite | AddedImport


class Located(Struct, frozen=True):
    """What one module holds for a phase.

    Attributes:
        sites: by rising start.
        findings: places that are left to a person.
        unresolved: dotted objects that may be a re-export of a wanted one, and `module.*` for what a star import
            binds; only their modules can tell.
        loads: new homes that the module would come to import while it is loaded.
        dropped: dotted names of this module that would no longer be bound, or to another module.
        rerouted: dotted names of this module by way of which some object would no longer be used.
        subclasses: (dotted class of this module, dotted class of the plan whose constructor it inherits) pairs.
        kept: places left alone for their `# migrate: keep`.
    """

    sites: tuple[Site, ...] = ()
    findings: tuple[Finding, ...] = ()
    unresolved: frozenset[str] = frozenset()
    loads: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()
    rerouted: frozenset[str] = frozenset()
    subclasses: frozenset[tuple[str, str]] = frozenset()
    kept: int = 0


@dataclass(frozen=True)
class Module:
    """One parsed module with its place in the repository."""

    path: str
    source: Source
    tree: ast.Module
    name: ModuleName

    def finding(self, phase: int, node: ast.AST, code: str, subject: object, message: str) -> Finding:
        line, column, last = node.lineno, node.col_offset, node.end_lineno  # type: ignore[attr-defined]
        return Finding(phase, self.path, line, column, code, str(subject), message, last)

    @cached_property
    def keep_lines(self) -> tuple[int, ...]:
        """Lines with a `# migrate: keep`, rising."""
        starts = self.source.line_starts
        return tuple(bisect.bisect_right(starts, found.start()) for found in KEEP.finditer(self.source.content))

    def is_kept(self, first: int, last: int) -> bool:
        """Does one of the lines from `first` to `last` say `# migrate: keep`?"""
        at = bisect.bisect_left(self.keep_lines, first)
        return at < len(self.keep_lines) and self.keep_lines[at] <= last

    def is_kept_node(self, node: ast.AST) -> bool:
        return self.is_kept(node.lineno, node.end_lineno)  # type: ignore[attr-defined]


def is_kept(content: bytes, finding: Finding) -> bool:
    """Does one of the lines that a finding is about, in a file of that content, say `# migrate: keep`?"""
    module = Module(finding.path, Source(content), ast.Module([], []), ModuleName("", is_package=False))
    return module.is_kept(finding.line, max(finding.line, finding.last_line))
