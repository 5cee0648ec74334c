from __future__ import annotations

import ast
from hashlib import sha256
from typing import Any

import pytest
from checks import PLAN, calls, check_outside, check_refused, check_rewritten, make_plan, moves, transform
from hypothesis import assume, given, note
from hypothesis import strategies as st

from migrate import transform as engine
from migrate.edits import Edit, Span, apply_edits
from migrate.rewrite import CompiledQuery, NotRewritable, Rewritten
from migrate.rewriting import rewriter
from migrate.source import Source
from migrate.transform import PhaseSpec, transform_file

BEFORE = """\
{head}from shop.basket import Basket
from shop.cart import Cart, coupon
note = 'größe'; x = Basket(note, metadata='ü', y=[  # ä
    1,
]); note = 'ß'
"""
IMPORTED = BEFORE.replace(
    "from shop.cart import Cart, coupon\n", "from shop.basket import Basket as Cart\nfrom shop.cart import coupon\n"
)
CALLED = BEFORE.replace("metadata=", "context=").replace("1,\n])", "1,\n], audit={})")

FILES = {
    "UTF-8": ("", "utf-8", "\n"),
    "UTF-8 and BOM": ("", "utf-8-sig", "\n"),
    "UTF-8 and BOM and cookie": ("# coding: utf-8\n", "utf-8-sig", "\n"),
    "Latin-1": ("# -*- coding: latin-1 -*-\n", "latin-1", "\n"),
    "Latin-1 on the second line": ("#!/usr/bin/python\n# vim: set fileencoding=iso-8859-15 :\n", "iso-8859-15", "\n"),
    "code page 1252, CRLF": ("# coding: cp1252\n", "cp1252", "\r\n"),
    "UTF-8, CRLF": ("", "utf-8", "\r\n"),
    "UTF-8 and BOM, CRLF": ("# 漢\n", "utf-8-sig", "\r\n"),
    "UTF-8, CR": ("", "utf-8", "\r"),
    "form feeds": ("\x0c\n\x0c", "utf-8", "\n"),
}


@pytest.mark.parametrize("phase", [4, 5])
def test_nested_too_deeply(phase: int) -> None:
    source = "from shop.basket import Basket\nBasket(metadata=1)" + ".a(1)" * 500 + "\n"
    result = transform(source, phase=phase)
    (finding,) = result.findings
    assert (finding.code, result.edits) == ("unparseable", ())
    assert "nested too deeply" in finding.message


@pytest.mark.parametrize(("head", "encoding", "newline"), FILES.values(), ids=FILES)
@pytest.mark.parametrize(("phase", "after"), [(3, IMPORTED), (4, CALLED)])
@pytest.mark.parametrize("last", ["\n", ""], ids=["newline at the end", "none at the end"])
def test_encodings_and_line_ends(head: str, encoding: str, newline: str, phase: int, after: str, last: str) -> None:
    def file(text: str) -> bytes:
        return (text.format(head=head).removesuffix("\n") + last).replace("\n", newline).encode(encoding)

    # `{}` of the added value is no field of the template
    check_rewritten(file(BEFORE), file(after.replace("audit={}", "audit={{}}")), phase=phase)


@pytest.mark.parametrize(
    ("before", "after", "phase"),
    [
        pytest.param(
            "a\r\nfrom shop.cart import Cart, coupon\nb\r\n",
            "a\r\nfrom shop.basket import Basket as Cart\nfrom shop.cart import coupon\nb\r\n",
            3,
            id="the line end in use there",
        ),
        pytest.param(
            "a\nfrom shop.cart import Cart, coupon",
            "a\nfrom shop.basket import Basket as Cart\nfrom shop.cart import coupon",
            3,
            id="the file's own at its end",
        ),
        pytest.param(
            "from shop.cart import (\r\n    checkout,\n    Cart as C,\r)\n".replace("Cart as C", "refund"),
            "from shop.pay import (\r\n    checkout,\n    refund,\r)\n",
            3,
            id="all kinds in an import",
        ),
        pytest.param(
            "from shop.basket import Basket\nBasket(\r\n  1,\n  metadata=2,\r  x=3,\n)\r\n",
            "from shop.basket import Basket\nBasket(\r\n  1,\n  context=2,\r  x=3,\n  audit={},\r\n)\r\n",
            4,
            id="all kinds in a call",
        ),
        pytest.param(
            "from shop.basket import Basket\nBasket(1,\r\n\r\n  legacy=2,\n\r\n  x=3)\n",
            "from shop.basket import Basket\nBasket(1,\r\n\r\n\r\n  x=3,\r\n  audit={})\n",
            4,
            id="all kinds around what is removed",
        ),
    ],
)
def test_mixed_line_ends(before: str, after: str, phase: int) -> None:
    check_rewritten(before, after, phase=phase)


