"""Instances, subclasses and methods: what is certain is changed, what is not is reported."""

from __future__ import annotations

from typing import Any

import pytest
from checks import calls, check_noop, check_refused, check_rewritten, make_plan

ATTRIBUTES = calls("m:C", attributes={"old": "new", "gone": "there"})
METHOD = calls("m:C.f", rename={"old": "new"})
RENAMED = calls("m:C", rename={"old": "new"})
HEAD = "from m import C\n"


# Attributes.


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("c = C()\nc.new\n", id="nothing old"),
        pytest.param("import os\nos.old\nos.path.new\n", id="of a module"),
        pytest.param("def f(): ...\nf.old\n", id="of a function"),
        pytest.param("class D: ...\nD.old\nD().old\n", id="of another class of the module"),
        pytest.param("class D:\n  def f(self): return self.old\n", id="of self in another class"),
        pytest.param("class D:\n  @classmethod\n  def f(cls): return cls.old\n", id="of cls in another class"),
        pytest.param("def f(x: int, y: str): return x.old, y.old\n", id="annotated with a builtin"),
        pytest.param("x = 'old'\nx.old\n[].old\nf'{x}'.old\n{}.old\n", id="of a literal"),
        pytest.param("list().old\ndict(x).old\nprint.old\n", id="of builtins"),
        pytest.param("old = 1\nold.new\nf(old=2)\n", id="names and keywords"),
        pytest.param("c = C()\ngetattr(c, 'new')\ngetattr(c, name)\ngetattr()\n", id="other ways to say it"),
        pytest.param("c = None\nc.old\n", id="of None"),
        pytest.param("c = C()\nc.old  # migrate: keep\n", id="kept"),
        pytest.param("match x:\n  case C(new=1): pass\n  case D(old=1): pass\n", id="other patterns"),
    ],
)
def test_attribute_noop(source: str) -> None:
    check_noop(HEAD + source, phase=4, plan=ATTRIBUTES)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("c = C()\nc.old\n", "c = C()\nc.new\n", id="a variable of the module"),
        pytest.param("C(1).old\n", "C(1).new\n", id="a new one"),
        pytest.param("C(x)  .  old [0]\n", "C(x)  .  new [0]\n", id="spaces"),
        pytest.param("(C()\n  # c\n  .old)\n", "(C()\n  # c\n  .new)\n", id="lines"),
        pytest.param("def f():\n  c = C()\n  return c.old.x\n", "def f():\n  c = C()\n  return c.new.x\n", id="a local variable"),
        pytest.param("c: object = C()\nprint(c.old)\n", "c: object = C()\nprint(c.new)\n", id="annotated"),
        pytest.param("c = C()\ndef f(): return c.old, c.gone\n", "c = C()\ndef f(): return c.new, c.there\n", id="read further inside"),
        pytest.param("a = C()\nb = a\nb.old\n", "a = C()\nb = a\nb.new\n", id="another name for it"),
        pytest.param("c = C(1)\nc = C(2)\nc.old\n", "c = C(1)\nc = C(2)\nc.new\n", id="one after another"),
        pytest.param("c = None\nc = C(2)\nc.old\n", "c = None\nc = C(2)\nc.new\n", id="None first"),
        pytest.param("c = C(1) if x else C(2)\nc.old\n", "c = C(1) if x else C(2)\nc.new\n", id="one of two"),
        pytest.param("if (c := C()): c.old\n", "if (c := C()): c.new\n", id="walrus"),
        pytest.param("(c := C()).old\n", "(c := C()).new\n", id="walrus at once"),
        pytest.param("c = C()\nc.old = 1\ndel c.gone\n", "c = C()\nc.new = 1\ndel c.there\n", id="assigned and deleted"),
        pytest.param("C(C().old).old\n", "C(C().new).new\n", id="nested"),
        pytest.param("import m\nc = m.C()\nc.old\n", "import m\nc = m.C()\nc.new\n", id="through its module"),
        pytest.param("D = C\nD().old\n", "D = C\nD().new\n", id="by an alias"),
        pytest.param("c = C()\n'漢', c.old\n", "c = C()\n'漢', c.new\n", id="behind letters beyond ASCII"),
    ],
)  # fmt: skip
def test_attribute(before: str, after: str) -> None:
    check_rewritten(HEAD + before, HEAD + after, phase=4, plan=ATTRIBUTES)


