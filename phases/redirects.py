"""The query that phases 1 and 2 share: a deprecated module becomes a redirect to its new home."""

from __future__ import annotations

from bowler import Query
from bowler.types import LN, Capture, Filename
from fissix.pgen2 import token
from fissix.pytree import Leaf, Node

from migrate.modules import candidate_files
from migrate.plan import Plan
from migrate.plan_redirects import Redirect
from phases.patterns import text_leaf


def redirect_query(plan: Plan, redirects: tuple[Redirect, ...]) -> Query:
    """Select the root of each deprecated module and put the redirect's text in its place.

    The outcome does not depend on what the module held, so a caller may hand over an empty stand-in for a file
    that no parser reads.
    """
    roots = plan.plan.source_roots
    by_file = {path: redirect for redirect in redirects for path in candidate_files(redirect.module, roots)}

    def wanted(filename: Filename) -> Redirect | None:
        return by_file.get(str(filename))

    def is_deprecated(node: LN, capture: Capture, filename: Filename) -> bool:  # noqa: ARG001
        return wanted(filename) is not None

    def redirect(node: Node, capture: Capture, filename: Filename) -> None:  # noqa: ARG001
        target = wanted(filename)
        assert target is not None, "the filter has seen to it"
        for child in list(node.children):
            child.remove()
        node.append_child(text_leaf(target.text()))
        node.append_child(Leaf(token.ENDMARKER, ""))

    return Query().select_root().filter(is_deprecated).modify(redirect)
