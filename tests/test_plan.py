from __future__ import annotations

import ast
import json
import pickle
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from migrate.errors import Exit, PlanError, exit_code_of
from migrate.plan import (
    CallPhase,
    CheckPhase,
    Header,
    Move,
    MovePhase,
    Plan,
    RedirectPhase,
    load_plan,
    parse_plan,
)
from migrate.plan_calls import Call
from migrate.plan_checks import Check, Patterns, Percent, Tests
from migrate.plan_errors import Table
from migrate.plan_exports import Export
from migrate.plan_redirects import Redirect
from migrate.refs import ObjectRef
from migrate.whereabouts import find_plan

ROOT = Path(__file__).parents[1]
SEED = ROOT / "plans" / "issue-620.toml"

HEADER = '[plan]\nname = "p"\n'
REDIRECT = HEADER + '[[phase1.redirect]]\nmodule = "a.old"\ndocstring = "Moved."\nexports = ["a.new:B"]\n'
MOVE = HEADER + '[[phase3.move]]\nold = "a:B"\nnew = "c:B"\n'
CALL = HEADER + '[[phase4.call]]\ncallee = "a:B"\n'
CHECK = HEADER + '[[phase5.check]]\nname = "suite"\nrun = ["true"]\n'
EVERY_KEY = (
    REDIRECT.replace("[[phase", 'python = ["uv", "run", "python"]\n[[phase', 1)
    + """
[[phase5.check]]
name = "suite"
criterion = "All tests pass"
run = ["true"]
env = { TZ = "UTC" }
folder = "services/shop"
exit = [0, 5]
tests = { passed = 8, newly_failed = 0 }
pattern = { present = "^Ready", absent = ["late", "never"] }
compiles = true
imports = true
baseline = true
retries = 2
required = false
"""
)


def read(text: str) -> Plan:
    return parse_plan(tomllib.loads(text), "migrate.toml")


def mistakes(text: str) -> list[str]:
    with pytest.raises(PlanError) as caught:
        read(text)
    return [line.removeprefix("migrate.toml: ") for line in caught.value.mistakes]


# ------------------------------------------------------------------ the seed's plan

SEED_PHASE1 = '''\
"""DEPRECATED: Use UserExecutionEngine - this import redirects to SSOT implementation."""
from netra_backend.app.agents.supervisor.user_execution_engine import UserExecutionEngine as ExecutionEngine
from netra_backend.app.agents.supervisor.user_execution_engine import create_request_scoped_engine

__all__ = ["ExecutionEngine", "create_request_scoped_engine"]
'''

SEED_PHASE2 = '''\
"""DEPRECATED: Use UserExecutionEngine - this import redirects to SSOT implementation."""
from netra_backend.app.agents.supervisor.user_execution_engine import UserExecutionEngine as ExecutionEngine

__all__ = ["ExecutionEngine"]
'''


def test_seed_redirects_to_the_byte() -> None:
    assert [redirect.text() for redirect in load_plan(SEED).redirects] == [SEED_PHASE1, SEED_PHASE2]
    assert SEED_PHASE1.count("\n") == 5


def test_seed_plan() -> None:
    plan = load_plan(SEED)
    new = ObjectRef("netra_backend.app.agents.supervisor.user_execution_engine", "UserExecutionEngine")
    assert plan.name == "issue-620"
    assert plan.phases == (1, 2, 3, 4, 5)
    assert [plan.minutes(number) for number in plan.phases] == [30, 15, 45, 30, 20]
    assert plan.total_minutes == 140
    assert plan.hints() == ("the phases' planned minutes add up to 140, the budget is 150 minutes",)
    assert plan.phase3
    assert [(str(move.old), move.new, move.strings) for move in plan.phase3.move] == [
        ("netra_backend.app.agents.supervisor.execution_engine:ExecutionEngine", new, "targets"),
        ("netra_backend.app.agents.execution_engine_consolidated:ExecutionEngine", new, "targets"),
    ]
    assert plan.phase3.priority == (
        "tests/mission_critical/test_websocket_agent_events_suite.py",
        "netra_backend/app/agents/supervisor_ssot.py",
        "tests/issue_620/",
    )
    assert plan.phase4
    assert plan.phase4.call[0].callee.leaf == "UserExecutionContext"
    assert dict(plan.phase4.call[0].rename) == {"metadata": "agent_context"}
    assert dict(plan.phase4.call[0].add) == {"audit_metadata": "{}"}
    assert plan.phase4.call[0].remove == ()
    assert plan.phase5
    assert [check.name for check in plan.phase5.check] == [
        "redirect imports",
        "Issue #620 suite",
        "Golden Path suite",
        "architecture compliance",
    ]
    assert plan.phase5.check[1].tests == Tests(passed=8, failed=0)
    percent = plan.phase5.check[3].percent
    assert percent
    assert percent.above == 90


# ------------------------------------------------------------------ valid plans


def test_smallest_plan() -> None:
    plan = read(HEADER + "[phase5]\n")
    assert plan.phases == (5,)
    assert plan.phase(5) == CheckPhase()
    assert plan.phase(1) is None
    assert plan.minutes(1) is None
    assert plan.minutes(5) is None
    assert plan.redirects == ()
    assert plan.hints() == ()
    assert plan.plan == Header(name="p", title="", budget_minutes=None, exclude=(), source_roots=(".",))


def test_no_such_phase() -> None:
    with pytest.raises(KeyError):
        read(CHECK).phase(6)


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        pytest.param("[phase5]\nminutes = 2\n", (), id="no budget"),
        pytest.param("budget_minutes = 5\n[phase5]\n", (), id="nothing planned"),
        pytest.param("budget_minutes = 5\n[phase5]\nminutes = 5\n", (), id="adds up"),
        pytest.param(
            "budget_minutes = 7.5\n[phase5]\nminutes = 10\n",
            ("the phases' planned minutes add up to 10, the budget is 7.5 minutes",),
            id="more than the budget",
        ),
    ],
)
def test_hints(text: str, hints: tuple[str, ...]) -> None:
    assert read(HEADER + text).hints() == hints


@pytest.mark.parametrize(
    ("text", "export", "statement", "bound"),
    [
        pytest.param("a.b:C", ("a.b", "C", None), "from a.b import C", "C", id="plain"),
        pytest.param("a.b:C as D", ("a.b", "C", "D"), "from a.b import C as D", "D", id="alias"),
        pytest.param("a.b:C as C", ("a.b", "C", "C"), "from a.b import C", "C", id="alias is the name"),
        pytest.param(" a:C  as D ", ("a", "C", "D"), "from a import C as D", "D", id="more spaces"),
    ],
)
def test_export(text: str, export: tuple[str, str, str | None], statement: str, bound: str) -> None:
    redirect = Redirect(module="x", docstring="Moved.", exports=[text])
    (found,) = redirect.exports
    assert (found.module, found.name, found.asname) == export
    assert found.bound == bound
    assert redirect.text() == f'"""Moved."""\n{statement}\n\n__all__ = ["{bound}"]\n'


