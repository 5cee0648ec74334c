"""`migrate explain`: the real process, on terminals and into pipes, anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from sample import HOME, Sample
from terminal import terminal

from migrate.findings import SEVERITIES

PAGES = HOME / "docs" / "findings"


@pytest.fixture
def nowhere(tmp_path: Path) -> Sample:
    """A folder that is no repository and has no plan."""
    return Sample(tmp_path)


def test_a_page_into_a_pipe_is_its_markdown(nowhere: Sample) -> None:
    done = nowhere.migrate("explain", "shim-patch")
    assert done.out.encode() == (PAGES / "shim-patch.md").read_bytes()
    assert done.err == "next: migrate check\n"


@pytest.mark.parametrize(
    ("code", "following"),
    [("keyword-conflict", "check"), ("missing-command", "check"), ("redirect-import", "guard")],
)
def test_what_comes_next_is_what_finds_it(code: str, following: str, nowhere: Sample) -> None:
    assert nowhere.call("explain", code).err == f"next: migrate {following}\n"
    assert nowhere.call("explain", code, "--quiet").err == ""


def test_without_a_code_all_are_listed(nowhere: Sample) -> None:
    done = nowhere.migrate("explain")
    errors, warnings, end = done.out.split("\n\n")
    assert end == ""
    for severity, text in (("error", errors), ("warning", warnings)):
        heading, *lines = text.splitlines()
        assert heading.startswith(f"{severity}s: ")
        assert [line.split()[0] for line in lines] == sorted(
            code for code in SEVERITIES if SEVERITIES[code] == severity
        )
    assert "\nkeyword-spread       a call passes `**mapping`" in warnings
    assert done.err == "next: migrate explain CODE\n"


def test_as_json(nowhere: Sample) -> None:
    done = nowhere.migrate("explain", "keyword-conflict", "--json")
    assert done.document == {
        "schema": 1,
        "code": "keyword-conflict",
        "severity": "error",
        "phases": [4],
        "title": "a call passes the old and the new keyword",
        "markdown": (PAGES / "keyword-conflict.md").read_text(encoding="utf-8"),
    }
    assert done.err == "next: migrate check\n"
    everything = nowhere.call("--json", "explain")
    assert everything.err == "next: migrate explain CODE\n"
    listed = everything.document["codes"]
    assert [entry["code"] for entry in listed] == sorted(SEVERITIES)
    assert {k: v for k, v in done.document.items() if k in listed[0]} in listed


def test_an_unknown_code(nowhere: Sample) -> None:
    said = "explain: no finding has the code 'star-inport'; did you mean star-import"
    assert nowhere.migrate("explain", "star-inport", code=2).complaint.startswith(said)
    refused = nowhere.call("explain", "star-inport", "--json", code=2)
    assert (refused.document["error"] + "\n", refused.document["exit_code"]) == (refused.err, 2)
    assert "unexpected extra argument" in nowhere.call("explain", "star-import", "shadowed", code=2).complaint


def test_a_broken_plan_is_no_obstacle(sample: Sample) -> None:
    sample.write("migrate.toml", "[plan]\nnames = 1\n")
    with sample.nothing_written():
        assert sample.call("explain", "shadowed").out.startswith("# shadowed\n")


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}], ids=["colours", "no colours"])
@pytest.mark.parametrize("arguments", [("deprecated-keyword",), ()], ids=["a page", "all"])
def test_on_a_terminal(arguments: tuple[str, ...], env: dict[str, str], columns: int, nowhere: Sample) -> None:
    with terminal(nowhere, "explain", *arguments, columns=columns, **env) as person:
        assert person.end() == 0
    *lines, end = person.text.splitlines()
    assert end.startswith("next: migrate ")
    assert max(map(len, lines)) <= columns
    assert (b"\x1b[3" in person.raw or b";3" in person.raw) == (not env)
    assert b"\x1b]8" not in person.raw, "no link that leads nowhere"
    if arguments:
        assert [line.rstrip() for line in lines[:3]] == ["deprecated-keyword", "", "warning, phase 5"]
        assert "(migrate explain uncertain-keyword)" in " ".join(person.text.split())
    else:
        assert any(line.startswith("deprecated-keyword   a keyword of") for line in lines)
