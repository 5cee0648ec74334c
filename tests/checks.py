"""What every test of a rewrite does: run it, compare bytes, run it again; and the small plan they share."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from migrate.candidates import relevance
from migrate.definitions.lookup import Definitions
from migrate.edits import Edit, apply_edits
from migrate.findings import SEVERITIES, Finding
from migrate.guarding.file_look import NOTHING, LookSpec, look_at
from migrate.guarding.seen import Seen
from migrate.locating import PhaseSpec
from migrate.plan import Plan, parse_plan
from migrate.refs import ObjectRef
from migrate.signatures import Signature
from migrate.transform import FileResult, transform_file, transform_if_relevant

TABLES: dict[str, Any] = {
    "phase1": {
        "redirect": [
            {
                "module": "shop.cart",
                "docstring": "DEPRECATED: use shop.basket.",
                "exports": ["shop.basket:Basket as Cart", "shop.pay:checkout"],
            }
        ]
    },
    "phase2": {
        "redirect": [{"module": "shop.till", "docstring": "DEPRECATED: use shop.pay.", "exports": ["shop.pay:Till"]}]
    },
    "phase3": {
        "move": [
            {"old": "shop.cart:Cart", "new": "shop.basket:Basket"},
            {"old": "shop.cart:checkout", "new": "shop.pay:checkout"},
            {"old": "shop.cart:refund", "new": "shop.pay:refund"},
            {"old": "shop.prices", "new": "shop.pricing.prices"},
            {"old": "pricelist", "new": "shop.pricing.lists"},
        ]
    },
    "phase4": {
        "call": [
            {
                "callee": "shop.basket:Basket",
                "rename": {"metadata": "context"},
                "add": {"audit": "{}"},
                "remove": ["legacy"],
            },
            {"callee": "shop.billing:charge", "add": {"currency": '"EUR"'}},
            {"callee": "shop.billing:Invoice.of", "rename": {"no": "number"}},
        ]
    },
    "phase5": {},
}


def make_plan(tables: Mapping[str, Any] | None = None, **header: Any) -> Plan:
    """A plan with `tables` for its phases, and `header` in `[plan]`."""
    return parse_plan({"plan": {"name": "test", **header}, **(TABLES if tables is None else tables)}, "migrate.toml")


def moves(**old_to_new: str) -> Plan:
    """A plan of phase 3 alone; keywords are numbered at will, values are `old -> new`."""
    pairs = [value.split(" -> ") for value in old_to_new.values()]
    return make_plan({"phase3": {"move": [{"old": old, "new": new} for old, new in pairs]}})


def calls(callee: str, **change: Any) -> Plan:
    """A plan of phase 4 with one call."""
    return make_plan({"phase4": {"call": [{"callee": callee, **change}]}})


PLAN = make_plan()
"""The plan that tests share."""


def transform(
    source: str | bytes,
    *,
    phase: int,
    plan: Plan = PLAN,
    path: str = "app/main.py",
    aliases: Mapping[str, str] | None = None,
    signatures: Mapping[str, str] | None = None,
    told_by_text: bool = True,
    **known: Any,
) -> FileResult:
    """`transform_file`, with its specification and result as a worker process would see them.

    Args:
        signatures: parameters of callees, `package.module:Name` to what stands in a `def`.
        told_by_text: a cheap look at the text must not rule out what is found.
        known: more of the specification.
    """
    found = ((ref.replace(":", "."), signature(parameters)) for ref, parameters in (signatures or {}).items())
    others = tuple(sorted((aliases or {}).items()))
    moved = {"moved": others, "maybe_moved": known.get("maybe", ())} if phase == 5 else {}
    spec = PhaseSpec(plan, phase, others, signatures=tuple(found), **moved, **known)
    result = transform_file(path, _bytes(source), pickle.loads(pickle.dumps(spec)))
    assert pickle.loads(pickle.dumps(result)) == result
    assert result.bug is None, result.bug
    if phase > 2 and told_by_text and (result.edits or {f.code for f in result.findings} - {"unparseable"}):
        assert transform_if_relevant(path, _bytes(source), spec) == result, "its text is taken for irrelevant"
    check_guard(path, _bytes(source), spec)
    assert {f.code for f in result.findings} <= SEVERITIES.keys()
    return result


def check_guard(path: str, content: bytes, spec: PhaseSpec) -> None:
    """`migrate guard` names the same places of a file as phase 5, where phase 5 looks at it at all."""
    spec = replace(spec, phase=5, moved=spec.aliases, maybe_moved=spec.maybe, taken=frozenset(), cycles=())
    tests = [relevance(spec.plan, part, spec.other_names(part)) for part in spec.parts]
    if any(test(path, content) for test in tests):
        left = {place(finding) for finding in transform_file(path, content, spec).findings}
        seen = {place(each.finding): each for each in look_at(path, content, NOTHING, True, LookSpec(spec)).seen}
        assert left - seen.keys() == set()
        assert {p for p in seen.keys() - left if not by_redirect(seen[p])} == set()


def place(finding: Finding) -> tuple[str, int, int, str, str]:
    """Where a finding is, and what it is about; its message is a matter of taste."""
    return finding.path, finding.line, finding.column, finding.code, finding.subject


def by_redirect(seen: Seen) -> bool:
    """Is it about an import by way of a redirect, which only `migrate guard` looks for?"""
    return "redirect" in seen.finding.message


def signature(parameters: str) -> Signature:
    """The signature of a function with these parameters."""
    found = Definitions((".",), {"m.py": f"def f({parameters}): ...".encode()}.get).signature(ObjectRef("m", "f"))
    assert isinstance(found, Signature), found
    return found


def check_noop(source: str | bytes, **how: Any) -> FileResult:
    """The phase has nothing to do in `source`, and nothing to say about it."""
    result = transform(source, **how)
    assert (result.edits, codes(result)) == ((), [])
    return result


def check_refused(source: str | bytes, expected: str | Iterable[str], **how: Any) -> FileResult:
    """The phase changes nothing in `source`; its findings have the `expected` codes, in order of place."""
    result = transform(source, **how)
    assert (result.edits, codes(result)) == ((), [expected] if isinstance(expected, str) else list(expected))
    return result


def check_rewritten(
    before: str | bytes, after: str | bytes, *, findings: Iterable[str] = (), parses: bool = True, **how: Any
) -> FileResult:
    """The phase makes exactly `after` of `before`, and nothing more of `after`.

    Args:
        findings: codes of what is reported besides.
        parses: both are Python to this interpreter.
    """
    if parses:
        ast.parse(_bytes(before))
        ast.parse(_bytes(after))
    result = transform(before, **how)
    assert apply_edits(_bytes(before), result.edits) == _bytes(after)
    assert codes(result) == list(findings)
    again = transform(after, **how)
    assert again.edits == ()
    return result


def check_outside(before: bytes, after: bytes, edits: tuple[Edit, ...]) -> None:
    """Bytes outside of the edits are the same, in the same order."""
    done = shift = 0
    for edit in edits:
        assert before[done : edit.span.start] == after[done + shift : edit.span.start + shift]
        done = edit.span.end
        shift += len(edit.after) - (edit.span.end - edit.span.start)
    assert before[done:] == after[done + shift :]


def codes(result: FileResult) -> list[str]:
    return [finding.code for finding in result.findings]


def _bytes(source: str | bytes) -> bytes:
    return source.encode() if isinstance(source, str) else source