@pytest.mark.parametrize(
    "old_new",
    [
        pytest.param(("a:B", "c:B"), id="object"),
        pytest.param(("a.b", "c"), id="module"),
        pytest.param(("a:B.c", "a:B.d"), id="dotted name"),
        pytest.param(("a", "a.core"), id="module into itself"),
    ],
)
def test_move(old_new: tuple[str, str]) -> None:
    old, new = (ObjectRef.parse(text) for text in old_new)
    assert Move(old=old_new[0], new=old_new[1]) == Move(old=old, new=new)
    assert MovePhase(move=[Move(old=old, new=new)]).move[0].strings == "targets"


@pytest.mark.parametrize(
    "value",
    [
        "{}",
        "(1, 2)",
        "lambda: 0",
        "x if y else z",
        "[i for i in a]",
        "'#'",
        "1_000",
        "datetime.now()",
        "'café'",
    ],
)
def test_added_expression(value: str) -> None:
    assert Call(callee="a:B", add={"x": f" {value} "}).add["x"] == value


def test_keywords_keep_their_order_and_never_change() -> None:
    call = Call(callee="a:B", rename={"z": "y", "a": "b"}, remove=["q"])
    assert list(call.rename) == ["z", "a"]
    assert repr(call.rename) == "{'z': 'y', 'a': 'b'}"
    assert hash(call.rename) == hash(Call(callee="a:B", rename={"z": "y", "a": "b"}).rename)
    assert len(call.add) == 0
    with pytest.raises(TypeError, match="item assignment"):
        call.rename["a"] = "c"  # type: ignore[index]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        pytest.param("src", "src", id="plain"),
        pytest.param("./src/", "src", id="dot and slash"),
        pytest.param("a//b/.", "a/b", id="not normal"),
        pytest.param("./", ".", id="root"),
    ],
)
def test_source_roots(given: str, path: str) -> None:
    assert Header(name="p", source_roots=[given, path]).source_roots == (path,)


def test_priority_keeps_a_folder_a_folder() -> None:
    assert read(MOVE.replace("[[", '[phase3]\npriority = ["./a//b/", "./c.py"]\n[[')).phase3 == MovePhase(
        priority=("a/b/", "c.py"), move=(Move(old="a:B", new="c:B"),)
    )


@pytest.mark.parametrize("name", ["a", "0", "issue-620", "a.b_c-d", "a.lock.b", "x" * 100])
def test_plan_name(name: str) -> None:
    assert Header(name=name).name == name


@pytest.mark.parametrize("text", [REDIRECT, MOVE, CALL + 'remove = ["x"]\n', CHECK, SEED.read_text(), EVERY_KEY])
def test_plan_is_a_value(text: str) -> None:
    plan = read(text)
    assert pickle.loads(pickle.dumps(plan)) == plan
    assert hash(plan) == hash(read(text))
    assert parse_plan(json.loads(plan.key()), "key") == plan
    assert plan.key() == read(text).key()
    assert plan.key().isascii()
    assert re.fullmatch("[0-9a-f]{64}", plan.sha256)
    assert plan.sha256 != read(text.replace("[plan]", '[plan]\nexclude = ["x"]')).sha256


def test_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        read(CHECK).plan.name = "q"  # type: ignore[misc]


def test_every_key_has_an_example_and_is_documented() -> None:
    documented = (ROOT / "docs" / "plan.md").read_text()
    tables: list[type[Table]] = [
        Header,
        Redirect,
        RedirectPhase,
        Move,
        MovePhase,
        Call,
        CallPhase,
        Check,
        Tests,
        Percent,
        Patterns,
    ]
    for table in tables:
        for key, field in table.model_fields.items():
            assert field.examples, (table, key)
            assert f"`{key}`" in documented or f".{key}]]" in documented, (table, key)


@pytest.mark.parametrize("example", re.findall(r"```\nmigrate.toml: (.*)\n", (ROOT / "docs" / "plan.md").read_text()))
def test_documented_mistake(example: str) -> None:
    text = (
        '[[phase2.redirect]]\nmodule = "a"\ndocstring = "b"\nexports = ["c:D", "c:E", "c:F", "shop.billing.Invoice"]\n'
    )
    assert mistakes(HEADER + text) == [example]


# ------------------------------------------------------------------ mistakes

SLUG = "use a-z, 0-9, '.', '_' and '-', at most 100, without '..', '.lock' or '.' at the end, e.g."
OUTSIDE = "is not a path inside the root; write it relative to the root, with '/' and without '..'"

