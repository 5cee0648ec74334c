"""What a call gains and loses beyond a renamed keyword: conflicts, positions, literal mappings, partials, imports."""

from __future__ import annotations

from typing import Any

import pytest
from checks import calls, check_noop, check_refused, check_rewritten

HEAD = "from m import f\n"
SEVERAL = "from m import f\nimport functools\nfrom functools import partial, partialmethod as pm\n"


def check(before: str, after: str, *, head: str = HEAD, **how: Any) -> None:
    check_rewritten(f"{head}{before}\n", f"{head}{after}\n", phase=4, **how)


def refuse(call: str, code: str, *, head: str = HEAD, **how: Any) -> str:
    (finding,) = check_refused(f"{head}{call}\n", code, phase=4, **how).findings
    return finding.message


# Both keywords given.

RENAME = {"rename": {"old": "new"}}
CONFLICTS = [
    pytest.param("f(old=p, new=q)", "f(new=q)", "f(new={**q, **p})", id="old first"),
    pytest.param("f(new=q, old=p)", "f(new=q)", "f(new={**q, **p})", id="new first"),
    pytest.param("f(x, old=p, y=3, new=q, z=4)", "f(x, y=3, new=q, z=4)", "f(x, y=3, new={**q, **p}, z=4)", id="others between"),
    pytest.param("f(\n    old=a,  # a\n    new=b,  # b\n)", "f(\n    # a\n    new=b,  # b\n)", "f(\n    # a\n    new={**b, **a},  # b\n)", id="lines"),
    pytest.param("f(new=b or c, old=d if e else g)", "f(new=b or c)", "f(new={**(b or c), **(d if e else g)})", id="loose values"),
    pytest.param("f(new=not b, old=(c if d else e))", "f(new=not b)", "f(new={**(not b), **(c if d else e)})", id="parenthesised value"),
    pytest.param("f(new=await_, old=-b)", "f(new=await_)", "f(new={**await_, **-b})", id="tight values"),
    pytest.param("f(**{'old': p}, new=q)", "f(new=q)", "f(new={**q, **p})", id="old in a literal"),
    pytest.param("f(old=p, **{'new': q})", "f(**{'new': q})", "f(**{'new': {**q, **p}})", id="new in a literal"),
    pytest.param("f(**{'old': p, 'new': q, 'x': 3})", "f(**{'new': q, 'x': 3})", "f(**{'new': {**q, **p}, 'x': 3})", id="both in a literal"),
    pytest.param("f(**dict(new=q, old=p))", "f(**dict(new=q))", "f(**dict(new={**q, **p}))", id="both in dict()"),
    pytest.param("f(new=q, old=  # why\n p)", "f(new=q  # why\n)", "f(new={**q, **p}  # why\n)", id="a comment inside"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "kept", "merged"), CONFLICTS)
def test_both_keywords(before: str, kept: str, merged: str) -> None:
    assert "'old'" in refuse(before, "keyword-conflict", plan=calls("m:f", **RENAME))
    check(before, kept, plan=calls("m:f", **RENAME, on_conflict="keep-new"))
    check(before, merged, plan=calls("m:f", **RENAME, on_conflict="merge-dict"))


def test_both_keywords_beside_other_changes() -> None:
    plan = calls("m:f", rename={"old": "new", "a": "b"}, remove=["c"], add={"d": "0"}, on_conflict="merge-dict")
    check("f(a=1, old=p, c=3, new=q)", "f(b=1, new={**q, **p}, d=0)", plan=plan)
    check("f(new=q, a=1, c=3, old=p)", "f(new={**q, **p}, b=1, d=0)", plan=plan)


def test_the_new_one_by_position() -> None:
    plan, signatures = calls("m:f", **RENAME), {"m:f": "x, new=0"}
    message = refuse("f(1, 2, old=3)", "keyword-conflict", plan=plan, signatures=signatures)
    assert message == "call to m:f passes both 'old' and 'new' by position; decide which one stays"
    check("f(1, old=3)", "f(1, new=3)", plan=plan, signatures=signatures)
    plan = calls("m:f", **RENAME, on_conflict="keep-new")
    check("f(1, 2, old=3)", "f(1, 2)", plan=plan, signatures=signatures)
    refuse(
        "f(1, 2, old=3)",
        "keyword-conflict",
        plan=calls("m:f", **RENAME, on_conflict="merge-dict"),
        signatures=signatures,
    )


