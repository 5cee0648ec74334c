"""Right, right in other words, missed, wrong and broken are told apart, and so is what had to stay."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.speed.judge import Judgement, Outcome, judge
from benchmarks.speed.truth import Site, Truth

IMPORT = "from old import A\n\n\ndef f():\n    return A(1)\n\n\n# from old import A\nx = 1\n"
IMPORT_SITE = Site(3, "from-import", 1, 1, "from new import B as A\n")
CALL = "from kit import Thing\n\n\ndef f(value):\n    return Thing(value, was=1)\n\n\ny = dict(was=1)\n"
CALL_SITE = Site(4, "call", 5, 5, "    return Thing(value, now=1, more={})\n")
NAMED = {3: frozenset({"old.A", "new.B"}), 4: frozenset({"kit.Thing"})}


def judged(before: str, site: Site, after: str | None, path: str = "a.py") -> Judgement:
    truth = Truth({"a.py": [site]}, frozenset({"old.py"}), NAMED)
    olds = {"a.py": before.encode(), "b.py": b"b = 1\n", "old.py": b"class A: ...\n"}
    news = {**olds, path: None if after is None else after.encode()}
    changed = [name for name in news if news[name] != olds.get(name)]
    return judge(truth, site.phase, changed, olds.get, news.get)


IMPORTS = [
    ("as it has to be", "from new import B as A\n", Outcome.RIGHT),
    ("untouched", "from old import A\n", Outcome.MISSED),
    ("in parentheses", "from new import (\n    B as A,\n)\n", Outcome.OTHERWISE),
    ("by its module, the use still by the old name", "import new\n", Outcome.WRONG),
    ("the name is gone from its new home", "from new import A\n", Outcome.WRONG),
    ("a name besides that nobody has", "from new import B as A, A as C\n", Outcome.WRONG),
    ("the old one is still imported besides", "from old import A\nfrom new import B\n", Outcome.MISSED),
    ("does not compile", "from new import B as A as A\n", Outcome.BROKEN),
]


@pytest.mark.parametrize(("line", "outcome"), [pytest.param(*case[1:], id=case[0]) for case in IMPORTS])
def test_import(line: str, outcome: Outcome) -> None:
    found = judged(IMPORT, IMPORT_SITE, line + IMPORT.partition("\n")[2])
    assert found.outcomes == Counter({outcome: 1})
    assert found.strays == 0


def test_uses_renamed_with_the_import_are_no_strays() -> None:
    after = IMPORT.replace("from old import A\n\n", "from new import B\n\n").replace("return A(1)", "return B(1)")
    assert judged(IMPORT, IMPORT_SITE, after) == Judgement(
        Counter({Outcome.OTHERWISE: 1}), 0, 1, ("a.py: other text 1",)
    )


CALLS = [
    ("as it has to be", "Thing(value, now=1, more={})", Outcome.RIGHT),
    ("keywords in another order", "Thing(value, more={}, now=1)", Outcome.OTHERWISE),
    ("on two lines", "Thing(\n        value, now=1, more={})", Outcome.OTHERWISE),
    ("untouched", "Thing(value, was=1)", Outcome.MISSED),
    ("untouched but for its layout", "Thing( value, was = 1 )", Outcome.MISSED),
    ("half of it", "Thing(value, now=1)", Outcome.WRONG),
    ("a keyword twice", "Thing(value, now=1, now=1)", Outcome.BROKEN),
]


@pytest.mark.parametrize(("call", "outcome"), [pytest.param(*case[1:], id=case[0]) for case in CALLS])
def test_call(call: str, outcome: Outcome) -> None:
    assert judged(CALL, CALL_SITE, CALL.replace("Thing(value, was=1)", call)).outcomes == Counter({outcome: 1})


STRAYS = [
    ("a comment", IMPORT.replace("# from old", "# from new"), 1),
    ("a statement", IMPORT.replace("x = 1", "x = 2"), 1),
    ("two places", IMPORT.replace("# from old", "# from new").replace("return A(1)", "return A(2)"), 2),
    ("a last line that got an end", IMPORT.removesuffix("\n"), 0),
]


@pytest.mark.parametrize(("after", "strays"), [pytest.param(*case[1:], id=case[0]) for case in STRAYS])
def test_strays(after: str, strays: int) -> None:
    after = after.replace("from old import A\n\n", "from new import B as A\n\n")
    found = judged(IMPORT, IMPORT_SITE, after)
    assert (found.outcomes, found.strays) == (Counter({Outcome.RIGHT: 1}), strays)


def test_another_file_is_a_stray() -> None:
    found = judged(IMPORT, IMPORT_SITE, "b = 2\n", "b.py")
    assert (found.outcomes, found.strays, found.files) == (Counter({Outcome.MISSED: 1}), 1, 1)


def test_a_new_file_is_a_stray() -> None:
    assert judged(IMPORT, IMPORT_SITE, "c = 2\n", "c.py").strays == 1


def test_the_modules_of_the_plan_are_not_looked_at() -> None:
    found = judged(IMPORT, IMPORT_SITE, "A = None\n", "old.py")
    assert (found.strays, found.files) == (0, 0)


def test_a_file_that_is_gone_is_broken() -> None:
    assert judged(IMPORT, IMPORT_SITE, None).counts()["broken"] == 1


def test_where_a_file_never_parsed_lines_are_compared() -> None:
    before = "def f(:\nfrom old import A\nA()\n"
    site = Site(3, "from-import", 2, 2, "from new import B as A\n")
    assert judged(before, site, before.replace("A()", "B()")).outcomes == Counter({Outcome.MISSED: 1})
    assert judged(before, site, before.replace("from old", "from k")).outcomes == Counter({Outcome.WRONG: 1})
    assert judged(before, site, before.replace("from old import A", "from new import B as A")).counts()["right"] == 1
