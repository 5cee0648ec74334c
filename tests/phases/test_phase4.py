from __future__ import annotations

import sys

import pytest
from checks import calls, check_noop, check_refused, check_rewritten, make_plan, transform

from migrate.transform import compiled_query

IMPORT = "from shop.basket import Basket\n"
RENAMED = calls("shop.basket:Basket", rename={"metadata": "context"})


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("", id="empty"),
        pytest.param(IMPORT + "Basket()\nBasket(1, context=2)\nBasket(**{'context': 2})\n", id="as it should be"),
        pytest.param("Basket(metadata=1)\n", id="a name from nowhere"),
        pytest.param("class Basket: ...\nBasket(metadata=1)\n", id="a class of that name"),
        pytest.param("from shop.cart import Basket\nBasket(metadata=1)\n", id="same name from another module"),
        pytest.param("from .basket import Basket\nBasket(metadata=1)\n", id="same name from another package"),
        pytest.param("import shop\nshop.Basket(metadata=1)\nshop.till.Basket(metadata=1)\n", id="same attribute of another module"),
        pytest.param(IMPORT + "def f(Basket): Basket(metadata=1)\n", id="parameter hides the import"),
        pytest.param(IMPORT + "def f():\n class Basket: ...\n Basket(metadata=1)\n", id="local class hides the import"),
        pytest.param(IMPORT + "Basket.of(metadata=1)\nx.Basket(metadata=1)\nBasket()(metadata=1)\n", id="other calls"),
        pytest.param(IMPORT + "f(metadata=1)\nf(Basket, x=1)\ndict(metadata=Basket)\n", id="other callees"),
        pytest.param(IMPORT + "Basket(f(metadata=1), x=dict(legacy=2))\n", id="keywords of calls inside"),
        pytest.param(IMPORT + "Basket(metadata == 1)\nBasket('metadata=1')\n", id="no keywords"),
        pytest.param(IMPORT + "Basket(metadata=1)  # migrate: keep\n", id="kept"),
        pytest.param(IMPORT + "Basket(\n    metadata=1,  # migrate: keep\n)\n", id="kept by a comment inside"),
        pytest.param(IMPORT + "Basket(\n    metadata=1,\n)  # migrate: keep\n", id="kept at its end"),
        pytest.param("from shop.billing import charge\ncharge(1, currency='USD')\n", id="nothing to add"),
        pytest.param("from shop.billing import charge\ncharge(1, **{'currency': 2})\n", id="nothing to add to a mapping"),
        pytest.param("from shop.billing import Invoice\nInvoice.off(no=1)\nInvoice(no=1)\n", id="other methods"),
    ],
)  # fmt: skip
def test_noop(source: str) -> None:
    check_noop(source, phase=4)


