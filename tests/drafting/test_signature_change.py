"""What callers have to change between two signatures: certain renames, and doubts for a person."""

from __future__ import annotations

import ast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from migrate.definitions.lookup import _read_parameters
from migrate.drafting.signature_change import CallDraft, compare
from migrate.refs import ObjectRef
from migrate.signatures import Signature

OLD, NEW = ObjectRef("shop.cart", "charge"), ObjectRef("shop.pay", "charge")


def signature(parameters: str) -> Signature:
    """The signature of `def f(<parameters>)`."""
    function = ast.parse(f"def f({parameters}): ...").body[0]
    assert isinstance(function, ast.FunctionDef)
    return _read_parameters(function.args, None)


def changed(old: str, new: str, *, is_same_object: bool) -> CallDraft | None:
    return compare(OLD, NEW, signature(old), signature(new), is_same_object=is_same_object)


@pytest.mark.parametrize("is_same_object", [True, False], ids=["one object", "two objects"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("", "", id="nothing at all"),
        pytest.param("a, b=1", "a, b=1", id="the same"),
        pytest.param("a, b=1", "a, b=2, c=3", id="an optional one is added at the end"),
        pytest.param("a, *, b", "a, *, b, c=1", id="an optional keyword is added"),
        pytest.param("a, b", "a, b, **more", id="takes any keyword besides"),
        pytest.param("a, b=1", "a, *rest, b=1, **kw", id="by position still taken, into the rest"),
        pytest.param("x, /", "y, /", id="a positional-only one is spelled anew: no call names it"),
        pytest.param("*args, **kwargs", "*rest, **options", id="the names of what takes all matter to nobody"),
        pytest.param("a, *, b=1, c=2", "a, *, c=2, b=1", id="keyword-only ones have no order"),
    ],
)
def test_every_call_can_stay(old: str, new: str, is_same_object: bool) -> None:
    assert changed(old, new, is_same_object=is_same_object) is None


@pytest.mark.parametrize(
    ("old", "new", "rename"),
    [
        pytest.param("a, metadata=1", "a, context=1", {"metadata": "context"}, id="in its place"),
        pytest.param("metadata", "context", {"metadata": "context"}, id="the only one"),
        pytest.param("a, b, c", "a, x, y", {"b": "x", "c": "y"}, id="two in their places"),
        pytest.param("a, *, metadata=1", "a, *, context=1", {"metadata": "context"}, id="the only keyword-only one"),
        pytest.param("a, metadata=1", "a, context=1, extra=2", {"metadata": "context"}, id="and an optional one after"),
        pytest.param("a, *, b=1, metadata=2", "a, *, agent_metadata=1, b=2", {"metadata": "agent_metadata"}, id="alike"),
    ],
)  # fmt: skip
def test_renamed_for_certain_in_one_object(old: str, new: str, rename: dict[str, str]) -> None:
    found = changed(old, new, is_same_object=True)
    assert found is not None
    assert (found.rename, found.doubts) == (rename, ())
    assert (found.former, found.callee) == (OLD, NEW)


@pytest.mark.parametrize(
    ("old", "new", "rename"),
    [
        pytest.param("a, metadata=1", "a, agent_metadata=1", {"metadata": "agent_metadata"}, id="a word more"),
        pytest.param("a, user_context", "a, context", {"user_context": "context"}, id="a word less"),
        pytest.param("a, colour=1", "a, color=1", {"colour": "color"}, id="spelled alike"),
    ],
)
def test_of_two_objects_a_similar_name_is_certain(old: str, new: str, rename: dict[str, str]) -> None:
    found = changed(old, new, is_same_object=False)
    assert found is not None
    assert (found.rename, found.doubts) == (rename, ())
    assert found.as_a_whole() is found


