"""Phase 3 where a string names what moves."""

from __future__ import annotations

from typing import Any

import pytest
from checks import check_noop, check_refused, check_rewritten, make_plan

from migrate.plan import Plan


def plan(*pairs: str, strings: str = "targets", redirect: str = "") -> Plan:
    """A plan of `old -> new` moves; `redirect` is a module that another phase makes one."""
    sides = [pair.split(" -> ") for pair in pairs]
    tables: dict[str, Any] = {"phase3": {"move": [{"old": old, "new": new, "strings": strings} for old, new in sides]}}
    if redirect:
        shim = {"module": redirect, "docstring": "DEPRECATED.", "exports": ["shop.basket:Basket as Cart"]}
        tables["phase1"] = {"redirect": [shim]}
    return make_plan(tables)


NAME_PAIR = "shop.cart:Cart -> shop.basket:Basket"
MEMBER_PAIR = "log.conf:central.get -> log.fast:get"
MODULE_PAIR = "shop.cart -> store.cart"
TOP_PAIR = "cart -> basket"
NAME, NAME_ALL, NAME_NONE = (plan(NAME_PAIR, strings=s) for s in ("targets", "all", "none"))
MEMBER, MEMBER_ALL, MEMBER_NONE = (plan(MEMBER_PAIR, strings=s) for s in ("targets", "all", "none"))
MODULE, MODULE_ALL, MODULE_NONE = (plan(MODULE_PAIR, strings=s) for s in ("targets", "all", "none"))
TOP, TOP_ALL = plan(TOP_PAIR), plan(TOP_PAIR, strings="all")
TOP_NAME = plan("cart:Cart -> basket:Basket")
SHIM = plan(NAME_PAIR, redirect="shop.cart")
NESTED = plan(NAME_PAIR, "shop.cart:Cart.open -> shop.doors:unlock", MODULE_PAIR)
INTO_OBJECT = plan("shop.clock:UTC -> datetime:timezone.utc")
INTO_ITSELF = plan("tools -> tools.old")

PATCHES = {
    "patch": "patch({})\n",
    "patch, more arguments": "patch({}, 1, autospec=True)\n",
    "patch, keyword": "patch(target={})\n",
    "patch of a module": "mock.patch({})\n",
    "patch as a decorator": "@patch({})\ndef f(): ...\n",
    "patch in a with": "with a, patch({}) as b: ...\n",
    "patch.object": "patch.object({}, 'x')\n",
    "patch.dict": "patch.dict({}, a=1)\n",
    "patch.dict, a dictionary": "mock.patch.dict({}, {{'a': 1}}, clear=True)\n",
    "patch.multiple": "patch.multiple({}, a=1)\n",
    "patch.multiple, keyword": "patch.multiple(target={}, a=1)\n",
    "mocker.patch": "mocker.patch({})\n",
    "mocker.patch.object": "self.mocker.patch.object({}, 'x')\n",
    "mocker.patch.dict": "mocker.patch.dict({})\n",
    "mocker.patch.multiple": "mocker.patch.multiple({}, a=1)\n",
    "monkeypatch.setattr": "monkeypatch.setattr({}, 1)\n",
    "monkeypatch.delattr": "monkeypatch.delattr({}, raising=False)\n",
    "resolve_name": "pkgutil.resolve_name({})\n",
    "import_string": "import_string({})\n",
}
"""Functions that take the path of an object."""
IMPORTERS = {
    "import_module": "import_module({})\n",
    "import_module, attribute": "importlib.import_module({}).x\n",
    "import_module, keyword": "import_module(name={})\n",
    "__import__": "__import__({}, fromlist=['x'])\n",
    "find_spec": "importlib.util.find_spec({})\n",
    "find_loader": "pkgutil.find_loader({})\n",
    "importorskip": "pytest.importorskip({}, reason='x')\n",
    "run_module": "runpy.run_module({})\n",
    "import_fresh_module": "import_fresh_module({})\n",
    "sys.modules[]": "x = sys.modules[{}].x\n",
    "sys.modules[] =": "sys.modules[{}] = x\n",
    "del sys.modules[]": "del sys.modules[{}]\n",
    "sys.modules.get": "sys.modules.get({}, x)\n",
    "sys.modules.pop": "sys.modules.pop({}, None)\n",
    "sys.modules.setdefault": "sys.modules.setdefault({}, x)\n",
    "in sys.modules": "assert {} in sys.modules\n",
    "not in sys.modules": "if a and {} not in sys.modules: ...\n",
    "monkeypatch.setitem": "monkeypatch.setitem(sys.modules, {}, x)\n",
    "monkeypatch.delitem": "monkeypatch.delitem(sys.modules, {}, raising=False)\n",
    "patch.dict of sys.modules": "patch.dict(sys.modules, {{{}: x}})\n",
    "patch.dict of sys.modules, spread": "patch.dict(sys.modules, {{**a, {}: x}})\n",
    "patch.dict of 'sys.modules'": "@mock.patch.dict('sys.modules', {{{}: x}})\ndef f(): ...\n",
    "mocker.patch.dict of 'sys.modules'": "mocker.patch.dict('sys.modules', {{'a': x, {}: x}})\n",
}
"""Places that take the path of a module."""
TYPES = {
    "variable": "x: {}\n",
    "variable with a value": "x: {} = None\n",
    "attribute": "self.x: {} = None\n",
    "in a class": "class A:\n    x: {}\n",
    "parameter": "def f(a, b: {} = 1): ...\n",
    "parameter of a method": "class A:\n    def f(self, *, a: {}): ...\n",
    "star parameter": "def f(*a: {}): ...\n",
    "keyword parameters": "async def f(**a: {}): ...\n",
    "positional parameter": "def f(a: {}, /): ...\n",
    "return": "def f() -> {}: ...\n",
    "return of a coroutine": "async def f() -> {}: ...\n",
    "in Optional": "x: Optional[{}]\n",
    "in typing.Optional": "def f(a: typing.Optional[{}]): ...\n",
    "in list": "x: list[{}]\n",
    "in dict": "def f() -> dict[str, {}]: ...\n",
    "in tuple": "x: tuple[{}, ...]\n",
    "deep inside": "x: dict[str, list[Optional[{}]]]\n",
    "in Callable": "x: Callable[[int, {}], None]\n",
    "beside |": "x: None | {}\n",
    "starred": "x: tuple[*{}]\n",
    "in Annotated": "x: Annotated[{}, 'meta']\n",
    "deep in Annotated": "x: Annotated[list[{}], 1]\n",
    "in a class of its own": "x: Box[{}]\n",
    "alias": "X = Union[int, {}]\n",
    "base class": "class A(List[{}]): ...\n",
    "cast": "cast({}, x)\n",
    "typing.cast": "y = typing.cast({}, x)\n",
    "bound": "T = TypeVar('T', bound={})\n",
    "constraint": "T = TypeVar('T', int, {})\n",
    "default": "T = TypeVar('T', default={})\n",
    "bound, nested": "T = TypeVar('T', bound=Optional[{}])\n",
    "NewType": "N = NewType('N', {})\n",
    "ForwardRef": "ForwardRef({})\n",
}
"""Places that take a type; each string in them is one."""
PLAIN = {
    "assigned": "x = {}\n",
    "default of a parameter": "def f(a={}): ...\n",
    "value of an annotated variable": "x: str = {}\n",
    "argument": "f({})\n",
    "keyword argument": "f(a={})\n",
    "second argument of patch": "patch('x', {})\n",
    "argument inside patch": "patch(g({}))\n",
    "choice inside patch": "patch({} if a else b)\n",
    "what a patch returns": "patch('x')({})\n",
    "another function": "dispatch({})\n",
    "other object's attribute": "a.b.get({})\n",
    "other dictionary": "x[{}]\n",
    "in another dictionary": "{} in x\n",
    "compared": "x == {}\n",
    "patch.dict of another dictionary": "patch.dict(x, {{{}: 1}})\n",
    "value in patch.dict": "patch.dict(sys.modules, {{'a': {}}})\n",
    "value of monkeypatch.setitem": "monkeypatch.setitem(sys.modules, 'a', {})\n",
    "monkeypatch.setitem of another dictionary": "monkeypatch.setitem(x, {}, 1)\n",
    "element": "x = ['a', {}]\n",
    "key": "x = {{{}: 1}}\n",
    "parametrized": "@pytest.mark.parametrize('a', [{}])\ndef f(a): ...\n",
    "pattern of match": "match x:\n    case {}: ...\n",
    "in a lambda": "lambda a: {}\n",
    "method of it": "{}.split('.')\n",
    "name of a logger": "log = logging.getLogger({})\n",
}
"""Places where nothing says what a string is for."""
NOT_TYPES = {
    "Literal": "x: Literal[{}]\n",
    "typing.Literal": "def f(a: typing.Literal['a', {}]): ...\n",
    "Literal inside": "x: Optional[Literal[{}]]\n",
    "metadata of Annotated": "x: Annotated[int, {}]\n",
    "metadata of Annotated, inside": "x: list[typing.Annotated[int, 1, {}]]\n",
    "value of cast": "cast(int, {})\n",
    "name of TypeVar": "TypeVar({})\n",
    "another keyword of TypeVar": "TypeVar('T', name={})\n",
    "key in a default": "def f(a=x[{}]): ...\n",
}


