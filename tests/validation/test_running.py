"""The checks of a plan together: their order, attempts, the tree as it was before, criteria beside the exit code."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from checks import make_plan
from validating import EIGHT, PYTEST, make_check, run, run_all, target

from migrate.plan_checks import Check
from migrate.process import OUTPUT_LIMIT
from migrate.validation.checks import CheckInterrupted, Surroundings, run_checks
from migrate.validation.environment import Target
from migrate.validation.results import Criterion, Touched
from rollback.errors import GitFailed

pytestmark = pytest.mark.processes_unmeasured


def python(code: str, **keys: Any) -> Any:
    return make_check([sys.executable, "-c", code], **keys)


def found(result: Any) -> list[tuple[str, bool, str]]:
    return [(each.text, each.passed, each.found) for each in result.criteria]


# Exit codes and patterns.


@pytest.mark.parametrize(
    ("code", "wanted", "passed", "text"),
    [
        pytest.param(3, 3, True, "exit code 3", id="as wanted"),
        pytest.param(0, 3, False, "exit code 3", id="not as wanted"),
        pytest.param(5, [0, 5], True, "exit code 0 or 5", id="one of two"),
        pytest.param(1, [0, 5], False, "exit code 0 or 5", id="none of two"),
    ],
)
def test_exit(code: int, wanted: int | list[int], passed: bool, text: str, root: Path) -> None:
    result = run(root, python(f"raise SystemExit({code})", exit=wanted))
    assert result.criteria == (Criterion(text, passed, str(code)),)


def test_exit_counts_beside_other_criteria(root: Path) -> None:
    percent = {"pattern": "([0-9]+)%", "above": 90}
    result = run(root, python("print('96%'); raise SystemExit(1)", exit=0, percent=percent))
    assert found(result) == [("shop above 90 %", True, "96"), ("exit code 0", False, "1")]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param({"present": "^Ready"}, [("output has '^Ready'", True, "Ready to sell")], id="present"),
        pytest.param({"present": "^Closed"}, [("output has '^Closed'", False, "nothing")], id="not present"),
        pytest.param({"absent": "Closed"}, [("output has no 'Closed'", True, "nothing")], id="absent"),
        pytest.param({"absent": "sell"}, [("output has no 'sell'", False, "Ready to sell")], id="not absent"),
        pytest.param(
            {"present": ["Ready", "open"], "absent": ["late"]},
            [
                ("output has 'Ready'", True, "Ready to sell"),
                ("output has 'open'", True, "open"),
                ("output has no 'late'", True, "nothing"),
            ],
            id="several",
        ),
    ],
)
def test_patterns(pattern: dict[str, Any], expected: list[tuple[str, bool, str]], root: Path) -> None:
    result = run(root, python("print('Ready to sell\\nopen')", pattern=pattern))
    assert found(result) == [*expected, ("exit code 0", True, "0")]


def test_a_match_over_lines_shows_no_line_ends(root: Path) -> None:
    (first, *_) = run(root, python("print('a\\nb\\n\\x07c')", pattern={"present": r"a\nb\n.c"})).criteria
    assert "\n" not in first.found
    assert "\x07" not in first.found


@pytest.mark.parametrize("keys", [{"pattern": {"absent": "(a+)+$"}}, {"percent": {"pattern": "(a+)+%", "above": 1}}],
                         ids=["pattern", "percent"])  # fmt: skip
def test_a_pattern_that_takes_for_ever(keys: dict[str, Any], root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate.validation.judging._LEAST_S", 0.1)
    result = run(root, python("print('a' * 64 + '!')", timeout_seconds=1, **keys))
    assert (result.ended, result.timed_out, result.tail) == ("timed-out", True, "a" * 64 + "!")
    assert result.message == "timed out after 1 s, looking for patterns in the output"


@pytest.mark.parametrize(
    ("limit", "passed", "what"),
    [
        pytest.param(1 << 20, False, "Lost", id="all is kept"),
        pytest.param(100_000, False, "nothing, but the first 900005 bytes are not kept", id="not all is kept"),
    ],
)
def test_absent_means_all_of_the_output(
    limit: int, passed: bool, what: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrate.validation.checks.SEARCHED_LIMIT", limit)
    result = run(root, python("print('Lost'); print('x' * 999_999)", pattern={"absent": "^Lost"}))
    assert found(result)[0] == ("output has no '^Lost'", passed, what)


def test_ctrl_c_while_a_pattern_is_looked_for(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command has ended by then, and what it said is kept."""

    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("migrate.validation.judging._judge_patterns", interrupt)
    check = python("print('ended')", pattern={"present": "x"})
    with pytest.raises(CheckInterrupted) as caught:
        run_all(root, check)
    assert caught.value.checked.result.ended == "interrupted"
    assert caught.value.checked.outputs[0].output == b"ended\n"