HEADER_MISTAKES = [
    pytest.param("[phase5]\n", 'plan: missing; write [plan] with a name, e.g. name = "issue-620"', id="no [plan]"),
    pytest.param("[plan]\n[phase5]\n", 'plan.name: missing; write name = "issue-620"', id="no name"),
    pytest.param("plan = 3\n[phase5]\n", 'plan: a number; expected a table, e.g. [plan] with a name, e.g. name = "issue-620"', id="[plan] is a number"),
    pytest.param(HEADER, "no phase; write at least one of [phase1] to [phase5]", id="no phase"),
    pytest.param('[plan]\nname = "Issue 620"\n[phase5]\n', f"plan.name: 'Issue 620' is not a plan name; {SLUG} 'issue-620'", id="name is not a slug"),
    pytest.param('[plan]\nname = "a..b"\n[phase5]\n', f"plan.name: 'a..b' is not a plan name; {SLUG} 'a-b'", id="name with two dots"),
    pytest.param('[plan]\nname = "a."\n[phase5]\n', f"plan.name: 'a.' is not a plan name; {SLUG} 'a'", id="name ends in a dot"),
    pytest.param('[plan]\nname = "a.lock"\n[phase5]\n', f"plan.name: 'a.lock' is not a plan name; {SLUG} 'a'", id="name ends in .lock"),
    pytest.param('[plan]\nname = "a\\n"\n[phase5]\n', rf"plan.name: 'a\n' is not a plan name; {SLUG} 'a'", id="name with a line end"),
    pytest.param('[plan]\nname = "?"\n[phase5]\n', f"plan.name: '?' is not a plan name; {SLUG} 'my-plan'", id="name without a letter"),
    pytest.param(
        f'[plan]\nname = "{"x" * 101}"\n[phase5]\n',
        f"plan.name: '{'x' * 79}…' is not a plan name; {SLUG} '{'x' * 100}'",
        id="name too long",
    ),
    pytest.param("[plan]\nname = 620\n[phase5]\n", 'plan.name: a number; expected a string, e.g. "issue-620"', id="name is a number"),
    pytest.param(HEADER + 'title = "a\\tb"\n[phase5]\n', r"plan.title: 'a\tb' has a line break or control character; write one line of text", id="title with a tab"),
    pytest.param(HEADER + "title = 1979-05-27\n[phase5]\n", 'plan.title: a value of another kind; expected a string, e.g. "ExecutionEngine SSOT migration"', id="title is a date"),
    pytest.param(HEADER + 'budget_minutes = "150"\n[phase5]\n', "plan.budget_minutes: a string; expected a number, e.g. 150", id="budget is a string"),
    pytest.param(HEADER + "budget_minutes = true\n[phase5]\n", "plan.budget_minutes: true or false; expected a number, e.g. 150", id="budget is a boolean"),
    pytest.param(HEADER + "budget_minutes = -1\n[phase5]\n", "plan.budget_minutes: out of range; write minutes from 0 to 525600", id="negative budget"),
    pytest.param(HEADER + "budget_minutes = nan\n[phase5]\n", "plan.budget_minutes: out of range; write minutes from 0 to 525600", id="budget is not a number"),
    pytest.param(HEADER + "budget_minutes = inf\n[phase5]\n", "plan.budget_minutes: out of range; write minutes from 0 to 525600", id="infinite budget"),
    pytest.param(HEADER + f"budget_minutes = 0x{'f' * 9000}\n[phase5]\n", "plan.budget_minutes: out of range; write minutes from 0 to 525600", id="budget too long to print"),
    pytest.param(HEADER + 'exclude = "vendor"\n[phase5]\n', 'plan.exclude: a string; expected a list of strings, e.g. ["vendor/**"]', id="exclude is a string"),
    pytest.param(HEADER + 'exclude = [""]\n[phase5]\n', f"plan.exclude[0]: '' {OUTSIDE}", id="empty glob"),
    pytest.param(HEADER + 'exclude = ["a", ["b"]]\n[phase5]\n', "plan.exclude[1]: a list; expected a string", id="list in a list of strings"),
    pytest.param(HEADER + "source_roots = []\n[phase5]\n", "plan.source_roots: empty; list at least one in plan.source_roots", id="no source root"),
    pytest.param(HEADER + 'source_roots = ["/src"]\n[phase5]\n', f"plan.source_roots[0]: '/src' {OUTSIDE}", id="absolute source root"),
    pytest.param(HEADER + 'source_roots = ["a/../.."]\n[phase5]\n', f"plan.source_roots[0]: 'a/../..' {OUTSIDE}", id="source root outside"),
    pytest.param(HEADER + "source_roots = ['a\\b']\n[phase5]\n", rf"plan.source_roots[0]: 'a\\b' {OUTSIDE}", id="source root with a backslash"),
    pytest.param(HEADER + 'source_roots = ["a\\u0000"]\n[phase5]\n', r"plan.source_roots[0]: 'a\x00' has a line break or control character; write one line of text", id="source root with NUL"),
]  # fmt: skip

KEY_MISTAKES = [
    pytest.param(HEADER + "budget = 1\n[phase5]\n", "plan.budget: unknown key; did you mean 'budget_minutes'?", id="close to a key"),
    pytest.param(HEADER + "colour = 1\n[phase5]\n", "plan.colour: unknown key; known here: name, title, budget_minutes, exclude, include, source_roots, python", id="close to no key"),
    pytest.param('name = "p"\n' + CHECK, "name: unknown key here; it belongs in [plan]", id="name outside of [plan]"),
    pytest.param(CHECK + "[phase3]\nexclude = []\n[[phase3.move]]\nold = 'a'\nnew = 'b'\n", "phase3.exclude: unknown key here; it belongs in [plan]", id="exclude in a phase"),
    pytest.param(REDIRECT + '[[phase1.move]]\nold = "a"\n', "phase1.move: unknown key here; it belongs in [[phase3.move]]", id="move in phase 1"),
    pytest.param(CHECK + "[[redirect]]\n", "redirect: unknown key here; it belongs in [[phase1.redirect]] or [[phase2.redirect]]", id="redirect outside of phases"),
    pytest.param(CHECK + "[[phase5.call]]\n", "phase5.call: unknown key here; it belongs in [[phase4.call]]", id="call in phase 5"),
    pytest.param(CHECK + "[phase6]\n", "phase6: unknown phase; a plan has phase1 to phase5", id="phase 6"),
    pytest.param(CHECK + "[plans]\n", "plans: unknown key; did you mean 'plan'?", id="unknown table"),
    pytest.param(HEADER + '"a\\u001b[1m" = 1\n[phase5]\n', r"plan.'a\x1b[1m': unknown key; known here: name, title, budget_minutes, exclude, include, source_roots, python", id="key with an escape"),
    pytest.param(HEADER + "[[phase5]]\n", "phase5: a list; expected a table, e.g. [phase5]", id="phase in double brackets"),
    pytest.param(HEADER + "[phase3.move]\n", "phase3.move: a table; expected a list of tables, e.g. [[phase3.move]]", id="move in single brackets"),
    pytest.param(HEADER + "[phase3]\nmove = [1]\n", "phase3.move[0]: a number; expected a table", id="number among tables"),
    pytest.param(HEADER + "[phase2]\n", "phase2.redirect: missing; write [[phase2.redirect]]", id="no redirect"),
    pytest.param(HEADER + "[phase1]\nredirect = []\n", "phase1.redirect: empty; write at least one [[phase1.redirect]] table", id="empty redirects"),
    pytest.param(HEADER + "[phase3]\nmove = []\n", "phase3.move: empty; write at least one [[phase3.move]] table", id="empty moves"),
    pytest.param(HEADER + "[phase4]\ncall = []\n", "phase4.call: empty; write at least one [[phase4.call]] table", id="empty calls"),
    pytest.param(HEADER + "[phase5]\nminutes = -5\n", "phase5.minutes: out of range; write minutes from 0 to 525600", id="negative minutes"),
]  # fmt: skip


def redirect(docstring: str = "Moved.", module: str = "a.old", exports: str = '["a.new:B"]') -> str:
    return (
        f"{HEADER}[[phase1.redirect]]\nmodule = '{module}'\ndocstring = {json.dumps(docstring)}\nexports = {exports}\n"
    )