def test_kept_calls_are_counted() -> None:
    source = IMPORT + "Basket(metadata=1)  # migrate: keep\nBasket(\n  metadata=Basket(metadata=1)) # migrate: keep\n"
    assert check_noop(source, phase=4).kept == 3


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("Basket(metadata=1)", "Basket(context=1, audit={})", id="renamed, one added"),
        pytest.param("Basket(metadata=1, audit=2)", "Basket(context=1, audit=2)", id="renamed, nothing to add"),
        pytest.param("Basket(1, 2, metadata = 3)", "Basket(1, 2, context = 3, audit={})", id="spaces"),
        pytest.param("Basket(metadata=1,)", "Basket(context=1, audit={},)", id="comma at the end"),
        pytest.param("Basket( metadata=1 )", "Basket( context=1, audit={} )", id="spaces inside the parentheses"),
        pytest.param("Basket(legacy=1)", "Basket(audit={})", id="the only one removed"),
        pytest.param("Basket(1, legacy=1)", "Basket(1, audit={})", id="the last removed"),
        pytest.param("Basket(legacy=1, x=2)", "Basket(x=2, audit={})", id="the first removed"),
        pytest.param("Basket(1, legacy=1, x=2)", "Basket(1, x=2, audit={})", id="one between removed"),
        pytest.param("Basket(1, legacy=1,)", "Basket(1, audit={},)", id="the last removed before a comma"),
        pytest.param("Basket(metadata=1, legacy=2)", "Basket(context=1, audit={})", id="one renamed, one removed"),
        pytest.param("Basket(legacy=2, metadata=1)", "Basket(context=1, audit={})", id="one removed, one renamed"),
        pytest.param("Basket(\n    metadata=1,\n)", "Basket(\n    context=1,\n    audit={},\n)", id="lines"),
        pytest.param("Basket(\n    metadata=1\n)", "Basket(\n    context=1,\n    audit={}\n)", id="lines, no comma at the end"),
        pytest.param("Basket(\n    x=0,\n    metadata=1)", "Basket(\n    x=0,\n    context=1,\n    audit={})", id="closed on the last line"),
        pytest.param("Basket(x=0,\n       metadata=1)", "Basket(x=0,\n       context=1,\n       audit={})", id="aligned"),
        pytest.param("Basket(\n\tmetadata=1,\n)", "Basket(\n\tcontext=1,\n\taudit={},\n)", id="tabs"),
        pytest.param(
            "Basket(\n    1, metadata=1,  # why\n    # more\n)",
            "Basket(\n    1, context=1,  # why\n    audit={},\n    # more\n)",
            id="comments stay where they are",
        ),
        pytest.param("Basket(\n    metadata=1  # why\n)", "Basket(\n    context=1,  # why\n    audit={}\n)", id="comment without a comma"),
        pytest.param(
            "Basket(\n    # about x\n    x=1,\n    # about legacy\n    legacy=2,  # why\n    metadata=3,\n)",
            "Basket(\n    # about x\n    x=1,\n    # about legacy\n    # why\n    context=3,\n    audit={},\n)",
            id="comments of what is removed stay",
        ),
        pytest.param("Basket(\n    x,  # x\n    legacy=2  # l\n)", "Basket(\n    x,  # x\n    audit={}\n    # l\n)", id="comments of the last"),
        pytest.param("Basket(x,  # x\n    legacy=2, y=3)", "Basket(x,  # x\n    y=3,\n    audit={})", id="comment before a removed one"),
        pytest.param("Basket(x,  # x\n    legacy=2)", "Basket(x,  # x\n        audit={}\n    )", id="comment before the last"),
        pytest.param("Basket(legacy=2,  # l\n    y=3)", "Basket(  # l\n    y=3, audit={})", id="comment behind the first"),
        pytest.param("Basket(\n      x\n    , metadata=1\n    )", "Basket(\n      x\n    , context=1\n    , audit={}\n    )", id="commas first"),
        pytest.param("Basket(x\n    ,metadata=1)", "Basket(x\n    ,context=1\n    ,audit={})", id="commas first, close"),
        pytest.param("Basket(x  # x\n    , metadata=1  # m\n)", "Basket(x  # x\n    , context=1  # m\n    , audit={}\n)", id="commas first, with comments"),
        pytest.param("Basket(x\n    , legacy=2  # l\n    , y=3  # y\n)", "Basket(x\n    # l\n    , y=3  # y\n    , audit={}\n)", id="commas first, one removed"),
        pytest.param("Basket(\n      legacy=2\n    , x=1\n    , y=2)", "Basket(\n      x=1\n    , y=2\n    , audit={})", id="commas first, the first removed"),
        pytest.param("Basket(legacy=2  # l\n    , x=1)", "Basket(  # l\n     x=1, audit={})", id="commas first, the first and its comment"),
        pytest.param("Basket(x\n    , legacy=2, y=3)", "Basket(x\n    , y=3\n    , audit={})", id="commas first, some on a line"),
        pytest.param("Basket( x\n    , metadata=2 )", "Basket( x\n    , context=2\n    , audit={} )", id="commas first, a space at the end"),
        pytest.param("Basket(x\n    , metadata=2\n    , **{'y': 1})", "Basket(x\n    , context=2\n    , audit={}\n    , **{'y': 1})", id="commas first, a mapping"),
        pytest.param("Basket(\n      **{'metadata': 2}\n    , **{'y': 1})", "Basket(\n      audit={}\n    , **{'context': 2}\n    , **{'y': 1})", id="commas first, mappings only"),
        pytest.param("Basket(x  # x\n    , legacy=2\n)", "Basket(x,  # x\n    audit={}\n)", id="commas first, the last removed"),
        pytest.param("Basket(x, \\\n    legacy=2, \\\n    y=3)", "Basket(x, \\\n    y=3,\n    audit={})", id="continued lines"),
        pytest.param("Basket(x,\n    legacy=2,)", "Basket(x, audit={},)", id="closed on its line"),
        pytest.param("Basket(metadata={'metadata': f(legacy=1)})", "Basket(context={'metadata': f(legacy=1)}, audit={})", id="the value stays"),
        pytest.param("Basket(metadata=lambda x, /: x)", "Basket(context=lambda x, /: x, audit={})", id="a value no old grammar reads"),
        pytest.param("(Basket)(metadata=1)", "(Basket)(context=1, audit={})", id="parenthesised callee"),
        pytest.param("(  # why\n  (Basket) ) (metadata=1)", "(  # why\n  (Basket) ) (context=1, audit={})", id="doubly parenthesised callee"),
        pytest.param("Basket[int](metadata=1)", "Basket[int](context=1, audit={})", id="generic"),
        pytest.param("(B := Basket)(metadata=1)", "(B := Basket)(context=1, audit={})", id="a name given to the callee"),
        pytest.param("if (x := Basket(metadata=1)): pass", "if (x := Basket(context=1, audit={})): pass", id="in a walrus"),
        pytest.param("match Basket(metadata=1):\n  case _: pass", "match Basket(context=1, audit={}):\n  case _: pass", id="match subject"),
        pytest.param("def g(a=Basket(metadata=1)): ...", "def g(a=Basket(context=1, audit={})): ...", id="default"),
        pytest.param("g = lambda a: Basket(metadata=a)", "g = lambda a: Basket(context=a, audit={})", id="lambda"),
        pytest.param("x = {Basket(metadata=i): j for i in y for j in z(Basket(legacy=i))}", "x = {Basket(context=i, audit={}): j for i in y for j in z(Basket(audit={}))}", id="dict comprehension"),
        pytest.param("Basket((yield), metadata=1)", "Basket((yield), context=1, audit={})", id="parenthesised"),
        pytest.param("Basket(metadata=(1))", "Basket(context=(1), audit={})", id="parenthesised value"),
        pytest.param("Basket(metadata=((1)), x=(2))", "Basket(context=((1)), x=(2), audit={})", id="doubly parenthesised value"),
        pytest.param("Basket(metadata=(\n  1))", "Basket(context=(\n  1), audit={})", id="a value over lines"),
        pytest.param("Basket(x := 1, metadata=2)", "Basket(x := 1, context=2, audit={})", id="walrus"),
        pytest.param("Basket((x for x in y), metadata=2)", "Basket((x for x in y), context=2, audit={})", id="generator"),
        pytest.param("Basket(metadata=x if y else z)", "Basket(context=x if y else z, audit={})", id="condition"),
        pytest.param("Basket (metadata=1)", "Basket (context=1, audit={})", id="a space before the parenthesis"),
        pytest.param("Basket \\\n  (metadata=1)", "Basket \\\n  (context=1, audit={})", id="continued before the parenthesis"),
        pytest.param("Basket(metadata=1).add(metadata=2)", "Basket(context=1, audit={}).add(metadata=2)", id="chained"),
        pytest.param("await Basket(metadata=1)", "await Basket(context=1, audit={})", id="awaited"),
        pytest.param("x = [Basket(metadata=i) for i in y]", "x = [Basket(context=i, audit={}) for i in y]", id="comprehension"),
        pytest.param("@Basket(metadata=1)\nasync def f(): ...", "@Basket(context=1, audit={})\nasync def f(): ...", id="decorator"),
        pytest.param("class C(Basket(metadata=1)): ...", "class C(Basket(context=1, audit={})): ...", id="base class"),
        pytest.param("Basket(metadata=1); Basket(metadata=2)", "Basket(context=1, audit={}); Basket(context=2, audit={})", id="two on a line"),
        pytest.param(
            "Basket(metadata=Basket(metadata=1), x=Basket(legacy=2))",
            "Basket(context=Basket(context=1, audit={}), x=Basket(audit={}), audit={})",
            id="calls in calls",
        ),
        pytest.param("Basket(1, legacy=Basket(metadata=1))", "Basket(1, audit={})", id="a call inside what is removed"),
        pytest.param("Basket(metadata=Basket(1))", "Basket(context=Basket(1), audit={})", id="a call inside that stays"),
        pytest.param("B = Basket\nB(metadata=1)", "B = Basket\nB(context=1, audit={})", id="local name"),
        pytest.param("print(Basket(metadata=1, sep=2), sep='')", "print(Basket(context=1, sep=2, audit={}), sep='')", id="in print"),
        pytest.param("Basket(metadata='größe', x='漢')", "Basket(context='größe', x='漢', audit={})", id="non-ASCII values"),
        pytest.param("Basket(größe=1, metadata=2)", "Basket(größe=1, context=2, audit={})", id="non-ASCII keyword"),
        pytest.param("Basket(metadata=1, print=2, exec=3)", "Basket(context=1, print=2, exec=3, audit={})", id="names that were statements"),
        pytest.param("Basket(metadata=1, match=2, type=3)", "Basket(context=1, match=2, type=3, audit={})", id="names that are soft keywords"),
        pytest.param("Basket(metadata_=1, metadata=2)", "Basket(metadata_=1, context=2, audit={})", id="a longer keyword"),
        pytest.param("f'{x}'; Basket(metadata=f'{y}')", "f'{x}'; Basket(context=f'{y}', audit={})", id="f-strings beside"),
    ],
)  # fmt: skip
def test_rewritten(before: str, after: str) -> None:
    check_rewritten(
        f"{IMPORT}async def f():\n  {_indented(before)}\n", f"{IMPORT}async def f():\n  {_indented(after)}\n", phase=4
    )
    check_rewritten(f"# 漢\n{IMPORT}{before}", f"# 漢\n{IMPORT}{after}", phase=4)