def test_places_are_looked_for_at_the_end_of_the_output(root: Path) -> None:
    """In what is on record, and only where something has failed."""
    write(root, a="", b="")
    code = "print('File \"a.py\", line 1\\n' + 'x' * 2_000_000 + '\\nFile \"b.py\", line 1'); raise SystemExit(1)"
    phases = {"a.py": [(3, 1)], "b.py": [(3, 1)]}
    result = run(root, python(code, pattern={"present": "File"}), phases=phases)
    assert [each.path for each in result.touched] == ["b.py"]


def test_a_pattern_far_from_the_end(root: Path) -> None:
    """The journal has the end of it; the criterion has all."""
    check = python("print('Ready'); print('x' * 3_000_000)", pattern={"present": "^Ready"})
    (checked,) = run_all(root, check)
    assert checked.result.passed
    assert [len(output.output) for output in checked.outputs] == [OUTPUT_LIMIT]


# Probes.


REDIRECTS = {
    "phase1": {
        "redirect": [
            {"module": "shop.cart", "docstring": "Old.", "exports": ["shop.basket:Basket as Cart"]},
            {"module": "shop.till", "docstring": "Old.", "exports": ["shop.basket:pay"]},
        ]
    }
}


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_redirects_import(root: Path) -> None:
    redirects = make_plan(REDIRECTS).redirects
    write(
        root,
        shop__basket="class Basket: pass\ndef pay(): pass\n",
        shop__cart="from shop.basket import Basket as Cart\n",
    )
    write(root, shop__till="from shop.basket import pay\n")
    result = run(root, make_check(None, imports=True), redirects=redirects)
    assert found(result) == [("shop.cart imports", True, "imported"), ("shop.till imports", True, "imported")]
    assert (result.command, result.exit_code, result.passed) == ((), None, True)


@pytest.mark.parametrize("ending", ["import sys; sys.exit(0)", "import os; os._exit(0)"], ids=["exit", "_exit"])
def test_a_redirect_that_ends_the_process(ending: str, root: Path) -> None:
    write(root, shop__cart=f"Cart = 1\n{ending}\n", shop__till="pay = 1\n")
    result = run(root, make_check(None, imports=True), redirects=make_plan(REDIRECTS).redirects)
    assert found(result) == [
        ("shop.cart imports", False, "the process was ended with exit code 0 before all names were taken"),
        ("shop.till imports", True, "imported"),
    ]


def test_redirects_that_do_not_import(root: Path) -> None:
    """Each is told, in a process of its own; one that imports, and lacks a name, does not import."""
    write(
        root,
        shop__basket="class Basket: pass\n",
        shop__cart="import shop.basket\n",
        shop__till="from shop.basket import pay\n",
    )
    result = run(root, make_check(None, imports=True), redirects=make_plan(REDIRECTS).redirects)
    assert [(text, passed) for text, passed, _ in found(result)] == [
        ("shop.cart imports", False),
        ("shop.till imports", False),
    ]
    assert result.criteria[0].found == "AttributeError: module 'shop.cart' has no attribute 'Cart'"
    assert result.criteria[1].found.startswith("ImportError: cannot import name 'pay' from 'shop.basket'")
    assert "shop.till imports: found ImportError" in result.message


def test_redirects_below_a_source_root(root: Path) -> None:
    write(
        root,
        src__shop__basket="class Basket: pass\ndef pay(): pass\n",
        src__shop__cart="from .basket import Basket as Cart\n",
    )
    write(root, src__shop__till="from .basket import pay\n", json="raise SystemExit('not this one')\n")
    around = {"redirects": make_plan(REDIRECTS).redirects}
    check = make_check(None, imports=True)
    assert not run(root, check, **around).passed
    (done,) = run_all_of(target(root, source_roots=(str(root / "src"),)), check, **around)
    assert done.result.passed, done.result.message


def run_all_of(tree: Target, *checks: Any, **around: Any) -> list[Any]:
    with tempfile.TemporaryDirectory() as scratch:
        return list(run_checks(checks, Surroundings(tree, **around), Path(scratch)))


