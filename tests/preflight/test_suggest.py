from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.edits import Span
from migrate.foresight.holes import Hole, Origin, Unused
from migrate.foresight.uses import Use
from migrate.plan import parse_plan
from migrate.plan_file import PlanText
from migrate.preflight.look import Preflight
from migrate.preflight.suggest import Left, Line, complete, in_words, patch, suggest

HEAD = '[plan]\nname = "x"\n'
REDIRECT = '[[phase1.redirect]]\nmodule = "o.p"\ndocstring = "D."\n'
OTHER = '\n# tail\n[[phase1.redirect]]\nmodule = "o.q"\ndocstring = "D."\nexports = ["a.b:C"]\n'
LINES = (
    Line(1, 0, "exports", "n.m:E", "why"),
    Line(1, 0, "exports", "n.m:F as G", "why"),
    Line(1, 0, "exports", "n.m:Q as D", "why", position=1),
    Line(1, 0, "drop", "lost", "why"),
    Line(1, 0, "drop", "lost2", "why"),
)


def check_completed(text: str, lines: tuple[Line, ...] = LINES) -> str:
    """The result holds what the plan held, and the added values; a second time nothing changes."""
    expected = tomllib.loads(text)
    for line in lines:
        values = expected[f"phase{line.phase}"]["redirect"][line.index].setdefault(line.key, [])
        if line.position is not None:
            values[line.position] = line.value
        else:
            values.append(line.value)
    after = complete(text, lines)
    assert tomllib.loads(after) == expected
    parse_plan(tomllib.loads(after), "migrate.toml")
    assert complete(after, lines) == after
    return after


def test_nothing_to_add() -> None:
    text = HEAD + REDIRECT + "exports = [ 'a.b:C' ,] # odd\n"
    assert complete(text, ()) == text


def test_what_is_there_is_not_added_again() -> None:
    text = HEAD + REDIRECT + 'exports = ["a.b:C"]\ndrop = ["lost"]\n'
    assert complete(text, (Line(1, 0, "exports", "a.b:C", ""), Line(1, 0, "drop", "lost", ""))) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            'exports = [\n  "a.b:C", # why\n  "a.b:D",\n]\n',
            'exports = [\n  "a.b:C", # why\n  "n.m:Q as D",\n  "n.m:E",\n  "n.m:F as G",\n]\n', id="a line each",
        ),
        pytest.param(
            'exports = [\n    "a.b:C",\n    "a.b:D" # last\n]\n',
            'exports = [\n    "a.b:C",\n    "n.m:Q as D", # last\n    "n.m:E",\n    "n.m:F as G",\n]\n', id="no last comma",
        ),
        pytest.param(
            'exports = [\n  "a.b:C",\n  "a.b:D",\n  # the end\n]\n',
            'exports = [\n  "a.b:C",\n  "n.m:Q as D",\n  "n.m:E",\n  "n.m:F as G",\n  # the end\n]\n', id="comment at the end",
        ),
        pytest.param(
            'exports = ["a.b:C", "a.b:D"] # x\n',
            'exports = ["a.b:C", "n.m:Q as D", "n.m:E", "n.m:F as G"] # x\n', id="one line",
        ),
    ],
)  # fmt: skip
def test_layout_stays(before: str, after: str) -> None:
    text = HEAD + REDIRECT + before + OTHER
    drop = 'drop = ["lost", "lost2"]\n'
    assert check_completed(text) == HEAD + REDIRECT + after + drop + OTHER


