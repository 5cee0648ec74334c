"""The quick look at a module says yes wherever a close look finds something."""

from __future__ import annotations

import itertools
import sysconfig
from pathlib import Path

import pytest
from checks import calls, signature
from hypothesis import given
from hypothesis import strategies as st

from migrate.locate.call_statements import may_hold_calls
from migrate.locate.callees import Callees, Known
from migrate.locate.calls import look_closely
from migrate.locate.sites import Module
from migrate.modules import ModuleName
from migrate.plan import Plan
from migrate.source import Source, UnparsableSource

RENAME = calls("shop.basket:Basket", rename={"metadata": "context"}, remove=["legacy"])
METHOD = calls("shop.basket:Basket.add", rename={"metadata": "context"})
ATTRIBUTE = calls("shop.basket:Basket", attributes={"metadata": "context"})
ALL = calls("shop.basket:Basket", keyword_only=["size"])
PLANS = (RENAME, METHOD, ATTRIBUTE, ALL)
IMPORT = "from shop.basket import Basket\n"


def callees_of(source: str | bytes, plan: Plan, known: Known) -> Callees:
    content = source if isinstance(source, bytes) else source.encode()
    module = Module("app.py", Source(content), Source(content).parse(), ModuleName("app", is_package=False))
    return Callees(module, plan, known, 4)


def finds(source: str | bytes, plan: Plan, known: Known) -> bool:
    """Does a close look find something, or ask about a callee?"""
    located = look_closely(callees_of(source, plan, known), known)
    leaves = {call.callee.leaf for call in plan.phase4.call if plan.phase4} if plan.phase4 else set()
    asked = {name for name in located.unresolved if name.rpartition(".")[2] in leaves}
    return bool(located.sites or located.findings or located.subclasses or located.loads or asked)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("x = 1\n", id="nothing"),
        pytest.param(IMPORT + "Basket(1)\nf(metadata=1)\n", id="keyword of another statement"),
        pytest.param(IMPORT + "def f(x: Basket, y: Basket = None) -> Basket:\n    return g(metadata=1)\n", id="types"),
        pytest.param(IMPORT + "'''Basket(metadata=1)'''\n", id="docstring"),
        pytest.param(IMPORT + "if isinstance(x, Basket):\n    f(metadata=1)\nelse:\n    Basket(1)\n", id="condition"),
        pytest.param(IMPORT + "class C:\n    '''Of Basket.'''\n    def f(self): g(metadata=1)\n", id="class docstring"),
        pytest.param("x = y.replace('a', 'b')\nf(metadata=1)\n", id="replace of a string"),
        pytest.param(IMPORT + "def f():\n    global x\n    x = Basket(1)\ng(metadata=1)\n", id="global"),
    ],
)
def test_nothing_to_look_at(source: str) -> None:
    assert not finds(source, RENAME, Known())
    assert not may_hold_calls(callees_of(source, RENAME, Known()))


