"""Where a callee is defined, and what its definition takes; Python's own `inspect` is asked for the same."""

from __future__ import annotations

import inspect
import sys
from typing import Any

import pytest

from migrate.definitions.lookup import Definitions, Unknown
from migrate.refs import ObjectRef
from migrate.signatures import Parameter, Signature


def look_up(ref: str, **files: str) -> Signature | Unknown:
    sources = {
        name.replace("__", "/").replace("/init/", "/__init__") + ".py": text.encode() for name, text in files.items()
    }
    return Definitions(("src", "."), sources.get).signature(ObjectRef.parse(ref))


IMPORTS = "from dataclasses import *\nfrom dataclasses import MISSING, dataclass, field\n"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        pytest.param("", "m.py does not define f", id="not there"),
        pytest.param("f = 1\n", "what f is in m.py:1 only running it could tell", id="a value"),
        pytest.param("f = make()\n", "what f is in m.py:1 only running it could tell", id="made by a call"),
        pytest.param("f, g = 1, 2\n", "what f is in m.py:1 only running it could tell", id="unpacked"),
        pytest.param("for f in x: pass\n", "what f is in m.py:1 only running it could tell", id="loop"),
        pytest.param("def f(): ...\nf = wrap(f)\n", "f is bound more than once in m.py", id="wrapped"),
        pytest.param("if x:\n  def f(): ...\nelse:\n  def f(a): ...\n", "f is bound more than once in m.py", id="either or"),
        pytest.param("try:\n  from x import f\nexcept ImportError:\n  def f(): ...\n", "f is bound more than once in m.py", id="fallback"),
        pytest.param("def f(:\n", "m.py:1 does not parse", id="does not parse"),
        pytest.param("from x import f\n", "x is not in this repository", id="from elsewhere"),
        pytest.param("from m import f\n", "m.f is imported in a circle", id="circle"),
        pytest.param("from x import *\n", "the star import in m.py:1 may bind f", id="star from elsewhere"),
        pytest.param("f = g\ng = f\n", "m.f is imported in a circle", id="aliases in a circle"),
        pytest.param("@wrap\ndef f(): ...\n", "f is decorated with @wrap at m.py:1", id="decorator"),
        pytest.param("import functools\n@functools.wraps(g)\ndef f(): ...\n", "f is decorated with @functools.wraps(g) at m.py:2", id="wraps"),
        pytest.param("@wrap\nclass f: ...\n", "f is decorated with @wrap at m.py:1", id="decorated class"),
        pytest.param("from x import B\nclass f(B): ...\n", "f inherits from x.B, which is not in this repository", id="base from elsewhere"),
        pytest.param("class f(Exception): ...\n", "f inherits from Exception, which is not in this repository", id="built-in base"),
        pytest.param("class f(make()): ...\n", "f inherits from make(), which only running it could tell", id="made base"),
        pytest.param("class f(x[0].B): ...\n", "f inherits from x[0].B, which only running it could tell", id="unnamed base"),
        pytest.param("from enum import Enum\nclass f(Enum): ...\n", "f is an enumeration", id="enum"),
        pytest.param("class f(metaclass=M): ...\n", "f has a metaclass of its own", id="metaclass"),
        pytest.param("class f(f): ...\n", "f inherits from itself", id="its own base"),
        pytest.param("class A: ...\nclass B(A): ...\nclass f(A, B): ...\n", "the base classes of f are in no consistent order", id="no order"),
        pytest.param("class f:\n  def __init__(self, a): ...\n  def __new__(cls): ...\n", "f has both __new__ and __init__", id="two constructors"),
        pytest.param("class f:\n  __init__ = g\n", "m.py:2 does not tell what g is", id="assigned constructor"),
        pytest.param("def g(): ...\nclass f:\n  __init__ = print\n", "f.__init__ is assigned at m.py:3", id="builtin constructor"),
        pytest.param("class A: ...\nclass f:\n  __init__ = A\n", "f.__init__ is no function", id="a class for a constructor"),
        pytest.param("class f:\n  if x:\n    def __init__(self): ...\n  else:\n    def __init__(self, a): ...\n", "__init__ is bound more than once in m.py", id="either constructor"),
        pytest.param("from dataclasses import dataclass\n@dataclass\nclass f:\n  a: int\n  def __new__(cls): ...\n", "f has both __new__ and __init__", id="dataclass with __new__"),
        pytest.param("from dataclasses import dataclass\nfrom x import B\n@dataclass\nclass f(B):\n  a: int\n", "f inherits from x.B, which is not in this repository", id="dataclass with a base from elsewhere"),
        pytest.param("@wrap\nclass B: ...\nclass f(B): ...\n", "B is decorated with @wrap at m.py:1", id="decorated base"),
        pytest.param("async def f(): yield\ndel f\nf = 1\n", "f is bound more than once in m.py", id="bound again"),
        pytest.param("def f(): ...\nclass A:\n  global f\n  def f(): ...\n", "f is bound more than once in m.py", id="bound again by a class"),
        pytest.param("def f(): ...\ndef g():\n  global f\n  f = print\n", "f is bound more than once in m.py", id="bound again by a function"),
        pytest.param("def g():\n  global f\n  def f(): ...\n", "what f is in m.py:3 only running it could tell", id="bound by a function"),
        pytest.param("def g():\n  global f\n  x = 1\n  f = x\n", "m.py:4 does not tell what x is", id="a local of a function"),
        pytest.param("f = a if x else b\n", "what f is in m.py:1 only running it could tell", id="one of two"),
        pytest.param("import os as f\n", "os is not in this repository", id="a module from elsewhere"),
        pytest.param("import m as f\n", "m is a module", id="a module"),
        pytest.param("import collections\nf = collections.abc.Set\n", "collections.abc is not in this repository", id="part of a module from elsewhere"),
        pytest.param("f = len\n", "builtins is not in this repository", id="built in"),
        pytest.param("from typing_extensions import final as f\n", "typing is not in this repository", id="known by name"),
        pytest.param("def f(x, x): ...\n@f\ndef g(f): ...\n", "m.py:1 does not parse", id="rejected parameters"),
        pytest.param("from x import *\n@y\ndef f(): ...\n", "f is decorated with @y at m.py:2", id="decorator by a star"),
        pytest.param("def f(): ...\nfrom x import *\n", "the star import in m.py:2 may bind f", id="perhaps bound again by a star"),
        pytest.param("from typing import overload\n@overload\ndef f(): ...\n", "f is decorated with @overload at m.py:2", id="overloads alone"),
        pytest.param("def final(f): return 1\n@final\ndef f(): ...\n", "f is decorated with @final at m.py:2", id="another decorator of a known name"),
        pytest.param("from typing import final\n@final()\ndef f(): ...\n", "f is decorated with @final() at m.py:2", id="called decorator"),
        pytest.param("class f(f2): ...\nclass f2(f): ...\n", "f inherits from itself", id="bases in a circle"),
        pytest.param("def g(): ...\nclass f(g): ...\n", "f inherits from g, which is no class", id="a function for a base"),
        pytest.param("from x import A\nclass B: ...\nclass C(make()):\n  def __init__(self): ...\nclass D(B, C): ...\nclass f(D): ...\n", "C inherits from make(), which only running it could tell", id="perhaps another base first"),
        pytest.param("from enum import Enum\nclass f(make(), Enum):\n  def __init__(self): ...\n", "f is an enumeration", id="enum behind a base that is not known"),
        pytest.param("from typing import TypedDict\nclass f(TypedDict):\n  a: int\n", "f is a TypedDict", id="TypedDict"),
        pytest.param("class f(str):\n  def __init__(self, a): ...\n", "f inherits from str, which is not in this repository", id="__init__ of a built-in that checks arguments"),
        pytest.param("class B:\n  def __new__(cls, a): ...\nclass f(B):\n  def __init__(self, a, b): ...\n", "f has both __new__ and __init__", id="inherited __new__"),
        pytest.param("class M(type): ...\nclass B(metaclass=M): ...\nclass f(B):\n  def __init__(self): ...\n", "B has a metaclass of its own", id="inherited metaclass"),
        pytest.param("class f(**k): ...\n", "f may have a metaclass of its own", id="metaclass in a mapping"),
        pytest.param("class f:\n  if x:\n    def __init__(self): ...\n", "f.__init__ is bound under a condition at m.py:3", id="perhaps a constructor"),
        pytest.param("class f:\n  def __init__(self): ...\nf.__init__ = g\n", "f.__init__ is assigned again in m.py", id="constructor assigned again"),
        pytest.param("class B:\n  def __init_subclass__(cls): cls.__init__ = g\nclass f(B):\n  def __init__(self): ...\n", "__init__ is assigned at m.py:2", id="constructor assigned by a base"),
        pytest.param("class f:\n  __init__ = None\n", "what __init__ is in m.py:2 only running it could tell", id="no constructor"),
        pytest.param("class f:\n  def __init__(): ...\n", "__init__ at m.py:2 takes no first argument", id="constructor without self"),
        pytest.param("class f:\n  @classmethod\n  def __init__(cls): ...\n", "f.__init__ is a classmethod", id="constructor of the class"),
        pytest.param(f"{IMPORTS}@dataclass(init=x)\nclass f: ...\n", "what init is in m.py:3 only running it could tell", id="computed option"),
        pytest.param(f"{IMPORTS}@dataclass(**x)\nclass f: ...\n", "the options in m.py:3 only running it could tell", id="options in a mapping"),
        pytest.param(f"{IMPORTS}@dataclass\nclass f:\n  a: int = field(init=x)\n", "what init is in m.py:5 only running it could tell", id="computed option of a field"),
        pytest.param(f"{IMPORTS}@dataclass\nclass f:\n  a: int = field(**x)\n", "the options in m.py:5 only running it could tell", id="options of a field in a mapping"),
        pytest.param(f"{IMPORTS}@dataclass\nclass f:\n  a: int = field(default=MISSING)\n", "the default of f.a only running it could tell", id="missing default"),
        pytest.param(f"{IMPORTS}def make(): ...\n@dataclass\nclass f:\n  a: int = make()\n", "the default of f.a only running it could tell", id="field that a function makes"),
        pytest.param(f"{IMPORTS}@dataclass\nclass f:\n  a: int = x.json_field()\n", "the default of f.a only running it could tell", id="field of another library"),
        pytest.param(f"{IMPORTS}class B:\n  a = field()\n@dataclass\nclass f(B):\n  a: int\n", "the default of f.a only running it could tell", id="field of a base that is no dataclass"),
        pytest.param(f"{IMPORTS}@dataclass\nclass f:\n  if x:\n    a: int\n", "f has fields under a condition at m.py:6", id="perhaps a field"),
        pytest.param(f"{IMPORTS}@dataclass\nclass f:\n  a: int\n  a, b = x\n", "f.a is bound under a condition at m.py:6", id="unpacked default"),
        pytest.param("f = " + "(" * 150 + "lambda: 0" + ")" * 150 + "\n", "what f is in m.py:1 only running it could tell", id="lambda"),
    ],
)  # fmt: skip
def test_unknown(source: str, reason: str) -> None:
    assert look_up("m:f", m=source) == Unknown(reason)


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        pytest.param("x:f", "x is not in this repository", id="module"),
        pytest.param("m:A.f", "A has no 'f'", id="method"),
        pytest.param("m:g.f", "g in m.py is no class", id="inside of a function"),
        pytest.param("m:B.f", "B inherits from x.C, which is not in this repository", id="perhaps inherited"),
        pytest.param("m:A.p", "p is decorated with @property at m.py:6", id="property"),
        pytest.param("m", "m is a module", id="the module itself"),
        pytest.param("m:D.s", "D.s is assigned at m.py:12", id="a method of another class"),
        pytest.param("m:D.r", "D.r is assigned at m.py:13", id="a function for a method"),
        pytest.param("m:D.__init__", "the __init__ of D is made by @dataclass", id="made constructor"),
        pytest.param("m:D.h", "D.h is bound under a condition at m.py:17", id="perhaps a method"),
        pytest.param("m:D.i", "i is decorated with @staticmethod at m.py:19", id="wrapped static method"),
        pytest.param("m:D.j", "j at m.py:22 takes no first argument", id="class method without cls"),
        pytest.param("m:D.k", "D.k is assigned again in m.py", id="method assigned again"),
        pytest.param("m:D.I.l", "m.py:15 does not tell what q is", id="a name of the class around"),
        pytest.param("m:E.s", "E is decorated with @g at m.py:25", id="method of a decorated class"),
    ],
)
def test_unknown_objects(ref: str, reason: str) -> None:
    source = """\
from x import C
def g(): ...
class B(C): ...
class A:
  a = 1
  @property
  def p(self): ...
import functools, dataclasses
@dataclasses.dataclass
class D:
  q = C
  s = F.s
  r = g
  class I:
    l = q
  if q:
    def h(self): ...
  @functools.cache
  @staticmethod
  def i(): ...
  @classmethod
  def j(): ...
  def k(self): ...
D.k = g
@g
class E:
  def s(self): ...
class F:
  @staticmethod
  def s(): ...
"""
    assert look_up(ref, m=source) == Unknown(reason)