def cases(forms: dict[str, str], *rest: Any) -> list[Any]:
    return [pytest.param(form, *rest, id=name) for name, form in forms.items()]


EVERY = [*cases(PATCHES), *cases(IMPORTERS), *cases(TYPES), *cases(PLAIN), *cases(NOT_TYPES)]


# Nothing to do


@pytest.mark.parametrize("form", EVERY)
def test_other_paths(form: str) -> None:
    others = [
        (NAME, "shop.cart.Carts"), (NAME, "shop.cart.other"), (NAME, "my.shop.cart.Cart"), (NAME, "shop.carts.Cart"),
        (NAME, "shop"), (NAME, "shop.Cart"), (NAME, "SHOP.cart.Cart"), (NAME, "shop.basket.Basket"),
        (MEMBER, "log.conf.central.getter"), (MEMBER, "log.conf.central.close"), (MEMBER, "log.conf.other.get"),
        (MODULE, "shop.cartoon"), (MODULE, "my.shop.cart"), (MODULE, "shop"), (MODULE, "store.cart"),
        (TOP, "carts"), (TOP, "shop.cart"), (TOP, "Cart"), (TOP_NAME, "cart.other"), (INTO_ITSELF, "tools.old.saw"),
    ]  # fmt: skip
    for moves, path in others:
        check_noop(form.format(f"'{path}'"), phase=3, plan=moves)


@pytest.mark.parametrize("form", EVERY)
@pytest.mark.parametrize(
    ("moves", "path"),
    [
        pytest.param(NAME_NONE, "shop.cart.Cart", id="name"),
        pytest.param(NAME_NONE, "shop.cart", id="module of a name"),
        pytest.param(NAME_NONE, "shop.cart:Cart", id="object reference"),
        pytest.param(MEMBER_NONE, "log.conf.central.get", id="member"),
        pytest.param(MODULE_NONE, "shop.cart.sub", id="module"),
    ],
)
def test_none_looks_at_no_string(moves: Plan, path: str, form: str) -> None:
    check_noop(form.format(f"'{path}'"), phase=3, plan=moves)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("f'shop.cart.Cart.{x}'\n", id="f-string"),
        pytest.param("'shop.' + 'cart.Cart'\n", id="concatenation"),
        pytest.param("re.compile(r'shop\\.cart\\.Cart')\n", id="regular expression"),
        pytest.param('"""\n>>> shop.cart.Cart\n"""\n', id="doctest"),
        pytest.param("x = 1  # type: shop.cart.Cart\n", id="type comment"),
    ],
)
def test_none_looks_at_nothing_that_is_like_one(source: str) -> None:
    check_noop(source, phase=3, plan=NAME_NONE)
    check_noop(source, phase=3, plan=MODULE_NONE)


