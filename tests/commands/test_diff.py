"""diff.py: `git apply` makes of the file before exactly the file after."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from migrate.diff import quoted, unified_diff
from migrate.edits import Edit, Span, apply_edits

NAMES = [
    "plain.py",
    "folder/with space.py",
    'quote".py',
    "back\\slash.py",
    "tab\tand\nnewline\r.py",
    "\x1bescape\x7f.py",
    "\u00fcml\u00e4ut.py",
    os.fsdecode(b"latin-\xe9.py"),
    "-dash.py",
]


def edits_of(*pieces: tuple[int, int, bytes]) -> tuple[Edit, ...]:
    return tuple(Edit(Span(start, end), after, "import", site) for site, (start, end, after) in enumerate(pieces))


@st.composite
def changes(draw: st.DrawFn) -> tuple[bytes, tuple[Edit, ...]]:
    """A file of few different lines, and edits anywhere in it."""
    ends = st.sampled_from([b"\n", b"\r\n", b"\r", b"", b"\x0c\n"])
    lines = st.tuples(st.sampled_from([b"", b"a", b"bc", b" ", b"\xff\xfe", b"-- a", b"@@"]), ends)
    text = st.lists(lines, max_size=40).map(lambda parts: b"".join(word + end for word, end in parts))
    before = draw(text)
    at_lines = [0, *(i + 1 for i, byte in enumerate(before) if byte == 0x0A)]
    place = st.one_of(st.integers(0, len(before)), st.sampled_from(at_lines))
    places = sorted(draw(st.lists(place, max_size=8)))
    new = draw(st.lists(text.map(lambda t: t[:12]), min_size=4, max_size=4))
    spans = dict.fromkeys(zip(places[::2], places[1::2], strict=False))  # two insertions at one place are refused
    return before, edits_of(*((a, b, n) for (a, b), n in zip(spans, new, strict=False)))


def apply_with_git(path: str, before: bytes, patch: bytes, folder: Path) -> bytes:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(before)
    command = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn"]
    done = subprocess.run(command, input=patch, cwd=folder, capture_output=True)
    assert done.returncode == 0, (done.stderr, patch)
    return file.read_bytes()


@given(change=changes(), path=st.sampled_from(NAMES))
@example(change=(b"", edits_of((0, 0, b"new"))), path="plain.py")
@example(change=(b"a\nb\nc\n", edits_of((2, 2, b"new\n"), (2, 3, b"x"))), path="plain.py")
@example(change=(b"a\nb\nc\n", edits_of((0, 2, b""), (2, 2, b"new\n"), (3, 3, b"y"))), path="plain.py")
@example(change=(b"all\ngone", edits_of((0, 8, b""))), path="plain.py")
@example(change=(b"same\n", edits_of((0, 4, b"same"))), path="plain.py")
@example(change=(b"a\nb\nc\n", edits_of((0, 5, b"a\nx\nc"))), path="plain.py")
@example(change=(b"a\nlast", edits_of((6, 6, b"\n"))), path="plain.py")
@example(change=(b"a\nlast\n", edits_of((6, 7, b""))), path="plain.py")
@example(change=(b"a\n" * 30, edits_of((0, 1, b"x\ny"), (20, 21, b"z"), (58, 59, b""))), path="plain.py")
def test_git_apply_makes_the_file_after(change: tuple[bytes, tuple[Edit, ...]], path: str) -> None:
    before, edits = change
    after = apply_edits(before, edits)
    patch = unified_diff(path, before, edits)
    assert (patch == []) == (after == before)
    if patch:
        with tempfile.TemporaryDirectory() as folder:
            assert apply_with_git(path, before, b"".join(patch), Path(folder)) == after
        assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in patch)


def test_no_edit_no_diff() -> None:
    assert unified_diff("a.py", b"a\n", ()) == []


def test_new_lines_beside_a_changed_one() -> None:
    edits = edits_of((2, 2, b"new\n"), (4, 5, b"x"))
    assert unified_diff("a.py", b"a\nb\nc\n", edits)[4:] == [b" a\n", b"+new\n", b" b\n", b"-c\n", b"+x\n"]


def test_hunks_and_context() -> None:
    """Three lines around each change, as git does; changes six lines apart share a hunk."""
    before = b"".join(b"%d\n" % number for number in range(40))
    places = [before.index(b"\n%d\n" % line) + 1 for line in (10, 17, 25)]
    edits = edits_of(*((place, place + 2, b"new") for place in places))
    heads = [line for line in unified_diff("a.py", before, edits) if line.startswith(b"@@")]
    assert heads == [b"@@ -8,14 +8,14 @@\n", b"@@ -23,7 +23,7 @@\n"]


def test_the_same_as_git_diff(tmp_path: Path) -> None:
    before = b"import a\n\nimport b\n" + b"x = 1\n" * 20 + b"import c"
    edits = edits_of((0, 8, b"import d\nimport e"), (len(before) - 8, len(before), b"import f"))
    for name, content in (("a", before), ("b", apply_edits(before, edits))):
        (tmp_path / name).write_bytes(content)
    command = ["git", "-c", "core.abbrev=7", "diff", "--no-index", "--no-color", "a", "b"]
    theirs = subprocess.run(command, cwd=tmp_path, capture_output=True).stdout.splitlines(keepends=True)
    ours = unified_diff("a", before, edits)
    without_titles = [line[: line.index(b" @@") + 3] + b"\n" if line.startswith(b"@@") else line for line in theirs[4:]]
    assert ours[3:] == without_titles


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a b.py", b"a b.py"),
        ('a"b\\.py', b'"a\\"b\\\\.py"'),
        ("a\n\t\r.py", b'"a\\n\\t\\r.py"'),
        ("\u00fc\x01.py", b'"\\303\\274\\001.py"'),
    ],
)
def test_quoted(path: str, expected: bytes) -> None:
    assert quoted(path) == expected


@pytest.mark.parametrize(
    ("before", "pieces", "body"),
    [
        pytest.param(b"ab\ncd\ne\n", [(1, 3, b"")], b"-ab\n-cd\n+acd\n e\n", id="the end of a line goes"),
        pytest.param(b"ab\ncd\ne\n", [(0, 3, b"x")], b"-ab\n-cd\n+xcd\n e\n", id="a new line without an end"),
        pytest.param(b"ab\ncd\ne\n", [(1, 3, b""), (3, 6, b"")], b"-ab\n-cd\n-e\n+ae\n", id="and the next line goes, too"),
        pytest.param(b"ab\ncd\ne\n", [(0, 3, b"")], b"-ab\n cd\n e\n", id="a whole line goes"),
        pytest.param(b"\xef\xbb\xbfab\ncd\n", [(3, 6, b"")], b"-\xef\xbb\xbfab\n-cd\n+\xef\xbb\xbfcd\n", id="behind a byte order mark"),
    ],
)  # fmt: skip
def test_lines_that_become_one(before: bytes, pieces: list[tuple[int, int, bytes]], body: bytes) -> None:
    """They change together: a line of a diff without an end is the last one of its file."""
    assert b"".join(unified_diff("a.py", before, edits_of(*pieces))[4:]) == body
