"""Phase 4 on whole repositories: what one module tells about another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from checks import calls

from migrate.executors.workers import Workers
from migrate.plan import Plan
from migrate.preview import Preview
from migrate.previewing import preview
from tests.conftest import MakeRepository

RENAME = calls("shop.basket:Basket", rename={"metadata": "context"}, add={"audit": "{}"})
BASKET = """\
class Basket:
    def __init__(self, owner, context=None, audit=None): ...

    @classmethod
    def of(cls, owner, *, metadata=None): ...
"""
CALL = "from {0} import {1}\n{1}('Ada', metadata=1)\n"


def look(make: MakeRepository, files: Mapping[str, str], plan: Plan = RENAME) -> Preview:
    return preview(make({"shop/__init__.py": "", "shop/basket.py": BASKET, **files}).open(), plan, 4, Workers(1))


def changed(found: Preview) -> dict[str, str]:
    return {file.path: file.after.decode() for file in found.files}


def said(found: Preview) -> list[tuple[str, int, str]]:
    return [(finding.path, finding.line, finding.code) for finding in found.findings]


def test_other_names_that_texts_tell_take_no_second_look(make_repository: MakeRepository) -> None:
    files = {
        "shop/basket.py": BASKET,
        "facade.py": "from shop.basket import Basket as Korb\n",
        "other.py": "import facade\nKorf = facade.Korb\n",
        "app.py": CALL.format("other", "Korf"),
    }
    looks: list[int] = []
    found = preview(make_repository(files).open(), RENAME, 4, Workers(1), progress=lambda done, _: looks.append(done))
    assert set(changed(found)) == {"app.py"}
    assert looks.count(1) == 1


@pytest.mark.parametrize(
    ("facade", "name"),
    [
        pytest.param("from shop.basket import Basket\n", "Basket", id="passed on"),
        pytest.param("from shop.basket import Basket as Korb\n", "Korb", id="under another name"),
        pytest.param("import shop.basket as b\nKorb = b.Basket\n", "Korb", id="assigned"),
        pytest.param("from shop.basket import *\n", "Basket", id="star"),
    ],
)
def test_reexports(make_repository: MakeRepository, facade: str, name: str) -> None:
    found = look(make_repository, {"facade.py": facade, "app.py": CALL.format("facade", name)})
    assert changed(found) == {"app.py": CALL.format("facade", name).replace("metadata=1", "context=1, audit={}")}
    assert (said(found), found.notes) == ([], ())


def test_a_reexport_that_is_passed_to_partial(make_repository: MakeRepository) -> None:
    source = "from functools import partial\nfrom facade import Korb\npartial(Korb, metadata=1)\n"
    found = look(make_repository, {"facade.py": "from shop.basket import Basket as Korb\n", "app.py": source})
    assert changed(found) == {"app.py": source.replace("metadata=1", "context=1, audit={}")}


def test_a_method_through_a_class_that_is_passed_on(make_repository: MakeRepository) -> None:
    plan = calls("shop.basket:Basket.of", rename={"metadata": "context"})
    source = (
        "from facade import Korb\nKorb.of('Ada', metadata=1)\nKorb('Ada').of('Eve', metadata=1)\nKorb(metadata=1)\n"
    )
    files = {"facade.py": "from shop.basket import Basket as Korb\n", "app.py": source}
    basket = {"shop/basket.py": BASKET.replace("metadata", "context")}
    found = look(make_repository, {**files, **basket}, plan)
    assert changed(found) == {"app.py": source.replace("metadata=1)", "context=1)", 2)}


def test_a_plan_that_names_a_module_that_passes_the_callee_on(make_repository: MakeRepository) -> None:
    plan = calls("facade:Korb", rename={"metadata": "context"}, remove=["gone"])
    source = "from facade import Korb\nfrom shop.basket import Basket\nfrom other import Panier\n"
    source += "Korb('Ada', metadata=1)\nBasket('Ada', metadata=2)\nPanier('Ada', metadata=3)\n"
    files = {
        "facade.py": "from shop.basket import Basket as Korb\n",
        "other.py": "from shop.basket import Basket as Panier\n",
        "app.py": source,
        "shop/more.py": "from .basket import Basket\nBasket('Ada', metadata=4)\n",
        "shop/basket.py": BASKET
        + "    @classmethod\n    def make(cls): return cls('Ada', gone=1)\n\nBasket('Ada', metadata=5)\n",
    }
    found = look(make_repository, files, plan)
    assert sorted(changed(found)) == ["app.py", "shop/basket.py", "shop/more.py"]
    assert changed(found)["app.py"] == source.replace("metadata", "context")
    assert said(found) == [("shop/basket.py", 7, "subclass-super")]


def test_a_plan_that_names_a_class_by_another_module_for_its_method(make_repository: MakeRepository) -> None:
    plan = calls("facade:Korb.of", rename={"metadata": "context"})
    source = "from shop.basket import Basket\nBasket.of('Ada', metadata=1)\nBasket('Ada').of('Eve', metadata=2)\n"
    files = {"facade.py": "from shop.basket import Basket as Korb\n", "app.py": source}
    basket = {"shop/basket.py": BASKET.replace("metadata", "context")}
    found = look(make_repository, {**files, **basket}, plan)
    assert changed(found) == {"app.py": source.replace("metadata", "context")}


def test_factories_and_namesakes_stay(make_repository: MakeRepository) -> None:
    source = (
        "from shop.basket import Basket\nBasket.of('Ada', metadata=1)\n"
        "def f():\n    class Basket: ...\n    return Basket(metadata=1)\n"
    )
    found = look(make_repository, {"app.py": source, "other.py": "class Basket: ...\nBasket(metadata=1)\n"})
    assert (changed(found), said(found)) == ({}, [])


def test_subclasses_in_other_files(make_repository: MakeRepository) -> None:
    files = {
        "wish.py": "from shop.basket import Basket\n\nclass Wish(Basket):\n    pass\n",
        "more.py": "import wish\n\nclass More(wish.Wish):\n    def f(self):\n        super().__init__(metadata=1)\n",
        "facade.py": "from wish import Wish as Wunsch\n",
        "own.py": "from wish import Wish\n\nclass Own(Wish):\n    def __init__(self, metadata): ...\n\nOwn(metadata=1)\n",
        "app.py": "from facade import Wunsch\nfrom more import More\nWunsch(metadata=1)\nMore(metadata=1)\nMore(context=1)\n",
    }
    found = look(make_repository, files)
    assert changed(found) == {}
    assert said(found) == [
        ("app.py", 3, "subclass-super"),
        ("app.py", 4, "subclass-super"),
        ("more.py", 5, "subclass-super"),
    ]


def test_the_real_signature(make_repository: MakeRepository) -> None:
    source = "from shop.basket import Basket\nBasket(metadata=1)\nBasket('Ada', metadata=1)\n"
    found = look(make_repository, {"app.py": source})
    assert changed(found) == {"app.py": source.replace("metadata=1", "context=1, audit={}")}
    assert said(found) == [("app.py", 2, "invalid-call")]
    assert found.findings[0].message == (
        "call to shop.basket:Basket is changed and still wrong: it misses 'owner'; "
        "the signature is (owner, context=…, audit=…); mend the call by hand"
    )


def test_positions_by_the_definition(make_repository: MakeRepository) -> None:
    plan = calls("shop.basket:Basket", keyword_only=["context", "audit"])
    source = "from facade import Basket\nBasket('Ada', 1, 2)\nBasket('Ada')\n"
    found = look(make_repository, {"facade.py": "from shop.basket import Basket\n", "app.py": source}, plan)
    assert changed(found) == {"app.py": source.replace("1, 2", "context=1, audit=2")}


def test_positions_of_a_method_by_way_of_its_class_and_of_an_instance(make_repository: MakeRepository) -> None:
    basket = "class Basket:\n    def put(self, item, context=None): ...\n"
    source = "from shop.basket import Basket\nBasket.put(Basket(), 1, 2)\nBasket().put(1, 2)\n"
    plan = calls("shop.basket:Basket.put", keyword_only=["context"])
    found = look(make_repository, {"shop/basket.py": basket, "app.py": source}, plan)
    assert changed(found) == {"app.py": source.replace("2)", "context=2)")}


def test_a_callee_outside_of_the_repository(make_repository: MakeRepository) -> None:
    plan = calls("json:dumps", rename={"indent": "indentation"})
    found = look(make_repository, {"app.py": "import json\njson.dumps(1, indent=2)\n"}, plan)
    assert changed(found) == {"app.py": "import json\njson.dumps(1, indentation=2)\n"}
    (note,) = found.notes
    assert note.startswith("json:dumps: calls are not checked against its signature: ")


def test_an_import_that_would_run_in_a_circle(make_repository: MakeRepository) -> None:
    plan = calls(
        "shop.basket:Basket", rename={"metadata": "context"}, add={"audit": "Clock()"}, imports=["clock:Clock"]
    )
    files = {"clock.py": "import app\nclass Clock: ...\n", "app.py": CALL.format("shop.basket", "Basket")}
    found = look(make_repository, files, plan)
    assert (changed(found), said(found)) == ({}, [("app.py", 2, "import-cycle")])


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("import shop.basket\nshop.basket.Basket('Ada', metadata=1)\n", id="through the package"),
        pytest.param("from shop import basket\nbasket.Basket('Ada', metadata=1)\n", id="from the package"),
    ],
)
@pytest.mark.parametrize("package", ["class basket: ...\n", "from shop.fake import basket\n", "basket = 1\n"])
def test_a_package_attribute_that_is_not_the_module(make_repository: MakeRepository, source: str, package: str) -> None:
    other = "from shop.basket import Basket\nBasket('Ada', metadata=1)\n"
    found = look(make_repository, {"shop/__init__.py": package, "app.py": source, "b.py": other})
    assert list(changed(found)) == ["b.py"]
    assert said(found) == [("app.py", 2, "shadowed")]


@pytest.mark.parametrize(
    ("facade", "code"),
    [
        pytest.param("from shop.basket import Basket\nChosen, x = Basket, 1\n", "", id="unpacked"),
        pytest.param("from shop.basket import Basket\nfrom old import Old\nChosen = Basket if x else Old\n", "shadowed", id="one of two"),
        pytest.param("from shop.basket import Basket\nChosen = y or Basket\n", "shadowed", id="or"),
    ],
)  # fmt: skip
def test_another_name_in_another_module(make_repository: MakeRepository, facade: str, code: str) -> None:
    found = look(make_repository, {"facade.py": facade, "app.py": CALL.format("facade", "Chosen")})
    assert (list(changed(found)), said(found)) == (([], [("app.py", 2, code)]) if code else (["app.py"], []))


def test_star_imports_that_bind_the_name_twice(make_repository: MakeRepository) -> None:
    files = {
        "other.py": "class Basket: ...\n",
        "facade.py": "from shop.basket import *\nfrom other import *\n",
        "app.py": CALL.format("facade", "Basket"),
        "b.py": "from shop.basket import Basket\nfrom other import *\nBasket('Ada', metadata=1)\n",
        "c.py": "from other import *\nfrom shop.basket import Basket\nBasket('Ada', metadata=1)\n",
    }
    found = look(make_repository, files)
    assert list(changed(found)) == ["c.py"]
    assert [(path, code) for path, _, code in said(found)] == [("app.py", "shadowed"), ("b.py", "shadowed")]


def test_what_the_definition_contradicts(make_repository: MakeRepository) -> None:
    plan = calls("shop.basket:fill", keyword_only=["nope"], attributes={"metadata": "context"})
    files = {"shop/basket.py": "\ndef fill(a): ...\n", "app.py": "from shop.basket import fill\nfill(1).metadata\n"}
    found = look(make_repository, files, plan)
    assert changed(found) == {}
    assert said(found) == [("shop/basket.py", 2, "signature-mismatch")] * 2
    assert [finding.message.partition(";")[0] for finding in found.findings] == [
        "shop.basket:fill has no parameter 'nope'",
        "shop.basket:fill is a function, and only instances of classes have attributes",
    ]


@pytest.mark.parametrize(
    ("parameters", "said_of"),
    [
        pytest.param("context, audit", [], id="as planned"),
        pytest.param("**options", [], id="takes anything"),
        pytest.param("audit", ["does not take 'context'"], id="lacks the new name"),
        pytest.param("context", ["does not take 'audit'"], id="lacks what is added"),
        pytest.param("context, audit, *, metadata=None", ["still takes 'metadata'"], id="has the old name"),
        pytest.param("context, audit, legacy=0", ["still takes 'legacy'"], id="has what is removed"),
        pytest.param("metadata, /, context, audit", [], id="has the old name by position only"),
    ],
)
def test_keywords_that_the_definition_contradicts(
    make_repository: MakeRepository, parameters: str, said_of: list[str]
) -> None:
    change: dict[str, Any] = {"rename": {"metadata": "context"}, "add": {"audit": "{}"}, "remove": ["legacy"]}
    found = look(
        make_repository, {"shop/basket.py": f"def fill({parameters}): ...\n"}, calls("shop.basket:fill", **change)
    )
    assert said(found) == [("shop/basket.py", 1, "signature-mismatch")] * len(said_of)
    assert [f.message.partition(";")[0] for f in found.findings] == [f"shop.basket:fill {each}" for each in said_of]


@pytest.mark.parametrize(
    ("callee", "imports", "said_of"),
    [
        pytest.param("shop.basket:Baskett", [], ["callee"], id="callee"),
        pytest.param("shop.basket:Basket", ["shop.basket:Clk as audit_of"], ["imports[0]"], id="import"),
        pytest.param("shop.basket:Basket", ["shop:basket as audit_of"], [], id="a module"),
        pytest.param("elsewhere:Basket", ["elsewhere:x as audit_of"], [], id="outside"),
        pytest.param("stars:Basket", ["dynamic:x as audit_of"], [], id="not certain"),
    ],
)
def test_what_its_module_does_not_have(
    make_repository: MakeRepository, callee: str, imports: list[str], said_of: list[str]
) -> None:
    add = {"audit": "audit_of"} if imports else {}
    plan = calls(callee, rename={"metadata": "context"}, add=add, imports=imports)
    files = {"stars.py": "from x import *\n", "dynamic.py": "def __getattr__(name): ...\n"}
    found = look(make_repository, files, plan)
    assert [
        f.message.rpartition("].")[2] if "imports" not in f.message else "imports[0]" for f in found.findings
    ] == said_of
    assert {f.code for f in found.findings} <= {"missing-export"}


def test_copies_in_files_that_do_not_name_the_class(make_repository: MakeRepository) -> None:
    files = {
        "a.py": "import dataclasses\ndef f(x): return dataclasses.replace(x, metadata=1)\n",
        "b.py": "def f(x): return x._replace(metadata=1)\n",
        "c.py": "def f(x): return x.replace(metadata=1)\n",
    }
    assert said(look(make_repository, files)) == [("a.py", 2, "instance-replace"), ("b.py", 1, "instance-replace")]


def test_attributes_everywhere(make_repository: MakeRepository) -> None:
    plan = calls("shop.basket:Basket", attributes={"metadata": "context"})
    files = {
        "a.py": "from shop.basket import Basket\nb = Basket('Ada')\nprint(b.metadata)\n",
        "b.py": "def f(x): return x.metadata\n",
        "c.py": "def f(x): return getattr(x, 'metadata')\n",
        "d.py": "metadata = 1\nf(metadata=metadata)\n",
    }
    found = look(make_repository, files, plan)
    assert changed(found) == {"a.py": files["a.py"].replace("metadata", "context")}
    assert said(found) == [("b.py", 1, "attribute-read"), ("c.py", 1, "attribute-read")]