@pytest.mark.parametrize(
    ("moves", "source"),
    [
        pytest.param(NAME_ALL, '"""shop.cart.Cart"""\n', id="docstring of a module"),
        pytest.param(NAME_ALL, 'def f():\n    """See shop.cart.Cart."""\n', id="docstring of a function"),
        pytest.param(NAME_ALL, 'class A:\n    "shop.cart"\n', id="docstring of a class"),
        pytest.param(NAME_ALL, 'x = 1\n"""shop.cart.Cart: what x is."""\n', id="docstring of an attribute"),
        pytest.param(NAME, '"""\n>>> x = 1\nshop.cart.Cart\n"""\n', id="result of a doctest"),
        pytest.param(NAME, '"""\n>>> shop.cart.other\n"""\n', id="doctest of what stays"),
        pytest.param(TOP, '"""\n>>> x = cart\n"""\n', id="doctest with a word"),
        pytest.param(NAME_ALL, "# shop.cart.Cart\nx = 1  # shop.cart.Cart\n", id="comment"),
        pytest.param(NAME, "x = 1  # type: shop.cart.other\n", id="type comment of what stays"),
        pytest.param(NAME, "x = 1  # type: Cart\n", id="type comment with a name"),
        pytest.param(TOP, "x = 1  # type: cart\n", id="type comment with a word"),
        pytest.param(NAME_ALL, "__all__ = ['Cart', 'shop.cart.Cart', 'shop.cart']\n", id="__all__"),
        pytest.param(MODULE_ALL, "__all__: list[str] = ['shop.cart']\n", id="annotated __all__"),
        pytest.param(TOP_ALL, "__all__ = ['x']\n__all__ += ['cart']\n", id="__all__ that grows"),
        pytest.param(TOP_ALL, "__all__ = ['x']\nif a:\n    __all__.append('cart')\n", id="__all__ that is added to"),
        pytest.param(TOP_ALL, "x = 'the cart is full'\n", id="a word of a sentence"),
        pytest.param(TOP_ALL, "x = 'A cart.', 'Full cart. Next?'\n", id="a word at the end of a sentence"),
        pytest.param(TOP_ALL, "x = 'my-cart', 'cart/x', 'a cart: full'\n", id="a word beside other signs"),
        pytest.param(TOP_ALL, "x = f'{y} cart', f'cart {y}'\n", id="a word in an f-string"),
        pytest.param(TOP_ALL, "x = 'a cart ' + y\n", id="a word in a concatenation"),
        pytest.param(TOP_ALL, "x = 'a cart ' + 'is full'\n", id="a word in a sentence put together"),
        pytest.param(TOP_ALL, "x = 'important cart', 'reimport cart', 'from my cart'\n", id="no import of a word"),
        pytest.param(NAME, "patch(b'shop.cart.Cart')\n", id="bytes"),
        pytest.param(NAME, "import shop.cart as c\ngetattr(c, 'other')\n", id="getattr of what stays"),
        pytest.param(NAME, "getattr(c, 'Cart')\n", id="getattr of what is not imported"),
        pytest.param(NAME, "import shop.cart as c\ndef f(c): getattr(c, 'Cart')\n", id="getattr of a parameter"),
        pytest.param(MEMBER, "from log.conf import central\npatch.object(central, 'close')\n", id="patch.object of another member"),
        pytest.param(NAME, "'shop.' + x + 'cart.Cart'\n", id="concatenation with a gap"),
        pytest.param(NAME, "'shop.' * 2 + 'cart.Cart'\n", id="concatenation with a product"),
        pytest.param(NAME, "'my.shop.' + 'cart.Cart'\n", id="concatenation to a longer path"),
        pytest.param(NAME, "x = 'cart' + 'shop', 'cart.Cart'\n", id="concatenation to something else"),
        pytest.param(NAME, "x + 'cart', 1 + cart\n", id="sums with the word"),
        pytest.param(NAME, "'shop.cart.Cart' 's'\n", id="a longer name, in two literals"),
    ],
)  # fmt: skip
def test_noop(moves: Plan, source: str) -> None:
    check_noop(source, phase=3, plan=moves)


@pytest.mark.parametrize(
    ("moves", "source", "kept"),
    [
        pytest.param(NAME, "patch('shop.cart.Cart')  # migrate: keep\n", 1, id="path"),
        pytest.param(NAME, "patch(\n    'shop.cart.Cart',  # migrate: keep\n)\n", 1, id="path on its line"),
        pytest.param(NAME_ALL, "x = 'shop.cart.Cart', 'shop.cart.Cart'  # migrate: keep\n", 2, id="two paths"),
        pytest.param(NAME, "x = 'shop.cart.Cart'  # migrate: keep\n", 1, id="what is reported"),
        pytest.param(NAME, "x = f'shop.cart.Cart'  # migrate: keep\n", 1, id="f-string"),
        pytest.param(NAME, "x = 'shop.' + 'cart.Cart'  # migrate: keep\n", 1, id="concatenation"),
        pytest.param(NAME, "x = 1  # type: shop.cart.Cart  # migrate: keep\n", 1, id="type comment"),
        pytest.param(NAME, '"""\n>>> shop.cart.Cart  # migrate: keep\n"""\n', 1, id="doctest"),
        pytest.param(NAME, "x: 'shop.cart.Cart'  # migrate: keep\n", 1, id="quoted annotation"),
        pytest.param(NAME, "import shop.cart\nx: 'shop.cart.Cart'  # migrate: keep\n", 1, id="quoted use of an import"),
        pytest.param(NAME, "import shop.cart as c\ngetattr(c, 'Cart')  # migrate: keep\n", 1, id="getattr"),
        pytest.param(SHIM, "patch('shop.cart.coupon')  # migrate: keep\n", 1, id="patch of a redirect"),
    ],
)  # fmt: skip
def test_kept(moves: Plan, source: str, kept: int) -> None:
    assert check_noop(source, phase=3, plan=moves).kept == kept


# Rewritten


@pytest.mark.parametrize(
    ("moves", "before", "after"),
    [
        pytest.param(NAME, "shop.cart.Cart", "shop.basket.Basket", id="name"),
        pytest.param(NAME, "shop.cart.Cart.method.x", "shop.basket.Basket.method.x", id="attribute of a name"),
        pytest.param(NAME, "shop.cart:Cart", "shop.basket:Basket", id="object reference"),
        pytest.param(NAME, "shop.cart:Cart.method", "shop.basket:Basket.method", id="attribute in a reference"),
        pytest.param(NAME_ALL, "shop.cart.Cart", "shop.basket.Basket", id="name, all"),
        pytest.param(MEMBER, "log.conf.central.get", "log.fast.get", id="member"),
        pytest.param(MEMBER, "log.conf.central.get.cache", "log.fast.get.cache", id="attribute of a member"),
        pytest.param(MEMBER, "log.conf:central.get", "log.fast:get", id="reference to a member"),
        pytest.param(MODULE, "shop.cart.Cart.method", "store.cart.Cart.method", id="module"),
        pytest.param(TOP, "cart.Cart", "basket.Cart", id="top-level module"),
        pytest.param(TOP_NAME, "cart.Cart", "basket.Basket", id="name of a top-level module"),
        pytest.param(NESTED, "shop.cart.Cart.close", "shop.basket.Basket.close", id="longest of two"),
        pytest.param(NESTED, "shop.cart.Cart.open", "shop.doors.unlock", id="longest of three"),
        pytest.param(NESTED, "shop.cart.Cart.opened", "shop.basket.Basket.opened", id="not a longer name"),
        pytest.param(NESTED, "shop.cart.other", "store.cart.other", id="shortest"),
        pytest.param(INTO_OBJECT, "shop.clock.UTC", "datetime.timezone.utc", id="into an object"),
    ],
)
@pytest.mark.parametrize("form", cases(PATCHES))
def test_paths_of_objects(form: str, moves: Plan, before: str, after: str) -> None:
    check_rewritten(form.format(f"'{before}'"), form.format(f"'{after}'"), phase=3, plan=moves)


