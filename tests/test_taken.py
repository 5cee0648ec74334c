"""Which names others take: `names_taken` may say too many, never too few, and `may_take` is never the stricter one."""

from __future__ import annotations

import ast
from collections.abc import Collection
from pathlib import Path

import pytest

from migrate.modules import ModuleName
from migrate.taken import Wanted, may_take, names_taken

NAMES = ("app.main.cart", "app.main.Cart", "app.main.*", "till.pay", "solo")
"""Names that would be gone; `solo` stands in no module."""
EXPORTS = {"app.main": frozenset({"Cart", "other"}), "till": frozenset({"x"})}


def taken(source: str | bytes, names: Collection[str] = NAMES, importer: str = "app.page") -> set[str]:
    content = source.encode() if isinstance(source, str) else source
    module = ModuleName(importer, is_package=False)
    found = names_taken(content, module, tuple(names), EXPORTS.get)
    assert found <= set(names)
    assert may_take(names)(content) or not found, "the cheap look misses what is taken"
    assert Wanted(frozenset(names), (".",)).may_reach(module, content) or not found, "as does the cheapest"
    return set(found)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("", id="empty"),
        pytest.param("from app.main import other\n", id="another name"),
        pytest.param("from app.main import Carts, my_cart\n", id="longer names"),
        pytest.param("from app import main\nmain.other\n", id="another attribute"),
        pytest.param("from my.app.main import Cart\n", id="a longer path"),
        pytest.param("from main import Cart\n", id="a shorter path"),
        pytest.param("from till import Cart\nfrom app.main import pay\n", id="each name from the other module"),
        pytest.param("import app.main\napp.main\n", id="the module alone"),
        pytest.param("import app.main as m\nm.x.Cart\n", id="further down"),
        pytest.param("import app\napp.Cart\n", id="of the package"),
        pytest.param("self.app.main.Cart\nf().Cart\n", id="of something else"),
        pytest.param("from .main import Cart\n", id="from the importer's own package"),
        pytest.param("from till import *\n", id="star import of what has no such name"),
        pytest.param("x = 'Cart'\n", id="a string without its module"),
        pytest.param("import app.main\nx = 'Cart is full'\n", id="a string with more words"),
        pytest.param("x = 'my.app.main.Cart', 'app.main.Carts', 'app.main'\n", id="strings of other paths"),
        pytest.param("# from app.main import Cart\n", id="comment"),
        pytest.param("from ....main import Cart\n", id="out of the tree"),
    ],
)
def test_nothing_is_taken(source: str) -> None:
    assert taken(source, importer="shop.page") == set()


def test_a_module_may_name_itself() -> None:
    assert taken("patch('app.main.Cart')\n", importer="app.main") == {"app.main.Cart"}
    assert taken("Cart\nimport till\ntill.pay\n", importer="app.main") == {"till.pay"}


def test_no_names_are_asked_for() -> None:
    assert taken("from app.main import Cart\napp.main.Cart\n'app.main.Cart'\n", ()) == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        # imports
        pytest.param("from app.main import Cart\n", "Cart", id="from"),
        pytest.param("from app.main import Cart as C, x, cart\n", "Cart cart", id="two of a list"),
        pytest.param("from app.main import (\n    x,  # Cart\n    Cart,\n)\n", "Cart", id="in parentheses"),
        pytest.param("from app.main import (  # (\n    Cart,\n)\n", "Cart", id="a parenthesis in a comment"),
        pytest.param("from app.main import \\\n    Cart\n", "Cart", id="continued"),
        pytest.param("from \\\n  app.main \\\n  import x, \\\n    Cart\n", "Cart", id="continued everywhere"),
        pytest.param("from app.main import \\\r\n    x, \\\r\n    Cart\r\n", "Cart", id="continued, CRLF"),
        pytest.param("from app.main import(Cart)\n", "Cart", id="no blank"),
        pytest.param("from app.main import x; from app.main import Cart\n", "Cart", id="behind a semicolon"),
        pytest.param("from app . main import Cart\n", "Cart", id="blanks around a dot"),
        pytest.param("from app.\\\n  main import Cart\n", "Cart", id="continued behind a dot"),
        pytest.param("from.main import Cart\n", "Cart", id="relative, no blank"),
        pytest.param("from . main import Cart\n", "Cart", id="relative, one more blank"),
        pytest.param("from .main import Cart\n", "Cart", id="relative"),
        pytest.param("from . import main\nmain.Cart\n", "Cart", id="relative module"),
        pytest.param("from .main import (x, Cart)\n", "Cart", id="relative, in parentheses"),
        pytest.param("def f():\n    from app.main import Cart\n", "Cart", id="in a function"),
        pytest.param("from app.main import *\n", "Cart *", id="star import"),
        pytest.param("from .main import *\n", "Cart *", id="relative star import"),
        # attributes
        pytest.param("import app.main\napp.main.Cart\n", "Cart", id="import"),
        pytest.param("import app\napp.main.Cart.method()\n", "Cart", id="import of the package"),
        pytest.param("import app.main as m\nm.Cart = 1\n", "Cart", id="alias"),
        pytest.param("import app.other\napp.main.Cart\n", "Cart", id="import of its neighbour"),
        pytest.param("import app as a\nx = (a\n  .main\n  . Cart)\n", "Cart", id="over lines"),
        pytest.param("import app as a\na.main. \\\n  Cart\n", "Cart", id="attribute, continued"),
        pytest.param("from app import main\ndel main.cart\n", "cart", id="from the package"),
        pytest.param("from app import main as m\nf'{m.Cart}'\n", "Cart", id="in an f-string"),
        pytest.param("if a:\n    import app as m\nelse:\n    import app.main as m\nm.Cart\n", "Cart", id="the other of two"),
        pytest.param("if a:\n    import app.main as m\nelse:\n    import app as m\nm.Cart\n", "Cart", id="one of two"),
        # strings
        pytest.param("patch('app.main.Cart')\n", "Cart", id="path"),
        pytest.param("patch('app.main.Cart.method')\n", "Cart", id="path of an attribute"),
        pytest.param('x = "see app.main.Cart!"\n', "Cart", id="path in a sentence"),
        pytest.param("x = f'app.main.cart.{y}'\n", "cart", id="path in an f-string"),
        pytest.param("x = 'app.main.cart, app.main.Cart'\n", "cart Cart", id="two paths"),
        pytest.param("from app import main\npatch.object(main, 'Cart')\n", "Cart", id="name beside the module"),
        pytest.param("import app.main\npatch.object(app.main, 'cart')\n", "cart", id="name beside an import"),
        pytest.param("from app.main import x\ngetattr(sys.modules['app.main'], 'Cart')\n", "Cart", id="name beside a name of the module"),
        pytest.param("import app.main as m\ngetattr(m, '''Cart''')\n", "Cart", id="name in three quotes"),
        pytest.param("import app.main as m\ngetattr(m, r'Cart'), f(m, u'cart')\n", "Cart cart", id="names with prefixes"),
        # what CPython cannot parse
        pytest.param("from app.main import Cart\nprint 'x'\n", "Cart", id="Python 2"),
        pytest.param("patch('app.main.Cart'\n", "Cart", id="unclosed"),
    ],
)  # fmt: skip
def test_taken(source: str, found: str) -> None:
    assert taken(source) == {f"app.main.{name}" for name in found.split()}


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("from unknown import *\n", id="star"),
        pytest.param("from .unknown import *\n", id="relative star"),
    ],
)
def test_a_star_import_of_what_is_not_certain_takes_everything(source: str) -> None:
    names = ("unknown.a", "unknown.*", "app.unknown.a", "other.a")
    module = "app.unknown" if "." in source else "unknown"
    assert taken(source, names) == {f"{module}.{name}" for name in "a*" if f"{module}.{name}" in names}