def _indented(code: str) -> str:
    return code.replace("\n", "\n  ")


@pytest.mark.parametrize(
    ("head", "callee", "path"),
    [
        pytest.param("from shop.basket import Basket as B", "B", "app/main.py", id="alias"),
        pytest.param("import shop.basket", "shop.basket.Basket", "app/main.py", id="module"),
        pytest.param("import shop.basket as b", "b.Basket", "app/main.py", id="module with an alias"),
        pytest.param("from shop import basket", "basket.Basket", "app/main.py", id="module from its package"),
        pytest.param("from .basket import Basket", "Basket", "shop/api.py", id="relative"),
        pytest.param("from . import basket as b", "b.Basket", "shop/api.py", id="relative module"),
        pytest.param("import shop.basket\nm = shop.basket", "m.Basket", "app/main.py", id="alias of a module"),
        pytest.param("from shop import basket as b\nm: object = b", "m.Basket", "app/main.py", id="annotated alias of a module"),
        pytest.param("import shop\ns = shop\nm = s.basket", "m.Basket", "app/main.py", id="aliases of packages"),
        pytest.param("import shop", "shop . basket . Basket", "app/main.py", id="spaces around the dots"),
        pytest.param("import shop", "(shop\n   .basket  # here\n   .Basket)", "app/main.py", id="chain over lines", marks=[]),
        pytest.param("from shop.basket import Basket\nA, B = 1, Basket", "B", "app/main.py", id="unpacked"),
        pytest.param("from shop.basket import Basket\n[A, (x[0], B)] = 1, [2, Basket]", "B", "app/main.py", id="unpacked from a list"),
        pytest.param("class Basket: ...", "Basket", "shop/basket.py", id="its own module"),
    ],
)  # fmt: skip
def test_callees(head: str, callee: str, path: str) -> None:
    before, after = "x = {}(metadata=1)", "x = {}(context=1, audit={{}})"
    if callee.startswith("("):  # the whole call in the parentheses
        before, after = "x = ({}(metadata=1))", "x = ({}(context=1, audit={{}}))"
        callee = callee[1:-1]
    check_rewritten(f"{head}\n{before.format(callee)}\n", f"{head}\n{after.format(callee)}\n", phase=4, path=path)


