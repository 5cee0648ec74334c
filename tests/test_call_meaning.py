"""Random calls of a stub, executed before and after phase 4: it receives the same values under the new names."""

from __future__ import annotations

import io
import sys
import tokenize
from collections import Counter
from types import ModuleType
from typing import Any

import pytest
from checks import calls, check_outside, transform
from examples import examples
from hypothesis import event, given, note, settings
from hypothesis import strategies as st

from migrate.edits import apply_edits
from migrate.plan import Plan

RENAMES = {"metadata": "context", "old": "new"}
CHANGE: dict[str, Any] = {"rename": RENAMES, "remove": ["gone"], "add": {"added": "'added'"}}
PLANS = {
    "report": calls("stub:Callee", **CHANGE),
    "keep-new": calls("stub:Callee", **CHANGE, on_conflict="keep-new"),
    "merge-dict": calls("stub:Callee", **CHANGE, on_conflict="merge-dict"),
    "imports": calls("stub:Callee", **{**CHANGE, "add": {"added": "clock()"}}, imports=["stubtime:now as clock"]),
    "add alone": calls("stub:Callee", add={"added": "'added'"}),
    "keyword_only": calls("stub:Callee", keyword_only=["b", "c"]),
}
PARAMETERS = "a=0, b=0, c=0, **rest"

VALUES = [
    "1", "'(,)'", "[1,\n 2]", "{'metadata': 3}", "(4)", "((\n4))", "lambda old, /: old", "(yes := 5)", "f'{6}'", "'漢'",
    "(i for i in ())", "1 if yes else 2", "None or {'old': 1}", "not yes", "a == b", "{**{'new': 1}}", "'# no comment'",
    "Callee(metadata=1)", "Callee(7, context={}, **{'old': 2})", "{'k': Callee(gone=1)}",
]  # fmt: skip
MAPPINGS = ["{'a': 1}", "dict(b=2)", "(dict(c=3))", "None or {'d': 4}", "{} if yes else {'e': 5}", "{**{'f': 6}}"]
SPACES = st.sampled_from(["", "", " ", "\n", "\n    ", "  # metadata=1, (\n", "\n  # old=\n  ", " \\\n "])
NAMES = ["metadata", "old", "gone", "context", "new", "x", "y", "added", "metadata_", "_old"]
HEADS = {
    "plain": ("from stub import Callee", "Callee"),
    "module": ("import stub\nfrom stub import Callee", "stub.Callee"),
    "alias": ("from stub import Callee\nC = Callee", "C"),
    "parenthesised": ("from stub import Callee", "(Callee )"),
    "partial": ("from stub import Callee\nimport functools", "functools.partial"),
    "in a try": ("try:\n    from stub import Callee\nexcept ImportError:\n    raise", "Callee"),
}


@st.composite
def sources(draw: st.DrawFn, policy: str) -> str:
    values = st.sampled_from(MAPPINGS if policy == "merge-dict" else VALUES)
    names = draw(st.lists(st.sampled_from(NAMES), max_size=5, unique=True))
    head, callee = HEADS[draw(st.sampled_from(sorted(HEADS)))]
    if policy == "imports" and draw(st.booleans()):
        head += "\nfrom stubtime import now as clock"
    listed = ["Callee"] if callee == "functools.partial" else []
    if policy != "merge-dict":
        plain = st.sampled_from(["7", "'old'", "(i for i in ())", "*[8, 9]", "*()", "(no := 3)", "yes := 3"])
        listed += draw(st.lists(plain, max_size=3))
    spaced = lambda text: draw(SPACES) + text + draw(SPACES)  # noqa: E731
    listed = [spaced(text) for text in listed]
    ways = draw(
        st.lists(
            st.sampled_from(["keyword", "keyword", "keyword", "key", "dict", "variable"]),
            min_size=len(names),
            max_size=len(names),
        )
    )
    passed = {way: [n for n, w in zip(names, ways, strict=True) if w == way] for way in set(ways)}
    keywords = [f"{name}{draw(SPACES)}={spaced(draw(values))}" for name in passed.get("keyword", ())]
    if keys := passed.get("key"):
        quote = draw(st.sampled_from(["'", '"', '"""']))
        items = [f"{quote}{name}{quote}{draw(SPACES)}:{spaced(draw(values))}" for name in keys]
        keywords.append(f"**{{{', '.join(items)}{draw(st.sampled_from(['', ',']))}{draw(SPACES)}}}")
    if keys := passed.get("dict"):
        keywords.append(f"**dict({','.join(f'{spaced(name)}={draw(values)}' for name in keys)})")
    if keys := passed.get("variable"):
        head += f"\noptions = {{{', '.join(f'{name!r}: {draw(values)}' for name in keys)}}}"
        keywords.append("**options")
    split = draw(st.integers(0, len(keywords)))
    listed += [spaced(text) for text in [*keywords[split:], *keywords[:split]]]
    comma = "," if listed and draw(st.booleans()) else ""
    between = draw(st.sampled_from([",", ",\n    ", "\n    , "]))
    call = f"{callee}({between.join(listed)}{comma}{draw(SPACES)})"
    if callee == "functools.partial":
        call += "()"
    elif draw(st.integers(1, 4)) == 1:
        call = f"{callee}({call}, metadata={call})"
    return f"yes = a = b = 1\n{head}\nreceived = {call}\n"