@pytest.mark.parametrize(
    "exports",
    [
        pytest.param('exports = ["a.b:C", "a.b:D",]\n', id="comma behind the last"),
        pytest.param('exports=["a.b:C","a.b:D"]\n', id="no blanks"),
        pytest.param("exports = [\n    'a.b:C',\n\t'a.b:D'\n    ]\n", id="single quotes, tabs"),
        pytest.param('exports = ["a.b:C",\n           "a.b:D"]\n', id="begins on the first line"),
        pytest.param('exports = [\n  "a.b:C", "a.b:D",\n]\n', id="two on a line"),
        pytest.param('exports = [\n  "a.b:C"\n  , "a.b:D"\n  ]\n', id="commas in front"),
        pytest.param('exports = [ # head\n  # first\n  "a.b:C",\n  # second\n  "a.b:D",\n]\n', id="comments between"),
        pytest.param('exports = ["""a.b:C""", """\\\n   a.b:D"""]\n', id="long strings"),
        pytest.param('exports = [\n  "a.b:C", "a.b:D", # "x.y:Z",\n]\n', id="a value in a comment"),
        pytest.param('exports = [\n\n  "a.b:C",\n\n  "a.b:D",\n\n]\n', id="blank lines"),
    ],
)
@pytest.mark.parametrize(
    "around",
    [
        pytest.param((HEAD + REDIRECT, OTHER), id="table"),
        pytest.param((HEAD + REDIRECT, ""), id="at the end"),
        pytest.param(('plan.name = "x"\n' + REDIRECT, 'note = "n"\n'), id="dotted key"),
        pytest.param((HEAD + REDIRECT, 'drop = [\n  "zed",  # gone\n]\n'), id="with a drop"),
        pytest.param((HEAD + REDIRECT, "[phase5]\nminutes = 1\n" + OTHER), id="tables in pieces"),
    ],
)
def test_any_layout(exports: str, around: tuple[str, str]) -> None:
    after = check_completed(around[0] + exports + around[1])
    for comment in ("# head", "# first", "# second", '# "x.y:Z"', "# tail", "# gone"):
        assert (comment in after) == (comment in around[0] + exports + around[1])


def test_an_empty_list() -> None:
    drop = "drop = [ # nothing so far\n]\n"
    after = check_completed(HEAD + REDIRECT + 'exports = ["a.b:C"]\n' + drop, (LINES[3],))
    assert after.endswith('drop = [ # nothing so far\n"lost"]\n')


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            HEAD + '[phase1]\nredirect = [{ module = "o.p", docstring = "D.", exports = ["a.b:C", "a.b:D"] }]\n', id="one"
        ),
        pytest.param(
            HEAD + '[phase1]\nredirect = [\n  {exports=["a.b:C","a.b:D"],module="o.p",docstring="D."}, # this\n'
            '  {module="o.q",docstring="D.",exports=["a.b:C"]},\n]\n',
            id="several",
        ),
        pytest.param(
            'plan = {name = "x"}\nphase1 = {redirect = [{exports = ["a.b:C", "a.b:D"], module = "o.p", docstring = "D."}]}\n',
            id="all of it",
        ),
    ],
)  # fmt: skip
def test_inline_tables(text: str) -> None:
    after = check_completed(text)
    assert after.count("\n") == text.count("\n")
    assert after.count("#") == text.count("#")


def test_indented_tables() -> None:
    text = HEAD + '[phase1]\n  [[phase1.redirect]]\n  module = "o.p"\n  docstring = "D."\n  exports = ["a.b:C"]\n\n'
    assert check_completed(text, (LINES[3],)).endswith('  exports = ["a.b:C"]\n  drop = ["lost"]\n\n')


_BLANKS = st.sampled_from(["", " ", "\n", "\n  ", " # note\n", "\n# alone\n\t"])
_QUOTES = st.sampled_from(['"', "'", '"""', "'''"])


@st.composite
def layouts(draw: st.DrawFn) -> str:
    """An `exports` list, written in any way."""
    text = "exports ="
    text += draw(st.sampled_from(["", " "])) + "[" + draw(_BLANKS)
    count = draw(st.integers(2, 4))
    for number in range(count):
        quote = draw(_QUOTES)
        text += f"{quote}a.b:N{number}{quote}" + draw(_BLANKS)
        if number < count - 1 or draw(st.booleans()):
            text += "," + draw(_BLANKS)
    return text + "]" + draw(st.sampled_from(["\n", " # behind\n"]))