FUNCTIONS = """\
import abc, contextlib, functools, typing
from functools import lru_cache as cached

def plain(a, b=1, *c, d, e=2, **f): ...
async def asynchronous(a, /, b): ...
@cached(maxsize=None)
def kept(a, *, b=None): ...
@contextlib.contextmanager
def managed(a): yield
@typing.overload
def overloaded(a: int) -> int: ...
@typing.overload
def overloaded(a: str, b: int) -> str: ...
def overloaded(a, b=0): ...
if typing.TYPE_CHECKING:
    def checked(): ...
def checked(a): ...
alias = plain

class Plain:
    def __init__(self, a, b=1): ...
    def method(self, a): ...
    @classmethod
    def made(cls, a): ...
    @staticmethod
    def static(a, b): ...
    @abc.abstractmethod
    def abstract(self, a): ...
    class Inner:
        def __init__(self, c): ...
        def method(self): ...
class New:
    def __new__(cls, a): ...
class Both:
    def __new__(cls, *args, **kwargs): return object.__new__(cls)
    def __init__(self, a): ...
class Nothing: ...
class Derived(Plain, abc.ABC): ...
class Further(Nothing, Derived): ...
class Own(Exception):
    def __init__(self, a): ...
class Generic(typing.Generic[typing.TypeVar("T")]):
    def __init__(self, a): ...
class Abstract(metaclass=abc.ABCMeta):
    def __init__(self, a): ...
class Left(Plain):
    def __init__(self, left): ...
class Right(Plain):
    def __init__(self, right): ...
class Diamond(Left, Right): ...
class Assigned:
    def _start(self, a): ...
    __init__ = _start
class Private:
    def __init__(self, __a, *__b, __c, __d__=0, **__e): ...
    def method(self, __a): ...
class __:
    def __init__(self, __a): ...
class Same:
    def __new__(cls, a): return object.__new__(cls)
    def __init__(self, a): ...
class Indexed:
    def __class_getitem__(cls, a): ...
    def __init_subclass__(cls, **kwargs): ...
    Other = Plain
    kind: type
class Typed(metaclass=type): ...
class Below(Indexed, make=1):
    def __init__(self, a): self.a = a
class Final:
    @typing.final
    @staticmethod
    def static(a): ...
    @staticmethod
    @functools.cache
    def kept(a): ...
class Between(Exception, Plain):
    def __init__(self, *, b): ...
class Above(Between): ...
for_types: int
def for_types(a): ...
none = None
def none(a): ...
"""
DATACLASSES = """\
import dataclasses as d
import typing
from dataclasses import KW_ONLY, InitVar, dataclass, field
from functools import total_ordering
from typing import ClassVar, NamedTuple

@dataclass
class Point:
    x: int
    y: int = 0
    size: ClassVar[int] = 1
    other: "ClassVar[int]" = 2
    third: typing.ClassVar = 3
    hidden: int = field(init=False, default=0)
    made: list = field(default_factory=list)
    extra: InitVar[int] = 0
    late: int = field(default=0, kw_only=True)
    unannotated = 5
    def method(self, a): ...
@d.dataclass(frozen=True, kw_only=True)
class Strict:
    a: int
    b: int = field(default=1, kw_only=False)
@dataclass()
class Third(Point):
    y: str = ""
    z: int = 1
    _: KW_ONLY
    w: int = d.field(default=2)
@dataclass(init=False)
class Uninitialised(Point):
    q: int = 0
@dataclass
class Written:
    a: int
    def __init__(self, b): ...
class Undecorated(Point):
    more: int = 1
class Pair(NamedTuple):
    left: int
    right: int = 1
class Sub(Pair): ...
CV = ClassVar
class Shadow: ...
@dataclass
class Markers:
    a: CV[int] = 1
    b: "CV[int]" = 1
    c: "not a type" = 1
    d: "Shadow" = 1
    e: Shadow = 1
@dataclass
class Defaults:
    b: int = field()
    a: int
    c: str
    d: int
    a = 5
    def c(self): ...
    d = d_ = 1
@dataclass
class Inherited(Defaults):
    a: str
    d: str
@dataclass
class Taken:
    a: int = 1
    b: int = field(default=1)
@dataclass
class TakenAway(Taken):
    a: int = field(default_factory=int)
    b: int = 0
@dataclass
class Again(TakenAway):
    a: str
    b: str
    __hash__: int
class Mixin:
    a = 1
@dataclass
class Mixed(Mixin):
    a: int
class Deeper(Mixin): ...
@total_ordering
@dataclass
class Deep(Deeper):
    b: int
    def __lt__(self, other): ...
@dataclass(slots=True)
class Slots:
    a: int = 1
@dataclass
class OfSlots(Slots):
    a: str
@dataclass
class NoField(Point):
    x: ClassVar[int] = 1
@dataclass
class Failed(ValueError):
    first: int
    args: tuple
    code: int = 0
@dataclass(kw_only=True)
class Loose:
    a: int
    b: int = field(default=1, kw_only=False)
class Passes(Loose):
    z: int = 0
@dataclass
class Changed(Loose):
    a: int = 1
@dataclass
class Both(Passes, Changed):
    q: int = field(default=1, kw_only=True)
@dataclass
class Private:
    __a: int
    __b: int = 1
    _: d.KW_ONLY
    MISSING: int = d.MISSING
@dataclass
class Made:
    a: Shadow = Shadow()
    b: int = int("1")
    c: int = "1".count("1")
    (e): int = 1
    e: int = 1
    e: str = 2
"""
POSTPONED = """\
from __future__ import annotations
import typing
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar
@dataclass
class Postponed:
    a: ClassVar[int] = 1
    b: "ClassVar[int]" = 1
    c: typing.ClassVar[int] = 1
    d: int = 1
    _: KW_ONLY
    e: int
"""