REDIRECT_MISTAKES = [
    pytest.param(redirect(module="a:b"), "phase1.redirect[0].module: 'a:b' names an object; write its module, 'a'", id="module with a colon"),
    pytest.param(redirect(module="a/b.py"), "phase1.redirect[0].module: 'a/b.py' is not an object reference; write 'package.module:Name'", id="module is a path"),
    pytest.param(redirect(module="a.class"), "phase1.redirect[0].module: 'a.class' has the reserved word 'class'; write a name Python code can spell", id="module has a keyword"),
    pytest.param(redirect(module="a.ﬁle"), "phase1.redirect[0].module: 'a.ﬁle' has 'ﬁle', which Python reads as 'file'; write that", id="module with a ligature"),
    pytest.param(redirect(""), "phase1.redirect[0].docstring: empty; write a few words", id="empty docstring"),
    pytest.param(redirect("a\nb"), r"phase1.redirect[0].docstring: 'a\nb' has a line break or control character; write one line of text", id="docstring of two lines"),
    pytest.param(redirect("a\u2028b"), r"phase1.redirect[0].docstring: 'a\u2028b' has a line break or control character; write one line of text", id="docstring with a line separator"),
    pytest.param(redirect("a\x1bb"), r"phase1.redirect[0].docstring: 'a\x1bb' has a line break or control character; write one line of text", id="docstring with a control"),
    pytest.param(redirect("a\\b"), r"phase1.redirect[0].docstring: 'a\\b' has a backslash, which Python would read as an escape; leave it out", id="docstring with a backslash"),
    pytest.param(redirect('a"""b'), "phase1.redirect[0].docstring: 'a\"\"\"b' has a triple quote, which would end the docstring; use '", id="docstring with a triple quote"),
    pytest.param(redirect('Use "B"'), "phase1.redirect[0].docstring: 'Use \"B\"' ends with a double quote, which would merge with the closing ones; end it with a full stop", id="docstring ends with a quote"),
    pytest.param(redirect(exports='"a:B"'), 'phase1.redirect[0].exports: a string; expected a list of strings, e.g. ["package.module:Name as OldName"]', id="exports is a string"),
    pytest.param(redirect().rpartition("exports")[0], 'phase1.redirect[0].exports: missing; write exports = ["package.module:Name as OldName"]', id="no exports key"),
    pytest.param(redirect(exports="[]"), "phase1.redirect[0].exports: empty; list at least one in phase1.redirect[0].exports", id="no exports"),
    pytest.param(redirect(exports="[7]"), "phase1.redirect[0].exports[0]: a number; expected a string", id="export is a number"),
    pytest.param(redirect(exports='["a.B as C"]'), "phase1.redirect[0].exports[0]: 'a.B as C' has no colon; write 'a:B as C'", id="export has no colon"),
    pytest.param(redirect(exports='["B"]'), "phase1.redirect[0].exports[0]: 'B' has no colon; write 'package.module:Name'", id="export is one word"),
    pytest.param(redirect(exports='[""]'), "phase1.redirect[0].exports[0]: '' has no colon; write 'package.module:Name'", id="empty export"),
    pytest.param(redirect(exports='["a:B C"]'), "phase1.redirect[0].exports[0]: 'a:B C' is not an export; write 'package.module:Name as Alias'", id="export without as"),
    pytest.param(redirect(exports='["a:B as C D"]'), "phase1.redirect[0].exports[0]: 'a:B as C D' is not an export; write 'package.module:Name as Alias'", id="export with two aliases"),
    pytest.param(redirect(exports='["a:B as 2"]'), "phase1.redirect[0].exports[0]: '2' is not a name; write one such as 'agent_context'", id="alias is a number"),
    pytest.param(redirect(exports='["a:B as is"]'), "phase1.redirect[0].exports[0]: 'is' has the reserved word 'is'; write a name Python code can spell", id="alias is a keyword"),
    pytest.param(redirect(exports='["a:B.c"]'), "phase1.redirect[0].exports[0]: 'a:B.c' is inside 'B', and an import cannot reach in; write 'a:B'", id="export inside a class"),
    pytest.param(redirect(exports='["a:*"]'), "phase1.redirect[0].exports[0]: 'a:*' has no name after the colon; write 'package.module:Name'", id="star export"),
    pytest.param(redirect(exports='["__future__:annotations"]'), "phase1.redirect[0].exports[0]: '__future__:annotations' is a compiler switch, not an object; leave it out", id="future export"),
    pytest.param(redirect(exports='["a:B", "c:D as B"]'), "phase1.redirect[0].exports[1]: binds 'B' again, after exports[0]; remove one or give it another alias", id="name bound twice"),
    pytest.param(redirect(exports='["a.old:B as C"]'), "phase1.redirect[0].exports[0]: 'a.old:B as C' is in the redirect itself; write the module that will define it", id="export from itself"),
    pytest.param(REDIRECT + REDIRECT.removeprefix(HEADER), "phase1.redirect[1].module: 'a.old' is already redirected by redirect[0]; merge the two", id="module twice in a phase"),
    pytest.param(REDIRECT + REDIRECT.removeprefix(HEADER).replace("phase1", "phase2"), "phase2.redirect[0].module: 'a.old' is already redirected by phase1.redirect[0]; merge the two", id="module in both phases"),
    pytest.param(REDIRECT + "note = 3\n", 'phase1.redirect[0].note: a number; expected a string, e.g. "why"', id="note is a number"),
]  # fmt: skip


def moves(*pairs: str) -> str:
    tables = ('[[phase3.move]]\nold = "{}"\nnew = "{}"\n'.format(*pair.split(" -> ")) for pair in pairs)
    return HEADER + "".join(tables)


MOVE_MISTAKES = [
    pytest.param(HEADER + '[[phase3.move]]\nold = "a:B"\n', 'phase3.move[0].new: missing; write new = "package.new_home:Name"', id="no new"),
    pytest.param(HEADER + '[[phase3.move]]\nold = 1\nnew = "a"\n', 'phase3.move[0].old: a number; expected a string, e.g. "package.module:Name"', id="old is a number"),
    pytest.param(moves("a:B -> "), "phase3.move[0].new: '' is not an object reference; write 'package.module:Name'", id="empty new"),
    pytest.param(moves("a:B -> c:None"), "phase3.move[0].new: 'c:None' has the reserved word 'None'; write a name Python code can spell", id="new is a keyword"),
    pytest.param(moves("a:B -> a:B"), "phase3.move[0].new: 'a:B' is also the old place; write where it moves to", id="new is old"),
    pytest.param(moves("a:B -> c"), "phase3.move[0].new: 'a:B' is an object and 'c' a module; write both with a colon, or both without", id="object to module"),
    pytest.param(moves("a -> c:D"), "phase3.move[0].new: 'a' is a module and 'c:D' an object; write both with a colon, or both without", id="module to object"),
    pytest.param(moves("a:B -> c:B", "a:B -> d:B"), "phase3.move[1].old: 'a:B' is already moved by move[0]; remove one of the two", id="same old twice"),
    pytest.param(moves("a:B -> c:D", "c:D -> e:F"), "phase3.move[0].new: 'c:D' is moved on by move[1]; write its final home here", id="chain"),
    pytest.param(moves("a -> b", "c:D -> a.x:D"), "phase3.move[1].new: 'a.x:D' is moved on by move[0]; write its final home here", id="chain through a module"),
    pytest.param(moves("a:B -> c:D", "e:F -> a:B.f"), "phase3.move[1].new: 'a:B.f' is moved on by move[0]; write its final home here", id="chain through a class"),
    pytest.param(MOVE + 'strings = "target"\n', "phase3.move[0].strings: 'target' is not a choice; write 'targets', 'all' or 'none'", id="unknown choice"),
    pytest.param(MOVE + "strings = true\n", 'phase3.move[0].strings: true or false; expected a string, e.g. "targets"', id="choice is a boolean"),
    pytest.param(HEADER + 'include = [":(attr:x)bin"]\n[phase5]\n', "plan.include[0]: ':(attr:x)bin' begins with ':', by which git knows magic pathspecs; write '?(attr:x)bin'", id="magic pathspec"),
    pytest.param(MOVE.replace("[[", '[phase3]\npriority = ["../a"]\n[['), f"phase3.priority[0]: '../a' {OUTSIDE}", id="priority outside"),
]  # fmt: skip

