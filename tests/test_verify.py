"""Edits that a phase must not make are refused; each one here is made by hand."""

from __future__ import annotations

import pytest
from checks import PLAN

from migrate.edits import Edit, Span, apply_edits
from migrate.locate.callees import Known
from migrate.locate.calls import locate_calls
from migrate.locate.imports import locate_imports
from migrate.locate.sites import Module
from migrate.modules import module_of
from migrate.moves import MoveIndex
from migrate.source import Source
from migrate.transform import accept_edits
from migrate.verify import NotAsPlanned, verify_compiles, verify_tree

MOVES = MoveIndex.of(PLAN)


def verify(before: str, after: str) -> None:
    source = Source(before.encode())
    module = Module("app/main.py", source, source.parse(), module_of("app/main.py", ["."]))
    imports = locate_imports(module, MOVES, {}).sites
    verify_tree(module, (*imports, *locate_calls(module, PLAN, Known()).sites), (), Source(after.encode()), MOVES)


IMPORT = "from shop.cart import Cart, coupon\n"
CALL = "from shop.basket import Basket\nx = Basket(metadata=1)\n"
DECORATED = "from shop.basket import Basket\n@Basket(metadata=1)\ndef f(): ...\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("x = 1\n", "x = 1\n", id="nothing"),
        pytest.param(IMPORT, "from shop.cart import coupon\nfrom shop.basket import Basket as Cart\n", id="import"),
        pytest.param(
            IMPORT, "from shop.basket import Basket as Cart; from shop.cart import coupon\n", id="on one line"
        ),
        pytest.param(
            IMPORT + "from shop.cart import refund, x\n",
            "from shop.basket import Basket as Cart\nfrom shop.cart import coupon\n"
            "from shop.pay import refund\nfrom shop.cart import x\n",
            id="one after another",
        ),
        pytest.param("from shop.prices import *\n", "from shop.pricing.prices import *\n", id="star"),
        pytest.param(CALL, CALL.replace("metadata=1", "context=1, audit={}"), id="call"),
        pytest.param(DECORATED, DECORATED.replace("metadata=1", "context=1, audit={}"), id="decorator"),
        pytest.param(
            "if a:\n  " + IMPORT + "else:\n  b\n",
            "if a:\n  from shop.basket import Basket as Cart\n  from shop.cart import coupon\nelse:\n  b\n",
            id="in a block",
        ),
    ],
)
def test_as_planned(before: str, after: str) -> None:
    verify(before, after)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        pytest.param("x = 1\n", "x = (\n", "line 1 would no longer parse", id="a syntax error"),
        pytest.param(IMPORT, "from shop.basket import Basket\nfrom shop.cart import coupon\n", "other names", id="alias lost"),
        pytest.param(IMPORT, "from shop.basket import Basket as Cart\n", "other names", id="name lost"),
        pytest.param(IMPORT, "from shop.cart import Cart, coupon\n", "other names", id="not moved"),
        pytest.param(IMPORT, "pass\n", "other names", id="import lost"),
        pytest.param(IMPORT, "from x import Basket as Cart\nfrom shop.cart import coupon\n", "other names", id="wrong module"),
        pytest.param(
            IMPORT,
            "from shop.basket import Basket as Cart\nfrom shop.cart import coupon\nfrom a import b\n",
            "line 3: a statement would be added",
            id="one import too many",
        ),
        pytest.param(IMPORT + "x\n", "from shop.basket import Basket as Cart\nfrom shop.cart import coupon\n", "lost", id="statement lost"),
        pytest.param(IMPORT + "x\n", "from shop.basket import Basket as Cart\nfrom shop.cart import coupon\ny\n", "line 2: a statement without", id="statement changed"),
        pytest.param("x = 1 # a\n", "x = 2 # a\n", "without a site", id="no site at all"),
        pytest.param("x = 1 # a\ny = 2\n", "x = 1 # b\ny = 2\n", "between statements", id="comment between statements"),
        pytest.param("x\n", "x; y\n", "line 1: a statement would be added", id="statement added"),
        pytest.param("x\ny\n", "x\n", "line 2: a statement would be lost", id="last statement lost"),
        pytest.param("x = (1,\n # a\n 2)\n", "x = (1,\n # b\n 2)\n", "without a site", id="comment inside a statement"),
        pytest.param("from shop.prices import *\n", "from shop.pricing.prices import a\n", "star import would be lost", id="star"),
        pytest.param("from shop.prices import *\n", "", "star import would be lost", id="star and all"),
        pytest.param("from shop.prices import *\n", "from shop.prices import *\n", "other module", id="star from elsewhere"),
        pytest.param(CALL, CALL, "more than its sites", id="call not changed"),
        pytest.param(CALL, CALL.replace("metadata", "context"), "more than its sites", id="keyword not added"),
        pytest.param(CALL, CALL.replace("metadata=1", "context=2, audit={}"), "more than its sites", id="value changed"),
        pytest.param(CALL, CALL.replace("x = Basket(metadata=1)", "x = B(context=1, audit={})"), "more than", id="callee changed"),
        pytest.param(CALL, CALL.replace("x = Basket(metadata=1)", "return_ = Basket(context=1, audit={})"), "more than", id="target changed"),
        pytest.param(CALL, CALL.replace("x = Basket(metadata=1)", "pass"), "another one", id="another statement"),
        pytest.param(DECORATED, DECORATED, "more than its sites", id="decorator not changed"),
        pytest.param("@a\ndef f(): ...\n", "@b\ndef f(): ...\n", "without a site", id="decorator without a site"),
        pytest.param(
            "if a:\n  from shop.cart import Cart\n", "if b:\n  from shop.basket import Basket as Cart\n", "more than", id="a block's header"
        ),
        pytest.param(
            "if a:\n  from shop.cart import Cart\n",
            "if a:\n  from shop.basket import Basket as Cart\nelse:\n  b\n",
            "another one",
            id="a block too many",
        ),
    ],
)  # fmt: skip
def test_not_as_planned(before: str, after: str, reason: str) -> None:
    with pytest.raises(NotAsPlanned, match=reason):
        verify(before, after)


def test_what_compiled_still_does() -> None:
    good, bad = Source(b"x = 1\n"), Source(b"\nreturn\n")
    verify_compiles(good, good)
    verify_compiles(bad, good)
    verify_compiles(bad, bad)
    with pytest.raises(NotAsPlanned, match="line 2 would no longer compile: 'return' outside function"):
        verify_compiles(good, bad)


def test_a_part_of_the_edits() -> None:
    def edit(start: int, end: int, after: bytes) -> Edit:
        return Edit(Span(start, end), after, "import", 0)

    opening, closing = edit(4, 4, b"("), edit(5, 5, b")")
    assert accept_edits("a.py", b"x = 1\n", (opening, closing)) == b"x = (1)\n"
    assert apply_edits(b"x = 1\n", [opening]) == b"x = (1\n"
    with pytest.raises(NotAsPlanned, match="no longer compile"):
        accept_edits("a.py", b"x = 1\n", (opening,))