@pytest.mark.parametrize(
    ("source", "likely"),
    [
        pytest.param("def f(c): return c.old\n", False, id="parameter"),
        pytest.param("def f(c: C): return c.old\n", True, id="annotated parameter"),
        pytest.param("def f(c: 'C | None'): return c.old\n", True, id="quoted"),
        pytest.param("def f(c: list[C]): return c.old\n", True, id="one of several"),
        pytest.param("def f(c: object): return c.old\n", False, id="annotated with anything"),
        pytest.param("def f(c: D): return c.old\n", False, id="annotated with what may be a base class"),
        pytest.param("c: C\nc.old\n", True, id="annotated alone"),
        pytest.param("c: C = make()\nc.old\n", True, id="annotated variable"),
        pytest.param("c = C()\nif x: c = make()\nc.old\n", True, id="one of several assignments"),
        pytest.param("c = C.make()\nc.old\n", False, id="a factory"),
        pytest.param("C.old\n", True, id="the class itself"),
        pytest.param("self.c.old\n", False, id="an attribute"),
        pytest.param("x[0].old\n", False, id="an item"),
        pytest.param("async def f(): (await x).old\n", False, id="awaited"),
        pytest.param("for c in x: c.old\n", False, id="loop"),
        pytest.param("with C() as c: c.old\n", False, id="what a context manager gives"),
        pytest.param("unknown.old\n", False, id="from nowhere"),
        pytest.param("from x import y\ny.old\n", False, id="imported"),
        pytest.param("class D(C):\n  def f(self): return self.old\n", True, id="self in a subclass"),
        pytest.param("class D(C): ...\nD().old\n", True, id="an instance of a subclass"),
        pytest.param("c = C()\ngetattr(c, 'old', None)\n", True, id="getattr"),
        pytest.param("def f(c): hasattr(c, 'old')\n", False, id="hasattr"),
        pytest.param("match x:\n  case C(old=1): pass\n", True, id="class pattern"),
        pytest.param("c = C()\nf'{c.old=}'\n", True, id="an f-string that shows its source"),
        pytest.param("class D:\n  @staticmethod\n  def f(c): return c.old\n", False, id="first of a static method"),
        pytest.param("c = C()\ndef f():\n  global c\n  c = 1\nc.old\n", True, id="global"),
        pytest.param("a = b\nb = a\na.old\n", False, id="in a circle"),
    ],
)
def test_attribute_of_what_may_be_one(source: str, likely: bool) -> None:
    (finding,) = check_refused(HEAD + source, "attribute-read", phase=4, plan=ATTRIBUTES).findings
    assert finding.message.startswith("attribute 'old' of ")
    assert ("what may be an instance of m:C" in finding.message) is not likely


def test_attribute_in_the_classes_own_module() -> None:
    source = "class C:\n  def f(self): return self.old\n"
    check_refused(source, "attribute-read", phase=4, plan=ATTRIBUTES, path="m.py")


def test_attributes_in_files_that_do_not_name_the_class() -> None:
    check_refused("def f(c): return c.old\n", "attribute-read", phase=4, plan=ATTRIBUTES)


def test_attributes_beside_calls() -> None:
    plan = calls("m:C", rename={"old": "new"}, attributes={"old": "new"})
    source = HEAD + "c = C(old=1)\nC(old=c.old, x=C(old=2).old)\n"
    check_rewritten(source, source.replace("old", "new"), phase=4, plan=plan)


def test_what_is_left_of_attributes() -> None:
    plan = make_plan({"phase4": {"call": [{"callee": "m:C", "attributes": {"old": "new"}}]}, "phase5": {}})
    (finding,) = check_refused(HEAD + "C().old\n", "deprecated-keyword", phase=5, plan=plan).findings
    assert finding.message == "still uses 'old', which m:C no longer has; run phase4"