def executed(source: str) -> dict[str, Any]:
    module = sys.modules["m"] = type(sys)("m")
    try:
        exec(compile(source, "m.py", "exec", dont_inherit=True), module.__dict__)
    finally:
        del sys.modules["m"]
    return module.__dict__


def as_inspected(found: Signature) -> list[tuple[str, str, bool]]:
    parts = [(p.name, "POSITIONAL_ONLY", p.has_default) for p in found.positional_only]
    parts += [(p.name, "POSITIONAL_OR_KEYWORD", p.has_default) for p in found.positional]
    parts += [(found.args_name, "VAR_POSITIONAL", False)] if found.args_name else []
    parts += [(p.name, "KEYWORD_ONLY", p.has_default) for p in found.keyword_only]
    return [*parts, *([(found.kwargs_name, "VAR_KEYWORD", False)] if found.kwargs_name else [])]


def inspected(callee: Any) -> list[tuple[str, str, bool]]:
    found = inspect.signature(callee).parameters.values()
    return [(p.name, p.kind.name, p.default is not p.empty) for p in found]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        pytest.param(
            FUNCTIONS,
            "plain asynchronous kept managed overloaded checked alias Plain Plain.method Plain.made Plain.static "
            "Plain.abstract Plain.Inner Plain.Inner.method New Nothing Derived Derived.method Further Further.made Own "
            "Generic Abstract Diamond Diamond.static Assigned Private Private.method __ Same Indexed.__class_getitem__ "
            "Indexed.__init_subclass__ Indexed.Other Typed Below Final.static Final.kept Above for_types none New.__new__",
            id="functions and classes",
        ),
        pytest.param(
            DATACLASSES,
            "Point Point.method Strict Third Uninitialised Written Undecorated Pair Sub Markers Defaults Inherited Taken "
            "TakenAway Again Mixed Deep OfSlots NoField Failed Both Private Made",
            id="dataclasses",
        ),
        pytest.param(POSTPONED, "Postponed", id="annotations as strings"),
    ],
)
def test_as_python_sees_it(source: str, names: str) -> None:
    real = executed(source)
    for name in names.split():
        first, *rest = name.split(".")
        callee = real[first]
        for part in rest:
            callee = getattr(callee, part)
        found = look_up(f"m:{name}", m=source)
        assert isinstance(found, Signature), (name, found)
        assert as_inspected(found) == inspected(callee), name


