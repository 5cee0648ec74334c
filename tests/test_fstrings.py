from __future__ import annotations

import ast
import random
import re
import sys
import sysconfig
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate import fstrings
from migrate.fstrings import place_exactly
from migrate.source import Source

PARSER_IS_RIGHT = sys.version_info >= (3, 12)


@pytest.fixture(autouse=True)
def _placed_on_every_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fstrings, "_MISPLACED", True)


def outermost(node: ast.AST) -> Iterator[ast.JoinedStr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.JoinedStr):
            yield child
        else:
            yield from outermost(child)


def inside(joined: ast.JoinedStr) -> Iterator[ast.expr]:
    """The nodes to be placed, in the order of the tree."""
    for node in ast.walk(joined):
        if node is not joined and hasattr(node, "lineno"):
            yield node  # type: ignore[misc]


def misplace(joined: ast.JoinedStr) -> None:
    for node in inside(joined):
        node.lineno = node.end_lineno = 1
        node.col_offset = node.end_col_offset = 0


def placed(content: bytes) -> tuple[Source, ast.Module]:
    source = Source(content)
    tree = source.parse()
    for joined in outermost(tree):
        misplace(joined)
        assert place_exactly(source, joined)
    return source, tree


def spelled(source: Source, tree: ast.Module) -> list[str]:
    """The text at each name, attribute and call inside f-strings, by its place."""
    wanted = (ast.Name, ast.Attribute, ast.Call)
    nodes = [n for joined in outermost(tree) for n in inside(joined) if isinstance(n, wanted)]
    spans = sorted({source.span(node) for node in nodes}, key=lambda span: (span.start, -span.end))
    assert len(spans) == len(nodes)
    return [source.slice(span) for span in spans]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param('f""', [], id="empty"),
        pytest.param('f"{{a}} }}{{"', [], id="doubled braces only"),
        pytest.param('f"{a}"', ["a"], id="one name"),
        pytest.param('f"{a}{a}{a}"', ["a", "a", "a"], id="the same name thrice"),
        pytest.param('f"{a.b.c(d)}"', ["a.b.c(d)", "a.b.c", "a.b", "a", "d"], id="call of an attribute"),
        pytest.param('f"{  a  }"', ["a"], id="blanks around"),
        pytest.param('f"{a}a{a!r}a"', ["a", "a"], id="the name as text, too"),
        pytest.param('f"{{{a}}}"', ["a"], id="between doubled braces"),
        pytest.param('f"{{a{a}a}}"', ["a"], id="inside doubled braces"),
        pytest.param('f"é漢😀{a}é{b}"', ["a", "b"], id="behind characters beyond ASCII"),
        pytest.param('é = f"{é.ü}"', ["é.ü", "é"], id="names beyond ASCII"),
        pytest.param('(f"{a}", f"{a}")', ["a", "a"], id="two f-strings on a line"),
        pytest.param("F'{a}' f'''{b}''' fr'{c}' Rf\"{d}\"", ["a", "b", "c", "d"], id="prefixes and quotes"),
        pytest.param('"{x}" f"{a}" r"\\"{x}" f"{b}" u"{x}"', ["a", "b"], id="beside plain literals"),
        pytest.param('("{x}"  # f"{y}"\n  # "\n\n\tf"{a}"\n  "b"\n)', ["a"], id="over lines with comments"),
        pytest.param('x = f"{a}" \\\n  f"{b}"', ["a", "b"], id="continued with a backslash"),
        pytest.param('f"a\\\n{a}\\\n\\\n{b}"', ["a", "b"], id="a backslash and a line end inside"),
        pytest.param('f"""\n{a}\n {b(\n  c,\n d)}\n"""', ["a", "b(\n  c,\n d)", "b", "c", "d"], id="over lines"),
        pytest.param('f"""{\n\na\n}{\nb}"""', ["a", "b"], id="fields over lines"),
        pytest.param("f'''{a}\"'{b}'''", ["a", "b"], id="quotes in triple quotes"),
        pytest.param('f"\\"{a}\\"\\\\{b}\\t"', ["a", "b"], id="escapes"),
        pytest.param('fr"\\{a}\\\\{b}\\"{c}"', ["a", "b", "c"], id="backslashes in a raw f-string"),
        pytest.param('rf"\\N{a}"', ["a"], id="what is no named character in a raw f-string"),
        pytest.param('f"\\N{BULLET}{a}\\N{EM DASH}{b}"', ["a", "b"], id="named characters"),
        pytest.param('f"{a!r}{b!s:>4}{c!a}"', ["a", "b", "c"], id="conversions"),
        pytest.param('f"{a=}{b = }{c=!s}{d=:>3}{e = !r:^9}"', ["a", "b", "c", "d", "e"], id="self-documenting"),
        pytest.param('f"{a:%H:%M}{b:}{c}"', ["a", "b", "c"], id="format specifications"),
        pytest.param('f"{a:{b}.{c}}{d}"', ["a", "b", "c", "d"], id="fields in a format specification"),
        pytest.param('f"{a:=5}{(b:=c)}{a}"', ["a", "b", "c", "a"], id="no walrus and a walrus"),
        pytest.param('f"{a!=b}{a==b}{a<=b}{a>=b}{a<b>c}"', [*"ababababab", "c"], id="comparisons"),
        pytest.param('f"{(lambda x: x)(a)}"', ["(lambda x: x)(a)", "x", "a"], id="lambda"),
        pytest.param('f"{ {a: b}[c] }{ {d} }"', ["a", "b", "c", "d"], id="dictionary and set"),
        pytest.param('f"{a[b:c]}{a[d]!r:>{e}}"', ["a", "b", "c", "a", "d", "e"], id="slices"),
        pytest.param("f\"{a['}:!']}{b('{', c)}\"", ["a", "b('{', c)", "b", "c"], id="braces and colons in strings"),
        pytest.param("f'''{a[\"\"\"}'\"\"\"]}{b}'''", ["a", "b"], id="triple quotes inside"),
        pytest.param("f\"{a, b}{ c ,}\"", ["a", "b", "c"], id="tuples without parentheses"),
        pytest.param('f"{[x for x in a if x]}"', ["x", "x", "a", "x"], id="comprehension"),
        pytest.param('f"{a(*b, c=d, **e)}"', ["a(*b, c=d, **e)", "a", "b", "d", "e"], id="keywords and stars"),
        pytest.param('f"{a if b else c}{not d}{*e,}"', ["a", "b", "c", "d", "e"], id="operators"),
        pytest.param("f\"{f'{a}'}\"", ["a"], id="an f-string inside"),
        pytest.param("f\"é{b(f'''{a:{c}}''' f'{d}', e)}\"", None, id="f-strings in a call inside"),
        pytest.param('f"""{\n a(f"é{b}"\n   f"{c}")}"""', None, id="f-strings inside over lines"),
        pytest.param('async def f():\n return f"{await a}"', ["a"], id="await"),
        pytest.param('def f():\n yield f"{yield a}{(yield)}"', ["a"], id="yield"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["UTF-8", "BOM", "CR", "CRLF", "Latin-1", "indented"])