def test_a_class_attribute_of_the_same_name() -> None:
    source = IMPORT + "class Page:\n  Basket: Basket = (\n    Basket({}=1)\n  )\n  Other = Basket(metadata=1)\n"
    check_rewritten(source.format("metadata"), source.format("context"), phase=4, plan=RENAMED)


def test_a_class_body_reads_what_it_binds_later_from_the_module() -> None:
    body = "  class Page:\n    x = Basket(metadata=1)\n    Basket = 1\n"
    check_noop(f"def f():\n  {IMPORT}{body}", phase=4, plan=RENAMED)  # a NameError
    before = f"{IMPORT}def f(Basket):\n{body}"
    check_rewritten(before, before.replace("metadata", "context"), phase=4, plan=RENAMED)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("for x in y:\n    Basket(metadata=1)\n    Basket = x\n", id="in a loop"),
        pytest.param("if x: Basket = y\n  Basket(metadata=1)\n", id="perhaps before"),
        pytest.param("Basket = y; z = Basket(metadata=1)\n", id="on the same line"),
        pytest.param(
            "for x in y:\n    Page(metadata=1)\n    Page = Basket\n", id="from the module, in the first round"
        ),
        pytest.param("if x: Page = Basket\n  Page(metadata=1)\n", id="from the module, perhaps"),
        pytest.param("Page = Basket\n  del Page\n  Page(metadata=1)\n", id="deleted"),
    ],
)
def test_a_class_attribute_that_may_be_meant(source: str) -> None:
    result = transform(f"{IMPORT}Page = x\nclass Site:\n  {source}", phase=4, plan=RENAMED)
    assert result.edits == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("charge()", 'charge(currency="EUR")', id="no arguments"),
        pytest.param("charge( )", 'charge(currency="EUR" )', id="a space"),
        pytest.param("charge(\n)", 'charge(currency="EUR"\n)', id="a line end"),
        pytest.param("charge(1)", 'charge(1, currency="EUR")', id="one argument"),
        pytest.param("charge(charge(1))", 'charge(charge(1, currency="EUR"), currency="EUR")', id="nested"),
        pytest.param("charge(x for x in y)", 'charge((x for x in y), currency="EUR")', id="a generator"),
        pytest.param(
            "charge(  # c\n  x for x in y\n)",
            'charge((  # c\n  x for x in y\n), currency="EUR")',
            id="a generator on lines",
        ),
        pytest.param(
            "charge((x for x in y))", 'charge((x for x in y), currency="EUR")', id="a generator in parentheses"
        ),
        pytest.param("charge(**{'x': 1})", "charge(currency=\"EUR\", **{'x': 1})", id="literal mapping"),
    ],
)
def test_add_alone_goes_to_every_call(before: str, after: str) -> None:
    head = "from shop.billing import charge\n"
    check_rewritten(head + before, head + after, phase=4)


