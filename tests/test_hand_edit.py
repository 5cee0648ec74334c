"""hand_edit.py: what an editor is shown of hunks, and what is made of what comes back."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from migrate.edits import Edit, Span, apply_edits, in_order
from migrate.hand_edit import BY_HAND, HandEdit, NotTaken

CODE = b"import a\nfrom old import A\nimport c\n\n\nprint(A)\n"


def edit(before: bytes, old: bytes, new: bytes, site: int = 0) -> Edit:
    """`old`, which is there once, becomes `new`."""
    assert before.count(old) == 1
    start = before.index(old)
    return Edit(Span(start, start + len(old)), new, "import", site)


def shown(hand: HandEdit) -> bytes:
    """What the editor gets, without comments."""
    return b"".join(line for line in hand.text("x.py").splitlines(keepends=True) if not line.startswith(b"#"))


def by_hand(before: bytes, edits: Sequence[Edit], old: bytes, new: bytes) -> bytes:
    """The file after a person has changed `old` in what is shown, which is there once, to `new`."""
    hand = HandEdit(before, edits)
    text = hand.text("x.py")
    assert text.count(old) == 1, text
    read = hand.read(text.replace(old, new))
    assert read is not None
    assert {each.site for each in read} == {edits[0].site}
    return apply_edits(before, read)


OFFER = (edit(CODE, b"from old", b"from new"),)
SHOWN = b"@@ -1,5 +1,5 @@\n import a\n-from old import A\n+from new import A\n import c\n \n \n"


def test_what_is_shown() -> None:
    text = HandEdit(CODE, OFFER).text("x.py, 1/1").decode()
    assert text.startswith("# x.py, 1/1\n# How to edit it is said at the end.\n@@ -1,5 +1,5 @@\n import a\n")
    assert text.endswith("\n \n \n# ---\n" + text.partition("# ---\n")[2])
    assert "write ' ' in place of '-'" in text
    assert shown(HandEdit(CODE, OFFER)) == SHOWN


@pytest.mark.parametrize(
    "edited",
    [
        pytest.param(b"", id="an empty file"),
        pytest.param(b"\n\n", id="empty lines"),
        pytest.param(b"# a comment\n#another\n", id="comments only"),
        pytest.param(b"@@ -1,5 +1,5 @@\n", id="the head of the hunk only"),
        pytest.param(SHOWN.replace(b"-", b" ").replace(b"+from new import A\n", b""), id="all kept, nothing new"),
        pytest.param(SHOWN.replace(b"+from new", b"+from old"), id="the same line once more"),
    ],
)
def test_no_change_is_left(edited: bytes) -> None:
    assert HandEdit(CODE, OFFER).read(edited) is None


@pytest.mark.parametrize(
    "edited",
    [
        pytest.param(SHOWN, id="as shown"),
        pytest.param(
            SHOWN.replace(b"@@ -1,5 +1,5 @@", b"@@ -1,9 +7 @@ def f"), id="other numbers, which some editors count"
        ),
        pytest.param(SHOWN.replace(b"\n \n", b"\n\n"), id="without blanks at the ends of lines"),
        pytest.param(SHOWN.removesuffix(b"\n \n \n") + b"\n# ---\n", id="without empty lines at the end"),
        pytest.param(SHOWN.removesuffix(b"\n"), id="without a final newline"),
        pytest.param(SHOWN.replace(b"\n", b"\r\n"), id="with other line ends throughout"),
        pytest.param(b"\n" + SHOWN + b"\n\n", id="empty lines around it"),
    ],
)
def test_the_offer_itself_comes_back(edited: bytes) -> None:
    assert HandEdit(CODE, OFFER).read(edited) == OFFER


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        pytest.param(
            b"+from new import A", b"+from newest import A as A", b"from newest import A as A\n", id="changed"
        ),
        pytest.param(b"+from new", b"+import b\n+from new", b"import b\nfrom new import A\n", id="one more"),
        pytest.param(b"-from old", b" from old", b"from old import A\nfrom new import A\n", id="the old one kept"),
        pytest.param(b"+from new import A\n", b"", b"", id="the new one refused"),
        pytest.param(
            b" import c\n",
            b" import c\n+import d\n",
            b"from new import A\nimport c\nimport d\n",
            id="a new one elsewhere",
        ),
        pytest.param(b" import c\n", b"-import c\n", b"from new import A\n", id="another line goes, too"),
        pytest.param(
            b"+from new import A", "+from new import Ä".encode(), "from new import Ä\n".encode(), id="not ASCII"
        ),
        pytest.param(b"+from new import A", b"+x = '\x0c\r\xff'", b"x = '\x0c\r\xff'\n", id="odd bytes"),
        pytest.param(b"+from new import A", b"+#", b"#\n", id="a comment of the file's"),
    ],
)
def test_lines_written_by_hand(old: bytes, new: bytes, line: bytes) -> None:
    after = by_hand(CODE, OFFER, old, new)
    replaced = b"from old import A\nimport c\n" if b" import c" in old else b"from old import A\n"
    assert after == CODE.replace(replaced, line)
    if b"import d" in new:  # the offered change is as it was, and only the other one is by hand
        read = HandEdit(CODE, OFFER).read(HandEdit(CODE, OFFER).text("").replace(old, new))
        assert read is not None
        assert [each.kind for each in read] == ["import", BY_HAND]


@pytest.mark.parametrize(
    ("edited", "why"),
    [
        pytest.param(
            SHOWN.replace(b" import c", b" import d"),
            "line 5: 'import d' is not what the file has there, 'import c'; change only lines with '+'",
            id="a line around it",
        ),
        pytest.param(
            SHOWN.replace(b"-from old", b"-from older"),
            "line 3: 'from older import A' is not what the file has there, 'from old import A'; change only lines with '+'",
            id="an old line",
        ),
        pytest.param(
            SHOWN.replace(b"-from old import A\n", b""),
            "line 4: 'import c' is not what the file has there, 'from old import A'; change only lines with '+'",
            id="an old line is missing",
        ),
        pytest.param(SHOWN.replace(b" import c", b"import c"), "line 5: 'import c' begins with none of ' ', '-' and '+'", id="no sign"),
        pytest.param(
            b"# x\n" + SHOWN.replace(b" import c\n", b"\\ No newline\n"),
            r"line 6: '\ No newline' begins with none of ' ', '-' and '+'",
            id="a mark that was not shown",
        ),
        pytest.param(
            SHOWN.replace(b" import c\n \n \n", b""),
            "'import c' is missing at the end of a hunk; change only lines with '+'",
            id="lines at the end are missing",
        ),
        pytest.param(
            SHOWN + b" print(A)\n",
            "line 8: 'print(A)' is beyond the end of the hunk; begin new lines with '+'",
            id="a line too many",
        ),
        pytest.param(
            b"+import z\n" + SHOWN,
            "line 1: '+import z' stands before the line with '@@'; write it below",
            id="above the hunk",
        ),
        pytest.param(SHOWN.replace(b"@@ -1,5 +1,5 @@\n", b""), "line 1: ' import a' stands before the line with '@@'; write it below", id="no head"),
        pytest.param(SHOWN + SHOWN, "2 lines with '@@' where there was 1; leave those as they are", id="a hunk too many"),
        pytest.param(
            SHOWN.replace(b" import c", b" " + b"x" * 60 + b"\x1b[31m"),
            f"line 5: '{'x' * 50}…' is not what the file has there, 'import c'; change only lines with '+'",
            id="a long line",
        ),
        pytest.param(
            SHOWN.replace(b" import c", b" \x1b[31m"),
            r"line 5: '\x1b[31m' is not what the file has there, 'import c'; change only lines with '+'",
            id="a control character",
        ),
    ],
)  # fmt: skip
def test_not_taken(edited: bytes, why: str) -> None:
    with pytest.raises(NotTaken) as refused:
        HandEdit(CODE, OFFER).read(edited)
    assert str(refused.value) == why


def test_a_draft_is_opened_as_it_was_written() -> None:
    """Also one that was opened before: reasons do not pile up."""
    hand = HandEdit(CODE, OFFER)
    draft = hand.text("x.py", SHOWN.replace(b"+from new", b"+from newer"), "a first reason")
    again = hand.text("x.py", draft, "a second reason")
    assert again.startswith(b"# x.py\n# not taken: a second reason\n@@ ")
    assert b"first" not in again
    assert again.count(b"+from newer import A\n") == again.count(b"# ---\n") == 1


def test_hunks_of_one_site() -> None:
    before = b"import a\n" + b"x\n" * 20 + b"f(1)\n"
    edits = (Edit(Span(9, 9), b"import b\n", "add-import", 3), Edit(Span(51, 52), b"b", "rename", 3))
    hand = HandEdit(before, edits)
    text = hand.text("x.py")
    assert text.count(b"@@ -") == 2
    assert hand.read(text) == edits
    read = hand.read(text.replace(b"+f(b)", b"+f(c)"))
    assert read is not None
    assert [each.kind for each in read] == ["add-import", BY_HAND]
    assert apply_edits(before, read) == b"import a\nimport b\n" + b"x\n" * 20 + b"f(c)\n"
    with pytest.raises(NotTaken, match=r"^1 line with '@@' where there were 2; leave those as they are$"):
        hand.read(b"@@ -1 +1 @@\n import a\n")
    lines = text.splitlines(keepends=True)
    second = next(n for n, line in enumerate(lines) if line.startswith(b"@@ -1") and n > 3)
    with pytest.raises(NotTaken, match="is missing at the end of a hunk"):
        hand.read(b"".join(lines[: second + 1]))


def test_what_was_accepted_nearby_is_shown_and_replaced() -> None:
    """Two calls on one line: after the first was taken, the line is edited as it is then."""
    before = b"f(old=1); g(old=2)\n" + b"x\n" * 10 + b"h(old=3)\n"
    first, second, far = (edit(before, b"old=%d" % n, b"new=%d" % n, n) for n in (1, 2, 3))
    hand = HandEdit(before, [second], [first, far])
    assert hand.absorbed == (first,)
    assert b"-f(old=1); g(old=2)\n+f(new=1); g(new=2)\n" in shown(hand)
    assert hand.read(hand.text("")) == (first, second)
    read = hand.read(hand.text("").replace(b"+f(new=1); g(new=2)", b"+f(new=1)\n+g(new=0)"))
    assert read == (Edit(Span(0, 19), b"f(new=1)\ng(new=0)\n", BY_HAND, 2),)


def test_an_edit_beside_lines_that_stay_the_same() -> None:
    """It may reach over lines that its diff does not show as changed; a line written there makes all of it by hand."""
    before = b"a = 1\nb = 1\nc = 1\n"
    offer = (Edit(Span(0, 17), b"a = 1\nb = 2\nc = 1", "merge", 0),)
    assert by_hand(before, offer, b" a = 1\n", b" a = 1\n+z = 1\n") == b"a = 1\nz = 1\nb = 2\nc = 1\n"
    assert by_hand(before, offer, b" c = 1\n", b" c = 1\n+z = 1\n") == b"a = 1\nb = 2\nc = 1\nz = 1\n"


def test_an_edit_around_a_line_that_is_added() -> None:
    """The edit reaches over it, and so cannot stay what it was."""
    before = b"a\nb\nc\nd\ne\n"
    hand = HandEdit(before, (Edit(Span(0, 9), b"a\nb\nC\nd\ne", "merge", 0),))
    read = hand.read(hand.text("").replace(b" b\n", b"+z\n b\n"))
    assert read == (Edit(Span(2, 2), b"z\n", BY_HAND, 0), Edit(Span(4, 6), b"C\n", BY_HAND, 0))


def test_accepted_edits_that_reach_beyond_the_hunk_or_change_nothing() -> None:
    """Neither may stand beside what was written over a part of them."""
    before = b"".join(b"%d\n" % n for n in range(10, 30))
    site = (Edit(Span(0, 2), b"x", "use", 0),)
    wide = Edit(Span(3, 59), b"y\n" + before[3:59], "merge", 1)
    assert HandEdit(before, site, [wide]).absorbed == (wide,)
    same = Edit(Span(6, 8), b"12", "use", 1)
    hand = HandEdit(before, site, [same])
    assert hand.absorbed == (same,)
    read = hand.read(hand.text("").replace(b" 12\n", b"-12\n+13\n"))
    assert read == (*site, Edit(Span(6, 9), b"13\n", BY_HAND, 0))


LATIN = "# coding: latin-1\nx = 'ä'\nold('ö')\n".encode("latin-1")


@pytest.mark.parametrize(
    ("before", "old", "new", "written", "after"),
    [
        pytest.param(LATIN, b"old", b"new", "+neu('ü')", LATIN.replace(b"old('\xf6')", b"neu('\xfc')"), id="Latin-1"),
        pytest.param(b"a\r\nold\r\nc\r\n", b"old", b"new", "+n1\n+n2", b"a\r\nn1\r\nn2\r\nc\r\n", id="CRLF"),
        pytest.param(b"a\r\nold\r\nc", b"old", b"new", "+n1\n+n2", b"a\r\nn1\r\nn2\r\nc", id="CRLF, no final newline"),
        pytest.param(
            b"a\r\nold\nc\r\n", b"old", b"new", "+n1\n+n2\r", b"a\r\nn1\nn2\r\nc\r\n", id="line ends of both kinds"
        ),
        pytest.param(
            b"\xef\xbb\xbfold\nb\n", b"old", b"new", "+n1\n+n2", b"\xef\xbb\xbfn1\nn2\nb\n", id="byte order mark"
        ),
        pytest.param(b"a\nold", b"old", b"new", "+n1\n+n2", b"a\nn1\nn2", id="no final newline"),
        pytest.param(b"a\r\nold", b"old", b"new", "+n1\n+n2", b"a\r\nn1\r\nn2", id="no final newline after CRLF"),
        pytest.param(b"old", b"old", b"new", "+n1\n+n2", b"n1\nn2", id="one line only"),
        pytest.param(b"a\nold\n", b"old\n", b"new", "+n1\n+n2", b"a\nn1\nn2", id="the final newline goes, as offered"),
        pytest.param(b"a\nold", b"old", b"new\n", "+n1\n+n2", b"a\nn1\nn2\n", id="a final newline comes, as offered"),
        pytest.param(
            b"\xff\xfe\nold\n", b"old", b"new", "+n\xe9", "\N{COMBINING ENCLOSING CIRCLE}".encode(), id="no text"
        ),
    ],
)
def test_the_file_keeps_its_ways(before: bytes, old: bytes, new: bytes, written: str, after: bytes) -> None:
    """Encoding, line ends, byte order mark and final newline; the editor sees UTF-8 and plain line ends."""
    if before.startswith(b"\xff"):
        after = b"\xff\xfe\nn\xe9\n"  # bytes of no encoding are read as Latin-1
    offer = (edit(before, old, new),)
    hand = HandEdit(before, offer)
    text = hand.text("x.py")
    text.decode()
    assert b"\r" not in text or b"\n" in before.replace(b"\r\n", b"")
    assert b"\xef\xbb\xbf" not in text
    line = next(line for line in text.splitlines(keepends=True) if line.startswith(b"+"))
    assert hand.read(text) == offer
    read = hand.read(text.replace(line, f"{written}\n".encode()))
    assert read is not None
    assert apply_edits(before, read) == after


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        pytest.param(b"old\nlast", b" last\n", b" last\n+more\n", b"new\nlast\nmore", id="a line behind the last one"),
        pytest.param(b"old\r\nlast", b" last\n", b" last\n+more\n", b"new\r\nlast\r\nmore", id="and CRLF"),
        pytest.param(b"old\nlast", b" last\n", b"-last\n", b"new", id="the last one goes"),
        pytest.param(b"old\nlast\n", b" last\n", b" last\n+more\n", b"new\nlast\nmore\n", id="with a final newline"),
        pytest.param(b"x\nold", b"-old\n", b" old\n", b"x\nold\nnew", id="the last one is kept"),
        pytest.param(b"x\nold", b"-old\n+new\n", b"+new\n old\n", b"x\nnew\nold", id="kept behind the new one"),
    ],
)
def test_at_the_end_of_a_file(before: bytes, old: bytes, new: bytes, after: bytes) -> None:
    assert by_hand(before, (edit(before, b"old", b"new"),), old, new) == after


def test_what_the_encoding_does_not_have() -> None:
    hand = HandEdit(LATIN, (edit(LATIN, b"old", b"new"),))
    with pytest.raises(NotTaken, match=r"^line \d+: 'new\('€'\)' cannot be written in iso-8859-1, as the file is$"):
        hand.read(hand.text("").replace("+new('ö')".encode(), "+new('€')".encode()))


def test_changes_that_touch_each_other() -> None:
    """A new line above one that changes: two changes of the file, and one in the text."""
    before = b"a\nold\nc\n"
    offer = (Edit(Span(2, 2), b"import b\n", "add-import", 0), edit(before, b"old", b"new"))
    hand = HandEdit(before, offer)
    assert shown(hand) == b"@@ -1,3 +1,4 @@\n a\n+import b\n-old\n+new\n c\n"
    assert hand.read(hand.text("")) == offer
    assert by_hand(before, offer, b"+import b\n", b"") == b"a\nnew\nc\n"


def test_text_that_is_none_is_shown_as_bytes() -> None:
    before = b"# coding: raw_unicode_escape\nold = '\\ud800'\n"
    offer = (edit(before, b"old", b"new"),)
    assert b"+new = '\\ud800'\n" in HandEdit(before, offer).text("")
    assert by_hand(before, offer, b"+new", b"+newer") == before.replace(b"old", b"newer")


def test_an_encoding_that_does_not_lead_back_is_shown_as_bytes() -> None:
    before = "# coding: shift_jis\nold('表\\')\n".encode("shift_jis")
    offer = (edit(before, b"old", b"new"),)
    assert HandEdit(before, offer).read(HandEdit(before, offer).text("")) == offer
    before = b"# coding: cp932\nold = '\xfa\x54'\n"  # a sign that this encoding has twice
    offer = (edit(before, b"old", b"new"),)
    assert b"+new = '\xfa\x54'\n" in HandEdit(before, offer).text("")
    assert HandEdit(before, offer).read(HandEdit(before, offer).text("")) == offer
    assert by_hand(before, offer, b"+new", b"+newer") == b"# coding: cp932\nnewer = '\xfa\x54'\n"


LINES = st.lists(st.sampled_from([b"a", b"b", b"", b"# c", b" d ", b"\xe9", b"\xc3\xa9", b"x\ry"]), max_size=14)


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, list[Edit], list[Edit]]:
    """A file, edits of one site in it, and others."""
    newline = draw(st.sampled_from([b"\n", b"\r\n"]))
    before = draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + newline.join(draw(LINES))
    bom = 3 if before.startswith(b"\xef\xbb\xbf") else 0
    places = sorted(draw(st.lists(st.integers(bom, len(before)), min_size=2, max_size=10)))
    spans = list(dict.fromkeys(zip(places[::2], places[1::2], strict=False)))  # two insertions at one place are refused
    sites = [draw(st.integers(0, 1)) for _ in spans]
    sites[draw(st.integers(0, len(spans) - 1))] = 0
    new = (newline.join(draw(LINES)) for _ in spans)
    edits = [Edit(Span(*span), after, "x", site) for span, after, site in zip(spans, new, sites, strict=True)]
    site, others = ([each for each in edits if each.site == number] for number in (0, 1))
    assume(apply_edits(before, site) != before)
    return before, site, others


@given(files(), st.data())
def test_any_file(given_file: tuple[bytes, list[Edit], list[Edit]], data: st.DataObject) -> None:
    """What comes back as it was shown changes the file as offered, and what is added by hand comes in where it was put."""
    before, site, others = given_file
    hand = HandEdit(before, site, others)
    rest = [each for each in others if each not in hand.absorbed]
    whole = apply_edits(before, in_order((*site, *others)))
    text = hand.text("x.py")
    read = hand.read(text)
    assume(read is not None)  # the others take the change back
    assert read is not None
    assert apply_edits(before, in_order((*read, *rest))) == whole

    lines = text.split(b"\n")
    first = next(number for number, line in enumerate(lines) if line.startswith(b"@@"))
    at = data.draw(st.integers(first + 1, len(lines) - 8))
    added = hand.read(b"\n".join([*lines[:at], b"+marker", *lines[at:]]))
    assert added is not None
    after = apply_edits(before, in_order((*added, *rest)))
    assert after.replace(b"\r", b"").count(b"marker") == 1
    assert _squeezed(after.replace(b"marker", b"")) == _squeezed(whole)


def _squeezed(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"")


def test_the_examples_are_python() -> None:
    ast.parse(CODE)
