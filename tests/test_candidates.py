from __future__ import annotations

from pathlib import Path

import pytest
from checks import PLAN, calls, make_plan, moves, transform
from hypothesis import given
from hypothesis import strategies as st
from repositories import MakeRepository

from migrate.candidates import find_candidates, find_words, may_give_away, relevance
from migrate.plan import Plan
from rollback.git import Git

RENAME = calls("shop.basket:Basket", rename={"metadata": "context"}, remove=["legacy"])
IMPORT = "from shop.basket import Basket\n"


def candidates_of(git: Git, plan: Plan, phase: int) -> tuple[str, ...]:
    return find_candidates(git, plan, phase)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("x = 1\n", id="nothing"),
        pytest.param("import shop.basket\n", id="other modules"),
        pytest.param("cart = 1\nprices = cart\n", id="the last names, not imported"),
        pytest.param("from . import Basket\n", id="a name that does not move"),
        pytest.param("x = 'shop.cartoon'\n", id="a longer name"),
        pytest.param("# from shop.cart import Cart\nx = 1\n", id="code that was commented out"),
        pytest.param("def f():\n    # from shop.cart import Cart\n    # shop.cart.Cart\n    pass\n", id="more of it"),
        pytest.param("from shop.cart import Wheel\n# from shop.cart import Cart\n", id="and an import of what stays"),
        pytest.param("from shop.cart import Wheel\nWheel()\n", id="an import of what stays"),
        pytest.param("from shop.cart import (\n    Wheel,  # (round)\n    Axle as A,\n)\n", id="a list of what stays"),
        pytest.param("if x:\n    from shop.cart import Wheel ; Wheel()\n", id="an import of what stays, with more"),
        pytest.param("from shop.cart import Wheel\ncart = Wheel()\ncart.spin()\n", id="and a variable called so"),
    ],
)
def test_irrelevant_for_imports(source: str) -> None:
    plan = moves(a="shop.cart:Cart -> shop.basket:Basket", b="shop.prices:tax -> taxes:tax")
    assert not relevance(plan, 3)("app.py", source.encode())


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(IMPORT + "Basket()\n", id="no old keyword"),
        pytest.param(IMPORT + "metadata = 1\nif metadata == legacy: Basket(1)\n", id="variables"),
        pytest.param(IMPORT + "Basket(x.metadata == 1)\n", id="comparison"),
        pytest.param(IMPORT + "x = 2 ** 3\nBasket(1)\n" + " " * 400 + "f(**y)\n", id="mapping of another call"),
        pytest.param(IMPORT + "Basket(')', 1)\n" + " " * 400 + "f(**y)\n", id="parenthesis in a string"),
        pytest.param(IMPORT + "Basket(# )\n 1)\n" + " " * 400 + "f(**y)\n", id="parenthesis in a comment"),
        pytest.param("# from shop.basket import Basket\n# Basket(metadata=1)\n", id="code that was commented out"),
    ],
)
def test_irrelevant_for_calls(source: str) -> None:
    assert not relevance(RENAME, 4)("app.py", source.encode())


