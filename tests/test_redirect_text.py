"""What a redirect's text is in each style, how formatters, linters and type checkers see it, what it may not bind."""

from __future__ import annotations

import ast
import builtins
import re
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from migrate.errors import PlanError
from migrate.exports import star_exports
from migrate.modules import ModuleName
from migrate.plan import load_plan, parse_plan
from migrate.plan_redirects import Redirect
from migrate.redirect_text import RESERVED, redirect_text

pytestmark = pytest.mark.processes_unmeasured

ROOT = Path(__file__).parents[1]
STYLES = ["none", "import", "lazy"]
EXPORTS = ["shop.basket:Basket as Cart", "shop.pay:checkout", "shop.pay:refund"]
LONG = "shop.departments.household.kitchen.containers.baskets"

NONE = '''\
"""DEPRECATED: use shop.basket."""
from shop.basket import Basket as Cart
from shop.pay import checkout
from shop.pay import refund

__all__ = ["Cart", "checkout", "refund"]
'''

IMPORT = '''\
"""DEPRECATED: use shop.basket."""

import warnings as _warnings

from shop.basket import Basket as Cart
from shop.pay import checkout, refund

# Level 2 is the line that imports this module: Python leaves out the frames of
# importlib in between.
_warnings.warn(
    f"{__name__} is deprecated; import Basket from shop.basket and checkout, refund from shop.pay",
    DeprecationWarning,
    stacklevel=2,
)

__all__ = ["Cart", "checkout", "refund"]
'''

LAZY = '''\
"""DEPRECATED: use shop.basket."""

import typing as _typing

if _typing.TYPE_CHECKING:
    from shop.basket import Basket as Cart
    from shop.pay import checkout, refund
else:
    import importlib as _importlib
    import warnings as _warnings

    _HOMES = {
        "Cart": "shop.basket:Basket",
        "checkout": "shop.pay:checkout",
        "refund": "shop.pay:refund",
    }

    def __getattr__(name: str) -> object:
        """Import what is used from its home, and warn at that line (PEP 562)."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        home, attribute = _HOMES[name].split(":")
        # Level 2 is the line that uses the name: Python leaves out the frames of
        # importlib that `from ... import` may have in between. Nothing is kept here,
        # so that each such line is told; how often, the warning filters decide.
        _warnings.warn(
            f"{__name__}.{name} is deprecated; import {attribute} from {home}",
            DeprecationWarning,
            stacklevel=2,
        )
        try:
            module = _importlib.import_module(home)
            if hasattr(module, "__path__") and not hasattr(module, attribute):
                return _importlib.import_module(f"{home}.{attribute}")
            return getattr(module, attribute)
        except AttributeError as error:
            # As it is, it would tell of an unknown name here, and nothing of the home.
            message = f"cannot import name {attribute!r} from {home!r}"
            raise ImportError(message) from error

    def __dir__() -> list[str]:
        return sorted({*globals(), *_HOMES})


__all__ = ["Cart", "checkout", "refund"]
'''
TEXTS = {"none": NONE, "import": IMPORT, "lazy": LAZY}


def make(warn: str, exports: Sequence[str] = EXPORTS, docstring: str = "DEPRECATED: use shop.basket.") -> Redirect:
    data: dict[str, Any] = {"module": "shop.cart", "docstring": docstring, "exports": list(exports), "warn": warn}
    return Redirect(**data)


@pytest.mark.parametrize("warn", STYLES)
def test_text(warn: str) -> None:
    assert make(warn).text() == TEXTS[warn]


def test_none_is_the_default() -> None:
    redirect = Redirect(module="shop.cart", docstring="DEPRECATED: use shop.basket.", exports=EXPORTS)
    assert redirect.warn == "none"
    assert redirect.text() == NONE


def test_the_seed_does_not_warn() -> None:
    assert {redirect.warn for redirect in load_plan(ROOT / "plans" / "issue-620.toml").redirects} == {"none"}


@pytest.mark.parametrize("warn", STYLES)
def test_documented(warn: str) -> None:
    documented = (ROOT / "docs" / "plan.md").read_text()
    assert f"```python\n{TEXTS[warn]}```\n" in documented


@pytest.mark.parametrize(
    ("exports", "advice"),
    [
        pytest.param(["a:B"], "import B from a", id="one"),
        pytest.param(["a:B as C"], "import B from a", id="the name that it has at home"),
        pytest.param(["a:B", "a:B as C"], "import B from a", id="one by two names"),
        pytest.param(["a:B", "c:D", "a:E"], "import B, E from a and D from c", id="by home"),
        pytest.param([f"a:N{i}" for i in range(5)], "import N0, N1, N2, N3, N4 from a", id="five"),
        pytest.param([f"a:N{i}" for i in range(6)], "import from a", id="too many to be named"),
        pytest.param([f"a{i % 2}:N{i}" for i in range(6)], "import from a0 or a1", id="too many from two homes"),
    ],
)
def test_advice(exports: list[str], advice: str) -> None:
    assert f'    f"{{__name__}} is deprecated; {advice}",\n' in make("import", exports).text()


