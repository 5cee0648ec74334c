"""A report with some of everything: folders of files, findings of several codes, checks, phases still to come."""

from __future__ import annotations

from report_values import changed, finding, report, result, run

from migrate.reporting.data import CheckLine, FileState, PhaseLeft, PlannedFile, ReportData, RollbackOption, SiteCount
from migrate.reporting.file_diffs import diff
from migrate.validation.results import Before, FailedTest, Touched

BEFORE = b'''"""A page of the shop."""

from shop.cart import Cart, checkout  # what the visitor has picked


class Page:
    title = "Cart"

    @property
    def total(self) -> float:
        return sum(item.price for item in self.cart) * 1.19


def page(visitor):
    cart = Cart(visitor, metadata={"by": "page"})
    return checkout(cart)
'''
AFTER = BEFORE.replace(
    b"from shop.cart import Cart, checkout", b"from shop.basket import Basket as Cart\nfrom shop.pay import checkout"
)
AFTER = AFTER.replace(b"metadata={", b"context={")


def shop_report(files: int = 30) -> ReportData:
    """Args: files: how many are changed."""
    paths = [f"{('app', 'app/pages', 'tests/unit', 'tests/unit/pages')[n % 4]}/page_{n:03}.py" for n in range(files)]
    states = {1: FileState.EDITED, 2: FileState.GONE, 3: FileState.AS_BEFORE}
    touched = [changed(path, BEFORE, AFTER, states.get(n, FileState.AS_LEFT)) for n, path in enumerate(paths)]
    touched += [
        changed(
            "shop/cart.py",
            b"class Cart:\n" + b"    x = 1\n" * 1800,
            b'"""A redirect."""\nfrom shop.basket import Basket as Cart\n',
        ),
        changed("shop/gone.py", state=FileState.UNREADABLE, why="it is a symbolic link now"),
        changed("shop/long.py", b"x = '" + b"a" * 90_000 + b"'\n", b"y = '" + b"a" * 90_000 + b"'\n"),
    ]
    findings = [finding("star-import", path, "name them, then run phase3 again", line=3) for path in paths[:9]]
    findings += [
        finding("keyword-conflict", path, f"decide which one stays in {path}", severity="error") for path in paths[:4]
    ]
    findings += [finding("invalid-call", paths[5], "mend the call", run=2, remark="on record of run 2", phase=4)]
    failed = result(
        passed=False, before=Before(True, "", 2.0), failed_tests=(FailedTest("tests.test_page", "assert 1 == 2", paths[0], 3, True),),
        touched=(Touched(paths[0], 3, 3, 1),),
    )  # fmt: skip
    return report(
        touched,
        findings,
        [run(1, 3, files=files), run(2, 4), run(3, 5, "failed")],
        [
            CheckLine("suite", "All tests pass", "python -m pytest", "the suite that the plan is for", failed),
            CheckLine("lint", "No warnings", "ruff check .", "", result("lint", passed=False, required=False)),
            CheckLine("types", "Types fit", "mypy", "", result("types")),
            CheckLine("docs", "Documents build", "make html", "", None),
        ],
        [PhaseLeft(4, "Rename the keyword", 2, (PlannedFile("app/left.py", 1, diff(BEFORE, AFTER)), PlannedFile("top.py", 1, diff(b"a\n", b"b\n"))))],
        [RollbackOption("migrate rollback", (), "2 of 3 files edited since"), RollbackOption("migrate rollback --all", (run(2, 4), run(1, 3)))],
        notes=("priority app/gone.py: not in the tree",),
        settled={"star-import": 3},
        sites=(SiteCount("import", 40, 2), SiteCount("rename-keyword", 30, 0)),
    )  # fmt: skip