def test_each_name_attribute_and_call_is_at_its_own_text(text: str, names: list[str] | None, form: str) -> None:
    if form == "indented":
        text = "if 1:\n\t'é';" + text if "def" not in text else text
    encoding, text = "utf-8", text + "\n"
    if form == "Latin-1":
        encoding, text = "latin-1", "# coding: latin-1\n" + text.replace("漢😀", "ß")
    elif form == "BOM":
        encoding = "utf-8-sig"
    elif form in ("CR", "CRLF"):
        text = text.replace("\n", {"CR": "\r", "CRLF": "\r\n"}[form])
    source, tree = placed(text.encode(encoding))
    found = spelled(source, tree)
    if names is not None:
        line_end = {"CR": "\r", "CRLF": "\r\n"}.get(form, "\n")
        assert found == [name.replace("\n", line_end) for name in names]
    for joined in outermost(tree):
        check_spans(source, joined)


def test_shift_jis() -> None:
    source, tree = placed("# coding: shift_jis\ns = f'表ソ{a}能{b(\"ソ\")}'; f'{c}'\n".encode("shift_jis"))
    assert spelled(source, tree) == ["a", 'b("ソ")', "b", "c"]


@pytest.mark.parametrize(
    ("text", "tuples"),
    [
        pytest.param('f"{ a, b }"', ["a, b"], id="bare"),
        pytest.param('f"{(a, b)}{ ( c, ) }"', ["(a, b)", "( c, )"], id="in parentheses"),
        pytest.param('f"""{\n(a)\n, b}"""', ["(a)\n, b"], id="over lines"),
        pytest.param('f"{(a), (b)!r}"', ["(a), (b)"], id="elements in parentheses"),
    ],
)
def test_tuples(text: str, tuples: list[str]) -> None:
    source, tree = placed(text.encode())
    assert [source.slice(source.span(n)) for n in ast.walk(tree) if isinstance(n, ast.Tuple)] == tuples


