from __future__ import annotations

from collections.abc import Mapping

import pytest
from checks import make_plan
from repositories import MakeRepository
from world import codes, predict, redirect_plan

from migrate.foresight.circles import Circles
from migrate.foresight.loading import read_script
from migrate.modules import ModuleName

NEW = "class New: ...\n"


def chain(files: Mapping[str, str], *exports: str, warn: str = "none") -> list[str]:
    """The chain of a redirect `shop.old`, as people see it."""
    plan = redirect_plan(exports or ["shop.new:New as Old"])
    redirect = plan.redirects[0].model_copy(update={"warn": warn})
    contents = {"shop/__init__.py": b"", "shop/old.py": b"class Old: ...\n"}
    contents |= {path: text.encode() for path, text in files.items()}
    circles = Circles(contents.get, ["."], {redirect.module: redirect})
    found = circles.of(redirect)
    return [str(edge) for edge in found.edges] if found is not None else []


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"shop/new.py": NEW}, id="no way back"),
        pytest.param({}, id="home is not there"),
        pytest.param({"shop/new.py": NEW + "def f():\n    from shop.old import Old\n"}, id="in a function"),
        pytest.param({"shop/new.py": "if TYPE_CHECKING:\n    from shop.old import Old\n" + NEW}, id="for type checkers"),
        pytest.param({"shop/new.py": "if False:\n    from shop.old import Old\n" + NEW}, id="never"),
        pytest.param({"shop/new.py": NEW + "import shop.old\n"}, id="taken before it matters"),
        pytest.param({"shop/new.py": NEW + "import shop.old as o\nf = lambda: o.Old\n"}, id="read later"),
        pytest.param({"shop/new.py": NEW + "from shop import old\n"}, id="the module alone"),
        pytest.param({"shop/new.py": "# from shop.old import Old\nx = '''\nfrom shop.old import Old\n'''\n" + NEW}, id="text"),
        pytest.param(
            {"shop/new.py": "try:\n    from shop.old import Old\nexcept ImportError:\n    Old = None\n" + NEW}, id="caught"
        ),
        pytest.param({"shop/new.py": NEW + "from shop.old import __doc__\n"}, id="what every module has"),
    ],
)  # fmt: skip
def test_no_circle(files: Mapping[str, str]) -> None:
    assert chain(files) == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"shop/new.py": "\nfrom shop.old import Old\n" + NEW},
            ["shop.old → shop.new (shop/old.py:2)", "shop.new → shop.old (shop/new.py:2)"], id="itself",
        ),
        pytest.param(
            {"shop/new.py": NEW + "from .old import Old as O\n"},
            ["shop.old → shop.new (shop/old.py:2)", "shop.new → shop.old (shop/new.py:2)"], id="bound above, but not there",
        ),
        pytest.param(
            {"shop/new.py": "import shop.old\n" + NEW},
            ["shop.old → shop.new (shop/old.py:2)", "shop.new → shop.old (shop/new.py:1)"], id="from the home's side",
        ),
        pytest.param(
            {"shop/new.py": NEW + "import shop.old\nclass Sub(shop.old.Old): ...\n"},
            ["shop.old → shop.new (shop/old.py:2)", "shop.new → shop.old (shop/new.py:3)"], id="read while loading",
        ),
        pytest.param(
            {"shop/new.py": NEW + "import shop.old as o\ndef f(x=o.Old): ...\n"},
            ["shop.old → shop.new (shop/old.py:2)", "shop.new → shop.old (shop/new.py:3)"], id="read as a default",
        ),
        pytest.param(
            {"shop/new.py": NEW + "import shop.old as o\ndef f(x: o.Old): ...\n"},
            ["shop.old → shop.new (shop/old.py:2)", "shop.new → shop.old (shop/new.py:3)"], id="read as a type",
        ),
        pytest.param(
            {"shop/new.py": NEW + "from shop.a import A\n", "shop/a.py": "import shop.b\nA = 1\n",
             "shop/b.py": "if x:\n    from shop.old import Old\n"},
            ["shop.old → shop.new (shop/old.py:2)", "shop.new → shop.a (shop/new.py:2)", "shop.a → shop.b (shop/a.py:1)",
             "shop.b → shop.old (shop/b.py:2)"], id="a long one",
        ),
        pytest.param(
            {"shop/new.py": NEW + "import shop.old\nfrom shop.a import A\n", "shop/a.py": "from shop.old import Old\nA = 1\n"},
            ["shop.old → shop.new (shop/old.py:2)", "shop.new → shop.a (shop/new.py:3)", "shop.a → shop.old (shop/a.py:1)"],
            id="behind a harmless one",
        ),
        pytest.param(
            {"shop/__init__.py": "from shop.old import Old\nZ = 1\n", "shop/new.py": "from shop import Z\n" + NEW},
            ["shop.old → shop.new (shop/old.py:2)", "shop.new → shop (shop/new.py:1)", "shop → shop.old (shop/__init__.py:1)"],
            id="through the package",
        ),
    ],
)  # fmt: skip
def test_circle(files: Mapping[str, str], expected: list[str]) -> None:
    assert chain(files) == expected