CALL_MISTAKES = [
    pytest.param(CALL, "phase4.call[0]: changes nothing; write rename, add, remove, keyword_only or attributes", id="no change"),
    pytest.param(CALL.replace("a:B", "a.B") + 'remove = ["x"]\n', "phase4.call[0].callee: 'a.B' has no colon; write 'a:B'", id="callee has no colon"),
    pytest.param(CALL + 'remove = ["x"]\n' + CALL.removeprefix(HEADER) + 'remove = ["y"]\n', "phase4.call[1].callee: 'a:B' is already changed by call[0]; merge the two", id="callee twice"),
    pytest.param(CALL + 'rename = ["x"]\n', 'phase4.call[0].rename: a list; expected a table, e.g. { old_keyword = "new_keyword" }', id="rename is a list"),
    pytest.param(CALL + "rename = { x = 1 }\n", "phase4.call[0].rename.x: a number; expected a string", id="rename to a number"),
    pytest.param(CALL + 'rename = { x = "a-b" }\n', "phase4.call[0].rename.x: 'a-b' is not a name; write one such as 'agent_context'", id="rename to no name"),
    pytest.param(CALL + 'rename = { "a b" = "x" }\n', "phase4.call[0].rename.'a b': 'a b' is not a name; write one such as 'agent_context'", id="rename of no name"),
    pytest.param(CALL + 'rename = { x = "class" }\n', "phase4.call[0].rename.x: 'class' has the reserved word 'class'; write a name Python code can spell", id="rename to a keyword"),
    pytest.param(CALL + 'rename = { x = "x" }\n', "phase4.call[0].rename.x: 'x' is renamed to itself; write the new keyword", id="rename to itself"),
    pytest.param(CALL + 'rename = { x = "z", y = "z" }\n', "phase4.call[0].rename.y: 'z' is already the new name of 'x'; write another", id="two to one"),
    pytest.param(CALL + 'rename = { x = "y", y = "z" }\n', "phase4.call[0].rename.x: 'y' is itself renamed, so a second run would rename again; write the final keyword", id="rename chain"),
    pytest.param(CALL + "add = { x = 1 }\n", "phase4.call[0].add.x: a number; expected a string", id="added number"),
    pytest.param(CALL + 'add = { x = "a b" }\n', "phase4.call[0].add.x: 'a b' is not a Python expression; write source, e.g. '{}'", id="added nonsense"),
    pytest.param(CALL + 'add = { x = "" }\n', "phase4.call[0].add.x: '' is not a Python expression; write source, e.g. '{}'", id="nothing added"),
    pytest.param(CALL + f'add = {{ x = "{"(" * 5000}" }}\n', f"phase4.call[0].add.x: '{'(' * 79}…' is not a Python expression; write source, e.g. '{{}}'", id="added abyss"),
    pytest.param(CALL + 'add = { x = "1 # one" }\n', "phase4.call[0].add.x: '1 # one' is not one argument; add parentheses, and leave comments out", id="added comment"),
    pytest.param(CALL + 'add = { x = "1, 2" }\n', "phase4.call[0].add.x: '1, 2' is not one argument; add parentheses, and leave comments out", id="two values added"),
    pytest.param(CALL + 'add = { x = "1," }\n', "phase4.call[0].add.x: '1,' is not one argument; add parentheses, and leave comments out", id="added comma"),
    pytest.param(CALL + 'add = { x = "[\\n]" }\n', r"phase4.call[0].add.x: '[\n]' has a line break or control character; write one line of text", id="two lines added"),
    pytest.param(CALL + 'add = { x = "(yield)" }\n', "phase4.call[0].add.x: '(yield)' has a yield, which would make a generator of the function around the call; write a plain value", id="yield added"),
    pytest.param(CALL + 'add = { x = "(y := 1)" }\n', "phase4.call[0].add.x: '(y := 1)' binds a name, which would change the code around the call; write a plain value", id="a name bound"),
    pytest.param(CALL.replace("a:B", "a:B.__init__") + 'remove = ["x"]\n', "phase4.call[0].callee: 'a:B.__init__' is called by way of its class; write 'a:B'", id="a constructor"),
    pytest.param(CALL + 'remove = ["x"]\n' + CALL.removeprefix(HEADER).replace("a:B", "a.B:C") + 'remove = ["y"]\n' + CALL.removeprefix(HEADER).replace("a:B", "a:B.C") + 'remove = ["y"]\n', "phase4.call[2].callee: 'a:B.C' is already changed by call[1]; merge the two", id="callee twice in other words"),
    pytest.param(CALL + 'keyword_only = ["x", "x"]\n', "phase4.call[0].keyword_only[1]: 'x' is listed before; remove one", id="keyword only twice"),
    pytest.param(CALL + 'rename = { x = "y" }\nkeyword_only = ["x"]\n', "phase4.call[0].keyword_only[0]: 'x' is renamed; write its new name, 'y'", id="renamed and keyword only"),
    pytest.param(CALL + 'remove = ["x"]\nkeyword_only = ["x"]\n', "phase4.call[0].keyword_only[0]: 'x' is removed as well; keep one of the two", id="removed and keyword only"),
    pytest.param(CALL + 'rename = { x = "y" }\non_conflict = "merge"\n', "phase4.call[0].on_conflict: 'merge' is not a choice; write 'report', 'keep-new' or 'merge-dict'", id="no way out of a conflict"),
    pytest.param(CALL + 'remove = ["x"]\non_conflict = "keep-new"\n', "phase4.call[0].on_conflict: nothing is renamed, so nothing can be in conflict; leave it out", id="no conflict to solve"),
    pytest.param(CALL + 'attributes = { x = "x" }\n', "phase4.call[0].attributes.x: 'x' is renamed to itself; write the new attribute", id="attribute renamed to itself"),
    pytest.param(CALL + 'attributes = { x = "y", y = "z" }\n', "phase4.call[0].attributes.x: 'y' is itself renamed, so a second run would rename again; write the final attribute", id="attribute chain"),
    pytest.param(CALL + 'attributes = "x"\n', 'phase4.call[0].attributes: a string; expected a table, e.g. { old_attribute = "new_attribute" }', id="attributes is a string"),
    pytest.param(CALL + 'add = { x = "C()" }\nimports = ["c.C"]\n', "phase4.call[0].imports[0]: 'c.C' has no colon; write 'c:C'", id="import without a colon"),
    pytest.param(CALL + 'add = { x = "C()" }\nimports = ["c:C", "d:D as C"]\n', "phase4.call[0].imports[1]: binds 'C' again, after imports[0]; remove one or give it another alias", id="two imports of a name"),
    pytest.param(CALL + 'add = { x = "C()" }\nimports = ["c:C as D"]\n', "phase4.call[0].imports[0]: no value in add names 'D'; remove it, or use it in one", id="import without a use"),
    pytest.param(CALL + 'remove = ["x"]\nimports = ["c:C"]\n', "phase4.call[0].imports[0]: no value in add names 'C'; remove it, or use it in one", id="import for nothing"),
    pytest.param(CALL + 'remove = "x"\n', 'phase4.call[0].remove: a string; expected a list of strings, e.g. ["keyword"]', id="remove is a string"),
    pytest.param(CALL + 'remove = ["x", "x"]\n', "phase4.call[0].remove[1]: 'x' is listed before; remove one", id="removed twice"),
    pytest.param(CALL + "remove = [1]\n", "phase4.call[0].remove[0]: a number; expected a string", id="removed number"),
    pytest.param(CALL + 'rename = { x = "y" }\nremove = ["x"]\n', "phase4.call[0].remove[0]: 'x' is renamed as well; keep one of the two", id="renamed and removed"),
    pytest.param(CALL + 'rename = { x = "y" }\nremove = ["y"]\n', "phase4.call[0].remove[0]: 'y' is the new name of a keyword; keep one of the two", id="renamed to a removed"),
    pytest.param(CALL + 'rename = { x = "y" }\nadd = { x = "1" }\n', "phase4.call[0].add.x: 'x' is renamed as well; keep one of the two", id="renamed and added"),
    pytest.param(CALL + 'rename = { x = "y" }\nadd = { y = "1" }\n', "phase4.call[0].add.y: 'y' is the new name of a keyword; keep one of the two", id="renamed to an added"),
    pytest.param(CALL + 'remove = ["x"]\nadd = { x = "1" }\n', "phase4.call[0].add.x: 'x' is removed as well; keep one of the two", id="removed and added"),
]  # fmt: skip