def test_fields_and_format_specifications() -> None:
    source, tree = placed("f'é{a!r}' f'{ b = :>{c}x}{d}'".encode())
    (joined,) = outermost(tree)
    fields = [source.slice(source.span(n)) for n in inside(joined) if isinstance(n, ast.FormattedValue)]
    assert sorted(fields) == ["{ b = :>{c}x}", "{a!r}", "{c}", "{d}"]
    specifications = [source.slice(source.span(n)) for n in inside(joined) if isinstance(n, ast.JoinedStr)]
    assert specifications == [":>{c}x"]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        pytest.param('f"{a}"', 'f"{b}"', id="another expression"),
        pytest.param('f"{a}"', 'f"aaa"', id="no field"),
        pytest.param('f"{a}"', 'f"a{{"', id="no field but doubled braces"),
        pytest.param('f"{a}{b}"', 'f"{a}{{b"', id="a field less"),
        pytest.param('f"{a!r}"', 'f"{a!s}"', id="another conversion"),
        pytest.param('f"{a:3}"', 'f"{a  }"', id="no format specification"),
        pytest.param('f"{a  }"', 'f"{a:3}"', id="a format specification"),
        pytest.param('f"{a:{b}}"', 'f"{a:{c}}"', id="another format specification"),
        pytest.param('f"{a}"', "aaaaaa", id="no string"),
        pytest.param('f"{a}"', 'f"{a  ', id="no closing quote"),
        pytest.param('f"{a}"', 'f"{a "', id="no closing brace"),
        pytest.param('f"{ab}"', 'f"{a!}"', id="no conversion"),
        pytest.param('f"{a,b}"', 'f"{(a]}"', id="mixed brackets"),
        pytest.param('f"{a,b}"', 'f"{\'ab}"', id="an open string"),
        pytest.param('f"{a,b}"', 'f"\\N{ab"', id="an open name of a character"),
        pytest.param('f"{a,b}"', 'f"{a b}"', id="no expression"),
        pytest.param('f"{a}"', 'f"{ }"', id="nothing"),
        pytest.param("f\"{f'{a}'}\"", "f\"{f'{b}'}\"", id="another expression inside"),
    ],
)
def test_what_does_not_match_is_left_alone(text: str, other: str) -> None:
    (joined,) = outermost(ast.parse(text))
    assert len(other) == len(text)
    before = ast.dump(joined, include_attributes=True)
    assert not place_exactly(Source(other.encode()), joined)
    assert ast.dump(joined, include_attributes=True) == before


def test_nothing_changes_where_the_parser_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fstrings, "_MISPLACED", False)
    (joined,) = outermost(ast.parse('f"{a}"'))
    misplace(joined)
    before = ast.dump(joined, include_attributes=True)
    assert place_exactly(Source(b'f"{a}"'), joined)
    assert ast.dump(joined, include_attributes=True) == before


NAMES = st.sampled_from(["a", "b", "ü", "abc", "N"])
TEXTS = st.lists(st.sampled_from([*"aN é漢:!=#", "{{", "}}"]), max_size=5).map("".join)