def test_kinds() -> None:
    names = ("plain", "Plain", "Plain.method", "Plain.made", "Plain.static", "Assigned")
    found = [look_up(f"m:{name}", m=FUNCTIONS) for name in names]
    both = look_up("m:Both", m=FUNCTIONS)  # `inspect` shows what `__new__` takes, and Python asks both
    assert isinstance(both, Signature)
    assert str(both) == "(a)"
    kinds = [each.kind for each in found if isinstance(each, Signature)]
    assert kinds == ["function", "class", "method", "classmethod", "staticmethod", "class"]


F = Signature(positional=(Parameter("a", has_default=False),))


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"m": "from n import f\n", "n": "def f(a): ...\n"}, id="passed on"),
        pytest.param({"m": "from n import g as f\n", "n": "def g(a): ...\n"}, id="under another name"),
        pytest.param({"m": "import n\nf = n.g\n", "n": "def g(a): ...\n"}, id="assigned"),
        pytest.param({"m": "import n as o\nf: object = o.g\n", "n": "def g(a): ...\n"}, id="assigned with an annotation"),
        pytest.param({"m": "from n import *\n", "n": "def f(a): ...\n"}, id="star"),
        pytest.param({"m": "from n import *\nfrom o import *\n", "n": "def f(a): ...\n", "o": "x = 1\n"}, id="one of two stars"),
        pytest.param({"m": "from n import *\n", "n": "from o import *\n", "o": "def f(a): ...\n"}, id="star of a star"),
        pytest.param({"m": "from n import *\ndef f(a): ...\n", "n": "def f(b): ...\n"}, id="a star before it"),
        pytest.param({"m": "def f(a): ...\nfrom n import *\n", "n": "def g(b): ...\n"}, id="a star of other names behind it"),
        pytest.param({"m": "from n import *\nfrom o import *\n", "n": "from p import f\n", "o": "from p import f\n", "p": "def f(a): ...\n"}, id="the same by two stars"),
        pytest.param({"m": "try:\n  from n import f\nexcept ImportError:\n  from o import f\n", "n": "from o import f\n", "o": "def f(a): ...\n"}, id="the same in two ways"),
        pytest.param({"src__m": "from n import f\n", "src__n": "def f(a): ...\n"}, id="another source root"),
    ],
)  # fmt: skip
def test_through_modules(files: dict[str, str]) -> None:
    assert look_up("m:f", **files) == F