def test_result() -> None:
    source = b"from shop.cart import Cart\nfrom shop.prices import tax\ny = 'shop.cart.Cart'\n"
    result = transform(source, phase=3)
    assert result.path == "app/main.py"
    assert result.before_sha256 == sha256(source).hexdigest()
    assert [(e.kind, e.site, source[e.span.start : e.span.end]) for e in result.edits] == [
        ("import", 0, b"from shop.cart import Cart"),
        ("import", 1, b"from shop.prices import tax"),
    ]
    assert [(f.code, f.line) for f in result.findings] == [("string-reference", 3)]


def test_edits_of_a_call_are_small_and_belong_together() -> None:
    source = b"from shop.basket import Basket\nBasket(1, legacy=2, metadata=3, x=4)\nBasket(metadatas=1, metadata=2)\n"
    result = transform(source, phase=4)
    assert [(e.kind, e.site, source[e.span.start : e.span.end], e.after) for e in result.edits] == [
        ("remove-keyword", 0, b"legacy=2, metadata", b"context"),
        ("add-keyword", 0, b"", b", audit={}"),
        ("rename-keyword", 1, b"metadata", b"context"),
        ("add-keyword", 1, b"", b", audit={}"),
    ]


def test_findings_are_in_order_of_place() -> None:
    source = "from shop.basket import Basket\nBasket(**x)\nBasket(metadata=1, context=2)\npartial(Basket, metadata=1)\n"
    result = transform(source, phase=4)
    assert [(f.line, f.code) for f in result.findings] == [
        (2, "keyword-spread"),
        (3, "keyword-conflict"),
        (4, "unsupported-call"),
    ]


@pytest.mark.parametrize(
    ("plan", "source", "phase"),
    [
        pytest.param(moves(a="m:a -> m:漢"), "from m import a\n", 3, id="import"),
        pytest.param(calls("m:f", rename={"a": "漢"}), "from m import f\nf(a=1)\n", 4, id="keyword"),
        pytest.param(calls("m:f", add={"a": "'漢'"}), "from m import f\nf()\n", 4, id="value"),
    ],
)
def test_what_the_encoding_cannot_express(plan: Any, source: str, phase: int) -> None:
    (finding,) = check_refused(f"# coding: latin-1\n{source}", "unparseable", phase=phase, plan=plan).findings
    assert "'漢' cannot be written" in finding.message


def test_a_rewrite_that_fails_its_verification_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(source: Source, site: Any, *_: object) -> tuple[Edit, ...]:
        return (Edit(Span(site.span.start, site.span.end), b"from shop.basket import Basket", "import", 0),)

    monkeypatch.setattr(rewriter, "import_edits", wrong)
    result = transform_file("a.py", b"from shop.cart import Cart\n", PhaseSpec(PLAN, 3))
    assert result.edits == ()
    assert result.bug is not None
    assert "other names" in result.bug


def test_a_rewrite_that_is_no_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(query: CompiledQuery, text: str, path: str, *_: object) -> Rewritten:
        return Rewritten("from shop.basket import (", selected=True)

    monkeypatch.setattr(CompiledQuery, "run", wrong)
    result = transform_file("a.py", b"from shop.cart import Cart\n", PhaseSpec(PLAN, 3))
    assert result.edits == ()
    assert result.bug


def test_what_the_rewriter_does_not_read_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(query: CompiledQuery, text: str, path: str, *_: object, **__: object) -> Rewritten:
        raise NotRewritable("no")

    monkeypatch.setattr(CompiledQuery, "run", refuse)
    source = "from shop.basket import Basket\nfrom shop.cart import Cart\nBasket(metadata=1)\n"
    check_refused(source, "unparseable", phase=3)
    check_refused(source, "unparseable", phase=4)
    check_refused(source, ["deprecated-import", "deprecated-keyword"], phase=5)


