"""commit_message.py and the plan's `commit`: what the commit of a phase says."""

from __future__ import annotations

from typing import Any

import pytest
from checks import TABLES

from migrate.commit_message import message_of
from migrate.edits import Edit, Span
from migrate.errors import PlanError
from migrate.plan import Plan, parse_plan
from migrate.preview import FilePreview, Preview

BODY = "2 edits in 1 file, made by ssot-migrate.\n"


def plan_with(**table: Any) -> Plan:
    return parse_plan({"plan": {"name": "basket"}, "phase1": {**TABLES["phase1"], **table}}, "migrate.toml")


def message(plan: Plan) -> str:
    edits = (Edit(Span(0, 1), b"", "x", 0), Edit(Span(1, 2), b"", "x", 0))
    return message_of(plan, Preview(plan, 1, (FilePreview("a.py", b"ab", 0o644, edits),), (), 1, 0, (), 0.0))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        pytest.param({}, f"basket phase 1: phase 1\n\n{BODY}", id="neither title nor message"),
        pytest.param({"title": "Redirect"}, f"basket phase 1: Redirect\n\n{BODY}", id="the title"),
        pytest.param({"title": "Redirect", "commit": "Carts: Ümzug #7"}, f"Carts: Ümzug #7\n\n{BODY}", id="a subject"),
        pytest.param({"commit": "\n  Carts \n"}, f"Carts\n\n{BODY}", id="blanks around it"),
        pytest.param(
            {"commit": "Carts\n\nWhy:\n\t- so\n\nRefs: #7\n"},
            "Carts\n\nWhy:\n\t- so\n\nRefs: #7\n",
            id="a whole message",
        ),
    ],
)
def test_message(table: dict[str, Any], expected: str) -> None:
    assert message(plan_with(**table)) == expected


@pytest.mark.parametrize(
    ("commit", "mistake"),
    [
        pytest.param("", "empty; write what the commit does, or leave it out", id="empty"),
        pytest.param(" \n", "empty; write what the commit does, or leave it out", id="blank"),
        pytest.param(7, 'a number; expected a string, e.g. "Redirect the old modules"', id="no text"),
        pytest.param(
            "a\0b",
            r"'a\x00b' has the control character '\x00'; write text, and \n between lines",
            id="a character that no argument takes",
        ),
        pytest.param("a\rb", r"'a\rb' has the control character '\r'; write text, and \n between lines", id="a return"),
        pytest.param("é" * 10_001, "10001 characters; write at most 10000", id="too long"),
    ],
)
def test_no_message(commit: object, mistake: str) -> None:
    with pytest.raises(PlanError) as refused:
        plan_with(commit=commit)
    assert str(refused.value).endswith(f": {mistake}")
    assert str(refused.value).startswith("migrate.toml: phase1.commit: ")


def test_phase_5_commits_nothing() -> None:
    with pytest.raises(PlanError) as refused:
        parse_plan({"plan": {"name": "basket"}, "phase5": {"commit": "x"}}, "migrate.toml")
    assert str(refused.value) == "migrate.toml: phase5.commit: unknown key here; it belongs in [phase1] to [phase4]"


def test_a_plan_without_messages_is_the_plan_it_was() -> None:
    """Its key is what runs are compared by."""
    assert "commit" not in plan_with().key()
