"""Re-export chains: is `pkg.facade.Name` an object of the plan, passed on through other modules?"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

from msgspec import Struct, field

from migrate.candidates import may_give_away
from migrate.modules import DEEPEST, ModuleName, candidate_files, file_of, module_of
from migrate.plan import Plan
from migrate.provenance import Provenance, alternatives, plain_assignment, root_name
from migrate.source import Source, UnparsableSource
from migrate.syntax import DEFINITIONS, Place, star_sources, statements

Step: TypeAlias = tuple[frozenset[str], bool, bool]
"""What a module binds a name to, dotted; and two answers about it.

Whether only one of these has to lead anywhere, as where star imports alone can bind the name: which of their modules
has it is not known. And whether the name cannot be anything else.
"""


class Reexports(Struct, frozen=True):
    """Follows dotted names through the repository's modules.

    Attributes:
        read: the bytes of a file of the repository, or None when there is no such file.
        steps: what is known of names already, by dotted name.
    """

    plan: Plan
    read: Callable[[str], bytes | None]
    steps: dict[str, Step] = field(default_factory=dict)
    _modules: dict[str, _Read | None] = field(default_factory=dict)

    def aliases(self, dotted: Collection[str], wanted: Collection[str]) -> Mapping[str, str]:
        """Those of `dotted` that are one of `wanted`, by another module's name for it."""
        found: dict[str, str] = {}
        for name in dotted:
            real = self._follow(name, frozenset(wanted))
            if real is not None and real != name:
                found[name] = real
        return found

    def uncertain(self, dotted: Collection[str], wanted: Collection[str]) -> Mapping[str, str]:
        """Those of `dotted` that only may be one of `wanted`, in one of several ways, with the first of these."""
        certain = self.aliases(dotted, wanted)
        found: dict[str, str] = {}
        for name in dotted:
            reached = self._reach(name, frozenset(wanted), set())
            if name not in certain and name not in wanted and reached:
                found[name] = min(reached)
        return found

    def lacks(self, module: str, name: str) -> str | None:
        """The file of a module of the repository that surely has no such name; None for any other."""
        found = self._module(module)
        if (
            found is None
            or found.stars
            or not {name, "__getattr__"}.isdisjoint(found.bound)
            or self._module(f"{module}.{name}")
        ):
            return None
        return file_of(module, self.plan.plan.source_roots, lambda path: self.read(path) is not None)

    def lacks_module(self, module: str) -> str | None:
        """Where a module would be that its package surely does not have; None for any other."""
        roots = self.plan.plan.source_roots
        if file_of(module, roots, lambda path: self.read(path) is not None) is not None:
            return None
        parts = module.split(".")
        packages = [".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]
        inner = next((package for package in packages if self._module(package) is not None), None)
        if inner is None or self.lacks(inner, parts[inner.count(".") + 1]) is None:
            return None
        return next(path for path in candidate_files(module, roots) if not path.endswith("/__init__.py"))

    def hides(self, module: str) -> bool:
        """Does the package of `module` bind its last name to something else, so that an attribute is not the module?"""
        package, _, name = module.rpartition(".")
        found = self._module(package) if package else None
        if found is None:
            return False
        if any(isinstance(s, DEFINITIONS) and s.name == name for s in found.tree.body):
            return True  # whose path is the module's
        bound = found.provenance.follow(_roots(found.tree, name)).resolve(ast.Name(name), Place(found.tree, (), ()))
        return name in found.bound if bound is None else bound.objects != (module,)

    def ends(self, dotted: str) -> frozenset[str]:
        """Where a name is bound by something else than an import, in any way that there is."""
        return self._ends(dotted, set())

    def _ends(self, dotted: str, seen: set[str]) -> frozenset[str]:
        steps, _, _ = self._one_step(dotted)
        if dotted in seen or not steps:
            return frozenset({dotted})
        seen.add(dotted)
        return frozenset().union(*(self._ends(step, seen) for step in sorted(steps)))

    def bases(self, dotted: str) -> frozenset[str]:
        """What a class inherits from, directly, as its module names it; nothing where it is no class of a module."""
        module, _, name = dotted.rpartition(".")
        found = self._module(module)
        return frozenset() if found is None else found.bases(name)

    def _reach(self, dotted: str, wanted: frozenset[str], seen: set[str]) -> frozenset[str]:
        """All of `wanted` that `dotted` may be, certain or not."""
        if dotted in wanted:
            return frozenset({dotted})
        if dotted in seen:
            return frozenset()
        seen.add(dotted)
        steps, _, _ = self._one_step(dotted)
        return frozenset().union(*(self._reach(step, wanted, seen) for step in sorted(steps)))

    def _follow(self, dotted: str, wanted: frozenset[str], known: dict[str, str | None] | None = None) -> str | None:
        """The one of `wanted` that `dotted` is in the end; None where that is not certain."""
        if dotted in wanted:
            return dotted
        known = {} if known is None else known
        if dotted not in known:
            known[dotted] = None  # modules that import from each other in a circle define nothing
            steps, any_of, is_complete = self._one_step(dotted)
            reached = {self._follow(step, wanted, known) for step in sorted(steps)} if is_complete else set()
            if any_of and not any(self._is_something_else(step, wanted) for step in steps):
                reached.discard(None)
            known[dotted] = reached.pop() if len(reached) == 1 else None
        return known[dotted]

    def _is_something_else(self, dotted: str, wanted: frozenset[str]) -> bool:
        """Does the module of `dotted` bind that name to what is surely none of `wanted`?"""
        module, _, name = dotted.rpartition(".")
        found = self._module(module)
        return found is not None and name in found.bound and not self._reach(dotted, wanted, set())

    def _one_step(self, dotted: str) -> Step:
        """What the module of `dotted` binds that name to."""
        if dotted not in self.steps:
            self.steps[dotted] = self._find_step(dotted)
        return self.steps[dotted]

    def _find_step(self, dotted: str) -> Step:
        module, _, name = dotted.rpartition(".")
        found = self._module(module)
        if found is not None:
            return found.step(name)
        if not module or dotted.count(".") > DEEPEST:
            return frozenset(), False, True
        outer, any_of, is_complete = self._one_step(module)
        return frozenset(f"{step}.{name}" for step in outer), any_of, is_complete

    def _module(self, module: str) -> _Read | None:
        if module not in self._modules:
            self._modules[module] = self._read_module(module)
        return self._modules[module]

    def _read_module(self, module: str) -> _Read | None:
        path = file_of(module, self.plan.plan.source_roots, lambda path: self.read(path) is not None)
        if path is None:
            return None
        source = Source(self.read(path) or b"")
        try:
            return _read(source, source.parse(), module_of(path, self.plan.plan.source_roots))
        except (UnparsableSource, RecursionError):
            return None


class _Read(Struct, frozen=True):
    """One module of the repository: what it binds, and the modules it imports everything from."""

    tree: ast.Module
    provenance: Provenance
    bound: frozenset[str]
    stars: frozenset[str]

    def step(self, name: str) -> Step:
        """What the module binds a name to."""
        followed = self.provenance.follow(_roots(self.tree, name))
        bound = followed.resolve(ast.Name(name), Place(self.tree, (), ()))
        if bound is not None:
            return frozenset(bound.objects), False, bound.complete
        if name in self.bound:
            return frozenset(), False, True
        return frozenset(f"{star}.{name}" for star in self.stars), True, True

    def bases(self, name: str) -> frozenset[str]:
        """What the module's class of that name inherits from, dotted."""
        found: set[str] = set()
        for statement, scopes in statements(self.tree.body):
            if isinstance(statement, ast.ClassDef) and statement.name == name and not scopes:
                for base in statement.bases:
                    expression = base.value if isinstance(base, ast.Subscript) else base
                    root = root_name(expression)
                    if root is not None:
                        followed = self.provenance.follow(_roots(self.tree, root.id))
                        bound = followed.resolve(expression, Place(self.tree, (), ()))
                        found.update(bound.objects if bound is not None else ())
        return frozenset(found)


def _read(source: Source, tree: ast.Module, importer: ModuleName) -> _Read:
    """Raises UnparsableSource: CPython rejects what the module's scopes declare."""
    symbols = source.symbols().get_symbols()
    bound = frozenset(s.get_name() for s in symbols if s.is_assigned() or s.is_imported())
    return _Read(tree, Provenance(source, tree, importer), bound, star_sources(tree, importer))


class Words(Struct, frozen=True):
    """What `names_told` looks for: last names, and where absolute imports resolve from."""

    words: frozenset[str]
    source_roots: tuple[str, ...]


def names_told(path: str, content: bytes, spec: Words) -> frozenset[str]:
    """Other names that a file gives to one of the words for others to import, dotted."""
    if not may_give_away(content, spec.words):
        return frozenset()
    module = module_of(path, spec.source_roots).name
    return frozenset(f"{module}.{name}" for name in _names_given_to(content, spec.words))


def names_given(
    source: Source, importer: ModuleName, words: Collection[str], parse: Callable[[], ast.Module]
) -> dict[str, Step]:
    """Other names that one module gives to one of `words` for others to import, dotted, with what each is bound to.

    Args:
        parse: `source.parse`, or what has its result already.
    """
    if not may_give_away(source.content, words):
        return {}
    try:
        tree = parse()
        given = _names_given(tree, words)
        found = _read(source, tree, importer) if given else None
        return {} if found is None else {f"{importer.name}.{name}": found.step(name) for name in given}
    except (UnparsableSource, RecursionError):
        return {}


def _roots(tree: ast.Module, name: str) -> frozenset[str]:
    """The name itself, and the names that the module's own statements assign it from, directly or not."""
    assigned = [
        (target.id, root.id)
        for statement, scopes in statements(tree.body)
        if not scopes
        for target, value in plain_assignment(statement)
        for root in filter(None, map(root_name, alternatives(value)))
    ]
    roots = {name}
    while more := {root for target, root in assigned if target in roots} - roots:
        roots |= more
    return frozenset(roots)


def _names_given(tree: ast.Module, words: Collection[str]) -> frozenset[str]:
    """Names that a module's own statements give to one of `words`; what functions do inside stays there."""
    given: set[str] = set()
    for statement, scopes in statements(tree.body):
        if scopes:
            continue
        if isinstance(statement, ast.ImportFrom | ast.Import):
            given |= {a.asname for a in statement.names if a.asname and a.name.rpartition(".")[2] in words}
        for target, value in plain_assignment(statement):
            given |= {target.id} if any(_last_name(each) in words for each in alternatives(value)) else set()
    return frozenset(given)


def _names_given_to(content: bytes, words: Collection[str]) -> frozenset[str]:
    try:
        return _names_given(Source(content).parse(), words)
    except (UnparsableSource, RecursionError):
        return frozenset()


def _last_name(value: ast.expr) -> str:
    """`c` of `a.b.c`, `a` of `a`; empty for anything else."""
    return value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""
