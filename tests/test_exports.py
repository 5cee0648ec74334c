from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest

from migrate.exports import star_exports
from migrate.modules import file_of, module_of
from migrate.source import Source, UnparsableSource


def exports_in(folder: Path, module: str, seen: frozenset[str] = frozenset()) -> frozenset[str] | None:
    """`star_exports` of a module in a folder, followed through the others there."""
    path = file_of(module, ["."], lambda path: (folder / path).is_file())
    if path is None or module in seen:
        return None
    try:
        tree = Source((folder / path).read_bytes()).parse()
    except UnparsableSource:
        return None
    return star_exports(tree, module_of(path, ["."]), lambda name: exports_in(folder, name, seen | {module}))


def really_bound(folder: Path, modules: list[str]) -> dict[str, list[str] | None]:
    """What `from module import *` binds in CPython, by module; None where it fails."""
    code = f"""
import contextlib, io, json, sys
sys.path.insert(0, {str(folder)!r})
found = {{}}
before = set(sys.modules)
for module in {modules!r}:
    names = {{}}
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(f"from {{module}} import *", names)
        found[module] = sorted(names.keys() - {{"__builtins__", "__warningregistry__"}})
    except Exception:
        found[module] = None
print(json.dumps(found))
"""
    command = [sys.executable, "-I", "-S", "-B", "-W", "ignore", "-c", code]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


OTHERS = {
    "a/__init__.py": "",
    "a/one.py": "x = y = _z = 1\n",
    "a/two.py": "__all__ = ['p', '_q']\np = _q = r = 1\n",
    "a/open.py": "globals().update(k=1)\n",
}
"""Modules that are there in each case."""


