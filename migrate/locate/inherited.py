"""Calls that may reach a callee of the plan by inheritance: they stay, and what is wrong with them is reported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from migrate.locate.arguments import Arguments
from migrate.locate.call_decisions import decide, listed
from migrate.locate.callees import Callees
from migrate.plan_calls import Call


def report_inherited(callees: Callees, node: ast.Call, call: Call, who: str, *, skips_first: bool = False) -> None:
    """Report what a subclass, or a call of one, passes on to what it inherits, each place once for a code.

    Args:
        who: what passes it on, for people.
        skips_first: the first argument is none of the constructor's: `partial(Sub, …)`, `Class.__init__(self, …)`.
    """
    arguments = callees.arguments(node)
    if skips_first:
        arguments = replace(arguments, plain=arguments.plain[1:])
    place = node.lineno, node.col_offset
    told = {f.code for f in callees.findings if (f.line, f.column) == place}
    for code, does in _needs(callees, arguments, call):
        if code not in told:
            callees.report(node, code, call, f"{who} {does}")


def _needs(callees: Callees, arguments: Arguments, call: Call) -> Iterator[tuple[str, str]]:
    """Codes of findings, each with a phrase: what would have to become of the call if it reaches the callee."""
    callee = call.callee
    if not arguments.names.isdisjoint(call.old):
        yield "subclass-super", f"passes a keyword on to {callee} that it no longer takes; change it by hand"
    elif call.old and arguments.opaque:
        yield "keyword-spread", f"passes a mapping on to {callee}; look for {listed(call.old)} in it, edit by hand"
    if not call.concerns_all:
        return
    decision = decide(call, arguments, callees.signature(call, is_bound=True))
    codes = {code for code, _ in decision.findings}
    if named := [name for _, name in decision.change.named]:
        yield "subclass-super", f"passes {listed(named)} on to {callee} by position; name it by hand"
    elif "positional-argument" in codes and call.keyword_only:
        what = f"see that {listed(call.keyword_only)} is not among them"
        yield "positional-argument", f"passes positional arguments on to {callee}; {what}"
    if added := [name for name, _ in decision.change.added]:
        yield "subclass-super", f"passes no {listed(added)} on to {callee}; add it by hand"
    elif "keyword-spread" in codes and not call.old:
        yield "keyword-spread", f"passes a mapping on to {callee}; see that it has {listed(call.add)}"