def test_a_rewrite_that_breaks_a_file_only_fissix_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(source: Source, site: Any, *_: object) -> tuple[Edit, ...]:
        return (Edit(Span(site.span.start, site.span.end), b"from (", "import", 0),)

    monkeypatch.setattr(rewriter, "import_edits", wrong)
    result = transform_file("a.py", b"from shop.cart import Cart\nif a <> b: pass\n", PhaseSpec(PLAN, 3))
    assert result.edits == ()
    assert result.bug


def test_a_file_that_parses_and_does_not_compile() -> None:
    check_rewritten(
        "async with a: pass\nfrom shop.cart import Cart\n",
        "async with a: pass\nfrom shop.basket import Basket as Cart\n",
        phase=3,
    )


def test_the_query_is_compiled_once() -> None:
    plan = make_plan({"phase5": {}}, title="once")
    assert engine.compiled_query(plan, 3) is engine.compiled_query(plan.model_copy(), 3)


# What imports bind, executed before and after.

BINDING = moves(
    a="old:A -> new:A1", b="old:B -> new:B", c="old:C -> other.deep:C", d="old.sub -> new.sub", e="old:E -> old:E1"
)
OBJECTS = {
    ("old", "A"): ("new", "A1"),
    ("old", "B"): ("new", "B"),
    ("old", "C"): ("other.deep", "C"),
    ("old", "E"): ("old", "E1"),
}


def home(module: str, name: str) -> tuple[str, str]:
    return ("new.sub", name) if module == "old.sub" else OBJECTS.get((module, name), (module, name))


GAP = st.sampled_from(["", " ", "\n    ", "  # from old import A, (\n", " \\\n    "])


@given(
    module=st.sampled_from(["old", "old.sub"]),
    names=st.lists(
        st.tuples(st.sampled_from(["A", "B", "C", "D", "E"]), st.sampled_from([None, "x", "y", "A1", "A"])),
        min_size=1,
        max_size=5,
    ),
    gaps=st.lists(GAP, min_size=22, max_size=22),
    parenthesised=st.booleans(),
    comma=st.booleans(),
    around=st.sampled_from(
        ["{}", "if 1:\n\t{}\n", "x = 1; {}; y = 2\n", "{}  # noqa\n", "try: {}\nfinally: pass\n", "{} # end"]
    ),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_imports_bind_every_name_to_the_same_object(
    module: str,
    names: list[tuple[str, str | None]],
    gaps: list[str],
    parenthesised: bool,
    comma: bool,
    around: str,
    newline: str,
) -> None:
    blank = iter(gaps)
    listed = []
    for name, asname in names:
        lead, between, behind = next(blank), next(blank), next(blank)
        text = name if asname is None else f"{name} {between}as {between}{asname}"
        listed.append(f"{lead}{text}{behind}")
    if parenthesised:
        statement = f"from {module} import ({','.join(listed)}{',' if comma else ''}{next(blank)})"
    else:
        one_line = [" ".join(text.split()) for text in listed]
        assume(not any("#" in text or "\\" in text for text in one_line))
        joint = ", " if comma else ", \\\n "
        statement = f"from {module} import {joint.join(one_line)}"
    source = around.format(statement).replace("\n", newline).encode()
    note(source.decode())
    result = transform(source, phase=3, plan=BINDING)
    after = apply_edits(source, result.edits)
    assert bindings(after) == bindings(source)
    assert all(home(*found) == found for found in imported(after))
    assert transform(after, phase=3, plan=BINDING).edits == ()
    check_outside(source, after, result.edits)


def imported(source: bytes) -> list[tuple[str, str]]:
    """(module, name) pairs that the code imports."""
    found = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom))
    return [(str(node.module), alias.name) for node in found for alias in node.names]


def bindings(source: bytes) -> dict[str, object]:
    """Names after the imports, to the object each is, wherever it lives."""

    class Stub:
        def __init__(self, module: str) -> None:
            self.module = module

        def __getattr__(self, name: str) -> object:
            return home(self.module, name)

    def import_stub(name: str, *_: object) -> Any:
        return Stub(name)

    names: dict[str, object] = {"__builtins__": {"__import__": import_stub}}
    exec(compile(source, "<stub>", "exec"), names)
    del names["__builtins__"]
    return names
