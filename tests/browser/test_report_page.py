"""The report in a browser: folding, search, theme, links, print, hostile names; and what axe has to say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import Open
from playwright.sync_api import Page, expect
from report_values import full
from test_page import NASTY

from migrate.reporting.page import html_page

WIDTHS = pytest.mark.parametrize("width", [1280, 390])
THEMES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


def shown(page: Page, selector: str) -> int:
    """How many of the elements can be seen."""
    return sum(each.is_visible() for each in page.locator(selector).all())


def is_open(page: Page, name: str) -> bool:
    found: bool = page.evaluate("name => document.getElementById(name).open", name)
    return found


# It works, in every light and width


@WIDTHS
@THEMES
def test_it_opens_without_a_word_and_fits(shop: Path, open_file: Open, width: int, dark: bool) -> None:
    with open_file(shop, width=width, dark=dark) as opened:
        page = opened.page
        expect(page.locator("h1")).to_have_text("One basket")
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        wide = page.evaluate(
            "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 "
            "&& !e.closest('.vh, caption, thead')).map(e => e.outerHTML.slice(0, 200))"
        )
        assert wide == []
        opened.check_quiet()


@WIDTHS
@THEMES
def test_axe_finds_nothing(shop: Path, open_file: Open, width: int, dark: bool) -> None:
    with open_file(shop, width=width, dark=dark, bypass_csp=True) as opened:
        page = opened.page
        assert violations(page) == []
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        page.add_style_tag(content=".body { content-visibility: visible !important }")
        assert violations(page) == []


def violations(page: Page) -> list[str]:
    found = Axe().run(page)
    return [f"{each['id']}: {node['html'][:200]}" for each in found.response["violations"] for node in each["nodes"]]


# Folding


def test_folders_and_files_fold(shop: Path, open_file: Open) -> None:
    with open_file(shop) as opened:
        page = opened.page
        files = "#files details.file > summary"
        assert shown(page, files) == 0
        page.locator("#files summary", has_text="app/").first.click()
        page.locator("#files summary", has_text="page_000.py").click()
        table = page.get_by_role("table", name="app/page_000.py")
        expect(table).to_be_visible()
        expect(table.locator("ins").first).to_have_text("pay")
        page.locator("#files summary", has_text="page_000.py").click()
        expect(table).to_be_hidden()
        opened.check_quiet()


def test_all_at_once(shop: Path, open_file: Open) -> None:
    with open_file(shop) as opened:
        page = opened.page
        number = page.locator("#files details.file").count()
        page.locator("#files").get_by_role("button", name="Open all").click()
        assert page.locator("#files details.file[open]").count() == number
        assert page.locator("#findings details[open]").count() == 0
        page.locator("#files").get_by_role("button", name="Close all").click()
        assert page.locator("#files details[open]").count() == 0
        page.locator("#findings").get_by_role("button", name="Open all").click()
        assert page.locator("#findings details[open]").count() == 3
        opened.check_quiet()


def test_the_middle_of_a_long_run_opens(shop: Path, open_file: Open) -> None:
    with open_file(shop, "#file-shop/cart.py") as opened:
        fold = opened.page.locator("[id='file-shop/cart.py'] tr.k details")
        expect(fold.locator("pre")).to_be_hidden()
        fold.locator("summary").click()
        expect(fold.locator("pre")).to_be_visible()
        opened.check_quiet()


def test_with_the_keyboard_alone(shop: Path, open_file: Open) -> None:
    with open_file(shop) as opened:
        page = opened.page
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        expect(page.locator(".skip")).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
        summary = page.locator("#files summary", has_text="app/").first
        summary.focus()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.parentElement.open")
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        page.keyboard.press("Space")
        assert page.evaluate("document.activeElement.parentElement.open")
        opened.check_quiet()


# Search


def test_search(shop: Path, open_file: Open) -> None:
    with open_file(shop) as opened:
        page = opened.page
        page.locator("#files summary", has_text="app/").first.click()
        before = page.evaluate("[...document.querySelectorAll('details')].map(e => e.open)")
        page.keyboard.press("/")
        search = page.get_by_role("searchbox")
        expect(search).to_be_focused()
        expect(search).to_have_value("")
        page.keyboard.type("PAGE_00 unit")
        expect(page.get_by_role("status")).to_have_text("4 of 35 files, 6 of 14 findings")
        assert shown(page, "#files details.file > summary") == 4
        assert shown(page, "#findings li.q") == 6
        assert shown(page, "#findings > details") == 2
        page.keyboard.press("Escape")
        expect(page.get_by_role("status")).to_have_text("")
        assert page.evaluate("[...document.querySelectorAll('details')].map(e => e.open)") == before
        assert shown(page, "#findings > details") == 3
        opened.check_quiet()


@pytest.mark.parametrize(
    ("words", "told", "codes"),
    [
        pytest.param("star-import", "0 of 35 files, 9 of 14 findings", ["star-import"], id="a code"),
        pytest.param("decide which", "0 of 35 files, 4 of 14 findings", ["keyword-conflict"], id="a message"),
        pytest.param("cart.py", "1 of 35 files, 0 of 14 findings", [], id="a path"),
        pytest.param("edited since", "1 of 35 files, 0 of 14 findings", [], id="a state"),
        pytest.param("nowhere", "Nothing found", [], id="nothing"),
    ],
)
def test_what_is_searched(shop: Path, open_file: Open, words: str, told: str, codes: list[str]) -> None:
    with open_file(shop) as opened:
        opened.page.get_by_role("searchbox").fill(words)
        expect(opened.page.get_by_role("status")).to_have_text(told)
        seen = [each.inner_text() for each in opened.page.locator("#findings h3").all() if each.is_visible()]
        assert seen == codes
        opened.check_quiet()


def test_a_slash_in_the_search_is_a_slash(shop: Path, open_file: Open) -> None:
    with open_file(shop) as opened:
        search = opened.page.get_by_role("searchbox")
        search.fill("app")
        search.press("/")
        expect(search).to_have_value("app/")


# Theme


@THEMES
def test_the_theme_is_remembered_where_it_may_be(shop: Path, open_file: Open, dark: bool) -> None:
    with open_file(shop, dark=dark) as opened:
        page = opened.page
        colour = "getComputedStyle(document.body).backgroundColor"
        first = page.evaluate(colour)
        button = page.locator("#theme")
        expect(button).to_have_text("Light theme" if dark else "Dark theme")
        button.click()
        expect(button).to_have_text("Dark theme" if dark else "Light theme")
        second = page.evaluate(colour)
        assert second != first
        page.reload()
        assert page.evaluate(colour) == second
        button.click()
        assert page.evaluate(colour) == first
        assert page.evaluate("localStorage.length") == 0
        opened.check_quiet()


def test_the_theme_follows_the_system_until_it_is_chosen(shop: Path, open_file: Open) -> None:
    with open_file(shop) as opened:
        opened.page.emulate_media(color_scheme="dark")
        expect(opened.page.locator("#theme")).to_have_text("Light theme")


def test_the_theme_works_where_nothing_may_be_kept(shop: Path, open_file: Open) -> None:
    refuse = (
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    with open_file(shop, before=refuse) as opened:
        opened.page.locator("#theme").click()
        assert opened.page.evaluate("document.documentElement.dataset.theme") == "dark"
        opened.check_quiet()


# Links


def test_a_finding_leads_to_its_page_and_its_file(shop: Path, open_file: Open) -> None:
    with open_file(shop) as opened:
        page = opened.page
        page.locator("#findings summary", has_text="star-import").click()
        page.get_by_role("link", name="What star-import means, and what to do").click()
        assert is_open(page, "code-star-import")
        expect(page.locator("#code-star-import > summary")).to_be_focused()
        expect(page.locator("#code-star-import > summary")).to_be_in_viewport()
        page.go_back()
        page.locator("#finding-star-import").get_by_role("link", name="app/page_000.py:3").click()
        assert is_open(page, "file-app/page_000.py")
        expect(page.get_by_role("table", name="app/page_000.py")).to_be_in_viewport()
        page.get_by_role("link", name="keyword-conflict, line 1").first.click()
        expect(page.locator("[id^='finding-keyword-conflict-app/page_000.py']")).to_be_focused()
        opened.check_quiet()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
@pytest.mark.parametrize("name", ["file-tests/unit/pages/page_003.py", "left-4-app/left.py", "code-star-import"])
def test_a_link_from_elsewhere_opens_what_is_folded(shop: Path, open_file: Open, name: str, scripts: bool) -> None:
    with open_file(shop, f"#{name}", scripts=scripts) as opened:
        summary = opened.page.locator(f"[id='{name}'] > summary")
        expect(summary).to_be_visible()
        expect(summary).to_be_in_viewport()


def test_a_link_to_what_the_search_has_hidden_clears_it(shop: Path, open_file: Open) -> None:
    with open_file(shop) as opened:
        page = opened.page
        page.locator("#findings summary", has_text="star-import").click()
        page.get_by_role("searchbox").fill("star-import page_000")
        page.get_by_role("link", name="app/page_000.py:3").click()
        expect(page.get_by_role("searchbox")).to_have_value("")
        expect(page.get_by_role("table", name="app/page_000.py")).to_be_visible()
        page.locator("[id='file-app/page_000.py'] > summary").click()
        page.get_by_role("link", name="app/page_000.py:3").click()
        expect(page.get_by_role("table", name="app/page_000.py")).to_be_visible()
        opened.check_quiet()


@pytest.mark.parametrize("hash", ["#gone", "#%", "#%FF", "#file-app/%22"])
def test_a_link_to_nowhere_does_nothing(shop: Path, open_file: Open, hash: str) -> None:
    with open_file(shop, hash) as opened:
        expect(opened.page.locator("h1")).to_be_visible()
        opened.check_quiet()


def test_every_link_in_the_page_leads_to_something_that_opens(shop: Path, open_file: Open) -> None:
    with open_file(shop) as opened:
        page = opened.page
        names = sorted({each.get_attribute("href") or "" for each in page.locator("a").all()})
        for name in names:
            page.evaluate("name => { location.hash = name; }", name)
            page.wait_for_function(
                "name => document.activeElement.closest(`[id='${CSS.escape(name)}']`) !== undefined", arg=name[1:]
            )
            assert page.evaluate("name => document.getElementById(name).checkVisibility()", name[1:]), name
        opened.check_quiet()


# Without scripts, on paper


def test_without_scripts(shop: Path, open_file: Open) -> None:
    with open_file(shop, scripts=False) as opened:
        page = opened.page
        for control in ("#search", "#theme", "button"):
            assert shown(page, control) == 0
        page.locator("#files summary", has_text="app/").first.click()
        page.locator("#files summary", has_text="page_000.py").click()
        expect(page.get_by_role("table", name="app/page_000.py")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_on_paper(shop: Path, open_file: Open, scripts: bool) -> None:
    with open_file(shop, "#file-app/page_000.py", dark=True, scripts=scripts) as opened:
        page = opened.page
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        for control in ("#search", "#theme", "button", "nav", ".skip"):
            assert shown(page, control) == 0
        assert shown(page, "#findings li.q") == 14
        assert shown(page, "#files details.file > summary") == 33
        assert shown(page, "table.diff") == int(scripts)  # a browser by itself opens what is around the target
        assert shown(page, "#codes details") == 0
        assert (
            page.evaluate(
                "[...document.querySelectorAll('*')].filter(e => getComputedStyle(e).position === 'sticky').length"
            )
            <= 1
        )
        assert page.pdf().startswith(b"%PDF")


def test_on_a_narrow_screen_old_and_new_stand_below_each_other(shop: Path, open_file: Open) -> None:
    with open_file(shop, "#file-app/page_000.py", width=390) as opened:
        row = opened.page.locator("[id='file-app/page_000.py'] tr.c").first
        old, new = (row.locator("td").nth(number).bounding_box() for number in (1, 3))
        assert old is not None
        assert new is not None
        assert new["y"] >= old["y"] + old["height"] - 1
        assert new["x"] == old["x"]
        same = opened.page.locator("[id='file-app/page_000.py'] tr.s").first.locator("td")
        assert [each.is_visible() for each in same.all()] == [True, True, False, False]


# Names and code that would like to be more


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_nothing_of_the_tree_runs(folder: Path, open_file: Open, text: str) -> None:
    file = folder / "nasty.html"
    path = f"app/{text.replace('/', '')}.py" if text else "app/x.py"
    content = text.encode("utf-8", "replace")
    file.write_bytes(html_page(full(text, path, content)))
    with open_file(file) as opened:
        page = opened.page
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        assert page.evaluate("document.scripts.length") == 1
        assert page.evaluate("document.documentElement.scrollWidth") == 1280
        for link in page.locator("#findings a").all():
            link.click()
        if text.strip().isprintable() and text.strip():
            page.get_by_role("searchbox").fill(text)
            expect(page.get_by_role("status")).to_have_text(re.compile(r"\d of \d files"))
        opened.check_quiet()
