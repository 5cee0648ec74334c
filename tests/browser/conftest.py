"""Fixtures: reports as files, opened in Chromium without a network. `make browser` runs these tests, `make test` does not.

Playwright drives the browser of the system: its own is nothing to download here.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS / "commands"), str(TESTS / "reporting")]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# What a script of the tree would do to be noticed.
_WATCH = """
window.noticed = [];
for (const name of ["alert", "confirm", "prompt", "open"]) window[name] = (text) => window.noticed.push(`${name} ${text}`);
"""


@dataclass
class Opened:
    """A page in the browser.

    Attributes:
        said: what the console and uncaught errors had to say. asked: addresses besides that of the file.
    """

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def check_quiet(self) -> None:
        """Nothing was complained of, nothing was asked for, no script of the tree has run."""
        assert self.said == []
        assert self.asked == []
        assert self.page.evaluate("window.noticed") == []


Open = Callable[..., Any]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found is not None, f"none of {', '.join(BROWSERS)} is on PATH"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def open_file(browser: Browser) -> Open:
    """Open a file: `with open_file(path, "#hash", width=390, dark=True, scripts=False, **of the context) as opened`."""

    @contextmanager
    def opened(
        file: Path,
        hash: str = "",
        *,
        width: int = 1280,
        dark: bool = False,
        scripts: bool = True,
        before: str = "",
        **more: Any,
    ) -> Iterator[Opened]:
        context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": 844 if width < 600 else 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            offline=True,
            reduced_motion="reduce",
            **more,
        )
        try:
            page = context.new_page()
            page.set_default_timeout(10_000)
            if scripts:
                page.add_init_script(_WATCH + before)
            found = Opened(page)
            page.on("console", lambda message: found.said.append(message.text))
            page.on("pageerror", lambda error: found.said.append(str(error)))
            page.on("dialog", lambda dialog: (found.said.append(f"dialog {dialog.message}"), dialog.dismiss()))
            page.on(
                "request", lambda request: found.asked.append(request.url) if request.url != file.as_uri() else None
            )
            page.goto(file.as_uri() + hash)
            yield found
        finally:
            context.close()

    return opened


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="session")
def shop(folder: Path) -> Path:
    """The report of some folders of files with findings, failed checks and phases that are still to come."""
    from shop_report import shop_report

    from migrate.reporting.page import html_page

    file = folder / "shop.html"
    file.write_bytes(html_page(shop_report()))
    return file
