from __future__ import annotations

from collections.abc import Mapping

import pytest
from checks import make_plan
from repositories import MakeRepository

from migrate.plan import Plan
from migrate.preflight.mentions import mentions

PLAN = make_plan(
    {
        "phase1": {"redirect": [{"module": "shop.cart", "docstring": "D.", "exports": ["shop.new:A"]}]},
        "phase2": {"redirect": [{"module": "shop.cart.inner", "docstring": "D.", "exports": ["shop.new:A"]}]},
        "phase3": {"move": [{"old": "shop.cart:A", "new": "shop.new:A"}, {"old": "prices", "new": "shop.new"},
                            {"old": "shop.tax", "new": "shop.duty"}]},
    },
    exclude=["vendor/**"],
)  # fmt: skip


def mentioned(
    make_repository: MakeRepository, files: Mapping[str, str | bytes], plan: Plan = PLAN
) -> list[tuple[object, ...]]:
    git = make_repository(files).open()

    def read(path: str) -> bytes | None:
        full = git.root / path
        return full.read_bytes() if full.is_file() else None

    found = list(mentions(git, plan, read, {"migrate.toml"}))
    assert {finding.code for finding in found} <= {"text-mention"}
    return [(f.phase, f.path, f.line, f.column, f.subject, f.message.partition(";")[0]) for f in found]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        pytest.param("app.py", "import shop.cart\n", id="Python"),
        pytest.param("app.pyi", "import shop.cart\n", id="stub"),
        pytest.param("migrate.toml", "shop.cart\n", id="the plan itself"),
        pytest.param("vendor/a.md", "shop.cart\n", id="excluded"),
        pytest.param("a.md", "myshop.cart shop.carts x.shop.cart shop_cart cart\n", id="other words"),
        pytest.param("a.md", "prices prices.py\n", id="a word alone"),
        pytest.param("a.bin", b"\0shop.cart\n", id="no text"),
    ],
)
def test_nothing(path: str, content: str | bytes, make_repository: MakeRepository) -> None:
    assert mentioned(make_repository, {path: content}) == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("a\n see shop.cart.\n", (1, "a.md", 2, 5, "shop.cart", "mentions shop.cart once"), id="dotted"),
        pytest.param("shop/cart.py\n", (1, "a.md", 1, 0, "shop.cart", "mentions shop.cart once"), id="file"),
        pytest.param("(shop/cart/inner)\n", (2, "a.md", 1, 1, "shop.cart.inner", "mentions shop.cart.inner once"), id="inner"),
        pytest.param(
            "shop.cart:A, shop.cart.A\r\nshop.cart\r\n",
            (1, "a.md", 1, 0, "shop.cart", "mentions shop.cart 3 times, here first"), id="several",
        ),
        pytest.param(b"\xff shop.tax\n", (3, "a.md", 1, 2, "shop.tax", "mentions shop.tax once"), id="not UTF-8"),
    ],
)  # fmt: skip
def test_told(content: str | bytes, expected: tuple[object, ...], make_repository: MakeRepository) -> None:
    assert mentioned(make_repository, {"a.md": content})[0] == expected


def test_a_longer_name_is_not_a_shorter_one_too(make_repository: MakeRepository) -> None:
    found = mentioned(make_repository, {"a.yml": "shop.cart.inner\n", ".github/b.yml": "shop.cart\n"})
    assert [(f[0], f[1]) for f in found] == [(1, ".github/b.yml"), (2, "a.yml")]


def test_no_old_modules(make_repository: MakeRepository) -> None:
    assert mentioned(make_repository, {"a.md": "shop.cart\n"}, make_plan({"phase5": {}})) == []


def test_source_roots(make_repository: MakeRepository) -> None:
    plan = make_plan({"phase1": {"redirect": [{"module": "shop.cart", "docstring": "D.", "exports": ["shop.new:A"]}]}},
                     source_roots=["src"])  # fmt: skip
    found = mentioned(make_repository, {"a.md": "src/shop/cart.py and shop/cart.py\n"}, plan)
    assert [f[5] for f in found] == ["mentions shop.cart once"]
