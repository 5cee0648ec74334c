"""Build a small sample repository to migrate: `python make_sample.py OUTDIR`.

An invented shop whose charge engine exists three times: a long deprecated module that no longer compiles, a
"consolidated" copy of it, and the new home. Its other files use the engine in every way that real code does. OUTDIR
becomes a git repository with a `migrate.toml`; the same commit ids every time. Needs git and nothing but the standard
library.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COUNTRIES = "at be bg ch cy cz de dk ee es fi fr gr hr hu ie is it li lt lu lv mt nl no pl pt ro se si sk"

PLAN = """\
# The migration of the shop's charge engine, in five phases.

[plan]
name = "charge-engine"
title = "One home for the charge engine"
budget_minutes = 20

[phase1]
title = "Turn the deprecated engine, which does not compile, into a redirect"
minutes = 3
[[phase1.redirect]]
module = "shop.billing.charge_engine"
docstring = "DEPRECATED: use UserChargeEngine; this module only passes names on."
exports = [
  "shop.billing.user_charge_engine:UserChargeEngine as ChargeEngine",
  "shop.billing.user_charge_engine:open_engine",
  "shop.billing.payment_context:PaymentContext",
]

[phase2]
title = "Turn the consolidated copy into a redirect"
minutes = 2
[[phase2.redirect]]
module = "shop.charge_engine_consolidated"
docstring = "DEPRECATED: use UserChargeEngine; this module only passes names on."
exports = ["shop.billing.user_charge_engine:UserChargeEngine as ChargeEngine"]

[phase3]
title = "Import the engine from its one home"
minutes = 6
priority = ["tests/test_engine_migration.py"]
[[phase3.move]]
old = "shop.billing.charge_engine:ChargeEngine"
new = "shop.billing.user_charge_engine:UserChargeEngine"
[[phase3.move]]
old = "shop.billing.charge_engine:open_engine"
new = "shop.billing.user_charge_engine:open_engine"
[[phase3.move]]
old = "shop.charge_engine_consolidated:ChargeEngine"
new = "shop.billing.user_charge_engine:UserChargeEngine"

[phase4]
title = "PaymentContext no longer takes metadata"
minutes = 5
[[phase4.call]]
callee = "shop.billing.payment_context:PaymentContext"
rename = { metadata = "order_context" }
add = { audit = "{}" }

[phase5]
title = "Validate"
minutes = 4
[[phase5.check]]
name = "redirects"
criterion = "No syntax errors in deprecated files"
compiles = true
imports = true
[[phase5.check]]
name = "engine migration suite"
criterion = "All tests of the migration pass (8/8)"
run = ["python", "-m", "pytest", "tests/test_engine_migration.py", "-v"]
tests = { passed = 8, failed = 0 }
[[phase5.check]]
name = "architecture compliance"
criterion = "Architecture compliance > 90 %"
run = ["python", "scripts/check_compliance.py"]
percent = { pattern = "Compliance: ([0-9.]+)%", above = 90 }
"""

FILES = {
    ".gitignore": "__pycache__/\n.pytest_cache/\n",
    # Windows line ends stay as they are, whatever the user's git says.
    ".gitattributes": "* -text\n",
    "README.md": "# shop\n\nAn invented shop, to try a migration on.\n",
    "shop/__init__.py": '"""An invented shop."""\n',
    "shop/billing/__init__.py": '"""Money."""\n',
    "shop/billing/payment_context.py": '''\
"""Who pays for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PaymentContext:
    """One customer's payment; `metadata` is gone, `order_context` and `audit` took its place."""

    user_id: str
    cart_id: str
    order_context: Mapping[str, object] = field(default_factory=dict)
    audit: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def from_request(cls, request: Mapping[str, str], metadata: Mapping[str, object] | None = None) -> PaymentContext:
        """The factory still takes `metadata`."""
        return cls(request["user"], request["cart"], order_context=dict(metadata or {}), audit={"source": "request"})
''',
    "shop/billing/retry.py": '''\