# ------------------------------------------------------------------ formatters, linters, type checkers

LISTS = [
    pytest.param(["a:B"], id="one"),
    pytest.param(EXPORTS, id="three"),
    pytest.param(["shop:baskets", "shop.pay:checkout as pay"], id="submodule"),
    pytest.param(["größe:Größe", "größe:_maß as μ"], id="not ASCII"),
    pytest.param([f"shop.pay:name{i:02}" for i in range(30)], id="many from one home"),
    pytest.param([f"shop.m{i:02}:Name as Other{i:02}" for i in range(30)], id="many aliases"),
    pytest.param([f"{LONG}:TheVeryBestBasketEver as Basket", f"{LONG}:another_function_with_a_long_name"], id="long"),
    *(pytest.param([f"{LONG}:{'x' * n}"], id=f"a name of {n} characters") for n in range(13, 25)),
    *(pytest.param([f"a:{'x' * n}"], id=f"a name of {n} characters in __all__") for n in range(72, 78)),
]


@pytest.fixture
def written(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    (tmp_path / "import.py").write_text(make("import", request.param).text(), encoding="utf-8")
    (tmp_path / "lazy.py").write_text(make("lazy", request.param).text(), encoding="utf-8")
    return tmp_path


def tool(*command: str | Path) -> str:
    found = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True)
    return "" if found.returncode == 0 else found.stdout + found.stderr


@pytest.mark.parametrize("written", LISTS, indirect=True)
@pytest.mark.parametrize("options", [(), ("--line-length", "120")], ids=["88 columns", "120 columns"])
def test_formatted(written: Path, options: tuple[str, ...]) -> None:
    assert tool("ruff", "format", "--isolated", "--no-cache", "--diff", *options, written) == ""


@pytest.mark.parametrize("written", LISTS, indirect=True)
def test_linted(written: Path) -> None:
    """The plan's order of names is the one thing that a linter may want otherwise."""
    rules = ["--extend-select", "E4,E7,E9,F,B,UP,TC,PLC0414", "--ignore", "I001,RUF022,N999,PLC2401"]
    assert tool("ruff", "check", "--isolated", "--no-cache", *rules, written) == ""


@pytest.mark.parametrize("written", [EXPORTS], indirect=True)
def test_exports_in_order_are_linted(written: Path) -> None:
    assert tool("ruff", "check", "--isolated", "--no-cache", "--extend-select", "I001,RUF022", written) == ""