def test_packages() -> None:
    files = {"p/__init__.py": b"from .q import f\n", "p/q.py": b"def f(a): ...\n"}
    assert Definitions((".",), files.get).signature(ObjectRef("p", "f")) == F
    assert Definitions((".",), files.get).signature(ObjectRef("p.q", "f")) == F


def test_a_submodule_of_its_package() -> None:
    files = {
        "p/__init__.py": b"from . import q\n",
        "p/q.py": b"def f(a): ...\n",
        "m.py": b"import p\nf = p.q.f\ng = p.r.f\n",
        "p/r.py": b"x = (\n",
    }
    definitions = Definitions((".",), files.get)
    assert definitions.signature(ObjectRef("m", "f")) == definitions.signature(ObjectRef("p", "q.f")) == F
    assert definitions.signature(ObjectRef("m", "g")) == Unknown("p/r.py:1 does not parse")


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"m": "from n import *\n", "n": "from m import *\n"}, id="stars in a circle"),
        pytest.param({"m": "from n import *\n", "n": "x = (\n"}, id="star of what does not parse"),
        pytest.param({"m": "from n import *\n", "n": "globals()['f'] = 1\n"}, id="star of who knows what"),
    ],
)
def test_a_star_that_may_bind_it(files: dict[str, str]) -> None:
    assert look_up("m:f", **files) == Unknown("the star import in m.py:1 may bind f")


