"""Where a callee is defined, and what its definition takes; Python's own `inspect` is asked for the same."""

from __future__ import annotations

import inspect
import sys
from typing import Any

import pytest

from migrate.definitions import Definitions, Unknown
from migrate.refs import ObjectRef
from migrate.signatures import Parameter, Signature


def look_up(ref: str, **files: str) -> Signature | Unknown:
    sources = {
        name.replace("__", "/").replace("/init/", "/__init__") + ".py": text.encode() for name, text in files.items()
    }
    return Definitions(("src", "."), sources.get).signature(ObjectRef.parse(ref))


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
        pytest.param("f = g\ng = f\n", "f in m.py is assigned in a circle", id="aliases in a circle"),
        pytest.param("@wrap\ndef f(): ...\n", "f is decorated with @wrap at m.py:1", id="decorator"),
        pytest.param("import functools\n@functools.wraps(g)\ndef f(): ...\n", "f is decorated with @functools.wraps(g) at m.py:2", id="wraps"),
        pytest.param("@wrap\nclass f: ...\n", "f is decorated with @wrap at m.py:1", id="decorated class"),
        pytest.param("from x import B\nclass f(B): ...\n", "f inherits from x.B, which is not in this repository", id="base from elsewhere"),
        pytest.param("class f(Exception): ...\n", "f inherits from Exception, which is not in this repository", id="built-in base"),
        pytest.param("class f(make()): ...\n", "f inherits from m.make, which is not in this repository", id="made base"),
        pytest.param("class f(x[0].B): ...\n", "f inherits from x[0].B, which is not in this repository", id="unnamed base"),
        pytest.param("from enum import Enum\nclass f(Enum): ...\n", "f is an enumeration", id="enum"),
        pytest.param("class f(metaclass=M): ...\n", "f has a metaclass of its own", id="metaclass"),
        pytest.param("class f(f): ...\n", "f inherits from itself", id="its own base"),
        pytest.param("class A: ...\nclass B(A): ...\nclass f(A, B): ...\n", "the base classes of f are in no consistent order", id="no order"),
        pytest.param("class f:\n  def __init__(self): ...\n  def __new__(cls): ...\n", "f has both __new__ and __init__", id="two constructors"),
        pytest.param("class f:\n  __init__ = g\n", "m.py does not define g", id="assigned constructor"),
        pytest.param("def g(): ...\nclass f:\n  __init__ = print\n", "m.py does not define print", id="builtin constructor"),
        pytest.param("class A: ...\nclass f:\n  __init__ = A\n", "f.__init__ is no function", id="a class for a constructor"),
        pytest.param("class f:\n  if x:\n    def __init__(self): ...\n  else:\n    def __init__(self, a): ...\n", "__init__ is bound more than once in m.py", id="either constructor"),
        pytest.param("from dataclasses import dataclass\n@dataclass\nclass f:\n  a: int\n  def __new__(cls): ...\n", "f is a dataclass with a __new__", id="dataclass with __new__"),
        pytest.param("from dataclasses import dataclass\nfrom x import B\n@dataclass\nclass f(B):\n  a: int\n", "f inherits from x.B, which is not in this repository", id="dataclass with a base from elsewhere"),
        pytest.param("@wrap\nclass B: ...\nclass f(B): ...\n", "B is decorated with @wrap at m.py:1", id="decorated base"),
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
    ],
)
def test_unknown_objects(ref: str, reason: str) -> None:
    source = "from x import C\ndef g(): ...\nclass B(C): ...\nclass A:\n  a = 1\n  @property\n  def p(self): ...\n"
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
"""
DATACLASSES = """\
import dataclasses as d
import typing
from dataclasses import KW_ONLY, InitVar, dataclass, field
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
            "Generic Abstract Diamond Diamond.static Assigned",
            id="functions and classes",
        ),
        pytest.param(
            DATACLASSES,
            "Point Point.method Strict Third Uninitialised Written Undecorated Pair",
            id="dataclasses",
        ),
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
        pytest.param({"src__m": "from n import f\n", "src__n": "def f(a): ...\n"}, id="another source root"),
    ],
)  # fmt: skip
def test_through_modules(files: dict[str, str]) -> None:
    assert look_up("m:f", **files) == F


def test_packages() -> None:
    files = {"p/__init__.py": b"from .q import f\n", "p/q.py": b"def f(a): ...\n"}
    assert Definitions((".",), files.get).signature(ObjectRef("p", "f")) == F
    assert Definitions((".",), files.get).signature(ObjectRef("p.q", "f")) == F


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