def test_letters_beyond_ascii() -> None:
    names = ("app.main.größe", "app.käse.x")
    assert taken("import app.main as m\nm.größe\n", names) == {"app.main.größe"}
    assert taken("x = 'app.käse.x'\n", names) == {"app.käse.x"}


def test_what_cannot_be_decoded() -> None:
    assert taken(b"from app.main import Cart  # \xff\n") == {"app.main.Cart"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("x = Cart\n", False, id="a name"),
        pytest.param("from app.main import other\n", False, id="another name"),
        pytest.param("from other import Cart\n", False, id="another module"),
        pytest.param("from other import *\n", False, id="another star"),
        pytest.param("x.Carts, x.my_cart, 'Carts'\n", False, id="longer words"),
        pytest.param("from x.main import Cart\n", True, id="a module of that name elsewhere"),
        pytest.param("x.Cart\n", True, id="an attribute"),
        pytest.param("x = 'Cart'\n", True, id="a string"),
        pytest.param("from . import Cart\n", True, id="from the package"),
        pytest.param("from .. import x, cart\n", True, id="from the package above"),
    ],
)
def test_a_cheap_look(source: str, expected: bool) -> None:
    assert may_take(NAMES)(source.encode()) is expected


@pytest.mark.parametrize(
    ("source", "importer", "expected"),
    [
        pytest.param("x.Cart, 'Cart'\nfrom . import Cart\n", "app.page", False, id="no module is named"),
        pytest.param("import remains\n", "app.page", True, id="part of a word will do"),
        pytest.param("from . import Cart\n", "app.main", True, id="the module itself"),
        pytest.param("from .. import Cart\n", "app.main.parts.one", True, id="inside of the module"),
        pytest.param("from . import Cart\n", "app.mains", False, id="inside of another one"),
        pytest.param("from . import pay\n", "tills", True, id="a name beyond ASCII, which may be spelled otherwise"),
    ],
)
def test_the_cheapest_look(source: str, importer: str, expected: bool) -> None:
    names = {"t\u00ecll.pay"} if importer == "tills" else {"app.main.Cart", "app.main.*"}
    wanted = Wanted(frozenset(names), (".",))
    assert wanted.may_reach(ModuleName(importer, is_package=False), source.encode()) is expected


STANDARD_LIBRARY = Path(ast.__file__).parent


@pytest.mark.parametrize("folder", ["email", "importlib", "json", "logging", "unittest", "wsgiref"])
def test_the_standard_library_is_never_missed(folder: str) -> None:
    """Every name that an import takes, or an attribute of an imported module, as a look of its own finds them."""
    for path in sorted((STANDARD_LIBRARY / folder).glob("*.py")):
        content = path.read_bytes()
        tree = ast.parse(content)
        nodes = list(ast.walk(tree))
        plain = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names if a.asname is None}
        names = {
            f"{node.module}.{alias.name}"
            for node in nodes
            if isinstance(node, ast.ImportFrom) and not node.level
            for alias in node.names
            if alias.name != "*"
        }
        names |= {
            ast.unparse(node)
            for node in nodes
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in plain
        }
        importer = ModuleName("somewhere.else", is_package=False)
        assert names_taken(content, importer, names, lambda _module: None) == names, path
        assert [name for name in names if not may_take({name})(content)] == [], path
        wanted = [Wanted(frozenset({name}), (".",)) for name in names]
        assert all(each.may_reach(importer, content) for each in wanted), path