@pytest.mark.parametrize(
    ("moves", "before", "after"),
    [
        pytest.param(MODULE, "shop.cart", "store.cart", id="module"),
        pytest.param(MODULE, "shop.cart.sub.mod", "store.cart.sub.mod", id="submodule"),
        pytest.param(MODULE_ALL, "shop.cart", "store.cart", id="module, all"),
        pytest.param(TOP, "cart", "basket", id="top-level module"),
        pytest.param(TOP, "cart.sub", "basket.sub", id="submodule of a top-level module"),
        pytest.param(NESTED, "shop.cart", "store.cart", id="names of it move elsewhere"),
        pytest.param(INTO_ITSELF, "tools", "tools.old", id="into a submodule"),
        pytest.param(INTO_ITSELF, "tools.saw", "tools.old.saw", id="submodule into a submodule"),
    ],
)
@pytest.mark.parametrize("form", cases(IMPORTERS))
def test_paths_of_modules(form: str, moves: Plan, before: str, after: str) -> None:
    check_rewritten(form.format(f"'{before}'"), form.format(f"'{after}'"), phase=3, plan=moves)


@pytest.mark.parametrize(
    ("moves", "before", "after"),
    [
        pytest.param(NAME, "shop.cart.Cart", "shop.basket.Basket", id="name"),
        pytest.param(NAME, "shop.cart.Cart.Inner", "shop.basket.Basket.Inner", id="attribute of a name"),
        pytest.param(NAME, "shop.cart.Cart | None", "shop.basket.Basket | None", id="with more behind it"),
        pytest.param(MEMBER, "log.conf.central.get", "log.fast.get", id="member"),
        pytest.param(MODULE, "shop.cart.Cart", "store.cart.Cart", id="module"),
        pytest.param(NESTED, "shop.cart.Cart", "shop.basket.Basket", id="longest prefix"),
    ],
)
@pytest.mark.parametrize("form", cases(TYPES))
def test_quoted_types(form: str, moves: Plan, before: str, after: str) -> None:
    check_rewritten(form.format(f"'{before}'"), form.format(f"'{after}'"), phase=3, plan=moves)


@pytest.mark.parametrize("form", cases(TYPES))
def test_quoted_types_with_their_import(form: str) -> None:
    """What is bound by an import changes with it."""
    types = [("{}", "{}"), ("Optional[{}]", "Optional[{}]"), ("dict[str, {}] | {}", "dict[str, {}] | {}")]
    for before, after in types:
        old, new = before.replace("{}", "shop.cart.Cart"), after.replace("{}", "shop.basket.Basket")
        check_rewritten(
            "import shop.cart\n" + form.format(f"'{old}'"),
            "import shop.basket\n" + form.format(f"'{new}'"),
            phase=3,
            plan=NAME,
        )
        old, new = before.replace("{}", "c.Cart"), after.replace("{}", "c.Basket")
        check_rewritten(
            "import shop.cart as c\n" + form.format(f"'{old}'"),
            "import shop.basket as c\n" + form.format(f"'{new}'"),
            phase=3,
            plan=NAME,
        )
        old, new = before.replace("{}", "central.get"), after.replace("{}", "get")
        check_rewritten(
            "from log.conf import central\n" + form.format(f"'{old}'"),
            "from log.fast import get\n" + form.format(f"'{new}'"),
            phase=3,
            plan=MEMBER,
        )


@pytest.mark.parametrize(
    ("moves", "before", "after"),
    [
        pytest.param(NAME_ALL, "shop.cart.Cart", "shop.basket.Basket", id="name"),
        pytest.param(NAME_ALL, "shop.cart.Cart.method", "shop.basket.Basket.method", id="attribute of a name"),
        pytest.param(NAME_ALL, "shop.cart:Cart", "shop.basket:Basket", id="object reference"),
        pytest.param(NAME_ALL, "shop.cart:Cart.method", "shop.basket:Basket.method", id="attribute in a reference"),
        pytest.param(MEMBER_ALL, "log.conf.central.get", "log.fast.get", id="member"),
        pytest.param(MEMBER_ALL, "log.conf:central.get", "log.fast:get", id="reference to a member"),
        pytest.param(MODULE_ALL, "shop.cart", "store.cart", id="module"),
        pytest.param(MODULE_ALL, "shop.cart.sub.x", "store.cart.sub.x", id="submodule"),
        pytest.param(TOP_ALL, "cart.x", "basket.x", id="top-level module"),
    ],
)
@pytest.mark.parametrize("form", cases(PLAIN))
def test_all_rewrites_what_is_a_path_and_nothing_else(form: str, moves: Plan, before: str, after: str) -> None:
    check_rewritten(form.format(f"'{before}'"), form.format(f"'{after}'"), phase=3, plan=moves)


ATTRIBUTES = {
    "getattr": "getattr({}, {})\n",
    "getattr, default": "getattr({}, {}, None).x\n",
    "hasattr": "if hasattr({}, {}): ...\n",
    "setattr": "setattr({}, {}, 1)\n",
    "delattr": "delattr({}, {})\n",
    "patch.object": "patch.object({}, {})\n",
    "patch.object as a decorator": "@mock.patch.object({}, {}, 1)\ndef f(): ...\n",
    "mocker.patch.object": "mocker.patch.object({}, {})\n",
    "mocker.spy": "mocker.spy({}, {})\n",
    "monkeypatch.setattr": "monkeypatch.setattr({}, {}, 1)\n",
    "monkeypatch.delattr": "monkeypatch.delattr({}, {}, raising=False)\n",
}
"""Functions that take an object and the name of its attribute."""