def expressions(quotes: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Expressions in which only `quotes` stand."""
    simple = NAMES | st.tuples(NAMES, NAMES).map(".".join) | st.sampled_from(["1", "(a)", "[]"])
    if quotes:
        simple |= st.sampled_from(["{}", "}", ":", "!r", "é"]).map(lambda text: quotes[0] + text + quotes[0])
        simple |= f_strings(quotes[0], quotes[1:])
    return st.recursive(
        simple,
        lambda inner: st.one_of(
            st.tuples(NAMES, inner, inner).map(lambda t: f"{t[0]}({t[1]}, x={t[2]})"),
            st.tuples(inner, inner).map(lambda t: f"({t[0]}, {t[1]})"),
            st.tuples(inner, st.sampled_from([" != ", "==", "<=", " + "]), inner).map("".join),
            st.tuples(NAMES, inner).map(lambda t: f"(lambda {t[0]}: {t[1]})"),
            st.tuples(NAMES, inner).map(lambda t: f"({t[0]}:={t[1]})"),
            st.tuples(inner, inner).map(lambda t: f" {{{t[0]}: {t[1]}}}[0]"),
        ),
        max_leaves=4,
    )


def f_strings(quote: str, inner: tuple[str, ...]) -> st.SearchStrategy[str]:
    def field(parts: tuple[str, str, str, str, str]) -> str:
        blank, expression, equals, conversion, specification = parts
        return "{" + blank + expression + " " + equals + conversion + specification + "}"

    blanks = st.sampled_from(["", " ", "\n"] if len(quote) == 3 else ["", " "])
    specifications = st.sampled_from(["", ":", ":>5", ":é{a}", ":{ü.b!r}{N:x}"])
    fields = st.tuples(
        blanks,
        st.deferred(lambda: expressions(inner)),
        st.sampled_from(["", "= "]),
        st.sampled_from(["", "!r"]),
        specifications,
    ).map(field)
    text = TEXTS | st.sampled_from(["\n", "é\n\n"]) if len(quote) == 3 else TEXTS
    return st.lists(fields | text, max_size=4).map(lambda parts: "f" + quote + "".join(parts) + quote)


@pytest.mark.unmeasured
@settings(max_examples=examples(300))
@given(
    literals=st.lists(
        f_strings('"""', ("'''", '"', "'")) | f_strings("'", ('"',)) | st.sampled_from(["'{x}'", 'r"\\"{x}"']),
        min_size=1,
        max_size=3,
    ),
    between=st.sampled_from([" ", "\n", "  # '{x}\n\n\t", " \\\n "]),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_generated_f_strings(literals: list[str], between: str, newline: str) -> None:
    text = f"é = ('é', {between.join(literals)})\n".replace("\n", newline)
    source = Source(text.encode())
    native, tree = source.parse(), source.parse()
    for joined, right in zip(outermost(tree), outermost(native), strict=True):
        misplace(joined)
        assert place_exactly(source, joined)
        check_spans(source, joined)
        if PARSER_IS_RIGHT:
            check_same_places(joined, right)


def check_spans(source: Source, joined: ast.JoinedStr) -> None:
    """Each expression's text parses to that expression."""
    for node in inside(joined):
        if isinstance(node, (ast.Name, ast.Attribute, ast.Call)):
            text = source.slice(source.span(node))
            assert as_read(ast.parse(f"({text})", mode="eval").body) == as_read(node)


def as_read(node: ast.expr) -> str:
    return ast.dump(node).replace("Store()", "Load()")


def check_same_places(joined: ast.JoinedStr, native: ast.JoinedStr) -> None:
    """What the parser of Python 3.12 says of names, attributes and calls."""
    for node, right in zip(inside(joined), inside(native), strict=True):
        if isinstance(node, (ast.Name, ast.Attribute, ast.Call)):
            assert [getattr(node, a) for a in node._attributes] == [getattr(right, a) for a in right._attributes]


@pytest.mark.unmeasured
def test_the_standard_library() -> None:
    root = Path(sysconfig.get_path("stdlib"))
    others = {"site-packages", "test", "tests", "lib2to3"}
    paths = sorted(p for p in root.rglob("*.py") if others.isdisjoint(p.parts) and p.stat().st_size < 100_000)
    random.Random(3).shuffle(paths)  # the same files each time
    sources = (source for path in paths if re.search(rb"\bf[\"']", (source := Source(path.read_bytes())).content))
    strings = exact = 0
    for source in islice(sources, 150):
        for joined in outermost(source.parse()):
            misplace(joined)
            strings += 1
            if place_exactly(source, joined):
                exact += 1
                check_spans(source, joined)
    assert strings > 300
    # Where the parser is right, it also reads what this would not have to: quotes inside their like, comments.
    assert exact >= (0.95 if PARSER_IS_RIGHT else 0.99) * strings
