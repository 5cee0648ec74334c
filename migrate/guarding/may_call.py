"""May a file hold a call that guard reports? Read from its text alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from migrate.call_text import may_pass_old
from migrate.candidates import about_members, derives, mentions
from migrate.needles import COPYING
from migrate.plan_calls import Call


def may_call(calls: Sequence[Call], other_names: Collection[str]) -> Callable[[bytes], bool]:
    """A cheap look at a file's text: may it hold a deprecated keyword, or a class that other files pass one to?

    Args:
        other_names: what re-exports call the callees, and heirs of theirs, besides the plan's own last names.
    """
    names = {call.callee.leaf for call in calls} | set(other_names)
    owners = {call.callee.name.split(".")[-2] for call in calls if "." in call.callee.name}
    is_mentioned = mentions(calls, other_names)
    passes_old, copies = may_pass_old(calls, names | COPYING), may_pass_old(calls, COPYING)
    uses_attributes, _ = about_members(calls)
    concerns_all = any(call.concerns_all for call in calls)

    def test(content: bytes) -> bool:
        if is_mentioned(content):
            return concerns_all or passes_old(content) or derives(content, names | owners) or uses_attributes(content)
        return (b"replace" in content and copies(content)) or uses_attributes(content)

    return test
