"""A draft as TOML: it parses to exactly what the draft holds, whatever its names are."""

from __future__ import annotations

import re
import tomllib

import pytest
from drafts import NEW, OLD, named, uses
from hypothesis import given
from hypothesis import strategies as st

from migrate.drafting.draft import Draft, MoveDraft, RedirectDraft
from migrate.drafting.names import NameDraft
from migrate.drafting.signature_change import CallDraft
from migrate.drafting.text import inventory, render
from migrate.drafting.validation import Command
from migrate.plan import parse_plan
from migrate.refs import ObjectRef
from migrate.signatures import Parameter, Signature

COMMAND = "migrate init shop.cart:Cart shop.basket:Basket"
CART = named("Cart", "shop.basket:Basket", places=2, size=9)


def comments(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("#")]


def test_a_small_plan_to_the_byte() -> None:
    was, now = Signature(positional=(Parameter("metadata"),)), Signature(positional=(Parameter("context"),))
    names = (CART, named("pay", "", 1, 5), named("old_pay", "", 0, 5))
    draft = Draft(
        OLD, NEW, names, (*CART.uses, *uses("pay")), (RedirectDraft("shop.cart", NEW, names),), "",
        (MoveDraft(OLD, NEW, "compare the two"),), (CallDraft(NEW, OLD, was, now, {"metadata": "context"}, ()),),
        ("A note.",), ("src",), ("vendor/**",), (Command("make test", ("make", "test")),), {1: 10, 3: 5, 4: 5, 5: 5},
    )  # fmt: skip
    assert (
        render(draft, COMMAND)
        == """\
# A first plan, drafted by `migrate init shop.cart:Cart shop.basket:Basket`.
# Read it, correct it, then run `migrate check`.
#
# Inventory: 3 places in 2 files (3 imports) take something from shop.cart.
#
#   places  files  name
#        2      2  Cart → shop.basket:Basket (because)
#        1      1  pay: because
#
# A note.

[plan]
name = "cart-to-basket"
title = "Cart moves to shop.basket:Basket"
budget_minutes = 25
exclude = ["vendor/**"]  # other people's code, which stays as it is
source_roots = ["src"]

[phase1]
title = "cart becomes a redirect"
minutes = 10

[[phase1.redirect]]
module = "shop.cart"
docstring = "DEPRECATED: use shop.basket:Basket."
exports = [
  "shop.basket:Basket as Cart",  # 2 places
]
# Defined only there, and nothing in this repository uses it:
drop = [
  "old_pay",
]
# Left to you; `migrate check` names every place:
#   pay (1 place): because

[phase3]
title = "Import Basket from shop.basket"
minutes = 5

[[phase3.move]]  # compare the two
old = "shop.cart:Cart"
new = "shop.basket:Basket"

[phase4]
title = "Follow the new signature"
minutes = 5

# was (metadata)
# is  (context)
[[phase4.call]]
callee = "shop.basket:Basket"
rename = { metadata = "context" }

[phase5]
title = "Validate"
minutes = 5

[[phase5.check]]
name = "make test"
run = ["make", "test"]
"""
    )


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        pytest.param(Draft(OLD, NEW), "nothing in this repository takes anything from shop.cart", id="nothing at all"),
        pytest.param(Draft(OLD, NEW, (named("Cart", "a:b", 0),)), "nothing in this repository takes Cart from shop.cart",
                     id="not that one"),
        pytest.param(Draft(OLD, NEW, (named("Cart", "a:b", 1),), uses("Cart")),
                     "1 place in 1 file (1 import) takes Cart from shop.cart", id="one"),
        pytest.param(Draft(OLD, NEW, (named("Cart", "a:b", 2),), (*uses("Cart"), *uses("Cart", kind="patch"))),
                     "2 places in 1 file (1 import, 1 patch) take Cart from shop.cart", id="two"),
        pytest.param(Draft(ObjectRef("shop.cart"), ObjectRef("b"), (named("A", module="shop.cart.x"),), uses("A")),
                     "1 place in 1 file (1 import) takes something from shop.cart and the modules in it", id="a package"),
    ],
)  # fmt: skip
def test_inventory(draft: Draft, expected: str) -> None:
    assert inventory(draft) == expected