"""When to try again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RetryPolicy:
    attempts: int = 3
''',
    "shop/billing/user_charge_engine.py": '''\
"""The one charge engine: one per customer, no shared state."""

from __future__ import annotations

from shop.billing.payment_context import PaymentContext
from shop.billing.retry import RetryPolicy


class UserChargeEngine:
    def __init__(self, context: PaymentContext, retry: RetryPolicy | None = None) -> None:
        self.context = context
        self.retry = retry or RetryPolicy()

    def charge(self, cents: int) -> dict[str, object]:
        return {"user": self.context.user_id, "cents": cents, **self.context.order_context}


def open_engine(context: PaymentContext) -> UserChargeEngine:
    return UserChargeEngine(context)
''',
    "shop/billing/ledger.py": '''\
"""Relative import."""

from .charge_engine import ChargeEngine
from .payment_context import PaymentContext


def book(user: str, cents: int) -> dict[str, object]:
    return ChargeEngine(PaymentContext(user, "ledger")).charge(cents)
''',
    "shop/checkout.py": '''\
"""Plain import; one-line call."""

from shop.billing.charge_engine import ChargeEngine
from shop.billing.payment_context import PaymentContext


def check_out(user: str, cart: str, cents: int) -> dict[str, object]:
    context = PaymentContext(user, cart, metadata={"channel": "web"})
    return ChargeEngine(context).charge(cents)
''',
    "shop/refunds.py": '''\
"""Import with an alias; a string and a comment with the old path, which are not imports and stay."""

from shop.billing.charge_engine import ChargeEngine as Engine
from shop.billing.payment_context import PaymentContext as Context

# Once this was: from shop.billing.charge_engine import refund_everything
HELP = "Refunds went through shop.billing.charge_engine until last year."


def refund(user: str, cart: str, cents: int) -> dict[str, object]:
    return Engine(Context(user, cart, metadata={"refund": True})).charge(-cents)
''',
    "shop/orders.py": '''\
"""One statement for names that move and names that stay; a call over several lines, with comments."""

from shop.billing.charge_engine import (
    ChargeEngine,  # the engine itself
    PaymentContext,
    RetryPolicy,  # has its own home, not part of this migration
    open_engine,
)


def place(user: str, cart: str, cents: int, *, patient: bool = False) -> dict[str, object]:
    context = PaymentContext(
        user,
        cart,
        metadata={  # shown on the invoice
            "channel": "orders",
            "note": "thank you",
        },  # trailing comma above and here
    )
    if patient:
        return ChargeEngine(context, RetryPolicy(attempts=9)).charge(cents)
    return open_engine(context).charge(cents)
''',
    "shop/subscriptions.py": '''\
"""Imports inside functions."""


def renew(user: str, cents: int) -> dict[str, object]:
    from shop.billing.charge_engine import ChargeEngine
    from shop.billing.payment_context import PaymentContext

    return ChargeEngine(PaymentContext(user, "renewal", metadata={"renewal": 1})).charge(cents)


def cancel(user: str) -> dict[str, object]:
    from shop.billing.charge_engine import open_engine; from shop.billing.payment_context import PaymentContext
    return open_engine(PaymentContext(user, "renewal")).charge(0)
''',
    "shop/compat.py": '''\
"""Import that may fail."""

try:
    from shop.billing.charge_engine import ChargeEngine
except ImportError:  # an installation without billing
    ChargeEngine = None


def can_charge() -> bool:
    return ChargeEngine is not None
''',
    "shop/receipts.py": '''\
"""Import for type checkers only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shop.billing.charge_engine import ChargeEngine


def receipt(engine: ChargeEngine, cents: int) -> str:
    return f"{engine.context.user_id}: {cents / 100:.2f}"
''',
    "shop/legacy_reports.py": '''\
"""Star import: what it brings in cannot be known from here, so a person decides."""

from shop.billing.charge_engine import *


def is_reportable(engine: object) -> bool:
    return isinstance(engine, ChargeEngine)
''',
    "shop/admin.py": '''\
"""Import of the module itself; the redirect keeps it working."""

import shop.billing.charge_engine


def engine_name() -> str:
    return shop.billing.charge_engine.ChargeEngine.__name__