def test_a_call_in_what_moves() -> None:
    plan = calls("m:f", **RENAME, on_conflict="merge-dict")
    check("f(old={'a': f(old=1)}, new={})", "f(new={**{}, **{'a': f(new=1)}})", plan=plan)
    check("f(new={}, old={'a': f(old=f(old=p, new=q))})", "f(new={**{}, **{'a': f(new=f(new={**q, **p}))}})", plan=plan)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        pytest.param("f(old={'a': 1}, new=None)", "the value of 'new' is no mapping", id="None"),
        pytest.param("f(old=None, new={})", "the value of 'old' is no mapping", id="None for the old one"),
        pytest.param("f(old='x', new={})", "the value of 'old' is no mapping", id="a string"),
        pytest.param("f(old={}, new=[1])", "the value of 'new' is no mapping", id="a list"),
        pytest.param("f(old=lambda: x, new={})", "the value of 'old' is no mapping", id="a lambda"),
        pytest.param("f(old=(n := {}), new={'a': n})", "the value of 'old' does something", id="a name that is bound"),
        pytest.param("async def g(): f(new=y, old=await x)", "the value of 'old' does something", id="await"),
        pytest.param("f(**{'old': x, 'new': y, 'old': z})", "'old' is passed more than once", id="twice in a literal"),
    ],
)
def test_what_cannot_be_merged(call: str, why: str) -> None:
    message = refuse(call, "keyword-conflict", plan=calls("m:f", **RENAME, on_conflict="merge-dict"))
    assert f"passes both 'old' and 'new', which cannot be merged: {why}" in message


def test_comments_of_what_is_merged_stand_once() -> None:
    plan = calls("m:f", **RENAME, on_conflict="merge-dict")
    check("f(a, old=({'x': 1} # in\n), new=b)", "f(a, new={**b, **({'x': 1} # in\n)})", plan=plan)