FORMS = {
    "plain": IMPORT + "Basket(metadata=1)\n",
    "over lines": IMPORT + "x = [\n  Basket\n  (1,\n   metadata=2)]\n",
    "method of the module": "import shop.basket as b\nb.Basket(\n  metadata=1)\n",
    "mapping": IMPORT + "Basket(**x)\n",
    "literal mapping": IMPORT + "Basket(**{\n'metadata': 1})\n",
    "alias": "from shop.basket import Basket as B\nB(metadata=1)\n",
    "assigned": IMPORT + "def f():\n    B = Basket\n    return B(metadata=1)\n",
    "assigned from a module": "import shop.basket as b\nB = b.Basket\nB(metadata=1)\n",
    "default from a module": "import shop.basket as b\ndef f(x=b.Basket):\n    return x(metadata=1)\n",
    "annotated": IMPORT + "B: type = Basket\nB(metadata=1)\n",
    "one of several": IMPORT + "B = x if y else Basket\nB(metadata=1)\n",
    "unpacked": IMPORT + "B, C = Basket, 1\nB(metadata=1)\n",
    "in an expression": IMPORT + "f(B := Basket)\nB(metadata=1)\n",
    "condition names it": IMPORT + "if (B := Basket):\n    pass\nB(metadata=1)\n",
    "default": IMPORT + "def f(a, b=Basket):\n    return b(metadata=1)\n",
    "keyword-only default": IMPORT + "async def f(*, b=x or Basket):\n    return b(metadata=1)\n",
    "lambda": IMPORT + "f = lambda b=Basket: b(metadata=1)\n",
    "chosen": IMPORT + "(Basket if x else y)(metadata=1)\n",
    "subscript": IMPORT + "Basket[int](metadata=1)\n",
    "subclass": IMPORT + "class B(\n    Basket): ...\nB(metadata=1)\n",
    "super": IMPORT + "class B(Basket):\n    def __init__(self):\n        super().__init__(metadata=1)\n",
    "subclass of an alias": IMPORT + "Base = Basket\nclass B(Base): ...\nB(metadata=1)\n",
    "constructor": IMPORT + "Basket.__init__(self, metadata=1)\n",
    "decorator": IMPORT + "@Basket(metadata=1)\ndef f(): ...\n",
    "decorator of a class": IMPORT + "@f\n@Basket(\n  metadata=1)\nclass C: ...\n",
    "default value": IMPORT + "def f(a=Basket(metadata=1)): ...\n",
    "base": IMPORT + "class C(f(Basket, metadata=1)): ...\n",
    "header": IMPORT + "while x or Basket(metadata=1):\n    pass\n",
    "with": IMPORT + "with f() as a, Basket(\n    metadata=1) as b: pass\n",
    "elif": IMPORT + "if x:\n    pass\nelif Basket(metadata=1):\n    pass\n",
    "except": IMPORT + "try:\n    pass\nexcept f(Basket, metadata=1):\n    pass\n",
    "guard": IMPORT + "match x:\n    case 1: pass\n    case 2 if Basket(metadata=1): pass\n",
    "body on the line of a class": IMPORT + "class C: x = Basket(metadata=1)\n",
    "after a semicolon": IMPORT + "x = 1; y = Basket(metadata=1); z = 2\n",
    "passed on": IMPORT + "submit(Basket, metadata=1)\n",
    "passed on by name": IMPORT + "submit(metadata=1, function=Basket)\n",
    "partial": IMPORT + "from functools import partial\np = partial(Basket)\np(metadata=1)\n",
    "copy": IMPORT + "from dataclasses import replace\nreplace(Basket(), metadata=1)\n",
    "copy by another name": IMPORT + "from dataclasses import replace as r\nr(Basket(), metadata=1)\n",
    "f-string": IMPORT + "x = f'''\n{Basket(metadata=1)}'''\n",
    "star": "from shop.basket import *\nBasket(metadata=1)\n",
    "carriage returns": IMPORT.replace("\n", "\r") + "x = 1\rBasket(\r  metadata=1)\r",
    "form feed": IMPORT + "\f\ndef f():\n    Basket(metadata=1)\n",
    "comment between": IMPORT + "Basket(  # one\n  # metadata\n  metadata  # two\n  = 1)\n",
    "re-export": "from facade import Basket\nBasket(metadata=1)\n",
}


@pytest.mark.parametrize("source", [pytest.param(source, id=words) for words, source in FORMS.items()])
def test_every_form_is_looked_at(source: str) -> None:
    assert finds(source, RENAME, Known()), "the case is none"
    assert may_hold_calls(callees_of(source, RENAME, Known()))


OTHERS = {
    "heir of another module": (Known(subclasses={"m.Crate": ("shop.basket.Basket",)}), "from m import Crate\nCrate(metadata=1)\n"),
    "another name": (Known(aliases={"m.Korb": "shop.basket.Basket"}), "import m\nm.Korb(metadata=1)\n"),
}  # fmt: skip


@pytest.mark.parametrize(("known", "source"), [pytest.param(*case, id=words) for words, case in OTHERS.items()])
def test_names_that_other_modules_tell(known: Known, source: str) -> None:
    assert finds(source, RENAME, known)
    assert may_hold_calls(callees_of(source, RENAME, known))
    assert not may_hold_calls(callees_of(source, RENAME, Known()))


@pytest.mark.parametrize(
    ("plan", "source"),
    [
        pytest.param(METHOD, IMPORT + "x = Basket()\nx.add(metadata=1)\n", id="method"),
        pytest.param(METHOD, IMPORT + "class B(Basket):\n  def f(s): super().add(metadata=1)\n", id="method by super"),
        pytest.param(ATTRIBUTE, IMPORT + "x = Basket()\nx.metadata\n", id="attribute"),
        pytest.param(ALL, IMPORT + "Basket(1)\n", id="every call"),
    ],
)
def test_other_changes(plan: Plan, source: str) -> None:
    assert finds(source, plan, Known())
    assert may_hold_calls(callees_of(source, plan, Known()))


