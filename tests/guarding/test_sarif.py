"""guarding/sarif.py: the log keeps to the schema of the standard, and says what code scanning needs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from guarded import seen_at
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator, FormatChecker

from migrate.guarding.sarif import FINGERPRINT, RULES, SCHEMA_URI, failed_log, sarif_log
from migrate.guarding.seen import Seen

SCHEMA: dict[str, Any] = json.loads(Path(__file__).with_name("sarif-schema-2.1.0.json").read_text("utf-8"))


def log_of(*seen: Seen, prefix: str = "", strict: bool = False) -> dict[str, Any]:
    """The log, once it is known to be valid, and to survive being written."""
    log = sarif_log(seen, "basket", prefix, strict=strict)
    problems = [
        f"{e.json_path}: {e.message}" for e in Draft4Validator(SCHEMA, format_checker=FormatChecker()).iter_errors(log)
    ]
    assert problems == []
    assert json.loads(json.dumps(log)) == log
    return log


def results(*seen: Seen, prefix: str = "", strict: bool = False) -> list[dict[str, Any]]:
    found = log_of(*seen, prefix=prefix, strict=strict)["runs"][0]["results"]
    assert isinstance(found, list)
    return found


def place(result: dict[str, Any]) -> dict[str, Any]:
    found = result["locations"][0]["physicalLocation"]
    assert isinstance(found, dict)
    return found


def fingerprint(result: dict[str, Any]) -> str:
    return str(result["partialFingerprints"][FINGERPRINT])


def test_the_schema_is_the_one_that_the_log_names() -> None:
    Draft4Validator.check_schema(SCHEMA)
    assert SCHEMA["id"] == SCHEMA_URI
    assert not Draft4Validator(SCHEMA).is_valid({**log_of(), "runs": [{}]})


def test_a_look_that_could_not_be_had_keeps_to_the_schema() -> None:
    log = failed_log("migrate.toml: [plan]: {name} is missing", 2)
    Draft4Validator(SCHEMA, format_checker=FormatChecker()).validate(log)
    (run,) = log["runs"]
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"] == "migrate.toml: \\[plan\\]: {{name}} is missing"


def test_nothing_found_is_a_run_without_results() -> None:
    (run,) = log_of()["runs"]
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True}]
    assert run["automationDetails"]["id"] == "migrate-guard/basket/"


def test_every_rule_says_what_why_and_what_to_do() -> None:
    rules = log_of()["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    for rule in rules:
        texts = [rule[part]["text"] for part in ("shortDescription", "fullDescription", "help")]
        assert all(text.endswith(".") for text in texts)
        assert len(set(texts)) == 3


@pytest.mark.parametrize("code", RULES)
def test_a_result_points_at_its_rule(code: str) -> None:
    log = log_of(seen_at(code=code))
    (result,) = log["runs"][0]["results"]
    assert result["ruleId"] == code
    assert log["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == code


@pytest.mark.parametrize(
    ("code", "strict", "level"),
    [
        ("deprecated-import", False, "error"),
        ("deprecated-keyword", False, "error"),
        ("unparseable", False, "error"),
        ("redirect-import", False, "warning"),
        ("redirect-import", True, "error"),
    ],
)
def test_what_fails_is_an_error(code: str, strict: bool, level: str) -> None:
    log = log_of(seen_at(code=code), strict=strict)
    (run,) = log["runs"]
    assert run["results"][0]["level"] == level
    rules = {rule["id"]: rule["defaultConfiguration"]["level"] for rule in run["tool"]["driver"]["rules"]}
    assert rules[code] == level


@pytest.mark.parametrize(
    ("content", "line", "column", "expected"),
    [
        pytest.param("import a\n", 1, 0, 1, id="first column"),
        pytest.param("é = a.b\n", 1, 5, 5, id="after a letter of two bytes"),
        pytest.param("'😀'; a.b\n", 1, 8, 6, id="code points, not UTF-16 units"),
        pytest.param(b"\xef\xbb\xbf\xc3\xa9 = a\n", 1, 5, 5, id="byte order mark"),
        pytest.param(b"# coding: latin-1\n\xe9 = a\n", 2, 5, 5, id="latin-1, whose columns count UTF-8 bytes"),
        pytest.param(b"# coding: nothing\na.b\n", 2, 2, 3, id="unknown encoding"),
        pytest.param(b"\xff\xfe a\n", 1, 0, 1, id="no text"),
        pytest.param("", 1, 0, 1, id="empty file"),
        pytest.param("a\rb.c\n", 2, 2, 3, id="a carriage return ends a line"),
    ],
)
def test_columns_count_characters_from_1(content: str | bytes, line: int, column: int, expected: int) -> None:
    log = log_of(seen_at(content, line, column))
    assert log["runs"][0]["columnKind"] == "unicodeCodePoints"
    assert place(log["runs"][0]["results"][0])["region"] == {"startLine": line, "startColumn": expected}


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("app/page.py", "app/page.py"),
        ("app/odd name.py", "app/odd%20name.py"),
        ("app/ü.py", "app/%C3%BC.py"),
        ("100%.py", "100%25.py"),
        ("a:b#c?d.py", "a%3Ab%23c%3Fd.py"),
        ("line\nend.py", "line%0Aend.py"),
        (os.fsdecode(b"bad\xff.py"), "bad%FF.py"),
    ],
)
def test_paths_are_relative_references(path: str, uri: str) -> None:
    (result,) = results(seen_at(path=path), prefix="sub folder/")
    assert place(result)["artifactLocation"] == {"uri": f"sub%20folder/{uri}", "uriBaseId": "SRCROOT"}
    (result,) = results(seen_at(path=path))
    assert unquote_to_bytes(place(result)["artifactLocation"]["uri"]) == os.fsencode(path)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        pytest.param("still imports a.b:c", "still imports a.b:c", id="noop"),
        pytest.param(
            "\x1b[31mred, \u202eodd and \udcff", r"\\x1b\[31mred, \\u202eodd and \\udcff", id="control characters"
        ),
        pytest.param("see [here](https://example.org)", r"see \[here\](https://example.org)", id="no link"),
        pytest.param("call f({0})", "call f({{0}})", id="no placeholder"),
    ],
)
def test_messages_are_plain_text(message: str, text: str) -> None:
    """Sections 3.11.5 and 3.11.6 of the specification."""
    (result,) = results(seen_at(message=message))
    assert result["message"]["text"] == text


CART = "from shop.cart import Cart"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param((f"{CART}\n", 1, 0), (f"import os\n\n\n{CART}\n", 4, 0), id="lines above"),
        pytest.param((f"{CART}\n", 1, 0), (f"if x:\n    {CART}\n", 2, 4), id="indented"),
        pytest.param((f"{CART}\n", 1, 0), (f"{CART}\r\n", 1, 0), id="line ends"),
    ],
)
def test_fingerprints_survive_other_edits(before: tuple[str, int, int], after: tuple[str, int, int]) -> None:
    (first,), (second,) = results(seen_at(*before)), results(seen_at(*after))
    assert fingerprint(first) == fingerprint(second)


def test_fingerprints_tell_findings_apart() -> None:
    content = f"{CART}\n{CART}\nfrom shop.cart import Cart, x\n"
    seen = [
        *(seen_at(content, line) for line in (1, 2, 3)),
        seen_at(content, 1, code="redirect-import"),
        seen_at(content, 1, subject="shop.cart:x"),
        seen_at(content, 1, path="app/other.py"),
    ]
    prints = [fingerprint(result) for result in results(*seen)]
    assert len(set(prints)) == len(prints)
    assert prints == [fingerprint(result) for result in results(*seen)]


@given(path=st.text(min_size=1), message=st.text(min_size=1), content=st.text(), column=st.integers(0, 80))
def test_whatever_is_found_the_log_is_valid(path: str, message: str, content: str, column: int) -> None:
    """Surrogates only where a file name has bytes that are no text."""
    try:
        os.fsencode(path)
        raw = content.encode()
    except UnicodeEncodeError:
        return
    (result,) = results(seen_at(raw, 1, column, path=path, message=message))
    assert result["message"]["text"].isprintable()
    assert place(result)["artifactLocation"]["uri"].isascii()