IMPORTS = {
    "plain": "from shop.cart import Cart\n",
    "spaces": "from  shop . cart  import  Cart\n",
    "continued in the name": "from shop.\\\n  cart import Cart\n",
    "continued with CRLF": "from shop \\\r\n .cart import Cart\r\n",
    "from the package": "from shop import cart\ncart.Cart\n",
    "list": "from shop import (\n    basket,\n    cart,\n)\ncart.Cart\n",
    "comments with parentheses in a list": "from shop import (  # a (b\n    basket,  # )\n    cart,\n)\ncart.Cart\n",
    "list over continued lines": "from shop import basket, \\\n    \\\n    cart\ncart.Cart\n",
    "list without spaces": "from shop import(basket,cart)\ncart.Cart\n",
    "CR": "x = 1 # y\rfrom shop import (basket, # a )\r cart)\rcart.Cart\r",
    "import": "import os, shop.cart as c\nc.Cart\n",
    "import with spaces": "import shop . cart\nshop . cart . Cart\n",
    "top-level module": "import os, \\\n pricelist\n",
    "submodule": "from shop.prices.eu import tax\n",
    "string": "x = 'shop.cart.Cart'\n",
    "star": "from shop.cart import *\n",
}
RELATIVE = {
    "sibling": ("shop/api.py", "from .cart import Cart\n"),
    "sibling of its package": ("shop/api.py", "from . import cart\ncart.Cart\n"),
    "without a space": ("shop/api.py", "from.cart import Cart\n"),
    "without spaces": ("shop/api.py", "from.import cart\ncart.Cart\n"),
    "two up, with spaces": ("shop/a/b/api.py", "from . .. cart import Cart\n"),
    "continued": ("shop/api.py", "from . \\\n  cart \\\n import \\\n Cart\n"),
    "list with comments": ("shop/api.py", "from . import (  # (\n  basket,\n  # )\n  cart, # cart\n)\ncart.Cart\n"),
    "inside the moved package": ("shop/prices/eu.py", "from . import tax\n"),
    "submodule of the moved package": ("shop/prices/eu.py", "from .vat import tax\n"),
    "deep inside the moved package": ("shop/prices/a/b.py", "from ..vat import tax\n"),
    "non-ASCII package": ("größe/api.py", "from .länge import cm\n"),
}
CALLS = {
    "plain": "Basket(metadata=1)",
    "spaces": "Basket (1, metadata = 2)",
    "continued": "Basket( \\\n metadata \\\n = 1)",
    "lines": "Basket(\n\n\n    metadata\n    =\n    1,\n)",
    "comment before the sign": "Basket(metadata # c\n = 1)",
    "comments": "Basket(  # a (\n    # b )\n    metadata  # c =\n    =  # d\n    1)",
    "a long comment": "Basket(  # " + "a" * 3000 + "\n    metadata=1)",
    "many blank lines": "Basket(" + "\n" * 3000 + "metadata=1)",
    "CR": "Basket( # a\r metadata=1)",
    "comment before CR": "Basket(x, # why\r # more\r metadata=1)",
    "mapping": "Basket(1, **x)",
    "mapping after parentheses in strings": "Basket(')', \"\"\" ) \"\"\", ''')''', f'){x}', 1," + " " * 500 + "**x)",
    "mapping after parentheses in comments": "Basket(  # )\n" + "# ) '\n" * 200 + "**x)",
    "mapping after calls": "Basket(f(g(1), 2)," + " " * 500 + "** x)",
    "mapping after escapes": "Basket('\\')', \"\\\\\", '''\\''')''', 1," + " " * 500 + "**x)",
    "mapping, another name": "B = Basket\nB(**x)",
    "mapping, another name in parentheses": "B = (Basket)\nB(**x)",
    "mapping, another name on the next line": "B = \\\n  Basket\nB(**x)",
    "mapping, two other names": "A = B = Basket ; B(**x)",
    "mapping, annotated name": "B: type = Basket # the\nB(**x)",
    "partial": "partial(Basket, metadata=1)",
    "literal mapping": "Basket(**{'metadata': 1})",
    "literal mapping, callee in parentheses": "(Basket)(**{'metadata': 1})",
    "literal mapping, one of two callees": "(f if x else Basket)(**{'metadata': 1})",
    "literal mapping, the first of two callees": "(Basket or f) (**{'metadata': 1})",
    "literal mapping, constructor": "Basket.__init__(self, **{'metadata': 1})",
    "literal mapping, copy": "from dataclasses import replace\nreplace(Basket(), **({'metadata': 1}))",
    "heir of another name": "if x: B = Basket\nclass C(B):\n    def f(self): super().__init__(**{'metadata': 1})",
}


