"""Signatures as Python's own `inspect` sees them, and calls as it binds them."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from checks import signature
from hypothesis import given
from hypothesis import strategies as st

from migrate.signatures import Parameter, Signature


@pytest.mark.parametrize(
    ("parameters", "shown"),
    [
        pytest.param("", "()", id="nothing"),
        pytest.param("a, b=1", "(a, b=…)", id="by position or name"),
        pytest.param("a, b=1, /, c=2", "(a, b=…, /, c=…)", id="by position only"),
        pytest.param("a, *, b, c=1", "(a, *, b, c=…)", id="by name only"),
        pytest.param("*rest, b=1, **more", "(*rest, b=…, **more)", id="any number"),
        pytest.param("**more", "(**more)", id="any name"),
    ],
)
def test_shown(parameters: str, shown: str) -> None:
    assert str(signature(parameters)) == shown


def test_by_position() -> None:
    found = signature("a, /, b, *args, c, **kwargs")
    assert found.by_position == ("a", "b")
    assert (found.args_name, found.kwargs_name, found.keyword_only) == (
        "args",
        "kwargs",
        (Parameter("c", has_default=False),),
    )
    assert pickle.loads(pickle.dumps(found)) == found


def test_bound() -> None:
    function = signature("self, a")
    assert function.bound() is function
    method = Signature(positional=function.positional, kind="method")
    assert str(method.bound()) == "(a)"
    strict = Signature(positional_only=function.positional, kind="method")
    assert str(strict.bound()) == "(a, /)"
    assert str(Signature(args_name="args", kind="method").bound()) == "(*args)"


def test_accepts() -> None:
    found = signature("a, /, b, *, c")
    assert [name for name in "abcd" if found.accepts(name)] == ["b", "c"]
    assert signature("a, /, **more").accepts("a")


@pytest.mark.parametrize(
    ("parameters", "positional", "keywords", "problems"),
    [
        pytest.param("a, b=1", 1, "b", [], id="fine"),
        pytest.param("a, b=1", 0, "b", ["misses 'a'"], id="missing"),
        pytest.param("*, a, b", 0, "", ["misses 'a'", "misses 'b'"], id="missing keywords"),
        pytest.param("a", 1, "b", ["has no parameter 'b'"], id="unknown"),
        pytest.param("a, b", 2, "b", ["takes 'b' twice"], id="by position and by name"),
        pytest.param("a, **k", 1, "bb", ["takes 'b' twice"], id="the same twice"),
        pytest.param("a", 1, "bb", ["has no parameter 'b'", "takes 'b' twice"], id="unknown twice"),
        pytest.param("a, /, b=0", 0, "a", ["takes 'a' by position only", "misses 'a'"], id="by position only"),
        pytest.param("a, /, **k", 1, "a", [], id="the name of one by position only"),
        pytest.param("a", 3, "", ["takes at most 1 positional argument"], id="too many"),
        pytest.param("*a", 3, "", [], id="any number"),
    ],
)
def test_problems(parameters: str, positional: int, keywords: str, problems: list[str]) -> None:
    found = signature(parameters).problems(positional, keywords, star=False, spread=False, partial=False)
    assert list(found) == problems


@pytest.mark.parametrize(
    ("unsure", "problems"),
    [
        pytest.param("star", ["misses 'c'"], id="starred"),
        pytest.param("spread", ["misses 'a'"], id="mapping"),
        pytest.param("partial", [], id="partial"),
    ],
)
def test_what_may_come_is_not_missing(unsure: str, problems: list[str]) -> None:
    how = {"star": False, "spread": False, "partial": False, unsure: True}
    assert list(signature("a, /, b, *, c").problems(0, [], **how)) == problems


def test_what_a_starred_argument_fills_has_no_gaps() -> None:
    found = signature("a, b, c").problems(0, ["a"], star=True, spread=False, partial=False)
    assert found == ("misses 'b'", "misses 'c'")


@st.composite
def parameter_lists(draw: st.DrawFn) -> str:
    names = iter("abcdefg")
    counts = [draw(st.integers(0, 2)) for _ in range(3)]
    defaulted = False
    parts: list[str] = []
    for _ in range(counts[0] + counts[1]):
        defaulted = defaulted or draw(st.booleans())
        parts.append(next(names) + ("=0" if defaulted else ""))
    if counts[0]:
        parts.insert(counts[0], "/")
    star = draw(st.sampled_from(["", "*rest"])) or ("*" if counts[2] else "")
    parts += [star] if star else []
    parts += [next(names) + draw(st.sampled_from(["", "=0"])) for _ in range(counts[2])]
    return ", ".join([*parts, *draw(st.sampled_from([[], ["**more"]]))])


@given(
    parameters=parameter_lists(),
    positional=st.integers(0, 6),
    keywords=st.lists(st.sampled_from("abcdefgz"), max_size=4, unique=True),
    later=st.dictionaries(st.sampled_from("abcdefg"), st.just(0), max_size=7),
)
def test_a_call_has_no_problems_exactly_where_it_binds(
    parameters: str, positional: int, keywords: list[str], later: dict[str, int]
) -> None:
    names: dict[str, Any] = {}
    exec(f"def f({parameters}): ...", names)

    def binds(count: int, passed: dict[str, int]) -> bool:
        try:  # before Python 3.13 `inspect` binds no keyword that has the name of a parameter by position only
            names["f"](*range(count), **passed)
        except TypeError:
            return False
        return True

    found = signature(parameters)
    how = {"star": False, "spread": False, "partial": False}
    passed = dict.fromkeys(keywords, 0)
    assert (found.problems(positional, keywords, **how) == ()) == binds(positional, passed)
    if binds(positional, {**later, **passed}):  # whatever comes to it: what is certain has no exception
        assert found.problems(positional, keywords, **{**how, "spread": True}) == ()
    if any(binds(count, passed) for count in range(positional, 8)):
        assert found.problems(positional, keywords, **{**how, "star": True}) == ()