# Methods through an instance.


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("c = C()\nc.f(new=1)\nc.f()\n", id="nothing old"),
        pytest.param("c = C()\nc.g(old=1)\n", id="another method"),
        pytest.param("class D:\n  def g(self): self.f(old=1)\n", id="self in another class"),
        pytest.param("import os\nos.f(old=1)\n", id="a module"),
        pytest.param("def f(old): ...\nf(old=1)\n", id="a function"),
    ],
)
def test_method_noop(source: str) -> None:
    check_noop(HEAD + source, phase=4, plan=METHOD)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("C.f(c, old=1)\n", id="through the class"),
        pytest.param("D = C\nD.f(c, old=1)\n", id="through an alias of the class"),
        pytest.param("import m\nm.C.f(c, old=1)\n", id="through the module"),
        pytest.param("g = C.f\ng(c, old=1)\n", id="by a name of its own"),
        pytest.param("C(1).f(old=1)\n", id="a new instance"),
        pytest.param("C[int].f(1, old=1)\n", id="generic"),
        pytest.param("c = C(1)\nc.f(x, old=f(2))\n", id="a variable"),
        pytest.param("c = C(1)\nc.f(old=c.f(old=2))\n", id="nested"),
        pytest.param("import functools\nfunctools.partial(C.f, old=1)\n", id="partial"),
    ],
)
def test_method(source: str) -> None:
    check_rewritten(HEAD + source, HEAD + source.replace("old=", "new="), phase=4, plan=METHOD)


def test_a_method_through_an_instance_without_a_signature() -> None:
    check_refused(HEAD + "C().f(1)\n", "positional-argument", phase=4, plan=calls("m:C.f", keyword_only=["b"]))


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def g(c): c.f(old=1)\n", id="parameter"),
        pytest.param("def g(c: C): c.f(**{'old': 1})\n", id="annotated parameter"),
        pytest.param("self.c.f(old=1)\n", id="attribute"),
        pytest.param("make().f(old=1)\n", id="what a function gives"),
        pytest.param("class D(C):\n  def g(self): self.f(old=1)\n", id="self in a subclass"),
        pytest.param("class D(C):\n  def g(self): type(self).f(old=1)\n", id="the class of self"),
        pytest.param("class D(C): ...\nD.f(1, old=1)\n", id="through a subclass"),
        pytest.param("class D(C): ...\nD().f(old=1)\n", id="of a subclass"),
    ],
)
def test_method_of_what_may_be_one(source: str) -> None:
    (finding,) = check_refused(HEAD + source, "method-call", phase=4, plan=METHOD).findings
    assert finding.message.startswith("this may be a call of m:C.f, which no longer takes 'old'")


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("class D(C):\n  def f(self, old): ...\nD.f(d, old=1)\nD().f(old=1)\n", id="of a subclass"),
        pytest.param("class D(C):\n  def f(self, old): ...\n  def g(self): self.f(old=1)\n", id="self"),
    ],
)
def test_a_method_of_a_subclass_s_own(source: str) -> None:
    check_noop(HEAD + source, phase=4, plan=METHOD)


def test_a_method_in_the_class_itself() -> None:
    source = "class C:\n  def f(self, new): ...\n  def g(self): self.f(old=1)\n"
    check_refused(source, "method-call", phase=4, plan=METHOD, path="m.py")


@pytest.mark.parametrize(
    ("call", "change", "what"),
    [
        pytest.param("c.f(1, 2)", {"keyword_only": ["b"]}, "which takes 'b' by name only", id="named"),
        pytest.param("c.f(*x)", {"keyword_only": ["b"]}, "which takes 'b' by name only", id="starred"),
        pytest.param("c.f(1)", {"add": {"b": "0"}}, "which takes 'b', too", id="added"),
    ],
)
def test_a_method_of_what_is_annotated_so(call: str, change: dict[str, Any], what: str) -> None:
    how: dict[str, Any] = {"phase": 4, "plan": calls("m:C.f", **change), "signatures": {"m:C.f": "a, b=0"}}
    (finding,) = check_refused(f"{HEAD}def g(c: C): {call}\n", "method-call", **how).findings
    assert finding.message == f"this may be a call of m:C.f, {what}; change it by hand if it is"
    check_noop(f"{HEAD}def g(c): {call}\n", **how)  # whatever that is
    check_noop(f"{HEAD}def g(c: C): c.f(1, b=2)\n", **how)


def test_an_inherited_method() -> None:
    source = HEAD + "class D(C):\n  def f(self): super().f(old=1)\n  def g(self): super().g(old=1)\n"
    check_refused(source, "subclass-super", phase=4, plan=METHOD)


@pytest.mark.parametrize(
    ("source", "who"),
    [
        pytest.param("c = C()\ngetattr(c, 'old')\n", "an instance", id="surely"),
        pytest.param("c = C()\nc = x\nc.old\n", "what looks like an instance", id="one of several assignments"),
        pytest.param("import c\nc = C()\nc.old\n", "what looks like an instance", id="an import, too"),
    ],
)
def test_how_sure_it_is(source: str, who: str) -> None:
    (finding,) = check_refused(HEAD + source, "attribute-read", phase=4, plan=ATTRIBUTES).findings
    assert finding.message.startswith(f"attribute 'old' of {who} of m:C")


