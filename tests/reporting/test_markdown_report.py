"""The Markdown: short enough for a pull request, and names in it are nothing but names."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace
from report_values import changed, finding, full, report, result, run
from test_page import NASTY
from webpage import Element, parsed

from migrate.reporting.data import CheckLine, FileState, PhaseLeft, PlannedFile, ReportData, RollbackOption
from migrate.reporting.file_diffs import diff
from migrate.reporting.markdown import LIMIT, markdown_text
from migrate.reporting.markdown_words import code, length, shortened, text
from rollback.errors import escape

APART = "\u200b"


def rendered(markdown: str) -> Element:
    """What GitHub makes of it, as far as another renderer with tables and HTML can tell."""
    html = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)
    return parsed(html.replace(" />", ">"))


# Names and sentences


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("shop/cart.py", "`shop/cart.py`", id="a path"),
        pytest.param("@owner/team #12", "`@owner/team #12`", id="a mention in code is none"),
        pytest.param("a|b", "<code>a&#124;b</code>", id="a pipe would end a cell"),
        pytest.param("a`b", "<code>a\\`b</code>", id="a backtick would end the code"),
        pytest.param("a\\", "<code>a\\\\</code>", id="a backslash"),
        pytest.param("a\x1bb", "<code>a\\\\x1bb</code>", id="a control character"),
        pytest.param(" a", "<code> a</code>", id="a blank first"),
        pytest.param("", "` `", id="nothing"),
        pytest.param("a" * 300, f"<code>{'a' * 133}…{'a' * 66}</code>", id="too long"),
    ],
)
def test_code(value: str, expected: str) -> None:
    assert code(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("nothing special, at all: (x = 1)", "nothing special, at all: (x = 1)", id="plain"),
        pytest.param("ask @owner", f"ask @{APART}owner", id="a mention"),
        pytest.param("see #123 and GH-4", f"see #{APART}123 and GH-{APART}4", id="issues"),
        pytest.param("see https://x.org/a/1", f"see https:{APART}//x.org/a/1", id="an address"),
        pytest.param("see www.x.org", f"see www{APART}.x.org", id="an address without a scheme"),
        pytest.param("done :tada:", f"done :{APART}tada:", id="a picture"),
        pytest.param("shop.cart:Cart, a.py:3: b", f"shop.cart:Cart, a.py:{APART}3: b", id="colons"),
        pytest.param("see 984c8b6.", f"see 984c8b{APART}6.", id="a short number of a commit"),
        pytest.param(f"see {'0a' * 20}", f"see {APART.join(['0a0a0a'] * 6)}{APART}0a0a", id="the number of a commit"),
        pytest.param("123456 of cafe0123x", "123456 of cafe0123x", id="numbers of no commit"),
        pytest.param("C #", "C \\#", id="the end of a heading"),
        pytest.param("C ## ##", "C ## #\\#", id="a longer end of a heading"),
        pytest.param("C#", "C#", id="no end of a heading"),
        pytest.param("*a* _b_ `c` [d](e) ~f~ $g$", "\\*a\\* \\_b\\_ \\`c\\` \\[d\\](e) \\~f\\~ \\$g\\$", id="markup"),
        pytest.param("<b> & | \\", "&lt;b&gt; &amp; &#124; \\\\", id="HTML, a pipe, a backslash"),
        pytest.param("- a", "\\- a", id="a list"),
        pytest.param("# a", "\\# a", id="a heading"),
        pytest.param("1. a", "1\\. a", id="a numbered list"),
        pytest.param("a\nb\u202e", "a\\\\nb\\\\u202e", id="what does something"),
    ],
)
def test_text(value: str, expected: str) -> None:
    assert text(value) == expected


@given(st.text(min_size=1).filter(lambda value: value == value.strip()))
def test_what_is_shown_is_what_was_given(value: str) -> None:
    """On a line of its own, in a list, and in a cell of a table; one way or another without markup."""
    shown = escape(value)
    for words in (text, code):
        written = words(value, 10_000)
        line = f"- {written}\n"
        (item,) = rendered(line).find("li")
        assert {each.tag for each in item.every()} <= {"code"}, written
        assert item.text.replace(APART, "") == shown.replace(APART, "")
        _, row = rendered(f"| a |\n| --- |\n| {written} |\n").find("tr")
        (cell,) = row.find("td")
        assert cell.text.replace(APART, "") == shown.replace(APART, "")


@given(st.text(max_size=50))
def test_nothing_in_a_sentence_is_a_link_or_a_mention(value: str) -> None:
    shown = unescape(text(value))
    assert not re.search(r"((@|#|\bGH-)\w|://|www\.|:[\w+-]+:|\b[0-9a-f]{7,40}\b)", shown, re.IGNORECASE)


@pytest.mark.parametrize("title", ["C #", "C ##", "#", "a # b #", "\\#", "C \\ #", "1) #"])
def test_a_heading_is_shown_as_it_is(title: str) -> None:
    (heading,) = rendered(f"## {text(title)}\n").find("h2")
    assert heading.text == title


def test_characters_are_counted_as_github_does() -> None:
    assert (length("abc"), length("é"), length("\U0001f600"), length("\ud800")) == (3, 1, 2, 1)


@given(st.text(max_size=40), st.integers(2, 30))
def test_shortened_is_no_longer_than_said(value: str, longest: int) -> None:
    assert len(shortened(value, longest)) <= longest
    assert (shortened(value, longest) == value) == (len(value) <= longest)


# The whole


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_nasty_text_everywhere(nasty: str) -> None:
    path = f"app/{nasty.replace('/', '')}.py" if nasty else "app/x.py"
    written = markdown_text(full(nasty, path, b"x\n"))
    assert written.encode("utf-8")
    for line in written.splitlines():
        assert line.isprintable() or APART in line
    page = rendered(written)
    tags = {each.tag for each in page.every()}
    assert tags <= {
        "h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "code", "strong", "details", "summary",
        "hr", "sub",
    }  # fmt: skip
    assert [each.words for each in page.find("h3")] == [
        "Timeline", "Criteria", "Sites", "Findings", "Files", "Still to change", "Rollback",
    ]  # fmt: skip
    for table in page.find("table"):
        widths = {len(row.find("td")) or len(row.find("th")) for row in table.find("tr")}
        assert len(widths) == 1


def large(number: int, name: str) -> ReportData:
    """More of everything than there is room for."""
    return report(
        [changed(f"folder{n}/{name}-{n}.py", state=FileState.EDITED if n == number - 1 else FileState.AS_LEFT)
         for n in range(number)],
        [finding("keyword-conflict", f"{name}-{n}.py", f"{name} {n}", severity="error") for n in range(number)]
        + [finding(f"code-{n}", f"{name}.py", f"warning {n}", line=n) for n in range(number)],
        [run(n, 3) for n in range(1, number + 1)],
        [CheckLine(f"{n}", f"{name} {n}", "x", "", result(passed=n % 2 == 0)) for n in range(number)],
        [PhaseLeft(4, name, number, tuple(PlannedFile(f"{name}-{n}.py", 1, diff(b"a", b"b")) for n in range(number)))],
        [RollbackOption("migrate rollback --all", tuple(run(n, 3) for n in range(1, number + 1)))],
    )  # fmt: skip


@pytest.mark.parametrize("name", ["a", "n" * 3000, "\U0001f600" * 100], ids=["short", "long", "outside of the BMP"])
@pytest.mark.parametrize("number", [1, 60, 900])
def test_it_is_never_too_long(number: int, name: str) -> None:
    written = markdown_text(large(number, name))
    assert length(written) <= LIMIT
    page = rendered(written)
    assert len(page.find("h3")) == 7


def test_what_is_left_out_is_counted() -> None:
    written = markdown_text(large(900, "name"), 20_000)
    assert 15_000 < length(written) <= 20_000
    for what in ("message", "file", "folder", "code", "check", "run"):
        (found,) = {re.search(r"… and ([\d,]+) more", line)[1] for line in written.splitlines()  # type: ignore[index]
                    if re.search(rf"… and [\d,]+ more {what}s", line)} or {""}  # fmt: skip
        assert found or what == "file", what
    listed = sum(line.startswith("- `folder") for line in written.splitlines())
    more = re.findall(r"^- … and ([\d,]+) more files$", written, re.MULTILINE)
    assert listed + int(more[0].replace(",", "")) == 900
    assert "- `folder899/name-899.py` phase 3, +1 −1, **edited since**" in written


def test_places_of_one_message_are_cut() -> None:
    data = report(findings=[finding(path=f"{n}.py") for n in range(8)])
    (line,) = [line for line in markdown_text(data).splitlines() if "a message" in line]
    assert line == "- `star-import` a message `0.py:1`, `1.py:1`, `2.py:1`, `3.py:1`, `4.py:1` and 3 more"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(report(), "⬜ Nothing is applied yet.\n", id="nothing applied"),
        pytest.param(report(), "Nothing is left to a person.\n", id="no findings"),
        pytest.param(report(), "No file is changed by a run that stands.\n", id="no files"),
        pytest.param(report(), "No run of this plan is on record, so there is nothing to take back.\n", id="no runs"),
        pytest.param(report(), "- [x] Nothing deprecated is left\n", id="nothing deprecated"),
        pytest.param(report(sites=()), "No edit was made, and none is left to make.\n", id="no sites"),
        pytest.param(
            report(runs=[run(1, 5, "failed")], checks=[CheckLine("a", "a", "x", "", result(passed=False))]),
            "- [ ] a: it failed\n",
            id="a check failed",
        ),
        pytest.param(
            report(runs=[run(1, 5)], checks=[CheckLine("a", "a", "x", "", result(passed=False, required=False))]),
            "- [ ] a (not required): it failed\n",
            id="a check failed that is not required",
        ),
        pytest.param(report(checks=[CheckLine("a", "a", "x", "", None)]), "- [ ] a (not run)\n", id="not run"),
        pytest.param(
            report(checks=[CheckLine("a", "a", "x", "", None, is_altered=True)]),
            "- [ ] a (not run in this form)\n",
            id="the plan asks for something else now",
        ),
        pytest.param(
            report(runs=[run(1, 5)], checks=[CheckLine("a", "a", "x", "", result(), is_planned=False)]),
            "- [x] a (no longer in the plan in this form)\n",
            id="what was asked for before",
        ),
        pytest.param(
            report([changed()], runs=[run(1, 3), run(2, 4, "failed")]),
            "| 4 Rename the keyword | failed | – | 1 min 00 s | 30 s | 0 | 0 |\n",
            id="only what stands is counted",
        ),
        pytest.param(
            report(runs=[run(1, 3)], options=[RollbackOption("migrate rollback", (), "a file was edited")]),
            "- `migrate rollback` refuses: a file was edited\n",
            id="a rollback is refused",
        ),
        pytest.param(
            report(runs=[run(1, 3)], options=[RollbackOption("migrate rollback", ())]),
            "- `migrate rollback` has nothing to take back\n",
            id="nothing to take back",
        ),
        pytest.param(
            report(runs=[run(1, 3)], options=[RollbackOption("migrate rollback", (run(1, 3),))]),
            "| 1 | 3 | applied | 2025-09-12 10:08:36 | 1 | `refs/migrate/basket/run-1` |\n",
            id="a run",
        ),
    ],
)
def test_lines(data: ReportData, expected: str) -> None:
    assert expected in markdown_text(data)


def test_the_tree_was_changed_since_the_checks() -> None:
    data = report(runs=[run(1, 5)])
    old = replace(data, criteria=replace(data.criteria, is_newest=False))
    assert "As run 1 found it; **the tree was changed since: a phase was applied or taken back**." in markdown_text(old)
    edited = replace(data, criteria=replace(data.criteria, changed=("a_b.py",)))
    said = "As run 1 found it; **the tree was changed since: a\\_b.py was edited or deleted**."
    assert said in markdown_text(edited)
    some = replace(data, criteria=replace(data.criteria, deprecated=2))
    assert "- [ ] Nothing deprecated is left: 2 old imports and keywords in the tree\n" in markdown_text(some)