def test_method_of_a_class() -> None:
    head = "from shop.billing import Invoice as I\n"
    check_rewritten(head + "I.of(no=1)\n", head + "I.of(number=1)\n", phase=4)
    head = "import shop.billing as b\n"
    check_rewritten(head + "b.Invoice.of(no=1)\n", head + "b.Invoice.of(number=1)\n", phase=4)


def test_several_keywords_at_once() -> None:
    plan = calls("m:f", rename={"a": "x", "b": "y"}, remove=["c", "d"], add={"e": "0", "g": "''"})
    check_rewritten(
        "from m import f\nf(d=1, b=2, c=3, z=4, a=5)\n",
        "from m import f\nf(y=2, z=4, x=5, e=0, g='')\n",
        phase=4,
        plan=plan,
    )
    check_rewritten("from m import f\nf(c=3, d=1)\n", "from m import f\nf(e=0, g='')\n", phase=4, plan=plan)


def test_removed_alone() -> None:
    plan = calls("m:f", remove=["a"])
    for before, after in {"f(a=1)": "f()", "f(a=1,)": "f()", "f(\n    a=1,\n)": "f(\n)", "f(x, a=1)": "f(x)"}.items():
        check_rewritten(f"from m import f\n{before}\n", f"from m import f\n{after}\n", phase=4, plan=plan)