# Copies with changes.


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("c = C()\nreplace(c, new=1)\nc._replace(new=1)\n", id="nothing old"),
        pytest.param("'x'.replace('a', 'b')\nx.replace(a, old=1)\n", id="replace of something else"),
        pytest.param("class D: ...\nreplace(D(), old=1)\n", id="another class"),
        pytest.param("def g(replace): replace(c, old=1)\n", id="a parameter of that name"),
        pytest.param("replace(old=1)\n", id="of nothing"),
    ],
)
def test_copy_noop(source: str) -> None:
    check_noop("from dataclasses import replace\n" + HEAD + source, phase=4, plan=RENAMED)


@pytest.mark.parametrize(
    ("source", "likely"),
    [
        pytest.param("c = C()\nreplace(c, old=1)\n", True, id="dataclasses.replace"),
        pytest.param("import dataclasses\ndataclasses.replace(C(), old=1)\n", True, id="of its module"),
        pytest.param(
            "import dataclasses as d\ndef f(c): d.replace(c, **{'old': 1})\n", False, id="an unknown instance"
        ),
        pytest.param("from dataclasses import replace as evolve\nevolve(C(), old=1)\n", True, id="by another name"),
        pytest.param("import copy\ncopy.replace(C(), old=1)\n", True, id="copy.replace"),
        pytest.param("c = C()\nc._replace(old=1)\n", True, id="_replace"),
        pytest.param("def f(c): c._replace(old=1)\n", False, id="_replace of an unknown instance"),
    ],
)
def test_copy(source: str, likely: bool) -> None:
    source = "from dataclasses import replace\n" + HEAD + source
    (finding,) = check_refused(source, "instance-replace", phase=4, plan=RENAMED).findings
    assert (" if it is one" in finding.message) is not likely


def test_functions_have_no_instances() -> None:
    plan = calls("m:f", rename={"old": "new"})
    source = "from m import f\ndef g(x): return x._replace(old=f())\n"
    check_refused(source, "instance-replace", phase=4, plan=plan)
    check_noop(source, phase=4, plan=plan, signatures={"m:f": "new=0"})


# Subclasses.


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("class D(C):\n  def __init__(self, old): super().__init__(new=old)\nD(old=1)\n", id="its own constructor"),
        pytest.param("class D(C):\n  class E:\n    def __init__(self): super().__init__(old=1)\n", id="a class inside"),
        pytest.param("class B:\n  def __init__(self, old): ...\nclass D(B, C): ...\nD(old=1)\n", id="that of a class before"),
        pytest.param("@dataclass\nclass D(C):\n  old: int = 1\nD(old=1)\n", id="a field of its own"),
        pytest.param("class D(B):\n  def f(self, cls): cls(old=1); type(self)(old=1)\n", id="another base"),
        pytest.param("class D(C):\n  def f(self): return self.make(old=1), type(x)(old=1)\n", id="other calls"),
        pytest.param("C.__init__(c, new=1)\nC.make(old=1)\n", id="other members"),
    ],
)  # fmt: skip
def test_subclass_noop(source: str) -> None:
    check_noop(HEAD + source, phase=4, plan=RENAMED)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("class D(C):\n  def __init__(self): super().__init__(**{'old': 1})\n", id="literal mapping"),
        pytest.param("class D(C):\n  def __init__(self): C.__init__(self, old=1)\n", id="named constructor"),
        pytest.param("class D(C):\n  @classmethod\n  def f(cls): return cls(old=1)\n", id="cls"),
        pytest.param("class D(C):\n  def f(self): return type(self)(old=1)\n", id="type(self)"),
        pytest.param("class D(C):\n  def f(self): return self.__class__(old=1)\n", id="__class__"),
        pytest.param("class D(C):\n  @classmethod\n  def f(klass): return klass(old=1)\n", id="cls by another name"),
        pytest.param("class D(C):\n  def f(self): return __class__(old=1)\n", id="__class__ itself"),
        pytest.param("from functools import partial\nfrom app.other import E\npartial(E, old=1)\n", id="partial"),
        pytest.param("class D(C[int]): ...\nD(old=1)\n", id="generic"),
        pytest.param("class B: ...\nclass D(B, C): ...\nD(old=1)\n", id="behind one without a constructor"),
        pytest.param("class B:\n  def __init__(self, **kw): ...\nclass D(B, C): ...\nD(old=1)\n", id="behind one that may pass it on"),
        pytest.param("@dataclass\nclass D(C):\n  other: int = 1\nD(old=1)\n", id="another field of its own"),
        pytest.param("class D(C):\n  old: int\nD(old=1)\n", id="annotated alone"),
        pytest.param("from app.other import E\nclass D(E):\n  def __init__(self): super().__init__(old=1)\n", id="of a subclass elsewhere"),
        pytest.param("from app.other import E\nE(old=1)\n", id="a subclass elsewhere"),
        pytest.param("import app.other\napp.other.E(old=1)\n", id="through its module"),
    ],
)  # fmt: skip
def test_subclass(source: str) -> None:
    subclasses = (("app.other.E", "m.C"),)
    check_refused(HEAD + source, "subclass-super", phase=4, plan=RENAMED, subclasses=subclasses)