# Literal mappings.


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("f(**{'new': 1})", id="nothing old"),
        pytest.param("f(**{})", id="empty"),
        pytest.param("f(**dict())", id="empty dict()"),
        pytest.param("f(**{'x': {'old': 1}})", id="a key further inside"),
        pytest.param("f(x={'old': 1}, y=dict(old=1))", id="mappings that are values"),
        pytest.param("f(*[{'old': 1}])", id="starred"),
    ],
)
def test_literal_noop(call: str) -> None:
    check_noop(f"{HEAD}{call}\n", phase=4, plan=calls("m:f", rename={"old": "new"}, remove=["gone"]))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("f(**{'old': 1})", "f(add=0, **{'new': 1})", id="key"),
        pytest.param('f(**{"old": 1})', 'f(add=0, **{"new": 1})', id="double quotes"),
        pytest.param("f(**{'''old''': 1, r'x': 2})", "f(add=0, **{'''new''': 1, r'x': 2})", id="other quotes"),
        pytest.param("f(**{u'old': 1})", "f(add=0, **{u'new': 1})", id="prefix"),
        pytest.param("f(** { 'old' : 1 , } )", "f(add=0, ** { 'new' : 1 , } )", id="spaces"),
        pytest.param("f(**({'old': 1}))", "f(add=0, **({'new': 1}))", id="parentheses"),
        pytest.param("f(**dict(old=1))", "f(add=0, **dict(new=1))", id="dict()"),
        pytest.param("f(**(dict(old = 1, x=2)))", "f(add=0, **(dict(new = 1, x=2)))", id="dict() in parentheses"),
        pytest.param("f(1, **{'gone': 1, 'x': 2})", "f(1, add=0, **{'x': 2})", id="removed"),
        pytest.param("f(1, **{'x': 2, 'gone': 1})", "f(1, add=0, **{'x': 2})", id="the last one removed"),
        pytest.param("f(1, **{'x': 2, 'gone': 1,})", "f(1, add=0, **{'x': 2,})", id="the last one before a comma removed"),
        pytest.param("f(1, **{'gone': 1})", "f(1, add=0)", id="the only one removed"),
        pytest.param("f(**{'gone': 1})", "f(add=0)", id="all removed"),
        pytest.param("f(**dict(gone=1), x=2)", "f(x=2, add=0)", id="all of dict() removed"),
        pytest.param("f(old=1, **{'x': 2})", "f(new=1, add=0, **{'x': 2})", id="beside an explicit one"),
        pytest.param("f(old=1, **{'x': 2}, y=3)", "f(new=1, add=0, **{'x': 2}, y=3)", id="something behind"),
        pytest.param("f(**{'old': 1, 'add': 2})", "f(**{'new': 1, 'add': 2})", id="nothing to add"),
        pytest.param("f(**{'old': 1}, **{'gone': 2})", "f(add=0, **{'new': 1})", id="two literals"),
        pytest.param("f(**{'old': f(old=1)})", "f(add=0, **{'new': f(new=1, add=0)})", id="a call in a value"),
        pytest.param(
            "f(\n    old=1,  # one\n    # more\n    **{'x': 2},\n)",
            "f(\n    new=1,  # one\n    add=0,\n    # more\n    **{'x': 2},\n)",
            id="added on a line of its own",
        ),
        pytest.param(
            "f(\n    **{\n        'old': 1,  # one\n        'gone': 2,  # two\n    }\n)",
            "f(\n    add=0,\n    **{\n        'new': 1,  # one\n        # two\n    }\n)",
            id="literal on lines",
        ),
        pytest.param("f(**{'old': lambda x, /: x})", "f(add=0, **{'new': lambda x, /: x})", id="a value no old grammar reads"),
    ],
)  # fmt: skip
def test_literals(before: str, after: str) -> None:
    check(before, after, plan=calls("m:f", rename={"old": "new"}, remove=["gone"], add={"add": "0"}))


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("f(**{'old': 1, **x})", id="another mapping inside"),
        pytest.param("f(**{key: 1})", id="a key that is not known"),
        pytest.param("f(**{'o' 'ld': 1})", id="a key in parts"),
        pytest.param("f(**{f'old': 1})", id="an f-string"),
        pytest.param("f(**dict([('old', 1)]))", id="dict() of pairs"),
        pytest.param("f(**dict(x, old=1))", id="dict() of a mapping"),
        pytest.param("f(**{'old': 1} | x)", id="a union"),
        pytest.param("f(**(x or {'old': 1}))", id="one of two"),
    ],
)
def test_mappings_that_are_not_known(call: str) -> None:
    refuse(call, "keyword-spread", plan=calls("m:f", rename={"old": "new"}))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("def g(dict): f(old=1, **dict(old=2))", "def g(dict): f(new=1, **dict(old=2))", id="dict of a parameter"),
        pytest.param("f(old=1, **{'o' 'ld': 2})", "f(new=1, **{'o' 'ld': 2})", id="a key in parts"),
        pytest.param("def g(dict): f(gone=1, **dict(gone=2))", "def g(dict): f(**dict(gone=2))", id="removed beside"),
    ],
)  # fmt: skip
def test_an_explicit_keyword_beside_a_mapping_that_is_not_known(before: str, after: str) -> None:
    plan = calls("m:f", rename={"old": "new"}, remove=["gone"])
    check(before, after, plan=plan, findings=["keyword-spread"])


def test_dict_that_is_not_pythons() -> None:
    head = HEAD + "from x import dict\n"
    refuse("f(**dict(old=1))", "keyword-spread", head=head, plan=calls("m:f", rename={"old": "new"}))


# Partials.


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("partial(f, old=1)", "partial(f, new=1, add=0)", id="partial"),
        pytest.param("functools.partial(f, 2, gone=1)", "functools.partial(f, 2, add=0)", id="of its module"),
        pytest.param("functools . partial ( f , old = 1 )", "functools . partial ( f , new = 1, add=0 )", id="spaces"),
        pytest.param("pm(f, old=1)", "pm(f, new=1, add=0)", id="partialmethod"),
        pytest.param("partial(f, **{'old': 1})", "partial(f, add=0, **{'new': 1})", id="literal mapping"),
        pytest.param(
            "partial(\n    f,  # f\n    old=1,\n)", "partial(\n    f,  # f\n    new=1,\n    add=0,\n)", id="lines"
        ),
        pytest.param("partial(f, old=partial(f, gone=1))", "partial(f, new=partial(f, add=0), add=0)", id="nested"),
        pytest.param("partial(f, old=1)(x=2)", "partial(f, new=1, add=0)(x=2)", id="called at once"),
    ],
)
def test_partial(before: str, after: str) -> None:
    plan = calls("m:f", rename={"old": "new"}, remove=["gone"], add={"add": "0"})
    check(before, after, head=SEVERAL, plan=plan)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("partial(g, old=1)", id="something else"),
        pytest.param("partial(f)", id="nothing passed"),
        pytest.param("partial(f, new=1)", id="nothing old"),
        pytest.param("partial()", id="nothing at all"),
    ],
)
def test_partial_noop(source: str) -> None:
    check_noop(f"{SEVERAL}{source}\n", phase=4, plan=calls("m:f", rename={"old": "new"}))


