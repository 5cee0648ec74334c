from __future__ import annotations

import pytest

from migrate.foresight.homes import Has, Homes
from migrate.foresight.members import Members
from migrate.refs import ObjectRef

FILES = {
    "shop/__init__.py": "",
    "shop/old.py": "",
    "shop/base.py": "class Base:\n    def based(self): ...\n",
    "shop/new.py": (
        "from shop.base import Base\nimport os, enum, abc\nVALUE = 1\ndef make(): ...\n"
        "class Plain:\n    def method(self):\n        self.made = 1\n    value = 1\n    noted: int\n"
        "    class Inner: ...\n    if os:\n        async def maybe(self): ...\n    from os import sep\n"
        "class Heir(Base): ...\nclass Abstract(abc.ABC): ...\nclass Far(os.PathLike): ...\n"
        "class Asked:\n    def __getattr__(self, name): ...\nclass Meta(metaclass=make): ...\n"
        "@make\nclass Decorated: ...\nclass Set: ...\nSet.later = 1\n"
    ),
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Plain.method", "yes"),
        ("Plain.made", "yes"),
        ("Plain.value", "yes"),
        ("Plain.noted", "yes"),
        ("Plain.Inner", "yes"),
        ("Plain.Inner.x", "yes"),
        ("Plain.maybe", "yes"),
        ("Plain.sep", "yes"),
        ("Heir.based", "yes"),
        ("Set.later", "yes"),
        ("Plain.nothere", "no: Plain in shop/new.py has no nothere"),
        ("Heir.nothere", "no: Heir in shop/new.py has no nothere"),
        ("Abstract.nothere", "no: Abstract in shop/new.py has no nothere"),
        ("Base.nothere", "no: Base in shop/base.py has no nothere"),
        ("Plain.__len__", "unchecked: Plain may make members while it runs"),
        ("Far.nothere", "unchecked: Far inherits from os.PathLike, which is not in this repository"),
        ("Asked.nothere", "unchecked: Asked may make members while it runs"),
        ("Meta.nothere", "unchecked: Meta may make members while it runs"),
        ("Decorated.nothere", "unchecked: Decorated is decorated with @make at shop/new.py:20"),
        ("make.nothere", "unchecked: shop.new:make is no class of this repository"),
        ("VALUE.nothere", "unchecked: what VALUE is in shop/new.py:3 only running it could tell"),
    ],
)
def test_has(name: str, expected: str) -> None:
    contents = {path: text.encode() for path, text in FILES.items()}
    members = Members(Homes(contents.get, ["."], lambda _: False, {"shop.old": {"P": "shop.new.Plain"}}))
    answer = members.has(ObjectRef("shop.new", name))
    told = answer.has.value if answer.has is Has.YES else f"{answer.has.value}: {answer.reason}"
    assert told == expected
    assert members.has(ObjectRef("shop.old", "P.method")).has is Has.YES
    assert members.has(ObjectRef("shop.old", "P.nothere")).is_missing