@pytest.mark.parametrize("form", cases(ATTRIBUTES))
@pytest.mark.parametrize(
    ("moves", "before", "after"),
    [
        pytest.param(NAME, ("import shop.cart", "shop.cart", "'Cart'"), ("import shop.basket", "shop.basket", "'Basket'"), id="name"),
        pytest.param(NAME, ("import shop.cart as c", "c", '"Cart"'), ("import shop.basket as c", "c", '"Basket"'), id="name, alias"),
        pytest.param(NAME, ("from shop import cart", "cart", "r'Cart'"), ("from shop import basket as cart", "cart", "r'Basket'"), id="name, from"),
        pytest.param(NAME_NONE, ("import shop.cart as c", "c", "'Cart'"), ("import shop.basket as c", "c", "'Basket'"), id="name, none"),
        pytest.param(NAME, ("import shop.cart as c", "c.Cart", "'x'"), ("import shop.basket as c", "c.Basket", "'x'"), id="attribute of the name"),
        pytest.param(MODULE, ("import shop.cart", "shop.cart", "'x'"), ("import store.cart", "store.cart", "'x'"), id="module"),
        pytest.param(MODULE, ("import shop.cart as c", "c", "'x'"), ("import store.cart as c", "c", "'x'"), id="module, alias"),
        pytest.param(MEMBER, ("import log.conf", "log.conf.central", "'get'"), ("import log.fast", "log.fast", "'get'"), id="member through its module"),
    ],
)  # fmt: skip
def test_names_of_attributes(form: str, moves: Plan, before: tuple[str, str, str], after: tuple[str, str, str]) -> None:
    old, new = (f"{line}\n{form.format(owner, name)}" for line, owner, name in (before, after))
    check_rewritten(old, new, phase=3, plan=moves)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("patch(r'shop.cart.Cart')\n", "patch(r'shop.basket.Basket')\n", id="raw"),
        pytest.param('patch(R"shop.cart.Cart")\n', 'patch(R"shop.basket.Basket")\n', id="raw, capital"),
        pytest.param("patch(u'shop.cart.Cart')\n", "patch(u'shop.basket.Basket')\n", id="u"),
        pytest.param('patch(U"shop.cart.Cart")\n', 'patch(U"shop.basket.Basket")\n', id="U"),
        pytest.param("patch('''shop.cart.Cart''')\n", "patch('''shop.basket.Basket''')\n", id="three quotes"),
        pytest.param('patch(r"""shop.cart.Cart""")\n', 'patch(r"""shop.basket.Basket""")\n', id="three double quotes, raw"),
        pytest.param("patch (  'shop.cart.Cart'  ,)\n", "patch (  'shop.basket.Basket'  ,)\n", id="blanks"),
        pytest.param("patch(('shop.cart.Cart'))\n", "patch(('shop.basket.Basket'))\n", id="parentheses"),
        pytest.param("patch(\n    'shop.cart.Cart',  # why\n    x)\n", "patch(\n    'shop.basket.Basket',  # why\n    x)\n", id="over lines"),
        pytest.param("patch(\\\n 'shop.cart.Cart')\n", "patch(\\\n 'shop.basket.Basket')\n", id="continued"),
        pytest.param("def f():\n\tpatch('shop.cart.Cart')\n", "def f():\n\tpatch('shop.basket.Basket')\n", id="behind a tab"),
        pytest.param("patch('shop.cart.Cart')", "patch('shop.basket.Basket')", id="no line end"),
        pytest.param("x = 'é漢😀'; patch('shop.cart.Cart'); 'ü'\n", "x = 'é漢😀'; patch('shop.basket.Basket'); 'ü'\n", id="beyond ASCII before"),
        pytest.param("é.patch('shop.cart.Cart')\n", "é.patch('shop.basket.Basket')\n", id="a name beyond ASCII before"),
        pytest.param("patch('shop.cart.Cart.ü')\n", "patch('shop.basket.Basket.ü')\n", id="beyond ASCII behind"),
        pytest.param("patch('shop.cart.Cart')\r\nx\r\n", "patch('shop.basket.Basket')\r\nx\r\n", id="CRLF"),
        pytest.param("x = 1\rpatch('shop.cart.Cart')\r", "x = 1\rpatch('shop.basket.Basket')\r", id="CR"),
        pytest.param("\ufeffpatch('shop.cart.Cart')\n", "\ufeffpatch('shop.basket.Basket')\n", id="BOM"),
        pytest.param("\x0cpatch('shop.cart.Cart')\n", "\x0cpatch('shop.basket.Basket')\n", id="form feed"),
        pytest.param("# coding: latin-1\n'é'; patch('shop.cart.Cart.é')\n".encode("latin-1"), "# coding: latin-1\n'é'; patch('shop.basket.Basket.é')\n".encode("latin-1"), id="Latin-1"),
        pytest.param("patch('shop.cart.Cart'), patch('shop.cart.Cart.x')\n", "patch('shop.basket.Basket'), patch('shop.basket.Basket.x')\n", id="two on a line"),
        pytest.param("@patch('shop.cart.Cart')\nclass A:\n    patch('shop.cart.Cart')\n", "@patch('shop.basket.Basket')\nclass A:\n    patch('shop.basket.Basket')\n", id="decorator and body"),
        pytest.param("__all__ = ['shop.cart']\npatch('shop.cart.Cart')\n", "__all__ = ['shop.cart']\npatch('shop.basket.Basket')\n", id="beside __all__"),
        pytest.param("__all__ = ['shop.cart.Cart']\npatch('shop.cart.Cart')\n", "__all__ = ['shop.cart.Cart']\npatch('shop.basket.Basket')\n", id="a path that __all__ has, too"),
    ],
)  # fmt: skip
def test_literals(before: str | bytes, after: str | bytes) -> None:
    check_rewritten(before, after, phase=3, plan=NAME)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("x: Annotated['shop.cart.Cart', 'shop.cart.Cart']\n", "x: Annotated['shop.basket.Basket', 'shop.cart.Cart']\n", id="type and metadata"),
        pytest.param("patch('shop.cart.Cart', 'shop.cart.Cart')\n", "patch('shop.basket.Basket', 'shop.cart.Cart')\n", id="path and another argument"),
        pytest.param("patch.dict(sys.modules, {'shop.cart.Cart': 'shop.cart.Cart'})\n", "patch.dict(sys.modules, {'shop.basket.Basket': 'shop.cart.Cart'})\n", id="key and value"),
    ],
)  # fmt: skip
def test_rewritten_in_part(before: str, after: str) -> None:
    check_rewritten(before, after, phase=3, plan=NAME, findings=["string-reference"])


# Reported