CHECK_MISTAKES = [
    pytest.param(HEADER + '[[phase5.check]]\nname = "s"\n', 'phase5.check[0].run: missing; write run = ["python", "-m", "pytest"], or compiles or imports = true', id="no run"),
    pytest.param(CHECK.replace("suite", " "), "phase5.check[0].name: empty; write a few words", id="blank name"),
    pytest.param(CHECK + CHECK.removeprefix(HEADER), "phase5.check[1].name: 'suite' is already the name of check[0]; write another", id="name twice"),
    pytest.param(CHECK.replace('["true"]', "'pytest -k \"a b\"'"), "phase5.check[0].run: 'pytest -k \"a b\"' is one string, and no shell splits it; write a list, [\"pytest\", \"-k\", \"a b\"]", id="run is a string"),
    pytest.param(CHECK.replace('["true"]', '"it\'s"'), "phase5.check[0].run: \"it's\" is one string, and no shell splits it; write a list, [\"python\", \"-m\", \"pytest\"]", id="run is a string no shell could split"),
    pytest.param(CHECK.replace('["true"]', "3"), 'phase5.check[0].run: a number; expected a list of strings, e.g. ["python", "-m", "pytest"]', id="run is a number"),
    pytest.param(CHECK.replace('["true"]', "[]"), "phase5.check[0].run: empty; list at least one in phase5.check[0].run", id="empty run"),
    pytest.param(CHECK.replace('["true"]', '["a", 3]'), "phase5.check[0].run[1]: a number; expected a string", id="number in run"),
    pytest.param(CHECK.replace('["true"]', '["a\\u0000"]'), r"phase5.check[0].run[0]: 'a\x00' has a NUL character, which no argument can carry; leave it out", id="NUL in run"),
    pytest.param(CHECK.replace('["true"]', '[""]'), "phase5.check[0].run: names no program; begin with one, e.g. [\"python\", \"-m\", \"pytest\"]", id="run starts with nothing"),
    pytest.param(CHECK + "timeout_seconds = 0\n", "phase5.check[0].timeout_seconds: 0 seconds leave no time to run; write more, e.g. timeout_seconds = 300", id="no time"),
    pytest.param(CHECK + "timeout_seconds = 1e9\n", "phase5.check[0].timeout_seconds: out of range; write seconds from 0 to 604800", id="too much time"),
    pytest.param(CHECK + "tests = 8\n", "phase5.check[0].tests: a number; expected a table, e.g. tests = { passed = 8, failed = 0 }", id="tests is a number"),
    pytest.param(CHECK + "tests = {}\n", "phase5.check[0].tests: expects nothing; write at least one of passed, failed, skipped, errors, newly_failed", id="no expectation"),
    pytest.param(CHECK + "tests = { passed = 1.5 }\n", "phase5.check[0].tests.passed: a number; expected a whole number, e.g. 8", id="half a test"),
    pytest.param(CHECK + "tests = { failed = -1 }\n", "phase5.check[0].tests.failed: out of range; write a count from 0 to 1000000000", id="negative count"),
    pytest.param(CHECK + "tests = { failures = 0, passed = 1 }\n", "phase5.check[0].tests.failures: unknown key; did you mean 'failed'?", id="unknown count"),
    pytest.param(CHECK + "tests = { newly_failed = 0 }\n", "phase5.check[0].tests.newly_failed: is counted against the tests that failed before phase 1; write baseline = true as well", id="new failures without a baseline"),
    pytest.param(CHECK.replace('run = ["true"]', "compiles = true") + "exit = 0\ntests = { failed = 0 }\n", ["phase5.check[0].exit: is about a command, and there is none; write run, or leave it out", "phase5.check[0].tests: is about a command, and there is none; write run, or leave it out"], id="criteria of no command"),
    pytest.param(CHECK + "imports = true\n", "phase5.check[0].imports: no phase has a redirect; leave it out, or write [[phase1.redirect]]", id="no redirect to import"),
    pytest.param(CHECK + "exit = 256\n", "phase5.check[0].exit: [256] cannot be met; write exit codes from 0 to 255, e.g. exit = 0", id="exit code out of range"),
    pytest.param(CHECK + "exit = []\n", "phase5.check[0].exit: [] cannot be met; write exit codes from 0 to 255, e.g. exit = 0", id="no exit code"),
    pytest.param(CHECK + 'exit = "0"\n', "phase5.check[0].exit: a string; expected a whole number, e.g. 0", id="exit code is a string"),
    pytest.param(CHECK + "retries = 11\n", "phase5.check[0].retries: 11 retries hide what is wrong; write at most 10", id="too many retries"),
    pytest.param(CHECK + "required = 1\n", "phase5.check[0].required: a number; expected true or false, e.g. false", id="required is a number"),
    pytest.param(CHECK + 'folder = "../x"\n', f"phase5.check[0].folder: '../x' {OUTSIDE}", id="folder outside"),
    pytest.param(CHECK + 'env = { "1x" = "a", B = 3 }\n', ["phase5.check[0].env.1x: '1x' is no name of an environment variable; write e.g. TZ", "phase5.check[0].env.B: a number; expected a string"], id="odd variables"),
    pytest.param(CHECK + 'env = "TZ=UTC"\n', 'phase5.check[0].env: a string; expected a table, e.g. env = { TZ = "UTC" }', id="env is a string"),
    pytest.param(CHECK + "pattern = {}\n", "phase5.check[0].pattern: asks for nothing; write present or absent, e.g. absent = 'DeprecationWarning'", id="empty pattern table"),
    pytest.param(CHECK + "pattern = { absent = '(x' }\n", "phase5.check[0].pattern.absent: '(x' is not a regular expression (missing ), unterminated subpattern at position 0); write 'DeprecationWarning'", id="broken pattern to find"),
    pytest.param(CHECK + "pattern = { present = ['a', ''] }\n", "phase5.check[0].pattern.present: '' is found everywhere; write what to look for, e.g. 'DeprecationWarning'", id="empty pattern"),
    pytest.param(HEADER + "python = []\n[phase5]\n", "plan.python: names no program; write one, e.g. \".venv/bin/python\"", id="no interpreter"),
    pytest.param(HEADER + "python = 3\n[phase5]\n", 'plan.python: a number; expected a string, e.g. ".venv/bin/python"', id="interpreter is a number"),
    pytest.param(CHECK + "percent = { pattern = '(x)' }\n", "phase5.check[0].percent: no limit; write one of them, e.g. above = 90", id="no limit"),
    pytest.param(CHECK + "percent = { pattern = '(x)', above = 1, at_least = 1 }\n", "phase5.check[0].percent: both 'above' and 'at_least'; write one of them, e.g. above = 90", id="both limits"),
    pytest.param(CHECK + "percent = { pattern = '(x)', above = 101 }\n", "phase5.check[0].percent.above: out of range; write a percentage from 0 to 100", id="more than all"),
    pytest.param(CHECK + "percent = { above = 1 }\n", "phase5.check[0].percent.pattern: missing; write pattern = '([0-9.]+)%'", id="no pattern"),
    pytest.param(CHECK + "percent = { pattern = '[0-9]+%', above = 1 }\n", "phase5.check[0].percent.pattern: '[0-9]+%' has no group; put parentheses around the number, e.g. '([0-9.]+)%'", id="pattern without a group"),
    pytest.param(CHECK + "percent = { pattern = '(x', above = 1 }\n", "phase5.check[0].percent.pattern: '(x' is not a regular expression (missing ), unterminated subpattern at position 0); write '([0-9.]+)%'", id="broken pattern"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line"),
    HEADER_MISTAKES + KEY_MISTAKES + REDIRECT_MISTAKES + MOVE_MISTAKES + CALL_MISTAKES + CHECK_MISTAKES,
)
def test_mistake(text: str, line: str | list[str]) -> None:
    assert mistakes(text) == ([line] if isinstance(line, str) else line)


def test_all_mistakes_at_once() -> None:
    text = """
        [plan]
        name = 1
        budget = 2
        [[phase1.redirect]]
        module = "a"
        docstring = 'x\\'
        exports = ["a:B", "c:B", "d"]
        [[phase2.redirect]]
        module = "a"
        exports = ["e:F"]
        [[phase3.move]]
        old = "a:B"
        new = "c"
        [[phase3.move]]
        old = "a:B"
        [[phase4.call]]
        rename = { x = "x", y = 1, z = "w" }
        add = { w = "(", z = "1" }
        remove = ["z", 2]
        [phase5]
        check = [{ name = "s", run = "a b", percent = { pattern = "(" } }, { name = "s", run = ["a"] }]
    """
    assert [line.partition(":")[0] for line in mistakes(text)] == [
        "plan.name",
        "plan.budget",
        "phase1.redirect[0].docstring",
        "phase1.redirect[0].exports[2]",
        "phase1.redirect[0].exports[1]",
        "phase1.redirect[0].exports[0]",
        "phase2.redirect[0].docstring",
        "phase3.move[0].new",
        "phase3.move[1].new",
        "phase3.move[1].old",
        "phase4.call[0].callee",
        "phase4.call[0].rename.y",
        "phase4.call[0].add.w",
        "phase4.call[0].remove[1]",
        "phase4.call[0].rename.x",
        "phase4.call[0].add.w",
        "phase4.call[0].add.z",
        "phase4.call[0].remove[0]",
        "phase5.check[0].run",
        "phase5.check[0].percent.pattern",
        "phase5.check[0].percent",
        "phase5.check[1].name",
        "phase2.redirect[0].module",
    ]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        pytest.param(None, ["a value of another kind; expected a table"], id="nothing"),
        pytest.param({1: 2}, ["a table; expected a table"], id="key is no string"),
        pytest.param(
            {"plan": {"name": "p", "title": "\ud800"}, "phase5": {}},
            [r"plan.title: '\ud800' is not valid Unicode; write it without lone surrogates"],
            id="lone surrogate",
        ),
    ],
)
def test_not_from_toml(data: object, lines: list[str]) -> None:
    with pytest.raises(PlanError) as caught:
        parse_plan(data, "f")
    assert caught.value.mistakes == tuple(f"f: {line}" for line in lines)