def test_touched_files_compile(root: Path) -> None:
    write(root, shop__a="x = 1\n", json="raise SystemExit('not this one')\n", shop__b="match = 1\n")
    result = run(root, make_check(None, compiles=True), files=["shop/a.py", "shop/b.py", "shop/gone.py"])
    assert found(result) == [("touched files compile", True, "2 of 2 (1 more not there any more)")]


def test_touched_files_that_do_not_compile(root: Path) -> None:
    write(root, shop__a="x = 1\n", shop__b="def f():\n    return (\n", shop__c="x = '\0'\n")
    (root / "shop/dé.py").write_bytes(b"# coding: no-such\n")
    files = ["shop/a.py", "shop/b.py", "shop/c.py", "shop/dé.py"]
    result = run(root, make_check(None, compiles=True), files=files)
    ((text, passed, what),) = found(result)
    assert (text, passed) == ("touched files compile", False)
    assert what.startswith("1 of 4; first shop/b.py:2: SyntaxError: ")
    assert [touched.path for touched in result.touched] == []
    result = run(root, make_check(None, compiles=True), files=files, phases={"shop/b.py": [(3, 7)]})
    assert result.touched == (Touched("shop/b.py", 2, 3, 7),)


def test_touched_files_that_cannot_be_read(root: Path) -> None:
    write(root, shop__a="x = 1\n")
    (root / "shop/b.py").mkdir()
    result = run(root, make_check(None, compiles=True), files=["shop/a.py", "shop/b.py", "shop/a.py/c.py"])
    assert found(result) == [
        ("touched files compile", False,
         "1 of 2 (1 more not there any more); first shop/b.py: IsADirectoryError: Is a directory"),
    ]  # fmt: skip


def test_no_file_was_touched(root: Path) -> None:
    assert found(run(root, make_check(None, compiles=True))) == [("touched files compile", True, "0 of 0")]


def test_a_command_and_both_probes(root: Path) -> None:
    write(root, shop__a="x = 1\n", shop__cart="Cart = 1\n", shop__till="pay = 1\n")
    check = python("print('fine')", compiles=True, imports=True)
    result = run(root, check, files=["shop/a.py"], redirects=make_plan(REDIRECTS).redirects)
    assert [text for text, passed, _ in found(result) if passed] == [
        "touched files compile", "shop.cart imports", "shop.till imports", "exit code 0",
    ]  # fmt: skip
    assert result.exit_code == 0


def test_an_interpreter_that_gives_no_answer(root: Path) -> None:
    (done,) = run_all_of(target(root, python=("true",)), make_check(None, compiles=True))
    assert found(done.result) == [("touched files compile", False, "no answer from the interpreter")]


def test_an_interpreter_that_is_missing(root: Path) -> None:
    (done,) = run_all_of(target(root, python=("no-such",)), make_check(None, compiles=True))
    assert done.result.message == (
        "plan.python: 'no-such' was not found on PATH; install it there, or correct the plan"
    )
    assert (done.result.ended, done.outputs) == ("not-started", ())


@pytest.mark.parametrize("keys", [{"imports": True}, {"imports": True, "compiles": True}], ids=["imports", "both"])
def test_a_redirect_that_never_ends(keys: dict[str, Any], root: Path) -> None:
    write(root, shop__cart="import time; time.sleep(60)\n", shop__till="pay = 1\n")
    check = make_check(None, timeout_seconds=1, **keys)
    result = run(root, check, redirects=make_plan(REDIRECTS).redirects)
    assert (result.ended, result.message) == ("timed-out", "timed out after 1 s")


def test_no_time_is_left_for_the_probes(root: Path) -> None:
    (root / "slow").write_text("#!/bin/sh\nsleep 30\n")
    (root / "slow").chmod(0o755)
    (done,) = run_all_of(
        target(root, python=(str(root / "slow"),)), make_check(None, compiles=True, imports=True, timeout_seconds=0.5)
    )
    assert done.result.ended == "timed-out"


# Order.


def test_the_first_failure_ends_it(root: Path) -> None:
    checks = [python("1/0", name="first"), make_check(name="second")]
    first, second = (checked.result for checked in run_all(root, *checks))
    assert (first.ended, second.ended) == ("failed", "not-run")
    assert second.message == "not run: 'first' failed; --keep-going runs the rest as well"
    assert (second.attempts, second.blocks, second.seconds) == (0, True, 0.0)


def test_keep_going(root: Path) -> None:
    checks = [python("1/0", name="first"), make_check(name="second")]
    assert [checked.result.ended for checked in run_all(root, *checks, keep_going=True)] == ["failed", "passed"]