def test_partial_of_someone_elses() -> None:
    head = "from m import f\nfrom toolz import partial\n"
    refuse("partial(f, old=1)", "unsupported-call", head=head, plan=calls("m:f", rename={"old": "new"}))


def test_partial_misses_nothing_yet() -> None:
    plan = calls("m:f", rename={"old": "new"})
    check("partial(f, old=1)", "partial(f, new=1)", head=SEVERAL, plan=plan, signatures={"m:f": "x, y, *, new"})


# Positions that become keywords.

BY_NAME = calls("m:f", keyword_only=["b", "c"])


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("f()", id="nothing"),
        pytest.param("f(1)", id="another parameter"),
        pytest.param("f(1, b=2, c=3)", id="named"),
        pytest.param("f(1, **x)", id="mapping"),
        pytest.param("f(a=1, c=2)", id="all named"),
    ],
)
def test_keyword_only_noop(call: str) -> None:
    check_noop(f"{HEAD}{call}\n", phase=4, plan=BY_NAME, signatures={"m:f": "a, b=0, c=0, d=0"})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("f(1, 2)", "f(1, b=2)", id="one"),
        pytest.param("f(1, 2, 3)", "f(1, b=2, c=3)", id="both"),
        pytest.param("f(1, 2, 3, 4)", "f(1, b=2, c=3, d=4)", id="what follows has to"),
        pytest.param("f(1, 2, d=4)", "f(1, b=2, d=4)", id="beside a keyword"),
        pytest.param("f(1, 2, **x)", "f(1, b=2, **x)", id="before a mapping"),
        pytest.param("f(1, (x := 2))", "f(1, b=(x := 2))", id="walrus in parentheses"),
        pytest.param("f(1, x := 2)", "f(1, b=(x := 2))", id="walrus"),
        pytest.param("f( 1 , 2 , )", "f( 1 , b=2 , )", id="spaces"),
        pytest.param("f(\n    1,  # a\n    2,  # b\n    (3),\n)", "f(\n    1,  # a\n    b=2,  # b\n    c=(3),\n)", id="lines"),
        pytest.param("f(1, lambda x, /: x)", "f(1, b=lambda x, /: x)", id="a value no old grammar reads"),
        pytest.param("f(1, f(2, 3))", "f(1, b=f(2, b=3))", id="nested"),
        pytest.param("f(1, 2, y := f(0, 3))", "f(1, b=2, c=(y := f(0, b=3)))", id="nested in a walrus"),
    ],
)  # fmt: skip
def test_keyword_only(before: str, after: str) -> None:
    check(before, after, plan=BY_NAME, signatures={"m:f": "a, b=0, c=0, d=0"})


def test_keyword_only_parameters_that_are_such_by_now() -> None:
    check("f(1, 2, 3)", "f(1, b=2, c=3)", plan=BY_NAME, signatures={"m:f": "a, *, b=0, c=0, d=0"})


def test_a_generator_that_becomes_a_keyword() -> None:
    plan = calls("m:f", keyword_only=["a"])
    check("f(x for x in y)", "f(a=(x for x in y))", plan=plan, signatures={"m:f": "a"})