def test_a_lazy_redirect() -> None:
    """It loads nothing by itself, but a name that is taken from it does."""
    assert chain({"shop/new.py": "import shop.old\n" + NEW}, warn="lazy") == []
    assert chain({"shop/new.py": NEW + "from shop.old import Old\n"}, warn="lazy") == []
    assert chain({"shop/new.py": "def f():\n    from shop.old import Old\n" + NEW}, warn="lazy") == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"shop/new.py": "from shop.old import Old\nclass New(Old): ...\n"},
            ["shop.old → shop.new (shop/old.py)", "shop.new → shop.old (shop/new.py:1)"], id="taken",
        ),
        pytest.param(
            {"shop/new.py": "import shop.old\nclass New(shop.old.Old): ...\n"},
            ["shop.old → shop.new (shop/old.py)", "shop.new → shop.old (shop/new.py:2)"], id="read",
        ),
        pytest.param(
            {"shop/new.py": "from shop.old import *\nclass New: ...\n"},
            ["shop.old → shop.new (shop/old.py)", "shop.new → shop.old (shop/new.py:1)"], id="star",
        ),
        pytest.param(
            {"shop/new.py": "from shop.a import Old\nclass New(Old): ...\n", "shop/a.py": "from shop.old import Old\n"},
            ["shop.old → shop.new (shop/old.py)", "shop.new → shop.a (shop/new.py:1)", "shop.a → shop.old (shop/a.py:1)"],
            id="by way of another",
        ),
        pytest.param(
            {"shop/__init__.py": "import shop.old\n", "shop/new.py": "import shop\nclass New(shop.old.Old): ...\n"},
            ["shop.old → shop.new (shop/old.py)", "shop.new → shop.old (shop/new.py:2)"], id="loaded by the package",
        ),
        pytest.param(
            {"shop/__init__.py": "from shop.old import Old\n", "shop/new.py": "from shop import Old\nclass New(Old): ...\n"},
            ["shop.old → shop.new (shop/old.py)", "shop.new → shop (shop/new.py:1)", "shop → shop.old (shop/__init__.py:1)"],
            id="taken by the package",
        ),
        pytest.param({"shop/new.py": "try:\n    from shop.old import Old\nexcept ImportError: ...\n" + NEW}, [], id="caught"),
    ],
)  # fmt: skip
def test_a_home_that_takes_from_its_lazy_redirect(files: Mapping[str, str], expected: list[str]) -> None:
    assert chain(files, warn="lazy") == expected


def test_a_star_import_of_what_leads_nowhere() -> None:
    """Its names are known, so what it does not bind is missing."""
    files = {"shop/new.py": "from shop.a import *\nfrom shop import old\n" + NEW, "shop/a.py": "A = 1\n"}
    assert chain(files) != []
    assert chain({**files, "shop/a.py": "New = 1\n"}) == []


def test_what_fails_today_is_nothing_new() -> None:
    files = {"shop/new.py": "from shop.old import Old\n" + NEW, "shop/old.py": "from shop.new import New\nOld = New\n"}
    assert chain(files) == []
    done = redirect_plan(["shop.new:New as Old"]).redirects[0].text()
    assert chain({**files, "shop/old.py": done}) != []


X = {"shop/x.py": "from shop.old import Old\nclass Q: ...\n", "shop/new.py": "from shop.x import Q\nclass New: ...\n"}
USER = {"shop/x.py": "import shop.old as o\nclass K(o.Old): ...\n", "shop/new.py": "import shop.x\nclass New: ...\n"}
BY_MODULE = "import shop.old as o\ndef f(): return o.Old\nclass Q: ...\n"


