"""Results of steps by file: those of files that have not changed, and of steps that are told the same, are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from repositories import Repository
from shop import USES, ask_guard, ask_status, steps_counted

from migrate.cache.codec import canonical, decode, encode, name_of
from migrate.cache.entries import sealed
from migrate.cache.results import Results
from migrate.edits import Edit, Span
from migrate.executors.tasks import Task
from migrate.findings import Finding
from migrate.guarding.file_look import BOTH, NOTHING, Concern, FileLook, LookSpec
from migrate.guarding.seen import Seen
from migrate.locating import PhaseSpec
from migrate.plan import load_plan
from migrate.reexports import Words
from migrate.signatures import Parameter, Signature
from migrate.transform import FileResult

FINDING = Finding(4, "a\udcff.py", 1, 0, "keyword-spread", "a:B", "…")

RESULTS = [
    pytest.param(None, id="nothing"),
    pytest.param(frozenset({"a.b", "a.c"}), id="names"),
    pytest.param([FINDING], id="findings"),
    pytest.param([], id="no findings"),
    pytest.param(
        FileResult(
            "a.py", "0" * 64, (Edit(Span(1, 2), b"\xff\n", "import", 0),), (FINDING,), 1, frozenset({"b.*"}), frozenset(),
            frozenset({"c"}), frozenset(), frozenset({("a.B", "b.C")}), "why",
        ),
        id="what a phase does",
    ),
    pytest.param(
        FileLook("a.py", BOTH, (Seen(FINDING, "text\ufffd"),), 2, given={"a.b": (frozenset({"c.d"}), True, False)}, is_whole=False),
        id="what is deprecated",
    ),
]  # fmt: skip


@pytest.mark.parametrize("result", RESULTS)
def test_results_are_read_as_they_were(result: object) -> None:
    found = decode(json.loads(json.dumps(encode(result))))
    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize("value", [pytest.param({1, 2}, id="set"), pytest.param(1.5, id="number")])
def test_what_is_not_a_result(value: object) -> None:
    with pytest.raises(TypeError):
        encode(value)
    with pytest.raises(TypeError):
        canonical(value)


def _spec(root: Path) -> PhaseSpec:
    return PhaseSpec(
        load_plan(root / "migrate.toml"), 4, (("a", "b"),), exports=(("m", None), ("n", frozenset("xyz"))),
        hidden=frozenset("abcdefgh"), signatures=(("c", Signature(positional=(Parameter("p"),))),),
    )  # fmt: skip


TOLD: list[Any] = [
    pytest.param(lambda spec: replace(spec, phase=5), id="phase"),
    pytest.param(lambda spec: replace(spec, aliases=(("a", "c"),)), id="names"),
    pytest.param(lambda spec: replace(spec, aliases=(), maybe=spec.aliases), id="names that may be something else"),
    pytest.param(lambda spec: replace(spec, hidden=frozenset("abcdefg")), id="set"),
    pytest.param(lambda spec: replace(spec, exports=(("m", frozenset()),)), id="nothing and unknown"),
    pytest.param(lambda spec: replace(spec, signatures=(("c", Signature()),)), id="signature"),
    pytest.param(lambda spec: LookSpec(spec), id="another kind"),
    pytest.param(lambda spec: LookSpec(spec, new=frozenset("n")), id="new words"),
    pytest.param(lambda spec: LookSpec(spec, frozenset("n")), id="words"),
    pytest.param(lambda spec: Words(frozenset({"a,b"}), ()), id="one word"),
    pytest.param(lambda spec: Words(frozenset({"a", "b"}), ()), id="two words"),
]


def test_what_steps_are_told_is_told_apart(root: Path) -> None:
    spec = _spec(root)
    told = [spec, *(each.values[0](spec) for each in TOLD)]
    assert len({name_of(decode, each) for each in told}) == len(told)
    assert name_of(decode, spec) != name_of(encode, spec)


def test_another_plan(root: Path) -> None:
    first = canonical(_spec(root))
    (root / "migrate.toml").write_text((root / "migrate.toml").read_text().replace('"context"', '"contents"'))
    assert canonical(_spec(root)) != first


def test_the_order_of_sets_does_not_count() -> None:
    assert canonical(frozenset("abcdefgh")) == canonical(frozenset(reversed("abcdefgh")))


@dataclass(frozen=True)
class _Told:
    text: str = ""


def _step(path: str, content: bytes, spec: _Told) -> str:
    raise NotImplementedError


MARKS = {b"a.py": b"1", b"b\xff.py": b"2"}
A, B = Task("a.py"), Task("b\udcff.py")


def _known(results: Results, *tasks: Task, told: object = _Told()) -> dict[int, Any]:
    return Results(MARKS, results.to_bytes()).recall(_step, told, tasks)


@pytest.fixture
def results() -> Results:
    results = Results(MARKS, None)
    assert results.recall(_step, _Told(), [A, B]) == {}
    results.note(_step, _Told(), A, "one")
    results.note(_step, _Told(), B, None)
    return results


def test_known(results: Results) -> None:
    assert _known(results, B, Task("c.py"), A) == {0: None, 2: "one"}
    assert results.recall(_step, _Told(), [A]) == {0: "one"}


UNKNOWN = [
    pytest.param(Task("a.py", about=(BOTH, True)), _Told(), id="told something of the file alone"),
    pytest.param(Task("a.py", content=b""), _Told(), id="planned"),
    pytest.param(Task("c.py"), _Told(), id="not listed"),
    pytest.param(Task("\ud800.py"), _Told(), id="no name of a file"),
    pytest.param(A, _Told("other"), id="told something else"),
    pytest.param(A, [], id="told what cannot be compared"),
]


@pytest.mark.parametrize(("task", "told"), UNKNOWN)
def test_unknown(results: Results, task: Task, told: object) -> None:
    results.note(_step, told, Task("c.py"), "three")
    assert _known(results, task, told=told) == {}


def test_what_is_told_of_the_file_alone() -> None:
    results = Results(MARKS, None)
    for concern in (BOTH, NOTHING, Concern.CALLS):
        results.note(_step, _Told(), Task("a.py", about=(concern, True)), concern)
    assert _known(results, Task("a.py", about=(NOTHING, True)), Task("a.py", about=(NOTHING, False))) == {0: NOTHING}


def test_a_file_that_has_changed(results: Results) -> None:
    after = Results({**MARKS, b"a.py": b"3"}, results.to_bytes())
    assert after.recall(_step, _Told(), [A, B]) == {1: None}
    after.note(_step, _Told(), A, "three")
    assert Results(MARKS, after.to_bytes()).recall(_step, _Told(), [A, B]) == {1: None}


def test_what_is_no_result_is_not_kept(results: Results) -> None:
    results.note(_step, _Told(), A, object())
    assert _known(results, A) == {0: "one"}


def test_rounds_that_were_not_asked_for_go_first(results: Results) -> None:
    for number in range(70):
        results = Results(MARKS, results.to_bytes())
        results.note(_step, _Told(str(number)), A, number)
    assert _known(results, A) == {}
    assert [number for number in range(70) if _known(results, A, told=_Told(str(number)))] == list(range(6, 70))


@pytest.mark.parametrize("content", [b"", b"ssot", pytest.param(sealed(b"{}")[:-1], id="cut off")])
def test_damaged(content: bytes) -> None:
    assert Results(MARKS, content).recall(_step, _Told(), [A]) == {}


@pytest.mark.parametrize("ask", [pytest.param(ask_status, id="status"), pytest.param(ask_guard, id="guard")])
def test_after_an_edit_only_that_file_is_looked_at(shop: Repository, ask: Callable[..., Any]) -> None:
    ask(shop.root, cached=True)
    shop.write({"app/uses.py": USES.format("shop.basket") + "Basket(metadata=2)\n"})
    with steps_counted() as steps:
        cached = ask(shop.root, cached=True)
    assert {*steps} == {"app/uses.py"}
    assert cached == ask(shop.root, cached=False)


def test_an_edit_that_others_are_told_of(shop: Repository) -> None:
    """What a file is told counts as much as what is in it."""
    shop.write({"shop/more.py": "", "app/more.py": USES.format("shop.more")})
    first = ask_status(shop.root, cached=True)
    shop.write({"shop/more.py": "from shop.basket import Basket\n"})
    with steps_counted() as steps:
        cached = ask_status(shop.root, cached=True)
    assert "app/more.py" in steps
    assert cached == ask_status(shop.root, cached=False) != first