def test_models_check_themselves() -> None:
    with pytest.raises(ValidationError, match="is also the old place"):
        Move(old="a:B", new="a:B")
    with pytest.raises(ValidationError, match="already redirected"):
        RedirectPhase(redirect=[Redirect(module="a", docstring="b", exports=[Export(module="c", name="D")])] * 2)
    with pytest.raises(ValidationError, match="no group"):
        Percent(pattern="x", above=1)
    with pytest.raises(ValidationError, match="already changed"):
        CallPhase(call=[Call(callee="a:B", remove=["x"])] * 2)
    with pytest.raises(ValidationError, match="already the name"):
        CheckPhase(check=[Check(name="s", run=["true"])] * 2)


# ------------------------------------------------------------------ arbitrary input

KEYS = sorted(
    {
        "phase1",
        "phase2",
        "phase3",
        "phase4",
        "phase5",
        "plan",
        "redirect",
        "move",
        "call",
        "check",
        "tests",
        "percent",
    }
    | {
        *Header.model_fields,
        *Redirect.model_fields,
        *Move.model_fields,
        *Call.model_fields,
        *Check.model_fields,
    }
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["p", "a:B", "a.b:C as D", "{}", "c", "a.b", "(x)", "targets", "lazy", "\x1b[1m"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@example(tomllib.loads(SEED.read_text()))
@given(st.dictionaries(st.sampled_from(KEYS) | st.text(), VALUES, max_size=6) | VALUES)
def test_no_input_raises_anything_else(data: object) -> None:
    try:
        plan = parse_plan(data, "migrate.toml")
    except PlanError as error:
        assert error.mistakes  # noqa: PT017
        assert all(line.isprintable() and line.startswith("migrate.toml: ") for line in error.mistakes)  # noqa: PT017
    else:
        assert parse_plan(json.loads(plan.key()), "key") == plan


@settings(deadline=None)
@given(st.text(), st.sampled_from(["", '"', '""', "'", "\\", "#"]))
def test_accepted_docstring_survives(text: str, end: str) -> None:
    try:
        redirect = Redirect(module="a", docstring=text + end, exports=["b:C"])
    except ValidationError:
        return
    module = ast.parse(redirect.text().encode())
    assert ast.get_docstring(module, clean=False) == text + end


@settings(deadline=None)
@given(st.from_regex(r"\w+(\.\w+)?:\w+( as \w+)?", fullmatch=True))
def test_accepted_export_compiles(text: str) -> None:
    try:
        redirect = Redirect(module="a", docstring="b", exports=[text])
    except ValidationError:
        return
    module = compile(redirect.text(), "redirect", "exec")
    assert redirect.exports[0].bound in module.co_names


# ------------------------------------------------------------------ files


@pytest.mark.parametrize(
    ("source", "line"),
    [
        pytest.param(b"a = \xff\n", "{}:1:5: byte 0xff is not UTF-8; save the file as UTF-8", id="not UTF-8"),
        pytest.param(b"a = 1\nb = '\xe9'\n", "{}:2:6: byte 0xe9 is not UTF-8; save the file as UTF-8", id="Latin-1"),
        pytest.param(b"[plan]\nname\n", "{}:2:5: Expected '=' after a key in a key/value pair; correct the TOML here", id="no value"),
        pytest.param(b"[plan]\nname =", "{}:2:7: Invalid value; correct the TOML here", id="ends too early"),
        pytest.param(b"a = " + b"[" * 100_000, "{}: cannot be read: maximum recursion depth exceeded", id="abyss"),
        pytest.param(b"a = " + b"9" * 9999, "{}: cannot be read: Exceeds the limit", id="endless number"),
        pytest.param(b"", '{}: plan: missing; write [plan] with a name, e.g. name = "issue-620"', id="empty"),
    ],
)  # fmt: skip
def test_bad_file(tmp_path: Path, source: bytes, line: str) -> None:
    path = tmp_path / "my plan.toml"
    path.write_bytes(source)
    with pytest.raises(PlanError) as caught:
        load_plan(path)
    assert str(caught.value).startswith(line.format(path))
    assert exit_code_of(caught.value) is Exit.USAGE


def test_byte_order_mark_and_crlf(tmp_path: Path) -> None:
    path = tmp_path / "migrate.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SEED.read_bytes().replace(b"\n", b"\r\n"))
    assert load_plan(path) == load_plan(SEED)


def test_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PlanError) as caught:
        load_plan(Path("no\x1b.toml"))
    assert str(caught.value) == (
        r"no\x1b.toml: no such file; write it (README.md shows a small one), or name another with --plan FILE"
    )


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        load_plan(tmp_path)
    assert str(caught.value) == f"{tmp_path}: a folder; name the file in it, e.g. --plan {tmp_path}/migrate.toml"


def test_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PlanError, match=r"file/x: cannot be read: Not a directory; name another with --plan FILE$"):
        load_plan(tmp_path / "file" / "x")


