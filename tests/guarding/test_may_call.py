"""guarding/may_call.py and call_text.py: it may say yes too often, and never no where the close look finds something."""

from __future__ import annotations

import pytest
from checks import calls
from hypothesis import given
from hypothesis import strategies as st

from migrate.candidates import relevance
from migrate.guarding.file_look import Concern, LookSpec, look_at
from migrate.guarding.may_call import may_call
from migrate.locating import PhaseSpec
from migrate.plan import Plan
from migrate.transform import transform_file

PLAN = calls("shop.basket:Basket", rename={"metadata": "context"})
ATTRIBUTES = calls("shop.basket:Basket", rename={"metadata": "context"}, attributes={"metadata": "context"})
FROM = "from shop.basket import Basket\n"


def may(source: str, plan: Plan = PLAN, *other_names: str) -> bool:
    assert plan.phase4 is not None
    return may_call(plan.phase4.call, other_names)(source.encode())


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("metadata = 1\n", id="no callee"),
        pytest.param(f"{FROM}Basket(context=1)\n", id="no old keyword"),
        pytest.param(f"{FROM}Basket(context=1)\nOther(metadata=1)\n", id="passed to something else"),
        pytest.param(f"{FROM}Other(metadata=1)\nBasket()\n", id="passed before"),
        pytest.param(f"{FROM}Other(metadata=1, x=Basket())\n", id="within what it is passed to"),
        pytest.param(f"{FROM}Basket(context=f(metadata=1))\n", id="passed within"),
        pytest.param(f"{FROM}Basket(\n    # metadata=\n    context=1,\n)\nf(metadata=1)\n", id="in a comment"),
        pytest.param(f"{FROM}Basket('metadata=', 1)\nf(metadata=1)\n", id="in a string"),
        pytest.param(f"{FROM}Basket().f(metadata=1)\n", id="of a method"),
        pytest.param(f"{FROM}def f(b: Basket): ...\ndef g(metadata=1): ...\n", id="an annotation"),
        pytest.param(f"{FROM}x: list[Basket] = f(metadata=1)\n", id="annotated target"),
        pytest.param(f"{FROM}isinstance(x, Basket)\nf(metadata=1)\n", id="handed to something"),
        pytest.param(f"{FROM}f(metadata=1)\nBasket = 1\n", id="assigned to"),
        pytest.param(f"{FROM}Basket({{'metadata': 1}})\n", id="a mapping that is not spread"),
        pytest.param("from shop.basket import Basket as B\nf(B)\ng(metadata=1)\n", id="another name"),
        pytest.param("x.replace(a, b)\nf(metadata=1)\n", id="replace in strings"),
    ],
)
def test_ruled_out(source: str) -> None:
    assert not may(source)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(f"{FROM}Basket(metadata=1)\n", id="passed"),
        pytest.param(f"{FROM}Basket (\n    1, # (\n    metadata # )\n    =1)\n", id="layout"),
        pytest.param(f"{FROM}Basket(')', *x, metadata=1)\n", id="brackets in strings"),
        pytest.param(f"{FROM}Basket[int](metadata=1)\n", id="subscript"),
        pytest.param(f"{FROM}Basket.__init__(self, metadata=1)\n", id="constructor"),
        pytest.param(f"{FROM}(Basket)(metadata=1)\n", id="in brackets"),
        pytest.param(f"{FROM}(Basket if x else f)(metadata=1)\n", id="one of two, first"),
        pytest.param(f"{FROM}(f or Basket)(metadata=1)\n", id="one of two, last"),
        pytest.param(f"{FROM}Basket(**{{'metadata': 1}})\n", id="mapping"),
        pytest.param(f"{FROM}Basket(**dict(metadata=1))\n", id="dict"),
        pytest.param("from shop.basket import Basket as B\nB(metadata=1)\n", id="another name"),
        pytest.param(f"{FROM}B = Basket\nC = B\nC(metadata=1)\n", id="names one after the other"),
        pytest.param(f"{FROM}B: type = (\n  Basket)\nB(metadata=1)\n", id="annotated"),
        pytest.param(f"{FROM}A, B = 1, Basket\nB(metadata=1)\n", id="one of several"),
        pytest.param(f"{FROM}def f(b=Basket): b(metadata=1)\n", id="default"),
        pytest.param("import shop.basket\nB = getattr(shop.basket, 'Basket')\nB(metadata=1)\n", id="getattr"),
        pytest.param(f"{FROM}from functools import partial\nf = partial(Basket)\nf(metadata=1)\n", id="partial"),
        pytest.param(f"{FROM}submit(Basket, metadata=1)\n", id="handed on"),
        pytest.param(f"{FROM}submit(metadata=1, function=Basket)\n", id="handed on, behind"),
        pytest.param(f"{FROM}submit(metadata=(1, [2]), function=Basket, x=1)\n", id="handed on, farther behind"),
        pytest.param(f"{FROM}class B(Basket):\n  def f(self): super().__init__(metadata=1)\n", id="heir"),
        pytest.param("class Basket:\n  @classmethod\n  def f(cls): return cls(metadata=1)\n", id="its own class"),
        pytest.param("from dataclasses import replace\nreplace(x, metadata=1)\n", id="copy"),
        pytest.param("x._replace(metadata=1)\n", id="copy of a named tuple"),
    ],
)
def test_not_ruled_out(source: str) -> None:
    assert may(source)


def test_other_names() -> None:
    source = "from facade import Korb\nKorb(metadata=1)\n"
    assert not may(source)
    assert may(source, PLAN, "Korb")


def test_attributes() -> None:
    assert may("x.metadata\n", ATTRIBUTES)
    assert not may("x.metadata\n")