''',
    "shop/audit.py": '''\
"""Says where money moved.

Nothing here imports the engine. Example:

    from shop.billing.charge_engine import ChargeEngine
"""

# REMOVED: from shop.billing.charge_engine import ChargeEngine


def line(user: str, cents: int) -> str:
    return f"{user} {cents}"
''',
    # Written with Windows line ends, see below.
    "shop/pos.py": '''\
"""Windows line ends."""

from shop.billing.charge_engine import ChargeEngine, open_engine
from shop.billing.payment_context import PaymentContext


def sell(user: str, cents: int) -> dict[str, object]:
    context = PaymentContext(
        user,
        "till",
        metadata={"till": 7},
    )
    assert isinstance(open_engine(context), ChargeEngine)
    return ChargeEngine(context).charge(cents)
''',
    # Written in Latin-1, see below.
    "shop/caissier.py": '''\
# -*- coding: latin-1 -*-
"""Latin-1, with a coding cookie; accents before the edits on the same line."""

from shop.billing.charge_engine import ChargeEngine
from shop.billing.payment_context import PaymentContext


def encaisser(cents: int) -> dict[str, object]:
    été = PaymentContext("Zoë", "café", metadata={"goût": "crème brûlée"})
    return ChargeEngine(été).charge(cents)
''',
    # Written without a final newline, see below.
    "shop/gift_cards.py": '''\
"""No newline at the end of the file."""

from shop.billing.payment_context import PaymentContext


def redeem(user: str, cents: int) -> dict[str, object]:
    context = PaymentContext(user, "gift", metadata={"gift": True})
    from shop.billing.charge_engine import ChargeEngine; return ChargeEngine(context).charge(cents)
''',
    "shop/bulk.py": '''\
"""The consolidated copy; a call inside a call."""

from shop.billing.payment_context import PaymentContext
from shop.charge_engine_consolidated import ChargeEngine


def charge_for(payer: str, receiver: str, cents: int) -> dict[str, object]:
    context = PaymentContext(
        payer,
        "bulk",
        metadata={"for": PaymentContext(receiver, "bulk", metadata={"paid_by": payer})},
    )
    return ChargeEngine(context).charge(cents)
''',
    "shop/vouchers.py": '''\
"""A call with the old and the new keyword: renaming the old one would give the new one twice."""

from shop.billing.payment_context import PaymentContext


def voucher_context(user: str, code: str) -> PaymentContext:
    return PaymentContext(
        user,
        "voucher",
        metadata={"code": code},
        order_context={"kind": "voucher"},
    )
''',
    "shop/gateway.py": '''\
"""A call that passes on what it was given: its keywords cannot be seen from here."""

from shop.billing.payment_context import PaymentContext


def context_of(user: str, cart: str, **options: object) -> PaymentContext:
    return PaymentContext(user, cart, **options)
''',
    "shop/api.py": '''\
"""Passes the engine on to the rest of the shop."""

from shop.billing.charge_engine import ChargeEngine
from shop.billing.payment_context import PaymentContext

__all__ = ["ChargeEngine", "PaymentContext"]
''',
    "shop/web.py": '''\
"""Imports through `shop.api`; the factory, which keeps its keyword."""

from shop.api import ChargeEngine, PaymentContext


def handle(request: dict[str, str], cents: int) -> dict[str, object]:
    context = PaymentContext.from_request(request, metadata={"channel": "http"})
    return ChargeEngine(context).charge(cents)


def probe() -> PaymentContext:
    return PaymentContext("probe", "none", metadata={"channel": "probe"})
''',
    "shop/shipping.py": '''\
"""Newer syntax around the edits."""

from shop.billing.charge_engine import ChargeEngine
from shop.billing.payment_context import PaymentContext