@pytest.mark.parametrize(
    ("moves", "path", "subject"),
    [
        pytest.param(NAME, "shop.cart.Cart", "shop.cart:Cart", id="name"),
        pytest.param(NAME, "shop.cart.Cart.method", "shop.cart:Cart", id="attribute of a name"),
        pytest.param(NAME, "shop.cart:Cart", "shop.cart:Cart", id="object reference"),
        pytest.param(NAME, "shop.cart", "shop.cart", id="module of a name"),
        pytest.param(MEMBER, "log.conf.central.get", "log.conf:central.get", id="member"),
        pytest.param(MEMBER, "log.conf.central", "log.conf:central", id="owner of a member"),
        pytest.param(MODULE, "shop.cart", "shop.cart", id="module"),
        pytest.param(MODULE, "shop.cart.sub.x", "shop.cart:sub", id="submodule"),
        pytest.param(MODULE, "shop.cart:Cart", "shop.cart:Cart", id="object reference into a module"),
        pytest.param(TOP, "cart", "cart", id="top-level module"),
        pytest.param(NESTED, "shop.cart.Cart.open", "shop.cart:Cart.open", id="longest prefix"),
    ],
)
@pytest.mark.parametrize("form", [*cases(PLAIN), *cases(NOT_TYPES)])
def test_strings_that_are_taken_for_nothing(form: str, moves: Plan, path: str, subject: str) -> None:
    result = check_refused(form.format(f"'{path}'"), "string-reference", phase=3, plan=moves)
    assert result.findings[0].subject == subject


@pytest.mark.parametrize(
    ("moves", "path"),
    [
        pytest.param(NAME, "shop.cart", id="module of a name"),
        pytest.param(NAME_ALL, "shop.cart", id="module of a name, all"),
        pytest.param(TOP_NAME, "cart", id="top-level module of a name"),
        pytest.param(MEMBER, "log.conf", id="module of a member"),
        pytest.param(MEMBER, "log.conf.central", id="owner of a member"),
        pytest.param(MEMBER_ALL, "log.conf.central", id="owner of a member, all"),
    ],
)
@pytest.mark.parametrize("form", [*cases(PATCHES), *cases(IMPORTERS), *cases(TYPES)])
def test_paths_of_which_only_a_part_moves(form: str, moves: Plan, path: str) -> None:
    result = check_refused(form.format(f"'{path}'"), "string-reference", phase=3, plan=moves)
    assert result.findings[0].subject.replace(":", ".") == path


