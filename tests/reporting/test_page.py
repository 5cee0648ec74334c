"""The page: one file, in order, with nothing of the tree in it that does anything."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from report_values import PLAN, changed, finding, full, report, run
from webpage import Element, raw_control_characters, read_page

from migrate.findings import SEVERITIES
from migrate.report_mark import is_report
from migrate.reporting.code_pages import code_page
from migrate.reporting.data import ReportData, RunLine, WayBack
from migrate.reporting.markdown import markdown_text
from migrate.reporting.page import html_page
from migrate.timeline import timeline
from rollback.errors import escape

NASTY = (
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<!-- --> <![CDATA[ ]]> --!>",
    "\"'><img src=x onerror=alert(1)>",
    "&lt;b&gt; &amp; {{ 7 * 7 }} {% raw %}",
    "\u202etxt.exe\u2066",
    "\x00\x1b[31m\x07\x7f\x9b",
    "javascript:alert(1)",
    "a\nb\rc\td\x0b\x0c\u2028",
    "\udcff\ud800",
    "\U0001f600 é \u00a0 \u200b",
    "",
)


def page_of(data: ReportData) -> Element:
    return read_page(html_page(data))


def check_harmless(content: bytes) -> Element:
    """Nothing but the page's own script and style is in it, and nothing that cannot be seen."""
    page = read_page(content)
    assert len(page.find("script")) == len(page.find("style")) == 1
    assert not {each.tag for each in page.every()} & {"img", "iframe", "object", "embed", "form", "base", "link", "a:x"}
    assert raw_control_characters(content) == []
    return page


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_nasty_text_everywhere(text: str) -> None:
    path = f"app/{text.replace('/', '')}.py" if text else "app/x.py"
    page = check_harmless(
        html_page(full(text, path, text.encode("utf-8", "surrogateescape" if "\ud800" not in text else "replace")))
    )
    shown = "\t".join(map(escape, text.split("\t")))
    for name in ("findings", "criteria", "rollback", "left"):
        (place,) = page.find("section", id=name)
        assert shown in place.text


@settings(max_examples=25)
@given(st.text(st.characters(exclude_characters="/"), min_size=1, max_size=30), st.binary(max_size=60))
def test_any_text_and_any_file(text: str, content: bytes) -> None:
    check_harmless(html_page(full(text, f"app/{text}", content)))


