"""What a report costs: making it, its size, and opening it in Chromium.

    python -m benchmarks.report_page [--files 400] [--runs 5] [--file REPORT.html]

Without `--file` a repository is made in which a migration changes so many files, of some 300 lines each, and its report
is measured. Times of the browser are from the navigation's start, medians of some fresh contexts without a network;
without playwright (`pip install -e '.[browser]'`) or Chromium on PATH they are left out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

HOME = Path(__file__).parents[1]
PLAN = """\
[plan]
name = "many"
budget_minutes = 60
[phase3]
minutes = 30
[[phase3.move]]
old = "shop.cart:Cart"
new = "shop.basket:Basket"
[phase4]
minutes = 20
[[phase4.call]]
callee = "shop.basket:Basket"
rename = { metadata = "context" }
"""
_TIMES = """
() => {
  const [page] = performance.getEntriesByType("navigation");
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return [page.domContentLoadedEventEnd, page.loadEventEnd, paint ? paint.startTime : 0];
}
"""


def make_repository(root: Path, files: int) -> None:
    """A repository whose `files` modules each import what moves, and call it with a keyword that is renamed."""
    (root / "shop").mkdir(parents=True)
    (root / "migrate.toml").write_text(PLAN, "utf-8")
    for name in ("__init__", "cart", "basket"):
        text = "class Basket:\n    def __init__(self, owner, context=None): ...\n" if name == "basket" else ""
        (root / f"shop/{name}.py").write_text(
            text or "from shop.basket import Basket as Cart\n" * (name == "cart"), "utf-8"
        )
    body = "".join(
        f'\n\ndef page_{n}(visitor):\n    """Page {n}."""\n    return [visitor, {n}, "{n}"]\n' for n in range(50)
    )
    for number in range(files):
        folder = root / f"app/part_{number % 40}"
        folder.mkdir(parents=True, exist_ok=True)
        text = f"from shop.cart import Cart\n{body}\n\ndef basket():\n    return Cart({number}, metadata={{}})\n"
        (folder / f"module_{number}.py").write_text(text, "utf-8")
    for command in (
        ["init", "--quiet"],
        ["add", "--all"],
        ["-c", "user.name=b", "-c", "user.email=b@example.org", "commit", "--quiet", "--message", "x"],
    ):
        subprocess.run(["git", *command], cwd=root, check=True)


def migrate(root: Path, *args: str) -> float:
    """Seconds of wall time of one command."""
    started = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    command = [sys.executable, "-m", "migrate", *args, "--quiet"]
    subprocess.run(command, cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def open_times(file: Path, runs: int) -> list[tuple[float, ...]]:
    """For each run the seconds until the content is there, until all is loaded, and until something is painted."""
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for _ in range(runs):
            page = browser.new_context(offline=True, viewport={"width": 1280, "height": 900}).new_page()
            page.goto(file.as_uri())
            page.wait_for_timeout(500)
            found.append(tuple(each / 1000 for each in page.evaluate(_TIMES)))
            page.context.close()
        browser.close()
    return found


def told(file: Path, runs: int) -> Iterator[str]:
    """What there is to say of one page."""
    content = file.read_bytes()
    yield f"size {len(content) / 1e6:.2f} MB, {content.count(b'<')} tags"
    if find_spec("playwright") is None or shutil.which("chromium") is None:
        yield "not opened: playwright or chromium is missing"
        return
    times = [statistics.median(each) for each in zip(*open_times(file, runs), strict=True)]
    for what, seconds in zip(("DOM content loaded", "load", "first contentful paint"), times, strict=True):
        yield f"{what} {seconds:.2f} s"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--file", type=Path)
    given = parser.parse_args(arguments)
    if given.file is not None:
        print(*told(given.file.absolute(), given.runs), sep="\n")
        return 0
    with tempfile.TemporaryDirectory(prefix="report-page-") as folder:
        root, page = Path(folder) / "tree", Path(folder) / "report.html"
        make_repository(root, given.files)
        migrate(root, "run", "--yes")
        check = statistics.median(migrate(root, "check") for _ in range(given.runs))
        report = statistics.median(migrate(root, "report", str(page)) for _ in range(given.runs))
        print(f"{given.files} files: check {check:.2f} s, report {report:.2f} s, {report / check:.2f} times as long")
        print(*told(page, given.runs), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