@pytest.mark.parametrize(
    ("moves", "source"),
    [
        # f-strings
        pytest.param(NAME, "patch(f'shop.cart.Cart')\n", id="f-string without a field"),
        pytest.param(NAME, "patch(f'shop.cart.{x}')\n", id="f-string, the name"),
        pytest.param(NAME_ALL, "x = f'shop.cart.Cart.{x}'\n", id="f-string, an attribute"),
        pytest.param(NAME, "x = f'{x}shop.cart.Cart'\n", id="f-string, what is before"),
        pytest.param(NAME, "x = F'{{shop.cart.Cart}}'\n", id="f-string, braces"),
        pytest.param(NAME, "x = f'{x:shop.cart.Cart}'\n", id="format specification"),
        pytest.param(NAME, "x = f'{patch(\"shop.cart.Cart\")}'\n", id="path inside an f-string"),
        pytest.param(NAME, "x = 'a' f'{x} shop.cart.Cart'\n", id="f-string of two literals"),
        pytest.param(NAME, "x = f'''\n{x}\nshop.cart.Cart'''\n", id="f-string over lines"),
        pytest.param(NAME, "x = fr'shop\\.cart\\.Cart{x}'\n", id="raw f-string"),
        pytest.param(MODULE, "import_module(f'shop.cart.{x}')\n", id="f-string, a submodule"),
        pytest.param(TOP, "import_module(f'cart.{x}')\n", id="f-string, a word and a dot"),
        pytest.param(TOP, "x = f'cart.sub.{x}'\n", id="f-string, a path of one word"),
        # regular expressions
        pytest.param(NAME, "re.compile(r'shop\\.cart\\.Cart')\n", id="regular expression"),
        pytest.param(NAME, "re.compile(r'^shop\\.cart\\.Cart$')\n", id="regular expression, anchors"),
        pytest.param(NAME, "re.compile('shop\\\\.cart\\\\.Cart')\n", id="regular expression, escaped twice"),
        pytest.param(NAME, "pytest.raises(E, match='no shop.cart.Cart here')\n", id="regular expression, unescaped"),
        pytest.param(NAME, "warnings.filterwarnings('ignore', module=r'shop\\.cart')\n", id="regular expression of the module"),
        pytest.param(NAME, "patch(r'shop\\.cart\\.Cart')\n", id="regular expression as a path"),
        pytest.param(NAME_ALL, "re.compile(r'shop\\.cart\\.Cart')\n", id="regular expression, all"),
        # concatenations
        pytest.param(NAME, "'shop.' + 'cart.Cart'\n", id="+ inside the module"),
        pytest.param(NAME, "'shop' + '.cart.Cart'\n", id="+ before a dot"),
        pytest.param(NAME, "'sh' + 'op.' + 'cart' + '.Cart'\n", id="+ and +"),
        pytest.param(NAME, "patch('shop.' + 'cart.Cart')\n", id="+ in patch"),
        pytest.param(NAME, "patch('shop.cart.' + x)\n", id="+ of the name"),
        pytest.param(NAME, "'shop.cart.Cart' + x\n", id="+ behind the path"),
        pytest.param(NAME, "x = ('shop.cart.'\n     + 'Cart')\n", id="+ over lines"),
        pytest.param(NAME, "f'{x}' + 'shop.cart.Cart'\n", id="+ behind an f-string"),
        pytest.param(TOP, "x = 'cart.' + y\n", id="+ behind a word and a dot"),
        pytest.param(NAME, "patch('shop.cart.Cart' '.method')\n", id="two literals"),
        pytest.param(NAME, "patch('shop.cart.Cart'\n      '.method')\n", id="two literals over lines"),
        pytest.param(NAME, "PREFIX = 'shop.cart.'\n", id="part of a path"),
        pytest.param(NAME, "'shop.cart.%s' % x\n", id="%"),
        pytest.param(NAME, "'shop.cart.{}'.format(x)\n", id="format"),
        # literals that cannot be edited
        pytest.param(NAME, "patch('''\nshop.cart.Cart''')\n", id="three quotes over lines"),
        pytest.param(NAME, "patch('\\\nshop.cart.Cart')\n", id="continued inside"),
        pytest.param(NAME, "patch('shop.cart.\\x43art')\n", id="escaped letter"),
        pytest.param(NAME, "patch('shop.cart.Cart\\n')\n", id="escape behind"),
        pytest.param(NAME_ALL, "x = 'shop.cart.' 'Cart'\n", id="two literals, all"),
        pytest.param(NAME, "patch(\r\n'''\r\nshop.cart.Cart''')\r\n", id="three quotes over CRLF"),
        # forward references that are more than a path
        pytest.param(NAME, "x: 'Optional[shop.cart.Cart]'\n", id="quoted generic, nothing imported"),
        pytest.param(NAME, "x: \"Literal['shop.cart.Cart']\"\n", id="quoted Literal"),
        pytest.param(NAME, "import shop.cart\nx: '''\nshop.cart.Cart\n'''\n", id="quoted over lines"),
        pytest.param(NAME, "import shop.cart\nx: 'shop.cart.Cart' ' | None'\n", id="quoted in two literals"),
        pytest.param(NAME, "import shop.cart\nx: 'shop.cart.\\x43art'\n", id="quoted with an escape"),
        pytest.param(NAME, "import shop.cart\nx: Literal['shop.cart.Cart']\n", id="Literal with the import"),
        # text
        pytest.param(NAME, "x = 'see shop.cart.Cart'\n", id="prose"),
        pytest.param(NAME_ALL, "x = 'see shop.cart.Cart, please'\n", id="prose, all"),
        pytest.param(NAME_ALL, "x = 'shop.cart.Cart '\n", id="blank behind, all"),
        pytest.param(NAME_ALL, "x = 'shop.cart.Cart()'\n", id="a call, all"),
        pytest.param(NAME, "x = 'é shop.cart.Cart'\n", id="beyond ASCII before"),
        pytest.param(NAME, "x = '''\nfrom shop.cart import Cart\n'''\n", id="code"),
        pytest.param(NAME, "run([python, '-m', 'shop.cart'])\n", id="argument of a command"),
        pytest.param(NAME, "x = 'shop.cart.other shop.cart.Cart'\n", id="behind what stays"),
        pytest.param(NAME, "@pytest.mark.filterwarnings('ignore::Warning:shop.cart')\ndef f(): ...\n", id="filter of warnings"),
        pytest.param(NAME, "x = 'cmd = shop.cart:Cart'\n", id="entry point"),
        pytest.param(TOP, "x = 'import cart', 1\n", id="import of a word"),
        pytest.param(TOP, "x = 'from cart import x'\n", id="from a word"),
        pytest.param(TOP, "x = 'see cart.x'\n", id="word with an attribute"),
        pytest.param(TOP, "x = 'run cart:main'\n", id="word in an object reference"),
        pytest.param(INTO_OBJECT, "x = 'shop.clock:UTC'\n", id="into an object"),
        # type comments
        pytest.param(NAME, "x = 1  # type: shop.cart.Cart\n", id="type comment"),
        pytest.param(NAME, "x = []  # type: list[shop.cart.Cart]  # why\n", id="type comment, nested"),
        pytest.param(NAME, "def f(a):\n    # type: (shop.cart.Cart) -> None\n    pass\n", id="type comment of a function"),
        pytest.param(NAME, "x = 1  # noqa  # type: shop.cart.Cart\n", id="type comment behind another"),
        pytest.param(TOP, "x = 1  # type: cart.X\n", id="type comment with a word"),
        # doctests
        pytest.param(NAME, '"""\n>>> import shop.cart\n"""\n', id="doctest, import"),
        pytest.param(NAME, '"""\n>>> from shop.cart import Cart\n"""\n', id="doctest, from"),
        pytest.param(NAME, "def f():\n    '''\n    >>> patch('shop.cart.Cart')\n    '''\n", id="doctest of a function"),
        pytest.param(NAME, '"""\n>>> f(\n...     shop.cart.Cart)\n"""\n', id="doctest, continued"),
        pytest.param(NAME, 'r"""\n>>> re.match("shop\\.cart")\n"""\n', id="doctest, raw"),
        pytest.param(NAME, '"""a\\n>>> shop.cart.Cart"""\n', id="doctest behind an escaped line end"),
        pytest.param(NAME, 'x = """\n>>> shop.cart.Cart\n"""\n', id="doctest in a string"),
        pytest.param(TOP, '"""\n>>> import cart\n"""\n', id="doctest, import of a word"),
        pytest.param(NAME, 'def f():\n    f"""shop.cart.Cart"""\n', id="f-string for a docstring"),
        # the first of several
        pytest.param(NAME, "x = 'shop.cart.Cart shop.cart.Cart'\n", id="twice in a string"),
        pytest.param(NAME, '"""\n>>> shop.cart.Cart, shop.cart.Cart\n"""\n', id="twice in a doctest"),
        pytest.param(NAME, "x = 1  # type: tuple[shop.cart.Cart, shop.cart.Cart]\n", id="twice in a type comment"),
    ],
)  # fmt: skip
def test_reported(moves: Plan, source: str) -> None:
    check_refused(source, "string-reference", phase=3, plan=moves)


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        pytest.param("import shop.cart as c\ngetattr(c, name)\n", "module-import", id="a name that is not a literal"),
        pytest.param("import shop.cart as c\ngetattr(c, f'Cart')\n", "module-import", id="f-string"),
        pytest.param("import shop.cart as c\ngetattr(c, 'Ca' 'rt')\n", "module-import", id="two literals"),
        pytest.param("import shop.cart as c\ngetattr(c, 'C\\x61rt')\n", "module-import", id="escaped letter"),
        pytest.param("import shop.cart as c\ngetattr(c, 'Cart.x')\n", "module-import", id="a path"),
        pytest.param("import shop.cart as c\npatch.multiple(c, Cart=1)\n", "module-import", id="patch.multiple"),
        pytest.param("import shop.cart as c\npatch.object(c, attribute='Cart')\n", "module-import", id="keyword"),
        pytest.param("import shop.cart as c\nother(c, 'Cart')\n", "module-import", id="another function"),
        pytest.param("import shop.cart as c\na.other(c, 'Cart')\n", "module-import", id="another method"),
        pytest.param("import shop.cart as c\na[0](c, 'Cart')\n", "module-import", id="no name of a function"),
        pytest.param("import shop.cart as c\nvars(c)['Cart']\n", "module-import", id="vars"),
    ],
)
def test_names_of_attributes_reported(source: str, codes: str) -> None:
    check_refused(source, codes, phase=3, plan=NAME)