@pytest.mark.parametrize(
    ("old", "new", "doubts", "is_same_object"),
    [
        pytest.param(
            "a, metadata=1", "a, context=1",
            ("metadata is gone, perhaps for context: rename or remove it",
             "argument 2 was metadata and is context: see what is passed by position"),
            False, id="in its place, but of another object",
        ),
        pytest.param(
            "a, metadata=1", "a",
            ("metadata is gone: rename or remove it", "argument 2 was metadata and cannot be passed by position now"),
            True, id="removed",
        ),
        pytest.param(
            "a", "a, currency",
            ("currency is required now: add a value",), True, id="a required one is added",
        ),
        pytest.param(
            "metadata", "tenant, context",
            ("metadata is gone, perhaps for tenant: rename or remove it", "tenant is required now: add a value",
             "context is required now: add a value",
             "argument 1 was metadata and is tenant: see what is passed by position"),
            True, id="in its place stands what may be new altogether",
        ),
        pytest.param(
            "a, b=1", "a, b", ("b is required now: add a value",), True, id="no default any more",
        ),
        pytest.param(
            "a, *more, **options", "a",
            ("at most 1 argument by position now", "other keywords than those are not taken now"), True,
            id="what took all is gone",
        ),
        pytest.param(
            "", "x, /", ("x is required now: add a value",), True, id="a positional-only one is added",
        ),
        pytest.param(
            "*, a", "a, /, **kw", ("a goes by position only now: pass it so",), True,
            id="its keyword would go elsewhere",
        ),
        pytest.param(
            "a, b", "b, a",
            ("argument 1 was a and is b: see what is passed by position",), True, id="swapped",
        ),
        pytest.param(
            "source, target", "target_path, source_path",
            ("source is gone, perhaps for target_path or source_path: rename or remove it",
             "target is gone, perhaps for source_path: rename or remove it",
             "target_path is required now: add a value", "source_path is required now: add a value",
             "argument 1 was source and is target_path: see what is passed by position"),
            True, id="swapped and renamed: place and name do not agree",
        ),
        pytest.param(
            "*, metadata=1, meta_data=2", "*, metadata_=1",
            ("metadata is gone, perhaps for metadata_: rename or remove it",
             "meta_data is gone, perhaps for metadata_: rename or remove it"),
            True, id="one new name for two old ones",
        ),
        pytest.param(
            "a, b", "a, *, b",
            ('argument 2 was b and goes by name only now: keyword_only = ["b"] names it',), True,
            id="keyword-only now",
        ),
        pytest.param(
            "a, b", "a, **kw",
            ("argument 2 was b and cannot be passed by position now",), True, id="taken by any keyword now",
        ),
        pytest.param(
            "a, b", "a, b, /",
            ("a goes by position only now: pass it so", "b goes by position only now: pass it so"), True,
            id="positional-only now",
        ),
        pytest.param(
            "x, y, /", "y, x, /",
            ("argument 1 was x and is y: see what is passed by position",), True, id="positional-only ones swapped",
        ),
        pytest.param(
            "user, metadata=1, *, a", "user, *, agent_context=1, a, audit",
            ("metadata is gone, perhaps for agent_context or audit: rename or remove it",
             "audit is required now: add a value", "argument 2 was metadata and cannot be passed by position now"),
            True, id="nothing likely: what is new is offered",
        ),
    ],
)  # fmt: skip
def test_left_to_a_person(old: str, new: str, doubts: tuple[str, ...], is_same_object: bool) -> None:
    found = changed(old, new, is_same_object=is_same_object)
    assert (found.doubts if found is not None else ()) == doubts
    assert not (found and found.rename)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("*args, metadata=1", "agent_metadata=1, *args", id="what was taken by position fills it"),
        pytest.param("a, metadata=1", "agent_metadata, a=1", id="it stands before the old one"),
        pytest.param("a, *, metadata=1", "agent_metadata, *, a", id="it has a position that was another one's"),
    ],
)
def test_no_rename_that_a_call_could_fill_twice(old: str, new: str) -> None:
    for is_same_object in (True, False):
        found = changed(old, new, is_same_object=is_same_object)
        assert found is not None
        assert "metadata" not in found.rename


def test_with_doubts_the_renames_of_two_objects_are_none() -> None:
    found = changed("registry, user_context=1", "context=1, *, factory", is_same_object=False)
    assert found is not None
    whole = found.as_a_whole()
    assert not whole.rename
    assert whole.doubts[0].startswith("registry is gone")


NAMES = ("a", "b", "c", "context", "user_context", "metadata", "meta_data", "agent_metadata")


@st.composite
def signatures(draw: st.DrawFn) -> Signature:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=6))
    first, second = sorted(draw(st.tuples(*[st.integers(0, len(names))] * 2)))
    parts = [*names[:first], *(["/"] if first else []), *names[first:second]]
    has_args = draw(st.booleans())
    named = names[second:]
    parts += ["*args"] if has_args else ["*"] if named else []
    parts += [f"{name}=1" if draw(st.booleans()) else name for name in named]
    return signature(", ".join(parts + (["**kw"] if draw(st.booleans()) else [])))


@st.composite
def calls(draw: st.DrawFn, old: Signature) -> tuple[int, list[str]]:
    """A valid call: how many arguments by position, and the names of others."""
    positional = draw(st.integers(0, len(old.by_position) + 2 * old.takes_args))
    free = [name for name in old.by_name if name not in old.by_position[:positional]]
    keywords = [name for name in free if draw(st.booleans())]
    assume(not old.problems(positional, keywords, star=False, spread=False, partial=False))
    return positional, keywords


@given(st.data(), st.booleans())
def test_renames_never_give_a_name_twice(data: st.DataObject, is_same_object: bool) -> None:
    old, new = data.draw(signatures()), data.draw(signatures())
    found = compare(OLD, NEW, old, new, is_same_object=is_same_object)
    if found is None:
        return
    assert set(found.rename) <= set(old.by_name)
    assert set(found.rename.values()) <= set(new.by_name) - set(old.by_name)
    positional, keywords = data.draw(calls(old))
    renamed = [found.rename.get(name, name) for name in keywords]
    assert len(set(renamed)) == len(renamed)
    touched = set(found.rename.values()) & set(renamed)
    problems = new.problems(positional, renamed, star=False, spread=False, partial=False)
    assert not [p for p in problems if any(p == f"takes {name!r} twice" for name in touched)]


@given(st.data())
def test_without_doubts_every_valid_call_is_valid(data: st.DataObject) -> None:
    old, new = data.draw(signatures()), data.draw(signatures())
    found = compare(OLD, NEW, old, new, is_same_object=True)
    if found is not None and found.doubts:
        return
    rename = found.rename if found is not None else {}
    positional, keywords = data.draw(calls(old))
    renamed = [rename.get(name, name) for name in keywords]
    assert new.problems(positional, renamed, star=False, spread=False, partial=False) == ()