def test_top_level_callee() -> None:
    plan = calls("m:f", rename={"a": "b"})
    check_rewritten("import m\nm.f(a=1)\n", "import m\nm.f(b=1)\n", phase=4, plan=plan)


def test_reexports_are_the_object() -> None:
    source = "from facade import Basket as B, Korb\nB({0}=1)\nKorb({0}=1)\n"
    aliases = {"facade.Basket": "shop.basket.Basket", "facade.Korb": "shop.basket.Basket"}
    check_rewritten(
        source.format("metadata"), source.format("context").replace("=1)", "=1, audit={})"), phase=4, aliases=aliases
    )
    assert check_noop(source.format("metadata"), phase=4).unresolved == {"facade.Basket"}


def test_a_name_that_is_the_object_by_two_ways() -> None:
    source = (
        "try:\n from facade import Basket\nexcept ImportError:\n from shop.basket import Basket\nBasket(metadata=1)\n"
    )
    after = source.replace("metadata=1", "context=1, audit={}")
    check_rewritten(source, after, phase=4, aliases={"facade.Basket": "shop.basket.Basket"})
    assert check_refused(source, "shadowed", phase=4).unresolved == {"facade.Basket"}


@pytest.mark.parametrize(
    ("call", "code"),
    [
        pytest.param("Basket(metadata=1, context=2)", "keyword-conflict", id="old and new"),
        pytest.param("Basket(metadata=1, legacy=3, context=2)", "keyword-conflict", id="old and new, and one to remove"),
        pytest.param("Basket(metadata=1, **{'context': 2})", "keyword-conflict", id="the new one in a mapping"),
        pytest.param("Basket(**x)", "keyword-spread", id="mapping"),
        pytest.param("Basket(context=1, **x)", "keyword-spread", id="mapping beside the new one"),
        pytest.param("Basket(**{'x': 1, **y})", "keyword-spread", id="mapping in a mapping"),
        pytest.param("Basket(**{key: 1})", "keyword-spread", id="mapping with a key that is not known"),
        pytest.param("charge(**x)", "keyword-spread", id="nothing added to a mapping"),
        pytest.param("partial(Basket, metadata=1)", "unsupported-call", id="partial"),
        pytest.param("functools.partial(Basket, 1, legacy=1)", "unsupported-call", id="partial of a module"),
        pytest.param("pool.submit(Basket, metadata=1)", "unsupported-call", id="passed on"),
        pytest.param("pool.submit(fn=Basket, metadata=1)", "unsupported-call", id="passed on by name"),
        pytest.param("Basket(legacy=(n := 5))", "unsupported-call", id="a name bound in what goes"),
        pytest.param("def f(): Basket(legacy=(yield))", "unsupported-call", id="a yield in what goes"),
        pytest.param("async def f(): Basket(1, legacy=await x)", "unsupported-call", id="an await in what goes"),
        pytest.param("f'{Basket(metadata=1)=}'", "unsupported-call", id="f-string that shows its source"),
        pytest.param("f'{(Basket(metadata=1)) = !r:>10}'", "unsupported-call", id="the same, with everything"),
    ],
)  # fmt: skip
def test_refused(call: str, code: str) -> None:
    result = check_refused(f"from shop.basket import Basket\nfrom shop.billing import charge\n{call}\n", code, phase=4)
    assert (result.findings[0].line, result.findings[0].subject.split(":")[0][:5]) == (3, "shop.")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("Basket(metadata=1, **x)", "Basket(context=1, **x)", id="mapping"),
        pytest.param("Basket(legacy=1, **x)", "Basket(**x)", id="only a mapping stays"),
    ],
)
def test_nothing_is_added_beside_a_mapping(before: str, after: str) -> None:
    check_rewritten(IMPORT + before, IMPORT + after, phase=4, findings=["keyword-spread"])