def test_the_policy_allows_the_one_script_and_the_one_style() -> None:
    content = html_page(report())
    page = read_page(content)
    (policy,) = page.find("meta", http_equiv="Content-Security-Policy")
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.attributes["content"].split(";"))
    assert rules["default-src"] == "'none'"
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        text = re.search(rf"<{tag}>(.*?)</{tag}>".encode(), content, re.DOTALL)
        assert text is not None
        digest = base64.b64encode(hashlib.sha256(text[1]).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"


def test_it_is_known_again_and_made_for_people() -> None:
    content = html_page(report())
    assert is_report(content)
    page = read_page(content)
    assert page.one("html").attributes["lang"] == "en"
    assert page.one("title").words == "One basket: migration report"
    assert [each.tag for each in page.one("body").children if isinstance(each, Element)] == [
        "a", "header", "div", "main", "footer",
    ]  # fmt: skip
    levels = [int(each.tag[1]) for each in page.every() if re.fullmatch(r"h\d", each.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    for table in page.find("table"):
        assert table.one("caption").words
        assert all("scope" in each.attributes for each in table.find("th"))


def test_whatever_works_only_with_scripts_is_hidden_without() -> None:
    page = page_of(report([changed()], [finding()]))
    for control in (*page.find("button"), *page.find("input")):
        above = control
        while above.parent is not None and "hidden" not in above.attributes:
            above = above.parent
        assert "hidden" in above.attributes, control


def test_time_beyond_the_budget() -> None:
    page = page_of(report(runs=[run(number, 3) for number in range(1, 60)]))
    words = page.one("section", id="timeline").words
    assert "Budget 20 min, planned 7 min, spent 58 min 30 s: 38 min 30 s over." in words
    assert [bar.attributes["width"] for bar in page.find("rect", class_="tool")] == ["504", "0", "0", "504"]
    assert next(bar.attributes["x"] for bar in page.find("rect", class_="tool")) == "496"
    assert [bar.attributes["width"] for bar in page.find("rect", class_="person")] == ["496", "0", "0", "496"]


def test_pauses_and_an_estimate() -> None:
    runs = [run(1, 3), run(200, 4)]
    data = replace(report(runs=runs), timeline=timeline(PLAN, runs, {3: 0, 4: 6}))
    words = page_of(data).one("section", id="timeline").words
    assert "Estimate of what is left: 6 edits, about" in words
    assert "Pauses of 3 h 18 min are not counted." in words
    assert "Estimate of what is left: 6 edits" in markdown_text(data)
    nothing = replace(data, timeline=timeline(PLAN.model_copy(update={"phase5": None}), runs, {3: 0, 4: 0}))
    assert "Estimate" not in page_of(nothing).one("section", id="timeline").words
    assert "Estimate" not in markdown_text(nothing)


def test_many_files_are_folded_and_few_are_not() -> None:
    for number, is_open in ((12, True), (13, False)):
        page = page_of(report([changed(f"app/{n}.py") for n in range(number)]))
        (folder,) = page.one("section", id="files").find("details", class_="folder")
        assert ("open" in folder.attributes) == is_open
        assert all("open" not in file.attributes for file in page.find("details", class_="file"))


def test_findings_that_say_the_same_are_said_once() -> None:
    findings = [finding(path=f"app/{n}.py", line=n) for n in range(1, 4)] + [finding(message="another")]
    (group,) = page_of(report(findings=findings)).one("section", id="findings").find("details")
    assert [each.words for each in group.find("li", class_="saying")] == [
        "a message app/1.py:1 phase 3 app/2.py:2 phase 3 app/3.py:3 phase 3",
        "another app/main.py:1 phase 3",
    ]


def test_findings_at_one_place_have_names_of_their_own() -> None:
    findings = [finding(message=message) for message in ("a", "b", "c")]
    ids = [each.attributes["id"] for each in page_of(report(findings=findings)).find("li", class_="q")]
    assert len(set(ids)) == 3
    assert ids[0] == "finding-star-import-app/main.py-1-0-a"


def test_refs_and_commits_of_runs() -> None:
    line = RunLine(run(1, 3), True, ("refs/migrate/basket/kept-run-1",))
    data = report(runs=[run(1, 3)])
    way_back = WayBack((line,), data.way_back.options)
    cell = page_of(replace(data, way_back=way_back)).one("section", id="rollback").one("tbody").find("td")[-1]
    assert cell.words == "given upnewer versions: refs/migrate/basket/kept-run-1"


# The pages on codes


@pytest.mark.parametrize("code", sorted(SEVERITIES))
def test_every_code_has_its_page_in_the_report(code: str) -> None:
    page = page_of(report(findings=[finding(code, severity=SEVERITIES[code])]))
    body = page.one("details", id=f"code-{code}")
    assert page.one("details", id=f"finding-{code}").find("a", href=f"#code-{code}")
    summary = body.one("span", class_="short").words
    assert summary
    assert not re.search(r"`|\]\(", summary)
    assert {link.attributes["href"] for link in body.find("a")} <= {f"#code-{code}"}


def test_pages_link_to_each_other_where_both_are_there() -> None:
    codes = sorted(SEVERITIES)
    page = page_of(report(findings=[finding(code, severity=SEVERITIES[code]) for code in codes]))
    links = [each.attributes["href"] for code in codes for each in page.one("details", id=f"code-{code}").find("a")]
    assert links
    assert all(link.startswith("#code-") for link in links)


@pytest.mark.parametrize("code", ["of-a-newer-version", "../README", "README/../star-import", ""])
def test_there_is_no_page_on_other_codes(code: str) -> None:
    assert code_page(code, ()) is None


# Colours


def _colours() -> dict[str, tuple[str, str]]:
    style = resources.files("migrate.reporting").joinpath("templates/report.css").read_text("utf-8")
    return {
        name: (light, dark) for name, light, dark in re.findall(r"--(\w[\w-]*): light-dark\((#\w+), (#\w+)\);", style)
    }


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


CODE = ("c", "k", "s", "e", "m", "d", "f", "b", "text")
PAIRS = (
    *((front, back) for front in CODE for back in ("card", "old", "new", "old-mark", "new-mark", "page", "sunk")),
    *((front, back) for front in ("text", "soft", "link") for back in ("page", "card", "sunk", "warn-bg")),
    *((front, f"{front}-bg") for front in ("good", "bad", "warn")),
    *((front, back) for front in ("good", "bad", "warn") for back in ("page", "card", "sunk")),
    *((front, back) for front in ("soft", "bad", "good") for back in ("old", "new")),
)  # fmt: skip


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), sorted(set(PAIRS)))
def test_text_can_be_told_from_what_is_behind_it(front: str, back: str, theme: int) -> None:
    """At least 4.5 to 1: https://www.w3.org/TR/WCAG22/#contrast-minimum"""
    colours = _colours()
    light, dark = sorted((_luminance(colours[front][theme]), _luminance(colours[back][theme])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
