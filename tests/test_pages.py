"""pages.py and markdown.py: the pages ship with the tool, and a terminal shows them without dead links."""

from __future__ import annotations

import io
import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest
from rich.console import Console

from migrate.findings import SEVERITIES
from migrate.markdown import TerminalMarkdown, spell_links
from migrate.pages import FOLDER, Entry, PagesMissing, UnknownCode, codes, index, page

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs" / "findings"


def shown(text: str, columns: int) -> str:
    """`text` on a terminal of that width, without colours."""
    console = Console(file=io.StringIO(), width=columns, force_terminal=True, no_color=True, emoji=False)
    with console.capture() as capture:
        console.print(TerminalMarkdown(text, "docs/findings"))
    return re.sub(r"\x1b\[[\d;]*m", "", capture.get())


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@pytest.mark.parametrize("code", codes())
def test_a_page_is_that_of_the_docs(code: str) -> None:
    assert page(code) == (DOCS / f"{code}.md").read_text(encoding="utf-8")


def test_the_index_has_every_code_once() -> None:
    entries = index()
    assert tuple(entry.code for entry in entries) == codes() == tuple(sorted(SEVERITIES))
    conflict = next(entry for entry in entries if entry.code == "keyword-conflict")
    assert conflict == Entry("keyword-conflict", (4,), "a call passes the old and the new keyword")
    assert conflict.severity == "error"
    cycle = next(entry for entry in entries if entry.code == "import-cycle")
    assert cycle.phases == (3, 4, 1, 2)


def test_a_build_packs_every_page_and_the_index() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["migrate"]
    packed = {
        path.name for pattern in patterns for path in (ROOT / "migrate").glob(pattern) if path.parent.name == FOLDER
    }
    assert packed == {"README.md", *(f"{code}.md" for code in codes())}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("keyword-conflct", "'keyword-conflct'; did you mean keyword-conflict or keyword-spread? `migrate explain` "),
        ("KEYWORD-CONFLICT", "'KEYWORD-CONFLICT'; did you mean keyword-conflict"),
        ("spread", "'spread'; did you mean keyword-spread? `migrate explain` lists them all"),
        ("zzz", "'zzz'; `migrate explain` lists them all"),
        ("../findings/shadowed", "'../findings/shadowed'; did you mean shadowed? "),
        ("README", "'README'; "),
        ("", "''; `migrate explain` lists"),
        ("a\x1b[31m\n", "'a\\x1b[31m\\n'; `migrate explain` lists"),
    ],
)
def test_an_unknown_code_is_refused_in_one_line(code: str, said: str) -> None:
    with pytest.raises(UnknownCode) as refused:
        page(code)
    assert str(refused.value).startswith(f"explain: no finding has the code {said}")
    assert "\n" not in str(refused.value)
    assert refused.value.code == code


def test_without_pages_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "files", lambda package: tmp_path)
    for _ in range(2):
        with pytest.raises(PagesMissing, match=r"finding_pages: no page shadowed\.md; install the tool again"):
            page("shadowed")
        (tmp_path / FOLDER).write_text("../docs/findings")  # as git leaves it where there are no links


# On a terminal


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        pytest.param("no link", "no link", id="no link"),
        pytest.param("see [us](https://example.org/a.md)", "see [us](https://example.org/a.md)", id="of the web"),
        pytest.param("`a[b](shadowed.md)`", "`a[b](shadowed.md)`", id="code"),
        pytest.param("```\na[b](shadowed.md)\n```\n", "```\na[b](shadowed.md)\n```\n", id="lines of code"),
        pytest.param("see [shadowed](shadowed.md).", "see shadowed (`migrate explain shadowed`).", id="page"),
        pytest.param(
            "[the\nother](shadowed.md#x)", "the\nother (`migrate explain shadowed`)", id="page in other words"
        ),
        pytest.param("`a` [plan.md](../plan.md)", "`a` `docs/plan.md`", id="document"),
        pytest.param("the [plan](../plan.md#a)", "the plan (`docs/plan.md`)", id="document in other words"),
        pytest.param("the [list](README.md)", "the list (`docs/findings/README.md`)", id="index"),
    ],
)
def test_links_become_what_one_can_do(text: str, spelled: str) -> None:
    assert spell_links(text, "docs/findings") == spelled


def test_a_link_of_the_web_shows_where_it_leads() -> None:
    assert shown("see [us](https://example.org)", 80).rstrip() == "see us (https://example.org)"


@pytest.mark.parametrize("columns", [40, 80, 160])
@pytest.mark.parametrize("code", codes())
def test_a_page_fits_and_loses_no_word(code: str, columns: int) -> None:
    found = shown(page(code), columns)
    assert max(len(line) for line in found.splitlines()) <= columns
    assert found.splitlines()[0].strip() == code
    assert not re.search(r"\]\(|```|\*\*[A-Z]", found)
    spelled = re.sub(r"^```\w*$", "", spell_links(page(code), "docs/findings"), flags=re.MULTILINE)
    expected = words(spelled)
    assert words(found) == expected if columns > 40 else set(expected) >= {*words(found)} - _cut(found)


def _cut(text: str) -> set[str]:
    """Words at the ends of lines, which may be parts of longer ones."""
    return {word for line in text.splitlines() for word in (words(line)[:1] + words(line)[-1:])}


def test_code_is_told_from_prose_without_colours() -> None:
    assert [
        line.rstrip() for line in shown("Before:\n\n```python\nx = 1\n\ny = 2\n```\n\nAfter.\n", 40).splitlines()
    ] == [
        "Before:",
        "",
        "  x = 1",
        "",
        "  y = 2",
        "",
        "After.",
    ]