def test_a_mapping_without_surprises() -> None:
    check_rewritten(
        IMPORT + "Basket(metadata=1, **{'audit': 2})", IMPORT + "Basket(context=1, **{'audit': 2})", phase=4
    )


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("try:\n from shop.basket import Basket\nexcept ImportError:\n from x import Basket\n", id="first"),
        pytest.param(
            "try:\n from x import Basket\nexcept ImportError:\n from shop.basket import Basket\n", id="second"
        ),
        pytest.param("from shop.basket import Basket\nBasket = spy(Basket)\n", id="wrapped"),
        pytest.param("from shop.basket import Basket\nB = Basket\nif x: B = y\nBasket = B\n", id="in a circle"),
        pytest.param("from shop.basket import Basket\nBasket, x = spy(Basket), 1\n", id="unpacked"),
    ],
)
def test_bound_twice(head: str) -> None:
    check_refused(head + "Basket(metadata=1)\nBasket(1)\n", "shadowed", phase=4)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("class B(Basket):\n  def __init__(self): super().__init__(context=1)\n", id="nothing old"),
        pytest.param("class B(Basket):\n  def f(self): super().f(metadata=1)\n", id="another method"),
        pytest.param(
            "class B(Basket):\n  def __init__(self, metadata): ...\nB(metadata=1)\n", id="its own constructor"
        ),
        pytest.param("class B(Other):\n  def __init__(self): super().__init__(metadata=1)\n", id="another base"),
        pytest.param("class B(Basket):\n  def __init__(self): Other.__init__(metadata=1)\n", id="another constructor"),
    ],
)
def test_subclasses_with_nothing_to_say(source: str) -> None:
    check_noop(IMPORT + source, phase=4)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("class B(Basket):\n  def __init__(self): super().__init__(metadata=1)\n", id="super"),
        pytest.param(
            "class B(x, Basket):\n  def __new__(cls): super(B, cls).__new__(cls, legacy=1)\n", id="with arguments"
        ),
        pytest.param("class B(Basket): ...\nB(metadata=1)\n", id="inherited constructor"),
    ],
)
def test_subclasses(source: str) -> None:
    check_refused(IMPORT + source, "subclass-super", phase=4)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def f(cls=Basket): return cls(metadata=1)\n", id="positional"),
        pytest.param("async def f(x, *, cls=Basket): return cls(metadata=1)\n", id="by name"),
        pytest.param("f = lambda cls=Basket or x: cls(metadata=1)\n", id="lambda"),
    ],
)
def test_the_default_of_a_parameter(source: str) -> None:
    check_refused(IMPORT + source, "shadowed", phase=4)
    check_noop(IMPORT + source.replace("metadata", "context"), phase=4)
    check_noop(IMPORT + source.replace("(metadata", ".make(metadata"), phase=4)