@pytest.mark.parametrize(
    ("files", "warn", "expected"),
    [
        pytest.param(
            {"shop/x.py": "class Q: ...\nfrom shop.old import Old\n", "shop/new.py": NEW + "from shop.x import Q\n"}, "lazy", [], id="none"
        ),
        pytest.param(
            X, "none",
            [("shop/x.py", 1, "import-cycle", "loading the redirect shop.old would load shop.old again through its new home: "
              "shop.old → shop.new (shop/old.py:2), shop.new → shop.x (shop/new.py:1), shop.x → shop.old (shop/x.py:1); "
              "import it in the function that uses it")], id="name",
        ),
        pytest.param(
            X, "lazy",
            [("shop/x.py", 1, "import-cycle", "a name that is taken from the redirect shop.old would have to be taken through "
              "it again: shop.old → shop.new (shop/old.py), shop.new → shop.x (shop/new.py:1), shop.x → shop.old "
              "(shop/x.py:1); import it in the function that uses it")], id="name, lazy",
        ),
        pytest.param(
            USER, "none",
            [("shop/x.py", 2, "import-cycle", "loading the redirect shop.old would load shop.old again through its new home: "
              "shop.old → shop.new (shop/old.py:2), shop.new → shop.x (shop/new.py:1), shop.x → shop.old (shop/x.py:2); "
              "import it in the function that uses it")], id="attribute",
        ),
        pytest.param(
            {"shop/x.py": "import shop.old as o\ndef f(): return o.Old\n", "shop/new.py": USER["shop/new.py"]}, "none",
            [("shop/x.py", 1, "import-cycle", "loading the redirect shop.old would load shop.old again through its new home: "
              "shop.old → shop.new (shop/old.py:2), shop.new → shop.x (shop/new.py:1), shop.x → shop.old (shop/x.py:1); "
              'import it in the function that uses it, or write warn = "lazy"')], id="until phase 3",
        ),
        pytest.param(
            {"shop/x.py": BY_MODULE, "shop/new.py": X["shop/new.py"]}, "lazy",
            [("shop/new.py", 1, "import-cycle", "after phase 3, loading shop.x would fail where these imports lead in a circle: "
              "shop.x → shop.new (shop/x.py:1), shop.new → shop.x (shop/new.py:1); import it in the function that uses it")],
            id="from phase 3 on",
        ),
        pytest.param(
            {"shop/new.py": "from shop.old import Old\nclass New(Old): ...\n"}, "lazy",
            [("shop/new.py", 1, "self-import", "a name that is taken from the redirect shop.old would have to be taken through "
              "it again: shop.old → shop.new (shop/old.py), shop.new → shop.old (shop/new.py:1); move the code that it takes "
              "from there into it, or import it in the function that uses it")], id="home, lazy",
        ),
        pytest.param(
            {"shop/__init__.py": "import shop.old\n", "shop/new.py": "from shop.b import B\nclass New: ...\n",
             "shop/b.py": "import shop.new\nx = shop.new.New\nclass B: ...\n"}, "none",
            [("shop/b.py", 2, "import-cycle", "once shop.old is a redirect, loading shop.old would fail where these imports "
              "lead in a circle: shop.new → shop.b (shop/new.py:1), shop.b → shop.new (shop/b.py:2); import it in the function "
              'that uses it, or write warn = "lazy"')], id="a circle that nobody enters there today",
        ),
    ],
)  # fmt: skip
def test_between_the_phases(
    files: Mapping[str, str], warn: str, expected: list[tuple[str, int, str, str]], make_repository: MakeRepository
) -> None:
    """After a redirect and until phase 3, and from then on: told once, in the phase of the redirect."""
    redirect = {"module": "shop.old", "docstring": "D.", "exports": ["shop.new:New as Old"], "warn": warn}
    plan = make_plan(
        {"phase1": {"redirect": [redirect]}, "phase3": {"move": [{"old": "shop.old:Old", "new": "shop.new:New"}]}}
    )
    repository = make_repository({"shop/__init__.py": "", "shop/old.py": "class Old: ...\n", **files})
    found = codes(predict(repository, plan), "import-cycle", "self-import")
    assert [(f.path, f.line, f.code, f.message) for f in found if f.phase == 1] == expected
    if "from shop.old" not in files["shop/new.py"]:  # which is reported on its own
        assert {f.phase for f in found} <= {1}


def test_between_two_redirects() -> None:
    """The module that leads back is a redirect itself in phase 2."""
    plan = redirect_plan(
        ["shop.new:New as Old"],
        more={"phase2": {"redirect": [{"module": "shop.till", "docstring": "D.", "exports": ["shop.coin:U"]}]}},
    )
    files = {
        "shop/__init__.py": b"", "shop/old.py": b"class Old: ...\n", "shop/till.py": b"import shop.old\nclass U: ...\n",
        "shop/new.py": b"from shop.till import U\nclass New: ...\n", "shop/coin.py": b"class U: ...\n",
    }  # fmt: skip
    redirects = {redirect.module: redirect for redirect in plan.redirects}
    assert Circles(files.get, ["."], redirects).of(redirects["shop.old"]) is None
    found = Circles(files.get, ["."], redirects, {"shop.till"}).of(redirects["shop.old"])
    assert found is not None
    assert [edge.importer for edge in found.edges] == ["shop.old", "shop.new", "shop.till"]


