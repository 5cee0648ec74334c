"""What the redirects would break, in the words that people read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from repositories import MakeRepository
from world import redirect_plan

from migrate.executors.workers import Workers
from migrate.plan import Plan
from migrate.previewing import Previews

BASE = {
    "shop/__init__.py": "",
    "shop/new.py": "class New: ...\n",
    "shop/money.py": "class Coin: ...\nEUR = 1\n",
    "shop/old.py": "from shop.money import Coin, EUR as euro\nclass New: ...\n",
}


def ahead(make_repository: MakeRepository, files: Mapping[str, str], plan: Plan) -> list[str]:
    git = make_repository({**BASE, **files}).open()
    outlook = Previews(git, plan, Workers(1)).ahead()
    return [
        *(f"{f.path}:{f.line}:{f.column}: {f.code} {f.subject}: {f.message}" for f in outlook.findings),
        *(f"note: {note}" for note in outlook.remarks),
    ]


def with_redirect(*exports: str, moves: Mapping[str, str] | None = None, **more: Any) -> Plan:
    plan = redirect_plan(exports or ["shop.new:New"], moves)
    assert plan.phase1 is not None
    redirect = plan.phase1.redirect[0].model_copy(update=more)
    return plan.model_copy(update={"phase1": plan.phase1.model_copy(update={"redirect": (redirect,)})})


DANGLING = "is imported from shop.old, which becomes a redirect without it"


@pytest.mark.parametrize(
    ("files", "plan", "expected"),
    [
        pytest.param({"app.py": "from shop.old import New\n"}, with_redirect(), [], id="exported"),
        pytest.param(
            {"app.py": "from shop.old import Coin\n"}, with_redirect(moves={"shop.old:Coin": "shop.money:Coin"}), [], id="moved"
        ),
        pytest.param({"app.py": "from shop.old import Gone  # migrate: keep\n"}, with_redirect(), [], id="broken already, and kept"),
        pytest.param(
            {"app.py": "from shop.old import Coin  # migrate: keep\n"}, with_redirect(),
            [f'app.py:1:21: dangling-name shop.old:Coin: Coin {DANGLING}; add "shop.money:Coin" to phase1.redirect[0].exports'],
            id="kept, and about to break",
        ),
        pytest.param({"app.py": "from shop.old import __doc__, __all__\n"}, with_redirect(), [], id="what every module has"),
        pytest.param({"shop/old.py": "class Spare: ...\n"}, with_redirect(drop=("Spare",)), [], id="dropped"),
        pytest.param(
            {"shop/old.py": "class Spare: ...\n"}, with_redirect(drop=("Spare", "Spaer")),
            ["note: phase1.redirect[0].drop[1]: shop.old has no Spaer; correct it, or remove it"], id="dropped, and misspelt",
        ),
        pytest.param({"shop/old.py": "from shop.new import New\n"}, with_redirect(drop=("Spare",)), [], id="dropped before"),
        pytest.param({"shop/old.py": "class _Spare: ...\nV = 1\n"}, with_redirect(), [], id="private and values"),
        pytest.param({"shop/old.py": "def (\nclass New:\n"}, with_redirect(), [], id="does not parse"),
        pytest.param(
            {"app.py": "from shop.old import Coin\nfrom shop.old import euro as e\n"}, with_redirect(),
            [f'app.py:1:21: dangling-name shop.old:Coin: Coin {DANGLING}; add "shop.money:Coin" to phase1.redirect[0].exports',
             f'app.py:2:21: dangling-name shop.old:euro: euro {DANGLING}; add "shop.money:EUR as euro" to phase1.redirect[0].exports'],
            id="taken from elsewhere",
        ),
        pytest.param(
            {"app.py": "from shop.old import Gone\n"}, with_redirect(),
            [f"app.py:1:21: dangling-name shop.old:Gone: Gone {DANGLING}; it is not there today either, so mend the use"],
            id="not there",
        ),
        pytest.param(
            {"app.py": "from shop.old import X\n",
             "shop/old.py": "try:\n    from shop.fast import X\nexcept ImportError:\n    from shop.money import Coin as X\n"},
            with_redirect(),
            [f"app.py:1:21: dangling-name shop.old:X: X {DANGLING}; it comes from shop.fast:X or shop.money:Coin; decide where it "
             "is to come from, and export it from there"], id="from one of two",
        ),
        pytest.param(
            {"app.py": "from shop.old import Coin\n",
             "shop/old.py": "from shop.money import Coin\ndef _f():\n    global Coin\n    Coin = 3\n_f()\n"}, with_redirect(),
            [f"app.py:1:21: dangling-name shop.old:Coin: Coin {DANGLING}; it comes from shop.money:Coin at first, and from a "
             "function that declares it `global`; decide where it is to come from, and export it from there"],
            id="set by a function",
        ),
        pytest.param(
            {"app.py": "from shop.old import Gone\n", "shop/far/x.py": "class Gone: ...\n", "tests/x.py": "class Gone: ...\n"},
            with_redirect(),
            [f"app.py:1:21: dangling-name shop.old:Gone: Gone {DANGLING}; it is not there today either; "
             "compare it with shop.far.x:Gone"], id="not there, but elsewhere",
        ),
        pytest.param(
            {"shop/old.py": "def f(): ...\n", "app.py": "import shop.old as o\ntry:\n    o.f\nexcept AttributeError: ...\n"},
            with_redirect(),
            ["app.py:3:4: dangling-name shop.old:f: f is read from shop.old, which becomes a redirect without it, and a `try` "
             "would hide that; it is defined only there, so move its definition first",
             "shop/old.py:1:0: lost-definition shop.old:f: f is defined only in this file, which becomes a redirect without "
             "it, and 1 place uses it (app.py:3); move its definition to a module that stays and export it from there"],
            id="defined only there",
        ),
        pytest.param(
            {"shop/old.py": "def f(): ...\n", "shop/b.py": "def f(): ...\n", **{f"{n}.py": "from shop.old import f\n" for n in "abcd"}},
            with_redirect(),
            [*(f"{n}.py:1:21: dangling-name shop.old:f: f {DANGLING}; it is defined only there; compare it with shop.b:f"
               for n in "abcd"),
             "shop/old.py:1:0: lost-definition shop.old:f: f is defined only in this file, which becomes a redirect without "
             "it, and 4 places use it (a.py:1, b.py:1, c.py:1 and 1 more); compare it with shop.b:f and export the one that "
             "is meant"], id="defined elsewhere, too",
        ),
        pytest.param(
            {"shop/old.py": "def f(): ...\n", "a.py": "from shop.old import f\n", "w.py": "from shop.old import *\nf\n"},
            with_redirect(),
            [f"a.py:1:21: dangling-name shop.old:f: f {DANGLING}; it is defined only there, so move its definition first",
             "shop/old.py:1:0: lost-definition shop.old:f: f is defined only in this file, which becomes a redirect without it, "
             "and 2 places use it (a.py:1, w.py:1); move its definition to a module that stays and export it from there",
             f"w.py:1:0: dangling-name shop.old:f: f {DANGLING}; it is defined only there, so move its definition first"],
            id="used by a star import, too",
        ),
        pytest.param(
            {"shop/old.py": "def f(): ...\n", "a.py": "from shop.old import f\n", "shop/stub.pyi": "def f(): ...\n"},
            with_redirect(),
            [f"a.py:1:21: dangling-name shop.old:f: f {DANGLING}; it is defined only there, so move its definition first",
             "shop/old.py:1:0: lost-definition shop.old:f: f is defined only in this file, which becomes a redirect without it, "
             "and 1 place uses it (a.py:1); move its definition to a module that stays and export it from there"],
            id="elsewhere in a stub alone",
        ),
        pytest.param(
            {"shop/old.py": "__all__ = ['V']\nV = 1\n"}, with_redirect(),
            ["shop/old.py:2:0: lost-definition shop.old:V: V is defined only in this file, which becomes a redirect without it, "
             'and nobody in this repository uses it; move its definition to a module that stays, or write drop = ["V"]'],
            id="listed value",
        ),
        pytest.param(
            {"shop/old.py": "from numpy import *\n", "app.py": "from shop.old import array\n"}, with_redirect(),
            [f"app.py:1:21: dangling-name shop.old:array: array {DANGLING}; it may come from numpy by a star import, which "
             "cannot be checked; decide where it comes from"], id="star import from out of sight",
        ),
        pytest.param(
            {"shop/old.py": "from shop.money import *\n", "app.py": "if TYPE_CHECKING:\n    from shop.old import Coin\n"},
            with_redirect(),
            ["app.py:2:25: dangling-name shop.old:Coin: Coin is imported for type checkers from shop.old, which becomes a "
             'redirect without it; add "shop.money:Coin" to phase1.redirect[0].exports'], id="star import",
        ),
        pytest.param(
            {"shop/face.py": "from shop.old import *\n", "app.py": "from shop.face import Coin\n"}, with_redirect(),
            ["app.py:1:22: dangling-name shop.old:Coin: Coin is imported by way of shop.face from shop.old, which becomes a "
             'redirect without it; add "shop.money:Coin" to phase1.redirect[0].exports'], id="by way of another",
        ),
        pytest.param(
            {"shop/old.py": "from shop.gone import X\n", "app.py": "from shop.old import X\n"}, with_redirect(),
            [f"app.py:1:21: dangling-name shop.old:X: X {DANGLING}; it comes from shop.gone.X, but there is no module "
             "shop.gone; decide where it comes from"], id="taken from nowhere",
        ),
        pytest.param(
            {"shop/money.py": "import shop.old\nclass Coin: ...\nEUR = 1\n", "app.py": "from shop.old import Coin\n"},
            with_redirect(),
            [f"app.py:1:21: dangling-name shop.old:Coin: Coin {DANGLING}; it comes from shop.money.Coin, but that would load "
             "the redirect again: shop.old → shop.money (shop/old.py:2), shop.money → shop.old (shop/money.py:1); decide where "
             "it comes from"], id="in a circle",
        ),
        pytest.param(
            {"app.py": "from shop.old import Coin\n"}, with_redirect(drop=("Coin",)),
            [f"app.py:1:21: dangling-name shop.old:Coin: Coin {DANGLING}; it comes from shop.money.Coin, but the plan has it in "
             "phase1.redirect[0].drop; decide where it comes from"], id="dropped, but used",
        ),
        pytest.param(
            {"shop/old.py": "", "shop/sub.py": ""}, with_redirect("shop.new:Nope as New", "shop.typo:X", "numpy:array", "os:sep"),
            ["shop/new.py:1:0: missing-export shop.new:Nope: phase1.redirect[0].exports[0]: shop.new will not have Nope, as "
             "shop/new.py does not define Nope, and nobody in this repository uses it; correct it; compare it with "
             "shop.new:New",
             "shop/typo.py:1:0: missing-export shop.typo:X: phase1.redirect[0].exports[1]: shop.typo will not have X, as there "
             "is no module shop.typo, and nobody in this repository uses it; correct it, or take it out of the list",
             "note: not checked: numpy:array, as numpy is not in this repository",
             "note: not checked: os:sep, as os is in the standard library"], id="missing exports",
        ),
        pytest.param(
            {"app.py": "from shop.old import Coin\n"}, with_redirect("shop.new:New", "shop.new:Coin"),
            ["shop/new.py:1:0: missing-export shop.new:Coin: phase1.redirect[0].exports[1]: shop.new will not have Coin, as "
             "shop/new.py does not define Coin, and 1 place uses it (app.py:1); write \"shop.money:Coin\" instead"],
            id="missing export that is elsewhere",
        ),
        pytest.param(
            {"shop/new.py": "class New:\ndef (\n"}, with_redirect(),
            ["note: not checked: shop.new:New, as shop/new.py does not parse"], id="home does not parse",
        ),
        pytest.param(
            {"shop/new.py": "from shop.old import Coin\nclass New: ...\n"}, with_redirect("shop.new:New", "shop.money:Coin"),
            ["shop/new.py:1:0: self-import shop.old: loading the redirect shop.old would load shop.old again through its new "
             "home: shop.old → shop.new (shop/old.py:2), shop.new → shop.old (shop/new.py:1); import it in the function that "
             'uses it, or write warn = "lazy"'], id="self-import",
        ),
        pytest.param(
            {"shop/new.py": "import shop.a\nclass New: ...\n", "shop/a.py": "import shop.old\nshop.old.New\n"}, with_redirect(),
            ["shop/a.py:2:0: import-cycle shop.old: loading the redirect shop.old would load shop.old again through its new "
             "home: shop.old → shop.new (shop/old.py:2), shop.new → shop.a (shop/new.py:1), shop.a → shop.old (shop/a.py:2); "
             "import it in the function that uses it"], id="import-cycle",
        ),
        pytest.param(
            {"app.py": "patch('shop.old.New')\npatch('shop.old.Coin')\nimport_module('shop.old.Coin')\n"}, with_redirect(),
            ["app.py:1:6: shim-patch shop.old:New: this patch aims at New in shop.old, which becomes a redirect, and no longer "
             "reaches the code under test; patch the module that uses the name",
             "app.py:2:6: shim-patch shop.old:Coin: this patch aims at Coin in shop.old, which becomes a redirect, and fails, as "
             "the redirect has no Coin; patch the module that uses the name",
             "app.py:3:14: string-reference shop.old:Coin: this string looks up Coin in shop.old, which becomes a redirect "
             "without it; change it by hand"], id="strings",
        ),
        pytest.param(
            {"app.py": "patch('shop.old.New.f')\npatch('shop.old.Coin.f', create=True)\n"}, with_redirect(),
            ["app.py:2:6: shim-patch shop.old:Coin: this patch aims at Coin in shop.old, which becomes a redirect, and fails, as "
             "the redirect has no Coin; patch the module that uses the name"], id="patches of members",
        ),
        pytest.param(
            {"app.py": "import shop.old\nshop.old.New = 1\npatch('shop.old.Coin', create=True)\n"}, with_redirect(),
            ["app.py:2:0: shim-patch shop.old:New: this sets New in shop.old, which becomes a redirect, and no longer reaches "
             "the code that uses it; set it in the module that does",
             "app.py:3:6: shim-patch shop.old:Coin: this patch aims at Coin in shop.old, which becomes a redirect, and no "
             "longer reaches the code under test; patch the module that uses the name"], id="set",
        ),
    ],
)  # fmt: skip
def test_ahead(files: Mapping[str, str], plan: Plan, expected: list[str], make_repository: MakeRepository) -> None:
    assert ahead(make_repository, files, plan) == expected


def test_a_package(make_repository: MakeRepository) -> None:
    files = {
        "shop/old/__init__.py": "from . import sub\n",
        "shop/old/sub.py": "",
        "app.py": "import shop.old\nshop.old.sub\n",
    }
    git = make_repository({path: text for path, text in {**BASE, **files}.items() if path != "shop/old.py"}).open()
    outlook = Previews(git, with_redirect(), Workers(1)).ahead()
    assert [finding.message for finding in outlook.findings] == [
        "sub is read from shop.old, which becomes a redirect without it; import shop.old.sub where it is used, as the "
        "redirect no longer loads it"
    ]
    assert not outlook.holes[0].origin.is_certain


@pytest.mark.parametrize(
    ("old", "sub", "user", "expected"),
    [
        pytest.param("from . import sub\n", "def sub(): ...\n", "from shop.old import sub\n", [], id="the module itself"),
        pytest.param("", "def sub(): ...\n", "from shop.old import sub\n", [], id="a function that stays inside of it"),
        pytest.param("from .sub import *\n", "_sub = 1\n", "from shop.old import sub\n", [], id="a star without it"),
        pytest.param("from .sub import sub\n", "def sub(): ...\n", "from shop.old.sub import sub\n", [], id="the way through"),
        pytest.param("from .sub import sub\n", "def sub(): ...\n", "from shop.old import sub\n", ["app.py:1"], id="imported"),
        pytest.param("from .sub import *\n", "def sub(): ...\n", "from shop.old import sub\n", ["app.py:1"], id="by a star"),
        pytest.param("from .sub import sub\n", "def sub(): ...\n", "import shop.old\nshop.old.sub()\n", ["app.py:2"], id="read"),
        pytest.param(
            "from .sub import sub\n", "def sub(): ...\n", "import shop.old.sub\nshop.old.sub()\n", ["app.py:2"], id="and loaded"
        ),
    ],
)  # fmt: skip
def test_a_function_named_like_its_module(
    old: str, sub: str, user: str, expected: list[str], make_repository: MakeRepository
) -> None:
    """Without the package's own import, the name is the module, which is there but no function."""
    files = {"shop/old/__init__.py": old, "shop/old/sub.py": sub, "app.py": user}
    git = make_repository({path: text for path, text in {**BASE, **files}.items() if path != "shop/old.py"}).open()
    found = Previews(git, with_redirect(), Workers(1)).ahead().findings
    assert [f"{f.path}:{f.line}" for f in found] == expected
    way_out = 'add "shop.old.sub:sub" to phase1.redirect[0].exports'
    assert all(f.code == "dangling-name" and f.message.endswith(way_out) for f in found)