@pytest.mark.parametrize("source", ["partial(Basket, 1)(metadata=1)\n", "p = partial(Basket)\np(1, metadata=1)\n"])
def test_what_a_partial_is_called_with(source: str) -> None:
    head = f"from functools import partial\n{IMPORT}"
    check_refused(head + source, "unsupported-call", phase=4)
    check_noop(head + source.replace("metadata", "context"), phase=4)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("Basket(metadata=1)", id="call"),
        pytest.param("from functools import partial\npartial(Basket, metadata=1)", id="partial"),
        pytest.param("Basket.__init__(x, metadata=1)", id="named constructor"),
        pytest.param("B = Basket\nB(metadata=1)", id="alias"),
        pytest.param("class B(Basket):\n  def __init__(self): super().__init__(metadata=1)", id="subclass"),
    ],
)
def test_what_a_star_import_may_bring_in(source: str) -> None:
    source = f"from shop.basket import *\n{source}\n"
    check_refused(source, "star-import", phase=4)
    check_noop(source.replace("metadata", "context"), phase=4)
    check_noop("Basket = x\n" + source, phase=4)


IN_F_STRING = 'from shop.basket import Basket\nx = f"{Basket(metadata=1)}"\n'


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="positions in f-strings are exact")
def test_f_strings_have_no_exact_places() -> None:
    check_refused(IN_F_STRING, "unsupported-call", phase=4)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="positions in f-strings are wrong")
def test_f_strings_have_exact_places() -> None:
    check_rewritten(IN_F_STRING, IN_F_STRING.replace("metadata=1", "context=1, audit={}"), phase=4)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="positions in f-strings are wrong")
def test_nothing_comes_into_an_f_string_that_older_pythons_do_not_read() -> None:
    check_refused("from shop.billing import charge\nx = f'{charge(1)}'\n", "unsupported-call", phase=4)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="PEP 695 and PEP 701")
def test_newer_grammar_around_and_inside_a_call() -> None:
    before = "from shop.basket import Basket\ndef f[T: int](x: T) -> T:\n    return Basket(f'{x['a']}', metadata=1)\n"
    check_rewritten(before, before.replace("metadata=1", "context=1, audit={}"), phase=4)


@pytest.mark.parametrize(
    ("call", "changed"),
    [
        pytest.param("charge(*x)", "charge(*x)", id="alone"),
        pytest.param("Basket(*a, metadata=1)", "Basket(*a, context=1)", id="starred"),
        pytest.param("Basket(metadata=1, *a)", "Basket(context=1, *a)", id="starred afterwards"),
    ],
)
def test_nothing_is_added_beside_a_starred_argument(call: str, changed: str) -> None:
    head = "from shop.basket import Basket\nfrom shop.billing import charge\n"
    check_rewritten(head + call, head + changed, phase=4, findings=["positional-argument"])
    signatures = {"shop.basket:Basket": "*a, context=1, audit=2", "shop.billing:charge": "a, *, currency=0"}
    added = {"charge(*x)": 'charge(*x, currency="EUR")'}.get(call, changed.replace(")", ", audit={})"))
    check_rewritten(head + call, head + added, phase=4, signatures=signatures)


def test_letters_that_only_cpython_takes_for_the_same() -> None:
    check_refused(IMPORT + "Basket(\U0001d426etadata=1)\n", "unparseable", phase=4)


def test_scopes_that_cpython_rejects() -> None:
    source = IMPORT + "def f(Basket): ...\ndef g(a, a): ...\nBasket(metadata=1)\n"
    check_refused(source, "unparseable", phase=4)


def test_the_query_alone() -> None:
    query = compiled_query(make_plan(), 4)
    assert query.run("shop.basket.Basket(metadata=1)", "a.py").text == "shop.basket.Basket(context=1, audit={})"
    for untouched in ("Basket(metadata=1)", "shop.basket.Basket(metadata=1, context=2)", "shop.billing.charge(**x)"):
        assert not query.run(untouched, "a.py").selected


def test_a_plan_without_phase_4() -> None:
    check_noop("from shop.basket import Basket\nBasket(metadata=1)\n", phase=4, plan=make_plan({"phase5": {}}))