def test_a_built_in_name_beside_a_star() -> None:
    found = look_up("m:A.f", m="from x import *\nclass A(object):\n  @staticmethod\n  def f(a): ...\n")
    assert found == Signature(positional=F.positional, kind="staticmethod")


def test_a_standard_library_in_the_repository() -> None:
    files = {
        "m": "import abc\nclass f(abc.ABC):\n  def __init__(self, a): ...\n",
        "abc": "class ABC:\n  def __new__(cls): ...\n",
    }
    assert look_up("m:f", **files) == Signature(positional=F.positional, kind="class")


def test_two_stars_that_may_bind_it() -> None:
    files = {"m": "from n import *\nfrom o import *\n", "n": "def f(a): ...\n", "o": "def f(b): ...\n"}
    assert look_up("m:f", **files) == Unknown("several star imports in m.py may bind f")


def test_a_base_in_another_module() -> None:
    files = {"m": "import n\nclass f(n.B): ...\n", "n": "class B:\n  def __init__(self, a): ...\n"}
    found = look_up("m:f", **files)
    assert isinstance(found, Signature)
    assert str(found) == "(a)"


def test_nested_too_deeply() -> None:
    chain = "".join(f"class C{i}(C{i - 1}): ...\n" for i in range(1, 3000))
    found = look_up("m:C2999", m=f"class C0: ...\n{chain}")
    assert found == Unknown("m:C2999 is nested too deeply to be followed")


def test_a_module_is_read_once() -> None:
    read: list[str] = []

    def once(path: str) -> bytes | None:
        read.append(path)
        return b"def f(a): ...\ndef g(a): ...\n" if path == "m.py" else None

    definitions = Definitions((".",), once)
    assert definitions.signature(ObjectRef("m", "f")) == definitions.signature(ObjectRef("m", "g")) == F
    before = len(read)
    definitions.signature(ObjectRef("m", "f"))
    assert len(read) == before


@pytest.mark.parametrize(
    ("ref", "home"),
    [
        pytest.param("x:f", "", id="elsewhere"),
        pytest.param("m:h", "", id="not there"),
        pytest.param("m:g", "", id="inside of a class"),
        pytest.param("m:f", "n.f", id="passed on"),
        pytest.param("m:C.f", "n.A.f", id="member of what is passed on"),
        pytest.param("n:f", "n.f", id="at home"),
    ],
)
def test_home(ref: str, home: str) -> None:
    files = {"m.py": b"from n import f, A as C\ng = C.f\n", "n.py": b"def f(a): ...\nclass A:\n  def f(a): ...\n"}
    assert Definitions((".",), files.get).home(ObjectRef.parse(ref)) == home