def test_what_is_removed_and_passed_by_position() -> None:
    known = Known(signatures={"shop.basket.Basket": signature("a, legacy=0")})
    assert finds(IMPORT + "Basket(1, 2)\n", RENAME, known)
    assert may_hold_calls(callees_of(IMPORT + "Basket(1, 2)\n", RENAME, known))
    assert not may_hold_calls(callees_of(IMPORT + "Basket(1, 2)\n", RENAME, Known()))


def test_scopes_that_python_rejects_are_told() -> None:
    source = "def f():\n    from shop.basket import Basket\n    nonlocal x\n    Basket(1)\n"
    with pytest.raises(UnparsableSource):
        look_closely(callees_of(source, RENAME, Known()), Known())
    assert may_hold_calls(callees_of(source, RENAME, Known()))


NAMES = st.sampled_from(
    ["Basket", "B", "b.Basket", "x", "replace", "self.add", "f(Basket)", "Basket.add", "(Basket or x)"]
)
PASSED = st.sampled_from(["", "1", "metadata=1", "**x", "**{'metadata': 1}", "Basket, metadata=1", "metadata=1, k=B"])
CALL = st.builds("{}({})".format, NAMES, PASSED)
STATEMENT = st.one_of(
    CALL,
    st.builds("{} = {}".format, st.sampled_from(["B", "x", "replace"]), st.one_of(NAMES, CALL)),
    st.builds("B: Basket = {}".format, NAMES),
    st.builds("print(\n  {},\n  {})".format, NAMES, CALL),
    st.builds("(B := {}, {})".format, NAMES, CALL),
    st.just("'''Basket metadata='''"),
    st.sampled_from(
        ["import shop.basket as b", "from shop.basket import Basket as B", "from dataclasses import replace"]
    ),
    st.just("from functools import partial\nx = partial(Basket)"),
)
HEADER = st.one_of(
    st.builds("if {}:".format, CALL),
    st.builds("while {}:".format, NAMES),
    st.builds("with {} as x:".format, CALL),
    st.builds("class B({}):".format, st.sampled_from(["", "Basket", "x", "b.Basket", "B"])),
    st.builds("class Basket({}):".format, st.sampled_from(["", "x"])),
    st.builds("@{}\ndef f(self, x={}):".format, CALL, NAMES),
    st.builds("async def f(self, x: Basket = {}, *, y={}):".format, NAMES, NAMES),
    st.builds("try:\n    pass\nexcept {}:".format, CALL),
)  # fmt: skip
BLOCK = st.recursive(
    st.lists(STATEMENT, min_size=1, max_size=3).map("\n".join),
    lambda inner: st.lists(
        st.one_of(STATEMENT, st.builds(lambda header, body: f"{header}\n    " + body.replace("\n", "\n    "), HEADER, inner)),
        min_size=1,
        max_size=3,
    ).map("\n".join),
    max_leaves=4,
)  # fmt: skip


@given(head=st.sampled_from(["", IMPORT, "from facade import Basket\n"]), block=BLOCK, plan=st.sampled_from(PLANS[:3]))
def test_whatever_a_close_look_finds_is_looked_at(head: str, block: str, plan: Plan) -> None:
    source = head + block + "\n"
    assert may_hold_calls(callees_of(source, plan, Known())) or not finds(source, plan, Known())


OF_THE_LIBRARY = [
    calls("argparse:ArgumentParser", rename={"description": "about"}),
    calls("argparse:ArgumentParser.add_argument", rename={"help": "text"}),
    calls("subprocess:Popen", rename={"stdout": "out"}, remove=["stderr"]),
    calls("threading:Thread", rename={"target": "function"}),
    calls("re:compile", rename={"flags": "options"}),
]


@pytest.mark.unmeasured
def test_the_standard_library() -> None:
    """What is looked at there holds all that a close look at every module finds."""
    modules = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    looked_at = found = 0
    for path, plan in itertools.product(modules[::3], OF_THE_LIBRARY):
        content = path.read_bytes()
        if plan.phase4 is None or plan.phase4.call[0].callee.leaf.encode() not in content:
            continue
        may_hold = may_hold_calls(callees_of(content, plan, Known()))
        finds_some = finds(content, plan, Known())
        assert may_hold or not finds_some, (path, plan.phase4.call[0].callee)
        looked_at += may_hold
        found += finds_some
    assert 0 < found <= looked_at
