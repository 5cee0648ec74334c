"""guarding/ruff_config.py: what ruff itself makes of the configuration."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from guarded import MODULES, make_plan

from migrate.guarding.ruff_config import ruff_config
from migrate.plan import Plan

_BANNED = ("tool", "ruff", "lint", "flake8-tidy-imports", "banned-api")


def banned(plan: Plan, *, strict: bool = False) -> dict[str, str]:
    """Module or object to message, once the text is known to be TOML."""
    found: Any = tomllib.loads(ruff_config(plan, strict=strict))
    for key in _BANNED:
        found = found[key]
    assert all(set(entry) == {"msg"} for entry in found.values())
    return {name: entry["msg"] for name, entry in found.items()}


def left(plan: Plan, *, strict: bool = False) -> list[str]:
    """What the comments at the end say that ruff does not see."""
    _, _, rest = ruff_config(plan, strict=strict).partition("# Only `migrate guard` sees:\n")
    lines = rest.splitlines()
    assert all(line.startswith("# - ") for line in lines)
    return [line.removeprefix("# - ") for line in lines]


def ruff(root: Path, plan: Plan, *, strict: bool = False) -> list[tuple[str, int, str]]:
    """File, line and message of all that ruff finds with the configuration."""
    (root / "pyproject.toml").write_text(ruff_config(plan, strict=strict), "utf-8")
    program = Path(sys.executable).with_name("ruff")
    command = (program, "check", "--no-cache", "--select", "TID251", "--output-format", "json", ".")
    done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)
    return [(Path(f["filename"]).relative_to(root).as_posix(), f["location"]["row"], f["message"]) for f in found]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path.resolve()
    for path, content in MODULES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    return root


def test_the_redirects_and_the_new_homes_are_no_finding(root: Path) -> None:
    assert ruff(root, make_plan(), strict=True) == []


@pytest.mark.parametrize(
    "line",
    [
        "from shop.basket import Basket",
        "from shop.pay import checkout as cart",
        "import shop.pricing.prices",
        "from shop.pricing import prices",
        "import shop",
        "from shop import cart",
        "import shop.cart",
        "from shop.cart import checkout",
        "from shop.cart import Cart  # noqa: TID251",
    ],
)
def test_noop(line: str, root: Path) -> None:
    (root / "page.py").write_text(f"{line}\n")
    assert ruff(root, make_plan()) == []


@pytest.mark.parametrize(
    ("path", "line", "banned"),
    [
        ("page.py", "from shop.cart import Cart", "shop.cart.Cart"),
        ("page.py", "from shop.cart import Cart as Basket, checkout", "shop.cart.Cart"),
        ("page.py", "import shop.cart; shop.cart.Cart()", "shop.cart.Cart"),
        ("page.py", "from shop import cart; cart.Cart()", "shop.cart.Cart"),
        ("shop/page.py", "from .cart import Cart", "shop.cart.Cart"),
        ("page.py", "import shop.till", "shop.till"),
        ("page.py", "from shop.till import Till", "shop.till"),
        ("page.py", "import shop.prices", "shop.prices"),
        ("page.py", "import shop.prices as p", "shop.prices"),
        ("page.py", "from shop import prices", "shop.prices"),
        ("page.py", "from shop.prices import net", "shop.prices"),
        ("shop/page.py", "from . import prices", "shop.prices"),
    ],
)
def test_old_paths_are_found(path: str, line: str, banned: str, root: Path) -> None:
    (root / path).write_text(f"x = 1\n{line}\n")
    message = {
        "shop.cart.Cart": "moved to shop.basket:Basket",
        "shop.prices": "moved to shop.pricing.prices",
        "shop.till": "only a redirect; import from shop.pay",
    }[banned]
    assert ruff(root, make_plan()) == [(path, 2, f"`{banned}` is banned: {message}")]


def test_with_strict_what_redirects_pass_on_is_found(root: Path) -> None:
    (root / "page.py").write_text("from shop.cart import checkout\nfrom shop.till import Till\n")
    assert [line for _, line, _ in ruff(root, make_plan())] == [2]
    strict = ruff(root, make_plan(), strict=True)
    assert [(line, message.partition("`")[2].partition("`")[0]) for _, line, message in strict] == [
        (1, "shop.cart"),
        (2, "shop.till"),
    ]


INSIDE = {
    "move": [{"old": "shop.prices", "new": "shop.prices.core"}, {"old": "shop.cart:Cart", "new": "shop.cart.core:Cart"}]
}


def test_a_home_within_the_old_module_is_not_forbidden(root: Path) -> None:
    """What ruff bans it bans with everything inside."""
    redirect = {"module": "shop.till", "docstring": "Old.", "exports": ["shop.till.core:Till", "shop.pay:EUR as EURO"]}
    plan = make_plan(phase1={"redirect": [redirect]}, phase3=INSIDE)
    assert banned(plan) == {
        "shop.cart.Cart": "moved to shop.cart.core:Cart",
        "shop.till.Till": "moved to shop.till.core:Till",
        "shop.till.EURO": "moved to shop.pay:EUR",
    }
    assert left(plan)[:2] == [
        "shop.prices: to forbid it would forbid shop.prices.core, which is inside of it, too",
        "shop.till: to forbid it would forbid shop.till.core, which is inside of it, too",
    ]
    (root / "page.py").write_text(
        "import shop.prices.core, shop.cart.core, shop.till.core\nfrom shop.till import Till\n"
    )
    assert [line for _, line, _ in ruff(root, plan, strict=True)] == [2]


def test_a_module_and_an_object_of_one_dotted_name_are_one_entry() -> None:
    redirect = {"module": "shop.cart.Cart", "docstring": "Old.", "exports": ["shop.basket:Basket"]}
    assert banned(make_plan(phase1={"redirect": [redirect]}))["shop.cart.Cart"] == "moved to shop.basket:Basket"


def test_the_comments_name_what_has_no_equivalent() -> None:
    call = {
        "callee": "shop.basket:Basket",
        "rename": {"metadata": "context"},
        "remove": ["legacy"],
        "keyword_only": ["context"],
        "attributes": {"metadata": "context"},
    }
    plan = make_plan(plan={"name": "basket", "source_roots": ["src"]}, phase4={"call": [call]})
    assert left(plan) == [
        "names that other modules pass on, and aliases: `x = old.module`, then `x.Name`",
        "star imports: `from shop.cart import *`",
        'old paths in strings: `patch("old.module.Name")`',
        "keywords in calls of shop.basket:Basket: metadata, legacy",
        "arguments of shop.basket:Basket that are passed by position: context",
        "attributes of instances of shop.basket:Basket: metadata",
        'for relative imports, ruff has to know the source roots, too: [tool.ruff] src = ["src"]',
    ]


def test_a_plan_of_calls_alone_bans_nothing(root: Path) -> None:
    plan = make_plan(phase1=None, phase3=None)
    assert banned(plan) == {}
    assert left(plan) == ["keywords in calls of shop.basket:Basket: metadata"]
    assert ruff(root, plan) == []


def test_the_way_out_of_the_plan_is_named_in_words_of_ruff() -> None:
    assert "# Instead of `# migrate: keep`, ruff knows `# noqa: TID251`.\n" in ruff_config(make_plan(), strict=False)
    assert "exclude" not in ruff_config(make_plan(), strict=False)
    plan = make_plan(plan={"name": "basket", "exclude": ["old/**", "x\u202e.py"]})
    line = "# Files that the plan excludes go under [tool.ruff.lint.per-file-ignores]: old/**, x\\u202e.py\n"
    assert line in ruff_config(plan, strict=False)
    assert banned(plan) == banned(make_plan())