def test_a_name_from_another_redirect(make_repository: MakeRepository) -> None:
    """What the other one takes from somewhere, this one takes from there, too."""
    files = {
        "shop/old2.py": "class Kept: ...\nclass Lost: ...\n",
        "shop/old.py": "from shop.old2 import Kept, Lost\n",
        "app.py": "from shop.old import Kept\nfrom shop.old import Lost\n",
    }
    tables = [
        {"module": "shop.old", "docstring": "D.", "exports": ["shop.new:New"]},
        {"module": "shop.old2", "docstring": "D.", "exports": ["shop.new:New as Kept"], "drop": ["Lost"]},
    ]
    found = ahead(make_repository, files, redirect_plan([], more={"phase1": {"redirect": tables}}))
    assert [line.partition("; ")[2] for line in found if line.startswith("app.py")] == [
        'add "shop.new:New as Kept" to phase1.redirect[0].exports',
        "it comes from shop.old2.Lost, but shop.old2 becomes a redirect without Lost, too; decide where it comes from",
    ]


def test_origin_from_git(make_repository: MakeRepository) -> None:
    plan = with_redirect()
    repository = make_repository({**BASE, "app.py": "from shop.old import Coin\n"})
    expected = [finding.message for finding in Previews(repository.open(), plan, Workers(1)).ahead().findings]
    repository.write({"shop/old.py": plan.redirects[0].text()})
    assert [finding.message for finding in Previews(repository.open(), plan, Workers(1)).ahead().findings] == expected
    repository.commit()
    assert [finding.message for finding in Previews(repository.open(), plan, Workers(1)).ahead().findings] == expected


def test_only_some_modules(make_repository: MakeRepository) -> None:
    git = make_repository({**BASE, "app.py": "from shop.old import Coin\n"}).open()
    assert Previews(git, with_redirect(), Workers(1)).ahead(()).findings == ()
    assert Previews(git, with_redirect(), Workers(1)).ahead({"shop.other"}).findings == ()
    assert len(Previews(git, with_redirect(), Workers(1)).ahead({"shop.old"}).findings) == 1
