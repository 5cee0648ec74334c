"""guarding/look.py: the same places as phase 5 finds, and imports by way of a redirect."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from guarded import MODULES, files_at_random, look_at_staged, look_at_tree, make_plan, places
from repositories import MakeRepository, Repository

from migrate.executors.crew import PARSING_PAYS
from migrate.plan import Plan
from migrate.previewing import preview

Files = Mapping[str, str | bytes]


def check_same_as_phase_5(repository: Repository, plan: Plan) -> list[tuple[str, int, int, str, str]]:
    """What guard lists, once it is known to be what phase 5 lists, and imports of redirects besides."""
    looked = look_at_tree(repository, plan)
    found = places(looked)
    expected = {(f.path, f.line, f.column, f.code) for f in preview(repository.open(), plan, 5).findings}
    redirects = {redirect.module for redirect in plan.redirects}
    own = [place for place in found if place[:4] not in expected]
    assert {place[:4] for place in found if place not in own} == expected
    assert all(subject.partition(":")[0] in redirects for *_, subject in own)
    assert found == sorted(found)
    assert len({place[:4] for place in found}) == len(found), "a place is told once"
    return found


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({}, id="nothing uses what is old"),
        pytest.param({"a.py": "from shop.basket import Basket\nBasket(context=1)\n"}, id="what is new"),
        pytest.param({"a.py": "from other.cart import Cart\nCart(metadata=1)\n"}, id="another module of that name"),
        pytest.param({"a.py": "from shop.cart import Cart  # migrate: keep\n"}, id="import that is kept"),
        pytest.param({"a.py": "from shop.till import Till  # migrate: keep\n"}, id="import of a redirect that is kept"),
        pytest.param({"a.py": "from shop.cart import (\n    checkout,  # migrate: keep\n)\n"}, id="kept within"),
        pytest.param({"a.py": "from shop.basket import Basket\nBasket(metadata=1)  # migrate: keep\n"}, id="kept call"),
        pytest.param({"old/a.py": "from shop.cart import Cart\nfrom shop.till import Till\n"}, id="excluded file"),
        pytest.param({"a.txt": "from shop.cart import Cart\n"}, id="no Python"),
        pytest.param({"a.py": "# from shop.cart import Cart\n'''from shop.till import Till'''\n"}, id="comments"),
        pytest.param({"a.py": "import shop\n"}, id="the package alone"),
        pytest.param({".gitignore": "a.py\n", "a.py": "from shop.cart import Cart\n"}, id="ignored file"),
    ],
)
def test_noop(files: Files, make_repository: MakeRepository) -> None:
    repository = make_repository({**MODULES, **files})
    plan = make_plan(plan={"name": "basket", "exclude": ["old/*"]})
    assert check_same_as_phase_5(repository, plan) == []


def test_the_redirects_themselves_are_no_finding(make_repository: MakeRepository) -> None:
    """Whatever their files hold; one that takes its names from another one is a file as any."""
    repository = make_repository({**MODULES, "shop/cart.py": "from shop.till import Till\nclass Cart(\n"})
    assert check_same_as_phase_5(repository, make_plan()) == []


@pytest.mark.parametrize(
    ("source", "line", "column", "code", "subject"),
    [
        pytest.param("from shop.cart import Cart\n", 1, 0, "deprecated-import", "shop.cart:Cart", id="from"),
        pytest.param("from shop.cart import Cart as X\n", 1, 0, "deprecated-import", "shop.cart:Cart", id="alias"),
        pytest.param("from .cart import Cart\n", 1, 0, "deprecated-import", "shop.cart:Cart", id="relative"),
        pytest.param("def f():\n    from shop.cart import Cart\n", 2, 4, "deprecated-import", "shop.cart:Cart", id="inside"),
        pytest.param("try:\n  from shop.cart import Cart\nexcept E: 0\n", 2, 2, "deprecated-import", "shop.cart:Cart", id="try"),
        pytest.param("import shop.prices\n", 1, 0, "deprecated-import", "shop.prices", id="module"),
        pytest.param("from shop.prices import net\n", 1, 0, "deprecated-import", "shop.prices:net", id="name of a module"),
        pytest.param("from . import prices\n", 1, 0, "deprecated-import", "shop:prices", id="relative module"),
        pytest.param("x = 1\nfrom shop.prices import *\n", 2, 0, "deprecated-import", "shop.prices", id="star"),
        pytest.param("patch('shop.cart.Cart')\n", 1, 7, "deprecated-import", "shop.cart:Cart", id="string"),
        pytest.param("from shop.basket import Basket\nBasket(metadata=1)\n", 2, 0, "deprecated-keyword", "shop.basket:Basket", id="call"),
        pytest.param("from shop import basket as b\nb.Basket(metadata=1)\n", 2, 0, "deprecated-keyword", "shop.basket:Basket", id="attribute"),
        pytest.param("é = 1; from shop.cart import Cart\n", 1, 8, "deprecated-import", "shop.cart:Cart", id="bytes"),
        pytest.param(b"\xef\xbb\xbffrom shop.cart import Cart\r\n", 1, 0, "deprecated-import", "shop.cart:Cart", id="bom"),
        # By way of a redirect: of `shop.cart` the plan moves another name, of `shop.till` none.
        pytest.param("from shop.cart import checkout\n", 1, 22, "redirect-import", "shop.cart:checkout", id="not moved"),
        pytest.param("from shop.cart import checkout as c\n", 1, 22, "redirect-import", "shop.cart:checkout", id="not moved, alias"),
        pytest.param("from shop.cart import nothing\n", 1, 22, "redirect-import", "shop.cart:nothing", id="not even there"),
        pytest.param("import shop.cart\n", 1, 7, "redirect-import", "shop.cart", id="the redirect"),
        pytest.param("from shop import cart\n", 1, 17, "redirect-import", "shop.cart", id="the redirect by its package"),
        pytest.param("from . import cart as c\n", 1, 14, "redirect-import", "shop.cart", id="the redirect, relative"),
        pytest.param("from shop.till import Till\n", 1, 22, "deprecated-import", "shop.till:Till", id="no moves"),
        pytest.param("from .till import (\n    Till,\n)\n", 2, 4, "deprecated-import", "shop.till:Till", id="no moves, relative"),
        pytest.param("import shop.till as t\n", 1, 7, "deprecated-import", "shop.till", id="no moves, module"),
        pytest.param("def f():\n  import shop.till\n", 2, 9, "deprecated-import", "shop.till", id="no moves, inside"),
        pytest.param("from shop.till import *\n", 1, 0, "deprecated-import", "shop.till", id="no moves, star"),
    ],
)  # fmt: skip
def test_each_form_is_found_in_its_place(
    source: str | bytes, line: int, column: int, code: str, subject: str, make_repository: MakeRepository
) -> None:
    repository = make_repository({**MODULES, "shop/page.py": source})
    found = check_same_as_phase_5(repository, make_plan())
    assert found == [("shop/page.py", line, column, code, subject)]


def test_one_statement_may_be_both(make_repository: MakeRepository) -> None:
    repository = make_repository({**MODULES, "a.py": "from shop.cart import Cart, checkout\n"})
    found = check_same_as_phase_5(repository, make_plan())
    assert [(column, code) for _, _, column, code, _ in found] == [(0, "deprecated-import"), (28, "redirect-import")]


def test_messages_name_the_new_home(make_repository: MakeRepository) -> None:
    source = "from shop.cart import checkout\nimport shop.till\nfrom shop.till import *, EUR\n"
    source = source.replace("*, EUR", "*\nfrom shop.till import gone")
    repository = make_repository({**MODULES, "a.py": source})
    assert [each.finding.message for each in look_at_tree(repository, make_plan()).seen] == [
        "imports shop.cart:checkout by way of a redirect; import shop.pay:checkout",
        "imports the redirect shop.till; import shop.pay",
        "imports everything from the redirect shop.till; import what is needed from shop.pay",
        "imports shop.till:gone from a redirect that does not have it; import it from its home",
    ]


@pytest.mark.parametrize(
    "source", ["from shop.cart import Cart\nx = (\n", "from shop.basket import Basket\nBasket(metadata=)\n"]
)
def test_a_file_that_does_not_parse_fails(source: str, make_repository: MakeRepository) -> None:
    repository = make_repository({**MODULES, "a.py": source, "b.py": "x = (\n"})
    looked = look_at_tree(repository, make_plan())
    assert {(each.finding.path, each.finding.code) for each in looked.seen} == {("a.py", "unparseable")}
    assert check_same_as_phase_5(repository, make_plan())


def test_untracked_files_count(make_repository: MakeRepository) -> None:
    repository = make_repository(MODULES)
    repository.write({"new.py": "from shop.cart import Cart\n"})
    assert [path for path, *_ in check_same_as_phase_5(repository, make_plan())] == ["new.py"]


def test_the_working_tree_counts_not_the_index(make_repository: MakeRepository) -> None:
    repository = make_repository({**MODULES, "a.py": "from shop.cart import Cart\n", "b.py": ""})
    repository.write({"a.py": "", "b.py": "from shop.cart import Cart\n"})
    assert [path for path, *_ in check_same_as_phase_5(repository, make_plan())] == ["b.py"]


def test_kept_places_are_counted(make_repository: MakeRepository) -> None:
    keep = "  # migrate: keep\n"
    source = f"from shop.cart import Cart{keep}from shop.basket import Basket\nBasket(metadata=1){keep}"
    assert look_at_tree(make_repository({**MODULES, "a.py": source}), make_plan()).kept == 2


FOLLOWED: Files = {
    "app/__init__.py": "from app.api import Public\n",
    "app/api.py": "from shop.basket import Basket as Public\nfrom shop.cart import Cart  # migrate: keep\n",
    "app/more.py": "from app import Public as Renamed\nfrom .api import Cart\n",
    "app/heir.py": "from app.more import Renamed\n\nclass Heir(Renamed):\n    pass\n",
    "use/attribute.py": "import app.api\napp.api.Public(metadata=1)\napp.api.Cart\n",
    "use/package.py": "from app import Public\nPublic(metadata=1)\n",
    "use/renamed.py": "from app.more import Renamed, Cart\nRenamed(metadata=1)\n",
    "use/heir.py": "from app.heir import Heir\nHeir(metadata=1)\n",
    "use/star.py": "from app.more import *\nRenamed(metadata=1)\n",
    "use/other.py": "from app.unknown import Renamed\nRenamed(metadata=1)\n",
}


def test_names_that_other_modules_pass_on_are_followed(make_repository: MakeRepository) -> None:
    found = check_same_as_phase_5(make_repository({**MODULES, **FOLLOWED}), make_plan())
    called = {path for path, *_, code, _ in found if code == "deprecated-keyword"}
    assert {"use/attribute.py", "use/package.py", "use/renamed.py", "use/heir.py", "use/star.py"} <= called
    assert "use/other.py" not in called


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(
            {"lib/api.py": "from shop.basket import Basket\n",
             "lib/gift.py": "from lib.api import Basket\nclass Gift(Basket): ...\n",
             "use.py": "from lib.gift import Gift\nGift(metadata=1)\n"}, id="heir of a re-export",
        ),
        pytest.param(
            {"lib/gift.py": "from shop.cart import Cart  # migrate: keep\nclass Gift(Cart): ...\n",
             "use.py": "from lib.gift import Gift\nGift(metadata=1)\n"}, id="heir by way of the redirect",
        ),
        pytest.param(
            {"lib/one.py": "from shop.basket import Basket as B\n",
             "lib/two.py": "from lib.one import B as BB\nclass Cart(BB): ...\n",
             "lib/three.py": "from lib.two import Cart\n",
             "use.py": "from lib.three import Cart\nCart(metadata=1)\n"}, id="heir with a name that is known",
        ),
        pytest.param(
            {"lib/heir.py": "from shop.basket import Basket\nclass Big(Basket): ...\n",
             "lib/one.py": "from lib.heir import Big as Cart\n", "lib/two.py": "from lib.one import Cart as cart\n",
             "use.py": "import lib.two\nlib.two.cart(metadata=1)\n"}, id="heir with the name of a module",
        ),
        pytest.param(
            {"lib/heir.py": "from shop.basket import Basket\nclass Big(Basket): ...\n",
             "lib/one.py": "from lib.heir import Big as Cart\n", "lib/two.py": "from lib.one import Cart\nB2 = Cart\n",
             "use.py": "import lib.two\nlib.two.B2(metadata=1)\n"}, id="heir in a variable",
        ),
        pytest.param(
            {"lib/one.py": "import shop.cart as Cart  # migrate: keep\n",
             "use.py": "from lib.one import *\nCart.Cart\n"}, id="module with the name of an object",
        ),
        pytest.param(
            {"lib/__init__.py": "from shop import cart as cart  # migrate: keep\n", "use.py": "import lib\nf(lib.cart)\n"},
            id="module by its package",
        ),
        pytest.param(
            {"lib/one.py": "import shop.cart as cart  # migrate: keep\n",
             "use.py": "from lib.one import cart\ncart.Cart.__init__(x, metadata=1)\n"}, id="constructor by way of a module",
        ),
    ],
)  # fmt: skip
def test_names_through_several_modules(files: Files, make_repository: MakeRepository) -> None:
    """Whatever a step on the way is called, and whatever was looked for before it was known."""
    repository = make_repository({**MODULES, **files, "use.py": ""})
    repository.write(files)
    found = [place for place in check_same_as_phase_5(repository, make_plan()) if place[0] == "use.py"]
    assert found
    assert {code for *_, code, _ in found} <= {"deprecated-import", "deprecated-keyword"}
    repository.git("add", "use.py")
    assert places(look_at_staged(repository, make_plan())) == found


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("field(default_factory=Basket, metadata=1)\n", id="handed to another function"),
        pytest.param("Basket = dict\nBasket(metadata=1)\n", id="something else, too"),
    ],
)
def test_what_is_not_certain_fails_only_if_strict(source: str, make_repository: MakeRepository) -> None:
    repository = make_repository({**MODULES, "a.py": "from shop.basket import Basket\n" + source})
    assert [code for *_, code, _ in check_same_as_phase_5(repository, make_plan())] == ["uncertain-keyword"]
    (seen,) = look_at_tree(repository, make_plan()).seen
    assert (seen.fails(strict=False), seen.fails(strict=True)) == (False, True)


def test_names_that_a_redirect_passes_on_are_followed(make_repository: MakeRepository) -> None:
    """Nothing is found in the redirect itself, and it tells all the same."""
    files = {
        "shop/till.py": "from shop.cart import Cart as Ship\n",
        "lib.py": "from shop.cart import Cart as Wagon  # migrate: keep\n",
        "a.py": "from shop.cart import Cart as C  # migrate: keep\nC(metadata=1)\n",
        "b.py": "from lib import Wagon as W\nW(metadata=1)\n",
        "c.py": "import shop.till as t  # migrate: keep\nt.Ship(metadata=1)\n",
    }
    found = check_same_as_phase_5(make_repository({**MODULES, **files}), make_plan())
    assert [(path, line, code) for path, line, _, code, _ in found] == [
        (path, 2, "deprecated-keyword") for path in ("a.py", "b.py", "c.py")
    ]


def test_a_class_that_inherits_later_in_its_file(make_repository: MakeRepository) -> None:
    source = "from shop.basket import Basket\nSecond(metadata=1)\nclass Second(First): ...\nclass First(Basket): ...\n"
    source += "Second(metadata=2)\n"
    check_same_as_phase_5(make_repository({**MODULES, "a.py": source}), make_plan())


@pytest.mark.parametrize("seed", range(8))
def test_the_same_places_as_phase_5_in_files_at_random(seed: int, make_repository: MakeRepository) -> None:
    check_same_as_phase_5(make_repository({**MODULES, **files_at_random(seed)}), make_plan())


def test_several_processes_find_the_same(make_repository: MakeRepository) -> None:
    many = {
        f"app/page{n}.py": f"from shop.cart import Cart\nx = {n}\n# {'x' * (PARSING_PAYS // 20)}\n" for n in range(22)
    }
    repository = make_repository({**MODULES, **FOLLOWED, **many})
    assert look_at_tree(repository, make_plan(), jobs=2) == look_at_tree(repository, make_plan())


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(make_plan(phase3=None), id="no moves"),
        pytest.param(make_plan(phase4=None), id="no calls"),
        pytest.param(make_plan(phase1=None), id="no redirects"),
        pytest.param(make_plan(phase3=None, phase4=None), id="redirects alone"),
        pytest.param(make_plan(phase4={"call": [{"callee": "shop.basket:Basket", "keyword_only": ["owner"]}]}), id="by position"),
    ],
)  # fmt: skip
def test_plans_without_some_phase(plan: Plan, make_repository: MakeRepository) -> None:
    page = "from shop.cart import Cart, checkout\nfrom shop.till import Till\nfrom shop.basket import Basket\nBasket(1, metadata=2)\n"
    found = check_same_as_phase_5(make_repository({**MODULES, **FOLLOWED, "app/page.py": page}), plan)
    imports = {(line, code) for path, line, _, code, _ in found if path == "app/page.py" and line < 3}
    is_cart_moved = plan.phase3 is not None
    if plan.redirects:
        assert (2, "deprecated-import") in imports
        assert ((1, "redirect-import") in imports) == is_cart_moved
    assert ((1, "deprecated-import") in imports) == bool(is_cart_moved or plan.redirects)