@pytest.mark.parametrize(
    ("call", "parameters", "why"),
    [
        pytest.param("f(1, 2)", None, "which parameters they fill is not known", id="no signature"),
        pytest.param("f(1, *x)", "a, b, c=0", "how many a starred one stands for is not known", id="starred"),
        pytest.param("f(1, 2, *x)", "a, b, c=0", "how many a starred one stands for is not known", id="starred behind"),
        pytest.param("f(*x, 1)", "a, b, c=0", "how many a starred one stands for is not known", id="starred before"),
        pytest.param("f(1, 2, 3, 4)", "a, b, c", "its signature is (a, b, c)", id="too many"),
        pytest.param("f(1, 2)", "a, b, /, c=0", "'b' can be passed in no other way", id="by position only"),
        pytest.param("f(1, 2, b=3)", "a, b, c=0", "'b' would be passed twice", id="named, too"),
        pytest.param("f(1, 2)", "a, *, c=0, b=0", "its signature is (a, *, c=…, b=…)", id="in another order by now"),
        pytest.param("f(1, 2)", "a, *, d=0, b=0, c=0", "its signature is (a, *, d=…, b=…, c=…)", id="something between by now"),
    ],
)  # fmt: skip
def test_positions_that_stay(call: str, parameters: str | None, why: str) -> None:
    signatures = {} if parameters is None else {"m:f": parameters}
    message = refuse(call, "positional-argument", plan=BY_NAME, signatures=signatures)
    assert message == f"call to m:f passes positional arguments, and {why}; 'b', 'c' not named, edit by hand"


def test_positions_that_may_have_been_before_another_one() -> None:
    refuse("f(1, 2)", "positional-argument", plan=BY_NAME, signatures={"m:f": "a=0, *, b=0, c=0"})


def test_positions_of_what_goes_stay() -> None:
    plan = calls("m:f", keyword_only=["b"], rename={"old": "new"})
    message = refuse("f(1, 2, 3)", "positional-argument", plan=plan, signatures={"m:f": "a, b, old=0, *, new=0"})
    assert "'old' would be passed by name, which goes" in message


def test_a_starred_argument_may_fill_the_new_parameter() -> None:
    plan = calls("m:f", **RENAME)
    how: dict[str, Any] = {"plan": plan, "findings": ["positional-argument"], "signatures": {"m:f": "a, new=0"}}
    check("f(*x, old=1)", "f(*x, new=1)", **how)


def test_positions_of_a_partial_stay() -> None:
    message = refuse("partial(f, 1, 2)", "positional-argument", head=SEVERAL, plan=BY_NAME, signatures={"m:f": "a, b"})
    assert "later ones would fill other parameters" in message


def test_what_is_removed_and_passed_by_position() -> None:
    plan, signatures = calls("m:f", rename={"x": "y"}, remove=["b"]), {"m:f": "a, b=0, y=0"}
    known = {"signatures": signatures, "told_by_text": False}  # such a plan has a signature-mismatch anyway
    message = refuse("f(1, 2)", "positional-argument", plan=plan, **known)
    assert message == "call to m:f passes 'b' by position; remove it by hand"


def test_what_is_added_and_there_by_position() -> None:
    plan, signatures = calls("m:f", add={"b": "0"}), {"m:f": "a, b=0"}
    check_noop(f"{HEAD}f(1, 2)\n", phase=4, plan=plan, signatures=signatures)
    check("f(1)", "f(1, b=0)", plan=plan, signatures=signatures)


# The real signature.


def test_a_key_that_a_dict_display_repeats() -> None:
    plan, signatures = calls("m:f", rename={"old": "new"}), {"m:f": "new"}
    check("f(**{'old': 1, 'old': 2})", "f(**{'new': 1, 'new': 2})", plan=plan, signatures=signatures)


@pytest.mark.parametrize(
    ("call", "parameters", "why"),
    [
        pytest.param("f(old=1)", "old=0", "has no parameter 'new'; the signature is (old=…)", id="not migrated"),
        pytest.param("f(gone=1, new=2)", "gone, new", "misses 'gone'; the signature is (gone, new)", id="still needed"),
    ],
)
def test_a_call_that_would_be_wrong_stays(call: str, parameters: str, why: str) -> None:
    plan = calls("m:f", rename={"old": "new"}, remove=["gone"])
    message = refuse(call, "invalid-call", plan=plan, signatures={"m:f": parameters})
    assert message.startswith("call to m:f would be wrong and stays as it is: it ")
    assert why in message


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        pytest.param("f(old=1)", "f(new=1)", "misses 'x'", id="a required parameter"),
        pytest.param("f(0, old=1, y=2)", "f(0, new=1, y=2)", "has no parameter 'y'", id="another keyword"),
    ],
)
def test_a_call_that_is_still_wrong_is_changed_and_reported(before: str, after: str, why: str) -> None:
    how: dict[str, Any] = {"plan": calls("m:f", rename={"old": "new"}), "signatures": {"m:f": "x, new=0"}}
    source, result = f"{HEAD}{before}\n", f"{HEAD}{after}\n"
    (finding,) = check_rewritten(source, result, phase=4, findings=["invalid-call"], **how).findings
    assert (
        finding.message
        == f"call to m:f is changed and still wrong: it {why}; the signature is (x, new=…); mend the call by hand"
    )


