"""Phase 4 in one module: calls of the plan's callees by provenance, and findings for the rest."""

from __future__ import annotations

import ast
import re

from msgspec.structs import replace

from migrate.call_changes import PARTIALS, CallChange
from migrate.edits import Span
from migrate.locate.additions import GROUP, Additions, Problem
from migrate.locate.arguments import Arguments, values
from migrate.locate.call_decisions import decide, listed
from migrate.locate.call_statements import may_hold_calls
from migrate.locate.callees import CONSTRUCTORS, Callees, Known, owner_of
from migrate.locate.heirs import Heirs, is_super
from migrate.locate.inherited import report_inherited
from migrate.locate.instances import Certainty, Instances
from migrate.locate.members import Members
from migrate.locate.sites import CallSite, Located, Module, Site
from migrate.locate.star_calls import StarCalls
from migrate.locate.uses import shows_itself
from migrate.plan import Plan
from migrate.plan_calls import Call
from migrate.provenance import plain_assignment, root_name
from migrate.syntax import BLANK, Place, lines_naming, places_on

_OPENING = re.compile(rf"(?:{BLANK}|\))*\(".encode())
_UNSAFE_IN_FSTRING = re.compile(r"""['"\\#\n]""")
"""What only Python 3.12 and later reads inside of an f-string's field."""


def locate_calls(module: Module, plan: Plan, known: Known, phase: int = 4) -> Located:
    """Find the calls that phase 4 changes: the callee is, by provenance, an object of the plan.

    Args:
        known: what other modules have told.
        phase: the phase that findings are reported under.
    """
    callees = Callees(module, plan, known, phase)
    return look_closely(callees, known) if may_hold_calls(callees) else Located()


def look_closely(callees: Callees, known: Known) -> Located:
    """As `locate_calls`, whether or not the module looks as if it had any."""
    return _CallLocator(callees, known).locate()


