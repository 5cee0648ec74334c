from __future__ import annotations

import pickle

import pytest

from migrate.refs import ObjectRef


@pytest.mark.parametrize(
    ("text", "module", "name", "dotted", "leaf"),
    [
        pytest.param("shop", "shop", "", "shop", "shop", id="module"),
        pytest.param("shop.billing", "shop.billing", "", "shop.billing", "billing", id="dotted module"),
        pytest.param("shop:charge", "shop", "charge", "shop.charge", "charge", id="object"),
        pytest.param("shop.a:B.c", "shop.a", "B.c", "shop.a.B.c", "c", id="method of a class"),
        pytest.param(
            "datetime:timezone.utc",
            "datetime",
            "timezone.utc",
            "datetime.timezone.utc",
            "utc",
            id="attribute",
        ),
        pytest.param("café:Größe", "café", "Größe", "café.Größe", "Größe", id="not ASCII"),
    ],
)
def test_parse(text: str, module: str, name: str, dotted: str, leaf: str) -> None:
    ref = ObjectRef.parse(text)
    assert (ref.module, ref.name, ref.dotted, ref.leaf) == (module, name, dotted, leaf)
    assert str(ref) == text
    assert ObjectRef.parse(str(ref)) == ref


def test_is_a_value() -> None:
    ref = ObjectRef("shop.billing", "charge")
    assert pickle.loads(pickle.dumps(ref)) == ref
    assert len({ref, ObjectRef.parse("shop.billing:charge")}) == 1
    assert sorted([ref, ObjectRef("shop.billing"), ObjectRef("shop")])[0] == ObjectRef("shop")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("", "'' is not an object reference; write 'package.module:Name'", id="empty"),
        pytest.param(":Name", "':Name' is not an object reference; write 'package.module:Name'", id="no module"),
        pytest.param(".a:B", "'.a:B' is not an object reference; write 'package.module:Name'", id="relative"),
        pytest.param("a..b", "'a..b' is not an object reference; write 'package.module:Name'", id="two dots"),
        pytest.param("a-b", "'a-b' is not an object reference; write 'package.module:Name'", id="dash"),
        pytest.param("a/b.py", "'a/b.py' is not an object reference; write 'package.module:Name'", id="path"),
        pytest.param("a\nb", r"'a\nb' is not an object reference; write 'package.module:Name'", id="line break"),
        pytest.param("a:", "'a:' has no name after the colon; write 'package.module:Name'", id="nothing after colon"),
        pytest.param("a:*", "'a:*' has no name after the colon; write 'package.module:Name'", id="star"),
        pytest.param("a:B:c", "'a:B:c' has no name after the colon; write 'package.module:Name'", id="two colons"),
    ],
)
def test_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        ObjectRef.parse(text)
    assert str(caught.value) == sentence