def test_of_very_many_names_the_rest_is_counted() -> None:
    names = tuple(named(f"name{n}", f"shop.basket:name{n}") for n in range(500))
    draft = Draft(OLD, NEW, names, (), (RedirectDraft("shop.cart", NEW, names),))
    text = render(draft, COMMAND)
    assert "#   and 460 more names" in text
    assert len(tomllib.loads(text)["phase1"]["redirect"][0]["exports"]) == 500


def test_doubts_stand_before_the_last_phase() -> None:
    was, now = Signature(), Signature(positional=(Parameter("tax"),))
    call = CallDraft(NEW, OLD, was, now, {}, ("tax is required now: add a value",))
    text = render(Draft(OLD, NEW, calls=(call,)), COMMAND)
    assert text.index("tax is required now") < text.index("[phase5]")
    assert '# [[phase4.call]] with callee = "shop.basket:Basket" takes rename, add, remove and keyword_only' in text
    both = CallDraft(NEW, OLD, was, now, {"a": "b"}, ("c is gone",))
    assert "# the entry above takes rename" in render(Draft(OLD, NEW, calls=(both,)), COMMAND).lower()


def test_no_check_is_said() -> None:
    text = render(Draft(OLD, NEW), COMMAND)
    assert comments(text)[-1].startswith("# Neither tests nor make targets were found; add")
    assert parse_plan(tomllib.loads(text), "migrate.toml").phases == (5,)


def test_keys_and_words_that_toml_has_rules_for() -> None:
    was, now = Signature(positional=(Parameter("größe"),)), Signature(positional=(Parameter("size"),))
    call = CallDraft(NEW, OLD, was, now, {"größe": "size", "true": "x"}, ())
    run = ("a\x7fb\t\x00", '"""', "\\", "x" * 200)
    draft = Draft(OLD, NEW, calls=(call,), commands=(Command("odd", run),), notes=("a\nb\x1b[1m\x85\udcff",))
    text = render(draft, COMMAND)
    assert tomllib.loads(text) == draft.data()
    assert "# a\\nb\\x1b[1m\\x85\\udcff" in text


identifiers = st.from_regex(r"[^\W\d]\w{0,8}", fullmatch=True).filter(str.isidentifier)
refs = st.builds(
    lambda module, name: ObjectRef(".".join(module), name), st.lists(identifiers, min_size=1, max_size=3), identifiers
)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ['"""', "\\", "\r\n# x", '"]', "\x7f", "\x00", "\u2028", "\u202e", "a\tb", "é", "'''", "\ufeff", "😀", "[x]", "="]
)
anything = words | st.text(st.characters(categories=["Cs"]), max_size=3)  # names of files that are no UTF-8
names_ = st.builds(
    NameDraft, st.sampled_from(["shop.cart", "shop.größe"]), identifiers, st.none() | refs, anything,
    st.sampled_from([(), uses("x", 3)]), st.integers(0, 3), st.booleans(),
)  # fmt: skip
signatures = st.builds(
    Signature, positional=st.lists(st.builds(Parameter, identifiers, st.booleans()), max_size=3).map(tuple)
)
calls = st.builds(
    CallDraft, refs, refs, signatures, signatures,
    st.dictionaries(identifiers, identifiers, max_size=3), st.lists(anything, max_size=2).map(tuple),
)  # fmt: skip
commands = st.builds(Command, words, st.lists(words, min_size=1, max_size=6).map(tuple), anything)
drafts = st.builds(
    lambda old, new, names, moves, calls, notes, roots, exclude, commands, minutes: Draft(
        old, new, tuple(names), (), (RedirectDraft(old.module, new, tuple(names)),), "why\nnot", tuple(moves), tuple(calls),
        tuple(notes), tuple(roots), tuple(exclude), tuple(commands), dict.fromkeys((1, 3, 4, 5), minutes),
    ),
    refs, refs, st.lists(names_, max_size=3), st.lists(st.builds(MoveDraft, refs, refs, anything), max_size=3),
    st.lists(calls, max_size=3), st.lists(anything, max_size=2), st.lists(words, min_size=1, max_size=3),
    st.lists(words, max_size=3), st.lists(commands, max_size=3), st.integers(1, 600),
)  # fmt: skip


@pytest.mark.unmeasured
@given(drafts, anything)
def test_the_text_is_toml_and_holds_the_draft(draft: Draft, command: str) -> None:
    text = render(draft, command)
    assert tomllib.loads(text.encode().decode()) == draft.data()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", "\n".join(comments(text)))