# Values that name an import.

CLOCK = calls("m:f", rename={"old": "new"}, add={"at": "clock.now()"}, imports=["lib.time:Clock as clock"])
IMPORTED = "from lib.time import Clock as clock\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("{i}f(old=1)\n", "{i}{c}f(new=1, at=clock.now())\n", id="behind the callee's import"),
        pytest.param("import a\n{i}import z\nf(old=1)", "import a\n{i}{c}import z\nf(new=1, at=clock.now())", id="among others"),
        pytest.param("{i}{c}f(old=1)\n", "{i}{c}f(new=1, at=clock.now())\n", id="there already"),
        pytest.param("{i}f(old=1, at=2)\n", "{i}f(new=1, at=2)\n", id="not needed"),
        pytest.param("{i}f(old=1); f(old=2)\n", "{i}{c}f(new=1, at=clock.now()); f(new=2, at=clock.now())\n", id="once for two calls"),
        pytest.param("from m import f  # why\nf(old=1)", "from m import f  # why\n{c}f(new=1, at=clock.now())", id="behind a comment"),
        pytest.param("from m import f; x = 1\nf(old=1)", "from m import f; from lib.time import Clock as clock; x = 1\nf(new=1, at=clock.now())", id="on a shared line"),
        pytest.param("x = 1; from m import f; f(old=1)", "x = 1; from m import f; from lib.time import Clock as clock; f(new=1, at=clock.now())", id="at the end of a line"),
        pytest.param("from m import (\n  f,\n  g,\n)\nf(old=1)", "from m import (\n  f,\n  g,\n)\n{c}f(new=1, at=clock.now())", id="behind several lines"),
        pytest.param("def g():\n    from m import f\n    f(old=1)\n", "def g():\n    from m import f\n    {c}    f(new=1, at=clock.now())\n", id="in a function"),
        pytest.param("def g():\n\tfrom m import f\n\treturn f(old=1)", "def g():\n\tfrom m import f\n\t{c}\treturn f(new=1, at=clock.now())", id="tabs"),
        pytest.param("{i}class A:\n  def g(self): f(old=1)\n", "{i}{c}class A:\n  def g(self): f(new=1, at=clock.now())\n", id="used further inside"),
        pytest.param("try:\n  from m import f\nfinally: pass\nf(old=1)", "try:\n  from m import f\n  {c}finally: pass\nf(new=1, at=clock.now())", id="in a try"),
        pytest.param('"""Doc."""\nimport a\nif a:\n  from m import f\nf(old=1)', '"""Doc."""\nimport a\n{c}if a:\n  from m import f\nf(new=1, at=clock.now())', id="not in a condition"),
        pytest.param("{i}g = f\ng(old=1)\n", "{i}{c}g = f\ng(new=1, at=clock.now())\n", id="by way of an alias"),
        pytest.param("import m\nm.f(old=1)\n", "import m\n{c}m.f(new=1, at=clock.now())\n", id="through its module"),
        pytest.param("{i}import functools\nfunctools.partial(f, old=1)\n", "{i}{c}import functools\nfunctools.partial(f, new=1, at=clock.now())\n", id="partial"),
        pytest.param("import typing\n{i}if typing.TYPE_CHECKING:\n  {c}f(old=1)", "import typing\n{i}{c}if typing.TYPE_CHECKING:\n  {c}f(new=1, at=clock.now())", id="there for types only"),
        pytest.param("{i}def g(clock): pass\nf(old=1)", "{i}{c}def g(clock): pass\nf(new=1, at=clock.now())", id="the name elsewhere"),
        pytest.param("{i}def g():\n  {i2}f(old=1)\nf(old=2)", "{i}{c}def g():\n  {i2}f(new=1, at=clock.now())\nf(new=2, at=clock.now())", id="at the top for all"),
    ],
)  # fmt: skip
def test_imports(before: str, after: str) -> None:
    shown = {"i": HEAD, "c": IMPORTED, "i2": "from m import f\n  "}
    before, after = before.format(**shown), after.format(**shown)
    check_rewritten(before, after, phase=4, plan=CLOCK)
    check_rewritten(before.replace("\n", "\r\n"), after.replace("\n", "\r\n"), phase=4, plan=CLOCK)


