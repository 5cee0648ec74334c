"""A module's meaning: names in full by Python's scopes, whatever its spelling."""

from __future__ import annotations

import pytest

from benchmarks.speed.meaning import meaning_of

SAME = [
    ("alias", "from m import A as B\nB()\n", "from m import A\nA()\n"),
    ("module", "import m.n\nm.n.A()\n", "from m.n import A\nA()\n"),
    ("module with an alias", "import m.n as k\nk.A()\n", "from m import n\nn.A()\n"),
    ("import in try", "try:\n    from m import A\nexcept ImportError:\n    A = None\n", "try:\n    from m import (A)\n"
     "except ImportError:\n    A = None\n"),
    ("keywords", "f(a=1, b=2)\n", "f(b=2, a=1)\n"),
    ("in a lambda", "from m import A as B\nx = lambda y: B(y)\n", "from m import A\nx = lambda y: A(y)\n"),
    ("in a method", "from m import A\nclass C:\n    A = 1\n    def f(self):\n        return A\n",
     "from m import A as D\nclass C:\n    A = 1\n    def f(self):\n        return D\n"),
]  # fmt: skip
DIFFER = [
    ("another module", "from m import A\nA()\n", "from k import A\nA()\n"),
    ("a parameter hides it", "from m import A\ndef f(A):\n    return A\n", "from m import A\ndef f(B):\n    return A\n"),
    ("a local hides it", "from m import A\ndef f():\n    A = 1\n    return A\n",
     "from m import A\ndef f():\n    B = 1\n    return A\n"),
    ("a string", "from m import A\n'm.A'\n", "from m import A\n'k.A'\n"),
    ("an argument", "f(1, 2)\n", "f(2, 1)\n"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), [pytest.param(*case[1:], id=case[0]) for case in SAME])
def test_same(one: str, other: str) -> None:
    assert meaning_of(one.encode()).units == meaning_of(other.encode()).units


@pytest.mark.parametrize(("one", "other"), [pytest.param(*case[1:], id=case[0]) for case in DIFFER])
def test_differ(one: str, other: str) -> None:
    assert meaning_of(one.encode()).units != meaning_of(other.encode()).units


def test_scopes_by_line() -> None:
    source = b"import m\nclass C:\n    @m.d\n    def f(self):\n        def g(): ...\n        return m.A\ndef f(): ...\ndef f(): ...\n"
    meaning = meaning_of(source)
    assert [meaning.scope_at(line) for line in range(1, 9)] == ["", "C", "C.f", "C.f", "C.f", "C.f", "f", "f#2"]
    assert meaning.imports[""].reached == {"m.A": {"C.f"}, "m.d": {"C"}}


def test_does_not_parse() -> None:
    with pytest.raises(SyntaxError):
        meaning_of(b"def f(:\n")