OTHER_NAMES = {
    "alias": "from shop.basket import Basket as B\nB(**x)\n",
    "alias with comments": "from shop.basket import (Basket # the\n  as # one\n  B)\nB(**x)\n",
    "attribute": "import shop.basket as b\nB = b . Basket\nB(**x)\n",
    "chain over lines": "import shop\n(shop\n  .basket # the\n  .Basket(metadata=1))\n",
}
NEARBY = moves(
    a="shop.cart:Cart -> shop.basket:Basket", b="shop.prices -> shop.pricing.prices", c="größe.länge -> metrik.länge"
)
BESIDE_COMMENTS = {
    "import in a string": "x = '''\n# from shop.cart import Cart\n'''\n",
    "import of what stays in a string": "x = '''\nfrom shop.cart import Wheel\n'''\n",
    "import in a string behind a comment": "# it's\nx = '# shop.cart.Cart'\n",
    "type comment": "# why\nx = []  # type: list[shop.cart.Cart]\n",
    "type comment on its own line": "def f(x):\n    # type: (shop.cart.Cart) -> None\n    pass\n",
    "string of the module": "from shop.cart import Wheel\npatch('shop.cart')\n",
    "everything": "from shop.cart import *\nCart\n",
    "relative import of what stays": "# shop.cart.Cart\nfrom shop import cart\ncart.Cart\n",
    "what stays and what does not": "from shop.cart import Wheel\nfrom shop.cart import (\n    Cart)\n",
    "under the name of what moves": "import shop.cart\nfrom shop.cart import Wheel as w\nshop.cart.Cart\n",
    "not at the start of a line": "from shop.cart import Wheel\nif 1: from shop.cart import Cart\n",
}
CASES = (
    [pytest.param(PLAN, 3, "app/main.py", source, id=f"import: {words}") for words, source in IMPORTS.items()]
    + [pytest.param(PLAN, 3, "app/main.py", source, id=f"code: {words}") for words, source in BESIDE_COMMENTS.items()]
    + [pytest.param(NEARBY, 3, path, source, id=f"relative: {words}") for words, (path, source) in RELATIVE.items()]
    + [pytest.param(RENAME, 4, "app/main.py", IMPORT + source, id=f"call: {words}") for words, source in CALLS.items()]
    + [pytest.param(RENAME, 4, "app/main.py", source, id=f"name: {words}") for words, source in OTHER_NAMES.items()]
)


@pytest.mark.parametrize(("plan", "phase", "path", "source"), CASES)
def test_files_with_sites_are_relevant(plan: Plan, phase: int, path: str, source: str) -> None:
    result = transform(source, phase=phase, plan=plan, path=path)
    assert result.edits or result.findings, "the case is none"
    assert relevance(plan, phase)(path, source.encode())


@pytest.mark.parametrize(
    ("plan", "phase", "files"),
    [
        pytest.param(PLAN, 3, {f"{i}.py": source for i, source in enumerate(IMPORTS.values())}, id="imports"),
        pytest.param(
            NEARBY,
            3,
            {path.replace(".py", f"{i}.py"): source for i, (path, source) in enumerate(RELATIVE.values())},
            id="relative",
        ),
        pytest.param(
            RENAME,
            4,
            {f"{i}.py": IMPORT + source for i, source in enumerate((*CALLS.values(), *OTHER_NAMES.values()))},
            id="calls",
        ),
    ],
)
def test_files_with_sites_are_candidates(
    make_repository: MakeRepository, plan: Plan, phase: int, files: dict[str, str]
) -> None:
    git = make_repository({**files, "other.py": "x = 1\n"}).open()
    assert candidates_of(git, plan, phase) == tuple(sorted(files))


def test_names_of_a_package_are_found_inside_it(make_repository: MakeRepository) -> None:
    plan = moves(a="shop:Cart -> basket:Basket")
    files = {
        "shop/__init__.py": "class Cart: ...\n",
        "shop/api.py": "from . import (  # (all)\n    Cart)\n",
        "shop/[x]/api.py": "from .. \\\n import x, \\\n Cart\n",
        "app.py": "from . import Cart\n",
    }
    git = make_repository(files).open()
    found = candidates_of(git, plan, 3)
    assert [p for p in found if p != "shop/__init__.py"] == ["shop/[x]/api.py", "shop/api.py"]
    for path in ("shop/api.py", "shop/[x]/api.py"):
        assert transform(files[path], phase=3, plan=plan, path=path).edits
        assert relevance(plan, 3)(path, files[path].encode())


BLANK = st.sampled_from(["", " ", "\n", "\r\n", "  # a (b) =\n", " \\\n", "\n\n    # '\n   ", "\t"])


@given(blanks=st.lists(BLANK, min_size=6, max_size=6), other=st.sampled_from(["", "')', ", "x(1), ", "*y, "]))
def test_calls_with_anything_between_their_tokens(blanks: list[str], other: str) -> None:
    a, b, c, d, e, f = blanks
    source = f"{IMPORT}x = (Basket{a}({b}{other}{c}metadata{d}={e}1{f}))\n"
    assert transform(source, phase=4, plan=RENAME).edits
    assert relevance(RENAME, 4)("app/main.py", source.encode())