def test_type_checked(tmp_path: Path) -> None:
    """mypy sees the names with their types, and no others."""
    user = "from shop.cart import Cart, checkout, nothing\nimport shop.cart\nreveal_type(Cart().total())\n"
    user += "reveal_type(checkout)\nreveal_type(shop.cart.refund)\nshop.cart.other\nfrom shop.cart import *\nrefund\n"
    files = {
        "shop/__init__.py": "",
        "shop/basket.py": "class Basket:\n    def total(self) -> int:\n        return 1\n",
        "shop/pay.py": "def checkout(sum: int) -> str:\n    return str(sum)\n\nrefund = 2\n",
        "shop/cart.py": make("lazy").text(),
        "user.py": user,
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    options = ["--strict", "--no-error-summary", "--cache-dir", str(tmp_path / "cache")]
    command = [sys.executable, "-m", "mypy", *options, "user.py"]
    found = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    told = re.findall(
        r'^user.py:(\d+): (?:note: Revealed type is "(.*)"|error: .*\[(.*)\])$', found.stdout, re.MULTILINE
    )
    assert [(line, (revealed or error).replace("builtins.", "")) for line, revealed, error in told] == [
        ("1", "attr-defined"),
        ("3", "int"),
        ("4", "def (sum: int) -> str"),
        ("5", "int"),
        ("6", "attr-defined"),
    ], found


# ------------------------------------------------------------------ any export list


class Home(ModuleType):
    """A module that has whatever it is asked for."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return f"{self.__name__}:{name}"


@contextmanager
def homes(names: Sequence[str]) -> Iterator[None]:
    there = {part for name in names for part in (name, name.partition(".")[0])}
    before = {name: sys.modules.get(name) for name in there}
    sys.modules.update({name: Home(name) for name in there})
    try:
        yield
    finally:
        for name, module in before.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module


IDENTIFIERS = st.from_regex(r"[^\W\d]\w{0,8}", fullmatch=True)
EXPORT_LISTS = st.lists(
    st.builds(
        lambda home, inner, name, alias: f"home_{home}{inner and '.' + inner}:{name}{alias and ' as ' + alias}",
        st.sampled_from("abé"), IDENTIFIERS | st.just(""), IDENTIFIERS, IDENTIFIERS | st.just(""),
    ),
    min_size=1, max_size=8,
)  # fmt: skip


@given(EXPORT_LISTS, st.sampled_from(STYLES))
def test_any_exports(exports: list[str], warn: str) -> None:
    """The module has exactly the exports, with what each is at home; both when run and for those who only read it."""
    try:
        redirect = make(warn, exports)
    except ValidationError:
        return
    expected = {export.bound: f"{export.module}:{export.name}" for export in redirect.exports}
    tree = ast.parse(redirect.text())
    assert star_exports(tree, ModuleName("shop.cart", is_package=False), lambda name: None) == expected.keys()
    module = ModuleType("shop.cart")
    with homes([export.module for export in redirect.exports]), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        exec(compile(tree, "shop/cart.py", "exec"), vars(module))
        assert len(caught) == (warn == "import")
        assert {name: getattr(module, name) for name in expected} == expected
        assert len(caught) == {"none": 0, "import": 1, "lazy": len(expected)}[warn]
        assert {each.category for each in caught} <= {DeprecationWarning}
    assert module.__all__ == list(expected)
    own = {"_warnings", "_typing", "_importlib", "_HOMES"}
    assert {name for name in dir(module) if not name.startswith("__")} - own == {n for n in expected if n[:2] != "__"}


# ------------------------------------------------------------------ names that are taken


@pytest.mark.parametrize("warn", ["import", "lazy"])
def test_reserved(warn: str) -> None:
    """All names that the text binds or reads in the module, and no others but what a module has of its own."""
    tree = ast.parse(TEXTS[warn])
    local: set[str] = set()
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        arguments = {argument.arg for argument in function.args.args}
        stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        caught = {n.name for n in ast.walk(function) if isinstance(n, ast.ExceptHandler) and n.name}
        local |= arguments | stored | caught
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    used |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    used |= {a.asname for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names if a.asname}
    annotations = {"str", "object", "list"}  # read once, before anything can be set
    of_modules = RESERVED[warn] - (used - local - annotations)
    assert used - local - annotations == RESERVED[warn] - of_modules
    assert of_modules == set() if warn == "import" else of_modules >= {"__file__", "__doc__", "__path__", "__dict__"}
    assert all(hasattr(builtins, name) or name.startswith("_") for name in RESERVED[warn])


NEEDS = "which the redirect itself needs with warn = "
PLAN = '[plan]\nname = "p"\n[[phase1.redirect]]\nmodule = "a.old"\ndocstring = "Moved."\n'


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        pytest.param('warn = "never"\nexports = ["b:C"]', "warn: 'never' is not a choice; write 'none', 'import' or 'lazy'", id="no style"),
        pytest.param('warn = ""\nexports = ["b:C"]', "warn: '' is not a choice; write 'none', 'import' or 'lazy'", id="empty"),
        pytest.param('warn = true\nexports = ["b:C"]', 'warn: true or false; expected a string, e.g. "none"', id="a boolean"),
        pytest.param('warning = "lazy"\nexports = ["b:C"]', "warning: unknown key; did you mean 'warn'?", id="another key"),
        pytest.param('warn = "import"\nexports = ["b:C", "b:_warnings"]', f"exports[1]: binds '_warnings', {NEEDS}'import'; give it another alias", id="what the warning needs"),
        pytest.param('warn = "import"\nexports = ["b:C as DeprecationWarning"]', f"exports[0]: binds 'DeprecationWarning', {NEEDS}'import'; give it another alias", id="the warning itself"),
        pytest.param('warn = "lazy"\nexports = ["b:C as __getattr__"]', f"exports[0]: binds '__getattr__', {NEEDS}'lazy'; give it another alias", id="__getattr__"),
        pytest.param('warn = "lazy"\nexports = ["b:__doc__"]', f"exports[0]: binds '__doc__', {NEEDS}'lazy'; give it another alias", id="what every module has"),
        pytest.param('warn = "lazy"\nexports = ["a.old.x:x"]', "exports[0]: binds 'x', and loading a.old.x binds that to a submodule; give it another alias, or write warn = 'import'", id="a submodule of that name"),
        pytest.param('warn = "lazy"\nexports = ["b:x", "a.old.x.y:z"]', "exports[0]: binds 'x', and loading a.old.x.y binds that to a submodule; give it another alias, or write warn = 'import'", id="a submodule of that name for another export"),
    ],
)  # fmt: skip
def test_mistake(keys: str, line: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan(tomllib.loads(PLAN + keys), "migrate.toml")
    assert caught.value.mistakes == (f"migrate.toml: phase1.redirect[0].{line}",)


@pytest.mark.parametrize(
    ("warn", "exports"),
    [
        pytest.param("none", ["b:_warnings", "b:__getattr__", "b:__doc__"], id="nothing to need them for"),
        pytest.param("import", ["b:_typing", "b:__getattr__", "b:_HOMES"], id="needed by the other style"),
        pytest.param("import", ["shop.cart.x:x"], id="the import comes behind the submodule"),
        pytest.param("lazy", ["b:_warnings as warnings", "b:__version__", "b:TYPE_CHECKING"], id="other names"),
        pytest.param("lazy", ["shop.cart.x:y", "shop.cartz:z", "shop.cart.xy:xyz"], id="another submodule"),
    ],
)
def test_no_mistake(warn: str, exports: list[str]) -> None:
    assert make(warn, exports).warn == warn


def test_text_of_no_plan() -> None:
    """The function is what the model calls."""
    redirect = make("lazy")
    assert redirect_text("lazy", redirect.docstring, redirect.exports) == LAZY