class _CallLocator:
    def __init__(self, callees: Callees, known: Known) -> None:
        module = callees.module
        self._module = module
        self._callees = callees
        self._heirs = Heirs(callees)
        self._instances = Instances(module, callees.class_of, self._heirs.inherits, callees.followed)
        # no method of this locator, which would be a circle that keeps the tree until the collector runs
        self._additions = Additions(module, callees.followed, known.is_same, known.cycles, callees.identifiers)
        self._sites: list[Site] = []
        self._partials: dict[str, Call] = {}

    def locate(self) -> Located:
        callees = self._callees
        for place in callees.names.places:
            if isinstance(place.node, ast.Call):
                self._look_at(place, place.node)
            elif isinstance(place.node, ast.ClassDef):
                self._heirs.look_at(place.node, place)
        self._look_at_partials()
        self._look_at_methods()
        members = Members(callees, self._instances)
        self._sites += members.locate()
        StarCalls(callees).report()
        sites = [*self._sites, *self._additions.imports]
        return Located(
            tuple(sorted(sites, key=lambda site: (site.span, -site.span.end))),
            tuple(callees.findings),
            frozenset(callees.unresolved),
            loads=frozenset(self._additions.loads),
            subclasses=frozenset(self._heirs.found),
        )

    def _look_at(self, place: Place, node: ast.Call) -> None:
        callees = self._callees
        call, is_certain = callees.call_of(node.func, place)
        if callees.may_matter(node):
            for expression in (node.func, *node.args):
                callees.note_unresolved(expression, place)
            if isinstance(node.func, ast.Attribute) and node.func.attr in CONSTRUCTORS:
                callees.note_unresolved(node.func.value, place)
        if call is not None:
            self._decide(place, node, call, is_certain=is_certain)
            return
        library = callees.library_name(node.func, place)
        if library in PARTIALS and node.args:
            call, is_certain = callees.call_of(node.args[0], place)
            if call is not None:
                self._decide(place, node, call, is_certain=is_certain, partial=library)
                self._note_partial(place, node, call)
                return
            for inherited in callees.inherited_by(node.args[0], place):
                report_inherited(callees, node, inherited, "this call", skips_first=True)
            return
        self._look_for_constructor(place, node)
        self._look_for_indirect_call(place, node)

    def _note_partial(self, place: Place, node: ast.Call, call: Call) -> None:
        """`partial(Callee)(old=…)` is reported here; what a name for the partial is called with comes later."""
        around = place.parents[-1]
        if isinstance(around, ast.Call) and around.func is node:
            self._report_partial(around, call)
        for target, value in plain_assignment(around):
            if value is node:
                self._partials.setdefault(target.id, call)

    def _look_at_partials(self) -> None:
        """Calls of names that a partial of a callee has been assigned to."""
        if not self._partials:
            return
        for node in ast.walk(self._module.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in self._partials:
                self._report_partial(node, self._partials[node.func.id])

    def _report_partial(self, node: ast.Call, call: Call) -> None:
        if self._callees.passes_old(node, call):
            self._callees.report(
                node, "unsupported-call", call,
                f"a partial of {call.callee} is called with a keyword it no longer takes; change this call by hand",
            )  # fmt: skip

    def _look_for_constructor(self, place: Place, node: ast.Call) -> None:
        """`Class.__init__(self, old=…)`, and calls of a class that inherits the constructor."""
        callees = self._callees
        found = callees.inherited_by(node.func, place)
        is_constructor = isinstance(node.func, ast.Attribute) and node.func.attr in CONSTRUCTORS
        if isinstance(node.func, ast.Attribute) and is_constructor:
            call, _ = callees.call_of(node.func.value, place)
            found = () if call is None else (call,)
        for call in found:
            report_inherited(callees, node, call, "this call", skips_first=is_constructor)

    def _look_for_indirect_call(self, place: Place, node: ast.Call) -> None:
        """`submit(Callee, old=…)`: the callee is an argument of a call that passes the keyword on."""
        callees = self._callees
        if callees.keywords.isdisjoint(keyword.arg for keyword in node.keywords if keyword.arg):
            return
        if callees.library_name(node.func, place):
            return
        named = (keyword.value for keyword in node.keywords if keyword.arg not in callees.keywords)
        for argument in (*node.args, *named):
            itself = callees.call_of(argument, place)[0]
            for call in (itself,) if itself is not None else callees.inherited_by(argument, place):
                if callees.passes_old(node, call):
                    callees.report(
                        node, "unsupported-call", call,
                        f"{call.callee} is passed on with a keyword it no longer takes; change this call by hand",
                        is_certain=False,
                    )  # fmt: skip

    def _look_at_methods(self) -> None:
        """Calls of methods through an instance."""
        methods = {call.callee.leaf: owner_of(call) for call in self._callees.calls if owner_of(call)}
        if not methods:
            return
        module, done = self._module, {site.node for site in self._sites if isinstance(site, CallSite)}
        for place in places_on(module.tree, lines_naming(module.source, methods)):
            node = place.node
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node not in done:
                for call in self._callees.calls:
                    if call.callee.leaf == node.func.attr and owner_of(call):
                        self._look_at_method(place, node, node.func, call)

    def _look_at_method(self, place: Place, node: ast.Call, function: ast.Attribute, call: Call) -> None:
        owner, _ = self._callees.class_of(function.value, place)
        if owner is not None and isinstance(function.value, ast.Subscript):
            self._decide(place, node, call, is_certain=self._callees.class_of(function.value, place)[1])
        if owner is not None:
            return  # named through its class, it has been looked at
        if is_super(function.value):
            return  # a matter of subclasses
        certainty = self._instances.certainty(function.value, place, owner_of(call), call.callee.leaf)
        if certainty is Certainty.YES:
            self._decide(place, node, call, is_certain=True, is_bound=True)
        elif certainty and (what := self._contradicted(node, call, certainty)):
            self._callees.report(
                node, "method-call", call, f"this may be a call of {call.callee}, {what}; change it by hand if it is"
            )

    def _contradicted(self, node: ast.Call, call: Call, certainty: Certainty) -> str:
        """What the callee takes that a call, if it reaches it, does not pass so; empty where nothing is known of it.

        Without a keyword that is gone the instance must be likely to be one: others have methods of that name, too.
        """
        arguments = self._callees.arguments(node)
        if old := [name for name in call.old if name in arguments.names]:
            return f"which no longer takes {listed(old)}"
        if certainty < Certainty.LIKELY or not call.concerns_all:
            return ""
        decision = decide(call, arguments, self._callees.signature(call, is_bound=True))
        if decision.change.named or any(code == "positional-argument" for code, _ in decision.findings):
            return f"which takes {listed(call.keyword_only)} by name only"
        added = [name for name, _ in decision.change.added]
        return f"which takes {listed(added)}, too" if added else ""

    def _decide(
        self,
        place: Place,
        node: ast.Call,
        call: Call,
        *,
        is_certain: bool,
        partial: str = "",
        is_bound: bool = False,
    ) -> None:
        arguments = self._callees.arguments(node, is_partial=bool(partial))
        opening = self._opening(node)
        is_bare = opening is not None and self._is_bare(node, opening)
        decision = decide(call, arguments, self._callees.signature(call, is_bound=is_bound), is_bare=is_bare)
        if not is_certain:
            if decision.change or not arguments.names.isdisjoint(call.old):
                self._callees.report(
                    node, "shadowed", call,
                    f"the name called here is bound to {call.callee} in one place and to something else in another; "
                    "change this call by hand",
                    is_certain=False,
                )  # fmt: skip
            return
        site = group = None
        if decision.change:
            site = self._site(place, node, call, opening, arguments, decision.change, partial)
            group = self._group_of(place, site) if site is not None else None
        is_left = site is None or isinstance(group, Problem)
        for code, message in decision.findings:
            if not (is_left and decision.change and code == "invalid-call"):  # that is about the changed call
                self._callees.report(node, code, call, message)
        if not decision.change:
            return
        if site is None:
            self._callees.report(
                node, "unsupported-call", call,
                f"call to {call.callee} is written in a way that has no exact place; change it by hand",
            )  # fmt: skip
            return
        if isinstance(group, Problem):
            message = f"call to {call.callee} is left as it is: {group.message}"
            self._callees.report(node, group.code, call, message)
        else:
            self._sites.append(replace(site, group=group))

    def _group_of(self, place: Place, site: CallSite) -> int | Problem | None:
        """The group of a call that needs an import; or why it cannot have the values that it gains."""
        assert site.node is not None
        if not site.change.added or self._module.is_kept_node(site.node):
            return None
        callee = site.node.args[0] if site.partial else site.node.func
        added = [name for name, _ in site.change.added]
        needed = self._additions.need(site.call, added, place, root_name(callee))
        return needed if isinstance(needed, Problem) else GROUP if needed else None

    def _opening(self, node: ast.Call) -> int | None:
        """Where the parenthesis before the arguments ends."""
        found = _OPENING.match(self._module.source.content, self._module.source.span(node.func).end)
        return found.end() if found is not None else None

    def _is_bare(self, node: ast.Call, opening: int) -> bool:
        """Is the only argument a generator without parentheses of its own?"""
        match node:
            case ast.Call(args=[ast.GeneratorExp() as only], keywords=[]):
                return self._module.source.span(only).start == opening - 1
        return False

    def _site(
        self,
        place: Place,
        node: ast.Call,
        call: Call,
        opening: int | None,
        arguments: Arguments,
        change: CallChange,
        partial: str,
    ) -> CallSite | None:
        """The call with its exact bytes; None where they are not known."""
        if opening is None or not self._is_exact(place, change):
            return None
        source = self._module.source
        span = source.span(node)
        inside = tuple(sorted(map(source.span, values(arguments))))
        if self._is_bare(node, opening):
            inside = (Span(opening, span.end - 1),)
        callee = Span(span.start, source.span(node.func).end if partial else opening - 1)
        passed_on = source.span(node.args[0]) if partial else None
        holders = [each.holder for each in arguments.passed]
        literals = frozenset(i for i, k in enumerate(node.keywords) if k.arg is None and k in holders)
        return CallSite(span, callee, inside, call, node, change, literals, partial, passed_on)

    def _is_exact(self, place: Place, change: CallChange) -> bool:
        """Is it known where the call stands, and may all that it gains stand there?"""
        strings = [parent for parent in place.parents if isinstance(parent, ast.JoinedStr)]
        if not place.is_exact or any(shows_itself(self._module.source, parent) for parent in place.parents):
            return False
        return not strings or not any(_UNSAFE_IN_FSTRING.search(value) for _, value in change.added)