@given(
    blanks=st.lists(st.sampled_from(["", " ", " \\\n", "\t"]), min_size=4, max_size=4),
    inside=st.lists(BLANK, min_size=2, max_size=2),
    dots=st.integers(0, 3),
)
def test_imports_with_anything_between_their_tokens(blanks: list[str], inside: list[str], dots: int) -> None:
    a, b, c, d = blanks
    if dots:
        source = f"from{a}{'.' * dots}{b}cart{c} import{d}({inside[0]}x,{inside[1]}Cart)\n"
    else:
        source = f"from {a}shop{b}.{c}cart{d} import({inside[0]}x,{inside[1]}Cart)\n"
    plan = moves(a="shop.cart:Cart -> shop.basket:Basket")
    path = "shop/" + "a/" * (dots - 1) + "main.py"
    assert transform(source, phase=3, plan=plan, path=path).edits
    assert relevance(plan, 3)(path, source.encode())


def test_a_mapping_passed_to_a_name_of_a_reexport() -> None:
    source = b"from facade import Korb\nKorb(**x)\n"
    assert not relevance(RENAME, 4)("app.py", source)
    assert relevance(RENAME, 4, {"Korb"})("app.py", source)


def test_a_call_that_is_never_closed() -> None:
    assert relevance(RENAME, 4)("app.py", b"Basket(1, **x")
    assert not relevance(RENAME, 4)("app.py", b"x ** y; Basket(1")


def test_calls_to_which_keywords_are_only_added_are_all_of_interest() -> None:
    is_relevant = relevance(calls("m:f", add={"a": "1"}), 4)
    assert is_relevant("app.py", b"f()")
    assert not is_relevant("app.py", b"g()")


def test_copies_that_pass_nothing_old_are_of_no_interest(make_repository: MakeRepository) -> None:
    files = {"a.py": "x.replace('a', 'b')\n", "b.py": "replace(x, metadata=1)\n", "c.py": "metadata = 1\n"}
    assert candidates_of(make_repository(files).open(), RENAME, 4) == ("a.py", "b.py")
    assert [path for path in files if relevance(RENAME, 4)(path, files[path].encode())] == ["b.py"]


def test_phases_without_sites(make_repository: MakeRepository) -> None:
    git = make_repository({"app.py": IMPORTS["plain"]}).open()
    plan = make_plan({"phase5": {}})
    for phase in (1, 3, 4, 5):
        assert candidates_of(git, plan, phase) == ()
        assert not relevance(plan, phase)("app.py", IMPORTS["plain"].encode())


def test_phase_5_looks_for_both(make_repository: MakeRepository) -> None:
    git = make_repository({"a.py": IMPORTS["plain"], "b.py": "Basket(metadata=1)\n", "c.py": "x = 1\n"}).open()
    assert candidates_of(git, PLAN, 5) == ("a.py", "b.py")


def test_python_files_that_are_not_excluded(make_repository: MakeRepository, tmp_path: Path) -> None:
    plan = make_plan({"phase3": {"move": [{"old": "shop.cart:Cart", "new": "b:C"}]}}, exclude=["vendor/**", "*_pb2.py"])
    source = "from shop.cart import Cart\n"
    names = [
        "a.py",
        "a.pyi",
        "a.pyw",
        "a.txt",
        "vendor/a.py",
        "vendor/x/a.py",
        "deep/x_pb2.py",
        "x_pb2.py",
        "deep/a.py",
    ]
    git = make_repository(dict.fromkeys(names, source)).open()
    assert candidates_of(git, plan, 3) == ("a.py", "a.pyi", "a.pyw", "deep/a.py", "deep/x_pb2.py")


def test_words_are_whole(make_repository: MakeRepository) -> None:
    git = make_repository({"a.py": "Cart\n", "b.py": "myCart Carts Cart_\n", "c.py": "x.Cart(1)\n"}).open()
    assert find_words(git, PLAN, ["Cart", "x y"]) == ("a.py", "c.py")
    assert find_words(git, PLAN, []) == ()