def test_names_beyond_ascii() -> None:
    """The text may be in any encoding."""
    plan = calls("shop.basket:Körb", rename={"metadata": "context"})
    assert may("from shop.basket import Körb\nKörb(metadata=1)\n", plan)


def test_calls_of_any_kind_are_concerned_where_a_keyword_is_added() -> None:
    assert may(f"{FROM}Basket\n", calls("shop.basket:Basket", add={"context": "1"}))


NAMES = ("Basket", "B", "m.Basket", "getattr(m, 'Basket')")
CALLEES = (
    "{}", "({})", "({} if x else f)", "(f if x else {})", "({} or f)", "(f or {})", "(x and {})", "{}[int]", "(n := {})", "{}.__init__",
    "(lambda: {})()", "f({})", "[{}][0]", "(await {})", "partial({}, 1)", "f(metadata=1)({})", "type({})",
)  # fmt: skip
ARGUMENTS = (
    "metadata=1", "1, metadata =(1)", "**{'metadata': 1}", "**dict(metadata=1)", "context=f(metadata=1)", "')', metadata=1", "f'{metadata=}'",
    "key=lambda: NAME, metadata=1", "metadata=1, function=NAME", "x=[NAME], metadata=2", "**{**{'metadata': 1}}", "x=(metadata := 1)", "**x",
)  # fmt: skip
STATEMENTS = (
    "C(A)", "x = C(A)", "n = C\nn(A)", "n: type = C\nn(A)", "a, n = 1, C\nn(A)", "n = m = C; m(A)", "n = C; o = n; o(A)", "def g(n=C):\n    n(A)",
    "submit(C, A)", "submit(A, z=C)", "n = partial(C)\nn(A)", "class D(C):\n    def f(self): super().__init__(A)", "class D(C): ...\nD(A)",
    "@C(A)\ndef g(): ...", "async def g():\n    await C(A)", "with C(A) as n: n.metadata", "for n in [C]: n(A)", "n = replace(C(), A)",
    "n = C()\nn._replace(A)", "print(f'{C(A)}')", "if x:\n    n = C\nelse:\n    n = f\nn(A)", "x = [C(A) for n in y]", "n = C(); n.metadata",
    "if x: n = C\nn(A)", "n = C,\nn(A)", "self.n = C\nself.n(A)", "def g(*, n: type = C):\n    n(A)", "h = lambda n=C: n(A)", "x = 1 if C(A) else 2",
    "n = C  # (\nn(A)", "n = \\\n  C\nn(A)", "if (n := C)(A): ...", "x = {1: C(A)}", "class D:\n    n = C\nD.n(A)", "x = C(1,\n\n A\n)",
)  # fmt: skip


def program(statement: str, callee: str, arguments: str, name: str) -> str:
    """Where it is imported as far as it is needed."""
    text = statement.replace("A)", f"{arguments})").replace("C", "{}")
    text = text.replace("{}", callee).replace("{}", name).replace("NAME", name)
    imports = {
        "m.": "import shop.basket as m",
        "(m,": "import shop.basket as m",
        "partial": "from functools import partial",
        "replace(": "from dataclasses import replace",
    }
    lines = [line for word, line in imports.items() if word in text]
    if name in ("Basket", "B"):
        lines.append("from shop.basket import Basket" + (" as B" if name == "B" else ""))
    return "\n".join([*dict.fromkeys(lines), text, ""])


def is_found(source: str, plan: Plan) -> bool:
    """Does guard find a deprecated keyword, whatever it makes of the text?"""
    found = look_at("a.py", source.encode(), Concern.CALLS, True, LookSpec(PhaseSpec(plan, 5))).seen
    return any(each.finding.code in ("deprecated-keyword", "uncertain-keyword") for each in found)


@pytest.mark.unmeasured
def test_what_the_close_look_finds_is_not_ruled_out() -> None:
    """Each callee in each statement, and each list of arguments in each statement."""
    forms = {
        (statement, callee, arguments, name)
        for statement in STATEMENTS
        for callee, arguments in [*((c, ARGUMENTS[0]) for c in CALLEES), *((CALLEES[0], a) for a in ARGUMENTS)]
        for name in NAMES
    }
    sources = [program(*form) for form in sorted(forms)]
    found = [source for source in sources if is_found(source, PLAN)]
    assert [source for source in found if not may(source)] == []
    assert len(found) > len(sources) / 4, "otherwise this proves little"


@pytest.mark.unmeasured
def test_what_phase_4_finds_is_not_ruled_out() -> None:
    """Its own look at texts asks the same, and for mappings besides."""
    forms = {
        (statement, callee, arguments, name)
        for statement in STATEMENTS
        for callee, arguments in [*((c, ARGUMENTS[0]) for c in CALLEES), *((CALLEES[0], a) for a in ARGUMENTS)]
        for name in NAMES
    }
    may_hold, spec = relevance(PLAN, 4), PhaseSpec(PLAN, 4)
    for source in (program(*form) for form in sorted(forms)):
        found = transform_file("a.py", source.encode(), spec)
        told = [finding for finding in found.findings if finding.code != "unparseable"]
        assert may_hold("a.py", source.encode()) or not (found.edits or told or found.subclasses), source


@given(st.data())
def test_whatever_the_layout(data: st.DataObject) -> None:
    source = program(*(data.draw(st.sampled_from(each)) for each in (STATEMENTS, CALLEES, ARGUMENTS, NAMES)))
    blanks = st.sampled_from(["", " ", "\n", "  # (\n", " \\\n", "# ) metadata\n", "\f"])
    for sign in "(,=)":
        if data.draw(st.booleans()):
            source = source.replace(sign, f"{data.draw(blanks)}{sign}{data.draw(blanks)}")
    plan = data.draw(st.sampled_from([PLAN, ATTRIBUTES]))
    assert may(source, plan) or not is_found(source, plan)