def module(name: str, **names: object) -> ModuleType:
    made = ModuleType(name)
    made.__dict__.update(names)
    return made


def received(source: bytes, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the call got, values that do not compare by their type; None where it cannot be made."""

    def callee(*args: object, **kwargs: object) -> Any:
        return tuple(map(comparable, args)), {name: comparable(value) for name, value in kwargs.items()}

    def comparable(value: object) -> object:
        return value if isinstance(value, (int, str, list, dict, tuple)) else type(value).__name__

    monkeypatch.setitem(sys.modules, "stub", module("stub", Callee=callee))
    monkeypatch.setitem(sys.modules, "stubtime", module("stubtime", now=lambda: "added"))
    names: dict[str, Any] = {}
    try:
        exec(compile(source, "<stub>", "exec", dont_inherit=True), names)
    except TypeError:
        return None  # a keyword twice
    return names["received"]


def expected(call: Any, plan: Plan) -> Any:
    """The same call as the plan wants it; calls among the values as well."""
    assert plan.phase4 is not None
    (entry,) = plan.phase4.call
    if isinstance(call, dict):
        return {key: expected(value, plan) for key, value in call.items()}
    if not (isinstance(call, tuple) and len(call) == 2 and isinstance(call[1], dict)):
        return call
    args, kwargs = (tuple(expected(a, plan) for a in call[0]), {k: expected(v, plan) for k, v in call[1].items()})
    if entry.keyword_only and len(args) > 1:
        kwargs = {**dict(zip(("b", "c"), args[1:], strict=False)), **kwargs}
        args = args[:1]
    changed: dict[str, Any] = {}
    for name, value in kwargs.items():
        new = entry.rename.get(name)
        if name in entry.remove:
            continue
        if new in kwargs:
            if entry.on_conflict == "merge-dict":
                changed[new] = {**kwargs[new], **value}
            continue
        changed.setdefault(new or name, value)
    if not entry.old or not kwargs.keys().isdisjoint(entry.old):
        for name in entry.add:
            changed.setdefault(name, "added")
    return args, changed


def comments(source: bytes) -> Counter[str]:
    found = tokenize.tokenize(io.BytesIO(source).readline)
    return Counter(token.string for token in found if token.type == tokenize.COMMENT)


@pytest.mark.unmeasured
@pytest.mark.parametrize("policy", PLANS)
@settings(deadline=None, max_examples=examples(150))
@given(data=st.data(), newline=st.sampled_from(["\n", "\r\n"]))
def test_calls_receive_the_same_values_under_their_new_names(policy: str, data: st.DataObject, newline: str) -> None:
    source = data.draw(sources(policy)).replace("\n", newline).encode()
    plan = PLANS[policy]
    note(source.decode())
    try:
        compile(source, "<stub>", "exec")
    except SyntaxError:
        event("no Python")
        return
    how: dict[str, Any] = {"phase": 4, "plan": plan, "signatures": {"stub:Callee": PARAMETERS}}
    result = transform(source, **how)
    after = apply_edits(source, result.edits)
    note(after.decode())
    event("changed" if result.edits else "as before")
    event(f"reported: {', '.join(sorted({finding.code for finding in result.findings}))}")
    check_outside(source, after, result.edits)
    assert comments(after) == comments(source)
    assert transform(after, **how).edits == ()
    with pytest.MonkeyPatch.context() as monkeypatch:
        before = received(source, monkeypatch)
        if before is not None and not result.findings:
            assert received(after, monkeypatch) == expected(before, plan)