@pytest.mark.parametrize(
    ("source", "renames"),
    [
        pytest.param("Cart\nCart.x\nCart(1)\nimport Cart\n", False, id="used"),
        pytest.param("x == Cart\nf(Cart)\n", False, id="compared and passed on"),
        pytest.param("from a import Cart as C\n", True, id="alias"),
        pytest.param("from a import (Cart # the\n as C)\n", True, id="alias with a comment"),
        pytest.param("C = Cart", True, id="assigned"),
        pytest.param("C = a.b.Cart # the\n", True, id="assigned from a module"),
        pytest.param("C = ( # " + "the" * 99 + "\n  Cart)\n", True, id="assigned after a comment"),
        pytest.param("from a import (Cart # the\r as C)\r", True, id="alias with a comment and CR"),
        pytest.param("C = Carts\nC = 'Cart'\n", False, id="another name"),
        pytest.param("C = a.Cart if x else y\n", True, id="chosen"),
        pytest.param("C: type = y if f(x) else Cart\n", True, id="chosen by a call"),
        pytest.param("if x:\r  C = y or Cart\r", True, id="or"),
        pytest.param("B, (C, D) = x, [Cart, y]\n", True, id="unpacked"),
        pytest.param("C = Cart(1)\nx = f(Cart, y)\nx = Cart.y\n", False, id="called, passed on, an attribute"),
        pytest.param("f(x=1, y=Cart, z=2)\nx == (Cart, y)\n", False, id="passed by name, compared"),
    ],
)
def test_what_is_renamed(source: str, renames: bool) -> None:
    assert may_give_away(source.encode(), ["Cart"]) is renames


@pytest.mark.parametrize(
    ("source", "gives"),
    [
        pytest.param("Cart\nCart(1)\n", False, id="used"),
        pytest.param("def f():\n    from a import Cart as C\n", False, id="alias in a function"),
        pytest.param("class A:\n    C = Cart\n    B, C = x, Cart\n", False, id="assigned in a class"),
        pytest.param("if x:\n    from a import Cart as C\n", True, id="alias in a block"),
        pytest.param("def f():\n    C = Cart\ntry:\n    C = Cart\nfinally:\n    pass\n", True, id="both"),
        pytest.param("if x:\n    '''\ndef f():\n'''\n    C = Cart\n", True, id="after a function in a string"),
    ],
)
def test_may_give_away(source: str, gives: bool) -> None:
    assert may_give_away(source.encode(), ["Cart"]) is gives


BEYOND_ASCII = moves(a="café.módulo:A -> b:B", b="漢.字:A -> b:B")


@pytest.mark.parametrize(
    ("path", "source", "encoding"),
    [
        pytest.param("café/x.py", "from .módulo import A\n", "utf-8", id="relative"),
        pytest.param("café/x.py", "from . import módulo\nmódulo.A\n", "utf-8", id="module from its package"),
        pytest.param("x.py", "import café.módulo\ncafé.módulo.A\n", "utf-8", id="import"),
        pytest.param("x.py", "# coding: latin-1\nfrom café.módulo import A\n", "latin-1", id="Latin-1"),
        pytest.param("x.py", "# coding: latin-1\nfrom café import módulo\nmódulo.A\n", "latin-1", id="module, Latin-1"),
        pytest.param("café/x.py", "# coding: latin-1\nfrom .módulo import A\n", "latin-1", id="relative, Latin-1"),
        pytest.param("x.py", "# coding: gbk\nfrom 漢.字 import A\n", "gbk", id="GBK"),
        pytest.param("漢/x.py", "from .字 import A\n", "utf-8", id="relative, no ASCII"),
    ],
)
def test_modules_beyond_ascii(make_repository: MakeRepository, path: str, source: str, encoding: str) -> None:
    content = source.encode(encoding)
    result = transform(content, phase=3, plan=BEYOND_ASCII, path=path)
    assert result.edits or result.findings, "the case is none"
    assert relevance(BEYOND_ASCII, 3)(path, content)
    repository = make_repository({"other.py": "x = 1\n"})
    (repository.root / path).parent.mkdir(exist_ok=True)
    (repository.root / path).write_bytes(content)
    assert candidates_of(repository.open(), BEYOND_ASCII, 3) == (path,)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_calls_beyond_ascii(encoding: str) -> None:
    plan = calls("shop:Ñandú", rename={"año": "year"})
    content = f"# coding: {encoding}\nfrom shop import Ñandú as Ñ\nÑ(año=1)\n".encode(encoding)
    assert transform(content, phase=4, plan=plan).edits
    assert relevance(plan, 4)("app.py", content)
    assert may_give_away(content, ["Ñandú"])