def test_an_import_in_the_callees_own_module() -> None:
    source = "#!/usr/bin/python\n# About f.\n@cached\ndef f(): ...\nf(old=1)\n"
    after = source.replace("@cached", IMPORTED + "@cached").replace("old=1", "new=1, at=clock.now()")
    check_rewritten(source, after, phase=4, plan=CLOCK, path="m.py")


def test_one_import_for_all_ways_to_the_callee() -> None:
    before = HEAD + "import m as n\nf(old=1); n.f(old=2)\n"
    after = HEAD + IMPORTED + "import m as n\nf(new=1, at=clock.now()); n.f(new=2, at=clock.now())\n"
    check_rewritten(before, after, phase=4, plan=CLOCK)


def test_a_call_that_is_left_is_not_said_to_be_changed() -> None:
    plan = calls("m:f", rename={"old": "new"}, add={"at": "default"})
    refuse("f(old=1, y=2)", "unbound-name", plan=plan, signatures={"m:f": "new=0, at=0"})


def test_two_imports_at_one_place() -> None:
    plan = calls("m:f", add={"a": "A", "b": "[B, A]"}, imports=["x:A", "y:B"])
    check_rewritten(HEAD + "f()", HEAD + "from x import A\nfrom y import B\nf(a=A, b=[B, A])", phase=4, plan=plan)


def test_two_imports_from_one_module() -> None:
    plan = calls("m:f", add={"a": "A", "b": "C", "c": "B"}, imports=["x:A", "y:B", "x:B as C"])
    before, after = HEAD + "  \nf()", HEAD + "from x import A, B as C\nfrom y import B\n  \nf(a=A, b=C, c=B)"
    check_rewritten(before, after, phase=4, plan=plan)


def test_an_import_that_another_module_passes_on() -> None:
    source = HEAD + "from facade import Clock as clock\nf(old=1)\n"
    aliases = {"facade.Clock": "lib.time.Clock"}
    check_rewritten(source, source.replace("old=1", "new=1, at=clock.now()"), phase=4, plan=CLOCK, aliases=aliases)


def test_a_module_that_defines_what_is_imported_elsewhere() -> None:
    plan = calls("m:f", add={"at": "Clock()"}, imports=["lib.time:Clock"])
    check_rewritten(
        HEAD + "class Clock: ...\nf()", HEAD + "class Clock: ...\nf(at=Clock())", phase=4, plan=plan, path="lib/time.py"
    )
    (finding,) = check_refused(HEAD + "f()", "unbound-name", phase=4, plan=plan, path="lib/time.py").findings
    assert "Clock is not defined in this module" in finding.message


@pytest.mark.parametrize(
    ("source", "value", "code"),
    [
        pytest.param("clock = 1\nf(old=1)", "clock.now()", "name-collision", id="assigned"),
        pytest.param("from x import clock\nf(old=1)", "clock.now()", "name-collision", id="imported from elsewhere"),
        pytest.param("def g(clock): f(old=1)", "clock.now()", "name-collision", id="parameter"),
        pytest.param("list = 1\nf(old=1)", "list()", "name-collision", id="a builtin that is none"),
        pytest.param("f(old=1)", "default", "unbound-name", id="from nowhere"),
        pytest.param(
            "f(old=1)\nfrom lib.time import Clock as clock", "clock.now()", "unbound-name", id="imported too late"
        ),
        pytest.param(
            "def g():\n  f(old=1)\n  from lib.time import Clock as clock",
            "clock.now()",
            "unbound-name",
            id="imported too late in a function",
        ),
        pytest.param(
            "if x:\n  from lib.time import Clock as clock\nf(old=1)",
            "clock.now()",
            "unbound-name",
            id="perhaps imported",
        ),
        pytest.param(
            "from legacy import *\nf(old=1)", "clock.now()", "name-collision", id="perhaps from a star import"
        ),
        pytest.param("def g(default): ...\nf(old=1)", "default", "unbound-name", id="of another scope"),
    ],
)
def test_values_that_cannot_stand_there(source: str, value: str, code: str) -> None:
    imports = ["lib.time:Clock as clock"] if "clock" in value else []
    plan = calls("m:f", rename={"old": "new"}, add={"at": value}, imports=imports)
    assert "is left as it is" in refuse(source, code, plan=plan)