def test_names_already_taken_are_there() -> None:
    files = {"shop/new.py": NEW + "from shop.a import A\n", "shop/a.py": "A = 1\nfrom shop.old import First\n"}
    exports = ["shop.first:First", "shop.new:New as Old"]
    assert chain({**files, "shop/first.py": "First = 1\n"}, *exports) == []
    assert chain({**files, "shop/first.py": "First = 1\n"}, *exports[::-1]) != []


def test_what_a_star_import_takes() -> None:
    files = {
        "shop/new.py": NEW + "from shop.a import *\n",
        "shop/a.py": "from shop.new import New\nfrom shop.old import *\n",
    }
    assert chain(files) == []


def test_modules_of_a_package_that_the_redirect_no_longer_loads() -> None:
    plan = redirect_plan(["shop.new:New"])
    contents = {
        "shop/__init__.py": b"", "shop/new.py": b"import shop.old.kept\nNew = 1\n", "shop/old/sub.py": b"",
        "shop/old/__init__.py": b"from . import sub, kept\n", "shop/old/kept.py": b"", "shop/old/never.py": b"",
    }  # fmt: skip
    circles = Circles(contents.get, ["."], {r.module: r for r in plan.redirects})
    inside = ("sub", "kept", "never")
    assert [circles.no_longer_loads("shop.old", f"shop.old.{name}") for name in inside] == [True, False, False]


def test_steps() -> None:
    text = (
        "import a.b as c, d\nfrom .e import F as G\nfrom h import *\nx, y = c.z.w, 1\n"
        "class K(d.L):\n    m = 1\n    from n import O\ndef p(q=G.r): s = c.t\nfor u in v: ...\n"
        "try:\n    import w\nexcept AttributeError: ...\n"
    )
    steps = read_script(text.encode(), ModuleName("shop.old", is_package=False)).steps
    assert [(s.does, s.line, s.module, s.names, set(s.caught)) for s in steps] == [
        ("import", 1, "a.b", (), set()),
        ("import", 1, "d", (), set()),
        ("bind", 1, "", ("c", "d"), set()),
        ("take", 2, "shop.e", ("F",), set()),
        ("bind", 2, "", ("G",), set()),
        ("star", 3, "h", (), set()),
        ("read", 4, "a.b", ("z", "w"), set()),
        ("bind", 4, "", ("y", "x"), set()),
        ("read", 5, "d", ("L",), set()),
        ("take", 7, "n", ("O",), set()),
        ("bind", 5, "", ("K",), set()),
        ("read", 8, "shop.e.F", ("r",), set()),
        ("bind", 8, "", ("p",), set()),
        ("bind", 9, "", ("u",), set()),
        ("bind", 9, "", ("u",), set()),
        ("import", 11, "w", (), {"AttributeError"}),
        ("bind", 11, "", ("w",), set()),
    ]
    assert read_script(b"def (\n", ModuleName("a", is_package=False)).is_open


@pytest.mark.unmeasured
def test_many_modules_in_circles() -> None:
    """No failure, and an end."""
    count = 60
    others = "".join(f"import shop.m{number}\n" for number in range(count))
    files = {f"shop/m{number}.py": others + "import shop.old\n" for number in range(count)}
    assert chain({**files, "shop/new.py": NEW + others}) == []
    hidden = "".join(f"try:\n    from shop.m{number} import X\nexcept ImportError: ...\n" for number in range(8))
    files = {f"shop/m{number}.py": hidden + "import shop.old\n" for number in range(8)}
    assert chain({**files, "shop/new.py": NEW + others}) == []


def test_modules_that_are_loaded_again_and_again() -> None:
    """Each one loads the next one twice, and the last one fails: that is no failure of the first."""
    twice = "try:\n    from shop.m{0} import X\nexcept ImportError: ...\n" * 2 + "import shop.m{0}\n"
    files = {f"shop/m{number}.py": twice.format(number + 1) for number in range(24)}
    files["shop/m24.py"] = "from shop.old import Old\n"
    assert isinstance(
        chain({**files, "shop/new.py": "try:\n    import shop.m0\nexcept ImportError: ...\n" + NEW}), list
    )


@pytest.mark.unmeasured
def test_a_chain_that_is_too_long() -> None:
    files = {f"shop/m{number}.py": f"import shop.m{number + 1}\n" for number in range(900)}
    files["shop/m900.py"] = "from shop.old import Old\n"
    assert isinstance(chain({**files, "shop/new.py": "import shop.m0\n" + NEW}), list)