@pytest.mark.parametrize(
    ("call", "change", "code", "does"),
    [
        pytest.param(
            "super().__init__(1, 2)", {"keyword_only": ["b"]},
            "subclass-super", "passes 'b' on to m:C by position; name it by hand", id="by position",
        ),
        pytest.param(
            "C.__init__(self, 1, 2)", {"keyword_only": ["b"]},
            "subclass-super", "passes 'b' on to m:C by position; name it by hand", id="behind self",
        ),
        pytest.param(
            "super().__init__(*x)", {"keyword_only": ["b"]},
            "positional-argument", "passes positional arguments on to m:C; see that 'b' is not among them", id="starred",
        ),
        pytest.param(
            "super().__init__(1)", {"add": {"b": "0"}},
            "subclass-super", "passes no 'b' on to m:C; add it by hand", id="added",
        ),
        pytest.param(
            "super().__init__(**x)", {"add": {"b": "0"}},
            "keyword-spread", "passes a mapping on to m:C; see that it has 'b'", id="added to a mapping",
        ),
    ],
)  # fmt: skip
def test_what_a_subclass_passes_on(call: str, change: dict[str, Any], code: str, does: str) -> None:
    how: dict[str, Any] = {"phase": 4, "plan": calls("m:C", **change), "signatures": {"m:C": "a, b=0"}}
    source = f"{HEAD}class D(C):\n  def __init__(self, *x, **y): {{}}\n"
    (finding,) = check_refused(source.format(call), code, **how).findings
    assert finding.message.partition(" ")[2].removeprefix("call ") == does
    check_noop(source.format("super().__init__(1, b=2)"), **how)


@pytest.mark.parametrize("call", ["D(1, 2)", "functools.partial(D, 1, 2)", "E(1, 2)"])
def test_positions_of_a_subclass(call: str) -> None:
    source = f"import functools\nfrom app.other import E\n{HEAD}class D(C): ...\n{call}\n"
    how: dict[str, Any] = {"plan": calls("m:C", keyword_only=["b"]), "signatures": {"m:C": "a, b=0"}}
    check_refused(source, "subclass-super", phase=4, subclasses=(("app.other.E", "m.C"), ("app.main.D", "m.C")), **how)


def test_a_subclass_that_passes_a_mapping_on() -> None:
    source = HEAD + "class D(C):\n  def __init__(self, **more): super().__init__(**more)\n"
    check_refused(source, "keyword-spread", phase=4, plan=RENAMED)


def test_a_subclass_that_is_passed_on() -> None:
    source = "from app.other import E\npool.submit(E, old=1)\n"
    check_refused(source, "unsupported-call", phase=4, plan=RENAMED, subclasses=(("app.other.E", "m.C"),))


def test_cls_in_the_class_itself() -> None:
    source = "class C:\n  @classmethod\n  def make(cls): return cls(old=1)\n"
    check_refused(source, "subclass-super", phase=4, plan=RENAMED, path="m.py")


def test_subclasses_are_told_to_other_modules() -> None:
    source = (
        HEAD + "class D(C):\n  class E(C): ...\nclass F(C):\n  def __init__(self): ...\ndef f():\n  class G(C): ...\n"
    )
    result = check_noop(source, phase=4, plan=RENAMED)
    assert result.subclasses == {("app.main.D", "m.C"), ("app.main.D.E", "m.C")}