@pytest.mark.parametrize("form", cases(ATTRIBUTES))
def test_a_name_of_its_own_has_no_owner(form: str) -> None:
    """`getattr(central, 'get')` cannot become `getattr(…, 'get')`, as the new home is a name of a module."""
    source = "from log.conf import central\n" + form.format("central", "'get'")
    check_refused(source, "member-use", phase=3, plan=MEMBER)


@pytest.mark.parametrize("form", cases(ATTRIBUTES))
def test_a_module_by_its_name_in_its_package(form: str) -> None:
    check_refused("import shop\n" + form.format("shop", "'cart'"), "module-import", phase=3, plan=MODULE)


SHIM_PATCHES = {name: form for name, form in PATCHES.items() if "keyword" not in name and "{}" in form} | {
    "inside a call": "f(patch({}))\n"
}
for _name in ("resolve_name", "import_string"):
    del SHIM_PATCHES[_name]


@pytest.mark.parametrize(
    ("path", "subject"),
    [
        pytest.param("shop.cart.coupon", "shop.cart:coupon", id="name"),
        pytest.param("shop.cart.coupon.x.y", "shop.cart:coupon", id="attribute"),
        pytest.param("shop.cart", "shop.cart", id="module"),
    ],
)
@pytest.mark.parametrize("form", cases(SHIM_PATCHES))
def test_patches_of_a_redirect(form: str, path: str, subject: str) -> None:
    result = check_refused(form.format(f"'{path}'"), "shim-patch", phase=3, plan=SHIM)
    assert result.findings[0].subject == subject


def test_a_patch_of_a_member_reaches_what_a_redirect_exports() -> None:
    bound = SHIM.redirects[0].exports[0].bound
    only_other = make_plan({
        "phase1": {"redirect": [{"module": "shop.cart", "docstring": "D.", "exports": [f"shop.basket:Basket as {bound}"]}]},
        "phase3": {"move": [{"old": "shop.cart:other", "new": "shop.basket:other"}]},
    })  # fmt: skip
    check_noop(f"patch('shop.cart.{bound}.open')\n", phase=3, plan=only_other)
    for path in (f"shop.cart.{bound}", "shop.cart.coupon.open"):
        check_refused(f"patch('{path}')\n", "shim-patch", phase=3, plan=only_other)
    check_refused(f"f('shop.cart.{bound}.open')\n", "string-reference", phase=3, plan=only_other)


@pytest.mark.parametrize("form", [*cases(PLAIN), *cases(NOT_TYPES), *cases(IMPORTERS), *cases(TYPES)])
def test_other_strings_that_name_a_redirect(form: str) -> None:
    result = check_refused(form.format("'shop.cart.coupon'"), "string-reference", phase=3, plan=SHIM)
    assert result.findings[0].subject == "shop.cart:coupon"


def test_a_redirect_whose_names_move() -> None:
    check_rewritten("patch('shop.cart.Cart.x')\n", "patch('shop.basket.Basket.x')\n", phase=3, plan=SHIM)
    whole = plan(MODULE_PAIR, redirect="shop.cart")
    check_rewritten("patch('shop.cart.coupon')\n", "patch('store.cart.coupon')\n", phase=3, plan=whole)
    check_noop("patch('shop.cart.coupon')\n", phase=3, plan=plan(NAME_PAIR, strings="none", redirect="shop.cart"))


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        pytest.param("\nx = 1, 'shop.cart'\n", 2, 7, id="string"),
        pytest.param("'é'; f('shop.cart')\n", 1, 8, id="behind a letter of two bytes"),
        pytest.param("x = 1, f'{a} shop.cart.Cart'\n", 1, 7, id="f-string"),
        pytest.param("x = f(1 +\n  2, 'shop.' + 'cart.Cart')\n", 2, 5, id="concatenation"),
        pytest.param("x = '''\n\nshop.cart'''\n", 1, 4, id="string over lines"),
        pytest.param("x = 1\ny = 2  # type: shop.cart.Cart\n", 2, 7, id="type comment"),
        pytest.param("'é'; y = 2  # type: shop.cart.Cart\n", 1, 13, id="type comment behind a letter of two bytes"),
        pytest.param("\ufeffx = 1  # type: shop.cart.Cart\n", 1, 7, id="type comment behind a BOM"),
        pytest.param("# coding: latin-1\n'é'  # type: shop.cart.Cart\n".encode("latin-1"), 2, 6, id="type comment in Latin-1"),
        pytest.param('def f():\n    """\n    >>> x\n    >>> shop.cart.Cart\n    """\n', 4, 0, id="doctest"),
        pytest.param('def f():\n    """>>> shop.cart.Cart"""\n', 2, 4, id="doctest on the first line"),
        pytest.param('"""a\\n\\n\\n>>> shop.cart.Cart\n"""\n', 2, 0, id="doctest behind escaped line ends"),
    ],
)  # fmt: skip
def test_places(source: str | bytes, line: int, column: int) -> None:
    (finding,) = check_refused(source, "string-reference", phase=3, plan=NAME).findings
    assert (finding.line, finding.column) == (line, column)


def test_every_line_of_a_doctest_is_reported() -> None:
    source = '"""\n>>> from shop.cart import Cart\n>>> Cart()\n>>> shop.cart.Cart()\n"""\n'
    found = check_refused(source, ["string-reference"] * 2, phase=3, plan=NAME).findings
    assert [finding.line for finding in found] == [2, 4]


def test_several_strings_on_a_line() -> None:
    codes = ["string-reference"] * 3
    check_refused("x = ['shop.cart.Cart', 'shop.cart', 'shop.cart.Cart']\n", codes, phase=3, plan=NAME)


def test_each_move_has_its_own_say() -> None:
    table = [
        {"old": "shop.cart:Cart", "new": "shop.basket:Basket", "strings": "none"},
        {"old": "shop.cart:pay", "new": "till:pay", "strings": "all"},
        {"old": "shop.till", "new": "till"},
    ]
    moves = make_plan({"phase3": {"move": table}})
    check_noop("patch('shop.cart.Cart')\nx = 'shop.cart.Cart.x'\n", phase=3, plan=moves)
    check_rewritten("x = 'shop.cart.pay'\n", "x = 'till.pay'\n", phase=3, plan=moves)
    check_refused("x = 'shop.till'\n", "string-reference", phase=3, plan=moves)
    check_rewritten("import_module('shop.till')\n", "import_module('till')\n", phase=3, plan=moves)