def test_no_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    # By hand, because a superuser may read every file.
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(PlanError, match=r"^a.toml: cannot be read: Permission denied; name another with --plan FILE$"):
        load_plan(Path("a.toml"))


def test_path_with_nul() -> None:
    with pytest.raises(PlanError, match=r"^a\\x00: cannot be read: embedded null byte; write a plain TOML file$"):
        load_plan(Path("a\0"))


@pytest.mark.parametrize(
    ("files", "start", "found"),
    [
        pytest.param(["migrate.toml"], ".", "migrate.toml", id="at the root"),
        pytest.param(["migrate.toml"], "a/b", "migrate.toml", id="from below"),
        pytest.param(["migrate.toml", "a/migrate.toml"], "a/b", "a/migrate.toml", id="the nearest"),
        pytest.param(["migrate.toml", "a/migrate.toml/x"], "a/b", "migrate.toml", id="a folder of that name"),
        pytest.param(["a/b/c/migrate.toml"], "a/b", None, id="only below"),
        pytest.param(["../migrate.toml"], "a/b", None, id="beyond the stop"),
        pytest.param(["../migrate.toml"], "..", None, id="start beyond the stop"),
    ],
)
def test_find_plan(tmp_path: Path, files: list[str], start: str, found: str | None) -> None:
    root = tmp_path / "root"
    (root / "a" / "b" / "c").mkdir(parents=True)
    for file in files:
        (root / file).parent.mkdir(exist_ok=True)
        (root / file).touch()
    assert find_plan(root / start, root) == (found and root / found)


def test_find_plan_at_the_top() -> None:
    top = Path(Path.cwd().anchor)
    assert find_plan(top, top) in (None, top / "migrate.toml")


def test_types_of_properties() -> None:
    plan: Any = load_plan(SEED)
    assert isinstance(plan.phase(1), RedirectPhase)
    assert isinstance(plan.phase(2), RedirectPhase)
    assert isinstance(plan.phase(3), MovePhase)
    assert isinstance(plan.phase(4), CallPhase)
    assert isinstance(plan.phase(5), CheckPhase)