def ship(user: str, parcel: dict[str, int], /) -> dict[str, object] | None:
    match parcel:
        case {"grams": grams} if (cents := grams // 2) > 0:
            return ChargeEngine(PaymentContext(user, "parcel", metadata={"grams": grams})).charge(cents)
        case _:
            return None
''',
    "shop/plugin_api.py": '''\
"""Plugins find the engine under its old path; this line is meant to stay."""

from shop.billing.charge_engine import ChargeEngine  # migrate: keep

__all__ = ["ChargeEngine"]
''',
    "tests/test_engine_migration.py": '''\
"""What has to hold once the charge engine has one home."""

from unittest.mock import patch

from shop import bulk, caissier, checkout, compat, gift_cards, orders, pos, refunds, shipping, subscriptions, web
from shop.billing.charge_engine import ChargeEngine, open_engine
from shop.billing.payment_context import PaymentContext


def test_old_paths_lead_to_the_one_engine():
    from shop.billing.charge_engine import ChargeEngine as deprecated  # migrate: keep
    from shop.charge_engine_consolidated import ChargeEngine as consolidated  # migrate: keep

    assert deprecated is consolidated is ChargeEngine


def test_engine_charges_its_customer():
    context = PaymentContext(user_id="ada", cart_id="cart-1", metadata={"channel": "web"})
    assert ChargeEngine(context).charge(1250) == {"user": "ada", "cents": 1250, "channel": "web"}


def test_two_customers_share_nothing():
    one = open_engine(PaymentContext("ada", "cart-1", metadata={"channel": "web"}))
    two = open_engine(PaymentContext("bob", "cart-2", metadata={"channel": "app"}))
    assert (one.charge(1)["channel"], two.charge(1)["channel"]) == ("web", "app")


def test_every_way_to_pay():
    assert checkout.check_out("ada", "cart-1", 100)["channel"] == "web"
    assert refunds.refund("ada", "cart-1", 100) == {"user": "ada", "cents": -100, "refund": True}
    assert orders.place("ada", "cart-1", 100) == orders.place("ada", "cart-1", 100, patient=True)
    assert pos.sell("ada", 100)["till"] == 7
    assert gift_cards.redeem("ada", 100)["gift"] is True
    assert shipping.ship("ada", {"grams": 900}) == {"user": "ada", "cents": 450, "grams": 900}


def test_subscriptions_renew_and_end():
    assert subscriptions.renew("ada", 500)["renewal"] == 1
    assert subscriptions.cancel("ada")["cents"] == 0
    assert compat.can_charge()


def test_accents_survive():
    assert caissier.encaisser(300) == {"user": "Zoë", "cents": 300, "goût": "crème brûlée"}


def test_payment_for_somebody_else():
    paid_for = bulk.charge_for("ada", "bob", 100)["for"]
    assert paid_for == PaymentContext("bob", "bulk", metadata={"paid_by": "ada"})


def test_patched_engine_is_the_one_that_runs():
    with patch("shop.billing.charge_engine.ChargeEngine.charge", return_value={"cents": 0}):
        assert web.handle({"user": "ada", "cart": "cart-1"}, 100) == {"cents": 0}
    assert web.probe().order_context == {"channel": "probe"}
''',
    "tests/test_fakes.py": '''\
"""A class of the same name, with a keyword of the same name, that has nothing to do with it."""


class PaymentContext:
    def __init__(self, user_id, metadata=None):
        self.metadata = metadata


def test_fake():
    assert PaymentContext("ada", metadata={"fake": True}).metadata == {"fake": True}
''',
    "scripts/check_compliance.py": '''\
"""Hold each module of the shop against three rules; exit 1 when there are findings."""

import ast
import sys
from pathlib import Path

DEPRECATED = ("charge_engine", "charge_engine_consolidated")
MAY_IMPORT_THEM = [Path("shop/plugin_api.py")]  # the old path is promised to plugins
LONGEST = 200


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield (node.module or "").rpartition(".")[2]
        elif isinstance(node, ast.Import):
            yield from (alias.name.rpartition(".")[2] for alias in node.names)


def findings(path):
    source = path.read_bytes()
    if source.count(b"\\n") > LONGEST:
        yield f"longer than {LONGEST} lines"
    try:
        compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        yield f"does not compile: {error.msg}, line {error.lineno}"
    else:
        if path not in MAY_IMPORT_THEM and not set(DEPRECATED).isdisjoint(imported(ast.parse(source))):
            yield "imports a deprecated engine"


modules = sorted(path for path in Path("shop").rglob("*.py") if path.name != "__init__.py")
found = [f"{path}: {finding}" for path in modules for finding in findings(path)]
print(*found, sep="\\n")
print(f"Compliance: {100 - 100 * len(found) / (3 * len(modules)):.1f}%")
sys.exit(1 if found else 0)
''',
}


def deprecated_engine() -> str:
    """A long class with one method too few marked async: the file does not compile."""
    head = '''\
"""The shop's first charge engine: one instance for everybody, one method per country."""

import asyncio

from shop.billing.payment_context import PaymentContext
from shop.billing.retry import RetryPolicy


class ChargeEngine:
    _charges = []  # shared by all customers, which was the trouble

    def __init__(self, context=None, retry=None):
        self.context = context or PaymentContext("nobody", "none", metadata={"default": True})
        self.retry = retry or RetryPolicy()
        self.lock = asyncio.Lock()
'''
    broken = """\

    def charge_together(self, cents):
        async with self.lock:
            return self.charge(cents)
"""
    methods = [_country_method(country, number) for number, country in enumerate(COUNTRIES.split())]
    middle = len(methods) // 2
    return head + "".join(methods[:middle]) + broken + "".join(methods[middle:]) + _open_engine()


def consolidated_engine() -> str:
    """The copy that was to replace the first one; it compiles."""
    head = '''\
"""A second charge engine, copied from the first to bring the countries together."""

from shop.billing.payment_context import PaymentContext


class ChargeEngine:
    _charges = []

    def __init__(self, context=None):
        self.context = context or PaymentContext("nobody", "none", metadata={"default": True})
'''
    return (
        head
        + "".join(_country_method(country, number) for number, country in enumerate(COUNTRIES.split()))
        + _open_engine()
    )


def _country_method(country: str, number: int) -> str:
    return f'''\

    def charge_in_{country}(self, cents):
        """Charge a customer in {country.upper()}."""
        vat = cents * {15 + number % 12} // 100
        if cents < {100 + number}:
            raise ValueError("too little to charge")
        self._charges.append(("{country}", cents, vat))
        return {{"user": self.context.user_id, "cents": cents + vat}}
'''


def _open_engine() -> str:
    return """\


def open_engine(context):
    return ChargeEngine(context)
"""


def contents() -> dict[str, bytes]:
    """Every file of the sample but the plan, by path."""
    files = {path: text.encode() for path, text in FILES.items()}
    files["shop/billing/charge_engine.py"] = deprecated_engine().encode()
    files["shop/charge_engine_consolidated.py"] = consolidated_engine().encode()
    files["shop/pos.py"] = files["shop/pos.py"].replace(b"\n", b"\r\n")
    files["shop/caissier.py"] = FILES["shop/caissier.py"].encode("latin-1")
    files["shop/gift_cards.py"] = files["shop/gift_cards.py"].removesuffix(b"\n")
    return files


def git(folder: Path, *arguments: str) -> None:
    """Run git with nothing of the user's configuration, at a fixed date."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")} | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_DATE": "2025-01-06T09:00:00+0000",
        "GIT_COMMITTER_DATE": "2025-01-06T09:00:00+0000",
    }
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, env=environment)


def make_sample(folder: Path) -> None:
    """Write the sample into `folder`, which must be missing or empty, and commit it."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    # The repository's own settings, so that commits here need nothing from the user's configuration.
    for key, value in {"user.name": "Shop", "user.email": "shop@example.org", "commit.gpgsign": "false"}.items():
        git(folder, "config", key, value)
    for path, content in contents().items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "The shop, with three charge engines")
    (folder / "migrate.toml").write_bytes(PLAN.encode())
    git(folder, "add", "migrate.toml")
    git(folder, "commit", "--quiet", "--message", "Plan the migration to one charge engine")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: make_sample.py OUTDIR", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        print(
            f"make_sample: {folder} is not an empty folder; name one that is empty or does not exist", file=sys.stderr
        )
        return 2
    make_sample(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