def test_a_value_that_awaits() -> None:
    plan = calls("m:f", rename={"old": "new"}, add={"at": "await list()"})
    assert "is left as it is: the added value awaits" in refuse("def g(): f(old=1)", "unsupported-call", plan=plan)
    check("async def g(): f(old=1)", "async def g(): f(new=1, at=await list())", plan=plan)


@pytest.mark.parametrize(
    ("head", "value"),
    [
        pytest.param("", "list()", id="builtin"),
        pytest.param("default = 1\n", "default", id="bound in the module"),
        pytest.param("from x import *\n", "default", id="perhaps from a star import"),
        pytest.param("", "[x for x in (lambda y: y)(())]", id="names of its own"),
    ],
)
def test_values_that_can(head: str, value: str) -> None:
    plan = calls("m:f", rename={"old": "new"}, add={"at": value})
    check("f(old=1)", f"f(new=1, at={value})", head=HEAD + head, plan=plan)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("from lib.time import Clock as clock\n", id="before"),
        pytest.param("try:\n  from lib.time import Clock as clock\nexcept ImportError:\n  raise\n", id="in a try"),
    ],
)
def test_an_import_that_has_run(head: str) -> None:
    check("f(old=1)", "f(new=1, at=clock.now())", head=HEAD + head, plan=CLOCK)
    check("def g(): return f(old=1)", "def g(): return f(new=1, at=clock.now())", head=head + HEAD, plan=CLOCK)
    below = "if x:\n  from lib.time import Clock as clock\n  {}\n"
    check(below.format("f(old=1)"), below.format("f(new=1, at=clock.now())"), plan=CLOCK)


def test_an_import_that_has_run_when_a_function_is_called() -> None:
    before = "def g(): return f(old=1)\nfrom lib.time import Clock as clock\n"
    check(before, before.replace("old=1", "new=1, at=clock.now()"), plan=CLOCK)


def test_an_import_that_would_hide_pythons_own() -> None:
    plan = calls("m:f", add={"a": "open"}, imports=["lib.io:open"])
    check_refused(HEAD + "f(); open('x')\n", "name-collision", phase=4, plan=plan)
    check("f()", "f(a=open)", head=HEAD + "from lib.io import open\n", plan=plan)


def test_an_import_in_a_circle() -> None:
    source = HEAD + "f(old=1)\n"
    cycles = (("app.main", "lib.time:Clock", "lib.time → app.main"),)
    (finding,) = check_refused(source, "import-cycle", phase=4, plan=CLOCK, cycles=cycles).findings
    assert "lib.time → app.main" in finding.message
    inside = "def g():\n  from m import f\n  {}f(old=1)\n"
    after = inside.format(IMPORTED + "  ").replace("old=1", "new=1, at=clock.now()")
    check_rewritten(inside.format(""), after, phase=4, plan=CLOCK, cycles=cycles)


def test_a_kept_call_needs_no_import() -> None:
    check_noop(HEAD + "f(old=1)  # migrate: keep\n", phase=4, plan=CLOCK)


def test_an_import_and_its_calls_are_accepted_together() -> None:
    result = check_rewritten(
        HEAD + "f(old=1)\nf(old=2, at=3)\nf(old=4)\n",
        HEAD + IMPORTED + "f(new=1, at=clock.now())\nf(new=2, at=3)\nf(new=4, at=clock.now())\n",
        phase=4,
        plan=CLOCK,
    )
    kinds: dict[int, list[str]] = {}
    for edit in result.edits:
        kinds.setdefault(edit.site, []).append(edit.kind)
    assert sorted(kinds.values()) == [
        ["add-import", "rename-keyword", "add-keyword", "rename-keyword", "add-keyword"],
        ["rename-keyword"],
    ]