def test_what_is_not_required_does_not_end_it(root: Path) -> None:
    checks = [python("1/0", name="first", required=False), make_check(name="second")]
    first, second = (checked.result for checked in run_all(root, *checks))
    assert (first.passed, first.blocks, second.passed) == (False, False, True)


# Attempts.


FLAKY = "import pathlib; p = pathlib.Path({seen!r}); n = len(p.read_text()) if p.exists() else 0; p.write_text('x' * (n + 1)); print(n); assert n == 2"


def test_a_flaky_check(root: Path, tmp_path: Path) -> None:
    check = python(FLAKY.format(seen=str(tmp_path / "seen")), retries=5)
    (checked,) = run_all(root, check)
    assert (checked.result.passed, checked.result.attempts) == (True, 3)
    assert [(output.name, output.attempt, output.output[:1]) for output in checked.outputs] == [
        ("shop", 1, b"0"), ("shop", 2, b"1"), ("shop", 3, b"2"),
    ]  # fmt: skip


def test_retries_come_to_an_end(root: Path, tmp_path: Path) -> None:
    result = run(root, python(FLAKY.format(seen=str(tmp_path / "seen")), retries=1))
    assert (result.passed, result.attempts) == (False, 2)


def test_what_cannot_start_is_not_tried_again(root: Path) -> None:
    assert run(root, make_check(["shop-no-such"], retries=5)).attempts == 1


# The tree as it was before.


def before(root: Path) -> Any:
    @contextmanager
    def enter() -> Iterator[Target]:
        entered.append(root)
        yield target(root)
        entered.append(None)

    entered: list[Path | None] = []
    return enter, entered


def suite(root: Path, failing: Sequence[int]) -> None:
    (root / "pytest.ini").write_text("[pytest]\n")
    (root / "test_shop.py").write_text(
        "import pytest\n\n@pytest.mark.parametrize('n', range(8))\n"
        f"def test_n(n):\n    assert n not in {list(failing)}\n"
    )