@given(layouts(), st.booleans(), st.booleans())
def test_layouts_at_random(exports: str, crlf: bool, bom: bool) -> None:
    text = HEAD + REDIRECT + exports + OTHER
    content = text.replace("\n", "\r\n" if crlf else "\n").encode("utf-8-sig" if bom else "utf-8")
    read = PlanText.of(content)
    after = PlanText(check_completed(read.text), read.bom, read.crlf).encode()
    assert after.startswith(b"\xef\xbb\xbf") == bom
    assert (after.count(b"\r\n") == after.count(b"\n")) == crlf
    for comment in (b"# note", b"# alone", b"# behind", b"# tail"):
        assert after.count(comment) == content.count(comment)


def use(line: int = 1) -> Use:
    return Use("o.p", "C", "import", "app.py", line, 0, line, Span(0, 1))


def preflight(holes: tuple[Hole, ...] = (), unused: tuple[Unused, ...] = ()) -> Preflight:
    data: dict[str, Any] = tomllib.loads(HEAD + REDIRECT + 'exports = ["a.b:C"]')
    return Preflight(parse_plan(data, "migrate.toml"), (), holes, unused, 0.0)


def test_certain_holes_become_lines_and_the_rest_is_left() -> None:
    found = suggest(
        preflight(
            (
                Hole(1, 0, "o.p", "C", (use(), use(2)), Origin("a.b.C")),
                Hole(1, 0, "o.p", "D", (use(),), Origin("a.b.Other"), position=2),
                Hole(2, 1, "o.q", "E", (use(),), Origin("a.b.E", problem="a/b.py does not define E")),
                Hole(1, 0, "o.p", "F", (use(),), Origin(line=4)),
                Hole(1, 0, "o.p", "G", (use(),), Origin(line=4, namesakes=("a.b.G", "a.c.G"))),
                Hole(1, 0, "o.p", "H", (), Origin()),
                Hole(1, 0, "o.p", "sub", (use(),), Origin("o.p.sub", is_module=True)),
            ),
            (Unused(1, 0, "o.p", "spare"),),
        )
    )
    assert [line.as_json() for line in found.lines] == [
        {"key": "phase1.redirect[0].exports", "value": "a.b:C", "why": "o.p takes it from there; 2 uses"},
        {"key": "phase1.redirect[0].exports[2]", "value": "a.b:Other as D", "why": "o.p takes it from there; 1 use"},
        {"key": "phase1.redirect[0].drop", "value": "spare", "why": "nobody in the repository uses it"},
    ]
    assert [(left.subject, left.why) for left in found.left] == [
        ("o.q:E", "it comes from a.b.E, but a/b.py does not define E"),
        ("o.p:F", "it is defined in the old file alone: its definition has to move first"),
        (
            "o.p:G",
            "it is defined in the old file, and others of that name elsewhere: is one of them meant to take its place?",
        ),
        ("o.p:H", "the old module does not have it today either: its uses are broken already"),
        ("o.p:sub", "o.p.sub is a module, which the redirect no longer loads: its users have to import it"),
    ]
    assert found.left[2].as_json() == {
        "subject": "o.p:G", "why": found.left[2].why, "candidates": ["a.b:G", "a.c:G"], "uses": 1,
    }  # fmt: skip


def test_candidates_are_shown_up_to_three() -> None:
    four = Left("o.p:G", "why", ("a:G", "b:G", "c:G", "d:G"), 2)
    assert list(in_words([four])) == ["o.p:G (2 uses): why", "    a:G", "    b:G", "    c:G", "    and 1 more"]
    assert list(in_words([Left("o.p:G", "why", (), 1)])) == ["o.p:G (1 use): why"]


def test_patch() -> None:
    assert patch("a.toml", "x\n", "x\n") == ""
    assert patch("/tmp/a.toml", "x", "y") == (
        "--- a/tmp/a.toml\n+++ b/tmp/a.toml\n@@ -1 +1 @@\n"
        "-x\n\\ No newline at end of file\n+y\n\\ No newline at end of file\n"
    )