def put(folder: Path, files: Mapping[str, str]) -> None:
    for path, text in {**OTHERS, **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


CERTAIN = [
        pytest.param("", "", id="empty"),
        pytest.param("a = _b = 1\nc, (d, *e) = 1, [2, 3]\nf: int = 1\ng: int\nh = 1\nh += 1", "a c d e f h", id="assignments"),
        pytest.param("def f(a): b = 1\nclass C:\n x = 1\n def g(self): y = 1\nasync def h(): pass\ndef _p(): pass", "f C h", id="definitions"),
        pytest.param("import os.path, sys as s\nfrom json import loads, dumps as d, load as _l", "os s loads d", id="imports"),
        pytest.param("@(d := lambda f: f)\ndef f(a=(b := 1)): c = (e := 2)", "d f b", id="walrus in a header"),
        pytest.param("if (x := 1): y = 1\nelse: y = 2", "x y", id="bound in every branch"),
        pytest.param("if x := []:\n y = 1\n z = 2\nelif 1: y = z = 3\nelse: y = z = 4", "x y z", id="elif"),
        pytest.param("a = 1\nif a: a = 2", "a", id="bound before"),
        pytest.param("a = 1\nif a - 1:\n raise ImportError\nb = 1", "a b", id="a branch that raises"),
        pytest.param("import sys\nif not sys: sys.exit()\nelse: b = 1", "sys b", id="a branch that exits"),
        pytest.param("from typing import TYPE_CHECKING\nif TYPE_CHECKING: import os\nelse: b = 1", "TYPE_CHECKING b", id="TYPE_CHECKING"),
        pytest.param("if not False: a = 1\nelse: b = 1", "a", id="not False"),
        pytest.param("if __name__ == '__main__': a = 1", "", id="as a script"),
        pytest.param("try: import nowhere as n\nexcept ImportError: n = None", "n", id="fallback"),
        pytest.param("try:\n import nowhere as n\nexcept ImportError as e:\n n = None\nelse: m = 1\nfinally: f = m = 1", "n f m", id="try"),
        pytest.param("try: import sys\nexcept ImportError: raise", "sys", id="handler that raises"),
        pytest.param("try: a = 1\nfinally: b = 1", "a b", id="finally alone"),
        pytest.param("for i in (1, 2): j = i\nfor i in range(3):\n pass\nelse: k = 1\ndel i\nj = 1", "j k", id="for"),
        pytest.param("for i in []: pass\ni = 1\nwhile i: i = 0", "i", id="while"),
        pytest.param("with open(__file__) as f: a = 1", "f a", id="with"),
        pytest.param("import contextlib as c\na = 1\nwith c.suppress(KeyError) as s: a = 2", "c a s", id="with that may swallow"),
        pytest.param("match [1]:\n case [x]: y = 1\n case _: x = y = 2", "x y", id="match"),
        pytest.param("a = b = 1\ndel a, (b)\nc = 1", "c", id="deleted"),
        pytest.param("x = [i for i in range(3)]\ny = lambda a: (b := a)", "x y", id="comprehension and lambda"),
        pytest.param("a = 1\ndef f():\n global a\n a = 2", "a f", id="global of what is bound"),
        pytest.param("a = 'b' in globals() or globals().get('b')\nb = globals()['a']", "a b", id="namespace that is read"),
        pytest.param("def f(): locals()['x'] = vars()\na = vars(f)\nexec('z = 1', {})", "f a", id="other namespaces"),
        pytest.param("import logging\nlog = logging.getLogger(__name__)", "logging log", id="logger"),
        pytest.param("from a.one import *", "x y", id="star"),
        pytest.param("from a.two import *", "p", id="star of a list, without what is private"),
        pytest.param("try: from a.one import *\nexcept ImportError: x = y = 1", "x y", id="star with a fallback"),
        pytest.param("def __getattr__(name):\n if name == 'b': return 1\n raise AttributeError\na = 1", "a", id="__getattr__ of other names"),
        pytest.param("__all__ = ['a', '_b']\na = _b = c = 1", "a _b", id="list"),
        pytest.param("__all__: tuple = ('a',)\na = 1\nif a: b = 1", "a", id="annotated tuple beside uncertain names"),
        pytest.param("__all__ = ['a'] + ['b']\n__all__ += ('c',)\n__all__.append('d')\n__all__.extend(['e', 'f'])\n__all__.remove('a')\nb = c = d = e = f = 1", "b c d e f", id="changes of a list"),
        pytest.param("__all__ = 'a b'.split()\n__all__ = sorted(__all__ + ['c'])\na = b = c = 1", "a b c", id="words"),
        pytest.param("import a.two\nfrom a.two import *\nfrom a.two import _q\n__all__ = [*a.two.__all__, 'c']\n__all__ += a.two.__all__\nc = 1", "p _q c", id="another module's list"),
        pytest.param("from a import two as t\nfrom a.two import *\n_q = 1\n__all__ = t.__all__ + ['c']\nc = 1", "p _q c", id="list of a module by an alias"),
        pytest.param("from a.two import *\nfrom a.two import __all__, _q", "p _q", id="imported list"),
        pytest.param("from a.two import *\nfrom a.two import __all__ as _a, _q\n__all__ = list(_a)", "p _q", id="imported list by an alias"),
        pytest.param("__all__ = ['a']\ndef __getattr__(name):\n if name in __all__: return 1", "a", id="listed and supplied"),
        pytest.param("__all__ = ['a']\na = len(__all__)\ndef __dir__(): return __all__\nb = [x for x in __all__]\nc = __all__[0]\nfor _x in __all__: pass", "a", id="list that is read"),
        pytest.param("a = 1\nif a: __all__ = ['a']\nelse: __all__ = ['a']", "a", id="the same list in both branches"),
        pytest.param("__all__ = ['a']\ndel __all__\nb = 1", "b", id="deleted list"),
]  # fmt: skip


PACKAGES = [
        pytest.param("from .sub import x", "x sub", id="from a submodule"),
        pytest.param("from .sub import x as _x\nfrom .deep.er import x as y", "sub deep y", id="from a deeper submodule"),
        pytest.param("from . import sub", "sub", id="submodule"),
        pytest.param("import pkg.sub as s", "s sub", id="absolute import"),
        pytest.param("from pkg.sub import *", "x y sub", id="star of a submodule"),
        pytest.param("from .sub import x\ndel sub", "x", id="deleted submodule"),
        pytest.param("import pkg\nfrom json import loads", "pkg loads", id="no submodule"),
        pytest.param("from .sub import *\nfrom .sub import x\n__all__ = ['x']", "x", id="list"),
        pytest.param("from . import sub\n__all__ = sub.__all__ + ['sub']\nx = y = 1", "x y sub", id="list of a submodule"),
]  # fmt: skip
"""Texts of a package's `__init__`."""


def package(name: str, text: str) -> dict[str, str]:
    return {
        f"{name}/__init__.py": text.replace("pkg", name) + "\n",
        f"{name}/sub.py": "__all__ = ['x', 'y']\nx = y = z = 1\n",
        f"{name}/deep/__init__.py": "",
        f"{name}/deep/er.py": "x = 1\n",
    }


@pytest.mark.parametrize(("text", "names"), CERTAIN)
def test_certain(text: str, names: str, tmp_path: Path) -> None:
    put(tmp_path, {"m.py": text + "\n"})
    assert exports_in(tmp_path, "m") == frozenset(names.split())


@pytest.mark.parametrize(("text", "names"), PACKAGES)
def test_packages(text: str, names: str, tmp_path: Path) -> None:
    put(tmp_path, package("pkg", text))
    assert exports_in(tmp_path, "pkg") == frozenset(names.split())


def test_cpython_agrees(tmp_path: Path) -> None:
    expected: dict[str, str] = {}
    for number, case in enumerate([*CERTAIN, *PACKAGES]):
        text, names = map(str, case.values)
        put(tmp_path, package(f"pkg{number}", text) if case in PACKAGES else {f"m{number}.py": text + "\n"})
        expected[f"pkg{number}" if case in PACKAGES else f"m{number}"] = names.replace("pkg", f"pkg{number}")
    assert really_bound(tmp_path, list(expected)) == {m: sorted(names.split()) for m, names in expected.items()}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import sys\nif sys: a = 1", id="one branch"),
        pytest.param("import sys\nif sys: a = 1\nelse: b = 1", id="each branch another name"),
        pytest.param("try: import nowhere\nexcept ImportError: pass", id="no fallback"),
        pytest.param("try:\n a = 1\n b = 2\n del a\nexcept KeyError: b = 3", id="left over in a body that fails"),
        pytest.param("try: pass\nexcept* KeyError: b = 3", id="except*"),
        pytest.param("for i in range(3): pass", id="for"),
        pytest.param("for i in (1, 2):\n if i: break\n a = 1", id="body of a for"),
        pytest.param("i = 1\nwhile i:\n a = i\n i = 0", id="while"),
        pytest.param("import contextlib as c\nwith c.suppress(KeyError): a = 1", id="with that may swallow"),
        pytest.param("match 1:\n case 2: a = 1", id="match"),
        pytest.param("match {1: 2}:\n case {1: [3, *x] as z, **y}: pass\n case _: x = 1", id="captures"),
        pytest.param("a = 1 and (b := 2)", id="walrus behind and"),
        pytest.param("a = 1 if 1 else (b := 2)", id="walrus behind else"),
        pytest.param("__all__ = []\nx = 0 and (__all__ := [1])", id="list behind and"),
        pytest.param("x = [y := i for i in range(3)]", id="walrus in a comprehension"),
        pytest.param("def f():\n global a\n a = 2\nf()", id="bound by a function"),
        pytest.param("a = 1\ndef f():\n global a\n del a\nf()", id="deleted by a function"),
        pytest.param("globals()['a'] = 1", id="globals()"),
        pytest.param("globals().update(a=1)", id="globals().update"),
        pytest.param("g = globals\ng()['a'] = 1", id="globals by another name"),
        pytest.param("vars()['a'] = 1", id="vars()"),
        pytest.param("def f(g): g['a'] = 1\nf(globals())", id="globals() handed on"),
        pytest.param("exec('a = 1')", id="exec"),
        pytest.param("import sys\nsetattr(sys.modules[__name__], 'a', 1)", id="the module itself"),
        pytest.param("import sys\ndef f(name): sys.modules[name].a = 1\nf(name=__name__)", id="the module's name handed on"),
        pytest.param("import enum\n@enum.global_enum\nclass E(enum.Enum):\n A = 1", id="global_enum"),
        pytest.param("from a.open import *", id="star of what is not certain"),
        pytest.param("from sys import *", id="star of a module elsewhere"),
        pytest.param("from m import *", id="star of itself"),
        pytest.param("from . import x", id="relative import without a package"),
        pytest.param("import a.two\ndef __getattr__(name): return getattr(a.two, name)", id="__getattr__ of all names"),
        pytest.param("a = 1\nlist.append([], '__all__')", id="list by its name"),
        pytest.param("raise ImportError\na = 1", id="fails"),
        pytest.param("if 1: raise ImportError\nelse: a = 1", id="fails in a branch"),
        pytest.param("a = 1\nprint([__name__][:0], end=__name__[:0])\nf = exec\nf('b = 1')", id="exec by another name"),
        pytest.param("(", id="cannot be parsed"),
        pytest.param("__all__ = [n for n in dir()]", id="computed list"),
        pytest.param("__all__ = ['a', str(1)]\na = 1", id="computed element"),
        pytest.param("import a.open\n__all__ = a.open.__all__", id="list of what is not certain"),
        pytest.param("import sys\n__all__ = []\nif sys:\n __all__ += ['sys']", id="list changed in a branch"),
        pytest.param("__all__ = []\nfor __all__ in ['a'], ['b']: pass\na = b = 1", id="list in a loop"),
        pytest.param("__all__ = []\ndef public(f):\n __all__.append(f.__name__)\n@public\ndef f(): pass", id="list changed by a function"),
        pytest.param("__all__ = other = []\nother.append('a')\na = 1", id="list with another name"),
        pytest.param("__all__ = []\nprint(*__all__, end='')\nx = __all__\nx.append('x')", id="list given another name"),
        pytest.param("__all__ = ['a']\n__all__[0] = 'b'\na = b = 1", id="list with an element replaced"),
        pytest.param("if 1 < 2: __all__ = ['a']\na = 1", id="list in a branch"),
        pytest.param("def f():\n global __all__\n __all__ = ['a']\nf()\na = b = 1", id="list by a function"),
        pytest.param("__all__ = ['a']\n__all__.remove(str(1))\na = 1", id="computed removal"),
    ],
)  # fmt: skip
def test_not_certain(text: str, tmp_path: Path) -> None:
    put(tmp_path, {"m.py": text + "\n"})
    assert exports_in(tmp_path, "m") is None


UNSAFE = {"antigravity", "this", "idlelib", "turtle", "turtledemo", "tkinter", "test", "site", "__main__", "lib2to3"}


@pytest.mark.unmeasured
def test_the_standard_library() -> None:
    root = Path(sysconfig.get_path("stdlib"))
    modules = sorted(n for n in sys.stdlib_module_names - UNSAFE if file_of(n, ["."], lambda p: (root / p).is_file()))
    expected = {module: exports_in(root, module) for module in modules}
    bound = really_bound(root, modules)
    certain = {m: names for m, names in expected.items() if names is not None and bound[m] is not None}
    assert len(certain) > 0.7 * len(modules)
    wrong = {m: names ^ set(bound[m] or ()) for m, names in certain.items()}
    # Submodules that other modules have loaded are attributes, too.
    loaded = {
        m: {n for n in names if file_of(f"{m}.{n}", ["."], lambda p: (root / p).is_file())}
        for m, names in wrong.items()
    }
    assert {m: names - loaded[m] for m, names in wrong.items() if names - loaded[m]} == {}