@pytest.mark.parametrize(
    ("earlier", "now", "passed", "what", "known"),
    [
        pytest.param([], [], True, "0", [], id="never failed"),
        pytest.param([1], [], True, "0", [], id="mended"),
        pytest.param([1, 2], [1], True, "0", [], id="failed before as well"),
        pytest.param([1], [1, 3], False, "1: test_shop.test_n[3]", [False, True], id="one is new"),
        pytest.param(
            [],
            [0, 1, 2, 3],
            False,
            "4: test_shop.test_n[0], test_shop.test_n[1], test_shop.test_n[2] …",
            [True] * 4,
            id="many",
        ),
    ],
)
def test_newly_failed(
    earlier: list[int], now: list[int], passed: bool, what: str, known: list[bool], root: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    old.mkdir()
    suite(old, earlier)
    suite(root, now)
    enter, entered = before(old)
    check = make_check([*PYTEST], tests={"newly_failed": 0}, baseline=True)
    (checked,) = run_all(root, check, before=enter)
    result = checked.result
    assert found(result)[0] == ("newly failed = 0", passed, what)
    assert result.before is not None
    assert result.before.passed, "by itself, and with nothing to compare with, it is met"
    assert [test.is_new for test in result.failed_tests] == known
    assert [(output.attempt, bool(output.output)) for output in checked.outputs] == [(0, True), (1, True)]
    assert entered == [old, None], "entered once, and left"


def test_a_failure_that_was_there_before(root: Path, tmp_path: Path) -> None:
    check = python("raise SystemExit('no stock')", baseline=True)
    (tmp_path / "old").mkdir()
    enter, _ = before(tmp_path / "old")
    result = run(root, check, before=enter)
    assert result.before is not None
    assert (result.passed, result.before.passed, result.before.message) == (
        False, False, "exit code 0: found 1; last words: no stock",
    )  # fmt: skip


def test_a_failure_that_is_new(root: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    (old / "stock").touch()
    enter, entered = before(old)
    checks = [python("open('stock')", name=name, baseline=True) for name in ("a", "b")]
    results = [checked.result for checked in run_all(root, *checks, before=enter, keep_going=True)]
    assert [(result.passed, result.before and result.before.passed) for result in results] == [(False, True)] * 2
    assert entered == [old, None], "one tree for all checks"


def test_no_tests_to_compare_with(root: Path, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    suite(root, [])
    enter, _ = before(tmp_path / "old")
    check = make_check(
        ["sh", "-c", f"test -e pytest.ini && {' '.join(PYTEST)}"], tests={"newly_failed": 0}, baseline=True
    )
    result = run(root, check, before=enter)
    assert found(result)[0] == ("newly failed = 0", False, "no test report from before phase 1 to compare with")
    (root / "pytest.ini").unlink()
    assert found(run(root, check, before=enter))[0] == ("newly failed = 0", False, "no test report")


def test_the_tree_as_before_cannot_be_had(root: Path) -> None:
    @contextmanager
    def fail() -> Iterator[Target]:
        raise GitFailed(["worktree", "add"], 128, "no room")
        yield

    result = run(root, make_check(baseline=True), before=fail)
    assert result.ended == "not-started"
    assert result.message.startswith("no tree as before phase 1: git worktree failed")


@pytest.mark.parametrize(
    ("place", "attempts", "kept"),
    [
        pytest.param("before phase 1", 0, [(0, b"begun")], id="before phase 1"),
        pytest.param("", 1, [(0, b"begun"), (1, b"begun")], id="on the tree"),
    ],
)
def test_ctrl_c_keeps_what_was_said(
    place: str, attempts: int, kept: list[tuple[int, bytes]], root: Path, tmp_path: Path
) -> None:
    @contextmanager
    def before() -> Iterator[Target]:
        yield target(root)

    def interrupt(_chunk: bytes) -> None:
        raise KeyboardInterrupt

    def watch(_check: Check, where: str) -> Any:
        return nullcontext(interrupt if where == place else None)

    check = python("print('begun')", baseline=True)
    with pytest.raises(CheckInterrupted) as caught:
        list(run_checks([check], Surroundings(target(root), before=before), tmp_path, watch))
    result, outputs = caught.value.checked.result, caught.value.checked.outputs
    assert (result.ended, result.attempts, result.message) == ("interrupted", attempts, "interrupted")
    assert [(output.attempt, output.output.rstrip()) for output in outputs] == kept


def test_newly_failed_with_nothing_to_compare_with(root: Path) -> None:
    """It is never left out: what is asked for and not known has failed."""
    write(root, test_shop="def test_fine(): pass\n")
    check = make_check([*PYTEST, "test_shop.py"], baseline=True, tests={"newly_failed": 0})
    result = run(root, check)
    assert ("newly failed = 0", False, "no test report from before phase 1 to compare with") in found(result)


def test_without_a_baseline_it_is_not_entered(root: Path) -> None:
    enter, entered = before(root)
    assert run(root, make_check(), before=enter).before is None
    assert entered == []


# What failed, and who touched it.


def test_failed_tests_have_places(root: Path) -> None:
    write(root, shop="def total(n):\n    assert n < 7, 'no stock'\n")
    write(root, test_shop="import shop\n\ndef test_total():\n    shop.total(9)\n\ndef test_fine():\n    pass\n")
    phases = {"shop.py": [(1, 1), (3, 2)], "other.py": [(4, 3)]}
    result = run(root, make_check([*PYTEST], tests={"failed": 0}), phases=phases)
    (test,) = result.failed_tests
    assert (test.test, test.path, test.line, test.is_new) == ("test_shop.test_total", "shop.py", 2, None)
    assert result.touched == (Touched("shop.py", 2, 1, 1), Touched("shop.py", 2, 3, 2))


def test_a_traceback_of_a_script(root: Path) -> None:
    write(root, shop="raise OSError('no stock')\n")
    result = run(root, python("import shop"), phases={"shop.py": [(3, 2)]})
    assert result.touched == (Touched("shop.py", 1, 3, 2),)


def test_nothing_is_touched_where_nothing_fails(root: Path) -> None:
    write(root, shop="import traceback; traceback.print_stack()\n")
    assert run(root, python("import shop"), phases={"shop.py": [(3, 2)]}).touched == ()


def test_seven_of_eight_and_a_timeout_are_told_apart(root: Path) -> None:
    (root / "test_shop.py").write_text(EIGHT.format(limit=7))
    (root / "test_slow.py").write_text("import time\ndef test_slow(): time.sleep(60)\n")
    (root / "test_broken.py").write_text("import shop_no_such\n")
    wanted = {"passed": 8, "failed": 0}
    checks = [
        make_check([*PYTEST, file], name=file, tests=wanted, timeout_seconds=3)
        for file in ("test_shop.py", "test_broken.py", "test_slow.py")
    ]
    ended = [checked.result.ended for checked in run_all(root, *checks, keep_going=True)]
    assert ended == ["failed", "collection-error", "timed-out"]
